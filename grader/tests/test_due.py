"""Due dates, late days, more time, and times that nobody knows."""

import json
import time
from datetime import datetime

import pytest
from by_hand import DEMO, STUDENTS, row_of, rows_of

from dlzero_grader.course import Course, read_course
from dlzero_grader.files import write
from dlzero_grader.logbook import COLUMNS
from dlzero_grader.marking.late import (
    Arrival,
    Extension,
    arrival_of,
    lateness,
    read_extensions,
    read_log,
)
from dlzero_grader.marking.score import remarks, scores_of
from dlzero_grader.reports.attention import attention
from dlzero_grader.reports.upload import final

DUE = "2026-12-01T23:59:00+01:00"
IDS = [student["id"] for student in STUDENTS]
COURSE = Course(datetime.fromisoformat(DUE), 3, 10.0)
ADA = "a" * 64
ROWS = {**rows_of(ada="", cmd=""), "ada": row_of("ada", file=ADA)}


def at(text):
    return datetime.fromisoformat(text)


def course(folder, text):
    write(folder / "course.toml", text)
    return read_course(folder, "demo")


def received(folder, student="ada", **what):
    data = {"file": "x", "digest": ADA, "submitted": None, "late": None, "collected": None}
    place = folder / "submitted" / student / "demo" / "received.json"
    write(place, json.dumps({**data, **what}))


def log(folder, *lines):
    head = ",".join(COLUMNS) + "\n"
    text = "".join(f"{line},,,,\n" for line in lines)
    write(folder / "history" / "demo" / "log.csv", head + text)


def test_a_class_without_the_file_has_no_due_date(tmp_path):
    assert read_course(tmp_path, "demo") == (Course(), [])


def test_the_table_of_a_homework_is_read(tmp_path):
    text = f"""
[demo]
due = {DUE}
late_days = 3
penalty = 10
canvas = "Homework 1 (555)"
moodle = "Homework 1"

[later]
due = 2026-12-08
"""
    found = Course(at(DUE), 3, 10, "Homework 1 (555)", "Homework 1")
    assert course(tmp_path, text) == (found, [])
    named = "course.toml has no [third], only demo, later: no due date."
    assert read_course(tmp_path, "third") == (Course(), [named])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[demo]\ndeu = 2026-12-01", r"\[demo\]: deu is unknown; expected due, late_days, penalty"),
        (
            '[demo]\ndue = "2026-12-01"',
            r"due = '2026-12-01' is not a time. Write it without quotes",
        ),
        ("[demo]\ndue = 10:00:00", "is not a time"),
        ("[demo]\ndue = 2026-12-01\nlate_days = 1.5", "late_days = 1.5; expected a whole number"),
        ("[demo]\ndue = 2026-12-01\nlate_days = -1", "late_days = -1; expected a whole number"),
        ("[demo]\ndue = 2026-12-01\nlate_days = true", "late_days = True; expected"),
        ("[demo]\ndue = 2026-12-01\nlate_days = 1\npenalty = 101", "penalty = 101; expected"),
        ("[demo]\ndue = 2026-12-01\nlate_days = 1\npenalty = nan", "penalty = nan; expected"),
        ("[demo]\ndue = 2026-12-01\nlate_days = 1\npenalty = '1'", "penalty = '1'; expected"),
        ("[demo]\ndue = 2026-12-01\nlate_days = 1\npenalty = 'a %'", "penalty = 'a %'; expected"),
        ("[demo]\ndue = 2026-12-01\nlate_days = 1\npenalty = '101 %'", "'101 %'; expected percent"),
        ("[demo]\ndue = 2026-12-01\nlate_days = 1\npenalty = '-1 %'", "'-1 %'; expected percent"),
        ("[demo]\ndue = 2026-12-01\npenalty = 10", "no day after the due date is accepted"),
        ("[demo]\nlate_days = 1", "late_days and penalty need a due date"),
        ("[demo]\ncanvas = 555", "canvas = 555; expected a name in quotes"),
        ("[demo]\nmoodle = ' '", "moodle = ' '; expected a name in quotes"),
        ("due = 2026-12-01", "belongs to no homework. Write a line such as"),
        ("[demo", r"course\.toml cannot be read: "),
        ("[demo]\ndue = 2026-12-01\n[demo]\n", r"course\.toml cannot be read: "),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path, text, complaint):
    with pytest.raises(ValueError, match=complaint):
        course(tmp_path, text)


