"""The learner's check: it says at once how each question stands."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from work import lines_run

from dlzero.homework import check


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A folder with the visible tests beside the notebook."""
    shutil.copy(Path(__file__).with_name("demo.check.json"), tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hand_out(folder, test):
    """Write a homework of one question with one test."""
    tests = {"questions": [{"id": "q1", "tests": [test]}]}
    (folder / "hwx.check.json").write_text(json.dumps(tests), "utf-8")


def in_notebook(source, call="check('demo')"):
    names = {"check": check, "np": np}
    exec(source, names)
    exec(call, names)


RIGHT_CODE = """
def mean_square(x):
    return float(np.mean(np.asarray(x, dtype=float) ** 2))


def step(w, g):
    return w - 0.1 * g


def steps(w, n):
    return [w := step(w, 2 * w) for _ in range(n)]
"""
STUB = """
def mean_square(x):
    # YOUR CODE HERE
    raise NotImplementedError()
"""


def test_the_learner_is_told_what_is_right(lesson, capsys):
    in_notebook(RIGHT_CODE + "\ncounts = (50, 50, 50)")
    assert capsys.readouterr().out.splitlines() == [
        "q1  Right, as far as these 2 tests see.",
        "q2  Right, as far as these 2 tests see.",
        "q3  Right, as far as this test sees.",
    ]


def test_the_learner_is_told_what_came(lesson, capsys):
    in_notebook("def mean_square(x):\n    return 5", "check('demo', 'q1')")
    out = capsys.readouterr().out
    assert "q1  Not yet: 1 of 2 tests pass." in out
    assert "expected 12.5, came 5. Squares first" in out


def test_the_learner_is_told_what_is_missing(lesson, capsys):
    in_notebook(STUB)
    out = capsys.readouterr().out
    assert "q1  No answer yet." in out
    assert "name 'counts' is not defined. Run the cell" in out


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "def mean_square(x):\n    y = x\n    return z",
            "name 'z' is not defined. Look at mean_sq",
        ),
        (
            "def mean_square(x):\n    return 1 / 0",
            "division by zero. Look at mean_square, in line 2",
        ),
        (
            "def mean_square(x):\n    f = lambda: {}[0]\n    f()",
            "Look at <lambda>, in line 2 of its",
        ),
    ],
)
def test_the_learner_is_told_where_it_stopped(lesson, capsys, source, said):
    in_notebook(source, "check('demo', 'q1')")
    assert said in capsys.readouterr().out


def test_the_learner_is_told_once_what_is_wrong_with_an_answer(lesson, capsys):
    source = """
got = double([1, 2])
assert np.shape(got) == (2,), "two"
third = got[2]
assert third + "" == 0, "three"
assert double([1])[0] == 2, "one"
assert double(7)[0] == 14, "seven"
"""
    (lesson / "hwx.check.json").write_text(
        json.dumps({"questions": [{"id": "q1", "tests": [{"id": "t", "source": source}]}]}), "utf-8"
    )
    in_notebook("def double(x):\n    return [4, 4, 4] if x != 7 else None", "check('hwx')")
    out = capsys.readouterr().out.splitlines()
    assert out[:3] == ["q1  Not yet: 0 of 4 tests pass.", "    two", "    one"]
    assert "NoneType" in out[3]
    assert len(out) == 4


def test_the_learner_is_told_of_a_changed_argument(lesson, capsys):
    test = {"id": "t", "source": "assert double(np.array([1.0]))[0] == 2, 'no'\nassert 1"}
    (lesson / "hwx.check.json").write_text(
        json.dumps({"questions": [{"id": "q1", "tests": [test]}]}), "utf-8"
    )
    in_notebook("def double(x):\n    return x * 2", "check('hwx')")
    in_notebook("def double(x):\n    x *= 2\n    return x", "check('hwx')")
    assert capsys.readouterr().out.splitlines() == [
        "q1  Right, as far as these 2 tests see.",
        "q1  Not yet: 2 of 3 tests pass.",
        "    double changes what it is given, which further tests may see. Let it work on a copy.",
    ]


@pytest.mark.parametrize(
    "test",
    [
        "assert apply(double, 2) == 4",
        "assert apply(lambda x: x + 1, 2) == 3",
        "assert apply(sum, iter([1, 2])) == 3",
        "assert total(iter([1, 2])) == 3",
        "assert apply(double, float('nan')) != 0",
    ],
)
def test_the_learner_is_told_of_no_change_where_there_is_none(lesson, capsys, test):
    test = {"id": "t", "source": test}
    (lesson / "hwx.check.json").write_text(
        json.dumps({"questions": [{"id": "q1", "tests": [test]}]}), "utf-8"
    )
    source = "def double(x):\n    return x * 2\ndef apply(f, x):\n    return f(x)\n"
    source += "def total(x):\n    return sum(x)"
    in_notebook(source, "check('hwx')")
    assert capsys.readouterr().out == "q1  Right, as far as this test sees.\n"


def test_the_learner_is_reminded_of_return(lesson, capsys, monkeypatch):
    test = {"id": "t", "source": "assert len(f()) == 2, 'two'\nassert f() == 1, 'one\\ntwo'"}
    (lesson / "hwx.check.json").write_text(
        json.dumps({"questions": [{"id": "q1", "tests": [test]}]}), "utf-8"
    )
    in_notebook("def f(): pass", "check('hwx')")
    assert capsys.readouterr().out.splitlines() == [
        "q1  Not yet: 0 of 2 tests pass.",
        "    It stopped with TypeError: object of type 'NoneType' has no len(). "
        "Does your function return something?",
        "    one",
        "    two",
    ]


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ("check('hw99')", "No homework 'hw99' here"),
        ("check(1)", "No homework '1' here"),
        ("check('../demo')", r"No homework '\.\./demo' here"),
        ("check('demo', 'q9')", "no question 'q9'; it has q1, q2, q3"),
    ],
)
def test_an_unknown_homework_is_refused(lesson, call, complaint):
    with pytest.raises(ValueError, match=complaint):
        in_notebook("", call)


def test_the_check_leaves_the_notebook_as_it_was(lesson, capsys):
    names = {"check": check, "np": np, "came": "mine"}
    exec(RIGHT_CODE, names)
    before = dict(names)
    exec("check('demo')", names)
    assert {k: v for k, v in names.items() if k != "__builtins__"} == {
        k: v for k, v in before.items() if k != "__builtins__"
    }


def test_the_check_is_instant(lesson, capsys):
    names = {"check": check, "np": np}
    exec(RIGHT_CODE + "\ncounts = ()", names)
    assert 0 < lines_run(lambda: exec("check('demo')", names)) < 10_000


def test_the_check_needs_numpy_alone():
    code = "import sys, dlzero; before = {*sys.modules, *sys.stdlib_module_names}\n"
    code += "from dlzero.homework import check; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "['dlzero.homework', 'dlzero.homework.learner']\n", done.stderr
