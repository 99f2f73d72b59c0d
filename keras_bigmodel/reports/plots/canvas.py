"""Draws with matplotlib in CSS pixels and returns the SVG; call it under `own_settings()`. Knows no metric."""

import contextlib
import io
import re

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from keras_bigmodel.reports.plots.palette import INK, LINE, MUTED
from keras_bigmodel.reports.plots.plot import Plot
from keras_bigmodel.reports.report_text import shorten, visible, width

TEXT_SIZE = 11.5
_EM_A_COLUMN = 0.6  # width of a letter relative to the font size, in the widest common sans-serif fonts
_SETTINGS = {
    "svg.fonttype": "none",  # texts remain text elements: the browser's fonts contain the Chinese characters
    "svg.hashsalt": "keras_bigmodel",  # the same figure always yields the same bytes
    "path.simplify": True,
    "path.simplify_threshold": 0.1,
    "text.usetex": False,
    "text.parse_math": False,
}
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@contextlib.contextmanager
def own_settings():
    """Applies matplotlib's defaults and the settings of this package within a `with` block or a decorated function.

    The user's own settings have no effect there, and are restored afterwards.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def text_width(text, size=TEXT_SIZE):
    """Estimates the width of a text in CSS pixels: float.

    Args:
        text: str.
        size: float. Font size in CSS pixels. Defaults to `TEXT_SIZE`.
    """
    return width(text) * size * _EM_A_COLUMN


class Canvas:
    """Draws one figure.

    matplotlib receives a short placeholder for each text; `Plot` inserts the texts into the finished SVG. Therefore no
    label is parsed as a formula, matplotlib needs no font that contains its characters, and the rewriting of the markup
    does not change it.

    Args:
        name: str. Name of the plot and of its file.
        width: int. CSS pixels.
        height: int. CSS pixels.
        title: str.
        description: str. Text alternative for users who do not see the figure.
    """

    def __init__(self, name, width, height, *, title, description):
        self.name, self.width, self.height = name, width, height
        self.title, self.description = visible(title), visible(description)
        self._texts = []
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor="none")
        FigureCanvasSVG(self.figure)

    def axes(self, *, left, top, right, bottom, x_limits, y_limits):
        """Adds axes without ticks, labels and frame.

        Args:
            left: float. Margin in CSS pixels, as are `top`, `right` and `bottom`.
            top: float.
            right: float.
            bottom: float.
            x_limits: `(left, right)` in data coordinates.
            y_limits: `(bottom, top)` in data coordinates.

        Returns:
            matplotlib `Axes`.
        """
        box = (left / self.width, bottom / self.height)
        size = ((self.width - left - right) / self.width, (self.height - top - bottom) / self.height)
        axes = self.figure.add_axes([*box, *size], facecolor="none")
        axes.set_axis_off()
        axes.set_xlim(*x_limits)
        axes.set_ylim(*y_limits)
        return axes

    def write(self, axes, x, y, text, *, columns=60, size=TEXT_SIZE, color=INK, shift=(0, 0), **kwargs):
        """Writes a text at a point of the axes.

        Args:
            axes: matplotlib `Axes`.
            x: float. Data coordinate.
            y: float. Data coordinate.
            text: str.
            columns: int. Terminal columns to which the text is truncated. Defaults to 60.
            size: float. Font size in CSS pixels. Defaults to `TEXT_SIZE`.
            color: str. A colour of the palette. Defaults to `INK`.
            shift: `(right, up)` in CSS pixels from the point. Defaults to `(0, 0)`.
            **kwargs: passed to matplotlib's `Axes.annotate`.
        """
        whole = visible(text)
        self._texts.append((shorten(whole, columns), whole))
        kwargs = {"ha": "center", "va": "center_baseline", "rotation_mode": "anchor", **kwargs}
        axes.annotate(
            f"Z{len(self._texts) - 1}Z",
            (x, y),
            xytext=shift,
            textcoords="offset points",
            annotation_clip=False,
            fontsize=size,
            color=color,
            **kwargs,
        )

    def x_axis(self, axes, ticks, title=""):
        """Draws the x axis with its ticks and title.

        Args:
            axes: matplotlib `Axes`.
            ticks: dict of data coordinate → text, written below the axes.
            title: str. Written below the ticks. Defaults to no title.
        """
        axes.plot([0, 1], [0, 0], transform=axes.transAxes, color=MUTED, linewidth=1, clip_on=False)
        low = axes.get_ylim()[0]
        for place, text in ticks.items():
            self.write(axes, place, low, text, shift=(0, -14), color=MUTED)
        if title:
            self.write(axes, sum(axes.get_xlim()) / 2, low, title, shift=(0, -33), color=MUTED)

    def y_axis(self, axes, ticks, title=""):
        """Draws grid lines with their ticks and a title.

        Args:
            axes: matplotlib `Axes`.
            ticks: dict of data coordinate → text, written to the left of the axes.
            title: str. Written above the axes. Defaults to no title.
        """
        low, high = axes.get_xlim()
        self.lines(axes, [(low, place, high, place) for place in ticks])
        for place, text in ticks.items():
            self.write(axes, low, place, text, shift=(-7, 0), ha="right", color=MUTED)
        if title:
            self.write(axes, low, axes.get_ylim()[1], title, shift=(0, 13), ha="left", color=MUTED)

    def lines(self, axes, segments, *, color=LINE, width=1.0, style="solid", zorder=0.5):
        """Draws line segments as one SVG path.

        Args:
            axes: matplotlib `Axes`.
            segments: list of `(x, y, x, y)` in data coordinates.
            color: str. A colour of the palette. Defaults to `LINE`.
            width: float. CSS pixels. Defaults to 1.0.
            style: str or tuple. A line style of matplotlib. Defaults to `"solid"`.
            zorder: float. Higher values are drawn on top. Defaults to 0.5.
        """
        self._add(
            axes,
            [point for x0, y0, x1, y1 in segments for point in ((x0, y0), (x1, y1))],
            [Path.MOVETO, Path.LINETO] * len(segments),
            facecolor="none",
            edgecolor=color,
            linewidth=width,
            linestyle=style,
            capstyle="butt",
            zorder=zorder,
        )

    def rectangles(self, axes, corners, *, color, zorder=1):
        """Draws filled rectangles as one SVG path, which keeps the file of a matrix with thousands of cells small.

        Args:
            axes: matplotlib `Axes`.
            corners: list of `(x, y, x, y)` in data coordinates: two opposite corners of each rectangle.
            color: str. A colour of the palette.
            zorder: float. Higher values are drawn on top. Defaults to 1.
        """
        self._add(
            axes,
            [p for x0, y0, x1, y1 in corners for p in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))],
            [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(corners),
            facecolor=color,
            edgecolor="none",
            linewidth=0,
            zorder=zorder,
        )

    def sample(self, axes, y, *, color, style, width):
        """Draws the line sample of a legend entry.

        Args:
            axes: matplotlib `Axes`.
            y: float. CSS pixels above the lower left corner of the axes; negative values are below it.
            color: str. A colour of the palette.
            style: str or tuple. A line style of matplotlib.
            width: float. Line width in CSS pixels.
        """
        points = self._pixels(axes, [(0, y), (26, y)])
        axes.plot(*points, color=color, linestyle=style, linewidth=width, clip_on=False, scalex=False, scaley=False)

    def scale(self, axes, y, colors, steps):
        """Draws a colour scale: a row of coloured boxes with the value at each boundary between two boxes.

        Args:
            axes: matplotlib `Axes`.
            y: float. CSS pixels above the lower left corner of the axes; negative values are below it.
            colors: sequence of str. The colours of the boxes, from left to right.
            steps: list of str. The texts at the boundaries, one fewer than `colors`.
        """
        for number, color in enumerate(colors):
            (x0, x1), (y0, y1) = self._pixels(axes, [(48 * number, y - 6), (48 * number + 48, y + 6)])
            self.rectangles(axes, [(x0, y0, x1, y1)], color=color)
        for number, step in enumerate(steps, start=1):
            corner = (axes.get_xlim()[0], axes.get_ylim()[0])
            self.write(axes, *corner, step, shift=(48 * number, y - 13), color=MUTED, size=9.5)

    @staticmethod
    def steps(high, *, start=0):
        """Returns about five round numbers from `start` to `high`: list of float.

        Args:
            high: float.
            start: float. Defaults to 0.
        """
        places = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(start, high)
        return [place for place in places if start <= place <= high]

    @staticmethod
    def _pixels(axes, points):
        """Converts points in pixels from the axes' lower left corner to data coordinates: all x, all y."""
        corner = axes.transAxes.transform((0, 0))
        return axes.transData.inverted().transform([corner + point for point in points]).T.tolist()

    def plot(self):
        """Returns the finished figure: `Plot`."""
        file = io.StringIO()
        self.figure.savefig(file, format="svg", metadata=_NO_METADATA, facecolor="none")
        markup = _inside(file.getvalue(), self.name)
        return Plot(self.name, self.title, self.description, self.width, self.height, markup, tuple(self._texts))

    def _add(self, axes, points, codes, **kwargs):
        if points:
            axes.add_patch(PathPatch(Path(points, codes), clip_on=False, **kwargs))


def _inside(svg, name):
    """Extracts the drawing from an SVG file.

    The result has no header, no style that would apply to the whole page, and no `id` that another plot also has.
    """
    body = svg[svg.index("<g id=") : svg.rindex("</svg>")]
    used = set(re.findall(r'(?:url\(|href=")#(\w+)', body))
    body = re.sub(r' id="([\w.-]+)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body)
    body = re.sub(r'(url\(|href=")#(\w+)', rf"\1#{name}-\2", body)
    body = re.sub(r" ?font-family: [^;\"]*;?", "", body)
    body = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", body)
    body = re.sub(r"(\d+\.\d{2})\d+", r"\1", body)
    return re.sub(r" ?\n\s*", "\n", body)
