"""Texts, or pairs of texts, as token ids. Knows a tokenizer; no model, no loss and no labels."""

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

_ROWS = 1024  # texts tokenized in one call
_CHARACTERS = 2_000_000  # and characters at most: the graph holds some hundred bytes for each


def text_parts(columns):
    """Yields the columns of some rows after the other.

    Args:
        columns: dict of name → list of str, all as long.

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
    """Returns columns of texts as string tensors `(texts,)`; tensors as they are."""
    return {
        name: column if tf.is_tensor(column) else tf.constant(column, tf.string, shape=(len(column),))
        for name, column in columns.items()
    }


TEXT, PAIR = ("text",), ("text", "text_pair")
_VOCABULARY_FILE, _WORD_PIECE = "vocab.txt", "keras_bigmodel>WordPieceTokenizer"
_NARROW = 1 << 16  # vocabularies up to this size take two bytes an id


@keras.saving.register_keras_serializable("keras_bigmodel")
class TextPreprocessor(Preprocessor):
    """Turns columns of texts into `token_ids`, `segment_ids` and `padding_mask`, the same in training and in an export.

    Args:
        tokenizer: `WordPieceTokenizer`, or what is called as it is, is registered with Keras, and has `tokenize`,
            `vocabulary_size`, `pad_id` and `unknown_id`; `tracked`, where an export must hold lookup tables of it.
        columns: tuple of str: `("text",)`, or `("text", "text_pair")` for pairs. Defaults to `("text",)`.
        max_length: int. Tokens of a row at most, special ones included. Defaults to 128.

    Attributes:
        features: tuple of str: the names of what it makes, each int32 `(rows, longest)`.
        length_of: str. The feature whose lengths say which rows share a batch.

    Call shapes: string `(rows,)` by name -> dict of int32 `(rows, longest)`.

    >>> from keras_bigmodel.tokenizers import WordPieceTokenizer
    >>> preprocessor = TextPreprocessor(WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "go"]))
    >>> preprocessor(text=tf.constant(["go go"]))["token_ids"].numpy().tolist()
    [[2, 4, 4, 3]]
    """

    features = ("token_ids", "padding_mask", "segment_ids")
    length_of = "padding_mask"

    def __init__(self, tokenizer, *, columns=TEXT, max_length=128):
        self.tokenizer = tokenizer
        self.columns = tuple(columns)
        self.max_length = max_length

    @property
    def tracked(self):
        """The tokenizer's lookup tables."""
        return getattr(self.tokenizer, "tracked", ())

    @property
    def specs(self):
        """Dict of column → `tf.TensorSpec`: what a signature of an export takes."""
        return {name: tf.TensorSpec([None], tf.string, name=name) for name in self.columns}

    def checked(self, data):
        """Returns what people hand in as columns of texts.

        Args:
            data: list, array, pandas or Arrow column of str; for pairs a tuple of two of them, or a list of pairs; or a
                dict of column → texts.

        Returns:
            dict of column → list of str, at least one.

        Raises:
            UserError: what came are no texts, there are none, or columns are missing or too many.
        """
        columns = as_text_columns(data, self.columns)
        if not columns[self.columns[0]]:
            raise UserError("An empty list of texts came; wanted at least one text.")
        return columns

    def __call__(self, **columns):
        """Returns the features of string tensors; graph-safe."""
        return self.tokenizer(*(columns[name] for name in self.columns), max_length=self.max_length)

    def padded(self, columns):
        """Returns the features of checked columns as one batch: dict of int32 tensors `(rows, longest)`."""
        return self._graph(**string_tensors(columns))

    def encode(self, columns):
        """Returns checked columns as `Examples` without targets.

        Args:
            columns: dict of column → list of str.
        """
        kept, lengths, segments = [], [np.zeros(1, "int64")], []
        several = len(self.columns) > 1
        dtype = "uint16" if self.tokenizer.vocabulary_size <= _NARROW else "int32"
        for part in text_parts(columns):
            batch = {name: value.numpy() for name, value in self.padded(part).items()}
            mask = batch["padding_mask"] != 0
            kept.append(batch["token_ids"][mask].astype(dtype))
            segments.append(batch["segment_ids"][mask].astype("uint8") if several else None)
            lengths.append(mask.sum(axis=1, dtype="int64"))
        splits = np.cumsum(np.concatenate(lengths))
        constant = lambda value: np.broadcast_to(np.array([value], "uint8"), (int(splits[-1]),))
        values = {
            "token_ids": np.concatenate(kept),
            "padding_mask": constant(1),
            "segment_ids": np.concatenate(segments) if several else constant(0),
        }
        pads = {"token_ids": self.tokenizer.pad_id}
        features = {
            name: RaggedColumn(column, splits, pad=pads.get(name, 0), dtype="int32") for name, column in values.items()
        }
        return Examples(features, length_of=self.length_of)

    def samples(self):
        """Returns texts in many languages, hostile ones among them, on which exports are compared: dict of columns."""
        texts = parity_texts()
        others = [texts, texts[1:] + texts[:1]]  # each with its neighbour: as unlike as pairs can be
        return dict(zip(self.columns, others, strict=False))

    def token_counts(self, columns):
        """Counts the tokens of each row before any is cut off.

        Args:
            columns: dict of column → list of str, checked.

        Returns:
            `(tokens, unknown tokens)`: two int64 arrays `(rows,)`, the special tokens included in the first.
        """
        special = 1 + len(self.columns)  # [CLS] text [SEP], and [SEP] again after a second text
        tokens, unknown = [np.zeros(0, "int64")], [np.zeros(0, "int64")]
        for part in text_parts(columns):
            pieces = [self.tokenizer.tokenize(column) for column in string_tensors(part).values()]
            tokens.append(special + sum(piece.row_lengths().numpy() for piece in pieces))
            missing = [tf.reduce_sum(tf.cast(piece == self.tokenizer.unknown_id, tf.int64), axis=1) for piece in pieces]
            unknown.append(sum(part.numpy() for part in missing))
        return np.concatenate(tokens), np.concatenate(unknown)

    def get_config(self):
        """Returns what the constructor takes."""
        tokenizer = keras.saving.serialize_keras_object(self.tokenizer)
        return {"tokenizer": tokenizer, "columns": list(self.columns), "max_length": self.max_length}

    @classmethod
    def from_config(cls, config):
        """Returns a preprocessor made from what `get_config` returned."""
        config = dict(config)
        return cls(keras.saving.deserialize_keras_object(config.pop("tokenizer")), **config)

    @staticmethod
    def to_files(config):
        """Takes the tokenizer's vocabulary out, if it has one: `(config, {"vocab.txt": text})`."""
        if config["tokenizer"]["registered_name"] != _WORD_PIECE:
            return config, {}  # another vocabulary may hold what is no line of that file
        vocabulary = config["tokenizer"]["config"]["vocabulary"]
        return _with_vocabulary(config, _VOCABULARY_FILE), {_VOCABULARY_FILE: vocabulary_lines(vocabulary)}

    @staticmethod
    def from_files(config, folder):
        """Returns the config with the vocabulary of `vocab.txt`."""
        if config["tokenizer"]["registered_name"] != _WORD_PIECE:
            return config
        return _with_vocabulary(config, read_vocabulary(folder)[0])


def _with_vocabulary(config, vocabulary):
    tokenizer = config["tokenizer"]
    return {**config, "tokenizer": {**tokenizer, "config": {**tokenizer["config"], "vocabulary": vocabulary}}}
