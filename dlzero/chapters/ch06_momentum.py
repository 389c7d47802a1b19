r"""Chapter 6: momentum, steps that remember where the last ones went.

A rule takes the parameters, the gradient and its state, and returns a tuple of the new parameters
and the new state, such as ``(w, v)``. The letters, explained here once:

w : float or ndarray
    The parameters, of any shape.
g : float or ndarray
    The gradient at ``w``, of the same shape.
v : float or ndarray
    State, zero at the start: the velocity, the discounted sum of all gradients so far.
lr : float
    The learning rate :math:`\eta`.
mu : float
    The part :math:`\mu` of the old velocity that is kept; 0 is gradient descent.
"""


def momentum(w, g, v, lr=0.01, mu=0.9):
    r"""Take one step of gradient descent with momentum (the heavy ball).

    .. math::

        v &\leftarrow \mu v + g \\
        w &\leftarrow w - \eta\, v

    Notes
    -----
    Source: Polyak (1964), ``polyak1964methods``. This is the form of PyTorch and optax. The first
    step is not special: ``v`` starts at zero, so it becomes ``g``. Two other forms are in use.
    Sutskever et al. (2013), ``sutskever2013importance``, and Keras have the learning rate in the
    velocity, ``v = mu*v - lr*g; w = w + v``: the same path while ``lr`` is constant, another one
    when it changes. The average ``v = mu*v + (1 - mu)*g`` takes steps that are ``1 - mu`` times as
    long. PyTorch's ``dampening=mu`` is not this average, because it skips the first step.

    Examples
    --------
    The gradient is 1 twice. The second step is longer, because it remembers the first.

    >>> w, v = momentum(0.0, 1.0, 0.0, lr=0.1, mu=0.5)
    >>> print(f"{w:.4f} {v:.4f}")
    -0.1000 1.0000
    >>> w, v = momentum(w, 1.0, v, lr=0.1, mu=0.5)
    >>> print(f"{w:.4f} {v:.4f}")
    -0.2500 1.5000
    """
    v = mu * v + g
    return w - lr * v, v


def nesterov(w, g, v, lr=0.01, mu=0.9):
    r"""Take one step of Nesterov's accelerated gradient.

    .. math::

        v &\leftarrow \mu v + g \\
        w &\leftarrow w - \eta\, (g + \mu v)

    Notes
    -----
    Source: Nesterov (1983), ``nesterov1983method``, in the form of Bengio et al. (2013),
    ``bengio2013advances``, which PyTorch, optax and Keras use (Keras with the learning rate in the
    velocity). The look-ahead form of Sutskever et al. (2013), ``sutskever2013importance``, asks for
    the gradient at ``phi + mu*v``. It is the same method for the variable ``w = phi + mu*v``, with
    its velocity ``v`` equal to ``-lr`` times the one here.

    Examples
    --------
    The gradient is 1 twice. The step counts the newest gradient once more than `momentum`.

    >>> w, v = nesterov(0.0, 1.0, 0.0, lr=0.1, mu=0.5)
    >>> print(f"{w:.4f} {v:.4f}")
    -0.1500 1.0000
    >>> w, v = nesterov(w, 1.0, v, lr=0.1, mu=0.5)
    >>> print(f"{w:.4f} {v:.4f}")
    -0.3250 1.5000
    """
    v = mu * v + g
    return w - lr * (g + mu * v), v
