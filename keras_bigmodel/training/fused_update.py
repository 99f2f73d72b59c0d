"""The fast path of `AdamW` on the TensorFlow backend; None on the others. The plain path is Keras's own."""

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def fused_adam_update(gradient, variable, momentum, velocity, *, step, learning_rate, beta_1, beta_2, epsilon):
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
        """
        step = tf.cast(_tensor(step), tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(momentum),
            v=_handle(velocity),
            beta1_power=tf.pow(tf.constant(beta_1, tf.float32), step),
            beta2_power=tf.pow(tf.constant(beta_2, tf.float32), step),
            lr=tf.cast(_tensor(learning_rate), tf.float32),
            beta1=tf.constant(beta_1, tf.float32),
            beta2=tf.constant(beta_2, tf.float32),
            epsilon=tf.constant(epsilon, tf.float32),
            grad=tf.cast(tf.convert_to_tensor(gradient), tf.float32),
        )

    def fused_clip(gradients, clip_norm):
        """Scales gradients down together so that their common norm is at most `clip_norm`."""
        return tf.clip_by_global_norm(gradients, clip_norm)[0]

    def fused_decay(variable, learning_rate, weight_decay):
        """Shrinks a variable by `learning_rate * weight_decay` of itself."""
        variable = _plain(variable)
        # Not variable * (1 - rate * decay): at 5e-5 * 0.01 that factor has one digit left in float32.
        tf.raw_ops.ResourceApplyGradientDescent(
            var=variable.handle,
            alpha=tf.cast(_tensor(learning_rate), variable.dtype) * weight_decay,
            delta=variable.read_value(),
        )

    def _tensor(value):
        return tf.convert_to_tensor(_plain(value))

    def _handle(variable):
        return _plain(variable).handle

    def _plain(value):
        return value.value if isinstance(value, keras.Variable) else value

else:
    fused_adam_update = fused_clip = fused_decay = None
