"""The arrays of a step, made ready: checked once, flat, and cut into pieces for the threads."""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ..checks import check_gradient_shape
from ..running.rule import working_dtype
from .kernels import Kernel
from .threads import CompiledPart, NumpyPart

__all__ = ["PreparedStep"]


class PreparedStep:
    """A step over the same arrays, as often as it is taken.

    Parameters
    ----------
    params : sequence of ndarray
        The parameters, checked.
    state : sequence of dict of ndarray
        The state of each.
    kernels : sequence of Kernel
        What steps each.
    groups : sequence of int
        The group of each: arrays of one group and one kernel are stepped with the same numbers.
    threads : int
        The most threads to use.
    """

    def __init__(
        self,
        params: Sequence[ndarray],
        state: Sequence[dict[str, ndarray]],
        kernels: Sequence[Kernel],
        groups: Sequence[int],
        threads: int,
    ) -> None:
        self.params = list(params)
        self.pairs = list(dict.fromkeys(zip(kernels, groups, strict=True)))
        self.owners = {id(base_array(p)) for p in params}
        self.expected = [(k, p, p.shape, p.dtype, working_dtype(p)) for k, p in enumerate(params)]
        self.copies = []  # parameters that no loop can run on, and the arrays that stand for them
        jobs: list[list] = [[] for _ in self.pairs]
        for k, p in enumerate(params):
            w, dtype = np.asarray(p), working_dtype(p)
            if not w.flags.carray or w.dtype != dtype:
                w = np.empty(p.shape, dtype)
                self.copies.append((p, w))
            arrays = [w, *state[k].values()]
            if kernels[k].elementwise:
                arrays = [a.reshape(-1) for a in arrays]
            if w.size:
                jobs[self.pairs.index((kernels[k], groups[k]))].append((k, arrays))
        kinds: dict[str, Any] = {"compiled": CompiledPart, "numpy": NumpyPart}
        self.parts = [
            kinds[kernel.engine](kernel, some, len(params), threads)
            for (kernel, _), some in zip(self.pairs, jobs, strict=True)
        ]

    def ready(self, params: Sequence[Any], grads: Sequence[Any]) -> list[ndarray] | None:
        """Give the gradients the form that the loops need; None if the parameters are others."""
        if not len(params) == len(grads) == len(self.expected):
            return None
        owners, ready = self.owners, []
        for p, g, (k, mine, shape, own, dtype) in zip(params, grads, self.expected, strict=True):
            if p is not mine or p.shape != shape or p.dtype is not own or not p.flags.writeable:
                return None
            fine = type(g) is ndarray and g.dtype is dtype and g.shape == shape and g.flags.carray
            if not fine or g.base is not None or id(g) in owners:
                g = self.converted(k, g)
            ready.append(g)
        return ready

    def fits(self, params: Sequence[Any]) -> bool:
        """Tell whether these are the arrays that were made ready."""
        mine = [expected[1] for expected in self.expected]
        return len(params) == len(mine) and all(map(operator.is_, params, mine))

    def converted(self, k: int, g: Any) -> ndarray:
        """Give a gradient of any form the form that the loops need."""
        g = check_gradient_shape(k, g, self.params[k])
        g = np.require(g, self.expected[k][-1], ["C", "A", "E"])
        # A gradient may be a view of parameters, which change before it is used.
        base = base_array(g)
        suspect = not isinstance(base, ndarray) or id(base) in self.owners
        if suspect and any(np.may_share_memory(g, p) for p in self.params):
            g = g.copy()
        return g

    def run(self, grads: Sequence[ndarray], numbers: Sequence[tuple]) -> None:
        """Step all arrays."""
        for p, w in self.copies:
            w[...] = p
        for k, part in enumerate(self.parts):
            part.run(grads, numbers[k])
        for p, w in self.copies:
            p[...] = w


def base_array(a: Any) -> Any:
    """Follow the views to the object that owns the memory."""
    while isinstance(a.base, ndarray):
        a = a.base
    return a if a.base is None else a.base
