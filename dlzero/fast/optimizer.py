"""The optimizer of the course, compiled and on several threads."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..checks import check_gradients, check_params, flag, whole
from ..running.optimizer import Optimizer as PlainOptimizer
from ..running.optimizer import same_state
from ..running.protocols import RuleFunction
from ..running.rule import Rule, working_dtype
from ..running.transforms import transformed
from .kernels import kernel, numpy_kernel
from .prepared import PreparedStep
from .threads import available_threads

__all__ = ["Optimizer"]


class Optimizer(PlainOptimizer):
    """Does what `dlzero.Optimizer` does, faster.

    If the rule is element-wise and llvmlite is installed, the formula is compiled into one loop.
    Without llvmlite, NumPy runs the formula on blocks that stay in the cache. A rule that is not
    element-wise, or whose source cannot be read, runs on NumPy as it is.

    Parameters
    ----------
    rule : function or Rule
        ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``, such as `adam`, or your own.
    strict : bool, default True
        The results are those of `dlzero.Optimizer` to the last bit. False lets the compiled loop
        divide faster, with other last bits.
    threads : int, optional
        The most threads to use; by default the number of processors, at most 8. Small arrays are
        left to one thread.
    **options
        ``groups``, ``transforms`` and the hyper-parameters, as in `dlzero.Optimizer`.

    Attributes
    ----------
    engine_used : str or None
        What steps the first array: ``"compiled"`` or ``"numpy"``. None before the first step.
    rule, hyper, t, state
        As in `dlzero.Optimizer`.

    Raises
    ------
    TypeError, ValueError
        As in `dlzero.Optimizer`, and if `threads` is no whole number of at least 1, or `strict`
        neither True nor False.

    Warns
    -----
    RuntimeWarning
        Once, if llvmlite is installed and does not work.

    Examples
    --------
    >>> import numpy as np
    >>> from dlzero import adam
    >>> from dlzero.fast import Optimizer
    >>> w = np.array([1.0, -2.0])
    >>> optimizer = Optimizer(adam, lr=0.1)
    >>> for _ in range(100):
    ...     optimizer.step(w, 2 * w)
    >>> bool(np.abs(w).max() < 0.01)
    True
    """

    def __init__(
        self,
        rule: RuleFunction | Rule,
        *,
        strict: bool = True,
        threads: int | None = None,
        **options: Any,
    ) -> None:
        self.strict = flag("strict", strict)
        self.threads = available_threads() if threads is None else whole("threads", threads)
        self.prepared: PreparedStep | None = None
        self.left: tuple = ()  # what a user may set, as the last step left it
        super().__init__(rule, **options)

    @property
    def engine_used(self) -> str | None:
        """What steps the first array, ``"compiled"`` or ``"numpy"``; None before a step."""
        return self.prepared.pairs[0][0].engine if self.prepared and self.prepared.pairs else None

    def set_hyper(self, **hyper: Any) -> None:
        """Change hyper-parameters between two steps; the state stays.

        Parameters
        ----------
        **hyper : float or function
            New values. A group keeps the values it has of its own.
        """
        super().set_hyper(**hyper)
        values = [value for rule in self.rules for value in rule.hyper.values()]
        self.scheduled = any(map(callable, values))

    def step(self, params: Any, grads: Any) -> None:
        """Take one step: change the parameters in place, as `dlzero.Optimizer.step` does.

        Parameters
        ----------
        params : ndarray or list of ndarray
            The parameters, of a floating dtype. float16 is computed in float32.
        grads : array_like or list of array_like
            Their gradients, of the same shapes. They are never changed.
        """
        if isinstance(params, np.ndarray):
            params, grads = (params,), (grads,)
        elif not isinstance(params, (list, tuple)):
            check_params(params)
        if not hasattr(grads, "__len__"):
            check_gradients(params, grads)
        if not self.is_as_left():
            self.prepared = None
            whole("t, the number of steps done,", self.t, least=0)
        counter = (self.t + 1,) if self.rule.uses_t else ()
        rules = [rule.at(self.t + 1) for rule in self.rules] if self.scheduled else self.rules
        values = [tuple(rule.hyper.values()) for rule in rules]
        prepared = self.prepared
        if self.transforms:
            if prepared is None or not prepared.fits(params) or len(grads) != len(params):
                params, grads = self.checked(params, grads)
                prepared = self.prepare(params, counter, values)
            grads = check_gradients(params, grads)
            for transform in self.transforms:
                grads = transformed(transform, params, grads)
        ready = None if prepared is None else prepared.ready(params, grads)
        if prepared is None or ready is None:
            params, grads = self.checked(params, grads)
            prepared = self.prepare(params, counter, values)
            ready = prepared.ready(params, grads)
        prepared.run(ready or (), [k.numbers(*counter, *values[n]) for k, n in prepared.pairs])
        self.t += 1
        self.left = (self.t, self.strict, self.threads)

    def is_as_left(self) -> bool:
        """Tell whether nothing was set from outside since the last step."""
        same = self.left == (self.t, self.strict, self.threads)
        return bool(same and self.bound and self.state and same_state(self.state, self.bound[1]))

    def prepare(
        self, params: Sequence[np.ndarray], counter: tuple, values: Sequence[tuple]
    ) -> PreparedStep:
        """Make parameters and state ready for this step and the next ones."""
        kernels = []
        for p, group in zip(params, self.group_of, strict=True):
            made = kernel(self.rule.function, working_dtype(p), self.strict)
            try:
                _ = [float(number) for number in made.numbers(*counter, *values[group])]
            except Exception:  # such as -clip for clip=None, which the formula may never ask for
                made = numpy_kernel(self.rule.function, made.elementwise)
            kernels.append(made)
        state: list[dict[str, np.ndarray]] = self.state or []
        self.prepared = PreparedStep(params, state, kernels, self.group_of, self.threads)
        return self.prepared

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "prepared": None}  # a copy makes its own arrays ready