@pytest.mark.parametrize(
    ("given", "ten", "tenth"),
    [("0.1", "10", "0.1"), ("0.07", "7", "0.07"), ("1.0", "100", "1"), ("1e-3", "0.1", "0.001")],
)
def test_a_penalty_that_looks_like_a_fraction_is_asked_about(tmp_path, given, ten, tenth):
    text = f"[demo]\ndue = {DUE}\nlate_days = 3\npenalty = "
    complaint = (
        rf'looks like a fraction. For {ten} percent write penalty = "{ten} %", for {tenth} percent '
        rf'write penalty = "{tenth} %"'
    )
    with pytest.raises(ValueError, match=complaint):
        course(tmp_path, text + given)
    for said in (ten, tenth):
        assert course(tmp_path, f'{text}"{said} %"')[0].penalty == float(said)


@pytest.mark.parametrize(
    ("given", "percent"),
    [("1", 1), ("0", 0), ("0.0", 0), ("1.5", 1.5), ('"10%"', 10), ('"2,5 %"', 2.5)],
)
def test_a_penalty_is_percent(tmp_path, given, percent):
    text = f"[demo]\ndue = {DUE}\nlate_days = 3\npenalty = {given}"
    assert course(tmp_path, text)[0].penalty == percent


@pytest.mark.parametrize(
    ("due", "meant"),
    [
        ("2026-11-25 23:59", "2026-11-25 23:59:00"),
        ("2026-11-25T23:59+01:00", "2026-11-25T23:59:00+01:00"),
    ],
)
def test_seconds_are_asked_for(tmp_path, due, meant):
    with pytest.raises(ValueError, match="cannot be read: ") as error:
        course(tmp_path, f"[demo]\nlate_days = 3\ndue = {due}\n")
    assert str(error.value).endswith(f"Write the seconds as well: due = {meant}")
    course(tmp_path, f"[demo]\ndue = {meant}\n")
    with pytest.raises(ValueError, match="cannot be read: ") as error:
        course(tmp_path, f"[demo]\ndue = {meant}\n[demo")
    assert "seconds" not in str(error.value)


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("due", "meant"),
    [
        ("2026-12-01T23:59:00", "2026-12-01 23:59:00+01:00"),
        ("2026-07-01T23:59:00", "2026-07-01 23:59:00+02:00"),
        ("2026-12-01", "2026-12-01 23:59:59+01:00"),
    ],
)
def test_a_time_without_an_offset_is_local_and_that_is_said(tmp_path, berlin, due, meant):
    found, notes = course(tmp_path, f"[demo]\ndue = {due}")
    assert notes == [f"course.toml, [demo]: due has no offset; taken as {meant}."]
    assert found.due.isoformat(" ", "seconds") == meant


@pytest.mark.parametrize(
    ("came", "share", "text"),
    [
        ("2026-12-01T23:59:00+01:00", 0, ""),
        ("2026-12-01T22:59:00+00:00", 0, ""),
        (
            "2026-12-01T23:59:01+01:00",
            0.1,
            "It came 2026-12-01 23:59:01+01:00, 1 day begun after 2026-12-01 23:59:00+01:00: "
            "10 % of the points are taken away.",
        ),
        ("2026-12-02T22:59:00+00:00", 0.1, "1 day begun"),
        ("2026-12-02T22:59:01+00:00", 0.2, "It came 2026-12-02 23:59:01+01:00, 2 days begun"),
        ("2026-12-04T23:59:00+01:00", 0.3, "3 days begun"),
        ("2026-12-04T23:59:01+01:00", 1, "4 days begun after 2026-12-01 23:59:00+01:00. Not acc"),
    ],
)
def test_begun_days_cost_points(came, share, text):
    found = lateness(COURSE, None, Arrival(at(came)))
    assert found.share == pytest.approx(share)
    assert text in found.text
    assert bool(found.text) == bool(text)
    assert found.question == ""


