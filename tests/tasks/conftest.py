"""A BERT that computes the same in every run, and what is trained on it."""

import pytest

from tests.task_contract import messages
from tests.tiny_bert import write_tiny_bert


@pytest.fixture(scope="session")
def steady_bert(tmp_path_factory):
    """A folder without dropout: the same batches give the same weights."""
    folder = tmp_path_factory.mktemp("steady") / "bert"
    return write_tiny_bert(folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


@pytest.fixture(scope="session")
def rows():
    """24 messages of mixed lengths, and their labels."""
    return messages(24)
