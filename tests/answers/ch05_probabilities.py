"""Right and wrong answers to the exercises of chapter 5."""

import numpy as np

from dlzero.models import sigmoid, softmax


def slope(z, s):
    return -s * sigmoid(-s * z)


def one_row_only(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def overflows(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def one_maximum(z):
    e = np.exp(z - z.max())
    return e / e.sum(axis=1, keepdims=True)


def as_logistic(W, b):
    return W[:, 1] - W[:, 0], b[1] - b[0]


def threshold(miss, alarm):
    return alarm / (alarm + miss)


def split(X, t, rng, test=25):
    order = rng.permutation(len(X))
    return X[order[test:]], X[order[:test]], t[order[test:]], t[order[:test]]


def balance(X, t, rng):
    rare = np.flatnonzero(t == 1)
    more = rng.choice(rare, size=len(t) - 2 * len(rare))
    return np.concatenate([X, X[more]]), np.concatenate([t, t[more]])


def prepare(X, t, rng):
    X_train, X_test, t_train, t_test = split(X, t, rng)
    X_train, t_train = balance(X_train, t_train, rng)
    return X_train, X_test, t_train, t_test


def leaking(X, t, rng):
    return split(*balance(X, t, rng), rng)


def both_balanced(X, t, rng):
    X_train, X_test, t_train, t_test = split(X, t, rng)
    X_train, t_train = balance(X_train, t_train, rng)
    X_test, t_test = np.concatenate([X_test, X_test[:1]]), np.append(t_test, t_test[0])
    return X_train, X_test, t_train, t_test


def mixed_targets(X, t, rng):
    X_train, X_test, t_train, t_test = prepare(X, t, rng)
    return X_train, X_test, t_train, 1 - t_test


def losing(X, t, rng):
    X_train, X_test, t_train, t_test = prepare(X, t, rng)
    return X_train, X_test[1:], t_train, t_test[1:]


def undo(p, m):
    return p / (p + m * (1 - p))


RIGHT = [
    ("5.1", (0.731, 1.313, 0.731)),
    ("5.1", [sigmoid(1.0), np.logaddexp(0, 1), sigmoid(1.0)]),
    ("5.2", (3.258, 0.325)),
    ("5.3", slope),
    ("5.3", lambda z, s: sigmoid(z) - (s > 0)),
    ("5.4", softmax),
    ("5.5", as_logistic),
    ("5.5", lambda W, b: ((W @ [-1, 1]).tolist(), b[1] - b[0])),
    ("5.6", threshold),
    ("5.7", (1, 1, -0.5)),
    ("5.7", ([4, 4], -2)),
    ("5.8", prepare),
    ("5.9", undo),
    ("5.9", lambda p, m: sigmoid(np.log(p / (1 - p)) - np.log(m))),
]

WRONG = [
    ("5.1", (0.269, 1.313, 0.731), "of class 0"),
    ("5.1", (0.5, 1.313, 0.731), "Compute z first"),
    ("5.1", (0.731, 0.313, 0.731), "if the target were 1"),
    ("5.1", (0.731, 0.5, 0.731), "Which logarithm"),
    ("5.1", (0.731, 1.313, -0.731), "sign of the slope"),
    ("5.1", (0.731, 1.313, 0.5), "Subtract the target"),
    ("5.2", (1.415, 0.325), "base 10"),
    ("5.2", (4.7, 0.325), "base 10"),
    ("5.2", (0.1, 0.325), "Which probability"),
    ("5.2", (3.258, 2.303), "one class alone"),
    ("5.2", (3.258, 0.105), "one class alone"),
    ("5.2", (3.258, 0.5), "And the tenth"),
    ("5.3", lambda z, s: -slope(z, s), "sign is turned"),
    ("5.3", lambda z, s: -sigmoid(-s * z), "inner derivative of -s z"),
    ("5.3", lambda z, s: sigmoid(-s * z), "derivative -s is missing"),
    ("5.3", lambda z, s: -s * sigmoid(s * z), "sure, right row"),
    ("5.3", lambda z, s: z, "chain rule"),
    ("5.4", one_row_only, "Along which axis"),
    ("5.4", overflows, "What do you subtract"),
    ("5.4", one_maximum, "What do you subtract"),
    ("5.4", lambda z: np.exp(z), "single row"),
    ("5.4", lambda z: softmax(z)[0], "came shape (3,)"),
    ("5.5", lambda W, b: (W[:, 0] - W[:, 1], b[0] - b[1]), "order of the difference"),
    ("5.5", lambda W, b: (W[:, 1] - W[:, 0], b[1]), "weights are right"),
    ("5.5", lambda W, b: (W[:, 1], b[1]), "Divide numerator"),
    ("5.5", lambda W, b: W, "Expected a pair"),
    ("5.6", lambda miss, alarm: miss / (alarm + miss), "exchanged"),
    ("5.6", lambda miss, alarm: alarm / miss, "These are the odds"),
    ("5.6", lambda miss, alarm: 0.5, "cost the same on average"),
    ("5.7", (0, 0, 1), "no line"),
    ("5.7", (1, 1, -1), "on the line"),
    ("5.7", (-1, -1, 0.5), "wrong side"),
    ("5.7", (1, 1, -0.7), "shift or turn"),
    ("5.8", leaking, "order of the two steps"),
    ("5.8", both_balanced, "holds copies"),
    ("5.8", mixed_targets, "belong to its row"),
    ("5.8", losing, "in neither part"),
    ("5.8", split, "expected about a half"),
    ("5.9", lambda p, m: m * p / (m * p + 1 - p), "second time"),
    ("5.9", lambda p, m: p / m, "odds are"),
    ("5.9", lambda p, m: p / (1 - p) / m, "Turn them"),
    ("5.9", lambda p, m: 0.5, "came 0.5"),
]
