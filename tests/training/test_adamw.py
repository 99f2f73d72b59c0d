"""Our AdamW against Keras's, step for step.

Where a token stands in a batch twice, Keras on TensorFlow squares and clips its two gradients alone; on JAX and PyTorch
it takes their sum, as the formula says and as we do. So Keras is compared on the sum.
"""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import UserError
from keras_bigmodel.models.bert import BertEncoder
from keras_bigmodel.training import AdamW, recipe_optimizer
from tests.training.plain_adamw import PlainAdamW

STEPS = 100
OPTIONS = {
    "plain": {},
    "other_constants": {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-4},
    "no_decay": {"weight_decay": 0.0},
    "strong_decay": {"weight_decay": 0.3},
    "clipped_together": {"global_clipnorm": 0.5},
    "clipped_alone": {"clipnorm": 0.3},
    "clipped_by_value": {"clipvalue": 0.05},
    "amsgrad": {"amsgrad": True},
    "accumulated": {"gradient_accumulation_steps": 4},
    "averaged": {"use_ema": True, "ema_momentum": 0.9},
    "cosine": {"learning_rate": keras.optimizers.schedules.CosineDecay(0.0, 80, warmup_target=0.002, warmup_steps=10)},
}


class KerasAdamW(keras.optimizers.AdamW):
    """Keras's own, given the gradient of a table as every other backend gives it."""

    def update_step(self, gradient, variable, learning_rate):
        return super().update_step(tf.convert_to_tensor(gradient), variable, learning_rate)

    def _clip_gradients(self, grads):
        return super()._clip_gradients([tf.convert_to_tensor(gradient) for gradient in grads])


def fresh_variables():
    random = np.random.default_rng(0)
    shapes = {"kernel": (6, 4), "bias": (4,), "embeddings": (10, 3)}
    return [keras.Variable(random.standard_normal(shape), dtype="float32", name=name) for name, shape in shapes.items()]


def after_steps(optimizer):
    """The variables after steps with dense gradients and with those of an embedding, some rows named twice."""
    variables = fresh_variables()
    optimizer.build(variables)

    @tf.function
    def step(kernel, bias, rows, values):
        optimizer.apply([kernel, bias, tf.IndexedSlices(values, rows, dense_shape=(10, 3))], variables)

    random = np.random.default_rng(1)
    for _ in range(STEPS):
        step(
            tf.constant(random.standard_normal((6, 4)), "float32"),
            tf.constant(random.standard_normal(4), "float32"),
            tf.constant(random.integers(0, 10, 5), "int64"),
            tf.constant(random.standard_normal((5, 3)), "float32"),
        )
    optimizer.finalize_variable_values(variables)
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_hundred_steps_end_where_keras_ends(options):
    options = {"learning_rate": 0.001, "weight_decay": 0.02, **options}
    # The variant "amsgrad" is left to Keras, duplicates and all.
    theirs = (keras.optimizers.AdamW if "amsgrad" in options else KerasAdamW)(**options)
    theirs.exclude_from_weight_decay(var_names=["bias"])
    wanted = after_steps(theirs)
    for found, array, start in zip(
        after_steps(AdamW(**options, not_decayed=["bias"])), wanted, fresh_variables(), strict=True
    ):
        assert np.abs(array - start.numpy()).max() > 0.001
        np.testing.assert_allclose(found, array, atol=1e-6)


def test_the_averages_are_those_of_keras_too():
    ours, theirs = AdamW(0.001), KerasAdamW(0.001)
    after_steps(ours)
    after_steps(theirs)
    for kind in ("_momentums", "_velocities"):
        for found, wanted in zip(getattr(ours, kind), getattr(theirs, kind), strict=True):
            # 1 - 0.999 has five digits in float32, in which the op of ours computes it.
            np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=5e-5, atol=1e-7, err_msg=wanted.path)


def test_a_token_that_stands_twice_in_a_batch_counts_with_the_sum_of_its_gradients():
    twice = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([1, 1]), dense_shape=(3, 1))
    tables = [keras.Variable(np.zeros((3, 1)), dtype="float32", name="table") for _ in range(2)]
    for table, gradients in zip(tables, ([twice] * 3, [tf.constant([[0.0], [3.0], [0.0]])] * 3), strict=True):
        optimizer = AdamW(0.1, epsilon=1.0)
        for gradient in gradients:
            optimizer.apply([gradient], [table])
    assert float(tables[0][1, 0]) < -0.01
    np.testing.assert_allclose(tables[0].numpy(), tables[1].numpy(), atol=1e-7)


