"""What a student reads: a page, the same in plain text, and archives of all of them."""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ..files import folder_of
from ..marking.score import Line, Score
from ..master import Master
from ..pages import page
from ..roster import Student
from ..row import Row
from ..statuses import UNREAD, said
from ..tables import number, visible

HIDDEN_MESSAGE = (
    "A further test did not pass. Try other inputs: edge cases, other sizes. Does your function "
    "change an array that it is given?"
)
TOTAL = "total"  # the line of a correction of the sum; it has no test
# What nbgrader puts beside a submission, and wants beside the feedback again.
NBGRADER = ("submission_secret.txt", "timestamp.txt")
TO_MARK = "still to be marked by hand"


def shown(line: Line) -> str:
    """Return what a student may read about a test or a free response."""
    if line.written:
        return TO_MARK if line.points is None else line.message
    if line.passed:
        return "right" if line.of else ""
    if line.reason and (line.points or 0) >= line.of:
        return ""  # why it did not pass is no matter any more
    if line.hidden:
        return HIDDEN_MESSAGE
    lost = (line.points or 0) < line.of and not line.reason
    return line.message or ("not passed" if lost else "")


def points_of(line: Line) -> str:
    """Return the points of a line and the most there are, in words; of a sum what was given."""
    if line.excused or line.id == TOTAL:
        return "excused" if line.excused else line.given
    return f"{'?' if line.points is None else number(line.points)} of {number(line.of)}"


def _kind(line: Line) -> str:
    if line.written or not line.of:
        return ""
    return "right" if line.passed or (line.points or 0) >= line.of else "wrong"


def notes_for(master: Master, row: Row) -> list[str]:
    """Return the notes about the student's own cells; the others are for the instructor."""
    if row.status in UNREAD:  # what is wrong with the file; an error is not the student's
        return [] if row.status == "error" else list(row.notes)
    own = [*(answer.id for answer in master.answers), *(written.id for written in master.written)]
    begins = "|".join([*map(re.escape, own), r"cell \d+"])
    return [note for note in row.notes if re.match(rf"(?:{begins}):|\w+\(\.\.\.\) ", note)]


def _lines(score: Score) -> tuple[Line, ...]:
    """Return the lines to show: where nothing was read, a table of zeros would say nothing."""
    return score.lines if score.known else ()


def feedback_page(master: Master, student: Student, row: Row, score: Score) -> str:
    """Return a student's page: each test with its points, and no hidden test."""
    return page(
        "feedback.html",
        master.title,
        name=student["name"],
        score=score,
        status=said(score.status),
        notes=notes_for(master, row),
        lines=[
            {
                "id": line.id,
                "points": points_of(line),
                "text": shown(line),
                "reason": line.reason,
                "kind": _kind(line),
            }
            for line in _lines(score)
        ],
    )


def feedback_text(master: Master, student: Student, row: Row, score: Score) -> str:
    """Return a student's page in plain text."""
    lines = [f"{master.title}: {student['name']}"]
    if score.known:
        open_ = f", {score.open} answer(s) {TO_MARK}" if score.open else ""
        lines.append(f"{number(score.total)} of {number(score.of)} points{open_}")
    lines.append(f"Status: {said(score.status)}")
    if score.late:
        taken = f" ({number(score.taken)} points taken)" if score.taken else ""
        lines.append(f"{score.late}{taken}")
    for line in _lines(score):
        lines += ["", f"{line.id}: {points_of(line)}"]
        lines += [f"  {text}" for text in shown(line).splitlines()]
        lines += [f"  Changed by hand: {line.reason}"] if line.reason else []
    notes = notes_for(master, row)
    lines += ["", "Notes:", *(f"  {note}" for note in notes)] if notes else []
    return visible("\n".join(lines)) + "\n"


def received(submitted: Path, student: str, name: str) -> str:
    """Return the path that a submission had in the download; empty when nobody wrote it down."""
    path = submitted / folder_of(student) / name / "received.json"
    try:
        found = json.loads(path.read_text("utf-8")).get("file")
    except FileNotFoundError:
        return ""
    return found if isinstance(found, str) else ""


def moodle_prefix(path: str) -> str:
    """Return ``Full name_12``: what Moodle put before the plugin in the name of a download.

    Examples
    --------
    >>> moodle_prefix("Ada Lovelace_5512_assignsubmission_file_/hw01.ipynb")
    'Ada Lovelace_5512'
    """
    for part in PurePosixPath(path).parts:
        if found := re.match(r"([^_]*_\d+)_assignsubmission_[a-z]+(?:_|$)", part):
            return found[1]
    return ""


def canvas_name(path: str) -> str:
    """Return the name that Canvas gave a file, which holds the numbers of student and file.

    Examples
    --------
    >>> canvas_name("lovelaceada_LATE_55_889_hw01.ipynb")
    'lovelaceada_LATE_55_889_hw01.ipynb'
    """
    name = PurePosixPath(path).name
    parts = [part for part in name.split("_") if part != "LATE"]
    if parts[0] == "anon" and len(parts) > 3:  # the student's number is no number then
        parts[1] = "0"
    return name if sum(part.isascii() and part.isdecimal() for part in parts[1:-1]) > 1 else ""


def archives(
    master: Master,
    students: list[Student],
    rows: Mapping[str, Row],
    scores: Mapping[str, Score],
    submitted: Path | None,
) -> dict[str, bytes]:
    """Return the zip files in which feedback goes back.

    Parameters
    ----------
    master : Master
    students : list of Student
    rows, scores : dict
        Of each student.
    submitted : Path or None
        Folder with what `collect` wrote down about each submission.

    Returns
    -------
    dict
        ``feedback.zip`` for everybody; ``feedback-moodle.zip`` and ``feedback-canvas.zip`` for
        those whose submissions came from there.
    """
    packs: dict[str, dict[str, str | bytes]] = {"feedback.zip": {}}
    for student in students:
        id = student["id"]
        row, score = rows[id], scores[id]
        made = feedback_page(master, student, row, score)
        place = f"{folder_of(id)}/{master.name}"
        packs["feedback.zip"][f"{place}/{master.name}.html"] = made
        for name in NBGRADER:
            if submitted and (path := submitted / place / name).is_file():
                packs["feedback.zip"][f"{place}/{name}"] = path.read_bytes()
        came = received(submitted, id, master.name) if submitted else ""
        if prefix := moodle_prefix(came):
            name = f"{prefix}_assignsubmission_file_{master.name}.html"
            packs.setdefault("feedback-moodle.zip", {})[name] = made
        elif name := canvas_name(came):
            # Canvas shows a file that comes back under the name of the one that was handed in,
            # so it has to be a notebook as well.
            text = _notebook(feedback_text(master, student, row, score))
            packs.setdefault("feedback-canvas.zip", {})[name] = text
    return {name: zipped(files) for name, files in packs.items()}


def _notebook(text: str) -> str:
    cell = {"cell_type": "raw", "metadata": {}, "source": text.splitlines(keepends=True)}
    made: dict[str, Any] = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def zipped(files: Mapping[str, str | bytes], executable: tuple[str, ...] = ()) -> bytes:
    """Return a zip file; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name in executable else 0o644) << 16
            pack.writestr(entry, files[name])
    return out.getvalue()
