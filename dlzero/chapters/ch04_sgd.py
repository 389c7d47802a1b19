"""Chapter 4: stochastic gradient descent, on mini-batches and over epochs."""

import contextlib
import math
from dataclasses import dataclass, field

import numpy as np

from .ch03_gradient_descent import at_step, check_hyper, find_rule, signature, take_step

__all__ = ["History", "batches", "sgd", "train"]


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
    clip comes after rescale and before weight decay. PyTorch and optax keep the learning rate
    out of the velocity (see `momentum`): the same path while ``lr`` is constant, another one
    when it changes.

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


def batches(X, y, batch_size=32, *, shuffle=True, drop_last=False, random_state=None):
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
    than to draw with replacement: Gürbüzbalaban, Ozdaglar and Parrilo (2021),
    ``gurbuzbalaban2021random``.

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
    X, y = _rows("X", X), _rows("y", y)
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows and y has {len(y)}. Give one target for each row.")
    batch_size, n = _whole("batch_size", batch_size), len(X)
    if drop_last and batch_size > n:
        raise ValueError(
            f"drop_last leaves no batch: batch_size is {batch_size}, and there are {n} rows"
        )
    rng = _generator(random_state)

    def deal():
        order = rng.permutation(n) if shuffle and batch_size < n else None
        last = n - batch_size if drop_last else n - 1
        for start in range(0, last + 1, batch_size):
            rows = slice(start, start + batch_size)
            if order is not None:
                rows = order[rows]
            yield X[rows], y[rows]

    return deal()


