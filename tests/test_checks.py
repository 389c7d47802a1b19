"""Bad input stops at the door, with what came, what was expected, and what to do."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest

from dlzero import LinearUnit, Perceptron
from dlzero.checks import (
    NotFittedError,
    _overlaps_itself,
    as_float,
    check_classes,
    check_two_classes,
    finite_rows,
    function,
    generator,
    number,
    out_of_domain,
    positive,
    real_array,
    rows,
    same_arrays,
    says_stop,
    short,
    shown,
    tolerance,
    whole,
)

X = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
y = np.array([1, 0, 0, 0])
NAN, INF = float("nan"), float("inf")


@pytest.fixture(params=[Perceptron, LinearUnit])
def Unit(request):
    return request.param


def refuses(call, *pieces, error=ValueError):
    """Check that the call stops with a message that holds every piece."""
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    for piece in pieces:
        assert piece in message, f"{piece!r} is not in {message!r}"


# X


class Sparse:
    """As much of a sparse matrix as can be seen without SciPy."""

    def toarray(self):
        return X


BAD_X = {
    "one dimension": ([1, 2, 3, 4], "shape (4,)", "expected two dimensions", "X.reshape(-1, 1)"),
    "three dimensions": (np.ones((4, 2, 1)), "shape (4, 2, 1)", "expected two", "reshape"),
    "one number": (5.0, "shape ()", "expected two dimensions", "reshape"),
    "no rows": (np.ones((0, 2)), "shape (0, 2)", "expected at least one", "Check how the data"),
    "no columns": (np.ones((4, 0)), "shape (4, 0)", "expected at least one", "Check how the data"),
    "empty list": ([], "shape (0,)", "expected at least one", "Check how the data"),
    "NaN": (
        [[1, 1], [0, NAN], [1, 0], [NAN, 1]],
        "2 NaN or infinite value(s), the first at index (1, 1)",
        "X must be finite",
        "Drop or fill",
    ),
    "inf": ([[1, 1], [0, 0], [-INF, 0], [0, 1]], "1 NaN", "(2, 0)", "X must be finite", "Drop"),
    "words": ([["a", "b"]] * 4, "dtype <U1", "X must be real numbers", "Encode text"),
    "numbers as text": ([["0.1", "2"]] * 4, "dtype <U3", "X must be real numbers", "Encode"),
    "complex": (X * 1j, "dtype complex128", "X must be real numbers", "a column each"),
    "objects": (
        [[1, None]] * 4,
        "X must be real numbers",
        "dtype object, with None at index (0, 1)",
        "Drop or fill",
    ),
    "mixed": (
        np.array([[1, "a"]] * 4, dtype=object),
        "with 'a' at index (0, 1)",
        "X must be real numbers",
        "Encode text",
    ),
    "dates": (X.astype("M8[D]"), "dtype datetime64[D]", "X must be real numbers", "Turn dates"),
    "sparse": (Sparse(), "X must be a dense array", "got a sparse one (Sparse)", "Try X.toarray()"),
    "masked": (
        np.ma.masked_equal(X, 0),
        "X must be complete",
        "got 4 masked value(s)",
        "Drop or fill",
    ),
    "too large": (
        [[10**400, 1]] * 4,
        "X must be finite",
        "4 NaN or infinite value(s), the first at index (0, 0)",
        "Drop or fill",
    ),
    "ragged": ([[1, 1], [0], [1, 0], [0, 1]], "X must have rows of one length", "got", "Check"),
    "more rows than y": (
        np.ones((5, 2)),
        "X has 5 samples and y has 4 values",
        "expected one value a sample",
        "Check that both",
    ),
}

WRONG_KIND = {"words", "numbers as text", "complex", "objects", "mixed", "dates", "sparse"}


@pytest.mark.parametrize("case", BAD_X)
def test_bad_X(Unit, case):
    bad, *pieces = BAD_X[case]
    error = TypeError if case in WRONG_KIND else ValueError
    refuses(lambda: Unit().fit(bad, y), *pieces, error=error)
    refuses(lambda: Unit().partial_fit(bad, y), *pieces, error=error)
    unit = Unit().fit(X, y)
    refuses(lambda: unit.partial_fit(bad, y), *pieces, error=error)
    refuses(lambda: unit.score(bad, y), *pieces, error=error)
    if case != "more rows than y":
        refuses(lambda: unit.predict(bad), *pieces, error=error)
        refuses(lambda: unit.decision_function(bad), *pieces, error=error)


@pytest.mark.parametrize("n_features", [1, 3])
def test_other_number_of_features(Unit, n_features):
    unit = Unit().fit(X, y)
    other = np.ones((4, n_features))
    for call in (
        lambda: unit.predict(other),
        lambda: unit.decision_function(other),
        lambda: unit.score(other, y),
        lambda: unit.partial_fit(other, y),
    ):
        refuses(call, f"X has {n_features} features", "fitted with 2", "Give it the same columns")


# y

BAD_Y = {
    "too few": ([1, 0, 0], "X has 4 samples and y has 3 values", "expected one", "Check that"),
    "too many": ([1, 0, 0, 0, 1], "X has 4 samples and y has 5", "expected one", "Check that"),
    "none": ([], "y has 0 values", "expected one value a sample", "Check that both"),
    "a column": (y.reshape(-1, 1), "y has shape (4, 1)", "expected one dimension", "y.ravel()"),
    "one number": (1, "y has shape ()", "expected one dimension", "y.ravel()"),
    "ragged": ([[1], [0, 1], [0], [1]], "y must have rows of one length", "got", "Check"),
    "NaN": ([1, 0, NAN, 0], "y ", "NaN or infinite", "Drop"),
    "inf": ([1, 0, INF, 0], "y ", "NaN or infinite", "Drop"),
    "masked": (np.ma.masked_equal(y, 1), "y must be complete", "got 1 masked", "Drop or fill"),
}


@pytest.mark.parametrize("case", BAD_Y)
def test_bad_y(Unit, case):
    bad, *pieces = BAD_Y[case]
    refuses(lambda: Unit().fit(X, bad), *pieces)
    refuses(lambda: Unit().partial_fit(X, bad), *pieces)
    unit = Unit().fit(X, y)
    refuses(lambda: unit.partial_fit(X, bad), *pieces)
    refuses(lambda: unit.score(X, bad), *pieces)


@pytest.mark.parametrize(
    ("bad", "came"),
    [
        ([0, 1, 2, 1], "y holds 3 different label(s) (0, 1, 2)"),
        ([1, 1, 1, 1], "y holds 1 different label(s) (1)"),
        ([0.5, 1.5, 2.5, 3.5], "y holds 4 different label(s) (0.5, 1.5, 2.5, 3.5)"),
        (["a", "b", "c", "a"], "y holds 3 different label(s) (a, b, c)"),
    ],
)
def test_not_two_classes(bad, came):
    refuses(lambda: Perceptron().fit(X, bad), came, "expected exactly two classes", "LinearUnit")


def test_many_classes_are_cut_short():
    call = lambda: Perceptron().fit(np.ones((9, 1)), range(9))  # noqa: E731
    refuses(call, "y holds 9 different label(s) (0, 1, 2, 3, 4, ...)")


def test_labels_without_an_order():
    bad = ["a", None, "a", "b"]
    refuses(lambda: Perceptron().fit(X, bad), "y mixes labels", "expected two classes", "Drop")


def test_other_labels_than_in_the_first_call():
    unit = Perceptron().fit(X, y)
    for bad, label in (([1, 0, 5, 0], "5"), (["no", "yes", "no", "no"], "no")):
        pieces = (f"y holds the label {label}", "the model knows 0 and 1", "Give it the labels")
        refuses(lambda bad=bad: unit.partial_fit(X, bad), *pieces)
        refuses(lambda bad=bad: unit.score(X, bad), *pieces)
    words = Perceptron().fit(X, ["1", "0", "0", "0"])
    refuses(lambda: words.score(X, y), "y holds the label 1", "the model knows 0 and 1")


def test_classes_of_partial_fit():
    one = (X[:1], y[:1])
    refuses(lambda: Perceptron().partial_fit(*one), "y holds 1 different label(s) (1)")
    refuses(
        lambda: Perceptron().partial_fit(*one, classes=[0, 1, 2]),
        "classes holds 3 different label(s) (0, 1, 2)",
        "expected exactly two",
    )
    refuses(lambda: Perceptron().partial_fit(*one, classes=[2, 3]), "y holds the label 1", "2 and")
    refuses(lambda: Perceptron().partial_fit(*one, classes=[0, NAN]), "classes holds NaN")


@pytest.mark.parametrize(
    ("bad", "came"),
    [
        (["a", "b", "a", "b"], "got ['a', 'b', 'a', 'b'] of dtype <U1. Encode text"),
        ([1, 0, 1j, 0], "of dtype complex128. Give the real and the imaginary part"),
        ([1, None, 0, 0], "of dtype object, with None at index (1,). Drop or fill"),
    ],
)
def test_a_number_is_expected_of_a_linear_unit(bad, came):
    pieces = (came, "y must be real numbers")
    refuses(lambda: LinearUnit().fit(X, bad), *pieces, error=TypeError)
    unit = LinearUnit().fit(X, y)
    refuses(lambda: unit.score(X, bad), *pieces, error=TypeError)
    refuses(lambda: unit.partial_fit(X, bad), *pieces, error=TypeError)


# Before fit


@pytest.mark.parametrize("ask", ["predict", "decision_function", "score"])
def test_asked_before_fit(Unit, ask):
    arguments = (X, y) if ask == "score" else (X,)
    call = lambda: getattr(Unit(), ask)(*arguments)  # noqa: E731
    pieces = (f"This {Unit.__name__} has not learned yet", "Call fit(X, y) first")
    refuses(call, *pieces, error=NotFittedError)
    refuses(call, *pieces, error=ValueError)
    refuses(call, *pieces, error=AttributeError)


@pytest.mark.parametrize("name", ["history_", "n_updates_"])
def test_looked_at_before_fit(Unit, name):
    refuses(lambda: getattr(Unit(), name), "has not learned yet", "Call", error=NotFittedError)
    assert not hasattr(Unit(), name)


# Hyper-parameters

BAD_PARAMS = {
    ("lr", ValueError): [0, -0.1, NAN, INF, -INF, 10**400],
    ("lr", TypeError): [True, "0.1", None, 1j, [0.1], np.array(0.1)],
    ("epochs", ValueError): [0, -3],
    ("epochs", TypeError): [2.5, 10.0, True, "10", None, NAN, np.float64(3)],
    ("shuffle", TypeError): [1, 0, "yes", None],
    ("random_state", ValueError): [-1],
    ("random_state", TypeError): [0.5, "seed", True, [1, 2], np.random, np.random.RandomState(0)],
}
EXPECTED = {
    ("lr", ValueError): ("lr must be ", "Try lr=0.1"),
    ("lr", TypeError): ("lr must be a number", "Try lr=0.1"),
    ("epochs", ValueError): ("epochs must be at least 1", "Try epochs=10"),
    ("epochs", TypeError): ("epochs must be a whole number", "Try epochs=10"),
    ("shuffle", TypeError): ("shuffle must be True or False", "Try shuffle=True"),
    ("random_state", ValueError): ("random_state must not be negative", "Try random_state=0"),
    ("random_state", TypeError): (
        "random_state must be None, a whole number or a numpy.random.Generator",
        "Try random_state=0",
    ),
}


@pytest.mark.parametrize(
    ("name", "error", "value"), [(*key, value) for key in BAD_PARAMS for value in BAD_PARAMS[key]]
)
def test_bad_hyper_parameter(Unit, name, error, value):
    pieces = (f"got {value!r}"[:100], *EXPECTED[name, error])
    refuses(lambda: Unit(**{name: value}), *pieces, error=error)
    unit = Unit()
    before = unit.get_params()
    refuses(lambda: unit.set_params(**{name: value}), *pieces, error=error)
    assert unit.get_params() == before
    setattr(unit, name, value)
    refuses(lambda: unit.fit(X, y), *pieces, error=error)
    fitted = Unit().fit(X, y)
    setattr(fitted, name, value)
    refuses(lambda: fitted.partial_fit(X, y), *pieces, error=error)


@pytest.mark.parametrize(
    "params",
    [
        {"lr": 1},
        {"lr": 1e-9},
        {"lr": np.float32(0.5)},
        {"lr": Fraction(1, 10)},
        {"epochs": 1},
        {"epochs": np.int64(3)},
        {"shuffle": np.True_},
        {"random_state": 0},
        {"random_state": np.int64(7)},
        {"random_state": np.random.default_rng(7), "shuffle": True},
    ],
)
def test_good_hyper_parameter(Unit, params):
    unit = Unit(**params).fit(X, y)
    assert unit.get_params() == {**Unit().get_params(), **params}
    assert np.isfinite(unit.history_).all()


def test_unknown_hyper_parameter(Unit):
    unit = Unit()
    pieces = ("Unknown hyper-parameter 'eta'", "lr, epochs, shuffle, random_state")
    refuses(lambda: unit.set_params(lr=0.5, eta=0.1), *pieces)
    assert unit.lr == 0.1
    refuses(lambda: Unit(eta=0.1), "unexpected keyword argument 'eta'", error=TypeError)


def test_set_params_takes_all_or_none(Unit):
    unit = Unit()
    refuses(lambda: unit.set_params(lr=0.5, epochs=0), "epochs must", "got 0")
    assert unit.lr == 0.1
    assert unit.set_params(lr=0.5, epochs=3) is unit
    assert (unit.lr, unit.epochs) == (0.5, 3)


# Copies


PARAMS = {"lr": 0.25, "epochs": 3, "shuffle": True, "random_state": 8}


def test_params_make_the_same_unit_again(Unit):
    unit = Unit(**PARAMS).fit(X, y)
    assert unit.get_params() == unit.get_params(deep=False) == PARAMS
    # What scikit-learn's clone does: a new, unfitted unit that holds the very same values.
    clone = type(unit)(**unit.get_params())
    assert all(getattr(clone, name) is getattr(unit, name) for name in PARAMS)
    assert not hasattr(clone, "coef_")
    assert np.array_equal(clone.fit(X, y).history_, unit.history_)
    assert Unit().set_params(**PARAMS).get_params() == PARAMS


def test_repr_makes_the_same_unit_again(Unit):
    unit = Unit(**PARAMS)
    name = Unit.__name__
    assert repr(unit) == f"{name}(lr=0.25, epochs=3, shuffle=True, random_state=8)"
    assert eval(repr(unit), {name: Unit}).get_params() == PARAMS


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda unit: pickle.loads(pickle.dumps(unit))]
)
def test_a_copy_goes_its_own_way(Unit, duplicate):
    unit = Unit(shuffle=True, random_state=1).fit(X, y)
    twin = duplicate(unit)
    assert np.array_equal(twin.predict(X), unit.predict(X))
    twin.partial_fit(X, 1 - y)
    assert len(unit.history_) <= len(twin.history_)
    assert np.array_equal(unit.history_, Unit(shuffle=True, random_state=1).fit(X, y).history_)


# Inputs are never changed


def locked(array):
    array.flags.writeable = False
    return array


FORMS = {
    "list": X.tolist(),
    "tuple": tuple(map(tuple, X.tolist())),
    "int": X.astype(int),
    "uint8": X.astype(np.uint8),
    "bool": X.astype(bool),
    "float32": X.astype(np.float32),
    "float64": X.copy(),
    "read-only": locked(X.copy()),
    "by columns": np.asfortranarray(X),
    "every other": np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::2],
    "backwards": X[::-1].copy()[::-1],
    "other byte order": X.astype(">f8"),
}


@pytest.mark.parametrize("form", FORMS)
def test_inputs_are_never_changed(Unit, form):
    given_X, given_y = FORMS[form], locked(y.copy())
    kept = copy.deepcopy(given_X)
    unit = Unit(shuffle=True, random_state=0).fit(given_X, given_y)
    unit.partial_fit(given_X, given_y)
    unit.predict(given_X)
    unit.score(given_X, given_y)
    assert type(given_X) is type(kept)
    assert np.array_equal(given_X, kept)
    assert np.array_equal(given_y, y)
    plain = Unit(shuffle=True, random_state=0).fit(X, y).partial_fit(X, y)
    assert np.array_equal(unit.history_, plain.history_)


def test_a_unit_keeps_no_view_of_its_inputs(Unit):
    own_X, own_y = X.copy(), y.copy()
    unit = Unit().fit(own_X, own_y)
    before = unit.predict(X)
    own_X[:], own_y[:] = 99, 7
    assert np.array_equal(unit.predict(X), before)


def test_a_refused_fit_leaves_the_last_one(Unit):
    unit = Unit().fit(X, y)
    before, steps = copy.deepcopy(vars(unit)), unit.history_
    for bad_X, bad_y in ((X * NAN, y), (X, y[:2]), (X, y * NAN)):
        refuses(lambda bad_X=bad_X, bad_y=bad_y: unit.fit(bad_X, bad_y))
        refuses(lambda bad_X=bad_X, bad_y=bad_y: unit.partial_fit(bad_X, bad_y))
    after = vars(unit)
    assert after.keys() == before.keys()
    for name in before.keys() - {"_rng", "_history"}:
        assert np.array_equal(after[name], before[name])
    assert np.array_equal(unit.history_, steps)


def test_huge_features_overflow_a_perceptron():
    unit = Perceptron(lr=10, epochs=3)
    refuses(
        lambda: unit.fit([[1e308], [-1e308]], [1, 0]),
        "The weights overflowed with lr=10",
        "expected finite numbers",
        "smaller lr, or standardise",
        error=FloatingPointError,
    )


# doors that many modules share


def test_what_a_message_shows_is_short():
    assert shown("x" * 118) == repr("x" * 118)
    assert shown("x" * 119) == "'" + "x" * 116 + "..."
    assert len(shown("x" * 119)) == 120
    assert shown(10**5000).startswith("a whole number of 16610 bits")


@pytest.mark.parametrize(("classes", "said"), [(5, "0, 1, 2, 3, 4)"), (6, "0, 1, 2, 3, 4, ...)")])
def test_five_labels_are_named(classes, said):
    labels = np.arange(classes)
    refuses(lambda: check_two_classes(labels, classes), f"{classes} different label(s) ({said};")


@pytest.mark.parametrize(
    ("strides", "shape", "overlaps"),
    [
        ((8,), (4,), False),
        ((-8,), (4,), False),
        ((16,), (4,), False),
        ((32, 8), (4, 4), False),
        ((8, 32), (4, 4), False),
        ((24, 8), (4, 4), True),
        ((8, 8), (2, 2), True),
        ((0, 8), (2, 4), True),
        ((0, 8), (1, 4), False),
        ((0, 8), (2, 0), False),
        ((4,), (2,), True),
    ],
)
def test_elements_that_share_memory(strides, shape, overlaps):
    strided = np.lib.stride_tricks.as_strided
    base = np.zeros(64)
    p = strided(base[32:], shape, strides) if strides[0] < 0 else strided(base, shape, strides)
    assert _overlaps_itself(p) == overlaps


def test_arrays_are_the_same_where_they_lie_in_the_same_place():
    a, b = np.zeros((2, 3)), np.zeros((2, 3))
    assert same_arrays([a, b], [a, b])
    assert same_arrays([a], [a[:]])
    assert not same_arrays([a, b], [b, a])
    assert not same_arrays([a], [a, b])
    assert not same_arrays([a], [a[:1]])
    assert not same_arrays([a], [a.T])
    assert not same_arrays([a], [a.copy()])


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (ZeroDivisionError("division by zero"), True),
        (OverflowError(), True),
        (np.linalg.LinAlgError("singular"), True),
        (ValueError("math domain error"), True),
        (ValueError("expected a positive input, got 0.0"), True),
        (ValueError("no math domain error"), False),
        (UnicodeError("math domain error"), False),
        (TypeError("math domain error"), False),
    ],
)
def test_errors_of_arithmetic_are_known_by_kind_or_words(error, known):
    assert out_of_domain(error) == known


@pytest.mark.parametrize(
    ("value", "float_"),
    [(3, 3.0), (Fraction(1, 4), 0.25), (10**400, INF), (-(10**400), -INF), (2.5, 2.5)],
)
def test_any_real_number_as_a_float(value, float_):
    assert as_float(value) == float_


def test_the_ends_of_what_a_number_may_be():
    assert number("a", 0, least=0) == 0.0
    refuses(lambda: number("a", -1e-300, least=0), "a must be zero or more, got -1e-300")
    refuses(lambda: number("a", 0.5, least=1), "a must be at least 1, got 0.5")
    assert number("a", 1, least=1) == 1.0
    assert number("a", -1e308) == -1e308
    assert positive("a", 1e-300) == 1e-300
    refuses(lambda: positive("a", 0), "a must be positive, got 0")
    refuses(lambda: positive("a", INF), "a must be finite, got inf")
    assert positive("a", INF, infinite=True) == INF
    refuses(lambda: positive("a", -INF, infinite=True), "a must be finite, got -inf")
    assert tolerance("a", INF) == INF
    assert tolerance("a", 0) == 0.0
    for bad in (-1e-300, NAN):
        refuses(lambda bad=bad: tolerance("a", bad), "a must be zero or more, got")
    assert whole("a", 1) == 1
    assert whole("a", 0, least=0) == 0
    refuses(lambda: whole("a", 0), "a must be at least 1, got 0")
    assert short(np.longdouble(0.5)) == 0.5
    assert type(short(np.longdouble(0.5))) is float
    assert type(short(np.float32(0.5))) is np.float32


@pytest.mark.parametrize("values", [np.ones((2, 2)), np.ones((2, 2), object), [[1, 2], [3, 4]]])
@pytest.mark.parametrize("name", ["X", "y"])
def test_rows_of_data_are_read_only(name, values):
    found = finite_rows(name, values)
    assert not found.flags.writeable
    assert not isinstance(values, np.ndarray) or values.flags.writeable


def test_seeds_are_whole_and_not_negative():
    assert generator(0).random() == np.random.default_rng(0).random()
    rng = np.random.default_rng(3)
    assert generator(rng) is rng
    refuses(lambda: generator(-1), "random_state must not be negative, got -1")


def test_only_true_says_stop():
    assert says_stop(True)
    assert says_stop(np.True_)
    assert not any(map(says_stop, (False, np.False_, 1, 1.0, "stop", [True], np.ones(1, bool))))


def test_labels_are_compared_as_what_they_are():
    kinds = {
        "b": [True, False, True],
        "i": [1, 0, 1],
        "f": [1.5, 0, 1.5],
        "O": ["b", "a", "b"],
    }
    for kind, some in kinds.items():
        found, t = check_two_classes(np.array(some, dtype=object), 3)
        assert t.tolist() == [1.0, 0.0, 1.0]
        assert found.tolist() == sorted(set(some))
        assert found.dtype.kind == kind


def test_classes_are_numbered_from_zero():
    assert check_classes([0, 2, 1.0], 3, 3).tolist() == [0, 2, 1]
    for bad in (-1, 3, 0.5):
        said = f"y holds the label {bad:g}; expected whole numbers from 0 to 2. Number the classes"
        refuses(lambda bad=bad: check_classes([0, bad], 2, 3), said)


@pytest.mark.parametrize(
    ("values", "end"),
    [
        (["a", "b"], "dtype <U1. Encode text as numbers first, one column for each category."),
        ([b"a", b"b"], "dtype |S1. Encode text as numbers first, one column for each category."),
        (np.array([1], "m8[s]"), "dtype timedelta64[s]. Divide by a unit of time first, such as "),
        # one text has no columns, and nothing is known of other kinds
        ("a", "got 'a' of dtype <U1"),
        ([True, False], "got [True, False] of dtype bool"),
        (np.zeros(1, "V4"), "of dtype |V4"),
    ],
)
def test_what_to_do_is_told_where_it_is_known(values, end):
    with pytest.raises(TypeError) as caught:
        real_array("a", values)
    assert str(caught.value).removesuffix("one day.").endswith(end)


def test_the_first_wrong_value_is_named():
    refuses(lambda: check_classes([0, 7, 1, 9], 4, 3), "y holds the label 7; ")
    two = np.array([0, 1])
    refuses(lambda: check_two_classes([0, 7, 1, 9], 4, two), "y holds the label 7; ")
    refuses(lambda: real_array("a", [[1.0, NAN], [INF, 1.0]]), "got 2 NaN", "at index (0, 1)")


def test_one_value_alone_is_shown_and_of_more_the_place_is_told():
    refuses(lambda: real_array("a", NAN), "a must be finite, got nan")
    refuses(lambda: real_array("a", [[INF]]), "a must be finite, got [[inf]]")
    refuses(lambda: real_array("a", [0.0, NAN]), "got 1 NaN or infinite value(s), the first at ind")


def test_no_function_at_all_is_let_in_where_it_is_optional():
    refuses(lambda: function("f", None), "f must be a function, got None", error=TypeError)
    assert function("f", None, optional=True) is None
    assert function("f", print) is function("f", print, optional=True) is print
    refuses(lambda: function("f", 0, optional=True), "f must be a function", error=TypeError)


@pytest.mark.parametrize(
    ("name", "values", "advice"),
    [
        ("a", {1: 2.0}, "Give its values in the order you mean."),
        ("a", {1.0, 2.0}, "Give its values in the order you mean."),
        ("a", map(float, "12"), "Try list(a)."),
        ("the path", map(float, "12"), "Make a list of it."),
    ],
)
def test_what_has_no_order_or_no_length_is_no_array(name, values, advice):
    pieces = (f"{name} must be an array or a list, got ", advice)
    refuses(lambda: real_array(name, values), *pieces, error=TypeError)


def test_of_sparse_values_there_is_a_dense_form():
    refuses(lambda: real_array("a", Sparse()), "Try a.toarray().", error=TypeError)
    refuses(lambda: real_array("the path", Sparse()), "Its toarray() is one.", error=TypeError)


def test_one_row_is_data_and_none_is_not():
    assert rows("X", [[3.0, 4.0]]).tolist() == [[3.0, 4.0]]
    assert rows("y", ["one"]).tolist() == ["one"]
    refuses(lambda: rows("y", []), "y is empty")
    refuses(lambda: rows("X", np.ones((0, 2))), "X is empty")
    refuses(lambda: rows("X", 3.0), "X needs at least one axis, one row an example, got 3.0")


def test_only_x_has_to_be_numbers_and_keeps_their_kind():
    words = np.array(["a", "b"], dtype=object)
    assert finite_rows("y", words).tolist() == ["a", "b"]
    refuses(lambda: finite_rows("X", words), "X must be real numbers, got", error=TypeError)
    refuses(lambda: finite_rows("X", ["a"]), "X must be numbers, got <U1. Enc", error=TypeError)
    assert finite_rows("X", np.array([[1, 2]], np.uint8)).dtype == np.uint8
    assert finite_rows("X", np.array([[1, True]], object)).dtype == float
