"""The tasks of a comparison, and the workers that do them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor

import pytest
from comparisons import QUIET, ROOT, bowl, plain, stored

from dlzero.__main__ import main
from dlzero.practice import FunctionProblem, Outcome, compare, tasks
from dlzero.practice.keys import package

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm", "distributed")


def test_a_failed_run_is_a_row_with_its_reason():
    def fun(x):
        if x[0] < 1:
            raise RuntimeError("too far")
        return float(x @ x)

    own = FunctionProblem("own", fun, lambda x: 2 * x, (3.0, 3.0))
    results = compare(own, "sgd", rates=[1e-6, 0.1], seeds=1, defaults=False, **QUIET)
    assert [row["status"] for row in results] == ["ok", "failed"]
    assert results.rows[1]["reason"] == "RuntimeError: too far"
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


ORPHANS = """
import os, sys, time
from pathlib import Path
from dlzero.practice import FunctionProblem, compare

def wait(x):
    if os.getpid() != parent:
        Path(sys.argv[1], str(os.getpid())).touch()
        while True:
            time.sleep(0.05)
    return float(x @ x)

if __name__ == "__main__":
    parent = os.getpid()
    problem = FunctionProblem("own", lambda x: wait(x), lambda x: 2 * x, (1.0, 2.0))
    compare(problem, "sgd", rates=[0.1], seeds=4, jobs=2, store=None, progress=False)
"""


@pytest.mark.skipif(os.name == "nt", reason="no process hears that its parent has ended")
def test_workers_end_with_a_sweep_that_is_killed(tmp_path):
    script, folder = tmp_path / "orphans.py", tmp_path / "pids"
    script.write_text(ORPHANS)
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, script, folder],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        while len([*folder.iterdir()]) < 2:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        # The workers have this pipe too: it ends when the last of them has ended.
        process.communicate(timeout=120)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_a_dask_cluster_starts_beside_another():
    with socket.socket() as other:
        with contextlib.suppress(OSError):  # another program has it already
            other.bind(("", 8787))
            other.listen()
        results = compare(bowl(), "sgd", rates=[0.1], seeds=2, backend="dask", **QUIET)
    assert [row["status"] for row in results] == ["ok"] * len(results)


SUICIDE = """
import os, sys
from pathlib import Path
from dlzero.practice import FunctionProblem, compare

def fun(x):
    if abs(x[0]) < 0.75:  # one step of the larger rate
        os._exit(3)
    return float(x @ x)

if __name__ == "__main__":
    problem = FunctionProblem("own", lambda x: fun(x), lambda x: 2 * x, (1.0, 2.0))
    for _ in range(int(sys.argv[3])):
        results = compare(problem, "sgd", rates=[1e-9, 1e-8, 0.1], seeds=1, budget=9,
                          defaults=False, jobs=2, backend=sys.argv[2], progress=False,
                          store=Path(sys.argv[1]) / "runs.sqlite")
        print([row.status for row in results], results.complete)
    print(results.message, results.rows[-1].reason)
