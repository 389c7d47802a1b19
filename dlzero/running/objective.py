"""A function to minimize and its gradient: asked, counted and checked."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..checks import as_array, as_float, function, is_number, out_of_domain

__all__ = ["Objective"]


class Objective:
    """The function to minimize and its gradient, counted and checked."""

    def __init__(self, fun: Callable, jac: Any, differences: Callable) -> None:
        self.fun = function("fun", fun)
        if not (callable(jac) or jac is True or jac is None):
            raise TypeError(f"jac must be a function, True or None, got {jac!r}")
        self.jac, self.differences, self.nfev, self.asked = jac, differences, 0, False

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray, str]:
        """Return value, gradient, and what is wrong with them in words ("" if nothing is)."""
        if not np.isfinite(x).all():
            return math.nan, x, f"x is {nan_or_inf(x)}"
        try:
            f, g = self.value_and_gradient(x)
        except (ArithmeticError, ValueError) as error:
            if not (self.asked and out_of_domain(error)):
                raise
            return math.nan, x, f"f or its gradient has no value ({error})"
        self.asked = True
        if not math.isfinite(f):
            return f, g, f"f is {nan_or_inf(f)}"
        if not np.isfinite(g).all():
            return f, g, f"the gradient{self.how()} is {nan_or_inf(g)}"
        if norm(g) == math.inf:
            return f, g, "the gradient is longer than a float can tell"
        return f, g, ""

    def how(self) -> str:
        """Tell how the gradient is computed if `jac` does not give it."""
        if self.jac is not None:
            return ""
        return " by differences over 6e-06 max(1, |x|), which may leave the domain of f (give jac),"

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Ask for both, in the way that `jac` says."""
        if self.jac is True:
            return pair_of(self.counted, x)
        f = value_of(self.counted, x)
        if self.jac is None:
            return f, self.differences_near(x)
        return f, gradient_of(self.jac, x)

    def differences_near(self, x: np.ndarray) -> np.ndarray:
        """Compute the gradient from values beside x; it is NaN if f has none there."""
        try:
            return self.differences(self.counted, x)
        except (ArithmeticError, ValueError) as error:
            if not out_of_domain(error):
                raise
            return np.full(x.shape, math.nan)

    def counted(self, x: np.ndarray) -> Any:
        """Compute a value, and count it."""
        self.nfev += 1
        return self.fun(x)

    def largest_curvature(self, x: np.ndarray, g: np.ndarray) -> float:
        """Estimate L at x: a few power iterations with H u = (grad f(x + h u) - grad f(x)) / h."""
        h = 1e-4 * max(1.0, norm(x))
        u, curvature = g / norm(g), math.nan
        for _ in range(5):
            _, g_near, trouble = self(x + h * u)
            if trouble:
                return math.nan
            bent = (g_near - g) / h
            curvature = norm(bent)
            u = bent / curvature
        return curvature


def norm(g: np.ndarray) -> float:
    """Return the length of a vector, safe from overflow and underflow.

    Examples
    --------
    >>> print(f"{norm(np.array([3e200, 4e200])):.6g}")
    5e+200
    """
    with np.errstate(over="ignore"):
        return float(np.hypot.reduce(g, axis=None))


def finite_length(kind: str, g: np.ndarray) -> float:
    """Return the length of a gradient that can be compared, or say what is wrong with it."""
    length = norm(g)
    if not math.isfinite(2 * length):
        raise ValueError(
            f"{kind} gradient is {nan_or_inf(g)} at x. "
            "Compare at a point where f and its gradient are finite."
        )
    return length


def nan_or_inf(numbers: Any) -> str:
    return "nan" if np.isnan(numbers).any() else "inf"


def value_of(fun: Callable, x: np.ndarray) -> float:
    """Ask fun at x for one real number; an overflow of the math module is an infinity."""
    try:
        f = fun(x.copy())
    except OverflowError:
        return math.inf
    return one_number(f)


def gradient_of(jac: Callable, x: np.ndarray) -> np.ndarray:
    """Ask jac at x for a gradient of its shape."""
    try:
        g = jac(x.copy())
    except OverflowError:
        return np.full(x.shape, math.inf)
    return of_shape(g, x)


def pair_of(fun: Callable, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Ask fun at x for value and gradient."""
    try:
        pair = fun(x.copy())
    except OverflowError:
        return math.inf, np.full(x.shape, math.inf)
    if not (isinstance(pair, tuple) and len(pair) == 2):
        raise TypeError(f"with jac=True fun must return (value, gradient), got {pair!r}")
    return one_number(pair[0]), of_shape(pair[1], x)


def one_number(f: Any) -> float:
    number = np.asarray(as_float(f) if is_number(f) else as_array("the value of fun", f))
    if number.dtype.kind not in "iuf":
        raise TypeError(f"fun must return a real number, got {f!r}")
    if number.size != 1:
        raise ValueError(f"fun must return one number, got an array of shape {number.shape}")
    return float(number.item())


def of_shape(g: Any, x: np.ndarray) -> np.ndarray:
    gradient = as_array("the gradient", g)
    if gradient.dtype.kind not in "iuf":
        raise TypeError(f"jac must return real numbers, got {g!r}")
    if gradient.shape != x.shape:
        raise ValueError(f"the gradient has shape {gradient.shape}, but x has shape {x.shape}")
    return gradient.astype(float)
