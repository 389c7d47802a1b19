"""Compare what came after Adam with Adam, on three models of the course, for ``book/families.md``.

    python tools/make/after.py

Writes: tests/golden/after.json
Needs: numpy==2.4.6

Every method gets the rate with the lowest median held-back loss of five seeds, from a grid of two
rates a decade. The losses that are stored come from twenty other seeds. Takes a few minutes.
"""

import json
from pathlib import Path

import numpy as np

from dlzero.practice import compare

TARGET = Path(__file__).resolve().parents[2] / "tests" / "golden" / "after.json"
PROBLEMS = ("words_logistic", "digits_softmax", "digits_network")
RATES = {
    **dict.fromkeys(("adam", "amsgrad", "adamw", "radam", "adabelief"), "1e-4:1:9"),
    "lion": "1e-5:0.1:9",
    **dict.fromkeys(("sgd", "schedule_free"), "1e-2:100:9"),
}
STEPS = 430  # ten epochs of the digits, as in chapter 11
CHOOSING, REPORTED = range(5), range(100, 120)


def losses(problem, method, rates, seeds):
    """Return the held-back losses by rate."""
    results = compare(
        problem,
        method,
        rates={method: rates},
        seeds=seeds,
        budget=STEPS,
        defaults=False,
        store=None,
        jobs=1,
        points=2,
        progress=False,
    )
    found = {}
    for row in results:
        found.setdefault(row.lr, []).append(float(row.validation))  # infinite if it diverged
    return found


def main():
    """Write the file."""
    stored = {"made_by": "tools/make/after.py", "versions": {"numpy": np.__version__}, "runs": {}}
    for problem in PROBLEMS:
        stored["runs"][problem] = {}
        for method, rates in RATES.items():
            chosen = losses(problem, method, rates, CHOOSING)
            rate = min(chosen, key=lambda lr: np.median(chosen[lr]))
            at_the_edge = rate in (min(chosen), max(chosen))
            (reported,) = losses(problem, method, [rate], REPORTED).values()
            stored["runs"][problem][method] = {"lr": rate, "losses": reported}
            print(problem, method, rate, "EDGE" * at_the_edge, np.median(reported), flush=True)
    TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
