"""The tasks of a comparison, and the workers that do them: each run is a task of its own."""

import contextlib
import itertools
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import asdict, dataclass

import numpy as np

from .extras import extra
from .keys import fingerprint
from .methods import Method
from .problems import Problem
from .runs import Outcome, Run


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
    of_problem = [fingerprint(np.__version__, type(p), p.identity()) for p in problems]
    of_method = [fingerprint(m.rule.function, m.rule.hyper, m.schedule) for m in methods]
    tasks = []
    for p, m in itertools.product(range(len(problems)), range(len(methods))):
        method = methods[m]
        rates = [(lr, False) for lr in grid[method.name]]
        if defaults or not rates:
            rates.append((method.default_lr, True))
        for (lr, default), seed in itertools.product(rates, seeds):
            key = fingerprint(of_problem[p], of_method[m], lr, seed, budget, points)
            tasks.append(Task(problems[p], method, lr, default, seed, budget, points, key))
    return tasks


def run_one(task: Task) -> tuple[str, Outcome]:
    """Do one run: a pure function of its task. Any error becomes an outcome."""
    try:
        rule = task.method.at(task.lr)
        return task.key, task.problem.run(rule, task.seed, task.budget, task.points)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return task.key, Outcome(status="failed", reason=reason, validation=math.inf)


def run_all(tasks: Mapping[str, Task], jobs: int, backend: str) -> Iterator[tuple[str, Outcome]]:
    """Yield the key and the outcome of each task, in the order in which they end.

    If the system kills a worker, for lack of memory perhaps, the tasks that are not done are
    given to new ones, three times at most.
    """
    todo = dict(tasks)
    for attempt in range(4):
        try:
            for key, outcome in _answers(todo, jobs, backend):
                del todo[key]
                yield key, outcome
            return
        except BrokenExecutor:
            if attempt == 3:
                raise


def _answers(tasks: Mapping[str, Task], jobs: int, backend: str) -> Iterator[tuple[str, Outcome]]:
    if not tasks:
        return
    with extra("sweep"):
        import joblib
        import threadpoolctl

    # Dask would move a large argument to one worker, and lose it with that. A Task counts as small.
    calls = [joblib.delayed(run_one)(task) for task in tasks.values()]
    # One thread a run: the runs share the processors out already, and sums come out in one order.
    inner = {"inner_max_num_threads": 1} if backend == "loky" else {}
    one_thread = threadpoolctl.threadpool_limits(1)
    with one_thread, _cluster(backend, jobs), joblib.parallel_config(backend, n_jobs=jobs, **inner):
        answers = joblib.Parallel(return_as="generator_unordered", batch_size=1)(calls)
        with contextlib.closing(answers), warnings.catch_warnings():
            # Runs that nobody waits for any more, after Ctrl-C.
            warnings.filterwarnings("ignore", "A generator produced by joblib.Parallel")
            yield from answers


@contextlib.contextmanager
def _cluster(backend: str, jobs: int) -> Iterator[None]:
    """For Dask without a client, start a cluster on this machine."""
    if backend != "dask":
        yield
        return
    with extra("dask"):
        import distributed

    try:
        distributed.get_client()
    except ValueError:
        workers = None if jobs == -1 else jobs
        # Any free port: with None, Dask takes 8787 and warns when another cluster has it.
        options = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        with distributed.LocalCluster(workers, **options) as cluster, distributed.Client(cluster):
            yield
    else:
        yield
