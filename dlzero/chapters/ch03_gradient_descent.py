"""Chapter 3: gradient descent, the rule that all the others refine, and the loop that runs it."""

import inspect
import itertools
import math
import sys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

__all__ = [
    "MinimizeResult",
    "Signature",
    "check_gradient",
    "gradient_descent",
    "minimize",
    "numerical_gradient",
    "signature",
]


def gradient_descent(w, g, lr=0.01):
    r"""Take one step against the gradient.

    .. math:: w \leftarrow w - \eta\, g

    Every rule of this package has this form: it takes the parameters ``w``, their gradient ``g``
    and its own state (none here), and returns ``(w, *state)`` as new values. Nothing is changed
    in place.

    Parameters
    ----------
    w : float or ndarray
        The parameters, of any shape.
    g : float or ndarray
        The gradient of the loss at ``w``, of the same shape.
    lr : float, default 0.01
        The learning rate :math:`\eta`.

    Returns
    -------
    tuple
        ``(w,)``, a tuple of one: this rule keeps no state.

    Notes
    -----
    Source: Cauchy (1847), ``cauchy1847methode``. PyTorch, optax and Keras agree on this rule.
    On a quadratic of largest curvature :math:`L` it converges for :math:`\eta < 2/L` only.

    Examples
    --------
    The function is ``f(w) = w**2``, so the gradient at ``w`` is ``2 * w``.

    >>> w = 3.0
    >>> (w,) = gradient_descent(w, 2 * w, lr=0.25)
    >>> w
    1.5
    >>> (w,) = gradient_descent(w, 2 * w, lr=0.25)
    >>> w
    0.75
    """
    return (w - lr * g,)


