"""Chapter 10: Overfitting, and what helps against it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks import check_samples, finite_rows, generator, number, real_array, shown, whole

__all__ = ["EarlyStopping", "dropout_mask", "folds", "shift_pictures", "soft_threshold"]


class EarlyStopping:
    """End a training when rows that are held back are answered no better, and go back.

    An object to hand to `train` as its callback. It keeps a copy of the parameters with the
    lowest loss on the held-back rows, and puts it back when it stops the training. Each training
    needs a new one.

    Parameters
    ----------
    X, y : array_like, shape (n, ...)
        The held-back rows and their targets. They must not be among those that are trained on.
    patience : int, default 200
        How many steps to wait for a lower loss before it stops.
    every : int, default 10
        How many steps lie between two looks at the held-back rows.

    Attributes
    ----------
    best : float
        The lowest loss so far. It was chosen as the lowest, so it is a little too good.
    best_step : int
        The step after which it was found.
    best_params : list of ndarray
        The parameters of that step, copied.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is described here.

    Examples
    --------
    The noise of five rows can be learnt by heart, since there are eight weights.

    >>> from dlzero import train
    >>> from dlzero.models import LinearRegression
    >>> rng = np.random.default_rng(0)
    >>> X, X_held = rng.normal(size=(5, 8)), rng.normal(size=(50, 8))
    >>> y, y_held = X[:, 0] + rng.normal(size=5), X_held[:, 0] + rng.normal(size=50)
    >>> model, stop = LinearRegression(8), EarlyStopping(X_held, y_held, patience=100)
    >>> history = train(model, X, y, lr=0.03, epochs=2000, callback=stop)
    >>> history.status, history.steps - stop.best_step
    ('callback', 100)
    >>> float(model.loss_and_grad(X_held, y_held)[0]) == stop.best
    True
    """

    def __init__(self, X: ArrayLike, y: ArrayLike, patience: int = 200, every: int = 10) -> None:
        self.X, self.y = finite_rows("X", X), finite_rows("y", y)
        self.patience, self.every = whole("patience", patience), whole("every", every)
        self.best, self.best_step = np.inf, 0
        self.best_params: list[np.ndarray] = []

    def __call__(self, model: Any, history: Any) -> bool:
        """Look at the held-back rows after a step. True stops the training."""
        if history.steps % self.every:
            return False
        loss = self.loss(model)
        if loss < self.best:
            self.best, self.best_step = loss, history.steps
            self.best_params = [p.copy() for p in model.params]  # the model changes in place
        if history.steps - self.best_step < self.patience:
            return False
        self.restore(model)
        return True

    def loss(self, model: Any) -> float:
        """Return the loss on the held-back rows, without dropout and penalty if there are any."""
        if hasattr(model, "mean_loss"):
            return float(model.mean_loss(self.X, self.y))
        return float(model.loss_and_grad(self.X, self.y)[0])

    def restore(self, model: Any) -> None:
        """Put the best parameters back, in place. Before the first look it does nothing."""
        for p, best in zip(model.params, self.best_params or model.params, strict=True):
            p[...] = best


def soft_threshold(w: ArrayLike, amount: float) -> np.ndarray:
    r"""Pull each weight towards zero by an amount, and let it stay there.

    .. math:: w \leftarrow \operatorname{sign}(w)\, \max(\lvert w \rvert - a, 0)

    It is the weight u that makes :math:`\tfrac12 (u - w)^2 + a \lvert u \rvert` smallest.

    Parameters
    ----------
    w : array_like
        The weights, of any shape.
    amount : float
        The amount a, zero or more. For a step of descent with the rate lr on a loss with the
        penalty :math:`\lambda \sum \lvert w \rvert`, that is lr times :math:`\lambda`.

    Returns
    -------
    ndarray of float, of the shape of `w`
        Weights of a size of at most `amount` become exactly zero.

    Raises
    ------
    TypeError, ValueError
        If `w` is not made of finite numbers, or `amount` is negative.

    References
    ----------
    tibshirani1996regression

    Examples
    --------
    >>> soft_threshold([0.8, -0.05, -0.3], 0.1).round(2).tolist()
    [0.7, -0.0, -0.2]
    """
    w, amount = real_array("w", w), number("amount", amount, least=0)
    return np.sign(w) * np.maximum(np.abs(w) - amount, 0)


def dropout_mask(
    shape: int | tuple[int, ...],
    share: float,
    random_state: int | np.random.Generator | None = None,
) -> np.ndarray:
    r"""Draw the factors of dropout: zero for what is switched off, more than one for the rest.

    Each factor is 0 with the probability q, else :math:`1 / (1 - q)`. So its mean is 1, and its
    variance :math:`q / (1 - q)`.

    Parameters
    ----------
    shape : int or tuple of int
        The shape of what is to be multiplied.
    share : float
        The probability q, from 0 to below 1.
    random_state : None, int or numpy.random.Generator, default None
        As everywhere: pass one generator, made once, or each mask is the same.

    Returns
    -------
    ndarray of float

    Raises
    ------
    TypeError, ValueError
        If `share` is not such a number, or `random_state` is none of the three.

    References
    ----------
    srivastava2014dropout

    Examples
    --------
    >>> dropout_mask(6, 0.5, random_state=1).tolist()
    [2.0, 2.0, 0.0, 2.0, 0.0, 0.0]
    """
    share = number("share", share, advice="Try share=0.5.")
    if not 0 <= share < 1:
        raise ValueError(f"share must be from 0 to below 1, got {shown(share)}. Try share=0.5.")
    return (generator(random_state).random(shape) >= share) / (1 - share)


def shift_pictures(X: ArrayLike, down: int, right: int, width: int = 8) -> np.ndarray:
    """Move all pictures by whole pixels. What leaves on one side does not return on the other.

    Parameters
    ----------
    X : array_like, shape (n, pixels)
        One picture a row, its pixels line by line from the top left.
    down, right : int
        By how many pixels; negative numbers move up and left.
    width : int, default 8
        Pixels in a line.

    Returns
    -------
    ndarray of float, shape (n, pixels)
        The free space is zero.

    Raises
    ------
    TypeError, ValueError
        If `X` is no such table, `width` does not divide its pixels, or a shift is no whole number
        or as long as the picture.

    Examples
    --------
    >>> shift_pictures([[1, 2, 3, 4]], down=0, right=1, width=2).tolist()
    [[0.0, 1.0, 0.0, 3.0]]
    """
    X, width = check_samples(X), whole("width", width)
    if X.shape[1] % width:
        raise ValueError(
            f"a picture has {X.shape[1]} pixels; expected a multiple of width={width}. "
            "Give the number of pixels in a line."
        )
    pictures = X.reshape(len(X), -1, width)
    for axis, (name, by) in enumerate((("down", down), ("right", right)), start=1):
        size = pictures.shape[axis]
        if whole(name, by, least=1 - size) >= size:
            raise ValueError(f"{name} must be below {size}, the size of the picture, got {by}")
        pictures = np.roll(pictures, by, axis=axis)
        empty = slice(0, by) if by >= 0 else slice(by, None)
        pictures[(slice(None),) * axis + (empty,)] = 0
    return pictures.reshape(X.shape)


def folds(
    n: int, k: int = 5, random_state: int | np.random.Generator | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Deal n rows into k folds, and hold back one after the other (cross-validation).

    Parameters
    ----------
    n : int
        Number of rows, at least 2.
    k : int, default 5
        Number of folds, from 2 to `n`. With ``k=n`` each row is held back alone.
    random_state : None, int or numpy.random.Generator, default None
        The same number deals the same folds.

    Yields
    ------
    tuple of ndarray
        ``(train, held)``, the numbers of the rows. Each row is held back exactly once.

    Raises
    ------
    TypeError, ValueError
        If `n` or `k` is not what is described here.

    Examples
    --------
    >>> for train, held in folds(5, k=2, random_state=0):
    ...     print(train.tolist(), held.tolist())
    [0, 1] [2, 4, 3]
    [2, 4, 3] [0, 1]
    """
    n, k = whole("n", n, least=2), whole("k", k, least=2)
    if k > n:
        raise ValueError(f"k must be at most the number of rows, got k={k} and {n} rows")
    parts = np.array_split(generator(random_state).permutation(n), k)
    return ((np.concatenate([*parts[:i], *parts[i + 1 :]]), held) for i, held in enumerate(parts))
