"""Selects the source of examples for the input of `fit` and `evaluate`. Knows the three kinds of sources."""

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.text_inputs import check_reusable
from keras_bigmodel.tables import TableStream
from keras_bigmodel.tasks.dataset_source import DatasetSource
from keras_bigmodel.tasks.list_source import ListSource
from keras_bigmodel.tasks.table_source import TableSource


def is_raw(preprocessor, data):
    """Returns whether data are raw rows for the preprocessor, and not features for Keras: bool.

    Args:
        preprocessor: `Preprocessor`.
        data: any input of `fit`, `evaluate` or `predict`.

    Raises:
        UserError: the data can be read only once, or are a `PyDataset` of raw rows.
    """
    if isinstance(data, TableStream):
        return True
    check_reusable(data)
    raw = preprocessor.is_raw(data)
    if raw and isinstance(data, keras.utils.PyDataset):
        raise UserError(
            f"A {type(data).__name__} of raw rows came; a PyDataset is taken of features alone, dicts of "
            f"{', '.join(preprocessor.features)}. Give a list of rows, a TableStream or a tf.data.Dataset."
        )
    return raw


def source_of(task, x, y=None, sample_weight=None, class_weight=None):
    """Returns the source of the examples of `fit` and `evaluate`.

    Args:
        task: object with `preprocessor`, `rows_and_targets`, `target_encoder`, `encode_targets` and
            `class_weights_of`.
        x: raw rows, batched `tf.data.Dataset` of `(rows, targets[, weights])`, or `TableStream`.
        y: targets. Defaults to None, as needed with a dataset or a stream.
        sample_weight: float array `(rows,)`. Defaults to None.
        class_weight: dict of label name or number → weight. Defaults to None.

    Returns:
        `DatasetSource`, `TableSource` or `ListSource`.

    Raises:
        UserError: there are no rows, or no targets; their numbers differ; or targets or weights are given twice.
    """
    class_weights = None if class_weight is None else task.class_weights_of(class_weight)
    if isinstance(x, tf.data.Dataset):
        if y is not None or sample_weight is not None:
            raise UserError("A dataset and labels came; wanted the labels inside the dataset: (texts, labels).")
        return DatasetSource(task.preprocessor, x, task.target_encoder, class_weights)
    if isinstance(x, TableStream):
        if y is not None or sample_weight is not None:
            raise UserError(
                "A TableStream and labels came; it reads its own. Name their columns: TableStream(path, label=..., "
                "weight=...)."
            )
        return TableSource(task.preprocessor, x, task.target_encoder, class_weights)
    x, y = task.rows_and_targets(x, y)
    columns = task.preprocessor.checked(x)
    if y is None:
        raise UserError("Texts came without labels; wanted one label a text, as the second argument.")
    return ListSource(task.preprocessor, columns, task.encode_targets(y), sample_weight, class_weights)


def validation_source(task, data):
    """Returns the source of the examples of `validation_data`.

    Args:
        task: as in `source_of`.
        data: `(rows, targets[, weights])`, `tf.data.Dataset` or `TableStream`.

    Returns:
        `DatasetSource`, `TableSource` or `ListSource`.

    Raises:
        UserError: the data have another form; or as `source_of`.
    """
    if isinstance(data, (tf.data.Dataset, TableStream)):
        return source_of(task, data)
    if not isinstance(data, (tuple, list)) or not 2 <= len(data) <= 3:
        raise UserError(
            f"validation_data came as {type(data).__name__}; wanted (texts, labels) or (texts, labels, weights), a "
            "dataset or a TableStream."
        )
    return source_of(task, *data)
