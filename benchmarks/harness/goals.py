"""What is compared with what, and what was promised, as data. Knows the cases' names; computes nothing."""

from .cases import (
    BOTH,
    FIXED,
    HUB,
    LITE_RT,
    ONNX,
    OPEN_VINO,
    PIPELINE,
    PLAIN_PYTORCH,
    PYTORCH,
    SAVED_MODEL,
    SHORT_HUB,
    TASK,
    TOKENIZERS,
    growth_names,
)
from .comparison import Comparison, Pick

_F32, _BF16, _INT8, _NONE = ("float32",), ("bfloat16",), ("int8",), ("",)
_HALF = ("bfloat16", "bfloat16 weights")  # PyTorch's two ways; the faster one counts

# (job, texts, figure)
_TRAIN_SST2 = ("training", "sst2", "rows_per_second")
_TRAIN_NEWS = ("training", "ag_news", "rows_per_second")
_TRAIN_FIXED = ("fixed", FIXED, "rows_per_second")
_TRAIN_MEMORY = ("training", "sst2", "peak_mb")
_SST2 = ("prediction", "sst2", "rows_per_second")
_NEWS = ("prediction", "ag_news", "rows_per_second")
_FIXED = ("prediction", FIXED, "rows_per_second")
_MEMORY = ("prediction", "sst2", "peak_mb")
_ONE = ("single", "sst2", "median_ms")
_START = ("memory", "start", "first_prediction_s")

