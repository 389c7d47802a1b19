"""The doors: the same mistake gets the same kind of error, wherever it is made."""

import inspect

import numpy as np
import pytest
from strategies import squared

import dlzero
from dlzero import (
    EarlyStopping,
    LinearUnit,
    Network,
    Perceptron,
    batches,
    check_gradient,
    clip_by_norm,
    clip_by_value,
    datasets,
    dropout_mask,
    folds,
    l2_decay,
    minimize,
    models,
    numerical_gradient,
    practice,
    shift_pictures,
    soft_threshold,
    surfaces,
    train,
)
from dlzero.models import LinearRegression, LogisticRegression, SoftmaxRegression
from dlzero.practice import FunctionProblem, Method, ModelProblem, Results, compare

X = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
y = np.array([1, 0, 0, 0])
NAN, INF = float("nan"), float("inf")


def bowl(x):
    return float(np.sum(np.square(x)))


def trained(X=X, y=y, **how):
    model = LinearRegression(2)
    train(model, X, y, **how)
    return model.params[0]


def walked(start=(1.0, 2.0), **how):
    """A problem of the comparison: a function."""
    return FunctionProblem("bowl", bowl, lambda x: 2 * x, start, **how)


def trained_on(batch_size=2, **how):
    """A problem of the comparison: a model with data."""
    how = {"model": lambda seed: LinearRegression(2), "data": (X, X, y, y)} | how
    return ModelProblem("line", batch_size=batch_size, **how)


def compared(**how):
    how = {"rates": None, "seeds": 1, "budget": 3, "jobs": 1} | how
    return compare(walked(), "sgd", **({"store": None, "progress": False} | how))


def run_of(problem, seed=0, budget=3, points=3):
    return problem.run(dlzero.Rule(dlzero.sgd), seed, budget, points)


def as_text(value):
    """Name a value the same in every process: no address, no path."""
    plain = isinstance(value, int | float | complex | str | list | None)
    return repr(value) if plain else type(value).__name__


def cases(doors, mistakes):
    """Put every mistake before every door; the name of a case says which."""
    return [
        pytest.param(door, value, error, id=f"{name}-{as_text(value)}")
        for name, door in doors.items()
        for error, values in mistakes.items()
        for value in values
    ]


def refuses(call, error, *pieces):
    # The very kind: NumPy and Python have errors of their own that are kinds of these two.
    with pytest.raises(error) as caught:
        call()
    assert caught.type is error
    for piece in pieces:
        assert piece in str(caught.value)


COUNTS = {
    "Perceptron.epochs": lambda n: Perceptron(epochs=n),
    "LinearUnit.epochs": lambda n: LinearUnit().set_params(epochs=n),
    "Network.sizes": lambda n: Network((2, n, 3)),
    "models.LinearRegression.n_features": LinearRegression,
    "models.LogisticRegression.n_features": LogisticRegression,
    "models.SoftmaxRegression.n_features": lambda n: SoftmaxRegression(n, 2),
    "models.SoftmaxRegression.n_classes": lambda n: SoftmaxRegression(2, n),
    "models.accuracy.n_classes": lambda n: models.accuracy([0, 1], np.array([0, 1]), n),
    "models.class_weights.n_classes": lambda n: models.class_weights([0, 1, 2], n),
    "models.smote.n_new": lambda n: models.smote(X, n, k=1),
    "models.smote.k": lambda n: models.smote(X, 1, k=n),
    "EarlyStopping.patience": lambda n: EarlyStopping(X, y, patience=n),
    "EarlyStopping.every": lambda n: EarlyStopping(X, y, every=n),
    "folds.n": lambda n: folds(n, 2),
    "folds.k": lambda k: folds(4, k),
    "shift_pictures.width": lambda n: shift_pictures(np.zeros((2, 12)), 0, 0, n),
    "surfaces.bowl.dim": surfaces.bowl,
    "surfaces.rastrigin.dim": surfaces.rastrigin,
    "surfaces.Surface.grid.points": surfaces.beale().grid,
    "minimize.steps": lambda n: minimize(bowl, [1.0], steps=n),
    "batches.batch_size": lambda n: batches(X, y, n),
    "train.batch_size": lambda n: trained(batch_size=n),
    "train.epochs": lambda n: trained(epochs=n),
    "practice.ModelProblem.batch_size": trained_on,
    "practice.compare.budget": lambda n: compared(budget=n),
    "practice.compare.points": lambda n: compared(points=n),
    "practice.FunctionProblem.run.budget": lambda n: run_of(walked(), budget=n),
    "practice.FunctionProblem.run.points": lambda n: run_of(walked(), points=n),
    "practice.ModelProblem.run.budget": lambda n: run_of(trained_on(), budget=n),
    "practice.ModelProblem.run.points": lambda n: run_of(trained_on(), points=n),
}
NO_COUNT = {TypeError: [2.5, 3.0, True, "3", None, [3], np.float64(3)], ValueError: [0, -1]}


