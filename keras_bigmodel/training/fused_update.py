"""The fast path of `AdamW` on the TensorFlow backend; None on the others. The plain path is Keras's own."""

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def fused_adam_update(
        gradient, variable, momentum, velocity, *, step, learning_rate, beta_1, beta_2, epsilon, averages=None
    ):
        """Updates a variable and its two averages in one op.

        Args:
            gradient: tensor or `tf.IndexedSlices` of the variable's shape.
            variable: float32 variable.
            momentum: its average of gradients.
            velocity: its average of squared gradients.
            step: int. Number of this step, from 1.
            learning_rate: float.
            beta_1: float.
            beta_2: float.
            epsilon: float.
            averages: `ScaledAverages` where the gradients are still to be scaled, or None.
        """
        step = tf.cast(_tensor(step), tf.float32)
        power_1 = tf.pow(tf.constant(beta_1, tf.float32), step)
        power_2 = tf.pow(tf.constant(beta_2, tf.float32), step)
        rate = tf.cast(_tensor(learning_rate), tf.float32) * tf.sqrt(1.0 - power_2) / (1.0 - power_1)
        if averages is not None:
            root = tf.sqrt(averages.velocity_scale)
            rate, epsilon = rate * averages.momentum_scale / root, epsilon / root
            beta_1, beta_2 = averages.beta_1, averages.beta_2
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(momentum),
            v=_handle(velocity),
            beta1_power=tf.constant(0.0),  # the rate is corrected already
            beta2_power=tf.constant(0.0),
            lr=rate,
            beta1=tf.cast(beta_1, tf.float32),
            beta2=tf.cast(beta_2, tf.float32),
            epsilon=tf.cast(epsilon, tf.float32),
            grad=tf.cast(tf.convert_to_tensor(gradient), tf.float32),
        )

    def clip_scale(gradients, clip_norm):
        """Gives what gradients must be multiplied with for their common norm to be at most `clip_norm`; NaN for NaN."""
        norm = tf.linalg.global_norm(gradients)
        scale = clip_norm / tf.maximum(norm, clip_norm)
        return tf.where(tf.math.is_finite(norm), scale, tf.constant(float("nan")))

    def without_jumps(gradients, scale, usual):
        """Scales gradients for real where their scale is far below the usual one; gives them and what is left to do.

        Adam's op takes `1 - beta` in float32: of a beta within 1e-5 of 1 it has two digits left, and then none.

        Args:
            gradients: list of tensors and `tf.IndexedSlices`.
            scale: float tensor. What they are to be multiplied with.
            usual: float tensor. What those before them were multiplied with, about.

        Returns:
            `(gradients, scale)`.
        """
        jumps = scale < usual / 4.0
        values = [part.values if isinstance(part, tf.IndexedSlices) else part for part in gradients]
        values = tf.cond(
            jumps,
            lambda: [value * tf.cast(scale / usual, value.dtype) for value in values],
            lambda: [tf.identity(value) for value in values],
        )
        gradients = [
            tf.IndexedSlices(value, part.indices, part.dense_shape) if isinstance(part, tf.IndexedSlices) else value
            for part, value in zip(gradients, values, strict=True)
        ]
        return gradients, tf.where(jumps, usual, scale)

    def is_one_replica():
        """Whether the gradients at hand are all there are."""
        return not tf.distribute.has_strategy()

    def fused_decay(variable, share):
        """Takes a share of a variable off it."""
        variable = _plain(variable)
        # Not variable * (1 - share): at 1e-6 that factor has one digit left in float32.
        tf.raw_ops.ResourceApplyGradientDescent(
            var=variable.handle, alpha=tf.cast(share, variable.dtype), delta=variable.read_value()
        )

    def _tensor(value):
        return tf.convert_to_tensor(_plain(value))

    def _handle(variable):
        return _plain(variable).handle

    def _plain(value):
        return value.value if isinstance(value, keras.Variable) else value

else:
    fused_adam_update = fused_decay = clip_scale = without_jumps = is_one_replica = None
