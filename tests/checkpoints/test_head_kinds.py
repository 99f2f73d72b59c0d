"""Hugging Face heads that give several labels or a number: they load, and are refused where another is wanted."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from keras_bigmodel import MultiLabelClassifier, TextClassifier, TextRegressor, UserError

TORCH = Path(__file__).parents[2] / ".venv-bench/bin/python"
TEXTS = ["where is my parcel", "thank you very much", "wait " * 60]
LABELS = ["bad", "fair", "good"]
KINDS = {
    "multi_label_classification": lambda folder: MultiLabelClassifier.from_encoder(
        folder, LABELS, thresholds=[0.2, 0.5, 0.7], pooling="pooler", max_length=32, dtype="float32"
    ),
    "regression": lambda folder: TextRegressor.from_encoder(
        folder, scale=3.0, offset=-7.0, pooling="pooler", max_length=32, dtype="float32"
    ),
}


@pytest.fixture(params=KINDS)
def written(request, tiny_bert, tmp_path):
    task = KINDS[request.param](tiny_bert)
    kernel = task.get_layer("logits").kernel
    kernel.assign(np.random.default_rng(0).normal(size=kernel.shape))
    certificate = task.export(tmp_path / "out", "hugging_face")
    assert certificate["agrees"]
    return request.param, task, tmp_path / "out"


def test_a_head_comes_back_as_it_was(written):
    kind, task, folder = written
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["problem_type"] == kind
    twin = type(task).from_encoder(folder, max_length=32, dtype="float32")
    np.testing.assert_allclose(twin.predict(TEXTS), task.predict(TEXTS), atol=1e-5)
    assert getattr(twin, "thresholds", None) == getattr(task, "thresholds", None)


def test_a_head_of_one_label_comes_back(tiny_bert, tmp_path):
    task = MultiLabelClassifier.from_encoder(tiny_bert, ["toxic"], pooling="pooler", max_length=32, dtype="float32")
    assert task.export(tmp_path / "out", "hugging_face")["agrees"]
    twin = MultiLabelClassifier.from_encoder(tmp_path / "out", max_length=32, dtype="float32")
    assert twin.labels == ["toxic"]
    np.testing.assert_allclose(twin.predict(TEXTS), task.predict(TEXTS), atol=1e-5)


def test_another_task_refuses_it_and_names_the_one_that_loads_it(written):
    kind, task, folder = written
    with pytest.raises(UserError) as caught:
        TextClassifier.from_encoder(folder)
    assert f"{type(task).__name__}.from_encoder" in str(caught.value)
    other = TextRegressor if kind == "multi_label_classification" else MultiLabelClassifier
    with pytest.raises(UserError, match="Load it with|head of one output"):
        other.from_encoder(folder)


@pytest.mark.parametrize(
    ("problem_type", "words"),
    [("token_labelling", 'is made for "token_labelling"'), ("regression", "gives a number")],
)
def test_a_head_of_several_labels_that_says_otherwise_is_refused(tiny_bert, tmp_path, problem_type, words):
    KINDS["multi_label_classification"](tiny_bert).export(tmp_path / "out", "hugging_face")
    path = tmp_path / "out/config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "problem_type": problem_type}), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        MultiLabelClassifier.from_encoder(tmp_path / "out")
    assert words in str(caught.value)
    with pytest.raises(UserError, match="outputs, and this model gives one number|is made for"):
        TextRegressor.from_encoder(tmp_path / "out")


_ASK = """
import json, sys, torch, transformers
folder, texts = sys.argv[1], json.loads(sys.argv[2])
model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
with torch.no_grad():
    print(json.dumps(model(**batch).logits.tolist()))
"""


@pytest.mark.full
@pytest.mark.skipif(not TORCH.is_file(), reason="needs .venv-bench (make .venv-bench/.ready)")
def test_transformers_gives_the_same_logits(written):
    _, task, folder = written
    ran = subprocess.run([TORCH, "-c", _ASK, folder, json.dumps(TEXTS)], capture_output=True, text=True, check=True)
    theirs = np.array(json.loads(ran.stdout.splitlines()[-1]))
    ours = task(task.preprocess(TEXTS), training=False).numpy()
    np.testing.assert_allclose(ours, theirs, atol=2e-5)