def small_model():
    keras.utils.set_random_seed(2)
    return keras.Sequential(
        [
            keras.layers.Embedding(20, 6),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.Dense(2, dtype="float32"),
        ]
    )


TOKENS = np.random.default_rng(3).integers(0, 20, (32, 5))
CLASSES = TOKENS[:, 0] % 2


def trained(optimizer, epochs=5, model=None, **compiling):
    model = model or small_model()
    if not model.compiled:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=optimizer, loss=loss, **compiling)
    model.fit(TOKENS, CLASSES, batch_size=8, epochs=epochs, shuffle=False, verbose=0)
    return model


@pytest.mark.parametrize(
    ("policy", "jit_compile"),
    [
        ("float32", False),
        pytest.param("float32", True, marks=pytest.mark.full),
        ("mixed_float16", False),
        ("mixed_bfloat16", True),
    ],
    ids=["float32-graph", "float32-xla", "float16-graph", "bfloat16-xla"],
)
def test_fit_ends_where_keras_ends(policy, jit_compile):
    keras.config.set_dtype_policy(policy)
    ours, theirs = (
        trained(kind(0.01, 0.02), epochs=2, jit_compile=jit_compile).get_weights() for kind in (AdamW, KerasAdamW)
    )
    start = small_model()
    start.build((None, 5))
    for found, wanted, before in zip(ours, theirs, start.get_weights(), strict=True):
        assert np.abs(wanted - before).max() > 0.005
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_half_precision_is_trained_with_a_scaled_loss():
    keras.config.set_dtype_policy("mixed_float16")
    model = trained(AdamW(0.01), epochs=1)
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert isinstance(model.optimizer.inner_optimizer, AdamW)
    assert int(model.optimizer.inner_optimizer.iterations) == 4  # 32 texts in batches of 8: no step was skipped


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_variables_of_other_precision_are_updated_as_keras_does(dtype):
    variables = [keras.Variable(np.ones((3, 2)), dtype=dtype, name="kernel") for _ in range(2)]
    for variable, kind in zip(variables, (AdamW, keras.optimizers.AdamW), strict=True):
        optimizer = kind(0.1, 0.01)
        for _ in range(5):
            optimizer.apply([tf.ones((3, 2), dtype)], [variable])
    assert variables[0].numpy().max() < 0.7
    np.testing.assert_allclose(variables[0].numpy(), variables[1].numpy(), rtol=1e-3 if dtype == "float16" else 1e-8)


