"""The homework's masters: right answers pass, wrong ones fail where they should, nothing leaks.

A master holds answers and tests together. Here they run apart, as in grading: the answers in one
namespace, the tests in another, and only plain values go from one to the other. It looks like a
second grader, and is one on purpose: it shares no code with the first and judges it.
"""

import ast
import contextlib
import functools
import itertools
import json
import re
import textwrap
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import dlzero
from dlzero.running.rule import Rule

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "masters"
MASTERS = sorted(FOLDER.glob("*.ipynb"))
VARIANTS = HERE / "classroom" / "variants"
RIGHT = HERE / "classroom" / "right"
NAMES = [path.stem for path in MASTERS]

REGION = r"(?m)^( *)### BEGIN {0}\n((?:.*\n)*?) *### END {0}(?:\n|\Z)"
SOLUTION = re.compile(REGION.format("SOLUTION"))
HIDDEN = re.compile(REGION.format("HIDDEN TESTS"))
STUB = r"\1# YOUR CODE HERE\n\1raise NotImplementedError()\n"
KINDS = {  # cell type, grade, solution, locked
    ("code", False, False, True): "setup",
    ("code", False, True, False): "answer",
    ("code", True, False, True): "test",
    ("markdown", True, True, False): "manual",
}


class Master:
    """One master: its cells by grade id, in their order."""

    def __init__(self, name):
        path = FOLDER / f"{name}.ipynb"
        self.notebook = json.loads(path.read_text("utf-8"))
        self.cells = {"setup": {}, "answer": {}, "test": {}, "manual": {}}
        self.points, self.order, self.prose = {}, [], []
        for cell in self.notebook["cells"]:
            source, tag = "".join(cell["source"]), cell["metadata"].get("nbgrader")
            if tag is None:
                assert cell["cell_type"] == "markdown", f"this code has no role:\n{source}"
                self.prose.append(source)
                continue
            kind = KINDS[cell["cell_type"], tag["grade"], tag["solution"], tag["locked"]]
            self.cells[kind][tag["grade_id"]] = source
            self.order.append((kind, tag["grade_id"]))
            if tag["grade"]:
                self.points[tag["grade_id"]] = tag["points"]
        self.answers, self.tests = self.cells["answer"], self.cells["test"]
        self.variants = json.loads((VARIANTS / f"{name}.json").read_text("utf-8"))
        self.setup = self.cells["setup"]["setup"]

    def question(self, test):
        return test.split("_")[0]

    def student(self):
        """Return the answer cells as a student gets them."""
        return {name: SOLUTION.sub(STUB, source) for name, source in self.answers.items()}

    def visible(self):
        """Return all text that a student sees."""
        tests = [HIDDEN.sub("", source) for source in self.tests.values()]
        return "\n".join([*self.prose, self.setup, *self.student().values(), *tests])


@functools.cache
def master(name):
    return Master(name)


def plain(value):
    """Return a copy of a plain value; refuse anything else."""
    if isinstance(value, np.ndarray):
        assert value.dtype.kind in "biuf", f"an array of {value.dtype} is not plain"
        if isinstance(value, np.ma.MaskedArray):
            return value.astype(float).filled(np.nan)
        return value.copy()
    if value is None or isinstance(value, bool | int | float | str | np.number | np.bool_):
        return value
    if isinstance(value, list | tuple):
        return type(value)(plain(part) for part in value)
    assert isinstance(value, dict), f"{type(value).__name__} is not plain"
    assert all(isinstance(key, str) for key in value)
    return {key: plain(part) for key, part in value.items()}


def through_a_pipe(function):
    def call(*args, **kwargs):
        return plain(function(*plain(args), **plain(kwargs)))

    return call


def failures(paper, answers):
    """Run the answers, then each test by itself; return the tests that fail, with why."""
    theirs = {}
    exec(paper.setup, theirs)
    for name, source in answers.items():
        exec(compile(source, name, "exec"), theirs)
    ours = {}
    exec(paper.setup, ours)
    written = {name: theirs[name] for name in set(theirs) - set(ours)}
    ours |= {name: through_a_pipe(value) for name, value in written.items()}
    failed = {}
    for name, source in paper.tests.items():
        try:
            exec(compile(source, name, "exec"), dict(ours))
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"
    return failed


def functions(source):
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


