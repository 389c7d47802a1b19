"""The Optimizer: golden trajectories, properties of all rules, old defects, bad input."""

import copy
import io
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import BUSY, RULES, golden, gradients, run

import dlzero
import dlzero.fast
from dlzero.chapters.ch03_gradient_descent import gradient_descent
from dlzero.chapters.ch04_sgd import sgd
from dlzero.chapters.ch06_momentum import momentum
from dlzero.chapters.ch08_adam import adam, adamw
from dlzero.running.transforms import clip_by_norm, clip_by_value, global_norm, l2_decay

every_class = pytest.mark.parametrize(
    "Optimizer", [dlzero.Optimizer, dlzero.fast.Optimizer], ids=["plain", "fast"]
)
every_rule = pytest.mark.parametrize("name", RULES)
few = settings(max_examples=20)  # for each of the rules


# The numbers of PyTorch, optax and Keras.

CASES = {case["key"]: case for case in golden()[0]["cases"]}


@every_class
@pytest.mark.parametrize("key", CASES)
def test_golden(Optimizer, key):
    meta, arrays = golden()
    hyper = dict(CASES[key]["hyper"])
    if hyper.get("lr") == "drop":
        hyper["lr"] = lambda t: 0.1 if t <= 100 else 0.01
    path = run(RULES[CASES[key]["rule"]], arrays["start"], arrays["grads"], Optimizer, **hyper)
    ours = path[np.array(meta["kept"]) - 1]
    np.testing.assert_allclose(ours, arrays[key], rtol=1e-12, atol=1e-12)


@every_class
def test_golden_chain_of_transforms(Optimizer):
    meta, arrays = golden()
    w = arrays["start"].copy()
    optimizer = Optimizer(gradient_descent, lr=0.1, transforms=[clip_by_norm(0.5), l2_decay(0.2)])
    path = []
    for g in arrays["grads"]:
        optimizer.step(w, g)
        path.append(w.copy())
    ours = np.array(path)[np.array(meta["kept"]) - 1]
    np.testing.assert_allclose(ours, arrays["chain-optax"], rtol=1e-12, atol=1e-12)


def test_every_rule_has_golden_numbers_for_defaults_and_for_others():
    for name, rule in RULES.items():
        cases = [c for c in CASES.values() if c["rule"] == name]
        assert len(cases) >= 2, rule
        assert len({json.dumps(c["hyper"]) for c in cases}) >= 2, rule


# Properties of every rule.


@every_class
@every_rule
@few
@given(grads=gradients(), dtype=st.sampled_from(["float32", "float64"]))
def test_dtype_is_kept_and_inputs_are_not_changed(Optimizer, name, grads, dtype):
    grads = grads.astype(dtype)
    before = grads.copy()
    hyper = {k: np.float64(v) for k, v in BUSY[name].items()}  # would turn float32 to float64
    w = np.ones(grads.shape[1], dtype)
    optimizer = Optimizer(RULES[name], **hyper)
    for g in grads:
        optimizer.step(w, g)
    assert w.dtype == dtype
    assert all(a.dtype == dtype for a in optimizer.state[0].values())
    np.testing.assert_array_equal(grads, before)
    assert (
        w.tobytes()
        == run(RULES[name], np.ones_like(w), grads, Optimizer, **BUSY[name])[-1].tobytes()
    )


@every_class
@every_rule
@few
@given(grads=gradients())
def test_the_optimizer_is_the_rule(Optimizer, name, grads):
    rule, hyper = RULES[name], BUSY[name]
    optimizer = Optimizer(rule, **hyper)
    w = np.ones(grads.shape[1])
    values = [w.copy(), *np.zeros((len(optimizer.rule.state), grads.shape[1]))]
    for t, g in enumerate(grads, 1):
        optimizer.step(w, g)
        step = (t,) if optimizer.rule.uses_t else ()
        values = rule(values[0], g, *values[1:], *step, **hyper)
        np.testing.assert_array_equal(w, values[0])
        for ours, theirs in zip(optimizer.state[0].values(), values[1:], strict=True):
            np.testing.assert_array_equal(ours, theirs)


@every_class
@every_rule
@few
@given(grads=gradients(size=st.just(1)))
def test_a_rule_works_on_floats(Optimizer, name, grads):
    rule, hyper = RULES[name], BUSY[name]
    expected = run(rule, [1.0], grads, Optimizer, **hyper)
    optimizer = Optimizer(rule, **hyper)
    values = [1.0, *(0.0 for _ in optimizer.rule.state)]
    for t, g in enumerate(grads[:, 0].tolist(), 1):
        step = (t,) if optimizer.rule.uses_t else ()
        values = rule(values[0], g, *values[1:], *step, **hyper)
        assert all(isinstance(v, float) for v in values)
        assert values[0] == pytest.approx(expected[t - 1, 0], rel=1e-14, abs=1e-14)


