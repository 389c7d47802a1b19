"""Pictures for the lessons: ordinary Matplotlib in, light and accessible SVG out.

Every picture takes ``ax=None`` and returns the axes it drew on. `figure` turns axes into what
the page shows: inline SVG with a caption and a text alternative. Black means "the colour of the
text around the picture", so one drawing reads on light and on dark pages.

Colour ``COLORS[k]``, line style ``LINES[k]`` and marker ``MARKERS[k]`` belong together;
``ax.plot(x, y, **SERIES[k])`` uses all three.

Needs Matplotlib: ``pip install "dlzero[plot]"``.
"""

try:
    import contourpy  # noqa: F401
    import matplotlib.pyplot as plt  # noqa: F401  for plots.plt.close("all")
except ImportError as error:
    raise ImportError(
        f"dlzero.plots needs Matplotlib ({error}). Install it: pip install 'dlzero[plot]'"
    ) from error

from .descent import contours, path
from .look import COLORS, LINES, MARKERS, SERIES, axes, style
from .page import Figure, check_name, check_words, figure, parse, render
from .svg import svg_frames
from .tables import Table, table
from .units import (
    boundary,
    boundary_trace,
    loss_curve,
    mistakes,
    points,
    residual_plot,
    residuals,
)

__all__ = [  # noqa: RUF022  in the order of the API page
    "COLORS",
    "LINES",
    "MARKERS",
    "SERIES",
    "style",
    "axes",
    "points",
    "boundary",
    "boundary_trace",
    "mistakes",
    "loss_curve",
    "residuals",
    "residual_plot",
    "contours",
    "path",
    "figure",
    "Figure",
    "table",
    "Table",
    "render",
    "parse",
    "svg_frames",
    "check_words",
    "check_name",
]
