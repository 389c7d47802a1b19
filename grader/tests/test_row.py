"""A row is typed here and JSON in the file, and an older file can be read."""

import json

import pytest

from dlzero_grader.row import Response, Result, Row

ROW = Row(
    status="graded",
    tests={"q1_test": Result(2, 2), "q2_test": Result(0, 3, "expected 1, came 2", True)},
    written={"q3": Response(4, "Because.")},
    notes=["q2: found by the names it defines"],
    restarts=1,
    student="ada",
    assignment="demo",
    file="f" * 64,
    grader="e" * 64,
)
#: A row as version 0.1.0 of the course wrote it, when the grader was a part of it.
OLD = """{
 "student": "ada", "assignment": "demo", "file": "fff", "grader": "eee",
 "status": "graded with restarts",
 "tests": {"q1_test": {"points": 0, "of": 2, "message": "came 5", "hidden": false}},
 "written": {"q4": {"of": 4, "text": "It stays."}},
 "notes": ["q2: not answered"],
 "restarts": 1
}"""


def test_a_row_comes_back_from_its_file():
    assert Row.from_json(json.loads(json.dumps(ROW.to_json()))) == ROW


def test_a_row_of_an_older_grader_is_read():
    row = Row.from_json(json.loads(OLD))
    assert (row.student, row.status, row.restarts) == ("ada", "graded with restarts", 1)
    assert row.tests == {"q1_test": Result(0, 2, "came 5")}
    assert row.written["q4"].text == "It stays."
    assert set(row.to_json()) == set(json.loads(OLD))


def test_a_key_of_a_newer_grader_is_left_out():
    assert Row.from_json({**ROW.to_json(), "seconds": 3}) == ROW


@pytest.mark.parametrize(
    ("result", "passed"),
    [
        (Result(2, 2), True),
        (Result(0, 2, "no"), False),
        (Result(0, 2), False),
        (Result(0, 0), True),
        (Result(0, 0, "a test without points fails too"), False),
    ],
)
def test_a_test_passed_or_not(result, passed):
    assert result.passed is passed
