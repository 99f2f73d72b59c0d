"""SavedModels with one fault each: code of the finding → function of a folder that writes the model."""

import shutil

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from keras_bigmodel.export.serving_files.warm_up_records import WARM_UP_FILE

TEXT = tf.TensorSpec([None], tf.string, name="text")
WEIGHTS = np.random.default_rng(0).standard_normal((64, 64)).astype("float32")


def write(folder, function=None, *specs, name="serving_default", root=None, warm_up=True, signatures=None):
    """Writes a SavedModel of one signature and, as servers like it, with a warm-up file; gives its folder."""
    root = tf.Module() if root is None else root
    if signatures is None:
        function = function or (lambda text: {"length": tf.strings.length(text)})
        specs = specs or (TEXT,)
        traced = tf.function(function, autograph=False).get_concrete_function(*specs)
        root.traced, signatures = traced, {name: traced}
    tf.saved_model.save(root, str(folder), signatures=signatures)
    return with_warm_up(folder) if warm_up else folder


def with_warm_up(folder, requests=1):
    """Writes a warm-up file; gives the folder of the model."""
    path = folder / WARM_UP_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for _ in range(requests):
            writer.write(b"a request")
    return folder


def floats(*shape, name="x"):
    return tf.TensorSpec(shape, tf.float32, name=name)


def python_ops(folder):
    return write(folder, lambda text: {"out": tf.ensure_shape(tf.py_function(lambda t: t, [text], tf.string), [None])})


def late_ops(folder):
    return write(
        folder,
        lambda x: {"out": tf.math.real(tf.raw_ops.FFTND(input=tf.cast(x, tf.complex64), fft_length=[4], axes=[1]))},
        floats(None, 4),
    )


def late_text_ops(folder):
    import tensorflow_text as tf_text

    def trim(text):
        ragged = tf.strings.split(text)
        return {"out": tf_text.RoundRobinTrimmer(2).trim([ragged, ragged])[0].to_tensor()}

    return write(folder, trim)


def unknown_ops(folder):
    """An op that is renamed in the file: no library here registers one that no server has."""
    write(folder)
    path = folder / "saved_model.pb"
    content = path.read_bytes()
    assert b"StringLength" in content
    path.write_bytes(content.replace(b"StringLength", b"StringLentgh"))
    return folder


def no_signature(folder):
    root = tf.Module()
    root.table = tf.Variable(WEIGHTS)
    return write(folder, root=root, signatures={})


def no_default_signature(folder):
    return write(folder, name="classify")


def scalar_input(folder):
    return write(folder, lambda x, limit: {"out": tf.minimum(x, limit)}, floats(None, 4), floats(name="limit"))


def scalar_output(folder):
    return write(folder, lambda x: {"out": tf.reduce_sum(x)}, floats(None, 4))


def fixed_input_rows(folder):
    return write(folder, lambda x: {"out": tf.boolean_mask(x, x[:, 0] > 0)}, floats(1, 4))


def fixed_output_rows(folder):
    return write(folder, lambda x: {"out": tf.reduce_sum(x, axis=0)}, floats(None, 4))


def bytes_name(folder):
    return write(folder, lambda text: {"text_bytes": text})


def unnamed_output(folder):
    return write(folder, lambda text: tf.strings.length(text))  # noqa: PLW0108 (its argument is called input)


def no_strings(folder):
    return write(folder, lambda ids: {"out": ids}, tf.TensorSpec([None, None], tf.int32, name="ids"))


def empty_table(folder):
    root = tf.Module()
    root.table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    write(folder, lambda text: {"out": root.table.lookup(text)}, root=root)
    return rewritten(folder, "LookupTableImportV2", "LookupTableInsertV2")


def rewritten(folder, *ops):
    """Removes the nodes of some ops, as exporters do that lose a table's initializer."""

    def change(message):
        graph = message.meta_graphs[0].graph_def
        for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
            for index in reversed([number for number, node in enumerate(nodes) if node.op in ops]):
                del nodes[index]

    return message_changed(folder, change)


def message_changed(folder, change):
    """Writes `saved_model.pb` again after a change of its message; gives the folder."""
    path = folder / "saved_model.pb"
    message = saved_model_pb2.SavedModel()
    message.ParseFromString(path.read_bytes())
    change(message)
    path.write_bytes(message.SerializeToString())
    return folder


def _with_vocabulary(folder):
    words = folder.parent / f"{folder.name}.txt"
    words.write_text("a\nb\n", encoding="utf-8")
    root = tf.Module()
    initializer = tf.lookup.TextFileInitializer(str(words), tf.string, -2, tf.int64, -1)  # whole line → its number
    root.table = tf.lookup.StaticHashTable(initializer, -1)
    return write(folder, lambda text: {"out": root.table.lookup(text)}, root=root)


def missing_asset(folder):
    shutil.rmtree(_with_vocabulary(folder) / "assets")
    return folder


