"""Make the golden trajectories of the optimizers from PyTorch, optax, Keras and TensorFlow.

Run by hand when a version moves, in an environment of its own:

    python -m pip install torch==2.13.0 optax==0.2.8 jax==0.10.2 keras==3.15.1 \
        tensorflow-cpu==2.21.0 numpy==2.4.6
    python tools/make/optimizers.py

Writes: tests/golden/optimizers.npz tests/golden/optimizers.json
Needs: torch==2.13.0 optax==0.2.8 jax==0.10.2 keras==3.15.1 tensorflow==2.21.0 numpy==2.4.6

The archive holds the trajectories, the text file versions and cases. Every case takes 200 steps in
float64 with the same gradients, whose size runs from 1e-5 to 10. Every tenth step and the first
ten are kept.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import jax
import keras
import numpy as np
import optax
import tensorflow as tf
import torch

torch.set_default_dtype(torch.float64)  # else NAdam's running product is float32
keras.config.set_floatx("float64")

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden"
STEPS = 200
KEPT = [*range(1, 11), *range(20, STEPS + 1, 10)]


def problem():
    """Return the start and the gradients: 6 coordinates, sizes from 1e-5 to 10."""
    rng = np.random.default_rng(20120712)
    start = rng.normal(size=6)
    size = 10 ** rng.uniform(-5, 1, size=(STEPS, 6))
    grads = size * rng.choice([-1.0, 1.0], size=(STEPS, 6))
    grads[:, 4] = np.abs(grads[:, 4])  # a coordinate whose gradient keeps its sign
    grads[::3, 5] = 0.0  # a coordinate that is often zero
    return start, grads


def run_torch(name, start, grads, lr_at=None, **options):
    """Return the path of an optimizer of PyTorch."""
    w = torch.tensor(start, requires_grad=True)
    optimizer = getattr(torch.optim, name)([w], **options)
    path = []
    for t, g in enumerate(grads, 1):
        if lr_at:
            optimizer.param_groups[0]["lr"] = lr_at[t - 1]
        w.grad = torch.tensor(g)
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return path


def clipped_sgd(learning_rate, limit, weight_decay):
    """Clip by the norm, add the penalty, descend: a chain of transforms in this order."""
    return optax.chain(
        optax.clip_by_global_norm(limit),
        optax.add_decayed_weights(weight_decay),
        optax.sgd(learning_rate),
    )


def amsgrad_of_the_paper(learning_rate, b2):
    """Take the maximum of the uncorrected mean, and correct it by the rate."""
    return optax.amsgrad(
        lambda k: learning_rate * jax.numpy.sqrt(1 - b2 ** (k + 1)),
        b2=b2,
        eps=1e-30,
        bias_correction_nu=False,
    )


def schedule_free(learning_rate, b1):
    """Return Schedule-Free SGD; learning_rate None is the default."""
    if learning_rate is None:
        return optax.contrib.schedule_free_sgd()
    return optax.contrib.schedule_free_sgd(learning_rate, b1=b1)


MADE = {"chain": clipped_sgd, "paper_amsgrad": amsgrad_of_the_paper, "schedule_free": schedule_free}


def run_optax(name, start, grads, **options):
    """Return the path of an optimizer of optax."""
    optimizer = (MADE.get(name) or getattr(optax, name))(**options)
    w = jax.numpy.asarray(start)
    state = optimizer.init(w)
    update = jax.jit(optimizer.update)
    path = []
    for g in grads:
        change, state = update(jax.numpy.asarray(g), state, w)
        w = optax.apply_updates(w, change)
        path.append(np.asarray(w))
    return path


def run_keras(name, start, grads, lr_at=None, **options):
    """Return the path of an optimizer of Keras."""
    w = keras.Variable(start, dtype="float64")
    optimizer = getattr(keras.optimizers, name)(**options)
    path = []
    for t, g in enumerate(grads, 1):
        if lr_at:
            optimizer.learning_rate = lr_at[t - 1]
        optimizer.apply([keras.ops.convert_to_tensor(g)], [w])
        path.append(keras.ops.convert_to_numpy(w.value).copy())
    return path


def run_tensorflow(name, start, grads, **options):
    """Return the path of an optimizer of TensorFlow's compat.v1.train."""
    w = tf.Variable(start)
    exact = {  # numbers of Python become float32 there, even for weights in float64
        k: tf.constant(v, "float64") if type(v) is float and not k.startswith("initial") else v
        for k, v in options.items()
    }
    optimizer = getattr(tf.compat.v1.train, name)(**exact)
    path = []
    for g in grads:
        optimizer.apply_gradients([(tf.constant(g), w)])
        path.append(w.numpy().copy())
    return path


