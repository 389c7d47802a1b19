"""Other right answers to homework 8: weighted means, factors pulled apart, in place."""

import math

import numpy as np


def averages(values, beta):
    result = []
    for t in range(1, len(values) + 1):
        weights = [beta ** (t - 1 - j) for j in range(t)]
        result.append(float(np.average(values[:t], weights=weights)))
    return result


def adam(gradients, lr, beta1, beta2, eps):
    w, m, v = np.zeros((3, gradients.shape[1]))
    path = np.zeros(gradients.shape)
    c1 = c2 = 1.0
    for k, g in enumerate(gradients):
        c1, c2 = c1 * beta1, c2 * beta2
        m += (1 - beta1) * (g - m)
        v += (1 - beta2) * (g * g - v)
        w -= lr / (1 - c1) * m / (np.sqrt(v) / math.sqrt(1 - c2) + eps)
        path[k] = w
    return path


def adamax_fit(X, t, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    m_w, m_b, u_w, u_b = np.zeros(X.shape[1]), 0.0, np.zeros(X.shape[1]), 0.0
    for step in range(steps):
        error = 0.5 * (1 + np.tanh((X @ w + b) / 2)) - t
        g_w, g_b = np.mean(error[:, None] * X, axis=0), np.mean(error)
        m_w, m_b = 0.9 * m_w + 0.1 * g_w, 0.9 * m_b + 0.1 * g_b
        u_w, u_b = np.maximum(0.999 * u_w, abs(g_w) + 1e-8), max(0.999 * u_b, abs(g_b) + 1e-8)
        rate = lr / (1 - 0.9 ** (step + 1))
        w, b = w - rate * m_w / u_w, b - rate * m_b / u_b
    return w.tolist(), float(b)


def adamw(gradients, w, lr, decay):
    m, v, w = np.zeros(len(w)), np.zeros(len(w)), np.array(w)
    for k in range(len(gradients)):
        w *= 1 - lr * decay
        m += 0.1 * (gradients[k] - m)
        v += 0.001 * (gradients[k] ** 2 - v)
        bias1, bias2 = 1 - 0.9 ** (k + 1), 1 - 0.999 ** (k + 1)
        w -= lr / bias1 * m / (np.sqrt(v) / math.sqrt(bias2) + 1e-8)
    return w.tolist()


def zigzag_step(t, lr, beta1):
    odd = t % 2 == 1
    power = beta1**t
    size = lr * (1 - beta1) / (1 + beta1) * ((1 + power) / (1 - power) if odd else 1)
    return -size if odd else size