@pytest.mark.parametrize(("door", "value", "error"), cases(COUNTS, NO_COUNT))
def test_a_count(door, value, error):
    expected = "a whole number" if error is TypeError else "must be at least "
    refuses(lambda: door(value), error, expected, f"got {value!r}")


@pytest.mark.parametrize("door", COUNTS.values(), ids=COUNTS)
def test_a_good_count(door):
    for n in (3, np.int64(3), np.uint8(3)):
        door(n)


NUMBERS = {
    "Perceptron.lr": lambda x: Perceptron(lr=x),
    "LinearUnit.lr": lambda x: LinearUnit().set_params(lr=x),
    "Network.l2": lambda x: Network((2, 2), l2=x),
    "Network.dropout": lambda x: Network((2, 2), dropout=x),
    "Network.forward.dropout": lambda x: Network((2, 2)).forward(X, x),
    "surfaces.ellipse.a": lambda x: surfaces.ellipse(a=x),
    "surfaces.ellipse.b": lambda x: surfaces.ellipse(b=x),
    "surfaces.rosenbrock.a": lambda x: surfaces.rosenbrock(a=x),
    "surfaces.rosenbrock.b": lambda x: surfaces.rosenbrock(b=x),
    "surfaces.ravine.condition": lambda x: surfaces.ravine(condition=x),
    "surfaces.ravine.angle": lambda x: surfaces.ravine(angle=x),
    "surfaces.plateau.width": lambda x: surfaces.plateau(width=x),
    "surfaces.noisy.sigma": lambda x: surfaces.noisy(surfaces.bowl(), sigma=x),
    "surfaces.noisy.sigma_value": lambda x: surfaces.noisy(surfaces.bowl(), sigma_value=x),
    "datasets.Dataset.split.test_size": lambda x: datasets.iris().split(test_size=x),
    "minimize.gtol": lambda x: minimize(bowl, [1.0], gtol=x),
    "minimize.ftol": lambda x: minimize(bowl, [1.0], ftol=x),
    "minimize.lr": lambda x: minimize(bowl, [1.0], lr=x),
    "train.lr": lambda x: trained(lr=x),
    "numerical_gradient.h": lambda x: numerical_gradient(bowl, [1.0], h=x),
    "check_gradient.h": lambda x: check_gradient(bowl, lambda x: 2 * x, [1.0], h=x),
    "clip_by_norm.limit": clip_by_norm,
    "clip_by_value.limit": clip_by_value,
    "l2_decay.weight_decay": l2_decay,
    "soft_threshold.amount": lambda x: soft_threshold([1.0], x),
    "dropout_mask.share": lambda x: dropout_mask(3, x),
    "models.focal_loss.gamma": lambda x: models.focal_loss([0.5], [1], x),
    "practice.FunctionProblem.spread": lambda x: walked(spread=x),
    "practice.FunctionProblem.lowest": lambda x: walked(lowest=x),
    "practice.FunctionProblem.noise": lambda x: walked(noise=x),
    "practice.Results.best.share": lambda x: Results([]).best(share=x),
    "practice.rate_range.rates": lambda x: practice.rate_range((x,)),
    "practice.compare.rates": lambda x: compared(rates=[0.1, x]),
}
NO_NUMBER = {TypeError: ["0.1", True, 1j, [0.1], np.array([0.1])], ValueError: [NAN, -INF]}


@pytest.mark.parametrize(("door", "value", "error"), cases(NUMBERS, NO_NUMBER))
def test_a_number(door, value, error):
    refuses(lambda: door(value), error, " must be ", f"got {value!r}")


