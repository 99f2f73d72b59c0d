"""Writes a run's dict as JSON that is easy to read and to parse. Knows values; no metric."""

import json
import re


def as_json(value):
    """Returns a value as JSON that every parser accepts.

    NaN and infinities become null. A lone surrogate becomes its escape. A list of numbers is written on one line, so
    that a confusion matrix has one line per row.

    Args:
        value: dict, list, tuple, NumPy array or scalar; other objects are converted with `str`.

    Returns:
        str, ending with a line break.

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
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if value - value == 0 else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
