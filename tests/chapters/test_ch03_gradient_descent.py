"""Chapter 3: the rule, the loop, its stopping rules, its messages, the gradient check."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlzero import RULES, Rule, momentum
from dlzero.chapters.ch03_gradient_descent import (
    check_gradient,
    gradient_descent,
    minimize,
    numerical_gradient,
)
from dlzero.running.objective import Objective
from dlzero.running.walk import Walk

NEVER = {"gtol": 0, "ftol": 0}  # no stop before the limit


def bowl(x):
    return np.sum(x**2)


def bowl_grad(x):
    return 2 * x


def heavy_ball(w, g, v, lr=0.01, mu=0.9):
    v = mu * v + g
    return w - lr * v, v


def decaying(w, g, t, lr=1.0):
    return (w - lr / t * g,)


# the three-variable example: x² + y² + z² from (3, 3, 3), rate 0.1, 100 iterations


def test_three_variables_by_hand_and_by_formula():
    result = minimize(bowl, (3, 3, 3), lr=0.1, steps=100, jac=bowl_grad, **NEVER)
    assert result.nit == 100
    assert result.path.shape == (101, 3)
    assert result.path[1] == pytest.approx([2.4, 2.4, 2.4], rel=1e-15)
    closed_form = 3 * 0.8 ** np.arange(101)
    for column in result.path.T:
        assert column == pytest.approx(closed_form, rel=1e-13)
    assert result.fun == pytest.approx(27 * 0.64**100, rel=1e-12)
    assert not result.success
    assert result.message.startswith("step limit reached (100)")


def test_three_variables_stop_when_the_gradient_is_small():
    result = minimize(bowl, (3, 3, 3), lr=0.1, steps=100, jac=bowl_grad)
    # the gradient shrinks by 0.8 a step, so 1e-8 is reached after log(1e-8) / log(0.8) steps
    assert result.nit == math.ceil(math.log(1e-8) / math.log(0.8)) == 83
    assert result.success
    assert "gradient norm" in result.message
    assert np.linalg.norm(result.x) < 1e-7


def test_three_variables_without_a_gradient():
    result = minimize(bowl, (3, 3, 3), lr=0.1, steps=100, **NEVER)
    exact = minimize(bowl, (3, 3, 3), lr=0.1, steps=100, jac=bowl_grad, **NEVER)
    assert np.abs(result.path - exact.path).max() < 1e-9
    # one value a point, and two more for each coordinate
    assert result.nfev == 101 * (1 + 2 * 3)
    assert exact.nfev == 101


# the closed form of a quadratic

curvatures = st.floats(0.1, 10)


@settings(deadline=None)
@given(low=curvatures, high=curvatures, fraction=st.floats(0.01, 1.99))
def test_quadratic_follows_its_closed_form(low, high, fraction):
    curvature = np.array([low, high])
    lr = fraction / max(low, high)
    result = minimize(
        lambda x: curvature @ x**2 / 2,
        (1.0, -2.0),
        jac=lambda x: curvature * x,
        lr=lr,
        steps=60,
        **NEVER,
    )
    k = np.arange(61)[:, None]
    expected = (1 - lr * curvature) ** k * np.array([1.0, -2.0])
    assert np.allclose(result.path, expected[: len(result.path)], rtol=1e-11, atol=1e-13)


@settings(max_examples=20, deadline=None)
@given(curvature=st.floats(1e-3, 1e3))
def test_quadratic_converges_below_two_over_l_and_diverges_above(curvature):
    def run(fraction):
        return minimize(
            lambda x: curvature * x**2 / 2,
            1.0,
            jac=lambda x: curvature * x,
            lr=fraction / curvature,
            steps=3000,
        )

    assert run(1.98).success
    above = run(2.02)
    assert not above.success
    assert above.message.startswith("diverged at step")


def test_best_constant_rate_needs_the_steps_that_theory_says():
    # condition 100: rate 99/101 a step, so 691 steps for 1e-6
    curvature = np.array([1.0, 100.0])
    result = minimize(
        lambda x: curvature @ x**2 / 2,
        (1.0, 1.0),
        jac=lambda x: curvature * x,
        lr=2 / 101,
        steps=2000,
        **NEVER,
    )
    distance = np.linalg.norm(result.path, axis=1) / math.sqrt(2)
    assert np.argmax(distance <= 1e-6) == 691


@pytest.mark.parametrize(("lr", "value"), [(0.016, "870"), (0.019, "475"), (0.02, "2.8163e+05")])
def test_history_x2_plus_50y2(lr, value):
    result = minimize(
        lambda x: x[0] ** 2 + 50 * x[1] ** 2,
        (150, 75),
        jac=lambda x: x * (2, 100),
        lr=lr,
        steps=50,
        **NEVER,
    )
    assert f"{result.fun:.3g}" == value or f"{result.fun:.5g}" == value


# stopping rules


def test_gradient_norm_is_a_norm_and_not_a_sum():
    # here the derivatives always add up to zero
    result = minimize(bowl, (3, -3), jac=bowl_grad, lr=0.1)
    assert result.success
    assert result.nit > 50
    assert np.abs(result.x).max() < 1e-7


def test_start_at_the_minimum_stops_at_once():
    result = minimize(bowl, (0, 0), jac=bowl_grad)
    assert (result.success, result.nit, result.nfev) == (True, 0, 1)
    assert result.path.tolist() == [[0, 0]]


def test_gtol_is_relative_to_the_first_gradient():
    result = minimize(bowl, (3, 4), jac=bowl_grad, lr=0.1, gtol=0.5, ftol=0)
    norms = np.linalg.norm(2 * result.path, axis=1)
    assert norms[-1] <= 0.5 * norms[0] < norms[-2]


def test_ftol_stops_where_the_value_no_longer_changes():
    result = minimize(lambda x: 5 + bowl(x), (3, 3), jac=bowl_grad, lr=0.1, gtol=0, ftol=1e-6)
    changes = np.abs(np.diff(result.values))
    assert result.success
    assert result.message.startswith("f changed by")
    assert changes[-1] <= 1e-6 * 5.1
    assert np.all(changes[:-1] > 1e-6 * 5)


def test_a_bounce_is_not_convergence():
    # at rate 2/L the point jumps from 3 to -3 and back: f never changes, yet nothing is solved
    result = minimize(bowl, 3.0, jac=bowl_grad, lr=1.0, steps=20)
    assert np.abs(result.path).tolist() == [3.0] * 21
    assert not result.success
    assert "step limit" in result.message


def test_limit_reached_at_the_very_step_of_convergence_counts_as_success():
    free = minimize(bowl, (3, 3, 3), lr=0.1, jac=bowl_grad)
    exact = minimize(bowl, (3, 3, 3), lr=0.1, jac=bowl_grad, steps=free.nit)
    short = minimize(bowl, (3, 3, 3), lr=0.1, jac=bowl_grad, steps=free.nit - 1)
    assert (exact.success, short.success) == (True, False)


def test_limit_says_when_f_has_risen():
    result = minimize(bowl, 3.0, jac=bowl_grad, lr=1.001, steps=20)
    assert "f rose" in result.message
    assert "smaller lr" in result.message


@settings(max_examples=50, deadline=None)
@given(power=st.integers(-300, 300))
def test_scaling_f_and_the_rate_changes_nothing_but_the_values(power):
    scale = 2.0**power
    plain = minimize(bowl, (3, 1), jac=bowl_grad, lr=0.1)
    scaled = minimize(
        lambda x: scale * bowl(x), (3, 1), jac=lambda x: scale * bowl_grad(x), lr=0.1 / scale
    )
    assert np.array_equal(plain.path, scaled.path)
    assert np.array_equal(plain.values * scale, scaled.values)
    assert scaled.success


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e-6, 1.0, 1e6, 1e30, 1e200])
def test_tiny_and_huge_values_without_a_gradient(scale):
    result = minimize(lambda x: scale * bowl(x), (3, 1), lr=0.1 / scale)
    assert result.success
    assert np.abs(result.x).max() < 1e-6
    too_fast = minimize(lambda x: scale * bowl(x), (3, 1), lr=5 / scale)
    assert too_fast.message.startswith("diverged")


def test_callback_sees_each_step_and_may_stop():
    seen = []

    def callback(t, x, f):
        seen.append((t, x.copy(), f))
        x[:] = np.nan  # a careless callback does no harm
        return t == 7

    result = minimize(bowl, (3, 3), jac=bowl_grad, lr=0.1, callback=callback)
    assert [t for t, _, _ in seen] == [1, 2, 3, 4, 5, 6, 7]
    assert np.array_equal([x for _, x, _ in seen], result.path[1:])
    assert [f for _, _, f in seen] == result.values[1:].tolist()
    assert (result.success, result.nit) == (False, 7)
    assert (result.status, result.message) == ("callback", "the callback said True at step 7")


@pytest.mark.parametrize("answer", [1, "stop", np.ones(3), [True], object(), None, False])
def test_only_true_stops(answer):
    result = minimize(bowl, (3, 3), jac=bowl_grad, lr=0.1, steps=9, callback=lambda t, x, f: answer)
    assert result.nit == 9
    stop = minimize(bowl, (3, 3), jac=bowl_grad, lr=0.1, callback=lambda t, x, f: np.bool_(t == 2))
    assert (stop.nit, stop.status) == (2, "callback")


def test_ctrl_c_keeps_the_point_reached():
    def impatient(x):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return bowl(x)

    calls = []
    result = minimize(impatient, (3, 3), jac=bowl_grad, lr=0.1)
    assert (result.status, result.success, result.nit) == ("interrupted", False, 4)
    assert result.message == "interrupted after step 4; the point is kept"
    assert result.x == pytest.approx([3 * 0.8**4] * 2)


@pytest.mark.parametrize(
    ("status", "options"),
    [
        ("small gradient", {"lr": 0.1}),
        ("no change", {"lr": 0.1, "gtol": 0, "ftol": 0.9}),
        ("limit", {"lr": 0.1, "steps": 3}),
        ("diverged", {"lr": 3.0}),
    ],
)
def test_status_says_why_in_a_word(status, options):
    result = minimize(bowl, (3, 3), jac=bowl_grad, **options)
    assert result.status == status
    assert result.success == (status in ("small gradient", "no change"))


def test_a_start_at_height_zero_is_measured_by_the_next_height():
    # without friction the point swings for ever, a little uphill each time
    swing = minimize(lambda x: x**2 - 1, 1.0, momentum, jac=bowl_grad, lr=1e-3, mu=1.0, steps=500)
    assert swing.values[0] == 0
    assert swing.status == "limit"
    fast = minimize(lambda x: x**2 - 1, 1.0, jac=bowl_grad, lr=3.0)
    assert fast.status == "diverged"


def test_status_of_a_fall_without_end():
    result = minimize(lambda x: -np.exp(x), 3.0, jac=lambda x: -np.exp(x), lr=1.0)
    assert result.status == "no minimum"


# to the very step: heights that are given, and x goes on by 1 a step


def along(heights, slope=-1.0, **options):
    """Walk over the heights from left to right; the last one goes on for ever."""

    def height(x):
        return heights[min(round(float(x)), len(heights) - 1)]

    options = {"lr": -1 / slope, "gtol": 0, "ftol": 0, "steps": len(heights) - 1} | options
    return minimize(height, 0.0, jac=lambda x: slope, **options)


@pytest.mark.parametrize(
    ("heights", "step"),
    [
        # higher by a million times the start is not enough, more is
        ([1.0, *range(2, 21), 1.0 + 1e6, 1.5 + 1e6, 2e6], 21),
        ([-1.0, *range(2, 21), -1.0 + 1e6, -0.5 + 1e6, 2e6], 21),
        # from 0 it is measured by the next height
        ([0.0, *range(2, 21), 2e6, 2e6 + 1, 3e6], 21),
        # high at once: twenty rises in a row
        ([1.0, *range(2_000_001, 2_000_031)], 20),
        # rest and descent begin the count anew
        ([1.0, *range(2_000_001, 2_000_019), 2_000_018, *range(2_000_019, 2_000_050)], 39),
        ([1.0, *range(2_000_001, 2_000_020), 7, *range(2_000_021, 2_000_050)], 40),
    ],
)
def test_twenty_rises_in_a_row_to_a_million_times_the_start_are_a_divergence(heights, step):
    result = along(heights)
    assert (result.status, result.nit) == ("diverged", step)
    assert f"diverged at step {step}: f grew from {heights[0]:g} to" in result.message


def test_a_walk_that_still_climbs_is_no_divergence_before():
    assert along([1.0, *range(2_000_001, 2_000_020)]).status == "limit"


def test_no_change_is_a_share_of_the_value():
    # nothing changes, and the gradient promises 2**-40 a step
    def rest(ftol):
        return along([4.0] * 9, slope=-(2.0**-40), ftol=ftol)

    assert (rest(2.0**-42).status, rest(2.0**-42).nit) == ("no change", 1)
    assert rest(0.99 * 2.0**-42).status == "limit"
    # and here f changes by more than it promises
    falling = along([4.0, 3.0, 2.5, 2.25, 2.25], slope=-(2.0**-40), ftol=0.2)
    assert (falling.status, falling.nit) == ("no change", 2)
    assert falling.message.startswith("f changed by 0.5 only; gradient norm 9.09495e-13")
    below = along([-4.0, -5.0, -5.5, -5.5], slope=-(2.0**-40), ftol=0.1)
    assert (below.status, below.nit) == ("no change", 2)


def test_the_gradient_is_small_when_it_reaches_its_share():
    # halved in every step
    assert minimize(bowl, 4.0, jac=bowl_grad, lr=0.25, gtol=0.125, ftol=0).nit == 3
    assert minimize(bowl, 4.0, jac=bowl_grad, lr=0.25, gtol=0.12, ftol=0).nit == 4


def test_options_are_given_by_name():
    with pytest.raises(TypeError, match="positional"):
        minimize(bowl, 3.0, gradient_descent, bowl_grad)
    by_name = minimize(fun=bowl, x0=3.0, method=gradient_descent, jac=bowl_grad, lr=0.1)
    assert np.array_equal(by_name.path, minimize(bowl, 3.0, jac=bowl_grad, lr=0.1).path)


def test_a_thousand_steps_unless_told_otherwise():
    result = minimize(bowl, 3.0, jac=bowl_grad, lr=1e-6)
    assert (result.nit, result.status) == (1000, "limit")
    assert result.message.startswith("step limit reached (1000)")


def test_at_the_limit_only_a_rise_asks_for_a_smaller_rate():
    assert "smaller" in along([1.0, 3.0, 2.0]).message
    assert "f rose from 1 to 2, take a smaller lr" in along([1.0, 3.0, 2.0]).message
    assert "smaller" not in along([1.0, 3.0, 1.0]).message
    assert "smaller" not in along([1.0, 3.0, 0.5]).message


@pytest.mark.parametrize(("lr", "hint"), [(4.0, "1"), (2.5, "1"), (1.6, "0.2"), (1.1, "0.1")])
def test_the_rate_to_try_is_one_over_l_or_a_tenth(lr, hint):
    # curvature 1; to the left of zero f has no value
    def half(x):
        return x**2 / 2 if x >= 0 else math.nan

    result = minimize(half, 1.0, jac=lambda x: x, lr=lr)
    assert result.message == (
        "diverged at step 1: f is nan. "
        f"Try a smaller rate, for example lr={hint} instead of {lr:g}."
    )


def test_a_straight_line_has_no_curvature_to_go_by():
    result = minimize(lambda x: x if x > 0 else math.nan, 1.0, jac=lambda x: 1.0, lr=5.0)
    assert result.message.endswith("for example lr=0.5 instead of 5.")


@pytest.mark.parametrize(
    ("curvature", "lr", "hint"),
    [
        # not positive: it tells no rate
        (0.0, 5.0, "0.5"),
        (math.nan, 5.0, "0.5"),
        (1.0, 5.0, "1"),
        # half the rate is not much smaller, and less is
        (0.5, 4.0, "0.4"),
        (0.625, 4.0, "2"),
    ],
)
def test_the_rate_to_try_by_the_curvature(monkeypatch, curvature, lr, hint):
    monkeypatch.setattr(Objective, "largest_curvature", lambda *_: curvature)
    walk = Walk(Objective(bowl, bowl_grad, numerical_gradient), 3.0, 0, 0)
    walk.lr = lr
    assert walk.hint() == f"Try a smaller rate, for example lr={hint} instead of {lr:g}."


def test_the_curvature_is_the_largest_of_the_start():
    curvature = np.array([1.0, 8.0])
    objective = Objective(
        lambda x: curvature @ x**2 / 2, lambda x: curvature * x, numerical_gradient
    )
    # five power iterations from equal parts: (1 + 8**10) / (1 + 8**8), beneath the root
    x = np.array([8.0, 1.0])
    expected = math.sqrt((1 + 8.0**10) / (1 + 8.0**8))
    assert objective.largest_curvature(x, curvature * x) == pytest.approx(expected, rel=1e-6)
    assert objective.nfev == 5


@pytest.mark.parametrize(("x", "h"), [(0.5, 1e-4), (-1.0, 1e-4), (3.0, 3e-4)])
def test_the_curvature_looks_ahead_by_a_share_of_x(x, h):
    # uphill from x: ((|x| + h)**3 - |x|**3) / h
    objective = Objective(lambda x: x**4 / 4, lambda x: x**3, numerical_gradient)
    found = objective.largest_curvature(np.array(x), np.array(x**3))
    assert found == pytest.approx(3 * x**2 + 3 * abs(x) * h + h**2, rel=1e-9)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_the_curvature_has_the_scale_of_the_gradient(scale):
    objective = Objective(
        lambda x: scale * bowl(x), lambda x: scale * bowl_grad(x), numerical_gradient
    )
    x = np.array([0.6, 0.8])
    found = objective.largest_curvature(x, scale * bowl_grad(x))
    assert found == pytest.approx(2 * scale, rel=1e-9)


def test_the_curvature_at_the_origin():
    objective = Objective(lambda x: (x[0] - 1) ** 2, lambda x: 2 * (x - 1), numerical_gradient)
    x = np.zeros(1)
    assert objective.largest_curvature(x, 2 * (x - 1)) == pytest.approx(2.0, rel=1e-9)


def test_gradients_whose_sum_is_beyond_a_float_are_not_compared():
    with pytest.raises(ValueError, match="the given gradient is inf at x"):
        check_gradient(lambda x: x, lambda x: 1e308, 0.0)
    assert check_gradient(lambda x: 8e307 * x, lambda x: 8e307, 0.0) < 1e-9


def test_a_record_shows_six_digits():
    result = minimize(bowl, (1 / 3, 3.0), jac=bowl_grad, lr=0.5, steps=1)
    assert repr(minimize(bowl, (1 / 3, 3.0), jac=bowl_grad, lr=0.1, steps=1, gtol=0)) == (
        "success: False\n"
        "message: step limit reached (1); gradient norm 4.82954, at the start 6.03692\n"
        "      x: [0.266667 2.4     ]\n"
        "    fun: 5.83111\n"
        "    jac: [0.533333 4.8     ]\n"
        "    nit: 1\n"
        "   nfev: 2\n"
        "   path: 2 points"
    )
    assert result.success


@pytest.mark.parametrize("x", [3.0, -50.0])
def test_the_width_of_a_difference_is_a_share_of_x_and_at_least_itself(x):
    asked = []

    def seen(at):
        asked.append(float(at))
        return at**2

    width = np.finfo(float).eps ** (1 / 3)
    assert width == pytest.approx(6e-6, rel=0.02)
    for at in (x, 0.5):
        asked.clear()
        numerical_gradient(seen, at)
        wide = width * max(1, abs(at))
        assert asked == pytest.approx([at + wide, at - wide], rel=1e-15)
        asked.clear()
        numerical_gradient(seen, at, h=0.25)
        assert asked == [at + 0.25 * max(1, abs(at)), at - 0.25 * max(1, abs(at))]


# divergence


def test_divergence_names_step_reason_and_a_rate_that_works():
    f, grad = (lambda x: x[0] ** 2 + 50 * x[1] ** 2), (lambda x: x * (2, 100))
    result = minimize(f, (150, 75), jac=grad, lr=0.1)
    assert not result.success
    step = result.nit
    assert result.message == (
        f"diverged at step {step}: f grew from 281628 to {result.fun:.6g}. "
        "Try a smaller rate, for example lr=0.01 instead of 0.1."
    ).replace("281628", f"{result.values[0]:.6g}")
    assert minimize(f, (150, 75), jac=grad, lr=0.01).success


@pytest.mark.parametrize("lr", [0.01, 0.1, 1.0, 100.0])
def test_hint_for_rosenbrock_leads_downhill(lr):
    def f(x):
        return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2

    result = minimize(f, (-1.2, 1), lr=lr)
    assert result.message.startswith("diverged at step")
    hint = float(result.message.split("lr=")[1].split(" ")[0])
    assert hint < lr
    again = minimize(f, (-1.2, 1), lr=hint, steps=200)
    assert again.fun < 5


def test_divergence_to_infinity_keeps_the_last_finite_point():
    result = minimize(lambda x: x**4, 100.0, jac=lambda x: 4 * x**3, lr=1.0)
    assert not result.success
    assert f"diverged at step {result.nit + 1}: f is inf" in result.message
    assert np.isfinite(result.path).all()
    assert np.isfinite([result.fun, result.jac, result.x]).all()
    assert result.fun == result.values[-1] == result.x**4
    hint = float(result.message.split("lr=")[1].split(" ")[0])
    again = minimize(lambda x: x**4, 100.0, jac=lambda x: 4 * x**3, lr=hint)
    assert np.all(np.diff(again.values) < 0)


def test_nan_and_overflow_count_as_divergence():
    log = minimize(lambda x: x - np.log(x), 3.0, lr=10.0, jac=lambda x: 1 - 1 / x)
    assert "f is nan" in log.message
    overflow = minimize(lambda x: math.cosh(x), 3.0, lr=100.0, jac=lambda x: math.sinh(x))
    assert "f is inf" in overflow.message
    nan_gradient = minimize(bowl, 3.0, jac=lambda x: 2 * x if x > 2 else np.nan, lr=0.1)
    assert "diverged at step 2: the gradient is nan" in nan_gradient.message


def test_function_without_a_minimum_is_named_as_such():
    result = minimize(lambda x: -np.exp(x), 3.0, jac=lambda x: -np.exp(x), lr=1.0)
    assert not result.success
    assert result.message.startswith(f"f fell to -inf at step {result.nit + 1}")


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_overshoot_of_momentum_is_not_divergence(scale):
    # a heavy ball with little friction climbs the far wall for dozens of steps in a row
    result = minimize(
        lambda x: scale * bowl(x),
        (3, 0),
        heavy_ball,
        jac=lambda x: scale * bowl_grad(x),
        lr=1e-3 / scale,
        mu=0.99,
        steps=5000,
    )
    climbs = "".join("+" if up else "-" for up in np.diff(result.values) > 0)
    assert "+" * 30 in climbs
    assert result.success


def test_divergence_of_a_rule_without_rate_has_a_hint_too():
    def leap(w, g):
        return (w - 10 * g,)

    result = minimize(bowl, 3.0, leap, jac=bowl_grad)
    assert result.message.endswith("Take smaller steps.")


# any rule


def test_any_rule_by_its_signature():
    result = minimize(bowl, (3, 1), heavy_ball, jac=bowl_grad, lr=0.1, mu=0.5, steps=30, **NEVER)
    w, v = np.array([3.0, 1.0]), np.zeros(2)
    for point in result.path[1:]:
        w, v = heavy_ball(w, 2 * w, v, lr=0.1, mu=0.5)
        assert np.array_equal(point, w)


def test_step_counter_starts_at_one():
    result = minimize(bowl, 1.0, decaying, jac=bowl_grad, lr=0.25, steps=3, **NEVER)
    expected = [1.0]
    for t in (1, 2, 3):
        expected.append(expected[-1] * (1 - 0.5 / t))
    assert result.path.tolist() == pytest.approx(expected, rel=1e-15)


def test_rate_may_be_a_schedule():
    result = minimize(bowl, 1.0, jac=bowl_grad, lr=lambda t: 0.25 / t, steps=3, **NEVER)
    assert (
        result.path.tolist()
        == minimize(bowl, 1.0, decaying, jac=bowl_grad, lr=0.25, steps=3, **NEVER).path.tolist()
    )


def test_other_hyper_parameters_may_follow_a_schedule_too():
    result = minimize(
        bowl, 1.0, heavy_ball, jac=bowl_grad, lr=0.1, mu=lambda t: 0.5 / t, steps=2, **NEVER
    )
    w, v = heavy_ball(1.0, 2.0, 0.0, lr=0.1, mu=0.5)
    w, v = heavy_ball(w, 2 * w, v, lr=0.1, mu=0.25)
    assert result.x == w


def test_schedule_may_begin_with_zero():
    result = minimize(bowl, 1.0, jac=bowl_grad, lr=lambda t: 0.0 if t < 5 else 0.1)
    assert result.success
    assert result.path[:5].tolist() == [1.0] * 5
    assert abs(result.x) < 1e-7


def test_a_name_is_looked_up_in_the_dictionary_alone():
    by_name = minimize(bowl, (3, 1), RULES["momentum"], jac=bowl_grad, lr=0.05)
    by_rule = minimize(bowl, (3, 1), Rule(momentum, lr=0.05), jac=bowl_grad)
    assert np.array_equal(by_name.path, by_rule.path)
    with pytest.raises(TypeError, match=r"'momentum'.*dlzero.RULES"):
        minimize(bowl, (3, 1), "momentum")


def test_shapes_are_kept():
    matrix = minimize(bowl, np.ones((2, 3)), lr=0.1, steps=5)
    assert matrix.x.shape == matrix.jac.shape == (2, 3)
    assert matrix.path.shape == (6, 2, 3)
    scalar = minimize(lambda x: (x - 2) ** 2, 0, lr=0.1)
    assert np.ndim(scalar.x) == 0
    assert scalar.x == pytest.approx(2)
    assert minimize(bowl, np.array([]), jac=bowl_grad).success


def test_value_and_gradient_from_one_function():
    both = minimize(lambda x: (bowl(x), 2 * x), (3, 1), jac=True, lr=0.1)
    apart = minimize(bowl, (3, 1), jac=bowl_grad, lr=0.1)
    assert np.array_equal(both.path, apart.path)
    assert both.nfev == apart.nfev


def test_result_reads_well():
    text = repr(minimize(bowl, (3, 3, 3), lr=0.1, jac=bowl_grad, steps=2))
    assert text.splitlines() == [
        "success: False",
        "message: step limit reached (2); gradient norm 6.65108, at the start 10.3923",
        "      x: [1.92 1.92 1.92]",
        "    fun: 11.0592",
        "    jac: [3.84 3.84 3.84]",
        "    nit: 2",
        "   nfev: 3",
        "   path: 3 points",
    ]


# nothing is changed behind the caller's back


def test_start_is_not_changed_even_by_a_careless_function():
    x0 = np.array([3.0, 1.0])

    def careless(x):
        value = bowl(x)
        x *= 0
        return value

    def careless_grad(x):
        x *= 2
        return x

    result = minimize(careless, x0, jac=careless_grad, lr=0.1)
    assert x0.tolist() == [3.0, 1.0]
    assert np.array_equal(result.path, minimize(bowl, x0, jac=bowl_grad, lr=0.1).path)
    assert not np.shares_memory(result.x, x0)


def test_result_does_not_share_memory_with_the_start():
    x0 = np.array([0.0, 0.0])
    result = minimize(bowl, x0, jac=bowl_grad)
    x0 += 1
    assert result.x.tolist() == [0, 0]


def test_rule_that_works_in_place_does_no_harm():
    def in_place(w, g, lr=0.1):
        g *= lr
        w -= g
        return (w,)

    result = minimize(bowl, (3, 1), in_place, jac=bowl_grad)
    assert np.array_equal(result.path, minimize(bowl, (3, 1), lr=0.1, jac=bowl_grad).path)


def test_no_warnings_while_it_diverges(recwarn):
    minimize(lambda x: x**4, 100.0, lr=1.0)
    assert not recwarn.list


# the gradient by central differences


def test_numerical_gradient_of_a_known_function():
    def f(x):
        return np.sin(x[0]) * np.exp(x[1]) + x[2] ** 3

    x = np.array([0.5, -0.3, 2.0])
    exact = [math.cos(0.5) * math.exp(-0.3), math.sin(0.5) * math.exp(-0.3), 12]
    assert numerical_gradient(f, x) == pytest.approx(exact, rel=1e-9)
    assert numerical_gradient(lambda x: x**2, 3).shape == ()
    assert x.tolist() == [0.5, -0.3, 2.0]


def test_central_differences_are_exact_on_quadratics_up_to_rounding():
    assert numerical_gradient(bowl, (3.0, -1.0), h=0.5) == pytest.approx([6, -2], rel=1e-15)


def test_default_width_is_close_to_the_best():
    errors = {
        h: abs(numerical_gradient(np.exp, 1.0, h=h) - math.e) for h in (1e-11, 1e-8, 1e-3, 1e-1)
    }
    default = abs(numerical_gradient(np.exp, 1.0) - math.e)
    assert default < 1e-9
    assert all(default < error for error in errors.values())


def test_check_gradient_tells_right_from_wrong():
    x = np.array([0.3, -1.2, 2.0])
    assert check_gradient(bowl, bowl_grad, x) < 1e-9
    assert check_gradient(bowl, lambda x: x, x) == pytest.approx(1 / 3, rel=1e-6)
    assert check_gradient(bowl, lambda x: -2 * x, x) == 1
    assert check_gradient(lambda x: 0.0, lambda x: 0 * x, x) == 0
    one_wrong = lambda x: 2 * x + (0, 0.1, 0)  # noqa: E731
    assert check_gradient(bowl, one_wrong, x) > 1e-3


def test_check_gradient_cannot_see_a_small_slope_beside_a_large_one():
    def steep(x):
        return 1e9 * x[0] + np.sin(x[1])

    x = np.array([0.3, 0.2])
    wrong = np.array([1e9, -np.cos(x[1])])
    assert check_gradient(steep, lambda x: wrong, x) < 1e-7
    assert numerical_gradient(steep, x)[1] == pytest.approx(np.cos(x[1]), rel=0.1)
    # scaled alike, the same error is seen
    assert check_gradient(lambda x: steep(x / (1e9, 1)), lambda x: wrong / (1e9, 1), x) > 0.1


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_check_gradient_is_blind_to_scale(scale):
    x = np.array([0.3, -1.2, 2.0])
    right = check_gradient(lambda x: scale * bowl(x), lambda x: scale * 2 * x, x)
    wrong = check_gradient(lambda x: scale * bowl(x), lambda x: scale * 3 * x, x)
    assert right < 1e-9
    assert wrong == pytest.approx(0.2, rel=1e-6)


# the rule


def test_rule_on_numbers_and_arrays():
    assert gradient_descent(1.0, 0.5, lr=0.1) == (0.95,)
    (w,) = gradient_descent(np.array([1.0, 2.0]), np.array([0.5, -1.0]), lr=0.1)
    assert w.tolist() == [0.95, 2.1]


# bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: minimize(3, 1.0), TypeError, "fun must be a function"),
        (lambda: minimize(bowl, "abc"), TypeError, "x0 must be real numbers"),
        (lambda: minimize(bowl, [1j]), TypeError, "x0 must be real numbers"),
        (lambda: minimize(bowl, [[1], [1, 2]]), ValueError, "x0 must have rows of one length"),
        (lambda: minimize(bowl, [1, np.nan]), ValueError, "x0 must be finite"),
        (lambda: minimize(bowl, [np.inf]), ValueError, "x0 must be finite"),
        (lambda: minimize(lambda x: x, [1, 2]), ValueError, r"one number.*shape \(2,\)"),
        (lambda: minimize(lambda x: None, [1, 2]), TypeError, "fun must return a real number"),
        (lambda: minimize(lambda x: 1j, [1, 2]), TypeError, "fun must return a real number"),
        (lambda: minimize(lambda x: np.nan, 1), ValueError, "f is nan at x0"),
        (lambda: minimize(bowl, [1.0], jac=lambda x: np.nan * x), ValueError, "gradient is nan"),
        (lambda: minimize(bowl, [1, 2], jac=lambda x: 1.0), ValueError, r"\(\).*\(2,\)"),
        (lambda: minimize(bowl, [1, 2], jac=lambda x: "ab"), TypeError, "jac must return"),
        (lambda: minimize(bowl, [1], jac=3), TypeError, "jac must be a function, True or None"),
        (lambda: minimize(bowl, [1], jac=True), TypeError, r"\(value, gradient\)"),
        (lambda: minimize(bowl, [1], lr=-0.1), ValueError, "lr must be zero or more.*-0.1"),
        (lambda: minimize(bowl, [1], lr=np.nan), ValueError, "lr must be zero or more, and finite"),
        (lambda: minimize(bowl, [1], lr=np.inf), ValueError, "lr must be zero or more, and finite"),
        (lambda: minimize(bowl, [1], lr="fast"), TypeError, "lr must be a number or a function"),
        (lambda: minimize(bowl, [1], heavy_ball, mu="x"), TypeError, "mu must be a number or"),
        (lambda: minimize(bowl, [1], lr=np.complex128(1)), TypeError, "lr must be a number or"),
        (lambda: minimize(bowl, [1], lr=lambda t: -1.0), ValueError, "lr.* at step 1.*-1.0"),
        (lambda: minimize(bowl, [1], learning_rate=1), TypeError, "'learning_rate'.*knows: lr"),
        (lambda: minimize(bowl, [1], heavy_ball, beta=1), TypeError, "heavy_ball.*: lr, mu"),
        (lambda: minimize(bowl, [1], bowl), TypeError, r"rule\(w, g"),
        (lambda: minimize(bowl, [1], 3), TypeError, r"rule\(w, g"),
        (lambda: minimize(bowl, [1], steps=0), ValueError, "steps must be at least 1"),
        (lambda: minimize(bowl, [1], steps=2.5), TypeError, "steps must be a whole number"),
        (lambda: minimize(bowl, [1], steps=True), TypeError, "steps must be a whole number"),
        (lambda: minimize(bowl, [1], gtol=-1), ValueError, "gtol must be zero or more"),
        (lambda: minimize(bowl, [1], ftol=np.nan), ValueError, "ftol must be zero or more"),
        (lambda: minimize(bowl, [1], ftol="x"), TypeError, "ftol must be a number"),
        (lambda: minimize(bowl, [1], callback=3), TypeError, "callback must be a function"),
        (lambda: minimize(bowl, [1], lambda w, g: w - g), TypeError, "must return a tuple"),
        (lambda: minimize(bowl, [1, 2], lambda w, g: (1.0,)), ValueError, r"shape \(\)"),
        (lambda: minimize(bowl, [1], lambda w, g, v: (w,)), ValueError, "2 values"),
        (lambda: numerical_gradient(bowl, [1], h=0), ValueError, "h must be positive"),
        (lambda: numerical_gradient(bowl, [np.nan]), ValueError, "x must be finite"),
        (lambda: check_gradient(bowl, lambda x: 1.0, [1, 2]), ValueError, r"\(\).*\(2,\)"),
        (lambda: check_gradient(bowl, None, [1, 2]), TypeError, "jac must be a function"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("rule", ["gradient_descent", "sgd", "momentum", "adam", "lion"])
def test_rate_zero_rests_and_is_not_taken_for_success(rule):
    result = minimize(lambda x: x @ x, [3.0, 2.0], RULES[rule], jac=lambda x: 2 * x, lr=0, steps=20)
    np.testing.assert_array_equal(result.path, [[3.0, 2.0]] * 21)
    assert not result.success
