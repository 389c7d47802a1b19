"""What may be done to gradients before the rule gets them: clipped, shortened, decayed."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ..checks import check_gradients, positive, shown
from .protocols import Transform

__all__ = ["clip_by_norm", "clip_by_value", "global_norm", "l2_decay"]


def clip_by_value(limit: float) -> Transform:
    r"""Make a transform that keeps every coordinate of the gradients within ``[-limit, limit]``.

    Parameters
    ----------
    limit : float
        The bound, greater than 0.

    Returns
    -------
    function
        A transform ``(params, grads) -> grads`` for `Optimizer`.

    Raises
    ------
    ValueError
        If `limit` is not greater than 0.

    Examples
    --------
    >>> import numpy as np
    >>> clip_by_value(1.0)([], [np.array([3.0, -0.5])])
    [array([ 1. , -0.5])]
    """
    limit = positive("limit", limit, infinite=True)
    return lambda params, grads: [np.clip(g, -limit, limit) for g in grads]


def clip_by_norm(limit: float) -> Transform:
    r"""Make a transform that shortens the gradients if their norm is above a limit.

    .. math:: g \leftarrow g\, \min(1, c / \lVert g \rVert)

    The norm is that of all arrays together, as in PyTorch's ``clip_grad_norm_`` and in optax. It
    is computed in float64, and without overflow even where the norm itself is beyond a float. A
    NaN or an infinity stays in its coordinate: the norm is that of the other coordinates.

    Parameters
    ----------
    limit : float
        The largest norm :math:`c`, greater than 0.

    Returns
    -------
    function
        A transform ``(params, grads) -> grads`` for `Optimizer`.

    Raises
    ------
    ValueError
        If `limit` is not greater than 0.

    Examples
    --------
    >>> import numpy as np
    >>> clip_by_norm(1.0)([], [np.array([3.0]), np.array([4.0])])
    [array([0.6]), array([0.8])]
    """
    limit = positive("limit", limit, infinite=True)

    def transform(params, grads):
        if global_norm(grads) <= limit:
            return grads
        # Halved until the largest is about 1, which is exact, neither norm nor factor overflows.
        halvings = math.frexp(largest(grads))[1]
        small = [np.ldexp(g.astype(np.result_type(g, float)), -halvings) for g in grads]
        factor = limit / global_norm(small)
        return [as_before(s * factor, g) for s, g in zip(small, grads, strict=True)]

    return transform


def l2_decay(weight_decay: float) -> Transform:
    r"""Make a transform that adds the gradient of an L2 penalty.

    .. math:: g \leftarrow g + \lambda w

    For adaptive rules this is not the weight decay of `adamw`: the penalty passes through the
    scale of the rule. See Loshchilov and Hutter (2019), ``loshchilov2019decoupled``.

    Parameters
    ----------
    weight_decay : float
        The factor :math:`\lambda`, greater than 0.

    Returns
    -------
    function
        A transform ``(params, grads) -> grads`` for `Optimizer`.

    Raises
    ------
    ValueError
        If `weight_decay` is not greater than 0.

    Examples
    --------
    >>> import numpy as np
    >>> l2_decay(0.5)([np.array([2.0])], [np.array([10.0])])
    [array([11.])]
    """
    factor = positive("weight_decay", weight_decay)
    return lambda params, grads: [g + factor * p for p, g in zip(params, grads, strict=True)]


def global_norm(arrays: list[np.ndarray]) -> float:
    """Compute the norm of all finite coordinates of some arrays, in float64, without overflow."""
    finite, scale = [finite_part(a) for a in arrays], largest(arrays)
    if scale == 0:
        return 0.0
    return scale * math.sqrt(sum(float(np.square(a / scale).sum()) for a in finite))


def largest(arrays: list[np.ndarray]) -> float:
    """Return the size of the largest finite coordinate of some arrays, 0 if there is none."""
    return max((float(np.abs(a).max()) for a in map(finite_part, arrays) if a.size), default=0.0)


def finite_part(a: np.ndarray) -> np.ndarray:
    """Return the finite coordinates of an array, in float64, in one row."""
    wide = np.asarray(a, float)
    return wide[np.isfinite(wide)]


def as_before(new: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Return new floats in the dtype that the gradient has, if that is one of floats."""
    return new.astype(g.dtype) if g.dtype.kind == "f" else new


def transformed(
    transform: Transform, params: Sequence[np.ndarray], grads: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Return what a transform makes of the gradients; it works on copies, perhaps in place."""
    new = transform(list(params), [g.copy() for g in grads])
    if not isinstance(new, Iterable):
        raise TypeError(f"a transform must return a list of gradients, got {shown(new)}")
    return check_gradients(params, list(new))
