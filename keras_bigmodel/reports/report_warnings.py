"""Warns about what limits the validity of a run's metrics. Knows the run's dict.

Each check takes the run and yields pairs: the id of the chapter with the details, and a sentence. The thresholds mark
where a careful reader would ask; they are conventions, not laws.
"""

from keras_bigmodel.data.figures.label_nouns import label_nouns
from keras_bigmodel.reports.report_kind import kind_of
from keras_bigmodel.reports.report_summary import majority_class, measured_parts, metrics_of, tables_of
from keras_bigmodel.reports.report_text import count, decimal, percent, shorten, things, visible

_LEAK_SHARE = 0.01  # of the evaluated rows: fewer cannot change the accuracy by 0.01
_CUT_SHARE = 0.05
_UNKNOWN_SHARE = 0.05
_LEFT_OUT_SHARE = 0.05
_COPIES_SHARE = 0.05
_IMBALANCE = 10
_FEW_ROWS = 10
_FEW_TEXTS = 200
_CALIBRATION_ERROR = 0.1


def warnings_of(run):
    """Returns the warnings of a run, the most serious first.

    Args:
        run: dict, as `write_report` takes it.

    Returns:
        list of dict: `chapter` (an id of the page) and `text`.
    """
    return [{"chapter": chapter, "text": text} for check in _CHECKS for chapter, text in check(run)]


def _export(run):
    parity = run.get("parity") or {}
    if parity.get("agrees") is False:
        yield "making", "The exported model does not agree with the one that was measured."


def _grave_leaks(run):
    if _are_leaks_grave(run):
        yield "data", f"{_leak_sentence(run)} What is known by heart proves nothing."


def _light_leaks(run):
    if _leaks_of(run) and not _are_leaks_grave(run):
        yield "data", _leak_sentence(run)


def _are_leaks_grave(run):
    """Returns whether the main part has enough leaked rows to change its metrics."""
    return any(leak["into"] in measured_parts(run)[:1] and leak["share"] >= _LEAK_SHARE for leak in _leaks_of(run))


def _leaks_of(run):
    """Returns the leaks with their `rows` and their `share` of the table, those into the main part first."""
    leaks = []
    for leak in (run.get("data") or {}).get("leaks") or []:
        rows = (leak.get("exact_rows") or 0) + (leak.get("near_rows") or 0)
        if rows:
            total = (tables_of(run).get(leak["into"]) or {}).get("rows")
            leaks.append({**leak, "rows": rows, "share": rows / total if total else 1.0, "total": total})
    main = measured_parts(run)[:1]
    return sorted(leaks, key=lambda leak: (leak["into"] not in main, -leak["share"]))


def _leak_sentence(run):
    told = []
    for leak in _leaks_of(run):
        share = f" ({percent(leak['share'])})" if leak["total"] else ""
        verb = "" if told else "also stands in " if leak["rows"] == 1 else "also stand in "
        of = f"{things(leak['rows'], 'row')}{share} of the {leak['into']} table"
        told.append(f"{of} {verb or 'in '}the {leak['from']} table ({_alike(leak)})")
    return f"{_joined(told)}."


def _alike(leak):
    ways = {"word for word": leak.get("exact_rows"), "nearly": leak.get("near_rows")}
    return ", ".join(f"{count(rows)} {way}" for way, rows in ways.items() if rows)


def _guessing(run):
    for part in measured_parts(run)[:1]:
        metrics = metrics_of(run, part)
        guess, low = (
            majority_class(metrics),
            ((metrics.get("intervals") or {}).get("accuracy") or [metrics.get("accuracy")])[0],
        )
        if guess and low is not None and low <= guess["share"]:
            yield (
                "measures",
                f"Not clearly better than always answering “{_short(guess['label'])}”, "
                f"which is right for {percent(guess['share'])} of the {part} texts.",
            )


def _guessing_numbers(run):
    for part in measured_parts(run)[:1]:
        metrics = metrics_of(run, part)
        interval = (metrics.get("intervals") or {}).get("r2")
        low = interval[0] if interval else metrics.get("r2")
        if low is not None and low <= 0:
            yield (
                "measures",
                f"Not clearly better than always answering {decimal(metrics.get('target_mean'))}, the mean of the "
                f"{part} targets.",
            )


def _chosen_on(run):
    parts = measured_parts(run)
    if parts and parts[0] == "validation" and "subset_accuracy" in metrics_of(run, "validation"):
        yield (
            "labels",
            "The thresholds of the labels were chosen on the rows they are measured on, which flatters F1 above all of "
            "rare labels.",
        )


def _measured_on(run):
    parts = measured_parts(run)
    if parts and parts[0] == "validation":
        yield (
            "measures",
            "Measured on validation rows only. They also watched the training; a test table that "
            "nothing has seen gives the fairer figure.",
        )
    for part in parts[:1]:
        texts = metrics_of(run, part).get("texts") or 0
        if texts < _FEW_TEXTS:
            yield (
                "measures",
                f"Only {things(texts, 'text')} measured: the intervals are wide. Read them, not the figures.",
            )


