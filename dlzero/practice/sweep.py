"""The comparison: every problem, method, rate and seed a task of its own."""

import contextlib
import importlib
import itertools
import math
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from numbers import Real

import numpy as np

from ..checks import whole
from ..running.rule import Rule
from .fingerprint import fingerprint
from .problems import problem as find_problem
from .results import Results
from .store import Store

RATES = "1e-4:100:13"
STORE = "dlzero-runs.sqlite"
BACKENDS = ("loky", "threading", "dask")


@dataclass(frozen=True)
class Method:
    """A rule with some of its hyper-parameters set, and perhaps a schedule.

    Parameters
    ----------
    name : str
        What the results call it.
    rule : callable or str
        ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``, or its name.
    hyper : dict, optional
        Hyper-parameters other than ``lr``.
    schedule : callable, optional
        ``schedule(t, lr=...)`` gives the rate of step t from the rate of the grid, as the
        functions of `dlzero.schedules` do.

    Examples
    --------
    >>> from functools import partial
    >>> from dlzero import schedules
    >>> slow = Method("momentum 0.99", "momentum", {"mu": 0.99})
    >>> wave = Method("sgd, cosine", "sgd", schedule=partial(schedules.cosine, steps=300))
    >>> wave.hyper_at(0.1)["lr"](301)
    0.0
    """

    name: str
    rule: Callable | str
    hyper: dict = field(default_factory=dict)
    schedule: Callable | None = None

    def __post_init__(self):
        rule = _rule_of(self.rule)
        if "lr" not in rule.hyper:
            raise TypeError(f"method {self.name}: the rule {rule.name} has no hyper-parameter lr")
        if "lr" in self.hyper:
            raise TypeError(f"method {self.name}: give lr as rates=..., not in hyper")
        Rule(rule, **self.hyper)
        if not (self.schedule is None or callable(self.schedule)):
            raise TypeError(f"method {self.name}: schedule must be a function, got {self.schedule}")
        object.__setattr__(self, "rule", rule.function)

    @property
    def default_lr(self):
        """The rate that the rule has by default (float)."""
        return float(Rule(self.rule).hyper["lr"])

    def hyper_at(self, lr):
        """Return all hyper-parameters, with a rate of the grid."""
        schedule = self.schedule
        rate = lr if schedule is None else (lambda t: schedule(t, lr=lr))
        return {**self.hyper, "lr": rate}

    def words(self):
        """Return the hyper-parameters other than the rate as a text."""
        return ", ".join(f"{name}={value:g}" for name, value in self.hyper.items())


def compare(
    problems,
    methods,
    *,
    rates=RATES,
    seeds=5,
    budget=300,
    defaults=True,
    store=STORE,
    jobs=-1,
    backend="loky",
    points=26,
    progress=True,
):
    """Run every method on every problem, at every rate, with every seed.

    Each run is a task of its own and is stored as soon as it is done. So the same call takes up
    an interrupted sweep where it ended. A run that diverges or fails is a row with its reason.

    Parameters
    ----------
    problems : str, FunctionProblem, ModelProblem, or a list of them
        What to solve; names are keys of ``PROBLEMS``.
    methods : str, callable, Method, or a list of them
        What to solve it with: rules, their names, or a `Method`.
    rates : str, list of float, dict or None, default "1e-4:100:13"
        The learning rates of each method: ``"low:high:count"`` spaces them evenly on a
        logarithmic scale. A dictionary gives them for each method by name. None runs the defaults
        alone.
    seeds : int or list of int, default 5
        How many seeds, from 0, or which.
    budget : int, default 300
        Steps of each run, equal for all.
    defaults : bool, default True
        Whether to run each method at its default rate too.
    store : path-like or None, default "dlzero-runs.sqlite"
        Where finished runs are kept. None keeps nothing.
    jobs : int, default -1
        How many runs at a time; -1 takes all processors.
    backend : str, default "loky"
        Where joblib runs them: "loky" for processes, "threading", or "dask" for a cluster. The
        latter takes the client that is there, or starts a cluster on this machine.
    points : int, default 26
        At how many steps the loss is noted.
    progress : bool, default True
        Whether to show a progress bar with the time left.

    Returns
    -------
    Results
        After Ctrl-C those of the runs that were done, with ``complete`` False.

    Raises
    ------
    ValueError, TypeError
        If an argument is not what is described here, two problems or two methods have one name,
        or a gradient does not have the right shape. All this is found before the first run.
    ImportError
        If joblib, tqdm or distributed is needed and not there.

    Notes
    -----
    Sources: Schmidt, Schneider and Hennig (2021), ``schmidt2021descending``; Dahl et al. (2023),
    ``dahl2023benchmarking``. Both give each method the same budget and the same number of
    settings to try.

    Examples
    --------
    >>> results = compare("ravine", ["gradient_descent", "adam"], rates="1e-3:1:4", seeds=3,
    ...                   budget=100, jobs=1, store=None, progress=False)
    >>> len(results)
    30
    """
    problems, methods = _problems(problems), _methods(methods)
    grid, seeds = _grid(rates, methods), _seeds(seeds)
    whole("budget", budget)
    _check_how(points, jobs, backend)
    for problem in problems:
        problem.check()
    tasks = plan(problems, methods, grid, seeds, budget, points, defaults)
    with Store(store) as kept:
        outcomes = kept.get(task.key for task in tasks)
        message = ""
        # One seed after the other: a part of the sweep already tells something of every method.
        in_turn = sorted(tasks, key=lambda task: seeds.index(task.seed))
        todo = {task.key: task for task in in_turn if task.key not in outcomes}
        total = len(outcomes) + len(todo)
        with _bar(progress, total, len(outcomes)) as bar:
            try:
                for key, outcome in run_all(todo, jobs, backend):
                    outcomes[key] = outcome
                    kept.put(key, outcome)
                    bar.update()
            except KeyboardInterrupt:
                where = f" in {store}, and the same call goes on from there" if store else ""
                message = f"Interrupted: {len(outcomes)} of {total} runs are kept{where}."
        if kept.unsaved:
            message += f" {len(kept.unsaved)} runs could not be stored in {store}."
    rows = [task.row(outcomes[task.key]) for task in tasks if task.key in outcomes]
    return Results(rows, message.strip(), complete=len(rows) == len(tasks))