def test_there_is_one_for_each_chapter():
    assert [f"hw{n:02}" for n in range(1, 11)] == NAMES
    assert sorted(path.stem for path in VARIANTS.glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_clean(name):
    notebook = master(name).notebook
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) == {"dlzero", "kernelspec", "language_info"}
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"nbgrader"}
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("name", NAMES)
def test_cells_have_their_roles(name):
    paper = master(name)
    about = paper.notebook["metadata"]["dlzero"]
    assert about["assignment"] == name
    assert about["title"] in paper.prose[0].splitlines()[0]
    assert paper.order[0] == ("setup", "setup")
    grade_ids = [grade_id for _, grade_id in paper.order]
    assert len(set(grade_ids)) == len(grade_ids)
    assert 4 <= len(paper.answers) + len(paper.cells["manual"]) <= 6
    assert len(paper.cells["manual"]) == 1
    asked = None
    for kind, grade_id in paper.order[1:]:
        if kind == "test":
            assert re.fullmatch(rf"{asked}_test\d?", grade_id), "a test follows its answer"
        else:
            asked = grade_id
    for cell in paper.notebook["cells"]:
        tag = cell["metadata"].get("nbgrader", {"schema_version": 3, "task": False})
        assert (tag["schema_version"], tag["task"]) == (3, False)


@pytest.mark.parametrize("name", NAMES)
def test_points_in_the_table_are_the_points_of_the_cells(name):
    paper = master(name)
    points = {}
    for grade_id, number in paper.points.items():
        assert isinstance(number, int)
        assert number > 0
        question = paper.question(grade_id)
        points[question] = points.get(question, 0) + number
    rows = re.findall(r"(?m)^\| (\d) \| .* \| (\d+) \|$", paper.prose[0])
    assert {f"q{number}": int(value) for number, value in rows} == points
    assert f"worth {sum(points.values())} points" in paper.prose[0]
    assert f"`{name}.ipynb`" in paper.prose[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_and_test_is_complete(name):
    paper = master(name)
    for source in paper.answers.values():
        assert len(SOLUTION.findall(source)) == 1
        assert source.count("### ") == 2
        assert len(functions(source)) == 1
        assert ast.get_docstring(ast.parse(source).body[0])
    for source in paper.tests.values():
        assert len(HIDDEN.findall(source)) == 1
        assert source.count("### ") == 2
        assert source.rstrip().endswith("### END HIDDEN TESTS")
        hidden = textwrap.dedent(HIDDEN.search(source)[2])
        for part in (HIDDEN.sub("", source), hidden):
            asserts = [node for node in ast.walk(ast.parse(part)) if isinstance(node, ast.Assert)]
            assert asserts
            assert all(node.msg for node in asserts), "every test says what it expected"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_the_allowed_helpers_is_used(name):
    paper = master(name)
    allow = {Path(file).stem for file in paper.notebook["metadata"]["dlzero"]["allow"]}
    assert allow <= {"checks", "data", "datasets", "surfaces"}
    for statement in ast.parse(paper.setup).body:
        if isinstance(statement, ast.ImportFrom):
            assert statement.module == "dlzero"
            assert {alias.name for alias in statement.names} <= allow
        else:
            assert ast.unparse(statement) == "import numpy as np"
    for source in [*paper.answers.values(), *paper.tests.values()]:
        imports = (ast.Import, ast.ImportFrom)
        assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, imports)]


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_pass(name):
    assert failures(master(name), master(name).answers) == {}


@pytest.mark.parametrize("name", NAMES)
def test_other_right_answers_pass(name):
    """Lists for arrays, other formulas, another order of the same operations."""
    source = (RIGHT / f"{name}.py").read_text("utf-8")
    asked = [function for answer in master(name).answers.values() for function in functions(answer)]
    assert functions(source) == asked
    assert failures(master(name), {name: source}) == {}


@pytest.mark.parametrize("name", NAMES)
def test_the_empty_paper_fails_every_test(name):
    failed = failures(master(name), master(name).student())
    assert list(failed) == list(master(name).tests)
    assert all(why.startswith("NotImplementedError") for why in failed.values())


@pytest.mark.parametrize("name", NAMES)
def test_hidden_numbers_are_nowhere_to_be_seen(name):
    paper = master(name)
    long = r"\d+\.\d{4,}"
    hidden = {
        number
        for source in paper.tests.values()
        for number in re.findall(long, HIDDEN.search(source)[2])
    }
    assert not hidden & set(re.findall(long, paper.visible()))
    for word in ("BEGIN", "HIDDEN", "SOLUTION", "sample answer"):
        assert word not in paper.visible()


