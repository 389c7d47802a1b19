"""Instant answers to the exercises of the lessons: ``check("1.1", answer)``."""

import importlib
import pkgutil
from typing import Any

from .forms import WrongForm

__all__ = ["check", "known"]


def check(number: str, answer: Any) -> None:
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
    checker = _checker(number)
    if answer is ... or answer is None:
        print(f"{number}  No answer yet. Replace the dots in the cell and run it again.")
        return
    try:
        wrong = checker(answer)
    except WrongForm as form:
        wrong = str(form)
    except Exception as error:  # a learner's answer may fail in any way
        wrong = f"It stopped with {type(error).__name__}: {error}"
    print(f"{number}  Not yet. {wrong}" if wrong else f"{number}  Right.")


def known() -> list[str]:
    """Return the numbers of all exercises, in order.

    Returns
    -------
    list of str
        Such as ``"1.1"``.

    Examples
    --------
    >>> known()[:3]
    ['1.1', '1.2', '1.3']
    """
    return [
        f"{int(module.name[2:4])}.{name.removeprefix('exercise_')}"
        for module in pkgutil.iter_modules(__path__)
        if module.name.startswith("ch")
        for name in vars(importlib.import_module(f".{module.name}", __package__))
        if name.startswith("exercise_")
    ]


def _checker(number):
    """Return the function ``exercise_n`` in the module of the chapter, and import that alone."""
    chapter, _, n = str(number).partition(".")
    if chapter.isdecimal():
        for module in pkgutil.iter_modules(__path__, f"{__package__}."):
            if module.name.startswith(f"{__package__}.ch{int(chapter):02}_"):
                found = getattr(importlib.import_module(module.name), f"exercise_{n}", None)
                if found:
                    return found
    raise ValueError(f"No exercise {number!r}; the known ones are {', '.join(known())}.")
