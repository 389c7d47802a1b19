"""Grade one submission: tests here, the student's code in the sandbox, a pipe between."""

import signal
import time
import traceback
from pathlib import Path
from types import CodeType, FrameType

from .channel import Limits
from .master import Master, Test
from .notebook import Corrupt, clean, language, read_notebook
from .row import Response, Result, Row
from .select import select_cells, select_pictures, select_written
from .session import Session, Stopped

LONGEST_MESSAGE = 600
MOST_NOTES = 20


class TestTooLong(BaseException):
    """A test itself does not end, whatever the answers made of it."""


def run_test(test: Test, session: Session, setup: CodeType) -> tuple[str, bool] | None:
    """Run a test cell; return None, or the failure as (message, hidden)."""
    place = f"<{test.id}>"
    code = compile(test.source, place, "exec")
    names = {"__name__": "__main__"}
    exec(setup, names)
    try:
        names.update(session.names(test.names))
    except Stopped as stop:
        return str(stop), False
    try:
        with time_limit(session.limits.seconds + max(session.left(), 0)):
            exec(code, names)
    except (Exception, Stopped, TestTooLong) as error:
        if isinstance(error, TestTooLong):
            session.close()
        lines = [
            frame.lineno or 0
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == place
        ]
        return message_of(error, test, session, lines[-1]), lines[-1] in test.hidden
    return None


def message_of(error: BaseException, test: Test, session: Session, line: int) -> str:
    """Say why a test failed."""
    if isinstance(error, TestTooLong):
        text = "the test did not end with these answers"
    elif isinstance(error, Stopped):
        text = str(error)
    elif isinstance(error, AssertionError):
        text = str(error) or f"expected: {test.source.splitlines()[line - 1].strip()}"
    elif isinstance(error, NameError) and getattr(error, "name", None) in test.names:
        text = f"{error.name} is not defined"
        if test.question in session.bad:
            text += f": the cell {test.question} {session.bad[test.question]}"
        elif test.question in session.errors:
            text += f": the cell {test.question} stopped with {session.errors[test.question]}"
    else:
        text = getattr(error, "student", None) or f"{type(error).__name__}: {error}"
    return clean(text, LONGEST_MESSAGE)


class time_limit:
    """End what runs inside after some seconds, if this is the main thread of a process."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        def ring(number: int, frame: FrameType | None) -> None:
            raise TestTooLong

        self.before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *error: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.before)


def grade(
    master: Master,
    data: bytes | None,
    package: Path,
    limits: Limits | None = None,
    unsafe: bool = False,
) -> Row:
    """Grade one submission.

    Parameters
    ----------
    master : Master
    data : bytes or None
        The file that was handed in; None when there is none.
    package : Path
        The allowed part of ``dlzero``, as `write_allowed` made it.
    limits : Limits, optional
    unsafe : bool, default False
        Run the student's code without a sandbox.

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
    limits = limits or Limits()
    if data is None:
        return unread(master, "missing")
    if len(data) > limits.notebook:
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
    chosen, notes = select_cells(master, cells)
    notes += unwritten + unshown
    session = Session(package, master, chosen, limits, unsafe)
    if any(name == answer.id for name, _ in chosen for answer in master.answers):
        _run_tests(master, session, row)
    else:
        row.status = "no answers"
        for result in row.tests.values():
            result.message = "not answered"
    for name, reason in sorted({**session.errors, **session.bad}.items()):
        notes.append(f"{name}: {reason}")
    for name, count in sorted(session.failures.items()):
        notes.append(f"{name}(...) stopped {count} test(s)")
    row.notes = [clean(note, LONGEST_MESSAGE) for note in notes[:MOST_NOTES]]
    row.restarts = max(session.restarts, 0)
    is_python = language(metadata) in ("", "python", "python3")
    if row.status in ("graded", "no answers") and not is_python:
        row.status = "foreign kernel"
    if row.status == "graded" and session.restarts > 0:
        row.status = "graded with restarts"
    return row


def unread(master: Master, status: str, *notes: str) -> Row:
    """Return the row of a submission from which nothing was taken."""
    return Row(
        status=status,
        tests={test.id: Result(0, test.points) for test in master.tests},
        written={written.id: Response(written.points) for written in master.written},
        notes=list(notes),
    )


def _run_tests(master: Master, session: Session, row: Row) -> None:
    setup = compile(master.setup, "<setup>", "exec")
    try:
        for test in master.tests:
            failure = run_test(test, session, setup)
            result = row.tests[test.id]
            if failure is None:
                result.points = test.points
            else:
                result.message, result.hidden = failure
        if session.deadline <= time.monotonic():
            row.status = "timeout"
    finally:
        session.close()
