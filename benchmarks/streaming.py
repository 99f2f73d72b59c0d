"""Prints peak memory and speed of training and prediction from tables of growing length, as JSON lines.

`python benchmarks/streaming.py [--rows 1000 10000 100000 1000000] [--format parquet csv] [--folder FOLDER]`

The bundled messages, two of them mixed to each text, are written as a table into a temporary folder that goes
afterwards; a process of its own trains one epoch on it, another answers it. The encoder is so small (2 layers, 16 wide)
that reading, tokenizing and batching count for most. How each peak grew is said on standard error.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOBS = {"train": "streaming training", "predict": "streaming prediction"}
PIECES = 4000  # of the vocabulary
BLOCK = 10_000  # rows written at once


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--format", choices=("parquet", "csv"), nargs="+", default=["parquet", "csv"])
    parser.add_argument("--folder", help="where the tables are written; default: the system's temporary folder")
    parser.add_argument("data_folder", nargs="?", help="not used: bench.py gives it to every script")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        job, table, rows = arguments.child
        print(json.dumps({"job": f"{JOBS[job]}, {Path(table).suffix[1:]}", **measured(job, table, int(rows))}))
        return
    with tempfile.TemporaryDirectory(prefix="streaming-", dir=arguments.folder) as folder:
        for format in arguments.format:
            print_growth(Path(folder), format, sorted(arguments.rows))


def print_growth(folder, format, numbers):
    """Prints a line for each job and number of rows, and says how much the peak of each grew."""
    peaks = {job: [] for job in JOBS}
    for rows in numbers:
        table = folder / f"{rows}.{format}"
        WRITERS[format](table, rows)
        for job in JOBS:
            line = in_own_process(job, table, rows)
            peaks[job].append(line["peak_mb"])
            print(json.dumps(line), flush=True)
        table.unlink()
    for job, found in peaks.items():
        growth = f"{found[0]:.0f} MB at {numbers[0]:,} rows, {found[-1]:.0f} MB at {numbers[-1]:,}"
        print(f"{JOBS[job]}, {format}: {growth}, {found[-1] / found[0]:.2f} times", file=sys.stderr)


def in_own_process(job, table, rows):
    """Runs a job where nothing else has been, and gives what it printed last.

    `sh` stands between, for a process begins with the peak of the one that it was forked from.
    """
    command = [sys.executable, str(Path(__file__).resolve()), "--child", job, str(table), str(rows)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        ["sh", "-c", '"$@"', "sh", *command], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measured(job, table, rows):
    """Does a job and gives its rows, peak memory and speed; making the model and the first trace are not timed."""
    from keras_bigmodel.data import support_messages
    from keras_bigmodel.tables import TableStream

    texts, labels = support_messages("train")
    task = tiny_classifier(texts, labels)
    stream = TableStream(table)
    if job == "train":
        task.compile()
        task.fit(texts[:64], labels[:64], verbose=0)  # traced
        start = time.perf_counter()
        task.fit(stream, epochs=1, batch_size=32, seed=0, verbose=0)
        answered = rows
    else:
        task.predict(texts[:64])
        start = time.perf_counter()
        answered = sum(len(answers) for _, answers in task.predict_stream(stream, batch_size=64))
    seconds = time.perf_counter() - start
    if answered != rows:
        sys.exit(f"{answered} rows came back of {rows}.")
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1000)
    return {"rows": rows, "peak_mb": round(peak, 1), "rows_per_second": round(rows / seconds, 1)}


def tiny_classifier(texts, labels):
    """Makes a classifier whose computing takes hardly any time."""
    import keras

    from keras_bigmodel import BertEncoder, TextClassifier, WordPieceTokenizer
    from keras_bigmodel.preprocessors import TextPreprocessor
    from keras_bigmodel.tokenizers import learn_vocabulary

    keras.utils.set_random_seed(0)
    tokenizer = WordPieceTokenizer(learn_vocabulary(texts, PIECES))
    shape = {"num_layers": 2, "num_heads": 2, "intermediate_dim": 32, "max_length": 64, "pooler": False}
    encoder = BertEncoder(tokenizer.vocabulary_size, 16, **shape)
    return TextClassifier(encoder, TextPreprocessor(tokenizer), sorted(set(labels)))


# ---- the tables


def mixed_rows(start, stop):
    """Gives `(texts, labels)`: two messages to a text, the same ones each time, and the first one's label."""
    from keras_bigmodel.data import support_messages

    texts, labels = support_messages("train")
    firsts = [row % len(texts) for row in range(start, stop)]
    seconds = [(row * 7919 + row // len(texts)) % len(texts) for row in range(start, stop)]
    mixed = [
        f"{texts[first]} {texts[second]} {row}"
        for row, first, second in zip(range(start, stop), firsts, seconds, strict=True)
    ]
    return mixed, [labels[first] for first in firsts]


def write_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        for start in range(0, rows, BLOCK):
            writer.writerows(zip(*mixed_rows(start, min(start + BLOCK, rows)), strict=True))


def write_parquet(path, rows):
    import pyarrow as pa
    import pyarrow.parquet

    schema = pa.schema([("text", pa.string()), ("label", pa.string())])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, BLOCK):
            texts, labels = mixed_rows(start, min(start + BLOCK, rows))
            writer.write_table(pa.table({"text": texts, "label": labels}, schema))


WRITERS = {"csv": write_csv, "parquet": write_parquet}

if __name__ == "__main__":
    main()
