"""Chapter 9: gradients against differences and PyTorch, special cases against the models."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import squared

from dlzero import Optimizer, adam, check_gradient, datasets, train
from dlzero.chapters.ch09_network import ACTIVATIONS, LOSSES, Network
from dlzero.models import LinearRegression, SoftmaxRegression

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "network.json").read_text("utf-8"))


def name_of(case):
    return "{activation}, {loss}, {sizes}, {l2}".format(**case)


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=name_of)
def test_loss_and_gradient_golden(case):
    net = Network(case["sizes"], case["activation"], case["loss"], l2=case["l2"])
    for p, value in zip(net.params, case["params"], strict=True):
        p[...] = value
    loss, grads = net.loss_and_grad(np.array(case["X"]), np.array(case["y"]))
    assert loss == pytest.approx(case["value"], rel=1e-12)
    for grad, golden in zip(grads, case["grads"], strict=True):
        np.testing.assert_allclose(grad, golden, rtol=1e-12, atol=1e-14)


def data(loss, seed=0, outputs=3):
    random = np.random.default_rng(seed)
    X = random.normal(size=(7, 4))
    y = random.integers(outputs, size=7)
    return X, y if loss == "cross-entropy" else random.normal(size=(7, outputs))


def gradient_error(make, X, y):
    """The relative error of the gradient by all parameters at once.

    Each call starts with a new network of one seed, so that dropout switches off the same units.
    """
    shapes = [p.shape for p in make().params]
    ends = np.cumsum([np.prod(s, dtype=int) for s in shapes])

    def answer(x):
        model = make()
        parts = np.split(x, ends[:-1])
        for p, part in zip(model.params, parts, strict=True):
            p[...] = part.reshape(p.shape)
        loss, grads = model.loss_and_grad(X, y)
        return loss, np.concatenate([np.ravel(g) for g in grads])

    x = np.random.default_rng(5).normal(size=ends[-1])
    return check_gradient(lambda x: answer(x)[0], lambda x: answer(x)[1], x)


@pytest.mark.parametrize("sizes", [(4, 3), (4, 5, 3), (4, 5, 6, 3)])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("l2", "dropout"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.4), (0.3, 0.4)])
def test_gradient_is_the_slope_of_the_loss(sizes, loss, activation, l2, dropout):
    def make():
        return Network(sizes, activation, loss, l2=l2, dropout=dropout, random_state=1)

    assert gradient_error(make, *data(loss)) < 1e-7


@given(seed=st.integers(0, 1000), activation=st.sampled_from(["tanh", "sigmoid"]))
def test_gradient_for_other_data(seed, activation):
    X, y = data("cross-entropy", seed)
    assert gradient_error(lambda: Network((4, 5, 3), activation, random_state=seed), X, y) < 1e-7


def test_without_a_hidden_layer_it_is_softmax_regression():
    X, y = data("cross-entropy")
    net, model = Network((4, 3), random_state=0), SoftmaxRegression(4, 3)
    for p, q in zip(model.params, net.params, strict=True):
        p[...] = q
    (a, grads), (b, others) = net.loss_and_grad(X, y), model.loss_and_grad(X, y)
    assert a == pytest.approx(b, rel=1e-14)
    for g, h in zip(grads, others, strict=True):
        np.testing.assert_allclose(g, h, atol=1e-15)
    np.testing.assert_array_equal(net.predict(X), model.predict(X))
    np.testing.assert_allclose(net.predict_proba(X), model.predict_proba(X))
    assert net.score(X, y) == model.score(X, y)


def test_without_a_hidden_layer_it_is_linear_regression():
    X, y = data("squared error", outputs=1)
    net, model = Network((4, 1), loss="squared error", random_state=0), LinearRegression(4)
    model.params[0][:] = net.params[0][:, 0]
    for target in (y, y[:, 0]):
        a, grads = net.loss_and_grad(X, target)
        b, others = model.loss_and_grad(X, y[:, 0])
        assert a == pytest.approx(b, rel=1e-14)
        np.testing.assert_allclose(grads[0][:, 0], others[0], atol=1e-15)
        assert net.score(X, target) == pytest.approx(model.score(X, y[:, 0]))
    np.testing.assert_allclose(net.predict(X), model.predict(X))


def test_one_step_by_hand():
    model = Network((1, 1, 2), "sigmoid", random_state=0)
    for p, value in zip(model.params, ([[1.0]], [0.0], [[2.0, 0.0]], [0.0, 0.0]), strict=True):
        p[...] = value
    loss, (grad_V, grad_c, grad_W, grad_b) = model.loss_and_grad([[0.0]], [1])
    # h = 1/2, z = (1, 0), p = (e, 1) / (1 + e)
    p = np.e / (1 + np.e)
    assert loss == pytest.approx(np.log(1 + np.e))
    np.testing.assert_allclose(grad_W, [[p / 2, -p / 2]])
    np.testing.assert_allclose(grad_b, [p, -p])
    np.testing.assert_allclose(grad_c, [2 * p * 0.25])
    np.testing.assert_array_equal(grad_V, [[0.0]])


def test_the_penalty_counts_weights_and_not_biases():
    X, y = data("cross-entropy")
    plain, with_l2 = (Network((4, 5, 3), l2=l2, random_state=0) for l2 in (0.0, 2.0))
    plain.params[1][:] = with_l2.params[1][:] = 10.0
    penalty = sum(np.sum(W**2) for W in plain.params[::2])
    (a, grads), (b, others) = plain.loss_and_grad(X, y), with_l2.loss_and_grad(X, y)
    assert b - a == pytest.approx(penalty)
    assert with_l2.mean_loss(X, y) == pytest.approx(a)
    np.testing.assert_allclose(others[0] - grads[0], 2 * plain.params[0])
    np.testing.assert_array_equal(others[1], grads[1])


def test_dropout_changes_training_only():
    X, y = data("cross-entropy")
    net, plain = (Network((4, 50, 3), dropout=d, random_state=0) for d in (0.5, 0.0))
    first, second = net.loss_and_grad(X, y)[0], net.loss_and_grad(X, y)[0]
    assert first != second
    assert net.mean_loss(X, y) == plain.mean_loss(X, y) == plain.loss_and_grad(X, y)[0]
    np.testing.assert_array_equal(net.predict_proba(X), plain.predict_proba(X))
    again = Network((4, 50, 3), dropout=0.5, random_state=0)
    assert (again.loss_and_grad(X, y)[0], again.loss_and_grad(X, y)[0]) == (first, second)


def test_a_network_with_more_classes_than_inputs_has_a_score():
    net = Network((1, 3), random_state=0)
    net.params[1][:] = [-9.0, -9.0, 9.0]
    assert net.score([[0.0], [0.0]], [2, 0]) == 0.5


class Dealt(np.random.Generator):
    """A generator whose shares are given."""

    def random(self, shape):
        return np.array([0.0, np.nextafter(0.25, 0), 0.25, 0.9]).reshape(shape)


def test_a_unit_is_off_if_its_draw_is_below_the_share():
    net = Network((1, 4, 2), "sigmoid", dropout=0.25, random_state=Dealt(np.random.PCG64(0)))
    off = net.forward([[1.0]], dropout=0.25)[1][1] == 0
    assert off.tolist() == [[True, True, False, False]]


def test_dropout_keeps_the_mean_and_switches_off_its_share():
    X = np.ones((4000, 4))
    net = Network((4, 20, 3), "sigmoid", dropout=0.25, random_state=0)
    z, entered, slopes = net.forward(X, 0.25)
    off = entered[1] == 0
    assert off.mean() == pytest.approx(0.25, abs=0.01)
    assert (slopes[0][off] == 0).all()
    assert (slopes[0][~off] > 0).all()
    np.testing.assert_allclose(z.mean(axis=0), net.decision_function(X)[0], atol=0.05)


def test_the_seed_decides():
    a, b, c = (Network((4, 5, 3), random_state=seed) for seed in (0, 0, 1))
    assert all(np.array_equal(p, q) for p, q in zip(a.params, b.params, strict=True))
    assert not np.array_equal(a.params[0], c.params[0])


@pytest.mark.parametrize(
    ("activation", "variance"), [("tanh", 1 / 400), ("sigmoid", 1 / 400), ("relu", 2 / 400)]
)
def test_first_weights_have_the_variance_that_keeps_signals_alive(activation, variance):
    W, b = Network((400, 300), activation, random_state=0).params
    assert W.var() == pytest.approx(variance, rel=0.02)
    assert abs(W.mean()) < 3 * np.sqrt(variance / W.size)
    assert not b.any()


def test_digits_are_learnt_better_than_without_a_hidden_layer():
    X_train, X_test, y_train, y_test = datasets.digits().split()
    model = Network((64, 32, 10), "relu", l2=1e-4, dropout=0.1, random_state=0)
    optimizer = Optimizer(adam, lr=0.005)
    train(model, X_train / 16, y_train, optimizer=optimizer, epochs=20, random_state=0)
    assert model.score(X_test / 16, y_test) > 0.965


def test_inputs_are_left_alone():
    X, y = data("cross-entropy")
    X_before, y_before = X.copy(), y.copy()
    model = Network((4, 5, 3), dropout=0.5, l2=0.1, random_state=0)
    before = [p.copy() for p in model.params]
    model.loss_and_grad(X, y)
    model.score(X, y)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)
    for p, q in zip(model.params, before, strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Network((4,)), ValueError, "at least two positive whole numbers"),
        (lambda: Network(4), TypeError, "sizes must be at least two .*, got 4. Try"),
        (lambda: Network((4, 0, 2)), ValueError, r"sizes\[1\] must be at least 1, got 0"),
        (lambda: Network((4, 2.0)), TypeError, r"sizes\[1\] must be a whole number, got 2.0"),
        (lambda: Network((True, 2)), TypeError, r"sizes\[0\] must be a whole number, got True"),
        (lambda: Network((4, 1)), ValueError, "at least two; the last of sizes is 1"),
        (lambda: Network((4, 2), "softplus"), ValueError, "one of 'sigmoid', 'tanh', 'relu', got"),
        (lambda: Network((4, 2), np.tanh), TypeError, "activation must be one of 'sigmoid'"),
        (lambda: Network((4, 2), ["relu"]), TypeError, "activation must be one of 'sigmoid'"),
        (lambda: Network((4, 2), loss="hinge"), ValueError, "'squared error', got 'hinge'"),
        (lambda: Network((4, 2), l2=-1), ValueError, "l2 must be zero or more, got -1. Try"),
        (lambda: Network((4, 2), l2=np.inf), ValueError, "l2 must be finite, got inf"),
        (lambda: Network((4, 2), l2="much"), TypeError, "l2 must be a number, got 'much'"),
        (lambda: Network((4, 2), l2=True), TypeError, "l2 must be a number, got True"),
        (
            lambda: Network((4, 2), dropout=1.0),
            ValueError,
            "dropout must be from 0 to below 1, got",
        ),
        (lambda: Network((4, 2), dropout=-0.1), ValueError, "must be from 0 to below 1, got -0.1"),
        (lambda: Network((4, 2), dropout=None), TypeError, "dropout must be a number, got None"),
        (lambda: Network((4, 2)).forward(np.ones((1, 4)), 1.0), ValueError, "dropout must be from"),
        (lambda: Network((4, 2), random_state=-1), ValueError, "must not be negative, got -1"),
        (
            lambda: Network((4, 2), random_state="a"),
            TypeError,
            "random_state must be None, a whole",
        ),
        (lambda: Network((4, 2)).loss_and_grad(np.ones((2, 3)), [0, 1]), ValueError, "3 features"),
        (
            lambda: Network((4, 2)).loss_and_grad(np.ones((2, 4)), [0, 2]),
            ValueError,
            "label 2; exp",
        ),
        (lambda: Network((4, 2)).predict(np.full((2, 4), np.nan)), ValueError, "NaN"),
        (lambda: Network((4, 5, 2)).score(np.ones((2, 4)), [0, 3]), ValueError, "from 0 to 1"),
        (lambda: squared(4, 2).mean_loss(np.ones((3, 4)), np.ones(3)), ValueError, r"d \(3, 2\)"),
        (lambda: squared(4, 1).mean_loss(np.ones((3, 4)), np.ones(2)), ValueError, r"\(2,\); exp"),
        (lambda: squared(4, 1).mean_loss(np.ones((3, 4)), ["a", "b", "c"]), TypeError, "y must"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_each_argument_is_an_attribute_and_makes_the_same_network_again():
    sizes = [4, 5, 1]
    params = {
        "sizes": sizes,
        "activation": "relu",
        "loss": "squared error",
        "l2": 0.5,
        "dropout": 0.25,
        "random_state": 3,
    }
    net = Network(**params)
    assert net.get_params() == params
    assert all(getattr(net, name) is value for name, value in params.items())
    again = eval(repr(net), {"Network": Network})
    for p, q in zip(net.params, again.params, strict=True):
        np.testing.assert_array_equal(p, q)


def test_set_params_makes_new_weights_or_changes_nothing():
    net = Network((4, 5, 3), random_state=0)
    before = [p.copy() for p in net.params]
    with pytest.raises(ValueError, match="dropout"):
        net.set_params(l2=0.5, dropout=2)
    assert net.l2 == 0
    for p, q in zip(net.params, before, strict=True):
        np.testing.assert_array_equal(p, q)
    assert net.set_params(sizes=(4, 2)) is net
    assert [p.shape for p in net.params] == [(4, 2), (2,)]
    assert net.random_state == 0
    with pytest.raises(ValueError, match="Unknown hyper-parameter 'kind'"):
        net.set_params(kind="squared error")


def test_a_generator_is_taken_and_goes_on():
    rng = np.random.default_rng(0)
    first, second = Network((4, 5, 3), random_state=rng), Network((4, 5, 3), random_state=rng)
    seeded = Network((4, 5, 3), random_state=0)
    assert np.array_equal(first.params[0], seeded.params[0])
    assert not np.array_equal(first.params[0], second.params[0])
