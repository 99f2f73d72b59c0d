"""Does packing several texts into one row beat batches of like length? Trains both ways on real texts, in turn.

usage: python benchmarks/packing.py DATA_FOLDER [--sets sst2 ag_news] [--row-lengths 64 128] [--rounds 3] [--quick]
Prints one JSON line a measurement, one a comparison, and a sentence that says which wins. All ways train the same
weights with the same optimizer through Keras's own `train_function`, on texts cut at the row's length, and a batch
holds the same number of tokens on average, padding included:
  rows of 32   32 texts of like length, as `fit` makes them (`plan_batches(batch_size=32)`)
  by tokens    texts of like length, `plan_batches(tokens_per_batch=...)`
  packed       first-fit-decreasing into rows of one length; attention stays within a text, positions begin anew, each
               text is pooled alone. First it must give the logits that the other ways give.
The first pass over the batches is outside the clock. `--quick` shows that it runs, at a size without any meaning.
"""

import argparse
import heapq
import json
import os
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import datasets
import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_bigmodel import BertEncoder, TextClassifier, WordPieceTokenizer
from keras_bigmodel.data import plan_batches
from keras_bigmodel.models.bert import BERT_SIZES
from keras_bigmodel.preprocessors import TextPreprocessor
from keras_bigmodel.training import recipe_optimizer

BATCH_SIZE = 32
VOCABULARY = "bert_vocab/uncased_L-12_H-768_A-12/vocab.txt"
AGREEMENT = {"float32": 1e-4, "mixed_bfloat16": 0.01}  # seen: 7e-7 and 0; a text that sees its neighbours: 0.08


# ---- the packed model, on a task's own weights


class PackedVectors(keras.layers.Layer):
    """Is `BertEmbedding`, with each token's position given."""

    def __init__(self, embedding, **kwargs):
        super().__init__(dtype=embedding.dtype_policy, **kwargs)
        self.embedding = embedding

    def call(self, inputs, training=None):
        """Looks up ids and positions `(rows, length)`; everything is segment 0."""
        token_ids, positions = inputs
        states = self._look_up(self.embedding.token_embeddings, token_ids)
        states = states + self._look_up(self.embedding.position_embeddings, positions)
        states = states + ops.cast(self.embedding.segment_embeddings[0], self.compute_dtype)
        return self.embedding.output_dropout(self.embedding.norm(states), training=training)

    def _look_up(self, table, ids):
        return ops.cast(ops.take(table, ids, axis=0), self.compute_dtype)


class SameText(keras.layers.Layer):
    """Makes the block-diagonal mask `(rows, length, length)` of the number of the text that each token is of."""

    def call(self, numbers):
        """Compares; padding, of text -1, sees padding."""
        return ops.cast(ops.equal(numbers[:, :, None], numbers[:, None, :]), "int32")


class TextMeans(keras.layers.Layer):
    """Averages the states of each text, wherever in the batch it stands: `(texts, hidden_dim)`."""

    def call(self, inputs):
        """Averages; padding, of text -1, falls out."""
        states, numbers = inputs
        flat = ops.reshape(ops.cast(states, "float32"), (-1, states.shape[-1]))  # (tokens, hidden_dim)
        numbers = ops.reshape(numbers, (-1,))
        means = tf.math.unsorted_segment_mean(flat, numbers, tf.reduce_max(numbers) + 1)
        return ops.cast(means, self.compute_dtype)

    def compute_output_shape(self, input_shapes):
        """Gives `(texts, hidden_dim)`."""
        return (None, input_shapes[0][-1])


def packed_twin(task):
    """Gives a model of packed rows that computes with the task's layers, and so with its weights."""
    encoder = task.encoder
    policy = encoder.embedding.dtype_policy
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "positions", "numbers")}
    mask = SameText()(inputs["numbers"])
    states = PackedVectors(encoder.embedding)([inputs["token_ids"], inputs["positions"]])
    for layer in encoder.transformer_layers:
        states = layer(states, mask=mask)
    vectors = TextMeans(dtype=policy)([states, inputs["numbers"]])
    model = keras.Model(inputs, task.get_layer("logits")(task.get_layer("dropout")(vectors)))
    model.compile(recipe_optimizer(), task.recipe_loss(), metrics=["accuracy"], jit_compile=False)
    return model


# ---- batches


@dataclass
class Way:
    """One way to feed a set.

    Args:
        name: str.
        model: compiled `keras.Model`.
        batches: list of `(inputs, labels)`: those that are measured, a sample of the epoch's.
        tokens: int. Real tokens in them.
        padding: float. Share of padding in all tokens of the epoch.
        tokens_per_batch: float. Tokens of a batch of the epoch on average, padding included.
    """

    name: str
    model: keras.Model
    batches: list
    tokens: int
    padding: float
    tokens_per_batch: float


