"""Whether this machine is fast at bfloat16. Measures one matrix product; knows nothing else."""

import functools
import time

import keras
from keras import ops

_GAIN = 1.5  # below this the casts around the products eat what the products save


@functools.cache
def fastest_dtype():
    """Gives `"mixed_bfloat16"` when bfloat16 products are at least 1.5 times as fast as float32 ones here.

    Returns:
        str: `"mixed_bfloat16"` or `"float32"`. Measured once a process, in about 20 ms.
    """
    return "mixed_bfloat16" if _seconds("float32") > _GAIN * _seconds("bfloat16") else "float32"


def _seconds(dtype):
    left = ops.ones((1024, 512), dtype=dtype)
    right = ops.ones((512, 512), dtype=dtype)
    best = float("inf")
    for _ in range(6):  # the first calls also prepare the kernel
        start = time.perf_counter()
        float(ops.matmul(left, right)[0, 0])
        best = min(best, time.perf_counter() - start)
    return best


def resolve_dtype(dtype):
    """Gives the dtype policy for `dtype`: a name or policy as it is, `"auto"` by measurement, None as Keras is set.

    Args:
        dtype: str, `keras.DTypePolicy` or None.

    Returns:
        `keras.DTypePolicy`.
    """
    if dtype == "auto":
        dtype = fastest_dtype()
    return keras.config.dtype_policy() if dtype is None else keras.dtype_policies.get(dtype)
