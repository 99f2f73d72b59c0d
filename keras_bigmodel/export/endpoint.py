"""A named function that an export writes. Knows no task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.export.output_rules import Close, Equal


@dataclass(frozen=True)
class Endpoint:
    """A graph-safe function, what it takes, and how its outputs are compared.

    Args:
        function: takes tensors by name, returns a dict of named tensors with one entry a row.
        inputs: tuple of named `tf.TensorSpec`, in order: raw columns of the preprocessor, or its features.
        compare: dict of output → rule (`Equal`, `Close`, `SameChoice`). Defaults to `Equal` for whole numbers, strings
            and truth values, `Close` for floats.
        sampled: bool. Whether one batch is enough to compare on. Defaults to False: all rows are.
    """

    function: Callable[..., dict[str, tf.Tensor]]
    inputs: tuple[tf.TensorSpec, ...]
    compare: Mapping[str, object] = field(default_factory=dict)
    sampled: bool = False

    @property
    def input_names(self):
        """Tuple of str."""
        return tuple(spec.name for spec in self.inputs)

    def traced(self):
        """Returns the function as one TensorFlow graph for inputs of every size."""
        # No autograph: it reads source files while running, and nothing here branches on a tensor in Python.
        return tf.function(self.function, autograph=False).get_concrete_function(
            **{spec.name: spec for spec in self.inputs}
        )

    def rule(self, name, dtype):
        """Returns the rule by which an output is compared."""
        if name in self.compare:
            return self.compare[name]
        return Close() if dtype.is_floating else Equal()


def check_batch_axis(name, traced):
    """Refuses an endpoint whose outputs have no axis for the rows: servers join and part batches along it.

    Args:
        name: str. What the endpoint is called.
        traced: what `Endpoint.traced` returned.

    Raises:
        UserError: the sentence names the output.
    """
    if not isinstance(traced.structured_outputs, dict):
        kind = type(traced.structured_outputs).__name__
        raise UserError(f"The endpoint {name} returns a {kind}; wanted a dict of named tensors.")
    for output, tensor in traced.structured_outputs.items():
        shape = tensor.shape
        if shape.rank == 0 or (shape.rank is not None and shape[0] is not None):
            raise UserError(
                f"The endpoint {name} returns {output} of shape {shape}, whose first axis is not the rows. Return one "
                "entry a row: servers join and part batches along the first axis."
            )
