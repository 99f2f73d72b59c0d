"""A TF-Hub BERT as a Keras 3 layer that can be trained. Knows Keras's variables; not how a module is read."""

import hashlib

import keras
import tensorflow as tf

from keras_bigmodel.checkpoints.hub_interface import INPUTS
from keras_bigmodel.checkpoints.hub_module import POSITIONS, HubModule
from keras_bigmodel.core.errors import UserError


@keras.saving.register_keras_serializable("keras_bigmodel")
class HubEncoder(keras.layers.Layer):
    """Encodes token ids with a BERT of TF-Hub, whose weights Keras 3 trains, freezes, saves and exports.

    Any module with TF-Hub's interface of encoders runs, also those that are no plain BERT (ALBERT, ELECTRA, experts).
    It stands where `hub.KerasLayer` stood, which Keras 3 does not accept. `load_encoder(handle)` reads the weights of a
    plain BERT into `BertEncoder` instead, which exports to every format.

    Args:
        handle: str or path. A folder that holds `saved_model.pb`, or the address of a module, e.g.
            `"https://tfhub.dev/tensorflow/small_bert/bert_en_uncased_L-4_H-256_A-4/2"`.
        trainable: bool. Whether the weights are trained. Defaults to True.
        mlm: bool. Whether to run the module's head that predicts masked tokens as well. Defaults to False.
        **kwargs: `name` and `dtype` of `keras.layers.Layer`. The module computes in float32 in any case.

    Input shape: a dict of int `(batch, length)`: `input_word_ids`, `input_mask`, `input_type_ids`; with `mlm` also
    `masked_lm_positions`, `(batch, positions)`.

    Output shape: a dict of `pooled_output` and `default`, `(batch, hidden_dim)`; `sequence_output`,
    `(batch, length, hidden_dim)`; `encoder_outputs`, a list of such, one for each layer; with `mlm` also `mlm_logits`,
    `(batch, positions, vocabulary_size)`.

    Raises:
        UserError: as `HubModule`; `mlm` is asked of a module without that head; `trainable` of one without trainable
            variables; or the folder holds another module than the one that was saved.

    Source: "Common SavedModel APIs for text" of TF-Hub.
    """

    def __init__(self, handle, *, trainable=True, mlm=False, **kwargs):
        fingerprint = kwargs.pop("fingerprint", None)
        super().__init__(**{"dtype": "float32", **kwargs})
        module = HubModule(handle)
        self.handle, self.mlm = str(handle), mlm
        self.fingerprint = _fingerprint(module.folder)
        if fingerprint not in (None, self.fingerprint):
            raise UserError(
                f"{handle} holds another module than when this layer was saved (saved_model.pb differs). Put the "
                "module of that time there."
            )
        if mlm and not module.has_mlm:
            raise UserError(f"{handle} has no head that predicts masked tokens (.mlm). Leave mlm=True out.")
        variables = module.variables(mlm=mlm)
        if trainable and not any(variable.trainable for variable in variables):
            raise UserError(
                f"{handle} has no trainable variables: it was exported frozen. Use it with trainable=False, or take a "
                "module that can be fine-tuned."
            )
        # Hidden from Keras: it would track the module's lists, whose variables are tracked as Keras's own below.
        self._module = _Untracked(module)
        self._module_weights = [_keras_variable(variable) for variable in variables]
        self.trainable = trainable  # now, so that Keras hands it on to the weights
        self.built = True

    def call(self, inputs, training=None):
        """Runs the module; see the class for shapes."""
        names = (*INPUTS, POSITIONS) if self.mlm else INPUTS
        missing = [name for name in names if not isinstance(inputs, dict) or name not in inputs]
        if missing:
            came = ", ".join(inputs) if isinstance(inputs, dict) else f"a {type(inputs).__name__}"
            raise UserError(f"HubEncoder takes a dict of {', '.join(names)}, and {came} came. Add {missing[0]}.")
        return self._module.value.call(inputs, training=bool(training), mlm=self.mlm)

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`, and the digest of the module's graph."""
        own = {"handle": self.handle, "mlm": self.mlm, "fingerprint": self.fingerprint}
        return {**super().get_config(), **own}


class _Untracked:
    """Holds an object that Keras must not look into."""

    def __init__(self, value):
        self.value = value


def _keras_variable(variable):
    """Returns a `keras.Variable` in the same storage as a `tf.Variable`, under a name that Keras accepts."""
    name = variable.name.removesuffix(":0").replace("/", "_")
    return keras.Variable(variable, trainable=variable.trainable, dtype=variable.dtype.name, name=name)


def _fingerprint(folder):
    with tf.io.gfile.GFile(str(folder / "saved_model.pb"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]
