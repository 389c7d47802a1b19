"""Every entry of book/errata.md has its test here or nearby, and prints the numbers found here."""

import re
from itertools import combinations, permutations, product
from pathlib import Path

import numpy as np
import pytest

import dlzero
from dlzero import (
    LinearUnit,
    Perceptron,
    check_gradient,
    datasets,
    minimize,
    models,
    surfaces,
    train,
)
from dlzero.chapters.ch06_momentum import momentum, nesterov
from dlzero.surfaces import ellipse

ROOT = Path(__file__).resolve().parents[2]
PARTS = re.split(r"^### ", (ROOT / "book" / "errata.md").read_text("utf-8"), flags=re.M)[1:]
ENTRIES = [part.split("\n## ")[0] for part in PARTS]
SHOWN_BY = re.compile(r"`tests/((?:\w+/)*test_\w+\.py)::(test_\w+)`")
ROLE_OR_CODE = re.compile(r"(\{[\w:]+\})?`[^`]*`")


def test_every_entry_names_one_test_that_exists():
    assert ENTRIES
    for entry in ENTRIES:
        named = SHOWN_BY.findall(entry)
        assert len(named) == 1, entry.splitlines()[0]
        file, test = named[0]
        assert re.search(rf"^def {test}\(", (ROOT / "tests" / file).read_text("utf-8"), re.M), test


def test_no_two_entries_name_the_same_test():
    named = [SHOWN_BY.search(entry)[2] for entry in ENTRIES]
    assert len(set(named)) == len(named)


@pytest.fixture
def printed(request):
    """The numbers that the entry of this test prints; -1, 0, 1 and 2 are labels and counts."""
    (entry,) = (entry for entry in ENTRIES if f"::{request.function.__name__}`" in entry)
    text = ROLE_OR_CODE.sub("", entry)
    return set(re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text)) - {"-1", "0", "1", "2"}


@pytest.fixture
def gate():
    return datasets.logic("and")


@pytest.fixture
def pay():
    """Years with the input x0 = 1 behind them, and salaries."""
    X, t = datasets.salaries()
    return np.column_stack([X, np.ones(len(X))]), t


def least_squares(A, t):
    return np.linalg.lstsq(A, t, rcond=None)[0]


def rmse(w, A, t):
    return np.sqrt(np.mean((t - A @ w) ** 2))


class Eager(Perceptron):
    """A perceptron that answers 1 at zero too."""

    def activation(self, z):
        return np.where(z >= 0, 1.0, 0.0)


def gradient_descent(A, t, lr, steps, w=(0.0, 0.0)):
    """Step along the whole sum of the errors, as the printed formula says."""
    for _ in range(steps):
        w = w + lr * A.T @ (t - A @ w)
    return w


# Chapter 1


def test_mcculloch_pitts_units_compute_and_do_not_learn(printed):
    X, t = datasets.logic("xor")

    def fixed(w, b):
        return lambda inputs: (inputs @ w + b > 0).astype(int)

    either, both, one_but_not_two = fixed([1, 1], -0.5), fixed([1, 1], -1.5), fixed([1, -1], -0.5)
    answers = one_but_not_two(np.column_stack([either(X), both(X)]))
    assert answers.tolist() == t.tolist()
    assert printed == set()


def test_slope_of_the_zero_one_loss_is_zero(gate, printed):
    X, y = gate
    A, s = np.column_stack([X, np.ones(4)]), 2 * y - 1
    w, h = np.array([0.3, -0.2, 0.1]), 1e-6 * np.eye(3)

    def slope(loss):
        return np.array([(loss(w + step) - loss(w - step)) / 2e-6 for step in h])

    mistakes = s * (A @ w) <= 0
    assert mistakes.any()
    assert slope(lambda v: np.sum(s * (A @ v) <= 0)).tolist() == [0, 0, 0]
    criterion = slope(lambda v: np.sum(np.maximum(0, -s * (A @ v))))
    np.testing.assert_allclose(criterion, -s[mistakes] @ A[mistakes], atol=1e-8)
    assert printed == set()


def test_perceptron_does_not_find_the_best_line(gate, printed):
    X, y = gate
    s = 2 * y - 1
    orders = [list(order) for order in permutations(range(4))]
    units = [Perceptron(lr=1, epochs=20).fit(X[order], y[order]) for order in orders]
    lines = {(*unit.coef_, unit.intercept_) for unit in units}
    updates = sorted({unit.n_updates_ for unit in units})

    def margin(w1, w2, b):
        return min(s * (X @ [w1, w2] + b)) / np.hypot(w1, w2)

    assert len(lines) == 2
    assert {margin(*line) for line in lines} == {0}
    best = margin(1, 1, -1.5)
    assert printed == {str(len(orders)), *map(str, updates), "1.5", f"{best:.3f}"}


def test_rate_only_scales_the_perceptron(gate, printed):
    X, y = gate
    rates = (0.1, 1, 7)
    for order in map(list, permutations(range(4))):  # 24 of them
        one, *others = (Perceptron(lr=lr, epochs=20).fit(X[order], y[order]) for lr in rates)
        for unit, lr in zip(others, rates[1:], strict=True):
            assert unit.errors_ == one.errors_
            np.testing.assert_allclose(unit.history_ / lr, one.history_ / rates[0], atol=1e-9)
    rounded, exact = (Eager(lr=lr).fit(X, y).n_updates_ for lr in (0.1, 1))
    assert printed == {"0.1", "7", "24", str(rounded), str(exact)}


def test_margin_in_the_bound_counts_the_bias(printed):
    X, y = np.array([[10.0], [20.0]]), np.array([0, 1])
    unit = Perceptron(lr=1).partial_fit(X, y)
    while unit.errors_[-1]:
        unit.partial_fit(X, y)
    s, A = 2 * y - 1, np.column_stack([X, np.ones(2)])
    boundary = X.mean()
    (distance,) = set(abs(X[:, 0] - boundary))
    v = np.linalg.solve(A, s)  # the shortest weights with s (v . x) >= 1: equal in both rows
    R2, margin = (A**2).sum(axis=1).max(), 1 / np.sqrt(v @ v)
    assert R2 / distance**2 < unit.n_updates_ <= R2 / margin**2
    assert printed == {
        *("10", "20", f"{boundary:.0f}", f"{distance:.0f}", str(unit.n_updates_)),
        *(f"{R2 / distance**2:.2f}", f"{margin:.3f}", f"{R2 / margin**2:.0f}"),
    }


def test_answer_at_zero_changes_the_course(gate, printed):
    ours, eager = (Unit(lr=1).fit(*gate) for Unit in (Perceptron, Eager))
    said = [[u.errors_.index(0) + 1, u.n_updates_, int(u.intercept_)] for u in (ours, eager)]
    assert said[0] != said[1]
    assert printed | {"-2"} == {str(number) for row in said for number in row}


def test_bias_cannot_be_left_out(gate, printed):
    X, y = gate
    # Two rows ask for w1 <= 0 and w2 <= 0, and the row (1, 1) is their sum.
    single = X[(X.sum(axis=1) == 1) & (y == 0)]
    assert single.sum(axis=0).tolist() == X[y == 1][0].tolist()

    class NoBias(Perceptron):
        def update(self, x, t):
            error = super().update(x, t)
            self.intercept_ = 0.0
            return error

    assert min(NoBias(lr=1, epochs=200).fit(X, y).errors_) > 0
    assert min(Perceptron(lr=1, epochs=200).fit(X, y).errors_) == 0
    assert printed == set()


def test_xor_does_not_make_the_weights_grow(printed):
    unit = Perceptron(lr=1, epochs=1000).fit(*datasets.logic("xor"))
    assert set(unit.errors_[2:]) == {4}
    assert printed == {str(unit.epochs), "4"}
    assert np.abs(unit.history_).max() == 2


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_parity_of_n_inputs_needs_order_n(n, printed):
    X = np.array(list(np.ndindex(*[2] * n)))
    t = X.sum(axis=1) % 2
    subsets = np.array(list(np.ndindex(*[2] * n)), dtype=bool)
    products = np.column_stack([X[:, chosen].prod(axis=1) for chosen in subsets])
    order = subsets.sum(axis=1)
    # The signed sum over all rows is zero for each product of fewer inputs. So weights on them
    # cannot be on the side of the target in every row; with the product of all inputs they can.
    signed = (2 * t - 1) @ products
    assert not signed[order < n].any()
    assert signed[order == n].all()
    full = Perceptron(lr=1, epochs=5000).fit(products, t)
    assert full.errors_[-1] == 0
    assert printed == set()


def test_logistic_regression_also_learns_from_right_rows(gate, printed):
    X, y = gate
    A, s = np.column_stack([X, np.ones(4)]), 2 * y - 1
    w = np.array([2.0, 2.0, -3.0])
    assert (s * (A @ w) > 0).all()

    unit = Perceptron(lr=1).fit(X, y)
    before = unit.n_updates_
    assert unit.partial_fit(X, y).n_updates_ == before

    def loss(w):
        return np.sum(np.log1p(np.exp(-s * (A @ w))))

    slope = -(s / (1 + np.exp(s * (A @ w)))) @ A
    assert np.abs(slope).max() > 0.01
    losses = [loss(scale * w) for scale in (1, 2, 4, 8)]
    assert losses == sorted(losses, reverse=True)
    assert printed == set()


