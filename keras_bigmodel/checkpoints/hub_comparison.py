"""Compares what was read of a TF-Hub BERT with the module itself, on a few rows of ids. Knows no file."""

from functools import cached_property

import numpy as np
import tensorflow as tf
from keras import ops

from keras_bigmodel.checkpoints.hub_functions import HubEncoderFunctions
from keras_bigmodel.checkpoints.hub_interface import INPUTS, POSITIONS, NotPlainBertError
from keras_bigmodel.checkpoints.hub_module import HubModule
from keras_bigmodel.core.sentences import first_line

_TOLERANCE = 2e-5  # float32, up to 24 layers
_LENGTH = 24
_POOLINGS = ("pooler", "mean", "cls")


class HubComparison:
    """Runs a module once, and compares what our encoder and head compute from the same ids.

    Args:
        folder: `Path` of the module.
        settings: dict. The settings of the encoder that was read.
        handle: str or path. The module as it was named, for messages.
    """

    def __init__(self, folder, settings, handle):
        self._module = HubModule(folder)
        self._settings, self._handle = settings, handle

    @cached_property
    def _inputs(self):
        """Returns ids, mask and segments of three rows, in the length that the module takes: dict of int32 array."""
        rng, settings = np.random.default_rng(0), self._settings
        length = self._module.fixed_length or min(_LENGTH, settings["max_length"])
        mask = (np.arange(length) < np.array([[length], [max(1, length // 2)], [1]])).astype("int32")
        segments = np.broadcast_to(np.arange(length) >= length // 3, (3, length)).astype("int32")
        ids = rng.integers(0, settings["vocabulary_size"], (3, length)).astype("int32")
        return dict(zip(INPUTS, (ids, mask, np.minimum(segments, settings["num_segments"] - 1)), strict=True))

    @cached_property
    def _theirs(self):
        return self._called(mlm=False, **self._inputs)

    def _called(self, *, mlm, **inputs):
        try:
            return self._module.call(inputs, mlm=mlm)
        except (ValueError, TypeError, tf.errors.OpError) as error:
            raise NotPlainBertError(
                f"{self._handle} cannot be compared with what was read of it ({first_line(error)}). "
                'HubEncoder(handle, compute="module") runs it as it is.'
            ) from error

    def check_states(self, encoder):
        """Checks that the states of all layers are the module's.

        Args:
            encoder: `BertEncoder` in float32.

        Raises:
            NotPlainBertError: they are not; the message names the first output that differs.
        """
        ours = self._ours(HubEncoderFunctions(encoder, "mean"))
        self._check("sequence_output", ours["sequence_output"])
        if "encoder_outputs" not in self._theirs:
            return
        theirs = self._theirs["encoder_outputs"]
        for number, states in enumerate(ours["encoder_outputs"]):
            self._check(f"encoder_outputs[{number}]", states, theirs[number] if number < len(theirs) else None)

    def pooling_of(self, encoder):
        """Returns what the module's `pooled_output` and `default` are: `"pooler"`, `"mean"`, `"cls"`; None if neither.

        Args:
            encoder: `BertEncoder` in float32.
        """
        for pooling in _POOLINGS:
            if pooling == "pooler" and encoder.pooler is None:
                continue
            pooled = self._ours(HubEncoderFunctions(encoder, pooling))["pooled_output"]
            theirs = [self._theirs.get(name) for name in ("pooled_output", "default")]
            if theirs[0] is not None and all(part is None or self._is_close(pooled, part) for part in theirs):
                return pooling
        return None

    def check_head(self, encoder, head):
        """Checks that a head for masked tokens computes what the module's does.

        Args:
            encoder: `BertEncoder` in float32.
            head: `MlmHead`.

        Raises:
            NotPlainBertError: it does not.
        """
        positions = np.tile(np.array([[0, 1]], "int32"), (3, 1))
        theirs = self._called(mlm=True, **self._inputs, **{POSITIONS: positions})
        states = self._ours(HubEncoderFunctions(encoder, "mean"))["sequence_output"]
        # The second position of the last row is padding.
        self._check("mlm_logits", head.logits(states, positions)[:2], theirs["mlm_logits"][:2], scale=10.0)

    def _ours(self, functions):
        return functions.encode({name: ops.convert_to_tensor(part) for name, part in self._inputs.items()})

    def _check(self, name, ours, theirs=None, scale=1.0):
        theirs = self._theirs.get(name) if theirs is None else theirs
        if theirs is None or not self._is_close(ours, theirs, scale):
            said = "is missing in the module" if theirs is None else f"differs by {self._difference(ours, theirs):.2g}"
            raise NotPlainBertError(
                f"{self._handle} has the variables of a BERT and computes something else: {name} {said} (read as "
                f"{self._settings}). HubEncoder(handle) runs it as it is."
            )

    def _is_close(self, ours, theirs, scale=1.0):
        return np.shape(ours) == np.shape(theirs) and self._difference(ours, theirs) <= scale * _TOLERANCE

    def _difference(self, ours, theirs):
        """Returns the largest difference, of states where no padding is: float."""
        ours, theirs = np.asarray(ours, "float32"), np.asarray(theirs, "float32")
        if ours.shape != theirs.shape:
            return float("inf")
        seen = self._inputs["input_mask"]
        mask = seen[..., np.newaxis] if ours.shape[:2] == seen.shape and ours.ndim == 3 else 1.0
        return float(np.abs((ours - theirs) * mask).max())
