"""Problems to compare optimizers on: functions, and models with data."""

import contextlib
import math
import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import surfaces
from ..chapters.ch03_gradient_descent import gradient_descent, minimize
from ..chapters.ch04_sgd import batches, check_model, loss_and_gradients, train
from ..checks import finite_rows, function, number, real_array, rows, text, whole
from ..running.rule import Rule
from .runs import Outcome


class Problem(Protocol):
    """What `compare` asks of a problem."""

    name: str

    def identity(self) -> object:
        """Return what makes the problem what it is: equal things give equal runs."""

    def check(self) -> None:
        """Say what is wrong, before anything runs."""

    def run(self, rule: Rule, seed: int, budget: int, points: int) -> Outcome:
        """Do one run of `budget` steps, and note the loss at `points` of them."""


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
        Standard deviation of normal noise on each coordinate of the gradient, as
        `dlzero.surfaces.noisy` adds it. The values stay exact, so losses say how low the walk
        really is.
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
    >>> rule = dlzero.Rule(dlzero.gradient_descent, lr=0.1)
    >>> outcome = problem.run(rule, seed=0, budget=50, points=3)
    >>> outcome.status, outcome.steps
    ('ok', [0, 25, 50])
    >>> outcome.curve[-1] < 1e-8
    True
    """

    def __init__(
        self,
        name: str,
        fun: Callable,
        grad: Callable,
        start: ArrayLike,
        *,
        spread: float = 0.2,
        lowest: float = 0.0,
        noise: float = 0.0,
        turn: ArrayLike | None = None,
        shift: ArrayLike = 0.0,
    ) -> None:
        self.name = text("name", name)
        self.fun = function(f"problem {name}: fun", fun)
        self.grad = function(f"problem {name}: grad", grad)
        self.start = real_array(f"problem {name}: start", start)
        self.spread = number(f"problem {name}: spread", spread, least=0)
        self.lowest = number(f"problem {name}: lowest", lowest)
        self.noise = number(f"problem {name}: noise", noise, least=0)
        self.turn = None if turn is None else real_array(f"problem {name}: turn", turn)
        self.shift = real_array(f"problem {name}: shift", shift)

    def identity(self) -> dict[str, Any]:
        """Return what makes the problem what it is, for its fingerprint."""
        return vars(self)

    def first_point(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the start of one seed."""
        x = self.start * (1 + self.spread * rng.uniform(-1, 1, self.start.shape))
        return (x if self.turn is None else self.turn @ x) + self.shift

    def check(self) -> None:
        """Say what is wrong with the function or its gradient, before anything runs."""
        with _named(self.name):
            x = self.first_point(np.random.default_rng(0))
            # minimize refuses whatever it could not walk on; with this rate it stays where it is.
            minimize(self._value, x, gradient_descent, jac=self._slope, steps=1, lr=0)

    def run(self, rule: Rule, seed: int, budget: int, points: int) -> Outcome:
        """Walk `budget` steps. Return the outcome: losses at some steps, status, seconds.

        Seconds are those of the processor, so that they do not depend on what else it does.
        """
        steps, rng = _marks(budget, points), np.random.default_rng(whole("seed", seed, least=0))
        began = _own_time()
        x0 = self.first_point(rng)
        grad = self._noisy(x0, rng) if self.noise else self._slope
        walk = minimize(self._value, x0, rule, jac=grad, steps=budget, gtol=0, ftol=0)
        seconds = _own_time() - began
        if walk.status == "interrupted":
            raise KeyboardInterrupt
        diverged = walk.status in ("diverged", "no minimum")
        values = walk.values - self.lowest
        if diverged:
            steps = [t for t in steps if t < len(values)]
        # A walk that ends early without divergence stands still.
        curve = [float(values[min(t, len(values) - 1)]) for t in steps]
        return _outcome(steps, curve, seconds, diverged, walk.message)

    def _value(self, x):
        return self.fun(x - self.shift)

    def _slope(self, x):
        return self.grad(x - self.shift)

    def _noisy(self, x0, rng):
        """Return the gradient as a surface shows it through noise."""
        exact = surfaces.Surface(
            self.name,
            value=lambda *x: self._value(np.reshape(x, x0.shape)),
            gradient=lambda *x: np.ravel(self._slope(np.reshape(x, x0.shape))),
            domain=((-math.inf, math.inf),) * x0.size,
            start=x0.ravel(),
        )
        noisy = surfaces.noisy(exact, self.noise, random_state=rng)
        return lambda x: noisy.grad(x.ravel()).reshape(x.shape)


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
    >>> rule = dlzero.Rule(dlzero.adam, lr=0.1)
    >>> outcome = problem.run(rule, seed=0, budget=200, points=3)
    >>> outcome.status, round(outcome.accuracy, 2)
    ('ok', 1.0)
    """

    def __init__(
        self,
        name: str,
        model: Callable,
        data: Callable | tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
        *,
        batch_size: int = 32,
    ) -> None:
        self.name = text("name", name)
        self.model = function(f"problem {name}: model", model)
        self.data = data
        self.batch_size = whole(f"problem {name}: batch_size", batch_size)

    def identity(self) -> tuple[object, ...]:
        """Return what makes the problem what it is, for its fingerprint."""
        return self.name, self.model, self.arrays(), self.batch_size

    def arrays(self) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """Return ``X_train, X_valid, y_train, y_valid``."""
        data = self.data() if callable(self.data) else self.data
        try:
            X, X_valid, y, y_valid = data
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(
                f"problem {self.name}: data must be X_train, X_valid, y_train, y_valid, or a "
                "function that returns these four. Dataset.split makes them."
            ) from None
        with _named(self.name):
            X, y = rows("X_train", X), rows("y_train", y)
            return X, rows("X_valid", X_valid), y, rows("y_valid", y_valid)

    def check(self) -> None:
        """Say what is wrong with the model or its gradient, before anything runs."""
        X, X_valid, y, y_valid = self.arrays()
        with _named(self.name):
            model = self.model(0)
            check_model(model)
            X, y = finite_rows("X", X), finite_rows("y", y)
            loss_and_gradients(model, *next(batches(X, y, self.batch_size, shuffle=False)))
            _loss_of(model)(X_valid, y_valid)

    def run(self, rule: Rule, seed: int, budget: int, points: int) -> Outcome:
        """Train for `budget` mini-batches. Return the outcome: losses, accuracy, seconds."""
        X, X_valid, y, y_valid = self.arrays()
        steps, seed = _marks(budget, points), whole("seed", seed, least=0)
        model, curve, spent = self.model(seed), [], 0.0
        loss = _loss_of(model)

        def look(model, history):
            nonlocal spent
            if history.steps in wanted:
                began = _own_time()
                curve.append(float(loss(X, y)))
                spent += _own_time() - began
            return history.steps == budget

        wanted = set(steps)
        epochs = math.ceil(budget / math.ceil(len(X) / self.batch_size))
        with np.errstate(all="ignore"):
            curve.append(float(loss(X, y)))
            began = _own_time()
            history = train(
                model,
                X,
                y,
                optimizer=rule,
                epochs=epochs,
                batch_size=self.batch_size,
                random_state=seed,
                callback=look,
            )
            seconds = _own_time() - began - spent
            if history.status == "interrupted":
                raise KeyboardInterrupt
            diverged = history.status == "diverged"
            validation, accuracy = math.nan, math.nan
            if not diverged and math.isfinite(curve[-1]):
                validation = float(loss(X_valid, y_valid))
                if y.dtype.kind in "iub" and hasattr(model, "score"):
                    accuracy = float(model.score(X_valid, y_valid))
        steps = steps[: len(curve)]
        return _outcome(steps, curve, seconds, diverged, history.message, validation, accuracy)


@contextlib.contextmanager
def _named(problem):
    """Put the name of the problem before the words of an error, of whatever kind it is."""
    try:
        yield
    except ImportError:
        raise
    except Exception as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        strange = not isinstance(error, TypeError | ValueError)
        words = f"{type(error).__name__}: {error}" if strange else str(error)
        raise kind(f"problem {problem}: {words}") from error


def _marks(budget, points):
    """Return the steps at which the loss is noted, the first and the last among them."""
    budget, points = whole("budget", budget), whole("points", points, least=2)
    return np.unique(np.linspace(0, budget, min(points, budget + 1)).round().astype(int)).tolist()


def _outcome(steps, curve, seconds, diverged, message, validation=math.nan, accuracy=math.nan):
    """Return the outcome of a run. The losses of a diverged run are infinite."""
    noted = {"seconds": seconds, "steps": steps, "curve": curve}
    if not (diverged or math.isfinite(curve[-1])):
        diverged, message = True, f"diverged: the loss is {curve[-1]}"
    if diverged:
        return Outcome(status="diverged", reason=message, validation=math.inf, **noted)
    return Outcome(train=curve[-1], validation=validation, accuracy=accuracy, **noted)


def _loss_of(model):
    """The function (X, y) -> loss of a model, without dropout and penalty if it can tell."""
    return getattr(model, "mean_loss", None) or (lambda X, y: model.loss_and_grad(X, y)[0])


def _own_time() -> float:
    """Return the seconds of this thread; a browser has one thread, and no such clock."""
    return getattr(time, "thread_time", time.perf_counter)()
