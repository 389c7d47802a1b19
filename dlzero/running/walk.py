"""A walk downhill: the points it came by, when it ends and why, and which rate to try next."""

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks import real_array, tolerance
from .objective import Objective, norm

__all__ = ["MinimizeResult", "Walk"]


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

    def __init__(self, objective: Objective, x0: Any, gtol: float, ftol: float) -> None:
        self.objective = objective
        self.gtol, self.ftol = tolerance("gtol", gtol), tolerance("ftol", ftol)
        self.x = real_array("x0", x0)
        with np.errstate(all="ignore"):
            self.fun, self.jac, trouble = objective(self.x)
        if trouble:
            raise ValueError(f"{trouble} at x0. Start where f and its gradient are finite.")
        self.points, self.values = [self.x], [self.fun]
        self.first_jac, self.rises, self.change = self.jac, 0, math.inf
        self.lr: float | None = None
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

    def end(self, status: str, message: str) -> None:
        """Note why the walk ends."""
        self.status, self.message = status, message

    def go(self, x: np.ndarray, hyper: Mapping[str, float]) -> bool:
        """Go on to x, unless f or its gradient is not finite there: that ends the walk."""
        t, self.lr = len(self.points), hyper.get("lr")
        f, g, trouble = self.objective(x)
        if f == -math.inf:
            self.end("no minimum", f"f fell to -inf at step {t}: it seems to have no minimum")
            return False
        if trouble:
            self.end("diverged", f"diverged at step {t}: {trouble}. {self.hint()}")
            return False
        self.change = max(abs(f - self.fun), abs(np.vdot(self.jac, x - self.x)))
        self.rises = self.rises + 1 if f > self.fun else 0
        self.x, self.fun, self.jac = x, f, g
        self.points.append(x)
        self.values.append(f)
        return True

    def ends_flat(self) -> bool:
        """End the walk if the gradient is small beside the first one."""
        if norm(self.jac) > self.gtol * norm(self.first_jac):
            return False
        self.end("small gradient", f"the gradient is small: {self.norms()}")
        return True

    def ends_still(self) -> bool:
        """End the walk if the last step changed f by next to nothing, and promised no more."""
        resting = self.lr == 0  # a schedule may begin with zero
        if not self.ftol or resting or self.change > self.ftol * abs(self.fun):
            return False
        change = abs(self.values[-1] - self.values[-2])
        self.end("no change", f"f changed by {change:.6g} only; {self.norms()}")
        return True

    def ends_climbing(self) -> bool:
        """End the walk if f rose 20 times in a row, to a million times its size at the start."""
        f, start = self.fun, self.values[0]
        # A detour uphill is short and low. Divergence climbs on and on.
        if self.rises < 20 or f - start <= 1e6 * (abs(start) or abs(self.values[1])):
            return False
        step = len(self.points) - 1
        grew = f"f grew from {start:.6g} to {f:.6g}"
        self.end("diverged", f"diverged at step {step}: {grew}. {self.hint()}")
        return True

    def end_at_limit(self, steps: int) -> None:
        """End because all steps are done, unless the last one has arrived."""
        if self.ends_flat():
            return
        f, start = self.fun, self.values[0]
        hint = f"; f rose from {start:.6g} to {f:.6g}, take a smaller lr" if f > start else ""
        self.end("limit", f"step limit reached ({steps}); {self.norms()}{hint}")

    def norms(self) -> str:
        """Tell how long the gradient is, and how long it was."""
        return f"gradient norm {norm(self.jac):.6g}, at the start {norm(self.first_jac):.6g}"

    def hint(self) -> str:
        """Say which rate to try: 1/L if that is much smaller than this one, else a tenth of it."""
        lr = self.lr
        if not lr:  # none, or a schedule's zero
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
