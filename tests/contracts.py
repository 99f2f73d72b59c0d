"""What every part of a kind must do. A new layer is one `LayerCase`; what keeps it needs no more.

The layers' contract runs on every Keras backend, so nothing here asks which one it is.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops, tree

# The share of a number that one rounding loses, times ten for the roundings of a whole layer; numbers are near 1.
HALF_PRECISION = {"mixed_bfloat16": 10 * 2**-8, "mixed_float16": 10 * 2**-11}


@dataclass(frozen=True)
class LayerCase:
    """One way to use a layer.

    Args:
        name: str. Shown with the test.
        make: function of keyword arguments (`dtype`, `dropout`) that makes the layer.
        arguments: function of (random generator, batch, length) that makes the call arguments: arrays
            `(batch, length, ...)` or lists of such.
        takes_mask: bool. Whether the layer takes a `mask` of `(batch, length)`.
        masked: int. The argument whose positions the mask is about.
        per_position: bool. Whether the output has a row for each of those positions.
        drops: bool. Whether the layer takes `dropout`.
    """

    name: str
    make: Callable
    arguments: Callable
    takes_mask: bool = False
    masked: int = 0
    per_position: bool = True
    drops: bool = False

    def plain(self, **kwargs):
        """The layer without dropout."""
        return self.make(**({"dropout": 0.0} if self.drops else {}), **kwargs)

    def drawn(self, batch=3, length=6, seed=1):
        """Call arguments drawn at random."""
        return self.arguments(np.random.default_rng(seed), batch, length)

    def mask(self, arguments):
        """A mask that hides the end of every text but the first."""
        batch, length = tree.flatten(arguments[self.masked])[0].shape[:2]
        seen = np.maximum(1, length - 2 * np.arange(batch))
        return (np.arange(length)[None, :] < seen[:, None]).astype("int32")


def check_layer(case, folder):
    """Runs every check that applies to the case."""
    for check in layer_checks(case):
        check(case, folder)


def layer_checks(case):
    """Lists the checks that apply to a case: functions of (case, empty folder)."""
    checks = [
        has_the_shape_it_announces,
        is_made_again_from_its_config,
        is_saved_and_loaded_in_a_model,
        hides_what_the_mask_hides,
        computes_in_mixed_bfloat16,
        computes_in_mixed_float16,
        trains_every_weight,
        takes_any_batch_and_length,
    ]
    if case.takes_mask:
        checks.append(stays_finite_on_a_fully_masked_row)
    if case.drops:
        checks.append(drops_only_in_training)
    return checks


def has_the_shape_it_announces(case, folder):
    arguments = case.drawn()
    layer = case.plain()
    shapes = [[part.shape for part in arg] if isinstance(arg, list) else arg.shape for arg in arguments]
    announced = layer.compute_output_shape(*shapes)
    assert _answer(layer, arguments).shape == tuple(announced)


def is_made_again_from_its_config(case, folder):
    arguments = case.drawn()
    layer = case.plain()
    wanted = _answer(layer, arguments)
    config = layer.get_config()
    json.dumps(config)  # a .keras file holds it as JSON
    again = type(layer).from_config(config)
    assert again.get_config() == config
    _answer(again, arguments)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(_answer(again, arguments), wanted)


def is_saved_and_loaded_in_a_model(case, folder):
    arguments = case.drawn()
    model, inputs = _model(case, case.plain(), arguments)
    wanted = _number(model(inputs))
    model.save(folder / "model.keras")
    loaded = keras.saving.load_model(folder / "model.keras")
    np.testing.assert_array_equal(_number(loaded(inputs)), wanted)


def hides_what_the_mask_hides(case, folder):
    layer = case.plain()
    arguments, others = case.drawn(seed=1), case.drawn(seed=2)
    mask = case.mask(arguments)
    changed = list(arguments)
    changed[case.masked] = tree.map_structure(
        lambda one, other: np.where(mask.reshape(mask.shape + (1,) * (one.ndim - 2)), one, other),
        arguments[case.masked],
        others[case.masked],
    )
    given = mask if case.takes_mask else None
    before, after = _answer(layer, arguments, given), _answer(layer, changed, given)
    if case.per_position:
        hidden = mask == 0
        assert np.abs(before[hidden] - after[hidden]).max() > 1e-3  # the change was one
        before, after = before[mask == 1], after[mask == 1]
    np.testing.assert_allclose(after, before, atol=1e-6)


def stays_finite_on_a_fully_masked_row(case, folder):
    arguments = case.drawn()
    mask = case.mask(arguments)
    mask[1] = 0
    for dtype in ("float32", "mixed_bfloat16", "mixed_float16"):
        output = _answer(case.plain(dtype=dtype), arguments, mask)
        assert np.isfinite(output).all(), dtype


def computes_in_mixed_bfloat16(case, folder):
    _computes_in(case, "mixed_bfloat16")


def computes_in_mixed_float16(case, folder):
    _computes_in(case, "mixed_float16")


def _computes_in(case, policy):
    arguments = case.drawn()
    mask = case.mask(arguments) if case.takes_mask else None
    exact, half = case.plain(dtype="float32"), case.plain(dtype=policy)
    wanted = _answer(exact, arguments, mask)
    _answer(half, arguments, mask)
    half.set_weights(exact.get_weights())
    output = _call(half, arguments, mask)
    assert keras.backend.standardize_dtype(output.dtype) == policy.removeprefix("mixed_")
    assert {weight.dtype for weight in half.weights} <= {"float32"}
    np.testing.assert_allclose(_number(output), wanted, atol=HALF_PRECISION[policy], rtol=HALF_PRECISION[policy])


def trains_every_weight(case, folder):
    arguments = case.drawn(batch=4)
    model, inputs = _model(case, case.plain(), arguments, with_fronts=True)
    targets = np.random.default_rng(3).standard_normal(model(inputs).shape).astype("float32")
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mse")
    weights = model.get_weights()
    loss = model.evaluate(inputs, targets, batch_size=4, verbose=0)
    model.fit(inputs, targets, batch_size=4, epochs=1, verbose=0)
    still = [
        variable.path
        for variable, before, after in zip(model.weights, weights, model.get_weights(), strict=True)
        if variable.trainable and np.array_equal(before, after)
    ]
    assert not still
    assert model.trainable_weights
    assert model.evaluate(inputs, targets, batch_size=4, verbose=0) < loss


def takes_any_batch_and_length(case, folder):
    model, _ = _model(case, case.plain(), case.drawn())
    for batch, length in ((1, 1), (4, 9)):
        arguments = case.drawn(batch, length)
        together = _number(model(_flat(case, arguments)))
        assert together.shape == _answer(case.plain(), arguments).shape
        alone = tree.map_structure(lambda array: array[:1], arguments)
        np.testing.assert_allclose(together[:1], _number(model(_flat(case, alone))), atol=1e-5)


def drops_only_in_training(case, folder):
    arguments = case.drawn()
    layer, never = case.make(dropout=0.5), case.plain()
    _answer(layer, arguments)
    _answer(never, arguments)
    never.set_weights(layer.get_weights())
    wanted = _answer(never, arguments)
    np.testing.assert_array_equal(_answer(layer, arguments, training=False), wanted)
    # Steps with a gradient of their own are rounded otherwise.
    np.testing.assert_allclose(_answer(never, arguments, training=True), wanted, rtol=1e-5, atol=1e-6)
    first, second = (_answer(layer, arguments, training=True) for _ in range(2))
    assert np.abs(first - wanted).max() > 1e-3
    assert np.abs(first - second).max() > 1e-3


def _call(layer, arguments, mask=None, **kwargs):
    return layer(*arguments, **({} if mask is None else {"mask": mask}), **kwargs)


def _answer(layer, arguments, mask=None, **kwargs):
    return _number(_call(layer, arguments, mask, **kwargs))


def _number(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))


def _flat(case, arguments):
    return [*tree.flatten(arguments), *([case.mask(arguments)] if case.takes_mask else [])]


def _model(case, layer, arguments, with_fronts=False):
    """A functional model around the layer, and the arrays for its inputs; `with_fronts` puts a product before it."""
    symbols = tree.map_structure(
        lambda array: keras.Input((None, *array.shape[2:]), dtype=str(array.dtype)), list(arguments)
    )
    inputs, mask = tree.flatten(symbols), None
    if case.takes_mask:
        mask = keras.Input((None,), dtype="int32")
    if with_fronts:
        symbols = tree.map_structure(
            lambda tensor: keras.layers.Dense(tensor.shape[-1])(tensor) if tensor.dtype == "float32" else tensor,
            symbols,
        )
    outputs = _call(layer, symbols, mask)
    return keras.Model(inputs + ([] if mask is None else [mask]), outputs), _flat(case, arguments)
