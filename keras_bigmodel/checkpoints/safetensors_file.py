"""Reads the weights of a BERT from a safetensors file by their plain names. Knows the file; no model."""

import math

import numpy as np
from safetensors import SafetensorError, safe_open

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.model_files import check_no_git_pointer

_OLD_NAMES = {".gamma": ".weight", ".beta": ".bias"}  # LayerNorm in checkpoints of 2018 and 2019
_PREFIXES = ("module.", "bert.")  # of torch.nn.DataParallel, and of models with a head
_DTYPES = {"F64", "F32", "F16", "BF16"}


class SafetensorsFile:
    """Reads tensors by their plain names: those of `BertModel`, without the prefixes that the file may add.

    Args:
        path: `Path` of the file.

    Raises:
        UserError: the file cannot be read, contains a larger model, or contains two tensors with the same plain name.
    """

    def __init__(self, path):
        self.path = path
        with path.open("rb") as file:
            check_no_git_pointer(path, file.read(64))
        with self._open() as tensors:
            self._names = {}
            for name in tensors.keys():  # noqa: SIM118 (safe_open is no mapping)
                plain = _plain_name(name)
                if plain in self._names:
                    raise UserError(
                        f"{path} holds both {self._names[plain]} and {name}, and only one can be the model's. Save the "
                        "model again with its own class."
                    )
                self._names[plain] = name
        table = "embeddings.word_embeddings.weight"
        others = [name for name in self._names.values() if name.endswith(f".{table}")]
        if table not in self._names and others:
            raise UserError(
                f"{path} has its tensors under {others[0].removesuffix(table)!r}, as a larger model does. Save the "
                "BERT inside it alone, with its own class."
            )

    def __contains__(self, name):
        return name in self._names

    def names(self):
        """Returns the plain names of all tensors: set-like view of str."""
        return self._names.keys()

    def size(self):
        """Returns how many numbers the file contains: int."""
        with self._open() as tensors:
            return sum(math.prod(tensors.get_slice(name).get_shape()) for name in self._names.values())

    def shape(self, name):
        """Returns the shape of the tensor with a plain name: tuple of int."""
        with self._open() as tensors:
            return tuple(tensors.get_slice(self._names[name]).get_shape())

    def check(self, wanted, config):
        """Raises `UserError` if tensors are missing, or have other shapes or types of numbers.

        Args:
            wanted: list of `(plain name, shape)`.
            config: `Path` of the file that states these shapes.

        Raises:
            UserError: a tensor does not fit; the message names each, ten at most.
        """
        problems = []
        with self._open() as tensors:
            for name, shape in wanted:
                if name not in self._names:
                    problems.append(f"{name} is missing")
                    continue
                part = tensors.get_slice(self._names[name])
                if tuple(part.get_shape()) != shape:
                    problems.append(f"{name} has shape {tuple(part.get_shape())}, {config.name} asks for {shape}")
                elif part.get_dtype() not in _DTYPES:
                    problems.append(f"{name} holds numbers of type {part.get_dtype()}")
        if problems:
            shown = "; ".join(problems[:10]) + (f"; and {len(problems) - 10} more" if len(problems) > 10 else "")
            raise UserError(f"{self.path} does not fit its {config.name}: {shown}. Take both files from one model.")

    def read(self, names):
        """Yields the tensors with some names as float32 arrays.

        Args:
            names: iterable of str. Plain names.

        Raises:
            UserError: a tensor contains NaN, infinity, or a number that is too large for float32.
        """
        with self._open() as tensors:
            for name in names:
                stored = np.asarray(tensors.get_tensor(self._names[name]))
                with np.errstate(over="ignore"):
                    array = stored.astype("float32")
                if stored.dtype == "float64" and np.isfinite(stored).all() and not np.isfinite(array).all():
                    raise UserError(
                        f"{self.path} has numbers in {name} that are too large for float32. Save the model in float32."
                    )
                if not np.isfinite(array).all():
                    bad = int(array.size - np.isfinite(array).sum())
                    raise UserError(
                        f"{self.path} has {bad} of {array.size} numbers in {name} that are NaN or infinite. Its "
                        "training broke off there: take an earlier checkpoint."
                    )
                yield array

    def _open(self):
        try:
            return safe_open(self.path, framework="numpy")
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{self.path} cannot be read as safetensors ({error}). Copy it again from the model."
            ) from error


def _plain_name(name):
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    for old, new in _OLD_NAMES.items():
        if name.endswith(old):
            name = name.removesuffix(old) + new
    return name
