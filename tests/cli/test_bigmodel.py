"""The program from table to answer: what it prints, where, and how it ends."""

import csv
import json
import shutil
import subprocess
import sys

import pytest

from keras_bigmodel import __version__
from keras_bigmodel.pipeline import load_task
from tests.pipeline.conftest import write_table
from tests.program import program
from tests.task_contract import LABELS, messages

COMMANDS = ("data", "train", "evaluate", "compare", "predict", "inspect", "export")


# ---- without TensorFlow

LOADED = """
import sys
sys.argv = ["bigmodel", *{arguments!r}]
from keras_bigmodel.cli.main import main
try:
    main()
finally:
    print(sorted({{"tensorflow", "keras", "jax", "pyarrow", "sklearn"}} & set(sys.modules)), file=sys.stderr)
"""


def _loaded(*arguments):
    script = LOADED.format(arguments=[str(argument) for argument in arguments])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    return done, done.stderr.strip().splitlines()[-1]


def test_help_lists_the_commands_and_loads_nothing_heavy():
    done, loaded = _loaded("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)
    assert loaded == "[]"


def test_inspect_loads_nothing_heavy(model):
    done, loaded = _loaded("inspect", model)
    assert done.returncode == 0
    assert "reviews, version 1" in done.stdout
    assert loaded == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_describes_itself(bigmodel, command):
    ran = bigmodel(command, "--help")
    assert ran.code == 0
    assert "Usage: bigmodel" in ran.out
    assert command in ran.out


def test_the_version(bigmodel):
    ran = bigmodel("--version")
    assert (ran.code, ran.out.strip()) == (0, f"bigmodel {__version__}")


# ---- train


def test_train_writes_version_1_and_prints_json(trained):
    base, done = trained
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["folder"] == f"{done.args[-1]}/1"
    assert printed["metrics"]["validation"]["texts"] == 9
    assert printed["parity"]["agrees"] is True
    assert (base / "1" / "saved_model.pb").is_file()


def test_train_tells_people_on_standard_error_without_tensorflows_noise(trained):
    lines = trained[1].stderr.splitlines()
    assert any("empty text" in line for line in lines)
    assert any(line.startswith("epoch 1: ") and "val loss" in line for line in lines)
    assert not any("oneDNN" in line or "absl" in line or "Traceback" in line or "Warning" in line for line in lines)
    assert not any("\x1b" in line for line in lines)  # no colours where there is no terminal


# ---- evaluate


def test_evaluate_prints_the_measures(bigmodel, model, table):
    ran = bigmodel("evaluate", model, table)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith("45 texts")
    classes = next(number for number, line in enumerate(lines) if line.startswith("label"))
    assert any(line.startswith("accuracy ") for line in lines[:classes])
    assert lines[classes].split() == ["label", "precision", "recall", "f1", "texts"]
    assert [line.split()[0] for line in lines[classes + 1 :]] == LABELS
    assert ran.err.strip() == "Left out 1 row: empty text."


def test_evaluate_as_json_parses_and_agrees_with_predict(bigmodel, model, table):
    measures = json.loads(bigmodel("evaluate", model, table, "--json").out)
    texts, labels = messages(45)
    answers = load_task(model).classify(texts)
    right = sum(answer.label == label for answer, label in zip(answers, labels, strict=True))
    assert measures["accuracy"] == pytest.approx(right / 45)
    assert measures["dropped"] == {"empty text": 1}


def test_evaluate_reads_columns_by_name(bigmodel, model, tmp_path):
    path = write_table(tmp_path / "other.csv", [("good", "where is it"), ("bad", "thanks")], header=("stars", "review"))
    ran = bigmodel("evaluate", model, path, "--text", "review", "--label", "stars", "--json")
    assert json.loads(ran.out)["texts"] == 2


# ---- predict


def _answers(ran):
    assert ran.code == 0, ran.err
    assert ran.err == ""
    return [json.loads(line) for line in ran.out.splitlines()]


def test_predict_labels_its_arguments(bigmodel, model):
    texts = ["where is my parcel", "谢谢", "thank you very much for the quick help"]
    answers = _answers(bigmodel("predict", model, *texts))
    assert [answer["text"] for answer in answers] == texts
    for answer, wanted in zip(answers, load_task(model).classify(texts), strict=True):
        assert answer["label"] == wanted.label
        assert answer["probability"] == pytest.approx(wanted.probability, abs=1e-4)
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert next(iter(answer["probabilities"])) == answer["label"]


def test_predict_labels_one_argument(bigmodel, model):
    assert [answer["text"] for answer in _answers(bigmodel("predict", model, "where is my parcel"))] == [
        "where is my parcel"
    ]


@pytest.mark.parametrize("dash", [(), ("-",)], ids=["nothing", "dash"])
def test_predict_reads_standard_input_line_by_line(bigmodel, model, dash):
    ran = bigmodel("predict", model, *dash, stdin="\ufefferste Zeile\r\n\nzweite\tZeile\n汉字")
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert [answer["text"] for answer in answers] == ["erste Zeile", "", "zweite\tZeile", "汉字"]
    assert [answer["label"] is None for answer in answers] == [False, True, False, False]
    assert ran.err.strip() == "1 row has no text: its answer is null."


@pytest.mark.parametrize("name", ["lines.txt", None])
def test_predict_reads_other_encodings_where_they_are_named_and_refuses_them_where_not(bigmodel, model, tmp_path, name):
    content = "café\nok\n".encode("cp1252")
    given = () if name is None else (tmp_path / name,)
    if name is not None:
        (tmp_path / name).write_bytes(content)
    stdin = content.decode("utf-8", "surrogateescape")
    refused = bigmodel("predict", model, *given, stdin=stdin)
    assert (refused.code, refused.out) == (2, "")
    assert "--encoding" in refused.err
    answers = _answers(bigmodel("predict", model, *given, "--encoding", "cp1252", stdin=stdin))
    assert [answer["text"] for answer in answers] == ["café", "ok"]


def test_predict_reads_utf_16_by_its_mark(bigmodel, model, tmp_path):
    (tmp_path / "lines.txt").write_bytes("谢谢\nok\n".encode("utf-16"))
    assert [answer["text"] for answer in _answers(bigmodel("predict", model, tmp_path / "lines.txt"))] == ["谢谢", "ok"]


OTHER_FILES = {
    "lines.txt.gz": (b"\x1f\x8b" + b"x" * 50, "compressed with gzip"),
    "book.xlsx": (b"PK\x03\x04 [Content_Types].xml" + b"x" * 50, "an Excel workbook"),
    "paper.pdf": (b"%PDF-1.7 x", "a PDF document"),
    "rows.json": (b'[{"text": "a"}]', "holds JSON, not a text a line"),
    "rows.txt": (b'{"text": "a"}\n', "Give --format jsonl"),
    "noise.bin": (b"\xff\xfe\xfa\x00\x01" * 9, "--encoding"),
}


@pytest.mark.parametrize("name", OTHER_FILES)
def test_predict_refuses_files_that_hold_no_lines_of_text(bigmodel, model, tmp_path, name):
    content, words = OTHER_FILES[name]
    (tmp_path / name).write_bytes(content)
    ran = bigmodel("predict", model, tmp_path / name)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_predict_takes_no_files_name_for_a_text(bigmodel, model, table, tmp_path):
    ran = bigmodel("predict", model, table, table)
    assert (ran.code, ran.out) == (2, "")
    assert f"2 inputs came, and {table} is a file" in ran.err


@pytest.mark.parametrize("option", [("--text", "a"), ("--format", "csv"), ("--header",), ("--no-quotes",)], ids=str)
@pytest.mark.parametrize("where", ["standard input", "a file of lines", "texts"])
def test_predict_refuses_options_of_tables_where_there_is_none(bigmodel, model, tmp_path, option, where):
    (tmp_path / "lines.txt").write_text("one\ntwo\n")
    given = {"standard input": (), "a file of lines": (tmp_path / "lines.txt",), "texts": ("a text", "another")}[where]
    if where == "a file of lines" and option == ("--format", "csv"):
        return  # this makes a table of it
    ran = bigmodel("predict", model, *given, *option, stdin="one\n")
    assert (ran.code, ran.out) == (2, "")
    assert f"{option[0]} came, and" in ran.err


@pytest.mark.full
def test_two_that_write_one_file_do_not_mix(model, tmp_path):
    lines = {name: [f"{name} {row}" for row in range(300)] for name in ("first", "second")}
    for name, texts in lines.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(texts))
    command = [sys.executable, "-m", "keras_bigmodel", "predict", str(model)]
    out = tmp_path / "answers.jsonl"
    running = [
        subprocess.Popen(
            [*command, str(tmp_path / f"{name}.txt"), "--out", str(out)], stderr=subprocess.PIPE, text=True
        )
        for name in lines
    ]
    said = [process.communicate()[1] for process in running]
    codes = [process.returncode for process in running]
    written = [json.loads(line)["text"] for line in out.read_text().splitlines()]
    assert written in lines.values()
    assert sorted(codes) == [0, 2]
    assert any("already there" in text for text in said)


