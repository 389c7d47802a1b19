"""The exercises of chapter 4, SGD and mini-batches."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import datasets
from ..chapters.ch04_sgd import sgd, train
from ..models import LinearRegression
from .forms import numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: count steps."""
    kept, dropped = numbers(answer, 2)
    if (kept, dropped) == (430, 420):
        return None
    if (kept, dropped) == (420, 430):
        return "The two are exchanged. The short batch adds one step to each epoch."
    if (kept, dropped) == (43, 42):
        return "That is one epoch. How many are there?"
    if kept == dropped:
        return "The two differ: 32 does not divide 1348. Look at the last batch of an epoch."
    return f"Came {kept:g} and {dropped:g}. Look at how many batches make one epoch."


def exercise_2(deal: Callable) -> str | None:
    """Check the answer: each row once."""
    for n, batch_size in ((10, 3), (12, 4), (5, 8), (7, 1)):
        rng = np.random.default_rng(42)
        epochs = [[np.asarray(b).tolist() for b in deal(n, batch_size, rng)] for _ in range(3)]
        full, rest = divmod(n, batch_size)
        for dealt in epochs:
            seen, sizes = sorted(itertools.chain(*dealt)), [len(b) for b in dealt]
            case = f"With n = {n} and batches of {batch_size}"
            if seen != list(range(n)):
                return (
                    f"{case}, an epoch visits the rows {seen}. Each of 0 to {n - 1} must come once."
                )
            if sizes != [batch_size] * full + [rest] * (rest > 0):
                return (
                    f"{case}, the batches have {sizes} rows. Only the last one may be shorter, "
                    "and none may be longer or empty."
                )
        if n > 5 and epochs[0] == epochs[1] == epochs[2]:
            return "All epochs have the same order. Look at where the order is drawn."
        again = [np.asarray(b).tolist() for b in deal(n, batch_size, np.random.default_rng(42))]
        if again != epochs[0]:
            return "Two equal generators gave different orders. Draw the order from `rng`."
    return None


def exercise_3(descend: Callable) -> str | None:
    """Check the answer: bit for bit."""
    X, y = datasets.diabetes()
    X = X / X.std(axis=0)  # not centred: there a bias from moved weights is another bias
    lr, steps = 0.001, 7
    model, stale = LinearRegression(X.shape[1]), LinearRegression(X.shape[1])
    train(model, X, y, lr=lr, epochs=steps, batch_size=len(X))
    for _ in range(steps):
        for which in (0, 1):
            stale.params[which] -= lr * stale.loss_and_grad(X, y)[1][which]
    w, b = descend(X, y, lr, steps)
    right_w, right_b = model.params
    if np.array_equal(w, right_w) and b == right_b:
        return None
    if np.allclose(w, right_w) and np.allclose(b, right_b):
        return "Equal up to rounding, but not bit for bit. Take the gradient from the model itself."
    if np.shape(w) == np.shape(right_w) and not np.any(w) and not np.any(b):
        return (
            "All weights are still zero. `w = w - lr * g` makes a new array, which the model "
            "never sees; `w -= lr * g` changes the array of the model."
        )
    if np.allclose(w, stale.params[0]) and np.allclose(b, stale.params[1]):
        return (
            "The gradient of the bias comes from weights that have moved already. Ask for both "
            "gradients first, then change both."
        )
    return "The weights differ. Look at the sign, at the rate, and at the number of steps."


def exercise_4(combine: Callable) -> str | None:
    """Check the answer: unequal workers."""
    rng = np.random.default_rng(46)
    for sizes in ((3, 3), (5, 1), (2, 7, 4)):
        rows = [rng.normal(size=(size, 2)) for size in sizes]
        came = combine([part.mean(axis=0) for part in rows], list(sizes))
        whole = np.concatenate(rows)
        if np.shape(came) != (2,):
            return f"Expected one gradient of the shape of each part, came shape {np.shape(came)}."
        if np.allclose(came, whole.sum(axis=0)):
            return "That is the sum over all rows, expected their mean. What do you divide by?"
        if not np.allclose(came, whole.mean(axis=0)):
            return (
                f"With {sizes} rows it is not the mean of all rows. Look at how each part counts."
            )
    return None


