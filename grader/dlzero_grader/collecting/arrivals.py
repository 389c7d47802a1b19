"""The notebooks of a download: who has sent each, what it is, and when it came."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from ..master import load
from ..notebook import Corrupt, read_notebook
from ..roster import Student
from ..sandbox.channel import Limits
from ..tables import named, visible
from ..times import read_time
from .downloads import Download, File
from .history import Entry, digest_of
from .match import Matcher
from .senders import NOTEBOOK, Sender, Submitter, folded, read_submitters, stem_of

ENOUGH = Limits().notebook + 1  # one byte too many tells the grader that a file is too large
TIMESTAMP, SUBMITTERS = "timestamp.txt", "submission_metadata.yml"
Inside = Callable[[str], list[str]]  # from a path to its parts, from the one of the sender
#: For each homework, the names of its cells and of what its answers define.
Words = Mapping[str, frozenset[str]]
Cells = Sequence[Mapping[str, Any]]
# Folders around a download.
_USUAL = ("submissions", "submitted", "download", "downloads", "homework", "all", "late", "export")
_EXPORT = re.compile(r"assignment_\d+_export")  # of Gradescope
_SUBMISSION = re.compile(r"submission_\d+")  # a folder in it


@dataclass(frozen=True)
class Came:
    """A notebook of the download.

    Attributes
    ----------
    file : File
    sender : Sender
    entry : Entry
        What the history will say of it.
    trouble : str
        Why it cannot be read, if so.
    homework : str
        Another homework that it looks like, if so.
    """

    file: File
    sender: Sender
    entry: Entry
    trouble: str
    homework: str

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return self.entry.digest

    def rank(self, name: str) -> int:
        """Return how far its name is from that of the homework: 0 is the same."""
        own, name = list(self.sender.own), folded(name)
        stem, count, _ = stem_of(own[-1])
        if count and self.sender.platform != "canvas":
            stem = f"{stem}-{count}"  # the student wrote it
        word = re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])")
        if stem == name:
            return 0
        if word.search(stem):
            return 1
        return 2 if any(word.search(folded(part)) for part in own[:-1]) else 3


class Arrivals:
    """A download, read with the roster beside it.

    Parameters
    ----------
    name : str
        Name of the homework.
    source : Path
        The download was read from there.
    download : Download
    students : list of Student
    known : dict of str to str
        As for `Matcher`.
    words : Words

    Attributes
    ----------
    matcher : Matcher
    notebooks : list of Came
    timeless : list of str
        The paths of nbgrader's times that cannot be read.
    around : str
        A folder that was taken for the one around the download by what lies in it alone; empty
        for none. It may be that of a stranger.
    """

    def __init__(
        self,
        name: str,
        source: Path,
        download: Download,
        students: Sequence[Student],
        known: Mapping[str, str],
        words: Words,
    ) -> None:
        self.download = download
        self.timeless: list[str] = []
        self.inside, self.around = _inside(
            name, source, download, Matcher(students, name, known), students
        )
        self.matcher = Matcher(students, name, known, _slugs(download, self.inside))
        self.matcher.compare(self.inside(file.path) for file in download.files)
        self.notebooks = list(self._notebooks(name, words))

    def _notebooks(self, name: str, words: Words) -> Iterable[Came]:
        times, listed = self._lists(name)
        for file in self.download.files:
            if not _is_notebook(file):
                continue
            sender = self.matcher.sender(self.inside(file.path), listed)
            data = file.read(ENOUGH)
            trouble, homework = look(data, name, words)
            homework = homework or _named_otherwise(sender.own[-1], name)
            submitted = sender.submitted or times.get(str(PurePosixPath(file.path).parent))
            entry = Entry(
                file=named(file.path),
                digest=digest_of(data),
                submitted=submitted.isoformat() if submitted else "",
                late="" if sender.late is None else "yes" if sender.late else "no",
                saved=file.saved.isoformat() if file.saved else "",
                sender=named(sender.key),
                number=str(sender.number or ""),
            )
            yield Came(file, sender, entry, trouble, "" if homework == name else homework)

    def _lists(self, name: str) -> tuple[dict[str, datetime | None], dict[str, Submitter]]:
        """Read the files of nbgrader and Gradescope about the notebooks.

        Only where these put them, and where all else is as they would have it: a student could
        hand in another. Within a zip file or a clone it is the student's.
        """
        paths = [self.inside(file.path) for file in self.download.files]
        nbgrader = all(len(parts) > 2 and parts[1] == name for parts in paths)
        gradescope = any(_SUBMISSION.fullmatch(parts[0]) and len(parts) > 1 for parts in paths)
        times: dict[str, datetime | None] = {}
        listed: dict[str, Submitter] = {}
        for file in self.download.files:
            parts = self.inside(file.path)
            folder = nbgrader and self.matcher.is_id(parts[0]) and ".zip/" not in file.path.lower()
            if folder and parts[1:] == [name, TIMESTAMP]:
                text = file.read(200).decode("utf-8", "replace")
                times[str(PurePosixPath(file.path).parent)] = when = read_time(text)
                self.timeless += [] if when else [file.path]
            if gradescope and parts == [SUBMITTERS]:
                listed |= read_submitters(file.read(ENOUGH).decode("utf-8", "replace"))
        return times, listed

    def others(self, owned: Iterable[str]) -> Iterable[tuple[str, str, int]]:
        """Yield files that are no notebooks: one for each sender, the student, and how many more.

        The student is empty when the files are nobody's. What lies beside a notebook in `owned`,
        the paths of those that somebody has, goes with it.
        """
        of = {self.inside(file.path)[0] for file in self.download.files if _is_notebook(file)}
        owners = {self.inside(path)[0] for path in owned}
        found: dict[str, list[str]] = {}
        for file in self.download.files:
            parts = self.inside(file.path)
            lists = parts[-1] in (TIMESTAMP, SUBMITTERS, "received.json")
            if parts[0] in owners or _is_notebook(file):
                continue
            if not lists or (parts[0] not in of and len(parts) > 1):
                found.setdefault(parts[0], []).append(file.path)
        for first, paths in found.items():
            student = self.matcher.owner(self.matcher.sender(self.inside(paths[0]), {})).student
            if not student or first not in of:
                yield paths[0], student, len(paths) - 1


def _inside(
    name: str, source: Path, download: Download, matcher: Matcher, students: Sequence[Student]
) -> tuple[Inside, str]:
    """Return the function that leaves out the folders in front of a path that name no sender.

    Beside it, the folders that only what lies below them lets pass; empty for none.

    These are the folders that all notebooks have in common, and those of sections. No other is
    passed by: a student could name a file below it as the platform names those of somebody else.
    """
    clones = folded(f"{name}-submissions")  # as GitHub's own tool calls the folder
    last = f"{name}.ipynb"

    def names_nobody(part: str, *below: str) -> bool:
        sender = matcher.sender([part, *below], {})
        owner = matcher.owner(sender)
        wrapped = _SUBMISSION.fullmatch(part) or (sender.platform and folded(part) != clones)
        return not (wrapped or owner.student or owner.candidates)

    paths = [file.path.split("/") for file in download.files if _is_notebook(file)]
    # A packed folder has the name of its zip file.
    usual = {*_USUAL, clones, folded(name), folded(source.stem)}
    common: list[str] = []
    for parts in zip(*(path[:-1] for path in paths), strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    known = {"submitted", *(folded(student.get("section", "")) for student in students)} - {""}
    # With less below, or when most of it names nobody, it may be all of one student.
    below = {path[len(common)]: path[len(common) :] for path in paths}
    strange = sum(names_nobody(*path) for path in below.values())
    several = len(below) > 2 and 2 * strange < len(below)
    front: list[str] = []
    around = ""
    for part in common:
        expected = folded(part) in usual | known or _EXPORT.fullmatch(part)
        if not names_nobody(part, last) or not (several or expected):
            break
        front.append(part)
        around = around if expected else "/".join(front)

    def inside(path: str) -> list[str]:
        parts = path.split("/")
        if parts[: len(front)] == front and len(parts) > len(front):
            parts = parts[len(front) :]
        section = len(parts) > 1 and folded(parts[0]) in known and names_nobody(parts[0], last)
        return parts[1:] if section else parts

    return inside, around


def _slugs(download: Download, inside: Inside) -> list[str]:
    """Return what the names of all clones begin with: the assignment may have another name."""
    paths = [inside(file.path) for file in download.files if _is_notebook(file)]
    folders = {parts[0] for parts in paths if len(parts) > 1}
    if len(folders) < 3:
        return []
    low, high = min(folders), max(folders)
    start = low[: [*(a == b for a, b in zip(low, high, strict=False)), False].index(False)]
    return [start.rpartition("-")[0]] if "-" in start[1:] else []


def look(data: bytes, name: str, words: Words) -> tuple[str, str]:
    """Return why a notebook cannot be read, and which homework it is; empty when nothing says."""
    if len(data) >= ENOUGH:
        return f"larger than {Limits().notebook >> 20} MB", ""
    try:
        metadata, cells = read_notebook(data)
    except Corrupt as error:
        return str(error), ""
    return "", homework_of(metadata, cells, name, words)


def homework_of(metadata: Mapping[str, Any], cells: Cells, name: str, words: Words) -> str:
    """Return the homework that a notebook is of; empty when nothing says.

    Parameters
    ----------
    metadata, cells
        As `read_notebook` returns them.
    name : str
        The homework that is wanted, which wins where two fit.
    words : Words

    Returns
    -------
    str
    """
    course = metadata.get("dlzero")
    said = course.get("assignment") if isinstance(course, dict) else None
    if isinstance(said, str) and said:
        return visible(said[:40])
    # Without its own word: the homework that knows the most of its cells and functions.
    has = {cell["grade_id"] for cell in cells} - {""}
    for cell in cells:
        if cell["kind"] == "code":
            has |= set(re.findall(r"(?m)^(?:def|class) (\w+)", cell["source"]))
    fits = {homework: len(has & known) for homework, known in words.items()}
    best = max(fits, key=lambda homework: (fits[homework], homework == name), default=name)
    return best if fits.get(best) and name in fits else ""


def _named_otherwise(file: str, name: str) -> str:
    """Return another homework that the name of a file says, as ``hw02`` where hw01 is wanted."""
    start, number = re.fullmatch(r"(.*?)(\d*)", folded(name), re.DOTALL).groups()  # type: ignore[union-attr]
    said = re.findall(rf"(?<![^\W_]){re.escape(start)}(\d+)(?![^\W_])", stem_of(file)[0])
    if not start or not number or not said or int(number) in map(int, said):
        return ""
    return f"{start}{said[0]}"


def words_of(masters: str | Path) -> dict[str, frozenset[str]]:
    """Return for each master the names of its cells and of what its answers define."""
    found = {}
    for path in sorted(Path(masters).glob("*.ipynb")):
        try:
            master = load(path.stem, masters)
        except ValueError:  # `build` says what is wrong with it
            continue
        ids = [answer.id for answer in master.answers]
        ids += [test.id for test in master.tests]
        ids += [written.id for written in master.written]
        names = [name for answer in master.answers for name in answer.names]
        found[master.name] = frozenset([*ids, *names])
    return found


def _is_notebook(file: File) -> bool:
    return bool(NOTEBOOK.search(file.path))
