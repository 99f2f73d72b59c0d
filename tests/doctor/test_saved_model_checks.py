"""What is found in SavedModels: each fault where it is, and nothing where nothing is wrong."""

import contextlib
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import UserError
from keras_bigmodel.doctor import examine
from tests.doctor import broken_models
from tests.doctor.broken_models import FAULTS


def codes(path, **how):
    return {finding.code: finding for finding in examine(path, **how).findings}


def test_a_sound_model_has_no_findings(tmp_path):
    assert codes(broken_models.write(tmp_path / "1")) == {}


@pytest.mark.parametrize(("code", "make"), [(code, make) for code, (_, makes) in FAULTS.items() for make in makes])
def test_a_fault_is_found_with_what_to_do(code, make, tmp_path):
    found = codes(make(tmp_path / "1"))
    assert set(found) - {"no-strings"} == {code} - {"no-strings"}
    assert code in found
    assert found[code].level == FAULTS[code][0]
    assert found[code].what.endswith(".")
    assert found[code].advice.endswith(".")


def sound_vocabulary_of_1(folder):
    """TensorFlow 1: the asset stands in a collection, the initializer in main_op."""
    words = folder.parent / "words.txt"
    words.write_text("a\nb\n", encoding="utf-8")

    def make(v1):
        table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(str(words), tf.string, -2, tf.int64, -1), -1)
        text = v1.placeholder(tf.string, [None], name="text")
        return {"text": text}, {"out": table.lookup(text)}

    def more():
        v1 = tf.compat.v1
        files = v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS)
        return {"assets_collection": files, "main_op": v1.tables_initializer()}

    return broken_models.write_of_1(folder, make, more)


def test_models_of_tensorflow_1_are_read(tmp_path):
    folder = sound_vocabulary_of_1(tmp_path / "1")
    assert codes(folder) == {}
    (folder / "assets" / "words.txt").unlink()
    assert set(codes(folder)) == {"missing-asset"}


@pytest.mark.parametrize("make", [tf.lookup.StaticHashTable, tf.lookup.StaticVocabularyTable])
def test_tables_that_are_filled_from_constants_are_sound(tmp_path, make):
    root = tf.Module()
    values = tf.constant([1, 2], tf.int64)
    root.table = make(tf.lookup.KeyValueTensorInitializer(["a", "b"], values), 1)
    assert codes(broken_models.write(tmp_path / "1", lambda text: {"out": root.table.lookup(text)}, root=root)) == {}


def test_functions_that_no_signature_reaches_do_not_count(tmp_path):
    root = tf.Module()
    root.debug = tf.function(
        lambda text: tf.py_function(lambda t: t, [text], tf.string), input_signature=[broken_models.TEXT]
    )
    root.debug.get_concrete_function()
    assert codes(broken_models.write(tmp_path / "1", root=root)) == {}


def test_ops_of_decision_forests_are_linked_into_servers(tmp_path):
    folder = broken_models.write(tmp_path / "1")
    path = folder / "saved_model.pb"
    path.write_bytes(path.read_bytes().replace(b"StringLength", b"SimpleMLInferenceOpWithHandle"[:12]))

    def change(message):
        for function in message.meta_graphs[0].graph_def.library.function:
            for node in function.node_def:
                node.op = node.op.replace("SimpleMLInfe", "SimpleMLInferenceOpWithHandle")

    assert codes(broken_models.message_changed(folder, change)) == {}


def test_ragged_inputs_are_named(tmp_path):
    ragged = tf.RaggedTensorSpec([None, None], tf.int32)
    function = tf.function(lambda ids: {"out": tf.reduce_sum(ids, axis=1)}, input_signature=[ragged])
    broken_models.write(tmp_path / "1", root=tf.Module(), signatures={"serving_default": function})
    assert any("ids" in line for line in examine(tmp_path / "1").facts["signatures"])


def test_a_higher_version_without_a_model_is_told(tmp_path):
    broken_models.write(tmp_path / "3")
    (tmp_path / "7" / "variables").mkdir(parents=True)
    examination = examine(tmp_path)
    assert examination.path.endswith("/3")
    assert [finding.code for finding in examination.findings] == ["version-without-model"]
    assert "Version 7 holds no saved_model.pb" in examination.findings[0].what