OUT_OF_RANGE = {
    "Perceptron.lr": [0, -0.1, INF],
    "LinearUnit.lr": [0, -0.1, INF, 10**400],
    "Network.l2": [-0.1, INF],
    "Network.dropout": [-0.1, 1, 1.5],
    "Network.forward.dropout": [-0.1, 1, 1.5],
    "soft_threshold.amount": [-0.1, INF],
    "dropout_mask.share": [-0.1, 1, INF],
    "surfaces.ellipse.a": [0, -1, INF],
    "surfaces.ravine.condition": [0.5, INF],
    "surfaces.plateau.width": [0, -1, INF],
    "surfaces.noisy.sigma": [-1, INF],
    "datasets.Dataset.split.test_size": [0, 1, -0.5, INF],
    "models.focal_loss.gamma": [-1, INF],
    "minimize.gtol": [-1],
    "minimize.lr": [-1, INF],
    "train.lr": [-1, INF],
    "practice.FunctionProblem.spread": [-1, INF],
    "practice.FunctionProblem.noise": [-1, INF],
    "practice.FunctionProblem.lowest": [INF],
    "practice.Results.best.share": [-0.1, 1.1, INF],
    "practice.compare.rates": [0, -1, INF],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in OUT_OF_RANGE for value in OUT_OF_RANGE[name]]
)
def test_a_number_out_of_range(name, value):
    refuses(lambda: NUMBERS[name](value), ValueError, " must be ", f"got {value!r}"[:100])


FLAGS = {
    "Perceptron.shuffle": lambda b: Perceptron(shuffle=b),
    "LinearUnit.shuffle": lambda b: LinearUnit().set_params(shuffle=b),
    "batches.shuffle": lambda b: batches(X, y, shuffle=b),
    "batches.drop_last": lambda b: batches(X, y, drop_last=b),
    "train.shuffle": lambda b: trained(shuffle=b),
    "train.drop_last": lambda b: trained(drop_last=b),
    "practice.compare.defaults": lambda b: compared(defaults=b),
    "practice.compare.progress": lambda b: compared(progress=b),
    "practice.Results.complete": lambda b: Results([], complete=b),
}


@pytest.mark.parametrize(
    ("door", "value", "error"), cases(FLAGS, {TypeError: [1, 0, None, "yes", [], np.array(True)]})
)
def test_a_flag(door, value, error):
    refuses(lambda: door(value), error, "must be True or False", f"got {value!r}")


def drawn(stream):
    """As one array, what a door that deals out arrays gives."""
    return np.concatenate([np.ravel(part) for part in stream])


MANY_X, MANY_y = np.arange(40.0).reshape(20, 2) / 40, np.arange(20) % 2
SEEDS = {
    "Perceptron.random_state": lambda seed: (
        Perceptron(shuffle=True, random_state=seed).fit(MANY_X, MANY_y).history_
    ),
    "LinearUnit.random_state": lambda seed: (
        LinearUnit(shuffle=True, random_state=seed).fit(MANY_X, MANY_y).history_
    ),
    "Network.random_state": lambda seed: Network((2, 3), random_state=seed).params[0],
    "dropout_mask.random_state": lambda seed: dropout_mask(20, 0.5, seed),
    "folds.random_state": lambda seed: drawn(held for _, held in folds(20, 4, seed)),
    "surfaces.noisy.random_state": lambda seed: surfaces.noisy(
        surfaces.bowl(2), random_state=seed
    ).grad((1, 1)),
    "datasets.Dataset.split.random_state": lambda seed: datasets.iris().split(random_state=seed)[0],
    "batches.random_state": lambda seed: drawn(
        X for X, _ in batches(MANY_X, MANY_y, 4, random_state=seed)
    ),
    "models.smote.random_state": lambda seed: models.smote(MANY_X, 4, random_state=seed),
    "train.random_state": lambda seed: trained(
        MANY_X, MANY_y, batch_size=4, epochs=1, random_state=seed
    ),
}
NO_SEED = {TypeError: ["a", 0.5, 1.0, True, [1], np.random, np.random.RandomState(0)]}


@pytest.mark.parametrize(("door", "value", "error"), cases(SEEDS, NO_SEED))
def test_a_seed(door, value, error):
    expected = "random_state must be None, a whole number or a numpy.random.Generator, got "
    refuses(lambda: door(value), error, expected)


