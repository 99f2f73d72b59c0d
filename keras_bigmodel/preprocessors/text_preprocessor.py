"""Converts texts, or pairs of texts, to token ids. Knows a tokenizer; no model, no loss and no labels."""

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.bundled_texts import parity_texts
from keras_bigmodel.data.examples import Examples
from keras_bigmodel.data.ragged_column import RaggedColumn
from keras_bigmodel.data.text_inputs import as_text_columns
from keras_bigmodel.preprocessors.preprocessor import Preprocessor
from keras_bigmodel.tokenizers.vocabulary import read_vocabulary, vocabulary_lines

_ROWS = 1024  # rows tokenized in one call, at most
_CHARACTERS = 2_000_000  # characters in one call, at most: the graph needs about a hundred bytes for each


def text_parts(columns):
    """Splits columns of texts into blocks of rows that are small enough for one call of the tokenizer.

    Args:
        columns: dict of name → list of str, all of the same length.

    Yields:
        dict of name → list of str.
    """
    start, characters = 0, 0
    for number, row in enumerate(zip(*columns.values(), strict=True)):
        size = sum(map(len, row))
        if number > start and (number - start == _ROWS or characters + size > _CHARACTERS):
            yield {name: column[start:number] for name, column in columns.items()}
            start, characters = number, 0
        characters += size
    if start < len(next(iter(columns.values()))):
        yield {name: column[start:] for name, column in columns.items()}


def string_tensors(columns):
    """Converts columns of texts to string tensors `(texts,)`; tensors are returned as they are."""
    return {
        name: column if tf.is_tensor(column) else tf.constant(column, tf.string, shape=(len(column),))
        for name, column in columns.items()
    }


TEXT, PAIR = ("text",), ("text", "text_pair")
_VOCABULARY_FILE, _WORD_PIECE = "vocab.txt", "keras_bigmodel>WordPieceTokenizer"
_NARROW = 1 << 16  # ids of vocabularies up to this size fit in two bytes


