"""Converts the arguments of `compile` to an optimizer and a loss: our recipe, or the user's. Knows no kind of task."""

import keras

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.number_check import check_number
from keras_bigmodel.training import FROZEN_LEARNING_RATE, recipe_optimizer


def optimizer_and_loss(task, optimizer, loss, given, label_smoothing):
    """Returns the optimizer and the loss for `keras.Model.compile`.

    Args:
        task: object with `is_frozen`, `recipe_loss` and `loss_on_logits`, such as any `Task`.
        optimizer: as in `Task.compile`.
        loss: as in `Task.compile`.
        given: dict of argument of `recipe_optimizer` → value, or None if it was not given.
        label_smoothing: float, or None if it was not given.

    Returns:
        `(optimizer, loss)`.

    Raises:
        UserError: an argument of the recipe is out of its range, or is given together with an optimizer or a loss that
            replaces the recipe's; a name is unknown to Keras; or as the task's `loss_on_logits`.
    """
    given = {name: value for name, value in given.items() if value is not None}
    recipe = isinstance(optimizer, str) and optimizer == "auto"
    if given and not recipe:
        raise UserError(
            f"{' and '.join(given)} came, of the recipe's optimizer, and an optimizer came too. Set them on the "
            f"optimizer: keras.optimizers.AdamW({', '.join(f'{name}=...' for name in given)})."
        )
    recipe_loss = isinstance(loss, str) and loss == "auto"
    if label_smoothing is not None and not recipe_loss:
        raise UserError(
            "label_smoothing came, of the recipe's loss, and a loss came too. Leave one out, or give "
            "loss=keras_bigmodel.training.SmoothedCrossentropy(...)."
        )
    if isinstance(given.get("learning_rate"), keras.optimizers.schedules.LearningRateSchedule):
        raise UserError(
            "A schedule came as learning_rate, and the recipe has its own: give its peak as a number, or an "
            "optimizer with your schedule, e.g. compile(keras.optimizers.AdamW(schedule))."
        )
    check_number("learning_rate", given.get("learning_rate"), above=0)
    check_number("weight_decay", given.get("weight_decay"), least=0)
    check_number("gradient_accumulation_steps", given.get("gradient_accumulation_steps"), least=1, whole=True)
    check_number("label_smoothing", label_smoothing, least=0, below=1)
    if task.is_frozen:
        given.setdefault("learning_rate", FROZEN_LEARNING_RATE)
    if recipe:
        optimizer = recipe_optimizer(**given)
    elif isinstance(optimizer, str):
        optimizer = _of_name("optimizer", keras.optimizers.get, optimizer)
    if recipe_loss:
        return optimizer, task.recipe_loss(label_smoothing or 0.0)
    return optimizer, _of_name("loss", task.loss_on_logits, loss)


def _of_name(kind, get, value):
    """Returns the optimizer or the loss that a name means.

    Raises:
        UserError: Keras does not know the name.
    """
    try:
        return get(value)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(
            f'{kind}={value!r:.40} came, which Keras does not know. Give another name, an object, or "auto", the '
            "recipe's own."
        ) from error
