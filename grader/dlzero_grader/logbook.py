"""The log of what came, a line for each event: `collect` writes it, `report` reads it as well.

Names that students gave to their files stand in it. They never begin a line of their own.
"""

import csv
import io
import os
import re
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from .tables import cell, named, uncell


@dataclass(frozen=True)
class Entry:
    """A line of the log; everything in it is text, times are in ISO format.

    Attributes
    ----------
    time : str
        When it was written.
    student : str
    what : str
    file : str
        Path in the download; empty for what was there before the log.
    digest : str
        SHA-256 of the file.
    submitted : str
        When it was handed in, if the platform says so.
    late : str
        ``yes`` or ``no`` when the platform says so.
    saved : str
        The time of the file itself.
    sender : str
        Key of the sender, as in `Sender`.
    number : str
        Of the file, as in `Sender`.
    note : str
    """

    time: str = ""
    student: str = ""
    what: str = ""
    file: str = ""
    digest: str = ""
    submitted: str = ""
    late: str = ""
    saved: str = ""
    sender: str = ""
    number: str = ""
    note: str = ""

    def evidence(self) -> tuple[str, ...]:
        """Return what says where and when it came from."""
        return self.file, self.digest, self.submitted, self.saved, self.number


COLUMNS = tuple(field.name for field in fields(Entry))

# A text in quotes may go on over lines, as an earlier grader wrote it: then it is one text still.
_CELL = r'(?:"((?:[^"]|"")*+)"|([^,"\r\n]*+))'
_LINE = re.compile(",".join([_CELL] * len(COLUMNS)) + r"(?:\r?\n|\Z)")


def append(log: Path, entry: Entry) -> Entry:
    """Write a line in one step at the end; begin a new one where a line was torn.

    Returns
    -------
    Entry
        As it will be read.
    """
    out = io.StringIO()
    cells = [cell(named(text)) for text in astuple(entry)]
    csv.writer(out, lineterminator="\n").writerow(cells)
    log.parent.mkdir(parents=True, exist_ok=True)
    new = not log.exists() or not log.stat().st_size
    text = (",".join(COLUMNS) + "\n" if new else "") + out.getvalue()
    with open(log, "ab+") as file:
        if not new:
            file.seek(-1, os.SEEK_END)
            text = text if file.read(1) == b"\n" else "\n" + text
        file.write(text.encode("utf-8", "replace"))
        file.flush()
        os.fsync(file.fileno())
    return Entry(*map(uncell, cells))


def entries_of(log: Path) -> list[Entry]:
    """Read a log; an absent one has no entries.

    A line that was torn, as by a full disk, is left out; it does not swallow the next one.
    """
    text = log.read_bytes().decode("utf-8-sig", "replace") if log.is_file() else ""
    found, place = [], 0
    while place < len(text):
        if line := _LINE.match(text, place):
            groups = line.groups()
            cells = [
                quoted.replace('""', '"') if quoted is not None else plain
                for quoted, plain in zip(groups[::2], groups[1::2], strict=True)
            ]
            if tuple(cells) != COLUMNS:
                found.append(Entry(*(named(uncell(text)) for text in cells)))
            place = line.end()
        else:
            place = text.find("\n", place) + 1 or len(text)
    return found
