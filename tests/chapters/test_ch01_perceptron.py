"""Chapter 1: the perceptron against hand-made, proven and published results."""

import itertools
import json
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlzero import LinearUnit, Perceptron, datasets, plots
from dlzero.checks import NotFittedError

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "units.json").read_text("utf-8"))
AND = datasets.logic("and")
XOR = datasets.logic("xor")
ROW_ORDERS = list(itertools.permutations(range(4)))

SMALL = st.integers(-5, 5)


@st.composite
def separable_sets(draw):
    """Whole-number points, two labels, and a line (v, the last its offset) between them."""
    n_features = draw(st.integers(1, 4))
    v = draw(st.lists(SMALL, min_size=n_features + 1, max_size=n_features + 1))
    point = st.tuples(*[SMALL] * n_features)
    X = np.array(draw(st.lists(point, min_size=4, max_size=12, unique=True)))
    z = X @ v[:-1] + v[-1]
    X, y = X[z != 0], (z > 0)[z != 0].astype(int)
    assume(len(set(y)) == 2)
    return X, y, np.array(v)


def with_one(X):
    """Each row with a feature x0 = 1 at its end, for the bias."""
    return np.column_stack([X, np.ones(len(X), dtype=X.dtype)])


def within_novikoff_bound(n_updates, X, y, v):
    """Test ``n_updates <= (R / gamma)**2`` in whole numbers, so that nothing is rounded."""
    A = with_one(X)
    margin = ((2 * y - 1) * (A @ v)).min()
    assert margin > 0
    R2 = (A**2).sum(axis=1).max()
    return int(n_updates) * int(margin) ** 2 <= int(R2) * int(v @ v)


def learn_to_the_end(X, y):
    """Make passes until one is free of mistakes; the caller bounds the number of updates."""
    unit = Perceptron(lr=1).partial_fit(X, y)
    while unit.errors_[-1]:
        unit.partial_fit(X, y)
    return unit


# AND


def test_and_golden():
    unit = Perceptron(lr=0.1, epochs=10).fit(*AND)
    assert unit.coef_ == pytest.approx([0.1, 0.2])
    assert unit.intercept_ == pytest.approx(-0.2)
    assert unit.n_updates_ == 10
    assert unit.errors_ == [3, 3, 2, 2, 0, 0, 0, 0, 0, 0]
    assert unit.predict(AND.X).tolist() == AND.y.tolist()
    assert unit.score(*AND) == 1.0


def test_every_update_of_and():
    history = Perceptron(lr=1, epochs=10).fit(*AND).history_
    assert history.tolist() == [
        [0, 0, 0],
        [1, 1, 1],
        [1, 1, 0],
        [0, 1, -1],
        [1, 2, 0],
        [0, 2, -1],
        [0, 1, -2],
        [1, 2, -1],
        [1, 1, -2],
        [2, 2, -1],
        [1, 2, -2],
    ]


def test_the_24_row_orders_of_and():
    outcomes = []
    for order in ROW_ORDERS:
        unit = Perceptron(lr=1, epochs=20).fit(AND.X[[*order]], AND.y[[*order]])
        epochs = unit.errors_.index(0) + 1
        outcomes.append((epochs, unit.n_updates_, *unit.coef_, unit.intercept_))
    assert len(outcomes) == 24
    assert {epochs for epochs, *_ in outcomes} == {5, 6, 7}
    assert {n_updates for _, n_updates, *_ in outcomes} == {10, 12}
    assert {tuple(line) for _, _, *line in outcomes} == {(1, 2, -2), (2, 1, -2)}


@pytest.mark.parametrize("order", ROW_ORDERS)
def test_the_rate_only_scales_the_weights_of_and(order):
    X, y = AND.X[[*order]], AND.y[[*order]]
    in_rates = [Perceptron(lr=lr, epochs=20).fit(X, y).history_ / lr for lr in (0.1, 1, 7)]
    whole = in_rates[1]
    # The weights are whole multiples of the rate; 0.1 is not exact in binary, so round.
    assert in_rates[0].shape == in_rates[2].shape == whole.shape
    assert in_rates[0] == pytest.approx(whole, abs=1e-12)
    assert in_rates[2] == pytest.approx(whole, abs=1e-12)


