"""Chapter 4: stochastic gradient descent, on mini-batches and over epochs."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks import (
    as_array,
    as_float,
    check_gradients,
    check_params,
    finite_rows,
    flag,
    function,
    generator,
    is_number,
    out_of_domain,
    rows,
    same_arrays,
    says_stop,
    shown,
    whole,
)
from ..running.history import History
from ..running.optimizer import Optimizer
from ..running.protocols import Model, RuleFunction, Stepper
from ..running.rule import Rule

__all__ = ["batches", "sgd", "train"]


def sgd(w, g, v, lr=0.01, mu=0.0, weight_decay=0.0, rescale=1.0, clip=math.inf):
    r"""Take one step of SGD with clipping, weight decay, rescaling and momentum.

    .. math::

        g' &= \operatorname{clip}(r\, g, -c, c) + \lambda w \\
        v  &\leftarrow \mu v - \eta\, g' \\
        w  &\leftarrow w + v

    Parameters
    ----------
    w : float or ndarray
        The parameters, of any shape.
    g : float or ndarray
        The gradient of one example or of a mini-batch, of the same shape.
    v : float or ndarray
        State, zero at the start: the velocity, which holds the learning rate already.
    lr : float, default 0.01
        The learning rate :math:`\eta`.
    mu : float, default 0.0
        The part :math:`\mu` of the velocity that is kept; 0 is plain SGD.
    weight_decay : float, default 0.0
        The L2 penalty :math:`\lambda`, added to the gradient.
    rescale : float, default 1.0
        The factor :math:`r` on the gradient, for example ``1 / batch_size`` for a summed loss.
    clip : float, default inf
        The bound :math:`c` on each coordinate of the rescaled gradient; infinity clips nothing.

    Returns
    -------
    tuple
        ``(w, v)``.

    Notes
    -----
    Source: Robbins and Monro (1951), ``robbins1951stochastic``. The form is the one of MXNet:
    clip comes after rescale and before weight decay. (Its early C++ with momentum clipped first;
    later versions rescale first, as here.) PyTorch and optax keep the learning rate out of the
    velocity (see `momentum`): the same path while ``lr`` is constant, another one when it
    changes.

    Examples
    --------
    The gradient 10 is halved, then clipped to 2: the first step is ``-0.1 * 2``.

    >>> w, v = sgd(1.0, 10.0, 0.0, lr=0.1, mu=0.5, rescale=0.5, clip=2.0)
    >>> print(f"{w:.4f} {v:.4f}")
    0.8000 -0.2000

    A second step without gradient coasts on half of the velocity.

    >>> w, v = sgd(w, 0.0, v, lr=0.1, mu=0.5)
    >>> print(f"{w:.4f} {v:.4f}")
    0.7000 -0.1000
    """
    g = np.clip(rescale * g, -clip, clip) + weight_decay * w
    v = mu * v - lr * g
    return w + v, v


def batches(
    X: ArrayLike,
    y: ArrayLike,
    batch_size: int = 32,
    *,
    shuffle: bool = True,
    drop_last: bool = False,
    random_state: int | np.random.Generator | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Deal out the rows of X and y in mini-batches: one epoch, each row once.

    Parameters
    ----------
    X : array_like, shape (n, ...)
        The inputs, one row an example.
    y : array_like, shape (n, ...)
        The targets. Row i belongs to row i of X, shuffled or not.
    batch_size : int, default 32
        Rows in a batch. The last batch is shorter if it does not divide n.
    shuffle : bool, default True
        Whether to draw the rows in random order, without replacement. A batch that holds
        everything keeps the order of the data, for its mean does not depend on the order:
        so full-batch training equals batch descent to the last bit.
    drop_last : bool, default False
        Whether to leave out a last batch that is shorter.
    random_state : None, int or numpy.random.Generator, default None
        A number gives the same order at each call. Over several epochs pass one generator,
        made once, so that each epoch has an order of its own.

    Yields
    ------
    tuple of ndarray
        ``(X_batch, y_batch)``. Without shuffling these are read-only views, else copies.

    Raises
    ------
    ValueError
        If there are no rows, X and y differ in length, `batch_size` is below 1, or
        `drop_last` would leave no batch.
    TypeError
        If `batch_size` is not a whole number or `random_state` none of the three.

    Notes
    -----
    Source: Bottou, Curtis and Nocedal (2018), ``bottou2018optimization``. To draw without
    replacement is called random reshuffling. On smooth, strongly convex sums it converges faster
    than to draw with replacement in the long run, after enough epochs: Gürbüzbalaban, Ozdaglar
    and Parrilo (2021), ``gurbuzbalaban2021random``.

    Examples
    --------
    >>> X, y = np.arange(10).reshape(5, 2), np.arange(5)
    >>> for X_batch, y_batch in batches(X, y, batch_size=2, shuffle=False):
    ...     print(y_batch, X_batch.tolist())
    [0 1] [[0, 1], [2, 3]]
    [2 3] [[4, 5], [6, 7]]
    [4] [[8, 9]]
    >>> rng = np.random.default_rng(0)
    >>> for epoch in range(3):
    ...     seen = [y_batch for _, y_batch in batches(X, y, batch_size=2, random_state=rng)]
    ...     print(sorted(np.concatenate(seen).tolist()))
    [0, 1, 2, 3, 4]
    [0, 1, 2, 3, 4]
    [0, 1, 2, 3, 4]
    """
    X, y = rows("X", X), rows("y", y)
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows and y has {len(y)}. Give one target for each row.")
    batch_size, n = whole("batch_size", batch_size), len(X)
    shuffle, drop_last = flag("shuffle", shuffle), flag("drop_last", drop_last)
    if drop_last and batch_size > n:
        raise ValueError(
            f"drop_last leaves no batch: batch_size is {batch_size}, and there are {n} rows"
        )
    rng = generator(random_state)

    def deal():
        order = rng.permutation(n) if shuffle and batch_size < n else None
        last = n - batch_size if drop_last else n - 1
        for start in range(0, last + 1, batch_size):
            chosen = slice(start, start + batch_size)
            if order is not None:
                chosen = order[chosen]
            yield X[chosen], y[chosen]

    return deal()


