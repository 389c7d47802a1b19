"""The comparison: its rows, its doors, and how it goes on after an interruption."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace

import numpy as np
import pytest
from comparisons import QUIET, ROOT, bowl, plain, stored

from dlzero import RULES, surfaces
from dlzero.models import LinearRegression
from dlzero.practice import (
    COLUMNS,
    FunctionProblem,
    Method,
    ModelProblem,
    Results,
    compare,
    extras,
    keys,
    problem,
    rate_range,
)

pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm")


def test_every_combination_is_a_row():
    rates, seeds = [0.01, 0.1], [3, 7]
    arguments = {"rates": rates, "seeds": seeds, "budget": 10}
    results = compare([bowl(), "ravine"], ["sgd", "adam"], **arguments, **QUIET)
    assert results.complete
    assert results.message == ""
    found = [(r["problem"], r["method"], r["default"], r["lr"], r["seed"]) for r in results]
    expected = [
        (p, m, default, lr, seed)
        for p in ("bowl", "ravine")
        for m, own in (("sgd", 0.01), ("adam", 0.001))
        for default, lr in ((False, 0.01), (False, 0.1), (True, own))
        for seed in seeds
    ]
    assert found == expected
    assert {f.name for f in fields(results.rows[0])} == set(COLUMNS)


def test_progress_shows_runs_failures_and_time_left(capsys):
    def rule(w, g, lr=0.1):
        if lr == 0.2:
            raise ZeroDivisionError
        return (w - lr * g,)

    compare(bowl(), rule, rates=[0.2], seeds=3, jobs=1, store=None, budget=5)
    shown = capsys.readouterr().err
    assert "6/6 runs, 3 failed, 00:00 left" in shown
    assert "\n" not in shown.strip()  # one line


def test_no_progress_is_shown_to_who_does_not_want_it(capsys):
    compare(bowl(), "sgd", rates=None, seeds=3, jobs=1, store=None, budget=5, progress=False)
    assert capsys.readouterr().err == ""


def test_progress_counts_what_was_stored(capsys, tmp_path):
    arguments = {"rates": None, "jobs": 1, "store": tmp_path / "a", "budget": 5}
    compare(bowl(), "sgd", seeds=3, progress=False, **arguments)
    compare(bowl(), "sgd", seeds=4, progress=True, **arguments)
    shown = capsys.readouterr().err
    assert "3/4 runs" in shown
    assert "4/4 runs, 0 failed" in shown
    assert "0/4" not in shown


ARGUMENTS = ["--problem", "noisy", "--methods", "sgd,adam", "--seeds", "3", "--budget", "1000"]
ARGUMENTS += ["--rates", "1e-3:1:7", "--quiet"]


def command(*arguments, program=("-m", "dlzero"), **options):
    return subprocess.Popen(
        [sys.executable, *program, "compare", *ARGUMENTS, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def wait_for(path, runs, process):
    for _ in range(12_000):
        if stored(path) >= runs:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("no run was stored within two minutes")


@pytest.fixture(scope="module")
def whole():
    """What the sweep gives that nobody interrupts."""
    return plain(compare("noisy", ["sgd", "adam"], rates="1e-3:1:7", seeds=3, budget=1000, **QUIET))


@pytest.mark.skipif(os.name == "nt", reason="no process groups")
def test_killed_twice_and_started_again_gives_the_same_table(tmp_path, whole):
    path, table = tmp_path / "runs.sqlite", tmp_path / "runs.csv"
    for runs in (3, 9):
        process = command("--jobs", 2, "--store", path)
        wait_for(path, runs, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        kept = stored(path)
        assert runs <= kept < 42
    process = command("--jobs", 1, "--store", path, "--csv", table)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    results = compare(
        "noisy",
        ["sgd", "adam"],
        rates="1e-3:1:7",
        seeds=3,
        budget=1000,
        jobs=1,
        store=path,
        progress=False,
    )
    assert plain(results) == whole
    losses = [json.loads(row)["train"] for row in whole]
    np.testing.assert_allclose(Results.from_csv(table).column("train"), losses, rtol=1e-5)


# What a script starts in the background would not hear Ctrl-C; the tests may run there.
HEARS = """
import signal, sys
from dlzero.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="no process groups")
def test_ctrl_c_keeps_what_is_done(tmp_path):
    path = tmp_path / "runs.sqlite"
    process = command("--jobs", 1, "--store", path, program=("-c", HEARS))
    wait_for(path, 3, process)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in errors
    kept = stored(path)
    assert 3 <= kept < 42
    assert f"Interrupted: {kept} of 42 runs are kept in {path}" in errors
    assert "noisy: final train loss" in out


