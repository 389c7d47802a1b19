"""Marks by hand: tables, their history, several markers, codes instead of names."""

import json
import os
import re
from dataclasses import FrozenInstanceError

import pytest
from by_hand import DEMO, STUDENTS, fill, row_of, rows_of, table
from hypothesis import given, settings
from hypothesis import strategies as st

from dlzero_grader import cli
from dlzero_grader.files import write
from dlzero_grader.marking import manual as pages
from dlzero_grader.marking import marks as module
from dlzero_grader.marking.corrections import Correction
from dlzero_grader.marking.late import Arrival, Extension, Lateness
from dlzero_grader.marking.manual import write_manual
from dlzero_grader.marking.marks import (
    answer_digest,
    marks_of,
    read_ledger,
    text_digest,
)
from dlzero_grader.marking.score import Line, Score, remarks, scores_of
from dlzero_grader.row import Response


def manual(folder, rows, **options):
    return write_manual(folder, DEMO, STUDENTS, rows, **options)


def marks(folder, rows):
    return marks_of(read_ledger(folder, DEMO, STUDENTS), DEMO, rows)[0]


def sheet(folder, name="manual"):
    return folder / "report" / "demo" / f"{name}.csv"


def history(folder):
    return table(folder / "history" / "demo" / "marks.csv")


def change(path, *pairs):
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


TWO = rows_of(ada="Good.", cmd="=HYPERLINK(1)")


