"""The contract of a task: a `keras.Model` that takes raw rows. Knows no file format and no HTTP."""

from pathlib import Path

import keras

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.preprocessors import preprocessor_of
from keras_bigmodel.tasks import task_folder
from keras_bigmodel.tasks.contract_check import check_contract
from keras_bigmodel.tasks.default_endpoints import default_endpoints
from keras_bigmodel.tasks.export_formats import export_task
from keras_bigmodel.tasks.raw_row_model import RawRowModel


class Task(RawRowModel):
    """A model that takes raw rows (texts, say) wherever Keras takes arrays.

    A task adds to Keras: a preprocessor, `preprocess`, `answers`, `endpoints`, `save`, `load`, `export`. `call` gives
    logits of features; `predict` gives what `outputs_from_logits` makes of them.

    A subclass builds the functional model and gives `encode_targets`, `recipe_loss` and `answer_reader`; `get_config`
    where its constructor takes more than `encoder` and `preprocessor`; `outputs_from_logits`, `recipe_metrics`,
    `loss_on_logits`, `endpoints`, `target_encoder`, `class_weights_of` and `embedding_model` where the ones here do not
    fit. Its constructor is called as `cls(encoder, preprocessor, **what else get_config has)`.

    Args:
        inputs: dict of the preprocessor's features → `keras.Input`.
        outputs: the logits, a tensor or a structure of tensors.
        encoder: the functional `keras.Model` over features that the task stands on; registered with Keras, its
            `get_config` has a `dtype`.
        preprocessor: `Preprocessor`, registered with Keras.

    Raises:
        UserError: the class lacks a part of the contract; the inputs are not the preprocessor's features.
    """

    def __init__(self, inputs, outputs, *, encoder, preprocessor, **kwargs):
        check_contract(type(self), Task, inputs, encoder, preprocessor)
        super().__init__(inputs, outputs, preprocessor=preprocessor, **kwargs)
        self.encoder = encoder

    # ---- what a kind of task gives

    def encode_targets(self, targets):
        """Returns targets as array `(rows, ...)`, list of arrays as long as the rows, or dict of these."""
        raise NotImplementedError

    def recipe_loss(self, label_smoothing=0.0):
        """Returns the loss of our recipe, a `keras.losses.Loss` on logits."""
        raise NotImplementedError

    def answer_reader(self):
        """Returns what reads one row's outputs as an answer; see `core.answers.PredictionReader`."""
        raise NotImplementedError

    def endpoints(self):
        """Returns the named functions that an export writes: dict of name → `Endpoint`.

        Defaults to `serving_default` (raw columns → what `predict` gives), `preprocess` (raw columns → features) and
        `model` (features → logits).
        """
        return default_endpoints(self)

    def outputs_from_logits(self, logits):
        """Returns what `predict` gives, of the structure of the logits. Defaults to the logits."""
        return logits

    def recipe_metrics(self):
        """Returns the metrics of our recipe, a list for `keras.Model.compile`. Defaults to none."""
        return []

    def loss_on_logits(self, loss):
        """Returns the loss that a name means here. Defaults to what it means to Keras."""
        return loss

    def target_encoder(self):
        """Returns a function as `encode_targets` for one column of targets that comes in parts."""
        return self.encode_targets

    def class_weights_of(self, class_weight):
        """Returns a function from targets to the weights of their classes; a task of classes has one."""
        raise UserError(f"class_weight came, and a {type(self).__name__} has no classes. Give sample_weight instead.")

    # ---- in and out

    def save(self, filepath, overwrite=False, **kwargs):
        """Writes everything that is needed to go on elsewhere; a path that ends in `.keras` is Keras's own format.

        Args:
            filepath: path of a new folder, which gets `task.json`, `weights.weights.h5` and files such as `vocab.txt`.
            overwrite: bool. Whether to replace what is there. Defaults to False.
            **kwargs: to `keras.Model.save`, for `.keras`.

        Raises:
            UserError: the folder exists, or cannot be written.
        """
        if not str(filepath).endswith(".keras"):
            task_folder.save(self, filepath, overwrite=overwrite)
            return
        if Path(filepath).exists() and not overwrite:  # Keras would ask on standard input
            raise UserError(f"{filepath} is already there. Choose another name, or allow it with overwrite=True.")
        super().save(filepath, overwrite=True, **kwargs)

    @classmethod
    def load(cls, folder, *, dtype="float32"):
        """Reads what `save` wrote, or a version folder, or the highest version under a folder of versions.

        Args:
            folder: path.
            dtype: str. Dtype of the layers. Defaults to `"float32"`, in which the model was measured and exported;
                `"auto"` is bfloat16 where this machine is fast at it: to go on training, or for more answers a second.

        Raises:
            UserError: nothing of ours is there, it is of another task or a newer version, or its files are altered.
        """
        return task_folder.load(cls, folder, dtype=dtype)

    def export(self, folder, format="saved_model", *, parity_texts=None, **how):
        """Writes a model that runs without this package, and proves that it agrees; see `export_formats.export_task`.

        Args:
            folder: path of a new folder.
            format: `"saved_model"` (TensorFlow, TF Serving), `"tflite"` (LiteRT, phones) or `"hugging_face"`.
            parity_texts: rows to compare on, besides the preprocessor's samples.
            **how: `dtype` (`"float32"`, the default, or `"bfloat16"`), `quantize` (`"int8"`, the default of a
                `"tflite"` file, `"float16"` or `"none"`), `overwrite` (bool).

        Returns:
            dict: the parity certificate, which also stands in `parity.json` beside the model.

        Raises:
            UserError: the folder exists, an unknown format, or the export does not agree.
        """
        return export_task(self, folder, format, parity_rows=parity_texts, **how)

    @property
    def is_frozen(self):
        """bool: whether nothing of the encoder is trained."""
        return not self.encoder.trainable_variables

    @property
    def export_dtype(self):
        """str: what the layers compute in, `"float32"` or `"bfloat16"`."""
        return keras.dtype_policies.get(self.get_config()["dtype"]).compute_dtype

    def with_dtype(self, dtype):
        """Returns this task computing in another dtype, on a copy of the weights."""
        return self.with_config(dtype=keras.dtype_policies.serialize(keras.dtype_policies.get(dtype)))

    def with_config(self, **changes):
        """Returns this task with other values of `get_config`, on a copy of the weights."""
        twin = type(self).from_config({**self.get_config(), **changes})
        twin.set_weights(self.get_weights())
        return twin

    def get_config(self):
        """Returns everything but the weights, as a dict that JSON can hold."""
        encoder = keras.saving.serialize_keras_object(self.encoder)
        return {
            "encoder": encoder,
            "dtype": encoder["config"]["dtype"],
            "preprocessor": keras.saving.serialize_keras_object(self.preprocessor),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Returns a task with fresh weights, made from what `get_config` returned."""
        config = dict(config)
        encoder, dtype = dict(config.pop("encoder")), config.pop("dtype")
        encoder["config"] = {**encoder["config"], "dtype": dtype}
        encoder = keras.saving.deserialize_keras_object(encoder)
        return cls(encoder, preprocessor_of(config.pop("preprocessor")), **config)

    @classmethod
    def upgraded(cls, config, folder=None):
        """Returns a config of format 1, which only some tasks ever had, as one of today's."""
        return config
