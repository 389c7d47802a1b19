"""The exercises of chapter 10, Overfitting."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..chapters.ch02_linear_unit import LinearRegression
from .forms import WrongForm, numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: three weights under two penalties."""
    came = numbers(answer, 6)
    w = np.array([0.9, -0.2, -0.5])
    l1, l2 = came[:3], came[3:]
    if np.allclose(l2, [0.6, 0.0, -0.2], atol=0.002):
        return "The order of the two is exchanged: first L1, then L2."
    if np.allclose(l1, np.sign(w) * (np.abs(w) - 0.3), atol=0.002):
        return "L1 went past zero: where less than 0.3 is left, it stops at zero."
    if np.allclose(l1, [0.6, -0.5, -0.8], atol=0.002):
        return "L1 makes a weight smaller in size. A negative one moves up."
    if not np.allclose(l1, [0.6, 0.0, -0.2], atol=0.002):
        return "Look at the first three: L1 takes 0.3 from the size of each weight."
    if np.allclose(l2, 0.7 * w, atol=0.002):
        return "Near. L2 does not take 30 percent: the slope w - a + 0.3 w is zero at a / 1.3."
    if not np.allclose(l2, w / 1.3, atol=0.002):
        return "Look at the last three: where is the slope w - a + 0.3 w zero? Give 3 digits."
    return None


def exercise_2(answer: Any) -> str | None:
    """Check the answer: patience of three."""
    stop, best = numbers(answer, 2)
    if (stop, best) == (5, 8):
        return "The two are exchanged: first the epoch of the stop."
    if (stop, best) == (9, 9):
        return "The ninth epoch is never trained. Count the epochs after the fifth."
    if (stop, best) == (7, 4):
        return "Count epochs from 1: the first loss is that of epoch 1."
    if (stop, best) == (6, 3):
        return "Epoch 5 comes before the patience is over, and it is better than epoch 3."
    if best != 5:
        return f"Came epoch {best:g} for the parameters. Which loss is lowest before the stop?"
    if stop != 8:
        return f"Came {stop:g} for the stop. Three epochs in a row without a better loss end it."
    return None