@every_class
@every_rule
@few
@given(grads=gradients())
def test_mirrored_gradients_give_the_mirrored_path(Optimizer, name, grads):
    start = np.linspace(-1, 1, grads.shape[1])
    path = run(RULES[name], start, grads, Optimizer, **BUSY[name])
    np.testing.assert_array_equal(run(RULES[name], -start, -grads, Optimizer, **BUSY[name]), -path)


@every_class
@every_rule
@few
@given(grads=gradients(), seed=st.integers(0, 99))
def test_the_order_of_the_coordinates_does_not_matter(Optimizer, name, grads, seed):
    order = np.random.default_rng(seed).permutation(grads.shape[1])
    start = np.linspace(-1, 1, grads.shape[1])
    path = run(RULES[name], start, grads, Optimizer, **BUSY[name])
    shuffled = run(RULES[name], start[order], grads[:, order], Optimizer, **BUSY[name])
    np.testing.assert_array_equal(shuffled, path[:, order])


@every_class
@every_rule
@few
@given(grads=gradients(size=st.integers(2, 6)), cut=st.integers(0, 6))
def test_an_array_in_pieces_is_the_same_array(Optimizer, name, grads, cut):
    cut = min(cut, grads.shape[1])
    start = np.linspace(-1, 1, grads.shape[1])
    whole = run(RULES[name], start, grads, Optimizer, **BUSY[name])
    pieces = [start[:cut].copy(), start[cut:].copy()]
    optimizer = Optimizer(RULES[name], **BUSY[name])
    for g in grads:
        optimizer.step(pieces, [g[:cut], g[cut:]])
    np.testing.assert_array_equal(np.concatenate(pieces), whole[-1])
    assert optimizer.t == len(grads)  # once a step, not once an array


@every_class
@every_rule
@few
@given(grads=gradients(size=st.integers(2, 6)), bad=st.sampled_from([np.nan, np.inf, -np.inf]))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_bad_gradient_stays_in_its_coordinate(Optimizer, name, grads, bad):
    start = np.ones(grads.shape[1])
    healthy = run(RULES[name], start, grads, Optimizer, **BUSY[name])
    grads[0, 0] = bad
    sick = run(RULES[name], start, grads, Optimizer, **BUSY[name])
    np.testing.assert_array_equal(sick[:, 1:], healthy[:, 1:])
    if np.isnan(bad):
        assert np.isnan(sick[:, 0]).all()


@every_class
@every_rule
@few
@given(grads=gradients(steps=st.integers(2, 8)), pause=st.integers(0, 8))
def test_save_load_continue_is_the_uninterrupted_path(Optimizer, name, grads, pause):
    pause = min(pause, len(grads))
    hyper = BUSY[name]
    w = np.ones(grads.shape[1])
    optimizer = Optimizer(RULES[name], **hyper)
    for g in grads[:pause]:
        optimizer.step(w, g)
    file = io.BytesIO()
    np.savez(file, **optimizer.state_dict())
    file.seek(0)
    resumed = Optimizer(RULES[name], **hyper)
    with np.load(file) as saved:
        resumed.load_state_dict(saved)
    for g in grads[pause:]:
        resumed.step(w, g)
    np.testing.assert_array_equal(
        w, run(RULES[name], np.ones(grads.shape[1]), grads, Optimizer, **hyper)[-1]
    )
    assert resumed.t == len(grads)


@every_class
@every_rule
def test_zero_rate_moves_nothing(Optimizer, name):
    grads = np.random.default_rng(0).normal(size=(20, 5))
    grads[:, 0] = 0
    start = np.linspace(-1, 1, 5)
    np.testing.assert_array_equal(
        run(RULES[name], start, grads, Optimizer, lr=0), np.tile(start, (20, 1))
    )


@every_class
@every_rule
def test_converges_on_a_quadratic(Optimizer, name):
    # Many steps and a real distance: a test that steps once shows nothing.
    curvature = np.array([1.0, 5.0])
    w = np.array([1.0, -1.0])
    lr = {"adadelta": 1.0, "lion": 0.001, "sgd": 0.05, "gradient_descent": 0.05, "adagrad": 0.3}
    optimizer = Optimizer(RULES[name], lr=lr.get(name, 0.01))
    for _ in range(3000):
        optimizer.step(w, curvature * w)
    assert np.abs(w).max() < 0.03