def test_nothing_late_is_accepted_unless_it_is_said():
    found = lateness(Course(at(DUE)), None, Arrival(at("2026-12-02T00:00:00+01:00")))
    assert found.share == 1
    assert found.text.endswith("Not accepted: nothing late can be.")


def test_days_may_be_free_and_never_cost_more_than_all():
    came = Arrival(at("2026-12-03T23:00:00+01:00"))
    free = lateness(Course(at(DUE), 3), None, came)
    assert (free.share, "0 % of the points" in free.text) == (0, True)
    assert lateness(Course(at(DUE), 3, 60.0), None, came).share == 1


@pytest.mark.parametrize(
    ("came", "share", "text"),
    [
        ("2026-12-01T20:00:00+01:00", 0, ""),
        (DUE, 0, ""),
        ("2026-12-04T20:00:00+01:00", 0, "More time until 2026-12-05 12:00:00+01:00: ill."),
        ("2026-12-05T12:00:01+01:00", 0.1, "More time until 2026-12-05 12:00:00+01:00: ill. It ca"),
    ],
)
def test_late_days_begin_after_the_extension(came, share, text):
    more = Extension(at("2026-12-05T12:00:00+01:00"), "ill")
    found = lateness(COURSE, more, Arrival(at(came), late=True if share else None))
    assert (found.share, found.text[: len(text)]) == (share, text)
    assert bool(found.text) == bool(text)


@pytest.mark.parametrize(
    ("arrival", "question"),
    [
        (Arrival(), ""),
        (Arrival(late=True), "late by the platform, without a time"),
        (Arrival(late=True, before=at("2026-12-02T00:00:00+01:00")), "late by the platform"),
        (Arrival(before=at("2026-12-02T00:00:00+01:00")), ""),
        (Arrival(at("2026-12-01T20:00:00+01:00"), late=True), "late by the platform, but it came"),
        (Arrival(at(DUE), late=True), "late by the platform, but it came"),
        (
            Arrival(late=True, before=at("2026-12-01T20:00:00+01:00")),
            "late by the platform, but collected before it was due; taken as in time",
        ),
        (Arrival(before=at("2026-12-01T20:00:00+01:00")), ""),
        (Arrival(late=False), ""),
    ],
)
def test_what_is_not_known_is_a_question(arrival, question):
    found = lateness(COURSE, None, arrival)
    assert found.share == 0
    assert found.question.startswith(question)
    assert bool(found.question) == bool(question)
    assert ("Nothing is taken away." in found.text) == ("nothing is taken" in found.question)
    assert lateness(Course(), None, arrival).question == ""


@pytest.mark.parametrize(
    ("arrival", "late", "untimed"),
    [
        (Arrival(), False, True),
        (Arrival(late=False), False, True),
        (Arrival(before=at("2026-12-02T00:00:00+01:00")), False, True),
        (Arrival(before=at("2026-12-01T20:00:00+01:00")), False, False),
        (Arrival(before=at(DUE)), False, False),
        (Arrival(late=True, before=at(DUE)), False, False),
        (Arrival(late=True), True, False),
        (Arrival(late=True, before=at("2026-12-01T20:00:00+01:00")), False, False),
        (Arrival(at("2026-12-01T20:00:00+01:00"), late=True), False, False),
        (Arrival(at("2026-12-02T20:00:00+01:00")), True, False),
        (Arrival(at("2026-12-09T20:00:00+01:00")), True, False),
    ],
)
def test_late_is_who_is_known_to_be_late(arrival, late, untimed):
    found = lateness(COURSE, None, arrival)
    assert (found.late, found.untimed) == (late, untimed)
    more = Extension(at("2026-12-20T12:00:00+01:00"), "ill")
    assert lateness(COURSE, more, arrival).late == (arrival == Arrival(late=True))


