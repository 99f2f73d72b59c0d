"""What the guide marks to run does run, in its order, and prints what the guide shows.

Lines are compared with their numbers masked. After a change that was meant: `python -m tests.test_guide` writes what
came into the guide; read the difference before it is kept.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[1] / "docs" / "guide.md"
BLOCK = re.compile(r"<!-- run: ?(?P<note>[^\n]*?) ?-->\n```(?P<language>bash|python)\n(?P<code>.*?)```\n", re.DOTALL)
SHOWN = re.compile(r"\n```text\n(?P<text>.*?)```\n", re.DOTALL)
BETWEEN = "\x1e"  # the control character named "record separator"

MASKS = (
    (r"`?probabilities\"?(?:=|: )\{.*?\}", "probabilities"),  # which label comes second, a machine's arithmetic decides
    (r"█+", "█"),
    (r"Stopped at .*?\. ", "Stopped at #. "),
    (r"(?:less than )?[+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?", "#"),
    (r"#(?:ms|us|s)/step", "#/step"),
    (r"mixed_bfloat|bfloat#|float#", "float#"),
    (r"\b(text|row|epoch)s?\b", r"\1s"),
    (r"\(McNemar, .*?\)", "(McNemar)"),
    (r"[ \t]+", " "),
)
# Whether and how often such lines come, a machine's arithmetic decides.
NOT_COMPARED = re.compile(r"The validation loss (had not fallen|was lowest)|(fixed|broken|both wrong) |Wrong in both,")


@dataclass(frozen=True)
class Block:
    """A block of the guide that is run, and the output that stands behind it."""

    note: str
    language: str
    code: str
    shown: str
    shown_at: tuple[int, int] | None


def blocks(text):
    """The blocks of a document that are marked to run, in order."""
    found = []
    for match in BLOCK.finditer(text):
        shown = SHOWN.match(text, match.end())
        span = shown.span("text") if shown else None
        found.append(Block(match["note"], match["language"], match["code"], shown["text"] if shown else "", span))
    return found


def masked(text):
    """The lines of an output without what may differ from run to run; equal neighbours are one."""
    lines = []
    for line in text.splitlines():
        if NOT_COMPARED.match(line):
            continue
        for pattern, replacement in MASKS:
            line = re.sub(pattern, replacement, line)
        if line.strip() and lines[-1:] != [line.strip()]:
            lines.append(line.strip())
    return lines


def environment():
    """The environment of a person who has the package installed."""
    program = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{program}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}


def run_command(block, folder):
    """Runs a bash block, pressing Ctrl-C where its note says so, and gives what a terminal would show."""
    press = re.search('presses Ctrl-C at "(.*?)"', block.note)
    process = subprocess.Popen(
        ["env", "--default-signal=INT", "bash", "-euo", "pipefail", "-c", block.code],  # also under nohup
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if press and line.startswith(press[1]):
            os.killpg(process.pid, signal.SIGINT)
    assert process.wait() == (130 if press else 0), "".join(lines)[-3000:]
    return "".join(lines)


def run_python(parts, folder):
    """Runs python blocks in one process and gives what each wrote to standard output."""
    script = "".join(f"{block.code}\nprint({BETWEEN!r}, end='', flush=True)\n" for block in parts)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.split(BETWEEN)[:-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("guide")


@pytest.mark.full
@pytest.mark.minilm
def test_the_commands_of_the_guide_print_what_it_shows(folder):
    parts = [block for block in blocks(GUIDE.read_text(encoding="utf-8")) if block.language == "bash"]
    assert len(parts) >= 10
    for block in parts:
        assert masked(run_command(block, folder)) == masked(block.shown), block.code
    assert (folder / "saved_models/messages/2/saved_model.pb").is_file()


@pytest.mark.full
@pytest.mark.minilm
def test_the_python_of_the_guide_prints_what_it_shows(folder):
    if not (folder / "saved_models").is_dir():
        pytest.skip("goes on from the models that the commands have made")
    parts = [block for block in blocks(GUIDE.read_text(encoding="utf-8")) if block.language == "python"]
    assert len(parts) >= 10
    for block, printed in zip(parts, run_python(parts, folder), strict=True):
        assert masked(printed) == masked(block.shown), block.code


def test_every_block_of_the_guide_is_marked_or_says_that_it_is_not_run():
    text = GUIDE.read_text(encoding="utf-8")
    written = len(re.findall(r"^```(?:bash|python)$", text, flags=re.MULTILINE))
    assert written == len(blocks(text)) + 1  # TensorFlow Serving's own words
    assert text.count("this block is not run") == 1


def test_a_line_with_other_words_is_no_match_and_one_with_other_numbers_is():
    assert masked("epoch 1: loss 1.426") == masked("epoch 2: loss 0.3\n") == ["epochs #: loss #"]
    assert masked("25/25 - 13s - 532ms/step") == masked("25/25 - 13s - 1s/step")
    assert masked("Wrote saved_models/messages/1.") != masked("Wrote saved_models/other/1.")
    assert masked('{"label": "a", "probabilities": {"a": 1, "b": 0}}') == masked(
        '{"label": "a", "probabilities": {"a": 1, "c": 0}}'
    )
    assert masked('{"label": "a"}') != masked('{"label": "b"}')


def test_the_links_of_the_guide_lead_to_headings_and_files():
    text = GUIDE.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\((.*?)\)", prose):
        name, _, anchor = target.partition("#")
        assert not name or (GUIDE.parent / name).is_file(), target
        assert not anchor or anchor in anchors, target


def main():
    """Writes what came into the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    parts = blocks(text)
    with tempfile.TemporaryDirectory() as folder:
        came = {id(block): run_command(block, folder) for block in parts if block.language == "bash"}
        python = [block for block in parts if block.language == "python"]
        came |= {id(block): printed for block, printed in zip(python, run_python(python, folder), strict=True)}
    for block in reversed(parts):
        if came[id(block)].strip() and block.shown_at is None:
            print(f"No ```text block behind:\n{block.code}\nIt printed:\n{came[id(block)]}", file=sys.stderr)
        if block.shown_at is not None:
            start, end = block.shown_at
            text = text[:start] + came[id(block)].strip("\n") + "\n" + text[end:]
    GUIDE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