@every_class
@every_rule
def test_shapes_and_layouts_give_the_same_numbers(Optimizer, name):
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=(4, 6)), rng.normal(size=(5, 4, 6))
    expected = run(RULES[name], start, grads, Optimizer, **BUSY[name])[-1]
    wide = np.full((8, 6), 7.0)
    layouts = {
        "every second row": wide[::2],
        "Fortran": np.asfortranarray(start),
        "transposed": np.zeros((6, 4)).T,
        "backwards": np.zeros((4, 6))[::-1, ::-1],
        "other byte order": np.zeros((4, 6), ">f8"),
        "unaligned": np.frombuffer(bytearray(8 * 24 + 1), np.float64, 24, 1).reshape(4, 6),
    }
    for layout, w in layouts.items():
        w[...] = start
        optimizer = Optimizer(RULES[name], **BUSY[name])
        for g in grads:
            optimizer.step(w, np.asfortranarray(g))
        np.testing.assert_array_equal(w, expected, err_msg=layout)
    assert (wide[1::2] == 7.0).all()


@every_class
@every_rule
def test_empty_and_zero_dimensional_arrays(Optimizer, name):
    point, empty, row = np.array(1.0), np.zeros((0, 3)), np.ones(2)
    optimizer = Optimizer(RULES[name], **BUSY[name])
    for _ in range(3):
        optimizer.step([point, empty, row], [2.0, np.zeros((0, 3)), [2.0, 2.0]])
    assert point.shape == ()
    assert empty.shape == (0, 3)
    assert point == row[0] == row[1] != 1.0


@every_class
@every_rule
def test_float16_is_computed_in_float32(Optimizer, name):
    rng = np.random.default_rng(0)
    w = rng.normal(size=50).astype(np.float16)
    optimizer = Optimizer(RULES[name], **BUSY[name])
    for _ in range(20):
        optimizer.step(w, rng.normal(size=50).astype(np.float16))
    assert w.dtype == np.float16
    assert np.isfinite(w).all()
    assert all(a.dtype == np.float32 for a in optimizer.state[0].values())


# Defects that users of other libraries reported.


@every_class
def test_the_correction_uses_the_power_t(Optimizer):
    w = np.zeros(1)
    optimizer = Optimizer(adam, lr=0.1, eps=0)
    for t in range(1, 51):
        optimizer.step(w, np.full(1, 7.0))
        assert w[0] == pytest.approx(-0.1 * t, rel=1e-12)


@every_class
def test_t_advances_once_a_step(Optimizer):
    arrays = [np.ones(2), np.ones(3), np.ones(4)]
    together = Optimizer(adam, lr=0.1)
    alone = Optimizer(adam, lr=0.1)
    w = np.ones(4)
    for _ in range(5):
        together.step(arrays, [a**2 for a in arrays])
        alone.step(w, w**2)
    assert together.t == alone.t == 5
    np.testing.assert_array_equal(arrays[2], w)


@every_class
def test_the_gradient_is_not_changed_by_weight_decay(Optimizer):
    for rule, hyper in ((sgd, {"weight_decay": 0.5}), (adamw, {"weight_decay": 0.5})):
        w, g = np.ones(3), np.full(3, 2.0)
        Optimizer(rule, transforms=[l2_decay(0.5), clip_by_norm(0.1)], **hyper).step(w, g)
        np.testing.assert_array_equal(g, 2.0)


@every_class
def test_the_state_is_kept_and_not_made_again(Optimizer):
    w = np.ones(3)
    optimizer = Optimizer(momentum, mu=0.5)
    optimizer.step(w, np.ones(3))
    first = optimizer.state[0]["v"]
    optimizer.step(w, np.ones(3))
    assert optimizer.state[0]["v"] is first
    np.testing.assert_array_equal(first, 1.5)


@every_class
def test_the_state_shares_no_memory_with_the_callers_arrays(Optimizer):
    w, g = np.ones(3), np.ones(3)
    optimizer = Optimizer(momentum)
    optimizer.step(w, g)
    saved = optimizer.state_dict()
    g[:] = 99.0
    saved["0.v"][:] = 77.0
    np.testing.assert_array_equal(optimizer.state[0]["v"], 1.0)
    other = Optimizer(momentum)
    other.load_state_dict(saved)
    saved["0.v"][:] = 55.0
    np.testing.assert_array_equal(other.state[0]["v"], 77.0)


@every_class
def test_loading_keeps_the_rate_and_the_dtype(Optimizer):
    w = np.ones(3, np.float32)
    optimizer = Optimizer(momentum, lr=0.5)
    optimizer.step(w, w)
    other = Optimizer(momentum, lr=0.1)
    other.load_state_dict(optimizer.state_dict())
    assert other.hyper["lr"] == 0.1
    assert other.state[0]["v"].dtype == np.float32
    with pytest.raises(ValueError, match="float32"):
        other.step(np.ones(3), np.ones(3))


