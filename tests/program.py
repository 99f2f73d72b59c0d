"""The program `bigmodel` as a process of its own."""

import subprocess
import sys


def program(*arguments, **how):
    """Runs `bigmodel` as a process of its own."""
    command = [sys.executable, "-m", "keras_bigmodel", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **how)
