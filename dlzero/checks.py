"""Checks at the door: each says what came, what was expected, and what to do."""

import math
import numbers

import numpy as np

__all__ = ["NotFittedError"]


class NotFittedError(ValueError, AttributeError):
    """A model was asked for an answer before it had learned."""


def check_samples(X, n_features=None):
    """Return ``X`` as a float64 array of shape (n_samples, n_features), or say what is wrong."""
    X = _check_numbers(X, "X")
    if 0 in X.shape:
        raise ValueError(
            f"X has shape {X.shape}; expected at least one sample and one feature. "
            "Check how the data was loaded or filtered."
        )
    if X.ndim != 2:
        hint = "one feature: X.reshape(-1, 1); one sample: X.reshape(1, -1)"
        raise ValueError(
            f"X has shape {X.shape}; expected two dimensions, (n_samples, n_features). For {hint}."
        )
    if n_features is not None and X.shape[1] != n_features:
        raise ValueError(
            f"X has {X.shape[1]} features; the model was fitted with {n_features}. "
            "Give it the same columns, in the same order, as fit."
        )
    return X


def check_targets(y, n_samples):
    """Return ``y`` as a float64 array of shape (n_samples,), or say what is wrong."""
    y = _check_numbers(y, "y")
    _check_length(y, n_samples)
    return y


def check_two_classes(y, n_samples, classes=None):
    """Return the sorted pair of labels and ``y`` as 0.0 and 1.0."""
    y, found = _check_labels(y, "y")
    _check_length(y, n_samples)
    name = "y"
    if classes is not None:
        name = "classes"
        _, found = _check_labels(classes, name)
    if len(found) != 2:
        shown = ", ".join(map(str, found[:5])) + (", ..." if len(found) > 5 else "")
        raise ValueError(
            f"{name} holds {len(found)} different label(s) ({shown}); expected exactly two "
            "classes. Select the rows of two classes, or use LinearUnit to learn a number."
        )
    known = (y == found[0]) | (y == found[1])
    if not known.all():
        raise ValueError(
            f"y holds the label {y[~known][0]}; the model knows {found[0]} and {found[1]}. "
            "Give it the labels it was fitted with, or start again with fit."
        )
    return found, (y == found[1]).astype(float)


def check_positive(value, name, advice):
    """Refuse a hyper-parameter that is not a positive finite number."""
    good = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not (good and 0 < value < math.inf):
        raise ValueError(f"{name}={value!r}; expected a positive finite number. {advice}")


def check_count(value, name):
    """Refuse a count that is not a whole number of at least one."""
    if not (_is_whole(value) and value >= 1):
        raise ValueError(f"{name}={value!r}; expected a whole number of at least 1. Try {name}=10.")


def check_flag(value, name):
    """Refuse a switch that is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name}={value!r}; expected True or False. Try {name}=True.")


def check_seed(value, name):
    """Refuse a seed that is neither None nor a whole number of at least zero."""
    if not (value is None or (_is_whole(value) and value >= 0)):
        raise ValueError(
            f"{name}={value!r}; expected None or a whole number of at least 0. Try {name}=0."
        )


def check_finite(values, name, lr):
    """Refuse to go on when learning took the values beyond what a float can hold."""
    if not np.isfinite(values).all():
        raise FloatingPointError(
            f"The {name} overflowed with lr={lr}; expected finite numbers. "
            "Try a smaller lr, or standardise the features."
        )


def _is_whole(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _check_length(y, n_samples):
    """Refuse a ``y`` that is not one value for each sample."""
    if y.ndim != 1:
        raise ValueError(
            f"y has shape {y.shape}; expected one dimension, (n_samples,). Try y.ravel()."
        )
    if len(y) != n_samples:
        raise ValueError(
            f"X has {n_samples} samples and y has {len(y)} values; expected one value a sample. "
            "Check that both come from the same rows."
        )


def _check_labels(labels, name):
    """Return an array of labels of any kind, and its different labels, sorted."""
    labels = _as_array(labels, name)
    try:
        found = np.unique(labels)
    except TypeError:
        raise ValueError(
            f"{name} mixes labels that have no order, such as text and None; "
            "expected two classes of one type. Drop the rows without a label."
        ) from None
    if labels.dtype.kind in "fc" and not np.isfinite(labels).all():
        raise ValueError(
            f"{name} holds NaN or infinite labels; expected two classes. Drop those rows."
        )
    return labels, found


def _check_numbers(values, name):
    """Return a new float64 array without strings, NaN or infinities."""
    values = _as_array(values, name)
    if values.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} has dtype {values.dtype}; expected real numbers. "
            "Encode text as numbers first, one column for each category."
        )
    values = values.astype(float)
    bad = ~np.isfinite(values)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name} holds {int(bad.sum())} NaN or infinite value(s), the first at index {where}; "
            "expected finite numbers. Drop or fill those rows."
        )
    return values


def _as_array(values, name):
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(
            f"{name} has rows of different lengths; expected rows of one length. "
            "Check that each sample has the same number of values."
        ) from None


def is_number(value):
    """Tell whether a value is one real number; True and False are none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)


