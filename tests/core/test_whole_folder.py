"""Folders that appear whole or not at all, also when the writer is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.whole_folder import HOST, TEMPORARY_PREFIX, check_free, create_with_parents, whole_folder


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def left_over(parent):
    return [path.name for path in parent.iterdir() if path.name.startswith(TEMPORARY_PREFIX)]


def write(path, text="new", **kwargs):
    with whole_folder(path, **kwargs) as folder:
        (folder / "a.txt").write_text(text)


WRITER = """
import sys, time
from keras_bigmodel.core.whole_folder import whole_folder
with whole_folder(sys.argv[1]) as folder:
    (folder / "half.txt").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_writer(tmp_path):
    """A process in the middle of writing `tmp_path / "model"`."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path / "model"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "writing\n"
    yield process
    process.kill()
    process.wait()


def test_nothing_is_seen_before_everything_is_written(tmp_path):
    with whole_folder(tmp_path / "model") as folder:
        (folder / "a.txt").write_text("a")
        (folder / "sub").mkdir()
        (folder / "sub" / "b.txt").write_text("b")
        assert not (tmp_path / "model").exists()
        assert folder.parent == tmp_path  # the same disk, so that the rename is one step
        assert folder.name.startswith(".")
    assert (tmp_path / "model" / "sub" / "b.txt").read_text() == "b"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_folders_above_are_made(tmp_path):
    write(tmp_path / "a" / "b" / "model")
    assert contents(tmp_path / "a" / "b" / "model") == {"a.txt": "new"}


def test_a_relative_path_is_taken_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("model")
    assert contents(tmp_path / "model") == {"a.txt": "new"}


def test_others_may_read_what_is_published(tmp_path):
    write(tmp_path / "model")
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_nothing(tmp_path, error):
    with pytest.raises(error), whole_folder(tmp_path / "model") as folder:
        (folder / "a.txt").write_text("a")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    write(tmp_path / "model", "old")
    with pytest.raises(UserError, match=r"model is already there.*overwrite=True"):
        write(tmp_path / "model")
    assert contents(tmp_path / "model") == {"a.txt": "old"}
    assert left_over(tmp_path) == []


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "model").mkdir()
    write(tmp_path / "model")
    assert contents(tmp_path / "model") == {"a.txt": "new"}


def test_overwrite_replaces_the_whole_folder(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old.txt").write_text("old")
    write(tmp_path / "model", overwrite=True)
    assert contents(tmp_path / "model") == {"a.txt": "new"}
    assert left_over(tmp_path) == []


def test_only_what_was_written_here_is_replaced(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="something else than what overwrite=True replaces"):
        write(tmp_path / "model", overwrite=True, required_files=("a.txt",))
    assert contents(tmp_path / "model") == {"mine.txt": "mine"}
    (tmp_path / "model" / "a.txt").write_text("old")
    write(tmp_path / "model", overwrite=True, required_files=("a.txt",))
    assert contents(tmp_path / "model") == {"a.txt": "new"}


def test_a_version_is_never_replaced(tmp_path):
    write(tmp_path / "model")
    (tmp_path / "model" / "manifest.json").write_text("{}")
    with pytest.raises(UserError, match="is a version of a model"):
        write(tmp_path / "model", overwrite=True)
    assert set(contents(tmp_path / "model")) == {"a.txt", "manifest.json"}


def test_a_failure_while_overwriting_leaves_the_old_folder(tmp_path):
    write(tmp_path / "model", "old")
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "model", overwrite=True) as folder:
        (folder / "a.txt").write_text("new")
        raise RuntimeError
    assert contents(tmp_path / "model") == {"a.txt": "old"}
    assert left_over(tmp_path) == []


def test_overwriting_a_link_leaves_what_it_points_at(tmp_path):
    write(tmp_path / "kept", "kept")
    (tmp_path / "model").symlink_to(tmp_path / "kept")
    write(tmp_path / "model", overwrite=True)
    assert contents(tmp_path / "kept") == {"a.txt": "kept"}
    assert contents(tmp_path / "model") == {"a.txt": "new"}
    assert not (tmp_path / "model").is_symlink()


def test_a_folder_that_another_writer_made_meanwhile_stays(tmp_path):
    with pytest.raises(UserError, match="already there"), whole_folder(tmp_path / "model") as folder:
        (folder / "a.txt").write_text("late")
        write(tmp_path / "model", "early")
    assert contents(tmp_path / "model") == {"a.txt": "early"}
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_the_way_is_refused_and_stays(tmp_path, overwrite):
    (tmp_path / "model").write_text("a file")
    with pytest.raises(UserError, match=r"model is a file; wanted the name of a folder"):
        write(tmp_path / "model", overwrite=overwrite)
    assert (tmp_path / "model").read_text() == "a file"


def test_a_file_that_came_in_the_way_meanwhile_is_refused_and_stays(tmp_path):
    with pytest.raises(UserError, match=r"model is a file"), whole_folder(tmp_path / "model"):
        (tmp_path / "model").write_text("a file")
    assert (tmp_path / "model").read_text() == "a file"
    assert left_over(tmp_path) == []


def test_a_link_to_nowhere_is_refused(tmp_path):
    (tmp_path / "model").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match="is a file"):
        check_free(tmp_path / "model", overwrite=True)


def test_a_path_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("a file")
    with pytest.raises(UserError, match="stands in its way"):
        write(tmp_path / "file" / "model")
    with pytest.raises(UserError, match="stands in its way"):
        write(tmp_path / "file" / "sub" / "model")


def test_making_the_folders_above_twice_is_no_error(tmp_path):
    create_with_parents(tmp_path / "a" / "b")
    create_with_parents(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a place that nobody can write to, Linux's /proc")
@pytest.mark.parametrize("path", ["/proc/model", "/proc/sub/model"])
def test_a_place_that_cannot_be_written_to_is_refused(path):
    with pytest.raises(UserError, match="/proc.* cannot be (written to|made).*Choose a"):
        write(path)


def test_a_killed_writer_leaves_no_folder_and_the_next_one_clears_up(tmp_path, other_writer):
    other_writer.send_signal(signal.SIGKILL)
    other_writer.wait()
    assert not (tmp_path / "model").exists()
    assert len(left_over(tmp_path)) == 1
    write(tmp_path / "model")
    assert contents(tmp_path / "model") == {"a.txt": "new"}
    assert left_over(tmp_path) == []


def test_what_another_living_writer_is_at_is_left_alone(tmp_path, other_writer):
    write(tmp_path / "another")
    assert other_writer.poll() is None
    assert len(left_over(tmp_path)) == 1
    assert (tmp_path / left_over(tmp_path)[0] / "half.txt").read_text() == "half"


def test_a_folder_of_somebody_elses_with_a_like_name_is_left_alone(tmp_path):
    (tmp_path / f"{TEMPORARY_PREFIX}notes").mkdir()
    write(tmp_path / "model")
    assert left_over(tmp_path) == [f"{TEMPORARY_PREFIX}notes"]


def test_a_folder_that_another_machine_is_writing_is_left_alone(tmp_path):
    (tmp_path / f"{TEMPORARY_PREFIX}999999999-another_{HOST}-x").mkdir()
    write(tmp_path / "model")
    assert left_over(tmp_path) == [f"{TEMPORARY_PREFIX}999999999-another_{HOST}-x"]


def test_a_folder_whose_replacer_was_killed_half_way_gets_its_place_again(tmp_path):
    with whole_folder(tmp_path / "model") as folder:
        (folder / "file").write_text("first")
    # What a writer leaves that was killed between the two renames.
    left = tmp_path / f"{TEMPORARY_PREFIX}999999999-{HOST}-x"
    left.mkdir()
    (left / "name").write_text("model")
    (tmp_path / "model").rename(left / "old")

    with whole_folder(tmp_path / "another") as folder:
        (folder / "file").write_text("other")

    assert (tmp_path / "model" / "file").read_text() == "first"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["another", "model"]