@every_class
def test_the_first_step_has_the_first_rate_of_the_schedule(Optimizer):
    w, seen = np.zeros(1), []

    def schedule(t):
        seen.append(t)
        return [0.5, 0.25, 0.125][t - 1]

    optimizer = Optimizer(gradient_descent, lr=schedule)
    for expected in (-0.5, -0.75, -0.875):
        optimizer.step(w, np.ones(1))
        assert w[0] == expected
    assert seen == [1, 2, 3]


@every_class
@every_rule
def test_a_zero_gradient_in_float16_gives_no_nan(Optimizer, name):
    w = np.ones(3, np.float16)
    optimizer = Optimizer(RULES[name])
    for _ in range(3):
        optimizer.step(w, np.zeros(3, np.float16))
    assert np.isfinite(w).all()


@pytest.mark.parametrize("value", [0.0, 1e-320, 1e200, np.inf, np.nan])
def test_clipping_a_zero_or_infinite_norm(value):
    grads = [np.array([value, 3.0]), np.array([4.0])]
    clipped = clip_by_norm(1.0)([], grads)
    if np.isfinite(value):
        assert global_norm(clipped) == pytest.approx(1.0, rel=1e-12)
    else:
        np.testing.assert_array_equal(clipped[0][0], value)
        np.testing.assert_allclose([clipped[0][1], clipped[1][0]], [0.6, 0.8])
    zero = clip_by_norm(1.0)([], [np.zeros(3)])[0]
    np.testing.assert_array_equal(zero, 0.0)


@every_class
def test_complex_gradients_are_refused(Optimizer):
    with pytest.raises(TypeError, match="complex128"):
        Optimizer(adam).step(np.ones(2), np.ones(2) * 1j)
    with pytest.raises(TypeError, match="complex128"):
        Optimizer(adam).step(np.ones(2) * 1j, np.ones(2))


@every_class
@pytest.mark.parametrize("name", [n for n, hyper in BUSY.items() if "weight_decay" in hyper])
def test_weight_decay_is_used(Optimizer, name):
    w = np.ones(3)
    Optimizer(RULES[name], lr=0.1, weight_decay=0.5).step(w, np.zeros(3))
    np.testing.assert_allclose(w, 0.95)


# Groups, transforms, schedules, a rule of one's own.


@every_class
def test_groups_have_hyper_parameters_of_their_own(Optimizer):
    arrays = [np.ones(2) for _ in range(4)]
    optimizer = Optimizer(
        adamw,
        lr=0.1,
        weight_decay=0.5,
        groups=[{"params": [1], "weight_decay": 0}, {"params": [3], "lr": lambda t: 0.01 * t}],
    )
    for _ in range(3):
        optimizer.step(arrays, [np.ones(2)] * 4)
    alone = [
        run(adamw, np.ones(2), np.ones((3, 2)), Optimizer, lr=lr, weight_decay=decay)[-1]
        for lr, decay in [(0.1, 0.5), (0.1, 0.0), (0.1, 0.5), (lambda t: 0.01 * t, 0.5)]
    ]
    np.testing.assert_array_equal(arrays, alone)


@every_class
def test_the_rule_is_that_of_the_arrays_in_no_group(Optimizer):
    groups = [{"params": [1], "lr": 5}, {"params": [2], "mu": 0.5}]
    optimizer = Optimizer(momentum, lr=0.25, groups=groups)
    assert optimizer.rule.hyper == dict(optimizer.hyper) == {"lr": 0.25, "mu": 0.9}
    optimizer.set_hyper(mu=0.75)
    assert optimizer.rule.hyper == dict(optimizer.hyper) == {"lr": 0.25, "mu": 0.75}
    params = [np.zeros(1), np.zeros(1), np.zeros(1)]
    for _ in range(2):
        optimizer.step(params, [np.ones(1)] * 3)
    assert [float(w[0]) for w in params] == [-0.25 * 2.75, -5 * 2.75, -0.25 * 2.5]


@every_class
def test_options_of_an_optimizer_are_given_by_name(Optimizer):
    assert Optimizer(rule=adam, lr=0.5).hyper["lr"] == 0.5
    with pytest.raises(TypeError, match="positional"):
        Optimizer(adam, [{"params": [0], "lr": 0.5}])


