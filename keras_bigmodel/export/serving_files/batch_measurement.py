"""Measures how many rows a second a SavedModel answers in batches of each size. Knows a signature; no file."""

import dataclasses
import math
import statistics
import time
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.edge.edge_model import processors

SIZES = (1, 2, 4, 8, 16, 32, 64)
ENOUGH = 0.9  # of the highest rate
_CALLS, _MOST_CALLS, _SECONDS = 3, 20, 0.1  # of each size: calls at least and at most, seconds unless calls lack
_LONGEST_WAIT = 0.005  # seconds that a request waits for others
_LONGEST_QUEUE = 2.0  # seconds of work that may wait


@dataclass(frozen=True)
class BatchMeasurement:
    """Holds the speed of a model in batches of each size, and the machine's cores.

    Args:
        cores: int. Cores that this process may use.
        tokens: float or None. Mean length of the rows, if they have one.
        seconds: dict of rows in a batch → median seconds of a call.
    """

    cores: int
    tokens: float | None
    seconds: dict

    @classmethod
    def of(cls, signature, columns, *, tokens=None, reporter=SILENT):
        """Returns the measurement of a signature, with rows drawn from columns in random order.

        Args:
            signature: function of tensors by name.
            columns: dict of input name → tensor `(rows, ...)`.
            tokens: float. As in the class. Defaults to None.
            reporter: `Reporter` of the progress. Defaults to a silent one.
        """
        count = len(next(iter(columns.values())))
        order = np.random.default_rng(0).permutation(count)
        seconds = {}
        with reporter.bar("measuring batches", len(SIZES)) as advance:
            for size in SIZES:
                seconds[size] = _median_seconds(signature, columns, order, size)
                advance()
        return cls(processors(), tokens, seconds)

    @classmethod
    def from_json(cls, described):
        """Returns the measurement that `as_json` described.

        Args:
            described: dict.
        """
        seconds = {int(size): float(value) for size, value in described["seconds"].items()}
        return cls(int(described["cores"]), described["tokens"], seconds)

    def as_json(self):
        """Returns the measurement and the parameters that follow from it: dict for JSON."""
        seconds = {size: round(value, 7) for size, value in self.seconds.items()}
        parameters = dataclasses.asdict(self.parameters())
        return {"cores": self.cores, "tokens": self.tokens, "seconds": seconds, "batching": parameters}

    def words(self):
        """Returns the rate of each size in one line: str."""
        return ", ".join(f"{size}: {rate:,.0f}" for size, rate in self.rows_per_second.items())

    @property
    def rows_per_second(self):
        """Returns the rate of each size: dict of rows in a batch → rows a second."""
        return {size: size / seconds for size, seconds in self.seconds.items()}

    def parameters(self):
        """Returns the parameters of TensorFlow Serving's batching that follow: `BatchingParameters`."""
        rates = self.rows_per_second
        enough = ENOUGH * max(rates.values())
        largest = max(size for size in rates if rates[size] >= enough)
        # A request waits at most half the time that it takes alone, and not at all if batches are no faster.
        gains = max(rates.values()) * ENOUGH > rates[min(rates)]
        wait = min(self.seconds[min(self.seconds)] / 2, _LONGEST_WAIT) if gains else 0
        return BatchingParameters(
            max_batch_size=largest,
            batch_timeout_micros=round(wait * 1e6),
            max_enqueued_batches=max(math.ceil(_LONGEST_QUEUE / self.seconds[largest]), self.cores),
            num_batch_threads=self.cores,
        )


@dataclass(frozen=True)
class BatchingParameters:
    """Holds the parameters of TensorFlow Serving's batching; the names are those of `session_bundle_config.proto`.

    Args:
        max_batch_size: int. Rows in a batch; the server refuses larger requests.
        batch_timeout_micros: int. Microseconds that a request waits for others.
        max_enqueued_batches: int. Batches that may wait; above that, the server refuses requests.
        num_batch_threads: int. Batches that are computed at the same time.
    """

    max_batch_size: int
    batch_timeout_micros: int
    max_enqueued_batches: int
    num_batch_threads: int


def _median_seconds(signature, columns, order, size):
    """Returns the median time of a call with `size` rows; the first call, which allocates memory, does not count."""
    taken, begin, first = [], time.monotonic(), 0
    while len(taken) <= _CALLS or (time.monotonic() - begin < _SECONDS and len(taken) <= _MOST_CALLS):
        rows = np.take(order, range(first, first + size), mode="wrap")
        inputs = {name: tf.gather(column, rows) for name, column in columns.items()}
        start = time.perf_counter()
        for output in signature(**inputs).values():
            output.numpy()
        taken.append(time.perf_counter() - start)
        first += size
    return statistics.median(taken[1:])
