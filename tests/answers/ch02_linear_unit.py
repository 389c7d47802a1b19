"""Right and wrong answers to the exercises of chapter 2."""

import numpy as np

from dlzero import LinearUnit


def gradient(w, b, X, t, factor=-1):
    error = t - (X @ w + b)
    return factor * X.T @ error / len(X), factor * error.mean()


def step(w, b, x, t, lr):
    error = t - (w @ x + b)
    return w + lr * error * x, b + lr * error


def absolute(w, b, x, t, lr, sign=1, chain=True):
    slope = sign * np.sign(t - (w @ x + b))
    return w + lr * slope * (x if chain else 1), b + lr * slope


X6 = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 1], [1, 2]])
T6 = 3 * X6[:, 0] - 2 * X6[:, 1] + 1

RIGHT = [
    ("2.1", (275, 55)),
    ("2.1", ([275.0], 55.0)),
    ("2.2", LinearUnit(lr=0.1, epochs=300).fit(X6, T6)),
    ("2.3", gradient),
    ("2.4", 0.0486),
    ("2.4", 0.049),
    ("2.5", 22),
    ("2.6", step),
    ("2.7", absolute),
]

WRONG = [
    ("2.1", (5500, 5500), "salary itself"),
    ("2.1", (27500, 5500), "the rate times the error"),
    ("2.2", LinearUnit(lr=0.1, epochs=2).fit(X6, T6), "number of epochs"),
    ("2.2", LinearUnit(lr=1, epochs=20).fit(X6, T6), "too large"),
    ("2.2", (3, -2, 1), "Expected a LinearUnit"),
    ("2.3", lambda *a: gradient(*a, factor=1), "sign"),
    ("2.3", lambda *a: gradient(*a, factor=-2), "half"),
    ("2.3", lambda *a: gradient(*a, factor=-7), "sum"),
    ("2.4", 0.00972, "limit for the sum"),
    ("2.4", 1.0, "eigenvalue"),
    ("2.5", 21, "off by one"),
    ("2.5", 3, "partial_fit"),
    ("2.6", lambda w, b, x, t, lr: (step(w, b, x, t, lr)[0], b), "bias is off"),
    ("2.6", lambda w, b, x, t, lr: (w, b), "weights are off"),
    ("2.7", lambda *a: absolute(*a, sign=-1), "uphill"),
    ("2.7", lambda *a: absolute(*a, chain=False), "chain rule"),
    ("2.7", step, "slope of |r|"),
]
