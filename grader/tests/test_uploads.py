"""Marks and feedback reach the students on Canvas and Moodle."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from classroom.platforms import (
    canvas_comments,
    canvas_import,
    moodle_feedback,
    moodle_grades,
    moodle_worksheet_grades,
)

from dlzero_grader import master as masters
from dlzero_grader.files import write
from dlzero_grader.marking.corrections import Correction
from dlzero_grader.marking.late import Lateness
from dlzero_grader.marking.score import score_of
from dlzero_grader.notebook import read_notebook
from dlzero_grader.reports.canvas import canvas_csv, column_of
from dlzero_grader.reports.feedback import archives
from dlzero_grader.reports.moodle import comment, moodle_csv, moodle_worksheet
from dlzero_grader.reports.report import marks_csv, summary, write_report
from dlzero_grader.roster import read_roster
from dlzero_grader.row import Response, Result, Row

DEMO = masters.load("demo", Path(__file__).parent / "classroom")
GRADEBOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (555),Homework 2 (556),Final Score
    Points Possible,,,,,14,20,(read only)
"Lovelace, Ada",31,a1,ada,Lab 1,,,
"小明, 王",32,w2,wang,Lab 2,,,
"Li, Bo",33,b3,bo,Lab 2,,,
"Gauß, Carl",34,c4,carl,Lab 2,,,
"""
USERS = [
    {"id": 31, "sis": "a1", "login": "ada", "name": "Ada Lovelace"},
    {"id": 32, "sis": "w2", "login": "wang", "name": "王 小明"},
    {"id": 33, "sis": "b3", "login": "bo", "name": "Bo Li"},
    {"id": 34, "sis": "c4", "login": "carl", "name": "Carl Gauß"},
]
ASSIGNMENTS = {555: "Homework 1", 556: "Homework 2"}
DOWNLOAD = {
    "31": "lovelaceada_31_901_hw01.ipynb",
    "32": "submissions/小明王_LATE_32_902_hw01-1.ipynb",
    "33": "Bo Li_77_assignsubmission_file_/demo.ipynb",
}


def row_of(id, status="graded", text="", points=None):
    passed = status == "graded" if points is None else points
    tests = {t.id: Result(t.points if passed else 0, t.points) for t in DEMO.tests}
    return Row(status, tests, {"q4": Response(4, text)}, student=id)


@pytest.fixture
def students(roster):
    return read_roster(roster(GRADEBOOK))


@pytest.fixture
def scores(students):
    rows = [row_of("31"), row_of("32", text="An answer."), row_of("33", "corrupt")]
    rows.append(row_of("34", "missing"))
    return {row.student: score_of(DEMO, row, {}) for row in rows}


@pytest.fixture
def submitted(tmp_path):
    for id, path in DOWNLOAD.items():
        write(tmp_path / id / "demo" / "received.json", json.dumps({"file": path}))
    return tmp_path


def test_a_gradebook_of_canvas_comes_back_to_its_column(students, scores):
    column, note = column_of(students, "hw01", "The perceptron")
    assert "Homework 1 (555)" in note
    grades = {31: "10", 32: "", 33: "", 34: ""}
    text = canvas_csv(students, scores, column)
    assert canvas_import(text, ASSIGNMENTS, USERS) == (555, "14", grades)
    text = canvas_csv(students, scores, column, unfinished=True)
    assert canvas_import(text, ASSIGNMENTS, USERS) == (555, "14", {**grades, 32: "10"})


def test_another_roster_reaches_canvas_by_its_own_numbers(roster, scores):
    students = read_roster(roster("id,name,email\na1,Ada,x\nw2,王,\nb3,Bo,\nzz,Carl Gauß,carl\n"))
    by_id = dict(zip((s["id"] for s in students), scores.values(), strict=True))
    column, note = column_of(students, "hw01", "Homework 2")
    assert "must be called exactly 'Homework 2'" in note
    text = canvas_csv(students, by_id, column)
    assert canvas_import(text, ASSIGNMENTS, USERS)[0] == 556
    assert list(canvas_import(text, ASSIGNMENTS, USERS)[2]) == [31, 32, 33, 34]
    column, note = column_of(students, "hw01", "The perceptron", canvas="Homework 1 (555)")
    assert (column, note) == ("Homework 1 (555)", "")


@pytest.mark.parametrize(
    ("name", "title", "canvas", "column"),
    [
        ("hw02", "The perceptron", None, "Homework 2 (556)"),
        ("hw01", "Homework 2", None, "Homework 2 (556)"),
        ("hw01", "The perceptron", "Homework 2", "Homework 2 (556)"),
        ("hw01", "The perceptron", "Homework 2 (556)", "Homework 2 (556)"),
    ],
)
def test_a_column_of_canvas_is_found(students, name, title, canvas, column):
    assert column_of(students, name, title, canvas)[0] == column


