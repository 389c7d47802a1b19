"""Makes a rule ready for arrays of one dtype: compiled, or run by NumPy in blocks."""

import functools
import os
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..running.rule import Rule
from .machine import compile_loop
from .split import NotElementwise, Splitter

__all__ = ["Kernel", "kernel"]

BLOCK_BYTES = 256 * 1024  # a block of every array and the temporaries stay in the cache together


@dataclass(frozen=True, eq=False)  # each is equal to itself alone
class Kernel:
    """A rule made ready.

    ``numbers([t, ]*hyper)`` gives what is the same for all elements. With NumPy,
    ``run(w, g, *state, *numbers)`` changes w and the state; for the compiled ``run(shared,
    patience)`` see `dlzero.fast.machine.assembly`.
    """

    numbers: Callable[..., tuple]
    run: Callable[..., Any]
    engine: str
    elementwise: bool
    count: int = 0  # of the numbers, if compiled


@functools.lru_cache(maxsize=256)
def numpy_kernel(rule: Callable, elementwise: bool) -> Kernel:
    """Run the formula itself, in blocks if it is element-wise."""
    form = Rule(rule)
    count = 2 + len(form.state)

    def run(*arguments):
        arrays, numbers = arguments[:count], arguments[count:]
        size = arrays[0].size
        length = BLOCK_BYTES // arrays[0].itemsize
        if size <= length or not elementwise:
            return run_block([a.view() for a in arrays], numbers)
        for start in range(0, size, length):
            run_block([a[start : start + length] for a in arrays], numbers)

    def run_block(views, numbers):
        w, g, *state = views
        if elementwise:
            new = rule(w, g, *state, *numbers)
        else:  # the copies keep a rule that works in place from doing harm
            new = rule(w.copy(), g.copy(), *state, *numbers)
        form.check(new, w)
        # A rule may return what it was given: copy it, before another result overwrites it.
        new = [n if getattr(n, "base", n) is None else np.array(n) for n in new]
        for target, value in zip((w, *state), new, strict=True):
            target[...] = value

    return Kernel(lambda *numbers: numbers, run, "numpy", elementwise)


def compiled_kernel(rule: Callable, source: str, dtype: np.dtype, strict: bool) -> Kernel:
    """Compile the loop of a rule for one dtype."""
    code: dict[str, Any] = {}
    exec(source, rule.__globals__, code)
    numbers, loop = code.values()
    count = loop.__code__.co_argcount - 2 - len(Rule(rule).state)
    return Kernel(numbers, compile_loop(source, dtype, strict), "compiled", True, count)


# CPython 3.11 cannot parse in two threads at a time (SystemError: AST constructor recursion depth).
PREPARING = threading.RLock()

if hasattr(os, "register_at_fork"):  # a child must not be born while another thread holds the lock
    os.register_at_fork(
        before=PREPARING.acquire,
        after_in_parent=PREPARING.release,
        after_in_child=PREPARING.release,
    )


@functools.lru_cache(maxsize=256)
def kernel(rule: Callable, dtype: np.dtype, strict: bool = True) -> Kernel:
    """Make a rule ready for arrays of one dtype.

    A rule that is not element-wise, or whose source cannot be read, or another dtype than float32
    and float64, runs on NumPy. So does every rule when llvmlite is missing or does not work; in
    the second case a warning says why.

    Parameters
    ----------
    rule : function
        The rule.
    dtype : numpy.dtype
        The dtype of the parameters and the state.
    strict : bool, default True
        Round as the formula says. Without it the compiled loop may multiply by a reciprocal
        instead of dividing, and add without rounding the product first.

    Returns
    -------
    Kernel
        The rule made ready.
    """
    with PREPARING:
        try:
            splitter = Splitter(rule)
        except NotElementwise:
            return numpy_kernel(rule, elementwise=False)
        if dtype in (np.float32, np.float64):
            try:
                return compiled_kernel(rule, splitter.source(), dtype, strict)
            except Exception as error:  # whatever a library raises that does not fit the machine
                missing = isinstance(error, ModuleNotFoundError) and error.name == "llvmlite"
                if not missing:  # that it is not installed is no fault
                    warn_once(repr(error))
        return numpy_kernel(rule, elementwise=True)


@functools.cache
def warn_once(problem: str) -> None:
    """Say why nothing is compiled."""
    warnings.warn(
        f"llvmlite does not work here, so rules run on NumPy, which is slower: {problem}",
        RuntimeWarning,
        stacklevel=2,
    )