WRONG = [
    pytest.param(name, question, number, id=f"{name}-{question}-{number + 1}")
    for name in NAMES
    for question in master(name).answers
    for number in range(len(master(name).variants[question]))
]


@pytest.mark.parametrize("name", NAMES)
def test_every_question_has_wrong_answers(name):
    paper = master(name)
    assert list(paper.variants) == list(paper.answers)
    for question, wrong in paper.variants.items():
        assert len(wrong) == len({variant["why"] for variant in wrong}) >= 4
        for variant in wrong:
            assert set(variant) == {"why", "source", "fails"}
            assert functions(variant["source"]) == functions(paper.answers[question])
            assert variant["fails"]
    failed = {test for wrong in paper.variants.values() for v in wrong for test in v["fails"]}
    assert failed == set(paper.tests), "no test that every wrong answer passes"


@pytest.mark.parametrize(("name", "question", "number"), WRONG)
def test_a_wrong_answer_fails_exactly_its_tests(name, question, number):
    paper = master(name)
    variant = paper.variants[question][number]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong answer may divide by zero
        failed = failures(paper, {**paper.answers, question: variant["source"]})
    assert list(failed) == variant["fails"], failed


LOOPS = {
    "hw06": """
def distance(lr, mu, steps):
    v = total = 0.0
    for _ in range(steps):
        v = mu * v + 1
        total += lr * v
    return total
""",
    "hw07": """
def step_after_jump(c, k, lr, rho):
    v = 1.0
    for _ in range(k):
        v = rho * v + (1 - rho) * c**2
    return lr * c / np.sqrt(v)
""",
    "hw08": """
def zigzag_step(t, lr, beta1):
    m = 0.0
    for i in range(t):
        m = beta1 * m + (1 - beta1) * (-1) ** i
    return -lr * m / (1 - beta1**t)
""",
}


@pytest.mark.parametrize("name", LOOPS)
def test_where_a_formula_is_asked_for_no_loop_gets_to_the_end(name):
    """Whether it is given up, as in grading, or gives up by itself and returns what it has."""
    paper = master(name)
    loop = LOOPS[name].replace("range(", "counted(")
    ends = """
def counted(n):
    if n > 10**12:
        raise TimeoutError
    return range(n)
"""
    failed = failures(paper, {**paper.answers, "q5": ends + loop})
    assert list(failed) == ["q5_test"]
    assert failed["q5_test"].startswith("TimeoutError")
    stops = "def counted(n):\n    return range(min(n, 5000))\n"
    failed = failures(paper, {**paper.answers, "q5": stops + loop})
    assert list(failed) == ["q5_test"]
    assert "A formula needs no loop" in failed["q5_test"]


def answers_of(name):
    """Return what the right answers define."""
    names = {}
    exec(master(name).setup, names)
    for source in master(name).answers.values():
        exec(source, names)
    return names


def close(one, other):
    np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def path_of(function, gradients, **hyper):
    """Return the positions of a rule of the package that is given these gradients, from zero."""
    rule = Rule(function, **hyper)
    w = np.zeros(gradients.shape[1])
    state = rule.start(w)
    path = []
    for t, g in enumerate(gradients, start=1):
        w, *state = rule.at(t)(w, g, *state)
        path.append(w)
    return np.array(path)


def test_right_answers_agree_with_the_units_of_the_package():
    X, y = dlzero.datasets.iris().classes("versicolor", "virginica")
    one, two = answers_of("hw01"), answers_of("hw02")
    unit = dlzero.Perceptron(lr=1, epochs=7).fit(X, y)
    assert one["mistakes_per_epoch"](X, y, 1, 7) == unit.errors_
    close(one["answers"](X, unit.coef_, unit.intercept_), unit.predict(X))
    assert one["mistakes_per_row"](np.round(10 * X), y, 7).sum() == unit.n_updates_
    X, y = dlzero.datasets.salaries()
    unit = dlzero.LinearUnit(lr=0.01, epochs=10).fit(X, y)
    w, b = two["learn"](X, y, 0.01, 10)
    close([*w, b], [*unit.coef_, unit.intercept_])
    close(two["rmse"](X, y, w, b), np.sqrt(2 * unit.loss_[-1]))