# Chapter 2


def test_printed_full_batch_formula_diverges(pay, printed):
    A, t = pay
    steepest = np.linalg.eigvalsh(A.T @ A).max()
    limit = 2 / steepest
    below = gradient_descent(A, t, 0.999 * limit, 20_000)
    np.testing.assert_allclose(below, least_squares(A, t), rtol=1e-6)
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(gradient_descent(A, t, 0.01, 20_000)).all()
    code = LinearUnit(lr=0.01, epochs=10).fit(A[:, :1], t)
    assert printed == {"0.01", f"{steepest:.2f}", f"{limit:.5f}", f"{code.coef_[0]:.2f}", "10"}


def test_sum_or_mean_decides_which_rate_is_stable(pay, printed):
    A, t = pay
    limit = 2 / np.linalg.eigvalsh(A.T @ A).max()
    by_mean = gradient_descent(A, t, 0.01 / len(t), 20_000)
    np.testing.assert_allclose(by_mean, least_squares(A, t), rtol=1e-6)
    assert limit < 0.01 < limit * len(t)
    assert printed == {"5", f"{limit:.5f}", f"{limit * len(t):.4f}", "0.01"}


def test_published_bias_has_the_wrong_sign(pay, printed):
    A, t = pay
    best = least_squares(A, t)
    unit = LinearUnit(lr=0.01, epochs=10).fit(A[:, :1], t)
    bias, epochs = unit.intercept_, unit.epochs
    while unit.intercept_ > 0:
        unit.partial_fit(A[:, :1], t)
        epochs += 1
    assert bias > 0 > best[1]
    assert printed == {"10", f"{bias:.2f}", f"{best[1]:.2f}", str(epochs)}


def test_more_passes_do_not_lead_to_least_squares(pay, printed):
    A, t = pay
    X, best = A[:, :1], least_squares(A, t)
    stopped, done, longer = (LinearUnit(lr=0.01, epochs=n).fit(X, t) for n in (10, 5000, 6000))
    assert abs(done.coef_[0] - longer.coef_[0]) < 1e-6
    said = {"10"}
    for w in ([*stopped.coef_, stopped.intercept_], [*done.coef_, done.intercept_], best):
        said |= {f"{rmse(w, A, t):.0f}"}
    said |= {f"{done.coef_[0]:.2f}", f"{done.intercept_:.2f}", f"{best[0]:.2f}", f"{best[1]:.2f}"}
    assert printed == said


def test_fixed_order_is_not_stochastic(pay, printed):
    A, t = pay
    X = A[:, :1]

    def end(shuffle, seed):
        return LinearUnit(lr=0.01, shuffle=shuffle, random_state=seed).fit(X, t).coef_[0]

    assert len({end(False, seed) for seed in range(10)}) == 1
    assert len({end(True, seed) for seed in range(10)}) == 10
    assert printed == {"10"}


def test_same_update_is_not_the_same_algorithm(printed):
    X, t = np.array([[0.0], [1.0], [2.0], [20.0]]), np.array([0, 0, 1, 1])
    perceptron = Perceptron(lr=1, epochs=100).fit(X, t)
    w, b = least_squares(np.column_stack([X, np.ones(4)]), t)
    assert perceptron.score(X, t) == 1
    assert ((w * X[:, 0] + b > 0.5) == t).tolist() == [True, True, False, True]
    assert printed == {"20", "0.5"}


def test_squared_error_has_no_second_minimum(pay, printed):
    A, t = pay
    curvatures = np.linalg.eigvalsh(A.T @ A)
    assert curvatures.min() > 0
    starts = np.random.default_rng(0).normal(scale=1e4, size=(20, 2))
    ends = [gradient_descent(A, t, 0.009, 5000, start) for start in starts]
    np.testing.assert_allclose(ends, [least_squares(A, t)] * len(starts), rtol=1e-6)
    assert printed == {str(len(starts)), *(f"{c:.2f}" for c in curvatures)}


def test_limit_of_one_example_is_not_the_limit_of_the_cycle(pay, printed):
    A, t = pay
    limit = 2 / np.sum(A**2, axis=1).max()
    X = A[:, :1]
    done, longer = (LinearUnit(lr=0.025, epochs=n).fit(X, t) for n in (2000, 2001))
    assert limit < 0.025
    assert abs(done.coef_[0] - longer.coef_[0]) < 1e-6
    assert printed == {f"{limit:.4f}", "0.025", f"{X.max():.1f}"}


def test_centred_features_keep_their_weights_without_a_bias(pay, printed):
    A, t = pay
    (w, b), raw, mean = least_squares(A, t), A[:, :1], A[:, 0].mean()
    (alone,) = least_squares(raw - mean, t)
    assert alone == pytest.approx(w)
    shift = A @ [w, b] - (raw[:, 0] - mean) * alone
    np.testing.assert_allclose(shift, t.mean())
    (bent,) = least_squares(raw, t)
    assert printed == {f"{w:.2f}", f"{bent:.2f}", f"{t.mean():.0f}"}
    (through_zero,) = least_squares(raw, 3 * raw[:, 0])
    assert through_zero == pytest.approx(3)


def test_r_squared_can_be_negative(pay, printed):
    A, t = pay
    X = A[:, :1]
    unit = LinearUnit(lr=0.001, epochs=1).fit(X, t)
    score = unit.score(X, t)
    correlation = np.corrcoef(unit.predict(X), t)[0, 1]
    assert score < 0
    assert printed == {"0.001", f"{score:.2f}", f"{correlation**2:.2f}"}


def test_a_line_knows_little_outside_its_data(pay, printed):
    A, t = pay
    kept = [np.arange(len(t)) != left_out for left_out in range(len(t))]
    fits = np.array([least_squares(A[rows], t[rows]) for rows in kept])
    inside, outside = (np.ptp(fits @ [years, 1]) for years in (6, 15))
    assert outside > 3 * inside
    assert printed == {"15", "10.1", "6", f"{inside:.0f}", f"{outside:.0f}"}
    assert A[:, 0].max() == 10.1


def test_smaller_h_is_not_more_exact(printed):
    h, x = 10.0 ** np.arange(-14, 0), np.linspace(0.5, 1.5, 101)[:, None]
    slopes = (np.exp(x + h) - np.exp(x - h)) / (2 * h)
    # At one point alone, rounding errors may cancel by luck.
    errors = np.mean(np.abs(slopes / np.exp(x) - 1), axis=0)
    best = round(np.log10(h[errors.argmin()]))
    assert -6 <= best <= -5
    assert errors[0] > 1e5 * errors.min()
    assert printed == {"10", "-5", "-14"}


# ---- chapter 3: gradient descent


def bowl_walk(step, moves, w=(3.0, 3.0, 3.0)):
    """The points of a walk on w1² + w2² + w3², each made from the one before."""
    path = [np.array(w)]
    for _ in range(moves):
        path.append(step(path[-1]))
    return np.array(path)


def test_gradient_computed_once_walks_a_straight_line(printed):
    g = 2 * np.array([3.0, 3.0, 3.0])
    heights = np.sum(bowl_walk(lambda w: w - 0.1 * g, 10) ** 2, axis=1)
    crossing = heights.argmin()
    assert heights[crossing] < 1e-24
    assert heights[-1] == pytest.approx(heights[0])
    assert printed == {"3", "0.1", str(crossing), "10", f"{heights[-1]:.0f}"}


def test_gradient_has_no_minus_sign(printed):
    before, after = np.sum(bowl_walk(lambda w: w - 0.1 * (-2 * w), 1) ** 2, axis=1)
    assert printed == {"3", "0.1", f"{before:.0f}", f"{after:.2f}"}
    assert after > before


def test_errors_are_weighted_by_inputs(pay, printed):
    A, t = pay
    w = np.array([900.0, 50.0])

    def relative_error(gradient):
        return check_gradient(lambda w: np.sum((A @ w - t) ** 2) / 2, gradient, w)

    assert relative_error(lambda w: A.T @ (A @ w - t)) < 1e-9
    sentence = relative_error(lambda w: np.sum(A @ w - t) * w)
    assert printed == {"900", "50", f"{sentence:.2f}"}


def test_check_gradient_overlooks_a_small_slope(printed):
    def error(size):
        def fun(w):
            return size * w[0] + np.sin(w[1])

        return check_gradient(fun, lambda w: np.array([size, -np.cos(w[1])]), (0.3, 0.2))

    assert error(1e9) < 1e-7
    tolerance, size = {"7", "-7"}, {"10", "9"}
    assert printed == {*tolerance, *size, "0.3", "0.2", f"{error(1):.2f}"}


def test_rate_is_not_the_length_of_a_step(printed):
    path = bowl_walk(lambda w: w - 0.1 * 2 * w, 100)
    first, second, *_, last = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert last < 1e-9
    assert printed == {"3", "0.1", f"{first:.3f}", f"{second:.3f}"}
    # From below the minimum the same rule makes the parameter larger.
    assert bowl_walk(lambda w: w - 0.1 * 2 * w, 1, [-3.0])[1] > -3


