"""Chapter 4: the rule, the mini-batches, the training loop."""

import math
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlzero import RULES, Optimizer, Rule, momentum
from dlzero.chapters.ch03_gradient_descent import gradient_descent, minimize
from dlzero.chapters.ch04_sgd import batches, sgd, train
from dlzero.running.history import History

YEARS = np.array([[5], [3], [8], [1.4], [10.1]])
SALARIES = np.array([5500, 2300, 7600, 1800, 11400.0])


class Line:
    """Predicts X w + b. The loss is half the mean squared error."""

    def __init__(self, features=1, dtype=float):
        self.w, self.b = np.zeros(features, dtype), np.zeros((), dtype)

    @property
    def params(self):
        return [self.w, self.b]

    def loss_and_grad(self, X, y):
        residual = X @ self.w + self.b - y
        return np.mean(residual**2) / 2, [residual @ X / len(y), np.mean(residual)]


def some_data(n=23, features=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, features))
    return X, X @ np.arange(1, features + 1) + 0.5 + 0.1 * rng.normal(size=n)


# the rule


def test_rule_by_hand():
    # g' = clip(0.5 * 10, 2) + 0.1 * 1 = 2.1; v = 0.9 * 0.5 - 0.1 * 2.1 = 0.24; w = 1.24
    w, v = sgd(1.0, 10.0, 0.5, lr=0.1, mu=0.9, weight_decay=0.1, rescale=0.5, clip=2.0)
    assert (w, v) == pytest.approx((1.24, 0.24), rel=1e-15)


def test_clip_comes_after_rescale_and_before_weight_decay():
    assert sgd(0.0, 10.0, 0.0, lr=1.0, rescale=0.1, clip=2.0)[0] == -1.0
    assert sgd(100.0, 10.0, 0.0, lr=1.0, clip=2.0, weight_decay=1.0)[0] == -2.0
    assert sgd(0.0, -10.0, 0.0, lr=1.0, clip=2.0)[0] == 2.0


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(1e-6, 1.0))
def test_plain_sgd_is_gradient_descent(w, g, lr):
    assert sgd(w, g, 0.0, lr=lr)[0] == gradient_descent(w, g, lr=lr)[0]


def test_rule_works_on_arrays_and_changes_nothing():
    w, g, v = np.array([1.0, 2.0]), np.array([3.0, -50.0]), np.array([0.0, 1.0])
    kept = w.copy(), g.copy(), v.copy()
    new_w, new_v = sgd(w, g, v, lr=0.1, mu=0.5, clip=5.0)
    assert new_w.tolist() == pytest.approx([0.7, 3.0])
    assert new_v.tolist() == pytest.approx([-0.3, 1.0])
    assert all(np.array_equal(a, b) for a, b in zip((w, g, v), kept, strict=True))


# batches

sizes = st.integers(1, 40)


@settings(deadline=None)
@given(n=sizes, batch_size=sizes, shuffle=st.booleans(), seed=st.integers(0, 99))
def test_each_sample_comes_once_per_epoch_with_its_own_label(n, batch_size, shuffle, seed):
    X, y = np.arange(2 * n).reshape(n, 2), np.arange(n) + 100
    seen = list(batches(X, y, batch_size, shuffle=shuffle, random_state=seed))
    lengths = [len(y_b) for _, y_b in seen]
    assert lengths[:-1] == [batch_size] * (len(seen) - 1)
    assert 1 <= lengths[-1] <= batch_size
    X_seen, y_seen = (np.concatenate(part) for part in zip(*seen, strict=True))
    assert sorted(y_seen) == y.tolist()
    assert np.array_equal(X_seen[:, 0], 2 * (y_seen - 100))
    assert np.array_equal(X_seen[:, 1], X_seen[:, 0] + 1)


