"""Prints how long the export of a MiniLM classifier takes with all its files, and how soon its SavedModel answers.

usage: python benchmarks/serving_start.py [--epochs 1]

A classifier is trained on the bundled messages; `bigmodel export` writes it again as the next version, which is timed
from the shell. A fresh process, which knows TensorFlow only, loads the SavedModel, replays the warm-up records as
TensorFlow Serving does, and answers: the first answer stands beside the median of the following ones.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from keras_bigmodel.data.bundled_texts import support_messages

ANSWERS = 60


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--ops", default="text", choices=["text", "core"])
    parser.add_argument("--start", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.start:
        print(json.dumps(start(arguments.start, arguments.ops == "text")))
        return
    with tempfile.TemporaryDirectory() as aside:
        table, base = Path(aside, "messages.jsonl"), Path(aside, "messages")
        rows = zip(*support_messages("train"), strict=True)
        table.write_text("\n".join(json.dumps({"text": text, "label": label}) for text, label in rows), "utf-8")
        bigmodel("train", table, "--out", base, "--epochs", arguments.epochs)
        began = time.perf_counter()
        written = json.loads(bigmodel("export", base, "--ops", arguments.ops, "--json"))
        taken = time.perf_counter() - began
        files = sum(1 for path in Path(written["folder"]).rglob("*") if path.is_file())
        print(f"bigmodel export: {taken:.1f} s with parity on {written['parity']['rows']:,} texts, {files} files")
        command = [sys.executable, __file__, "--start", written["folder"], "--ops", arguments.ops]
        facts = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"load in a fresh process: {facts['load']:.2f} s (import of TensorFlow apart: {facts['imports']:.2f} s)")
        print(f"warm-up records: {facts['warm_up']:.2f} s")
        print(
            f"first answer: {1e3 * facts['first']:.1f} ms, median of {ANSWERS}: {1e3 * facts['median']:.1f} ms, ",
            end="",
        )
        print(f"ratio {facts['first'] / facts['median']:.2f}")


def bigmodel(*arguments):
    command = [sys.executable, "-m", "keras_bigmodel", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def start(folder, with_text_ops):
    times = {}
    began = time.perf_counter()
    import tensorflow as tf

    if with_text_ops:
        import tensorflow_text  # noqa: F401
    from tensorflow_serving.apis import prediction_log_pb2

    times["imports"] = time.perf_counter() - began
    began = time.perf_counter()
    signatures = tf.saved_model.load(folder).signatures
    times["load"] = time.perf_counter() - began
    began = time.perf_counter()
    for record in tf.data.TFRecordDataset(f"{folder}/assets.extra/tf_serving_warmup_requests"):
        request = prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        inputs = {name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        answer(signatures[request.model_spec.signature_name], inputs)
    times["warm_up"] = time.perf_counter() - began
    text = tf.constant(["where is my parcel, it should have come on Monday"])
    seconds = [answer(signatures["serving_default"], {"text": text}) for _ in range(ANSWERS + 1)]
    return {**times, "first": seconds[0], "median": statistics.median(seconds[1:])}


def answer(signature, inputs):
    began = time.perf_counter()
    for output in signature(**inputs).values():
        output.numpy()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
