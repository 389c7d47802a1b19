"""Marks by hand: the free responses side by side, and a table to fill in."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .files import write
from .master import Master
from .notebook import BLANK
from .pages import page
from .roster import Student, read_table
from .row import Row
from .tables import table, uncell

#: Points and comment of a student for a question.
Marks = dict[tuple[str, str], tuple[float, str]]
COLUMNS = ("student", "question", "of", "points", "comment", "answer")


def text_digest(text: str) -> str:
    """Return a short fingerprint of an answer: a mark belongs to the text that was read.

    It begins with a letter: a spreadsheet would take ``12345e678901`` for a number.
    """
    return "t" + hashlib.sha256(text.encode()).hexdigest()[:11]


def complete(students: list[Student], rows: Mapping[str, Row | None]) -> dict[str, Row]:
    """Return the rows; raise ValueError when a student has none for the present files."""
    found = {student["id"]: rows.get(student["id"]) for student in students}
    waiting = [id for id, row in found.items() if row is None]
    if waiting:
        some = ", ".join(waiting[:5]) + (", ..." if len(waiting) > 5 else "")
        raise ValueError(f"{len(waiting)} student(s) not graded yet: {some}. Run grade first.")
    return {id: row for id, row in found.items() if row is not None}


def read_marks(path: str | Path, master: Master, rows: Mapping[str, Row]) -> Marks:
    """Read the table of marks.

    Parameters
    ----------
    path : Path
        ``manual.csv`` as `write_manual` made it, with points filled in.
    master : Master
    rows : dict of str to Row

    Returns
    -------
    dict
        ``{(student, question): (points, comment)}``; only marks of the answers in `rows`.

    Raises
    ------
    ValueError
        For points that are no number between 0 and the most possible, that belong to nobody in
        `rows` or to no answer that was read, and for a table without its columns.
    """
    if not Path(path).exists():
        return {}
    most = {written.id: written.points for written in master.written}
    marks: Marks = {}
    for line, entry in enumerate(read_table(path), start=2):
        place = f"{Path(path).name}, line {line}"
        if lost := [column for column in COLUMNS if entry.get(column) is None]:
            raise ValueError(f"{place}: no {', '.join(lost)}; expected {', '.join(COLUMNS)}.")
        key = (uncell(entry["student"]), entry["question"])
        given = entry["points"].strip()
        if not given:
            continue
        if key[0] not in rows or key[1] not in most:
            raise ValueError(
                f"{place}: points for {key[1]!r} of {key[0]!r}; there is no such answer. "
                "Write the id as the roster does, or delete the line."
            )
        try:
            points = float(given.replace(",", "."))
        except ValueError:
            points = -1.0
        if not 0 <= points <= most[key[1]]:
            raise ValueError(
                f"{place}: {given!r} points for {key[1]} of {key[0]}; "
                f"expected a number from 0 to {most[key[1]]}."
            )
        if not entry["answer"].strip():
            raise ValueError(
                f"{place}: points, but nothing in the column answer, which says what they are "
                "for. Delete the line, run manual, and fill in the one that it makes."
            )
        if entry["answer"] == text_digest(rows[key[0]].written[key[1]].text):
            marks[key] = (points, uncell(entry["comment"]))
    return marks


def write_manual(
    folder: str | Path, master: Master, students: list[Student], rows: Mapping[str, Row | None]
) -> tuple[int, int]:
    """Write ``manual.html`` to read and ``manual.csv`` to fill in; keep the marks that are there.

    The page holds the master's own answer, so it is for the instructor alone.

    Parameters
    ----------
    folder : Path
    master : Master
    students : list of Student
    rows : dict of str to Row

    Returns
    -------
    done, wanted : int
        Answers that have a mark, and answers there are.

    Raises
    ------
    ValueError
        When a student has no row yet, since the marks of that student would be lost.
    """
    folder = Path(folder)
    graded = complete(students, rows)
    marks = read_marks(folder / "manual.csv", master, graded)
    lines: list[Any] = [COLUMNS]
    questions = []
    wanted = done = 0
    for written in master.written:
        answers: list[dict[str, Any]] = []
        for student in students:
            id, text = student["id"], graded[student["id"]].written[written.id].text
            if not answered(text):
                continue
            points, comment = marks.get((id, written.id), ("", ""))
            done += points != ""
            shown = "" if points == "" else f"{points:g}"
            cells = (id, written.id, written.points, shown, comment)
            lines.append([*cells, text_digest(text)])
            answers.append({"student": id, "name": student["name"], "text": text, "mark": shown})
        wanted += len(answers)
        questions.append({**vars(written), "answers": answers})
    write(folder / "manual.csv", table(lines))
    title = f"{master.title}: free responses"
    write(folder / "manual.html", page("manual.html", title, questions=questions))
    return done, wanted


def answered(text: str) -> bool:
    """Tell whether a free response says something."""
    return text.strip() not in ("", BLANK)
