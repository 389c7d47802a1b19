"""All that ever came: each file is kept, and a log says when, whose and what was current."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ..files import alone, folder_of, write
from ..logbook import Entry, append, entries_of
from ..times import read_time
from .senders import own_name, stem_of

#: What an entry may say. Those in `MADE` made a file the current submission.
RECEIVED, REPLACED, RESTORED = MADE = ("received", "replaced", "restored")
OLDER, AGAIN = "older, kept", "again"
#: These were never in question as the newest, or are so still.
BROKEN, BESIDE, ASKED = OUTSIDE = ("broken, kept", "beside, kept", "to decide, kept")


def order(one: Entry, other: Entry) -> tuple[int, bool]:
    """Say which of two files of a student is the newer one.

    Parameters
    ----------
    one, other : Entry

    Returns
    -------
    sign : int
        1 when `one` is newer, -1 when it is older, 0 when nothing tells.
    firm : bool
        True when the platform says so; the time of a file may be that of a copy.
    """
    said = set()
    if one.number and other.number:  # Canvas counts all files
        said.add(_sign(int(one.number), int(other.number)))
    name, count, copy = stem_of(own_name(one.file))
    other_name, other_count, other_copy = stem_of(own_name(other.file))
    # What Canvas writes behind a second file of the same name; elsewhere the student wrote it.
    by_hand = not one.sender and " - " not in one.file
    counted = by_hand or one.sender.startswith(("canvas ", "anon "))
    counted = counted and "/" not in one.file + other.file
    if counted and one.sender == other.sender and name == other_name:
        said.add(_sign(count, other_count))
    said.discard(0)
    if said:
        return (said.pop(), True) if len(said) == 1 else (0, True)
    times = read_time(one.submitted), read_time(other.submitted)
    if times[0] and times[1] and times[0] != times[1]:
        return _sign(times[0], times[1]), True
    times = read_time(one.saved), read_time(other.saved)
    if times[0] and times[1] and abs((times[0] - times[1]).total_seconds()) > 2:  # as zip rounds
        sign = _sign(times[0], times[1])
        # The file of an older grader has the time of its copy: it came at that time or before.
        unsure = (sign < 0 and not other.file) or (sign > 0 and not one.file)
        return (0 if unsure else sign), False
    return (_sign(copy, other_copy) if name == other_name else 0), False


def _sign(one: object, other: object) -> int:
    return (one > other) - (one < other)  # type: ignore[operator]


class History:
    """The history of a homework in a class folder.

    Parameters
    ----------
    folder : str or Path
        The class folder.
    homework : str
    """

    def __init__(self, folder: str | Path, homework: str) -> None:
        self.homework, self.submitted = homework, Path(folder) / "submitted"
        self.folder = Path(folder) / "history" / homework
        self.log = self.folder / "log.csv"
        self.entries = entries_of(self.log)

    def of(self, student: str) -> list[Entry]:
        """Return the entries of a student, the first one first."""
        return [entry for entry in self.entries if entry.student == student]

    def current(self, student: str) -> Entry | None:
        """Return the entry that made the current submission of a student.

        What it does not know is taken from an entry about the same file: it may have been there
        before the history, and come again with a download.
        """
        made = [entry for entry in self.of(student) if entry.what in MADE]
        if not made:
            return None
        same = [entry for entry in self.of(student) if entry.digest == made[-1].digest]
        more = next((entry for entry in same if entry.file), made[-1])
        known = made[-1] if made[-1].file else more
        names = ("file", "submitted", "late", "saved", "sender", "number")
        return replace(made[-1], **{name: getattr(known, name) for name in names})

    def senders(self) -> dict[str, str]:
        """Return the student of each sender; a sender of two students is left out."""
        found: dict[str, set[str]] = {}
        for entry in self.entries:
            if entry.sender:
                found.setdefault(entry.sender, set()).add(entry.student)
        return {sender: one.pop() for sender, one in found.items() if len(one) == 1}

    def kept(self, student: str, digest: str) -> Path:
        """Return the file in which a submission is kept."""
        return self.folder / folder_of(student) / f"{digest[:16]}.ipynb"

    def submission(self, student: str) -> Path:
        """Return the place of the current submission."""
        return self.submitted / folder_of(student) / self.homework / f"{self.homework}.ipynb"

    def add(self, entry: Entry, data: bytes | None = None) -> None:
        """Keep a file and write its entry; a current one becomes the submission.

        The file is kept first, then logged, then put in its place. `mend` does what was left,
        when this was stopped in between.
        """
        entry = replace(entry, time=_now())
        path = self.kept(entry.student, entry.digest)
        if data is not None and not path.exists():
            write(path, data)
        self.entries.append(append(self.log, entry))
        if entry.what in (*MADE, AGAIN) and (current := self.current(entry.student)):
            self._place(current)

    def mend(self, student: str) -> str:
        """Make the submission agree with the log; return what was found, empty for nothing.

        A file that the log does not know was put there by an older grader or by hand. It is
        taken into the history and stays current.
        """
        path, current = self.submission(student), self.current(student)
        if path.is_symlink():
            return "its file is a link, which nobody should follow; put the file itself there"
        data = path.read_bytes() if path.is_file() else None
        if data is None:
            if current:
                self._place(current)
                return "its file was gone, and is back"
            return ""
        digest = digest_of(data)
        # Another file with its own received.json: it was stopped in between.
        if current and digest in (current.digest, self._stored(student).get("digest")):
            self._place(current)
            return ""
        saved = datetime.fromtimestamp(path.stat().st_mtime).astimezone().isoformat()
        entry = Entry(student=student, digest=digest, saved=saved)
        if current:
            note = "the file was put there by hand, and stays"
            self.add(replace(entry, what=REPLACED, note=note), data)
            return note
        self.add(replace(entry, what=RECEIVED, note="was there before the history"), data)
        return ""

    def restore(self, student: str, which: str) -> Entry:
        """Make an earlier file current.

        Parameters
        ----------
        student : str
        which : str
            Its number in `numbered`, or the beginning of its digest.

        Returns
        -------
        Entry

        Raises
        ------
        ValueError
            When there is no such file, or more than one.
        """
        files = self.numbered(student)
        if not files:
            raise ValueError(f"Nothing of {student!r} is in {self.folder}; see history.")
        which = which.lower().removeprefix("sha256:")
        found = [entry for number, entry in files if which == str(number)]
        if not found and len(which) >= 4:
            found = [entry for _, entry in files if entry.digest.startswith(which)]
        if len(found) != 1:
            have = ", ".join(f"{number} ({entry.digest[:16]})" for number, entry in files)
            raise ValueError(f"{student} has no file {which!r}, or several. There are: {have}.")
        with alone(self.folder):
            self.entries = entries_of(self.log)
            return self._restore(student, found[0])

    def _restore(self, student: str, chosen: Entry) -> Entry:
        self.mend(student)
        before = self.current(student)
        if before and before.digest == chosen.digest:
            return before
        entry = replace(chosen, what=RESTORED, note="by the command restore")
        if not self.kept(student, entry.digest).is_file():
            raise ValueError(f"{self.kept(student, entry.digest)} is gone; it cannot be restored.")
        self.add(entry)
        return self.entries[-1]

    def numbered(self, student: str) -> list[tuple[int, Entry]]:
        """Return each file of a student once, with a number that stays the same."""
        first: dict[str, Entry] = {}
        for entry in self.of(student):
            first.setdefault(entry.digest, entry)
        return list(enumerate(first.values(), start=1))

    def _stored(self, student: str) -> dict[str, object]:
        try:
            stored = json.loads((self.submission(student).parent / "received.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return stored if isinstance(stored, dict) else {}

    def _place(self, entry: Entry) -> None:
        path, kept = self.submission(entry.student), self.kept(entry.student, entry.digest)
        there = path.is_file() and digest_of(path.read_bytes()) == entry.digest
        if kept.is_file() and not there:
            write(path, kept.read_bytes())
        if self._stored(entry.student) != _received(entry):
            text = json.dumps(_received(entry), indent=1, ensure_ascii=False)
            write(path.parent / "received.json", text + "\n")


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(data).hexdigest()


def _received(entry: Entry) -> dict[str, object]:
    return {
        "file": entry.file,
        "digest": entry.digest,
        "submitted": entry.submitted or None,
        "late": {"yes": True, "no": False}.get(entry.late),
        "collected": entry.time,
    }


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
