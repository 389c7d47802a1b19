"""Text that leaves the grader begins no formula and moves no cursor."""

import io
import json
import re
import tempfile
import zipfile
from pathlib import Path

import pytest
from classroom.spreadsheets import formulas, hostile, is_safe
from hypothesis import given, settings
from hypothesis import strategies as st

from dlzero_grader import master as masters
from dlzero_grader.cli import main
from dlzero_grader.marking.score import score_of
from dlzero_grader.notebook import clean
from dlzero_grader.reports.gradescope import results
from dlzero_grader.reports.report import write_report
from dlzero_grader.row import Response, Result, Row
from dlzero_grader.sheets import lines_of
from dlzero_grader.tables import cell, line, table, uncell, visible

DEMO = masters.load("demo", Path(__file__).parent / "classroom")


@given(st.lists(st.lists(hostile, min_size=2, max_size=4), min_size=1, max_size=4))
def test_a_table_holds_no_formula_and_no_control_character(rows):
    made = table(rows)
    assert formulas(made) == []
    assert is_safe(made.removeprefix("\ufeff").replace("\r\n", "\n"))


def test_the_formulas_of_a_table_are_looked_for():
    assert formulas("a,=1\r\n") == ["=1"]
    assert formulas('"x;=1",2\r\n') == ['=1",2']
    assert formulas('"x\ty"\t""+1\r\n')
    assert not is_safe("\x9b")
    assert not is_safe("\u202e")


@given(hostile)
def test_a_cell_is_read_back(text):
    once = visible(text).replace("\t", " ")
    assert uncell(cell(text)) == once
    assert cell(once) == cell(text)
    assert is_safe(visible(text))
    assert "\n" not in line(text)


@given(st.lists(hostile, min_size=1, max_size=4))
def test_a_table_is_read_back(texts):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(table([["a", "b"], *([text, "x"] for text in texts)]).encode())
        came = [row["a"] for _, row in lines_of(path, ("a", "b"))]
    assert came == [visible(text).replace("\t", " ").strip() for text in texts]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("=1", "'=1"),
        ("'=1", "''=1"),
        ("a = 1, b - 2", "a = 1, b - 2"),
        ("nothing; =cmd", "nothing; '=cmd"),
        ('say "=1"', 'say "\'=1"'),
        ("José-María", "José-María"),
        ("\u200f-1", "'-1"),
    ],
)
def test_an_apostrophe_stands_only_where_a_formula_would_begin(text, made):
    assert cell(text) == made


def test_the_guide_says_where_an_apostrophe_stands():
    guide = (Path(__file__).parents[2] / "book" / "instructor.md").read_text("utf-8")
    assert (
        "at the beginning of a cell, and in it after a semicolon, a double quote or a new line"
        in (guide)
    )
    signs = "\n !\"#$%&'()*+,-./0:;<=>?@A[]^_`a{|}~"
    assert [sign for sign in signs if cell(f"a{sign}=1") != f"a{sign}=1"] == ["\n", '"', ";"]


def test_a_lone_hyphen_comes_as_the_other_program_wrote_it():
    """Moodle writes it for "no grade", and must find it again."""
    made = table([["-", "-", "--", "-1"]])
    assert made == "\ufeff'-,-,'--,'-1\r\n"
    assert formulas(made) == []


def guarded(text):
    """Return text as `cell` does, by a look at each character that may begin a formula."""
    made, place = "", 0
    while place < len(text):
        sign = place
        while text[sign : sign + 1] == "'":
            sign += 1
        before = re.search(r'[\s"]*$', text[:place][-40:])[0]
        edge = text[: place - len(before)]
        begins = not edge or edge.endswith(";") or any(sign in before for sign in '\t\n"')
        if begins and text[sign : sign + 1] in tuple("=+-@＝＋－＠"):
            made += "'"
        made, place = made + text[place], place + 1
    return made


BOUNDARIES = st.text(alphabet=" \n\t\u00a0\u2003\"';=-＋@a,", max_size=30)


@given(BOUNDARIES)
def test_a_long_row_of_quotes_is_read_once_with_the_same_result(text):
    # For a fixed number of steps at each sign the patterns have no "*" that is given back, and
    # begin in a row of blanks and quotes at its first sign only.
    text = text.replace("\t", " ")
    assert cell(text) == guarded(text)
    assert uncell(guarded(text)) == text


def class_with(text):
    """Return a class of two, of whom one writes this text wherever a student can."""
    text = clean(text)  # as the grader reads a notebook
    students = [
        {"id": "1", "name": text or "x", "email": text, "columns": {"section": text}},
        {"id": "2", "name": "Bo", "email": "", "columns": {}},
    ]
    rows = {}
    for student in students:
        id = student["id"]
        tests = {test.id: Result(0, test.points, text) for test in DEMO.tests}
        notes = [f"q1: {text}", text]
        rows[id] = Row("graded", tests, {"q4": Response(4, f"answer {text}")}, notes, student=id)
    return students, rows


@settings(max_examples=40)
@given(hostile)
def test_no_file_of_a_report_holds_a_formula_or_a_control_character(text):
    students, rows = class_with(text)
    scores = {id: score_of(DEMO, row, {}) for id, row in rows.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        said = write_report(folder, DEMO, students, rows, scores)
        made = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(io.BytesIO(made.pop("feedback.zip"))) as pack:
        made |= {name: pack.read(name) for name in pack.namelist()}
    assert {"marks.csv", "canvas.csv", "moodle.csv", "attention.csv"} <= set(made)
    for name, data in made.items():
        shown = data.decode().removeprefix("\ufeff").replace("\r\n", "\n")
        assert is_safe(shown), name
        if name.endswith(".csv"):
            assert formulas(data.decode()) == [], name
    assert all(is_safe(text) and "\n" not in text for text in said[:-1])


def test_the_terminal_sees_no_control_character(roster, capsys):
    path = roster("id,name,email\n1,\x1b[31mAda,\n1,Bo,\n")
    assert main(["report", "demo", "--roster", str(path), "--masters", "\x9b\u202e"]) == 1
    assert is_safe(capsys.readouterr().err)


def test_a_result_for_gradescope_holds_no_control_character():
    _, rows = class_with("\x1b[31m\x9b\u202e")
    made = json.dumps(results(DEMO, rows["1"], score_of(DEMO, rows["1"], {})), ensure_ascii=False)
    assert is_safe(made)
    assert "\\u001b" not in made