@every_class
def test_a_new_rate_reaches_the_groups_that_have_none(Optimizer):
    optimizer = Optimizer(gradient_descent, lr=1.0, groups=[{"params": [1], "lr": 0.5}])
    optimizer.set_hyper(lr=0.25)
    arrays = [np.zeros(1), np.zeros(1)]
    optimizer.step(arrays, [np.ones(1), np.ones(1)])
    assert [float(a[0]) for a in arrays] == [-0.25, -0.5]


@every_class
@pytest.mark.parametrize(
    "groups",
    [
        [{"params": [2], "lr": 0.1}],
        [{"params": [-1], "lr": 0.1}],
        [{"params": [0], "lr": 0.1}, {"params": [0], "lr": 0.2}],
    ],
)
def test_groups_name_every_array_once(Optimizer, groups):
    with pytest.raises(ValueError, match="groups"):
        Optimizer(adam, groups=groups).step([np.ones(1), np.ones(1)], [np.ones(1), np.ones(1)])


@every_class
def test_groups_are_checked_like_the_rest(Optimizer):
    with pytest.raises(TypeError, match="It knows: lr, beta1, beta2, eps"):
        Optimizer(adam, groups=[{"params": [0], "rate": 1}])
    with pytest.raises(ValueError, match="lr"):
        Optimizer(adam, groups=[{"params": [0], "lr": -1}])
    with pytest.raises(ValueError, match='a group needs "params"'):
        Optimizer(adam, groups=[{"lr": 0.1}])


@every_class
@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ([np.float64(1.0)], ValueError, r"shape \(2,\) for array 0, got \(\)"),
        ([np.ones(1)], ValueError, r"shape \(2,\) for array 0, got \(1,\)"),
        ([1j * np.ones(2)], TypeError, "real numbers for array 0, got complex128"),
        ([["a", "b"]], TypeError, "real numbers for array 0"),
        ([], ValueError, "got 0 gradients for 1 arrays"),
    ],
)
def test_what_a_transform_returns_is_looked_at(Optimizer, answer, error, message):
    w = np.ones(2)
    optimizer = Optimizer(adam, transforms=[lambda params, grads: answer])
    for _ in range(2):
        with pytest.raises(error, match=message):
            optimizer.step(w, np.ones(2))
    assert (optimizer.t, w.tolist()) == (0, [1.0, 1.0])


@every_class
@pytest.mark.parametrize("grads", [None, 3])
def test_gradients_are_a_list(Optimizer, grads):
    optimizer = Optimizer(adam)
    params = [np.ones(2)]
    with pytest.raises(TypeError, match="a list of gradients"):
        optimizer.step(params, grads)
    optimizer.step(params, [np.ones(2)])
    with pytest.raises(TypeError, match="a list of gradients"):
        optimizer.step(params, grads)


@every_class
def test_transforms_run_in_their_order(Optimizer):
    def after(*transforms):
        w = np.array([10.0, 0.0])
        Optimizer(gradient_descent, lr=1.0, transforms=transforms).step(w, np.array([3.0, 4.0]))
        return w

    np.testing.assert_allclose(after(clip_by_norm(1), l2_decay(0.1)), [10 - 1.6, -0.8])
    clipped_last = np.array([4.0, 4.0]) / np.sqrt(32)
    np.testing.assert_allclose(after(l2_decay(0.1), clip_by_norm(1)), [10, 0] - clipped_last)
    np.testing.assert_allclose(after(clip_by_value(3.5)), [7.0, -3.5])


def test_the_norm_is_that_of_all_arrays():
    clipped = clip_by_norm(1.0)([], [np.array([3.0]), np.array([[4.0]])])
    np.testing.assert_allclose(np.concatenate([c.ravel() for c in clipped]), [0.6, 0.8])


@every_class
def test_a_transform_of_ones_own(Optimizer):
    def centre(params, grads):
        return [g - g.mean() for g in grads]

    w = np.zeros(3)
    Optimizer(gradient_descent, lr=1.0, transforms=[centre]).step(w, [1, 2, 3])
    np.testing.assert_array_equal(w, [1.0, 0.0, -1.0])


@every_class
def test_a_transform_may_yield_its_gradients(Optimizer):
    optimizer = Optimizer(gradient_descent, lr=1.0, transforms=[lambda params, grads: iter(grads)])
    w = np.zeros(2)
    for t in (1, 2):
        optimizer.step(w, np.ones(2))
        np.testing.assert_array_equal(w, [-t, -t])


@pytest.mark.parametrize("make", [clip_by_value, clip_by_norm, l2_decay])
@pytest.mark.parametrize("value", [0, -1, np.nan])
def test_transforms_refuse_bad_limits(make, value):
    with pytest.raises(ValueError, match=r"must be (positive|finite), got"):
        make(value)