def test_last_height_is_not_the_minimum(printed):
    last = np.sum(bowl_walk(lambda w: w - 0.1 * 2 * w, 100)[-1] ** 2)
    assert last == pytest.approx(27 * 0.64**100)
    tested = minimize(lambda w: w @ w, (3, 3, 3), jac=lambda w: 2 * w, lr=0.1, gtol=1e-8)
    assert tested.success
    digits, exponent = f"{last:.1e}".split("e")
    known = {"27", "0.64", "100", "10", "8"}  # 8 is the exponent of the tolerance
    assert printed == {digits, exponent, str(tested.nit), *known}


def test_sum_of_the_gradient_can_cancel(printed):
    w = np.array([30.0, -30.0])
    f = surfaces.bowl(dim=2)
    g = f.grad(w)
    assert abs(sum(g)) == 0
    assert printed == {"30", "-30", f"{f(w):.0f}", f"{np.linalg.norm(g):.2f}"}


def test_small_change_is_not_arrival(printed):
    before, after = np.sum(bowl_walk(lambda w: w - 1e-7 * 2 * w, 1) ** 2, axis=1)
    assert 0 < before - after < 0.001
    assert printed == {"3", "10", "-7", "0.001", f"{after:.1f}"}


def test_zigzag_up_to_two_arrives(printed):
    def distances(product):
        return np.abs(bowl_walk(lambda w: w - product * w, 20, [1.0]))[:, 0]

    assert distances(1.5)[-2] > 1e-6 > distances(1.5)[-1]
    assert (np.diff(distances(2.1)) > 0).all()
    assert printed == {"1.5", "20", "2.1"}


def test_too_large_a_rate_may_end_in_a_cycle(printed):
    path = bowl_walk(lambda w: w - 3 * w / np.sqrt(1 + w**2), 200, [4.0])[:, 0]
    end = abs(path[-1])
    np.testing.assert_allclose(path[-6:], end * np.resize([1, -1], 6) * np.sign(path[-6]))
    assert end == pytest.approx(np.sqrt(3**2 / 4 - 1))
    assert printed == {"3", f"{end:.3f}", f"-{end:.3f}"}


def test_loss_may_rise_on_the_way(printed):
    f = surfaces.rosenbrock()

    def walk(lr):
        run = minimize(f, f.start, jac=f.grad, lr=lr, steps=5000, callback=lambda t, w, h: h < 0.01)
        return run.nit, np.sum(np.diff(run.values) > 0)

    (fast, rises), (slow, none) = walk(0.0025), walk(0.0015)
    assert none == 0
    assert printed == {"0.0025", str(fast), "0.01", str(rises), "0.0015", str(slow)}


def test_gradient_does_not_point_to_the_minimum(printed):
    w = np.array([10.0, 1.0])
    g = surfaces.ravine(condition=100).grad(w)
    angle = np.degrees(np.arccos(g @ w / np.linalg.norm(g) / np.linalg.norm(w)))
    assert printed == {"100", "10", f"{angle:.0f}"}


def test_full_gradient_does_not_find_the_global_minimum(printed):
    dents, wells = surfaces.rastrigin(), surfaces.two_wells()
    stuck = minimize(dents, (2.3, 2.3), jac=dents.grad, lr=0.002)
    on_pass = minimize(wells, (1.5, 0), jac=wells.grad, lr=0.1)
    assert stuck.success
    assert on_pass.success
    assert dents.minimum == 0
    np.testing.assert_allclose(on_pass.x, 0, atol=1e-6)
    h = 1e-5 * np.eye(2)
    curvatures = [(wells(d) + wells(-d) - 2 * wells((0, 0))) / 1e-10 for d in h]
    np.testing.assert_allclose(curvatures, [1, -1], rtol=1e-4)
    assert printed == {"2.3", f"{stuck.fun:.2f}", "1.5", f"{on_pass.fun - wells.minimum:.2f}"}


def steps_to_a_millionth(rate, curvatures, w):
    """Count steps of ``w - rate(g) g`` on a quadratic with these curvatures."""
    goal, steps = 1e-6 * np.linalg.norm(w), 0
    while np.linalg.norm(w) > goal:
        g = curvatures * w
        w, steps = w - rate(g) * g, steps + 1
    return steps


def test_gradient_descent_is_not_the_fastest(printed):
    curvatures, w = np.array([1.0, 100.0]), np.ones(2)
    steps = steps_to_a_millionth(lambda g: 2 / 101, curvatures, w)
    newton = steps_to_a_millionth(lambda g: 1 / curvatures, curvatures, w)
    assert newton == 1
    assert printed == {"100", str(steps)}


def test_best_rate_of_theory_is_poor_at_first(printed):
    X, _, t, _ = datasets.diabetes().split(test_size=0.25, random_state=0)
    A = np.column_stack([X, np.ones(len(X))])
    low, *_, high = np.linalg.eigvalsh(A.T @ A / len(A))

    def score(lr):
        w = gradient_descent(A, t, lr / len(A), 100, np.zeros(A.shape[1]))
        return 1 - np.sum((t - A @ w) ** 2) / np.sum((t - t.mean()) ** 2)

    theory, practice = score(2 / (low + high)), score(1.9 / high)
    assert printed == {"100", f"{theory:.2f}", "1.9", f"{practice:.2f}"}


def test_greedy_steps_zigzag_too(printed):
    curvatures, w = np.geomspace(1, 100, 20), np.ones(20)
    constant = steps_to_a_millionth(lambda g: 2 / 101, curvatures, w)
    greedy = steps_to_a_millionth(lambda g: g @ g / (g @ (curvatures * g)), curvatures, w)
    g = curvatures * w
    after = curvatures * (w - g @ g / (g @ (curvatures * g)) * g)
    assert abs(after @ g) < 1e-9 * np.linalg.norm(g) * np.linalg.norm(after)
    assert printed == {"20", "100", str(greedy), str(constant)}


# ---- chapter 4: SGD


def test_clip_and_rescale_do_not_commute(printed):
    g, r, c = 10.0, 0.25, 2.0
    first, last = r * np.clip(g, -c, c), np.clip(r * g, -c, c)
    assert -dlzero.sgd(0.0, g, 0.0, lr=1, rescale=r, clip=c)[0] == last
    assert -dlzero.sgd(0.0, g, 0.0, lr=1, rescale=r, clip=r * c)[0] == first
    assert {f"{first:g}", f"{last:g}"} == {"0.5", "2"}
    assert printed == {f"{g:g}", f"{r:g}", f"{first:g}"}


def test_a_bound_of_zero_means_two_things(printed):
    lr, g, bound = 0.1, 3.0, 0.0

    def clip(is_on):
        return np.clip(g, -bound, bound) if is_on else g

    moves = [-lr * clip(bound > 0), -lr * clip(bound >= 0)]
    assert moves[1] == 0
    assert dlzero.sgd(0.0, g, 0.0, lr=lr)[0] == moves[0]
    assert printed == {f"{lr:g}", f"{g:g}", f"{moves[0]:.1f}"}


def test_weight_decay_shrinks_the_weights(printed):
    w, v = 1.0, 0.0
    for _ in range(10):
        w, v = dlzero.sgd(w, 0.0, v, lr=0.1, weight_decay=0.5)
    assert w == pytest.approx((1 - 0.1 * 0.5) ** 10)
    assert printed == {"0.1", "0.5", f"{w:.4f}"}


def test_noise_or_a_long_step_may_leave_a_valley(printed):
    def moved(start, noise, walks=1000):
        rng, w = np.random.default_rng(0), np.full(walks, start)
        for _ in range(1000):
            w = w - 0.1 * (w**3 - w + 0.1 + noise * rng.normal(size=walks))
        return np.mean(np.sign(w) != np.sign(start))

    poor, good = 0.95, -1.05
    assert [moved(poor, noise) for noise in (0, 0.3)] == [0, 0]
    assert moved(poor, 1.0) > 1 / 2
    assert moved(good, 4.0) > 1 / 3
    start, rate = 2.0, 0.5
    end = start - rate * (start**3 - start + 0.1)
    long_step = {f"{rate:g}", f"{end:.2f}"}
    # the 4, 2 and 10 of the formula; 0.1 is the small rate
    assert printed == {"0.3", "4", "1000", "10", "0.1", *long_step}


def test_a_rate_can_fall_too_fast(printed):
    rates = 0.5 * 0.7 ** np.arange(200)
    left = np.prod(1 - rates)
    assert rates.sum() == pytest.approx(0.5 / (1 - 0.7))
    assert printed == {"0.5", "0.7", f"{rates.sum():.2f}", f"{left:.2f}"}


