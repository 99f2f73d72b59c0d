"""Maps one of our variables to the tensors of another library that hold the same numbers. Knows no file format."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class NamePair:
    """Stores how one variable maps to tensors of another library's checkpoint, for reading and writing.

    Args:
        variable: our `keras.Variable`.
        names: tuple of str. The names of the checkpoint's tensors; several if our variable fuses several of them.
        join: function from the list of the checkpoint's arrays to our array.
        split: function from our array to the list of the checkpoint's arrays; the inverse of `join`.
        shapes: tuple of tuples of int. The shapes of the checkpoint's arrays, in the order of `names`.
    """

    variable: Any
    names: tuple[str, ...]
    join: Callable[[list[np.ndarray]], np.ndarray]
    split: Callable[[np.ndarray], list[np.ndarray]]
    shapes: tuple[tuple[int, ...], ...]


def same(variable, name):
    """Returns the `NamePair` of a variable and a tensor of the same layout."""
    return NamePair(variable, (name,), lambda arrays: arrays[0], lambda array: [array], (tuple(variable.shape),))


def transposed(variable, name):
    """Returns the `NamePair` of a kernel `(in, out)` and a PyTorch weight `(out, in)`."""
    shape = tuple(variable.shape[::-1])
    return NamePair(variable, (name,), lambda arrays: arrays[0].T, lambda array: [array.T], (shape,))


def fused(variable, names):
    """Returns the `NamePair` of a kernel `(in, n * out)` and the `n` PyTorch weights `(out, in)` that it joins."""
    width = variable.shape[1] // len(names)
    return NamePair(
        variable,
        tuple(names),
        lambda arrays: np.concatenate([array.T for array in arrays], axis=1),
        lambda array: [part.T for part in np.split(array, len(names), axis=1)],
        ((width, variable.shape[0]),) * len(names),
    )


def fused_bias(variable, names):
    """Returns the `NamePair` of a bias `(n * out,)` and the `n` biases `(out,)` that it joins."""
    width = variable.shape[0] // len(names)
    return NamePair(
        variable,
        tuple(names),
        np.concatenate,
        lambda array: np.split(array, len(names)),
        ((width,),) * len(names),
    )