def minimize(
    fun,
    x0,
    method=gradient_descent,
    *,
    jac=None,
    steps=1000,
    gtol=1e-8,
    ftol=1e-12,
    callback=None,
    **hyper,
):
    r"""Walk downhill from `x0` until a stopping rule holds.

    Start at `x0`. Compute the gradient. Let the rule take a step. Repeat, and stop

    1. when the gradient is small,
       :math:`\lVert g_t \rVert \le \text{gtol} \cdot \lVert g_0 \rVert`,
    2. when f no longer changes: neither the change of f in one step nor the change that the
       slope foretold exceeds :math:`\text{ftol} \cdot |f|`,
    3. when `steps` steps are done, which is no success,
    4. when the walk diverges, which is no success either.

    Both tolerances are relative, so it does not matter whether f is tiny or huge.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` gives one number.
    x0 : array_like
        The start, of any shape. It is not changed. The walk is done in float64.
    method : callable or str, default gradient_descent
        Any rule ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``, or its name.
    jac : callable, True or None, default None
        ``jac(x)`` gives the gradient, of the shape of x. True means that `fun` returns
        ``(value, gradient)``. None means central differences.
    steps : int, default 1000
        Most steps to take.
    gtol : float, default 1e-8
        Tolerance for the norm of the gradient. At 0 only a gradient of zero stops the walk.
    ftol : float, default 1e-12
        Tolerance for the change of f. 0 switches this stopping rule off.
    callback : callable, optional
        ``callback(t, x, f)`` is called after step t. If it returns True, the walk stops.
    **hyper
        Hyper-parameters of the rule, such as ``lr``. A function is a schedule: ``lr(t)`` is the
        rate of step t, counted from 1.

    Returns
    -------
    MinimizeResult
        With ``x, fun, jac, nit, nfev, success, message, path, values``. After a divergence it
        holds the last point where all was finite, and the message names a smaller rate.

    Raises
    ------
    TypeError
        If an argument is not what is described here, or the rule has no such hyper-parameter.
    ValueError
        If a number is out of its range, if f or its gradient is not finite at `x0`, or if
        shapes do not fit.

    Notes
    -----
    Source: Cauchy (1847), ``cauchy1847methode``. Nocedal and Wright (2006),
    ``nocedal2006numerical``, discuss stopping rules. The second rule asks for the foretold
    change :math:`|g_t^\top (x_{t+1} - x_t)|` too, because a walk that bounces between two
    walls finds the same f on both sides.

    Examples
    --------
    Three variables: x² + y² + z² from (3, 3, 3).

    >>> result = minimize(lambda x: np.sum(x**2), (3, 3, 3), jac=lambda x: 2 * x, lr=0.1)
    >>> result.success, result.nit
    (True, 83)
    >>> print(result.path[:3])
    [[3.   3.   3.  ]
     [2.4  2.4  2.4 ]
     [1.92 1.92 1.92]]

    The rate must stay below 2/L, which is 1 here.

    >>> result = minimize(lambda x: np.sum(x**2), (3, 3, 3), jac=lambda x: 2 * x, lr=1.5)
    >>> print(result.message)  # doctest: +NORMALIZE_WHITESPACE
    diverged at step 20: f grew from 27 to 2.96868e+13.
    Try a smaller rate, for example lr=0.5 instead of 1.5.
    """
    rule = find_rule(method)
    sig = signature(rule)
    hyper = check_hyper(sig, hyper)
    _check_limits(steps, gtol, ftol, callback)
    objective = _Objective(fun, jac)
    x = _real_array("x0", x0)

    def result(success, message):
        return MinimizeResult(
            x=x[()],
            fun=f,
            jac=g[()],
            nit=len(path) - 1,
            nfev=objective.nfev,
            success=success,
            message=message,
            path=np.array(path),
            values=np.array(values),
        )

    def norms():
        return f"gradient norm {norm(g):.6g}, at the start {norm(g_start):.6g}"

    with np.errstate(all="ignore"):  # overflow is told in words, not as a warning
        f, g, trouble = objective(x)
        if trouble:
            raise ValueError(f"{trouble} at x0. Start where f and its gradient are finite.")
        f_start, g_start, small = f, g, gtol * norm(g)
        state = [np.zeros_like(x) for _ in sig.state]
        path, values, rises = [x], [f], 0

        for t in itertools.count(1):
            if norm(g) <= small:
                return result(True, f"the gradient is small: {norms()}")
            if t > steps:
                hint = f"; f rose from {f_start:.6g} to {f:.6g}, take a smaller lr"
                hint = hint if f > f_start else ""
                return result(False, f"step limit reached ({steps}); {norms()}{hint}")

            now = at_step(t, hyper)
            x_new, *state = take_step(rule, sig, x, g, state, t, now)
            f_new, g_new, trouble = objective(x_new)
            if f_new == -math.inf:
                return result(False, f"f fell to -inf at step {t}: it seems to have no minimum")
            if trouble:
                advice = _advice(objective, path[0], g_start, sig, now)
                return result(False, f"diverged at step {t}: {trouble}. {advice}")

            change, foretold = abs(f_new - f), abs(np.vdot(g, x_new - x))
            rises = rises + 1 if f_new > f else 0
            x, f, g = x_new, f_new, g_new
            path.append(x)
            values.append(f)

            if callback and callback(t, x.copy(), f):
                return result(False, f"stopped by the callback at step {t}")
            # A detour uphill is short and low. Divergence climbs on and on, far above the start.
            if rises >= 20 and f - f_start > 1e6 * abs(f_start):
                growth = f"f grew from {f_start:.6g} to {f:.6g}"
                advice = _advice(objective, path[0], g_start, sig, now)
                return result(False, f"diverged at step {t}: {growth}. {advice}")
            resting = now.get("lr") == 0  # a schedule may begin with zero
            if ftol and not resting and max(change, foretold) <= ftol * abs(f):
                return result(True, f"f changed by {change:.6g} only; {norms()}")


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
    message : str
        Why the walk stopped.
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
    message: str
    path: np.ndarray
    values: np.ndarray

    def __repr__(self):
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


def norm(g):
    """Length of a vector, safe from overflow and underflow.

    Parameters
    ----------
    g : ndarray
        Of any shape.

    Returns
    -------
    float
        Square root of the sum of squares. Squares of 1e200 or 1e-200 would not fit a float.

    Examples
    --------
    >>> print(f"{norm(np.array([3e200, 4e200])):.6g}")
    5e+200
    """
    return float(np.hypot.reduce(g, axis=None))