def test_a_list_of_names_says_that_there_are_more():
    names = [str(n) for n in range(12)]
    assert module.some_of([]) == ""
    assert module.some_of(names[:10]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert module.some_of(names[:11]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ..."
    assert module.some_of(names[:3], most=2) == "0, 1, ..."


@pytest.mark.parametrize(("n", "some"), [(5, "0, 1, 2, 3, 4"), (6, r"0, 1, 2, 3, 4, \.\.\.")])
def test_some_who_are_not_graded_are_named(n, some):
    students = [{"id": str(i)} for i in range(n + 1)]
    rows = {str(n): row_of(str(n)), "0": None}
    with pytest.raises(ValueError, match=rf"^{n} student\(s\) not graded yet: {some}\. Run grade"):
        module.complete(students, rows)
    assert module.complete(students[n:], rows) == {str(n): rows[str(n)]}


def test_points_have_ten_digits():
    shown = [module.shown_points(points) for points in (None, 0.0, 3.0, 0.1 + 0.2, 1 / 3, 12345.5)]
    assert shown == ["", "0", "3", "0.3", "0.3333333333", "12345.5"]


def test_a_fingerprint_is_a_letter_and_eleven_digits():
    assert text_digest("") == "te3b0c44298f"
    assert answer_digest(Response(4, "a", ["b"])) == text_digest("a\0b")
    assert re.fullmatch("t[0-9a-f]{11}", text_digest("Good."))


@pytest.mark.parametrize(
    ("points", "kept"), [("0", 0.0), ("4", 4.0), ("-0.5", None), ("4.5", None)]
)
def test_points_go_from_zero_to_the_most(tmp_path, points, kept):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada=(points, "x"))
    if kept is None:
        with pytest.raises(ValueError, match="expected a number from 0 to 4"):
            marks(tmp_path, TWO)
        assert not (tmp_path / "history" / "demo" / "marks.csv").exists()
    else:
        assert marks(tmp_path, TWO) == {("ada", "q4"): (kept, "x")}


def test_marks_are_read_back(tmp_path):
    assert manual(tmp_path, TWO)[:2] == (0, 2)
    fill(sheet(tmp_path), ada=("3.5", "'=well done"))
    expected = {("ada", "q4"): (3.5, "=well done")}
    assert marks(tmp_path, TWO) == expected
    assert manual(tmp_path, TWO)[:2] == (1, 2)  # and the mark stays
    assert marks(tmp_path, TWO) == expected


def test_marks_may_come_from_a_spreadsheet(tmp_path):
    manual(tmp_path, TWO)
    change(sheet(tmp_path), ("ada,q4,4,,", "ada,q4,4,3.5,ok"), (",", ";"), ("3.5", "3,5"))
    assert marks(tmp_path, TWO) == {("ada", "q4"): (3.5, "ok")}


def test_a_comment_alone_is_kept_and_shown(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada=("", "Please come to my office."))
    assert manual(tmp_path, TWO)[:2] == (0, 2)
    assert table(sheet(tmp_path))[0]["comment"] == "Please come to my office."
    score = scores_of(tmp_path, DEMO, STUDENTS, TWO)["ada"]
    assert (score.open, score.lines[-1].points) == (1, None)
    assert score.lines[-1].message == "Please come to my office."


def test_a_mark_waits_while_its_answer_is_away(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada=("3", "Nice."))
    broken = {**TWO, "ada": row_of("ada", (0,) * 5, status="corrupt")}
    _, _, notes = manual(tmp_path, broken)
    assert "Other answers since this table was made: ada." in notes
    assert "Ada Lovelace ada: q4 had 3 points, but the answer is gone." in notes
    assert [line["student"] for line in table(sheet(tmp_path))] == ["'=1+1"]
    assert marks(tmp_path, broken) == {}
    scores = scores_of(tmp_path, DEMO, STUDENTS, broken)
    assert scores["ada"].notes == ("q4 had 3 points, but the answer is gone",)
    said = remarks(tmp_path, DEMO, STUDENTS, scores)
    assert said == ["Ada Lovelace (ada): q4 had 3 points, but the answer is gone."]
    new = {**TWO, "ada": row_of("ada", text="Better.")}
    assert (
        "Ada Lovelace ada: q4 had 3 points, but the answer has changed." in manual(tmp_path, new)[2]
    )
    assert scores_of(tmp_path, DEMO, STUDENTS, new)["ada"].open == 1
    done, wanted, notes = manual(tmp_path, TWO)  # the good file comes back
    assert (done, wanted) == (1, 2)
    assert table(sheet(tmp_path))[0]["points"] == "3"
    assert marks(tmp_path, TWO) == {("ada", "q4"): (3.0, "Nice.")}
    assert scores_of(tmp_path, DEMO, STUDENTS, TWO)["ada"].total == 13
    assert not any("ada:" in note for note in notes)


def test_the_history_holds_every_mark(tmp_path):
    manual(tmp_path, TWO)
    for points in ("3", "2.5", "", "4"):
        fill(sheet(tmp_path), ada=(points, "x" if points else ""))
        marks(tmp_path, TWO)
        marks(tmp_path, TWO)  # what is known is not written again
    assert [line["points"] for line in history(tmp_path)] == ["3", "2.5", "", "4"]
    first = history(tmp_path)[0]
    digest = text_digest("Good.")
    assert (first["student"], first["question"], first["answer"]) == ("ada", "q4", digest)
    assert (first["marker"], first["comment"]) == ("", "x")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", first["time"])


def test_a_mark_taken_back_is_named(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3")
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="")
    done, _, notes = manual(tmp_path, TWO)
    assert done == 0
    assert "Ada Lovelace ada: the 3 points for q4 were taken back in manual.csv." in notes
    fill(sheet(tmp_path), ada="2")
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="")
    scores = scores_of(tmp_path, DEMO, STUDENTS, TWO)
    said = remarks(tmp_path, DEMO, STUDENTS, scores)
    assert "Ada Lovelace (ada): the 2 points for q4 were taken back in manual.csv." in said


def test_a_mark_that_is_changed_is_not_taken_back(tmp_path):
    manual(tmp_path, TWO)
    for said in (("", "Please come."), ("3", "Please come."), ("2", "No."), ("2", "Yes.")):
        fill(sheet(tmp_path), ada=said)
        assert read_ledger(tmp_path, DEMO, STUDENTS).withdrawn == []


