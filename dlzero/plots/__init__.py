"""Pictures for the lessons: ordinary Matplotlib in, light and accessible SVG out.

Every picture takes ``ax=None`` and returns the axes it drew on. `figure` turns axes into what
the page shows: inline SVG with a caption and a text alternative. Black means "the colour of the
text around the picture", so one drawing reads on light and on dark pages.

Needs Matplotlib: ``pip install "dlzero[plot]"``.
"""

import hashlib
import html
import io
import itertools
import re
from collections import Counter
from contextlib import contextmanager
from xml.etree import ElementTree

import numpy as np

from ..checks import check_samples, check_targets

try:
    import matplotlib
    import matplotlib.pyplot as plt
    from contourpy import contour_generator
    from cycler import cycler
    from matplotlib.ticker import MaxNLocator
except ImportError as error:
    raise ImportError(
        f"dlzero.plots needs Matplotlib ({error}). Install it: pip install 'dlzero[plot]'"
    ) from error

#: Each has a contrast of 3 or more on white and on the dark page; colour-blind readers tell them
#: apart. tests/test_plots.py computes both.
COLORS = ("#0e90f9", "#aa4d0e", "#037b6f", "#d93eb7", "#b38a0d")
LINES = ("-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v")

#: ``ax.plot(x, y, **SERIES[1])``: colour, line style and marker that belong together.
SERIES = tuple(
    {"color": color, "linestyle": line, "marker": marker}
    for color, line, marker in zip(COLORS, LINES, MARKERS, strict=True)
)

_STYLE = {
    "axes.prop_cycle": cycler(color=COLORS, linestyle=LINES),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "mathtext.fontset": "dejavusans",
}


@contextmanager
def style():
    """Draw as the lessons do inside ``with style():``.

    Colours and line styles come in pairs from `COLORS` and `LINES`.

    Examples
    --------
    >>> with style():
    ...     fig, ax = plt.subplots()
    >>> ax.plot([1, 2])[0].get_color() == COLORS[0]
    True
    >>> plt.close(fig)
    """
    # Not rc_context: it would also undo what a notebook sets when the first figure opens.
    before = {key: matplotlib.rcParams[key] for key in _STYLE}
    matplotlib.rcParams.update(_STYLE)
    try:
        yield
    finally:
        matplotlib.rcParams.update(before)


def axes(width=5.0, height=3.2, columns=1):
    """Open a figure in the style of the lessons.

    Parameters
    ----------
    width, height : float, default 5.0 and 3.2
        Size in inches. One inch is 96 CSS pixels on the page.
    columns : int, default 1
        Number of axes side by side.

    Returns
    -------
    Axes, or an array of `columns` Axes if `columns` is more than 1

    Examples
    --------
    >>> ax = axes(4, 3)
    >>> ax.figure.get_size_inches().tolist()
    [4.0, 3.0]
    >>> left, right = axes(8, 3, columns=2)
    >>> plt.close("all")
    """
    with style():
        return plt.subplots(1, columns, figsize=(width, height))[1]


# ---- the pictures --------------------------------------------------------------------------


def points(X, y, ax=None):
    """Draw two classes: filled circles for the higher label, hollow squares for the lower.

    Parameters
    ----------
    X : array_like, shape (n_samples, 2)
    y : array_like, shape (n_samples,)
        At most two different labels.
    ax : Axes, optional
        New axes by default.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `X` has not two columns, if the lengths differ, or if there are more than two labels.

    Examples
    --------
    >>> ax = points([[1, 1], [0, 0]], [1, 0])
    >>> ax.get_legend_handles_labels()[1]
    ['1', '0']
    >>> plt.close("all")
    """
    X = _data(X, columns=2)
    y = _labels(y, len(X))
    labels = np.unique(y)
    if len(labels) > 2:
        raise ValueError(
            f"points draws two classes, but y has {len(labels)} labels: {labels.tolist()}. "
            "Keep the rows of two of them."
        )
    ax = axes(3.6, 3.6) if ax is None else ax
    ax.margins(0.15)
    looks = [
        {"marker": "o", "facecolors": COLORS[0], "edgecolors": COLORS[0]},
        {"marker": "s", "facecolors": "none", "edgecolors": COLORS[1]},
    ]
    if labels.tolist() in ([0], [-1]):
        looks.reverse()
    for label, look in zip(labels[::-1], looks, strict=False):
        x1, x2 = X[y == label].T
        ax.scatter(x1, x2, s=45, linewidths=1.6, zorder=3, label=str(label), **look)
    return _name_axes(ax, "$x_1$", "$x_2$")


