"""Plain values as JSON: the form in which they cross from one process to another.

Only None, bool, int, float, str, list, tuple, dict and arrays of numbers are plain. The grader
runs this very file inside its sandbox, so it imports nothing of dlzero.
"""

import base64
from typing import Any

LARGEST_INT = 2**63
DEEPEST = 20
ARRAY_NAMES = ("bool", *(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)))
ARRAY_NAMES += ("float16", "float32", "float64")


class NotPlain(TypeError):
    """A value that may not cross the pipe."""


def encode(value: object, depth: int = 0) -> Any:
    """Return what stands for a plain value in JSON.

    Parameters
    ----------
    value : None, bool, int, float, str, list, tuple, dict, ndarray or NumPy scalar

    Returns
    -------
    None, bool, int, float, str, list or dict

    Raises
    ------
    NotPlain
        For every other value, for text keys that are none, for nesting beyond 20 levels, and for
        a whole number beyond 64 bits.

    Examples
    --------
    >>> encode((1, [2.5, None]))
    {'tuple': [1, [2.5, None]]}
    """
    import numpy as np

    if depth > DEEPEST:
        raise NotPlain(f"values nested more than {DEEPEST} levels deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value)
    if isinstance(value, int):
        if abs(value) >= LARGEST_INT:
            raise NotPlain("a whole number beyond 64 bits")
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list):
        return [encode(item, depth + 1) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [encode(item, depth + 1) for item in value]}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise NotPlain("a dict with keys that are not str")
        return {"dict": {key: encode(item, depth + 1) for key, item in value.items()}}
    raise NotPlain(type(value).__name__)


def _encode_array(value: Any) -> dict[str, Any]:
    import numpy as np

    array = np.asarray(value)
    if array.dtype == np.longdouble:
        array = array.astype(float)
    if array.dtype.name not in ARRAY_NAMES:
        raise NotPlain(f"array of dtype {array.dtype}")
    array = array.astype(array.dtype.newbyteorder("<"))
    return {
        "array": base64.b64encode(array.tobytes()).decode(),
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "scalar": isinstance(value, np.generic),
    }


def decode(coded: Any, depth: int = 0) -> Any:
    """Return the plain value that `encode` wrote; nothing in it is believed.

    Parameters
    ----------
    coded : object
        What ``json.loads`` made of a line.

    Returns
    -------
    None, bool, int, float, str, list, tuple, dict, ndarray or NumPy scalar

    Raises
    ------
    ValueError
        For anything that `encode` does not write.

    Examples
    --------
    >>> decode({"tuple": [1, [2.5, None]]})
    (1, [2.5, None])
    """
    if depth > DEEPEST + 1:
        raise ValueError("nested too deep")
    kind = type(coded)
    if coded is None or kind in (bool, float, str):
        return coded
    if kind is int and abs(coded) < LARGEST_INT:
        return coded
    if kind is list:
        return [decode(item, depth + 1) for item in coded]
    if kind is dict and set(coded) == {"tuple"} and type(coded["tuple"]) is list:
        return tuple(decode(item, depth + 1) for item in coded["tuple"])
    if kind is dict and set(coded) == {"dict"} and type(coded["dict"]) is dict:
        return {key: decode(item, depth + 1) for key, item in coded["dict"].items()}
    if kind is dict and set(coded) == {"array", "dtype", "shape", "scalar"}:
        return _decode_array(**coded)
    raise ValueError("not a plain value")


def _decode_array(array: Any, dtype: Any, shape: Any, scalar: Any) -> Any:
    import numpy as np

    sizes = type(shape) is list and len(shape) <= 8 and all(type(n) is int for n in shape)
    if not (sizes and type(array) is str and type(dtype) is str and dtype in ARRAY_NAMES):
        raise ValueError("not an array of numbers")
    data = base64.b64decode(array, validate=True)
    kind = np.dtype(dtype).newbyteorder("<")
    expected = kind.itemsize
    for n in shape:
        if not 0 <= n < 2**31:
            raise ValueError("not the shape of an array")
        expected *= n
    if len(data) != expected:
        raise ValueError("shape and bytes of an array differ")
    values = np.frombuffer(data, kind).reshape(shape).astype(dtype)
    return values[()] if scalar is True and not shape else values
