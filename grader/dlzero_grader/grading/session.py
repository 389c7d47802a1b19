"""The student's names in the trusted process: calling one asks the sandboxed process."""

import builtins
import contextlib
from collections import Counter, deque
from typing import Any

import numpy as np

from dlzero.homework.plain import decode, encode

from ..master import Master
from ..notebook import clean
from ..sandbox.channel import Budget, Channel, Ended
from ..sandbox.clock import Again, TooSlow
from ..sandbox.launch import Workers
from ..sandbox.machine import short_of_memory

MOST_FAILURES = 3
MOST_MISSING = 5
MOST_RESTARTS = 20


class Stopped(BaseException):
    """A call did not come back. No test may catch it."""


class Session:
    """The sandboxed process of one submission; started again when it ends.

    Attributes
    ----------
    cells : list of (str, str)
        Name and source of the cells so far. They run when a test asks for a name, and again in
        a new process.
    bad, errors : dict of str to str
        Why a cell did not end, and with what error a cell ended. Of a cell that did not end, only
        the definitions are run again.
    lost : set of str
        Cells of which nothing is run again.
    missing, skipped : list of str
        Imports that failed, and errors of statements that failed with a library that is not there.
    failures, stops : Counter
        How often a call of this name did not come back: since it was forgiven, and in all.
    """

    def __init__(self, master: Master, workers: Workers) -> None:
        self.workers, self.limits = workers, workers.limits
        self.cells = [("setup", master.setup)]
        self.done = 0
        self.bad: dict[str, str] = {}
        self.lost: set[str] = set()
        self.errors: dict[str, str] = {}
        self.missing: list[str] = []
        self.skipped: list[str] = []
        self.failures: Counter[str] = Counter()
        self.stops: Counter[str] = Counter()
        self.channel: Channel | None = None
        self.restarts = -1
        self.budget = Budget(self.limits)

    def left(self) -> float:
        """Seconds for the next thing to do."""
        return self.budget.left()

    def ensure(self) -> None:
        """Have a process in which all cells ran that are not known to be bad."""
        while self.channel is None or self.done < len(self.cells):
            if self.left() <= 0:
                raise Stopped("no time was left for this test")
            if self.channel is None:
                if self.restarts == MOST_RESTARTS:
                    raise Stopped("did not run: the process ended too often")
                self.restarts += 1
                self.channel = self.workers.start()
                self.done = 0
            name, source = self.cells[self.done]
            self.done += 1
            if name not in self.bad:
                self._run(name, source)
            elif name not in self.lost:  # what it gives is most often above what does not end
                self._run(name, source, defining=True)

    def _run(self, name: str, source: str, defining: bool = False) -> None:
        try:
            assert self.channel is not None
            reply = self._ask(self.channel, do="run", name=name, source=source, defining=defining)
        except Stopped as stop:
            self.lost |= {name} & self.bad.keys()
            self.bad[name] = str(stop)
        else:
            if "raised" in reply:
                self.errors[name] = said(reply)
            for came, kept in (
                (reply.get("missing"), self.missing),
                (reply.get("skipped"), self.skipped),
            ):
                for text in came if type(came) is list else ():
                    if len(kept) < MOST_MISSING and (note := clean(str(text), 80)):
                        kept += [note] if note not in kept else []

    def _ask(self, channel: Channel, **request: Any) -> dict[str, Any]:
        """Ask the process; when it does not answer as it should, end it."""
        try:
            reply = self.budget.ask(channel, **request)
        except TooSlow:
            reason = f"did not end within {self.limits.seconds:g} s"
        except Ended:
            reason = "ended the process"
        except BaseException:  # it is closed then
            self.channel = None
            raise
        else:
            if reply.get("raised") != "MemoryError":
                return reply
            # What filled the memory is still there.
            channel.close()
            if short_of_memory(self.limits.memory):
                self.channel = None
                raise Again("this machine has less memory than one submission may use")
            reason = "used all of the memory"
        self.channel = None
        raise Stopped(reason)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Ask about a name; when there is no answer, the test that asked is over."""
        if self.channel is None:
            raise Stopped("the process had ended")
        try:
            return self._ask(self.channel, **request)
        except Stopped as stop:
            name = request.get("name", "the answer")
            self.failures[name] += 1
            self.stops[name] += 1
            raise Stopped(f"{name}(...) {stop}") from None

    def names(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return what a test sees under the student's names."""
        self.ensure()
        found = self.ask(do="look", names=list(names)).get("names")
        if type(found) is not dict:
            raise Stopped("the answer could not be read")
        return {n: self._name(n, found[n]) for n in names if type(found.get(n)) is dict}

    def _name(self, name: str, coded: dict[str, Any]) -> Any:
        if "call" in coded:
            return Proxy(self, name)
        if "strange" in coded:
            return Strange(name, str(coded["strange"]))
        return plain(coded.get("value"))

    def forgive(self, names: tuple[str, ...]) -> None:
        """Let names be called again that stopped too many tests: they may have changed."""
        for name in names:
            self.failures.pop(name, None)

    def close(self) -> None:
        """End the process."""
        if self.channel is not None:
            self.channel.close()
            self.channel = None


