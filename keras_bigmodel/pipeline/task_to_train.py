"""The task that a run begins with: on an encoder, or from the last version. Knows settings; no tables."""

from pathlib import Path

import keras

from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.versions import version_numbers
from keras_bigmodel.pipeline.version_contents import load_task
from keras_bigmodel.tasks import TextClassifier


def task_to_train(settings, labels, *, dtype, parent=None):
    """Makes the task of a run.

    Args:
        settings: `TrainSettings`.
        labels: list of str.
        dtype: str. What training computes in; already chosen, not `"auto"`.
        parent: int. Number of the version to begin from. Defaults to None: the encoder.

    Returns:
        `TextClassifier`.

    Raises:
        UserError: the encoder or the last version does not fit the settings.
    """
    task = _new(settings, labels, dtype) if parent is None else _child(settings, labels, dtype, parent)
    task.encoder.trainable = not settings.freeze_encoder
    return task


def parent_of(settings):
    """Gives the number of the version that a run begins from, None for the encoder.

    Raises:
        UserError: the settings say `--continue` and there is no version.
    """
    if not settings.from_last:
        return None
    if not version_numbers(settings.out):
        raise UserError(
            f"{settings.out} holds no version to continue from. Leave --continue out to begin from the encoder."
        )
    return version_numbers(settings.out)[-1]


def _new(settings, labels, dtype):
    return TextClassifier.from_encoder(
        settings.encoder,
        labels=_in_order_of_head(settings, labels),
        pairs=settings.pair is not None,
        pooling=settings.pooling,
        dropout=settings.dropout,
        l2=settings.l2,
        max_length=settings.max_length,
        mode=settings.mode,
        dtype=dtype,
    )


def _in_order_of_head(settings, labels):
    """Gives the labels in the order of the encoder's own head, where it has one for the same labels."""
    known = open_checkpoint(settings.encoder).labels
    return known if known is not None and set(known) == set(labels) else labels


def _child(settings, labels, dtype, parent):
    folder = Path(settings.out) / str(parent)
    last = load_task(folder)
    new = sorted(set(labels) - set(last.labels))
    if new:
        raise UserError(
            f'The label "{new[0]}" is not one of {folder} ({", ".join(last.labels[:10])}). Leave --continue out to '
            "train from the encoder on the new labels."
        )
    if last.pairs != (settings.pair is not None):
        wanted = "pairs of texts: name --pair" if last.pairs else "single texts: leave --pair out"
        raise UserError(f"{folder} takes {wanted}.")
    policy = keras.dtype_policies.serialize(keras.dtype_policies.get(dtype))
    return last.with_config(dtype=policy, dropout=settings.dropout, l2=settings.l2)
