"""The pictures of descent: the surface over two weights, and the way on it."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from ..checks import function, real_array
from ..surfaces import Surface
from .look import SERIES, axes, name_axes


def contours(
    fun: Callable[[NDArray[np.float64]], float],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    ax: Axes | None = None,
    *,
    minimum: ArrayLike | None = None,
    levels: ArrayLike = 9,
    aspect: Literal["equal", "auto"] = "equal",
) -> Axes:
    """Draw contour lines of a function of two weights.

    Parameters
    ----------
    fun : callable
        ``fun(w)`` with w of shape (2,) returns a number. A `Surface` takes all points at once.
    xlim, ylim : tuple of two floats
    ax : Axes, optional
    minimum : array_like, shape (2,), optional
        Marked with a cross.
    levels : int or array_like, default 9
        Number of lines (evenly spaced ones on a bowl), or their heights.
    aspect : {"equal", "auto"}, default "equal"
        "auto" for weights on very different scales.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `fun` is not a function.
    ValueError
        If a limit is not an increasing pair, or if `fun` is not finite there.

    Examples
    --------
    >>> from dlzero import plots
    >>> ax = plots.contours(lambda w: w[0] ** 2 + 4 * w[1] ** 2, (-2, 2), (-1, 1), minimum=(0, 0))
    >>> float(ax.get_aspect())
    1.0
    >>> plots.plt.close("all")
    """
    function("fun", fun)
    for name, limit in (("xlim", xlim), ("ylim", ylim)):
        if np.shape(limit) != (2,) or not limit[0] < limit[1]:
            raise ValueError(f"{name} is {limit}; expected (low, high) with low < high.")
    x, y = np.linspace(*xlim, 81), np.linspace(*ylim, 81)
    points = np.stack(np.meshgrid(x, y), axis=-1)
    if isinstance(fun, Surface):  # which takes all points at once
        z = fun(points)
    else:
        z = np.array([[float(fun(point)) for point in row] for row in points])
    if not np.isfinite(z).all():
        raise ValueError("fun is not finite everywhere in xlim, ylim. Choose smaller limits.")
    heights: Any = real_array("levels", levels)
    least = None if minimum is None else real_array("minimum", minimum)
    if least is not None and least.shape != (2,):
        raise ValueError(f"minimum has shape {least.shape}; expected (2,), one point")
    if heights.ndim == 0:
        low = z.min() if least is None else float(fun(least))
        heights = low + (z.max() - low) * (np.arange(1, heights + 1) / (heights + 1)) ** 2
    if ax is None:
        ratio = np.ptp(ylim) / np.ptp(xlim) if aspect == "equal" else 0.7
        ax = axes(5, np.clip(0.6 + 4.4 * ratio, 1.6, 5))
    generator: Any = contour_generator(x, y, z)
    for level in heights:
        for line in generator.lines(level):
            ax.plot(*line.T, color="black", linestyle="-", linewidth=0.9, alpha=0.4, zorder=1)
    if least is not None:
        ax.plot(*least, color="black", linestyle="none", marker="x", markersize=8)
    ax.set(xlim=xlim, ylim=ylim, aspect=aspect)
    ax.locator_params(axis="x", nbins=6)  # the numbers stand apart
    return name_axes(ax, "$w_1$", "$w_2$")


def path(
    points: ArrayLike, ax: Axes | None = None, *, series: int = 0, label: str | None = None
) -> Axes:
    """Draw the way of an optimizer: a dot for each step, a hollow one for the start.

    Parameters
    ----------
    points : array_like, shape (n_steps + 1, 2)
    ax : Axes, optional
    series : int, default 0
        Which entry of `SERIES` it looks like.
    label : str, optional
        For the legend.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `points` is not made of real numbers, or has not two columns.

    Examples
    --------
    >>> from dlzero import plots
    >>> ax = plots.path([[4, 2], [2, 1], [1, 0.5]])
    >>> len(ax.lines)
    2
    >>> plots.plt.close("all")
    """
    points = real_array("points", points, finite=False)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"points has shape {points.shape}; expected (n_steps + 1, 2).")
    ax = axes(5, 4) if ax is None else ax
    look = SERIES[series % len(SERIES)]
    ax.plot(*points.T, **look, linewidth=1.4, markersize=4, label=label)
    start = {**look, "markerfacecolor": "none", "linestyle": "none"}
    ax.plot(*points[0], **start, markersize=9, markeredgewidth=1.6)
    return ax
