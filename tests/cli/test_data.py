"""`bigmodel data`: what a person should know of tables before training."""

import json
import subprocess
import sys

import pytest

from tests.tables.writers import write

ROWS = "text,label\n" + "".join(
    f"{kind} room {'abcdefghijklmnop'[n]},{kind}\n" for n in range(12) for kind in ("good", "bad")
)


@pytest.fixture
def train(tmp_path):
    return write(tmp_path, ROWS + "good room a,bad\n,bad\n这家酒店很好,good\n", "train.csv")


def test_the_report_is_printed_for_a_person(bigmodel, train, tiny_bert, tmp_path):
    test = write(tmp_path, "text,label\nGood room b!,good\nother words,odd\n", "test.csv")
    ran = bigmodel("data", train, "--test", test, "--encoder", tiny_bert, "--max-length", 4)
    assert ran.code == 0, ran.err
    assert "train: 26 rows of" in ran.out
    assert "left out 1 row: empty text" in ran.out
    bars = {line.split()[0]: line.count("█") for line in ran.out.splitlines() if "█" in line}
    assert bars["good"] == bars["bad"] == 24
    assert "conflicting labels: 1 text, 2 rows" in ran.out
    assert "good room a (1 times good, 1 times bad)" in ran.out
    assert "in test and in train: 0 rows exactly, 1 row nearly" in ran.out
    assert "longer than 4 and are cut" in ran.out
    assert "- test has 1 label that train lacks" in ran.out
    assert "Han 3.8 %" in ran.out
    assert ran.err == ""


def test_the_report_is_printed_as_json(bigmodel, train, tiny_bert):
    ran = bigmodel("data", train, "--encoder", tiny_bert, "--json")
    report = json.loads(ran.out)
    table = report["tables"]["train"]
    assert report["max_length"] == 64  # the encoder reads no more
    assert table["classes"] == {"bad": 13, "good": 13}
    # [CLS] and [SEP] stand around every text.
    assert table["lengths"]["min"] >= 5
    assert sum(table["lengths"]["histogram"]["counts"]) == 26


def test_every_option_of_the_table_reaches_the_reader(bigmodel, tmp_path, tiny_bert):
    content = 'spam\t"gewinne, groß\tja\t1\nham\tbis morgen"\tnein\t2\nham\tna gut\tja\t1\n'
    path = write(tmp_path, content.encode("cp1252"), "table.txt")
    how = ("--format", "tsv", "--no-quotes", "--no-header", "--encoding", "cp1252", "--encoder", tiny_bert)
    ran = bigmodel("data", path, *how, "--text", 2, "--pair", 3, "--label", 1, "--weight", 4, "--json")
    assert ran.code == 0, ran.err
    table = json.loads(ran.out)["tables"]["train"]
    assert table["columns"] == {"text": 2, "pair": 3, "label": 1, "weight": 4}
    assert table["rows"] == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.csv"], "No file"),
        (["{train}", "--text", "words"], "No column"),
        (["{train}", "--encoder", "nix"], "No encoder"),
        (["{train}", "--encoding", "utf-99"], "--encoding"),
        (["{train}", "--format", "xml"], "--format"),
        (["{train}", "--test", "nowhere.csv"], "No file"),
    ],
)
def test_bad_input_ends_with_one_sentence_and_code_2(bigmodel, train, arguments, words):
    ran = bigmodel("data", *(argument.format(train=train) for argument in arguments))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Error: ")
    assert words in ran.err
    assert ran.err.count("\n") == 1


def test_many_classes_are_shown_by_the_largest_and_the_smallest(bigmodel, tmp_path, tiny_bert):
    rows = [f"a text of class {n} and row {m},class {n}" for n in range(40) for m in range(2 + n)]
    ran = bigmodel("data", write(tmp_path, "\n".join(["text,label", *rows])), "--encoder", tiny_bert)
    assert "40 classes" in ran.out
    assert "… 16 more" in ran.out
    assert "class 39" in ran.out
    assert "class 0 " in ran.out


def test_texts_cannot_move_the_cursor_of_a_terminal(bigmodel, tmp_path, tiny_bert):
    row = '"\x1b[2Jclear\nthe screen",x\n'
    ran = bigmodel("data", write(tmp_path, f"text,label\n{row}{row}other,y\n"), "--encoder", tiny_bert)
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert "2 times: [2Jclear the screen" in ran.out


def test_a_bad_table_is_refused_before_tensorflow_loads(tmp_path):
    script = (
        "import sys; sys.argv = ['bigmodel', 'data', 'nowhere.csv']\n"
        "from keras_bigmodel.cli.main import main\n"
        "try:\n    main()\nfinally:\n    print('tensorflow' in sys.modules, 'pyarrow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout.strip() == "False False"


def test_numbers_are_shown_as_a_histogram(bigmodel, tmp_path, tiny_bert):
    rows = [f"a text of row {number},{number / 4}" for number in range(60)]
    path = write(tmp_path, "text,label\n" + "\n".join(rows) + "\n", "numbers.csv")
    ran = bigmodel("data", path, "--encoder", tiny_bert)
    assert ran.code == 0, ran.err
    assert "numbers: 0 to 14.75; half are 7.375 or less, mean 7.375, standard deviation 4.33" in ran.out
    assert sum("█" in line for line in ran.out.splitlines()) == 10
    report = json.loads(bigmodel("data", path, "--encoder", tiny_bert, "--json").out)["tables"]["train"]
    assert sum(report["numbers"]["histogram"]["counts"]) == 60
    assert (report["labels_a_row"], report["classes"]) == (None, {})


def test_rows_are_counted_by_their_number_of_labels(bigmodel, tmp_path, tiny_bert):
    path = write(tmp_path, 'text,label\none,joy\ntwo,anger\nthree,"joy,anger"\nfour,"anger,joy"\n', "sets.csv")
    ran = bigmodel("data", path, "--encoder", tiny_bert)
    assert ran.code == 0, ran.err
    assert "  2 labels\n" in ran.out
    assert "labels a row: 1: 50.0 %, 2: 50.0 %" in ran.out
    assert '"," joins the labels of a row' in ran.out
