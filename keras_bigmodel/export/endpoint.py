"""A named function that an export writes. Knows no task."""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class Endpoint:
    """A graph-safe function and what it takes.

    Args:
        function: takes tensors by name, returns a dict of named tensors.
        inputs: tuple of named `tf.TensorSpec`, in order.
    """

    function: Callable[..., dict[str, tf.Tensor]]
    inputs: tuple[tf.TensorSpec, ...]

    def traced(self):
        """Gives the function as one TensorFlow graph for inputs of every size."""
        # No autograph: it reads source files while running, and nothing here branches on a tensor in Python.
        return tf.function(self.function, autograph=False).get_concrete_function(
            **{spec.name: spec for spec in self.inputs}
        )
