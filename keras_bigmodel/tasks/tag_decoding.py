"""Finds the best sequences of tags and their spans inside the graph. Knows tensors; no model, no tokenizer."""

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.tags import OUTSIDE

_LEAST = float(np.finfo("float32").tiny)


def best_tags(probabilities):
    """Returns the most probable legal sequence of tags of each row; the twin of `core.tags.best_tags`.

    Args:
        probabilities: float32 `(rows, words, 1 + 2 · labels)`. Padding at the end of rows is certain to be outside.

    Returns:
        int32 `(rows, words)`.
    """
    scores = tf.math.log(tf.maximum(probabilities, _LEAST))
    greedy = tf.argmax(scores, axis=2, output_type=tf.int32)
    legal = _are_legal(greedy)
    return tf.cond(tf.reduce_all(legal), lambda: greedy, lambda: tf.where(legal[:, None], greedy, _viterbi(scores)))


def _are_legal(tags):
    """Returns in which rows every inside tag follows a tag of its label: bool `(rows,)`."""
    before = tf.pad(tags[:, :-1], [[0, 0], [1, 0]], constant_values=OUTSIDE)[:, : tf.shape(tags)[1]]
    return tf.reduce_all(~_is_inside(tags) | tf.equal(before, tags) | tf.equal(before, tags - 1), axis=1)


def _is_inside(tags):
    return (tags > OUTSIDE) & tf.equal(tags % 2, 0)


def _viterbi(scores):
    words = tf.shape(scores)[1]
    steps = tf.transpose(scores, [1, 0, 2])  # (words, rows, tags)
    first = _with_inside(steps[0], tf.fill(tf.shape(steps[0][:, 2::2]), float("-inf")))
    backs = tf.TensorArray(tf.int32, words, element_shape=[None, scores.shape[2]])

    def forward(word, total, backs):
        best = tf.argmax(total, axis=1, output_type=tf.int32)[:, None]  # (rows, 1)
        begins, insides = total[:, 1::2], total[:, 2::2]
        from_begin = begins >= insides
        highest = tf.broadcast_to(tf.gather(total, best, batch_dims=1), tf.shape(total))
        found = _with_inside(highest, tf.where(from_begin, begins, insides))
        number = tf.range(1, tf.shape(total)[1], 2)  # of each label's begin tag
        back = _with_inside(tf.broadcast_to(best, tf.shape(total)), tf.where(from_begin, number, number + 1))
        return word + 1, found + steps[word], backs.write(word, back)

    _, total, backs = tf.while_loop(lambda word, *_: word < words, forward, [1, first, backs])
    last = tf.argmax(total, axis=1, output_type=tf.int32)
    tags = tf.TensorArray(tf.int32, words, element_shape=[None]).write(words - 1, last)

    def backward(word, tag, tags):
        before = tf.gather(backs.read(word), tag[:, None], batch_dims=1)[:, 0]
        return word - 1, before, tags.write(word - 1, before)

    _, _, tags = tf.while_loop(lambda word, *_: word > 0, backward, [words - 1, last, tags])
    return tf.transpose(tags.stack())


def _with_inside(values, insides):
    """Returns values of tags with others for the inside tags: `(rows, 1 + 2 · labels)`."""
    both = tf.stack([values[:, 1::2], insides], axis=2)  # (rows, labels, 2)
    return tf.concat([values[:, :1], tf.reshape(both, [tf.shape(values)[0], -1])], axis=1)


def spans_in_graph(probabilities, positions, places, labels):
    """Returns the spans that tags make: dict of tensors padded with 0 and empty labels, the rows first.

    Args:
        probabilities: float32 `(rows, tokens, 1 + 2 · labels)`.
        positions: int32 `RaggedTensor` `(rows, words)`. The index of each word's first token.
        places: int32 `RaggedTensor` `(rows, words, 2)`. Where each word begins and ends.
        labels: list of str.

    Returns:
        dict: `counts`, int32 `(rows,)`, the number of spans; `starts` and `ends`, int32 `(rows, most spans)`; `labels`,
        string, and `probabilities`, float32, of the same shape.
    """
    size = 1 + 2 * len(labels)
    rows = positions.value_rowids()
    of_words = tf.gather_nd(probabilities, tf.stack([rows, tf.cast(positions.values, tf.int64)], axis=1))
    outside = tf.one_hot(OUTSIDE, size)
    padded = tf.RaggedTensor.from_row_splits(of_words, positions.row_splits, validate=False)
    padded = padded.to_tensor(default_value=outside, shape=[None, None, size])
    padded = tf.concat([padded, tf.broadcast_to(outside, [tf.shape(padded)[0], 1, size])], axis=1)  # at least one word
    tags = best_tags(padded)
    is_begin = tf.equal(tags % 2, 1)
    is_inside = _is_inside(tags)
    ends_next = ~tf.concat([is_inside[:, 1:], tf.zeros_like(is_inside[:, :1])], axis=1)
    is_last = (is_begin | is_inside) & ends_next
    begins, lasts = tf.where(is_begin), tf.where(is_last)  # (spans, 2): row and word
    chosen = tf.math.log(tf.maximum(tf.gather(padded, tags, batch_dims=2), _LEAST))
    word_in_all = lambda at: tf.gather(positions.row_splits, at[:, 0]) + at[:, 1]
    members = tf.where(is_begin | is_inside)
    span = tf.cumsum(tf.cast(tf.gather_nd(is_begin, members), tf.int32)) - 1
    logs = tf.math.segment_sum(tf.gather_nd(chosen, members), span)
    counts = tf.reduce_sum(tf.cast(is_begin, tf.int32), axis=1)
    named = tf.gather(tf.constant(labels), (tf.gather_nd(tags, begins) - 1) // 2)
    values = {
        "starts": tf.gather(places.values[:, 0], word_in_all(begins)),
        "ends": tf.gather(places.values[:, 1], word_in_all(lasts)),
        "labels": named,
        "probabilities": tf.exp(logs),
    }
    ragged = lambda part: tf.RaggedTensor.from_row_lengths(part, tf.cast(counts, tf.int64), validate=False)
    return {"counts": counts, **{name: ragged(part).to_tensor() for name, part in values.items()}}
