"""Every kind of task passes the whole road: a table in, a version folder out, measured, inspected, asked again.

A new kind is a new row, one class (`tests/throwaway_tasks.py`) and one job here.
"""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from keras_bigmodel import TableStream, UserError
from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.answers import READERS, reader_of
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.pipeline import TrainSettings, export, load_task, measure, train
from keras_bigmodel.pipeline.jobs import JOBS, Job
from keras_bigmodel.preprocessors import TextPreprocessor
from keras_bigmodel.tables import TextTable
from keras_bigmodel.tokenizers import WordPieceTokenizer
from tests.task_contract import TASK_CASES
from tests.throwaway_tasks import (
    Finder,
    ImageEncoder,
    ImagePreprocessor,
    ImageScore,
    PlaceReader,
    ScoreReader,
    TableTokenizer,
    Tagger,
    TagsReader,
    TextScore,
)


class ScoreJob(Job):
    name, task_class = "score", TextScore

    def make_task(self, settings, facts, *, dtype, parent=None):
        checkpoint = open_checkpoint(settings.encoder)
        vocabulary, options = checkpoint.vocabulary()
        preprocessor = TextPreprocessor(self.tokenizer(vocabulary, options), max_length=settings.max_length)
        return self.task_class(checkpoint.load_encoder(pooler=False, dtype=dtype), preprocessor, **self.more())

    def tokenizer(self, vocabulary, options):
        return WordPieceTokenizer(vocabulary, **options)

    def more(self):
        return {}

    def metrics(self, targets, outputs):
        return {"mean_squared_error": float(np.mean((np.asarray(targets, float) - outputs[:, 0]) ** 2))}


class TagsJob(ScoreJob):
    name, task_class = "tags", Tagger

    def more(self):
        return {"names": ["even", "odd"]}

    def metrics(self, targets, outputs):
        rights = [
            np.mean([["even", "odd"][number] == tag for number, tag in zip(row.argmax(-1), tags.split(), strict=False)])
            for row, tags in zip(outputs, targets, strict=True)
        ]
        return {"token_accuracy": float(np.mean(rights))}


class PlaceJob(ScoreJob):
    name, task_class = "place", Finder

    def metrics(self, targets, outputs):
        starts = [int(target.split()[0]) for target in targets]
        return {"starts_right": float(np.mean(outputs["start"].argmax(-1) == starts))}


class WordsJob(ScoreJob):
    name = "words"

    def tokenizer(self, vocabulary, options):
        return TableTokenizer([word for word in vocabulary if word.isalpha()])


@dataclasses.dataclass(frozen=True)
class Images:
    path: str
    inputs: dict
    labels: list
    sha256: str
    weights = None
    dropped = {}
    notes = ()

    def __len__(self):
        return len(self.labels)

    def rows(self, numbers):
        inputs = {"image": self.inputs["image"][list(numbers)]}
        return dataclasses.replace(self, inputs=inputs, labels=[self.labels[number] for number in numbers])


class ImageJob(Job):
    name, task_class = "image", ImageScore

    def read_table(self, path, settings):
        with np.load(path) as file:
            digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            return Images(path, {"image": file["images"]}, file["targets"].tolist(), digest)

    def _hold_back(self, table, settings):
        return list(range(4, len(table))), list(range(4))

    def make_task(self, settings, facts, *, dtype, parent=None):
        return ImageScore(ImageEncoder(dtype=dtype), ImagePreprocessor())

    metrics = ScoreJob.metrics


CASES = {case.name: case for case in TASK_CASES}
KINDS = {  # the job, the row of the tasks' own table, the reader of its answers
    "score": (ScoreJob(), CASES["a number a text"], ScoreReader),
    "tags": (TagsJob(), CASES["a tag a token"], TagsReader),
    "place": (PlaceJob(), CASES["two outputs a token"], PlaceReader),
    "words": (WordsJob(), CASES["a tokenizer with a lookup table"], ScoreReader),
    "image": (ImageJob(), CASES["images"], ScoreReader),
    "classification": (JOBS["classification"], CASES["texts"], READERS["prediction"]),
    "multi_label": (JOBS["multi_label"], CASES["any number of labels"], READERS["label_set"]),
    "token_classification": (JOBS["token_classification"], CASES["spans of a text"], READERS["tags"]),
    "regression": (JOBS["regression"], CASES["a score"], READERS["score"]),
}


FULL = set(KINDS) - {"classification"}  # what that row computes, too


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.full if name in FULL else ()) for name in KINDS]
)
def kind(request):
    job, case, reader = KINDS[request.param]
    known = dict(JOBS)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name, row in known.items() if row.task_class is job.task_class]:
            if name != job.name:  # an own kind stays where it is: messages list the kinds in their order
                del JOBS[name]
        JOBS[job.name] = job
        patch.setitem(READERS, reader.kind, reader)
        yield job, case
    JOBS.clear()
    JOBS.update(known)


def _table(folder, case):
    if "image" in case.columns:
        np.savez(folder / "rows.npz", images=case.columns["image"], targets=case.targets)
        return folder / "rows.npz"
    stream = case.stream(folder)
    return stream.path


@pytest.fixture(scope="module")
def made(kind, tiny_bert, tmp_path_factory):
    """`(folder of the version, its manifest, path of the table)`."""
    job, case = kind
    folder = tmp_path_factory.mktemp("job")
    table = _table(folder, case)
    settings = TrainSettings(
        table=str(table),
        out=str(folder / "model"),
        task=job.name,
        encoder=str(tiny_bert),
        max_length=32,
        epochs=2,
        batch_size=8,
        dtype="float32",
        validation_share=0.2,
        label="label",
        text="text",
    )
    return (*train(settings), table)


