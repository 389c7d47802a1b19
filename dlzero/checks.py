"""The doors: what a caller hands in is looked at here. `dlzero.running.rule` has hyper-parameters.

A value of the wrong kind is a TypeError, a wrong value of the right kind a ValueError.
The message says what was expected, what came and, where that helps, what to do.
Each door returns what it lets in.
"""

import datetime
import math
import numbers
from collections.abc import Collection, Iterable, Mapping, Set
from os import PathLike
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["NotFittedError"]

#: What to do with an array whose dtype is of another kind than numbers.
CURES = {
    "U": "Encode text as numbers first, one column for each category.",
    "S": "Encode text as numbers first, one column for each category.",
    "c": "Give the real and the imaginary part a column each.",
    "M": "Turn dates into numbers first, such as days since the first one.",
    "m": "Divide by a unit of time first, such as one day.",
}


class NotFittedError(ValueError, AttributeError):
    """A model was asked for an answer before it had learned."""


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is one real number; True and False are none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether a value is one whole number; True, False and 2.0 are none."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def number(name: str, value: Any, least: float = -math.inf, advice: str = "") -> float:
    """Return a finite real number as a float, or say what came instead."""
    if not is_number(value):
        raise TypeError(_told(name, "a number", value, advice))
    result = as_float(value)
    if not math.isfinite(result):
        raise ValueError(_told(name, "finite", value, advice))
    if result < least:
        expected = "zero or more" if least == 0 else f"at least {least}"
        raise ValueError(_told(name, expected, value, advice))
    return result


def positive(name: str, value: Any, advice: str = "", infinite: bool = False) -> float:
    """Return a number above zero as a float, or say what came instead."""
    if infinite and is_number(value) and as_float(value) == math.inf:
        return math.inf
    result = number(name, value, advice=advice)
    if not result > 0:
        raise ValueError(_told(name, "positive", value, advice))
    return result


def tolerance(name: str, value: Any) -> float:
    """Return a number of zero or more, infinity included, or say what came instead."""
    if not is_number(value):
        raise TypeError(_told(name, "a number", value))
    if not value >= 0:
        raise ValueError(_told(name, "zero or more", value))
    return as_float(value)


def whole(name: str, value: Any, least: int = 1, advice: str = "") -> int:
    """Return a whole number as an int, or say what came instead."""
    if not is_whole(value):
        raise TypeError(_told(name, "a whole number", value, advice))
    if value < least:
        raise ValueError(_told(name, f"at least {least}", value, advice))
    return int(value)


def flag(name: str, value: Any) -> bool:
    """Return a switch as a bool, or say what came instead."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(_told(name, "True or False", value, f"Try {name}=True."))
    return bool(value)


def function(name: str, value: Any, optional: bool = False) -> Any:
    """Return a function as it is; None only where it is optional."""
    if not (callable(value) or (optional and value is None)):
        raise TypeError(_told(name, "a function", value))
    return value


def choice(name: str, value: Any, known: Collection[str]) -> str:
    """Return one of the known texts, or say what came instead."""
    expected = f"one of {', '.join(map(repr, known))}"
    if not isinstance(value, str):
        raise TypeError(_told(name, expected, value))
    if value not in known:
        raise ValueError(_told(name, expected, value))
    return value


def text(name: str, value: Any) -> str:
    """Return a text that is not empty, or say what came instead."""
    if not isinstance(value, str):
        raise TypeError(_told(name, "a text", value))
    if not value:
        raise ValueError(_told(name, "a text of at least one letter", value))
    return value


def path_like(name: str, value: Any) -> Path:
    """Return the path of a file, or say what came instead. A number would be an open file."""
    if not isinstance(value, str | PathLike):
        raise TypeError(_told(name, "the path of a file", value))
    if value == "":  # would be the folder where we are
        raise ValueError(_told(name, "the path of a file", value))
    return Path(value)


def generator(random_state: Any) -> np.random.Generator:
    """Return the random generator that None, a seed or a generator stands for."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    if random_state is not None:
        if not is_whole(random_state):
            expected = "None, a whole number or a numpy.random.Generator"
            raise TypeError(_told("random_state", expected, random_state, "Try random_state=0."))
        if random_state < 0:
            raise ValueError(
                f"random_state must not be negative, got {shown(random_state)}. Try random_state=0."
            )
    return np.random.default_rng(random_state)