@pytest.mark.parametrize("door", SEEDS.values(), ids=SEEDS)
def test_a_negative_seed(door):
    refuses(lambda: door(-1), ValueError, "random_state must not be negative, got -1")


@pytest.mark.parametrize("door", SEEDS.values(), ids=SEEDS)
def test_a_seed_repeats_and_a_generator_goes_on(door):
    first = door(5)
    assert np.array_equal(first, door(5))
    assert np.array_equal(first, door(np.uint8(5)))
    rng = np.random.default_rng(5)
    assert np.array_equal(first, door(rng))
    assert not np.array_equal(first, door(rng))
    assert not np.array_equal(door(None), door(None))


@pytest.mark.parametrize("kind", [Perceptron, LinearUnit])
def test_two_fits_of_one_unit_go_on_with_its_generator(kind):
    unit = kind(shuffle=True, random_state=np.random.default_rng(5))
    first = unit.fit(MANY_X, MANY_y).history_
    assert not np.array_equal(first, unit.fit(MANY_X, MANY_y).history_)
    unit = kind(shuffle=True, random_state=5)
    assert np.array_equal(first, unit.fit(MANY_X, MANY_y).history_)
    assert np.array_equal(first, unit.fit(MANY_X, MANY_y).history_)


class Sparse:
    """As much of a sparse matrix as can be seen without SciPy."""

    def toarray(self):
        return X


INPUTS = {
    "Perceptron.fit": lambda X: Perceptron().fit(X, y),
    "Perceptron.predict": lambda X: Perceptron().fit([[0, 1], [1, 0]], [0, 1]).predict(X),
    "LinearUnit.fit": lambda X: LinearUnit().fit(X, y),
    "LinearUnit.partial_fit": lambda X: LinearUnit().partial_fit(X, y),
    "LinearRegression.predict": lambda X: LinearRegression(2).predict(X),
    "LogisticRegression.loss_and_grad": lambda X: LogisticRegression(2).loss_and_grad(X, y),
    "SoftmaxRegression.score": lambda X: SoftmaxRegression(2, 2).score(X, y),
    "smote": lambda X: models.smote(X, 3, k=1),
    "Network.loss_and_grad": lambda X: Network((2, 2)).loss_and_grad(X, y),
    "train": trained,
}
TARGETS = {
    "LinearUnit.fit": lambda y: LinearUnit().fit(X, y),
    "LinearUnit.score": lambda y: LinearUnit(lr=0.1).fit(X, [1, 0, 0, 0]).score(X, y),
    "LinearRegression.loss_and_grad": lambda y: LinearRegression(2).loss_and_grad(X, y),
    "LogisticRegression.loss_and_grad": lambda y: LogisticRegression(2).loss_and_grad(X, y),
    "SoftmaxRegression.score": lambda y: SoftmaxRegression(2, 2).score(X, y),
    "logistic_loss": lambda y: models.logistic_loss([0.5, 1, 2, 3], y),
    "cross_entropy": lambda y: models.cross_entropy(np.ones((4, 2)), y),
    "precision_recall": lambda y: models.precision_recall(y, [0, 1, 0, 1]),
    "Network.mean_loss": lambda y: Network((2, 2)).mean_loss(X, y),
    "Network.mean_loss, squared error": lambda y: squared(2, 1).mean_loss(X, y),
}
POINTS = {
    "minimize.x0": lambda x: minimize(bowl, x),
    "numerical_gradient.x": lambda x: numerical_gradient(bowl, x),
    "check_gradient.x": lambda x: check_gradient(bowl, lambda x: 2 * x, x),
    "surfaces.Surface": lambda x: surfaces.bowl(4)(x),
    "surfaces.Surface.grad": lambda x: surfaces.bowl(4).grad(x),
    "practice.FunctionProblem.start": walked,
    "practice.FunctionProblem.shift": lambda x: walked(shift=x),
    "practice.FunctionProblem.turn": lambda x: walked(turn=x),
}
FORMS = {
    "text": (TypeError, lambda a: np.asarray(a).astype(str)),
    "complex": (TypeError, lambda a: np.asarray(a) * 1j),
    "None": (TypeError, lambda a: np.where(np.asarray(a) > 0, None, 0.0)),
    "dates": (TypeError, lambda a: np.asarray(a).astype("M8[D]")),
    "sparse": (TypeError, lambda a: Sparse()),
    "ragged": (ValueError, lambda a: [[1, 2], [3], [4], [5]]),
    "masked": (ValueError, lambda a: np.ma.masked_equal(a, 1)),
    "NaN": (ValueError, lambda a: np.where(np.asarray(a) > 0, NAN, 0.0)),
    "infinity": (ValueError, lambda a: np.where(np.asarray(a) > 0, INF, 0.0)),
    "empty": (ValueError, lambda a: []),
    "one number": (ValueError, lambda a: 5.0),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("door", INPUTS.values(), ids=INPUTS)
def test_inputs(door, form):
    error, broken = FORMS[form]
    refuses(lambda: door(broken(X)), error, "X")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("door", TARGETS.values(), ids=TARGETS)
def test_targets(door, form):
    error, broken = FORMS[form]
    refuses(lambda: door(broken(y)), error, "y ")


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("empty", "one number")])
@pytest.mark.parametrize("door", POINTS.values(), ids=POINTS)
def test_points(door, form):
    error, broken = FORMS[form]
    if form in ("NaN", "infinity") and door in (POINTS["surfaces.Surface"],):
        assert not np.isfinite(door(broken(y)))  # a walk may lead there: it is for it to see
    elif form in ("NaN", "infinity") and door in (POINTS["surfaces.Surface.grad"],):
        assert not np.isfinite(door(broken(y))).all()
    else:
        refuses(lambda: door(broken(y)), error)


