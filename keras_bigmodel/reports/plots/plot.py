"""Represents a drawn figure as an SVG file and as a part of a page. Knows SVG; no metric."""

import dataclasses
import html
import re

from keras_bigmodel.reports.plots.palette import CSS_VARIABLES

_FONTS = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"


@dataclasses.dataclass(frozen=True)
class Plot:
    """Holds a drawn figure as SVG.

    Args:
        name: str. Name of the figure and of its file, without suffix.
        title: str.
        description: str. Text alternative for users who do not see the figure.
        width: int. CSS pixels.
        height: int. CSS pixels.
        markup: str. The content of the SVG element; `Z7Z` is the placeholder of the text with index 7.
        texts: tuple of `(shown, whole)`. The texts of the figure; a shortened one has its whole text as a tooltip.
    """

    name: str
    title: str
    description: str
    width: int
    height: int
    markup: str
    texts: tuple

    def file(self):
        """Returns the SVG as the content of a file that any viewer opens, with fixed colours on white: str."""
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{self.width}" height="{self.height}" viewBox="0 0 {self.width} {self.height}" '
            f'font-family="{_FONTS}" stroke-linejoin="round" role="img">\n'
            f"<title>{html.escape(self.title)}</title>\n<desc>{html.escape(self.description)}</desc>\n"
            f'<rect width="100%" height="100%" fill="#ffffff"/>\n{self._with_texts(self.markup)}</svg>\n'
        )

    def inline(self):
        """Returns the SVG as a part of a page, whose style sheet defines the colours: str."""
        markup = re.sub(r"#[0-9a-f]{6}\b", lambda found: CSS_VARIABLES.get(found.group(), found.group()), self.markup)
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" style="width: {self.width}px" role="img" '
            f'aria-label="{html.escape(f"{self.title}. {self.description}")}">\n{self._with_texts(markup)}</svg>'
        )

    def _with_texts(self, markup):
        """Replaces the placeholders by the texts. This is the last step, so that no other rewriting changes a text."""
        return re.sub(r">Z(\d+)Z<", lambda found: f">{self._text(int(found.group(1)))}<", markup)

    def _text(self, number):
        shown, whole = self.texts[number]
        tooltip = "" if shown == whole else f"<title>{html.escape(whole)}</title>"
        return html.escape(shown) + tooltip
