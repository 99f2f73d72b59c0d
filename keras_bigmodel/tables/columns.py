"""Finds the column of the text, label, pair and weight in a table. Knows names and values; no file format."""

import difflib
import statistics

from keras_bigmodel.core.errors import UserError

_MOST_LISTED = 20
_LONGEST_LABEL = 60  # characters
_MUCH_LONGER = 1.5  # the median length of the text column is at least this many times that of any other
_FEW_SHARE = 0.25  # a label column has at most this share of different values, ...
_TINY = 20  # ... or at most this many, if at least one is repeated
# In tiers: a name in an earlier tier wins. Two columns with names of one tier are an error: the user must choose.
TEXT_NAMES = (
    ("text", "文本"),
    (
        *("sentence", "content", "review", "message", "utterance", "comment", "tweet", "body", "document", "post"),
        *("review_text", "reviewtext", "comment_text", "sms", "texts", "sentences", "reviews", "messages"),
        *("内容", "评论", "句子", "文章", "正文", "评价", "微博"),
    ),
    ("title", "headline", "subject", "question", "query", "description", "summary", "phrase", "标题", "问题", "描述"),
)
LABEL_NAMES = (
    ("label", "标签"),
    (
        *("category", "class", "intent", "sentiment", "target", "topic", "emotion", "labels", "polarity", "tag"),
        *("spans", "entities", "label_name", "类别", "分类", "情感", "意图", "主题", "情绪"),
    ),
    ("quality", "rating", "stars", "star_rating", "score", "overall", "grade", "gold_label", "y", "评分", "星级"),
)
_KNOWN = frozenset(name for names in (TEXT_NAMES, LABEL_NAMES) for tier in names for name in tier)


def normalized_name(name):
    """Returns a column's name in the spelling of the lists of common names: lower case, with underscores.

    Args:
        name: str.

    >>> normalized_name(" Review Text ")
    'review_text'
    """
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def is_known_name(name):
    """Returns whether a cell is a common column name.

    Args:
        name: str. The cell.

    >>> is_known_name("Quality"), is_known_name("not bad at all")
    (True, False)
    """
    return normalized_name(name) in _KNOWN


def choose_columns(names, columns, *, named, wanted, path, by_number=False):
    """Finds the columns of the roles that are named or wanted.

    A column that is named is looked up. Other columns are found by a common name, then by shape: the label is the only
    column with few different, short values, and the text is much longer than the other columns.

    Args:
        names: list of str. Names of the columns, in order; numbers from 1 if there is no header.
        columns: list of lists. Some values of each column.
        named: dict of role (`"text"`, `"pair"`, `"label"`, `"weight"`) → name of its column, or None.
        wanted: collection of roles (`"text"`, `"label"`) to find by name or shape if they are not named.
        path: path of the table, for the error messages.
        by_number: bool. Whether a name that no column has may be a column's number from 1. Defaults to False.

    Returns:
        dict of role → index of the column in `names`, from 0.

    Raises:
        UserError: a named column does not exist, exists twice or has two roles; two columns have common names of one
            tier; or no column is found for a wanted role.
    """
    chosen = _look_up_all(names, named, path, by_number=by_number)
    free = lambda: [index for index in range(len(names)) if index not in chosen.values()]
    missing = [role for role in ("label", "text") if role in wanted and role not in chosen]  # the label is easier
    for role in missing:
        index = _by_name(names, free(), role, path)
        if index is not None:
            chosen[role] = index
    shapes = {index: _Shape(columns[index]) for index in free()} if set(missing) - set(chosen) else {}
    for role in missing:
        if role not in chosen:
            other = [name for names in _BY_NAME[_OTHER[role]] for name in names]
            left = {index: shapes[index] for index in free() if normalized_name(names[index]) not in other}
            index = _BY_SHAPE[role](left, has_text="text" in chosen)
            if index is None:
                raise UserError(_none_stands_out(names, shapes, role, path))
            chosen[role] = index
    return {role: chosen[role] for role in named if role in chosen}


def _look_up_all(names, named, path, *, by_number):
    chosen = {}
    for role, name in named.items():
        if name is None:
            continue
        index = _look_up(names, name, role, path, by_number=by_number)
        for other, taken in chosen.items():
            if taken == index:
                raise UserError(
                    f'--{other} and --{role} both name the column "{names[index]}" of {path}. Give each a column of '
                    "its own."
                )
        chosen[role] = index
    return chosen


