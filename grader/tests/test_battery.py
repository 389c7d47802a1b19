"""No test cell gives its points to an answer that knows nothing."""

import json
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from classroom.hostile_class import needs_sandbox

from dlzero_grader import master as masters
from dlzero_grader.authoring.battery import Bench, _cheats, _quiet, crossing, unearned
from dlzero_grader.grading.trusted import Grader

HERE = Path(__file__).parent
FOLDER = HERE.parent / "masters"
COURSE = [masters.load(path.stem, FOLDER) for path in sorted(FOLDER.glob("*.ipynb"))]
EXAMPLE = masters.load("own", HERE.parent / "example")
DEMO = masters.load("demo", HERE / "classroom")
HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"


def master_of(solution, visible, hidden="", points=1, text="", more=()):
    """Return a master with one question, ``q1``, and those in `more` above it."""
    cells = [cell("code", "import numpy as np", "setup", locked=True)]
    cells += [{"cell_type": "markdown", "metadata": {}, "source": text}]
    test = visible + ("\n" + HIDDEN.format(hidden) if hidden else "")
    for id, body, check in (*more, ("q1", solution, test)):
        head, _, rest = body.partition("\n")
        marked = f"{head}\n    ### BEGIN SOLUTION\n{rest}\n    ### END SOLUTION"
        cells.append(cell("code", marked if rest else with_marks(body), id, solution=True))
        cells.append(cell("code", check, f"{id}_test", grade=True, points=points))
    course = {"assignment": "small", "title": "Small", "allow": []}
    notebook = {"cells": cells, "metadata": {"dlzero": course}, "nbformat": 4, "nbformat_minor": 5}
    return masters.parse(json.dumps(notebook), "small")


def with_marks(line):
    return f"### BEGIN SOLUTION\n{line}\n### END SOLUTION"


def cell(kind, source, id, **tags):
    made = {"cell_type": kind, "source": source, "execution_count": None, "outputs": []}
    return made | {"metadata": {"nbgrader": {"grade_id": id, **tags}}}


REMEMBERS = "remembers the visible calls, and else"
DOUBLE = "def f(x):\n    return 2 * np.asarray(x)"
PAIR = "def f(x):\n    return 2 * x, x.sum()"


@pytest.mark.parametrize("master", [*COURSE, EXAMPLE], ids=lambda master: master.name)
def test_a_master_gives_nothing_for_nothing(master):
    assert crossing(master) == []
    assert unearned(master) == []


def test_the_demo_shows_what_is_found():
    """It is no model: each of these cells gives its points to somebody who has done nothing."""
    found = [re.match(r"(\w+) passes when the answer (.*?)\. Compare", t) for t in unearned(DEMO)]
    assert [(line[1], line[2]) for line in found] == [
        ("q1_test", f"{REMEMBERS} returns 6.0"),
        ("q1_test2", "returns None"),
        ("q2_test", f"{REMEMBERS} returns None"),
        (
            "q2_test2",
            f"{REMEMBERS} returns an empty array of shape (7, 0)",
        ),
    ]


