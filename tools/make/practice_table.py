"""The comparison of chapter 11: every optimizer of chapters 3 to 8 on eleven problems.

    make sweep                                   # all of it; Ctrl-C stops it, and it can go on
    python tools/make/practice_table.py          # the same
    python tools/make/practice_table.py --quick  # a few runs, to see that all is well

Writes: lessons/data/sweep.csv.gz
Needs: dlzero[sweep]

Finished runs are kept in ``_build/sweep.sqlite``. When all are there, the rows go to
``lessons/data/sweep.csv.gz`` with the command, the versions and the time in the first lines.
Curves are kept for each method's best rate and its default.
"""

import argparse
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
TARGET = ROOT / "lessons" / "data" / "sweep.csv.gz"

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
)
SURFACES = ("ravine", "ravine_rotated", "rosenbrock", "beale", "saddle", "plateau", "noisy")
MODELS = ("words_logistic", "digits_softmax", "digits_network", "digits_deep")
RATES = "1e-4:100:13"
SEEDS = 5
STEPS = {"surfaces": 500, "models": 430}  # 430 mini-batches are ten epochs of the digits

# The rate falls to a hundredth, but for the cosine, which ends at zero.
SCHEDULES = {
    "constant": lambda steps: schedules.constant,
    "step": lambda steps: partial(schedules.step_decay, every=-(-steps // 3), factor=0.1),
    "exponential": lambda steps: partial(schedules.exponential_decay, factor=0.01 ** (1 / steps)),
    "cosine": lambda steps: partial(schedules.cosine, steps=steps),
    "warm-up": lambda steps: partial(schedules.warm_up, steps=steps // 10),
}


def scheduled(steps):
    """Return SGD, momentum and Adam with each schedule."""
    return [
        Method(f"{rule} + {name}", rule, schedule=make(steps))
        for rule in ("sgd", "momentum", "adam")
        for name, make in SCHEDULES.items()
    ]


def parts():
    """Return what `compare` is called with: problems, methods, steps, defaults."""
    surfaces, models = STEPS["surfaces"], STEPS["models"]
    return [
        (SURFACES, METHODS, surfaces, True),
        (MODELS, METHODS, models, True),
        (("noisy",), scheduled(surfaces), surfaces, False),
        (("digits_network",), scheduled(models), models, False),
    ]


def sweep(store=STORE, jobs=-1, rates=RATES, seeds=SEEDS, progress=True):
    """Run all parts and return the results, incomplete after Ctrl-C."""
    rows = []
    for problems, methods, steps, defaults in parts():
        results = compare(
            list(problems),
            list(methods),
            rates=rates,
            seeds=seeds,
            budget=steps,
            defaults=defaults,
            store=store,
            jobs=jobs,
            progress=progress,
        )
        rows += results.rows
        if not results.complete:
            return Results(rows, results.message, complete=False)
    return Results(rows)


def without_most_curves(results):
    """Return the rows, with curves for the best rate of each method and for its default alone."""
    best = {(b["problem"], b["method"], b["lr"]) for b in results.best()}
    return Results(
        row
        if row.default or (row.problem, row.method, row.lr) in best
        else replace(row, steps=[], curve=[])
        for row in results
    )


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
    small = {"rates": "1e-3:1e-1:2", "seeds": 1} if options.quick else {}
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
