"""Chapter 2: the linear unit, the perceptron's code with another activation."""

import numpy as np
from numpy.typing import ArrayLike

from ..checks import check_finite, check_targets
from ..models import r_squared
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
        Weights, then bias: at the start and after every update.
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
