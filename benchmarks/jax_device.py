"""How fast BERT encoders train and infer on JAX's device, and what share of the chip's bfloat16 peak that is.

usage: python benchmarks/jax_device.py [--sizes minilm base] [--lengths 128 512] [--tokens 65536] [--quick]
Needs keras, jax and numpy; no TensorFlow, no data. Prints one JSON line for the device and one a measurement: our
encoder, mean pooling and a head of two labels on texts without padding; training with dropout and our AdamW.
Compiling and warming up are outside the clock. `--quick` shows that it runs, at a size that says nothing of speed.
"""

import argparse
import functools
import importlib.util
import json
import os
import statistics
import time
from dataclasses import asdict

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np

from keras_bigmodel.layers import MeanPooling
from keras_bigmodel.models.bert import BERT_SIZES, BertEncoder
from keras_bigmodel.training import AdamW

# Dense bfloat16 TFLOP/s of one device, by the name that JAX gives it. A name must be here as a whole: a part of a chip
# (MIG) and a slower card bear names that begin alike.
PEAKS = {
    "NVIDIA H200": 989.4,  # NVIDIA H200 datasheet, SXM: 1,979 with sparsity, half of it dense
    "NVIDIA H100 80GB HBM3": 989.4,  # NVIDIA H100 datasheet, SXM: the same chip
    "NVIDIA H100 PCIe": 756.5,  # NVIDIA H100 PCIe product brief: 1,513 with sparsity
    "NVIDIA A100-SXM4-40GB": 312.0,  # NVIDIA A100 datasheet
    "NVIDIA A100-SXM4-80GB": 312.0,
    "NVIDIA A100-PCIE-40GB": 312.0,
    "NVIDIA A100 80GB PCIe": 312.0,
    "NVIDIA L4": 121.0,  # NVIDIA L4 datasheet: 242 with sparsity
    "TPU v4": 275.0,  # cloud.google.com/tpu/docs/v4
    "TPU v5 lite": 197.0,  # cloud.google.com/tpu/docs/v5e
    "TPU v5": 459.0,  # cloud.google.com/tpu/docs/v5p
    "TPU v5p": 459.0,
    "TPU v6 lite": 918.0,  # cloud.google.com/tpu/docs/v6e
}
PRODUCT = {"cpu": 1024}  # rows and columns of the product that is measured where the table has no entry
LARGE_PRODUCT = 8192


def peak(device):
    """Gives the device's dense bfloat16 TFLOP/s and where the figure comes from."""
    if device.device_kind in PEAKS:
        return PEAKS[device.device_kind], "published"
    width = PRODUCT.get(device.platform, LARGE_PRODUCT)
    left = jnp.full((width, width), 1 / width, "bfloat16")
    multiply = jax.jit(lambda x: functools.reduce(lambda product, _: product @ left, range(8), x))
    seconds = min(timed(lambda: multiply(left)) for _ in range(6))  # the first one compiles
    return 8 * 2 * width**3 / seconds / 1e12, f"measured: bfloat16 products of {width} x {width}, best of 5"


def timed(run):
    """Seconds from the call to the end of the work on the device."""
    start = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - start


def flops_per_token(encoder, length):
    """Counts what one token costs in training: forward, and twice as much backward.

    6 for each parameter that a token is multiplied with (the Transformer layers; the tables are looked up in, the head
    sees one vector a text), and the two products of attention.
    Source: Chowdhery et al., 2022, "PaLM", appendix B; Kaplan et al., 2020, "Scaling laws", section 2.1.
    """
    parameters = sum(layer.count_params() for layer in encoder.transformer_layers)
    return 6 * parameters + 12 * encoder.settings["num_layers"] * encoder.settings["hidden_dim"] * length


def build(size, length, dtype):
    """Gives `(encoder, classifier)`."""
    keras.utils.clear_session()  # the memory of the model before
    keras.utils.set_random_seed(0)
    settings = {**asdict(BERT_SIZES[size]), "max_length": max(length, BERT_SIZES[size].max_length)}
    encoder = BertEncoder(**settings, pooler=False, dtype=dtype)
    inputs = {
        name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "segment_ids", "padding_mask")
    }
    states = encoder(inputs)["sequence_output"]
    vector = MeanPooling(dtype=dtype)(states, mask=inputs["padding_mask"])
    vector = keras.layers.Dropout(0.1, dtype=dtype)(vector)
    return encoder, keras.Model(inputs, keras.layers.Dense(2, dtype="float32")(vector))


