"""The splitter: which rules can be a loop, and what the loop looks like."""

import sys

import numpy as np
import pytest
from strategies import BUSY, RULES, run

from dlzero.chapters.ch03_gradient_descent import gradient_descent
from dlzero.chapters.ch08_adam import adam
from dlzero.fast import Optimizer, loop_source
from dlzero.fast.split import NotElementwise
from dlzero.running.rule import Rule

every_rule = pytest.mark.parametrize("name", RULES)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def test_the_loop_of_adam_can_be_printed():
    assert loop_source(adam) == (
        "def adam_numbers(t, lr, beta1, beta2, eps):\n"
        "    k1 = 1 - beta1\n"
        "    k2 = 1 - beta2\n"
        "    k3 = 1 - beta1 ** t\n"
        "    k4 = 1 - beta2 ** t\n"
        "    return beta1, k1, beta2, k2, k3, k4, lr, eps\n"
        "\n\n"
        "def adam_loop(all_w, all_g, all_m, all_v, beta1, k1, beta2, k2, k3, k4, lr, eps):\n"
        "    for i in range(all_w.size):\n"
        "        w, g, m, v = all_w[i], all_g[i], all_m[i], all_v[i]\n"
        "        m = beta1 * m + k1 * g\n"
        "        v = beta2 * v + k2 * g ** 2\n"
        "        m_hat = m / k3\n"
        "        v_hat = v / k4\n"
        "        all_w[i], all_m[i], all_v[i] = w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v"
    )


@every_rule
def test_the_printed_loop_is_python_that_runs(name):
    rule, rng = RULES[name], np.random.default_rng(4)
    start, grads = rng.normal(size=5), rng.normal(size=(4, 5))
    names, code = Rule(rule), {}
    exec(loop_source(rule), rule.__globals__, code)
    numbers, loop = code.values()
    arrays = [start.copy(), *np.zeros((len(names.state), 5))]
    for t, g in enumerate(grads, 1):
        step = {"t": t} if names.uses_t else {}
        loop(arrays[0], g, *arrays[1:], *numbers(**step, **{**names.hyper, **BUSY[name]}))
    np.testing.assert_array_equal(arrays[0], run(rule, start, grads, **BUSY[name])[-1])


def uses_norm(w, g, lr=0.1):
    return (w - lr * g / np.linalg.norm(g),)


def uses_mean(w, g, lr=0.1):
    return (w - lr * (g - g.mean()),)


def uses_matrix(w, g, lr=0.1):
    return (w - lr * (g @ g.T) @ g,)


def uses_index(w, g, lr=0.1):
    return (w - lr * g[::-1],)


def uses_exp(w, g, lr=0.1):
    return (w - lr * np.exp(g),)


def uses_power(w, g, lr=0.1):
    return (w - lr * g**3,)


def uses_branch(w, g, lr=0.1):
    if lr > 0:
        w = w - lr * g
    return (w,)


def uses_np_on_numbers(w, g, lr=0.1):
    return (w - np.sqrt(lr) * g,)


def uses_half_a_clip(w, g, lr=0.1):
    return (w - lr * np.clip(g, -1, None),)


def uses_outer_array(w, g, lr=0.1):
    return (w - lr * OUTER * g,)


def changes_a_number(w, g, m, lr=0.1):
    m = m + lr * g
    lr = lr / 2
    return w - lr * m, m


def changes_in_place(w, g, m, lr=0.1):
    m += g
    return w - lr * m, m


def takes_the_name_i(w, g, lr=0.1):
    i = g * g
    return (w - lr * i,)


def returns_no_tuple(w, g, m, lr=0.1):
    result = w - lr * g, m + g
    return result


OUTER = np.linspace(0, 1, 6).reshape(2, 3)


@pytest.mark.parametrize(
    "rule",
    [
        *(uses_norm, uses_mean, uses_index, uses_exp, uses_power, uses_branch, uses_matrix),
        *(uses_np_on_numbers, uses_outer_array, changes_a_number, changes_in_place),
        *(takes_the_name_i, returns_no_tuple, uses_half_a_clip),
    ],
)
def test_rules_that_are_no_loop_run_on_numpy(rule):
    with pytest.raises(NotElementwise):
        loop_source(rule)
    rng = np.random.default_rng(5)
    start, g = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    w = start.copy()
    optimizer = Optimizer(rule)
    optimizer.step(w, g)
    assert optimizer.engine_used == "numpy"
    state = [np.zeros((2, 3)) for _ in optimizer.rule.state]
    np.testing.assert_array_equal(w, rule(start.copy(), g.copy(), *state)[0])


def test_rules_whose_source_cannot_be_read_run_on_numpy():
    namespace = {}
    exec("def hidden(w, g, lr=0.1):\n    return (w - lr * g,)", namespace)
    factor = 2.0

    def closure(w, g, lr=0.1):
        return (w - factor * lr * g,)

    for rule, expected in ((namespace["hidden"], -0.1), (closure, -0.2)):
        with pytest.raises(NotElementwise):
            loop_source(rule)
        w = np.zeros(2)
        Optimizer(rule).step(w, np.ones(2))
        np.testing.assert_allclose(w, expected)
    w = np.zeros(2)
    Optimizer(lambda w, g, lr=0.1: (w - lr * g,)).step(w, np.ones(2))
    np.testing.assert_allclose(w, -0.1)


def test_a_source_that_is_not_the_code_is_not_trusted():
    def rule(w, g, lr=0.1):
        return (w - lr * g,)

    assert loop_source(rule)
    rule.__code__ = (lambda w, g, lr=0.1: (w + lr * g,)).__code__
    with pytest.raises(NotElementwise):
        loop_source(rule)


def test_a_file_that_was_edited_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "edited_rule.py"
    file.write_text("def rule(w, g, lr=0.1):\n    return (w - 0.5 * lr * g,)\n")
    from edited_rule import rule

    assert loop_source(rule)
    file.write_text("def rule(w, g, lr=0.1):\n    return (w - 0.6 * lr * g,)\n\n")
    with pytest.raises(NotElementwise, match="changed"):
        loop_source(rule)


SPEED = 2.0


def uses_a_global_number(w, g, lr=0.1):
    return (w - SPEED * lr * g,)


def test_a_global_number_is_read_in_every_step(monkeypatch):
    w = np.zeros(1)
    optimizer = Optimizer(uses_a_global_number, lr=1.0)
    optimizer.step(w, np.ones(1))
    monkeypatch.setattr(sys.modules[__name__], "SPEED", 3.0)
    optimizer.step(w, np.ones(1))
    assert w[0] == -5.0


def test_schedules_are_not_frozen_into_the_loop():
    grads = np.ones((4, 1))
    path = run(gradient_descent, [0.0], grads, Optimizer, lr=lambda t: 1.0 / 2**t)
    np.testing.assert_array_equal(path[:, 0], [-0.5, -0.75, -0.875, -0.9375])
