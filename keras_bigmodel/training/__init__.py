"""Optimizer, learning rate, loss, dtype and callbacks of a training run. Knows no task."""

from keras_bigmodel.training.adamw import AdamW
from keras_bigmodel.training.backup_and_resume import BackupAndResume, RunStopped
from keras_bigmodel.training.dtype_choice import fastest_dtype, resolve_dtype
from keras_bigmodel.training.gradient_accumulation import ApplyAccumulated, inner_optimizer, iterations_per_epoch
from keras_bigmodel.training.recipe import (
    FROZEN_LEARNING_RATE,
    LEARNING_RATE,
    RECIPE_NAME,
    WARMUP_SHARE,
    WEIGHT_DECAY,
    recipe_optimizer,
)
from keras_bigmodel.training.report_progress import ReportPredicting, ReportProgress
from keras_bigmodel.training.scaled_squared_error import ScaledSquaredError
from keras_bigmodel.training.skipping_step import SkippingStep
from keras_bigmodel.training.smoothed_crossentropy import SmoothedCrossentropy
from keras_bigmodel.training.stop_at_nan import StopAtNaN
from keras_bigmodel.training.training_state import TrainingState
from keras_bigmodel.training.warmup_decay import WarmupDecay

__all__ = [
    "FROZEN_LEARNING_RATE",
    "LEARNING_RATE",
    "RECIPE_NAME",
    "WARMUP_SHARE",
    "WEIGHT_DECAY",
    "AdamW",
    "ApplyAccumulated",
    "BackupAndResume",
    "ReportPredicting",
    "ReportProgress",
    "RunStopped",
    "ScaledSquaredError",
    "SkippingStep",
    "SmoothedCrossentropy",
    "StopAtNaN",
    "TrainingState",
    "WarmupDecay",
    "fastest_dtype",
    "inner_optimizer",
    "iterations_per_epoch",
    "recipe_optimizer",
    "resolve_dtype",
]
