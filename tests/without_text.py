"""A process in which tensorflow_text cannot be found, as on Windows; the program `bigmodel` in it."""

import subprocess
import sys

HIDE = """
import importlib.machinery as machinery
find = machinery.PathFinder.find_spec
hidden = lambda name: name.partition(".")[0] == "tensorflow_text"
machinery.PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None: None if hidden(name) else find(name, path, target)
)
"""
BIGMODEL = """
import sys
from keras_bigmodel.cli.main import main
sys.argv[0] = "bigmodel"
main()
"""


def run_without_text(text, *arguments, python=sys.executable):
    """Runs a program where tensorflow_text cannot be found; gives the completed process."""
    command = [python, "-c", HIDE + text, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
