"""Runs a rule on arrays: keeps the state, counts the steps, changes the parameters in place."""

import contextlib
import functools
import json
import math
import numbers
import os
import threading
from collections import deque
from queue import SimpleQueue
from types import MappingProxyType

import numpy as np
from numpy import ndarray

from ..running.rule import Rule as signature
from .engine import ENGINES, kernel

__all__ = ["Optimizer"]

# Parameters, gradient and state that are worth a thread of their own. To wake one takes 10 to 50
# microseconds, in which one thread alone gets through up to half a megabyte.
SHARE_BYTES = 3 << 19

# What the field's names for hyper-parameters allow; other names only have to be numbers.
RANGES = {
    "lr": ("finite and at least 0", lambda x: 0 <= x < math.inf),
    "eps": ("finite and at least 0", lambda x: 0 <= x < math.inf),
    "weight_decay": ("finite and at least 0", lambda x: 0 <= x < math.inf),
    "mu": ("from 0 to 1", lambda x: 0 <= x <= 1),
    "rho": ("at least 0 and below 1", lambda x: 0 <= x < 1),
    "beta1": ("at least 0 and below 1", lambda x: 0 <= x < 1),
    "beta2": ("at least 0 and below 1", lambda x: 0 <= x < 1),
}


class Optimizer:
    """Runs a rule on one array or on a list of arrays, in place.

    The class knows no rule. It reads the signature of the function, keeps one array for every
    name of the state (zero at the start), counts the steps, and calls the rule.

    Parameters
    ----------
    rule : function
        ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``, such as `adam`, or your own.
    engine : {"auto", "numpy", "numba"}, default "auto"
        What runs the rule; ``"auto"`` takes numba if it is installed. The results are equal to
        the last bit. A rule that is not element-wise runs on NumPy in any case.
    strict : bool, default True
        False lets numba divide faster, with other last bits. NumPy is always strict.
    threads : int, optional
        The most threads to use; by default the number of processors, at most 8. Small arrays are
        left to one thread.
    groups : list of dict, optional
        Other hyper-parameters for some of the arrays: ``{"params": [1, 3], "lr": 0.1}`` gives the
        second and the fourth array a rate of their own.
    transforms : list of function, optional
        Functions ``(params, grads) -> grads`` on lists of arrays, applied in this order before
        the rule: `clip_by_value`, `clip_by_norm`, `l2_decay`, or your own.
    **hyper : float or function
        The hyper-parameters of the rule. Instead of a number, a function of the step number ``t``
        (1 at the first step) is a schedule, see `dlzero.schedules`.

    Attributes
    ----------
    t : int
        The number of steps done.
    state : list of dict of ndarray, or None
        The state of every array by name. None before the first step.
    hyper : mapping
        The hyper-parameters, read-only; `set_hyper` changes them.

    Raises
    ------
    TypeError
        If `rule` has another form, or for an unknown hyper-parameter or one that is no number.
    ValueError
        If a hyper-parameter is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from dlzero.chapters.ch07_adam import adam
    >>> from dlzero.fast.optimizer import Optimizer
    >>> w = np.array([1.0, -2.0])
    >>> optimizer = Optimizer(adam, lr=0.1)
    >>> for _ in range(100):
    ...     optimizer.step(w, 2 * w)
    >>> bool(np.abs(w).max() < 0.01)
    True
    """

    def __init__(
        self,
        rule,
        *,
        engine="auto",
        strict=True,
        threads=None,
        groups=(),
        transforms=(),
        **hyper,
    ):
        self.rule = rule
        self.signature = signature(rule)
        if engine not in ENGINES:
            raise ValueError(f"expected engine to be one of {ENGINES}, got {engine!r}")
        if threads is not None and (not isinstance(threads, numbers.Integral) or threads < 1):
            raise ValueError(f"expected threads to be a positive integer or None, got {threads!r}")
        for transform in transforms:
            if not callable(transform):
                raise TypeError(f"expected transforms to be functions, got {transform!r}")
        self.engine = engine
        self.strict = bool(strict)
        self.threads = int(threads or min(os.cpu_count() or 1, 8))
        self.transforms = tuple(transforms)
        self.t = 0
        self.state = None
        self._layout = None  # shape and dtype of every array
        self._bound = None  # the arrays of the last step, made ready
        self._groups = [{"params": ()}, *map(dict, groups)]  # the first one holds all the others
        self._hyper = {}
        self.set_hyper(**{**self.signature.hyper, **hyper})

    def set_hyper(self, **hyper):
        """Change hyper-parameters between two steps; the state stays.

        Parameters
        ----------
        **hyper : float or function
            New values. A group keeps the values it has of its own.
        """
        self._hyper = {**self._hyper, **self._checked(hyper)}
        self._settings = []  # for every group the values in the order of the signature
        for group in self._groups:
            own = self._checked({k: v for k, v in group.items() if k != "params"})
            self._settings.append({**self._hyper, **own})
        self._scheduled = any(callable(v) for s in self._settings for v in s.values())

    @property
    def hyper(self):
        """The hyper-parameters, read-only."""
        return MappingProxyType(self._hyper)

    @property
    def engine_used(self):
        """What runs the rule, ``"numpy"`` or ``"numba"``; None before the first step."""
        return self._bound.pairs[0][0].engine if self._bound and self._bound.pairs else None

    def __repr__(self):
        hyper = "".join(f", {name}={value!r}" for name, value in self._hyper.items())
        return f"Optimizer({self.signature.name}{hyper}, engine={self.engine!r}, t={self.t})"

    def __getstate__(self):
        return {**self.__dict__, "_bound": None}  # a copy makes its own arrays ready

    def step(self, params, grads):
        """Take one step: change the parameters in place.

        Parameters
        ----------
        params : ndarray or list of ndarray
            The parameters, of a floating dtype. float16 is computed in float32.
        grads : array_like or list of array_like
            Their gradients, of the same shapes. They are never changed.

        Raises
        ------
        TypeError
            If a parameter is not an array of floats, or a gradient is complex.
        ValueError
            If shapes differ, a parameter is read-only or shares memory with another, or the
            parameters are not those of the steps before.
        """
        if isinstance(params, np.ndarray):
            params, grads = (params,), (grads,)
        elif not isinstance(params, list | tuple):
            raise TypeError(
                f"expected an array or a list of arrays, got {params!r}; a number cannot be "
                f"changed in place: use np.array(...), or call {self.signature.name} itself"
            )
        if len(grads) != len(params):
            raise ValueError(f"got {len(grads)} gradients for {len(params)} arrays of parameters")
        if self.transforms:
            grads = [shaped(k, g, p) for k, (g, p) in enumerate(zip(grads, params, strict=True))]
            for transform in self.transforms:
                grads = list(transform(list(params), grads))  # it may be read twice
        bound = self._bound
        ready = bound and bound.ready(params, grads)
        if ready is None:
            bound = self._bind(params)
            ready = bound.ready(params, grads)
        bound.run(ready, [self._at(self.t + 1, *pair) for pair in bound.pairs])
        self.t += 1

    def _at(self, t, kernel, group):
        """Return the numbers of step t for the loop of a kernel."""
        values = self._settings[group].values()
        if self._scheduled:
            values = [
                self._number(name, value(t)) if callable(value) else value
                for name, value in self._settings[group].items()
            ]
        return kernel.numbers(t, *values) if self.signature.uses_t else kernel.numbers(*values)

    def _checked(self, hyper):
        known = self.signature.hyper
        for name in hyper:
            if name not in known:
                raise TypeError(
                    f"{self.signature.name} has no hyper-parameter {name!r}; "
                    f"it has {', '.join(known) or 'none'}"
                )
        return {n: v if callable(v) else self._number(n, v) for n, v in hyper.items()}

    def _number(self, name, value):
        """Check one hyper-parameter. A NumPy scalar would change float32 arrays to float64."""
        if not isinstance(value, numbers.Real):
            raise TypeError(f"expected {name} to be a number or a function of t, got {value!r}")
        value = int(value) if isinstance(value, numbers.Integral) else float(value)
        expected, fits = RANGES.get(name, ("a number", lambda x: not math.isnan(x)))
        if not fits(value):
            raise ValueError(f"expected {name} to be {expected}, got {value}")
        return value

    def _bind(self, params):
        """Check the parameters, make the state if there is none, and make all ready to run."""
        check_params(params)
        layout = [(p.shape, p.dtype.newbyteorder("=").name) for p in params]
        if self._layout not in (None, layout):
            raise ValueError(
                f"the state belongs to arrays of {self._layout}, got {layout}; "
                "make a new Optimizer for other parameters"
            )
        if self.state is None:
            names = self.signature.state
            self.state = [
                {name: np.zeros(p.shape, working_dtype(p)) for name in names} for p in params
            ]
        group_of = {}
        for number, group in enumerate(self._groups):
            for k in group.get("params", ()):
                if k not in range(len(params)) or k in group_of:
                    raise ValueError(
                        f"groups: expected every number once and below {len(params)}, got {k!r}"
                    )
                group_of[k] = number
        kernels = [kernel(self.rule, working_dtype(p), self.engine, self.strict) for p in params]
        groups = [group_of.get(k, 0) for k in range(len(params))]
        self._layout = layout
        self._bound = Bound(params, self.state, kernels, groups, self.threads)
        return self._bound

    def state_dict(self):
        """Copy the state into a flat dictionary that ``np.savez(file, **state)`` can write.

        Returns
        -------
        dict
            ``"0.m"`` is the state ``m`` of the first array, and so on. ``"meta"`` is a JSON text:
            the rule, the number of steps, the shapes and dtypes. Hyper-parameters are not in it.

        Examples
        --------
        >>> import numpy as np
        >>> from dlzero.chapters.ch05_momentum import momentum
        >>> from dlzero.fast.optimizer import Optimizer
        >>> w = np.array([1.0, 2.0])
        >>> optimizer = Optimizer(momentum, lr=0.5)
        >>> optimizer.step(w, w)
        >>> state = optimizer.state_dict()
        >>> state["0.v"]
        array([1., 2.])
        >>> other = Optimizer(momentum, lr=0.1)
        >>> other.load_state_dict(state)
        >>> other.t, other.hyper["lr"]
        (1, 0.1)
        """
        name, state = self.signature.name, self.signature.state
        meta = {"rule": name, "state": state, "t": self.t, "layout": self._layout}
        arrays = {
            f"{k}.{name}": array.copy()
            for k, one in enumerate(self.state or [])
            for name, array in one.items()
        }
        return {**arrays, "meta": json.dumps(meta)}

    def load_state_dict(self, state):
        """Continue from a state that `state_dict` made. Hyper-parameters stay as they are.

        Parameters
        ----------
        state : mapping
            A result of `state_dict`, or the file that ``np.load`` opened. It is copied.

        Raises
        ------
        ValueError
            If the state is of another rule, or of arrays of other shapes or dtypes.
        """
        name, names = self.signature.name, self.signature.state
        if "meta" not in state:
            raise ValueError(f"expected a result of state_dict, got the keys {list(state)}")
        meta = json.loads(str(state["meta"]))
        if (meta["rule"], meta["state"]) != (name, list(names)):
            raise ValueError(f"expected a state of {name}, got one of {meta['rule']}")
        layout = meta["layout"] and [(tuple(shape), dtype) for shape, dtype in meta["layout"]]
        if layout and self._layout not in (None, layout):
            raise ValueError(f"expected a state for arrays of {self._layout}, got {layout}")
        loaded = [
            {
                name: np.array(state[f"{k}.{name}"], order="C")
                for name in names
                if f"{k}.{name}" in state
            }
            for k in range(len(layout or []))
        ]
        for k, (shape, dtype) in enumerate(layout or []):
            found = {n: (a.shape, a.dtype) for n, a in loaded[k].items()}
            if found != dict.fromkeys(names, (shape, working_dtype(np.empty(0, dtype)))):
                raise ValueError(f"expected {names} of {shape}, {dtype} for array {k}, got {found}")
        self.t, self._layout, self._bound = meta["t"], layout, None
        self.state = loaded if layout else None


