"""The exercises of chapter 8, the Adam family."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import datasets
from ..chapters.ch04_sgd import sgd, train
from ..chapters.ch06_momentum import momentum
from ..chapters.ch07_adaptive import rmsprop
from ..chapters.ch08_adam import adam, amsgrad
from ..models import LogisticRegression
from ..running.optimizer import Optimizer
from ..running.rule import Rule
from .forms import WrongForm, numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: two steps."""
    came = numbers(answer, 2)
    w1, m, v = adam(0.0, 2.0, 0.0, 0.0, 1, lr=0.1)
    w2, _, _ = adam(w1, 0.0, m, v, 2, lr=0.1)
    if np.allclose(came, (w1, w2), atol=1e-3):
        return None
    if not np.isclose(came[0], w1, atol=1e-3):
        return f"The first step is off: came {came[0]:.4g}. Look at its length, and at its sign."
    if np.isclose(came[1], w2 - w1, atol=1e-3):
        return "The second number is a step. Look at where it leads: the weight was at -0.1."
    if np.isclose(came[1], w1, atol=1e-3):
        return "The second gradient is zero, but m is not. Look at what m keeps."
    return f"The second weight is off: came {came[1]:.4g}. Look at the powers in the corrections."


def exercise_2(answer: Any) -> str | None:
    """Check the answer: two limits."""
    names = {"beta1", "beta2", "eps"}
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    if not pair or not all(isinstance(d, dict) and set(d) <= names for d in answer):
        raise WrongForm(f"Expected two dicts with beta1, beta2 or eps, came {answer!r}.")
    grads = np.random.default_rng(72).normal(size=1500)
    steps = [np.diff(_walk(adam, grads, lr=0.1, **d)) for d in answer]
    if not np.allclose(steps[0], -0.1 * np.sign(grads[1:]), atol=1e-4):
        if answer[0].get("beta1", 0.9) != 0:
            return "First rule: old gradients still steer the step. Look at what m keeps."
        return "First rule: the step is not one rate long. Look at what v keeps, and at eps."
    expected = np.diff(_walk(rmsprop, grads, lr=0.1))
    if not np.allclose(steps[1][1000:], expected[1000:], rtol=1e-3, atol=1e-6):
        if answer[1].get("beta1", 0.9) != 0:
            return "Second rule: rmsprop steps along the newest gradient. Look at what m keeps."
        return "Second rule: the squares are remembered for another time. Look at rho of rmsprop."
    return None


def exercise_3(answer: Any) -> str | None:
    """Check the answer: as momentum."""
    if not isinstance(answer, dict) or not set(answer) <= {"lr", "beta1", "beta2", "eps"}:
        raise WrongForm(f"Expected a dict of hyper-parameters of adam, came {answer!r}.")
    grads = np.random.default_rng(73).normal(size=320)
    came = np.diff(_walk(adam, grads, **answer)[300:])
    expected = np.diff(_walk(momentum, grads, lr=0.01, mu=0.9)[300:])
    if np.allclose(came, expected, rtol=0.01, atol=1e-4 * np.abs(expected).max()):
        return None
    lr, eps = answer.get("lr", 0.001), answer.get("eps", 1e-8)
    if eps and np.isclose(lr / eps, 0.1):
        return "The ratio lr/eps is right. Look at eps: beside it the root must count for nothing."
    factor = np.dot(came, expected) / np.dot(expected, expected)
    if np.allclose(came, factor * expected, rtol=0.01, atol=1e-4 * np.abs(came).max()):
        return f"The direction is right, the steps are {factor:.4g} times as long. Look at lr/eps."
    return "The scale still plays a part. Look at eps: how large must it be to outweigh the root?"


def exercise_4(function: Callable) -> str | None:
    """Check the answer: one clock."""
    rng = np.random.default_rng(76)
    params = [rng.normal(size=2), rng.normal(size=3)]
    expected = [w.copy() for w in params]
    optimizer = Optimizer(adam, lr=0.1)
    state = {"t": 0, "m": [0.0, 0.0], "v": [0.0, 0.0]}
    for _ in range(3):
        grads = [rng.normal(size=2), rng.normal(size=3)]
        with np.errstate(all="ignore"):
            function(params, [g.copy() for g in grads], state, 0.1)
        optimizer.step(expected, grads)
    if state["t"] != 3:
        return f"After 3 steps t is {state['t']}, expected 3. Look at where t is advanced."
    if not all(np.isfinite(w).all() for w in params):
        return "The weights are no numbers: the first step saw t = 0. Look at when t is advanced."
    if all(np.allclose(a, b) for a, b in zip(params, expected, strict=True)):
        return None
    return "The weights differ from those of adam. Change only what the clock needs."


def exercise_5(function: Callable) -> str | None:
    """Check the answer: golden."""
    if not _verdict(function, adam):
        return "It refuses adam itself. Look at the three numbers it compares with."
    for name, wrong in WRONG_ADAMS.items():
        if _verdict(function, wrong):
            return f"It accepts a wrong one: {name}. Look at a step or a gradient that shows it."
    return None


def _verdict(function, rule):
    """Return what a learner's check says; comparing NumPy numbers gives NumPy's own bool."""
    came = function(rule)
    if not isinstance(came, bool | np.bool_):
        raise WrongForm(f"Expected True or False from your check, came {came!r}.")
    return bool(came)


