"""The tasks of a comparison, and the workers that do them: each run is a task of its own."""

import contextlib
import functools
import itertools
import math
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import extras
from .extras import extra
from .keys import ONCE, fingerprint, package
from .methods import Method
from .problems import Problem
from .runs import Outcome, Run

#: How long a scheduler of Dask and its first worker may take to answer, in seconds.
WAIT = 10


@dataclass(frozen=True)
class Task:
    """One run: everything that decides its outcome."""

    problem: Problem
    method: Method
    lr: float
    default: bool
    seed: int
    budget: int
    points: int
    key: str

    @property
    def comparable(self) -> bool:
        """Whether its outcome may be kept: not if its code cannot be compared."""
        return not self.key.startswith(ONCE)

    def row(self, outcome: Outcome) -> Run:
        """Return the row of the results."""
        return Run(
            problem=self.problem.name,
            method=self.method.name,
            hyper=self.method.words(),
            lr=self.lr,
            default=self.default,
            seed=self.seed,
            budget=self.budget,
            **asdict(outcome),
        )


def plan(
    problems: Sequence[Problem],
    methods: Sequence[Method],
    grid: Mapping[str, Sequence[float]],
    seeds: Sequence[int],
    budget: int,
    points: int,
    defaults: bool,
) -> list[Task]:
    """Return all tasks, in the order of the results.

    The key of a task is a fingerprint of all that decides its outcome, code and data included.
    """
    of_code = None if extras.IN_BROWSER else _key_of_code(problems, methods, budget, points)
    key_of = of_code or _key_of_place
    tasks = []
    for p, m in itertools.product(range(len(problems)), range(len(methods))):
        method = methods[m]
        rates = [(lr, False) for lr in grid[method.name]]
        if defaults or not rates:
            rates.append((method.default_lr, True))
        for (lr, default), seed in itertools.product(rates, seeds):
            key = key_of(p, m, lr, seed)
            tasks.append(Task(problems[p], method, lr, default, seed, budget, points, key))
    return tasks


def _key_of_place(p: int, m: int, lr: float, seed: int) -> str:
    """Tell the tasks of one call apart; nothing is stored that has to be found again."""
    return f"{ONCE}{p}-{m}-{lr}-{seed}"


def _key_of_code(
    problems: Sequence[Problem], methods: Sequence[Method], budget: int, points: int
) -> Callable[[int, int, float, int], str]:
    of_problem = [
        fingerprint(np.__version__, type(p), p.identity(), what=f"problem {p.name}")
        for p in problems
    ]
    of_method = [
        fingerprint(m.rule.function, m.rule.hyper, m.schedule, what=f"method {m.name}")
        for m in methods
    ]

    def key_of(p: int, m: int, lr: float, seed: int) -> str:
        key = fingerprint(of_problem[p], of_method[m], lr, seed, budget, points)
        return ONCE + key[len(ONCE) :] if ONCE in of_problem[p] + of_method[m] else key

    return key_of


def run_one(task: Task) -> tuple[str, Outcome]:
    """Do one run: a pure function of its task. Any error becomes an outcome."""
    try:
        rule = task.method.at(task.lr)
        return task.key, task.problem.run(rule, task.seed, task.budget, task.points)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and what other packages derive is no Exception
        return task.key, _failed(_told(error))


def _run_for(parent: int, task: Task) -> tuple[str, Outcome]:
    """Do one run for a process, in a worker that ends with it."""
    _end_with(parent)
    return run_one(task)


@functools.cache
def _end_with(parent: int) -> None:
    """Let this worker end when the process that started it has ended, even if that was killed.

    joblib's own workers would finish their run and wait five minutes for another. Windows does not
    tell a process that it has lost its parent: there they do.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    if os.getpid() != parent and os.name != "nt":
        threading.Thread(target=watch, daemon=True).start()


def _told(error: BaseException) -> str:
    """Return an error and its cause in one line."""
    cause = f" ({_told(error.__cause__)})" if error.__cause__ else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{cause}"


def _failed(reason: str) -> Outcome:
    return Outcome(status="failed", reason=reason, validation=math.inf)


def run_all(
    tasks: Mapping[str, Task],
    jobs: int,
    backend: str,
    address: str | None = None,
    elsewhere: Callable[[str], Outcome | None] = lambda key: None,
    claim: Callable[[str], bool] = lambda key: True,
) -> Iterator[tuple[str, Outcome]]:
    """Yield the key and the outcome of each task, in the order in which they end.

    If a worker dies, because the system killed it for lack of memory or because a function ended
    its process, the tasks that were at work are done again, one at a time. One that kills its
    worker each time has failed; the others go on.

    Parameters
    ----------
    tasks : dict of Task
        By key.
    jobs, backend, address
        As for `compare`.
    elsewhere : callable, optional
        ``elsewhere(key)`` gives the outcome if another sweep has done the task in the meantime.
    claim : callable, optional
        ``claim(key)`` is False if another sweep has begun with the task. It is left for the end,
        and done if it is not there by then.
    """
    todo, begun = dict(tasks), dict[str, Task]()

    def calls() -> Iterator[Task]:
        later = dict[str, None]()
        # Those that are left for the end come after the others, in the same loop.
        for key in itertools.chain([*todo], later):
            outcome = elsewhere(key)
            if outcome is not None:
                found.append((key, outcome))
            elif key in later or claim(key):
                begun[key] = todo[key]
                yield todo[key]
            else:
                later[key] = None

    with _cluster(backend, jobs, address) as client:

        def answers(chosen: Iterable[Task], jobs: int) -> Iterator[tuple[str, Outcome]]:
            if extras.IN_BROWSER:
                return map(run_one, chosen)
            return _from_dask(chosen, client) if client else _from_joblib(chosen, jobs, backend)

        while todo:
            found: list[tuple[str, Outcome]] = []
            begun.clear()
            try:
                for key, outcome in itertools.chain(answers(calls(), jobs), found):
                    todo.pop(key)
                    yield key, outcome
            except Exception as error:
                suspects = [key for key in begun if key in todo]
                if not (suspects and _death(error)):
                    raise
                for key in suspects:
                    # Dask itself has tried it on four workers, each time that it says so.
                    yield key, _alone(todo.pop(key), answers, 1 if client else 2)


def _death(error: Exception) -> bool:
    """Tell whether a worker died: loky and Dask have names of their own for that."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"


