"""What the instructor decided about a homework, in ``course.toml``."""

import re
import tomllib
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from .files import folder_of
from .sheets import number_of, text_of


@dataclass(frozen=True)
class Course:
    """One homework's table of ``course.toml``.

    Attributes
    ----------
    due : datetime or None
        With its offset from UTC; None when there is no due date.
    late_days : int
        Days after `due` that are accepted.
    penalty : float
        Percent of the reached points that each begun day costs.
    canvas : str or None
        Title of the column in Canvas.
    moodle : str or None
        Name of the grade item in Moodle.
    """

    due: datetime | None = None
    late_days: int = 0
    penalty: float = 0.0
    canvas: str | None = None
    moodle: str | None = None


def read_course(folder: str | Path, name: str) -> tuple[Course, list[str]]:
    """Read what ``course.toml`` says about a homework.

    Parameters
    ----------
    folder : str or Path
        The class folder; it may be without this file.
    name : str
        Name of the homework.

    Returns
    -------
    course : Course
    notes : list of str
        What was assumed.

    Raises
    ------
    ValueError
        For a file that is not TOML, an unknown key, a value of another type or out of range.
    """
    table = _tables(Path(folder) / "course.toml")
    if name not in table:
        named = f"course.toml has no [{name}], only {', '.join(table)}: no due date."
        return Course(), [named] if table else []
    place, given = f"course.toml, [{name}]", dict(table[name])
    known = [field.name for field in fields(Course)]
    if unknown := [key for key in given if key not in known]:
        raise ValueError(f"{place}: {', '.join(unknown)} is unknown; expected {', '.join(known)}.")
    notes = []
    due = given.get("due")
    if due is not None:
        if not isinstance(due, date):
            raise ValueError(
                f"{place}: due = {due!r} is not a time. Write it without quotes, as in "
                "due = 2026-12-01T23:59:00+01:00"
            )
        given["due"] = moment(due)
        if not (isinstance(due, datetime) and due.tzinfo):
            notes.append(f"{place}: due has no offset; taken as {shown(given['due'])}.")
    if "penalty" in given:
        given["penalty"] = _percent(place, given["penalty"])
    _days(place, given)
    for key in ("canvas", "moodle"):
        if key in given and not (isinstance(given[key], str) and given[key].strip()):
            raise ValueError(f"{place}: {key} = {given[key]!r}; expected a name in quotes.")
    return Course(**given), notes


def homeworks_of(folder: str | Path) -> list[str]:
    """Return the names of the homeworks that a class folder knows."""
    folder = Path(folder)
    places = (folder / part for part in ("release", "rows", "report", "history"))
    found = {path.name for place in places if place.is_dir() for path in place.iterdir()}
    return sorted(found | set(_tables(folder / "course.toml")))


def was_here(folder: str | Path, student: str) -> bool:
    """Tell whether somebody handed in once, who need not be in the roster any more."""
    return (Path(folder) / "submitted" / folder_of(student)).is_dir()


def moment(when: date) -> datetime:
    """Return a time with its offset: without one it is local, and a day alone means its end."""
    if not isinstance(when, datetime):
        when = datetime.combine(when, time.max)
    return when if when.tzinfo else when.astimezone()


def shown(when: datetime) -> str:
    """Return a time as it is printed, without fractions of a second.

    Examples
    --------
    >>> shown(datetime.fromisoformat("2026-12-01T23:59:00.5+01:00"))
    '2026-12-01 23:59:00+01:00'
    """
    return when.isoformat(" ", "seconds")


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        return {}
    try:
        tables = tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as error:
        text = text_of(path)
        short = re.search(r"(?m)^\s*due\s*=\s*(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(?!:)(\S*)", text)
        more = f" Write the seconds as well: due = {short[1]}:00{short[2]}" if short else ""
        raise ValueError(f"course.toml cannot be read: {error}.{more}") from None
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ValueError(
                f"course.toml: {name} = {table!r} belongs to no homework. Write a line such as "
                "[hw01] above it."
            )
    return tables


def _days(place: str, given: dict[str, Any]) -> None:
    days, penalty = given.get("late_days", 0), given.get("penalty", 0)
    if type(days) is not int or days < 0:
        raise ValueError(f"{place}: late_days = {days!r}; expected a whole number from 0.")
    if (days or penalty) and "due" not in given:
        raise ValueError(f"{place}: late_days and penalty need a due date: due = ...")
    if penalty and not days:
        raise ValueError(
            f"{place}: penalty = {penalty:g}, but no day after the due date is accepted. "
            "Say how many: late_days = 3"
        )


def _percent(place: str, given: Any) -> float:
    """Return a penalty in percent, given as a number or with its sign, as in ``"0.1 %"``."""
    percent: float | None = given if type(given) in (int, float) else None
    if isinstance(given, str) and given.strip().endswith("%"):
        percent = number_of(given.strip().removesuffix("%"))
    if percent is None or not 0 <= percent <= 100:
        raise ValueError(
            f'{place}: penalty = {given!r}; expected percent from 0 to 100, as 10 or "10 %".'
        )
    if type(given) is float and 0 < given <= 1:
        raise ValueError(
            f"{place}: penalty = {given!r} is percent, and looks like a fraction. For "
            f'{100 * given:g} percent write penalty = "{100 * given:g} %", for {given:g} percent '
            f'write penalty = "{given:g} %".'
        )
    return float(percent)
