"""Compares the spans that two models found in the same texts, and tests the difference. Knows no model."""

import numpy as np

from keras_bigmodel.evaluation.paired_comparison import mcnemar
from keras_bigmodel.evaluation.resampled_rows import bootstrap_facts, paired_figures
from keras_bigmodel.evaluation.scored_spans import ScoredSpans
from keras_bigmodel.evaluation.span_metrics import SpanFigures

COMPARED = ("micro_f1", "micro_precision", "micro_recall", "macro_f1", "text_accuracy")


def paired_spans(targets, first, second, labels, *, resamples=2000, seed=0):
    """Compares two models that looked for spans in the same texts.

    Args:
        targets: list with the spans of each text: tuples `(start, end, label)`.
        first: the same of the first model.
        second: the same of the second model.
        labels: list of str. All labels.
        resamples: int. Number of bootstrap resamples of the texts, the same for both models; 0 for no intervals.
            Defaults to 2000.
        seed: int. Seed of the resampling. Defaults to 0.

    Returns:
        dict as from `paired_comparison`, with the measures `COMPARED`. A text is answered right if its spans are, and
        there is no other. `changed_rows` are the rows with other spans of which at least one model has some wrong.

    Raises:
        UserError: as `ScoredSpans`.

    Source: McNemar, 1947; Efron and Tibshirani, 1993 (paired bootstrap).
    """
    scored = [ScoredSpans(targets, answers, labels) for answers in (first, second)]
    rights = [one.right for one in scored]
    pairs = zip(scored[0].answers, scored[1].answers, strict=True)
    changed = np.array([set(one) != set(other) for one, other in pairs])
    fixed, broken = ~rights[0] & rights[1], rights[0] & ~rights[1]
    return {
        "texts": len(scored[0]),
        "labels": scored[0].labels,
        **paired_figures(*map(SpanFigures, scored), COMPARED, len(scored[0]), resamples, seed=seed),
        "fixed": int(fixed.sum()),
        "broken": int(broken.sum()),
        "both_wrong": int((changed & ~rights[0] & ~rights[1]).sum()),
        "changed_rows": np.flatnonzero(changed).tolist(),
        "mcnemar": mcnemar(int(fixed.sum()), int(broken.sum())),
        "bootstrap": bootstrap_facts(resamples, seed),
    }
