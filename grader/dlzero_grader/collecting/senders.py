"""Who sent a file and when, by the way each learning platform names what it gives out.

Canvas          lovelaceada_LATE_1021_34567_hw01-2.ipynb: the user, then the file
Moodle          Ada Lovelace_55_assignsubmission_file_/hw01.ipynb: 55 is no id of a student
Blackboard      hw01_ada_attempt_2024-01-05-10-20-30_hw01.ipynb
Brightspace     127-305 - Ada Lovelace - Jan 5, 2024 1030 AM/hw01.ipynb
Gradescope      submission_71/hw01.ipynb, and submission_metadata.yml says who that is
Google          Ada Lovelace - hw01.ipynb
GitHub          hw01-ada/hw01.ipynb, a clone

nbgrader has a folder for each student, with timestamp.txt beside the notebook.

The name that the student gave to the file comes last, and may look like any of these. So each
pattern ends as early as it can, and of two that fit, the one counts whose own part ends first.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..times import read_time

# Some browsers put an ending of their own behind a download.
NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)
_CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<user>\d+)_(?P<file>\d+)_(?P<own>.+)", re.DOTALL
)
_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?anon_(?P<user>[A-Za-z0-9]+)_(?P<file>\d+)_(?P<own>.+)", re.DOTALL
)
_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<own>.*)", re.DOTALL
)
# Only the first "_attempt_" counts; where a time follows another one only, it is nobody's.
_BLACKBOARD = re.compile(
    r"(?P<before>(?:(?!_attempt_).)++)_attempt_"
    r"(?:(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<own>.+)|\.\w+)?|.*_attempt_\d{4}(?:-\d\d){5}.*)",
    re.DOTALL,
)
_BRIGHTSPACE = re.compile(r"\d+-\d+ - (?P<name>.+?) - (?P<when>.+?)(?: - (?P<own>.+))?", re.DOTALL)
_LOGIN_WORDS = 6
_GOOGLE = re.compile(r"(?P<name>.+?) - (?P<own>.+)", re.DOTALL)


@dataclass(frozen=True)
class Sender:
    """What the name of a file says about the one who sent it.

    Attributes
    ----------
    platform : str
        Empty when no platform names files so.
    ids : tuple of str
        Each may be the id or the login of the sender; the platform vouches for it.
    name : str
        The name as the platform wrote it.
    key : str
        The same for all files of a sender for this homework; empty where there is none.
    own : tuple of str
        The part of the path that the student has named.
    submitted : datetime or None
    late : bool or None
    number : int
        Of the file; it grows with each that is handed in. 0 where there is none.
    """

    platform: str
    ids: tuple[str, ...] = ()
    name: str = ""
    key: str = ""
    own: tuple[str, ...] = ()
    submitted: datetime | None = None
    late: bool | None = None
    number: int = 0


@dataclass(frozen=True)
class Submitter:
    """A sender in the list that Gradescope adds to an export."""

    ids: tuple[str, ...]
    name: str
    count: int
    submitted: datetime | None


def sender_of(
    parts: Sequence[str], slugs: Sequence[str], listed: Mapping[str, Submitter] | None = None
) -> Sender:
    """Read who sent a file.

    Parameters
    ----------
    parts : sequence of str
        The path, from the first part that differs between students. Only this part is the
        platform's; what stands below it is named by the student, so nobody is looked for there.
    slugs : list of str
        The homework, and what else may stand before the account in the name of a clone.
    listed : dict of str to Submitter, optional
        What `read_submitters` found.

    Returns
    -------
    Sender

    Examples
    --------
    >>> sender_of(["smithjohn_LATE_1021_7_hw01-2.ipynb"], ["hw01"]).ids
    ('1021',)
    >>> sender_of(["John Smith_1021_assignsubmission_file_", "hw01.ipynb"], ["hw01"]).name
    'John Smith'
    """
    first, below = parts[0], tuple(parts[1:])
    if listed and (who := listed.get(first)):
        return Sender(
            "gradescope", who.ids, who.name if who.count == 1 else "", first, below, who.submitted
        )
    form, found = _first_to_end(first, slugs[0])
    if found and form is _ANONYMOUS:
        key, own = f"anon {found['user']}", (found["own"], *below)
        return Sender("canvas", key=key, own=own, late=bool(found["late"]))
    if found and form is _CANVAS:
        return Sender(
            "canvas",
            (found["user"],),
            found["name"],
            f"canvas {found['user']}",
            (found["own"], *below),
            late=bool(found["late"]),
            number=int(found["file"][:18]),
        )
    if found and form is _MOODLE:
        own = (found["own"], *below) if found["own"] else below or (first,)
        # Known by the number is only who has the same name still.
        key = " ".join(["moodle", found["number"], *folded(found["name"]).split()])
        return Sender("moodle", name=found["name"], key=key, own=own)
    if found and form is _BLACKBOARD:
        # A login may hold the same sign as stands between the parts, but not often.
        words = found["before"].rsplit("_", _LOGIN_WORDS)
        ids = tuple("_".join(words[place:]) for place in range(1, len(words)))
        when = _local(found["when"] or "", "%Y-%m-%d-%H-%M-%S")
        own = (found["own"] or first, *below)
        if not when or not ids:
            return Sender("blackboard", own=own)
        return Sender("blackboard", ids, "", f"blackboard {found['before']}", own, when)
    if found and form is _BRIGHTSPACE:
        when = _local(found["when"].replace(":", ""), "%b %d, %Y %I%M %p", "%B %d, %Y %I%M %p")
        own = (found["own"], *below) if found["own"] else below or (first,)
        return Sender("brightspace", name=found["name"], own=own, submitted=when)
    starts = [re.match(rf"{re.escape(slug)}[-_]", first, re.IGNORECASE) for slug in slugs]
    accounts = tuple(first[start.end() :] for start in starts if start)
    if below and accounts:
        return Sender("github", accounts, accounts[-1], f"folder {first}", below)
    return Sender("", own=(first, *below))


def _first_to_end(first: str, homework: str) -> tuple[re.Pattern[str], re.Match[str] | None]:
    """Return the pattern that fits, and how; of several, the one whose own part ends first."""
    fits = []
    for form in (_ANONYMOUS, _CANVAS, _MOODLE, _BLACKBOARD, _BRIGHTSPACE):
        found = form.fullmatch(first)
        if found and not (form is _CANVAS and folded(found["name"]) == folded(homework)):
            fits.append((found.start("own") if found["own"] else len(first), form, found))
    _, form, found = min(fits, key=lambda fit: fit[0], default=(0, _CANVAS, None))
    return form, found


def google(parts: Sequence[str]) -> Sender | None:
    """Return the sender of ``Ada Lovelace - hw01.ipynb``, when it may be one."""
    found = _GOOGLE.fullmatch(parts[0])
    if not found:
        return None
    return Sender("google", name=found["name"], own=(found["own"], *parts[1:]))


def folded(text: str) -> str:
    """Return text for comparing: in one form, without capital letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def joined(text: str) -> str:
    """Return the letters and digits of a text, for comparing: what Canvas leaves of a name.

    Examples
    --------
    >>> joined("O'Brien, Ada")
    'obrienada'
    """
    return "".join(character for character in folded(text) if character.isalnum())