@pytest.mark.parametrize("form", ["dates", "sparse", "ragged", "masked", "NaN", "infinity"])
def test_labels_of_two_classes(form):
    # Any two labels will do, text and dates too: what remains are wrong values.
    error, broken = FORMS[form]
    if form == "dates":
        assert len(Perceptron().fit(X, broken(y)).classes_) == 2
    else:
        refuses(lambda: Perceptron().fit(X, broken(y)), error, "y ")


CHOICES = {
    "Network.activation": lambda name: Network((2, 2), activation=name),
    "Network.loss": lambda name: Network((2, 2), loss=name),
    "datasets.logic.name": datasets.logic,
    "practice.problem.name": practice.problem,
    "practice.compare.backend": lambda name: compared(backend=name),
    "practice.Results.median.by": lambda name: Results([]).median(name),
    "practice.Results.best.by": lambda name: Results([]).best(name),
    "practice.Results.table.by": lambda name: Results([]).table(name),
    "practice.Results.column.name": lambda name: Results([]).column(name),
    "practice.Results.values.name": lambda name: Results([]).values(name),
}
NO_CHOICE = {TypeError: [None, 3, ["and"], np.tanh], ValueError: ["", "AND"]}


@pytest.mark.parametrize(("door", "value", "error"), cases(CHOICES, NO_CHOICE))
def test_a_choice(door, value, error):
    refuses(lambda: door(value), error, " must be one of '", f"got {value!r}")


FUNCTIONS = {
    "minimize.fun": lambda f: minimize(f, [1.0]),
    "minimize.jac": lambda f: minimize(bowl, [1.0], jac=f),
    "minimize.callback": lambda f: minimize(bowl, [1.0], callback=f),
    "numerical_gradient.fun": lambda f: numerical_gradient(f, [1.0]),
    "check_gradient.fun": lambda f: check_gradient(f, bowl, [1.0]),
    "check_gradient.jac": lambda f: check_gradient(bowl, f, [1.0]),
    "train.callback": lambda f: trained(callback=f),
    "practice.FunctionProblem.fun": lambda f: FunctionProblem("bowl", f, bowl, 1.0),
    "practice.FunctionProblem.grad": lambda f: FunctionProblem("bowl", bowl, f, 1.0),
    "practice.ModelProblem.model": lambda f: trained_on(model=f),
    "practice.Method.schedule": lambda f: Method("sgd", "sgd", schedule=f),
}


@pytest.mark.parametrize(("door", "value", "error"), cases(FUNCTIONS, {TypeError: [3, "f", [3]]}))
def test_a_function(door, value, error):
    refuses(lambda: door(value), error, "must be a function", f"got {value!r}")


TEXTS = {
    "practice.FunctionProblem.name": lambda name: FunctionProblem(name, bowl, bowl, 1.0),
    "practice.ModelProblem.name": lambda name: ModelProblem(name, bowl, (X, X, y, y)),
    "practice.Method.name": lambda name: Method(name, "sgd"),
}
NO_TEXT = {TypeError: [3, None, True, ["a"], b"a"], ValueError: [""]}


