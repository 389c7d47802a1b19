"""The exercises of chapter 5, Probabilities."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..chapters.ch05_probabilities import sigmoid, softmax
from .forms import WrongForm, numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: one row by hand."""
    p, cost, slope = numbers(answer, 3)
    right, digits = float(sigmoid(1.0)), 0.002
    if abs(p - right) > digits:
        if abs(p - (1 - right)) < digits:
            return "The probability is that of class 0. Look at the sign in the exponential."
        return f"Came the probability {p:g}. Compute z first, then 1 / (1 + exp(-z)), 3 digits."
    if abs(cost - -np.log(1 - right)) > digits:
        if abs(cost - -np.log(right)) < digits:
            return "That would be the cost if the target were 1. Look at t."
        return f"Came the cost {cost:g}. Which logarithm is left when t is 0? Give 3 digits."
    if abs(slope - right) > digits:
        if abs(slope + right) < digits:
            return "The sign of the slope is turned. It is the answer minus the target."
        return f"Came the slope {slope:g}. Subtract the target from the probability."
    return None


def exercise_2(answer: Any) -> str | None:
    """Check the answer: losses of those who know nothing."""
    letters, rare = numbers(answer, 2)
    if abs(letters - np.log(26)) > 0.002:
        if min(abs(letters - np.log10(26)), abs(letters - np.log2(26))) < 0.002:
            return "That is a logarithm of base 10 or 2. The cross-entropy uses the natural one."
        return f"Came {letters:g} for the letters. Which probability does each of them get?"
    right = -0.1 * np.log(0.1) - 0.9 * np.log(0.9)
    if abs(rare - right) > 0.002:
        if abs(rare - np.log(10)) < 0.002 or abs(rare + np.log(0.9)) < 0.002:
            return "That is the cost of the rows of one class alone. Take the mean over all rows."
        return f"Came {rare:g} for the rare class. Nine rows in ten cost -log(0.9). And the tenth?"
    return None


def exercise_3(slope: Callable) -> str | None:
    """Check the answer: slope for signs."""
    z, s = np.array([-3.0, -0.2, 0.4, 2.0]), np.array([1, -1, 1, -1])
    right = sigmoid(z) - (s + 1) / 2
    came = np.array([slope(a, b) for a, b in zip(z, s, strict=True)], dtype=float)
    if np.allclose(came, right):
        return None
    if np.allclose(came, -right):
        return "The sign is turned. For s = 1 the loss falls when z grows."
    if np.allclose(came, right * s):
        return "Look at the inner derivative of -s z by z: it has a factor s too."
    if np.allclose(came, -right * s):
        return "The slope of exp(-s z) by z is not exp(-s z): its inner derivative -s is missing."
    if np.allclose(came, -s * sigmoid(s * z)):
        return (
            "Near. Look at the sign inside the exponential: the loss of a sure, right row is small."
        )
    return "It differs from the slope of log(1 + exp(-s z)). Look at the chain rule, step by step."


def exercise_4(shares: Callable) -> str | None:
    """Check the answer: softmax of many rows."""
    one, two = np.array([[1.0, 2.0, 3.0]]), np.array([[0.0, 1.0, 2.0], [3.0, 3.0, 3.0]])
    far = np.array([[2000.0, 2001.0], [0.0, 1.0]])
    if np.shape(shares(two)) != two.shape:
        return f"Expected a share for each sum, shape (2, 3), came shape {np.shape(shares(two))}."
    if not np.allclose(shares(one), softmax(one)):
        return "It fails for a single row. Each exponential is divided by the sum of all of them."
    if not np.allclose(shares(two), softmax(two)):
        sums = ", ".join(f"{total:.3g}" for total in np.sum(shares(two), axis=1))
        return f"With two rows the shares of the rows sum to {sums}. Along which axis do you sum?"
    with np.errstate(all="ignore"):
        came = shares(far)
    if not np.allclose(came, softmax(far)):
        return "With sums of 2000 in one row and 0 in another it fails. What do you subtract?"
    return None


