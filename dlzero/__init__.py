"""Deep learning from zero: each formula of the course as code that runs.

``chapters`` is the course in reading order: the formulas, and the loops that run them (`minimize`
in chapter 3, `train` in chapter 4). ``running`` holds what those loops use, and the `Optimizer`;
``exercises`` the checks of the exercises, by chapter.

Everything here needs NumPy alone; ``dlzero.plots`` needs Matplotlib, ``dlzero.widgets``
ipywidgets and ``dlzero.practice`` joblib, so they are imported by name.
"""

from . import datasets, models, schedules, surfaces
from .chapters.ch01_perceptron import Perceptron
from .chapters.ch02_linear_unit import LinearUnit
from .chapters.ch03_gradient_descent import (
    check_gradient,
    gradient_descent,
    minimize,
    numerical_gradient,
)
from .chapters.ch04_sgd import batches, sgd, train
from .chapters.ch06_momentum import momentum, nesterov
from .chapters.ch07_adaptive import adadelta, adagrad, rmsprop, rmsprop_centered
from .chapters.ch08_adam import (
    adabelief,
    adam,
    adamax,
    adamw,
    amsgrad,
    lion,
    nadam,
    radam,
    schedule_free,
)
from .chapters.ch09_network import Network
from .chapters.ch10_overfitting import (
    EarlyStopping,
    dropout_mask,
    folds,
    shift_pictures,
    soft_threshold,
)
from .exercises import check
from .rules import RULES
from .running.optimizer import Optimizer
from .running.rule import Rule
from .running.transforms import clip_by_norm, clip_by_value, l2_decay
from .source import show_source

__version__ = "0.1.0"

__all__ = [
    "RULES",
    "EarlyStopping",
    "LinearUnit",
    "Network",
    "Optimizer",
    "Perceptron",
    "Rule",
    "adabelief",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "amsgrad",
    "batches",
    "check",
    "check_gradient",
    "clip_by_norm",
    "clip_by_value",
    "datasets",
    "dropout_mask",
    "folds",
    "gradient_descent",
    "l2_decay",
    "lion",
    "minimize",
    "models",
    "momentum",
    "nadam",
    "nesterov",
    "numerical_gradient",
    "radam",
    "rmsprop",
    "rmsprop_centered",
    "schedule_free",
    "schedules",
    "sgd",
    "shift_pictures",
    "show_source",
    "soft_threshold",
    "surfaces",
    "train",
]
