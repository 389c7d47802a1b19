"""Every rule of the course by its name, for programs that are given one."""

from .chapters.ch03_gradient_descent import gradient_descent
from .chapters.ch04_sgd import sgd
from .chapters.ch06_momentum import momentum, nesterov
from .chapters.ch07_adaptive import adadelta, adagrad, rmsprop, rmsprop_centered
from .chapters.ch08_adam import (
    adabelief,
    adam,
    adamax,
    adamw,
    amsgrad,
    lion,
    nadam,
    radam,
    schedule_free,
)
from .running.protocols import RuleFunction

__all__ = ["RULES"]

#: Every rule of the course by its name, for programs that are given one.
RULES: dict[str, RuleFunction] = {
    rule.__name__: rule
    for rule in (
        *(gradient_descent, sgd, momentum, nesterov),
        *(adagrad, rmsprop, rmsprop_centered, adadelta),
        *(adam, adamax, nadam, amsgrad, adamw, radam, lion),
        *(adabelief, schedule_free),
    )
}