class AnswersOneOnTies(Perceptron):
    def activation(self, z):
        return np.where(z >= 0, 1.0, 0.0)


def test_the_answer_on_ties_changes_the_path():
    strict = Perceptron(lr=1, epochs=10).fit(*AND)
    loose = AnswersOneOnTies(lr=1, epochs=10).fit(*AND)
    assert (strict.errors_.index(0) + 1, strict.n_updates_, strict.intercept_) == (5, 10, -2)
    assert (loose.errors_.index(0) + 1, loose.n_updates_, loose.intercept_) == (6, 11, -3)
    assert loose.score(*AND) == 1.0


def test_a_rounded_tie_falls_to_either_side():
    # With lr=0.1 a sum that should be 0 is not, and the unit with >= takes another path.
    whole = AnswersOneOnTies(lr=1, epochs=10).fit(*AND)
    rounded = AnswersOneOnTies(lr=0.1, epochs=10).fit(*AND)
    assert (whole.n_updates_, rounded.n_updates_) == (11, 8)


# XOR


@pytest.mark.parametrize("lr", [0.1, 1])
def test_xor_is_never_learned(lr):
    unit = Perceptron(lr=lr, epochs=200).fit(*XOR)
    assert min(unit.errors_) > 0
    assert unit.errors_[2:] == [4] * 198


def test_xor_weights_stay_bounded_and_cycle():
    unit = Perceptron(lr=1, epochs=200).fit(*XOR)
    assert np.abs(unit.history_).max(axis=0).tolist() == [1, 1, 2]
    # From the third epoch on, four updates lead back to where they started.
    cycle = unit.history_[4:]
    assert np.array_equal(cycle[:-4], cycle[4:])
    assert len(np.unique(cycle, axis=0)) == 4


def test_a_product_feature_solves_xor():
    X = np.column_stack([XOR.X, XOR.X[:, 0] * XOR.X[:, 1]])
    unit = Perceptron(lr=1, epochs=50).fit(X, XOR.y)
    assert unit.errors_[-1] == 0
    assert unit.score(X, XOR.y) == 1.0


# Theorems and symmetries


@settings(max_examples=200)
@given(separable_sets())
def test_novikoff_bound(separable):
    X, y, v = separable
    unit = learn_to_the_end(X, y)
    assert unit.n_updates_ >= 1
    assert within_novikoff_bound(unit.n_updates_, X, y, v)
    assert unit.score(X, y) == 1.0


def test_novikoff_bound_of_and():
    v = np.array([2, 2, -3])
    A = with_one(AND.X)
    margins = (2 * AND.y - 1) * (A @ v)
    assert margins.tolist() == [1, 3, 1, 1]
    # No margin is wider: v is a sum of the rows on the margin, with multipliers of the right
    # sign (positive for class 1, negative for class 0), which is the condition of Kuhn and Tucker.
    assert (A.T @ [7, 0, -5, -5]).tolist() == v.tolist()
    bound = (A**2).sum(axis=1).max() * (v @ v) / margins.min() ** 2
    assert bound == 3 * 17
    assert Perceptron(lr=0.1, epochs=10).fit(*AND).n_updates_ == 10


@settings(max_examples=30)
@given(separable_sets(), st.randoms(use_true_random=False))
def test_any_order_of_the_rows_is_learned_within_the_same_bound(separable, random):
    X, y, v = separable
    order = random.sample(range(len(y)), len(y))
    unit = learn_to_the_end(X[order], y[order])
    assert within_novikoff_bound(unit.n_updates_, X, y, v)
    assert unit.score(X, y) == 1.0


@settings(max_examples=30)
@given(separable_sets(), st.randoms(use_true_random=False))
def test_features_in_another_order_give_the_weights_in_that_order(separable, random):
    X, y, _ = separable
    order = random.sample(range(X.shape[1]), X.shape[1])
    unit = Perceptron(lr=1).fit(X, y)
    other = Perceptron(lr=1).fit(X[:, order], y)
    assert np.array_equal(other.history_, unit.history_[:, [*order, -1]])