def exercise_3(best_of: Callable) -> str | None:
    """Check the answer: parameters that stay behind."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        X, X_held = rng.normal(size=(10, 12)), rng.normal(size=(40, 12))
        y, y_held = X[:, 0] + rng.normal(size=10), X_held[:, 0] + rng.normal(size=40)
        model, expected = LinearRegression(12), LinearRegression(12)
        best = best_of(model, X, y, X_held, y_held)
        if not isinstance(best, list | tuple) or [np.shape(p) for p in best] != [(12,), ()]:
            raise WrongForm("Expected the list of the best parameters: 12 weights, and the bias.")
        if any(p is q for p in best for q in model.params):
            return (
                "What comes back are the arrays of the model itself, which each step changes in "
                "place. What makes a new array?"
            )
        losses = []
        for _ in range(300):
            _, grads = expected.loss_and_grad(X, y)
            for p, g in zip(expected.params, grads, strict=True):
                p[...] = p - 0.05 * g
            losses.append(expected.loss_and_grad(X_held, y_held)[0])
        lowest = min(losses)
        for p, q in zip(model.params, best, strict=True):
            p[...] = q
        came = model.loss_and_grad(X_held, y_held)[0]
        if not np.isclose(came, lowest):
            if np.isclose(came, losses[-1]):
                return "These are the parameters of the last step. When do you copy them?"
            return f"They give {came:.4f} on the held-back rows; the lowest was {lowest:.4f}."
    return None


def exercise_4(mixup: Callable) -> str | None:
    """Check the answer: two examples in one."""
    rng = np.random.default_rng(104)
    X, T, order = rng.normal(size=(5, 4)), np.eye(3)[[0, 1, 2, 1, 0]], np.array([1, 2, 3, 4, 0])
    before, share = (X.copy(), T.copy()), 0.7
    try:
        mixed, targets = (np.asarray(part, dtype=float) for part in mixup(X, T, order, share))
    except (TypeError, ValueError) as error:
        raise WrongForm(f"Expected a pair: mixed rows and mixed targets. ({error})") from None
    if not (np.array_equal(X, before[0]) and np.array_equal(T, before[1])):
        return "An argument was changed in place. Make new arrays."
    if np.allclose(mixed, (1 - share) * X + share * X[order]):
        return "The shares are exchanged: `share` belongs to the row, the rest to its partner."
    if not np.allclose(mixed, share * X + (1 - share) * X[order]):
        return "The mixed rows differ from share * X + (1 - share) * the rows X[order]."
    if np.allclose(targets, T):
        return "The targets are not mixed. A row that is 0.3 of a 5 has to say so."
    if not np.allclose(targets, share * T + (1 - share) * T[order]):
        return "The rows are right. Mix the targets with the same partners and the same shares."
    return None


def exercise_5(smallest_strength: Callable) -> str | None:
    """Check the answer: the strength that removes all."""
    rng = np.random.default_rng(105)
    for n, p in ((30, 4), (50, 7)):
        X, t = rng.normal(size=(n, p)) + 0.5, (rng.random(n) < 0.3).astype(int)
        came, slopes = float(smallest_strength(X, t)), (t.mean() - t) @ X / n
        right = np.max(np.abs(slopes))
        if np.isclose(came, right):
            continue
        if np.isclose(came, n * right):
            return "That is the slope of the sum over the rows. The loss is their mean."
        if np.isclose(came, np.max(np.abs((0.5 - t) @ X)) / n):
            return "That takes p = 1/2. The bias is free: it makes p the share of ones."
        if np.isclose(came, np.max(slopes)) or np.isclose(came, np.max(-slopes)):
            return "Slopes may be negative. Take the largest *size*."
        if np.isclose(came, np.min(np.abs(slopes))):
            return "With that strength some weights leave zero. All of them have to stay."
        return f"Came {came:.4g}, expected {right:.4g}. Compute the slopes at zero weights."
    return None


def exercise_6(strength_like: Callable) -> str | None:
    """Check the answer: as strong as a stop."""
    for lr, k, curvature in ((0.1, 20, 1.0), (0.5, 3, 0.4), (0.01, 100, 2.0)):
        left = (1 - lr * curvature) ** k
        came, right = float(strength_like(lr, k, curvature)), curvature * left / (1 - left)
        if np.isclose(came, right):
            continue
        if np.isclose(came, 1 / (lr * k)):
            return "That is the rule of thumb. The exact strength depends on the curvature."
        if np.isclose(came, curvature * (1 - left) / left):
            return "The quotient is turned over: many steps are like a *weak* penalty."
        if np.isclose(came, left / (1 - left)):
            return "Near. Solve curvature / (curvature + strength) = share for the strength."
        return (
            f"For lr={lr:g}, k={k}, curvature={curvature:g} came {came:.4g}, expected {right:.4g}."
        )
    return None


def exercise_7(cross_validated: Callable) -> str | None:
    """Check the answer: choose inside."""
    scores = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        X, t = rng.normal(size=(50, 1500)), np.arange(50) % 2
        score = float(cross_validated(X, t))
        if not 0 <= score <= 1:
            raise WrongForm(f"Expected a share of right answers, came {score:g}.")
        scores.append(score)
    if np.mean(scores) > 0.65:
        return (
            f"On pure noise it still claims {np.mean(scores):.2f} on average, where 0.5 is all "
            "there is. Some step before the answers has seen the held-back rows."
        )
    signal = []
    for seed in range(4):
        rng = np.random.default_rng(100 + seed)
        t = np.arange(50) % 2
        X = rng.normal(size=(50, 200)) + 2.5 * t[:, None] * (np.arange(200) < 5)
        signal.append(float(cross_validated(X, t)))
    if np.mean(signal) < 0.85:
        return (
            f"Where five columns do tell the classes apart it finds {np.mean(signal):.2f} only. "
            "Choose the columns with the largest difference of means on the training rows."
        )
    return None