# (name, (job, texts, figure), (ours, dtypes), (peer, dtypes), goal)
_GOALS = (
    ("training SST-2, bf16 : PyTorch bf16, plain AdamW", _TRAIN_SST2, (TASK, _BF16), (PLAIN_PYTORCH, _BF16), 2.0),
    ("training SST-2, bf16 : KerasHub 128 fp32", _TRAIN_SST2, (TASK, _BF16), (HUB, _F32), 10.0),
    ("training 32 x 128, best : PyTorch best", _TRAIN_FIXED, (TASK, BOTH), (PYTORCH, BOTH), 1.6),
    ("prediction SST-2, best : PyTorch bf16", _SST2, (TASK, BOTH), (PYTORCH, _HALF), 1.5),
    ("prediction AG News, best : PyTorch bf16", _NEWS, (TASK, BOTH), (PYTORCH, _HALF), 1.5),
    ("SavedModel tokens 32 x 128, bf16 : PyTorch bf16", _FIXED, (SAVED_MODEL, _BF16), (PYTORCH, _HALF), 1.0),
    *(
        (f"prediction {name}, LiteRT int8 : {peer}", job, (LITE_RT, _INT8), (who, dtypes), goal)
        for name, job in (("SST-2", _SST2), ("AG News", _NEWS))
        for peer, who, dtypes, goal in (
            ("PyTorch bf16", PYTORCH, _HALF, 1.5),
            ("ONNX Runtime int8", ONNX, _INT8, 1.0),
            ("OpenVINO int8", OPEN_VINO, _INT8, 1.0),
        )
    ),
    *(
        (f"{ids}, LiteRT int8 : ONNX Runtime int8", ("single", ids, "median_ms"), (LITE_RT, _INT8), (ONNX, _INT8), goal)
        for ids, goal in (("32 ids, 1 thread", 0.7), ("128 ids, 1 thread", 0.8))
    ),
    *(
        (
            f"tokenisation {texts} : tokenizers",
            ("tokens", texts, "mb_per_second"),
            (TASK, _NONE),
            (TOKENIZERS, _NONE),
            2.0,
        )
        for texts in ("English, 1 thread", "English, 2 threads", "Chinese, 1 thread", "Chinese, 2 threads")
    ),
    ("peak memory, training SST-2, bf16 : PyTorch", _TRAIN_MEMORY, (TASK, _BF16), (PYTORCH, _BF16), 1.0),
    ("peak memory, training SST-2, fp32 : PyTorch", _TRAIN_MEMORY, (TASK, _F32), (PYTORCH, _F32), 1.0),
    ("start to first prediction, SavedModel : pipeline", _START, (SAVED_MODEL, _F32), (PIPELINE, _F32), 1.0),
)
# Worth knowing, with nothing promised.
_BESIDES = (
    ("training SST-2, bf16 : PyTorch bf16", _TRAIN_SST2, (TASK, _BF16), (PYTORCH, _BF16), None),
    ("training SST-2, fp32 : PyTorch fp32", _TRAIN_SST2, (TASK, _F32), (PYTORCH, _F32), None),
    ("training SST-2, best : PyTorch best", _TRAIN_SST2, (TASK, BOTH), (PYTORCH, BOTH), None),
    ("training SST-2, bf16 : KerasHub 64 bf16", _TRAIN_SST2, (TASK, _BF16), (SHORT_HUB, _BF16), None),
    ("training AG News, bf16 : PyTorch bf16", _TRAIN_NEWS, (TASK, _BF16), (PYTORCH, _BF16), None),
    ("training AG News, fp32 : PyTorch fp32", _TRAIN_NEWS, (TASK, _F32), (PYTORCH, _F32), None),
    ("training AG News, bf16 : KerasHub 128 fp32", _TRAIN_NEWS, (TASK, _BF16), (HUB, _F32), None),
    ("training 32 x 128, best : KerasHub best", _TRAIN_FIXED, (TASK, BOTH), (HUB, BOTH), None),
    ("prediction SST-2, fp32 : PyTorch fp32", _SST2, (TASK, _F32), (PYTORCH, _F32), None),
    ("prediction SST-2, best : KerasHub 128 fp32", _SST2, (TASK, BOTH), (HUB, _F32), None),
    ("prediction AG News, fp32 : PyTorch fp32", _NEWS, (TASK, _F32), (PYTORCH, _F32), None),
    ("SavedModel from strings SST-2, best : PyTorch bf16", _SST2, (SAVED_MODEL, BOTH), (PYTORCH, _HALF), None),
    ("SavedModel from strings AG News, best : PyTorch bf16", _NEWS, (SAVED_MODEL, BOTH), (PYTORCH, _HALF), None),
    ("SavedModel tokens 32 x 128, fp32 : PyTorch fp32", _FIXED, (SAVED_MODEL, _F32), (PYTORCH, _F32), None),
    ("one text, LiteRT int8 : ONNX Runtime int8", _ONE, (LITE_RT, _INT8), (ONNX, _INT8), None),
    ("one text, LiteRT int8 : pipeline best", _ONE, (LITE_RT, _INT8), (PIPELINE, BOTH), None),
    ("one text, SavedModel fp32 : pipeline fp32", _ONE, (SAVED_MODEL, _F32), (PIPELINE, _F32), None),
    ("one text, SavedModel best : pipeline best", _ONE, (SAVED_MODEL, BOTH), (PIPELINE, BOTH), None),
    ("one text, SavedModel fp32 : ONNX Runtime fp32", _ONE, (SAVED_MODEL, _F32), (ONNX, _F32), None),
    ("peak memory, prediction SST-2, fp32 : PyTorch", _MEMORY, (TASK, _F32), (PYTORCH, _F32), None),
    ("peak memory, training SST-2, fp32 : KerasHub 128", _TRAIN_MEMORY, (TASK, _F32), (HUB, _F32), None),
    ("start to first prediction, LiteRT int8 : pipeline", _START, (LITE_RT, _INT8), (PIPELINE, _F32), None),
    ("start to first prediction, TextClassifier.load : pipeline", _START, (TASK, _F32), (PIPELINE, _F32), None),
    *(
        (
            f"{step} {name}, bf16 : PyTorch",
            ("growth", f"{name}, {step}", "rows_per_second"),
            (TASK, _BF16),
            (PYTORCH, _BF16),
            None,
        )
        for name in growth_names()
        for step in ("training", "prediction")
    ),
)


def comparisons():
    """Lists what is compared, what has a goal first."""
    return [
        Comparison(name, metric, Pick(job, ours[0], texts, ours[1]), Pick(job, peer[0], texts, peer[1]), goal)
        for name, (job, texts, metric), ours, peer, goal in (*_GOALS, *_BESIDES)
    ]