@settings(max_examples=30)
@given(separable_sets(), st.integers(-8, 8))
def test_rate_times_c_gives_weights_times_c(separable, power):
    # Powers of two are exact, so that a tie stays a tie.
    X, y, _ = separable
    c = 2.0**power
    unit = Perceptron(lr=0.5).fit(X, y)
    scaled = Perceptron(lr=0.5 * c).fit(X, y)
    assert np.array_equal(scaled.history_, c * unit.history_)
    assert scaled.errors_ == unit.errors_


@settings(max_examples=30)
@given(separable_sets())
def test_swapping_the_classes_mirrors_all_but_ties(separable):
    # The mirror image of "1 where z > 0" is "0 where z < 0", so it answers 1 on a tie.
    X, y, _ = separable
    unit = AnswersOneOnTies(lr=1).fit(X, y)
    mirrored = Perceptron(lr=1).fit(X, 1 - y)
    assert np.array_equal(mirrored.history_, -unit.history_)


@settings(max_examples=30)
@given(separable_sets())
def test_the_bias_is_the_weight_of_a_feature_that_is_always_one(separable):
    X, y, _ = separable
    A = with_one(X)
    w = np.zeros(A.shape[1])
    steps = [w]
    for _ in range(10):
        for a, t in zip(A, y, strict=True):
            answer = 1 if w @ a > 0 else 0
            if answer != t:
                w = w + (t - answer) * a
                steps.append(w)
    assert np.array_equal(Perceptron(lr=1, epochs=10).fit(X, y).history_, steps)


@settings(max_examples=30)
@given(separable_sets())
def test_labels_plus_and_minus_one_learn_the_same(separable):
    # There the rule is written w + lr * t * x on a mistake; the step has the same length.
    X, y, _ = separable
    unit = Perceptron(lr=1).fit(X, y)
    signed = Perceptron(lr=1).fit(X, 2 * y - 1)
    assert np.array_equal(signed.history_, unit.history_)
    assert signed.classes_.tolist() == [-1, 1]


# scikit-learn


@pytest.mark.parametrize("number", range(len(GOLDEN["perceptron"])))
def test_same_steps_as_scikit_learn(number):
    golden = GOLDEN["perceptron"][number]
    X, y = golden["X"], golden["y"]
    assert y[0] == 1
    unit = Perceptron(lr=golden["lr"], epochs=GOLDEN["epochs"]).fit(X, y)
    # scikit-learn's weights after every row; history_ has those that differ from the last.
    steps = [[0.0] * unit.history_.shape[1], *golden["steps"]]
    changed = [steps[0]] + [b for a, b in itertools.pairwise(steps) if b != a]
    assert unit.history_.tolist() == changed
    mistakes = [a != b for a, b in itertools.pairwise(steps)]
    assert unit.errors_ == [sum(mistakes[i : i + len(y)]) for i in range(0, len(mistakes), len(y))]


def test_scikit_learn_goldens_are_enough_and_not_trivial():
    assert len(GOLDEN["perceptron"]) >= 20
    n_updates = [len({tuple(step) for step in g["steps"]}) for g in GOLDEN["perceptron"]]
    assert min(n_updates) >= 3
    assert GOLDEN["made_with"]["scikit-learn"]


def test_scikit_learn_also_updates_on_a_tie_of_the_first_class():
    golden = GOLDEN["tie"]
    X, y, steps = np.array(golden["X"]), golden["y"], golden["steps"]
    assert y[0] == 0
    unit = Perceptron(lr=1, epochs=GOLDEN["epochs"]).fit(X, y)
    # z = 0 on the first row: right for us, a mistake for scikit-learn.
    assert steps[0] == [*-X[0], -1]
    assert unit.history_[1].tolist() == [*X[1], 1]
    assert unit.history_[-1].tolist() != steps[-1]


# Labels


