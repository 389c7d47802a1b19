"""What several tests share: rules, random gradients, a network, the golden trajectories."""

import json
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlzero import RULES, Network, Optimizer

__all__ = ["BUSY", "GOLDEN", "RULES", "descend", "golden", "gradients", "run", "squared"]

# Hyper-parameters that are not the defaults, so that nothing hides behind a zero.
BUSY = {
    "gradient_descent": {"lr": 0.3},
    "sgd": {"lr": 0.1, "mu": 0.8, "weight_decay": 0.1, "rescale": 0.5, "clip": 1.5},
    "momentum": {"lr": 0.1, "mu": 0.8},
    "nesterov": {"lr": 0.1, "mu": 0.8},
    "adagrad": {"lr": 0.2, "eps": 1e-4},
    "rmsprop": {"lr": 0.05, "rho": 0.8, "eps": 1e-4},
    "rmsprop_centered": {"lr": 0.05, "rho": 0.8, "eps": 1e-4},
    "adadelta": {"lr": 0.7, "rho": 0.8, "eps": 1e-3},
    "adam": {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4},
    "adamax": {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4},
    "nadam": {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4, "momentum_decay": 0.01},
    "amsgrad": {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4},
    "adamw": {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4, "weight_decay": 0.1},
    "radam": {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4},
    "lion": {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "weight_decay": 0.1},
    "adabelief": {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4},
    "schedule_free": {"lr": 0.3, "beta1": 0.8},
}

GOLDEN = Path(__file__).parent / "golden"


def golden():
    """Return the description and the arrays of the golden trajectories."""
    text = (GOLDEN / "optimizers.json").read_text(encoding="utf-8")
    with np.load(GOLDEN / "optimizers.npz") as arrays:
        return json.loads(text), dict(arrays)


FEW_STEPS, FEW_SIZES = st.integers(1, 8), st.integers(1, 6)


def gradients(steps=FEW_STEPS, size=FEW_SIZES, dtype=np.float64):
    """Draw gradients of several steps: zeros, and sizes from 1e-5 to 10 of either sign."""
    width = np.dtype(dtype).itemsize * 8
    small = float(np.float32(1e-5))
    number = st.one_of(
        st.just(0.0), st.floats(small, 10, width=width), st.floats(-10, -small, width=width)
    )
    return st.tuples(steps, size).flatmap(lambda shape: hnp.arrays(dtype, shape, elements=number))


def squared(*sizes):
    """Return a network for the squared error, the same every time."""
    return Network(sizes, loss="squared error", random_state=0)


def run(rule, start, grads, kind=Optimizer, **hyper):
    """Return the path of a rule: the parameters after every step."""
    w = np.array(start)
    optimizer = kind(rule, **hyper)
    path = []
    for g in grads:
        optimizer.step(w, g)
        path.append(w.copy())
    return np.array(path)


def descend(rule, gradient, start, steps, **hyper):
    """Return the path of a rule that asks for the gradient at every point, the start first."""
    w = np.array(start, dtype=float)
    optimizer = Optimizer(rule, **hyper)
    path = [w.copy()]
    for _ in range(steps):
        optimizer.step(w, gradient(w))
        path.append(w.copy())
    return np.array(path)
