"""The table of export formats, and an export that appears only when it agrees. Knows writers; no task's inside."""

import functools

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path, refuse_patterns
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.whole_folder import whole_folder
from keras_bigmodel.export import PARITY_FILE, certify, check_quantize, write_checked_lite, write_checked_saved_model
from keras_bigmodel.tasks.checked_hugging_face import write_checked_hugging_face

# Each takes an exportable, a folder, rows and a reporter, runs what it wrote elsewhere, and returns the certificate.
EXPORTERS = {
    "saved_model": write_checked_saved_model,
    "tflite": write_checked_lite,
    "hugging_face": write_checked_hugging_face,
}


_DTYPES = ("float32", "bfloat16")  # the weights too: half the file, no casts


def export_task(task, folder, format, *, dtype="float32", quantize=None, parity_rows=None, overwrite=False):
    """Writes a task in another format and in another dtype; see `export_checked` and `Task.export`.

    Args:
        task: a task.
        folder: path of the new folder.
        format: str. One of `EXPORTERS`.
        dtype: `"float32"` or `"bfloat16"`: what a SavedModel computes in.
        quantize: as `export_checked`.
        parity_rows: rows to compare on, as the preprocessor takes them.
        overwrite: as `export_checked`.

    Raises:
        UserError: as `export_checked`; another dtype, or one for another format.
    """
    if dtype not in _DTYPES:
        raise UserError(f'dtype="{dtype}" came; an export computes in {" or ".join(_DTYPES)}.')
    if dtype != "float32" and format != "saved_model":
        raise UserError(
            f'dtype="{dtype}" came with format="{format}"; only a SavedModel computes in it. Leave it out'
            + (', or say quantize="float16" or "int8".' if format == "tflite" else ".")
        )
    rows = None if parity_rows is None else task.preprocessor.checked(parity_rows)
    how = {"format": format, "quantize": quantize, "parity_rows": rows, "overwrite": overwrite}
    return export_checked(task.with_dtype(dtype), folder, **how)


def export_checked(
    exportable,
    folder,
    *,
    format="saved_model",
    quantize=None,
    parity_rows=None,
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
        parity_rows: dict of column → rows to compare on, checked, besides the preprocessor's samples.
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
    if format == "saved_model":
        refuse_patterns(checked_path(folder, "the name of a new folder"))
    with whole_folder(folder, overwrite=overwrite, ours=(PARITY_FILE,)) as aside:
        certificate = write(exportable, aside, parity_rows, reporter)
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
