"""Marks by hand: what the tables say, and all that was ever given.

A table ``manual.csv`` says what its marker thinks of the answers in it. Before anything is made
of it, what it says goes to ``history/<homework>/marks.csv``, where no line is changed or removed.
A mark belongs to the answer that was read: it counts whenever that answer is there.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..course import was_here
from ..files import alone, folder_of, write
from ..master import Master
from ..notebook import BLANK
from ..roster import Student
from ..row import Response, Row
from ..sheets import delimiter_of, lines_of, number_of, table_of, text_of
from ..tables import cell, uncell

#: Points and comment of a student for a question; the points may be open still.
Mark = tuple[float | None, str]
Marks = dict[tuple[str, str], Mark]
COLUMNS = ("student", "question", "of", "points", "comment", "answer")
HISTORY = ("time", "marker", "student", "question", "answer", "points", "comment")
NOTHING: Mark = (None, "")
SWALLOWED = re.compile(r"[,;\t]t[0-9a-f]{11}\b")


@dataclass
class Ledger:
    """All marks that were ever given, and what came to light when they were read.

    Attributes
    ----------
    given : dict
        ``{(student, question): {answer: {marker: (points, comment)}}}``, the last word of each
        marker. The one who fills in ``manual.csv`` has an empty name.
    asked : dict
        For each marker the answers in the table: ``(student, question, answer)``.
    withdrawn : list of (str, str)
        Students, and which of their marks was taken back just now.
    gone : list of str
        Students with marks that are not in the roster any more.
    """

    given: dict[tuple[str, str], dict[str, dict[str, Mark]]] = field(default_factory=dict)
    asked: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)
    withdrawn: list[tuple[str, str]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def of(self, student: str, question: str, answer: str) -> dict[str, Mark]:
        """Return what each marker gave for an answer."""
        return self.given.get((student, question), {}).get(answer, {})

    def put(self, key: tuple[str, str, str, str], mark: Mark) -> None:
        """Keep the last word of a marker."""
        marker, student, question, answer = key
        by_answer = self.given.setdefault((student, question), {})
        by_answer.setdefault(answer, {})[marker] = mark


def text_digest(text: str) -> str:
    """Return a short fingerprint of an answer: a mark belongs to the text that was read.

    It begins with a letter: a spreadsheet would take ``12345e678901`` for a number.
    """
    return "t" + hashlib.sha256(text.encode()).hexdigest()[:11]


def answer_digest(response: Response) -> str:
    """Return the fingerprint of a text and its pictures."""
    return text_digest("\0".join([response.text, *response.pictures]))


def complete(students: list[Student], rows: Mapping[str, Row | None]) -> dict[str, Row]:
    """Return the rows; raise ValueError when a student has none for the present files."""
    found = {student["id"]: rows.get(student["id"]) for student in students}
    waiting = [id for id, row in found.items() if row is None]
    if waiting:
        some = ", ".join(waiting[:5]) + (", ..." if len(waiting) > 5 else "")
        raise ValueError(f"{len(waiting)} student(s) not graded yet: {some}. Run grade first.")
    return {id: row for id, row in found.items() if row is not None}


def read_ledger(folder: str | Path, master: Master, students: list[Student]) -> Ledger:
    """Store what the tables say now, and return all marks that were ever given.

    Parameters
    ----------
    folder : Path
        The class folder, with ``report/<homework>/manual.csv`` and those of other markers.
    master : Master
    students : list of Student
        The whole roster.

    Returns
    -------
    Ledger

    Raises
    ------
    ValueError
        For points that are no number between 0 and the most possible, that belong to nobody or
        to no answer, for two lines that differ about one answer, and for a table without its
        columns. Then nothing is stored.
    """
    folder = Path(folder)
    with alone(folder / "history" / master.name):
        ledger = _stored(folder, master.name)
        new: list[tuple[str, ...]] = []
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        people = {student["id"] for student in students}
        for marker, path in _tables(folder, master.name):
            table = _table(path, folder, master, people, ledger)
            ledger.asked[marker] = set(table)
            for key, mark in table.items():
                student, question, answer = key
                before = ledger.of(*key).get(marker, NOTHING)
                if mark == before:
                    continue
                ledger.put((marker, *key), mark)
                new.append((now, marker, student, question, answer, shown_points(mark[0]), mark[1]))
                if before[0] is not None and mark[0] is None:
                    said = f"the {shown_points(before[0])} points for {question} were taken back"
                    ledger.withdrawn.append((student, f"{said} in {path.name}"))
        if new:
            _append(folder, master.name, new)
    ledger.gone = sorted({student for student, _ in ledger.given} - people)
    return ledger


def marks_of(
    ledger: Ledger, master: Master, rows: Mapping[str, Row]
) -> tuple[Marks, list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the marks that count for the answers in `rows`.

    What stands in ``manual.csv`` goes before what other markers gave. Where two of these differ,
    none counts.

    Parameters
    ----------
    ledger : Ledger
    master : Master
    rows : dict of str to Row

    Returns
    -------
    marks : dict
        ``{(student, question): (points, comment)}``.
    waiting : list of (str, str)
        Students, and which of their marks waits for another answer to come back.
    disputes : list of (str, str)
        Students, and what the markers have to settle.
    """
    marks: Marks = {}
    waiting, disputes = [], []
    for written in master.written:
        for student, row in rows.items():
            response = row.written[written.id]
            digest = answer_digest(response)
            mine = ledger.of(student, written.id, digest)
            mark, differ = _agreed(mine)
            if differ:
                said = ", ".join(f"{marker} {points}" for marker, points in differ)
                disputes.append((student, f"markers differ about {written.id}: {said}"))
            if mark != NOTHING:
                marks[student, written.id] = mark
            if mark[0] is None and not differ:
                others = ledger.given.get((student, written.id), {})
                old = [_agreed(other)[0][0] for key, other in others.items() if key != digest]
                if points := [shown_points(one) for one in old if one is not None]:
                    now = "has changed" if answered(response.text) else "is gone"
                    said = f"{written.id} had {' and '.join(points)} points, but the answer {now}"
                    waiting.append((student, said))
    return marks, waiting, disputes


