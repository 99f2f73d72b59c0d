"""Reads a `tf.data.Dataset` of raw rows, and batches each window of it by length. Knows no task, no losses."""

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data.batch_plan import WINDOW
from keras_bigmodel.data.length_batches import LengthBatches, without_autotuning
from keras_bigmodel.tasks.list_source import checked_weights, examples_of


class DatasetSource:
    """Reads a batched dataset of raw rows once per epoch, in windows of 50 batches that are held in memory.

    Args:
        preprocessor: `Preprocessor` that converts columns to features.
        dataset: batched `tf.data.Dataset` of rows, `(rows, targets)` or `(rows, targets, weights)`.
        target_encoder: function without arguments. Returns a function from the dataset's targets to arrays. It is
            called once for each reading of the dataset.
        class_weights: function from targets to float array `(rows,)`. Defaults to None: no class weights.

    Raises:
        UserError: the dataset is not batched, or its elements do not fit the columns of the preprocessor.
    """

    def __init__(self, preprocessor, dataset, target_encoder, class_weights=None):
        self._preprocessor = preprocessor
        self._dataset = dataset
        self._target_encoder = target_encoder
        self._class_weights = class_weights
        self._failure = None
        _check_spec(dataset.element_spec, preprocessor.columns)

    def columns(self):
        """Yields the raw columns of each window, in order.

        Yields:
            dict of column → list or array, checked.

        Raises:
            UserError: the dataset never ends, or the preprocessor does not accept its rows.
        """
        self._check_finite("answer its batches one by one")
        for elements in self._windows():
            yield self._joined([self._parts(element)[0] for element in elements])

    def split(self, share):
        """Raises `UserError`, because it is not known where a dataset ends.

        Args:
            share: not used.

        Raises:
            UserError: always; the message says how to split a dataset.
        """
        raise UserError(
            "validation_split needs texts in lists, and a dataset came. Cut it with .take() and .skip() and hand "
            "the second part in as validation_data."
        )

    def fingerprint(self):
        """Returns None: a dataset is not read to check whether it is the one of an earlier run."""

    def evaluation_dataset(self, *, batch_size):
        """Returns the batches for evaluation, each window sorted by length: `tf.data.Dataset`.

        Args:
            batch_size: int. Number of rows in a batch.

        Raises:
            UserError: as `training_dataset`.
        """
        return self.training_dataset(batch_size=batch_size, tokens_per_batch=None, seed=None, first_epoch=0)[0]

    def training_dataset(self, *, batch_size, tokens_per_batch, seed, first_epoch, steps_per_epoch=None):
        """Returns the batches for training, and their number in an epoch.

        Without `steps_per_epoch`, all rows are read once to count the batches.

        Args:
            batch_size: int or None. Number of rows in a batch. None means the size of the largest batch in a window of
                the dataset, unless `tokens_per_batch` is given.
            tokens_per_batch: int or None. Maximum number of padded tokens in a batch.
            seed: int or None. Seed of the order of the rows. None means that each window is sorted by length.
            first_epoch: int. Number of the first epoch, from 0.
            steps_per_epoch: int or None. Number of batches in an epoch. Defaults to None: all.

        Returns:
            `(tf.data.Dataset, int)`. The number is 0 with `steps_per_epoch`.

        Raises:
            UserError: the dataset is empty, or has texts without labels; or it never ends and `steps_per_epoch` is
                None.
        """
        how = {"batch_size": batch_size, "tokens_per_batch": tokens_per_batch, "seed": seed}
        if steps_per_epoch is not None:
            return self._batches(**how, first_epoch=first_epoch), 0
        self._check_finite("give steps_per_epoch")
        encode_targets = self._target_encoder()
        steps = sum(self._window(elements, encode_targets, **how).steps for elements in self._windows())
        if not steps:
            raise UserError("The dataset gave no batch; wanted at least one text.")
        dataset = self._batches(**how, first_epoch=first_epoch, steps=steps)
        return dataset.apply(tf.data.experimental.assert_cardinality(steps)), steps

    def raise_failure(self):
        """Raises the `UserError` that ended the last reading of the dataset, if one did.

        TensorFlow raises an error of its own in place of it.

        Raises:
            UserError: as above.
        """
        if self._failure is not None:
            raise self._failure

    def _check_finite(self, advice):
        if int(self._dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
            raise UserError(f"The dataset never ends. End it with .take(...), or {advice}.")

    def _batches(self, *, batch_size, tokens_per_batch, seed, first_epoch, steps=None):
        """Returns a `tf.data.Dataset` of the model's inputs, targets and weights, of unknown cardinality."""
        epoch = first_epoch - 1

        def batches():
            nonlocal epoch
            epoch += 1
            encode_targets = self._target_encoder()
            try:
                for number, elements in enumerate(self._windows()):
                    window = self._window(elements, encode_targets, batch_size, tokens_per_batch, seed)
                    window.epoch = epoch * 1_000_003 + number  # a different order in every window and epoch
                    yield from window.dataset()
            except UserError as error:  # TensorFlow raises an error of its own instead
                self._failure = error
                raise

        first = self._dataset.take(1).as_numpy_iterator()
        spec = self._window(first, self._target_encoder(), 1, None, None).dataset().element_spec
        given = batches if steps is None else lambda: self._as_many(batches(), steps)
        return without_autotuning(tf.data.Dataset.from_generator(given, output_signature=spec).prefetch(4))

    def _as_many(self, batches, steps):
        """Yields batches, the last one only after checking that no other follows.

        Raises:
            UserError: the number of batches is not `steps`, the number when they were counted.
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
        # The size of the largest batch: if the batches are shuffled, the small last one may come first.
        rows = None if tokens_per_batch else batch_size or max(_rows(part[0]) for part in parts)
        examples = examples_of(self._preprocessor, columns, targets, weights, self._class_weights)
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
        """Returns the raw columns, targets and weights of an element; None for those that it does not have."""
        names = self._preprocessor.columns
        raw, targets, weights = (*_members(element, names), None, None)[:3]
        if not isinstance(raw, dict):
            raw = dict(zip(names, raw if isinstance(raw, tuple) else (raw,), strict=False))
        return raw, targets, weights

    def _joined(self, parts):
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return self._preprocessor.checked(columns)


def _members(element, names):
    """Returns an element as a tuple of its rows, targets and weights; the caller checks that there are no more."""
    is_rows = not isinstance(element, tuple) or (len(names) > 1 and not isinstance(element[0], (tuple, dict)))
    return (element,) if is_rows else element


def _check_spec(spec, names):
    """Raises `UserError` if the elements of a dataset are not batches of rows, alone or with targets and weights."""
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