def test_findings_are_the_same_at_every_run(tmp_path):
    names = ["zeta", "alpha", "theta", "gamma", "eps", "delta", "eta"]
    specs = [broken_models.floats(name=name) for name in names]
    function = tf.function(lambda **given: {"out": tf.stack([given[name] for name in names])})
    traced = function.get_concrete_function(**{spec.name: spec for spec in specs})
    broken_models.write(tmp_path / "1", root=tf.Module(), signatures={"serving_default": traced})
    assert "alpha, delta, eps, eta, gamma and 2 more" in codes(tmp_path / "1")["scalar-input"].what


def test_the_ops_are_those_of_the_server_that_is_named(tmp_path):
    late = broken_models.late_ops(tmp_path / "1")
    assert "2.14 lacks FFTND, which it has from 2.15 on" in codes(late)["late-ops"].what
    assert "late-ops" not in codes(late, server="2.15")
    assert "late-ops" not in codes(late, server="2.20.1")
    trim = broken_models.late_text_ops(tmp_path / "2")
    assert "TFText>RoundRobinTrim" in codes(trim, server="2.19")["late-ops"].what
    assert "late-ops" not in codes(trim, server="2.20")
    with pytest.raises(UserError, match=r"--server 2.8 came; .* known here from 2.14 to 2.20"):
        examine(late, server="2.8")


def test_what_is_stored_twice_is_weighed_and_what_is_as_initialized_is_not(tmp_path):
    found = codes(broken_models.stored_twice(tmp_path / "1"))["stored-twice"].what
    assert "1 weight" in found
    assert "first" in found
    assert "second" in found
    assert "ones" not in found


def test_our_own_versions_have_nothing_to_mend(model):
    examination = examine(model)  # the folder of versions: the highest is taken
    assert examination.path.endswith("/1")
    assert [finding for finding in examination.findings if finding.level != "note"] == []
    assert not examination.has_problems
    assert any(line.startswith("serving_default: text string (rows) → ") for line in examination.facts["signatures"])


@pytest.mark.full  # legacy Keras writes them
def test_modules_of_tf_hub_are_read(tmp_path):
    from tests.hub_modules import write_hub_bert, write_hub_preprocessor
    from tests.tiny_bert import tiny_vocabulary

    encoder = write_hub_bert(tmp_path / "bert", tiny_vocabulary())
    assert {code for code, finding in codes(encoder).items() if finding.level == "problem"} == set()
    preprocessor = write_hub_preprocessor(tmp_path / "pre", encoder / "assets" / "vocab.txt")
    assert "RoundRobinTrim" in codes(preprocessor)["late-ops"].what
    assert "late-ops" not in codes(preprocessor, server="2.20")


@pytest.mark.full
@pytest.mark.parametrize("with_text", [False, True])
def test_keras_hubs_exports(tmp_path, with_text):
    import keras
    import keras_hub

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
    tokenizer = keras_hub.models.BertTokenizer(vocabulary=words, lowercase=True)
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=8)
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=2000, num_layers=1, num_heads=2, hidden_dim=16, intermediate_dim=32, max_sequence_length=8
    )
    classifier = keras_hub.models.BertTextClassifier(backbone, num_classes=2, preprocessor=preprocessor)
    if with_text:
        archive = keras.export.ExportArchive()
        archive.track(classifier)
        spec = [tf.TensorSpec([None], tf.string, name="text")]
        archive.add_endpoint("serving_default", lambda text: classifier(preprocessor(text)), spec)
        archive.write_out(str(tmp_path / "1"), verbose=False)
    else:
        classifier.export(str(tmp_path / "1"), verbose=False)
    found = codes(tmp_path / "1")
    assert {"stored-twice", "no-warm-up", "unnamed-output"} <= set(found)
    assert ("no-strings" in found) is not with_text
    if with_text:
        assert "RoundRobin" in found["late-ops"].what


