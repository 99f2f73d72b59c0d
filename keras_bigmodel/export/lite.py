"""Writes endpoints as a LiteRT file with labels and vocabulary, for phones and small machines. Knows no task."""

import tempfile
from pathlib import Path

import tensorflow as tf

from keras_bigmodel.edge.lite_network import CLASSIFY
from keras_bigmodel.export.endpoint import Endpoint
from keras_bigmodel.export.lite_int4 import with_int4_weights
from keras_bigmodel.export.lite_metadata import with_metadata
from keras_bigmodel.export.network_of_ids import check_quantize, contents_of, rows_of_outputs, truncated
from keras_bigmodel.export.saved_model import write_saved_model


def write_lite(exportable, path, *, quantize="int8"):
    """Writes a LiteRT file whose network takes ids of any length and returns probabilities, or a number.

    Args:
        exportable: as in `network_of_ids.write_network`.
        path: path of the file.
        quantize: `"int8"` (weights in 8 bits, activations at run time: LiteRT's dynamic range quantization),
            `"int4"` (see `with_int4_weights`), `"float16"` (weights) or `"none"`. Defaults to `"int8"`.

    Raises:
        UserError: `quantize` is unknown; `"int4"` came and litert-quantizer is not installed; or as
            `network_of_ids.contents_of`.

    Source: the LiteRT (TensorFlow Lite) format.
    """
    check_quantize("litert", quantize)
    contents = contents_of(exportable, "LiteRT")
    tokens = exportable.endpoints()["tokens"]

    def classify(**ids):
        return {contents.output: rows_of_outputs(exportable, tokens.function(**ids)["logits"])}

    write_lite_network(exportable, {CLASSIFY: Endpoint(classify, tokens.inputs)}, contents, path, quantize=quantize)


def write_lite_network(exportable, endpoint, contents, path, *, quantize):
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


def _converted(exportable, endpoint, quantize):
    ((signature, whole),) = endpoint.items()

    def cut(**ids):
        return whole.function(
            **{name: truncated(column, exportable.preprocessor.max_length) for name, column in ids.items()}
        )

    with tempfile.TemporaryDirectory() as folder:
        # From a folder: from_concrete_functions leaves out the weights of Keras 3 without an error.
        write_saved_model({signature: Endpoint(cut, whole.inputs)}, exportable.variables, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[signature])
        if quantize in ("int8", "float16"):
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        network = converter.convert()
    return with_int4_weights(network) if quantize == "int4" else network
