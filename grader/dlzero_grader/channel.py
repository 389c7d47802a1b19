"""A process that answers lines of JSON, and the limits it works under."""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Any, Self

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
        For one cell, and for one call of a function. In seconds of the clock.
    total : float, default 60.0
        For the whole submission. In seconds of the clock.
    memory : int, default 1 GiB
        Address space of one process, in bytes.
    processes : int, default 8
        Processes and threads at a time.
    file : int, default 1 MiB
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
    memory: int = 1 << 30
    processes: int = 8
    file: int = 1 << 20
    reply: int = 8 << 20
    notebook: int = 8 << 20

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"{name}={value!r}; expected a positive number.")


class Ended(Exception):
    """The process is gone, or no longer keeps to the rules of the pipe."""


class TooSlow(Exception):
    """The answer did not come in time."""


class Channel:
    """A process that answers one line of JSON with one line of JSON.

    Parameters
    ----------
    command : list of str
    reply : int
        Longest line that is read, in bytes.
    **options
        For `subprocess.Popen`.
    """

    def __init__(self, command: list[str], reply: int, **options: Any) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, **options
        )
        self.reply, self.number = reply, 0
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
        self.inside, self._handle = inside, ctypes.CDLL(None).syscall(PIDFD_OPEN, inside, 0)
        if self._handle < 0:
            self._handle = None
            raise RuntimeError("The sandbox needs pidfd_open, which Linux has since version 5.3.")

    def tell(self, **message: Any) -> None:
        """Send a short line that gets no answer."""
        try:
            os.write(self.out, json.dumps(message).encode() + b"\n")  # the pipe has room for it
        except BrokenPipeError:
            raise Ended("the process ended") from None

    def ask(self, seconds: float, **request: Any) -> dict[str, Any]:
        """Send a request, return its answer; raise Ended or TooSlow, and then it is closed."""
        self.number += 1
        line = json.dumps({"number": self.number, **request}).encode() + b"\n"
        deadline = time.monotonic() + seconds
        try:
            self._write(line, deadline)
            return self.read(deadline)
        except BaseException:
            self.close()
            raise

    def read(self, deadline: float) -> dict[str, Any]:
        """Return the one answer that is due."""
        line = bytearray()
        while not line.endswith(b"\n"):
            self._wait(self.into, select.POLLIN, deadline)
            chunk = os.read(self.into, 1 << 16)
            if not chunk:
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

    def _write(self, line: bytes, deadline: float) -> None:
        rest = memoryview(line)
        while rest:
            self._wait(self.out, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self.out, rest[: 1 << 16]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise Ended("the process ended") from None

    def _wait(self, number: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(number, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TooSlow

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
