"""Draws with matplotlib in CSS pixels and gives the SVG; call it under `own_settings()`. Knows no measure."""

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
_EM_A_COLUMN = 0.6  # the widest of the usual sans-serif fonts take so much of their size for a letter
_SETTINGS = {
    "svg.fonttype": "none",  # texts stay texts: the browser's own fonts have the Chinese characters
    "svg.hashsalt": "keras_bigmodel",  # the same figure, the same bytes
    "path.simplify": True,
    "path.simplify_threshold": 0.1,
    "text.usetex": False,
    "text.parse_math": False,
}
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@contextlib.contextmanager
def own_settings():
    """Draws with our settings whatever style the user has set, and leaves theirs as they were."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def text_width(text, size=TEXT_SIZE):
    """Estimates the CSS pixels that a text takes."""
    return width(text) * size * _EM_A_COLUMN


class Canvas:
    """A figure that is being drawn.

    matplotlib sees a short stand-in for each text: so no label is taken for a formula, none needs a font here, and
    none meets the rewriting of the markup.

    Args:
        name: str. What the file will be called.
        width: int. CSS pixels.
        height: int. CSS pixels.
        title: str.
        description: str. For those who do not see it.
    """

    def __init__(self, name, width, height, *, title, description):
        self.name, self.width, self.height = name, width, height
        self.title, self.description = visible(title), visible(description)
        self._texts = []
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor="none")
        FigureCanvasSVG(self.figure)

    def axes(self, *, left, top, right, bottom, x_limits, y_limits):
        """Adds bare axes, so many pixels from each edge."""
        box = (left / self.width, bottom / self.height)
        size = ((self.width - left - right) / self.width, (self.height - top - bottom) / self.height)
        axes = self.figure.add_axes([*box, *size], facecolor="none")
        axes.set_axis_off()
        axes.set_xlim(*x_limits)
        axes.set_ylim(*y_limits)
        return axes

    def write(self, axes, x, y, text, *, columns=60, size=TEXT_SIZE, color=INK, shift=(0, 0), **kwargs):
        """Writes a text, cut to `columns`, `shift` pixels right of and above a point of the axes."""
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
        """Writes ticks (dict of place → text) and a title, if any, under the axes, and draws the line above them."""
        axes.plot([0, 1], [0, 0], transform=axes.transAxes, color=MUTED, linewidth=1, clip_on=False)
        low = axes.get_ylim()[0]
        for place, text in ticks.items():
            self.write(axes, place, low, text, shift=(0, -14), color=MUTED)
        if title:
            self.write(axes, sum(axes.get_xlim()) / 2, low, title, shift=(0, -33), color=MUTED)

    def y_axis(self, axes, ticks, title=""):
        """Writes ticks (dict of place → text) left of the axes with faint lines across, and a title, if any, above."""
        low, high = axes.get_xlim()
        self.lines(axes, [(low, place, high, place) for place in ticks])
        for place, text in ticks.items():
            self.write(axes, low, place, text, shift=(-7, 0), ha="right", color=MUTED)
        if title:
            self.write(axes, low, axes.get_ylim()[1], title, shift=(0, 13), ha="left", color=MUTED)

    def lines(self, axes, segments, *, color=LINE, width=1.0, style="solid", zorder=0.5):
        """Draws segments `(x, y, x, y)` as one path."""
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
        """Draws filled rectangles `(x, y, x, y)` as one path, which keeps a matrix of thousands small."""
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
        """Draws a bit of a line, `y` pixels above the axes' corner, as a legend shows it."""
        points = self._pixels(axes, [(0, y), (26, y)])
        axes.plot(*points, color=color, linestyle=style, linewidth=width, clip_on=False, scalex=False, scaley=False)

    def scale(self, axes, y, colors, steps):
        """Draws a row of coloured boxes, `y` pixels above the axes' lower left corner, and where each begins."""
        for number, color in enumerate(colors):
            (x0, x1), (y0, y1) = self._pixels(axes, [(48 * number, y - 6), (48 * number + 48, y + 6)])
            self.rectangles(axes, [(x0, y0, x1, y1)], color=color)
        for number, step in enumerate(steps, start=1):
            corner = (axes.get_xlim()[0], axes.get_ylim()[0])
            self.write(axes, *corner, step, shift=(48 * number, y - 13), color=MUTED, size=9.5)

    @staticmethod
    def steps(high, *, start=0):
        """Gives round numbers from `start` to `high`, about five."""
        places = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(start, high)
        return [place for place in places if start <= place <= high]

    @staticmethod
    def _pixels(axes, points):
        """Turns pixels from the axes' lower left corner into the axes' own numbers: all x, all y."""
        corner = axes.transAxes.transform((0, 0))
        return axes.transData.inverted().transform([corner + point for point in points]).T.tolist()

    def plot(self):
        """Gives what was drawn."""
        file = io.StringIO()
        self.figure.savefig(file, format="svg", metadata=_NO_METADATA, facecolor="none")
        markup = _inside(file.getvalue(), self.name)
        return Plot(self.name, self.title, self.description, self.width, self.height, markup, tuple(self._texts))

    def _add(self, axes, points, codes, **kwargs):
        if points:
            axes.add_patch(PathPatch(Path(points, codes), clip_on=False, **kwargs))


def _inside(svg, name):
    """Takes the drawing out of its file: no header, no style for the whole page, no `id` that another plot has too."""
    body = svg[svg.index("<g id=") : svg.rindex("</svg>")]
    used = set(re.findall(r'(?:url\(|href=")#(\w+)', body))
    body = re.sub(r' id="([\w.-]+)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body)
    body = re.sub(r'(url\(|href=")#(\w+)', rf"\1#{name}-\2", body)
    body = re.sub(r" ?font-family: [^;\"]*;?", "", body)
    body = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", body)
    body = re.sub(r"(\d+\.\d{2})\d+", r"\1", body)
    return re.sub(r" ?\n\s*", "\n", body)
