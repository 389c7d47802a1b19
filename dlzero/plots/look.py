"""The look of every picture: colours, lines and markers that belong together, and the axes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, overload

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from numpy.typing import NDArray

# What the other files of this room use as well is not for the page of the API.
__all__ = ["COLORS", "LINES", "MARKERS", "SERIES", "axes", "style"]

#: Each has a contrast of 3 or more on white and on the dark page; colour-blind readers tell them
#: apart. tests/plots/test_look.py computes both.
COLORS = ("#0e90f9", "#aa4d0e", "#037b6f", "#d93eb7", "#b38a0d")
LINES = ("-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v")

#: ``ax.plot(x, y, **SERIES[1])``: colour, line style and marker that belong together.
SERIES: tuple[dict[str, Any], ...] = tuple(
    {"color": color, "linestyle": line, "marker": marker}
    for color, line, marker in zip(COLORS, LINES, MARKERS, strict=True)
)

#: A picture of this width (inches) is drawn 342 pixels wide on a phone, and text of this size
#: (points) 11 pixels high.
WIDTH, SIZE = 5.0, 11.7

_STYLE: dict[Any, Any] = {
    "axes.prop_cycle": cycler(color=COLORS, linestyle=LINES),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": SIZE,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "mathtext.fontset": "dejavusans",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw as the lessons do inside ``with style():``.

    Colours and line styles come in pairs from `COLORS` and `LINES`.

    Examples
    --------
    >>> from dlzero import plots
    >>> with plots.style():
    ...     fig, ax = plots.plt.subplots()
    >>> ax.plot([1, 2])[0].get_color() == plots.COLORS[0]
    True
    >>> plots.plt.close(fig)
    """
    # Not rc_context: it would also undo what a notebook sets when the first figure opens.
    before = {key: matplotlib.rcParams[key] for key in _STYLE}
    matplotlib.rcParams.update(_STYLE)
    try:
        yield
    finally:
        matplotlib.rcParams.update(before)


@overload
def axes(width: float = ..., height: float = ...) -> Axes: ...
@overload
def axes(width: float = ..., height: float = ..., *, columns: int) -> NDArray[np.object_]: ...
def axes(width: float = 5.0, height: float = 3.2, columns: int = 1) -> Axes | NDArray[np.object_]:
    """Open a figure in the style of the lessons.

    Parameters
    ----------
    width, height : float, default 5.0 and 3.2
        Size in inches. One inch is 96 CSS pixels on the page. Wider pictures than 5 inches have
        small letters on a phone.
    columns : int, default 1
        Number of axes side by side.

    Returns
    -------
    Axes, or an array of `columns` Axes if `columns` is more than 1

    Examples
    --------
    >>> from dlzero import plots
    >>> ax = plots.axes(4, 3)
    >>> ax.figure.get_size_inches().tolist()
    [4.0, 3.0]
    >>> left, right = plots.axes(8, 3, columns=2)
    >>> plots.plt.close("all")
    """
    with style():
        return plt.subplots(1, columns, figsize=(width, height))[1]


def name_axes(ax: Axes, x: str, y: str) -> Axes:
    """Name the axes, unless the author has named them."""
    ax.set_xlabel(ax.get_xlabel() or x)
    ax.set_ylabel(ax.get_ylabel() or y)
    return ax


def legible(fig: Figure) -> None:
    """Make letters large enough for a phone: legends and notes are often set smaller."""
    least = SIZE * min(1, fig.get_size_inches()[0] / WIDTH)
    for text in fig.findobj(Text):
        text.set_fontsize(max(text.get_fontsize(), least))


def trim(fig: Figure) -> None:
    """Take away the bands above and below axes whose aspect leaves a part of the height empty."""
    if not isinstance(fig.get_layout_engine(), ConstrainedLayoutEngine):
        return
    fig.draw_without_rendering()
    width, height = fig.get_size_inches()
    blank = height - fig.get_tightbbox().height - 0.1
    if blank > 0.05:
        fig.set_size_inches(width, height - np.floor(20 * blank) / 20)  # the same on each machine