def own_name(path: str) -> str:
    """Return the name that the student gave to a file, without what Canvas wrote before it.

    Examples
    --------
    >>> own_name("lovelaceada_1021_7_hw01-2.ipynb")
    'hw01-2.ipynb'
    """
    last = path.rpartition("/")[2]
    found = _ANONYMOUS.fullmatch(last) or _CANVAS.fullmatch(last)
    return found["own"] if found else last


def stem_of(file: str) -> tuple[str, int, int]:
    """Return the name of a notebook, its count by Canvas and its count by a browser.

    Examples
    --------
    >>> stem_of("hw01-2.ipynb"), stem_of("hw01 (1).ipynb"), stem_of("HW01.ipynb")
    (('hw01', 2, 0), ('hw01', 0, 1), ('hw01', 0, 0))
    """
    stem = folded(NOTEBOOK.sub("", file)).strip()
    copies = count = 0
    if found := re.search(r"\((\d{1,3})\)$", stem):
        stem, copies = stem[: found.start()].rstrip(), int(found[1])
    if found := re.search(r"-(\d{1,3})$", stem):
        stem, count = stem[: found.start()], int(found[1])
    return stem, count, copies


def read_submitters(text: str) -> dict[str, Submitter]:
    """Read the list of senders of an export of Gradescope, ``submission_metadata.yml``."""
    found: dict[str, Submitter] = {}
    for block in re.split(r"(?m)^(?=\S)", text):
        head = re.match(r"""['"]?([^\s:'"]+)['"]?:\s*$""", block.split("\n")[0])
        if not head:
            continue
        people = re.search(r"(?m)^ *:submitters:\n((?: *-? +:.*\n?)+)", block)
        entries = re.split(r"(?m)^ *- ", people[1])[1:] if people else []
        entry = entries[0] if len(entries) == 1 else ""
        ids = tuple(filter(None, (_value(entry, "sid"), _value(entry, "email"))))
        when = read_time(_value(block, "created_at"))
        found[head[1]] = Submitter(ids, _value(entry, "name"), len(entries), when)
    return found


def _value(block: str, key: str) -> str:
    found = re.search(rf"(?m)^ *:{key}: *(.*)$", block)
    return found[1].strip().strip("'\"") if found else ""


def _local(text: str, *forms: str) -> datetime | None:
    """Return a time without a zone as one of this machine."""
    for form in forms:
        try:
            return datetime.strptime(text.strip(), form).astimezone()
        except (ValueError, OverflowError, OSError):
            continue
    return None
