"""When a submission came, and what that means."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ..course import Course, homeworks_of, moment, shown, was_here
from ..files import folder_of
from ..logbook import entries_of
from ..sheets import lines_of
from ..tables import ended
from ..times import read_time

EXTENSIONS = ("student", "homework", "until", "reason")
#: For each student the fingerprints of what came, and when.
Log = dict[str, list[tuple[str, datetime]]]


@dataclass(frozen=True)
class Extension:
    """More time for one student; the student reads the reason."""

    until: datetime
    reason: str


@dataclass(frozen=True)
class Arrival:
    """What is known about the time of a submission.

    Attributes
    ----------
    when : datetime or None
        When it was handed in.
    late : bool or None
        What the learning platform said.
    before : datetime or None
        When it was collected: it came no later.
    spoiled : bool
        True when nbgrader wrote a time that cannot be read.
    """

    when: datetime | None = None
    late: bool | None = None
    before: datetime | None = None
    spoiled: bool = False


@dataclass(frozen=True)
class Lateness:
    """What follows from the time of a submission.

    Attributes
    ----------
    share : float
        Part of the reached points that is taken away, from 0 to 1.
    text : str
        For the student; empty when there is nothing to say.
    question : str
        For the instructor, who has to decide; empty when all is known.
    late : bool
        True when it came late, by its time or by the word of the platform.
    untimed : bool
        True when its time is not known and nobody calls it late, so that it counts as in time.
    """

    share: float = 0.0
    text: str = ""
    question: str = ""
    late: bool = False
    untimed: bool = False


def read_extensions(
    folder: str | Path, name: str, students: Iterable[str], due: datetime | None
) -> dict[str, Extension]:
    """Read ``extensions.csv``.

    Parameters
    ----------
    folder : str or Path
        The class folder; it may be without this file.
    name : str
        Name of the homework.
    students : iterable of str
        The ids of the roster.
    due : datetime or None

    Returns
    -------
    dict of str to Extension
        By student.

    Raises
    ------
    ValueError
        For a line that names nobody, no homework, no time or no reason, for two lines for the
        same student, and for a time before the due date.
    """
    ids, known = set(students), set(homeworks_of(folder)) | {name}
    found: dict[str, Extension] = {}
    places: dict[tuple[str, str], str] = {}
    for place, line in lines_of(Path(folder) / "extensions.csv", EXTENSIONS):
        student, homework, given, reason = (line[column] for column in EXTENSIONS)
        if student not in ids and not was_here(folder, student):
            raise ValueError(f"{place}: no student {student!r} in the roster.")
        if homework not in known:
            raise ValueError(
                f"{place}: no homework {homework!r}; there are {', '.join(sorted(known))}."
            )
        if (student, homework) in places:
            raise ValueError(
                f"{place}: {homework} of {student} is extended in {places[student, homework]} "
                "as well. Keep one line."
            )
        places[student, homework] = place
        try:
            until = _time(given)
        except ValueError:
            raise ValueError(
                f"{place}: {given!r} is not a time; expected 2026-12-05T12:00:00+01:00 or a day, "
                "2026-12-05, which means its end."
            ) from None
        if not reason:
            raise ValueError(f"{place}: no reason; the student reads it. Write one.")
        if homework == name:
            if due is None:
                raise ValueError(f"{place}: {name} has no due date. Write it into course.toml.")
            if until < due:
                raise ValueError(f"{place}: {shown(until)} is before the due date, {shown(due)}.")
            found[student] = Extension(until, reason)
    return found


def read_log(folder: str | Path, name: str) -> Log:
    """Return fingerprint and time of each submission in the log of `collect`, by student."""
    log: Log = {}
    for entry in entries_of(Path(folder) / "history" / name / "log.csv"):
        if (when := _known(entry.submitted)) is not None:
            log.setdefault(entry.student, []).append((entry.digest[:16], when))
    return log


def arrival_of(folder: str | Path, name: str, student: str, digest: str, log: Log) -> Arrival:
    """Return what is known about the time of the submission with this fingerprint.

    It stands in ``received.json`` and ``history/<homework>/log.csv``, which `collect` writes, or
    in the ``timestamp.txt`` of nbgrader. What is said of another file does not count.
    """
    place = Path(folder) / "submitted" / folder_of(student) / name
    found = Arrival()
    try:
        data = json.loads((place / "received.json").read_bytes())
        if data["digest"] == digest:
            late = data.get("late")
            found = Arrival(
                _known(data.get("submitted")),
                late if isinstance(late, bool) else None,
                _known(data.get("collected")),
            )
    except (OSError, ValueError, KeyError, TypeError):
        pass  # absent, or spoiled: then it says nothing
    times = [when for same, when in log.get(student, []) if same == digest[:16]]
    when, spoiled = found.when or (times[-1] if times else None), False
    if when is None and (path := place / "timestamp.txt").is_file():
        when = _known(path.read_bytes().decode("utf-8", "replace"))
        spoiled = when is None
    return Arrival(when, found.late, found.before, spoiled)


def lateness(course: Course, extension: Extension | None, arrival: Arrival) -> Lateness:
    """Return what follows from the due date, more time and the time of a submission.

    Examples
    --------
    >>> course = Course(datetime.fromisoformat("2026-12-01T23:59:00+01:00"), 3, 10.0)
    >>> came = datetime.fromisoformat("2026-12-02T23:59:01+01:00")
    >>> lateness(course, None, Arrival(came)).share
    0.2
    """
    if course.due is None:
        return Lateness()
    due = extension.until if extension else course.due
    more = f"More time until {shown(due)}: {ended(extension.reason)} " if extension else ""
    if arrival.when is None:
        return _unknown(due, more.strip(), arrival)
    came = arrival.when.astimezone(due.tzinfo)
    if came <= due:
        question = ""
        if arrival.late and came <= course.due:
            question = f"late by the platform, but it came {shown(came)}; taken as in time"
        return Lateness(0.0, more.strip() if came > course.due else "", question)
    days = math.ceil((came - due) / timedelta(days=1))
    begun = "1 day" if days == 1 else f"{days} days"
    said = f"{more}It came {shown(came)}, {begun} begun after {shown(due)}"
    if days > course.late_days:
        most = f"{course.late_days} late day(s)" if course.late_days else "nothing late"
        return Lateness(1.0, f"{said}. Not accepted: {most} can be.", late=True)
    percent = min(100.0, days * course.penalty)
    said = f"{said}: {percent:g} % of the points are taken away."
    return Lateness(percent / 100, said, late=True)


def better(
    folder: str | Path,
    name: str,
    student: str,
    course: Course,
    extension: Extension | None,
    share: float,
    log: Log,
) -> tuple[str, datetime] | None:
    """Return fingerprint and time of an earlier submission that loses less than `share`.

    Of several that were kept, the one that loses least; of these the newest. None if there is none.
    """
    place = Path(folder) / "history" / name / folder_of(student)
    found = [
        (lateness(course, extension, Arrival(when)).share, when, digest)
        for digest, when in log.get(student, [])
    ]
    kept = [one for one in found if one[0] < share and (place / f"{one[2]}.ipynb").is_file()]
    if not kept:
        return None
    _, when, digest = min(kept, key=lambda one: (one[0], -one[1].timestamp()))
    return digest, when


def _unknown(due: datetime, more: str, arrival: Arrival) -> Lateness:
    if arrival.before is not None and arrival.before <= due:
        said = "late by the platform, but collected before it was due; taken as in time"
        said = said if arrival.late and not more else ""
        return Lateness(0.0, more, said)
    if not arrival.late:
        return Lateness(0.0, more, untimed=True)
    said = "The learning platform says that it came late, but not how late. Nothing is taken away."
    question = "late by the platform, without a time: nothing is taken away yet"
    return Lateness(0.0, f"{more} {said}".strip(), question, late=True)


def _known(text: object) -> datetime | None:
    """Return a time that another program wrote, if it is one."""
    return read_time(text) if isinstance(text, str) else None


def _time(text: str) -> datetime:
    text = text.strip()
    for utc in (" UTC", " GMT"):  # which fromisoformat does not know
        if text.endswith(utc):
            return datetime.fromisoformat(text.removesuffix(utc)).replace(tzinfo=UTC)
    try:
        return moment(date.fromisoformat(text))
    except ValueError:
        return moment(datetime.fromisoformat(text))
