"""Read the default hyper-parameters of PyTorch, optax, Keras and TensorFlow off the signatures.

Run by hand when a version moves, in an environment of its own:

    python -m pip install torch==2.13.0 optax==0.2.8 keras==3.15.1 tensorflow-cpu==2.21.0
    python tools/make/defaults.py

Writes: tests/golden/defaults.json
Needs: torch==2.13.0 optax==0.2.8 keras==3.15.1 tensorflow==2.21.0

The file holds the versions, and for each rule and library the name of the optimizer and its
defaults, None where the library has no such optimizer.
"""

import inspect
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import optax
import tensorflow as tf
import torch

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden" / "defaults.json"
NAMES = {
    # rule of dlzero: torch.optim, optax, keras.optimizers, tensorflow.compat.v1.train
    "gradient_descent": ("SGD", "sgd", "SGD", "GradientDescentOptimizer"),
    "adagrad": ("Adagrad", "adagrad", "Adagrad", "AdagradOptimizer"),
    "rmsprop": ("RMSprop", "rmsprop", "RMSprop", "RMSPropOptimizer"),
    "adadelta": ("Adadelta", "adadelta", "Adadelta", "AdadeltaOptimizer"),
    "adam": ("Adam", "adam", "Adam", "AdamOptimizer"),
    "adamax": ("Adamax", "adamax", "Adamax", None),
    "nadam": ("NAdam", "nadam", "Nadam", None),
    "adamw": ("AdamW", "adamw", "AdamW", None),
    "radam": ("RAdam", "radam", None, None),
    "lion": (None, "lion", "Lion", None),
    "adabelief": (None, "adabelief", None, None),
    "schedule_free": (None, "schedule_free_sgd", None, None),
}
OURS = {
    "learning_rate": "lr",
    "alpha": "rho",
    "epsilon": "eps",
    "b1": "beta1",
    "b2": "beta2",
    "beta_1": "beta1",
    "beta_2": "beta2",
    "initial_accumulator_value": "G0",
}
KEPT = {"lr", "rho", "eps", "beta1", "beta2", "weight_decay", "momentum_decay", "G0"}


def defaults(function):
    """Return the defaults of the hyper-parameters that the course has, under our names."""
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "betas":
            found["beta1"], found["beta2"] = parameter.default
        elif name == "decay":  # RMSProp of optax and TensorFlow
            found["rho"] = parameter.default
        elif (ours := OURS.get(name, name)) in KEPT:
            required = parameter.default is inspect.Parameter.empty
            found[ours] = "required" if required else parameter.default
    return found


def main():
    """Write the file."""
    libraries = {
        "torch": (torch.optim,),
        "optax": (optax, optax.contrib),
        "keras": (keras.optimizers,),
        "tensorflow": (tf.compat.v1.train,),
    }
    modules = (torch, optax, keras, tf)
    versions = {m.__name__: m.__version__.partition("+")[0] for m in modules}
    rules = {}
    for rule, names in NAMES.items():
        rules[rule] = {}
        for (library, modules), name in zip(libraries.items(), names, strict=True):
            function = name and next(getattr(m, name) for m in modules if hasattr(m, name))
            rules[rule][library] = name and {"name": name, "defaults": defaults(function)}
    made = {"made_by": "tools/make/defaults.py", "versions": versions}
    GOLDEN.write_text(json.dumps({**made, "rules": rules}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
