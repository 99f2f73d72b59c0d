"""What a hostile or unlucky user asks of `bigmodel`: one sentence and exit code 2, and nothing is written or lost."""

import json

import pytest

from tests.bad_inputs import ROWS, good

LONG = "a" * 300
WRONG_NAMES = {"an empty name": "", "a long name": LONG, "a NUL": "a\0b", "a missing one": "no/such/place"}


def refused(ran, *words):
    """Asserts that a run ended with one sentence; returns it."""
    said = [line for line in ran.err.splitlines() if line.startswith("Error: ")]
    assert ran.code == 2, ran.err[-2000:]
    assert "Traceback" not in ran.err + ran.out
    assert len(said) == 1, ran.err
    assert said[0] == ran.err.splitlines()[-1], "nothing follows the sentence"
    for word in words:
        assert word in said[0]
    return said[0]


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# ---- names

READERS = {
    "predict": lambda name, folder: ("predict", name, "a text"),
    "inspect": lambda name, folder: ("inspect", name),
    "evaluate": lambda name, folder: ("evaluate", name, good(folder)),
    "export": lambda name, folder: ("export", name, "--out", "exported"),
    "compare": lambda name, folder: ("compare", name, name, good(folder)),
    "data": lambda name, folder: ("data", name),
    "train on": lambda name, folder: ("train", name, "--out", "model"),
    "train with settings": lambda name, folder: ("train", "--settings", name),
    "train from": lambda name, folder: ("train", good(folder), "--out", "model", "--encoder", name),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", WRONG_NAMES)
def test_a_name_that_nothing_has_is_refused(kind, reader, tmp_path, monkeypatch, bigmodel):
    monkeypatch.chdir(tmp_path)
    if kind == "a missing one" and reader == "train from":
        word = "No encoder"
    else:
        word = {"a missing one": "", "a NUL": "NUL", "a long name": "255 bytes"}.get(kind, "")
    arguments = READERS[reader](WRONG_NAMES[kind], tmp_path)
    before = sorted(tmp_path.rglob("*"))
    if kind == "an empty name" and reader == "train with settings":
        pytest.skip("an empty --settings is none: the table is asked for")
    refused(bigmodel(*arguments), word)
    assert sorted(tmp_path.rglob("*")) == before


WRITERS = {
    "train": lambda name, folder, bert, model: ("train", good(folder), "--encoder", bert, "--out", name),
    "predict": lambda name, folder, bert, model: ("predict", model, "a text", "--out", name),
    "export": lambda name, folder, bert, model: ("export", model, "--out", name),
    "compare": lambda name, folder, bert, model: ("compare", model, model, good(folder), "--out", name),
    "evaluate": lambda name, folder, bert, model: ("evaluate", model, good(folder), "--report", name),
}
UNWRITABLE = {
    "a long name": (LONG, "255 bytes"),
    "a NUL": ("a\0b", "NUL"),
    "a device": ("/dev/full", ""),
    "under a file": ("reviews.csv/out", ""),
    "itself": (".", ""),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("kind", UNWRITABLE)
def test_a_name_that_cannot_be_written_is_refused_and_nothing_changes(
    kind, writer, tmp_path, tiny_bert, monkeypatch, bigmodel, request
):
    if (writer, kind) == ("train", "itself"):
        pytest.skip("the folder one stands in may hold versions")
    monkeypatch.chdir(tmp_path)
    name, word = UNWRITABLE[kind]
    folder = request.getfixturevalue("model") if writer != "train" else None
    arguments = WRITERS[writer](name, tmp_path, tiny_bert, folder)
    good(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    refused(bigmodel(*arguments), word)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("mark", list("[]*?\\"))
@pytest.mark.parametrize("command", ["train", "export"])
def test_a_name_that_tensorflow_takes_for_a_pattern_is_refused_before_the_work(
    mark, command, tmp_path, tiny_bert, monkeypatch, bigmodel, request
):
    monkeypatch.chdir(tmp_path)
    arguments = (good(tmp_path), "--encoder", tiny_bert)
    if command == "export":
        arguments = (request.getfixturevalue("model"),)
    ran = bigmodel(command, *arguments, "--out", f"a{mark}b")
    refused(ran, "takes for a pattern", f"a{mark}b" if mark != "\\" else "a")
    assert "epoch" not in ran.err
    assert not (tmp_path / f"a{mark}b").exists()


def test_the_folder_one_stands_in_is_named(tmp_path, monkeypatch, bigmodel, model):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "mine.txt", "mine")
    refused(bigmodel("export", model, "--out", "."), f"The folder {tmp_path} is already there")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# ---- settings of a run

HOW = {
    "more accumulated batches than an epoch has": (("--accumulate", 999), "has 2 batches"),
    "a class weight twice": (("--class-weight", "bad=2,bad=3"), '"bad" twice'),
    "a class weight of 0 for all": (("--class-weight", "bad=0,fair=0,good=0"), "weight 0"),
    "a class weight that is nan": (("--class-weight", "bad=nan"), "0 or more"),
    "TensorBoard's folder a file": (("--tensorboard", "reviews.csv"), "is a file"),
    "TensorBoard's folder a device": (("--tensorboard", "/dev/null"), "is a file"),
    "TensorBoard's folder a long name": (("--tensorboard", LONG), "255 bytes"),
    "a rate that is nan": (("--learning-rate", "nan"), "--learning-rate nan"),
    "a rate that is infinite": (("--learning-rate", "inf"), "--learning-rate inf"),
    "a rate beyond float32": (("--learning-rate", "1e300"), "e.g. --learning-rate 1e-04"),
    "a share that is nan": (("--validation-share", "nan"), "--validation-share nan"),
    "no batch": (("--batch-size", 0), "--batch-size 0"),
    "a seed below zero": (("--seed", -1), "--seed -1"),
    "an l2 that is nan": (("--l2", "nan"), "--l2 nan"),
    "a smoothing of 1": (("--label-smoothing", 1), "--label-smoothing 1"),
    "an unknown task": (("--task", "poetry"), "poetry"),
    "an unknown mode": (("--mode", "slow"), "slow"),
    "an unknown dtype": (("--dtype", "float12"), "float12"),
    "an unknown pooling": (("--pooling", "max"), "max"),
    "a length too great": (("--max-length", 65), "3 to 64"),
}


@pytest.mark.parametrize("name", HOW)
def test_a_run_that_could_not_be_right_is_refused(name, tmp_path, tiny_bert, monkeypatch, bigmodel):
    monkeypatch.chdir(tmp_path)
    how, word = HOW[name]
    ran = bigmodel("train", good(tmp_path), "--encoder", tiny_bert, "--out", "model", "--epochs", 1, *how)
    refused(ran, word)
    assert [path.name for path in tmp_path.iterdir()] == ["reviews.csv"], "nothing is published or left"


# ---- tables

LINES = ["text,label", *(f"a text of {number},{'good' if number % 2 else 'bad'}" for number in range(12))]


def _with(separator, head=None):
    lines = [line.replace(",", separator) for line in LINES]
    return "\n".join([head or lines[0], *lines[1:]]) + "\n"


def _cells(**cells):
    rows = [{"text": f"a text of {number}", "label": "good" if number % 2 else "bad"} for number in range(12)]
    rows[7].update(cells)
    return "".join(json.dumps(row) + "\n" for row in rows)


BROKEN = "\n".join(LINES).replace("a text of 1,", "一段文字,").replace("bad", "差评").encode()
TABLES = {
    "cut in its last character": ("a.csv", BROKEN[: -BROKEN[::-1].index(b"\xe8"[0]) + 1 - 1], "not copied whole"),
    "semicolons below commas": ("a.csv", _with(";", head="text,label"), "semicolons and none of these"),
    "TABs in a CSV file": ("a.csv", _with("\t"), "--format tsv"),
    "commas in a TSV file": ("a.tsv", _with(","), "--format csv"),
    "a NUL in a text": ("a.jsonl", _cells(text="a\0b"), "line 8 a NUL character"),
    "a NUL in a label": ("a.jsonl", _cells(label="a\0b"), "NUL character"),
    "half a surrogate in a label": ("a.jsonl", _cells(label="a\ud800"), "surrogate"),
    "a list in a list of labels": ("a.jsonl", _cells(label=[["a"]]), "a list; wanted one value"),
    "an object for a text": ("a.jsonl", _cells(text={"a": 1}), "an object; wanted one value"),
    "nested 100,000 deep": ("a.jsonl", '{"text": ' + "[" * 100_000, "nested too deep"),
    "a number of many digits": ("a.jsonl", '{"text": 9' + "9" * 10_000, "no JSON"),
    "a pipe's name": ("a.fifo", "", "no rows"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_misleads_is_named_for_what_it_is(name, tmp_path, bigmodel):
    file, content, word = TABLES[name]
    how = ("--format", "csv") if file == "a.fifo" else ()
    refused(bigmodel("data", write(tmp_path, file, content), *how), word if content else "")


MISSING = ["NaN", "nan", "None", "null", "NULL", "N/A", "n/a", "NA", "#N/A", "<NA>", "nil"]


@pytest.mark.parametrize("word", MISSING)
def test_a_label_that_stands_for_nothing_is_noted(word, tmp_path, tiny_bert, bigmodel):
    path = write(tmp_path, "a.csv", "\n".join([*LINES, f"one,{word}", f"two,{word}"]) + "\n")
    ran = bigmodel("data", path, "--encoder", tiny_bert, "--json")
    report = json.loads(ran.out)
    assert report["tables"]["train"]["classes"][word] == 2
    assert any(f'The label "{word}" is what programs write' in note for note in report["tables"]["train"]["notes"])


def test_half_a_surrogate_in_a_text_is_read_as_a_decoder_reads_it(tmp_path, tiny_bert, bigmodel):
    path = write(tmp_path, "a.jsonl", _cells(text="a\ud800b"))
    assert bigmodel("data", path, "--encoder", tiny_bert, "--json").code == 0


def test_bars_part_the_columns_where_they_part_known_names(tmp_path, tiny_bert, bigmodel):
    report = json.loads(bigmodel("data", write(tmp_path, "a.csv", _with("|")), "--encoder", tiny_bert, "--json").out)
    assert report["tables"]["train"]["classes"] == {"bad": 6, "good": 6}


def test_data_cuts_where_train_cuts(tmp_path, tiny_bert, bigmodel):
    for how, limit in (((), 64), (("--max-length", 7), 7)):
        ran = bigmodel("data", good(tmp_path), "--encoder", tiny_bert, "--json", *how)
        assert json.loads(ran.out)["max_length"] == limit


# ---- settings files

SETTINGS = {
    "a key twice": "epochs: 1\nepochs: 2\n",
    "an unknown key": "epoch: 3\n",
    "a list": "- 1\n",
    "a text": "epochs\n",
    "nothing": "",
    "a tag that runs code": "!!python/object/apply:os.system ['true']\n",
    "aliases without end": "a: &a [*a]\n",
    "nested deep": "[" * 100_000,
    "a NUL": "epochs: \0\n",
    "bytes that are no text": b"epochs: \xff\n",
    "a number as text": "epochs: three\n",
    "a list for a number": "epochs: [3]\n",
    "a truth value for a name": "encoder: true\n",
    "a date for a name": "out: {a: 1}\n",
    "another version": "settings_format: 9\n",
    "no version": "settings_format: null\n",
    "a NaN": "learning_rate: .nan\n",
    "a huge number": "epochs: 1e400\n",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_settings_file_that_is_none_is_refused(name, tmp_path, tiny_bert, monkeypatch, bigmodel):
    monkeypatch.chdir(tmp_path)
    good(tmp_path)
    write(tmp_path, "run.yaml", SETTINGS[name])
    refused(bigmodel("train", "reviews.csv", "--encoder", tiny_bert, "--out", "model", "--settings", "run.yaml"))
    assert not (tmp_path / "model").exists()


def test_a_version_of_settings_in_quotes_is_the_same_version(tmp_path, bigmodel):
    path = write(tmp_path, "run.yaml", 'settings_format: "1"\ntable: a.csv\nout: b\n')
    assert bigmodel("train", "--settings", path, "--print-settings").out.startswith("settings_format: 1\n")


# ---- what is for sending on


@pytest.mark.full
def test_card_and_report_name_files_and_no_folders(tmp_path, tiny_bert, bigmodel):
    out = tmp_path / "home" / "models" / "reviews"
    test = good(tmp_path, ROWS[:9], "test.csv")
    how = ("--encoder", tiny_bert, "--epochs", 1, "--dtype", "float32", "--test", test)
    assert bigmodel("train", good(tmp_path), "--out", out, *how).code == 0
    report = tmp_path / "report"
    assert bigmodel("evaluate", out, test, "--report", report).code == 0
    written = [*(out / "1" / "report").rglob("*"), out / "1" / "card.md", *report.rglob("*")]
    for path in written:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert str(tmp_path) not in text, path
            assert str(tiny_bert.parent) not in text, path
    card = (out / "1" / "card.md").read_text(encoding="utf-8")
    assert "reviews.csv" in card
    assert 'TextClassifier.load("reviews/1")' in card
