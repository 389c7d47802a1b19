"""The results of a comparison: one row a run, and what can be read from them."""

import contextlib
import csv
import gzip
import io
import itertools
import lzma
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from typing import Any, Self, get_type_hints

import numpy as np
from numpy.typing import NDArray

from ..checks import choice, flag, number, path_like, shown
from .runs import COLUMNS, Run

LOSSES = ("train", "validation")
MEASURES = (*LOSSES, "accuracy", "seconds")
#: How many digits a table stores, if not six; None for all.
DIGITS = {"lr": None, "seconds": 3, "curve": 4}

#: What a spreadsheet saved may begin with a byte-order mark, which `utf-8-sig` skips.
ENCODING = {"r": "utf-8-sig", "w": "utf-8"}

_READ: dict[object, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    bool: "1".__eq__,
    list[int]: lambda text: [int(t) for t in text.split()],
    list[float]: lambda text: [float(f) for f in text.split()],
}
_KINDS = {name: _READ[kind] for name, kind in get_type_hints(Run).items()}


class Results:
    """Rows of a comparison, one for each run.

    Parameters
    ----------
    rows : iterable of Run or dict
        One a run. A dictionary has the keys ``COLUMNS``.
    message : str
        How the sweep ended.
    complete : bool
        False if the sweep was interrupted.

    Attributes
    ----------
    rows : list of Run
        Each gives its columns as ``row.train`` and as ``row["train"]``.
    message : str
        How the sweep ended.
    complete : bool
        False if the sweep was interrupted.

    Examples
    --------
    >>> from dlzero.practice import compare
    >>> results = compare("ravine", ["gradient_descent", "adam"], rates=[0.001, 0.01, 0.1],
    ...                   seeds=3, budget=100, jobs=1, store=None, progress=False)
    >>> len(results), results.rows[0].status
    (24, 'ok')
    >>> for best in results.best():
    ...     print(best["method"], best["lr"])
    gradient_descent 0.01
    adam 0.1
    """

    def __init__(
        self,
        rows: Iterable[Run | Mapping[str, Any]],
        message: str = "",
        complete: bool = True,
    ) -> None:
        self.rows = [row if isinstance(row, Run) else Run(**row) for row in rows]
        self.message, self.complete = message, flag("complete", complete)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Run]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return "\n".join([f"{len(self)} runs. {self.message}".rstrip(), *self.table()])

    def column(self, name: str) -> NDArray:
        """Return one column as an array, in the order of the rows."""
        choice("name of a column", name, COLUMNS)
        return np.array([row[name] for row in self.rows])

    def values(self, name: str) -> list[Any]:
        """Return the different values of a column, in the order of their first row."""
        choice("name of a column", name, COLUMNS)
        return list(dict.fromkeys(row[name] for row in self.rows))

    def filter(self, **wanted: Any) -> Self:
        """Keep the rows whose columns have these values.

        Parameters
        ----------
        **wanted
            A value for a column, or a list of values.

        Returns
        -------
        Results

        Raises
        ------
        ValueError
            If there is no such column.
        """
        for name in wanted:
            choice("name of a column", name, COLUMNS)
        lists = {k: v if isinstance(v, list | tuple | set) else [v] for k, v in wanted.items()}
        rows = [row for row in self.rows if all(row[k] in v for k, v in lists.items())]
        return type(self)(rows, self.message, self.complete)

    def median(self, by: str = "train") -> list[dict[str, Any]]:
        """Summarise the seeds: one dictionary for each problem, method and rate.

        Parameters
        ----------
        by : {"train", "validation", "accuracy", "seconds"}, default "train"
            The column to summarise.

        Returns
        -------
        list of dict
            With ``problem, method, lr, default``, ``runs`` (how many), ``median``, ``low`` and
            ``high`` (the quartiles: the band), and ``ok`` (the share of runs that did not diverge
            or fail). All three are values of runs, so infinite ones do no harm. Runs without the
            value, such as the accuracy of one that diverged, are left out; without any it is NaN.

        Raises
        ------
        TypeError, ValueError
            If `by` is none of these columns.
        """
        choice("by", by, MEASURES)
        groups: dict[tuple, list[Run]] = {}
        for row in self.rows:
            key = row["problem"], row["method"], row["lr"], row["default"]
            groups.setdefault(key, []).append(row)
        found = []
        for (problem, method, lr, default), rows in groups.items():
            values = [row[by] for row in rows if not math.isnan(row[by])] or [math.nan]
            low, median, high = np.quantile(values, (0.25, 0.5, 0.75), method="inverted_cdf")
            found.append(
                {
                    "problem": problem,
                    "method": method,
                    "lr": lr,
                    "default": default,
                    "runs": len(rows),
                    "median": float(median),
                    "low": float(low),
                    "high": float(high),
                    "ok": sum(row["status"] == "ok" for row in rows) / len(rows),
                }
            )
        return found

    def best(self, by: str = "train", share: float = 0.95) -> list[dict[str, Any]]:
        r"""Find the best rate of each method on each problem, beside its default.

        The best rate is the one of the grid with the lowest median. A rate is *good* if it goes
        at least a share of the way from the loss at the start to the lowest median of any method:

        .. math:: L_{\text{start}} - L \ge \text{share} \cdot (L_{\text{start}} - L_{\text{best}})

        Parameters
        ----------
        by : {"train", "validation"}, default "train"
            The loss to look at.
        share : float, default 0.95
            The share of the way that makes a rate good, from 0 to 1.

        Returns
        -------
        list of dict
            With ``problem, method``, ``lr, median, low, high`` of the best rate (all NaN without
            a grid, or where there is no such loss), ``edge`` (True if it is the first or the last
            rate of the grid: a wider grid might have a better one), ``good`` (how many rates are
            good) and ``decades`` (how wide that region is, in powers of ten), ``default_lr,
            default, default_low, default_high`` (NaN without a default run), ``ok`` (share of the
            runs of the grid that
            did not diverge) and ``ms`` (median time of a step, in milliseconds).

        Raises
        ------
        TypeError, ValueError
            If `by` is no loss or `share` no number from 0 to 1.
        """
        choice("by", by, LOSSES)
        if not 0 <= number("share", share) <= 1:
            raise ValueError(f"share must be from 0 to 1, got {share!r}")
        found = []
        for problem in self.values("problem"):
            here = self.filter(problem=problem)
            medians = here.median(by)
            start = np.median([row["curve"][0] for row in here if row["curve"]] or [math.nan])
            known = [m["median"] for m in medians if not math.isnan(m["median"])]
            limit = start - share * (start - min(known, default=math.nan))
            for method in here.values("method"):
                mine = [m for m in medians if m["method"] == method]
                found.append(_summary(problem, method, mine, limit, here.filter(method=method)))
        return found

    def table(self, by: str = "train") -> list[str]:
        """Return lines of text: for each problem the methods, the best first."""
        lines = []
        choice("by", by, LOSSES)
        key = {"train": "train loss", "validation": "validation loss"}[by]
        for problem, group in itertools.groupby(self.best(by), lambda b: b["problem"]):
            lines += ["", f"{problem}: final {key}, median of the seeds"]
            lines.append(
                f"  {'method':20} {'tuned':>10} {'band':>21} {'best lr':>9} {'decades':>8} "
                f"{'default':>10} {'lr':>8} {'ok':>5} {'ms/step':>8}"
            )
            for b in sorted(group, key=lambda b: min(b["median"], math.inf)):
                band = f"{b['low']:.3g} to {b['high']:.3g}"
                lines.append(
                    f"  {b['method']:20} {b['median']:10.4g} {band:>21} "
                    f"{b['lr']:8.3g}{'!' if b['edge'] else ' '} {b['decades']:8.2g} "
                    f"{b['default']:10.4g} {b['default_lr']:8.3g} {b['ok']:5.0%} {b['ms']:8.3g}"
                )
        if any("!" in line for line in lines):
            lines += ["", "! the best rate is at the edge of the grid: try a wider one"]
        return lines

    def to_csv(self, path: str | PathLike[str], header: Iterable[str] = ()) -> None:
        """Write the rows as CSV.

        Rates are exact, losses and accuracies have six digits, the losses of a curve four, and
        seconds three. Names are written as they are: a spreadsheet takes one that begins with
        ``=`` for a formula. The file is complete or as it was before.

        Parameters
        ----------
        path : path-like
            The file. If its name ends in ``.gz`` or ``.xz`` it is compressed; the latter is
            smaller by a quarter.
        header : str or iterable of str, optional
            Lines to put before the table, each with ``#`` in front. A text of several lines
            becomes several.

        Raises
        ------
        TypeError
            If a line of the header is no text.
        OSError
            If the file cannot be written.
        """
        texts = [header] if isinstance(header, str) else list(header)
        for one in texts:
            if not isinstance(one, str):
                raise TypeError(f"each line of header must be a text, got {shown(one)}")
        with _opened(path, "w") as file:
            lines = [line for one in texts for line in one.splitlines() or [""]]
            file.writelines(f"# {line}\n" for line in lines)
            table = csv.writer(_Lines(file), lineterminator="\r\n")
            table.writerow(COLUMNS)
            for row in self.rows:
                table.writerow([_written(row[name], DIGITS.get(name, 6)) for name in COLUMNS])

    @classmethod
    def from_csv(cls, path: str | PathLike[str]) -> Self:
        """Read what `to_csv` wrote; the lines of the header become the message.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        Results

        Raises
        ------
        ValueError
            If the file is no such table, or is cut or changed so that a row cannot be read.
        """
        try:
            with _opened(path, "r") as file:
                lines = file.readlines()
        except (UnicodeError, EOFError, lzma.LZMAError, gzip.BadGzipFile) as error:
            raise ValueError(f"{path} is no table of runs: {error}") from error
        header = [line[1:].strip() for line in itertools.takewhile(_is_comment, lines)]
        table = csv.DictReader(lines[len(header) :])
        if tuple(table.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path} is no table of runs: its columns are {table.fieldnames}")
        rows: list[Run] = []
        try:
            rows.extend(map(_read, table))  # those before a bad one too
        except (TypeError, ValueError) as error:
            words = f"{path} is cut or was changed: row {len(rows) + 1} cannot be read ({error})"
            raise ValueError(words) from error
        return cls(rows, "\n".join(header))


