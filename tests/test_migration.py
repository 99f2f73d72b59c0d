"""Our lines in the migration tables run, and what they say of KerasHub is so."""

import csv
import os
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_bigmodel import TextClassifier
from keras_bigmodel.data import support_messages
from tests.hub_modules import write_hub_bert
from tests.tiny_bert import tiny_vocabulary, write_tiny_bert

DOCUMENT = Path(__file__).parents[1] / "docs" / "migration.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
TABLES = {  # heading → what the lines leave behind
    "From Hugging Face's TensorFlow classes": ["out/task.json", "exported/1/saved_model.pb"],
    "From `hub.KerasLayer`": ["imdb_bert/1/saved_model.pb", "modules/encoder/saved_model.pb"],
    "From KerasHub": ["out/task.json", "exported/1/saved_model.pb"],
    "From Model Maker and MediaPipe Model Maker": ["saved_models/reviews/1/saved_model.pb", "phone/model.tflite"],
}


def cells(heading):
    """The rows of a table as lists of cells, without header and rule."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [row[1:-1].split("|") for row in section.splitlines() if row.startswith("|")][2:]


def our_lines(heading):
    """The lines of a table's last column, in order."""
    return [code for row in cells(heading) for code in re.findall("`(.*?)`", row[-1])]


def first_lines():
    return re.search(r"<!-- run: .*? -->\n```python\n(.*?)```", TEXT, flags=re.DOTALL)[1]


def write_what_the_lines_need(folder):
    """The files that the document names: two tables, texts in folders of their classes, a BERT."""
    names = {"damaged_or_wrong_item": "bad", "feedback": "good"}
    for split, name in (("train", "reviews.csv"), ("test", "test.csv")):
        rows = [(text, names[label]) for text, label in zip(*support_messages(split), strict=True) if label in names]
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *rows])
    for number, (text, label) in enumerate(rows):
        part = folder / "aclImdb" / "train" / {"bad": "neg", "good": "pos"}[label]
        part.mkdir(parents=True, exist_ok=True)
        (part / f"{number}.txt").write_text(text, encoding="utf-8")
    write_tiny_bert(folder / "bert-base-uncased", max_position_embeddings=128)
    write_hub_bert(folder / "bert_en_uncased", tiny_vocabulary(), positions=128)


@pytest.mark.full
@pytest.mark.parametrize("heading", TABLES)
def test_our_lines_run(heading, tmp_path, monkeypatch):
    write_what_the_lines_need(tmp_path)
    monkeypatch.chdir(tmp_path)
    lines = our_lines(heading)
    assert len(lines) >= 4
    names = {}
    exec(first_lines(), names)
    for line in lines:
        exec(compile(line, f"{DOCUMENT.name}: {line}", "exec"), names)
    for path in TABLES[heading]:
        assert (tmp_path / path).is_file()


@pytest.mark.parametrize("heading", TABLES)
def test_a_table_has_equally_many_cells_in_every_row(heading):
    assert len({len(row) for row in cells(heading)}) == 1


@pytest.fixture(scope="module")
def keras_hub_classifier():
    keras_hub = pytest.importorskip("keras_hub")
    tokenizer = keras_hub.models.BertTokenizer(
        vocabulary=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "soup", "was", "fine", "cold"], lowercase=True
    )
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=10, num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=16, max_sequence_length=512
    )
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer)
    return keras_hub.models.BertTextClassifier(backbone, num_classes=2, preprocessor=preprocessor)


def test_keras_hub_pads_to_512_and_gives_logits(keras_hub_classifier):
    assert keras_hub_classifier.preprocessor(["the soup was fine"])["token_ids"].shape == (1, 512)
    answers = keras_hub_classifier.predict(["the soup was fine", "the soup was cold"], verbose=0)
    assert not np.allclose(answers.sum(axis=1), 1.0, atol=1e-3)


def test_keras_hub_trains_with_adam_at_a_constant_5e_5(keras_hub_classifier):
    assert type(keras_hub_classifier.optimizer) is keras.optimizers.Adam
    assert float(keras_hub_classifier.optimizer.learning_rate) == pytest.approx(5e-5)


@pytest.mark.full
def test_keras_hub_takes_no_names_of_labels_and_here_they_are_taken(keras_hub_classifier, tiny_bert):
    texts, labels = ["the soup was fine", "the soup was cold"], ["good", "bad"]
    with pytest.raises(Exception, match="(?i)cast|string|dtype"):
        keras_hub_classifier.fit(x=texts, y=labels, batch_size=2, verbose=0)
    clf = TextClassifier.from_encoder(tiny_bert, labels=["bad", "good"])
    clf.fit(x=texts, y=labels, batch_size=2, verbose=0)
    np.testing.assert_allclose(clf.predict(texts).sum(axis=1), 1.0, atol=1e-5)


def test_keras_hub_exports_a_model_of_ids(keras_hub_classifier, tmp_path):
    import tensorflow as tf

    keras_hub_classifier.export(os.fspath(tmp_path / "exported"), verbose=False)
    taken = tf.saved_model.load(os.fspath(tmp_path / "exported")).signatures["serving_default"]
    columns = taken.structured_input_signature[1]
    assert sorted(columns) == ["padding_mask", "segment_ids", "token_ids"]
    assert all(spec.dtype == tf.int32 for spec in columns.values())