def exercise_6(answer: Any) -> str | None:
    """Check the answer: choice."""
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    if not (pair and callable(answer[0]) and isinstance(answer[1], dict)):
        raise WrongForm(f"Expected a rule and a dict of its hyper-parameters, came {answer!r}.")
    rule, hyper = answer
    came, least = _held_out_loss(rule, hyper), _best_of_sgd()
    if came <= 0.95 * least:
        return None
    found = f"The loss is {came:.3g}, and sgd at its best rate has {least:.3g}."
    if "lr" not in hyper:
        return f"{found} Look at lr: its default was not chosen for these words."
    for factor, word in ((1 / 3, "lower"), (3, "higher")):
        lr = hyper["lr"]
        if not callable(lr) and _held_out_loss(rule, hyper | {"lr": factor * lr}) < came:
            return f"{found} A {word} rate does better. Look at more of them."
    return f"{found} Look at rules that give each weight a rate of its own."


def exercise_7(answer: Any) -> str | None:
    """Check the answer: bound of adamax."""
    beta1, beta2 = 0.9, 0.999
    right = (1 - beta1) / (1 - beta1 / beta2)
    if np.isclose(float(answer), right, rtol=1e-4):
        return None
    if np.isclose(float(answer), 1, rtol=1e-4):
        return "Close. Gradients that shrink a little from step to step beat that. Look at the sum."
    return f"Came {answer}. Each past gradient is at most u / beta2**k. Look at what m is then."


def exercise_8(rule: Callable) -> str | None:
    """Check the answer: amsgrad of hats."""
    grads = np.random.default_rng(75).normal(size=40) * np.geomspace(3, 0.1, 40)
    came, expected, raw = (_walk(r, grads) for r in (rule, _amsgrad_hat, amsgrad))
    if np.allclose(came, expected):
        return None
    if np.allclose(came, raw):
        return "That is the form of the package. Look at what the maximum is taken of."
    return "The path differs. Look at the order: average, correct, maximum, step."


def exercise_9(function: Callable) -> str | None:
    """Check the answer: corrections."""
    mus = np.array([0.5, 0.9, 0.6, 0.8])
    came = numbers(function(mus.copy()), 4)
    right = 1 - np.cumprod(mus)
    if np.allclose(came, right):
        return None
    if np.allclose(came, 1 - mus):
        return "That holds in the first step only. Look at what the later steps keep of zero."
    if np.allclose(came, 1 - mus ** np.arange(1, 5)):
        return "A power needs one and the same factor in all steps. Look at each of them."
    return f"Came {came}. Put the constant gradient 1 into m, and see what m is."


def _held_out_loss(rule, hyper):
    """Return the median of three seeds, after three epochs on the words of chapter 7."""
    X, X_held, y, y_held = _words()
    losses = []
    for seed in range(3):
        model = LogisticRegression(X.shape[1])
        optimizer = Optimizer(rule, **hyper)
        train(model, X, y, optimizer=optimizer, epochs=3, random_state=seed)
        losses.append(model.loss_and_grad(X_held, y_held)[0])
    loss = np.median(losses)
    return loss if np.isfinite(loss) else np.inf


@functools.cache
def _words():
    return datasets.docstrings().split()


@functools.cache
def _best_of_sgd():
    return min(_held_out_loss(sgd, {"lr": lr}) for lr in (0.3, 1.0, 3.0))


def _walk(function, grads, **hyper):
    """Return the weights of a rule after each of some gradients, from zero."""
    rule, w, path = Rule(function, **hyper), 0.0, []
    state = rule.start(w)
    for t, g in enumerate(grads, 1):
        w, *state = rule.at(t)(w, g, *state)
        path.append(w)
    return np.array(path)


def _amsgrad_hat(w, g, m, v, v_hat_max, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    v_hat_max = np.maximum(v_hat_max, v / (1 - beta2**t))
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v_hat_max) + eps), m, v, v_hat_max


def _clock(count):
    """Make both corrections with a count of the steps of its own."""
    return (lambda t: 1 - 0.9 ** count(t)), (lambda t: 1 - 0.999 ** count(t))


def _wrong(correct1=None, correct2=None, eps_inside=False, square=True):
    """Make an Adam with one fault."""
    right1, right2 = _clock(lambda t: t)
    correct1, correct2 = correct1 or right1, correct2 or right2

    def rule(w, g, m, v, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * (g**2 if square else abs(g))
        v_hat = v / correct2(t)
        scale = np.sqrt(v_hat + eps) if eps_inside else np.sqrt(v_hat) + eps
        return w - lr * m / correct1(t) / scale, m, v

    return rule


WRONG_ADAMS = {
    "no correction at all": _wrong(lambda t: 1.0, lambda t: 1.0),
    "corrections without the power t": _wrong(*_clock(lambda t: 1)),
    "t stands still in the second step": _wrong(*_clock(lambda t: max(t - 1, 1))),
    "t runs twice as fast": _wrong(*_clock(lambda t: 2 * t)),
    "eps under the root": _wrong(eps_inside=True),
    "v averages abs(g)": _wrong(square=False),
}