@keras.saving.register_keras_serializable("keras_bigmodel")
class TextPreprocessor(Preprocessor):
    """Converts columns of texts to `token_ids`, `segment_ids` and `padding_mask`, in training and in exports alike.

    Args:
        tokenizer: `WordPieceTokenizer`, or an object that is called in the same way, is registered with Keras, and has
            `tokenize`, `vocabulary_size`, `pad_id` and `unknown_id`. It also has `tracked` if an export must contain
            its lookup tables.
        columns: tuple of str. `("text",)`, or `("text", "text_pair")` for pairs. Defaults to `("text",)`.
        max_length: int. Maximum number of tokens of a row, special tokens included. Defaults to 128.
        separate: bool. Whether the two texts of a pair are encoded apart, each as a row of its own. The features of a
            pair are then `(longest, 2)`, and each text has at most `max_length` tokens. Defaults to False: as one row.

    Attributes:
        features: tuple of str. The names of the features, each int32 `(rows, longest)`, or `(rows, longest, 2)` of
            texts that are encoded apart.
        length_of: str. The feature whose lengths decide which rows share a batch.

    Call shapes: string `(rows,)` by name -> dict of int32 `(rows, longest)` or `(rows, longest, 2)`.

    Raises:
        UserError: `separate` came without a second column.

    >>> from keras_bigmodel.tokenizers import WordPieceTokenizer
    >>> preprocessor = TextPreprocessor(WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "go"]))
    >>> preprocessor(text=tf.constant(["go go"]))["token_ids"].numpy().tolist()
    [[2, 4, 4, 3]]
    """

    features = ("token_ids", "padding_mask", "segment_ids")
    length_of = "padding_mask"

    def __init__(self, tokenizer, *, columns=TEXT, max_length=128, separate=False):
        if separate and len(columns) < 2:
            raise UserError("Texts are encoded apart in pairs only, and one column came. Give pairs (pairs=True).")
        self.tokenizer = tokenizer
        self.columns = tuple(columns)
        self.max_length = max_length
        self.separate = separate

    @property
    def tracked(self):
        """Returns the tokenizer's lookup tables: sequence of TensorFlow objects, by default empty."""
        return getattr(self.tokenizer, "tracked", ())

    @property
    def specs(self):
        """Returns an export's input signature: dict of column → string `tf.TensorSpec` `(rows,)`."""
        return {name: tf.TensorSpec([None], tf.string, name=name) for name in self.columns}

    def as_alone(self, features):
        """Removes from the mask what a server has added to rows to join them with longer ones; graph-safe.

        TensorFlow Serving's `pad_variable_length_inputs` repeats the first element of each input: the mask's 1, and
        [CLS], which stands at the start of a row and nowhere else.

        Args:
            features: dict of int32 tensor `(rows, length)` or `(rows, length, 2)`.

        Returns:
            dict of int32 tensor of the same shape, with another `padding_mask`.
        """
        start = getattr(self.tokenizer, "cls_id", None)
        if start is None:
            return features
        ids = features["token_ids"]
        positions = tf.reshape(tf.range(tf.shape(ids)[1]), [1, -1, *[1] * (ids.shape.rank - 2)])
        is_repeated = tf.equal(ids, start) & (positions > 0)
        return {**features, "padding_mask": tf.where(is_repeated, 0, features["padding_mask"])}

    def with_ops(self, ops):
        """Returns a copy whose tokenizer consists of other ops and gives the same ids; see `WordPieceTokenizer`.

        Args:
            ops: `"auto"`, `"core"` or `"text"`.

        Raises:
            UserError: the tokenizer has no such choice, or not on this machine.
        """
        if not hasattr(self.tokenizer, "ops"):
            raise UserError(
                f"{type(self.tokenizer).__name__} has no choice of ops, and ops={ops!r} came. Leave it out."
            )
        return self.with_tokenizer(type(self.tokenizer).from_config({**self.tokenizer.get_config(), "ops": ops}))

    def with_tokenizer(self, tokenizer):
        """Returns a copy with another tokenizer.

        Args:
            tokenizer: as in the class.
        """
        return type(self)(tokenizer, columns=self.columns, max_length=self.max_length, separate=self.separate)

    def checked(self, data):
        """Checks texts in any of the accepted forms and returns their columns.

        Args:
            data: list, array, pandas or Arrow column of str; for pairs a tuple of two of them, or a list of pairs; or a
                dict of column → texts.

        Returns:
            dict of column → list of str, with at least one row.

        Raises:
            UserError: the data are not texts, there are none, or columns are missing or unknown.
        """
        columns = as_text_columns(data, self.columns)
        if not columns[self.columns[0]]:
            raise UserError("An empty list of texts came; wanted at least one text.")
        return columns

    def __call__(self, **columns):
        """Returns the features of texts, see the class. Works inside a `tf.function`.

        Args:
            **columns: string tensors `(rows,)` by column.

        Returns:
            dict of int32 tensors.
        """
        texts = [columns[name] for name in self.columns]
        if not self.separate:
            return self.tokenizer(*texts, max_length=self.max_length)
        rows = tf.shape(texts[0])[0]
        both = self.tokenizer(tf.concat(texts, axis=0), max_length=self.max_length)
        # (2 · rows, longest) -> (rows, longest, 2)
        apart = lambda ids: tf.transpose(tf.reshape(ids, [len(texts), rows, tf.shape(ids)[1]]), [1, 2, 0])
        return {name: apart(ids) for name, ids in both.items()}

    def padded(self, columns):
        """Returns the features of columns as one batch, see the class: dict of int32 tensors.

        Args:
            columns: dict of column → list of str, as `checked` returns, or string tensor.
        """
        return self._graph(**string_tensors(columns))

    def encode(self, columns):
        """Encodes columns as `Examples` without targets.

        Args:
            columns: dict of column → list of str, as `checked` returns.
        """
        parts, lengths = {name: [] for name in self.features}, [np.zeros(1, "int64")]
        narrow = "uint16" if self.tokenizer.vocabulary_size <= _NARROW else "int32"
        dtypes = {"token_ids": narrow, "padding_mask": "uint8", "segment_ids": "uint8"}
        constants = {name: value for name, value in self._constants.items() if value is not None}
        for part in text_parts(columns):
            batch = {name: value.numpy() for name, value in self.padded(part).items()}
            real = batch["padding_mask"].reshape(*batch["padding_mask"].shape[:2], -1).any(axis=-1)  # (rows, longest)
            lengths.append(real.sum(axis=1, dtype="int64"))
            for name in self.features:
                if name not in constants:
                    parts[name].append(batch[name][real].astype(dtypes[name]))
        splits = np.cumsum(np.concatenate(lengths))
        inner = (2,) if self.separate else ()
        values = {
            name: np.broadcast_to(np.array(constants[name], "uint8"), (int(splits[-1]), *inner))
            if name in constants
            else np.concatenate(parts[name])
            for name in self.features
        }
        pads = {"token_ids": self.tokenizer.pad_id}
        features = {
            name: RaggedColumn(column, splits, pad=pads.get(name, 0), dtype="int32") for name, column in values.items()
        }
        return Examples(features, length_of=self.length_of)

    @property
    def _constants(self):
        """Returns feature → the value that all its entries without padding have, None if they differ."""
        several = len(self.columns) > 1
        return {"padding_mask": None if self.separate else 1, "segment_ids": None if several != self.separate else 0}

    def samples(self):
        """Returns texts in many languages, some hard to tokenize, for export comparisons: dict of column → list."""
        texts = parity_texts()
        others = [texts, texts[1:] + texts[:1]]  # each text is paired with the next, so that the two differ
        return dict(zip(self.columns, others, strict=False))

    def token_counts(self, columns):
        """Counts the tokens of each row before truncation.

        Args:
            columns: dict of column → list of str, as `checked` returns.

        Returns:
            `(tokens, unknown tokens)`: two int64 arrays `(rows,)`, the special tokens included in the first. Of texts
            that are encoded apart, the first is that of the longer one.
        """
        join = np.maximum.reduce if self.separate else sum
        special = 2 if self.separate else 1 + len(self.columns)  # [CLS] text [SEP], and [SEP] after a second text
        tokens, unknown = [np.zeros(0, "int64")], [np.zeros(0, "int64")]
        for part in text_parts(columns):
            pieces = [self.tokenizer.tokenize(column) for column in string_tensors(part).values()]
            tokens.append(special + join([piece.row_lengths().numpy() for piece in pieces]))
            missing = [tf.reduce_sum(tf.cast(piece == self.tokenizer.unknown_id, tf.int64), axis=1) for piece in pieces]
            unknown.append(sum(part.numpy() for part in missing))
        return np.concatenate(tokens), np.concatenate(unknown)

    def get_config(self):
        """Returns the constructor's arguments as a dict that JSON can store."""
        tokenizer = keras.saving.serialize_keras_object(self.tokenizer)
        config = {"tokenizer": tokenizer, "columns": list(self.columns), "max_length": self.max_length}
        return {**config, "separate": True} if self.separate else config

    @classmethod
    def from_config(cls, config):
        """Returns a preprocessor built from the result of `get_config`."""
        config = dict(config)
        return cls(keras.saving.deserialize_keras_object(config.pop("tokenizer")), **config)

    @staticmethod
    def to_files(config):
        """Splits off the vocabulary if the tokenizer is a `WordPieceTokenizer`.

        Args:
            config: dict that `get_config` returned.

        Returns:
            `(config without the vocabulary, {"vocab.txt": text})`, or `(config, {})` for another tokenizer.
        """
        if config["tokenizer"]["registered_name"] != _WORD_PIECE:
            return config, {}  # another vocabulary may have entries that cannot be lines of that file
        vocabulary = config["tokenizer"]["config"]["vocabulary"]
        return _with_vocabulary(config, _VOCABULARY_FILE), {_VOCABULARY_FILE: vocabulary_lines(vocabulary)}

    @staticmethod
    def from_files(config, folder):
        """Returns the config with the vocabulary of `vocab.txt`, unchanged for another tokenizer.

        Args:
            config: dict that `to_files` returned.
            folder: `Path` of the folder with `vocab.txt`.
        """
        if config["tokenizer"]["registered_name"] != _WORD_PIECE:
            return config
        return _with_vocabulary(config, read_vocabulary(folder)[0])


def _with_vocabulary(config, vocabulary):
    tokenizer = config["tokenizer"]
    return {**config, "tokenizer": {**tokenizer, "config": {**tokenizer["config"], "vocabulary": vocabulary}}}
