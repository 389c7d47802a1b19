"""A process that answers lines of JSON, and the limits it works under."""

import contextlib
import ctypes
import errno
import json
import os
import select
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from .clock import Clock, TooSlow, Turn, until

# The module os has these calls only where Python was built for a new kernel; Conda's was not.
PIDFD_SEND_SIGNAL, PIDFD_OPEN = 424, 434  # on every machine


def end(handle: int) -> None:
    """End the first process of a sandbox, wait until all are gone, and let go of it.

    The kernel ends a namespace of processes with its first one, and reports that one as ended
    after all the others.
    """
    ctypes.CDLL(None).syscall(PIDFD_SEND_SIGNAL, handle, int(signal.SIGKILL), None, 0)
    gone = select.poll()
    gone.register(handle, select.POLLIN)
    gone.poll(10_000)
    os.close(handle)


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Attributes
    ----------
    seconds : float, default 5.0
        For one cell, and for one call of a function. It counts what the submission does: to
        compute, in all of its processes together, and to sleep. To wait for a processor does not
        count, so a busy machine costs no marks. See `Clock`.
    total : float, default 60.0
        For the whole submission, counted in the same way. What a test itself does with the
        answers is not in it.
    test : float, default 10.0
        For what one test itself does with the answers, in seconds of computing.
    memory : int, default 1 GiB
        Address space of one process, in bytes.
    processes : int, default 8
        Processes and threads at a time.
    file : int, default 8 MiB
        Largest file that can be written, in bytes.
    reply : int, default 8 MiB
        Longest answer of a function, in bytes of JSON.
    notebook : int, default 8 MiB
        Largest submission, in bytes.

    Raises
    ------
    ValueError
        For a limit that is not positive.
    """

    seconds: float = 5.0
    total: float = 60.0
    test: float = 10.0
    memory: int = 1 << 30
    processes: int = 8
    file: int = 8 << 20
    reply: int = 8 << 20
    notebook: int = 8 << 20

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"{name}={value!r}; expected a positive number.")


class Ended(Exception):
    """The process is gone, or no longer keeps to the rules of the pipe."""


class Channel:
    """A process that answers one line of JSON with one line of JSON.

    Parameters
    ----------
    command : list of str
    reply : int
        Longest line that is read, in bytes.
    **options
        For `subprocess.Popen`.

    Attributes
    ----------
    killed : int
        How many processes of this class were ended by SIGKILL or SIGTERM so far. They may have
        sent it themselves, or someone outside.
    """

    killed: ClassVar[int] = 0

    def __init__(self, command: list[str], reply: int, **options: Any) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, **options
        )
        self.reply, self.number = reply, 0
        self.clock: Clock | None = None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.out, self.into = self.stdin.fileno(), self.stdout.fileno()
        os.set_blocking(self.out, False)
        os.set_blocking(self.into, False)
        #: Number of the first process in the sandbox, as seen from outside.
        self.inside: int | None = None
        self._handle: int | None = None

    def hold(self, inside: int) -> None:
        """Take hold of a process which `close` ends whatever became of those above it."""
        libc = ctypes.CDLL(None, use_errno=True)
        if (handle := libc.syscall(PIDFD_OPEN, inside, 0)) >= 0:
            self.inside, self._handle = inside, handle
        elif ctypes.get_errno() != errno.ESRCH:  # else it has ended: nobody will answer
            raise RuntimeError("The sandbox needs pidfd_open, which Linux has since version 5.3.")

    def tell(self, **message: Any) -> None:
        """Send a short line that gets no answer."""
        try:
            os.write(self.out, json.dumps(message).encode() + b"\n")  # the pipe has room for it
        except BrokenPipeError:
            raise Ended("the process ended") from None

    @property
    def spent(self) -> float:
        """Seconds spent on all answers so far, as a `Clock` counts them."""
        return self.clock.spent if self.clock else 0.0

    def ask(self, seconds: float, **request: Any) -> dict[str, Any]:
        """Send a request, return its answer; raise Ended, TooSlow or Again, then it is closed."""
        self.number += 1
        line = json.dumps({"number": self.number, **request}).encode() + b"\n"
        if seconds <= 0:
            self.close()
            raise TooSlow
        # The first reading comes when it is ready, so that to start costs nothing.
        self.clock = self.clock or Clock(self.process.pid)
        turn = Turn(self.clock, seconds)
        try:
            self._write(line, turn)
            answer = self._read(turn)
            turn.end()
            return answer
        except BaseException:
            self.close()
            raise

    def read(self, deadline: float) -> dict[str, Any]:
        """Return the one answer that is due until a time of the clock."""
        return self._read(until(deadline))

    def _read(self, left: Callable[[], float]) -> dict[str, Any]:
        line = bytearray()
        while not line.endswith(b"\n"):
            self._wait(self.into, select.POLLIN, left)
            chunk = os.read(self.into, 1 << 16)
            if not chunk:
                self._look_how_it_ended()
                raise Ended("the process ended")
            line += chunk
            if len(line) > self.reply:
                raise Ended("the answer was too long")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            raise Ended("the answer could not be read") from None
        if type(answer) is not dict or answer.pop("number", None) != self.number:
            raise Ended("the answer could not be read")
        return answer

    def _look_how_it_ended(self) -> None:
        # bubblewrap ends with 128 more than the signal.
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.process.wait(1)
            signals = (signal.SIGKILL, signal.SIGTERM)
            Channel.killed += code in [*(-n for n in signals), *(128 + n for n in signals)]

    def _write(self, line: bytes, left: Callable[[], float]) -> None:
        rest = memoryview(line)
        while rest:
            self._wait(self.out, select.POLLOUT, left)
            try:
                rest = rest[os.write(self.out, rest[: 1 << 16]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                self._look_how_it_ended()
                raise Ended("the process ended") from None

    def _wait(self, number: int, event: int, left: Callable[[], float]) -> None:
        poll = select.poll()
        poll.register(number, event)
        while not poll.poll(left() * 1000):
            pass

    def close(self, patience: float = 0) -> None:
        """Close the pipe; after `patience` seconds, end the process and all that it started."""
        if self.stdin.closed:
            return
        self.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if patience:
                self.process.wait(patience)
        if self._handle is not None:
            end(self._handle)
            self._handle = self.inside = None
        # Its group: without a sandbox, that is all there is to hold on to.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Budget:
    """The time of one submission, over all of its processes."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.channels: list[Channel] = []

    def left(self) -> float:
        """Return the seconds for the next answer; 0 when none are left."""
        left = self.limits.total - sum(channel.spent for channel in self.channels)
        return min(self.limits.seconds, left) if left > 1e-6 else 0.0

    def ask(self, channel: Channel, **request: Any) -> dict[str, Any]:
        """Ask as `Channel.ask` does, within what is left."""
        if channel not in self.channels:
            self.channels.append(channel)
        return channel.ask(self.left(), **request)
