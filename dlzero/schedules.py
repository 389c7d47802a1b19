"""Learning rates that change with the step: plain functions of ``t``, which is 1 at first.

`Optimizer` takes a function of ``t`` as its rate: ``lr=lambda t: cosine(t, lr=0.1, steps=1000)``.
They are formulas and check nothing; the rate that comes out is checked in every step.
Schedules multiply: ``lr=lambda t: warm_up(t, steps=10) * cosine(t, lr=0.1, steps=1000)``.
"""

import math


def constant(t, lr=0.01):
    """Keep the rate.

    Parameters
    ----------
    t : int
        The number of the step; the first is 1.
    lr : float, default 0.01
        The rate.

    Returns
    -------
    float
        ``lr``.

    Examples
    --------
    >>> [constant(t, lr=0.1) for t in (1, 2, 100)]
    [0.1, 0.1, 0.1]
    """
    return lr


def step_decay(t, lr=0.1, every=30, factor=0.1):
    r"""Multiply the rate by a factor after every so many steps.

    .. math:: \eta_t = \eta\, f^{\lfloor (t - 1) / n \rfloor}

    Parameters
    ----------
    t : int
        The number of the step; the first is 1.
    lr : float, default 0.1
        The first rate :math:`\eta`.
    every : int, default 30
        The number :math:`n` of steps between two changes, at least 1.
    factor : float, default 0.1
        The factor :math:`f`.

    Returns
    -------
    float
        The rate of step `t`. PyTorch's ``StepLR`` gives the same.

    Examples
    --------
    >>> [step_decay(t, lr=0.5, every=2, factor=0.5) for t in (1, 2, 3, 4, 5)]
    [0.5, 0.5, 0.25, 0.25, 0.125]
    """
    return lr * factor ** ((t - 1) // every)


def exponential_decay(t, lr=0.1, factor=0.99):
    r"""Multiply the rate by a factor after every step.

    .. math:: \eta_t = \eta\, f^{t - 1}

    Parameters
    ----------
    t : int
        The number of the step; the first is 1.
    lr : float, default 0.1
        The first rate :math:`\eta`.
    factor : float, default 0.99
        The factor :math:`f`.

    Returns
    -------
    float
        The rate of step `t`. PyTorch's ``ExponentialLR`` gives the same.

    Examples
    --------
    >>> [exponential_decay(t, lr=1.0, factor=0.5) for t in (1, 2, 3)]
    [1.0, 0.5, 0.25]
    """
    return lr * factor ** (t - 1)


def cosine(t, lr=0.1, steps=1000, lr_min=0.0):
    r"""Go down along half a wave of the cosine, then stay at the end.

    .. math::

        \eta_t = \eta_{\min} + \tfrac12 (\eta - \eta_{\min})
                 \left(1 + \cos \frac{\pi (t - 1)}{n}\right)

    Parameters
    ----------
    t : int
        The number of the step; the first is 1.
    lr : float, default 0.1
        The first rate :math:`\eta`.
    steps : int, default 1000
        The number :math:`n` of steps to the end, at least 1.
    lr_min : float, default 0.0
        The rate at the end.

    Returns
    -------
    float
        The rate of step `t`. PyTorch's ``CosineAnnealingLR`` gives the same up to the end.

    Examples
    --------
    >>> print([round(cosine(t, lr=1.0, steps=4), 4) for t in (1, 2, 3, 4, 5, 6)])
    [1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]
    """
    part = min((t - 1) / steps, 1.0)
    return lr_min + 0.5 * (lr - lr_min) * (1 + math.cos(math.pi * part))


def warm_up(t, lr=1.0, steps=100):
    r"""Go up in a straight line, then stay.

    .. math:: \eta_t = \eta\, \min(t / n, 1)

    Parameters
    ----------
    t : int
        The number of the step; the first is 1.
    lr : float, default 1.0
        The last rate :math:`\eta`; with 1.0 the result is a factor for another schedule.
    steps : int, default 100
        The number :math:`n` of steps to the top, at least 1. The first rate is
        ``lr / steps``, not 0.

    Returns
    -------
    float
        The rate of step `t`.

    Notes
    -----
    Source: Goyal et al. (2017), ``goyal2017accurate``, section 2.2.

    Examples
    --------
    >>> [warm_up(t, lr=0.4, steps=4) for t in (1, 2, 4, 5)]
    [0.1, 0.2, 0.4, 0.4]
    """
    return lr * min(t / steps, 1.0)