def test_predict_of_no_lines_is_refused(bigmodel, model):
    ran = bigmodel("predict", model)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Error: No text came")


def test_predict_reads_a_file_of_lines(bigmodel, model, tmp_path):
    (tmp_path / "texts.txt").write_text("one\ntwo, three\n", encoding="utf-8")
    answers = _answers(bigmodel("predict", model, tmp_path / "texts.txt"))
    assert [answer["text"] for answer in answers] == ["one", "two, three"]


def test_predict_reads_a_table(bigmodel, model, tmp_path):
    rows = [('with "quotes",\nand a line', 1), ("short", 2)]
    with (tmp_path / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("review", "number"), *rows])
    answers = _answers(bigmodel("predict", model, tmp_path / "texts.csv", "--text", "review"))
    assert [answer["text"] for answer in answers] == [text for text, _ in rows]


def test_predict_shows_the_first_labels(bigmodel, model):
    whole, first = (_answers(bigmodel("predict", model, "parcel", *option)) for option in ((), ("--top-k", 1)))
    assert list(first[0]["probabilities"]) == list(whole[0]["probabilities"])[:1]
    assert len(whole[0]["probabilities"]) == 3


def test_predict_in_a_pipe_prints_answers_and_nothing_else(model):
    done = program("predict", model, input="where is it\nthanks\n")
    assert done.returncode == 0
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["where is it", "thanks"]
    assert done.stderr == ""


