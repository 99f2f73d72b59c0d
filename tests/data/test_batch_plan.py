"""Which texts share a batch: each stands in exactly one, and little is spent on padding."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_bigmodel.data import padding_share, plan_batches, support_messages
from keras_bigmodel.tokenizers import PlainWordPieceTokenizer
from tests.tiny_bert import tiny_vocabulary

# derandomize: a test that fails on one machine fails on all.
properties = settings(max_examples=100, deadline=None, derandomize=True, database=None)
lengths_of_texts = st.lists(st.integers(0, 200), max_size=400).map(lambda lengths: np.array(lengths, "int64"))
seeds = st.none() | st.integers(0, 5)


def _plan(lengths, seed, **how):
    return plan_batches(lengths, rng=None if seed is None else np.random.default_rng(seed), **how)


def _as_lists(plan):
    return [rows.tolist() for rows in plan]


@properties
@given(lengths_of_texts, st.integers(1, 40), seeds)
def test_every_text_stands_in_one_batch_of_at_most_batch_size(lengths, batch_size, seed):
    plan = _plan(lengths, seed, batch_size=batch_size)
    assert sorted(np.concatenate(plan).tolist() if plan else []) == list(range(len(lengths)))
    assert all(1 <= len(rows) <= batch_size for rows in plan)
    assert len(plan) == -(-len(lengths) // batch_size)


@properties
@given(lengths_of_texts, st.integers(1, 1000), seeds)
def test_tokens_per_batch_bounds_every_batch_but_a_single_long_text(lengths, tokens, seed):
    plan = _plan(lengths, seed, tokens_per_batch=tokens)
    assert sorted(np.concatenate(plan).tolist() if plan else []) == list(range(len(lengths)))
    for rows in plan:
        assert len(rows) == 1 or len(rows) * max(1, lengths[rows].max()) <= tokens


@properties
@given(lengths_of_texts, st.integers(1, 40))
def test_without_shuffling_the_longest_come_first(lengths, batch_size):
    plan = plan_batches(lengths, batch_size=batch_size)
    fed = lengths[np.concatenate(plan)] if plan else lengths
    assert np.all(np.diff(fed) <= 0)


@properties
@given(lengths_of_texts, st.integers(1, 40))
def test_sorted_batches_pad_no_more_than_batches_as_they_come(lengths, batch_size):
    lengths = lengths[: len(lengths) - len(lengths) % batch_size]  # a small last batch may be lucky as it comes
    as_they_come = [np.arange(start, start + batch_size) for start in range(0, len(lengths), batch_size)]
    assert padding_share(lengths, plan_batches(lengths, batch_size=batch_size)) <= padding_share(lengths, as_they_come)


def test_padding_share_counts_the_tokens_that_are_padding():
    lengths = np.array([2, 4, 5])
    assert padding_share(lengths, [np.array([0, 1]), np.array([2])]) == pytest.approx(2 / 13)
    assert padding_share(lengths, [np.array([0]), np.array([1]), np.array([2])]) == 0
    assert padding_share(np.zeros(0, int), []) == 0


def test_a_seed_gives_one_plan_and_another_seed_another():
    lengths = np.random.default_rng(0).integers(3, 60, 300)
    first, again, other = (_as_lists(_plan(lengths, seed, batch_size=16)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert {frozenset(rows) for rows in first} != {frozenset(rows) for rows in other}  # not only the batches' order


def test_batches_are_not_fed_in_the_order_of_length():
    lengths = np.random.default_rng(0).integers(3, 60, 300)
    longest = [lengths[rows].max() for rows in _plan(lengths, 0, batch_size=16)]
    assert longest != sorted(longest)
    assert longest != sorted(longest, reverse=True)


@pytest.fixture(scope="module")
def message_lengths():
    tokenizer = PlainWordPieceTokenizer(list(tiny_vocabulary()))
    return np.array([len(tokenizer.tokenize(text)) + 2 for text in support_messages("train")[0]])


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_at_most_a_tenth_of_what_is_fed_is_padding(message_lengths, seed):
    """In batches as they come it is a third; a tenth is what the house promises."""
    assert padding_share(message_lengths, _plan(message_lengths, seed, batch_size=32)) <= 0.10
    assert padding_share(message_lengths, _plan(message_lengths, seed, tokens_per_batch=1024)) <= 0.10


def test_planning_takes_few_bytes_a_text():
    lengths = np.random.default_rng(0).integers(3, 64, 300_000).astype("int32")
    tracemalloc.start()
    plan = plan_batches(lengths, batch_size=32, rng=np.random.default_rng(1))
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(plan) == 9375
    assert held < 6 * len(lengths)
    assert peak < 12 * len(lengths)