def train(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    optimizer: RuleFunction | Rule | Stepper = sgd,
    epochs: int = 10,
    batch_size: int = 32,
    shuffle: bool = True,
    drop_last: bool = False,
    random_state: int | np.random.Generator | None = None,
    callback: Callable[[Model, History], Any] | None = None,
    **hyper: Any,
) -> History:
    """Fit any model that gives its loss and gradient, mini-batch by mini-batch.

    Parameters
    ----------
    model : object
        Anything with ``params``, an array or a list of arrays of floats, each of them once, and
        ``loss_and_grad(X, y)``, which gives the mean loss of a batch and the gradient for each
        array of ``params``. The arrays are changed in place.
    X : array_like, shape (n, ...)
        The inputs. Neither X nor y is changed.
    y : array_like, shape (n, ...)
        The targets.
    optimizer : callable or object, default sgd
        A rule ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``, or an object with
        ``step(params, grads)``. Such an object keeps its state for the next call.
    epochs : int, default 10
        How many times to go through the data.
    batch_size, shuffle, drop_last, random_state
        As for `batches`. Each epoch has a new order.
    callback : callable, optional
        ``callback(model, history)`` is called after each step. If it returns True, training
        stops; any other answer does nothing. The ``update`` of a tqdm bar answers True when it
        draws: call it in a ``def`` without a ``return``.
    **hyper
        Hyper-parameters of the rule, such as ``lr``: numbers, or functions of the step t,
        counted from 1.

    Returns
    -------
    History
        The loss of each step and epoch, the examples seen, and how it ended. Ctrl-C ends the
        training early and keeps what was learned. A loss or a parameter that is not finite ends
        it as a divergence, and so does an error of arithmetic in the model after the first step.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is described here, X, y or the parameters hold NaN or infinite
        values before the first step, or the gradient does not fit the parameters.

    Notes
    -----
    Source: Robbins and Monro (1951), ``robbins1951stochastic``; Bottou, Curtis and Nocedal
    (2018), ``bottou2018optimization``.

    Examples
    --------
    >>> class Line:
    ...     def __init__(self):
    ...         self.params = [np.zeros(1), np.zeros(())]
    ...     def loss_and_grad(self, X, y):
    ...         w, b = self.params
    ...         error = X @ w + b - y
    ...         return np.mean(error**2) / 2, [error @ X / len(y), np.mean(error)]
    >>> X = np.linspace(-1, 1, 20).reshape(20, 1)
    >>> y = 2 * X[:, 0] + 1
    >>> model = Line()
    >>> history = train(model, X, y, lr=0.5, epochs=50, batch_size=4, random_state=0)
    >>> print(history.message)
    50 epochs done, 250 steps, 1000 examples seen
    >>> w, b = model.params
    >>> print(f"{w[0]:.4f} {b:.4f}")
    2.0000 1.0000
    """
    X, y, rng = finite_rows("X", X), finite_rows("y", y), generator(random_state)
    epochs = whole("epochs", epochs)
    function("callback", callback, optional=True)
    check_model(model)
    optimizer = as_optimizer(optimizer, hyper)

    def one_epoch():
        return batches(X, y, batch_size, shuffle=shuffle, drop_last=drop_last, random_state=rng)

    one_epoch()  # refuses bad arguments before anything is learned
    history = History(len(X) - len(X) % batch_size if drop_last else len(X))
    with history.under_way():
        for _ in range(epochs):
            for X_batch, y_batch in one_epoch():
                loss, grads, trouble = asked(model, X_batch, y_batch, history)
                if trouble:
                    return history.end_diverged(trouble, optimizer, ahead=1)
                optimizer.step(as_list(model.params), grads)
                history.add_step(loss, len(X_batch))
                if callback and says_stop(callback(model, history)):
                    return history.end("callback", f"the callback said True at {history.place()}")
                trouble = not_finite(as_list(model.params), grads)
                if trouble:
                    return history.end_diverged(trouble, optimizer)
        history.end_done(epochs)
    return history


