"""Other right answers to homework 1: plain lists, plain loops."""

import numpy as np


def answers(X, w, b):
    return [1 if sum(p * q for p, q in zip(x, w, strict=True)) + b > 0 else 0 for x in X]


def update(w, b, x, t, lr):
    says_one = np.dot(w, x) + b > 0
    if t == 1 and not says_one:
        return [p + lr * q for p, q in zip(w, x, strict=True)], b + lr
    if t == 0 and says_one:
        return [p - lr * q for p, q in zip(w, x, strict=True)], b - lr
    return w, b


def mistakes_per_epoch(X, y, lr, epochs):
    rows = np.hstack([X, np.ones((len(X), 1))])
    w = np.zeros(rows.shape[1])
    counts = np.zeros(epochs, dtype=int)
    for epoch in range(epochs):
        for row, t in zip(rows, y, strict=True):
            answer = float(row @ w > 0)
            if answer != t:
                counts[epoch] += 1
                w += lr * (t - answer) * row
    return counts


def margin(X, y, w, b):
    distances = (X @ w + b) / np.linalg.norm(w)
    return min(d if t == 1 else -d for d, t in zip(distances, y, strict=True))


def mistakes_per_row(X, y, epochs):
    signs = [1 if t == 1 else -1 for t in y]
    counts = [0] * len(X)
    for _ in range(epochs):
        for i, x in enumerate(X):
            z = sum(counts[j] * signs[j] * (X[j] @ x + 1.0) for j in range(len(X)))
            if (z > 0) != (y[i] == 1):
                counts[i] += 1
    return counts
