"""Writes exports (SavedModel, LiteRT, ONNX, OpenVINO) and checks that they agree with the model. Knows no task."""

import sys
from pathlib import Path

from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.edge import EDGE_MODELS
from keras_bigmodel.edge.lite_contents import QUANTIZERS
from keras_bigmodel.export.clean_process import run_clean_process
from keras_bigmodel.export.edge_parity import edge_parity
from keras_bigmodel.export.lite import write_lite
from keras_bigmodel.export.lite_embedding import embedder_of, write_lite_embedding
from keras_bigmodel.export.onnx_file import write_onnx
from keras_bigmodel.export.open_vino_file import write_open_vino
from keras_bigmodel.export.parity import REPORT_IT, TOLERANCE, certificate_of, certify, compare_endpoints
from keras_bigmodel.export.requests import Requests, rows_to_compare
from keras_bigmodel.export.safe_ops import oldest_serving, refused_ops
from keras_bigmodel.export.saved_model import write_saved_model
from keras_bigmodel.export.serving_files import write_warm_up_records

# Format → function of an exportable, a path and `quantize` that writes the file; `edge.EDGE_MODELS` has what runs it.
WRITERS = {
    "litert": write_lite,
    "litert_embedding": write_lite_embedding,
    "onnx": write_onnx,
    "openvino": write_open_vino,
}
_KEEPS = ("int4", "int8", "float16", "none")  # what keeps more comes later
_CLIENT = Path(__file__).with_name("saved_model_client.py")


def write_checked_saved_model(exportable, folder, parity_rows=None, reporter=SILENT):
    """Writes a SavedModel and `parity.json` into a folder, and raises `UserError` if the export does not agree.

    Args:
        exportable: object with `endpoints()`, `variables`, `preprocessor` and `export_dtype`, such as any task.
        folder: path of an existing folder.
        parity_rows: dict of column → checked rows to compare, besides the preprocessor's samples. Defaults to none.
        reporter: `Reporter` of the progress. Defaults to a silent one.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: the export does not agree with the model, and the message says what differs; or as
            `write_saved_model`.
    """
    preprocessor = exportable.preprocessor
    write_saved_model(exportable.endpoints(), exportable.variables, folder, tracked=preprocessor.tracked)
    rows = rows_to_compare(preprocessor, parity_rows)
    write_warm_up_records(exportable.endpoints(), preprocessor, folder)
    return certify(saved_model_parity(exportable, folder, rows, reporter=reporter), folder)


def saved_model_parity(exportable, folder, rows, *, tolerance=None, python=sys.executable, reporter=SILENT):
    """Compares a SavedModel, run in a clean process, with the endpoints from which it was written.

    Args:
        exportable: object with `endpoints()`, `preprocessor` and `export_dtype`. Its endpoints run in this process.
        folder: path of the SavedModel.
        rows: dict of column → list or array, checked.
        tolerance: float. Largest difference of a number. Defaults to 1e-5 in float32 and 3e-2 in bfloat16.
        python: path of the interpreter of the clean process, which may have another TensorFlow. Defaults to the
            interpreter of this process.
        reporter: `Reporter` of the progress. Defaults to a silent one.

    Returns:
        dict: the certificate. `"agrees"` holds whether the SavedModel passed, `"reasons"` why not.
    """
    endpoints, dtype = exportable.endpoints(), exportable.export_dtype
    requests = Requests.of(exportable.preprocessor, rows, endpoints)
    with reporter.bar("comparing, in a clean process", len(requests.batches)) as advance:
        theirs, about = run_clean_process(_CLIENT, folder, requests, advance, python=python)
    how = {"tolerance": tolerance or TOLERANCE[dtype], "reporter": reporter}
    compared, reasons = compare_endpoints(endpoints, requests, theirs, **how)
    ops = [f"the op {name} is {words}" for name, words in refused_ops(about["ops"], about["foreign_ops"]).items()]
    return certificate_of(
        compared,
        [*ops, *reasons],
        requests.rows,
        dtype=dtype,
        foreign_ops=about["foreign_ops"],
        oldest_serving=oldest_serving(about["ops"], about["foreign_ops"]),
        load_seconds=round(about["load_seconds"], 3),
        clean_process=about["versions"],
    )


def write_checked_file(exportable, folder, parity_rows=None, reporter=SILENT, *, format, quantize=None):
    """Writes a file for another runtime and `parity.json` into a folder; raises `UserError` if it does not agree.

    Args:
        exportable: as in `network_of_ids.write_network`.
        folder: path of an existing folder.
        parity_rows: dict of column → texts to compare, checked, besides the bundled ones. Defaults to none.
        reporter: `Reporter` of the progress. Defaults to a silent one.
        format: str. One of `WRITERS`.
        quantize: str. One of `QUANTIZERS[format]`. Defaults to the first.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: the file does not agree; the message says what differs. Or as the format's writer.
    """
    kind, quantize = EDGE_MODELS[format], quantize or QUANTIZERS[format][0]
    path = Path(folder) / kind.file_name
    with reporter.bar(f"converting to {kind.title}", 1) as advance:
        WRITERS[format](exportable, path, quantize=quantize)
        advance()
    if format == "litert_embedding" and (embedder := embedder_of(exportable)) is not exportable:
        exportable = embedder
        parity_rows = parity_rows and {name: parity_rows[name] for name in exportable.preprocessor.columns}
    columns = rows_to_compare(exportable.preprocessor, parity_rows)
    certificate = edge_parity(exportable, path, columns, format=format, quantize=quantize, reporter=reporter)
    if quantize == "none":
        return certify(certificate, path.parent, REPORT_IT)
    others = [name for name in QUANTIZERS[format] if _KEEPS.index(name) > _KEEPS.index(quantize)]
    return certify(certificate, path.parent, f"quantize less: --quantize {' or '.join(others)}.")
