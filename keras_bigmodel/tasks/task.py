"""Defines the contract of a task, a `keras.Model` that takes raw rows. Knows no file format and no HTTP."""

from pathlib import Path

import keras

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.edge import load_engine
from keras_bigmodel.preprocessors import preprocessor_of
from keras_bigmodel.tasks import task_folder
from keras_bigmodel.tasks.contract_check import check_contract
from keras_bigmodel.tasks.default_endpoints import default_endpoints
from keras_bigmodel.tasks.export_formats import export_task
from keras_bigmodel.tasks.raw_row_model import RawRowModel


class Task(RawRowModel):
    """Represents a model that takes raw rows, such as texts, wherever Keras takes arrays.

    A task adds to Keras: a preprocessor, `preprocess`, `answers`, `endpoints`, `save`, `load`, `export`. `call` returns
    the logits of features; `predict` returns the result of `outputs_from_logits` on them.

    A subclass builds the functional model and defines `encode_targets`, `recipe_loss` and `answer_reader`. It defines
    `get_config` if its constructor takes more than `encoder` and `preprocessor`. It overrides `outputs_from_logits`,
    `recipe_metrics`, `loss_on_logits`, `endpoints`, `rows_and_targets`, `row_details`, `target_encoder`,
    `class_weights_of` and `embedding_model` if those of this class do not fit. Its constructor is called as
    `cls(encoder, preprocessor, **others)`, where `others` are the other entries of `get_config` without `dtype`.

    Args:
        inputs: dict of feature of the preprocessor → `keras.Input`.
        outputs: tensor or structure of tensors. The logits.
        encoder: functional `keras.Model` over features. It is registered with Keras, and its `get_config` has a
            `dtype`.
        preprocessor: `Preprocessor`, registered with Keras.
        **kwargs: other arguments of `keras.Model`.

    Raises:
        UserError: the class does not implement a part of the contract, or the inputs are not the features of the
            preprocessor.
    """

    def __init__(self, inputs, outputs, *, encoder, preprocessor, **kwargs):
        check_contract(type(self), Task, inputs, encoder, preprocessor)
        super().__init__(inputs, outputs, preprocessor=preprocessor, **kwargs)
        self.encoder = encoder

    # ---- methods that a kind of task defines

    def encode_targets(self, targets):
        """Encodes targets as arrays.

        Args:
            targets: targets of rows in a form that the task accepts.

        Returns:
            array `(rows, ...)`, list of arrays as long as the rows, or dict of these.
        """
        raise NotImplementedError

    def recipe_loss(self, label_smoothing=0.0):
        """Returns the loss of our recipe: `keras.losses.Loss` on logits.

        Args:
            label_smoothing: float in [0, 1). As in `compile`. Defaults to 0.
        """
        raise NotImplementedError

    def answer_reader(self):
        """Returns the reader that reads the outputs of one row as an answer; see `core.answers.PredictionReader`."""
        raise NotImplementedError

    def endpoints(self):
        """Returns the named functions that an export writes: dict of name → `Endpoint`.

        Defaults to `serving_default` (raw columns → outputs of `predict`), `preprocess` (raw columns → features) and
        `model` (features → logits).
        """
        return default_endpoints(self)

    def outputs_from_logits(self, logits):
        """Returns the outputs of `predict`. Defaults to the logits.

        Args:
            logits: tensor or structure of tensors.

        Returns:
            tensors in the structure of the logits.
        """
        return logits

    def recipe_metrics(self):
        """Returns the metrics of our recipe: list for `keras.Model.compile`. Defaults to an empty one."""
        return []

    def loss_on_logits(self, loss):
        """Returns the loss that a name means for this task. Defaults to the name itself, with Keras's meaning.

        Args:
            loss: as in `compile`.
        """
        return loss

    def rows_and_targets(self, x, y):
        """Returns rows and targets that the preprocessor and `encode_targets` take, from forms that need each other.

        Args:
            x: rows in memory, as given to `fit`.
            y: targets, as given to `fit`; or None.

        Returns:
            `(rows, targets)`. Defaults to those given.
        """
        return x, y

    def target_encoder(self):
        """Returns a function like `encode_targets` that encodes one column of targets part by part."""
        return self.encode_targets

    def class_weights_of(self, class_weight):
        """Returns a function from encoded targets to the weights of their classes: float array `(rows,)`.

        Args:
            class_weight: dict of label name or number → weight.

        Raises:
            UserError: the task has no classes, which is the default.
        """
        raise UserError(f"class_weight came, and a {type(self).__name__} has no classes. Give sample_weight instead.")

    # ---- saving, loading and exporting

    def save(self, filepath, overwrite=False, **kwargs):
        """Saves the task in a folder that `load` reads, or in Keras's own format if the path ends in `.keras`.

        Args:
            filepath: path of a new folder, in which `task.json`, `weights.weights.h5` and files such as `vocab.txt` are
                written; or path of a `.keras` file.
            overwrite: bool. Whether to replace an existing folder or file. Defaults to False.
            **kwargs: other arguments of `keras.Model.save`, used for a `.keras` file only.

        Raises:
            UserError: the folder or file exists, or the folder cannot be written.
        """
        if not str(filepath).endswith(".keras"):
            task_folder.save(self, filepath, overwrite=overwrite)
            return
        if Path(filepath).exists() and not overwrite:  # Keras would ask the user on standard input
            raise UserError(f"{filepath} is already there. Choose another name, or allow it with overwrite=True.")
        super().save(filepath, overwrite=True, **kwargs)

    @classmethod
    def load(cls, folder, *, dtype="float32", engine=None):
        """Loads a task from a folder that `save` wrote, or from a version folder.

        Args:
            folder: path of such a folder, or of a folder of versions, whose highest version is loaded.
            dtype: str. Dtype of the layers. Defaults to `"float32"`, in which the model was evaluated and exported.
                `"auto"` is mixed bfloat16 if this machine computes faster in it, for further training or for more
                predictions per second.
            engine: str. Answers with the folder's file for another runtime in the model's place, e.g. `"litert-int8"`;
                see `edge.load_engine`. Such an object only answers: `fit` raises. Defaults to None: the model.

        Returns:
            The task, or the `EngineClassifier` of an engine.

        Raises:
            UserError: the folder holds no task, another task or one of a newer version of this package, or its files
                were altered; with `engine`, as `edge.load_engine`.
        """
        if engine is None:
            return task_folder.load(cls, folder, dtype=dtype)
        if dtype != "float32":
            raise UserError(f'dtype="{dtype}" came with engine="{engine}", whose file has its own. Leave one out.')
        return load_engine(folder, engine)

    def export(self, folder, format="saved_model", *, parity_texts=None, **how):
        """Exports a model that runs without this package, and checks that it agrees; see `export_formats.export_task`.

        Args:
            folder: path of a new folder.
            format: str. One of `export_formats.EXPORTERS`: `"saved_model"` (TF Serving), `"litert"` (phones),
                `"litert_embedding"`, `"onnx"`, `"openvino"`, `"hugging_face"`, `"tf_hub"`. Defaults to
                `"saved_model"`.
            parity_texts: rows to compare, besides the preprocessor's samples. Defaults to none.
            **how: `dtype` (`"float32"`, the default, or `"bfloat16"`), `quantize` (one of `export.QUANTIZERS[format]`,
                the first is the default), `ops` (as in `with_ops`), `overwrite` (bool).

        Returns:
            dict: the parity certificate, which is also written to `parity.json` beside the model.

        Raises:
            UserError: the folder exists, the format is unknown, or the export does not agree.
        """
        return export_task(self, folder, format, parity_rows=parity_texts, **how)

    @property
    def is_frozen(self):
        """Returns whether the encoder has no trainable variables: bool."""
        return not self.encoder.trainable_variables

    @property
    def export_dtype(self):
        """Returns the dtype in which the layers compute, `"float32"` or `"bfloat16"`: str."""
        return keras.dtype_policies.get(self.get_config()["dtype"]).compute_dtype

    def with_dtype(self, dtype):
        """Returns a copy of this task, with its weights, that computes in another dtype.

        Args:
            dtype: str or policy. Dtype policy of the layers.
        """
        return self.with_config(dtype=keras.dtype_policies.serialize(keras.dtype_policies.get(dtype)))

    def with_ops(self, ops):
        """Returns a copy of this task, with its weights, whose preprocessor consists of other ops in exports.

        Args:
            ops: `"core"` (TensorFlow's own ops), `"text"` (also tensorflow_text's) or `"auto"`.

        Raises:
            UserError: the preprocessor has no such choice, or tensorflow-text is needed and not installed.
        """
        return self.with_config(preprocessor=keras.saving.serialize_keras_object(self.preprocessor.with_ops(ops)))

    def with_config(self, **changes):
        """Returns a copy of this task, with its weights, that has other values of `get_config`.

        Args:
            **changes: entries of the config → new values.
        """
        twin = type(self).from_config({**self.get_config(), **changes})
        twin.set_weights(self.get_weights())
        return twin

    def get_config(self):
        """Returns the configuration, which is all but the weights: dict for JSON."""
        encoder = keras.saving.serialize_keras_object(self.encoder)
        return {
            "encoder": encoder,
            "dtype": encoder["config"]["dtype"],
            "preprocessor": keras.saving.serialize_keras_object(self.preprocessor),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Builds a task with new weights.

        Args:
            config: dict that `get_config` returned.
            custom_objects: not used; accepted as in Keras.
        """
        config = dict(config)
        encoder, dtype = dict(config.pop("encoder")), config.pop("dtype")
        encoder["config"] = {**encoder["config"], "dtype": dtype}
        encoder = keras.saving.deserialize_keras_object(encoder)
        return cls(encoder, preprocessor_of(config.pop("preprocessor")), **config)

    @classmethod
    def upgraded(cls, config, folder=None):
        """Converts a config of format 1 to the current format. Defaults to no change: few tasks ever had format 1.

        Args:
            config: dict.
            folder: path of the folder that holds the other files of the task. Defaults to None: the config holds all.

        Returns:
            dict.
        """
        return config