def exercise_5(as_logistic: Callable) -> str | None:
    """Check the answer: two sums or one."""
    rng = np.random.default_rng(55)
    W, b, X = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=(4, 3))
    parts = as_logistic(W, b)
    try:
        w, bias = np.array(parts[0], dtype=float).reshape(3), float(parts[1])
    except (TypeError, ValueError, IndexError):
        raise WrongForm("Expected a pair: a weight for each feature, and one bias.") from None
    came, right = sigmoid(X @ w + bias), softmax(X @ W + b)[:, 1]
    if np.allclose(came, right):
        return None
    if np.allclose(came, 1 - right):
        return "That is the probability of class 0. Look at the order of the difference."
    if np.allclose(w, W[:, 1] - W[:, 0]):
        return "The weights are right. Treat the biases as you treated them."
    return "The probabilities differ. Divide numerator and denominator of softmax by exp(z_1)."


def exercise_6(threshold: Callable) -> str | None:
    """Check the answer: a threshold from two prices."""
    for miss, alarm in ((1.0, 1.0), (9.0, 1.0), (2.0, 5.0)):
        came, right = float(threshold(miss, alarm)), alarm / (alarm + miss)
        if np.isclose(came, right):
            continue
        if np.isclose(came, 1 - right):
            return (
                "The two prices are exchanged. The dearer a miss, the sooner the alarm must ring."
            )
        if np.isclose(came, alarm / miss):
            return "These are the odds at which both cost the same. Which probability has them?"
        return (
            f"If a miss costs {miss:g} and a false alarm {alarm:g}, came {came:.3g}. There both "
            "answers must cost the same on average."
        )
    return None


def exercise_7(answer: Any) -> str | None:
    """Check the answer: the widest street for OR."""
    *w, b = numbers(answer, 3)
    X, s = np.array([[1, 1], [0, 0], [1, 0], [0, 1]]), np.array([1, -1, 1, 1])
    if not np.any(w):
        return "With both weights at zero there is no line. Where should it cross the axes?"
    distances = s * (X @ w + b) / np.hypot(*w)
    if distances.min() <= 1e-9:
        x = ", ".join(map(str, X[np.argmin(distances)].tolist()))
        return f"The row ({x}) is on the line or on the wrong side of it."
    if distances.min() < np.sqrt(1 / 8) - 1e-6:
        return (
            f"The line is right for all rows. The nearest is {distances.min():.3f} away: shift or "
            "turn the line until the nearest rows on both sides are equally far."
        )
    return None


def exercise_8(prepare: Callable) -> str | None:
    """Check the answer: copies on both sides."""
    X, t = np.arange(200.0).reshape(100, 2), (np.arange(100) < 12).astype(int)
    for seed in range(5):
        X_train, X_test, t_train, t_test = prepare(X, t, np.random.default_rng(seed))
        train, test = [np.asarray(part)[:, 0].tolist() for part in (X_train, X_test)]
        if {*train} & {*test}:
            return (
                f"{len({*train} & {*test})} rows stand in both parts, so the test asks what was "
                "learnt by heart. Look at the order of the two steps."
            )
        if len({*test}) < len(test):
            return "The test part holds copies. Only the training rows may be repeated."
        if not np.array_equal(np.asarray(t_test), t[(np.asarray(test) / 2).astype(int)]):
            return "A target does not belong to its row. Use one order for both."
        if len({*train}) + len(test) != 100:
            return "Some rows are in neither part. Every row goes to exactly one."
        ones = np.sum(np.asarray(t_train) == 1)
        if 2 * ones < 0.9 * len(train) or 2 * ones > 1.1 * len(train):
            return f"{ones} of {len(train)} training rows are of class 1, expected about a half."
    return None


def exercise_9(undo: Callable) -> str | None:
    """Check the answer: take a weight back."""
    p = np.array([0.05, 0.4, 0.5, 0.9])
    for m in (1.0, 9.0, 0.5):
        came = np.array([float(undo(value, m)) for value in p])
        if np.allclose(came, p / (p + m * (1 - p))):
            continue
        if np.allclose(came, m * p / (m * p + 1 - p)):
            return "That applies the weight a second time. Divide the odds by m."
        if np.allclose(came, p / m):
            return "Near, for small p. Not the probability is m times too large, but the odds are."
        if np.allclose(came, p / (1 - p) / m):
            return "These are odds. Turn them into a probability."
        right = 0.4 / (0.4 + m * 0.6)
        return f"For p = 0.4 and m = {m:g} came {came[1]:.3g}, expected {right:.3g}."
    return None
