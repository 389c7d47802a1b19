"""Measure the comparison: runs a second against cores and problem size, and its own cost a run.

    python benchmarks/practice.py            # some five minutes on two idle cores
    python benchmarks/practice.py --quick

The cost of the tool itself is the time of runs that do nothing: sending the task to a worker,
taking its answer back, storing it and moving the progress bar. Each figure is the best of some
repeats. Other work on the machine spoils the runs a second, and not the last column: the time of
the processor for the steps of a run. The script prints a table and writes practice.csv.
"""

import argparse
import csv
import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from dlzero import Network
from dlzero.practice import ModelProblem, Outcome, compare, problem

HERE = Path(__file__).resolve().parent
FIELDS = ("case", "parameters", "jobs", "runs", "seconds", "runs_per_second", "processor_ms")


class Nothing:
    """A problem whose runs take no time."""

    name = "nothing"

    def identity(self):
        """Return what the fingerprint is made of."""
        return self.name

    def check(self):
        """Find nothing wrong."""

    def run(self, rule, seed, budget, points):
        """Return an outcome at once."""
        return Outcome(train=1.0, seconds=0.0, steps=list(range(points)), curve=[1.0] * points)


def network(hidden):
    """The digits, with a hidden layer of so many units."""
    data = problem("digits_network").data
    return ModelProblem(
        f"network of {hidden}", lambda seed: Network((64, hidden, 10), random_state=seed), data
    )


def cases(quick):
    """Yield name, problem, number of parameters, seeds."""
    yield "nothing", Nothing(), 0, 200 if quick else 1000
    yield "rosenbrock", problem("rosenbrock"), 2, 10 if quick else 40
    for hidden in (8, 64) if quick else (8, 32, 128, 512):
        size = sum(p.size for p in Network((64, hidden, 10)).params)
        seeds = 4 if quick or hidden > 100 else 12
        yield f"digits, {hidden} hidden units", network(hidden), size, seeds


def measure(chosen, seeds, jobs, folder):
    """Return the seconds of a sweep of Adam, and those of the processor for a run's steps."""
    store = Path(folder) / f"{time.monotonic_ns()}.sqlite"
    began = time.perf_counter()
    results = compare(
        chosen, "adam", rates=None, seeds=seeds, budget=300, store=store, jobs=jobs, progress=True
    )
    seconds = time.perf_counter() - began
    assert len(results) == seeds
    assert {row["status"] for row in results} == {"ok"}
    return seconds, float(np.median([row["seconds"] for row in results]))


def main():
    """Measure all cases and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repeats", type=int, default=8)
    options = parser.parse_args()
    rows = []
    print(f"NumPy {np.__version__}, {os.cpu_count()} processors", flush=True)
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        for name, chosen, size, seeds in cases(options.quick):
            times = {1: [], 2: []}
            shown, sys.stderr = sys.stderr, nowhere  # the bar is part of the cost, not of the table
            try:
                # By turns, so that other work on the machine meets both.
                for turn, jobs in itertools.product(range(options.repeats + 1), times):
                    taken = measure(chosen, seeds, jobs, folder)
                    if turn:  # the first one starts the workers
                        times[jobs].append(taken)
            finally:
                sys.stderr = shown
            for jobs, taken in times.items():
                best, steps = (min(values) for values in zip(*taken, strict=True))
                rows.append((name, size, jobs, seeds, round(best, 4), seeds / best, 1000 * steps))
                print(
                    f"{name:24} {size:7} parameters, jobs={jobs}: {seeds / best:8.1f} runs/s, "
                    f"{1000 * best / seeds:8.3f} ms/run, "
                    f"{1000 * steps:8.3f} ms of a processor for its steps",
                    flush=True,
                )
    if not options.quick:
        with open(HERE / "practice.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(FIELDS)
            table.writerows([*row[:5], f"{row[5]:.4g}", f"{row[6]:.4g}"] for row in rows)


if __name__ == "__main__":
    main()
