"""Chapter 5: probabilities, the losses that fit them, and what to do when a class is rare.

A loss gives the cost of each row and its slope by the sums of the row. A model adds the line.
"""

import numpy as np
from numpy.typing import ArrayLike

from ..checks import (
    check_classes,
    check_samples,
    check_sums,
    check_targets,
    generator,
    number,
    real_array,
    whole,
)
from .ch02_linear_unit import LinearRegression


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
    return np.exp(-np.logaddexp(0, -real_array("z", z, finite=False)))


def logistic_loss(z: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the cross-entropy of each row with two classes, and its slope by z.

    .. math:: -t \log p - (1 - t) \log (1 - p) = \log (1 + e^z) - t z, \qquad
       \frac{\partial}{\partial z} = p - t, \qquad p = \sigma(z)

    The cost is computed from z, as on the right of the first sign of equality: so it cannot
    overflow, and no logarithm of zero is taken.

    Parameters
    ----------
    z : array_like, shape (n,)
        The weighted sum of each row.
    y : array_like, shape (n,)
        The right classes t, 0 or 1.

    Returns
    -------
    tuple of ndarray
        Cost and slope of each row, both of shape (n,).

    Raises
    ------
    TypeError, ValueError
        If y holds anything but 0 and 1, or is not as long as z.

    References
    ----------
    bishop2006pattern

    Examples
    --------
    >>> cost, slope = logistic_loss([0, 40, -800], [1, 0, 0])
    >>> cost.round(6).tolist(), slope.tolist()
    ([0.693147, 40.0, 0.0], [-0.5, 1.0, 0.0])
    """
    z, t = _sums(z, y)
    return np.logaddexp(0, z) - t * z, sigmoid(z) - t


class LogisticRegression(LinearRegression):
    r"""A unit that answers with the probability of class 1, and learns from cross-entropy.

    .. math:: p = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad
       L = -\frac1n \sum_i \bigl(t_i \log p_i + (1 - t_i) \log(1 - p_i)\bigr)

    The derivative of the loss by z is :math:`p - t`, so the gradient has the form of the linear
    unit's. `logistic_loss` gives both.

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
        return (check_sums(self.decision_function(X)) > 0).astype(int)

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray) -> tuple[float, list]:
        """Return the mean cross-entropy over the rows, and the gradient for `params`."""
        X = check_samples(X)
        cost, error = logistic_loss(self.decision_function(X), y)
        return float(np.mean(cost)), [error @ X / len(cost), np.mean(error)]

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of right answers (accuracy)."""
        return accuracy(y, self.predict(X), n_classes=2)


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
    z = real_array("z", z, finite=False)
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def softmax(z: ArrayLike) -> np.ndarray:
    r"""Return :math:`e^{z_k} / \sum_j e^{z_j}` along the last axis, without overflow for any z.

    Parameters
    ----------
    z : array_like, shape (..., n_classes)
        One number for each class.

    Returns
    -------
    ndarray
        Of the shape of z; every row is positive and sums to 1.

    Examples
    --------
    >>> softmax([[0, 0], [1000, 0]]).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    return np.exp(log_softmax(z))