def exercise_5(shorten: Callable) -> str | None:
    """Check the answer: one length for all arrays."""
    small = [np.array([0.3, 0.0]), np.array([[0.4]])]
    large = [np.array([4.0, 3.0]), np.array([[12.0]]), np.array(84.0)]  # 5, 13, 85
    for grads, bound in ((large, 3.5), (large, 85.5), (small, 2.0), (small, 0.05)):
        length = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
        came = [np.asarray(g, dtype=float) for g in shorten([g.copy() for g in grads], bound)]
        if [g.shape for g in came] != [g.shape for g in grads]:
            return (
                f"Came arrays of the shapes {[g.shape for g in came]}, expected those of the "
                f"gradients: {[g.shape for g in grads]}."
            )

        def equals(factors, came=came, grads=grads):
            return all(np.allclose(c, f * g) for c, f, g in zip(came, factors, grads, strict=True))

        if equals([min(1, bound / length)] * len(grads)):
            continue
        if equals([bound / length] * len(grads)):
            return (
                f"A gradient of the length {length:g} came out with the length {bound:g}. "
                "One that is short enough must stay as it is."
            )
        if equals([min(1, bound / np.linalg.norm(g)) for g in grads]):
            return (
                "Each array was shortened on its own, and that turns the step. Take one length "
                "for all of them together."
            )
        if all(np.allclose(c, np.clip(g, -bound, bound)) for c, g in zip(came, grads, strict=True)):
            return "That cuts each coordinate. It turns the step; shorten the whole instead."
        got = float(np.sqrt(sum(np.sum(g**2) for g in came)))
        return (
            f"Gradients of the length {length:g} with the bound {bound:g} came out with the "
            f"length {got:.6g}, expected {min(length, bound):g} in the same direction."
        )
    return None


def exercise_6(rate: Callable) -> str | None:
    """Check the answer: rate for a ball."""
    for lam, s2, B, goal in ((1.0, 1.0, 1, 0.1), (0.5, 4.0, 8, 0.01), (2.0, 1.0, 4, 0.3)):
        lr = float(rate(lam, s2, B, goal))
        if not 0 < lr < 2 / lam:
            return f"Came the rate {lr:.6g}; a stable one lies between 0 and {2 / lam:g}."
        reached = lr * s2 / (B * lam * (2 - lr * lam))
        if np.isclose(lr, 2 * B * lam * goal / s2):
            return "Near, for small rates. Solve the full formula, with the factor 2 - lr * lam."
        if not np.isclose(reached, goal):
            return f"This rate leaves {reached:.6g}, expected {goal:g}. Solve the formula for lr."
    return None


def exercise_7(variance: Callable) -> str | None:
    """Check the answer: variance of a batch."""
    rows = np.random.default_rng(44).normal(size=(6, 2))
    spread = np.mean(np.sum((rows - rows.mean(axis=0)) ** 2, axis=1))
    for B in range(1, 7):
        means = [rows[list(c)].mean(axis=0) for c in itertools.combinations(range(6), B)]
        right = np.mean(np.sum((means - rows.mean(axis=0)) ** 2, axis=1))
        came = float(variance(rows, B))
        if np.isclose(came, right, atol=1e-12):
            continue
        if np.isclose(came, spread / B):
            return "That is drawing with replacement. A row that is drawn cannot come again here."
        if np.isclose(came * 5 / 6, right, atol=1e-12):
            return "Divide by n, not by n - 1, in the spread of the rows: they are all there is."
        return f"For 6 rows and B = {B} came {came:.6g}, all batches together give {right:.6g}."
    return None


def exercise_8(step: Callable) -> str | None:
    """Check the answer: printed order."""
    for w, g, v, rescale, clip in (
        (1.0, 10.0, 0.0, 0.5, 2.0),
        (1.0, -3.0, 0.5, 0.1, 2.0),
        (2.0, 1.0, 0.5, 0.5, 4.0),
    ):
        hyper = dict(lr=0.1, mu=0.9, weight_decay=0.01, rescale=rescale, clip=clip)
        passed = {**hyper, "clip": rescale * clip}
        clipped = rescale * np.clip(g, -clip, clip)
        right = sgd(w, clipped, v, lr=0.1, mu=0.9, weight_decay=0.01)
        came = numbers(step(w, g, v, **hyper), 2)
        if np.allclose(came, right):
            continue
        if np.allclose(came, sgd(w, g, v, **hyper)):
            return "That clips after the rescaling, as dlzero does. Which bound makes up for it?"
        if np.allclose(came, right[::-1]):
            return "The two are exchanged. The weight comes first, then the velocity."
        for name in passed:
            rest = {other: value for other, value in passed.items() if other != name}
            if np.allclose(came, sgd(w, g, v, **rest)):
                return f"The argument {name} has no effect on what came. Pass it on to sgd."
        return (
            f"For g = {g:g}, rescale {rescale:g} and clip {clip:g} came the weight "
            f"{came[0]:.6g} and the velocity {came[1]:.6g}, expected {right[0]:.6g} and "
            f"{right[1]:.6g}. Look at each argument that you pass on."
        )
    return None
