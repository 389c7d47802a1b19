"""Marks by hand, tables and pages."""

import csv
import html
import io
import json
import re
import tempfile
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from classroom.spreadsheets import formulas, hostile, is_safe
from hypothesis import given, settings
from jinja2 import UndefinedError

from dlzero_grader import master as masters
from dlzero_grader import tables as cells
from dlzero_grader.files import folder_of, write
from dlzero_grader.marking.corrections import Correction
from dlzero_grader.marking.late import Lateness
from dlzero_grader.marking.manual import write_manual as write_tables
from dlzero_grader.marking.score import Line, score_of
from dlzero_grader.marking.score import scores_of as all_scores
from dlzero_grader.pages import PAGES, page
from dlzero_grader.reports.alike import MOST_SHARED
from dlzero_grader.reports.attention import KINDS, LONG_TEXT, attention
from dlzero_grader.reports.feedback import feedback_page, feedback_text, points_of
from dlzero_grader.reports.report import class_page, marks_csv, write_report
from dlzero_grader.row import Response, Result, Row
from dlzero_grader.sandbox.channel import Limits
from dlzero_grader.statuses import WORDS
from dlzero_grader.tables import visible

HERE = Path(__file__).parent / "classroom"
GUIDE = (Path(__file__).parents[2] / "book" / "instructor.md").read_text("utf-8")
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


def scores_of(folder, students, rows):
    """Return the scores of a class, with the marks by hand of a folder."""
    return all_scores(folder.parents[1], DEMO, students, rows)


def reported(folder, master, students, rows, submitted=None, unfinished=False):
    """Write a report, and return what is said about it."""
    scores = scores_of(folder, students, rows)
    return write_report(folder, master, students, rows, scores, submitted, unfinished=unfinished)


def table(path):
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))


def test_a_report_is_complete(graded):
    folder, students, rows = graded
    write_manual(folder, DEMO, students, rows)
    text = (folder / "manual.csv").read_text("utf-8")
    (folder / "manual.csv").write_text(text.replace("ada,q4,4,,", "ada,q4,4,3,"), "utf-8")
    said = reported(folder, DEMO, students, rows)
    assert said[:2] == ["    2 graded", "    1 missing"]
    marks = table(folder / "marks.csv")
    assert marks[0][:6] == ["student", "name", "status", "total", "of", "to mark"]
    assert [row[:6] for row in marks[1:]] == [
        ["ada", "Ada <b>", "graded", "13", "14", "0"],
        ["'=1+1", "'=cmd()", "graded", "3", "14", "1"],
        ["王", "王小明", "missing", "", "14", ""],
    ]
    canvas = table(folder / "canvas.csv")
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", DEMO.title]
    assert [row[-1] for row in canvas[1:]] == ["14", "13", "", ""]
    page = (folder / "class.html").read_text("utf-8")
    assert "3 students, 2 submissions" in page
    assert "1 free response(s)" in page
    assert 'aria-label="submissions that failed for each test: q1_test: 1, ' in page


def test_the_guide_names_every_file_of_a_report(graded):
    folder, students, rows = graded
    for student, path in (("ada", "Ada_7_assignsubmission_file/a"), ("=1+1", "b_1_2_a.ipynb")):
        place = folder.parent / "in" / folder_of(student) / "demo" / "received.json"
        write(place, json.dumps({"file": path}))
    reported(folder, DEMO, students, rows, folder.parent / "in", unfinished=True)
    made = {path.name + "/" * path.is_dir() for path in folder.iterdir()}
    table = GUIDE.partition("### Report\n")[2].partition("| status |")[0]
    assert set(re.findall(r"^\| `([\w.-]+/?)` \| ", table, re.MULTILINE)) == made


def test_the_guide_names_every_status_and_every_hint():
    assert set(re.findall(r"^\| `([a-z ]+)` \| ", GUIDE, re.MULTILINE)) >= set(WORDS)
    assert all(f"**{kind}**" in GUIDE for kind in KINDS)
    words = ("six", "seven", "eight", "nine", "ten")
    assert f"what more than {words[MOST_SHARED - 6]} students have counts for nothing" in GUIDE
    assert f"A free response counts from {LONG_TEXT} words." in GUIDE


