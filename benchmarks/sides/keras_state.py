"""A Keras model's state, taken before a warm-up and put back after it. Knows Keras; no job."""


class KerasState:
    """All numbers of a compiled model and its fresh optimizer.

    Of the optimizer's averages, which are zeros, only their being so is kept: the copy counts as memory of the side.

    Args:
        model: compiled `keras.Model`, not trained yet.
    """

    def __init__(self, model):
        model.optimizer.build(model.trainable_variables)
        self._optimizer = [(variable, _value_or_none(variable)) for variable in model.optimizer.variables]
        self._model = [(variable, variable.numpy()) for variable in model.variables]

    def restore(self):
        """Puts the numbers back; what was compiled stays compiled."""
        for variable, value in (*self._model, *self._optimizer):
            if value is None:
                import keras

                value = keras.ops.zeros(variable.shape, variable.dtype)
            variable.assign(value)


def _value_or_none(variable):
    """Gives what a number is, and None for an array of zeros."""
    return variable.numpy() if not variable.shape or variable.numpy().any() else None