@pytest.mark.parametrize(
    ("first", "second"),
    [("no", "yes"), (-1, 1), (0, 1), (3, 7), (False, True), (0.5, 2.5), ("a", "bcd")],
)
def test_labels_of_any_two_classes_come_back(first, second):
    y = np.where(AND.y == 1, second, first)
    unit = Perceptron().fit(AND.X, y)
    assert unit.classes_.tolist() == [first, second]
    assert unit.predict(AND.X).tolist() == y.tolist()
    assert unit.predict(AND.X).dtype == y.dtype
    assert unit.score(AND.X, y) == 1.0
    assert np.array_equal(unit.history_, Perceptron().fit(*AND).history_)


def test_labels_in_a_list_or_of_dtype_object():
    words = ["yes", "no", "no", "no"]
    assert Perceptron().fit(AND.X, words).predict(AND.X).tolist() == words
    boxed = np.array(words, dtype=object)
    assert Perceptron().fit(AND.X, boxed).predict(AND.X).tolist() == words


def test_score_is_the_share_of_right_answers():
    unit = Perceptron().fit(*AND)
    assert unit.score(AND.X, [1, 0, 0, 1]) == 0.75
    assert unit.score(AND.X[:1], AND.y[:1]) == 1.0


def test_decision_function_is_the_weighted_sum():
    unit = Perceptron().fit(*AND)
    X = np.array([[2.0, -1.0], [0.5, 4.0]])
    expected = X @ unit.coef_ + unit.intercept_
    assert unit.decision_function(X).tolist() == expected.tolist()


# Passes over the data


def test_what_is_not_told_is_the_usual():
    usual = {"lr": 0.1, "epochs": 10, "shuffle": False, "random_state": None}
    assert Perceptron().get_params() == usual
    unit, told = Perceptron().fit(*XOR), Perceptron(**usual).fit(*XOR)
    assert np.array_equal(unit.history_, told.history_)
    assert (unit.history_[1, -1], len(unit.errors_)) == (0.1, 10)
    assert Perceptron.history_limit == 4_000_000


def test_a_history_is_kept_up_to_its_limit():
    whole = Perceptron(epochs=2).fit(*AND)
    size = whole.history_.size
    for limit, kept in ((size, True), (size - 1, False), (0, False)):
        unit = Perceptron(epochs=2)
        unit.history_limit = limit
        unit.fit(*AND)
        assert (unit.n_updates_, unit.coef_.tolist()) == (whole.n_updates_, whole.coef_.tolist())
        if kept:
            assert np.array_equal(unit.history_, whole.history_)
        else:
            with pytest.raises(ValueError, match="history_limit"):
                _ = unit.history_


@pytest.mark.parametrize("shuffle", [False, True])
def test_n_times_partial_fit_is_fit(shuffle):
    fitted = Perceptron(epochs=6, shuffle=shuffle, random_state=3).fit(*XOR)
    grown = Perceptron(shuffle=shuffle, random_state=3)
    for n in range(1, 7):
        assert grown.partial_fit(*XOR) is grown
        assert len(grown.errors_) == n
    assert np.array_equal(grown.history_, fitted.history_)
    assert grown.errors_ == fitted.errors_


def test_partial_fit_row_by_row_knows_both_classes():
    unit = Perceptron()
    for _ in range(10):
        for x, t in zip(*AND, strict=True):
            unit.partial_fit([x], [t], classes=[0, 1])
    assert np.array_equal(unit.history_, Perceptron(epochs=10).fit(*AND).history_)


def test_partial_fit_goes_on_after_fit_and_fit_starts_again():
    unit = Perceptron(epochs=2).fit(*AND).partial_fit(*AND)
    assert np.array_equal(unit.history_, Perceptron(epochs=3).fit(*AND).history_)
    assert unit.fit(*AND) is unit
    assert np.array_equal(unit.history_, Perceptron(epochs=2).fit(*AND).history_)
    assert unit.errors_ == [3, 3]


