"""Writes counts, and how far an export agrees, as parts of sentences. Knows plurals and the certificate's dict."""

_PLURALS = {"class": "classes", "batch": "batches"}


def counted(number, thing):
    """Returns a number and its thing in the singular or the plural.

    >>> counted(1, "row"), counted(2, "class"), counted(1802, "text")
    ('1 row', '2 classes', '1,802 texts')
    """
    return f"{number:,} {thing if number == 1 else _PLURALS.get(thing, f'{thing}s')}"


_WORDS = {"equal": ("{} equal", "another {}"), "same_choice": ("the same choice of {}", "another choice of {}")}
_KEPT = ("rule", "rows_that_differ", "largest_difference")


def outputs_in_short(certificate):
    """Returns "endpoint/output" → its rule, rows that differ and largest difference: what a manifest keeps."""
    return {
        f"{name}/{output}": {"rows": endpoint["rows"], **{key: facts[key] for key in _KEPT if key in facts}}
        for name, endpoint in certificate["endpoints"].items()
        for output, facts in endpoint["outputs"].items()
    }


def parity_in_short(certificate):
    """Returns what a manifest keeps of a certificate: dict."""
    kept = {name: certificate[name] for name in ("agrees", "rows", "dtype", "load_seconds") if name in certificate}
    return {**kept, "outputs": outputs_in_short(certificate)}


def parity_words(parity):
    """Returns what was compared and how far it agrees, as half a sentence: str.

    Args:
        parity: dict, a certificate or what `parity_in_short` returned.

    >>> outputs = {"tokenize/token_ids": {"rule": "equal", "rows": 1802, "rows_that_differ": 0},
    ...            "serving_default/label": {"rule": "same_choice", "rows": 64, "rows_that_differ": 0},
    ...            "tokens/logits": {"rule": "close", "rows": 1802, "rows_that_differ": 0, "largest_difference": 3e-6}}
    >>> parity_words({"rows": 1802, "outputs": outputs})
    '1,802 rows: token_ids equal, the same choice of label (64 rows), numbers within 3.0e-06'
    """
    outputs, whole = parity["outputs"] if "outputs" in parity else outputs_in_short(parity), parity["rows"]
    words = [word for rule in _WORDS for word in _of_rule(rule, outputs, whole)]
    numbers = [facts["largest_difference"] for facts in outputs.values() if facts["rule"] == "close"]
    if numbers:
        words.append(f"numbers within {max(numbers):.1e}")
    return f"{counted(whole, 'row')}: {', '.join(words) or 'nothing compared'}"


def _of_rule(rule, outputs, whole):
    """Yields what is said of the outputs that are compared by a rule: those that differ, then the others by rows."""
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
