"""Formats the data report as lines for the screen. Knows the dict of `data.data_report`."""

from rich.cells import cell_len, set_cell_size

from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data.figures.label_nouns import label_nouns
from keras_bigmodel.pipeline.measure_lines import columns

_BAR = 24  # characters of the bar of the largest class
_MOST_CLASSES = 24  # shown of a table
_LARGEST = 16  # of a table with more classes: this many of the largest are shown, the others are the smallest
_SHOWN = 3  # examples of each kind
_WIDEST = 80  # terminal cells of a text


def data_lines(report, *, bar="█"):
    """Yields the lines of a data report.

    Args:
        report: dict; see `data.data_report`.
        bar: str. The character that bars consist of. Defaults to `"█"`.

    Yields:
        str: a line without a newline.
    """
    for name, table in report["tables"].items():
        yield from _table_lines(name, table, report["max_length"], bar)
        yield ""
    for leak in report["leaks"]:
        rows = f"{counted(leak['exact_rows'], 'row')} exactly, {counted(leak['near_rows'], 'row')} nearly"
        yield f"in {leak['into']} and in {leak['from']}: {rows}"
        yield from (f"  {_short(text)}" for text in leak["first"][:_SHOWN])
        yield ""
    yield "To know:" if report["notes"] else "Nothing stands out."
    yield from (f"- {note}" for note in report["notes"])


def _table_lines(name, table, max_length, bar):
    taken = ", ".join(f"{role}: {column}" for role, column in table["columns"].items())
    yield f"{name}: {counted(table['rows'], 'row')} of {table['path']} ({taken})"
    for reason, rows in table["dropped"].items():
        yield f"  left out {counted(rows, 'row')}: {reason}"
    yield from (f"  {note}" for note in table["notes"])
    nouns = label_nouns(table)
    if table["classes"]:
        yield f"  {counted(len(table['classes']), nouns.one)}"
        total = sum(table["classes"].values()) if nouns.counted == "spans" else table["rows"]
        yield from (f"    {line}" for line in _class_lines(table["classes"], total, bar))
    if table.get("labels_a_row"):
        shares = (f"{number}: {_share(rows, table['rows'])}" for number, rows in table["labels_a_row"].items())
        yield f"  {'spans' if nouns.counted == 'spans' else 'labels'} a row: {', '.join(shares)}"
    if table.get("numbers"):
        yield from _number_lines(table["numbers"], bar)
    yield f"  tokens: {_lengths(table['lengths'], max_length)}"
    shares = (f"{script} {_share(rows, table['rows'])}" for script, rows in table["scripts"].items())
    yield f"  scripts: {', '.join(shares)}"
    yield from _duplicate_lines(table)


def _class_lines(classes, total, bar):
    in_order = sorted(classes.items(), key=lambda label_rows: -label_rows[1])
    largest = in_order[0][1]
    rows = [
        (label, f"{number:,}", _share(number, total), bar * max(1, round(_BAR * number / largest)))
        for label, number in in_order
    ]
    lines = list(columns(rows, right=(1, 2)))
    if len(lines) > _MOST_CLASSES:
        between = f"… {len(lines) - _MOST_CLASSES} more"
        lines = [*lines[:_LARGEST], between, *lines[len(lines) - (_MOST_CLASSES - _LARGEST) :]]
    return lines


def _number_lines(numbers, bar):
    low, middle, high = (f"{numbers[name]:.4g}" for name in ("min", "50%", "max"))
    mean, deviation = (f"{numbers[name]:.4g}" for name in ("mean", "deviation"))
    yield f"  numbers: {low} to {high}; half are {middle} or less, mean {mean}, standard deviation {deviation}"
    edges, counts = numbers["histogram"]["edges"], numbers["histogram"]["counts"]
    tens = _in_twos(counts)
    most = max(tens)
    rows = [
        (f"{left:.4g}", "to", f"{right:.4g}", f"{rows:,}", bar * round(_BAR * rows / most))
        for left, right, rows in zip(edges[::2], edges[2::2], tens, strict=False)
    ]
    yield from (f"    {line}" for line in columns(rows, right=(0, 2, 3)))


def _in_twos(counts):
    return [first + second for first, second in zip(counts[::2], counts[1::2], strict=True)]


def _lengths(lengths, max_length):
    if lengths is None:
        return "not counted"
    shown = f"{lengths['min']:,} to {lengths['max']:,}; half have {lengths['50%']} or fewer, 95 % {lengths['95%']}"
    if max_length is None:
        return shown
    share = _share(lengths["truncated_rows"], sum(lengths["histogram"]["counts"]))
    return f"{shown}; {lengths['truncated_rows']:,} ({share}) are longer than {max_length} and are cut"


def _duplicate_lines(table):
    found = table["duplicates"]
    yield f"  repeated: {counted(found['exact_rows'], 'row')} exactly, {counted(found['near_rows'], 'row')} nearly"
    yield from (f"    {len(one['rows'])} times: {_short(one['text'])}" for one in found["first"][:_SHOWN])
    torn = table["conflicts"]
    yield f"  conflicting labels: {counted(torn['texts'], 'text')}, {counted(torn['rows'], 'row')}"
    for one in torn["first"][:_SHOWN]:
        labels = ", ".join(f"{rows} times {_short(label)}" for label, rows in one["labels"].items())
        yield f"    {_short(one['text'])} ({labels})"


def _share(part, whole):
    return f"{100 * part / whole:.1f} %"


def _short(text):
    """Returns a text as one line, shortened; a character that is not printable becomes a space."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if cell_len(line) <= _WIDEST else set_cell_size(line, _WIDEST - 1).rstrip() + "…"