def empty_asset(folder):
    for path in (_with_vocabulary(folder) / "assets").iterdir():
        path.write_bytes(b"")
    return folder


def no_warm_up(folder):
    return write(folder, warm_up=False)


def bad_warm_up(folder):
    write(folder)
    (folder / WARM_UP_FILE).write_bytes(b"no TFRecord, but long enough to look like one")
    return folder


def many_warm_ups(folder):
    return with_warm_up(write(folder), requests=1001)


def no_serve_tag(folder):
    return message_changed(write(folder), lambda message: message.meta_graphs[0].meta_info_def.tags.append("gpu"))


def baked_path(folder):
    """A file that is read by its path, beside a table whose file is an asset."""
    path = folder.parent / "words.txt"
    path.write_text("a\nb\n", encoding="utf-8")
    read = lambda text: {"out": tf.fill([tf.size(text)], tf.io.read_file(str(path)))}
    return write(folder, read)


def write_of_1(folder, make, more=lambda: {}):
    """Writes a SavedModel as TensorFlow 1 did.

    `make` gives the inputs and outputs of its signature, `more` further arguments of the builder.
    """
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        inputs, outputs = make(v1)
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        signatures = {"serving_default": v1.saved_model.predict_signature_def(inputs, outputs)}
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], signatures, **more())
        builder.save()
    return with_warm_up(folder)


def uninitialized_table(folder):
    """Without main_op, the classic."""

    def make(v1):
        table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), -1)
        text = v1.placeholder(tf.string, [None], name="text")
        return {"text": text}, {"out": table.lookup(text)}

    return write_of_1(folder, make)


def filled_and_empty_tables(folder):
    root = tf.Module()
    root.full = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), -1)
    root.empty = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["b"], [2]), -1)
    write(folder, lambda text: {"out": root.full.lookup(text) + root.empty.lookup(text)}, root=root)

    def change(message):
        functions = message.meta_graphs[0].graph_def.library.function
        nodes = next(f.node_def for f in functions if any(node.op == "LookupTableImportV2" for node in f.node_def))
        del nodes[next(number for number, node in enumerate(nodes) if node.op == "LookupTableImportV2")]

    return message_changed(folder, change)


def constants_twice(folder):
    root = tf.Module()
    functions = [
        tf.function(lambda x: {"out": tf.matmul(x, tf.constant(WEIGHTS))}, input_signature=[floats(None, 64)])
        for _ in range(2)
    ]
    return write(folder, root=root, signatures=dict(zip(("serving_default", "b"), functions, strict=True)))


def optimizer_of_1(folder):
    def make(v1):
        x = v1.placeholder(tf.float32, [None, 64], name="x")
        kernel, slot = (v1.get_variable(name, (64, 64)) for name in ("kernel", "kernel/Adam"))
        return {"x": x}, {"out": tf.matmul(x, kernel + 0 * slot)}

    return write_of_1(folder, make)


def no_version(folder):
    return write(folder.with_name("model"))


def stored_twice(folder):
    root = tf.Module()
    root.first, root.second = tf.Variable(WEIGHTS), tf.Variable(WEIGHTS)
    root.ones, root.others = tf.Variable(np.ones((64, 64), "float32")), tf.Variable(np.ones((64, 64), "float32"))
    return write(folder, root=root)


def optimizer_state(folder):
    root = tf.Module()
    root.kernel, root.optimizer = tf.Variable(WEIGHTS), tf.Module()
    root.optimizer.momentum = tf.Variable(2 * WEIGHTS)
    return write(folder, root=root)


FAULTS = {
    "python-ops": ("problem", [python_ops]),
    "late-ops": ("problem", [late_ops]),
    "unknown-ops": ("problem", [unknown_ops]),
    "no-serve-tag": ("problem", [no_serve_tag]),
    "no-signature": ("problem", [no_signature]),
    "no-default-signature": ("warning", [no_default_signature]),
    "scalar-input": ("warning", [scalar_input]),
    "scalar-output": ("warning", [scalar_output]),
    "fixed-input-rows": ("warning", [fixed_input_rows]),
    "fixed-output-rows": ("warning", [fixed_output_rows]),
    "bytes-name": ("warning", [bytes_name]),
    "unnamed-output": ("note", [unnamed_output]),
    "no-strings": ("note", [no_strings]),
    "empty-table": ("problem", [empty_table, filled_and_empty_tables]),
    "uninitialized-table": ("problem", [uninitialized_table]),
    "baked-path": ("problem", [baked_path]),
    "missing-asset": ("problem", [missing_asset]),
    "empty-asset": ("problem", [empty_asset]),
    "no-warm-up": ("warning", [no_warm_up]),
    "bad-warm-up": ("problem", [bad_warm_up, many_warm_ups]),
    "no-version": ("note", [no_version]),
    "stored-twice": ("warning", [stored_twice, constants_twice]),
    "optimizer-state": ("warning", [optimizer_state, optimizer_of_1]),
}
