"""Checks the weights of a SavedModel: whole, once, and no optimizer's. Knows variables and constants; runs nothing."""

import hashlib

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.sentences import counted
from keras_bigmodel.doctor.examination import Finding

_SMALL = 4096  # bytes; smaller weights are not compared
_OPTIMIZER = {"optimizer", "_optimizer", ".OPTIMIZER_SLOT"}  # as parts of a key
_SLOTS = ("/Adam", "/Adam_1", "/Momentum", "/Adagrad", "/RMSProp", "/RMSProp_1", "/Ftrl", "/Ftrl_1")  # of TensorFlow 1
_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


class StoredWeights:
    """Reads every variable and large constant of a SavedModel once.

    Args:
        model: `SavedModelFile`.

    Raises:
        UserError: the variables are truncated or altered.
    """

    def __init__(self, model):
        self._sizes, self._twins, self._seen = {}, [], {}
        for key, dtype in sorted(model.dtypes.items()):
            array = model.read_key(key)  # all are read: only so is it known that the files are whole
            if dtype != tf.string:
                self._add(key, array)
        self._variables, self._stored = len(self._sizes), sum(self._sizes.values())
        for node, _ in model.nodes_of("Const"):
            content = node.attr["value"].tensor.tensor_content
            if len(content) >= _SMALL:
                self._add(f"{node.name} (constant {len(self._sizes)})", np.frombuffer(content, "uint8"))

    def _add(self, key, array):
        array = np.asarray(array)
        self._sizes[key] = array.nbytes
        # As it was initialized (ones of a normalization, zeros of a bias), it is equal to others and not stored twice.
        if array.nbytes < _SMALL or (array == array.flat[0]).all():
            return
        digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).digest()
        if digest in self._seen:
            self._twins.append((self._seen[digest], key))
        self._seen.setdefault(digest, key)

    @property
    def words(self):
        """Returns how many weights there are and how large they are: str."""
        constants = sum(self._sizes.values()) - self._stored
        words = f"{counted(self._variables, 'variable')}, {self._stored / 1e6:.1f} MB"
        return f"{words}; constants of the graph, {constants / 1e6:.1f} MB" if constants else words

    def findings(self):
        """Yields the findings on weights that are stored twice or belong to an optimizer."""
        if self._twins:
            spare = sum(self._sizes[key] for _, key in self._twins)
            first, second = (key.removesuffix(_SUFFIX) for key in self._twins[0])
            number = len(self._twins)
            yield Finding(
                "warning",
                "stored-twice",
                f"{counted(number, 'weight')} {'is' if number == 1 else 'are'} stored twice, {spare / 1e6:.1f} of "
                f"{sum(self._sizes.values()) / 1e6:.1f} MB (e.g. {first} and {second}): disk, download and memory at "
                "loading are larger by that.",
                "Save a tf.Module that holds each variable once; bigmodel export does.",
            )
        found = [key for key in self._sizes if self._is_of_optimizer(key)]
        if found:
            size = sum(self._sizes[key] for key in found)
            yield Finding(
                "warning",
                "optimizer-state",
                f"The optimizer's state is in it: {counted(len(found), 'variable')}, {size / 1e6:.1f} MB that answers "
                "do not read.",
                "Export the model alone: model.export(folder), or save with include_optimizer=False.",
            )

    def _is_of_optimizer(self, key):
        if self._sizes[key] < _SMALL:
            return False
        slot = next((ending for ending in _SLOTS if key.endswith(ending)), None)
        return bool(_OPTIMIZER & set(key.split("/"))) or (slot is not None and key.removesuffix(slot) in self._sizes)
