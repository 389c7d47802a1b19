"""Probabilities: losses against other libraries, closed forms and slopes; what is rare."""

import json
from pathlib import Path

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
    class_weights,
    cross_entropy,
    focal_loss,
    hinge_loss,
    log_softmax,
    logistic_loss,
    precision_recall,
    sigmoid,
    smote,
    softmax,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "classes.json").read_text("utf-8"))
KINDS = [LinearRegression, LogisticRegression, SoftmaxRegression]
LOSSES = [logistic_loss, hinge_loss, focal_loss, lambda z, y: focal_loss(z, y, 0.5)]


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


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_a_plain_array_whatever_x_is(kind):
    class Table(np.ndarray):
        """As NumPy's matrix, whose product with a vector is a table of one row."""

        def __rmatmul__(self, other):
            return (other @ np.asarray(self))[None]

    model, X, y = made(kind, 0)
    grads = model.loss_and_grad(X.view(Table), y)[1]
    assert [g.shape for g in grads] == [p.shape for p in model.params]


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
    np.testing.assert_allclose(softmax([1e4, 0.0, -1e4]), [1, 0, 0])
    cost, slope = focal_loss([sign * 1e4], [1])
    assert (cost[0], slope[0]) == ((0, 0) if sign > 0 else (1e4, -1))


@given(z=st.floats(-700, 700))
def test_sigmoid(z):
    assert sigmoid(z) == pytest.approx(1 / (1 + np.exp(-z)), rel=1e-12)
    assert sigmoid(z) + sigmoid(-z) == pytest.approx(1, rel=1e-15)


@given(z=st.lists(st.floats(-50, 50), min_size=2, max_size=5), shift=st.floats(-1e3, 1e3))
def test_softmax_gives_shares_and_knows_only_differences(z, shift):
    z = np.array(z)
    assert softmax(z).sum() == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(softmax(z), np.exp(z) / np.exp(z).sum(), rtol=1e-12)
    np.testing.assert_allclose(softmax(z + shift), softmax(z), rtol=1e-9, atol=1e-300)