def test_noise_ball_shrinks_with_the_root_of_the_rate(printed):
    rng, said = np.random.default_rng(0), set()
    rates = (0.1, 0.01)
    for lr in rates:
        w, rest = np.full(4000, 1.0), lr / (2 - lr)
        for _ in range(round(12 / lr)):
            w = w - lr * (w + rng.normal(size=4000))
        assert np.mean(w**2) == pytest.approx(rest, rel=0.1)
        said |= {f"{lr:g}", f"{np.sqrt(rest):.3f}"}
    ratio = np.sqrt(0.1 / 1.9 / (0.01 / 1.99))
    assert printed == said | {f"{ratio:.1f}", "10"}


def test_variance_without_replacement_is_smaller(pay, printed):
    A, t = pay
    rows = -t[:, None] * A

    def spread(means):
        return np.mean(np.sum((np.array(means) - rows.mean(axis=0)) ** 2, axis=1))

    n, B = len(rows), 2
    without = spread([rows[list(c)].mean(axis=0) for c in combinations(range(n), B)])
    doubled = spread([rows[list(c)].mean(axis=0) for c in product(range(n), repeat=B)])
    assert without / spread(rows) == pytest.approx((n - B) / (n - 1) / B)
    assert spread([rows.mean(axis=0)]) == 0
    shares = {f"{without / spread(rows):.3f}", f"{doubled / spread(rows):.1f}"}
    assert printed == {str(n), *shares}


def test_fresh_draws_have_no_shift_and_a_larger_ball(pay, printed):
    A, t = pay
    walks, epochs, rate, rows = 2000, 2000, 0.01, len(t)

    def biases(deal):
        rng, w = np.random.default_rng(0), np.zeros((walks, 2))
        for _ in range(epochs):
            for i in deal(rng):
                w += rate * (t[i] - np.sum(A[i] * w, axis=1))[:, None] * A[i]
        return w[:, 1]

    every = np.tile(np.arange(rows)[:, None], (1, walks))
    fresh = biases(lambda rng: rng.integers(0, rows, (rows, walks)))
    shuffled = biases(lambda rng: rng.permuted(every, axis=0))
    error, best = fresh.std() / np.sqrt(walks), least_squares(A, t)[1]
    assert abs(fresh.mean() - best) < 2 * error
    assert abs(shuffled.mean() - best) > 100 * shuffled.std() / np.sqrt(walks)
    spreads = {f"{fresh.std():.1f}", f"{shuffled.std():.1f}"}
    means = {f"{fresh.mean():.2f}", f"{error:.2f}", f"{best:.2f}"}
    assert printed == {str(walks), str(epochs * rows), f"{rate:g}", *means, *spreads}


def test_shuffling_alone_does_not_lead_to_least_squares(pay, printed):
    A, t = pay

    def ends(rate):
        rng, w, found, k = np.random.default_rng(0), np.zeros(2), [], 0
        for _ in range(2000):
            for i in rng.permutation(len(t)):
                k += 1
                w = w + rate(k) * (t[i] - A[i] @ w) * A[i]
            found.append(w)
        return np.array(found)

    constant = ends(lambda k: 0.01)[-500:, 1]
    falling, best = ends(lambda k: 0.01 / (1 + k / 500))[-1, 1], least_squares(A, t)[1]
    assert abs(constant.mean() - best) > 10 * constant.std() / np.sqrt(500)
    biases = {f"{constant.mean():.2f}", f"{best:.2f}", f"{falling:.2f}"}
    assert printed == {"0.01", "500", "2000", *biases}


# ---- chapter 5: probabilities


@pytest.fixture
def split_digits():
    X_train, X_test, *targets = datasets.digits().split(test_size=0.25, random_state=0)
    return X_train / 16, X_test / 16, *targets


def test_a_high_accuracy_finds_nothing(split_digits, printed):
    X_train, X_test, *targets = split_digits
    t_train, t_test = [(y == 8).astype(int) for y in targets]
    unit = models.LogisticRegression(64)
    train(unit, X_train, t_train, lr=0.5, batch_size=32, epochs=30, random_state=0)
    p, never = unit.predict_proba(X_test), np.zeros(len(t_test), int)
    shares, found = [100 * models.accuracy(t_test, never, 2)], []
    for threshold in (0.5, 0.1):
        answers = (p > threshold).astype(int)
        shares.append(100 * models.accuracy(t_test, answers, 2))
        found.append(np.sum(answers * t_test))
    assert np.isnan(models.precision_recall(t_test, never)[0])
    assert found[0] < found[1]
    assert shares[1] > shares[2]
    counts = {str(len(t_test)), str(t_test.sum()), *map(str, found)}
    assert printed == {f"{share:.1f}" for share in shares} | counts | {"8", "0.1", "0.5"}


def test_the_squared_error_lets_sure_mistakes_be(printed):
    p = float(models.sigmoid(-8))
    slopes = {f"{(p - 1) * p * (1 - p):.5f}", f"{p - 1:.5f}"}
    x, t, weights = np.array([-1.0, 1.0]), np.array([0, 1]), [-8.0, -8.0]
    for _ in range(100):
        p = [models.sigmoid(w * x) for w in weights]
        pull = [(p[0] - t) * p[0] * (1 - p[0]), p[1] - t]
        weights = [w - np.mean(g * x) for w, g in zip(weights, pull, strict=True)]
    assert weights[1] > 0
    moved = weights[0] + 8
    assert printed == slopes | {"-8", "100", f"{moved:.3f}"}


def test_softmax_alone_makes_no_promise(split_digits, printed):
    X_train, X_test, y_train, y_test = split_digits
    unit, how = models.SoftmaxRegression(64, 10), {"batch_size": 32, "drop_last": True}
    how |= {"lr": lambda k: 2 / (1 + k / 400), "epochs": 30, "random_state": 0}
    train(unit, X_train, y_train, **how)
    said = {f"{100 * unit.score(X_test, y_test):.1f}", "5"}
    for factor in (1, 5):
        for w in unit.params:
            w *= factor
        said.add(f"{100 * unit.predict_proba(X_test).max(axis=1).mean():.1f}")
        said.add(f"{unit.loss_and_grad(X_test, y_test)[0]:.3f}")
    said.add(f"{100 * unit.score(X_test, y_test):.1f}")  # the same again
    assert printed == said


def test_smote_stays_between_the_rows(printed):
    X, y = datasets.digits()
    eights = X[y == 8]
    new = models.smote(eights, 1000, random_state=0)
    for w in np.random.default_rng(0).normal(size=(50, 64)):
        b = -np.min(eights @ w)  # the unit that just answers 1 for all of them
        assert np.min(new @ w + b) > -1e-9
    assert printed == {str(len(eights)), str(len(new))}


def test_copies_leak_into_the_test(printed):
    right = {"copies": [], "split first": []}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X, t = rng.normal(size=(400, 10)), np.repeat([1, 0], [20, 380])
        copies = rng.choice(20, 360)
        order = rng.permutation(np.append(np.arange(400), copies))
        plain = rng.permutation(400)
        clean = np.append(plain[100:], rng.choice(plain[100:][t[plain[100:]] == 1], 270))
        cuts = {"copies": (order[190:], order[:190]), "split first": (clean, plain[:100])}
        for name, (inside, outside) in cuts.items():
            asked = outside[t[outside] == 1]
            gaps = np.linalg.norm(X[asked][:, None] - X[inside], axis=2)
            right[name] += (t[inside][gaps.argmin(axis=1)] == 1).tolist()
            if name == "copies":
                assert {*asked} <= {*inside}
    assert np.mean(right["copies"]) == 1
    assert printed == {"20", "400", "100", f"{100 * np.mean(right['split first']):.0f}"}


# ---- chapter 6: momentum


def test_momentum_has_no_window_of_ten(printed):
    mu, age = 0.9, np.arange(2000)
    share = (1 - mu) * mu**age
    half_life = np.log(0.5) / np.log(mu)
    same_noise = 1 / np.sum(share**2)
    assert abs(mu**half_life - 0.5) < 1e-12
    assert printed == {
        "0.9",
        "10",
        f"{100 * share[:10].sum():.1f}",
        f"{half_life:.2f}",
        f"{share @ (age + 1):.0f}",
        f"{share @ age:.0f}",
        f"{same_noise:.0f}",
    }


def test_nesterov_is_less_stable_at_equal_rate(printed):
    mu = 0.9
    limits = {momentum: 2 * (1 + mu), nesterov: (2 + 2 * mu) / (1 + 2 * mu)}

    def far(rule, lr):
        w, v = 1.0, 0.0
        for _ in range(4000):
            w, v = rule(w, w, v, lr=lr, mu=mu)
        return abs(w)

    for rule, limit in limits.items():
        assert far(rule, 0.99 * limit) < 1e-6
        assert far(rule, 1.01 * limit) > 1e6
    assert printed == {"0.9", f"{limits[nesterov]:.3f}", f"{limits[momentum]:.1f}"}


