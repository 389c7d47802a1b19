"""Problems to compare optimizers on: functions, and models with data."""

import functools
import math
import time
from numbers import Real

import numpy as np

from .. import datasets, surfaces
from ..chapters.ch03_gradient_descent import minimize
from ..chapters.ch04_sgd import train
from ..chapters.network import Network
from ..checks import whole
from ..models import LinearRegression, LogisticRegression, SoftmaxRegression


class FunctionProblem:
    """A function to minimize, with its gradient. The seed moves the start.

    Parameters
    ----------
    name : str
        What the results call it.
    fun : callable
        ``fun(x)`` gives one number.
    grad : callable
        ``grad(x)`` gives the gradient, of the shape of x.
    start : array_like
        Where to start.
    spread : float, default 0.2
        Each seed multiplies each coordinate of the start by a random factor, from ``1 - spread``
        to ``1 + spread``. With 0 all seeds start at the same point.
    lowest : float, default 0.0
        The lowest value of the function. Losses are counted from there.
    noise : float, default 0.0
        Standard deviation of normal noise on each coordinate of the gradient. The values stay
        exact, so losses say how low the walk really is.
    turn : array_like, optional
        A matrix that the start is multiplied with, after the random factors.
    shift : array_like, default 0.0
        Where to move the origin of the function, and the start with it. A minimum at the origin
        would be a gift to weight decay, which pulls there in any case.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is described here.

    Examples
    --------
    >>> import dlzero
    >>> problem = FunctionProblem("bowl", lambda x: x @ x, lambda x: 2 * x, start=(3, 3))
    >>> outcome = problem.run(dlzero.gradient_descent, {"lr": 0.1}, seed=0, budget=50, points=3)
    >>> outcome["status"], outcome["steps"]
    ('ok', [0, 25, 50])
    >>> outcome["curve"][-1] < 1e-8
    True
    """

    def __init__(
        self,
        name,
        fun,
        grad,
        start,
        *,
        spread=0.2,
        lowest=0.0,
        noise=0.0,
        turn=None,
        shift=0.0,
    ):
        _check_name(name)
        for what, function in (("fun", fun), ("grad", grad)):
            if not callable(function):
                raise TypeError(f"problem {name}: {what} must be a function, got {function!r}")
        for what, value in (("spread", spread), ("noise", noise)):
            if not (isinstance(value, Real) and 0 <= value < math.inf):
                raise ValueError(f"problem {name}: {what}={value!r}; expected a number from 0 up")
        self.name, self.fun, self.grad = name, fun, grad
        self.start = _finite_array(name, "start", start)
        self.spread, self.lowest, self.noise = spread, lowest, noise
        self.turn = None if turn is None else _finite_array(name, "turn", turn)
        self.shift = _finite_array(name, "shift", shift)

    def identity(self):
        """Return what makes the problem what it is, for its fingerprint."""
        return vars(self)

    def first_point(self, rng):
        """Return the start of one seed."""
        x = self.start * (1 + self.spread * rng.uniform(-1, 1, self.start.shape))
        return (x if self.turn is None else self.turn @ x) + self.shift

    def check(self):
        """Say what is wrong with the function or its gradient, before anything runs."""
        x = self.first_point(np.random.default_rng(0))
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(self.fun(x - self.shift))
                gradient = np.asarray(self.grad(x - self.shift))
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            raise ValueError(f"problem {self.name}: fun failed at the start {x}: {told}") from error
        if value.size != 1 or value.dtype.kind not in "iuf":
            raise TypeError(f"problem {self.name}: fun must return one number, got {value!r}")
        if gradient.dtype.kind not in "iuf":
            raise TypeError(f"problem {self.name}: grad must return real numbers, got {gradient!r}")
        if gradient.shape != x.shape:
            raise ValueError(
                f"problem {self.name}: the gradient has shape {gradient.shape}, but x has shape "
                f"{x.shape}"
            )
        if not (np.isfinite(value).all() and np.isfinite(gradient).all()):
            raise ValueError(
                f"problem {self.name}: fun is {value} and its gradient {gradient} at the start {x}"
            )

    def run(self, rule, hyper, seed, budget, points):
        """Walk `budget` steps. Return the outcome: losses at some steps, status, seconds.

        Seconds are those of the processor, so that they do not depend on what else it does.
        """
        rng = np.random.default_rng(seed)

        def fun(x):
            return self.fun(x - self.shift)

        def grad(x):
            g = self.grad(x - self.shift)
            return g + self.noise * rng.standard_normal(x.shape) if self.noise else g

        began = time.thread_time()
        x0 = self.first_point(rng)
        walk = minimize(fun, x0, rule, jac=grad, steps=budget, gtol=0, ftol=0, **hyper)
        seconds = time.thread_time() - began
        diverged = walk.message.startswith(("diverged", "f fell to -inf"))
        values, steps = walk.values - self.lowest, _marks(budget, points)
        if diverged:
            steps = [t for t in steps if t < len(values)]
        # A walk that ends early without divergence stands still.
        curve = [float(values[min(t, len(values) - 1)]) for t in steps]
        return _outcome(steps, curve, seconds, walk.message if diverged else "")


