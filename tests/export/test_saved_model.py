"""A SavedModel as servers read it: its signatures, its ops, each weight once."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import TextClassifier
from keras_bigmodel.export import write_saved_model
from keras_bigmodel.export.safe_ops import OLDEST_SERVING, oldest_serving, refused_ops
from tests.task_contract import LABELS

INTEGERS = {"token_ids": tf.int32, "segment_ids": tf.int32, "padding_mask": tf.int32}
SIGNATURES = {
    "serving_default": (
        {"text": tf.string},
        {"label": tf.string, "labels": tf.string, "probabilities": tf.float32},
    ),
    "tokenize": ({"text": tf.string}, INTEGERS),
    "tokens": (INTEGERS, {"logits": tf.float32}),
    "embed": ({"text": tf.string}, {"embedding": tf.float32}),
}


@pytest.fixture(scope="module")
def loaded(exported):
    return tf.saved_model.load(str(exported[0]))


def _described(function):
    inputs = {name: spec.dtype for name, spec in function.structured_input_signature[1].items()}
    return inputs, {name: value.dtype for name, value in function.structured_outputs.items()}


def test_the_signatures_and_what_they_take_and_give(loaded):
    assert {name: _described(function) for name, function in loaded.signatures.items()} == SIGNATURES


def test_every_signature_takes_any_number_of_texts(loaded):
    for function in loaded.signatures.values():
        for spec in function.structured_input_signature[1].values():
            assert all(size is None for size in spec.shape)


def test_an_export_of_pairs_takes_two_texts(tiny_bert):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, dtype="float32")
    texts = {"text": tf.string, "text_pair": tf.string}
    wanted = {name: (texts if "text" in inputs else inputs, outputs) for name, (inputs, outputs) in SIGNATURES.items()}
    found = {}
    for name, endpoint in task.endpoints().items():
        outputs = endpoint.traced().structured_outputs
        inputs = {spec.name: spec.dtype for spec in endpoint.inputs}
        found[name] = (inputs, {key: value.dtype for key, value in outputs.items()})
    assert found == wanted


def test_an_empty_batch_gives_empty_answers(loaded):
    signatures = loaded.signatures
    nothing = tf.constant([], tf.string)
    answers = signatures["serving_default"](text=nothing)
    assert answers["label"].shape == (0,)
    assert answers["probabilities"].shape == (0, 3)
    assert signatures["embed"](text=nothing)["embedding"].shape == (0, 32)
    ids = signatures["tokenize"](text=nothing)
    assert all(value.shape[0] == 0 for value in ids.values())
    assert signatures["tokens"](**ids)["logits"].shape == (0, 3)


def test_the_signatures_answer_as_the_task(loaded, task):
    texts = ["where is my parcel", "", "谢谢", "thanks " * 50]
    answers = loaded.signatures["serving_default"](text=tf.constant(texts))
    np.testing.assert_allclose(answers["probabilities"], task.predict(texts), atol=1e-5)
    assert [label.decode() for label in answers["label"].numpy()] == [one.label for one in task.classify(texts)]
    np.testing.assert_allclose(
        loaded.signatures["embed"](text=tf.constant(texts))["embedding"], task.embed(texts), atol=1e-5
    )


def test_bytes_that_are_no_utf8_do_not_stop_a_server(loaded):
    answers = loaded.signatures["serving_default"](text=tf.constant([b"\xff\xfe caf\xe9", b"ok"]))
    assert np.isfinite(answers["probabilities"]).all()


def test_the_checkpoint_holds_each_weight_once(exported, task):
    stored = tf.train.list_variables(str(exported[0] / "variables" / "variables"))
    reader = tf.train.load_checkpoint(str(exported[0] / "variables" / "variables"))
    kinds = reader.get_variable_to_dtype_map()
    sizes = sorted(int(np.prod(shape)) for name, shape in stored if kinds[name] == tf.float32)
    assert sizes == sorted(weight.size for weight in task.get_weights())
    rest = [name for name, _ in stored if kinds[name] not in (tf.float32, tf.string)]
    # Beside them: the seeds of dropout, three numbers each.
    assert all(int(np.prod(reader.get_variable_to_shape_map()[name])) <= 3 for name in rest)


def test_the_file_of_weights_is_hardly_larger_than_the_weights(exported, task):
    weights = sum(weight.nbytes for weight in task.get_weights())
    stored = sum(path.stat().st_size for path in (exported[0] / "variables").iterdir())
    assert weights <= stored <= 1.05 * weights + 20_000  # the names of 40 variables and the graph of objects


OPS = """
import sys
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry
import tensorflow as tf
saved = saved_model_pb2.SavedModel()
saved.ParseFromString(open(sys.argv[1], "rb").read())
assert "tensorflow_text" not in sys.modules
for meta in saved.meta_graphs:
    library = meta.graph_def.library.function
    own = {function.signature.name for function in library}
    ops = {node.op for node in meta.graph_def.node} | {node.op for function in library for node in function.node_def}
    for op in sorted(ops - own):
        print(op, op_def_registry.get(op) is not None)
"""


def test_the_graph_has_only_tensorflows_ops_and_those_that_servers_have(exported):
    printed = subprocess.check_output([sys.executable, "-c", OPS, str(exported[0] / "saved_model.pb")], text=True)
    ops = dict(line.split() for line in printed.splitlines())
    assert len(ops) > 20
    foreign = {op for op, known in ops.items() if known == "False"}
    assert refused_ops(ops, foreign) == {}
    assert oldest_serving(ops, foreign) == exported[1]["oldest_serving"] == OLDEST_SERVING
    assert sorted(foreign) == exported[1]["foreign_ops"]
    assert not any("PyFunc" in op for op in ops)


def test_refused_ops_says_what_is_known_of_each():
    trim, fft = "TFText>RoundRobinTrim", "FFTND"
    late = {trim: "only in TensorFlow Serving 2.20 and later", fft: "only in TensorFlow Serving 2.15 and later"}
    assert refused_ops(["MatMul", "NormalizeUTF8"], ["NormalizeUTF8"]) == {}
    assert refused_ops([trim, "MatMul", fft], [trim]) == late
    assert refused_ops(["MyOp"], ["MyOp"]) == {"MyOp": "unknown to it"}
    found = [
        oldest_serving(ops, {trim, "MyOp"} & set(ops)) for ops in ([], ["MatMul"], [fft], [fft, trim], ["MyOp", fft])
    ]
    assert found == ["2.14", "2.14", "2.15", "2.20", None]


@pytest.mark.full
def test_a_fast_tokenizer_exports_with_safe_ops_alone(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", mode="fast", max_length=32)
    certificate = task.export(tmp_path / "model")
    assert certificate["agrees"]
    assert certificate["oldest_serving"] == OLDEST_SERVING


@pytest.mark.minilm
def test_the_folder_of_a_real_encoder_is_hardly_larger_than_its_weights(tmp_path):
    task = TextClassifier.from_encoder("minilm", LABELS, dtype="float32")
    write_saved_model(task.endpoints(), task.variables, tmp_path / "model")
    weights = sum(weight.nbytes for weight in task.get_weights())
    stored = sum(path.stat().st_size for path in (tmp_path / "model").rglob("*") if path.is_file())
    assert weights <= stored <= 1.05 * weights
