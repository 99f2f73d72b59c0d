"""The inner steps of layers: which backend has a faster way than the plain one is chosen here and nowhere else.

The plain way (`plain`) is written in `keras.ops` and runs on every backend. A faster way gives the same numbers; the
tests hold each against the plain one. Layers call these functions and do not know which way they take.
"""

import keras

if keras.backend.backend() == "tensorflow":
    from keras_bigmodel.layers.kernels.tensorflow_kernels import affine, attend, drop, gelu, normalise
else:
    from keras_bigmodel.layers.kernels.plain import affine, attend, drop, gelu, normalise
from keras_bigmodel.layers.kernels.plain import attend_and_show

__all__ = ["affine", "attend", "attend_and_show", "drop", "gelu", "normalise"]
