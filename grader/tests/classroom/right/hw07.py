"""Other right answers to homework 7: coordinate by coordinate, sums written out."""

import math

import numpy as np


def adagrad_step(w, g, G, lr, eps):
    G = [old + slope * slope for old, slope in zip(G, g, strict=True)]
    scale = [lr / (math.sqrt(number) + eps) for number in G]
    return [p - s * q for p, s, q in zip(w, scale, g, strict=True)], G


def rmsprop(gradients, lr, rho, eps):
    steps, n = gradients.shape
    path = np.zeros((steps, n))
    for i in range(n):
        w = v = 0.0
        for k in range(steps):
            v += (1 - rho) * (gradients[k, i] ** 2 - v)
            w -= lr * gradients[k, i] / (math.sqrt(v) + eps)
            path[k, i] = w
    return path.tolist()


def read_digits(X, t, lr, epochs):
    w, G = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for k in range(epochs * len(X)):
        x, target = X[k % len(X)], t[k % len(X)]
        g = x * (np.exp(w @ x) / (1 + np.exp(w @ x)) - target)
        G += g * g
        w -= lr / (G**0.5 + 1e-10) * g
    return w.tolist(), G.tolist()


def adagrad_two(grads_w, grads_b, lr):
    grads = np.column_stack([grads_w, grads_b])
    sums = np.cumsum(grads**2, axis=0)
    u = -lr * np.sum(grads / (np.sqrt(sums) + 1e-10), axis=0)
    return u[:-1], float(u[-1])


def step_after_jump(c, k, lr, rho):
    return lr / math.sqrt(1 + rho**k * (1 / c**2 - 1))
