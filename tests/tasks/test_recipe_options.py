"""What `compile` and `from_encoder` offer beside the recipe: accumulation, smoothing, L2, a frozen encoder."""

import keras
import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.training import SmoothedCrossentropy
from tests.task_contract import LABELS, messages

TEXTS, TARGETS = messages(48)


def make(folder, **how):
    return TextClassifier.from_encoder(folder, LABELS, max_length=32, dtype="float32", **how)


def test_accumulated_batches_make_one_update_of_their_mean(steady_bert):
    weights = {}
    for rows, steps in ((16, None), (4, 4)):
        keras.utils.set_random_seed(0)
        task = make(steady_bert, dropout=0.0)
        task.compile(optimizer=keras.optimizers.SGD(0.1, gradient_accumulation_steps=steps))
        task.fit(TEXTS, TARGETS, batch_size=rows, shuffle=False, verbose=0)
        weights[rows] = task.get_weights()
    for one, other in zip(weights[16], weights[4], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_our_optimizer_accumulates_as_keras_does(steady_bert):
    from keras_bigmodel.training import AdamW

    weights = []
    for kind in (AdamW, keras.optimizers.AdamW):
        keras.utils.set_random_seed(0)
        task = make(steady_bert, dropout=0.0)
        how = {"weight_decay": 0.01, "global_clipnorm": 1.0, "epsilon": 1e-6}
        task.compile(optimizer=kind(1e-3, gradient_accumulation_steps=3, **how))
        task.fit(TEXTS, TARGETS, batch_size=8, epochs=2, shuffle=False, verbose=0)
        weights.append(task.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_recipe_takes_accumulation_and_smoothing(tiny_bert):
    task = make(tiny_bert)
    task.compile(gradient_accumulation_steps=2, label_smoothing=0.1)
    assert task.optimizer.gradient_accumulation_steps == 2
    assert isinstance(task.loss, SmoothedCrossentropy)
    task.fit(TEXTS, TARGETS, batch_size=8, verbose=0)
    assert int(task.optimizer.iterations) == 3


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"optimizer": "sgd", "gradient_accumulation_steps": 2}, "gradient_accumulation_steps came"),
        ({"optimizer": "sgd", "learning_rate": 0.1, "weight_decay": 0.1}, "learning_rate and weight_decay came"),
        ({"loss": "sparse_categorical_crossentropy", "label_smoothing": 0.1}, "label_smoothing came"),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0 came; wanted a number, 0 or more and below 1"),
    ],
)
def test_a_part_of_the_recipe_beside_what_replaces_it_is_refused(tiny_bert, how, sentence):
    with pytest.raises(UserError, match=sentence):
        make(tiny_bert).compile(**how)


def test_l2_adds_the_squares_of_the_heads_weights_to_the_loss(tiny_bert):
    task = make(tiny_bert, l2=0.5)
    task.compile()
    kernel = np.asarray(task.get_layer("logits").kernel)
    assert float(task.losses[0]) == pytest.approx(0.5 * (kernel**2).sum(), rel=1e-5)
    assert TextClassifier.from_config(task.get_config()).l2 == 0.5
    assert make(tiny_bert).losses == []


def test_a_frozen_encoder_stays_as_it_was_and_the_head_learns(tiny_bert, tmp_path):
    task = make(tiny_bert, freeze_encoder=True)
    encoder, head = task.encoder.get_weights(), task.get_layer("logits").get_weights()
    task.compile()
    task.fit(TEXTS, TARGETS, verbose=0)
    assert all(np.array_equal(one, other) for one, other in zip(encoder, task.encoder.get_weights(), strict=True))
    assert not np.array_equal(head[0], task.get_layer("logits").get_weights()[0])
    task.save(tmp_path / "saved")
    assert len(TextClassifier.load(tmp_path / "saved").trainable_weights) == 2