class Strange:
    """A name of the student that holds no plain value."""

    def __init__(self, name: str, kind: str) -> None:
        self.message = f"{name} holds {clean(kind, 80)}; expected a plain value or a function"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Fail as a test that calls it."""
        raise TypeError(self.message)

    def __getattr__(self, name: str) -> Any:
        raise TypeError(self.message)


class Proxy:
    """A function of the student: calling it asks the sandboxed process."""

    def __init__(self, session: Session, name: str) -> None:
        self._session, self.__name__ = session, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the answer of the student's function, or raise what it raised."""
        name, session = self.__name__, self._session
        if session.failures[name] >= MOST_FAILURES:
            raise Stopped(f"{name}(...) stopped {MOST_FAILURES} tests and is not called again")
        coded = [encode(value) for value in args]
        named = {key: encode(value) for key, value in kwargs.items()}
        reply = session.ask(do="call", name=name, args=coded, kwargs=named)
        if "raised" in reply:
            raise error_of(reply)
        if "strange" in reply:
            came = clean(str(reply["strange"]), 80)
            raise TypeError(f"{name}(...) returned {came}; expected numbers, text or arrays")
        changed = reply.get("changed")
        given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
        for change in changed if type(changed) is list else ():
            put_back(given, change)
        return plain(reply.get("value"))


def plain(coded: object) -> Any:
    """Decode a value of the student, who may have sent anything."""
    try:
        return decode(coded)
    except (ValueError, TypeError, OverflowError, MemoryError):
        raise Stopped("the answer could not be read") from None


def put_back(given: dict[Any, Any], change: Any) -> None:
    """Show a test that the student's function changed its argument."""
    try:
        place, coded = change
        old, new = given[place], plain(coded)
        if isinstance(old, np.ndarray) and old.shape == np.shape(new):
            old[...] = new
        elif isinstance(old, list | deque) and isinstance(new, list | deque):
            old.clear()
            old.extend(new)
        elif isinstance(old, dict | set) and isinstance(new, type(old)):
            old.clear()
            old.update(new)
    except (TypeError, ValueError, KeyError):
        raise Stopped("the answer could not be read") from None


def said(reply: dict[str, Any]) -> str:
    """Return an error of the student as text."""
    kind, text = clean(str(reply.get("raised")), 60), clean(str(reply.get("text")), 300)
    return f"{kind}: {text}" if text else kind


def error_of(reply: dict[str, Any]) -> Exception:
    """Return the error that a test sees: the same kind when Python has it."""
    kind: Any = getattr(builtins, str(reply.get("raised")), None)
    error: Exception = RuntimeError(said(reply))
    # The last two would mean something else to the test.
    known = isinstance(kind, type) and issubclass(kind, Exception)
    if known and not issubclass(kind, StopIteration | AssertionError):
        with contextlib.suppress(TypeError):  # some kinds need more than a text
            error = kind(clean(str(reply.get("text")), 300))
    error.student = said(reply)  # type: ignore[attr-defined]
    return error
