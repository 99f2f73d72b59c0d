"""Labels as people have them, read as one column: names, positions, or a sentence."""

import enum
from datetime import date
from decimal import Decimal

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from keras_bigmodel import UserError
from keras_bigmodel.tasks.label_names import LabelNames, LabelReader


class Sentiment(str, enum.Enum):  # noqa: UP042 (not StrEnum: its str() is not its value)
    """Texts."""

    NEGATIVE = "negative"
    POSITIVE = "positive"


class Stars(enum.IntEnum):
    """Numbers."""

    ONE = 1
    TWO = 2


TRUE, FALSE, SENTIMENT = ["True", "False"], ["False", "True"], ["negative", "positive"]
DIGITS, STARS = ["0", "1", "2"], ["1.0", "2.0", "3.0"]

# name: (labels=, what fit gets, the numbers)
READ = {
    # names
    "text": (SENTIMENT, ["positive", "negative"], [1, 0]),
    "text, NumPy": (SENTIMENT, np.array(["positive", "negative"]), [1, 0]),
    "text, objects": (SENTIMENT, np.array(["positive", "negative"], object), [1, 0]),
    "bytes": (SENTIMENT, [b"positive", b"negative"], [1, 0]),
    "bytes, NumPy": (SENTIMENT, np.array([b"positive", b"negative"]), [1, 0]),
    "Chinese": (["差评", "好评"], ["好评", "差评"], [1, 0]),
    "Chinese bytes": (["差评", "好评"], ["好评".encode(), "差评".encode()], [1, 0]),
    "truth values": (TRUE, [True, False], [0, 1]),
    "truth values, the other way round": (FALSE, [True, False], [1, 0]),
    "truth values, NumPy": (TRUE, np.array([True, False]), [0, 1]),
    "truth values, pandas": (TRUE, pd.Series([True, False]), [0, 1]),
    "truth values, pandas nullable": (TRUE, pd.Series([True, False], dtype="boolean"), [0, 1]),
    "truth values, Arrow": (TRUE, pa.array([True, False]), [0, 1]),
    "truth values, tensor": (TRUE, tf.constant([True, False]), [0, 1]),
    "truth values for lower-case words": (["true", "false"], [True, False], [0, 1]),
    "truth values for yes and no": (["yes", "no"], [True, False], [0, 1]),
    "numbers for no and yes in their places": (["no", "yes"], [1, 0], [1, 0]),
    "truth values for digits": (["1", "0"], [True, False], [0, 1]),
    "truth values as text": (TRUE, ["True", "False"], [0, 1]),
    "numbers for true and false in their places": (FALSE, [1, 0], [1, 0]),
    "floats of a column with a hole": (STARS, [1.0, 2.0], [0, 1]),
    "floats of such a column for whole names": (["1", "2", "3"], np.array([1.0, 2.0, 3.0]), [0, 1, 2]),
    "whole numbers for names with a point": (STARS, [3, 1], [2, 0]),
    "names that are numbers, all of them from the middle": (["1", "2", "3"], [2, 1, 2], [1, 0, 1]),
    "names that are numbers, downwards": (["2", "1", "0"], [0, 1, 2], [2, 1, 0]),
    "signed": (["-1", "1"], [-1, 1, 1], [0, 1, 1]),
    "signed, downwards": (["1", "0", "-1"], np.array([-1, 0, 1]), [2, 1, 0]),
    "signed with a plus": (["+1", "-1"], [1, -1], [0, 1]),
    "leading zeros": (["01", "02"], [1, 2], [0, 1]),
    "fractions": (["0.5", "1.5"], [1.5, 0.5], [1, 0]),
    "fractions in float32": (["0.1", "0.2"], np.array([0.2, 0.1], "float32"), [1, 0]),
    "one float32 in a list": (["0.1", "0.2"], [np.float32(0.2)], [1]),
    "decimals": (["0.10", "2"], [Decimal("0.1"), Decimal(2)], [0, 1]),
    "large": (["9007199254740993", "9007199254740992"], [9007199254740993], [0]),
    "text goes before number": (["1", "1.0"], [1, 1.0], [0, 1]),
    "dates": (["2020-01-01", "2021-01-01"], [date(2021, 1, 1)], [1]),
    "dates, NumPy": (["2020-01-01", "2021-01-01"], np.array(["2021-01-01"], "M8[D]"), [1]),
    "an Enum of texts": (SENTIMENT, [Sentiment.POSITIVE, Sentiment.NEGATIVE], [1, 0]),
    "an Enum of numbers": (["2", "1"], [Stars.ONE, Stars.TWO], [1, 0]),
    "a range": (SENTIMENT, range(2), [0, 1]),
    "positions in bfloat16": (SENTIMENT, tf.constant([1.0, 0.0], tf.bfloat16), [1, 0]),
    "categories": (["b", "a"], pd.Series(["a", "b", "a"], dtype="category"), [1, 0, 1]),
    "categories of numbers": (["2", "1"], pd.Series([1, 2], dtype="category"), [1, 0]),
    "pandas integers with room for a hole": (["2", "1"], pd.Series([1, 2], dtype="Int64"), [1, 0]),
    "pandas, another index": (SENTIMENT, pd.Series(["positive", "negative"], index=[1, 0]), [1, 0]),
    "Arrow": (SENTIMENT, pa.array(["positive", "negative"]), [1, 0]),
    "Arrow in chunks": (SENTIMENT, pa.chunked_array([["positive"], ["negative"]]), [1, 0]),
    "Arrow dictionary": (SENTIMENT, pa.array(["positive", "negative"]).dictionary_encode(), [1, 0]),
    "Arrow decimals": (["1", "2"], pa.array([Decimal(2), Decimal(1)]), [1, 0]),
    "Arrow scalars": (["2", "1"], [pa.scalar(1), pa.scalar(2)], [1, 0]),
    "a column of one wide rows": (SENTIMENT, [["positive"], ["negative"]], [1, 0]),
    "a frame of one column": (SENTIMENT, pd.DataFrame({"label": ["positive"]}), [1]),
    "an Arrow table of one column": (SENTIMENT, pa.table({"label": ["positive"]}), [1]),
    # positions
    "positions": (SENTIMENT, [1, 0, 1], [1, 0, 1]),
    "positions, NumPy": (SENTIMENT, np.array([1, 0]), [1, 0]),
    "positions, tensor": (SENTIMENT, tf.constant([1, 0]), [1, 0]),
    "positions, tensors in a list": (SENTIMENT, [tf.constant(1), tf.constant(0)], [1, 0]),
    "positions as floats": (SENTIMENT, [1.0, 0.0], [1, 0]),
    "positions as truth values": (SENTIMENT, [True, False], [1, 0]),
    "positions in one wide rows": (SENTIMENT, np.array([[1], [0]]), [1, 0]),
    "positions that are the names too": (DIGITS, [2, 0], [2, 0]),
    "positions beside one number among the names": (["spam", "7"], [0, 1], [0, 1]),
    "positions for names of larger numbers": (["10", "20"], [0, 1], [0, 1]),
    "no rows": (SENTIMENT, [], []),
}