@settings(deadline=None)
@given(n=sizes, batch_size=sizes, seed=st.integers(0, 99))
def test_drop_last_leaves_whole_batches_only(n, batch_size, seed):
    if batch_size > n:
        return
    y = np.arange(n)
    seen = [b for _, b in batches(y, y, batch_size, drop_last=True, random_state=seed)]
    assert [len(b) for b in seen] == [batch_size] * (n // batch_size)
    assert len(set(np.concatenate(seen))) == n // batch_size * batch_size


def test_without_shuffle_the_order_is_that_of_the_data():
    y = np.arange(10)
    seen = [b.tolist() for _, b in batches(y, y, 4, shuffle=False)]
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_one_batch_of_everything_keeps_the_order_even_when_shuffled():
    X, y = some_data()
    for batch_size in (len(X), len(X) + 1, 1000):
        ((X_b, y_b),) = batches(X, y, batch_size, shuffle=True, random_state=0)
        assert np.array_equal(X_b, X)
        assert np.array_equal(y_b, y)


def order(seed):
    y = np.arange(50)
    return np.concatenate([b for _, b in batches(y, y, 7, random_state=seed)]).tolist()


def test_seed_repeats_the_order_and_a_generator_goes_on():
    assert order(1) == order(1) != order(2)
    rng = np.random.default_rng(1)
    first, second = order(rng), order(rng)
    assert first == order(1)
    assert second != first
    assert order(None) != order(None)


def test_shuffle_is_fair():
    y = np.arange(6)
    firsts = Counter()
    rng = np.random.default_rng(0)
    for _ in range(6000):
        _, y_b = next(batches(y, y, 2, random_state=rng))
        firsts.update(y_b.tolist())
    # each of 6 samples is in the first batch of 2 with probability 1/3; five standard errors
    assert all(abs(firsts[k] - 2000) < 5 * math.sqrt(6000 * 2 / 9) for k in y)


def test_numpys_global_generator_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    order(None)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_batches_take_lists_images_and_labels_that_are_words():
    X, y = np.zeros((5, 2, 2)), ["cat", "dog", "cat", "cow", "dog"]
    seen = list(batches(X, y, 3, shuffle=False))
    assert [b.shape for b, _ in seen] == [(3, 2, 2), (2, 2, 2)]
    assert seen[1][1].tolist() == ["cow", "dog"]


def test_batches_cannot_be_used_to_change_the_data():
    X, y = some_data()
    X_b, _ = next(batches(X, y, 4, shuffle=False))
    with pytest.raises(ValueError, match="read-only"):
        X_b[0] = 0
    assert X.flags.writeable
    X_b, _ = next(batches(X, y, 4, random_state=0))
    X_b[0] = 0  # a copy
    assert np.array_equal(X, some_data()[0])


def test_mean_of_batch_gradients_is_the_gradient():
    X, y = some_data(n=24)
    model = Line(3)
    _, (g_w, g_b) = model.loss_and_grad(X, y)
    parts = [model.loss_and_grad(*b)[1] for b in batches(X, y, 6, random_state=3)]
    assert np.mean([p[0] for p in parts], axis=0) == pytest.approx(g_w, rel=1e-12)
    assert np.mean([p[1] for p in parts]) == pytest.approx(g_b, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (dict(X=[], y=[]), ValueError, "empty"),
        (dict(X=[1, 2], y=[1, 2, 3]), ValueError, "X has 2 rows and y has 3"),
        (dict(X=5, y=[1]), ValueError, "X needs at least one axis"),
        (dict(X=[1], y=5), ValueError, "y needs at least one axis"),
        (dict(X=[[1, 2], [3]], y=[1, 2]), ValueError, "X .* rows of one length"),
        (dict(batch_size=0), ValueError, "batch_size must be at least 1, got 0"),
        (dict(batch_size=2.0), TypeError, "batch_size must be a whole number, got 2.0"),
        (dict(batch_size=True), TypeError, "batch_size must be a whole number"),
        (dict(batch_size=None), TypeError, "batch_size must be a whole number"),
        (dict(batch_size=4, drop_last=True), ValueError, "leaves no batch.*3 rows"),
        (dict(random_state=-1), ValueError, "random_state"),
        (dict(random_state="seed"), TypeError, "random_state must be None, a whole number"),
        (dict(random_state=np.random), TypeError, "random_state must be None, a whole number"),
    ],
)
def test_batches_refuse_bad_input_at_the_call(arguments, error, message):
    with pytest.raises(error, match=message):
        batches(**{"X": [1, 2, 3], "y": [1, 2, 3], "batch_size": 2, **arguments})


