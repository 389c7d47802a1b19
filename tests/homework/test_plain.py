"""Plain values cross as JSON and come back unchanged; nothing else does."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlzero.homework.plain import NotPlain, decode, encode

ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(d) for d in ("f8", "f4", "i8", "u1", "?", ">i4")]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_values_cross_the_pipe_unchanged(value):
    back = decode(json.loads(json.dumps(encode(value))))
    assert repr(back) == repr(value)


@given(ARRAYS)
def test_arrays_cross_the_pipe_unchanged(value):
    back = decode(json.loads(json.dumps(encode(value))))
    assert back.dtype == value.dtype.newbyteorder("=")
    assert np.array_equal(back, value, equal_nan=value.dtype.kind == "f")
    back[...] = 0  # writable, and not the bytes of the original


def test_scalars_of_numpy_stay_what_they_are():
    assert type(decode(encode(np.float64(1.5)))) is np.float64
    assert type(decode(encode(np.int64(3)))) is np.int64


@pytest.mark.parametrize(
    "value",
    [
        print,
        iter(()),
        {1, 2},
        1j,
        2**63,
        {1: 2},
        np.array(["a"]),
        np.array([1j]),
        np.array([None]),
        object(),
        type("Mine", (), {})(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_values_do_not_cross(value):
    with pytest.raises(NotPlain):
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
    ],
    ids=str,
)
def test_what_encode_does_not_write_is_not_read(coded):
    with pytest.raises(ValueError, match=r"."):
        decode(coded)
