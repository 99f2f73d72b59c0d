"""Defines the classifier of texts and of pairs of texts, one label each. Knows no file format and no HTTP."""

import keras

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.answers import PredictionReader
from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.models.bert import BertEncoder
from keras_bigmodel.preprocessors import TextPreprocessor
from keras_bigmodel.preprocessors.text_preprocessor import PAIR, TEXT
from keras_bigmodel.tasks.checkpoint_head import labels_and_head
from keras_bigmodel.tasks.class_outputs import class_outputs, class_rules
from keras_bigmodel.tasks.class_weights import ClassWeights
from keras_bigmodel.tasks.label_names import LabelNames, LabelReader
from keras_bigmodel.tasks.logits_loss import check_targets_fit_loss, loss_on_logits
from keras_bigmodel.tasks.text_task import TextTask
from keras_bigmodel.tokenizers import WordPieceTokenizer
from keras_bigmodel.tokenizers.vocabulary import read_vocabulary
from keras_bigmodel.training import SmoothedCrossentropy


@keras.saving.register_keras_serializable("keras_bigmodel")
class TextClassifier(TextTask):
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
        names = LabelNames(labels)
        check_number("reject_below", reject_below, least=0, below=1)
        super().__init__(encoder, preprocessor, len(names), pooling=pooling, dropout=dropout, l2=l2, **kwargs)
        self.label_names = names
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
        checkpoint = open_checkpoint(source)
        names, with_head = labels_and_head(checkpoint, source, cls, labels, pooling, "classification")
        how = {"pairs": pairs, "pooling": pooling, "dropout": dropout, "l2": l2, "max_length": max_length}
        how |= {"mode": mode, "ops": ops, "dtype": dtype, "freeze_encoder": freeze_encoder}
        return cls._on_checkpoint(checkpoint, source, with_head=with_head, labels=names, **how)

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

    def serving_rules(self):
        """Returns the rules by which the outputs of `postprocess` are compared; see `class_rules`."""
        return class_rules(self.reject_below)

    def hugging_face_head(self):
        """Returns the task itself and what a Hugging Face folder says of its head: dict."""
        return self, {"labels": self.labels, "problem_type": "single_label_classification"}

    def get_config(self):
        """Returns the configuration, which is all but the weights: dict for JSON."""
        own = {"labels": self.labels}
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