def test_one_function_at_one_rate_proves_little(printed):
    def end(surface, rule, lr, mu):
        w, v = np.array(surface.start), np.zeros(2)
        for _ in range(50):
            w, v = rule(w, surface.grad(w), v, lr=lr, mu=mu)
        return surface(w)

    known, other = ellipse(), ellipse(1, 10)
    ball, plain = end(known, momentum, 0.016, 0.7), end(known, momentum, 0.016, 0)
    assert end(known, nesterov, 0.012, 0.7) < 2
    assert end(known, nesterov, 0.016, 0.7) > 1e12
    limit = (2 + 2 * 0.7) / (1 + 2 * 0.7) / 100
    rates = np.geomspace(0.002, 0.2, 12)

    def best(rule, memories):
        lr, mu = (x.reshape(-1, 1) for x in np.meshgrid(rates, memories))
        return end(other, rule, lr, mu).min()

    long, short = (0.5, 0.6, 0.7, 0.8, 0.9), (0, 0.2, 0.4, 0.6, 0.8)
    assert best(nesterov, long) < best(momentum, long)
    assert best(momentum, short) < best(nesterov, short)
    said = {"150", "75", "50", "0.016", "0.7", "0.012", "10"}
    said |= {f"{ball:.4f}", f"{plain:.0f}", f"{limit:.5f}"}
    said |= {str(len(rates)), str(len(long)), str(len(rates) * len(long))}
    assert printed == said | {str(long[0]), str(long[-1]), str(short[-1])}


def test_larger_momentum_is_not_always_faster(printed):
    def factor(mu, a=0.1):
        return np.abs(np.linalg.eigvals([[1 - a, -a * mu], [1, mu]])).max()

    critical = (1 - np.sqrt(0.1)) ** 2
    assert factor(critical) < min(factor(critical - 0.01), factor(critical + 0.01))
    assert factor(0.99) > factor(0)
    said = {"0.99", "0.1", f"{critical:.3f}"}
    assert printed == said | {f"{factor(mu):.3g}" for mu in (0, critical, 0.99)}


def test_place_of_the_rate_matters_when_it_changes(printed):
    w = x = v = u = 0.0
    for lr in (0.1, 0.01):
        w, v = momentum(w, 1.0, v, lr=lr, mu=0.9)
        u = 0.9 * u - lr * 1.0
        x = x + u
    assert printed == {"0.9", "0.1", "0.01", f"{w:.3f}", f"{x:.1f}"}


def test_momentum_does_not_shrink_the_noise_ball(printed):
    def mean_square(lr, mu):
        # The covariance of (w, v) settles where one step leaves it alone.
        step, push = np.array([[1 - lr, -lr * mu], [1, mu]]), np.array([-lr, 1])
        eye = np.eye(4)
        spread = np.linalg.solve(eye - np.kron(step, step), np.outer(push, push).ravel())
        return spread[0]

    def measured(lr, mu):
        random, w, v = np.random.default_rng(0), np.zeros(2000), np.zeros(2000)
        for _ in range(600):
            w, v = momentum(w, w + random.normal(size=2000), v, lr=lr, mu=mu)
        return np.mean(w**2)

    settings = (0.02, 0), (0.02 * (1 - 0.9), 0.9), (0.02, 0.9)
    exact = [mean_square(*setting) for setting in settings]
    np.testing.assert_allclose([measured(*setting) for setting in settings], exact, rtol=0.1)
    assert printed == {
        "0.02",
        "0.9",
        f"{exact[0]:.4f}",
        f"{exact[1]:.4f}",
        f"{exact[2]:.3f}",
    }


def test_heavy_ball_can_walk_in_a_circle(printed):
    def slope(x):
        return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24

    grid = np.linspace(-5, 5, 1001)
    rise = np.diff([slope(x) for x in grid]) / np.diff(grid)
    assert rise.min() > 0.999  # convex: the slope never falls
    assert rise.max() < 25.001
    x, v, way = 3.3, 0.0, []
    lr, mu = 4 / (1 + 5) ** 2, ((5 - 1) / (5 + 1)) ** 2
    for _ in range(2000):
        x, v = momentum(x, slope(x), v, lr=lr, mu=mu)
        way.append(x)
    np.testing.assert_allclose(way[-3:], way[-6:-3], atol=1e-9)
    y, v = 3.3, 0.0
    for _ in range(2000):
        y, v = nesterov(y, slope(y), v, lr=1 / 25, mu=4 / 6)
    assert abs(y) < 1e-9
    assert printed == {"25", "3.3", *(f"{x:.3f}" for x in way[-3:])}


def test_ball_crosses_low_hills_in_both_directions(printed):
    starts = np.linspace(-2, 2, 401)
    hill = np.sort(np.roots([1, 0, -1, 0.1]).real)[1]

    def height(y):
        return y**4 / 4 - y**2 / 2 + 0.1 * y

    y, v = starts.copy(), np.zeros(401)
    for _ in range(1500):
        y, v = momentum(y, y**3 - y + 0.1, v, lr=0.1, mu=0.9)
    deep, began = y < hill, starts < hill
    assert height(-1) < height(1)
    assert not ((deep != began) & (height(starts) < height(hill))).any()
    into, out = np.sum(deep & ~began), np.sum(began & ~deep)
    assert printed == {"0.1", "0.9", str(len(starts)), str(into), str(out)}


def test_dampening_is_not_an_average(printed):
    average, damped, said = 0.0, None, {"0.9"}
    for _ in range(2):
        average = 0.9 * average + (1 - 0.9) * 1.0
        damped = 1.0 if damped is None else 0.9 * damped + (1 - 0.9) * 1.0  # as torch.optim.SGD
        said.add(f"{average:.2g}")
        assert damped == 1
    assert printed == said


def test_the_orders_that_choose_flatter_the_choice(printed):
    X, _, y, _ = datasets.diabetes().split(test_size=0.25, random_state=0)
    t = (y > np.median(y)).astype(float)
    A = np.column_stack([(X - X.mean(axis=0)) / X.std(axis=0), np.ones(len(X))])

    def loss_and_slope(W, A, t):
        z = A @ W
        loss = np.logaddexp(0, z) - t[:, None] * z
        return loss.mean(axis=0), A.T @ (models.sigmoid(z) - t[:, None]) / len(A)

    def ends(size, seeds, lr, mu):
        found = []
        for seed in seeds:
            W, v, rng = np.zeros((11, len(lr))), 0.0, np.random.default_rng(seed)
            for _ in range(100):
                for rows, targets in dlzero.batches(A, t, size, random_state=rng):
                    W, v = momentum(W, loss_and_slope(W, rows, targets)[1], v, lr=lr, mu=mu)
            found.append(loss_and_slope(W, A, t)[0])
        return np.nan_to_num(found, nan=np.inf)

    W, v = np.zeros((11, 1)), 0.0
    for _ in range(2000):
        W, v = momentum(W, loss_and_slope(W, A, t)[1], v, lr=3, mu=0.9)
    lowest = loss_and_slope(W, A, t)[0][0]
    pairs = np.meshgrid(np.geomspace(0.003, 30, 15), [0.5, 0.9, 0.97, 0.99])
    settings = [(np.geomspace(0.003, 30, 60), np.zeros(60)), [x.ravel() for x in pairs]]
    said = {"3", "20", "60", "64", "8"}
    for size in (64, 8):
        chosen, fresh = [], []
        for lr, mu in settings:
            with np.errstate(all="ignore"):
                means = ends(size, range(3), lr, mu).mean(axis=0)
            i = [means.argmin()]
            chosen.append(means[i][0] - lowest)
            fresh.append(ends(size, range(100, 120), lr[i], mu[i])[:, 0] - lowest)
        said |= {f"{chosen[0] / chosen[1]:.1f}", f"{fresh[0].mean() / fresh[1].mean():.2f}"}
        if size == 64:
            difference = fresh[0] - fresh[1]
            error = difference.std(ddof=1) / np.sqrt(20)
            assert abs(difference.mean()) < error / 3
    assert printed == said - {"1"}


# ---- chapter 7: adaptive


def adaptive_walk(rule, gradient, x, steps, **hyper):
    """The points of a walk on a line or in a plane, and the last state."""
    path, state = [x], [np.zeros_like(x)] * (2 if rule is dlzero.adadelta else 1)
    for _ in range(steps):
        x, *state = rule(x, gradient(x), *state, **hyper)
        path.append(x)
    return np.array(path), state


def test_rate_of_adagrad_need_not_fall_to_zero(printed):
    path, (G,) = adaptive_walk(dlzero.adagrad, lambda x: x, np.array(1.0), 1000, lr=0.1)
    _, (later,) = adaptive_walk(dlzero.adagrad, lambda x: x, np.array(1.0), 5000, lr=0.1)
    assert abs(path[-1]) < 1e-12
    assert later == pytest.approx(G, rel=1e-12)
    way, _ = adaptive_walk(dlzero.adagrad, lambda x: -1.0, np.array(0.0), 10000, lr=0.1)
    assert printed == {"0.1", f"{0.1 / np.sqrt(G):.4f}", "10000", f"{way[-1]:.1f}"}


def test_rmsprop_at_a_constant_rate_does_not_converge(printed):
    found = {"0.1", "0.01"}
    for lr in (0.1, 0.01):
        for steep in (1.0, 100.0):
            path, _ = adaptive_walk(
                dlzero.rmsprop, lambda x, c=steep: c * x, np.array(1.0), 3000, lr=lr, rho=0.9
            )
            assert path[-1] * path[-2] < 0
            assert abs(path[-1]) == pytest.approx(abs(path[-2]), rel=1e-6)
            found.add(f"{abs(path[-1]):.4f}")
    assert printed == found


