"""Environments that hold what a kind of user has, and nothing more."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ("keras_bigmodel", "setup.cfg", "setup.py", "pyproject.toml", "README.md", "LICENSE")  # what pip builds from


def run(*command, **options):
    """Runs a command that must succeed, and gives what it printed."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=600, **options
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def python_with(folder, *requirements, package=True, constraints=True):
    """Makes an environment in a folder and gives its interpreter.

    Args:
        folder: path.
        *requirements: what is installed, in the versions of the constraints file where it names them.
        constraints: bool. Whether the constraints file counts.
        package: bool. Whether this package is installed too, built as a user would build it, without what it asks for.
    """
    python = folder / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run(sys.executable, "-m", "venv", folder / "venv")
    run(*install, *(["-c", ROOT / "constraints.txt"] if constraints else []), *requirements)
    if package:
        for name in PACKAGE:  # building writes beside the sources
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        run(*install, "--no-deps", folder)
        shutil.rmtree(folder / "keras_bigmodel")  # what is imported is what was installed
    return python
