"""What a caller does that no lesson shows: it works, or one clear error says why it does not."""

import functools
import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from strategies import RULES
from test_rule import every_door

import dlzero
import dlzero.fast
from dlzero import check_gradient, minimize, numerical_gradient, train
from dlzero.chapters.ch03_gradient_descent import gradient_descent
from dlzero.chapters.ch06_momentum import momentum
from dlzero.chapters.ch08_adam import adam
from dlzero.checks import out_of_domain
from dlzero.models import LinearRegression
from dlzero.running.rule import RANGES, Rule
from dlzero.running.transforms import clip_by_norm, global_norm, l2_decay, largest

every_class = pytest.mark.parametrize(
    "Optimizer", [dlzero.Optimizer, dlzero.fast.Optimizer], ids=["plain", "fast"]
)
X, y = np.random.default_rng(0).normal(size=(8, 2)), np.arange(8.0)


# A rule and its hyper-parameters, at every door that runs a rule.


@every_door
def test_a_partial_function_is_a_rule_with_values(door):
    door(functools.partial(adam, beta1=0.8), lr=0.5)
    with pytest.raises(ValueError, match="beta1 must be at least 0 and below 1, got 1"):
        door(functools.partial(adam, beta1=1))
    with pytest.raises(TypeError, match="adam has no hyper-parameter 'beta'"):
        door(functools.partial(adam, beta=0.9))
    with pytest.raises(TypeError, match=r"rule\(w, g, \*state"):
        door(functools.partial(adam, np.ones(2)))


def test_the_values_of_a_partial_function_are_used():
    slow = functools.partial(functools.partial(momentum, mu=0.5), lr=0.25)
    assert Rule(slow).hyper == {"lr": 0.25, "mu": 0.5}
    assert Rule(slow, lr=1).hyper == {"lr": 1, "mu": 0.5}
    assert Rule(slow).name == "momentum"


ANSWERS = [
    (lambda w: (None, w), TypeError, "must return real numbers as w, got None"),
    (lambda w: (w, None), TypeError, "must return real numbers as v, got None"),
    (lambda w: ("0.5", w), TypeError, "must return real numbers as w, got '0.5'"),
    (lambda w: (w, 1j * w), TypeError, "must return real numbers as v"),
    (lambda w: (w, np.ones(3)), ValueError, r"must return v of the shape of w, .*got \(3,\)"),
]


@pytest.mark.parametrize(("answer", "error", "message"), ANSWERS)
@pytest.mark.parametrize("w", [np.ones(()), np.ones(1)], ids=["()", "(1,)"])
def test_a_rule_returns_numbers_of_the_shape(answer, error, message, w):
    def own(w, g, v, lr=0.1):
        return answer(w)

    if not w.shape or "as w" not in message:
        with pytest.raises(error, match=message):
            minimize(lambda x: float(np.sum(x**2)), w, own, jac=lambda x: 2 * x)
        for Optimizer in (dlzero.Optimizer, dlzero.fast.Optimizer):
            with pytest.raises(error, match=message):
                Optimizer(own).step(w.copy(), np.ones(w.shape))


@every_class
def test_one_number_is_no_array_of_weights(Optimizer):
    def forgets(w, g, lr=0.1):
        return (0.0,)

    with pytest.raises(ValueError, match=r"forgets got w of shape \(2,\) and must keep it"):
        Optimizer(forgets).step(np.ones(2), np.ones(2))
    w = np.ones(())
    Optimizer(forgets).step(w, w)
    assert w == 0


@every_class
def test_a_rule_may_return_a_number_as_state(Optimizer):
    def forgetful(w, g, v, lr=0.1):
        return w - lr * g, 0.0

    w = np.ones(2)
    optimizer = Optimizer(forgetful)
    optimizer.step(w, w)
    assert optimizer.state[0]["v"].tolist() == [0, 0]


EDGES = [0, 5e-324, 1 - 2**-53, 1.0, 1e308, 10**308, 10**400, -1, math.nan, math.inf]


@pytest.mark.parametrize("name", RULES)
def test_a_value_is_refused_or_every_step_can_be_computed(name):
    rule, refused = RULES[name], 0
    for hyper in Rule(rule).hyper:
        for value in EDGES:
            try:
                one = Rule(rule, **{hyper: value})
            except ValueError:
                refused += 1
                continue
            for t in (1, 6, 10**9):
                with np.errstate(all="ignore"):
                    one.at(t)(np.ones(2), np.ones(2), *one.start(np.ones(2)))
        assert hyper in RANGES or hyper == "rescale"
    assert refused


