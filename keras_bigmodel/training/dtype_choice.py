"""Whether this machine is fast at bfloat16. Measures one matrix product; knows nothing else."""

import functools
import time

import keras
from keras import ops

from keras_bigmodel.core.errors import UserError

_NAMES = ("float32", "mixed_bfloat16", "bfloat16")  # float16 would need its loss scaled
_TRIES = 16
_GAIN = 1.3  # where products gain 1.7, training gains 1.5; below this the casts around them eat what they save


@functools.cache
def fastest_dtype():
    """Gives `"mixed_bfloat16"` when bfloat16 products are at least 1.3 times as fast as float32 ones here.

    Returns:
        str: `"mixed_bfloat16"` or `"float32"`. Measured once a process, in about 0.2 s.
    """
    plain, half = float("inf"), float("inf")
    for _ in range(_TRIES):  # in turn and the best of many: other programs may be running; the first also warms up
        plain, half = min(plain, _seconds("float32")), min(half, _seconds("bfloat16"))
    return "mixed_bfloat16" if plain > _GAIN * half else "float32"


def _seconds(dtype):
    left, right = ops.ones((1024, 512), dtype=dtype), ops.ones((512, 512), dtype=dtype)
    start = time.perf_counter()
    float(ops.matmul(left, right)[0, 0])
    return time.perf_counter() - start


def resolve_dtype(dtype):
    """Gives the dtype policy for `dtype`: a name or policy as it is, `"auto"` by measurement, None as Keras is set.

    Args:
        dtype: str, `keras.DTypePolicy` or None.

    Returns:
        `keras.DTypePolicy`.

    Raises:
        UserError: an unknown name.
    """
    if dtype == "auto":
        dtype = fastest_dtype()
    fits = dtype in _NAMES if isinstance(dtype, str) else dtype is None or isinstance(dtype, keras.DTypePolicy)
    if not fits:
        raise UserError(f"dtype={dtype!r:.40} came; known are auto, {', '.join(_NAMES)}.")
    return keras.config.dtype_policy() if dtype is None else keras.dtype_policies.get(dtype)
