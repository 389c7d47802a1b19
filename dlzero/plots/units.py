"""The pictures of chapters 1 and 2: a unit, its data, and how it learned."""

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from ..checks import (
    NotFittedError,
    as_array,
    check_samples,
    check_targets,
    real_array,
    whole,
)
from .look import COLORS, SERIES, axes, name_axes


def points(X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
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
    >>> from dlzero import plots
    >>> ax = plots.points([[1, 1], [0, 0]], [1, 0])
    >>> ax.get_legend_handles_labels()[1]
    ['1', '0']
    >>> plots.plt.close("all")
    """
    data = _data(X, columns=2)
    given = _labels(y, len(data))
    labels = np.unique(given)
    if len(labels) > 2:
        raise ValueError(
            f"points draws two classes, but y has {len(labels)} labels: {labels.tolist()}. "
            "Keep the rows of two of them."
        )
    ax = axes(3.6, 3.6) if ax is None else ax
    ax.margins(0.15)
    looks: list[dict[str, Any]] = [
        {"marker": "o", "facecolors": COLORS[0], "edgecolors": COLORS[0]},
        {"marker": "s", "facecolors": "none", "edgecolors": COLORS[1]},
    ]
    if labels.tolist() in ([0], [-1]):
        looks.reverse()
    for label, look in zip(labels[::-1], looks, strict=False):
        x1, x2 = data[given == label].T
        ax.scatter(x1, x2, s=45, linewidths=1.6, zorder=3, label=str(label), **look)
    return name_axes(ax, "$x_1$", "$x_2$")


def boundary(model: object, ax: Axes | None = None, *, normal: bool = True) -> Axes:
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
    TypeError
        If `model` is neither a model nor a pair.
    ValueError
        If the model is not fitted, or if w has not two finite numbers.

    Examples
    --------
    >>> from dlzero import plots
    >>> ax = plots.boundary(([0.0, 2.0], -1.0))
    >>> ax.lines[0].get_ydata().tolist()
    [0.5, 0.5]
    >>> plots.plt.close("all")
    """
    w, b = _line(model)
    if ax is None:
        ax = axes(3.6, 3.6)
        ax.set(xlim=(-2, 2), ylim=(-2, 2))
    if normal:
        ax.set_aspect("equal")
    ends = _ends(w, b, ax)
    if ends is None:
        return name_axes(ax, "$x_1$", "$x_2$")
    ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())  # what is drawn later must not move the edges
    ax.plot(*ends.T, color="black", linestyle="-", linewidth=2)
    foot = ends.mean(axis=0)
    arrow = w / np.hypot(*w) * 0.16 * min(np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim()))
    beyond_x, beyond_y = foot + 1.4 * arrow
    if normal and ax.viewLim.contains(beyond_x, beyond_y):
        look = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", foot + arrow, foot, arrowprops=look, in_layout=False)
        ax.text(beyond_x, beyond_y, "$w$", ha="center", va="center", in_layout=False)
    return name_axes(ax, "$x_1$", "$x_2$")


def boundary_trace(
    model: object, X: ArrayLike, y: ArrayLike, step: int, ax: Axes | None = None
) -> Axes:
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
    TypeError
        If `model` is no model, or if `step` is not a whole number.
    ValueError
        If the model is not fitted, or if there is no such step.
    """
    history = real_array("history_", _learned(model, "history_"))
    data = _data(X, columns=2)
    given = _labels(y, len(data))
    if history.ndim != 2 or history.shape[1] != 3:
        raise ValueError(
            f"boundary_trace draws models of two features; history_ has shape {history.shape}, "
            "expected (n_updates + 1, 3)."
        )
    if whole("step", step, least=0) >= len(history):
        raise ValueError(
            f"step is {step}; expected a whole number from 0 to {len(history) - 1}, "
            "the number of updates."
        )
    ax = points(data, given, ax)
    low, high = data.min(axis=0), data.max(axis=0)
    pad = _room(history, low, high)
    ax.set(xlim=(low[0] - pad, high[0] + pad), ylim=(low[1] - pad, high[1] + pad))
    ax.set_aspect("equal")
    ax.locator_params(nbins=5)
    for *w, b in history[: int(step)]:
        ends = _ends(np.array(w), b, ax)
        if ends is not None:
            ax.plot(*ends.T, color="black", linestyle="-", linewidth=1, alpha=0.2)
    *w, b = history[int(step)]
    wrong = (data @ w + b > 0) != (given == np.unique(given)[-1])
    x1, x2 = data[wrong].T
    ax.scatter(x1, x2, s=190, facecolors="none", edgecolors=COLORS[3], linewidths=1.6)
    return boundary((w, b), ax)


def mistakes(model: object, ax: Axes | None = None) -> Axes:
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
    >>> from dlzero import plots
    >>> ax = plots.mistakes([3, 3, 2, 2, 0])
    >>> [int(bar.get_height()) for bar in ax.patches]
    [3, 3, 2, 2, 0]
    >>> plots.plt.close("all")
    """
    errors = _sequence(model, "errors_")
    ax = axes() if ax is None else ax
    epochs = np.arange(1, len(errors) + 1)
    ax.bar(epochs, errors, width=0.6, color=COLORS[1])
    zero = epochs[errors == 0]  # a bar of height 0 would look like a missing epoch
    ax.plot(zero, 0 * zero, linestyle="none", marker="_", markersize=12, color=COLORS[1], mew=4)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return name_axes(ax, "epoch", "mistakes")


