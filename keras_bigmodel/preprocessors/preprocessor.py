"""Defines the interface of preprocessors, from raw columns to features. Knows no model, no loss, no labels."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.examples import Examples
from keras_bigmodel.data.ragged_column import RaggedColumn


class Preprocessor:
    """Converts raw columns to a model's features, in the same way in training and in every export.

    A subclass defines `columns`, `features`, `specs`, `checked`, `__call__` and `samples`. It defines `get_config` if
    its constructor takes arguments, and `encode` and `length_of` if the length of its features differs between rows.

    Attributes:
        columns: tuple of str. The names of the raw columns.
        features: tuple of str. The names of the features.
        length_of: str or None. The feature whose lengths decide which rows share a batch; None if all rows are equally
            long.
        tracked: sequence of TensorFlow objects that an export must contain, such as lookup tables.
    """

    columns = ()
    features = ()
    length_of = None
    tracked = ()

    @property
    def specs(self):
        """Returns an export's input signature: dict of column → named `tf.TensorSpec`, whose first axis is None."""
        raise NotImplementedError

    def checked(self, data):
        """Checks input in any of the accepted forms and returns its columns.

        Args:
            data: input in a form that the subclass accepts.

        Returns:
            dict of column → list or array, with at least one row.

        Raises:
            UserError: the form is not accepted, there is no row, or columns are missing or unknown.
        """
        raise NotImplementedError

    def __call__(self, **columns):
        """Returns the features of columns: dict of name → tensor. Works inside a `tf.function`.

        Args:
            **columns: tensors `(rows, ...)` by column.
        """
        raise NotImplementedError

    def as_alone(self, features):
        """Returns features as they were before a server joined rows of other lengths to them; graph-safe.

        Args:
            features: dict of name → tensor `(rows, ...)`.

        Returns:
            dict of name → tensor. Here the features themselves.
        """
        return features

    def with_ops(self, ops):
        """Returns a copy whose graph consists of other ops: `"core"` (TensorFlow's own), `"text"` or `"auto"`.

        Raises:
            UserError: this preprocessor has no such choice.
        """
        raise UserError(f"{type(self).__name__} has no choice of ops, and ops={ops!r} came. Leave it out.")

    def samples(self):
        """Returns rows on which exports are compared: dict of column → list or array."""
        raise NotImplementedError

    def is_raw(self, data):
        """Returns whether data is raw input for this preprocessor, not features for Keras: bool.

        Args:
            data: raw input in any form; or features: a dict of them, or a `tf.data.Dataset` or `PyDataset` of such
                dicts.
        """
        if isinstance(data, tf.data.Dataset):
            data = data.element_spec
            data = data[0] if isinstance(data, tuple) and data else data
        elif isinstance(data, keras.utils.PyDataset):
            data = data[0]
            data = data[0] if isinstance(data, tuple) and data else data
        has_features = isinstance(data, dict) and set(self.features) <= set(data)
        return not has_features or bool(set(self.columns) & set(data))

    def encode(self, columns):
        """Encodes columns as `Examples` without targets.

        Args:
            columns: dict of column → list or array, as `checked` returns.
        """
        features = {name: RaggedColumn(np.asarray(value)) for name, value in self.padded(columns).items()}
        return Examples(features, length_of=self.length_of)

    def aligned(self, columns, encoded, targets):
        """Returns targets that depend on the rows, such as tags of their tokens, and weights; here those given.

        Args:
            columns: dict of column → list or array, as `checked` returns.
            encoded: `Examples`, what `encode` returned for the columns.
            targets: what the task's `encode_targets` returned for the rows.

        Returns:
            `(targets, weights)`: targets for `Examples`; and float array `(rows,)`, list of float arrays as long as the
            targets of each row, or None if all targets count alike.
        """
        return targets, None

    def padded(self, columns):
        """Returns the features of columns as one batch: dict of tensors `(rows, ...)`.

        Args:
            columns: dict of column → list or array, as `checked` returns, or tensor.
        """
        specs = self.specs
        tensor = lambda name, column: column if tf.is_tensor(column) else tf.constant(column, specs[name].dtype)
        return self._graph(**{name: tensor(name, column) for name, column in columns.items()})

    def features_of(self, data):
        """Returns the features of one batch of input in any of the accepted forms.

        Args:
            data: as `checked`. Inside a `tf.function`: a tensor, a tuple with one tensor for each column, or a dict of
                them.

        Returns:
            dict of tensors `(rows, ...)`.

        Raises:
            UserError: as `checked`; or the tensors inside a `tf.function` do not match the columns.
        """
        tensors = tf.nest.flatten(data) if isinstance(data, (tuple, dict)) else [data]
        if not any(tf.is_tensor(part) and not hasattr(part, "numpy") for part in tensors):
            return self.padded(self.checked(data))
        if not isinstance(data, dict):
            data = dict(zip(self.columns, tensors, strict=False))
        if set(data) != set(self.columns) or len(tensors) != len(self.columns):
            wanted = ", ".join(self.columns)
            raise UserError(f"{len(tensors)} tensors came inside of a tf.function; wanted one each of {wanted}.")
        return self(**data)

    @functools.cached_property
    def _graph(self):
        return tf.function(self.__call__).get_concrete_function(**self.specs)

    # ---- saving and loading

    def get_config(self):
        """Returns the constructor's arguments as a dict that JSON can store."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Returns a preprocessor built from the result of `get_config`."""
        return cls(**config)

    @staticmethod
    def to_files(config):
        """Splits off the parts of a config that are better stored in separate files, such as a vocabulary.

        Args:
            config: dict that `get_config` returned.

        Returns:
            `(config without these parts, dict of file name → text)`.
        """
        return config, {}

    @staticmethod
    def from_files(config, folder):
        """Returns the config with the parts that `to_files` split off, read from a folder.

        Args:
            config: dict that `to_files` returned.
            folder: `Path` of the folder with the files.
        """
        return config


def preprocessor_of(config):
    """Returns the preprocessor of a serialized config.

    Args:
        config: dict that `keras.saving.serialize_keras_object` returned, or a `Preprocessor`, which is returned as it
            is.

    Raises:
        UserError: the class of the preprocessor, or of its tokenizer, is not registered.
    """
    if not isinstance(config, dict):
        return config
    try:
        return keras.saving.deserialize_keras_object(config)
    except TypeError as error:
        raise UserError(
            f"The preprocessor {config.get('class_name')} cannot be made ({str(error).splitlines()[0]:.160}). Import "
            "the module that defines and registers it first."
        ) from error
