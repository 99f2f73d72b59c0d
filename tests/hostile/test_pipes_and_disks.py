"""Pipes whose reader leaves, full disks, closed streams, other alphabets: each in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from tests.bad_inputs import good

FULL = "/dev/full"  # where every write finds the disk full
CHINESE = [(f"你好 {number} café 😀", "好评" if number % 2 else "差评") for number in range(40)]


def bigmodel(shell, *, folder, model=None, bert=None, **environment):
    """Runs a line of shell in which `bigmodel` is this program; returns what came of it."""
    names = {"bigmodel": f"{sys.executable} -m keras_bigmodel", "model": model, "bert": bert}
    line = "set -o pipefail; " + shell.format(**names)
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.getcwd(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )


def said(ran):
    return [line for line in ran.stderr.decode().splitlines() if not line.startswith(("I0000", "W0000", "WARNING"))]


# (line of shell, exit codes that are right, words on standard error)
LIGHT = {
    "help for a reader who leaves": ("{bigmodel} train --help | head -1", (0, 141), ""),
    "data for a reader who leaves": ("{bigmodel} data reviews.csv --encoder {bert} | head -c 1", (0, 141), ""),
    "inspect for a reader who leaves": ("{bigmodel} inspect {model} --json | head -c 1", (0, 141), ""),
    "inspect for a reader who never came": ("{bigmodel} inspect {model} | true", (0, 141), ""),
    "help on a full disk": (f"{{bigmodel}} --help > {FULL}", (2,), "its disk is full"),
    "inspect on a full disk": (f"{{bigmodel}} inspect {{model}} > {FULL}", (2,), "its disk is full"),
    "inspect as JSON on a full disk": (f"{{bigmodel}} inspect {{model}} --json > {FULL}", (2,), "its disk is full"),
    "settings on a full disk": (
        f"{{bigmodel}} train reviews.csv --out m --print-settings > {FULL}",
        (2,),
        "its disk is full",
    ),
    "an error that nobody hears": (f"{{bigmodel}} inspect nowhere 2> {FULL}", (2,), ""),
    "inspect without standard output": ("{bigmodel} inspect {model} >&-", (2,), "it is closed"),
    "inspect without standard input": ("{bigmodel} inspect {model} <&-", (0,), ""),
    "inspect without standard error": ("{bigmodel} inspect {model} 2>&-", (0,), ""),
    "inspect without all three": ("{bigmodel} inspect {model} <&- >&- 2>&-", (2,), ""),
    "an argument that is no text": ("{bigmodel} inspect $'caf\\xe9'", (2,), "No folder caf"),
    "a table that is no text": ("{bigmodel} data $'caf\\xe9.csv'", (2,), "No file caf"),
    "an option that is no text": ("{bigmodel} inspect {model} $'--caf\\xe9'", (2,), "No such option"),
    "a command that is no text": ("{bigmodel} $'caf\\xe9'", (2,), "No such command"),
    "a settings file that is a device": ("{bigmodel} train --settings /dev/null", (2,), "holds no settings"),
}


@pytest.mark.parametrize("name", LIGHT)
def test_no_traceback_and_the_right_exit_code(name, tmp_path, model, tiny_bert):
    shell, codes, words = LIGHT[name]
    good(tmp_path)
    ran = bigmodel(shell, folder=tmp_path, model=model, bert=tiny_bert)
    assert ran.returncode in codes, (ran.returncode, ran.stderr[-2000:])
    assert "Traceback" not in ran.stderr.decode()
    assert "Exception ignored" not in ran.stderr.decode()
    assert words in ran.stderr.decode()
    assert len(said(ran)) <= 6, "a sentence, or typer's box"
    assert [path.name for path in tmp_path.iterdir()] == ["reviews.csv"]


PREDICTING = {
    "a reader who leaves": ("yes 'a text' | head -9000 | {bigmodel} predict {model} | head -1", (0, 141), ""),
    "a full disk": (f"{{bigmodel}} predict {{model}} 'a text' > {FULL}", (2,), "its disk is full"),
    "no standard input": ("{bigmodel} predict {model} <&-", (2,), "No text came"),
    "no standard output": ("{bigmodel} predict {model} 'a text' >&-", (2,), "it is closed"),
    "no standard error": ("{bigmodel} predict {model} 'a text' 2>&- | grep -q label", (0,), ""),
    "messages on a full disk": (f"{{bigmodel}} predict {{model}} 'a text' 2> {FULL} | grep -q label", (0,), ""),
    "a device for the answers": (f"{{bigmodel}} predict {{model}} 'a text' --out {FULL}", (2,), "already there"),
    "a text that is no text": ("{bigmodel} predict {model} $'caf\\xe9' | grep -q 'caf\ufffd'", (0,), ""),
    "another locale": ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {bigmodel} predict {model} 你好", (0,), ""),
}


@pytest.mark.full
@pytest.mark.parametrize("name", PREDICTING)
def test_predict_ends_as_a_program_should(name, tmp_path, model):
    shell, codes, words = PREDICTING[name]
    ran = bigmodel(shell, folder=tmp_path, model=model)
    assert ran.returncode in codes, (ran.returncode, ran.stderr[-2000:])
    assert "Traceback" not in ran.stderr.decode()
    assert words in ran.stderr.decode()
    if name == "another locale":
        assert "\\u4f60\\u597d" in ran.stdout.decode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
@pytest.mark.parametrize("alphabet", ["ascii", "latin-1", "gb18030"])
def test_a_terminal_of_another_alphabet_shows_what_it_can(alphabet, tmp_path, model, tiny_bert):
    good(tmp_path, CHINESE)
    shell = "{bigmodel} data reviews.csv --encoder {bert} --json && {bigmodel} data reviews.csv --encoder {bert}"
    shell += " && {bigmodel} train 好.csv --out 好 --print-settings && {bigmodel} train --help"
    ran = bigmodel(shell, folder=tmp_path, model=model, bert=tiny_bert, PYTHONIOENCODING=alphabet)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "Traceback" not in ran.stderr.decode(alphabet, "replace")
    report, *lines = ran.stdout.decode(alphabet).splitlines()
    assert json.loads(report)["tables"]["train"]["classes"] == {"好评": 20, "差评": 20}
    shown = "差评" if alphabet == "gb18030" else "\\u5dee\\u8bc4"
    assert any(shown in line for line in lines)
    if alphabet != "gb18030":
        assert any(line.rstrip().endswith("####") for line in lines), "bars of what the terminal has"
