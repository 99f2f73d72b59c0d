"""Stores the weights of a LiteRT network in 4 and 8 bits. Knows litert-quantizer and flatbuffers; no text."""

import logging

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.export.network_of_ids import without_output

_LEAST_ROWS = 1000  # of a table of embeddings; smaller ones stay in float
_FLOAT32, _INT8 = schema.TensorType.FLOAT32, schema.TensorType.INT8


def with_int4_weights(network):
    """Stores matrices in 4 bits, a scale per 32 weights, and tables of embeddings in 8 bits, a scale per table.

    Args:
        network: bytes of a `.tflite` file in float32.

    Returns:
        bytes of a `.tflite` file. Activations are quantized to 8 bits as the network runs.

    Raises:
        UserError: litert-quantizer is not installed, or a size of the network is not a multiple of 32.

    Source: litert-quantizer, algorithm OCTAV (Sakr et al., 2022, "Optimal Clipping and Magnitude-aware
        Differentiation"). On SST-2's development set a scale per channel changes 26 of 872 answers, one per 32
        weights 14.
    """
    try:
        from litert_quantizer import algorithm_manager, qtyping, quantizer
    except ModuleNotFoundError as error:
        raise UserError(
            f"Weights of 4 bits are written with litert-quantizer, and {error.name} is not installed. Install it: "
            "pip install litert-quantizer"
        ) from error
    logging.getLogger("absl").setLevel(logging.ERROR)
    work = quantizer.Quantizer(network)
    work.add_dynamic_config(
        ".*",
        qtyping.TFLOperationName.FULLY_CONNECTED,
        4,
        qtyping.QuantGranularity.BLOCKWISE_32,
        algorithm_manager.AlgorithmName.OCTAV,
    )
    try:
        with without_output():
            quantized = work.quantize().quantized_model
    except ValueError as error:
        raise UserError(
            f'quantize="int4" came, and litert-quantizer cannot store this network so ({error!s:.120}). Its sizes must '
            'be multiples of 32; take quantize="int8".'
        ) from error
    return _with_int8_embeddings(bytes(quantized))


def _with_int8_embeddings(network):
    """Stores the large tables that are gathered from in 8 bits: litert-quantizer leaves them in float."""
    model = _unpacked(network)
    (graph,) = model.subgraphs
    operators = []
    for operator in graph.operators:
        operators.append(operator)
        table = graph.tensors[operator.inputs[0]] if _code(model, operator) == schema.BuiltinOperator.GATHER else None
        if table is None or table.type != _FLOAT32 or model.buffers[table.buffer].data is None:
            continue
        if table.shape[0] < _LEAST_ROWS:
            continue
        _quantize(table, model.buffers[table.buffer])
        model.operatorCodes[operator.opcodeIndex].version = 2  # the first that gathers int8
        operators.append(_dequantize(model, graph, operator, table))
    graph.operators = operators
    return _packed(model)


def _code(model, operator):
    code = model.operatorCodes[operator.opcodeIndex]
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def _quantize(table, buffer):
    """Converts a tensor and its buffer to int8, symmetric, with one scale."""
    values = np.frombuffer(np.asarray(buffer.data, "uint8").tobytes(), "float32")
    scale = np.float32(max(np.abs(values).max(), 1e-12) / 127)
    buffer.data = np.frombuffer(np.round(values / scale).astype("int8").tobytes(), "uint8")
    table.type, table.quantization = _INT8, _scale(scale)


def _scale(scale):
    quantization = schema.QuantizationParametersT()
    quantization.scale, quantization.zeroPoint = [float(scale)], [0]
    return quantization


def _dequantize(model, graph, operator, table):
    """Returns the operator that converts the rows of a table to float32, and lets `operator` return them in int8."""
    output = graph.tensors[operator.outputs[0]]
    rows = schema.TensorT()
    rows.shape, rows.shapeSignature, rows.type, rows.buffer = output.shape, output.shapeSignature, _INT8, 0
    rows.name, rows.quantization = output.name + b"_int8", _scale(table.quantization.scale[0])
    graph.tensors.append(rows)
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
    code.version = 2
    model.operatorCodes.append(code)
    back = schema.OperatorT()
    back.opcodeIndex, back.inputs = len(model.operatorCodes) - 1, [len(graph.tensors) - 1]
    back.outputs, operator.outputs = operator.outputs, [len(graph.tensors) - 1]
    return back


def _unpacked(network):
    """Returns the network as an object, with the weights in it: litert-quantizer writes them after the flatbuffer."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(network, 0))
    for buffer in model.buffers:
        if buffer.offset > 1:
            buffer.data = np.frombuffer(network, "uint8", buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    return model


def _packed(model):
    builder = flatbuffers.Builder(2**20)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