@pytest.mark.parametrize(("name", "canvas"), [("hw03", None), ("hw01", "Perceptron"), ("hw", None)])
def test_a_column_of_canvas_is_asked_for(students, name, canvas):
    with pytest.raises(ValueError, match=r"Homework 1 \(555\); Homework 2 \(556\)") as error:
        column_of(students, name, "The perceptron", canvas)
    assert f'[{name}]\ncanvas = "Homework 1 (555)"' in str(error.value)


def test_two_columns_of_canvas_are_not_told_apart(roster):
    text = GRADEBOOK.replace("Homework 2 (556)", "Quiz 1 (556)")
    with pytest.raises(ValueError, match=r"has 2 columns for hw01 \(The perceptron\)"):
        column_of(read_roster(roster(text)), "hw01", "The perceptron")


def test_points_by_hand_count_for_a_file_that_nobody_could_read(students, scores):
    part = Correction("33", "q1_test", "set", 0.0, "handed in again on paper: wrong")
    scores["33"] = score_of(DEMO, row_of("33", "corrupt"), {}, [part])
    assert "33,b3,bo,Lab 2,0\r\n" in canvas_csv(students, scores, "x")


def test_who_is_excused_from_a_question_gets_the_same_part_of_the_maximum(students, scores):
    lines = scores["31"].lines
    free = replace(lines[-1], of=0.0, points=0.0, reason="ill", excused=True)
    scores["31"] = replace(scores["31"], lines=(*lines[:-1], free))
    assert "31,a1,ada,Lab 1,14\r\n" in canvas_csv(students, scores, "x")
    none = tuple(replace(part, of=0.0, points=0.0, excused=True) for part in lines)
    scores["31"] = replace(scores["31"], lines=none)
    assert "31,a1,ada,Lab 1,EX\r\n" in canvas_csv(students, scores, "x")
    assert "31,31" not in moodle_csv(students, scores, "x")


def test_a_student_is_never_given_the_mark_of_another_on_moodle(roster, scores):
    students = read_roster(roster("id,name,email\n31,Ada,ada@x\n32,王,\n33,Bo,\n34,Carl,c@x\n"))
    text = moodle_csv(students, scores, "Homework 1", unfinished=True)
    users = {id: id for id in scores}
    assert moodle_grades(text, "Homework 1", "ID number", users) == {"31": "10", "32": "10"}
    assert "Email" not in text  # where one is empty, Moodle takes the line for the student above
    text = moodle_csv(students, scores, "Homework 1")
    assert moodle_grades(text, "Homework 1", "Email address", {"ada@x": "31"}) == {"31": "10"}


def test_a_worksheet_of_moodle(students, scores, submitted):
    assert moodle_worksheet(DEMO, students, scores, submitted) is None  # Bo's file was corrupt
    scores["33"] = replace(scores["31"], student="33")
    text = moodle_worksheet(DEMO, students, scores, submitted)
    grade, comment = moodle_worksheet_grades(text, {77: "33"})["33"]
    assert grade == "10"
    assert "q1_test: 2 of 2" in comment
    assert ",10,-," in text  # as Moodle writes that there was no mark
    assert moodle_worksheet(DEMO, students, scores, None) is None


def test_a_comment_on_moodle_is_html_and_holds_nothing_of_the_code(students, scores):
    row = row_of("31")
    row.tests["q1_test"] = Result(0, 2, "<script>the student's words</script>")
    row.written["q4"].text = "An answer."
    scores["31"] = score_of(DEMO, row, {("31", "q4"): (3.0, "a < b")})
    text = moodle_csv(students, scores, "x")
    assert "(a &lt; b)" in text
    assert "script" not in text


@pytest.mark.parametrize(
    ("text", "mark", "reason", "said"),
    [
        ("", None, "Oral.", "q4: 3 of 4 (not answered. Oral.)"),
        ("Yes.", (2.0, "unclear\ngood idea!"), "oral", "q4: 3 of 4 (unclear. good idea! oral)"),
        ("Yes.", (2.0, "a list:\n- one\n\n- two"), "", "q4: 2 of 4 (a list: - one. - two)"),
        ("Yes.", (2.0, ""), "oral", "q4: 3 of 4 (oral)"),
    ],
)
def test_texts_on_moodle_stand_apart(students, scores, text, mark, reason, said):
    given = [Correction("31", "q4", "set", 3.0, reason)] if reason else []
    marks = {("31", "q4"): mark} if mark else {}
    scores["31"] = score_of(DEMO, row_of("31", text=text), marks, given)
    assert comment(scores["31"]).endswith(f"; {said}")


