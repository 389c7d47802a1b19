"""Chapter 1: the perceptron, a unit that learns to tell two classes apart."""

import numpy as np

from ..checks import (
    NotFittedError,
    check_count,
    check_finite,
    check_flag,
    check_positive,
    check_samples,
    check_seed,
    check_two_classes,
)


class Perceptron:
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
    random_state : int or None, default None
        Seed of the shuffling, not negative; None draws a new one in each `fit`.

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
        Weights, then bias: at the start and after every update.
    n_updates_ : int
        How often the weights changed.

    Notes
    -----
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
    >>> unit.predict([[1, 1], [0, 1]])
    array([1, 0])
    """

    def __init__(self, lr=0.1, epochs=10, shuffle=False, random_state=None):
        self.lr = lr
        self.epochs = epochs
        self.shuffle = shuffle
        self.random_state = random_state
        self._check_params()

    def activation(self, z):
        """Return 1 where ``z > 0``, else 0."""
        return np.where(z > 0, 1.0, 0.0)

    def update(self, x, t):
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

    def fit(self, X, y):
        """Learn from zero weights in `epochs` passes over the data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of exactly two classes.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For data or hyper-parameters that cannot be learned from; the message says why.
        FloatingPointError
            When the weights grow beyond what a float can hold.
        """
        X, t = self._start(X, y)
        for _ in range(self.epochs):
            self._one_epoch(X, t)
        return self

    def partial_fit(self, X, y, classes=None):
        """Make one pass over the data, going on from the present weights.

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
        ValueError, FloatingPointError
            As in `fit`, and for other features or labels than in the first call.
        """
        if not hasattr(self, "_history"):
            X, t = self._start(X, y, classes)
        else:
            self._check_params()
            X = check_samples(X, len(self.coef_))
            t = self._targets(y, len(X), getattr(self, "classes_", None))
        self._one_epoch(X, t)
        return self

    def decision_function(self, X):
        """Return ``w·x + b`` for each row of `X`, shape (n_samples,)."""
        self._check_fitted()
        return check_samples(X, len(self.coef_)) @ self.coef_ + self.intercept_

    def predict(self, X):
        """Return the label that the unit gives each row of `X`, shape (n_samples,)."""
        z = self.decision_function(X)
        return self.classes_[self.activation(z).astype(int)]

    def score(self, X, y):
        """Return the accuracy: the share of rows of `X` that get their label in `y`."""
        z = self.decision_function(X)
        t = self._targets(y, len(z), self.classes_)
        return float(np.mean(self.activation(z) == t))

    @property
    def history_(self):
        """Weights, then bias: at the start and after every update."""
        self._check_fitted()
        return np.array(self._history)

    @property
    def n_updates_(self):
        """How often the weights changed."""
        self._check_fitted()
        return len(self._history) - 1

    def get_params(self, deep=True):
        """Return the hyper-parameters by name."""
        return {name: getattr(self, name) for name in self._params}

    def set_params(self, **params):
        """Change hyper-parameters by name, all or none; return self."""
        for name in params:
            if name not in self._params:
                known = ", ".join(self._params)
                raise ValueError(f"Unknown hyper-parameter {name!r}; the known ones are {known}.")
        # A new unit refuses bad values before this one takes any.
        type(self)(**{**self.get_params(), **params})
        vars(self).update(params)
        return self

    def __repr__(self):
        """Show how to make this unit again."""
        params = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({params})"

    _params = ("lr", "epochs", "shuffle", "random_state")

    def _check_params(self):
        check_positive(self.lr, "lr", "Try lr=0.1.")
        check_count(self.epochs, "epochs")
        check_flag(self.shuffle, "shuffle")
        check_seed(self.random_state, "random_state")

    def _check_fitted(self):
        if not hasattr(self, "_history"):
            name = type(self).__name__
            raise NotFittedError(f"This {name} has not learned yet. Call fit(X, y) first.")

    def _targets(self, y, n_samples, classes=None):
        self.classes_, t = check_two_classes(y, n_samples, classes)
        return t

    def _start(self, X, y, classes=None):
        self._check_params()
        X = check_samples(X)
        t = self._targets(y, len(X), classes)
        self.coef_ = np.zeros(X.shape[1])
        self.intercept_ = 0.0
        self._history = [(*self.coef_, self.intercept_)]
        self._rng = np.random.default_rng(self.random_state)
        self._clear_record()
        return X, t

    def _one_epoch(self, X, t):
        order = self._rng.permutation(len(X)) if self.shuffle else range(len(X))
        with np.errstate(over="ignore", invalid="ignore"):
            errors = [self.update(X[i], t[i]) for i in order]
            check_finite(self._history[-1], "weights", self.lr)
            self._record(X, t, errors)

    def _clear_record(self):
        self.errors_ = []

    def _record(self, X, t, errors):
        self.errors_.append(int(np.count_nonzero(errors)))
