"""What every side shares: how it is called, what it reads, how it answers. Standard library only; knows no framework.

A side is called with the name of a function of its table and a JSON object of settings, and prints JSON lines:
    python benchmarks/sides/torch_side.py training '{"texts": "sst2.json", "dtype": "float32", ...}'
"""

import json
import os
import statistics
import sys
import time

BATCH_SIZE = 32
MAX_LENGTH = 128
LEARNING_RATE = 1e-4  # every side: AdamW from this peak in a straight line to 0 (ours and PyTorch's after a warm-up)
WARMUP_SHARE = 0.1
WEIGHT_DECAY = 0.01
CLIP_NORM = 1.0
_MOST_SHAPES = 32


def main(functions):
    """Runs the function that the command line names and prints what it gives."""
    function, settings = functions[sys.argv[1]], json.loads(sys.argv[2])
    # Libraries print, too: whatever they say goes to standard error, and the harness reads lines of ours only.
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in function(settings):
        print(json.dumps(line), file=lines, flush=True)


def versions(*packages):
    """Gives a dict of package → version."""
    from importlib.metadata import version

    return {package: version(package) for package in packages}


class Texts:
    """The first rows of one part of a set.

    Args:
        path: str. What `prepare.py` wrote.
        part: `"train"` or `"test"`.
        rows: int. How many; None takes all.
    """

    def __init__(self, path, part, rows=None):
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        self.names = content["names"]
        columns = content[part]
        self.texts = columns["texts"][:rows]
        self.labels = columns["labels"][:rows]  # numbers
        self.lengths = columns["lengths"][:rows]  # tokens, special ones included, 128 at most

    def __len__(self):
        return len(self.texts)

    @property
    def label_names(self):
        """List of str: each text's label by name."""
        return [self.names[label] for label in self.labels]

    @property
    def tokens(self):
        """int: tokens of all texts, without padding."""
        return sum(self.lengths)

    def one_batch_a_length(self):
        """Gives batches of rows, each of texts of one length, to warm up on: 32 lengths at most, longest first."""
        rows_of = {}
        for row, length in enumerate(self.lengths):
            rows_of.setdefault(length, []).append(row)
        lengths = sorted(rows_of, reverse=True)
        if len(lengths) > _MOST_SHAPES:
            lengths = [lengths[round(i * (len(lengths) - 1) / (_MOST_SHAPES - 1))] for i in range(_MOST_SHAPES)]
        return [(rows_of[length] * BATCH_SIZE)[:BATCH_SIZE] for length in lengths]

    def take(self, rows):
        """Gives `(texts, label names)` of rows."""
        rows = list(rows)
        return [self.texts[row] for row in rows], [self.names[self.labels[row]] for row in rows]


def rates(rows, tokens, seconds):
    """Gives the figures of a piece of work."""
    figures = {"rows_per_second": rows / seconds, "tokens_per_second": tokens / seconds}
    return {name: round(value, 2) for name, value in figures.items()} | {"rows": rows, "seconds": round(seconds, 3)}


def accuracy(answers, labels):
    """Gives the share of right answers."""
    right = sum(int(answer) == label for answer, label in zip(answers, labels, strict=True))
    return round(right / len(labels), 4)


def timed(work):
    """Runs a function and gives `(seconds, what it returned)`."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def median_pass(work, passes):
    """Runs a function some times and gives `(the median of the seconds, what it returned)`."""
    runs = [timed(work) for _ in range(passes)]
    return statistics.median(seconds for seconds, _ in runs), runs[-1][1]


def one_by_one(answer, texts):
    """Asks about texts one at a time, after a first pass over all of them.

    Args:
        answer: function of a text → number of the label.
        texts: list of str.

    Returns:
        dict: `median_ms`, `p99_ms`, `answers`, `rows`.
    """
    for text in texts:
        answer(text)
    runs = [timed(lambda text=text: answer(text)) for text in texts]
    times = sorted(seconds * 1e3 for seconds, _ in runs)
    return {
        "median_ms": round(statistics.median(times), 3),
        "p99_ms": round(times[min(len(times) - 1, int(0.99 * len(times)))], 3),
        "answers": [int(label) for _, label in runs],
        "rows": len(texts),
    }


def again_and_again(work, times=50):
    """Gives the median and the slowest of some runs, after a first one."""
    work()
    found = sorted(timed(work)[0] * 1e3 for _ in range(times))
    return {"median_ms": round(statistics.median(found), 3), "p99_ms": round(found[-1], 3), "rows": times}


def since_start():
    """Gives the seconds since the harness started this process; Linux has one monotonic clock for all of them."""
    return round(time.monotonic() - float(os.environ["BENCHMARK_STARTED"]), 3)
