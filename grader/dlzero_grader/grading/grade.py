"""Grade one submission: tests here, the student's code in the sandbox, a pipe between."""

import re
import sys
import traceback
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from ..master import Master, Test
from ..notebook import Corrupt, clean, language, read_notebook
from ..row import Response, Result, Row
from ..sandbox.launch import Workers
from .bounds import TestTooLong, bounds
from .select import select_cells, select_pictures, select_written
from .session import Session, Stopped

LONGEST_MESSAGE = 600
NOT_ANSWERED = "not answered"
MOST_NOTES = 20
MOST_NAMED = 5


@dataclass(frozen=True)
class Failure:
    """Why a test did not pass.

    Attributes
    ----------
    message : str
    hidden : bool
        True when it failed in its hidden part.
    kind : str
        "stopped" when a call did not come back, "missing" when there is no answer, "broken" when
        the cell that should give it failed, and else empty.
    """

    message: str
    hidden: bool = False
    kind: str = ""


def run_test(test: Test, session: Session, setup: CodeType) -> Failure | None:
    """Run a test cell on what the submission has defined so far; return None when it passes."""
    place = f"<{test.id}>"
    code = compile(test.source, place, "exec")
    names = {"__name__": "__main__"}
    exec(setup, names)
    try:
        session.ensure()
    except Stopped as stop:
        return Failure(str(stop), kind="stopped")
    try:
        with bounds(session.limits.test):
            names.update(session.names(test.names))
            exec(code, names)
    except (Exception, Stopped, TestTooLong) as error:
        if isinstance(error, TestTooLong):
            session.close()
        lines = [
            frame.lineno or 0
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == place
        ]
        return failure_of(error, test, session, lines)
    return None


def failure_of(error: BaseException, test: Test, session: Session, lines: list[int]) -> Failure:
    """Say why a test failed."""
    kind = ""
    if isinstance(error, TestTooLong):
        text, kind = "the test did not end with these answers", "stopped"
    elif isinstance(error, Stopped):
        text, kind = str(error), "stopped"
    elif isinstance(error, MemoryError):  # one of the student's own ends the process instead
        text = "the test needed too much memory with these answers"
    elif isinstance(error, AssertionError):
        text = str(error) or f"expected: {test.source.splitlines()[lines[-1] - 1].strip()}"
    elif isinstance(error, NotImplementedError) and not str(error):
        text, kind = NOT_ANSWERED, "missing"
    elif isinstance(error, NameError) and error.name in test.names:
        text, kind = _undefined(error.name, test, session)
    else:
        text = getattr(error, "student", None) or f"{type(error).__name__}: {error}"
    # A visible function that hidden lines call knows their values, so one such line will do.
    hidden = any(line in test.hidden for line in lines)
    return Failure(clean(text, LONGEST_MESSAGE), hidden, kind)


def _undefined(name: str, test: Test, session: Session) -> tuple[str, str]:
    """Say why a name is not there, and what kind of failure that is."""
    text = f"{name} is not defined"
    for cell, source in reversed(session.cells):
        if cell != test.question and name not in source:
            continue
        error = session.errors.get(cell, "")
        if error == "NotImplementedError":
            return NOT_ANSWERED, "missing"
        if cell in session.bad:
            return f"{text}: the cell {cell} {session.bad[cell]}", "broken"
        if error and f"name '{name}'" not in error:  # a cell that only wanted to use it
            return f"{text}: the cell {cell} stopped with {error}", "broken"
    return text, "missing"


def grade(master: Master, data: bytes | None, workers: Workers) -> Row:
    """Grade one submission.

    Parameters
    ----------
    master : Master
    data : bytes or None
        The file that was handed in; None when there is none.
    workers : Workers
        Where the student's code runs, and within which limits.

    Returns
    -------
    Row
        It holds no time and no place, so that the same input gives the same row. Whose it is,
        and what it depends on, is for the caller to fill in.

    Raises
    ------
    RuntimeError
        When no sandbox can be made.
    """
    if data is None:
        return unread(master, "missing")
    if len(data) > workers.limits.notebook:
        return unread(master, "too large")
    try:
        metadata, cells = read_notebook(data)
    except Corrupt as error:
        return unread(master, "corrupt", str(error))
    row = unread(master, "graded")
    texts, unwritten = select_written(master, cells)
    for id, text in texts.items():
        row.written[id].text = text
    pictures, unshown = select_pictures(master, cells)
    for id, found in pictures.items():
        row.written[id].pictures = found
    session = Session(master, workers)
    try:
        asked = _run_tests(master, session, cells)
    finally:
        session.close()
    _fill(row, master, session, asked)
    notes = _too_new(session, metadata) + _notes(master, session, asked, cells)
    notes += unwritten + unshown
    row.notes = [clean(note, LONGEST_MESSAGE) for note in notes[:MOST_NOTES]]
    row.restarts = max(session.restarts, 0)
    is_python = language(metadata) in ("", "python", "python3")
    if row.status in ("graded", "no answers") and not is_python:
        row.status = "foreign kernel"
    if row.status == "graded" and session.restarts > 0:
        row.status = "graded with restarts"
    return row