@pytest.mark.parametrize("make", [clip_by_value, clip_by_norm])
def test_an_infinite_limit_clips_nothing(make):
    (g,) = make(np.inf)([], [np.array([1e300, -2.0])])
    np.testing.assert_array_equal(g, [1e300, -2.0])


@every_class
def test_a_schedule_may_return_a_numpy_number(Optimizer):
    grads = np.full((3, 1), 0.3, np.float32)
    start = np.ones(1, np.float32)
    path = run(momentum, start, grads, Optimizer, lr=lambda t: np.float64(0.1))
    np.testing.assert_array_equal(path, run(momentum, start, grads, Optimizer, lr=0.1))


@every_class
def test_any_hyper_parameter_can_be_a_schedule(Optimizer):
    w = np.zeros(1)
    optimizer = Optimizer(momentum, lr=1.0, mu=lambda t: 0.0 if t < 3 else 0.5)
    for _ in range(3):
        optimizer.step(w, np.ones(1))
    assert w[0] == -3.5


def rprop(w, g, last, size, lr=0.1, grow=1.2, shrink=0.5):
    """Take a step by the sign alone; its size grows while the sign stays."""
    size = np.where(size == 0, lr, size)
    size = size * np.where(g * last < 0, shrink, grow)
    return w - size * np.sign(g), g, size


@every_class
def test_a_rule_of_ones_own(Optimizer):
    w = np.array([3.0, -40.0])
    optimizer = Optimizer(rprop)
    for _ in range(100):
        optimizer.step(w, 2 * w)
    assert np.abs(w).max() < 1e-3
    np.testing.assert_array_equal(optimizer.state[0]["last"].shape, w.shape)


def normalized(w, g, lr=0.1):
    """Take a step of length lr: not element-wise, because of the norm."""
    return (w - lr * g / np.linalg.norm(g),)


@every_class
def test_a_rule_that_is_not_element_wise(Optimizer):
    arrays = [np.full(400_000, 2.0), np.full(3, 2.0)]
    optimizer = Optimizer(normalized, lr=5.0)
    optimizer.step(arrays, [np.ones(400_000), np.ones(3)])
    for w in arrays:
        np.testing.assert_allclose(np.linalg.norm(w - 2.0), 5.0)


@every_class
def test_a_rule_may_return_what_it_was_given(Optimizer):
    def with_memory(w, g, last_w, last_g, lr=0.1):
        return w - lr * g, w, g

    w, g = np.ones(3), np.full(3, 2.0)
    optimizer = Optimizer(with_memory, lr=0.5)
    optimizer.step(w, g)
    np.testing.assert_array_equal(w, 0.0)
    np.testing.assert_array_equal(optimizer.state[0]["last_w"], 1.0)
    np.testing.assert_array_equal(optimizer.state[0]["last_g"], 2.0)


@every_class
def test_a_rule_that_works_in_place_does_no_harm(Optimizer):
    def careless(w, g, lr=0.1):
        g *= lr
        w -= g
        return (w,)

    w, g = np.ones(3), np.ones(3)
    Optimizer(careless, lr=0.5).step(w, g)
    np.testing.assert_array_equal(w, 0.5)
    np.testing.assert_array_equal(g, 1.0)


@every_class
@pytest.mark.parametrize(
    ("result", "error"),
    [(lambda w: w, TypeError), (lambda w: (w, w), ValueError), (lambda w: [w], TypeError)],
)
def test_a_rule_that_returns_something_else(Optimizer, result, error):
    def wrong(w, g, lr=0.1):
        return result(w)

    with pytest.raises(error, match="wrong must return"):
        Optimizer(wrong).step(np.ones(3), np.ones(3))


@every_class
@pytest.mark.parametrize(
    "rule",
    [
        lambda w: w,
        lambda g, w: w,
        lambda w, g, *state: w,
        lambda w, g, *, lr=1: w,
        lambda w, g, **hyper: w,
        lambda w, g, t, m: w,
        "adam",
        None,
    ],
)
def test_a_rule_of_another_form(Optimizer, rule):
    with pytest.raises(TypeError, match=r"rule\(w, g, \*state"):
        Optimizer(rule)


# Bad input.