def boundary(model, ax=None, *, normal=True):
    """Draw the line w.x + b = 0, with the arrow w that points to the positive side.

    Draw the points first, or set the limits: the line goes from edge to edge of the axes as they
    are now, and they stay so. There is no line when w = 0.

    Parameters
    ----------
    model : fitted model, or tuple (w, b)
        A model with `coef_` and `intercept_`, or w of shape (2,) and a number b.
    ax : Axes, optional
    normal : bool, default True
        Draw the arrow if there is room. The aspect becomes equal, so that it is at a right angle.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the model is not fitted, or if w has not two finite numbers.

    Examples
    --------
    >>> ax = boundary(([0.0, 2.0], -1.0))
    >>> ax.lines[0].get_ydata().tolist()
    [0.5, 0.5]
    >>> plt.close("all")
    """
    w, b = _line(model)
    if ax is None:
        ax = axes(3.6, 3.6)
        ax.set(xlim=(-2, 2), ylim=(-2, 2))
    if normal:
        ax.set_aspect("equal")
    ends = _ends(w, b, ax)
    if ends is None:
        return _name_axes(ax, "$x_1$", "$x_2$")
    ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())  # what is drawn later must not move the edges
    ax.plot(*ends.T, color="black", linestyle="-", linewidth=2)
    foot = ends.mean(axis=0)
    arrow = w / np.hypot(*w) * 0.16 * min(np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim()))
    if normal and ax.viewLim.contains(*(foot + 1.4 * arrow)):
        look = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", foot + arrow, foot, arrowprops=look, in_layout=False)
        ax.text(*(foot + 1.4 * arrow), "$w$", ha="center", va="center", in_layout=False)
    return _name_axes(ax, "$x_1$", "$x_2$")


def boundary_trace(model, X, y, step, ax=None):
    """Draw the points, the line after update `step`, and the lines before it pale.

    A ring marks each point that this line gets wrong. The limits are the same for every step, and
    show every line that does not run far away from the points.

    Parameters
    ----------
    model : fitted Perceptron
        With `history_` of shape (n_updates + 1, 3): w1, w2, b after each update.
    X : array_like, shape (n_samples, 2)
    y : array_like, shape (n_samples,)
    step : int
        0 for the start, at most the number of updates.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the model is not fitted, or if there is no such step.
    """
    history = np.asarray(_learned(model, "history_"), dtype=float)
    X = _data(X, columns=2)
    y = _labels(y, len(X))
    if history.ndim != 2 or history.shape[1] != 3:
        raise ValueError(
            f"boundary_trace draws models of two features; history_ has shape {history.shape}, "
            "expected (n_updates + 1, 3)."
        )
    if step not in range(len(history)):
        raise ValueError(
            f"step is {step}; expected a whole number from 0 to {len(history) - 1}, "
            "the number of updates."
        )
    ax = points(X, y, ax)
    low, high = X.min(axis=0), X.max(axis=0)
    pad = _room(history, low, high)
    ax.set(xlim=(low[0] - pad, high[0] + pad), ylim=(low[1] - pad, high[1] + pad))
    ax.set_aspect("equal")
    ax.locator_params(nbins=5)
    for *w, b in history[: int(step)]:
        ends = _ends(np.array(w), b, ax)
        if ends is not None:
            ax.plot(*ends.T, color="black", linestyle="-", linewidth=1, alpha=0.2)
    *w, b = history[int(step)]
    wrong = (X @ w + b > 0) != (y == np.unique(y)[-1])
    ax.scatter(*X[wrong].T, s=190, facecolors="none", edgecolors=COLORS[3], linewidths=1.6)
    return boundary((w, b), ax)


