"""A run that is killed, at whatever instant, loses nothing that it kept and never shows half a version."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import Manifest
from keras_bigmodel.core.versions import version_numbers
from keras_bigmodel.pipeline.run_folder import RunFolder
from keras_bigmodel.training import TrainingState
from tests.pipeline.conftest import write_table
from tests.pipeline.nursery import Nursery
from tests.task_contract import messages

UPDATES = 18  # three epochs of 48 rows in batches of 8


@pytest.fixture(scope="module")
def nursery():
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module")
def settings(tiny_bert, tmp_path_factory):
    table = write_table(tmp_path_factory.mktemp("tables") / "table.csv", list(zip(*messages(60), strict=True)))
    how = {"epochs": 3, "batch_size": 8, "max_length": 32, "dtype": "float32", "validation_share": 0.2, "patience": 3}
    return {
        "table": str(table),
        "encoder": str(tiny_bert),
        **how,
        "deterministic": True,
        "checkpoint_minutes": 0.0,
        "tensorboard": None,
    }


@pytest.fixture(scope="module")
def unbroken(nursery, settings, tmp_path_factory):
    """A run that nobody disturbed: its folder, its seconds, its weights."""
    folder = tmp_path_factory.mktemp("unbroken")
    times = []
    for name in ("warm", "model"):  # the first reads every file from the disk
        start = time.monotonic()
        nursery.start({**settings, "out": str(folder / name)}, "refuse", folder / f"{name}.diary")
        assert nursery.wait() == 0, (folder / f"{name}.diary.error").read_text()
        times.append(time.monotonic() - start)
    assert updates(folder / "model.diary") == list(range(1, UPDATES + 1))
    return folder / "model", times[-1], weights(folder / "model" / "1")


def weights(folder):
    reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    named = json.loads((folder / "task.json").read_text(encoding="utf-8"))["weights"]
    return {facts["layer"]: reader.get_tensor(key) for key, facts in named.items()}


def updates(diary):
    return [int(line) for line in diary.read_text().split()] if diary.exists() else []


def kill(process, number=signal.SIGKILL):
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True


def check_only_whole_versions(base):
    """Every version that a server would see is whole; what is kept of a run can be read."""
    for number in version_numbers(base):
        Manifest.read(base / str(number)).check(base / str(number))
    run = RunFolder(base)
    states = sorted(run.state_folder.glob("state-*")) if run.state_folder.is_dir() else []
    return TrainingState.read(states[-1]) if states else None


def updates_kept(state):
    return 0 if state is None else int(state.arrays["optimizer/0"])


def live_on(nursery, settings, base, diary):
    """Does what a person would do after a crash; gives the exit code."""
    run = RunFolder(base)
    if not run.is_unfinished() and version_numbers(base):
        return 0
    nursery.start({**settings, "out": str(base)}, "resume" if run.is_unfinished() else "refuse", diary)
    return nursery.wait()


def survive(nursery, settings, unbroken, folder, instant, alike=lambda base: None):
    """Kills a run at an instant, goes on, and compares what came of it with the unbroken run."""
    whole, _, wanted = unbroken
    base, first, second = folder / "model", folder / "first.diary", folder / "second.diary"
    process = nursery.start({**settings, "out": str(base)}, "refuse", first)
    time.sleep(instant)
    kill(process)
    nursery.wait()
    state = check_only_whole_versions(base)
    kept = UPDATES if version_numbers(base) else updates_kept(state)  # its state goes when the version is out
    assert kept >= len(updates(first)) - 1, "a state is kept after every batch, before the next begins"
    assert live_on(nursery, settings, base, second) == 0, Path(f"{second}.error").read_text()
    assert all(number >= kept for number in updates(second)), "what was kept is not trained again"
    assert version_numbers(base) == [1], "one run makes one version"
    assert [path.name for path in base.iterdir()] == ["1"], "nothing is left lying about"
    check_only_whole_versions(base)
    found = weights(base / "1")
    assert set(found) == set(wanted)
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array, err_msg=f"{name}, killed after {instant:.3f} s")
    assert alike(base) == alike(whole)
    assert len(TrainHistory.of(base)) == 3
    shutil.rmtree(folder)


class TrainHistory:
    @staticmethod
    def of(base):
        import json

        return json.loads((base / "1" / "report" / "metrics.json").read_text())["history"]["val_loss"]


OTHER_KINDS = {  # kind of task → the label of a text that is "bad", "fair" or "good"
    "multi_label": {"bad": "bad", "fair": "bad;good", "good": "good"},
    "regression": {"bad": "-1.25", "fair": "0.5", "good": "2.75"},
}


@pytest.mark.full
@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_runs_of_other_kinds_go_on_to_the_same_weights_and_thresholds(nursery, settings, tmp_path, kind):
    rows = [(text, OTHER_KINDS[kind][label]) for text, label in zip(*messages(60), strict=True)]
    tables = {"table": rows[:48], "validation": rows[48:]}
    paths = {name: str(write_table(tmp_path / f"{name}.csv", part)) for name, part in tables.items()}
    own = {**settings, **paths, "task": kind}
    start = time.monotonic()
    nursery.start({**own, "out": str(tmp_path / "unbroken")}, "refuse", tmp_path / "diary")
    assert nursery.wait() == 0, (tmp_path / "diary.error").read_text()
    unbroken = tmp_path / "unbroken", time.monotonic() - start, weights(tmp_path / "unbroken" / "1")
    config = lambda base: json.loads((base / "1" / "task.json").read_text(encoding="utf-8"))["config"]
    survive(nursery, own, unbroken, tmp_path / "run", 0.6 * unbroken[1], alike=config)


@pytest.mark.full
@pytest.mark.parametrize("share", [0.3, 0.75])
def test_a_killed_run_goes_on_to_the_same_weights(nursery, settings, unbroken, tmp_path, share):
    survive(nursery, settings, unbroken, tmp_path / "run", share * unbroken[1])


@pytest.mark.full
def test_random_kills_lose_nothing(nursery, settings, unbroken, tmp_path):
    draw = random.Random(2026)
    for number in range(4):
        # A little beyond the end too, so that the last rename and the tidying after it are met.
        survive(nursery, settings, unbroken, tmp_path / str(number), draw.uniform(0.1, 1.05 * unbroken[1]))


@pytest.mark.full
def test_a_run_killed_again_and_again_arrives(nursery, settings, unbroken, tmp_path):
    base, draw, lives = tmp_path / "model", random.Random(7), 0
    while not (version_numbers(base) and not RunFolder(base).is_unfinished()):
        unfinished = "resume" if RunFolder(base).is_unfinished() else "refuse"
        process = nursery.start({**settings, "out": str(base)}, unfinished, tmp_path / f"{lives}.diary")
        # Longer each time: on a busy machine the last step alone may take as long as the unbroken run took.
        time.sleep(draw.uniform(0.5, 1.0) * unbroken[1] * (1 + lives / 5))
        kill(process)
        nursery.wait()
        check_only_whole_versions(base)
        lives += 1
        assert lives < 30, "it gets nowhere"
    for name, array in unbroken[2].items():
        np.testing.assert_array_equal(weights(base / "1")[name], array, err_msg=name)


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_asked_to_stop_keeps_its_place(nursery, settings, unbroken, tmp_path, number):
    base, diary = tmp_path / "model", tmp_path / "first.diary"
    quiet = {**settings, "checkpoint_minutes": None}
    process = nursery.start({**quiet, "out": str(base)}, "refuse", diary)
    while len(updates(diary)) < 3:
        time.sleep(0.01)
    assert kill(process, number)
    assert nursery.wait() == 130
    state = check_only_whole_versions(base)
    done = updates(diary)
    assert updates_kept(state) == len(done) >= 3, "the batch that was on is done and kept, though no minutes were set"
    assert version_numbers(base) == []
    assert live_on(nursery, quiet, base, tmp_path / "second.diary") == 0
    for name, array in unbroken[2].items():
        np.testing.assert_array_equal(weights(base / "1")[name], array, err_msg=name)


@pytest.mark.full
def test_ctrl_c_on_the_command_line_says_how_to_go_on(settings, tmp_path):
    base = tmp_path / "model"
    options = ["--encoder", settings["encoder"], "--epochs", "400", "--max-length", "32", "--dtype", "float32"]
    program = [sys.executable, "-m", "keras_bigmodel", "train"]
    command = [*program, settings["table"], "--out", str(base), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("epoch 2:"):
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait() == 130
    assert f"Go on with: bigmodel train --resume --out {base}" in said
    assert "Traceback" not in said
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "was not finished. Go on with it: bigmodel train --resume --out" in again.stderr
    other = [*program, "--resume", "--out", str(base), "--epochs", "401"]
    changed = subprocess.run(other, capture_output=True, text=True, check=False)
    assert changed.returncode == 2
    assert "has epochs 400, and 401 came" in changed.stderr
    fresh = [*command, "--discard", "--epochs", "1", "--json"]
    done = subprocess.run(fresh, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in base.iterdir()] == ["1"]


def test_resume_without_an_unfinished_run_says_so(make_settings, tmp_path):
    from keras_bigmodel.pipeline.train_run import train

    with pytest.raises(UserError, match="holds no unfinished run to go on with"):
        train(make_settings(tmp_path / "model"), unfinished="resume")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_a_second_run_under_one_name_is_refused_while_the_first_goes_on(nursery, settings, unbroken, tmp_path):
    from keras_bigmodel.pipeline import TrainSettings
    from keras_bigmodel.pipeline.train_run import train

    base, diary = tmp_path / "model", tmp_path / "first.diary"
    process = nursery.start({**settings, "out": str(base)}, "refuse", diary)
    while not updates(diary):
        time.sleep(0.01)
    with pytest.raises(UserError, match=f"Process {process} on .* has been writing .*model since"):
        train(TrainSettings(**{**settings, "out": str(base)}))
    assert nursery.wait() == 0
    assert version_numbers(base) == [1]


@pytest.mark.full
def test_a_changed_table_cannot_be_gone_on_with(nursery, settings, unbroken, tmp_path):
    base, diary, table = tmp_path / "model", tmp_path / "diary", tmp_path / "table.csv"
    shutil.copy(settings["table"], table)
    changed = {**settings, "table": str(table), "out": str(base)}
    process = nursery.start(changed, "refuse", diary)
    while len(updates(diary)) < 2:
        time.sleep(0.01)
    kill(process)
    nursery.wait()
    with table.open("a") as file:
        file.write("one more row,bad\n")
    nursery.start(changed, "resume", diary)
    assert nursery.wait() == 1
    assert "The train table is not the one" in Path(f"{diary}.error").read_text()
    assert check_only_whole_versions(base) is not None, "the state stays"