def numerical_gradient(fun, x, h=None):
    r"""Compute the gradient by central differences, from values alone.

    .. math:: \frac{\partial f}{\partial x_i} \approx \frac{f(x + h_i e_i) - f(x - h_i e_i)}{2 h_i}

    Parameters
    ----------
    fun : callable
        ``fun(x)`` gives one number.
    x : array_like
        The point, of any shape. It is not changed.
    h : float, optional
        Width of the difference, times ``max(1, |x_i|)``. By default the cube root of the
        rounding unit, 6e-6: a smaller one loses digits in the subtraction, a larger one
        leaves the curve.

    Returns
    -------
    ndarray
        The gradient, of the shape of `x`.

    Raises
    ------
    TypeError, ValueError
        If `x` is not finite real numbers, `fun` does not return one number, or `h` is not
        positive.

    Notes
    -----
    Source: Nocedal and Wright (2006), ``nocedal2006numerical``, ch. 8. The error is of order
    :math:`h^2` from the curve and :math:`\epsilon / h` from rounding.

    Examples
    --------
    >>> numerical_gradient(lambda x: x[0] ** 2 + 50 * x[1] ** 2, (150.0, 75.0)).round(4)
    array([ 300., 7500.])
    """
    x = _real_array("x", x)
    if h is None:
        h = np.finfo(float).eps ** (1 / 3)
    elif not (_is_number(h) and math.isfinite(h) and h > 0):
        raise ValueError(f"h must be positive and finite, got {h!r}")
    g = np.empty_like(x)
    for i in np.ndindex(x.shape):
        width = h * max(1.0, abs(x[i]))
        right, left = x.copy(), x.copy()
        right[i] += width
        left[i] -= width
        # divide by the width that was really taken, rounding included
        g[i] = (_value(fun, right) - _value(fun, left)) / (right[i] - left[i])
    return g


def check_gradient(fun, jac, x, h=None):
    r"""Compare a gradient with central differences.

    .. math:: \frac{\lVert a - n \rVert}{\lVert a \rVert + \lVert n \rVert}

    where a is the gradient to check and n the numerical one.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` gives one number.
    jac : callable
        ``jac(x)`` gives the gradient to check, of the shape of x.
    x : array_like
        Where to compare. Take a random point: at a minimum both gradients are rounding errors.
    h : float, optional
        Width of the difference, as for `numerical_gradient`.

    Returns
    -------
    float
        The relative error, from 0 to 1. Below 1e-7 the gradient is right, above 1e-3 it has
        a bug, between the two look for kinks in f.

    Raises
    ------
    TypeError, ValueError
        If `jac` is not a function that returns real numbers of the shape of `x`, or as for
        `numerical_gradient`.

    Examples
    --------
    >>> def f(x):
    ...     return np.sum(x**2)
    >>> check_gradient(f, lambda x: 2 * x, (0.3, -1.2)) < 1e-9
    True
    >>> round(check_gradient(f, lambda x: x, (0.3, -1.2)), 4)
    0.3333
    """
    if not callable(jac):
        raise TypeError(f"jac must be a function, got {jac!r}")
    x = _real_array("x", x)
    numerical = numerical_gradient(fun, x, h)
    analytic = _gradient(jac, x)
    total = norm(analytic) + norm(numerical)
    return norm(analytic - numerical) / total if total else 0.0


class Signature(NamedTuple):
    """What a rule's signature says: its name, its state, whether it counts steps, its defaults."""

    name: str
    state: tuple
    uses_t: bool
    hyper: dict


def signature(rule):
    """Read from its signature what a rule needs.

    Parameters
    ----------
    rule : callable
        ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``. After ``w, g``, the names without
        a default are the state, ``t`` is the step counter, the defaults are hyper-parameters.

    Returns
    -------
    Signature
        ``(name, state, uses_t, hyper)``.

    Raises
    ------
    TypeError
        If `rule` is not a function of this form.

    Examples
    --------
    >>> def slower_and_slower(w, g, t, lr=0.1):
    ...     return (w - lr / t * g,)
    >>> signature(slower_and_slower)
    Signature(name='slower_and_slower', state=(), uses_t=True, hyper={'lr': 0.1})
    """
    form = "rule(w, g, *state[, t], lr=..., ...)"
    if not callable(rule):
        raise TypeError(f"expected a function {form}, got {rule!r}")
    name = getattr(rule, "__name__", type(rule).__name__)
    declared = inspect.signature(rule)
    parameters = declared.parameters.values()
    if any(p.kind is not p.POSITIONAL_OR_KEYWORD for p in parameters):
        raise TypeError(f"expected a function {form} without *, / or **, got {name}{declared}")
    needed = [p.name for p in parameters if p.default is p.empty]
    if needed[:2] != ["w", "g"] or "t" in needed[:-1]:
        raise TypeError(f"expected a function {form} with t last, got {name}{declared}")
    hyper = {p.name: p.default for p in parameters if p.default is not p.empty}
    uses_t = needed[-1] == "t"
    return Signature(name, tuple(needed[2 : -1 if uses_t else None]), uses_t, hyper)


