"""The exercises of chapter 2, the linear unit."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import datasets
from ..chapters.ch02_linear_unit import LinearUnit
from .forms import fitted, numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: first update."""
    X, y = datasets.salaries()
    unit = LinearUnit(lr=0.01, epochs=1).fit(X[:1], y[:1])
    if np.allclose(numbers(answer, 2), (unit.coef_[0], unit.intercept_)):
        return None
    return (
        f"Came {answer}. From zero weights the error is the salary itself. "
        "The bias takes the rate times the error, the weight takes that times the years."
    )


def exercise_2(unit: Any) -> str | None:
    """Check the answer: two features."""
    fitted(unit, LinearUnit)
    X = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 1], [1, 2]], dtype=float)
    y = 3 * X[:, 0] - 2 * X[:, 1] + 1
    worst = np.max(np.abs(unit.predict(X) - y))
    if worst < 0.01:
        return None
    look = "the rate, it is too large" if worst > 10 else "the number of epochs, then at the rate"
    return f"The largest error is {worst:.3g}, expected below 0.01. Look at {look}."


def exercise_3(function: Callable) -> str | None:
    """Check the answer: mean gradient."""
    random = np.random.default_rng(23)
    X, y = random.normal(size=(7, 3)), random.normal(size=7)
    w, b = random.normal(size=3), 0.5
    error = y - (X @ w + b)
    came_w, came_b = function(w, b, X, y)
    if np.allclose(came_w, -X.T @ error / 7) and np.isclose(came_b, -error.mean()):
        return None
    if np.allclose(came_w, -X.T @ error) or np.isclose(came_b, -error.sum()):
        return "It is the gradient of the sum. Look at the factor in front: the loss is a mean."
    if np.allclose(came_w, -2 * X.T @ error / 7):
        return "It is twice the gradient. Look at the half in front of the loss."
    if np.allclose(came_w, X.T @ error / 7):
        return "The sign is turned. Look at the derivative of -(w·x + b) by w."
    return "It differs from the slope of the loss. Look at the chain rule, one factor at a time."


def exercise_4(answer: Any) -> str | None:
    """Check the answer: stable rate."""
    X, _ = datasets.salaries()
    augmented = np.column_stack([X, np.ones(len(X))])
    right = 2 / np.linalg.eigvalsh(augmented.T @ augmented / len(X)).max()
    if np.isclose(answer, right, rtol=0.01):
        return None
    if np.isclose(answer, right / len(X), rtol=0.01):
        return "That is the limit for the sum. What does dividing the loss by n do to the slope?"
    return f"Came {answer:.6g}. Look at the largest eigenvalue of the matrix of the mean loss."


def exercise_5(answer: Any) -> str | None:
    """Check the answer: bias turns."""
    X, y = datasets.salaries()
    unit = LinearUnit(lr=0.01).partial_fit(X, y)
    epoch = 1
    while unit.intercept_ >= 0:
        unit.partial_fit(X, y)
        epoch += 1
    if answer == epoch:
        return None
    if answer == epoch - 1:
        return "You are off by one. The bias is still positive after that epoch."
    return f"Came {answer}. Look at the bias after each call of partial_fit, and count the calls."


def exercise_6(function: Callable) -> str | None:
    """Check the answer: repaired."""
    random = np.random.default_rng(26)
    for _ in range(5):
        w, b, x, t = random.normal(size=2), random.normal(), random.normal(size=2), random.normal()
        came_w, came_b = function(w.copy(), b, x, t, 0.1)
        error = t - (w @ x + b)
        if not np.allclose(came_w, w + 0.1 * error * x):
            return "The weights are off. Look at the first line only."
        if not np.isclose(came_b, b + 0.1 * error):
            return "The bias is off. Look at which weights its error was computed with."
    return None


def exercise_7(function: Callable) -> str | None:
    """Check the answer: absolute step."""
    random = np.random.default_rng(27)
    for _ in range(5):
        w, b, x, t = random.normal(size=2), random.normal(), random.normal(size=2), random.normal()
        came_w, came_b = function(w.copy(), b, x, t, 0.1)
        sign = np.sign(t - (w @ x + b))
        if np.allclose(came_w, w + 0.1 * sign * x) and np.isclose(came_b, b + 0.1 * sign):
            continue
        if np.allclose(came_w, w - 0.1 * sign * x):
            return "The step goes uphill. Look at its sign: a step goes against the slope."
        if np.allclose(came_w, w + 0.1 * sign):
            return "Look at the chain rule: the inner derivative by a weight is its input."
        return "One step differs. Look at the slope of |r|: it is 1 or -1, however large r is."
    return None
