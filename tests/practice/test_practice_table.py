"""The stored comparison of chapter 11 is that of the code of today."""

import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dlzero.practice import Method, Results, Run, problem, rate_range
from dlzero.practice import tasks as machinery

pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm", "matplotlib")

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "dlzero" / "practice" / "data" / "sweep.csv.gz"
METHODS_SHOWN = ("sgd", "momentum", "rmsprop", "adam", "nadam")  # in the figure of the rates


@pytest.fixture
def tool(monkeypatch):
    """The script, as a module."""
    monkeypatch.syspath_prepend(ROOT / "tools" / "make")
    import practice_table

    return practice_table


@pytest.fixture(scope="module")
def stored():
    return Results.from_csv(STORED)


def method_of(tool, row):
    """The method of a stored row, by its name."""
    for problems, methods, *_ in tool.parts():
        for method in methods:
            name = method if isinstance(method, str) else method.name
            if row["problem"] in problems and row["method"] == name:
                return Method(method, method) if isinstance(method, str) else method
    raise AssertionError(f"no such run: {row}")


def test_every_run_is_there_once(tool, stored):
    tried, fresh = Counter(), Counter()
    for problems, methods, rates, steps, defaults, seeds in tool.parts():
        for name in problems:
            for method in methods:
                key = name, getattr(method, "name", method), steps
                own = rate_range(rates) if isinstance(rates, str) else rates[method.name]
                tried[key] = (len(own) + defaults) * tool.SEEDS
                fresh[key] = (1 + defaults) * len(seeds)
    for expected, rows in (
        (tried, [r for r in stored if r.seed < tool.SEEDS]),
        (fresh, [r for r in stored if r.seed >= tool.FRESH[0]]),
    ):
        assert Counter((r["problem"], r["method"], r["budget"]) for r in rows) == expected
    keys = {(r["problem"], r["method"], r["lr"], r["default"], r["seed"]) for r in stored}
    assert len(keys) == len(stored) == sum(tried.values()) + sum(fresh.values())
    assert set(stored.column("status")) == {"ok", "diverged"}


def test_other_seeds_run_at_the_chosen_rate(tool, stored):
    for problems, methods, *_ in tool.parts():
        names = [getattr(method, "name", method) for method in methods]
        for name in problems:
            here = stored.filter(problem=name, method=names, default=False)
            tried = Results(row for row in here if row.seed < tool.SEEDS)
            fresh = {r.method: r.lr for r in here if r.seed >= tool.FRESH[0]}
            assert tool.chosen(tried) == fresh


def row(lr, seed, train, validation=math.nan, curve=(1.0,)):
    names = {"problem": "p", "method": "m", "default": False, "budget": 9}
    return Run(lr=lr, seed=seed, train=train, validation=validation, curve=list(curve), **names)


@pytest.mark.parametrize(
    ("losses", "rate"),
    [
        ({0.1: (0.5, 0.4, 0.3), 0.2: (0.1, 0.35, 0.9)}, 0.2),  # the median, not the mean
        ({0.1: (0.5, 0.4, 0.3), 0.2: (0.1, 0.1, math.inf)}, 0.1),  # safe before low
        ({0.1: (0.5, math.inf, 0.3), 0.2: (0.1, math.inf, math.inf)}, 0.1),  # none is safe
        ({0.1: (1e-9, 1e-9, 1e-9), 0.2: (0.0, 0.0, 0.0)}, 0.1),  # both have arrived
        ({0.1: (2e-8, 2e-8, 2e-8), 0.2: (0.0, 0.0, 0.0)}, 0.2),
    ],
)
def test_the_chosen_rate_is_safe_and_low(tool, losses, rate):
    rows = [row(lr, k, x) for lr, found in losses.items() for k, x in enumerate(found)]
    assert tool.chosen(Results(rows)) == {"m": rate}


def test_held_back_rows_choose_where_there_are_any(tool):
    rows = [row(0.1, k, 1e-5, 7.7) for k in range(3)] + [row(0.2, k, 0.3, 0.5) for k in range(3)]
    assert tool.chosen(Results(rows)) == {"m": 0.2}


def test_no_chosen_rate_is_worse_than_guessing(stored):
    guess = {"words_logistic": 2, "digits_softmax": 10, "digits_network": 10, "digits_deep": 10}
    rows = Results(r for r in stored if r.seed >= 100 and not r.default)
    for m in rows.filter(problem=list(guess)).median("validation"):
        assert m["median"] < math.log(guess[m["problem"]]), m


def test_the_advice_is_judged_where_the_grid_says(tool, stored):
    """The three rates are some of the grid's, tried with the same seeds to the same losses."""
    for name, rates in tool.THREE.items():
        advised = [r for r in stored.filter(method=name) if r.seed < tool.SEEDS]
        rule = name.partition(" + ")[0]
        grid = {
            (r.problem, r.lr, r.seed): r.validation
            for r in stored.filter(problem=list(tool.MODELS), method=rule, default=False)
        }
        assert {r.lr for r in advised} == set(rates)
        for r in advised:
            assert r.validation == grid[r.problem, r.lr, r.seed]


