"""Threads: every element once, errors are seen, and a late helper does no harm."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from strategies import run

from dlzero.chapters.ch03_gradient_descent import gradient_descent
from dlzero.chapters.ch08_adam import adam
from dlzero.fast import Optimizer, machine, threads
from dlzero.fast.prepared import base_array

pytestmark = pytest.mark.usefixtures("small_shares")

SHARE = 10_000  # elements that are worth a thread with the fixture small_shares
SIZES = [5, 3 * SHARE, 0, 1, SHARE // 2, 7 * SHARE + 3]


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_pieces_cover_every_element_once(count):
    jobs = [(k, [np.zeros(n)]) for k, n in enumerate(SIZES)]
    pieces, used = threads.cut(jobs, count)
    assert used == count
    for _, start, size, (w,) in pieces:
        w[start : start + size] += 1
    assert all((w == 1).all() for _, (w,) in jobs)
    whole, _ = threads.cut(jobs, count, divisible=False)
    assert [piece[:3] for piece in whole] == [(k, 0, n) for k, n in enumerate(SIZES) if n]


def step_all(count):
    arrays = [np.zeros(n) for n in SIZES]
    optimizer = Optimizer(gradient_descent, lr=1.0, threads=count)
    for _ in range(3):
        optimizer.step(arrays, [np.ones(n) for n in SIZES])
    assert all((a == -3.0).all() for a in arrays)
    return optimizer


@pytest.mark.needs("llvmlite")
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_every_element_is_stepped_once(count):
    optimizer = step_all(count)
    assert optimizer.engine_used == "compiled"
    tickets = optimizer.prepared.parts[0].tickets
    for _ in range(600):  # every helper that was asked comes back
        if len(tickets) == count - 1:
            break
        time.sleep(0.1)
    assert len(tickets) == count - 1


@pytest.mark.usefixtures("without_llvmlite")
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_every_element_is_stepped_once_by_numpy(count):
    optimizer = step_all(count)
    assert optimizer.engine_used == "numpy"
    assert optimizer.prepared.parts[0].helpers == count - 1


def test_small_arrays_are_left_to_one_thread():
    w = np.zeros(SHARE)
    optimizer = Optimizer(gradient_descent, threads=8)
    optimizer.step(w, w)
    part = optimizer.prepared.parts[0]
    assert not getattr(part, "tickets", None)
    assert not getattr(part, "helpers", None)


@pytest.mark.needs("llvmlite")
def test_the_step_waits_for_its_helpers(monkeypatch):
    # No helper comes by itself: the test says when one is at work.
    monkeypatch.setattr(threads, "thread_pool", lambda: SimpleNamespace(put=lambda function: None))
    w = np.zeros(8 * SHARE)
    optimizer = Optimizer(gradient_descent, lr=1.0, threads=2)
    optimizer.step(w, np.ones(w.size))
    part, answers = optimizer.prepared.parts[0], []
    compiled = part.run_compiled
    done = 8  # where the finished pieces are counted

    def with_a_slow_helper(address, patience):
        if patience == machine.OPEN:
            assert compiled(address, patience) == 1
            part.shared[done] -= 1  # as if a helper still held a piece
            answers.append(compiled(address, machine.FINISH))
        else:
            answers.append(compiled(address, patience))
            part.shared[done] += len(answers) == 3
        return answers[-1]

    part.run_compiled = with_a_slow_helper
    optimizer.step(w, np.ones(w.size))
    assert answers == [0, 0, 0, 1]
    assert (w == -2).all()  # asking again does no piece again


@pytest.mark.needs("llvmlite")
def test_a_helper_that_comes_late_does_nothing():
    w = np.zeros(8 * SHARE)
    optimizer = Optimizer(gradient_descent, lr=1.0, threads=2)
    optimizer.step(w, np.ones(w.size))
    optimizer.prepared.parts[0].help_out()
    assert (w == -1).all()


@pytest.mark.needs("llvmlite")
def test_a_helper_is_asked_once_until_it_has_come(monkeypatch):
    asked = []
    monkeypatch.setattr(threads, "thread_pool", lambda: SimpleNamespace(put=asked.append))
    w = np.zeros(8 * SHARE)
    optimizer = Optimizer(gradient_descent, lr=1.0, threads=3)
    for _ in range(5):
        optimizer.step(w, np.ones(w.size))
    assert len(asked) == 2  # else a queue would grow on a busy machine
    asked.pop()()
    optimizer.step(w, np.ones(w.size))
    assert len(asked) == 2
    assert (w == -6).all()


@pytest.mark.needs("llvmlite")
def test_many_steps_with_helpers_that_come_and_go():
    w = np.zeros(4 * SHARE)
    optimizer = Optimizer(gradient_descent, lr=1.0, threads=4)
    for k in range(2000):
        optimizer.step(w, np.full(w.size, k % 3 - 1.0))
    assert (w == w[0]).all()
    assert w[0] == sum(1.0 - k % 3 for k in range(2000))


@pytest.mark.usefixtures("without_llvmlite")
def test_an_error_in_a_thread_is_seen():
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


def test_every_thread_reacts_to_overflow_as_the_caller_says():
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


def test_optimizers_in_several_threads():
    rng = np.random.default_rng(3)
    start, grads = rng.normal(size=4 * SHARE), rng.normal(size=(3, 4 * SHARE))
    expected = run(adam, start, grads)[-1]
    results = []

    def work():
        results.append(run(adam, start, grads, Optimizer, threads=2)[-1])

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 4
    for result in results:
        np.testing.assert_array_equal(result, expected)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_the_thread_pool_survives_a_fork():
    import multiprocessing

    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork here")
    w = np.zeros(4 * SHARE)
    Optimizer(gradient_descent, threads=2).step(w, w)
    with multiprocessing.get_context("fork").Pool(1) as workers:
        assert workers.apply_async(step_in_child).get(timeout=60) == -1.0


def step_in_child():
    w = np.zeros(4 * SHARE)
    Optimizer(gradient_descent, lr=1.0, threads=2).step(w, np.ones(4 * SHARE))
    return float(w.mean())


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_the_optimizer_survives_a_fork_with_its_prepared_step():
    import multiprocessing

    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork here")
    global SHARED
    w = np.zeros(4 * SHARE)
    optimizer = Optimizer(gradient_descent, lr=1.0, threads=2)
    optimizer.step(w, np.ones(w.size))
    SHARED = optimizer, w
    with multiprocessing.get_context("fork").Pool(1) as workers:
        assert workers.apply_async(step_again).get(timeout=60) == -2.0
    assert (w == -1.0).all()


def step_again():
    optimizer, w = SHARED
    optimizer.step(w, np.ones(w.size))
    return float(w.mean())


@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (1.5, TypeError), ("2", TypeError)])
def test_threads_are_a_number(value, error):
    with pytest.raises(error, match="threads"):
        Optimizer(adam, threads=value)


def test_the_base_of_a_view_is_found():
    w = np.ones((4, 6))
    assert base_array(w[1:].T[2]) is w
    memory = bytearray(32)
    assert base_array(np.frombuffer(memory, float)[1:]) is not w
