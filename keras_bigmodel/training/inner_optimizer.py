"""What stands inside an optimizer that scales the loss. Knows Keras's attribute only."""


def inner_optimizer(optimizer):
    """Returns the optimizer inside a `keras.optimizers.LossScaleOptimizer`, or the optimizer itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)