@every_class
@pytest.mark.parametrize(
    ("params", "grads", "error", "message"),
    [
        (1.0, 1.0, TypeError, "np.array"),
        ([1.0], [1.0], TypeError, "np.array"),
        ({"w": np.ones(2)}, {"w": np.ones(2)}, TypeError, "list of arrays"),
        (np.ones(2), np.ones(3), ValueError, r"\(2,\).*\(3,\)"),
        (np.ones((2, 1)), np.ones(2), ValueError, r"\(2, 1\).*\(2,\)"),
        ([np.ones(2)], [np.ones(2), np.ones(2)], ValueError, "2 gradients for 1"),
        ([np.ones(2), np.ones(2)], [np.ones(2)], ValueError, "1 gradients for 2"),
        (np.ones(2, int), np.ones(2), TypeError, r"int\d\d.*astype"),
        (np.ones(2, bool), np.ones(2), TypeError, "bool.*astype"),
        (np.array(["1", "2"]), np.ones(2), TypeError, "astype"),
        (np.ones(2), ["a", "b"], TypeError, "real numbers"),
        (np.ones(2), None, ValueError, "shape"),
        (np.broadcast_to(np.ones(1), (3,)), np.ones(3), ValueError, "read-only"),
        (
            np.lib.stride_tricks.as_strided(np.ones(3), (2, 2), (8, 8)),
            np.ones((2, 2)),
            ValueError,
            "share",
        ),
    ],
)
def test_bad_arrays(Optimizer, params, grads, error, message):
    with pytest.raises(error, match=message):
        Optimizer(adam).step(params, grads)


@every_class
def test_overlapping_parameters_are_refused(Optimizer):
    w = np.ones(6)
    for params in ([w, w], [w[:4], w[3:]], [w.reshape(2, 3), w[5:]]):
        with pytest.raises(ValueError, match="share memory"):
            Optimizer(adam).step(params, [np.ones(p.shape) for p in params])
    halves = [w[::2], w[1::2]]  # interleaved, but no element is in both
    Optimizer(gradient_descent, lr=1.0).step(halves, [np.ones(3), np.full(3, 2.0)])
    np.testing.assert_array_equal(w, [0, -1] * 3)


@every_class
def test_parameters_that_become_read_only(Optimizer):
    w = np.ones(2)
    optimizer = Optimizer(adam)
    optimizer.step(w, w)
    w.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        optimizer.step(w, np.ones(2))


@every_class
def test_read_only_gradients_work(Optimizer):
    w, g = np.zeros(2), np.ones(2)
    g.flags.writeable = False
    Optimizer(gradient_descent, lr=1.0).step(w, g)
    np.testing.assert_array_equal(w, -1.0)


@every_class
def test_gradients_that_share_memory_with_parameters(Optimizer):
    x, y = np.full(3, 2.0), np.full(3, 5.0)
    optimizer = Optimizer(gradient_descent, lr=0.1)
    optimizer.step([x, y], [y, x])  # the gradient of x * y
    np.testing.assert_allclose(x, 1.5)
    np.testing.assert_allclose(y, 4.8)  # from the old x
    w = np.arange(5.0)
    Optimizer(gradient_descent, lr=1.0).step(w, w[::-1])
    np.testing.assert_array_equal(w, [-4, -2, 0, 2, 4])
    w = np.arange(1.0, 5.0)
    Optimizer(gradient_descent, lr=0.5).step(w, w)
    np.testing.assert_array_equal(w, [0.5, 1, 1.5, 2])
    memory = bytearray(32)
    p, q = np.frombuffer(memory, float, 3), np.frombuffer(memory, float, 3, 8)
    p[:] = q[-1:] = [1.0, 2.0, 3.0][0]
    Optimizer(gradient_descent, lr=0.5).step(p, q)
    np.testing.assert_array_equal(p, 0.5)


@every_class
def test_gradients_of_other_types_are_taken(Optimizer):
    for g in ([1, 2], (1, 2), np.array([1, 2]), np.array([1, 2], np.float32), np.ones(2) > 0):
        w = np.zeros(2)
        Optimizer(gradient_descent, lr=1.0).step(w, g)
        np.testing.assert_array_equal(w, -np.array(g, float))


@every_class
@pytest.mark.parametrize("lr", [-1e-9, np.nan, np.inf, -np.inf, np.float64("nan")])
def test_bad_rate(Optimizer, lr):
    with pytest.raises(ValueError, match="lr must be zero or more, and finite"):
        Optimizer(adam, lr=lr)
    optimizer = Optimizer(adam, lr=lambda t: lr if t == 2 else 0.1)
    w = np.ones(1)
    optimizer.step(w, w)
    before = w.copy()
    with pytest.raises(ValueError, match="lr must be zero or more, and finite"):
        optimizer.step(w, w)
    assert w == before
    assert optimizer.t == 1


@every_class
@pytest.mark.parametrize("value", ["0.1", None, np.ones(2), 1j])
def test_hyper_parameters_are_numbers(Optimizer, value):
    with pytest.raises(TypeError, match="lr must be a number"):
        Optimizer(adam, lr=value)


