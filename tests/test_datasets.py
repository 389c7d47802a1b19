"""The data sets are the published ones, and a split loses nothing."""

import ast
import hashlib
import importlib
import json
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from work import lines_run

from dlzero import checks, datasets, surfaces
from dlzero.datasets import Dataset

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden" / "datasets.json").read_text("utf-8"))
TEXTS = json.loads((HERE / "golden" / "docstrings.json").read_text("utf-8"))
DATA = files("dlzero") / "data"
GATES = ["and", "or", "nand", "nor", "xor"]
LOADERS = {
    "iris": datasets.iris,
    "diabetes": datasets.diabetes,
    "digits": datasets.digits,
    "docstrings": datasets.docstrings,
    "salaries": datasets.salaries,
    **{gate: lambda gate=gate: datasets.logic(gate) for gate in GATES},
}
CLASS_SETS = ["iris", "digits", "docstrings", *GATES]
NUMBER_SETS = ["diabetes", "salaries"]


@pytest.fixture(params=LOADERS)
def load(request):
    return LOADERS[request.param]


def rows(X, y):
    """The examples as a sorted list: equal lists hold the same rows equally often."""
    return sorted(map(tuple, np.column_stack([X, y]).tolist()))


# What every set promises


def test_arrays_match_and_are_complete(load):
    data = load()
    assert data.X.dtype == np.float64
    assert data.X.shape == (len(data.y), len(data.feature_names))
    assert data.y.ndim == 1
    assert np.isfinite(data.X).all()
    assert np.isfinite(data.y).all()
    assert data.X.flags.c_contiguous
    assert len(set(data.feature_names)) == len(data.feature_names)


def test_unpacks_into_X_and_y(load):
    data = load()
    X, y = data
    assert X is data.X
    assert y is data.y


@pytest.mark.parametrize("name", CLASS_SETS)
def test_classes_are_whole_numbers_from_zero(name):
    data = LOADERS[name]()
    assert data.y.dtype == np.int64
    assert np.unique(data.y).tolist() == list(range(len(data.target_names)))
    assert len(set(data.target_names)) == len(data.target_names)


@pytest.mark.parametrize("name", NUMBER_SETS)
def test_numbers_to_predict_are_floats_without_class_names(name):
    data = LOADERS[name]()
    assert data.y.dtype == np.float64
    assert data.target_names == ()


def test_each_call_returns_fresh_arrays(load):
    X, y = load()
    kept_X, kept_y = X.copy(), y.copy()
    X += 1
    y += 1
    again = load()
    np.testing.assert_array_equal(again.X, kept_X)
    np.testing.assert_array_equal(again.y, kept_y)


def test_names_its_source_and_licence(load):
    data = load()
    assert min(map(len, (data.description, data.source, data.licence))) > 8


def test_a_data_set_is_equal_to_itself_alone():
    # Two with equal arrays are two, so that a data set may stand in a set.
    one, other = datasets.iris(), datasets.iris()
    assert one == one
    assert one != other
    assert len({one, other, one}) == 2


def test_fields_cannot_be_replaced(load):
    with pytest.raises(AttributeError):
        load().X = np.zeros((1, 1))


# The small tables


@pytest.mark.parametrize("gate", GATES)
def test_logic_is_the_truth_table(gate):
    rule = {
        "and": lambda a, b: a and b,
        "or": lambda a, b: a or b,
        "nand": lambda a, b: not (a and b),
        "nor": lambda a, b: not (a or b),
        "xor": lambda a, b: a != b,
    }[gate]
    X, y = datasets.logic(gate)
    assert X.tolist() == [[1, 1], [0, 0], [1, 0], [0, 1]]
    assert y.tolist() == [int(rule(a, b)) for a, b in X.tolist()]


def test_logic_and_has_the_labels_of_the_series():
    assert datasets.logic("and").y.tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("name", ["AND", "not", ""])
def test_logic_refuses_an_unknown_gate(name):
    with pytest.raises(ValueError, match=r"name must be one of 'and', 'or', .*'xor', got"):
        datasets.logic(name)


@pytest.mark.parametrize("name", [None, 3, ["and"]])
def test_logic_takes_a_text(name):
    with pytest.raises(TypeError, match=r"name must be one of 'and', 'or', .*'xor', got"):
        datasets.logic(name)


def test_salaries_are_those_of_the_series():
    data = datasets.salaries()
    assert data.X.tolist() == [[5], [3], [8], [1.4], [10.1]]
    assert data.y.tolist() == [5500, 2300, 7600, 1800, 11400]
    assert data.feature_names == ("experience (years)",)
    assert data.target == "salary (per month)"


