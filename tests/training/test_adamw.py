"""Our AdamW against Keras's, step for step.

Where a token stands in a batch twice, Keras on TensorFlow squares its two gradients alone; on JAX and PyTorch it
squares their sum, as the formula says and as we do. So Keras is compared on the sum.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel.models.bert import BertEncoder
from keras_bigmodel.training import AdamW, recipe_optimizer

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
    [("float32", False), ("float32", True), ("mixed_float16", False), ("mixed_bfloat16", True)],
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


def test_clipping_holds_where_gradients_jump():
    random = np.random.default_rng(4)
    gradients = [random.standard_normal((6, 4)) * 10.0 ** random.uniform(-2, 3) for _ in range(STEPS)]
    ends = []
    for kind in (AdamW, keras.optimizers.AdamW):
        variable = keras.Variable(np.ones((6, 4)), dtype="float32", name="kernel")
        optimizer = kind(0.001, 0.02, global_clipnorm=0.5)
        for gradient in gradients:
            optimizer.apply([tf.constant(gradient, "float32")], [variable])
        optimizer.finalize_variable_values([variable])
        ends.append(variable.numpy())
    assert np.abs(ends[1] - 1.0).max() > 0.001
    np.testing.assert_allclose(*ends, rtol=0, atol=2e-6)


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
    assert float(due) == pytest.approx(5e-6, rel=1e-4)
    optimizer.finalize_variable_values([variable])
    assert float(due) == 0.0
    assert variable.numpy()[0] == pytest.approx(1.0 - 5e-6, abs=7e-8)
