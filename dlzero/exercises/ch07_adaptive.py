"""The exercises of chapter 7, the adaptive family."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..chapters.ch07_adaptive import adadelta, adagrad, rmsprop
from ..running.rule import Rule
from .forms import WrongForm, numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: three steps."""
    came = float(numbers([answer], 1)[0])
    ways = [3 / 3, 4 / 5, 12 / 13]
    if np.isclose(came, -0.1 * sum(ways), atol=1e-5):
        return None
    if np.isclose(came, 0.1 * sum(ways), atol=1e-5):
        return "The way is right and its sign is turned: a step goes against the gradient."
    if np.isclose(came, -0.3, atol=1e-6):
        return "Only the first step has the length of the rate. Look at what G holds afterwards."
    if np.isclose(came, -0.1 * (3 / 9 + 4 / 25 + 12 / 169), atol=1e-5):
        return "You divide by G. Look at the root in the formula."
    return f"Came {came:.6g}. Look at G after each gradient: squares are added up."


def exercise_2(answer: Any) -> str | None:
    """Check the answer: half life."""
    rho = float(numbers([answer], 1)[0])
    if np.isclose(rho, 0.5 ** (1 / 100), rtol=0, atol=2e-5):
        return None
    if np.isclose(rho, 0.99, rtol=0, atol=1e-6):
        return "0.99 has a half-life of 69 steps. 1 / (1 - rho) is about the mean age, another one."
    if not 0 < rho < 1:
        return f"Came {rho:.6g}; rho is between 0 and 1. Look at which power of it is one half."
    steps = np.log(0.5) / np.log(rho)
    return f"After {steps:.5g} steps this rho has halved a square's weight, expected 100."


def exercise_3(answer: Any) -> str | None:
    """Check the answer: height of the cycle."""
    came = float(numbers([answer], 1)[0])
    if np.isclose(came, 0.5, rtol=1e-3):
        return None
    if np.isclose(came, 0.1):
        return "That is |x| in the end. What is f there?"
    if np.isclose(came, 2.0):
        return "You took |x| = lr. The way from one side to the other is lr, so look at half of it."
    if came == 0:
        return "At a constant rate RMSProp does not arrive. Look at the limit cycle."
    return f"Came {came:.6g}. Look at the three lines about the limit cycle, then insert |x| in f."


def _compare(function, rule, shape, wrong, **hyper):
    """Run both on the same random gradients; return ``wrong(...)`` at the first difference."""
    random, expected = np.random.default_rng(64), Rule(rule, **hyper)
    start = random.normal(size=shape)
    ours = came = (start, *expected.start(start))
    for t in range(1, 6):
        g = random.normal(size=shape) * np.geomspace(0.01, 100, np.prod(shape)).reshape(shape)
        ours = expected.at(t)(ours[0], g, *ours[1:])
        came = function(came[0], g.copy(), *came[1:])
        if not isinstance(came, tuple) or len(came) != len(ours):
            raise WrongForm(f"Expected a function that returns {len(ours)} values, came {came!r}.")
        for k, (one, other) in enumerate(zip(came, ours, strict=True)):
            if np.shape(one) != np.shape(other) or not np.allclose(one, other, rtol=1e-9):
                return wrong(t, k, came, ours)
    return None


def exercise_4(function: Callable) -> str | None:
    """Check the answer: one accumulator each."""

    def wrong(t, k, came, ours):
        G = came[1]
        if np.shape(G) == () or np.allclose(G, np.ravel(G)[0]):
            return "All weights still have the same G. Look at the sum: whose squares does it add?"
        if not np.allclose(G, ours[1]):
            return f"G is off after step {t}. Look at its line only: squares are added up."
        return f"The step {t} is off, and G is right. Look at the root and at the sign."

    return _compare(function, adagrad, (3, 4), wrong, lr=0.1)


