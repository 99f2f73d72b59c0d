"""A TF-Hub BERT as a Keras 3 layer that can be trained. Knows Keras's variables; not how a module is read."""

import hashlib

import keras

from keras_bigmodel.checkpoints.hub_folder import HubFolder
from keras_bigmodel.checkpoints.hub_functions import HubEncoderFunctions
from keras_bigmodel.checkpoints.hub_handle import MODULE_FILE, hub_folder
from keras_bigmodel.checkpoints.hub_interface import INPUTS, POSITIONS, NotPlainBertError
from keras_bigmodel.checkpoints.hub_module import HubModule
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.models.bert import BertEncoder

_WAYS = ("auto", "layers", "module")
_FROZEN = (
    "{} has no trainable variables: it was exported frozen. Use it with trainable=False, or take a module that can be "
    "fine-tuned."
)


@keras.saving.register_keras_serializable("keras_bigmodel")
class HubEncoder(keras.layers.Layer):
    """Encodes token ids with a BERT of TF-Hub, whose weights Keras 3 trains, freezes, saves and exports.

    It stands where `hub.KerasLayer` stood, which Keras 3 does not accept. A plain BERT runs in this package's layers,
    which hold the module's weights: they train faster than the module's graph, also in bfloat16, and were compared with
    it when they were read. Any other module with this interface (ALBERT, ELECTRA, experts) runs in its own graph.

    Args:
        handle: str or path. A folder that holds `saved_model.pb`, or the address of a module, e.g.
            `"https://tfhub.dev/tensorflow/small_bert/bert_en_uncased_L-4_H-256_A-4/2"`.
        compute: `"layers"` (this package's layers), `"module"` (the module's own graph, to the last bit) or `"auto"`
            (`"layers"` if the module is a plain BERT). Defaults to `"auto"`; the attribute says which it is.
        trainable: bool. Whether the weights are trained. Defaults to True.
        mlm: bool. Whether to run the module's head that predicts masked tokens as well, in its own graph. Defaults to
            False.
        **kwargs: `name` and `dtype` of `keras.layers.Layer`. A module's own graph computes in float32 in any case.

    Input shape: a dict of int `(batch, length)`: `input_word_ids`, `input_mask`, `input_type_ids`; with `mlm` also
    `masked_lm_positions`, `(batch, positions)`.

    Output shape: a dict of `pooled_output` and `default`, `(batch, hidden_dim)`; `sequence_output`,
    `(batch, length, hidden_dim)`; `encoder_outputs`, a list of such, one for each layer; with `mlm` also `mlm_logits`,
    `(batch, positions, vocabulary_size)`.

    A `.keras` file holds the weights. With `compute="module"` it also needs the module at the handle when it is loaded.
    `clone_model` makes a layer with new weights in layers, as of any Keras layer; `set_weights` gives them.

    Raises:
        UserError: as `HubModule`; `compute="layers"` is asked of a module that is no plain BERT, or a partly frozen
            one; `mlm` of one without that head; `trainable` of one that was exported frozen; or the folder holds
            another module than the one that was saved.

    Source: "Common SavedModel APIs for text" of TF-Hub.
    """

    def __init__(self, handle, *, compute="auto", trainable=True, mlm=False, _saved=None, **kwargs):
        super().__init__(**kwargs, autocast=False)  # ids may come as floats, which bfloat16 would round
        if compute not in _WAYS:
            raise UserError(f'compute="{compute}" came; wanted "layers", "module" or "auto".')
        if mlm and compute == "layers":
            raise UserError('mlm=True came with compute="layers"; that head runs in the module alone. Leave one out.')
        saved = _saved or {}
        self.handle, self.mlm, self.compute = str(handle), mlm, compute
        self.encoder = self.pooling = self.fingerprint = None
        if "encoder" in saved:  # of a file, which holds the weights
            encoder = BertEncoder.from_config({**saved["encoder"], "dtype": self.dtype_policy})
            self._run_in_layers(encoder, saved["pooling"], is_frozen=saved["is_frozen"])
        else:
            folder = hub_folder(handle)
            if mlm or compute == "module" or not self._read_as_layers(folder, trainable):
                self._run_as_module(HubModule(folder), trainable, saved.get("fingerprint"))
        if not (trainable and "encoder" in saved):  # a file says of each layer whether it is frozen
            self.trainable = trainable  # now, so that Keras hands it on to the weights
        self.built = True

    @classmethod
    def from_config(cls, config):
        """Returns a layer from a dict that `get_config` returned; its weights are new unless the module runs itself."""
        config = dict(config)
        return cls(_saved=config.pop("saved"), **config)

    @keras.layers.Layer.trainable.setter
    def trainable(self, value):
        """Sets whether the weights are trained; weights that were exported frozen cannot be."""
        if value and getattr(self, "_is_frozen", False):
            raise UserError(_FROZEN.format(self.handle))
        keras.layers.Layer.trainable.fset(self, value)

    def _read_as_layers(self, folder, trainable):
        """Reads a plain BERT into layers; returns whether the module is one."""
        try:
            read = HubFolder(folder)
            encoder = read.load_encoder(dtype=self.dtype_policy)
            pooling = read.compared_pooling()
            if pooling is None:
                raise NotPlainBertError(
                    f"pooled_output or default of {self.handle} is none of the poolings known here. Use "
                    'compute="module".'
                )
            if read.is_trainable and not read.is_trained_whole:
                raise NotPlainBertError(
                    f'Some variables of {self.handle} were exported frozen and others not. Use compute="module".'
                )
        except NotPlainBertError:
            if self.compute == "layers":
                raise
            return False
        if trainable and not read.is_trainable:
            raise UserError(_FROZEN.format(self.handle))
        self._run_in_layers(encoder, pooling, is_frozen=not read.is_trainable)
        return True

    def _run_in_layers(self, encoder, pooling, *, is_frozen):
        self.compute, self.encoder, self.pooling = "layers", encoder, pooling
        self._run = _Untracked(HubEncoderFunctions(encoder, pooling).encode)
        self._is_frozen = is_frozen

    def _run_as_module(self, module, trainable, fingerprint):
        if keras.backend.backend() != "tensorflow":
            raise UserError(
                f"{self.handle} runs in its own graph, a TensorFlow one, and Keras's backend is "
                f"{keras.backend.backend()}. Set KERAS_BACKEND=tensorflow before Keras is imported."
            )
        self.compute = "module"
        self.dtype_policy = keras.dtype_policies.get("float32")
        self.fingerprint = _fingerprint(module.folder)
        if fingerprint not in (None, self.fingerprint):
            raise UserError(
                f"{self.handle} holds another module than when this layer was saved (saved_model.pb differs). Put the "
                "module of that time there."
            )
        if self.mlm and not module.has_mlm:
            raise UserError(f"{self.handle} has no head that predicts masked tokens (.mlm). Leave mlm=True out.")
        trained = module.trainable_variables(mlm=self.mlm)
        if trainable and not trained:
            raise UserError(_FROZEN.format(self.handle))
        which = {variable.ref() for variable in trained}
        self._module_weights = [
            _keras_variable(variable, variable.ref() in which) for variable in module.variables(mlm=self.mlm)
        ]
        mlm = self.mlm
        self._run = _Untracked(lambda inputs, training: module.call(inputs, training=training, mlm=mlm))
        self._is_frozen = not trained

    def call(self, inputs, training=None):
        """Encodes token ids; see the class for shapes."""
        names = (*INPUTS, POSITIONS) if self.mlm else INPUTS
        missing = [name for name in names if not isinstance(inputs, dict) or name not in inputs]
        if missing:
            came = ", ".join(inputs) if isinstance(inputs, dict) else f"a {type(inputs).__name__}"
            raise UserError(f"HubEncoder takes a dict of {', '.join(names)}, and {came} came. Add {missing[0]}.")
        whole = {name: keras.ops.cast(inputs[name], "int32") for name in names}
        return self._run.value(whole, training=bool(training))

    def get_config(self):
        """Returns the configuration: the arguments of `__init__` and what a file needs to be loaded: dict."""
        saved = {"fingerprint": self.fingerprint}
        if self.encoder is not None:
            saved = {"encoder": self.encoder.get_config(), "pooling": self.pooling, "is_frozen": self._is_frozen}
            saved["encoder"]["dtype"] = None  # that of this layer
        own = {"handle": self.handle, "compute": self.compute, "mlm": self.mlm, "saved": saved}
        return {**super().get_config(), **own}


class _Untracked:
    """Holds an object that Keras must not look into: its variables are tracked elsewhere."""

    def __init__(self, value):
        self.value = value


def _keras_variable(variable, trainable):
    """Returns a `keras.Variable` in the same storage as a `tf.Variable`, under a name that Keras accepts."""
    name = variable.name.removesuffix(":0").replace("/", "_")
    return keras.Variable(variable, trainable=trainable, dtype=variable.dtype.name, name=name)


def _fingerprint(folder):
    return hashlib.sha256((folder / MODULE_FILE).read_bytes()).hexdigest()[:16]