def mistakes(model, ax=None):
    """Draw the number of mistakes in each epoch as bars.

    Parameters
    ----------
    model : fitted Perceptron, or sequence of int
        With `errors_`, one number an epoch.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = mistakes([3, 3, 2, 2, 0])
    >>> [int(bar.get_height()) for bar in ax.patches]
    [3, 3, 2, 2, 0]
    >>> plt.close("all")
    """
    errors = _sequence(model, "errors_")
    ax = axes() if ax is None else ax
    epochs = np.arange(1, len(errors) + 1)
    ax.bar(epochs, errors, width=0.6, color=COLORS[1])
    zero = epochs[errors == 0]  # a bar of height 0 would look like a missing epoch
    ax.plot(zero, 0 * zero, linestyle="none", marker="_", markersize=12, color=COLORS[1], mew=4)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return _name_axes(ax, "epoch", "mistakes")


def loss_curve(losses, ax=None, *, log=False):
    """Draw the loss of each epoch.

    Parameters
    ----------
    losses : fitted LinearUnit, sequence of float, or dict of str to either
        A dict draws one curve for each entry, with a legend.
    ax : Axes, optional
    log : bool, default False
        Logarithmic loss axis. Every loss must then be positive.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a curve is empty, or if `log` meets a loss that is not positive.

    Examples
    --------
    >>> ax = loss_curve({"lr = 0.1": [4, 2, 1], "lr = 0.2": [4, 1, 0.25]}, log=True)
    >>> ax.get_yscale()
    'log'
    >>> plt.close("all")
    """
    curves = losses if isinstance(losses, dict) else {None: losses}
    ax = axes() if ax is None else ax
    for (label, curve), look in zip(curves.items(), itertools.cycle(SERIES), strict=False):
        curve = _sequence(curve, "loss_")
        if log and not (curve > 0).all():
            raise ValueError(
                f"log=True needs positive losses, but the smallest is {curve.min():g}. "
                "Use log=False."
            )
        marks = max(1, len(curve) // 10)
        ax.plot(
            np.arange(1, len(curve) + 1), curve, **look, markersize=5, markevery=marks, label=label
        )
    if log:
        ax.set_yscale("log")
    if isinstance(losses, dict):
        ax.legend()
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return _name_axes(ax, "epoch", "loss")


def residuals(model, X, y, ax=None):
    """Draw the data, the fitted line, and each residual as a dashed segment.

    Parameters
    ----------
    model : fitted LinearUnit, or tuple (w, b)
    X : array_like, shape (n_samples, 1)
    y : array_like, shape (n_samples,)
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = residuals(([2.0], 1.0), [[0], [1]], [1, 4])
    >>> ax.lines[0].get_ydata().tolist()
    [1.0, 3.0]
    >>> plt.close("all")
    """
    X = _data(X, columns=1)
    y = check_targets(y, len(X))
    w, b = _line(model, features=1)
    x, prediction = X[:, 0], X[:, 0] * w[0] + b
    ax = axes() if ax is None else ax
    order = np.argsort(x)
    ax.plot(x[order], prediction[order], color="black", linestyle="-", linewidth=2)
    ax.vlines(x, prediction, y, colors=COLORS[1], linestyles="--", linewidth=1.5)
    ax.scatter(x, y, s=40, color=COLORS[0], zorder=3)
    return _name_axes(ax, "$x$", "$y$")


def residual_plot(model, X, y, ax=None):
    """Draw each residual y - prediction against the prediction.

    A good fit leaves a cloud around zero without a shape.

    Parameters
    ----------
    model : fitted LinearUnit, or tuple (w, b)
    X : array_like, shape (n_samples, n_features)
    y : array_like, shape (n_samples,)
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    X = _data(X)
    y = check_targets(y, len(X))
    w, b = _line(model, features=X.shape[1])
    prediction = X @ w + b
    ax = axes() if ax is None else ax
    ax.axhline(0, color="black", linestyle="-", linewidth=1)
    ax.scatter(prediction, y - prediction, s=25, facecolors="none", edgecolors=COLORS[0])
    return _name_axes(ax, r"$\hat{y}$", r"$y - \hat{y}$")


def contours(fun, xlim, ylim, ax=None, *, minimum=None, levels=9, aspect="equal"):
    """Draw contour lines of a function of two weights.

    Parameters
    ----------
    fun : callable
        ``fun(w)`` with w of shape (2,) returns a number.
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
    ValueError
        If a limit is not an increasing pair, or if `fun` is not finite there.

    Examples
    --------
    >>> ax = contours(lambda w: w[0] ** 2 + 4 * w[1] ** 2, (-2, 2), (-1, 1), minimum=(0, 0))
    >>> float(ax.get_aspect())
    1.0
    >>> plt.close("all")
    """
    for name, limit in (("xlim", xlim), ("ylim", ylim)):
        if np.shape(limit) != (2,) or not limit[0] < limit[1]:
            raise ValueError(f"{name} is {limit}; expected (low, high) with low < high.")
    x, y = np.linspace(*xlim, 81), np.linspace(*ylim, 81)
    z = np.array([[float(fun(np.array([a, b]))) for a in x] for b in y])
    if not np.isfinite(z).all():
        raise ValueError("fun is not finite everywhere in xlim, ylim. Choose smaller limits.")
    if np.ndim(levels) == 0:
        low = z.min() if minimum is None else float(fun(np.asarray(minimum, dtype=float)))
        levels = low + (z.max() - low) * (np.arange(1, levels + 1) / (levels + 1)) ** 2
    if ax is None:
        ratio = np.ptp(ylim) / np.ptp(xlim) if aspect == "equal" else 0.7
        ax = axes(5, np.clip(0.6 + 4.4 * ratio, 1.6, 5))
    generator = contour_generator(x, y, z)
    for level in levels:
        for line in generator.lines(level):
            ax.plot(*line.T, color="black", linestyle="-", linewidth=0.9, alpha=0.4, zorder=1)
    if minimum is not None:
        ax.plot(*minimum, color="black", linestyle="none", marker="x", markersize=8)
    ax.set(xlim=xlim, ylim=ylim, aspect=aspect)
    return _name_axes(ax, "$w_1$", "$w_2$")


def path(points, ax=None, *, series=0, label=None):
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
    ValueError
        If `points` has not two columns.

    Examples
    --------
    >>> ax = path([[4, 2], [2, 1], [1, 0.5]])
    >>> len(ax.lines)
    2
    >>> plt.close("all")
    """
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"points has shape {points.shape}; expected (n_steps + 1, 2).")
    ax = axes(5, 4) if ax is None else ax
    look = SERIES[series % len(SERIES)]
    ax.plot(*points.T, **look, linewidth=1.4, markersize=4, label=label)
    start = {**look, "markerfacecolor": "none", "linestyle": "none"}
    ax.plot(*points[0], **start, markersize=9, markeredgewidth=1.6)
    return ax


