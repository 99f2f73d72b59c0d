"""Which side measures what, as data. Knows the names of the sides' functions; runs nothing."""

from dataclasses import dataclass, field, replace

OURS, TORCH, KERAS_HUB = "keras_bigmodel", "torch", "keras_hub"
SIDES = (OURS, TORCH, KERAS_HUB)
JOBS = ("training", "fixed", "prediction", "single", "tokens", "memory", "growth")
BOTH = ("float32", "bfloat16")
SETS = ("sst2", "ag_news")
FIXED = "32 x 128"  # rows of 128 tokens, no padding

# The programs that are compared, as tables and pictures name them.
TASK, SAVED_MODEL, LITE_RT = "keras_bigmodel", "SavedModel", "LiteRT"
PYTORCH, PLAIN_PYTORCH = "PyTorch", "PyTorch, plain AdamW"
PIPELINE, ONNX, OPEN_VINO = "transformers pipeline", "ONNX Runtime", "OpenVINO"
HUB, SHORT_HUB, HUB_LITE = "KerasHub 128", "KerasHub 64", "KerasHub LiteRT"
TOKENIZERS = "tokenizers"

# Growth: one number at a time away from MiniLM's shape at 128 tokens.
_SHAPE = {"length": 128, "layers": 6, "hidden": 384}
_GROWTH = {"length": (16, 64, 128, 256, 512), "layers": (2, 6, 12), "hidden": (128, 384, 768)}
_TOKENS_A_BATCH = 4096


@dataclass(frozen=True)
class Case:
    """One side at one piece of work: a process in every round.

    Args:
        jobs: tuple of str. The jobs that want it; the first names its measurements.
        who: str. The program.
        side: str. One of `SIDES`: whose environment runs it.
        script: str. Under `benchmarks/`.
        function: str. In the script's table, or None for a script that has none.
        set: str. The texts.
        dtype: str.
        settings: dict. What else the function is told.
        arguments: tuple of str. For a script without a table; `{data}` stands for the data folder.
        rehearse: bool. Whether it runs once before the rounds, so that its files are in memory.
        once: bool. Whether one round is enough.
        by_rows: bool. Whether its lines are told apart by their own `job` and `rows`.
    """

    jobs: tuple
    who: str
    side: str
    script: str
    function: str | None = None
    set: str = ""
    dtype: str = ""
    settings: dict = field(default_factory=dict)
    arguments: tuple = ()
    rehearse: bool = False
    once: bool = False
    by_rows: bool = False

    @property
    def key(self):
        """`(job, who, set, dtype)`, by which comparisons find its measurements."""
        return (self.jobs[0], self.who, self.set, self.dtype)

    @property
    def title(self):
        """str: for people."""
        return " ".join(part for part in (self.jobs[0], self.set, self.who, self.dtype) if part)


_TASK = {"side": OURS, "script": "sides/keras_bigmodel_side.py"}
_SAVED = {"side": OURS, "script": "sides/saved_model_side.py"}
_LITE = {"side": OURS, "script": "sides/lite_side.py"}
_TORCH = {"side": TORCH, "script": "sides/torch_side.py"}
_ONNX = {"side": TORCH, "script": "sides/onnx_side.py"}
_HUB = {"side": KERAS_HUB, "script": "sides/keras_hub_side.py"}
_ON_ONNX, _ON_OPEN_VINO = {"runtime": "onnxruntime"}, {"runtime": "openvino"}
_FEW = {"few_rows": True}  # KerasHub takes minutes where others take seconds: a rate needs no more

