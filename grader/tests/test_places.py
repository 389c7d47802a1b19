"""A test is asked at its place in the notebook, and once more at the end if it failed."""

import sys
from collections import deque

import numpy as np
import pytest
from classroom.hostile_class import needs_sandbox
from classroom.submissions import RIGHT, STUBS, answered, code, packed, student_copy
from test_sandbox import DEMO

from dlzero.homework.plain import encode
from dlzero_grader import master as masters
from dlzero_grader.allowed import write_allowed
from dlzero_grader.grading import session
from dlzero_grader.grading.grade import NOT_ANSWERED, grade
from dlzero_grader.grading.session import Stopped, put_back
from dlzero_grader.sandbox.channel import Limits
from dlzero_grader.sandbox.launch import Workers

pytestmark = needs_sandbox
LIMITS = Limits(seconds=1.0, total=20.0)
FULL = [2, 1, 2, 3, 2]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return write_allowed(DEMO.allow, tmp_path_factory.mktemp("package"))


@pytest.fixture
def graded(package):
    def row_of(notebook, master=DEMO):
        return grade(master, packed(notebook), Workers(package, LIMITS))

    return row_of


def points(row):
    return [result.points for result in row.tests.values()]


def with_cells(notebook, *sources, top=False):
    """Add cells of the student's own, at the end or below the first cell."""
    cells = [code(source) for source in sources]
    place = 2 if top else len(notebook["cells"])
    notebook["cells"][place:place] = cells
    return notebook


def test_a_right_notebook_is_run_once(graded):
    counting = "calls = 0\n\n\ndef mean_square(x):\n    global calls\n    calls += 1\n"
    counting += "    return float(np.mean(np.square(x)))"
    row = graded(with_cells(answered(q1=counting, q3="counts = 3"), "raise ValueError(calls)"))
    # Three calls by the tests, and two by the student's copies of them.
    assert row.notes == ["cell 16: ValueError: 5"]
    assert row.restarts == 0


def test_what_a_student_saw_pass_counts(graded):
    row = graded(with_cells(answered(), "mean_square = steps = counts = 'something else'"))
    assert (points(row), row.notes) == (FULL, [])


def test_cells_may_have_been_run_in_another_order(graded):
    late = with_cells(answered(q1="def mean_square(x):\n    return late(x)"), "late = np.var")
    row = graded(with_cells(late, "def late(x):\n    return float(np.mean(np.square(x)))"))
    assert points(row) == FULL
    assert row.notes == [
        "q1_test: passed at the end of the notebook, not at its place",
        "q1_test2: passed at the end of the notebook, not at its place",
    ]


def test_a_cell_for_a_newer_python_is_named(graded):
    made = answered(q1="def f(:")
    assert not any("may need" in note for note in graded(made).notes)
    made["metadata"]["language_info"] = {"name": "python", "version": "3.999.0"}
    assert graded(made).notes[0].startswith("q1: may need Python 3.999 or later; this is Python 3.")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python can read it")
def test_a_new_kind_of_text_is_known_without_a_version(graded):
    notes = graded(answered(q1="d = {'k': 1}\nx = f'{d['k']}'")).notes
    assert notes[0].startswith("q1: may need Python 3.12 or later")


HELPED = "def part(x):\n    return np.square(x)\n\n\ndef mean_square(x):\n"
HELPED += "    return float(np.mean(part(x)))"


def copied_above(notebook, place):
    notebook["cells"].insert(1, notebook["cells"][place])


def edited(notebook, place):
    notebook["cells"][place]["source"] += "\nprint('passed')"
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def joined(notebook, place):
    notebook["cells"][place - 1]["source"] += "\n\n" + notebook["cells"].pop(place)["source"]


@pytest.mark.parametrize("change", [copied_above, edited, joined])
def test_a_test_is_asked_wherever_it_stands(graded, change):
    made = answered(q1=HELPED)
    for id in ("q1_test2", "q1_test"):
        place = next(i for i, cell in enumerate(made["cells"]) if cell["id"] == id)
        change(made, place)
    row = graded(with_cells(made, "def part(x):\n    return 'for another answer'"))
    assert points(row) == FULL


def test_the_message_is_that_of_the_place(graded):
    row = graded(with_cells(answered(q3="counts = 3"), "counts = 4"))
    assert row.tests["q3_test"].message == "counts: expected three times 50, came 3."


