"""Points that an instructor changes, each with its reason, in ``corrections.csv``."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..course import homeworks_of, was_here
from ..files import write
from ..master import Master
from ..sheets import delimiter_of, lines_of, number_of, table_of, text_of
from ..tables import cell

COLUMNS = ("homework", "student", "test", "points", "reason")
#: Filled in by the command: when a line was written, and the submission that it was made for.
MORE = ("time", "file")
FILE = "corrections.csv"
EVERYBODY, TOTAL = "*", "total"


@dataclass(frozen=True)
class Correction:
    """A line of the table.

    Attributes
    ----------
    student : str
        An id, or ``*`` for everybody who handed something in.
    test : str
        Id of a test or a free response, or ``total``.
    kind : str
        ``set``, ``add`` or ``excused``.
    points : float
        Of an excuse 0.
    reason : str
        The student reads it.
    time, file : str
        When it was written, and the fingerprint of the submission then; may be empty.
    place : str
        File and line.
    """

    student: str
    test: str
    kind: str
    points: float
    reason: str
    time: str = ""
    file: str = ""
    place: str = ""

    @property
    def given(self) -> str:
        """What stands in the column points."""
        if self.kind == "excused":
            return self.kind
        return f"{self.points:+g}" if self.kind == "add" else f"{self.points:g}"


def read_corrections(
    folder: str | Path, master: Master, students: Iterable[str]
) -> list[Correction]:
    """Read the corrections of a homework.

    Parameters
    ----------
    folder : str or Path
        The class folder; it may be without this file.
    master : Master
    students : iterable of str
        The ids of the roster.

    Returns
    -------
    list of Correction

    Raises
    ------
    ValueError
        For an unknown homework, student or test, points that are neither a number nor
        ``excused``, a missing reason, and lines that contradict or repeat each other.
    """
    ids = set(students)
    known = {*homeworks_of(folder), master.name}
    found: list[Correction] = []
    for place, line in lines_of(Path(folder) / FILE, COLUMNS):
        if line["homework"] not in known:
            raise ValueError(
                f"{place}: no homework {line['homework']!r}; there are {', '.join(sorted(known))}."
            )
        if line["homework"] == master.name:
            one = _correction(place, line)
            here = ids | {one.student} if was_here(folder, one.student) else ids
            found.append(_checked(one, master, here, found))
    return found


def _correction(place: str, line: dict[str, str]) -> Correction:
    given = line["points"].lower()
    points = number_of(given)
    if given == "excused":
        kind, points = "excused", 0.0
    elif points is None:
        raise ValueError(
            f"{place}: {line['points']!r} is no number of points; expected 2 to set them, +1 or "
            "-0.5 to change them, or excused."
        )
    else:
        kind = "add" if given[0] in "+-" else "set"
    if not line["reason"]:
        raise ValueError(f"{place}: no reason; the student reads it. Write one.")
    return Correction(
        line["student"],
        line["test"],
        kind,
        points,
        line["reason"],
        line.get("time", ""),
        line.get("file", ""),
        place,
    )


def _checked(
    one: Correction, master: Master, ids: set[str], before: list[Correction]
) -> Correction:
    tests = [*(test.id for test in master.tests), *(text.id for text in master.written), TOTAL]
    if one.student not in ids and one.student != EVERYBODY:
        raise ValueError(
            f"{one.place}: no student {one.student!r} in the roster. Write the id as the roster "
            "does, * for everybody, or delete the line."
        )
    if one.test not in tests:
        raise ValueError(f"{one.place}: no test {one.test!r}; expected {', '.join(tests)}.")
    for other in before:
        if (other.student, other.test) != (one.student, one.test):
            continue
        same = (other.given, other.reason) == (one.given, one.reason)
        if same or "add" not in (one.kind, other.kind) or "excused" in (one.kind, other.kind):
            whose = "everybody" if one.student == EVERYBODY else one.student
            raise ValueError(
                f"{one.place}: {one.given} for {one.test} of {whose} "
                f"{'repeats' if same else 'contradicts'} {other.place}: {other.given} "
                f"({other.reason}). Keep one of the two."
            )
    return one


def add_correction(
    folder: str | Path, master: Master, students: Iterable[str], cells: dict[str, str]
) -> Correction:
    """Write one more line; what stood there stays as it is.

    Parameters
    ----------
    folder : str or Path
        The class folder.
    master : Master
    students : iterable of str
        The ids of the roster.
    cells : dict of str to str
        What the line says, by the names of `COLUMNS` and `MORE`, without the homework.

    Returns
    -------
    Correction

    Raises
    ------
    ValueError
        As `read_corrections`, for the old lines and the new one; then nothing is written.
    """
    path, ids = Path(folder) / FILE, set(students)
    before = read_corrections(folder, master, ids)
    one = _checked(_correction(f"{FILE}, the new line", cells), master, ids, before)
    cells = {**cells, "homework": master.name, "points": one.given}
    text = text_of(path) if path.is_file() else ""
    heading, _, rest = (text if text.strip() else ",".join(COLUMNS)).partition("\n")
    between = delimiter_of(heading)
    names = [name.strip().lower() for name in next(csv.reader([heading], delimiter=between))]
    lost = [name for name in MORE if name not in names]
    line = table_of([[cell(cells.get(name, "")) for name in (*names, *lost)]], between)
    rest += "" if not rest or rest.endswith("\n") else "\n"
    write(path, "\ufeff" + between.join([heading.rstrip("\r"), *lost]) + "\n" + rest + line)
    return one
