"""The comparison: tasks, store, interruptions, bad input, results."""

import contextlib
import dataclasses
import functools
import itertools
import json
import math
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import types
from collections import deque
from concurrent.futures import BrokenExecutor
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
from dask.sizeof import sizeof

import dlzero
from dlzero import Rule, schedules, surfaces
from dlzero.models import LinearRegression
from dlzero.practice import (
    COLUMNS,
    PROBLEMS,
    FunctionProblem,
    Method,
    ModelProblem,
    Outcome,
    Results,
    Store,
    compare,
    fingerprint,
    problem,
    rate_range,
    store,
    tasks,
)
from dlzero.practice.keys import _is_own
from dlzero.running.history import History
from dlzero.running.walk import Walk

# What `compare` needs.
pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm", "distributed")

ROOT = Path(__file__).resolve().parents[2]
QUIET = {"jobs": 1, "store": None, "progress": False}


def bowl(name="bowl", **options):
    return FunctionProblem(name, lambda x: x @ x, lambda x: 2 * x, (3.0, 3.0), **options)


def plain(results):
    """The rows without what time alone decides; NaN equals NaN in JSON."""
    return [json.dumps(asdict(r) | {"seconds": 0}) for r in results]


# ---- the runs


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


def test_gradient_descent_on_a_bowl_in_closed_form(monkeypatch):
    # A clock that goes on by a quarter of a second whenever somebody looks.
    monkeypatch.setattr(time, "thread_time", itertools.count(0, 0.25).__next__)
    results = compare(
        bowl(), "gradient_descent", rates=[0.1], seeds=2, budget=20, points=5, **QUIET
    )
    for row in results.filter(default=False):
        start = bowl().first_point(np.random.default_rng(row["seed"]))
        assert row["steps"] == [0, 5, 10, 15, 20]
        np.testing.assert_allclose(
            row["curve"], [start @ start * 0.8 ** (2 * t) for t in row["steps"]], rtol=1e-12
        )
        assert row["train"] == row["curve"][-1]
        assert math.isnan(row["validation"])
        assert math.isnan(row["accuracy"])
        assert row["seconds"] == 0.25


def test_seconds_are_those_of_the_steps(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "thread_time", lambda: now[0])

    def slow(w, g, lr=0.01):
        now[0] += 1
        return (w - lr * g,)

    class Watched(LinearRegression):
        def loss(self, X, y):
            now[0] += 1000  # to look at the loss is no step
            return super().loss_and_grad(X, y)[0]

    two_arrays = ModelProblem("own", lambda seed: Watched(10), problem("diabetes_linear").data)
    assert bowl().run(Rule(slow), 0, 20, 5).seconds == 20
    assert two_arrays.run(Rule(slow), 0, 20, 5).seconds == 40


def test_training_is_that_of_train():
    chosen = problem("iris_logistic")
    X, X_valid, y, y_valid = chosen.arrays()
    (row,) = compare(chosen, "sgd", rates=None, seeds=[4], budget=9, points=4, **QUIET)
    model = dlzero.models.LogisticRegression(4)
    dlzero.train(model, X, y, lr=0.01, epochs=3, batch_size=32, random_state=4)
    assert len(X) == 75  # three batches an epoch
    assert row["steps"] == [0, 3, 6, 9]
    assert row["curve"][0] == pytest.approx(math.log(2))
    assert row["train"] == model.loss_and_grad(X, y)[0]
    assert row["validation"] == model.loss_and_grad(X_valid, y_valid)[0]
    assert row["accuracy"] == model.score(X_valid, y_valid)


@pytest.mark.parametrize("budget", [1, 7, 75])
def test_a_run_takes_as_many_steps_as_the_budget_says(budget):
    steps = []

    def counted(w, g, t, lr=0.01):
        steps.append(t)
        return (w - lr * g,)

    for chosen in (bowl(), problem("diabetes_linear")):
        steps.clear()
        compare(chosen, counted, rates=None, seeds=1, budget=budget, **QUIET)
        assert sorted(set(steps)) == [*range(1, budget + 1)]


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_runs_and_learns(name):
    chosen = problem(name)
    chosen.check()
    assert chosen.name == name
    outcome = chosen.run(Rule(dlzero.adam, lr=0.05), seed=0, budget=60, points=4)
    assert outcome["status"] == "ok"
    assert outcome["steps"] == [0, 20, 40, 60]
    assert outcome["train"] < 0.999 * outcome["curve"][0]


@pytest.mark.parametrize("name", ["bowl", "noisy", "digits_network"])
def test_the_seed_decides_everything(name):
    runs = [problem(name).run(Rule(dlzero.sgd, lr=0.01), s, 20, 3) for s in (0, 0, 1)]
    a, b, c = (asdict(run) | {"seconds": 0} for run in runs)
    assert json.dumps(a) == json.dumps(b)
    assert a["curve"] != c["curve"]