def _untested(run):
    for part in measured_parts(run)[:1]:
        per_class = metrics_of(run, part).get("per_class") or {}
        absent = [label for label, figures in per_class.items() if not figures.get("texts", figures.get("spans"))]
        if absent:
            kind = kind_of(metrics_of(run, part))
            have = ("class has", "classes have") if kind.chapter == "classes" else ("label has", "labels have")
            yield (
                kind.chapter,
                f"{things(len(absent), *have)} no {part} {kind.counted[:-1]}, so nothing is known of "
                f"{'it' if len(absent) == 1 else 'them'}: {_listed(absent)}.",
            )


def _conflicts(run):
    for name, table in tables_of(run).items():
        conflicts = table.get("conflicts") or {}
        if conflicts.get("texts"):
            carry = "carries" if conflicts["texts"] == 1 else "carry"
            yield (
                "data",
                f"{things(conflicts['texts'], 'text')} of the {name} table {carry} more than one label "
                f"({things(conflicts.get('rows'), 'row')}). No model can answer them all right.",
            )


def _copies(run):
    for name, table in tables_of(run).items():
        copies = (table.get("duplicates") or {}).get("exact_rows") or 0
        rows = table.get("looked_at_rows") or table.get("rows")  # of a streamed table, only a part was inspected
        if rows and copies / rows > _COPIES_SHARE:
            share, repeat = percent(copies / rows), "repeats" if copies == 1 else "repeat"
            yield (
                "data",
                f"{things(copies, 'row')} ({share}) of the {name} table {repeat} an earlier one.",
            )


def _cut_texts(run):
    shares = {name: (table.get("lengths") or {}).get("truncated_share") or 0 for name, table in tables_of(run).items()}
    cut = [f"{percent(share)} of the {name}" for name, share in shares.items() if share > _CUT_SHARE]
    if cut:
        yield (
            "data",
            f"{_joined(cut)} texts are longer than the model reads "
            f"({count((run.get('data') or {}).get('max_length'))} tokens); their ends are cut off.",
        )


def _unknown_tokens(run):
    shares = {name: (table.get("lengths") or {}).get("unknown_share") or 0 for name, table in tables_of(run).items()}
    unknown = [f"{percent(share)} of the {name}" for name, share in shares.items() if share >= _UNKNOWN_SHARE]
    if unknown:
        yield (
            "data",
            f"{_joined(unknown)} tokens are unknown to the encoder: its vocabulary does not cover these texts. "
            "Choose an encoder made for their language.",
        )


def _left_out(run):
    for name, table in tables_of(run).items():
        dropped = sum((table.get("dropped") or {}).values())
        total = dropped + (table.get("rows") or 0)
        if total and dropped / total > _LEFT_OUT_SHARE:
            yield "data", f"{count(dropped)} of {things(total, 'row')} of the {name} table could not be used."


def _balance(run):
    table = tables_of(run).get("train") or {}
    sizes = table.get("classes") or {}
    if not sizes:
        return
    nouns = label_nouns(table)
    have = f"{nouns.one} has", f"{nouns.many} have"
    largest, smallest = max(sizes, key=sizes.get), min(sizes, key=sizes.get)
    few = [label for label, rows in sizes.items() if rows < _FEW_ROWS]
    if few:
        yield "data", f"{things(len(few), *have)} fewer than {_FEW_ROWS} {nouns.counted}: {_listed(few)}."
    elif sizes[largest] >= _IMBALANCE * sizes[smallest]:
        yield (
            "data",
            f"The {nouns.many} are uneven: “{_short(largest)}” has {count(sizes[largest])} {nouns.counted}, "
            f"“{_short(smallest)}” {count(sizes[smallest])}. Read macro F1 beside {nouns.common}.",
        )


def _calibration(run):
    for part in measured_parts(run)[:1]:
        error = metrics_of(run, part).get("expected_calibration_error")
        if error is not None and error > _CALIBRATION_ERROR:
            yield (
                "probabilities",
                f"How sure the model says it is and how often it is right differ by {percent(error)} on average; "
                "do not take its probabilities at their word.",
            )


def _overtraining(run):
    history = run.get("history") or {}
    losses = [loss for loss in history.get("val_loss") or [] if loss is not None]
    if len(losses) > 1 and losses[-1] > 1.2 * min(losses):
        best = losses.index(min(losses))
        epochs = history.get("epoch") or range(1, len(losses) + 1)
        yield (
            "training",
            f"Validation loss rose from {decimal(losses[best])} after epoch {epochs[best]} to {decimal(losses[-1])} "
            "at the end. Fewer epochs may do better.",
        )


def _listed(labels):
    named = ", ".join(f"“{_short(label)}”" for label in labels[:5])
    return named + (f" and {count(len(labels) - 5)} more" if len(labels) > 5 else "")


def _joined(parts):
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]


def _short(label):
    return shorten(visible(label), 40)


_CHECKS = (
    _export,
    _grave_leaks,
    _guessing,
    _guessing_numbers,
    _chosen_on,
    _measured_on,
    _untested,
    _unknown_tokens,
    _conflicts,
    _light_leaks,
    _copies,
    _cut_texts,
    _left_out,
    _balance,
    _calibration,
    _overtraining,
)
