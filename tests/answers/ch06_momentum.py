"""Right and wrong answers to the exercises of chapter 6."""

import numpy as np

from dlzero import momentum, nesterov


def factors(lr, mu, curvatures):
    a = lr * np.asarray(curvatures)
    root = np.sqrt((1 + mu - a) ** 2 / 4 - mu + 0j)
    return np.maximum(abs((1 + mu - a) / 2 + root), abs((1 + mu - a) / 2 - root))


def limits(mu, steepest):
    return 2 * (1 + mu) / steepest, (2 + 2 * mu) / (1 + 2 * mu) / steepest


def not_nesterov(w, g, v, lr, mu):
    return w - lr * (g + mu * v), mu * v + g


def inside(w, g, u, lr, before, mu, power=1):
    u = mu * u * (lr / before) ** power - lr * g
    return w + u, u


def matrix(lr, mu, curvature):
    return [[1 - lr * curvature * (1 + mu), -lr * mu**2], [curvature, mu]]


def ball_matrix(lr, mu, curvature):
    return [[1 - lr * curvature, -lr * mu], [curvature, mu]]


def half_ahead(lr, mu, curvature):
    return [[1 - lr * curvature * (1 + mu), -lr * mu], [curvature, mu]]


def conjugate(H, c, steps, memory=1, upside_down=False, stop=True):
    w, r = np.zeros(len(c)), np.array(c)
    d = r
    for _ in range(steps):
        if stop and r @ r < 1e-24:
            break
        w = w + (r @ d) / (d @ H @ d) * d
        new = c - H @ w
        ratio = (r @ r) / (new @ new) if upside_down else (new @ new) / (r @ r)
        d, r = new + memory * ratio * d, new
    return w


def divided_by_zero(H, c, steps):
    return conjugate(H, c, steps) if steps <= len(c) else np.full(len(c), np.nan)


RIGHT = [
    ("6.1", -0.225),
    ("6.1", np.array([-0.225])),
    ("6.2", 0.01),
    ("6.2", 0.2 * (1 - 0.95)),
    ("6.3", lambda lr, mu, curvatures: factors(lr, mu, curvatures).max()),
    ("6.4", 0.81),
    ("6.5", (limits, 0.5)),
    ("6.5", [limits, 1 / 2]),
    ("6.6", nesterov),
    ("6.7", inside),
    ("6.8", matrix),
    ("6.8", lambda *a: np.array(matrix(*a))),
    ("6.9", conjugate),
    ("6.9", lambda H, c, steps: list(conjugate(H, c, steps))),
]

WRONG = [
    ("6.1", 0.225, "sign"),
    ("6.1", -0.1, "gradient descent"),
    ("6.1", -0.25, "third step along v"),
    ("6.1", -0.1125, "average"),
    ("6.1", -0.4, "nothing fades"),
    ("6.1", 7, "table"),
    ("6.2", 0.1, "lr / (1 - mu)"),
    ("6.2", 0.2, "effective step itself"),
    ("6.2", 1.0, "upside down"),
    ("6.3", lambda lr, mu, curvatures: 1.0, "Look at q"),
    ("6.3", factors, "each direction"),
    ("6.3", lambda lr, mu, curvatures: np.sqrt(mu), "swings only"),
    ("6.3", lambda lr, mu, curvatures: factors(lr, mu, max(curvatures)), "steepest direction only"),
    ("6.3", lambda lr, mu, curvatures: factors(lr, mu, min(curvatures)), "flattest direction only"),
    (
        "6.3",
        lambda lr, mu, curvatures: min(
            np.abs(np.roots([1, lr * c - 1 - mu, mu])).min() for c in curvatures
        ),
        "fastest",
    ),
    ("6.4", 0.9, "root of mu"),
    ("6.4", (1 - np.sqrt(0.1)) ** 2, "fastest"),
    ("6.4", 0.5, "In a swing"),
    ("6.5", limits, "a pair"),
    ("6.5", (limits, 1), "ratio of its limits is 3"),
    ("6.5", (lambda mu, steepest: limits(mu, steepest)[::-1], 0.5), "swapped"),
    ("6.5", (lambda mu, steepest: limits(mu, 1), 0.5), "Divide"),
    ("6.5", (lambda mu, steepest: (limits(mu, steepest)[0],) * 2, 0.5), "For Nesterov"),
    ("6.5", (lambda mu, steepest: (2 / steepest, 2 / steepest), 0.5), "q = -1"),
    ("6.6", not_nesterov, "plain momentum"),
    ("6.6", lambda w, g, v, lr, mu: (nesterov(w, g, v, lr, mu)[0], v), "velocity is off"),
    ("6.6", lambda w, g, v, lr, mu: (w, mu * v + g), "weights are off"),
    ("6.7", lambda *a: inside(*a, power=0), "where the rate changes"),
    ("6.7", lambda *a: inside(*a, power=-1), "upside down"),
    ("6.7", lambda *a: inside(*a)[::-1], "swapped: first w"),
    ("6.7", lambda w, g, u, lr, before, mu: (w + lr * g, u), "Which lr"),
    ("6.8", ball_matrix, "plain momentum"),
    ("6.8", lambda *a: np.array(matrix(*a)).T, "transposed"),
    ("6.8", half_ahead, "mu times mu"),
    ("6.8", lambda *a: np.array(matrix(*a))[::-1, ::-1], "swapped"),
    ("6.8", lambda *a: np.eye(3), "shape"),
    ("6.8", lambda *a: np.eye(2), "One step"),
    ("6.8", lambda lr, mu, curvature: momentum(1.0, 1.0, 0.0), "shape"),
    ("6.9", lambda H, c, steps: conjugate(H, c, steps, memory=0), "r alone"),
    ("6.9", lambda H, c, steps: conjugate(H, c, steps, upside_down=True), "new r stands above"),
    ("6.9", lambda H, c, steps: -conjugate(H, c, steps), "first step is off"),
    ("6.9", divided_by_zero, "Stop before dividing"),
    ("6.9", lambda H, c, steps: 0.0, "came the shape ()"),
]
