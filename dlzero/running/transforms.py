"""What may be done to gradients before the rule gets them: clipped, shortened, decayed."""

import math

import numpy as np

from ..checks import positive
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
    is computed without overflow. A NaN or an infinity stays in its coordinate: the norm is that
    of the other coordinates.

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
        norm = global_norm(grads)
        return grads if norm <= limit else [g * (limit / norm) for g in grads]

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
    finite = [a[np.isfinite(a)].astype(float) for a in arrays]
    largest = max((float(np.abs(a).max()) for a in finite if a.size), default=0.0)
    if largest == 0:
        return 0.0
    return largest * math.sqrt(sum(float(np.square(a / largest).sum()) for a in finite))
