"""A table reads the same through every door, whatever spreadsheet saved it."""

import csv
import io

import pytest
from by_hand import DEMO, STUDENTS, rows_of

from dlzero_grader.collecting.decide import Decisions
from dlzero_grader.course import read_course
from dlzero_grader.files import write
from dlzero_grader.marking.corrections import add_correction, read_corrections
from dlzero_grader.marking.late import read_extensions
from dlzero_grader.marking.manual import write_manual
from dlzero_grader.marking.marks import marks_of, read_ledger
from dlzero_grader.roster import read_roster
from dlzero_grader.sheets import lines_of, read_table

TABLE = "report/demo/manual.csv"
#: What a spreadsheet calls it, the sign between the columns, and the encoding.
FORMS = {
    "csv": (",", "utf-8"),
    "csv utf-8": (";", "utf-8-sig"),
    "csv of a German Excel": (";", "cp1252"),
    "csv utf-8 of an American Excel": (",", "utf-8-sig"),
    "csv of an American Excel": (",", "cp1252"),
    "unicode text": ("\t", "utf-16"),
    "unicode text of an old Mac": ("\t", "utf-16-be"),
}
WORDS = 'Jürgen "Groß"; schön, 2,5 – ganz\nohne Tab'


@pytest.fixture(params=FORMS)
def saved(request, tmp_path):
    """Return the function that saves a table in one of the forms, and returns its path."""
    between, encoding = FORMS[request.param]

    def save(name, *rows):
        out = io.StringIO()
        csv.writer(out, delimiter=between, lineterminator="\r\n").writerows(rows)
        mark = "\ufeff" if encoding == "utf-16-be" else ""
        write(tmp_path / name, (mark + out.getvalue()).encode(encoding))
        return tmp_path / name

    return save


def test_the_roster(saved):
    head = ("ID", "Name", "Email", "Größe, in cm")
    (one,) = read_roster(saved("roster.csv", head, ("7", "Groß, Jürgen", " a@x.org ", "2,5")))
    assert (one["id"], one["name"], one["email"]) == ("7", "Groß, Jürgen", "a@x.org")
    assert one["columns"]["Größe, in cm"] == "2,5"


def test_what_was_decided(saved):
    head = ("file", "why", "candidates", "student", "sender", "digest")
    file = 'Jürgen; "x", y – hw01.ipynb'
    path = saved("hw01.csv", head, (file, "whose: nobody", "", "groß", "folder ü", ""))
    decided = Decisions(path, [{"id": "groß", "name": "", "email": ""}], [])
    assert decided.about_file(file, "f" * 64) == "groß"
    assert decided.about_senders() == {"folder ü": "groß"}
    decided.ask([], [])
    assert Decisions(path, [{"id": "groß", "name": "", "email": ""}], []).about_file(file, "")


def test_corrections_and_one_more(saved, tmp_path):
    head = ("homework", "student", "test", "points", "reason")
    saved("corrections.csv", head, ("demo", "ada", "q4", "'+0,5", WORDS))
    ids = [student["id"] for student in STUDENTS]
    (one,) = read_corrections(tmp_path, DEMO, ids)
    assert (one.given, one.reason) == ("+0.5", WORDS)
    more = {"student": "ada", "test": "q2_test", "points": "1", "reason": "Schön."}
    add_correction(tmp_path, DEMO, ids, more)
    assert [two.reason for two in read_corrections(tmp_path, DEMO, ids)] == [one.reason, "Schön."]


def test_more_time(saved, tmp_path):
    saved(
        "extensions.csv",
        ("student", "homework", "until", "reason"),
        ("ada", "demo", "2026-12-05", WORDS),
    )
    write(tmp_path / "course.toml", "[demo]\ndue = 2026-12-01\n")
    due = read_course(tmp_path, "demo")[0].due
    more = read_extensions(tmp_path, "demo", ["ada"], due)["ada"]
    assert (more.until.day, more.reason) == (5, WORDS)


def test_marks_by_hand(saved, tmp_path):
    rows = rows_of(ada="Good.", cmd="")
    write_manual(tmp_path, DEMO, STUDENTS, rows)
    heading, line, *_ = csv.reader(io.StringIO((tmp_path / TABLE).read_text("utf-8-sig")))
    given = {"points": "2,5", "comment": WORDS}
    filled = [given.get(name, text) for name, text in zip(heading, line, strict=True)]
    saved(TABLE, heading, filled)
    for _ in range(2):  # and what is stored of it is read again
        found = marks_of(read_ledger(tmp_path, DEMO, STUDENTS), DEMO, rows)[0]
        assert found == {("ada", "q4"): (2.5, WORDS)}


def test_a_code_page_that_is_taken_for_windows_is_named(tmp_path, capsys):
    path = tmp_path / "Dvořák.csv"
    path.write_bytes("id,name\n1,Müller\n".encode("cp1252"))
    for _ in range(2):
        assert read_table(path) == (["id", "name"], [("Dvořák.csv, line 2", ["1", "Müller"])])
    said = "Dvořák.csv is not in UTF-8; it was read as Windows-1252. "
    said += "Look whether its names are right."
    assert capsys.readouterr().err.splitlines() == [said]


@pytest.mark.parametrize(
    "data",
    [
        "id,name\n1,王小明\n".encode("gbk"),
        "id,name\n1,Иванов\n".encode("cp1251"),
        "id,name\n1,Ada\n".encode("utf-16-le"),  # without its mark
        "id,name\n1,Ada\n".encode("utf-32"),
        b"\xff\xfei",
        b"id,name\n1,\x81\n",
    ],
)
def test_another_encoding_is_refused(tmp_path, data):
    path = tmp_path / "roster.csv"
    path.write_bytes(data)
    for door in (read_roster, lambda path: lines_of(path, ())):
        with pytest.raises(ValueError, match="save it as 'CSV UTF-8'"):
            door(path)


def test_a_name_in_quotes_says_nothing_about_what_stands_between(tmp_path):
    write(tmp_path / "a.csv", 'id;"of question 1, 2, 3";name\n1;"2,5";Ada\n')
    assert read_table(tmp_path / "a.csv")[1] == [("a.csv, line 2", ["1", "2,5", "Ada"])]
