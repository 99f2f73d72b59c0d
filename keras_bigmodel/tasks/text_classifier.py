"""Defines the classifier of texts and of pairs of texts. Knows no file format and no HTTP."""

import keras
import tensorflow as tf

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.answers import PredictionReader
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number, check_switch
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.export import Endpoint
from keras_bigmodel.layers import ClsPooling, MeanPooling
from keras_bigmodel.models.bert import BertEncoder
from keras_bigmodel.preprocessors import TextPreprocessor
from keras_bigmodel.preprocessors.text_preprocessor import PAIR, TEXT
from keras_bigmodel.tasks.class_outputs import class_outputs, class_rules
from keras_bigmodel.tasks.class_weights import ClassWeights
from keras_bigmodel.tasks.label_names import LabelNames, LabelReader
from keras_bigmodel.tasks.logits_loss import check_targets_fit_loss, loss_on_logits
from keras_bigmodel.tasks.task import Task
from keras_bigmodel.tokenizers import WordPieceTokenizer
from keras_bigmodel.tokenizers.vocabulary import read_vocabulary
from keras_bigmodel.training import SmoothedCrossentropy, resolve_dtype

_POOLINGS = ("mean", "cls", "pooler")
_MAX_LENGTH = 128


@keras.saving.register_keras_serializable("keras_bigmodel")
class TextClassifier(Task):
    """Predicts the label of a text or of a pair of texts.

    It is a functional `keras.Model` from token ids to logits that also takes raw texts; `from_encoder` builds it.

    Args:
        encoder: `BertEncoder`.
        preprocessor: `TextPreprocessor` for texts or pairs, whose tokenizer and maximum length fit the encoder.
        labels: sequence of str, in the order of the outputs.
        pooling: str. `"mean"` averages the states of the tokens, `"cls"` takes the state of the first token, and
            `"pooler"` applies BERT's pooler to it. Defaults to `"mean"`.
        dropout: float in [0, 1). Dropout rate of the text's vector in training. Defaults to 0.1.
        l2: float. Adds `l2` times the sum of squares of the head's kernel to the loss. Defaults to 0.
        reject_below: float in [0, 1). `answers` and exports give no label to a text whose highest probability is lower.
            Defaults to None: every text gets a label.
        **kwargs: `name` and `trainable` of `keras.Model`.

    Input shape: dict of int32 `(batch, length)`: `token_ids`, `segment_ids`, `padding_mask`. Output shape: float32
    `(batch, labels)`, the logits.

    Raises:
        UserError: the labels are not accepted by `LabelNames`; `dropout`, `l2` or `reject_below` is out of its range;
            or the pooling, the maximum length or the vocabulary does not fit the encoder.

    Source: Devlin et al., 2018, "BERT", section 4.
    """

    def __init__(
        self,
        encoder,
        preprocessor,
        labels,
        *,
        pooling="mean",
        dropout=0.1,
        l2=0.0,
        reject_below=None,
        **kwargs,
    ):
        unknown = sorted(set(kwargs) - {"name", "trainable"})
        if unknown:  # Keras's functional models ignore unknown arguments
            raise TypeError(f"TextClassifier takes no argument {', '.join(unknown)}.")
        names = LabelNames(labels)
        _check_fit(encoder, preprocessor, pooling)
        check_number("dropout", dropout, least=0, below=1)
        check_number("l2", l2, least=0)
        check_number("reject_below", reject_below, least=0, below=1)

        # Parts
        pool = {"mean": MeanPooling, "cls": ClsPooling}.get(pooling)
        dtype = encoder.embedding.dtype_policy
        drop = keras.layers.Dropout(dropout, dtype=dtype, name="dropout")
        # float32: the loss and the probabilities need more digits than bfloat16 has.
        penalty = keras.regularizers.L2(l2) if l2 else None
        logits_layer = keras.layers.Dense(len(names), kernel_regularizer=penalty, dtype="float32", name="logits")

        # Wiring
        inputs = {
            name: keras.Input((None,), dtype="int32", name=name)
            for name in ("token_ids", "segment_ids", "padding_mask")
        }
        outputs = encoder(inputs)
        if pool is None:
            vector = outputs["pooled_output"]
        else:
            vector = pool(dtype=dtype, name="pooling")(outputs["sequence_output"], mask=inputs["padding_mask"])
        logits = logits_layer(drop(vector))
        super().__init__(inputs, logits, encoder=encoder, preprocessor=preprocessor, **kwargs)

        # Settings
        self.embedding_model = keras.Model(inputs, vector, name="embedding_model")
        self.label_names = names
        self.pooling = pooling
        self.dropout = dropout
        self.l2 = l2
        self.reject_below = reject_below

    @classmethod
    def from_encoder(
        cls,
        source,
        labels=None,
        *,
        pairs=False,
        pooling=None,
        dropout=0.1,
        l2=0.0,
        max_length=None,
        mode="exact",
        ops="auto",
        dtype="auto",
        freeze_encoder=False,
    ):
        """Builds a classifier on a pretrained encoder.

        Args:
            source: str or path. `"minilm"`, or a BERT of Hugging Face or TF-Hub; see `checkpoints.open_checkpoint`.
            labels: sequence of str. Defaults to the labels of the folder's classification head. The head is loaded
                if `pooling` is None or the head's own pooling; otherwise a new head is initialized.
            pairs: bool. Whether each input is a pair of texts. Defaults to False.
            pooling: as in the class. Defaults to the folder's pooling, or `"mean"` if the folder specifies none.
            dropout: as in the class.
            l2: as in the class.
            max_length: int. Maximum tokens of a row with special tokens. Defaults to 128, or the encoder's lower limit.
            mode: `"exact"` (the tokens of Hugging Face) or `"fast"` (FastBertTokenizer). Defaults to `"exact"`.
            ops: `"core"` (TensorFlow's own), `"text"` (also tensorflow_text's) or `"auto"`: the ops that the tokenizer
                consists of in exports; see `WordPieceTokenizer`. Defaults to `"auto"`.
            dtype: `"auto"` (bfloat16 if it is faster here), `"float32"`, `"mixed_bfloat16"`. Defaults to `"auto"`.
            freeze_encoder: bool. Whether only the head is trained. Defaults to False.

        Raises:
            UserError: the encoder is unknown, the folder holds no BERT, or the labels do not fit the folder's head.
        """
        check_switch("pairs", pairs)
        check_switch("freeze_encoder", freeze_encoder)
        checkpoint = open_checkpoint(source)
        if labels is None:
            labels = _labels_of(checkpoint, source)
        names = LabelNames(labels)
        with_head = checkpoint.has_head and pooling in (None, checkpoint.pooling)
        if with_head:
            _check_head(checkpoint, names.names, source)
        pooling = pooling or _pooling_of(checkpoint, source)
        encoder = checkpoint.load_encoder(pooler=pooling == "pooler", dtype=resolve_dtype(dtype))
        vocabulary, settings = checkpoint.vocabulary()
        preprocessor = TextPreprocessor(
            WordPieceTokenizer(vocabulary, mode=mode, ops=ops, **settings),
            columns=PAIR if pairs else TEXT,
            max_length=min(_MAX_LENGTH, encoder.settings["max_length"]) if max_length is None else max_length,
        )
        task = cls(encoder, preprocessor, names.names, pooling=pooling, dropout=dropout, l2=l2)
        if with_head:
            checkpoint.load_head(task.get_layer("logits"))
        task.encoder.trainable = not freeze_encoder
        return task

    @property
    def tokenizer(self):
        """Returns the tokenizer of the preprocessor: `WordPieceTokenizer`."""
        return self.preprocessor.tokenizer

    @property
    def max_length(self):
        """Returns the maximum number of tokens of a row, with special tokens: int."""
        return self.preprocessor.max_length

    @property
    def pairs(self):
        """Returns whether each row is a pair of texts: bool."""
        return self.preprocessor.columns == PAIR

    @property
    def labels(self):
        """Returns the labels in the order of the outputs: list of str."""
        return list(self.label_names.names)

    @property
    def num_outputs(self):
        """Returns the number of labels: int."""
        return len(self.label_names)

    def classify(self, texts, *, top_k=None, batch_size=None, **kwargs):
        """Predicts the labels of texts; the same as `answers`.

        Args:
            texts: list of str, or of pairs.
            top_k: int. Number of labels to keep in each answer. Defaults to all.
            batch_size: as in `predict`.
            **kwargs: other arguments of `answers`.

        Returns:
            list of `Prediction`, in the order of the texts.

        Raises:
            UserError: as `predict`; or `top_k` is not a whole number of 1 or more.
        """
        return self.answers(texts, batch_size=batch_size, top_k=top_k, **kwargs)

    def token_counts(self, texts):
        """Counts the tokens of each text before truncation.

        Args:
            texts: as in `predict`.

        Returns:
            `(tokens, unknown tokens)`: two int arrays `(texts,)`, the first with special tokens.
        """
        return self.preprocessor.token_counts(self.preprocessor.checked(texts))

    # ---- the contract of a task

    def encode_targets(self, labels):
        """Encodes labels as label numbers; see `LabelNames.numbers`."""
        return self.target_encoder()(labels)

    def class_weights_of(self, class_weight):
        """Returns the `ClassWeights` for a dict of label name or number → weight, which defaults to 1."""
        return ClassWeights.of(class_weight, self.label_names)

    def target_encoder(self):
        """Returns a function like `encode_targets` for a column in parts, which are all names or all positions."""
        reader = LabelReader(self.label_names)

        def encode(labels):
            targets = reader.numbers(labels)
            if self.compiled:
                check_targets_fit_loss(targets, self.loss)
            return targets

        return encode

    def answer_reader(self):
        """Returns the reader of probabilities: `PredictionReader`."""
        return PredictionReader(self.label_names.names, self.reject_below)

    def outputs_from_logits(self, logits):
        """Computes the float32 probabilities of logits, both `(texts, labels)`."""
        return keras.ops.softmax(keras.ops.cast(logits, "float32"), axis=-1)

    def postprocess(self, logits):
        """Converts logits `(texts, labels)` to the outputs of an export; graph-safe, see `class_outputs`."""
        return class_outputs(self.label_names.names, logits, self.outputs_from_logits(logits), self.reject_below)

    def recipe_loss(self, label_smoothing=0.0):
        """Returns the cross-entropy on logits, with label smoothing if it is above 0."""
        check_number("label_smoothing", label_smoothing, least=0, below=1)
        if label_smoothing:
            return SmoothedCrossentropy(label_smoothing)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def recipe_metrics(self):
        """Returns accuracy by its name, so that Keras selects the one for label numbers or one-hot labels."""
        return ["accuracy"]

    def loss_on_logits(self, loss):
        """Returns the loss on logits that a name means; see `logits_loss.loss_on_logits`."""
        return loss_on_logits(loss)

    def endpoints(self):
        """Returns the named functions that an export writes: dict of name → `Endpoint`."""
        text = tuple(self.preprocessor.specs.values())
        ids = tuple(tf.TensorSpec([None, None], tf.int32, name=name) for name in self.preprocessor.features)
        tokenize = self.preprocessor.__call__

        def tokens(**inputs):
            return {"logits": self(self.preprocessor.as_alone(inputs), training=False)}

        def embed(**columns):
            vector = self.embedding_model(tokenize(**columns), training=False)
            return {"embedding": tf.cast(vector, tf.float32)}

        def serving_default(**columns):
            return self.postprocess(self(tokenize(**columns), training=False))

        return {
            "serving_default": Endpoint(serving_default, text, class_rules(self.reject_below), sampled=True),
            "tokenize": Endpoint(tokenize, text),
            "tokens": Endpoint(tokens, ids),
            "embed": Endpoint(embed, text, sampled=True),
        }

    def get_config(self):
        """Returns the configuration, which is all but the weights: dict for JSON."""
        own = {"labels": self.labels, "pooling": self.pooling, "dropout": self.dropout, "l2": self.l2}
        if self.reject_below is not None:
            own["reject_below"] = self.reject_below
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Builds a classifier with new weights from a dict that `get_config` returned, now or in format 1."""
        return super().from_config(config if "preprocessor" in config else cls.upgraded(config))

    @classmethod
    def upgraded(cls, config, folder=None):
        """Converts a config of format 1 to format 2.

        Args:
            config: dict.
            folder: path of the folder that holds the vocabulary. Defaults to None: the config holds it.

        Returns:
            dict.
        """
        config = dict(config)
        vocabulary = config.pop("vocabulary") if folder is None else read_vocabulary(folder)[0]
        preprocessor = TextPreprocessor(
            WordPieceTokenizer(vocabulary, **config.pop("tokenizer")),
            columns=PAIR if config.pop("pairs") else TEXT,
            max_length=config.pop("max_length"),
        )
        name = keras.saving.get_registered_name(BertEncoder)
        encoder = {"module": None, "class_name": "BertEncoder", "config": config["encoder"], "registered_name": name}
        serialized = keras.saving.serialize_keras_object(preprocessor)
        return {**config, "encoder": encoder, "preprocessor": serialized}


def _labels_of(checkpoint, source):
    if checkpoint.num_head_outputs == 1:
        raise UserError(
            f"{source} has a head of one output, which scores texts and labels none. Give labels for a new head, and "
            'pooling="mean" (--pooling mean).'
        )
    if checkpoint.labels is None:
        head = "has no classification head"
        if checkpoint.other_head is not None:
            head = f"has a head that labels {checkpoint.other_head}, not texts"
        raise UserError(
            f"{source} {head}, so the labels must be given, e.g. "
            f'TextClassifier.from_encoder("{source}", labels=["negative", "positive"]).'
        )
    return checkpoint.labels


def _pooling_of(checkpoint, source):
    """Returns the pooling that a checkpoint specifies, `"mean"` if it specifies none; raises for an unknown one."""
    if checkpoint.pooling not in (None, *_POOLINGS):
        raise UserError(
            f"{source} makes a text's vector by {checkpoint.pooling} pooling (1_Pooling/config.json), which is not "
            'known here. Say what to take instead: pooling="mean" or "cls" (--pooling mean).'
        )
    return checkpoint.pooling or "mean"


def _check_head(checkpoint, labels, source):
    """Raises `UserError` if the labels differ in number or order from the head's; new names are accepted."""
    known, other = checkpoint.labels, "cls" if checkpoint.pooling == "mean" else "mean"
    if checkpoint.num_head_outputs != len(labels):
        raise UserError(
            f"{source} has a classification head of {counted(checkpoint.num_head_outputs, 'label')} "
            f"({', '.join(known[:10])}), "
            f'and {counted(len(labels), "label")} came. Give as many, or begin a new head with pooling="{other}" '
            f"(--pooling {other})."
        )
    if set(known) == set(labels) and known != labels:
        raise UserError(
            f"The labels came as {', '.join(labels[:10])}, and the head of {source} has them as "
            f"{', '.join(known[:10])}. Give them in the head's order."
        )


def _check_fit(encoder, preprocessor, pooling):
    if pooling not in _POOLINGS:
        raise UserError(f'pooling="{pooling}" came; known are {", ".join(_POOLINGS)}.')
    if pooling == "pooler" and encoder.pooler is None:
        raise UserError('pooling="pooler" came, and the encoder has no pooler. Use pooling="mean" or "cls".')
    if not isinstance(preprocessor, TextPreprocessor):
        return  # `check_contract` reports it, or it is another preprocessor with the same features
    size, tokens = encoder.settings["vocabulary_size"], preprocessor.tokenizer.vocabulary_size
    if tokens > size:
        raise UserError(f"The tokenizer has {tokens} tokens and the encoder {size}. Take both from one model.")
    least, limit = 1 + 2 * len(preprocessor.columns), encoder.settings["max_length"]
    max_length = preprocessor.max_length
    if isinstance(max_length, bool) or not isinstance(max_length, int) or not least <= max_length <= limit:
        raise UserError(f"max_length={max_length!r} came; this encoder takes {least} to {limit} tokens.")
