"""Computes the report on tables that a user reads before training. Knows the tables' figures; plots nothing."""

import itertools
from collections import Counter

from keras_bigmodel.data.class_labels import sorted_counts
from keras_bigmodel.data.figures.data_notes import data_notes
from keras_bigmodel.data.figures.label_summary import labels_a_row, number_summary, span_conflicts
from keras_bigmodel.data.figures.length_summary import length_summary
from keras_bigmodel.data.figures.repeated_texts import RepeatedTexts
from keras_bigmodel.data.figures.scripts import dominant_script


def data_report(tables, *, lengths=None, unknown=None, max_length=None, whole=None):
    """Computes figures of tables: classes, lengths, scripts, repeated texts, conflicting labels, leaks between them.

    Args:
        tables: dict of split name (`"train"`, `"validation"`, `"test"`) → `TextTable`.
        lengths: dict of split name → int array of token counts, before truncation; or None.
        unknown: dict of split name → int array of the number of unknown tokens among them; or None.
        max_length: int or None. Number of tokens at which texts are truncated.
        whole: dict of split name → table too large for memory, of which `tables` holds a sample; or None. The counts of
            rows, classes and rows left out are then taken from its `len`, `label_counts`, `dropped`, `cut` and `notes`,
            and the sample's row numbers from its `sample_rows`.

    Returns:
        dict that JSON can hold: `max_length`, `tables` (split name → figures), `leaks` (only pairs of tables that share
        a text), `notes` (sentences). Tables of numbers have `numbers` (`number_summary`), tables with several labels or
        spans a row `labels_a_row`, tables of spans `span_conflicts`; others have None there. Row numbers count from 0,
        as in `TextTable.rows`. `RepeatedTexts` defines equal and nearly equal texts; `length_summary` describes the
        lengths. Tables of `whole` also have `looked_at_rows`: the number of rows on which the figures on texts are
        computed.
    """
    lengths, unknown, whole, repeated = lengths or {}, unknown or {}, whole or {}, RepeatedTexts(tables)
    figures = {
        name: {
            "path": table.path,
            "sha256": table.sha256,
            "rows": len(table),
            "dropped": dict(table.dropped),
            "cut": table.cut,
            "columns": dict(table.columns),
            "notes": list(table.notes),
            **_label_figures(table),
            "lengths": length_summary(lengths[name], max_length, unknown.get(name)) if name in lengths else None,
            "scripts": dict(Counter(map(dominant_script, _all_texts(table))).most_common()),
            "duplicates": repeated.duplicates(name),
            "conflicts": repeated.conflicts(name),
        }
        for name, table in tables.items()
    }
    for name, table in whole.items():
        figures[name] |= {**_facts_of_whole(table), "looked_at_rows": len(tables[name])}
        for group in figures[name]["duplicates"]["first"]:
            group["rows"] = [table.sample_rows[row] for row in group["rows"]]
    leaks = [repeated.leak(source, target) for source, target in itertools.combinations(tables, 2)]
    report = {"max_length": max_length, "tables": figures, "leaks": [leak for leak in leaks if leak is not None]}
    return {**report, "notes": data_notes(report)}


def _label_figures(table):
    several = table.label_kind in ("several", "spans")
    return {
        "label_kind": table.label_kind,
        "classes": sorted_counts(table.label_counts),
        "labels_a_row": labels_a_row(table.labels) if several else None,
        "numbers": number_summary(table.labels) if table.label_kind == "number" else None,
        "span_conflicts": span_conflicts(table.texts, table.labels) if table.label_kind == "spans" else None,
    }


def _facts_of_whole(table):
    facts = {"rows": len(table), "dropped": dict(table.dropped), "cut": table.cut, "notes": list(table.notes)}
    if table.label_kind == "number":
        facts["numbers"] = number_summary(table.numbers)
    return facts | {"classes": sorted_counts(table.label_counts)}


def _all_texts(table):
    """Returns one text per row; the texts of a pair are joined by a space."""
    return [" ".join(texts) for texts in zip(*table.inputs.values(), strict=True)]
