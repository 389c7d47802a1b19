"""Chapter 1: the perceptron, a unit that learns to tell two classes apart."""

import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..checks import (
    NotFittedError,
    check_finite,
    check_samples,
    check_two_classes,
    flag,
    generator,
    positive,
    short,
    whole,
)
from ..estimator import Estimator


class Unit(Estimator):
    """A weighted sum of the features and a bias, learned from one example after the other.

    Each unit adds its own `activation`, `predict` and `score`, says what its targets are, and
    keeps a record of each epoch. `Perceptron` describes the parameters.
    """

    coef_: np.ndarray
    intercept_: float

    #: How many numbers `history_` may hold: 32 MB. To change it, set it before `fit`.
    history_limit: int = 4_000_000

    def __init__(
        self,
        lr: float = 0.1,
        epochs: int = 10,
        shuffle: bool = False,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        self.lr = short(lr)
        self.epochs = epochs
        self.shuffle = shuffle
        self.random_state = random_state
        self._check_params()

    def activation(self, z: Any) -> Any:
        """Return the answer to one weighted sum, or to an array of them."""
        raise NotImplementedError(f"{type(self).__name__} needs a method activation(z)")

    def update(self, x: np.ndarray, t: float) -> float:
        """Learn from one example: move against the error, return the error.

        Parameters
        ----------
        x : ndarray of shape (n_features,)
        t : float

        Returns
        -------
        float
            The target minus the answer, measured before the move.
        """
        error = t - self.activation(x @ self.coef_ + self.intercept_)
        if error != 0:
            self.coef_ = self.coef_ + self.lr * error * x
            self.intercept_ = float(self.intercept_ + self.lr * error)
            self._history.append((*self.coef_, self.intercept_))
        return error

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from zero weights in `epochs` passes over the data.

        Ctrl-C ends it early, with a warning; the unit keeps the weights that it has reached.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            For a perceptron, labels of exactly two classes.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            For data or hyper-parameters that cannot be learned from; the message says why.
        FloatingPointError
            When the weights grow beyond what a float can hold.
        """
        X, t = self._start(X, y)
        for epoch in range(self.epochs):
            try:
                self._one_epoch(X, t)
            except KeyboardInterrupt:
                warnings.warn(f"interrupted after {epoch} of {self.epochs} epochs", stacklevel=2)
                break
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Make one pass over the data, going on from the present weights.

        Ctrl-C is raised, so that it ends a loop over calls too; the updates made are kept.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like of two labels, optional
            Read in the first call only, and needed there if `y` does not hold both classes.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError, FloatingPointError
            As in `fit`, and for other features or labels than in the first call.
        """
        if not hasattr(self, "_history"):
            X, t = self._start(X, y, classes)
        else:
            self._check_params()
            X = self._samples(X)
            t = self._targets(y, len(X), getattr(self, "classes_", None))
        self._one_epoch(X, t)
        return self

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Return ``w·x + b`` for each row of `X`, shape (n_samples,)."""
        self._check_fitted()
        check_finite(np.append(self.coef_, self.intercept_), "weights", self.lr)
        return self._samples(X) @ self.coef_ + self.intercept_

    @property
    def history_(self) -> np.ndarray:
        """Weights, then bias: at the start and after every update."""
        self._check_fitted()
        if self._history.rows is None:
            raise ValueError(
                f"history_ was not kept: {len(self._history)} rows of {len(self._history.last)} "
                f"numbers are more than history_limit={self._history.limit}. "
                f"For more, set {type(self).__name__}.history_limit before fit."
            )
        return np.array(self._history.rows)

    @property
    def n_updates_(self) -> int:
        """How often the weights changed."""
        self._check_fitted()
        return len(self._history) - 1

    if not TYPE_CHECKING:  # an editor should still know which attributes there are

        def __getattr__(self, name: str) -> Any:
            """Say of what is learned that it is not learned yet, of the rest that it is missing."""
            if name.endswith("_") and not name.startswith("_"):
                self._check_fitted()
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    _estimator_type: str

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn asks a model about itself; nothing else needs scikit-learn."""
        from sklearn import utils

        kind = self._estimator_type
        return utils.Tags(
            estimator_type=kind,
            target_tags=utils.TargetTags(required=True),
            classifier_tags=utils.ClassifierTags(multi_class=False)
            if kind == "classifier"
            else None,
            regressor_tags=utils.RegressorTags() if kind == "regressor" else None,
        )

    def _check_params(self) -> None:
        positive("lr", self.lr, advice="Try lr=0.1.")
        whole("epochs", self.epochs, advice="Try epochs=10.")
        whole("history_limit", self.history_limit, least=0)
        flag("shuffle", self.shuffle)
        generator(self.random_state)

    def _check_fitted(self) -> None:
        if not hasattr(self, "_history"):
            name = type(self).__name__
            raise NotFittedError(f"This {name} has not learned yet. Call fit(X, y) first.")

    def _samples(self, X: ArrayLike) -> np.ndarray:
        """Return the rows of a fitted unit as numbers."""
        known, names = getattr(self, "feature_names_in_", None), _column_names(X)
        if known is not None and names is not None and [*names] != [*known]:
            raise ValueError(
                f"X has the columns {', '.join(names)}; the unit was fitted with "
                f"{', '.join(known)}. Give it the same columns, in the same order, as fit."
            )
        return check_samples(X, len(self.coef_))

    def _start(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        self._check_params()
        names, X = _column_names(X), check_samples(X)
        t = self._targets(y, len(X), classes)
        self.n_features_in_ = X.shape[1]
        vars(self).pop("feature_names_in_", None)
        if names is not None:
            self.feature_names_in_ = names
        self.coef_ = np.zeros(X.shape[1])
        self.intercept_ = 0.0
        self._history = _Steps((*self.coef_, self.intercept_), self.history_limit)
        self._rng = generator(self.random_state)
        self._clear_record()
        return X, t

    def _one_epoch(self, X: np.ndarray, t: np.ndarray) -> None:
        order = self._rng.permutation(len(X)) if self.shuffle else range(len(X))
        with np.errstate(over="ignore", invalid="ignore"):
            try:
                errors = [self.update(X[i], t[i]) for i in order]
            except KeyboardInterrupt:  # perhaps in the middle of an update
                *w, self.intercept_ = self._history.last
                self.coef_ = np.array(w)
                raise
            check_finite(self._history.last, "weights", self.lr)
            self._record(X, t, errors)

    def _targets(
        self, y: ArrayLike, n_samples: int, classes: ArrayLike | None = None
    ) -> np.ndarray:
        raise NotImplementedError

    def _clear_record(self) -> None:
        raise NotImplementedError

    def _record(self, X: np.ndarray, t: np.ndarray, errors: list[float]) -> None:
        raise NotImplementedError


class Perceptron(Unit):
    r"""A unit that answers 1 where ``w·x + b > 0``, and learns from its mistakes.

    After each example with target :math:`t` and answer :math:`\hat y`, both 0 or 1,

    .. math:: w \leftarrow w + \eta\,(t - \hat y)\,x, \qquad b \leftarrow b + \eta\,(t - \hat y).

    Parameters
    ----------
    lr : float, default 0.1
        Learning rate :math:`\eta`, positive. From a zero start it only scales `w` and `b`.
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
        Weights `w`.
    intercept_ : float
        Bias `b`.
    classes_ : ndarray of shape (2,)
        The two labels, sorted; the second is the one that the unit answers 1 for.
    errors_ : list of int
        Mistakes made in each epoch.
    history_ : ndarray of shape (n_updates + 1, n_features + 1)
        Weights, then bias: at the start and after every update. Beyond `history_limit` numbers
        nothing of it is kept, and asking for it is a ValueError.
    history_limit : int, default 4_000_000
        Most numbers that `history_` may hold, of the class: ``Perceptron.history_limit = 0``
        switches it off. A unit of its own limit has it set before `fit`.
    n_updates_ : int
        How often the weights changed.
    n_features_in_ : int
        Number of features in `fit`.
    feature_names_in_ : ndarray of str
        Names of the columns, if `fit` got a table with names.

    Notes
    -----
    The bias moves by `lr` at a time, however large the features are. Standardise features that are
    far from size 1, or the bias is left behind.

    The answer at ``w·x + b = 0`` is 0. scikit-learn's ``Perceptron`` counts that tie as a mistake
    for both classes; apart from ties on the first class the two make the same updates.

    References
    ----------
    rosenblatt1958perceptron, novikoff1962convergence

    Examples
    --------
    >>> from dlzero import Perceptron, datasets
    >>> X, y = datasets.logic("and")
    >>> unit = Perceptron(lr=0.1, epochs=10).fit(X, y)
    >>> unit.errors_
    [3, 3, 2, 2, 0, 0, 0, 0, 0, 0]
    >>> unit.predict([[1, 1], [0, 1]]).tolist()
    [1, 0]
    """

    _estimator_type = "classifier"

    def activation(self, z: np.ndarray) -> np.ndarray:
        """Return 1 where ``z > 0``, else 0."""
        return np.where(z > 0, 1.0, 0.0)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the label that the unit gives each row of `X`, shape (n_samples,)."""
        z = self.decision_function(X)
        return self.classes_[self.activation(z).astype(int)]

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the accuracy: the share of rows of `X` that get their label in `y`."""
        z = self.decision_function(X)
        t = self._targets(y, len(z), self.classes_)
        return float(np.mean(self.activation(z) == t))

    def _targets(
        self, y: ArrayLike, n_samples: int, classes: ArrayLike | None = None
    ) -> np.ndarray:
        self.classes_, t = check_two_classes(y, n_samples, classes)
        return t

    def _clear_record(self) -> None:
        self.errors_: list[int] = []

    def _record(self, X: np.ndarray, t: np.ndarray, errors: list[float]) -> None:
        self.errors_.append(int(np.count_nonzero(errors)))


class _Steps:
    """The weights at the start and after each update; beyond the limit the last ones alone."""

    def __init__(self, start: tuple[float, ...], limit: int) -> None:
        self.rows: list[np.ndarray] | None = []
        self.count, self.limit = 0, limit
        self.append(start)

    def __len__(self) -> int:
        return self.count

    def append(self, weights: tuple[float, ...]) -> None:
        if self.rows is not None:
            self.rows.append(np.array(weights))
            if len(self.rows) * len(weights) > self.limit:
                self.rows = None
        self.count, self.last = self.count + 1, weights


def _column_names(X: Any) -> np.ndarray | None:
    """Return the names of the columns of a table, if each is a text."""
    names = getattr(X, "columns", ())
    if len(names) == 0 or not all(isinstance(name, str) for name in names):
        return None
    return np.array(names, dtype=object)
