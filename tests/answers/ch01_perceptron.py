"""Right and wrong answers to the exercises of chapter 1."""

from itertools import permutations

import numpy as np

from dlzero import LinearUnit, Perceptron, datasets

AND = datasets.logic("and")
NAND = Perceptron(lr=1, epochs=20).fit(*datasets.logic("nand"))
NOR = Perceptron(lr=1, epochs=20).fit(*datasets.logic("nor"))


def bound(X, y, w, b):
    rows = np.column_stack([X, np.ones(len(X))])
    u = np.append(w, b) / np.sqrt(np.sum(w**2) + b**2)
    gamma = np.min((2 * y - 1) * (rows @ u))
    return np.max(np.sum(rows**2, axis=1)) / gamma**2 if gamma > 0 else np.inf


def signless(X, y, w, b):
    return min(bound(X, y, w, b), bound(X, 1 - y, w, b))


def steps(X, y, keep=lambda w: w.copy()):
    w, b = np.zeros(2), 0.0
    rows = [keep(w)]
    for x, t in zip(np.tile(X, (10, 1)), np.tile(y, 10), strict=True):
        error = t - (w @ x + b > 0)
        w += error * x
        b += error
        if error:
            rows.append(keep(w))
    return rows


def in_all_orders(give=lambda unit: unit.n_updates_, epochs=20, labels_too=True):
    X, y = AND
    return {
        give(Perceptron(epochs=epochs, lr=1).fit(X[[*order]], y[[*order]] if labels_too else y))
        for order in permutations(range(4))
    }


def pocket(history, X, y, answers=np.greater, pick=np.argmin):
    wrong = [np.sum(answers(X @ row[:-1] + row[-1], 0) != y) for row in history]
    return history[pick(wrong)]


RIGHT = [
    ("1.1", (NAND, NOR)),
    (
        "1.1",
        [Perceptron(epochs=50, shuffle=True, random_state=1).fit(*datasets.logic("nand")), NOR],
    ),
    ("1.2", ([1, 1, 1], -1.5)),
    ("1.2", (np.array([2, 2, 2]), -2)),
    ("1.3", (7, 14, -14)),
    ("1.3", ([7, 14], -14)),
    ("1.4", bound),
    ("1.5", steps),
    ("1.6", [([1, 1], -0.5), ([1, 1], -1.5), ([1, -1], -0.5)]),
    ("1.6", [([1, -1], -0.5), ([-1, 1], -0.5), ([1, 1], -0.5)]),
    ("1.7", {10, 12}),
    ("1.7", [12, 10]),
    ("1.7", in_all_orders()),
    ("1.8", pocket),
    ("1.8", lambda *a: list(pocket(*a))),
    ("1.9", (2, 2, -1)),
    ("1.9", ([2, 2], -1)),
]

WRONG = [
    ("1.1", (NOR, NAND), "exchanged"),
    ("1.1", (NAND, Perceptron(epochs=20).fit(*AND)), "labels of NOR"),
    ("1.1", (Perceptron(epochs=20).fit(*AND), NOR), "labels of NAND"),
    ("1.1", (Perceptron(epochs=1).fit(*datasets.logic("nand")), NOR), "more epochs"),
    ("1.1", (Perceptron(), NOR), "after fit"),
    ("1.1", (LinearUnit(lr=0.1).fit(*AND), NOR), "Expected a Perceptron"),
    ("1.1", NAND, "pair"),
    ("1.2", ([1, 1, 1], -0.5), "bias"),
    ("1.2", ([1, 0, 0], -0.5), "equal weights"),
    ("1.2", ([-1, -1, -1], 1.5), "above zero"),
    ("1.2", ([1, 1], -0.5), "3 weights"),
    ("1.2", (1, 1, 1, -1.5), "pair"),
    ("1.3", (0.1, 0.2, -0.2), "of the rate 0.1."),
    ("1.3", (1, 2, -2), "of the rate 1."),
    ("1.3", (7, 14, -2), "bias came as -2"),
    ("1.3", (7, 7, -14), "lr times"),
    ("1.3", (0, 0, 0), "lr times"),
    ("1.4", lambda *a: np.sqrt(bound(*a)), "square"),
    ("1.4", lambda X, y, w, b: bound(X, y, w, b) / (w @ w + b * b), "by their length"),
    ("1.4", lambda X, y, w, b: 2 * bound(X, y, w, b), "constant input"),
    ("1.4", signless, "inf"),
    ("1.5", lambda X, y: steps(X, y, keep=lambda w: w), "one and the same"),
    ("1.5", lambda X, y: steps(X, y)[1:], "shape (10, 2)"),
    ("1.5", lambda X, y: [row + 1 for row in steps(X, y)], "Row 0 came"),
    ("1.6", [([1, 1], -0.5), ([1, 1], -1.5), ([1, 1], -0.5)], "row (1, 1)"),
    ("1.6", [([1, 1], -0.5)], "three"),
    ("1.7", {5, 6, 7}, "n_updates_"),
    ("1.7", in_all_orders(lambda unit: unit.errors_.index(0)), "n_updates_"),
    ("1.7", in_all_orders(labels_too=False), "each row must keep its own"),
    ("1.7", in_all_orders(epochs=3), "number of epochs"),
    ("1.7", in_all_orders(epochs=4), "number of epochs"),
    ("1.7", {10}, "all 24 orders"),
    ("1.7", {12}, "all 24 orders"),
    ("1.7", {1, 2}, "For each of the 24"),
    ("1.7", 10, "set of numbers"),
    ("1.7", set(), "For each of the 24"),
    ("1.8", lambda history, X, y: history[-1], "mistakes, the best make"),
    ("1.8", lambda *a: pocket(*a, pick=np.argmax), "mistakes, the best make"),
    ("1.8", lambda *a: pocket(*a, pick=lambda n: len(n) - 1 - np.argmin(n[::-1])), "as good"),
    ("1.8", lambda *a: pocket(*a, answers=np.greater_equal), "exactly zero"),
    ("1.8", lambda history, X, y: history.mean(axis=0), "no row of history"),
    ("1.8", lambda history, X, y: history[:2], "one row of history"),
    ("1.9", (2, 2, -3), "row (1, 0)"),
    ("1.9", (1, 1, -0.5), "At least 1"),
    ("1.9", (4, 4, -2), "too long"),
    ("1.9", (np.nan, 2, -1), "At least 1"),
    ("1.9", (2, 2), "3 numbers"),
]
