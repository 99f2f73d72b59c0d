"""Lists the export formats, and writes exports that agree with their task. Knows writers; no parts of a task."""

import functools

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import check_no_pattern, checked_path
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.whole_folder import whole_folder
from keras_bigmodel.export import (
    PARITY_FILE,
    QUANTIZERS,
    certify,
    check_packages,
    check_quantize,
    write_checked_file,
    write_checked_saved_model,
)
from keras_bigmodel.tasks.checked_hub_modules import write_checked_hub_modules
from keras_bigmodel.tasks.checked_hugging_face import write_checked_hugging_face

# Format → function of an exportable, a folder, rows and a reporter. It writes the export, reads or runs it with other
# code, compares the results, and returns the certificate.
EXPORTERS = {
    "saved_model": write_checked_saved_model,
    **{name: functools.partial(write_checked_file, format=name) for name in QUANTIZERS},
    "hugging_face": write_checked_hugging_face,
    "tf_hub": write_checked_hub_modules,
}
_ALIASES = {"tflite": "litert"}  # the name until 2024, which files still end in
_DTYPES = ("float32", "bfloat16")  # of the weights too: bfloat16 halves the file and needs no casts


def export_task(task, folder, format, *, dtype="float32", quantize=None, ops=None, parity_rows=None, overwrite=False):
    """Writes a task in an export format, in float32 or bfloat16; see `export_checked` and `Task.export`.

    Args:
        task: `Task`.
        folder: path of the new folder.
        format: str. One of `EXPORTERS`.
        dtype: str. Dtype in which a SavedModel computes, `"float32"` or `"bfloat16"`. Defaults to `"float32"`.
        quantize: as in `export_checked`.
        ops: str. Ops that the preprocessor consists of in a SavedModel, as in `Task.with_ops`. Defaults to None: as
            the task has them.
        parity_rows: rows to compare, in a form that the preprocessor accepts, besides its samples. Defaults to none.
        overwrite: as in `export_checked`.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: the dtype is unknown; the dtype is not `"float32"`, or `ops` is given, for another format than
            `"saved_model"`; or as `Task.with_ops` or `export_checked`.
    """
    if dtype not in _DTYPES:
        raise UserError(f'dtype="{dtype}" came; an export computes in {" or ".join(_DTYPES)}.')
    format = format_named(format)
    if dtype != "float32" and format != "saved_model":
        raise UserError(
            f'dtype="{dtype}" came with format="{format}"; only a SavedModel computes in it. Leave it out'
            + (', or say quantize="int8".' if format in QUANTIZERS else ".")
        )
    check_ops(ops, format)
    task = task if ops is None else task.with_ops(ops)
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
    """Writes an export into a new folder, which appears only if the export agrees with its source.

    Args:
        exportable: object that the format's writer accepts, such as any task.
        folder: path of the new folder.
        format: str. One of `EXPORTERS`. Defaults to `"saved_model"`.
        quantize: str. Quantization of a file for another runtime, one of `QUANTIZERS[format]`. Defaults to the first.
        parity_rows: dict of column → checked rows to compare, besides the preprocessor's samples. Defaults to none.
        overwrite: bool. Whether to replace an existing folder. Defaults to False.
        accept: function of the path of the export before it is moved to `folder`. Returns a dict of further entries of
            the certificate, or raises a `UserError` if the export is not good enough. Defaults to None.
        reporter: `Reporter` of the progress. Defaults to a silent one.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: the format or `quantize` is unknown, the folder exists, or the export does not agree.
    """
    format, write = format_named(format), exporter(format, quantize)
    if format in ("saved_model", "tf_hub"):
        check_no_pattern(checked_path(folder, "the name of a new folder"))
    with whole_folder(folder, overwrite=overwrite, required_files=(PARITY_FILE,)) as aside:
        certificate = write(exportable, aside, parity_rows, reporter)
        if accept is not None:
            certificate = certify({**certificate, **accept(aside)}, aside)
    return certificate


def check_ops(ops, format):
    """Checks that ops of the preprocessor are asked for only in a SavedModel; other formats take ids.

    Args:
        ops: str or None. As in `export_task`.
        format: str. One of `EXPORTERS`.

    Raises:
        UserError: `ops` is given with another format.
    """
    if ops is not None and format_named(format) != "saved_model":
        raise UserError(
            f'ops="{ops}" came with format="{format}"; only a SavedModel (--format saved_model) holds the tokenizer in '
            "its graph. Leave it out."
        )


def format_named(name):
    """Returns the key of `EXPORTERS` that a name of a format means; `"tflite"` is `"litert"`.

    Args:
        name: str.

    Raises:
        UserError: the format is unknown; the message lists the known ones.
    """
    name = _ALIASES.get(name, name)
    if name not in EXPORTERS:
        raise UserError(f'No export format "{name}". Known formats: {", ".join(EXPORTERS)}.')
    return name


def exporter(format, quantize=None):
    """Returns the function that writes a format, as `EXPORTERS` describes it.

    Args:
        format: str. One of `EXPORTERS`.
        quantize: str. As in `export_checked`. Defaults to None.

    Raises:
        UserError: the format is unknown, and the message lists the known ones; or `quantize` is unknown, or is given
            with another format than these; or a package that the format needs is not installed.
    """
    format = format_named(format)
    if format in QUANTIZERS and (quantize is None or quantize in QUANTIZERS[format]):
        check_packages(format, quantize or QUANTIZERS[format][0])
    if quantize is None:
        return EXPORTERS[format]
    if format not in QUANTIZERS:
        raise UserError(
            f'quantize="{quantize}" came with the format "{format}", which is not quantized. Leave it out, or export '
            'with format="litert" (--format litert).'
        )
    check_quantize(format, quantize)
    return functools.partial(EXPORTERS[format], quantize=quantize)
