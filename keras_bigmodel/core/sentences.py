"""Writes counts and the agreement of an export as parts of sentences. Knows plurals and the certificate's dict."""

import math

_PLURALS = {"class": "classes", "batch": "batches"}


def counted(number, thing):
    """Returns a number with its noun in the singular or the plural: str.

    Args:
        number: int.
        thing: str. The noun in the singular.

    >>> counted(1, "row"), counted(2, "class"), counted(1802, "text")
    ('1 row', '2 classes', '1,802 texts')
    """
    return f"{number:,} {thing if number == 1 else _PLURALS.get(thing, f'{thing}s')}"


_WORDS = {
    "equal": ("{} equal", "another {}"),
    "same_choice": ("the same choice of {}", "another choice of {}"),
    "same_direction": ("the same direction of {}", "another direction of {}"),
}
_KEPT = ("rule", "rows_that_differ", "largest_difference", "smallest_cosine")


def listed(names, shown=5):
    """Returns the first of some names and how many more there are, as a part of a sentence: str.

    Args:
        names: iterable of str.
        shown: int. Number of names to show. Defaults to 5.

    >>> listed(["a", "b", "c"], shown=2)
    'a, b and 1 more'
    """
    names = list(names)
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def first_line(error, most=160):
    """Returns the first line of an exception's message, or its type if it has no message, for a sentence: str.

    Args:
        error: exception.
        most: int. Number of characters to keep. Defaults to 160.

    >>> first_line(ValueError())
    'ValueError'
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0][:most]


def outputs_in_short(certificate):
    """Returns the short form of a certificate's outputs, as a manifest holds it.

    Args:
        certificate: dict. The parity certificate.

    Returns:
        dict of "endpoint/output" → dict of its rule, rows, rows that differ and largest difference.
    """
    return {
        f"{name}/{output}": {"rows": endpoint["rows"], **{key: facts[key] for key in _KEPT if key in facts}}
        for name, endpoint in certificate["endpoints"].items()
        for output, facts in endpoint["outputs"].items()
    }


def parity_in_short(certificate):
    """Returns the short form of a certificate, as a manifest holds it.

    Args:
        certificate: dict. The parity certificate.

    Returns:
        dict of `outputs` (see `outputs_in_short`), and of `agrees`, `rows`, `dtype` and `load_seconds` where the
        certificate has them.
    """
    kept = {name: certificate[name] for name in ("agrees", "rows", "dtype", "load_seconds") if name in certificate}
    return {**kept, "outputs": outputs_in_short(certificate)}


def parity_words(parity):
    """Returns what was compared and how far it agrees, as a part of a sentence: str.

    Args:
        parity: dict. A certificate, or what `parity_in_short` returned.

    >>> outputs = {"tokenize/token_ids": {"rule": "equal", "rows": 1802, "rows_that_differ": 0},
    ...            "serving_default/label": {"rule": "same_choice", "rows": 64, "rows_that_differ": 0},
    ...            "tokens/logits": {"rule": "close", "rows": 1802, "rows_that_differ": 0, "largest_difference": 3e-6}}
    >>> parity_words({"rows": 1802, "outputs": outputs})
    '1,802 rows: token_ids equal, the same choice of label (64 rows), numbers within 3.0e-06'
    """
    outputs, whole = parity["outputs"] if "outputs" in parity else outputs_in_short(parity), parity["rows"]
    words = [word for rule in _WORDS for word in _of_rule(rule, outputs, whole)]
    numbers = [facts["largest_difference"] for facts in outputs.values() if facts["rule"] == "close"]
    cosines = [facts["smallest_cosine"] for facts in outputs.values() if "smallest_cosine" in facts]
    if cosines:
        words.append(f"cosines of {math.floor(1e4 * min(cosines)) / 1e4:.4f} or more")
    if numbers:
        words.append(f"numbers within {max(numbers):.1e}")
    return f"{counted(whole, 'row')}: {', '.join(words) or 'nothing compared'}"


def _of_rule(rule, outputs, whole):
    """Yields the words about the outputs of one rule: those that differ, then the others by decreasing rows."""
    good, bad = _WORDS[rule]
    alike = {}  # number of rows → names of outputs
    for name, facts in outputs.items():
        if facts["rule"] != rule:
            continue
        if facts["rows_that_differ"]:
            yield f"{bad.format(_short(name))} in {counted(facts['rows_that_differ'], 'row')}"
        else:
            alike.setdefault(facts.get("rows", whole), []).append(_short(name))
    for rows, names in sorted(alike.items(), reverse=True):
        yield good.format(", ".join(dict.fromkeys(names))) + (f" ({counted(rows, 'row')})" if rows < whole else "")


def _short(name):
    return name.rpartition("/")[2]
