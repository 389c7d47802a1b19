"""Marks by hand, tables and pages."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from dlzero_grader import master as masters
from dlzero_grader.channel import Limits
from dlzero_grader.marks import guarded
from dlzero_grader.marks import write_manual as write_tables
from dlzero_grader.pages import PAGES, page
from dlzero_grader.report import write_report as write_all
from dlzero_grader.row import Response, Result, Row
from dlzero_grader.score import scores_of

HERE = Path(__file__).parent / "classroom"
DEMO = masters.load("demo", HERE)


def row_of(student, points, status="graded", text="", message="expected <1>, came &2"):
    tests = {
        test.id: Result(given, test.points, "" if given else message)
        for test, given in zip(DEMO.tests, points, strict=True)
    }
    return Row(status, tests, {"q4": Response(4, text)}, student=student)


@pytest.fixture
def graded(tmp_path):
    students = [
        {"id": "ada", "name": "Ada <b>", "email": "", "columns": {}},
        {"id": "=1+1", "name": "=cmd()", "email": "", "columns": {}},
        {"id": "王", "name": "王小明", "email": "", "columns": {}},
    ]
    rows = {
        "ada": row_of("ada", (2, 1, 2, 3, 2), text="Good <script>alert(1)</script>"),
        "=1+1": row_of("=1+1", (0, 1, 0, 0, 2), text="=HYPERLINK(1)"),
        "王": row_of("王", (0, 0, 0, 0, 0), "missing"),
    }
    return tmp_path / "report" / "demo", students, rows


def write_manual(folder, master, students, rows):
    return write_tables(folder.parents[1], master, students, rows)


def write_report(folder, master, students, rows):
    scores = scores_of(folder.parents[1], master, students, rows)
    return write_all(folder, master, students, rows, scores)


def table(path):
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))


def test_a_report_is_complete(graded):
    folder, students, rows = graded
    write_manual(folder, DEMO, students, rows)
    text = (folder / "manual.csv").read_text("utf-8")
    (folder / "manual.csv").write_text(text.replace("ada,q4,4,,", "ada,q4,4,3,"), "utf-8")
    assert write_report(folder, DEMO, students, rows) == {"graded": 2, "missing": 1}
    marks = table(folder / "marks.csv")
    assert marks[0][:6] == ["student", "name", "status", "total", "of", "to mark"]
    assert [row[:6] for row in marks[1:]] == [
        ["ada", "Ada <b>", "graded", "13", "14", "0"],
        ["'=1+1", "'=cmd()", "graded", "3", "14", "1"],
        ["王", "王小明", "missing", "0", "14", "0"],
    ]
    canvas = table(folder / "canvas.csv")
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", DEMO.title]
    assert [row[-1] for row in canvas[1:]] == ["14", "13", "3", ""]
    results = json.loads((folder / "gradescope" / "ada" / "results.json").read_text("utf-8"))
    assert sum(test["score"] for test in results["tests"]) == 13
    assert sum(test["max_score"] for test in results["tests"]) == 14
    page = (folder / "class.html").read_text("utf-8")
    assert "3 students, 2 submissions" in page
    assert "1 free response(s)" in page
    assert 'aria-label="submissions that failed for each test: q1_test: 1, ' in page


def test_pages_run_no_script(graded):
    folder, students, rows = graded
    rows["ada"].tests["q1_test"] = Result(0, 2, "<img src=x onerror=alert(1)>")
    write_manual(folder, DEMO, students, rows)
    write_report(folder, DEMO, students, rows)
    for path in folder.rglob("*.html"):
        text = path.read_text("utf-8")
        assert "<script" not in text
        assert "<img" not in text
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:\"" in text


def test_every_text_is_escaped(graded):
    folder, students, rows = graded
    rows["ada"].tests["q1_test"] = Result(0, 2, "<i>message</i>")
    write_manual(folder, DEMO, students, rows)
    text = (folder / "manual.csv").read_text("utf-8")
    fill = text.replace("ada,q4,4,,", "ada,q4,4,3,<i>comment</i>")
    (folder / "manual.csv").write_text(fill, "utf-8")
    write_report(folder, DEMO, students, rows)
    feedback = (folder / "feedback" / "ada.html").read_text("utf-8")
    manual = (folder / "manual.html").read_text("utf-8")
    for words in ("Ada &lt;b&gt;", "&lt;i&gt;message", "&lt;i&gt;comment"):
        assert words in feedback
    assert "Good &lt;script&gt;alert(1)&lt;/script&gt;" in manual
    assert "<i>" not in feedback + manual


def test_no_template_switches_the_escaping_off():
    assert PAGES.autoescape is True
    names = PAGES.list_templates()
    assert {"class.html", "feedback.html", "manual.html", "page.html"} <= set(names)
    for name in names:
        text = PAGES.loader.get_source(PAGES, name)[0]
        assert not re.search(r"\|\s*safe|autoescape|Markup", text), name
    for name in ("class.html", "feedback.html", "manual.html"):
        with pytest.raises(UndefinedError):  # a page is never shown with a hole in it
            page(name, "a title")


def test_feedback_hides_hidden_tests(graded):
    folder, students, rows = graded
    secret = "Expected 6 for 0 to 4. This is a hidden message."
    for hidden in (True, False):
        rows["ada"].tests["q1_test"] = Result(0, 2, secret, hidden)
        write_report(folder, DEMO, students, rows)
        for path in ("feedback/ada.html", "gradescope/ada/results.json"):
            assert (secret in (folder / path).read_text("utf-8")) is not hidden


def test_feedback_says_how_a_free_response_stands(graded):
    folder, students, rows = graded
    write_report(folder, DEMO, students, rows)
    for student, words in (("ada", "still to be marked by hand"), ("王", "not answered")):
        for path in (f"feedback/{student}.html", f"gradescope/{student}/results.json"):
            assert words in (folder / path).read_text("utf-8")


def test_a_report_waits_for_the_last_row(graded):
    folder, students, rows = graded
    with pytest.raises(ValueError, match=r"1 student\(s\) not graded yet: ada\. Run grade"):
        write_report(folder, DEMO, students, {**rows, "ada": None})


def test_spreadsheets_see_no_formula():
    assert [guarded(t) for t in ("=1", "+1", "-1", "@a", "a", "")] == [
        "'=1",
        "'+1",
        "'-1",
        "'@a",
        "a",
        "",
    ]


def test_limits_are_positive():
    with pytest.raises(ValueError, match="seconds=0; expected a positive number"):
        Limits(seconds=0)