def training(model):
    """Gives Keras's step as a function of JAX, which changes its state in place, and the state."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = AdamW(1e-4, 0.01, not_decayed=["bias", "gamma", "beta"], global_clipnorm=1.0, epsilon=1e-8)
    optimizer.build(model.trainable_variables)

    def loss_of(trainable, fixed, inputs, labels):
        logits, fixed = model.stateless_call(trainable, fixed, inputs, training=True)
        return loss(labels, logits), fixed

    def step(state, inputs, labels):
        trainable, fixed, averages = state
        (value, fixed), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable, fixed, inputs, labels)
        trainable, averages = optimizer.stateless_apply(averages, gradients, trainable)
        return (trainable, fixed, averages), value

    variables = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
    return jax.jit(step, donate_argnums=0), _values(variables)


def inference(model):
    """Gives the same for labels from ids: nothing changes."""

    def step(state, inputs, labels):
        logits, _ = model.stateless_call(*state, inputs, training=False)
        return state, logits.sum()

    return jax.jit(step, donate_argnums=0), _values((model.trainable_variables, model.non_trainable_variables))


def _values(groups):
    # Copies: the step gives the memory of its state away, and the model's own variables are to stay.
    return tuple([jnp.copy(variable.value) for variable in group] for group in groups)


JOBS = {"training": (training, 1), "inference": (inference, 3)}  # the share of training's operations: whole, a third


def texts(rows, length):
    """Gives random ids without padding, and labels, on the device."""
    random = np.random.default_rng(0)
    ids = random.integers(1000, 30000, (rows, length)).astype("int32")
    inputs = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": np.ones_like(ids)}
    return jax.device_put((inputs, random.integers(0, 2, rows)))


def measure(job, case, rows, args):
    """Gives what one job comes to with so many rows a batch, or None where the device has not enough memory."""
    make, divisor = JOBS[job]
    encoder, model = build(*case)
    step, state = make(model)
    batch = texts(rows, case[1])
    try:
        start = time.perf_counter()
        step = step.lower(state, *batch).compile()
        compiled = time.perf_counter() - start
        (state, value), warm = run_steps(step, state, batch, args.warm_up)
        seconds = []
        for _ in range(args.rounds):
            (state, value), taken = run_steps(step, state, batch, args.steps)
            seconds.append(taken / args.steps)
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        return None
    if not np.isfinite(float(value)):
        raise SystemExit(f"{job} of {' '.join(map(str, case))} came to {float(value)}.")
    flops = flops_per_token(encoder, case[1]) / divisor
    return {
        **named(job, case, rows),
        **figures(seconds, rows, case[1], flops, args.peak),
        "compile_s": round(compiled, 1),
        "warm_up_s": round(warm, 2),
    }


def named(job, case, rows):
    """Says what was measured."""
    return {"job": job, **dict(zip(("size", "length", "dtype"), case, strict=True)), "rows": rows}


def figures(seconds, rows, length, flops, peak):
    """Turns the seconds of a step, one figure a round, into speeds; `flops` are those of a token."""
    speeds = [rows * length / second for second in seconds]
    speed = statistics.median(speeds)
    return {
        "tokens_per_second": round(speed),
        "tokens_per_second_rounds": [round(each) for each in speeds],
        "rows_per_second": round(speed / length, 1),
        "step_ms": round(1000 * statistics.median(seconds), 3),
        "model_tflops": round(speed * flops / 1e12, 3),
        "share_of_bfloat16_peak": round(speed * flops / 1e12 / peak, 4),
    }


def run_steps(step, state, batch, steps):
    """Runs some steps, one behind the other; gives what the last one gave and the seconds."""

    def run():
        result = (state, None)
        for _ in range(steps):
            result = step(result[0], *batch)
        return result

    start = time.perf_counter()
    result = jax.block_until_ready(run())
    return result, time.perf_counter() - start


def measure_what_fits(job, case, args):
    """Halves the batch until it fits."""
    rows = max(1, args.tokens // case[1])
    while (found := measure(job, case, rows, args)) is None:
        if rows == 1:
            return {**named(job, case, None), "failed": "one row is more than the device's memory"}
        rows //= 2
    return found


def about(device, source, args):
    """Describes what the figures depend on."""
    return {
        "device": device.device_kind,
        "platform": device.platform,
        "devices": f"1 of {jax.device_count()}",
        "jax": jax.__version__,
        "keras": keras.__version__,
        "bfloat16_peak_tflops": round(args.peak, 2),
        "peak": source,
        # None is the device's own choice, for float32: TensorFloat-32 on NVIDIA, bfloat16 passes on TPU.
        "float32_products": jax.config.jax_default_matmul_precision,
        "tokens_a_batch": args.tokens,
        "steps": args.steps,
        "rounds": args.rounds,
        "tensorflow_installed": importlib.util.find_spec("tensorflow") is not None,
        "quick": args.quick,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=list(BERT_SIZES), default=["minilm", "base"])
    parser.add_argument("--lengths", nargs="+", type=int, default=[128, 512])
    parser.add_argument("--dtypes", nargs="+", default=["mixed_bfloat16", "float32"])
    parser.add_argument("--jobs", nargs="+", choices=list(JOBS), default=list(JOBS))
    parser.add_argument("--tokens", type=int, default=65536, help="tokens a batch; fewer where memory ends")
    parser.add_argument("--steps", type=int, default=20, help="steps a round")
    parser.add_argument("--warm-up", type=int, default=3, help="steps before the first round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    if args.quick:
        args.sizes, args.lengths, args.tokens = ["tiny"], [16, 32], 128
        args.steps, args.warm_up, args.rounds = 2, 1, 1
    device = jax.devices()[0]
    args.peak, source = peak(device)
    print(json.dumps(about(device, source, args)), flush=True)
    for size in args.sizes:
        for length in args.lengths:
            for job in args.jobs:
                for dtype in args.dtypes:
                    print(json.dumps(measure_what_fits(job, (size, length, dtype), args)), flush=True)


if __name__ == "__main__":
    main()
