"""Plain values as JSON: the form in which they cross from one process to another.

Plain are numbers, text, arrays, and collections of them: what a test can look at. Functions and
objects with a life of their own are not. The grader runs this very file inside its sandbox, so it
imports nothing of dlzero.
"""

import array
import base64
import math
import sys
import types
from collections import deque
from collections.abc import Callable, ItemsView, Iterable, KeysView, Mapping, Set, ValuesView
from itertools import islice
from numbers import Complex, Integral, Real
from typing import Any

LARGEST_INT = 2**63
LONGEST_INT = 13_000  # bits; Python does not print a number that is much longer
LARGEST_EXPONENT = 1000  # of a Decimal: int() of a larger one fills the memory
DEEPEST = 20
MOST_ITEMS = 1_000_000  # of what says only while it runs how many it has
MOST_KEYS = 20_000  # of a set or a dict: many keys can be made to collide
LONGEST_TEXTS = 8 << 20  # characters of an array of text, each padded to the longest
ARRAY_NAMES = ("bool", *(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)))
ARRAY_NAMES += ("float16", "float32", "float64", "complex64", "complex128")


class NotPlain(TypeError):
    """A value that may not cross the pipe."""


class Named(tuple):
    """A named tuple as it arrives: a tuple whose items have names as well."""

    _fields: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("_fields", ())
        if name in fields:
            return self[fields.index(name)]
        raise AttributeError(f"there is no {name!r}, only {', '.join(fields)}")


class Stream:
    """An iterator as it arrives. It always looks the same, wherever it lies in the memory."""

    def __init__(self, items: list[Any]) -> None:
        self._items = iter(items)

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> Any:
        return next(self._items)

    def __repr__(self) -> str:
        return "<an iterator>"


def encode(value: Any, depth: int = 0) -> Any:
    """Return what stands for a plain value in JSON.

    What is like a number, an array or a collection crosses as one. An iterator is used up.

    Parameters
    ----------
    value : object

    Returns
    -------
    None, bool, int, float, str, list or dict

    Raises
    ------
    NotPlain
        For every other value, for nesting beyond 20 levels, for a whole number beyond 13,000
        bits, and for what has too many items. The message says what came, as in "a function".

    Examples
    --------
    >>> encode((1, [2.5, None]))
    {'tuple': [1, [2.5, None]]}
    >>> encode({1j})
    {'set': [{'complex': [0.0, 1.0]}]}
    """
    import numpy as np

    if depth > DEEPEST:
        raise NotPlain(f"values nested more than {DEEPEST} levels deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value, depth)
    if isinstance(value, int):
        return _encode_int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list):
        return [encode(item, depth + 1) for item in value]
    if isinstance(value, tuple):
        items = [encode(item, depth + 1) for item in value]
        fields: Any = getattr(value, "_fields", None)
        return {"named": [list(fields), items]} if _names(fields, items) else {"tuple": items}
    if isinstance(value, Mapping):
        pairs = [(key, encode(item, depth + 1)) for key, item in _few(value.items())]
        if all(isinstance(key, str) for key, _ in pairs):
            return {"dict": {str(key): item for key, item in pairs}}
        return {"pairs": [[encode(key, depth + 1), item] for key, item in pairs]}
    return _encode_other(value, depth)


def _encode_int(value: int) -> Any:
    if abs(value) < LARGEST_INT:
        return int(value)
    if value.bit_length() > LONGEST_INT:
        raise NotPlain(f"a whole number of more than {LONGEST_INT} bits")
    return {"int": hex(value)}


def _encode_other(value: Any, depth: int) -> Any:
    import numpy as np

    kind = type(value)
    if isinstance(value, type | types.ModuleType):
        raise NotPlain(name_of(value))
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, bytes | bytearray):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, range):
        if len(value) > MOST_ITEMS:
            raise NotPlain(f"a range of more than {MOST_ITEMS} numbers")
        return {"range": [value.start, value.stop, value.step]}
    if isinstance(value, array.array | memoryview) or hasattr(kind, "__array__"):
        return encode(np.asarray(value), depth + 1)
    for tag, kinds in COLLECTIONS.items():
        if isinstance(value, kinds):
            return {tag: _encode_all(value, depth)}
    if hasattr(kind, "as_integer_ratio") and not isinstance(value, Real):  # a Decimal
        return {"decimal": str(value)}
    if isinstance(value, Integral):
        return _encode_int(int(value))
    if isinstance(value, Real):
        if hasattr(kind, "numerator") and hasattr(kind, "denominator"):
            parts = [value.numerator, value.denominator]  # type: ignore[attr-defined]
            return {"fraction": [_encode_int(int(part)) for part in parts]}
        return float(value)
    if isinstance(value, Complex):
        return encode(complex(value))
    if hasattr(kind, "__next__"):
        return {"iterator": _encode_all(value, depth)}
    if hasattr(kind, "__iter__") or (hasattr(kind, "__len__") and hasattr(kind, "__getitem__")):
        return _encode_all(value, depth)
    if hasattr(kind, "__index__"):
        return _encode_int(kind.__index__(value))
    if hasattr(kind, "__float__"):
        return float(value)
    raise NotPlain(name_of(value))


