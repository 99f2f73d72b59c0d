"""Finds which column of a table is the text, label, pair, weight. Knows names and shapes; no file format."""

import difflib
import statistics

from keras_bigmodel.core.errors import UserError

_MOST_LISTED = 20
_LONGEST_LABEL = 60  # characters
_MUCH_LONGER = 1.5  # a column of texts is told from others by its median length, this many times theirs
_FEW_SHARE = 0.25
_TINY = 20
# In tiers: a name in an earlier tier wins; two in one tier are two candidates, and the person decides.
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
        *("label_name", "类别", "分类", "情感", "意图", "主题", "情绪"),
    ),
    ("quality", "rating", "stars", "star_rating", "score", "overall", "grade", "gold_label", "y", "评分", "星级"),
)
_KNOWN = frozenset(name for names in (TEXT_NAMES, LABEL_NAMES) for tier in names for name in tier)


def plain(name):
    """Writes a column's name as the lists do.

    >>> plain(" Review Text ")
    'review_text'
    """
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def is_known_name(name):
    """Whether a cell is a common name of a column.

    >>> is_known_name("Quality"), is_known_name("not bad at all")
    (True, False)
    """
    return plain(name) in _KNOWN


def choose_columns(names, columns, *, named, wanted, path, by_number=False):
    """Finds the columns that a table is asked for.

    A column that was named is looked up. Others are found by a common name, then by shape: the label is the only
    column of few different, short values, the text is much longer than the others.

    Args:
        names: list of str. The columns, in order; their numbers from 1 where there is no header.
        columns: list of lists. Some values of each.
        named: dict of role (`"text"`, `"pair"`, `"label"`, `"weight"`) → name or None.
        wanted: roles to find by name or shape where they are not named: `"text"`, `"label"` or both.
        path: path of the table, for the sentences.
        by_number: bool. Whether a name that no column has may be a number from 1. Defaults to False.

    Returns:
        dict of role → index of the column in `names`, from 0.

    Raises:
        UserError: no such column, one named twice, or none that stands out.
    """
    chosen = _look_up_all(names, named, path, by_number=by_number)
    free = lambda: [index for index in range(len(names)) if index not in chosen.values()]
    missing = [role for role in ("label", "text") if role in wanted and role not in chosen]  # labels are easier to tell
    for role in missing:
        index = _by_name(names, free(), role, path)
        if index is not None:
            chosen[role] = index
    shapes = {index: _Shape(columns[index]) for index in free()} if set(missing) - set(chosen) else {}
    for role in missing:
        if role not in chosen:
            other = [name for names in _BY_NAME[_OTHER[role]] for name in names]
            left = {index: shapes[index] for index in free() if plain(names[index]) not in other}
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
    """Lists columns for a sentence, at most twenty."""
    shown = ", ".join(name or '""' for name in names[:_MOST_LISTED])
    return shown + (f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else "")


def _quoted(name):
    return f'"{name}"' if set(name) & set(" #&;'()$*") or not name else name


def _by_name(names, free, role, path):
    for tier in _BY_NAME[role]:
        found = [index for index in free if plain(names[index]) in tier]
        if len(found) > 1:
            raise UserError(
                f"{path} has {len(found)} columns that may be the {role}: {listed([names[index] for index in found])}. "
                f"Name one with --{role}, e.g. --{role} {_quoted(names[found[0]])}."
            )
        if found:
            return found[0]
    return None


class _Shape:
    """What a column's values look like."""

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
    if len(alike) > 1 and not has_text:  # in a small table texts may repeat, too
        text = _text_by_shape(shapes)
        alike = [index for index in alike if index != text]
    if len(alike) > 1:  # a column that never changes tells nothing apart
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
