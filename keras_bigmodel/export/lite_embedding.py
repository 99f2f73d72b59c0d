"""Writes the vectors of a task's texts as a LiteRT file, for search on phones and small machines. Knows no task."""

import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.edge.lite_network import EMBED
from keras_bigmodel.export.endpoint import Endpoint
from keras_bigmodel.export.lite import write_lite_network
from keras_bigmodel.export.network_of_ids import check_quantize, contents_with, has_word_pieces


def write_lite_embedding(exportable, path, *, quantize="int8"):
    """Writes a LiteRT file whose network takes ids of any length and returns the vector of each text.

    Args:
        exportable: object with `embedding_model`, `variables` and a preprocessor of texts, such as a `TextClassifier`;
            computes in float32.
        path: path of the file.
        quantize: `"int8"` (the default), `"float16"` or `"none"`.

    Raises:
        UserError: `quantize` is unknown; `exportable` has no vectors, or no `WordPieceTokenizer`; or the tokenizer has
            mode `"fast"`, which needs TensorFlow on the machine that runs the file.

    Source: the LiteRT (TensorFlow Lite) format.
    """
    check_quantize("litert_embedding", quantize)
    exportable = embedder_of(exportable)
    if getattr(exportable, "embedding_model", None) is None or not has_word_pieces(exportable):
        raise UserError(
            f"A {type(exportable).__name__} came; LiteRT files of vectors are written of tasks that have vectors of "
            'texts and a WordPieceTokenizer. Export it with format="saved_model".'
        )

    def embed(**ids):
        return {"embedding": vectors_of(exportable, ids)}

    specs = tuple(tf.TensorSpec([None, None], tf.int32, name=name) for name in exportable.preprocessor.features)
    contents = contents_with(exportable, labels=())
    write_lite_network(exportable, {EMBED: Endpoint(embed, specs)}, contents, path, quantize=quantize)


def embedder_of(exportable):
    """Returns what gives the vectors of an exportable: itself, or its `embedder` of single texts.

    Args:
        exportable: as in `write_lite_embedding`.
    """
    return exportable.embedder() if hasattr(exportable, "embedder") else exportable


def vectors_of(exportable, features):
    """Computes the vectors of rows: float32 tensor `(rows, width)`.

    Args:
        exportable: object with `embedding_model`.
        features: dict of feature → tensor.
    """
    return tf.cast(exportable.embedding_model(features, training=False), tf.float32)
