"""Other right answers to homework 4: loops over rows, products, another way to shuffle."""

import numpy as np


def cut(order, batch_size):
    batches = []
    for row in order:
        if not batches or len(batches[-1]) == batch_size:
            batches.append([])
        batches[-1].append(row)
    return batches


def learn(X, y, orders, batch_size, lr):
    w, b = np.zeros(X.shape[1]), 0.0
    for order in orders:
        for batch in cut(order, batch_size):
            slope_w, slope_b = np.zeros(X.shape[1]), 0.0
            for i in batch:
                error = X[i] @ w + b - y[i]
                slope_w += error * X[i] / len(batch)
                slope_b += error / len(batch)
            w, b = w - lr * slope_w, b - lr * slope_b
    return w.tolist(), b


def learn_slower(X, y, orders, lr, tau):
    rows = np.hstack([X, np.ones((len(X), 1))])
    u = np.zeros(rows.shape[1])
    for t, i in enumerate(np.concatenate(orders)):
        u -= lr * tau / (tau + t) * (rows[i] @ u - y[i]) * rows[i]
    return u[:-1], float(u[-1])


def draw_orders(n, epochs, seed):
    random = np.random.default_rng(seed)
    orders = []
    for _ in range(epochs):
        order = np.arange(n)
        random.shuffle(order)
        orders.append(order)
    return np.array(orders)


def shares(rates):
    kept = [1 - rate for rate in rates]
    start = [float(np.prod(kept))]
    return start + [rate * float(np.prod(kept[k + 1 :])) for k, rate in enumerate(rates)]
