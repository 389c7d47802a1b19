"""Right and wrong answers to the exercises of chapter 3."""

import numpy as np


def softmax(w, total=np.sum):
    return np.exp(w) / total(np.exp(w))


def last_point(gradient, w, lr, steps, sign=-1, more=0):
    for _ in range(steps + more):
        w = w + sign * lr * gradient(w)
    return w


def straight(gradient, w, lr, steps):
    return w - steps * lr * gradient(w)


def leaves_at_once(gradient, w, lr, steps):
    for _ in range(steps):
        w = w - lr * gradient(w)
        return w


def in_place(gradient, w, lr, steps):
    for _ in range(steps):
        w -= lr * gradient(w)
    return w


def whole_path(gradient, w, lr, steps):
    return np.array([last_point(gradient, w, lr, k) for k in range(steps + 1)])


def of_one_length(gradient, w, lr, steps, direction=lambda g: g / np.linalg.norm(g)):
    return last_point(lambda w: direction(gradient(w)), w, lr, steps)


def newton(g, H, w, sign=-1):
    return w + sign * np.linalg.solve(H, g)


RIGHT = [
    ("3.1", (0.81, 0)),
    ("3.1", [0.9**2, 0.0]),
    ("3.2", 0.25),
    ("3.2", 2 / 8),
    ("3.3", (0.1, 0.8, 62)),
    ("3.3", (0.1, -0.8, 62)),
    ("3.4", np.sqrt(2)),
    ("3.4", 1.414),
    ("3.5", last_point),
    ("3.6", newton),
    ("3.6", lambda g, H, w: w - np.linalg.inv(H) @ g),
    ("3.7", softmax),
    ("3.8", 1),
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
    ("3.3", (0.11, 0.8, 62), "is not the best"),
    ("3.3", (0.1, 0.9, 62), "factor 0.9 is not"),
    ("3.3", (0.1, 0.8, 61), "Came 61 steps"),
    ("3.4", 2, "grow with c"),
    ("3.4", 1.0, "one step"),
    ("3.4", 0.5, "squares"),
    ("3.5", of_one_length, "as long as the rate"),
    ("3.5", lambda *a: of_one_length(*a, direction=np.sign), "as long as the rate"),
    ("3.5", straight, "Every step uses the gradient of the start"),
    ("3.5", lambda *a: last_point(*a, sign=1), "sign of the step"),
    ("3.5", leaves_at_once, "With steps=6 it makes 1."),
    ("3.5", lambda *a: last_point(*a, more=-1), "With steps=1 it makes 0."),
    ("3.5", lambda *a: last_point(*a, more=1), "With steps=1 it makes 2."),
    ("3.5", in_place, "changes the start"),
    ("3.5", whole_path, "the shape (2, 2)"),
    ("3.5", lambda g, w, lr, steps: 0 * w, "length of a step"),
    ("3.6", lambda *a: newton(*a, sign=1), "wrong way"),
    ("3.6", lambda g, H, w: w - g, "divided by the curvatures"),
    ("3.6", lambda g, H, w: w - H @ g, "divided by the curvatures"),
    ("3.6", lambda g, H, w: w - g / np.diag(H), "diagonal of H alone"),
    ("3.6", lambda g, H, w: w - g / H, "the shape"),
    ("3.6", lambda g, H, w: 0 * w, "misses the minimum"),
    ("3.7", np.exp, "gradient of the sum"),
    ("3.7", lambda w: softmax(w, len), "differs"),
    ("3.7", np.sum, "shape"),
    ("3.8", 2, "along y"),
    ("3.8", 0.5, "fastest along y"),
    ("3.8", 3, "largest curvature"),
]
