"""What a bench found, as JSON. Knows the form of the file; draws and compares nothing."""

import json
import os
from pathlib import Path

from .rounds import Findings

FORMAT = 1


def write_results(path, findings, about):
    """Writes findings and what they depend on; the file appears whole.

    Args:
        path: `Path` of the JSON file.
        findings: `Findings`.
        about: dict: date, command, machine, settings.
    """
    content = {
        "format": FORMAT,
        **about,
        "failures": _named(findings.failures),
        "not_here": _named(findings.not_here),
        "measurements": findings.measurements,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(aside, path)


def read_results(path):
    """Reads what `write_results` wrote.

    Returns:
        `(Findings, about)`.

    Raises:
        SystemExit: no such file, or another one.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise KeyError("format")
        findings = Findings(
            content.pop("measurements"), _keyed(content.pop("failures")), _keyed(content.pop("not_here"))
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path} holds no results of bench.py ({error}). Give a file that bench.py wrote.") from error
    return findings, content


def free_path(folder, date):
    """Gives `<date>.json`, or `<date>_2.json` and so on where that is taken."""
    number, path = 1, folder / f"{date}.json"
    while path.exists():
        number += 1
        path = folder / f"{date}_{number}.json"
    return path


def _named(entries):
    return [{"key": list(key), "reason": reason} for key, reason in entries.items()]


def _keyed(entries):
    return {tuple(entry["key"]): entry["reason"] for entry in entries}
