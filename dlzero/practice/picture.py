"""The picture most worth having: final loss against learning rate, one curve a method."""

import math
from typing import TYPE_CHECKING

from ..checks import choice
from .results import LOSSES, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def loss_against_rate(results: Results, by: str = "train") -> "Figure":
    """Draw the median final loss against the learning rate, with the band of the seeds.

    Parameters
    ----------
    results : Results
        With a grid of rates.
    by : {"train", "validation"}, default "train"
        Which loss.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a problem. A gap in a curve is a divergence; a mark beside the curves is the
        result at the default rate. The losses are on a logarithmic scale, unless one is negative.

    Raises
    ------
    ValueError
        If there are no results, or no run has such a loss.
    ImportError
        If Matplotlib is not there.
    """
    if not results.rows:
        raise ValueError("there are no results to draw; expected at least one row")
    if all(math.isnan(row[choice("by", by, LOSSES)]) for row in results):
        raise ValueError(f"no run has a {by} loss, so there is nothing to draw")
    from .. import plots

    problems, methods = results.values("problem"), results.values("method")
    columns = min(len(problems), 3)
    rows = math.ceil(len(problems) / columns)
    with plots.style():
        figure = plots.plt.figure(figsize=(4.5 * columns, 3.4 * rows))
        panels = figure.subplots(rows, columns, squeeze=False)
        for ax, name in zip(panels.flat, problems, strict=False):
            draw(results.filter(problem=name), ax, by, methods)
        for ax in panels.flat[len(problems) :]:
            ax.remove()
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(methods), 5))
    return figure


def draw(
    results: Results, ax: "Axes", by: str = "train", methods: list[str] | None = None
) -> "Axes":
    """Draw the curves of one problem on axes of Matplotlib.

    Parameters
    ----------
    results : Results
        Of one problem.
    ax : matplotlib.axes.Axes
        Where to draw.
    by : {"train", "validation"}, default "train"
        Which loss.
    methods : list of str, optional
        The methods, in the order of their colours.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from .. import plots

    medians = results.median(choice("by", by, LOSSES))
    scale = "linear" if any(m["low"] < 0 for m in medians) else "log"
    # Before the curves: if all runs diverged, Matplotlib would not take a logarithm any more.
    ax.set(xscale="log", yscale=scale, xlabel="lr", ylabel=f"{by} loss")
    for k, method in enumerate(methods or results.values("method")):
        color = plots.COLORS[k % len(plots.COLORS)]
        line = plots.LINES[(k + k // len(plots.COLORS)) % len(plots.LINES)]
        mine = [m for m in medians if m["method"] == method]
        grid = sorted((m for m in mine if not m["default"]), key=lambda m: m["lr"])
        rates = [m["lr"] for m in grid]
        low, middle, high = ([_shown(m[n], scale) for m in grid] for n in ("low", "median", "high"))
        ax.plot(rates, middle, color=color, linestyle=line, label=method)
        ax.fill_between(rates, low, high, color=color, alpha=0.15, linewidth=0)
        for m in mine:
            if m["default"]:
                marker = plots.MARKERS[k % len(plots.MARKERS)]
                ax.plot(m["lr"], _shown(m["median"], scale), color=color, marker=marker)
    ax.set_title(results.values("problem")[0], fontsize="medium")
    return ax


def _shown(loss, scale):
    """A loss that can be drawn: not infinite, and on a logarithmic scale not zero."""
    if not math.isfinite(loss):
        return math.nan
    return max(loss, 1e-16) if scale == "log" else loss
