"""The engines: one formula, the same bits."""

import importlib.util
import platform
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import BUSY, RULES, gradients, run

from dlzero.chapters.ch03_gradient_descent import gradient_descent
from dlzero.chapters.ch05_momentum import momentum
from dlzero.chapters.ch07_adam import adam, nadam
from dlzero.fast import engine, optimizer
from dlzero.fast.engine import NotElementwise, kernel, loop_source
from dlzero.fast.optimizer import Optimizer
from dlzero.running.rule import Rule as signature

needs_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="numba is not installed"
)
SHARE = 10_000  # elements of float64 and their gradients that are worth a thread in these tests
every_rule = pytest.mark.parametrize("name", RULES)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


@pytest.fixture
def small_shares(monkeypatch):
    monkeypatch.setattr(optimizer, "SHARE_BYTES", SHARE * 16)


def finish(rule, engine, start, grads, **options):
    """Return the bytes of the parameters and the state at the end."""
    w = start.copy()
    optimizer = Optimizer(rule, engine=engine, **options)
    for g in grads:
        optimizer.step(w, g)
    assert optimizer.engine_used == engine
    arrays = [w, *optimizer.state[0].values()]
    assert all(a.dtype == start.dtype for a in arrays)
    return [a.tobytes() for a in arrays]


@needs_numba
@every_rule
@both_dtypes
@pytest.mark.parametrize("busy", [False, True])
def test_the_engines_agree_to_the_last_bit(name, dtype, busy):
    rng = np.random.default_rng(1)
    size = 1003  # not a multiple of any vector length
    start = rng.normal(size=size).astype(dtype)
    grads = rng.normal(size=(30, size)) * 10 ** rng.uniform(-5, 1, size=(30, size))
    grads[:, ::7] = 0
    hyper = BUSY[name] if busy else {}
    first = finish(RULES[name], "numpy", start, grads.astype(dtype), **hyper)
    assert finish(RULES[name], "numba", start, grads.astype(dtype), **hyper) == first


@needs_numba
@every_rule
@settings(max_examples=20)
@given(grads=gradients(dtype=np.float32))
def test_the_engines_agree_on_any_gradients(name, grads):
    start = np.linspace(-1, 1, grads.shape[1], dtype=np.float32)
    one = run(RULES[name], start, grads, "numpy", **BUSY[name])
    np.testing.assert_array_equal(run(RULES[name], start, grads, "numba", **BUSY[name]), one)


@needs_numba
@every_rule
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_engines_agree_on_nan_and_infinity(name):
    special = np.array([np.nan, np.inf, -np.inf, 1e-320, 1e300, -0.0, 0.0])
    start = np.ones(7)
    one = run(RULES[name], start, [special] * 3, "numpy")
    np.testing.assert_array_equal(run(RULES[name], start, [special] * 3, "numba"), one)


def keeps_the_sign(w, g, m, lr=0.1):
    return w - lr * np.sign(g), np.sign(g)


@needs_numba
def test_the_engines_agree_on_the_sign_of_zero():
    zeros = np.array([0.0, 0.0, -0.0, -0.0]), [np.array([0.0, -0.0, 0.0, -0.0])]
    first = finish(keeps_the_sign, "numpy", *zeros)
    assert finish(keeps_the_sign, "numba", *zeros) == first


@needs_numba
@both_dtypes
def test_without_strictness_only_the_last_bits_differ(dtype):
    rng = np.random.default_rng(7)
    start, grads = rng.normal(size=500).astype(dtype), rng.normal(size=(30, 500)).astype(dtype)
    strict, relaxed = (run(adam, start, grads, "numba", strict=s) for s in (True, False))
    assert (strict != relaxed).any()
    np.testing.assert_allclose(relaxed, strict, rtol=1e-4 if dtype == "float32" else 1e-12)


@every_rule
@both_dtypes
def test_blocks_and_threads_change_no_bit(name, dtype, monkeypatch, small_shares):
    rng = np.random.default_rng(2)
    start = rng.normal(size=3 * SHARE + 17).astype(dtype)
    grads = rng.normal(size=(2, start.size)).astype(dtype)
    engines = ["numpy", "numba"] if importlib.util.find_spec("numba") else ["numpy"]
    for used in engines:
        one = finish(RULES[name], used, start, grads, threads=1, **BUSY[name])
        assert finish(RULES[name], used, start, grads, threads=3, **BUSY[name]) == one
    for block in (1 << 10, 1 << 40):
        monkeypatch.setattr(engine, "BLOCK_BYTES", block)
        assert finish(RULES[name], "numpy", start, grads, threads=1, **BUSY[name]) == one


