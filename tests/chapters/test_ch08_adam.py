"""Chapter 8: Adam and its family against closed forms, limits and counter-examples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import gradients, run

from dlzero.chapters.ch08_adam import (
    adabelief,
    adam,
    adamax,
    adamw,
    amsgrad,
    lion,
    momentum_schedule,
    nadam,
    radam,
    rectification,
    schedule_free,
)


def without_zeros(grads):
    return np.where(grads == 0, 1.0, grads)


@given(gradients(), st.floats(0.001, 1))
def test_adam_without_memory_is_sign_descent(grads, lr):
    grads = without_zeros(grads)
    path = run(adam, np.zeros(grads.shape[1]), grads, lr=lr, beta1=0, beta2=0, eps=0)
    expected = -lr * np.cumsum(np.sign(grads), axis=0)
    np.testing.assert_allclose(path, expected, rtol=1e-14, atol=1e-15)


@given(gradients(), st.floats(0, 0.99), st.sampled_from([0.0, 0.004]))
def test_nadam_without_momentum_is_adam(grads, beta2, momentum_decay):
    start = np.ones(grads.shape[1])
    hyper = {"lr": 0.1, "beta1": 0.0, "beta2": beta2}
    np.testing.assert_array_equal(
        run(nadam, start, grads, momentum_decay=momentum_decay, **hyper),
        run(adam, start, grads, **hyper),
    )


@given(gradients(), st.floats(0, 0.99), st.floats(0, 0.999))
def test_adamw_without_decay_is_adam(grads, beta1, beta2):
    start = np.ones(grads.shape[1])
    hyper = {"lr": 0.1, "beta1": beta1, "beta2": beta2}
    np.testing.assert_array_equal(
        run(adamw, start, grads, weight_decay=0, **hyper), run(adam, start, grads, **hyper)
    )


@given(st.floats(0, 0.5), st.floats(0, 1), st.floats(-5, 5))
def test_adamw_without_gradient_is_geometric(lr, weight_decay, start):
    path = run(adamw, [start], np.zeros((30, 1)), lr=lr, weight_decay=weight_decay)[:, 0]
    expected = start * (1 - lr * weight_decay) ** np.arange(1, 31)
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("rule", [adam, adamax, nadam, amsgrad, adabelief])
@given(gradients(), st.integers(-20, 20))
def test_the_unit_of_the_gradient_does_not_matter(rule, grads, k):
    grads = without_zeros(grads)
    start = np.ones(grads.shape[1])
    plain = run(rule, start, grads, eps=0)
    np.testing.assert_array_equal(run(rule, start, grads * 2.0**k, eps=0), plain)


@pytest.mark.parametrize("rule", [adam, adamax])
@given(gradients(steps=st.just(1)), st.floats(0.001, 1))
def test_the_first_step_has_the_length_of_the_rate(rule, grads, lr):
    grads = without_zeros(grads)
    path = run(rule, np.zeros(grads.shape[1]), grads, lr=lr, eps=0)
    np.testing.assert_allclose(path, -lr * np.sign(grads), rtol=1e-14)


@given(gradients(steps=st.integers(1, 30)), st.floats(0.1, 0.95), st.floats(0.1, 0.99))
def test_the_step_of_adam_is_bounded_but_not_by_what_is_often_said(grads, beta1, beta2):
    if beta1**2 >= beta2:
        return
    path = run(adam, np.zeros(grads.shape[1]), grads, lr=1.0, beta1=beta1, beta2=beta2)
    steps = np.abs(np.diff(path, axis=0, prepend=0))
    # The corrections (1 - beta2**t) / (1 - beta1**t)**2 are at most those of t = 1.
    t = np.arange(1, len(grads) + 1)[:, None]
    corrections = np.sqrt(1 - beta2**t) / (1 - beta1**t)
    bound = (1 - beta1) / math.sqrt((1 - beta2) * (1 - beta1**2 / beta2))
    assert (steps <= bound * corrections * (1 + 1e-9)).all()


def test_the_bound_of_adam_is_reached_and_is_above_three_rates():
    beta1, beta2, t = 0.9, 0.999, 20000
    bound = (1 - beta1) / math.sqrt((1 - beta2) * (1 - beta1**2 / beta2))
    assert bound == pytest.approx(7.27, abs=0.005)
    # The gradients that meet Cauchy and Schwarz with equality: (beta1 / beta2)**(t - i).
    w, m, v = 0.0, 0.0, 0.0
    for i in range(1, t + 1):
        g = (beta1 / beta2) ** (t - i) if i > t - 2000 else 0.0
        before = w
        w, m, v = adam(w, g, m, v, i, lr=1.0, eps=0 if v or g else 1e-300)
    assert abs(w - before) == pytest.approx(bound, rel=1e-3)


def test_the_step_of_adamax_is_at_most_one_percent_above_the_rate():
    beta1, beta2 = 0.9, 0.999
    bound = (1 - beta1) / (1 - beta1 / beta2)
    assert 1.0085 < bound < 1.0095
    rng = np.random.default_rng(0)
    path = run(adamax, np.zeros(500), rng.normal(size=(300, 500)), lr=1.0)
    correction = 1 - beta1 ** np.arange(1, 301)[:, None]
    assert (np.abs(np.diff(path, axis=0, prepend=0)) * correction <= bound).all()


def test_without_correction_the_first_steps_are_too_long():
    def uncorrected(w, g, m, v, lr=0.001, beta1=0.9, beta2=0.999):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        return w - lr * m / np.sqrt(v), m, v

    path = run(uncorrected, [0.0], np.ones((2000, 1)), lr=1.0)[:, 0]
    steps = -np.diff(path, prepend=0)
    assert steps[0] == pytest.approx(3.16, abs=0.005)
    assert steps.max() == pytest.approx(6.57, abs=0.005)
    assert steps.argmax() + 1 == 12
    assert np.flatnonzero(steps > 1.1)[-1] + 1 == 1750


def test_the_correction_has_the_power_t():
    # With a constant gradient the corrected moments are exact in every step.
    path = run(adam, [0.0], np.full((100, 1), 3.0), lr=0.1, eps=0)[:, 0]
    np.testing.assert_allclose(path, -0.1 * np.arange(1, 101), rtol=1e-12)


@given(gradients(steps=st.integers(2, 20)))
def test_the_scale_of_amsgrad_never_shrinks(grads):
    w, m, v, vmax = np.zeros((4, grads.shape[1]))
    for t, g in enumerate(grads, 1):
        before = vmax
        w, m, v, vmax = amsgrad(w, g, m, v, vmax, t, beta2=0.5)
        assert (vmax >= before).all()
        assert (vmax >= v).all()


def test_the_rate_of_amsgrad_does_not_die():
    # On noise of size 1, AdaGrad's factor falls like 1 / sqrt(t); AMSGrad's stays near 1.
    grads = np.random.default_rng(0).normal(size=(10_000, 20))
    v, vmax, G = np.zeros((3, 20))
    for t, g in enumerate(grads, 1):
        _, _, v, vmax = amsgrad(0.0, g, 0.0, v, vmax, t)
        G = G + g**2
    assert (np.sqrt(vmax) < 1.2).all()
    assert (np.sqrt(G) > 95).all()


def test_the_corrected_scale_of_amsgrad_shrinks_at_first_and_then_rests():
    scale, (w, m, v, vmax) = [], np.zeros(4)
    for t in range(1, 20_001):
        w, m, v, vmax = amsgrad(w, float(t == 1), m, v, vmax, t)
        scale.append(math.sqrt(vmax / (1 - 0.999**t)))
    floor = math.sqrt(1 - 0.999)
    np.testing.assert_allclose(scale[0] / scale[-1], 1 / floor, rtol=1e-6)
    assert (np.diff(scale[:1000]) < 0).all()
    assert scale[9999] / scale[-1] == pytest.approx(1, rel=1e-4)


@given(gradients(steps=st.integers(2, 20)))
def test_the_rate_of_amsgrad_has_a_floor(grads):
    w, m, v, vmax = np.zeros((4, grads.shape[1]))
    for t, g in enumerate(grads, 1):
        w, m, v, vmax = amsgrad(w, g, m, v, vmax, t, beta2=0.5)
    assert (vmax <= np.max(grads**2, axis=0) * (1 + 1e-12)).all()


def test_adam_fails_and_amsgrad_does_not_on_the_counter_example():
    # Reddi et al. 2018: f_t(w) = C*w if t % 3 == 1 else -w, on [-1, 1]; the best point is -1.
    def last(rule, states):
        w, state = 0.0, [0.0] * states
        for t in range(1, 100_001):
            g = 3.0 if t % 3 == 1 else -1.0
            lr = 0.5 / math.sqrt(t)
            w, *state = rule(w, g, *state, t, lr=lr, beta1=0.0, beta2=1 / (1 + 3**2))
            w = min(1.0, max(-1.0, w))
        return w

    assert last(adam, 2) > 0.9
    assert last(amsgrad, 3) < -0.9


def test_nadam_looks_ahead_by_one_step():
    # With a constant gradient the look-ahead average is larger than 1 at first, then tends to 1.
    path = run(nadam, [0.0], np.ones((200, 1)), lr=1.0, eps=0)[:, 0]
    steps = -np.diff(path, prepend=0)
    beta1 = 0.9
    t = np.arange(1, 201)
    m = 1 - beta1**t
    expected = beta1 * m / (1 - beta1 ** (t + 1)) + (1 - beta1) / (1 - beta1**t)
    np.testing.assert_allclose(steps, expected, rtol=1e-12)


@given(st.floats(0, 0.999), st.integers(1, 400), st.floats(0, 2))
def test_momentum_schedule_is_its_definition(beta1, t, decay):
    mu, product = momentum_schedule(beta1, t, decay)
    values = [beta1 * (1 - 0.5 * 0.96 ** (decay * k)) if decay else beta1 for k in range(1, t + 1)]
    assert mu == pytest.approx(values[-1], rel=1e-14)
    assert product == pytest.approx(math.prod(values), rel=1e-12, abs=1e-17)


def test_momentum_schedule_reaches_a_billion_steps():
    _, product = momentum_schedule(0.9, 10**9, 0.004)
    assert product < 1e-17


def test_radam_starts_as_momentum_and_ends_as_adam():
    grads = np.random.default_rng(0).normal(size=(5, 3))
    path = run(radam, np.zeros(3), grads, lr=0.1)
    m, expected = np.zeros(3), np.zeros(3)
    for t, g in enumerate(grads, 1):
        m = 0.9 * m + (1 - 0.9) * g
        expected = expected - 0.1 * m / (1 - 0.9**t)
        np.testing.assert_allclose(path[t - 1], expected, rtol=1e-14)
    assert [rectification(0.999, t) > 0 for t in range(1, 8)] == [False] * 5 + [True] * 2
    assert rectification(0.999, 10**5) == pytest.approx(1, rel=1e-12)


@given(st.floats(0.9, 0.9999), st.integers(1, 3000))
def test_rectification_grows_from_zero_to_one(beta2, t):
    assert 0 <= rectification(beta2, t) <= rectification(beta2, t + 1) + 1e-12 <= 1 + 2e-12


def test_the_scale_is_not_trusted_at_five_itself():
    # At this beta2 the limit of rho is a hair above 5; at t = 97 a hair is missing.
    beta2 = math.nextafter(2 / 3, 1)
    rho_inf = 2 / (1 - beta2) - 1
    assert rho_inf - 2 * 97 * beta2**97 / (1 - beta2**97) == 5 < rho_inf
    assert rectification(beta2, 97) == 0
    assert rectification(beta2, 150) == pytest.approx(1)


@given(gradients(), st.floats(0.001, 1))
def test_every_step_of_lion_has_the_length_of_the_rate(grads, lr):
    grads = without_zeros(grads)
    path = run(lion, np.zeros(grads.shape[1]), grads, lr=lr, beta1=0.5, beta2=0.5)
    steps = np.abs(np.diff(path, axis=0, prepend=0))
    moved = steps[steps > 0]
    np.testing.assert_allclose(moved, lr, rtol=1e-12)
    assert moved.size


@pytest.mark.parametrize(("g", "step"), [(-2.9, 1), (-3.0, 0), (-3.1, -1), (1.0, 1)])
def test_lion_turns_where_gradient_and_momentum_are_in_balance(g, step):
    # m = 1 and beta1 = 3/4: the sign is that of 3/4 + g/4
    w, m = lion(0.0, g, 1.0, lr=0.5, beta1=0.75, beta2=0.5)
    assert (w, m) == (-0.5 * step, 0.5 + 0.5 * g)


def test_half_of_the_second_moment_is_gone_after_693_steps():
    v, steps = 1.0, 0
    while v > 0.5:
        _, _, v = adam(0.0, 0.0, 0.0, v, 1)
        steps += 1
    assert steps == 693


@given(gradients(steps=st.just(1)), st.floats(0.1, 0.99))
def test_the_first_step_of_adabelief_is_longer_than_the_rate(grads, beta1):
    # The first mean is (1 - beta1) g, so the first surprise is beta1 * g.
    grads = without_zeros(grads)
    path = run(adabelief, np.zeros(grads.shape[1]), grads, lr=1.0, beta1=beta1, eps=0)
    np.testing.assert_allclose(path, -np.sign(grads) / beta1, rtol=1e-12)


def test_a_steady_gradient_makes_the_steps_of_adabelief_long():
    # The surprise of step t is beta1**t, so s is a geometric sum.
    beta1, beta2, t = 0.9, 0.999, np.arange(1, 10_001)
    path = run(adabelief, [0.0], np.ones((t.size, 1)), lr=1.0, eps=0)[:, 0]
    q = beta1**2 / beta2
    s = (1 - beta2) * beta2**t * q * (1 - q**t) / (1 - q)
    expected = 1 / np.sqrt(s / (1 - beta2**t))
    np.testing.assert_allclose(-np.diff(path, prepend=0), expected, rtol=1e-6)
    assert expected[[0, 999, 9999]] == pytest.approx([1.111, 20.03, 2273], rel=1e-3)


@given(gradients(steps=st.integers(2, 20)))
def test_the_surprise_of_adabelief_is_its_definition(grads):
    w, m, s = np.zeros((3, grads.shape[1]))
    for t, g in enumerate(grads, 1):
        before = s
        w, m, s = adabelief(w, g, m, s, t, beta2=0.5, eps=1e-3)
        np.testing.assert_allclose(s, 0.5 * before + 0.5 * (g - m) ** 2 + 1e-3, rtol=1e-14)


@given(gradients(), st.floats(0.001, 1))
def test_schedule_free_without_memory_is_gradient_descent(grads, lr):
    start = np.ones(grads.shape[1])
    path = run(schedule_free, start, grads, lr=lr, beta1=0)
    np.testing.assert_allclose(path, start - lr * np.cumsum(grads, axis=0), rtol=1e-12, atol=1e-12)


@given(gradients(), st.floats(0.001, 1), st.floats(0, 0.99))
def test_schedule_free_is_its_definition_with_three_points(grads, lr, beta1):
    w = x = z = np.ones(grads.shape[1])
    d = np.zeros_like(w)
    points = []
    for t, g in enumerate(grads, 1):
        w, d = schedule_free(w, g, d, t, lr=lr, beta1=beta1)
        z = z - lr * g
        points.append(z)
        x = x + (z - x) / t
        np.testing.assert_allclose(w, (1 - beta1) * z + beta1 * x, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(d, z - x, rtol=1e-11, atol=1e-11)
        # The answer is the mean of all points z, and it is found from w and d.
        answer = w - (1 - beta1) * d
        np.testing.assert_allclose(answer, np.mean(points, axis=0), rtol=1e-11, atol=1e-11)


def test_schedule_free_settles_at_a_constant_rate():
    # A bowl of curvature 1 and noise of size 1: descent keeps swinging, the mean comes to rest.
    noise = np.random.default_rng(0).normal(size=(2000, 400))
    w = z = np.ones(400)
    d = np.zeros(400)
    for t, e in enumerate(noise, 1):
        w, d = schedule_free(w, w + e, d, t, lr=0.5)
        z = z - 0.5 * (z + e)
    answer = w - (1 - 0.9) * d
    assert np.sqrt(np.mean(z**2)) == pytest.approx(math.sqrt(0.5 / 1.5), rel=0.1)
    assert np.sqrt(np.mean(answer**2)) < 0.06


@pytest.mark.parametrize(
    ("rule", "state", "step"),
    [
        # From zero, with g = 2, all memories 1/2 and eps = 1: m = 1, v = 2, corrected 2 and 4.
        (adam, 2, 2 / (2 + 1)),
        (adamw, 2, 2 / (2 + 1)),
        (amsgrad, 3, 2 / (2 + 1)),
        (adamax, 2, 2 / (2 + 1)),
        # s = (2 - 1)**2 / 2 + 1, corrected 3
        (adabelief, 2, 2 / (math.sqrt(3) + 1)),
        # mu = 1/2 at both steps: 1/2 * 1 / (1 - 1/4) + 1/2 * 2 / (1 - 1/2)
        (nadam, 2, (2 / 3 + 2) / (2 + 1)),
    ],
)
def test_a_first_step_with_a_large_eps_by_hand(rule, state, step):
    w, *_ = rule(0.0, 2.0, *[0.0] * state, 1, lr=1.0, beta1=0.5, beta2=0.5, eps=1.0)
    assert w == pytest.approx(-step, rel=1e-15)


def test_a_rectified_step_with_a_large_eps_by_hand():
    # v = 9 * 0.1 at beta2 = 0.9; at t = 50 the rectification is that of the closed form
    r = rectification(0.9, 50)
    w, m, v = radam(0.0, 3.0, 0.0, 0.0, 50, lr=1.0, beta1=0.5, beta2=0.9, eps=1.0)
    assert (m, v) == (1.5, pytest.approx(0.9, rel=1e-15))
    scale = r * math.sqrt(1 - 0.9**50) / (math.sqrt(0.9) + 1)
    assert w == pytest.approx(-1.5 / (1 - 0.5**50) * scale, rel=1e-14)
