"""What `fit` and `evaluate` are given, in whichever form, as one of three sources of examples. Knows their kinds."""

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.text_inputs import refuse_read_once
from keras_bigmodel.tables import TableStream
from keras_bigmodel.tasks.dataset_source import DatasetSource
from keras_bigmodel.tasks.list_source import ListSource
from keras_bigmodel.tasks.table_source import TableSource


def is_raw(preprocessor, data):
    """Whether data is for the preprocessor, rather than batches for Keras.

    Raises:
        UserError: it can be read only once, or is a `PyDataset` of raw rows.
    """
    if isinstance(data, TableStream):
        return True
    refuse_read_once(data)
    raw = preprocessor.is_raw(data)
    if raw and isinstance(data, keras.utils.PyDataset):
        raise UserError(
            f"A {type(data).__name__} of raw rows came; a PyDataset is taken of features alone, dicts of "
            f"{', '.join(preprocessor.features)}. Give a list of rows, a TableStream or a tf.data.Dataset."
        )
    return raw


def source_of(task, x, y=None, sample_weight=None, class_weight=None):
    """Returns a source of examples.

    Args:
        task: has `preprocessor`, `target_encoder`, `encode_targets` and `class_weights_of`.
        x: raw rows, a batched dataset of `(rows, targets[, weights])`, or a `TableStream`.
        y: targets, or None with a dataset or a stream.
        sample_weight: float array `(rows,)` or None.
        class_weight: dict of label name or number → weight, or None.

    Raises:
        UserError: there are no rows, no targets, or not as many of one as of the other.
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
    columns = task.preprocessor.checked(x)
    if y is None:
        raise UserError("Texts came without labels; wanted one label a text, as the second argument.")
    return ListSource(task.preprocessor, columns, task.encode_targets(y), sample_weight, class_weights)


def validation_source(task, data):
    """Returns the source of what `validation_data` may be: `(rows, targets[, weights])`, a dataset, a `TableStream`."""
    if isinstance(data, (tf.data.Dataset, TableStream)):
        return source_of(task, data)
    if not isinstance(data, (tuple, list)) or not 2 <= len(data) <= 3:
        raise UserError(
            f"validation_data came as {type(data).__name__}; wanted (texts, labels) or (texts, labels, weights), a "
            "dataset or a TableStream."
        )
    return source_of(task, *data)
