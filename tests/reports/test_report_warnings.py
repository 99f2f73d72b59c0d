"""What a report warns of, and what it keeps quiet about."""

import pytest

from keras_bigmodel.reports.report_warnings import warnings_of

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
            "10 rows (2.0\u00a0%) of the test table also stand in the train table (9 word for word, 1 nearly).",
        ),
        ("measured.test.metrics.intervals.accuracy", [0.55, 0.92], "measures", "always answering “good”"),
        ("measured.test.metrics.texts", 60, "measures", "Only 60 texts measured"),
        ("measured.test.metrics.per_class.bad.texts", 0, "classes", "1 class has no test text"),
        ("data.tables.train.conflicts", {"texts": 3, "rows": 7}, "data", "3 texts of the train table carry more"),
        ("data.tables.train.duplicates.exact_rows", 200, "data", "200 rows (20.0\u00a0%) of the train table repeat"),
        ("data.tables.test.lengths", {"truncated_share": 0.3}, "data", "30.0\u00a0% of the test texts are longer"),
        (
            "data.tables.test.lengths",
            {"unknown_share": 0.05},
            "data",
            "5.0\u00a0% of the test tokens are unknown to the encoder: its vocabulary does not cover these texts.",
        ),
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


def leak(into, exact, near=0, table="train"):
    return {"from": table, "into": into, "exact_rows": exact, "near_rows": near}


def test_several_leaks_are_one_warning_with_the_measured_part_first_and_then_the_largest():
    tables = {**CALM["data"]["tables"], "validation": {"rows": 100}}
    leaks = [leak("validation", 9), leak("test", 1, 1, "validation"), leak("test", 0, 30), leak("validation", 0)]
    found = warnings_of({**CALM, "data": {"tables": tables, "leaks": leaks}})
    assert [warning["text"].replace("\u00a0", " ") for warning in found] == [
        "30 rows (6.0 %) of the test table also stand in the train table (30 nearly), "
        "2 rows (0.4 %) of the test table in the validation table (1 word for word, 1 nearly) and "
        "9 rows (9.0 %) of the validation table in the train table (9 word for word). "
        "What is known by heart proves nothing."
    ]


@pytest.mark.parametrize(
    ("leaks", "grave"),
    [
        ([leak("test", 4)], False),  # 0.8 %
        ([leak("test", 5)], True),
        ([leak("validation", 90)], False),  # the figures come from the test part
        ([leak("another", 1)], False),
    ],
)
def test_a_leak_is_grave_where_it_moves_the_figures(leaks, grave):
    tables = {**CALM["data"]["tables"], "validation": {"rows": 100}}
    run = changed("measured.test.metrics.texts", 60, {**CALM, "data": {"tables": tables, "leaks": leaks}})
    texts = [warning["text"] for warning in warnings_of(run)]
    places = [number for number, text in enumerate(texts) if "also stand" in text]
    assert len(places) == 1
    assert ("by heart" in texts[places[0]]) == grave
    assert places == [0 if grave else len(texts) - 1]  # graver than few measured texts, or not


def test_a_single_leaked_row_is_told_in_the_singular():
    run = changed("data.leaks", [leak("test", 1)])
    assert [warning["text"].replace("\u00a0", " ") for warning in warnings_of(run)] == [
        "1 row (0.2 %) of the test table also stands in the train table (1 word for word)."
    ]


def test_tokens_that_are_unknown_are_told_of_every_table_in_one_sentence():
    run = changed("data.tables.test.lengths", {"unknown_share": 0.61})
    run = changed("data.tables.train.lengths", {"unknown_share": 0.62, "truncated_share": None}, run)
    assert [warning["text"].replace("\u00a0", " ") for warning in warnings_of(run)] == [
        "62.0 % of the train and 61.0 % of the test tokens are unknown to the encoder: its vocabulary does not cover "
        "these texts. Choose an encoder made for their language."
    ]


@pytest.mark.parametrize("share", [None, 0.0, 0.049])
def test_few_unknown_tokens_are_no_warning(share):
    assert warnings_of(changed("data.tables.train.lengths", {"unknown_share": share})) == []
