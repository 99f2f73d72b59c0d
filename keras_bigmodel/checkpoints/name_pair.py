"""One of our variables and the foreign tensors that hold the same numbers. Knows no file format."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class NamePair:
    """Says where one variable's numbers stand in a foreign checkpoint, for both directions.

    Args:
        variable: our `keras.Variable`.
        names: the foreign tensors' names; several where our variable is fused of several.
        join: function from the list of foreign arrays to our array.
        split: function from our array to the list of foreign arrays; undoes `join`.
        shapes: the foreign arrays' shapes, in the order of `names`.
    """

    variable: Any
    names: tuple[str, ...]
    join: Callable[[list[np.ndarray]], np.ndarray]
    split: Callable[[np.ndarray], list[np.ndarray]]
    shapes: tuple[tuple[int, ...], ...]


def same(variable, name):
    """Pairs a variable with a tensor of the same layout."""
    return NamePair(variable, (name,), lambda arrays: arrays[0], lambda array: [array], (tuple(variable.shape),))


def transposed(variable, name):
    """Pairs a kernel `(in, out)` with a PyTorch weight `(out, in)`."""
    shape = tuple(variable.shape[::-1])
    return NamePair(variable, (name,), lambda arrays: arrays[0].T, lambda array: [array.T], (shape,))


def fused(variable, names):
    """Pairs a kernel `(in, n * out)` with `n` PyTorch weights `(out, in)` that lie side by side in it."""
    width = variable.shape[1] // len(names)
    return NamePair(
        variable,
        tuple(names),
        lambda arrays: np.concatenate([array.T for array in arrays], axis=1),
        lambda array: [part.T for part in np.split(array, len(names), axis=1)],
        ((width, variable.shape[0]),) * len(names),
    )


def fused_bias(variable, names):
    """Pairs a bias `(n * out,)` with `n` biases `(out,)`."""
    width = variable.shape[0] // len(names)
    return NamePair(
        variable,
        tuple(names),
        np.concatenate,
        lambda array: np.split(array, len(names)),
        ((width,),) * len(names),
    )
