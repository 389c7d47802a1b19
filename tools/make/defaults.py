"""Read the default hyper-parameters of PyTorch, optax and Keras from their signatures.

Run by hand when a version moves, in an environment of its own:

    python -m pip install torch==2.13.0 optax==0.2.8 keras==3.15.1
    python tools/make/defaults.py

Writes: tests/golden/defaults.json
Needs: torch==2.13.0 optax==0.2.8 keras==3.15.1

The file holds the versions, and for each rule and library the name of the optimizer and its
defaults, None where the library has no such optimizer.
"""

import importlib.metadata
import inspect
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import optax
import torch

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden" / "defaults.json"
NAMES = {
    # rule of dlzero: torch.optim, optax, keras.optimizers
    "gradient_descent": ("SGD", "sgd", "SGD"),
    "adagrad": ("Adagrad", "adagrad", "Adagrad"),
    "rmsprop": ("RMSprop", "rmsprop", "RMSprop"),
    "adadelta": ("Adadelta", "adadelta", "Adadelta"),
    "adam": ("Adam", "adam", "Adam"),
    "adamax": ("Adamax", "adamax", "Adamax"),
    "nadam": ("NAdam", "nadam", "Nadam"),
    "adamw": ("AdamW", "adamw", "AdamW"),
    "radam": ("RAdam", "radam", None),
    "lion": (None, "lion", "Lion"),
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
        elif name == "decay" and function is optax.rmsprop:
            found["rho"] = parameter.default
        elif (ours := OURS.get(name, name)) in KEPT:
            required = parameter.default is inspect.Parameter.empty
            found[ours] = "required" if required else parameter.default
    return found


def main():
    """Write the file."""
    libraries = {"torch": torch.optim, "optax": optax, "keras": keras.optimizers}
    versions = {name: importlib.metadata.version(name).split("+")[0] for name in libraries}
    rules = {}
    for rule, names in NAMES.items():
        rules[rule] = {}
        for (library, module), name in zip(libraries.items(), names, strict=True):
            found = name and {"name": name, "defaults": defaults(getattr(module, name))}
            rules[rule][library] = found
    made = {"made_by": "tools/make/defaults.py", "versions": versions}
    GOLDEN.write_text(json.dumps({**made, "rules": rules}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