def _agreed(mine: Mapping[str, Mark]) -> tuple[Mark, list[tuple[str, str]]]:
    """Return the mark that counts, and who gave which points where they differ."""
    given = {marker: points for marker, (points, _) in sorted(mine.items()) if points is not None}
    comments = dict.fromkeys(comment for _, comment in mine.values() if comment)
    if "" in given:
        points, comment = mine[""]
        return (points, comment or "\n".join(comments)), []
    if len(set(given.values())) > 1:
        return (None, "\n".join(comments)), [(m, shown_points(p)) for m, p in given.items()]
    return (next(iter(given.values()), None), "\n".join(comments)), []


def gone_note(ledger: Ledger) -> list[str]:
    """Return what is said about students that left the roster."""
    some = some_of(ledger.gone)
    return [f"Not in the roster any more, their marks are kept: {some}."] if some else []


def answered(text: str) -> bool:
    """Tell whether a free response says something."""
    return text.strip() not in ("", BLANK)


def _tables(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Yield the name of each marker and the table."""
    for path in sorted((folder / "report" / name).glob("manual*.csv")):
        found = re.fullmatch(r"manual(?:-([\w-]+))?", path.stem)
        if not found:
            raise ValueError(
                f"{path.name} is nobody's table. Call it manual-NAME.csv, where NAME is the "
                "marker, or put it elsewhere."
            )
        yield found[1] or "", path


def _table(
    path: Path, folder: Path, master: Master, people: set[str], ledger: Ledger
) -> dict[tuple[str, str, str], Mark]:
    """Return what a table says about each answer in it, also that there is no mark."""
    most = {written.id: written.points for written in master.written}
    codes = {code: id for id, code in _known_codes(folder, master.name).items()}
    asked = {question for _, question in ledger.given} | most.keys()
    found: dict[tuple[str, str, str], Mark] = {}
    places: dict[tuple[str, str, str], str] = {}
    for place, line in lines_of(path, COLUMNS):
        student, question = codes.get(line["student"], line["student"]), line["question"]
        key = (student, question, line["answer"])
        points, mark = number_of(line["points"]), NOTHING
        if line["points"] or line["comment"]:
            known = student in people or _left(folder, master.name, student, ledger)
            if not known or question not in asked:
                raise ValueError(
                    f"{place}: points or a comment for {question!r} of {student!r}; there is no "
                    "such answer. Write the id as the roster does, or delete the line."
                )
            limit = most.get(question)
            high = limit is not None and points is not None and points > limit
            if line["points"] and (points is None or points < 0 or high):
                raise ValueError(
                    f"{place}: {line['points']!r} points for {question} of {student}; "
                    f"expected a number from 0 to {limit}."
                )
            if not line["answer"]:
                raise ValueError(
                    f"{place}: points, but nothing in the column answer, which says what they "
                    "are for. Delete the line, run manual, and fill in the one that it makes."
                )
            if SWALLOWED.search(line["comment"]):
                raise ValueError(
                    f"{place}: the comment holds other lines of the table; a double quote in it "
                    "is not closed. Take it out."
                )
            # As it will stand in the history, whatever the cell of a table may hold.
            mark = (points, uncell(cell(line["comment"])))
        if NOTHING not in (mark, found.get(key, NOTHING)) and found[key] != mark:
            raise ValueError(
                f"{place}: {shown_points(mark[0]) or 'a comment'} for {question} of {student}, but "
                f"{shown_points(found[key][0]) or 'a comment'} in {places[key]}. Keep one line."
            )
        if found.get(key, NOTHING) == NOTHING:
            found[key], places[key] = mark, place
    return found


def _left(folder: Path, name: str, student: str, ledger: Ledger) -> bool:
    """Tell whether somebody was in the class, but is not in the roster any more."""
    marked = any(student == other for other, _ in ledger.given)
    kept = folder / "history" / name / folder_of(student)
    return marked or kept.is_dir() or was_here(folder, student)


def _stored(folder: Path, name: str) -> Ledger:
    ledger = Ledger()
    path = folder / "history" / name / "marks.csv"
    for place, line in lines_of(path, HISTORY):
        points = number_of(line["points"])
        if line["points"] and points is None:
            raise ValueError(
                f"{path.parent.name}/{place}: {line['points']!r} is no number. This file is "
                "written by the commands; take it from a backup."
            )
        key = (line["marker"], line["student"], line["question"], line["answer"])
        ledger.put(key, (points, line["comment"]))
    return ledger


def _append(folder: Path, name: str, new: list[tuple[str, ...]]) -> None:
    # The whole file in one step: a line that is cut off could take the next ones along.
    path = folder / "history" / name / "marks.csv"
    old = text_of(path) if path.is_file() else ",".join(HISTORY) + "\n"
    old += "" if old.endswith("\n") else "\n"
    lines = [[cell(text) for text in line] for line in new]
    write(path, old + table_of(lines, delimiter_of(old)))


def _known_codes(folder: Path, name: str) -> dict[str, str]:
    path = folder / "history" / name / "codes.csv"
    return {line["student"]: line["code"] for _, line in lines_of(path, ("code", "student"))}


def codes_of(folder: Path, name: str, students: list[str]) -> dict[str, str]:
    """Return the code of each student; new ones are drawn, and none is ever changed."""
    with alone(folder / "history" / name):
        codes = _known_codes(folder, name)
        for student in students:
            while student not in codes:
                code = f"anon-{secrets.token_hex(4)}"
                if code not in codes.values() and code not in students:
                    codes[student] = code
        pairs = sorted((code, cell(id)) for id, code in codes.items())
        lines = [("code", "student"), *pairs]
        write(folder / "history" / name / "codes.csv", table_of(lines))
    return codes


def shown_points(points: float | None) -> str:
    """Return points as a table shows them."""
    return "" if points is None else f"{points:.10g}"


def some_of(names: list[str], most: int = 10) -> str:
    """Return the first of some names."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