def loss_curve(losses: object, ax: Axes | None = None, *, log: bool = False) -> Axes:
    """Draw the loss of each epoch, or of each step of a training.

    Parameters
    ----------
    losses : fitted LinearUnit, History, sequence of float, or dict of str to any of them
        The record that `train` returns has a loss for each step; its ``epoch_loss`` has one for
        each epoch, as a unit has. A sequence counts epochs. A dict draws one curve for each
        entry, with a legend.
    ax : Axes, optional
    log : bool, default False
        Logarithmic loss axis. Every loss must then be positive.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If there are no losses in what came.
    ValueError
        If a curve is empty, if `log` meets a loss that is not positive, or if some curves count
        steps and others epochs.

    Examples
    --------
    >>> from dlzero import plots
    >>> ax = plots.loss_curve({"lr = 0.1": [4, 2, 1], "lr = 0.2": [4, 1, 0.25]}, log=True)
    >>> ax.get_yscale()
    'log'
    >>> plots.plt.close("all")
    """
    sources = losses if isinstance(losses, dict) else {None: losses}
    counts = {_counts(source) for source in sources.values()}
    if not counts:
        raise ValueError("losses is an empty dict; expected at least one curve.")
    if len(counts) > 1:
        raise ValueError(
            "some curves count steps and others epochs. "
            "Draw two pictures, or give history.epoch_loss in place of history."
        )
    (count,) = counts
    curves = [_sequence(each, "loss" if count == "step" else "loss_") for each in sources.values()]
    lowest = np.min([curve.min() for curve in curves])
    if log and not lowest > 0:
        raise ValueError(
            f"log=True needs positive losses, but the smallest is {lowest:g}. Use log=False."
        )
    ax = axes() if ax is None else ax
    for label, curve, look in zip(sources, curves, itertools.cycle(SERIES), strict=False):
        at, marks = np.arange(1, len(curve) + 1), max(1, len(curve) // 10)
        ax.plot(at, curve, **look, markersize=5, markevery=marks, label=label)
    if log:
        ax.set_yscale("log")
    if isinstance(losses, dict):
        ax.legend()
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return name_axes(ax, count, "loss")


def residuals(model: object, X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
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
    >>> from dlzero import plots
    >>> ax = plots.residuals(([2.0], 1.0), [[0], [1]], [1, 4])
    >>> ax.lines[0].get_ydata().tolist()
    [1.0, 3.0]
    >>> plots.plt.close("all")
    """
    x = _data(X, columns=1)[:, 0]
    targets = check_targets(y, len(x))
    w, b = _line(model, features=1)
    prediction = x * w[0] + b
    ax = axes() if ax is None else ax
    order = np.argsort(x)
    ax.plot(x[order], prediction[order], color="black", linestyle="-", linewidth=2)
    ax.vlines(x, prediction, targets, colors=COLORS[1], linestyles="--", linewidth=1.5)
    ax.scatter(x, targets, s=40, color=COLORS[0], zorder=3)
    return name_axes(ax, "$x$", "$y$")


def residual_plot(model: object, X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
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
    data = _data(X)
    targets = check_targets(y, len(data))
    w, b = _line(model, features=data.shape[1])
    prediction = data @ w + b
    ax = axes() if ax is None else ax
    ax.axhline(0, color="black", linestyle="-", linewidth=1)
    ax.scatter(prediction, targets - prediction, s=25, facecolors="none", edgecolors=COLORS[0])
    return name_axes(ax, r"$\hat{y}$", r"$y - \hat{y}$")


def _data(X, columns=None):
    X = check_samples(X)
    if columns not in (None, X.shape[1]):
        raise ValueError(
            f"X has {X.shape[1]} columns; this picture needs {columns}. "
            f"Choose what to draw, for example X[:, :{columns}]."
        )
    return X


def _labels(y, n_samples):
    y = as_array("y", y)
    if y.shape != (n_samples,):
        raise ValueError(
            f"y has shape {y.shape}; expected ({n_samples},), one label for each row of X."
        )
    return y


def _learned(model, name):
    """Return what a model has learned; say whether it is not fitted or no such model."""
    if hasattr(model, name):
        return getattr(model, name)
    what = f"{type(model).__name__} has no {name}"
    learned = [key for key in getattr(model, "__dict__", ()) if key.endswith("_")]
    if hasattr(model, "fit") and not learned:
        raise NotFittedError(f"{what}. Call fit(X, y) before you draw the model.")
    raise TypeError(f"{what}, which this picture draws. Give it a model that has one.")


def _line(model, features=2):
    """Return w, b of a fitted model or of a pair (w, b)."""
    if isinstance(model, tuple) and len(model) == 2:
        w, b = model
    else:
        w, b = _learned(model, "coef_"), _learned(model, "intercept_")
    w, b = real_array("w", w, finite=False).ravel(), real_array("b", b, finite=False).ravel()
    if len(b) != 1:
        raise ValueError(f"b = {b}; expected one number")
    b = float(b[0])
    if len(w) != features or not np.isfinite([*w, b]).all():
        raise ValueError(f"w = {w}, b = {b}; expected {features} finite weights and a finite b.")
    return w, b


def _counts(curve):
    """Return what a curve counts: the record of a training has a list for its steps."""
    is_record = not hasattr(curve, "loss_") and isinstance(getattr(curve, "loss", None), list)
    return "step" if is_record else "epoch"


def _sequence(model, name):
    given = getattr(model, name, model)
    is_text = isinstance(given, str)
    plain = (isinstance(given, Iterable) and not is_text) or hasattr(given, "__array__")
    values = real_array(name.rstrip("_"), given if plain else _learned(model, name), finite=False)
    if values.ndim != 1 or not len(values):
        each = "a step" if name == "loss" else "an epoch"
        raise ValueError(f"expected one number {each}, got an array of shape {values.shape}.")
    return values


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