@pytest.mark.parametrize(
    ("reason", "said"), [("Illness.", "Illness. It"), ("ill", "ill. It"), ("Really?", "Really? It")]
)
def test_a_reason_ends_with_one_full_stop(reason, said):
    more = Extension(at("2026-12-02T12:00:00+01:00"), reason)
    found = lateness(COURSE, more, Arrival(at("2026-12-03T11:00:00+01:00")))
    assert f"More time until 2026-12-02 12:00:00+01:00: {said} came" in found.text


def test_the_time_of_a_submission(tmp_path):
    def found(digest=ADA):
        return arrival_of(tmp_path, "demo", "ada", digest, read_log(tmp_path, "demo"))

    came = at("2026-12-01T20:00:00+01:00")
    assert found() == Arrival()
    write(tmp_path / "submitted/ada/demo/timestamp.txt", "2026-12-01 19:00:00.000000 UTC\n")
    assert found() == Arrival(came)
    received(tmp_path, late=True, collected="2026-12-03T10:00:00Z")
    assert found() == Arrival(came, True, at("2026-12-03T10:00:00Z"))
    received(tmp_path, submitted="2026-12-01T20:00:01+01:00", late=False)
    assert found() == Arrival(at("2026-12-01T20:00:01+01:00"), False)
    assert found("b" * 64) == Arrival(came)  # received.json is about another file
    log(
        tmp_path,
        f"T,ada,new,x,{'b' * 64},2026-12-01T20:00:02+01:00,",
        "",
        f"T,bob,new,x,{'b' * 64},2026-12-01T20:00:03+01:00,",
        'T,ada,new,"torn',
        f"T,ada,new,x,{'c' * 64},,",
    )
    assert found("b" * 64).when == at("2026-12-01T20:00:02+01:00")
    assert found("c" * 64) == Arrival(came)
    # The same file may come again, at another time.
    again = (f"T,ada,again,x,{'b' * 64},2026-12-01T{hour}:00:00Z," for hour in (20, 22, 21))
    log(tmp_path, *again)
    assert found("b" * 64).when == at("2026-12-01T21:00:00Z")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"digest": 3}', '{"digest": "aaa"}'])
def test_a_spoiled_note_says_nothing(tmp_path, text):
    write(tmp_path / "submitted/ada/demo/received.json", text)
    assert arrival_of(tmp_path, "demo", "ada", ADA, {}) == Arrival()


@pytest.mark.parametrize("data", [b"yesterday", b"", b"\xff\xfe2", b"2026-12-41 10:00:00 UTC"])
def test_a_time_of_nbgrader_that_cannot_be_read_is_named(tmp_path, data):
    write(tmp_path / "submitted/ada/demo/timestamp.txt", data)
    assert arrival_of(tmp_path, "demo", "ada", ADA, {}) == Arrival(spoiled=True)
    assert scored(tmp_path)["ada"].notes == ()
    course(tmp_path, f"[demo]\ndue = {DUE}")
    notes = ("timestamp.txt cannot be read, so it says no time",)
    assert scored(tmp_path)["ada"].notes == notes
    received(tmp_path, submitted="2026-12-01T08:00:00Z")
    assert scored(tmp_path)["ada"].notes == ()


@pytest.mark.parametrize("late", [{"submitted": 3}, {"submitted": "soon", "late": "yes"}])
def test_a_time_that_is_none_is_not_known(tmp_path, late):
    received(tmp_path, **late)
    assert arrival_of(tmp_path, "demo", "ada", ADA, {}) == Arrival()


def extensions(folder, *lines):
    text = "student,homework,until,reason\n" + "".join(f"{line}\n" for line in lines)
    write(folder / "extensions.csv", text)
    return read_extensions(folder, "demo", IDS, COURSE.due)