# ---- inspect and export


def test_inspect_shows_what_a_model_is(bigmodel, model):
    ran = bigmodel("inspect", model)
    assert ran.code == 0
    for words in ("reviews, version 1 of 1", "bad, fair, good", "2 layers, 32 wide", "exact, uncased", "accuracy"):
        assert words in ran.out
    assert "saved_model.pb" in ran.out


def test_inspect_as_json_is_the_manifest(bigmodel, model):
    described = json.loads(bigmodel("inspect", model / "1", "--json").out)
    manifest = json.loads((model / "1" / "manifest.json").read_text(encoding="utf-8"))
    assert {name: described[name] for name in manifest} == manifest
    assert described["all_versions"] == [1]
    assert described["bytes"]["vocab.txt"] == (model / "1" / "vocab.txt").stat().st_size


def test_export_writes_a_folder_of_its_own_and_prints_the_certificate(bigmodel, model, tmp_path):
    ran = bigmodel("export", model, "--out", tmp_path / "served", "--json")
    assert ran.code == 0, ran.err
    printed = json.loads(ran.out)
    assert printed["folder"] == str(tmp_path / "served")
    assert printed["parity"]["agrees"] is True
    assert (tmp_path / "served" / "saved_model.pb").is_file()
    again = bigmodel("export", model, "--out", tmp_path / "served")
    assert again.code == 2
    assert "already there" in again.err