def test_right_answers_agree_with_the_loops_of_the_package():
    three, four = answers_of("hw03"), answers_of("hw04")
    f, point = dlzero.surfaces.ravine(), [0.3, -2.0]
    close(three["slope"]("ravine", point, 1e-3), dlzero.numerical_gradient(f, point, 1e-3))
    A, c, start = np.array([[10.0, 8.0], [8.0, 10.0]]), np.array([34.0, 38.0]), [-8.0, -6.0]
    found = dlzero.minimize(
        lambda p: p @ A @ p / 2 - c @ p,
        start,
        jac=lambda p: A @ p - c,
        **{"lr": 0.05, "steps": 9, "gtol": 0, "ftol": 0},
    )
    close(three["descend"](A, c, np.array(start), 0.05, 9), found.x)
    X, y = dlzero.datasets.salaries()
    model = dlzero.models.LinearRegression(1)
    dlzero.train(model, X, y, lr=0.01, epochs=3, batch_size=2, shuffle=False)
    w, b = four["learn"](X, y, [[*range(5)]] * 3, 2, 0.01)
    close([*w, b], [*model.params[0], model.params[1]])


def test_right_answers_agree_with_the_losses_of_the_package():
    five, models = answers_of("hw05"), dlzero.models
    z, t = np.linspace(-900, 900, 61), np.arange(61) % 2
    close(five["costs"](z, t), models.logistic_loss(z, t)[0])
    X, y = dlzero.datasets.iris().classes("versicolor", "virginica")
    model = models.LogisticRegression(4)
    dlzero.train(model, X - 3, y, lr=0.1, epochs=40, batch_size=100)
    w, b = five["learn"](X - 3, y, np.full(100, 7.0), 0.1, 40)
    np.testing.assert_allclose([*w, b], [*model.params[0], model.params[1]], rtol=1e-9)
    p = model.predict_proba(X - 3)
    for recall in (0.1, 0.7, 0.99):
        threshold, precision = five["alarm"](p, y, recall)
        found = models.precision_recall(y, p >= threshold)
        close(precision, found[0])
        assert found[1] >= recall > models.precision_recall(y, p > threshold)[1]
    z, y = np.random.default_rng(6).normal(0, 40, (30, 5)), np.arange(30) % 5
    cost, slope = models.cross_entropy(z, y)
    close(five["loss_and_slope"](z, y)[0], np.mean(cost))
    close(five["loss_and_slope"](z, y)[1], slope / 30)
    z[np.arange(20), y[:20]] += 90
    c = five["best_factor"](z, y)
    close(np.sum(models.softmax(c * z) * z), np.sum(z[np.arange(30), y]))
    assert 0.001 < c < 0.1


def test_right_answers_agree_with_the_rules_of_the_package():
    random = np.random.default_rng(5)
    gradients = 10 ** random.uniform(-4, 1, (40, 6)) * random.choice([-1.0, 1.0], (40, 6))
    adam = answers_of("hw08")["adam"](gradients, 0.01, 0.8, 0.95, 1e-3)
    close(adam, path_of(dlzero.adam, gradients, lr=0.01, beta1=0.8, beta2=0.95, eps=1e-3))
    rmsprop = answers_of("hw07")["rmsprop"](gradients, 0.01, 0.8, 1e-3)
    close(rmsprop, path_of(dlzero.rmsprop, gradients, lr=0.01, rho=0.8, eps=1e-3))
    adamw = answers_of("hw08")["adamw"](gradients, np.zeros(6), 0.01, 0.5)
    close(adamw, path_of(dlzero.adamw, gradients, lr=0.01, weight_decay=0.5)[-1])
    w, b = answers_of("hw07")["adagrad_two"](gradients[:, :5], gradients[:, 5], 0.01)
    close([*w, b], path_of(dlzero.adagrad, gradients, lr=0.01)[-1])
    zigzag = np.array([[1.0], [-1.0]] * 6)
    steps = [answers_of("hw08")["zigzag_step"](t, 0.1, 0.9) for t in range(1, 13)]
    close(np.cumsum(steps), path_of(dlzero.adam, zigzag, lr=0.1, eps=0.0)[:, 0])


