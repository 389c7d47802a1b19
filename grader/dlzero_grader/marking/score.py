"""What a student has: each graded cell as one line, and the sum. All tables and pages read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..course import read_course, shown
from ..master import Master
from ..roster import Student
from ..row import Row
from ..statuses import UNREAD
from .corrections import EVERYBODY, TOTAL, Correction, read_corrections
from .late import Lateness, arrival_of, better, lateness, read_extensions, read_log
from .marks import Marks, answered, complete, gone_note, marks_of, read_ledger

MOST_NAMES = 8


@dataclass(frozen=True)
class Line:
    """A test cell or a free response of one student.

    Attributes
    ----------
    id : str
        ``total`` for a correction of the sum, which comes last.
    of : float
        The most points for it; 0 when it is excused.
    points : float or None
        None while it waits for a mark by hand.
    hidden : bool
        True when the message belongs to the hidden part, which no student may see.
    message : str
        Why a test did not pass, or the comment on a free response.
    reason : str
        Why an instructor changed the points; the student reads it.
    given : str
        What the instructor wrote for points, such as ``12``, ``+1`` or ``excused``.
    written : bool
        True for a free response.
    bonus : bool
        True when its points count, and what is missing does not.
    excused : bool
        True when an instructor took it out of what the student has to do.
    """

    id: str
    of: float
    points: float | None
    hidden: bool = False
    message: str = ""
    reason: str = ""
    given: str = ""
    written: bool = False
    bonus: bool = False
    excused: bool = False

    @property
    def passed(self) -> bool:
        """Whether a test ran to its end."""
        return not self.written and self.points == self.of and not self.message


@dataclass(frozen=True)
class Score:
    """All lines of one student.

    Attributes
    ----------
    status : str
        Of the row.
    lines : tuple of Line
        In the order of the master: tests, then free responses; then a correction of the sum.
    taken : float
        Points taken away for lateness.
    late : str
        What is said to the student about time; empty when there is nothing to say.
    overdue : bool
        True when it came late, whatever that costs. Where only the platform says so, ``+0`` for
        the total by name says that it does not.
    untimed : bool
        True when it counts as in time because its time is not known; nobody decided that.
    by_name : bool
        True when a correction names this student, and not only everybody.
    undecided : bool
        True when the platform says "late" and not by how much, and nobody decided what that costs.
    notes : tuple of str
        For the instructor: what has to be decided, or has changed since it was.
    known : bool
        False when nothing could be graded and nobody wrote a correction: nothing was handed in,
        or the file could not be read, or the grader failed. `total` is then no result, and no
        table may show it as one.
    """

    student: str
    status: str
    lines: tuple[Line, ...]
    taken: float = 0.0
    late: str = ""
    notes: tuple[str, ...] = ()
    known: bool = True
    overdue: bool = False
    untimed: bool = False
    by_name: bool = False
    undecided: bool = False

    @property
    def open(self) -> int:
        """Free responses that wait for a mark."""
        return sum(line.points is None for line in self.lines)

    @property
    def of(self) -> float:
        """The most points, without those of a bonus."""
        return sum(line.of for line in self.lines if not line.bonus)

    @property
    def total(self) -> float:
        """The points so far, with those of a bonus."""
        return max(0.0, round(sum(line.points or 0 for line in self.lines) - self.taken, 6))

    @property
    def excused(self) -> bool:
        """Whether the student need not do this homework."""
        return all(line.excused for line in self.lines)


def score_of(
    master: Master,
    row: Row,
    marks: Marks,
    corrections: Iterable[Correction] = (),
    late: Lateness | None = None,
    notes: Sequence[str] = (),
) -> Score:
    """Return the score of a row and of all that an instructor gave and changed.

    Corrections of a cell come first, then what is taken away for lateness, then corrections of
    the total.

    Parameters
    ----------
    master : Master
    row : Row
    marks : dict
        As `marks.marks_of` returns them.
    corrections : iterable of Correction
        Of the homework; those of other students are left out.
    late : Lateness, optional
    notes : sequence of str
        For the instructor.

    Returns
    -------
    Score
    """
    late = late or Lateness()
    mine = _of_student(row, list(corrections))
    # For everybody, it says that unknown times are in time, and changes nothing.
    silent = [one for one in mine if one.student == EVERYBODY and _is_nothing(one)]
    mine = [one for one in mine if one not in silent]
    lines = []
    for test in master.tests:
        result = row.tests[test.id]
        given = (result.of, result.points, result.hidden, result.message)
        line = Line(test.id, *given, bonus=test.bonus)
        lines.append(_corrected(line, mine))
    for written in master.written:
        points, comment = marks.get((row.student, written.id), (None, ""))
        if points is None and not answered(row.written[written.id].text):
            points, comment = 0.0, comment or "not answered"
        most, bonus = written.points, written.bonus
        line = Line(written.id, most, points, message=comment, written=True, bonus=bonus)
        lines.append(_corrected(line, mine))
    reached = sum(line.points or 0 for line in lines)
    taken = round(reached * late.share, 2)
    last = [one for one in mine if one.test == TOTAL]
    if last:
        taken = taken if all(one.kind == "add" for one in last) else 0.0
        lines, total = _total(lines, last, reached - taken)
        lines.append(total)
    by_name = [one for one in mine if one.student == row.student]
    in_time = late.question and any(_is_nothing(one) for one in by_name)
    decided = any(one.kind != "excused" or one.test == TOTAL for one in by_name)
    return Score(
        row.student,
        row.status,
        tuple(lines),
        taken,
        # A sentence about lateness must not contradict who decided about the total.
        "" if _settled(mine, row, late) else late.text,
        (*notes, *_older(mine, row)),
        row.status not in UNREAD or decided,
        late.late and not in_time,
        late.untimed and not (last or silent) and row.status not in UNREAD,
        bool(by_name),
        bool(late.question) and not _settled(mine, row, late),
    )


def _is_nothing(one: Correction) -> bool:
    """Tell whether a correction is ``+0`` for the total."""
    return one.test == TOTAL and one.kind == "add" and not one.points


def _settled(mine: list[Correction], row: Row, late: Lateness) -> bool:
    """Tell whether a correction of the total leaves nothing to say about lateness."""
    last = [one for one in mine if one.test == TOTAL]
    own = any(one.student == row.student for one in last)
    return any(one.kind != "add" for one in last) or (own and bool(late.question))


def _of_student(row: Row, corrections: list[Correction]) -> list[Correction]:
    """Return the corrections for a student; one by name goes before one for everybody."""
    own = [one for one in corrections if one.student == row.student]
    named = {one.test for one in own}
    handed_in = row.status not in UNREAD
    for one in corrections:
        applies = handed_in or one.kind == "excused"
        if one.student == EVERYBODY and applies and one.test not in named:
            own.append(one)
    return own


def _corrected(line: Line, corrections: list[Correction]) -> Line:
    mine = [one for one in corrections if one.test == line.id]
    if not mine:
        return line
    given, reason = _said(mine)
    line = replace(line, given=given, reason=reason)
    if any(one.kind == "excused" for one in mine):
        return replace(line, of=0.0, points=0.0, excused=True)
    points = line.points
    for one in mine:
        points = one.points if one.kind == "set" else points
    if points is not None:
        points = max(0.0, points + sum(one.points for one in mine if one.kind == "add"))
    return replace(line, points=points)


def _said(corrections: list[Correction]) -> tuple[str, str]:
    """Return what an instructor wrote about a line: for points, and why."""
    ordered = sorted(corrections, key=lambda one: one.kind == "add")
    reasons = dict.fromkeys(one.reason for one in ordered)
    return " ".join(one.given for one in ordered), "; ".join(reasons)


def _total(
    lines: list[Line], corrections: list[Correction], before: float
) -> tuple[list[Line], Line]:
    """Return the lines, and one more that makes the sum right."""
    given, reason = _said(corrections)
    if any(one.kind == "excused" for one in corrections):
        # What was said about the points of a line does not say why it is excused.
        none = [
            line
            if line.excused
            else replace(line, of=0.0, points=0.0, excused=True, given="", reason="")
            for line in lines
        ]
        return none, Line(TOTAL, 0.0, 0.0, reason=reason, given=given, excused=True)
    wanted = next((one.points for one in corrections if one.kind == "set"), before)
    wanted += sum(one.points for one in corrections if one.kind == "add")
    more = round(max(0.0, wanted) - before, 6)
    return lines, Line(TOTAL, 0.0, more, reason=reason, given=given)


def _older(corrections: list[Correction], row: Row) -> list[str]:
    """Name the corrections that were made for another submission."""
    return [
        f"{one.test} was corrected ({one.given}) {one.time or 'earlier'} for another submission"
        for one in corrections
        if one.file and one.student != EVERYBODY and not row.file.startswith(one.file)
    ]


def scores_of(
    folder: str | Path,
    master: Master,
    students: list[Student],
    rows: Mapping[str, Row | None],
) -> dict[str, Score]:
    """Return the score of each student, from all that the class folder says.

    It reads the rows, the marks by hand, ``corrections.csv``, ``course.toml``,
    ``extensions.csv`` and the times of the submissions. What the tables of marks say goes to
    their history first.

    Parameters
    ----------
    folder : str or Path
        The class folder.
    master : Master
    students : list of Student
        The whole roster.
    rows : dict of str to Row

    Returns
    -------
    dict of str to Score

    Raises
    ------
    ValueError
        When a student has no row yet, when markers differ, and for every line of these files
        that cannot be meant.
    """
    folder, name = Path(folder), master.name
    graded = complete(students, rows)
    corrections = read_corrections(folder, master, graded)
    course, _ = read_course(folder, name)
    extensions = read_extensions(folder, name, graded, course.due)
    ledger = read_ledger(folder, master, students)
    marks, waiting, disputes = marks_of(ledger, master, graded)
    if disputes:
        raise ValueError(
            "Two marks for one answer. Write the points that count into manual.csv:\n"
            + "\n".join(f"  {student}: {said}" for student, said in disputes)
        )
    log = read_log(folder, name)
    scores = {}
    for id, row in graded.items():
        notes = [said for student, said in (*waiting, *ledger.withdrawn) if student == id]
        late = Lateness()
        if row.status != "missing":
            arrival = arrival_of(folder, name, id, row.file, log)
            more = extensions.get(id)
            late = lateness(course, more, arrival)
            settled = _settled(_of_student(row, corrections), row, late)
            if arrival.spoiled and course.due:
                notes.append("timestamp.txt cannot be read, so it says no time")
            if late.question and not settled:
                notes.append(
                    f"{late.question}. To decide: correct {name} ID total POINTS --reason WHY"
                )
            if not settled and (one := better(folder, name, id, course, more, late.share, log)):
                notes.append(
                    f"an earlier submission came {shown(one[1])}. To count it: "
                    f"restore {name} {id} {one[0]}, then grade"
                )
        scores[id] = score_of(master, row, marks, corrections, late, notes)
    return scores


def remarks(
    folder: str | Path, master: Master, students: list[Student], scores: Mapping[str, Score]
) -> list[str]:
    """Return what the instructor should know, a line each: of the class, then of students."""
    said = read_course(folder, master.name)[1] + gone_note(read_ledger(folder, master, students))
    whose: dict[str, list[str]] = {}
    untimed = []
    for student in students:
        name, score = f"{student['name']} ({student['id']})", scores[student["id"]]
        untimed += [name] if score.untimed else []
        for note in score.notes:
            whose.setdefault(note, []).append(name)
    for note, names in whose.items():
        all_ = " All names: attention.csv." if len(names) > MOST_NAMES else ""
        said.append(f"{_some(names)}: {note}.{all_}")
    if untimed:
        said.append(
            f"The time is not known of {len(untimed)} student(s), who count as in time: "
            f"{_some(untimed)}. If that is right for all: correct {master.name} '*' total +0 "
            "--reason WHY"
        )
    return said


def _some(names: list[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
