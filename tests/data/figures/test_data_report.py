"""The data report: figures that a person can check by hand, in the shape that others draw."""

import json

import numpy as np
import pytest

from keras_bigmodel.data import data_report
from keras_bigmodel.data.figures.length_summary import length_summary
from keras_bigmodel.data.figures.repeated_texts import _MOST_ROWS
from keras_bigmodel.tables.table import TextTable

TABLE_KEYS = [
    *("path", "sha256", "rows", "dropped", "cut", "columns", "notes"),
    *("label_kind", "classes", "labels_a_row", "numbers", "span_conflicts"),
    *("lengths", "scripts", "duplicates", "conflicts"),
]


def _table(texts, labels=None, seconds=None, **more):
    inputs = {"text": list(texts)} | ({} if seconds is None else {"text_pair": seconds})
    return TextTable("some.csv", inputs, labels and list(labels), {}, "0" * 64, **more)


def _tables():
    train = _table(
        ["good", "good ", "Good!", "bad", "这家酒店很好", "", "bad"],
        ["p", "p", "p", "n", "p", "n", "p"],
        columns={"text": "text", "label": 2},
        notes=["a note"],
        cut=1,
    )
    return {"train": train, "test": _table(["bad", "BAD", "new"], ["n", "n", "other"])}


def test_the_report_has_the_agreed_shape_and_can_be_written_as_json():
    report = data_report(_tables(), lengths={"train": np.array([3, 3, 4, 3, 8, 2, 3])}, max_length=4)
    assert json.loads(json.dumps(report)) == report
    assert list(report) == ["max_length", "tables", "leaks", "notes"]
    for table in report["tables"].values():
        assert list(table) == TABLE_KEYS
    assert report["tables"]["test"]["lengths"] is None
    train = report["tables"]["train"]
    assert (train["rows"], train["cut"], train["notes"]) == (7, 1, ["a note"])
    assert train["classes"] == {"n": 2, "p": 5}
    assert train["columns"] == {"text": "text", "label": 2}
    assert train["scripts"] == {"Latin": 5, "Han": 1, "no letters": 1}
    assert next(iter(train["scripts"])) == "Latin"


def test_repeated_texts_and_conflicting_labels_are_counted_and_shown():
    train = data_report(_tables())["tables"]["train"]
    assert train["duplicates"] == {
        "exact_rows": 2,
        "near_rows": 1,
        "near_checked_rows": 7,
        "first": [{"text": "good", "rows": [0, 1]}, {"text": "bad", "rows": [3, 6]}, {"text": "good", "rows": [0, 2]}],
    }
    assert train["conflicts"] == {"texts": 1, "rows": 2, "first": [{"text": "bad", "labels": {"n": 1, "p": 1}}]}


def test_leaks_are_named_with_their_rows():
    report = data_report(_tables())
    assert report["leaks"] == [
        {"from": "train", "into": "test", "exact_rows": 1, "near_rows": 1, "first": ["bad", "BAD"]}
    ]
    assert report["notes"][0] == (
        "2 of the 3 rows of test stand in train, too (1 of them nearly): measures on them are too good."
    )
    assert any('1 label that train lacks: "other"' in note for note in report["notes"])


def test_tables_with_nothing_in_common_leak_nothing():
    assert data_report({"train": _table(["a", "b"]), "test": _table(["c"])})["leaks"] == []


def test_of_pairs_both_texts_count():
    table = _table(["q", "q", "q"], ["x", "y", "x"], ["a", "b", "a"])
    described = data_report({"train": table})["tables"]["train"]
    assert described["duplicates"]["exact_rows"] == 1
    assert described["duplicates"]["first"][0] == {"text": "q | a", "rows": [0, 2]}
    assert described["conflicts"]["texts"] == 0


def test_lists_are_short_and_counts_are_not():
    texts = [f"text {'abcdefghijklmnop'[n % 16]}" for n in range(64)]
    described = data_report({"train": _table(texts, ["x", "y"] * 16 + ["y", "x"] * 16)})["tables"]["train"]
    assert described["duplicates"]["exact_rows"] == 48
    assert described["conflicts"]["texts"] == 16
    assert len(described["duplicates"]["first"]) == len(described["conflicts"]["first"]) == 10
    long = data_report({"train": _table(["x" * 5000] * 2)})["tables"]["train"]["duplicates"]["first"][0]["text"]
    assert len(long) == 201


