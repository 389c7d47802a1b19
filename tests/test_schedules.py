"""Schedules against PyTorch's, and where they begin and end."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import golden

from dlzero.chapters.ch03_gradient_descent import gradient_descent
from dlzero.fast.optimizer import Optimizer
from dlzero.schedules import constant, cosine, exponential_decay, step_decay, warm_up


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("step_decay", lambda t: step_decay(t, lr=0.4, every=30, factor=0.5)),
        ("exponential_decay", lambda t: exponential_decay(t, lr=0.4, factor=0.97)),
        ("cosine", lambda t: cosine(t, lr=0.4, steps=199, lr_min=0.01)),
        ("warm_up", lambda t: warm_up(t, lr=0.4, steps=50)),
    ],
)
def test_equals_pytorch(name, schedule):
    _, arrays = golden()
    ours = [schedule(t) for t in range(1, 201)]
    np.testing.assert_allclose(ours, arrays[name], rtol=1e-12)


@given(st.floats(0, 10), st.integers(1, 1000))
def test_every_schedule_starts_at_its_rate_except_the_warm_up(lr, steps):
    assert constant(1, lr=lr) == lr
    assert step_decay(1, lr=lr) == lr
    assert exponential_decay(1, lr=lr) == lr
    assert cosine(1, lr=lr, steps=steps) == pytest.approx(lr, rel=1e-15)
    assert warm_up(steps, lr=lr, steps=steps) == lr


@given(st.integers(1, 500), st.integers(0, 500), st.floats(0, 0.1))
def test_the_cosine_falls_and_then_stays_at_its_end(steps, more, lr_min):
    rates = [cosine(t, lr=0.1, steps=steps, lr_min=lr_min) for t in range(1, steps + more + 2)]
    assert all(a >= b - 1e-15 for a, b in itertools.pairwise(rates))
    assert rates[steps] == pytest.approx(lr_min, abs=1e-15)
    assert rates[-1] == pytest.approx(lr_min, abs=1e-15)


def test_schedules_multiply():
    w = np.zeros(1)
    optimizer = Optimizer(
        gradient_descent,
        lr=lambda t: warm_up(t, steps=2) * exponential_decay(t, lr=1.0, factor=0.5),
    )
    steps = []
    for _ in range(4):
        before = w.copy()
        optimizer.step(w, np.ones(1))
        steps.append(float((before - w)[0]))
    assert steps == [0.5, 0.5, 0.25, 0.125]


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (constant, {1: 0.01, 1000: 0.01}),
        (step_decay, {1: 0.1, 30: 0.1, 31: 0.01, 60: 0.01, 61: 0.001}),
        (exponential_decay, {1: 0.1, 2: 0.099, 101: 0.1 * 0.99**100}),
        (cosine, {1: 0.1, 501: 0.05, 751: 0.05 * (1 - 0.5**0.5), 1001: 0, 2000: 0}),
        (warm_up, {1: 0.01, 50: 0.5, 99: 0.99, 100: 1, 101: 1}),
    ],
)
def test_rates_of_the_defaults(schedule, rates):
    assert {t: schedule(t) for t in rates} == pytest.approx(rates, rel=1e-12, abs=1e-15)