def _encode_all(items: Any, depth: int) -> list[Any]:
    return [encode(item, depth + 1) for item in _few(items)]


#: Collections whose kind a test can tell, in the order in which they are looked for.
COLLECTIONS: dict[str, type | tuple[type, ...]] = {
    "deque": deque,
    "values": ValuesView,
    "items": ItemsView,
    "keys": KeysView,
    "frozenset": frozenset,
    "set": Set,
}


def _few(items: Iterable[Any]) -> Iterable[Any]:
    """Go through items, of which there may be no end."""
    found = iter(items)
    yield from islice(found, MOST_ITEMS)
    for _ in found:
        raise NotPlain(f"more than {MOST_ITEMS} values, one after the other")


def _names(fields: object, items: list[Any]) -> bool:
    """Say whether these are the names of the items of a tuple."""
    if not isinstance(fields, list | tuple) or len(fields) != len(items):
        return False
    # NumPy asks every object for these, and for some that begin with "_": it would believe a
    # shape, and read the memory at an address.
    asked = ("shape", "ndim", "size", "dtype")
    return all(
        type(name) is str and name.isidentifier() and name[0] != "_" and name not in asked
        for name in fields
    )


def name_of(value: object) -> str:
    """Say in words what a value is that may not cross.

    Examples
    --------
    >>> name_of(print)
    'a function'
    """
    kind = type(value)
    if isinstance(value, type):
        return "a class"
    if isinstance(value, types.ModuleType):
        return "a module"
    functions = types.FunctionType | types.BuiltinFunctionType | types.MethodType
    if isinstance(value, functions) or kind.__name__ in ("ufunc", "partial"):
        return "a function"
    if kind.__module__ == "__main__":
        return f"an object of class {kind.__name__}"
    return f"{'an' if kind.__name__[:1].lower() in 'aeiou' else 'a'} {kind.__name__}"


def _encode_array(value: Any, depth: int) -> Any:
    import numpy as np

    # Whoever has such an array has loaded it; the others need not.
    ma = sys.modules.get("numpy.ma")
    if ma is not None and isinstance(value, ma.MaskedArray):
        value = _unmasked(value)
    if isinstance(value, np.matrix):
        return {"matrix": encode(np.asarray(value), depth + 1)}
    array = np.asarray(value)
    if array.dtype == np.longdouble:
        array = array.astype(float)
    elif array.dtype == np.clongdouble:
        array = array.astype(complex)
    if array.dtype.kind in "OUT":
        if isinstance(value, np.generic):
            return str(value)
        items = [encode(item, depth + 1) for item in array.ravel().tolist()]
        kind = "object" if array.dtype.kind == "O" else "str"
        return {"items of": items, "dtype": kind, "shape": list(array.shape)}
    if array.dtype.name not in ARRAY_NAMES:
        raise NotPlain(f"an array of dtype {array.dtype}")
    array = array.astype(array.dtype.newbyteorder("<"))
    return {
        "array": base64.b64encode(array.tobytes()).decode(),
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "scalar": isinstance(value, np.generic),
    }


def _unmasked(value: Any) -> Any:
    """Return an array of all items, NaN where one is masked: no comparison may skip any."""
    import numpy as np

    data, mask = np.array(np.ma.getdata(value)), np.ma.getmaskarray(value)
    if data.dtype.names or not mask.any():
        return data
    if data.dtype.kind not in "fcO":
        data = data.astype(float if data.dtype.kind in "biu" else object)
    data[mask] = np.nan
    return data


