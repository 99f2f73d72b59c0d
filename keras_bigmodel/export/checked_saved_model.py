"""A SavedModel that proves itself before it appears. Knows no task."""

from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.export.certificate import certify, columns_to_compare
from keras_bigmodel.export.parity import saved_model_parity
from keras_bigmodel.export.saved_model import write_saved_model


def write_checked_saved_model(exportable, folder, parity_texts=None, reporter=SILENT):
    """Writes a SavedModel and `parity.json` into a folder, and refuses an export that does not agree.

    Args:
        exportable: has `endpoints()`, `variables`, `export_dtype` and, for pairs of texts, `pairs`.
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
    columns = columns_to_compare(exportable, parity_texts)
    dtype = exportable.export_dtype
    return certify(saved_model_parity(endpoints, folder, columns, dtype=dtype, reporter=reporter), folder)