def test_right_answers_agree_with_the_network_of_the_package():
    nine, network = answers_of("hw09"), dlzero.Network
    X, y = dlzero.datasets.digits()
    X, y = X[:60] / 16, y[:60]
    model = network((64, 7, 10), random_state=3)
    V, _, W, _ = (part.copy() for part in model.params)
    dlzero.train(model, X, y, lr=0.3, epochs=4, batch_size=25, shuffle=False)
    for mine, theirs in zip(nine["network_fit"](X, y, V, W, 25, 0.3, 4), model.params, strict=True):
        close(mine, theirs)
    T = np.random.default_rng(9).normal(size=(60, 2))
    model = network((64, 5, 4, 2), "sigmoid", "squared error", random_state=3)
    _, grads = model.loss_and_grad(X, T)
    matrices = model.params[::2]
    for mine, W, g in zip(nine["step"](X, T, matrices, 0.3), matrices, grads[::2], strict=True):
        close(mine, W - 0.3 * g)
    weights = np.array([0.7, -1.2, 0.4, 1.5])
    model = network((1, 1, 1, 1, 1), "tanh", "squared error")
    model.params[::2] = [np.array([[weight]]) for weight in weights]
    _, grads = model.loss_and_grad([[0.8]], [2.0])
    close(nine["chain_slopes"](0.8, 2.0, weights), np.ravel(grads[::2]))
    # ReLU and tanh in turn, which no `Network` has: the upper layers are one, the lower is nudged.
    draw = np.random.default_rng(4).normal
    U, a, *upper = (draw(size=s) for s in ((64, 6), 6, (6, 4), 4, (4, 10), 10))
    model = network((6, 4, 10))
    model.params[:] = upper
    found = nine["backpropagate"](X, np.eye(10)[y], U, a, *upper)
    _, grads = model.loss_and_grad(np.maximum(X @ U + a, 0), y)
    for mine, theirs in zip(found[2:], grads, strict=True):
        close(mine, theirs)

    def loss(lower):
        return model.mean_loss(np.maximum(X @ lower[:64] + lower[64], 0), y)

    lower = np.vstack([U, a])
    assert dlzero.check_gradient(loss, lambda _: np.vstack(found[:2]), lower) < 1e-6
    # He's start, drawn evenly.
    close(nine["start_range"](50, 1.0, 0.0, 9, 1.0) ** 2 / 3, 2 / 50)


def test_right_answers_agree_with_the_momenta_of_the_package():
    five = answers_of("hw06")
    A, c, start = np.array([[5.0, 2.0], [2.0, 3.0]]), np.array([1.0, -2.0]), np.array([1.0, 4.0])
    w, v, path = start, np.zeros(2), [start]
    for _ in range(20):
        w, v = dlzero.momentum(w, A @ w - c, v, lr=0.05, mu=0.8)
        path.append(w)
    close(five["heavy_ball"](A, c, start, 0.05, 0.8, 20), path)
    f = dlzero.surfaces.beale()
    hyper = {"lr": 0.001, "mu": 0.9, "steps": 12, "gtol": 0, "ftol": 0}
    found = dlzero.minimize(f, f.start, dlzero.nesterov, jac=f.grad, **hyper)
    close(five["nesterov"]("beale", np.array(f.start), 0.001, 0.9, 3, 4), found.x)
    flat = path_of(dlzero.momentum, np.ones((30, 1)), lr=0.1, mu=0.9)
    close(five["distance"](0.1, 0.9, 30), -flat[-1, 0])