@pytest.mark.parametrize("kind", ["function", "model"])
def test_ctrl_c_within_a_run(kind, tmp_path):
    calls = []

    def rule(w, g, lr=0.01):
        calls.append(1)
        if len(calls) == 30:
            raise KeyboardInterrupt
        return (w - lr * g,)

    chosen = bowl() if kind == "function" else problem("iris_logistic")
    # the model has two arrays, so each step calls the rule twice
    budget = 12 if kind == "function" else 6
    arguments = {"rates": None, "seeds": 4, "jobs": 1, "progress": False}
    results = compare(chosen, rule, budget=budget, store=tmp_path / "a", **arguments)
    assert not results.complete
    assert [row["seed"] for row in results] == [0, 1]
    assert results.message.startswith("Interrupted: 2 of 4 runs are kept in")


def with_gradient(gradient):
    return FunctionProblem("own", lambda x: x @ x, gradient, (3.0, 3.0))


class WrongShape(LinearRegression):
    """A model whose gradient has the wrong shape."""

    def loss_and_grad(self, X, y):
        loss, (w, b) = super().loss_and_grad(X, y)
        return loss, [w[:-1], b]


ten = problem("diabetes_linear").data


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (
            {"problems": "banana"},
            ValueError,
            "problem must be one of .*'beale', .*, got 'banana'",
        ),
        ({"problems": []}, ValueError, "problems is empty"),
        ({"problems": [bowl(), bowl()]}, ValueError, "two problems have the name 'bowl'"),
        ({"problems": surfaces.beale()}, TypeError, "problems must be names, FunctionProblem"),
        ({"methods": "adamm"}, ValueError, "rule must be one of .*'adam', .*, got 'adamm'"),
        ({"methods": []}, ValueError, "methods is empty"),
        ({"methods": ["sgd", "sgd"]}, ValueError, "two methods have the name 'sgd'"),
        ({"methods": 3}, TypeError, "expected a function"),
        ({"methods": lambda w, g: (w - g,)}, TypeError, "has no hyper-parameter lr"),
        ({"rates": []}, ValueError, "rates is empty"),
        ({"rates": "1e-3:1"}, ValueError, "is no range. Write low:high:count"),
        ({"rates": "1e-3:1:4:5"}, ValueError, "is no range"),
        ({"rates": "1:1e-3:4"}, ValueError, "0 < low < high"),
        ({"rates": "0:1:4"}, ValueError, "0 < low < high"),
        ({"rates": "1e-3:1:1"}, ValueError, "count of at least 2"),
        ({"rates": "1e-3:inf:3"}, ValueError, "is no range"),
        ({"rates": "low:high:3"}, ValueError, "is no range"),
        ({"rates": [0.1, -1]}, ValueError, "each of rates must be positive, got -1"),
        ({"rates": [math.nan]}, ValueError, "each of rates must be finite, got nan"),
        ({"rates": ["a"]}, TypeError, "each of rates must be a number, got 'a'"),
        ({"rates": [None]}, TypeError, "each of rates must be a number, got None"),
        ({"rates": True}, TypeError, "each of rates must be a number, got True"),
        ({"rates": np.array(0.1)}, TypeError, "each of rates must be a number, got array"),
        ({"rates": {"adam": [1]}}, ValueError, "'adam', which is no method"),
        ({"rates": {}}, ValueError, r"no entry for \['sgd'\]"),
        ({"seeds": 0}, ValueError, "seeds must be at least 1, got 0"),
        ({"seeds": []}, ValueError, "seeds is empty"),
        ({"seeds": [-1]}, ValueError, "each of seeds must be at least 0, got -1"),
        ({"seeds": [None]}, TypeError, "each of seeds must be a whole number, got None"),
        ({"budget": 0}, ValueError, "budget must be at least 1, got 0"),
        ({"budget": 2.5}, TypeError, "budget must be a whole number, got 2.5"),
        ({"points": 1}, ValueError, "points must be at least 2, got 1. Try 26"),
        ({"jobs": 0}, ValueError, "jobs must not be 0. Give how many runs at a time, or -1"),
        ({"jobs": -2}, ValueError, "jobs must be at least -1, got -2. Give how many"),
        ({"jobs": "a"}, TypeError, "jobs must be a whole number, got 'a'. Give how many"),
        ({"jobs": 2.5}, TypeError, "jobs must be a whole number, got 2.5"),
        ({"address": "tcp://a:1"}, ValueError, "address='tcp://a:1' goes with backend='dask'"),
        ({"address": 3, "backend": "dask"}, TypeError, "address must be a text, got 3"),
        ({"progress": 3}, TypeError, "progress must be"),
        ({"store": ":memory:"}, ValueError, "':memory:' is no file to SQLite. Give the path"),
        ({"store": "file:a?mode=memory"}, ValueError, "is no file to SQLite"),
        ({"store": ""}, ValueError, "store must be the path of a file, got ''"),
        ({"methods": {"sgd"}}, TypeError, r"methods must be a list, .* Try list\(methods\)"),
        ({"methods": RULES}, TypeError, "methods must be a list"),
        ({"problems": iter(["bowl"])}, TypeError, "problems must be a list"),
        ({"rates": {0.1, 0.2}}, TypeError, "rates must be an array or a list, got {0.1, 0.2}"),
        ({"rates": iter([0.1])}, TypeError, r"rates must be .* Try list\(rates\)"),
        ({"rates": np.ma.array([0.1, 1], mask=[0, 1])}, ValueError, "rates must be complete"),
        ({"seeds": iter([1])}, TypeError, r"seeds must be .* Try list\(seeds\)"),
        *(
            ({"methods": Method("own", "momentum", **wrong)}, error, f"method own: {words}")
            for wrong, error, words in (
                ({"hyper": {"mu": lambda t: 2}}, ValueError, "mu must be from 0 to 1, at step 1"),
                ({"hyper": {"mu": lambda: 0.9}}, TypeError, "<lambda>"),
                ({"schedule": lambda t: 0.1}, TypeError, ".* unexpected keyword argument 'lr'"),
                ({"schedule": lambda t, lr: lr / 0}, ValueError, "ZeroDivisionError: "),
            )
        ),
        ({"backend": "spark"}, ValueError, "backend must be one of 'loky', .*, got 'spark'"),
        (
            {"problems": with_gradient(lambda x: 2 * x[:1])},
            ValueError,
            r"problem own: the gradient has shape \(1,\), but x has shape \(2,\)",
        ),
        ({"problems": with_gradient(lambda x: "a")}, TypeError, "own: jac must return real"),
        (
            {"problems": FunctionProblem("own", lambda x: x, lambda x: x, (1.0, 2.0))},
            ValueError,
            "own: fun must return one number",
        ),
        (
            {"problems": FunctionProblem("own", lambda x: 1 / 0, lambda x: x, (1.0, 2.0))},
            ValueError,
            "problem own: ZeroDivisionError: division",
        ),
        (
            {"problems": FunctionProblem("own", lambda x: math.nan, lambda x: x, (1.0, 2.0))},
            ValueError,
            "problem own: f is nan at x0. Start where",
        ),
        (
            {"problems": ModelProblem("own", lambda seed: WrongShape(10), ten)},
            ValueError,
            r"problem own: expected a gradient of shape \(10,\) for array 0, got \(9,\)",
        ),
        (
            {"problems": ModelProblem("own", lambda seed: LinearRegression(9), ten)},
            ValueError,
            "problem own: X has 10 features",
        ),
        ({"problems": ModelProblem("own", LinearRegression, (1, 2))}, ValueError, "own: data must"),
        ({"problems": ModelProblem("own", LinearRegression, 3)}, TypeError, "own: data must"),
        ({"problems": bowl(turn=[[1.0]])}, ValueError, "problem bowl: matmul"),
        (
            {"problems": ModelProblem("own", lambda seed: {}["model"], ten)},
            ValueError,
            "problem own: KeyError: 'model'",
        ),
        ({"problems": ModelProblem("own", lambda s: 3, ten)}, TypeError, "own: model needs params"),
    ],
)
def test_bad_input_is_named_before_anything_runs(change, error, words, tmp_path):
    store = tmp_path / "runs.sqlite"
    arguments = {"problems": "bowl", "methods": "sgd", "jobs": 1, "progress": False} | change
    with pytest.raises(error, match=words):
        compare(**({"store": store} | arguments))
    assert not store.exists()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: rate_range("1:2"), ValueError, "no range"),
    ],
)
def test_bad_parts_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("name", ["joblib", "cloudpickle", "tqdm", "threadpoolctl"])
def test_a_missing_package_is_named(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, f"{name}.auto", None)
    keys._hasher.cache_clear()
    with pytest.raises(ImportError, match=rf"{name}.* pip install 'dlzero\[sweep\]'"):
        compare(bowl(), "sgd", jobs=1, store=None, progress=False)