def test_export_to_litert_measures_what_it_loses(bigmodel, model, table, tmp_path):
    how = ("--format", "tflite", "--quantize", "none", "--data", table, "--max-drop", 0.3)
    ran = bigmodel("export", model, *how, "--out", tmp_path / "phone", "--json")
    assert ran.code == 0, ran.err
    certificate = json.loads(ran.out)["parity"]
    assert certificate["agrees"] is True
    assert certificate["measured_texts"] == 45
    assert certificate["points_lost"] == 0
    assert certificate == json.loads((tmp_path / "phone/parity.json").read_text(encoding="utf-8"))
    assert (tmp_path / "phone/model.tflite").stat().st_size == certificate["bytes"]


@pytest.mark.full
def test_export_to_litert_without_a_folder_makes_the_next_version(bigmodel, model, tmp_path):
    shutil.copytree(model, tmp_path / "reviews")
    ran = bigmodel("export", tmp_path / "reviews", "--format", "tflite", "--quantize", "none")
    assert ran.code == 0, ran.err
    assert "token_ids, segment_ids, padding_mask equal" in ran.out
    version = tmp_path / "reviews/2"
    manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
    assert {"lite/model.tflite", "lite/parity.json", "saved_model.pb", "card.md"} <= set(manifest["files"])
    assert (manifest["version"], manifest["parent"]) == (2, 1)
    again = bigmodel("export", tmp_path / "reviews")  # the phone's file goes along
    assert again.code == 0, again.err
    assert (tmp_path / "reviews/3/lite/model.tflite").read_bytes() == (version / "lite/model.tflite").read_bytes()


def test_export_of_vectors_for_phones_prints_how_far_they_agree(bigmodel, model, tmp_path):
    ran = bigmodel("export", model, "--format", "litert_embedding", "--out", tmp_path / "vectors")
    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"Wrote {tmp_path / 'vectors'}. A LiteRT file of vectors of ")
    assert "the same direction of embedding, cosines of 0.9" in ran.out
    assert "not measured" not in ran.err
    assert (tmp_path / "vectors/model.tflite").is_file()


def test_export_to_hugging_face_says_how_it_is_loaded(bigmodel, model, tmp_path):
    ran = bigmodel("export", model, "--format", "hugging_face", "--out", tmp_path / "hub")
    assert ran.code == 0, ran.err
    assert "trust_remote_code=True" in ran.out
    assert (tmp_path / "hub/model.safetensors").is_file()


# ---- bad input


