"""What comes out: tables for learning platforms, feedback for students, a page for the class."""

import csv
import html
import io
import json
from pathlib import Path

from .files import folder_of, write
from .marks import answered, guarded, page, read_marks, require_rows

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


def totals(row, marks):
    """Return the points of the tests, of the marks by hand, and the number not marked yet."""
    tests = sum(test["points"] for test in row["tests"].values())
    given = [marks.get((row["student"], id)) for id in row["written"]]
    asked = [
        mark
        for mark, written in zip(given, row["written"].values(), strict=True)
        if mark or answered(written["text"])
    ]
    by_hand = sum(mark[0] for mark in asked if mark)
    return tests, by_hand, sum(mark is None for mark in asked)


def write_report(folder, master, students, rows):
    """Write every table and page of an assignment.

    Parameters
    ----------
    folder : Path
        Gets ``marks.csv``, ``canvas.csv``, ``class.html``, ``feedback/<id>.html`` and
        ``gradescope/<id>/results.json``; it may hold a ``manual.csv`` with marks.
    master : Master
    students : list of dict
    rows : dict
        Row of each student.

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
    require_rows(students, rows)
    marks = read_marks(folder / "manual.csv", master, rows)
    write(folder / "marks.csv", marks_csv(master, students, rows, marks))
    write(folder / "canvas.csv", canvas_csv(master, students, rows, marks))
    write(folder / "class.html", class_page(master, students, rows, marks))
    for student in students:
        row, place = rows[student["id"]], folder_of(student["id"])
        write(folder / "feedback" / f"{place}.html", feedback(master, student, row, marks))
        results = json.dumps(gradescope(master, row, marks), indent=1, ensure_ascii=False)
        write(folder / "gradescope" / place / "results.json", results + "\n")
    counts = {}
    for student in students:
        status = rows[student["id"]]["status"]
        counts[status] = counts.get(status, 0) + 1
    return counts


def _table(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return "﻿" + out.getvalue()  # so that spreadsheets read names of any script


def _number(points):
    return f"{points:g}"


def marks_csv(master, students, rows, marks):
    """Return one line a student: status, marks of each test, notes for the instructor."""
    tests = [test.id for test in master.tests]
    by_hand = [written.id for written in master.written]
    head = ["student", "name", "status", "total", "of", "to mark", *tests, *by_hand, "notes"]
    table = [head]
    for student in students:
        row = rows[student["id"]]
        points, hand, open_ = totals(row, marks)
        given = [marks.get((student["id"], id)) for id in by_hand]
        table.append(
            [
                guarded(student["id"]),
                guarded(student["name"]),
                row["status"],
                _number(points + hand),
                master.points,
                open_,
                *(row["tests"][id]["points"] for id in tests),
                *(_number(mark[0]) if mark else "" for mark in given),
                guarded("; ".join(row["notes"])),
            ]
        )
    return _table(table)


def canvas_csv(master, students, rows, marks):
    """Return the table that Canvas imports: the student's columns, and one for the assignment.

    A student without a submission has an empty cell, which leaves the gradebook as it is.
    """
    # A gradebook exported from Canvas names the column with the assignment's number.
    known = students[0]["columns"]
    title = next((c for c in known if c == master.title or c.startswith(f"{master.title} (")), None)
    table = [
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
        mark = "" if row["status"] == "missing" else _number(points + hand)
        table.append([*values, mark])
    return _table(table)


def gradescope(master, row, marks):
    """Return what Gradescope reads as ``results.json``."""
    tests = []
    for test in master.tests:
        result = row["tests"][test.id]
        tests.append(
            {
                "name": test.id,
                "score": result["points"],
                "max_score": result["of"],
                "status": "passed" if result["points"] == result["of"] else "failed",
                "output": "" if result["points"] == result["of"] else shown(result),
                "visibility": "visible",
            }
        )
    for written in master.written:
        mark = marks.get((row["student"], written.id))
        tests.append(
            {
                "name": written.id,
                "score": mark[0] if mark else 0,
                "max_score": written.points,
                "output": mark[1] if mark else _unmarked(row, written),
                "visibility": "visible",
            }
        )
    return {"output": WORDS[row["status"]], "tests": tests}


def _unmarked(row, written):
    there = answered(row["written"][written.id]["text"])
    return "still to be marked by hand" if there else "not answered"


def shown(result):
    """Return what a student may read about a test."""
    return HIDDEN_MESSAGE if result["hidden"] else result["message"] or "not passed"


def feedback(master, student, row, marks):
    """Return a student's page: each test with its points, and no hidden test."""
    points, hand, waiting = totals(row, marks)
    total = f"{_number(points + hand)} of {master.points}"
    lines = [f"<p>{html.escape(student['name'])}: <b>{total}</b>"]
    lines.append(f", {waiting} answer(s) still to be marked by hand" if waiting else "")
    lines.append(f". Status: {html.escape(WORDS[row['status']])}.</p><table>")
    lines.append("<tr><th>Test<th class=number>Points<th>Result</tr>")
    for test in master.tests:
        result = row["tests"][test.id]
        passed = result["points"] == result["of"] and not result["message"]
        text = "right" if passed else html.escape(shown(result))
        kind = "right" if passed else "wrong"
        number = f"{result['points']} of {result['of']}"
        lines.append(
            f"<tr><td>{html.escape(test.id)}<td class=number>{number}"
            f"<td class={kind}><pre>{text}</pre></tr>"
        )
    for written in master.written:
        mark = marks.get((student["id"], written.id))
        open_ = not mark and answered(row["written"][written.id]["text"])
        number = f"{'' if open_ else _number(mark[0] if mark else 0)} of {written.points}"
        text = html.escape(mark[1] if mark else _unmarked(row, written))
        lines.append(
            f"<tr><td>{html.escape(written.id)}<td class=number>{number}<td><pre>{text}</pre></tr>"
        )
    return page(master.title, "".join(lines) + "</table>")


