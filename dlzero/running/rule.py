"""A rule with its hyper-parameters, ready to run: the same two lines in every loop.

>>> from dlzero import adam
>>> rule, w = Rule(adam, lr=0.1), 1.0
>>> state = rule.start(w)
>>> for t in (1, 2, 3):
...     w, *state = rule.at(t)(w, 2 * w, *state)
>>> print(f"{w:.4f}")
0.7016
"""

import functools
import inspect
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..checks import as_array, as_float, is_number, shown
from .protocols import RuleFunction, Schedule

__all__ = ["Rule", "Step"]

FORM = "rule(w, g, *state[, t], lr=..., ...)"

# What the field's names for hyper-parameters allow; other names only have to be numbers.
NOT_NEGATIVE = ("zero or more, and finite", lambda x: 0 <= x < math.inf)
FRACTION = ("at least 0 and below 1", lambda x: 0 <= x < 1)
RANGES = {
    "lr": NOT_NEGATIVE,
    "eps": NOT_NEGATIVE,
    "weight_decay": NOT_NEGATIVE,
    "momentum_decay": NOT_NEGATIVE,
    "clip": ("zero or more", lambda x: x >= 0),
    "mu": ("from 0 to 1", lambda x: 0 <= x <= 1),
    "rho": FRACTION,
    "beta1": FRACTION,
    "beta2": FRACTION,
}


class Rule:
    """A rule with its hyper-parameters. It holds no array: whoever calls it keeps the state.

    Parameters
    ----------
    function : callable or Rule
        ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``. After ``w, g``, the names without
        a default are the state, ``t`` is the number of the step and counts from 1, the names
        with a default are hyper-parameters. A Rule gives its function and its values, and so
        does ``functools.partial(rule, lr=...)``.
    **hyper : float or function
        Hyper-parameters. A function is a schedule: ``lr(t)`` is the rate of step t.

    Attributes
    ----------
    function : callable
        The rule itself.
    name : str
        Its name.
    state : tuple of str
        The names of its state.
    uses_t : bool
        Whether it takes the number of the step.
    hyper : dict
        All hyper-parameters by name, defaults included. Make a new Rule to change them: what is
        written into the dictionary is not checked.

    Raises
    ------
    TypeError
        If `function` has another form, for an unknown hyper-parameter, and for a value that is
        neither a number nor a function.
    ValueError
        If a value is out of its range.

    Examples
    --------
    >>> from dlzero import momentum
    >>> rule = Rule(momentum, lr=0.1)
    >>> rule.state, rule.hyper
    (('v',), {'lr': 0.1, 'mu': 0.9})
    >>> Rule(momentum, learning_rate=0.1)
    Traceback (most recent call last):
    TypeError: momentum has no hyper-parameter 'learning_rate'. It knows: lr, mu.
    """

    function: RuleFunction
    hyper: dict[str, Any]

    def __init__(self, function: "RuleFunction | Rule", **hyper: float | Schedule) -> None:
        if type(function) is functools.partial and not function.args:
            hyper = {**function.keywords, **hyper}
            function = function.func
        if isinstance(function, Rule):
            hyper = {**function.hyper, **hyper}
        self.function = function.function if isinstance(function, Rule) else function
        self.name, self.state, self.uses_t, defaults = read_signature(self.function)
        for name, value in hyper.items():
            if name not in defaults:
                known = ", ".join(defaults) or "none"
                raise TypeError(f"{self.name} has no hyper-parameter {name!r}. It knows: {known}.")
            if value is not defaults[name]:  # what the author of the rule chose is not questioned
                hyper[name] = value if callable(value) else hyper_value(name, value)
        self.hyper = {**defaults, **hyper}

    def start(self, w: Any) -> list:
        """Return the state before the first step: zeros of the shape of w for each of its names."""
        return [np.zeros(np.shape(w), working_dtype(w)) for _ in self.state]

    def take_over(self, place: int, state: Any, w: np.ndarray) -> dict[str, np.ndarray]:
        """Return copies of the state that someone made for an array, or say why they do not fit."""
        if not isinstance(state, dict) or set(state) != set(self.state):
            raise ValueError(f"expected {self.state} as state of array {place}, got {shown(state)}")
        taken = {}
        for name in self.state:
            array = as_array(f"{name} of array {place}", state[name])
            if array.shape != w.shape or array.dtype.kind not in "iuf":
                raise ValueError(
                    f"expected {name} of array {place} to be real numbers of shape {w.shape}, "
                    f"got {array.dtype} of shape {array.shape}"
                )
            taken[name] = np.array(array, working_dtype(w), order="C")
        return taken

    def at(self, t: int) -> "Step":
        """Return the rule of step t, with the numbers that the schedules give for it."""
        now = {
            name: hyper_value(name, value(t), t) if callable(value) else value
            for name, value in self.hyper.items()
        }
        return Step(self, t, now)

    def check(self, new: Any, w: np.ndarray) -> None:
        """Refuse what a rule may not return."""
        name, names = self.name, ("w", *self.state)
        if not isinstance(new, tuple):
            form = f"({', '.join(names)})" if self.state else "(w,)"
            raise TypeError(f"{name} must return a tuple {form}, got {type(new).__name__}")
        if len(new) != len(names):
            raise ValueError(
                f"{name} must return {len(names)} values, {', '.join(names)}, got {len(new)}"
            )
        if np.shape(new[0]) != np.shape(w):
            raise ValueError(
                f"{name} got w of shape {w.shape} and must keep it, got shape {np.shape(new[0])}"
            )
        for part, value in zip(names, new, strict=True):
            array = np.asarray(value)
            if array.dtype.kind not in "biuf":
                raise TypeError(f"{name} must return real numbers as {part}, got {shown(value)}")
            if array.shape not in ((), np.shape(w)):
                raise ValueError(
                    f"{name} must return {part} of the shape of w, {w.shape}, got {array.shape}"
                )

    def __repr__(self) -> str:
        hyper = "".join(f", {name}={value!r}" for name, value in self.hyper.items())
        return f"Rule({self.name}{hyper})"


