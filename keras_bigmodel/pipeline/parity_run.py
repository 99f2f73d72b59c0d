"""Compares a model with each of its exports and with a running server. Knows formats and versions; writes nothing."""

import functools
import json
import tempfile
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import LITE_PATH, version_folder
from keras_bigmodel.edge import EDGE_MODELS
from keras_bigmodel.export import (
    PARITY_FILE,
    QUANTIZERS,
    WRITERS,
    Requests,
    WorseExportError,
    certificate_of,
    edge_parity,
    rows_to_compare,
    saved_model_parity,
    write_saved_model,
)
from keras_bigmodel.export.parity import TOLERANCE, compare_endpoints
from keras_bigmodel.export.rest_client import ask_server
from keras_bigmodel.pipeline.version_contents import is_saved_task, load_task, validation_table
from keras_bigmodel.tasks.export_formats import EXPORTERS, format_named

_VALIDATION_ROWS = 2000


def compare_exports(path, *, texts=None, formats=tuple(EXPORTERS), url=None, reporter=SILENT):
    """Compares the answers of a model with those of its exports, each run where its users run it.

    The SavedModel and the LiteRT file of the version are compared as they are; what the version does not hold is
    written to a temporary folder. A LiteRT file is compared at each quantization, by `keras_bigmodel.edge`.

    Args:
        path: path of a version folder, a folder of versions (the highest counts), or a saved task.
        texts: rows to compare on, in a form that the preprocessor accepts. Defaults to None: the validation rows of the
            run that made the model (up to 2,000), if they can still be read. The preprocessor's samples are added.
        formats: sequence of str. Names of formats; see `tasks.export_formats.EXPORTERS`. Defaults to all.
        url: str. URL of the model on a TensorFlow Serving, `http://localhost:8501/v1/models/reviews`. Defaults to None.
        reporter: `Reporter` that receives the progress.

    Returns:
        dict: `model` (the folder), `rows`, `agrees` (whether all do), `exports` (name → certificate) and `not_exported`
        (format, or file → why it cannot be written).

    Raises:
        UserError: as `load_task`; a format is unknown; the server does not answer.
    """
    formats = [format_named(name) for name in formats]
    task = load_task(path)
    folder = None if is_saved_task(path) else version_folder(path)
    rows = rows_to_compare(task.preprocessor, _rows(task, folder, texts))
    compared, not_exported = {}, {}
    for name in dict.fromkeys(formats):
        try:
            found, missing = _COMPARE[name](task, folder, rows, reporter)
        except WorseExportError as error:
            found, missing = {_TITLES[name]: {"agrees": False, "reasons": [str(error)]}}, {}
        except UserError as error:
            found, missing = {}, {name: str(error)}
        compared |= found
        not_exported |= missing
    if url is not None:
        compared["server"] = _server_parity(task, url, rows, reporter)
    return {
        "model": str(path),
        "rows": len(next(iter(rows.values()))),
        "agrees": all(certificate["agrees"] for certificate in compared.values()),
        "exports": compared,
        "not_exported": not_exported,
    }


def _rows(task, folder, texts):
    if texts is not None:
        return task.preprocessor.checked(texts)
    table = None if folder is None else validation_table(Manifest.read(folder))
    return None if table is None else table.rows(range(min(_VALIDATION_ROWS, len(table)))).inputs


def _saved_model(task, folder, rows, reporter):
    if folder is not None:
        return {_TITLES["saved_model"]: _outcome(saved_model_parity, task, folder, rows, reporter=reporter)}, {}
    with tempfile.TemporaryDirectory() as aside:
        write_saved_model(task.endpoints(), task.variables, aside, tracked=task.preprocessor.tracked)
        return {_TITLES["saved_model"]: _outcome(saved_model_parity, task, aside, rows, reporter=reporter)}, {}


def _outcome(compare, *given, **named):
    """Returns the certificate of a comparison; an export that does not run does not agree."""
    try:
        return compare(*given, **named)
    except UserError as error:
        return {"agrees": False, "reasons": [str(error)]}


def _lite(task, folder, rows, reporter):
    found = {}
    own = None if folder is None or not (folder / LITE_PATH).is_file() else folder / LITE_PATH
    if own is not None:
        quantize = json.loads(own.with_name(PARITY_FILE).read_text(encoding="utf-8"))["quantize"]
        how = {"format": "litert", "quantize": quantize, "reporter": reporter}
        found[f"{_TITLES['litert']} {quantize}, {LITE_PATH}"] = _outcome(edge_parity, task, own, rows, **how)
    written, missing = _files("litert", task, folder, rows, reporter)
    return found | written, missing


def _files(name, task, folder, rows, reporter):
    """Compares a file of a format, written to a temporary folder, at each quantization.

    Returns:
        `(dict of file → certificate, dict of format or file → why it cannot be written)`.
    """
    found, missing, kind = {}, {}, EDGE_MODELS[name]
    for quantize in sorted(QUANTIZERS[name], key=lambda quantize: quantize != "none"):
        with tempfile.TemporaryDirectory() as aside:
            path = Path(aside) / kind.file_name
            title, how = f"{kind.title} {quantize}", {"format": name, "quantize": quantize, "reporter": reporter}
            try:
                WRITERS[name](task, path, quantize=quantize)
            except UserError as error:
                missing[title] = str(error)
                continue
            found[title] = _outcome(edge_parity, task, path, rows, **how)
    if not found and len(set(missing.values())) == 1:
        missing = {name: next(iter(missing.values()))}
    return found, missing


def _folder(name, task, folder, rows, reporter):
    with tempfile.TemporaryDirectory() as aside:
        return {_TITLES[name]: EXPORTERS[name](task, aside, rows, reporter)}, {}


def _server_parity(task, url, rows, reporter):
    endpoints = task.endpoints()
    requests = Requests.of(task.preprocessor, rows, endpoints)
    with reporter.bar("comparing, on the server", sum(map(len, requests.batches_of.values()))) as advance:
        theirs = ask_server(url, requests, endpoints, advance)
    compared, reasons = compare_endpoints(
        endpoints, requests, theirs, tolerance=TOLERANCE["float32"], reporter=reporter
    )
    return certificate_of(compared, reasons, requests.rows, url=url)


_TITLES = {
    "saved_model": "SavedModel",
    **{name: kind.title for name, kind in EDGE_MODELS.items()},
    "hugging_face": "Hugging Face folder",
    "tf_hub": "TF-Hub modules",
}
_COMPARE = {
    "saved_model": _saved_model,
    "litert": _lite,
    **{name: functools.partial(_files, name) for name in ("litert_embedding", "onnx", "openvino")},
    **{name: functools.partial(_folder, name) for name in ("hugging_face", "tf_hub")},
}
