"""What deserves a look is listed; honest work is not."""

import copy
import json
from pathlib import Path

import pytest
from classroom.submissions import RIGHT, STUBS

from dlzero_grader import master as masters
from dlzero_grader.authoring.build import student_version
from dlzero_grader.files import write
from dlzero_grader.marking.score import score_of
from dlzero_grader.reports import attention as module
from dlzero_grader.reports.alike import (
    FEWEST_RUNS,
    MOST_SHARED,
    Group,
    alike,
    code_words,
    runs,
)
from dlzero_grader.reports.attention import KINDS, attention, attention_csv
from dlzero_grader.row import Response, Result, Row
from dlzero_grader.tables import named

DEMO = masters.load("demo", Path(__file__).parent / "classroom")
GIVEN = json.loads(student_version(DEMO))
LONG = """
def mean_square(values):
    total = 0.0
    count = 0
    for position, value in enumerate(values):
        if position < 0:
            continue
        total = total + value * value
        count += 1
    assert count > 0, "no values at all"
    return total / max(count, 1)
"""
OTHER = """
def mean_square(x):
    squares = [abs(v) ** 2 for v in list(x)]
    while len(squares) > 1:
        last = squares.pop()
        squares[0] = squares[0] + last
    result = squares[0] / len(x)
    print(f"the result is {result}")
    if not result >= 0:
        raise ValueError(result)
    return float(result)
"""
ESSAY = (
    "A large step overshoots because the slope is that of the start and the loss "
    "turns upwards before the end of the step is reached at all."
)


def notebook(answers, change=None):
    """Return the bytes of a submission with these answers."""
    made = copy.deepcopy(GIVEN)
    for cell in made["cells"]:
        id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.get(id, cell["source"])
    if change:
        change(made)
    return json.dumps(made).encode()


def hints_of(tmp_path, submissions, rows=None, words=None):
    """Return what is said about each submission, as (student, kind, details)."""
    students = [{"id": id, "name": id.title(), "email": "", "columns": {}} for id in submissions]
    made = {}
    for id, data in submissions.items():
        write(tmp_path / id / "demo" / "demo.ipynb", data)
        made[id] = row_of(id)
    made |= rows or {}
    scores = {id: score_of(DEMO, row, {}) for id, row in made.items()}
    hints = attention(DEMO, students, made, scores, tmp_path, words)
    assert attention_csv(students, hints).count("\r\n") == len(hints) + 1
    return [(hint.student, hint.kind, hint.detail) for hint in hints]


def row_of(id, failed=(), status="graded", text="", notes=(), restarts=0):
    tests = {t.id: Result(t.points, t.points) for t in DEMO.tests}
    for test, message, hidden in failed:
        tests[test] = Result(0, tests[test].of, message, hidden)
    written = {"q4": Response(4, text)}
    return Row(status, tests, written, list(notes), restarts, student=id)


def test_honest_work_is_not_listed(tmp_path):
    own = {**RIGHT, "q1": LONG}
    other = {**RIGHT, "q1": OTHER}
    plots = {**RIGHT, "q1": "import matplotlib.pyplot as plt\n" + RIGHT["q1"] + "\nplt.plot([1])"}
    made = {"ada": RIGHT, "bo": own, "carl": other, "dora": plots, "eva": RIGHT}
    assert hints_of(tmp_path, {id: notebook(answers) for id, answers in made.items()}) == []


def test_a_stranger_is_no_reason_to_stop(tmp_path):
    made = {"ada": b"", "bo": b"[" * 100_000, "carl": b"\xff\xfe", "dora": b'{"nbformat": 4}'}
    assert hints_of(tmp_path, made) == []
    assert attention(DEMO, [], {}, {}, None) == []


@pytest.mark.parametrize("part", [" ", "'", '"#', "a="])
def test_long_code_is_cut(tmp_path, part):
    data = notebook({**RIGHT, "q1": LONG + part * 200_000})
    assert hints_of(tmp_path, {"ada": data}) == []


def renamed(source):
    """Return a copy that tries to look like another's work."""
    for old, new in (("total", "s"), ("count", "n"), ("position", "i"), ("values", "data")):
        source = source.replace(old, new)
    return "# all my own\n" + source.replace("0.0", "0.").replace("no values at all", "nothing")


def test_code_much_alike_is_listed_with_a_figure(tmp_path):
    made = {"ada": LONG, "bo": renamed(LONG), "carl": OTHER}
    made = {id: notebook({**RIGHT, "q1": code}) for id, code in made.items()}
    assert hints_of(tmp_path, made) == [("ada", "code much alike", "Bo (bo): 100%")]


def test_a_copy_with_a_new_end_is_listed(tmp_path):
    changed = LONG.replace(
        "return total / max(count, 1)", "mean = total / len(values)\n    return mean"
    )
    made = {"ada": notebook({**RIGHT, "q1": LONG}), "bo": notebook({**RIGHT, "q1": changed})}
    [(_, kind, detail)] = hints_of(tmp_path, made)
    assert kind == "code much alike"
    assert 60 <= int(detail.removeprefix("Bo (bo): ").removesuffix("%")) < 100


