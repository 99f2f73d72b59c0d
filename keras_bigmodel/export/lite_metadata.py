"""Adds to a LiteRT network the metadata that MediaPipe reads. Knows flatbuffers; no text, no weights."""

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from keras_bigmodel.edge.lite_contents import LABELS_FILE, VOCABULARY_FILE

# From metadata_schema.fbs of TensorFlow Lite, 1.5.0: numbers of tables' fields, and members of unions and enumerations.
_IDENTIFIER, _ENTRY, _PARSER_VERSION = b"M001", "TFLITE_METADATA", "1.1.0"
_FILE_NAME, _FILE_DESCRIPTION, _FILE_TYPE = 0, 1, 2
_AXIS_LABELS, _VOCABULARY = 2, 5
_TENSOR_NAME, _TENSOR_DESCRIPTION, _TENSOR_CONTENT, _TENSOR_FILES = 0, 1, 3, 6
_CONTENT_KIND, _CONTENT, _FEATURE = 0, 1, 1
_UNIT_KIND, _UNIT, _BERT_TOKENIZER = 0, 1, 4
_SUBGRAPH_INPUTS, _SUBGRAPH_OUTPUTS, _SUBGRAPH_UNITS = 2, 3, 5
_MODEL_NAME, _MODEL_DESCRIPTION, _MODEL_SUBGRAPHS, _MODEL_PARSER = 0, 1, 3, 7

# Name and description of each input of a BERT, as MediaPipe's TextClassifier expects them.
_INPUTS = {
    "token_ids": ("ids", "Ids of the pieces of [CLS] text [SEP]."),
    "padding_mask": ("mask", "1 for pieces, 0 for padding."),
    "segment_ids": ("segment_ids", "0 for the first text, 1 for the second."),
}
# By output of the signature: its name and description for MediaPipe's TextClassifier and TextEmbedder, and the model's.
_OUTPUTS = {
    "probabilities": ("probability", "Of each label.", "A classifier of texts."),
    "score": ("score", "The number of the text.", "A regressor of texts."),
    "embedding": ("embedding", "The vector of the text.", "An embedder of texts."),
}
_ALIGNMENT = 16  # bytes; the alignment of weights in a LiteRT file


def with_metadata(network, *, name, tokenized):
    """Adds metadata to a LiteRT network.

    Args:
        network: bytes of a `.tflite` file with one signature of `token_ids`, `padding_mask`, `segment_ids` and of
            `probabilities`, `score` or `embedding`.
        name: str. Name of the model in the metadata.
        tokenized: bool. Whether MediaPipe may tokenize for the model; False for pairs of texts.

    Returns:
        bytes of the file, to which the labels and the vocabulary must still be appended.

    Source: "TensorFlow Lite metadata"; metadata_schema.fbs.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(network, 0))
    by_tensor = {entry.tensorIndex: entry.name.decode() for entry in model.signatureDefs[0].inputs}
    (output,) = (entry.name.decode() for entry in model.signatureDefs[0].outputs)
    described = _described([by_tensor[index] for index in model.subgraphs[0].inputs], output, name, tokenized)
    model.buffers = [_Buffer(buffer.data) for buffer in model.buffers] + [_Buffer(np.frombuffer(described, "uint8"))]
    entry = schema.MetadataT()
    entry.name, entry.buffer = _ENTRY, len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(network) + len(described) + 2**16)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


class _Buffer(schema.BufferT):
    """Writes weights at an aligned address, which kernels read fast; the generated class ignores `force_align`."""

    def __init__(self, data):
        super().__init__()
        self.data = data

    def Pack(self, builder):  # noqa: N802, the name that flatbuffers calls
        vector = None
        if self.data is not None and len(self.data):
            data = np.asarray(self.data, "uint8")
            builder.StartVector(1, len(data), _ALIGNMENT)
            builder.head -= len(data)
            builder.Bytes[builder.Head() : builder.Head() + len(data)] = data.tobytes()
            vector = builder.EndVector()
        schema.BufferStart(builder)
        if vector is not None:
            schema.BufferAddData(builder, vector)
        return schema.BufferEnd(builder)


def _described(inputs, output, name, tokenized):
    """Returns the metadata of a model as the bytes of a flatbuffer; the inputs are in the network's order."""
    builder = flatbuffers.Builder(4096)
    tensors = [_tensor(builder, *_INPUTS[given]) for given in inputs]
    files, (*words, description) = None, _OUTPUTS[output]
    if output == "probabilities":
        labels = _file(builder, LABELS_FILE, "One label a line, in the order of the probabilities.", _AXIS_LABELS)
        files = _offsets(builder, [labels])
    answer = _tensor(builder, *words, files)
    subgraph = {_SUBGRAPH_INPUTS: _offsets(builder, tensors), _SUBGRAPH_OUTPUTS: _offsets(builder, [answer])}
    if tokenized:
        subgraph[_SUBGRAPH_UNITS] = _offsets(builder, [_tokenizer(builder)])
    subgraphs = _offsets(builder, [_table(builder, subgraph)])
    fields = {
        _MODEL_NAME: builder.CreateString(name),
        _MODEL_DESCRIPTION: builder.CreateString(description),
        _MODEL_SUBGRAPHS: subgraphs,
        _MODEL_PARSER: builder.CreateString(_PARSER_VERSION),
    }
    builder.Finish(_table(builder, fields), file_identifier=_IDENTIFIER)
    return bytes(builder.Output())


def _tensor(builder, name, description, files=None):
    content = _table(builder, {_CONTENT: _table(builder, {})}, {_CONTENT_KIND: _FEATURE})
    fields = {_TENSOR_NAME: builder.CreateString(name), _TENSOR_DESCRIPTION: builder.CreateString(description)}
    fields[_TENSOR_CONTENT] = content
    if files is not None:
        fields[_TENSOR_FILES] = files
    return _table(builder, fields)


def _tokenizer(builder):
    vocabulary = _file(builder, VOCABULARY_FILE, "One piece a line, in the order of the ids.", _VOCABULARY)
    options = _table(builder, {0: _offsets(builder, [vocabulary])})
    return _table(builder, {_UNIT: options}, {_UNIT_KIND: _BERT_TOKENIZER})


def _file(builder, name, description, kind):
    fields = {_FILE_NAME: builder.CreateString(name), _FILE_DESCRIPTION: builder.CreateString(description)}
    return _table(builder, fields, {_FILE_TYPE: kind})


def _offsets(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _table(builder, offsets, numbers=None):
    """Writes a table from its fields by number: offsets of parts already written, and small numbers."""
    numbers = numbers or {}
    builder.StartObject(max([*offsets, *numbers], default=-1) + 1)
    for field, offset in offsets.items():
        builder.PrependUOffsetTRelativeSlot(field, offset, 0)
    for field, number in numbers.items():
        builder.PrependUint8Slot(field, number, 0)
    return builder.EndObject()
