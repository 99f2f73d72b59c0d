"""How good a classifier's probabilities are. Knows arrays; no model."""

import numpy as np
from sklearn.metrics import log_loss, precision_recall_fscore_support


def classification_metrics(targets, probabilities, labels):
    """Measures a classifier.

    Args:
        targets: int array `(texts,)`: the true label numbers.
        probabilities: float array `(texts, labels)`.
        labels: list of str, in the order of the columns.

    Returns:
        dict: `texts`, `accuracy`, `macro_f1`, `weighted_f1`, `log_loss`, and `per_class`: label → `precision`,
        `recall`, `f1`, `texts`. A class without texts has recall 0 and does not count in the macro mean.

    Source: scikit-learn's definitions.
    """
    targets = np.asarray(targets)
    probabilities = np.asarray(probabilities, "float64")
    answers = probabilities.argmax(axis=1)
    numbers = list(range(len(labels)))
    precision, recall, f1, support = precision_recall_fscore_support(
        targets, answers, labels=numbers, average=None, zero_division=0.0
    )
    present = support > 0
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)  # float32 rows do not sum to 1 exactly
    return {
        "texts": len(targets),
        "accuracy": float((answers == targets).mean()),
        "macro_f1": float(f1[present].mean()),
        "weighted_f1": float((f1 * support).sum() / support.sum()),
        "log_loss": float(log_loss(targets, shares, labels=numbers)),
        "per_class": {
            label: {
                "precision": float(precision[number]),
                "recall": float(recall[number]),
                "f1": float(f1[number]),
                "texts": int(support[number]),
            }
            for number, label in enumerate(labels)
        },
    }
