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
    listed: set[str] = set()
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
            # The main table settles what markers differ about; for them it is marked.
            counting = marks.get((id, written.id), NOTHING)[0]
            others = [counting, *(other for other, _ in given.values())] if marker else [counting]
            marked = any(other is not None for other in others)
            done += marked
            elsewhere += points is None and marked
            if not marked:
                open_.append(shown[id][0])
            cells = (cell(shown[id][0]), written.id, written.points, shown_points(points))
            lines.append((*cells, cell(comment), digest))
            listed.add(id)
            # A marker sees of others only what goes before all.
            beside = {
                m or "manual.csv": shown_points(p)
                for m, (p, _) in given.items()
                if m != marker and not (m and marker)
            }
            answers.append(
                {
                    "student": shown[id][0],
                    "name": shown[id][1],
                    "text": readable(response.text),
                    "pictures": response.pictures,
                    "mark": shown_points(points),
                    "others": sorted(beside.items()),
                }
            )
        wanted += len(answers)
        sample = readable(written.sample)
        questions.append({**vars(written), "sample": sample, "answers": answers})
        if open_:
            notes.append(f"{written.id}: {len(open_)} open: {some_of(open_)}")
    if elsewhere:
        where, only = ("the tables of other markers", "fill in one only to overrule it")
        if marker:
            where, only = ("other tables", "leave them so, the marks count")
        notes.append(
            f"{elsewhere} of the marks stand in {where}. In {name}.csv their cells stay empty; "
            f"{only}."
        )
    now = {
        (id, w.id): answer_digest(graded[id].written[w.id]) for id in shown for w in master.written
    }
    asked = ledger.asked.get(marker, set())
    there = {id for id, _, _ in asked}
    had = [student for student in students if student["id"] in there]
    new = [student for student in chosen if student["id"] in listed and student["id"] not in there]
    if had and new:
        some = some_of([shown[student["id"]][0] for student in new])
        notes.append(f"{len(new)} student(s) are new in {name}.csv: {some}.{_only(had, new)}")
    if not anonymous and before and re.search(rb'(?m)^"?anon-[0-9a-f]{8}\b', before):
        notes.append(f"{name}.csv had codes so far and has names now. For codes give --anonymous.")
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


def _only(had: list[Student], new: list[Student]) -> str:
    """Return what is said when a table was for one section, and gets students of another."""
    shared = set.intersection(*(set(_sections(student)) for student in had))
    if not shared or all(shared & set(_sections(student)) for student in new):
        return ""
    one = min(shared, key=lambda section: (len(section), section))
    return f" So far it had section {one} only; to keep it so, give --section {one}."


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
