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
    for unit in units:
        fitted(unit, Perceptron)
    asked = [datasets.logic(name) for name in ("nand", "nor")]
    if all(_mistakes(unit, *rows) == 0 for unit, rows in zip(units, asked[::-1], strict=True)):
        return "The two are exchanged: (nand, nor) is asked for."
    for name, unit, (X, y) in zip(("NAND", "NOR"), units, asked, strict=True):
        if unit.errors_[-1] > 0:
            look = "Look at errors_: the last epoch still had mistakes, so more epochs may help."
        else:
            look = f"Look at the labels of {name}."
        wrong = first_difference(X, unit.activation(unit.decision_function(X)), y, look)
        if wrong:
            return f"{name}: {wrong}"
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


def exercise_3(answer: Any) -> str | None:
    """Check the answer: scaled weights."""
    came, asked = numbers(answer, 3), 7
    unit = Perceptron(lr=1).fit(*datasets.logic("and"))
    of_rate_1 = np.array([*unit.coef_, unit.intercept_])
    if np.allclose(came, asked * of_rate_1):
        return None
    if np.allclose(came[:2], asked * of_rate_1[:2]):
        return f"The weights are right, and the bias came as {came[2]:g}. It learns with the rate."
    rate = came[0] / of_rate_1[0]
    if rate > 0 and np.allclose(came, rate * of_rate_1):
        return f"Came the weights of the rate {rate:g}. How many times as large are those of 7?"
    return f"Came {answer}. Every update is lr times something that does not depend on lr."


def exercise_4(function: Callable) -> str | None:
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


def exercise_5(function: Callable) -> str | None:
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


def exercise_6(units: Any) -> str | None:
    """Check the answer: xor network."""
    if len(units) != 3:
        raise WrongForm(f"Came {len(units)} units, expected three: two hidden and the output.")
    X, y = datasets.logic("xor")
    hidden = np.column_stack([unit_answers(unit, X) for unit in units[:2]])
    look = "Look at what the two hidden units answer for this row."
    return first_difference(X, unit_answers(units[2], hidden), y, look)


def exercise_7(answer: Any) -> str | None:
    """Check the answer: row orders."""
    try:
        came = {int(number) for number in answer}
    except (TypeError, ValueError):
        raise WrongForm("Expected a set of numbers, such as {3, 4}.") from None
    units = _in_all_orders(epochs=20)
    right = {unit.n_updates_ for unit in units}
    if came == right:
        return None
    said = f"Came {sorted(came)}."
    if came and came < right:
        return f"{said} Another number occurs as well: are these all 24 orders?"
    with_mistakes = [unit.errors_.index(0) for unit in units]
    if came in (set(with_mistakes), {epochs + 1 for epochs in with_mistakes}):
        return f"{said} These are epochs, but updates (n_updates_) are asked for."
    if came == {unit.n_updates_ for unit in _in_all_orders(epochs=20, labels_too=False)}:
        return f"{said} Look at the labels: each row must keep its own when the order changes."
    if came in ({u.n_updates_ for u in _in_all_orders(epochs)} for epochs in range(1, 7)):
        return f"{said} Look at the number of epochs: some orders need seven to finish."
    return f"{said} For each of the 24 orders, train one unit and ask for its n_updates_."


def exercise_8(function: Callable) -> str | None:
    """Check the answer: pocket."""
    pair = datasets.iris().classes("versicolor", "virginica")
    unit = Perceptron(lr=1, epochs=20, shuffle=True, random_state=8).fit(pair.X, pair.y)
    cases = [(unit.history_, pair.X, pair.y)]
    X, y = datasets.logic("and")  # here sums of zero occur, and several weights are as good
    cases += [(Perceptron(lr=1, epochs=4).fit(X, y).history_[:-1], X, y)]
    for history, X, y in cases:
        sums = history[:, :-1] @ X.T + history[:, -1:]
        wrong = np.sum((sums > 0) != y, axis=1)
        came = np.asarray(function(history, X, y), dtype=float)
        if came.shape != history[0].shape:
            raise WrongForm(
                f"Came the shape {came.shape}, expected {history[0].shape}: one row of history."
            )
        if np.array_equal(came, history[np.argmin(wrong)]):
            continue
        at = np.flatnonzero((history == came).all(axis=1))
        if not len(at):
            return f"Came {came}, which is no row of history."
        if np.array_equal(came, history[np.argmin(np.sum((sums >= 0) != y, axis=1))]):
            return "Look at sums of exactly zero: they are answered 0."
        if wrong[at[0]] == wrong.min():
            return "These weights are as good, but others as good came before them."
        return f"These weights make {wrong[at[0]]} mistakes, the best make {wrong.min()}."
    return None


def exercise_9(answer: Any) -> str | None:
    """Check the answer: shortest weights."""
    v = numbers(answer, 3)
    X, y = datasets.logic("or")
    for x, given in zip(X, (2 * y - 1) * (X @ v[:2] + v[2]), strict=True):
        if not given >= 1 - 1e-9:
            row = ", ".join(f"{value:g}" for value in x)
            return f"For the row ({row}), s (v . x) is {given:.6g}. At least 1 is asked for."
    if v @ v > 9 * (1 + 1e-9):
        return f"All rows give 1 or more, but the length is {np.sqrt(v @ v):.4g}: too long."
    return None


def binary_rows(n: int) -> NDArray[np.int_]:
    """Return all rows of n zeros and ones."""
    return (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1


def _mistakes(unit: Perceptron, X: NDArray, y: NDArray) -> int:
    """Count the rows that a unit gets wrong, whatever labels it was fitted with."""
    return int(np.sum(unit.activation(unit.decision_function(X)) != y))


def _in_all_orders(epochs: int, *, labels_too: bool = True) -> list[Perceptron]:
    """Return a unit for each order of the rows of AND."""
    X, y = datasets.logic("and")
    return [
        Perceptron(lr=1, epochs=epochs).fit(X[[*order]], y[[*order]] if labels_too else y)
        for order in permutations(range(len(X)))
    ]
