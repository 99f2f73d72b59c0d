"""Finds the loss for a classifier that returns logits, and checks it. Knows Keras's losses; no model."""

import inspect

import keras

from keras_bigmodel.core.errors import UserError

ONE_LABEL_LOSSES = {
    "SparseCategoricalCrossentropy": keras.losses.SparseCategoricalCrossentropy,
    "CategoricalCrossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
}
MANY_LABELS_LOSSES = {
    "BinaryCrossentropy": keras.losses.BinaryCrossentropy,
    "BinaryFocalCrossentropy": keras.losses.BinaryFocalCrossentropy,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "binary_focal_crossentropy": keras.losses.BinaryFocalCrossentropy,
}
_ONE_HOT_LOSSES = (keras.losses.CategoricalCrossentropy, keras.losses.CategoricalFocalCrossentropy)


def loss_on_logits(loss, losses=ONE_LABEL_LOSSES):
    """Returns the loss on logits that a name or an object means.

    Args:
        loss: str, `keras.losses.Loss`, or function of labels and logits. The name, class or function of one of `losses`
            means that loss with `from_logits=True`.
        losses: dict of name → class. Defaults to the categorical crossentropies.

    Returns:
        Loss that `keras.Model.compile` accepts.

    Raises:
        UserError: the loss expects probabilities, or there are several losses.
        ValueError: Keras does not know the name.
    """
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", None)
    if name in losses and not isinstance(loss, keras.losses.Loss):
        return losses[name](from_logits=True)
    if isinstance(loss, (list, tuple, dict)):
        raise UserError(f"A {type(loss).__name__} of losses came; this model has one output: give one loss.")
    if isinstance(loss, str):
        loss = keras.losses.get(loss)  # the object of "CategoricalFocalCrossentropy", for example, is checked below
    if isinstance(loss, keras.losses.Loss) and loss.get_config().get("from_logits") is False:
        name = type(loss).__name__
        raise UserError(
            f"The loss {name}(from_logits=False) came, and this model gives logits. Write "
            f"keras.losses.{name}(from_logits=True)."
        )
    if inspect.isfunction(loss) and "from_logits" in inspect.signature(loss).parameters:
        raise UserError(
            f"The loss {loss.__name__} expects probabilities unless told otherwise, and this model gives logits. "
            "Give the class of that loss with from_logits=True, e.g. "
            "keras.losses.CategoricalFocalCrossentropy(from_logits=True)."
        )
    return loss


def check_targets_fit_loss(targets, loss):
    """Checks that targets have the form that the loss expects, label numbers or one-hot labels.

    Args:
        targets: int array `(texts,)` of label numbers, or float array `(texts, labels)`.
        loss: loss with which the model was compiled.

    Raises:
        UserError: the targets have the other form.
    """
    if targets.ndim == 2 and isinstance(loss, keras.losses.SparseCategoricalCrossentropy):
        raise UserError(
            "One-hot labels came, and the loss takes label numbers. Give names or numbers, or "
            'compile(loss="categorical_crossentropy").'
        )
    if targets.ndim == 1 and isinstance(loss, _ONE_HOT_LOSSES):
        raise UserError(
            "Label names or numbers came, and the loss takes one-hot labels. Give those, or "
            'compile(loss="sparse_categorical_crossentropy").'
        )