def test_feedback_says_what_was_changed(graded):
    _, [student, *_], rows = graded
    row = rows["ada"]
    row.notes = ["q1: found by the names it defines", "look at this student", "step(...) stopped 1"]
    score = score_of(DEMO, row, {})
    lines = list(score.lines)
    lines[0] = replace(lines[0], points=1.5, message="came <3>", reason="the idea is <right>")
    lines[1] = replace(lines[1], of=0, points=0, reason="ill", excused=True)
    score = replace(score, lines=tuple(lines), late="2 days late", taken=1.0)
    page = html.unescape(re.sub("</?bdi>", "", feedback_page(DEMO, student, row, score)))
    text = feedback_text(DEMO, student, row, score)
    for said in (page, text):
        for words in ("1.5 of 2", "came <3>", "Changed by hand: the idea is <right>", "excused"):
            assert words in said
        assert "2 days late (1 points taken)" in said
        assert f"{score.total:g} of {score.of:g}" in said
        assert "q1: found by the names it defines" in said
        assert "step(...) stopped 1" in said
        assert "look at this student" not in said


@pytest.mark.parametrize("status", ["missing", "error", "corrupt", "too large"])
def test_feedback_gives_no_points_where_nothing_was_read(graded, status):
    _, [student, *_], _ = graded
    row = row_of("ada", (0, 0, 0, 0, 0), status)
    row.notes = ["what happened"]
    score = score_of(DEMO, row, {})
    for made in (feedback_page, feedback_text):
        said = made(DEMO, student, row, score)
        assert WORDS[status] in said
        assert ("what happened" in said) is (status != "error")
        assert not re.search(r"\d of \d", said)
    given = Correction("ada", "q1_test", "set", 1.0, "on paper")
    assert "1 of 14" in feedback_text(DEMO, student, row, score_of(DEMO, row, {}, [given]))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (Line("q1", 2.0, 1.25), "1.25 of 2"),
        (Line("q4", 4.0, None), "? of 4"),
        (Line("q1", 0.0, 0.0), "0 of 0"),
        (Line("q1", 0.0, 0.0, excused=True), "excused"),
        (Line("total", 0.0, -1.5, given="-1.5"), "-1.5"),
        (Line("total", 0.0, 0.1, given="12"), "12"),
        (Line("total", 0.0, 0.0, given="excused", excused=True), "excused"),
    ],
)
def test_points_in_words(line, said):
    assert points_of(line) == said


def test_a_correction_of_the_sum_is_a_reason(graded):
    _, students, rows = graded
    scores = {id: score_of(DEMO, row, {}) for id, row in rows.items()}
    lines = (*scores["ada"].lines, Line("total", 0.0, 2.0, reason="for the talk", given="+2"))
    scores["ada"] = replace(scores["ada"], lines=lines)
    head, ada, *_ = csv.reader(io.StringIO(marks_csv(students, rows, scores)))
    assert head.count("total") == 1
    assert ada[head.index("total")] == "12"
    assert ada[head.index("reasons")] == "total, +2: for the talk"


def test_everybody_with_a_mark_is_in_the_scores(graded):
    _, students, rows = graded
    rows["=1+1"] = row_of("=1+1", (0, 0, 0, 0, 0), "corrupt")

    def bars(*corrections):
        scores = {id: score_of(DEMO, row, {}, corrections) for id, row in rows.items()}
        made = class_page(DEMO, students, scores, [])
        assert "3 students, 2 submissions, 1 of them could be read" in made
        shown = re.search(r'aria-label="students for each points: (.*?)"', made)[1]
        return [bar for bar in shown.split(", ") if not bar.endswith(": 0")]

    assert bars() == ["10 to 11: 1"]
    oral = Correction("=1+1", "total", "set", 12.0, "oral")
    paper = Correction("王", "q1_test", "set", 1.0, "on paper")
    assert bars(oral, paper) == ["0 to 1: 1", "10 to 11: 1", "12 to 13: 1"]
    # Who is excused from everything has no mark, and no 0 that nobody gave.
    free = Correction("ada", "total", "excused", 0.0, "ill")
    assert bars(free) == []


