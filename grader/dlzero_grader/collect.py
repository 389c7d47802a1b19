"""Sort a download of a learning platform into one folder a student; lose nothing, guess nothing."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from . import history
from .channel import Limits
from .decide import HOMEWORK, NOBODY, WHICH, WHOSE, Decisions, Question, short
from .downloads import Download, File, read_download
from .history import Entry, History, digest_of, order
from .master import load
from .match import Matcher, Owner
from .notebook import Corrupt, read_notebook
from .roster import Student
from .senders import (
    NOTEBOOK,
    Sender,
    Submitter,
    folded,
    read_submitters,
    read_time,
    stem_of,
)
from .tables import visible

ENOUGH = Limits().notebook + 1  # one byte too many tells the grader that a file is too large
BESIDE_MOST = 20  # further notebooks of a student that are kept
TIMESTAMP, SUBMITTERS = "timestamp.txt", "submission_metadata.yml"
Inside = Callable[[str], list[str]]  # from a path to its parts, from the one of the sender
# Folders around a download.
_USUAL = ("submissions", "submitted", "download", "downloads", "homework", "all", "late", "export")
_SIDECARS = (TIMESTAMP, SUBMITTERS, "received.json")


@dataclass
class Collected:
    """What one download brought; lists and keys are ids, and all text is safe to print.

    Attributes
    ----------
    new, again : list of str
        Students whose first file came, and whose current file came once more.
    replaced, older, broken : dict of str to str
        What came for a student, and what became of it.
    notes : dict of str to list of str
        What else there is to know about a student.
    former : dict of str to str
        Files of those who are no longer on the roster.
    open : list of Question
        What is to be decided.
    left : list of (path, reason)
        What was not read.
    """

    new: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)
    older: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)
    open: list[Question] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Came:
    """A notebook of the download, and what is known of it."""

    file: File
    sender: Sender
    entry: Entry
    trouble: str
    homework: str
    decided: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return self.entry.digest


def collect(
    name: str,
    source: str | Path,
    students: Sequence[Student],
    folder: str | Path,
    words: Mapping[str, frozenset[str]] | None = None,
) -> Collected:
    """Match the notebooks in a folder or zip file to the roster, and receive them.

    A file is taken when it is certain whose it is, that it is this homework, and that it is newer
    than what is there. Everything else becomes a question in ``decide/<homework>.csv``.

    Parameters
    ----------
    name : str
        Name of the homework.
    source : str or Path
        Folder or zip file. Nothing in it is run, or written by its own names.
    students : list of Student
        As `read_roster` returns them.
    folder : str or Path
        The class folder. It gets ``submitted/<id>/<homework>/``, ``history/`` and ``decide/``.
    words : dict of str to set of str, optional
        For each homework, the names of its cells and answers: what tells it from others.

    Returns
    -------
    Collected

    Raises
    ------
    FileNotFoundError
        When the source does not exist.
    ValueError
        When it is neither a folder nor a zip file, or a decision names no student.
    """
    past, ids = History(folder, name), {student["id"] for student in students}
    former = sorted({entry.student for entry in past.entries} - ids)
    decisions = Decisions(Path(folder) / "decide" / f"{name}.csv", students, former)
    download, told = read_download(source), Collected()
    told.left = [(visible(path), why) for path, why in download.left]
    for student in students:
        if note := past.mend(student["id"]):
            told.notes.setdefault(student["id"], []).append(note)
    everybody = [*students, *(Student(id=id, name=id, email="") for id in former)]
    known = past.senders() | decisions.about_senders()
    inside = _insides(name, Path(source), download, Matcher(everybody, name, known), students)
    matcher = Matcher(everybody, name, known, _slugs(download, inside))
    matcher.compare(matcher.sender(inside(file.path), {}) for file in download.files)
    notebooks = list(_notebooks(name, download, matcher, inside, words or {}, decisions))
    owners = _owners(notebooks, matcher, past, decisions)
    asked: list[Question] = []
    theirs: dict[str, list[Came]] = {}
    unknown: dict[str, list[tuple[Came, Owner]]] = {}
    for came, owner in zip(notebooks, owners, strict=True):
        if owner.student in ids:
            theirs.setdefault(owner.student, []).append(came)
        elif owner.student and owner.student != NOBODY:
            told.former[owner.student] = came.entry.file
        elif not owner.student:
            unknown.setdefault(came.entry.sender or came.file.path, []).append((came, owner))
    for some in unknown.values():  # of a whole clone, only the notebook that it is about
        closest = min(_rank(came, name) for came, _ in some)
        asked += [
            _question(came, WHOSE, owner.why, owner.candidates)
            for came, owner in some
            if _rank(came, name) == closest
        ]
    for id, files in theirs.items():
        asked += _receive(name, id, files, past, told)
    told.open = decisions.ask(asked, [(came.file.path, came.digest) for came in notebooks])
    _name_others(download, matcher, inside, theirs, told)
    return told


def _notebooks(
    name: str,
    download: Download,
    matcher: Matcher,
    inside: Inside,
    words: Mapping[str, frozenset[str]],
    decisions: Decisions,
) -> Iterable[Came]:
    """Yield the notebooks of a download, with what their names and contents say."""
    times: dict[str, datetime | None] = {}
    listed: dict[str, Submitter] = {}
    for file in download.files:
        place = PurePosixPath(file.path)
        if place.name == TIMESTAMP:
            times[str(place.parent)] = read_time(file.read(200).decode("utf-8", "replace"))
        if place.name == SUBMITTERS:
            listed |= read_submitters(file.read(ENOUGH).decode("utf-8", "replace"))
    for file in download.files:
        if not NOTEBOOK.search(file.path):
            continue
        sender = matcher.sender(inside(file.path), listed)
        data = file.read(ENOUGH)
        trouble, homework = _look(data, name, words)
        if not homework:
            homework = _named_otherwise(sender.own[-1], name)
        homework = "" if homework == name else homework
        submitted = sender.submitted or times.get(str(PurePosixPath(file.path).parent))
        late = {True: "yes", False: "no"}.get(sender.late, "")  # type: ignore[arg-type]
        entry = Entry(
            file=visible(file.path),
            digest=digest_of(data),
            submitted=submitted.isoformat() if submitted else "",
            late=late,
            saved=file.saved.isoformat() if file.saved else "",
            sender=visible(sender.key),
            number=str(sender.number or ""),
        )
        decided = decisions.about_file(file.path, entry.digest)
        yield Came(file, sender, entry, trouble, homework, decided)


def _insides(
    name: str, source: Path, download: Download, matcher: Matcher, students: Sequence[Student]
) -> Inside:
    """Return the function that leaves out the folders in front of a path that name no sender.

    These are the folders that all notebooks have in common, and those of sections. No other is
    passed by: a student could name a file below it as the platform names those of somebody else.
    """
    clones = folded(f"{name}-submissions")  # as GitHub's own tool calls the folder

    def names_nobody(part: str) -> bool:
        sender = matcher.sender([part, f"{name}.ipynb"], {})
        owner = matcher.owner(sender)
        named = sender.platform and folded(part) != clones
        return not (named or owner.student or owner.candidates)

    paths = [file.path.split("/") for file in download.files if NOTEBOOK.search(file.path)]
    # A packed folder has the name of its zip file.
    usual = {*_USUAL, clones, folded(name), folded(source.stem)}
    common: list[str] = []
    for parts in zip(*(path[:-1] for path in paths), strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    # With less below, it may be all of one student.
    several = len({path[len(common)] for path in paths}) > 2
    ends = (
        place
        for place, part in enumerate(common)
        if not names_nobody(part) or not (several or folded(part) in usual)
    )
    front = common[: next(ends, None)]
    known = {"submitted", *(folded(student.get("section", "")) for student in students)} - {""}

    def inside(path: str) -> list[str]:
        parts = path.split("/")
        if parts[: len(front)] == front and len(parts) > len(front):
            parts = parts[len(front) :]
        section = len(parts) > 1 and folded(parts[0]) in known and names_nobody(parts[0])
        return parts[1:] if section else parts

    return inside


def _slugs(download: Download, inside: Inside) -> list[str]:
    """Return what the names of all clones begin with: the assignment may have another name."""
    paths = [inside(file.path) for file in download.files if NOTEBOOK.search(file.path)]
    folders = {parts[0] for parts in paths if len(parts) > 1}
    if len(folders) < 3:
        return []
    low, high = min(folders), max(folders)
    start = low[: [*(a == b for a, b in zip(low, high, strict=False)), False].index(False)]
    return [start.rpartition("-")[0]] if "-" in start[1:] else []


def _look(data: bytes, name: str, words: Mapping[str, frozenset[str]]) -> tuple[str, str]:
    """Return why a notebook cannot be read, and which homework it is; empty when nothing says."""
    if not data:
        return "empty", ""
    if len(data) >= ENOUGH:
        return f"larger than {Limits().notebook >> 20} MB", ""
    try:
        metadata, cells = read_notebook(data)
    except Corrupt as error:
        return str(error), ""
    course = metadata.get("dlzero")
    said = course.get("assignment") if isinstance(course, dict) else None
    if isinstance(said, str) and said:
        return "", visible(said[:40])
    # Without its own word: the homework that knows the most of its cells and functions.
    has = {cell["grade_id"] for cell in cells} - {""}
    for cell in cells:
        if cell["kind"] == "code":
            has |= set(re.findall(r"(?m)^(?:def|class) (\w+)", cell["source"]))
    fits = {homework: len(has & known) for homework, known in words.items()}
    best = max(fits, key=lambda homework: (fits[homework], homework == name), default=name)
    return "", best if fits.get(best) and name in fits else ""


def _named_otherwise(file: str, name: str) -> str:
    """Return another homework that the name of a file says, as ``hw02`` where hw01 is wanted."""
    start, number = re.fullmatch(r"(.*?)(\d*)", folded(name), re.DOTALL).groups()  # type: ignore[union-attr]
    said = re.findall(rf"(?<![^\W_]){re.escape(start)}(\d+)(?![^\W_])", stem_of(file)[0])
    if not start or not number or not said or int(number) in map(int, said):
        return ""
    return f"{start}{said[0]}"


def _owners(
    notebooks: Sequence[Came], matcher: Matcher, past: History, decisions: Decisions
) -> list[Owner]:
    """Return the owner of each notebook: as decided, or else as it is named."""
    of_senders = decisions.about_senders()
    keys: dict[str, set[str]] = {}
    for key, student in past.senders().items():
        keys.setdefault(student, set()).add(key)
    found = []
    for came in notebooks:
        decided = came.decided or of_senders.get(came.entry.sender, "")
        owner = Owner(decided) if decided else matcher.owner(came.sender)
        if matcher.known.get(came.entry.sender) == owner.student:
            owner = replace(owner, by_name=False)
        if owner.student and came.entry.sender:
            keys.setdefault(owner.student, set()).add(came.entry.sender)
        found.append(owner)

    def doubtful(came: Came, owner: Owner) -> bool:
        # One name, but two senders: only one of them can be that student.
        platform = came.sender.platform
        same = [key for key in keys.get(owner.student, ()) if key.split()[0] == platform]
        return owner.by_name and len(same) > 1

    return [
        Owner("", "two senders have this name", (owner.student,))
        if doubtful(came, owner)
        else owner
        for came, owner in zip(notebooks, found, strict=True)
    ]


def _question(came: Came, kind: str, why: str, candidates: Sequence[str]) -> Question:
    return Question(
        came.entry.file.strip(),
        f"{kind}: {why}",
        tuple(candidates),
        came.entry.sender if kind == WHOSE else "",
        short(came.digest),
    )


def _receive(
    name: str, id: str, files: Sequence[Came], past: History, told: Collected
) -> list[Question]:
    """Take what came for a student; return the questions about it."""
    ours = [came for came in files if not came.homework or came.decided]
    if not ours:
        return [
            _question(came, HOMEWORK, f"this looks like {came.homework}", [id]) for came in files
        ]
    chosen, rivals = _choose(name, ours)
    if len({came.digest for came in rivals}) > 1:
        if all(any(e.digest == came.digest for e in past.of(id)) for came in rivals):
            return []  # the same download again
        why = f"{len(rivals)} notebooks, and nothing tells which is the newest"
        return [_question(came, WHICH, why, [id]) for came in rivals]
    if len(files) > 1:
        told.notes.setdefault(id, []).append(f"{len(files)} notebooks, taken {chosen.entry.file}")
    asked = _take(id, chosen, past, told)
    for came in ours[:BESIDE_MOST]:
        if not asked and all(entry.digest != came.digest for entry in past.of(id)):
            note = f"beside {chosen.entry.file}"
            entry = replace(came.entry, student=id, what=history.BESIDE, note=note)
            past.add(entry, came.file.read(ENOUGH))
    return asked


def _choose(name: str, files: Sequence[Came]) -> tuple[Came, list[Came]]:
    """Return the notebook of a student that counts, and all between which nothing decides."""
    best = [came for came in files if came.decided] or list(files)
    readable = [came for came in best if not came.trouble]
    best = readable or best
    closest = min(_rank(came, name) for came in best)
    best = [came for came in best if _rank(came, name) == closest]
    newest = [
        came
        for came in best
        if all(
            other.digest == came.digest or order(came.entry, other.entry)[0] > 0 for other in best
        )
    ]
    return (newest or best)[0], ([] if newest else best)


def _rank(came: Came, name: str) -> int:
    """Return how far the name of a notebook is from that of the homework: 0 is the same."""
    own, name = list(came.sender.own), folded(name)
    stem, count, _ = stem_of(own[-1])
    if count and came.sender.platform != "canvas":
        stem = f"{stem}-{count}"  # the student wrote it
    word = re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])")
    if stem == name:
        return 0
    if word.search(stem):
        return 1
    return 2 if any(word.search(folded(part)) for part in own[:-1]) else 3


def _take(id: str, came: Came, past: History, told: Collected) -> list[Question]:
    """Make a file current, when it is newer than all that came before; keep it in any case."""
    entry, shown = replace(came.entry, student=id), came.entry.file
    if came.trouble:
        entry = replace(entry, note=came.trouble)
    before, current = past.of(id), past.current(id)
    data = came.file.read(ENOUGH)
    same = [e for e in before if e.digest == entry.digest]
    if not current:
        past.add(replace(entry, what=history.RECEIVED), data)
        told.new.append(id)
        if came.trouble:
            told.broken[id] = f"{shown} is no notebook that can be read: {came.trouble}"
        return []
    if entry.digest == current.digest:
        if all(entry.evidence() != e.evidence() for e in same):
            past.add(replace(entry, what=history.AGAIN))
        told.again.append(id)
        return []
    named = {
        e.digest for e in before if e.file
    }  # of these, more is known than that they were there
    counted = [
        e
        for e in before
        if e.what not in (history.BESIDE, history.BROKEN) and (e.file or e.digest not in named)
    ]
    readable = [e for e in counted if not _broken(past, e)]
    if came.trouble and readable:
        told.broken[id] = (
            f"{shown} is no notebook that can be read: {came.trouble}. The one before stays; "
            "ask for the file again"
        )
        if not same:
            past.add(replace(entry, what=history.BROKEN), data)
        return []
    rivals = [e for e in (counted if came.trouble else readable) if e.digest != entry.digest]
    signs = [order(entry, e) for e in rivals]
    signs_self = [order(entry, e) for e in same if e.what != history.BESIDE]
    older = any(sign < 0 for sign, _ in signs)
    newer = all(sign > 0 for sign, _ in signs)
    if same and signs_self:
        # It came before, and something else was chosen since. A copy of a file has a new time.
        if any(sign <= 0 for sign, _ in signs_self) or older:
            told.older[id] = f"{shown} came before; what is there is newer, or was restored"
            return []
        newer = newer and all(firm for _, firm in [*signs, *signs_self])
    if older:
        told.older[id] = f"{shown} is older than what is there"
        if not same:
            past.add(replace(entry, what=history.OLDER), data)
        return []
    if not newer and not came.decided:
        return [_question(came, WHICH, "nothing tells if it is newer than what is there", [id])]
    note = entry.note or ("as decided" if came.decided else "")
    past.add(replace(entry, what=history.REPLACED, note=note), data)
    told.replaced[id] = f"{shown}; the one before is kept in the history"
    return []


def _broken(past: History, entry: Entry) -> bool:
    path = past.kept(entry.student, entry.digest)
    return not path.is_file() or bool(_look(path.read_bytes(), past.homework, {})[0])


def _name_others(
    download: Download,
    matcher: Matcher,
    inside: Inside,
    theirs: Mapping[str, Sequence[Came]],
    told: Collected,
) -> None:
    """Name a file that is no notebook, where no notebook came from its sender."""
    first = {inside(file.path)[0] for file in download.files if NOTEBOOK.search(file.path)}
    for file in download.files:
        parts = inside(file.path)
        if parts[0] in first or parts[-1] in _SIDECARS:
            continue
        first.add(parts[0])
        owner = matcher.owner(matcher.sender(parts, {})).student
        if not owner:
            told.left.append((visible(file.path), "not a notebook"))
        elif owner not in theirs:
            told.notes.setdefault(owner, []).append(f"no notebook, but {visible(file.path)}")


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
