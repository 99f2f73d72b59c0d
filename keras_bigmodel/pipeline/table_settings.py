"""The settings of a run that say which tables are read, how, and what becomes of them. Knows no TensorFlow."""

from dataclasses import dataclass

from keras_bigmodel.core.settings import setting
from keras_bigmodel.data.tables.table_block import INPUTS


@dataclass(frozen=True, kw_only=True)
class TableSettings:
    """What a person decides about the tables of a run, and the model's name."""

    table: str = setting(help="Table to train on: .csv, .tsv, .jsonl or .parquet.")
    out: str = setting(help="Folder of the model, e.g. saved_models/reviews; gets the next version.")
    text: str | None = setting(None, help="Column of the text, by name or number; found when left out.")
    pair: str | None = setting(None, help="Column of the second text, for pairs.")
    label: str | None = setting(None, help="Column of the label, by name or number; found when left out.")
    weight: str | None = setting(None, help="Column of the rows' weights.")
    format: str | None = setting(None, help="csv, tsv, jsonl or parquet, where the file's ending does not say it.")
    quotes: bool = setting(True, help="Whether quote marks enclose fields; otherwise they are part of the text.")
    encoding: str | None = setting(None, help="Encoding of the table, e.g. gb18030; default utf-8.")
    header: bool | None = setting(None, help="Whether the first row names the columns; found out when left open.")
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
        """Returns field → (whether its number is in its range, the range in words)."""
        return {
            "validation_share": (0 < self.validation_share < 1, "between 0 and 1, e.g. 0.1"),
            "min_rows": (self.min_rows is None or self.min_rows >= 1, "1 or more"),
        }

    @property
    def input_columns(self):
        """Tuple of str: the columns that a task takes of these tables."""
        return tuple(name for role, name in INPUTS.items() if role == "text" or getattr(self, role) is not None)

    @property
    def table_options(self):
        """dict: how tables are read, the arguments of `read_text_table`."""
        names = ("text", "pair", "label", "weight", "format", "quotes", "encoding", "header")
        return {name: getattr(self, name) for name in names}