def test_what_the_class_shares_is_not_listed(tmp_path):
    """The solution of the master, and what the book says."""
    solution = {answer.id: answer.solution for answer in DEMO.answers}
    made = {str(n): notebook(solution) for n in range(5)}
    assert hints_of(tmp_path, made) == []


def test_runs_of_many_are_the_way_to_write_it():
    common = set(range(100))
    many = {str(n): common | {1000 + n} for n in range(MOST_SHARED + 1)}
    assert alike(many) == []
    [group] = alike(dict([*many.items()][:3]))
    assert group.students == ("0", "1", "2")
    few = {"a": set(range(FEWEST_RUNS - 1)), "b": set(range(FEWEST_RUNS - 1))}
    assert alike(few) == []


def test_equal_texts_are_found_however_many_have_them():
    same = {str(n): set(range(50)) for n in range(30)}
    assert alike(same) == [Group(tuple(same), 1.0, 1.0)]


def test_a_group_is_one_line(tmp_path, monkeypatch):
    """In a class whose honest answers are short and alike, few lines are read."""
    monkeypatch.setattr(module, "MOST_NAMES", 8)
    rows = {f"s{n}": row_of(f"s{n}", text=ESSAY) for n in range(28)}
    rows |= {
        "t1": row_of("t1", text="w " * 3 + ESSAY[:90]),
        "t2": row_of("t2", text="Other words."),
    }
    made = {id: notebook({**RIGHT, "q1": LONG if id < "s2" else OTHER}) for id in rows}
    found = [hint for hint in hints_of(tmp_path, made, rows) if "alike" in hint[1]]
    assert [hint[:2] for hint in found] == [
        ("s0", "code much alike"),
        ("s2", "code much alike"),
        ("s0", "free responses much alike"),
    ]
    some = ", ".join(f"S{n} (s{n})" for n in range(1, 9))
    said = found[-1][2]
    assert said.startswith(f"q4, 29 students, with {some} and 20 more: ")
    assert said.endswith("% to 100%")


def test_groups_that_meet_become_one():
    """The first and the last of these share little, and each has much of the one between."""
    texts = {
        id: set(range(start, start + 40)) for id, start in zip("abc", (0, 10, 20), strict=True)
    }
    assert alike(texts) == [Group(("a", "b", "c"), 0.75, 0.75)]
    assert alike({**texts, "d": texts["c"]}) == [Group(("a", "b", "c", "d"), 0.75, 1.0)]


def test_groups_do_not_meet():
    first = {f"a{n}": set(range(n, n + 40)) for n in range(3)}
    second = {f"b{n}": set(range(1000 + n, 1040 + n)) for n in range(2)}
    found = alike({**second, **first})
    assert {group.students for group in found} == {("a0", "a1", "a2"), ("b0", "b1")}
    assert next(group for group in found if "a0" in group.students).least == pytest.approx(0.95)


def test_words_of_code():
    words = ["x", "=", "s", "x", ".", "z", "(", "0", "-", "0", ")"]
    assert code_words("x = 'a' # b\n\ty.z(1e-3)") == words
    assert runs(["a", "b"], 3) == set()


@pytest.mark.parametrize(
    ("one", "other", "listed"),
    [
        (ESSAY, ESSAY.upper() + "\n", True),
        (ESSAY, ESSAY.replace("at all", "in the end"), True),
        (ESSAY, "The gradient is only local: it says nothing about what lies further away.", False),
        ("See above.", "See above.", False),
    ],
)
def test_free_responses_much_alike(tmp_path, one, other, listed):
    rows = {"ada": row_of("ada", text=one), "bo": row_of("bo", text=other)}
    made = {id: notebook(RIGHT) for id in rows}
    found = hints_of(tmp_path, made, rows)
    assert [hint[:2] for hint in found] == [("ada", "free responses much alike")] * listed


@pytest.mark.parametrize(
    ("row", "kind", "detail"),
    [
        (
            row_of("ada", [("q1_test", "NameError: name 'sqrt' is not defined", False)]),
            "a name or an import is missing",
            "NameError: name 'sqrt' is not defined",
        ),
        (
            row_of("ada", notes=["cell 2: ModuleNotFoundError: No module named 'scipy'"]),
            "a name or an import is missing",
            "ModuleNotFoundError: No module named 'scipy'",
        ),
        (
            row_of("ada", notes=["q1: did not end within 5 s"], restarts=1),
            "stopped or ran out of time",
            "q1: did not end within 5 s",
        ),
        (row_of("ada", status="timeout"), "stopped or ran out of time", "timeout"),
        (
            row_of("ada", [("q1_test", "no", True), ("q2_test2", "no", True)]),
            "passes the visible tests only",
            "q1_test, q2_test2",
        ),
    ],
)
def test_how_the_tests_ended_may_deserve_a_look(tmp_path, row, kind, detail):
    assert hints_of(tmp_path, {"ada": notebook(RIGHT)}, {"ada": row}) == [("ada", kind, detail)]