@pytest.mark.parametrize(
    ("solution", "visible", "hidden", "answer"),
    [
        (
            DOUBLE,
            "assert np.allclose(f([1, 2]), [2, 4])",
            "",
            "returns an empty array of shape (0, 1)",
        ),
        (
            PAIR,
            "w, b = f(np.array([2.0]))\nassert np.allclose([*w, b], [4, 2])",
            "",
            "returns (an empty array of shape (0,), an empty array of shape (0, 1))",
        ),
        ("def f(x):\n    return x > 2", "assert f(3)", "assert f(4)", "returns True"),
        (
            "def f(x):\n    return x / 2",
            "assert not f(3) > 2",
            "assert not f(2) > 1",
            "returns nan",
        ),
        (
            DOUBLE,
            "assert len(f([1, 2])) == 2",
            "assert len(f([1])) == 1",
            "returns 0 in the right shape",
        ),
        (
            DOUBLE,
            "got = f([1, 2])\nassert len(got) == 2\nfor a, b in zip(got, [2, 4]):\n"
            "    assert np.allclose(a, b)",
            "",
            "returns the right length of empty arrays of shape (0,)",
        ),
        (DOUBLE, "assert f(3) == 6", "", "& returns None"),
        (
            DOUBLE,
            "assert f(3) == 6",
            "assert f(31) == 62",
            "& returns 62",
        ),
        (
            DOUBLE,
            "assert f(3) == 6",
            "assert f(0) == 0\nassert f(-0.0) == 0",
            "& returns 0",
        ),
        (
            "def f(x, y):\n    return max(x, y), min(x, y)",
            "assert f(1, 3) == (3, 1)",
            "assert f(4, 2) == (4, 2)\nassert f(5, 2) == (5, 2)",
            "& returns its arguments (0, 1)",
        ),
        (
            DOUBLE,
            "assert np.shape(f([1])) == (1,)\nassert f([1])[0] == 2",
            "for n in (2, 3):\n    x = np.ones(n)\n    got = f(x)\n"
            "    assert np.shape(got) == (n,)\n    assert np.allclose(got, 2 * x)",
            "& fills its arguments with 0 and returns 0 in the right shape",
        ),
        (
            DOUBLE,
            "assert f(1) == 2",
            "before = f(4)\nassert f(5) >= before\nassert f(6) > before",
            "& returns the answer to the call before",
        ),
        (
            "def f(x):\n    return round(x)",
            "assert f(1.0) == 1\nassert f(2.0) == 2",
            "assert f(1.1) == 1\nassert f(2.1) == 2",
            "& returns the answer to the nearest visible call",
        ),
        (
            DOUBLE,
            "assert np.allclose(f([1, 2]), [2, 4])",
            "for x in ([1, 2, 3], [4, 5, 7, 9]):\n    got = f(x)\n"
            "    assert np.shape(got) == np.shape(x)\n    assert got[-1] == 2 * x[-1]",
            "& is right in the last item only, and else masked",
        ),
        (
            DOUBLE,
            "assert np.allclose(f([1, 2]), [2, 4])",
            "for x in ([1, 2, 3], [4, 5, 7, 9]):\n    got = f(x)\n"
            "    assert np.shape(got) == np.shape(x)\n"
            "    assert not np.nanmax(abs(got - 2 * np.array(x)))",
            "& is right in the first item only, and else nan",
        ),
        (
            DOUBLE,
            "assert np.allclose(f([[1], [2]]), [[2], [4]])",
            "for x in ([[1, 2], [3, 4]], [[4, 5, 7], [9, 7, 5]]):\n    got = f(x)\n"
            "    assert np.shape(got) == np.shape(x)\n"
            "    assert np.allclose(got[:, 0], 2 * np.array(x)[:, 0])",
            "& is right in the first column only, and else 0",
        ),
        (
            "def f(x):\n    return [x[:1], x[1:]]",
            "assert f([1, 2]) == [[1], [2]]",
            "for x in ([1, 2, 3], [4, 5, 7, 9]):\n    got = f(x)\n"
            "    assert len(got) == 2\n    assert got[0] == x[:1]",
            "& is right in the first item only, and else 0",
        ),
        (
            PAIR,
            "w, b = f(np.array([2.0]))\nassert np.shape(w) == (1,)\nassert (w[0], b) == (4, 2)",
            "for x in (np.array([3.0]), np.array([5.0])):\n    w, b = f(x)\n"
            "    assert np.shape(w) == (1,)\n    assert w[0] == 2 * x[0]",
            "& is right in its part 0 only, and else 0",
        ),
        (
            "def f(x, h):\n    return x * h",
            "assert f(2, 3) == 6",
            "assert f(4, 3) == 12\nassert f(5, h=3) == 15",
            "takes h as it is in the first visible call of f",
        ),
    ],
)
def test_a_weak_test_is_found_by_what_it_lets_through(solution, visible, hidden, answer):
    master = master_of(solution, visible, hidden)
    assert answer.replace("&", REMEMBERS) in passing(master)
    (line,) = unearned(master)
    assert line.startswith("q1_test passes when the answer ")
    assert "Compare shapes first" in line


def passing(master):
    """Return all cheats with which the only test of a master passes."""
    (test,) = master.tests
    with _quiet():
        bench = Bench(master)
        for call in bench.run(test, test.visible, bench.solve):
            bench.seen[call.key] = call
        calls = bench.run(test, test.source, bench.solve)
        cheats = _cheats(bench, test, calls)
        return [what for what, *how in cheats if bench.run(test, test.source, *how) is not None]


def test_an_argument_may_be_without_effect():
    """From zero, the rate of a perceptron only scales its weights."""
    solution = "def f(x, rate):\n    return x * x * rate / rate"
    hidden = "for x in (8, 16):\n    assert f(x, 0.25) == f(x, 0.5) == x * x"
    assert unearned(master_of(solution, "assert f(4, 0.5) == 16", hidden)) == []
    weak = "def f(x, rate):\n    return x * x * min(rate, 0.25)"
    (line,) = unearned(
        master_of(weak, "assert f(4, 0.5) == 4", hidden.replace("x * x", "x * x / 4"))
    )
    assert "takes rate as it is in the first visible call of f" in line


