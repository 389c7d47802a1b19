"""The tasks of a comparison, and the workers that do them."""

import contextlib
import os
import socket
import subprocess
import sys
from collections import deque
from concurrent.futures import BrokenExecutor

import pytest
from comparisons import QUIET, ROOT, bowl, plain, stored
from dask.sizeof import sizeof

from dlzero.practice import FunctionProblem, Method, Outcome, compare, problem, tasks

pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm", "distributed")


def test_a_failed_run_is_a_row_with_its_reason():
    def fun(x):
        if x[0] < 1:
            raise ZeroDivisionError("too far")
        return float(x @ x)

    own = FunctionProblem("own", fun, lambda x: 2 * x, (3.0, 3.0))
    results = compare(own, "sgd", rates=[1e-6, 0.1], seeds=1, defaults=False, **QUIET)
    assert [row["status"] for row in results] == ["ok", "failed"]
    assert results.rows[1]["reason"] == "ZeroDivisionError: too far"
    assert results.complete


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_backends_give_the_same_rows(backend):
    arguments = {"rates": [0.001, 0.1], "seeds": 2, "budget": 30, "store": None, "progress": False}
    problems = [bowl(), "noisy", "iris_logistic"]
    one = compare(problems, ["sgd", "adam"], jobs=1, **arguments)
    two = compare(problems, ["sgd", "adam"], jobs=2, backend=backend, **arguments)
    assert plain(one) == plain(two)


KILLER = """
import os, signal, sys
from pathlib import Path
from dlzero.practice import FunctionProblem, compare

def make(flag):
    def fun(x):
        # The first worker that comes here dies, in the middle of its run.
        if x[0] < 2 and not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return float(x @ x)
    return FunctionProblem("own", fun, lambda x: 2 * x, (3.0, 3.0))

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    results = compare(make(folder / "flag"), ["sgd", "adam"], rates=[0.01, 0.1], seeds=4,
                      budget=100, jobs=2, backend=sys.argv[2], store=folder / "runs.sqlite",
                      progress=False)
    statuses = [row["status"] for row in results]
    print((folder / "flag").exists(), results.complete, len(results), set(statuses))
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_a_killed_worker_loses_nothing(backend, tmp_path):
    script = tmp_path / "killer.py"
    script.write_text(KILLER)
    done = subprocess.run(
        [sys.executable, script, tmp_path, backend],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "True True 24 {'ok'}"
    assert stored(tmp_path / "runs.sqlite") == 20


def test_dask_does_not_move_the_data_of_a_task_to_a_worker_ahead_of_time():
    (large,) = tasks.plan(
        [problem("digits_deep")], [Method("a", "sgd")], {"a": []}, [0], 9, 2, True
    )
    assert sum(part.nbytes for part in large.problem.arrays()) > 100_000
    assert sizeof(large) < 1000  # where joblib draws the line


def test_a_dask_cluster_starts_beside_another():
    with socket.socket() as other:
        with contextlib.suppress(OSError):  # another program has it already
            other.bind(("", 8787))
            other.listen()
        results = compare(bowl(), "sgd", rates=[0.1], seeds=2, backend="dask", **QUIET)
    assert [row["status"] for row in results] == ["ok"] * len(results)


def test_tasks_that_are_done_are_not_given_out_again(monkeypatch):
    given = []

    def answers(todo, jobs, backend):
        given.append([*todo])
        for key in [*todo][:2]:
            yield key, Outcome()
        raise BrokenExecutor("a worker died")

    monkeypatch.setattr(tasks, "_answers", answers)
    found, todo = [], dict.fromkeys("abcdefghi")
    with pytest.raises(BrokenExecutor):
        deque((found.append(key) for key, _ in tasks.run_all(todo, 2, "loky")), maxlen=0)
    assert found == [*"abcdefgh"]
    assert [len(keys) for keys in given] == [9, 7, 5, 3]
