"""What is found in LiteRT files: each fault where it is, and nothing where nothing is wrong."""

import contextlib
import json

import flatbuffers
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.doctor import examine
from tests.doctor.broken_models import WEIGHTS

IDS = tf.TensorSpec([None, None], tf.int32, name="ids")


def codes(path, **how):
    return {finding.code: finding for finding in examine(path, **how).findings}


@pytest.fixture(scope="module")
def lite_file(tiny_bert, tmp_path_factory):
    """A file of ours, with labels and vocabulary."""
    task = TextClassifier.from_encoder(tiny_bert, ["no", "yes"], dtype="float32", max_length=16)
    folder = tmp_path_factory.mktemp("lite") / "out"
    task.export(folder, "litert", quantize="int8")
    return folder / "model.tflite"


def repacked(path, change):
    """Writes a file again after a change of its flatbuffer; gives its path."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(path.read_bytes(), 0))
    change(model)
    builder = flatbuffers.Builder(2**22)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def converted(path, function, *specs, select=()):
    """Converts a function; gives the path of the file."""
    module = tf.Module()
    module.kernel = tf.Variable(WEIGHTS)
    module.function = tf.function(lambda *inputs: function(module, *inputs), input_signature=specs, autograph=False)
    signatures = {"answer": module.function.get_concrete_function()}
    tf.saved_model.save(module, str(path.with_suffix("")), signatures=signatures)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(path.with_suffix("")))
    converter.allow_custom_ops = "custom" in select
    if "flex" in select:
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    path.write_bytes(converter.convert())
    return path


def embedded(module, ids):
    return {"vectors": tf.gather(module.kernel, ids)}


def flex(path):
    replaced = lambda module, text: {"out": tf.strings.regex_replace(text, "a", "b")}
    return converted(path, replaced, tf.TensorSpec([None], tf.string, name="text"), select=["flex"])


def custom(path):
    import tensorflow_text as tf_text

    words = ["[UNK]", "a", "##b"]
    tokenizer = tf_text.FastWordpieceTokenizer(words, support_detokenization=False)
    tokenized = lambda module, text: {"ids": tokenizer.tokenize(text).flat_values}
    return converted(path, tokenized, tf.TensorSpec([None], tf.string, name="text"), select=["custom"])


def no_signature(path):
    return repacked(converted(path, embedded, IDS), lambda model: setattr(model, "signatureDefs", None))


def fixed_length(path):
    return converted(path, embedded, tf.TensorSpec([1, 128], tf.int32, name="ids"))


def scalar_input(path):
    limited = lambda module, x, limit: {"out": tf.minimum(x, limit)}
    return converted(
        path, limited, tf.TensorSpec([None, 4], tf.float32, name="x"), tf.TensorSpec([], tf.float32, name="limit")
    )


def int64_input(path):
    return converted(path, embedded, tf.TensorSpec([None, None], tf.int64, name="ids"))


FAULTS = {
    "flex-ops": ("problem", flex),
    "custom-ops": ("problem", custom),
    "no-signature": ("warning", no_signature),
    "fixed-length": ("note", fixed_length),
    "scalar-input": ("warning", scalar_input),
    "int64-input": ("warning", int64_input),
    "no-metadata": ("warning", lambda path: converted(path, embedded, IDS)),
}


def test_our_own_file_has_nothing_to_mend(lite_file):
    examination = examine(lite_file)
    assert [finding.code for finding in examination.findings] == ["no-strings"]
    assert examination.facts["files inside"] == ["labels.txt", "vocab.txt", "keras_bigmodel.json"]
    assert examination.facts["signatures"][0].startswith("classify: ")


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_found_with_what_to_do(code, tmp_path):
    level, make = FAULTS[code]
    found = codes(make(tmp_path / "model.tflite"))
    assert found[code].level == level
    assert found[code].advice.endswith(".")
    others = {name for name in FAULTS if name != code and name != "no-metadata"}
    assert others & set(found) == set()


def test_files_behind_the_model_are_missed(lite_file, tmp_path):
    content = lite_file.read_bytes()
    (tmp_path / "model.tflite").write_bytes(content[: content.index(b"PK\x03\x04")])
    assert set(codes(tmp_path / "model.tflite")) == {"no-files", "no-strings"}


def test_weights_that_are_stored_twice_or_in_float_are_weighed(tmp_path):

    large = np.random.default_rng(0).standard_normal((600, 600)).astype("float32")

    def twice(module, ids):
        return {"a": tf.gather(tf.constant(large), ids), "b": tf.gather(module.kernel, ids)}

    path = converted(tmp_path / "model.tflite", twice, IDS)
    found = codes(path)
    assert "1.5 MB of its weights are float32" in found["float-weights"].what
    assert "stored-twice" not in found
    again = schema.BufferT()
    again.data = np.frombuffer(large.tobytes(), "uint8")
    repacked(path, lambda model: model.buffers.append(again))
    assert codes(path)["stored-twice"].what == "1.4 MB of its weights are stored twice."


def test_the_command_prints_a_file_too(lite_file, bigmodel, tmp_path):
    ran = bigmodel("doctor", lite_file)
    assert ran.code == 0, ran.err
    assert "a LiteRT file" in ran.out
    broken = bigmodel("doctor", flex(tmp_path / "model.tflite"), "--json")
    assert broken.code == 1
    assert json.loads(broken.out)["findings"][0]["code"] == "flex-ops"
    refused = bigmodel("doctor", lite_file, "--server", "2.14")
    assert refused.code == 2
    assert "TensorFlow Serving does not run. Leave it out." in refused.err


def test_damaged_files_get_a_sentence(lite_file, tmp_path):

    path, content = tmp_path / "model.tflite", lite_file.read_bytes()
    for size in (0, 6, 40, 4000):
        path.write_bytes(content[:size])
        with pytest.raises(UserError, match="is no LiteRT file|is truncated or altered"):
            examine(path)
    for size in np.linspace(0, len(content) - 1, 40).astype(int):  # behind the weights lie only labels and vocabulary
        path.write_bytes(content[:size])
        with contextlib.suppress(UserError):
            examine(path)
    path.write_bytes(content)
    repacked(path, lambda model: setattr(model, "version", 4))
    with pytest.raises(UserError, match="has LiteRT's schema 4, and 3 is known here"):
        examine(path)
    with pytest.raises(UserError, match=r"No .*gone\.tflite"):
        examine(tmp_path / "gone.tflite")
