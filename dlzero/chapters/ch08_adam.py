r"""Chapter 8: Adam and its family, momentum with a step for every coordinate.

A rule takes the parameters, the gradient, its state and mostly the time, and returns a tuple of
the new parameters and the new state, such as ``(w, m, v)``. The letters, explained here once:

w : float or ndarray
    The parameters, of any shape.
g : float or ndarray
    The gradient at ``w``, of the same shape.
m : float or ndarray
    State, zero at the start: the moving average of the gradients.
v : float or ndarray
    State, zero at the start: the moving average of the squared gradients. The state of some rules
    is another one, which they explain; it is zero at the start as well.
t : int
    The number of this step; the first is 1.
lr : float
    The learning rate :math:`\eta`.
beta1 : float
    The part :math:`\beta_1` of ``m`` that is kept.
beta2 : float
    The part :math:`\beta_2` of ``v`` that is kept.
eps : float
    Keeps the division defined while all gradients are zero.
weight_decay : float
    The decay :math:`\lambda`; a step shrinks ``w`` by the part ``lr * weight_decay``.
"""

import math

import numpy as np


def adam(w, g, m, v, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    r"""Take one step of Adam.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
        w &\leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \quad
        \hat m = \frac{m}{1 - \beta_1^t}, \quad \hat v = \frac{v}{1 - \beta_2^t}

    Notes
    -----
    Source: Kingma and Ba (2015), ``kingma2015adam``, algorithm 1. PyTorch and optax have the same
    form. Keras adds ``eps`` (1e-7) before the correction, which is the paper's other form.

    Examples
    --------
    The first step has the length ``lr``, whatever the size of the gradient.

    >>> w, m, v = adam(0.0, 3.0, 0.0, 0.0, 1, lr=0.1)
    >>> print(f"{w:.4f} {m:.4f} {v:.4f}")
    -0.1000 0.3000 0.0090
    >>> w, m, v = adam(w, 0.0, m, v, 2, lr=0.1)
    >>> print(f"{w:.4f} {m:.4f} {v:.6f}")
    -0.1670 0.2700 0.008991
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def adamax(w, g, m, u, t, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    r"""Take one step of AdaMax: Adam with the largest recent gradient as its scale.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
        u &\leftarrow \max(\beta_2 u, |g| + \epsilon) \\
        w &\leftarrow w - \frac{\eta}{1 - \beta_1^t}\, \frac{m}{u}

    New is the state ``u``, the largest ``abs(g)`` so far, discounted by ``beta2`` in each step.

    Notes
    -----
    Source: Kingma and Ba (2015), ``kingma2015adam``, algorithm 2, which has no ``eps``. PyTorch and
    optax have the form used here; Keras adds ``eps`` to ``u`` instead. A maximum needs no
    correction for its start at zero, so only ``m`` has one.

    Examples
    --------
    >>> w, m, u = adamax(0.0, 3.0, 0.0, 0.0, 1, lr=0.1)
    >>> print(f"{w:.4f} {m:.4f} {u:.4f}")
    -0.1000 0.3000 3.0000
    >>> w, m, u = adamax(w, 0.0, m, u, 2, lr=0.1)
    >>> print(f"{w:.4f} {m:.4f} {u:.4f}")
    -0.1474 0.2700 2.9970
    """
    m = beta1 * m + (1 - beta1) * g
    u = np.maximum(beta2 * u, np.abs(g) + eps)
    return w - lr / (1 - beta1**t) * m / u, m, u


def momentum_schedule(beta1, t, momentum_decay):
    r"""Compute Nadam's momentum at step t and the product of all momenta up to it.

    .. math:: \mu_t = \beta_1 (1 - \tfrac12\, 0.96^{\,d\,t})

    Here :math:`\beta_1` is the limit of the momentum and :math:`d` is ``momentum_decay``, the speed
    of the schedule; 0 keeps the momentum at ``beta1``.

    Returns
    -------
    tuple of float
        ``(mu, product)``.

    Notes
    -----
    Source: Dozat (2016), ``dozat2016incorporating``. PyTorch has ``momentum_decay=0.004``.

    Examples
    --------
    >>> momentum_schedule(0.5, 3, 0)
    (0.5, 0.125)
    >>> mu, product = momentum_schedule(0.9, 1, 0.004)
    >>> print(f"{mu:.6f} {product:.6f}")
    0.450073 0.450073
    """
    if momentum_decay == 0:
        return beta1, beta1**t
    product, k = 1.0, 0
    while k < t and product > 1e-17:  # below this, 1 - product is 1
        k += 1
        mu = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * k))
        product *= mu
    return beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * t)), product


def nadam(w, g, m, v, t, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8, momentum_decay=0.0):
    r"""Take one step of Nadam: Adam that looks ahead as Nesterov does.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
        \bar m &= \frac{\beta_1 m}{1 - \beta_1^{t+1}} + \frac{(1 - \beta_1)\, g}{1 - \beta_1^t} \\
        w &\leftarrow w - \eta\, \frac{\bar m}{\sqrt{\hat v} + \epsilon}, \quad
        \hat v = \frac{v}{1 - \beta_2^t}

    New is ``momentum_decay``, the speed of the `momentum_schedule`; 0 is no schedule. With one,
    :math:`\mu_{t+1}` and :math:`\mu_t` stand for :math:`\beta_1` in :math:`\bar m`, and the
    products :math:`\mu_1 \cdots \mu_{t+1}` and :math:`\mu_1 \cdots \mu_t` for its powers.

    Notes
    -----
    Source: Dozat (2016), ``dozat2016incorporating``. The default is the form of most textbooks and
    of optax. ``momentum_decay=0.004`` is PyTorch's NAdam. There a decay of 0 means something else:
    a constant momentum of ``beta1 / 2``. Keras has a schedule with a decay of 1.

    Examples
    --------
    >>> w, m, v = nadam(0.0, 3.0, 0.0, 0.0, 1, lr=0.1)
    >>> print(f"{w:.4f} {m:.4f} {v:.4f}")
    -0.1474 0.3000 0.0090
    >>> w, m, v = nadam(0.0, 3.0, 0.0, 0.0, 1, lr=0.1, momentum_decay=0.004)
    >>> print(f"{w:.4f}")
    -0.1056
    """
    mu, product = momentum_schedule(beta1, t, momentum_decay)
    mu_next, product_next = momentum_schedule(beta1, t + 1, momentum_decay)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_bar = mu_next * m / (1 - product_next) + (1 - mu) * g / (1 - product)
    v_hat = v / (1 - beta2**t)
    return w - lr * m_bar / (np.sqrt(v_hat) + eps), m, v


def amsgrad(w, g, m, v, vmax, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    r"""Take one step of AMSGrad: Adam that divides by the root of its largest mean square.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
        v_{\max} &\leftarrow \max(v_{\max}, v) \\
        w &\leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \quad
        \hat m = \frac{m}{1 - \beta_1^t}, \quad \hat v = \frac{v_{\max}}{1 - \beta_2^t}

    New is the state ``vmax``, the largest ``v`` so far. It never shrinks, but the corrected scale
    does during the first :math:`1 / (1 - \beta_2)` steps or so, and the rate rises. The rate does
    not die as AdaGrad's does, because ``vmax`` is at most the largest ``g**2``.

    Notes
    -----
    Source: Reddi, Kale and Kumar (2018), ``reddi2018convergence``, which has no bias correction.
    PyTorch takes the maximum of ``v`` and corrects it afterwards, as here. optax takes the maximum
    of the corrected ``v``, which never falls; its ``bias_correction_nu=False`` leaves out the
    correction. Keras is like PyTorch, with ``eps`` before the correction.

    Examples
    --------
    The second gradient is zero: ``v`` shrinks, ``vmax`` does not.

    >>> w, m, v, vmax = amsgrad(0.0, 3.0, 0.0, 0.0, 0.0, 1, lr=0.1, beta2=0.5)
    >>> print(f"{w:.4f} {m:.4f} {v:.4f} {vmax:.4f}")
    -0.1000 0.3000 4.5000 4.5000
    >>> w, m, v, vmax = amsgrad(w, 0.0, m, v, vmax, 2, lr=0.1, beta2=0.5)
    >>> print(f"{w:.4f} {m:.4f} {v:.4f} {vmax:.4f}")
    -0.1580 0.2700 2.2500 4.5000
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    vmax = np.maximum(vmax, v)
    m_hat = m / (1 - beta1**t)
    v_hat = vmax / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v, vmax


def adamw(w, g, m, v, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    r"""Take one step of AdamW: Adam and a weight decay that does not pass through the scale.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
        w &\leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon} - \eta \lambda w, \quad
        \hat m = \frac{m}{1 - \beta_1^t}, \quad \hat v = \frac{v}{1 - \beta_2^t}

    Here ``g`` is the gradient without a penalty.

    Notes
    -----
    Source: Loshchilov and Hutter (2019), ``loshchilov2019decoupled``. PyTorch, optax and Keras
    multiply the decay by the learning rate, as here. The paper multiplies it by the schedule alone.
    The defaults differ: 1e-2 in PyTorch, 1e-4 in optax, 4e-3 in Keras.

    Examples
    --------
    Without a gradient, only the decay is left.

    >>> w, m, v = adamw(1.0, 0.0, 0.0, 0.0, 1, lr=0.1, weight_decay=0.5)
    >>> print(f"{w:.4f}")
    0.9500
    >>> w, m, v = adamw(w, 0.0, m, v, 2, lr=0.1, weight_decay=0.5)
    >>> print(f"{w:.4f}")
    0.9025
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps) - lr * weight_decay * w, m, v


def rectification(beta2, t):
    r"""Compute by how much RAdam shortens the adaptive step, 0 if it cannot be trusted yet.

    .. math::

        \rho_\infty = \frac{2}{1 - \beta_2} - 1, \quad
        \rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t}, \quad
        r_t = \sqrt{\frac{(\rho_t - 4)(\rho_t - 2)\rho_\infty}
                         {(\rho_\infty - 4)(\rho_\infty - 2)\rho_t}}

    Returns
    -------
    float
        :math:`r_t`, or 0 if :math:`\rho_t \le 5`.

    Notes
    -----
    Source: Liu et al. (2020), ``liu2020variance``. The paper starts at :math:`\rho_t > 4`;
    PyTorch and optax start at 5.

    Examples
    --------
    >>> rectification(0.999, 5), round(rectification(0.999, 6), 4)
    (0.0, 0.0258)
    """
    rho_inf = 2 / (1 - beta2) - 1
    rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
    if rho <= 5:
        return 0.0
    return math.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))


def radam(w, g, m, v, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    r"""Take one step of RAdam: Adam that starts as momentum until its scale can be trusted.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
        w &\leftarrow w - \eta\, \frac{m}{1 - \beta_1^t} \cdot
        \begin{cases} r_t\, \dfrac{\sqrt{1 - \beta_2^t}}{\sqrt{v} + \epsilon} & r_t > 0 \\
                      1 & \text{otherwise} \end{cases}

    Notes
    -----
    Source: Liu et al. (2020), ``liu2020variance``; :math:`r_t` is `rectification`. This is
    PyTorch's form. optax adds ``eps`` after the correction of ``v``. Keras has no RAdam.

    Examples
    --------
    The first step is one of plain gradient descent.

    >>> w, m, v = radam(0.0, 3.0, 0.0, 0.0, 1, lr=0.1)
    >>> print(f"{w:.4f} {m:.4f} {v:.4f}")
    -0.3000 0.3000 0.0090
    """
    r = rectification(beta2, t)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    scale = r * math.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
    return w - lr * m_hat * (scale if r > 0 else 1), m, v


def lion(w, g, m, lr=0.0001, beta1=0.9, beta2=0.99, weight_decay=0.0):
    r"""Take one step of Lion: only the sign of the momentum counts.

    .. math::

        u &= \operatorname{sign}(\beta_1 m + (1 - \beta_1)\, g) \\
        m &\leftarrow \beta_2 m + (1 - \beta_2)\, g \\
        w &\leftarrow w - \eta\, (u + \lambda w)

    Here ``lr`` is the length of every step in every coordinate that has seen a gradient. ``beta1``
    is the part of ``m`` in the direction of the step, and ``beta2`` the part that is kept.

    Notes
    -----
    Source: Chen et al. (2023), ``chen2023symbolic``. optax and Keras have the same form; PyTorch
    has no Lion. The default decay of optax is 1e-3.

    Examples
    --------
    >>> w, m = lion(0.0, 3.0, 0.0, lr=0.1)
    >>> print(f"{w:.4f} {m:.4f}")
    -0.1000 0.0300
    >>> w, m = lion(w, -0.001, m, lr=0.1)
    >>> print(f"{w:.4f} {m:.4f}")
    -0.2000 0.0297
    """
    u = np.sign(beta1 * m + (1 - beta1) * g)
    m = beta2 * m + (1 - beta2) * g
    return w - lr * (u + weight_decay * w), m


def adabelief(w, g, m, s, t, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-16):
    r"""Take one step of AdaBelief: Adam that divides by how far the gradients are from their mean.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
        s &\leftarrow \beta_2 s + (1 - \beta_2)\, (g - m)^2 + \epsilon \\
        w &\leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat s} + \epsilon}, \quad
        \hat m = \frac{m}{1 - \beta_1^t}, \quad \hat s = \frac{s}{1 - \beta_2^t}

    New is the state ``s``, the moving average of the squared surprise ``g - m``. While all
    gradients agree it goes to zero, so the steps grow without a bound of the size of ``lr``.

    Notes
    -----
    Source: Zhuang et al. (2020), ``zhuang2020adabelief``. optax has the same form, with an ``eps``
    of its own for each of the two places. PyTorch and Keras have no AdaBelief.

    Examples
    --------
    The first surprise is 2.7 for a gradient of 3, because a tenth is in the mean already.

    >>> w, m, s = adabelief(0.0, 3.0, 0.0, 0.0, 1, lr=0.1)
    >>> print(f"{w:.4f} {m:.4f} {s:.5f}")
    -0.1111 0.3000 0.00729
    """
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * (g - m) ** 2 + eps
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


def schedule_free(w, g, d, t, lr=1.0, beta1=0.9):
    r"""Take one step of Schedule-Free SGD: descent whose answer is the mean of all its points.

    .. math::

        z &\leftarrow z - \eta g \\
        x &\leftarrow x + \tfrac1t (z - x) \\
        w &\leftarrow (1 - \beta_1)\, z + \beta_1 x

    Three points move: ``z`` descends, ``x`` is the mean of all ``z`` and the answer, and ``w``
    between them is where the next gradient is taken. The state is their distance :math:`d = z - x`,
    so that the answer is ``w - (1 - beta1) * d``, and the three lines become

    .. math::

        e &= d - \eta g \\
        d &\leftarrow (1 - \tfrac1t)\, e \\
        w &\leftarrow w - (1 - \beta_1)\, \eta g + \beta_1\, \tfrac1t\, e

    Notes
    -----
    Source: Defazio et al. (2024), ``defazio2024road``. As in optax, the start is not in the mean.
    At a constant rate all points count alike; there, later points of a rising rate count more. With
    ``beta1`` 0 the points ``w`` are those of gradient descent, and the answer is Polyak's average.

    Examples
    --------
    >>> w, d = schedule_free(0.0, 1.0, 0.0, 1, lr=1.0)  # z and x are at -1
    >>> w, d = schedule_free(w, 1.0, d, 2, lr=1.0)  # z is at -2, x at -1.5
    >>> print(f"{w:.4f} {d:.4f} {w - 0.1 * d:.4f}")
    -1.5500 -0.5000 -1.5000
    """
    e = d - lr * g
    return w - (1 - beta1) * lr * g + beta1 / t * e, (1 - 1 / t) * e
