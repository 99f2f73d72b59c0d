"""What TensorFlow Serving 2.14 to 2.19 computes with: TensorFlow's ops and those of TensorFlow Text 2.12.

A server's binary cannot run here; its ops can, in an environment of their own.
"""

import sys

import numpy as np
import pytest

from keras_bigmodel import TextClassifier
from keras_bigmodel.data import support_messages
from keras_bigmodel.data.bundled_texts import parity_texts
from keras_bigmodel.export import saved_model_parity
from keras_bigmodel.pipeline import export
from tests.environments import python_with
from tests.task_contract import LABELS, TASK_CASES

OLD = "2.12.1"


@pytest.fixture(scope="module")
def old_python(tmp_path_factory):
    wanted = (f"tensorflow-cpu=={OLD}", f"tensorflow-text=={OLD}", "tensorflow-hub==0.14.0")
    return python_with(tmp_path_factory.mktemp("old"), *wanted, package=False, constraints=False)


def compared(task, folder, columns, python, tolerance=1e-4):
    return saved_model_parity(task, folder, columns, tolerance=tolerance, python=python)


@pytest.mark.full
def test_every_signature_answers_there_as_here(task, exported, old_python):
    certificate = compared(task, exported[0], {"text": parity_texts()}, old_python)
    assert certificate["reasons"] == []
    assert certificate["clean_process"] == {"tensorflow": OLD, "tensorflow-text": OLD}
    assert set(certificate["endpoints"]) == set(task.endpoints())
    assert all(part["rows"] > 0 for part in certificate["endpoints"].values())
    assert certificate["endpoints"]["tokens"]["outputs"]["logits"]["largest_difference"] <= 1e-4


@pytest.mark.full
@pytest.mark.parametrize("how", [{"pairs": True}, {"mode": "fast"}, {"pooling": "pooler"}], ids=str)
def test_tasks_of_every_kind_answer_there_as_here(tiny_bert, tmp_path, old_python, how):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32, **how)
    task.export(tmp_path / "out")
    columns = {"text": [*support_messages("test")[0][:100], "", "谢谢", "x" * 500]}
    if task.pairs:
        columns["text_pair"] = columns["text"][::-1]
    assert compared(task, tmp_path / "out", columns, old_python)["reasons"] == []


@pytest.mark.full
def test_texts_are_rejected_there_as_here(task, tmp_path, old_python):
    texts = support_messages("test")[0][:100]
    middle = float(sorted(task.predict(texts).max(axis=1))[50])
    rejecting = task.with_config(reject_below=middle)
    rejecting.export(tmp_path / "out")
    certificate = compared(rejecting, tmp_path / "out", {"text": texts}, old_python)
    assert certificate["reasons"] == []
    assert {"label", "labels", "rejected"} <= set(certificate["endpoints"]["serving_default"]["outputs"])


@pytest.mark.full
@pytest.mark.parametrize("case", TASK_CASES, ids=lambda case: case.name)
def test_every_task_of_the_contract_answers_there_as_here(case, tiny_bert, tmp_path, old_python):
    task = case.make(tiny_bert).with_dtype("float32")
    task.export(tmp_path / "out")
    certificate = compared(task, tmp_path / "out", task.preprocessor.samples(), old_python)
    assert certificate["reasons"] == []
    assert set(certificate["endpoints"]) == set(task.endpoints())


@pytest.mark.full
@pytest.mark.parametrize("how", [{}, {"pairs": True}], ids=str)
def test_core_ops_answer_there_as_here_without_tensorflow_text(tiny_bert, tmp_path, old_python, how):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, dtype="float32", max_length=32, ops="core", **how)
    task.export(tmp_path / "out")
    texts = parity_texts()
    columns = {"text": texts} if not task.pairs else {"text": texts, "text_pair": texts[::-1]}
    certificate = compared(task, tmp_path / "out", columns, old_python)
    assert certificate["reasons"] == []
    assert certificate["clean_process"] == {"tensorflow": OLD}  # it was not imported
    assert set(certificate["endpoints"]) == set(task.endpoints())


@pytest.mark.full
def test_bfloat16_answers_there_as_here(task, tmp_path, old_python):
    task.export(tmp_path / "out", dtype="bfloat16")
    twin = task.with_dtype("bfloat16")
    columns = {"text": support_messages("test")[0][:100]}
    certificate = saved_model_parity(twin, tmp_path / "out", columns, python=old_python)
    assert certificate["reasons"] == []


@pytest.mark.full
def test_tf_hubs_tutorials_run_there_as_here(tiny_bert, tmp_path, old_python):
    from tests.checkpoints.test_write_hub_modules import check_tutorials, with_mlm_head
    from tests.hub_tutorials import run_tutorials

    export(with_mlm_head(tmp_path / "bert"), format="tf_hub", out=tmp_path / "out")
    here = run_tutorials(sys.executable, tmp_path / "out", tmp_path / "here")
    there = run_tutorials(old_python, tmp_path / "out", tmp_path / "there")
    assert (here["tensorflow"][:4], there["tensorflow"]) == ("2.21", OLD)
    for found in (here, there):
        check_tutorials(found)
    for name, value in here["page"].items():
        if name in ("pooled", "mlm"):
            np.testing.assert_allclose(value, there["page"][name], rtol=0, atol=1e-5)
        else:
            assert value == there["page"][name]
