"""A Rule: what it reads, what it refuses, and one contract at every door that runs it."""

import math

import numpy as np
import pytest
from strategies import BUSY, RULES

from dlzero import (
    Optimizer,
    Rule,
    adam,
    fast,
    gradient_descent,
    minimize,
    momentum,
    nadam,
    sgd,
    train,
)
from dlzero.models import LinearRegression
from dlzero.practice import Method
from dlzero.running.rule import hyper_value, working_dtype


def halving(w, g, t, lr=1.0):
    return (w - lr / t * g,)


def test_the_signature_is_the_data_model():
    rule = Rule(adam, lr=0.1)
    assert (rule.name, rule.state, rule.uses_t) == ("adam", ("m", "v"), True)
    assert rule.hyper == {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    assert (Rule(gradient_descent).state, Rule(gradient_descent).uses_t) == ((), False)
    assert (Rule(halving).state, Rule(halving).uses_t) == ((), True)
    assert repr(Rule(momentum)) == "Rule(momentum, lr=0.01, mu=0.9)"


@pytest.mark.parametrize("name", RULES)
def test_the_two_lines_of_every_loop(name):
    rng = np.random.default_rng(0)
    grads, w = rng.normal(size=(20, 3)), rng.normal(size=3)
    rule, by_hand, optimized = Rule(RULES[name], **BUSY[name]), [w], w.copy()
    by_hand += [np.zeros(3) for _ in rule.state]
    optimizer = Optimizer(RULES[name], **BUSY[name])
    state = rule.start(w)
    for t, g in enumerate(grads, 1):
        w, *state = rule.at(t)(w, g, *state)
        counter = (t,) if rule.uses_t else ()
        by_hand = RULES[name](by_hand[0], g, *by_hand[1:], *counter, **BUSY[name])
        optimizer.step(optimized, g)
        for ours, theirs in zip((w, *state), by_hand, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(w, optimized)


def test_a_rule_of_a_rule_has_its_values():
    slow = Rule(Rule(adam, lr=0.5, beta1=0.8), lr=0.1)
    assert slow.function is adam
    assert (slow.hyper["lr"], slow.hyper["beta1"]) == (0.1, 0.8)


def test_numbers_of_numpy_keep_float32():
    rule = Rule(adam, lr=np.float64(0.1), beta1=lambda t: np.float64(0.9))
    w, *state = rule.at(1)(np.ones(2, np.float32), np.ones(2), *rule.start(np.ones(2, np.float32)))
    assert {a.dtype for a in (w, *state)} == {np.dtype(np.float32)}
    whole = Rule(gradient_descent, lr=np.int64(2)).hyper["lr"]
    assert (whole, type(whole)) == (2, int)


# The doors that run a rule, with the same answer at each of them.

ONE_STEP = {"steps": 1, "gtol": 0, "ftol": 0}


def by_minimize(rule, **hyper):
    return minimize(lambda x: x @ x, [1.0, 2.0], rule, jac=lambda x: 2 * x, **ONE_STEP, **hyper)


def by_train(rule, **hyper):
    X, y = np.ones((4, 2)), np.ones(4)
    return train(LinearRegression(2), X, y, optimizer=rule, epochs=1, **hyper)


def by_optimizer(rule, **hyper):
    Optimizer(rule, **hyper).step(np.ones(2), np.ones(2))


def by_fast_optimizer(rule, **hyper):
    fast.Optimizer(rule, **hyper).step(np.ones(2), np.ones(2))


def by_method(rule, **hyper):
    rate = hyper.pop("lr", 0.1)
    method = Method("it", rule, hyper)
    step = method.at(rate).at(1)
    step(np.ones(2), np.ones(2), *method.at(rate).start(np.ones(2)))


def by_rule(rule, **hyper):
    step = Rule(rule, **hyper).at(1)
    step(np.ones(2), np.ones(2), *Rule(rule).start(np.ones(2)))


DOORS = [by_rule, by_minimize, by_train, by_optimizer, by_fast_optimizer, by_method]
every_door = pytest.mark.parametrize("door", DOORS)


@every_door
@pytest.mark.parametrize(
    ("rule", "hyper", "error", "message"),
    [
        (adam, {"beta1": 1.5}, ValueError, "beta1 must be at least 0 and below 1, got 1.5"),
        (adam, {"eps": -1}, ValueError, "eps must be zero or more, and finite, got -1"),
        (momentum, {"mu": np.nan}, ValueError, "mu must be from 0 to 1, got nan"),
        (sgd, {"clip": -1}, ValueError, "clip must be zero or more, got -1"),
        (nadam, {"momentum_decay": -5}, ValueError, "momentum_decay must be zero or more"),
        (adam, {"lr": 10**400}, ValueError, "lr must be zero or more, and finite, got 1000"),
        (adam, {"lr": True}, TypeError, "lr must be a number or a function of the step, got True"),
        (adam, {"lr": "fast"}, TypeError, "lr must be a number or a function"),
        (adam, {"beta": 0.9}, TypeError, "adam has no hyper-parameter 'beta'. It knows: lr, beta1"),
    ],
)
def test_bad_hyper_parameters(door, rule, hyper, error, message):
    with pytest.raises(error, match=message):
        door(rule, **hyper)


@every_door
def test_a_schedule_that_leaves_the_range(door):
    with pytest.raises(ValueError, match=r"mu must be from 0 to 1, at step 1 .* gave 5\.0"):
        door(momentum, mu=lambda t: 5.0)


@pytest.mark.parametrize("door", DOORS[:-1])
def test_names_are_looked_up_in_the_dictionary(door):
    with pytest.raises(TypeError, match=r"got 'adam'\. Names are looked up in dlzero\.RULES"):
        door("adam")


def in_place(w, g, m, lr=0.1):
    m *= 0.9
    m += g
    g *= lr
    w -= g
    return w, m


@every_door
def test_a_rule_that_works_in_place_does_no_harm(door):
    door(in_place, lr=0.5)


def test_what_a_rule_in_place_was_given_stays():
    w, g = np.ones(2), np.ones(2)
    new, _ = Rule(in_place, lr=0.5).at(1)(w, g, np.zeros(2))
    assert new.tolist() == [0.5, 0.5]
    assert w.tolist() == g.tolist() == [1, 1]
    for kind in (Optimizer, fast.Optimizer):
        w, g = np.ones(2), np.ones(2)
        kind(in_place, lr=0.5).step(w, g)
        assert w.tolist() == [0.5, 0.5]
        assert g.tolist() == [1, 1]


@every_door
@pytest.mark.parametrize(
    "no_rule",
    [
        3,
        None,
        lambda w: w,
        lambda g, w: w,
        lambda w, g, *v: w,
        lambda w, g, *, lr: w,
        lambda w, g, **hyper: w,
        lambda w, g, t, v: w,
    ],
)
def test_what_is_no_rule(door, no_rule):
    with pytest.raises(TypeError, match=r"rule\(w, g, \*state"):
        door(no_rule)


def test_whole_numbers_that_a_float_holds_stay_whole():
    for value in (3, -3, 2**53 - 1, 1 - 2**53, np.int16(3)):
        kept = hyper_value("power", value)
        assert (type(kept), kept) == (int, value)
    for value in (2**53, -(2**53), 2**60, 3.0, np.float32(3)):
        kept = hyper_value("power", value)
        assert (type(kept), kept) == (float, float(value))


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "below", "above"),
    [
        ("lr", 0, 1e300, -1e-300, math.inf),
        ("mu", 0, 1, -1e-300, 1 + 1e-15),
        ("beta1", 0, 1 - 1e-15, -1e-300, 1),
        ("beta2", 0, 1 - 1e-15, -1e-300, 1),
        ("rho", 0, 1 - 1e-15, -1e-300, 1),
        ("eps", 0, 1e300, -1e-300, math.inf),
        ("weight_decay", 0, 1e300, -1e-300, math.inf),
        ("momentum_decay", 0, 1e300, -1e-300, math.inf),
        ("clip", 0, math.inf, -1e-300, math.nan),
    ],
)
def test_the_ends_of_each_range(name, lowest, highest, below, above):
    for value in (lowest, highest):
        assert hyper_value(name, value) == value
    for value in (below, above, math.nan):
        with pytest.raises(ValueError, match=f"{name} must be"):
            hyper_value(name, value)


