"""What the sides are given: texts, classifiers and the size of their work. Knows cases; measures nothing."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from .cases import FIXED, SETS

BATCH_SIZE, MAX_LENGTH = 32, 128
_PASSES = {"sst2": 3, FIXED: 3}  # short sets are answered several times
_CLASSIFIER = {FIXED: "ag_news", "start": "sst2"}  # whose classifier answers what is no set
_NEED_CLASSIFIER = ("prediction", "fixed_prediction", "single", "latency", "first_prediction")


@dataclass
class WorkFolder:
    """A folder of texts and classifiers, the same for all sides.

    Args:
        path: `Path` of an empty folder.
        rows: int. Texts to train on.
        few_rows: int. The same for a side that takes minutes where others take seconds.
        test_rows: int. Texts to predict at most; None predicts whole test sets.
        threads: int.
        quick: bool. Whether everything is of toy size.
    """

    path: Path
    rows: int = 3200
    few_rows: int = 320
    test_rows: int | None = None
    threads: int = 2
    quick: bool = False
    _given: dict = field(default_factory=dict)

    @property
    def sets(self):
        """List of str: the sets that are read."""
        return ["sst2"] if self.quick else list(SETS)

    def prepare(self, data, cases, environment):
        """Fills the folder, in a process of its own, so that this one stays small.

        Args:
            data: path of the data folder.
            cases: list of `Case` that will be run.
            environment: `SideEnvironment`.

        Raises:
            SystemExit: it did not work; the sentence says why.
        """
        settings = {
            "data": str(data),
            "folder": str(self.path),
            "sets": self.sets,
            "fixed": FIXED,
            "fixed_from": self.sets[-1],
            "classifiers": sorted({self._classifier(case) for case in cases if case.function in _NEED_CLASSIFIER}),
            "export_dtypes": ["float32"] if self.quick else ["float32", "bfloat16"],
            "lite_dtypes": ["float32"] if self.quick else ["float32", "int8"],
            "toy": self.quick,
            "most_rows": 64 if self.quick else None,
        }
        done = environment.run(None, "sides/prepare.py", "all", json.dumps(settings))
        if done.error:
            raise SystemExit(f"What the sides are given could not be made: it {done.error}")
        self._given = done.lines[0]

    def settings(self, case, round_number):
        """Gives what a side is told, as a dict."""
        name = case.set if (self.path / f"{case.set}.json").is_file() else "sst2"
        classifier = self.path / self._classifier(case)
        return {
            "texts": str(self.path / f"{name}.json"),
            "vocabulary": str(Path(self._given["encoder"]) / "vocab.txt"),
            "classifier": str(classifier / "classifier"),
            "saved_task": str(classifier / "saved_task"),
            "saved_model": str(classifier / f"saved_model_{case.dtype}"),
            "lite": str(classifier / f"lite_{case.dtype}" / "model.tflite"),
            "dtype": case.dtype,
            "rows": self._rows(case),
            "test_rows": 32 if self.quick else 640,
            "passes": 1 if self.quick else _PASSES.get(case.set, 1),
            "steps": 2 if self.quick else 6,
            "round": round_number,
            "threads": self.threads,
            **self._given,
            **case.settings,
        }

    def _classifier(self, case):
        name = _CLASSIFIER.get(case.set, case.set)
        return name if name in self.sets else self.sets[0]

    def _rows(self, case):
        """Gives how many rows a case works on; None is all."""
        few = case.settings.get("few_rows", False)
        if self.quick:
            return 32 if few else 64
        table = {
            "training": self.few_rows if few else self.rows,
            "fixed_training": max(BATCH_SIZE, self.few_rows // 2 if few else self.rows // 5),
            "prediction": self._tested(2 * self.few_rows if few else None),
            "fixed_prediction": self._tested(None),
            "single": self._tested(300),
        }
        return table.get(case.function)

    def _tested(self, rows):
        return min(filter(None, (rows, self.test_rows)), default=None)
