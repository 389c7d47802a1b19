"""Test surfaces: small functions whose gradient, minima and troubles are known.

Every function of this module makes a `Surface`. Call it with a point, or with a grid of points,
and it gives the height there. Its method ``grad`` gives the slope.

A parameter of the wrong kind is a TypeError, a value out of its range a ValueError. Points that
are not real numbers are a TypeError, points of another dimension a ValueError.

A surface can be pickled, and so sent to another process. A surface of your own can if its
functions can: a lambda cannot.

>>> from dlzero import surfaces
>>> f = surfaces.ravine(condition=100)
>>> f((3.0, 1.0))
54.5
>>> f.grad((3.0, 1.0))
array([  3., 100.])
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .checks import as_array, generator, number, positive, shown, whole

__all__ = [
    "Surface",
    "beale",
    "bowl",
    "ellipse",
    "himmelblau",
    "noisy",
    "plateau",
    "rastrigin",
    "ravine",
    "rosenbrock",
    "saddle",
    "two_wells",
]

Point = tuple[float, ...]


@dataclass(frozen=True)
class Surface:
    """A function to minimize, with all that is known about it.

    Parameters
    ----------
    name : str
        What the literature calls it.
    value : callable
        ``value(x, y, ...)`` is the height. It works on numbers and on arrays of equal shape.
    gradient : callable
        ``gradient(x, y, ...)`` is a tuple: the derivative for each coordinate.
    domain : tuple of (float, float)
        Lowest and highest coordinate that a picture shows, one pair for each variable.
    start : tuple of float
        A customary starting point.
    minima : tuple of points, optional
        Where the surface is lowest. Empty if it has no lowest point.
    saddles : tuple of points, optional
        Saddle points worth a visit: the gradient is zero there, yet a way leads down.
    source : str, optional
        Key in ``references.bib``. Empty for elementary functions.

    Examples
    --------
    A surface of your own needs a value and a gradient.

    >>> f = Surface(
    ...     "parabola",
    ...     value=lambda x: x**2,
    ...     gradient=lambda x: (2 * x,),
    ...     domain=((-2, 2),),
    ...     start=(1.5,),
    ...     minima=((0.0,),),
    ... )
    >>> f([1.5]), f.grad([1.5]), f.minimum
    (2.25, array([3.]), 0.0)
    """

    name: str
    value: Callable[..., Any]
    gradient: Callable[..., tuple[Any, ...]]
    domain: tuple[tuple[float, float], ...]
    start: Point
    minima: tuple[Point, ...] = ()
    saddles: tuple[Point, ...] = ()
    source: str = ""

    @property
    def dim(self) -> int:
        """Number of variables (int)."""
        return len(self.domain)

    @property
    def minimum(self) -> float | None:
        """Lowest value of the surface (float), or None if it has none."""
        return float(self.value(*self.minima[0])) if self.minima else None

    def __call__(self, points: ArrayLike) -> Any:
        """Height at one point or at many.

        Parameters
        ----------
        points : array_like, shape (..., dim)
            The coordinates stand on the last axis.

        Returns
        -------
        float or ndarray, shape (...)
            A float for one point.
        """
        height = self.value(*self._coordinates(points))
        return float(height) if np.ndim(height) == 0 else height

    def grad(self, points: ArrayLike) -> np.ndarray:
        """Gradient at one point or at many.

        Parameters
        ----------
        points : array_like, shape (..., dim)
            The coordinates stand on the last axis.

        Returns
        -------
        ndarray, shape (..., dim)
            The derivatives stand on the last axis.
        """
        coordinates = self._coordinates(points)
        # NumPy 1 turns single float32 numbers into float64
        return np.stack(self.gradient(*coordinates), axis=-1).astype(coordinates.dtype, copy=False)

    def grid(self, points: int = 101) -> np.ndarray:
        """Points that cover the domain, ready for a contour plot.

        Parameters
        ----------
        points : int, default 101
            Number of points along each axis, at least 2.

        Returns
        -------
        ndarray, shape (points, points, 2)
            x grows along a row, y from row to row.

        Examples
        --------
        >>> f = himmelblau()
        >>> xy = f.grid(3)
        >>> f(xy)
        array([[250., 580., 610.],
               [340., 170., 200.],
               [530., 360., 890.]])

        Matplotlib draws it with ``ax.contour(xy[..., 0], xy[..., 1], f(xy))``.
        """
        if self.dim != 2:
            raise ValueError(f"a grid needs two variables, and {self.name} has {self.dim}")
        points = whole("points", points, least=2)
        axes = [np.linspace(low, high, points) for low, high in self.domain]
        return np.stack(np.meshgrid(*axes), axis=-1)

    def _coordinates(self, points: ArrayLike) -> np.ndarray:
        array = as_array(f"a point of {self.name}", points)
        if array.dtype.kind not in "iuf":
            raise TypeError(f"{self.name} takes points that are real numbers, got {shown(points)}")
        if array.ndim == 0 or array.shape[-1] != self.dim:
            raise ValueError(
                f"{self.name} takes points of shape (..., {self.dim}), got shape {array.shape}. "
                "Put the coordinates on the last axis."
            )
        if array.dtype.kind != "f":
            array = array.astype(float)
        return array if array.ndim == 1 else np.moveaxis(array, -1, 0)


def bowl(dim: int = 3) -> Surface:
    r"""The round bowl, in three variables x² + y² + z².

    .. math:: f(x_1, \dots, x_n) = \sum_i x_i^2

    The gradient points straight away from the minimum, so the direction is never the difficulty.
    With three variables it is the gradient descent example of the two Chinese series this course
    grew from.

    Parameters
    ----------
    dim : int, default 3
        Number of variables.

    Returns
    -------
    Surface
        Minimum 0 at the origin; start (3, 3, ..., 3).

    Examples
    --------
    >>> f = bowl()
    >>> f((3, 3, 3)), f.grad((3, 3, 3))
    (27.0, array([6., 6., 6.]))
    """
    dim = whole("dim", dim)
    return Surface(
        "bowl",
        _bowl_value,
        _bowl_gradient,
        domain=((-4.0, 4.0),) * dim,
        start=(3.0,) * dim,
        minima=((0.0,) * dim,),
    )


def _bowl_value(*x):
    return sum(xi**2 for xi in x)


def _bowl_gradient(*x):
    return tuple(2 * xi for xi in x)


def ellipse(a: float = 1.0, b: float = 50.0) -> Surface:
    r"""The stretched bowl x² + 50y² of a well-known comparison of optimizers.

    .. math:: f(x, y) = a x^2 + b y^2

    The curvatures are 2a and 2b. Gradient descent needs a rate below 1/b and then crawls along x.

    Parameters
    ----------
    a, b : float, default 1 and 50
        Positive factors.

    Returns
    -------
    Surface
        Minimum 0 at the origin; start (150, 75), as in that comparison.

    Examples
    --------
    >>> f = ellipse()
    >>> f((150, 75)), f.grad((150, 75))
    (303750.0, array([ 300., 7500.]))
    """
    a, b = positive("a", a), positive("b", b)
    return Surface(
        "ellipse",
        partial(_ellipse_value, a, b),
        partial(_ellipse_gradient, a, b),
        domain=((-200.0, 200.0), (-100.0, 100.0)),
        start=(150.0, 75.0),
        minima=((0.0, 0.0),),
    )


def _ellipse_value(a, b, x, y):
    return a * x**2 + b * y**2


def _ellipse_gradient(a, b, x, y):
    return 2 * a * x, 2 * b * y


def ravine(condition: float = 100.0, angle: float = 0.0) -> Surface:
    r"""A straight valley: a quadratic of any condition number, turned by any angle.

    .. math::

        f = \tfrac12 (u^2 + \kappa v^2), \qquad
        u = x \cos\alpha + y \sin\alpha, \quad v = y \cos\alpha - x \sin\alpha

    The curvature is 1 along the valley and :math:`\kappa` across it, so gradient descent needs
    a rate below :math:`2/\kappa`. Turning the valley leaves gradient descent and momentum
    as they are. It hurts the methods that give each coordinate a rate of its own.

    Parameters
    ----------
    condition : float, default 100
        Condition number :math:`\kappa` of the Hessian, at least 1.
    angle : float, default 0
        Angle :math:`\alpha` between the valley and the x axis, in degrees.

    Returns
    -------
    Surface
        Minimum 0 at the origin.

    Notes
    -----
    Source: Boyd and Vandenberghe (2004), ``boyd2004convex``, section 9.3, without the angle.

    Examples
    --------
    >>> ravine(condition=100)((1, 1))
    50.5
    >>> f = ravine(condition=100, angle=45)
    >>> round(f((1, 1)), 12), round(f((1, -1)), 12)
    (1.0, 100.0)
    """
    condition = number("condition", condition, least=1, advice="It is a ratio of two curvatures.")
    angle = number("angle", angle)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return Surface(
        "ravine",
        partial(_ravine_value, cos, sin, condition),
        partial(_ravine_gradient, cos, sin, condition),
        domain=((-12.0, 12.0), (-6.0, 6.0)),
        start=(10.0, 1.0),
        minima=((0.0, 0.0),),
        source="boyd2004convex",
    )


def _ravine_value(cos, sin, condition, x, y):
    u, v = cos * x + sin * y, cos * y - sin * x
    return (u**2 + condition * v**2) / 2


def _ravine_gradient(cos, sin, condition, x, y):
    u, v = cos * x + sin * y, cos * y - sin * x
    return cos * u - sin * condition * v, sin * u + cos * condition * v


def rosenbrock(a: float = 1.0, b: float = 100.0) -> Surface:
    r"""A curved valley with a flat floor, Rosenbrock's "banana".

    .. math:: f(x, y) = (a - x)^2 + b (y - x^2)^2

    To fall into the valley is easy, to walk along its bend to the minimum is slow.

    Parameters
    ----------
    a : float, default 1
        The minimum lies at (a, a²).
    b : float, default 100
        How steep the walls are, positive.

    Returns
    -------
    Surface
        Minimum 0 at (a, a²); start (-1.2, 1), as in the paper.

    Notes
    -----
    Source: Rosenbrock (1960), ``rosenbrock1960automatic``.

    Examples
    --------
    >>> f = rosenbrock()
    >>> f((1, 1)), f((-1, 1)), f.grad((-1, 1))
    (0.0, 4.0, array([-4.,  0.]))
    """
    a, b = number("a", a), positive("b", b)
    floor = number("a squared", a * a)
    return Surface(
        "Rosenbrock",
        partial(_rosenbrock_value, a, b),
        partial(_rosenbrock_gradient, a, b),
        domain=((min(-2.0, a - 1), max(2.0, a + 1)), (-1.0, max(3.0, floor + 1))),
        start=(-1.2, 1.0),
        minima=((a, floor),),
        source="rosenbrock1960automatic",
    )


def _rosenbrock_value(a, b, x, y):
    return (a - x) ** 2 + b * (y - x**2) ** 2


def _rosenbrock_gradient(a, b, x, y):
    return -2 * (a - x) - 4 * b * x * (y - x**2), 2 * b * (y - x**2)


def beale() -> Surface:
    r"""Beale's function: a flat valley between steep corners.

    .. math::

        f(x, y) = (1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2

    Towards the corners the slope grows by powers of ten, so one rate cannot suit all places.

    Returns
    -------
    Surface
        Minimum 0 at (3, 0.5), saddle point at (0, 1).

    Notes
    -----
    Source: Beale (1958), ``beale1958iterative``: the report, not the better known paper of 1955.

    Examples
    --------
    >>> f = beale()
    >>> f((3, 0.5)), f((1, 1)), f.grad((1, 1))
    (0.0, 14.203125, array([ 0.  , 27.75]))
    """
    return Surface(
        "Beale",
        _beale_value,
        _beale_gradient,
        domain=((-4.5, 4.5), (-4.5, 4.5)),
        start=(1.0, 1.5),
        minima=((3.0, 0.5),),
        saddles=((0.0, 1.0),),
        source="beale1958iterative",
    )


def _beale_value(x, y):
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _beale_gradient(x, y):
    r, s, t = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    df_dx = 2 * (r * (y - 1) + s * (y**2 - 1) + t * (y**3 - 1))
    df_dy = 2 * x * (r + s * 2 * y + t * 3 * y**2)
    return df_dx, df_dy


def himmelblau() -> Surface:
    r"""Himmelblau's function: four minima of equal depth.

    .. math:: f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2

    Which minimum a method finds depends on where it starts.

    Returns
    -------
    Surface
        Minimum 0 at (3, 2) and at three more points.

    Notes
    -----
    Source: Himmelblau (1972), ``himmelblau1972applied``.

    Examples
    --------
    >>> f = himmelblau()
    >>> f((3, 2)), f.grad((0, 0)), len(f.minima)
    (0.0, array([-14., -22.]), 4)
    """
    return Surface(
        "Himmelblau",
        _himmelblau_value,
        _himmelblau_gradient,
        domain=((-5.0, 5.0), (-5.0, 5.0)),
        start=(0.0, 0.0),
        minima=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286170),
            (3.584428340330492, -1.848126526964404),
        ),
        source="himmelblau1972applied",
    )


def _himmelblau_value(x, y):
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def _himmelblau_gradient(x, y):
    r, s = x**2 + y - 11, x + y**2 - 7
    return 4 * x * r + 2 * s, 2 * r + 4 * y * s


def rastrigin(dim: int = 2) -> Surface:
    r"""Rastrigin's function: a bowl with a dent at every whole number.

    .. math:: f(x_1, \dots, x_n) = 10 n + \sum_i \left(x_i^2 - 10 \cos 2 \pi x_i\right)

    Each dent is a local minimum, so a method that only walks downhill stops at the nearest one.

    Parameters
    ----------
    dim : int, default 2
        Number of variables.

    Returns
    -------
    Surface
        Minimum 0 at the origin.

    Notes
    -----
    Source: Mühlenbein, Schomisch and Born (1991), ``muhlenbein1991parallel``, for n variables.

    Examples
    --------
    >>> f = rastrigin()
    >>> f((0, 0)), f((0.5, 0.5))
    (0.0, 40.5)
    """
    dim = whole("dim", dim)
    return Surface(
        "Rastrigin",
        partial(_rastrigin_value, dim),
        partial(_rastrigin_gradient, dim),
        domain=((-5.12, 5.12),) * dim,
        start=(2.3,) * dim,
        minima=((0.0,) * dim,),
        source="muhlenbein1991parallel",
    )


def _rastrigin_value(dim, *x):
    return 10 * dim + sum(xi**2 - 10 * np.cos(2 * math.pi * xi) for xi in x)


def _rastrigin_gradient(dim, *x):
    return tuple(2 * xi + 20 * math.pi * np.sin(2 * math.pi * xi) for xi in x)


def saddle() -> Surface:
    r"""A mountain pass: up along x, down along y, and no minimum anywhere.

    .. math:: f(x, y) = x^2 - y^2

    The start lies almost on the ridge. The faster a method leaves it, the better.

    Returns
    -------
    Surface
        No minimum; saddle point at the origin.

    Examples
    --------
    >>> f = saddle()
    >>> f((2, 1)), f.grad((2, 1)), f.minimum is None
    (3.0, array([ 4., -2.]), True)
    """
    return Surface(
        "saddle",
        _saddle_value,
        _saddle_gradient,
        domain=((-2.0, 2.0), (-2.0, 2.0)),
        start=(1.5, 0.001),
        saddles=((0.0, 0.0),),
    )


def _saddle_value(x, y):
    return x**2 - y**2


def _saddle_gradient(x, y):
    return 2 * x, -2 * y


def two_wells() -> Surface:
    r"""A saddle point between two minima.

    .. math:: f(x, y) = \tfrac12 x^2 + \tfrac14 y^4 - \tfrac12 y^2

    From a start with y = 0 gradient descent walks to the saddle point and stays.
    The slightest push in y leads it into one of the wells.

    Returns
    -------
    Surface
        Minimum -1/4 at (0, -1) and at (0, 1); saddle point at the origin.

    Examples
    --------
    >>> f = two_wells()
    >>> f.minimum, f((0, 0)), f.grad((1, 0))
    (-0.25, 0.0, array([1., 0.]))
    """
    return Surface(
        "two wells",
        _two_wells_value,
        _two_wells_gradient,
        domain=((-2.0, 2.0), (-1.6, 1.6)),
        start=(1.5, 0.001),
        minima=((0.0, -1.0), (0.0, 1.0)),
        saddles=((0.0, 0.0),),
    )


def _two_wells_value(x, y):
    return x**2 / 2 + y**4 / 4 - y**2 / 2


def _two_wells_gradient(x, y):
    return x, y**3 - y


def plateau(width: float = 1.0) -> Surface:
    r"""A round hole in a plain: nearly flat far out, so the gradient says almost nothing.

    .. math:: f(x, y) = 1 - \exp\left(-\frac{x^2 + y^2}{2 w^2}\right)

    Parameters
    ----------
    width : float, default 1
        Width w of the hole, positive.

    Returns
    -------
    Surface
        Minimum 0 at the origin; start (3, 2) widths away, on the plain.

    Examples
    --------
    >>> f = plateau()
    >>> f((0, 0)), round(f((3, 2)), 4), f.grad((3, 2)).round(4)
    (0.0, 0.9985, array([0.0045, 0.003 ]))
    """
    width = positive("width", width)
    positive("width squared", width * width)  # no overflow and no division by zero below
    return Surface(
        "plateau",
        partial(_plateau_value, width),
        partial(_plateau_gradient, width),
        domain=((-5.0 * width, 5.0 * width),) * 2,
        start=(3.0 * width, 2.0 * width),
        minima=((0.0, 0.0),),
    )


def _plateau_hole(width, x, y):
    return np.exp(-(x**2 + y**2) / (2 * width**2))


def _plateau_value(width, x, y):
    return 1 - _plateau_hole(width, x, y)


def _plateau_gradient(width, x, y):
    return x / width**2 * _plateau_hole(width, x, y), y / width**2 * _plateau_hole(width, x, y)


def noisy(
    surface: Surface,
    sigma: float = 1.0,
    *,
    sigma_value: float = 0.0,
    random_state: int | np.random.Generator | None = None,
) -> Surface:
    """The same surface, seen through noise: what a mini-batch sees of the loss.

    Every call of ``grad`` adds new normal noise to each coordinate. The mean is zero, so the
    gradient is right on average, as Robbins and Monro ask for. The value stays exact unless
    `sigma_value` says otherwise, so a plot can show how high a noisy path really is.

    Parameters
    ----------
    surface : Surface
        Any surface.
    sigma : float, default 1
        Standard deviation of the noise on each coordinate of the gradient.
    sigma_value : float, default 0
        Standard deviation of the noise on the value.
    random_state : None, int or numpy.random.Generator, default None
        Seed. The same seed gives the same noise again.

    Returns
    -------
    Surface
        With the minima, the domain and the source of `surface`.

    Notes
    -----
    Source: Robbins and Monro (1951), ``robbins1951stochastic``.

    Examples
    --------
    >>> exact = ravine(condition=20)
    >>> f = noisy(exact, sigma=0.1, random_state=0)
    >>> np.array_equal(f.grad((1, 1)), f.grad((1, 1)))
    False
    >>> many = f.grad(np.ones((10_000, 2)))
    >>> exact.grad((1, 1)), many.mean(axis=0).round(1), many.std(axis=0).round(2)
    (array([ 1., 20.]), array([ 1., 20.]), array([0.1, 0.1]))
    """
    if not isinstance(surface, Surface):
        made_here = getattr(surface, "__name__", None) in __all__
        hint = f" Call it: {surface.__name__}()." if made_here else ""
        raise TypeError(f"noisy takes a Surface, got {surface!r}.{hint}")
    sigma = number("sigma", sigma, least=0)
    sigma_value = number("sigma_value", sigma_value, least=0)
    seen = _Noisy(surface, sigma, sigma_value, generator(random_state))
    return replace(surface, name=f"{surface.name}, noisy", value=seen.value, gradient=seen.gradient)


@dataclass
class _Noisy:
    """A surface and its noise: value and gradient draw from one generator."""

    surface: Surface
    sigma: float
    sigma_value: float
    rng: np.random.Generator

    def noise(self, scale, x):
        return (scale * self.rng.standard_normal(np.shape(x))).astype(x.dtype)

    def value(self, *x):
        height = self.surface.value(*x)
        return height + self.noise(self.sigma_value, height) if self.sigma_value else height

    def gradient(self, *x):
        return tuple(g + self.noise(self.sigma, g) for g in self.surface.gradient(*x))
