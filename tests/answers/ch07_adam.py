"""Right and wrong answers to the exercises of chapter 7."""

import numpy as np

from dlzero import adagrad, adam, adamax, amsgrad, lion, sgd


def amsgrad_hat(w, g, m, v, v_hat_max, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    v_hat_max = np.maximum(v_hat_max, v / (1 - beta2**t))
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v_hat_max) + eps), m, v, v_hat_max


def adam_without_maximum(w, g, m, v, unused, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    return *adam(w, g, m, v, t, lr, beta1, beta2, eps), unused


def with_stars(w, g, m, v, v_hat_max, t, **hyper):
    return *adam(w, g, m, v, t, **hyper), v_hat_max


def one_clock(params, grads, state, lr, before=1, inside=0):
    state["t"] += before
    for k, g in enumerate(grads):
        state["t"] += inside
        m, v = state["m"][k], state["v"][k]
        params[k], state["m"][k], state["v"][k] = adam(params[k], g, m, v, state["t"], lr=lr)


def per_array(*args):
    one_clock(*args, before=0, inside=1)


def other_rate(params, grads, state, lr):
    one_clock(params, grads, state, 2 * lr)


def accepts(rule, grads=(1e-4, -3e-4, 2e-4), steps=3, rtol=1e-6):
    w, state = 0.0, (0.0, 0.0)
    for t, g in enumerate(grads[:steps], 1):
        ages, seen = np.arange(t - 1, -1, -1), np.array(grads[:t])
        m_hat = np.sum(0.9**ages * seen) / np.sum(0.9**ages)
        v_hat = np.sum(0.999**ages * seen**2) / np.sum(0.999**ages)
        golden = w - 0.1 * m_hat / (np.sqrt(v_hat) + 1e-8)
        w, *state = rule(w, g, *state, t, lr=0.1)
        if abs(w - golden) > rtol:
            return False
    return True


RIGHT = [
    ("7.1", (-0.1, -0.167)),
    ("7.2", ({"beta1": 0, "beta2": 0}, {"beta1": 0, "beta2": 0.99})),
    ("7.2", [{"beta2": 0.0, "beta1": 0.0, "eps": 0.0}, {"beta2": 0.99, "beta1": 0.0}]),
    ("7.3", {"lr": 1e5, "eps": 1e6}),
    ("7.3", {"lr": 1000, "eps": 10_000, "beta1": 0.9}),
    ("7.4", 1.00909),
    ("7.5", amsgrad_hat),
    ("7.6", one_clock),
    ("7.7", accepts),
    ("7.7", lambda rule: np.bool_(accepts(rule))),
    ("7.8", lambda mus: 1 - np.cumprod(mus)),
    ("7.8", lambda mus: [1 - np.prod(mus[: k + 1]) for k in range(len(mus))]),
    ("7.9", (adam, {"lr": 0.03})),
    ("7.9", [adamax, {"lr": 0.1, "beta1": 0.9}]),
    ("7.9", (adagrad, {"lr": 0.3})),
]

WRONG = [
    ("7.1", (0.1, 0.167), "first step is off"),
    ("7.1", (-0.316, -0.5), "first step is off"),
    ("7.1", (-0.1, -0.1), "what m keeps"),
    ("7.1", (-0.1, -0.2), "powers"),
    ("7.2", ({"beta2": 0}, {"beta1": 0, "beta2": 0.99}), "First rule: old gradients"),
    ("7.2", ({"beta1": 0}, {"beta1": 0, "beta2": 0.99}), "First rule: the step is not one rate"),
    ("7.2", ({"beta1": 0, "beta2": 0}, {"beta2": 0.99}), "newest gradient"),
    ("7.2", ({"beta1": 0, "beta2": 0}, {"beta1": 0}), "rho of rmsprop"),
    ("7.2", {"beta1": 0, "beta2": 0}, "Expected two dicts"),
    ("7.3", {"lr": 0.01}, "scale still"),
    ("7.3", {"lr": 1e6, "eps": 1e6}, "10 times as long"),
    ("7.3", (1e5, 1e6), "Expected a dict"),
    ("7.4", 1, "shrink a little"),
    ("7.4", 3.16, "u / beta2**k"),
    ("7.5", amsgrad, "what the maximum is taken of"),
    ("7.5", adam_without_maximum, "order"),
    ("7.5", with_stars, "without *, / or **"),
    ("7.6", per_array, "t is 6"),
    ("7.6", other_rate, "Change only"),
    ("7.7", lambda rule: False, "refuses adam"),
    ("7.7", lambda rule: None, "True or False from your check"),
    ("7.7", lambda rule: accepts(rule, steps=1), "without the power t"),
    ("7.7", lambda rule: accepts(rule, grads=(1, -2, 3)), "eps under the root"),
    ("7.8", lambda mus: 1 - mus, "first step only"),
    ("7.8", lambda mus: 1 - mus ** np.arange(1, 5), "one and the same"),
    ("7.8", lambda mus: np.cumprod(mus), "constant gradient 1"),
    ("7.9", adam, "Expected a rule and a dict"),
    ("7.9", (adam, {"epochs": 100}), "epochs"),
    ("7.9", (adam, {}), "its default was not chosen"),
    ("7.9", (adam, {"lr": lambda t: 1 / t}), "rate of its own"),
    ("7.9", (adam, {"lr": 1e-3}), "higher rate"),
    ("7.9", (adam, {"lr": 1.0}), "lower rate"),
    ("7.9", (lion, {"lr": 1e30}), "lower rate"),
    ("7.9", (sgd, {"lr": 1.0}), "sgd at its best rate has 0.293. Look at rules that"),
]
