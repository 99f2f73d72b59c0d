"""Defines the regressor that gives a text, or a pair of texts, a number. Knows no file format and no HTTP."""

import keras
import numpy as np

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.answers import ScoreReader
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.preprocessors import TextPreprocessor
from keras_bigmodel.tasks.checkpoint_head import check_kind, check_one_output, uses_head
from keras_bigmodel.tasks.number_column import number_column
from keras_bigmodel.tasks.text_task import TextTask
from keras_bigmodel.training import ScaledSquaredError

HEADS = ("linear", "cosine")
_FAR = 1.5  # times the scale: no cosine comes there


@keras.saving.register_keras_serializable("keras_bigmodel")
class TextRegressor(TextTask):
    """Predicts a number for a text or for a pair of texts, such as a rating or how alike two sentences are.

    The score is `offset + scale * x`. With the head `"linear"`, `x` is a linear function of the vector of the text, or
    of the pair, which the encoder reads as one row. With `"cosine"`, each text of a pair has a vector of its own, and
    `x` is their cosine, so that vectors of texts can be stored and compared later.

    Args:
        encoder: as in `TextTask`.
        preprocessor: as in `TextTask`; for `"cosine"` with `separate=True`.
        head_kind: str. `"linear"` or `"cosine"`. Defaults to `"linear"`.
        scale: float above 0. Defaults to 1.
        offset: float. Defaults to 0.
        pooling: as in `TextTask`.
        dropout: as in `TextTask`; `"cosine"` has no dropout of vectors.
        l2: as in `TextTask`.
        **kwargs: `name` and `trainable` of `keras.Model`.

    Input shape: dict of int32 `(batch, length)`, or `(batch, length, 2)` for `"cosine"`: `token_ids`, `segment_ids`,
    `padding_mask`. Output shape: float32 `(batch, 1)`, the scores.

    Raises:
        UserError: the head is unknown, does not fit the preprocessor, `scale` or `offset` is out of its range, or as
            `TextTask`.

    Source: Devlin et al., 2018, "BERT", section 4.1 (STS-B); Reimers and Gurevych, 2019, "Sentence-BERT" (cosine).
    """

    def __init__(
        self,
        encoder,
        preprocessor,
        *,
        head_kind="linear",
        scale=1.0,
        offset=0.0,
        pooling="mean",
        dropout=0.1,
        l2=0.0,
        **kwargs,
    ):
        if head_kind not in HEADS:
            raise UserError(f'head_kind="{head_kind}" came; known are {", ".join(HEADS)}.')
        if (head_kind == "cosine") != bool(getattr(preprocessor, "separate", False)):
            raise UserError(
                'The head "cosine" compares the vectors of two texts, and they come from a TextPreprocessor with '
                f"separate=True alone; head_kind={head_kind!r} came. TextRegressor.from_encoder makes both fit."
            )
        check_number("scale", scale, above=0)
        check_number("offset", offset)
        # Read while the model is built. Not through Keras, which tracks nothing before its own constructor has run.
        object.__setattr__(self, "_form", (head_kind, float(scale), float(offset)))
        super().__init__(encoder, preprocessor, 1, pooling=pooling, dropout=dropout, l2=l2, **kwargs)
        self.head_kind, self.scale, self.offset = self._form
        if head_kind == "cosine":
            inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in preprocessor.features}
            vectors = super().vectors(encoder, inputs, pooling, encoder.embedding.dtype_policy)
            self.embedding_model = keras.Model(inputs, vectors, name="embedding_model")

    @classmethod
    def from_encoder(
        cls,
        source,
        targets=None,
        *,
        head_kind="linear",
        scale=None,
        offset=None,
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
        """Builds a regressor on a pretrained encoder.

        A folder's own head is loaded if it has one output, and no `targets`, `scale` or `offset` came.

        Args:
            source: as in `TextClassifier.from_encoder`.
            targets: list of numbers, the targets of training, from which `scale` and `offset` are computed: their
                deviation and mean for `"linear"`, their range and smallest for `"cosine"`. Defaults to None: 1 and 0.
            head_kind: as in the class.
            scale: float above 0. Defaults to that of `targets`.
            offset: float. Defaults to that of `targets`.
            pairs: bool. Whether each input is a pair of texts; needed for `"cosine"`. Defaults to False.
            pooling: as in `TextClassifier.from_encoder`.
            dropout: as in the class.
            l2: as in the class.
            max_length: as in `TextClassifier.from_encoder`; for `"cosine"` of each of the two texts.
            mode: as in `TextClassifier.from_encoder`.
            ops: as in `TextClassifier.from_encoder`.
            dtype: as in `TextClassifier.from_encoder`.
            freeze_encoder: as in `TextClassifier.from_encoder`.

        Raises:
            UserError: the targets are all equal, or no numbers; the head of the folder does not give one number; or as
                `TextClassifier.from_encoder`.
        """
        checkpoint = open_checkpoint(source)
        is_new = head_kind != "linear" or (targets, scale, offset) != (None, None, None)
        with_head = not is_new and uses_head(checkpoint, pooling)
        if with_head:
            check_kind(checkpoint, source, "regression")
            check_one_output(checkpoint, source)
        found_scale, found_offset = (1.0, 0.0) if targets is None else form_of(targets, head_kind)
        form = {"head_kind": head_kind, "scale": found_scale if scale is None else scale}
        form["offset"] = found_offset if offset is None else offset
        if head_kind == "cosine" and not pairs:
            raise UserError('The head "cosine" compares two texts. Give pairs (pairs=True; --pair COLUMN).')
        how = {"pairs": pairs, "pooling": pooling, "dropout": dropout, "l2": l2, "max_length": max_length}
        how |= {"mode": mode, "ops": ops, "dtype": dtype, "freeze_encoder": freeze_encoder}
        how["separate"] = head_kind == "cosine"
        return cls._on_checkpoint(checkpoint, source, with_head=with_head, **form, **how)

    def vectors(self, encoder, inputs, pooling, dtype):
        """Returns the vector of each row, or for `"cosine"` of each of its two texts: `(batch, 2, hidden_dim)`."""
        if self._form[0] == "linear":
            return super().vectors(encoder, inputs, pooling, dtype)
        ops = keras.ops
        # (batch, length, 2) -> (2 · batch, length), all first texts before all second ones
        apart = {name: ops.concatenate([ids[:, :, 0], ids[:, :, 1]], axis=0) for name, ids in inputs.items()}
        vectors = super().vectors(encoder, apart, pooling, dtype)
        return ops.transpose(ops.reshape(vectors, (2, -1, encoder.settings["hidden_dim"])), (1, 0, 2))

    def head(self, vectors, num_outputs, *, dropout, l2, dtype):
        """Returns the scores: `keras.KerasTensor` `(batch, 1)`."""
        kind, scale, offset = self._form
        if kind == "linear":
            score = super().head(vectors, num_outputs, dropout=dropout, l2=l2, dtype=dtype)
        else:
            vectors = keras.ops.normalize(keras.ops.cast(vectors, "float32"), axis=-1)
            score = keras.ops.sum(vectors[:, 0] * vectors[:, 1], axis=-1, keepdims=True)
        return score if (scale, offset) == (1.0, 0.0) else score * scale + offset

    @property
    def num_outputs(self):
        """Returns 1, the number of outputs: int."""
        return 1

    def embedder(self):
        """Returns what gives the vectors: the task itself, or for `"cosine"` an object that takes single texts."""
        return self if self.head_kind == "linear" else _OfOneText(self)

    # ---- the contract of a task

    def encode_targets(self, targets):
        """Encodes targets as numbers, float32 `(texts,)`; see `number_column`.

        Raises:
            UserError: as `number_column`; or most targets are far from all scores that a cosine gives.
        """
        numbers = number_column(targets)
        if self.head_kind == "cosine" and len(numbers):
            middle = float(np.median(numbers))
            if abs(middle - self.offset) > _FAR * self.scale:
                low, high = self.offset - self.scale, self.offset + self.scale
                raise UserError(
                    f"Half of the targets are {'above' if middle > high else 'below'} {middle:g}, and the head "
                    f'"cosine" gives scores from {low:g} to {high:g}. Give the targets of training to '
                    "TextRegressor.from_encoder (targets=...), which sets scale and offset."
                )
        return numbers

    def answer_reader(self):
        """Returns the reader of scores: `ScoreReader`."""
        return ScoreReader()

    def outputs_from_logits(self, logits):
        """Returns the scores, float32 `(texts,)`, of logits `(texts, 1)`."""
        return keras.ops.cast(logits, "float32")[:, 0]

    def postprocess(self, logits):
        """Converts logits `(texts, 1)` to the output of an export: dict of `score`, float32 `(texts,)`; graph-safe."""
        return {"score": self.outputs_from_logits(logits)}

    def recipe_loss(self, label_smoothing=0.0):
        """Returns the mean squared error in units of `scale`.

        Raises:
            UserError: `label_smoothing` is not 0, and there are no labels to smooth.
        """
        if label_smoothing:
            raise UserError(f"label_smoothing={label_smoothing} came, and a TextRegressor has no labels to smooth.")
        return ScaledSquaredError(self.scale)

    def recipe_metrics(self):
        """Returns the root of the mean squared error, in the units of the targets."""
        return [keras.metrics.RootMeanSquaredError(name="rmse")]

    def hugging_face_head(self):
        """Returns a copy whose head gives the scores themselves, and what a Hugging Face folder says of it: dict.

        Raises:
            UserError: the head is `"cosine"`, for which transformers has no class.
        """
        if self.head_kind == "cosine":
            raise UserError(
                "This model compares the vectors of two texts, which no head of transformers does. Export it with "
                'format="saved_model".'
            )
        plain = self.with_config(scale=1.0, offset=0.0)
        kernel, bias = self.get_layer("logits").get_weights()
        plain.get_layer("logits").set_weights([kernel * self.scale, bias * self.scale + self.offset])
        return plain, {"labels": ["LABEL_0"], "problem_type": "regression"}

    def get_config(self):
        """Returns the configuration, which is all but the weights: dict for JSON."""
        own = {"head_kind": self.head_kind, "scale": self.scale, "offset": self.offset}
        return {**super().get_config(), **own}


class _OfOneText:
    """Stands for a regressor of pairs where one text is embedded: it has another preprocessor, and all else."""

    def __init__(self, task):
        self._task = task
        self.preprocessor = TextPreprocessor(task.tokenizer, max_length=task.max_length)

    def __getattr__(self, name):
        return getattr(self._task, name)


def form_of(targets, head_kind):
    """Returns the scale and the offset of scores: deviation and mean for `"linear"`, range and smallest for `"cosine"`.

    Args:
        targets: list of numbers; see `number_column`.
        head_kind: str. One of `HEADS`.

    Returns:
        `(float, float)`.

    Raises:
        UserError: all targets are equal, or one is no finite number.
    """
    numbers = number_column(targets).astype("float64")
    if not len(numbers) or np.ptp(numbers) == 0:
        raise UserError(
            f"All {len(numbers)} targets are {numbers[0] if len(numbers) else 'missing'}; there is nothing to learn. "
            "Give different numbers."
        )
    pair = (np.ptp(numbers), numbers.min()) if head_kind == "cosine" else (numbers.std(), numbers.mean())
    return tuple(float(f"{number:.6g}") for number in pair)
