"""Right and wrong answers to the exercises of chapter 9."""

import numpy as np

from dlzero import Network
from dlzero.models import sigmoid, softmax


def backpropagate(X, T, V, c, W, b):
    H = sigmoid(X @ V + c)
    P = softmax(H @ W + b)
    loss = -np.mean(np.log(P[T == 1]))
    delta = (P - T) / len(X)
    delta1 = (delta @ W.T) * H * (1 - H)
    return loss, [X.T @ delta1, delta1.sum(axis=0), H.T @ delta, delta.sum(axis=0)]


def as_the_package(X, T, *params):
    net = Network((X.shape[1], len(params[1]), T.shape[1]), "sigmoid")
    net.params = list(params)
    return net.loss_and_grad(X, T.argmax(axis=1))


def ten_lines(slope=lambda H: H * (1 - H), rows=len, first=lambda delta, X: delta):
    """Return a variant of the function, with something changed."""

    def variant(X, T, V, c, W, b):
        H = sigmoid(X @ V + c)
        P = softmax(H @ W + b)
        delta = (P - T) / rows(X)
        delta1 = (delta @ W.T) * slope(H)
        out = first(delta, X)
        grads = [X.T @ delta1, delta1.sum(axis=0), H.T @ out, out.sum(axis=0)]
        return -np.mean(np.log(P[T == 1])), grads

    return variant


def changed(loss=lambda value, X: value, grads=lambda g: g):
    """Return a variant of the function, with its results changed."""

    def variant(X, T, *params):
        value, g = backpropagate(X, T, *params)
        return loss(value, X), grads(g)

    return variant


def relu(slope=lambda h, z: z > 0, change=lambda g: g):
    def gradient(x, t, v, c, w, b):
        z = v * x + c
        h = max(0.0, z)
        delta = w * h + b - t
        delta1 = delta * w * slope(h, z)
        return change(np.array([delta1 * x, delta1, delta * h, delta]))

    return gradient


def leaky_output(x, t, v, c, w, b):
    delta = w * (v * x + c) + b - t
    return delta * w * x, delta * w, delta * (v * x + c), delta


def step(through="old", slope=lambda H: 1 - H**2, sign=1):
    def network_step(X, T, V, W, lr):
        H = np.tanh(X @ V)
        delta = (H @ W - T) / len(X)
        new_W = W - sign * lr * H.T @ delta
        used = W if through == "old" else new_W
        return V - lr * X.T @ ((delta @ used.T) * slope(H)), new_W

    return network_step


def swapped(X, T, V, W, lr):
    return step()(X, T, V, W, lr)[::-1]


def two_layers(outer=lambda H: 1 - H**2, inner=lambda G: 1 - G**2, rows=len, through=True):
    def gradients(X, T, U, V, W):
        G = np.tanh(X @ U)
        H = np.tanh(G @ V)
        delta = (H @ W - T) / rows(X)
        delta2 = (delta @ W.T) * outer(H)
        carried = delta2 if through else delta @ W.T
        delta1 = (carried @ V.T) * inner(G)
        return X.T @ delta1, G.T @ delta2, H.T @ delta

    return gradients


def of_two(change):
    return lambda *args: change(two_layers()(*args))


def he(inputs, units, rng):
    return rng.normal(0, np.sqrt(2 / inputs), size=(inputs, units))


def normal(variance):
    return lambda inputs, units, rng: rng.normal(
        0, np.sqrt(variance(inputs, units)), size=(inputs, units)
    )


def uniform(inputs, units, rng):
    end = np.sqrt(6 / inputs)
    return rng.uniform(-end, end, size=(inputs, units))


RIGHT = [
    ("9.1", backpropagate),
    ("9.1", as_the_package),
    ("9.2", (0.2, 0.4)),
    ("9.3", ([[1, 1], [1, 1]], [-0.5, -1.5], [1, -1], -0.5)),
    ("9.3", (np.array([[1, -1], [-1, 1]]), [-0.5, -0.5], [1, 1], [-0.5])),
    ("9.4", relu()),
    ("9.5", step()),
    ("9.6", two_layers()),
    ("9.7", (2410, 4820)),
    ("9.8", he),
    ("9.8", uniform),
    ("9.9", lambda a: 2 / (1 + a**2)),
]

