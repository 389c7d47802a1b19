"""What comes out of a homework: the files of its report, and what the command line says."""

import contextlib
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from ..collecting.arrivals import Words
from ..files import folder_of, write
from ..marking.marks import complete, some_of
from ..marking.score import Line, Score
from ..master import Master
from ..pages import page
from ..roster import Student
from ..row import Row
from ..statuses import NAMED, UNREAD
from ..tables import line, number, table
from .attention import Hint, attention, attention_csv
from .canvas import canvas_csv, column_of
from .feedback import TOTAL, archives, feedback_page, points_of
from .moodle import moodle_csv, moodle_worksheet
from .upload import final

MOST_NAMES = 8
MOST_HINTS = 200  # on the page; the table has all of them


def write_report(
    folder: str | Path,
    master: Master,
    students: list[Student],
    rows: Mapping[str, Row | None],
    scores: Mapping[str, Score],
    submitted: str | Path | None = None,
    canvas: str | None = None,
    moodle: str | None = None,
    unfinished: bool = False,
    words: Words | None = None,
) -> list[str]:
    """Write every table and page of an assignment.

    Parameters
    ----------
    folder : Path
        Gets ``marks.csv``, ``attention.csv``, ``class.html``, ``feedback/<id>.html``, the zip
        files with the feedback, and the tables for platforms.
    master : Master
    students : list of Student
    rows : dict of str to Row
    scores : dict of str to Score
    submitted : Path, optional
        Where `collect` put the notebooks.
    canvas, moodle : str, optional
        What the assignment is called there.
    unfinished : bool, default False
        Platforms get the points so far of those whose free responses are not marked.
    words : Words, optional
        Of the other homeworks, to know a notebook of one of them.

    Returns
    -------
    list of str
        What there is to say about it, for the command line.

    Raises
    ------
    ValueError
        When a student has no row yet, or the column of Canvas is not known. Nothing is written.
    """
    folder = Path(folder)
    submitted = Path(submitted) if submitted else None
    graded = complete(students, rows)
    column, note = column_of(students, master.name, master.title, canvas)
    hints = attention(master, students, graded, scores, submitted, words)
    made: dict[str, str | bytes | None] = {
        "marks.csv": marks_csv(students, graded, scores),
        "attention.csv": attention_csv(students, hints),
        "class.html": class_page(master, students, scores, hints),
        "canvas.csv": canvas_csv(students, scores, column, unfinished),
        "moodle.csv": moodle_csv(students, scores, moodle or master.title, unfinished),
        "moodle-worksheet.csv": moodle_worksheet(master, students, scores, submitted, unfinished),
        "feedback-canvas.zip": None,
        "feedback-moodle.zip": None,
    }
    made |= archives(master, students, graded, scores, submitted)
    stale = _stale(folder, master.name, students)
    for name, content in made.items():
        if content is not None:
            write(folder / name, content)
        else:  # of an earlier report
            with contextlib.suppress(FileNotFoundError):
                (folder / name).unlink()
    for student in students:
        text = feedback_page(master, student, graded[student["id"]], scores[student["id"]])
        write(folder / "feedback" / f"{folder_of(student['id'])}.html", text)
    again = handed_in_again(submitted, master.name, students)
    return [*summary(students, scores, len(hints), unfinished, note, again), *stale]


def _stale(folder: Path, name: str, students: list[Student]) -> list[str]:
    """Remove the pages of students who left, and say so.

    Only what lies there as the last report made it goes: its archive holds the same pages.
    """
    own = {f"{folder_of(student['id'])}.html" for student in students}
    paths = [path for path in sorted((folder / "feedback").glob("*.html")) if path.name not in own]
    made: dict[Path, bytes] = {}
    with (
        contextlib.suppress(FileNotFoundError, zipfile.BadZipFile, zlib.error),
        zipfile.ZipFile(folder / "feedback.zip") as pack,
    ):
        inside = {path: f"{path.stem}/{name}/{name}.html" for path in paths}
        there = set(pack.namelist()).intersection(inside.values())
        made = {path: pack.read(page) for path, page in inside.items() if page in there}
    gone, others = [], []
    for path in paths:
        shown = f"feedback/{line(path.name)}"
        if path.is_file() and not path.is_symlink() and path.read_bytes() == made.get(path):
            path.unlink()
            gone.append(shown)
        else:
            others.append(shown)
    said = [f"Not in the roster any more, so the page is gone: {', '.join(gone)}"] if gone else []
    if others:
        said.append(f"Of nobody in the roster, and not of the last report: {some_of(others)}")
    return said


def handed_in_again(submitted: Path | None, name: str, students: list[Student]) -> set[str]:
    """Return the students of whom `collect` kept more than one submission."""
    if submitted is None:
        return set()
    kept = submitted.parent / "history" / name
    ids = (student["id"] for student in students)
    return {id for id in ids if len([*(kept / folder_of(id)).glob("*.ipynb")]) > 1}