def bucketed(name, task, encoded, labels, plan, count):
    """Gives the way that pads texts of like length; `count` batches are measured."""
    fed = sum(len(rows) * int(encoded.lengths[rows].max()) for rows in plan)
    sample = [plan[number] for number in range(min(count, len(plan)))]  # the plan is shuffled
    return Way(
        name,
        task,
        [(encoded.batch(rows), labels[rows]) for rows in sample],
        sum(int(encoded.lengths[rows].sum()) for rows in sample),
        1 - encoded.lengths.sum() / fed,
        fed / len(plan),
    )


def packed(model, encoded, labels, row_length, tokens_per_batch, count, rng):
    """Gives the way that packs texts into rows; `count` batches are measured."""
    rows = first_fit_decreasing(encoded.lengths, row_length)
    parts = np.array_split(rng.permutation(len(rows)), max(1, round(len(rows) * row_length / tokens_per_batch)))
    sample = [[rows[number] for number in part] for part in parts[:count]]
    return Way(
        "packed",
        model,
        [packed_batch(encoded, labels, part, row_length) for part in sample],
        sum(int(encoded.lengths[row].sum()) for part in sample for row in part),
        1 - encoded.lengths.sum() / (len(rows) * row_length),
        len(rows) * row_length / len(parts),
    )


def first_fit_decreasing(lengths, row_length):
    """Puts texts, the longest first, each into the first row that has room for it.

    Returns:
        list of int arrays: the text numbers of each row.
    """
    rows, room = [], []
    rows_with_room = [[] for _ in range(row_length + 1)]  # heaps of row numbers, by the tokens that are left in them
    for text in np.argsort(-lengths, kind="stable"):
        length = int(lengths[text])
        candidates = [heap for heap in rows_with_room[length:] if heap]
        if candidates:
            row = heapq.heappop(min(candidates, key=lambda heap: heap[0]))
        else:
            row = len(rows)
            rows.append([])
            room.append(row_length)
        rows[row].append(int(text))
        room[row] -= length
        heapq.heappush(rows_with_room[room[row]], row)
    return [np.array(row) for row in rows]


def packed_batch(encoded, labels, rows, row_length):
    """Gives `(inputs, labels)` of some packed rows; the texts count through the batch."""
    shape = len(rows), row_length
    batch = {name: np.zeros(shape, "int32") for name in ("token_ids", "positions")}
    batch["numbers"] = np.full(shape, -1, "int32")
    first = 0
    for number, texts in enumerate(rows):
        padded = encoded.batch(texts)
        real = padded["padding_mask"] != 0  # taken row by row: one text behind the other
        end = int(real.sum())
        batch["token_ids"][number, :end] = padded["token_ids"][real]
        batch["positions"][number, :end] = np.nonzero(real)[1]
        batch["numbers"][number, :end] = first + np.nonzero(real)[0]
        first += len(texts)
    return batch, labels[np.concatenate(rows)]


def plan_of_equal_batches(lengths, tokens, seed):
    """Plans batches by tokens that hold `tokens` on average, where `tokens_per_batch` is the most that they hold."""
    limit = tokens
    for _ in range(5):
        plan = plan_batches(lengths, tokens_per_batch=round(limit), rng=np.random.default_rng(seed))
        limit *= tokens / (sum(len(rows) * int(lengths[rows].max()) for rows in plan) / len(plan))
    return plan


def ways(task, texts, row_length, args):
    """Gives the three ways to train a task on texts."""
    encoded = task.preprocessor.encode(task.preprocessor.checked(texts[0]))
    labels = task.encode_targets(texts[1]).astype("int32")
    plan = plan_batches(encoded.lengths, batch_size=BATCH_SIZE, rng=np.random.default_rng(0))
    in_rows = bucketed(f"rows of {BATCH_SIZE}", task, encoded, labels, plan, args.batches)
    tokens = in_rows.tokens_per_batch
    plan = plan_of_equal_batches(encoded.lengths, tokens, seed=1)
    by_tokens = bucketed("by tokens", task, encoded, labels, plan, args.batches)
    twin = packed_twin(task)
    in_packs = packed(twin, encoded, labels, row_length, tokens, args.batches, np.random.default_rng(2))
    check_agreement(task, twin, encoded, row_length)
    return [in_rows, by_tokens, in_packs]


def check_agreement(task, twin, encoded, row_length):
    """Ends the run if packed texts do not get the logits that they get alone."""
    texts = np.arange(min(16, len(encoded)))
    rows = first_fit_decreasing(encoded.lengths[texts], row_length)
    inputs, order = packed_batch(encoded, texts, rows, row_length)
    alone = ops.convert_to_numpy(task(encoded.batch(texts), training=False))[order]
    difference = np.abs(ops.convert_to_numpy(twin(inputs, training=False)) - alone).max()
    most = AGREEMENT[task.encoder.embedding.dtype_policy.name]
    if not difference < most:
        raise SystemExit(f"Packed texts get other logits: they differ by {difference:.2g}, at most {most} was wanted.")