BAD_INPUTS = {
    "train on no file": ("train {folder}/nowhere.csv --out {folder}/new/reviews", "No file"),
    "train on a folder": ("train {folder} --out {folder}/new/reviews", "is a folder"),
    "train on a broken table": ("train {folder}/broken.csv --out {folder}/new/reviews", "has 3 fields"),
    "train on no column": ("train {folder}/clean.csv --out {folder}/new/reviews --label stars", 'No column "stars"'),
    "train with no encoder": (
        "train {folder}/clean.csv --out {folder}/new/reviews --encoder none",
        'No encoder "none"',
    ),
    "train for no epochs": ("train {folder}/clean.csv --out {folder}/new/reviews --epochs 0", "--epochs 0 came"),
    "train in a strange dtype": (
        "train {folder}/clean.csv --out {folder}/new/reviews --encoder {encoder} --dtype float99",
        "float99",
    ),
    "train in a strange mode": (
        "train {folder}/clean.csv --out {folder}/new/reviews --encoder {encoder} --mode slow",
        "slow",
    ),
    "evaluate no model": ("evaluate {folder}/nowhere {table}", "No folder"),
    "evaluate an empty folder": ("evaluate {folder}/empty {table}", "holds no version"),
    "evaluate an unknown label": ("evaluate {model} {folder}/unknown.csv", "awful"),
    "evaluate with pairs": ("evaluate {model} {folder}/pairs.csv --pair other", "leave --pair out"),
    "predict with no model": ("predict {folder}/nowhere text", "No folder"),
    "predict a table without the column": ("predict {model} {table} --text review", 'No column "review"'),
    "inspect a file": ("inspect {table}", "is a file"),
    "inspect an empty folder": ("inspect {folder}/empty", "holds no version"),
    "export to no format": ("export {model} --format torch", '"torch"'),
    "export in no bits": ("export {model} --format litert --quantize int3", "int3"),
    "export a quantized SavedModel": ("export {model} --quantize int8", "not quantized"),
    "export with a drop below 0": ("export {model} --format tflite --data {table} --max-drop -1", "from 0 to 100"),
    "export a SavedModel with a drop": (
        "export {model} --data {table} --max-drop 1",
        "--format litert, onnx and openvino",
    ),
    "export a hub folder as a version": ("export {model} --format hugging_face", "--out"),
    "export vectors as a version": ("export {model} --format litert_embedding", "--out"),
    "export vectors with a drop": (
        "export {model} --format litert_embedding --max-drop 1 --out {folder}/new",
        "--format litert, onnx and openvino",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_bad_input_ends_with_one_line_and_code_2_and_writes_nothing(bigmodel, model, table, tiny_bert, tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.csv").write_text("text,label\na,b,c\n")
    write_table(tmp_path / "pairs.csv", [("one", "two", "bad")], header=("text", "other", "label"))
    write_table(tmp_path / "unknown.csv", [("where is it", "awful")])
    write_table(tmp_path / "clean.csv", list(zip(*messages(20), strict=True)))
    before = sorted(tmp_path.rglob("*")) + sorted(model.rglob("*"))
    line, words = BAD_INPUTS[name]
    ran = bigmodel(*line.format(folder=tmp_path, table=table, model=model, encoder=tiny_bert).split())
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("Error: ")
    assert len(ran.err.strip().splitlines()) == 1
    assert words in ran.err
    assert sorted(tmp_path.rglob("*")) + sorted(model.rglob("*")) == before


def test_bad_input_in_a_process_of_its_own_prints_one_line(tmp_path):
    done = program("train", tmp_path / "nowhere.csv", "--out", tmp_path / "reviews")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: No file")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("place", ["before", "behind"])
def test_debug_shows_where_an_error_came_from(bigmodel, tmp_path, place):
    command = ("inspect", tmp_path / "nowhere")
    ran = bigmodel(*(("--debug", *command) if place == "before" else (*command, "--debug")))
    assert ran.code == 2
    assert "Traceback (most recent call last)" in ran.err
    assert ran.err.splitlines()[-1].startswith("Error: No folder")


@pytest.mark.parametrize(
    "arguments",
    [("train",), ("predict", "m", "--top-k", "0"), ("nothing",), ("inspect", "m", "--no-such-option")],
    ids=str,
)
def test_a_wrong_command_line_ends_with_code_2(bigmodel, arguments):
    ran = bigmodel(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "bigmodel" in ran.err
    assert "Traceback" not in ran.err


def test_an_altered_model_is_refused(bigmodel, model, tmp_path):
    shutil.copytree(model, tmp_path / "reviews")
    (tmp_path / "reviews" / "1" / "vocab.txt").write_text("other")
    for command in (("inspect", tmp_path / "reviews"), ("predict", tmp_path / "reviews", "text")):
        ran = bigmodel(*command)
        assert ran.code == 2
        assert "altered: vocab.txt" in ran.err
