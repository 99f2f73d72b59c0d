"""The state of a training run, as a folder of two files. Knows Keras's models and callbacks; no task, no data."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import keras
import ml_dtypes
import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.training.stop_at_nan import StopAtNaN

_FACTS_FILE, _ARRAYS_FILE = "state.json", "state.safetensors"
_FORMAT = 2  # 1: the optimizer's averages had other scales
_BFLOAT16 = ".bfloat16"  # suffix of the name of an array whose bits are stored as uint16

# Attributes with the state of callbacks that control a run: class → (plain values, lists of arrays).
_MEMORY = {
    keras.callbacks.EarlyStopping: (("wait", "best", "best_epoch", "stopped_epoch"), ("best_weights",)),
    keras.callbacks.ReduceLROnPlateau: (("wait", "best", "cooldown_counter"), ()),
    keras.callbacks.ModelCheckpoint: (("best",), ()),
    StopAtNaN: (("good_epochs",), ("_good",)),
}


@dataclass(frozen=True)
class TrainingState:
    """Holds everything that a run needs to end with the same weights as an uninterrupted one.

    Args:
        epoch: int. The current epoch, from zero.
        batch: int. Batches of that epoch that are done.
        run: dict of what identifies the run (epochs, batches in an epoch, seed of the order). `BackupAndResume.prepare`
            raises an error for another run.
        stopped: bool. Whether a callback has ended the run. Defaults to False.
        history: dict of metric → list of float, one per completed epoch. Defaults to empty.
        memory: list of class name and dict: the attributes of each callback. Defaults to empty.
        arrays: dict of name → array: the variables of the model (with the seed states), of the optimizer and of the
            metrics, and the arrays of callbacks. Defaults to empty.
    """

    epoch: int
    batch: int
    run: dict
    stopped: bool = False
    history: dict = field(default_factory=dict)
    memory: list = field(default_factory=list)
    arrays: dict = field(default_factory=dict)

    @classmethod
    def capture(cls, model, callbacks, **facts):
        """Collects a model's variables and its callbacks' attributes.

        Args:
            model: a compiled `keras.Model` in training.
            callbacks: list of its callbacks, in the order in which `restore` receives them.
            **facts: the other fields, which only the caller knows.

        Returns:
            `TrainingState`.
        """
        arrays, memory = {}, []
        for group, variables in _groups(model).items():
            arrays |= {f"{group}/{number}": _array(variable) for number, variable in enumerate(variables)}
        for number, callback in enumerate(callbacks):
            values, lists = _remembered(callback)
            memory.append([type(callback).__name__, {name: _plain(getattr(callback, name)) for name in values}])
            for name in lists:
                found = getattr(callback, name) or []
                arrays |= {f"callback/{number}/{name}/{at}": np.asarray(array) for at, array in enumerate(found)}
        return cls(memory=memory, arrays=arrays, **facts)

    def restore(self, model, callbacks):
        """Restores the variables and the callbacks' attributes, except the variables of metrics; see `metrics`.

        Args:
            model: a compiled `keras.Model`. Its optimizer is built if it is not yet.
            callbacks: list of its callbacks, in the same order as in `capture`.

        Raises:
            UserError: the state is of another model or of other callbacks.
        """
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        groups = _groups(model)
        for group in ("model", "optimizer"):
            self._check(group, groups[group])
        names, known = [type(callback).__name__ for callback in callbacks], [name for name, _ in self.memory]
        if names != known:
            raise UserError(
                f"The run that stopped had the callbacks {', '.join(known) or 'none'}, and this one has "
                f"{', '.join(names) or 'none'}. Go on with the same ones, in the same order."
            )
        for group in ("model", "optimizer"):
            for number, variable in enumerate(groups[group]):
                variable.assign(self.arrays[f"{group}/{number}"])
        for number, (callback, (_, remembered)) in enumerate(zip(callbacks, self.memory, strict=True)):
            for name, value in remembered.items():
                setattr(callback, name, value)
            for name in _remembered(callback)[1]:
                setattr(callback, name, self._list(f"callback/{number}/{name}") or None)

    @property
    def metrics(self):
        """Returns the variables of loss and metrics in the middle of an epoch: list of arrays."""
        return self._list("metrics")

    def _list(self, prefix):
        found = []
        while f"{prefix}/{len(found)}" in self.arrays:
            found.append(self.arrays[f"{prefix}/{len(found)}"])
        return found

    def _check(self, group, variables):
        ours, theirs = [tuple(variable.shape) for variable in variables], [a.shape for a in self._list(group)]
        if ours != theirs:
            raise UserError(
                f"The run that stopped had another {group} ({len(theirs)} variables, this one has {len(ours)}, or "
                "other shapes). Go on with the same encoder, labels and settings, or begin anew."
            )

    # ---- files

    def write(self, folder):
        """Writes the state into an existing folder.

        Args:
            folder: path of the folder.
        """
        from safetensors.numpy import save_file  # imported here: training on ids works without it

        folder = Path(folder)
        facts = {name: getattr(self, name) for name in ("epoch", "batch", "run", "stopped", "history", "memory")}
        save_file(dict(map(_as_stored, self.arrays.items())), folder / _ARRAYS_FILE)
        (folder / _FACTS_FILE).write_text(json.dumps({"format": _FORMAT, **facts}), encoding="utf-8")

    @classmethod
    def read(cls, folder):
        """Reads a state that `write` wrote.

        Args:
            folder: path of the folder.

        Returns:
            `TrainingState`.

        Raises:
            UserError: a file is missing or damaged, or was written by another version of this package.
        """
        from safetensors.numpy import load_file

        folder = Path(folder)
        try:
            facts = json.loads((folder / _FACTS_FILE).read_text(encoding="utf-8"))
            if (found := facts.pop("format")) != _FORMAT:
                other = "a newer" if found > _FORMAT else "an older"
                raise UserError(
                    f"{folder} is the state of {other} keras_bigmodel. Go on with that one, or remove it to begin the "
                    "run anew."
                )
            arrays = dict(map(_as_used, load_file(folder / _ARRAYS_FILE).items()))
            return cls(arrays=arrays, **facts)
        except UserError:
            raise
        except Exception as error:  # safetensors has its own error class; all damage is handled the same way
            raise UserError(
                f"{folder} cannot be read ({str(error)[:120]}). Remove it to begin the run anew."
            ) from error


def _groups(model):
    return {"model": model.variables, "optimizer": model.optimizer.variables, "metrics": model.metrics_variables}


def _remembered(callback):
    return next((parts for kind, parts in _MEMORY.items() if isinstance(callback, kind)), ((), ()))


def _array(variable):
    return np.asarray(keras.ops.convert_to_numpy(variable))


def _plain(value):
    return value.item() if hasattr(value, "item") else value


def _as_stored(item):
    name, array = item
    array = np.ascontiguousarray(array) if array.ndim else array
    return (name + _BFLOAT16, array.view("uint16")) if array.dtype == ml_dtypes.bfloat16 else (name, array)


def _as_used(item):
    name, array = item
    if name.endswith(_BFLOAT16):
        return name.removesuffix(_BFLOAT16), array.view(ml_dtypes.bfloat16)
    return name, array
