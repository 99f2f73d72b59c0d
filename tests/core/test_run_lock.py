"""One writer at a time, whatever happens to the first."""

import subprocess
import sys

import pytest

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.run_lock import RunLock

_HOLD = """
import sys
from keras_bigmodel.core.run_lock import RunLock
with RunLock(sys.argv[1], "reviews"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", _HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_and_told_who_is_first(tmp_path, holder):
    with (
        pytest.raises(UserError, match=f"Process {holder.pid} on .* has been writing reviews since 20"),
        RunLock(tmp_path / "lock", "reviews"),
    ):
        pass


def test_a_killed_holder_holds_nothing(tmp_path, holder):
    holder.kill()
    holder.wait()
    with RunLock(tmp_path / "lock", "reviews"):
        pass


def test_a_lock_can_be_taken_again_after_its_end(tmp_path):
    for _ in range(2):
        with RunLock(tmp_path / "deep" / "lock", "reviews"):
            assert (tmp_path / "deep" / "lock").is_file()


def test_a_lock_whose_file_was_removed_and_made_again_is_still_one(tmp_path):
    with RunLock(tmp_path / "lock", "reviews"):
        (tmp_path / "lock").unlink()
        with RunLock(tmp_path / "lock", "reviews"), pytest.raises(UserError), RunLock(tmp_path / "lock", "reviews"):
            pass
