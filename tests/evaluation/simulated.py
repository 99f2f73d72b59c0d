"""Answers drawn at random, for tests of what is measured on them."""

import numpy as np


def names(classes):
    return [f"class {number}" for number in range(classes)]


def drawn(texts, classes, seed=0, present=None, sureness=1.5):
    """Targets, of which only `present` occur, and probabilities that lean towards them."""
    random = np.random.default_rng(seed)
    targets = random.choice(classes if present is None else present, texts)
    scores = random.standard_normal((texts, classes)) + sureness * np.eye(classes)[targets]
    powers = np.exp(scores)
    return targets, powers / powers.sum(axis=1, keepdims=True)


def calibrated(texts, classes, seed=0, sharpness=1.0):
    """Targets drawn with the probabilities given; a `sharpness` other than 1 makes these untrue."""
    random = np.random.default_rng(seed)
    scores = 2 * random.standard_normal((texts, classes))
    true, told = (np.exp(scores * factor) for factor in (1, sharpness))
    sums = (true / true.sum(axis=1, keepdims=True)).cumsum(axis=1)
    targets = (sums < random.random((texts, 1))).sum(axis=1).clip(0, classes - 1)
    return targets, told / told.sum(axis=1, keepdims=True)


def one_hot(answers, classes, sure=0.8):
    """Probabilities that answer what is wanted."""
    rest = (1 - sure) / (classes - 1)
    return np.where(np.eye(classes)[np.asarray(answers)] > 0, sure, rest)
