"""The comparison of chapter 11: every optimizer of chapters 3 to 8 on eleven problems.

    make sweep                                   # all of it; Ctrl-C stops it, and it can go on
    python tools/make/practice_table.py          # the same
    python tools/make/practice_table.py --quick  # a few runs, to see that all is well

Writes: dlzero/practice/data/sweep.csv.gz
Needs: dlzero[sweep]

Five seeds choose a rate for each method on each problem. Other seeds, from 100 on, then run at that
rate and at the default: twenty of them, and sixty where schedules meet, since there the chapter
compares spreads. The advice of the chapter, three rates for each of two rules, is judged like that
too.

Finished runs are kept in ``_build/sweep.sqlite``. When all are there, the rows go to
``dlzero/practice/data/sweep.csv.gz``, with command, versions and time in the first lines.
Curves are kept where a model is trained at its chosen rate with a fresh seed, and for few others.
"""

import argparse
import math
import os
import platform
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

import dlzero
from dlzero import schedules
from dlzero.practice import Method, Results, compare

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / "_build" / "sweep.sqlite"
TARGET = ROOT / "dlzero" / "practice" / "data" / "sweep.csv.gz"

METHODS = (
    "sgd",
    "momentum",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adadelta",
    "adam",
    "adamax",
    "nadam",
    "amsgrad",
    "adamw",
    "radam",
    "lion",
    "adabelief",
)
SURFACES = ("ravine", "ravine_rotated", "rosenbrock", "beale", "saddle", "plateau", "noisy")
MODELS = ("words_logistic", "digits_softmax", "digits_network", "digits_deep")
RATES = "1e-4:100:13"
# What the chapter says to try: the names are those of the methods in the rows.
THREE = {"adamw + three rates": (0.001, 0.01, 0.1), "nesterov + three rates": (0.01, 0.1, 1.0)}
SEEDS = 5
FRESH = range(100, 120)
SPREAD = range(100, 160)
ARRIVED = 1e-8  # of the loss at the start; below that, one loss is as good as another
STEPS = {"surfaces": 500, "models": 430}  # 430 mini-batches are ten epochs of the digits


def linear(t, lr, steps):
    """Go down to zero along a straight line."""
    return lr * max(0.0, 1 - (t - 1) / steps)


