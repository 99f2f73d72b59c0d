"""Computes a row of numbers for each text with the network of a file. Knows no TensorFlow and no Keras."""

import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.data.text_inputs import as_text_columns
from keras_bigmodel.tokenizers.plain_word_piece_tokenizer import PlainWordPieceTokenizer

_WINDOW = 2048  # texts whose ids are held in memory at once
_MOST_THREADS = 256
_TOKENS_A_BATCH = 512  # larger batches are not faster: one text keeps a core busy


class EdgeModel:
    """Computes a row of numbers for each text with a network in a file, and with the vocabulary in the same file.

    Only texts of equal length share a batch, so there is no padding. Calls from several threads wait for each other. A
    subclass gives `width`, `network_class`, `title` (name of the format), `package` (what must be installed to run the
    file) and `file_name` (in an export).

    Args:
        path: path of the file.
        num_threads: int. Defaults to the number of processors that this process may use. If there are many texts, each
            thread computes its own batches, with its own copy of what the runtime prepares from the weights.

    Raises:
        UserError: `num_threads` is not from 1 to 256, there is no such file, the file was not written by this package,
            or its runtime is not installed.
    """

    network_class = title = package = file_name = None

    def __init__(self, path, *, num_threads=None):
        if num_threads is not None and not 1 <= num_threads <= _MOST_THREADS:
            raise UserError(f"num_threads={num_threads} came; wanted 1 to {_MOST_THREADS}.")
        path = checked_path(path, "the path of a file that bigmodel export wrote")
        self._path, self._num_threads = path, num_threads or processors()
        self._computing = threading.Lock()  # a runtime computes one batch at a time
        self._network = self.network_class(path, num_threads=self._num_threads)
        self._contents = contents = self._network.contents
        self._tokenizer = PlainWordPieceTokenizer(contents.vocabulary, **contents.tokenizer)

    @property
    def width(self):
        """Returns how many numbers each text gets: int."""
        raise NotImplementedError

    @property
    def tokenizer(self):
        """Returns the tokenizer of the file: `PlainWordPieceTokenizer`."""
        return self._tokenizer

    @property
    def max_length(self):
        """Returns the maximum number of tokens of an input, special tokens included: int."""
        return self._contents.max_length

    @property
    def columns(self):
        """Returns the names of the texts of a row: tuple of str."""
        return self._contents.columns

    @property
    def pairs(self):
        """Returns whether each input is a pair of texts: bool."""
        return len(self.columns) > 1

    def preprocess(self, texts):
        """Converts texts to token ids, as `Task.preprocess` does.

        Args:
            texts: list of str; if `pairs`, a list of pairs or a tuple of two lists.

        Returns:
            dict of `token_ids`, `segment_ids` and `padding_mask`: lists of lists of int `(texts, length)`.

        Raises:
            UserError: the input is not texts, or is empty.
        """
        return self._tokenizer(*self._columns(texts), max_length=self.max_length)

    def _rows(self, texts):
        """Returns a float32 array `(texts, width)`, in the order of the texts."""
        columns = self._columns(texts)
        windows = range(0, len(columns[0]), _WINDOW)
        return np.concatenate([self._rows_of([column[at : at + _WINDOW] for column in columns]) for at in windows])

    def _columns(self, texts):
        columns = tuple(as_text_columns(texts, self.columns).values())
        if not columns[0]:
            raise UserError("An empty list of texts came; wanted at least one text.")
        return columns

    def _rows_of(self, columns):
        ids = self._tokenizer(*columns, max_length=self.max_length)
        ids = {name: np.array(rows, "int32") for name, rows in ids.items()}
        lengths = ids["padding_mask"].sum(axis=1)
        found, parts = np.empty((len(lengths), self.width), "float32"), []
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            parts += np.array_split(rows, -(-len(rows) * int(length) // _TOKENS_A_BATCH))

        def compute(network, part):
            width = lengths[part[0]]
            found[part] = network(**{name: array[part, :width] for name, array in ids.items()})

        with self._computing:
            if len(parts) < 2 * self._num_threads or self._num_threads == 1:
                for part in parts:
                    compute(self._network, part)
            else:
                self._compute_in_threads(compute, parts)
        return found

    def _compute_in_threads(self, compute, parts):
        """Computes many batches on `num_threads` threads, each with a network of its own."""

        def work(network):
            for part in waiting:
                compute(network, part)

        waiting = iter(parts)  # one iterator for all threads: each takes the next batch
        with ThreadPoolExecutor(self._num_threads) as pool:
            list(pool.map(work, self._networks))

    @functools.cached_property
    def _networks(self):
        # One thread each: parallel batches are faster than the threads of one matrix product.
        return [self.network_class(self._path, num_threads=1) for _ in range(self._num_threads)]


def processors():
    """Returns the number of processors that this process may use: int."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