def logo(ax=None, *, rings=(0.7, 1.65, 2.6, 3.5), steps=7, linewidth=4.0):
    """Draw the project's logo: gradient descent winds down a ravine.

    The surface is (w1**2 + 4 w2**2) / 2. At lr = 0.43, close to the limit 2/4, each step jumps to
    the other side.

    Parameters
    ----------
    ax : Axes, optional
    rings : sequence of float
        Half the width of each contour line.
    steps : int, default 7
    linewidth : float, default 4.0
        Of the path, in points.

    Returns
    -------
    Axes
    """
    w = np.array([2.95, 1.45])
    way = [w]
    for _ in range(steps):
        w = w - 0.43 * np.array([1, 4]) * w
        way.append(w)
    ax = axes(3.8, 2) if ax is None else ax
    angle = np.linspace(0, 2 * np.pi, 121)
    for ring in rings:
        line = ring * np.array([np.cos(angle), np.sin(angle) / 2])
        ax.plot(*line, color=COLORS[2], linestyle="-", linewidth=0.5 * linewidth)
    look = {"color": COLORS[0], "linestyle": "-", "solid_capstyle": "round"}
    ax.plot(*np.transpose(way), **look, linewidth=linewidth)
    ax.plot(*way[0], color=COLORS[0], marker="o", markersize=2 * linewidth)
    ax.plot(0, 0, color=COLORS[4], marker="o", markersize=2.6 * linewidth)
    ax.set(xlim=(-3.7, 3.7), ylim=(-1.95, 1.95), aspect="equal")
    ax.set_axis_off()
    return ax