class ModelProblem:
    """A model to train on data, mini-batch by mini-batch.

    The seed decides the first weights, if the model draws them, and the order of the rows.

    Parameters
    ----------
    name : str
        What the results call it.
    model : callable
        ``model(seed)`` makes a model with ``params``, ``loss_and_grad(X, y)`` and, if it has
        them, ``mean_loss(X, y)`` for the loss without dropout and penalty, and ``score(X, y)``.
    data : callable or tuple of array_like
        ``X_train, X_valid, y_train, y_valid``, in the order of `Dataset.split`, or a function
        without arguments that returns them.
    batch_size : int, default 32
        Rows in a mini-batch. A step of the budget is a mini-batch.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is described here.

    Examples
    --------
    >>> import dlzero
    >>> from dlzero import datasets
    >>> from dlzero.models import LogisticRegression
    >>> pair = datasets.iris().classes("versicolor", "virginica")
    >>> problem = ModelProblem("my iris", lambda seed: LogisticRegression(4), pair.split())
    >>> outcome = problem.run(dlzero.adam, {"lr": 0.1}, seed=0, budget=200, points=3)
    >>> outcome["status"], round(outcome["accuracy"], 2)
    ('ok', 1.0)
    """

    def __init__(self, name, model, data, *, batch_size=32):
        _check_name(name)
        if not callable(model):
            raise TypeError(
                f"problem {name}: model must be a function that takes a seed and makes a model, "
                f"got {model!r}"
            )
        whole("batch_size", batch_size)
        self.name, self.model, self.data, self.batch_size = name, model, data, batch_size

    def identity(self):
        """Return what makes the problem what it is, for its fingerprint."""
        return self.name, self.model, self.arrays(), self.batch_size

    def arrays(self):
        """Return ``X_train, X_valid, y_train, y_valid``."""
        data = self.data() if callable(self.data) else self.data
        try:
            X, X_valid, y, y_valid = (np.asarray(part) for part in data)
        except (TypeError, ValueError):
            raise ValueError(
                f"problem {self.name}: data must be X_train, X_valid, y_train, y_valid, or a "
                "function that returns these four. Dataset.split makes them."
            ) from None
        return X, X_valid, y, y_valid

    def check(self):
        """Say what is wrong with the model or its gradient, before anything runs."""
        X, X_valid, y, y_valid = self.arrays()
        size = self.batch_size
        try:
            model = self.model(0)
            # One step at a rate of nearly nothing takes every check of train.
            train(model, X[:size], y[:size], epochs=1, batch_size=size, lr=1e-300)
            _loss_of(model)(X_valid, y_valid)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"problem {self.name}: {error}") from error

    def run(self, rule, hyper, seed, budget, points):
        """Train for `budget` mini-batches. Return the outcome: losses, accuracy, seconds."""
        X, X_valid, y, y_valid = self.arrays()
        model, steps, curve, spent = self.model(seed), _marks(budget, points), [], 0.0
        loss = _loss_of(model)

        def look(model, history):
            nonlocal spent
            if history.steps in wanted:
                began = time.thread_time()
                curve.append(float(loss(X, y)))
                spent += time.thread_time() - began
            return history.steps == budget

        wanted = set(steps)
        epochs = math.ceil(budget / math.ceil(len(X) / self.batch_size))
        with np.errstate(all="ignore"):
            curve.append(float(loss(X, y)))
            began = time.thread_time()
            history = train(
                model,
                X,
                y,
                optimizer=rule,
                epochs=epochs,
                batch_size=self.batch_size,
                random_state=seed,
                callback=look,
                **hyper,
            )
            seconds = time.thread_time() - began - spent
            if history.message.startswith("interrupted"):
                raise KeyboardInterrupt
            diverged = history.message if history.steps < budget else ""
            result = _outcome(steps[: len(curve)], curve, seconds, diverged)
            if result["status"] == "ok":
                result["validation"] = float(loss(X_valid, y_valid))
                if y.dtype.kind in "iub" and hasattr(model, "score"):
                    result["accuracy"] = float(model.score(X_valid, y_valid))
        return result


def _marks(budget, points):
    """Return the steps at which the loss is noted, the first and the last among them."""
    return np.unique(np.linspace(0, budget, min(points, budget + 1)).round().astype(int)).tolist()


