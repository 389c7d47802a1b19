"""The exercises of chapter 11, optimizers in practice."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .forms import WrongForm, numbers


def exercise_1(answer: Any) -> str | None:
    """Check the answer: first losses."""
    letters, spam, grade = numbers(answer, 3)
    if np.isclose(letters, math.log10(26), atol=0.02):
        return "The loss is the natural logarithm, np.log, and not the one with base ten."
    if np.isclose(spam, 0.5, atol=0.005):
        return "One half is the probability of the right class. The loss is minus its logarithm."
    if np.isclose(grade, 1.0, atol=0.005):
        return "The mean square is right. The loss of the third one has a half in front."
    for name, came, right in (
        ("first", letters, math.log(26)),
        ("second", spam, math.log(2)),
        ("third", grade, 0.5),
    ):
        if not np.isclose(came, right, atol=0.02):
            return f"Came {came:.4g} for the {name}. What does a model answer that knows nothing?"
    return None


def exercise_2(answer: Any) -> str | None:
    """Check the answer: winning rate."""
    if answer == 0.03:
        return None
    if answer == 0.1:
        return "Its mean is the lowest, and its median is not. Sort the five, take the middle one."
    if answer == 0.3:
        return "Its median is the lowest, but one run diverged: the rate is not safe."
    if answer == 1:
        return "That rate has the lowest single run, and two of five diverge."
    return f"Came {answer}. Drop the rates at which a run diverged, then compare the medians."


def exercise_3(function: Callable) -> str | None:
    """Check the answer: false alarms of a count."""
    for n, k in ((20, 17), (20, 15), (5, 5), (10, 9), (7, 6)):
        came = float(function(n, k))
        one = sum(math.comb(n, i) for i in range(k, n + 1)) / 2**n
        if np.isclose(came, 2 * one):
            continue
        if np.isclose(came, one):
            return "That counts one of the methods. An alarm may name either of the two."
        if np.isclose(came, 2 * math.comb(n, k) / 2**n):
            return f"That is exactly {k} of {n}. More than {k} raise the alarm as well."
        return f"For {k} of {n} came {came:.4g}. Each seed is the toss of a coin."
    return None


def exercise_4(function: Callable) -> str | None:
    """Check the answer: warm-up and decay."""
    for lr, steps in ((1.0, 100), (0.3, 50), (2.0, 400)):
        warm = steps // 10
        came = np.array([float(function(t, lr, steps)) for t in range(1, steps + 1)])
        where = f"With lr={lr:g} and steps={steps} "
        if np.isclose(came[0], 0, atol=1e-12):
            return where + "the first rate is 0, and the first step is lost. Start at lr / warm."
        if not np.allclose(came[:warm], lr * np.arange(1, warm + 1) / warm):
            return where + f"the first {warm} rates should rise evenly from lr / {warm} to lr."
        if not np.isclose(came[-1], 0, atol=1e-12):
            return where + f"the last rate is {came[-1]:.4g}, and it should be 0."
        if not np.allclose(np.diff(came[warm - 1 :]), -lr / (steps - warm)):
            return where + "the rate should fall evenly from the end of the warm-up on."
    return None


def exercise_5(function: Callable) -> str | None:
    """Check the answer: fair report."""
    random = np.random.default_rng(115)
    for _ in range(20):
        tried = {lr: random.exponential(size=5).tolist() for lr in (0.01, 0.1, 1.0)}
        fresh = {lr: random.exponential(size=20).tolist() for lr in tried}
        came = numbers(function(tried, fresh), 2)
        by_tried = min(tried, key=lambda lr: float(np.median(tried[lr])))
        by_fresh = min(fresh, key=lambda lr: float(np.median(fresh[lr])))
        if np.allclose(came, (by_tried, np.median(fresh[by_tried]))):
            continue
        if np.isclose(came[0], by_fresh) and by_fresh != by_tried:
            return "The rate is still chosen by the runs that are reported. Which runs may choose?"
        if np.allclose(came, (by_tried, np.median(tried[by_tried]))):
            return "The rate is right. Report its fresh runs, since the tried ones chose it."
        if not np.isclose(came[0], by_tried):
            return "That is not the rate with the lowest median of the tried runs."
        return f"The rate is right. Came {came[1]:.4g} for it, not the median of its fresh runs."
    return None


def exercise_6(answer: Any) -> str | None:
    """Check the answer: own verdict."""
    try:
        results, word = answer
        rows = list(results.rows)
    except (TypeError, ValueError, AttributeError):
        raise WrongForm(
            f"Expected a pair: what compare returns, and a word. Came {answer!r:.60}."
        ) from None
    rows = [row for row in rows if not row["default"]]
    methods = list(dict.fromkeys(row["method"] for row in rows))
    if len({row["problem"] for row in rows}) != 1 or len(methods) != 2:
        return "Look at the rows: the exercise asks for one problem and two methods."
    if {row["seed"] for row in rows} & set(range(5)):
        return "Seeds 0 to 4 have chosen the rates. Judge with others, such as range(100, 120)."
    losses: list[dict[int, float]] = []
    for method in methods:
        mine = [row for row in rows if row["method"] == method]
        if len({row["lr"] for row in mine}) != 1:
            return f"{method} ran at several rates. Choose one with the seeds 0 to 4 first."
        losses.append({row["seed"]: _held_back(row) for row in mine})
    first, second = losses
    shared = sorted(first.keys() & second.keys())
    if len(shared) != 20:
        return f"Both methods share {len(shared)} seeds, and the rule 17 of 20 needs 20."
    lower = sum(first[seed] < second[seed] for seed in shared)
    higher = sum(first[seed] > second[seed] for seed in shared)
    right = "better" if lower >= 17 else "worse" if higher >= 17 else "cannot tell"
    if word != right:
        return (
            f"{methods[0]} is lower with {lower} seeds and higher with {higher}. By the rule 17 of "
            f"20 your word is not {word!r}. The words are better, worse, cannot tell."
        )
    return None


def exercise_7(function: Callable) -> str | None:
    """Check the answer: spreads of equal methods."""
    random = np.random.default_rng(117)
    for n in (5, 20):
        x = random.normal(size=(2, 40_000, n))
        low, high = np.quantile(x, (0.25, 0.75), axis=2)
        ratio = (high - low)[0] / (high - low)[1]
        right = float(np.mean((ratio > 2) | (ratio < 0.5)))
        came = float(function(n))
        if abs(came - right) < 0.02:
            continue
        if abs(came - right / 2) < 0.02:
            return "That counts one of the two methods. Either band may be the wide one."
        if abs(came - (1 - right)) < 0.02:
            return "That is the share of pairs within a factor of two. Take the others."
        return f"For {n} runs came {came:.3f}. Divide one width by the other, in every pair."
    return None


def exercise_8(function: Callable) -> str | None:
    """Check the answer: counts by seed."""
    if function({1: 0.1, 2: 0.5}, {2: 0.6, 1: 0.2}) != 2:
        return "The runs are still paired by their place. Pair them by their seed."
    try:
        came = function({1: 0.1, 3: 0.5}, {3: 0.4, 1: 0.2, 2: 0.1})
        again = function({1: 0.1, 3: 0.5, 2: 0.3}, {3: 0.4, 1: 0.2})
    except KeyError as error:
        return f"One of the two has no run with the seed {error}. Count the seeds that both have."
    if (came, again) != (1, 1):
        return f"With a missing run came {came} and {again}, expected 1. Take the shared seeds."
    if function({1: 0.1}, {1: 0.1}) != 0:
        return "An equal loss is not lower."
    return None


def _held_back(row: Any) -> float:
    """The loss that judges a run: of the held-back rows, if there are any."""
    return row["train"] if math.isnan(row["validation"]) else row["validation"]
