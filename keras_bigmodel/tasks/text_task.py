"""Defines what tasks on the vector of a text have in common. Knows encoders and preprocessors; no kind of answer."""

import keras
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number, check_switch
from keras_bigmodel.export import Endpoint
from keras_bigmodel.layers import ClsPooling, MeanPooling
from keras_bigmodel.preprocessors import TextPreprocessor
from keras_bigmodel.preprocessors.text_preprocessor import PAIR, TEXT
from keras_bigmodel.tasks.checkpoint_head import POOLINGS, pooling_of
from keras_bigmodel.tasks.task import Task
from keras_bigmodel.tokenizers import WordPieceTokenizer
from keras_bigmodel.training import resolve_dtype

_MAX_LENGTH = 128


class TextTask(Task):
    """Computes numbers from the vector of a text, or of a pair of texts: the base of all tasks on texts.

    A subclass calls this constructor with the number of outputs, and defines what `Task` wants and `postprocess`. It
    overrides `head`, `vector` and `serving_rules` if those of this class do not fit.

    Args:
        encoder: `BertEncoder`.
        preprocessor: `TextPreprocessor` for texts or pairs, whose tokenizer and maximum length fit the encoder.
        num_outputs: int. The number of logits.
        pooling: str. `"mean"` averages the states of the tokens, `"cls"` takes the state of the first token, and
            `"pooler"` applies BERT's pooler to it. Defaults to `"mean"`.
        dropout: float in [0, 1). Dropout rate of the text's vector in training. Defaults to 0.1.
        l2: float. Adds `l2` times the sum of squares of the head's kernel to the loss. Defaults to 0.
        **kwargs: `name` and `trainable` of `keras.Model`.

    Input shape: dict of int32 `(batch, length)`: `token_ids`, `segment_ids`, `padding_mask`. Output shape: float32
    `(batch, num_outputs)`, the logits.

    Raises:
        UserError: `dropout` or `l2` is out of its range; or the pooling, the maximum length or the vocabulary does not
            fit the encoder.

    Source: Devlin et al., 2018, "BERT", section 4.
    """

    def __init__(self, encoder, preprocessor, num_outputs, *, pooling="mean", dropout=0.1, l2=0.0, **kwargs):
        unknown = sorted(set(kwargs) - {"name", "trainable"})
        if unknown:  # Keras's functional models ignore unknown arguments
            raise TypeError(f"{type(self).__name__} takes no argument {', '.join(unknown)}.")
        _check_fit(encoder, preprocessor, pooling)
        check_number("dropout", dropout, least=0, below=1)
        check_number("l2", l2, least=0)

        # Wiring
        dtype = encoder.embedding.dtype_policy
        inner = [2] * bool(getattr(preprocessor, "separate", False))
        inputs = {
            name: keras.Input((None, *inner), dtype="int32", name=name)
            for name in ("token_ids", "segment_ids", "padding_mask")
        }
        vectors = self.vectors(encoder, inputs, pooling, dtype)
        logits = self.head(vectors, num_outputs, dropout=dropout, l2=l2, dtype=dtype)
        super().__init__(inputs, logits, encoder=encoder, preprocessor=preprocessor, **kwargs)

        # Settings
        self.embedding_model = keras.Model(inputs, vectors, name="embedding_model")
        self.pooling = pooling
        self.dropout = dropout
        self.l2 = l2

    def vectors(self, encoder, inputs, pooling, dtype):
        """Returns the vector of each row: `keras.KerasTensor` `(batch, hidden_dim)`. Called while the model is built.

        Args:
            encoder: as in the class.
            inputs: dict of name → `keras.Input`.
            pooling: as in the class.
            dtype: dtype policy of the layers.
        """
        outputs = encoder(inputs)
        if pooling == "pooler":
            return outputs["pooled_output"]
        pool = {"mean": MeanPooling, "cls": ClsPooling}[pooling](dtype=dtype, name="pooling")
        return pool(outputs["sequence_output"], mask=inputs["padding_mask"])

    def head(self, vectors, num_outputs, *, dropout, l2, dtype):
        """Returns the logits: `keras.KerasTensor` `(batch, num_outputs)`. Called while the model is built.

        Args:
            vectors: what `vectors` returned.
            num_outputs: int.
            dropout: as in the class.
            l2: as in the class.
            dtype: dtype policy of the dropout.
        """
        drop = keras.layers.Dropout(dropout, dtype=dtype, name="dropout")
        # float32: the loss and the probabilities need more digits than bfloat16 has.
        penalty = keras.regularizers.L2(l2) if l2 else None
        return keras.layers.Dense(num_outputs, kernel_regularizer=penalty, dtype="float32", name="logits")(
            drop(vectors)
        )

    @classmethod
    def _on_checkpoint(
        cls,
        checkpoint,
        source,
        *,
        with_head,
        pairs,
        pooling,
        dropout,
        l2,
        max_length,
        mode,
        ops,
        dtype,
        freeze_encoder,
        separate=False,
        **own,
    ):
        """Builds a task on the encoder of a checkpoint.

        Args:
            checkpoint: what `checkpoints.open_checkpoint` returned.
            source: str or path that it was opened with.
            with_head: bool. Whether the checkpoint's head is loaded into the layer `logits`.
            separate: as in `TextPreprocessor`.
            pairs: as in `TextClassifier.from_encoder`.
            pooling: as there.
            dropout: as there.
            l2: as there.
            max_length: as there.
            mode: as there.
            ops: as there.
            dtype: as there.
            freeze_encoder: as there.
            **own: arguments that only this class's constructor has.
        """
        check_switch("pairs", pairs)
        check_switch("freeze_encoder", freeze_encoder)
        pooling = pooling or pooling_of(checkpoint, source)
        encoder = checkpoint.load_encoder(pooler=pooling == "pooler", dtype=resolve_dtype(dtype))
        vocabulary, settings = checkpoint.vocabulary()
        preprocessor = TextPreprocessor(
            WordPieceTokenizer(vocabulary, mode=mode, ops=ops, **settings),
            columns=PAIR if pairs else TEXT,
            max_length=min(_MAX_LENGTH, encoder.settings["max_length"]) if max_length is None else max_length,
            separate=separate,
        )
        task = cls(encoder, preprocessor, pooling=pooling, dropout=dropout, l2=l2, **own)
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
    def text_limit(self):
        """Returns the number of tokens at which texts are truncated: int."""
        return self.max_length

    @property
    def pairs(self):
        """Returns whether each row is a pair of texts: bool."""
        return self.preprocessor.columns == PAIR

    def token_counts(self, texts):
        """Counts the tokens of each text before truncation.

        Args:
            texts: as in `predict`.

        Returns:
            `(tokens, unknown tokens)`: two int arrays `(texts,)`, the first with special tokens.
        """
        return self.preprocessor.token_counts(self.preprocessor.checked(texts))

    # ---- the contract of a task

    def postprocess(self, logits):
        """Converts logits to the outputs of an export: dict of name → tensor `(texts, ...)`; graph-safe."""
        raise NotImplementedError

    def serving_rules(self):
        """Returns the rules by which the outputs of `postprocess` are compared: dict of output → rule."""
        return {}

    def endpoints(self):
        """Returns the named functions that an export writes: dict of name → `Endpoint`."""
        text = tuple(self.preprocessor.specs.values())
        ids = tuple(
            tf.TensorSpec(tensor.shape, tf.int32, name=name)
            for name, tensor in ((name, self.input[name]) for name in self.preprocessor.features)
        )
        tokenize, of_vectors = self.preprocessor.__call__, self.embedder().preprocessor

        def tokens(**inputs):
            return {"logits": self(self.preprocessor.as_alone(inputs), training=False)}

        def embed(**columns):
            vector = self.embedding_model(of_vectors(**columns), training=False)
            return {"embedding": tf.cast(vector, tf.float32)}

        def serving_default(**columns):
            return self.postprocess(self(tokenize(**columns), training=False))

        return {
            "serving_default": Endpoint(serving_default, text, self.serving_rules(), sampled=True),
            "tokenize": Endpoint(tokenize, text),
            "tokens": Endpoint(tokens, ids),
            "embed": Endpoint(embed, tuple(of_vectors.specs.values()), sampled=True),
        }

    def get_config(self):
        """Returns the configuration, which is all but the weights: dict for JSON."""
        return {**super().get_config(), "pooling": self.pooling, "dropout": self.dropout, "l2": self.l2}


def _check_fit(encoder, preprocessor, pooling):
    if pooling not in POOLINGS:
        raise UserError(f'pooling="{pooling}" came; known are {", ".join(POOLINGS)}.')
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