def cross_entropy(z: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the cross-entropy of each row with several classes, and its slope by z.

    .. math:: -\log p_t = \log \sum_j e^{z_j} - z_t, \qquad
       \frac{\partial}{\partial z_k} = p_k - [k = t]

    Parameters
    ----------
    z : array_like, shape (n, n_classes)
        One sum for each row and each class.
    y : array_like, shape (n,)
        The right classes t, 0 to ``n_classes - 1``.

    Returns
    -------
    tuple of ndarray
        Cost of each row, shape (n,), and its slope by each sum, shape (n, n_classes).

    Raises
    ------
    TypeError, ValueError
        If y holds anything but these classes, or has not one for each row of z.

    References
    ----------
    bishop2006pattern

    Examples
    --------
    >>> cost, slope = cross_entropy([[0, 0, 0, 0]], [2])
    >>> cost.round(6).tolist(), slope.round(6).tolist()
    ([1.386294], [[0.25, 0.25, -0.75, 0.25]])
    """
    log_p = log_softmax(z)
    if log_p.ndim != 2:
        raise ValueError(
            f"z has shape {log_p.shape}; expected (n, n_classes), one sum for each row and class"
        )
    n, n_classes = log_p.shape
    t, row = check_classes(y, n, n_classes), np.arange(n)
    slope = np.exp(log_p)
    slope[row, t] -= 1
    return -log_p[row, t], slope


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
        return softmax(self.decision_function(X))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the most probable class of each row of X, shape (n,)."""
        return check_sums(self.decision_function(X)).argmax(axis=1)

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray) -> tuple[float, list]:
        """Return the mean cross-entropy over the rows, and the gradient for `params`."""
        X = check_samples(X)
        cost, error = cross_entropy(self.decision_function(X), y)
        return float(np.mean(cost)), [X.T @ error / len(cost), error.mean(axis=0)]

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of right answers (accuracy)."""
        return accuracy(y, self.predict(X), n_classes=len(self.params[1]))


def accuracy(y: ArrayLike, answers: ArrayLike, n_classes: int) -> float:
    """Return the share of right answers.

    Parameters
    ----------
    y : array_like, shape (n,)
        The right classes, from 0 to ``n_classes - 1``.
    answers : array_like, shape (n,)
        The answers to compare them with.
    n_classes : int
        Number of classes, at least 2.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If y holds anything but these classes, answers anything but numbers, or they differ in
        length.

    Examples
    --------
    >>> accuracy([0, 1, 2, 2], [0, 1, 1, 2], n_classes=3)
    0.75
    """
    n_classes = whole("n_classes", n_classes, least=2)
    answers = check_targets(answers, None, "answers")
    return float(np.mean(answers == check_classes(y, len(answers), n_classes)))


def precision_recall(y: ArrayLike, answers: ArrayLike) -> tuple[float, float]:
    r"""Return the share of alarms that are right, and the share of class 1 that is found.

    .. math:: \text{precision} = \frac{n_{11}}{n_{11} + n_{01}}, \qquad
       \text{recall} = \frac{n_{11}}{n_{11} + n_{10}}

    where :math:`n_{ta}` counts the rows of class t that were answered a.

    Parameters
    ----------
    y : array_like, shape (n,)
        The right classes, 0 or 1.
    answers : array_like, shape (n,)
        The answers to compare them with, 0 or 1: each 1 is an alarm.

    Returns
    -------
    precision, recall : float
        From 0 to 1. NaN if there is no alarm, or no row of class 1, to take a share of.

    Raises
    ------
    TypeError, ValueError
        If y or answers holds anything but 0 and 1, or they differ in length.

    Examples
    --------
    >>> precision_recall([1, 1, 0, 0, 0], [1, 0, 1, 0, 0])
    (0.5, 0.5)
    """
    answers = check_classes(answers, None, 2, "answers")
    y = check_classes(y, len(answers), 2)
    found, alarms, ones = np.sum(y * answers), np.sum(answers), np.sum(y)
    nothing = float("nan")
    return float(found / alarms) if alarms else nothing, float(found / ones) if ones else nothing


def class_weights(y: ArrayLike, n_classes: int) -> np.ndarray:
    r"""Return a weight for each class, so that all classes count the same together.

    .. math:: \frac{n}{K\, n_k}

    for the class k, with :math:`n_k` of the n rows and K classes. The mean weight of the rows is 1.

    Parameters
    ----------
    y : array_like, shape (n,)
        The classes of the rows, 0 to ``n_classes - 1``.
    n_classes : int
        Number of classes, at least 2.

    Returns
    -------
    ndarray, shape (n_classes,)
        ``class_weights(y, 2)[y]`` has the weight of each row.

    Raises
    ------
    TypeError, ValueError
        If y holds anything but these classes, or if a class has no row.

    References
    ----------
    elkan2001foundations

    Examples
    --------
    >>> class_weights([0, 0, 0, 1], 2).round(6).tolist()
    [0.666667, 2.0]
    """
    n_classes = whole("n_classes", n_classes, least=2)
    y = check_classes(y, None, n_classes)
    counts = np.bincount(y, minlength=n_classes)
    if not counts.all():
        raise ValueError(
            f"y has no row of class {np.argmin(counts)}; expected rows of all {n_classes} classes. "
            "No weight makes up for a class that is not there."
        )
    return len(y) / (n_classes * counts)


def smote(
    X: ArrayLike,
    n_new: int,
    k: int = 5,
    random_state: int | np.random.Generator | None = None,
) -> np.ndarray:
    r"""Invent rows of a rare class, each between a row and one of its nearest neighbours.

    .. math:: x' = x_i + u\,(x_j - x_i), \qquad u \text{ uniform between 0 and 1}

    with a random row i, and j drawn from the k rows nearest to it.

    Parameters
    ----------
    X : array_like, shape (n, n_features)
        The rows of the rare class alone.
    n_new : int
        How many rows to invent.
    k : int, default 5
        Number of neighbours of a row that may be its partner; below n.
    random_state : None, int or numpy.random.Generator, default None
        Where the draws come from.

    Returns
    -------
    ndarray, shape (n_new, n_features)
        The new rows alone.

    Raises
    ------
    TypeError, ValueError
        If X is no table of finite numbers, or too short for k neighbours.

    Notes
    -----
    Source: Chawla, Bowyer, Hall and Kegelmeyer (2002), ``chawla2002smote``. There each row is the
    start of equally many new rows; here, as in imbalanced-learn, the starts are drawn.

    Examples
    --------
    >>> new = smote([[0.0, 0.0], [4.0, 2.0]], n_new=3, k=1, random_state=0)
    >>> bool(np.all(new[:, 0] == 2 * new[:, 1]))
    True
    """
    X, n_new, k = check_samples(X), whole("n_new", n_new), whole("k", k)
    if k >= len(X):
        raise ValueError(
            f"k must be below the number of rows, got k={k} and {len(X)} row(s): that is how many "
            "neighbours a row has. Take a smaller k, or find more rows."
        )
    rng, squares = generator(random_state), np.sum(X**2, axis=1)
    distances = squares[:, None] + squares - 2 * X @ X.T
    np.fill_diagonal(distances, np.inf)  # a row is no neighbour of its own
    near = np.argsort(distances, axis=1, kind="stable")[:, :k]
    start, which = np.divmod(rng.integers(len(X) * k, size=n_new), k)
    partner = X[near[start, which]]
    return X[start] + rng.random((n_new, 1)) * (partner - X[start])


def hinge_loss(z: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the hinge loss of each row, and its slope by z.

    .. math:: \max(0,\; 1 - s z), \qquad s = 2t - 1

    A row that is right by 1 or more costs nothing, and no longer moves the weights. At the corner
    the slope is 0.

    Parameters
    ----------
    z : array_like, shape (n,)
        The weighted sum of each row.
    y : array_like, shape (n,)
        The right classes t, 0 or 1.

    Returns
    -------
    tuple of ndarray
        Cost and slope of each row, both of shape (n,).

    Raises
    ------
    TypeError, ValueError
        If y holds anything but 0 and 1, or is not as long as z.

    References
    ----------
    cortes1995support

    Examples
    --------
    >>> cost, slope = hinge_loss([3.0, 0.5, -1.0], [1, 1, 1])
    >>> cost.tolist(), slope.tolist()
    ([0.0, 0.5, 2.0], [0.0, -1.0, -1.0])
    """
    z, t = _sums(z, y)
    s = 2 * t - 1
    return np.maximum(0, 1 - s * z), np.where(s * z < 1, -s, 0.0)