class Watched(Perceptron):
    """Notes the examples that it is shown."""

    def update(self, x, t):
        self.seen = [*getattr(self, "seen", []), (*x.tolist(), float(t))]
        return super().update(x, t)


def test_shuffle_shows_each_row_once_in_each_epoch():
    X, y = np.arange(24.0).reshape(12, 2), np.arange(12) % 2
    unit = Watched(epochs=5, shuffle=True, random_state=0).fit(X, y)
    rows = [(*x, float(t)) for x, t in zip(X.tolist(), y, strict=True)]
    epochs = [unit.seen[i : i + 12] for i in range(0, 60, 12)]
    assert [sorted(epoch) for epoch in epochs] == [rows] * 5
    assert len(set(map(tuple, epochs))) == 5


def test_without_shuffle_the_rows_come_in_their_order():
    unit = Watched(epochs=3).fit(*AND)
    assert unit.seen == 3 * [(1, 1, 1), (0, 0, 0), (1, 0, 0), (0, 1, 0)]


def test_random_state_makes_shuffling_repeatable():
    X, y = np.arange(24.0).reshape(12, 2), np.arange(12) % 2

    def learn(seed):
        return Perceptron(shuffle=True, random_state=seed).fit(X, y)

    unit = learn(5)
    assert np.array_equal(unit.history_, learn(5).history_)
    assert np.array_equal(unit.history_, unit.fit(X, y).history_)
    assert not np.array_equal(unit.history_, learn(6).history_)
    assert not np.array_equal(learn(None).history_, learn(None).history_)


# What a lesson shows


@pytest.mark.parametrize("gate", ["and", "or", "xor"])
def test_history_starts_at_zero_and_ends_at_the_weights(gate):
    unit = Perceptron(lr=0.3, epochs=7).fit(*datasets.logic(gate))
    history = unit.history_
    assert history.shape == (unit.n_updates_ + 1, 3)
    assert history[0].tolist() == [0, 0, 0]
    assert history[-1].tolist() == [*unit.coef_, unit.intercept_]
    assert sum(unit.errors_) == unit.n_updates_
    assert len(unit.errors_) == 7


def test_writing_into_history_changes_nothing():
    unit = Perceptron().fit(*AND)
    unit.history_[:] = 99
    assert unit.history_[0].tolist() == [0, 0, 0]
    assert unit.score(*AND) == 1.0


def test_update_returns_the_error():
    unit = Perceptron(epochs=1).fit(*AND)
    before = unit.n_updates_
    assert unit.update(np.array([9.0, 9.0]), 0.0) == -1
    assert unit.n_updates_ == before + 1
    assert unit.update(np.array([9.0, 9.0]), 0.0) == 0
    assert unit.n_updates_ == before + 1


def test_learned_values_are_plain():
    unit = Perceptron(lr=np.float32(0.5)).fit(*AND)
    assert type(unit.intercept_) is float
    assert unit.coef_.dtype == np.float64
    assert type(unit.score(*AND)) is float
    assert {type(errors) for errors in unit.errors_} == {int}


@pytest.mark.parametrize("kind", [Perceptron, LinearUnit])
@pytest.mark.parametrize("half_done", [False, True])
@pytest.mark.parametrize("by_epochs", [False, True], ids=["fit", "partial_fit"])
def test_ctrl_c_keeps_what_was_reached(kind, half_done, by_epochs):
    class Interrupted(kind):
        """Presses Ctrl-C in the second epoch, between two examples or within an update."""

        calls = 0

        def update(self, x, t):
            self.calls += 1
            if self.calls == 7:
                if half_done:
                    self.coef_ = self.coef_ + 99
                raise KeyboardInterrupt
            return super().update(x, t)

    unit = Interrupted(lr=0.1, epochs=10)
    if by_epochs:
        unit.partial_fit(*AND)
        with pytest.raises(KeyboardInterrupt):
            unit.partial_fit(*AND)
    else:
        with pytest.warns(UserWarning, match="interrupted after 1 of 10 epochs") as caught:
            assert unit.fit(*AND) is unit
        assert caught[0].filename == __file__
    whole = kind(lr=0.1, epochs=10).fit(*AND).history_
    assert 1 < len(unit.history_) < len(whole)
    assert np.array_equal(unit.history_, whole[: len(unit.history_)])
    assert [*unit.coef_, unit.intercept_] == unit.history_[-1].tolist()
    assert len(unit.errors_ if kind is Perceptron else unit.loss_) == 1
    unit.predict(AND.X)


