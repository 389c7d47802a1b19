"""One formula, the same bits: compiled, and by NumPy in blocks, against the plain class."""

import os
import platform
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import BUSY, RULES, gradients, run

import dlzero
from dlzero.chapters.ch03_gradient_descent import gradient_descent
from dlzero.chapters.ch06_momentum import momentum
from dlzero.chapters.ch08_adam import adam
from dlzero.fast import Optimizer, kernels, loop_source
from dlzero.fast.kernels import kernel
from dlzero.fast.machine import assembly

every_rule = pytest.mark.parametrize("name", RULES)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
FLOAT = np.dtype("float64")
SHARE = 10_000  # elements that are worth a thread with the fixture small_shares


def finish(kind, rule, start, grads, **options):
    """Return the bytes of the parameters and the state at the end."""
    w = start.copy()
    optimizer = kind(rule, **options)
    for g in grads:
        optimizer.step(w, g)
    arrays = [w, *optimizer.state[0].values()]
    assert all(a.dtype == start.dtype for a in arrays)
    return [a.tobytes() for a in arrays], getattr(optimizer, "engine_used", None)


def many(dtype, size=1003, steps=30):  # not a multiple of any vector length
    """Return a start and gradients of very different sizes, some of them zero."""
    rng = np.random.default_rng(1)
    grads = rng.normal(size=(steps, size)) * 10 ** rng.uniform(-5, 1, size=(steps, size))
    grads[:, ::7] = 0
    return rng.normal(size=size).astype(dtype), grads.astype(dtype)


@every_rule
@both_dtypes
@pytest.mark.parametrize("busy", [False, True])
def test_the_loop_agrees_with_the_formula_to_the_last_bit(name, dtype, busy):
    hyper = BUSY[name] if busy else {}
    plain, _ = finish(dlzero.Optimizer, RULES[name], *many(dtype), **hyper)
    fast, engine = finish(Optimizer, RULES[name], *many(dtype), **hyper)
    assert engine == "compiled"
    assert fast == plain


@every_rule
@both_dtypes
@pytest.mark.usefixtures("without_llvmlite")
def test_blocks_agree_with_the_formula_to_the_last_bit(name, dtype, monkeypatch):
    plain, _ = finish(dlzero.Optimizer, RULES[name], *many(dtype), **BUSY[name])
    for block in (1 << 10, 1 << 40):
        monkeypatch.setattr(kernels, "BLOCK_BYTES", block)
        fast, engine = finish(Optimizer, RULES[name], *many(dtype), **BUSY[name])
        assert engine == "numpy"
        assert fast == plain


@every_rule
@both_dtypes
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 17, 64, 129])
def test_the_size_changes_no_bit(name, dtype, size):
    case = many(dtype, size, steps=4)
    plain, _ = finish(dlzero.Optimizer, RULES[name], *case, **BUSY[name])
    assert finish(Optimizer, RULES[name], *case, **BUSY[name])[0] == plain


@every_rule
@both_dtypes
@pytest.mark.usefixtures("small_shares")
def test_threads_change_no_bit(name, dtype):
    case = many(dtype, 3 * SHARE + 17, steps=3)
    plain, _ = finish(dlzero.Optimizer, RULES[name], *case, **BUSY[name])
    for threads in (1, 2, 3):
        fast, engine = finish(Optimizer, RULES[name], *case, threads=threads, **BUSY[name])
        assert engine == "compiled"
        assert fast == plain


@every_rule
@both_dtypes
@pytest.mark.usefixtures("small_shares", "without_llvmlite")
def test_threads_of_numpy_change_no_bit(name, dtype):
    case = many(dtype, 3 * SHARE + 17, steps=2)
    plain, _ = finish(dlzero.Optimizer, RULES[name], *case, **BUSY[name])
    for threads in (1, 3):
        fast, engine = finish(Optimizer, RULES[name], *case, threads=threads, **BUSY[name])
        assert engine == "numpy"
        assert fast == plain


