"""What the guide for instructors shows about marks, corrections and due dates is what is read."""

import re
import shlex
from pathlib import Path

import pytest
from by_hand import STUDENTS
from classroom.make_class import CLASS

from dlzero_grader import cli
from dlzero_grader import master as masters
from dlzero_grader.course import read_course
from dlzero_grader.files import write
from dlzero_grader.marking.corrections import read_corrections
from dlzero_grader.marking.late import Arrival, lateness, read_extensions
from dlzero_grader.marking.score import scores_of
from dlzero_grader.row import Response, Result, Row

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "book" / "instructor.md").read_text("utf-8")
MASTER = masters.load("hw01", ROOT / "grader" / "masters")
IDS = [id for id, *_ in CLASS]


def block(language, first):
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    (found,) = (text for text in blocks if text.startswith(first))
    return found


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "corrections.csv", block("none", "homework,student,test"))
    write(tmp_path / "extensions.csv", block("none", "student,homework"))
    write(tmp_path / "course.toml", block("toml", "[hw01]"))
    return tmp_path


def test_the_corrections_of_the_guide_are_read(folder):
    found = read_corrections(folder, MASTER, IDS)
    assert [(one.student, one.test, one.given) for one in found] == [
        ("1001", "q2_test", "2"),
        ("1002", "q4_test", "+0.5"),
        ("*", "q3_test", "excused"),
        ("1014", "total", "12"),
    ]


def test_the_command_of_the_guide_writes_its_line(tmp_path):
    words = re.search(r"`python -m dlzero homework (correct .*?) --reason \"(.*?)\"`", GUIDE)
    write(tmp_path / "roster.csv", "id,name,email\n1001,Ada Lovelace,\n")
    where = ["--class", str(tmp_path), "--masters", str(ROOT / "grader" / "masters")]
    assert cli.main([*words[1].split(), "--reason", words[2], *where]) == 0
    shown = block("none", "homework,student,test").splitlines()[1]
    assert (tmp_path / "corrections.csv").read_text("utf-8").splitlines()[1].startswith(shown)


def test_the_due_date_of_the_guide_is_read(folder):
    course, notes = read_course(folder, "hw01")
    assert (course.due.isoformat(), course.late_days, course.penalty, notes) == (
        "2026-12-01T23:59:00+01:00",
        3,
        10,
        [],
    )
    more = read_extensions(folder, "hw01", IDS, course.due)
    assert {id: one.reason for id, one in more.items()} == {"1002": "Illness."}
    assert "`-2`, or `+0`" in GUIDE
    assert lateness(course, None, Arrival(late=True)).share == 0


def test_the_files_of_the_guide_make_scores(folder):
    students = [{**STUDENTS[0], "id": id, "columns": {}} for id in IDS]
    rows = {
        id: Row(
            "missing" if id == "1014" else "graded",
            {test.id: Result(0, test.points) for test in MASTER.tests},
            {text.id: Response(text.points) for text in MASTER.written},
            student=id,
        )
        for id in IDS
    }
    scores = scores_of(folder, MASTER, students, rows)
    q3 = next(test.points for test in MASTER.tests if test.id == "q3_test")
    assert [scores[id].total for id in ("1001", "1002", "1003", "1014")] == [2, 0.5, 0, 12]
    assert {score.of for score in scores.values()} == {MASTER.points - q3}
    assert all(score.known for score in scores.values())


@pytest.mark.parametrize("option", ["--marker", "--section", "--anonymous", "--list", "--reason"])
def test_the_guide_names_options_that_there_are(option, capsys):
    assert f"{option}" in GUIDE
    command = "correct" if option in ("--list", "--reason") else "manual"
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    assert option in capsys.readouterr().out


def test_the_guide_names_files_that_there_are():
    named = re.findall(r"`((?:grader|dlzero|book)/[\w./-]+)`", GUIDE)
    assert len(named) > 4
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_command_of_the_guide_can_be_given():
    lines = re.findall(r"python -m dlzero homework ([^`\n]+)", GUIDE)
    assert len(lines) > 8
    for line in lines:
        assert cli.parser().parse_args(shlex.split(line, comments=True)).run
    given = {line.split()[0] for line in lines}
    given |= set(re.findall(r"`(\w+) hw01[^`]*`", GUIDE))
    assert set(cli.parser()._subparsers._group_actions[0].choices) <= given