# the training loop


def test_salaries_as_the_linear_unit_learns_them():
    # one example a step in fixed order: the golden numbers of chapter 2
    model = Line()
    history = train(model, YEARS, SALARIES, lr=0.01, epochs=10, batch_size=1, shuffle=False)
    assert model.w[0] == pytest.approx(1124.0635, abs=5e-5)
    assert model.b == pytest.approx(85.4853, abs=5e-5)
    assert len(history.loss) == 50
    assert history.success


def test_fixed_order_ends_beside_the_optimum():
    model = Line()
    train(model, YEARS, SALARIES, lr=0.01, epochs=1000, batch_size=1, shuffle=False)
    assert (model.w[0], model.b) == pytest.approx((1183.04, -518.39), abs=0.005)


def test_full_batch_reaches_least_squares():
    X = (YEARS - YEARS.mean()) / YEARS.std()
    model = Line()
    train(model, X, SALARIES, lr=1.0, epochs=1, batch_size=5)
    # standardized, one step of rate 1 solves it
    slope = model.w[0] / YEARS.std()
    assert slope == pytest.approx(1095.43, abs=0.005)
    assert model.b - slope * YEARS.mean() == pytest.approx(-304.84, abs=0.005)


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 30),
    extra=st.integers(0, 5),
    shuffle=st.booleans(),
    seed=st.integers(0, 99),
    fortran=st.booleans(),
)
def test_batch_of_everything_is_batch_descent_bit_for_bit(n, extra, shuffle, seed, fortran):
    X, y = some_data(n, seed=seed)
    X = np.asfortranarray(X) if fortran else X
    model, by_hand = Line(3), Line(3)
    train(
        model,
        X,
        y,
        optimizer=gradient_descent,
        lr=0.1,
        epochs=8,
        batch_size=n + extra,
        shuffle=shuffle,
        random_state=seed,
    )
    for _ in range(8):
        _, (g_w, g_b) = by_hand.loss_and_grad(X, y)
        by_hand.w -= 0.1 * g_w
        by_hand.b -= 0.1 * g_b
    assert np.array_equal(model.w, by_hand.w)
    assert np.array_equal(model.b, by_hand.b)


def test_batch_of_everything_walks_the_path_of_minimize():
    X, y = some_data()
    model, points = Line(3), []
    train(
        model,
        X,
        y,
        optimizer=gradient_descent,
        lr=0.2,
        epochs=12,
        batch_size=len(X),
        callback=lambda model, history: points.append(np.append(model.w, model.b)),
    )

    def loss_and_grad(x):
        probe = Line(3)
        probe.w[:], probe.b[()] = x[:3], x[3]
        loss, (g_w, g_b) = probe.loss_and_grad(X, y)
        return loss, np.append(g_w, g_b)

    result = minimize(loss_and_grad, np.zeros(4), jac=True, lr=0.2, steps=12, gtol=0, ftol=0)
    assert np.array_equal(points, result.path[1:])


def test_mini_batches_by_hand():
    X, y = some_data()
    model, by_hand = Line(3), Line(3)
    train(model, X, y, lr=0.05, mu=0.9, epochs=3, batch_size=4, random_state=5)
    rng = np.random.default_rng(5)
    v_w, v_b = np.zeros(3), 0.0
    for _ in range(3):
        for X_b, y_b in batches(X, y, 4, random_state=rng):
            _, (g_w, g_b) = by_hand.loss_and_grad(X_b, y_b)
            by_hand.w[:], v_w = sgd(by_hand.w, g_w, v_w, lr=0.05, mu=0.9)
            by_hand.b[()], v_b = sgd(by_hand.b, g_b, v_b, lr=0.05, mu=0.9)
    assert np.array_equal(model.w, by_hand.w)
    assert model.b == by_hand.b


