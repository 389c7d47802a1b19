"""A walk downhill: the points it came by, when it ends and why, and which rate to try next."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks import function, real_array, tolerance

__all__ = ["MinimizeResult", "Objective", "Walk"]


@dataclass(repr=False)
class MinimizeResult:
    """How a walk went. The names are SciPy's.

    Attributes
    ----------
    x : ndarray
        The last point, of the shape of the start.
    fun : float
        The value there.
    jac : ndarray
        The gradient there.
    nit : int
        Steps taken.
    nfev : int
        Values of the function computed, those for central differences included.
    success : bool
        True if the gradient became small or f stopped changing.
    status : str
        Why the walk ended, in one of these words: ``"small gradient"``, ``"no change"``,
        ``"limit"``, ``"diverged"``, ``"no minimum"``, ``"callback"``, ``"interrupted"``.
    message : str
        The same in a sentence, with numbers.
    path : ndarray, shape (nit + 1, ...)
        All points, the start first.
    values : ndarray, shape (nit + 1,)
        The value at each point of the path.
    """

    x: np.ndarray
    fun: float
    jac: np.ndarray
    nit: int
    nfev: int
    success: bool
    status: str
    message: str
    path: np.ndarray
    values: np.ndarray

    def __repr__(self) -> str:
        with np.printoptions(precision=6):
            return (
                f"success: {self.success}\n"
                f"message: {self.message}\n"
                f"      x: {self.x}\n"
                f"    fun: {self.fun:.6g}\n"
                f"    jac: {self.jac}\n"
                f"    nit: {self.nit}\n"
                f"   nfev: {self.nfev}\n"
                f"   path: {len(self.path)} points"
            )


class Walk:
    """The points of a walk, and the rules that end it. ``status`` is empty while it goes on."""

    def __init__(self, objective: "Objective", x0: Any, gtol: float, ftol: float) -> None:
        self.objective = objective
        self.gtol, self.ftol = tolerance("gtol", gtol), tolerance("ftol", ftol)
        self.x = real_array("x0", x0)
        with np.errstate(all="ignore"):
            self.fun, self.jac, trouble = objective(self.x)
        if trouble:
            raise ValueError(f"{trouble} at x0. Start where f and its gradient are finite.")
        self.points, self.values = [self.x], [self.fun]
        self.first_jac, self.rises = self.jac, 0
        self.status, self.message = "", ""

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Tell overflow in words, not as a warning; on Ctrl-C keep the point reached."""
        with np.errstate(all="ignore"):
            try:
                yield
            except KeyboardInterrupt:
                steps = len(self.points) - 1
                self.end("interrupted", f"interrupted after step {steps}; the point is kept")

    def end(self, status: str, message: str) -> bool:
        """Note why the walk ends."""
        self.status, self.message = status, message
        return True

    def is_flat(self) -> bool:
        """End if the gradient is small beside the first one."""
        if norm(self.jac) > self.gtol * norm(self.first_jac):
            return False
        return self.end("small gradient", f"the gradient is small: {self.norms()}")

    def go(self, x: np.ndarray, hyper: Mapping[str, float]) -> bool:
        """Go on to x, unless f or its gradient is not finite there: that ends the walk."""
        t, (f, g, trouble) = len(self.points), self.objective(x)
        if f == -math.inf:
            message = f"f fell to -inf at step {t}: it seems to have no minimum"
            return not self.end("no minimum", message)
        if trouble:
            return not self.end("diverged", f"diverged at step {t}: {trouble}. {self.hint(hyper)}")
        self.change = max(abs(f - self.fun), abs(np.vdot(self.jac, x - self.x)))
        self.rises = self.rises + 1 if f > self.fun else 0
        self.x, self.fun, self.jac = x, f, g
        self.points.append(x)
        self.values.append(f)
        return True

    def is_climbing(self, hyper: Mapping[str, float]) -> bool:
        """End if f climbs on and on, far above the start. A detour uphill is short and low."""
        f, start = self.fun, self.values[0]
        if self.rises < 20 or f - start <= 1e6 * abs(start):
            return False
        grew = f"f grew from {start:.6g} to {f:.6g}"
        return self.end(
            "diverged", f"diverged at step {len(self.points) - 1}: {grew}. {self.hint(hyper)}"
        )

    def is_still(self, hyper: Mapping[str, float]) -> bool:
        """End if the last step changed f by next to nothing, and promised no more than that."""
        resting = hyper.get("lr") == 0  # a schedule may begin with zero
        if not self.ftol or resting or self.change > self.ftol * abs(self.fun):
            return False
        change = abs(self.values[-1] - self.values[-2])
        return self.end("no change", f"f changed by {change:.6g} only; {self.norms()}")

    def stop_at_limit(self, steps: int) -> bool:
        """End because all steps are done, unless the last one has arrived."""
        if self.is_flat():
            return True
        f, start = self.fun, self.values[0]
        hint = f"; f rose from {start:.6g} to {f:.6g}, take a smaller lr" if f > start else ""
        return self.end("limit", f"step limit reached ({steps}); {self.norms()}{hint}")

    def norms(self) -> str:
        """Tell how long the gradient is, and how long it was."""
        return f"gradient norm {norm(self.jac):.6g}, at the start {norm(self.first_jac):.6g}"

    def hint(self, hyper: Mapping[str, float]) -> str:
        """Say which rate to try after a divergence."""
        lr = hyper.get("lr")
        if lr is None:
            return "Take smaller steps."
        curvature = self.objective.largest_curvature(self.points[0], self.first_jac)
        safe = 1 / curvature if curvature > 0 else math.inf
        smaller = safe if safe < lr / 2 else lr / 10
        return f"Try a smaller rate, for example lr={smaller:.1g} instead of {lr:g}."

    def result(self) -> MinimizeResult:
        """Return the record of the walk."""
        return MinimizeResult(
            x=self.x[()],
            fun=self.fun,
            jac=self.jac[()],
            nit=len(self.points) - 1,
            nfev=self.objective.nfev,
            success=self.status in ("small gradient", "no change"),
            status=self.status,
            message=self.message,
            path=np.array(self.points),
            values=np.array(self.values),
        )