def test_feedback_finds_its_student(students, scores, submitted):
    rows = {id: row_of(id, score.status) for id, score in scores.items()}
    made = archives(DEMO, students, rows, scores, submitted)
    packs = {name: zipfile.ZipFile(io.BytesIO(data)) for name, data in made.items()}
    canvas, moodle = packs["feedback-canvas.zip"], packs["feedback-moodle.zip"]
    handed_in = {(31, 901): "hw01.ipynb", (32, 902): "hw01-1.ipynb"}
    back = canvas_comments(canvas.namelist(), handed_in)
    assert sorted(back.values()) == [(31, "hw01.ipynb"), (32, "hw01-1.ipynb")]
    for name, (student, _) in back.items():  # it is shown as a notebook, so it has to be one
        text = read_notebook(canvas.read(name))[1][0]["source"]
        assert next(s["name"] for s in students if s["id"] == str(student)) in text
    back = moodle_feedback(moodle.namelist(), {77: "33"})
    assert list(back.values()) == [("33", "demo.html")]
    assert b"Li, Bo" in moodle.read(moodle.namelist()[0])
    names = [f"{id}/demo/demo.html" for id in scores]  # as nbgrader keeps feedback
    assert packs["feedback.zip"].namelist() == names
    assert made == archives(DEMO, students, rows, scores, submitted)


@pytest.mark.needs("nbgrader")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # of nbgrader
def test_nbgrader_releases_the_feedback(students, scores, tmp_path):
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange.default import ExchangeReleaseFeedback
    from nbgrader.utils import notebook_hash
    from traitlets.config import Config

    course = tmp_path / "course"
    write(course / "submitted" / "31" / "demo" / "timestamp.txt", "2026-12-01 10:00:00 UTC")
    write(course / "submitted" / "31" / "demo" / "submission_secret.txt", "the secret of 31")
    made = archives(DEMO, students[:1], {"31": row_of("31")}, scores, course / "submitted")
    with zipfile.ZipFile(io.BytesIO(made["feedback.zip"])) as pack:
        pack.extractall(course / "feedback")
    config = Config()
    config.CourseDirectory.root, config.CourseDirectory.course_id = str(course), "c"
    config.CourseDirectory.assignment_id = "demo"
    config.Exchange.root, config.Exchange.cache = str(tmp_path / "out"), str(tmp_path / "cache")
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o777)
    ExchangeReleaseFeedback(coursedir=CourseDirectory(config=config), config=config).start()
    name = notebook_hash(secret="the secret of 31", notebook_id="demo") + ".html"
    released = (tmp_path / "out" / "c" / "feedback" / name).read_text("utf-8")
    assert "Lovelace, Ada" in released


def test_without_a_platform_there_is_one_archive(students, scores, tmp_path):
    rows = {id: row_of(id) for id in scores}
    assert list(archives(DEMO, students, rows, scores, tmp_path)) == ["feedback.zip"]
    assert list(archives(DEMO, students, rows, scores, None)) == ["feedback.zip"]


def test_an_archive_of_an_earlier_report_goes(students, scores, tmp_path, submitted):
    rows = {id: row_of(id, score.status) for id, score in scores.items()}
    there = tmp_path / "report" / "feedback-canvas.zip"
    write_report(tmp_path / "report", DEMO, students, rows, scores, submitted, "Homework 1")
    assert there.exists()
    write_report(tmp_path / "report", DEMO, students, rows, scores, None, "Homework 1")
    assert not there.exists()


def test_the_command_line_says_what_is_not_finished(students, scores):
    said = summary(students, scores, 0)
    assert said == [
        "    1 corrupt",
        "    2 graded",
        "    1 missing",
        "missing: Gauß, Carl (34)",
        "corrupt: Li, Bo (33)",
        "free responses to be marked: 小明, 王 (32)",
        "3 of 4 have no mark for Canvas and Moodle yet.",
        "Mark the answers, or give --unfinished to write the points so far.",
    ]
    scores["31"] = replace(scores["31"], late="1 day late", overdue=True)
    scores["32"] = replace(scores["32"], late="More time until tomorrow: ill.")
    said = summary(students, scores, 2, unfinished=True, again={"32"})
    assert "handed in more than once: 小明, 王 (32)" in said
    assert "late: Lovelace, Ada (31)" in said
    assert "2 of 4 have no mark for Canvas and Moodle yet." in said
    assert "The marks of 1 in canvas.csv and moodle.csv are NOT finished." in said
    assert said[-1] == "2 hint(s) in attention.csv deserve a look."


def test_the_command_line_stays_short(roster):
    students = read_roster(roster("id\n" + "".join(f"{n}\n" for n in range(100, 400))))
    scores = {s["id"]: score_of(DEMO, row_of(s["id"], "missing"), {}) for s in students}
    said = summary(students, scores, 0)
    assert said[1].startswith("missing: 100 (100), 101 (101)")
    assert said[1].endswith(" and 292 more")