def warmed(t, lr, steps, after):
    """Warm up for a tenth of the steps, on a rate that falls from the first step on."""
    return schedules.warm_up(t, steps=steps // 10) * after(t, lr=lr, steps=steps)


# "step" and "exponential" fall to a hundredth; "cosine" and "linear" end at zero.
SCHEDULES = {
    "constant": lambda steps: schedules.constant,
    "step": lambda steps: partial(schedules.step_decay, every=-(-steps // 3), factor=0.1),
    "exponential": lambda steps: partial(schedules.exponential_decay, factor=0.01 ** (1 / steps)),
    "cosine": lambda steps: partial(schedules.cosine, steps=steps),
    "warm-up": lambda steps: partial(schedules.warm_up, steps=steps // 10),
    "warm-up, cosine": lambda steps: partial(warmed, steps=steps, after=schedules.cosine),
    "warm-up, linear": lambda steps: partial(warmed, steps=steps, after=linear),
}


def scheduled(steps):
    """Return SGD, momentum and Adam with each schedule."""
    return [
        Method(f"{rule} + {name}", rule, schedule=make(steps))
        for rule in ("sgd", "momentum", "adam")
        for name, make in SCHEDULES.items()
    ]


def parts():
    """Return all calls: problems, methods, rates, steps, whether defaults run, fresh seeds."""
    surfaces, models = STEPS["surfaces"], STEPS["models"]
    advised = [Method(name, name.partition(" + ")[0]) for name in THREE]
    return [
        (SURFACES, METHODS, RATES, surfaces, True, FRESH),
        (MODELS, METHODS, RATES, models, True, FRESH),
        (("noisy",), scheduled(surfaces), RATES, surfaces, False, SPREAD),
        (("digits_network",), scheduled(models), RATES, models, False, SPREAD),
        (MODELS, advised, THREE, models, False, FRESH),
    ]


def chosen(results):
    """Return the rate of each method on the one problem of the results.

    A rate is *safe* if no run diverged. Among the safe rates the lowest median wins: of the loss on
    held-back rows, or of the loss itself where there are none. Where several have arrived, it is
    the smallest. Without a safe rate the one with the most finite runs is taken.
    """
    rows = [row for row in results if not row.default]
    held_back = any(math.isfinite(row.validation) for row in rows)
    start = next(row.curve[0] for row in rows if row.curve)
    losses = {}
    for row in rows:
        loss = row.validation if held_back else row.train
        losses.setdefault((row.method, row.lr), []).append(loss)
    found = {}
    for (method, lr), values in sorted(losses.items()):
        lost = sum(not math.isfinite(loss) for loss in values)
        arrived = 0.0 if held_back else ARRIVED * start
        rank = lost, max(float(np.median(values)), arrived), lr
        found[method] = min(found.get(method, rank), rank)
    return {method: lr for method, (_, _, lr) in found.items()}


def sweep(store=STORE, jobs=-1, rates=None, seeds=SEEDS, progress=True, few=None):
    """Run all parts and return the results, incomplete after Ctrl-C.

    `rates` stand for those of each part, and only the first `few` fresh seeds run.
    """
    rows = []
    options = {"store": store, "jobs": jobs, "progress": progress}
    for problems, methods, own, steps, defaults, fresh in parts():
        common = options | {"budget": steps, "defaults": defaults}
        tried = compare(list(problems), list(methods), rates=rates or own, seeds=seeds, **common)
        rows += tried.rows
        if not tried.complete:
            return Results(rows, tried.message, complete=False)
        for problem in problems:
            rate = chosen(tried.filter(problem=problem))
            again = compare(problem, list(methods), rates=rate, seeds=list(fresh)[:few], **common)
            rows += again.rows
            if not again.complete:
                return Results(rows, again.message, complete=False)
    return Results(rows)


def without_most_curves(results):
    """Return the rows, with the curves that the chapter reads.

    They are those of fresh seeds that train a model at its chosen rate, and else those of the first
    tuning seed and of the first fresh one there.
    """
    rates = {(r.problem, r.method, r.lr) for r in results if r.seed >= FRESH[0] and not r.default}

    def is_read(row):
        if row.default or (row.problem, row.method, row.lr) not in rates:
            return False
        trains = row.problem in MODELS and row.method in METHODS
        return row.seed in (0, FRESH[0]) or (row.seed > FRESH[0] and trains)

    return Results(row if is_read(row) else replace(row, steps=[], curve=[]) for row in results)


def main():
    """Run the sweep and store its rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=-1, help="runs at a time; -1: all processors")
    parser.add_argument("--store", type=Path, default=STORE, help="file that keeps finished runs")
    parser.add_argument("--target", type=Path, default=TARGET, help="file for the rows")
    parser.add_argument("--quick", action="store_true", help="two rates and one seed only")
    options = parser.parse_args()
    options.store.parent.mkdir(parents=True, exist_ok=True)
    options.target.parent.mkdir(parents=True, exist_ok=True)
    small = {"rates": "1e-3:1e-1:2", "seeds": 1, "few": 1} if options.quick else {}
    results = sweep(options.store, options.jobs, progress=sys.stderr.isatty(), **small)
    if not results.complete:
        print(results.message)
        return 130
    hours = sum(row["seconds"] for row in results) / 3600
    header = (
        "make sweep" + (" (--quick)" if options.quick else ""),
        f"dlzero {dlzero.__version__}, Python {platform.python_version()}, NumPy {np.__version__}",
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        f"{len(results)} runs, {hours:.2f} hours of one processor for their steps",
        f"finished {time.strftime('%Y-%m-%d', time.gmtime())}",
    )
    without_most_curves(results).to_csv(options.target, header)
    print(f"{len(results)} runs are in {options.target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