def test_turning_the_ravine_hurts_adagrad_and_not_gradient_descent():
    def loss(name, rule, lr):
        return problem(name).run(Rule(rule, lr=lr), seed=0, budget=100, points=2).train

    for rule in (dlzero.gradient_descent, dlzero.momentum):
        turned = loss("ravine_rotated", rule, 0.01)
        assert turned == pytest.approx(loss("ravine", rule, 0.01), rel=1e-9)
    straight = loss("ravine", dlzero.adagrad, 10.0)
    assert loss("ravine_rotated", dlzero.adagrad, 10.0) > 1e6 * straight


def test_losses_are_counted_from_the_lowest_value():
    saddle = surfaces.two_wells()
    outcome = problem("saddle").run(Rule(dlzero.momentum, lr=0.1), seed=0, budget=300, points=2)
    assert outcome["curve"][0] > saddle.minimum
    assert 0 <= outcome["train"] < 1e-6


def test_noise_is_in_the_gradient_and_not_in_the_loss():
    noisy = bowl(noise=1.0, spread=0.0)
    outcome = noisy.run(Rule(dlzero.sgd, lr=1e-300), seed=0, budget=10, points=11)
    assert set(outcome["curve"]) == {18.0}
    rule = Rule(dlzero.sgd, lr=0.1)
    a, b = (noisy.run(rule, seed, 10, 2).train for seed in (0, 1))
    assert a != b
    assert a != bowl(spread=0.0).run(rule, 0, 10, 2).train


@pytest.mark.parametrize("start", [3.0, [3.0], [[3.0, 2.0], [1.0, 4.0]]])
def test_noise_is_that_of_a_surface_whatever_the_shape(start):
    def loss(noise):
        own = FunctionProblem(
            "own", lambda x: np.sum(x**2), lambda x: 2 * x, start, noise=noise, spread=0.0
        )
        return own.run(Rule(dlzero.gradient_descent, lr=0.1), 5, 1, 2).train

    rng = np.random.default_rng(5)
    rng.uniform(-1, 1, np.shape(start))  # the factors of the start come first
    x = np.array(start)
    x = x - 0.1 * (2 * x + 0.5 * rng.standard_normal(x.shape))
    assert loss(0.5) == pytest.approx(np.sum(x**2), rel=1e-12)
    assert loss(0.0) == pytest.approx(0.64 * np.sum(np.square(start)), rel=1e-12)


def test_why_a_run_ended_is_not_read_from_a_sentence(monkeypatch):
    def wordless(end):
        return lambda self, status, message: end(self, status, "")

    monkeypatch.setattr(Walk, "end", wordless(Walk.end))
    monkeypatch.setattr(History, "end", wordless(History.end))
    down = FunctionProblem("down", lambda x: -np.inf if x < 0 else x.item(), lambda x: x**0, 3.0)
    chosen = [bowl(), down, "diabetes_linear"]
    results = compare(chosen, "sgd", rates=[50.0], seeds=1, budget=300, **QUIET)
    found = [(row.problem, row.status) for row in results if not row.default]
    assert found == [(name, "diverged") for name in ("bowl", "down", "diabetes_linear")]
    assert {row.status for row in results if row.default} == {"ok"}


def test_a_schedule_turns_the_rate_of_the_grid_into_rates_of_steps():
    seen = []

    def spy(w, g, lr=0.01):
        seen.append(lr)
        return (w - lr * g,)

    method = Method("spy + warm-up", spy, schedule=functools.partial(schedules.warm_up, steps=4))
    compare(bowl(), method, rates=[0.4], seeds=1, budget=6, defaults=False, **QUIET)
    np.testing.assert_allclose(seen, [0.1, 0.2, 0.3, 0.4, 0.4, 0.4])


def test_hyper_parameters_reach_the_rule_and_the_table():
    heavy = Method("heavy", "momentum", {"mu": 0.99})
    results = compare(bowl(), [heavy, "momentum"], rates=None, seeds=1, **QUIET)
    a, b = results.rows
    assert (a["hyper"], b["hyper"]) == ("mu=0.99", "")
    assert a["train"] != b["train"]


def test_a_schedule_of_another_hyper_parameter_has_a_word_in_the_table():
    def rising(t):
        return 1 - 1 / (t + 1)

    method = Method("rising", "momentum", {"mu": rising})
    (row,) = compare(bowl(), method, rates=None, seeds=1, **QUIET)
    assert (row.status, row.hyper) == ("ok", "mu=rising")


