"""A master is read, or refused with what is wrong."""

import json
from pathlib import Path

import pytest
from classroom.submissions import student_copy
from make.homework_demo import notebook

from dlzero_grader import master as masters
from dlzero_grader.build import as_json, visible_tests

HERE = Path(__file__).parent / "classroom"
DEMO = masters.load("demo", HERE)


def broken_master(change):
    """Return the text of the demo master after a change."""
    made = json.loads(DEMO.text)
    change(made, {cell["id"]: cell for cell in made["cells"]})
    return json.dumps(made)


def test_the_demo_is_what_its_script_writes():
    assert json.loads(DEMO.text) == notebook()


def test_a_master_is_read():
    assert DEMO.points == 14
    assert [answer.names for answer in DEMO.answers] == [
        ("mean_square",),
        ("step", "steps"),
        ("counts",),
    ]
    assert [(test.id, test.question, test.points) for test in DEMO.tests] == [
        ("q1_test", "q1", 2),
        ("q1_test2", "q1", 1),
        ("q2_test", "q2", 2),
        ("q2_test2", "q2", 3),
        ("q3_test", "q3", 2),
    ]
    assert "hidden message" in DEMO.tests[0].source
    assert "HIDDEN" not in DEMO.tests[0].visible
    assert "hidden message" not in DEMO.tests[0].visible
    assert [(w.id, w.points) for w in DEMO.written] == [("q4", 4)]
    stubs = {answer.id: answer.stub for answer in DEMO.answers}
    handed_out = {cell["id"]: cell["source"] for cell in student_copy()["cells"]}
    assert stubs == {id: handed_out[id] for id in stubs}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda n, c: n["metadata"].clear(), "'dlzero' has no 'allow'"),
        (lambda n, c: c["q1"].update(source="def mean_square(x): ..."), "q1: expected ### BEGIN"),
        (lambda n, c: c["q1_test"]["metadata"]["nbgrader"].update(points=1.5), "points=1.5"),
        (lambda n, c: c["q1_test"]["metadata"]["nbgrader"].update(grade_id="q1"), "stands there"),
        (lambda n, c: c["q2_test"].update(source="assert other(1)"), "uses other, which nothing"),
        (lambda n, c: c["q2_test"].update(source="assert ("), "q2_test: "),
        (lambda n, c: c["q1_test"].update(source="### END HIDDEN TESTS\nassert 1"), "expected one"),
        (lambda n, c: c["q1"].update(execution_count=3), "has outputs"),
        (lambda n, c: n["cells"].remove(c["q3_test"]), "q3: no test follows"),
        (lambda n, c: n["metadata"]["dlzero"].update(assignment="hw9"), "assignment is 'hw9'"),
    ],
)
def test_a_master_that_breaks_a_rule_is_refused(change, complaint):
    with pytest.raises(ValueError, match="cannot be used") as error:
        masters.parse(broken_master(change), "demo")
    assert complaint in str(error.value)


def test_a_missing_master_says_which_there_are():
    with pytest.raises(FileNotFoundError, match=r"in this folder: demo\. .*--masters"):
        masters.load("hw99", HERE)


def test_the_learners_tests_use_what_the_demo_shows():
    stored = (Path(__file__).parents[2] / "tests" / "homework" / "demo.check.json").read_text(
        "utf-8"
    )
    assert stored == as_json(visible_tests(DEMO))
