"""Defines the classifier of words, which finds spans such as names in texts. Knows no file format and no HTTP."""

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number, check_switch
from keras_bigmodel.core.tagged_words import text_and_spans
from keras_bigmodel.core.tags import TagsReader, label_of_tag, tag_names
from keras_bigmodel.export import Close, Endpoint
from keras_bigmodel.layers import JoinedWindows, TokenWindows
from keras_bigmodel.preprocessors import TaggingPreprocessor
from keras_bigmodel.preprocessors.tagging_preprocessor import in_lists, is_words
from keras_bigmodel.tasks.class_weights import ClassWeights
from keras_bigmodel.tasks.label_names import LabelNames
from keras_bigmodel.tasks.span_targets import SpanEncoder
from keras_bigmodel.tasks.tag_decoding import spans_in_graph
from keras_bigmodel.tasks.task import Task
from keras_bigmodel.tokenizers import WordPieceTokenizer
from keras_bigmodel.training import resolve_dtype

_MAX_LENGTH = 128


@keras.saving.register_keras_serializable("keras_bigmodel")
class TokenClassifier(Task):
    """Finds the spans of texts that have a label, such as names of persons and places.

    Each word gets one of the tags of BIO, and the most probable sequence of tags in which every inside tag follows a
    tag of its label makes the spans. Words are what the tokenizer takes for words; see `TaggingPreprocessor`. Texts
    that are longer than the encoder reads are read in windows that overlap, and answered whole.

    Args:
        encoder: `BertEncoder`.
        preprocessor: `TaggingPreprocessor`, whose tokenizer and maximum length fit the encoder.
        labels: sequence of str, such as `["PER", "LOC"]`; one label or more.
        dropout: float in [0, 1). Dropout rate of the words' states in training. Defaults to 0.1.
        **kwargs: `name` and `trainable` of `keras.Model`.

    Input shape: dict of int32 `(batch, length)`: `token_ids`, `segment_ids`, `padding_mask`. Output shape: float32
    `(batch, length, 1 + 2 · labels)`, the logits of the tags `O`, `B-` and `I-` of each label. `predict` returns
    probabilities of all tokens; those of words' first tokens have a meaning.

    Raises:
        UserError: the labels are not accepted by `LabelNames`, `dropout` is out of its range, or the maximum length or
            the vocabulary does not fit the encoder.

    Source: Devlin et al., 2018, "BERT", section 5.3; Ramshaw and Marcus, 1995 (BIO).
    """

    def __init__(self, encoder, preprocessor, labels, *, dropout=0.1, **kwargs):
        unknown = sorted(set(kwargs) - {"name", "trainable"})
        if unknown:  # Keras's functional models ignore unknown arguments
            raise TypeError(f"{type(self).__name__} takes no argument {', '.join(unknown)}.")
        names = LabelNames(labels, least=1)
        check_number("dropout", dropout, least=0, below=1)
        _check_fit(encoder, preprocessor)

        # Wiring
        inputs = {
            name: keras.Input((None,), dtype="int32", name=name)
            for name in ("token_ids", "segment_ids", "padding_mask")
        }
        states = _states(encoder, preprocessor, inputs)
        states = keras.layers.Dropout(dropout, dtype=encoder.embedding.dtype_policy, name="dropout")(states)
        # float32: the loss and the probabilities need more digits than bfloat16 has.
        logits = keras.layers.Dense(len(tag_names(names.names)), dtype="float32", name="logits")(states)
        super().__init__(inputs, logits, encoder=encoder, preprocessor=preprocessor, **kwargs)

        # Settings
        self.label_names = names
        self.dropout = dropout

    @classmethod
    def from_encoder(
        cls,
        source,
        labels,
        *,
        dropout=0.1,
        max_length=None,
        overlap=None,
        ops="auto",
        dtype="auto",
        freeze_encoder=False,
    ):
        """Builds a classifier of words on a pretrained encoder.

        Args:
            source: as in `TextClassifier.from_encoder`.
            labels: as in the class.
            dropout: as in the class.
            max_length: int. Maximum number of tokens that the encoder reads at once. Defaults to 128, or the encoder's
                lower limit.
            overlap: int or False. As in `TaggingPreprocessor`. Defaults to a quarter of `max_length`.
            ops: as in `TextClassifier.from_encoder`.
            dtype: as in `TextClassifier.from_encoder`.
            freeze_encoder: as in `TextClassifier.from_encoder`.

        Raises:
            UserError: the encoder is unknown, the folder holds no BERT, or as the class.
        """
        check_switch("freeze_encoder", freeze_encoder)
        checkpoint = open_checkpoint(source)
        encoder = checkpoint.load_encoder(pooler=False, dtype=resolve_dtype(dtype))
        vocabulary, settings = checkpoint.vocabulary()
        preprocessor = TaggingPreprocessor(
            WordPieceTokenizer(vocabulary, ops=ops, **settings),
            max_length=min(_MAX_LENGTH, encoder.settings["max_length"]) if max_length is None else max_length,
            overlap=overlap,
        )
        task = cls(encoder, preprocessor, labels, dropout=dropout)
        task.encoder.trainable = not freeze_encoder
        return task

    @property
    def labels(self):
        """Returns the labels of spans: list of str."""
        return list(self.label_names.names)

    @property
    def tags(self):
        """Returns the tags in the order of the outputs, such as `["O", "B-PER", "I-PER"]`: list of str."""
        return tag_names(self.labels)

    @property
    def tokenizer(self):
        """Returns the tokenizer of the preprocessor: `WordPieceTokenizer`."""
        return self.preprocessor.tokenizer

    @property
    def max_length(self):
        """Returns the maximum number of tokens that the encoder reads at once, special tokens included: int."""
        return self.preprocessor.max_length

    @property
    def text_limit(self):
        """Returns the number of tokens at which texts are truncated: int, or None if they are read in windows."""
        return None if self.preprocessor.is_windowed else self.max_length

    def token_counts(self, texts):
        """Counts the tokens of each text; see `TextTask.token_counts`."""
        return self.preprocessor.token_counts(self.preprocessor.checked(texts))

    def tag(self, texts, *, batch_size=None, **kwargs):
        """Finds the spans of texts; the same as `answers`.

        Args:
            texts: list of str; or of lists of words, which are joined as `core.tagged_words.joined_words` does.
            batch_size: as in `predict`.
            **kwargs: other arguments of `answers`.

        Returns:
            list of `Tags`, in the order of the texts.

        Raises:
            UserError: as `predict`.
        """
        return self.answers(texts, batch_size=batch_size, **kwargs)

    # ---- the contract of a task

    def rows_and_targets(self, x, y):
        """Returns texts and their spans, also of words and their tags; see `Task.rows_and_targets`.

        Raises:
            UserError: the words and the tags of a row do not fit each other; the message says in which row.
        """
        x, y = in_lists(x), in_lists(y)
        if y is None or not is_words(x):
            return x, y
        if len(x) != len(y):
            raise UserError(f"{len(x)} rows of words and {len(y)} rows of tags came; wanted as many of each.")
        found = []
        for number, (words, tags) in enumerate(zip(x, y, strict=True)):
            try:
                if isinstance(tags, (str, bytes)) or not hasattr(tags, "__len__"):
                    raise UserError(f"the tags {tags!r:.60} came; wanted a list with a tag a word")
                found.append(text_and_spans(words, tags))
            except UserError as error:
                raise UserError(f"Row {number} of the words: {error}") from error
        return [text for text, _ in found], [spans for _, spans in found]

    def encode_targets(self, targets):
        """Encodes the spans of texts: list of int32 array `(spans, 3)`; see `SpanEncoder`."""
        return self.target_encoder()(targets)

    def target_encoder(self):
        """Returns a function like `encode_targets` for a column in parts; messages count the rows of all parts."""
        return SpanEncoder(self.label_names)

    def row_details(self, rows):
        """Returns the words of rows, from which the answer reader makes spans; see `RawRowModel.row_details`."""
        columns = {name: [row[name] for row in rows] for name in self.preprocessor.columns}
        return [{"words": words} for words in self.preprocessor.words(columns)]

    def answer_reader(self):
        """Returns the reader of the tags' probabilities: `TagsReader`."""
        return TagsReader(self.labels)

    def outputs_from_logits(self, logits):
        """Computes the float32 probabilities of logits, both `(texts, tokens, tags)`."""
        return keras.ops.softmax(keras.ops.cast(logits, "float32"))

    def recipe_loss(self, label_smoothing=0.0):
        """Returns the cross-entropy on logits, the mean over the words of a batch.

        Raises:
            UserError: `label_smoothing` is not 0, because tags are numbers here.
        """
        check_number("label_smoothing", label_smoothing, least=0, below=1)
        if label_smoothing:
            raise UserError(
                f"label_smoothing={label_smoothing} came, and a {type(self).__name__} has no label smoothing. Leave it "
                "out."
            )
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight")

    def class_weights_of(self, class_weight):
        """Returns a function from tags to weights: the label's weight for both of its tags, 1 outside.

        Args:
            class_weight: dict of label → weight. Labels that are left out have the weight 1.

        Raises:
            UserError: a label is unknown, or a weight is no number of 0 or more.
        """
        shares = ClassWeights.of(class_weight, self.label_names).shares
        of_tags = np.concatenate([[1.0], shares[label_of_tag(np.arange(1, 1 + 2 * len(shares)))]]).astype("float32")

        def of_rows(targets):
            return [of_tags[tags] for tags in targets]

        of_rows.shares = shares
        return of_rows

    def endpoints(self):
        """Returns the named functions that an export writes: dict of name → `Endpoint`.

        `serving_default` takes texts and returns their spans: `counts`, `starts`, `ends` (characters of the text),
        `labels` and `probabilities`.
        """
        text = tuple(self.preprocessor.specs.values())
        ids = tuple(
            tf.TensorSpec([None, None], tf.int32, name=name) for name in ("token_ids", "padding_mask", "segment_ids")
        )

        def serving_default(text):
            features, positions, places = self.preprocessor.with_words(text)
            probabilities = self.outputs_from_logits(self(features, training=False))
            return spans_in_graph(probabilities, positions, places, self.labels)

        def tokenize(text):
            features, positions, places = self.preprocessor.with_words(text)
            words = {"word_positions": positions.to_tensor(), "word_spans": places.to_tensor(shape=[None, None, 2])}
            return {**features, **words}

        def tokens(**inputs):
            return {"logits": self(self.preprocessor.as_alone(inputs), training=False)}

        return {
            "serving_default": Endpoint(serving_default, text, sampled=True),
            "tokenize": Endpoint(tokenize, text),
            "tokens": Endpoint(tokens, ids, {"logits": Close(mask="padding_mask")}),
        }

    def get_config(self):
        """Returns the configuration, which is all but the weights: dict for JSON."""
        return {**super().get_config(), "labels": self.labels, "dropout": self.dropout}


