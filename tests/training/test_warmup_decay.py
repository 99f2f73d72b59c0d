"""The learning rate over a run."""

import keras
import numpy as np
import pytest

from keras_bigmodel.training import WarmupDecay


class Rates(keras.callbacks.Callback):
    """Writes down the rate of every step."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(float(self.model.optimizer.learning_rate))


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.3), loss="mse")
    return model


def fitted(model, schedule, epochs=2):
    rates = Rates()
    model.fit(np.ones((20, 3)), np.ones((20, 1)), batch_size=2, epochs=epochs, callbacks=[schedule, rates], verbose=0)
    return rates.seen


def test_the_rate_of_every_step_rises_to_the_peak_and_falls_to_zero(model):
    seen = fitted(model, WarmupDecay(0.3, 20, warmup_share=0.2))
    rise = [0.3 * step / 4 for step in (1, 2, 3, 4)]
    fall = [0.3 * left / 16 for left in range(16, 0, -1)]
    np.testing.assert_allclose(seen, rise + fall, rtol=1e-5)


def test_after_the_run_the_peak_is_back_and_a_second_run_is_like_the_first(model):
    first = fitted(model, WarmupDecay(0.3, 20))
    assert float(model.optimizer.learning_rate) == pytest.approx(0.3)
    assert fitted(model, WarmupDecay(0.3, 20)) == first


def test_the_rate_is_never_above_the_peak_and_zero_past_the_end():
    schedule = WarmupDecay(2.0, 50)
    rates = [schedule.rate(step) for step in range(60)]
    assert max(rates) == 2.0
    assert min(rates[:50]) > 0.0
    assert rates[50:] == [0.0] * 10


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_short_runs_and_all_shares_reach_the_peak(steps, share):
    schedule = WarmupDecay(1.0, steps, warmup_share=share)
    rates = [schedule.rate(step) for step in range(steps)]
    assert max(rates) == 1.0
    assert min(rates) > 0.0
    top = rates.index(1.0)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_a_resumed_run_goes_on_at_its_step(model):
    whole = fitted(model, WarmupDecay(0.3, 20))
    rest = fitted(model, WarmupDecay(0.3, 20, first_step=10), epochs=1)
    assert rest == whole[10:]


def test_steps_that_run_together_count_each():
    schedule = WarmupDecay(1.0, 20)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=5, jit_compile=False)
    rates = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rates.append(float(model.optimizer.learning_rate.numpy()))
    )
    model.fit(np.ones((10, 1)), np.ones((10, 1)), batch_size=1, epochs=2, callbacks=[schedule, watch], verbose=0)
    np.testing.assert_allclose(rates, [schedule.rate(step) for step in (0, 5, 10, 15)], rtol=1e-6)
