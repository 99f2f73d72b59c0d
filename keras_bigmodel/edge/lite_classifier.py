"""Labels texts with a LiteRT file. Knows no TensorFlow and no Keras."""

import functools
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keras_bigmodel.core.answers import PredictionReader
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.text_inputs import as_text_columns
from keras_bigmodel.edge.lite_contents import LiteContents
from keras_bigmodel.edge.lite_network import LiteNetwork
from keras_bigmodel.tokenizers.plain_word_piece_tokenizer import PlainWordPieceTokenizer

_WINDOW = 2048  # texts whose ids are held at once
_TOKENS_A_BATCH = 512  # more gains nothing: LiteRT keeps a core busy with one text


class LiteClassifier:
    """A classifier from one `.tflite` file that `TextClassifier.export(..., format="tflite")` wrote.

    Needs `numpy` and `ai-edge-litert` beside this package, which may be installed with `--no-deps`. Texts of equal
    length share a batch, so nothing is padded.

    Args:
        path: path of the file.
        num_threads: int. Defaults to the processors that this process may use. Where there are many texts, each thread
            answers batches of its own, with its own copy of what LiteRT makes of the weights.

    Raises:
        UserError: no such file, none of ours, or LiteRT is not installed.
    """

    def __init__(self, path, *, num_threads=None):
        if num_threads is not None and num_threads < 1:
            raise UserError(f"num_threads={num_threads} came; wanted 1 or more.")
        self._contents = contents = LiteContents.read(path)
        self._tokenizer = PlainWordPieceTokenizer(contents.vocabulary, **contents.tokenizer)
        self._path, self._num_threads = path, num_threads or len(os.sched_getaffinity(0))
        self._network = LiteNetwork(path, num_threads=self._num_threads)

    @property
    def labels(self):
        """List of str: the labels in the order of the outputs."""
        return list(self._contents.labels)

    @property
    def max_length(self):
        """int: tokens of a text at most, special ones included."""
        return self._contents.max_length

    @property
    def columns(self):
        """Tuple of str: the names of the texts of a row."""
        return self._contents.columns

    @property
    def pairs(self):
        """bool: whether each input is a pair of texts."""
        return len(self.columns) > 1

    def preprocess(self, texts):
        """Turns texts into ids: a dict of lists, as `TextClassifier.preprocess` gives tensors."""
        return self._tokenizer(*self._columns(texts), max_length=self.max_length)

    def predict(self, texts):
        """Answers texts, in the order given.

        Args:
            texts: list of str; with `pairs` a list of pairs, or a tuple of two lists.

        Returns:
            float32 array `(texts, labels)` of probabilities.

        Raises:
            UserError: what came are no texts.
        """
        columns = self._columns(texts)
        windows = range(0, len(columns[0]), _WINDOW)
        return np.concatenate([self._answered([column[at : at + _WINDOW] for column in columns]) for at in windows])

    def classify(self, texts, *, top_k=None):
        """Labels texts.

        Args:
            texts: as `predict`.
            top_k: int. How many labels to keep in each answer. Defaults to all.

        Returns:
            list of `Prediction`, in the order of the texts.
        """
        read = PredictionReader(self.labels)
        return [read(row, top_k=top_k) for row in self.predict(texts)]

    def _columns(self, texts):
        columns = tuple(as_text_columns(texts, self.columns).values())
        if not columns[0]:
            raise UserError("An empty list of texts came; wanted at least one text.")
        return columns

    def _answered(self, columns):
        ids = self._tokenizer(*columns, max_length=self.max_length)
        ids = {name: np.array(rows, "int32") for name, rows in ids.items()}
        lengths = ids["padding_mask"].sum(axis=1)
        answers, parts = np.empty((len(lengths), len(self.labels)), "float32"), []
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            parts += np.array_split(rows, -(-len(rows) * int(length) // _TOKENS_A_BATCH))

        def answer(network, part):
            width = lengths[part[0]]
            answers[part] = network(**{name: array[part, :width] for name, array in ids.items()})

        if len(parts) < 2 * self._num_threads or self._num_threads == 1:
            for part in parts:
                answer(self._network, part)
        else:
            self._share_out(answer, parts)
        return answers

    def _share_out(self, answer, parts):
        """Answers many batches on as many threads as there are, each with a network of its own."""

        def work(network):
            for part in waiting:
                answer(network, part)

        waiting = iter(parts)  # one for all threads: each takes what is next
        with ThreadPoolExecutor(self._num_threads) as pool:
            list(pool.map(work, self._networks))

    @functools.cached_property
    def _networks(self):
        # One thread each: batches side by side gain more than the threads of one product.
        return [LiteNetwork(self._path, num_threads=1) for _ in range(self._num_threads)]
