"""The contract of a preprocessor: named raw columns in, a model's features out. Knows no model, no loss, no labels."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.examples import Examples
from keras_bigmodel.data.ragged_column import RaggedColumn


class Preprocessor:
    """Turns raw columns into a model's features, the same in training and in every export.

    A subclass gives `columns`, `features`, `specs`, `checked`, `__call__` and `samples`; `get_config` where its
    constructor takes arguments; and `encode`, `length_of` where features have lengths of their own.

    Attributes:
        columns: tuple of str: the names of the raw columns.
        features: tuple of str: the names of what it makes.
        length_of: str. The feature whose lengths say which rows share a batch. None: all rows are alike.
        tracked: sequence of TensorFlow objects that an export must hold: lookup tables.
    """

    columns = ()
    features = ()
    length_of = None
    tracked = ()

    @property
    def specs(self):
        """Dict of column → named `tf.TensorSpec`, the first axis None: what a signature of an export takes."""
        raise NotImplementedError

    def checked(self, data):
        """Returns what people hand in as a dict of column → list or array, at least one row.

        Raises:
            UserError: it is no such thing, there is no row, or columns are missing or too many.
        """
        raise NotImplementedError

    def __call__(self, **columns):
        """Returns the features, dict of name → tensor, of tensors by column; graph-safe."""
        raise NotImplementedError

    def samples(self):
        """Returns rows on which exports are compared: dict of column → list or array."""
        raise NotImplementedError

    def is_raw(self, data):
        """Whether data is for this preprocessor, rather than features for Keras: dicts of them, or batches of dicts."""
        if isinstance(data, tf.data.Dataset):
            data = data.element_spec
            data = data[0] if isinstance(data, tuple) and data else data
        elif isinstance(data, keras.utils.PyDataset):
            data = data[0]
            data = data[0] if isinstance(data, tuple) and data else data
        has_features = isinstance(data, dict) and set(self.features) <= set(data)
        return not has_features or bool(set(self.columns) & set(data))

    def encode(self, columns):
        """Returns checked columns as `Examples` without targets."""
        features = {name: RaggedColumn(np.asarray(value)) for name, value in self.padded(columns).items()}
        return Examples(features, length_of=self.length_of)

    def padded(self, columns):
        """Returns the features of checked columns as one batch: dict of tensors `(rows, ...)`."""
        specs = self.specs
        tensor = lambda name, column: column if tf.is_tensor(column) else tf.constant(column, specs[name].dtype)
        return self._graph(**{name: tensor(name, column) for name, column in columns.items()})

    def features_of(self, data):
        """Returns the features of one batch of what people hand in.

        Args:
            data: as `checked`; inside of a `tf.function` tensors of rows: one, a tuple with one for each column, or a
                dict of them.

        Returns:
            dict of tensors `(rows, ...)`.

        Raises:
            UserError: as `checked`.
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

    # ---- in and out

    def get_config(self):
        """Returns what the constructor takes, as a dict that JSON can hold."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Returns a preprocessor made from what `get_config` returned."""
        return cls(**config)

    @staticmethod
    def to_files(config):
        """Takes out of a config what is better read in a file of its own, a vocabulary say.

        Args:
            config: dict that `get_config` returned.

        Returns:
            `(config without it, dict of file name → text)`.
        """
        return config, {}

    @staticmethod
    def from_files(config, folder):
        """Returns the config with what `to_files` took out, read from a folder."""
        return config


def preprocessor_of(config):
    """Returns the preprocessor that `keras.saving.serialize_keras_object` described; one that is made as it is.

    Raises:
        UserError: its class, or its tokenizer's, is not known here.
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
