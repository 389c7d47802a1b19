"""The time of a submission: what it spends itself, whatever else the machine does."""

import math
import time
from collections.abc import Callable

from .machine import COUNTS_WAITS, Reading, reading

FIRST, LONGEST, SHORTEST = 0.05, 0.5, 0.01  # seconds from one look at a process to the next
PATIENCE = 20  # so many times longer by the clock than allowed, and the machine is at fault


class TooSlow(Exception):
    """The answer did not come in time."""


class Again(BaseException):
    """The machine, and not the submission, is why there is no answer. No test may catch it."""


class Clock:
    """The seconds that a process and all below it spend on what it is asked.

    In each stretch between two readings these are the seconds that all of them computed, or
    the seconds of the clock without those in which a thread waited for a processor, whichever is
    more. So sleeping counts, and two processes cannot do in one second the work of two. What a
    busy machine adds does not count: neither while a thread of the process waits, nor while the
    one that asks does.

    Where the kernel does not count waiting, a stretch counts as computing when a thread is ready
    to compute at its end, or the answer is there, and as sleeping otherwise.

    Parameters
    ----------
    pid : int
    look : callable, optional
        Returns the reading of a process: `reading`.
    counts_waits : bool, optional
        Whether a reading holds the waits.
    """

    def __init__(
        self,
        pid: int,
        look: Callable[[int], Reading] = reading,
        counts_waits: bool = COUNTS_WAITS,
    ) -> None:
        self.pid, self.look, self.counts_waits = pid, look, counts_waits
        self.spent = 0.0
        self.last = look(pid)
        self.cpu = dict(self.last.cpu)  # of those too that a reading missed
        self.waits = dict(self.last.waits)
        self.asked: float | None = None  # since when an answer is due
        self.before = 0.0  # seconds since the last reading in which one was due
        self.pause = SHORTEST

    def begin(self) -> None:
        """An answer is due from now on."""
        self._refresh()
        self.asked = max(time.monotonic(), self.last.at)

    def end(self) -> None:
        """No answer is due any more."""
        # The process is never ready now, so without its waits nobody knows whether it slept.
        self._refresh(0.0 if self.counts_waits else math.inf)
        if self.asked is not None:
            self.before += max(0.0, time.monotonic() - self.asked)
            self.asked = None

    def _refresh(self, late: float = 0.0) -> None:
        # A reading costs a tenth of a millisecond, so short answers share one.
        if time.monotonic() - self.last.at > self.pause:
            self.read(late)

    def read(self, late: float = 0.0) -> float:
        """Take a reading, and return all that was spent until now.

        Parameters
        ----------
        late : float
            So many seconds later than it was meant to be: the machine stood still, or was busy.
        """
        start = time.thread_time()
        new = self.look(self.pid)
        passed = self.before
        if self.asked is not None:
            passed += new.at - self.asked
            self.asked = new.at
        computed = self._computed(new)
        if self.counts_waits:
            longest = max((t - self.waits.get(n, 0.0) for n, t in new.waits.items()), default=0.0)
            waited = longest + max(late, new.own - self.last.own)
        else:
            waited = max(late, passed - computed if new.ready else 0.0)
        self.waits |= new.waits
        self.spent += max(computed, passed - waited)
        self.before, self.last = 0.0, new
        self.pause = max(SHORTEST, 20 * (time.thread_time() - start))
        return self.spent

    def _computed(self, new: Reading) -> float:
        before = {pid: self.cpu.get(pid, (0.0, 0.0)) for pid in new.cpu}
        more = sum(max(0.0, new.cpu[pid][0] - before[pid][0]) for pid in new.cpu)
        # What an ended child computed is in its parent's time now, unless the parent declined to
        # hear of its end. The part that was seen while it lived must not count twice.
        children = sum(max(0.0, new.cpu[pid][1] - before[pid][1]) for pid in new.cpu)
        seen = sum(self.cpu[pid][0] for pid in self.last.cpu if pid not in new.cpu)
        self.cpu |= new.cpu
        return max(0.0, more - min(children, seen))


class Turn:
    """One answer that is due: says how long to wait for it, and when it is too late.

    Raises
    ------
    TooSlow
        When it cost more than allowed.
    Again
        When it took so long by the clock that nobody can tell.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock, self.seconds = clock, seconds
        clock.begin()
        self.start, self.base = time.monotonic(), clock.spent
        self.step = FIRST
        self.next = self.start + min(FIRST, seconds)

    def __call__(self) -> float:
        """Return for how many seconds to wait before asking anew."""
        now = time.monotonic()
        if now < self.next:
            return self.next - now
        left = self.seconds - (self.clock.read(late=now - self.next) - self.base)
        if left <= 0:
            raise TooSlow
        if now - self.start > PATIENCE * self.seconds:
            raise Again(f"after {now - self.start:.0f} s the machine was still busy with others")
        self.next = now + max(SHORTEST, min(self.step, left))
        self.step = min(1.5 * self.step, LONGEST)
        return self.next - now

    def end(self) -> None:
        """The answer is there: it may have cost too much all the same, in many processes."""
        self.clock.end()
        if self.clock.spent - self.base > self.seconds:
            raise TooSlow


def until(deadline: float) -> Callable[[], float]:
    """Return what says how long to wait, up to a time of the clock."""

    def left() -> float:
        if (seconds := deadline - time.monotonic()) <= 0:
            raise TooSlow
        return seconds

    return left
