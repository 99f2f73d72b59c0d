"""Writes endpoints as a LiteRT file with labels and vocabulary, for phones and small machines. Knows no task."""

import tempfile
from pathlib import Path

import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.edge.lite_contents import QUANTIZERS, LiteContents
from keras_bigmodel.edge.lite_network import CLASSIFY
from keras_bigmodel.export.endpoint import Endpoint
from keras_bigmodel.export.lite_metadata import with_metadata
from keras_bigmodel.export.saved_model import write_saved_model
from keras_bigmodel.tokenizers import WordPieceTokenizer

LITE_FILE = "model.tflite"


def write_lite(exportable, path, *, quantize="int8"):
    """Writes a LiteRT file whose network takes ids of any length and returns probabilities.

    Args:
        exportable: `TextClassifier`: has `endpoints()` with `tokens`, `variables`, `outputs_from_logits`, `labels` and
            a preprocessor of texts; computes in float32.
        path: path of the file.
        quantize: `"int8"` (weights in 8 bits, activations at run time: LiteRT's dynamic range quantization),
            `"float16"` (weights) or `"none"`. Defaults to `"int8"`.

    Raises:
        UserError: `quantize` is unknown; `exportable` is not a classifier of texts with a `WordPieceTokenizer`; or the
            tokenizer has mode `"fast"`, which needs TensorFlow on the machine that runs the file.

    Source: the LiteRT (TensorFlow Lite) format.
    """
    check_quantize(quantize)
    contents = contents_of(exportable, "LiteRT")
    tokens = exportable.endpoints()["tokens"]

    def classify(**ids):
        return {"probabilities": exportable.outputs_from_logits(tokens.function(**ids)["logits"])}

    write_network(exportable, {CLASSIFY: Endpoint(classify, tokens.inputs)}, contents, path, quantize=quantize)


def write_network(exportable, endpoint, contents, path, *, quantize):
    """Writes a LiteRT file of one endpoint on ids of any length, with metadata and contents.

    Args:
        exportable: object with `variables` and a preprocessor that has a `max_length`.
        endpoint: dict of the name of the signature → `Endpoint` of `token_ids`, `segment_ids` and `padding_mask`.
        contents: `LiteContents`.
        path: path of the file.
        quantize: str. As in `write_lite`.
    """
    network = _converted(exportable, endpoint, quantize)
    Path(path).write_bytes(with_metadata(network, name="keras_bigmodel", tokenized=not contents.pairs))
    contents.append_to(path)


def contents_of(exportable, kind):
    """Returns the `LiteContents` of a classifier of texts.

    Args:
        exportable: `TextClassifier`.
        kind: str. What files of the format are called, for the error message.

    Raises:
        UserError: it is no classifier of texts with a `WordPieceTokenizer` in mode `"exact"`.
    """
    labels = getattr(exportable, "labels", None)
    if labels is None or not has_word_pieces(exportable):
        raise UserError(
            f"A {type(exportable).__name__} came; {kind} files are written of classifiers of texts with a "
            'WordPieceTokenizer. Export it with format="saved_model".'
        )
    return contents_with(exportable, labels)


def has_word_pieces(exportable):
    """Returns whether an exportable has a preprocessor with a `WordPieceTokenizer`."""
    return isinstance(getattr(exportable.preprocessor, "tokenizer", None), WordPieceTokenizer)


def contents_with(exportable, labels):
    """Returns the `LiteContents` of an exportable that `has_word_pieces`.

    Args:
        exportable: object with a preprocessor of texts.
        labels: sequence of str. Empty for a file that gives vectors of texts.

    Raises:
        UserError: the tokenizer is not in mode `"exact"`.
    """
    preprocessor = exportable.preprocessor
    tokenizer, settings = preprocessor.tokenizer, preprocessor.tokenizer.settings()
    if settings["mode"] != "exact":
        raise UserError(
            f'The model was trained with mode="{settings["mode"]}", whose tokenizer needs tensorflow_text. A file '
            'for ids needs a model trained with mode="exact", the default.'
        )
    return LiteContents(
        tuple(labels),
        tuple(tokenizer.vocabulary),
        settings,
        preprocessor.max_length,
        len(preprocessor.columns) > 1,
    )


def check_quantize(quantize):
    """Checks that a value of `quantize` is known.

    Args:
        quantize: str.

    Raises:
        UserError: the value is not one of `QUANTIZERS`.
    """
    if quantize not in QUANTIZERS:
        raise UserError(f'quantize="{quantize}" came; known are {", ".join(QUANTIZERS)}.')


def _converted(exportable, endpoint, quantize):
    ((signature, whole),) = endpoint.items()

    def cut(**ids):
        return whole.function(
            **{name: _truncated(column, exportable.preprocessor.max_length) for name, column in ids.items()}
        )

    with tempfile.TemporaryDirectory() as folder:
        # From a folder: from_concrete_functions leaves out the weights of Keras 3 without an error.
        write_saved_model({signature: Endpoint(cut, whole.inputs)}, exportable.variables, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[signature])
        if quantize != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        return converter.convert()


def _truncated(column, max_length):
    """Truncates ids `(texts, length)` to `max_length` and keeps the last id: MediaPipe does not truncate texts."""
    return tf.concat([column[:, :-1][:, : max_length - 1], column[:, -1:]], axis=1)
