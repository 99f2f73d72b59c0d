"""Processes that train, made quickly: one loads TensorFlow, and forks a child for every run that is asked for.

Run as a program it reads one JSON line a run and writes the child's number, and "ended" and its exit code.
"""

import json
import os
import subprocess
import sys

import keras

from keras_bigmodel.pipeline import TrainSettings
from keras_bigmodel.pipeline.train_run import train


class Diary(keras.callbacks.Callback):
    """Writes down how many updates the weights have had, after every batch."""

    def __init__(self, path):
        super().__init__()
        self._path = path

    def on_train_batch_end(self, batch, logs=None):
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(f"{int(self.model.optimizer.iterations)}\n")


class Nursery:
    """Starts training processes; for `with`."""

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.pipeline.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *error):
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def start(self, settings, unfinished, diary):
        """Begins a run; gives the number of its process."""
        self._process.stdin.write(json.dumps([settings, unfinished, str(diary)]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def wait(self):
        """Waits for the run's end; gives its exit code, negative for a signal."""
        word, code = self._process.stdout.readline().split()
        assert word == "ended"
        return int(code)


def _run(settings, unfinished, diary):
    try:
        train(TrainSettings(**settings), unfinished=unfinished, callbacks=[Diary(diary)])
    except KeyboardInterrupt:
        return 130
    except BaseException:
        import traceback

        with open(f"{diary}.error", "w", encoding="utf-8") as file:
            traceback.print_exc(file=file)
        return 1
    return 0


def _serve():
    # TensorFlow is loaded and has computed nothing: it has no threads yet that a fork would lose.
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_run(*json.loads(line)))
        print(child, flush=True)
        status = os.waitpid(child, 0)[1]
        print("ended", os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