def as_list(arrays: Any) -> list:
    """Return a list of arrays, also of one array alone."""
    return [*arrays] if isinstance(arrays, list | tuple) else [arrays]


def check_model(model: Model) -> None:
    """Refuse what has no params and loss_and_grad, or no parameters that can be changed."""
    if not (hasattr(model, "params") and hasattr(model, "loss_and_grad")):
        raise TypeError(f"model needs params and loss_and_grad(X, y), got {model!r}")
    params = as_list(model.params)
    if not params:
        raise ValueError("the model has no parameters: params is empty")
    check_params(params)
    for k, w in enumerate(params):
        if not np.isfinite(w).all():
            raise ValueError(f"params[{k}] is not finite before the first step. Make a new model.")
    if not same_arrays(params, as_list(model.params)):
        raise ValueError(
            "the model gives new arrays each time it is asked for params, so training would "
            "change copies. Keep the arrays, and give them or views of them."
        )


def as_optimizer(optimizer: RuleFunction | Rule | Stepper, hyper: dict) -> Stepper:
    """Return an object with step(params, grads)."""
    if isinstance(optimizer, type):
        raise TypeError(f"optimizer must be an instance, got the class {optimizer.__name__}")
    if not isinstance(optimizer, Stepper):
        return Optimizer(optimizer, **hyper)
    if hyper:
        names = ", ".join(hyper)
        raise TypeError(f"give {names} when you make the optimizer, not to train")
    return optimizer


def loss_and_gradients(model: Model, X: np.ndarray, y: np.ndarray) -> tuple[float, list]:
    """Return the loss of a batch as a float, and a list of gradients that fit the parameters."""
    answer = model.loss_and_grad(X, y)
    if not (isinstance(answer, tuple | list) and len(answer) == 2):
        raise TypeError(f"loss_and_grad must return (loss, gradients), got {shown(answer)}")
    loss, grads = answer
    number = np.asarray(as_float(loss) if is_number(loss) else as_array("the loss", loss))
    if number.size != 1 or number.dtype.kind not in "iuf":
        raise TypeError(f"the loss must be one number, got {shown(loss)}")
    return float(number.item()), check_gradients(as_list(model.params), as_list(grads))


def asked(
    model: Model, X: np.ndarray, y: np.ndarray, history: History
) -> tuple[float, list[np.ndarray], str]:
    """Return loss and gradients, and what is wrong with the loss in words ("" if nothing is)."""
    try:
        loss, grads = loss_and_gradients(model, X, y)
    except (ArithmeticError, ValueError) as error:
        if not (history.steps and out_of_domain(error)):
            raise
        return math.nan, [], f"the loss has no value ({type(error).__name__}: {error})"
    return loss, grads, "" if math.isfinite(loss) else f"the loss is {loss}"


def not_finite(params: Sequence[np.ndarray], grads: Sequence[np.ndarray]) -> str:
    """Say in words which array is not finite after a step, and where that comes from."""
    for k, w in enumerate(params):
        if not np.isfinite(w).all():
            if np.isfinite(grads[k]).all():
                return f"array {k} of the parameters is not finite"
            return f"the gradient of array {k} is not finite though the loss is. Check its formula"
    return ""
