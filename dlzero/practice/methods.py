"""What is compared: a rule with some of its hyper-parameters set, and perhaps a schedule."""

from collections.abc import Callable, Mapping
from typing import Any

from ..checks import choice, function, text
from ..rules import RULES
from ..running.protocols import RuleFunction
from ..running.rule import Rule


class Method:
    """A rule with some of its hyper-parameters set, and perhaps a schedule.

    Parameters
    ----------
    name : str
        What the results call it.
    rule : callable, Rule or str
        ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``, or its name in `dlzero.RULES`.
        It becomes a `Rule`, with `hyper` set.
    hyper : mapping, optional
        Hyper-parameters other than ``lr``.
    schedule : callable, optional
        ``schedule(t, lr=...)`` gives the rate of step t from the rate of the grid, as the
        functions of `dlzero.schedules` do.

    Raises
    ------
    TypeError, ValueError
        As for `Rule`. And if the rule has no ``lr``, or `hyper` has one.

    Examples
    --------
    >>> from functools import partial
    >>> from dlzero import schedules
    >>> slow = Method("momentum 0.99", "momentum", {"mu": 0.99})
    >>> wave = Method("sgd, cosine", "sgd", schedule=partial(schedules.cosine, steps=300))
    >>> wave.at(0.1).hyper["lr"](301)
    0.0
    """

    def __init__(
        self,
        name: str,
        rule: RuleFunction | Rule | str,
        hyper: Mapping[str, Any] | None = None,
        schedule: Callable[..., float] | None = None,
    ) -> None:
        if isinstance(rule, str):
            rule = RULES[choice("rule", rule, RULES)]
        self.name, self.rule = text("name", name), Rule(rule, **(hyper or {}))
        self.schedule = function(f"method {name}: schedule", schedule, optional=True)
        if "lr" not in self.rule.hyper:
            raise TypeError(f"method {name}: the rule {self.rule.name} has no hyper-parameter lr")
        if "lr" in (hyper or {}) or callable(self.rule.hyper["lr"]):
            raise TypeError(f"method {name}: give lr as rates=..., and its course as schedule")

    @property
    def default_lr(self) -> float:
        """The rate that the rule has by default (float)."""
        return float(self.rule.hyper["lr"])

    def check(self) -> None:
        """Say what is wrong with a schedule, before anything runs: each is asked for step 1."""
        try:
            self.at(self.default_lr).at(1)
        except Exception as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            strange = not isinstance(error, TypeError | ValueError)
            words = f"{type(error).__name__}: {error}" if strange else str(error)
            raise kind(f"method {self.name}: {words}") from error

    def at(self, lr: float) -> Rule:
        """Return the rule with a rate of the grid, or with the schedule that begins there."""
        schedule = self.schedule
        return Rule(self.rule, lr=lr if schedule is None else lambda t: schedule(t, lr=lr))

    def __repr__(self) -> str:
        return f"Method({self.name!r}, {self.rule}, schedule={self.schedule})"

    def words(self) -> str:
        """Return the hyper-parameters that are not the rule's own, without the rate, as a text."""
        own = Rule(self.rule.function).hyper
        set_here = {n: v for n, v in self.rule.hyper.items() if n != "lr" and v != own[n]}
        return ", ".join(f"{name}={_word(value)}" for name, value in set_here.items())


def _word(value: Any) -> str:
    return getattr(value, "__name__", "schedule") if callable(value) else f"{value:g}"
