"""The free responses side by side, and the table to fill in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import write
from ..master import Master
from ..pages import page
from ..roster import Student
from ..row import Row
from ..sheets import table_of
from ..tables import cell
from .formulas import readable
from .marks import (
    COLUMNS,
    NOTHING,
    answer_digest,
    answered,
    codes_of,
    complete,
    gone_note,
    marks_of,
    read_ledger,
    shown_points,
    some_of,
)


def write_manual(
    folder: str | Path,
    master: Master,
    students: list[Student],
    rows: Mapping[str, Row | None],
    section: str | None = None,
    marker: str = "",
    anonymous: bool = False,
) -> tuple[int, int, list[str]]:
    """Write ``manual.html`` to read and ``manual.csv`` to fill in, with the marks there are.

    The page holds the master's own answer, so it is for markers alone.

    Parameters
    ----------
    folder : Path
        The class folder.
    master : Master
    students : list of Student
        The whole roster.
    rows : dict of str to Row
    section : str, optional
        Only students with this in the column ``section`` of the roster.
    marker : str, optional
        Name of one of several markers, who gets files of their own, ``manual-<marker>.csv``.
    anonymous : bool, default False
        Codes instead of ids and names, in an order that has nothing to do with the roster.

    Returns
    -------
    done, wanted : int
        Answers that have a mark, and answers there are.
    notes : list of str
        What the instructor should know.

    Raises
    ------
    ValueError
        When a student has no row yet, for an unknown section, a name that makes no file name,
        and as `read_ledger`.
    """
    folder = Path(folder)
    if not re.fullmatch(r"[\w-]*", marker):
        raise ValueError(f"{marker!r} as a marker; expected letters, digits and - only.")
    graded = complete(students, rows)
    chosen = _section(students, section)
    place = folder / "report" / master.name
    name = f"manual-{marker}" if marker else "manual"
    before = _bytes(place / f"{name}.csv")
    ledger = read_ledger(folder, master, students)
    marks, waiting, disputes = marks_of(ledger, master, graded)
    shown = {student["id"]: (student["id"], student["name"]) for student in chosen}
    if anonymous:
        codes = codes_of(folder, master.name, [student["id"] for student in students])
        shown = {id: (codes[id], "") for id in shown}
        chosen = sorted(chosen, key=lambda student: codes[student["id"]])
    lines: list[tuple[object, ...]] = [COLUMNS]
    questions = []
    notes = []
    wanted = done = elsewhere = 0
    for written in master.written:
        answers: list[dict[str, Any]] = []
        open_ = []
        for student in chosen:
            id = student["id"]
            response = graded[id].written[written.id]
            if not answered(response.text):
                continue
            digest = answer_digest(response)
            given = ledger.of(id, written.id, digest)
            points, comment = given.get(marker, NOTHING)
            counting = points if marker else marks.get((id, written.id), NOTHING)[0]
            done += counting is not None
            elsewhere += points is None and counting is not None
            if counting is None:
                open_.append(shown[id][0])
            cells = (cell(shown[id][0]), written.id, written.points, shown_points(points))
            lines.append((*cells, cell(comment), digest))
            others = {} if marker else {m: shown_points(p) for m, (p, _) in given.items() if m}
            answers.append(
                {
                    "student": shown[id][0],
                    "name": shown[id][1],
                    "text": readable(response.text),
                    "pictures": response.pictures,
                    "mark": shown_points(points),
                    "others": sorted(others.items()),
                }
            )
        wanted += len(answers)
        sample = readable(written.sample)
        questions.append({**vars(written), "sample": sample, "answers": answers})
        if open_:
            notes.append(f"{written.id}: {len(open_)} open: {some_of(open_)}")
    if elsewhere:
        notes.append(
            f"{elsewhere} of the marks stand in the tables of other markers. In {name}.csv their "
            "cells stay empty; fill in one only to overrule it."
        )
    now = {
        (id, w.id): answer_digest(graded[id].written[w.id]) for id in shown for w in master.written
    }
    asked = ledger.asked.get(marker, set())
    changed = {id for id, question, answer in asked if now.get((id, question), answer) != answer}
    if changed:
        some = some_of([shown[id][0] for id in shown if id in changed])
        notes.append(f"Other answers since this table was made: {some}.")
    for id, said in (*waiting, *disputes, *ledger.withdrawn):
        if id in shown:
            notes.append(f"{' '.join(filter(None, reversed(shown[id])))}: {said}.")
    if failed := [shown[id][0] for id in shown if graded[id].status == "error"]:
        notes.append(f"Could not be graded, so nothing to mark: {some_of(failed)}.")
    notes += gone_note(ledger)
    title = f"{master.title}: free responses"
    write(place / f"{name}.html", page("manual.html", title, questions=questions))
    if _bytes(place / f"{name}.csv") != before:
        raise ValueError(f"{name}.csv was saved just now. Give the command again.")
    write(place / f"{name}.csv", "\ufeff" + table_of(lines))
    return done, wanted, notes


def section_of(student: Student) -> str:
    """Return the section that the roster names for a student."""
    low = {key.strip().lower(): value for key, value in student["columns"].items()}
    return low.get("section", "").strip()


def _section(students: list[Student], section: str | None) -> list[Student]:
    if section is None:
        return students
    chosen = [student for student in students if section in _sections(student)]
    if not chosen:
        there = ", ".join(sorted({one for student in students for one in _sections(student)}))
        raise ValueError(
            f"Nobody in the roster has the section {section!r}; its column section has "
            f"{there or 'no entries'}."
        )
    return chosen


def _sections(student: Student) -> list[str]:
    """Return the sections of a student; Canvas writes ``A and B``, and ``A, B, and C``."""
    whole = section_of(student)
    parts = re.split(r", and |, | and ", whole)
    return [one for one in dict.fromkeys([whole, *(part.strip() for part in parts)]) if one]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
