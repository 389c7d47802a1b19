"""The tables that Moodle imports: the gradebook's CSV, and the worksheet of an assignment.

Only students with a mark have a line. Moodle takes an empty cell for "no mark" and deletes the
one that is there; and where the column that names the student is empty, it gives the mark to the
student of the line above. So a column of email addresses is there only when it is complete.
"""

import html
from collections.abc import Mapping
from pathlib import Path

from ..marking.score import Score
from ..master import Master
from ..roster import Student
from ..tables import ended, line, number, table
from .feedback import moodle_prefix, points_of, received
from .upload import final, scaled

# Moodle finds these columns by their names in its own language.
WORKSHEET = (
    "Identifier",
    "Full name",
    "Grade",
    "Last modified (grade)",
    "Feedback comments",
)


def comment(score: Score) -> str:
    """Return the points of each question in a line, with what an instructor said about them.

    Moodle takes it for HTML, so it is escaped; nothing of the student's code is in it.
    """
    parts = []
    for part in score.lines:
        comments = part.message.splitlines() if part.written else []
        *first, last = [line(text) for text in (*comments, part.reason) if text.strip()] or [""]
        points = f"{part.id}: {points_of(part)}"
        parts.append(points + (f" ({' '.join([*map(ended, first), last])})" if last else ""))
    if score.late:
        parts.append(score.late)
    return html.escape("; ".join(parts), quote=False)


def moodle_csv(
    students: list[Student],
    scores: Mapping[str, Score],
    column: str,
    unfinished: bool = False,
) -> str:
    """Return the table for "Import" in the gradebook of Moodle."""
    most = max(score.of for score in scores.values())
    there = [s for s in students if scores[s["id"]].of and final(scores[s["id"]], unfinished)]
    mails = bool(there) and all(student["email"] for student in there)
    head = ["ID number", *(["Email address"] if mails else []), "Full name", column]
    rows: list[list[str]] = [[*head, "Feedback comments"]]
    for student in there:
        score = scores[student["id"]]
        values = [student["id"], *([student["email"]] if mails else []), student["name"]]
        rows.append([*values, number(scaled(score, most)), comment(score)])
    return table(rows)


def moodle_worksheet(
    master: Master,
    students: list[Student],
    scores: Mapping[str, Score],
    submitted: Path | None,
    unfinished: bool = False,
) -> str | None:
    """Return the grading worksheet of an assignment; None when nothing came from Moodle.

    Moodle's number of a participant stands in the names of its download.
    """
    most = max(score.of for score in scores.values())
    rows: list[tuple[str, ...]] = [WORKSHEET]
    for student in students:
        score = scores[student["id"]]
        path = received(submitted, student["id"], master.name) if submitted else ""
        prefix = moodle_prefix(path)
        if prefix and score.of and final(score, unfinished):
            participant = f"Participant {prefix.rpartition('_')[2]}"
            mark = number(scaled(score, most))
            rows.append((participant, student["name"], mark, "-", comment(score)))
    return table(rows) if rows[1:] else None
