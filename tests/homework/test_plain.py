"""Plain values cross as JSON and come back unchanged; nothing else does."""

import array
import itertools
import json
import operator
from collections import Counter, OrderedDict, UserDict, UserList, deque, namedtuple
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlzero.homework.plain import MOST_KEYS, NotPlain, decode, encode

ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(d) for d in ("f8", "f4", "i8", "u1", "?", ">i4", "c16", "U3")]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
TAGS = "tuple dict pairs set frozenset deque keys values items iterator named matrix range"
TAGS = f"{TAGS} complex fraction decimal int bytes".split()
KEYS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.complex_numbers()
    | st.fractions()
    | st.decimals(-1000, 1000, places=2)
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
RANGES = st.builds(range, st.integers(-99, 99), st.integers(-99, 99), st.integers(1, 9))
PLAIN = st.recursive(
    KEYS | RANGES,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.lists(inner).map(deque)
        | st.dictionaries(st.text(), inner)
        | st.dictionaries(KEYS, inner)
        | st.sets(KEYS)
    ),
    max_leaves=20,
)


def crossed(value):
    return decode(json.loads(json.dumps(encode(value))))


def told(value):
    """Return a value with its kinds as text. NaN is like NaN, and a set has no order."""
    kind = type(value).__name__
    if isinstance(value, dict):
        parts = [f"{told(key)}: {told(item)}" for key, item in value.items()]
    elif isinstance(value, set | frozenset):
        parts = sorted(map(told, value))
    elif isinstance(value, list | tuple | deque):
        parts = list(map(told, value))
    else:
        parts = [repr(value)]
    return f"{kind}({', '.join(parts)})"


@given(PLAIN)
def test_plain_values_cross_the_pipe_unchanged(value):
    assert told(crossed(value)) == told(value)


@given(ARRAYS)
def test_arrays_cross_the_pipe_unchanged(value):
    back = crossed(value)
    assert back.dtype.kind == value.dtype.kind
    assert back.shape == value.shape
    if value.dtype.kind != "U":
        assert back.dtype == value.dtype.newbyteorder("=")
    assert np.array_equal(back, value, equal_nan=value.dtype.kind in "fc")
    back[...] = 0  # writable, and not the bytes of the original


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
        | st.dictionaries(st.sampled_from(TAGS), inner, min_size=1, max_size=1)
        | st.fixed_dictionaries({"items of": inner, "dtype": inner, "shape": inner})
    ),
    max_leaves=12,
)


@given(JSON)
def test_anything_is_read_or_refused(coded):
    try:
        value = decode(coded)
    except ValueError:
        return
    encode(value)


def test_scalars_of_numpy_stay_what_they_are():
    assert type(decode(encode(np.float64(1.5)))) is np.float64
    assert type(decode(encode(np.int64(3)))) is np.int64


Pair = namedtuple("Pair", "w b")


class Number:
    def __float__(self):
        return 2.5


class Index:
    def __index__(self):
        return 3


class Sequence:
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return [1, 2][i]