def test_a_new_answer_with_a_mark_waits_for_nothing(tmp_path):
    ledger, digests = module.Ledger(), [text_digest(text) for text in ("Good.", "Better.")]
    rows = rows_of(ada="Better.")
    ledger.put(("", "ada", "q4", digests[0]), (3.0, ""))
    said = [("ada", "q4 had 3 points, but the answer has changed")]
    assert marks_of(ledger, DEMO, rows) == ({}, said, [])
    ledger.put(("", "ada", "q4", digests[1]), (4.0, ""))
    assert marks_of(ledger, DEMO, rows) == ({("ada", "q4"): (4.0, "")}, [], [])


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ({"": (2.0, "Fine."), "bob": (3.0, "Good.")}, (2.0, "Fine.")),
        ({"": (2.0, ""), "bob": (3.0, "Good."), "eve": (1.0, "Bad.")}, (2.0, "Good.\nBad.")),
        ({"": (None, "Fine."), "bob": (3.0, "Good.")}, (3.0, "Fine.\nGood.")),
        ({"bob": (3.0, "Good."), "eve": (3.0, "Good.")}, (3.0, "Good.")),
        ({"bob": (None, "Why?"), "eve": (0.0, "")}, (0.0, "Why?")),
        ({"bob": (None, ""), "eve": (None, "")}, None),
    ],
)
def test_of_several_markers_the_main_table_counts_first(given, counts):
    ledger, rows = module.Ledger(), rows_of(ada="Good.")
    for marker, mark in given.items():
        ledger.put((marker, "ada", "q4", text_digest("Good.")), mark)
    assert marks_of(ledger, DEMO, rows) == ({("ada", "q4"): counts} if counts else {}, [], [])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("ada,q4,4,,", "7,q4,4,1,", "line 2: points or a comment for 'q4' of '7'; there is no"),
        ("ada,q4,4,,", "ada,q5,4,1,", "line 2: points or a comment for 'q5' of 'ada'; there is"),
        (",answer", "", "line 1: no answer; expected student,question,of,points,comment,answer"),
        ("ada,q4,4,,", "ada,q4,4,3,,\nada,q4,4,,", "line 2: points, but nothing in the column"),
        ("ada,q4,4,,", "ada,q4,4,5,", "line 2: '5' points for q4 of ada; expected a number from"),
        ("ada,q4,4,,", "ada,q4,4,-1,", "line 2: '-1' points for q4 of ada; expected a number"),
        ("ada,q4,4,,", "ada,q4,4,good,", "line 2: 'good' points for q4 of ada; expected a"),
        ("ada,q4,4,,", "ada,q4,4,nan,", "line 2: 'nan' points for q4 of ada; expected a number"),
        ("ada,q4,4,,", "ada,q4,4,3,no, not so", "line 2: 7 cells below 6 columns"),
        ("ada,q4,4,,", 'ada,q4,4,3,"no', "line 2: .* A double quote is open"),
        (
            "ada,q4,4,,",
            f"ada,q4,4,3,well,{text_digest('Good.')}\nada,q4,4,2,well",
            "line 3: 2 for q4 of ada, but 3 in manual.csv, line 2",
        ),
        (
            "ada,q4,4,,",
            f"ada,q4,4,,why?,{text_digest('Good.')}\nada,q4,4,2,",
            "line 3: 2 for q4 of ada, but a comment in manual.csv, line 2",
        ),
        (
            "ada,q4,4,,",
            f'ada,q4,4,3,"well,{text_digest("Good.")}\nada,q4,4,2,done"',
            "line 2: the comment holds other lines of the table",
        ),
    ],
)
def test_an_impossible_line_is_named(tmp_path, old, new, complaint):
    manual(tmp_path, TWO)
    change(sheet(tmp_path), (old, new))
    text = sheet(tmp_path).read_text("utf-8")
    for again in (manual, lambda *what: scores_of(tmp_path, DEMO, STUDENTS, TWO)):
        with pytest.raises(ValueError, match=complaint):
            again(tmp_path, TWO)
    assert sheet(tmp_path).read_text("utf-8") == text
    assert not (tmp_path / "history" / "demo" / "marks.csv").exists()