def train(
    model,
    X,
    y,
    *,
    optimizer=sgd,
    epochs=10,
    batch_size=32,
    shuffle=True,
    drop_last=False,
    random_state=None,
    callback=None,
    progress=False,
    **hyper,
):
    """Fit any model that gives its loss and gradient, mini-batch by mini-batch.

    Parameters
    ----------
    model : object
        Anything with ``params``, an array or a list of arrays of floats, and
        ``loss_and_grad(X, y)``, which gives the mean loss of a batch and the gradient for each
        array of ``params``. The arrays are changed in place.
    X : array_like, shape (n, ...)
        The inputs. Neither X nor y is changed.
    y : array_like, shape (n, ...)
        The targets.
    optimizer : callable, str or object, default sgd
        A rule ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``, or its name, or an
        object with ``step(params, grads)``. Such an object keeps its state for the next call.
    epochs : int, default 10
        How many times to go through the data.
    batch_size, shuffle, drop_last, random_state
        As for `batches`. Each epoch has a new order.
    callback : callable, optional
        ``callback(model, history)`` is called after each step. If it returns True, training
        stops.
    progress : bool, default False
        Whether to show a progress bar. It needs the package tqdm.
    **hyper
        Hyper-parameters of the rule, such as ``lr``: numbers, or functions of the step t,
        counted from 1.

    Returns
    -------
    History
        The loss of each step and epoch, the examples seen, and how it ended. Ctrl-C ends the
        training early and keeps what was learned.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is described here, X or y holds NaN or infinite values, or
        the gradient does not fit the parameters.
    ImportError
        If `progress` is asked for and tqdm is not there.

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
    if not (hasattr(model, "params") and hasattr(model, "loss_and_grad")):
        raise TypeError(f"model needs params and loss_and_grad(X, y), got {model!r}")
    X, y = _finite("X", X), _finite("y", y)
    epochs, rng = _whole("epochs", epochs), _generator(random_state)
    if not (callback is None or callable(callback)):
        raise TypeError(f"callback must be a function, got {callback!r}")
    optimizer, advice = _as_optimizer(optimizer, hyper)
    _check_params(_as_list(model.params))
    history = History()

    def one_epoch():
        return batches(X, y, batch_size, shuffle=shuffle, drop_last=drop_last, random_state=rng)

    def done(success, message):
        history.success, history.message = success, message
        return history

    one_epoch()  # refuses bad arguments before anything is learned
    epoch_steps = len(X) // batch_size if drop_last else math.ceil(len(X) / batch_size)

    with _progress_bar(progress, epochs * epoch_steps) as bar, np.errstate(all="ignore"):
        try:
            for epoch in range(1, epochs + 1):
                for X_batch, y_batch in one_epoch():
                    loss, grads = model.loss_and_grad(X_batch, y_batch)
                    params, grads = _as_list(model.params), _as_list(grads)
                    loss = _check_answer(loss, params, grads)
                    if not math.isfinite(loss):
                        where = f"step {history.steps + 1}, epoch {epoch}"
                        return done(False, f"diverged at {where}: the loss is {loss}. {advice}")
                    optimizer.step(params, grads)
                    history.add_step(loss, len(X_batch))
                    bar.update()
                    if len(history.loss) == epoch * epoch_steps:
                        history.end_epoch(epoch_steps)
                        bar.set_postfix(epoch=epoch, loss=f"{history.epoch_loss[-1]:.4g}")
                    if callback and callback(model, history):
                        where = f"step {history.steps}, epoch {epoch}"
                        return done(False, f"stopped by the callback at {where}")
        except KeyboardInterrupt:
            where = f"step {history.steps}, epoch {epoch}"
            return done(False, f"interrupted at {where}; what was learned is kept")
    seen = f"{history.steps} steps, {history.examples[-1]} examples seen"
    return done(True, f"{epochs} epochs done, {seen}")


@dataclass(repr=False)
class History:
    """What happened during training.

    Attributes
    ----------
    loss : list of float
        The loss of each step, on its batch, before the step was taken.
    examples : list of int
        Examples seen up to each step, that step included.
    epoch_loss : list of float
        For each finished epoch the mean of these losses over its examples. The parameters
        move meanwhile, so this is not the loss at the end of the epoch.
    success : bool
        True if all epochs were done.
    message : str
        How the training ended.
    """

    loss: list = field(default_factory=list)
    examples: list = field(default_factory=list)
    epoch_loss: list = field(default_factory=list)
    success: bool = False
    message: str = ""

    @property
    def steps(self):
        """Number of steps taken (int)."""
        return len(self.loss)

    def add_step(self, loss, size):
        """Note the loss of a step on a batch of `size` examples."""
        self.loss.append(loss)
        self.examples.append(size + (self.examples[-1] if self.examples else 0))

    def end_epoch(self, steps):
        """Note the mean loss of the last so many steps, each weighted by its examples."""
        before = self.examples[-steps - 1] if self.steps > steps else 0
        sizes = np.diff(self.examples[-steps:], prepend=before)
        self.epoch_loss.append(float(np.average(self.loss[-steps:], weights=sizes)))

    def __repr__(self):
        if not self.loss:
            return "History: no step yet"
        return f"History: {self.message}; loss {self.loss[0]:.6g} to {self.loss[-1]:.6g}"


class _RuleOptimizer:
    """Runs a rule on a list of arrays, in place."""

    def __init__(self, rule, hyper):
        self.rule, self.sig = rule, signature(rule)
        self.hyper = check_hyper(self.sig, hyper)
        self.t, self.state = 0, None

    def step(self, params, grads):
        if self.state is None:
            self.state = [[np.zeros_like(w) for _ in self.sig.state] for w in params]
        self.t += 1
        now = at_step(self.t, self.hyper)
        for k, (w, g) in enumerate(zip(params, grads, strict=True)):
            g = np.asarray(g, dtype=w.dtype)
            new, *self.state[k] = take_step(self.rule, self.sig, w, g, self.state[k], self.t, now)
            w[...] = new


def _as_optimizer(optimizer, hyper):
    """An object with step(params, grads), and the advice to give if it diverges."""
    if hasattr(optimizer, "step"):
        if isinstance(optimizer, type):
            raise TypeError(f"optimizer must be an instance, got the class {optimizer.__name__}")
        if hyper:
            names = ", ".join(hyper)
            raise TypeError(f"give {names} when you make the optimizer, not to train")
        return optimizer, "Try a smaller rate."
    optimizer = _RuleOptimizer(find_rule(optimizer), hyper)
    lr = {**optimizer.sig.hyper, **optimizer.hyper}.get("lr")
    if lr is None or callable(lr):
        return optimizer, "Try a smaller rate."
    return optimizer, f"Try a smaller rate, for example lr={lr / 10:g} instead of {lr:g}."


@contextlib.contextmanager
def _progress_bar(wanted, steps):
    if not wanted:
        yield _NoBar()
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError("progress=True needs the package tqdm: pip install tqdm") from None
    with tqdm(total=steps, unit="step") as bar:
        yield bar


class _NoBar:
    def update(self):
        pass

    def set_postfix(self, **values):
        pass


def _as_list(arrays):
    return [*arrays] if isinstance(arrays, list | tuple) else [arrays]


def _check_params(params):
    if not params:
        raise ValueError("the model has no parameters: params is empty")
    for w in params:
        if not isinstance(w, np.ndarray):
            raise TypeError(f"params must be NumPy arrays, to be changed in place, got {w!r}")
        if w.dtype.kind != "f":
            raise TypeError(f"params must be arrays of floats, got {w.dtype}. Use astype(float).")
        if not w.flags.writeable:
            raise ValueError("params must be writable, got a read-only array. Give a copy.")


def _check_answer(loss, params, grads):
    """Check what loss_and_grad gave, and return the loss as a float."""
    number = np.asarray(loss)
    if number.size != 1 or number.dtype.kind not in "iuf":
        raise TypeError(f"the loss must be one number, got {loss!r}")
    if len(grads) != len(params):
        raise ValueError(f"the model gave {len(grads)} gradients for {len(params)} parameters")
    for w, g in zip(params, grads, strict=True):
        if np.shape(g) != w.shape:
            raise ValueError(
                f"the model gave a gradient of shape {np.shape(g)} for one of shape {w.shape}"
            )
    return float(number.item())


def _rows(name, rows):
    try:
        rows = np.asarray(rows)
    except ValueError:
        raise ValueError(f"{name} must have rows of one length, got {rows!r}") from None
    if rows.ndim == 0:
        raise ValueError(f"{name} needs at least one axis, one row an example, got {rows!r}")
    if len(rows) == 0:
        raise ValueError(f"{name} is empty")
    rows = rows.view()
    rows.flags.writeable = False  # a model that changes its batch must not change the data
    return rows


def _finite(name, rows):
    rows = _rows(name, rows)
    if name == "X" and rows.dtype.kind not in "biuf":
        raise TypeError(f"X must be numbers, got {rows.dtype}")
    if rows.dtype.kind == "f" and not np.isfinite(rows).all():
        raise ValueError(f"{name} holds NaN or infinite values. Drop or replace these rows.")
    return rows


def _whole(name, number):
    if isinstance(number, bool) or not isinstance(number, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {number!r}")
    if number < 1:
        raise ValueError(f"{name} must be at least 1, got {number}")
    return int(number)


def _generator(random_state):
    if isinstance(random_state, np.random.Generator):
        return random_state
    if random_state is not None:
        if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer):
            raise TypeError(
                "random_state must be None, a whole number or a numpy.random.Generator, "
                f"got {random_state!r}"
            )
        if random_state < 0:
            raise ValueError(f"random_state must not be negative, got {random_state}")
    return np.random.default_rng(random_state)
