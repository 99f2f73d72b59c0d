"""Names what the labels of a table are in sentences, reports and plots. Knows the data report's figures; no table."""

from typing import NamedTuple


class LabelNouns(NamedTuple):
    """Holds the words for the labels of a table.

    Args:
        one: str. A label: `"class"` or `"label"`.
        many: str. Its plural.
        counted: str. What is counted of each label: `"rows"` or `"spans"`.
        common: str. The measure in which frequent labels count more than rare ones.
    """

    one: str
    many: str
    counted: str
    common: str

    @property
    def pair(self):
        """Returns singular and plural: tuple of two str."""
        return self.one, self.many


_CLASSES = LabelNouns("class", "classes", "rows", "accuracy")
_SEVERAL = LabelNouns("label", "labels", "rows", "micro F1")
_SPANS = LabelNouns("label", "labels", "spans", "span F1")


def label_nouns(*tables):
    """Returns the words for the labels of tables: `LabelNouns`.

    Args:
        *tables: dict. Figures of tables; see `data_report`. The first that has labels decides.
    """
    for table in tables:
        if table.get("label_kind") == "spans":
            return _SPANS
        if table.get("labels_a_row"):
            return _SEVERAL
    return _CLASSES