# name: (labels=, what fit gets, words of the sentence)
REFUSED = {
    "a name and a position": (["1", "2", "3"], [1, 0], ["Row 0 has 1, the name", "row 1 has 0", '"1"', "two ways"]),
    "text and positions": (SENTIMENT, ["negative", 1], ["Row 0 has 'negative'", "row 1 has 1", '"positive"']),
    "numbers for true and false": (TRUE, [1, 0], ["Row 0", 'truth value that is "True"', 'position "False"']),
    "numbers for yes and no": (["yes", "no"], [1, 0], ["Row 0", 'truth value that is "yes"', 'position "no"']),
    "numbers for On and Off": (["On", "Off"], np.array([0, 1]), ["Row 0", '"Off"', '"On"']),
    "floats for true and false": (TRUE, [1.0, 0.0], ["Row 0", '"True"', '"False"']),
    "a hole": (SENTIMENT, ["positive", None], ["Row 1 has no label"]),
    "a hole in numbers": (STARS, np.array([1.0, np.nan]), ["Row 1 has no label"]),
    "a hole in pandas": (SENTIMENT, pd.Series(["positive", None, "negative"]), ["Row 1 has no label"]),
    "a hole in nullable pandas": (["1", "2"], pd.Series([1, None], dtype="Int64"), ["Row 1 has no label"]),
    "a hole in categories": (SENTIMENT, pd.Series(["positive", None], dtype="category"), ["Row 1 has no label"]),
    "a hole in Arrow": (SENTIMENT, pa.array(["positive", None]), ["Row 1 has no label"]),
    "a hole in dates": (["a", "b"], pd.Series([pd.NaT]), ["Row 0 has no label"]),
    "a masked value": (SENTIMENT, np.ma.array([0, 1], mask=[False, True]), ["Row 1 has no label"]),
    "an unknown name": (SENTIMENT, ["positive", "neutral"], ["Row 1", "'neutral'", "negative, positive"]),
    "a name in other case": (SENTIMENT, ["Positive"], ["Row 0", "'Positive'"]),
    "positions as text": (SENTIMENT, ["1", "0"], ["Row 0", "'1'"]),
    "a position too many": (SENTIMENT, [0, 2], ["Row 1 has the label 2", "0 to 1"]),
    "a position below 0": (SENTIMENT, [-1], ["Row 0 has the label -1", "0 to 1"]),
    "a share": (SENTIMENT, [0.5], ["Row 0 has the label 0.5"]),
    "moments in nanoseconds": (SENTIMENT, np.array([0, 1], "M8[ns]"), ["Row 0", "1970-01-01"]),
    "spans in nanoseconds": (SENTIMENT, np.array([0, 1], "m8[ns]"), ["Row 0", "nanoseconds"]),
    "a tensor without values": (SENTIMENT, keras.KerasTensor((2,)), ["KerasTensor", "gives no array"]),
    "a tensor of one text": (SENTIMENT, tf.constant("positive"), ["b'positive'", "a list"]),
    "masked shares": (SENTIMENT, np.ma.array([[0, 1], [1, 0]], mask=[[1, 0], [0, 0]]), ["Row 0", "finite"]),
    "a frame of texts": (SENTIMENT, pd.DataFrame({"negative": ["a"], "positive": ["b"]}), ["no number"]),
    "infinity": (SENTIMENT, [float("inf")], ["Row 0 has the label inf"]),
    "a number beyond all": (SENTIMENT, [10**30], ["Row 0 has the label 1000"]),
    "a number beyond writing": (SENTIMENT, [10**6000], ["Row 0 has the label a number of"]),
    "a complex number": (SENTIMENT, [1j], ["Row 0", "1j"]),
    "two names for one number": (["01", "1.0"], [1], ['"01"', '"1.0"']),
    "two names for one truth value": (["yes", "true"], [True], ['"true"', '"yes"']),
    "one text": (SENTIMENT, "positive", ["'positive'", "a list"]),
    "one number": (SENTIMENT, 1, ["are 1", "a list"]),
    "nothing": (SENTIMENT, None, ["None", "a list"]),
    "a set": (SENTIMENT, {"positive"}, ["set", "no order"]),
    "a dict": (SENTIMENT, {"a": "positive"}, ["dict", "one column"]),
    "a generator": (SENTIMENT, (label for label in SENTIMENT), ["generator", "a list"]),
    "an object": (SENTIMENT, object(), ["object", "a list"]),
    "lists of labels": (SENTIMENT, [["negative", "positive", "positive"]], ["shape (1, 3)", "one label a text"]),
    "lists of other lengths": (SENTIMENT, [["negative"], ["negative", "positive"]], ["different lengths"]),
    "a list among texts": (SENTIMENT, ["negative", ["positive"]], ["Row 1", "one label a text"]),
    "shares below 0": (SENTIMENT, [[1.0, 0.0], [-1.0, 2.0]], ["Row 1", "not below 0"]),
    "shares that are no numbers": (SENTIMENT, [[np.nan, 0.0]], ["Row 0", "finite"]),
    "a frame of other columns": (SENTIMENT, pd.DataFrame({"a": [1], "b": [0]}), ["columns a, b", "negative"]),
}


