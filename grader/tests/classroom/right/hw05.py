"""Other right answers to homework 5: flower by flower, one threshold after another, by Newton."""

import math

import numpy as np


def costs(z, t):
    return [
        share * float(np.logaddexp(0, -s)) + (1 - share) * float(np.logaddexp(0, s))
        for s, share in zip(z, t, strict=True)
    ]


def learn(X, t, weights, lr, steps):
    rows = np.hstack([X, np.ones((len(X), 1))])
    u = np.zeros(rows.shape[1])
    for _ in range(steps):
        p = (1 + np.tanh(rows @ u / 2)) / 2
        u = u - lr * np.average((p - t)[:, None] * rows, axis=0, weights=weights)
    return u[:-1].tolist(), u[-1]


def alarm(p, t, recall):
    for threshold in np.unique(p)[::-1]:
        rings = p >= threshold
        right = np.sum(rings & (t == 1))
        if right >= recall * np.sum(t):
            break
    return [float(threshold), float(right / np.sum(rings))]


def loss_and_slope(z, y):
    loss, slope = 0.0, []
    for row, k in zip(z.tolist(), y.tolist(), strict=True):
        most = max(row)
        total = most + math.log(sum(math.exp(s - most) for s in row))
        loss += (total - row[k]) / len(z)
        slope.append([(math.exp(s - total) - (j == k)) / len(z) for j, s in enumerate(row)])
    return loss, slope


def best_factor(z, y):
    # Newton's steps for log c, which stays in range for sums of any size; none is longer than 1.
    z = z - z[np.arange(len(z)), y][:, None]
    a = -math.log(np.abs(z).max())
    for _ in range(200):
        e = np.exp(math.exp(a) * (z - z.max(axis=1, keepdims=True)))
        p = e / e.sum(axis=1, keepdims=True)
        mean = np.sum(p * z, axis=1)
        slope = math.exp(a) * np.mean(mean)
        spread = np.mean(np.sum(p * z**2, axis=1) - mean**2)
        a -= min(max(slope / (math.exp(2 * a) * spread + abs(slope)), -1), 1)
    return math.exp(a)
