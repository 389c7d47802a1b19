"""Right and wrong answers to the exercises of chapter 11."""

import math

import numpy as np

from dlzero.practice import Results


def false_alarm(n, k):
    return 2 * sum(math.comb(n, i) for i in range(k, n + 1)) / 2**n


def schedule(t, lr, steps, first=1, end=0):
    warm = steps // 10
    if t <= warm:
        return lr * (t - 1 + first) / warm
    return lr * (steps + end - t) / (steps + end - warm)


def report(tried, fresh, chooses="tried", reports="fresh"):
    sets = {"tried": tried, "fresh": fresh}
    medians = {lr: np.median(losses) for lr, losses in sets[chooses].items()}
    lr = min(medians, key=medians.get)
    return lr, np.median(sets[reports][lr])


def best_of(tried, fresh):
    lr, _ = report(tried, fresh)
    return lr, min(fresh[lr])


def highest(tried, fresh):
    lr = max(tried, key=lambda lr: np.median(tried[lr]))
    return lr, np.median(fresh[lr])


def runs(methods=2, rates=1, seeds=range(100, 120), lower=20, problems=1, held_back=True):
    """Two methods: the first is lower with so many seeds."""
    return Results(
        {
            "problem": f"p{p}",
            "method": f"m{m}",
            "lr": 10.0**-r,
            "seed": s,
            "default": False,
            "budget": 9,
            "train": float(m == 0),
            "validation": float(m == (k < lower)) if held_back else math.nan,
        }
        for p in range(problems)
        for m in range(methods)
        for r in range(rates)
        for k, s in enumerate(seeds)
    )


def wider(n, ratio=lambda x: (x > 2) | (x < 0.5)):
    x = np.random.default_rng(3).normal(size=(2, 20_000, n))
    low, high = np.quantile(x, (0.25, 0.75), axis=2)
    return np.mean(ratio((high - low)[0] / (high - low)[1]))


def by_seed(a, b):
    return sum(a[seed] < b[seed] for seed in a.keys() & b.keys())


RIGHT = [
    ("11.1", (math.log(26), math.log(2), 0.5)),
    ("11.1", (3.258, 0.693, 0.5)),
    ("11.2", 0.03),
    ("11.3", false_alarm),
    ("11.4", schedule),
    ("11.5", report),
    ("11.6", (runs(), "better")),
    ("11.6", (runs(lower=3), "worse")),
    ("11.6", (runs(lower=16), "cannot tell")),
    ("11.6", (runs(held_back=False), "worse")),
    ("11.7", wider),
    ("11.8", by_seed),
]

WRONG = [
    ("11.1", (math.log10(26), math.log10(2), 0.5), "natural logarithm"),
    ("11.1", (math.log(26), 0.5, 0.5), "minus its logarithm"),
    ("11.1", (math.log(26), math.log(2), 1.0), "half in front"),
    ("11.1", (26, math.log(2), 0.5), "knows nothing"),
    ("11.2", 0.1, "Its mean"),
    ("11.2", 0.3, "not safe"),
    ("11.2", 1, "two of five"),
    ("11.2", 0.01, "Drop the rates"),
    ("11.3", lambda n, k: false_alarm(n, k) / 2, "either of the two"),
    ("11.3", lambda n, k: 2 * math.comb(n, k) / 2**n, "exactly"),
    ("11.3", lambda n, k: 0.5, "coin"),
    ("11.4", lambda t, lr, steps: schedule(t, lr, steps, first=0), "first step is lost"),
    ("11.4", lambda t, lr, steps: lr, "rise evenly"),
    ("11.4", lambda t, lr, steps: schedule(t, lr, steps, end=1), "should be 0"),
    ("11.4", lambda t, lr, steps: schedule(t, lr, steps) ** (1 + (t > steps // 10)), "fall evenly"),
    ("11.5", lambda *a: report(*a, chooses="fresh"), "Which runs may choose"),
    ("11.5", lambda *a: report(*a, reports="tried"), "fresh runs, since"),
    ("11.5", highest, "not the rate"),
    ("11.5", best_of, "median of its fresh"),
    ("11.6", (runs(lower=16), "better"), "not 'better'"),
    ("11.6", (runs(seeds=range(20)), "better"), "have chosen"),
    ("11.6", (runs(rates=2), "better"), "several rates"),
    ("11.6", (runs(methods=3), "better"), "two methods"),
    ("11.6", (runs(seeds=range(100, 110)), "better"), "share 10 seeds"),
    ("11.6", 3, "a pair"),
    ("11.7", lambda n: wider(n, lambda x: x > 2), "one of the two"),
    ("11.7", lambda n: 1 - wider(n), "Take the others"),
    ("11.7", lambda n: 0.2, "in every pair"),
    (
        "11.8",
        lambda a, b: sum(x < y for x, y in zip(a.values(), b.values(), strict=False)),
        "by their place",
    ),
    ("11.8", lambda a, b: sum(a[s] < b[s] for s in a), "no run with the seed"),
    ("11.8", lambda a, b: sum(a[s] <= b[s] for s in a.keys() & b.keys()), "not lower"),
    ("11.8", lambda a, b: sum(a.get(s, 0) < b.get(s, 0) for s in a.keys() | b.keys()), "missing"),
]
