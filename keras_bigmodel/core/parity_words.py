"""How far an export agrees with its model, in short and in words. Knows the certificate's dict; no format."""

_KEPT = ("rule", "rows_that_differ", "largest_difference")


def outputs_in_short(certificate):
    """Returns "endpoint/output" → its rule, rows that differ and largest difference: what a manifest keeps."""
    return {
        f"{name}/{output}": {key: facts[key] for key in _KEPT if key in facts}
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

    >>> outputs = {"tokenize/token_ids": {"rule": "equal", "rows_that_differ": 0},
    ...            "tokens/logits": {"rule": "close", "rows_that_differ": 0, "largest_difference": 3e-6}}
    >>> parity_words({"rows": 1802, "outputs": outputs})
    '1,802 rows: token_ids equal in all, numbers within 3.0e-06'
    """
    outputs = parity["outputs"] if "outputs" in parity else outputs_in_short(parity)
    same = [name for name, facts in outputs.items() if facts["rule"] != "close"]
    numbers = [facts["largest_difference"] for facts in outputs.values() if facts["rule"] == "close"]
    words = [
        f"{_short(name)} differs in {outputs[name]['rows_that_differ']:,} rows"
        for name in same
        if outputs[name]["rows_that_differ"]
    ]
    equal = list(dict.fromkeys(_short(name) for name in same if not outputs[name]["rows_that_differ"]))
    if equal:
        words.append(f"{', '.join(equal)} equal in all")
    if numbers:
        words.append(f"numbers within {max(numbers):.1e}")
    return f"{parity['rows']:,} rows: {', '.join(words) or 'nothing compared'}"


def _short(name):
    return name.rpartition("/")[2]
