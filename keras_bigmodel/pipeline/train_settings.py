"""Holds the settings of a training run. Knows their names, ranges and help texts; no TensorFlow."""

import math
from dataclasses import dataclass, fields

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.settings import option_of, setting
from keras_bigmodel.edge.lite_contents import QUANTIZERS
from keras_bigmodel.tables.table import INPUTS, TableOptions

MAX_DROP = 0.5  # points of accuracy
_OPS = ("auto", "core", "text")
_HEADS = ("linear", "cosine")
_QUANTIZERS = QUANTIZERS["litert"]
_FORMATS = "saved_model or saved_model,litert"


@dataclass(frozen=True, kw_only=True)
class _RunNames:
    table: str = setting(help="Table to train on: .csv, .tsv, .jsonl or .parquet.")
    out: str = setting(help="Folder of the model, e.g. saved_models/reviews; gets the next version.")


@dataclass(frozen=True, kw_only=True)
class TableSettings(TableOptions, _RunNames):
    """Holds the settings of the tables of a run, and the model's folder; see the fields' help texts."""

    validation: str | None = setting(None, help="Table to validate on, instead of a part held back.")
    validation_share: float = setting(0.1, help="Share of the rows held back.")
    test: str | None = setting(None, help="Table to measure on at the end.")
    min_rows: int | None = setting(None, help="Leave labels with fewer rows than this out.")
    stream: bool | None = setting(
        None,
        help="Read the table row by row, its tokens on the disk: the same memory for any number of rows, 20,000 of "
        "which are held back at most; default: for files above 256 MB.",
    )

    def checks(self):
        """Returns dict of field → `(whether its number is in its range, the range in words)`."""
        return {
            "validation_share": (0 < self.validation_share < 1, "between 0 and 1, e.g. 0.1"),
            "min_rows": (self.min_rows is None or self.min_rows >= 1, "1 or more"),
        }

    @property
    def input_columns(self):
        """Returns the input columns of the task for these tables: tuple of str."""
        return tuple(name for role, name in INPUTS.items() if role == "text" or getattr(self, role) is not None)


@dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """Holds the settings of the model of a run; see the fields' help texts."""

    task: str | None = setting(
        None,
        help="Kind of task: classification, multi_label, regression or token_classification; default: as it looks.",
    )
    encoder: str = setting("minilm", help="minilm, or a BERT folder as Hugging Face writes it.")
    from_last: bool = setting(False, option="continue", help="Begin from the last version instead of the encoder.")
    pooling: str | None = setting(None, help="mean, cls or pooler; default: as the encoder says.")
    max_length: int | None = setting(None, help="Tokens of a text at most; default 128.")
    mode: str = setting("exact", help="Tokenizer: exact (as Hugging Face) or fast.")
    ops: str = setting(
        "auto",
        help="Ops of the tokenizer: core (TensorFlow's own), text (tensorflow-text's), auto (text if installed).",
    )
    freeze_encoder: bool = setting(False, help="Train the head only.")
    dropout: float = setting(0.1, help="Share of the text's vector dropped in training.")
    head: str = setting(
        "linear", help="Of regression: linear, or cosine: of the vectors of two texts, each encoded for itself."
    )
    threshold: float | None = setting(
        None, help="Of multi_label: probability from which a text has a label; default: chosen for each label."
    )
    overlap: int | None = setting(
        None,
        help="Of token_classification: tokens that the windows of a long text share; default: a quarter of a window.",
    )
    truncate: bool = setting(False, help="Of token_classification: cut long texts instead of reading them in windows.")
    l2: float = setting(0.0, help="Penalty on the squares of the head's weights.")
    label_smoothing: float = setting(
        0.0, help="Share of each label spread over all; shown losses are then of the smoothed labels."
    )
    class_weight: str | dict | None = setting(
        None, help="balanced, or the weights of labels, e.g. spam=3,ham=1; multiplied with the rows' weights."
    )

    def checks(self):
        """Returns dict of field → `(whether its value is in its range, the range in words)`."""
        return {
            "ops": (self.ops in _OPS, f"one of {', '.join(_OPS)}"),
            "dropout": (0 <= self.dropout < 1, "from 0 to below 1"),
            "head": (self.head in _HEADS, f"one of {', '.join(_HEADS)}"),
            "overlap": (self.overlap is None or self.overlap >= 0, "0 or more"),
            "threshold": (self.threshold is None or 0 <= self.threshold <= 1, "a probability from 0 to 1, e.g. 0.5"),
            "l2": (self.l2 >= 0, "0 or more"),
            "label_smoothing": (0 <= self.label_smoothing < 1, "from 0 to below 1, e.g. 0.1"),
        }

    def check_together(self):
        """Checks that the settings do not contradict each other.

        Raises:
            UserError: they do; the message names them.
        """
        if self.from_last and (self.pooling is not None or self.max_length is not None):
            raise UserError(
                "--continue takes pooling and length from the last version; leave --pooling and --max-length out."
            )
        if self.truncate and self.overlap is not None:
            raise UserError(f"--overlap {self.overlap} is of windows, and --truncate has none. Leave one out.")
        if self.head == "cosine" and self.pair is None:
            raise UserError("--head cosine compares two texts. Name the column of the second with --pair.")