def summary(
    students: list[Student],
    scores: Mapping[str, Score],
    hints: int,
    unfinished: bool = False,
    note: str = "",
    again: Collection[str] = (),
) -> list[str]:
    """Return what an instructor has to know before the marks go out, line by line."""
    statuses = Counter(score.status for score in scores.values())
    lines = [f"{count:5} {status}" for status, count in sorted(statuses.items())]

    def has(status: str, score: Score) -> bool:
        return score.status == status

    def named(title: str, chosen: Callable[[Score], object]) -> int:
        """Add a line with the students for whom something holds; return how many they are."""
        there = [student for student in students if chosen(scores[student["id"]])]
        if there:
            names = [line(f"{s['name']} ({s['id']})") for s in there[:MOST_NAMES]]
            more = f" and {len(there) - MOST_NAMES} more" if there[MOST_NAMES:] else ""
            lines.append(f"{title}: {', '.join(names)}{more}")
        return len(there)

    for status in NAMED:
        named(status, partial(has, status))
    named("handed in more than once", lambda score: score.student in again)
    named("late", lambda score: score.overdue)
    named("changed by hand", lambda score: score.by_name)
    for_all = sum(
        not score.by_name and any(part.reason for part in score.lines) for score in scores.values()
    )
    if for_all:
        lines.append(f"changed for everybody: {for_all} student(s)")
    open_ = named("free responses to be marked", lambda score: score.open)
    left_out = sum(not final(score, unfinished) for score in scores.values())
    if left_out:
        lines.append(f"{left_out} of {len(students)} have no mark for Canvas and Moodle yet.")
    if open_ and unfinished:
        lines.append(f"The marks of {open_} in canvas.csv and moodle.csv are NOT finished.")
    elif open_:
        lines.append("Mark the answers, or give --unfinished to write the points so far.")
    if hints:
        lines.append(f"{hints} hint(s) in attention.csv deserve a look.")
    return [*lines, note] if note else lines


def marks_csv(
    students: list[Student],
    rows: Mapping[str, Row],
    scores: Mapping[str, Score],
) -> str:
    """Return one line a student: status, marks of each test, notes for the instructor."""
    parts = (part.id for score in scores.values() for part in score.lines if part.id != TOTAL)
    ids = list(dict.fromkeys(parts))
    head = ["student", "name", "status", "total", "of", "to mark", "late", "taken"]
    lines = [[*head, *ids, "reasons", "notes"]]
    for student in students:
        score = scores[student["id"]]
        unknown = not score.known
        points = {part.id: "" if unknown else _points(part) for part in score.lines}
        reasons = (
            f"{part.id}, {points_of(part)}: {part.reason}" for part in score.lines if part.reason
        )
        lines.append(
            [
                student["id"],
                student["name"],
                score.status,
                "" if unknown else number(score.total),
                number(score.of),
                "" if unknown else str(score.open),
                score.late,
                number(score.taken) if score.taken else "",
                *(points.get(id, "") for id in ids),
                "; ".join(reasons),
                "; ".join(rows[student["id"]].notes),
            ]
        )
    return table(lines)


def _points(part: Line) -> str:
    return "excused" if part.excused else number(part.points)


def class_page(
    master: Master,
    students: list[Student],
    scores: Mapping[str, Score],
    hints: list[Hint],
) -> str:
    """Return the page of the class: the scores, which test failed most, what deserves a look."""
    there = [score for score in scores.values() if score.status not in ("missing", "error")]
    judged = [score for score in there if score.status not in UNREAD]
    most = max(score.of for score in scores.values())
    step = max(1, -(-(int(most) + 1) // 12))
    low = list(range(0, int(most) + 1, step))
    marked = [score for score in scores.values() if score.known and not score.excused]
    place = Counter(min(int(score.total // step), len(low) - 1) for score in marked)
    ends = [*(start + step - 1 for start in low[:-1]), int(most)]
    tests = {test.id for test in master.tests}
    failed = Counter({test.id: 0 for test in master.tests})
    failed.update(
        part.id
        for score in judged
        for part in score.lines
        if part.id in tests and (part.points or 0) < part.of
    )
    names = {student["id"]: student["name"] for student in students}
    return page(
        "class.html",
        f"{master.title}: the class",
        students=len(students),
        submissions=len(there),
        read=len(judged),
        statuses=Counter(score.status for score in scores.values()).most_common(),
        scores=[
            (f"{a}" if a == b else f"{a} to {b}", place[i])
            for i, (a, b) in enumerate(zip(low, ends, strict=True))
        ],
        failed=failed.most_common(),
        waiting=sum(score.open for score in judged),
        hints=[(names[hint.student], hint) for hint in hints[:MOST_HINTS]],
        more=max(0, len(hints) - MOST_HINTS),
    )
