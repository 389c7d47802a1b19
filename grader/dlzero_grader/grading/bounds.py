"""Limits of the trusted process on what a test itself does with the answers."""

import resource
import signal
from types import FrameType

from ..sandbox.machine import data_size

#: What a test may ask for, in bytes. An answer is small, but a test can make it large: a million
#: numbers of one byte, compared with four hundred, are four hundred million.
MEMORY = 512 << 20


class TestTooLong(BaseException):
    """A test itself does not end, whatever the answers made of it."""


class bounds:
    """End a test that computes too long, and refuse it memory beyond a limit.

    Time is what this process computes: waiting for the student's code does not count, since that
    has limits of its own, and waiting for a processor does not either. Memory counts from what
    the process has now, so that earlier submissions do not matter. Only for the main thread.

    Parameters
    ----------
    seconds : float
        Of computing.
    memory : int
        In bytes; beyond it, the test gets a MemoryError.
    """

    def __init__(self, seconds: float, memory: int = MEMORY) -> None:
        self.seconds, self.memory = seconds, memory

    def __enter__(self) -> None:
        def ring(number: int, frame: FrameType | None) -> None:
            raise TestTooLong

        self.data = resource.getrlimit(resource.RLIMIT_DATA)
        most = data_size() + self.memory
        if self.data[0] != resource.RLIM_INFINITY:
            most = min(most, self.data[0])
        self.before = signal.signal(signal.SIGPROF, ring)
        resource.setrlimit(resource.RLIMIT_DATA, (most, self.data[1]))
        signal.setitimer(signal.ITIMER_PROF, self.seconds)

    def __exit__(self, *error: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_DATA, self.data)
        signal.signal(signal.SIGPROF, self.before)
