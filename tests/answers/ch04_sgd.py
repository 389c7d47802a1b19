"""Right and wrong answers to the exercises of chapter 4."""

import numpy as np

from dlzero import sgd, train
from dlzero.models import LinearRegression, sigmoid


def deal(n, batch_size, rng):
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def slope(z, s):
    return -s * sigmoid(-s * z)


def variance(rows, B, ddof=0, replace=False):
    n = len(rows)
    spread = np.sum(rows.var(axis=0, ddof=ddof))
    return spread / B * (1 if replace else (n - B) / (n - 1))


def descend(X, y, lr, steps):
    model = LinearRegression(X.shape[1])
    for _ in range(steps):
        _, grads = model.loss_and_grad(X, y)
        for w, g in zip(model.params, grads, strict=True):
            w -= lr * g
    return model.params


def descend_by_hand(X, y, lr, steps):
    A = np.column_stack([X, np.ones(len(X))])
    w = np.zeros(A.shape[1])
    for _ in range(steps):
        w = w - lr * (A.T @ (A @ w - y)) / len(y)
    return w[:-1], w[-1]


def by_train(X, y, lr, steps):
    model = LinearRegression(X.shape[1])
    train(model, X, y, lr=lr, epochs=steps, batch_size=len(X) + 1)
    return model.params


def combine(grads, sizes):
    return np.average(grads, axis=0, weights=sizes)


def step(w, g, v, lr, mu, weight_decay, rescale, clip):
    return sgd(w, g, v, lr, mu, weight_decay, rescale, rescale * clip)


def rate(lam, s2, B, goal):
    return 2 * goal * B * lam / (s2 + goal * B * lam**2)


RIGHT = [
    ("4.1", (430, 420)),
    ("4.2", deal),
    ("4.3", slope),
    ("4.3", lambda z, s: sigmoid(z) - (s > 0)),
    ("4.4", variance),
    ("4.5", descend),
    ("4.5", by_train),
    ("4.6", combine),
    ("4.7", step),
    ("4.8", rate),
]

WRONG = [
    ("4.1", (420, 430), "exchanged"),
    ("4.1", (43, 42), "one epoch"),
    ("4.1", (430, 430), "last batch"),
    ("4.1", (421, 420), "how many batches"),
    ("4.2", lambda n, B, rng: [rng.integers(0, n, B) for _ in range(-(-n // B))], "come once"),
    ("4.2", lambda n, B, rng: [rng.permutation(n)], "shorter"),
    ("4.2", lambda n, B, rng: deal(n, B, np.random.default_rng(0)), "same order"),
    ("4.2", lambda n, B, rng: list(deal(n, B, rng))[::-1], "Only the last"),
    ("4.2", lambda n, B, rng: [*deal(n, B, rng), []], "or empty"),
    ("4.2", lambda n, B, rng: deal(n, B, np.random.default_rng()), "from `rng`"),
    ("4.3", lambda z, s: -slope(z, s), "sign is turned"),
    ("4.3", lambda z, s: -sigmoid(-s * z), "inner derivative"),
    ("4.3", lambda z, s: -s * sigmoid(s * z), "sure, right row"),
    ("4.3", lambda z, s: z, "chain rule"),
    ("4.4", lambda rows, B: variance(rows, B, replace=True), "with replacement"),
    ("4.4", lambda rows, B: variance(rows, B, ddof=1), "not by n - 1"),
    ("4.4", lambda rows, B: 1.0, "all batches together"),
    ("4.5", descend_by_hand, "not bit for bit"),
    ("4.5", lambda X, y, lr, steps: descend(X, y, -lr, steps), "sign"),
    ("4.6", lambda grads, sizes: np.mean(grads, axis=0), "each part counts"),
    ("4.6", lambda grads, sizes: np.array(sizes) @ np.array(grads), "sum over all rows"),
    ("4.6", lambda grads, sizes: 0.0, "Expected one gradient"),
    ("4.7", sgd, "after the rescaling"),
    ("4.7", lambda w, g, v, **hyper: (w, v), "bound that you pass on"),
    ("4.7", lambda w, g, v, **hyper: step(w, g, v, **hyper)[::-1], "exchanged"),
    ("4.8", lambda lam, s2, B, goal: 2 * goal * B * lam / s2, "small rates"),
    ("4.8", lambda lam, s2, B, goal: 5.0, "stable one"),
    ("4.8", lambda lam, s2, B, goal: 0.1, "Solve the formula"),
]
