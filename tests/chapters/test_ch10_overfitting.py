"""Overfitting: penalties, masks, folds and shifts against closed forms and other libraries."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlzero import (
    EarlyStopping,
    Network,
    datasets,
    dropout_mask,
    folds,
    momentum,
    nadam,
    shift_pictures,
    soft_threshold,
    train,
)
from dlzero.models import LinearRegression, LogisticRegression, logistic_loss

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "overfitting.json").read_text("utf-8"))
FLOATS = st.floats(-5, 5)


def descend(slope, w, shrink, lr, steps=20_000):
    """Descent in which each step is followed by a shrinking."""
    for _ in range(steps):
        w = shrink(w - lr * slope(w))
    return w


# Shrinking


@given(w=FLOATS, amount=st.floats(0, 3))
def test_soft_threshold_is_the_lowest_point(w, amount):
    u = np.linspace(-6, 6, 24_001)
    lowest = u[np.argmin((u - w) ** 2 / 2 + amount * np.abs(u))]
    assert abs(soft_threshold(w, amount) - lowest) < 6e-4


@given(w=FLOATS, a=st.floats(0, 3), b=st.floats(0, 3))
def test_two_pulls_are_one_pull(w, a, b):
    twice = soft_threshold(soft_threshold(w, a), b)
    np.testing.assert_allclose(twice, soft_threshold(w, a + b), atol=1e-12)


def test_small_weights_become_exactly_zero():
    assert np.all(soft_threshold([-0.1, 0.0, 0.05, 0.1], 0.1) == 0)


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_least_squares_with_a_penalty_agrees_with_scikit_learn(penalty):
    stored = GOLDEN["lines"]
    X, t, strength = np.array(stored["X"]), np.array(stored["t"]), stored["strength"]
    lr = 0.2
    shrink = {
        "l1": lambda w: soft_threshold(w, lr * strength),
        "l2": lambda w: w / (1 + lr * strength),
    }
    w = descend(lambda w: X.T @ (X @ w - t) / len(t), np.zeros(5), shrink[penalty], lr, 2000)
    np.testing.assert_allclose(w, stored[penalty], atol=1e-9)
    assert np.array_equal(w == 0, np.array(stored[penalty]) == 0)


def test_logistic_regression_with_l1_agrees_with_scikit_learn():
    stored = GOLDEN["classes"]
    X, t, strength = np.array(stored["X"]), np.array(stored["t"]), stored["strength"]
    A, lr = np.column_stack([X, np.ones(len(X))]), 0.5

    def shrink(w):
        return np.append(soft_threshold(w[:-1], lr * strength), w[-1])

    w = descend(lambda w: logistic_loss(A @ w, t)[1] @ A / len(t), np.zeros(7), shrink, lr, 5000)
    np.testing.assert_allclose(w, [*stored["w"], stored["b"]], atol=1e-6)
    assert 0 < np.sum(w == 0) == np.sum(np.array(stored["w"]) == 0)


# Dropout


@given(share=st.floats(0, 0.9), seed=st.integers(0, 100))
def test_a_factor_has_the_mean_and_variance_it_should(share, seed):
    n = 20_000
    mask = dropout_mask(n, share, seed)
    spread = np.sqrt(share / (1 - share) / n)
    assert abs(mask.mean() - 1) <= 6 * spread + 1e-12
    assert set(np.unique(mask)) <= {0.0, 1 / (1 - share)}


class Drawn(np.random.Generator):
    """A generator whose shares are given."""

    def random(self, shape):
        return np.array([0.0, np.nextafter(0.5, 0), 0.5, 0.9]).reshape(shape)


def test_a_factor_is_zero_if_its_draw_is_below_the_share():
    draws = Drawn(np.random.PCG64(0))
    assert dropout_mask(4, 0.5, draws).tolist() == [0, 0, 2, 2]
    # nothing is below zero
    assert dropout_mask((2, 2), 0.0, draws).tolist() == [[1, 1], [1, 1]]


def test_network_draws_the_same_masks():
    net = Network((3, 8, 2), "relu", dropout=0.4, random_state=0)
    X = np.random.default_rng(1).normal(size=(5, 3))
    W, b = net.layers()[0]
    rng = np.random.default_rng()
    rng.bit_generator.state = net.rng.bit_generator.state
    _, entered, _ = net.forward(X, dropout=0.4)
    expected = np.maximum(X @ W + b, 0) * dropout_mask((5, 8), 0.4, rng)
    np.testing.assert_array_equal(entered[1], expected)


@given(seed=st.integers(0, 50), share=st.floats(0.1, 0.9))
def test_dropout_of_inputs_is_a_penalty_on_average(seed, share):
    """All masks of four inputs, with their probabilities: the mean needs no chance."""
    rng = np.random.default_rng(seed)
    x, w, t = rng.normal(size=4), rng.normal(size=4), rng.normal()
    mean = 0.0
    for on in np.ndindex(2, 2, 2, 2):
        chance = np.prod(np.where(on, 1 - share, share))
        mean += chance * (w @ (x * on) / (1 - share) - t) ** 2
    penalty = share / (1 - share) * np.sum((w * x) ** 2)
    assert np.isclose(mean, (w @ x - t) ** 2 + penalty)


# Shifted pictures and folds


def test_shifts_agree_with_scipy():
    picture = np.array(GOLDEN["picture"])
    for down, right, expected in GOLDEN["shifted"]:
        came = shift_pictures(picture.reshape(1, -1), down, right, width=6)
        np.testing.assert_array_equal(came.reshape(4, 6), expected)


@given(down=st.integers(-3, 3), right=st.integers(-3, 3))
def test_a_shift_and_back_keeps_the_middle(down, right):
    X = np.zeros((2, 8, 8))
    X[:, 3:5, 3:5] = np.arange(8).reshape(2, 2, 2)
    flat = X.reshape(2, 64)
    moved = shift_pictures(flat, down, right)
    np.testing.assert_array_equal(shift_pictures(moved, -down, -right), flat)
    assert moved.sum() == flat.sum()


def test_a_line_has_eight_pixels_unless_told_otherwise():
    (moved,) = shift_pictures([np.arange(1.0, 17.0)], 1, -2)
    assert moved.tolist() == [0.0] * 8 + [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.0, 0.0]
    (moved,) = shift_pictures([np.arange(1.0, 7.0)], -1, 1, width=3)
    assert moved.tolist() == [0.0, 4.0, 5.0, 0.0, 0.0, 0.0]
    (same,) = shift_pictures([np.arange(1.0, 7.0)], 0, 0, width=3)
    assert same.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


@pytest.mark.parametrize(
    ("down", "right", "words"),
    [
        (2, 0, "down must be below 2, the size of the picture, got 2"),
        (0, 3, "right must be below 3, the size of the picture, got 3"),
        (-2, 0, "down must be at least -1, got -2"),
        (0, -3, "right must be at least -2, got -3"),
    ],
)
def test_a_shift_leaves_something_of_the_picture(down, right, words):
    with pytest.raises(ValueError, match=words):
        shift_pictures(np.ones((1, 6)), down, right, width=3)
    for by in (down - np.sign(down), right - np.sign(right)):
        assert shift_pictures(np.ones((1, 9)), by, by, width=3).any()


def test_pictures_are_not_changed_in_place():
    X = np.ones((1, 64))
    shift_pictures(X, 1, 1)
    assert np.all(X == 1)


@given(n=st.integers(2, 40), data=st.data())
def test_each_row_is_held_back_once(n, data):
    k = data.draw(st.integers(2, n))
    pairs = [*folds(n, k, random_state=0)]
    assert len(pairs) == k
    assert sorted(np.concatenate([held for _, held in pairs]).tolist()) == [*range(n)]
    for rows, held in pairs:
        assert sorted([*rows.tolist(), *held.tolist()]) == [*range(n)]


def test_five_folds_unless_told_otherwise():
    pairs = [*folds(11, random_state=0)]
    assert [len(held) for _, held in pairs] == [3, 2, 2, 2, 2]
    assert [len(used) for used, _ in pairs] == [8, 9, 9, 9, 9]
    # as many folds as rows: each row alone
    assert sorted(int(held[0]) for _, held in folds(3, 3)) == [0, 1, 2]
    assert len([*folds(2, 2)]) == 2


def test_folds_have_the_sizes_of_scikit_learn():
    for words, sizes in GOLDEN["folds"].items():
        n, k = map(int, words.split())
        assert [len(held) for _, held in folds(n, k, random_state=1)] == sizes


# Early stopping


def noisy(seed):
    rng = np.random.default_rng(seed)
    X, X_held = rng.normal(size=(10, 12)), rng.normal(size=(40, 12))
    return X, X_held, X[:, 0] + rng.normal(size=10), X_held[:, 0] + rng.normal(size=40)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_parameters_come_back(seed):
    X, X_held, y, y_held = noisy(seed)
    losses, model = [], LinearRegression(12)
    stop = EarlyStopping(X_held, y_held, patience=60, every=5)

    def both(model, history):
        if history.steps % 5 == 0:
            losses.append(model.loss_and_grad(X_held, y_held)[0])
        return stop(model, history)

    history = train(model, X, y, lr=0.05, epochs=3000, callback=both)
    assert history.status == "callback"
    assert stop.best == min(losses) == model.loss_and_grad(X_held, y_held)[0]
    assert stop.best_step == 5 * (1 + int(np.argmin(losses))) == history.steps - 60


def test_the_copy_does_not_move_with_the_model():
    X, X_held, y, y_held = noisy(0)
    model, stop = LinearRegression(12), EarlyStopping(X_held, y_held, every=1, patience=1000)
    train(model, X, y, lr=0.05, epochs=500, callback=stop)
    assert model.loss_and_grad(X_held, y_held)[0] > stop.best
    stop.restore(model)
    assert model.loss_and_grad(X_held, y_held)[0] == stop.best


class Watched:
    """A model whose loss on the rows it is shown is the number that was set."""

    def __init__(self):
        self.params, self.value, self.asked = [np.zeros(1)], 1.0, 0

    def mean_loss(self, X, y):
        self.asked += 1
        return self.value


def stopped_at(stop, losses, last=2000):
    """Return the step at which it stops, where `losses` gives a loss from each of some steps on."""
    model = Watched()
    for step in range(1, last):
        model.value = losses.get(step, model.value)
        model.params[0][:] = step
        if stop(model, SimpleNamespace(steps=step)):
            return step, model
    return None, model


def test_it_looks_every_ten_steps_and_waits_for_200():
    stop = EarlyStopping([[1.0]], [1.0])
    step, model = stopped_at(stop, {1: 3.0, 10: 2.0, 15: 0.0, 16: 2.0, 30: 1.0, 31: 4.0})
    assert (step, stop.best_step, stop.best, model.params[0][0]) == (230, 30, 1.0, 30)
    assert model.asked == 23


def test_where_it_looks_at_every_step_the_wait_is_200_steps_too():
    stop = EarlyStopping([[1.0]], [1.0], every=1)
    assert stopped_at(stop, {1: 1.0})[0] == 201


def test_only_a_lower_loss_is_a_better_one():
    stop = EarlyStopping([[1.0]], [1.0], patience=4, every=2)
    assert stopped_at(stop, {1: 1.0, 4: 0.5, 6: 0.5})[0] == 8
    assert (stop.best_step, stop.best) == (4, 0.5)
    # a loss that is no number is no better one, and the patience counts from the start
    stop = EarlyStopping([[1.0]], [1.0], patience=4, every=2)
    assert stopped_at(stop, {1: np.nan})[0] == 4
    assert (stop.best_step, stop.best_params) == (0, [])


def test_before_the_first_look_nothing_is_put_back():
    model = LinearRegression(2)
    model.params[0][...] = 3
    EarlyStopping([[1.0, 2.0]], [1.0]).restore(model)
    assert model.params[0].tolist() == [3, 3]


def test_a_network_is_measured_without_dropout_and_penalty():
    X, y = np.eye(3), [0, 1, 2]
    net = Network((3, 4, 3), l2=1.0, dropout=0.5, random_state=0)
    assert EarlyStopping(X, y).loss(net) == net.mean_loss(X, y)


def test_it_stops_other_rules_and_models_too():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 30)), rng.integers(2, size=20)
    stop = EarlyStopping(rng.normal(size=(50, 30)), rng.integers(2, size=50), patience=30)
    history = train(
        LogisticRegression(30), X, y, optimizer=momentum, lr=0.1, epochs=900, callback=stop
    )
    assert history.status == "callback"


# What the chapter says of the words


def test_more_words_than_texts_do_not_suffice_to_part_the_classes():
    """The 1050 rows of the chapter are not independent: only the training itself parts them."""
    X, _, _, _ = datasets.docstrings().split()
    A = np.column_stack([X, np.ones(len(X))])
    assert np.linalg.matrix_rank(A) < len(A) < A.shape[1]


def test_stopping_helps_on_most_splits_at_a_rate_that_is_too_large():
    """On the split of the chapter, seed 0, it does harm."""
    X, y = datasets.docstrings()

    def helps(seed):
        order = np.random.default_rng(seed).permutation(len(X))
        rows, valid, test = np.split(order, [700, 1050])
        model, looks = LogisticRegression(X.shape[1]), []

        def look(model, history):
            if history.steps % 10 == 0:
                looks.append([model.loss_and_grad(X[part], y[part])[0] for part in (valid, test)])

        how = {"epochs": 20, "random_state": 0, "callback": look}
        train(model, X[rows], y[rows], optimizer=nadam, lr=3.0, **how)
        by_valid, by_test = np.array(looks).T
        best = 0
        while (later := np.argmin(by_valid[: best + 11])) > best:  # a patience of 100 steps
            best = later
        return by_test[best] < by_test[-1]

    assert not helps(seed=0)
    assert sum(helps(seed) for seed in range(1, 5)) > 2


# Doors


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: soft_threshold([1.0], -1), ValueError, "amount"),
        (lambda: soft_threshold(["a"], 1), TypeError, "w"),
        (lambda: dropout_mask(3, 1.0), ValueError, "share must be from 0 to below 1"),
        (lambda: dropout_mask(3, -0.1), ValueError, "from 0 to below 1, got -0.1. Try share=0.5."),
        (lambda: dropout_mask(3, "half"), TypeError, "share"),
        (
            lambda: shift_pictures([[1, 2, 3]], 0, 1, width=2),
            ValueError,
            "a picture has 3 pixels; .* width=2",
        ),
        (lambda: shift_pictures([[1, 2, 3, 4]], 0, 2, width=2), ValueError, "right must be below"),
        (lambda: shift_pictures([[1, 2, 3, 4]], 0.5, 0, width=2), TypeError, "down"),
        (lambda: folds(3, 4), ValueError, "k must be at most"),
        (lambda: folds(1), ValueError, "n must be at least 2"),
        (lambda: folds(10, 1), ValueError, "k must be at least 2"),
        (lambda: EarlyStopping([[1.0]], [1.0], patience=0), ValueError, "patience"),
        (lambda: EarlyStopping([[np.nan]], [1.0]), ValueError, "X"),
    ],
)
def test_doors(call, error, words):
    with pytest.raises(error, match=words):
        call()
