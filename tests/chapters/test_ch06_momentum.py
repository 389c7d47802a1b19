"""Chapter 6: momentum and Nesterov against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import descend, gradients, run

from dlzero.chapters.ch03_gradient_descent import gradient_descent
from dlzero.chapters.ch04_sgd import sgd
from dlzero.chapters.ch06_momentum import momentum, nesterov


@given(gradients(), st.floats(0.001, 1))
def test_without_memory_both_are_gradient_descent(grads, lr):
    start = np.linspace(-1, 1, grads.shape[1])
    expected = run(gradient_descent, start, grads, lr=lr)
    np.testing.assert_array_equal(run(momentum, start, grads, lr=lr, mu=0), expected)
    np.testing.assert_array_equal(run(nesterov, start, grads, lr=lr, mu=0), expected)


def test_the_first_velocity_is_the_gradient():
    assert momentum(1.0, 3.0, 0.0, lr=0.1, mu=0.9)[1] == 3.0


def test_nesterov_and_heavy_ball_differ_from_the_first_step():
    assert momentum(0.0, 1.0, 0.0, lr=0.1, mu=0.5)[0] == -0.1
    assert nesterov(0.0, 1.0, 0.0, lr=0.1, mu=0.5)[0] == pytest.approx(-0.15, abs=1e-15)


@given(gradients(), st.floats(0.01, 0.5), st.floats(0, 0.99))
def test_rate_inside_or_outside_the_velocity_is_the_same_at_constant_rate(grads, lr, mu):
    start = np.zeros(grads.shape[1])
    ours = run(momentum, start, grads, lr=lr, mu=mu)
    np.testing.assert_allclose(ours, run(sgd, start, grads, lr=lr, mu=mu), rtol=1e-12, atol=1e-12)


def test_rate_inside_or_outside_the_velocity_differs_when_the_rate_changes():
    def drop(t):
        return 0.1 if t == 1 else 0.01

    grads = np.ones((2, 1))
    assert run(momentum, [0.0], grads, lr=drop, mu=0.9)[-1] == pytest.approx(-0.119, abs=1e-15)
    assert run(sgd, [0.0], grads, lr=drop, mu=0.9)[-1] == pytest.approx(-0.2, abs=1e-15)


@given(st.floats(0.01, 0.9), st.floats(0, 0.95), st.floats(-3, 3))
def test_nesterov_is_the_look_ahead_form_after_a_change_of_variable(lr, mu, start):
    phi, velocity = start, 0.0
    w, v = start, 0.0
    for _ in range(50):
        velocity = mu * velocity - lr * (phi + mu * velocity)  # the gradient of x**2 / 2
        phi = phi + velocity
        w, v = nesterov(w, w, v, lr=lr, mu=mu)
        assert w == pytest.approx(phi + mu * velocity, rel=1e-12, abs=1e-12)
        assert -lr * v == pytest.approx(velocity, rel=1e-12, abs=1e-12)


@given(st.floats(0.01, 1.9), st.floats(0, 0.95))
def test_heavy_ball_on_a_quadratic_is_a_power_of_a_matrix(lr, mu):
    # (w, v) -> (w - lr*(mu*v + w), mu*v + w) for the gradient of w**2 / 2
    matrix = np.array([[1 - lr, -lr * mu], [1, mu]])
    path = descend(momentum, lambda w: w, [2.0], 40, lr=lr, mu=mu)
    expected = [(np.linalg.matrix_power(matrix, k) @ [2.0, 0.0])[0] for k in range(41)]
    np.testing.assert_allclose(path[:, 0], expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("condition", [4.0, 25.0, 100.0])
def test_heavy_ball_at_its_best_has_the_rate_root_of_mu(condition):
    small, large = 1.0, condition
    lr = (2 / (math.sqrt(small) + math.sqrt(large))) ** 2
    mu = ((math.sqrt(condition) - 1) / (math.sqrt(condition) + 1)) ** 2
    curvature = np.array([small, large])
    path = descend(momentum, lambda w: curvature * w, [1.0, 1.0], 100, lr=lr, mu=mu)
    size = np.linalg.norm(path, axis=1)
    # At the best pair each matrix has a double root, so the size is as k * sqrt(mu)**k.
    assert (size[100] / size[50]) ** (1 / 50) == pytest.approx(
        2 ** (1 / 50) * math.sqrt(mu), rel=1e-3
    )


@pytest.mark.parametrize("mu", [0.5, 0.9])
@pytest.mark.parametrize(
    ("rule", "limit"),
    [
        (momentum, lambda mu: 2 * (1 + mu)),
        (nesterov, lambda mu: (2 + 2 * mu) / (1 + 2 * mu)),
    ],
)
def test_stable_below_the_limit_and_unstable_above(rule, limit, mu):
    below = descend(rule, lambda w: w, [1.0], 3000, lr=0.99 * limit(mu), mu=mu)
    above = descend(rule, lambda w: w, [1.0], 3000, lr=1.01 * limit(mu), mu=mu)
    assert abs(below[-1, 0]) < 1e-3
    assert abs(above[-1, 0]) > 1e3


def test_nesterov_is_less_stable_than_heavy_ball_at_the_same_rate():
    assert abs(descend(momentum, lambda w: w, [1.0], 500, lr=1.5, mu=0.9)[-1, 0]) < 1e-6
    assert abs(descend(nesterov, lambda w: w, [1.0], 500, lr=1.5, mu=0.9)[-1, 0]) > 1e6


def test_the_axes_do_not_matter():
    turn = np.array([[math.cos(0.7), -math.sin(0.7)], [math.sin(0.7), math.cos(0.7)]])
    hessian = np.diag([1.0, 20.0])
    straight = descend(momentum, lambda w: hessian @ w, [1.0, 1.0], 50, lr=0.02)
    turned = descend(
        momentum, lambda w: turn @ hessian @ turn.T @ w, turn @ [1.0, 1.0], 50, lr=0.02
    )
    np.testing.assert_allclose(turned, straight @ turn.T, rtol=1e-12, atol=1e-12)


def test_half_of_the_memory_is_gone_after_seven_steps():
    v, steps = 1.0, 0
    while v > 0.5:
        _, v = momentum(0.0, 0.0, v, mu=0.9)
        steps += 1
    assert steps == math.ceil(math.log(0.5) / math.log(0.9)) == 7