# The published sets, against scikit-learn's copies


@pytest.mark.parametrize("name", ["iris", "diabetes", "digits"])
def test_equals_the_copy_of_scikit_learn_bit_for_bit(name):
    X, y = LOADERS[name]()
    golden = GOLDEN[name]
    assert list(X.shape) == golden["shape"]
    np.testing.assert_allclose(X.sum(axis=0), golden["column_sums"], rtol=1e-12)
    assert y.sum() == golden["y_sum"]
    assert hashlib.sha256(X.astype("<f8").tobytes()).hexdigest() == golden["X_sha256"]
    y_dtype = "<i8" if y.dtype == np.int64 else "<f8"
    assert hashlib.sha256(y.astype(y_dtype).tobytes()).hexdigest() == golden["y_sha256"]


def test_iris_has_the_values_of_fisher_not_of_the_uci_file():
    X, y = datasets.iris()
    assert X[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert X[37].tolist() == [4.9, 3.6, 1.4, 0.1]
    assert y[[34, 37]].tolist() == [0, 0]


def test_iris_columns_and_classes():
    data = datasets.iris()
    lengths = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    assert data.feature_names == lengths
    assert data.target_names == ("setosa", "versicolor", "virginica")
    assert data.y.tolist() == [0] * 50 + [1] * 50 + [2] * 50


def test_iris_keeps_its_one_pair_of_equal_flowers():
    X, _ = datasets.iris()
    assert len(np.unique(X, axis=0)) == 149
    assert X[101].tolist() == X[142].tolist() == [5.8, 2.7, 5.1, 1.9]


def test_petal_length_alone_tells_setosa_from_the_others():
    X, y = datasets.iris()
    petal_length = X[:, 2]
    assert petal_length[y == 0].max() < petal_length[y != 0].min()


def test_no_plane_separates_versicolor_from_virginica():
    """A mean of some flowers of one species equals a mean of some flowers of the other."""
    X, y = datasets.iris()
    common = GOLDEN["versicolor_meets_virginica"]
    versicolor, virginica = X[y == 1][common["first"]], X[y == 2][common["second"]]
    n = len(versicolor)
    sides = np.zeros((2, n + len(virginica)))
    sides[0, :n] = sides[1, n:] = 1
    equations = np.vstack([np.vstack([versicolor, -virginica]).T, sides])
    weights, *_ = np.linalg.lstsq(equations, np.array([0, 0, 0, 0, 1, 1]), rcond=None)
    assert (weights > 0.01).all()
    np.testing.assert_allclose(
        weights[:n] @ versicolor, weights[n:] @ virginica, rtol=0, atol=1e-12
    )


def test_diabetes_has_real_units():
    data = datasets.diabetes()
    column = dict(zip((name.split()[0] for name in data.feature_names), data.X.T, strict=True))
    assert list(column) == ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu"]
    assert (column["age"].min(), column["age"].max()) == (19, 79)
    assert (column["bmi"].min(), column["bmi"].max()) == (18.0, 42.2)
    assert np.unique(column["sex"], return_counts=True)[1].tolist() == [235, 207]
    assert (data.y.min(), data.y.max()) == (25, 346)
    triglycerides = np.exp(column["ltg"])
    ldl = column["tc"] - column["hdl"] - triglycerides / 5
    assert np.abs(ldl - column["ldl"]).max() < 0.5
    assert np.abs(triglycerides - np.round(triglycerides)).max() < 0.02
    assert np.abs(column["tc"] / column["hdl"] - column["tch"]).max() < 0.7


def test_diabetes_has_no_two_equal_rows():
    assert len(np.unique(datasets.diabetes().X, axis=0)) == 442


def test_digits_are_pictures_in_seventeen_greys():
    X, y = datasets.digits()
    assert np.unique(X).tolist() == list(range(17))
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    zero = X[y == 0].mean(axis=0).reshape(8, 8)
    assert zero[3:5, 3:5].max() < 3 < 8 < zero[3:5, 2].min()


def test_digits_names_follow_the_rows_of_the_picture():
    data = datasets.digits()
    assert data.feature_names[:2] == ("pixel (0, 0)", "pixel (0, 1)")
    assert data.feature_names[8] == "pixel (1, 0)"
    assert data.target_names == tuple("0123456789")


# The docstrings


@pytest.fixture(scope="module")
def counted():
    return datasets.docstrings()


@pytest.fixture
def maker(monkeypatch):
    monkeypatch.syspath_prepend(HERE.parent / "tools" / "make")
    return importlib.import_module("docstrings")


def test_docstrings_are_the_counts_that_were_made(counted):
    assert list(counted.X.shape) == TEXTS["shape"]
    assert np.bincount(counted.y).tolist() == TEXTS["rows_of_each_class"] == [700, 700]
    assert (counted.X.sum(), counted.X.max()) == (TEXTS["total"], TEXTS["largest"])
    found = hashlib.sha256(counted.X.astype("<f8").tobytes()).hexdigest()
    assert found == TEXTS["X_sha256"]
    words = " ".join(counted.feature_names).encode()
    assert hashlib.sha256(words).hexdigest() == TEXTS["words_sha256"]


def test_docstrings_take_no_unsigned_number_for_a_place(monkeypatch):
    """NumPy does not turn uint32 into an index of 32 bits: in a browser and in old Windows."""

    def repeat(values, times):
        if times.dtype.kind == "u":
            raise TypeError(f"Cannot cast array data from {times.dtype}")
        return np.array([v for v, k in zip(values, times, strict=True) for _ in range(k)])

    monkeypatch.setattr(np, "repeat", repeat)
    assert datasets.docstrings().X.shape == (1400, 1649)


def test_docstrings_are_sparse_whole_numbers(counted):
    X = counted.X
    assert np.count_nonzero(X) == TEXTS["entries"] < 0.02 * X.size
    np.testing.assert_array_equal(X, np.round(X))
    assert X.min() == 0
    texts_with = np.count_nonzero(X, axis=0)
    assert texts_with.min() == 3
    assert np.median(texts_with) <= 6
    assert np.count_nonzero(X, axis=1).min() >= 2


def test_docstrings_hold_no_word_that_gives_the_answer_away(counted, maker):
    words = set(counted.feature_names)
    assert not words & {"numpy", "np", "python", "ndarray", "array", "arrays", "random", "string"}
    # Later versions may have new modules; the names of that day are in the file's version.
    assert len(words & maker.giveaways()) <= 5
    assert list(counted.feature_names) == sorted(words)


@pytest.mark.parametrize("row", TEXTS["docstrings"])
def test_counting_a_docstring_gives_its_row_again(row, counted, maker):
    found = Counter(maker.words(TEXTS["docstrings"][row]["text"]))
    expected = [found[word] for word in counted.feature_names]
    assert counted.X[int(row)].tolist() == expected
    assert sum(expected) > 8
    by_hand = {"0": ("threads", 3), "700": ("points", 3)}[row]
    assert found[by_hand[0]] == by_hand[1]


def test_description_ends_at_the_first_heading(maker):
    text = """add(x1, x2)

    Sum two :func:`things`.

    .. versionadded:: 1.0
    >>> add(1, 2)
    3
    The sum is 1e5 or A-B.

    Parameters
    ----------
    x1 : number
    """
    assert maker.words(text) == ["sum", "two", "things", "the", "sum", "is", "or"]
    assert maker.words("Only text, with __dunder__ names.") == (
        ["only", "text", "with", "dunder", "names"]
    )


def test_maker_counts_rows_of_words(maker):
    rows = [("one", ("b", "a", "b")), ("two", ("b", "c")), ("three", ("b", "a")), ("four", ("a",))]
    assert maker.RAREST == 3
    vocabulary, indptr, indices, counts = maker.count(rows)
    assert vocabulary == ["a", "b"]
    assert (indptr, indices, counts) == ([0, 2, 3, 5, 6], [0, 1, 1, 0, 1, 0], [1, 2, 1, 1, 1, 1])


def test_docstrings_load_without_a_loop_over_the_texts():
    lines = lines_run(datasets.docstrings, datasets.__file__)
    assert 0 < lines < len(datasets.docstrings().y) / 10


def test_docstrings_can_be_told_apart_but_not_perfectly(counted):
    """A linear unit on word counts: good, and not trivial."""
    X_train, X_test, y_train, y_test = counted.split()
    sums = np.array([X_train[y_train == label].sum(axis=0) + 1 for label in (0, 1)])
    w = np.diff(np.log(sums / sums.sum(axis=1, keepdims=True)), axis=0)[0]  # naive Bayes
    accuracy = np.mean((X_test @ w > 0) == y_test)
    assert 0.8 < accuracy < 0.97


# split


@pytest.mark.parametrize("test_size", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("name", ["iris", "diabetes", "digits", "docstrings"])
def test_split_loses_and_repeats_no_row(name, test_size):
    X, y = data = LOADERS[name]()
    X_train, X_test, y_train, y_test = data.split(test_size)
    assert len(X_test) == len(y_test) == round(len(X) * test_size)
    both = rows(np.vstack([X_train, X_test]), np.concatenate([y_train, y_test]))
    assert both == rows(X, y)


@given(
    sizes=st.lists(st.integers(1, 30), min_size=2, max_size=6),
    test_size=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32),
    shuffle=st.randoms(use_true_random=False),
)
def test_split_gives_every_class_its_share(sizes, test_size, seed, shuffle):
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    shuffle.shuffle(labels)
    y, n = np.array(labels), len(labels)
    n_test = round(n * test_size)
    names = tuple(map(str, range(len(sizes))))
    data = Dataset("some", np.arange(n)[:, None] * 1.0, y, ("row",), "class", names)
    if not 0 < n_test < n:
        with pytest.raises(ValueError, match="at least one row in each part"):
            data.split(test_size, seed)
        return
    X_train, X_test, y_train, y_test = data.split(test_size, seed)
    train, test = X_train[:, 0].astype(int), X_test[:, 0].astype(int)
    assert sorted([*train, *test]) == list(range(n))
    assert y_train.tolist() == y[train].tolist()
    assert y_test.tolist() == y[test].tolist()
    assert len(test) == n_test
    shares = np.bincount(y_test, minlength=len(sizes))
    assert (np.abs(shares - np.array(sizes) * n_test / n) < 1).all()


def test_split_is_the_same_for_the_same_seed_only():
    data = datasets.diabetes()
    first, again, other = data.split(), data.split(random_state=0), data.split(random_state=1)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (first[3] != other[3]).any()
    assert (data.split(random_state=None)[3] != data.split(random_state=None)[3]).any()


def test_split_is_the_same_on_every_machine_and_numpy():
    """Values seen with NumPy 1.26.0 and 2.5.5."""
    _, X_test, _, y_test = datasets.iris().split()
    assert X_test.sum(axis=0).round(6).tolist() == [225.3, 116.4, 144.8, 46.2]
    assert y_test[:12].tolist() == [2, 1, 2, 0, 1, 1, 2, 2, 0, 2, 0, 1]
    assert datasets.diabetes().split()[3][:6].tolist() == [308, 122, 78, 172, 64, 236]


def test_split_accepts_a_generator():
    _, _, _, from_seed = datasets.diabetes().split(random_state=7)
    _, _, _, from_generator = datasets.diabetes().split(random_state=np.random.default_rng(7))
    np.testing.assert_array_equal(from_seed, from_generator)


def test_split_draws_every_row_equally_often():
    """In 400 splits a row is expected 104 or 96 times, with a standard deviation below 9."""
    data = datasets.iris()
    numbered = Dataset("n", np.arange(150.0)[:, None], data.y, ("row",), "y", data.target_names)
    times = np.zeros(150)
    for seed in range(400):
        times[numbered.split(random_state=seed)[1][:, 0].astype(int)] += 1
    assert times.sum() == 400 * 38
    assert 60 < times.min() < times.max() < 145


def test_both_parts_come_in_random_order():
    """Learning from rows in blocks of one class would be another algorithm."""
    _, _, y_train, y_test = datasets.iris().split()
    assert 50 < np.count_nonzero(np.diff(y_train)) < 100
    assert 15 < np.count_nonzero(np.diff(y_test)) < 37


def test_split_copies():
    data = datasets.salaries()
    for part in data.split(test_size=0.4):
        part[:] = -1
    assert data.X.min() > 0
    assert data.y.min() > 0


@pytest.mark.parametrize("test_size", [0, 1, 0.0, 1.0, -0.2, 1.5, 30])
def test_split_refuses_what_is_not_a_share(test_size):
    with pytest.raises(ValueError, match=r"test_size must be a share between 0 and 1.*, got"):
        datasets.iris().split(test_size=test_size)


@pytest.mark.parametrize(
    ("test_size", "error", "words"),
    [
        (True, TypeError, "a number, got True"),
        ("0.2", TypeError, "a number, got '0.2'"),
        (None, TypeError, "a number, got None"),
        (np.nan, ValueError, "finite, got nan"),
    ],
)
def test_split_refuses_a_share_that_is_no_number(test_size, error, words):
    with pytest.raises(error, match=f"test_size must be {words}. For a quarter"):
        datasets.iris().split(test_size=test_size)


@pytest.mark.parametrize(("test_size", "count"), [(0.01, 0), (0.99, 5)])
def test_split_refuses_an_empty_part(test_size, count):
    with pytest.raises(ValueError, match=f"puts {count} of the 5 rows into the test part"):
        datasets.salaries().split(test_size=test_size)


@pytest.mark.parametrize(
    ("random_state", "error"),
    [
        (-1, ValueError),
        (1.5, TypeError),
        ("0", TypeError),
        (True, TypeError),
        ([1, 2], TypeError),
    ],
)
def test_split_refuses_what_is_not_a_seed(random_state, error):
    with pytest.raises(error, match=r"random_state must .*, got .* Try random_state=0"):
        datasets.iris().split(random_state=random_state)


# classes


def test_classes_keeps_rows_and_renumbers_in_the_order_given():
    data = datasets.iris()
    pair = data.classes("virginica", "setosa")
    assert pair.target_names == ("virginica", "setosa")
    assert pair.y.dtype == np.int64
    np.testing.assert_array_equal(pair.X, data.X[data.y != 1])
    np.testing.assert_array_equal(pair.y, (data.y[data.y != 1] == 0).astype(int))
    assert pair.feature_names == data.feature_names
    assert pair.licence == data.licence


def test_classes_takes_names_and_labels_alike():
    by_name = datasets.digits().classes("3", "8")
    by_label = datasets.digits().classes(3, np.int64(8))
    np.testing.assert_array_equal(by_name.X, by_label.X)
    np.testing.assert_array_equal(by_name.y, by_label.y)
    assert np.bincount(by_name.y).tolist() == [183, 174]


def test_classes_leaves_its_data_set_alone():
    data = datasets.iris()
    pair = data.classes(1, 2)
    pair.X[:] = 0
    assert data.X.min() > 0
    assert data.y.tolist() == datasets.iris().y.tolist()
    assert len(data.target_names) == 3


def test_classes_can_be_split_and_chosen_again():
    three = datasets.digits().classes(7, 1, 4)
    one_seven = three.classes("1", "7")
    assert np.bincount(one_seven.y).tolist() == [182, 179]
    _, _, _, y_test = one_seven.split(test_size=0.5)
    assert np.bincount(y_test).tolist() in ([91, 89], [90, 90], [91, 90])


@pytest.mark.parametrize("wanted", [(0, 3), (-1, 0), ("rose", "setosa")])
def test_classes_refuses_an_unknown_class(wanted):
    with pytest.raises(ValueError, match="iris has no class"):
        datasets.iris().classes(*wanted)


@pytest.mark.parametrize("wanted", [(True, False), (0, 1.0), (None, 0), ((0, 1),)])
def test_classes_refuses_what_is_neither_a_name_nor_a_label(wanted):
    with pytest.raises(TypeError, match=r"a class must be a name .* or a label from 0 to 2, got"):
        datasets.iris().classes(*wanted)


@pytest.mark.parametrize("wanted", [(), (1,), (1, 1), (0, "setosa")])
def test_classes_refuses_fewer_than_two(wanted):
    with pytest.raises(ValueError, match="expected two or more different classes"):
        datasets.iris().classes(*wanted)


def test_classes_refuses_a_regression_set():
    with pytest.raises(ValueError, match="diabetes has no classes: its y is a number"):
        datasets.diabetes().classes(0, 1)


# The shipped files


def test_shipped_files_are_small_and_each_is_accounted_for():
    shipped = {path.name: path for path in DATA.iterdir() if path.is_file()}
    assert sum(len(path.read_bytes()) for path in shipped.values()) < 200_000
    readme = shipped.pop("README.md").read_text("utf-8")
    licence = shipped.pop("LICENSE.scikit-learn").read_text("utf-8")
    assert licence.startswith("BSD 3-Clause License")
    assert "NumPy Developers" in shipped.pop("LICENSE.numpy").read_text("utf-8")
    licence = shipped.pop("LICENSE.python").read_text("utf-8")
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in licence
    assert set(shipped) == {"iris.csv", "diabetes.csv", "digits.npz", "docstrings.npz"}
    for name in shipped:
        entry = readme.split(f"## {name}\n")[1].split("\n## ")[0]
        assert "- Source: " in entry
        assert "- Licence: " in entry


@pytest.mark.parametrize(
    ("module", "needs"),
    [
        (checks, {"numpy"}),
        (datasets, {"numpy", "dlzero.checks"}),
        (surfaces, {"numpy", "dlzero.checks"}),
    ],
)
def test_what_a_homework_may_use_needs_numpy_and_the_checks_alone(module, needs):
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = f"dlzero.{node.module}"
            modules.add(inside if node.level else node.module.split(".")[0])
    assert modules - sys.stdlib_module_names == needs
