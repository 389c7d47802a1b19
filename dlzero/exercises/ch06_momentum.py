"""The exercises of chapter 6, the momentum family."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..chapters.ch06_momentum import momentum, nesterov
from .forms import numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: three steps."""
    (came,) = numbers([answer], 1)
    if np.isclose(came, -0.225):
        return None
    if np.isclose(came, 0.225):
        return "The sign is turned. A step goes against the velocity."
    if np.isclose(came, -0.25):
        return "That is v after the third step, or w after the second. Take the third step along v."
    if np.isclose(came, -0.1):
        return "That is gradient descent. Look at v: half of the old velocity stays."
    if np.isclose(came, -0.4):
        return "There nothing fades: v was 1, 2 and 1. Keep only half of the old velocity."
    if np.isclose(came, -0.1125):
        return "That is the average, with the factor 1 - mu. Here the new gradient counts in full."
    return f"Came {came:g}. Write v and w in a table, one row for each of the three steps."


def exercise_2(answer: Any) -> str | None:
    """Check the answer: same effective step."""
    (came,) = numbers([answer], 1)
    if np.isclose(came, 0.01):
        return None
    if np.isclose(came, 0.2):
        return "That is the effective step itself. Which rate gives it with the other mu?"
    if np.isclose(came, 1):
        return "The ratio is upside down. A longer memory needs a smaller rate."
    return f"Came {came:g}. Look at lr / (1 - mu): it must be the same for both pairs."


def exercise_3(function: Callable) -> str | None:
    """Check the answer: slowest factor."""
    for lr, mu, curvatures in ((1, 0.04, (0.1, 0.3)), (0.5, 0.81, (1, 4)), (1, 0.5, (3.2, 1))):
        factors = [np.abs(_roots(lr * c, mu)) for c in curvatures]
        came = function(lr, mu, np.array(curvatures))
        if np.ndim(came):
            return "It gives a factor for each direction. The largest one decides."
        if np.isclose(came, np.max(factors)):
            continue
        if np.isclose(came, np.min(factors)):
            return "That is the fastest factor. The slowest one decides."
        for which, index in (("flattest", np.argmin), ("steepest", np.argmax)):
            if np.isclose(came, np.max(factors[index(curvatures)])):
                return f"That is the {which} direction only. Look at all curvatures."
        if np.isclose(came, np.sqrt(mu)):
            return "The root of mu is right for swings only. Look at the case of two real factors."
        return f"For lr = {lr}, mu = {mu}, curvatures {curvatures} it gives {came:.4g}. Look at q."
    return None


def exercise_4(answer: Any) -> str | None:
    """Check the answer: tie."""
    (came,) = numbers([answer], 1)
    if np.isclose(came, 0.81):
        return None
    if np.isclose(came, 0.9):
        return "The factor of momentum is the root of mu, not mu itself."
    if np.isclose(came, (1 - np.sqrt(0.1)) ** 2):
        return "That mu is the fastest one. Look for the one that is as slow as mu = 0."
    return f"Came {came:g}. In a swing the factor is the root of mu. What is it at mu = 0?"


def exercise_5(answer: Any) -> str | None:
    """Check the answer: limits."""
    try:
        function, memory = answer
    except (TypeError, ValueError):
        return "Expected a pair: the function limits, and the memory."
    for mu, steepest in ((0.7, 100), (0.9, 1), (0, 4), (0.5, 10)):
        right = 2 * (1 + mu) / steepest, (2 + 2 * mu) / (1 + 2 * mu) / steepest
        came = numbers(function(mu, steepest), 2)
        if np.allclose(came, right):
            continue
        if np.allclose(came, right[::-1]):
            return "The two are swapped: first momentum, then Nesterov."
        if np.allclose(came, np.multiply(right, steepest)):
            return "These are limits of lr times the curvature. Divide by the steepest one."
        if np.isclose(came[0], right[0]):
            return "The limit of momentum is right. For Nesterov put q = -1 into its equation."
        return f"For mu = {mu}, curvature {steepest} it gives {came}. Put q = -1 into the equation."
    (came,) = numbers([memory], 1)
    if np.isclose(came, 0.5):
        return None
    ratio = 1 + 2 * came
    return f"The function is right. At the memory {came:g} the ratio of its limits is {ratio:g}."


