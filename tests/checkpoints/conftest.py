"""Modules of TF-Hub, written once: legacy Keras takes seconds to make one."""

import pytest

from tests.hub_modules import write_hub_bert, write_hub_preprocessor
from tests.tiny_bert import tiny_vocabulary


@pytest.fixture(scope="session")
def hub_bert(tmp_path_factory):
    """A BERT as Google exported it, with the head that predicts masked tokens. 2 layers, 32 wide, 500 word pieces."""
    return write_hub_bert(tmp_path_factory.mktemp("hub") / "bert", tiny_vocabulary(), mlm=True)


@pytest.fixture(scope="session")
def hub_preprocessor(hub_bert, tmp_path_factory):
    """The preprocessor that belongs to `hub_bert`."""
    return write_hub_preprocessor(tmp_path_factory.mktemp("hub") / "pre", hub_bert / "assets" / "vocab.txt")
