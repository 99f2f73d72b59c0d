"""The learning rate over a run."""

import keras
import numpy as np
import pytest

from keras_bigmodel import UserError
from keras_bigmodel.training import AdamW, WarmupDecay


class Rates(keras.callbacks.Callback):
    """Writes down the rate that the optimizer has before every batch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(float(self.model.optimizer.learning_rate))


def compiled(optimizer=None, **how):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)])
    model.compile(optimizer=optimizer or AdamW(0.3), loss="mse", **how)
    return model


def fitted(model, schedule, epochs=2):
    rates, rows = Rates(), np.random.default_rng(0).standard_normal((20, 3))
    model.fit(rows, rows[:, :1], batch_size=2, epochs=epochs, callbacks=[schedule, rates], shuffle=False, verbose=0)
    return rates.seen


def test_the_rate_of_every_step_rises_to_the_peak_and_falls_to_zero():
    seen = fitted(compiled(), WarmupDecay(20, warmup_share=0.2))
    rise = [0.3 * step / 4 for step in (1, 2, 3, 4)]
    fall = [0.3 * left / 16 for left in range(16, 0, -1)]
    np.testing.assert_allclose(seen, rise + fall, rtol=1e-5)


def test_the_step_takes_the_rate_that_is_told():
    """A step of Adam on equal gradients is as long as the rate."""
    variable = keras.Variable(np.zeros(4), dtype="float32", name="kernel")
    optimizer, schedule = AdamW(0.01, 0.0, epsilon=1e-12), WarmupDecay(10, warmup_share=0.3)
    optimizer.build([variable])
    optimizer.set_schedule(10, warmup_steps=schedule.warmup_steps)
    for step in range(12):
        before = variable.numpy()
        told = float(optimizer.learning_rate)
        optimizer.apply([keras.ops.ones(4)], [variable])
        np.testing.assert_allclose(before - variable.numpy(), 0.01 * schedule.rate(step), rtol=1e-4, atol=1e-8)
        assert told == pytest.approx(0.01 * schedule.rate(step), rel=1e-5, abs=1e-9)


def test_after_the_run_the_peak_is_back_and_a_second_run_is_like_the_first():
    model = compiled()
    first = fitted(model, WarmupDecay(20))
    assert float(model.optimizer.learning_rate) == pytest.approx(0.3)
    assert fitted(model, WarmupDecay(20)) == first


def test_the_rate_is_never_above_the_peak_and_zero_past_the_end():
    schedule = WarmupDecay(50)
    rates = [schedule.rate(step) for step in range(60)]
    assert max(rates) == 1.0
    assert min(rates[:50]) > 0.0
    assert rates[50:] == [0.0] * 10


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_short_runs_and_all_shares_reach_the_peak(steps, share):
    schedule = WarmupDecay(steps, warmup_share=share)
    rates = [schedule.rate(step) for step in range(steps)]
    assert max(rates) == 1.0
    assert min(rates) > 0.0
    top = rates.index(1.0)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_a_resumed_run_goes_on_at_its_step():
    model = compiled()
    whole = fitted(model, WarmupDecay(20))
    rest = fitted(model, WarmupDecay(20, first_step=10), epochs=1)
    assert rest == whole[10:]


@pytest.mark.parametrize("together", [3, 5])
def test_steps_that_run_together_train_as_single_ones(together):
    one, several = compiled(jit_compile=False), compiled(jit_compile=False, steps_per_execution=together)
    for model in (one, several):
        fitted(model, WarmupDecay(20))
    for single, of_several in zip(one.get_weights(), several.get_weights(), strict=True):
        assert np.abs(single).max() > 0.01
        np.testing.assert_allclose(single, of_several, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("optimizer", [lambda: keras.optimizers.SGD(0.3), lambda: keras.optimizers.AdamW(0.3)])
def test_other_optimizers_are_refused(optimizer):
    with pytest.raises(UserError, match=r"WarmupDecay came with the optimizer (SGD|AdamW); it works with"):
        fitted(compiled(optimizer()), WarmupDecay(20))


def test_a_second_schedule_is_refused():
    optimizer = AdamW(keras.optimizers.schedules.CosineDecay(0.1, 20))
    with pytest.raises(UserError, match="schedule of its own"):
        fitted(compiled(optimizer), WarmupDecay(20))
