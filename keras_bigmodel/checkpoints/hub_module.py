"""Loads a TF-Hub BERT and calls it by one interface, whichever its version has. Knows no Keras layer."""

import inspect

import tensorflow as tf

from keras_bigmodel.checkpoints.hub_handle import hub_folder
from keras_bigmodel.checkpoints.hub_interface import INPUTS, POSITIONS, check_encoder
from keras_bigmodel.checkpoints.saved_model_file import SavedModelFile
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import first_line


class HubModule:
    """Holds a loaded TF-Hub BERT.

    Args:
        handle: str or path. A folder that holds `saved_model.pb`, or the address of a module.

    Raises:
        UserError: as `hub_folder` and `SavedModelFile`; or the module is no BERT encoder, and the message says what it
            is.

    Source: "Common SavedModel APIs for text" of TF-Hub. Versions 1 and 2 of its BERTs take a list of the three inputs
    and return `pooled_output` and `sequence_output`; later ones take and return dicts.
    """

    def __init__(self, handle):
        self.folder = hub_folder(handle)
        self.file = SavedModelFile(self.folder)
        check_encoder(self.file, handle)
        try:
            self.loaded = tf.saved_model.load(str(self.folder))
        except (tf.errors.OpError, OSError, ValueError, KeyError, RuntimeError) as error:
            raise UserError(
                f"TensorFlow cannot load {self.folder} ({first_line(error, 200)}). Copy the folder again; if an op is "
                "named, import the package that has it first."
            ) from error

    @property
    def has_mlm(self):
        """Returns whether the module has a head that predicts masked tokens (`.mlm`): bool."""
        return callable(getattr(self.loaded, "mlm", None))

    def variables(self, *, mlm=False):
        """Returns the numbers that the module computes with: list of `tf.Variable`.

        Args:
            mlm: bool. Whether to include those of the head that predicts masked tokens.
        """
        return self._listed("variables", mlm)

    def trainable_variables(self, *, mlm=False):
        """Returns those of `variables` that the module lets be trained; none if it was exported frozen.

        Args:
            mlm: as in `variables`.
        """
        return self._listed("trainable_variables", mlm)

    def _listed(self, name, mlm):
        found = getattr(self.loaded.mlm if mlm else self.loaded, name, None) or []
        return [variable for variable in found if variable.dtype.is_floating]

    def call(self, inputs, *, training=False, mlm=False):
        """Runs the module.

        Args:
            inputs: dict of int tensor `(texts, length)`: `input_word_ids`, `input_mask` and `input_type_ids`; with
                `mlm` also `masked_lm_positions`, `(texts, positions)`.
            training: bool. Whether dropout is applied.
            mlm: bool. Whether to run the head that predicts masked tokens as well.

        Returns:
            dict of tensors: `pooled_output`, `sequence_output` and, if the module has them, `default`,
            `encoder_outputs` (list) and `mlm_logits`.
        """
        function = self.loaded.mlm if mlm else self.loaded
        names = (*INPUTS, POSITIONS) if mlm else INPUTS
        inputs = {name: tf.cast(inputs[name], tf.int32) for name in names}
        how = {"training": training} if "training" in inspect.signature(function.__call__).parameters else {}
        if not self._takes_list(function):
            return dict(function(inputs, **how))
        pooled, sequence = function([inputs[name] for name in names], **how)
        return {"pooled_output": pooled, "default": pooled, "sequence_output": sequence}

    @property
    def fixed_length(self):
        """Returns the number of tokens that the module takes, if it takes no other: int or None."""
        specs = tf.nest.flatten(_first_argument(self.loaded))
        lengths = {spec.shape[1] for spec in specs if isinstance(spec, tf.TensorSpec) and spec.shape.rank == 2}
        return lengths.pop() if len(lengths) == 1 else None

    def _takes_list(self, function):
        return isinstance(_first_argument(function), (list, tuple))


def _first_argument(function):
    """Returns the specification of what a loaded object is called with: structure of `tf.TensorSpec`."""
    traced = function.__call__.concrete_functions[0]
    return traced.structured_input_signature[0][0] if traced.structured_input_signature[0] else ()