class Objective:
    """The function to minimize and its gradient, counted and checked."""

    def __init__(self, fun: Callable, jac: Any, differences: Callable) -> None:
        self.fun = function("fun", fun)
        if not (callable(jac) or jac is True or jac is None):
            raise TypeError(f"jac must be a function, True or None, got {jac!r}")
        self.jac, self.differences, self.nfev = jac, differences, 0

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray, str]:
        """Return value, gradient, and what is wrong with them in words ("" if nothing is)."""
        if not np.isfinite(x).all():
            return math.nan, x, f"x is {nan_or_inf(x)}"
        f, g = self.value_and_gradient(x)
        if not math.isfinite(f):
            return f, g, f"f is {nan_or_inf(f)}"
        if not np.isfinite(g).all():
            return f, g, f"the gradient is {nan_or_inf(g)}"
        return f, g, ""

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Ask for both, in the way that `jac` says."""
        if self.jac is True:
            return pair_of(self.counted, x)
        f = value_of(self.counted, x)
        if self.jac is None:
            return f, self.differences(self.counted, x)
        return f, gradient_of(self.jac, x)

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
    return float(np.hypot.reduce(g, axis=None))


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
    number = np.asarray(f)
    if number.dtype.kind not in "iuf":
        raise TypeError(f"fun must return a real number, got {f!r}")
    if number.size != 1:
        raise ValueError(f"fun must return one number, got an array of shape {number.shape}")
    return float(number.item())


def of_shape(g: Any, x: np.ndarray) -> np.ndarray:
    gradient = np.asarray(g)
    if gradient.dtype.kind not in "iuf":
        raise TypeError(f"jac must return real numbers, got {g!r}")
    if gradient.shape != x.shape:
        raise ValueError(f"the gradient has shape {gradient.shape}, but x has shape {x.shape}")
    return gradient.astype(float)