def test_the_command_prints_findings_and_its_exit_code_says_whether_it_works(tmp_path, bigmodel):
    sound = bigmodel("doctor", broken_models.write(tmp_path / "sound" / "1"))
    assert sound.code == 0, sound.err
    assert "Nothing was found" in sound.out
    broken = bigmodel("doctor", broken_models.no_serve_tag(tmp_path / "broken" / "1"))
    assert broken.code == 1
    assert 'problem  No graph has the tag "serve" alone (there is: gpu, serve)' in broken.out
    assert "→ Save it again with tf.saved_model.save" in broken.out
    assert broken.out.rstrip().endswith("1 problem")
    warned = bigmodel("doctor", broken_models.scalar_input(tmp_path / "warned" / "1"))
    assert warned.code == 0
    printed = bigmodel("doctor", tmp_path / "broken", "--server", "2.19", "--json")
    assert printed.code == 1
    found = json.loads(printed.out)
    assert found["kind"] == "SavedModel"
    assert [finding["code"] for finding in found["findings"]] == ["no-serve-tag"]


def damaged(folder, change):
    broken_models.stored_twice(folder)
    change(folder)
    return folder


def _shorten(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def _newer_schema(folder):
    from tensorflow.core.protobuf import saved_model_pb2

    message = saved_model_pb2.SavedModel()
    message.ParseFromString((folder / "saved_model.pb").read_bytes())
    message.saved_model_schema_version = 7
    (folder / "saved_model.pb").write_bytes(message.SerializeToString())


def _flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(bytes(content))


DATA, INDEX = "variables/variables.data-00000-of-00001", "variables/variables.index"
DAMAGES = {
    "half a graph": (lambda folder: _shorten(folder / "saved_model.pb", 0.5), "is no SavedModel, or a part of one"),
    "an empty graph": (lambda folder: (folder / "saved_model.pb").write_bytes(b""), "saved_model.pb holds no graph"),
    "half the weights": (lambda folder: _shorten(folder / DATA, 0.5), "is truncated or altered"),
    "a byte less": (lambda folder: _shorten(folder / DATA, 0.99999), "is truncated or altered"),
    "a bit turned": (lambda folder: _flipped(folder / DATA), "is truncated or altered"),
    "no weights": (lambda folder: shutil.rmtree(folder / "variables"), "the folder was not copied whole"),
    "no index": (lambda folder: (folder / INDEX).unlink(), "the folder was not copied whole"),
    "no data": (lambda folder: (folder / DATA).unlink(), "is truncated or altered"),
    "half the index": (lambda folder: _shorten(folder / INDEX, 0.5), "is truncated or altered"),
    "a pointer": (
        lambda folder: (folder / DATA).write_bytes(b"version https://git-lfs.github.com/spec/v1"),
        "is a pointer of Git LFS",
    ),
    "newer schema": (_newer_schema, "has SavedModel's schema 7, and 1 is known here"),
    "no model": (lambda folder: (folder / "saved_model.pb").rename(folder / "model.pb"), "holds no model: it has"),
}


@pytest.mark.parametrize(("change", "sentence"), DAMAGES.values(), ids=DAMAGES)
def test_damaged_folders_get_a_sentence(tmp_path, change, sentence):
    with pytest.raises(UserError, match=sentence):
        examine(damaged(tmp_path / "1", change))


def test_every_cut_of_the_graph_is_told_or_read(tmp_path):
    """A cut may leave a valid message; then what is left is examined, and nothing crashes."""
    broken_models.stored_twice(tmp_path / "1")
    content = (tmp_path / "1" / "saved_model.pb").read_bytes()
    for size in np.linspace(0, len(content) - 1, 60).astype(int):
        (tmp_path / "1" / "saved_model.pb").write_bytes(content[:size])
        with contextlib.suppress(UserError):
            examine(tmp_path / "1")


def test_names_that_tensorflow_takes_for_patterns_are_told(tmp_path):
    broken_models.stored_twice(tmp_path / "1")
    (tmp_path / "1").rename(tmp_path / "model[1]")
    with pytest.raises(UserError, match="which TensorFlow takes for a pattern"):
        examine(tmp_path / "model[1]")


@pytest.mark.parametrize("path", ["/dev/null", "/proc/self/mem"])
def test_what_is_no_model_at_all_gets_a_sentence(path):
    with pytest.raises(UserError, match="is neither a folder nor a file|is no LiteRT file|cannot be read"):
        examine(path)