@every_class
@pytest.mark.parametrize(
    "hyper", [{"beta1": 1.0}, {"beta2": -0.1}, {"eps": -1e-8}, {"beta1": np.nan}, {"eps": np.inf}]
)
def test_hyper_parameters_out_of_range(Optimizer, hyper):
    with pytest.raises(ValueError, match=next(iter(hyper))):
        Optimizer(adam, **hyper)


@every_class
def test_unknown_hyper_parameter(Optimizer):
    with pytest.raises(TypeError, match=r"adam has no .* 'alpha'\. It knows: lr, beta1"):
        Optimizer(adam, alpha=0.1)
    with pytest.raises(TypeError, match=r"It knows: lr\.$"):
        Optimizer(gradient_descent, mu=0.1)


@every_class
def test_transforms_are_functions(Optimizer):
    with pytest.raises(TypeError, match=r"a transform must be a function, got 1\.0"):
        Optimizer(adam, transforms=[1.0])


@every_class
def test_no_parameters_at_all(Optimizer):
    optimizer = Optimizer(adam)
    optimizer.step([], [])
    assert optimizer.t == 1
    assert optimizer.state == []


@every_class
def test_other_parameters_than_before(Optimizer):
    optimizer = Optimizer(adam)
    optimizer.step([np.ones(2), np.ones(3)], [np.ones(2), np.ones(3)])
    for params in ([np.ones(2)], [np.ones(3), np.ones(2)], [np.ones(2), np.ones(3, np.float32)]):
        with pytest.raises(ValueError, match="new Optimizer"):
            optimizer.step(params, params)
    with pytest.raises(ValueError, match="new Optimizer"):  # other arrays, same form
        optimizer.step([np.ones(2), np.ones(3)], [np.ones(2), np.ones(3)])
    assert optimizer.t == 1


@every_class
def test_states_that_do_not_belong(Optimizer):
    w = np.ones(3)
    optimizer = Optimizer(adam)
    optimizer.step(w, w)
    saved = optimizer.state_dict()
    with pytest.raises(ValueError, match="expected a state of momentum, got one of adam"):
        Optimizer(momentum).load_state_dict(saved)
    other = Optimizer(adam)
    other.step(np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match=r"\(4,\).*\(3,\)"):
        other.load_state_dict(saved)
    fresh = Optimizer(adam)
    fresh.load_state_dict(saved)
    with pytest.raises(ValueError, match=r"\(3,\).*\(4,\)"):
        fresh.step(np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match=r"for array 0, got"):
        Optimizer(adam).load_state_dict({k: v for k, v in saved.items() if k != "0.v"})
    with pytest.raises(ValueError, match="expected"):
        Optimizer(adam).load_state_dict({**saved, "0.v": np.ones(2)})
    with pytest.raises(ValueError, match="expected"):
        Optimizer(adam).load_state_dict({**saved, "0.v": np.ones(3, np.float32)})
    with pytest.raises(ValueError, match="state_dict"):
        Optimizer(adam).load_state_dict({"lr": 0.1})


@every_class
def test_a_failed_load_changes_nothing(Optimizer):
    w = np.ones(3)
    optimizer = Optimizer(adam)
    optimizer.step(w, w)
    saved = optimizer.state_dict()
    optimizer.step(w, w)
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match="expected"):
        optimizer.load_state_dict({**saved, "0.v": np.ones(2)})
    for key, value in optimizer.state_dict().items():
        np.testing.assert_array_equal(value, before[key])


@every_class
def test_the_metadata_is_json(Optimizer):
    optimizer = Optimizer(adam)
    optimizer.step([np.ones((2, 3), np.float32)], [np.ones((2, 3))])
    meta = json.loads(optimizer.state_dict()["meta"])
    assert meta == {"rule": "adam", "state": ["m", "v"], "t": 1, "layout": [[[2, 3], "float32"]]}


@every_class
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies_go_their_own_way(Optimizer, copied):
    w = np.ones(3)
    optimizer = Optimizer(adam, lr=0.1)
    optimizer.step(w, w)
    v, other = w.copy(), copied(optimizer)
    other.step(v, v)
    assert optimizer.t == 1
    assert other.t == 2
    optimizer.step(w, w)
    np.testing.assert_array_equal(v, w)


@every_class
def test_repr_shows_rule_hyper_parameters_and_steps(Optimizer):
    optimizer = Optimizer(momentum, lr=0.5)
    assert repr(optimizer) == "Optimizer(momentum, lr=0.5, mu=0.9, t=0)"


def test_it_says_what_steps_the_arrays():
    assert dlzero.Optimizer(momentum).engine_used == "numpy"
