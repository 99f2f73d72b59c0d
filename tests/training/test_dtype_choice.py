"""Which precision a run computes in."""

import time

import keras
import pytest

from keras_bigmodel.training import dtype_choice, fastest_dtype, resolve_dtype


def test_a_name_is_taken_as_it_is():
    assert resolve_dtype("mixed_bfloat16").name == "mixed_bfloat16"
    assert resolve_dtype("float32").compute_dtype == "float32"


def test_a_policy_is_taken_as_it_is():
    policy = keras.DTypePolicy("mixed_float16")
    assert resolve_dtype(policy) is policy


def test_nothing_said_means_as_keras_is_set():
    assert resolve_dtype(None).name == keras.config.dtype_policy().name
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert resolve_dtype(None).name == "mixed_bfloat16"


def test_auto_is_what_was_measured_here():
    assert fastest_dtype() in ("float32", "mixed_bfloat16")
    assert resolve_dtype("auto").name == fastest_dtype()


def test_the_measurement_is_made_once_a_process():
    fastest_dtype()
    start = time.perf_counter()
    for _ in range(1000):
        fastest_dtype()
    assert time.perf_counter() - start < 0.1  # one measurement takes longer than a thousand look-ups


@pytest.mark.parametrize(
    ("float32", "bfloat16", "wanted"),
    [(2.0, 1.0, "mixed_bfloat16"), (1.2, 1.0, "float32"), (1.0, 30.0, "float32")],
    ids=["twice_as_fast", "a_little_faster", "emulated"],
)
def test_bfloat16_is_chosen_only_where_it_gains_a_third(monkeypatch, float32, bfloat16, wanted):
    # A machine's speed cannot be made: this one place stands in for other machines.
    monkeypatch.setattr(dtype_choice, "_seconds", {"float32": float32, "bfloat16": bfloat16}.__getitem__)
    assert fastest_dtype.__wrapped__() == wanted
