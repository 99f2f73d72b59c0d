"""`bigmodel-edge`: the program that labels texts with a LiteRT file, where there is no TensorFlow."""

import json
import subprocess
import sys

import numpy as np
import pytest

from keras_bigmodel import TextClassifier
from keras_bigmodel.edge.command import main
from tests.task_contract import LABELS

TEXTS = ["where is my order", "谢谢", "the zip broke"]
PROGRAM = [sys.executable, "-c", "from keras_bigmodel.edge.command import main; main()"]


@pytest.fixture(scope="module")
def file(exported):
    return str(exported["none"][0])


@pytest.fixture
def edge(capsys):
    def run(*arguments):
        try:
            main([str(argument) for argument in arguments])
            code = 0
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    return run


def test_texts_of_the_command_line_are_labelled_as_the_model_does(edge, file, task):
    code, out, err = edge(file, *TEXTS, "--json")
    assert (code, err) == (0, "")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["text"] for row in rows] == TEXTS
    wanted = task.predict(TEXTS)
    found = [[row["probabilities"][label] for label in task.labels] for row in rows]
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_lines_of_a_file_keep_their_order_and_an_empty_one_has_no_answer(edge, file, task, tmp_path):
    (tmp_path / "texts.txt").write_text(f"\ufeff{TEXTS[0]}\n\n{TEXTS[1]}\r\n", encoding="utf-8")
    code, out, _ = edge(file, "--file", tmp_path / "texts.txt")
    assert code == 0
    lines = [line.split("\t") for line in out.splitlines()]
    first, last = (answer.label for answer in task.classify(TEXTS[:2]))
    assert [(line[0], line[2]) for line in lines] == [(first, TEXTS[0]), ("", ""), (last, TEXTS[1])]
    code, out, _ = edge(file, "--file", tmp_path / "texts.txt", "--json", "--top-k", 1)
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["label"] for row in rows] == [first, None, last]
    assert len(rows[0]["probabilities"]) == 1


def test_pairs_come_as_two_texts_or_as_two_columns(edge, tiny_bert, tmp_path):
    task = TextClassifier.from_encoder(tiny_bert, LABELS, pairs=True, dtype="float32", max_length=16)
    task.export(tmp_path / "out", "litert", quantize="none")
    model = tmp_path / "out/model.tflite"
    wanted = task.classify([("where", "is it"), ("thanks", "a lot")])
    code, out, _ = edge(model, "where", "is it", "thanks", "a lot", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(row["text"], row["text_pair"]) for row in rows] == [("where", "is it"), ("thanks", "a lot")]
    assert [row["label"] for row in rows] == [answer.label for answer in wanted]
    assert edge(model, "one")[0] == 2
    (tmp_path / "pairs.txt").write_text("where\tis it\nonly one\n")
    code, _, err = edge(model, "--file", tmp_path / "pairs.txt")
    assert code == 2
    assert "Line 2 has one text" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{folder}/nowhere.tflite", "text"], "No file"),
        (["{file}", "text", "--file", "{folder}/texts.txt"], "wanted one of them"),
        (["{file}", "--file", "{folder}/nowhere.txt"], "nowhere.txt cannot be read"),
        (["{file}", "--file", "{folder}"], "cannot be read"),
        (["{file}", "--file", "{folder}/latin.txt"], "not in UTF-8"),
        (["{file}", "text", "--top-k", "0"], "top_k=0"),
        (["{file}", "text", "--threads", "0"], "num_threads=0"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(edge, file, tmp_path, arguments, words):
    (tmp_path / "latin.txt").write_bytes("café".encode("latin-1"))
    code, out, err = edge(*(argument.format(folder=tmp_path, file=file) for argument in arguments))
    assert (code, out) == (2, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert words in err


def test_standard_input_is_read_and_a_reader_may_leave(file, task):
    done = subprocess.run([*PROGRAM, file], input="\n".join(TEXTS), capture_output=True, text=True, check=True)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [one.label for one in task.classify(TEXTS)]
    script = f'yes "where is my order" | head -20000 | "$0" -c "$1" {file} | head -1; echo ${{PIPESTATUS[2]}}'
    done = subprocess.run(["bash", "-c", script, *PROGRAM[::2]], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "141"
    assert "Traceback" not in done.stderr
