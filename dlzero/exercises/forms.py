"""What the checks of all chapters share: looks at the form of an answer."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats


def first_difference(X: NDArray, came: Iterable, expected: Iterable, look: str) -> str | None:
    """Name the first row whose answer is wrong."""
    for x, a, b in zip(X, came, expected, strict=True):
        if a != b:
            row = ", ".join(f"{v:g}" for v in x)
            return f"For the row ({row}) your unit answers {a:g}, expected {b:g}. {look}"
    return None


class WrongForm(Exception):
    """The answer has not the form that the exercise asks for."""


def unit_answers(unit: Any, X: NDArray) -> NDArray[np.int_]:
    """Answers of the unit (w, b) to the rows of X."""
    n = X.shape[1]
    try:
        w, b = unit
        w, b = np.array(w, dtype=float).reshape(n), float(b)
    except (TypeError, ValueError):
        raise WrongForm(f"Expected a pair (w, b): a list of {n} weights, and a number.") from None
    return (X @ w + b > 0).astype(int)


def numbers(answer: Any, n: int) -> Floats:
    """Return the n numbers of an answer, however they are nested."""
    try:
        flat = np.hstack([np.ravel(part) for part in answer]).astype(float)
    except (TypeError, ValueError):
        flat = np.array([])
    if len(flat) != n:
        raise WrongForm(f"Expected {n} numbers, came {answer!r}.")
    return flat


def fitted(unit: Any, kind: type) -> None:
    """Refuse what is not a fitted unit of the right class."""
    if type(unit).__name__ != kind.__name__ or not hasattr(unit, "coef_"):
        came = type(unit).__name__
        raise WrongForm(f"Expected a {kind.__name__} after fit(X, y), came a {came}.")
