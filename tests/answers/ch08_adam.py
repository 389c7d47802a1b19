"""Right and wrong answers to the exercises of chapter 8."""

import numpy as np

from dlzero import adagrad, adam, adamax, amsgrad, lion, sgd


def amsgrad_hat(w, g, m, v, v_hat_max, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    v_hat_max = np.maximum(v_hat_max, v / (1 - beta2**t))
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v_hat_max) + eps), m, v, v_hat_max


def adam_without_maximum(w, g, m, v, unused, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    return *adam(w, g, m, v, t, lr, beta1, beta2, eps), unused


def three_values(w, g, m, v, v_hat_max, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    return amsgrad_hat(w, g, m, v, v_hat_max, t, lr, beta1, beta2, eps)[:3]


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


def after_the_loop(params, grads, state, lr):
    one_clock(params, grads, state, lr, before=0)
    state["t"] += 1


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
    ("8.1", (-0.1, -0.167)),
    ("8.2", ({"beta1": 0, "beta2": 0}, {"beta1": 0, "beta2": 0.99})),
    ("8.2", [{"beta2": 0.0, "beta1": 0.0, "eps": 0.0}, {"beta2": 0.99, "beta1": 0.0}]),
    ("8.3", {"lr": 1e5, "eps": 1e6}),
    ("8.3", {"lr": 1000, "eps": 10_000, "beta1": 0.9}),
    ("8.4", one_clock),
    ("8.5", accepts),
    ("8.5", lambda rule: np.bool_(accepts(rule))),
    ("8.6", (adam, {"lr": 0.03})),
    ("8.6", [adamax, {"lr": 0.1, "beta1": 0.9}]),
    ("8.6", (adagrad, {"lr": 0.3})),
    ("8.7", 1.00909),
    ("8.8", amsgrad_hat),
    ("8.9", lambda mus: 1 - np.cumprod(mus)),
    ("8.9", lambda mus: [1 - np.prod(mus[: k + 1]) for k in range(len(mus))]),
]

WRONG = [
    ("8.1", (0.1, 0.167), "first step is off"),
    ("8.1", (-0.316, -0.5), "first step is off"),
    ("8.1", (-0.1, -0.1), "what m keeps"),
    ("8.1", (-0.1, -0.2), "powers"),
    ("8.1", (-0.1, -0.067), "second number is a step"),
    ("8.2", ({"beta2": 0}, {"beta1": 0, "beta2": 0.99}), "First rule: old gradients"),
    ("8.2", ({"beta1": 0}, {"beta1": 0, "beta2": 0.99}), "First rule: the step is not one rate"),
    ("8.2", ({"beta1": 0, "beta2": 0}, {"beta2": 0.99}), "newest gradient"),
    ("8.2", ({"beta1": 0, "beta2": 0}, {"beta1": 0}), "rho of rmsprop"),
    ("8.2", {"beta1": 0, "beta2": 0}, "Expected two dicts"),
    ("8.3", {"lr": 0.01}, "scale still"),
    ("8.3", {"lr": 1e6, "eps": 1e6}, "10 times as long"),
    ("8.3", (1e5, 1e6), "Expected a dict"),
    ("8.3", {"lr": 10, "eps": 100}, "ratio lr/eps is right"),
    ("8.3", {"lr": 0.1, "eps": 1}, "ratio lr/eps is right"),
    ("8.4", per_array, "t is 6"),
    ("8.4", other_rate, "Change only"),
    ("8.4", after_the_loop, "saw t = 0"),
    ("8.5", lambda rule: False, "refuses adam"),
    ("8.5", lambda rule: None, "True or False from your check"),
    ("8.5", lambda rule: accepts(rule, steps=1), "without the power t"),
    ("8.5", lambda rule: accepts(rule, grads=(1, -2, 3)), "eps under the root"),
    ("8.6", adam, "Expected a rule and a dict"),
    ("8.6", (adam, {"epochs": 100}), "epochs"),
    ("8.6", (adam, {}), "its default was not chosen"),
    ("8.6", (adam, {"lr": lambda t: 1 / t}), "rate of its own"),
    ("8.6", (adam, {"lr": 1e-3}), "higher rate"),
    ("8.6", (adam, {"lr": 1.0}), "lower rate"),
    ("8.6", (lion, {"lr": 1e30}), "lower rate"),
    ("8.6", (sgd, {"lr": 1.0}), "sgd at its best rate has 0.293. Look at rules that"),
    ("8.7", 1, "shrink a little"),
    ("8.7", 3.16, "u / beta2**k"),
    ("8.8", amsgrad, "what the maximum is taken of"),
    ("8.8", adam_without_maximum, "order"),
    ("8.8", with_stars, "without *, / or **"),
    ("8.8", three_values, "must return 4 values, w, m, v, v_hat_max, got 3"),
    ("8.9", lambda mus: 1 - mus, "first step only"),
    ("8.9", lambda mus: 1 - mus ** np.arange(1, 5), "one and the same"),
    ("8.9", lambda mus: np.cumprod(mus), "constant gradient 1"),
]