def test_a_history_that_a_spreadsheet_saved_goes_on(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3")
    marks(tmp_path, TWO)
    path = tmp_path / "history" / "demo" / "marks.csv"
    path.write_text("\ufeff" + path.read_text("utf-8").replace(",", ";").rstrip("\n"), "utf-8")
    fill(sheet(tmp_path), ada=("2", "no, not; quite"))
    marks(tmp_path, TWO)
    assert len(path.read_text("utf-8-sig").splitlines()) == 3
    sheet(tmp_path).unlink()
    assert marks(tmp_path, TWO) == {("ada", "q4"): (2.0, "no, not; quite")}


def test_a_history_with_points_that_are_none_is_not_read(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3")
    marks(tmp_path, TWO)
    change(tmp_path / "history" / "demo" / "marks.csv", (",3,", ",three,"))
    with pytest.raises(ValueError, match=r"demo/marks\.csv, line 2: 'three' is no number"):
        marks(tmp_path, TWO)


def test_a_full_disk_takes_no_mark_along(tmp_path, monkeypatch):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3")
    before = sheet(tmp_path).read_bytes()

    def full(path, text):
        raise OSError(28, "No space left on device")

    for place in (module, pages):
        monkeypatch.setattr(place, "write", full)
    with pytest.raises(OSError, match="No space left"):
        manual(tmp_path, {**TWO, "ada": row_of("ada", text="Other.")})
    assert sheet(tmp_path).read_bytes() == before


def test_a_line_may_stand_there_twice(tmp_path):
    manual(tmp_path, TWO)
    digest = text_digest("Good.")
    line = f"ada,q4,4,3,well,{digest}\n"
    change(sheet(tmp_path), (f"ada,q4,4,,,{digest}\n", f"ada,q4,4,,,{digest}\n" + line * 2))
    assert marks(tmp_path, TWO) == {("ada", "q4"): (3.0, "well")}


def test_marking_waits_for_the_grader(tmp_path):
    manual(tmp_path, TWO)
    before = sheet(tmp_path).read_bytes()
    with pytest.raises(ValueError, match=r"1 student\(s\) not graded yet: ada\. Run grade"):
        manual(tmp_path, {**TWO, "ada": None})
    assert sheet(tmp_path).read_bytes() == before


def test_who_could_not_be_graded_does_not_hold_up_the_others(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3")
    failed = {**TWO, "ada": row_of("ada", (0,) * 5, status="error")}
    done, wanted, notes = manual(tmp_path, failed)
    assert (done, wanted) == (0, 1)
    assert "Could not be graded, so nothing to mark: ada." in notes
    assert "Ada Lovelace ada: q4 had 3 points, but the answer is gone." in notes
    assert manual(tmp_path, TWO)[:2] == (1, 2)


def test_who_left_the_class_does_not_hold_up_the_others(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3", cmd="2")
    (tmp_path / "submitted" / "ada" / "demo").mkdir(parents=True)
    left = STUDENTS[1:]
    rows = {student["id"]: TWO[student["id"]] for student in left}
    done, wanted, notes = write_manual(tmp_path, DEMO, left, rows)
    assert (done, wanted) == (1, 1)
    assert notes == ["Not in the roster any more, their marks are kept: ada."]
    scores = scores_of(tmp_path, DEMO, left, rows)
    assert remarks(tmp_path, DEMO, left, scores) == notes
    assert manual(tmp_path, TWO)[:2] == (2, 2)  # ada is back


def test_who_has_a_mark_was_here_and_nobody_else(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3")
    marks(tmp_path, TWO)
    ledger = read_ledger(tmp_path, DEMO, STUDENTS[1:])  # of ada only the mark is left
    assert (ledger.gone, ledger.withdrawn) == (["ada"], [])
    change(sheet(tmp_path), ("'=1+1,q4,4,,", "7,q4,4,2,"))
    with pytest.raises(ValueError, match="line 3: points or a comment for 'q4' of '7'"):
        marks(tmp_path, TWO)


def test_a_question_that_went_takes_no_mark_along(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3")
    marks(tmp_path, TWO)
    change(sheet(tmp_path), ("ada,q4,4,3,", "ada,q3_text,4,3,"))
    write(
        tmp_path / "history" / "demo" / "marks.csv",
        (tmp_path / "history" / "demo" / "marks.csv").read_text("utf-8").replace("q4", "q3_text"),
    )
    assert manual(tmp_path, TWO)[:2] == (0, 2)
    assert history(tmp_path)[0]["points"] == "3"


def test_two_markers(tmp_path):
    for name in ("alice", "bob"):
        assert manual(tmp_path, TWO, marker=name)[:2] == (0, 2)
    fill(sheet(tmp_path, "manual-alice"), ada=("3", "Good."), cmd="1")
    fill(sheet(tmp_path, "manual-bob"), ada=("3.0", "Fine."), cmd="2")
    assert manual(tmp_path, TWO, marker="alice")[:2] == (2, 2)
    done, _, notes = manual(tmp_path, TWO)
    assert done == 1
    assert "=cmd() =1+1: markers differ about q4: alice 1, bob 2." in notes
    page = (tmp_path / "report" / "demo" / "manual.html").read_text("utf-8")
    assert "<bdi>alice</bdi>: 1, <bdi>bob</bdi>: 2" in page
    said = "1 of the marks stand in the tables of other markers. In manual.csv their cells stay"
    assert [note.startswith(said) for note in notes].count(True) == 1
    with pytest.raises(
        ValueError, match=r"Two marks .*\n  =1\+1: markers differ about q4: alice 1"
    ):
        scores_of(tmp_path, DEMO, STUDENTS, TWO)
    fill(sheet(tmp_path), cmd="1.5")
    scores = scores_of(tmp_path, DEMO, STUDENTS, TWO)
    assert [scores[id].lines[-1].points for id in ("ada", "=1+1")] == [3, 1.5]
    assert scores["ada"].lines[-1].message == "Good.\nFine."
    assert "alice" not in (tmp_path / "report" / "demo" / "manual-bob.html").read_text("utf-8")
    sheet(tmp_path, "manual-alice").unlink()  # her marks are kept
    assert scores_of(tmp_path, DEMO, STUDENTS, TWO)["ada"].lines[-1].points == 3


def test_what_is_marked_anywhere_is_not_open(tmp_path):
    rows = rows_of(ada="Good.", cmd="So so.", ming="Bad.")
    manual(tmp_path, rows)
    fill(sheet(tmp_path), ada="3")
    manual(tmp_path, rows, marker="bob")
    fill(sheet(tmp_path, "manual-bob"), cmd=("1", "Why?"))
    done, wanted, notes = manual(tmp_path, rows, marker="alice")
    assert (done, wanted) == (2, 3)
    assert "q4: 1 open: 王" in notes
    said = "2 of the marks stand in other tables. In manual-alice.csv their cells stay empty"
    assert [note.startswith(said) for note in notes].count(True) == 1
    assert [line["points"] for line in table(sheet(tmp_path, "manual-alice"))] == ["", "", ""]
    page = (tmp_path / "report" / "demo" / "manual-alice.html").read_text("utf-8")
    assert "<bdi>manual.csv</bdi>: 3" in page  # it goes before hers
    assert "bob" not in page
    assert manual(tmp_path, rows)[:2] == (2, 3)


@pytest.mark.parametrize("anonymous", [False, True])
@pytest.mark.parametrize("marker", ["", "alice"])
def test_a_table_says_whom_it_gets_besides(tmp_path, marker, anonymous):
    rows = rows_of(ada="Good.", cmd="So so.", ming="Bad.")
    options = {"marker": marker, "anonymous": anonymous}
    assert not any("new in" in note for note in manual(tmp_path, rows, section="A", **options)[2])
    assert not any("new in" in note for note in manual(tmp_path, rows, section="A", **options)[2])
    notes = manual(tmp_path, rows, **options)[2]
    name = f"manual-{marker}" if marker else "manual"
    lines = [line["student"].lstrip("'") for line in table(sheet(tmp_path, name))]
    keys = table(tmp_path / "history/demo/codes.csv") if anonymous else []
    ada = {line["student"]: line["code"] for line in keys}.get("ada", "ada")
    new = [student for student in lines if student != ada]
    said = (
        f"2 student(s) are new in {name}.csv: {', '.join(new)}. So far it had section A only; to "
        "keep it so, give --section A."
    )
    assert said in notes
    assert not any("new in" in note for note in manual(tmp_path, rows, **options)[2])


def test_a_table_says_whose_answer_came(tmp_path):
    manual(tmp_path, TWO)
    notes = manual(tmp_path, {**TWO, "王": row_of("王", text="Late.")})[2]
    assert "1 student(s) are new in manual.csv: 王." in notes


def test_a_table_with_codes_says_when_it_names_people(tmp_path):
    said = "manual.csv had codes so far and has names now. For codes give --anonymous."
    assert said not in manual(tmp_path, TWO, anonymous=True)[2]
    assert said not in manual(tmp_path, TWO, anonymous=True)[2]
    assert said in manual(tmp_path, TWO)[2]
    assert said not in manual(tmp_path, TWO)[2]


@pytest.mark.parametrize("name", ["../x", "a b", "a.b", "a/b"])
def test_a_marker_makes_a_file_name(tmp_path, name):
    with pytest.raises(ValueError, match="as a marker; expected letters"):
        manual(tmp_path, TWO, marker=name)


def test_a_copy_of_a_table_is_nobodys(tmp_path):
    manual(tmp_path, TWO)
    os.rename(sheet(tmp_path), sheet(tmp_path, "manual (1)"))
    with pytest.raises(ValueError, match=r"manual \(1\)\.csv is nobody's table"):
        manual(tmp_path, TWO)


@pytest.mark.parametrize(
    ("sections", "asked", "wanted"),
    [
        (("A and B", "B"), "B", 2),
        (("A and B", "B"), "A", 1),
        (("A and B", "B"), "A and B", 1),
        (("A, B, and C", "Lab and"), "C", 1),
        (("A, B, and C", "B and D"), "B", 2),
        (("Band", "B"), "B", 1),
    ],
)
def test_a_student_may_be_in_several_sections(tmp_path, sections, asked, wanted):
    """Canvas writes all of them into one cell."""
    pairs = zip(STUDENTS[:2], sections, strict=True)
    students = [{**student, "columns": {"Section": section}} for student, section in pairs]
    rows = {student["id"]: TWO[student["id"]] for student in students}
    assert write_manual(tmp_path, DEMO, students, rows, asked)[1] == wanted
    with pytest.raises(ValueError, match="Nobody in the roster has the section 'Z'"):
        write_manual(tmp_path, DEMO, students, rows, "Z")


def test_one_section_leaves_the_others_alone(tmp_path):
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3", cmd="2")
    assert manual(tmp_path, TWO, section="B")[:2] == (1, 1)
    assert [line["student"] for line in table(sheet(tmp_path))] == ["'=1+1"]
    assert len(marks(tmp_path, TWO)) == 2
    assert manual(tmp_path, TWO)[:2] == (2, 2)
    with pytest.raises(ValueError, match=r"section 'C'; its column section has A, B\."):
        manual(tmp_path, TWO, section="C")


def test_nobody_is_named_to_a_marker_of_anonymous_answers(tmp_path):
    rows = rows_of(ada="Good.", cmd="So so.", ming="Bad.")

    def seen_in(notes):
        pages = [tmp_path / "report" / "demo" / name for name in ("manual.html", "manual.csv")]
        text = "\n".join([*notes, *(page.read_text("utf-8") for page in pages)])
        return re.sub("[0-9a-f]{8,}", "", text)  # codes and digests: some hold the letters ada

    named = seen_in(manual(tmp_path, rows)[2])
    seen = seen_in(manual(tmp_path, rows, anonymous=True)[2])
    for student in STUDENTS:
        for value in (student["id"], student["name"]):
            assert value not in seen
            assert value in named
    codes = [line["student"] for line in table(sheet(tmp_path))]
    assert all(re.fullmatch("anon-[0-9a-f]{8}", code) for code in codes)
    assert codes == sorted(codes)
    key = {line["student"]: line["code"] for line in table(tmp_path / "history/demo/codes.csv")}
    fill(sheet(tmp_path), **{key["ada"]: "3"})
    assert manual(tmp_path, rows, anonymous=True)[:2] == (1, 3)  # the codes are the same
    assert codes == [line["student"] for line in table(sheet(tmp_path))]
    assert marks(tmp_path, rows) == {("ada", "q4"): (3.0, "")}
    assert manual(tmp_path, rows)[:2] == (1, 3)


def test_no_code_is_given_twice_or_is_the_id_of_a_student(tmp_path, monkeypatch):
    drawn = iter(["00000001", "00000001", "00000002", "00000003", "00000003", "00000004"])
    monkeypatch.setattr(module.secrets, "token_hex", lambda n: next(drawn))
    students = ["ada", "anon-00000002"]
    codes = {"ada": "anon-00000001", "anon-00000002": "anon-00000003"}
    assert module.codes_of(tmp_path, "demo", students) == codes
    codes |= {"bob": "anon-00000004"}
    assert module.codes_of(tmp_path, "demo", ["bob", *students]) == codes


def test_a_mark_belongs_to_the_pictures_as_well():
    one, other = Response(4, "See below.", ["data:a"]), Response(4, "See below.", ["data:b"])
    assert answer_digest(Response(4, "See below.")) == text_digest("See below.")
    assert len({answer_digest(one), answer_digest(other), text_digest("See below.")}) == 3


def test_a_spreadsheet_takes_no_fingerprint_for_a_number():
    assert all(text_digest(str(n))[0].isalpha() for n in range(100))


def test_a_table_saved_meanwhile_is_not_overwritten(tmp_path, monkeypatch):
    manual(tmp_path, TWO)

    def page(*what, **more):
        fill(sheet(tmp_path), ada="3")
        return ""

    monkeypatch.setattr(pages, "page", page)
    with pytest.raises(ValueError, match="was saved just now"):
        manual(tmp_path, TWO)
    monkeypatch.undo()
    assert manual(tmp_path, TWO)[:2] == (1, 2)


def codes_of(folder):
    path = folder / "history" / "demo" / "codes.csv"
    lines = table(path) if path.exists() else []
    return {line["code"]: line["student"].lstrip("'") for line in lines}


class Killed(BaseException):
    """What a kill between two writes looks like from inside."""


TEXTS = ("", "First.", "Second.", "Third.")
STEP = st.one_of(
    st.tuples(st.just("mark"), st.sampled_from(["ada", "cmd"]), st.integers(0, 4)),
    st.tuples(st.just("hand in"), st.sampled_from(["ada", "cmd"]), st.sampled_from(TEXTS)),
    st.tuples(st.just("manual"), st.sampled_from([None, "A", "B"]), st.integers(0, 4)),
    st.tuples(st.just("anonymous"), st.sampled_from([None, "A", "B"]), st.integers(0, 4)),
    st.tuples(st.just("report"), st.none(), st.integers(0, 4)),
)


@given(st.lists(STEP, max_size=14))
@settings(max_examples=150)
def test_no_mark_that_was_saved_is_ever_lost(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("class")
    texts = {"ada": "First.", "cmd": "First."}
    saved = {}  # what the last mark for each answer was
    ids = {"ada": "ada", "cmd": "=1+1"}
    real = module.write
    left = [99]

    def write_or_die(path, text):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        real(path, text)

    module.write = pages.write = write_or_die
    try:
        write_manual(folder, DEMO, STUDENTS, rows_of(**texts))
        for what, who, value in steps:
            rows = rows_of(**texts)
            if what == "hand in":
                texts[who] = value
            elif what == "mark":
                lines = table(sheet(folder))
                for line in lines:
                    shown = line["student"].lstrip("'")
                    if codes_of(folder).get(shown, shown) == ids[who]:
                        saved[who, line["answer"]] = float(value)
                        fill(sheet(folder), **{line["student"]: str(value)})
            else:
                left[0] = value
                try:
                    if what != "report":
                        write_manual(
                            folder, DEMO, STUDENTS, rows, who, anonymous=what == "anonymous"
                        )
                    else:
                        scores_of(folder, DEMO, STUDENTS, rows)
                except Killed:
                    pass
                left[0] = 99
        for text in TEXTS[1:]:  # each answer comes back
            rows = rows_of(ada=text, cmd=text)
            write_manual(folder, DEMO, STUDENTS, rows)
            scores = scores_of(folder, DEMO, STUDENTS, rows)
            for who, id in ids.items():
                expected = saved.get((who, text_digest(text)))
                assert scores[id].lines[-1].points == expected
    finally:
        module.write = pages.write = real


def test_the_command_passes_its_options_on(tmp_path, monkeypatch, capsys):
    place = tmp_path / "report" / "demo"
    monkeypatch.setattr(cli, "_graded", lambda options: (DEMO, STUDENTS, TWO, place))
    here = ("demo", "--class", str(tmp_path))
    assert cli.main(["manual", *here, "--section", "A", "--marker", "alice", "--anonymous"]) == 0
    said = capsys.readouterr().out.splitlines()
    code = table(place / "manual-alice.csv")[0]["student"]
    assert said == [
        f"1 answers, 0 have a mark. Read {place}/manual-alice.html,",
        f"fill in points and comment in {place}/manual-alice.csv, then run report.",
        f"  q4: 1 open: {code}",
    ]
    fill(place / "manual-alice.csv", **{code: "3"})
    assert cli.main(["report", *here]) == 0
    assert "ada,Ada Lovelace,graded,13,14,0" in (place / "marks.csv").read_text("utf-8")
    assert cli.main(["manual", *here, "--section", "C"]) == 1
    assert "Nobody in the roster has the section 'C'" in capsys.readouterr().err


def test_report_knows_the_other_homeworks(tmp_path, monkeypatch):
    place = tmp_path / "report" / "demo"
    monkeypatch.setattr(cli, "_graded", lambda options: (DEMO, STUDENTS, TWO, place))
    for name, text in (("demo", DEMO.text), ("next", DEMO.text.replace("mean_square", "rms"))):
        write(tmp_path / f"{name}.ipynb", text.replace('"demo"', f'"{name}"'))
    cells = [{"cell_type": "code", "metadata": {}, "source": "def rms(x):\n    return 1"}]
    other = json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})
    write(tmp_path / "submitted" / "ada" / "demo" / "demo.ipynb", other)
    options = ["--class", str(tmp_path), "--masters", str(tmp_path)]
    assert cli.main(["report", "demo", *options]) == 0
    said = "ada,Ada Lovelace,another homework,this looks like next"
    assert said in (place / "attention.csv").read_text("utf-8")


def test_report_says_what_waits(tmp_path, monkeypatch, capsys):
    place = tmp_path / "report" / "demo"
    manual(tmp_path, TWO)
    fill(sheet(tmp_path), ada="3")
    manual(tmp_path, TWO)
    rows = {**TWO, "ada": row_of("ada", (0,) * 5, status="corrupt")}
    monkeypatch.setattr(cli, "_graded", lambda options: (DEMO, STUDENTS, rows, place))
    assert cli.main(["report", "demo", "--class", str(tmp_path)]) == 0
    said = "  Ada Lovelace (ada): q4 had 3 points, but the answer is gone."
    assert said in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    "record",
    [
        Line("q1", 2.0, 1.0),
        Score("ada", "graded", ()),
        Lateness(),
        Arrival(),
        Extension(None, "ill"),
        Correction("ada", "q1", "set", 1.0, "why"),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_cannot_be_changed(record):
    name = next(iter(vars(record)))
    with pytest.raises(FrozenInstanceError):
        setattr(record, name, "other")


def test_a_score_is_the_sum_of_its_lines():
    lines = (
        Line("q1", 2.0, 0.1),
        Line("q2", 3.0, 0.2, bonus=True),
        Line("q3", 4.0, None, written=True),
    )
    score = Score("ada", "graded", lines)
    assert (score.total, score.of, score.open, score.excused) == (0.3, 6.0, 1, False)
    assert Score("ada", "graded", lines, taken=0.25).total == 0.05
    assert Score("ada", "graded", lines, taken=0.31).total == 0.0
    assert Score("ada", "graded", lines, taken=0.0000004).total == 0.3
    assert Score("ada", "graded", lines, taken=0.000002).total == 0.299998
    none = tuple(Line(name, 0.0, 0.0, excused=True) for name in ("q1", "q2"))
    assert Score("ada", "graded", none).excused
    assert (score.known, score.overdue, score.untimed) == (True, False, False)
    assert (score.by_name, score.undecided) == (False, False)


def test_a_test_has_passed_with_all_points_and_no_message():
    assert Line("q1", 2.0, 2.0).passed
    assert not Line("q1", 2.0, 1.0).passed
    assert not Line("q1", 2.0, 2.0, message="took long").passed
    assert not Line("q4", 2.0, 2.0, written=True).passed


def test_a_line_says_what_it_is_told_alone():
    line = Line("total", 0.0, 1.0)
    assert (line.message, line.reason, line.given) == ("", "", "")
    assert (line.hidden, line.written, line.bonus, line.excused) == (False,) * 4
