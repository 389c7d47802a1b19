"""Models that give their loss and gradient, for `train` and for every later chapter.

Each is a linear unit with another activation and the loss that fits it. All start from zero.
"""

import numpy as np
from numpy.typing import ArrayLike

from .checks import check_classes, check_samples, check_targets, whole


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
        z = self.decision_function(X)
        error = z - check_targets(y, len(z))
        return float(np.mean(error**2) / 2), [error @ X / len(z), np.mean(error)]

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        r"""Return :math:`R^2`: 1 for a perfect fit, 0 for always answering the mean of `y`."""
        return r_squared(y, self.predict(X))


class LogisticRegression(LinearRegression):
    r"""A unit that answers with the probability of class 1, and learns from cross-entropy.

    .. math:: p = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad
       L = -\frac1n \sum_i \bigl(t_i \log p_i + (1 - t_i) \log(1 - p_i)\bigr)

    The derivative of the loss by z is :math:`p - t`, so the gradient has the form of the linear
    unit's. The loss is computed from z as ``log(1 + exp(z)) - t z``, which cannot overflow.

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
    bishop2006pattern

    Examples
    --------
    >>> model = LogisticRegression(1)
    >>> loss, (grad_w, grad_b) = model.loss_and_grad([[-1], [2]], [0, 1])
    >>> print(f"{loss:.6f}", grad_w.tolist(), float(grad_b))
    0.693147 [-0.75] 0.0
    """

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of class 1 for each row of X, shape (n,)."""
        return sigmoid(self.decision_function(X))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the class, 0 or 1, of each row of X, shape (n,)."""
        return (self.decision_function(X) > 0).astype(int)

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray) -> tuple[float, list]:
        """Return the mean cross-entropy over the rows, and the gradient for `params`."""
        z = self.decision_function(X)
        t = check_classes(y, len(z), 2)
        error = sigmoid(z) - t
        return float(np.mean(np.logaddexp(0, z) - t * z)), [error @ X / len(z), np.mean(error)]

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of right answers (accuracy)."""
        return accuracy(y, self.predict(X), n_classes=2)


class SoftmaxRegression:
    r"""One linear unit a class; softmax turns their answers into probabilities.

    .. math:: p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad
       L = -\frac1n \sum_i \log p_{i, t_i}, \qquad
       \frac{\partial L}{\partial z_{ik}} = \frac{p_{ik} - [k = t_i]}{n}

    Parameters
    ----------
    n_features : int
        Number of columns of X.
    n_classes : int
        Number of classes; the labels are 0 to ``n_classes - 1``.

    Attributes
    ----------
    params : list of ndarray
        Weights `W`, shape (n_features, n_classes), and biases `b`, shape (n_classes,). They are
        changed in place.

    References
    ----------
    bishop2006pattern

    Examples
    --------
    >>> model = SoftmaxRegression(n_features=1, n_classes=3)
    >>> loss, (grad_W, grad_b) = model.loss_and_grad([[3.0]], [2])
    >>> print(f"{loss:.6f}", grad_W.round(6).tolist(), grad_b.round(6).tolist())
    1.098612 [[1.0, 1.0, -2.0]] [0.333333, 0.333333, -0.666667]
    """

    def __init__(self, n_features: int, n_classes: int) -> None:
        n_features = whole("n_features", n_features)
        n_classes = whole("n_classes", n_classes, least=2)
        self.params = [np.zeros((n_features, n_classes)), np.zeros(n_classes)]

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Return one number for each row of X and each class, shape (n, n_classes)."""
        W, b = self.params
        return check_samples(X, len(W)) @ W + b

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of each class, shape (n, n_classes)."""
        return np.exp(log_softmax(self.decision_function(X)))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the most probable class of each row of X, shape (n,)."""
        return self.decision_function(X).argmax(axis=1)

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray) -> tuple[float, list]:
        """Return the mean cross-entropy over the rows, and the gradient for `params`."""
        log_p = log_softmax(self.decision_function(X))
        n, n_classes = log_p.shape
        t = check_classes(y, n, n_classes)
        error = np.exp(log_p)
        error[np.arange(n), t] -= 1
        return (
            float(-np.mean(log_p[np.arange(n), t])),
            [np.asarray(X).T @ error / n, error.mean(axis=0)],
        )

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of right answers (accuracy)."""
        return accuracy(y, self.predict(X), n_classes=len(self.params[1]))


def sigmoid(z: ArrayLike) -> np.ndarray:
    r"""Return :math:`1 / (1 + e^{-z})`, without overflow for any z.

    Parameters
    ----------
    z : array_like
        Any shape.

    Returns
    -------
    ndarray
        Of the shape of z, between 0 and 1.

    Examples
    --------
    >>> sigmoid([-1000, 0, 1000]).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.exp(-np.logaddexp(0, -np.asarray(z, dtype=float)))


def log_softmax(z: ArrayLike) -> np.ndarray:
    r"""Return the logarithm of softmax along the last axis, without overflow for any z.

    Parameters
    ----------
    z : array_like, shape (..., n_classes)
        One number for each class.

    Returns
    -------
    ndarray
        Of the shape of z; the exponentials of a row sum to 1.

    Examples
    --------
    >>> log_softmax([0, 0]).round(6).tolist()
    [-0.693147, -0.693147]
    """
    z = np.asarray(z, dtype=float)
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def accuracy(y: ArrayLike, answers: np.ndarray, n_classes: int) -> float:
    """Return the share of right answers.

    Parameters
    ----------
    y : array_like, shape (n,)
        The right classes, from 0 to ``n_classes - 1``.
    answers : ndarray, shape (n,)
        The answers to compare them with.
    n_classes : int
        Number of classes, at least 2.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> accuracy([0, 1, 2, 2], np.array([0, 1, 1, 2]), n_classes=3)
    0.75
    """
    n_classes = whole("n_classes", n_classes, least=2)
    return float(np.mean(answers == check_classes(y, len(answers), n_classes)))


def r_squared(y: ArrayLike, answers: np.ndarray) -> float:
    r"""Return :math:`R^2`, the share of the spread of y that the answers explain.

    .. math:: R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2}

    Parameters
    ----------
    y : array_like, shape (n,) or (n, outputs)
        The targets. With several outputs, the sums run over all of them.
    answers : ndarray
        Of the shape of y.

    Returns
    -------
    float
        1 for perfect answers, 0 for always answering the mean of y; NaN if all rows of y are
        equal, for then there is nothing to explain.

    Examples
    --------
    >>> r_squared([1, 2, 3], np.array([1.0, 2.0, 2.0]))
    0.5
    """
    y = check_targets(y, len(answers)) if answers.ndim == 1 else np.asarray(y, dtype=float)
    if (y == y[0]).all():
        return float("nan")
    return float(1 - np.sum((y - answers) ** 2) / np.sum((y - y.mean(axis=0)) ** 2))
