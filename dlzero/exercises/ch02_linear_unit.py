"""The exercises of chapter 2, the linear unit, and of the page that goes deeper."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import datasets
from ..chapters.ch02_linear_unit import LinearUnit
from .forms import fitted, numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: one step by hand."""
    w, b, x, t, lr = 1000, 500, 4, 4100, 0.01
    came = numbers(answer, 2)
    error = t - (w * x + b)

    def is_step(along_w: float, along_b: float) -> bool:
        return np.allclose(came, (w + along_w, b + along_b))

    if is_step(lr * error * x, lr * error):
        return None
    if np.allclose(came[::-1], (w + lr * error * x, b + lr * error)):
        return "The two are exchanged. Give the weight first, then the bias."
    if is_step(-lr * error * x, -lr * error):
        return "The sign is turned. The answer 4500 is too high, so both must become smaller."
    if is_step(lr * (t - w * x) * x, lr * (t - w * x)):
        return "The bias is missing in the answer of the unit. It is 4500, not 4000."
    if is_step(lr * error, lr * error):
        return "Look at the weight: its step is also multiplied by its input, the 4 years."
    if is_step(lr * error * x, lr * error * x):
        return "Look at the bias: its input is 1, not the 4 years."
    if is_step(error * x, error):
        return "The rate is missing. Both steps are multiplied by it."
    if np.allclose(came, (lr * error * x, lr * error)):
        return "These are the steps. Add them to the weight and the bias that the unit had."
    return (
        f"Came {answer}. The bias moves by the rate times the error, "
        "the weight by the rate times the error times the years."
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
    """Check the answer: stable rate, in months."""
    X, _ = datasets.salaries()
    squares = np.sum(X**2)
    right = 2 * len(X) / (144 * squares)
    if np.isclose(answer, right, rtol=0.01):
        return None
    mistakes = [
        (right / len(X), "That is the limit for the sum. What does the mean do to each slope?"),
        (144 * right, "That is the limit in years. What do the months do to each feature?"),
        (12 * right, "The features are twelve times as large. How do they enter the factor?"),
        (right / 2, "There one step is exact. Up to twice that rate a step still comes closer."),
        (144 * right / len(X), "That is the limit for the sum, in years. Look at both changes."),
    ]
    for value, look in mistakes:
        if np.isclose(answer, value, rtol=0.01):
            return look
    return f"Came {answer:.6g}. Which number takes the place of the sum of squares in the factor?"


def exercise_5(function: Callable) -> str | None:
    """Check the answer: repaired."""
    random = np.random.default_rng(26)
    for _ in range(5):
        w, b, x, t = random.normal(size=2), random.normal(), random.normal(size=2), random.normal()
        given = w.copy()
        came_w, came_b = function(given, b, x, t, 0.1)
        error = t - (w @ x + b)
        if not np.allclose(came_w, w + 0.1 * error * x):
            late = t - (w @ x + b + 0.1 * error)
            if np.allclose(came_w, w + 0.1 * late * x):
                return "Now the weights are off: their error uses a bias that has already moved."
            return "The weights are off. Look at the first line only."
        if not np.isclose(came_b, b + 0.1 * error):
            return "The bias is off. Look at which weights its error was computed with."
        if not np.array_equal(given, w):
            return "The step is right, but it changes the array w of the caller. Look at the +=."
    return None


def exercise_6(function: Callable) -> str | None:
    """Check the answer: absolute step."""
    random = np.random.default_rng(27)
    for _ in range(5):
        w, b, x, t = random.normal(size=2), random.normal(), random.normal(size=2), random.normal()
        given = w.copy()
        came_w, came_b = function(given, b, x, t, 0.1)
        sign = np.sign(t - (w @ x + b))
        if np.allclose(came_w, w + 0.1 * sign * x) and np.isclose(came_b, b + 0.1 * sign):
            if not np.array_equal(given, w):
                return "The step is right, but it changes the array w of the caller."
            continue
        if np.allclose(came_w, w - 0.1 * sign * x):
            return "The step goes uphill. Look at its sign: a step goes against the slope."
        if np.allclose(came_w, w + 0.1 * sign):
            return "Look at the chain rule: the inner derivative by a weight is its input."
        return "One step differs. Look at the slope of |r|: it is 1 or -1, however large r is."
    return None


def exercise_7(answer: Any) -> str | None:
    """Check the answer: other weights, the same answers."""
    X, y = datasets.salaries()
    table = np.column_stack([X, 12 * X, np.ones(len(X))])
    came = numbers(answer, 3)
    off = table @ came - table @ np.linalg.lstsq(table, y, rcond=None)[0]
    if not np.isclose(came[0], -1000):
        return f"The weight of the years is {came[0]:g}, expected -1000."
    if np.allclose(off, 0, atol=0.5):
        return None
    if np.allclose(off, off[0], atol=0.5):
        return f"All answers are off by {off[0]:.6g}. Look at the bias."
    return (
        f"The answer for {X[0, 0]:g} years is off by {off[0]:.6g}. "
        "What must the weights of years and months add up to, for one year?"
    )


def exercise_8(answer: Any) -> str | None:
    """Check the answer: largest rate in fixed order."""
    X, _ = datasets.salaries()
    rows = np.column_stack([X, np.ones(len(X))])

    def settles(lr: float) -> bool:
        once = np.eye(2)
        for row in rows:
            once = once - lr * np.outer(row, row @ once)
        return bool(np.abs(np.linalg.eigvals(once)).max() < 1)

    low, high = 0.01, 0.06
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if settles(middle) else (low, middle)
    if np.isclose(answer, low, rtol=0.003):
        return None
    if np.isclose(answer, 2 / np.sum(rows**2, axis=1).max(), rtol=0.01):
        return "That is the strictest limit of a row. The other rows repair what this one spoils."
    if np.isclose(answer, 2 / np.linalg.eigvalsh(rows.T @ rows).max(), rtol=0.01):
        return "That is the limit for all rows at once. Here each row makes a step of its own."
    if not 0 < answer < 0.06:
        return f"Came {answer:.6g}. Halve the interval from 0.01 to 0.06."
    return f"At the rate {answer:.6g} the unit {'still settles' if answer < low else 'explodes'}."