RUN = {"torch": run_torch, "optax": run_optax, "keras": run_keras, "tensorflow": run_tensorflow}
DROP = [0.1] * 100 + [0.01] * 100  # the rate is divided by ten half-way

# rule of dlzero, its hyper-parameters, library, optimizer there, its options
CASES = [
    ("gradient_descent", {}, "torch", "SGD", {"lr": 0.01}),
    ("gradient_descent", {"lr": 0.3}, "torch", "SGD", {"lr": 0.3}),
    ("gradient_descent", {"lr": 0.3}, "optax", "sgd", {"learning_rate": 0.3}),
    ("gradient_descent", {}, "keras", "SGD", {}),
    ("sgd", {}, "torch", "SGD", {"lr": 0.01}),
    (
        "sgd",
        {"lr": 0.03, "mu": 0.8, "weight_decay": 0.2},
        "torch",
        "SGD",
        {"lr": 0.03, "momentum": 0.8, "weight_decay": 0.2},
    ),
    ("sgd", {"lr": 0.05, "mu": 0.7}, "keras", "SGD", {"learning_rate": 0.05, "momentum": 0.7}),
    (
        "sgd",
        {"lr": 0.05, "mu": 0.7, "clip": 0.5},
        "keras",
        "SGD",
        {"learning_rate": 0.05, "momentum": 0.7, "clipvalue": 0.5},
    ),
    (
        "sgd",
        {"lr": "drop", "mu": 0.9},
        "keras",
        "SGD",
        {"learning_rate": 0.1, "momentum": 0.9, "lr_at": DROP},
    ),
    ("momentum", {}, "torch", "SGD", {"lr": 0.01, "momentum": 0.9}),
    ("momentum", {"lr": 0.2, "mu": 0.5}, "torch", "SGD", {"lr": 0.2, "momentum": 0.5}),
    (
        "momentum",
        {"lr": "drop", "mu": 0.9},
        "torch",
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "lr_at": DROP},
    ),
    ("momentum", {"lr": 0.2, "mu": 0.5}, "optax", "sgd", {"learning_rate": 0.2, "momentum": 0.5}),
    ("momentum", {"lr": 0.2, "mu": 0.5}, "keras", "SGD", {"learning_rate": 0.2, "momentum": 0.5}),
    ("nesterov", {}, "torch", "SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    (
        "nesterov",
        {"lr": 0.2, "mu": 0.5},
        "torch",
        "SGD",
        {"lr": 0.2, "momentum": 0.5, "nesterov": True},
    ),
    (
        "nesterov",
        {"lr": 0.2, "mu": 0.5},
        "optax",
        "sgd",
        {"learning_rate": 0.2, "momentum": 0.5, "nesterov": True},
    ),
    (
        "nesterov",
        {"lr": 0.2, "mu": 0.5},
        "keras",
        "SGD",
        {"learning_rate": 0.2, "momentum": 0.5, "nesterov": True},
    ),
    ("adagrad", {}, "torch", "Adagrad", {}),
    ("adagrad", {"lr": 0.1, "eps": 1e-3}, "torch", "Adagrad", {"lr": 0.1, "eps": 1e-3}),
    (
        "adagrad",
        {"lr": 0.1, "eps": 1e-30},
        "optax",
        "adagrad",
        {"learning_rate": 0.1, "eps": 1e-30, "initial_accumulator_value": 0.0},
    ),
    (
        "adagrad",
        {"lr": 0.1, "eps": 1e-30},
        "keras",
        "Adagrad",
        {"learning_rate": 0.1, "epsilon": 1e-30, "initial_accumulator_value": 0.0},
    ),
    ("rmsprop", {}, "torch", "RMSprop", {}),
    (
        "rmsprop",
        {"lr": 0.1, "rho": 0.8, "eps": 1e-3},
        "torch",
        "RMSprop",
        {"lr": 0.1, "alpha": 0.8, "eps": 1e-3},
    ),
    (
        "rmsprop",
        {"lr": 0.1, "rho": 0.8, "eps": 1e-3},
        "optax",
        "rmsprop",
        {"learning_rate": 0.1, "decay": 0.8, "eps": 1e-3, "eps_in_sqrt": False},
    ),
    ("rmsprop_centered", {}, "torch", "RMSprop", {"centered": True}),
    (
        "rmsprop_centered",
        {"lr": 0.1, "rho": 0.8, "eps": 1e-3},
        "torch",
        "RMSprop",
        {"lr": 0.1, "alpha": 0.8, "eps": 1e-3, "centered": True},
    ),
    ("adadelta", {}, "torch", "Adadelta", {}),
    (
        "adadelta",
        {"lr": 0.5, "rho": 0.7, "eps": 1e-3},
        "torch",
        "Adadelta",
        {"lr": 0.5, "rho": 0.7, "eps": 1e-3},
    ),
    ("adadelta", {}, "optax", "adadelta", {"learning_rate": 1.0, "rho": 0.9, "eps": 1e-6}),
    (
        "adadelta",
        {"lr": 0.001, "rho": 0.95, "eps": 1e-7},
        "keras",
        "Adadelta",
        {},
    ),
    ("adam", {}, "torch", "Adam", {}),
    (
        "adam",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
        "torch",
        "Adam",
        {"lr": 0.05, "betas": [0.8, 0.9], "eps": 1e-3},
    ),
    ("adam", {}, "optax", "adam", {"learning_rate": 0.001}),
    (
        "adam",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
        "optax",
        "adam",
        {"learning_rate": 0.05, "b1": 0.8, "b2": 0.9, "eps": 1e-3},
    ),
    ("adam", {"eps": 1e-30}, "keras", "Adam", {"epsilon": 1e-30}),
    ("adamax", {}, "torch", "Adamax", {}),
    (
        "adamax",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
        "torch",
        "Adamax",
        {"lr": 0.05, "betas": [0.8, 0.9], "eps": 1e-3},
    ),
    (
        "adamax",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
        "optax",
        "adamax",
        {"learning_rate": 0.05, "b1": 0.8, "b2": 0.9, "eps": 1e-3},
    ),
    ("adamax", {"lr": 0.001, "eps": 1e-30}, "keras", "Adamax", {"epsilon": 1e-30}),
    ("nadam", {"momentum_decay": 0.004}, "torch", "NAdam", {}),
    (
        "nadam",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3, "momentum_decay": 0.1},
        "torch",
        "NAdam",
        {"lr": 0.05, "betas": [0.8, 0.9], "eps": 1e-3, "momentum_decay": 0.1},
    ),
    ("nadam", {}, "optax", "nadam", {"learning_rate": 0.002}),
    (
        "nadam",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
        "optax",
        "nadam",
        {"learning_rate": 0.05, "b1": 0.8, "b2": 0.9, "eps": 1e-3},
    ),
    (
        "nadam",
        {"lr": 0.001, "eps": 1e-7, "momentum_decay": 1.0},
        "keras",
        "Nadam",
        {},
    ),
    ("amsgrad", {}, "torch", "Adam", {"amsgrad": True}),
    (
        "amsgrad",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
        "torch",
        "Adam",
        {"lr": 0.05, "betas": [0.8, 0.9], "eps": 1e-3, "amsgrad": True},
    ),
    (
        "amsgrad",
        {"beta2": 0.9, "eps": 1e-30},
        "keras",
        "Adam",
        {"beta_2": 0.9, "epsilon": 1e-30, "amsgrad": True},
    ),
    ("adamw", {}, "torch", "AdamW", {}),
    (
        "adamw",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.3},
        "torch",
        "AdamW",
        {"lr": 0.05, "betas": [0.8, 0.9], "eps": 1e-3, "weight_decay": 0.3},
    ),
    (
        "adamw",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.3},
        "optax",
        "adamw",
        {"learning_rate": 0.05, "b1": 0.8, "b2": 0.9, "eps": 1e-3, "weight_decay": 0.3},
    ),
    (
        "adamw",
        {"eps": 1e-30, "weight_decay": 0.004},
        "keras",
        "AdamW",
        {"epsilon": 1e-30},
    ),
    ("radam", {}, "torch", "RAdam", {}),
    (
        "radam",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
        "torch",
        "RAdam",
        {"lr": 0.05, "betas": [0.8, 0.9], "eps": 1e-3},
    ),
    (
        "radam",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-30},
        "optax",
        "radam",
        {"learning_rate": 0.05, "b1": 0.8, "b2": 0.9, "eps": 1e-30, "threshold": 5.0},
    ),
    ("lion", {"weight_decay": 0.001}, "optax", "lion", {"learning_rate": 0.0001}),
    (
        "lion",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "weight_decay": 0.3},
        "optax",
        "lion",
        {"learning_rate": 0.05, "b1": 0.8, "b2": 0.9, "weight_decay": 0.3},
    ),
    ("lion", {"lr": 0.001}, "keras", "Lion", {}),
    (
        "amsgrad",
        {"lr": 0.05, "beta2": 0.9, "eps": 1e-30},
        "optax",
        "paper_amsgrad",
        {"learning_rate": 0.05, "b2": 0.9},
    ),
    ("adabelief", {}, "optax", "adabelief", {"learning_rate": 0.001}),
    (
        "adabelief",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
        "optax",
        "adabelief",
        {"learning_rate": 0.05, "b1": 0.8, "b2": 0.9, "eps": 1e-3, "eps_root": 1e-3},
    ),
    ("schedule_free", {}, "optax", "schedule_free", {"learning_rate": None, "b1": 0.9}),
    (
        "schedule_free",
        {"lr": 0.3, "beta1": 0.6},
        "optax",
        "schedule_free",
        {"learning_rate": 0.3, "b1": 0.6},
    ),
    (
        "momentum",
        {"lr": 0.2, "mu": 0.5},
        "tensorflow",
        "MomentumOptimizer",
        {"learning_rate": 0.2, "momentum": 0.5},
    ),
    (
        "nesterov",
        {"lr": 0.2, "mu": 0.5},
        "tensorflow",
        "MomentumOptimizer",
        {"learning_rate": 0.2, "momentum": 0.5, "use_nesterov": True},
    ),
    (
        "adagrad",
        {"lr": 0.1, "eps": 1e-30},
        "tensorflow",
        "AdagradOptimizer",
        {"learning_rate": 0.1, "initial_accumulator_value": 1e-30},
    ),
    (
        "adadelta",
        {"lr": 1.0, "rho": 0.95, "eps": 1e-8},
        "tensorflow",
        "AdadeltaOptimizer",
        {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-8},
    ),
    (
        "adam",
        {"eps": 1e-30},
        "tensorflow",
        "AdamOptimizer",
        {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-30},
    ),
]


