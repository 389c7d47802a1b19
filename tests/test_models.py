"""The models of a number, and the names that all models are imported by."""

import numpy as np
import pytest

from dlzero import datasets, models, train
from dlzero.chapters import ch02_linear_unit, ch05_probabilities
from dlzero.models import LinearRegression, accuracy, r_squared


def test_every_name_stands_in_the_chapter_that_explains_it():
    for name in models.__all__:
        thing = getattr(models, name)
        assert thing.__module__ in (ch02_linear_unit.__name__, ch05_probabilities.__name__)


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


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: LinearRegression(0), ValueError, "n_features must be at least 1, got 0"),
        (lambda: LinearRegression(2.0), TypeError, "n_features must be a whole number, got 2.0"),
        (lambda: LinearRegression(2).loss_and_grad([[1.0]], [1]), ValueError, "1 features"),
        (lambda: LinearRegression(1).loss_and_grad([[1.0]], [1, 2]), ValueError, "y"),
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


def test_r_squared_by_hand():
    y = np.array([1.0, 2.0, 6.0])
    assert r_squared(y, y) == 1
    assert r_squared(y, np.full(3, 3.0)) == 0
    assert r_squared(y, y + 1) == pytest.approx(1 - 3 / 14)
    two = np.column_stack([y, 10 * y])
    assert r_squared(two, two + np.array([1, 0])) == pytest.approx(1 - 3 / (14 + 1400))


def test_each_output_has_its_own_mean():
    two = np.array([[0.0, 10.0], [2.0, 14.0]])
    # from the means (1, 12): 1 + 1 + 4 + 4
    assert r_squared(two, two + np.array([[1, 0], [0, 0]])) == 1 - 1 / 10


@pytest.mark.parametrize(
    ("y", "answers"),
    [
        (1.0, 2.0),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        (np.zeros((2, 1)), np.zeros((2, 2))),
        (np.zeros(2), np.zeros((2, 1))),
    ],
)
def test_r_squared_needs_rows_of_one_shape(y, answers):
    with pytest.raises(ValueError, match="expected the same shape, and rows"):
        r_squared(y, answers)


def test_linear_regression_adds_its_bias():
    model = LinearRegression(2)
    model.params[0][:] = 2.0, -1.0
    model.params[1][...] = 0.5
    assert model.predict([[1.0, 3.0], [4.0, 0.0]]).tolist() == [-0.5, 8.5]
    assert model.decision_function([[1.0, 3.0]]).tolist() == [-0.5]


def test_answers_of_a_model_that_diverged_have_a_score():
    y = [1.0, 2.0, 6.0]
    assert r_squared(y, [1.0, np.inf, 6.0]) == -np.inf
    assert np.isnan(r_squared(y, [1.0, np.nan, 6.0]))
    with pytest.raises(ValueError, match="y must be finite"):
        r_squared([1.0, np.inf, 6.0], y)


@pytest.mark.parametrize("y", [[0.1] * 3, [[0.1, 7]] * 3, [5.0]])
def test_r_squared_is_nan_where_nothing_can_be_explained(y):
    # The mean of three times 0.1 is not 0.1, so a spread of exactly zero is not asked for.
    assert np.isnan(r_squared(np.array(y), np.zeros(np.shape(y))))