def find_rule(rule):
    """Find a rule of the package by its name, those of later chapters too.

    Parameters
    ----------
    rule : str or callable
        A name such as ``"gradient_descent"``. A rule is returned as it is.

    Returns
    -------
    callable
        The rule.

    Raises
    ------
    ValueError
        If the package has no rule of that name. The message lists those it has.

    Examples
    --------
    >>> find_rule("gradient_descent") is find_rule(gradient_descent)
    True
    """
    if not isinstance(rule, str):
        return rule
    rules = {
        name: value
        for name, value in vars(sys.modules["dlzero"]).items()
        if inspect.isfunction(value) and [*inspect.signature(value).parameters][:2] == ["w", "g"]
    }
    if rule not in rules:
        raise ValueError(f"no rule named {rule!r}. The rules are: {', '.join(sorted(rules))}.")
    return rules[rule]


def take_step(rule, sig, w, g, state, t, hyper):
    """Call a rule the way its signature asks for, and check what it returns.

    Parameters
    ----------
    rule : callable
        ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``.
    sig : Signature
        What ``signature(rule)`` gave.
    w, g : ndarray
        Parameters and gradient, of one shape. The rule gets copies of both.
    state : sequence of ndarray
        The state after the step before; zeros for the first step.
    t : int
        Number of the step, 1 for the first.
    hyper : dict
        Hyper-parameters by name.

    Returns
    -------
    tuple of ndarray
        ``(w, *state)``, new.

    Raises
    ------
    TypeError, ValueError
        If the rule does not return a tuple ``(w, *state)`` of the right length and shape.

    Examples
    --------
    >>> w, g, sig = np.array([3.0]), np.array([6.0]), signature(gradient_descent)
    >>> take_step(gradient_descent, sig, w, g, [], t=1, hyper={"lr": 0.25})
    (array([1.5]),)
    """
    counter = (t,) if sig.uses_t else ()
    new = rule(w.copy(), g.copy(), *state, *counter, **hyper)
    names = ("w", *sig.state)
    if not isinstance(new, tuple):
        form = f"({', '.join(names)})" if sig.state else "(w,)"
        raise TypeError(f"{sig.name} must return a tuple {form}, got {type(new).__name__}")
    if len(new) != len(names):
        raise ValueError(
            f"{sig.name} must return {len(names)} values, {', '.join(names)}, got {len(new)}"
        )
    if np.shape(new[0]) != w.shape:
        raise ValueError(
            f"{sig.name} got w of shape {w.shape} and must keep it, got shape {np.shape(new[0])}"
        )
    return tuple(np.asarray(array, dtype=w.dtype) for array in new)


def check_hyper(sig, hyper):
    """Check hyper-parameters at the door.

    Parameters
    ----------
    sig : Signature
        Of the rule they are for.
    hyper : dict
        Hyper-parameters by name.

    Returns
    -------
    dict
        The same, NumPy's numbers turned into Python's: these never change an array's dtype.

    Raises
    ------
    TypeError
        If the rule does not know a name, or a value is neither a number nor a function.
    ValueError
        If ``lr`` is negative or not finite.

    Examples
    --------
    >>> check_hyper(signature(gradient_descent), {"learning_rate": 0.1})
    Traceback (most recent call last):
    TypeError: gradient_descent has no hyper-parameter 'learning_rate'. It knows: lr.
    """
    for name in hyper:
        if name not in sig.hyper:
            known = ", ".join(sig.hyper) or "none"
            raise TypeError(f"{sig.name} has no hyper-parameter {name!r}. It knows: {known}.")
        if not (callable(hyper[name]) or _is_number(hyper[name])):
            raise TypeError(
                f"{name} must be a number or a function of the step, got {hyper[name]!r}"
            )
    lr = hyper.get("lr", 1.0)
    if not callable(lr) and not (math.isfinite(lr) and lr >= 0):
        raise ValueError(f"lr must be zero or more, and finite, got {lr!r}")
    return {key: v.item() if isinstance(v, np.number) else v for key, v in hyper.items()}


def at_step(t, hyper):
    """Look up the hyper-parameters of step t, where a schedule gives them.

    Parameters
    ----------
    t : int
        Number of the step, 1 for the first.
    hyper : dict
        Hyper-parameters by name, numbers or functions of t.

    Returns
    -------
    dict
        Numbers by name.

    Raises
    ------
    ValueError
        If the schedule of ``lr`` gives a rate that is negative or not finite.

    Examples
    --------
    >>> at_step(4, {"lr": lambda t: 0.1 / t, "mu": 0.9})
    {'lr': 0.025, 'mu': 0.9}
    """
    now = {name: float(v(t)) if callable(v) else v for name, v in hyper.items()}
    lr = now.get("lr", 0.0)
    if not (math.isfinite(lr) and lr >= 0):
        raise ValueError(f"the schedule lr must give zero or more, but at step {t} it gave {lr}")
    return now


