"""The forms that the course's functions and objects have: its architecture on one screen."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np

__all__ = ["Model", "Schedule", "Stepper", "Transform"]

#: A rule: ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``.
RuleFunction = Callable[..., tuple]

#: The value of a hyper-parameter at step t, which counts from 1.
Schedule = Callable[[int], float]

#: ``(params, grads) -> grads``, on lists of arrays.
Transform = Callable[[list[np.ndarray], list[np.ndarray]], list[np.ndarray]]


class Model(Protocol):
    """What `train` can fit: parameters that change in place, and a loss with its gradient."""

    params: Any

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray) -> tuple[float, Any]:
        """Return the mean loss of a batch, and its gradient for each array of ``params``."""


@runtime_checkable
class Stepper(Protocol):
    """What `train` can step with, such as an `Optimizer`."""

    def step(self, params: list[np.ndarray], grads: list[np.ndarray]) -> None:
        """Change the parameters in place."""
