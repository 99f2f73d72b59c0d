"""Checks that JSON has the shape that its reader expects. Knows JSON's kinds; no file and no meaning."""

from types import NoneType

NUMBER = (int, float)
ANY = (dict, list, str, int, float, bool, NoneType)
_WORDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true/false",
}


def shape_mismatch(value, shape, place=""):
    """Returns the first difference between a value and a shape as a part of a sentence, or None if the value fits.

    Args:
        value: a value read from a JSON file.
        shape: one of three forms. A type or tuple of types: the value has one of these types; a bool is not a number.
            `[shape]`: the value is a list whose entries have this shape. A dict of key → shape: the value is a dict;
            a key `"key?"` may be missing, and `...` holds the shape of all other values (any, if there is no `...`).
        place: str. Position of the value in the file, for the result. Defaults to the top level.

    Returns:
        str or None: for example `'labels[0] is 3, wanted a text'`.

    >>> shape_mismatch({"labels": ["a", 3]}, {"labels": [str], "format?": int})
    'labels[1] is 3, wanted a text'
    """
    if isinstance(shape, dict):
        return _misfit_of_dict(value, shape, place)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return _words(place, value, (list,))
        found = (shape_mismatch(part, shape[0], f"{place}[{number}]") for number, part in enumerate(value))
        return next((words for words in found if words is not None), None)
    kinds = shape if isinstance(shape, tuple) else (shape,)
    fits = isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)
    return None if fits else _words(place, value, kinds)


def _misfit_of_dict(value, shape, place):
    if not isinstance(value, dict):
        return _words(place, value, (dict,))
    named = {str(name).removesuffix("?"): part for name, part in shape.items() if name is not ...}
    missing = [name for name in shape if name is not ... and not name.endswith("?") and name not in value]
    if missing:
        return f"{_join(place, missing[0])} is missing"
    for name, part in value.items():
        wanted = named.get(name, shape.get(..., ANY))
        found = shape_mismatch(part, wanted, _join(place, name))
        if found is not None:
            return found
    return None


def _join(place, name):
    return f"{place}.{name:.60}" if place else f"{name:.60}"


def _words(place, value, kinds):
    wanted = " or ".join(dict.fromkeys(_WORDS[kind] for kind in kinds if kind is not NoneType))
    return f"{place or 'the whole'} is {value!r:.40}, wanted {wanted}"