def test_xor_goes_round_from_the_third_epoch_on():
    X, y = datasets.logic("xor")
    unit, ends = Perceptron(lr=1), [(0, 0, 0)]
    for _ in range(6):
        unit.partial_fit(X, y)
        ends.append((*unit.coef_, unit.intercept_))
    assert ends[0] != ends[1] != ends[2]
    assert ends[2:] == [(1, 0, 2)] * 5


@pytest.fixture
def few_numbers(monkeypatch):
    """Leave room for twenty numbers."""
    monkeypatch.setattr(Perceptron, "history_limit", 20)
    monkeypatch.setattr(LinearUnit, "history_limit", 20)


@pytest.mark.parametrize("kind", [Perceptron, LinearUnit])
def test_a_history_beyond_the_limit_is_not_kept(kind, few_numbers):
    unit = kind(lr=0.1, epochs=20).fit(*AND)
    assert unit.n_updates_ > 6  # seven rows of three numbers
    assert unit._history.rows is None
    with pytest.raises(ValueError, match=rf"{len(unit._history)} rows of 3 numbers .*=20"):
        _ = unit.history_
    kind.history_limit = 4_000_000
    whole = kind(lr=0.1, epochs=20).fit(*AND)
    assert whole.n_updates_ == unit.n_updates_
    assert whole.history_[-1].tolist() == [*unit.coef_, unit.intercept_]
    unit.history_limit = 3 * len(whole.history_)
    assert np.array_equal(unit.fit(*AND).history_, whole.history_)
    unit.history_limit -= 1
    with pytest.raises(ValueError, match="was not kept"):
        _ = unit.fit(*AND).history_


def test_the_history_can_be_switched_off_and_the_limit_is_checked(monkeypatch):
    unit = Perceptron()
    unit.history_limit = 0
    assert len(pickle.dumps(unit.fit(*AND))) < len(pickle.dumps(Perceptron().fit(*AND)))
    assert unit.n_updates_ == Perceptron().fit(*AND).n_updates_
    with pytest.raises(ValueError, match="history_ was not kept"):
        _ = unit.history_
    with pytest.raises(ValueError, match="history_ was not kept"):
        plots.boundary_trace(unit, *AND, step=0)
    unit.history_limit = -1
    with pytest.raises(ValueError, match="history_limit must be at least 0, got -1"):
        unit.fit(*AND)


@pytest.mark.parametrize("kind", [Perceptron, LinearUnit])
def test_long_training_stays_small(kind):
    # 1650 weights and 13 thousand updates took 880 MB.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 400)), rng.permutation([0, 1] * 100)
    unit = kind(lr=1e-3)
    unit.history_limit = 40_000
    tracemalloc.start()
    unit.set_params(epochs=3).fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert unit.n_updates_ > 100
    assert peak < 3 * X.nbytes


@pytest.mark.parametrize("kind", [Perceptron, LinearUnit])
def test_what_is_learned_is_not_there_before(kind):
    unit = kind()
    for call in (
        lambda: unit.update(np.ones(2), 1.0),
        lambda: unit.coef_,
        lambda: unit.intercept_,
        lambda: unit.n_features_in_,
        lambda: unit.history_,
    ):
        with pytest.raises(NotFittedError, match=rf"{kind.__name__} has not learned yet"):
            call()
    assert not hasattr(unit, "coef_")
    with pytest.raises(AttributeError, match="no attribute 'wieghts'") as caught:
        unit.wieghts  # noqa: B018
    assert caught.type is AttributeError
    with pytest.raises(AttributeError, match="no attribute 'weights_'"):
        unit.fit(*AND).weights_  # noqa: B018
