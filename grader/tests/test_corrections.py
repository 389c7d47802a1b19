"""Corrections, what they do to a score, and the command that writes them."""

from types import SimpleNamespace

import pytest
from by_hand import DEMO, STUDENTS, row_of, rows_of, table

from dlzero_grader.cli import main
from dlzero_grader.files import write
from dlzero_grader.marking.corrections import add_correction, read_corrections
from dlzero_grader.marking.late import Lateness
from dlzero_grader.marking.score import score_of, scores_of
from dlzero_grader.tables import cell as guarded

HEAD = "homework,student,test,points,reason\n"
IDS = [student["id"] for student in STUDENTS]
ROWS = {**rows_of(ada="Good.", cmd="So."), "=1+1": row_of("=1+1", (0, 1, 0, 0, 2), "So.")}


def scored(folder, *lines, rows=ROWS):
    write(folder / "corrections.csv", HEAD + "".join(f"demo,{line}\n" for line in lines))
    return scores_of(folder, DEMO, STUDENTS, rows)


def line_of(score, id):
    return next(line for line in score.lines if line.id == id)


def test_without_corrections(tmp_path):
    scores = scores_of(tmp_path, DEMO, STUDENTS, ROWS)
    assert [scores[id].total for id in IDS] == [10, 3, 0]
    assert [scores[id].of for id in IDS] == [14, 14, 14]
    assert [scores[id].open for id in IDS] == [1, 1, 0]
    assert [scores[id].known for id in IDS] == [True, True, False]


@pytest.mark.parametrize(
    ("line", "total", "of", "points"),
    [
        ("ada,q1_test,1,why", 9, 14, 1),
        ("ada,q1_test,0,why", 8, 14, 0),
        ("ada,q1_test,+1,why", 11, 14, 3),
        ("ada,q1_test,'+1,why", 11, 14, 3),
        ("ada,q1_test,-0.5,why", 9.5, 14, 1.5),
        ('ada,q1_test,"-0,5",why', 9.5, 14, 1.5),
        ('ada,q1_test,"1,5",why', 9.5, 14, 1.5),
        ("ada,q1_test,-9,why", 8, 14, 0),
        ("ada,q1_test,5,a bonus", 13, 14, 5),
        ("ada,q1_test,excused,why", 8, 12, 0),
        ("ada,q4,3.5,why", 13.5, 14, 3.5),
        ("ada,q4,+1,why", 10, 14, None),  # on top of a mark that is still to be given
        ("ada,q4,excused,why", 10, 10, 0),
        ("ada,total,12,why", 12, 14, 2),
        ("ada,total,+1.5,why", 11.5, 14, 1.5),
        ("ada,total,-20,why", 0, 14, -10),
        ("ada,total,excused,why", 0, 0, 0),
        ("*,q1_test,1,why", 9, 14, 1),
        ("*,total,+1,why", 11, 14, 1),
        ("*,q1_test,excused,why", 8, 12, 0),
    ],
)
def test_a_line_changes_the_points(tmp_path, line, total, of, points):
    score = scored(tmp_path, line)["ada"]
    assert (score.total, score.of) == (total, of)
    changed = line_of(score, line.split(",")[1])
    assert changed.points == points
    assert changed.reason == line.rpartition(",")[2]
    assert changed.excused == ("excused" in line)
    assert score.excused == (line == "ada,total,excused,why")
    assert sum(part.points or 0 for part in score.lines) == total


@pytest.mark.parametrize(
    ("given", "kind", "points", "said"),
    [
        ("2", "set", 2.0, "2"),
        ("'+0,5", "add", 0.5, "+0.5"),
        ("-1", "add", -1.0, "-1"),
        ("Excused", "excused", 0.0, "excused"),
    ],
)
def test_points_are_set_or_added_or_excused(tmp_path, given, kind, points, said):
    write(tmp_path / "corrections.csv", f'{HEAD}demo,ada,q1_test,"{given}",why\n')
    (one,) = read_corrections(tmp_path, DEMO, IDS)
    assert (one.kind, one.points, one.given) == (kind, points, said)
    assert (one.student, one.test, one.reason) == ("ada", "q1_test", "why")
    assert one.place == "corrections.csv, line 2"


def test_several_lines_add_up(tmp_path):
    lines = ("ada,q1_test,1,first", "ada,q1_test,+0.5,second", "ada,q1_test,+0.25,third")
    score = scored(tmp_path, *lines)["ada"]
    assert line_of(score, "q1_test").points == 1.75
    assert line_of(score, "q1_test").reason == "first; second; third"


