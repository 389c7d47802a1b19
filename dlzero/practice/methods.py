"""What is compared: a rule with some of its hyper-parameters set, and perhaps a schedule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..checks import function
from ..rules import RULES
from ..running.protocols import RuleFunction
from ..running.rule import Rule


@dataclass(frozen=True)
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

    name: str
    rule: RuleFunction | Rule | str
    hyper: Mapping[str, Any] = field(default_factory=dict)
    schedule: Callable[..., float] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.rule, str) and self.rule not in RULES:
            known = ", ".join(sorted(RULES))
            raise ValueError(f"no rule named {self.rule!r}. The rules are: {known}.")
        rule = Rule(RULES[self.rule] if isinstance(self.rule, str) else self.rule, **self.hyper)
        if "lr" not in rule.hyper:
            raise TypeError(f"method {self.name}: the rule {rule.name} has no hyper-parameter lr")
        if "lr" in self.hyper or callable(rule.hyper["lr"]):
            raise TypeError(f"method {self.name}: give lr as rates=..., and its course as schedule")
        function(f"method {self.name}: schedule", self.schedule, optional=True)
        object.__setattr__(self, "rule", rule)

    @property
    def default_lr(self) -> float:
        """The rate that the rule has by default (float)."""
        return float(self.rule.hyper["lr"])

    def at(self, lr: float) -> Rule:
        """Return the rule with a rate of the grid, or with the schedule that begins there."""
        schedule = self.schedule
        return Rule(self.rule, lr=lr if schedule is None else lambda t: schedule(t, lr=lr))

    def words(self) -> str:
        """Return the hyper-parameters that are not the rule's own, without the rate, as a text."""
        own = Rule(self.rule.function).hyper
        set_here = {n: v for n, v in self.rule.hyper.items() if n != "lr" and v != own[n]}
        return ", ".join(f"{name}={_word(value)}" for name, value in set_here.items())


def _word(value: Any) -> str:
    return getattr(value, "__name__", "schedule") if callable(value) else f"{value:g}"