@every_rule
@settings(max_examples=20)
@given(grads=gradients(dtype=np.float32))
def test_the_classes_agree_on_any_gradients(name, grads):
    start = np.linspace(-1, 1, grads.shape[1], dtype=np.float32)
    one = run(RULES[name], start, grads, **BUSY[name])
    np.testing.assert_array_equal(run(RULES[name], start, grads, Optimizer, **BUSY[name]), one)


@every_rule
@both_dtypes
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_classes_agree_on_nan_infinity_and_the_sign_of_zero(name, dtype):
    special = [np.nan, np.inf, -np.inf, 1e-320, 1e300, 1e-40, -0.0, 0.0]
    w, g = (a.ravel().astype(dtype) for a in np.meshgrid(special, special))
    one = run(RULES[name], w, [g] * 3)
    two = run(RULES[name], w, [g] * 3, Optimizer)
    np.testing.assert_array_equal(two, one)
    known = ~np.isnan(one)  # a NaN has no sign
    np.testing.assert_array_equal(np.signbit(two[known]), np.signbit(one[known]))


def maximum_of_two_branches(w, g, m, t, lr=0.1, warm=3):
    eager = t > warm
    m = np.maximum(m, np.minimum(abs(g), 5))
    step = -np.clip(g, -m, m)
    return w + lr * (step if eager else step / 2), np.where(step < 0, m, 2 * m)


def every_comparison(w, g, m, lr=0.1):
    a = np.where(g < m, w, 2 * w) + np.where(g <= m, g, 2 * g)
    b = np.where(g > m, w, 2 * w) - np.where(g >= m, g, 2 * g)
    c = np.where(g == m, w, 2 * w) * np.where(g != m, g, 2 * g)
    return w - lr * (a + b * c), np.sign(g)


def keeps_what_it_was_given(w, g, old_w, old_g, lr=0.1):
    return w - lr * np.abs(g), w, g


def remembers_two_gradients(w, g, last, older, lr=0.1):
    return w - lr * (g - older), g, last


OWN = (maximum_of_two_branches, every_comparison, keeps_what_it_was_given, remembers_two_gradients)


@both_dtypes
@pytest.mark.parametrize("rule", OWN)
def test_all_forms_of_the_loop_agree(rule, dtype):
    grads = np.random.default_rng(6).normal(size=(8, 50)).round(1).astype(dtype)
    case = np.zeros(50, dtype), grads
    plain, _ = finish(dlzero.Optimizer, rule, *case)
    fast, engine = finish(Optimizer, rule, *case)
    assert engine == "compiled"
    assert fast == plain


def may_clip(w, g, lr=0.1, limit=None):
    """Without a limit the number -limit does not exist, and the formula does not ask for it."""
    return (w - lr * (g if limit is None else np.clip(g, -limit, limit)),)


@pytest.mark.parametrize(("limit", "engine"), [(None, "numpy"), (0.5, "compiled")])
def test_a_number_that_does_not_exist_is_left_to_numpy(limit, engine):
    options = {} if limit is None else {"limit": limit}
    plain, _ = finish(dlzero.Optimizer, may_clip, *many("float64"), **options)
    assert finish(Optimizer, may_clip, *many("float64"), **options) == (plain, engine)


