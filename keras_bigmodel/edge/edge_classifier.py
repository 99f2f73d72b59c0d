"""Classifies texts with a LiteRT, an ONNX or an OpenVINO file. Knows no TensorFlow and no Keras."""

import functools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from keras_bigmodel.core.answers import PredictionReader
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.text_inputs import as_text_columns
from keras_bigmodel.edge.lite_network import LiteNetwork
from keras_bigmodel.edge.onnx_network import OnnxNetwork
from keras_bigmodel.edge.open_vino_network import OpenVinoNetwork
from keras_bigmodel.tokenizers.plain_word_piece_tokenizer import PlainWordPieceTokenizer

_WINDOW = 2048  # texts whose ids are held in memory at once
_TOKENS_A_BATCH = 512  # larger batches are not faster: one text keeps a core busy


class EdgeClassifier:
    """Labels texts with a network in a file, and with the labels and the vocabulary in the same file.

    Only texts of equal length share a batch, so there is no padding. A subclass has `network_class`, `title` (name
    of the format), `package` (what must be installed to run the file) and `file_name` (what an export calls it).

    Args:
        path: path of the file.
        num_threads: int. Defaults to the number of processors that this process may use. If there are many texts, each
            thread computes its own batches, with its own copy of what the runtime prepares from the weights.

    Raises:
        UserError: `num_threads` is less than 1, there is no such file, the file was not written by this package, or
            its runtime is not installed.
    """

    network_class = title = package = file_name = None

    def __init__(self, path, *, num_threads=None):
        if num_threads is not None and num_threads < 1:
            raise UserError(f"num_threads={num_threads} came; wanted 1 or more.")
        self._path, self._num_threads = path, num_threads or len(os.sched_getaffinity(0))
        self._network = self.network_class(path, num_threads=self._num_threads)
        self._contents = contents = self._network.contents
        self._tokenizer = PlainWordPieceTokenizer(contents.vocabulary, **contents.tokenizer)

    @property
    def reader(self):
        """Returns the `PredictionReader` that reads rows of probabilities as answers."""
        return PredictionReader(self.labels)

    @property
    def tokenizer(self):
        """Returns the `PlainWordPieceTokenizer` of the file's vocabulary and settings."""
        return self._tokenizer

    @property
    def labels(self):
        """Returns the labels in the order of the outputs: list of str."""
        return list(self._contents.labels)

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
        """Converts texts to token ids, as `TextClassifier.preprocess` does.

        Args:
            texts: as in `predict`.

        Returns:
            dict of `token_ids`, `segment_ids` and `padding_mask`: lists of lists of int `(texts, length)`.

        Raises:
            UserError: as in `predict`.
        """
        return self._tokenizer(*self._columns(texts), max_length=self.max_length)

    def predict(self, texts):
        """Predicts the probabilities of the labels of texts.

        Args:
            texts: list of str; if `pairs`, a list of pairs or a tuple of two lists.

        Returns:
            float32 array `(texts, labels)` of probabilities, in the order of the texts.

        Raises:
            UserError: the input is not texts, or is empty.
        """
        columns = self._columns(texts)
        windows = range(0, len(columns[0]), _WINDOW)
        return np.concatenate([self._answered([column[at : at + _WINDOW] for column in columns]) for at in windows])

    def classify(self, texts, *, top_k=None):
        """Labels texts.

        Args:
            texts: as in `predict`.
            top_k: int. Number of labels to keep in each answer. Defaults to all.

        Returns:
            list of `Prediction`, in the order of the texts.

        Raises:
            UserError: `top_k` is not a whole number of 1 or more, or as in `predict`.
        """
        read = self.reader
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
            self._compute_in_threads(answer, parts)
        return answers

    def _compute_in_threads(self, answer, parts):
        """Computes many batches on `num_threads` threads, each with a network of its own."""

        def work(network):
            for part in waiting:
                answer(network, part)

        waiting = iter(parts)  # one iterator for all threads: each takes the next batch
        with ThreadPoolExecutor(self._num_threads) as pool:
            list(pool.map(work, self._networks))

    @functools.cached_property
    def _networks(self):
        # One thread each: parallel batches are faster than the threads of one matrix product.
        return [self.network_class(self._path, num_threads=1) for _ in range(self._num_threads)]


class LiteClassifier(EdgeClassifier):
    """Labels texts with a `.tflite` file that `TextClassifier.export(..., format="litert")` wrote.

    Needs `numpy` and `ai-edge-litert` besides this package, which may be installed with `--no-deps`. For the arguments
    and errors see `EdgeClassifier`.
    """

    network_class, title, package, file_name = LiteNetwork, "LiteRT", "ai-edge-litert", "model.tflite"


class OnnxClassifier(EdgeClassifier):
    """Labels texts with an `.onnx` file that `TextClassifier.export(..., format="onnx")` wrote.

    Needs `numpy` and `onnxruntime` besides this package, which may be installed with `--no-deps`. For the arguments and
    errors see `EdgeClassifier`.
    """

    network_class, title, package, file_name = OnnxNetwork, "ONNX", "onnxruntime", "model.onnx"


class OpenVinoClassifier(EdgeClassifier):
    """Labels texts with an `.xml` file that `TextClassifier.export(..., format="openvino")` wrote.

    Needs `numpy` and `openvino` besides this package, which may be installed with `--no-deps`. For the arguments and
    errors see `EdgeClassifier`.
    """

    network_class, title, package, file_name = OpenVinoNetwork, "OpenVINO", "openvino", "model.xml"


# By the name of the export format.
CLASSIFIERS = {"litert": LiteClassifier, "onnx": OnnxClassifier, "openvino": OpenVinoClassifier}


def open_classifier(path, *, num_threads=None):
    """Returns the classifier of a file by the ending of its name: `.onnx`, `.xml` (OpenVINO), and else LiteRT.

    Args:
        path: path of the file.
        num_threads: int. As in `EdgeClassifier`. Defaults to None.

    Raises:
        UserError: as `EdgeClassifier`.
    """
    kinds = {Path(kind.file_name).suffix: kind for kind in CLASSIFIERS.values()}
    return kinds.get(Path(path).suffix, LiteClassifier)(path, num_threads=num_threads)