def test_reasons_stand_in_the_order_of_the_points(tmp_path):
    score = scored(tmp_path, "ada,total,+0.5,the talk", "ada,total,12,oral")["ada"]
    assert (score.lines[-1].given, score.lines[-1].reason) == ("12 +0.5", "oral; the talk")


def test_an_excuse_from_all_takes_no_other_reason(tmp_path):
    """What was said about points that count no more is no reason for the excuse."""
    lines = ("ada,q1_test,1,half right", "ada,q2_test,excused,not clear", "*,q4,+1,well done")
    before = scored(tmp_path, *lines)["ada"]
    assert [part.reason for part in before.lines if part.reason] == [
        "half right",
        "not clear",
        "well done",
    ]
    score = scored(tmp_path, *lines, "ada,total,excused,ill")["ada"]
    told = {part.id: (part.given, part.reason) for part in score.lines if part.reason or part.given}
    assert told == {"q2_test": ("excused", "not clear"), "total": ("excused", "ill")}
    assert score.excused


def test_one_student_goes_before_everybody(tmp_path):
    scores = scored(tmp_path, "*,q1_test,2,wrong test", "=1+1,q1_test,1,half", "*,q1_test,+1,late")
    assert line_of(scores["ada"], "q1_test").points == 3
    assert line_of(scores["=1+1"], "q1_test").points == 1
    assert line_of(scores["=1+1"], "q1_test").reason == "half"
    scores = scored(tmp_path, "*,total,-1,all", "ada,total,-2,late", "*,q1_test,excused,no")
    assert (scores["ada"].lines[-1].given, scores["ada"].lines[-1].reason) == ("-2", "late")
    assert line_of(scores["ada"], "q1_test").excused


def test_everybody_is_who_handed_something_in(tmp_path):
    scores = scored(tmp_path, "*,q1_test,2,wrong test", "*,total,+1,all", "*,q2_test,excused,no")
    absent = scores["王"]
    assert (absent.known, absent.total) == (False, 0)
    assert (scores["ada"].of, absent.of) == (12, 12)


@pytest.mark.parametrize("status", ["missing", "error", "corrupt", "too large"])
def test_what_was_not_read_has_no_total_until_somebody_says_so(tmp_path, status):
    rows = {**ROWS, "王": row_of("王", (0,) * 5, status=status)}
    assert not scores_of(tmp_path, DEMO, STUDENTS, rows)["王"].known
    assert not scored(tmp_path, "王,q1_test,excused,ill", rows=rows)["王"].known
    score = scored(tmp_path, "王,total,10,oral examination", rows=rows)["王"]
    assert (score.known, score.total) == (True, 10)
    score = scored(tmp_path, "王,total,excused,ill", rows=rows)["王"]
    assert (score.known, score.excused, score.of) == (True, True, 0)


def test_a_bonus_counts_only_when_it_is_there():
    tests = [SimpleNamespace(id=test.id, bonus=test.id == "q1_test") for test in DEMO.tests]
    master = SimpleNamespace(tests=tests, written=DEMO.written)
    full, none = (score_of(master, row_of("ada", (n, 1, 2, 3, 2)), {}) for n in (2, 0))
    assert [(score.total, score.of) for score in (full, none)] == [(10, 12), (8, 12)]
    assert [line.bonus for line in full.lines] == [True, False, False, False, False, False]


def test_lateness_comes_between_the_cells_and_the_total(tmp_path):
    cell, total = (
        read_corrections(tmp_path, DEMO, IDS)
        for line in ("ada,q1_test,1,why", "ada,total,+1,why")
        if write(tmp_path / "corrections.csv", f"{HEAD}demo,{line}\n") is None
    )
    late = Lateness(0.2, "late")
    row = row_of("ada")
    score = score_of(DEMO, row, {}, cell, late)
    assert (score.taken, score.total) == (1.8, 7.2)
    score = score_of(DEMO, row, {}, total, late)
    assert (score.taken, score.total) == (2, 9)
    assert score_of(DEMO, row, {}, total, Lateness(1.0, "no")).total == 1


def test_no_more_is_taken_than_lateness_left(tmp_path):
    write(tmp_path / "corrections.csv", f"{HEAD}demo,ada,total,-9,why\n")
    more = read_corrections(tmp_path, DEMO, IDS)
    score = score_of(DEMO, row_of("ada"), {}, more, Lateness(0.2, "late"))
    assert (score.taken, score.lines[-1].points, score.total) == (2, -8, 0)