@both_dtypes
def test_without_strictness_only_the_last_bits_differ(dtype):
    rng = np.random.default_rng(7)
    start, grads = rng.normal(size=500).astype(dtype), rng.normal(size=(30, 500)).astype(dtype)
    strict, relaxed = (run(adam, start, grads, Optimizer, strict=s) for s in (True, False))
    assert (strict != relaxed).any()
    np.testing.assert_allclose(relaxed, strict, rtol=1e-4 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("value", ["no", 0, 1.0, None])
def test_strict_is_true_or_false(value):
    with pytest.raises(TypeError, match=r"strict must be True or False, got .* Try strict=True"):
        Optimizer(adam, strict=value)
    assert Optimizer(adam, strict=np.False_).strict is False


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
    optimizer = Optimizer(momentum, lr=0.5)
    optimizer.step(w, g)
    assert optimizer.engine_used == "compiled"
    np.testing.assert_array_equal(w, 1 - 0.5 * g)


def test_no_update_is_lost_after_loading_a_state_in_another_order():
    w, g = np.ones((4, 6)), np.arange(24.0).reshape(4, 6)
    optimizer = Optimizer(momentum, lr=0.5)
    optimizer.step(w, g)
    saved = optimizer.state_dict()
    other = Optimizer(momentum, lr=0.5)
    other.load_state_dict({**saved, "0.v": np.asfortranarray(saved["0.v"])})
    v = w.copy()
    for _ in range(2):
        optimizer.step(w, g)
        other.step(v, g)
    np.testing.assert_array_equal(v, w)
    np.testing.assert_array_equal(other.state[0]["v"], optimizer.state[0]["v"])


def test_an_array_cannot_be_moved_while_it_is_stepped():
    w = np.ones(4)
    optimizer = Optimizer(momentum)
    optimizer.step(w, np.ones(4))
    with pytest.raises(ValueError, match="resize"):  # the loop knows the address of the data
        w.resize(100_000)


def test_other_dtypes_run_on_numpy():
    assert kernel(adam, FLOAT).engine == "compiled"
    assert kernel(adam, np.dtype("longdouble")).engine == "numpy"


@given(st.integers(1, 5000))
def test_numbers_of_a_step_are_those_of_the_formula(t):
    numbers = kernel(adam, FLOAT).numbers(t, 0.001, 0.9, 0.999, 1e-8)
    assert numbers[4:6] == (1 - 0.9**t, 1 - 0.999**t)


@every_rule
@both_dtypes
@pytest.mark.parametrize("strict", [False, True])
def test_the_assembly_is_sound(name, dtype, strict):
    text = assembly(loop_source(RULES[name]), np.dtype(dtype), strict, llvm.get_process_triple())
    module = llvm.parse_assembly(text)
    module.verify()
    assert ("arcp" in text) is not strict


# Without llvmlite, and with one that does not work. In processes of their own, since a package
# that was imported once is not looked for again.

STEPS = """
import warnings
import numpy as np
import dlzero
from dlzero.fast import Optimizer
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for rule in (dlzero.adam, dlzero.momentum):
        for dtype in ("float32", "float64"):
            w = np.ones(3, dtype)
            optimizer = Optimizer(rule)
            optimizer.step(w, w)
print(optimizer.engine_used, *(f"{w.category.__name__}: {w.message}" for w in caught), sep="\\n")
"""


def in_a_process(source, folder=None):
    """Run a program, with the packages in a folder before all others; return its lines."""
    path = [str(folder)] if folder else []
    path += [str(Path(dlzero.__file__).parents[1])]
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def package(folder, name, text):
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(text, encoding="utf-8")
    return folder


def test_llvmlite_that_is_missing_is_no_fault(tmp_path):
    text = "raise ModuleNotFoundError('No module named llvmlite', name='llvmlite')"
    assert in_a_process(STEPS, package(tmp_path, "llvmlite", text)) == ["numpy"]


@pytest.mark.parametrize(
    "text",
    [
        "raise ImportError('made for another Python')",
        "raise ImportError('made for another Python', name='llvmlite')",
        "raise OSError('made for another Python')",
        "raise RuntimeError('made for another Python')",
        "raise ModuleNotFoundError('made for another Python', name='other')",
    ],
)
def test_llvmlite_that_is_broken_is_reported_once(tmp_path, text):
    engine, *warned = in_a_process(STEPS, package(tmp_path, "llvmlite", text))
    assert engine == "numpy"
    assert len(warned) == 1
    assert "RuntimeWarning: llvmlite does not work here" in warned[0]
    assert "made for another Python" in warned[0]


def test_llvmlite_that_is_too_old_is_reported(tmp_path):
    text = "def start(): pass\ninitialize_native_target = initialize_native_asmprinter = start"
    package(package(tmp_path, "llvmlite", "").joinpath("llvmlite"), "binding", text)
    engine, warned = in_a_process(STEPS, tmp_path)
    assert engine == "numpy"
    assert "AttributeError" in warned


def test_nothing_is_imported_unasked():
    source = """
import sys
import dlzero
print(*(m for m in ("dlzero.fast", "llvmlite", "numba") if m in sys.modules))
import dlzero.fast
import numpy as np
optimizer = dlzero.Optimizer(dlzero.adam)
optimizer.step(np.ones(3), np.ones(3))
print(*(m for m in ("llvmlite", "numba", "ast") if m in sys.modules))
optimizer = dlzero.fast.Optimizer(dlzero.adam)
print(*(m for m in ("llvmlite", "numba") if m in sys.modules))
optimizer.step(np.ones(3), np.ones(3))
print(*(m for m in ("llvmlite", "numba") if m in sys.modules))
"""
    lines = in_a_process(source)
    assert lines[0] == lines[2] == ""
    assert "llvmlite" not in lines[1]
    assert lines[3] == "llvmlite"


def test_a_processor_that_llvm_cannot_serve_is_reported(monkeypatch):
    monkeypatch.setattr(llvm, "get_host_cpu_name", lambda: 1 / 0)
    kernels.kernel.cache_clear()
    kernels.warn_once.cache_clear()
    w = np.ones(3)
    optimizer = Optimizer(gradient_descent, lr=1.0)
    with pytest.warns(RuntimeWarning, match="ZeroDivisionError"):
        optimizer.step(w, np.ones(3))
    assert optimizer.engine_used == "numpy"
    np.testing.assert_array_equal(w, 0.0)
    kernels.kernel.cache_clear()
    kernels.warn_once.cache_clear()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_waits_until_a_rule_is_ready():
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    held, release = threading.Event(), threading.Event()

    def prepare():
        with kernels.PREPARING:
            held.set()
            release.wait(timeout=60)

    holder = threading.Thread(target=prepare)
    holder.start()
    held.wait()
    threading.Timer(0.2, release.set).start()
    child = os.fork()  # waits for the other thread
    if child == 0:
        kernels.kernel.cache_clear()
        code = 0
        try:
            Optimizer(gradient_descent).step(np.ones(3), np.ones(3))
        except BaseException:
            code = 1
        os._exit(code)
    waited, done, status = release.is_set(), 0, None
    release.set()
    for _ in range(300):
        if done:
            break
        time.sleep(0.1)
        done, status = os.waitpid(child, os.WNOHANG)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    holder.join()
    assert waited
    assert (done, status) == (child, 0)


def test_several_threads_prepare_rules_at_once():
    kernels.kernel.cache_clear()
    results, w = [], [np.ones(5) for _ in range(8)]
    rules = [adam, momentum, gradient_descent, dlzero.lion] * 2

    def work(k):
        optimizer = Optimizer(rules[k], lr=0.1)
        optimizer.step(w[k], np.ones(5))
        results.append(optimizer.engine_used)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert results == ["compiled"] * 8
    np.testing.assert_array_equal(w[:4], w[4:])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_numpy_keeps_the_memory_of_its_temporaries(tmp_path):
    # In a process of its own: what ran before may have taught the C library already.
    source = """
import resource
import numpy as np
import dlzero
from dlzero.fast import Optimizer

w, g = np.zeros(20_000), np.ones(20_000)
optimizer = Optimizer(dlzero.adam, threads=1)
faults = []
for _ in range(3):
    for _ in range(100):
        optimizer.step(w, g)
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(optimizer.engine_used, faults[2] - faults[1])
"""
    text = "raise ModuleNotFoundError('No module named llvmlite', name='llvmlite')"
    engine, faults = in_a_process(source, package(tmp_path, "llvmlite", text))[0].split()
    assert engine == "numpy"
    assert int(faults) < 100  # less than one for each step
