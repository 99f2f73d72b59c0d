"""Computes slices and mistakes of found spans for a report. Knows positions and labels; no model."""

import numpy as np

from keras_bigmodel.evaluation.answer_details import check_columns, natural_sort_key
from keras_bigmodel.evaluation.count_figures import CountFigures
from keras_bigmodel.evaluation.intervals import is_flat
from keras_bigmodel.evaluation.resampled_rows import resampled_intervals
from keras_bigmodel.evaluation.scored_spans import ScoredSpans

_MISTAKES = 50
_AROUND = 60  # characters of the text before and behind a span
_RESAMPLES = 400


def span_details(targets, answers, labels, probabilities, texts, *, slices=None, seed=0):
    """Computes what a report of spans shows besides the metrics.

    Args:
        targets: as in `span_metrics`.
        answers: as in `span_metrics`.
        labels: as in `span_metrics`.
        probabilities: list with the probabilities of each text's answers.
        texts: dict with `text`: list of str.
        slices: dict of criterion → list of str, one for each text. Defaults to none.
        seed: int. Seed of the resampling. Defaults to 0.

    Returns:
        dict: `slices`: list of `by`, `slice`, `texts`, `spans`, `f1` (micro) and `interval`; `mistakes`: at most 50
        spans that are wrong, the surest first and then the missed ones: `outcome`, `label`, `predicted` (labels or
        None), `probability` (None of missed spans), `before`, `span` and `behind` (parts of the text; `span` covers
        what was due and what was found), `due` and `found` (their texts, or None).

    Raises:
        UserError: as `ScoredSpans`, or a list is not as long as the texts.
    """
    scored = ScoredSpans(targets, answers, labels)
    columns = check_columns(texts, slices or {}, len(scored))
    entries = [entry for by, column in (slices or {}).items() for entry in _slices(scored, by, column, seed)]
    return {"slices": entries, "mistakes": _mistakes(scored, probabilities, columns["text"])}


def _slices(scored, by, column, seed):
    rows_of = {}
    for row, name in enumerate(column):
        rows_of.setdefault(str(name), []).append(row)
    for name in sorted(rows_of, key=natural_sort_key):
        rows = rows_of[name]
        parts = CountFigures(scored.hits[rows], scored.answered[rows], scored.due[rows])
        f1 = lambda weights, parts=parts: {"f1": parts.averages(weights)["micro_f1"]}
        interval = resampled_intervals(f1, len(rows), _RESAMPLES, seed=seed)["f1"]
        yield {
            "by": by,
            "slice": name,
            "texts": len(rows),
            "spans": int(scored.due[rows].sum()),
            "f1": float(f1(np.ones((1, len(rows)), "float32"))["f1"][0]),
            "interval": None if is_flat(interval) else interval,
        }


def _mistakes(scored, probabilities, texts):
    found = []
    for row in np.flatnonzero(~scored.right).tolist():
        sure = dict(zip(scored.answers[row], probabilities[row], strict=True))
        for outcome, due, answer in scored.outcomes(row):
            if outcome != "right":
                found.append((sure.get(answer), row, outcome, due, answer))
    answered = sorted((mistake for mistake in found if mistake[0] is not None), key=lambda mistake: -mistake[0])
    missed = [mistake for mistake in found if mistake[0] is None]
    chosen = answered[: _MISTAKES - min(len(missed), _MISTAKES // 2)]
    chosen += missed[: _MISTAKES - len(chosen)]
    return [_mistake(texts[row], probability, *others) for probability, row, *others in chosen]


def _mistake(text, probability, outcome, due, answer):
    spans = [span for span in (due, answer) if span is not None]
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    first, last = max(start - _AROUND, 0), min(end + _AROUND, len(text))
    return {
        "outcome": outcome,
        "label": None if due is None else due[2],
        "predicted": None if answer is None else answer[2],
        "probability": probability,
        "before": "…" * (first > 0) + text[first:start],
        "span": text[start:end],
        "behind": text[end:last] + "…" * (last < len(text)),
        "due": None if due is None else text[due[0] : due[1]],
        "found": None if answer is None else text[answer[0] : answer[1]],
    }