class Vector:
    def __array__(self, dtype=None, copy=None):
        return np.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (OrderedDict(a=1), {"a": 1}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (UserDict(a=1), {"a": 1}),
        (UserList([1]), [1]),
        (Sequence(), [1, 2]),
        (Number(), 2.5),
        (Index(), 3),
        (bytearray(b"a"), b"a"),
        (np.str_("a"), "a"),
        (np.longdouble(1.5), 1.5),
        (Decimal("-Infinity"), Decimal("-Infinity")),
        (2**63, 2**63),
        (-(10**3000), -(10**3000)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_like_a_plain_value_crosses_as_one(value, back):
    came = crossed(value)
    assert came == back
    assert type(came) is type(back) or isinstance(came, np.generic)


@pytest.mark.parametrize(
    "value",
    [Vector(), array.array("d", [1, 2]), np.array([1.0, 2.0]).data, np.array([1.0, 2.0]).flat],
    ids=lambda value: type(value).__name__,
)
def test_what_is_like_an_array_crosses_as_one(value):
    assert type(crossed(value)) is np.ndarray
    assert crossed(value).tolist() == [1, 2]


@pytest.mark.parametrize(
    "make",
    [
        lambda: iter([1, 2]),
        lambda: (n for n in (1, 2)),
        lambda: map(int, "12"),
        lambda: filter(None, [0, 1, 2]),
        lambda: itertools.chain([1], [2]),
        lambda: (row[0] for row in zip([1, 2], [3, 4], strict=True)),
    ],
)
def test_an_iterator_stays_one(make):
    came = crossed(make())
    assert iter(came) is came
    assert next(came) == 1
    assert list(came) == [2]
    assert list(came) == []
    assert repr(came) == "<an iterator>"  # no place in the memory: the same row each time
    with pytest.raises(TypeError):
        len(came)


def test_the_views_of_a_dict_stay_ones():
    made = {1: "a", 2: "b"}
    for view in (made.keys(), made.values(), made.items()):
        assert type(crossed(view)) is type(view)
        assert list(crossed(view)) == list(view)
    assert crossed({1: [0]}.values()) is not None
    with pytest.raises(TypeError):
        crossed(made.values())[0]


def test_a_named_tuple_keeps_its_names():
    came = crossed(Pair(1, [2]))
    assert came == (1, [2])
    assert (came.w, came.b) == (1, [2])
    with pytest.raises(AttributeError, match="no 'c', only w, b"):
        operator.attrgetter("c")(came)


def test_a_named_tuple_has_no_say_in_what_numpy_sees():
    class Liar(tuple):
        __slots__ = ()
        _fields = ("shape", "__array_interface__")

    came = crossed(Liar(((7,), {})))
    assert type(came) is tuple
    assert len(came) == 2


def test_a_matrix_stays_one():
    came = crossed(np.ones((2, 2)).view(np.matrix))
    assert type(came) is np.matrix


@pytest.mark.parametrize("kind", [float, int, bool, complex, "float32", "uint8", object])
def test_a_masked_item_is_nan_and_hides_from_no_comparison(kind):
    came = crossed(np.ma.array(np.array([1, 2], kind), mask=[True, False]))
    assert type(came) is np.ndarray
    assert np.isnan(np.asarray(came, complex)).tolist() == [True, False]
    assert came[1] == np.array(2, kind)
    assert not np.allclose(np.asarray(came, complex), np.array([1, 2], kind).astype(complex))


def test_masks_of_every_size():
    assert np.isnan(crossed(np.ma.masked))
    assert np.isnan(crossed([1.0, np.ma.masked])[1])
    assert np.isnan(crossed(np.ma.masked_all((2, 3)))).all()
    whole = crossed(np.ma.array([1, 2], mask=False))
    assert type(whole) is np.ndarray
    assert whole.dtype == int
    assert whole.tolist() == [1, 2]
    assert crossed(np.ma.array(["a", "b"], mask=[False, True])).tolist()[0] == "a"
    with pytest.raises(NotPlain):
        encode(np.ma.masked_all(2, dtype=[("a", int)]))


def test_an_array_of_values_crosses():
    value = np.array([None, [1], "a", Fraction(1, 3)], object)
    assert crossed(value).tolist() == value.tolist()
    assert crossed(np.array("a")).shape == ()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (print, "a function"),
        (len.__call__, "a method-wrapper"),
        ([].append, "a function"),
        (lambda: 0, "a function"),
        (np.sin, "a function"),
        (dict, "a class"),
        (np, "a module"),
        (object(), "an object"),
        (np.random.default_rng(0), "a Generator"),
        (type("Mine", (), {"__module__": "__main__"})(), "an object of class Mine"),
        (np.array(["2020"], "M8[D]"), r"an array of dtype datetime64\[D\]"),
        (np.zeros(1, [("a", "f8")]), "an array of dtype"),
        (2**20_000, "a whole number of more than 13000 bits"),
        (range(10**9), "a range of more than 1000000 numbers"),
        (itertools.count(), "more than 1000000 values"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_values_do_not_cross(value, name):
    with pytest.raises(NotPlain, match=f"^{name}"):
        encode([value])


def test_a_value_within_itself_does_not_cross():
    value = []
    value.append(value)
    with pytest.raises(NotPlain, match="nested"):
        encode(value)


@pytest.mark.parametrize(
    "coded",
    [
        {"pickle": "gASV"},
        {"tuple": {"a": 1}},
        {"dict": [1]},
        {"tuple": [], "dict": {}},
        2**64,
        {"array": "AAAA", "dtype": "object", "shape": [1], "scalar": False},
        {"array": "AAAA", "dtype": "uint8", "shape": [4], "scalar": False},
        {"array": "AAAA", "dtype": "uint8", "shape": [-3], "scalar": False},
        {"array": "", "dtype": "uint8", "shape": [0, 10**12], "scalar": False},
        {"array": "????", "dtype": "uint8", "shape": [3], "scalar": False},
        {"array": "AAAA", "dtype": "uint8", "shape": [True, 3, "1"], "scalar": False},
        {"array": "AAAA", "dtype": ["uint8"], "shape": [3], "scalar": False},
        {"items of": [1], "dtype": "str", "shape": [1]},
        {"items of": [1], "dtype": "object", "shape": [2]},
        {"items of": ["a"], "dtype": "M8", "shape": [1]},
        {"items of": ["a" * 10_000, *[""] * 1000], "dtype": "str", "shape": [1001]},
        {"set": [[1]]},
        {"set": 1},
        {"set": list(range(MOST_KEYS + 1))},
        {"pairs": [[1]]},
        {"pairs": [1]},
        {"keys": [{"set": []}]},
        {"complex": [1, 2]},
        {"complex": [1.0]},
        {"fraction": [1, 0]},
        {"fraction": [0.5, 2]},
        {"decimal": "1E+999999"},
        {"decimal": "one"},
        {"int": "0x" + "f" * 4000},
        {"int": "__import__('os')"},
        {"range": [0, 10**9, 1]},
        {"range": [0, 9, 0]},
        {"range": [0, 9.0, 1]},
        {"named": [["a b"], [1]]},
        {"named": [["a", "b"], [1]]},
        {"matrix": [[1]]},
        {"matrix": None},
        {"masked": [[1], [True]]},
        {"masked": [encode(np.ones(1)), encode(np.ones(1, bool))]},
        {"named": [["__array_interface__"], [{"dict": {}}]]},
        {"named": [["shape"], [{"tuple": [2]}]]},
        {"bytes": "?"},
        {"iterator": {"a": 1}},
    ],
    ids=lambda coded: str(coded)[:40],
)
def test_what_encode_does_not_write_is_not_read(coded):
    with pytest.raises(ValueError, match=r"."):
        decode(coded)