@pytest.mark.parametrize("status", ["missing", "error", "corrupt", "too large"])
def test_who_was_not_graded_has_no_points_anywhere(students, tmp_path, status):
    rows = {student["id"]: row_of(student["id"]) for student in students}
    rows["31"] = row_of("31", status)
    scores = {id: score_of(DEMO, row, {}) for id, row in rows.items()}
    write_report(tmp_path, DEMO, students, rows, scores, None, "Homework 1")
    marks = list(csv.DictReader(io.StringIO((tmp_path / "marks.csv").read_text("utf-8-sig"))))
    own = ("total", "to mark", *(test.id for test in DEMO.tests), "q4")
    assert [marks[0][key] for key in own] == [""] * len(own)
    text = (tmp_path / "canvas.csv").read_text("utf-8-sig")
    assert canvas_import(text, ASSIGNMENTS, USERS)[2][31] == ""
    assert "31" not in (tmp_path / "moodle.csv").read_text("utf-8-sig")


@pytest.mark.parametrize("test", ["q1_test", "q4", "q1_test q1_test2 q2_test q2_test2 q3_test q4"])
def test_an_excuse_for_everybody_is_no_result_of_one(students, tmp_path, test):
    rows = {student["id"]: row_of(student["id"]) for student in students}
    rows |= {"33": row_of("33", "corrupt"), "34": row_of("34", "missing")}
    for_all = [Correction("*", one, "excused", 0.0, "not clear") for one in test.split()]
    scores = {id: score_of(DEMO, row, {}, for_all) for id, row in rows.items()}
    write_report(tmp_path, DEMO, students, rows, scores, None, "Homework 1")
    marks = csv.DictReader(io.StringIO((tmp_path / "marks.csv").read_text("utf-8-sig")))
    assert [line["total"] != "" for line in marks] == [True, True, False, False]
    grades = canvas_import((tmp_path / "canvas.csv").read_text("utf-8-sig"), ASSIGNMENTS, USERS)[2]
    assert "0" not in grades.values()
    for id in ("33", "34"):
        assert f"\r\n{id}," not in (tmp_path / "moodle.csv").read_text("utf-8-sig")
        assert (
            " of "
            not in re.search(
                r"<h1.*", (tmp_path / f"feedback/{id}.html").read_text("utf-8"), re.DOTALL
            )[0]
        )


def test_who_is_excused_from_everything_has_no_0_either(students):
    all_ = [Correction("*", "total", "excused", 0.0, "cancelled")]
    scores = {s["id"]: score_of(DEMO, row_of(s["id"]), {}, all_) for s in students}
    text = canvas_csv(students, scores, "x")
    assert [line.rpartition(",")[2] for line in text.splitlines()[2:]] == ["EX"] * 4


def test_who_was_corrected_by_name_comes_before_everybody(students):
    own = Correction("32", "q1_test", "set", 1.0, "half right")
    for_all = Correction("*", "q2_test", "excused", 0.0, "not clear")
    scores = {s["id"]: score_of(DEMO, row_of(s["id"]), {}, [own, for_all]) for s in students}
    said = summary(students, scores, 0)
    place = said.index("changed by hand: 小明, 王 (32)")
    assert said[place + 1] == "changed for everybody: 3 student(s)"


def test_marks_show_what_was_given(students):
    rows = {student["id"]: row_of(student["id"]) for student in students}
    late = Lateness(0.1, "late", late=True)
    given = {
        "31": [
            Correction("31", "total", "set", 12.0, "oral"),
            Correction("31", "total", "add", 1.0, "more"),
        ],
        "32": [Correction("32", "total", "excused", 0.0, "ill")],
        "33": [Correction("33", "q1_test", "set", 1.0, "half")],
        "34": [Correction("34", "total", "add", 0.0, "in time")],
    }
    scores = {id: score_of(DEMO, row, {}, given[id], late) for id, row in rows.items()}
    made = csv.DictReader(io.StringIO(marks_csv(students, rows, scores)))
    assert [line["reasons"] for line in made] == [
        "total, 12 +1: oral; more",
        "total, excused: ill",
        "q1_test, 1 of 2: half",
        "total, +0: in time",
    ]


def test_who_handed_in_again_is_named(students, scores, tmp_path):
    rows = {id: row_of(id) for id in scores}
    for name in ("one", "two"):
        write(tmp_path / "history" / "demo" / "32" / f"{name}.ipynb", "{}")
    write(tmp_path / "history" / "demo" / "31" / "one.ipynb", "{}")
    write_report(tmp_path / "r", DEMO, students, rows, scores, None, "Homework 1")
    said = write_report(tmp_path / "r", DEMO, students, rows, scores, tmp_path / "s", "Homework 1")
    assert "handed in more than once: 小明, 王 (32)" in said
