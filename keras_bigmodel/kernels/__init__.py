"""The inner steps of layers and optimizers: the only room that knows backends.

The plain way (`plain`) is written in `keras.ops` and runs on every backend. A faster way gives the same numbers; the
tests compare each with the plain one. Layers call these functions and do not know which way they take.
"""

import keras

from keras_bigmodel.kernels.plain import attend_and_show

BACKEND = keras.backend.backend()

if BACKEND == "tensorflow":
    from keras_bigmodel.kernels import fused_update
    from keras_bigmodel.kernels.tensorflow_kernels import affine, attend, drop, gelu, normalise
else:
    from keras_bigmodel.kernels.plain import affine, attend, drop, gelu, normalise

    if BACKEND == "jax":
        from keras_bigmodel.kernels.plain import attend_in_one_op as attend

    fused_update = None  # optimizers take Keras's own steps, which the compilers of these backends fuse

__all__ = ["BACKEND", "affine", "attend", "attend_and_show", "drop", "fused_update", "gelu", "normalise"]
