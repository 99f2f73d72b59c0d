"""An export that proves itself before it appears. Knows formats by table; no task."""

import json
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.whole_folder import whole_folder
from keras_bigmodel.data.bundled_texts import parity_texts as bundled_parity_texts
from keras_bigmodel.export.parity import saved_model_parity
from keras_bigmodel.export.saved_model import write_saved_model

PARITY_FILE = "parity.json"


def export_checked(exportable, folder, *, format="saved_model", parity_texts=None, overwrite=False, reporter=SILENT):
    """Writes an export into a folder of its own, which appears only when it agrees with its source.

    Args:
        exportable: has `endpoints()`, `variables`, `export_dtype` and, for pairs of texts, `pairs`.
        folder: path of the new folder.
        format: str. One of `EXPORTERS`.
        parity_texts: texts to compare on, besides the bundled ones.
        overwrite: bool. Whether to replace a folder that is there.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: an unknown format, a folder that is there, or no agreement.
    """
    write = exporter(format)
    with whole_folder(folder, overwrite=overwrite) as aside:
        certificate = write(exportable, aside, parity_texts, reporter)
    return certificate


def exporter(format):
    """Gives the function that writes a format.

    Raises:
        UserError: an unknown format; the sentence lists the known.
    """
    if format not in EXPORTERS:
        raise UserError(f'No export format "{format}". Known formats: {", ".join(EXPORTERS)}.')
    return EXPORTERS[format]


def write_checked_saved_model(exportable, folder, parity_texts=None, reporter=SILENT):
    """Writes a SavedModel and `parity.json` into a folder, and refuses an export that does not agree.

    Args:
        exportable: as `export_checked`.
        folder: path of a folder that is there.
        parity_texts: texts to compare on, checked, besides the bundled ones.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: no agreement; the sentence says what differs.
    """
    endpoints = exportable.endpoints()
    write_saved_model(endpoints, exportable.variables, folder)
    columns = _columns(exportable, parity_texts)
    certificate = saved_model_parity(endpoints, folder, columns, dtype=exportable.export_dtype, reporter=reporter)
    if not certificate["agrees"]:
        raise UserError(
            f"The export does not agree with the model: {'; '.join(certificate['reasons'])}. Nothing was written; "
            "please report this with the text."
        )
    text = json.dumps(certificate, indent=2, ensure_ascii=False)
    (Path(folder) / PARITY_FILE).write_text(text + "\n", encoding="utf-8")
    return certificate


def _columns(exportable, texts):
    """Gives the texts as one list an input: those that were given, and the bundled ones."""
    given = texts if texts is not None else ([], []) if exportable.pairs else []
    bundled = bundled_parity_texts()
    if not exportable.pairs:
        return {"text": [*given, *bundled]}
    seconds = bundled[1:] + bundled[:1]  # each with its neighbour: as unlike as pairs can be
    return {"text": [*given[0], *bundled], "text_pair": [*given[1], *seconds]}


EXPORTERS = {"saved_model": write_checked_saved_model}