def _states(encoder, preprocessor, inputs):
    if not getattr(preprocessor, "is_windowed", False):
        return encoder(inputs)["sequence_output"]
    how, tokenizer = {"width": preprocessor.max_length, "overlap": preprocessor.overlap}, preprocessor.tokenizer
    special = {name: getattr(tokenizer, name) for name in ("cls_id", "sep_id", "pad_id")}
    states = encoder(TokenWindows(**how, **special, name="windows")(inputs))["sequence_output"]
    return JoinedWindows(**how, name="joined")(states, inputs["padding_mask"])


def _check_fit(encoder, preprocessor):
    if not isinstance(preprocessor, TaggingPreprocessor):
        raise UserError(
            f"A {type(preprocessor).__name__} came as the preprocessor of a TokenClassifier; wanted a "
            "TaggingPreprocessor, which tells where words stand in a text."
        )
    size, tokens = encoder.settings["vocabulary_size"], preprocessor.tokenizer.vocabulary_size
    if tokens > size:
        raise UserError(f"The tokenizer has {tokens} tokens and the encoder {size}. Take both from one model.")
    limit, max_length = encoder.settings["max_length"], preprocessor.max_length
    if isinstance(max_length, bool) or not isinstance(max_length, int) or not 3 <= max_length <= limit:
        raise UserError(f"max_length={max_length!r} came; this encoder takes 3 to {limit} tokens.")
