"""A process in which packages cannot be found, tensorflow_text for one, as on Windows; the program `bigmodel` in it."""

import subprocess
import sys

HIDE = """
import importlib.machinery as machinery
find = machinery.PathFinder.find_spec
hidden = lambda name: name.partition(".")[0] in {names!r}
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


def run_without_text(text, *arguments, hidden=("tensorflow_text",)):
    """Runs a program where tensorflow_text cannot be found; gives the completed process."""
    command = [sys.executable, "-c", HIDE.format(names=hidden) + text, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
