"""The exercises of chapter 1, the perceptron."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import datasets
from ..chapters.ch01_perceptron import Perceptron
from .forms import WrongForm, first_difference, fitted, numbers, unit_answers


def exercise_1(units: Any) -> str | None:
    """Check the answer: nand and nor."""
    if not isinstance(units, tuple | list) or len(units) != 2:
        raise WrongForm("Expected a pair of units (nand, nor).")
    for name, unit in zip(("nand", "nor"), units, strict=True):
        fitted(unit, Perceptron)
        X, y = datasets.logic(name)
        if unit.errors_[-1] > 0:
            look = "Look at errors_: the last epoch still had mistakes, so more epochs may help."
        else:
            look = f"Look at the labels of {name.upper()}."
        wrong = first_difference(X, unit.activation(unit.decision_function(X)), y, look)
        if wrong:
            return f"{name.upper()}: {wrong}"
    return None


def exercise_2(unit: Any) -> str | None:
    """Check the answer: majority."""
    X = binary_rows(3)
    came = unit_answers(unit, X)
    w = np.ravel(unit[0])
    look = "Look at the bias."
    if np.ptp(w) > 0 or w[0] <= 0:
        look = "No input counts more than another: try equal weights above zero."
    return first_difference(X, came, (X.sum(axis=1) >= 2).astype(int), look)


def exercise_3(y: Any) -> str | None:
    """Check the answer: labels."""
    X, right = datasets.logic("and")
    came = np.asarray(y)
    if came.shape != right.shape:
        raise WrongForm("Expected four labels, one for each row.")
    for (a, b), label, expected in zip(X, came, right, strict=True):
        if label != expected:
            return (
                f"The row ({a:g}, {b:g}) has the label {label}. "
                "AND is 1 when both inputs are 1, and only then."
            )
    return None


def exercise_4(answer: Any) -> str | None:
    """Check the answer: scaled weights."""
    X, y = datasets.logic("and")
    unit = Perceptron(lr=7).fit(X, y)
    if np.allclose(numbers(answer, 3), (*unit.coef_, unit.intercept_)):
        return None
    return f"Came {answer}. Every update is lr times something that does not depend on lr."


def exercise_5(answer: Any) -> str | None:
    """Check the answer: row orders."""
    X, y = datasets.logic("and")
    orders = [list(order) for order in permutations(range(len(X)))]
    units = [Perceptron(lr=1, epochs=20).fit(X[order], y[order]) for order in orders]
    try:
        came = set(answer)
    except TypeError:
        raise WrongForm("Expected a set of numbers, such as {3, 4}.") from None
    if came == {unit.n_updates_ for unit in units}:
        return None
    if came and came <= {unit.errors_.index(0) + 1 for unit in units}:
        return f"Came {sorted(came)}. These are epochs, but updates (n_updates_) are asked for."
    return (
        f"Came {sorted(came)}. Look at the number of epochs: "
        "some orders need more than five to finish."
    )


def exercise_6(function: Callable) -> str | None:
    """Check the answer: bound."""
    random = np.random.default_rng(16)
    for n_features in (2, 3, 5):
        w, b = random.normal(size=n_features), random.normal()
        X = random.normal(size=(20, n_features))
        y = (X @ w + b > 0).astype(int)
        margin = np.min(np.abs(X @ w + b)) / np.sqrt(w @ w + b * b)
        R2 = np.sum(X**2, axis=1).max() + 1
        came = function(X, y, w, b)
        if np.isclose(came, R2 / margin**2):
            continue
        if np.isclose(came, np.sqrt(R2) / margin):
            return "It is R / gamma. Look at the last line of the proof: the bound is its square."
        if np.isclose(came, R2 / (margin**2 * (w @ w + b * b))):
            return "Look at u in the assumption: divide the weights by their length."
        return (
            f"On a random set came {came:.6g}, expected {R2 / margin**2:.6g}. "
            "Look at the constant input 1: it belongs to the length of x and b to that of w."
        )
    if function(X, 1 - y, w, b) != np.inf:
        return "For a unit that separates nothing, expected inf. Look at the sign of gamma."
    return None


def exercise_7(function: Callable) -> str | None:
    """Check the answer: history."""
    X, y = datasets.logic("and")
    right = Perceptron(lr=1).fit(X, y).history_[:, :2]
    came = np.asarray(function(X, y))
    if came.shape == right.shape and np.array_equal(came, right):
        return None
    if came.shape != right.shape:
        return f"Came the shape {came.shape}, expected {right.shape}: the start and each update."
    if np.array_equal(came, np.broadcast_to(came[-1], came.shape)):
        return "All rows are equal. Look at what the list holds: copies, or one and the same array?"
    row = int(np.argmax(np.any(came != right, axis=1)))
    return f"Row {row} came as {came[row]}, expected {right[row]}. Row 0 is the start."


def exercise_8(units: Any) -> str | None:
    """Check the answer: xor network."""
    if len(units) != 3:
        raise WrongForm(f"Came {len(units)} units, expected three: two hidden and the output.")
    X, y = datasets.logic("xor")
    hidden = np.column_stack([unit_answers(unit, X) for unit in units[:2]])
    look = "Look at what the two hidden units answer for this row."
    return first_difference(X, unit_answers(units[2], hidden), y, look)


def binary_rows(n: int) -> NDArray[np.int_]:
    """Return all rows of n zeros and ones."""
    return (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1