def _look_up(names, name, role, path, *, by_number):
    found = [index for index, there in enumerate(names) if there == name]
    found = found or [index for index, there in enumerate(names) if there.strip() == name.strip()]
    if len(found) > 1:
        raise UserError(f'{path} has the column "{name}" {len(found)} times. Rename all but one.')
    if found:
        return found[0]
    if by_number and name.isdecimal() and 1 <= int(name) <= len(names):
        return int(name) - 1
    near = difflib.get_close_matches(name, names, n=len(names), cutoff=0.6)
    ordered = [*near, *(there for there in names if there not in near)]
    raise UserError(
        f'No column "{name}" in {path}. It has: {listed(ordered)}. Name the column with --{role}, '
        f"e.g. --{role} {_quoted(ordered[0])}."
    )


def listed(names):
    """Returns column names as a comma-separated list for a message: twenty names at most.

    Args:
        names: list of str.
    """
    shown = ", ".join(name or '""' for name in names[:_MOST_LISTED])
    return shown + (f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else "")


def _quoted(name):
    return f'"{name}"' if set(name) & set(" #&;'()$*") or not name else name


def _by_name(names, free, role, path):
    for tier in _BY_NAME[role]:
        found = [index for index in free if normalized_name(names[index]) in tier]
        if len(found) > 1:
            raise UserError(
                f"{path} has {len(found)} columns that may be the {role}: {listed([names[index] for index in found])}. "
                f"Name one with --{role}, e.g. --{role} {_quoted(names[found[0]])}."
            )
        if found:
            return found[0]
    return None


class _Shape:
    """Holds properties of a column's values: lengths, variety, whether they may be labels."""

    def __init__(self, values):
        filled = [str(value) for value in values if value is not None and str(value).strip()]
        self.is_flat = not any(isinstance(value, list | dict | bytes) for value in values)
        lengths = [len(value) for value in filled]
        self.length = statistics.median(lengths) if lengths else 0
        different = len(set(filled))
        self.varies = different > 1
        few = different <= max(len(filled) * _FEW_SHARE, min(len(filled) - 1, _TINY))
        self.is_short = bool(lengths) and sorted(lengths)[int(0.95 * (len(lengths) - 1))] <= _LONGEST_LABEL
        self.is_label = self.is_flat and few and self.is_short and bool(filled)


def _text_by_shape(shapes):
    flat = sorted((shape.length, index) for index, shape in shapes.items() if shape.is_flat and shape.length)
    if len(flat) == 1 or (len(flat) > 1 and flat[-1][0] >= _MUCH_LONGER * flat[-2][0]):
        return flat[-1][1]
    return None


def _label_by_shape(shapes, *, has_text):
    alike = [index for index, shape in shapes.items() if shape.is_label]
    if len(alike) > 1 and not has_text:  # in a small table the texts may have few different values, too
        text = _text_by_shape(shapes)
        alike = [index for index in alike if index != text]
    if len(alike) > 1:  # a constant column is not the label
        alike = [index for index in alike if shapes[index].varies]
    return alike[0] if len(alike) == 1 else None


_BY_NAME = {"label": LABEL_NAMES, "text": TEXT_NAMES}
_OTHER = {"label": "text", "text": "label"}
_BY_SHAPE = {"label": _label_by_shape, "text": lambda shapes, has_text: _text_by_shape(shapes)}


def _none_stands_out(names, shapes, role, path):
    if len(names) == 1:
        return (
            f'{path} has one column, "{names[0]}", and a text and a label are wanted. If something else than the '
            "ending says parts its columns, give --format tsv or --format csv."
        )
    if not shapes:
        return f"{path} has no column left for the {role}. It has: {listed(names)}. Name each column once."
    likely = sorted(shapes, key=lambda index: shapes[index].length, reverse=role == "text")
    pair = f", for pairs with --pair {_quoted(names[likely[1]])}" if role == "text" and len(likely) > 1 else ""
    return (
        f"No column of {path} stands out as the {role}. It has: {listed(names)}. Name it with --{role}, "
        f"e.g. --{role} {_quoted(names[likely[0]])}{pair}."
    )
