"""A Keras model's state, taken before a warm-up and put back after it. Knows Keras; no job."""


class KerasState:
    """All numbers of a compiled model and its optimizer at one moment.

    Args:
        model: compiled `keras.Model`.
    """

    def __init__(self, model):
        model.optimizer.build(model.trainable_variables)
        self._variables = [*model.variables, *model.optimizer.variables]
        self._values = [variable.numpy() for variable in self._variables]

    def restore(self):
        """Puts the numbers back; what was compiled stays compiled."""
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.assign(value)