class _Objective:
    """The function to minimize and its gradient, counted and checked."""

    def __init__(self, fun, jac):
        if not callable(fun):
            raise TypeError(f"fun must be a function, got {fun!r}")
        if not (callable(jac) or jac is True or jac is None):
            raise TypeError(f"jac must be a function, True or None, got {jac!r}")
        self.fun, self.jac, self.nfev = fun, jac, 0

    def __call__(self, x):
        """Value, gradient, and what is wrong with them in words ("" if nothing is)."""
        if not np.isfinite(x).all():
            return math.nan, x, f"x is {_nan_or_inf(x)}"
        f, g = self.value_and_gradient(x)
        if not math.isfinite(f):
            return f, g, f"f is {_nan_or_inf(f)}"
        if not np.isfinite(g).all():
            return f, g, f"the gradient is {_nan_or_inf(g)}"
        return f, g, ""

    def value_and_gradient(self, x):
        self.nfev += 1
        if self.jac is True:
            return _pair(self.fun, x)
        f = _value(self.fun, x)
        if self.jac is not None:
            return f, _gradient(self.jac, x)
        self.nfev += 2 * x.size
        return f, numerical_gradient(self.fun, x)


def _nan_or_inf(numbers):
    return "nan" if np.isnan(numbers).any() else "inf"


def _value(fun, x):
    try:
        f = fun(x.copy())
    except OverflowError:  # the math module raises where NumPy gives inf
        return math.inf
    return _one_number(f)


def _gradient(jac, x):
    try:
        g = jac(x.copy())
    except OverflowError:
        return np.full(x.shape, math.inf)
    return _of_shape(g, x)


def _pair(fun, x):
    try:
        pair = fun(x.copy())
    except OverflowError:
        return math.inf, np.full(x.shape, math.inf)
    if not (isinstance(pair, tuple) and len(pair) == 2):
        raise TypeError(f"with jac=True fun must return (value, gradient), got {pair!r}")
    return _one_number(pair[0]), _of_shape(pair[1], x)


def _one_number(f):
    number = np.asarray(f)
    if number.dtype.kind not in "iuf":
        raise TypeError(f"fun must return a real number, got {f!r}")
    if number.size != 1:
        raise ValueError(f"fun must return one number, got an array of shape {number.shape}")
    return float(number.item())


def _of_shape(g, x):
    gradient = np.asarray(g)
    if gradient.dtype.kind not in "iuf":
        raise TypeError(f"jac must return real numbers, got {g!r}")
    if gradient.shape != x.shape:
        raise ValueError(f"the gradient has shape {gradient.shape}, but x has shape {x.shape}")
    return gradient.astype(float)


def _real_array(name, value):
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, got {value!r}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {value!r}")
    return array.astype(float)


def _is_number(value):
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _check_limits(steps, gtol, ftol, callback):
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer):
        raise TypeError(f"steps must be a whole number, got {steps!r}")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    for name, tolerance in (("gtol", gtol), ("ftol", ftol)):
        if not _is_number(tolerance):
            raise TypeError(f"{name} must be a number, got {tolerance!r}")
        if not tolerance >= 0:
            raise ValueError(f"{name} must be zero or more, got {tolerance!r}")
    if not (callback is None or callable(callback)):
        raise TypeError(f"callback must be a function, got {callback!r}")


def _advice(objective, x, g, sig, hyper):
    """Say which rate to try after a divergence that began at x."""
    lr = hyper.get("lr", sig.hyper.get("lr"))
    if lr is None:
        return "Take smaller steps."
    curvature = _largest_curvature(objective, x, g)
    safe = 1 / curvature if curvature > 0 else math.inf
    smaller = safe if safe < lr / 2 else lr / 10
    return f"Try a smaller rate, for example lr={smaller:.1g} instead of {lr:g}."


def _largest_curvature(objective, x, g):
    """Estimate L at x: a few power iterations with H u = (grad f(x + h u) - grad f(x)) / h."""
    h = 1e-4 * max(1.0, norm(x))
    u, curvature = g / norm(g), math.nan
    for _ in range(5):
        _, g_near, trouble = objective(x + h * u)
        if trouble:
            return math.nan
        bent = (g_near - g) / h
        curvature = norm(bent)
        u = bent / curvature
    return curvature
