"""`docs/bad-input.md` says what happens to bad input; here it happens. Its sentences are the program's own."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.bad_inputs import COUNTED, DOCUMENT, REFUSED, SENTENCES, good

ELSEWHERE = {"two runs under one name", "a full disk", "a read-only folder"}  # tests of their own


def rows_of(heading):
    """Gives name → sentence of the document's table under a heading."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (.+?) \| (.+) \|$", text, flags=re.MULTILINE)
    return {name: sentence.strip("`").replace(r"\|", "|") for name, sentence in found if name not in ("what", "---")}


def test_the_document_and_the_cases_are_the_same():
    assert set(rows_of("Refused")) == set(REFUSED) | ELSEWHERE
    assert set(rows_of("Counted and said")) == set(COUNTED)


@pytest.mark.parametrize("heading", SENTENCES)
def test_the_document_has_the_sentences_on_folders_labels_and_tasks(heading):
    assert rows_of(heading) == SENTENCES[heading]()


def run(make, folder, tiny_bert, monkeypatch, bigmodel):
    """Runs `bigmodel train` in the folder that the case filled; gives code, standard error and what is new there."""
    monkeypatch.chdir(folder)
    given = [str(part.relative_to(folder)) if isinstance(part, Path) else str(part) for part in make(folder)]
    before = sorted(folder.rglob("*"))
    options = {"--out": "model", "--encoder": str(tiny_bert), "--epochs": "1", "--dtype": "float32"}
    for name, value in options.items():
        if name not in given and not (name == "--epochs" and {"--settings", "--resume"} & set(given)):
            given += [name, value]
    ran = bigmodel("train", *given)
    said = [line for line in ran.err.splitlines() if not line.startswith(("WARNING", "I0000", "W0000"))]
    return ran.code, said, [path for path in sorted(folder.rglob("*")) if path not in before]


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_sentence_of_the_document(name, tmp_path, tiny_bert, monkeypatch, bigmodel):
    code, said, new = run(REFUSED[name], tmp_path, tiny_bert, monkeypatch, bigmodel)
    assert said[-1] == "Error: " + rows_of("Refused").get(name, "")
    assert code == 2
    assert new == [], "nothing is written"


@pytest.mark.full  # each is a whole run
@pytest.mark.parametrize("name", COUNTED)
def test_it_is_counted_and_said_and_the_run_goes_on(name, tmp_path, tiny_bert, monkeypatch, bigmodel):
    code, said, _ = run(COUNTED[name], tmp_path, tiny_bert, monkeypatch, bigmodel)
    assert rows_of("Counted and said").get(name, "") in said
    assert code == 0
    assert (tmp_path / "model" / "1" / "saved_model.pb").is_file()


def sentence_of(name):
    """The document's sentence as a pattern: what differs from run to run stands in <angle brackets>."""
    return re.sub("<[^>]*>", ".*", re.escape(rows_of("Refused")[name]))


def train(table, out, tiny_bert, **how):
    command = [sys.executable, "-m", "keras_bigmodel", "train", str(table), "--out", str(out), "--encoder"]
    command += [str(tiny_bert), "--epochs", "1", "--dtype", "float32"]
    return subprocess.run(command, capture_output=True, text=True, check=False, **how)


def limited(bytes_a_file):
    """Lets a process write no file longer than this: what a full disk looks like to it, without a disk to fill."""
    import resource
    import signal

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails then, instead of the process
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_a_file, bytes_a_file))

    return limit


@pytest.mark.parametrize(
    "room",
    [
        pytest.param(20_000, id="the state", marks=pytest.mark.full),
        pytest.param(150_000, id="the task", marks=pytest.mark.full),
        pytest.param(250_000, id="the SavedModel", marks=pytest.mark.full),
    ],
)
def test_a_full_disk_loses_nothing_but_the_run(room, tmp_path, tiny_bert):
    out = tmp_path / "model"
    done = train(good(tmp_path), out, tiny_bert, preexec_fn=limited(room))
    assert done.returncode == 2, done.stderr[-2000:]
    assert re.search(sentence_of("a full disk"), done.stderr.splitlines()[-1]), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert not (out / "1").exists()
    assert not list(out.glob(".writing-*"))


_AS_NOBODY = """
import os, sys
from keras_bigmodel.core.versions import check_base
if os.getuid() == 0:  # root may write anywhere
    os.setgid(65534)
    os.setuid(65534)
try:
    check_base(sys.argv[1])
except ValueError as error:
    print(error)
    sys.exit(2)
"""


def test_a_read_only_folder_is_refused_before_anything_is_trained():
    with tempfile.TemporaryDirectory() as folder:  # not tmp_path, which other users may not enter
        Path(folder).chmod(0o755)
        locked = Path(folder) / "locked"
        locked.mkdir(mode=0o555)
        command = [sys.executable, "-c", _AS_NOBODY, str(locked / "model")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2, done.stderr
        assert re.fullmatch(sentence_of("a read-only folder"), done.stdout.strip()), done.stdout
        assert list(locked.iterdir()) == []
