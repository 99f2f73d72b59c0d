"""Defines an endpoint: a named function that an export writes. Knows no task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.export.output_rules import Close, Equal


@dataclass(frozen=True)
class Endpoint:
    """Represents a graph-safe function, its inputs and the rules by which its outputs are compared.

    Args:
        function: callable. Takes tensors by name and returns a dict of named tensors with one entry per row.
        inputs: tuple of named `tf.TensorSpec`, in order: raw columns of the preprocessor, or its features.
        compare: dict of output → rule (`Equal`, `Close`, `SameChoice`). Defaults to `Close` for floats and `Equal` for
            whole numbers, strings and bools.
        sampled: bool. Whether one batch is enough to compare. Defaults to False: all rows are compared.
    """

    function: Callable[..., dict[str, tf.Tensor]]
    inputs: tuple[tf.TensorSpec, ...]
    compare: Mapping[str, object] = field(default_factory=dict)
    sampled: bool = False

    @property
    def input_names(self):
        """Returns the names of the inputs: tuple of str."""
        return tuple(spec.name for spec in self.inputs)

    def traced(self):
        """Returns the function as one TensorFlow graph (a `ConcreteFunction`) for inputs of every size."""
        # No autograph: it reads source files at run time, and no Python branch here depends on a tensor.
        return tf.function(self.function, autograph=False).get_concrete_function(
            **{spec.name: spec for spec in self.inputs}
        )

    def rule(self, name, dtype):
        """Returns the rule by which an output is compared.

        Args:
            name: str. Name of the output.
            dtype: `tf.DType` of the output.
        """
        if name in self.compare:
            return self.compare[name]
        return Close() if dtype.is_floating else Equal()


def check_batch_axis(name, traced):
    """Checks that the first axis of every output is the rows, along which servers join and split batches.

    Args:
        name: str. Name of the endpoint.
        traced: what `Endpoint.traced` returned.

    Raises:
        UserError: the endpoint does not return a dict, or an output, which the message names, has no axis of rows.
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