def test_a_method_holds_a_rule():
    method = Method("a", Rule(dlzero.adam, lr=0.5, beta1=0.8), {"eps": 0.1})
    assert (method.default_lr, method.words()) == (0.5, "beta1=0.8, eps=0.1")
    assert method.at(0.3).hyper == {"lr": 0.3, "beta1": 0.8, "beta2": 0.999, "eps": 0.1}
    assert method.rule.function is dlzero.adam
    (row,) = compare(bowl(), Rule(dlzero.adam, lr=0.5), rates=None, seeds=1, **QUIET)
    assert (row.method, row.lr, row.default) == ("adam", 0.5, True)


@pytest.mark.parametrize(
    "hyper",
    [{"beta1": 1.5}, {"beta1": math.nan}, {"eps": -1}, {"beta1": True}, {"beta1": "a"}, {"mu": 0}],
)
def test_a_method_refuses_what_a_rule_refuses(hyper):
    with pytest.raises((TypeError, ValueError)) as of_rule:
        Rule(dlzero.adam, **hyper)
    with pytest.raises(of_rule.type) as of_method:
        Method("a", "adam", hyper)
    assert str(of_method.value) == str(of_rule.value)


def test_a_diverged_run_is_a_row_with_its_reason():
    results = compare([bowl(), "diabetes_linear"], "sgd", rates=[50.0], seeds=1, **QUIET)
    for row in results.filter(default=False):
        assert row["status"] == "diverged"
        assert "diverged at step" in row["reason"]
        assert row["train"] == math.inf
        assert row["steps"][0] == 0
    assert all(row["status"] == "ok" for row in results.filter(default=True))


def test_a_failed_run_is_a_row_with_its_reason():
    def fun(x):
        if x[0] < 1:
            raise ZeroDivisionError("too far")
        return float(x @ x)

    own = FunctionProblem("own", fun, lambda x: 2 * x, (3.0, 3.0))
    results = compare(own, "sgd", rates=[1e-6, 0.1], seeds=1, defaults=False, **QUIET)
    assert [row["status"] for row in results] == ["ok", "failed"]
    assert results.rows[1]["reason"] == "ZeroDivisionError: too far"
    assert results.complete


def test_a_model_of_the_reader():
    class Constant:
        def __init__(self):
            self.params = [np.zeros(())]

        def loss_and_grad(self, X, y):
            error = self.params[0] - y
            return np.mean(error**2) / 2, [np.mean(error)]

    y = np.array([1.0, 2.0, 3.0, 6.0])
    own = ModelProblem("own", lambda seed: Constant(), (y[:, None], y[:, None], y, y), batch_size=4)
    (row,) = compare(
        own, "gradient_descent", rates=[1.0], seeds=1, budget=1, defaults=False, **QUIET
    )
    assert row["train"] == row["validation"] == pytest.approx(np.var(y) / 2)
    assert math.isnan(row["accuracy"])


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_backends_give_the_same_rows(backend):
    arguments = {"rates": [0.001, 0.1], "seeds": 2, "budget": 30, "store": None, "progress": False}
    problems = [bowl(), "noisy", "iris_logistic"]
    one = compare(problems, ["sgd", "adam"], jobs=1, **arguments)
    two = compare(problems, ["sgd", "adam"], jobs=2, backend=backend, **arguments)
    assert plain(one) == plain(two)


def test_progress_shows_runs_and_time_left(capsys):
    compare(bowl(), "sgd", rates=None, seeds=3, jobs=1, store=None, budget=5)
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert "run/s" in shown
    assert "<" in shown  # time spent < time left


# ---- fingerprints


def changed(text):
    """The function f of a source text."""
    names = {"np": np, "__name__": "__main__", "adam": dlzero.adam}
    names |= {"functools": functools, "dataclasses": dataclasses}
    exec(textwrap.dedent(text), names)
    return names["f"]


BASE = """
    STEP = 2.0
    def helper(x):
        return STEP * x
    def f(x, k=1):
        return helper(x) + np.sum(x) + k
"""


def test_fingerprints_see_what_matters():
    first = fingerprint(changed(BASE))
    for old, new in (
        ("STEP * x", "STEP - x"),  # what a helper does
        ("STEP = 2.0", "STEP = 2.5"),  # a value that a helper names
        ("k=1", "k=2"),  # a default
        ("np.sum", "np.mean"),  # a function of a package
        ("+ k", "- k"),  # the function itself
    ):
        assert fingerprint(changed(BASE.replace(old, new))) != first, new


def test_fingerprints_do_not_see_comments():
    commented = BASE.replace("return STEP", "# why\n        return STEP")
    assert commented != BASE
    assert fingerprint(changed(commented)) == fingerprint(changed(BASE))


