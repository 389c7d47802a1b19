"""The models that give their loss and gradient, with their losses and scores.

Each stands in the chapter that explains it. They are imported from here.
"""

from .chapters.ch02_linear_unit import LinearRegression, r_squared
from .chapters.ch05_probabilities import (
    LogisticRegression,
    SoftmaxRegression,
    accuracy,
    class_weights,
    cross_entropy,
    focal_loss,
    hinge_loss,
    log_softmax,
    logistic_loss,
    precision_recall,
    sigmoid,
    smote,
    softmax,
)

__all__ = [
    "LinearRegression",
    "LogisticRegression",
    "SoftmaxRegression",
    "accuracy",
    "class_weights",
    "cross_entropy",
    "focal_loss",
    "hinge_loss",
    "log_softmax",
    "logistic_loss",
    "precision_recall",
    "r_squared",
    "sigmoid",
    "smote",
    "softmax",
]