# (who, where, dtypes, settings)
_TRAINERS = (
    (TASK, _TASK, BOTH, {}),
    (PYTORCH, _TORCH, BOTH, {}),
    # torch.optim.AdamW as a script makes it; the Trainer's is one fused kernel.
    (PLAIN_PYTORCH, _TORCH, ("bfloat16",), {"fused_optimizer": False}),
    (HUB, _HUB, ("float32",), {"length": 128, **_FEW}),
    (SHORT_HUB, _HUB, ("bfloat16",), {"length": 64, **_FEW}),
)
_PREDICTORS = (
    (TASK, _TASK, BOTH, {}),
    (SAVED_MODEL, _SAVED, BOTH, {}),
    (LITE_RT, _LITE, ("int8",), {}),
    # bfloat16 is autocast; the second has its weights in bfloat16 too.
    (PYTORCH, _TORCH, (*BOTH, "bfloat16 weights"), {}),
    (ONNX, _ONNX, ("int8",), _ON_ONNX),
    (OPEN_VINO, _ONNX, ("int8",), _ON_OPEN_VINO),
    (HUB, _HUB, ("float32",), {"length": 128, **_FEW}),
    (SHORT_HUB, _HUB, ("bfloat16",), {"length": 64, **_FEW}),
)
_FIXED_TRAINERS = (
    (TASK, _TASK, BOTH, {}),
    (PYTORCH, _TORCH, BOTH, {}),
    (HUB, _HUB, BOTH, {"length": 128, **_FEW}),
)
_FIXED_PREDICTORS = ((SAVED_MODEL, _SAVED, BOTH, {}), (PYTORCH, _TORCH, (*BOTH, "bfloat16 weights"), {}))
_ONE_BY_ONE = (
    (SAVED_MODEL, _SAVED, BOTH, {}),
    (LITE_RT, _LITE, ("float32", "int8"), {}),
    (PIPELINE, _TORCH, BOTH, {}),
    (ONNX, _ONNX, ("float32", "int8"), _ON_ONNX),
    (HUB_LITE, _HUB, ("float32",), {"length": 64}),
)
LENGTHS = (32, 128)  # of one row of ids, on one thread, as on a phone
_STARTERS = (
    (SAVED_MODEL, _SAVED, ("float32",), {}),
    (TASK, _TASK, ("float32",), {}),
    (LITE_RT, _LITE, ("int8",), {}),
    (PIPELINE, _TORCH, ("float32",), {}),
)


def all_cases(*, streaming=False):
    """Lists every case of a full run.

    Args:
        streaming: bool. Whether `benchmarks/streaming.py` is there to measure the growth of rows.
    """
    cases = []
    memory = {"sst2": ("memory",)}  # its peaks are read from the same processes
    for name in SETS:
        cases += _table(("training", *memory.get(name, ())), _TRAINERS, "training", name)
    cases += _table(("fixed",), _FIXED_TRAINERS, "fixed_training", FIXED)
    for name in SETS:
        cases += _table(("prediction", *memory.get(name, ())), _PREDICTORS, "prediction", name)
    cases += _table(("prediction",), _FIXED_PREDICTORS, "fixed_prediction", FIXED)
    cases += _table(("single",), _ONE_BY_ONE, "single", "sst2")
    for length in LENGTHS:
        on_ids = {"length": length, "threads": 1}
        sides = ((LITE_RT, _LITE, ("int8",), on_ids), (ONNX, _ONNX, ("int8",), {**on_ids, **_ON_ONNX}))
        cases += _table(("single",), sides, "latency", f"{length} ids, 1 thread")
    cases += [_tokenizing(threads) for threads in (1, 2)]
    cases += _table(("memory",), _STARTERS, "first_prediction", "start", rehearse=True)
    for axis in _GROWTH:
        settings = {"points": growth_points(axis), "tokens_a_batch": _TOKENS_A_BATCH}
        for who, where in ((TASK, _TASK), (PYTORCH, _TORCH)):
            cases.append(
                Case(("growth",), who, **where, function="growth", set=axis, dtype="bfloat16", settings=settings)
            )
    if streaming:
        rows = Case(("growth",), TASK, OURS, "streaming.py", set="rows", once=True, by_rows=True)
        cases.append(rows)
    return cases


def toy_cases():
    """Lists the cases of a quick run: each job once, on one set in one dtype, at toy size."""
    growth = {"points": [{"length": 16, "layers": 1, "hidden": 64, "name": "length 16"}], "tokens_a_batch": 256}
    kept = [case for case in all_cases() if case.dtype == "float32" and case.set in ("sst2", FIXED, "start")]
    kept.append(_tokenizing(1, "--runs", "1", "--most", "100"))
    return kept + [replace(case, settings=growth) for case in all_cases() if case.set == "length"]


def growth_points(axis):
    """Gives the shapes of one axis of growth, each with a `name` such as `"length 16"`."""
    return [{**_SHAPE, axis: number, "name": f"{axis} {number}"} for number in _GROWTH[axis]]


def growth_names():
    """Gives the names of all points of growth."""
    return [point["name"] for axis in _GROWTH for point in growth_points(axis)]


def _table(jobs, rows, function, name, **more):
    return [
        Case(jobs, who, **where, function=function, set=name, dtype=dtype, settings=settings, **more)
        for who, where, dtypes, settings in rows
        for dtype in dtypes
    ]


def _tokenizing(threads, *more):
    arguments = ("{data}", "--json", "--threads", str(threads), "--texts", "English", "Chinese", *more)
    return Case(
        ("tokens",),
        TASK,
        OURS,
        "tokenize_speed.py",
        set=f"{threads} thread{'s' if threads > 1 else ''}",
        arguments=arguments,
        settings={"threads": threads},
    )
