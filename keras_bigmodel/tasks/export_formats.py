"""The table of export formats, and an export that appears only when it agrees. Knows writers; no task's inside."""

import functools

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.whole_folder import whole_folder
from keras_bigmodel.export import certify, check_quantize, write_checked_lite, write_checked_saved_model
from keras_bigmodel.tasks.checked_hugging_face import write_checked_hugging_face

# Each takes an exportable, a folder, texts and a reporter, and gives the certificate.
EXPORTERS = {
    "saved_model": write_checked_saved_model,
    "tflite": write_checked_lite,
    "hugging_face": write_checked_hugging_face,
}


def export_checked(
    exportable,
    folder,
    *,
    format="saved_model",
    quantize=None,
    parity_texts=None,
    overwrite=False,
    accept=None,
    reporter=SILENT,
):
    """Writes an export into a folder of its own, which appears only when it agrees with its source.

    Args:
        exportable: what the format's writer takes; every task is one.
        folder: path of the new folder.
        format: str. One of `EXPORTERS`.
        quantize: str. How a `"tflite"` file is quantized. Defaults to `"int8"`.
        parity_texts: texts to compare on, besides the bundled ones.
        overwrite: bool. Whether to replace a folder that is there.
        accept: function of the folder, still aside, that gives more for the certificate, or raises a `UserError` where
            what was written is not good enough.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: an unknown format or `quantize`, a folder that is there, or no agreement.
    """
    write = exporter(format, quantize)
    with whole_folder(folder, overwrite=overwrite) as aside:
        certificate = write(exportable, aside, parity_texts, reporter)
        if accept is not None:
            certificate = certify({**certificate, **accept(aside)}, aside)
    return certificate


def exporter(format, quantize=None):
    """Gives the function that writes a format.

    Raises:
        UserError: an unknown format; the sentence lists the known. `quantize` with another format than `"tflite"`.
    """
    if format not in EXPORTERS:
        raise UserError(f'No export format "{format}". Known formats: {", ".join(EXPORTERS)}.')
    if quantize is None:
        return EXPORTERS[format]
    if format != "tflite":
        raise UserError(
            f'quantize="{quantize}" came with the format "{format}", which is not quantized. Leave it out, or export '
            'with format="tflite" (--format tflite).'
        )
    check_quantize(quantize)
    return functools.partial(EXPORTERS[format], quantize=quantize)
