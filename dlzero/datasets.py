"""Small real data sets that travel with the package.

Every function returns a fresh `Dataset`. Nothing is downloaded, and NumPy is all it takes.
Where each file came from, and under which licence, stands in ``dlzero/data/README.md``.

>>> from dlzero import datasets
>>> X, y = datasets.logic("and")
>>> X.tolist()
[[1.0, 1.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
>>> y.tolist()
[1, 0, 0, 0]
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np

from .checks import as_array, check_samples, choice, generator, is_whole, number, shown

__all__ = ["Dataset", "diabetes", "digits", "docstrings", "iris", "logic", "salaries"]

_DATA = Path(__file__).parent / "data"

_INPUTS = [[1, 1], [0, 0], [1, 0], [0, 1]]
_GATES = {
    "and": [1, 0, 0, 0],
    "or": [1, 0, 1, 1],
    "nand": [0, 1, 1, 1],
    "nor": [0, 1, 0, 0],
    "xor": [0, 0, 1, 1],
}


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Inputs, targets, and what must be known about them.

    Unpacks into its two arrays, ``X, y = iris()``. One of your own takes tables and lists as well,
    and makes arrays of them.

    Attributes
    ----------
    name : str
        The name of the data set.
    X : ndarray of float, shape (n_samples, n_features)
        One row an example, one column a feature.
    y : ndarray of shape (n_samples,)
        Class labels 0, 1, 2, ... (int), or the numbers to predict (float).
    feature_names : tuple of str
        One name a column of `X`, with its unit in parentheses.
    target : str
        What `y` holds, with its unit in parentheses.
    target_names : tuple of str
        The name of class 0, of class 1, and so on. Empty when `y` is a number to predict.
    description, source, licence : str
        What the rows are, where they come from, what may be done with them.

    Raises
    ------
    TypeError, ValueError
        If `X` is no table of finite numbers, or `y` has not one value for each of its rows.

    Examples
    --------
    >>> iris()
    Dataset('iris', X (150, 4), y (150,), 3 classes)
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    target: str
    target_names: tuple[str, ...] = ()
    description: str = ""
    source: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        X, y = check_samples(self.X), as_array("y", self.y)
        if y.shape != (len(X),):
            raise ValueError(f"y has shape {y.shape}; expected ({len(X)},), one value for each row")
        object.__setattr__(self, "X", X)  # the record itself is frozen
        object.__setattr__(self, "y", y)

    def __iter__(self) -> Iterator[np.ndarray]:
        yield self.X
        yield self.y

    def __repr__(self) -> str:
        kind = f"{len(self.target_names)} classes" if self.target_names else self.target
        return f"Dataset({self.name!r}, X {self.X.shape}, y {self.y.shape}, {kind})"

    def split(
        self,
        test_size: float = 0.25,
        random_state: int | np.random.Generator | None = 0,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Divide the rows at random into a training part and a test part.

        Every row goes to exactly one part, and both parts come in random order. When `y` holds
        classes, each class gives the test part its share, to within one row (a stratified
        split). The arrays are copies.

        Parameters
        ----------
        test_size : float, default 0.25
            Share of the rows that goes to the test part, between 0 and 1, both excluded.
            The test part has ``round(n * test_size)`` rows.
        random_state : int, numpy.random.Generator or None, default 0
            The same int gives the same split. None gives another one each time.

        Returns
        -------
        X_train, X_test, y_train, y_test : ndarray
            In the order of scikit-learn's `train_test_split`.

        Raises
        ------
        TypeError, ValueError
            If `test_size` is not between 0 and 1, if it leaves either part without a row,
            or if `random_state` is not one of the three.

        Examples
        --------
        >>> X_train, X_test, y_train, y_test = iris().split(test_size=0.2)
        >>> X_train.shape, X_test.shape
        ((120, 4), (30, 4))
        >>> np.bincount(y_test).tolist()
        [10, 10, 10]
        """
        n = len(self.X)
        n_test = _count_test_rows(n, test_size)
        order = generator(random_state).permutation(n)
        drawn = order[np.argsort(self.y[order], kind="stable")] if self.target_names else order
        # Evenly spaced picks along rows sorted by class take the same share of every class.
        picks = (2 * np.arange(n_test) + 1) * n // (2 * n_test)
        in_test = np.isin(order, drawn[picks])
        train, test = order[~in_test], order[in_test]
        return self.X[train], self.X[test], self.y[train], self.y[test]

    def classes(self, *wanted: str | int) -> "Dataset":
        """Keep the rows of some classes, and number these 0, 1, ... in the order given.

        Parameters
        ----------
        *wanted : str or int
            Two or more different classes, each by its name or by its present label.

        Returns
        -------
        Dataset
            A new one, with the rows in their old order.

        Raises
        ------
        TypeError, ValueError
            If a class is unknown or named twice, if fewer than two are named, or if `y` holds
            numbers and not classes.

        Examples
        --------
        >>> pair = iris().classes("versicolor", "virginica")
        >>> pair
        Dataset('iris', X (100, 4), y (100,), 2 classes)
        >>> pair.target_names
        ('versicolor', 'virginica')
        >>> np.bincount(pair.y).tolist()
        [50, 50]
        """
        if not self.target_names:
            raise ValueError(
                f"{self.name} has no classes: its y is a number to predict ({self.target}). "
                "Use classes() on a classification set such as iris()."
            )
        labels = [self._label(one) for one in wanted]
        if len(labels) < 2 or len(set(labels)) < len(labels):
            raise ValueError(
                f"classes() got {wanted}; expected two or more different classes. "
                f"Choose from {self.target_names}."
            )
        rows = np.isin(self.y, labels)
        new_label = {old: new for new, old in enumerate(labels)}
        return replace(
            self,
            X=self.X[rows],
            y=np.array([new_label[old] for old in self.y[rows].tolist()], dtype=np.int64),
            target_names=tuple(self.target_names[old] for old in labels),
        )

    def _label(self, wanted: str | int) -> int:
        known = f"a name from {self.target_names} or a label from 0 to {len(self.target_names) - 1}"
        if isinstance(wanted, str) and wanted in self.target_names:
            return self.target_names.index(wanted)
        if is_whole(wanted) and 0 <= wanted < len(self.target_names):
            return int(wanted)
        if isinstance(wanted, str) or is_whole(wanted):
            raise ValueError(
                f"{self.name} has no class {wanted!r}; expected {known}. Check data.target_names."
            )
        raise TypeError(f"a class must be {known}, got {shown(wanted)}. Check data.target_names.")


