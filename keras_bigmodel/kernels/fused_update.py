"""The update of `AdamW` as one TensorFlow op per variable. Knows variables and gradients; no optimizer."""

import math

import keras
import numpy as np
import tensorflow as tf

outside_of_graphs = tf.init_scope


def corrected_rate(learning_rate, step, beta_1, beta_2):
    """Computes the learning rate with Adam's bias correction, which makes up for averages that start at 0.

    Computes `learning_rate * sqrt(1 - beta_2**step) / (1 - beta_1**step)`.

    Args:
        learning_rate: float, tensor or variable.
        step: int or int tensor. Number of this step, counted from 1.
        beta_1: float. Decay rate of the average of gradients.
        beta_2: float. Decay rate of the average of squared gradients.

    Returns:
        Float32 scalar tensor.
    """
    step, rate = (tf.cast(_tensor(value), tf.float32) for value in (step, learning_rate))
    return rate * tf.sqrt(_one_less_power(beta_2, step)) / _one_less_power(beta_1, step)


def fused_adam_update(gradient, variable, momentum, velocity, *, rate, beta_1, beta_2, epsilon):
    """Updates a variable and its two averages in one op.

    Computes `momentum = beta_1 * momentum + (1 - beta_1) * gradient`,
    `velocity = beta_2 * velocity + (1 - beta_2) * gradient**2` and
    `variable = variable - rate * momentum / (sqrt(velocity) + epsilon)`.

    Args:
        gradient: tensor or `tf.IndexedSlices` of the variable's shape.
        variable: float32 variable.
        momentum: float32 variable. Average of gradients.
        velocity: float32 variable. Average of squared gradients.
        rate: float tensor, as `corrected_rate` returns it.
        beta_1: float. Decay rate of the average of gradients.
        beta_2: float. Decay rate of the average of squared gradients.
        epsilon: float. Added to the denominator.

    Source: Kingma and Ba, 2014, "Adam", the form before section 2.1.
    """
    tf.raw_ops.ResourceApplyAdam(
        var=_handle(variable),
        m=_handle(momentum),
        v=_handle(velocity),
        beta1_power=tf.constant(0.0),  # `rate` has the bias correction already
        beta2_power=tf.constant(0.0),
        lr=rate,
        beta1=tf.constant(beta_1, tf.float32),
        beta2=tf.constant(beta_2, tf.float32),
        epsilon=tf.constant(epsilon, tf.float32),
        grad=tf.cast(tf.convert_to_tensor(gradient), tf.float32),
    )


def clip_by_global_norm(gradients, clip_norm):
    """Scales gradients so that their global norm is at most `clip_norm`.

    All gradients become NaN if the norm is not finite.

    Args:
        gradients: list of tensors and `tf.IndexedSlices`. Repeated rows of `tf.IndexedSlices` count with their sum.
        clip_norm: float. Largest global norm.

    Returns:
        list of the scaled gradients, of the same types as `gradients`.
    """
    norm = tf.sqrt(tf.add_n([_squared_norm(gradient) for gradient in gradients]))
    scale = clip_norm / tf.maximum(norm, clip_norm)
    scale = tf.where(tf.math.is_finite(norm), scale, tf.constant(float("nan")))
    return [_scaled(gradient, scale) for gradient in gradients]


def densified(gradient):
    """Returns a gradient as a tensor; repeated rows of `tf.IndexedSlices` are summed."""
    return tf.convert_to_tensor(gradient)


def is_one_replica():
    """Returns whether no `tf.distribute` strategy is active, so that gradients are those of the whole batch: bool."""
    return not tf.distribute.has_strategy()


def fused_decay(variable, share):
    """Updates a variable by weight decay: `variable -= share * variable`.

    Args:
        variable: float variable.
        share: float tensor. Fraction of the variable that is subtracted.
    """
    variable = _plain(variable)
    # Not variable * (1 - share): at 1e-6 that factor has one digit left in float32.
    tf.raw_ops.ResourceApplyGradientDescent(
        var=variable.handle, alpha=tf.cast(share, variable.dtype), delta=variable.read_value()
    )


def _one_less_power(beta, step):
    """Computes `1 - beta**step` for the float32 number nearest to `beta`, with which the op averages."""
    beta = float(np.float32(beta))
    return -tf.math.expm1(step * (math.log(beta) if beta > 0.0 else -math.inf))


def _squared_norm(gradient):
    if isinstance(gradient, tf.IndexedSlices):
        # Rows of one index are summed at the position of the first of them. No tf.unique: XLA does not compile it.
        rows = tf.range(tf.shape(gradient.indices)[0])
        first = tf.math.unsorted_segment_min(rows, gradient.indices, gradient.dense_shape[0])
        places = tf.gather(first, gradient.indices)
        gradient = tf.math.unsorted_segment_sum(tf.cast(gradient.values, tf.float32), places, tf.size(rows))
    return tf.reduce_sum(tf.square(tf.cast(gradient, tf.float32)))


def _scaled(gradient, scale):
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(_scaled(gradient.values, scale), gradient.indices, gradient.dense_shape)
    return gradient * tf.cast(scale, gradient.dtype)


def _tensor(value):
    return tf.convert_to_tensor(_plain(value))


def _handle(variable):
    return _plain(variable).handle


def _plain(value):
    return value.value if isinstance(value, keras.Variable) else value