# ---- the clock


def feed(way):
    """Gives a way's batches as a dataset that does not retrace for a new length."""
    names = way.batches[0][0]
    signature = ({name: tf.TensorSpec([None, None], "int32") for name in names}, tf.TensorSpec([None], "int32"))
    return tf.data.Dataset.from_generator(lambda: iter(way.batches), output_signature=signature).prefetch(4)


def seconds_of(way):
    """Trains on a way's batches once."""
    way.model.make_train_function()
    start = time.perf_counter()
    iterator = iter(feed(way))
    for _ in way.batches:
        logs = way.model.train_function(iterator)
    loss = float(logs["loss"])  # waits for the last step
    seconds = time.perf_counter() - start
    if not np.isfinite(loss):
        raise SystemExit(f"The loss of {way.name} came to {loss}.")
    return seconds


def compare(case, texts, args):
    """Measures the three ways in turn; gives the ratio of packing to the better of the others, a round."""
    name, row_length, dtype = case
    about = {"set": name, "row_length": row_length, "dtype": dtype}
    found = ways(new_task(texts[1], row_length, dtype, args), texts, row_length, args)
    warm = {way.name: seconds_of(way) for way in found}
    speeds = {way.name: [] for way in found}
    for number in range(args.rounds):
        # Backwards in every second round: a machine that grows hot or busy then favours nobody.
        for way in found if number % 2 == 0 else found[::-1]:
            speeds[way.name].append(way.tokens / seconds_of(way))
    for way in found:
        print(
            json.dumps({**about, **figures(way, speeds[way.name]), "warm_up_s": round(warm[way.name], 2)}), flush=True
        )
    ratios = [mine / max(others) for *others, mine in zip(*speeds.values(), strict=True)]
    print(json.dumps({**about, "packed_to_better_bucketing": [round(ratio, 3) for ratio in ratios]}), flush=True)
    return statistics.median(ratios)


def figures(way, speeds):
    """Describes a way with its speeds, real tokens a second, one a round."""
    rows = sum(len(labels) for _, labels in way.batches)
    return {
        "way": way.name,
        "tokens_per_second": round(statistics.median(speeds), 1),
        "rows_per_second": round(statistics.median(speeds) * rows / way.tokens, 1),
        "tokens_per_second_rounds": [round(speed, 1) for speed in speeds],
        "padding": round(float(way.padding), 4),
        "tokens_per_batch": round(float(way.tokens_per_batch), 1),
        "batches": len(way.batches),
        "rows": rows,
    }


def new_task(labels, row_length, dtype, args):
    """Gives a compiled classifier of the size, drawn at random: numbers do not change the speed."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    vocabulary = (Path(args.data) / VOCABULARY).read_text("utf-8").split("\n")[:-1]
    encoder = BertEncoder(**asdict(BERT_SIZES[args.size]), pooler=False, dtype=dtype)
    names = sorted(set(labels))
    task = TextClassifier(encoder, TextPreprocessor(WordPieceTokenizer(vocabulary), max_length=row_length), names)
    task.compile()
    return task


def verdict(ratios):
    """Says which wins, by how much, and how sure that is."""
    middle, least, most = statistics.median(ratios), min(ratios), max(ratios)
    winner = "Packing" if middle > 1 else "Bucketing"
    wins = sum(ratio > 1 for ratio in ratios)
    return (
        f"{winner} wins by {abs(middle - 1):.1%}: in the median of {len(ratios)} cases packing trains {middle:.2f} "
        f"times as many real tokens a second as the better bucketing ({least:.2f} to {most:.2f}; ahead in {wins})."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="the folder of the public sets")
    parser.add_argument("--sets", nargs="+", default=["sst2", "ag_news"])
    parser.add_argument("--row-lengths", nargs="+", type=int, default=[64, 128])
    parser.add_argument("--dtypes", nargs="+", choices=list(AGREEMENT), default=list(AGREEMENT))
    parser.add_argument("--size", choices=list(BERT_SIZES), default="minilm")
    parser.add_argument("--batches", type=int, default=40, help="batches of an epoch that are measured")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    if args.quick:
        args.size, args.batches, args.rounds = "tiny", 2, 1
    ratios = []
    for name in args.sets:
        texts = datasets.read(name, args.data)[0]
        if args.quick:
            texts = [column[::40] for column in texts]  # some of every label
        cases = [(name, row_length, dtype) for row_length in args.row_lengths for dtype in args.dtypes]
        ratios += [compare(case, texts, args) for case in cases]
    print(("A quick run, which says nothing of speed. " if args.quick else "") + verdict(ratios))


if __name__ == "__main__":
    main()
