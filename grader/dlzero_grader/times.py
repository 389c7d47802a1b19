"""Times that other programs wrote: nbgrader, Gradescope, and the log of the grader itself."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?\d* *"
    r"(?:(Z|UTC|GMT)?|([+-]\d\d)(?::?(\d\d))?|([A-Za-z][\w+/-]{1,60}))",
    re.ASCII,
)


def read_time(text: str) -> datetime | None:
    """Return a time that another program wrote; None when it, or its zone, is not clear.

    nbgrader writes ``%Y-%m-%d %H:%M:%S.%f %Z`` in the zone of its configuration, at first UTC, and
    ``zip_collect`` without a zone what it has brought to UTC. So a time without a zone is in UTC.

    Parameters
    ----------
    text : str

    Returns
    -------
    datetime or None
        With its zone. A name such as PST, which many zones share, is not clear.

    Examples
    --------
    >>> read_time("2024-02-02 15:58:23.948203 UTC").isoformat()
    '2024-02-02T15:58:23.948203+00:00'
    >>> read_time("2015-02-02 15:58:23 America/Los_Angeles").isoformat()
    '2015-02-02T15:58:23-08:00'
    >>> read_time("2024-02-02 15:58:23 PST") is None
    True
    """
    found = _TIME.fullmatch(text.strip("\ufeff \t\r\n"))
    if not found:
        return None
    day, hour, part, _, hours, minutes, zone = found.groups()
    offset = f"{hours or '+00'}{minutes or '00'}"
    try:
        made = datetime.strptime(f"{day} {hour}{part or '.0'} {offset}", "%Y-%m-%d %H:%M:%S.%f %z")
        made = made.replace(tzinfo=ZoneInfo(zone)) if zone else made
    except (ValueError, LookupError, OSError):
        return None
    # "CET" in July is of a zone without summer time, but not of the one with this name.
    if zone and re.fullmatch("[A-Z]{3,4}", zone) and made.tzname() != zone:
        return None
    # At the ends of the calendar no time can be brought to another zone.
    return made if 1 < made.year < 9999 else None