def test_fingerprints_of_data():
    X = np.arange(6.0)
    same = [X, X.copy(), np.arange(12.0)[::2] / 2]
    assert len({fingerprint(x) for x in same}) == 1
    others = [X.reshape(2, 3), X + 1, X.astype(np.float32), X.tolist(), tuple(X.tolist()), 0, 0.0]
    assert len({fingerprint(x) for x in [X, *others, False, "0", None]}) == 11
    assert fingerprint([1, [2]]) != fingerprint([[1], 2])
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_fingerprints_of_closures_objects_and_partials():
    def make(k):
        return lambda x: k * x

    class Model:
        def __init__(self, k):
            self.k = k

    assert fingerprint(make(1)) == fingerprint(make(1)) != fingerprint(make(2))
    assert fingerprint(Model(1)) == fingerprint(Model(1)) != fingerprint(Model(2))
    assert fingerprint(Model(1).__init__) != fingerprint(Model(2).__init__)
    part = functools.partial
    assert fingerprint(part(make, 1)) != fingerprint(part(make, 2))
    assert fingerprint(part(make, 1)) == fingerprint(part(make, 1))
    recursive = changed("def f(n):\n    return n and f(n - 1)")
    assert fingerprint(recursive) == fingerprint(changed("def f(n):\n    return n and f(n - 1)"))
    rng = np.random.default_rng
    assert fingerprint(rng(0)) == fingerprint(rng(0)) != fingerprint(rng(1))


def test_fingerprints_see_constants_of_inner_functions():
    text = "def f(x):\n    return sum(3.0 * v for v in x) + len([4.0 for v in x])"
    others = [text.replace("3.0", "300.0"), text.replace("4.0", "5.0")]
    assert len({fingerprint(changed(source)) for source in (text, *others)}) == 3


def test_fingerprints_of_classes():
    text = """
        class Base:
            def value(self):
                return 1
        class Model(Base):
            __slots__ = ("k",)
            factor = 2
            @property
            def double(self):
                return 4
            @staticmethod
            def fixed():
                return 5
            @classmethod
            def made(cls):
                return 6
            @functools.cached_property
            def kept(self):
                return 7
        @dataclasses.dataclass
        class f:
            k: int = 8
            model: object = Model
    """
    first = fingerprint(changed(text))
    assert fingerprint(changed(text)) == first
    for number in "1245678":
        assert fingerprint(changed(text.replace(number, "9"))) != first, number


@pytest.mark.needs("numba")
def test_fingerprints_of_what_wraps_a_function():
    import numba

    def wrapped(wrap, k):
        return wrap(changed(f"def f(x):\n    return {k} * x"))

    def method(function):
        return types.MethodType(function, 1)

    for wrap in (functools.lru_cache, functools.partial, staticmethod, method, numba.njit):
        found = [fingerprint(wrapped(wrap, k)) for k in (1, 1, 2)]
        assert found[0] == found[1] != found[2], wrap
    text = "@functools.wraps(adam)\ndef f(w, g, m, v, t):\n    return adam(w, 2 * g, m, v, t)"
    assert fingerprint(changed(text)) != fingerprint(changed(text.replace("2", "3")))


def test_fingerprints_of_what_a_library_made_of_a_function():
    def vectorized(k):
        return contextlib.contextmanager(lambda: (yield k))

    assert not _is_own(contextlib.__name__)
    assert fingerprint(vectorized(1)) == fingerprint(vectorized(1)) != fingerprint(vectorized(2))