def test_extensions_are_read(tmp_path, berlin):
    (tmp_path / "release" / "hw02").mkdir(parents=True)
    lines = (
        "ada,demo,2026-12-05,ill",
        "'=1+1,demo,2026-12-05T12:00:00Z,ill",
        "ada,hw02,2026-01-01,x",
        f"王,demo,{DUE},to the due date",
    )
    found = extensions(tmp_path, *lines)
    assert found == {
        "ada": Extension(at("2026-12-05T23:59:59.999999+01:00"), "ill"),
        "=1+1": Extension(at("2026-12-05T12:00:00Z"), "ill"),
        "王": Extension(at(DUE), "to the due date"),
    }


@pytest.mark.parametrize("zone", ["Z", " UTC", " GMT", "+00:00"])
def test_more_time_may_end_at_a_time_of_greenwich(tmp_path, berlin, zone):
    found = extensions(tmp_path, f"ada,demo,2026-12-05T12:00:00{zone},ill")
    assert found["ada"].until == at("2026-12-05T13:00:00+01:00")


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["7,demo,2026-12-05,ill"], "line 2: no student '7' in the roster"),
        (["ada,hw9,2026-12-05,ill"], "line 2: no homework 'hw9'; there are demo"),
        (["ada,demo,soon,ill"], "line 2: 'soon' is not a time; expected 2026-12-05T12"),
        (["ada,demo,,ill"], "line 2: '' is not a time"),
        (["ada,demo,2026-12-05,"], "line 2: no reason; the student reads it"),
        (["ada,demo,2026-11-05,ill"], "is before the due date, 2026-12-01 23:59:00"),
        (
            ["ada,demo,2026-12-05,a", "ada,demo,2026-12-06,b"],
            "is extended in extensions.csv, line 2",
        ),
    ],
)
def test_an_extension_that_cannot_be_meant_is_named(tmp_path, lines, complaint):
    with pytest.raises(ValueError, match=complaint):
        extensions(tmp_path, *lines)


def test_an_extension_needs_a_due_date(tmp_path):
    extensions(tmp_path, "ada,demo,2026-12-05,ill")
    with pytest.raises(ValueError, match=r"demo has no due date\. Write it into course\.toml"):
        read_extensions(tmp_path, "demo", IDS, None)


def scored(folder, rows=ROWS):
    return scores_of(folder, DEMO, STUDENTS, rows)


def test_a_class_with_a_due_date(tmp_path):
    course(tmp_path, f"[demo]\ndue = {DUE}\nlate_days = 3\npenalty = 10")
    received(tmp_path, submitted="2026-12-02T08:00:00Z")
    scores = scored(tmp_path)
    ada, cmd, absent = (scores[id] for id in IDS)
    assert (ada.total, ada.taken) == (9, 1)
    assert ada.late.startswith("It came 2026-12-02 09:00:00+01:00, 1 day begun")
    assert (cmd.total, cmd.taken) == (10, 0)
    assert (cmd.late, cmd.notes, cmd.untimed) == ("", (), True)  # nobody asks, nothing is said
    assert [score.overdue for score in (ada, cmd, absent)] == [True, False, False]
    assert (absent.late, absent.notes, absent.untimed) == ("", (), False)
    assert remarks(tmp_path, DEMO, STUDENTS, scores) == [
        "The time is not known of 1 student(s), who count as in time: =cmd() (=1+1). "
        "If that is right for all: correct demo '*' total +0 --reason WHY"
    ]


ELEVEN = [{**STUDENTS[0], "id": str(n), "name": f"N{n}"} for n in range(11)]
NAMES = ", ".join(f"N{n} ({n})" for n in range(8)) + " and 3 more"


def said_of(folder, *corrections, late=None, students=ELEVEN):
    """Return what is said about a class whose platform says no times."""
    course(folder, f"[demo]\ndue = {DUE}")
    head = "homework,student,test,points,reason\n"
    write(folder / "corrections.csv", head + "".join(f"demo,{line}\n" for line in corrections))
    for student in students:
        received(folder, student["id"], late=late)
    rows = {student["id"]: row_of(student["id"], file=ADA) for student in students}
    scores = scores_of(folder, DEMO, students, rows)
    return remarks(folder, DEMO, students, scores), scores