@pytest.mark.parametrize(("door", "value", "error"), cases(TEXTS, NO_TEXT))
def test_a_text(door, value, error):
    refuses(lambda: door(value), error, "name must be a text", f"got {value!r}")


PATHS = {
    "practice.compare.store": lambda path: compared(store=path),
    "practice.Store.path": practice.Store,
    "practice.Results.to_csv.path": lambda path: Results([]).to_csv(path),
    "practice.Results.from_csv.path": Results.from_csv,
}


# True and 1 are the standard output of Python: a file that is open.
@pytest.mark.parametrize(
    ("door", "value", "error"), cases(PATHS, {TypeError: [3, 1, True, ["a"], b"a"]})
)
def test_a_path(door, value, error):
    refuses(lambda: door(value), error, "must be the path of a file", f"got {value!r}")


@pytest.mark.parametrize("door", PATHS.values(), ids=PATHS)
def test_a_path_without_a_name(door):
    refuses(lambda: door(""), ValueError, "must be the path of a file", "got ''")


WHOLE_OR_LISTS = {
    "seeds": {TypeError: [2.5, "a", None, True, [None], [0.5], [True]], ValueError: [0, [], [-1]]},
    "jobs": {TypeError: [2.5, "a", None, True, [1]], ValueError: [0, -2]},
}


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        (name, value, error)
        for name, mistakes in WHOLE_OR_LISTS.items()
        for error, values in mistakes.items()
        for value in values
    ],
)
def test_how_a_comparison_runs(name, value, error):
    refuses(lambda: compared(**{name: value}), error, name)


@pytest.mark.parametrize("problem", [walked(), trained_on()], ids=["function", "model"])
def test_the_seed_of_a_run(problem):
    for seed, error in ((None, TypeError), (True, TypeError), (0.5, TypeError), (-1, ValueError)):
        refuses(lambda seed=seed: run_of(problem, seed), error, "seed must be ", f"got {seed}")


KINDS = {
    "epochs steps batch_size dim points n_features n_classes n_new sizes budget": COUNTS,
    "patience every k": COUNTS,
    "l2 dropout a b amount condition angle sigma sigma_value test_size gtol ftol h limit": NUMBERS,
    "spread lowest noise share rates gamma": NUMBERS,
    "width": COUNTS | NUMBERS,
    "shuffle drop_last defaults progress complete": FLAGS,
    "random_state": SEEDS,
    "activation loss by backend": CHOICES,
    "callback jac fun schedule": FUNCTIONS,
    "name": CHOICES | TEXTS,
    "path store": PATHS,
}


def public():
    """Return every public function and class, and the public methods of the classes, by name."""
    found = {name: getattr(dlzero, name) for name in dlzero.__all__}
    for module in (datasets, surfaces, models, practice):
        short = module.__name__.rpartition(".")[2]
        mine = {n: v for n, v in vars(module).items() if n[0] != "_"}
        found |= {
            f"{short}.{n}": v
            for n, v in mine.items()
            if getattr(v, "__module__", "").startswith(module.__name__)
            or (module is models and n in models.__all__)  # they stand in chapters
        }
    for name, thing in [*found.items()]:
        if inspect.isclass(thing):
            methods = inspect.getmembers(thing, inspect.isfunction)
            found |= {f"{name}.{n}": method for n, method in methods if n[0] != "_"}
    return {name: thing for name, thing in found.items() if callable(thing)}


def test_every_door_stands_in_a_table():
    missing = set()
    for name, thing in public().items():
        parameters = [*inspect.signature(thing).parameters]
        if parameters[:1] in (["w"], ["t"]):
            continue  # a formula: a rule or a schedule; Rule is its door
        if name == "surfaces.Surface.grad":
            continue  # its points are no count
        if name == "Rule.take_over":
            continue  # its k only says in messages which array is meant
        if name in ("datasets.Dataset", "surfaces.Surface", "practice.Outcome", "practice.Run"):
            continue  # a record: who fills it has looked
        for names, table in KINDS.items():
            missing |= {f"{name}.{p}" for p in parameters if p in names.split()} - table.keys()
    assert missing == set()