# ---- checks at the door --------------------------------------------------------------------


def _data(X, columns=None):
    X = check_samples(X)
    if columns not in (None, X.shape[1]):
        raise ValueError(
            f"X has {X.shape[1]} columns; this picture needs {columns}. "
            f"Choose what to draw, for example X[:, :{columns}]."
        )
    return X


def _labels(y, n_samples):
    y = np.asarray(y)
    if y.shape != (n_samples,):
        raise ValueError(
            f"y has shape {y.shape}; expected ({n_samples},), one label for each row of X."
        )
    return y


def _learned(model, name):
    if not hasattr(model, name):
        raise ValueError(
            f"{type(model).__name__} has no {name}. Call fit(X, y) before you draw the model."
        )
    return getattr(model, name)


def _line(model, features=2):
    """Return w, b of a fitted model or of a pair (w, b)."""
    if isinstance(model, tuple) and len(model) == 2:
        w, b = model
    else:
        w, b = _learned(model, "coef_"), _learned(model, "intercept_")
    w, b = np.ravel(np.asarray(w, dtype=float)), float(np.ravel(b)[0])
    if len(w) != features or not np.isfinite([*w, b]).all():
        raise ValueError(f"w = {w}, b = {b}; expected {features} finite weights and a finite b.")
    return w, b


def _sequence(model, name):
    values = np.asarray(getattr(model, name, model))
    if values.dtype == object:
        _learned(model, name)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"expected one number an epoch, got an array of shape {values.shape}.")
    return values.astype(float)


def _room(history, low, high):
    """Return the margin around the points that lets every line show, unless it is far away."""
    w, b = history[:, :-1], history[:, -1]
    centre, half, size = (low + high) / 2, (high - low) / 2, np.abs(w).sum(axis=1)
    span = (high - low).max() or 1.0
    needed = (np.abs(w @ centre + b) - np.abs(w) @ half)[size > 0] / size[size > 0]
    return np.clip(1.1 * needed.max(initial=0.0), 0.3 * span, 1.2 * span)


def _ends(w, b, ax):
    """Return the two ends of w.x + b = 0 inside the axes, or None if it does not cross them."""
    x, y = ax.get_xlim(), ax.get_ylim()
    ends = []
    if w[1]:
        ends += [(a, -(w[0] * a + b) / w[1]) for a in x]
    if w[0]:
        ends += [(-(w[1] * a + b) / w[0], a) for a in y]
    slack = 1e-9 * np.array([np.ptp(x), np.ptp(y)])
    low, high = np.array([min(x), min(y)]) - slack, np.array([max(x), max(y)]) + slack
    ends = [end for end in ends if (low <= end).all() and (end <= high).all()]
    if not ends:
        return None
    ends = np.array([min(ends), max(ends)])
    return None if (ends[0] == ends[1]).all() else ends


