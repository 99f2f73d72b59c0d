"""Smoothed cross-entropy on numbers is Keras's on one-hot labels."""

import keras
import numpy as np
import pytest

from keras_bigmodel.training import SmoothedCrossentropy

LOGITS = np.random.default_rng(0).standard_normal((7, 4)).astype("float32") * 3
NUMBERS = np.array([0, 1, 2, 3, 3, 1, 0])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_it_equals_keras_on_one_hot_labels(share):
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=share)
    ours = SmoothedCrossentropy(share)
    weights = np.arange(7, dtype="float32")
    one_hot = np.eye(4, dtype="float32")[NUMBERS]
    np.testing.assert_allclose(ours(NUMBERS, LOGITS), theirs(one_hot, LOGITS), rtol=1e-6)
    np.testing.assert_allclose(
        ours(NUMBERS, LOGITS, sample_weight=weights), theirs(one_hot, LOGITS, sample_weight=weights), rtol=1e-6
    )


def test_it_survives_its_config():
    loss = keras.losses.deserialize(keras.losses.serialize(SmoothedCrossentropy(0.2)))
    assert isinstance(loss, SmoothedCrossentropy)
    assert loss.label_smoothing == 0.2
