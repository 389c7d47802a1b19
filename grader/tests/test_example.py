"""The example of an own master: it builds, and it shows what the guide says."""

import json
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox

from dlzero.homework import check
from dlzero_grader import master as masters
from dlzero_grader.authoring.build import build, student_version
from dlzero_grader.grading.trusted import Grader
from dlzero_grader.marking.marks import answered

FOLDER = Path(__file__).parents[1] / "example"
EXAMPLE = masters.load("own", FOLDER)


def handed_in(**answers):
    """Return the student's copy with these answers, as bytes."""
    made = json.loads(student_version(EXAMPLE))
    for cell in made["cells"]:
        id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.get(id, "".join(cell["source"]))
    return json.dumps(made).encode()


@needs_sandbox
def test_it_builds(tmp_path, monkeypatch, capsys):
    (made,) = build(["own"], FOLDER, tmp_path)
    assert made == EXAMPLE
    monkeypatch.chdir(tmp_path / "own")
    check("own", "q1")
    assert capsys.readouterr().out


def test_it_has_a_bonus_and_code_to_be_read():
    assert EXAMPLE.points == 9
    assert [(test.id, test.points) for test in EXAMPLE.tests if test.bonus] == [("q3_test", 1)]
    drawn = EXAMPLE.written[1]
    assert (drawn.id, drawn.points) == ("q5", 2)
    assert drawn.stub.endswith("# YOUR CODE HERE\nraise NotImplementedError()")
    assert "plt.plot(running_mean(throws))" in drawn.sample


@needs_sandbox
def test_code_marked_by_hand_is_taken_as_it_stands():
    solutions = {answer.id: answer.solution for answer in EXAMPLE.answers}
    code = "plt.plot(running_mean(heads))\nraise ValueError('it is not run')"
    with Grader(EXAMPLE) as grader:
        row = grader.grade(handed_in(**solutions, q4="It settles.", q5=code))
        empty = grader.grade(handed_in(**solutions))
    for one in (row, empty):
        assert all(result.passed for result in one.tests.values())
    assert row.written["q5"].text == code
    assert row.notes == []
    assert not any(answered(response.text) for response in empty.written.values())
    assert empty.notes == ["q4: not answered", "q5: not answered"]


@pytest.mark.parametrize("id", ["q4", "q5"])
def test_what_a_free_response_hands_out_is_no_answer(id):
    cells = json.loads(student_version(EXAMPLE))["cells"]
    (cell,) = [c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == id]
    (written,) = [written for written in EXAMPLE.written if written.id == id]
    assert "".join(cell["source"]) == written.stub != written.sample
