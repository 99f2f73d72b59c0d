"""Rows of JSON-lines files, numbers as they are written. Knows no column's meaning."""

import json
import re

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.data.tables.table_row import TableRow
from keras_bigmodel.data.tables.text_lines import text_lines

_EXAMPLE = '{"text": "The food was cold", "label": "bad"}'
_HALF_PAIRS = re.compile("[\ud800-\udfff]")


def json_line_rows(path, *, encoding=None):
    r"""Yields the objects of a JSON-lines file; blank lines are none.

    Numbers stay as written: `1.0` does not become `1`, nor dates something else. `NaN` is a missing value. Half of a
    surrogate pair (`"\ud83d"`) is no character: it becomes U+FFFD in the name of a column, and stays in a cell.

    Args:
        path: path of the file.
        encoding: str or None. See `text_lines`.

    Yields:
        `TableRow` with a dict of str, bool, None, list or dict.

    Raises:
        UserError: a line that is no JSON object, or an object with one key twice; or see `text_lines`.
    """
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_constant, object_pairs_hook=_each_once)
    for number, line in enumerate(text_lines(path, encoding), 1):
        line = line.strip()
        if not line:
            continue
        try:
            cells = decoder.decode(line)
        except _TwiceError as error:
            raise UserError(
                f'Line {number} of {path} has the key "{_whole(str(error)):.60}" twice in one object. Rename or remove '
                "one: only one value could be read."
            ) from error
        except (ValueError, RecursionError) as error:
            raise UserError(_no_json(path, number, line, error)) from error
        if not isinstance(cells, dict):
            raise UserError(_no_object(path, number, cells))
        yield TableRow(number, {_whole(name): cell for name, cell in cells.items()})


class _TwiceError(Exception):
    """A key that an object has twice; JSON's readers keep the last and say nothing."""


def _each_once(pairs):
    cells = dict(pairs)
    if len(cells) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(key for key in keys if keys.count(key) > 1))
    return cells


def _constant(name):
    return None if name == "NaN" else name


def _whole(value):
    return _HALF_PAIRS.sub("\ufffd", value) if isinstance(value, str) and not value.isascii() else value


def _no_json(path, number, line, error):
    if number == 1 and line in ("[", "{"):
        return (
            f"{path} is one JSON document over many lines; wanted one object a line. Convert it, e.g. with "
            f"jq -c '.[]' {path} > table.jsonl."
        )
    why = f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else "nested too deep"
    return f"Line {number} of {path} is no JSON: {why}. Wanted one object a line, e.g. {_EXAMPLE}."


def _no_object(path, number, value):
    if number == 1 and isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{path} is a JSON list; wanted one object a line. Convert it: jq -c '.[]' {path} > table.jsonl."
    kind = {list: "a list", str: "a string or number", bool: "true or false"}.get(type(value), "null")
    return f"Line {number} of {path} is {kind}; wanted an object, e.g. {_EXAMPLE}."
