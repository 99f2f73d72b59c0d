"""What a person should know of tables before training on them. Knows their figures; draws nothing."""

import itertools
from collections import Counter

from keras_bigmodel.data.class_labels import counts_in_order
from keras_bigmodel.data.figures.data_notes import data_notes
from keras_bigmodel.data.figures.length_summary import length_summary
from keras_bigmodel.data.figures.repeated_texts import RepeatedTexts
from keras_bigmodel.data.figures.scripts import dominant_script


def data_report(tables, *, lengths=None, unknown=None, max_length=None, whole=None):
    """Describes tables: classes, lengths, scripts, repeated texts, conflicting labels, leaks between them.

    Args:
        tables: dict of split name (`"train"`, `"validation"`, `"test"`) → `TextTable`.
        lengths: dict of split name → int array of token counts, not truncated; or None.
        unknown: dict of split name → int array of the unknown tokens among them; or None.
        max_length: int or None. Where texts are cut.
        whole: dict of split name → a table too large to be held, of which `tables` has a sample; or None. Its rows,
            classes, and what was left out of it are told: `len`, `label_counts`, `dropped`, `cut`, `notes`, and
            `sample_rows`, where the sample's rows stand.

    Returns:
        dict that JSON can hold: `max_length`, `tables` (split name → figures), `leaks` (only pairs of tables that share
        a text), `notes` (sentences). Row numbers count from 0, as `TextTable.rows` takes them. See `RepeatedTexts` for
        what equal and nearly equal mean, `length_summary` for the lengths. Tables of `whole` have `looked_at_rows`,
        too: how many rows the figures on texts are of.
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
            "classes": counts_in_order(Counter(table.labels or ())),
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


def _facts_of_whole(table):
    facts = {"rows": len(table), "dropped": dict(table.dropped), "cut": table.cut, "notes": list(table.notes)}
    return facts | {"classes": counts_in_order(table.label_counts)}


def _all_texts(table):
    """Gives one text a row: of a pair both, one behind the other."""
    return [" ".join(texts) for texts in zip(*table.inputs.values(), strict=True)]