def test_of_a_large_table_a_sample_is_checked_and_the_report_says_so():
    table = _table([f"word{n}" for n in range(_MOST_ROWS + 10)])
    report = data_report({"train": table})
    assert report["tables"]["train"]["duplicates"]["near_checked_rows"] == _MOST_ROWS
    assert any("were looked for in 50,000 of its 50,010 rows" in note for note in report["notes"])


def test_of_large_tables_copies_are_found_in_every_row_and_others_are_at_least_so_many():
    letters = [chr(97 + number % 26) for number in range(26)]
    texts = [f"word {a}{b}{c}{d} here" for a in letters for b in letters for c in letters for d in "abc"][:50_100]
    report = data_report({"train": _table(texts), "test": _table([text.upper() + "!" for text in texts])})
    assert report["leaks"][0]["near_rows"] == len(texts)
    assert report["notes"][0].startswith(
        "50,100 of the 50,100 rows of test stand in train, too (50,100 of them nearly)"
    )
    some = _table([*(text.upper() + "!" for text in texts[:30_000]), "quite another one"])
    report = data_report({"train": _table([*texts, texts[0] + "?"]), "test": some})
    assert report["leaks"][0]["near_rows"] == 30_000
    assert report["notes"][0] == (
        "At least 30,000 of the 30,001 rows of test stand in train, too (at least 30,000 of them nearly): measures on "
        "them are too good."
    )
    assert "Texts of train repeat an earlier one: at least 1 row nearly." in report["notes"]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ("a" * 200 + "b" * 20, "uneven"),
        ("a" * 20 + "b" * 3, 'fewer than 10 rows: "b"'),
    ],
)
def test_uneven_and_tiny_classes_are_told(labels, words):
    notes = data_report({"train": _table([f"text {chr(97 + n)}" for n in range(len(labels))], labels)})["notes"]
    assert any(words in note for note in notes)


def test_lengths_are_those_of_numpy_and_the_histogram_holds_every_text():
    lengths = np.random.default_rng(0).geometric(0.03, 2000) + 2
    summary = length_summary(lengths, 64)
    assert summary["truncated_rows"] == (lengths > 64).sum()
    assert summary["truncated_share"] == pytest.approx((lengths > 64).mean())
    assert summary["mean"] == pytest.approx(lengths.mean(), abs=0.01)
    assert summary["50%"] == np.percentile(lengths, 50, method="nearest")
    counts, edges = summary["histogram"]["counts"], summary["histogram"]["edges"]
    assert sum(counts) == len(lengths)
    assert len(edges) == len(counts) + 1
    assert edges == sorted(set(edges))
    assert (edges[0], edges[-1]) == (lengths.min(), lengths.max() + 1)
    assert len(counts) <= 32


def test_lengths_of_equal_or_no_texts_are_no_trouble():
    summary = length_summary([5, 5, 5])
    assert (summary["min"], summary["max"], summary["truncated_rows"]) == (5, 5, None)
    assert sum(summary["histogram"]["counts"]) == 3
    assert length_summary([], 8) is None


def test_texts_that_lose_their_ends_are_told():
    report = data_report({"train": _table("abcd")}, lengths={"train": [3, 3, 300, 3]}, max_length=128)
    assert any("25.0 % of the texts of train are longer than 128 tokens" in note for note in report["notes"])


def test_texts_that_the_vocabulary_does_not_cover_are_told():
    report = data_report(_tables(), lengths={"train": [10] * 7}, unknown={"train": [1, 0, 0, 0, 8, 0, 0]})
    assert report["tables"]["train"]["lengths"]["unknown_share"] == pytest.approx(9 / 70)
    assert any("12.9 % of the tokens of train are unknown to this encoder" in note for note in report["notes"])
    covered = data_report(_tables(), lengths={"train": [10] * 7}, unknown={"train": [1, 0, 0, 0, 0, 0, 0]})
    assert not any("unknown to this encoder" in note for note in covered["notes"])


def test_words_with_more_than_one_label_are_told():
    texts, spans = ["Paris is", "Paris met", "Rome"], [((0, 5, "LOC"),), ((0, 5, "PER"),), ((0, 4, "LOC"),)]
    table = TextTable("some.conll", {"text": texts}, spans, {}, "0" * 64, label_kind="spans")
    report = data_report({"train": table})
    assert report["tables"]["train"]["span_conflicts"] == {
        "words": 1,
        "first": [{"text": "Paris", "labels": {"LOC": 1, "PER": 1}}],
    }
    assert 'more than one label: "Paris" (1 LOC, 1 PER).' in " ".join(report["notes"])
    assert report["tables"]["train"]["labels_a_row"] == {"1": 3}
