"""The inner steps of layers and optimizers, implemented per backend. The only part of the package that knows backends.

The module `plain` is written in `keras.ops` and runs on every backend. A faster implementation returns the same
numbers; the tests compare each with `plain`. Layers call these functions and do not know which implementation runs.
"""

import keras

from keras_bigmodel.kernels.plain import attention_with_weights

BACKEND = keras.backend.backend()

if BACKEND == "tensorflow":
    from keras_bigmodel.kernels import fused_update
    from keras_bigmodel.kernels.tensorflow_kernels import (
        affine,
        dot_product_attention,
        dropout,
        gelu,
        gelu_tanh,
        layer_norm,
    )
else:
    from keras_bigmodel.kernels.plain import (
        affine,
        dot_product_attention,
        dropout,
        gelu,
        gelu_tanh,
        layer_norm,
    )

    if BACKEND == "jax":
        from keras_bigmodel.kernels.plain import fused_attention as dot_product_attention

    fused_update = None  # optimizers run Keras's own steps, which the compilers of these backends fuse

__all__ = [
    "BACKEND",
    "affine",
    "attention_with_weights",
    "dot_product_attention",
    "dropout",
    "fused_update",
    "gelu",
    "gelu_tanh",
    "layer_norm",
]