@dataclass(frozen=True, kw_only=True)
class FitSettings:
    """Holds the settings of the training of a run; see the fields' help texts."""

    epochs: int = setting(3, help="Times through the table.")
    batch_size: int = setting(32, help="Rows in a batch.")
    accumulate: int = setting(1, help="Batches that make one update of the weights together.")
    learning_rate: float | None = setting(None, help="Highest learning rate; default 1e-4, with --freeze-encoder 1e-2.")
    weight_decay: float = setting(0.01, help="Weight decay of AdamW.")
    patience: int | None = setting(
        None, help="Stop after this many epochs without a lower validation loss, and take the best epoch's weights."
    )
    dtype: str = setting("auto", help="auto, float32 or mixed_bfloat16.")
    seed: int = setting(0, help="Of the split, the order and the dropout.")
    deterministic: bool = setting(False, help="The same weights to the last bit each time; slower.")
    checkpoint_minutes: float | None = setting(
        None, help="Keep the state of the run that often, besides after every epoch."
    )
    tensorboard: str | None = setting(None, help="Folder for TensorBoard's events.")

    def checks(self):
        """Returns dict of field → `(whether its number is in its range, the range in words)`."""
        return {
            "epochs": (self.epochs >= 1, "1 or more"),
            "batch_size": (self.batch_size >= 1, "1 or more"),
            "accumulate": (self.accumulate >= 1, "1 or more"),
            "learning_rate": (self.learning_rate is None or self.learning_rate > 0, "above 0, e.g. 1e-4"),
            "weight_decay": (self.weight_decay >= 0, "0 or more"),
            "patience": (self.patience is None or self.patience >= 1, "1 or more"),
            "checkpoint_minutes": (self.checkpoint_minutes is None or self.checkpoint_minutes >= 0, "0 or more"),
            "seed": (0 <= self.seed < 2**32, "0 to 4294967295"),
        }


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """Holds the settings of what a version holds besides its SavedModel; see the fields' help texts."""

    formats: str = setting("saved_model", help="saved_model, or saved_model,litert: a file for phones in lite/, too.")
    quantize: str = setting(_QUANTIZERS[0], help="Weights of the LiteRT file: int8, int4, float16 or none.")
    max_drop: float = setting(MAX_DROP, help="Points of accuracy that the LiteRT file may lose on the validation rows.")

    def checks(self):
        """Returns dict of field → `(whether it is in its range, the range in words)`."""
        known = {"saved_model", "litert", "tflite"}
        return {
            "formats": (set(self.formats.split(",")) <= known and "saved_model" in self.formats, _FORMATS),
            "quantize": (self.quantize in _QUANTIZERS, f"one of {', '.join(_QUANTIZERS)}"),
            "max_drop": (0 <= self.max_drop <= 100, "0 to 100"),
        }

    @property
    def with_litert(self):
        """Returns whether the version gets a LiteRT file: bool."""
        return bool({"litert", "tflite"} & set(self.formats.split(",")))


@dataclass(frozen=True, kw_only=True)
class RejectionSettings:
    """Holds the settings by which a model rejects texts that it is not sure of; see the fields' help texts."""

    reject_below: float | None = setting(
        None, help="Give no label to a text whose highest probability is lower; it is answered as rejected."
    )
    keep_accuracy: float | None = setting(
        None, help="Choose --reject-below on the validation rows, so that this share of the answers kept is right."
    )


_PARTS = (TableSettings, TaskSettings, FitSettings, ExportSettings)


@dataclass(frozen=True, kw_only=True)
class TrainSettings(RejectionSettings, ExportSettings, FitSettings, TaskSettings, TableSettings):
    """Holds all settings of a run, with the same names in Python, on the command line and in a settings file.

    Raises:
        UserError: a number is out of its range, or settings contradict each other.
    """

    def __post_init__(self):
        options = {entry.name: option_of(entry) for entry in fields(self)}
        for part in _PARTS:
            for name, (good, wanted) in part.checks(self).items():
                value = getattr(self, name)
                if not good or (isinstance(value, float) and not math.isfinite(value)):
                    raise UserError(f"{options[name]} {getattr(self, name)} came; wanted {wanted}.")
        self.check_together()
        check_rejection(self.reject_below, self.keep_accuracy)
        if not self.with_litert and (self.quantize, self.max_drop) != (_QUANTIZERS[0], MAX_DROP):
            raise UserError(
                "--quantize and --max-drop are of a LiteRT file, which --formats does not name. Leave them out, or say "
                "--formats saved_model,litert."
            )
        if self.with_litert and self.mode == "fast":
            raise UserError(
                "--formats with litert came with --mode fast, whose tokenizer needs tensorflow_text, which no phone "
                "has. Leave --mode out."
            )


def check_rejection(reject_below, keep_accuracy):
    """Checks that a threshold is given, or chosen for an accuracy, or neither.

    Args:
        reject_below: float or None.
        keep_accuracy: float or None.

    Raises:
        UserError: both are given, or one is out of its range.
    """
    if reject_below is not None and not 0 <= reject_below < 1:
        raise UserError(f"--reject-below {reject_below} came; wanted a probability from 0 to below 1, e.g. 0.8.")
    if keep_accuracy is not None and not 0 < keep_accuracy <= 1:
        raise UserError(f"--keep-accuracy {keep_accuracy} came; wanted a share of right answers, e.g. 0.98.")
    if reject_below is not None and keep_accuracy is not None:
        raise UserError(
            f"--reject-below {reject_below} and --keep-accuracy {keep_accuracy} came; the second chooses the first. "
            "Leave one out."
        )