def _alone(
    task: Task, answers: Callable[..., Iterator[tuple[str, Outcome]]], times: int
) -> Outcome:
    """Do a task while no other is at work, so that it is known who killed a worker."""
    for _ in range(times):
        try:
            # With one job, joblib would take this process.
            ((_, outcome),) = answers([task], 2)
            return outcome
        except Exception as error:
            if not _death(error):
                raise
            reason = _told(error)
    return _failed(f"the process of this run ended, each time it was tried. {reason:.300}")


def _from_joblib(tasks: Iterable[Task], jobs: int, backend: str) -> Iterator[tuple[str, Outcome]]:
    with extra("sweep"):
        import joblib
        import threadpoolctl

    calls = (joblib.delayed(_run_for)(os.getpid(), task) for task in tasks)
    # One thread a run: the runs share the processors out already, and sums come out in one order.
    inner = {"inner_max_num_threads": 1} if backend == "loky" else {}
    one_thread = threadpoolctl.threadpool_limits(1)
    with one_thread, joblib.parallel_config(backend, n_jobs=jobs, **inner):
        answers = joblib.Parallel(return_as="generator_unordered", batch_size=1)(calls)
        with contextlib.closing(answers), warnings.catch_warnings():
            # Runs that nobody waits for any more, after Ctrl-C.
            warnings.filterwarnings("ignore", "A generator produced by joblib.Parallel")
            yield from answers


def _from_dask(tasks: Iterable[Task], client: Any) -> Iterator[tuple[str, Outcome]]:
    """Do tasks on a cluster. joblib's way there waits for ever for a task that Dask gives up."""
    from distributed import as_completed

    tasks, at_work = iter(tasks), dict[Any, Task]()
    answers = as_completed(with_results=True, raise_errors=False)

    def send(count: int) -> None:
        for task in itertools.islice(tasks, count):
            future = client.submit(run_one, task, pure=False)
            at_work[future] = task
            answers.add(future)

    # A worker has the next task while its answer travels. All may just be dead and come back.
    send(max(2, 2 * sum(client.ncores().values())))
    for future, answer in answers:
        task = at_work.pop(future)
        if future.status == "finished":
            yield answer
        elif future.status == "cancelled":
            raise OSError("the cluster of Dask is gone. The same call goes on from what is stored.")
        elif _death(answer[1]):
            raise answer[1]
        else:
            yield task.key, _failed(_told(answer[1]))
        send(1)


@contextlib.contextmanager
def _cluster(backend: str, jobs: int, address: str | None) -> Iterator[Any]:
    """For Dask give the client of an address, or the one there is, or that of a cluster here."""
    if backend != "dask":
        yield None
        return
    with extra("dask"):
        import distributed

    with contextlib.ExitStack() as opened:
        client = None
        if address is None:
            with contextlib.suppress(ValueError):
                client = distributed.get_client()
        else:
            client = opened.enter_context(_client(distributed, address))
        if client is not None:
            _check_workers(client)
            yield client
            return
        workers = None if jobs == -1 else jobs
        # Any free port: with None, Dask takes 8787 and warns when another cluster has it.
        options = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        cluster = opened.enter_context(distributed.LocalCluster(workers, **options))
        client = opened.enter_context(distributed.Client(cluster))
        yield client
        # Dask cannot close a cluster while a worker that died is started again.
        with contextlib.suppress(TimeoutError):
            client.wait_for_workers(len(cluster.workers), timeout=WAIT)


def _client(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=WAIT)
    except (OSError, ValueError, TypeError) as error:
        raise OSError(
            f"no scheduler of Dask answers at address={address!r} ({error}). Start one with "
            "`dask scheduler`, which prints its address, such as tcp://127.0.0.1:8786."
        ) from error


def _check_workers(client: Any) -> None:
    """Find out before the first run what would let all of them fail."""
    where = client.scheduler.address
    try:
        client.wait_for_workers(1, timeout=WAIT)
        packages = client.run(package)
    except TimeoutError:
        words = f"the scheduler at {where} has no worker. `dask worker {where}` starts one."
        raise OSError(words) from None
    except ImportError as error:
        raise OSError(f"the workers of {where} lack a package: {error}. Install it.") from error
    other = [worker for worker, found in packages.items() if found != package()]
    if other:
        raise OSError(
            f"the worker {other[0]} has another dlzero: {packages[other[0]]}, but here is "
            f"{package()}. Install the same on both."
        )
