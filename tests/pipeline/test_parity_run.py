"""`bigmodel parity`: a model beside each of its exports and a running server; who differs is named, with the texts."""

import json

import numpy as np
import pytest

from keras_bigmodel import TextClassifier, UserError
from keras_bigmodel.pipeline import compare_exports, load_task
from tests.served import served
from tests.task_contract import LABELS

SAMPLES = 1802  # the preprocessor's


pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def compared(lite_version):
    with served(lite_version) as url:
        return compare_exports(lite_version.parent, formats=["saved_model"], url=url)


def test_the_saved_model_and_the_server_agree(compared):
    assert compared["agrees"]
    assert list(compared["exports"]) == ["SavedModel", "server"]


@pytest.mark.full
def test_every_export_agrees(lite_version):
    found = compare_exports(lite_version)
    assert found["agrees"]
    assert found["not_exported"] == {}
    assert list(found["exports"]) == [
        "SavedModel",
        "LiteRT int8, lite/model.tflite",
        "LiteRT none",
        "LiteRT int8",
        "LiteRT int4",
        "LiteRT float16",
        "LiteRT embedding none",
        "LiteRT embedding int8",
        "LiteRT embedding float16",
        "ONNX none",
        "ONNX int8",
        "OpenVINO none",
        "OpenVINO int8",
        "Hugging Face folder",
        "TF-Hub modules",
    ]
    assert all(certificate["agrees"] for certificate in found["exports"].values())


def test_the_validation_rows_are_compared_besides_the_samples(compared, lite_version):
    manifest = json.loads((lite_version / "manifest.json").read_text(encoding="utf-8"))
    rows = SAMPLES + manifest["data"]["validation"]["rows"]
    assert compared["rows"] == compared["exports"]["server"]["rows"] == rows


def test_the_server_is_asked_for_every_signature(compared):
    endpoints = compared["exports"]["server"]["endpoints"]
    assert set(endpoints) == {"serving_default", "tokenize", "tokens", "embed"}
    assert endpoints["tokens"]["outputs"]["logits"]["largest_difference"] <= 1e-5


@pytest.mark.full
def test_a_server_that_answers_otherwise_is_found_with_the_texts(lite_version):
    def shifted(name, outputs):
        if name != "tokens":
            return outputs
        return {**outputs, "logits": (np.array(outputs["logits"]) + 0.01 * np.arange(8)).tolist()}

    with served(lite_version, shifted) as url:
        found = compare_exports(lite_version, texts=["where is it"], formats=["saved_model"], url=url)
    assert not found["agrees"]
    assert found["exports"]["SavedModel"]["agrees"]
    server = found["exports"]["server"]
    assert not server["agrees"]
    assert "logits of tokens differs by up to 7.0e-02" in server["reasons"][0]
    assert len(server["endpoints"]["tokens"]["outputs"]["logits"]["some_rows_that_differ"]) == 10
    assert found["rows"] == SAMPLES + 1


def test_a_server_without_a_signature_is_named(lite_version):
    def lacking(name, outputs):
        raise KeyError(name)

    with (
        served(lite_version, lacking) as url,
        pytest.raises(UserError, match="answered with 400: Serving signature key 'serving_default' not found"),
    ):
        compare_exports(lite_version, texts=["a"], formats=[], url=url)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda logits: [*logits[:-1], logits[-1][:3]], "logits of tokens came as rows of unequal lengths"),
        (lambda logits: [["many"] * 8] * len(logits), "logits of tokens came as .*; wanted numbers"),
    ],
)
def test_answers_that_are_no_arrays_are_refused(lite_version, answer, words):
    def odd(name, outputs):
        return {**outputs, "logits": answer(outputs["logits"])} if name == "tokens" else outputs

    with served(lite_version, odd) as url, pytest.raises(UserError, match=words):
        compare_exports(lite_version, texts=["a"], formats=[], url=url)


def test_fewer_rows_than_were_asked_for_do_not_agree(lite_version):
    def fewer(name, outputs):
        return {output: rows[:-1] for output, rows in outputs.items()} if name == "tokens" else outputs

    with served(lite_version, fewer) as url:
        assert not compare_exports(lite_version, texts=["a"], formats=[], url=url)["agrees"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:8501", "wanted that of a model, e.g. http://localhost:8501/v1/models/reviews"),
        ("http://127.0.0.1:9/v1/models/reviews", "does not answer as TensorFlow Serving does"),
    ],
)
def test_a_url_that_is_no_server_is_refused(lite_version, url, words):
    with pytest.raises(UserError, match=words):
        compare_exports(lite_version, texts=["a"], formats=[], url=url)


@pytest.mark.full
def test_a_saved_task_and_pairs_are_compared_too(tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, dtype="float32", max_length=16)
    task.save(tmp_path / "saved")
    found = compare_exports(tmp_path / "saved", texts=[("where", "is it")], formats=["saved_model", "hugging_face"])
    assert found["agrees"]
    assert list(found["exports"]) == ["SavedModel", "Hugging Face folder"]


@pytest.mark.full
def test_the_command_prints_a_table_and_writes_the_certificates(bigmodel, lite_version, tmp_path):
    (tmp_path / "texts.txt").write_text("where is my order\n\n谢谢\n", encoding="utf-8")
    how = ("parity", lite_version, "--texts", tmp_path / "texts.txt", "--formats", "saved_model,tflite")
    ran = bigmodel(*how, "--out", tmp_path / "proof")
    assert ran.code == 0, ran.err
    first, *lines = ran.out.splitlines()
    assert first == f"{lite_version}, on {SAMPLES + 2:,} rows:"
    assert [line.split("  ")[0] for line in lines] == [
        "SavedModel",
        "LiteRT int8, lite/model.tflite",
        "LiteRT none",
        "LiteRT int8",
        "LiteRT int4",
        "LiteRT float16",
    ]
    assert all(" agrees " in line for line in lines)
    written = json.loads((tmp_path / "proof/parity.json").read_text(encoding="utf-8"))
    assert written["exports"]["LiteRT none"]["endpoints"]["classify"]["rows"] == SAMPLES + 2
    again = bigmodel(*how, "--out", tmp_path / "proof")
    assert again.code == 2
    assert "already there" in again.err


@pytest.mark.full
def test_the_command_ends_with_1_where_something_differs(bigmodel, lite_version):
    def wrong(name, outputs):
        return {**outputs, "label": ["?"] * len(outputs["label"])} if "label" in outputs else outputs

    with served(lite_version, wrong) as url:
        ran = bigmodel("parity", lite_version, "--formats", "saved_model", "--url", url)
    assert ran.code == 1
    assert "server" in ran.out
    assert "DIFFERS" in ran.out


def test_a_format_that_nobody_knows_is_refused(bigmodel, lite_version):
    ran = bigmodel("parity", lite_version, "--formats", "torch")
    assert ran.code == 2
    assert 'No export format "torch"' in ran.err
    assert load_task(lite_version).labels
