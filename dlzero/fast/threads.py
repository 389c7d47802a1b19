"""Shares the pieces of a step among threads."""

import contextlib
import ctypes
import functools
import os
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

import numpy as np

from .kernels import Kernel
from .machine import FINISH, OPEN

__all__ = ["CompiledPart", "NumpyPart"]

# Parameters, gradient and state that are worth a thread of their own. To wake one takes 10 to 50
# microseconds, in which one thread alone gets through up to half a megabyte.
SHARE_BYTES = 3 << 19

# How often a helper looks for the next step before it sleeps: 20 to 50 microseconds in all, about
# as long as it would take to wake it.
PATIENCE = 1000

# A job is a gradient's number and the arrays that change: w and the states. A piece is a job and
# the part of it to do: where it starts, and the number of elements.
Job = tuple[int, list[np.ndarray]]
Piece = tuple[int, int, int, list[np.ndarray]]


def available_threads() -> int:
    """Count the processors that this process may use, at most 8."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), 8)
    return min(os.cpu_count() or 1, 8)


def cut(jobs: Sequence[Job], threads: int, divisible: bool = True) -> tuple[list[Piece], int]:
    """Cut large arrays into pieces for the threads.

    Parameters
    ----------
    jobs : sequence of (int, list of ndarray)
        The number of a gradient, and the arrays that its step changes.
    threads : int
        The most threads to use.
    divisible : bool, default True
        False if an array has to stay whole.

    Returns
    -------
    pieces : list of (int, int, int, list of ndarray)
        The number of a gradient, the first element, the count of elements, and the arrays.
    threads : int
        The number of threads that the work is worth.
    """
    total = sum(arrays[0].size for _, arrays in jobs)
    nbytes = sum(a.nbytes for _, arrays in jobs for a in [arrays[0], *arrays])
    threads = min(threads, nbytes // SHARE_BYTES) or 1
    length = total if threads == 1 or not divisible else -(-total // (8 * threads * 64)) * 64
    pieces = []
    for k, arrays in jobs:
        size = arrays[0].size
        step = length if divisible else size
        pieces += [(k, i, min(step, size - i), arrays) for i in range(0, size, step or 1)]
    return pieces, threads


class CompiledPart:
    """Arrays that one compiled kernel steps with the same numbers."""

    def __init__(self, kernel: Kernel, jobs: list[Job], gradients: int, threads: int) -> None:
        pieces, threads = cut(jobs, threads)
        self.jobs = jobs  # the table holds addresses only
        self.tickets: deque[None] = deque([None] * (threads - 1))  # one for each idle helper
        self.run_compiled = kernel.run
        self.table = np.array(
            [
                [size, k, start, *(a.ctypes.data + start * a.itemsize for a in arrays)]
                for k, start, size, arrays in pieces
            ],
            np.int64,
        )
        # What is new in every step: the gradients, and the numbers of the kernel.
        form = struct.Struct(f"{gradients}q{kernel.count}d")
        self.put, self.given = form.pack_into, ctypes.create_string_buffer(form.size)
        # What all threads share: see MODULE in machine.py. No piece is free before the first step.
        self.shared = np.zeros(20, np.int64)
        given = ctypes.addressof(self.given)
        self.shared[16:20] = len(pieces), self.table.ctypes.data, given, given + 8 * gradients
        self.shared[0] = len(pieces)
        self.address = self.shared.ctypes.data

    def run(self, grads: Sequence[np.ndarray], numbers: Sequence[float]) -> None:
        """Update all pieces, with the help of other threads if there are many."""
        self.put(self.given, 0, *map(id, grads), *numbers)
        while self.tickets:
            self.tickets.pop()
            thread_pool().put(self.help_out)
        ended = self.run_compiled(self.address, OPEN)
        while not ended:  # a helper is at work, or held up: let it have the processor
            time.sleep(0)
            ended = self.run_compiled(self.address, FINISH)

    def help_out(self) -> None:
        """Take pieces of this step, and of the next ones if they follow at once."""
        self.run_compiled(self.address, PATIENCE)
        self.tickets.append(None)


class NumpyPart:
    """Arrays that NumPy steps with the same numbers."""

    def __init__(self, kernel: Kernel, jobs: list[Job], gradients: int, threads: int) -> None:
        self.pieces, threads = cut(jobs, threads, kernel.elementwise)
        self.helpers = threads - 1
        self.kernel = kernel

    def work(
        self,
        pieces: Any,
        grads: Sequence[np.ndarray],
        numbers: Sequence[float],
    ) -> None:
        """Update pieces of the arrays."""
        for k, start, size, arrays in pieces:
            g = grads[k]
            if self.kernel.elementwise:
                g, part = g.reshape(-1), slice(start, start + size)
                g, arrays = g[part], [a[part] for a in arrays]
            w, *state = arrays
            self.kernel.run(w, g, *state, *numbers)

    def run(self, grads: Sequence[np.ndarray], numbers: Sequence[float]) -> None:
        """Update all pieces; whichever thread is free takes the next one."""
        if not self.helpers:
            return self.work(self.pieces, grads, numbers)
        todo = deque([*self.pieces, *[None] * (1 + self.helpers)])  # a None for each thread
        tickets = deque(range(self.helpers))
        ended: SimpleQueue[BaseException | None] = SimpleQueue()
        reaction: Any = {"call": np.geterrcall(), **np.geterr()}  # to overflow, in each thread

        def help_out() -> None:
            try:
                tickets.pop()
            except IndexError:
                return  # too late: the work is done
            try:
                with np.errstate(**reaction):
                    self.work(iter(todo.popleft, None), grads, numbers)
                ended.put(None)
            except BaseException as error:
                ended.put(error)

        for _ in range(self.helpers):
            thread_pool().put(help_out)
        try:
            self.work(iter(todo.popleft, None), grads, numbers)
        finally:
            helping = self.helpers
            with contextlib.suppress(IndexError):
                while True:
                    tickets.pop()
                    helping -= 1
            errors = [ended.get() for _ in range(helping)]
        for error in filter(None, errors):
            raise error
        return None


@functools.cache
def thread_pool() -> "SimpleQueue[Callable[[], None]]":
    """Start threads at the first call, and return the queue of functions that they call.

    To wake a thread in this way takes half as long as with `concurrent.futures`.
    """
    queue: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def serve() -> None:
        while True:
            queue.get()()

    for _ in range(max((os.cpu_count() or 1) - 1, 1)):  # the thread that asks works too
        threading.Thread(target=serve, name="dlzero", daemon=True).start()
    return queue


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=thread_pool.cache_clear)  # threads do not survive a fork
