"""Reads what a LiteRT file holds: signatures, tensors, ops, weights. Knows the flatbuffer; judges nothing."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from keras_bigmodel.core.sentences import counted

_METADATA = "TFLITE_METADATA"
_SMALL = 4096  # bytes; smaller buffers are not compared
_MOST_GRAPHS, _MOST_PARTS = 1000, 2_000_000  # more are no model, and reading them takes all memory
_NAMES = lambda table: {value: name for name, value in vars(table).items() if isinstance(value, int)}
OPS, _TYPES = _NAMES(schema.BuiltinOperator), _NAMES(schema.TensorType)


@dataclass(frozen=True)
class LiteTensor:
    """Holds what a signature says of a tensor.

    Args:
        name: str. By the signature, or the tensor's own where there is none.
        kind: str. Type, e.g. `"INT32"`, or its number if it is not known here.
        shape: list of int, -1 for an open dimension; None if the rank is unknown.
    """

    name: str
    kind: str
    shape: list | None

    @property
    def words(self):
        """Returns name, type and shape: str."""
        sizes = "..." if self.shape is None else ", ".join("?" if size < 0 else str(size) for size in self.shape)
        return f"{self.name} {self.kind.lower()} ({sizes})"


class LiteModel:
    """Holds the contents of a LiteRT file.

    Args:
        content: bytes of the file.

    Raises:
        ValueError: the file claims more parts than any model has. Damaged files also raise what flatbuffers raises.

    Source: schema.fbs of TensorFlow Lite, version 3.
    """

    def __init__(self, content):
        self._content = content
        root = schema.Model.GetRootAsModel(content, 0)
        graphs = root.SubgraphsLength()
        parts = root.BuffersLength() + root.OperatorCodesLength()
        if 0 < graphs <= _MOST_GRAPHS:
            found = [root.Subgraphs(number) for number in range(graphs)]
            parts += sum(graph.TensorsLength() + graph.OperatorsLength() for graph in found)
        if not 0 < graphs <= _MOST_GRAPHS or parts > min(_MOST_PARTS, len(content)):
            raise ValueError(f"{graphs:,} graphs and {parts:,} parts in {len(content):,} bytes")
        self._model = schema.ModelT.InitFromObj(root)

    @property
    def has_signatures(self):
        """Returns whether inputs and outputs have names: bool."""
        return bool(self._model.signatureDefs)

    @property
    def has_metadata(self):
        """Returns whether the file has the metadata that MediaPipe reads: bool."""
        return _METADATA in [_text(entry.name) for entry in self._model.metadata or []]

    @cached_property
    def inputs(self):
        """Returns the inputs of all signatures: list of `LiteTensor`."""
        return self._named("inputs")

    @cached_property
    def outputs(self):
        """Returns the outputs of all signatures: list of `LiteTensor`."""
        return self._named("outputs")

    @property
    def op_codes(self):
        """Returns the numbers of the built-in ops: set of int."""
        return {_code(code) for code in self._model.operatorCodes or []}

    @property
    def custom_ops(self):
        """Returns the names of the custom ops: sorted list of str."""
        codes = self._model.operatorCodes or []
        return sorted({_text(code.customCode) for code in codes if _code(code) == schema.BuiltinOperator.CUSTOM})

    @cached_property
    def sizes(self):
        """Returns the bytes of constants by type, the largest first: dict of str → int."""
        sizes, counted_ones = {}, set()
        for graph in self._model.subgraphs:
            for tensor in graph.tensors or []:
                data = self._data(self._model.buffers[tensor.buffer])
                if len(data) and tensor.buffer not in counted_ones:
                    counted_ones.add(tensor.buffer)
                    kind = _kind(tensor)
                    sizes[kind] = sizes.get(kind, 0) + len(data)
        return dict(sorted(sizes.items(), key=lambda item: -item[1]))

    @cached_property
    def spare_bytes(self):
        """Returns the bytes of weights that stand in the file a second time: int."""
        places, digests, spare = set(), set(), 0
        for buffer in self._model.buffers or []:
            data = self._data(buffer)
            place = (data.__array_interface__["data"][0], len(data))
            if len(data) < _SMALL or place in places:
                continue
            places.add(place)
            digest = hashlib.sha256(data.tobytes()).digest()
            spare += len(data) if digest in digests else 0
            digests.add(digest)
        return spare

    def facts(self):
        """Returns what the model is: dict of str → str or list of str."""
        return {
            "signatures": [self._signature_words(signature) for signature in self._model.signatureDefs or []],
            "inputs": [tensor.words for tensor in self.inputs],
            "outputs": [tensor.words for tensor in self.outputs],
            "weights": ", ".join(f"{size / 1e6:.1f} MB {kind}" for kind, size in self.sizes.items()) or "none",
            "ops": counted(sum(len(graph.operators or []) for graph in self._model.subgraphs), "op"),
        }

    def _named(self, side):
        graphs = self._model.subgraphs
        if not self.has_signatures:
            graph = graphs[0]
            tensors = [graph.tensors[index] for index in np.asarray(getattr(graph, side), int).tolist()]
            return [_described(_text(tensor.name), tensor) for tensor in tensors]
        return [
            _described(_text(entry.name), graphs[signature.subgraphIndex].tensors[entry.tensorIndex])
            for signature in self._model.signatureDefs
            for entry in getattr(signature, side) or []
        ]

    def _data(self, buffer):
        """Returns the bytes of a buffer, in the flatbuffer or behind it: uint8 array."""
        if buffer.data is not None and len(buffer.data):
            return np.asarray(buffer.data, "uint8")
        if (buffer.offset or 0) > 1:
            data = np.frombuffer(self._content, "uint8")[buffer.offset : buffer.offset + buffer.size]
            if len(data) != buffer.size:
                raise ValueError(f"a buffer ends behind the file, at byte {buffer.offset + buffer.size:,}")
            return data
        return np.zeros(0, "uint8")

    def _signature_words(self, signature):
        names = lambda entries: ", ".join(_text(entry.name) for entry in entries or []) or "nothing"
        return f"{_text(signature.signatureKey)}: {names(signature.inputs)} → {names(signature.outputs)}"


def _described(name, tensor):
    shape = tensor.shapeSignature if tensor.shapeSignature is not None else tensor.shape
    shape = [] if shape is None else [int(size) for size in shape]
    return LiteTensor(name, _kind(tensor), shape if shape or tensor.hasRank else None)


def _kind(tensor):
    return _TYPES.get(tensor.type, str(tensor.type))


def _code(code):
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def _text(name):
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