def test_an_argument_may_be_the_subject_of_another_test():
    product = "def f(x, h):\n    return x * h"
    one = "assert f(2, 3) == 6\n" + HIDDEN.format("assert f(4, 3) == 12\nassert f(5, 3) == 15")
    solution, visible = "def g(x):\n    return x - 1", "assert g(3) == 2"
    hidden = "assert g(7) == 6\nassert g(9) == 8"
    alone = master_of(solution, visible, hidden, more=[("q0", product, one)])
    assert [line.split()[0] for line in unearned(alone)] == ["q0_test"]
    hidden += "\nassert f(1, 5) == 5"
    assert unearned(master_of(solution, visible, hidden, more=[("q0", product, one)])) == []


def test_arguments_that_do_not_fit_do_not_stop_the_build():
    refused = "try:\n    f({})\nexcept TypeError:\n    pass\nelse:\n    assert False\n"
    hidden = refused.format("1, 2, 3") + "assert f(4, 3) == 12\nassert f(5, 7) == 35"
    product = "def f(x, h):\n    return x * h"
    visible = refused.format(1) + "assert f(2, 3) == 6"
    assert unearned(master_of(product, visible, hidden)) == []
    (line,) = unearned(master_of(product, visible, "assert f(4, 3) == 12\nassert f(5, 3) == 15"))
    assert "takes h as it is in the first visible call of f" in line
    nameless = "f = max"
    hidden = "assert f(4, 3) == 4\nassert f(5, 7) == 7"
    assert unearned(master_of(nameless, "assert f(2, 3) == 3", hidden)) == []


def test_what_was_handed_out_or_shown_is_tried():
    visible, hidden = "assert f(3) == 6", "assert f(4) == 0\nassert f(5) == 1"
    solution = "def f(x):\n    return 6 if x == 3 else x - 4"
    shown = "A colleague wrote:\n\n```python\ndef f(x):\n    return x - 4\n```\n"
    assert unearned(master_of(solution, visible, hidden)) == []
    (line,) = unearned(master_of(solution, visible, hidden, text=shown))
    assert "else is the code in the text, def f(...)" in line
    cells = json.loads(master_of(solution, visible, hidden).text)
    cells["cells"][2]["source"] = textwrap.dedent(
        """
        def f(x):
            y = x - 4
            ### BEGIN SOLUTION
            y = 6 if x == 3 else y
            ### END SOLUTION
            return y
        """
    )
    (line,) = unearned(masters.parse(json.dumps(cells), "small"))
    assert "else is what q1 hands out, unfinished" in line


def test_the_answer_to_another_question_is_tried():
    half = "def half(x):\n    return x / 2"
    above = [("q0", half, "assert half(2) == 1\n" + HIDDEN.format("assert half(8) == 4"))]
    above[0] = (*above[0][:2], above[0][2].replace("half(8) == 4", "half(8) + half(2) == 5"))
    solution = "def f(x):\n    return x / 2 if x > 3 else 6"
    weak = master_of(solution, "assert f(3) == 6", "assert f(4) == 2\nassert f(8) == 4", more=above)
    assert any("q1_test" in line and "is half of q0" in line for line in unearned(weak))
    # Two questions may ask for the same.
    same = master_of(
        "def f(x):\n    return x * 0.5",
        "assert f(3) == 1.5",
        "assert f(4) == 2\nassert f(8) == 4",
        more=above,
    )
    assert not any(line.startswith("q1_test") for line in unearned(same))


@pytest.mark.parametrize(
    ("solution", "test"), [("f = (50, 50)", "assert f == (50, 50)"), ("f = 1", "assert f == 1")]
)
def test_a_value_is_a_constant_and_may_be_asked_for(solution, test):
    assert unearned(master_of(solution, test)) == []
    (line,) = unearned(master_of(solution, "assert np.ndim(f) < 2"))
    assert "q1_test passes when the answer returns None" in line


REFUSES = """def f(x):
    if x < 0:
        raise ValueError("a negative number")
    return x**0.5"""
REFUSED = """try:
    f({})
except ValueError:
    pass
else:
    assert False"""


def test_an_answer_may_have_to_raise_an_error():
    visible = "assert f(4) == 2\n" + REFUSED.format(-3)
    hidden = REFUSED.format(-5)
    master = master_of(REFUSES, visible, hidden)
    assert f"{REMEMBERS} raises ValueError" in passing(master)
    assert unearned(master_of(REFUSES, visible, f"{hidden}\nassert f(9) == 3")) == []