def logic(name: str) -> Dataset:
    """Return the truth table of a logic gate with two inputs.

    The rows stand in the order (1, 1), (0, 0), (1, 0), (0, 1).

    Parameters
    ----------
    name : {"and", "or", "nand", "nor", "xor"}
        The gate.

    Returns
    -------
    Dataset
        X of shape (4, 2) with entries 0 and 1, y of shape (4,) with labels 0 and 1. No unit.

    Raises
    ------
    TypeError, ValueError
        If there is no such gate.

    Examples
    --------
    >>> X, y = logic("xor")
    >>> y.tolist()
    [0, 0, 1, 1]
    """
    choice("name", name, _GATES)
    return Dataset(
        name=name,
        X=np.array(_INPUTS, dtype=np.float64),
        y=np.array(_GATES[name], dtype=np.int64),
        feature_names=("x1", "x2"),
        target=f"x1 {name} x2",
        target_names=("false", "true"),
        description=f"The four rows of the truth table of {name}.",
        source="Arithmetic; the order of the rows is that of the first of the two Chinese series "
        "this course grew from.",
        licence="Facts, free to use.",
    )


def salaries() -> Dataset:
    """Return years of experience and monthly salary of five invented people.

    Returns
    -------
    Dataset
        X of shape (5, 1) in years, y of shape (5,) per month; the source names no currency.

    Examples
    --------
    >>> X, y = salaries()
    >>> X.tolist()
    [[5.0], [3.0], [8.0], [1.4], [10.1]]
    >>> y.tolist()
    [5500.0, 2300.0, 7600.0, 1800.0, 11400.0]
    """
    return Dataset(
        name="salaries",
        X=np.array([[5], [3], [8], [1.4], [10.1]], dtype=np.float64),
        y=np.array([5500, 2300, 7600, 1800, 11400], dtype=np.float64),
        feature_names=("experience (years)",),
        target="salary (per month)",
        description="Five people, invented by the author of the example.",
        source="The first of the two Chinese series this course grew from.",
        licence="Five invented pairs of numbers, reproduced with credit.",
    )