def test_history_counts_steps_examples_and_epochs():
    X, y = some_data(n=10)
    losses = []

    class Watched(Line):
        def loss_and_grad(self, X, y):
            loss, grads = super().loss_and_grad(X, y)
            losses.append((loss, len(y)))
            return loss, grads

    history = train(Watched(3), X, y, epochs=2, batch_size=4, random_state=0)
    assert history.loss == [loss for loss, _ in losses]
    assert history.examples == [4, 8, 10, 14, 18, 20]
    assert history.steps == 6
    expected = [sum(loss * n for loss, n in part) / 10 for part in (losses[:3], losses[3:])]
    assert history.epoch_loss == pytest.approx(expected, rel=1e-14)
    assert all(type(loss) is float for loss in history.loss + history.epoch_loss)
    assert history.message == "2 epochs done, 6 steps, 20 examples seen"
    assert repr(history).startswith("History: 2 epochs done, 6 steps, 20 examples seen; loss ")


def test_drop_last_counts_only_what_was_seen():
    X, y = some_data(n=11)
    history = train(Line(3), X, y, epochs=2, batch_size=4, drop_last=True)
    assert history.examples == [4, 8, 12, 16]
    assert history.epoch_size == 8
    first, second = np.mean(history.loss[:2]), np.mean(history.loss[2:])
    assert history.epoch_loss == pytest.approx([first, second], rel=1e-15)
    assert history.place() == "step 4, epoch 2"


def test_each_epoch_has_a_new_order_and_the_seed_repeats_them():
    def orders(seed):
        seen = []

        class Watched(Line):
            def loss_and_grad(self, X, y):
                seen.append(y.tolist())
                return super().loss_and_grad(X, y)

        train(Watched(), YEARS, SALARIES, epochs=3, batch_size=1, lr=1e-3, random_state=seed)
        return seen[:5], seen[5:10], seen[10:]

    first, second, third = orders(0)
    assert sorted(first) == sorted(second) == sorted(third)
    assert first != second != third
    assert orders(0) == (first, second, third)


def test_loss_goes_down():
    X, y = some_data(n=200)
    history = train(Line(3), X, y, lr=0.1, epochs=20, batch_size=10, random_state=0)
    assert history.epoch_loss[-1] < 0.01 < 1 < history.epoch_loss[0]


# which optimizer


def decaying(w, g, t, lr=1.0):
    return (w - lr / t * g,)


def test_step_counter_goes_up_once_a_step_whatever_the_number_of_arrays():
    counted = []

    def watch(w, g, t, lr=0.1):
        counted.append(t)
        return (w - lr * g,)

    train(Line(), YEARS, SALARIES, optimizer=watch, epochs=1, batch_size=2, lr=0.01)
    assert counted == [1, 1, 2, 2, 3, 3]


def test_rate_may_be_a_schedule():
    X, y = some_data()
    by_schedule, by_rule = Line(3), Line(3)
    options = dict(epochs=2, batch_size=5, random_state=1)
    train(by_schedule, X, y, lr=lambda t: 0.3 / t, optimizer=gradient_descent, **options)
    train(by_rule, X, y, lr=0.3, optimizer=decaying, **options)
    assert np.array_equal(by_schedule.w, by_rule.w)


def test_a_rule_with_its_hyper_parameters():
    by_name, by_rule = Line(), Line()
    options = dict(epochs=1, batch_size=2, random_state=1)
    train(by_name, YEARS, SALARIES, optimizer=RULES["momentum"], lr=0.02, **options)
    train(by_rule, YEARS, SALARIES, optimizer=Rule(momentum, lr=0.02), **options)
    assert by_name.w == by_rule.w


class Plain:
    """The smallest optimizer object."""

    def __init__(self, lr):
        self.lr, self.steps = lr, 0

    def step(self, params, grads):
        self.steps += 1
        for w, g in zip(params, grads, strict=True):
            w -= self.lr * g


