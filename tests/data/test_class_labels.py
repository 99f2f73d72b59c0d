"""Labels that a classifier can be trained on, and sentences for those that it cannot."""

import pytest

from keras_bigmodel import UserError
from keras_bigmodel.data import labels_to_train
from keras_bigmodel.tables.table import TextTable


def _table(labels, **more):
    texts = [f"text {number}" for number in range(len(labels))]
    return TextTable("reviews.csv", {"text": texts}, list(labels), {"empty text": 2}, "0" * 64, **more)


def test_good_labels_come_back_sorted_with_the_table_untouched():
    table = _table("baba")
    assert labels_to_train(table) == (table, ["a", "b"])
    assert labels_to_train(table, min_rows=2) == (table, ["a", "b"])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["good"] * 5, ["All 5 rows", '"good"', "at least two"]),
        (["a"] * 3 + ["b"], ["1 of 2 labels", 'has one row: "b"', "--min-rows 2"]),
        ([*"aabbcdefghij", *"aabb" * 4], ["8 of 10 labels", '"c", "d", "e", "f", "g" and 3 more']),
        ([f"review number {n}, of which no two are alike" + " at all" * 5 for n in range(30)], ["texts' column"]),
        ([str(n) for n in range(30)], ["30 different labels in 30 rows", "scores or numbers of rows", "--label"]),
        (
            [f"{n % 17 / 3:.2f}" for n in range(90)],
            ["look like scores", "17 different numbers", "--task regression", "round the scores"],
        ),
        (["1", "2", "3"] * 9 + ["1,2", "2,3"], ["2 of 5 labels", "several labels in one cell", "--task multi_label"]),
    ],
)
def test_labels_that_are_no_classes_are_refused_with_a_sentence(labels, words):
    with pytest.raises(UserError) as caught:
        labels_to_train(_table(labels))
    assert all(word in str(caught.value) for word in words), caught.value
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("labels", [["1.0", "1.5", "2.0"] * 4, [str(n) for n in range(77)] * 3, ["007", "7"] * 2])
def test_numbers_may_name_classes(labels):
    assert labels_to_train(_table(labels))[1] == sorted(set(labels), key=lambda label: (float(label), label))


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["10", "2", "0", "1"], ["0", "1", "2", "10"]),
        (["1", "-1", "0"], ["-1", "0", "1"]),
        (["10.0", "2.0"], ["2.0", "10.0"]),
        (["10", "2", "other"], ["10", "2", "other"]),
        (["7", "007", "10"], ["007", "7", "10"]),
        (["好", "2", "10"], ["10", "2", "好"]),
    ],
)
def test_classes_that_are_numbers_stand_as_numbers(labels, order):
    assert labels_to_train(_table(labels * 3))[1] == order


def test_rare_classes_are_left_out_and_counted_where_that_is_asked_for():
    table = _table([*"aaabbbcdd"], weights=[float(n) for n in range(9)], notes=["a note"], cut=1)
    left, labels = labels_to_train(table, min_rows=3)
    assert labels == ["a", "b"]
    assert left.labels == [*"aaabbb"]
    assert left.weights == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert left.dropped == {"empty text": 2, "class with fewer than 3 rows": 3}
    assert left.notes == ["a note", "Left out 2 classes with fewer than 3 rows."]
    assert left.cut == 1


@pytest.mark.parametrize(
    ("min_rows", "words"),
    [(4, "All 4 rows"), (9, "No class of reviews.csv has 9 rows; the largest has 4"), (0, "1 or")],
)
def test_a_number_that_leaves_too_little_is_refused(min_rows, words):
    with pytest.raises(UserError, match=words):
        labels_to_train(_table([*"aaaabb"]), min_rows=min_rows)
