"""Sort a download of a learning platform into one folder a student; lose nothing, guess nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..files import alone
from ..roster import Student
from ..tables import named
from . import history
from .arrivals import ENOUGH, Arrivals, Came, Words, look
from .decide import HOMEWORK, NOBODY, WHICH, WHOSE, Decisions, Question, short
from .downloads import Download, read_download
from .history import Entry, History, order
from .match import Owner

BESIDE_MOST = 20  # further notebooks of a student that are kept


@dataclass
class Collected:
    """What one download brought; lists and keys are ids, and all text is safe to print.

    Attributes
    ----------
    new, again : list of str
        Students whose first file came, and whose current file came once more.
    replaced, older, unread : dict of str to str
        What came for a student, and what became of it.
    broken : dict of str to str
        Every student whose current file cannot be read, whenever it came, and why.
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
    unread: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)
    open: list[Question] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


def collect(
    name: str,
    source: str | Path,
    students: Sequence[Student],
    folder: str | Path,
    words: Words | None = None,
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
    words : Words, optional
        As `words_of` finds them: what tells one homework from another.

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
    download = read_download(source)
    with alone(Path(folder) / "history" / name):
        return _received(name, Path(source), download, students, Path(folder), words or {})


def _received(
    name: str,
    source: Path,
    download: Download,
    students: Sequence[Student],
    folder: Path,
    words: Words,
) -> Collected:
    past, ids = History(folder, name), {student["id"] for student in students}
    former = sorted({entry.student for entry in past.entries} - ids)
    decisions = Decisions(folder / "decide" / f"{name}.csv", students, former)
    told = Collected()
    told.left = [(named(path), why) for path, why in download.left]
    alike: dict[str, list[str]] = {}
    for id in sorted(ids):
        alike.setdefault(id.lstrip("0") if id.isdigit() else id, []).append(id)
        if note := past.mend(id):
            told.notes.setdefault(id, []).append(note)
    for some in alike.values():
        for id in some if len(some) > 1 else ():
            note = f"the roster has {' and '.join(some)}, which differ in zeros only"
            told.notes.setdefault(id, []).append(note)
    everybody = [*students, *(Student(id=id, name=id, email="") for id in former)]
    known = past.senders() | decisions.about_senders()
    came = Arrivals(name, source, download, everybody, known, words)
    asked: list[Question] = []
    theirs: dict[str, list[Came]] = {}
    unknown: dict[str, list[tuple[Came, Owner]]] = {}
    owners = _owners(came, past, decisions)
    for one, owner in zip(came.notebooks, owners, strict=True):
        if owner.student in ids:
            theirs.setdefault(owner.student, []).append(one)
        elif owner.student and owner.student != NOBODY:
            told.former[owner.student] = one.entry.file
        elif not owner.student:
            unknown.setdefault(one.entry.sender or one.file.path, []).append((one, owner))
    for pairs in unknown.values():  # of a whole clone, only the notebook that it is about
        closest = min(one.rank(name) for one, _ in pairs)
        asked += [
            _question(one, WHOSE, owner.why, owner.candidates)
            for one, owner in pairs
            if one.rank(name) == closest
        ]
    for id, files in theirs.items():
        asked += Desk(name, id, past, decisions, told).receive(files)
    told.broken = {id: why for id in sorted(ids) if (why := _broken(past, id))}
    told.open = decisions.ask(asked, [(one.file.path, one.digest) for one in came.notebooks])
    told.left += [(named(path), "the time in it cannot be read") for path in came.timeless]
    if came.around:
        why = "nobody on the roster; taken for the folder around the download"
        told.left.append((named(came.around), why))
    owned = [
        one.file.path for one, owner in zip(came.notebooks, owners, strict=True) if owner.student
    ]
    for path, student, more in came.others(owned):
        if not student:
            why = f"not a notebook, and {more} more beside it" if more else "not a notebook"
            told.left.append((named(path), why))
        elif student not in theirs:
            told.notes.setdefault(student, []).append(f"no notebook, but {named(path)}")
    return told


def _owners(arrivals: Arrivals, past: History, decisions: Decisions) -> list[Owner]:
    """Return the owner of each notebook: as decided, or else as it is named."""
    of_senders, matcher = decisions.about_senders(), arrivals.matcher
    keys: dict[str, set[str]] = {}
    for key, student in past.senders().items():
        keys.setdefault(student, set()).add(key)
    found = []
    for came in arrivals.notebooks:
        decided = decisions.about_file(came.file.path, came.digest)
        decided = decided or of_senders.get(came.entry.sender, "")
        owner = Owner(decided) if decided else matcher.owner(came.sender)
        if matcher.known.get(came.entry.sender) == owner.student:
            owner = replace(owner, by_name=False)
        if owner.student and came.entry.sender:
            keys.setdefault(owner.student, set()).add(came.entry.sender)
        found.append(owner)

    def doubtful(came: Came, owner: Owner) -> bool:
        # One name, but two senders: only one of them can be that student.
        start, known = f"{came.sender.platform} ", keys.get(owner.student, ())
        # By the number of the sender; a name may stand behind it.
        same = {key.split()[1] for key in known if key.startswith(start)}
        return owner.by_name and len(same) > 1

    return [
        Owner("", "two senders have this name", (owner.student,))
        if doubtful(came, owner)
        else owner
        for came, owner in zip(arrivals.notebooks, found, strict=True)
    ]


def _broken(past: History, id: str) -> str:
    """Return why the current file of a student cannot be read; empty when it can, or is none."""
    current, path = past.current(id), past.submission(id)
    if not current or path.is_symlink() or not path.is_file():
        return ""
    trouble, _ = look(path.read_bytes(), past.homework, {})
    shown = current.file or "the file that was there"
    return trouble and f"{shown} is no notebook that can be read: {trouble}"


def _question(came: Came, kind: str, why: str, candidates: Sequence[str]) -> Question:
    return Question(
        came.entry.file.strip(),
        f"{kind}: {named(why)}",
        tuple(candidates),
        came.entry.sender if kind == WHOSE else "",
        short(came.digest),
    )


@dataclass
class Desk:
    """Where the files of one student are received."""

    name: str
    id: str
    past: History
    decisions: Decisions
    told: Collected

    def receive(self, files: Sequence[Came]) -> list[Question]:
        """Take what came; return the questions about it."""
        ours = [came for came in files if not came.homework or self._decided(came)]
        if not ours:
            return [self._ask(came, HOMEWORK, f"this looks like {came.homework}") for came in files]
        best = self._best(ours)
        digests = {came.digest for came in best}
        if len(digests) > 1:
            current, before = self.past.current(self.id), self.past.of(self.id)
            if current and current.digest in digests and digests <= {e.digest for e in before}:
                self.told.again.append(self.id)  # it was settled earlier, perhaps by `restore`
                return []
            if all(self._decided(came) for came in best):
                self._note("decided for two files; write nobody beside all but one")
            why = (
                f"{len(best)} notebooks, and nothing tells which is the newest; write the id "
                "beside the one to take, or nobody beside those to leave"
            )
            return [self._ask(came, WHICH, why) for came in best]
        chosen = best[0]
        asked = self._take(chosen)
        if len(files) > 1:
            current = self.past.current(self.id)
            taken = current is not None and current.digest == chosen.digest
            what = f"taken {chosen.entry.file}" if taken else "none taken"
            self._note(f"{len(files)} notebooks, {what}")
        for came in [came for came in ours if came.digest != chosen.digest][:BESIDE_MOST]:
            self._keep(came, history.BESIDE, f"beside {chosen.entry.file}")
        return asked

    def _best(self, files: Sequence[Came]) -> list[Came]:
        """Return the notebook that counts; several, when nothing decides between them."""
        best = [came for came in files if not came.trouble] or list(files)
        closest = min(came.rank(self.name) for came in best)
        best = [came for came in best if came.rank(self.name) == closest]
        newest = [
            came
            for came in best
            if all(
                other.digest == came.digest or order(came.entry, other.entry)[0] > 0
                for other in best
            )
        ]
        return newest or [came for came in best if self._decided(came)] or best

    def _take(self, came: Came) -> list[Question]:
        """Make a file current, when it is newer than all that came before; keep it anyway."""
        shown = came.entry.file
        entry = replace(came.entry, student=self.id, note=came.trouble)
        before, current = self.past.of(self.id), self.past.current(self.id)
        if not current:
            self.past.add(replace(entry, what=history.RECEIVED), came.file.read(ENOUGH))
            self.told.new.append(self.id)
            return []
        same = [e for e in before if e.digest == entry.digest]
        if entry.digest == current.digest:
            if all(entry.evidence() != e.evidence() for e in same):
                self.past.add(replace(entry, what=history.AGAIN))
            self.told.again.append(self.id)
            return []
        # What was there before the history tells little, once the same file came with a name.
        named = {e.digest for e in before if e.file}
        counted = [
            e for e in before if e.what not in history.OUTSIDE and (e.file or e.digest not in named)
        ]
        readable = [e for e in counted if not self._broken(e)]
        if came.trouble and readable:
            self._leave(came, same, readable)
            return []
        rivals = [e for e in (counted if came.trouble else readable) if e.digest != entry.digest]
        signs = [order(entry, e) for e in rivals]
        earlier = [order(entry, e) for e in same if e.what not in history.OUTSIDE]
        older = any(sign < 0 for sign, _ in signs)
        newer = all(sign > 0 for sign, _ in signs)
        if earlier:
            # It came before, and another was chosen since. A copy of a file has a new time.
            if older or any(sign <= 0 for sign, _ in earlier):
                self.told.older[self.id] = (
                    f"{shown} came before; what is there is newer, or was restored"
                )
                return []
            newer = newer and all(firm for _, firm in [*signs, *earlier])
        if older:
            self.told.older[self.id] = f"{shown} is older than what is there"
            self._keep(came, history.OLDER, came.trouble)
            return []
        decided = self._decided(came)
        if not newer and not decided:
            why = (
                "nothing tells if it is newer than what is there; the id takes this one, nobody "
                "leaves what is there"
            )
            return [self._ask(came, WHICH, why)]
        note = entry.note or ("as decided" if decided else "")
        self.past.add(replace(entry, what=history.REPLACED, note=note), came.file.read(ENOUGH))
        self.told.replaced[self.id] = f"{shown}; the one before is kept in the history"
        return []

    def _leave(self, came: Came, same: Sequence[Entry], readable: Sequence[Entry]) -> None:
        """Keep a file that cannot be read beside those that can; say what it is to the student."""
        shown, entries = came.entry.file, self.past.of(self.id)
        made = [place for place, e in enumerate(entries) if e.what in history.MADE]
        if any(order(came.entry, e)[0] < 0 for e in readable):
            self.told.older[self.id] = f"{shown} is older than what is there"
        elif same and entries.index(same[0]) < made[-1]:
            self.told.older[self.id] = (
                f"{shown} came before; what is there is newer, or was restored"
            )
        else:
            self.told.unread[self.id] = (
                f"{shown} is no notebook that can be read: {came.trouble}. The one before stays; "
                "ask for the file again"
            )
        self._keep(came, history.BROKEN, came.trouble)

    def _ask(self, came: Came, kind: str, why: str) -> Question:
        self._keep(came, history.ASKED, why)
        return _question(came, kind, why, [self.id])

    def _keep(self, came: Came, what: str, note: str) -> None:
        """Keep a file that does not become current, once."""
        if all(entry.digest != came.digest for entry in self.past.of(self.id)):
            entry = replace(came.entry, student=self.id, what=what, note=note)
            self.past.add(entry, came.file.read(ENOUGH))

    def _decided(self, came: Came) -> bool:
        return self.decisions.about_file(came.file.path, came.digest) == self.id

    def _note(self, text: str) -> None:
        self.told.notes.setdefault(self.id, []).append(text)

    def _broken(self, entry: Entry) -> bool:
        path = self.past.kept(entry.student, entry.digest)
        return not path.is_file() or bool(look(path.read_bytes(), self.name, {})[0])