def _name_axes(ax, x, y):
    ax.set_xlabel(ax.get_xlabel() or x)
    ax.set_ylabel(ax.get_ylabel() or y)
    return ax


# ---- from Matplotlib to the page -----------------------------------------------------------


class Figure:
    """A drawing with its caption and text alternative. Made by `figure`."""

    def __init__(self, svg, caption, alt, name):
        self.svg, self.caption, self.alt, self.name = svg, caption, alt, name

    def __repr__(self):
        return f"Figure: {self.alt}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        anchor = f' id="{self.name}"' if self.name else ""
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        page = f'<figure class="dz-figure"{anchor}>{self.svg}{caption}</figure>'
        return {"text/html": page, "text/plain": repr(self)}


def figure(obj, *, caption, alt, name=None):
    """Turn axes into what the page shows: SVG, caption, text alternative.

    Parameters
    ----------
    obj : Axes, array of Axes, or matplotlib Figure
        The figure is closed, so that it appears once.
    caption : str
        Plain text below the picture.
    alt : str
        What a reader who does not see the picture must know.
    name : str, optional
        Anchor of the figure on the page: lower-case letters, digits and hyphens.

    Returns
    -------
    Figure
        Leave it as the last line of a cell.

    Raises
    ------
    ValueError
        If caption or alt is empty, or if the name is not a valid anchor.
    TypeError
        If `obj` is neither axes nor figure.

    Examples
    --------
    >>> figure(mistakes([3, 2, 0]), caption="Mistakes in each epoch.", alt="Bars fall to 0.")
    Figure: Bars fall to 0.
    """
    first = obj.flat[0] if isinstance(obj, np.ndarray) and obj.size else obj
    fig = getattr(first, "figure", None)
    if not hasattr(fig, "savefig"):
        raise TypeError(f"obj is a {type(obj).__name__}; expected Matplotlib axes or a figure.")
    check_words(caption=caption, alt=alt)
    check_name(name)
    defs, (svg,) = svg_frames([fig], [alt], name or caption + alt)
    plt.close(fig)
    return Figure(svg.replace(">", f">{defs}", 1), caption, alt, name)


def check_words(**words):
    """Refuse an empty caption or text alternative."""
    for name, text in words.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(
                f"{name} is {text!r}. Write one: the caption says what to look at, "
                "alt says what the picture shows to a reader who cannot see it."
            )


def check_name(name):
    """Refuse a name that cannot be an anchor."""
    if name is not None and not re.fullmatch(r"[a-z][a-z0-9-]*", str(name)):
        raise ValueError(
            f"name is {name!r}; expected lower-case letters, digits and hyphens, "
            "for example 'and-boundary'."
        )


def svg_frames(figs, alts, name):
    """Return one SVG for each Matplotlib figure, and the definitions they share.

    What several frames have in common (ticks, labels, data that stay) is written once.

    Parameters
    ----------
    figs : iterable of matplotlib Figure
    alts : sequence of str
    name : str
        Two drawings on a page need different names: their ids start with a hash of it.

    Returns
    -------
    defs : str
        A ``<defs>`` element that must be on the page too.
    svgs : list of str
    """
    library = _Library(name)
    trees = [_read_svg(fig, library) for fig in figs]
    if len(trees) > 1:
        _share(trees, library)
    svgs = []
    for tree, alt in zip(trees, alts, strict=True):
        pixels = float(tree.get("viewBox").split()[2]) * 96 / 72
        svgs.append(
            f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="{tree.get("viewBox")}" '
            f'style="max-width:{pixels:.0f}px" fill="currentColor" stroke-linejoin="round">'
            f"{_xml(*tree)}</svg>"
        )
    return library.defs(), svgs


