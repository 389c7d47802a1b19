"""Right and wrong answers to the exercises of chapter 10."""

import numpy as np

from dlzero import folds


def stopped(model, X, y, X_held, y_held, copy, steps=300, lr=0.05):
    """Train, and return what `copy` made of the parameters at the best step."""
    lowest, best = np.inf, None
    for _ in range(steps):
        _, grads = model.loss_and_grad(X, y)
        for p, g in zip(model.params, grads, strict=True):
            p[...] = p - lr * g
        held_loss, _ = model.loss_and_grad(X_held, y_held)
        if held_loss < lowest:
            lowest, best = held_loss, copy(model.params)
    return best


def best_of(*data):
    return stopped(*data, copy=lambda params: [p.copy() for p in params])


def copied_at_the_end(*data):
    return [p.copy() for p in stopped(*data, copy=lambda params: params)]


def copied_at_step_ten(*data):
    return stopped(*data, copy=lambda params: [p.copy() for p in params], steps=2)


def mixup(X, T, order, share):
    return share * X + (1 - share) * X[order], share * T + (1 - share) * T[order]


def in_place(X, T, order, share):
    mixed = mixup(X, T, order, share)
    X *= share
    return mixed


def smallest_strength(X, t):
    return np.max(np.abs((t.mean() - t) @ X)) / len(t)


def strength_like(lr, k, curvature):
    left = (1 - lr * curvature) ** k
    return curvature * left / (1 - left)


def best_columns(X, t, n=20):
    gap = X[t == 1].mean(axis=0) - X[t == 0].mean(axis=0)
    return np.argsort(-np.abs(gap))[:n]


def right(X, t, part, held):
    centers = [X[part][t[part] == k].mean(axis=0) for k in (0, 1)]
    far = [np.sum((X[held] - center) ** 2, axis=1) for center in centers]
    return np.mean((far[1] < far[0]) == t[held])


def cross_validated(X, t, choose=best_columns):
    scores = []
    for part, held in folds(len(t), 5, 0):
        scores.append(right(X[:, choose(X[part], t[part])], t, part, held))
    return np.mean(scores)


def chosen_first(X, t):
    return cross_validated(X[:, best_columns(X, t)], t)


def carried_on(X, t):
    columns, scores = np.arange(X.shape[1]), []
    for part, held in folds(len(t), 5, 0):
        columns = columns[best_columns(X[:, columns][part], t[part])]
        scores.append(right(X[:, columns], t, part, held))
    return np.mean(scores)


RIGHT = [
    ("10.1", ([0.6, 0, -0.2], [0.692, -0.154, -0.385])),
    ("10.2", (8, 5)),
    ("10.3", best_of),
    ("10.4", mixup),
    ("10.5", smallest_strength),
    ("10.6", strength_like),
    ("10.7", cross_validated),
]

WRONG = [
    ("10.1", ([0.692, -0.154, -0.385], [0.6, 0, -0.2]), "order of the two"),
    ("10.1", ([0.6, 0.1, -0.2], [0.692, -0.154, -0.385]), "went past zero"),
    ("10.1", ([0.6, -0.5, -0.8], [0.692, -0.154, -0.385]), "moves up"),
    ("10.1", ([0.9, -0.2, -0.5], [0.692, -0.154, -0.385]), "first three"),
    ("10.1", ([0.6, 0, -0.2], [0.63, -0.14, -0.35]), "a / 1.3"),
    ("10.1", ([0.6, 0, -0.2], [0.9, -0.2, -0.5]), "last three"),
    ("10.1", (0.6, 0, -0.2), "Expected 6 numbers"),
    ("10.2", (5, 8), "exchanged"),
    ("10.2", (9, 9), "never trained"),
    ("10.2", (7, 4), "from 1"),
    ("10.2", (6, 3), "better than epoch 3"),
    ("10.2", (8, 9), "lowest before the stop"),
    ("10.2", (7, 5), "Three epochs in a row"),
    ("10.3", lambda *data: stopped(*data, copy=lambda params: params), "arrays of the model"),
    ("10.3", lambda *data: stopped(*data, copy=list), "arrays of the model"),
    ("10.3", copied_at_the_end, "of the last step"),
    ("10.3", copied_at_step_ten, "the lowest was"),
    ("10.3", lambda *data: None, "Expected the list"),
    ("10.4", lambda X, T, order, share: mixup(X, T, order, 1 - share), "exchanged"),
    ("10.4", lambda X, T, order, share: (mixup(X, T, order, share)[0], T), "not mixed"),
    ("10.4", lambda X, T, order, share: (X, T), "mixed rows differ"),
    (
        "10.4",
        lambda X, T, o, s: (mixup(X, T, o, s)[0], mixup(X, T, o[::-1], s)[1]),
        "The rows are right",
    ),
    ("10.4", in_place, "changed in place"),
    ("10.4", lambda X, T, order, share: X, "Expected a pair"),
    ("10.5", lambda X, t: len(t) * smallest_strength(X, t), "slope of the sum"),
    ("10.5", lambda X, t: np.max(np.abs((0.5 - t) @ X)) / len(t), "p = 1/2"),
    ("10.5", lambda X, t: np.min(np.abs((t.mean() - t) @ X)) / len(t), "some weights leave"),
    ("10.5", lambda X, t: np.max((t - t.mean()) @ X) / len(t), "largest *size*"),
    ("10.5", lambda X, t: 1.0, "slopes at zero weights"),
    ("10.6", lambda lr, k, curvature: 1 / (lr * k), "rule of thumb"),
    ("10.6", lambda lr, k, c: c**2 / strength_like(lr, k, c), "turned over"),
    ("10.6", lambda lr, k, c: strength_like(lr, k, c) / c, "Solve curvature"),
    ("10.6", lambda lr, k, c: 0.0, "expected"),
    ("10.7", chosen_first, "has seen the held-back rows"),
    ("10.7", carried_on, "has seen the held-back rows"),
    ("10.7", lambda X, t: cross_validated(X, t, lambda X, t: np.arange(100, 120)), "finds 0."),
    ("10.7", lambda X, t: 50.0, "Expected a share"),
]
