"""Other right answers to homework 10: slices, moving one pixel at a time, rows for penalties."""

import numpy as np


def stop_early(losses, patience):
    lows = np.minimum.accumulate(losses)
    firsts = [1 + losses.index(low) for low in lows]
    for epoch, first in enumerate(firsts, start=1):
        if epoch == first + patience:
            return np.array([epoch, first])
    return np.array([len(losses), firsts[-1]])


def shrinking_fit(X, t, lr, l1, l2, steps):
    rows = np.column_stack([np.ones(len(X)), X])
    H, c = rows.T @ rows / len(X), rows.T @ t / len(X)
    taken = np.append(0, np.full(X.shape[1], lr * l1))
    divided = np.append(1, np.full(X.shape[1], 1 + lr * l2))
    w = np.zeros(len(c))
    for _ in range(steps):
        w = w - lr * (H @ w - c)
        w = (w - np.clip(w, -taken, taken)) / divided
    return w[1:].tolist(), float(w[0])


def read_moved(X, t, X_new, width, reach):
    height = X.shape[1] // width
    known = {}
    for label, row in zip(t.tolist(), X, strict=True):
        for down in range(-reach, reach + 1):
            for right in range(-reach, reach + 1):
                picture = np.zeros((height, width))
                for i in range(max(down, 0), min(height + down, height)):
                    for j in range(max(right, 0), min(width + right, width)):
                        picture[i, j] = row[(i - down) * width + j - right]
                known.setdefault(label, []).append(picture.ravel())
    labels = list(known)
    least = []
    for label in labels:
        rows = np.array(known[label])
        products = np.einsum("ik,jk->ij", X_new, rows)
        least.append(np.min(np.einsum("jk,jk->j", rows, rows) - 2 * products, axis=1))
    return [labels[i] for i in np.argmin(least, axis=0)]


def honest_error(X, t, order, strengths):
    first, second = len(order) // 2, 3 * len(order) // 4
    part, valid, test = order[:first], order[first:second], order[second:]
    center, scale = X[part].mean(axis=0), X[part].std(axis=0)
    # Not standardised: a weight of the features as they came pays by their spread.
    A, goal = X[part] - center, t[part] - t[part].mean()
    best = np.inf
    for strength in strengths:
        w = np.linalg.solve(A.T @ A + first * strength * np.diag(scale**2), A.T @ goal)
        off = (X - center) @ w + t[part].mean() - t
        loss = np.sum(off[valid] ** 2)
        if loss < best:
            best, chosen, error = loss, strength, np.linalg.norm(off[test]) / len(test) ** 0.5
    return [chosen, error]


def dropout_rest(X, t, q):
    # The bias makes the mean error zero; what is left needs the centred rows alone.
    n, center = len(X), X.mean(axis=0)
    covariance = (X - center).T @ (X - center) / n
    raw = np.einsum("ij,ij->j", X, X) / n
    covariance[np.diag_indices(len(q))] += raw / (1 - q) - raw
    w = np.linalg.inv(covariance) @ ((X - center).T @ t) / n
    return w.tolist(), t.mean() - center @ w
