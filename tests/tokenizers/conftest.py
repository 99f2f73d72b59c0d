"""Hugging Face's answer as the measure, and the folder of real texts where there is one."""

import os

import pytest
from hypothesis import settings
from tokenizers import BertWordPieceTokenizer

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# derandomize: a test that fails on one machine fails on all. deadline: the first call traces a graph.
settings.register_profile("tokenizers", max_examples=120, deadline=None, derandomize=True, database=None)


@pytest.fixture(scope="session")
def hugging_face():
    """Makes Hugging Face's tokenizer of a vocabulary."""
    return make_hugging_face


def make_hugging_face(vocabulary, *, lowercase=True, strip_accents=None, split_chinese=True):
    tokenizer = BertWordPieceTokenizer(
        {token: position for position, token in enumerate(vocabulary)},
        lowercase=lowercase,
        strip_accents=strip_accents,
        handle_chinese_chars=split_chinese,
    )
    # What a user types is text for us, also when it spells a special token.
    tokenizer._tokenizer.encode_special_tokens = True
    return tokenizer


@pytest.fixture(scope="session")
def data_folder():
    folder = os.environ.get("KERAS_BIGMODEL_DATA")
    if not folder:
        pytest.skip("KERAS_BIGMODEL_DATA names no data folder")
    return folder
