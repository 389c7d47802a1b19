"""The problems that come with the package, by name."""

import functools
import math
from collections.abc import Callable

from .. import datasets, surfaces
from ..chapters.ch09_network import Network
from ..checks import choice
from ..models import LinearRegression, LogisticRegression, SoftmaxRegression
from .problems import FunctionProblem, ModelProblem


def _surface(name, surface, **options):
    lowest = surface.minimum
    return FunctionProblem(
        name, surface, surface.grad, options.pop("start", surface.start), lowest=lowest, **options
    )


def _ravine_rotated():
    """Return the ravine turned by 45 degrees, its starts turned with it."""
    half = math.sqrt(0.5)
    turned, straight = surfaces.ravine(angle=45), surfaces.ravine()
    return _surface(
        "ravine_rotated",
        turned,
        start=straight.start,
        turn=[[half, -half], [half, half]],
        shift=(1.0, 1.0),
    )


def _standardised(X, X_valid):
    """Scale by the training rows alone: the validation rows must not be seen before."""
    mean, scale = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / scale, (X_valid - mean) / scale


@functools.cache
def _diabetes():
    X, X_valid, y, y_valid = datasets.diabetes().split()
    return *_standardised(X, X_valid), *_standardised(y, y_valid)


@functools.cache
def _iris():
    X, X_valid, y, y_valid = datasets.iris().classes("versicolor", "virginica").split()
    return *_standardised(X, X_valid), y, y_valid


@functools.cache
def _words():
    return datasets.docstrings().split()


@functools.cache
def _digits():
    X, X_valid, y, y_valid = datasets.digits().split()
    return X / 16, X_valid / 16, y, y_valid


def _linear(seed):
    return LinearRegression(10)


def _logistic(seed):
    return LogisticRegression(4)


def _logistic_words(seed):
    return LogisticRegression(_words()[0].shape[1])


def _softmax(seed):
    return SoftmaxRegression(64, 10)


def _network(seed):
    return Network((64, 32, 10), random_state=seed)


def _deep(seed):
    return Network((64, 32, 32, 32, 10), "sigmoid", random_state=seed)


#: The problems that come with the package: a function that makes each, by name.
PROBLEMS: dict[str, Callable[[], FunctionProblem | ModelProblem]] = {
    "bowl": lambda: _surface("bowl", surfaces.bowl(), shift=(1.0, 1.0, 1.0)),
    "ravine": lambda: _surface("ravine", surfaces.ravine(), shift=(1.0, 1.0)),
    "ravine_rotated": _ravine_rotated,
    "rosenbrock": lambda: _surface("rosenbrock", surfaces.rosenbrock()),
    "beale": lambda: _surface("beale", surfaces.beale()),
    "himmelblau": lambda: _surface("himmelblau", surfaces.himmelblau(), start=(-1.0, -1.0)),
    # Between two wells, so that there is a lowest value.
    "saddle": lambda: _surface("saddle", surfaces.two_wells()),
    "plateau": lambda: _surface("plateau", surfaces.plateau(), shift=(1.0, 1.0)),
    "noisy": lambda: _surface("noisy", surfaces.ravine(condition=20), noise=1.0, shift=(1.0, 1.0)),
    "diabetes_linear": lambda: ModelProblem("diabetes_linear", _linear, _diabetes),
    "iris_logistic": lambda: ModelProblem("iris_logistic", _logistic, _iris),
    "words_logistic": lambda: ModelProblem("words_logistic", _logistic_words, _words),
    "digits_softmax": lambda: ModelProblem("digits_softmax", _softmax, _digits),
    "digits_network": lambda: ModelProblem("digits_network", _network, _digits),
    "digits_deep": lambda: ModelProblem("digits_deep", _deep, _digits),
}


def problem(name: str) -> FunctionProblem | ModelProblem:
    """Return a problem of the package by its name.

    Parameters
    ----------
    name : str
        A key of ``PROBLEMS``.

    Returns
    -------
    FunctionProblem or ModelProblem

    Raises
    ------
    TypeError, ValueError
        If there is no such problem. The message lists those there are.

    Examples
    --------
    >>> problem("rosenbrock").start.tolist()
    [-1.2, 1.0]
    """
    return PROBLEMS[choice("problem", name, PROBLEMS)]()