def test_full_points_by_hand_look_right(graded):
    _, [student, *_], rows = graded
    row = rows["ada"]
    row.tests["q1_test"] = Result(0, 2, "NameError: the grader lost your import")
    score = score_of(DEMO, row, {})
    first = replace(score.lines[0], points=2, reason="your import was right")
    score = replace(score, lines=(first, *score.lines[1:]))
    page = feedback_page(DEMO, student, row, score)
    assert "your import was right" in page
    assert "NameError" not in page
    assert 'class="wrong"' not in page


def test_pages_run_no_script(graded):
    folder, students, rows = graded
    rows["ada"].tests["q1_test"] = Result(0, 2, "<img src=x onerror=alert(1)>")
    write_manual(folder, DEMO, students, rows)
    reported(folder, DEMO, students, rows)
    for path in folder.rglob("*.html"):
        text = path.read_text("utf-8")
        assert "<script" not in text
        assert "<img" not in text
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].split("; ")
        assert {"default-src 'none'", "img-src data:"} <= set(policy)
        assert not any(part.startswith("script-src") for part in policy)


class Texts(HTMLParser):
    """The texts of a page, each with whether its direction stays its own."""

    def __init__(self, page):
        super().__init__()
        self.open, self.found = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br", "img"):
            own = tag == "bdi" or ("dir", "auto") in attributes
            self.open.append(own or ("unicode-bidi", "isolate") in attributes)

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        self.found.append((data, any(self.open)))


def test_no_text_turns_what_stands_beside_it(graded):
    folder, [student, *others], _ = graded

    def said(what):
        return f"(1) علي {what}"

    students = [{**student, "id": said("id"), "name": said("name")}, *others]
    first = students[0]["id"]
    row = row_of(first, (0, 1, 2, 3, 2), text=said("answer"), message=said("message"))
    row.notes = [f"q1: {said('note')}"]
    rows = {one["id"]: row_of(one["id"], (2, 1, 2, 3, 2)) for one in others} | {first: row}
    fixes = [Correction(first, "q2_test", "set", 1.0, said("reason"))]
    scores = {
        id: score_of(DEMO, one, {}, fixes, Lateness(0, said("late"))) for id, one in rows.items()
    }
    scores[first] = replace(scores[first], notes=(said("question"),))
    write_manual(folder, DEMO, students, rows)
    pages = [(folder / "manual.html").read_text("utf-8")]
    shown = {"mark": "2", "text": said("answer"), "name": said("name"), "student": first}
    shown |= {"pictures": [], "others": [(said("marker"), "1")]}
    question = {"id": said("question"), "points": 3, "sample": said("sample"), "answers": [shown]}
    pages.append(page("manual.html", said("title"), questions=[question]))
    pages.append(feedback_page(DEMO, students[0], row, scores[first]))
    pages.append(feedback_page(DEMO, students[0], row, replace(scores[first], known=False)))
    hints = attention(DEMO, students, rows, scores, None)
    pages.append(class_page(DEMO, students, scores, hints))
    pages.append(
        PAGES.from_string('{% from "bars.svg" import bars %}{{ bars([("علي", 1)], "x") }}').render()
    )
    found = [text for made in pages for text in Texts(made).found if "علي" in text[0]]
    assert [text for text, own in found if not own] == []
    parts = ("id", "name", "answer", "message", "note", "reason", "late", "question", "marker")
    for what in (*parts, "sample", "title"):
        assert any(f"علي {what}" in text for text, _ in found), what


def test_points_stay_in_one_line_and_a_long_answer_in_its_box():
    style = page(
        "class.html",
        "x",
        students=0,
        submissions=0,
        read=0,
        statuses=[],
        scores=[],
        failed=[],
        waiting=0,
        hints=[],
        more=0,
    )
    assert ".number, b { white-space: nowrap; }" in style
    assert "article > pre { max-height: 30rem; overflow-y: auto; }" in style
    assert "@media print { article > pre { max-height: none; }" in style  # on paper all of it