WRONG = [
    ("9.1", lambda *args: backpropagate(*args)[0], "Expected a pair"),
    ("9.1", changed(grads=lambda g: g[:2]), "Expected 4 arrays, for V, c, W, b"),
    ("9.1", changed(grads=lambda g: [g[2], g[3], g[0], g[1]]), "in another order"),
    ("9.1", changed(grads=lambda g: [g[0].T, *g[1:]]), "V: expected an array of shape (2, 3)"),
    ("9.1", changed(loss=lambda value, X: value * len(X)), "Take the mean"),
    ("9.1", changed(loss=lambda value, X: -value), "sign of the loss"),
    ("9.1", changed(loss=lambda value, X: 2 * value), "where T is 1"),
    ("9.1", changed(grads=lambda g: [-part for part in g]), "All signs are turned"),
    ("9.1", ten_lines(rows=lambda X: 1), "not divided by the number of rows"),
    ("9.1", ten_lines(first=lambda delta, X: delta * len(X)), "the divided delta too"),
    ("9.1", ten_lines(slope=lambda H: 1 - H**2), "that of tanh"),
    ("9.1", ten_lines(slope=lambda H: 1), "slope of the sigmoid is missing"),
    ("9.1", ten_lines(slope=lambda H: H), "H times (1 - H)"),
    ("9.1", changed(grads=lambda g: [*g[:2], 0 * g[2], g[3]]), "W is off"),
    ("9.1", changed(grads=lambda g: [*g[:3], 0 * g[3]]), "b is off"),
    ("9.1", changed(grads=lambda g: [0 * g[0], *g[1:]]), "from delta to delta1"),
    ("9.2", (-0.2, -0.4), "sign is turned"),
    ("9.2", (0.8, 1.6), "slope of the sigmoid at the sum 0"),
    ("9.2", (0.6, 1.2), "slope 1 - h^2 of tanh"),
    ("9.2", (0.15, 0.3), "Add both"),
    ("9.2", (0.05, 0.1), "Add both"),
    ("9.2", (0.1, 0.2), "Minus times minus"),
    ("9.2", (0.4, 0.8), "a quarter here"),
    ("9.2", (1, 1), "First the sum"),
    ("9.2", (0.2, 0.2), "what came in"),
    ("9.2", (0.2, 1), "station 5"),
    ("9.3", (1, 2), "Expected V, c, w, b"),
    ("9.3", ([[1, 1], [1, 1]], [-0.5, -1.5], [1, 1], -0.5), "Look at the output unit"),
    ("9.3", ([[1, 1], [1, 1]], [-0.5, -0.5], [1, -1], -0.5), "Both hidden units answer alike"),
    ("9.3", ([[1, 1], [1, 1]], [0.5, -1.5], [1, -1], -0.5), "same to all four rows"),
    ("9.3", ([[1, 1], [0, 1]], [-0.5, -1.5], [1, 1], -0.5), "have the same features"),
    ("9.4", relu(slope=lambda h, z: 1 - h**2), "Step 4 still has 1 - h^2"),
    ("9.4", relu(change=lambda g: -g), "All signs are turned"),
    ("9.4", relu(change=lambda g: g[[2, 3, 0, 1]]), "in another order"),
    ("9.4", relu(slope=lambda h, z: 1), "Where the ReLU is off"),
    ("9.4", relu(slope=lambda h, z: 2 * (z > 0)), "step 3 and step 5"),
    ("9.4", leaky_output, "need h, the output of the ReLU"),
    ("9.4", lambda *args: 1, "Expected 4 numbers"),
    ("9.5", step("new"), "before its update"),
    ("9.5", step(slope=lambda H: 1 - H), "another slope"),
    ("9.5", step(slope=lambda H: H), "Only one thing has to change"),
    ("9.5", step(sign=-1), "W goes uphill"),
    ("9.5", step(sign=2), "its step was right before"),
    ("9.5", swapped, "in another order"),
    ("9.5", lambda *args: None, "Expected 2 arrays"),
    ("9.6", of_two(lambda g: g[::-1]), "in another order"),
    ("9.6", of_two(lambda g: g[:2]), "Expected 3 arrays"),
    ("9.6", of_two(lambda g: [-part for part in g]), "All signs are turned"),
    ("9.6", two_layers(rows=lambda X: 1), "not divided"),
    ("9.6", two_layers(lambda H: H * (1 - H), lambda G: G * (1 - G)), "slope of a sigmoid"),
    ("9.6", two_layers(lambda H: 1, lambda G: 1), "slopes of both hidden layers"),
    ("9.6", two_layers(lambda H: 1), "W is right, V is not"),
    ("9.6", two_layers(inner=lambda G: 1), "U lacks the slope"),
    ("9.6", two_layers(through=False), "must hold the slope 1 - H**2"),
    ("9.6", of_two(lambda g: [g[0], g[1], 2 * g[2]]), "W is off"),
    ("9.6", of_two(lambda g: [2 * g[0], g[1], g[2]]), "comes from that of the second"),
    ("9.7", (2368, 4736), "biases are missing"),
    ("9.7", (2048, 4096), "Count inputs times units"),
    ("9.7", (2410, 2410), "on both sides"),
    ("9.7", (2410, 2411), "up and down"),
    ("9.8", normal(lambda inputs, units: (2 / inputs) ** 2), "should be the variance"),
    ("9.8", normal(lambda inputs, units: 1 / inputs), "Half of what enters"),
    ("9.8", normal(lambda inputs, units: 2 / units), "as many terms"),
    ("9.8", normal(lambda inputs, units: 2 / (inputs + units)), "made for tanh"),
    ("9.8", normal(lambda inputs, units: 1), "expected 0.005"),
    ("9.8", lambda inputs, units, rng: he(units, inputs, rng), "Expected shape (400, 100)"),
    ("9.9", lambda a: 2 / (1 + a), "by which factor"),
    ("9.9", lambda a: (1 + a**2) / 2, "is left"),
    ("9.9", lambda a: np.sqrt(2 / (1 + a**2)), "the one on the variance"),
    ("9.9", lambda a: 1, "At a = 1 nothing is lost"),
]
