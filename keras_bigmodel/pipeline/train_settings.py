"""The settings of a training run. Knows no TensorFlow."""

from dataclasses import dataclass

from keras_bigmodel.core.errors import UserError


@dataclass(frozen=True)
class TrainSettings:
    """What a person decides about a run.

    Args:
        table: str. Path of the table to train on.
        out: str. Folder of the model's versions; its last part is the model's name.
        text: str. Column of the text.
        pair: str or None. Column of the second text, for pairs.
        label: str. Column of the label.
        validation: str or None. Path of a table to validate on. Without it a share of the rows is held back.
        validation_share: float in (0, 1). The share of the rows held back.
        test: str or None. Path of a table to measure on at the end.
        encoder: str. Name or folder of the encoder.
        epochs: int.
        batch_size: int. Rows in a batch.
        learning_rate: float. The peak.
        weight_decay: float.
        dropout: float in [0, 1). On the text's vector.
        pooling: str or None. As `TextClassifier`.
        max_length: int or None. Tokens of a text at most.
        mode: str. The tokenizer's mode.
        dtype: str. What training computes in.
        seed: int.

    Raises:
        UserError: a number outside its range.
    """

    table: str
    out: str
    text: str = "text"
    pair: str | None = None
    label: str = "label"
    validation: str | None = None
    validation_share: float = 0.1
    test: str | None = None
    encoder: str = "minilm"
    epochs: int = 3
    batch_size: int = 32
    learning_rate: float = 1e-4
    weight_decay: float = 0.01
    dropout: float = 0.1
    pooling: str | None = None
    max_length: int | None = None
    mode: str = "exact"
    dtype: str = "auto"
    seed: int = 0

    def __post_init__(self):
        checks = {
            "epochs": (self.epochs >= 1, "1 or more"),
            "batch_size": (self.batch_size >= 1, "1 or more"),
            "learning_rate": (self.learning_rate > 0, "above 0, e.g. 1e-4"),
            "weight_decay": (self.weight_decay >= 0, "0 or more"),
            "dropout": (0 <= self.dropout < 1, "from 0 to below 1"),
            "validation_share": (0 < self.validation_share < 1, "between 0 and 1, e.g. 0.1"),
            "seed": (0 <= self.seed < 2**32, "0 to 4294967295"),
        }
        for name, (good, wanted) in checks.items():
            if not good:
                option = "--" + name.replace("_", "-")
                raise UserError(f"{option} {getattr(self, name)} came; wanted {wanted}.")