def _summary(problem, method, medians, limit, results):
    grid = sorted((m for m in medians if not m["default"]), key=lambda m: m["lr"])
    default = next((m for m in medians if m["default"]), None)
    nothing = {"lr": math.nan, "median": math.nan, "low": math.nan, "high": math.nan}
    known = [m for m in grid if not math.isnan(m["median"])]
    best = min(known, key=lambda m: m["median"], default=nothing)
    finite = [math.isfinite(m["median"]) and m["median"] <= limit for m in grid]
    step = math.log10(grid[-1]["lr"] / grid[0]["lr"]) / (len(grid) - 1) if len(grid) > 1 else 0.0
    times = [1000 * row["seconds"] / row["budget"] for row in results if row["status"] == "ok"]
    return {
        "problem": problem,
        "method": method,
        **{name: best[name] for name in nothing},
        "edge": len(grid) > 1 and best["lr"] in (grid[0]["lr"], grid[-1]["lr"]),
        "good": sum(finite),
        "decades": sum(finite) * step,
        "default_lr": default["lr"] if default else math.nan,
        "default": default["median"] if default else math.nan,
        "default_low": default["low"] if default else math.nan,
        "default_high": default["high"] if default else math.nan,
        "ok": sum(m["ok"] for m in grid) / len(grid) if grid else math.nan,
        "ms": float(np.median(times)) if times else math.nan,
    }