def _too_new(session: Session, metadata: dict[str, Any]) -> list[str]:
    """Return a note when a cell may need a newer Python than this one."""
    broken = [name for name, e in session.errors.items() if e.startswith("SyntaxError")]
    if not broken:
        return []
    here, needed = tuple(sys.version_info[:2]), (0, 0)
    info = metadata.get("language_info")
    written = info.get("version") if isinstance(info, dict) else None
    if isinstance(written, str) and (found := re.match(r"3\.(\d{1,3})\b", written)):
        needed = (3, int(found[1]))
    if needed <= here < (3, 12) and any("f-string" in session.errors[name] for name in broken):
        needed = (3, 12)
    if needed <= here:
        return []
    return [
        f"{', '.join(broken[:MOST_NAMED])}: may need Python {needed[0]}.{needed[1]} or later; this "
        f"is Python {here[0]}.{here[1]}"
    ]


def unread(master: Master, status: str, *notes: str) -> Row:
    """Return the row of a submission from which nothing was taken."""
    return Row(
        status=status,
        tests={test.id: Result(0, test.points) for test in master.tests},
        written={written.id: Response(written.points) for written in master.written},
        notes=list(notes),
    )


@dataclass
class Asked:
    """What came of the tests.

    Attributes
    ----------
    failures : dict of str to Failure or None
        Of each test; None when it passed.
    unplaced, late : list of str
        Tests that have no place in the notebook, and those that passed at its end only.
    """

    failures: dict[str, Failure | None] = field(default_factory=dict)
    unplaced: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


def _run_tests(master: Master, session: Session, cells: list[dict[str, str]]) -> Asked:
    """Run each test at its places in the notebook; one that fails there again at the end."""
    setup = compile(master.setup, "<setup>", "exec")
    stubs, steps = select_cells(master, cells)
    session.cells += stubs
    asked = Asked()
    places: dict[str, int] = {}  # cells that had run when a test was asked last

    def ask(test: Test, at_the_end: bool = False) -> Failure | None:
        before = asked.failures.get(test.id)
        if test.id in places:
            later = session.cells[places[test.id] :]
            if before is None or not _may_differ(before, test, master, later):
                return before
            session.forgive(test.names)
        failure = run_test(test, session, setup)
        if before is None or failure is None or before.kind in ("missing", "broken"):
            asked.failures[test.id] = failure
        if before is not None and failure is None and at_the_end:
            asked.late.append(test.id)
        places[test.id] = len(session.cells)
        return failure

    for step in steps:
        stopped = [ask(test) for test in step.before]
        # Where a call did not come back, so would the student's copy not.
        if not any(failure is not None and failure.kind == "stopped" for failure in stopped):
            session.cells.append((step.name, step.source))
        for test in step.after:
            ask(test)
    for test in master.tests:
        if test.id not in places:
            asked.unplaced.append(test.id)
        ask(test, at_the_end=True)
    return asked


def _may_differ(first: Failure, test: Test, master: Master, later: list[tuple[str, str]]) -> bool:
    """Say whether a test can end in another way after the cells that came after it."""
    if first.kind != "stopped":
        return bool(later)
    copies = {test.id for test in master.tests}  # they use the answers and give none
    own = (source for name, source in later if name not in copies)
    return any(not set(re.findall(r"\w+", source)).isdisjoint(test.names) for source in own)


def _fill(row: Row, master: Master, session: Session, asked: Asked) -> None:
    """Write the marks and the status into a row."""
    for test in master.tests:
        failure, result = asked.failures[test.id], row.tests[test.id]
        if failure is None:
            result.points = test.points
        else:
            result.message, result.hidden = failure.message, failure.hidden
    if session.left() <= 0:
        row.status = "timeout"
    elif all(failure and failure.kind == "missing" for failure in asked.failures.values()):
        row.status = "no answers"


def _notes(
    master: Master, session: Session, asked: Asked, cells: list[dict[str, str]]
) -> list[str]:
    """Return what the instructor should know of how the tests ran."""
    notes = []
    ids = {cell["grade_id"] for cell in cells}
    for answer in master.answers:
        tests = [test.id for test in master.tests if test.question == answer.id]
        failed = [failure for id in tests if (failure := asked.failures[id])]
        if len(failed) == len(tests) and all(failure.kind == "missing" for failure in failed):
            here = answer.id in ids or any(f.message == NOT_ANSWERED for f in failed)
            notes.append(f"{answer.id}: " + ("not answered" if here else "no cell found"))
    if asked.unplaced:
        notes.append(f"no cell of {', '.join(asked.unplaced)}: asked at the end of the notebook")
    notes += [f"{id}: passed at the end of the notebook, not at its place" for id in asked.late]
    notes += [f"an import failed: {text}" for text in session.missing]
    if any(asked.failures.values()):
        notes += [f"skipped, for want of a library: {text}" for text in session.skipped]
    for name, error in session.errors.items():
        # A cell for trying out may fail. It is of interest where a mark is missing.
        if any(asked.failures.values()) and name not in asked.failures | session.bad:
            notes += [f"{name}: {error}"] if error != "NotImplementedError" else []
    notes += [f"{name}: {reason}" for name, reason in session.bad.items()]
    return notes + [f"{name}(...) stopped {n} test(s)" for name, n in sorted(session.stops.items())]