def test_one_hidden_test_that_fails_is_no_hint(tmp_path):
    row = row_of("ada", [("q1_test", "no", True)])
    assert hints_of(tmp_path, {"ada": notebook(RIGHT)}, {"ada": row}) == []


def test_a_missing_name_in_long_work_without_a_point(tmp_path):
    failed = [(test.id, "NameError: name 'np2' is not defined", False) for test in DEMO.tests]
    row = row_of("ada", failed, notes=["q1: NameError: name 'np2' is not defined"])
    data = notebook({**RIGHT, "q1": LONG})
    found = hints_of(tmp_path, {"ada": data}, {"ada": row})
    assert found == [("ada", KINDS[2], "no test passed, but the code is long")]


def another(made):
    made["metadata"]["dlzero"]["assignment"] = "hw02"


def without_metadata(made):
    made["metadata"] = {}
    for cell in made["cells"]:
        cell["metadata"] = {}


def weak_tests(made):
    for cell in made["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "q2_test":
            cell["source"] = "assert True"


def with_spaces(made):
    for cell in made["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "  \r\n") + "\n\n"


@pytest.mark.parametrize(
    ("answers", "change", "kind", "detail"),
    [
        (RIGHT, another, KINDS[1], "this looks like hw02"),
        (
            {"q1": "def another(x):\n    return 1", "q2": "a = 1", "q3": "b = 2"},
            without_metadata,
            KINDS[1],
            "none of its functions is of this homework",
        ),
        (RIGHT, weak_tests, KINDS[5], "q2_test (they do not count)"),
        (
            {**RIGHT, "q1": "import subprocess\n" + RIGHT["q1"] + "\nopen('/proc/1/environ')"},
            None,
            KINDS[6],
            "uses /proc, open, subprocess",
        ),
    ],
)
def test_a_notebook_may_deserve_a_look(tmp_path, answers, change, kind, detail):
    data = notebook(answers, change)
    assert hints_of(tmp_path, {"ada": data}) == [("ada", kind, detail)]


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("os.chdir('/')", "os.chdir"),
        ("os.scandir()", "os.scandir"),
        ("os.getenv('HOME')", "os.getenv"),
        ("os.execv('sh', [])", "os.execv"),
        ("os.path.exists('x')", "os.path.exists"),
        ("from os import chdir", "from os import chdir"),
        ("from os.path import exists", "os.path"),
        ("import os as o", "import os as o"),
        ("import glob", "glob"),
        ("from pathlib import Path\nPath('.').iterdir()", "pathlib"),
        ("import shutil, tempfile", "shutil, tempfile"),
        ("__import__('x')", "__import__"),
        ("import sys\nsys.modules", "sys.modules"),
        ("f.__globals__", "__globals__"),
        ("import signal", "import signal"),
        ("import socketserver", "socketserver"),
        ("from http.client import HTTPConnection", "from http"),
        ("import builtins", "import builtins"),
        ("np.load('x.npy')", "np.load"),
        ("numpy.savetxt('x', a)", "numpy.savetxt"),
        ("a.tofile('x')", "tofile"),
        ("os." + "a" * 99, named("os." + "a" * 99, 60)),
        ("; ".join(f"os.{c}" for c in "hgfedcba"), "os.a, os.b, os.c, os.d, os.e, os.f and 2 more"),
    ],
)
def test_what_looks_around_is_named(tmp_path, source, seen):
    data = notebook({**RIGHT, "q1": RIGHT["q1"] + "\n" + source})
    found = hints_of(tmp_path, {"ada": data})
    assert found == [("ada", "looks around", f"uses {seen}")]


@pytest.mark.parametrize(
    "source",
    [
        "import os, sys, io",
        "name = os.path.join('a', os.sep)",
        "jobs = os.cpu_count()",
        "signal = np.sin(x)\nresource, platform = signal.copy(), signal.T",
        "loss = photos.listdir",
        "x = 1  # os.chdir",
    ],
)
def test_what_looks_nowhere_is_not_listed(tmp_path, source):
    data = notebook({**RIGHT, "q1": RIGHT["q1"] + "\n" + source})
    assert hints_of(tmp_path, {"ada": data}) == []


def test_another_homework_is_known_by_its_words(tmp_path):
    answers = {"q1": "def momentum(x):\n    return 1", "q2": "a = 1", "q3": "b = 2"}
    data = notebook({**RIGHT, **answers}, without_metadata)
    words = {"demo": frozenset(["mean_square"]), "hw02": frozenset(["momentum"])}
    found = hints_of(tmp_path, {"ada": data}, words=words)
    assert found == [("ada", "another homework", "this looks like hw02")]


@pytest.mark.parametrize("change", [without_metadata, with_spaces])
def test_a_notebook_that_an_editor_changed_is_not_listed(tmp_path, change):
    assert hints_of(tmp_path, {"ada": notebook(RIGHT, change)}) == []


def test_an_empty_notebook_is_not_another_homework(tmp_path):
    row = row_of("ada", status="no answers")
    assert hints_of(tmp_path, {"ada": notebook(STUBS)}, {"ada": row}) == []
