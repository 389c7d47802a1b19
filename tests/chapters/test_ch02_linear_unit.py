"""Chapter 2: the linear unit against closed forms, published numbers and least squares."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlzero import LinearUnit, Perceptron, datasets

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "units.json").read_text("utf-8"))
SALARIES = datasets.salaries()
A = np.column_stack([SALARIES.X, np.ones(len(SALARIES.X))])

VALUES = st.floats(-10, 10, allow_subnormal=False)


@st.composite
def regression_sets(draw):
    n_samples, n_features = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    row = st.lists(VALUES, min_size=n_features, max_size=n_features)
    X = draw(st.lists(row, min_size=n_samples, max_size=n_samples))
    y = draw(st.lists(VALUES, min_size=n_samples, max_size=n_samples))
    return np.array(X), np.array(y)


def rmse(w, b):
    return float(np.sqrt(np.mean((SALARIES.y - (SALARIES.X[:, 0] * w + b)) ** 2)))


def one_pass_as_a_map(lr):
    """Return M and c of one pass in the given order, which is ``v -> M v + c`` for v = (w, b)."""
    M, c = np.eye(2), np.zeros(2)
    for a, t in zip(A, SALARIES.y, strict=True):
        step = np.eye(2) - lr * np.outer(a, a)
        M, c = step @ M, step @ c + lr * t * a
    return M, c


# The salary data


def test_salary_golden():
    unit = LinearUnit(lr=0.01, epochs=10).fit(*SALARIES)
    assert unit.coef_ == pytest.approx([1124.0635], abs=5e-5)
    assert unit.intercept_ == pytest.approx(85.4853, abs=5e-5)
    answers = unit.predict([[3.4], [15], [1.5], [6.3]])
    assert answers == pytest.approx([3907.30, 16946.44, 1771.58, 7167.09], abs=5e-3)
    assert unit.n_updates_ == 50


def test_three_answers_to_one_problem():
    ten = LinearUnit(lr=0.01, epochs=10).fit(*SALARIES)
    many = LinearUnit(lr=0.01, epochs=2000).fit(*SALARIES)
    (w, b), *_ = np.linalg.lstsq(A, SALARIES.y, rcond=None)
    assert (w, b) == pytest.approx((1095.43, -304.84), abs=5e-3)
    assert many.coef_[0] == pytest.approx(1183.04, abs=5e-3)
    assert many.intercept_ == pytest.approx(-518.39, abs=5e-3)
    errors = [rmse(ten.coef_[0], ten.intercept_), rmse(many.coef_[0], many.intercept_), rmse(w, b)]
    assert errors == pytest.approx([847, 748, 640], abs=0.5)


def test_ten_epochs_are_the_closed_form_of_ten_passes():
    M, c = one_pass_as_a_map(0.01)
    v = np.zeros(2)
    for _ in range(10):
        v = M @ v + c
    unit = LinearUnit(lr=0.01, epochs=10).fit(*SALARIES)
    assert [*unit.coef_, unit.intercept_] == pytest.approx(v, rel=1e-12)


def test_the_cyclic_limit_is_the_fixed_point_of_one_pass():
    M, c = one_pass_as_a_map(0.01)
    limit = np.linalg.solve(np.eye(2) - M, c)
    unit = LinearUnit(lr=0.01, epochs=2000).fit(*SALARIES)
    assert [*unit.coef_, unit.intercept_] == pytest.approx(limit, rel=1e-9)
    # It depends on the order of the rows: it is no property of the data.
    backwards = LinearUnit(lr=0.01, epochs=2000).fit(SALARIES.X[::-1], SALARIES.y[::-1])
    assert abs(backwards.coef_[0] - limit[0]) > 50


def test_a_smaller_rate_brings_the_cyclic_limit_to_least_squares():
    best = np.linalg.lstsq(A, SALARIES.y, rcond=None)[0]
    gaps = []
    for lr in (1e-2, 1e-3, 1e-4):
        M, c = one_pass_as_a_map(lr)
        gaps.append(np.linalg.norm(np.linalg.solve(np.eye(2) - M, c) - best))
    assert gaps[1] < gaps[0] / 5
    assert gaps[2] < gaps[1] / 5


def test_the_formula_that_sums_over_all_rows_diverges_at_the_same_rate():
    largest = np.linalg.eigvalsh(A.T @ A).max()
    threshold = 2 / largest
    assert largest == pytest.approx(205.74, abs=5e-3)
    assert threshold == pytest.approx(0.00972, abs=5e-6)
    best = np.linalg.lstsq(A, SALARIES.y, rcond=None)[0]

    def distance(lr, steps):
        v = np.zeros(2)
        for _ in range(steps):
            v = v + lr * A.T @ (SALARIES.y - A @ v)
        return np.linalg.norm(v - best)

    assert distance(0.99 * threshold, 4000) < 1e-3 * distance(0.99 * threshold, 0)
    assert distance(1.01 * threshold, 4000) > 1e3 * distance(1.01 * threshold, 0)
    assert threshold < 0.01 < 2 / (A**2).sum(axis=1).max()


# The rule


@settings(max_examples=30)
@given(regression_sets(), st.floats(1e-4, 1e-2))
def test_one_example_shrinks_its_error_by_a_constant_factor(problem, lr):
    x, t = problem[0][:1], problem[1][:1]
    factor = 1 - lr * (np.sum(x**2) + 1)
    unit = LinearUnit(lr=lr, epochs=5).fit(x, t)
    error = (t - unit.predict(x))[0]
    assert error == pytest.approx(t[0] * factor**5, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("times_limit", "grows"), [(0.99, False), (1.01, True)])
def test_a_single_example_diverges_from_two_on(times_limit, grows):
    lr = times_limit * 2 / (10.1**2 + 1)
    unit = LinearUnit(lr=lr, epochs=50).fit([[10.1]], [11400])
    assert (unit.loss_[-1] > unit.loss_[0]) is grows


def test_one_step_of_size_one_over_the_squared_length_fits_the_example():
    unit = LinearUnit(lr=1 / (3**2 + 4**2 + 1), epochs=1).fit([[3, 4]], [5])
    assert unit.predict([[3, 4]]) == pytest.approx([5])
    assert unit.loss_ == pytest.approx([0], abs=1e-20)


def test_the_step_follows_the_gradient_of_the_squared_error():
    unit = LinearUnit(lr=0.01, epochs=3).fit(*datasets.salaries())
    x, t = np.array([4.0]), 5000.0
    v = np.array([*unit.coef_, unit.intercept_])

    def loss(v):
        return (t - (v[0] * x[0] + v[1])) ** 2 / 2

    h = 1e-3
    gradient = [(loss(v + h * e) - loss(v - h * e)) / (2 * h) for e in np.eye(2)]
    error = unit.update(x, t)
    assert error == pytest.approx(t - (v[0] * x[0] + v[1]))
    assert (unit.history_[-1] - v) / unit.lr == pytest.approx(np.negative(gradient), rel=1e-6)


@settings(max_examples=30)
@given(regression_sets())
def test_the_bias_is_the_weight_of_a_feature_that_is_always_one(problem):
    X, y = problem
    v = np.zeros(X.shape[1] + 1)
    steps = [v]
    for _ in range(3):
        for a, t in zip(np.column_stack([X, np.ones(len(X))]), y, strict=True):
            v = v + 0.001 * (t - v @ a) * a
            steps.append(v)
    unit = LinearUnit(lr=0.001, epochs=3).fit(X, y)
    assert [*unit.coef_, unit.intercept_] == pytest.approx(v, rel=1e-9, abs=1e-12)
    if unit.n_updates_ == len(steps) - 1:  # an exact answer is no update
        assert unit.history_ == pytest.approx(np.array(steps), rel=1e-9, abs=1e-12)


@settings(max_examples=30)
@given(regression_sets(), st.integers(-8, 8))
def test_targets_times_c_give_weights_times_c(problem, power):
    X, y = problem
    c = 2.0**power
    unit = LinearUnit(lr=0.001, epochs=3).fit(X, y)
    scaled = LinearUnit(lr=0.001, epochs=3).fit(X, c * y)
    assert scaled.coef_ == pytest.approx(c * unit.coef_, rel=1e-12, abs=1e-200)
    assert scaled.intercept_ == pytest.approx(c * unit.intercept_, rel=1e-12, abs=1e-200)
    assert scaled.loss_ == pytest.approx([c**2 * loss for loss in unit.loss_], abs=1e-200)


@settings(max_examples=30)
@given(regression_sets(), st.randoms(use_true_random=False))
def test_features_in_another_order_give_the_weights_in_that_order(problem, random):
    X, y = problem
    order = random.sample(range(X.shape[1]), X.shape[1])
    unit = LinearUnit(lr=0.001, epochs=3).fit(X, y)
    other = LinearUnit(lr=0.001, epochs=3).fit(X[:, order], y)
    assert other.coef_ == pytest.approx(unit.coef_[order], rel=1e-9, abs=1e-12)
    assert other.intercept_ == pytest.approx(unit.intercept_, rel=1e-9, abs=1e-12)


def test_learning_is_the_perceptron_s_own_code():
    for name in ("__init__", "update", "fit", "partial_fit", "decision_function", "history_"):
        assert getattr(LinearUnit, name) is getattr(Perceptron, name)
    assert LinearUnit.activation is not Perceptron.activation
    assert not issubclass(LinearUnit, Perceptron)


# scikit-learn


@pytest.mark.parametrize("number", range(len(GOLDEN["linear_unit"])))
def test_same_steps_as_scikit_learn(number):
    golden = GOLDEN["linear_unit"][number]
    unit = LinearUnit(lr=golden["lr"], epochs=GOLDEN["epochs"]).fit(golden["X"], golden["y"])
    assert unit.history_[1:] == pytest.approx(np.array(golden["steps"]), rel=1e-12, abs=1e-14)


def test_scikit_learn_goldens_are_enough():
    assert len(GOLDEN["linear_unit"]) >= 20


# What a lesson shows


def test_loss_is_half_the_mean_squared_error_after_each_epoch():
    unit = LinearUnit(lr=0.01, epochs=4).fit(*SALARIES)
    after_epochs = unit.history_[5::5]
    expected = [rmse(w, b) ** 2 / 2 for w, b in after_epochs]
    assert len(unit.loss_) == 4
    assert unit.loss_ == pytest.approx(expected, rel=1e-12)


def test_history_starts_at_zero_and_ends_at_the_weights():
    unit = LinearUnit(lr=0.01, epochs=3).fit(*SALARIES)
    assert unit.history_.shape == (unit.n_updates_ + 1, 2) == (16, 2)
    assert unit.history_[0].tolist() == [0, 0]
    assert unit.history_[-1].tolist() == [*unit.coef_, unit.intercept_]


def test_no_error_is_no_update():
    unit = LinearUnit(epochs=3).fit([[1.0], [2.0]], [0.0, 0.0])
    assert unit.n_updates_ == 0
    assert unit.loss_ == [0, 0, 0]


def test_a_linear_unit_counts_no_mistakes():
    unit = LinearUnit(lr=0.01).fit(*SALARIES)
    assert not hasattr(unit, "errors_")
    assert not hasattr(unit, "classes_")


def test_score_is_r_squared():
    unit = LinearUnit(lr=0.01).fit(*SALARIES)
    y = SALARIES.y
    expected = 1 - rmse(unit.coef_[0], unit.intercept_) ** 2 / np.var(y)
    assert unit.score(*SALARIES) == pytest.approx(expected, rel=1e-12)
    assert unit.score(SALARIES.X, unit.predict(SALARIES.X)) == 1.0
    assert type(unit.score(*SALARIES)) is float


def test_score_of_always_answering_the_mean_is_zero():
    unit = LinearUnit(lr=1, epochs=1).fit([[0.0]], [3.0])  # w = 0, b = 3
    assert unit.score([[1.0], [2.0]], [1.0, 5.0]) == 0.0


@pytest.mark.parametrize("y", [[5.0], [2.0, 2.0], [0.1, 0.1, 0.1]])
def test_score_without_spread_is_nan(y):
    unit = LinearUnit(lr=0.01).fit(*SALARIES)
    assert np.isnan(unit.score(np.ones((len(y), 1)), y))


def test_predict_returns_the_sum_itself():
    unit = LinearUnit(lr=0.01).fit(*SALARIES)
    assert np.array_equal(unit.predict(SALARIES.X), unit.decision_function(SALARIES.X))


# Passes over the data


@pytest.mark.parametrize("shuffle", [False, True])
def test_n_times_partial_fit_is_fit(shuffle):
    fitted = LinearUnit(lr=0.01, epochs=6, shuffle=shuffle, random_state=3).fit(*SALARIES)
    grown = LinearUnit(lr=0.01, shuffle=shuffle, random_state=3)
    for n in range(1, 7):
        assert grown.partial_fit(*SALARIES) is grown
        assert len(grown.loss_) == n
    assert np.array_equal(grown.history_, fitted.history_)
    assert grown.loss_ == fitted.loss_


def test_shuffling_is_repeatable_and_changes_the_path():
    def learn(**how):
        return LinearUnit(lr=0.01, **how).fit(*SALARIES).history_

    assert np.array_equal(learn(shuffle=True, random_state=1), learn(shuffle=True, random_state=1))
    assert not np.array_equal(
        learn(shuffle=True, random_state=1), learn(shuffle=True, random_state=2)
    )
    assert not np.array_equal(learn(shuffle=True, random_state=1), learn())


def test_fit_starts_again():
    unit = LinearUnit(lr=0.01).fit(*SALARIES).fit(*SALARIES)
    assert unit.n_updates_ == 50
    assert len(unit.loss_) == 10


# Overflow


def test_weights_that_overflow_stop_with_the_rate():
    with pytest.raises(FloatingPointError, match=r"overflowed with lr=1;.*smaller lr, or stand"):
        LinearUnit(lr=1, epochs=1000).fit(*SALARIES)


def test_a_loss_that_overflows_stops_while_the_weights_are_still_finite():
    unit = LinearUnit(lr=1.25, epochs=1000)  # the error grows by 1.5 in each epoch
    with pytest.raises(FloatingPointError, match=r"^The loss overflowed with lr=1\.25;"):
        unit.fit([[1.0]], [1.0])
    assert np.isfinite(unit.history_).all()
    assert np.isfinite(unit.loss_).all()


def test_a_jump_to_infinity_within_one_epoch_stops():
    with pytest.raises(FloatingPointError, match=r"^The weights overflowed with lr=0\.5;"):
        LinearUnit(lr=0.5, epochs=1).fit([[1e200], [1e200]], [1.0, 1.0])
