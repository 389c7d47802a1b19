"""The exercises of chapter 11, optimizers in practice."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .forms import WrongForm, numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: count runs."""
    if answer == 840:
        return None
    if answer == 780:
        return "The runs at the default rate are missing. Each has its seeds too."
    if answer in (56, 168):
        return "Look at the seeds and the problems: each setting runs once for each of them."
    return f"Came {answer}. Multiply methods, problems, rates (the default is one more) and seeds."


def exercise_2(answer: Any) -> str | None:
    """Check the answer: winning rate."""
    if answer == 0.03:
        return None
    if answer == 0.1:
        return "Two of its five runs are lucky. Sort the five and take the middle one."
    if answer == 0.3:
        return "That rate has the lowest single run, and three of five diverge. Take the median."
    return f"Came {answer}. Compute the median of each list, and give the rate of the smallest."


def exercise_3(function: Callable) -> str | None:
    """Check the answer: relu gradient."""
    random = np.random.default_rng(83)
    for _ in range(8):
        x, t, v, c, w, b = random.normal(size=6)
        on = v * x + c > 0
        h = (v * x + c) * on
        delta = w * h + b - t
        came = numbers(function(x, t, v, c, w, b), 4)
        right = delta * w * on * x, delta * w * on, delta * h, delta
        if np.allclose(came, right):
            continue
        if not np.allclose(came[2:], right[2:]):
            return "The slopes by w and b are off. They need h, the output of the ReLU."
        if not on:
            return "Where the ReLU is off its slope is 0. Look at step 4 of the derivation."
        return "The slopes by v and c are off. Look at the factors that step 3 and step 5 bring in."
    return None


def exercise_4(answer: Any) -> str | None:
    """Check the answer: count weights."""
    weights, losses = numbers(answer, 2)
    if weights == 2368:
        return "The biases are missing: one for each hidden unit and each output."
    if weights != 2410:
        return f"Came {weights:g} weights. Count inputs times units for both layers, then biases."
    if losses != 2 * weights:
        return "The first number is right. A central difference moves each weight up and down."
    return None


def exercise_5(function: Callable) -> str | None:
    """Check the answer: chance."""
    for n, k in ((13, 1), (13, 13), (4, 2), (10, 30)):
        came = float(function(list(range(n)), k))
        if np.isclose(came, 1 - (1 - 1 / n) ** k):
            continue
        if np.isclose(came, min(k / n, 1)):
            return "That holds for draws without replacement. Here a rate may be drawn twice."
        return f"For {n} rates and {k} draws came {came:.4g}. One draw misses with 1 - 1/{n}."
    return None


def exercise_6(function: Callable) -> str | None:
    """Check the answer: fair score."""
    random = np.random.default_rng(86)
    for _ in range(8):
        losses = random.exponential(size=(4, 5))
        losses[random.random(losses.shape) < 0.2] = np.inf
        came = float(function(losses.copy()))
        if np.isclose(came, np.median(losses, axis=1).min()):
            continue
        if np.isclose(came, losses.min()):
            return "It is still the best single run. Look at the seeds of one rate first."
        if np.isclose(came, np.median(losses, axis=0).min()):
            return "The axes are turned: a row is a rate, a column is a seed."
        return f"Came {came:.4g}. First the median of each row, then the smallest of these."
    return None


def exercise_7(function: Callable) -> str | None:
    """Check the answer: network step."""
    random = np.random.default_rng(87)
    for _ in range(5):
        X, T = random.normal(size=(6, 3)), random.normal(size=(6, 2))
        V, W = random.normal(size=(3, 4)), random.normal(size=(4, 2))
        H = np.tanh(X @ V)
        delta = (H @ W - T) / len(X)
        right_V = V - 0.1 * X.T @ ((delta @ W.T) * (1 - H**2))
        right_W = W - 0.1 * H.T @ delta
        came_V, came_W = function(X, T, V.copy(), W.copy(), 0.1)
        if not np.allclose(came_W, right_W):
            return "W is off, and its step was right before. Its gradient is H.T @ delta."
        if not np.allclose(came_V, right_V):
            return "V is off. Its gradient needs the W of the forward pass, before its update."
    return None


def exercise_8(results: Any) -> str | None:
    """Check the answer: own comparison."""
    rows = getattr(results, "rows", None)
    if not rows:
        raise WrongForm(f"Expected what compare returns, with its rows, came {results!r:.60}.")
    if {row["problem"] for row in rows} != {"himmelblau"}:
        return "Look at the problem: it should be himmelblau alone."
    grid = [row for row in rows if not row["default"]]
    for name, least in (("method", 2), ("lr", 5), ("seed", 3)):
        found = len({row[name] for row in grid})
        if found < least:
            return f"The column {name} has {found} values, and the exercise asks for {least}."
    return None
