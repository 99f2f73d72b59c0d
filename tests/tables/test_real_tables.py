"""Public sets as they lie on the disk, read with three options at most; `KERAS_BIGMODEL_DATA` names their folder."""

import os
from pathlib import Path

import pytest

from keras_bigmodel import UserError
from keras_bigmodel.tables import read_text_table

SPAM = {"quotes": False}
PAIRS = {"text": "4", "pair": "5", "quotes": False}
SCORES = {"text": "1", "pair": "2", "label": "3"}
# File → options, rows as the set's own description counts them, classes.
READ = {
    "sst2/train.tsv": ({}, 6920, 2),
    "sst2/dev.tsv": ({}, 872, 2),
    "sst2/test.tsv": ({}, 1821, 2),
    "ag_news/test.csv": ({}, 7600, 4),
    "ag_news/train_8000_descriptions.csv": ({}, 8000, 4),
    "sms_spam/sms.tsv": (SPAM, 5574, 2),
    "chnsenticorp_htl/ChnSentiCorp_htl_all.csv": ({}, 7766, 2),
    "thucnews_titles/dev.txt": ({"format": "tsv"}, 10000, 10),
    "thucnews_titles/test.txt": ({"format": "tsv"}, 10000, 10),
    "stsb/stsb-en-train.csv": (SCORES, 5749, None),
    "stsb/stsb-en-dev.csv": (SCORES, 1500, None),
    "stsb/stsb-en-test.csv": (SCORES, 1379, None),
    "mrpc/msr-para-train.tsv": (PAIRS, 3576, 2),
    "mrpc/msr-para-val.tsv": (PAIRS, 500, 2),
    "mrpc/msr-para-test.tsv": (PAIRS, 1725, 2),
    "goemotions/train.tsv": ({}, 43410, None),
    "goemotions/dev.tsv": ({}, 5426, None),
    "goemotions/test.tsv": ({}, 5427, None),
    "banking77/train.csv": ({}, 10003, 77),
    "banking77/test.csv": ({}, 3080, 77),
}
# File → options that do not do, and the option that the sentence names.
REFUSED = {
    "sms_spam/sms.tsv": ({}, "--no-quotes"),
    "mrpc/msr-para-train.tsv": ({}, "--no-quotes"),
    "thucnews_titles/dev.txt": ({}, "--format tsv"),
    "stsb/stsb-en-train.csv": ({}, "--text"),
    "mrpc/msr-para-val.tsv": ({"quotes": False}, "--pair"),
}


@pytest.fixture(scope="module")
def folder():
    named = os.environ.get("KERAS_BIGMODEL_DATA")
    if not named:
        pytest.skip("KERAS_BIGMODEL_DATA names no data folder")
    return Path(named)


@pytest.mark.parametrize("name", READ)
def test_a_public_set_is_read_whole(folder, name):
    options, rows, classes = READ[name]
    table = read_text_table(folder / name, **options)
    assert len(table) + sum(table.dropped.values()) == rows
    assert classes is None or len(set(table.labels)) == classes
    assert all(map(str.strip, table.texts))


@pytest.mark.parametrize("name", REFUSED)
def test_a_public_set_that_needs_an_option_is_refused_with_its_name(folder, name):
    options, wanted = REFUSED[name]
    with pytest.raises(UserError, match=wanted):
        read_text_table(folder / name, **options)
