"""What runs on the small machine: labels the texts of a table with a LiteRT file, without TensorFlow, and times it.

usage: python on_device.py model.tflite table.csv (with the columns text and label)

Copy it to a Raspberry Pi beside the file; it needs this package (pip install --no-deps) and ai-edge-litert.
"""

import time

START = time.perf_counter()  # before anything is imported

import csv
import json
import re
import statistics
import sys
from pathlib import Path

from keras_bigmodel.edge import LiteClassifier


def peak_mb():
    """Returns the most memory that this process has used, in MB: int."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1e3)


def main(model, table):
    lite = LiteClassifier(model, num_threads=1)
    with open(table, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [row["text"] for row in rows]
    lite.classify(texts[:1])
    start_s = time.perf_counter() - START
    times = []
    for text in texts:
        start = time.perf_counter()
        lite.predict([text])
        times.append(time.perf_counter() - start)
    answers = lite.classify(texts)
    right = [answer.label == row["label"] for answer, row in zip(answers, rows, strict=True)]
    found = {
        "megabytes": round(Path(model).stat().st_size / 1e6, 1),
        "accuracy": round(statistics.mean(right), 4),
        "start_s": round(start_s, 2),
        "median_ms": round(1e3 * statistics.median(times), 1),
        "peak_mb": peak_mb(),
        "tensorflow_loaded": "tensorflow" in sys.modules,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
