"""The models: gradients against differences, losses against closed forms, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlzero import check_gradient, datasets, train
from dlzero.models import (
    LinearRegression,
    LogisticRegression,
    SoftmaxRegression,
    accuracy,
    log_softmax,
    r_squared,
    sigmoid,
)


def made(kind, seed):
    """A model with random weights, and data for it."""
    random = np.random.default_rng(seed)
    model = kind(3, 4) if kind is SoftmaxRegression else kind(3)
    for p in model.params:
        p[...] = random.normal(size=p.shape)
    X = random.normal(size=(6, 3))
    y = {
        LinearRegression: random.normal(size=6),
        LogisticRegression: random.integers(2, size=6),
        SoftmaxRegression: random.integers(4, size=6),
    }[kind]
    return model, X, y


KINDS = [LinearRegression, LogisticRegression, SoftmaxRegression]


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 1000))
def test_gradient_is_the_slope_of_the_loss(kind, seed):
    model, X, y = made(kind, seed)
    for k, p in enumerate(model.params):
        start = p.copy()

        def loss(x, p=p):
            p[...] = x.reshape(p.shape)
            return model.loss_and_grad(X, y)[0]

        def slope(x, p=p, k=k):
            p[...] = x.reshape(p.shape)
            return np.ravel(model.loss_and_grad(X, y)[1][k])

        assert check_gradient(loss, slope, start.ravel()) < 1e-6
        p[...] = start


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_the_mean_of_its_rows(kind):
    model, X, y = made(kind, 0)
    whole, grads = model.loss_and_grad(X, y)
    rows = [model.loss_and_grad(X[i : i + 1], y[i : i + 1]) for i in range(len(X))]
    assert whole == pytest.approx(np.mean([loss for loss, _ in rows]), rel=1e-12)
    for k, g in enumerate(grads):
        np.testing.assert_allclose(g, np.mean([row[k] for _, row in rows], axis=0), atol=1e-14)


def test_softmax_with_two_classes_is_logistic_regression():
    two, X, y = made(LogisticRegression, 3)
    many = SoftmaxRegression(3, 2)
    many.params[0][:, 1], many.params[1][1] = two.params[0], two.params[1]
    (a, grads), (b, others) = two.loss_and_grad(X, y), many.loss_and_grad(X, y)
    assert a == pytest.approx(b, rel=1e-13)
    np.testing.assert_allclose(grads[0], others[0][:, 1], atol=1e-14)
    np.testing.assert_allclose(two.predict_proba(X), many.predict_proba(X)[:, 1])
    np.testing.assert_array_equal(two.predict(X), many.predict(X))


@pytest.mark.parametrize("sign", [-1, 1])
def test_no_overflow_far_out(sign):
    model = LogisticRegression(1)
    model.params[0][:] = sign * 1e4
    loss, (grad_w, _) = model.loss_and_grad([[1.0]], [1])
    assert loss == (0 if sign > 0 else 1e4)
    assert grad_w[0] == (0 if sign > 0 else -1)
    np.testing.assert_allclose(log_softmax([1e4, 0.0, -1e4]), [0, -1e4, -2e4])


@given(z=st.floats(-700, 700))
def test_sigmoid(z):
    assert sigmoid(z) == pytest.approx(1 / (1 + np.exp(-z)), rel=1e-12)
    assert sigmoid(z) + sigmoid(-z) == pytest.approx(1, rel=1e-15)


def test_linear_regression_trains_to_least_squares():
    X, y = datasets.salaries()
    model = LinearRegression(1)
    train(model, X, y, lr=0.01, epochs=20000, batch_size=5)
    slope, bias = np.polyfit(X[:, 0], y, 1)
    np.testing.assert_allclose([model.params[0][0], model.params[1]], [slope, bias], rtol=1e-8)
    A = np.column_stack([X, np.ones(5)])
    rest = y - A @ np.linalg.lstsq(A, y, rcond=None)[0]
    assert model.score(X, y) == pytest.approx(1 - rest @ rest / np.sum((y - y.mean()) ** 2))
    assert np.isnan(model.score(X[:1], y[:1]))


def test_digits_are_learnt():
    X_train, X_test, y_train, y_test = datasets.digits().split()
    model = SoftmaxRegression(64, 10)
    train(model, X_train / 16, y_train, lr=0.5, epochs=20, random_state=0)
    assert model.score(X_test / 16, y_test) > 0.94


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: LinearRegression(0), ValueError, "n_features must be at least 1, got 0"),
        (lambda: LinearRegression(2.0), TypeError, "n_features must be a whole number, got 2.0"),
        (lambda: SoftmaxRegression(2, 1), ValueError, "n_classes must be at least 2, got 1"),
        (lambda: SoftmaxRegression(2, "2"), TypeError, "n_classes must be a whole number"),
        (lambda: LinearRegression(2).loss_and_grad([[1.0]], [1]), ValueError, "1 features"),
        (lambda: LinearRegression(1).loss_and_grad([[1.0]], [1, 2]), ValueError, "y"),
        (lambda: LogisticRegression(1).loss_and_grad([[1.0]], [-1]), ValueError, "label -1; exp"),
        (lambda: LogisticRegression(1).score([[1.0]], [0.5]), ValueError, "label 0.5"),
        (lambda: LogisticRegression(1).score([[1.0]], ["a"]), TypeError, "y must be real numbers"),
        (lambda: SoftmaxRegression(1, 3).loss_and_grad([[1.0]], [3]), ValueError, "from 0 to 2"),
        (lambda: SoftmaxRegression(1, 3).predict([[np.nan]]), ValueError, "X"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (lambda y, answers: accuracy(y, answers, 3), "X has 3 samples and y has 2 values"),
        (r_squared, "X has 3 samples and y has 2 values"),
    ],
)
def test_a_score_compares_as_many_targets_as_answers(score, words):
    with pytest.raises(ValueError, match=words):
        score([1, 2], np.ones(3))


def test_accuracy_by_hand():
    assert accuracy([2, 0, 1, 1], np.array([2, 0, 0, 0]), 3) == 0.5
    with pytest.raises(ValueError, match="label 3; expected whole numbers from 0 to 2"):
        accuracy([3], np.array([2]), 3)


def test_r_squared_by_hand():
    y = np.array([1.0, 2.0, 6.0])
    assert r_squared(y, y) == 1
    assert r_squared(y, np.full(3, 3.0)) == 0
    assert r_squared(y, y + 1) == pytest.approx(1 - 3 / 14)
    two = np.column_stack([y, 10 * y])
    assert r_squared(two, two + np.array([1, 0])) == pytest.approx(1 - 3 / (14 + 1400))


@pytest.mark.parametrize("y", [[0.1] * 3, [[0.1, 7]] * 3, [5.0]])
def test_r_squared_is_nan_where_nothing_can_be_explained(y):
    # The mean of three times 0.1 is not 0.1, so a spread of exactly zero is not asked for.
    assert np.isnan(r_squared(np.array(y), np.zeros(np.shape(y))))
