"""Chapter 2: the linear unit, the perceptron's code with another activation."""

import numpy as np
from numpy.typing import ArrayLike

from ..checks import check_finite, check_samples, check_targets, real_array, whole
from .ch01_perceptron import Unit


class LinearUnit(Unit):
    r"""A unit that answers ``w·x + b`` itself, and so learns a number.

    The update is the perceptron's, and now follows the gradient of the squared error
    :math:`\tfrac12 (t - \hat y)^2` of one example (the LMS or Widrow-Hoff rule):

    .. math:: w \leftarrow w + \eta\,(t - \hat y)\,x, \qquad b \leftarrow b + \eta\,(t - \hat y).

    Parameters
    ----------
    lr : float, default 0.1
        Learning rate :math:`\eta`, positive. A single step overshoots its own example when
        :math:`\eta\,(|x|^2 + 1) > 1`, and makes its error grow beyond 2.
    epochs : int, default 10
        Passes over the data in `fit`.
    shuffle : bool, default False
        Visit the examples in a new random order in each epoch.
    random_state : int, numpy.random.Generator or None, default None
        Seed of the shuffling, not negative; None draws a new one in each `fit`. A generator goes
        on from one `fit` to the next.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Weights `w`, in units of the target for each unit of the feature.
    intercept_ : float
        Bias `b`, in units of the target.
    loss_ : list of float
        Half the mean squared error over the training data, after each epoch.
    history_ : ndarray of shape (n_updates + 1, n_features + 1)
        Weights, then bias: at the start and after every update. Beyond `history_limit` numbers
        nothing of it is kept, and asking for it is a ValueError.
    history_limit : int, default 4_000_000
        As for `Perceptron`.
    n_updates_ : int
        How often the weights changed.
    n_features_in_ : int
        Number of features in `fit`.
    feature_names_in_ : ndarray of str
        Names of the columns, if `fit` got a table with names.

    References
    ----------
    widrow1960adaptive

    Examples
    --------
    >>> from dlzero import LinearUnit, datasets
    >>> X, y = datasets.salaries()
    >>> unit = LinearUnit(lr=0.01, epochs=10).fit(X, y)
    >>> print(f"{unit.coef_[0]:.2f} {unit.intercept_:.2f}")
    1124.06 85.49
    """

    _estimator_type = "regressor"

    def activation(self, z: np.ndarray) -> np.ndarray:
        """Return `z` as it is."""
        return z

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return ``w·x + b`` for each row of `X`, shape (n_samples,)."""
        return self.activation(self.decision_function(X))

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        r"""Return :math:`R^2`: 1 for a perfect fit, 0 for always answering the mean of `y`.

        It is NaN when all values of `y` are equal: there is nothing to explain.
        """
        return r_squared(y, self.predict(X))

    def _targets(
        self, y: ArrayLike, n_samples: int, classes: ArrayLike | None = None
    ) -> np.ndarray:
        return check_targets(y, n_samples)

    def _clear_record(self) -> None:
        self.loss_: list[float] = []

    def _record(self, X: np.ndarray, t: np.ndarray, errors: list[float]) -> None:
        loss = float(np.mean((t - self.predict(X)) ** 2) / 2)
        check_finite(loss, "loss", self.lr)
        self.loss_.append(loss)


class LinearRegression:
    r"""The linear unit of chapter 2, with the mean squared error of a whole batch.

    .. math:: L = \frac{1}{2n} \sum_i r_i^2, \qquad r_i = w \cdot x_i + b - t_i, \qquad
       \nabla_w L = \frac1n \sum_i r_i\, x_i, \qquad \nabla_b L = \frac1n \sum_i r_i

    Parameters
    ----------
    n_features : int
        Number of columns of X.

    Attributes
    ----------
    params : list of ndarray
        Weights `w`, shape (n_features,), and bias `b`, shape (). They are changed in place.

    References
    ----------
    widrow1960adaptive

    Examples
    --------
    >>> model = LinearRegression(1)
    >>> loss, (grad_w, grad_b) = model.loss_and_grad([[1], [2]], [3, 5])
    >>> loss, grad_w.tolist(), float(grad_b)
    (8.5, [-6.5], -4.0)
    """

    def __init__(self, n_features: int) -> None:
        self.params = [np.zeros(whole("n_features", n_features)), np.zeros(())]

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Return ``w·x + b`` for each row of X, shape (n,)."""
        w, b = self.params
        return check_samples(X, len(w)) @ w + b

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the answer for each row of X, shape (n,)."""
        return self.decision_function(X)

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray) -> tuple[float, list]:
        """Return the mean loss over the rows, and the gradient for each array of `params`."""
        X = check_samples(X)
        z = self.decision_function(X)
        n, error = len(z), z - check_targets(y, len(z))
        return float(np.mean(error**2) / 2), [error @ X / n, np.mean(error)]

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        r"""Return :math:`R^2`: 1 for a perfect fit, 0 for always answering the mean of `y`."""
        return r_squared(y, self.predict(X))


def r_squared(y: ArrayLike, answers: ArrayLike) -> float:
    r"""Return :math:`R^2`, the share of the spread of y that the answers explain.

    .. math:: R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2}

    Parameters
    ----------
    y : array_like, shape (n,) or (n, outputs)
        The targets. With several outputs, the sums run over all of them.
    answers : array_like
        Of the shape of y.

    Returns
    -------
    float
        1 for perfect answers, 0 for always answering the mean of y; NaN if all rows of y are
        equal, for then there is nothing to explain.

    Raises
    ------
    TypeError, ValueError
        If y or answers is not made of real numbers, or they differ in shape.

    Examples
    --------
    >>> r_squared([1, 2, 3], [1.0, 2.0, 2.0])
    0.5
    """
    answers = real_array("answers", answers, finite=False)
    y = check_targets(y, len(answers)) if answers.ndim == 1 else real_array("y", y)
    if y.shape != answers.shape or y.ndim == 0 or y.size == 0:
        raise ValueError(
            f"y has shape {y.shape}, answers has {answers.shape}; expected the same shape, and rows"
        )
    if (y == y[0]).all():
        return float("nan")
    return float(1 - np.sum((y - answers) ** 2) / np.sum((y - y.mean(axis=0)) ** 2))