def adadelta_steps(eps, unit=1.0, rho=0.95):
    x, E, D, count = unit, 0.0, 0.0, 0
    while abs(x) >= 0.01 * unit:
        x, E, D = dlzero.adadelta(x, x / unit**2, E, D, rho=rho, eps=eps)
        count += 1
    return count


def test_longer_memory_of_rmsprop_throws_it_further(printed):
    numbers = set()
    for rho, settled in ((0.9, 200), (0.99, 2000), (0.999, 22_000)):
        w, v, far = 1.0, 0.0, []
        for _ in range(settled + 500):
            w, v = dlzero.rmsprop(w, w, v, lr=0.1, rho=rho)
            far.append(abs(w))
        nearest = np.argmin(far[:3000]) + 1
        late = np.array(far[nearest:])
        numbers |= {f"{rho}", f"{nearest + np.argmax(late > 0.01) + 1}", f"{late.max():.2f}"}
        np.testing.assert_allclose(far[settled:], 0.05, rtol=0.01)
    assert printed == numbers | {"7", "0.1", "0.01", "0.05", "-0.05"}


def test_eps_is_the_rate_of_adadelta(printed):
    counts = [adadelta_steps(eps) for eps in (1e-8, 1e-6, 1e-4, 1e-2)]
    w, _, _ = dlzero.adadelta(0.0, 50.0, 0.0, 0.0, rho=0.95, eps=1e-4)
    assert -w == pytest.approx(np.sqrt(1e-4 / 0.05), rel=1e-3)
    assert printed == {"0.95", "0.01", "10", "-8", "-6", "-4", "-2", *map(str, counts)}


def test_units_of_adadelta_fail_at_eps(printed):
    assert printed == {str(adadelta_steps(1e-6)), str(adadelta_steps(1e-6, unit=10.0))}


def test_adadelta_does_not_settle_on_a_steep_parabola(printed):
    def end(steep, steps, lr=1.0):
        x, E, D = 1.0, 0.0, 0.0
        for _ in range(steps):
            x, E, D = dlzero.adadelta(x, steep * x, E, D, lr=lr, rho=0.95, eps=0.01)
        return abs(x)

    assert end(1.9, 10000) < 1e-100
    assert end(3, 10000, lr=0.5) < 1e-100
    assert end(30, 1000, lr=0.06) < 1e-100
    assert end(30, 40000, lr=0.07) > 1.9 * end(30, 10000, lr=0.07)
    found = [end(3, steps) for steps in (10000, 100000)]
    assert found[1] / found[0] == pytest.approx(10**0.5, rel=0.01)
    swings = {f"{x:.1f}" for x in found}
    assert printed == {"3", "0.95", "0.01", "10000", "100000", "0.5", *swings}


def test_adaptive_rates_do_not_see_a_turned_ravine(printed):
    rates = np.geomspace(1e-3, 1e2, 61)

    def best(rule, angle):
        f, a = dlzero.surfaces.ravine(condition=100, angle=angle), np.radians(angle)
        start = [3 * np.cos(a) - np.sin(a), 3 * np.sin(a) + np.cos(a)]
        w = np.tile(start, (61, 1))
        state = [np.zeros_like(w)] * (0 if rule is dlzero.gradient_descent else 1)
        for _ in range(200):
            w, *state = rule(w, f.grad(w), *state, lr=rates[:, None])
        return np.nanmin(f(w))

    with np.errstate(all="ignore"):
        rules = (dlzero.gradient_descent, dlzero.adagrad, dlzero.rmsprop)
        ends = {rule: best(rule, 45) for rule in rules}
        momentum = [best(dlzero.momentum, angle) for angle in (0, 20, 45)]
        assert best(dlzero.adagrad, 0) < 1e-100
    assert max(momentum) < 1e-6
    H = dlzero.surfaces.ravine(condition=100, angle=45).grad(np.eye(2))
    left = np.linalg.cond(H / np.sqrt(np.outer(np.diag(H), np.diag(H))))
    assert H[0, 0] == pytest.approx(H[1, 1])
    values = {f"{ends[dlzero.gradient_descent]:.3f}", f"{ends[dlzero.adagrad]:.2f}"}
    values.add(f"{ends[dlzero.rmsprop]:.3f}")
    assert printed == {"45", "200", "61", f"{left:.0f}", *values}


def test_exponential_mean_has_no_window(printed):
    weights = 0.1 * 0.9 ** np.arange(1000)
    half, age = np.log(0.5) / np.log(0.9), weights @ np.arange(1000)
    found = {f"{half:.2f}", f"{100 * weights[:10].sum():.0f}", f"{age:.0f}"}
    assert weights.sum() == pytest.approx(1)
    assert printed == {"0.9", "10", *found}


def test_adaptive_rates_know_no_curvature(printed):
    slope = [
        adaptive_walk(dlzero.adagrad, lambda x: 3.0, np.array(0.0), steps, lr=0.1)[1][0]
        for steps in (10, 20)
    ]
    assert slope == pytest.approx([90, 180])
    G = [
        adaptive_walk(dlzero.adagrad, lambda x: x, np.array(x), 1, lr=0.1)[1][0]
        for x in (1.0, 100.0)
    ]
    assert np.sqrt(G[1] / G[0]) == pytest.approx(100)
    assert printed == {"100"}


def test_adagrad_needs_tuning(printed):
    X, X_test, y, y_test = datasets.docstrings().split()
    found = set()
    for lr in (0.3, 0.03, 3):
        model = dlzero.models.LogisticRegression(X.shape[1])
        dlzero.train(model, X, y, optimizer=dlzero.adagrad, lr=lr, epochs=1, random_state=0)
        found |= {str(lr), f"{model.loss_and_grad(X_test, y_test)[0]:.2f}"}
    assert printed == found


def test_start_of_the_accumulator_matters(printed):
    g = 1e-4
    first, _ = dlzero.adagrad(0.0, g, 0.0, lr=1)
    other, _ = dlzero.adagrad(0.0, g, 0.1, lr=1)
    assert -first == pytest.approx(1, rel=1e-5)
    assert printed == {"0.1", "0.0001", f"{-other:.4f}"}


# ---- chapter 8: Adam


def states_of(rule):
    return len(dlzero.Rule(rule).state)


def adam_run(rule, grads, w=0.0, **hyper):
    """Return the weights after each of some gradients; a function computes them from w."""
    path, state = [w], [0.0] * states_of(rule)
    for t, g in enumerate(grads, 1):
        w, *state = rule(w, g(w) if callable(g) else g, *state, t, **hyper)
        path.append(w)
    return np.array(path)


def adam_without_correction(w, g, m, v, t, lr=0.001, beta1=0.9, beta2=0.999):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return w - lr * m / np.sqrt(v), m, v


def test_uncorrected_adam_starts_with_steps_that_are_too_long(printed):
    steps = -np.diff(adam_run(adam_without_correction, [1.0] * 3000, lr=1))
    last = np.flatnonzero(steps > 1.1)[-1] + 1
    assert (-np.diff(adam_run(adam_without_correction, [1.0] * 99, lr=1, beta2=0.98)))[0] < 1
    np.testing.assert_allclose(-np.diff(adam_run(dlzero.adam, [1.0] * 99, lr=1)), 1, rtol=1e-6)
    first, top = f"{steps[0]:.2f}", f"{steps.max():.2f}"
    assert printed == {first, str(steps.argmax() + 1), top, "1.1", str(last), "0.99", "0.9"}
    assert np.isclose(1 - 0.9, np.sqrt(1 - 0.99))  # where the first step is one rate


def test_steps_of_adam_exceed_the_bound_that_is_quoted(printed):
    quoted = (1 - 0.9) / np.sqrt(1 - 0.999)
    bound = quoted / np.sqrt(1 - 0.9**2 / 0.999)
    silence = [0.0] * 10_000
    equal = -np.diff(adam_run(dlzero.adam, silence + [1.0] * 12, lr=1))
    growing = [(0.9 / 0.999) ** (400 - k) for k in range(400)]
    longest = -np.diff(adam_run(dlzero.adam, silence + growing, lr=1, eps=1e-30))[-1]
    assert quoted < equal[-1] < longest <= bound
    assert longest > 0.999 * bound
    assert printed == {f"{quoted:.2f}", f"{equal[-1]:.2f}", "12", f"{bound:.2f}"}


def test_v_is_not_the_variance(printed):
    w, m, v = 0.0, 0.0, 0.0
    for t in range(1, 101):
        w, m, v = dlzero.adam(w, 3.0, m, v, t)
    v_hat = v / (1 - 0.999**100)
    assert np.isclose(v_hat, 9)
    assert np.var([3.0] * 100) == 0
    assert printed == {"3", f"{v_hat:.0f}"}


def test_half_life_is_not_the_reciprocal(printed):
    half = np.log(0.5) / np.log(0.999)
    assert printed == {"0.999", "0.5", f"{half:.0f}", "1000", f"{0.999**1000:.3f}"}