def test_the_line_of_a_total_has_six_digits_behind_the_point(tmp_path):
    # What is further behind is the error of a sum.
    for total, points in (("9.9999996", 0.0), ("9.9999994", -1e-6), ("+0.0000004", 0.0)):
        write(tmp_path / "corrections.csv", f"{HEAD}demo,ada,total,{total},why\n")
        score = score_of(DEMO, row_of("ada"), {}, read_corrections(tmp_path, DEMO, IDS))
        assert score.lines[-1].points == points


@pytest.mark.parametrize(
    ("share", "taken"), [(1 / 3, 3.33), (0.125, 1.25), (0.1236, 1.24), (0.1234, 1.23)]
)
def test_hundredths_of_a_point_are_taken_away(share, taken):
    score = score_of(DEMO, row_of("ada"), {}, late=Lateness(share, "late"))
    assert (score.taken, score.total) == (taken, 10 - taken)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("demo,ada,q1_test,2,", "line 2: no reason; the student reads it"),
        ("demo,ada,q9_test,2,why", "line 2: no test 'q9_test'; expected q1_test, q1_test2, "),
        ("demo,7,q1_test,2,why", "line 2: no student '7' in the roster"),
        ("hw1,ada,q1_test,2,why", "line 2: no homework 'hw1'; there are demo"),
        ("demo,ada,q1_test,two,why", "line 2: 'two' is no number of points"),
        ("demo,ada,q1_test,,why", "line 2: '' is no number of points"),
        ("demo,ada,q1_test,nan,why", "line 2: 'nan' is no number of points"),
        ("demo,ada,q1_test,1e3,why", "line 2: '1e3' is no number of points"),
        ("demo,ada,q1_test,--1,why", "line 2: '--1' is no number of points"),
        ("demo,ada,q1_test,2,5,why", "line 2: 6 cells below 5 columns"),
        (
            "demo,ada,q1_test,2,why\ndemo,ada,q1_test,1,no",
            r"line 3: 1 for q1_test of ada contradicts corrections.csv, line 2: 2 \(why\)",
        ),
        (
            "demo,ada,q4,1,a\ndemo,ada,q1_test,2,why\ndemo,ada,q1_test,1,no",
            "line 4: 1 for q1_test of ada contradicts corrections.csv, line 3: 2",
        ),
        ("demo,*,total,2,a\ndemo,*,total,3,b", "3 for total of everybody contradicts"),
        ("demo,ada,q4,excused,a\ndemo,ada,q4,+1,b", "contradicts"),
        ("demo,ada,q4,+1,a\ndemo,ada,q4,+1,a", "line 3: .1 for q4 of ada repeats"),
        ("demo,ada,q4,2\n", "line 2: no reason"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named(tmp_path, line, complaint):
    write(tmp_path / "corrections.csv", f"{HEAD}{line}\n")
    with pytest.raises(ValueError, match=complaint):
        scores_of(tmp_path, DEMO, STUDENTS, ROWS)


def test_a_table_without_a_column_is_named(tmp_path):
    write(tmp_path / "corrections.csv", "homework,student,test,points\ndemo,ada,q4,1\n")
    with pytest.raises(ValueError, match=r"corrections\.csv, line 1: no reason; expected homework"):
        read_corrections(tmp_path, DEMO, IDS)


def test_a_table_in_another_encoding_is_named(tmp_path):
    (tmp_path / "corrections.csv").write_bytes(f"{HEAD}demo,ada,q4,1,Имя\n".encode("cp1251"))
    with pytest.raises(ValueError, match=r"corrections\.csv is not in UTF-8\. Open it in the"):
        read_corrections(tmp_path, DEMO, IDS)


def test_lines_of_another_homework_wait_for_it(tmp_path):
    (tmp_path / "release" / "hw01").mkdir(parents=True)
    write(tmp_path / "corrections.csv", HEAD + "hw01,ada,q99,2,why\n")
    assert read_corrections(tmp_path, DEMO, IDS) == []


def test_a_correction_of_somebody_who_left_holds_up_nobody(tmp_path):
    (tmp_path / "submitted" / "gone").mkdir(parents=True)
    assert scored(tmp_path, "gone,q4,2,why", "ada,q4,2,why")["ada"].total == 12


NEW = {"student": "ada", "test": "q4", "points": "2", "reason": "why", "time": "T", "file": "f00"}


@pytest.mark.parametrize(
    "before",
    [
        None,
        "",
        HEAD,
        HEAD + 'demo,ada,q1_test,1,"well, so"',
        HEAD.replace("\n", "\r\n") + "demo,ada,q1_test,1,well\r\n",
        "reason;test;points;student;homework\nwell;q1_test;1,5;ada;demo\n",
        "\ufeffhomework\tstudent\ttest\tpoints\treason\ttime\tfile\nother\t*\ttotal\t1\twell\t\t\n",
    ],
)
def test_a_line_is_added_and_the_others_stay(tmp_path, before):
    (tmp_path / "release" / "other").mkdir(parents=True)
    path = tmp_path / "corrections.csv"
    if before is not None:
        path.write_bytes(before.encode())
    old = read_corrections(tmp_path, DEMO, IDS)
    one = add_correction(tmp_path, DEMO, IDS, {**NEW, "reason": 'a; b, c "e"'})
    assert one.given == "2"
    found = read_corrections(tmp_path, DEMO, IDS)
    assert [c.reason for c in found] == [*(c.reason for c in old), 'a; b, c "e"']
    assert (found[-1].time, found[-1].file, found[-1].points) == ("T", "f00", 2)
    if before and len(before) > len(HEAD):
        kept = before.lstrip("\ufeff").replace("\r\n", "\n").partition("\n")[2]
        assert kept in path.read_text("utf-8").replace("\r\n", "\n")


def test_a_new_line_that_cannot_be_meant_is_not_written(tmp_path):
    add_correction(tmp_path, DEMO, IDS, NEW)
    before = (tmp_path / "corrections.csv").read_bytes()
    for wrong in (
        {"points": "1"},
        {},
        {"test": "q9"},
        {"student": "x"},
        {"reason": ""},
        {"points": "x"},
    ):
        with pytest.raises(ValueError, match=r"corrections\.csv, the new line: "):
            add_correction(tmp_path, DEMO, IDS, {**NEW, **wrong})
    assert (tmp_path / "corrections.csv").read_bytes() == before


def test_points_that_are_added_stay_so_in_a_spreadsheet(tmp_path):
    add_correction(tmp_path, DEMO, IDS, {**NEW, "points": "+0,5", "student": "=1+1"})
    line = table(tmp_path / "corrections.csv")[0]
    assert (line["points"], line["student"]) == ("'+0.5", guarded("=1+1"))
    assert read_corrections(tmp_path, DEMO, IDS)[0].given == "+0.5"


def test_a_correction_says_when_it_was_made_for_another_submission(tmp_path):
    add_correction(tmp_path, DEMO, IDS, NEW)
    for file, notes in (
        ("f00ba4", ()),
        ("0000", ("q4 was corrected (2) T for another submission",)),
    ):
        rows = {**ROWS, "ada": row_of("ada", text="Good.", file=file)}
        score = scores_of(tmp_path, DEMO, STUDENTS, rows)["ada"]
        assert (score.total, score.notes) == (12, notes)


@pytest.fixture
def ask(tmp_path, capsys):
    """Return the function that gives the command in a class folder."""
    write(tmp_path / "roster.csv", "id,name,email\nada,Ada Lovelace,\n1002,Bob,\n")
    write(tmp_path / "submitted" / "ada" / "demo" / "demo.ipynb", "{}")
    masters = str(tmp_path / "masters")
    write(tmp_path / "masters" / "demo.ipynb", DEMO.text)

    def run(*words):
        code = main(["correct", "demo", *words, "--class", str(tmp_path), "--masters", masters])
        return (code, *capsys.readouterr())

    return run


def test_the_command_writes_a_line(tmp_path, ask):
    reason = "The test was too strict."
    assert ask("ada", "q1_test", "-0.5", "--reason", reason) == (
        0,
        f"q1_test of ada: -0.5 ({reason}). Run report to use it.\n",
        "",
    )
    assert ask("*", "q2_test", "+1", "--reason", "all")[0] == 0
    lines = table(tmp_path / "corrections.csv")
    assert lines[0]["file"] == "44136fa355b3678a"  # of {}
    assert lines[1]["file"] == ""
    assert lines[0]["time"] > "2026"
    assert ask("--list")[1] == (
        f"corrections.csv, line 2: ada q1_test -0.5: {reason}\n"
        "corrections.csv, line 3: * q2_test +1: all\n"
    )
    code, _, error = ask("ada", "q1_test", "excused", "--reason", "x")
    assert (code, "contradicts corrections.csv, line 2" in error) == (1, True)
    code, _, error = ask("1002", "q1_test", "2")
    assert (code, "no reason" in error) == (1, True)
    code, _, error = ask("1002", "q1_test")
    assert (code, "Say whose points" in error) == (1, True)
    code, _, error = ask("1002", "--list")
    assert (code, "--list shows all" in error) == (1, True)
    assert table(tmp_path / "corrections.csv") == lines