def whole(name, value, least=1):
    """Return a whole number as an int, or say what came instead."""
    if not _is_whole(value):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return int(value)


def function(name, value, optional=False):
    """Return a function as it is; None only where it is optional."""
    if not (callable(value) or (optional and value is None)):
        raise TypeError(f"{name} must be a function, got {value!r}")
    return value


def tolerance(name, value):
    """Return a number of zero or more, or say what came instead."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not value >= 0:
        raise ValueError(f"{name} must be zero or more, got {value!r}")
    return value


def generator(random_state):
    """Return the random generator that None, a seed or a generator stands for."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    if random_state is not None:
        if not _is_whole(random_state):
            raise TypeError(
                "random_state must be None, a whole number or a numpy.random.Generator, "
                f"got {random_state!r}"
            )
        if random_state < 0:
            raise ValueError(f"random_state must not be negative, got {random_state}")
    return np.random.default_rng(random_state)


def real_array(name, value):
    """Return finite real numbers as a new float64 array of any shape."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, got {value!r}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {value!r}")
    return array.astype(float)


def rows(name, values):
    """Return an array with one row an example, as a read-only view."""
    try:
        values = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must have rows of one length, got {values!r}") from None
    if values.ndim == 0:
        raise ValueError(f"{name} needs at least one axis, one row an example, got {values!r}")
    if len(values) == 0:
        raise ValueError(f"{name} is empty")
    values = values.view()
    values.flags.writeable = False  # a model that changes its batch must not change the data
    return values


def finite_rows(name, values):
    """Return rows as `rows` does, without NaN and infinities; X has to be numbers."""
    values = rows(name, values)
    if name == "X" and values.dtype.kind not in "biuf":
        raise TypeError(f"X must be numbers, got {values.dtype}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"{name} holds NaN or infinite values. Drop or replace these rows.")
    return values


def check_params(params):
    """Refuse parameters that cannot be changed in place, or not safely."""
    if not isinstance(params, list | tuple):
        raise TypeError(
            f"expected an array or a list of arrays, got {params!r}; a number cannot be changed "
            "in place: use np.array(...), or call the rule itself"
        )
    for k, p in enumerate(params):
        if not isinstance(p, np.ndarray):
            raise TypeError(
                f"params must be NumPy arrays, to be changed in place, but params[{k}] is {p!r}. "
                "Use np.array(...)."
            )
        if p.dtype.kind != "f":
            raise TypeError(
                f"params must be arrays of floats, but params[{k}] has dtype {p.dtype}. "
                "Use astype(float), and two arrays for complex numbers."
            )
        if not p.flags.writeable:
            raise ValueError(f"params[{k}] is read-only, so it cannot be changed. Give a copy.")
        if _overlaps_itself(p):
            raise ValueError(f"elements of params[{k}] share memory. Give a copy.")
        for j, other in enumerate(params[:k]):
            if np.shares_memory(other, p):
                raise ValueError(
                    f"params[{j}] and params[{k}] share memory and would be changed twice. "
                    "Give each array once."
                )


def check_gradient_shape(k, g, p):
    """Return a gradient as an array of real numbers, of the shape of its parameter."""
    g = np.asarray(g)
    if g.shape != p.shape:
        raise ValueError(f"expected a gradient of shape {p.shape} for array {k}, got {g.shape}")
    if g.dtype.kind not in "fiub":
        raise TypeError(f"expected a gradient of real numbers for array {k}, got {g.dtype}")
    return g


def _overlaps_itself(p):
    """Tell whether two elements of an array may lie in the same place."""
    extent = p.itemsize
    for stride, n in sorted((abs(s), n) for s, n in zip(p.strides, p.shape, strict=True) if n > 1):
        if stride < extent:
            return p.size > 0
        extent += stride * (n - 1)
    return False


def says_stop(answer):
    """Tell whether the answer of a callback is True, and not merely something that is no zero."""
    return isinstance(answer, bool | np.bool_) and bool(answer)