def exercise_5(answer: Any) -> str | None:
    """Check the answer: adagrad as rmsprop."""
    if not isinstance(answer, tuple | list) or len(answer) != 2 or not all(map(callable, answer)):
        raise WrongForm(f"Expected a pair of functions (lr, rho), came {answer!r}.")
    lr, rho = answer
    random = np.random.default_rng(65)
    w, v, ours, G = 0.0, 0.0, 0.0, 0.0
    for t in range(1, 31):
        g = random.normal()
        if not 0 <= rho(t) < 1:
            return f"rho({t}) is {rho(t):.6g}, expected a number from 0 up to 1. Count t from 1."
        before, ours_before = w, ours
        w, v = rmsprop(w, g, v, lr=lr(t), rho=rho(t))
        ours, G = adagrad(ours, g, G, lr=0.1)
        if not np.isclose(v, G / t, rtol=1e-9):
            return f"After step {t} v is not the plain mean of the squares. Look at rho({t})."
        if not np.isclose(w - before, ours - ours_before, rtol=1e-5):
            return f"v is the plain mean, and step {t} has another length. Look at lr({t})."
    return None


def exercise_6(function: Callable) -> str | None:
    """Check the answer: late."""
    random = np.random.default_rng(66)
    for missed in (0, 1, 7, 40):
        start, g, v0 = random.normal(), random.normal(), random.uniform(0.5, 2)
        w, v = start, v0
        for _ in range(missed):
            w, v = rmsprop(w, 0.0, v, lr=0.1, rho=0.9)
        w, v = rmsprop(w, g, v, lr=0.1, rho=0.9)
        came_w, came_v = function(start, g, v0, missed, 0.1, 0.9)
        if np.isclose(came_v, v) and np.isclose(came_w, w):
            continue
        if np.isclose(came_v, v):
            return f"v is right, and w is {came_w:.6g}, expected {w:.6g}. Look at the step itself."
        if np.isclose(came_v, 0.9 ** (missed + 1) * v0):
            return "v has faded, and the new gradient is not in it. Look at the step itself."
        if np.isclose(came_v, rmsprop(start, g, v0, lr=0.1, rho=0.9)[1]):
            return f"v has not faded for {missed} missed steps. What does each of them do to it?"
        return f"With {missed} missed steps v is {came_v:.6g}, expected {v:.6g}."
    return None


def exercise_7(function: Callable) -> str | None:
    """Check the answer: order of adadelta."""

    def wrong(t, k, came, ours):
        if t == 1 and k == 0:
            return "The first step is off. Look at what E holds when the fraction is computed."
        if k == 1:
            return f"E is off after step {t}. Look at its line: an exponential mean of the squares."
        if k == 2:
            return (
                f"D is off after step {t}. It holds the squares of the steps, the newest included."
            )
        return f"Step {t} is off. Look at the order of the three lines."

    return _compare(function, adadelta, (4,), wrong)


def _left(kappa, angle):
    """Give the condition number after scaling the axes, for an angle in radians."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    H = turn @ np.diag([1, kappa]) @ turn.T
    scale = 1 / np.sqrt(np.diag(H))
    return np.linalg.cond(H * np.outer(scale, scale))


def exercise_8(function: Callable) -> str | None:
    """Check the answer: condition left."""
    for kappa, alpha in ((100, 0), (100, 45), (100, 90), (100, 15), (7, 30), (1, 20), (1000, 3)):
        right = _left(kappa, np.radians(alpha))
        came = float(function(kappa, alpha))
        if np.isclose(came, right, rtol=1e-6):
            continue
        if alpha == 0 and np.isclose(came, kappa):
            return "Along the axes you leave all of kappa. Look at the scaling: it must be done."
        if np.isclose(came * right, 1):
            return "You divide the small curvature by the large one. Look at the sign of q."
        if np.isclose(came, _left(kappa, alpha)):
            return "You read the angle as radians, and it comes in degrees. See np.radians."
        return f"For kappa {kappa} and {alpha} degrees came {came:.6g}, expected {right:.6g}."
    return None
