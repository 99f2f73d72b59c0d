"""Reads what a SavedModel holds without running it: objects, variables by name, signatures, ops. Knows no model."""

import contextlib
from functools import cached_property
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2, trackable_object_graph_pb2

from keras_bigmodel.checkpoints.hub_handle import MODULE_FILE
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.model_files import check_no_git_pointer
from keras_bigmodel.core.path_check import check_no_pattern
from keras_bigmodel.core.sentences import first_line

_OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
_ASSETS_OF_1 = "saved_model_assets"  # the collection of TensorFlow 1
_VARIABLES = ("VarHandleOp", "VariableV2", "Variable")
_UNREADABLE = (tf.errors.OpError, DecodeError, RuntimeError, ValueError, IndexError, TypeError, OSError)
_AGAIN = "Copy the folder again from where it was made."


class SavedModelFile:
    """Holds the contents of a SavedModel's folder, read from `saved_model.pb` and the index of its variables.

    Args:
        folder: str or path of the folder.

    Raises:
        UserError: there is no `saved_model.pb`, or it is not one; the message says what is wrong with it.

    Source: the SavedModel format of TensorFlow (`saved_model.proto`, `saved_object_graph.proto`).
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        path = self.folder / MODULE_FILE
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}). Give the folder of a SavedModel.") from error
        check_no_git_pointer(path, content)
        message = saved_model_pb2.SavedModel()
        try:
            message.ParseFromString(content)
        except DecodeError as error:
            raise UserError(f"{path} is no SavedModel, or a part of one ({len(content):,} bytes). {_AGAIN}") from error
        if not message.meta_graphs:
            raise UserError(f"{path} holds no graph ({len(content):,} bytes): it is truncated, or no model. {_AGAIN}")
        self.schema_version = message.saved_model_schema_version
        self.tags = [sorted(graph.meta_info_def.tags) for graph in message.meta_graphs]
        self.graph = message.meta_graphs[self.tags.index(["serve"]) if ["serve"] in self.tags else 0]

    @property
    def tensorflow_version(self):
        """Returns the version of TensorFlow that wrote the folder: str."""
        return self.graph.meta_info_def.tensorflow_version

    @property
    def nodes(self):
        """Returns the tracked objects, the root first: sequence of `SavedObject` messages; empty in TensorFlow 1."""
        return self.graph.object_graph_def.nodes

    def child(self, name):
        """Returns the object that stands under a name of the root: `SavedObject` message, or None.

        Args:
            name: str.
        """
        children = self.nodes[0].children if self.nodes else ()
        found = [child.node_id for child in children if child.local_name == name]
        return self.nodes[found[0]] if found else None

    @property
    def names(self):
        """Returns the names of the objects under the root: set of str."""
        return {child.local_name for child in self.nodes[0].children} if self.nodes else set()

    @property
    def signatures(self):
        """Returns the signatures that are called from outside: dict of name → `SignatureDef` message."""
        return {
            name: signature
            for name, signature in self.graph.signature_def.items()
            if name not in ("__saved_model_init_op", "__saved_model_train_op")
        }

    @property
    def assets(self):
        """Returns the files that the graph reads from `assets/`: list of `AssetFileDef` messages."""
        if self.graph.asset_file_def:
            return list(self.graph.asset_file_def)
        found = []
        for packed in self.graph.collection_def[_ASSETS_OF_1].any_list.value:
            definition = meta_graph_pb2.AssetFileDef()
            packed.Unpack(definition)
            found.append(definition)
        return found

    def asset(self, name):
        """Returns the path of the file that stands as an asset under a name of the root: `Path`, or None.

        Args:
            name: str.

        Raises:
            UserError: the folder lacks the file.
        """
        node = self.child(name)
        if node is None or not node.HasField("asset"):
            return None
        path = self.folder / "assets" / self.assets[node.asset.asset_file_def_index].filename
        if not path.is_file():
            raise UserError(f"{self.folder} lacks {path.relative_to(self.folder)}, which its graph names. {_AGAIN}")
        return path

    @cached_property
    def ops(self):
        """Returns how often each op occurs in the graph and all functions, except calls: dict of op → int."""
        return self._counted(self._functions)

    @cached_property
    def reached_ops(self):
        """Returns as `ops`, without functions that nothing runs in a server: neither signatures nor initialization."""
        functions, waiting, reached = self._functions, [self.graph.graph_def.node], {}
        while waiting:
            for name in {name for node in waiting.pop() for name in _called(node)} & functions.keys() - reached.keys():
                reached[name] = functions[name]
                waiting.append(functions[name])
        return self._counted(reached)

    @cached_property
    def _functions(self):
        return {part.signature.name: part.node_def for part in self.graph.graph_def.library.function}

    def _counted(self, functions):
        counts, own = {}, self._functions.keys()
        for nodes in (self.graph.graph_def.node, *functions.values()):
            for node in nodes:
                if node.op not in own:
                    counts[node.op] = counts.get(node.op, 0) + 1
        return counts

    def nodes_of(self, *ops):
        """Yields the nodes of some ops, each with the other nodes of its graph or function.

        Args:
            *ops: str.

        Yields:
            `(NodeDef, dict of name → NodeDef)`.
        """
        for nodes in (self.graph.graph_def.node, *self._functions.values()):
            found = [node for node in nodes if node.op in ops]
            beside = {node.name: node for node in nodes} if found else {}
            for node in found:
                yield node, beside

    def floats_named(self, ending):
        """Returns the constant numbers of the functions whose node's name has an ending: dict of name → float.

        Args:
            ending: str.
        """
        found = {}
        for function in self.graph.graph_def.library.function:
            for node in function.node_def:
                tensor = node.attr["value"].tensor
                is_number = tensor.dtype == tf.float32.as_datatype_enum and not tensor.tensor_shape.dim
                if node.op == "Const" and node.name.endswith(ending) and is_number:
                    found[f"{function.signature.name}/{node.name}"] = float(tf.make_ndarray(tensor))
        return found

    # ---- variables

    @cached_property
    def checkpoint(self):
        """Returns the reader of the variables' values, or None if the folder has no variables.

        Raises:
            UserError: the files are truncated or altered.
        """
        prefix = self.folder / "variables" / "variables"
        check_no_pattern(self.folder)
        if not prefix.with_name("variables.index").is_file():
            held = [op for op in _VARIABLES if op in self.reached_ops]
            if held:
                raise UserError(
                    f"{self.folder} lacks variables/variables.index, and its graph has variables: the folder was not "
                    f"copied whole. {_AGAIN}"
                )
            return None
        for path in prefix.parent.glob("variables.data-*"):
            with path.open("rb") as file:
                check_no_git_pointer(path, file.read(64))
        with self._reading(prefix.parent):
            return tf.train.load_checkpoint(str(prefix))

    @contextlib.contextmanager
    def _reading(self, what):
        try:
            yield
        except _UNREADABLE as error:
            raise UserError(
                f"{what} cannot be read: it is truncated or altered ({first_line(error)}). {_AGAIN}"
            ) from error

    @cached_property
    def shapes(self):
        """Returns the shapes of what the checkpoint holds: dict of key → list of int, empty without variables."""
        return {} if self.checkpoint is None else self.checkpoint.get_variable_to_shape_map()

    @cached_property
    def dtypes(self):
        """Returns the dtypes of what the checkpoint holds: dict of key → `tf.DType`, empty without variables."""
        return {} if self.checkpoint is None else self.checkpoint.get_variable_to_dtype_map()

    @cached_property
    def keys(self):
        """Returns the keys of the checkpoint by the variables' names, `":0"` left out: dict of str → str."""
        if self.checkpoint is None:
            return {}
        shapes = self.shapes
        if _OBJECTS not in shapes:
            return {key: key for key in shapes}
        message = trackable_object_graph_pb2.TrackableObjectGraph()
        with self._reading(self.folder / "variables"):
            message.ParseFromString(self.checkpoint.get_tensor(_OBJECTS))
        found = [part for node in message.nodes for part in node.attributes if part.checkpoint_key in shapes]
        return {part.full_name or part.checkpoint_key: part.checkpoint_key for part in found}

    def shape(self, name):
        """Returns the shape of a variable: tuple of int.

        Args:
            name: str. One of `keys`.
        """
        return tuple(self.shapes[self.keys[name]])

    def is_float(self, name):
        """Returns whether a variable holds floats: bool.

        Args:
            name: str. One of `keys`.
        """
        return self.dtypes[self.keys[name]].is_floating

    def read(self, name):
        """Returns the values of a variable: array.

        Args:
            name: str. One of `keys`.

        Raises:
            UserError: the files are truncated or altered.
        """
        return self.read_key(self.keys[name])

    def read_key(self, key):
        """Returns the values under a key of the checkpoint: array.

        Args:
            key: str.

        Raises:
            UserError: the files are truncated or altered.
        """
        with self._reading(f"{key} of {self.folder / 'variables'}"):
            return self.checkpoint.get_tensor(key)


def _called(node):
    """Yields the names of the functions that a node may call."""
    yield node.op
    for value in node.attr.values():
        yield value.func.name
        yield from (function.name for function in value.list.func)
