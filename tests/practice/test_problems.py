"""Problems: what a run gives, and what it refuses."""

import itertools
import json
import math
import time
from dataclasses import asdict

import numpy as np
import pytest
from comparisons import QUIET, bowl

import dlzero
from dlzero import Rule, surfaces
from dlzero.models import LinearRegression
from dlzero.practice import PROBLEMS, FunctionProblem, ModelProblem, compare, problem
from dlzero.practice.problems import _own_time as own_time
from dlzero.running.history import History
from dlzero.running.walk import Walk

pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm")

ten = problem("diabetes_linear").data


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


def test_a_diverged_run_is_a_row_with_its_reason():
    results = compare([bowl(), "diabetes_linear"], "sgd", rates=[50.0], seeds=1, **QUIET)
    for row in results.filter(default=False):
        assert row["status"] == "diverged"
        assert "diverged at step" in row["reason"]
        assert row["train"] == math.inf
        assert row["steps"][0] == 0
    assert all(row["status"] == "ok" for row in results.filter(default=True))


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


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: bowl(spread=-1), ValueError, "problem bowl: spread must be zero or more, got -1"),
        (lambda: bowl(noise=math.nan), ValueError, "problem bowl: noise must be finite, got nan"),
        (lambda: FunctionProblem("a", 3, lambda x: x, 1.0), TypeError, "fun must be a function"),
        (lambda: FunctionProblem("a", min, 3, 1.0), TypeError, "grad must be a function"),
        (lambda: FunctionProblem("a", min, min, ["b"]), TypeError, "start must be real"),
        (lambda: FunctionProblem("a", min, min, [math.inf]), ValueError, "start must be finite"),
        (lambda: FunctionProblem(3, min, min, 1.0), TypeError, "name must be a text"),
        (lambda: ModelProblem("a", 3, ten), TypeError, "model must be a function"),
        (
            lambda: ModelProblem("a", min, ten, batch_size=0),
            ValueError,
            "batch_size must be at least 1",
        ),
    ],
)
def test_bad_parts_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_browser_has_no_clock_of_a_thread(monkeypatch):
    monkeypatch.delattr(time, "thread_time")
    assert own_time() > 0
