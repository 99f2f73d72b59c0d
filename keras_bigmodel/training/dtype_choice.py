"""The dtype policy of a run, chosen by the speed of a bfloat16 matrix product on this machine. Knows nothing else."""

import functools
import time

import keras
from keras import ops

from keras_bigmodel.core.errors import UserError

_NAMES = ("float32", "mixed_bfloat16", "bfloat16")  # float16 would need loss scaling
_TRIES = 16
_GAIN = 1.3  # products 1.7 times as fast make training 1.5 times as fast; below 1.3, casts cost what they save


@functools.cache
def fastest_dtype():
    """Returns the faster dtype policy on this machine: str, `"mixed_bfloat16"` or `"float32"`.

    It is `"mixed_bfloat16"` if bfloat16 matrix products are at least 1.3 times as fast as float32 ones. The speed is
    measured once per process, in about 0.2 seconds.
    """
    plain, half = float("inf"), float("inf")
    for _ in range(_TRIES):  # alternating, best of many: other programs may be running; the first also warms up
        plain, half = min(plain, _seconds("float32")), min(half, _seconds("bfloat16"))
    return "mixed_bfloat16" if plain > _GAIN * half else "float32"


def _seconds(dtype):
    left, right = ops.ones((1024, 512), dtype=dtype), ops.ones((512, 512), dtype=dtype)
    start = time.perf_counter()
    float(ops.matmul(left, right)[0, 0])
    return time.perf_counter() - start


def resolve_dtype(dtype):
    """Returns the dtype policy for `dtype`.

    Args:
        dtype: str, `keras.DTypePolicy` or None. `"float32"`, `"mixed_bfloat16"`, `"bfloat16"` or a policy is used as it
            is; `"auto"` means `fastest_dtype()`; None means Keras's global policy.

    Returns:
        `keras.DTypePolicy`.

    Raises:
        UserError: the dtype is unknown.
    """
    if dtype == "auto":
        dtype = fastest_dtype()
    fits = dtype in _NAMES if isinstance(dtype, str) else dtype is None or isinstance(dtype, keras.DTypePolicy)
    if not fits:
        raise UserError(f"dtype={dtype!r:.40} came; known are auto, {', '.join(_NAMES)}.")
    return keras.config.dtype_policy() if dtype is None else keras.dtype_policies.get(dtype)
