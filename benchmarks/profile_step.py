"""Which operations a step of training or of inference spends its time on, with their shares.

usage: python benchmarks/profile_step.py [--job training inference] [--length 25] [--rows 32] [--dtype bfloat16]

Prints the step's time, then one line an operation: milliseconds a step, share, how often it runs. Operations run side
by side on several cores, so their times add up to more than the step's; the shares are of that sum. With `--names` each
operation is listed by its place in the model, layers taken together.
"""

import argparse
import collections
import json
import os
import re
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

STEPS, WARM_UP = 10, 4
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def steps_of(task, job):
    """Gives a function that runs one step on a batch, without `fit` around it."""
    import keras
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def inference(features, labels):
        return task(features, training=False)

    @tf.function(reduce_retracing=True)
    def training(features, labels):
        with tf.GradientTape() as tape:
            loss = task.compute_loss(features, labels, task(features, training=True))
        variables = task.trainable_variables
        task.optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        return loss

    task.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    task.optimizer.build(task.trainable_variables)
    return {"inference": inference, "training": training}[job]


def drawn_batch(rows, length):
    import numpy as np
    import tensorflow as tf

    random = np.random.default_rng(0)
    ids = tf.constant(random.integers(1000, 30_000, (rows, length)), tf.int32)
    features = {"token_ids": ids, "segment_ids": tf.zeros_like(ids), "padding_mask": tf.ones_like(ids)}
    return features, tf.constant(random.integers(0, 2, rows), tf.int32)


def profiled(step, batch):
    """Gives `(median seconds a step, Counter of picoseconds, Counter of runs)` by TensorFlow's names of events."""
    import tensorflow as tf

    for _ in range(WARM_UP):
        step(*batch)
    seconds = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step(*batch)
        seconds.append(time.perf_counter() - start)
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        for _ in range(STEPS):
            step(*batch)
        tf.profiler.experimental.stop()
        spent, runs = _events(Path(folder))
    return statistics.median(seconds), spent, runs


def _events(folder):
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    spent, runs = collections.Counter(), collections.Counter()
    for path in folder.rglob("*.xplane.pb"):
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
        for plane in space.planes:
            names = {number: metadata.name for number, metadata in plane.event_metadata.items()}
            for event in (event for line in plane.lines for event in line.events):
                name = names[event.metadata_id]
                if re.search(r"[^:]:_?[A-Z]\w*$", name):  # "place/in/the/model:Operation"
                    spent[name] += event.duration_ps
                    runs[name] += 1
    return spent, runs


def table_of(spent, runs, by_name):
    """Gives rows of `(operation, ms a step, share, runs a step)`, the longest first."""
    total = sum(spent.values()) or 1
    grouped, times = collections.Counter(), collections.Counter()
    for name, duration in spent.items():
        key = (
            re.sub(r"layer_\d+", "layer", re.sub(r"(?<=[a-z])_\d+(?=[/:])", "", name))
            if by_name
            else name.split(":")[-1]
        )
        grouped[key] += duration
        times[key] += runs[name]
    return [
        (key, duration / STEPS / 1e9, duration / total, round(times[key] / STEPS))
        for key, duration in grouped.most_common()
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", nargs="+", choices=["training", "inference"], default=["training", "inference"])
    parser.add_argument("--length", type=int, default=25, help="tokens of a text; SST-2 has 25 on average")
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--dtype", choices=sorted(POLICIES), default="bfloat16")
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--names", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    from keras_bigmodel import TextClassifier

    for job in args.job:
        task = TextClassifier.from_encoder("minilm", labels=["0", "1"], dtype=POLICIES[args.dtype])
        seconds, spent, runs = profiled(steps_of(task, job), drawn_batch(args.rows, args.length))
        rows = table_of(spent, runs, args.names)[: args.top]
        about = {
            "job": job,
            "rows": args.rows,
            "length": args.length,
            "dtype": args.dtype,
            "step_ms": round(1e3 * seconds, 1),
        }
        if args.json:
            columns = ("operation", "ms", "share", "runs")
            print(
                json.dumps({**about, "operations": [dict(zip(columns, row, strict=True)) for row in rows]}), flush=True
            )
            continue
        print(f"\n{job}, {args.rows} x {args.length} tokens, {args.dtype}: {1e3 * seconds:.1f} ms a step")
        for name, milliseconds, share, count in rows:
            print(f"{milliseconds:9.2f} ms {share:6.1%} {count:5} x  {name[-110:]}")


if __name__ == "__main__":
    main()