def test_default_rate_of_adam_can_be_far_too_small(printed):
    path = adam_run(dlzero.adam, [lambda w: w] * 2000, w=100.0)
    tuned = adam_run(dlzero.adam, [lambda w: w] * 2000, w=100.0, lr=10)
    assert abs(tuned[-1]) < 1e-3
    assert printed == {"100", "0.001", f"{path[-1]:.2f}", "2000"}


def test_l2_penalty_is_not_weight_decay_under_adam(printed):
    noise = np.random.default_rng(3).normal(size=(1000, 4000, 2)) * [1, 100]
    ones = np.ones((4000, 2))
    with_penalty = [lambda w, g=g: g + 0.1 * w for g in noise]
    l2 = adam_run(dlzero.adam, with_penalty, ones, lr=0.01)[-1].mean(axis=0)
    decay = adam_run(dlzero.adamw, noise, ones, lr=0.01, weight_decay=0.1)[-1].mean(axis=0)
    np.testing.assert_allclose(decay, (1 - 0.01 * 0.1) ** 1000, atol=0.01)
    assert printed == {"100", "1000", *(f"{part:.2f}" for part in l2), f"{decay.mean():.2f}"}


def test_nadam_does_not_always_beat_adam(printed):
    f = dlzero.surfaces.rosenbrock()
    rates = 10.0 ** np.arange(-4, 2.1, 0.25)
    ends = []
    for rule in (dlzero.adam, dlzero.nadam):
        start = np.tile(f.start, (len(rates), 1))
        ends.append(f(adam_run(rule, [f.grad] * 310, start, lr=rates[:, None])).min(axis=1))
    adam, nadam = ends
    assert np.all(adam[290:311] < nadam[290:311])
    assert np.all(nadam[90:111] < adam[90:111])
    heights = f"{adam[300]:.4f}", f"{nadam[300]:.4f}"
    assert printed == {"300", str(len(rates)), *heights, "290", "310", "90", "110"}


def test_one_budget_can_name_the_wrong_winner(printed):
    f = dlzero.surfaces.beale()
    rates = 10.0 ** np.arange(-4, 2.1, 0.25)
    lowest = []
    with np.errstate(all="ignore"):
        for rule in (dlzero.adam, dlzero.nadam):
            start = np.tile(f.start, (len(rates), 1))
            path = adam_run(rule, [f.grad] * 110, start, lr=rates[:, None])
            lowest.append(np.nan_to_num(f(path), nan=np.inf).min(axis=1))
    adam, nadam = lowest
    budgets = np.arange(90, 111)
    assert adam[100] < nadam[100]
    wins = np.sum(nadam[budgets] < adam[budgets])
    counts = {str(wins), str(len(budgets)), str(budgets[0]), str(budgets[-1])}
    assert printed == {"100", str(len(rates))} | counts


def test_amsgrad_forgets_at_first_and_never_dies(printed):
    w, m, v, largest, divisors = 0.0, 0.0, 0.0, 0.0, {}
    for t in range(1, 3001):
        w, m, v, largest = dlzero.amsgrad(w, float(t == 1), m, v, largest, t)
        divisors[t] = np.sqrt(largest / (1 - 0.999**t))
    first, last = divisors[1], divisors[3000]
    noise = np.random.default_rng(0).normal(size=(10_000, 200))
    w, state, total = np.zeros(200), [0.0, 0.0, 0.0], 0.0
    for t, g in enumerate(noise, 1):
        w, *state = dlzero.amsgrad(w, g, *state, t)
        total = total + g**2
    factor = np.median(np.sqrt((1 - 0.999**10_000) / state[2]))
    dying = np.median(1 / np.sqrt(total))
    assert printed == {
        *("3000", "10000", f"{first:.3f}", f"{last:.3f}", f"{first / last:.0f}"),
        *(f"{factor:.2f}", f"{dying:.2f}"),
    }


def test_adam_can_end_at_the_worst_point(printed):
    def end(rule, beta2):
        w, state = 0.0, [0.0] * states_of(rule)
        for t in range(1, 9001):
            g = 3.0 if t % 3 == 1 else -1.0
            w, *state = rule(w, g, *state, t, lr=0.5 / np.sqrt(t), beta1=0.0, beta2=beta2)
            w = min(1.0, max(-1.0, w))
        return w

    assert end(dlzero.adam, 0.1) == 1
    assert end(dlzero.amsgrad, 0.1) < -0.99
    assert end(dlzero.adam, 0.9) < -0.99
    assert printed == {"3", "0.1", "0.9"}


def test_eps_decides_which_gradients_count(printed):
    def first_step(g, eps):
        return -dlzero.adam(0.0, g, 0.0, 0.0, 1, lr=1, eps=eps)[0]

    assert np.isclose(first_step(1e-8, 1e-8), 0.5)
    assert np.isclose(first_step(2e-4, 1.0) / first_step(1e-4, 1.0), 2, rtol=1e-3)
    assert printed == {"10", "-8"}


# ---- chapter 9: a network


def test_backpropagation_is_exact(printed):
    from dlzero import Network, check_gradient

    random = np.random.default_rng(0)
    X, y = random.normal(size=(7, 4)), random.integers(3, size=7)
    net = Network((4, 5, 3), random_state=1)
    sizes = [p.size for p in net.params]

    def answer(x):
        for p, part in zip(net.params, np.split(x, np.cumsum(sizes)[:-1]), strict=True):
            p[...] = part.reshape(p.shape)
        loss, grads = net.loss_and_grad(X, y)
        return loss, np.concatenate([g.ravel() for g in grads])

    x = random.normal(size=sum(sizes))
    assert check_gradient(lambda x: answer(x)[0], lambda x: answer(x)[1], x) < 1e-7
    assert printed == {str(sum(sizes)), "7"}


@pytest.mark.parametrize(("first", "learns"), [(0.0, False), (0.1, False), (None, True)])
def test_equal_hidden_units_stay_equal(first, learns, printed):
    from dlzero import Network, Optimizer, adam

    X, y = datasets.logic("xor")
    net = Network((2, 4, 2), random_state=0)
    if first is not None:
        for p in net.params:
            p[...] = first
    optimizer = Optimizer(adam, lr=0.1)
    for _ in range(200):
        optimizer.step(net.params, net.loss_and_grad(X, y)[1])
    assert (net.score(X, y) == 1) == learns
    V = net.params[0]
    assert np.allclose(V, V[:, :1], rtol=1e-9) != learns
    if first == 0.0:
        assert not V.any()
    assert printed == {str(V.shape[1])}


def kept_a_layer(net, X, y):
    """Return how much of the values, and of the messages, one hidden layer keeps on average."""
    from dlzero.models import cross_entropy

    z, entered, slopes = net.forward(X)
    delta, sizes = cross_entropy(z, y)[1], []
    for W, slope in zip(net.params[-2:0:-2], slopes[::-1], strict=True):
        delta = (delta @ W.T) * slope
        sizes.append(np.sqrt(np.mean(delta**2)))
    values = [np.sqrt(np.mean(h**2)) for h in entered[1:]]
    power = 1 / (len(sizes) - 1)
    return (values[-1] / values[0]) ** power, (sizes[-1] / sizes[0]) ** power


def test_small_first_weights_starve_deep_layers(printed):
    from dlzero import Network

    X, y = datasets.digits()
    net = Network((64, *[64] * 10, 10), random_state=0)
    usual = kept_a_layer(net, X / 16, y)
    rng = np.random.default_rng(0)
    for W in net.params[::2]:
        W[...] = rng.normal(0, 0.01, size=W.shape)
    small = kept_a_layer(net, X / 16, y)
    assert min(usual) > 0.8
    assert [round(1 / kept) for kept in small] == [12, 12]
    assert printed == {"0.01", "64", "12", "80"}


def test_larger_weights_make_up_for_the_slope_of_a_sigmoid(printed):
    from dlzero import Network

    X, y = datasets.digits()
    net = Network((64, *[32] * 5, 10), "sigmoid", random_state=0)
    before = kept_a_layer(net, X / 16, y)[1]
    for W in net.params[::2]:
        W *= 4
    assert before < 0.25
    assert kept_a_layer(net, X / 16, y)[1] > 0.5
    assert printed == {"4"}


def test_a_dead_relu_comes_back_when_its_inputs_move(printed):
    from dlzero import Network

    X, _, y, _ = datasets.digits().split(random_state=0)
    X = X / 16

    def off(net):
        return np.array([h.max(axis=0) == 0 for h in net.forward(X)[1][1:]])

    before, after = [], []
    for seed in range(3):
        net = Network((64, *[32] * 5, 10), "relu", random_state=seed)
        before.append(off(net))
        train(net, X, y, lr=0.1, batch_size=32, epochs=10, random_state=0)
        after.append(off(net))
    before, after = np.array(before), np.array(after)
    woken = before & ~after
    assert before[:, 0].any()
    assert not woken[:, 0].any()
    assert woken[:, 1:].sum() > before[:, 1:].sum() / 2
    for p in net.params[6:8]:
        p[...] = -abs(p)
    earlier = [p.copy() for p in net.params[:8]]
    assert off(net)[3].all()
    train(net, X, y, lr=0.1, batch_size=32, epochs=1, random_state=0)
    assert all(np.array_equal(p, q) for p, q in zip(earlier, net.params[:8], strict=True))
    assert printed == {"32", "0.1"}


