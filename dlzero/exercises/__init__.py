"""Instant answers to the exercises of the lessons: ``check("1.1", answer)``."""

# Each chapter registers its checks.
from . import (  # noqa: F401
    chapter1,
    chapter2,
    chapter3,
    chapter4,
    chapter5,
    chapter6,
    chapter7,
    chapter8,
)
from ._registry import CHECKS, WrongForm

__all__ = ["CHECKS", "check"]


def check(number, answer):
    """Print at once whether an answer is right, and if not, what to look at.

    Parameters
    ----------
    number : str
        Number of the exercise, as in the lesson.
    answer : object
        What the exercise asks for; ``...`` for no answer yet.

    Raises
    ------
    ValueError
        For a number that no exercise has.

    Examples
    --------
    >>> from dlzero import check
    >>> check("1.2", ...)
    1.2  No answer yet. Replace the dots in the cell and run it again.
    >>> check("1.2", ([1, 1, 1], -1.5))
    1.2  Right.
    >>> check("1.2", ([1, 1, 1], -0.5))
    1.2  Not yet. For the row (0, 0, 1) your unit answers 1, expected 0. Look at the bias.
    """
    if number not in CHECKS:
        raise ValueError(f"No exercise {number!r}; the known ones are {', '.join(CHECKS)}.")
    if answer is ... or answer is None:
        print(f"{number}  No answer yet. Replace the dots in the cell and run it again.")
        return
    try:
        wrong = CHECKS[number](answer)
    except WrongForm as form:
        wrong = str(form)
    except Exception as error:  # a learner's answer may fail in any way
        wrong = f"It stopped with {type(error).__name__}: {error}"
    print(f"{number}  Not yet. {wrong}" if wrong else f"{number}  Right.")
