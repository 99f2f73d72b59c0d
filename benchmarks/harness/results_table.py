"""Findings as text for a terminal. Knows what figures are called; computes only medians."""

import statistics
from itertools import groupby

from .comparison import MORE_IS_BETTER, NO_GOAL, NOT_RUN, key_of
from .machine import in_words, is_busy

# metric → (heading, digits)
_COLUMNS = {
    "rows_per_second": ("rows/s", 1),
    "tokens_per_second": ("tokens/s", 0),
    "mb_per_second": ("MB/s", 2),
    "median_ms": ("median ms", 2),
    "p99_ms": ("99 % ms", 2),
    "first_prediction_s": ("start s", 2),
    "peak_mb": ("peak MB", 0),
    "accuracy": ("accuracy", 3),
    "agreement": ("agreement", 3),
    "rows": ("rows", 0),
}
_COMPILE_COLUMNS = {"load_s": ("load s", 1), "compile_s": ("compile s", 1), "warmup_s": ("warm-up s", 1)}


def results_table(findings, ratios, about):
    """Gives everything as text.

    Args:
        findings: `Findings`.
        ratios: list of `Ratio`.
        about: dict: date, command, machine, settings.
    """
    parts = [_heading(about), _failures(findings), _figures(findings.measurements)]
    parts += [_compiling(findings.measurements), _not_here(findings.not_here), _ratios(ratios)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(about):
    lines = [f"{about['date']}  {about['command']}", in_words(about["machine"])]
    for who, packages in about["versions"].items():
        lines.append(f"{who}: {', '.join(f'{name} {version}' for name, version in packages.items())}")
    lines.append(
        f"{about['rounds']} rounds, {about['threads']} threads, batches of {about['batch_size']} rows, "
        f"texts of {about['max_length']} tokens at most"
    )
    if about["quick"]:
        lines.append("A QUICK RUN at toy size with a toy encoder: its figures say nothing about speed.")
    if is_busy(about["machine"]):
        lines.append(f"THE MACHINE WAS BUSY when this began (load {about['machine']['load']}): figures may be off.")
    if about.get("interrupted"):
        lines.append("INTERRUPTED: jobs are missing.")
    return "\n".join(lines)


def _failures(findings):
    return "\n".join(f"FAILED: {_title(key)}: {reason}" for key, reason in findings.failures.items())


def _not_here(entries):
    return "\n".join(f"not here: {_title(key)}: {reason}" for key, reason in entries.items())


def _title(key):
    return " ".join(part for part in key if part)


def _figures(measurements):
    """Gives the medians of each job, one table a job."""
    tables = []
    for job, lines in _grouped(measurements, lambda line: line["job"]):
        lines = list(lines)
        columns = {name: _COLUMNS[name] for name in _COLUMNS if any(line.get(name) is not None for line in lines)}
        rows = [[job, "texts", "dtype", *(heading for heading, _ in columns.values()), "runs", "lowest to highest"]]
        for (_, who, name, dtype), found in _grouped(lines, key_of):
            found = list(found)
            cells = [_median(found, metric, digits) for metric, (_, digits) in columns.items()]
            rows.append([who, name, dtype, *cells, str(len(found)), _spread(found)])
        tables.append(_aligned(rows))
    return "\n\n".join(tables)


def _compiling(measurements):
    """Gives what stays outside the clock, the medians of each program in a line of its own."""
    rows = [["outside the clock", "texts", "dtype", *(heading for heading, _ in _COMPILE_COLUMNS.values())]]
    for (job, who, name, dtype), found in _grouped(measurements, key_of):
        found = list(found)
        cells = [_median(found, metric, digits) for metric, (_, digits) in _COMPILE_COLUMNS.items()]
        if any(cells):
            rows.append([f"{job}: {who}", name, dtype, *cells])
    return _aligned(rows) if len(rows) > 1 else ""


def _ratios(ratios):
    rows = [["ratio of ours to a peer's (median)", "ratio", "lowest to highest", "better", "goal", "", "dtypes"]]
    for ratio in ratios:
        if ratio.outcome == NOT_RUN:
            continue
        goal = "" if ratio.comparison.goal is None else f"{ratio.comparison.sign} {ratio.comparison.goal:g}"
        shown, spread = ("", "")
        if ratio.values:
            shown, spread = f"{ratio.median:.2f}", f"{min(ratio.values):.2f} to {max(ratio.values):.2f}"
        outcome = "" if ratio.outcome == NO_GOAL else ratio.outcome
        better = "more" if MORE_IS_BETTER[ratio.comparison.metric] else "less"
        rows.append(
            [ratio.comparison.name, shown, spread, better, goal, outcome, " : ".join(filter(None, ratio.dtypes))]
        )
    return _aligned(rows) if len(rows) > 1 else ""


def _grouped(lines, key):
    """Groups lines by a key, in the order in which keys first came."""
    order = {}
    for line in lines:
        order.setdefault(key(line), len(order))
    return groupby(sorted(lines, key=lambda line: order[key(line)]), key=key)


def _median(lines, metric, digits):
    values = [line[metric] for line in lines if line.get(metric) is not None]
    return f"{statistics.median(values):.{digits}f}" if values else ""


def _spread(lines):
    """Gives the lowest and the highest of the figure that the job is about."""
    for metric in ("rows_per_second", "mb_per_second", "median_ms", "first_prediction_s"):
        values = [line[metric] for line in lines if line.get(metric) is not None]
        if values:
            digits = _COLUMNS[metric][1]
            return f"{min(values):.{digits}f} to {max(values):.{digits}f}"
    return ""


def _aligned(rows):
    """Sets columns: numbers at the right, words at the left."""
    columns = []
    for cells in zip(*rows, strict=True):
        width = max(map(len, cells))
        side = str.rjust if all(map(_is_number, cells[1:])) else str.ljust
        columns.append([side(cell, width) for cell in cells])
    return "\n".join("  ".join(row).rstrip() for row in zip(*columns, strict=True))


def _is_number(cell):
    return not cell or cell.replace(".", "", 1).isdigit()