# ---- chapter 10: overfitting


@pytest.fixture(scope="module")
def misread():
    """Per cent of misread digits in 10 splits, by units and by what is done to the pictures."""
    from dlzero import Network, momentum

    def wrong(seed, units, change=None):
        part, test = np.split(np.random.default_rng(seed).permutation(len(X)), [150])
        rows, labels = X[part], d[part]
        if change:
            pictures = change(rows.reshape(-1, 8, 8)).reshape(-1, 64)
            rows, labels = np.vstack([rows, pictures]), np.append(labels, labels)
        net = Network((64, units, 10), "relu", random_state=seed)
        how = {"lr": 0.03, "batch_size": 50, "epochs": 15_000 // len(rows), "random_state": seed}
        train(net, rows, labels, optimizer=momentum, **how)
        return 100 * (1 - net.score(X[test], d[test]))

    X, d = datasets.digits()
    X = X / 16
    kinds = {
        "128": (128,),
        "16": (16,),
        "mirror": (128, lambda pictures: pictures[:, :, ::-1]),
        "half a turn": (128, lambda pictures: pictures[:, ::-1, ::-1]),
    }
    return {
        name: np.array([wrong(seed, *kind) for seed in range(10)]) for name, kind in kinds.items()
    }


def standard_errors(difference):
    return difference.mean() / (difference.std(ddof=1) / np.sqrt(len(difference)))


def test_a_smaller_network_misreads_more(printed, misread):
    assert standard_errors(misread["16"] - misread["128"]) > 3
    means = {f"{misread[units].mean():.1f}" for units in ("128", "16")}
    assert printed == {"150", "10", "128", "16", *means}


def test_mirrored_digits_do_harm(printed, misread):
    assert standard_errors(misread["mirror"] - misread["128"]) > 3
    assert misread["half a turn"].mean() > misread["mirror"].mean() + 0.5
    means = {f"{misread[kind].mean():.1f}" for kind in ("128", "mirror")}
    assert printed == {"6", "9", *means}


def test_dropout_is_one_bowl(printed):
    rng, q = np.random.default_rng(0), 0.5
    X, t, w = rng.normal(size=(8, 4)), rng.normal(size=8), rng.normal(size=4)
    masks = np.array([*product((0, 1), repeat=4)]) / (1 - q)
    mean = np.mean([np.mean((X @ (m * w) - t) ** 2) for m in masks])
    penalty = q / (1 - q) * np.sum(w**2 * np.mean(X**2, axis=0))
    assert np.isclose(mean, np.mean((X @ w - t) ** 2) + penalty)
    curvature = X.T @ X / 8 + q / (1 - q) * np.diag(np.mean(X**2, axis=0))
    assert np.linalg.eigvalsh(curvature).min() > 0
    assert printed == {"4", str(len(masks))}


def test_features_chosen_first_score_on_noise(printed):
    from dlzero import folds

    def best(X, t):
        return np.argsort(-np.abs(X[t == 1].mean(axis=0) - X[t == 0].mean(axis=0)))[:20]

    def score(X, t, part, held):
        far = [np.sum((X[held] - X[part][t[part] == k].mean(axis=0)) ** 2, axis=1) for k in (0, 1)]
        return np.mean((far[1] < far[0]) == t[held])

    first, inside, t = [], [], np.arange(50) % 2
    for seed in range(20):
        X = np.random.default_rng(seed).normal(size=(50, 1500))
        for part, held in folds(50, 5, 0):
            first.append(score(X[:, best(X, t)], t, part, held))
            inside.append(score(X[:, best(X[part], t[part])], t, part, held))
    shares = {f"{100 * np.mean(found):.0f}" for found in (first, inside)}
    assert printed == {"50", "20", "1500", *shares}


# ---- chapter 11: practice


@np.errstate(all="ignore")
def test_the_rate_picks_the_winner(printed):
    from dlzero import adam, minimize, momentum, nadam, rmsprop, sgd, surfaces

    f = surfaces.beale()
    few = (sgd, momentum, rmsprop, adam, nadam)
    winners = {}
    for lr in (0.001, 0.01, 0.1, 0.3):
        ends = [f(minimize(f, f.start, rule, jac=f.grad, steps=300, lr=lr).x) for rule in few]
        winners[lr] = few[np.nanargmin(ends)]
    assert winners == {0.001: momentum, 0.01: sgd, 0.1: rmsprop, 0.3: nadam}
    assert printed == {"300", *map(str, winners)}


def test_the_best_run_is_luck(printed):
    draws = np.random.default_rng(0).normal(size=(200_000, 40))
    lowest = {n: -draws[:, :n].min(axis=1).mean() for n in (5, 40)}
    assert abs(np.median(draws, axis=1).mean()) < 0.01
    assert printed == {*map(str, lowest), *(f"{low:.2f}" for low in lowest.values())}


def test_five_runs_cannot_measure_a_spread(printed):
    random = np.random.default_rng(0)

    def twice_as_wide(n, shape=np.asarray):
        x = shape(random.normal(size=(2, 20_000, n)))
        low, high = np.quantile(x, (0.25, 0.75), axis=2)
        ratio = (high - low)[0] / (high - low)[1]
        return 100 * np.mean((ratio > 2) | (ratio < 0.5))

    five = twice_as_wide(5)
    assert twice_as_wide(60) < 1
    assert printed == {f"{five:.0f}", f"{twice_as_wide(60, np.exp):.0f}", "100"}


@pytest.fixture(scope="module")
def sweep():
    from dlzero.practice import Results

    return Results.from_csv(ROOT / "dlzero" / "practice" / "data" / "sweep.csv.gz")


def test_a_wrong_rate_costs_about_as_much_as_a_poor_method(sweep):
    models = ("words_logistic", "digits_softmax", "digits_network", "digits_deep")
    plain = rows_where(sweep, lambda row: "+" not in row.method and not row.default)
    method_costs_more = set()
    for name in models:
        here = plain.filter(problem=name)
        fresh = rows_where(here, lambda row: row.seed >= 100)
        tried = rows_where(here.filter(method="adam"), lambda row: row.seed < 100)
        poorest = max(m["median"] for m in fresh.median("validation"))
        (rate,) = fresh.filter(method="adam").values("lr")
        grid = {m["lr"]: m["median"] for m in tried.median("validation")}
        tenth = grid[min(grid, key=lambda lr: abs(np.log(10 * lr / rate)))]
        if poorest > tenth:
            method_costs_more.add(name)
    assert method_costs_more == {"digits_deep"}


def test_the_lowest_training_loss_was_worse_than_guessing(sweep, printed):
    rows = sweep.filter(problem="words_logistic", method="nadam", seed=list(range(5)))
    tried = rows_where(rows, lambda row: not row.default)
    train = {m["lr"]: m["median"] for m in tried.median()}
    lr = min(train, key=train.get)
    held_back = {m["lr"]: m["median"] for m in tried.median("validation")}
    assert train[lr] < 1e-4
    assert printed == {f"{lr:.1f}", "0.0001", f"{held_back[lr]:.1f}", f"{np.log(2):.2f}"}


@pytest.mark.needs("joblib", "threadpoolctl", "tqdm")
def test_a_verdict_is_about_settings(printed):
    from dlzero.practice import compare

    rates, random, n, m = (0.1, 10**-0.5), np.random.default_rng(0), 4000, 200
    alone = {"jobs": 1, "store": None, "progress": False, "defaults": False}
    both = compare("noisy", ["adam"], rates=list(rates), seeds=m, budget=500, **alone)
    found = {(row.lr, row.seed): row.train for row in both}
    ends = np.array([[found[lr, seed] for seed in range(m)] for lr in rates])
    alarms = 0
    for _ in range(n):
        five, others, judges = np.split(random.permutation(m)[:30], [5, 10])
        a, b = (np.argmin(np.median(ends[:, seeds], axis=1)) for seeds in (five, others))
        lower = np.sum(ends[a, judges] < ends[b, judges])
        alarms += a != b and (lower >= 17 or lower <= 3)
    assert 100 * alarms / n == pytest.approx(5, abs=1.5)
    assert printed == {"17", "20", "5", "100"}


def test_a_warm_up_costs_steps(sweep, printed):
    names = ("sgd + cosine", "sgd + warm-up, cosine")
    without, warmed = (
        {
            row.seed: row.validation
            for row in sweep.filter(problem="digits_network", method=name)
            if row.seed >= 100
        }
        for name in names
    )
    higher = sum(warmed[seed] > loss for seed, loss in without.items())
    ratio = np.median(list(warmed.values())) / np.median(list(without.values()))
    assert 1.01 < ratio < 1.1
    assert printed == {str(higher), str(len(without))}


def rows_where(results, keep):
    """Return the rows for which keep(row) is true."""
    return type(results)(row for row in results if keep(row))