def _read(row):
    """Return a run from the texts of its columns, None for those that are missing."""
    if None in row.values() or None in row:
        raise ValueError("it has not as many columns as the heading")
    return Run(**{name: _KINDS[name](row[name]) for name in COLUMNS})


class _Lines:
    """A file for `csv`, which writes a line at once: each ends with a newline alone.

    Told so, `csv` itself leaves a carriage return in a text without quotes before Python 3.13.
    """

    def __init__(self, file):
        self.file = file

    def write(self, line):
        self.file.write(line.removesuffix("\r\n") + "\n")


@contextlib.contextmanager
def _opened(path, mode):
    """Open a text, compressed if its name says so. What is written replaces the file at the end."""
    path = path_like("path", path)
    if mode == "w" and not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} for {path.name}")
    beside = mode == "w" and (path.is_file() or not path.exists())
    draft = path.with_name(f"{path.name}.{os.getpid()}.part") if beside else path
    try:
        with _unpacked(draft, path.suffix, mode) as file:
            yield file
        if beside:
            draft.replace(path)
    finally:
        if beside:
            draft.unlink(missing_ok=True)


def _unpacked(path, suffix, mode):
    form = {"encoding": ENCODING[mode], "newline": ""}
    if suffix == ".xz":
        return lzma.open(path, mode + "t", **form)
    if suffix != ".gz":
        return open(path, mode, **form)
    return _gzipped(path, mode, form)


@contextlib.contextmanager
def _gzipped(path, mode, form):
    # Without name and time of day, the same rows give the same file.
    with (
        open(path, mode + "b") as raw,
        gzip.GzipFile("", mode + "b", fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, **form) as file,
    ):
        yield file


def _is_comment(line):
    return line.startswith("#")


def _written(value, digits):
    if isinstance(value, list):
        return " ".join(_written(number, digits) for number in value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return repr(float(value)) if digits is None else f"{value:.{digits}g}"
    return str(value)
