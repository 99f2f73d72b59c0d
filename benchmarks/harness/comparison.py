"""Two sides' figures as one ratio a round. Knows measurements, which are dicts; no job and no goal."""

import statistics
from dataclasses import dataclass

# Which figures there are, and whether more is better.
MORE_IS_BETTER = {
    "rows_per_second": True,
    "mb_per_second": True,
    "peak_mb": False,
    "median_ms": False,
    "first_prediction_s": False,
}

REACHED, NOT_REACHED = "reached", "not reached"
NO_GOAL, FAILED, NOT_HERE, NOT_RUN = "no goal", "failed", "not here", "not run"


@dataclass(frozen=True)
class Pick:
    """Which measurements are meant: those of one program at one job, in the best of some dtypes.

    Args:
        job: str.
        who: str. The program, as measurements name it.
        set: str. The texts.
        dtypes: tuple of str.
    """

    job: str
    who: str
    set: str
    dtypes: tuple

    def candidates(self):
        """Gives `(job, who, set, dtype)` of each dtype."""
        return [(self.job, self.who, self.set, dtype) for dtype in self.dtypes]


@dataclass(frozen=True)
class Comparison:
    """Our figure over a peer's.

    Args:
        name: str. What is compared, for people.
        metric: str. One of `MORE_IS_BETTER`.
        ours: `Pick`.
        peer: `Pick`.
        goal: float. What the ratio is to reach: at least, where more is better, and at most otherwise. None: no goal.
    """

    name: str
    metric: str
    ours: Pick
    peer: Pick
    goal: float | None = None

    @property
    def sign(self):
        """str: how the ratio is to stand to the goal."""
        return "≥" if MORE_IS_BETTER[self.metric] else "≤"


@dataclass(frozen=True)
class Ratio:
    """What a comparison came to.

    Args:
        comparison: `Comparison`.
        outcome: str. `"reached"`, `"not reached"`, `"no goal"`; or, without a ratio, `"failed"`, `"not here"` or
            `"not run"`.
        values: tuple of float. One a round in which both sides measured.
        dtypes: tuple of str. Ours and the peer's, the best ones.
    """

    comparison: Comparison
    outcome: str
    values: tuple = ()
    dtypes: tuple = ()

    @property
    def median(self):
        """float, or None without a ratio."""
        return statistics.median(self.values) if self.values else None


def key_of(measurement):
    """Gives `(job, who, set, dtype)` of a measurement."""
    return tuple(measurement[name] for name in ("job", "who", "set", "dtype"))


def ratio_of(comparison, measurements, *, failed=(), not_here=()):
    """Computes a comparison: ratios within rounds, then their median.

    Where several dtypes compete, the one with the best median of all rounds is taken for all rounds: the best of each
    round would reward noise.

    Args:
        comparison: `Comparison`.
        measurements: list of dict with `round`, `job`, `who`, `set`, `dtype` and the metric.
        failed: set of keys that failed in any round. One among several dtypes is enough to give no ratio: it might
            have been the best.
        not_here: set of keys whose program is not installed.

    Returns:
        `Ratio`.
    """
    keys = [*comparison.ours.candidates(), *comparison.peer.candidates()]
    if any(key in failed for key in keys):
        return Ratio(comparison, FAILED)
    if any(all(key in not_here for key in pick.candidates()) for pick in (comparison.ours, comparison.peer)):
        return Ratio(comparison, NOT_HERE)
    ours = _best(comparison.ours, comparison.metric, measurements)
    peer = _best(comparison.peer, comparison.metric, measurements)
    rounds = sorted(set(ours[1]) & set(peer[1]))
    if not rounds:
        return Ratio(comparison, NOT_RUN)
    values = tuple(ours[1][number] / peer[1][number] for number in rounds)
    return Ratio(comparison, _outcome(comparison, statistics.median(values)), values, (ours[0], peer[0]))


def _best(pick, metric, measurements):
    """Gives `(dtype, {round: figure})` of the dtype with the best median."""
    best = ("", {})
    for key in pick.candidates():
        found = {
            line["round"]: line[metric] for line in measurements if key_of(line) == key and line.get(metric) is not None
        }
        if found and (not best[1] or _is_better(metric, found, best[1])):
            best = (key[-1], found)
    return best


def _is_better(metric, figures, than):
    left, right = statistics.median(figures.values()), statistics.median(than.values())
    return left > right if MORE_IS_BETTER[metric] else left < right


def _outcome(comparison, ratio):
    if comparison.goal is None:
        return NO_GOAL
    reached = ratio >= comparison.goal if MORE_IS_BETTER[comparison.metric] else ratio <= comparison.goal
    return REACHED if reached else NOT_REACHED