def iris() -> Dataset:
    """Return four measurements of 150 iris flowers, 50 of each of three species.

    The petal length alone tells *setosa* from the two others. No plane in the four features
    separates *versicolor* from *virginica*.

    These are the values that Fisher printed. The copy in the UCI repository differs from them
    in samples 35 and 38, which are rows 34 and 37 here, counted from 0.

    Returns
    -------
    Dataset
        X of shape (150, 4) in centimetres, y of shape (150,) with labels 0, 1, 2 in blocks
        of 50. Shuffle the rows, or call `split`, before you learn from them one by one.

    References
    ----------
    fisher1936multiple

    Examples
    --------
    >>> data = iris()
    >>> data.feature_names
    ('sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)')
    >>> data.target_names
    ('setosa', 'versicolor', 'virginica')
    >>> data.X[[34, 37]].tolist()
    [[4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1]]
    """
    feature_names, target, X, y = _read_csv("iris.csv")
    return Dataset(
        name="iris",
        X=X,
        y=y.astype(np.int64),
        feature_names=feature_names,
        target=target,
        target_names=("setosa", "versicolor", "virginica"),
        description="Lengths and widths of sepals and petals, as printed by Fisher.",
        source="R. A. Fisher (1936), from measurements by E. Anderson; scikit-learn's copy, "
        "which corrects two samples of the UCI copy, https://doi.org/10.24432/C56C76",
        licence="CC BY 4.0 (UCI)",
    )


def diabetes() -> Dataset:
    """Return ten measurements of 442 diabetes patients, and the disease one year later.

    The columns of X, in their own units and neither centred nor scaled:

    ========  ====================================================  =================
    column    meaning                                               unit
    ========  ====================================================  =================
    0  age    age                                                   years
    1  sex    coded 1 or 2; the source does not say which is which  none
    2  bmi    body mass index                                       kg/m^2
    3  bp     average blood pressure                                not stated
    4  tc     total serum cholesterol                               mg/dL
    5  ldl    low-density lipoproteins                              mg/dL
    6  hdl    high-density lipoproteins                             mg/dL
    7  tch    total cholesterol / hdl, often rounded                none
    8  ltg    natural logarithm of serum triglycerides              ln(mg/dL)
    9  glu    blood sugar level                                     not stated
    ========  ====================================================  =================

    The source leaves the units of columns 4 to 6 and 8 open; the data settle them. In every row
    ``ldl = tc - hdl - exp(ltg) / 5`` to within 0.5, and that formula holds in mg/dL alone.
    So these four columns carry little more than three numbers, and the weights that a linear
    fit gives them mean little one by one.

    Returns
    -------
    Dataset
        X of shape (442, 10), y of shape (442,): a measure of disease progression from 25 to
        346, without a unit.

    Examples
    --------
    >>> data = diabetes()
    >>> data.X[0].tolist()
    [59.0, 2.0, 32.1, 101.0, 157.0, 93.2, 38.0, 4.0, 4.8598, 87.0]
    >>> data.y[0].tolist()
    151.0
    """
    feature_names, target, X, y = _read_csv("diabetes.csv")
    return Dataset(
        name="diabetes",
        X=X,
        y=y,
        feature_names=feature_names,
        target=target,
        description="Ten baseline measurements of 442 patients, and a measure of the progression "
        "of the disease one year later.",
        source="B. Efron, T. Hastie, I. Johnstone and R. Tibshirani (2004); scikit-learn's copy",
        licence="No licence of the data was found; distributed by scikit-learn (BSD-3-Clause)",
    )


