r"""Chapter 7: AdaGrad, RMSProp and AdaDelta, which give every coordinate its own step.

A rule takes the parameters, the gradient and its state, and returns a tuple of the new parameters
and the new state, such as ``(w, v)``. The letters, explained here once:

w : float or ndarray
    The parameters, of any shape.
g : float or ndarray
    The gradient at ``w``, of the same shape.
v : float or ndarray
    State, zero at the start: the moving average of the squared gradients. The state of some rules
    is another one, which they explain; it is zero at the start as well.
lr : float
    The learning rate :math:`\eta`.
rho : float
    The part :math:`\rho` of an old average that is kept.
eps : float
    Keeps the division defined while all gradients are zero.
"""

import numpy as np


def adagrad(w, g, G, lr=0.01, eps=1e-10):
    r"""Take one step of AdaGrad: divide by the size of all gradients so far.

    .. math::

        G &\leftarrow G + g^2 \\
        w &\leftarrow w - \eta\, \frac{g}{\sqrt{G} + \epsilon}

    New is the state ``G``, the sum of the squared gradients. Here ``lr`` is the length of the first
    step.

    Notes
    -----
    Source: Duchi, Hazan and Singer (2011), ``duchi2011adaptive``; McMahan and Streeter (2010),
    ``mcmahan2010adaptive``. This is PyTorch's form. In optax and Keras ``eps`` (1e-7) is under the
    root and ``G`` starts at 0.1; the default rate of Keras is 0.001.

    Examples
    --------
    With the same gradient every time, step ``t`` has the length ``lr / sqrt(t)``.

    >>> w, G = adagrad(0.0, 3.0, 0.0, lr=0.1)
    >>> print(f"{w:.4f} {G:.4f}")
    -0.1000 9.0000
    >>> w, G = adagrad(w, 3.0, G, lr=0.1)
    >>> print(f"{w:.4f} {G:.4f}")
    -0.1707 18.0000
    """
    G = G + g**2
    return w - lr * g / (np.sqrt(G) + eps), G


def rmsprop(w, g, v, lr=0.01, rho=0.99, eps=1e-8):
    r"""Take one step of RMSProp: divide by the size of the recent gradients.

    .. math::

        v &\leftarrow \rho v + (1 - \rho)\, g^2 \\
        w &\leftarrow w - \eta\, \frac{g}{\sqrt{v} + \epsilon}

    Notes
    -----
    Source: Tieleman and Hinton (2012), ``tieleman2012rmsprop``, a lecture. This is PyTorch's form.
    In optax and Keras ``eps`` is under the root and ``rho`` is 0.9; optax has
    ``eps_in_sqrt=False``. There is no bias correction: the first step is ``lr / sqrt(1 - rho)``.

    Examples
    --------
    >>> w, v = rmsprop(0.0, 4.0, 0.0, lr=0.1, rho=0.75)
    >>> print(f"{w:.4f} {v:.4f}")
    -0.2000 4.0000
    >>> w, v = rmsprop(w, 4.0, v, lr=0.1, rho=0.75)
    >>> print(f"{w:.4f} {v:.4f}")
    -0.3512 7.0000
    """
    v = rho * v + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(v) + eps), v


def rmsprop_centered(w, g, v, a, lr=0.01, rho=0.99, eps=1e-8):
    r"""Take one step of centred RMSProp: divide by the spread of the recent gradients.

    .. math::

        v &\leftarrow \rho v + (1 - \rho)\, g^2 \\
        a &\leftarrow \rho a + (1 - \rho)\, g \\
        w &\leftarrow w - \eta\, \frac{g}{\sqrt{\max(v - a^2, 0)} + \epsilon}

    New is the state ``a``, the moving average of the gradients. ``eps`` keeps the division defined
    while the gradients do not vary.

    Notes
    -----
    Source: Graves (2013), ``graves2013generating``. This is PyTorch's form, with a maximum added.
    For gradients that do not vary, rounding can make ``v - a**2`` negative, and PyTorch 2.13 then
    gives NaN. optax and Keras put ``eps`` under the root.

    Examples
    --------
    >>> w, v, a = rmsprop_centered(0.0, 4.0, 0.0, 0.0, lr=0.1, rho=0.5)
    >>> print(f"{w:.4f} {v:.4f} {a:.4f}")
    -0.2000 8.0000 2.0000
    """
    v = rho * v + (1 - rho) * g**2
    a = rho * a + (1 - rho) * g
    return w - lr * g / (np.sqrt(np.maximum(v - a**2, 0)) + eps), v, a


def adadelta(w, g, E, D, lr=1.0, rho=0.9, eps=1e-6):
    r"""Take one step of AdaDelta: measure the step in the unit of the earlier steps.

    .. math::

        E &\leftarrow \rho E + (1 - \rho)\, g^2 \\
        d &= \frac{\sqrt{D + \epsilon}}{\sqrt{E + \epsilon}}\, g \\
        D &\leftarrow \rho D + (1 - \rho)\, d^2 \\
        w &\leftarrow w - \eta\, d

    New is the state: ``E`` is the moving average of the squared gradients, and ``D`` that of the
    squared steps ``d``, without ``lr``. The factor ``lr`` is not in the paper. ``eps`` sets the
    size of the first steps: it works as a learning rate.

    Notes
    -----
    Source: Zeiler (2012), ``zeiler2012adadelta``. This is PyTorch's form. Keras has the defaults
    lr 0.001, rho 0.95, eps 1e-7. In optax the rate is ``None`` by default, which leaves out the
    minus sign as well: it ascends.

    Examples
    --------
    >>> w, E, D = adadelta(0.0, 3.0, 0.0, 0.0, rho=0.5, eps=0.5)
    >>> print(f"{w:.4f} {E:.4f} {D:.4f}")
    -0.9487 4.5000 0.4500
    """
    E = rho * E + (1 - rho) * g**2
    d = np.sqrt(D + eps) / np.sqrt(E + eps) * g
    D = rho * D + (1 - rho) * d**2
    return w - lr * d, E, D
