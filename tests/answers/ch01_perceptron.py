"""Right and wrong answers to the exercises of chapter 1."""

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


RIGHT = [
    ("1.1", (NAND, NOR)),
    (
        "1.1",
        [Perceptron(epochs=50, shuffle=True, random_state=1).fit(*datasets.logic("nand")), NOR],
    ),
    ("1.2", ([1, 1, 1], -1.5)),
    ("1.2", (np.array([2, 2, 2]), -2)),
    ("1.3", [1, 0, 0, 0]),
    ("1.4", (7, 14, -14)),
    ("1.4", ([7, 14], -14)),
    ("1.5", {10, 12}),
    ("1.5", [12, 10]),
    ("1.6", bound),
    ("1.7", steps),
    ("1.8", [([1, 1], -0.5), ([1, 1], -1.5), ([1, -1], -0.5)]),
    ("1.8", [([1, -1], -0.5), ([-1, 1], -0.5), ([1, 1], -0.5)]),
]

WRONG = [
    ("1.1", (NOR, NAND), "labels of NAND"),
    ("1.1", (NAND, Perceptron(epochs=20).fit(*AND)), "labels of NOR"),
    ("1.1", (Perceptron(epochs=1).fit(*datasets.logic("nand")), NOR), "more epochs"),
    ("1.1", (Perceptron(), NOR), "after fit"),
    ("1.1", (LinearUnit(lr=0.1).fit(*AND), NOR), "Expected a Perceptron"),
    ("1.1", NAND, "pair"),
    ("1.2", ([1, 1, 1], -0.5), "bias"),
    ("1.2", ([1, 0, 0], -0.5), "equal weights"),
    ("1.2", ([-1, -1, -1], 1.5), "above zero"),
    ("1.2", ([1, 1], -0.5), "3 weights"),
    ("1.2", (1, 1, 1, -1.5), "pair"),
    ("1.3", [1, 0, 1, 1], "row (1, 0)"),
    ("1.3", [0, 0, 0, 0], "both inputs are 1"),
    ("1.3", [1, 0, 0], "four labels"),
    ("1.4", (0.1, 0.2, -0.2), "lr times"),
    ("1.5", {5, 6, 7}, "n_updates_"),
    ("1.5", {10}, "orders"),
    ("1.5", 10, "set of numbers"),
    ("1.5", set(), "orders"),
    ("1.6", lambda *a: np.sqrt(bound(*a)), "square"),
    ("1.6", lambda X, y, w, b: bound(X, y, w, b) / (w @ w + b * b), "by their length"),
    ("1.6", lambda X, y, w, b: 2 * bound(X, y, w, b), "constant input"),
    ("1.6", signless, "inf"),
    ("1.7", lambda X, y: steps(X, y, keep=lambda w: w), "one and the same"),
    ("1.7", lambda X, y: steps(X, y)[1:], "shape (10, 2)"),
    ("1.7", lambda X, y: [row + 1 for row in steps(X, y)], "Row 0 came"),
    ("1.8", [([1, 1], -0.5), ([1, 1], -1.5), ([1, 1], -0.5)], "row (1, 1)"),
    ("1.8", [([1, 1], -0.5)], "three"),
]
