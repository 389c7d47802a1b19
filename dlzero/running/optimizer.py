"""A rule on a list of arrays: keeps the state, counts the steps, changes the arrays in place."""

import json
from collections.abc import Iterable, Mapping, Sequence
from operator import is_
from types import MappingProxyType
from typing import Any

import numpy as np

from ..checks import check_gradients, check_params, function, same_arrays, whole
from .protocols import RuleFunction, Transform
from .rule import Rule, working_dtype
from .transforms import transformed

__all__ = ["Optimizer"]

# The C library of Linux gives the memory of temporaries back to the system at the end of a step
# and fetches it again, page by page, in the next. A large block that was freed once teaches it
# to keep more.
np.empty(16 << 20, np.uint8)


class Optimizer:
    """Runs a rule on one array or on a list of arrays, in place.

    The class knows no formula. It keeps an array of zeros for each name of the state, counts the
    steps, and calls the rule. `dlzero.fast.Optimizer` does the same with compiled loops.

    An optimizer belongs to the arrays of its first step, since the state is theirs: make a new one
    for each model and each fold. To go on with other arrays in their place, for instance copies,
    call ``optimizer.load_state_dict(optimizer.state_dict())`` first.

    Parameters
    ----------
    rule : function or Rule
        ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``, such as `adam`, or your own.
    groups : sequence of dict, optional
        Other hyper-parameters for some of the arrays: ``{"params": [1, 3], "lr": 0.1}`` gives the
        second and the fourth array a rate of their own.
    transforms : sequence of function, optional
        Functions ``(params, grads) -> grads`` on lists of arrays, applied in this order before
        the rule: `clip_by_value`, `clip_by_norm`, `l2_decay`, or your own. They get copies of the
        gradients, and may work in place on them.
    **hyper : float or function
        The hyper-parameters of the rule. Instead of a number, a function of the step number ``t``
        (1 at the first step) is a schedule, see `dlzero.schedules`.

    Attributes
    ----------
    rule : Rule
        The rule with its hyper-parameters; `set_hyper` changes them.
    t : int
        The number of steps done.
    state : list of dict of ndarray, or None
        The state of every array by name. None before the first step. What you put there counts
        from the next step on: ``optimizer.state[0]["v"] = np.zeros(3)`` forgets a velocity, and
        ``optimizer.state, optimizer.t = None, 0`` starts again, also with other arrays.

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
        self.rules = [Rule(rule, **hyper)]
        self.own = [check_group(group) for group in groups]
        self.transforms = [function("a transform", transform) for transform in transforms]
        self.t = 0
        self.state: Any = None
        self.layout: Any = None
        self.bound: Any = None  # the arrays of the last step, and those of the state
        self.set_hyper()

    @property
    def rule(self) -> Rule:
        """The rule with its hyper-parameters, for the arrays that are in no group."""
        return self.rules[0]

    @property
    def engine_used(self) -> str | None:
        """What steps the arrays: always ``"numpy"`` here (str)."""
        return "numpy"

    @property
    def groups(self) -> list[Mapping[str, Any]]:
        """The groups, read-only; `set_hyper` does not change what a group has of its own."""
        return [MappingProxyType(group) for group in self.own]

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
        rule = Rule(self.rule, **hyper)
        own = [{k: v for k, v in group.items() if k != "params"} for group in self.own]
        self.rules = [rule, *(Rule(rule, **values) for values in own)]

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
            If shapes differ, a parameter is read-only or shares memory with another, the
            parameters are not those of the steps before, in the same order, or the state was
            changed to something that does not fit.
        """
        params, grads = self.checked(params, grads)
        for transform in self.transforms:
            grads = transformed(transform, params, grads)
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
        whole("t, the number of steps done,", self.t, least=0)
        if self.state is None:
            names = self.rule.state
            self.state = [dict(zip(names, self.rule.start(w), strict=True)) for w in params]
            self.bound = None
        elif self.layout != layout:
            raise ValueError(
                f"the state belongs to arrays of {self.layout}, got {layout}; "
                "make a new Optimizer for other parameters"
            )
        self.layout, self.group_of = layout, self.number_groups(len(params))
        self.bind(params)
        return list(params), grads

    def bind(self, params: Sequence[np.ndarray]) -> None:
        """Keep the state together with its arrays, and take over what was set from outside."""
        before, held = self.bound or (params, None)
        if not same_arrays(params, before):
            raise ValueError(
                "the state belongs to other arrays, or to these in another order. Make a new "
                "Optimizer for another model. To go on with new arrays in place of the old ones, "
                "call optimizer.load_state_dict(optimizer.state_dict()) first."
            )
        if not isinstance(self.state, list | tuple) or len(self.state) != len(params):
            raise ValueError(f"expected a state for {len(params)} arrays, got {self.state!r}")
        if len(set(map(id, self.state))) < len(params):
            raise ValueError("one dictionary stands twice in state. Give each array its own.")
        if held is None or not same_state(self.state, held):
            for k, (one, w) in enumerate(zip(self.state, params, strict=True)):
                taken = self.rule.take_over(k, one, w)
                one.clear()
                one.update(taken)
            held = [tuple(one.values()) for one in self.state]
        self.bound = list(params), held

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
        if layout and self.state is not None and self.layout != layout:
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
        self.bound = None  # to go on with any arrays of this form

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "bound": None}  # a copy goes on with arrays of its own

    def __repr__(self) -> str:
        hyper = "".join(f", {name}={value!r}" for name, value in self.hyper.items())
        return f"Optimizer({self.rule.name}{hyper}, t={self.t})"


def same_state(state: Any, held: Sequence[tuple[np.ndarray, ...]]) -> bool:
    """Tell whether the arrays of the state are those that it had in the step before."""
    if not isinstance(state, list | tuple) or len(state) != len(held):
        return False
    for one, mine in zip(state, held, strict=True):
        if not isinstance(one, dict) or len(one) != len(mine):
            return False
        if not all(map(is_, one.values(), mine)):
            return False
    return True


def check_group(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group of arrays as a dictionary, or say what is missing."""
    if "params" not in group:
        raise ValueError(f'a group needs "params", the numbers of its arrays, got {group!r}')
    return dict(group)
