"""A LiteRT file that proves itself before it appears. Knows no task."""

from pathlib import Path

from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.export.certificate import REPORT_IT, certify
from keras_bigmodel.export.lite import LITE_FILE, QUANTIZERS, write_lite
from keras_bigmodel.export.lite_parity import lite_parity
from keras_bigmodel.export.requests import rows_to_compare

_QUANTIZE_LESS = 'quantize less: quantize="float16" or "none" (--quantize).'


def write_checked_lite(exportable, folder, parity_rows=None, reporter=SILENT, *, quantize=QUANTIZERS[0]):
    """Writes `model.tflite` and `parity.json` into a folder, and refuses a file that does not agree.

    Args:
        exportable: as `write_lite`.
        folder: path of a folder that is there.
        parity_rows: dict of column → texts to compare on, checked, besides the bundled ones.
        reporter: `Reporter` that is told how far it is.
        quantize: str. As `write_lite`.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: no agreement; the sentence says what differs.
    """
    path = Path(folder) / LITE_FILE
    with reporter.bar("converting to LiteRT", 1) as advance:
        write_lite(exportable, path, quantize=quantize)
        advance()
    columns = rows_to_compare(exportable.preprocessor, parity_rows)
    certificate = lite_parity(exportable, path, columns, quantize=quantize, reporter=reporter)
    return certify(certificate, folder, REPORT_IT if quantize == "none" else _QUANTIZE_LESS)
