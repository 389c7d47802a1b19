"""A rule on a list of arrays: keeps the state, counts the steps, changes the arrays in place."""

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ..checks import check_gradients, check_params, function
from .protocols import RuleFunction, Transform
from .rule import Rule, working_dtype

__all__ = ["Optimizer"]

# The C library of Linux gives the memory of temporaries back to the system at the end of a step
# and fetches it again, page by page, in the next. A large block that was freed once teaches it
# to keep more.
np.empty(16 << 20, np.uint8)


class Optimizer:
    """Runs a rule on one array or on a list of arrays, in place.

    The class knows no formula. It keeps an array of zeros for each name of the state, counts the
    steps, and calls the rule. `dlzero.fast.Optimizer` does the same with compiled loops.

    Parameters
    ----------
    rule : function or Rule
        ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``, such as `adam`, or your own.
    groups : sequence of dict, optional
        Other hyper-parameters for some of the arrays: ``{"params": [1, 3], "lr": 0.1}`` gives the
        second and the fourth array a rate of their own.
    transforms : sequence of function, optional
        Functions ``(params, grads) -> grads`` on lists of arrays, applied in this order before
        the rule: `clip_by_value`, `clip_by_norm`, `l2_decay`, or your own.
    **hyper : float or function
        The hyper-parameters of the rule. Instead of a number, a function of the step number ``t``
        (1 at the first step) is a schedule, see `dlzero.schedules`.

    Attributes
    ----------
    rule : Rule
        The rule with its hyper-parameters.
    t : int
        The number of steps done.
    state : list of dict of ndarray, or None
        The state of every array by name. None before the first step.

    Raises
    ------
    TypeError
        If `rule` has another form, or for an unknown hyper-parameter or one that is no number.
    ValueError
        If a hyper-parameter is out of range.

    Examples
    --------
    >>> from dlzero import Optimizer, adam
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
        groups: Iterable[Mapping[str, Any]] = (),
        transforms: Iterable[Transform] = (),
        **hyper: Any,
    ) -> None:
        self.rule = Rule(rule, **hyper)
        self.groups = [check_group(group) for group in groups]
        self.transforms = [function("a transform", transform) for transform in transforms]
        for group in self.groups:
            if "params" not in group:
                raise ValueError(
                    f'a group needs the numbers of its arrays as "params", got {group!r}'
                )
        self.t = 0
        self.state: Any = None
        self.layout: Any = None
        self.set_hyper()

    @property
    def hyper(self) -> Mapping[str, Any]:
        """The hyper-parameters, read-only; `set_hyper` changes them."""
        return MappingProxyType(self.rule.hyper)

    def set_hyper(self, **hyper: Any) -> None:
        """Change hyper-parameters between two steps; the state stays.

        Parameters
        ----------
        **hyper : float or function
            New values. A group keeps the values it has of its own.
        """
        self.rule = Rule(self.rule, **hyper)
        own = [{k: v for k, v in group.items() if k != "params"} for group in self.groups]
        self.rules = [self.rule, *(Rule(self.rule, **values) for values in own)]

    def step(self, params: Any, grads: Any) -> None:
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
            parameters are not of the form of the steps before.
        """
        params, grads = self.checked(params, grads)
        for transform in self.transforms:
            grads = check_gradients(params, list(transform(params, grads)))
        steps = [rule.at(self.t + 1) for rule in self.rules]
        news = [
            steps[group](w, g, *state.values())
            for w, g, state, group in zip(params, grads, self.state, self.group_of, strict=True)
        ]
        # Only now, since a gradient may be a view of a parameter.
        for w, state, (new_w, *new_state) in zip(params, self.state, news, strict=True):
            w[...] = new_w
            for array, new in zip(state.values(), new_state, strict=True):
                array[...] = new
        self.t += 1

    def checked(self, params: Any, grads: Any) -> tuple[list, list]:
        """Check both lists, and make the state before the first step."""
        if isinstance(params, np.ndarray):
            params, grads = [params], [grads]
        check_params(params)
        grads = check_gradients(params, grads)
        layout = [(w.shape, w.dtype.newbyteorder("=").name) for w in params]
        if self.layout not in (None, layout):
            raise ValueError(
                f"the state belongs to arrays of {self.layout}, got {layout}; "
                "make a new Optimizer for other parameters"
            )
        if self.state is None:
            names = self.rule.state
            self.state = [dict(zip(names, self.rule.start(w), strict=True)) for w in params]
        self.layout, self.group_of = layout, self.number_groups(len(params))
        return list(params), grads

    def number_groups(self, n: int) -> Sequence[int]:
        """Return for each of n arrays the number of its group, 0 for those without."""
        numbers = [0] * n
        for number, group in enumerate(self.groups, 1):
            for k in group["params"]:
                if k not in range(n) or numbers[k]:
                    raise ValueError(f"groups: expected every number once and below {n}, got {k!r}")
                numbers[k] = number
        return numbers

    def state_dict(self) -> dict[str, Any]:
        """Copy the state into a flat dictionary that ``np.savez(file, **state)`` can write.

        Returns
        -------
        dict
            ``"0.m"`` is the state ``m`` of the first array, and so on. ``"meta"`` is a JSON text:
            the rule, the number of steps, the shapes and dtypes. Hyper-parameters are not in it.

        Examples
        --------
        >>> from dlzero import Optimizer, momentum
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
        meta = {"rule": self.rule.name, "state": self.rule.state, "t": self.t}
        arrays = {
            f"{k}.{name}": array.copy()
            for k, one in enumerate(self.state or [])
            for name, array in one.items()
        }
        return {**arrays, "meta": json.dumps({**meta, "layout": self.layout})}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
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
        if "meta" not in state:
            raise ValueError(f"expected a result of state_dict, got the keys {list(state)}")
        meta, names = json.loads(str(state["meta"])), self.rule.state
        if (meta["rule"], meta["state"]) != (self.rule.name, list(names)):
            raise ValueError(f"expected a state of {self.rule.name}, got one of {meta['rule']}")
        layout = meta["layout"] and [(tuple(shape), dtype) for shape, dtype in meta["layout"]]
        if layout and self.layout not in (None, layout):
            raise ValueError(f"expected a state for arrays of {self.layout}, got {layout}")
        loaded = [
            {name: np.array(state[f"{k}.{name}"]) for name in names if f"{k}.{name}" in state}
            for k in range(len(layout or []))
        ]
        for k, (shape, dtype) in enumerate(layout or []):
            found = {name: (a.shape, a.dtype) for name, a in loaded[k].items()}
            if found != dict.fromkeys(names, (shape, working_dtype(np.empty(0, dtype)))):
                raise ValueError(f"expected {names} of {shape}, {dtype} for array {k}, got {found}")
        self.t, self.layout, self.state = meta["t"], layout, loaded if layout else None

    def __repr__(self) -> str:
        hyper = "".join(f", {name}={value!r}" for name, value in self.hyper.items())
        return f"Optimizer({self.rule.name}{hyper}, t={self.t})"


def check_group(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group of arrays as a dictionary, or say what is missing."""
    if "params" not in group:
        raise ValueError(f'a group needs "params", the numbers of its arrays, got {group!r}')
    return dict(group)