def test_every_text_is_escaped(graded):
    folder, students, rows = graded
    rows["ada"].tests["q1_test"] = Result(0, 2, "<i>message</i>")
    write_manual(folder, DEMO, students, rows)
    text = (folder / "manual.csv").read_text("utf-8")
    fill = text.replace("ada,q4,4,,", "ada,q4,4,3,<i>comment</i>")
    (folder / "manual.csv").write_text(fill, "utf-8")
    reported(folder, DEMO, students, rows)
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
        reported(folder, DEMO, students, rows)
        assert (secret in (folder / "feedback" / "ada.html").read_text("utf-8")) is not hidden


def test_feedback_says_how_a_free_response_stands(graded):
    folder, students, rows = graded
    rows["王"] = row_of("王", (0, 0, 0, 0, 0))
    reported(folder, DEMO, students, rows)
    for student, words in (("ada", "still to be marked by hand"), ("王", "not answered")):
        assert words in (folder / "feedback" / f"{student}.html").read_text("utf-8")


def test_the_page_of_who_left_goes_and_nothing_else(graded):
    folder, students, rows = graded
    assert not any("feedback/" in text for text in reported(folder, DEMO, students, rows))
    pages = folder / "feedback"
    write(pages / "index.html", "<p>my own</p>")
    write(pages / "ada (1).html", (pages / "ada.html").read_bytes())
    write(pages / "王.html", "<p>Please come to my office.</p>")
    (pages / "notes.txt").write_text("mine")
    (pages / "link.html").symlink_to("ada.html")
    left = [student for student in students if student["id"] == "=1+1"]
    some = {"=1+1": rows["=1+1"]}
    said = reported(folder, DEMO, left, some)
    names = sorted(path.name for path in pages.iterdir())
    stay = ["ada (1).html", "index.html", "link.html", "王.html"]
    assert names == sorted(["=1+1.html", "notes.txt", *stay])
    assert "Not in the roster any more, so the page is gone: feedback/ada.html" in said
    others = ", ".join(f"feedback/{name}" for name in stay)
    assert f"Of nobody in the roster, and not of the last report: {others}" in said
    with zipfile.ZipFile(folder / "feedback.zip") as pack:
        assert pack.namelist() == ["=1+1/demo/demo.html"]
    reported(folder, DEMO, students, rows)  # they are back
    assert "Ada" in (pages / "ada.html").read_text("utf-8")
    (folder / "feedback.zip").write_bytes(b"no archive")
    reported(folder, DEMO, left, some)
    assert (pages / "ada.html").exists()


def test_a_report_waits_for_the_last_row(graded):
    folder, students, rows = graded
    with pytest.raises(ValueError, match=r"1 student\(s\) not graded yet: ada\. Run grade"):
        reported(folder, DEMO, students, {**rows, "ada": None})


@settings(max_examples=40)
@given(hostile)
def test_a_comment_is_read_back(text):
    students = [{"id": "1", "name": "Ada", "email": "", "columns": {}}]
    rows = {"1": row_of("1", (2, 1, 2, 3, 2), text="An answer.")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "report" / "demo"
        write_manual(folder, DEMO, students, rows)
        path = folder / "manual.csv"
        head, line = csv.reader(io.StringIO(path.read_text("utf-8-sig")))
        path.write_bytes(cells.table([head, [*line[:3], "2", f"b{text}a", line[5]]]).encode())
        for _ in range(2):
            last = scores_of(folder, students, rows)["1"].lines[-1]
            assert (last.points, last.message) == (2.0, f"b{visible(text)}a".replace("\t", " "))
            write_manual(folder, DEMO, students, rows)
            assert is_safe(path.read_text("utf-8-sig"))
            assert formulas(path.read_text("utf-8-sig")) == []


def test_limits_are_positive():
    with pytest.raises(ValueError, match="seconds=0; expected a positive number"):
        Limits(seconds=0)
