"""What the kernel says about processes and memory: read from ``/proc``."""

import os
import time
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Reading:
    """A process and all below it, at one moment.

    Attributes
    ----------
    at : float
        Seconds of the clock.
    cpu : dict of int to (float, float)
        For each process, the seconds that it and its ended children computed, and those of the
        children alone.
    waits : dict of int to float
        For each thread, the seconds that it was ready and had no processor.
    ready : bool
        Whether a thread runs or waits for a processor.
    own : float
        The same wait of the thread that reads.
    """

    at: float
    cpu: dict[int, tuple[float, float]]
    waits: dict[int, float]
    ready: bool
    own: float


def text_of(path: str) -> bytes:
    """Return a small file of the kernel; empty when it is gone."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(handle, 1 << 16)
    except OSError:  # the process ended meanwhile
        return b""
    finally:
        os.close(handle)


def wait_of(place: str) -> float:
    """Return the seconds that a thread waited for a processor."""
    words = text_of(f"/proc/{place}/schedstat").split()
    return int(words[1]) / 1e9 if len(words) > 1 else 0.0


# Some kernels do not count it, and say 0 for all that they do not count.
COUNTS_WAITS = text_of("/proc/self/schedstat").split()[:1] not in ([], [b"0"])
KNOWS_CHILDREN = os.path.exists("/proc/thread-self/children")


def _threads(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def _fields(place: str) -> list[bytes]:
    """Return the fields of a stat file from the state on, which stands after the name."""
    return text_of(f"/proc/{place}/stat").rpartition(b")")[2].split()


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    below: dict[int, list[int]] = {}
    if not KNOWS_CHILDREN:
        for name in os.listdir("/proc"):
            if name.isdigit() and (fields := _fields(name)):
                below.setdefault(int(fields[1]), []).append(int(name))
    found = {pid: None}
    todo = [pid]
    while todo:
        parent = todo.pop()
        if KNOWS_CHILDREN:
            task = f"/proc/{parent}/task"
            words = [text_of(f"{task}/{tid}/children").split() for tid in _threads(parent)]
            children = [int(word) for part in words for word in part]
        else:
            children = below.get(parent, [])
        todo += [child for child in children if child not in found]
        found |= dict.fromkeys(children)
    return list(found)


def reading(pid: int) -> Reading:
    """Return what a process and all below it have used up to now."""
    cpu, waits, ready = {}, {}, False
    for member in family(pid):
        if not (fields := _fields(str(member))):
            continue
        user, system, *children = (int(field) / TICKS for field in fields[11:15])
        cpu[member] = user + system + sum(children), sum(children)
        for tid in _threads(member):
            if COUNTS_WAITS:
                waits[int(tid)] = wait_of(f"{member}/task/{tid}")
            else:
                ready |= _fields(f"{member}/task/{tid}")[:1] == [b"R"]
    own = wait_of("thread-self") if COUNTS_WAITS else 0.0
    return Reading(time.monotonic(), cpu, waits, ready, own)


def _numbers(path: str) -> dict[str, int]:
    """Return a table of the kernel with a name and a number in each line."""
    lines = [line.split() for line in text_of(path).decode().splitlines()]
    return {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 1}


def killed_for_memory() -> int:
    """Return how many processes the kernel has ended so far because memory ran out."""
    return _numbers("/proc/vmstat").get("oom_kill", 0)


def short_of_memory(size: int) -> bool:
    """Tell whether this machine may have refused memory to one that was allowed `size` bytes.

    The kernel refuses in two cases only: where it promises no more than there is, and for a
    single piece that is larger than all of the memory. Else it ends a process later, which
    `killed_for_memory` counts. So in all other cases it was the limit of the process.
    """
    table = {name: 1024 * number for name, number in _numbers("/proc/meminfo").items()}
    rule = text_of("/proc/sys/vm/overcommit_memory").strip()
    if rule == b"2":
        return table.get("CommitLimit", 0) - table.get("Committed_AS", 0) < size
    return rule == b"0" and table.get("MemTotal", 0) + table.get("SwapTotal", 0) < size


def data_size() -> int:
    """Return the bytes that this process has asked for, as RLIMIT_DATA counts them."""
    return int(text_of("/proc/self/statm").split()[5]) * PAGE