class Step:
    """One step of a rule: called with ``(w, g, *state)`` it returns the new ``(w, *state)``."""

    def __init__(self, rule: Rule, t: int, hyper: Mapping[str, float]) -> None:
        self.rule, self.t, self.hyper = rule, t, hyper

    def __call__(self, w: Any, g: Any, *state: Any) -> tuple:
        """Return the new ``(w, *state)``; w, g and the state stay as they are."""
        counter = (self.t,) if self.rule.uses_t else ()
        dtype = working_dtype(w)
        # The copies keep a rule that works in place from doing harm.
        w, g, *state = (np.array(a, dtype) for a in (w, g, *state))
        new = self.rule.function(w, g, *state, *counter, **self.hyper)
        self.rule.check(new, w)
        return tuple(np.asarray(array, dtype) for array in new)


def working_dtype(w: Any) -> np.dtype:
    """Give the dtype of computation and state: that of w, but float32 for float16."""
    return np.result_type(np.asarray(w).dtype, np.float32)


def read_signature(function: RuleFunction) -> tuple[str, tuple[str, ...], bool, dict]:
    """Read what a rule needs: its name, its state, whether it counts steps, its defaults."""
    if not callable(function):
        hint = " Names are looked up in dlzero.RULES." if isinstance(function, str) else ""
        raise TypeError(f"expected a function {FORM}, got {function!r}.{hint}")
    name = getattr(function, "__name__", type(function).__name__)
    declared = inspect.signature(function)
    parameters = declared.parameters.values()
    if any(p.kind is not p.POSITIONAL_OR_KEYWORD for p in parameters):
        raise TypeError(f"expected a function {FORM} without *, / or **, got {name}{declared}")
    needed = [p.name for p in parameters if p.default is p.empty]
    if needed[:2] != ["w", "g"] or "t" in needed[:-1]:
        raise TypeError(f"expected a function {FORM} with t last, got {name}{declared}")
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    uses_t = needed[-1] == "t"
    return name, tuple(needed[2 : -1 if uses_t else None]), uses_t, defaults


def hyper_value(name: str, value: Any, t: int | None = None) -> float:
    """Check one hyper-parameter; a NumPy scalar would turn float32 arrays to float64."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number or a function of the step, got {shown(value)}")
    number = as_float(value)
    exact = isinstance(value, int | np.integer) and abs(value) < 2**53
    kept = int(value) if exact else number  # a larger int times t may be beyond every float
    expected, fits = RANGES.get(name, ("a number", lambda x: not math.isnan(x)))
    if not fits(number) or (math.isinf(number) and value != number):  # beyond every float
        got = "got" if t is None else f"at step {t} its schedule gave"
        raise ValueError(f"{name} must be {expected}, {got} {shown(value)}")
    return kept
