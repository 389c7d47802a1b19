"""What comes out: tables for learning platforms, feedback for students, a page for the class."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .files import folder_of, write
from .marks import answered, complete, guarded
from .master import Master, Written
from .pages import page
from .roster import Student
from .row import Result, Row
from .score import Score

Marks = dict[tuple[str, str], tuple[float, str]]
HIDDEN_MESSAGE = (
    "A further test did not pass. Try other inputs: edge cases, other sizes. Does your function "
    "change an array that it is given?"
)
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
WORDS = {
    "graded": "graded",
    "graded with restarts": "graded; some of the code did not end or ended the process",
    "foreign kernel": "graded; the notebook says that it is not in Python",
    "no answers": "none of the code questions was answered",
    "timeout": "the time for all tests together ran out; the rest counts as not passed",
    "corrupt": "the file that came is not a notebook, or was cut off; hand it in again as .ipynb",
    "too large": "the file is too large; clear its outputs and hand it in again",
    "missing": "nothing was handed in",
}


def totals(row: Row, marks: Marks) -> tuple[int, float, int]:
    """Return the points of the tests, of the marks by hand, and the number not marked yet."""
    tests = sum(result.points for result in row.tests.values())
    by_hand, waiting = 0.0, 0
    for id, response in row.written.items():
        if mark := marks.get((row.student, id)):
            by_hand += mark[0]
        elif answered(response.text):
            waiting += 1
    return tests, by_hand, waiting


def write_report(
    folder: str | Path,
    master: Master,
    students: list[Student],
    rows: Mapping[str, Row | None],
    scores: Mapping[str, Score],
) -> dict[str, int]:
    """Write every table and page of an assignment.

    Parameters
    ----------
    folder : Path
        Gets ``marks.csv``, ``canvas.csv``, ``class.html``, ``feedback/<id>.html`` and
        ``gradescope/<id>/results.json``.
    master : Master
    students : list of Student
    rows : dict of str to Row
    scores : dict of str to Score
        As `scores_of` returns them.

    Returns
    -------
    dict
        The number of students with each status.

    Raises
    ------
    ValueError
        When a student has no row yet.
    """
    folder = Path(folder)
    graded = complete(students, rows)
    marks = {
        (id, line.id): (line.points, line.message)
        for id, score in scores.items()
        for line in score.lines
        if line.written and line.points is not None and answered(graded[id].written[line.id].text)
    }
    write(folder / "marks.csv", marks_csv(master, students, graded, marks))
    write(folder / "canvas.csv", canvas_csv(master, students, graded, marks))
    write(folder / "class.html", class_page(master, students, graded, marks))
    for student in students:
        row, place = graded[student["id"]], folder_of(student["id"])
        write(folder / "feedback" / f"{place}.html", feedback(master, student, row, marks))
        results = json.dumps(gradescope(master, row, marks), indent=1, ensure_ascii=False)
        write(folder / "gradescope" / place / "results.json", results + "\n")
    return Counter(row.status for row in graded.values())


def _table(rows: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return "\ufeff" + out.getvalue()  # so that spreadsheets read names of any script


def _number(points: float) -> str:
    return f"{points:g}"


def marks_csv(
    master: Master, students: list[Student], rows: Mapping[str, Row], marks: Marks
) -> str:
    """Return one line a student: status, marks of each test, notes for the instructor."""
    tests = [test.id for test in master.tests]
    by_hand = [written.id for written in master.written]
    head = ["student", "name", "status", "total", "of", "to mark", *tests, *by_hand, "notes"]
    table: list[list[Any]] = [head]
    for student in students:
        row = rows[student["id"]]
        points, hand, open_ = totals(row, marks)
        given = [marks.get((student["id"], id)) for id in by_hand]
        table.append(
            [
                guarded(student["id"]),
                guarded(student["name"]),
                row.status,
                _number(points + hand),
                master.points,
                open_,
                *(row.tests[id].points for id in tests),
                *(_number(mark[0]) if mark else "" for mark in given),
                guarded("; ".join(row.notes)),
            ]
        )
    return _table(table)


def canvas_csv(
    master: Master, students: list[Student], rows: Mapping[str, Row], marks: Marks
) -> str:
    """Return the table that Canvas imports: the student's columns, and one for the assignment.

    A student without a submission has an empty cell, which leaves the gradebook as it is.
    """
    # A gradebook exported from Canvas names the column with the assignment's number.
    known = students[0]["columns"]
    title = next((c for c in known if c == master.title or c.startswith(f"{master.title} (")), None)
    table: list[list[Any]] = [
        [*CANVAS, title or master.title],
        ["    Points Possible", "", "", "", "", master.points],
    ]
    for student in students:
        columns, row = student["columns"], rows[student["id"]]
        points, hand, _ = totals(row, marks)
        defaults = (student["name"], "", student["id"], student["email"], "")
        if "Student" in columns:
            values = [columns.get(c, d) for c, d in zip(CANVAS, defaults, strict=True)]
        else:
            values = list(defaults)
        mark = "" if row.status == "missing" else _number(points + hand)
        table.append([*values, mark])
    return _table(table)


def gradescope(master: Master, row: Row, marks: Marks) -> dict[str, Any]:
    """Return what Gradescope reads as ``results.json``."""
    tests: list[dict[str, Any]] = []
    for test in master.tests:
        result = row.tests[test.id]
        tests.append(
            {
                "name": test.id,
                "score": result.points,
                "max_score": result.of,
                "status": "passed" if result.passed else "failed",
                "output": "" if result.passed else shown(result),
                "visibility": "visible",
            }
        )
    for written in master.written:
        mark = marks.get((row.student, written.id))
        tests.append(
            {
                "name": written.id,
                "score": mark[0] if mark else 0,
                "max_score": written.points,
                "output": mark[1] if mark else _unmarked(row, written),
                "visibility": "visible",
            }
        )
    return {"output": WORDS[row.status], "tests": tests}


def _unmarked(row: Row, written: Written) -> str:
    there = answered(row.written[written.id].text)
    return "still to be marked by hand" if there else "not answered"


def shown(result: Result) -> str:
    """Return what a student may read about a test."""
    return HIDDEN_MESSAGE if result.hidden else result.message or "not passed"


def feedback(master: Master, student: Student, row: Row, marks: Marks) -> str:
    """Return a student's page: each test with its points, and no hidden test."""
    points, hand, waiting = totals(row, marks)
    lines: list[dict[str, Any]] = []
    for test in master.tests:
        result = row.tests[test.id]
        text, kind = ("right", "right") if result.passed else (shown(result), "wrong")
        lines.append(
            {"id": test.id, "points": result.points, "of": result.of, "text": text, "kind": kind}
        )
    for written in master.written:
        line: dict[str, Any] = {"id": written.id, "of": written.points, "kind": ""}
        if mark := marks.get((student["id"], written.id)):
            line |= {"points": mark[0], "text": mark[1]}
        else:
            open_ = answered(row.written[written.id].text)
            line |= {"points": None if open_ else 0, "text": _unmarked(row, written)}
        lines.append(line)
    return page(
        "feedback.html",
        master.title,
        name=student["name"],
        total=points + hand,
        most=master.points,
        waiting=waiting,
        status=WORDS[row.status],
        lines=lines,
    )


def class_page(
    master: Master, students: list[Student], rows: Mapping[str, Row], marks: Marks
) -> str:
    """Return the page of the class: distribution of the scores, and which test failed most."""
    judged = [rows[s["id"]] for s in students if rows[s["id"]].status != "missing"]
    scores = [sum(totals(row, marks)[:2]) for row in judged]
    step = max(1, -(-(master.points + 1) // 12))
    bins = [(low, min(low + step - 1, master.points)) for low in range(0, master.points + 1, step)]
    failed = {
        test.id: sum(row.tests[test.id].points < test.points for row in judged)
        for test in master.tests
    }
    return page(
        "class.html",
        f"{master.title}: the class",
        students=len(students),
        submissions=len(judged),
        statuses=Counter(rows[s["id"]].status for s in students).most_common(),
        scores=[
            (f"{a}" if a == b else f"{a} to {b}", sum(a <= s < b + 1 for s in scores))
            for a, b in bins
        ],
        failed=sorted(failed.items(), key=lambda pair: -pair[1]),
        waiting=sum(totals(row, marks)[2] for row in judged),
    )