def test_a_whole_number_beyond_every_float_is_refused_without_a_range_too():
    def own(w, g, lr=0.1, scale=1):
        return (w - lr * scale * g,)

    for value in (10**400, -(10**400), 10**5000):
        with pytest.raises(ValueError, match="scale must be a number, got "):
            Rule(own, scale=value)
    assert Rule(own, scale=math.inf).hyper["scale"] == math.inf
    assert type(Rule(own, scale=2**60).hyper["scale"]) is float


# What is set from outside counts, or is refused.


def stepped(Optimizer, rule=momentum, **hyper):
    w, optimizer = np.zeros(3), Optimizer(rule, **{"lr": 1.0, **hyper})
    optimizer.step(w, np.ones(3))
    return w, optimizer


@every_class
def test_an_array_of_the_state_that_is_replaced_counts(Optimizer):
    w, optimizer = stepped(Optimizer)
    mine = np.zeros(3, np.float32)
    state = optimizer.state[0]
    for expected in (-2, -3):
        state["v"] = mine
        optimizer.step(w, np.ones(3))
        assert w.tolist() == [expected] * 3
        assert not mine.any()  # it was copied
        assert optimizer.state_dict()["0.v"].tolist() == [1, 1, 1]
    optimizer.state = [{"v": np.zeros(3)}]
    optimizer.step(w, np.ones(3))
    assert w.tolist() == [-4] * 3
    optimizer.state[0]["v"][:] = 0  # in place
    optimizer.step(w, np.ones(3))
    assert w.tolist() == [-5] * 3


@every_class
def test_state_none_starts_again_with_any_arrays(Optimizer):
    w, optimizer = stepped(Optimizer)
    optimizer.state, optimizer.t = None, 0
    other = np.zeros(2)
    optimizer.step(other, np.ones(2))
    assert (optimizer.t, other.tolist()) == (1, [-1, -1])
    optimizer.state = None
    optimizer.load_state_dict(stepped(Optimizer)[1].state_dict())
    optimizer.step(w, np.ones(3))


@every_class
def test_a_state_in_another_order_goes_by_its_names(Optimizer):
    w, optimizer = stepped(Optimizer, adam, lr=0.1)
    v, other = stepped(Optimizer, adam, lr=0.1)
    m_and_v = other.state[0]
    other.state = [{"v": m_and_v["v"], "m": m_and_v["m"]}]
    for one, params in ((optimizer, w), (other, v)):
        one.step(params, np.full(3, 2.0))
    np.testing.assert_array_equal(w, v)


@every_class
def test_one_array_as_two_parts_of_the_state(Optimizer):
    w, optimizer = stepped(Optimizer, adam, lr=0.1)
    v, other = stepped(Optimizer, adam, lr=0.1)
    optimizer.state = [dict.fromkeys("mv", np.zeros(3))]
    other.state = [{"m": np.zeros(3), "v": np.zeros(3)}]
    for one, params in ((optimizer, w), (other, v)):
        one.step(params, np.full(3, 2.0))
    np.testing.assert_array_equal(w, v)


TWICE = {"v": np.zeros(3)}