def digits() -> Dataset:
    """Return 1797 handwritten digits as pictures of 8 by 8 pixels.

    A pixel counts the inked points in a block of 4 by 4, so it runs from 0 (paper) to 16.
    ``X.reshape(-1, 8, 8)`` gives the pictures. Thirteen people wrote these digits.

    Returns
    -------
    Dataset
        X of shape (1797, 64), whole numbers from 0 to 16 as float, row by row from the top left;
        y of shape (1797,) with labels 0 to 9.

    Examples
    --------
    >>> data = digits()
    >>> data.X.shape, float(data.X.min()), float(data.X.max())
    ((1797, 64), 0.0, 16.0)
    >>> np.bincount(data.y).tolist()
    [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    """
    with np.load(BytesIO((_DATA / "digits.npz").read_bytes())) as stored:
        X, y = stored["X"].astype(np.float64), stored["y"].astype(np.int64)
    return Dataset(
        name="digits",
        X=X,
        y=y,
        feature_names=tuple(f"pixel ({row}, {column})" for row in range(8) for column in range(8)),
        target="digit",
        target_names=tuple("0123456789"),
        description="Handwritten digits, 8 by 8 pixels from 0 to 16, written by 13 people.",
        source="E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI "
        "Machine Learning Repository, test set, https://doi.org/10.24432/C50P49; "
        "scikit-learn's copy",
        licence="CC BY 4.0",
    )


def docstrings() -> Dataset:
    """Return the word counts of 1400 docstrings of two libraries.

    The question is which library a text comes from. A row is the description of a public function,
    method or class, half of them from Python's standard library and half from NumPy. A column is
    a word. Almost all entries are zero: a text uses few words, and most words are rare.

    Words that give the answer away are left out: the names of both libraries and of all their
    modules, ``array`` and ``random`` among them.

    Returns
    -------
    Dataset
        X of shape (1400, 1649), how often each word occurs in each text, as float; y of shape
        (1400,) with label 0 for the standard library and 1 for NumPy, in two blocks. Shuffle the
        rows, or call `split`, before you learn from them one by one.

    Examples
    --------
    >>> data = docstrings()
    >>> data
    Dataset('docstrings', X (1400, 1649), y (1400,), 2 classes)
    >>> print(f"{np.mean(data.X > 0):.4f} of the entries are not zero")
    0.0141 of the entries are not zero
    >>> texts_with = dict(zip(data.feature_names, np.sum(data.X > 0, axis=0), strict=True))
    >>> [int(texts_with[word]) for word in ("the", "file", "axis", "orthogonal")]
    [1168, 127, 104, 4]
    """
    with np.load(BytesIO((_DATA / "docstrings.npz").read_bytes())) as stored:
        words, y = stored["words"].astype(str), stored["y"].astype(np.int64)
        # The file has unsigned numbers, which are no places where an index has 32 bits.
        columns, ends = stored["indices"].astype(np.intp), stored["indptr"].astype(np.intp)
        rows = np.repeat(np.arange(len(y)), np.diff(ends))
        X = np.zeros((len(y), len(words)))
        X[rows, columns] = stored["counts"]
    return Dataset(
        name="docstrings",
        X=X,
        y=y,
        feature_names=tuple(words.tolist()),
        target="library",
        target_names=("standard library", "NumPy"),
        description="Word counts of docstrings, without signature, examples and the words that "
        "give the answer away.",
        source="The docstrings of Python 3.11.7 and of NumPy 2.4.6, counted by "
        "tools/make/docstrings.py",
        licence="PSF License (Python) and BSD-3-Clause (NumPy)",
    )


def _read_csv(name: str) -> tuple[tuple[str, ...], str, np.ndarray, np.ndarray]:
    header, *lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    *feature_names, target = header.split(",")
    table = np.loadtxt(lines, delimiter=",")
    return tuple(feature_names), target, table[:, :-1].copy(), table[:, -1].copy()


def _count_test_rows(n: int, test_size: float) -> int:
    advice = "For a quarter of the rows use test_size=0.25."
    if not 0 < number("test_size", test_size, advice=advice) < 1:
        raise ValueError(
            f"test_size must be a share between 0 and 1, both excluded, got {shown(test_size)}. "
            + advice
        )
    n_test = round(n * float(test_size))
    if not 0 < n_test < n:
        raise ValueError(
            f"test_size={test_size!r} puts {n_test} of the {n} rows into the test part; expected "
            "at least one row in each part. Choose a share nearer to a half."
        )
    return n_test
