"""What `collect` was not certain about: a table that the instructor fills in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..files import write
from ..roster import Student
from ..sheets import lines_of, table_of
from ..tables import cell, named
from .senders import folded

NOBODY = "nobody"
#: The kinds of questions, as `why` begins.
WHOSE, WHICH, HOMEWORK = "whose", "which", "homework"
COLUMNS = ("file", "why", "candidates", "student", "sender", "digest")


@dataclass(frozen=True)
class Question:
    """A line of the table.

    Attributes
    ----------
    file : str
        Path in the download, as it is shown.
    why : str
        Begins with the kind of question: ``whose``, ``which`` of several, ``homework``.
    candidates : tuple of str
        Ids of those that it may belong to.
    sender : str
        Key of the sender, as in `Sender`; an answer about it counts for its later files.
    digest : str
        Beginning of the SHA-256 of the file.
    student : str
        The answer: an id, ``nobody``, or empty.
    """

    file: str
    why: str
    candidates: tuple[str, ...] = ()
    sender: str = ""
    digest: str = ""
    student: str = ""


class Decisions:
    """The table of a homework.

    Parameters
    ----------
    path : str or Path
        ``decide/hw01.csv``; it need not exist.
    students : list of Student
    former : collection of str
        Ids that are no longer on the roster.

    Raises
    ------
    ValueError
        For an answer that is neither an id of the roster nor ``nobody``, and as `lines_of`.
    """

    def __init__(
        self, path: str | Path, students: Sequence[Student], former: Iterable[str]
    ) -> None:
        self.path = Path(path)
        self.questions: list[Question] = []
        ids = [*(student["id"] for student in students), *former]
        for place, line in lines_of(self.path, ("file", "student")):
            cells = {name: line.get(name, "") for name in COLUMNS}
            self.questions.append(
                Question(
                    cells["file"],
                    cells["why"],
                    tuple(cells["candidates"].split()),
                    cells["sender"],
                    cells["digest"],
                    _answer(cells["student"], ids, place),
                )
            )

    def about_file(self, file: str, digest: str) -> str:
        """Return the answer about a file: an id, ``nobody``, or empty."""
        for question in reversed(self.questions):
            same = question.file == named(file).strip()
            if question.student and same and question.digest in ("", short(digest)):
                return question.student
        return ""

    def about_senders(self) -> dict[str, str]:
        """Return the answers that count for all files of a sender."""
        return {
            question.sender: question.student
            for question in self.questions
            if question.student and question.sender and question.why.startswith(WHOSE)
        }

    def ask(self, asked: Sequence[Question], seen: Iterable[tuple[str, str]]) -> list[Question]:
        """Write the table anew: answers stay, and so do questions about files not seen now.

        Parameters
        ----------
        asked : list of Question
            Those of this download.
        seen : pairs of str
            Path and digest of all notebooks of this download.

        Returns
        -------
        list of Question
            All that are open.
        """
        now = {(named(file).strip(), short(digest)) for file, digest in seen}
        again = {(question.file, question.digest): question for question in asked}
        kept: dict[tuple[str, str], Question] = {}
        for question in self.questions:  # where they stand, since somebody may be at work there
            key = question.file, question.digest
            if key in kept and kept[key].student:
                continue
            if question.student or key not in now:
                kept[key] = question
            elif key in again:
                kept[key] = again[key]
        self.questions = [*kept.values(), *(again[key] for key in again if key not in kept)]
        if self.questions or self.path.exists():
            lines: list[Iterable[str]] = [COLUMNS]
            for q in self.questions:
                cells = (q.file, q.why, " ".join(q.candidates), q.student, q.sender, q.digest)
                lines.append(map(cell, cells))
            write(self.path, "\ufeff" + table_of(lines))
        return [question for question in self.questions if not question.student]


def short(digest: str) -> str:
    """Return a digest as the table has it: a spreadsheet would take some for numbers."""
    return f"sha256:{digest[:16]}"


def _answer(given: str, ids: Sequence[str], place: str) -> str:
    if folded(given) in ("", NOBODY):
        return folded(given)
    found = [id for id in ids if id == given] or [id for id in ids if folded(id) == folded(given)]
    if len(found) == 1:
        return found[0]
    near = [id for id in ids if id.lstrip("0") == given.lstrip("0")]
    hint = f" The roster has {near[0]!r}." if near else ""
    raise ValueError(
        f"{place}: student {given!r} is not on the roster.{hint} Write an id as the roster does, "
        "nobody, or leave it empty."
    )