def test_a_saved_model_goes_on_where_it_stopped(tmp_path):
    straight = trained(AdamW(0.01, not_decayed=["bias"]), epochs=6)
    trained(AdamW(0.01, not_decayed=["bias"]), epochs=3).save(tmp_path / "half.keras")
    half = keras.saving.load_model(tmp_path / "half.keras")
    assert isinstance(half.optimizer, AdamW)
    for found, wanted in zip(trained(None, 3, half).get_weights(), straight.get_weights(), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_config_makes_the_same_optimizer_again():
    optimizer = AdamW(2e-5, 0.03, not_decayed=["bias", "gamma"], global_clipnorm=1.0, epsilon=1e-8, name="mine")
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert isinstance(again, AdamW)
    assert again.get_config() == optimizer.get_config()
    for found, wanted in zip(after_steps(again), after_steps(optimizer), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_a_schedule_survives_the_config():
    optimizer = AdamW(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    again = AdamW.from_config(optimizer.get_config())
    assert isinstance(again._learning_rate, keras.optimizers.schedules.ExponentialDecay)


def test_without_gradients_only_what_is_decayed_shrinks_and_by_what_was_said():
    variables = fresh_variables()
    before = [variable.numpy() for variable in variables]
    optimizer = AdamW(0.1, 0.5, not_decayed=["bias"])
    for _ in range(3):
        optimizer.apply([tf.zeros_like(variable.value) for variable in variables], variables)
    shrunk = (1 - 0.1 * 0.5) ** 3
    for variable, start, factor in zip(variables, before, (shrunk, 1.0, shrunk), strict=True):
        np.testing.assert_allclose(variable.numpy(), factor * start, rtol=1e-6)


def test_at_the_small_rates_of_fine_tuning_the_decay_is_right_on_average():
    # One step takes 5e-7 of a weight, eight times float32's last digit: rounded alike for all it would be 5 % off.
    weights = np.random.default_rng(6).uniform(0.01, 1.0, 10_000).astype("float32")
    variable = keras.Variable(weights, dtype="float32", name="kernel")
    optimizer = AdamW(5e-5, 0.01)
    for _ in range(20):
        optimizer.apply([tf.zeros(10_000)], [variable])
    optimizer.finalize_variable_values([variable])  # as Keras does at the end of fit
    shrunk = np.log(variable.numpy().astype("float64") / weights).mean()
    assert shrunk == pytest.approx(-20 * 5e-5 * 0.01, rel=0.01)


def test_the_recipe_decays_tables_and_kernels_and_nothing_else():
    encoder = BertEncoder(20, 8, num_layers=1, num_heads=2, intermediate_dim=16, max_length=8)
    for weight in encoder.weights:
        weight.assign(np.ones(weight.shape))
    optimizer = recipe_optimizer(0.1)
    optimizer.apply([tf.zeros_like(weight.value) for weight in encoder.weights], encoder.weights)
    shrunk = {weight.path for weight in encoder.weights if weight.numpy().max() < 1.0}
    assert shrunk == {weight.path for weight in encoder.weights if weight.path.endswith(("kernel", "_embeddings"))}
    assert shrunk


def test_the_recipe_clips_all_gradients_together():
    assert recipe_optimizer().global_clipnorm == 1.0
    assert recipe_optimizer(3e-5, weight_decay=0.2).get_config()["weight_decay"] == 0.2
    np.testing.assert_allclose(float(recipe_optimizer(3e-5).learning_rate), 3e-5, rtol=1e-6)


# What gradients are multiplied with, step for step.
SIZES = {
    "even": lambda random, step: 1.0,
    "jumping": lambda random, step: 10.0 ** random.uniform(-4, 4),
    "a spike first": lambda random, step: 1e15 if step == 0 else 1.0,
    "a spike later": lambda random, step: 1e15 if step == 30 else 1.0,
    "rising again after a spike": lambda random, step: 1e7 if step == 0 else 10.0 ** (step / 5 - 8),
    "a million times the clip": lambda random, step: 3e5 if step == 0 else 1.0,
    "nearly nothing first": lambda random, step: 1e-15 if step == 0 else 1.0,
    "down and up": lambda random, step: 10.0 ** (15 * np.sin(step / 4)),
    "zeros": lambda random, step: 0.0,
    "zeros between": lambda random, step: float(step % 3 == 0),
}
FORMS = {
    "plain": {"weight_decay": 0.0},
    "recipe": {"global_clipnorm": 1.0, "weight_decay": 0.01},
    "accumulated": {"global_clipnorm": 1.0, "weight_decay": 0.01, "gradient_accumulation_steps": 4},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sizes", SIZES)
def test_it_is_adamw_whatever_the_gradients_do(sizes, form):
    """Beside the formula in float64, which rounds nothing."""
    random, variables = np.random.default_rng(4), fresh_variables()
    optimizer = AdamW(1e-3, not_decayed=["bias"], epsilon=1e-8, **FORMS[form])
    plain = PlainAdamW([variable.numpy() for variable in variables], 1e-3, decayed=(0, 2), epsilon=1e-8, **FORMS[form])
    optimizer.build(variables)

    @tf.function
    def step(kernel, bias, rows, values):
        optimizer.apply([kernel, bias, tf.IndexedSlices(values, rows, dense_shape=(10, 3))], variables)

    for number in range(STEPS):
        size, shapes = SIZES[sizes](random, number), ((6, 4), (4,), (5, 3))
        kernel, bias, values = ((size * random.standard_normal(shape)).astype("float32") for shape in shapes)
        rows = random.integers(0, 10, 5)
        step(kernel, bias, rows, values)
        table = np.zeros((10, 3))
        np.add.at(table, rows, values)
        plain.apply({0: kernel, 1: bias, 2: table})
    optimizer.finalize_variable_values(variables)
    for found, wanted in zip(variables, plain.variables, strict=True):
        assert np.isfinite(found.numpy()).all()
        # What one step of an update of 0.001 rounds away, a hundred times.
        np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5, atol=1e-5)


def test_a_first_batch_of_enormous_weight_destroys_nothing():
    model = small_model()
    model.compile(optimizer=recipe_optimizer(0.01), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    weights = np.ones(len(TOKENS), "float32")
    weights[:8] = 3e5
    model.fit(TOKENS, CLASSES, sample_weight=weights, batch_size=8, epochs=5, shuffle=False, verbose=0)
    assert max(np.abs(weight).max() for weight in model.get_weights()) < 2.0


@pytest.mark.parametrize("share", [1e-3, 1e-6], ids=["decay in every step", "deferred decay"])
def test_steps_on_some_of_the_variables_decay_those_alone(share):
    """Two heads in turn, a body in every step, and a variable that never gets a gradient."""
    variables = [keras.Variable(np.ones(5), dtype="float32", name=name) for name in ("body", "one", "two", "unused")]
    body, one, two, unused = variables
    optimizer = AdamW(1e-4, share / 1e-4)
    plain = PlainAdamW([np.ones(5)] * 4, 1e-4, decayed=range(4), weight_decay=share / 1e-4)
    optimizer.build(variables)
    for step in range(40):
        part = [body, two if step % 2 else one]
        gradients = [np.random.default_rng(step).standard_normal(5).astype("float32") for _ in part]
        optimizer.apply([tf.constant(gradient) for gradient in gradients], part)
        plain.apply({0: gradients[0], 2 if step % 2 else 1: gradients[1]})
    optimizer.finalize_variable_values(variables)
    np.testing.assert_array_equal(unused.numpy(), 1.0)
    for found, wanted in zip(variables, plain.variables, strict=True):
        np.testing.assert_allclose(found.numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize("setting", ["weight_decay", "global_clipnorm"])
def test_what_is_switched_off_after_building_is_off(setting):
    ends = []
    for later in (False, True):
        variable = keras.Variable(np.ones(3), dtype="float32", name="kernel")
        off = {"weight_decay": 0.0, "global_clipnorm": None}[setting]
        options = {"weight_decay": 0.5, "global_clipnorm": 1.0} | ({} if later else {setting: off})
        optimizer = AdamW(0.1, **options)
        optimizer.build([variable])
        if later:
            setattr(optimizer, setting, None)
        for size in (1.0, 100.0):
            optimizer.apply([tf.fill([3], size)], [variable])
        ends.append(variable.numpy())
    np.testing.assert_allclose(*ends, rtol=1e-6)


@pytest.mark.parametrize(
    "policy",
    [
        "float32",
        pytest.param("mixed_float16", marks=pytest.mark.full),
        "mixed_bfloat16",
        pytest.param("bfloat16", marks=pytest.mark.full),
    ],
)
def test_every_policy_trains_with_clipping_and_accumulation(policy):
    keras.config.set_dtype_policy(policy)
    for accumulate in (None, 2):
        model = trained(recipe_optimizer(0.05, gradient_accumulation_steps=accumulate), epochs=8)
        losses = model.history.history["loss"]
        assert np.isfinite(losses).all()
        # Weights of eight bits stand still where an update is less than half their last digit.
        assert losses[-1] < (0.95 if policy == "bfloat16" else 0.9) * losses[0], (accumulate, losses)


@pytest.mark.parametrize("accumulate", [None, pytest.param(2, marks=pytest.mark.full)])
def test_the_recipe_compiled_by_xla_ends_where_the_graph_ends(accumulate):
    ends = []
    for jit_compile in (False, True):
        optimizer = recipe_optimizer(0.01, gradient_accumulation_steps=accumulate)
        ends.append(trained(optimizer, epochs=3, jit_compile=jit_compile).get_weights())
    for graph, compiled in zip(*ends, strict=True):
        np.testing.assert_allclose(graph, compiled, atol=1e-5)


RUN_ON_A_BACKEND = """
import json, sys
import keras
import numpy as np
from keras_bigmodel.training import AdamW, WarmupDecay

arrays = {name: np.asarray(value) for name, value in json.loads(sys.argv[1]).items()}
inputs = keras.Input((None,), dtype="int32")
states = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(20, 6)(inputs))
model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Dense(8, activation="tanh")(states)))
model.set_weights([arrays[f"weight_{number}"] for number in range(5)])
optimizer = AdamW(0.01, 0.05, not_decayed=["bias"], global_clipnorm=0.1)
model.compile(optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(arrays["tokens"], arrays["classes"], batch_size=8, epochs=5, shuffle=False, verbose=0,
          callbacks=[WarmupDecay(20)])
assert int(optimizer.iterations) == 20
names = [(variable.name, list(variable.shape)) for variable in optimizer.variables]
print(json.dumps({"weights": [weight.tolist() for weight in model.get_weights()], "state": names}))
"""


@pytest.mark.full
def test_twenty_clipped_steps_end_alike_on_tensorflow_and_on_jax():
    model = small_model()
    model.build((None, 5))
    arrays = {f"weight_{number}": weight.tolist() for number, weight in enumerate(model.get_weights())}
    arrays |= {"tokens": TOKENS.tolist(), "classes": CLASSES.tolist()}
    ends = []
    for backend in ("tensorflow", "jax"):
        command = [sys.executable, "-c", RUN_ON_A_BACKEND, json.dumps(arrays)]
        environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr[-3000:]
        ends.append(json.loads(done.stdout.splitlines()[-1]))
    ours, theirs = ends
    assert ours["state"] == theirs["state"]
    assert np.abs(np.array(ours["weights"][0]) - np.array(arrays["weight_0"])).max() > 0.01
    for found, wanted in zip(ours["weights"], theirs["weights"], strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_state_is_the_same_under_a_strategy_and_goes_from_one_to_the_other():
    plain = trained(AdamW(0.01), epochs=1)
    with tf.distribute.MirroredStrategy(["/cpu:0"]).scope():
        mirrored = trained(AdamW(0.01), epochs=1)
    assert [v.shape for v in plain.optimizer.variables] == [v.shape for v in mirrored.optimizer.variables]
    store = {}
    plain.optimizer.save_own_variables(store)
    mirrored.optimizer.load_own_variables(store)
    for ours, theirs in zip(plain.optimizer.variables, mirrored.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_a_run_goes_on_from_the_state_of_keras_own_adamw_and_back():
    for first, second in ((KerasAdamW, AdamW), (AdamW, KerasAdamW)):
        straight, half = trained(first(0.01), epochs=4), trained(first(0.01), epochs=2)
        store = {}
        half.optimizer.save_own_variables(store)
        model = small_model()
        model.build((None, 5))
        model.set_weights(half.get_weights())
        model.compile(second(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.optimizer.build(model.trainable_variables)
        model.optimizer.load_own_variables(store)
        assert int(model.optimizer.iterations) == 8
        for found, wanted in zip(trained(None, 2, model).get_weights(), straight.get_weights(), strict=True):
            np.testing.assert_allclose(found, wanted, atol=2e-6)


@pytest.mark.parametrize("other", [keras.optimizers.SGD(0.1, momentum=0.9), keras.optimizers.AdamW(0.1, amsgrad=True)])
def test_a_state_that_cannot_be_taken_over_is_refused(other):
    model, store = trained(other, epochs=1), {}
    model.optimizer.save_own_variables(store)
    ours = AdamW(0.1)
    ours.build(model.trainable_variables)
    with pytest.raises(UserError, match=r"has \d+ variables, and adamw has 12"):
        ours.load_own_variables(store)
    with pytest.raises(UserError, match="weights came for an optimizer"):
        ours.set_weights([np.zeros(())] * 3)


def test_a_state_that_is_loaded_before_there_are_variables_waits_for_them(tmp_path):
    half = trained(AdamW(0.01), epochs=2)
    half.save_weights(tmp_path / "half.weights.h5")
    again = small_model()
    again.build((None, 5))
    again.compile(AdamW(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    again.load_weights(tmp_path / "half.weights.h5")
    straight = trained(AdamW(0.01), epochs=4)
    for found, wanted in zip(trained(None, 2, again).get_weights(), straight.get_weights(), strict=True):
        np.testing.assert_allclose(found, wanted, atol=2e-6)
    assert int(again.optimizer.iterations) == 16


def test_a_file_whose_state_does_not_fit_is_refused_when_it_is_loaded(tmp_path):
    model = trained(AdamW(0.01), epochs=1)
    model.layers[0].trainable = False  # Keras would skip the state and count from 0
    model.save(tmp_path / "model.keras")
    with pytest.raises((UserError, ValueError), match="saved state of the optimizer"):
        keras.saving.load_model(tmp_path / "model.keras")


def test_a_schedule_and_what_is_due_go_with_the_state():
    variable = keras.Variable(np.ones(2), dtype="float32", name="kernel")
    optimizer, store = AdamW(1e-4, 0.01), {}
    optimizer.build([variable])
    optimizer.set_schedule(10, warmup_steps=2)
    for _ in range(4):
        optimizer.apply([tf.zeros(2)], [variable])
    optimizer.save_own_variables(store)
    again = AdamW(1e-4, 0.01)
    again.build([variable])
    again.load_own_variables(store)
    assert float(again.learning_rate) == float(optimizer.learning_rate) == pytest.approx(0.75e-4)
    assert again.get_config()["learning_rate"] == pytest.approx(1e-4)
    assert store["decay_due"][0] > 1e-6


def test_a_gradient_that_is_no_number_is_not_hidden_by_clipping():
    variable = keras.Variable(np.ones(3), dtype="float32", name="kernel")
    AdamW(0.1, global_clipnorm=1.0).apply([tf.constant([1.0, np.inf, 1.0])], [variable])
    assert np.isnan(variable.numpy()).any()


def test_under_a_distribution_strategy_it_ends_where_keras_ends():
    ends = []
    for kind in (AdamW, KerasAdamW):
        with tf.distribute.MirroredStrategy(["/cpu:0"]).scope():
            ends.append(trained(kind(0.01, 0.02, global_clipnorm=0.5), epochs=2).get_weights())
    for found, wanted in zip(*ends, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_what_decay_is_still_due_is_told_by_a_variable_and_taken_off_at_the_end():
    variable = keras.Variable(np.ones(2), dtype="float32", name="kernel")
    optimizer = AdamW(1e-4, 0.01)  # the recipe's: 1e-6 a step
    for _ in range(5):
        optimizer.apply([tf.zeros(2)], [variable])
    np.testing.assert_array_equal(variable.numpy(), 1.0)
    due = {part.name: part for part in optimizer.variables}["decay_due"]
    assert due.numpy() == pytest.approx(5e-6, rel=1e-4)
    optimizer.finalize_variable_values([variable])
    assert due.numpy() == 0.0
    assert variable.numpy()[0] == pytest.approx(1.0 - 5e-6, abs=7e-8)


def test_a_rate_that_somebody_sets_ends_the_schedule():
    variable = keras.Variable(np.zeros(2), dtype="float32", name="kernel")
    optimizer = AdamW(0.1, 0.0)
    optimizer.build([variable])
    optimizer.set_schedule(10, warmup_steps=5)
    assert float(optimizer.learning_rate) == pytest.approx(0.02)
    optimizer.learning_rate = 0.5
    for _ in range(3):
        assert float(optimizer.learning_rate) == 0.5
        before = variable.numpy()
        optimizer.apply([tf.ones(2)], [variable])
        np.testing.assert_allclose(before - variable.numpy(), 0.5, rtol=1e-3)
    optimizer.learning_rate.assign(0.25)  # without a schedule it is the variable itself
    assert float(optimizer.learning_rate) == 0.25


def test_growing_weights_grow_in_every_step():
    ends = []
    for kind in (AdamW, keras.optimizers.AdamW):
        variable = keras.Variable(np.ones(3), dtype="float32", name="kernel")
        optimizer = kind(1e-2, -0.1)
        for _ in range(50):
            optimizer.apply([tf.zeros(3)], [variable])
        ends.append(variable.numpy())
    np.testing.assert_allclose(*ends, rtol=1e-5)