@pytest.mark.parametrize("first", [STUBS["q3"], "1 / 0\ncounts = 0"])
def test_an_answer_at_the_end_has_the_better_message(graded, first):
    row = graded(with_cells(answered(q3=first), "counts = 4"))
    assert row.tests["q3_test"].message == "counts: expected three times 50, came 4."


def test_a_stub_undoes_no_answer_above_it_and_gives_what_it_holds(graded):
    notebook = with_cells(
        student_copy(), RIGHT["q1"], RIGHT["q2"].replace("lr = 0.1", ""), top=True
    )
    row = graded(notebook)
    assert points(row) == [2, 1, 2, 3, 0]
    assert row.tests["q3_test"].message == NOT_ANSWERED
    assert row.notes[0] == "q3: not answered"


def test_who_only_tried_something_has_not_answered(graded):
    row = graded(with_cells(student_copy(), "x = 3\nx.nothing", "undefined", top=True))
    assert row.status == "no answers"
    assert {result.message for result in row.tests.values()} == {NOT_ANSWERED}


def test_a_cell_that_is_not_there_is_named(graded):
    notebook = answered()
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].startswith("q2")]
    row = graded(notebook)
    assert row.tests["q2_test"].message == "step is not defined"
    assert row.notes[:2] == [
        "q2: no cell found",
        "no cell of q2_test, q2_test2: asked at the end of the notebook",
    ]


LOOP = "def mean_square(x):\n    while True:\n        pass"


def test_a_test_that_was_stopped_is_not_asked_again_for_nothing(graded):
    row = graded(with_cells(answered(q1=LOOP), "print('further')"))
    assert points(row) == [0, 0, 2, 3, 2]
    assert row.notes == ["mean_square(...) stopped 2 test(s)"]
    assert row.restarts == 2


def test_a_test_that_was_stopped_is_asked_again_when_the_answer_is_new(graded, monkeypatch):
    monkeypatch.setattr(session, "MOST_FAILURES", 2)
    row = graded(with_cells(answered(q1=LOOP), RIGHT["q1"]))
    assert points(row) == FULL


def test_a_cell_that_does_not_end_costs_no_mark(graded):
    row = graded(with_cells(answered(), "while True:\n    pass", top=True))
    assert (points(row), row.status) == (FULL, "graded with restarts")
    assert row.notes == ["cell 3: did not end within 1 s"]


def test_what_a_cell_defines_counts_when_the_rest_does_not_end(graded):
    row = graded(answered(q1=f"import time\n{RIGHT['q1']}\ntime.sleep(9)\nlr = 3"))
    assert points(row) == FULL
    assert row.notes == ["q1: did not end within 1 s"]
    row = graded(answered(q1=f"def loop(x=[0 for n in iter(int, 1)]): pass\n{RIGHT['q1']}"))
    assert points(row) == [0, 0, 2, 3, 2]
    assert row.restarts == 2


def test_a_right_notebook_gets_no_notes_of_cells_that_fail(graded):
    assert graded(with_cells(answered(), "1 / 0", top=True)).notes == []
    row = graded(with_cells(answered(q3="counts = 1"), "1 / 0", top=True))
    assert row.notes == ["cell 3: ZeroDivisionError: division by zero"]


def test_a_change_is_seen_of_an_argument_with_a_name(graded):
    text = DEMO.text.replace("mean_square(x)\\nassert", "mean_square(x=x)\\nassert")
    named = masters.parse(text, "demo")
    assert text != DEMO.text
    changing = "def mean_square(x):\n    x = np.asarray(x, dtype=float)\n    x *= x\n"
    row = graded(answered(q1=changing + "    return float(x.mean())"), named)
    assert points(row) == [2, 0, 2, 3, 2]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([1], [1, 2]),
        ([1], deque([2])),
        (deque([1]), deque([2])),
        ({"a": 1}, {"b": 2}),
        ({1}, {2}),
        (np.zeros(2), np.ones(2)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_changed_is_put_back(old, new):
    given = {0: old, "name": None}
    put_back(given, [0, encode(new)])
    assert list(given[0]) == list(new)
    assert given[0] is old


@pytest.mark.parametrize("change", [1, [7, 1], [0], [[], 1], [0, {"set": 1}], ["name", {}]])
def test_a_change_that_cannot_be_read_ends_the_test(change):
    with pytest.raises(Stopped):
        put_back({0: [1], "name": [1]}, change)