def test_a_run_ends_in_a_version_that_agrees(kind, made):
    job, _ = kind
    folder, manifest, _ = made
    assert (manifest.task, manifest.job) == (job.task_class.__name__, job.name)
    assert manifest.parity["agrees"] is True
    assert all(facts["rows_that_differ"] == 0 for facts in manifest.parity["outputs"].values())
    assert manifest.metrics["validation"]["texts"] >= 2
    assert all(np.isfinite(value) for value in manifest.metrics["validation"].values() if isinstance(value, float))
    assert (folder / "card.md").read_text(encoding="utf-8")
    assert (folder / "report" / "metrics.json").is_file()
    Manifest.read(folder).check(folder)


def test_each_weight_stands_there_once(kind, made):
    folder, _, _ = made
    assert not list(folder.rglob("*.h5"))
    task = load_task(folder)
    described = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    assert len(described["weights"]) == len(task.weights)


def test_the_version_answers_as_its_export(kind, made):
    import tensorflow as tf

    _, case = kind
    folder, manifest, _ = made
    task = load_task(folder).with_dtype("float32")
    served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    outputs = served(**{name: tf.constant(column) for name, column in case.columns.items()})
    read = reader_of(manifest.answers)
    assert read.settings() == task.answer_reader().settings()
    wanted = task.predict(case.inputs, batch_size=24)
    wanted = wanted if isinstance(wanted, dict) else {"outputs": wanted}
    for name, found in outputs.items():
        if name in wanted:
            width = min(found.shape[1], wanted[name].shape[1]) if wanted[name].ndim > 1 else None
            np.testing.assert_allclose(found[:, :width][:, :2], wanted[name][:, :width][:, :2], atol=1e-5)


def test_measures_are_those_of_the_table(kind, made):
    _, case = kind
    folder, _, table = made
    job, _ = kind
    whole = job.read_table(table, TrainSettings(table=str(table), out="x", label="label", text="text"))
    assert measure(load_task(folder), whole)["texts"] == len(case.targets)


def test_an_export_becomes_the_next_version(kind, made):
    folder, manifest, _ = made
    written, certificate = export(folder)
    assert certificate["agrees"]
    assert Manifest.read(written).parent == manifest.version
    assert type(load_task(written)).__name__ == manifest.task


def test_the_command_line_knows_no_kind(kind, made, bigmodel, tmp_path):
    job, case = kind
    folder, _, table = made
    shown = bigmodel("inspect", folder)
    assert shown.code == 0, shown.err
    assert job.task_class.__name__ in shown.out
    if "image" in case.columns:
        return  # a file of images is no table of texts
    asked = bigmodel("predict", folder, *case.columns["text"][:3])
    assert asked.code == 0, asked.err
    lines = [json.loads(line) for line in asked.out.splitlines()]
    answers = [answer.as_json() for answer in load_task(folder).answers(case.columns["text"][:3])]
    assert [line["text"] for line in lines] == case.columns["text"][:3]
    for line, answer in zip(lines, answers, strict=True):
        assert set(line) == {"text", *answer}
    measured = bigmodel("evaluate", folder, table, "--text", "text", "--label", "label", "--json")
    assert measured.code == 0, measured.err
    assert json.loads(measured.out)["texts"] == 24
    streamed = list(load_task(folder).answer_stream(TableStream(table, text="text", with_labels=False)))
    assert sum(len(part) for _, part in streamed) == 24


def test_options_and_formats_that_a_kind_has_not_are_refused(kind, made, bigmodel, tmp_path):
    job, _ = kind
    folder, _, table = made
    if job.name in ("classification", "multi_label", "regression", "image"):
        return
    refused = bigmodel("predict", folder, "a text", "--top-k", "2")
    assert refused.code == 2
    assert "no labels to choose from" in refused.err
    for format in ("litert", "litert_embedding", "onnx", "openvino", "hugging_face"):
        ran = bigmodel("export", folder, "--format", format, "--out", tmp_path / format)
        assert ran.code == 2
        assert f"A {job.task_class.__name__} came" in ran.err
    compared = bigmodel("compare", folder, folder, table, "--text", "text", "--label", "label")
    if job.name == "token_classification":
        assert compared.code == 0
        return
    assert compared.code == 2
    assert f"of the kind {job.name}" in compared.err


@pytest.mark.parametrize(
    "how", [{"min_rows": 2}, {"class_weight": "balanced"}, {"label_smoothing": 0.1}, {"stream": True}]
)
def test_a_setting_that_a_kind_does_not_take_is_refused(how):
    settings = TrainSettings(table="a.csv", out="b", **how)
    option = "--" + next(iter(how)).replace("_", "-")
    with pytest.raises(UserError, match=f"{option} came, and the kind of task score takes none"):
        ScoreJob().check_settings(settings)
    JOBS["classification"].check_settings(settings)


def test_a_measure_that_is_no_number_is_refused_at_once(tiny_bert):
    class Odd(ScoreJob):
        def metrics(self, targets, outputs):
            return {"matrix": {}}

    case = CASES["a number a text"]
    table = TextTable("some.csv", case.columns, case.targets, {}, "0" * 64)
    with pytest.raises(UserError, match="The job score measures matrix as {}; wanted a number"):
        Odd().measure(case.make(tiny_bert), table, reporter=SILENT)


def test_an_unknown_kind_of_task_is_refused(bigmodel, tmp_path, table):
    ran = bigmodel("train", table, "--out", tmp_path / "model", "--task", "poetry")
    assert ran.code == 2
    assert 'No kind of task "poetry". Known: classification, multi_label, regression, token_classification' in ran.err
    assert not (tmp_path / "model").exists()
