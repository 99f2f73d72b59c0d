"""The settings of a run that say what is trained. Knows no TensorFlow."""

from dataclasses import dataclass

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.settings import setting


@dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """What a person decides about the model of a run."""

    task: str = setting("classification", help="Kind of task; known: classification.")
    encoder: str = setting("minilm", help="minilm, or a BERT folder as Hugging Face writes it.")
    from_last: bool = setting(False, option="continue", help="Begin from the last version instead of the encoder.")
    pooling: str | None = setting(None, help="mean, cls or pooler; default: as the encoder says.")
    max_length: int | None = setting(None, help="Tokens of a text at most; default 128.")
    mode: str = setting("exact", help="Tokenizer: exact (as Hugging Face) or fast.")
    freeze_encoder: bool = setting(False, help="Train the head only.")
    dropout: float = setting(0.1, help="Share of the text's vector dropped in training.")
    l2: float = setting(0.0, help="Penalty on the squares of the head's weights.")
    label_smoothing: float = setting(
        0.0, help="Share of each label spread over all; shown losses are then of the smoothed labels."
    )
    class_weight: str | dict | None = setting(
        None, help="balanced, or the weights of labels, e.g. spam=3,ham=1; multiplied with the rows' weights."
    )

    def checks(self):
        """Returns field → (whether its number is in its range, the range in words)."""
        return {
            "dropout": (0 <= self.dropout < 1, "from 0 to below 1"),
            "l2": (self.l2 >= 0, "0 or more"),
            "label_smoothing": (0 <= self.label_smoothing < 1, "from 0 to below 1, e.g. 0.1"),
        }

    def check_together(self):
        """Refuses settings that contradict each other.

        Raises:
            UserError: the sentence says which.
        """
        if self.from_last and (self.pooling is not None or self.max_length is not None):
            raise UserError(
                "--continue takes pooling and length from the last version; leave --pooling and --max-length out."
            )