def exercise_6(function: Callable) -> str | None:
    """Check the answer: nesterov repaired."""
    random = np.random.default_rng(56)
    for _ in range(5):
        w, g, v = random.normal(size=(3, 2))
        came_w, came_v = function(w.copy(), g.copy(), v.copy(), 0.1, 0.9)
        right_w, right_v = nesterov(w, g, v, lr=0.1, mu=0.9)
        if np.allclose(came_w, right_w) and np.allclose(came_v, right_v):
            continue
        if np.allclose(came_w, momentum(w, g, v, lr=0.1, mu=0.9)[0]):
            return "It still steps as plain momentum does. Which velocity must look ahead?"
        if not np.allclose(came_v, right_v):
            return "The velocity is off. It is the one of plain momentum."
        return "The weights are off. Look at g + mu v: which v is meant?"
    return None


def exercise_7(function: Callable) -> str | None:
    """Check the answer: rate inside."""
    random = np.random.default_rng(57)
    rates, grads = random.uniform(0.01, 0.2, 8), random.normal(size=8)
    w = ours = v = u = 0.0
    before = rates[0]
    for lr, g in zip(rates, grads, strict=True):
        ours, v = momentum(ours, g, v, lr=lr, mu=0.9)
        came, came_u = function(w, g, u, lr, before, 0.9)
        if np.isclose(came, ours):
            w, u, before = came, came_u, lr
            continue
        if np.isclose(came_u, ours):
            return "The two results are swapped: first w, then u."
        if np.isclose(came, w + 0.9 * u - lr * g):
            return "It parts from the other form where the rate changes. Look at what u holds then."
        if np.isclose(came, w + 0.9 * u * before / lr - lr * g):
            return "The ratio is upside down. When the rate falls, the old u must become shorter."
        return "It does not follow the other form. There u stands for -lr v. Which lr is in it?"
    return None


def exercise_8(function: Callable) -> str | None:
    """Check the answer: nesterov matrix."""
    random = np.random.default_rng(58)
    for _ in range(5):
        lr, mu, curvature, w, v = random.uniform(0.1, 1, 5)
        matrix = np.asarray(function(lr, mu, curvature), dtype=float)
        if matrix.shape != (2, 2):
            return f"Expected two rows and two columns, came the shape {matrix.shape}."
        if np.allclose(matrix @ [w, v], nesterov(w, curvature * w, v, lr=lr, mu=mu)):
            continue
        if np.allclose(matrix @ [w, v], momentum(w, curvature * w, v, lr=lr, mu=mu)):
            return "That is the matrix of plain momentum. Look at the step of Nesterov."
        if np.allclose(matrix.T @ [w, v], nesterov(w, curvature * w, v, lr=lr, mu=mu)):
            return "It is transposed. The first row makes the new w, the second the new v."
        if np.allclose(
            matrix @ [w, v],
            [w - lr * (1 + mu) * curvature * w - lr * mu * v, mu * v + curvature * w],
        ):
            return "The step looks ahead with the new v, so the old one counts mu times mu."
        if np.allclose(matrix @ [v, w], nesterov(w, curvature * w, v, lr=lr, mu=mu)[::-1]):
            return "Rows and columns are swapped: w comes first, then v."
        return "One step differs. Put v into the second line of the rule, and collect w and v."
    return None


def exercise_9(function: Callable) -> str | None:
    """Check the answer: conjugate gradients."""
    random = np.random.default_rng(59)
    for n, steps in ((3, 1), (4, 2), (4, 4), (3, 5)):
        root = random.normal(size=(n, n))
        H, c = root @ root.T + np.eye(n), random.normal(size=n)
        came = np.asarray(function(H.copy(), c.copy(), steps), dtype=float)
        if came.shape != c.shape:
            return f"Expected the last w with the shape {c.shape}, came the shape {came.shape}."
        if np.allclose(came, _conjugate(H, c, steps)):
            continue
        if not np.all(np.isfinite(came)):
            return f"After {steps} steps with {n} weights r is zero. Stop before dividing by it."
        if steps == 1:
            return "The first step is off. It goes along d = c, with the rate of the first line."
        if np.allclose(came, _conjugate(H, c, steps, memory=False)):
            return "Each step goes along r alone. Add mu times the old d."
        return f"Step 1 is right, step {steps} is not. In mu the new r stands above the old."
    return None


def _conjugate(H, c, steps, memory=True):
    """Conjugate gradients from zero; without memory steepest descent with the best rates."""
    w, r = np.zeros(len(c)), c
    d = r
    for _ in range(steps):
        if np.linalg.norm(r) <= 1e-14 * np.linalg.norm(c):
            break
        w = w + (r @ d) / (d @ H @ d) * d
        new = c - H @ w
        d, r = new + memory * (new @ new) / (r @ r) * d, new
    return w


def _roots(step, mu):
    """Both factors of momentum in a direction, for lr times curvature."""
    return np.roots([1, -(1 + mu - step), mu])
