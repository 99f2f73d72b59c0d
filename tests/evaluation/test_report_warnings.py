"""What a report warns of, and what it keeps quiet about."""

import pytest

from keras_bigmodel.evaluation.report_warnings import warnings_of

CALM = {
    "data": {
        "max_length": 128,
        "tables": {
            "train": {
                "rows": 1000,
                "dropped": {"no text": 3},
                "classes": {"bad": 400, "good": 600},
                "lengths": {"truncated_share": 0.01},
                "duplicates": {"exact_rows": 4},
                "conflicts": {"texts": 0, "rows": 0},
            },
            "test": {"rows": 500},
        },
        "leaks": [{"from": "train", "into": "test", "exact_rows": 0, "near_rows": 0}],
    },
    "history": {"epoch": [1, 2, 3], "val_loss": [0.5, 0.4, 0.41]},
    "measured": {
        "test": {
            "metrics": {
                "texts": 500,
                "accuracy": 0.9,
                "expected_calibration_error": 0.02,
                "intervals": {"accuracy": [0.88, 0.92]},
                "per_class": {"bad": {"texts": 200}, "good": {"texts": 300}},
            }
        }
    },
    "parity": {"agrees": True},
}


def changed(path, value, into=CALM):
    """Gives the calm run with one thing changed; `path` names it by dots."""
    name, _, rest = path.partition(".")
    return {**into, name: changed(rest, value, into.get(name, {})) if rest else value}


def test_a_run_without_anything_odd_has_no_warning():
    assert warnings_of(CALM) == []


def test_a_run_of_nothing_has_no_warning():
    assert warnings_of({}) == []


@pytest.mark.parametrize(
    ("path", "value", "chapter", "words"),
    [
        ("parity.agrees", False, "making", "does not agree"),
        (
            "data.leaks",
            [{"from": "train", "into": "test", "exact_rows": 9, "near_rows": 1}],
            "data",
            "10 rows (2.0\u00a0%) of the test table also stand in the train table: 9 word for word, 1 nearly",
        ),
        ("measured.test.metrics.intervals.accuracy", [0.55, 0.92], "measures", "always answering “good”"),
        ("measured.test.metrics.texts", 60, "measures", "Only 60 texts measured"),
        ("measured.test.metrics.per_class.bad.texts", 0, "classes", "1 class has no test text"),
        ("data.tables.train.conflicts", {"texts": 3, "rows": 7}, "data", "3 texts of the train table carry more"),
        ("data.tables.train.duplicates.exact_rows", 200, "data", "200 rows (20.0\u00a0%) of the train table repeat"),
        ("data.tables.test.lengths", {"truncated_share": 0.3}, "data", "30.0\u00a0% of the test texts are longer"),
        ("data.tables.train.dropped", {"no label": 500}, "data", "500 of 1,500 rows of the train table"),
        ("data.tables.train.classes", {"bad": 20, "good": 900}, "data", "The classes are uneven"),
        ("data.tables.train.classes", {"bad": 3, "good": 900}, "data", "1 class has fewer than 10 rows: “bad”"),
        ("measured.test.metrics.expected_calibration_error", 0.2, "probabilities", "differ by 20.0\u00a0%"),
        ("history.val_loss", [0.5, 0.4, 0.7], "training", "from 0.400 after epoch 2 to 0.700"),
    ],
)
def test_what_is_odd_is_said_once_with_its_chapter(path, value, chapter, words):
    found = warnings_of(changed(path, value))
    named = [warning for warning in found if words in warning["text"]]
    assert [warning["chapter"] for warning in named] == [chapter]


def test_a_run_measured_on_validation_rows_only_says_so():
    run = {**CALM, "measured": {"validation": CALM["measured"]["test"]}}
    assert ["They also watched the training" in warning["text"] for warning in warnings_of(run)] == [True]
