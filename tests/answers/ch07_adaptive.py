"""Right and wrong answers to the exercises of chapter 7."""

import numpy as np

from dlzero import adadelta, adagrad, rmsprop


def shared(W, g, G, lr=0.1, eps=1e-10):
    G = G + np.sum(g**2)
    return W - lr * g / (np.sqrt(G) + eps), G


def each(W, g, G, root=True, sign=-1, square=True):
    G = G + (g**2 if square else abs(g))
    return W + sign * 0.1 * g / (np.sqrt(G) if root else G), G


def delta(w, g, E, D, early=False, steps=True, rho=0.9, eps=1e-6):
    if early:
        d = np.sqrt(D + eps) / np.sqrt(E + eps) * g
        E = rho * E + (1 - rho) * g**2
    else:
        E = rho * E + (1 - rho) * g**2
        d = np.sqrt(D + eps) / np.sqrt(E + eps) * g
    D = rho * D + (1 - rho) * (d**2 if steps else g**2)
    return w - d, E, D


def late(w, g, v, missed, lr, rho):
    return rmsprop(w, g, rho**missed * v, lr=lr, rho=rho)


def left(kappa, alpha, scaled=True):
    c, s = np.cos(np.radians(alpha)), np.sin(np.radians(alpha))
    q = abs(1 - kappa) * c * s / np.sqrt((c**2 + kappa * s**2) * (s**2 + kappa * c**2))
    return (1 + q) / (1 - q) if scaled else kappa


def turned(w, g, G, lr, angle, way=1, back=True, squares=True):
    c, s = np.cos(np.radians(angle)), way * np.sin(np.radians(angle))
    turn = np.array([[c, -s], [s, c]])
    u = turn.T @ g
    G = G + (u**2 if squares else g**2)
    step = lr * u / (np.sqrt(G) + 1e-10)
    return w - (turn @ step if back else step), G


RIGHT = [
    ("7.1", -0.1 * (1 + 0.8 + 12 / 13)),
    ("7.1", -0.272308),
    ("7.2", 0.5),
    ("7.3", lambda W, g, G: adagrad(W, g, G, lr=0.1)),
    ("7.3", each),
    ("7.4", (lambda t: 0.1 / t**0.5, lambda t: 1 - 1 / t)),
    ("7.4", [lambda t: 0.1 * t**-0.5, lambda t: (t - 1) / t]),
    ("7.5", late),
    ("7.7", adadelta),
    ("7.7", delta),
    ("7.6", left),
    ("7.8", turned),
    ("7.8", lambda *a: list(turned(*a))),
]

WRONG = [
    ("7.1", 0.272308, "sign is turned"),
    ("7.1", -0.27, "more digits"),
    ("7.1", -0.3, "Only the first step"),
    ("7.1", -0.1 * (3 / 9 + 4 / 25 + 12 / 169), "divide by G"),
    ("7.1", 1.0, "squares are added up"),
    ("7.2", 0.1, "What is f there"),
    ("7.2", 2, "half of it"),
    ("7.2", 0, "limit cycle"),
    ("7.2", 50, "three lines"),
    ("7.3", shared, "same G"),
    ("7.3", lambda *a: each(*a, root=False), "Look at the root"),
    ("7.3", lambda *a: each(*a, sign=1), "at the sign"),
    ("7.3", lambda *a: each(*a, square=False), "G is off"),
    ("7.3", adagrad, "0.1 times as long"),
    ("7.3", lambda W, g, G: (W, G + g**2), "do not move"),
    ("7.4", 0.9, "pair of functions"),
    ("7.4", (lambda t: 0.1, lambda t: 1 - 1 / t), "Look at lr(2)"),
    ("7.4", (lambda t: 0.1 / t**0.5, lambda t: 0.9), "Look at rho(1)"),
    ("7.4", (lambda t: 0.1 / t**0.5, lambda t: 1.0), "from 0 up to 1"),
    ("7.4", (lambda t: 1 - 1 / t, lambda t: 0.1 / t**0.5), "wrong order"),
    ("7.5", lambda w, g, v, missed, lr, rho: rmsprop(w, g, v, lr=lr, rho=rho), "has not faded"),
    ("7.5", lambda w, g, v, missed, lr, rho: (w, rho ** (missed + 1) * v), "not in it"),
    ("7.5", lambda w, g, v, missed, lr, rho: (w, v), "expected"),
    ("7.5", lambda w, g, v, *a: (w, late(w, g, v, *a)[1]), "v is right, and w is"),
    ("7.7", lambda *a: delta(*a, early=True), "what E holds"),
    ("7.7", lambda *a: delta(*a, steps=False), "D is off"),
    ("7.7", lambda w, g, E, D: (delta(w, g, E, D)[0], E, D), "E is off"),
    ("7.6", lambda kappa, alpha: left(kappa, alpha, scaled=False), "all of kappa"),
    ("7.6", lambda kappa, alpha: 1.0, "45 degrees"),
    ("7.6", lambda kappa, alpha: 1 / left(kappa, alpha), "sign of q"),
    ("7.6", lambda kappa, alpha: left(kappa, np.degrees(alpha)), "radians"),
    ("7.7", lambda w, g, E, D: (2 * w - delta(w, g, E, D)[0], *delta(w, g, E, D)[1:]), "uphill"),
    ("7.7", lambda *a: adadelta(*a, lr=0.5), "0.5 times as long"),
    ("7.7", lambda *a: adadelta(*a, eps=1e-4), "Look at the fraction"),
    ("7.8", lambda w, g, G, lr, angle: w, "the pair (w, G)"),
    ("7.8", lambda w, g, G, lr, angle: (w, G), "At 0 degrees"),
    ("7.8", lambda w, g, G, lr, angle: turned(w, g, G, lr, np.degrees(angle)), "radians"),
    ("7.8", lambda *a: turned(*a, way=-1), "the other way"),
    ("7.8", lambda *a: turned(*a, squares=False), "old axes"),
    ("7.8", lambda *a: turned(*a, back=False), "Turn it back"),
    ("7.8", lambda *a: (turned(*a)[0], a[2]), "At 0 degrees"),
]
