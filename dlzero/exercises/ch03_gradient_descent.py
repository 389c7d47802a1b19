"""The exercises of chapter 3, gradient descent: 1 to 6, and 7 and 8 of its deeper notebook."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .forms import numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: two steps."""
    came = numbers(answer, 2)
    if np.allclose(came, (0.81, 0)):
        return None
    if np.allclose(came, (0.9, 0)):
        return "That is the point after one step. Compute the gradient there, and step again."
    if np.allclose(came, (0.8, -1)):
        return "Both steps used the gradient of the start. Look at where the second step begins."
    return f"Came {came.tolist()}. Look at the slopes: the square of w has the slope 2w."


def exercise_2(answer: Any) -> str | None:
    """Check the answer: limit."""
    if np.isclose(answer, 0.25, rtol=0.01):
        return None
    if np.isclose(answer, 0.5, rtol=0.01):
        return "That is the limit of the flattest direction. The steepest one must shrink too."
    if np.isclose(answer, 1 / 3, rtol=0.01):
        return "The mixed term 2 w1 w2 bends the ground too. Look at both slopes of it."
    if np.isclose(answer, 0.125, rtol=0.01):
        return "There the steepest direction arrives in one step. Up to where does it zig-zag?"
    return f"Came {answer:.6g}. Look at the matrix of the gradient, and its largest eigenvalue."


def exercise_3(answer: Any) -> str | None:
    """Check the answer: best rate."""
    lr, factor, steps = numbers(answer, 3)
    if not np.isclose(lr, 0.1):
        return f"The rate {lr:.6g} is not the best. Where are the factors of 2 and of 18 equal?"
    if not np.isclose(abs(factor), 0.8):
        return f"The rate is right, the factor {factor:.6g} is not. Put the rate into 1 - lr * 2."
    if steps != 62:
        return f"Came {steps:g} steps. Look for the first whole k with 0.8**k below 1e-6."
    return None


def exercise_4(answer: Any) -> str | None:
    """Check the answer: scale."""
    if np.isclose(answer, np.sqrt(2), rtol=0.005):
        return None
    if np.isclose(answer, 2, rtol=0.01):
        return "The limit for the curvature is 2. How does the curvature grow with c?"
    if np.isclose(answer, 1, rtol=0.01):
        return "There it arrives in one step. How far beyond does it still arrive?"
    return f"Came {answer:.6g}. Look at the mean of the squares of the new column."


def exercise_5(function: Callable) -> str | None:
    """Check the answer: last point."""
    start, factors, lr = np.array([3.0, -1.0]), np.array([0.8, 0.6]), 0.1
    for steps in (1, 6):
        given = start.copy()
        came = np.asarray(function(lambda w: np.array([2, 4]) * w, given, lr, steps), dtype=float)
        if (given != start).any():
            return "Your function changes the start that it is given. Look at how w gets its value."
        if came.shape != start.shape:
            return f"It returns the shape {came.shape}. Look at what it returns: the last point."
        if np.allclose(came, start * factors**steps):
            continue
        for made in (1, steps - 1, steps + 1):
            if np.allclose(came, start * factors**made):
                return f"With steps={steps} it makes {made}. Look at `range` and at `return`."
        if np.allclose(came, start * (1 - steps * (1 - factors))):
            return "Every step uses the gradient of the start. Look at where it is computed."
        if np.allclose(came, start * (2 - factors) ** steps):
            return "It climbs. Look at the sign of the step."
        if steps == 1 and np.linalg.norm(came - start) < 2 * lr:
            return "Its step is as long as the rate, on any ground. Look at the division."
        return f"After {steps} steps from {start} it is at {came}. Look at the length of a step."
    return None


def exercise_6(function: Callable) -> str | None:
    """Check the answer: newton."""
    random = np.random.default_rng(38)
    for size in (1, 3):
        root = random.normal(size=(size, size))
        w, lowest = random.normal(size=(2, size))
        H = root @ root.T + np.eye(size)
        g = H @ (w - lowest)
        came = np.asarray(function(g, H, w.copy()), dtype=float)
        if came.shape != w.shape:
            return f"It returns the shape {came.shape}, expected {w.shape}. Look at the division."
        if np.allclose(came, lowest):
            continue
        if np.allclose(came, 2 * w - lowest):
            return "The step goes the wrong way. Look at its sign."
        if np.allclose(came, w - g) or np.allclose(came, w - H @ g):
            return "The gradient must be divided by the curvatures. Look at np.linalg.solve."
        if np.allclose(came, w - g / np.diag(H)):
            return "That divides by the diagonal of H alone. Look at its other entries too."
        return "It misses the minimum of a quadratic. Look at the equation H d = -g."
    return None


def exercise_7(function: Callable) -> str | None:
    """Check the answer: log sum exp."""
    random = np.random.default_rng(35)
    for size in (2, 1, 5):
        w = random.normal(size=size)
        right = np.exp(w) / np.exp(w).sum()
        came = np.asarray(function(w.copy()), dtype=float)
        if came.shape != w.shape:
            return f"For {size} variables it returns the shape {came.shape}, expected {w.shape}."
        if np.allclose(came, np.exp(w)):
            return "That is the gradient of the sum. Look at the derivative of the logarithm."
        if not np.allclose(came, right):
            return "It differs from the slopes. Look at the hint: which terms move with one w?"
    return None


def exercise_8(answer: Any) -> str | None:
    """Check the answer: well."""
    if np.isclose(answer, 1, rtol=0.01):
        return None
    if np.isclose(answer, 2, rtol=0.01):
        return "That is the limit along x. Look at the curvature along y."
    if np.isclose(answer, 0.5, rtol=0.01):
        return "At that rate it arrives fastest along y. How far beyond does it still arrive?"
    return f"Came {answer:.6g}. Look at the largest curvature at the bottom, and divide 2 by it."
