"""Chapter 3: gradient descent, the rule that all the others refine, and the loop that runs it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks import function, positive, real_array, says_stop, whole
from ..running.objective import Objective, finite_length, gradient_of, norm, value_of
from ..running.protocols import RuleFunction
from ..running.rule import Rule
from ..running.walk import MinimizeResult, Walk

__all__ = ["check_gradient", "gradient_descent", "minimize", "numerical_gradient"]


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
    fun: Callable,
    x0: ArrayLike,
    method: RuleFunction | Rule = gradient_descent,
    *,
    jac: Callable | bool | None = None,
    steps: int = 1000,
    gtol: float = 1e-8,
    ftol: float = 1e-12,
    callback: Callable[[int, np.ndarray, float], Any] | None = None,
    **hyper: Any,
) -> MinimizeResult:
    r"""Walk downhill from `x0` until a stopping rule holds.

    Start at `x0`. Compute the gradient. Let the rule take a step. Repeat, and stop

    1. when the gradient is small,
       :math:`\lVert g_t \rVert \le \text{gtol} \cdot \lVert g_0 \rVert`,
    2. when f no longer changes: neither the change of f in one step nor the change that the
       slope foretold exceeds :math:`\text{ftol} \cdot |f|`,
    3. when `steps` steps are done, which is no success,
    4. when the walk diverges, which is no success either: f or its gradient is not finite, or f
       rose 20 times in a row, to a million times its size at the start.

    Both tolerances are relative, so it does not matter whether f is tiny or huge.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` gives one number.
    x0 : array_like
        The start, of any shape. It is not changed. The walk is done in float64. From a start
        without numbers there is nowhere to go: the gradient is small at once.
    method : callable, default gradient_descent
        Any rule ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``.
    jac : callable, True or None, default None
        ``jac(x)`` gives the gradient, of the shape of x. True means that `fun` returns
        ``(value, gradient)``. None means central differences: they ask for f on both sides of x,
        so near the border of its domain give the gradient.
    steps : int, default 1000
        Most steps to take.
    gtol : float, default 1e-8
        Tolerance for the norm of the gradient. At 0 only a gradient of zero stops the walk.
    ftol : float, default 1e-12
        Tolerance for the change of f. 0 switches this stopping rule off.
    callback : callable, optional
        ``callback(t, x, f)`` is called after step t. If it returns True, the walk stops;
        any other answer does nothing. Mind functions that answer True for a reason of their own,
        as the ``update`` of a tqdm bar does when it draws: call them in a ``def`` without a
        ``return``, not in a ``lambda``.
    **hyper
        Hyper-parameters of the rule, such as ``lr``. A function is a schedule: ``lr(t)`` is the
        rate of step t, counted from 1.

    Returns
    -------
    MinimizeResult
        With ``x, fun, jac, nit, nfev, success, status, message, path, values``. After a
        divergence it holds the last point where all was finite, and the message names a smaller
        rate. An error of arithmetic in `fun` or `jac` after the start, such as Python's "math
        domain error" or a division by zero, is a divergence too. Ctrl-C keeps the walk.

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
    rule, steps = Rule(method, **hyper), whole("steps", steps)
    function("callback", callback, optional=True)
    walk = Walk(Objective(fun, jac, numerical_gradient), x0, gtol, ftol)
    state = rule.start(walk.x)
    with walk.under_way():
        for t in range(1, steps + 1):
            if walk.ends_flat():
                break
            step = rule.at(t)
            x, *state = step(walk.x, walk.jac, *state)
            if not walk.go(x, step.hyper):
                break
            if callback and says_stop(callback(t, x.copy(), walk.fun)):
                walk.end("callback", f"the callback said True at step {t}")
                break
            if walk.ends_climbing() or walk.ends_still():
                break
        else:
            walk.end_at_limit(steps)
    return walk.result()


def numerical_gradient(fun: Callable, x: ArrayLike, h: float | None = None) -> np.ndarray:
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
    function("fun", fun)
    x = real_array("x", x)
    h = np.finfo(float).eps ** (1 / 3) if h is None else positive("h", h)
    g = np.empty_like(x)
    for i in np.ndindex(x.shape):
        width = h * np.maximum(1.0, abs(x[i]))
        right, left = x.copy(), x.copy()
        right[i] += width
        left[i] -= width
        # divide by the width that was really taken, rounding included
        g[i] = (value_of(fun, right) - value_of(fun, left)) / (right[i] - left[i])
    return g


def check_gradient(fun: Callable, jac: Callable, x: ArrayLike, h: float | None = None) -> float:
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
        The relative error, from 0 to 1. Below 1e-7 no error is visible at this point, above 1e-3
        there is a bug, between the two look for kinks in f. It is 0 if both gradients are zero,
        and at an x without numbers.

    Raises
    ------
    TypeError, ValueError
        If `jac` is not a function that returns real numbers of the shape of `x`, if one of the
        gradients is not finite there, or as for `numerical_gradient`.

    Notes
    -----
    The error is relative to the whole gradient. Beside a slope that is millions of times larger,
    a small one may be wrong and not be seen. Scale the variables alike, or compare with
    `numerical_gradient` coordinate by coordinate.

    Examples
    --------
    >>> def f(x):
    ...     return np.sum(x**2)
    >>> check_gradient(f, lambda x: 2 * x, (0.3, -1.2)) < 1e-9
    True
    >>> round(check_gradient(f, lambda x: x, (0.3, -1.2)), 4)
    0.3333

    Here the second slope has the wrong sign, and the first hides it.

    >>> def steep(x):
    ...     return 1e9 * x[0] + np.sin(x[1])
    >>> check_gradient(steep, lambda x: (1e9, -np.cos(x[1])), (0.3, 0.2)) < 1e-7
    True
    """
    function("jac", jac)
    x = real_array("x", x)
    numerical, analytic = numerical_gradient(fun, x, h), gradient_of(jac, x)
    total = finite_length("the numerical", numerical) + finite_length("the given", analytic)
    return norm(analytic - numerical) / total if total else 0.0
