"""Runs the cases in rounds, the sides in turn. Knows no figure; what runs a case is passed in."""

import sys
import time
from dataclasses import dataclass, field
from itertools import groupby


@dataclass
class Findings:
    """What a bench came to; `bench.py` writes it down.

    Args:
        measurements: list of dict, one a line that a side printed.
        failures: dict of `(job, who, set, dtype)` → what went wrong.
        not_here: dict of the same → why it could not run here.
    """

    measurements: list = field(default_factory=list)
    failures: dict = field(default_factory=dict)
    not_here: dict = field(default_factory=dict)


def run_rounds(cases, rounds, run, *, findings, after_each_job=lambda: None, screen=sys.stderr):
    """Runs every case in every round; a job's sides follow each other, backwards in every second round.

    Args:
        cases: list of `Case`.
        rounds: int.
        run: function of a case and the number of the round (0 for a rehearsal) → `SideRun`.
        findings: `Findings` that is filled. A case that failed is not run again.
        after_each_job: function that is called when a job's rounds are over.
        screen: file to show progress on, or None.
    """
    jobs = [list(group) for _, group in groupby(cases, key=lambda case: (case.jobs[0], case.set))]
    progress = Progress([case for job in jobs for case, _ in _turns(job, rounds)], screen)
    for job in jobs:
        for case, number in _turns(job, rounds):
            if case.key in findings.failures:
                progress.passed_over(case)
                continue
            progress.begins(case, number, rounds)
            result = run(case, number)
            progress.ended(case, result.seconds)
            if result.error:
                findings.failures[case.key] = result.error
                progress.say(f"FAILED: {case.title}: {result.error}")
            elif number:
                findings.measurements += [_measurement(case, number, line, result) for line in result.lines]
        after_each_job()
    progress.over()


def _turns(job, rounds):
    """Gives `(case, number of the round)` in the order in which they run; 0 is a rehearsal."""
    turns = [(case, 0) for case in job if case.rehearse]
    for number in range(1, rounds + 1):
        # Backwards in every second round: a machine that grows hot or busy then favours nobody.
        order = job if number % 2 else job[::-1]
        turns += [(case, number) for case in order if number == 1 or not case.once]
    return turns


def _measurement(case, number, line, result):
    job, who, name, dtype = case.key
    about = {"round": number, "job": job, "who": who, "set": name, "dtype": dtype}
    process = {"peak_mb": round(result.peak_mb, 1), "process_s": round(result.seconds, 1)}
    if case.by_rows:
        line = {**line, "job": job, "set": f"{line['rows']} rows, {line['job']}"}
    return {**about, **process, **line}  # a side may name its own texts and memory


class Progress:
    """A line that says what runs and how long it will take.

    Args:
        turns: list of the cases that will run, in order.
        screen: file, or None.
    """

    def __init__(self, turns, screen):
        self._turns = list(turns)
        self._screen = screen
        self._seconds = {}
        self._total = len(self._turns)
        self._start = time.monotonic()

    def begins(self, case, number, rounds):
        """Shows what runs now."""
        done = self._total - len(self._turns)
        place = f"round {number}/{rounds}" if number else "rehearsal"
        self._show(f"[{done + 1}/{self._total}] {place}: {case.title}; {self._left()}")

    def ended(self, case, seconds):
        """Hears how long a case took."""
        self._seconds.setdefault(case.key, []).append(seconds)
        self._turns.pop(0)

    def passed_over(self, case):
        """Hears that a case does not run."""
        self._turns.pop(0)

    def say(self, sentence):
        """Shows a sentence that stays."""
        self._show(sentence, end="\n")

    def over(self):
        """Shows how long all took."""
        self._show(f"{self._total} runs in {in_minutes(time.monotonic() - self._start)}", end="\n")

    def seconds_left(self):
        """Gives an estimate in seconds, or None before anything has run."""
        if not self._seconds:
            return None
        known = {key: sum(times) / len(times) for key, times in self._seconds.items()}
        usual = sum(known.values()) / len(known)
        return sum(known.get(case.key, usual) for case in self._turns)

    def _left(self):
        left = self.seconds_left()
        return "time left unknown" if left is None else f"about {in_minutes(left)} left"

    def _show(self, text, end=""):
        if self._screen is None:
            return
        live = self._screen.isatty()  # a log gets a line each
        print(f"\r\033[K{text}" if live else text, end=end if live else "\n", file=self._screen, flush=True)


def in_minutes(seconds):
    """Gives a time for people.

    >>> in_minutes(75)
    '1 min 15 s'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
