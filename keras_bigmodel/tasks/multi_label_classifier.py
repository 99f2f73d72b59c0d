"""Defines the classifier that gives a text any number of labels. Knows no file format and no HTTP."""

import keras
import tensorflow as tf

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.answers import LabelSetReader
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.export import SameSides
from keras_bigmodel.tasks.checkpoint_head import labels_and_head
from keras_bigmodel.tasks.label_names import LabelNames
from keras_bigmodel.tasks.label_sets import LabelSetEncoder
from keras_bigmodel.tasks.logits_loss import MANY_LABELS_LOSSES, loss_on_logits
from keras_bigmodel.tasks.text_task import TextTask

_THRESHOLD = 0.5


@keras.saving.register_keras_serializable("keras_bigmodel")
class MultiLabelClassifier(TextTask):
    """Predicts the labels of a text or of a pair of texts: none, one or several.

    Each label has a probability of its own, and a threshold from which a text has the label. The thresholds are part of
    the model and of its exports; `bigmodel train` chooses them on validation rows, and `with_thresholds` sets others.

    Args:
        encoder: as in `TextTask`.
        preprocessor: as in `TextTask`.
        labels: sequence of str, in the order of the outputs; one label or more.
        thresholds: float for all labels, or sequence of floats in the order of the labels, each from 0 to 1. Defaults
            to 0.5.
        pooling: as in `TextTask`.
        dropout: as in `TextTask`.
        l2: as in `TextTask`.
        **kwargs: `name` and `trainable` of `keras.Model`.

    Input shape: dict of int32 `(batch, length)`: `token_ids`, `segment_ids`, `padding_mask`. Output shape: float32
    `(batch, labels)`, the logits.

    Raises:
        UserError: the labels are not accepted by `LabelNames`, a threshold is out of its range, there are not as many
            thresholds as labels, or as `TextTask`.

    Source: Devlin et al., 2018, "BERT", section 4, with a sigmoid for each label in place of the softmax.
    """

    def __init__(
        self,
        encoder,
        preprocessor,
        labels,
        *,
        thresholds=_THRESHOLD,
        pooling="mean",
        dropout=0.1,
        l2=0.0,
        **kwargs,
    ):
        names = LabelNames(labels, least=1)
        thresholds = _checked_thresholds(thresholds, names)
        super().__init__(encoder, preprocessor, len(names), pooling=pooling, dropout=dropout, l2=l2, **kwargs)
        self.label_names = names
        self.thresholds = thresholds

    @classmethod
    def from_encoder(
        cls,
        source,
        labels=None,
        *,
        thresholds=None,
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
            source: as in `TextClassifier.from_encoder`.
            labels: sequence of str. Defaults to the labels of the folder's head, which must be of the
                `problem_type` `multi_label_classification` or say none.
            thresholds: as in the class. Defaults to those of the folder's head if this package wrote it, else to 0.5.
            pairs: as in `TextClassifier.from_encoder`.
            pooling: as in `TextClassifier.from_encoder`.
            dropout: as in the class.
            l2: as in the class.
            max_length: as in `TextClassifier.from_encoder`.
            mode: as in `TextClassifier.from_encoder`.
            ops: as in `TextClassifier.from_encoder`.
            dtype: as in `TextClassifier.from_encoder`.
            freeze_encoder: as in `TextClassifier.from_encoder`.

        Raises:
            UserError: as `TextClassifier.from_encoder`.
        """
        checkpoint = open_checkpoint(source)
        names, with_head = labels_and_head(checkpoint, source, cls, labels, pooling, "multi_label", least=1)
        how = {"pairs": pairs, "pooling": pooling, "dropout": dropout, "l2": l2, "max_length": max_length}
        how |= {"mode": mode, "ops": ops, "dtype": dtype, "freeze_encoder": freeze_encoder}
        if thresholds is None:
            thresholds = (checkpoint.head_thresholds if with_head else None) or _THRESHOLD
        own = {"labels": names, "thresholds": thresholds}
        return cls._on_checkpoint(checkpoint, source, with_head=with_head, **own, **how)

    @property
    def labels(self):
        """Returns the labels in the order of the outputs: list of str."""
        return list(self.label_names.names)

    @property
    def num_outputs(self):
        """Returns the number of labels: int."""
        return len(self.label_names)

    def with_thresholds(self, thresholds):
        """Returns a copy of this classifier, with its weights, that has other thresholds.

        Args:
            thresholds: as in the class; or dict of label → float, in which labels that are left out keep theirs.

        Raises:
            UserError: as the class; or the dict names an unknown label.
        """
        if isinstance(thresholds, dict):
            unknown = [label for label in thresholds if label not in self.labels]
            if unknown:
                raise UserError(
                    f'The thresholds name the label "{unknown[0]}", which is not one of {self.label_names.listed()}.'
                )
            known = dict(zip(self.labels, self.thresholds, strict=True))
            thresholds = list({**known, **thresholds}.values())
        return self.with_config(thresholds=thresholds)

    # ---- the contract of a task

    def encode_targets(self, targets):
        """Encodes sets of labels as zeros and ones, float32 `(texts, labels)`; see `LabelSetEncoder`."""
        return self.target_encoder()(targets)

    def target_encoder(self):
        """Returns a function like `encode_targets` for a column in parts, which are all names or all positions."""
        return LabelSetEncoder(self.label_names)

    def answer_reader(self):
        """Returns the reader of probabilities: `LabelSetReader`."""
        return LabelSetReader(self.label_names.names, self.thresholds)

    def outputs_from_logits(self, logits):
        """Computes the float32 probabilities of logits, both `(texts, labels)`; each label has its own."""
        return keras.ops.sigmoid(keras.ops.cast(logits, "float32"))

    def postprocess(self, logits):
        """Converts logits to the outputs of an export; graph-safe.

        Args:
            logits: float tensor `(texts, labels)`.

        Returns:
            dict: `labels`, string `(texts, labels)`, the names of the columns; `probabilities`, float32
            `(texts, labels)`; `predicted`, bool `(texts, labels)`, whether the text has the label.
        """
        known, probabilities = tf.constant(self.labels, tf.string), self.outputs_from_logits(logits)
        return {
            "labels": tf.tile(known[tf.newaxis], [tf.shape(logits)[0], 1]),
            "probabilities": probabilities,
            "predicted": probabilities >= tf.constant(self.thresholds, probabilities.dtype),
        }

    def serving_rules(self):
        """Returns the rules by which the outputs of `postprocess` are compared: dict of output → rule."""
        return {"predicted": SameSides("probabilities", tuple(self.thresholds))}

    def recipe_loss(self, label_smoothing=0.0):
        """Returns the binary cross-entropy on logits, the mean over the labels."""
        check_number("label_smoothing", label_smoothing, least=0, below=1)
        return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=label_smoothing)

    def recipe_metrics(self):
        """Returns micro F1 at a probability of 0.5, because thresholds are chosen after training."""
        return [keras.metrics.F1Score(average="micro", threshold=0.5, name="micro_f1")]

    def loss_on_logits(self, loss):
        """Returns the loss on logits that a name means; see `logits_loss.loss_on_logits`."""
        return loss_on_logits(loss, MANY_LABELS_LOSSES)

    def hugging_face_head(self):
        """Returns the task itself and what a Hugging Face folder says of its head: dict."""
        about = {"labels": self.labels, "problem_type": "multi_label_classification"}
        return self, {**about, "thresholds": list(self.thresholds)}

    def get_config(self):
        """Returns the configuration, which is all but the weights: dict for JSON."""
        return {**super().get_config(), "labels": self.labels, "thresholds": list(self.thresholds)}


def _checked_thresholds(thresholds, names):
    if not hasattr(thresholds, "__iter__"):
        thresholds = [thresholds] * len(names)
    thresholds = list(thresholds)
    if len(thresholds) != len(names):
        raise UserError(
            f"{counted(len(thresholds), 'threshold')} came for {counted(len(names), 'label')}; wanted one number, or "
            "one for each label."
        )
    for label, threshold in zip(names.names, thresholds, strict=True):
        check_number(f'The threshold of "{label:.40}"', threshold, least=0)
        if threshold > 1:
            raise UserError(f'The threshold of "{label:.40}" is {threshold}; wanted a probability from 0 to 1.')
    return [float(threshold) for threshold in thresholds]
