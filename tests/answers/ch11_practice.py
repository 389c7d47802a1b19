"""Right and wrong answers to the exercises of chapter 11."""

import numpy as np

from dlzero.practice import Results


def relu(x, t, v, c, w, b, always_on=False):
    h = max(0.0, v * x + c)
    delta = w * h + b - t
    delta1 = delta * w * (always_on or v * x + c > 0)
    return delta1 * x, delta1, delta * h, delta


def linear(x, t, v, c, w, b):
    h = v * x + c
    delta = w * h + b - t
    return delta * w * x, delta * w, delta * h, delta


def without_w(x, t, v, c, w, b):
    _, _, by_w, delta = relu(x, t, v, c, w, b)
    on = v * x + c > 0
    return delta * on * x, delta * on, by_w, delta


def chance(losses, k):
    return 1 - (1 - 1 / len(losses)) ** k


def step(X, T, V, W, lr, first=True):
    H = np.tanh(X @ V)
    delta = (H @ W - T) / len(X)
    moved = W - lr * H.T @ delta
    back = W if first else moved
    return V - lr * X.T @ ((delta @ back.T) * (1 - H**2)), moved


def runs(problem="himmelblau", methods=2, rates=5, seeds=3):
    return Results(
        {"problem": problem, "method": m, "lr": lr, "seed": s, "default": False, "budget": 9}
        for m in range(methods)
        for lr in range(rates)
        for s in range(seeds)
    )


RIGHT = [
    ("11.1", 840),
    ("11.2", 0.03),
    ("11.3", relu),
    ("11.4", (2410, 4820)),
    ("11.5", chance),
    ("11.6", lambda losses: np.min(np.median(losses, axis=1))),
    ("11.7", step),
    ("11.8", runs()),
]

WRONG = [
    ("11.1", 780, "default rate"),
    ("11.1", 168, "seeds"),
    ("11.1", 100, "Multiply"),
    ("11.2", 0.1, "Two of its five"),
    ("11.2", 0.3, "lowest single run"),
    ("11.2", 0.01, "smallest"),
    ("11.3", linear, "slopes by w and b"),
    ("11.3", lambda *a: relu(*a, always_on=True), "slope is 0"),
    ("11.3", without_w, "step 3"),
    ("11.4", (2368, 4736), "biases"),
    ("11.4", (2410, 2410), "up and down"),
    ("11.4", (100, 200), "both layers"),
    ("11.5", lambda losses, k: min(k / len(losses), 1), "without replacement"),
    ("11.5", lambda losses, k: 0.5, "misses"),
    ("11.6", np.min, "best single run"),
    ("11.6", lambda losses: np.min(np.median(losses, axis=0)), "axes are turned"),
    ("11.6", lambda losses: np.min(np.mean(losses, axis=1)), "median of each row"),
    ("11.7", lambda *a: step(*a, first=False), "forward pass"),
    ("11.7", lambda X, T, V, W, lr: (V, W), "H.T @ delta"),
    ("11.8", runs(problem="bowl"), "himmelblau alone"),
    ("11.8", runs(rates=4), "column lr"),
    ("11.8", 3, "what compare returns"),
]
