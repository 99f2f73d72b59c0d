"""Computes the weights of classes in training. Knows labels and their rows; no model."""

from collections import Counter

from keras_bigmodel.core.errors import UserError


def class_weights(given, labels):
    """Returns the weight of each label in training.

    Args:
        given: None, `"balanced"`, a dict of label → number, or the same as text: `"spam=3,ham=1"`.
        labels: list of str, the labels of the training rows; or dict of label → number of rows.

    Returns:
        dict of label → float: the given weights, or for `"balanced"` rows / (labels · rows of the label). None if
        `given` is None.

    Raises:
        UserError: a label is unknown or named twice, a weight is not a number of 0 or more, or all weights are 0.
    """
    if given is None:
        return None
    counts = Counter(labels)
    if given == "balanced":
        return {label: counts.total() / (len(counts) * rows) for label, rows in counts.items()}
    if isinstance(given, str):
        parts = [part.rpartition("=") for part in given.split(",")]
        names = [label.strip() for label, _, _ in parts]
        twice = next((label for index, label in enumerate(names) if label in names[:index]), None)
        if twice is not None:
            raise UserError(f'--class-weight names the label "{twice}" twice. Give every label one weight.')
        given = {label: number for label, (_, _, number) in zip(names, parts, strict=True)}
    weights = {}
    for label, number in given.items():
        if str(label) not in counts:
            raise UserError(
                f'--class-weight names the label "{label}", which no training row has. Known labels: '
                f"{', '.join(sorted(counts)[:10])}. Write balanced, or e.g. {min(counts)}=2.5"
            )
        try:
            weights[str(label)] = float(number)
        except (TypeError, ValueError) as error:
            raise UserError(f'--class-weight gives "{label}" the weight {number!r}; wanted a number.') from error
        if not 0 <= weights[str(label)] < float("inf"):
            raise UserError(f'--class-weight gives "{label}" the weight {number}; wanted 0 or more.')
    if not any(weights.get(label, 1.0) for label in counts):
        raise UserError("--class-weight gives every label the weight 0. Give at least one label more.")
    return weights
