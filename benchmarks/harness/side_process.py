"""One side's run as a process: its lines, its time, its own peak memory. Knows nothing of what it measures."""

import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

_POLL_SECONDS = 0.05
_LAST_LINES = 15  # of what a failed side said


@dataclass(frozen=True)
class SideRun:
    """What one process came to.

    Args:
        lines: list of dict. The JSON lines that it printed.
        seconds: float. From its start to its end.
        peak_mb: float. Its largest resident memory (ru_maxrss), as the kernel told its parent.
        error: str. Why it failed, with the last lines of its standard error; empty when it did not.
    """

    lines: list
    seconds: float
    peak_mb: float
    error: str = ""


def run_side(command, *, environment=None, processors=None, timeout=7200.0):
    """Runs a command and reads what it prints.

    Args:
        command: list of str.
        environment: dict of variables besides this process's own. `BENCHMARK_STARTED` is added: the monotonic clock at
            its start, in seconds.
        processors: set of int. The processors that it may use. Defaults to all.
        timeout: float. Seconds after which it is ended and counts as failed.

    Returns:
        `SideRun`. A run fails when it ends with another code than 0, prints what is no JSON object, or prints nothing.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        variables = os.environ | (environment or {}) | {"BENCHMARK_STARTED": repr(time.monotonic())}
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=variables)
        except OSError as error:
            return SideRun([], 0.0, 0.0, f"{command[0]} could not be started: {error.strerror}")
        if processors:
            os.sched_setaffinity(process.pid, processors)
        usage = _wait(process, start + timeout)
        seconds = time.perf_counter() - start
        error = "" if process.returncode == 0 else _why(process.returncode, timeout, _text(err))
        lines = []
        if not error:
            lines, error = _read(_text(out))
        return SideRun(lines, seconds, usage.ru_maxrss / 1024, error)


def _wait(process, deadline):
    """Waits with `wait4`, which alone gives this one child's memory; kills what outlasts the deadline."""
    try:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return usage
            if time.perf_counter() > deadline:
                os.kill(process.pid, signal.SIGKILL)  # Popen's own kill might wait for it, and lose its usage
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        process.kill()
        process.wait()
        raise


def _text(file):
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def _why(code, timeout, said):
    ended = f"ended with code {code}" if code > 0 else f"was ended by signal {-code} (time limit {timeout:.0f} s)"
    last = "\n".join(said.strip().splitlines()[-_LAST_LINES:])
    return f"{ended}\n{last}" if last else ended


def _read(text):
    lines = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            return [], f"printed a line that is no JSON object: {line[:200]}"
        lines.append(value)
    return lines, "" if lines else "printed nothing"
