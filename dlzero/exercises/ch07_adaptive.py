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
    if np.isclose(came, -0.1 * sum(ways), atol=5e-3):
        return "The start is right. Give more digits: four are enough."
    if np.isclose(came, 0.1 * sum(ways), atol=1e-5):
        return "The way is right and its sign is turned: a step goes against the gradient."
    if np.isclose(came, -0.3, atol=1e-6):
        return "Only the first step has the length of the rate. Look at what G holds afterwards."
    if np.isclose(came, -0.1 * (3 / 9 + 4 / 25 + 12 / 169), atol=1e-5):
        return "You divide by G. Look at the root in the formula."
    return f"Came {came:.6g}. Look at G after each gradient: squares are added up."


def exercise_2(answer: Any) -> str | None:
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
    """Run both on the same random gradients; return ``wrong(...)`` at the first difference.

    Its arguments are the number of the step, which value differs, what came and was expected,
    the weights before the step, which are still equal, and the gradient.
    """
    random, expected = np.random.default_rng(64), Rule(rule, **hyper)
    start = random.normal(size=shape)
    ours = came = (start, *expected.start(start))
    for t in range(1, 6):
        g = random.normal(size=shape) * np.geomspace(0.01, 100, np.prod(shape)).reshape(shape)
        before = ours[0]
        ours = expected.at(t)(ours[0], g, *ours[1:])
        came = function(came[0], g.copy(), *came[1:])
        if not isinstance(came, tuple) or len(came) != len(ours):
            raise WrongForm(f"Expected a function that returns {len(ours)} values, came {came!r}.")
        for k, (one, other) in enumerate(zip(came, ours, strict=True)):
            if np.shape(one) != np.shape(other) or not np.allclose(one, other, rtol=1e-9):
                return wrong(t, k, came, ours, before, g)
    return None


def _factor(came, ours, before):
    """Say what is wrong with steps that are all the same multiple of the right ones, or None."""
    ratio = (came - before) / (ours - before)
    if np.shape(ratio) != np.shape(before) or not np.allclose(ratio, np.ravel(ratio)[0], rtol=1e-4):
        return None
    ratio = np.ravel(ratio)[0]
    if ratio == 0:
        return "The weights do not move. Subtract the step."
    if np.isclose(ratio, -1, rtol=1e-4):
        return "Each step has the right length and goes uphill. Look at the sign."
    return (
        f"Each step is {ratio:.4g} times as long as it should be. "
        "The formula is right: look at the rate lr and its default."
    )


def exercise_3(function: Callable) -> str | None:
    """Check the answer: one accumulator each."""

    def wrong(t, k, came, ours, before, g):
        w, G = came
        if np.shape(G) == () or np.allclose(G, np.ravel(G)[0]):
            return "All weights still have the same G. Look at the sum: whose squares does it add?"
        if not np.allclose(G, ours[1]):
            return f"G is off after step {t}. Look at its line only: squares are added up."
        return _factor(w, ours[0], before) or f"Step {t} is off, and G is right. Look at the root."

    return _compare(function, adagrad, (3, 4), wrong, lr=0.1)


def _as_adagrad(lr, rho):
    """Return what is wrong with RMSProp under these two schedules, or None."""
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


def exercise_4(answer: Any) -> str | None:
    """Check the answer: adagrad as rmsprop."""
    if not isinstance(answer, tuple | list) or len(answer) != 2 or not all(map(callable, answer)):
        raise WrongForm(f"Expected a pair of functions (lr, rho), came {answer!r}.")
    problem = _as_adagrad(*answer)
    if problem and _as_adagrad(*answer[::-1]) is None:
        return "Both functions are right, and they come in the wrong order: first lr, then rho."
    return problem


def exercise_5(function: Callable) -> str | None:
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


def _left(kappa, angle):
    """Give the condition number after scaling the axes, for an angle in radians."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    H = turn @ np.diag([1, kappa]) @ turn.T
    scale = 1 / np.sqrt(np.diag(H))
    return np.linalg.cond(H * np.outer(scale, scale))


def exercise_6(function: Callable) -> str | None:
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


def exercise_7(function: Callable) -> str | None:
    """Check the answer: order of adadelta."""

    def wrong(t, k, came, ours, before, g):
        if k == 0 and np.allclose(before - came[0], g):
            return f"Step {t} is the whole gradient. Look at what E holds when d is computed."
        if k == 0:
            step = "The first step" if t == 1 else f"Step {t}"
            look = "Look at the fraction, and at what E and D hold when it is computed."
            return _factor(came[0], ours[0], before) or f"{step} is off. {look}"
        if k == 1:
            return f"E is off after step {t}. Look at its line: an exponential mean of the squares."
        return f"D is off after step {t}. It holds the squares of the steps, the newest included."

    return _compare(function, adadelta, (4,), wrong)


def _turned(w, g, G, lr, angle):
    """Do a step of AdaGrad along axes that are turned by an angle in radians."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    step, G = adagrad(np.zeros(2), turn.T @ g, G, lr=lr)
    return w + turn @ step, G


def exercise_8(function: Callable) -> str | None:
    """Check the answer: adagrad along other axes."""
    random = np.random.default_rng(67)
    for degrees in (0, 30, 45, 90, 137):
        angle, w, G = np.radians(degrees), random.normal(size=2), random.uniform(0.5, 2, size=2)
        g = np.array([3.0, 0.5]) * random.choice([-1, 1], 2)
        came = function(w.copy(), g.copy(), G.copy(), 0.1, degrees)
        if not isinstance(came, tuple | list) or len(came) != 2:
            raise WrongForm(f"Expected a function that returns the pair (w, G), came {came!r}.")
        right_w, right_G = _turned(w, g, G, 0.1, angle)
        w_is_right, G_is_right = np.allclose(came[0], right_w), np.allclose(came[1], right_G)
        if w_is_right and G_is_right:
            continue
        if degrees == 0:
            return "At 0 degrees it is not AdaGrad. Look at the rule before you turn anything."
        if np.allclose(came[0], _turned(w, g, G, 0.1, degrees)[0]):
            return "You read the angle as radians, and it comes in degrees. See np.radians."
        if np.allclose(came[1], _turned(w, g, G, 0.1, -angle)[1]):
            return (
                "You turn the gradient the other way. The floor runs along (cos, sin) of the angle."
            )
        if np.allclose(came[1], G + g**2):
            return "G adds up squares along the old axes. Turn the gradient first."
        if w_is_right:
            return f"w is right at {degrees} degrees, and G is {came[1]}, expected {right_G}."
        if G_is_right:
            return "G is right, and the step still lies along the turned axes. Turn it back."
        return f"At {degrees} degrees w is {came[0]}, expected {right_w}."
    return None