def test_a_class_without_times_is_settled_in_one_go(tmp_path):
    for late in (None, False):
        (said,), scores = said_of(tmp_path, late=late)
        assert said.startswith(
            f"The time is not known of 11 student(s), who count as in time: {NAMES}"
        )
        assert [(score.late, score.notes) for score in scores.values()] == [("", ())] * 11
    said, scores = said_of(tmp_path, "*,total,+0,in time", late=None)
    assert said == []
    assert not any(part.reason for score in scores.values() for part in score.lines)
    (said,), _ = said_of(tmp_path, "3,total,+0,in time")
    assert said.startswith("The time is not known of 10 student(s)")


@pytest.mark.parametrize(("n", "more"), [(1, ""), (8, ""), (9, " and 1 more"), (10, " and 2 more")])
def test_eight_names_are_said_and_how_many_more_there_are(tmp_path, n, more):
    names = ", ".join(f"N{k} ({k})" for k in range(min(n, 8))) + more
    (said,), _ = said_of(tmp_path, late=None, students=ELEVEN[:n])
    assert said.startswith(
        f"The time is not known of {n} student(s), who count as in time: {names}."
    )
    (said,), _ = said_of(tmp_path, late=True, students=ELEVEN[:n])
    assert said.startswith(f"{names}: late by the platform")
    assert said.endswith("All names: attention.csv.") == bool(more)


def test_late_without_a_time_is_asked_about_each_student(tmp_path):
    question = "late by the platform, without a time: nothing is taken away yet"
    for corrections in ((), ("*,total,+0,in time",)):  # by an unknown time each of them is late
        (said,), scores = said_of(tmp_path, *corrections, late=True)
        assert said.startswith(f"{NAMES}: {question}")
        assert said.endswith("All names: attention.csv.")
        assert all(score.overdue and score.notes for score in scores.values())
    assert said_of(tmp_path, "*,total,12,oral", late=True)[0] == []  # no time can change it
    hints = attention(DEMO, ELEVEN, rows_for(scores), scores, None)
    assert [hint.student for hint in hints if hint.kind == "to decide"] == [*scores]


def rows_for(scores):
    return {id: row_of(id, file=ADA) for id in scores}


@pytest.mark.parametrize(
    ("line", "text", "taken", "total"),
    [
        (None, "It came", 1, 9),
        ("ada,q1_test,1,why", "It came", 0.9, 8.1),
        ("ada,total,+1,why", "It came", 1, 10),
        ("ada,total,12,why", "", 0, 12),
        ("*,total,12,why", "", 0, 12),
        ("ada,total,excused,why", "", 0, 0),
    ],
)
def test_nothing_contradicts_a_correction_of_the_total(tmp_path, line, text, taken, total):
    course(tmp_path, f"[demo]\ndue = {DUE}\nlate_days = 3\npenalty = 10")
    received(tmp_path, submitted="2026-12-02T08:00:00Z")
    head = "homework,student,test,points,reason\n"
    write(tmp_path / "corrections.csv", head + (f"demo,{line}\n" if line else ""))
    score = scored(tmp_path)["ada"]
    assert (score.late[:7], score.taken, score.total) == (text, taken, total)
    assert score.overdue
    assert sum(part.points or 0 for part in score.lines) - score.taken == pytest.approx(total)


def test_late_without_a_time_is_not_said_again_once_it_is_decided(tmp_path):
    _, scores = said_of(tmp_path, "3,total,-2,two days late", late=True)
    assert "Nothing is taken away." in scores["2"].late
    assert (scores["2"].undecided, scores["3"].undecided) == (True, False)
    assert (final(scores["2"]), final(scores["2"], unfinished=True)) == (False, True)
    assert (scores["3"].late, scores["3"].notes, scores["3"].overdue) == ("", (), True)
    _, scores = said_of(tmp_path, "3,total,+0,in time by mail", late=True)
    assert (scores["3"].late, scores["3"].notes, scores["3"].overdue) == ("", (), False)


