"""What an endpoint must be for a server to run it, and what an export holds beside the weights."""

import numpy as np
import pytest
import tensorflow as tf

from keras_bigmodel import UserError
from keras_bigmodel.export import Close, Endpoint, Requests, write_saved_model
from keras_bigmodel.export.saved_model_client import packed, unpacked
from keras_bigmodel.preprocessors import Preprocessor
from tests.throwaway_tasks import TableTokenizer

TEXT = (tf.TensorSpec([None], tf.string, name="text"),)


def test_an_output_without_an_axis_for_the_rows_is_refused(tmp_path):
    names = Endpoint(lambda text: {"names": tf.constant(["a", "b", "c"])}, TEXT)
    count = Endpoint(lambda text: {"count": tf.size(text)}, TEXT)
    for endpoint, words in ((names, r"returns names of shape \(3,\)"), (count, r"returns count of shape \(\)")):
        with pytest.raises(UserError, match=rf"The endpoint labels {words}.*one entry a row"):
            write_saved_model({"labels": endpoint}, [], tmp_path / "out")


def test_an_output_that_is_no_dict_is_refused(tmp_path):
    with pytest.raises(UserError, match="returns a SymbolicTensor; wanted a dict of named tensors"):
        write_saved_model({"lengths": Endpoint(lambda text: tf.strings.length(input=text), TEXT)}, [], tmp_path / "out")


def test_a_lookup_table_is_written_where_it_is_named_and_missed_where_not(tmp_path):
    tokenizer = TableTokenizer(["where", "is", "my", "parcel"])
    ids = Endpoint(lambda text: tokenizer(text, max_length=8), TEXT)
    with pytest.raises(UserError, match="a lookup table say. Name it in `tracked`"):
        write_saved_model({"ids": ids}, [], tmp_path / "without")
    write_saved_model({"ids": ids}, [], tmp_path / "with", tracked=tokenizer.tracked)
    served = tf.saved_model.load(str(tmp_path / "with")).signatures["ids"]
    found = served(text=tf.constant(["where is it", "my parcel"]))["token_ids"].numpy()
    assert found.tolist() == [[1, 2, 3, 1], [1, 4, 5, 0]]


def test_an_input_that_nobody_makes_is_refused(letter_counter):
    endpoints = {"odd": Endpoint(lambda weather: {}, (tf.TensorSpec([None], tf.float32, name="weather"),))}
    with pytest.raises(UserError, match="odd takes weather.*neither a column nor a feature.*text, token_ids"):
        Requests.of(letter_counter().preprocessor, {"text": ["a"]}, endpoints)


def test_each_output_has_the_rule_of_its_kind_unless_it_names_one():
    endpoint = Endpoint(lambda text: {}, TEXT, {"named": Close(0.5)})
    rules = [endpoint.rule("any", dtype).name for dtype in (tf.int32, tf.string, tf.bool, tf.float32, tf.bfloat16)]
    assert rules == ["equal", "equal", "equal", "close", "close"]
    assert endpoint.rule("named", tf.float32).tolerance == 0.5


def test_strings_come_through_a_file_byte_by_byte(tmp_path):
    texts = np.array([[b"a\0", "汉字".encode(), b""], [b"\0\0", b"\xff\xfe", b"x" * 1000]], object)
    np.savez(tmp_path / "file.npz", **packed("0/text", texts), **packed("0/ids", np.arange(6).reshape(2, 3)))
    with np.load(tmp_path / "file.npz") as file:
        found = unpacked({name: file[name] for name in file.files})
    assert found["0/text"].tolist() == texts.tolist()
    assert found["0/ids"].tolist() == [[0, 1, 2], [3, 4, 5]]


class Ages(Preprocessor):
    columns, features = ("age", "name"), ("years",)

    @property
    def specs(self):
        numbers = tf.TensorSpec([None], tf.float32, name="age")
        return {"age": numbers, "name": tf.TensorSpec([None], tf.string, name="name")}

    def __call__(self, age, name):
        return {"years": age[:, None]}


def test_lists_of_numbers_are_asked_as_numbers():
    endpoint = Endpoint(lambda age, name: {"older": age + 1}, tuple(Ages().specs.values()))
    requests = Requests.of(Ages(), {"age": [1.0, 2.5], "name": ["b b", "a"]}, {"serving_default": endpoint})
    assert requests.batches[0]["age"].dtype == np.float32
    assert requests.batches[0]["age"].tolist() == [2.5, 1.0]
    assert requests.row_words(0, [0]) == [["2.5", "a"]]


def test_rows_are_asked_by_length_and_all_of_them(letter_counter):
    exportable = letter_counter()
    texts = ["x" * ((number * 37) % 91) for number in range(150)]
    requests = Requests.of(exportable.preprocessor, {"text": texts}, exportable.endpoints())
    asked = [text.decode() for batch in requests.batches for text in batch["text"]]
    assert asked == sorted(texts, key=len)
    assert [texts[row] for row in requests.order] == asked
    assert requests.rows == 150
