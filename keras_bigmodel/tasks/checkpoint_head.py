"""Checks what a checkpoint says of a text's head: labels, pooling, kind. Knows checkpoints; builds no model."""

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.sentences import counted
from keras_bigmodel.tasks.label_names import LabelNames

POOLINGS = ("mean", "cls", "pooler")
# Kind of a head → what it does in words, the class that loads it, and the class's name on the command line.
_KINDS = {
    "classification": ("chooses one of its labels", "TextClassifier", "classification"),
    "multi_label": ("gives each label a probability of its own", "MultiLabelClassifier", "multi_label"),
    "regression": ("gives a number", "TextRegressor", "regression"),
}


def uses_head(checkpoint, pooling):
    """Returns whether a checkpoint's head is loaded: bool. It is if `pooling` is None or the head's own pooling."""
    return checkpoint.has_head and pooling in (None, checkpoint.pooling)


def labels_and_head(checkpoint, source, task, labels, pooling, kind, *, least=2):
    """Returns the labels of a task on a checkpoint, and whether the checkpoint's head is loaded with them.

    Args:
        checkpoint: as in `labels_of`.
        source: as in `labels_of`.
        task: as in `labels_of`.
        labels: sequence of str, or None: those of the head.
        pooling: as in `uses_head`.
        kind: str. As `wanted` in `check_kind`.
        least: int. As in `LabelNames`. Defaults to 2.

    Returns:
        `(list of str, bool)`.

    Raises:
        UserError: as `labels_of`, `LabelNames`, `check_labels` and `check_kind`.
    """
    names = LabelNames(labels_of(checkpoint, source, task) if labels is None else labels, least=least).names
    with_head = uses_head(checkpoint, pooling)
    if with_head:
        check_labels(checkpoint, names, source)
        check_kind(checkpoint, source, kind)
    return names, with_head


def labels_of(checkpoint, source, task):
    """Returns the labels of a checkpoint's head: list of str.

    Args:
        checkpoint: what `checkpoints.open_checkpoint` returned.
        source: str or path that it was opened with, for the error message.
        task: class of the task that is built.

    Raises:
        UserError: it has no head that labels texts, or one of a single output.
    """
    if checkpoint.num_head_outputs == 1 and checkpoint.head_kind != "multi_label":
        raise UserError(
            f"{source} has a head of one output, which scores texts and labels none. Load it with "
            'TextRegressor.from_encoder, or give labels for a new head, and pooling="mean" (--pooling mean).'
        )
    if checkpoint.labels is None:
        head = "has no classification head"
        if checkpoint.other_head is not None:
            head = f"has a head that labels {checkpoint.other_head}, not texts"
        raise UserError(
            f"{source} {head}, so the labels must be given, e.g. "
            f'{task.__name__}.from_encoder("{source}", labels=["negative", "positive"]).'
        )
    return checkpoint.labels


def pooling_of(checkpoint, source):
    """Returns the pooling that a checkpoint specifies, `"mean"` if it specifies none.

    Args:
        checkpoint: as in `labels_of`.
        source: as in `labels_of`.

    Raises:
        UserError: the pooling is unknown here.
    """
    if checkpoint.pooling not in (None, *POOLINGS):
        raise UserError(
            f"{source} makes a text's vector by {checkpoint.pooling} pooling (1_Pooling/config.json), which is not "
            'known here. Say what to take instead: pooling="mean" or "cls" (--pooling mean).'
        )
    return checkpoint.pooling or "mean"


def check_kind(checkpoint, source, wanted):
    """Checks that a checkpoint's head does what a task wants of it; a head that does not say what it does is accepted.

    Args:
        checkpoint: as in `labels_of`.
        source: as in `labels_of`.
        wanted: str. `"classification"`, `"multi_label"` or `"regression"`.

    Raises:
        UserError: the head does something else.
    """
    found = checkpoint.head_kind
    if found in (None, wanted):
        return
    wants = _KINDS[wanted][0]
    new = f'begin a new head with pooling="{_other(checkpoint)}" (--pooling {_other(checkpoint)})'
    if found not in _KINDS:
        raise UserError(f'The head of {source} is made for "{found}", and this model {wants}. B{new[1:]}.')
    does, name, option = _KINDS[found]
    raise UserError(
        f"The head of {source} {does}, and this model {wants}. Load it with {name}.from_encoder (--task {option}), or "
        f"{new}."
    )


def check_labels(checkpoint, labels, source):
    """Checks that labels have the number and the order of a checkpoint's head; new names are accepted.

    Args:
        checkpoint: as in `labels_of`.
        labels: list of str.
        source: as in `labels_of`.

    Raises:
        UserError: they differ in number or order.
    """
    known = checkpoint.labels
    if checkpoint.num_head_outputs != len(labels):
        raise UserError(
            f"{source} has a classification head of {counted(checkpoint.num_head_outputs, 'label')} "
            f"({', '.join(known[:10])}), "
            f"and {counted(len(labels), 'label')} came. Give as many, or begin a new head with "
            f'pooling="{_other(checkpoint)}" (--pooling {_other(checkpoint)}).'
        )
    if set(known) == set(labels) and known != labels:
        raise UserError(
            f"The labels came as {', '.join(labels[:10])}, and the head of {source} has them as "
            f"{', '.join(known[:10])}. Give them in the head's order."
        )


def check_one_output(checkpoint, source):
    """Checks that a checkpoint's head gives one number.

    Args:
        checkpoint: as in `labels_of`.
        source: as in `labels_of`.

    Raises:
        UserError: it gives several.
    """
    if checkpoint.num_head_outputs != 1:
        raise UserError(
            f"{source} has a head of {checkpoint.num_head_outputs} outputs, and this model gives one number. Begin a "
            f'new head with pooling="{_other(checkpoint)}" (--pooling {_other(checkpoint)}).'
        )


def _other(checkpoint):
    """Returns a pooling that begins a new head, because the checkpoint's head has another."""
    return "cls" if checkpoint.pooling == "mean" else "mean"