def schedule_values():
    """Return the rates of PyTorch's schedulers over the steps."""
    made = {
        "step_decay": lambda o: torch.optim.lr_scheduler.StepLR(o, step_size=30, gamma=0.5),
        "exponential_decay": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, gamma=0.97),
        "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=199, eta_min=0.01),
        "warm_up": lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda k: min(1, (k + 1) / 50)),
    }
    values = {}
    for name, make in made.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
        scheduler = make(optimizer)
        values[name] = []
        for _ in range(STEPS):
            values[name].append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            scheduler.step()
    return {name: np.array(rates) for name, rates in values.items()}


def main():
    """Write the trajectories, and what they are."""
    start, grads = problem()
    arrays = {"start": start, "grads": grads, **schedule_values()}
    chain = run_optax("chain", start, grads, learning_rate=0.1, limit=0.5, weight_decay=0.2)
    arrays["chain-optax"] = np.array([chain[t - 1] for t in KEPT])
    cases = []
    for rule, hyper, library, optimizer, options in CASES:
        number = sum(c["rule"] == rule and c["library"] == library for c in cases)
        key = f"{rule}-{library}-{number}"
        path = RUN[library](optimizer, start, grads, **options)
        arrays[key] = np.array([path[t - 1] for t in KEPT])
        cases.append(
            {"key": key, "rule": rule, "hyper": hyper, "library": library, "optimizer": optimizer}
            | {"options": {k: v for k, v in options.items() if k != "lr_at"}}
        )
    versions = {m.__name__: m.__version__ for m in (torch, optax, jax, keras, tf, np)}
    made = {"made_by": "tools/make/optimizers.py", "versions": versions}
    text = json.dumps({**made, "kept": KEPT, "cases": cases}, indent=1)
    np.savez_compressed(GOLDEN / "optimizers.npz", **arrays)
    (GOLDEN / "optimizers.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(cases)} cases", versions)


if __name__ == "__main__":
    main()