def test_rate_ranges():
    assert rate_range("1e-4:1:13")[::4] == [0.0001, 0.002154, 0.04642, 1.0]
    assert rate_range("1e-4:100:13")[::2] == [1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0]
    assert rate_range([0.3, 0.1, 0.3]) == [0.1, 0.3]
    assert rate_range(0.1) == [0.1]
    assert rate_range(None) == []


class Column:
    """As much of a column of a table as matters: NumPy can read it, and it is no list."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)


def test_rates_may_be_any_array():
    for rates in (np.array([1, 0.5]), Column([1, 0.5]), (0.5, 1), [np.float32(1), 0.5]):
        assert rate_range(rates) == [0.5, 1.0]
    assert rate_range(range(1, 3)) == [1.0, 2.0]
    assert rate_range(0.5) == [0.5]
    for wrong in (np.array(0.5), np.ones((2, 2)), Column(["a"])):
        with pytest.raises(TypeError, match="each of rates must be a number"):
            rate_range(wrong)


def test_seeds_may_be_an_array():
    from dlzero.practice.comparison import _seeds

    assert _seeds(np.arange(3)) == _seeds(range(3)) == [0, 1, 2]
    assert [type(seed) for seed in _seeds(np.array([4, 2], "u1"))] == [int, int]
    assert _seeds(Column([4, 2])) == [4, 2]
    for wrong in (np.array([0.5]), np.array(3), np.ones((2, 2), int)):
        with pytest.raises(TypeError, match="seeds must be a whole number"):
            _seeds(wrong)


def test_a_browser_compares_without_other_packages(monkeypatch, tmp_path):
    """It has one process, and its files end with the page."""
    arguments = {"rates": [0.01, 0.1], "seeds": 2, "budget": 20, "jobs": 1}
    problems, methods = (
        [bowl(), "noisy"],
        ["sgd", Method("own", lambda w, g, lr=0.1: (w - lr * g,))],
    )
    expected = compare(problems, methods, store=None, progress=False, **arguments)
    for name in ("joblib", "cloudpickle", "tqdm", "threadpoolctl"):
        monkeypatch.setitem(sys.modules, name, None)
    keys._hasher.cache_clear()
    monkeypatch.setattr(extras, "IN_BROWSER", True)
    found = compare(problems, methods, store=tmp_path / "runs.sqlite", **arguments)
    timeless = [[repr(replace(row, seconds=0)) for row in rows] for rows in (found, expected)]
    assert timeless[0] == timeless[1]
    assert [*tmp_path.iterdir()] == []
