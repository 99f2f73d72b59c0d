"""Describes notable figures of tables in sentences for the user. Knows the data report's figures; no table."""

from keras_bigmodel.core.sentences import counted
from keras_bigmodel.data.figures.label_nouns import label_nouns

_FEW = 10  # rows; a class with fewer is hardly learned, and cannot be measured
_UNEVEN = 10  # the largest class has this many times the rows of the smallest
_MANY_CUT = 0.05  # share of the texts
_MANY_UNKNOWN = 0.05  # share of the tokens; texts in the language of the vocabulary have less than 0.01
_SHOWN = 5


def data_notes(report):
    """Returns sentences on the notable figures of a data report.

    Args:
        report: dict with `max_length`, `tables` and `leaks`, as `data_report` returns it.

    Returns:
        list of str: sentences, the most serious first.
    """
    parts = (
        _unknown_tokens,
        _leaks,
        _unknown_labels,
        _conflicts,
        _span_conflicts,
        _duplicates,
        _classes,
        _truncation,
        _samples,
    )
    return [sentence for part in parts for sentence in part(report)]


def _unknown_tokens(report):
    for name, table in report["tables"].items():
        share = (table["lengths"] or {}).get("unknown_share") or 0
        if share >= _MANY_UNKNOWN:
            yield (
                f"{100 * share:.1f} % of the tokens of {name} are unknown to this encoder: its vocabulary does not "
                "cover these texts. Choose one made for their language with --encoder."
            )


def _leaks(report):
    for leak in report["leaks"]:
        rows, total = leak["exact_rows"] + leak["near_rows"], report["tables"][leak["into"]]["rows"]
        sampled = any(_is_sampled(report["tables"][leak[end]]) for end in ("from", "into")) and rows < total
        least = "at least " * sampled
        near = f" ({least}{leak['near_rows']:,} of them nearly)" if leak["near_rows"] else ""
        yield (
            f"{least.capitalize()}{rows:,} of the {total:,} rows of {leak['into']} {_stand(rows)} in {leak['from']}, "
            f"too{near}: measures on them are too good."
        )


def _unknown_labels(report):
    known = report["tables"].get("train", {}).get("classes")
    for name, table in report["tables"].items():
        unknown = [label for label in table["classes"] if known and label not in known]
        if unknown:
            yield f"{name} has {counted(len(unknown), 'label')} that train lacks: {_listed(unknown)}."


def _conflicts(report):
    for name, table in report["tables"].items():
        texts, rows = table["conflicts"]["texts"], table["conflicts"]["rows"]
        if texts:
            least = "At least " * (_looked_at(table) < table["rows"])
            yield f"{least}{counted(texts, 'text')} of {name} {_stand(texts)} with different labels, in {rows:,} rows."


def _span_conflicts(report):
    for name, table in report["tables"].items():
        torn = table.get("span_conflicts") or {}
        if torn.get("words"):
            shown = (
                f'"{one["text"]:.40}" ({", ".join(f"{spans} {label}" for label, spans in one["labels"].items())})'
                for one in torn["first"][:_SHOWN]
            )
            more = " …" if torn["words"] > _SHOWN else ""
            have = "has more than one label" if torn["words"] == 1 else "have more than one label each"
            yield f"{counted(torn['words'], 'word')} of {name} {have}: {'; '.join(shown)}{more}."


def _duplicates(report):
    for name, table in report["tables"].items():
        exact, near = table["duplicates"]["exact_rows"], table["duplicates"]["near_rows"]
        least = "at least " * (_looked_at(table) < table["rows"])
        again = [f"{least}{counted(exact, 'row')} exactly"] * bool(exact)
        again += [f"{'at least ' * _is_sampled(table)}{counted(near, 'row')} nearly"] * bool(near)
        if again:
            yield f"Texts of {name} repeat an earlier one: {' and '.join(again)}."


def _classes(report):
    for name, table in report["tables"].items():
        classes = table["classes"]
        few = [label for label, rows in classes.items() if rows < _FEW]
        nouns = label_nouns(table)
        if few:
            yield (
                f"{counted(len(few), nouns.one)} of {name} {_have(few)} fewer than {_FEW} {nouns.counted}: "
                f"{_listed(few)}."
            )
        elif classes and max(classes.values()) >= _UNEVEN * min(classes.values()):
            large, small = max(classes, key=classes.get), min(classes, key=classes.get)
            yield (
                f'The {nouns.many} of {name} are uneven: "{large}" has {classes[large]:,} {nouns.counted}, "{small}" '
                f"{classes[small]:,}. Look at macro F1 rather than {nouns.common}."
            )


def _truncation(report):
    for name, table in report["tables"].items():
        lengths = table["lengths"]
        if lengths and lengths["truncated_share"] and lengths["truncated_share"] >= _MANY_CUT:
            yield (
                f"{100 * lengths['truncated_share']:.1f} % of the texts of {name} are longer than "
                f"{report['max_length']} tokens and lose their ends; 95 % have {lengths['95%']} or fewer: see "
                "--max-length."
            )


def _samples(report):
    for name, table in report["tables"].items():
        if _looked_at(table) < table["rows"]:
            yield (
                f"The rows of {name} were read one by one: classes are counted of all {table['rows']:,}, and so are "
                "texts that stand in another table exactly; lengths, scripts, repeated texts and conflicting labels "
                f"are those of {_looked_at(table):,} rows, drawn by their texts."
            )
        elif _is_sampled(table):
            checked = table["duplicates"]["near_checked_rows"]
            yield (
                f"Texts of {name} that are alike in most words were looked for in {checked:,} of its "
                f"{table['rows']:,} rows; those that differ in case, punctuation or long numbers only, in all."
            )


def _looked_at(table):
    return table.get("looked_at_rows", table["rows"])


def _is_sampled(table):
    return table["duplicates"]["near_checked_rows"] < table["rows"]


def _stand(number):
    return "stands" if number == 1 else "stand"


def _have(things):
    return "has" if len(things) == 1 else "have"


def _listed(labels):
    shown = ", ".join(f'"{label:.40}"' for label in labels[:_SHOWN])
    return shown + (f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else "")
