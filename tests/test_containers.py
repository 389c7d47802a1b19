"""The same data in any container and dtype give the same result, or one clear error.

Never another number: what a mask hides is no data, an object is no text, a matrix is no row, and
a sparse or an unordered thing is not guessed at.
"""

import fractions
import importlib.util
import tempfile
import warnings

import numpy as np
import pytest
import scipy.sparse
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlzero import (
    EarlyStopping,
    LinearUnit,
    Network,
    Optimizer,
    Perceptron,
    Rule,
    batches,
    check_gradient,
    datasets,
    dropout_mask,
    gradient_descent,
    minimize,
    models,
    numerical_gradient,
    shift_pictures,
    soft_threshold,
    train,
)
from dlzero.models import LinearRegression, LogisticRegression, SoftmaxRegression
from dlzero.practice import FunctionProblem, ModelProblem

ROWS = 6
PLAIN_X = np.array([[0.5, 1.0], [-1.0, 2.0], [0.0, 0.25], [1.0, 1.0], [-2.0, 0.0], [0.0, -1.5]])
PLAIN_y = np.array([1, 0, 0, 1, 0, 1])


class Tensor:
    """As much of a tensor as NumPy asks for."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype)

    def __len__(self):
        return len(self.array)

    def size(self):  # a function, as in PyTorch, and not a number
        return self.array.shape


class Nullable(Tensor):
    """As much of a table with nullable columns: NumPy sees objects."""

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array.astype(object), dtype)


def as_dtype(name):
    def convert(a):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = a.astype(name)
        return made if np.array_equal(made.astype(float), a) else None

    return convert


def on_disk(a):
    with tempfile.TemporaryFile() as file:
        made = np.memmap(file, a.dtype, "w+", shape=a.shape)
    made[...] = a
    return made


def matrix(a):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix(a) if a.ndim == 2 else None


def strided(a):
    wide = np.full(tuple(2 * n for n in a.shape), 99, a.dtype)
    part = wide[tuple(slice(None, None, 2) for _ in a.shape)]
    part[...] = a
    return part


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def mixed(a):
    """Numbers of several kinds, as objects: what a table of whole and real columns gives."""
    kinds = (float, fractions.Fraction, np.float32, np.longdouble)
    made = np.empty(a.shape, object)
    for i, value in enumerate(a.flat):
        value = value.item()
        whole = int(value) if value == int(value) else value
        made.flat[i] = (whole, *(kind(value) for kind in kinds))[i % 5]
    return made


def tuples(a):
    return tuple(map(tuples, a)) if a.ndim else a.item()


TAKEN = {
    "list": np.ndarray.tolist,
    "tuple": tuples,
    "list of arrays": list,
    "tuple of tensors": lambda a: tuple(Tensor(row) for row in a) if a.ndim > 1 else None,
    "order F": np.asfortranarray,
    "backwards": lambda a: a[::-1].copy()[::-1],
    "strided": strided,
    "read-only": read_only,
    "memory map": on_disk,
    "objects": lambda a: a.astype(object),
    "objects of several kinds": mixed,
    "matrix": matrix,
    "masked array without a mask": np.ma.array,
    "masked array, nothing masked": lambda a: np.ma.array(a, mask=np.zeros(a.shape, bool)),
    "tensor": Tensor,
    "nullable": Nullable,
    **{name: as_dtype(name) for name in ("f2", "f4", "f8", "g", ">f8", ">f4", "<f8")},
    **{name: as_dtype(name) for name in ("i1", "i4", "i8", "u1", "u8", ">i4")},
}


def masked(a):
    return np.ma.array(a, mask=np.arange(a.size).reshape(a.shape) == a.size - 1)


def with_missing(value):
    def make(a):
        a = a.astype(object)
        a.flat[-1] = value
        return a

    return make


REFUSED = {
    "masked": (ValueError, masked),
    "list of masked rows": (ValueError, lambda a: [*a[:-1], masked(a[-1:])[0]]),
    "sparse array": (TypeError, lambda a: scipy.sparse.csr_array(np.atleast_2d(a))),
    "sparse matrix": (TypeError, lambda a: scipy.sparse.coo_matrix(np.atleast_2d(a))),
    "generator": (TypeError, lambda a: (row for row in a)),
    "map": (TypeError, lambda a: map(float, a.flat)),
    "set": (TypeError, lambda a: set(a.flat)),
    "dict": (TypeError, lambda a: dict(enumerate(a.tolist()))),
}
WRONG_NUMBERS = {
    "None": (TypeError, with_missing(None)),
    "text among objects": (TypeError, with_missing("a")),
    "text": (TypeError, lambda a: a.astype(str)),
    "complex": (TypeError, lambda a: a + 0j),
    "complex among objects": (TypeError, with_missing(1 + 2j)),
}

if importlib.util.find_spec("pandas"):  # not among the packages of the tests
    import pandas as pd

    def frame(a, **how):
        kind = pd.DataFrame if a.ndim == 2 else pd.Series
        return kind(a, **how) if a.ndim in (1, 2) else None

    def of_the_frame(change):
        return lambda a: None if frame(a) is None else change(frame(a))

    TAKEN |= {
        "frame": frame,
        "frame of nullable columns": of_the_frame(lambda t: t.convert_dtypes()),
        "frame of objects": of_the_frame(lambda t: t.astype(object)),
        "frame of another index": of_the_frame(lambda t: t.set_axis([*range(len(t))][::-1])),
        "frame of sparse columns": of_the_frame(
            lambda t: t.astype(pd.SparseDtype(float, fill_value=0.0))
        ),
    }
    WRONG_NUMBERS["NA"] = (TypeError, with_missing(pd.NA))


def unit(kind, X=PLAIN_X, y=PLAIN_y, **how):
    return kind(lr=0.1, epochs=3, **how).fit(X, y)


def learned(unit):
    return unit.history_, unit.coef_, unit.intercept_, unit.n_updates_


def network(loss="cross-entropy"):
    return Network((2, 3, 2 if loss == "cross-entropy" else 1), loss=loss, random_state=0)


def trained(X, y, model=LinearRegression):
    model = model(2)
    history = train(model, X, y, epochs=3, batch_size=4, random_state=0)
    return history.loss, model.params


def softmax_model(n):
    return SoftmaxRegression(n, 2)


def dealt(X, y):
    return [part.astype(float) for pair in batches(X, y, 4, random_state=0) for part in pair]


def stopped(X, y):
    return EarlyStopping(X, y).loss(LogisticRegression(2))


def run(X, y):
    problem = ModelProblem("line", lambda seed: LogisticRegression(2), (X, X, y, y), batch_size=3)
    outcome = problem.run(Rule(gradient_descent), 0, 4, 3)
    return outcome.curve, outcome.validation


def a_set(X, y):
    made = datasets.Dataset("mine", X, y, ("a", "b"), "c")
    return made.X, made.y.astype(float), [part.astype(float) for part in made.split(0.3)]


def stepped(g):
    w = np.zeros((ROWS, 2))
    Optimizer(gradient_descent, lr=0.5).step(w, g)
    return w


#: Doors for a table of numbers.
TABLES = {
    "Perceptron.fit": lambda X: learned(unit(Perceptron, X)),
    "Perceptron.partial_fit": lambda X: learned(unit(Perceptron).partial_fit(X, PLAIN_y)),
    "Perceptron.predict": lambda X: unit(Perceptron).predict(X),
    "Perceptron.score": lambda X: unit(Perceptron).score(X, PLAIN_y),
    "LinearUnit.fit": lambda X: (learned(unit(LinearUnit, X)), unit(LinearUnit, X).loss_),
    "LinearUnit.decision_function": lambda X: unit(LinearUnit).decision_function(X),
    "LinearUnit.score": lambda X: unit(LinearUnit).score(X, PLAIN_y),
    "smote": lambda X: models.smote(X, 4, k=2, random_state=0),
    "shift_pictures": lambda X: shift_pictures(X, 0, 1, width=2),
    "train": lambda X: trained(X, PLAIN_y),
    "batches": lambda X: dealt(X, PLAIN_y),
    "EarlyStopping": lambda X: stopped(X, PLAIN_y),
    "ModelProblem": lambda X: run(X, PLAIN_y),
    "Dataset": lambda X: a_set(X, PLAIN_y),
}
for kind in (LinearRegression, LogisticRegression, softmax_model):
    for name in ("loss_and_grad", "score"):
        TABLES[f"{kind.__name__}.{name}"] = lambda X, kind=kind, name=name: getattr(kind(2), name)(
            X, PLAIN_y
        )
    TABLES[f"{kind.__name__}.predict"] = lambda X, kind=kind: kind(2).predict(X)
for name in ("loss_and_grad", "mean_loss", "score"):
    TABLES[f"Network.{name}"] = lambda X, name=name: getattr(network(), name)(X, PLAIN_y)
TABLES["Network.predict_proba"] = lambda X: network().predict_proba(X)

#: Doors for the classes 0 and 1, one for each row.
CLASSES = {
    "Perceptron.fit": lambda y: learned(unit(Perceptron, y=y)),
    "Perceptron.score": lambda y: unit(Perceptron).score(PLAIN_X, y),
    "LogisticRegression.loss_and_grad": lambda y: LogisticRegression(2).loss_and_grad(PLAIN_X, y),
    "SoftmaxRegression.loss_and_grad": lambda y: softmax_model(2).loss_and_grad(PLAIN_X, y),
    "SoftmaxRegression.score": lambda y: softmax_model(2).score(PLAIN_X, y),
    "Network.loss_and_grad": lambda y: network().loss_and_grad(PLAIN_X, y),
    "logistic_loss": lambda y: models.logistic_loss(PLAIN_X[:, 0], y),
    "hinge_loss": lambda y: models.hinge_loss(PLAIN_X[:, 0], y),
    "focal_loss": lambda y: models.focal_loss(PLAIN_X[:, 0], y),
    "cross_entropy": lambda y: models.cross_entropy(PLAIN_X, y),
    "class_weights": lambda y: models.class_weights(y, 2),
    "precision_recall.y": lambda y: models.precision_recall(y, PLAIN_y),
    "precision_recall.answers": lambda y: models.precision_recall(PLAIN_y, y),
    "accuracy.y": lambda y: models.accuracy(y, PLAIN_y, 2),
    "accuracy.answers": lambda y: models.accuracy(PLAIN_y, y, 2),
    "train": lambda y: trained(PLAIN_X, y, LogisticRegression),
    "EarlyStopping": lambda y: stopped(PLAIN_X, y),
    "ModelProblem": lambda y: run(PLAIN_X, y),
    "Dataset": lambda y: a_set(PLAIN_X, y),
}

#: Doors for one number for each row.
NUMBERS = {
    "LinearUnit.fit": lambda y: learned(unit(LinearUnit, y=y)),
    "LinearUnit.score": lambda y: unit(LinearUnit).score(PLAIN_X, y),
    "LinearRegression.loss_and_grad": lambda y: LinearRegression(2).loss_and_grad(PLAIN_X, y),
    "Network, squared error": lambda y: network("squared error").loss_and_grad(PLAIN_X, y),
    "Network.score": lambda y: network("squared error").score(PLAIN_X, y),
    "r_squared.y": lambda y: models.r_squared(y, PLAIN_X[:, 0]),
    "r_squared.answers": lambda y: models.r_squared(PLAIN_X[:, 0], y),
    "sigmoid": models.sigmoid,
    "softmax": models.softmax,
    "log_softmax": models.log_softmax,
    "logistic_loss.z": lambda z: models.logistic_loss(z, PLAIN_y),
    "hinge_loss.z": lambda z: models.hinge_loss(z, PLAIN_y),
    "focal_loss.z": lambda z: models.focal_loss(z, PLAIN_y),
    "soft_threshold": lambda w: soft_threshold(w, 0.25),
    "minimize.x0": lambda x: minimize(bowl, x, jac=lambda x: 2 * x, steps=3).path,
    "numerical_gradient": lambda x: numerical_gradient(bowl, x),
    "check_gradient": lambda x: check_gradient(bowl, lambda x: 3 * x, x),
    "FunctionProblem.start": lambda x: FunctionProblem("b", bowl, lambda x: 2 * x, x).start,
}
#: Doors for a table that may also be of another shape.
GRIDS = {
    "r_squared.y, several": lambda y: models.r_squared(y, PLAIN_X),
    "r_squared.answers, several": lambda y: models.r_squared(PLAIN_X, y),
    "cross_entropy.z": lambda z: models.cross_entropy(z, PLAIN_y),
    "softmax": models.softmax,
    "Optimizer.step, the gradient": stepped,
}
OBJECTS = (
    *("objects", "objects of several kinds", "nullable"),
    *("frame of objects", "frame of nullable columns"),
)
#: Doors that only deal out what came: objects stay objects, text stays text.
AS_IT_IS = ("batches", "Optimizer.step, the gradient")


def bowl(x):
    return float(np.sum(np.square(x)))


def plain(result):
    """Take a result apart; what is in it must be plain arrays of float64 or of whole numbers."""
    if isinstance(result, tuple | list):
        return [plain(part) for part in result]
    if isinstance(result, np.ndarray):
        assert type(result) is np.ndarray
        assert result.dtype in (np.float64, np.int64)
        return result.tolist()
    assert isinstance(result, float | int), type(result)
    return float(result)


QUARTERS, SMALL = st.integers(-6, 6).map(lambda k: k / 4), st.integers(0, 3).map(float)


def arrays(*shape):
    size = int(np.prod(shape))
    values = st.one_of(*(st.lists(e, min_size=size, max_size=size) for e in (QUARTERS, SMALL)))
    return values.map(lambda values: np.array(values).reshape(shape))


DATA = {
    "table": (TABLES, arrays(ROWS, 2)),
    "numbers": (NUMBERS, arrays(ROWS)),
    "grid": (GRIDS, arrays(ROWS, 2)),
    "classes": (
        CLASSES,
        st.permutations([0, 0, 0, 1, 1, 1]).map(np.array),
    ),
}
every_door = pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, (doors, _) in DATA.items() for name in doors]
)


@every_door
@settings(max_examples=2 * len(TAKEN))
@given(data=st.data())
def test_the_container_makes_no_difference(kind, name, data):
    doors, values = DATA[kind]
    form, array = data.draw(st.sampled_from(sorted(TAKEN))), data.draw(values)
    same = TAKEN[form](array)
    assume(same is not None and not (name in AS_IT_IS and form in OBJECTS))
    assert_same(doors[name], array, same)


def assert_same(door, array, same):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_equal(plain(door(same)), plain(door(np.asarray(array, dtype=float))))


@every_door
@pytest.mark.parametrize("form", REFUSED | WRONG_NUMBERS)
def test_what_is_no_data_is_refused(kind, name, form):
    doors, _ = DATA[kind]
    error, make = (REFUSED | WRONG_NUMBERS)[form]
    array = {"table": PLAIN_X, "grid": PLAIN_X, "numbers": PLAIN_X[:, 0]}.get(kind, PLAIN_y)
    labels = (kind, name) in {("classes", f"Perceptron.{call}") for call in ("fit", "score")}
    if (labels or name in ("batches", "Dataset")) and form in WRONG_NUMBERS:
        return  # labels may be anything that can be told apart
    with pytest.raises((TypeError, ValueError)) as caught:
        doors[name](make(array))
    # A model may find more labels than it knows before it looks at what they are.
    assert caught.type in (error, ValueError)
    assert " must " in str(caught.value) or "expected" in str(caught.value)
    assert "text" not in str(caught.value) or "text" in form


@pytest.mark.parametrize("form", TAKEN)
def test_truth_values_are_classes(form):
    for name, door in CLASSES.items():
        same = TAKEN[form](PLAIN_y)
        if same is None or name in ("train", "EarlyStopping", "ModelProblem", "Dataset"):
            continue
        assert_same(door, PLAIN_y, [bool(label) for label in np.asarray(same)])


LONG = np.longdouble(0.25)


def test_a_long_double_makes_no_long_array():
    for kind in (Perceptron, LinearUnit):
        made = kind(lr=LONG).fit(PLAIN_X, PLAIN_y)
        assert type(made.lr) is float
        assert made.coef_.dtype == made.history_.dtype == np.float64
        assert type(made.set_params(lr=LONG).lr) is float
    net = Network((2, 3, 2), l2=LONG, dropout=LONG, random_state=0)
    other = Network((2, 3, 2), l2=0.25, dropout=0.25, random_state=0)
    assert plain(net.loss_and_grad(PLAIN_X, PLAIN_y)) == plain(
        other.loss_and_grad(PLAIN_X, PLAIN_y)
    )
    assert plain(net.forward(PLAIN_X, LONG)[0]) == plain(other.forward(PLAIN_X, 0.25)[0])
    assert dropout_mask(3, LONG, random_state=0).dtype == np.float64
    assert soft_threshold([1.0], LONG).dtype == np.float64


@pytest.mark.parametrize(
    "sizes", [np.array([2, 3, 2]), np.array([2, 3, 2], "u1"), range(2, 4), Tensor([2, 3, 2])]
)
def test_the_sizes_of_a_network_may_be_an_array(sizes):
    listed = tuple(np.asarray(sizes).tolist())
    net = Network(sizes, random_state=0)
    assert net.sizes == listed
    assert repr(net) == repr(Network(listed, random_state=0))
    for p, q in zip(net.params, Network(listed, random_state=0).params, strict=True):
        assert np.array_equal(p, q)


@pytest.mark.parametrize("sizes", [np.array([2.0, 3.0]), np.array(3), np.ones((2, 2), int), {2, 3}])
def test_sizes_that_are_no_row_of_whole_numbers(sizes):
    with pytest.raises(TypeError, match=r"sizes(\[0\])? must be"):
        Network(sizes)


def test_labels_of_nullable_columns_are_numbers_again():
    for labels, dtype in (
        ([0, 1, 1, 0, 1, 0], np.int64),
        ([True, False] * 3, bool),
        ([0.5, 1] * 3, np.float64),
    ):
        unit = Perceptron().fit(PLAIN_X, np.array(labels, dtype=object))
        assert unit.classes_.dtype == dtype
        assert unit.predict(PLAIN_X).dtype == dtype
    huge = Perceptron().fit(PLAIN_X, [10**30, 1] * 3)
    assert huge.classes_.tolist() == [1, 10**30]


def test_answers_of_another_shape_are_not_spread():
    column = [[0], [1], [1]]
    for call in (
        lambda: models.accuracy([0, 1, 1], column, 2),
        lambda: models.precision_recall([0, 1, 1], column),
        lambda: models.logistic_loss(column, [0, 1, 1]),
        lambda: models.r_squared([[1.0, 2.0]], column),
        lambda: models.r_squared(1.0, 1.0),
        lambda: models.accuracy([], [], 2),
        lambda: models.hinge_loss([], []),
        lambda: network("squared error").mean_loss([[1.0, 2.0]], 3.0),
    ):
        with pytest.raises(ValueError, match=r"shape|is empty"):
            call()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_class_follows_from_parameters_that_are_not_finite(value):
    for model in (LogisticRegression(2), SoftmaxRegression(2, 2), network()):
        model.params[0][...] = value
        with (
            np.errstate(all="ignore"),
            pytest.raises(FloatingPointError, match="parameters overflowed"),
        ):
            model.predict(PLAIN_X)


@pytest.mark.parametrize("kind", [Perceptron, LinearUnit])
def test_a_unit_that_overflowed_gives_no_answers(kind):
    unit = kind(lr=10, epochs=3)
    with pytest.raises(FloatingPointError):
        unit.fit([[1e308], [-1e308]], [1, 0])
    for call in (unit.predict, unit.decision_function, lambda X: unit.score(X, [1, 0])):
        with pytest.raises(FloatingPointError, match="The weights overflowed with lr=10"):
            call([[1.0], [2.0]])
    assert unit.fit([[1.0], [-1.0]], [1, 0]).predict([[1.0]]).shape == (1,)


def test_a_data_set_of_ones_own_checks_its_arrays():
    made = datasets.Dataset("mine", [[1, 2], [3, 4]], [0, 1], ("a", "b"), "c", ("no", "yes"))
    assert made.X.dtype == np.float64
    assert made.classes("yes", "no").y.tolist() == [1, 0]
    for X, y in (([[1, 2], [3, 4]], [0]), ([1, 2], [0, 1]), ([[np.nan], [1]], [0, 1])):
        with pytest.raises(ValueError, match=r"shape|finite"):
            datasets.Dataset("mine", X, y, ("a",), "c")
