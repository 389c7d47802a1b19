"""Chapter 7: AdaGrad, RMSProp and AdaDelta against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import descend, gradients, run

from dlzero.chapters.ch07_adaptive import adadelta, adagrad, rmsprop, rmsprop_centered


@given(st.floats(0.01, 100), st.floats(0.001, 1))
def test_adagrad_on_a_constant_gradient_steps_by_one_over_root_t(g, lr):
    path = run(adagrad, [0.0], np.full((50, 1), g), lr=lr)[:, 0]
    expected = -lr * np.cumsum(1 / np.sqrt(np.arange(1, 51)))
    np.testing.assert_allclose(path, expected, rtol=1e-7)


@given(gradients(steps=st.integers(2, 40)), st.floats(0.01, 1), st.floats(-2, 2))
def test_adagrad_keeps_its_regret_bound(grads, lr, best):
    # Losses g.w are linear. Duchi et al. 2011, theorem 5 with the diagonal matrix.
    path = np.vstack(
        [np.zeros((1, grads.shape[1])), run(adagrad, np.zeros(grads.shape[1]), grads, lr=lr)]
    )
    regret = np.sum(grads * (path[:-1] - best))
    distance = np.abs(path - best).max(axis=0)
    scale = np.sqrt(np.sum(grads**2, axis=0)) + 1e-10
    assert regret <= np.sum((distance**2 / (2 * lr) + lr) * scale) * (1 + 1e-9)


@pytest.mark.parametrize("rule", [adagrad, rmsprop, rmsprop_centered])
@given(gradients(steps=st.integers(1, 8)), st.integers(-20, 20))
def test_the_unit_of_the_gradient_does_not_matter(rule, grads, k):
    grads[grads == 0] = 1.0  # eps is 0 here: no division 0 / 0
    start = np.zeros(grads.shape[1])
    if rule is rmsprop_centered:
        grads[1:] *= -1.0  # the spread must not vanish
        grads = grads[:2]
    plain = run(rule, start, grads, eps=0)
    np.testing.assert_array_equal(run(rule, start, grads * 2.0**k, eps=0), plain)


def test_adagrad_depends_on_the_axes():
    half = math.sqrt(0.5)
    turn = np.array([[half, -half], [half, half]])
    straight = np.diag([1.0, 100.0])
    turned = turn @ straight @ turn.T
    one_step = descend(adagrad, lambda w: straight @ w, [1.0, 1.0], 1, lr=1.0)[-1]
    assert np.abs(one_step).max() < 1e-9
    ends = [
        descend(adagrad, lambda w: turned @ w, turn @ [1.0, 1.0], 200, lr=lr)[-1]
        for lr in np.geomspace(1e-3, 1e3, 61)
    ]
    assert min(w @ turned @ w / 2 for w in ends) == pytest.approx(2.19e-3, rel=0.01)


@pytest.mark.parametrize("lr", [0.1, 0.01])
def test_rmsprop_at_a_constant_rate_ends_in_a_cycle_of_half_the_rate(lr):
    path = descend(rmsprop, lambda w: w, [1.0], 6000, lr=lr, rho=0.9)[-10:, 0]
    np.testing.assert_allclose(np.abs(path), lr / 2, rtol=1e-3)
    assert (path[1:] * path[:-1] < 0).all()


def test_rmsprop_starts_with_a_step_that_is_too_long():
    # No correction of the start at zero: the first step is lr / sqrt(1 - rho).
    assert rmsprop(0.0, 5.0, 0.0, lr=0.01, rho=0.99, eps=0)[0] == pytest.approx(-0.1, rel=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_centred_rmsprop_survives_gradients_that_do_not_vary(dtype):
    g = np.geomspace(1e-5, 10, 200).astype(dtype)
    w, v, a = np.zeros((3, 200), dtype)
    lowest = np.zeros(200, dtype)
    for _ in range(400):
        w, v, a = rmsprop_centered(w, g, v, a, rho=0.9)
        lowest = np.minimum(lowest, v - a**2)
    assert (lowest < 0).any()  # rounding does it: a root of this would be NaN
    assert np.isfinite(w).all()


@given(gradients())
def test_centred_rmsprop_steps_at_least_as_far(grads):
    start = np.zeros(grads.shape[1])
    plain = np.diff(run(rmsprop, start, grads), axis=0, prepend=0)
    centred = np.diff(run(rmsprop_centered, start, grads), axis=0, prepend=0)
    assert (np.abs(centred) >= np.abs(plain) * (1 - 1e-9) - 1e-15).all()


@pytest.mark.parametrize(
    ("rho", "expected"),
    [(0.95, [2176, 412, 73, 7]), (0.9, [1803, 364, 72, 9])],
)
def test_eps_is_the_learning_rate_of_adadelta(rho, expected):
    def steps_until_small(eps):
        w, E, D, count = 1.0, 0.0, 0.0, 0
        while abs(w) >= 0.01:
            w, E, D = adadelta(w, w, E, D, rho=rho, eps=eps)
            count += 1
        return count

    assert [steps_until_small(eps) for eps in (1e-8, 1e-6, 1e-4, 1e-2)] == expected


@given(gradients(), st.floats(0.01, 2))
def test_the_rate_of_adadelta_does_not_enter_its_state(grads, lr):
    start = np.zeros(grads.shape[1])
    np.testing.assert_allclose(
        run(adadelta, start, grads, lr=lr), lr * run(adadelta, start, grads), rtol=1e-12
    )


def test_adadelta_steps_carry_the_unit_of_the_parameters():
    # In other units w -> 1000 w, g -> g / 1000, and eps in the units of each, the path scales.
    def step(w, g, E, D, eps_g, eps_w, rho=0.9):
        E = rho * E + (1 - rho) * g**2
        d = math.sqrt(D + eps_w) / math.sqrt(E + eps_g) * g
        return w - d, E, rho * D + (1 - rho) * d**2

    one, other = (1.0, 0.0, 0.0), (1000.0, 0.0, 0.0)
    for _ in range(20):
        one = step(one[0], one[0], *one[1:], 1e-6, 1e-6)
        other = step(other[0], other[0] / 1e6, *other[1:], 1e-12, 1.0)
    assert other[0] == pytest.approx(1000 * one[0], rel=1e-12)
    ours = (1.0, 0.0, 0.0)
    for _ in range(20):
        ours = adadelta(ours[0], ours[0], *ours[1:], eps=1e-6)
    assert ours[0] == pytest.approx(one[0], rel=1e-12)