def test_walls_are_where_the_chapter_says(tool, stored):
    """Beyond a rate every run of SGD and momentum diverges, on surfaces and not on models."""
    lost = {}
    for row in stored:
        if row.seed < 100 and not row.default and row.method in METHODS_SHOWN:
            lost.setdefault((row.problem, row.method, row.lr), []).append(row.status != "ok")
    walls = {key[:2] for key, runs in lost.items() if all(runs)}
    some = {key[0] for key, runs in lost.items() if any(runs)}
    assert not some & set(tool.MODELS)
    for surface in ("rosenbrock", "noisy"):
        assert {m for p, m in walls if p == surface} == {"sgd", "momentum"}


def test_the_header_says_what_made_it(stored):
    lines = stored.message.split("\n")
    assert lines[0] == "make sweep"
    assert all(name in lines[1] for name in ("dlzero", "Python", "NumPy"))


def test_models_at_their_chosen_rates_have_curves(tool, stored):
    here = stored.filter(problem=list(tool.MODELS), method=list(tool.METHODS), default=False)
    assert all(row.curve for row in here if row.seed >= 100)


def test_the_file_is_small():
    assert STORED.stat().st_size < 1_000_000


def test_a_sample_runs_again_to_the_same_numbers(tool, stored):
    # From the best rate on, runs may be chaotic: there the last digit of a processor decides.
    rates = {(r.problem, r.method): r.lr for r in stored if r.seed >= 100 and not r.default}
    tame = [r for r in stored if r.lr < rates[r.problem, r.method]]
    rng = np.random.default_rng(8)
    sample = [tame[k] for k in rng.choice(len(tame), 16, replace=False)]
    wild = [r for r in stored if r["status"] == "diverged"]
    sample += [wild[k] for k in rng.choice(len(wild), 3, replace=False)]
    for row in sample:
        method, chosen = method_of(tool, row), problem(row["problem"])
        steps = row["budget"]
        again = chosen.run(method.at(row["lr"]), row["seed"], steps, 26)
        where = {k: row[k] for k in ("problem", "method", "lr", "seed")}
        assert again["status"] == row["status"], where
        for name in ("train", "validation", "accuracy"):
            close = pytest.approx(row[name], rel=1e-3, abs=1e-12, nan_ok=True)
            assert again[name] == close, (name, where)
        if row["curve"]:
            assert again["steps"] == row["steps"], where


def test_schedules_start_at_the_rate_and_end_low(tool):
    ends = {"constant": 0.4, "warm-up": 0.4, "step": 0.004, "exponential": 0.004, "cosine": 0.0}
    for method in tool.scheduled(500):
        rate = method.at(0.4).hyper["lr"]
        rule, _, name = method.name.partition(" + ")
        assert method.rule.name == rule
        assert rate(500) == pytest.approx(ends.get(name, 0.0), rel=0.02, abs=1e-3)
        warms = name.startswith("warm-up")
        assert rate(1) == pytest.approx(0.4 / 50 if warms else 0.4)
        falls = name in ("warm-up, cosine", "warm-up, linear")
        assert rate(50) == pytest.approx(0.4, rel=0.1) or not warms
        assert (rate(275) < 0.25) == (falls or name in ("step", "exponential", "cosine"))


def test_the_script_stores_rows_and_goes_on_after_ctrl_c(tool, tmp_path, monkeypatch, capsys):
    part = (("bowl",), ("sgd", "adam"), tool.RATES, 20, True, range(100, 103))
    monkeypatch.setattr(tool, "parts", lambda: [part])
    store, target = tmp_path / "a" / "runs.sqlite", tmp_path / "b" / "runs.csv.gz"
    command = ["practice_table.py", "--jobs", "1", "--store", str(store), "--target", str(target)]
    monkeypatch.setattr(sys, "argv", command)
    done = []

    # the default rates of both methods are rates of the grid too
    tried = 2 * 13 * 5

    def run_one(task, original=machinery.run_one):
        if len(done) == stop:
            raise KeyboardInterrupt
        done.append(task)
        return original(task)

    for stop in (29, tried + 1):  # noqa: B007
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(machinery, "run_one", run_one)
            assert tool.main() == 130
        assert not target.exists()
        assert "Interrupted: " in capsys.readouterr().out
    again = []
    first = machinery.run_one
    monkeypatch.setattr(machinery, "run_one", lambda task: again.append(task) or first(task))
    assert tool.main() == 0
    results = Results.from_csv(target)
    assert len(results) == 2 * 14 * 5 + 2 * 2 * 3
    fresh = [r for r in results if r.seed >= 100]
    rates = {(r.method, r.lr) for r in fresh}
    assert len(done) + len(again) == tried + 3 * len(rates)
    chosen = {(r.method, r.lr) for r in fresh if not r.default}
    for row in results:
        kept = row.seed in (0, 100) and not row.default and (row.method, row.lr) in chosen
        assert bool(row.curve) == kept