@pytest.mark.parametrize("case", READ)
def test_labels_are_read_as_names_or_as_positions(case):
    names, labels, wanted = READ[case]
    found = LabelNames(names).numbers(labels)
    assert found.dtype == "int32"
    assert found.tolist() == wanted


@pytest.mark.parametrize("case", REFUSED)
def test_labels_that_could_be_two_things_or_none_are_refused(case):
    names, labels, words = REFUSED[case]
    with pytest.raises(UserError) as refused:
        LabelNames(names).numbers(labels)
    for word in words:
        assert word in str(refused.value)
    assert str(refused.value).endswith(".")


def test_shares_are_handed_on():
    names = LabelNames(SENTIMENT)
    np.testing.assert_array_equal(names.numbers([[0, 1], [1, 0]]), np.array([[0, 1], [1, 0]], "float32"))
    assert names.numbers(np.array([[0.3, 0.7]])).dtype == "float32"


def test_the_columns_of_a_frame_are_put_in_the_order_of_the_names():
    frame = pd.get_dummies(pd.Series(["good", "bad"]))  # its columns are sorted: bad, good
    np.testing.assert_array_equal(LabelNames(["good", "bad"]).numbers(frame), [[1, 0], [0, 1]])


def test_parts_of_a_column_are_read_alike():
    reader = LabelReader(LabelNames(["1", "2", "3"]))
    assert reader.numbers([2, 1]).tolist() == [1, 0]
    with pytest.raises(UserError, match=r"Row 0 has 2, the name of a label; row 3 has 0"):
        reader.numbers([1, 0])
    reader = LabelReader(LabelNames(SENTIMENT))
    reader.numbers([[1, 0]] * 1000)
    with pytest.raises(UserError, match="Row 1001 of the labels"):
        reader.numbers([[1, 0], [-1, 0]])
    reader = LabelReader(LabelNames(["1", "2", "3"]))
    assert reader.numbers([0, 0]).tolist() == [0, 0]
    with pytest.raises(UserError, match="two ways"):
        reader.numbers([1])


@given(st.permutations(range(5)), st.lists(st.integers(0, 4), min_size=1, max_size=20), st.integers(-2, 2))
def test_numbers_and_their_texts_mean_the_same_labels(order, rows, offset):
    """Whatever order the names stand in, a number that is a name is that name in every form."""
    names = LabelNames([str(number + offset) for number in order])
    values = [row + offset for row in rows]
    wanted = names.numbers([str(value) for value in values]).tolist()
    for form in (list, np.array, pd.Series, pa.array, lambda column: [float(value) for value in column]):
        assert names.numbers(form(values)).tolist() == wanted