@pytest.mark.parametrize(
    "code",
    [
        "import pkg.mod\nt = lambda x: pkg.mod.f(x)",
        "from pkg import mod\nt = lambda x: mod.f(x)",
        "from pkg.mod import f\nt = lambda x: f(x)",
        "def t(x):\n    from pkg.mod import f\n    return f(x)",
        "def t(x):\n    from pkg import mod\n    return mod.f(x)",
        "def t(x):\n    import pkg.mod\n    return pkg.mod.f(x)",
        "import pkg.mod as m\nt = lambda x, m=m: m.f(x)",
        "import pkg.mod\nt = (lambda m: lambda x: m.f(x))(pkg.mod)",
        "from pkg.user import t",
    ],
)
def test_a_changed_helper_is_noticed_however_it_is_reached(code, tmp_path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").touch()
    relative = "def t(x):\n    from .mod import f\n    return f(x)\n"
    (tmp_path / "pkg" / "user.py").write_text(relative)
    found = []
    for factor in (3.0, 3.0, 300.0):
        (tmp_path / "pkg" / "mod.py").write_text(f"def f(x):\n    return {factor} * (x @ x)\n")
        found.append(printed(f"{code}\nprint(fingerprint(t))", tmp_path))
    assert found[0] == found[1] != found[2]


def test_what_cannot_be_compared_is_run_again():
    lock = threading.Lock()
    with pytest.warns(UserWarning, match="cannot be compared .* run again each time"):
        found = {fingerprint(lambda x: lock) for _ in range(2)}
    assert len(found) == 2


def printed(code, *folders, **environment):
    """What a new process prints."""
    path = os.pathsep.join(map(str, [*folders, ROOT]))
    return subprocess.run(
        [sys.executable, "-BPc", f"from dlzero.practice import *\n{code}"],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.needs("numba")
def test_fingerprints_are_the_same_in_another_process():
    code = """if True:
        import dlzero, numba
        own = lambda x: x in {"a", "b", "c"} or {frozenset("ab"), frozenset("cd")}
        class Model: pass
        p = problem("iris_logistic")
        print(fingerprint(dlzero.adam, type(p), p.identity(), own, Model(), numba.njit(own)))
    """
    found = {printed(code, PYTHONHASHSEED=seed) for seed in ("1", "2", "3")}
    assert len(found) == 1
    assert len(found.pop()) == 33


def test_a_changed_package_is_run_again_and_a_moved_one_is_not(tmp_path):
    code = "import dlzero; print(dlzero.__file__, fingerprint(dlzero.adam))"
    found = []
    for folder, addition in (("here", ""), ("there", ""), ("changed", "\n# a change\n")):
        copy = tmp_path / folder / "dlzero"
        shutil.copytree(ROOT / "dlzero", copy, ignore=shutil.ignore_patterns("__pycache__"))
        with (copy / "chapters" / "ch07_adam.py").open("a", encoding="utf-8") as file:
            file.write(addition)
        path, _, digits = printed(code, copy.parent).rpartition(" ")
        assert Path(path).parent == copy
        found.append(digits)
    assert found[0] == found[1] != found[2]


def test_only_what_is_not_installed_is_looked_into():
    assert _is_own(__name__)
    assert _is_own("__main__")
    for name in ("numpy", "numpy.linalg", "json", "dlzero.chapters.ch07_adam", "no_such_module"):
        assert not _is_own(name), name


# ---- the store


@pytest.fixture
def counted(monkeypatch):
    """The tasks that are really run, by method and rate."""
    done = []

    def run_one(task, original=tasks.run_one):
        done.append((task.method.name, task.lr))
        return original(task)

    monkeypatch.setattr(tasks, "run_one", run_one)
    return done


def test_nothing_is_run_twice(tmp_path, counted):
    arguments = {"seeds": 2, "jobs": 1, "progress": False, "store": tmp_path / "runs.sqlite"}
    first = compare(bowl(), ["sgd", "adam"], rates=[0.01, 0.1], **arguments)
    # sgd has 0.01 by default: the same task for two rows
    assert len(first) == 12
    assert len(counted) == 10
    counted.clear()
    second = compare(bowl(), ["sgd", "adam"], rates=[0.01, 0.1], **arguments)
    assert counted == []
    assert plain(second) == plain(first)
    assert [r["seconds"] for r in second] == [r["seconds"] for r in first]
    compare(bowl(), ["sgd", "adam"], rates=[0.1, 0.5], defaults=False, **arguments)
    assert counted == [("sgd", 0.5), ("adam", 0.5)] * 2


def test_changed_code_is_run_again(tmp_path, counted):
    def method(text):
        return Method("own", changed(text))

    rule = "def f(w, g, lr=0.1):\n    return (w - lr * g,)"
    arguments = {"rates": None, "seeds": 1, "jobs": 1, "progress": False}
    arguments["store"] = tmp_path / "runs.sqlite"
    (a,) = compare(bowl(), method(rule), **arguments)
    (b,) = compare(bowl(), method(rule.replace("lr * g", "lr * 2 * g")), **arguments)
    (c,) = compare(bowl(), method(rule + "  # a comment"), **arguments)
    compare(bowl(noise=0.1), method(rule), **arguments)
    compare(bowl(), method(rule), budget=301, **arguments)
    assert len(counted) == 4
    assert a["train"] != b["train"]
    assert a["train"] == c["train"]


def test_a_damaged_store_is_moved_aside_and_the_sweep_goes_on(tmp_path):
    path = tmp_path / "runs.sqlite"
    path.write_bytes(b"no database at all, but long enough to be read as one" * 100)
    with pytest.warns(UserWarning, match="is damaged .* was moved to .*runs.sqlite.damaged-"):
        results = compare(bowl(), "sgd", rates=None, jobs=1, budget=9, store=path, progress=False)
    assert results.complete
    (aside,) = tmp_path.glob("runs.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"no database")
    with Store(path) as store:
        assert store.file.execute("SELECT count(*) FROM runs").fetchone() == (5,)


def test_a_damaged_page_is_noticed(tmp_path):
    path = tmp_path / "runs.sqlite"
    with Store(path) as store:
        for k in range(300):
            store.put(str(k), {"curve": list(range(50))})
    data = bytearray(path.read_bytes())
    data[8192:12288] = os.urandom(4096)
    path.write_bytes(data)
    with pytest.warns(UserWarning, match="is damaged"), Store(path) as store:
        assert store.get(["1"]) == {}


def test_a_row_that_cannot_be_read_is_run_again(tmp_path, counted):
    path = tmp_path / "runs.sqlite"
    arguments = {"rates": None, "seeds": 2, "jobs": 1, "progress": False, "store": path}
    first = compare(bowl(), "sgd", **arguments)
    file = sqlite3.connect(path)
    file.execute("UPDATE runs SET outcome = '{\"status\": ' WHERE rowid = 1")
    file.commit()
    file.close()
    counted.clear()
    assert plain(compare(bowl(), "sgd", **arguments)) == plain(first)
    assert len(counted) == 1


def test_a_full_disk_is_an_error_that_says_what_to_do(tmp_path, monkeypatch, counted):
    path = tmp_path / "runs.sqlite"
    connected = store._connected

    def small(path):
        file = connected(path)
        file.execute("PRAGMA max_page_count=4")
        return file

    arguments = {"rates": "1e-3:1:9", "seeds": 5, "jobs": 1, "progress": False, "store": path}
    arguments["budget"] = 30
    monkeypatch.setattr(store, "_connected", small)
    with pytest.raises(OSError, match=r"disk is full.*Make room .* give the same call again"):
        compare(bowl(), "sgd", **arguments)
    monkeypatch.setattr(store, "_connected", connected)
    kept = stored(path)
    assert kept == len(counted) - 1 > 0
    counted.clear()
    results = compare(bowl(), "sgd", **arguments)
    assert results.complete
    assert len(counted) == len(results) - kept == 50 - kept


def test_store_that_cannot_be_made(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        compare(bowl(), "sgd", store=tmp_path / "nowhere" / "runs.sqlite")
    with pytest.raises(OSError, match=r"cannot be used .* store=None"):
        compare(bowl(), "sgd", store=tmp_path)


# ---- interruptions

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


def stored(path):
    """How many runs a store holds, while another process writes to it."""
    try:
        file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.Error:
        return 0
    try:
        return file.execute("SELECT count(*) FROM runs").fetchone()[0]
    except sqlite3.Error:
        return 0
    finally:
        file.close()


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


KILLER = """
import os, signal, sys
from pathlib import Path
from dlzero.practice import FunctionProblem, compare

def make(flag):
    def fun(x):
        # The first worker that comes here dies, in the middle of its run.
        if x[0] < 2 and not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return float(x @ x)
    return FunctionProblem("own", fun, lambda x: 2 * x, (3.0, 3.0))

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    results = compare(make(folder / "flag"), ["sgd", "adam"], rates=[0.01, 0.1], seeds=4,
                      budget=100, jobs=2, backend=sys.argv[2], store=folder / "runs.sqlite",
                      progress=False)
    statuses = [row["status"] for row in results]
    print((folder / "flag").exists(), results.complete, len(results), set(statuses))
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_a_killed_worker_loses_nothing(backend, tmp_path):
    script = tmp_path / "killer.py"
    script.write_text(KILLER)
    done = subprocess.run(
        [sys.executable, script, tmp_path, backend],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "True True 24 {'ok'}"
    assert stored(tmp_path / "runs.sqlite") == 20


def test_dask_does_not_move_the_data_of_a_task_to_a_worker_ahead_of_time():
    (large,) = tasks.plan(
        [problem("digits_deep")], [Method("a", "sgd")], {"a": []}, [0], 9, 2, True
    )
    assert sum(part.nbytes for part in large.problem.arrays()) > 100_000
    assert sizeof(large) < 1000  # where joblib draws the line


def test_a_dask_cluster_starts_beside_another():
    with socket.socket() as other:
        with contextlib.suppress(OSError):  # another program has it already
            other.bind(("", 8787))
            other.listen()
        results = compare(bowl(), "sgd", rates=[0.1], seeds=2, backend="dask", **QUIET)
    assert [row["status"] for row in results] == ["ok"] * len(results)


def test_tasks_that_are_done_are_not_given_out_again(monkeypatch):
    given = []

    def answers(todo, jobs, backend):
        given.append([*todo])
        for key in [*todo][:2]:
            yield key, Outcome()
        raise BrokenExecutor("a worker died")

    monkeypatch.setattr(tasks, "_answers", answers)
    found, todo = [], dict.fromkeys("abcdefghi")
    with pytest.raises(BrokenExecutor):
        deque((found.append(key) for key, _ in tasks.run_all(todo, 2, "loky")), maxlen=0)
    assert found == [*"abcdefgh"]
    assert [len(keys) for keys in given] == [9, 7, 5, 3]


# ---- bad input


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
        ({"problems": "banana"}, ValueError, "no problem named 'banana'.*rosenbrock, beale"),
        ({"problems": []}, ValueError, "problems is empty"),
        ({"problems": [bowl(), bowl()]}, ValueError, "two problems have the name 'bowl'"),
        ({"problems": surfaces.beale()}, TypeError, "problems must be names, FunctionProblem"),
        ({"methods": "adamm"}, ValueError, "no rule named 'adamm'.*adadelta, adagrad, adam,"),
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
        ({"rates": [0.1, -1]}, ValueError, "positive finite numbers, got -1"),
        ({"rates": [math.nan]}, ValueError, "positive finite numbers, got nan"),
        ({"rates": ["a"]}, ValueError, "positive finite numbers, got 'a'"),
        ({"rates": {"adam": [1]}}, ValueError, "'adam', which is no method"),
        ({"rates": {}}, ValueError, r"no entry for \['sgd'\]"),
        ({"seeds": 0}, ValueError, "seeds must be at least 1, got 0"),
        ({"seeds": []}, ValueError, "seeds is empty"),
        ({"seeds": [-1]}, ValueError, "seed must be at least 0, got -1"),
        ({"seeds": [None]}, ValueError, "must be repeatable"),
        ({"budget": 0}, ValueError, "budget must be at least 1, got 0"),
        ({"budget": 2.5}, TypeError, "budget must be a whole number, got 2.5"),
        ({"points": 1}, ValueError, "points=1"),
        ({"jobs": 0}, ValueError, "jobs=0"),
        ({"backend": "spark"}, ValueError, "backend='spark'; expected one of loky"),
        (
            {"problems": with_gradient(lambda x: 2 * x[:1])},
            ValueError,
            r"problem own: the gradient has shape \(1,\), but x has shape \(2,\)",
        ),
        ({"problems": with_gradient(lambda x: "a")}, TypeError, "own: grad must return real"),
        (
            {"problems": FunctionProblem("own", lambda x: x, lambda x: x, (1.0, 2.0))},
            TypeError,
            "own: fun must return one number",
        ),
        (
            {"problems": FunctionProblem("own", lambda x: 1 / 0, lambda x: x, (1.0, 2.0))},
            ValueError,
            "own: fun failed at the start .*ZeroDivisionError",
        ),
        (
            {"problems": FunctionProblem("own", lambda x: math.nan, lambda x: x, (1.0, 2.0))},
            ValueError,
            "problem own: fun is nan and its gradient .* at the start",
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
        ({"problems": ModelProblem("own", lambda s: 3, ten)}, TypeError, "own: model needs params"),
    ],
)
def test_bad_input_is_named_before_anything_runs(change, error, words, tmp_path):
    store = tmp_path / "runs.sqlite"
    arguments = {"problems": "bowl", "methods": "sgd", "jobs": 1, "progress": False} | change
    with pytest.raises(error, match=words):
        compare(**arguments, store=store)
    assert not store.exists()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Method("a", "sgd", {"lr": 1}), TypeError, "give lr as rates"),
        (lambda: Method("a", "sgd", {"beta": 1}), TypeError, "no hyper-parameter 'beta'"),
        (lambda: Method("a", "sgd", schedule=3), TypeError, "schedule must be a function"),
        (lambda: Method("a", "adamm"), ValueError, "no rule named 'adamm'. The rules are: adad"),
        (lambda: Method("a", Rule(dlzero.sgd, lr=abs)), TypeError, "its course as schedule"),
        (lambda: bowl(spread=-1), ValueError, "spread=-1"),
        (lambda: bowl(noise=math.nan), ValueError, "noise=nan"),
        (lambda: FunctionProblem("a", 3, lambda x: x, 1.0), TypeError, "fun must be a function"),
        (lambda: FunctionProblem("a", min, 3, 1.0), TypeError, "grad must be a function"),
        (lambda: FunctionProblem("a", min, min, ["b"]), ValueError, "start must be"),
        (lambda: FunctionProblem("a", min, min, [math.inf]), ValueError, "start must be"),
        (lambda: FunctionProblem(3, min, min, 1.0), TypeError, "name must be a text"),
        (lambda: ModelProblem("a", 3, ten), TypeError, "model must be a function"),
        (
            lambda: ModelProblem("a", min, ten, batch_size=0),
            ValueError,
            "batch_size must be at least 1",
        ),
        (lambda: rate_range("1:2"), ValueError, "no range"),
    ],
)
def test_bad_parts_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(ImportError, match=r"pip install 'dlzero\[sweep\]'"):
        compare(bowl(), "sgd", jobs=1, store=None, progress=False)


# ---- results


def rows():
    """Two methods, three rates, three seeds, with losses set by hand."""
    losses = {
        ("a", 0.01): (5.0, 6.0, 7.0),
        ("a", 0.1): (1.0, 3.0, 2.0),
        ("a", 1.0): (math.inf, math.inf, 0.5),
        ("b", 0.01): (1.5, 1.0, 9.0),
        ("b", 0.1): (2.0, 2.0, 2.0),
        ("b", 1.0): (10.0, 10.0, 10.0),
    }
    for (method, lr), values in losses.items():
        for default in (False, True)[: 1 + (lr == 0.1)]:
            for seed, loss in enumerate(values):
                yield {
                    "problem": "p",
                    "method": method,
                    "hyper": "mu=0.9, rho=0.5",
                    "lr": lr,
                    "default": default,
                    "seed": seed,
                    "budget": 10,
                    "status": "ok" if math.isfinite(loss) else "diverged",
                    "reason": "" if math.isfinite(loss) else "diverged, alas",
                    "train": loss,
                    "validation": loss + 1,
                    "accuracy": math.nan,
                    "seconds": 0.02 + seed / 100,
                    "steps": [0, 10],
                    "curve": [10.0, loss],
                }


def test_best_by_hand():
    a, b = Results(rows()).best(share=0.8)
    assert (a["lr"], a["median"], a["low"], a["high"], a["edge"]) == (0.1, 2.0, 1.0, 3.0, False)
    assert (b["lr"], b["median"], b["low"], b["high"], b["edge"]) == (0.01, 1.5, 1.0, 9.0, True)
    # from 10 to 1.5: a rate is good at 3.2 or less
    assert (a["good"], a["decades"]) == (1, 1.0)
    assert (b["good"], b["decades"]) == (2, 2.0)
    assert (a["default_lr"], a["default"], a["default_low"]) == (0.1, 2.0, 1.0)
    assert (a["ok"], b["ok"]) == (pytest.approx(7 / 9), 1.0)
    assert a["ms"] == pytest.approx(3.0)
    assert Results(rows()).best("validation")[0]["median"] == 3.0


def test_median_by_hand():
    third = Results(rows()).filter(method="a", lr=1.0).median()[0]
    assert (third["runs"], third["low"], third["median"]) == (3, 0.5, math.inf)
    assert third["ok"] == pytest.approx(1 / 3)


def test_best_without_a_grid_or_without_defaults():
    only, none = Results(rows()).filter(default=True), Results(rows()).filter(default=False)
    a = only.best()[0]
    assert math.isnan(a["lr"])
    assert (a["default"], a["good"], a["edge"]) == (2.0, 0, False)
    assert math.isnan(none.best()[0]["default"])
    assert len(only.table()) == 5
    assert Results([]).best() == []
    assert "0 runs" in repr(Results([]))


def test_filter_and_columns():
    results = Results(rows())
    assert len(results.filter(method="a")) == 12
    assert len(results.filter(method=["a", "b"], lr=0.1, default=False)) == 6
    assert results.values("method") == ["a", "b"]
    assert results.column("seed")[:4].tolist() == [0, 1, 2, 0]
    with pytest.raises(ValueError, match="no column 'rate'"):
        results.filter(rate=1)
    with pytest.raises(ValueError, match="by='accuracy'"):
        results.best("accuracy")
    with pytest.raises(ValueError, match="share=2"):
        results.best(share=2)


def test_the_table_marks_a_best_rate_at_the_edge():
    lines = "\n".join(Results(rows()).table()).split("\n")
    (a,) = (line for line in lines if line.startswith("  a "))
    (b,) = (line for line in lines if line.startswith("  b "))
    assert "0.1 " in a
    assert "0.01!" in b
    assert lines.index(b) < lines.index(a)  # the better first
    assert lines[-1].startswith("! the best rate is at the edge")


@pytest.mark.parametrize("name", ["runs.csv", "runs.csv.gz"])
def test_csv_there_and_back(name, tmp_path):
    path = tmp_path / name
    Results(rows()).to_csv(path, ["one", "two, with a comma"])
    back = Results.from_csv(path)
    assert plain(back) == plain(Results(rows()))
    assert back.message == "one\ntwo, with a comma"
    if name.endswith("gz"):
        assert path.read_bytes()[4:8] == bytes(4)  # no time of day: equal rows give equal files
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is no table of runs"):
        Results.from_csv(tmp_path / "other.csv")


def test_rate_ranges():
    assert rate_range("1e-4:1:13")[::4] == [0.0001, 0.002154, 0.04642, 1.0]
    assert rate_range("1e-4:100:13")[::2] == [1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0]
    assert rate_range([0.3, 0.1, 0.3]) == [0.1, 0.3]
    assert rate_range(0.1) == [0.1]
    assert rate_range(None) == []


def test_the_picture_has_a_curve_for_each_method():
    from dlzero.practice.picture import loss_against_rate

    figure = loss_against_rate(Results(rows()))
    (ax,) = figure.axes
    curves = {
        line.get_label(): line.get_ydata() for line in ax.get_lines() if len(line.get_xdata()) > 1
    }
    np.testing.assert_array_equal(curves["a"], [6.0, 2.0, math.nan])
    np.testing.assert_array_equal(curves["b"], [1.5, 2.0, 10.0])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