class Bound:
    """The arrays of a step, made ready: flat views, cut into pieces for the threads."""

    def __init__(self, params, state, kernels, groups, threads):
        self.params = list(params)
        dtypes = [working_dtype(p) for p in params]
        self.flat = [k.elementwise for k in kernels]
        self.owners = {id(owner(p)) for p in params}
        self.expected = [  # of every gradient, and whether the loop wants it in one dimension
            (p, k, p.shape, dtypes[k], self.flat[k] and p.ndim != 1) for k, p in enumerate(params)
        ]
        self.copies = []  # parameters that no loop can run on, and the arrays that stand for them
        self.pairs = list(dict.fromkeys(zip(kernels, groups, strict=True)))
        jobs = []
        for k, p in enumerate(params):
            w = np.asarray(p)
            if not w.flags.carray or w.dtype != dtypes[k]:
                w = np.empty(p.shape, dtypes[k])
                self.copies.append((p, w))
            arrays = [w, *state[k].values()]
            if self.flat[k]:
                arrays = [a.reshape(-1) for a in arrays]
            if w.size:
                jobs.append((k, self.pairs.index((kernels[k], groups[k])), arrays))
        self.cut(jobs, threads)

    def cut(self, jobs, threads):
        """Cut large arrays into pieces for the threads."""
        total = sum(arrays[0].size for _, _, arrays in jobs)
        size = sum(a.nbytes for _, _, arrays in jobs for a in [arrays[0], *arrays])
        count = min(threads, size // SHARE_BYTES) or 1
        length = total if count == 1 else -(-total // (4 * count * 64)) * 64
        pieces = []
        for k, pair, arrays in jobs:
            update, elements = self.pairs[pair][0].update, arrays[0].size
            step = length if self.flat[k] and length < elements else elements
            for start in range(0, elements, step):
                part = None if step == elements else slice(start, start + step)
                w, *state = arrays if part is None else [a[part] for a in arrays]
                pieces.append((update, k, pair, part, w, state))
        self.helpers = count - 1
        self.pieces = pieces

    def ready(self, params, grads):
        """Give the gradients the form that the loops need; None if the parameters are others."""
        if len(params) != len(self.expected):
            return None
        result = []
        for p, g, (mine, k, shape, dtype, flatten) in zip(
            params, grads, self.expected, strict=True
        ):
            if p is not mine or not p.flags.writeable:
                return None
            fine = type(g) is ndarray and g.dtype is dtype and g.shape == shape and g.flags.carray
            if not fine or g.base is not None or id(g) in self.owners:
                g = self.made_ready(k, g)
            result.append(g.reshape(-1) if flatten else g)
        return result

    def made_ready(self, k, g):
        """Give a gradient of any form the form that the loop needs."""
        g = np.require(shaped(k, g, self.params[k]), self.expected[k][3], ["C", "A"])
        # A gradient may be a view of parameters, which change before it is used.
        root = owner(g)
        suspect = not isinstance(root, np.ndarray) or id(root) in self.owners
        if suspect and any(np.may_share_memory(g, p) for p in self.params):
            g = g.copy()
        return g

    def run(self, grads, numbers):
        """Update all pieces, with the help of other threads if there are many."""
        for p, w in self.copies:
            w[...] = p
        if self.helpers:
            self.share(grads, numbers)
        else:
            work(self.pieces, grads, numbers)
        for p, w in self.copies:
            p[...] = w

    def share(self, grads, numbers):
        """Update all pieces; whichever thread is free takes the next one."""
        todo = deque([*self.pieces, *[None] * (1 + self.helpers)])  # a None for each thread
        tickets, ended = deque(range(self.helpers)), SimpleQueue()
        reaction = {"call": np.geterrcall(), **np.geterr()}  # to overflow; each thread has its own

        def help_out():
            try:
                tickets.pop()
            except IndexError:
                return  # too late: the work is done
            try:
                with np.errstate(**reaction):
                    work(iter(todo.popleft, None), grads, numbers)
                ended.put(None)
            except BaseException as error:
                ended.put(error)

        for _ in range(self.helpers):
            crew().put(help_out)
        try:
            work(iter(todo.popleft, None), grads, numbers)
        finally:
            helping = self.helpers
            with contextlib.suppress(IndexError):
                while True:
                    tickets.pop()
                    helping -= 1
            errors = [ended.get() for _ in range(helping)]
        for error in filter(None, errors):
            raise error


def work(pieces, grads, numbers):
    """Update pieces of the arrays."""
    for update, k, pair, part, w, state in pieces:
        g = grads[k] if part is None else grads[k][part]
        update(w, g, *state, *numbers[pair])


def shaped(k, g, p):
    """Check a gradient: an array of real numbers of the parameter's shape."""
    g, shape = np.asarray(g), np.shape(p)
    if g.shape != shape:
        raise ValueError(f"expected a gradient of shape {shape} for array {k}, got {g.shape}")
    if g.dtype.kind not in "fiub":
        raise TypeError(f"expected a gradient of real numbers for array {k}, got {g.dtype}")
    return g


def check_params(params):
    """Refuse parameters that cannot be changed in place, or not safely."""
    for k, p in enumerate(params):
        if not isinstance(p, np.ndarray):
            raise TypeError(f"expected params[{k}] to be an array, got {p!r}: use np.array(...)")
        if p.dtype.kind != "f":
            raise TypeError(
                f"expected params[{k}] to be an array of floats, got {p.dtype}; "
                "use p.astype(float), and two arrays for complex numbers"
            )
        if not p.flags.writeable:
            raise ValueError(f"params[{k}] is read-only, so it cannot be changed: use p.copy()")
        if overlaps_itself(p):
            raise ValueError(f"elements of params[{k}] share memory: use p.copy()")
        for j, other in enumerate(params[:k]):
            if np.shares_memory(other, p):
                raise ValueError(
                    f"params[{j}] and params[{k}] share memory and would be changed twice: "
                    "pass each array once"
                )


def overlaps_itself(p):
    """Tell whether two elements of an array may lie in the same place."""
    extent = p.itemsize
    for stride, n in sorted((abs(s), n) for s, n in zip(p.strides, p.shape, strict=True) if n > 1):
        if stride < extent:
            return p.size > 0
        extent += stride * (n - 1)
    return False


def working_dtype(p):
    """Give the dtype of computation and state: that of the array, but float32 for float16."""
    return np.result_type(p.dtype.newbyteorder("="), np.float32)


def owner(a):
    """Follow the views to the object that owns the memory."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a if a.base is None else a.base


@functools.cache
def crew():
    """Start threads at the first call, and return the queue of functions that they call.

    To wake a thread in this way takes half as long as with `concurrent.futures`.
    """
    queue = SimpleQueue()

    def serve():
        while True:
            queue.get()()

    for _ in range(max((os.cpu_count() or 1) - 1, 1)):  # the thread that asks works too
        threading.Thread(target=serve, name="dlzero", daemon=True).start()
    return queue


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=crew.cache_clear)  # threads do not survive a fork