"""


@pytest.mark.parametrize(("backend", "times"), [("loky", 2), ("dask", 1)])
def test_a_run_that_ends_its_process_is_a_row_and_the_others_go_on(backend, times, tmp_path):
    script = tmp_path / "suicide.py"
    script.write_text(SUICIDE)
    done = subprocess.run(
        [sys.executable, script, tmp_path, backend, str(times)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    *rows, last = done.stdout.splitlines()
    assert rows == ["['ok', 'ok', 'failed'] True"] * times
    assert "1 of 3 runs failed" in last
    assert "the process of this run ended, each time it was tried" in last
    assert stored(tmp_path / "runs.sqlite") == 2


class Cancelled(BaseException):
    """As those of asyncio and pytest, which are no Exception."""


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit, Cancelled])
def test_a_run_that_leaves_python_is_a_row(error):
    def fun(x):
        if x[0] < 1:
            raise error("enough")
        return float(x @ x)

    own = FunctionProblem("own", fun, lambda x: 2 * x, (3.0, 3.0))
    results = compare(own, "sgd", rates=[1e-6, 0.1], seeds=1, defaults=False, **QUIET)
    assert [row["status"] for row in results] == ["ok", "failed"]
    assert results.rows[1]["reason"] == f"{error.__name__}: enough"


def answering(monkeypatch, answer):
    """Let the workers do what `answer(begun)` yields of the keys that were given out."""
    given = []

    def answers(todo, jobs, backend):
        given.append([task.key for task in todo])
        yield from answer(given[-1])

    monkeypatch.setattr(tasks, "_from_joblib", answers)
    return given


class Key:
    def __init__(self, key):
        self.key = key


def test_after_a_death_only_what_was_at_work_is_done_alone(monkeypatch):
    def answer(keys):
        for key in keys:
            if key == "c":
                raise BrokenExecutor("a worker died")
            yield key, Outcome()

    given = answering(monkeypatch, answer)
    found = dict(tasks.run_all({key: Key(key) for key in "abcdefg"}, 2, "loky"))
    assert given == [[*"abcdefg"], ["c"], ["c"], ["d"], ["e"], ["f"], ["g"]]
    assert [key for key, outcome in found.items() if outcome.status == "failed"] == ["c"]
    assert [*found] == [*"abcdefg"]


def test_workers_that_cannot_start_are_an_error(monkeypatch):
    def answers(todo, jobs, backend):
        raise BrokenExecutor("no room")
        yield

    monkeypatch.setattr(tasks, "_from_joblib", answers)
    with pytest.raises(BrokenExecutor, match="no room"):
        [*tasks.run_all({"a": Key("a")}, 2, "loky")]


def test_an_error_that_is_no_death_is_told(monkeypatch):
    def answer(keys):
        yield "a", Outcome()
        raise PermissionError("not yours")

    given = answering(monkeypatch, answer)
    with pytest.raises(PermissionError, match="not yours"):
        [*tasks.run_all({key: Key(key) for key in "ab"}, 2, "loky")]
    assert given == [["a", "b"]]


@pytest.fixture(scope="module")
def cluster():
    """A cluster of Dask as another would have it, known by its address alone."""
    with distributed.LocalCluster(
        2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_by_its_address_gives_the_same_rows(cluster, tmp_path):
    arguments = {"rates": [0.001, 0.1], "seeds": 2, "budget": 30, "progress": False}
    here = compare([bowl(), "iris_logistic"], ["sgd", "adam"], jobs=1, store=None, **arguments)
    there = compare(
        [bowl(), "iris_logistic"],
        ["sgd", "adam"],
        backend="dask",
        address=cluster,
        store=tmp_path / "runs.sqlite",
        **arguments,
    )
    assert plain(there) == plain(here)
    again = compare(  # from the store, without the cluster
        [bowl(), "iris_logistic"],
        ["sgd", "adam"],
        jobs=1,
        store=tmp_path / "runs.sqlite",
        **arguments,
    )
    assert [r.seconds for r in again] == [r.seconds for r in there]


def test_the_command_takes_the_address_of_a_cluster(cluster, capsys):
    words = [
        "--problem",
        "bowl",
        "--methods",
        "sgd",
        "--rates",
        "0.1",
        "--seeds",
        "1",
        "--no-store",
    ]
    assert main(["compare", *words, "--backend", "dask", "--address", cluster]) == 0
    shown = capsys.readouterr()
    assert "bowl: final train loss" in shown.out
    assert shown.err == ""  # no terminal, no progress


def test_a_run_that_a_worker_cannot_read_is_a_row(cluster):
    class Unreadable(type(bowl())):
        def __reduce__(self):
            return int, ("no number",)

    own = Unreadable("own", lambda x: x @ x, lambda x: 2 * x, (3.0, 3.0))
    (row,) = compare(
        own, "sgd", rates=None, seeds=1, backend="dask", address=cluster, store=None, progress=False
    )
    assert row.status == "failed"
    assert "no number" in row.reason


def test_a_cluster_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr(tasks, "WAIT", 0.5)
    arguments = {"backend": "dask", "store": None, "progress": False}
    for address in ("tcp://127.0.0.1:1", "nonsense"):
        with pytest.raises(OSError, match=rf"no scheduler .* answers at address='{address}'.*dask"):
            compare(bowl(), "sgd", address=address, **arguments)


class Client:
    """What is asked of a client."""

    class scheduler:
        address = "tcp://there:1"

    def __init__(self, found):
        self.found = found

    def wait_for_workers(self, number, timeout):
        if self.found is TimeoutError:
            raise TimeoutError

    def run(self, function):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (TimeoutError, "the scheduler at tcp://there:1 has no worker. `dask worker tcp://there:1`"),
        (ModuleNotFoundError("No module named 'dlzero'"), "there:1 lack a package: .*'dlzero'"),
        ({"tcp://w:2": "0.0.9 abc"}, "tcp://w:2 has another dlzero: 0.0.9 abc, but here is"),
    ],
)
def test_workers_that_could_not_do_a_run_are_found_before_the_first(found, words):
    tasks._check_workers(Client({"tcp://w:1": package()}))
    with pytest.raises(OSError, match=words):
        tasks._check_workers(Client(found))
