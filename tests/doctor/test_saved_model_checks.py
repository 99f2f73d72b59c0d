"""What is found in SavedModels: each fault where it is, and nothing where nothing is wrong."""

import contextlib
import json

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


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_found_with_what_to_do(code, tmp_path):
    level, make = FAULTS[code]
    found = codes(make(tmp_path / "1"))
    assert set(found) - {"no-strings"} == {code} - {"no-strings"}
    assert code in found
    assert found[code].level == level
    assert found[code].what.endswith(".")
    assert found[code].advice.endswith(".")


def test_the_ops_are_those_of_the_server_that_is_named(tmp_path):
    late = broken_models.late_ops(tmp_path / "1")
    assert "2.14 lacks FFTND, which it has from 2.15 on" in codes(late)["late-ops"].what
    assert "late-ops" not in codes(late, server="2.15")
    assert "late-ops" not in codes(late, server="2.21.0")
    trim = broken_models.late_text_ops(tmp_path / "2")
    assert "TFText>RoundRobinTrim" in codes(trim, server="2.19")["late-ops"].what
    assert "late-ops" not in codes(trim, server="2.20")
    with pytest.raises(UserError, match=r"--server 2.8 came; .* known here from 2.14 to 2.21"):
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
    broken = bigmodel("doctor", broken_models.scalar_input(tmp_path / "broken" / "1"))
    assert broken.code == 1
    assert "problem  The signature serving_default has the scalar input limit" in broken.out
    assert "→ Give every input and output a first dimension of rows" in broken.out
    assert broken.out.rstrip().endswith("1 problem")
    printed = bigmodel("doctor", tmp_path / "broken", "--server", "2.19", "--json")
    assert printed.code == 1
    found = json.loads(printed.out)
    assert found["kind"] == "SavedModel"
    assert [finding["code"] for finding in found["findings"]] == ["scalar-input"]


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


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: _shorten(folder / "saved_model.pb", 0.5), "saved_model.pb is no SavedModel, or a part of one"),
        (lambda folder: (folder / "saved_model.pb").write_bytes(b""), "saved_model.pb holds no graph"),
        (lambda folder: _shorten(folder / "variables/variables.data-00000-of-00001", 0.5), "is truncated: it has"),
        (lambda folder: _shorten(folder / "variables/variables.index", 0.5), "is no checkpoint"),
        (_newer_schema, "has SavedModel's schema 7, and 1 is known here"),
        (lambda folder: (folder / "saved_model.pb").rename(folder / "model.pb"), "holds no model: it has"),
    ],
    ids=["half a graph", "an empty graph", "half the weights", "half the index", "newer schema", "no model"],
)
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
