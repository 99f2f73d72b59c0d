"""Reads a table whose labels are of the kind that a model gives. Knows no TensorFlow for the versions of a model."""

from pathlib import Path

from keras_bigmodel.core.answers import label_kind_of
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import FILE_NAME, Manifest
from keras_bigmodel.core.versions import version_folder
from keras_bigmodel.pipeline.screen import import_tensorflow


def read_labelled_table(model, table, options):
    """Reads a table with labels to measure a model on.

    Args:
        model: path of a version folder, a folder of versions, or a saved task.
        table: path of the table.
        options: `TableOptions`.

    Returns:
        `TextTable`.

    Raises:
        UserError: there is no such model or table, or its labels are of another kind.
    """
    from keras_bigmodel.tables import read_text_table

    kind, separator = _labels_of(model)
    how = {"label_kind": kind}
    if kind == "several" and options.label_separator is None:
        how["label_separator"] = separator
    return read_text_table(table, options=options, **how)


def _labels_of(model):
    """Returns the kind of a model's labels, and the sign that joined them in its training table, None if not known."""
    try:
        folder = version_folder(model)
    except UserError:
        folder = None
    if folder is not None and (Path(folder) / FILE_NAME).is_file():
        manifest = Manifest.read(folder)
        return label_kind_of(manifest.answers), manifest.settings.get("label_separator")
    import_tensorflow(lean=True)
    from keras_bigmodel.pipeline.jobs import job_of
    from keras_bigmodel.pipeline.version_contents import is_saved_task
    from keras_bigmodel.tasks import task_folder

    return job_of(task_folder.task_name(model)).label_kind if is_saved_task(model) else "one", None
