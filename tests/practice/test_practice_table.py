"""The stored comparison of chapter 11 is that of the code of today."""

import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dlzero.practice import Method, Results, problem, rate_range
from dlzero.practice import tasks as machinery

pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm", "matplotlib")

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "lessons" / "data" / "sweep.csv.gz"


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
    for problems, methods, _, _ in tool.parts():
        for method in methods:
            name = method if isinstance(method, str) else method.name
            if row["problem"] in problems and row["method"] == name:
                return Method(method, method) if isinstance(method, str) else method
    raise AssertionError(f"no such run: {row}")


def test_every_run_is_there_once(tool, stored):
    expected = Counter()
    for problems, methods, steps, defaults in tool.parts():
        rates = len(rate_range(tool.RATES)) + defaults
        for name in problems:
            for method in methods:
                key = name, getattr(method, "name", method), steps
                expected[key] = rates * tool.SEEDS
    assert Counter((r["problem"], r["method"], r["budget"]) for r in stored) == expected
    keys = {(r["problem"], r["method"], r["lr"], r["default"], r["seed"]) for r in stored}
    assert len(keys) == len(stored)
    assert set(stored.column("status")) == {"ok", "diverged"}


def test_the_header_says_what_made_it(stored):
    lines = stored.message.split("\n")
    assert lines[0] == "make sweep"
    assert all(name in lines[1] for name in ("dlzero", "Python", "NumPy"))


def test_the_file_is_small():
    assert STORED.stat().st_size < 1_000_000


def test_a_sample_runs_again_to_the_same_numbers(tool, stored):
    # From the best rate on, runs may be chaotic: there the last digit of a processor decides.
    best = {(b["problem"], b["method"]): b["lr"] for b in stored.best()}
    tame = [r for r in stored if r["lr"] < best[r["problem"], r["method"]]]
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
    for method in tool.scheduled(500):
        rate = method.at(0.4).hyper["lr"]
        rule, _, name = method.name.partition(" + ")
        assert method.rule.name == rule
        ends = {"constant": 0.4, "warm-up": 0.4, "step": 0.004, "exponential": 0.004, "cosine": 0.0}
        assert rate(500) == pytest.approx(ends[name], rel=0.02, abs=1e-5)
        assert rate(1) == pytest.approx(0.4 / 50 if name == "warm-up" else 0.4)


def test_the_script_stores_rows_and_goes_on_after_ctrl_c(tool, tmp_path, monkeypatch, capsys):
    part = (("bowl",), ("sgd", "adam"), 20, True)
    monkeypatch.setattr(tool, "parts", lambda: [part])
    store, target = tmp_path / "a" / "runs.sqlite", tmp_path / "b" / "runs.csv.gz"
    command = ["practice_table.py", "--jobs", "1", "--store", str(store), "--target", str(target)]
    monkeypatch.setattr(sys, "argv", command)
    done = []

    def run_one(task, original=machinery.run_one):
        if len(done) == 29:
            raise KeyboardInterrupt
        done.append(task)
        return original(task)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machinery, "run_one", run_one)
        assert tool.main() == 130
    assert not target.exists()
    assert "Interrupted: 29 of" in capsys.readouterr().out
    again = []
    first = machinery.run_one
    monkeypatch.setattr(machinery, "run_one", lambda task: again.append(task) or first(task))
    assert tool.main() == 0
    # the default rates of both methods are rates of the grid too
    assert len(again) == 2 * 13 * 5 - 29
    results = Results.from_csv(target)
    assert len(results) == 2 * 14 * 5
    best = {b["method"]: b["lr"] for b in results.best()}
    for row in results:
        kept = row["default"] or row["lr"] == best[row["method"]]
        assert bool(row["curve"]) == kept
    assert all(math.isfinite(b["median"]) for b in results.best())
