"""Right and wrong answers to the exercises of chapter 2."""

import numpy as np

from dlzero import LinearUnit


def gradient(w, b, X, t, factor=-1):
    error = t - (X @ w + b)
    return factor * X.T @ error / len(X), factor * error.mean()


def step(w, b, x, t, lr):
    error = t - (w @ x + b)
    return w + lr * error * x, b + lr * error


def bias_first(w, b, x, t, lr):
    b = b + lr * (t - (w @ x + b))
    return w + lr * (t - (w @ x + b)) * x, b


def in_place(w, b, x, t, lr):
    error = t - (w @ x + b)
    w += lr * error * x
    return w, b + lr * error


def absolute(w, b, x, t, lr, sign=1, chain=True):
    slope = sign * np.sign(t - (w @ x + b))
    return w + lr * slope * (x if chain else 1), b + lr * slope


def absolute_in_place(w, b, x, t, lr):
    slope = np.sign(t - (w @ x + b))
    w += lr * slope * x
    return w, b + lr * slope


X6 = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 1], [1, 2]])
T6 = 3 * X6[:, 0] - 2 * X6[:, 1] + 1

RIGHT = [
    ("2.1", (984, 496)),
    ("2.1", ([984.0], 496.0)),
    ("2.2", LinearUnit(lr=0.1, epochs=300).fit(X6, T6)),
    ("2.3", gradient),
    ("2.4", 0.000344),
    ("2.4", 10 / (144 * 201.97)),
    ("2.5", step),
    ("2.6", absolute),
    ("2.7", (-1000, 174.619, -304.842)),
    ("2.8", 0.0484),
]

WRONG = [
    ("2.1", (496, 984), "exchanged"),
    ("2.1", (1016, 504), "sign is turned"),
    ("2.1", (1004, 501), "bias is missing"),
    ("2.1", (996, 496), "multiplied by its input"),
    ("2.1", (984, 484), "its input is 1"),
    ("2.1", (-600, 100), "rate is missing"),
    ("2.1", (-16, -4), "These are the steps"),
    ("2.1", (5500, 5500), "the rate times the error"),
    ("2.2", LinearUnit(lr=0.1, epochs=2).fit(X6, T6), "number of epochs"),
    ("2.2", LinearUnit(lr=1, epochs=20).fit(X6, T6), "too large"),
    ("2.2", (3, -2, 1), "Expected a LinearUnit"),
    ("2.3", lambda *a: gradient(*a, factor=1), "sign"),
    ("2.3", lambda *a: gradient(*a, factor=-2), "half"),
    ("2.3", lambda *a: gradient(*a, factor=-7), "sum"),
    ("2.4", 2 / (144 * 201.97), "limit for the sum"),
    ("2.4", 0.0495, "in years"),
    ("2.4", 10 / (12 * 201.97), "twelve times"),
    ("2.4", 5 / (144 * 201.97), "one step is exact"),
    ("2.4", 0.0099, "both changes"),
    ("2.4", 1.0, "sum of squares"),
    ("2.5", lambda w, b, x, t, lr: (step(w, b, x, t, lr)[0], b), "bias is off"),
    ("2.5", lambda w, b, x, t, lr: (w, b), "weights are off"),
    ("2.5", bias_first, "a bias that has already moved"),
    ("2.5", in_place, "array w of the caller"),
    ("2.6", lambda *a: absolute(*a, sign=-1), "uphill"),
    ("2.6", lambda *a: absolute(*a, chain=False), "chain rule"),
    ("2.6", step, "slope of |r|"),
    ("2.6", absolute_in_place, "array w of the caller"),
    ("2.7", (7.55, 90.66, -304.84), "expected -1000"),
    ("2.7", (-1000, 174.619, 0), "Look at the bias"),
    ("2.7", (-1000, 2095.43, -304.84), "add up to"),
    ("2.8", 0.0194, "strictest limit of a row"),
    ("2.8", 0.00972, "all rows at once"),
    ("2.8", 0.025, "still settles"),
    ("2.8", 0.05, "explodes"),
    ("2.8", 2.0, "Halve the interval"),
]
