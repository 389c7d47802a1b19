"""What is known of a run: one record, from which the columns of every table come."""

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run gave. What a problem does not have is NaN.

    Attributes
    ----------
    status : {"ok", "diverged", "failed"}
        How it ended.
    reason : str
        Why, if not well.
    train, validation : float
        Final losses, infinite after a divergence.
    accuracy : float
        Share of right classes on the validation rows.
    seconds : float
        Of the processor, for the steps alone.
    steps : list of int
        The steps at which the loss was noted.
    curve : list of float
        The loss on all training rows at these steps.
    """

    status: str = "ok"
    reason: str = ""
    train: float = math.inf
    validation: float = math.nan
    accuracy: float = math.nan
    seconds: float = math.nan
    steps: list[int] = field(default_factory=list)
    curve: list[float] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        return vars(self)[name]


@dataclass(frozen=True, kw_only=True)
class Run(Outcome):
    """One row of the results: what was run, and what it gave.

    The fields can be read by name too.

    Attributes
    ----------
    problem, method : str
        Their names.
    hyper : str
        The hyper-parameters other than the rate.
    lr : float
        The learning rate.
    default : bool
        True if that rate is the rule's own default.
    seed : int
        Of the random numbers.
    budget : int
        Steps of the run.

    Examples
    --------
    >>> run = Run(problem="bowl", method="adam", lr=0.1, default=False, seed=0, budget=9, train=0.5)
    >>> run.train, run["train"], run.status
    (0.5, 0.5, 'ok')
    """

    problem: str
    method: str
    hyper: str = ""
    lr: float
    default: bool
    seed: int
    budget: int


#: The columns of a row, in the order of the CSV file.
COLUMNS = (*Run.__annotations__, *Outcome.__annotations__)