def _outcome(steps, curve, seconds, diverged=""):
    """Return the outcome of a run. The loss of a diverged run is infinite."""
    if not diverged and not math.isfinite(curve[-1]):
        diverged = f"diverged: the loss is {curve[-1]}"
    return {
        "status": "diverged" if diverged else "ok",
        "reason": diverged,
        "train": math.inf if diverged else curve[-1],
        "validation": math.inf if diverged else math.nan,
        "accuracy": math.nan,
        "seconds": seconds,
        "steps": steps,
        "curve": curve,
    }


def _loss_of(model):
    """The function (X, y) -> loss of a model, without dropout and penalty if it can tell."""
    return getattr(model, "mean_loss", None) or (lambda X, y: model.loss_and_grad(X, y)[0])


def _check_name(name):
    if not (isinstance(name, str) and name):
        raise TypeError(f"name must be a text, got {name!r}")


def _finite_array(name, what, values):
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        array = np.array(math.nan)
    if not np.isfinite(array).all():
        raise ValueError(f"problem {name}: {what} must be finite numbers, got {values!r}")
    return array


def _surface(name, surface, **options):
    lowest = surface.minimum
    return FunctionProblem(
        name, surface, surface.grad, options.pop("start", surface.start), lowest=lowest, **options
    )


def _ravine_rotated():
    """Return the ravine turned by 45 degrees, its starts turned with it."""
    half = math.sqrt(0.5)
    turned, straight = surfaces.ravine(angle=45), surfaces.ravine()
    return _surface(
        "ravine_rotated",
        turned,
        start=straight.start,
        turn=[[half, -half], [half, half]],
        shift=(1.0, 1.0),
    )


def _standardised(X, X_valid):
    """Scale by the training rows alone: the validation rows must not be seen before."""
    mean, scale = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / scale, (X_valid - mean) / scale


@functools.cache
def _diabetes():
    X, X_valid, y, y_valid = datasets.diabetes().split()
    return *_standardised(X, X_valid), *_standardised(y, y_valid)


@functools.cache
def _iris():
    X, X_valid, y, y_valid = datasets.iris().classes("versicolor", "virginica").split()
    return *_standardised(X, X_valid), y, y_valid


@functools.cache
def _words():
    return datasets.docstrings().split()


@functools.cache
def _digits():
    X, X_valid, y, y_valid = datasets.digits().split()
    return X / 16, X_valid / 16, y, y_valid


def _linear(seed):
    return LinearRegression(10)


def _logistic(seed):
    return LogisticRegression(4)


def _logistic_words(seed):
    return LogisticRegression(_words()[0].shape[1])


def _softmax(seed):
    return SoftmaxRegression(64, 10)


def _network(seed):
    return Network((64, 32, 10), random_state=seed)


def _deep(seed):
    return Network((64, 32, 32, 32, 10), "sigmoid", random_state=seed)


#: The problems that come with the package: a function that makes each, by name.
PROBLEMS = {
    "bowl": lambda: _surface("bowl", surfaces.bowl(), shift=(1.0, 1.0, 1.0)),
    "ravine": lambda: _surface("ravine", surfaces.ravine(), shift=(1.0, 1.0)),
    "ravine_rotated": _ravine_rotated,
    "rosenbrock": lambda: _surface("rosenbrock", surfaces.rosenbrock()),
    "beale": lambda: _surface("beale", surfaces.beale()),
    "himmelblau": lambda: _surface("himmelblau", surfaces.himmelblau(), start=(-1.0, -1.0)),
    # Between two wells, so that there is a lowest value.
    "saddle": lambda: _surface("saddle", surfaces.two_wells()),
    "plateau": lambda: _surface("plateau", surfaces.plateau(), shift=(1.0, 1.0)),
    "noisy": lambda: _surface("noisy", surfaces.ravine(condition=20), noise=1.0, shift=(1.0, 1.0)),
    "diabetes_linear": lambda: ModelProblem("diabetes_linear", _linear, _diabetes),
    "iris_logistic": lambda: ModelProblem("iris_logistic", _logistic, _iris),
    "words_logistic": lambda: ModelProblem("words_logistic", _logistic_words, _words),
    "digits_softmax": lambda: ModelProblem("digits_softmax", _softmax, _digits),
    "digits_network": lambda: ModelProblem("digits_network", _network, _digits),
    "digits_deep": lambda: ModelProblem("digits_deep", _deep, _digits),
}


def problem(name):
    """Return a problem of the package by its name.

    Parameters
    ----------
    name : str
        A key of ``PROBLEMS``.

    Returns
    -------
    FunctionProblem or ModelProblem

    Raises
    ------
    ValueError
        If there is no such problem. The message lists those there are.

    Examples
    --------
    >>> problem("rosenbrock").start.tolist()
    [-1.2, 1.0]
    """
    if name not in PROBLEMS:
        raise ValueError(f"no problem named {name!r}. The problems are: {', '.join(PROBLEMS)}.")
    return PROBLEMS[name]()
