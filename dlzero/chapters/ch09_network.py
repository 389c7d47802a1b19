"""Chapter 9: a network of dense layers, with backpropagation written out by hand."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks import (
    check_samples,
    check_sums,
    choice,
    generator,
    number,
    real_array,
    short,
    shown,
    whole,
)
from ..estimator import Estimator
from .ch02_linear_unit import r_squared
from .ch05_probabilities import accuracy, cross_entropy, sigmoid, softmax

#: For every activation the function h = f(z), its slope as a function of h, and the factor on
#: 1 / inputs that keeps the variance from layer to layer.
ACTIVATIONS: dict[str, tuple[Callable, Callable, float]] = {
    "sigmoid": (sigmoid, lambda h: h * (1 - h), 1.0),
    "tanh": (np.tanh, lambda h: 1 - h**2, 1.0),
    "relu": (lambda z: np.maximum(z, 0), lambda h: h > 0, 2.0),
}
LOSSES = ("cross-entropy", "squared error")


class Network(Estimator):
    r"""Dense layers one after the other, trained by backpropagation.

    .. math::

        z^{(k)} &= a^{(k-1)} W^{(k)} + b^{(k)}, \qquad a^{(k)} = f(z^{(k)}), \qquad a^{(0)} = x \\
        \delta^{(k-1)} &= \bigl(\delta^{(k)} W^{(k)\top}\bigr) \odot f'(z^{(k-1)}), \qquad
        \nabla_{W^{(k)}} L = a^{(k-1)\top} \delta^{(k)}, \qquad
        \nabla_{b^{(k)}} L = \sum_i \delta^{(k)}_i

    where :math:`\delta^{(k)}` is the derivative of the loss by :math:`z^{(k)}`. It starts at the
    last layer, which has no activation, with (p - t) / n for both losses. There p are the
    probabilities that softmax makes of z, or z itself for the squared error.

    Parameters
    ----------
    sizes : sequence of int
        Units in each layer, inputs first: ``(64, 32, 10)`` has one hidden layer of 32 units.
    activation : {"tanh", "sigmoid", "relu"}, default "tanh"
        The function f of the hidden layers.
    loss : {"cross-entropy", "squared error"}, default "cross-entropy"
        Cross-entropy takes labels 0, 1, 2, ..., one output a class. The squared error takes
        numbers, one output for each; its mean over the rows is halved.
    l2 : float, default 0.0
        Weight :math:`\lambda` of the penalty :math:`\tfrac{\lambda}{2} \sum W^2`, biases
        excluded.
    dropout : float, default 0.0
        Share of hidden units that `loss_and_grad` switches off, new ones at each call. The
        others are scaled up, so that nothing changes on average. `predict`, `score` and
        `mean_loss` use all units.
    random_state : None, int or numpy.random.Generator, default None
        Seed of the first weights and of dropout.

    Attributes
    ----------
    params : list of ndarray
        Weights and biases by turns: W of shape (inputs, units), b of shape (units,). They are
        changed in place. Weights start normal, with variance 1 / inputs (2 / inputs for relu),
        biases at zero. `set_params` makes them anew.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two layers, or an argument is not what is described here.

    References
    ----------
    rumelhart1986learning, srivastava2014dropout, he2015delving

    Examples
    --------
    A hidden layer solves what no single unit can: XOR.

    >>> from dlzero import Optimizer, adam
    >>> X, y = [[1, 1], [0, 0], [1, 0], [0, 1]], [0, 0, 1, 1]
    >>> model = Network((2, 4, 2), random_state=0)
    >>> optimizer = Optimizer(adam, lr=0.1)
    >>> for _ in range(100):
    ...     loss, grads = model.loss_and_grad(X, y)
    ...     optimizer.step(model.params, grads)
    >>> model.predict(X).tolist()
    [0, 0, 1, 1]
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "tanh",
        loss: str = "cross-entropy",
        l2: float = 0.0,
        dropout: float = 0.0,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        self.sizes, self.activation, self.loss = sizes, activation, loss
        self.l2, self.dropout, self.random_state = l2, dropout, random_state
        self._check_params()
        self.rng = generator(random_state)
        self.params: list[np.ndarray] = []
        gain = ACTIVATIONS[activation][2]
        for inputs, units in itertools.pairwise(self.sizes):
            W = self.rng.normal(0.0, np.sqrt(gain / inputs), size=(inputs, units))
            self.params += [W, np.zeros(units)]

    def forward(self, X: ArrayLike, dropout: float = 0.0) -> tuple:
        """Pass the rows through all layers.

        Parameters
        ----------
        X : array_like, shape (n, inputs)
            One row an example.
        dropout : float, default 0.0
            Share of hidden units to switch off.

        Returns
        -------
        tuple
            What the last layer gives, shape (n, outputs); what entered each layer; and for each
            hidden layer the slope of its output by z, zero for the units that are switched off.
        """
        dropout = _check_dropout(dropout)
        a, (f, slope, _) = check_samples(X, len(self.params[0])), ACTIVATIONS[self.activation]
        *hidden, (W_last, b_last) = self.layers()
        entered, slopes = [a], []
        for W, b in hidden:
            h = f(a @ W + b)
            on = (self.rng.random(h.shape) >= dropout) / (1 - dropout) if dropout else 1.0
            a = h * on
            entered.append(a)
            slopes.append(slope(h) * on)
        return a @ W_last + b_last, entered, slopes

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray) -> tuple[float, list]:
        """Return the mean loss over the rows, penalty included, and the gradient for `params`."""
        z, entered, slopes = self.forward(X, self.dropout)
        loss, delta = self._loss(z, y)
        grads: list = []
        for k in reversed(range(len(entered))):
            W = self.params[2 * k]
            loss += self.l2 / 2 * np.sum(W**2)
            grads = [entered[k].T @ delta + self.l2 * W, delta.sum(axis=0), *grads]
            if k > 0:
                delta = (delta @ W.T) * slopes[k - 1]
        return float(loss), grads

    def mean_loss(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the mean loss over the rows, without dropout and without the penalty."""
        return float(self._loss(self.decision_function(X), y)[0])

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Return what the last layer gives for each row, shape (n, outputs)."""
        return self.forward(X)[0]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of each class, shape (n, outputs)."""
        return softmax(self.decision_function(X))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the class of each row, shape (n,), or the numbers, shape (n,) or (n, outputs)."""
        z = self.decision_function(X)
        if self.loss == "cross-entropy":
            return check_sums(z).argmax(axis=1)
        return z[:, 0] if z.shape[1] == 1 else z

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        r"""Return the share of right classes (accuracy), or :math:`R^2` for the squared error."""
        answers = self.predict(X)
        if self.loss == "cross-entropy":
            return accuracy(y, answers, n_classes=len(self.params[-1]))
        return r_squared(self._numbers(y, len(answers)).reshape(answers.shape), answers)

    def layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the pairs (W, b), the first layer first."""
        return list(zip(self.params[::2], self.params[1::2], strict=True))

    def _loss(self, z: np.ndarray, y: ArrayLike) -> tuple[float, np.ndarray]:
        """Return the mean loss and its derivative by z."""
        n = len(z)
        if self.loss == "squared error":
            error = z - self._numbers(y, n)
            return np.sum(error**2) / (2 * n), error / n
        cost, error = cross_entropy(z, y)
        return np.mean(cost), error / n

    def _numbers(self, y: ArrayLike, n: int) -> np.ndarray:
        """Return the targets of the squared error in the shape of the outputs."""
        outputs = len(self.params[-1])
        y = real_array("y", y)
        if y.shape != (n, outputs) and not (outputs == 1 and y.shape == (n,)):
            raise ValueError(
                f"y has shape {y.shape}; expected ({n}, {outputs}), one number for each output"
            )
        return y.reshape(n, outputs)

    def _check_params(self) -> None:
        self.sizes, self.l2, self.dropout = _listed(self.sizes), short(self.l2), short(self.dropout)
        sizes, expected = self.sizes, "at least two positive whole numbers, inputs first"
        if not isinstance(sizes, list | tuple):
            raise TypeError(f"sizes must be {expected}, got {shown(sizes)}. Try (64, 32, 10).")
        if len(sizes) < 2:
            raise ValueError(f"sizes must be {expected}, got {shown(sizes)}. Try (64, 32, 10).")
        for i, size in enumerate(sizes):
            whole(f"sizes[{i}]", size)
        choice("activation", self.activation, ACTIVATIONS)
        choice("loss", self.loss, LOSSES)
        if self.loss == "cross-entropy" and sizes[-1] < 2:
            raise ValueError(
                "cross-entropy needs one output for each class, at least two; "
                "the last of sizes is 1"
            )
        number("l2", self.l2, least=0, advice="Try l2=0.001.")
        _check_dropout(self.dropout)


def _listed(sizes: Any) -> Any:
    """Return an array of sizes as a tuple, anything else as it is."""
    if not (isinstance(sizes, range) or hasattr(sizes, "__array__")):
        return sizes
    numbers = np.asarray(sizes).tolist()
    return tuple(numbers) if isinstance(numbers, list) else numbers


def _check_dropout(value: float) -> float:
    share = number("dropout", value, advice="Try dropout=0.2.")
    if not 0 <= share < 1:
        raise ValueError(f"dropout must be from 0 to below 1, got {shown(value)}. Try dropout=0.2.")
    return share
