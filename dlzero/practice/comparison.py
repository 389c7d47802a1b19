"""The comparison: every problem, method, rate and seed a task of its own."""

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import choice, flag, listed, path_like, positive, shown, text, whole
from ..running.protocols import RuleFunction
from ..running.rule import Rule
from . import extras
from .catalogue import problem as find_problem
from .extras import extra
from .methods import Method
from .problems import Problem
from .results import Results
from .runs import Outcome
from .store import Store
from .tasks import plan, run_all

RATES = "1e-4:100:13"
STORE = "dlzero-runs.sqlite"
BACKENDS = ("loky", "threading", "dask")
LINE = "{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} runs{postfix}, {remaining} left"

Rates = str | float | Sequence[float] | NDArray | None
AnyMethod = RuleFunction | Rule | Method | str


def compare(
    problems: str | Problem | Sequence[str | Problem],
    methods: AnyMethod | Sequence[AnyMethod],
    *,
    rates: Rates | Mapping[str, Rates] = RATES,
    seeds: int | Sequence[int] = 5,
    budget: int = 300,
    defaults: bool = True,
    store: str | PathLike[str] | None = STORE,
    jobs: int = -1,
    backend: str = "loky",
    address: str | None = None,
    points: int = 26,
    progress: bool = True,
) -> Results:
    """Run every method on every problem, at every rate, with every seed.

    Each run is a task of its own and is stored as soon as it is done. So the same call takes up
    an interrupted sweep where it ended, and several calls on one store share the work. A run that
    diverges or fails is a row with its reason. One that failed, by an error or because its process
    ended, is not stored: the same call tries it again.

    Parameters
    ----------
    problems : str, FunctionProblem, ModelProblem, or a list of them
        What to solve; names are keys of ``PROBLEMS``.
    methods : callable, Rule, str, Method, or a list of them
        What to solve it with: rules, their names in `dlzero.RULES`, or a `Method`.
    rates : str, float, array_like, dict or None, default "1e-4:100:13"
        The learning rates of each method: ``"low:high:count"`` spaces them evenly on a
        logarithmic scale. A dictionary gives them for each method by name. None runs the defaults
        alone.
    seeds : int or array_like of int, default 5
        How many seeds, from 0, or which.
    budget : int, default 300
        Steps of each run, equal for all.
    defaults : bool, default True
        Whether to run each method at its default rate too.
    store : path-like or None, default "dlzero-runs.sqlite"
        The file where finished runs are kept. None keeps nothing. To go on from one that may only
        be read, make a copy.
    jobs : int, default -1
        How many runs at a time; -1 takes all processors.
    backend : str, default "loky"
        Where joblib runs them: "loky" for processes, "threading", or "dask" for a cluster.
    address : str, optional
        Of the scheduler of a Dask cluster, such as ``"tcp://127.0.0.1:8786"``. Its workers need the
        same dlzero. Without it, "dask" takes the client that is there, or starts a cluster on
        this machine.
    points : int, default 26
        At how many steps the loss is noted.
    progress : bool, default True
        Whether to show, on one line of stderr, how many runs are done, how many failed, and the
        time left.

    Returns
    -------
    Results
        After Ctrl-C those of the runs that were done, with ``complete`` False.

    Raises
    ------
    ValueError, TypeError
        If an argument is not what is described here, two problems or two methods have one name,
        or a gradient does not have the right shape. All this is found before the first run.
    OSError
        If the store cannot be used, or has no more room. Finished runs are in it, and the same
        call goes on from there.
    ImportError
        If cloudpickle, joblib, threadpoolctl, tqdm or distributed is needed and not there.

    Warns
    -----
    UserWarning
        If a problem or a method cannot be compared with what was run before, as `fingerprint`
        says. It is run again each time and not stored.

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
    budget, points = whole("budget", budget), whole("points", points, least=2, advice="Try 26.")
    defaults, progress = flag("defaults", defaults), flag("progress", progress)
    store = None if store is None else path_like("store", store)
    jobs, backend = _jobs(jobs), choice("backend", backend, BACKENDS)
    if address is not None and text("address", address) and backend != "dask":
        raise ValueError(f"address={address!r} goes with backend='dask'")
    for method in methods:
        method.check()
    for problem in problems:
        problem.check()
    tasks = plan(problems, methods, grid, seeds, budget, points, defaults)
    make_bar: Any = _NoBar
    if extras.IN_BROWSER:
        store, backend = None, "loky"
    else:
        with extra("sweep"):
            from tqdm.auto import tqdm

        make_bar = tqdm

    with Store(store) as kept:

        def stored(*keys: str) -> dict[str, Outcome]:
            known = {key: Outcome(**outcome) for key, outcome in kept.get(keys).items()}
            return {key: outcome for key, outcome in known.items() if outcome.status != "failed"}

        def elsewhere(key: str) -> Outcome | None:
            return stored(key).get(key)

        outcomes = stored(*(task.key for task in tasks))
        # One seed after the other: a part of the sweep already tells something of every method.
        in_turn = sorted(tasks, key=lambda task: seeds.index(task.seed))
        todo = {task.key: task for task in in_turn if task.key not in outcomes}
        total, failed, message = len(outcomes) + len(todo), 0, ""
        line = {"total": total, "initial": len(outcomes), "smoothing": 0, "bar_format": LINE}
        with make_bar(**line, disable=not progress) as bar:
            bar.set_postfix_str("0 failed", refresh=False)
            try:
                for key, outcome in run_all(todo, jobs, backend, address, elsewhere, kept.claim):
                    outcomes[key] = outcome
                    if outcome.status == "failed":
                        failed += 1
                        bar.set_postfix_str(f"{failed} failed", refresh=False)
                    elif todo[key].comparable:
                        kept.put(key, asdict(outcome))
                    bar.update()
                if failed:
                    message = f"{failed} of {total} runs failed. The same call tries them again."
            except KeyboardInterrupt:
                done = len(outcomes) - failed
                where = f" in {store}, and the same call goes on from there" if store else ""
                message = f"Interrupted: {done} of {total} runs are kept{where}."
        if kept.is_lost():
            lost = f"The store {store} was moved or deleted meanwhile: new runs are not kept there."
            message = f"{message} {lost}".lstrip()
    rows = [task.row(outcomes[task.key]) for task in tasks if task.key in outcomes]
    return Results(rows, message, complete=len(rows) == len(tasks))


class _NoBar(contextlib.nullcontext[Any]):
    """What a browser shows of the progress."""

    def __init__(self, **line: Any) -> None:
        super().__init__(self)

    def set_postfix_str(self, words: str, refresh: bool = True) -> None: ...

    def update(self) -> None: ...


def _list(value: Any, what: str) -> list[Any]:
    if isinstance(value, Iterable) and not isinstance(value, str | list | tuple):
        raise TypeError(f"{what} must be a list, got {shown(value)}. Try list({what}).")
    all_of_them = list(value) if isinstance(value, list | tuple) else [value]
    if not all_of_them:
        raise ValueError(f"{what} is empty; give at least one")
    return all_of_them


def _different(names: list[str], what: str) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"two {what} have the name {twice[0]!r}; give each a name of its own")


def _problems(problems: Any) -> list[Problem]:
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


def _methods(methods: Any) -> list[Method]:
    found = []
    for method in _list(methods, "methods"):
        if isinstance(method, str):
            method = Method(method, method)
        elif not isinstance(method, Method):
            method = Method(Rule(method).name, method)
        found.append(method)
    _different([method.name for method in found], "methods")
    return found


def _grid(rates: Any, methods: list[Method]) -> dict[str, list[float]]:
    names = [method.name for method in methods]
    if not isinstance(rates, Mapping):
        return dict.fromkeys(names, rate_range(rates))
    for name in rates:
        if name not in names:
            raise ValueError(f"rates has {name!r}, which is no method; these are: {names}")
    lacking = [name for name in names if name not in rates]
    if lacking:
        raise ValueError(f"rates has no entry for {lacking}; None there runs the default alone")
    return {name: rate_range(rates[name]) for name in names}


def rate_range(rates: Rates) -> list[float]:
    """Return learning rates as a list of floats.

    Parameters
    ----------
    rates : str, float, array_like or None
        ``"low:high:count"``, evenly spaced on a logarithmic scale; or the rates; or None for none.

    Returns
    -------
    list of float
        Ascending. Rates of a range are rounded to four digits, so that tables show what was run.

    Raises
    ------
    TypeError
        If a rate is no number.
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
    each = listed("rates", rates)
    if not each:
        raise ValueError("rates is empty; give at least one, or None for the defaults alone")
    return sorted({positive("each of rates", rate) for rate in each})


def _jobs(jobs: Any) -> int:
    advice = "Give how many runs at a time, or -1 for all processors"
    if whole("jobs", jobs, least=-1, advice=advice) == 0:
        raise ValueError(f"jobs must not be 0. {advice}.")
    return int(jobs)


def _seeds(seeds: Any) -> list[int]:
    each = listed("seeds", seeds)
    if each and each[0] is seeds:  # how many
        return list(range(whole("seeds", seeds)))
    if not each:
        raise ValueError("seeds is empty; give at least one")
    return list(dict.fromkeys(whole("each of seeds", seed, least=0) for seed in each))
