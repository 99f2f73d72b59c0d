"""Writes a task's network as an ONNX file with labels and vocabulary inside. Knows tf2onnx; no task."""

import logging
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_bigmodel.export.network_of_ids import SIGNATURE, check_packages, check_quantize, contents_of, write_network

_OPSET = 17


def write_onnx(exportable, path, *, quantize="none"):
    """Writes an ONNX file whose network takes ids of any length and returns logits and probabilities.

    Args:
        exportable: as in `network_of_ids.write_network`.
        path: path of the file.
        quantize: `"none"`, or `"int8"` (weights in 8 bits, activations at run time: ONNX Runtime's dynamic
            quantization). Defaults to `"none"`.

    Raises:
        UserError: tf2onnx, onnx or onnxruntime is not installed; `quantize` is unknown; or as
            `network_of_ids.contents_of`.

    Source: Open Neural Network Exchange, opset 17; tf2onnx.
    """
    check_quantize("onnx", quantize)
    contents = contents_of(exportable, "ONNX")
    check_packages("onnx", quantize)
    import onnx
    from onnxruntime.quantization import quantize_dynamic

    model = _converted(exportable)
    with tempfile.TemporaryDirectory() as aside:
        written = Path(aside, "model.onnx")
        onnx.save(model, written)
        if quantize == "int8":
            # A scale per channel: with one per matrix MiniLM changes 3.4 % of the answers on its own texts, not 2.0 %.
            quantize_dynamic(written, Path(aside, "int8.onnx"), per_channel=True)
            model = onnx.load(Path(aside, "int8.onnx"))
    for name, text in contents.to_metadata().items():
        model.metadata_props.add(key=name, value=text)
    onnx.save(model, path)


def _converted(exportable):
    """Returns the network as an `onnx.ModelProto`, its inputs and outputs by their names."""
    from tf2onnx import optimizer, tf_loader, tfonnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        write_network(exportable, folder)
        loaded = tf.saved_model.load(folder)  # its variables live as long as it does
        network = loaded.signatures[SIGNATURE]
        wanted = set(network.structured_input_signature[1])
        inputs = {
            tensor.name: tensor.name.rpartition(":")[0].removeprefix(f"{SIGNATURE}_") for tensor in network.inputs
        }
        inputs = {name: short for name, short in inputs.items() if short in wanted}
        outputs = dict(
            zip([tensor.name for tensor in network.outputs], sorted(network.structured_outputs), strict=True)
        )
        frozen = tf_loader.from_function(network, list(inputs), list(outputs))
    how = {"input_names": list(inputs), "output_names": list(outputs), "tensors_to_rename": inputs | outputs}
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(frozen, name="")
        converted = tfonnx.process_tf_graph(graph, opset=_OPSET, custom_op_handlers={"Erfc": (_erfc, [])}, **how)
    # Not tf2onnx's own optimizations: they take the shape of one tensor for that of another where a reshape follows a
    # reshape. ONNX Runtime optimizes the graph when it loads it.
    return optimizer.optimize_graph(converted, optimizers={}).make_model("keras_bigmodel")


def _erfc(context, node, name, args):
    """Writes 1 - erf(x) for TensorFlow's Erfc, which ONNX does not have."""
    dtype, shape = context.get_dtype(node.output[0]), context.get_shape(node.output[0])
    (given,), (output,) = node.input, node.output
    context.remove_node(node.name)
    erf = context.make_node("Erf", [given], dtypes=[dtype], shapes=[shape])
    one = context.make_const(f"{name}/one", np.array(1.0, "float32"))
    how = {"name": name, "outputs": [output], "dtypes": [dtype], "shapes": [shape]}
    context.make_node("Sub", [one.output[0], erf.output[0]], **how)
