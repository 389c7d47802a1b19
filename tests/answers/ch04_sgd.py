"""Right and wrong answers to the exercises of chapter 4."""

import numpy as np

from dlzero import clip_by_norm, clip_by_value, sgd, train
from dlzero.models import LinearRegression


def deal(n, batch_size, rng):
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


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


def shorten(grads, bound):
    length = np.sqrt(sum(np.sum(g**2) for g in grads))
    return [g * bound / max(length, bound) for g in grads]


def descend_new_arrays(X, y, lr, steps):
    """A name in the loop gets a new array, and the model keeps its zeros."""
    model = LinearRegression(X.shape[1])
    for _ in range(steps):
        _, grads = model.loss_and_grad(X, y)
        for w, g in zip(model.params, grads, strict=True):
            w = w - lr * g
    return model.params


def descend_stale(X, y, lr, steps):
    """The bias gets the gradient at weights that have moved already."""
    model = LinearRegression(X.shape[1])
    w, b = model.params
    for _ in range(steps):
        w -= lr * model.loss_and_grad(X, y)[1][0]
        b -= lr * model.loss_and_grad(X, y)[1][1]
    return w, b


def without(name):
    """The right step, but for one argument that is not passed on."""

    def forgetful(w, g, v, **hyper):
        passed = {**hyper, "clip": hyper["rescale"] * hyper["clip"]}
        return sgd(w, g, v, **{key: value for key, value in passed.items() if key != name})

    return forgetful


RIGHT = [
    ("4.1", (430, 420)),
    ("4.2", deal),
    ("4.3", descend),
    ("4.3", by_train),
    ("4.4", combine),
    ("4.5", shorten),
    ("4.5", lambda grads, bound: clip_by_norm(bound)([], grads)),
    ("4.6", rate),
    ("4.7", variance),
    ("4.8", step),
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
    ("4.3", descend_by_hand, "not bit for bit"),
    ("4.3", descend_new_arrays, "makes a new array"),
    ("4.3", descend_stale, "moved already"),
    ("4.3", lambda X, y, lr, steps: descend(X, y, -lr, steps), "sign"),
    ("4.3", lambda X, y, lr, steps: descend(X, y, lr, steps + 1), "number of steps"),
    ("4.4", lambda grads, sizes: np.mean(grads, axis=0), "each part counts"),
    ("4.4", lambda grads, sizes: np.array(sizes) @ np.array(grads), "sum over all rows"),
    ("4.4", lambda grads, sizes: 0.0, "Expected one gradient"),
    ("4.5", lambda grads, bound: [shorten([g], bound)[0] for g in grads], "on its own"),
    ("4.5", lambda grads, bound: clip_by_value(bound)([], grads), "each coordinate"),
    ("4.5", lambda grads, bound: shorten(shorten(grads, 1e-9), bound), "length 1e-09"),
    ("4.5", lambda grads, bound: [1e9 * g for g in shorten(grads, 1e-9 * bound)], "stay as it is"),
    ("4.5", lambda grads, bound: grads[0], "the shapes"),
    ("4.6", lambda lam, s2, B, goal: 2 * goal * B * lam / s2, "small rates"),
    ("4.6", lambda lam, s2, B, goal: 5.0, "stable one"),
    ("4.6", lambda lam, s2, B, goal: 0.1, "Solve the formula"),
    ("4.7", lambda rows, B: variance(rows, B, replace=True), "with replacement"),
    ("4.7", lambda rows, B: variance(rows, B, ddof=1), "not by n - 1"),
    ("4.7", lambda rows, B: 1.0, "all batches together"),
    ("4.8", sgd, "after the rescaling"),
    ("4.8", without("weight_decay"), "weight_decay has no effect"),
    ("4.8", without("mu"), "mu has no effect"),
    ("4.8", without("rescale"), "rescale has no effect"),
    ("4.8", without("clip"), "clip has no effect"),
    ("4.8", lambda w, g, v, **hyper: (w, v), "each argument"),
    ("4.8", lambda w, g, v, **hyper: step(w, g, v, **hyper)[::-1], "exchanged"),
]