def as_array(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return an array that holds what was given, and not what a mask or a sparse form hides."""
    if hasattr(values, "toarray"):
        kind = type(values).__name__
        raise TypeError(
            f"{name} must be a dense array, got a sparse one ({kind}). "
            + (f"Try {name}.toarray()." if name.isidentifier() else "Its toarray() is one.")
        )
    # NumPy forgets the masks of the rows of a list.
    parts = values if isinstance(values, list | tuple) else [values]
    masked = sum(int(np.ma.count_masked(part)) for part in parts if np.ma.isMaskedArray(part))
    if masked:
        raise ValueError(
            f"{name} must be complete, got {masked} masked value(s). Drop or fill those rows."
        )
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(
            f"{name} must have rows of one length, got {shown(values)}. "
            "Check that each row has the same number of values."
        ) from None
    one = array.ndim == 0 and array.dtype.kind == "O" and not isinstance(values, np.ndarray)
    if one and isinstance(values, Iterable):
        advice = f"Try list({name})." if name.isidentifier() else "Make a list of it."
        if isinstance(values, Mapping | Set):
            advice = "Give its values in the order you mean."
        raise TypeError(f"{name} must be an array or a list, got {shown(values)}. {advice}")
    return array


def listed(name: str, values: Any) -> list[Any]:
    """Return a list of what an array or a list holds; one value alone as a list of it."""
    if isinstance(values, list | tuple | range):
        return list(values)
    array = as_array(name, values)
    return list(array) if array.ndim else [values]


def real_array(name: str, value: ArrayLike, finite: bool = True) -> NDArray[np.float64]:
    """Return real numbers as a new float64 array of any shape; NaN and infinities only if told."""
    return _floats(name, value, kinds="iuf", finite=finite)


def short(value: Any) -> Any:
    """Return a long double as a float, anything else as it is: arrays must not become long."""
    return float(value) if isinstance(value, np.longdouble) else value


def rows(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return an array with one row an example, as a read-only view."""
    array = as_array(name, values)
    if array.ndim == 0:
        raise ValueError(f"{name} needs at least one axis, one row an example, got {shown(values)}")
    if len(array) == 0:
        raise ValueError(f"{name} is empty")
    array = array.view()
    array.flags.writeable = False  # a model that changes its batch must not change the data
    return array


def finite_rows(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return rows as `rows` does, without NaN and infinities; X has to be numbers."""
    array = rows(name, values)
    if name == "X" and array.dtype.kind == "O":
        array = _unboxed(name, values, array, kinds="biuf")
        array.flags.writeable = False
    if name == "X" and array.dtype.kind not in "biuf":
        raise TypeError(f"X must be numbers, got {array.dtype}{_cure(array)}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values. Drop or replace these rows.")
    return array


def check_samples(X: ArrayLike, n_features: int | None = None) -> NDArray[np.float64]:
    """Return ``X`` as a float64 array of shape (n_samples, n_features), or say what is wrong."""
    X = _floats("X", X, kinds="biuf")
    if 0 in X.shape:
        raise ValueError(
            f"X has shape {X.shape}; expected at least one sample and one feature. "
            "Check how the data was loaded or filtered."
        )
    if X.ndim != 2:
        hint = "one feature: X.reshape(-1, 1); one sample: X.reshape(1, -1)"
        raise ValueError(
            f"X has shape {X.shape}; expected two dimensions, (n_samples, n_features). "
            f"Reshape your data. For {hint}."
        )
    if n_features is not None and X.shape[1] != n_features:
        raise ValueError(
            f"X has {X.shape[1]} features; the model was fitted with {n_features}. "
            "Give it the same columns, in the same order, as fit."
        )
    return X


def check_targets(y: ArrayLike, n_samples: int | None, name: str = "y") -> NDArray[np.float64]:
    """Return ``y`` as a float64 array of shape (n_samples,), or say what is wrong.

    None as number of samples stands for any number but zero.
    """
    y = _floats(name, y, kinds="biuf")
    _check_length(y, n_samples, name)
    return y


def check_classes(
    y: ArrayLike, n_samples: int | None, n_classes: int, name: str = "y"
) -> NDArray[np.int64]:
    """Return the labels 0 to n_classes - 1 as integers, or say what is wrong."""
    y = check_targets(y, n_samples, name)
    known = (y == np.round(y)) & (y >= 0) & (y < n_classes)
    if not known.all():
        raise ValueError(
            f"{name} holds the label {y[~known][0]:g}; expected whole numbers from 0 to "
            f"{n_classes - 1}. Number the classes from 0, as Dataset.classes does."
        )
    return y.astype(np.int64)


def check_two_classes(
    y: ArrayLike, n_samples: int, classes: ArrayLike | None = None
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the sorted pair of labels and ``y`` as 0.0 and 1.0."""
    y, found = _labels("y", y)
    _check_length(y, n_samples)
    name = "y"
    if classes is not None:
        name = "classes"
        _, found = _labels(name, classes)
    if len(found) != 2:
        some = ", ".join(map(str, found[:5])) + (", ..." if len(found) > 5 else "")
        raise ValueError(
            f"{name} holds {len(found)} different label(s) ({some}); expected exactly two "
            "classes. Select the rows of two classes, or use LinearUnit to learn a number."
        )
    known = (y == found[0]) | (y == found[1])
    if not np.all(known):
        raise ValueError(
            f"y holds the label {y[~known][0]}; the model knows {found[0]} and {found[1]}. "
            "Give it the labels it was fitted with, or start again with fit."
        )
    return found, (y == found[1]).astype(float)


def check_finite(values: ArrayLike, name: str, lr: float) -> None:
    """Refuse to go on when learning took the values beyond what a float can hold."""
    if not np.isfinite(values).all():
        raise FloatingPointError(
            f"The {name} overflowed with lr={lr}; expected finite numbers. "
            "Try a smaller lr, or standardise the features."
        )


def check_sums(z: NDArray[Any]) -> NDArray[Any]:
    """Return the sums that a class is chosen by; no class follows from NaN."""
    if np.isnan(z).any():
        raise FloatingPointError(
            "The sums hold NaN, so no class follows from them: the parameters overflowed. "
            "Train a new model with a smaller rate."
        )
    return z


def check_params(params: Any) -> None:
    """Refuse parameters that cannot be changed in place, or not safely."""
    if not isinstance(params, list | tuple):
        raise TypeError(
            f"expected an array or a list of arrays, got {shown(params)}; a number cannot be "
            "changed in place: use np.array(...), or call the rule itself"
        )
    for k, p in enumerate(params):
        if not isinstance(p, np.ndarray):
            raise TypeError(
                "params must be NumPy arrays, to be changed in place, but "
                f"params[{k}] is {shown(p)}. Use np.array(...)."
            )
        if p.dtype.kind != "f":
            raise TypeError(
                f"params must be arrays of floats, but params[{k}] has dtype {p.dtype}. "
                "Use astype(float), and two arrays for complex numbers."
            )
        if np.ma.is_masked(p):
            raise ValueError(
                f"params[{k}] has {np.ma.count_masked(p)} masked value(s). Fill them: p.filled(0)."
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


def check_gradient_shape(k: int, g: ArrayLike, p: NDArray[Any]) -> NDArray[Any]:
    """Return a gradient as an array of real numbers, of the shape of its parameter."""
    g = as_array(f"the gradient of array {k}", g)
    if g.shape != p.shape:
        raise ValueError(f"expected a gradient of shape {p.shape} for array {k}, got {g.shape}")
    if g.dtype.kind not in "fiub":
        raise TypeError(f"expected a gradient of real numbers for array {k}, got {g.dtype}")
    return g


def check_gradients(params: Any, grads: Any) -> list[NDArray[Any]]:
    """Return a gradient for each array of parameters, of its shape, or say what is wrong."""
    if not isinstance(grads, Collection):
        raise TypeError(f"expected a list of gradients, one for each array, got {shown(grads)}")
    if len(grads) != len(params):
        raise ValueError(f"got {len(grads)} gradients for {len(params)} arrays of parameters")
    return [check_gradient_shape(k, g, params[k]) for k, g in enumerate(grads)]


def says_stop(answer: object) -> bool:
    """Tell whether the answer of a callback is True, and not merely something that is no zero."""
    return isinstance(answer, bool | np.bool_) and bool(answer)


def out_of_domain(error: Exception) -> bool:
    """Tell whether an error says that arithmetic has no result, as NumPy says by NaN or infinity.

    `math` has no error of its own for that: its ValueErrors are known by their words, which
    Python 3.14 changed.
    """
    words = (
        *("math domain error", "expected argument value", "expected a positive input"),
        *("expected a nonnegative input", "expected a finite input", "expected a noninteger"),
        *("expected a number in range", "expected a number between"),
    )
    return isinstance(error, ArithmeticError | np.linalg.LinAlgError) or (
        type(error) is ValueError and str(error).startswith(words)
    )


def same_arrays(some: Collection[NDArray[Any]], others: Collection[NDArray[Any]]) -> bool:
    """Tell whether two lists hold the same arrays in the same order, or views of all of them."""
    return len(some) == len(others) and all(
        a is b or (a.ctypes.data, a.strides, a.shape) == (b.ctypes.data, b.strides, b.shape)
        for a, b in zip(some, others, strict=True)
    )


def shown(value: object) -> str:
    """Return a value as a message shows it: as Python does, but short."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of more digits than Python writes
        text = f"a whole number of {value.bit_length()} bits"  # type: ignore[attr-defined]
    return text if len(text) <= 120 else f"{text[:117]}..."


def _told(name: str, expected: str, value: object, advice: str = "") -> str:
    return f"{name} must be {expected}, got {shown(value)}" + (f". {advice}" if advice else "")


def as_float(value: Any) -> float:
    """Return a real number as a float; one that a float cannot hold is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _floats(name: str, values: ArrayLike, kinds: str, finite: bool = True) -> NDArray[np.float64]:
    """Return a new float64 array, of finite numbers whose dtype is of one of the kinds."""
    array = as_array(name, values)
    if array.dtype.kind == "O":
        array = _unboxed(name, values, array, kinds)
    if array.dtype.kind not in kinds:
        raise TypeError(
            f"{name} must be real numbers, got {shown(values)} of dtype {array.dtype}{_cure(array)}"
        )
    with np.errstate(over="ignore"):  # a long double may be too large: it is found below
        # One order in memory: another one may sum in another order.
        array = array.astype(float, order="C")
    bad = ~np.isfinite(array)
    if finite and bad.any():
        if array.size == 1:
            raise ValueError(_told(name, "finite", values))
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name} must be finite, got {int(bad.sum())} NaN or infinite value(s), the first at "
            f"index {where}. Drop or fill those rows."
        )
    return array


def _unboxed(name: str, values: ArrayLike, array: NDArray[Any], kinds: str) -> NDArray[Any]:
    """Return an array of Python objects as floats, if each of them is a number."""
    for where, value in np.ndenumerate(array):
        truth = isinstance(value, bool | np.bool_) and "b" in kinds
        if not (truth or is_number(value)):
            came = f"{shown(values)} of dtype object"
            if where:
                came += f", with {shown(value)} at index {where}. {_cure_of(value)}"
            raise TypeError(f"{name} must be real numbers, got {came}")
    return np.array([as_float(value) for value in array.flat], dtype=float).reshape(array.shape)


def _cure_of(value: object) -> str:
    """Say what to do with an object that is no number."""
    if isinstance(value, complex):
        return CURES["c"]
    if isinstance(value, datetime.date | np.datetime64):
        return CURES["M"]
    if isinstance(value, str):
        return CURES["U"]
    return "Turn it into a float." if hasattr(value, "__float__") else "Drop or fill those rows."


def _cure(array: NDArray[Any]) -> str:
    known = array.ndim > 0 and array.dtype.kind in CURES
    return f". {CURES[array.dtype.kind]}" if known else ""


def _labels(name: str, values: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return an array of labels of any kind, and its different labels, sorted."""
    labels = as_array(name, values)
    if labels.dtype.kind == "O":
        labels = _as_numbers(labels)
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


def _as_numbers(labels: NDArray[Any]) -> NDArray[Any]:
    """Return objects that are all truth values, whole or real numbers as such; others as came."""
    values = labels.ravel().tolist()
    if all(isinstance(value, bool | np.bool_) for value in values) or all(map(is_whole, values)):
        return np.array(values).reshape(labels.shape)
    if all(map(is_number, values)):
        return np.array([as_float(value) for value in values]).reshape(labels.shape)
    return labels


def _check_length(y: NDArray[Any], n_samples: int | None, name: str = "y") -> None:
    """Refuse a ``y`` that is not one value for each sample."""
    if y.ndim != 1:
        raise ValueError(
            f"{name} has shape {y.shape}; expected one dimension, (n_samples,). Try {name}.ravel()."
        )
    if n_samples is None:
        if len(y) == 0:
            raise ValueError(f"{name} is empty; expected one value a sample")
    elif len(y) != n_samples:
        raise ValueError(
            f"X has {n_samples} samples and y has {len(y)} values; expected one value a sample. "
            "Check that both come from the same rows."
        )


def _overlaps_itself(p: NDArray[Any]) -> bool:
    """Tell whether two elements of an array may lie in the same place."""
    extent = p.itemsize
    for stride, n in sorted((abs(s), n) for s, n in zip(p.strides, p.shape, strict=True) if n > 1):
        if stride < extent:
            return p.size > 0
        extent += stride * (n - 1)
    return False
