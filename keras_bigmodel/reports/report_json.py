"""Writes a run's dict as JSON that people and programs read. Knows values; no measure."""

import json
import re


def as_json(value):
    """Writes a value as JSON that any reader takes: NaN and infinities become null, a lone surrogate its escape.

    A list of numbers stands on one line, so that a confusion matrix has a line a row.

    >>> print(as_json({"matrix": [[9, 1], [0, 8]], "loss": float("nan")}), end="")
    {
     "matrix": [
      [9, 1],
      [0, 8]
     ],
     "loss": null
    }
    """
    text = _written(_plain(value), "")
    return re.sub(r"[\ud800-\udfff]", lambda found: f"\\u{ord(found.group()):04x}", text) + "\n"


def _written(value, margin):
    inner = margin + " "
    if isinstance(value, dict) and value:
        return _block("{}", [f"{_line(name)}: {_written(item, inner)}" for name, item in value.items()], margin)
    if isinstance(value, list) and any(isinstance(item, dict | list | str) for item in value):
        return _block("[]", [_written(item, inner) for item in value], margin)
    return _line(value)


def _block(ends, lines, margin):
    body = ",".join(f"\n{margin} {line}" for line in lines)
    return f"{ends[0]}{body}\n{margin}{ends[1]}"


def _line(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy's
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if value - value == 0 else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