def test_any_object_with_a_step_keeps_its_state_between_calls():
    optimizer = Plain(0.01)
    model, whole = Line(), Line()
    for _ in range(3):
        train(model, YEARS, SALARIES, optimizer=optimizer, epochs=1, batch_size=1, shuffle=False)
    assert optimizer.steps == 15
    train(whole, YEARS, SALARIES, lr=0.01, epochs=3, batch_size=1, shuffle=False)
    assert model.w == pytest.approx(whole.w, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_an_optimizer_object_gives_the_same_as_its_rule(dtype):
    class Slopes:
        def __init__(self):
            self.params = [np.zeros(2, dtype), np.zeros((1, 1), dtype)]

        def loss_and_grad(self, X, y):
            a, b = self.params
            residual = X[:, :2] @ a + X[:, 2:] @ b[0] - y
            g = residual @ X / len(y)
            return np.mean(residual**2) / 2, [g[:2], g[2:].reshape(1, 1)]

    X, y = some_data()
    by_rule, by_object = Slopes(), Slopes()
    options = {"epochs": 3, "batch_size": 4, "random_state": 2}
    train(by_rule, X, y, lr=0.05, mu=0.9, **options)
    train(by_object, X, y, optimizer=Optimizer(sgd, lr=0.05, mu=0.9), **options)
    for w, same in zip(by_rule.params, by_object.params, strict=True):
        assert w.dtype == dtype
        assert np.array_equal(w, same)


def test_parameters_may_be_one_array():
    class Slope:
        def __init__(self):
            self.params = np.zeros(1)

        def loss_and_grad(self, X, y):
            residual = X @ self.params - y
            return np.mean(residual**2) / 2, residual @ X / len(y)

    model = Slope()
    train(model, YEARS, SALARIES, lr=0.01, epochs=200, batch_size=5)
    assert model.params == pytest.approx(YEARS[:, 0] @ SALARIES / (YEARS[:, 0] @ YEARS[:, 0]))


def test_float32_stays_float32():
    model = Line(3, dtype=np.float32)
    w = model.w
    X, y = some_data()
    train(model, X, y, lr=np.float64(0.1), mu=np.float64(0.5), epochs=2, batch_size=4)
    assert model.w is w
    assert model.w.dtype == model.b.dtype == np.float32
    assert np.abs(w).min() > 0.1


def test_strided_parameters_are_really_changed():
    class Strided(Line):
        def __init__(self):
            self.store = np.zeros((3, 2))
            self.w, self.b = self.store[:, 0], np.zeros(())

    X, y = some_data()
    model, plain = Strided(), Line(3)
    for m in (model, plain):
        train(m, X, y, lr=0.1, epochs=2, batch_size=4, random_state=0)
    assert model.store[:, 0] == pytest.approx(plain.w, rel=1e-12)
    assert model.store[:, 1].tolist() == [0, 0, 0]


def test_ten_epochs_of_shuffled_batches_of_32_unless_told_otherwise():
    X, y = some_data(n=70)
    plain, told = Line(3), Line(3)
    history = train(plain, X, y, random_state=3)
    options = {"epochs": 10, "batch_size": 32, "shuffle": True, "drop_last": False}
    train(told, X, y, optimizer=sgd, lr=0.01, mu=0, random_state=3, **options)
    assert history.examples[:4] == [32, 64, 70, 102]
    assert (history.steps, history.examples[-1]) == (30, 700)
    assert np.array_equal(plain.w, told.w)
    dealt = [len(b) for _, b in batches(X, y)]
    assert dealt == [32, 32, 6]
    assert [b.tolist() for _, b in batches(X, y, random_state=0)] != [
        b.tolist() for _, b in batches(X, y, shuffle=False)
    ]


def test_options_are_given_by_name():
    X, y = some_data()
    with pytest.raises(TypeError, match="positional"):
        train(Line(3), X, y, sgd)
    with pytest.raises(TypeError, match="positional"):
        batches(X, y, 4, False)
    train(model=Line(3), X=X, y=y, epochs=1)
    assert len([*batches(X=X, y=y, batch_size=10)]) == 3


def test_drop_last_keeps_a_last_batch_that_is_full():
    X = np.arange(8)
    for n, size, expected in ((8, 4, [4, 4]), (7, 4, [4]), (4, 4, [4]), (8, 3, [3, 3])):
        assert [len(b) for b, _ in batches(X[:n], X[:n], size, drop_last=True)] == expected
    with pytest.raises(ValueError, match=r"batch_size is 5, and there are 4 rows"):
        batches(X[:4], X[:4], 5, drop_last=True)


def test_a_history_tells_where_it_stands():
    history = History(6)
    assert history.place() == "step 0, epoch 1"
    assert history.place(1) == "step 1, epoch 1"
    for loss, size, place in (
        (1.0, 4, "step 1, epoch 1"),
        (4.0, 2, "step 2, epoch 1"),
        (2.0, 4, "step 3, epoch 2"),
        (5.0, 2, "step 4, epoch 2"),
    ):
        history.add_step(loss, size)
        assert history.place() == place
    assert history.place(1) == "step 5, epoch 3"
    assert history.epoch_loss == [2.0, 3.0]
    assert history.examples == [4, 6, 10, 12]
    history.end("done", "so")
    assert repr(history) == "History: so; loss 1 to 5"
    assert repr(History(6)) == "History: no step yet"
    assert repr(History(6).end("interrupted", "why")) == "History: no step yet; why"


def test_before_the_first_step_nothing_was_seen():
    assert (History().place(), History().place(1)) == ("step 0, epoch 1", "step 1, epoch 1")
    assert History(1).place(2) == "step 2, epoch 2"


def test_a_batch_may_end_several_epochs_of_one_row():
    history = History()
    for loss in (3.0, 1.0, 2.0):
        history.add_step(loss, 1)
    assert history.epoch_loss == history.loss == [3.0, 1.0, 2.0]


# when it ends early


def test_ctrl_c_keeps_what_is_done():
    model = Line()
    seen = []

    def impatient(model, history):
        seen.append(model.w.copy())
        if history.steps == 7:
            raise KeyboardInterrupt

    history = train(model, YEARS, SALARIES, epochs=10, batch_size=1, callback=impatient)
    assert history.steps == 7
    assert len(history.epoch_loss) == 1
    assert model.w == seen[-1]
    assert not history.success
    assert history.message == "interrupted at step 7, epoch 2; what was learned is kept"
    assert history.status == "interrupted"


def test_ctrl_c_inside_the_model():
    class Slow(Line):
        calls = 0

        def loss_and_grad(self, X, y):
            self.calls += 1
            if self.calls == 4:
                raise KeyboardInterrupt
            return super().loss_and_grad(X, y)

    history = train(Slow(), YEARS, SALARIES, epochs=10, batch_size=1)
    assert history.steps == 3
    assert "interrupted at step 3" in history.message


def test_callback_stops():
    history = train(
        Line(),
        YEARS,
        SALARIES,
        epochs=10,
        batch_size=2,
        callback=lambda model, history: len(history.epoch_loss) == 2,
    )
    assert history.message == "the callback said True at step 6, epoch 2"
    assert history.status == "callback"
    assert (history.success, history.steps) == (False, 6)


def test_divergence_stops_and_names_a_smaller_rate(recwarn):
    model = Line()
    history = train(model, YEARS, SALARIES, lr=0.1, epochs=10_000, batch_size=5)
    assert (history.status, history.success) == ("diverged", False)
    step = history.steps + 1
    assert history.message == (
        f"diverged at step {step}, epoch {step}: the loss is inf. "
        "Try a smaller rate, for example lr=0.01 instead of 0.1."
    )
    assert np.isfinite(history.loss).all()
    assert not recwarn.list


def test_divergence_under_an_optimizer_object():
    history = train(Line(), YEARS, SALARIES, optimizer=Plain(0.1), epochs=10_000, batch_size=5)
    assert history.message.endswith("Try a smaller rate.")


def test_only_true_stops():
    options = {"epochs": 2, "batch_size": 2, "lr": 0.01}
    history = train(Line(), YEARS, SALARIES, callback=lambda model, history: "stop", **options)
    assert (history.status, history.success, history.steps) == ("done", True, 6)


def test_parameters_that_are_not_finite_are_no_success():
    class Last(Line):
        calls = 0

        def loss_and_grad(self, X, y):
            self.calls += 1
            loss, grads = super().loss_and_grad(X, y)
            return loss, [grads[0] * (np.nan if self.calls == 6 else 1), grads[1]]

    history = train(Last(), YEARS, SALARIES, epochs=2, batch_size=2, lr=0.01)
    assert (history.status, history.success) == ("diverged", False)
    told = "diverged at step 6, epoch 2: the gradient of array 0 is not finite though the loss is."
    assert history.message.startswith(told)


# bad input


class Fixed:
    """A model that says whatever it is told to."""

    def __init__(self, params, loss, grads):
        self.params, self.answer = params, (loss, grads)

    def loss_and_grad(self, X, y):
        return self.answer


def run(model=None, X=YEARS, y=SALARIES, **options):
    return train(model or Line(), X, y, **options)


one = np.zeros(1)
read_only = np.zeros(1)
read_only.flags.writeable = False


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: run(object()), TypeError, "model needs .*params.*loss_and_grad"),
        (lambda: run(SimpleNamespace(params=[one])), TypeError, "model needs .*loss_and_grad"),
        (lambda: run(SimpleNamespace(loss_and_grad=max)), TypeError, "model needs params"),
        (lambda: run(Fixed([[0.0]], 1, [one])), TypeError, r"NumPy arrays.*\[0.0\]"),
        (lambda: run(Fixed([], 1, [])), ValueError, "no parameters"),
        (lambda: run(Fixed([np.zeros(1, int)], 1, [one])), TypeError, r"float.*int\d\d"),
        (lambda: run(Fixed([np.zeros(1, complex)], 1, [one])), TypeError, "float.*complex"),
        (lambda: run(Fixed([read_only], 1, [one])), ValueError, "read-only"),
        (lambda: run(Fixed([one], 1, [one, one])), ValueError, "2 gradients for 1 "),
        (lambda: run(Fixed([one], 1, [np.zeros(2)])), ValueError, r"\(1,\).*\(2,\)"),
        (lambda: run(Fixed([one.copy(), np.zeros(())], 1, [one, None])), TypeError, "real numbers"),
        (lambda: run(Fixed([one, one], 1, [one, one])), ValueError, "share memory"),
        (lambda: run(Fixed([one], 1, [0.0])), ValueError, r"\(1,\).*\(\)"),
        (lambda: run(Fixed([one], [1, 2], [one])), TypeError, "loss.*one number"),
        (lambda: run(Fixed([one], "low", [one])), TypeError, "loss.*one number"),
        (lambda: run(X=[[1.0], [np.nan]], y=[1, 2]), ValueError, "X .*NaN or infinite"),
        (lambda: run(X=[[1.0], [2.0]], y=[1, np.inf]), ValueError, "y .*NaN or infinite"),
        (lambda: run(X=[[1.0]], y=[1, 2]), ValueError, "X has 1 rows? and y has 2"),
        (lambda: run(X=[], y=[]), ValueError, "empty"),
        (lambda: run(X=[["a"]], y=[1]), TypeError, "X must be numbers"),
        (lambda: run(epochs=0), ValueError, "epochs must be at least 1"),
        (lambda: run(epochs=1.5), TypeError, "epochs must be a whole number"),
        (lambda: run(batch_size=0), ValueError, "batch_size must be at least 1"),
        (lambda: run(batch_size=9, drop_last=True), ValueError, "leaves no batch"),
        (lambda: run(random_state="x"), TypeError, "random_state"),
        (lambda: run(shuffle="no"), TypeError, "shuffle must be True or False"),
        (lambda: run(drop_last=1), TypeError, "drop_last must be True or False"),
        (lambda: run(callback=1), TypeError, "callback must be a function"),
        (lambda: run(lr=-1), ValueError, "lr must be zero or more, and finite"),
        (lambda: run(rate=1), TypeError, "sgd has no hyper-parameter 'rate'.*lr, mu"),
        (lambda: run(optimizer=3), TypeError, r"rule\(w, g"),
        (lambda: run(optimizer="speed"), TypeError, "'speed'.*dlzero.RULES"),
        (lambda: run(optimizer=Plain(1), lr=1), TypeError, "lr.*when you make the optimizer"),
        (lambda: run(optimizer=Plain), TypeError, "an instance.*Plain"),
    ],
)
def test_train_refuses_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_data_are_not_changed():
    X, y = YEARS.copy(), SALARIES.copy()
    train(Line(), X, y, epochs=2, batch_size=2, lr=0.01)
    assert np.array_equal(X, YEARS)
    assert np.array_equal(y, SALARIES)


def test_history_is_a_plain_record():
    assert History().loss == [] == History().epoch_loss