def test_a_scalar_of_a_half_is_computed_in_single():
    assert working_dtype(np.float16(1)) == working_dtype(np.float32(1)) == np.float32
    assert working_dtype(np.float64(1)) == working_dtype(1.0) == np.float64


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, w: (w,),
        lambda w: (w,),
        lambda w, v: (w, v),
        lambda w, g, t, v: (w, v),
        lambda w, g, *, lr=1: (w,),
        lambda w, g, **hyper: (w,),
        lambda w, g, *state: (w,),
    ],
)
def test_a_function_that_is_no_rule(rule):
    with pytest.raises(TypeError, match=r"expected a function rule\(w, g"):
        Rule(rule)


def test_a_rule_may_have_state_and_count_its_steps():
    def counting(w, g, v, t, lr=0.1):
        return w - lr / t * g, v + t

    rule = Rule(counting)
    assert (rule.name, rule.state, rule.uses_t, rule.hyper) == (
        "counting",
        ("v",),
        True,
        {"lr": 0.1},
    )
    w, v = rule.at(4)(1.0, 2.0, 3.0)
    assert (w, v) == (0.95, 7.0)


def test_a_rule_that_loses_the_shape_of_w_is_told_both():
    rule = Rule(lambda w, g, v, lr=0.1: (w.sum(), v))
    with pytest.raises(ValueError, match=r"w of shape \(2,\) and must keep it, got shape \(\)$"):
        rule.at(1)(np.ones(2), np.ones(2), np.zeros(2))


@pytest.mark.parametrize(
    ("rule", "form"),
    [
        (lambda w, g, lr=0.1: w, r"\(w,\)"),
        (lambda w, g, v, lr=0.1: w, r"\(w, v\)"),
        (lambda w, g, m, v, t, lr=0.1: [w, m, v], r"\(w, m, v\)"),
    ],
)
def test_a_rule_that_returns_no_tuple_is_told_which(rule, form):
    one = Rule(rule)
    with pytest.raises(TypeError, match=rf"must return a tuple {form}, got (ndarray|list)$"):
        one.at(1)(np.ones(2), np.ones(2), *one.start(np.ones(2)))
