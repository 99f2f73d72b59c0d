"""A LiteRT file where TensorFlow never was: in an environment of LiteRT alone, and in MediaPipe's own classifier."""

import json

import numpy as np
import pytest

from keras_bigmodel.data import support_messages
from tests.environments import python_with, run

EDGE = """
import json, sys, time
from importlib import metadata
start = time.perf_counter()
from keras_bigmodel.edge import LiteClassifier
took = time.perf_counter() - start
lite = LiteClassifier(sys.argv[1], num_threads=1)
rows = lite.predict(json.loads(sys.argv[2]))
names = sorted(entry.name.lower() for entry in metadata.distributions())
print(json.dumps({"rows": rows.tolist(), "labels": lite.labels, "took": took, "installed": names}))
"""

# MediaPipe's tokenizer lower-cases ASCII and splits at punctuation; on such texts it gives our ids.
MEDIAPIPE = """
import json, sys
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.text import TextClassifier, TextClassifierOptions
options = TextClassifierOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]))
with TextClassifier.create_from_options(options) as classifier:
    found = []
    for text in json.loads(sys.argv[2]):
        (answer,) = classifier.classify(text).classifications
        found.append({one.category_name: one.score for one in answer.categories})
print(json.dumps(found))
"""


@pytest.mark.full
def test_the_package_without_its_requirements_and_litert_are_enough(exported, task, tmp_path):
    python = python_with(tmp_path, "ai-edge-litert")
    texts = [*support_messages("test")[0][:100], "", "谢谢", "e\u0301 é"]
    found = json.loads(run(python, "-c", EDGE, exported["none"][0], json.dumps(texts), cwd=tmp_path).splitlines()[-1])
    assert not {"tensorflow", "keras", "jax", "pyarrow", "tokenizers"} & set(found["installed"])
    assert found["labels"] == task.labels
    np.testing.assert_allclose(found["rows"], task.predict(texts), atol=1e-5)
    assert found["took"] < 1.0
    program = [python.with_name("bigmodel-edge"), exported["none"][0], *texts[:2], "--json"]
    rows = [json.loads(line) for line in run(*program, cwd=tmp_path).splitlines()]
    assert [row["label"] for row in rows] == [answer.label for answer in task.classify(texts[:2])]


@pytest.mark.full
def test_the_package_without_its_requirements_and_onnx_runtime_are_enough(task, tmp_path):
    task.export(tmp_path / "out", "onnx")
    python = python_with(tmp_path, "onnxruntime")
    texts = [*support_messages("test")[0][:20], "谢谢", "e\u0301 é"]
    program = [python.with_name("bigmodel-edge"), tmp_path / "out/model.onnx", *texts, "--json"]
    rows = [json.loads(line) for line in run(*program, cwd=tmp_path).splitlines()]
    found = [[row["probabilities"][label] for label in task.labels] for row in rows]
    np.testing.assert_allclose(found, task.predict(texts), atol=1e-5)


@pytest.mark.full
def test_mediapipe_labels_plain_strings(exported, task, tmp_path):
    python = python_with(tmp_path, "mediapipe", package=False)
    texts = [text for text in support_messages("test")[0] if text.isascii()][:100]
    texts += ["where is my order " * 40]  # longer than the model's longest, which MediaPipe does not cut
    for quantize in ("none", "int8"):
        lines = run(python, "-c", MEDIAPIPE, exported[quantize][0], json.dumps(texts), cwd=tmp_path).splitlines()
        wanted = task.predict(texts)
        found = [[row[label] for label in task.labels] for row in json.loads(lines[-1])]
        np.testing.assert_allclose(found, wanted, atol=1e-3 if quantize == "none" else 0.1)
        assert np.mean(np.argmax(found, -1) == wanted.argmax(-1)) >= (1.0 if quantize == "none" else 0.98)