class _Library:
    """Pieces of SVG that are written once, by content: equal pieces get the same id."""

    def __init__(self, name):
        self.prefix = "z" + hashlib.sha256(name.encode()).hexdigest()[:6]
        self.ids = {}

    def add(self, content):
        return self.ids.setdefault(content, f"{self.prefix}-{len(self.ids)}")

    def defs(self):
        pieces = [
            re.sub(r"^<(\w+)", rf'<\1 id="{key}"', content) for content, key in self.ids.items()
        ]
        return f"<defs>{''.join(pieces)}</defs>"


def _read_svg(fig, library):
    """Return the SVG of a figure as a tidy tree; what it defines goes to the library."""
    for legend in [ax.get_legend() for ax in fig.axes]:
        if legend:
            legend.set_frame_on(False)  # its white would shine on a dark page
    file = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "dlzero"}):
        fig.savefig(file, format="svg", transparent=True)
    root = ElementTree.fromstring(file.getvalue())
    for element in root.iter():
        element.tag = _local(element.tag)
        element.text = element.tail = None
        attributes = {_local(key): value for key, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update({key: _shorten(key, attributes) for key in attributes})
    ids = {}
    for defs in root.iter("defs"):
        for piece in defs:
            if (old := piece.attrib.pop("id", None)) is not None:
                ids[old] = library.add(_xml(piece))
    _tidy(root, ids)
    return root


def _local(name):
    """Return a tag or attribute name without its XML namespace."""
    return name.rpartition("}")[2]


def _shorten(key, attributes):
    """Return an attribute in fewer characters: the eye cannot see 0.01 of a point."""
    value = attributes[key]
    if key == "d":
        is_glyph = attributes.get("transform", "").startswith("scale")
        value = _round(" ".join(value.split()), 0 if is_glyph else 2)
        return re.sub(r" ?([A-Za-z]) ?", r"\1", value).replace(" -", "-")
    if key in ("x", "y", "width", "height"):
        return _round(value)
    if key == "transform":
        return re.sub(r"translate\(.*?\)", lambda match: _round(match[0]), value)
    if key == "style":
        return value.replace(": ", ":").replace("; ", ";").replace("#000000", "currentColor")
    return value


def _round(text, digits=2):
    def short(match):
        number = float(match[0])
        # The nudge: exact halves round the same on every machine. + 0.0: no minus before zero.
        number = round(number + 1e-5, digits) + 0.0
        return f"{number:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{number:.0f}"

    return re.sub(r"-?\d+\.\d+|-?\d+", short, text)


def _tidy(parent, ids):
    """Drop what cannot be seen and groups that group nothing; point to the library."""
    for element in list(parent):
        _tidy(element, ids)
        place = list(parent).index(element)
        element.attrib.pop("id", None)
        for key, value in element.attrib.items():
            if key == "href":
                element.set(key, "#" + ids[value[1:]])
            elif "url(#" in value:
                element.set(key, re.sub(r"#([^)]+)", lambda old: "#" + ids[old[1]], value))
        if element.tag in ("metadata", "defs") or element.get("style") == "fill:none":
            parent.remove(element)
        elif element.tag == "g" and not element.attrib and len(element) < 2:
            parent[place : place + 1] = list(element)


def _share(trees, library):
    """Move each piece that occurs more than once to the library."""
    count = Counter(_xml(element) for tree in trees for element in tree.iter() if len(tree))

    def visit(parent):
        for place, element in enumerate(parent):
            content = _xml(element)
            if count[content] > 1 and len(content) > 60:
                parent[place] = ElementTree.Element("use", href="#" + library.add(content))
            else:
                visit(element)

    for tree in trees:
        visit(tree)


def _xml(*elements):
    text = "".join(ElementTree.tostring(element, encoding="unicode") for element in elements)
    return text.replace(" />", "/>")