def test_a_correction_of_the_total_settles_the_question(tmp_path):
    course(tmp_path, f"[demo]\ndue = {DUE}")
    write(
        tmp_path / "corrections.csv",
        "homework,student,test,points,reason\ndemo,'=1+1,total,+0,in time by mail\n",
    )
    received(tmp_path, submitted="2026-12-01T08:00:00Z")
    scores = scored(tmp_path)
    assert all(scores[id].notes == () for id in IDS)
    assert scores["=1+1"].total == 10


def test_too_late_is_not_accepted_and_an_earlier_one_is_named(tmp_path):
    course(tmp_path, f"[demo]\ndue = {DUE}\nlate_days = 1\npenalty = 10")
    received(tmp_path, submitted="2026-12-05T08:00:00Z")
    assert (scored(tmp_path)["ada"].total, scored(tmp_path)["ada"].notes) == (0, ())
    lines = [
        f"T,ada,new,x,{digest * 64},2026-{day}T08:00:00Z,"
        for digest, day in (("b", "12-01"), ("c", "11-30"), ("d", "12-02"), ("e", "12-01"))
    ]
    log(tmp_path, *lines)
    kept = tmp_path / "history" / "demo" / "ada"
    for digest in "bcd":  # of the last one only the log knows
        write(kept / f"{digest * 16}.ipynb", "{}")
    said = "an earlier submission came 2026-12-01 08:00:00+00:00. To count it: restore demo ada "
    assert scored(tmp_path)["ada"].notes == (f"{said}{16 * 'b'}, then grade",)
    head = "homework,student,test,points,reason\n"
    for total, notes in (("12", 0), ("+1", 1)):  # the first leaves nothing to decide
        write(tmp_path / "corrections.csv", f"{head}demo,ada,total,{total},oral\n")
        assert len(scored(tmp_path)["ada"].notes) == notes
    (tmp_path / "corrections.csv").unlink()
    rows = {**ROWS, "ada": row_of("ada", file="b" * 64)}  # as it is told
    score = scored(tmp_path, rows)["ada"]
    assert (score.total, score.late, score.notes) == (10, "", ())


def test_an_earlier_one_is_named_only_if_it_is_there_and_loses_less(tmp_path):
    course(tmp_path, f"[demo]\ndue = {DUE}\nlate_days = 2\npenalty = 10")
    received(tmp_path, submitted="2026-12-03T22:00:00Z")
    log(
        tmp_path,
        f"T,ada,new,x,{'b' * 64},2026-12-01T08:00:00Z,",  # in time, but gone
        f"T,ada,new,x,{'c' * 64},2026-12-03T08:00:00Z,",  # as late
        f"T,ada,new,x,{'d' * 64},2026-12-05T08:00:00Z,",  # later
    )
    for digest in "cd":
        write(tmp_path / "history" / "demo" / "ada" / f"{digest * 16}.ipynb", "{}")
    assert scored(tmp_path)["ada"].taken == 2
    assert scored(tmp_path)["ada"].notes == ()
    log(
        tmp_path,
        f"T,ada,new,x,{'d' * 64},2026-12-01T08:00:00Z,",
        f"T,ada,new,x,{'c' * 64},2026-12-02T08:00:00Z,",
    )
    (note,) = scored(tmp_path)["ada"].notes
    assert f"restore demo ada {'d' * 16}, then grade" in note


def test_more_time_counts(tmp_path):
    course(tmp_path, f"[demo]\ndue = {DUE}\nlate_days = 1\npenalty = 50")
    extensions(tmp_path, "ada,demo,2026-12-05T12:00:00+01:00,ill")
    received(tmp_path, submitted="2026-12-05T11:00:00Z", late=True)
    score = scored(tmp_path)["ada"]
    assert (score.total, score.taken) == (10, 0)
    assert score.late == "More time until 2026-12-05 12:00:00+01:00: ill."
    received(tmp_path, submitted="2026-12-05T12:00:00Z", late=True)
    assert scored(tmp_path)["ada"].total == 5
