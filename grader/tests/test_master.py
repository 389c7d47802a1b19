"""A master is read, or refused with what is wrong."""

import json
from pathlib import Path

import pytest
from classroom.submissions import student_copy
from make.homework_demo import notebook

from dlzero_grader import master as masters
from dlzero_grader.authoring.build import as_json, visible_tests

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


def tags(cell):
    return cell["metadata"]["nbgrader"]


MARKS = "### BEGIN HIDDEN TESTS\nassert mean_square([2]) == 4\n### END HIDDEN TESTS\n"
SEVERAL = MARKS + MARKS
INDENTED = "for n in (1, 2):\n    assert n\n    " + MARKS.replace("\n", "\n    ")
BELOW = MARKS + "# a remark is fine\n\nassert mean_square([3]) == 9"
CLASS = "class mean_square:\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION"


CODE_BY_HAND = {
    "cell_type": "code",
    "outputs": [],
    "execution_count": None,
    "metadata": {"nbgrader": {"grade_id": "q4", "grade": True, "solution": True, "points": 0}},
}


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
        (lambda n, c: c["q1_test"].update(source=SEVERAL), "expected one ### BEGIN HIDDEN TESTS"),
        (lambda n, c: c["q1_test"].update(source=INDENTED), "not indented"),
        (lambda n, c: c["q1_test"].update(source=BELOW), "visible lines stand below the hidden"),
        (lambda n, c: tags(c["q4"]).update(task=True, grade=False, solution=False), "q4: a task"),
        (lambda n, c: tags(c["q4"]).update(grade=False), "q4: an answer in text has no points"),
        (lambda n, c: tags(c["q4"]).update(points=0), "q4: an answer in text has no points"),
        (lambda n, c: c["q4"].update(CODE_BY_HAND), "q4: code that is marked by hand has no"),
        (lambda n, c: tags(c["q4"]).update(solution=False), "q4: points for a markdown cell that"),
        (lambda n, c: c["q1"].update(source=CLASS), "q1: the tests use the class mean_square"),
        (lambda n, c: n["metadata"]["dlzero"].update(bonus=["q9"]), "bonus is ['q9']; expected a"),
        (lambda n, c: n["metadata"]["dlzero"].update(bonus="q4"), "bonus is 'q4'; expected a"),
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


def test_remarks_may_stand_below_the_hidden_lines():
    source = MARKS + "# That was all.\n"
    made = masters.parse(broken_master(lambda n, c: c["q1_test"].update(source=source)), "demo")
    assert made.tests[0].visible == "# That was all."


def test_a_bonus_comes_on_top_of_the_maximum():
    change = broken_master(lambda n, c: n["metadata"]["dlzero"].update(bonus=["q2_test2", "q4"]))
    made = masters.parse(change, "demo")
    assert [test.id for test in made.tests if test.bonus] == ["q2_test2"]
    assert [written.id for written in made.written if written.bonus] == ["q4"]
    assert made.points == DEMO.points - 3 - 4
    assert not any(part.bonus for part in (*DEMO.tests, *DEMO.written))
