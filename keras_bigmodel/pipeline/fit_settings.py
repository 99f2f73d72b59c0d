"""The settings of a run that say how it trains. Knows no TensorFlow."""

from dataclasses import dataclass

from keras_bigmodel.core.settings import setting


@dataclass(frozen=True, kw_only=True)
class FitSettings:
    """What a person decides about the training of a run."""

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
        """Returns field → (whether its number is in its range, the range in words)."""
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
