"""Methods: a rule, its hyper-parameters and a schedule."""

import functools
import math

import numpy as np
import pytest
from comparisons import QUIET, bowl

import dlzero
from dlzero import Rule, schedules
from dlzero.practice import Method, compare

pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm")


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


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Method("a", "sgd", {"lr": 1}), TypeError, "give lr as rates"),
        (lambda: Method("a", "sgd", {"beta": 1}), TypeError, "no hyper-parameter 'beta'"),
        (lambda: Method("a", "sgd", schedule=3), TypeError, "schedule must be a function"),
        (
            lambda: Method("a", "adamm"),
            ValueError,
            "rule must be one of .*'nadam', .*, got 'adamm'",
        ),
        (lambda: Method("a", None), TypeError, "expected a function"),
        (lambda: Method("a", Rule(dlzero.sgd, lr=abs)), TypeError, "its course as schedule"),
    ],
)
def test_bad_parts_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
