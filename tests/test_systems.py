"""The requirements resolve to wheels on every system that the README names."""

import configparser
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from tests.environments import ROOT

SYSTEMS = {
    "Linux on x86-64": ("linux", ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64"]),
    "Linux on ARM": ("linux", ["manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux_2_17_aarch64"]),
    "macOS": ("darwin", ["macosx_12_0_arm64", "macosx_11_0_arm64", "macosx_11_0_universal2"]),
    "Windows": ("win32", ["win_amd64"]),
}
OLD_NAMES = {"manylinux_2_17": "manylinux2014"}


def requirements(system):
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    lines = [line for line in settings["options"]["install_requires"].split("\n") if line]
    found = []
    for requirement in map(Requirement, lines):
        if requirement.marker is None or requirement.marker.evaluate({"sys_platform": system}):
            found.append(f"{requirement.name}{requirement.specifier}")
    return found


def test_tensorflow_text_is_asked_for_where_it_has_wheels():
    asking = {
        title for title, (system, _) in SYSTEMS.items() if any("tensorflow-text" in one for one in requirements(system))
    }
    assert asking == set(SYSTEMS) - {"Windows"}


@pytest.mark.full
@pytest.mark.parametrize("title", SYSTEMS)
def test_the_requirements_resolve_to_wheels(title, tmp_path):
    assert title in (ROOT / "README.md").read_text("utf-8") or title == "Linux on x86-64"
    system, tags = SYSTEMS[title]
    tags = [*tags, *(tag.replace(new, old) for tag in tags for new, old in OLD_NAMES.items() if new in tag)]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed", "--only-binary=:all:"]
    where = [
        "--python-version",
        "3.11",
        "--target",
        str(tmp_path),
        *(part for tag in tags for part in ("--platform", tag)),
    ]
    done = subprocess.run([*pip, *where, *requirements(system)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
