"""Where a side runs: its Python, its variables, its processors. Knows no job."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from .cases import KERAS_HUB, OURS, TORCH
from .side_process import run_side

BENCHMARKS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class SideEnvironment:
    """Runs scripts of `benchmarks/`, each side in its own virtual environment, all with as many threads.

    Args:
        threads: int. Threads and processors that a process may use.
        torch_python: `Path` of the Python that has PyTorch and transformers.
        user_python: `Path` of a Python with keras_bigmodel as its users install it; this one where it is not there.
    """

    threads: int
    torch_python: Path
    user_python: Path | None = None

    def missing(self):
        """Gives a dict of side → why it cannot run on this machine."""
        if self.torch_python.is_file():
            return {}
        return {TORCH: f"{self.torch_python} is not there; make .venv-bench/.ready makes it"}

    def run(self, side, script, *arguments):
        """Runs a script to its end.

        Args:
            side: str. One of `SIDES`, or None for what no side does.
            script: str. Under `benchmarks/`.
            *arguments: str.

        Returns:
            `SideRun`.
        """
        user = str(self.user_python) if self.user_python and self.user_python.is_file() else sys.executable
        python = {OURS: user, KERAS_HUB: user, TORCH: str(self.torch_python)}.get(side, sys.executable)
        processors = set(sorted(os.sched_getaffinity(0))[: self.threads])
        command = [python, str(BENCHMARKS / script), *arguments]
        return run_side(command, environment=self.variables(), processors=processors)

    def variables(self):
        """Gives what makes every library use so many threads, stay quiet and load nothing from elsewhere."""
        return {
            **{f"{name}_NUM_THREADS": str(self.threads) for name in ("OMP", "MKL", "RAYON")},
            "TF_NUM_INTRAOP_THREADS": str(self.threads),
            "TF_NUM_INTEROP_THREADS": str(self.threads),
            "TOKENIZERS_PARALLELISM": "true",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "KERAS_BACKEND": "tensorflow",
            "HF_HUB_OFFLINE": "1",
            "CUDA_VISIBLE_DEVICES": "",
        }