def class_page(master, students, rows, marks):
    """Return the page of the class: distribution of the scores, and which test failed most."""
    judged = [rows[s["id"]] for s in students if rows[s["id"]]["status"] != "missing"]
    scores = [sum(totals(row, marks)[:2]) for row in judged]
    statuses = {}
    for student in students:
        status = rows[student["id"]]["status"]
        statuses[status] = statuses.get(status, 0) + 1
    parts = [f"<p>{len(students)} students, {len(judged)} submissions.</p><table>"]
    for status, count in sorted(statuses.items(), key=lambda pair: -pair[1]):
        parts.append(f"<tr><td>{html.escape(status)}<td class=number>{count}</tr>")
    parts.append("</table><h2>Scores</h2>")
    step = max(1, -(-(master.points + 1) // 12))
    bins = [(low, min(low + step - 1, master.points)) for low in range(0, master.points + 1, step)]
    bars = [
        (f"{low}" if low == high else f"{low} to {high}", sum(low <= s < high + 1 for s in scores))
        for low, high in bins
    ]
    parts.append(picture(bars, "points", "students"))
    parts.append("<h2>Tests that failed most</h2>")
    failed = {
        test.id: sum(row["tests"][test.id]["points"] < test.points for row in judged)
        for test in master.tests
    }
    ranked = sorted(failed.items(), key=lambda pair: -pair[1])
    parts.append(picture(ranked, "test", "submissions that failed"))
    waiting = sum(totals(row, marks)[2] for row in judged)
    parts.append(f"<p>{waiting} free response(s) still to be marked by hand.</p>")
    return page(f"{master.title}: the class", "".join(parts))


def picture(bars, what, count):
    """Return horizontal bars as SVG, with its text alternative."""
    row, left, width = 26, 110, 250  # on a phone, the words stay readable
    most = max([n for _, n in bars] + [1])
    said = ", ".join(f"{label}: {n}" for label, n in bars)
    lines = [
        f'<svg role="img" aria-label="{html.escape(f"{count} for each {what}: {said}")}" '
        f'width="{left + width + 60}" height="{row * len(bars) + 8}" '
        f'viewBox="0 0 {left + width + 60} {row * len(bars) + 8}" font-size="14">'
    ]
    for i, (label, n) in enumerate(bars):
        y = 4 + i * row
        lines.append(
            f'<text x="{left - 8}" y="{y + 16}" text-anchor="end" fill="currentColor">'
            f"{html.escape(label)}</text>"
            f'<rect x="{left}" y="{y + 3}" width="{width * n / most:.1f}" height="{row - 8}" '
            'fill="#4477aa"/>'
            f'<text x="{left + width * n / most + 6:.1f}" y="{y + 16}" fill="currentColor">{n}'
            "</text>"
        )
    return "".join(lines) + "</svg>"