def focal_loss(z: ArrayLike, y: ArrayLike, gamma: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the focal loss of each row, and its slope by z.

    .. math:: -(1 - q)^\gamma \log q, \qquad
       \frac{\partial}{\partial z} = -s\,(1 - q)^\gamma\,\bigl(1 - q - \gamma\, q \log q\bigr)

    where q is the probability of the right class, :math:`\sigma(s z)` with :math:`s = 2t - 1`.

    Parameters
    ----------
    z : array_like, shape (n,)
        The weighted sum of each row.
    y : array_like, shape (n,)
        The right classes t, 0 or 1.
    gamma : float, default 2.0
        How much less a row counts that is right already; 0 gives the logistic loss.

    Returns
    -------
    tuple of ndarray
        Cost and slope of each row, both of shape (n,).

    Raises
    ------
    TypeError, ValueError
        If y holds anything but 0 and 1, or is not as long as z; if gamma is negative.

    Notes
    -----
    Source: Lin, Goyal, Girshick, He and Dollár (2017), ``lin2017focal``. Their factor alpha is a
    weight for each class: see `class_weights`.

    Examples
    --------
    >>> cost, slope = focal_loss([0.0, 3.0], [1, 1])
    >>> cost.round(6).tolist(), slope.round(6).tolist()
    ([0.173287, 0.000109], [-0.298287, -0.000315])
    """
    z, t = _sums(z, y)
    gamma, s = number("gamma", gamma, least=0), 2 * t - 1
    cost, miss = np.logaddexp(0, -s * z), sigmoid(-s * z)
    return miss**gamma * cost, -s * miss**gamma * (miss + gamma * (1 - miss) * cost)


def _sums(z: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum and the class, 0 or 1, of each row."""
    z = real_array("z", z, finite=False)
    if z.ndim != 1 or len(z) == 0:
        raise ValueError(f"z has shape {z.shape}; expected (n,), one sum for each row")
    return z, check_classes(y, len(z), 2)