def test_losses_golden():
    golden = GOLDEN["losses"]
    for loss, name in ((logistic_loss, "logistic"), (hinge_loss, "hinge")):
        cost, _ = loss(golden["z"], golden["y"])
        assert np.mean(cost) == pytest.approx(golden[name], rel=1e-12)
    cost, _ = cross_entropy(golden["z_many"], golden["y_many"])
    assert np.mean(cost) == pytest.approx(golden["cross_entropy"], rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("t", [0, 1])
def test_the_slope_of_a_loss_is_its_slope(loss, t):
    z, h = np.linspace(-4.05, 4, 24), 1e-6
    t = np.full(24, t)
    differences = (loss(z + h, t)[0] - loss(z - h, t)[0]) / (2 * h)
    np.testing.assert_allclose(loss(z, t)[1], differences, atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_treats_both_classes_alike(loss):
    z = np.linspace(-4, 4, 9)
    (a, da), (b, db) = loss(z, np.ones(9)), loss(-z, np.zeros(9))
    np.testing.assert_allclose([a, da], [b, -db], rtol=1e-12)


def test_the_focus_is_two_unless_told_otherwise():
    z, y = np.array([-1.5, 0.0, 2.0]), [1, 0, 1]
    for ours, expected in zip(focal_loss(z, y), focal_loss(z, y, gamma=2.0), strict=True):
        assert ours.tolist() == expected.tolist()
    # at gamma 0 it is the logistic loss
    for ours, expected in zip(focal_loss(z, y, gamma=0), logistic_loss(z, y), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-14)


def test_the_corner_of_the_hinge():
    cost, slope = hinge_loss([0.5, 1.0, 1.5, -0.5, -1.0, 0.0], [1, 1, 1, 0, 0, 0])
    assert cost.tolist() == [0.5, 0.0, 0.0, 0.5, 0.0, 1.0]
    # at the corner itself the slope is that of the flat side
    assert slope.tolist() == [-1.0, 0.0, 0.0, 1.0, 0.0, 1.0]


def test_sums_that_overflowed_have_a_loss_that_says_so():
    cost, slope = hinge_loss([np.inf, -np.inf, -np.inf, np.inf], [1, 0, 1, 0])
    assert cost.tolist() == [0.0, 0.0, np.inf, np.inf]
    assert slope.tolist() == [0.0, 0.0, -1.0, 1.0]
    assert sigmoid([np.inf, -np.inf]).tolist() == [1.0, 0.0]
    assert softmax([0.0, -np.inf]).tolist() == [1.0, 0.0]


def test_a_tie_is_no_one_and_the_first_class():
    two, more = LogisticRegression(1), SoftmaxRegression(1, 3)
    assert two.predict([[1.0], [2.0]]).tolist() == [0, 0]
    assert more.predict([[1.0]]).tolist() == [0]
    two.params[1][...] = 1e-300
    assert two.predict([[0.0]]).tolist() == [1]


def test_five_neighbours_unless_told_otherwise():
    X = np.array([0.0, 1.0, 2.1, 3.3, 4.6, 6.0, 7.5, 100.0])[:, None]
    new = smote(X, 200, random_state=0)
    assert new.tolist() == smote(X, 200, k=5, random_state=0).tolist()
    assert new.tolist() != smote(X, 200, k=6, random_state=0).tolist()
    assert new.tolist() != smote(X, 200, k=4, random_state=0).tolist()
    # of as many rows each other one is a neighbour
    assert len(smote(X[:3], 4, k=2, random_state=0)) == 4
    with pytest.raises(ValueError, match=r"k must be below the number of rows, got k=3 and 3"):
        smote(X[:3], 4, k=3)


def test_focal_loss_in_closed_form():
    z, y = [np.log(3)], [1]  # the right class has probability 3/4
    cost, slope = focal_loss(z, y)
    assert cost[0] == pytest.approx(-np.log(0.75) / 16, rel=1e-12)
    assert slope[0] == pytest.approx(-(0.25 - 2 * 0.75 * np.log(0.75)) / 16, rel=1e-12)
    rows = np.linspace(-3, 3, 8), np.arange(8) % 2
    np.testing.assert_allclose(focal_loss(*rows, gamma=0), logistic_loss(*rows), rtol=1e-13)


def test_the_minimum_of_the_two_irises_golden():
    X, y = datasets.iris().classes("versicolor", "virginica")
    model, golden = LogisticRegression(4), GOLDEN["two_irises"]
    model.params[0][:], model.params[1][...] = golden["w"][0], golden["b"][0]
    _, grads = model.loss_and_grad(X, y)
    assert max(np.abs(grads[0]).max(), abs(grads[1])) < 1e-6
    assert np.mean(model.predict_proba(X)) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("loss", [logistic_loss, hinge_loss])
def test_descent_turns_to_the_line_of_the_largest_margin(loss):
    # AND: of all lines, x1 + x2 = 1.5 stays farthest from the four rows.
    X, y = datasets.logic("and")
    A, w = np.column_stack([X, np.ones(4)]), np.zeros(3)
    for k in range(1, 20_001):
        w -= 2 / (1 if loss is logistic_loss else k) * loss(A @ w, y)[1] @ A
    assert w[0] == pytest.approx(w[1], rel=1e-9)
    assert -w[2] / w[0] == pytest.approx(1.5, rel=0.05)


def test_class_weights_are_drowned_out_where_a_line_parts_the_rows():
    X, y = datasets.logic("and")
    A, weights = np.column_stack([X, np.ones(4)]), np.where(y == 1, 20, 1)
    gaps, w, heavy = {}, np.zeros(3), np.zeros(3)
    for k in range(1, 20_001):
        w = w - logistic_loss(A @ w, y)[1] @ A / 4
        heavy = heavy - (weights * logistic_loss(A @ heavy, y)[1]) @ A / 40
        if k in (200, 2000, 20_000):
            gaps[k] = abs(w[2] / w[0] - heavy[2] / heavy[0])
    assert gaps[20_000] < gaps[2000] < gaps[200] / 2


def test_the_weights_grow_with_the_logarithm_of_the_steps():
    # On AND the widest street has the augmented weights (2, 2, -3), of the length sqrt(17).
    X, y = datasets.logic("and")
    A, w, lengths = np.column_stack([X, np.ones(4)]), np.zeros(3), []
    for k in range(1, 20_001):
        w = w - logistic_loss(A @ w, y)[1] @ A / 4
        if k in (2000, 20_000):
            lengths.append(np.linalg.norm(w))
    assert lengths[1] - lengths[0] == pytest.approx(np.log(10) * np.sqrt(17), rel=0.01)


def test_the_largest_margin_golden():
    X, y = datasets.iris().classes("setosa", "versicolor")
    X, golden = X[:, 2:], GOLDEN["setosa_versicolor"]
    w, b = np.array(golden["w"]), golden["b"]
    s = 2 * y - 1
    best = np.min(s * (X @ w + b)) / np.linalg.norm(w)
    # No other direction does better, with its own best bias.
    angles = np.linspace(0, 2 * np.pi, 20_000)
    z = X @ np.array([np.cos(angles), np.sin(angles)])
    margins = (z[y == 1].min(axis=0) - z[y == 0].max(axis=0)) / 2
    assert margins.max() == pytest.approx(best, rel=1e-6)


def test_two_flowers_hold_the_widest_street_and_a_counted_bias_ends_beside_it():
    # The best line of two rows, by hand: half-way and at a right angle. For the margin among
    # augmented rows the column of ones is one more feature, and the line has no bias of its own.
    X, y = datasets.iris().classes("setosa", "versicolor")
    X, s = X[:, 2:], 2 * y - 1
    A = np.column_stack([X - X.mean(axis=0), np.ones(len(X))])
    inner, outer = X.tolist().index([1.9, 0.4]), X.tolist().index([3.0, 1.1])
    w = X[outer] - X[inner]
    sums = s * ((X - (X[outer] + X[inner]) / 2) @ w) / (w @ w) * 2
    assert np.sum(sums < 1.01) == 2
    assert sums.min() == pytest.approx(1)
    pair = s[[inner, outer], None] * A[[inner, outer]]
    shares = np.linalg.solve(pair @ pair.T, np.ones(2))
    counted = shares @ pair
    assert np.all(shares > 0)
    assert np.min(s * (A @ counted)) == pytest.approx(1)
    streets = 1 / np.linalg.norm(counted[:2]), np.linalg.norm(w) / 2
    assert np.round(streets, 3).tolist() == [0.65, 0.652]


def test_digits_are_learnt():
    X_train, X_test, y_train, y_test = datasets.digits().split()
    model = SoftmaxRegression(64, 10)
    train(model, X_train / 16, y_train, lr=0.5, epochs=20, random_state=0)
    assert model.score(X_test / 16, y_test) > 0.94


def test_accuracy_by_hand():
    assert accuracy([2, 0, 1, 1], np.array([2, 0, 0, 0]), 3) == 0.5
    with pytest.raises(ValueError, match="label 3; expected whole numbers from 0 to 2"):
        accuracy([3], np.array([2]), 3)


def test_a_model_with_more_classes_than_features_has_a_score():
    model = SoftmaxRegression(1, 3)
    model.params[1][2] = 1.0
    assert model.score([[0.0], [0.0]], [2, 0]) == 0.5


def test_precision_and_recall():
    golden = GOLDEN["scores"]
    right = pytest.approx((golden["precision"], golden["recall"]), rel=1e-14)
    assert precision_recall(golden["y"], golden["answers"]) == right
    assert precision_recall([1, 1, 0], [1, 1, 1]) == pytest.approx((2 / 3, 1))
    np.testing.assert_equal(precision_recall([1, 0], [0, 0]), (np.nan, 0.0))
    np.testing.assert_equal(precision_recall([0, 0], [1, 0]), (0.0, np.nan))


def test_class_weights():
    golden = GOLDEN["class_weights"]
    weights = class_weights(golden["y"], 3)
    np.testing.assert_allclose(weights, golden["weights"], rtol=1e-14)
    assert np.mean(weights[golden["y"]]) == pytest.approx(1, rel=1e-14)
    counts = np.bincount(golden["y"])
    np.testing.assert_allclose(weights * counts, len(golden["y"]) / 3)


class Drawn(np.random.Generator):
    """A generator that deals out what another library drew."""

    def __init__(self, picks, parts):
        super().__init__(np.random.PCG64(0))
        self.picks, self.parts = np.array(picks), np.array(parts)

    def integers(self, high, size):
        assert self.picks.max() < high
        assert len(self.picks) == size
        return self.picks

    def random(self, size):
        return self.parts.reshape(size)


@pytest.mark.parametrize("number", range(3))
def test_smote_golden(number):
    golden = GOLDEN["smote"][number]
    draws = Drawn(golden["picks"], golden["parts"])
    new = smote(golden["X"], len(golden["new"]), golden["k"], random_state=draws)
    np.testing.assert_allclose(new, golden["new"], rtol=1e-9, atol=1e-12)


@given(seed=st.integers(0, 1000), n=st.integers(3, 9), k=st.integers(1, 2))
def test_smote_stays_between_neighbours(seed, n, k):
    X = np.random.default_rng(seed).normal(size=(n, 2))
    for row in smote(X, 5, k, random_state=seed):
        gaps = np.linalg.norm(X - row, axis=1)
        on = [
            (i, j)
            for i in range(n)
            for j in range(n)
            if i != j and np.isclose(gaps[i] + gaps[j], np.linalg.norm(X[i] - X[j]))
        ]
        ranks = [np.argsort(np.linalg.norm(X - X[i], axis=1)).tolist().index(j) for i, j in on]
        assert min(ranks) <= k


def test_equal_rows_give_equal_rows():
    assert smote(np.ones((4, 2)), 3, k=2, random_state=0).tolist() == [[1, 1]] * 3


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: SoftmaxRegression(2, 1), ValueError, "n_classes must be at least 2, got 1"),
        (lambda: SoftmaxRegression(2, "2"), TypeError, "n_classes must be a whole number"),
        (lambda: LogisticRegression(1).loss_and_grad([[1.0]], [-1]), ValueError, "label -1; exp"),
        (lambda: LogisticRegression(1).score([[1.0]], [0.5]), ValueError, "label 0.5"),
        (lambda: LogisticRegression(1).score([[1.0]], ["a"]), TypeError, "y must be real numbers"),
        (lambda: SoftmaxRegression(1, 3).loss_and_grad([[1.0]], [3]), ValueError, "from 0 to 2"),
        (lambda: SoftmaxRegression(1, 3).predict([[np.nan]]), ValueError, "X"),
        (lambda: LogisticRegression(1).score([[1.0]], [2]), ValueError, "label 2"),
        (lambda: SoftmaxRegression(3, 2).score([[1, 0, 0]], [2]), ValueError, "from 0 to 1"),
        (lambda: accuracy([0], [0], 1), ValueError, "n_classes must be at least 2, got 1"),
        (lambda: class_weights([0], 1), ValueError, "n_classes must be at least 2, got 1"),
        (lambda: logistic_loss([1.0], [2]), ValueError, "label 2; expected whole numbers from 0 t"),
        (lambda: logistic_loss([1.0, 2.0], [1]), ValueError, "has 2 samples and y has 1 values"),
        (lambda: hinge_loss([1.0], [-1]), ValueError, "label -1; expected whole numbers from 0"),
        (lambda: focal_loss(1.0, [1]), ValueError, r"z has shape \(\); expected \(n,\)"),
        (lambda: focal_loss([1.0], [1], gamma=-1), ValueError, "gamma must be zero or more"),
        (lambda: cross_entropy([1.0, 2.0], [0, 1]), ValueError, r"expected \(n, n_classes\)"),
        (lambda: precision_recall([1, 2], [1, 0]), ValueError, "label 2"),
        (lambda: precision_recall([1, 1], [1, 2]), ValueError, "answers holds the label 2"),
        (lambda: class_weights([0, 0, 2], 3), ValueError, "no row of class 1"),
        (lambda: smote([[1.0], [2.0]], 3), ValueError, r"got k=5 and 2 row\(s\)"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