@every_class
@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([{"v": np.zeros(2)}, {"v": np.zeros(3)}], r"v of array 0 .*shape \(3,\), got .*\(2,\)"),
        ([{"m": np.zeros(3)}, {"v": np.zeros(3)}], "as state of array 0"),
        ([{"v": np.zeros(3)}, {}], "as state of array 1"),
        ([{"v": np.zeros(3)}, [np.zeros(3)]], "as state of array 1"),
        ([{"v": np.zeros(3)}, {"v": None}], "v of array 1 to be real numbers"),
        ([{"v": np.zeros(3)}], "expected a state for 2 arrays"),
        (3, "expected a state for 2 arrays"),
        ([TWICE, TWICE], "stands twice in state"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(Optimizer, state, message):
    params, optimizer = [np.zeros(3), np.zeros(3)], Optimizer(momentum)
    optimizer.step(params, params)
    optimizer.state = state
    with pytest.raises(ValueError, match=message):
        optimizer.step(params, params)


def without_names(state):
    state[0] = [*state[0].values()]


@every_class
@pytest.mark.parametrize(
    "change",
    [lambda state: state[0].pop("v"), lambda state: state[0].update(m=np.zeros(3)), without_names],
)
def test_a_name_of_the_state_that_goes_or_comes_is_refused(Optimizer, change):
    w, optimizer = stepped(Optimizer)
    change(optimizer.state)
    with pytest.raises(ValueError, match=r"expected \('v',\) as state of array 0, got"):
        optimizer.step(w, w)
    assert w.tolist() == [-1] * 3


@every_class
@pytest.mark.parametrize(("t", "error"), [(-1, ValueError), (1.5, TypeError), (None, TypeError)])
def test_the_number_of_steps_is_a_whole_number(Optimizer, t, error):
    w, optimizer = stepped(Optimizer, adam)
    optimizer.t = t
    with pytest.raises(error, match="the number of steps done"):
        optimizer.step(w, w)


@every_class
def test_a_number_of_steps_that_is_set_counts(Optimizer):
    w, optimizer = stepped(Optimizer, lr=lambda t: t)
    optimizer.t = 9
    before = w.copy()
    optimizer.set_hyper(mu=0)
    optimizer.step(w, np.ones(3))
    assert (w - before).tolist() == [-10] * 3


@every_class
def test_rule_and_groups_are_changed_by_set_hyper_only(Optimizer):
    w, optimizer = stepped(Optimizer, gradient_descent, groups=[{"params": [0], "lr": 2}])
    with pytest.raises(AttributeError):
        optimizer.rule = Rule(gradient_descent)
    with pytest.raises(AttributeError):
        optimizer.groups = []
    with pytest.raises(TypeError):
        optimizer.groups[0]["lr"] = 1.0
    with pytest.raises(TypeError):
        optimizer.hyper["lr"] = 1.0
    assert (optimizer.groups, w.tolist()) == ([{"params": [0], "lr": 2}], [-2] * 3)


@every_class
def test_a_value_written_into_the_rule_is_not_lost(Optimizer):
    w, optimizer = stepped(Optimizer, gradient_descent)
    optimizer.rule.hyper["lr"] = 5.0
    optimizer.step(w, np.ones(3))
    assert w.tolist() == [-6] * 3


# An optimizer belongs to its arrays.


@every_class
@pytest.mark.parametrize("rule", [gradient_descent, momentum])
def test_other_arrays_are_refused(Optimizer, rule):
    a, b, optimizer = np.zeros(2), np.zeros(2), Optimizer(rule)
    optimizer.step([a, b], [a, b])
    for params in ([b, a], [a.copy(), b], [a, np.zeros(2)]):
        with pytest.raises(ValueError, match="other arrays, or to these in another order"):
            optimizer.step(params, [np.ones(2), np.ones(2)])
    optimizer.step([a[:], b.view()], [a, b])  # views of the same are the same
    assert (optimizer.t, a.tolist(), b.tolist()) == (2, [0, 0], [0, 0])


@every_class
def test_a_second_model_needs_a_second_optimizer(Optimizer):
    optimizer = Optimizer(momentum, lr=0.1)
    model = LinearRegression(2)
    for _ in range(2):
        assert train(model, X, y, optimizer=optimizer, epochs=1).success
    with pytest.raises(ValueError, match="Make a new Optimizer for another model"):
        train(LinearRegression(2), X, y, optimizer=optimizer, epochs=1)


@every_class
@pytest.mark.parametrize(
    "way",
    [lambda o: o.load_state_dict(o.state_dict()) or o, lambda o: pickle.loads(pickle.dumps(o))],
)
def test_there_is_a_way_to_go_on_with_other_arrays(Optimizer, way):
    w, optimizer = stepped(Optimizer, mu=1.0)
    optimizer, v = way(optimizer), w.copy()
    optimizer.step(v, np.zeros(3))
    assert v.tolist() == [-2] * 3
    with pytest.raises(ValueError, match="other arrays"):
        optimizer.step(w, w)


@every_class
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of NumPy: shapes should not be set
def test_a_shape_that_is_set_is_another_form(Optimizer):
    w, optimizer = np.zeros(4, np.float32), Optimizer(momentum)
    optimizer.step(w, w)
    w.shape = (2, 2)
    with pytest.raises(ValueError, match="make a new Optimizer"):
        optimizer.step(w, np.ones((2, 2), np.float32))


@every_class
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("dtype", [np.int32, np.float16])
def test_a_dtype_that_is_set_is_another_form(Optimizer, dtype):
    w, optimizer = np.ones(4, np.float32), Optimizer(momentum)
    optimizer.step(w, w)
    w.dtype = dtype
    before = w.copy()
    with pytest.raises((TypeError, ValueError), match=r"arrays of floats|make a new Optimizer"):
        optimizer.step(w, np.ones(w.shape, np.float32))
    np.testing.assert_array_equal(w, before)


@every_class
def test_masked_values_are_refused(Optimizer):
    hidden = np.ma.array([1.0, 1e20], mask=[False, True])
    with pytest.raises(ValueError, match=r"params\[0\] has 1 masked value"):
        Optimizer(momentum).step(hidden, np.ones(2))
    w, optimizer = np.zeros(2), Optimizer(momentum)
    for _ in range(2):  # before and after the arrays are made ready
        with pytest.raises(ValueError, match="the gradient of array 0 must be complete, got 1"):
            optimizer.step(w, hidden)
        optimizer.step(w, np.zeros(2))
    optimizer.step(w, np.ma.array([1.0, 2.0]))  # nothing is hidden


# Transforms.


@every_class
def test_a_transform_that_works_in_place_does_no_harm(Optimizer):
    def halve(params, grads):
        for g in grads:
            g *= 0.5
        return grads

    w, g = np.zeros(2), np.ones(2)
    optimizer = Optimizer(gradient_descent, lr=1.0, transforms=[halve, halve])
    for t in (1, 2):
        optimizer.step(w, g)
        assert (w.tolist(), g.tolist()) == ([-t / 4] * 2, [1, 1])
    with pytest.raises(TypeError, match="a transform must return a list of gradients, got None"):
        Optimizer(gradient_descent, transforms=[lambda params, grads: None]).step(w, g)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("limit", [1e-300, 1e-6, 1.0])
def test_clipping_keeps_the_direction_at_every_size(dtype, limit):
    tiny, huge = np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max
    for size in (huge, huge / 3, tiny if limit < tiny else huge):
        g = np.full(1000, size, dtype)
        (clipped,) = clip_by_norm(limit)([], [g])
        assert clipped.dtype == dtype
        expected = np.full(1000, limit / math.sqrt(1000)).astype(dtype)
        np.testing.assert_allclose(clipped, expected, rtol=2 * np.finfo(dtype).eps, atol=tiny)


@given(
    arrays(float, 5, elements=st.floats(allow_nan=False, allow_infinity=False)),
    st.floats(1e-200, 1e300),
)
def test_clipping_gives_the_limit_or_nothing_changes(g, limit):
    (clipped,) = clip_by_norm(limit)([], [g])
    if global_norm([g]) <= limit:
        np.testing.assert_array_equal(clipped, g)
    else:
        assert global_norm([clipped]) == pytest.approx(limit, rel=1e-12)
        assert (np.sign(clipped) * np.sign(g) >= 0).all()


def test_the_norm_of_all_arrays():
    assert global_norm([np.array([3.0, 0.0]), np.array([[4.0]])]) == 5.0
    assert global_norm([np.zeros(3), np.zeros(())]) == 0.0
    assert global_norm([]) == largest([]) == largest([np.array([np.nan])]) == 0.0
    assert global_norm([np.zeros((0, 2)), np.array([-2.0])]) == 2.0
    assert global_norm([np.array([np.nan, 3.0, np.inf, -4.0])]) == 5.0
    assert global_norm([np.array([np.nan])]) == 0.0


def test_decay_wants_a_gradient_for_each_array():
    with pytest.raises(ValueError, match="zip"):
        l2_decay(0.5)([np.ones(2)], [np.ones(2), np.ones(2)])


def test_gradients_of_whole_numbers_are_clipped_to_floats():
    (clipped,) = clip_by_norm(1.0)([], [np.array([3, 4])])
    np.testing.assert_allclose(clipped, [0.6, 0.8])


# minimize: f has no value everywhere.


def undefined(x):
    raise np.linalg.LinAlgError("Singular matrix")


BEYOND = {
    "log": lambda x: float(x[0]) + 0 * math.log(x[0]),
    "division": lambda x: float(x[0]) + 0 / max(float(x[0]), 0),
    "matrix": lambda x: float(x[0]) if x[0] > 0 else undefined(x),
}


@pytest.mark.parametrize("fun", BEYOND.values(), ids=BEYOND)
@pytest.mark.parametrize("way", ["jac", "pair", "differences"])
def test_a_walk_that_leaves_the_domain_is_kept(fun, way):
    def pair(x):
        return fun(x), np.ones(1)

    ways = {"jac": (fun, lambda x: np.ones(1)), "pair": (pair, True), "differences": (fun, None)}
    result = minimize(ways[way][0], (0.5,), jac=ways[way][1], lr=0.9, steps=9, ftol=0)
    assert (result.status, result.success) == ("diverged", False)
    assert "f or its gradient has no value (" in result.message
    assert result.x > 0
    assert len(result.path) == len(result.values) == result.nit + 1


def test_a_gradient_that_leaves_the_domain_ends_the_walk_too():
    jac = lambda x: [math.sqrt(x[0])]  # noqa: E731
    result = minimize(lambda x: x[0], (0.5,), jac=jac, lr=0.9, ftol=0)
    assert (result.status, result.nit) == ("diverged", 0)
    assert "math domain error" in result.message or "expected a nonnegative" in result.message


def test_errors_at_the_start_and_other_errors_are_the_callers_own():
    with pytest.raises(ValueError, match=r"math domain error|expected a positive"):
        minimize(BEYOND["log"], (-1.0,))
    with pytest.raises(ZeroDivisionError):
        minimize(lambda x: 1 / 0, (1.0,))

    def strict(x):
        if x[0] < 0.9:
            raise ValueError("expected a gradient of another kind")
        return x[0]

    with pytest.raises(ValueError, match="of another kind"):
        minimize(strict, (1.0,), lr=0.05)


def test_the_errors_of_arithmetic_are_known():
    for call in (lambda: math.log(-1), lambda: math.sqrt(-1), lambda: math.acos(2)):
        with pytest.raises(ValueError, match=r"domain|expected") as caught:
            call()
        assert out_of_domain(caught.value)
    new = ValueError("expected a number in range from -1 up to 1, got 2.0")  # Python 3.14
    assert out_of_domain(new)
    assert out_of_domain(OverflowError("math range error"))
    assert not out_of_domain(ValueError("expected a gradient of shape (2,) for array 0, got (3,)"))
    assert not out_of_domain(KeyError("math domain error"))


def test_differences_near_a_border_ask_for_the_gradient():
    def fun(x):
        return x[0] - np.log(x[0])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(
            ValueError, match=r"which may leave the domain of f \(give jac\), is nan"
        ):
            minimize(fun, (1e-6,))
    assert minimize(fun, (1e-6,), jac=lambda x: 1 - 1 / x, lr=1e-13, steps=3).nit == 3

    def plain(x):
        return x[0] - math.log(x[0])

    with pytest.raises(ValueError, match=r"\(give jac\), is nan at x0"):
        minimize(plain, (1e-6,))
    # At the next point, 5e-6, f has a value, but not at 6e-6 less.
    result = minimize(BEYOND["log"], (1e-5,), lr=5e-6)
    assert (result.status, result.nit) == ("diverged", 0)
    assert "may leave the domain of f (give jac), is nan" in result.message


def test_a_gradient_longer_than_a_float_is_no_success():
    with pytest.raises(ValueError, match="the gradient is longer than a float can tell at x0"):
        minimize(lambda x: 1.0, np.ones(4), jac=lambda x: np.full(4, 1e308))


def test_numbers_beyond_floats_and_behind_masks():
    assert minimize(lambda x: int(4 - x[0]) if x[0] < 2 else 10**400, (1.0,), lr=1e6).status
    with pytest.raises(ValueError, match="f is inf at x0"):
        minimize(lambda x: 10**400, (1.0,))
    with pytest.raises(ValueError, match="the value of fun must be complete, got 1 masked"):
        minimize(lambda x: np.ma.masked, (1.0,))
    with pytest.raises(ValueError, match="the gradient must be complete, got 1 masked"):
        minimize(lambda x: 1.0, (1.0, 2.0), jac=lambda x: np.ma.masked_greater(x, 1.5))
    with pytest.raises(ValueError, match="must be finite"):
        minimize(lambda x: 1.0, (10**400,))


def test_a_start_without_numbers_is_small_at_once():
    result = minimize(lambda x: 1.0, [], jac=lambda x: x)
    assert (result.status, result.nit) == ("small gradient", 0)


def test_gradients_that_cannot_be_compared_are_refused():
    nan = lambda x: x * np.nan  # noqa: E731
    with pytest.raises(ValueError, match="the given gradient is nan at x"):
        check_gradient(lambda x: float(x @ x), nan, (1.0, 2.0))
    with pytest.raises(ValueError, match="the numerical gradient is nan at x"):
        check_gradient(lambda x: math.nan, lambda x: 2 * x, (1.0, 2.0))
    with pytest.raises(ValueError, match="the given gradient is inf at x"):
        check_gradient(lambda x: float(x @ x), lambda x: x + 1.7e308, (1.0, 2.0))
    assert np.isnan(numerical_gradient(lambda x: math.nan, (1.0,)))  # what it found, no verdict


# Callbacks: True stops, and nothing else does.


class Bar:
    """As much of a progress bar as matters: `update` says True when it draws, as tqdm's does."""

    drawn = 0

    def update(self):
        self.drawn += 1
        return True


def test_a_progress_bar_in_a_function_stops_nothing():
    bar = Bar()

    def step(*_):
        bar.update()

    result = minimize(lambda x: float(x @ x), (3.0,), jac=lambda x: 2 * x, lr=0.1, callback=step)
    assert (result.success, bar.drawn) == (True, result.nit)
    assert train(LinearRegression(2), X, y, callback=step, epochs=2).success
    stopped = minimize(lambda x: float(x @ x), (3.0,), callback=lambda t, x, f: bar.update())
    assert stopped.message == "the callback said True at step 1"


@pytest.mark.parametrize("answer", [1, "stop", [True], np.ones(2), np.array(True), b"1", print])
def test_any_other_answer_stops_nothing(answer):
    result = minimize(lambda x: float(x @ x), (3.0,), lr=0.1, callback=lambda t, x, f: answer)
    assert result.success
    history = train(LinearRegression(2), X, y, epochs=2, callback=lambda model, history: answer)
    assert history.success


# train: what a model may say.


class Model:
    """A model that answers what it is told to, from the second batch on."""

    def __init__(self, loss, grads, from_batch=2):
        self.w, self.loss, self.grads, self.asked = np.zeros(2), loss, grads, 0
        self.from_batch = from_batch

    @property
    def params(self):
        return [self.w]

    def loss_and_grad(self, X, y):
        self.asked += 1
        if self.asked < self.from_batch:
            return 1.0, [np.ones(2)]
        return self.loss(), self.grads()


def trained(loss=lambda: 1.0, grads=lambda: [np.ones(2)], from_batch=2):
    return train(Model(loss, grads, from_batch), X, y, epochs=2, batch_size=4, shuffle=False)


@pytest.mark.parametrize(
    "error", [lambda: math.log(-1), lambda: math.exp(1e4), lambda: 1 / 0, lambda: undefined(0)]
)
def test_an_error_of_arithmetic_is_a_divergence_after_the_first_step(error):
    history = trained(error)
    assert (history.status, history.steps) == ("diverged", 1)
    assert "diverged at step 2, epoch 1: the loss has no value (" in history.message
    assert "Error: " in history.message
    with pytest.raises((ArithmeticError, ValueError)):
        trained(error, from_batch=1)


def test_other_errors_of_a_model_are_seen():
    def broken():
        raise ValueError("shapes do not fit")

    with pytest.raises(ValueError, match="shapes do not fit"):
        trained(broken)


def test_a_gradient_that_is_not_finite_is_named():
    history = trained(grads=lambda: [np.array([np.nan, 1])])
    assert (history.status, history.steps) == ("diverged", 2)
    assert "the gradient of array 0 is not finite though the loss is" in history.message
    history = trained(grads=lambda: [np.full(2, 1e308)], loss=lambda: 10**400)
    assert "the loss is inf" in history.message


def test_parameters_that_are_not_finite_before_the_first_step_are_refused():
    for value in (np.nan, np.inf):
        model = Model(lambda: 1.0, lambda: [np.ones(2)])
        model.w[1] = value
        with pytest.raises(ValueError, match=r"params\[0\] is not finite before the first step"):
            train(model, X, y)


def test_no_rate_is_blamed_before_the_first_step():
    history = trained(lambda: math.nan, from_batch=1)
    assert (history.status, history.steps) == ("diverged", 0)
    assert history.message == (
        "diverged at step 1, epoch 1: the loss is nan. "
        "No step was taken: look at the data, the loss and the first parameters."
    )
    resting = Model(lambda: math.inf, lambda: [np.ones(2)])
    resting = train(resting, X, y, lr=0, batch_size=4)
    assert resting.message.endswith("the loss is inf. Try a smaller rate.")
    slopes = iter([[1.0], [math.nan]])
    walk = minimize(lambda x: 1.0, [1.0], jac=lambda x: next(slopes), lr=0)
    assert walk.message.endswith("is nan. Take smaller steps.")


def test_an_overflow_of_the_parameters_is_told_at_its_step():
    model = Model(lambda: 1.0, lambda: [np.full(2, 1e308)])
    history = train(model, X, y, epochs=2, batch_size=4, lr=1e10)
    assert history.message.startswith(
        "diverged at step 2, epoch 1: array 0 of the parameters is not finite"
    )


@pytest.mark.parametrize(
    ("loss", "grads", "error", "message"),
    [
        (lambda: 1.0, lambda: [None], ValueError, "shape"),
        (lambda: 1.0, lambda: None, ValueError, "shape"),
        (
            lambda: 1.0,
            lambda: [1j * np.ones(2)],
            TypeError,
            "real numbers for array 0, got complex",
        ),
        (lambda: 1.0, lambda: [["1", "2"]], TypeError, "real numbers for array 0"),
        (lambda: 1.0, lambda: [np.ma.masked_equal([1, 2], 2)], ValueError, "masked"),
        (lambda: None, lambda: [np.ones(2)], TypeError, "the loss must be one number, got None"),
        (lambda: "0.5", lambda: [np.ones(2)], TypeError, "the loss must be one number"),
        (lambda: 1j, lambda: [np.ones(2)], TypeError, "the loss must be one number"),
        (lambda: np.ma.masked, lambda: [np.ones(2)], ValueError, "the loss must be complete"),
    ],
)
def test_losses_and_gradients_are_numbers(loss, grads, error, message):
    with pytest.raises(error, match=message):
        trained(loss, grads)


@pytest.mark.parametrize("none", [None, [None], np.array(None), "0.5", 1j])
def test_no_gradient_of_a_number_is_no_gradient(none):
    class OneNumber:
        def __init__(self):
            self.params = np.zeros(())

        def loss_and_grad(self, X, y):
            return 1.0, none

    with pytest.raises(TypeError, match="real numbers for array 0"):
        train(OneNumber(), X, y)


def test_a_model_answers_with_a_pair():
    class Alone:
        params = np.zeros(2)

        def loss_and_grad(self, X, y):
            return 1.0

    with pytest.raises(TypeError, match=r"must return \(loss, gradients\), got 1\.0"):
        train(Alone(), X, y)


def test_parameters_that_are_copies_are_refused():
    class Copies(Model):
        @property
        def params(self):
            return [self.w.copy()]

    class Views(Model):
        @property
        def params(self):
            return [self.w[:1], self.w[1:]]

    with pytest.raises(ValueError, match="gives new arrays each time"):
        train(Copies(None, None), X, y)
    model = Views(lambda: 1.0, lambda: [np.ones(1), np.ones(1)], from_batch=1)
    assert train(model, X, y, epochs=1, batch_size=4, lr=1.0).success
    assert model.w.tolist() == [-2, -2]


def test_one_array_twice_is_refused_by_all():
    class Tied(Model):
        @property
        def params(self):
            return [self.w, self.w[1:]]

    with pytest.raises(ValueError, match="share memory and would be changed twice"):
        train(Tied(None, None), X, y)


def test_a_parameter_that_grows_is_refused():
    class Growing(Model):
        def loss_and_grad(self, X, y):
            self.w = np.zeros(len(self.w) + 1)
            return 1.0, [np.ones(len(self.w))]

    with pytest.raises(ValueError, match="make a new Optimizer for other parameters"):
        train(Growing(None, None), X, y, optimizer=momentum, batch_size=4)
