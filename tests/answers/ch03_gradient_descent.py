"""Right and wrong answers to the exercises of chapter 3."""

import numpy as np


def stop(g, tolerance, size=np.linalg.norm):
    return bool(abs(size(g)) <= tolerance)


def softmax(w, total=np.sum):
    return np.exp(w) / total(np.exp(w))


def last_point(gradient, w, lr, steps, sign=-1):
    for _ in range(steps):
        w = w + sign * lr * gradient(w)
    return w


def straight(gradient, w, lr, steps):
    return w - steps * lr * gradient(w)


def newton(g, H, w, sign=-1):
    return w + sign * np.linalg.solve(H, g)


RIGHT = [
    ("3.1", (0.81, 0)),
    ("3.1", [0.9**2, 0.0]),
    ("3.2", 0.25),
    ("3.2", 2 / 8),
    ("3.3", stop),
    ("3.4", (0.1, 0.8, 62)),
    ("3.4", (0.1, -0.8, 62)),
    ("3.5", softmax),
    ("3.6", 1),
    ("3.7", np.sqrt(2)),
    ("3.7", 1.414),
    ("3.8", last_point),
    ("3.9", newton),
    ("3.9", lambda g, H, w: w - np.linalg.inv(H) @ g),
]

WRONG = [
    ("3.1", (0.9, 0), "after one step"),
    ("3.1", (0.8, -1), "gradient of the start"),
    ("3.1", (1, 1), "slope 2w"),
    ("3.1", 0.81, "Expected 2 numbers"),
    ("3.2", 0.5, "flattest"),
    ("3.2", 1 / 3, "mixed term"),
    ("3.2", 0.125, "zig-zag"),
    ("3.2", 2.0, "eigenvalue"),
    ("3.3", lambda g, tolerance: stop(g, tolerance, np.sum), "steep"),
    ("3.3", lambda g, tolerance: stop(g, tolerance, np.max), "what you compare"),
    ("3.3", lambda g, tolerance: stop(g, tolerance, lambda g: np.abs(g).sum()), "the length"),
    ("3.3", lambda g, tolerance: True, "steep"),
    ("3.3", lambda g, tolerance: False, "level"),
    ("3.3", lambda g, tolerance: 1, "True or False"),
    ("3.4", (0.11, 0.8, 62), "is not the best"),
    ("3.4", (0.1, 0.9, 62), "factor 0.9 is not"),
    ("3.4", (0.1, 0.8, 61), "Came 61 steps"),
    ("3.5", np.exp, "gradient of the sum"),
    ("3.5", lambda w: softmax(w, len), "differs"),
    ("3.5", np.sum, "shape"),
    ("3.6", 2, "along y"),
    ("3.6", 0.5, "fastest along y"),
    ("3.6", 3, "largest curvature"),
    ("3.7", 2, "grow with c"),
    ("3.7", 1.0, "one step"),
    ("3.7", 0.5, "squares"),
    ("3.8", straight, "where the gradient is computed"),
    ("3.8", lambda *a: last_point(*a, sign=1), "the step itself"),
    ("3.9", lambda *a: newton(*a, sign=1), "wrong way"),
    ("3.9", lambda g, H, w: w - g, "divided by the curvatures"),
    ("3.9", lambda g, H, w: w - H @ g, "divided by the curvatures"),
    ("3.9", lambda g, H, w: 0 * w, "misses the minimum"),
]