@dataclass(frozen=True)
class Task:
    """One run: everything that decides its outcome."""

    problem: object
    method: Method
    lr: float
    default: bool
    seed: int
    budget: int
    points: int
    key: str

    def row(self, outcome):
        """Return the row of the results."""
        return {
            "problem": self.problem.name,
            "method": self.method.name,
            "hyper": self.method.words(),
            "lr": self.lr,
            "default": self.default,
            "seed": self.seed,
            "budget": self.budget,
            **outcome,
        }


def plan(problems, methods, grid, seeds, budget, points, defaults):
    """Return all tasks, in the order of the results.

    The key of a task is a fingerprint of all that decides its outcome, code and data included.
    """
    of_problem = [fingerprint(np.__version__, type(p), p.identity()) for p in problems]
    of_method = [fingerprint(m.rule, m.hyper, m.schedule) for m in methods]
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


def run_one(task):
    """Do one run: a pure function of its task. Any error becomes an outcome."""
    key, problem, method, lr, seed, budget, points = task
    try:
        return key, problem.run(method.rule, method.hyper_at(lr), seed, budget, points)
    except Exception as error:
        return key, {
            "status": "failed",
            "reason": f"{type(error).__name__}: {error}",
            "train": math.inf,
            "validation": math.inf,
            "accuracy": math.nan,
            "seconds": math.nan,
            "steps": [],
            "curve": [],
        }


def run_all(tasks, jobs, backend):
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


def _answers(tasks, jobs, backend):
    if not tasks:
        return
    joblib = _needed("joblib")
    # One tuple for all: Dask would move other objects to a worker, and lose them with it.
    calls = [
        joblib.delayed(run_one)((key, t.problem, t.method, t.lr, t.seed, t.budget, t.points))
        for key, t in tasks.items()
    ]
    # One thread a run: the runs share the processors out already, and sums come out in one order.
    inner = {"inner_max_num_threads": 1} if backend == "loky" else {}
    one_thread = _needed("threadpoolctl").threadpool_limits(1)
    with one_thread, _cluster(backend, jobs), joblib.parallel_config(backend, n_jobs=jobs, **inner):
        answers = joblib.Parallel(return_as="generator_unordered", batch_size=1)(calls)
        with contextlib.closing(answers), warnings.catch_warnings():
            # Runs that nobody waits for any more, after Ctrl-C.
            warnings.filterwarnings("ignore", "A generator produced by joblib.Parallel")
            yield from answers


@contextlib.contextmanager
def _cluster(backend, jobs):
    """For Dask without a client, start a cluster on this machine."""
    if backend != "dask":
        yield
        return
    distributed = _needed("distributed")
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


@contextlib.contextmanager
def _bar(wanted, total, done):
    if not wanted:
        yield _NoBar()
        return
    tqdm = _needed("tqdm.auto").tqdm
    with tqdm(total=total, initial=done, unit="run", smoothing=0.05) as bar:
        yield bar


class _NoBar:
    def update(self):
        pass


