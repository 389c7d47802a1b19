"""scikit-learn's tools take the units; the units do not need scikit-learn."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

from dlzero import LinearUnit, Network, Perceptron, datasets

PAIR = datasets.iris().classes("versicolor", "virginica")
PATIENTS = datasets.diabetes()
UNITS = {
    "classifier": (Perceptron(epochs=20, shuffle=True, random_state=0), PAIR),
    "regressor": (LinearUnit(lr=0.001, epochs=20, shuffle=True, random_state=0), PATIENTS),
}
every_unit = pytest.mark.parametrize(("unit", "data"), UNITS.values(), ids=UNITS)


def test_tags():
    assert is_classifier(Perceptron())
    assert not is_regressor(Perceptron())
    assert is_regressor(LinearUnit())
    assert not is_classifier(LinearUnit())
    tags = get_tags(Perceptron())
    assert not tags.classifier_tags.multi_class
    assert tags.target_tags.required
    assert tags.regressor_tags is None
    assert get_tags(LinearUnit()).classifier_tags is None


@every_unit
def test_clone(unit, data):
    X, y = data
    twin = clone(clone(unit).fit(X / 100, y))
    assert type(twin) is type(unit)
    assert twin.get_params() == unit.get_params()
    assert not hasattr(twin, "coef_")


def test_clone_of_a_network():
    net = Network([2, 4, 1], loss="squared error", l2=0.1, random_state=0)
    twin = clone(net)
    assert repr(twin) == repr(net)
    for p, q in zip(twin.params, net.params, strict=True):
        assert np.array_equal(p, q)


@every_unit
def test_a_pipeline_does_what_is_done_by_hand(unit, data):
    X, y = data
    pipe = make_pipeline(StandardScaler(), unit).fit(X, y)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    by_hand = clone(unit).fit(scaled, y)
    np.testing.assert_allclose(pipe[-1].coef_, by_hand.coef_, rtol=1e-9)
    np.testing.assert_allclose(pipe.predict(X), by_hand.predict(scaled), rtol=1e-9)
    assert pipe.score(X, y) == pytest.approx(by_hand.score(scaled, y))


@every_unit
def test_cross_val_score_is_a_loop_over_the_folds(unit, data):
    X, y = data
    folds = StratifiedKFold(4) if is_classifier(unit) else KFold(4)
    pipe = make_pipeline(StandardScaler(), unit)
    scores = cross_val_score(pipe, X, y, cv=folds)
    by_hand = [
        clone(pipe).fit(X[train], y[train]).score(X[test], y[test])
        for train, test in folds.split(X, y)
    ]
    assert scores.tolist() == by_hand
    assert min(scores) > 0.25
    # A whole number of folds is split by class for a classifier: this is where the tags count.
    assert cross_val_score(pipe, X, y, cv=4).tolist() == by_hand


@every_unit
def test_grid_search_finds_the_best_rate(unit, data):
    X, y = data
    rates = [1e-5, 1e-3, 1e-2]
    name = f"{type(unit).__name__.lower()}__lr"
    grid = GridSearchCV(make_pipeline(StandardScaler(), unit), {name: rates}, cv=3, n_jobs=1)
    grid.fit(X, y)
    means = [
        cross_val_score(clone(grid.estimator).set_params(**{name: lr}), X, y, cv=3).mean()
        for lr in rates
    ]
    assert grid.best_params_ == {name: rates[int(np.argmax(means))]}
    assert grid.best_score_ == pytest.approx(max(means))
    assert grid.best_estimator_[-1].coef_.shape == (X.shape[1],)


def test_the_score_of_a_linear_unit_is_scikit_learn_s():
    X, y = PATIENTS
    unit = make_pipeline(StandardScaler(), UNITS["regressor"][0]).fit(X, y)
    by_scoring = cross_val_score(unit, X, y, scoring="r2", cv=3)
    assert cross_val_score(unit, X, y, cv=3) == pytest.approx(by_scoring)
    best = LinearRegression().fit(X, y).score(X, y)
    assert 0.9 * best < unit.score(X, y) < best


def test_importing_dlzero_does_not_import_scikit_learn():
    code = "import sys, dlzero; dlzero.Perceptron().get_params(); print('sklearn' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "False\n", result.stderr


OWN_WORDS = "refused, in the words of this course"
OWN_KIND = "refused, as a TypeError: the kind is wrong, not the value"
REASONS = {
    "check_estimators_unfitted": "NotFittedError is the course's own: NumPy is all it needs",
    "check_do_not_raise_errors_in_init_or_set_params": "a bad value is told where it is given",
    "check_n_features_in_after_fitting": OWN_WORDS,
    "check_estimators_empty_data_messages": OWN_WORDS,
    "check_complex_data": OWN_KIND,
    "check_dtype_object": OWN_WORDS,
    "check_supervised_y_2d": "a column of targets is refused: it may be a mistake",
    "check_requires_y_none": OWN_WORDS,
}
OF_A_PERCEPTRON = {
    "check_classifiers_regression_target": OWN_WORDS,
    "check_classifier_not_supporting_multiclass": OWN_WORDS,
    "check_fit2d_1sample": OWN_WORDS,
}
OF_A_LINEAR_UNIT = {
    "check_regressors_no_decision_function": "its weighted sum has the perceptron's name",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("unit", "more"),
    [
        (Perceptron(), OF_A_PERCEPTRON),
        # The rows of these checks are long: a larger rate diverges, a few epochs are too few.
        (LinearUnit(lr=1e-4, epochs=200), OF_A_LINEAR_UNIT),
    ],
    ids=["Perceptron", "LinearUnit"],
)
def test_scikit_learn_s_own_checks(unit, more):
    expected = {**REASONS, **more}
    results = check_estimator(unit, expected_failed_checks=expected, on_fail=None, on_skip=None)
    by_status = {}
    for result in results:
        by_status.setdefault(result["status"], set()).add(result["check_name"])
    assert by_status.get("failed", set()) == set()
    assert len(by_status["passed"]) > 30
    # A check that passes needs no excuse. Other versions of scikit-learn have other checks.
    assert by_status["xfail"] <= expected.keys()
    assert by_status["passed"].isdisjoint(expected)


class Table:
    """As much of a pandas table as the units look at."""

    def __init__(self, X, columns):
        self.X, self.columns = np.asarray(X), columns

    def __array__(self, dtype=None, copy=None):
        return self.X


def test_the_columns_must_come_in_the_order_of_fit():
    X, y = PAIR
    names = ["a", "b", "c", "d"]
    unit = Perceptron().fit(Table(X, names), y)
    assert unit.feature_names_in_.tolist() == names
    assert unit.n_features_in_ == 4
    for call in (unit.predict, lambda X: unit.score(X, y), lambda X: unit.partial_fit(X, y)):
        with pytest.raises(ValueError, match=r"X has the columns a, c, b, d; .* with a, b, c, d"):
            call(Table(X, ["a", "c", "b", "d"]))
    assert np.array_equal(unit.predict(Table(X, names)), unit.predict(X))
    assert not hasattr(unit.fit(X, y), "feature_names_in_")
    assert not hasattr(unit.fit(Table(X, [0, 1, 2, 3]), y), "feature_names_in_")