def test_right_answers_agree_with_the_remedies_of_the_package():
    ten, random = answers_of("hw10"), np.random.default_rng(4)
    for patience in [1, 2, 3, 4] * 10:
        losses = random.integers(1, 9, 15).tolist()
        stop = dlzero.EarlyStopping([[0]], [0], patience, every=1)
        model = SimpleNamespace(params=[])
        for epoch, loss in enumerate(losses, start=1):
            model.mean_loss = lambda X, y, loss=loss: loss
            if stop(model, SimpleNamespace(steps=epoch)):
                break
        assert ten["stop_early"](losses, patience) == (epoch, stop.best_step)
    X, y = dlzero.datasets.diabetes()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = dlzero.models.LinearRegression(10)
    for _ in range(30):
        _, (slope, bias_slope) = model.loss_and_grad(X, y)
        w, b = model.params
        w[...] = dlzero.soft_threshold(w - 0.1 * slope, 0.1 * 8) / (1 + 0.1 * 0.5)
        b[...] = b - 0.1 * bias_slope
    w, b = ten["shrinking_fit"](X, y, 0.1, 8.0, 0.5, 30)
    close([*w, b], [*model.params[0], model.params[1]])
    assert 0 < np.count_nonzero(w) < 10
    rows, labels = random.random((7, 12)), np.arange(7)
    for down, right in itertools.product((-1, 0, 1), repeat=2):
        moved = dlzero.shift_pictures(rows, down, right, width=4)
        assert np.array_equal(ten["read_moved"](rows, labels, moved, 4, 1), labels)
    w, b = ten["dropout_rest"](X[:50, :3] + 1, y[:50], np.array([0.2, 0.2, 0.2]))
    m = dlzero.dropout_mask((4000, 1, 3), 0.2, 0) * (X[:50, :3] + 1)
    m = np.concatenate([m, np.ones((4000, 50, 1))], axis=2)
    slopes = np.mean((m @ [*w, b] - y[:50])[..., None] * m, axis=1)
    error = slopes.std(axis=0) / np.sqrt(4000)
    assert np.all(np.abs(slopes.mean(axis=0)) < 4 * error)
    assert np.all(error < 5)


def test_numbers_of_scikit_learn_are_those_of_scikit_learn():
    models = pytest.importorskip("sklearn.linear_model")
    X, y = dlzero.datasets.diabetes()
    X, fit = (X - X.mean(axis=0)) / X.std(axis=0), answers_of("hw10")["shrinking_fit"]
    for l1, l2 in ((20.0, 0.0), (5.0, 0.5)):
        both = l1 + l2
        net = models.ElasticNet(alpha=both, l1_ratio=l1 / both, tol=1e-12, max_iter=10**5).fit(X, y)
        w, b = fit(X, y, 0.2, l1, l2, 300)
        np.testing.assert_allclose([*w, b], [*net.coef_, net.intercept_], rtol=1e-7, atol=1e-9)
    Z, t = X[:60, :5], y[:60] - y[:60].mean()
    Z = Z - Z.mean(axis=0)
    expected = models.Ridge(alpha=60 * 0.3, fit_intercept=False).fit(Z / Z.std(axis=0), t)
    order = np.arange(120)
    off = (X[order[90:], :5] - X[:60, :5].mean(axis=0)) / X[:60, :5].std(axis=0)
    off = off @ expected.coef_ + y[:60].mean() - y[order[90:]]
    _, error = answers_of("hw10")["honest_error"](X[:, :5], y, order, [0.3])
    close(error, np.sqrt(np.mean(off**2)))


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_for_the_sizes_of_the_visible_tests_is_not_enough(name):
    paper = master(name)
    solved = answers_of(name)
    asked = [f for answer in paper.answers.values() for f in functions(answer)]

    def run(source, wrapped):
        exec(source, solved | {f: wrapped(solved[f]) for f in asked})

    def shape(arg):
        # The matrices in a list may differ in shape.
        several = isinstance(arg, list) and isinstance(arg[0], np.ndarray)
        return [*map(np.shape, arg)] if several else np.shape(arg)

    def sizes(args):
        return str([*map(shape, args)])

    enough = []
    for test, source in paper.tests.items():
        known = set()

        def noted(function, known=known):
            return lambda *args: known.add(sizes(args)) or function(*args)

        def choosy(function, known=known):
            return lambda *args: function(*args) if sizes(args) in known else None

        run(HIDDEN.sub("", source), noted)
        if any("(" in size.replace("()", "") for size in known):  # else all are plain numbers
            with contextlib.suppress(Exception):
                run(source, choosy)
                enough.append(test)
    assert enough == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", [list, np.array])
def test_lists_and_arrays_count_alike(name, form):
    """The first page of each homework says so."""

    def formed(value):
        if isinstance(value, tuple):
            return tuple(formed(part) for part in value)
        if isinstance(value, np.ndarray) and value.ndim:
            return value.tolist() if form is list else value
        if form is list or not isinstance(value, list):
            return value
        return [*map(formed, value)] if len({*map(np.size, value)}) > 1 else np.array(value)

    def wrapped(function):
        return lambda *args: formed(function(*args))

    assert "a list with the same numbers in the same shape is right" in master(name).prose[0]
    solved = answers_of(name)
    asked = [f for answer in master(name).answers.values() for f in functions(answer)]
    for source in master(name).tests.values():
        exec(source, solved | {f: wrapped(solved[f]) for f in asked})
