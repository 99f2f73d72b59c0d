"""A `tf.data.Dataset` of raw rows, turned window by window into batches of like length. Knows no task, no losses."""

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data.batch_plan import WINDOW
from keras_bigmodel.data.length_batches import LengthBatches, untuned
from keras_bigmodel.tasks.list_source import checked_weights, examples_of, weighted


class DatasetSource:
    """Reads a batched dataset of raw rows once an epoch, holding 50 batches at a time.

    Args:
        preprocessor: turns columns into features.
        dataset: batched `tf.data.Dataset` of rows, `(rows, targets)` or `(rows, targets, weights)`.
        target_encoder: function that makes the function from targets as given to arrays, one for each reading.
        class_weights: function from targets to float array `(rows,)`, or None.

    Raises:
        UserError: the dataset is not batched.
    """

    def __init__(self, preprocessor, dataset, target_encoder, class_weights=None):
        self._preprocessor = preprocessor
        self._dataset = dataset
        self._target_encoder = target_encoder
        self._class_weights = class_weights
        self._failure = None
        _check_spec(dataset.element_spec, preprocessor.columns)

    def columns(self):
        """Yields the raw columns alone, a window at a time, in order.

        Raises:
            UserError: the dataset never ends.
        """
        self._refuse_endless("answer its batches one by one")
        for elements in self._windows():
            yield self._joined([self._parts(element)[0] for element in elements])

    def split(self, share):
        """Refuses: where a dataset ends is not known."""
        raise UserError(
            "validation_split needs texts in lists, and a dataset came. Cut it with .take() and .skip() and hand "
            "the second part in as validation_data."
        )

    def fingerprint(self):
        """Returns None: a dataset is not read to find out whether it is the same again."""

    def measuring_dataset(self, *, batch_size):
        """Returns batches for measuring, each window sorted by length."""
        return self.training_dataset(batch_size=batch_size, tokens_per_batch=None, seed=None, first_epoch=0)[0]

    def training_dataset(self, *, batch_size, tokens_per_batch, seed, first_epoch, steps_per_epoch=None):
        """Returns `(dataset, number of batches)`, counted by reading the rows once; 0 with `steps_per_epoch`.

        Without `batch_size` batches are as large as the user's largest.

        Raises:
            UserError: the dataset never ends, and `steps_per_epoch` does not say where an epoch does.
        """
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "seed": seed}
        if steps_per_epoch is not None:
            return self._batches(**how, first_epoch=first_epoch), 0
        self._refuse_endless("give steps_per_epoch")
        encode_targets = self._target_encoder()
        steps = sum(self._window(elements, encode_targets, **how).steps for elements in self._windows())
        if not steps:
            raise UserError("The dataset gave no batch; wanted at least one text.")
        dataset = self._batches(**how, first_epoch=first_epoch, steps=steps)
        return dataset.apply(tf.data.experimental.assert_cardinality(steps)), steps

    def raise_failure(self):
        """Raises the `UserError` with which the last reading of the dataset ended, if it ended with one."""
        if self._failure is not None:
            raise self._failure

    def _refuse_endless(self, advice):
        if int(self._dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
            raise UserError(f"The dataset never ends. End it with .take(...), or {advice}.")

    def _batches(self, *, batch_size, tokens_per_batch, seed, first_epoch, steps=None):
        """Returns a `tf.data.Dataset` of the model's inputs, targets and weights, its end unknown to it."""
        epoch = first_epoch - 1

        def batches():
            nonlocal epoch
            epoch += 1
            encode_targets = self._target_encoder()
            try:
                for number, elements in enumerate(self._windows()):
                    window = self._window(elements, encode_targets, batch_size, tokens_per_batch, seed)
                    window.epoch = epoch * 1_000_003 + number  # each window has its own order in each epoch
                    yield from window.dataset()
            except UserError as error:  # TensorFlow tells it in words of its own
                self._failure = error
                raise

        first = self._dataset.take(1).as_numpy_iterator()
        spec = self._window(first, self._target_encoder(), 1, None, None).dataset().element_spec
        given = batches if steps is None else lambda: self._as_many(batches(), steps)
        return untuned(tf.data.Dataset.from_generator(given, output_signature=spec).prefetch(4))

    def _as_many(self, batches, steps):
        """Yields batches, the last of them when it is known that no other follows.

        Raises:
            UserError: there are not as many as when they were counted.
        """
        number, waiting = 0, None
        for number, batch in enumerate(batches, start=1):
            if number > steps:
                break
            if waiting is not None:
                yield waiting
            waiting = batch
        if number != steps:
            self._failure = UserError(
                f"The dataset gave {counted(steps, 'batch')} when it was counted, and "
                f"{'more' if number > steps else number} when it was read again; wanted the same rows in every epoch. "
                "Keep them with .cache(), or give steps_per_epoch."
            )
            raise self._failure
        yield waiting

    def _window(self, elements, encode_targets, batch_size, tokens_per_batch, seed):
        parts = [self._parts(element) for element in elements]
        if not parts:
            raise UserError("The dataset gave no batch; wanted at least one text.")
        columns = self._joined([part[0] for part in parts])
        weights = None
        if parts[0][1] is None:
            raise UserError(
                "The dataset gives texts without labels; wanted (texts, labels) or (texts, labels, weights)."
            )
        targets = encode_targets(keras.tree.map_structure(_concatenated, *(part[1] for part in parts)))
        if parts[0][2] is not None:
            weights = checked_weights(np.concatenate([part[2] for part in parts]))
        weights = weighted(weights, targets, self._class_weights)
        # The largest batch is the user's size: where batches are shuffled, the small last one may come first.
        rows = None if tokens_per_batch else batch_size or max(_rows(part[0]) for part in parts)
        examples = examples_of(self._preprocessor, columns, targets, weights)
        return LengthBatches(examples, batch_size=rows, tokens_per_batch=tokens_per_batch, seed=seed)

    def _windows(self):
        window = []
        for element in self._dataset.as_numpy_iterator():
            window.append(element)
            if len(window) == WINDOW:
                yield window
                window = []
        if window:
            yield window

    def _parts(self, element):
        """Takes an element apart into raw columns, targets and weights, None for what it does not have."""
        names = self._preprocessor.columns
        raw, targets, weights = (*_members(element, names), None, None)[:3]
        if not isinstance(raw, dict):
            raw = dict(zip(names, raw if isinstance(raw, tuple) else (raw,), strict=False))
        return raw, targets, weights

    def _joined(self, parts):
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return self._preprocessor.checked(columns)


def _members(element, names):
    """Returns the rows, targets and weights of an element as a tuple of one to three; more is for the caller to see."""
    is_rows = not isinstance(element, tuple) or (len(names) > 1 and not isinstance(element[0], (tuple, dict)))
    return (element,) if is_rows else element


def _check_spec(spec, names):
    """Refuses a dataset whose elements are no batches of rows, alone or with targets and weights."""
    members = _members(spec, names)
    if len(members) > 3:
        raise UserError(
            f"The dataset gives {len(members)} things at a time; wanted (texts, labels) or (texts, labels, weights)."
        )
    rows = members[0] if members else ()
    found = len(rows) if isinstance(rows, tuple) else len(names) if isinstance(rows, dict) else 1
    if found != len(names):
        pairs = " If these are pairs, create the task with pairs=True." if (found, len(names)) == (2, 1) else ""
        raise UserError(
            f"The dataset gives {counted(found, 'column')} of texts where this task takes {len(names)} "
            f"({', '.join(names)}).{pairs}"
        )
    first = tf.nest.flatten(spec)[0]
    if first.shape.rank in (0, None):
        raise UserError(
            f"The dataset gives texts of shape {first.shape}; wanted batches of texts. Call .batch(32) on it."
        )


def _concatenated(*parts):
    return np.concatenate([np.asarray(part) for part in parts])


def _rows(columns):
    return len(next(iter(columns.values())))