def decode(coded: Any, depth: int = 0) -> Any:
    """Return the plain value that `encode` wrote; nothing in it is believed.

    Parameters
    ----------
    coded : object
        What ``json.loads`` made of a line.

    Returns
    -------
    object
        Of the kind that was encoded, as far as a test can tell.

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
    try:
        if kind is dict and len(coded) == 1:
            ((tag, inner),) = coded.items()
            return _decode_tagged(tag, inner, depth)
        if kind is dict and set(coded) == {"array", "dtype", "shape", "scalar"}:
            return _decode_array(**coded)
        if kind is dict and set(coded) == {"items of", "dtype", "shape"}:
            return _decode_items(coded["items of"], coded["dtype"], coded["shape"], depth)
    except (TypeError, ArithmeticError):  # a list as a key, a denominator of zero, ...
        pass
    raise ValueError("not a plain value")


def _decode_tagged(tag: str, inner: Any, depth: int) -> Any:
    if tag == "dict" and type(inner) is dict:
        return {key: decode(item, depth + 1) for key, item in inner.items()}
    if tag == "matrix":
        import numpy as np

        table = decode(inner, depth + 1)
        if isinstance(table, np.ndarray) and table.ndim == 2:
            return table.view(np.matrix)
    if type(inner) is str:
        if tag == "bytes":
            return base64.b64decode(inner, validate=True)
        if tag == "int" and len(inner) <= LONGEST_INT // 4 + 4:
            return int(inner, 16)
        if tag == "decimal" and len(inner) <= 100:
            from decimal import Decimal

            number = Decimal(inner)
            if not number or not number.is_finite() or abs(number.adjusted()) <= LARGEST_EXPONENT:
                return number
    if type(inner) is list:
        return _decode_collection(tag, [decode(item, depth + 1) for item in inner])
    raise ValueError("not a plain value")


SIMPLE: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "deque": deque,
    "iterator": Stream,
    "set": set,
    "frozenset": frozenset,
}


def _decode_collection(tag: str, items: list[Any]) -> Any:
    hashed = tag in ("set", "frozenset", "keys", "items", "pairs")
    if hashed and len(items) > MOST_KEYS:
        raise ValueError(f"more than {MOST_KEYS} keys")
    if tag in SIMPLE:
        return SIMPLE[tag](items)
    if tag == "keys":
        return dict.fromkeys(items).keys()
    if tag == "values":
        return dict(enumerate(items)).values()
    if tag in ("items", "pairs") and all(len(pair) == 2 for pair in items):
        return dict(items).items() if tag == "items" else dict(items)
    two = len(items) == 2
    if two and tag == "named" and type(items[0]) is list and type(items[1]) is list:
        fields, values = items
        if _names(fields, values):
            found = Named(values)
            found._fields = tuple(fields)
            return found
    whole = all(type(item) is int for item in items)
    if two and tag == "complex" and all(type(item) is float for item in items):
        return complex(*items)
    if two and tag == "fraction" and whole:
        from fractions import Fraction

        return Fraction(*items)
    if tag == "range" and len(items) == 3 and whole and len(range(*items)) <= MOST_ITEMS:
        return range(*items)
    raise ValueError("not a plain value")


def _shape(shape: Any) -> int:
    """Return how many items an array of this shape has."""
    if type(shape) is not list or len(shape) > 8:
        raise ValueError("not the shape of an array")
    if not all(type(n) is int and 0 <= n < 2**31 for n in shape):
        raise ValueError("not the shape of an array")
    return math.prod(shape)


def _decode_array(array: Any, dtype: Any, shape: Any, scalar: Any) -> Any:
    import numpy as np

    if not (type(array) is str and type(dtype) is str and dtype in ARRAY_NAMES):
        raise ValueError("not an array of numbers")
    data = base64.b64decode(array, validate=True)
    kind = np.dtype(dtype).newbyteorder("<")
    if len(data) != kind.itemsize * _shape(shape):
        raise ValueError("shape and bytes of an array differ")
    values = np.frombuffer(data, kind).reshape(shape).astype(dtype)
    return values[()] if scalar is True and not shape else values


def _decode_items(coded: Any, dtype: Any, shape: Any, depth: int) -> Any:
    import numpy as np

    if type(coded) is not list or dtype not in ("object", "str") or len(coded) != _shape(shape):
        raise ValueError("not an array of values")
    items = [decode(item, depth + 1) for item in coded]
    if dtype == "str":
        if not all(type(item) is str for item in items):
            raise ValueError("not an array of text")
        if len(items) * max(map(len, items), default=0) > LONGEST_TEXTS:
            raise ValueError("an array of too much text")
    array = np.empty(len(items), object)
    for i, item in enumerate(items):
        array[i] = item
    array = array.reshape(shape)
    return array.astype(str) if dtype == "str" else array
