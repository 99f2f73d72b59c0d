"""Which loss a classifier that gives logits can be trained with. Knows Keras's losses; no model."""

import inspect

import keras

from keras_bigmodel.core.errors import UserError

_LOSSES = {
    "SparseCategoricalCrossentropy": keras.losses.SparseCategoricalCrossentropy,
    "CategoricalCrossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
}
_ONE_HOT_LOSSES = (keras.losses.CategoricalCrossentropy, keras.losses.CategoricalFocalCrossentropy)


def loss_on_logits(loss):
    """Gives the loss that a name means here, and refuses one that expects probabilities.

    Args:
        loss: a name, a `keras.losses.Loss`, or a function of labels and logits.

    Returns:
        what `keras.Model.compile` takes as a loss.

    Raises:
        UserError: a loss with `from_logits=False`, or several losses.
    """
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", None)
    if name in _LOSSES and not isinstance(loss, keras.losses.Loss):
        return _LOSSES[name](from_logits=True)
    if isinstance(loss, (list, tuple, dict)):
        raise UserError(f"A {type(loss).__name__} of losses came; this model has one output: give one loss.")
    if isinstance(loss, str):
        loss = keras.losses.get(loss)  # "CategoricalFocalCrossentropy": an object, checked below
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
    """Refuses one-hot labels for a loss on label numbers, and label numbers for a loss on one-hot labels.

    Args:
        targets: array `(texts,)` of label numbers, or `(texts, labels)`.
        loss: what the model was compiled with.

    Raises:
        UserError: they do not fit.
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
