"""Grade a class: one row a student, on this machine or on many, again only where needed."""

import hashlib
import json
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from ..files import folder_of, write
from ..master import Master
from ..roster import Student
from ..row import Row
from ..sandbox.channel import Limits
from .trusted import Grader
from .version import version_of


def row_path(rows: str | Path, student: str, digest: str, version: str) -> Path:
    """Return the file of a row: it names the student, the submission and the grader."""
    return Path(rows) / f"{folder_of(student)}--{digest[:16]}--{version[:16]}.json"


def read_submission(submitted: str | Path, student: str, name: str, largest: int) -> bytes | None:
    """Return the bytes of a submission, at most one more than allowed; None when missing."""
    path = Path(submitted) / folder_of(student) / name / f"{name}.ipynb"
    if not path.is_file():
        return None
    with open(path, "rb") as file:
        return file.read(largest + 1)


def digest_of(data: bytes | None) -> str:
    """Return the fingerprint of a submission."""
    return "missing" if data is None else hashlib.sha256(data).hexdigest()


def read_rows(
    master: Master,
    students: list[Student],
    submitted: str | Path,
    rows: str | Path,
    limits: Limits | None = None,
) -> dict[str, Row | None]:
    """Return the current row of each student; None where it still has to be graded."""
    limits = limits or Limits()
    version = version_of(master, limits)
    found: dict[str, Row | None] = {}
    for student in students:
        data = read_submission(submitted, student["id"], master.name, limits.notebook)
        found[student["id"]] = stored(row_path(rows, student["id"], digest_of(data), version))
    return found


def stored(path: Path) -> Row | None:
    """Return the row in a file; None when there is none that can be read."""
    try:
        return Row.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None  # a machine that lost its power can leave half a file: grade it again


def grade_class(
    master: Master,
    students: list[Student],
    submitted: str | Path,
    rows: str | Path,
    limits: Limits | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    unsafe: bool = False,
    progress: Callable[[int, int], None] | None = None,
    again: bool = False,
) -> int:
    """Write the row of each student that has none yet, or one with the status ``error``.

    Parameters
    ----------
    master : Master
    students : list of Student
        As `read_roster` returns them.
    submitted : str or Path
        Folder with ``<id>/<assignment>/<assignment>.ipynb``.
    rows : str or Path
        Folder of the rows, one JSON file each. It may be in use by another run.
    limits : Limits, optional
    jobs : int, optional
        Submissions at a time on this machine; one a processor by default.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``"tcp://host:8786"``. Its workers need dlzero of
        the same version, and bubblewrap.
    unsafe : bool, default False
        Run the students' code without a sandbox.
    progress : callable, optional
        Called with the numbers of rows done and wanted.
    again : bool, default False
        Grade every one of these students anew. The row that was there moves into the folder
        ``old`` beside it.

    Returns
    -------
    int
        The number of submissions graded now.

    Raises
    ------
    RuntimeError
        When no sandbox can be made, or a Dask worker has another version.
    OSError
        When a row cannot be written, because the disk is full for example.
    ValueError
        For ``jobs`` that is not at least 1.
    """
    limits = limits or Limits()
    jobs = os.cpu_count() or 1 if jobs is None else jobs
    if jobs < 1:
        raise ValueError(f"jobs={jobs}; expected at least 1. Try --jobs 2.")
    version = version_of(master, limits)
    todo = []
    for student in students:
        data = read_submission(submitted, student["id"], master.name, limits.notebook)
        row = stored(row_path(rows, student["id"], digest_of(data), version))
        if again or row is None or row.status == "error":
            todo.append(student["id"])
        del data  # a class may be larger than the memory
    done = 0
    if progress:
        progress(0, len(todo))

    def read(student: str) -> bytes | None:
        return read_submission(submitted, student, master.name, limits.notebook)

    def keep(student: str, data: bytes | None, row: Row) -> None:
        nonlocal done
        file = digest_of(data)
        row = replace(row, student=student, assignment=master.name, file=file, grader=version)
        text = json.dumps(row.to_json(), indent=1, ensure_ascii=False) + "\n"
        path = row_path(rows, student, file, version)
        try:
            if again:
                keep_old(path)
            write(path, text)
        except OSError as error:
            raise OSError(
                f"The row of {student} could not be written: {error}. The rows that are there "
                "are whole. Make room, and give the same command again: it does the rest."
            ) from error
        done += 1
        if progress:
            progress(done, len(todo))

    settings = (master, limits, unsafe, version)
    rest = _on_dask(scheduler, settings, todo, read, keep) if scheduler else todo
    _here(settings, min(jobs, len(rest)), rest, read, keep)
    return len(todo)


def keep_old(path: Path) -> None:
    """Copy a row into the folder ``old`` under a name that is free."""
    if path.exists():
        number = 1
        while (old := path.parent / "old" / f"{path.stem}--{number}.json").exists():
            number += 1
        write(old, path.read_bytes())


Settings = tuple[Master, Limits, bool, str]  # of a Grader
Read = Callable[[str], bytes | None]
Keep = Callable[[str, bytes | None, Row], None]


def _here(settings: Settings, jobs: int, todo: list[str], read: Read, keep: Keep) -> None:
    """Grade on this machine, `jobs` at a time, each in a trusted process of its own."""
    if not todo:
        return
    free: queue.SimpleQueue[Grader] = queue.SimpleQueue()
    ahead = jobs < (os.cpu_count() or 1)
    graders = [Grader(*settings, ahead=ahead) for _ in range(jobs)]
    for grader in graders:
        free.put(grader)

    def one(student: str) -> tuple[str, bytes | None, Row]:
        grader = free.get()
        try:
            data = read(student)
            return student, data, grader.grade(data)
        finally:
            free.put(grader)

    pool = ThreadPoolExecutor(jobs)
    try:
        for future in as_completed([pool.submit(one, student) for student in todo]):
            keep(*future.result())
    except BaseException:
        # Ctrl-C, or a full disk: do not wait for those that are being graded.
        for grader in graders:
            grader.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for grader in graders:
            grader.close()


_mine = threading.local()


def grade_remotely(settings: Settings, data: bytes | None) -> Row:
    """Grade one submission on a Dask worker; the trusted process there is kept for the next."""
    if getattr(_mine, "settings", None) != settings:
        _mine.grader, _mine.settings = Grader(*settings, ahead=False), settings
    grader: Grader = _mine.grader
    return grader.grade(data)


def _on_dask(
    scheduler: str, settings: Settings, todo: list[str], read: Read, keep: Keep
) -> list[str]:
    """Grade on a cluster; return the students whose workers died again and again."""
    try:
        from distributed import Client, KilledWorker
        from distributed import as_completed as completed
    except ImportError:
        raise RuntimeError(
            "--scheduler needs Dask, which is not here. Install it: pip install distributed"
        ) from None
    left = []
    with Client(scheduler, timeout="30s") as client:
        futures = {}
        for student in todo:
            data = read(student)
            future = client.submit(grade_remotely, settings, data, pure=False, retries=2)
            futures[future] = student, data
        for future in completed(list(futures)):
            student, data = futures.pop(future)
            try:
                row = future.result()
            except KilledWorker:
                left.append(student)
            else:
                keep(student, data, row)
            future.release()
    return left
