"""Finds or writes the serving files of a version for this machine. Knows version folders; no server."""

from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import SERVING_FOLDER, Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.core.versions import version_folder
from keras_bigmodel.core.whole_folder import check_free, whole_folder
from keras_bigmodel.export import check_cores
from keras_bigmodel.pipeline.serving_files import write_serving_files
from keras_bigmodel.pipeline.version_contents import is_saved_task, load_task


def serving(path, *, out=None, texts=None, reporter=SILENT):
    """Returns the folder of a version's serving files, measured on this machine.

    Args:
        path: path of a version folder, or of a folder of versions (the highest counts).
        out: path of a new folder, into which the files are written after a measurement. Defaults to None: those of the
            version are taken, if they were measured on a machine with as many cores as this one.
        texts: rows to measure with, in a form that the preprocessor accepts. Defaults to its samples.
        reporter: `Reporter` that receives the progress.

    Returns:
        `Path`.

    Raises:
        UserError: as `load_task`; a file is missing or altered; the version's serving files were measured with other
            cores; `out` exists.
    """
    if is_saved_task(path):
        raise UserError(f"{path} is a saved task, which no server loads. Export it as a version: bigmodel export.")
    folder = version_folder(path).resolve()
    Manifest.read(folder).check(folder)
    if out is None:
        check_cores(folder / SERVING_FOLDER)
        return folder / SERVING_FOLDER
    check_free(out)
    preprocessor = load_task(folder).preprocessor
    rows = None if texts is None else preprocessor.checked(texts)
    with whole_folder(out) as aside:
        write_serving_files(folder, preprocessor, Manifest.read(folder), rows=rows, folder=aside, reporter=reporter)
    return Path(out)