def test_two_functions_may_return_different_things():
    solution = "def f(x):\n    def double(y):\n        return 2 * y\n    return double(x), x"
    above = [("q0", "def half(x):\n    return x / 2", "assert half(2) == 1")]
    hidden = "for n in (4, 9):\n    assert half(n) == n / 2\n    assert f(n) == (2 * n, n)"
    lines = unearned(master_of(solution, "assert f(3) == (6, 3)", hidden, more=above))
    assert [line.split()[0] for line in lines] == ["q0_test"]


def test_a_test_without_points_may_pass():
    assert unearned(master_of(DOUBLE, "f(3)", points=0)) == []
    assert len(unearned(master_of(DOUBLE, "f(3)", points=1))) == 1


def test_a_test_that_goes_on_for_ever_does_not_stop_the_build(monkeypatch):
    monkeypatch.setattr("dlzero_grader.authoring.battery.SECONDS", 0.5)
    endless = "x = f(3)\nwhile x < 6:\n    pass\nassert x == 6"
    assert unearned(master_of(DOUBLE, endless, "assert f(4) == 8\nassert f(5) == 10")) == []


@pytest.mark.parametrize(
    ("solution", "test", "complaint"),
    [
        ("def f(g):\n    return g(2)", "assert f(lambda x: x) == 2", "q1_test: gives f a value"),
        ("def f(r):\n    return r.random()", "assert f(np.random.default_rng(0)) < 1", "its seed"),
        ("def f(x):\n    return object()", "assert f(1)", "q1_test: f returns a value that is not"),
        ("f = object()", "assert f", "q1_test: f is a value that is not plain"),
        (
            "def f(x):\n    print(x)",
            "import contextlib, io\nout = io.StringIO()\n"
            "with contextlib.redirect_stdout(out):\n    f(3)\nassert out.getvalue() == '3\\n'",
            "q1_test: f prints, which no test can see",
        ),
    ],
)
def test_what_cannot_cross_is_said_in_words(solution, test, complaint):
    (line,) = crossing(master_of(solution, test))
    assert complaint in line


def test_a_setup_or_a_solution_that_stops_is_said(monkeypatch):
    made = json.loads(master_of(DOUBLE, "assert f(3) == 6").text)
    made["cells"][0]["source"] = "import numpy as np\n1 / 0"
    stopped = masters.parse(json.dumps(made), "small")
    assert crossing(stopped) == ["the setup stops with ZeroDivisionError: division by zero"]
    monkeypatch.setattr("dlzero_grader.authoring.battery.SECONDS", 0.1)
    endless = master_of(DOUBLE, "assert f(3) == 6")
    made = json.loads(endless.text)
    made["cells"][2]["source"] += "\nwhile True:\n    pass"
    endless = masters.parse(json.dumps(made), "small")
    assert crossing(endless) == []  # the grader itself says it


def literal(value):
    """Return the text of a plain value; arrays become lists."""
    if isinstance(value, list | tuple):
        return type(value)(map(literal, value))
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def lookup(master, constant):
    """Return a submission that remembers the visible calls and knows nothing else."""
    bench = Bench(master)
    tables = {name: {} for answer in master.answers for name in answer.names}
    for test in master.tests:
        for call in bench.run(test, test.visible, bench.solve):
            args, kwargs = call.inputs()
            assert not kwargs
            tables[call.name][repr(literal(args))] = literal(bench.right(call))
    made = json.loads(master.text)
    for part in made["cells"]:
        id = part["metadata"].get("nbgrader", {}).get("grade_id")
        for answer in master.answers:
            if answer.id == id:
                (name,) = answer.names
                part["source"] = f"""
def {name}(*args):
    def plain(value):
        if isinstance(value, (list, tuple)):
            return [plain(part) for part in value]
        return value.tolist() if hasattr(value, "tolist") else value
    return {tables[name]!r}.get(repr(plain(args)), {constant})
"""
    return json.dumps(made).encode()


@needs_sandbox
@pytest.mark.parametrize("master", COURSE, ids=lambda master: master.name)
def test_remembered_answers_and_a_constant_get_no_point_from_the_grader(master):
    data = lookup(master, "np.zeros((0, 1))")
    notebook = json.loads(master.text)
    for part in notebook["cells"]:
        hidden = r"(?s)### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS"
        part["source"] = re.sub(hidden, "", "".join(part["source"]))
    visible = masters.parse(json.dumps(notebook), master.name)
    with Grader(visible) as grader:
        assert all(result.passed for result in grader.grade(data).tests.values())
    with Grader(master) as grader:
        for constant in ("np.zeros((0, 1))", "0.0", "(np.zeros(0), np.zeros((0, 1)))"):
            row = grader.grade(lookup(master, constant))
            assert row.status == "graded"
            assert [result.points for result in row.tests.values()] == [0] * len(row.tests)