def test_pieces_cover_every_element_once(small_shares):
    sizes = [5, 3 * SHARE, 0, 1, SHARE // 2, 7 * SHARE + 3]
    for threads in (1, 2, 3, 8):
        arrays = [np.zeros(n) for n in sizes]
        optimizer = Optimizer(gradient_descent, lr=1.0, threads=threads)
        for _ in range(3):
            optimizer.step(arrays, [np.ones(n) for n in sizes])
        assert all((a == -3.0).all() for a in arrays)
        assert optimizer._bound.helpers == threads - 1
        assert sum(piece[4].size for piece in optimizer._bound.pieces) == sum(sizes)


def test_small_arrays_are_left_to_one_thread(small_shares):
    w = np.zeros(SHARE)
    optimizer = Optimizer(gradient_descent, threads=8)
    optimizer.step(w, w)
    assert optimizer._bound.helpers == 0


def test_an_error_in_a_thread_is_seen(small_shares):
    def fails_somewhere(w, g, lr=0.1):
        if g[0] == 1:
            raise OverflowError("here")
        return (w - lr * g,)

    optimizer = Optimizer(fails_somewhere, threads=2)
    arrays = [np.zeros(SHARE) for _ in range(8)]
    grads = [np.zeros(SHARE) for _ in range(8)]
    grads[5][0] = 1
    with pytest.raises(OverflowError, match="here"):
        optimizer.step(arrays, grads)
    assert optimizer.t == 0
    optimizer.step(arrays, [np.zeros(SHARE)] * 8)
    assert optimizer.t == 1


def test_every_thread_reacts_to_overflow_as_the_caller_says(small_shares):
    seen, both = {}, threading.Barrier(2, timeout=60)

    def looks(w, g, lr=0.1):
        if threading.get_ident() not in seen:
            both.wait()
            seen[threading.get_ident()] = np.geterr(), np.geterrcall()
        return (w - lr * g,)

    optimizer = Optimizer(looks, threads=2)
    arrays = [np.zeros(SHARE) for _ in range(8)]
    with np.errstate(over="call", divide="ignore", invalid="raise", call=print):
        optimizer.step(arrays, arrays)
        wanted = np.geterr(), np.geterrcall()
    assert list(seen.values()) == [wanted, wanted]


def test_optimizers_in_several_threads(small_shares):
    rng = np.random.default_rng(3)
    start, grads = rng.normal(size=4 * SHARE), rng.normal(size=(3, 4 * SHARE))
    expected = run(adam, start, grads, "numpy", threads=1)[-1]
    results = []

    def work():
        results.append(run(adam, start, grads, "auto", threads=2)[-1])

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 4
    for result in results:
        np.testing.assert_array_equal(result, expected)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_the_pool_survives_a_fork(small_shares):
    import multiprocessing

    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork here")
    w = np.zeros(4 * SHARE)
    Optimizer(gradient_descent, threads=2, engine="numpy").step(w, w)
    with multiprocessing.get_context("fork").Pool(1) as workers:
        assert workers.apply_async(step_in_child).get(timeout=60) == -1.0


def step_in_child():
    w = np.zeros(4 * SHARE)
    Optimizer(gradient_descent, lr=1.0, threads=2, engine="numpy").step(w, np.ones(4 * SHARE))
    return float(w.mean())


# What can be a loop, and what it looks like.


def test_the_loop_of_adam_can_be_printed():
    assert loop_source(adam) == (
        "def adam_numbers(t, lr, beta1, beta2, eps):\n"
        "    k1 = 1 - beta1\n"
        "    k2 = 1 - beta2\n"
        "    k3 = 1 - beta1 ** t\n"
        "    k4 = 1 - beta2 ** t\n"
        "    return beta1, k1, beta2, k2, k3, k4, lr, eps\n"
        "\n\n"
        "def adam_loop(all_w, all_g, all_m, all_v, beta1, k1, beta2, k2, k3, k4, lr, eps):\n"
        "    for i in range(all_w.size):\n"
        "        w, g, m, v = all_w[i], all_g[i], all_m[i], all_v[i]\n"
        "        m = beta1 * m + k1 * g\n"
        "        v = beta2 * v + k2 * g ** 2\n"
        "        m_hat = m / k3\n"
        "        v_hat = v / k4\n"
        "        all_w[i], all_m[i], all_v[i] = w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v"
    )


@every_rule
def test_the_printed_loop_is_python_that_runs(name):
    rule, rng = RULES[name], np.random.default_rng(4)
    start, grads = rng.normal(size=5), rng.normal(size=(4, 5))
    names, code = signature(rule), {}
    exec(loop_source(rule), rule.__globals__, code)
    numbers, loop = code.values()
    arrays = [start.copy(), *np.zeros((len(names.state), 5))]
    for t, g in enumerate(grads, 1):
        step = {"t": t} if names.uses_t else {}
        loop(arrays[0], g, *arrays[1:], *numbers(**step, **{**names.hyper, **BUSY[name]}))
    np.testing.assert_array_equal(arrays[0], run(rule, start, grads, **BUSY[name])[-1])


def uses_norm(w, g, lr=0.1):
    return (w - lr * g / np.linalg.norm(g),)


def uses_mean(w, g, lr=0.1):
    return (w - lr * (g - g.mean()),)


def uses_matrix(w, g, lr=0.1):
    return (w - lr * (g @ g.T) @ g,)


def uses_index(w, g, lr=0.1):
    return (w - lr * g[::-1],)


def uses_exp(w, g, lr=0.1):
    return (w - lr * np.exp(g),)


def uses_power(w, g, lr=0.1):
    return (w - lr * g**3,)


def uses_branch(w, g, lr=0.1):
    if lr > 0:
        w = w - lr * g
    return (w,)


def uses_np_on_numbers(w, g, lr=0.1):
    return (w - np.sqrt(lr) * g,)


def uses_half_a_clip(w, g, lr=0.1):
    return (w - lr * np.clip(g, -1, None),)


def uses_outer_array(w, g, lr=0.1):
    return (w - lr * OUTER * g,)


def changes_a_number(w, g, m, lr=0.1):
    m = m + lr * g
    lr = lr / 2
    return w - lr * m, m


def changes_in_place(w, g, m, lr=0.1):
    m += g
    return w - lr * m, m


def takes_the_name_i(w, g, lr=0.1):
    i = g * g
    return (w - lr * i,)


def returns_no_tuple(w, g, m, lr=0.1):
    result = w - lr * g, m + g
    return result


OUTER = np.linspace(0, 1, 6).reshape(2, 3)


@pytest.mark.parametrize(
    "rule",
    [
        *(uses_norm, uses_mean, uses_index, uses_exp, uses_power, uses_branch, uses_matrix),
        *(uses_np_on_numbers, uses_outer_array, changes_a_number, changes_in_place),
        *(takes_the_name_i, returns_no_tuple, uses_half_a_clip),
    ],
)
def test_rules_that_are_no_loop_run_on_numpy(rule):
    with pytest.raises(NotElementwise):
        loop_source(rule)
    rng = np.random.default_rng(5)
    start, g = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    w = start.copy()
    optimizer = Optimizer(rule)
    optimizer.step(w, g)
    assert optimizer.engine_used == "numpy"
    state = [np.zeros((2, 3)) for _ in optimizer.signature.state]
    np.testing.assert_array_equal(w, rule(start.copy(), g.copy(), *state)[0])


def test_rules_whose_source_cannot_be_read_run_on_numpy():
    namespace = {}
    exec("def hidden(w, g, lr=0.1):\n    return (w - lr * g,)", namespace)
    factor = 2.0

    def closure(w, g, lr=0.1):
        return (w - factor * lr * g,)

    for rule, expected in ((namespace["hidden"], -0.1), (closure, -0.2)):
        with pytest.raises(NotElementwise):
            loop_source(rule)
        w = np.zeros(2)
        Optimizer(rule).step(w, np.ones(2))
        np.testing.assert_allclose(w, expected)
    w = np.zeros(2)
    Optimizer(lambda w, g, lr=0.1: (w - lr * g,)).step(w, np.ones(2))
    np.testing.assert_allclose(w, -0.1)


def test_a_source_that_is_not_the_code_is_not_trusted():
    def rule(w, g, lr=0.1):
        return (w - lr * g,)

    assert loop_source(rule)
    rule.__code__ = (lambda w, g, lr=0.1: (w + lr * g,)).__code__
    with pytest.raises(NotElementwise):
        loop_source(rule)


def test_a_file_that_was_edited_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "edited_rule.py"
    file.write_text("def rule(w, g, lr=0.1):\n    return (w - 0.5 * lr * g,)\n")
    from edited_rule import rule

    assert loop_source(rule)
    file.write_text("def rule(w, g, lr=0.1):\n    return (w - 0.6 * lr * g,)\n\n")
    with pytest.raises(NotElementwise, match="changed"):
        loop_source(rule)


SPEED = 2.0


def uses_a_global_number(w, g, lr=0.1):
    return (w - SPEED * lr * g,)


def test_a_global_number_is_read_in_every_step(monkeypatch):
    w = np.zeros(1)
    optimizer = Optimizer(uses_a_global_number, lr=1.0)
    optimizer.step(w, np.ones(1))
    monkeypatch.setattr(sys.modules[__name__], "SPEED", 3.0)
    optimizer.step(w, np.ones(1))
    assert w[0] == -5.0


def test_schedules_are_not_frozen_into_the_loop():
    grads = np.ones((4, 1))
    path = run(gradient_descent, [0.0], grads, "auto", lr=lambda t: 1.0 / 2**t)
    np.testing.assert_array_equal(path[:, 0], [-0.5, -0.75, -0.875, -0.9375])


def maximum_of_two_branches(w, g, m, t, lr=0.1, warm=3):
    eager = t > warm
    m = np.maximum(m, np.minimum(abs(g), 5))
    step = -np.clip(g, -m, m)
    return w + lr * (step if eager else step / 2), np.where(step < 0, m, 2 * m)


@needs_numba
@both_dtypes
def test_all_forms_of_the_loop_agree(dtype):
    grads = np.random.default_rng(6).normal(size=(8, 50)).astype(dtype)
    start = np.zeros(50, dtype)
    one = finish(maximum_of_two_branches, "numpy", start, grads)
    assert finish(maximum_of_two_branches, "numba", start, grads) == one


@needs_numba
def test_numba_is_chosen_when_it_is_there():
    assert kernel(adam, np.dtype("float64")).engine == "numba"
    assert kernel(adam, np.dtype("float64"), "numpy").engine == "numpy"
    assert kernel(adam, np.dtype("longdouble")).engine == "numpy"


def test_without_numba(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    kernel.cache_clear()
    w = np.ones(3)
    optimizer = Optimizer(adam)
    optimizer.step(w, w)
    assert optimizer.engine_used == "numpy"
    with pytest.raises(ImportError, match=r"dlzero\[fast\]"):
        Optimizer(adam, engine="numba").step(w, w)
    kernel.cache_clear()


@needs_numba
@pytest.mark.parametrize("layout", ["C", "F", "strided", "float16", "0-d", "empty", "swapped"])
def test_no_update_is_lost_in_any_layout(layout):
    w = {
        "C": np.ones((4, 6)),
        "F": np.ones((4, 6), order="F"),
        "strided": np.ones((8, 6))[::2],
        "float16": np.ones((4, 6), np.float16),
        "0-d": np.array(1.0),
        "empty": np.ones((0, 2)),
        "swapped": np.ones((4, 6), np.dtype("float64").newbyteorder()),
    }[layout]
    g = np.arange(w.size, dtype=float).reshape(w.shape)
    optimizer = Optimizer(momentum, lr=0.5, engine="numba")
    optimizer.step(w, g)
    assert optimizer.engine_used == "numba"
    np.testing.assert_array_equal(w, 1 - 0.5 * g)


def test_the_signature_is_the_data_model():
    assert signature(adam) == (
        "adam",
        ("m", "v"),
        True,
        dict(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8),
    )
    assert signature(momentum) == ("momentum", ("v",), False, {"lr": 0.01, "mu": 0.9})
    assert signature(nadam).state == ("m", "v")
    assert signature(gradient_descent).state == ()


@given(st.integers(1, 5000))
def test_numbers_of_a_step_are_those_of_the_formula(t):
    made = kernel(adam, np.dtype("float64"))
    numbers = made.numbers(t, 0.001, 0.9, 0.999, 1e-8)
    if made.engine == "numba":
        assert numbers[4:6] == (1 - 0.9**t, 1 - 0.999**t)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_numpy_keeps_the_memory_of_its_temporaries():
    # In a process of its own: what ran before may have taught the C library already.
    source = """
import resource
import numpy as np
import dlzero

w, g = np.zeros(20_000), np.ones(20_000)
optimizer = dlzero.Optimizer(dlzero.adam, engine="numpy", threads=1)
faults = []
for _ in range(3):
    for _ in range(100):
        optimizer.step(w, g)
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[2] - faults[1])
"""
    command = [sys.executable, "-c", source]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100  # less than one for each step