def _needed(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        extra = "dask" if name == "distributed" else "sweep"
        raise ImportError(
            f"this needs the package {name.partition('.')[0]} ({error}). "
            f"Install it: pip install 'dlzero[{extra}]'"
        ) from error


def _list(value, what):
    listed = list(value) if isinstance(value, list | tuple) else [value]
    if not listed:
        raise ValueError(f"{what} is empty; give at least one")
    return listed


def _different(names, what):
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"two {what} have the name {twice[0]!r}; give each a name of its own")


def _problems(problems):
    found = [find_problem(p) if isinstance(p, str) else p for p in _list(problems, "problems")]
    for problem in found:
        lacks = [n for n in ("name", "identity", "check", "run") if not hasattr(problem, n)]
        if lacks:
            raise TypeError(
                "problems must be names, FunctionProblem or ModelProblem objects, "
                f"got {problem!r}, without {', '.join(lacks)}"
            )
    _different([problem.name for problem in found], "problems")
    return found


def _methods(methods):
    found = []
    for method in _list(methods, "methods"):
        if not isinstance(method, Method):
            rule = _rule_of(method)
            method = Method(rule.name, rule.function)
        found.append(method)
    _different([method.name for method in found], "methods")
    return found


def _grid(rates, methods):
    names = [method.name for method in methods]
    if not isinstance(rates, dict):
        return dict.fromkeys(names, rate_range(rates))
    for name in rates:
        if name not in names:
            raise ValueError(f"rates has {name!r}, which is no method; these are: {names}")
    lacking = [name for name in names if name not in rates]
    if lacking:
        raise ValueError(f"rates has no entry for {lacking}; None there runs the default alone")
    return {name: rate_range(rates[name]) for name in names}


def rate_range(rates):
    """Return learning rates as a list of floats.

    Parameters
    ----------
    rates : str, sequence of float or None
        ``"low:high:count"``, evenly spaced on a logarithmic scale; or the rates; or None for none.

    Returns
    -------
    list of float
        Ascending. Rates of a range are rounded to four digits, so that tables show what was run.

    Raises
    ------
    ValueError
        If that is no range, or a rate is not positive and finite.

    Examples
    --------
    >>> rate_range("1e-3:1:4")
    [0.001, 0.01, 0.1, 1.0]
    """
    if rates is None:
        return []
    if isinstance(rates, str):
        advice = f"rates={rates!r} is no range. Write low:high:count, for example 1e-4:1:13"
        parts = rates.split(":")
        try:
            low, high, count = float(parts[0]), float(parts[1]), int(parts[2])
        except (ValueError, IndexError):
            raise ValueError(f"{advice}.") from None
        if len(parts) != 3 or not 0 < low < high < math.inf or count < 2:
            raise ValueError(f"{advice}, with 0 < low < high and a count of at least 2.")
        rates = [float(f"{rate:.4g}") for rate in np.geomspace(low, high, count)]
    rates = list(rates) if isinstance(rates, list | tuple | np.ndarray) else [rates]
    if not rates:
        raise ValueError("rates is empty; give at least one, or None for the defaults alone")
    for rate in rates:
        if not (isinstance(rate, Real | np.number) and 0 < rate < math.inf):
            raise ValueError(f"rates must be positive finite numbers, got {rate!r}")
    return sorted({float(rate) for rate in rates})


def _check_how(points, jobs, backend):
    if isinstance(points, bool) or not isinstance(points, int | np.integer) or points < 2:
        raise ValueError(f"points={points!r}; expected a whole number of at least 2. Try 26.")
    if isinstance(jobs, bool) or not isinstance(jobs, int | np.integer) or jobs == 0:
        raise ValueError(f"jobs={jobs!r}; expected how many runs at a time, or -1 for all cores")
    if backend not in BACKENDS:
        raise ValueError(f"backend={backend!r}; expected one of {', '.join(BACKENDS)}")


def _seeds(seeds):
    if not isinstance(seeds, list | tuple | range):
        whole("seeds", seeds)
        return list(range(seeds))
    if not seeds:
        raise ValueError("seeds is empty; give at least one")
    for seed in seeds:
        if seed is None:
            raise ValueError("seeds must be whole numbers, got None: a run must be repeatable")
        whole("seed", seed, least=0)
    return list(dict.fromkeys(int(seed) for seed in seeds))


def _rule_of(rule):
    """Return a Rule of a function, or of the name of one."""
    if isinstance(rule, str):
        rules = sys.modules["dlzero"].RULES
        if rule not in rules:
            raise ValueError(f"no rule named {rule!r}. The rules are: {', '.join(sorted(rules))}.")
        rule = rules[rule]
    return Rule(rule)
