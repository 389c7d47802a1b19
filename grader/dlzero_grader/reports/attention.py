"""What deserves a look: hints for the instructor, and no verdict about anybody."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..collecting.arrivals import Words, homework_of
from ..files import folder_of
from ..marking.score import Score
from ..master import Master
from ..notebook import Corrupt, read_notebook
from ..roster import Student
from ..row import Row
from ..sandbox.channel import Limits
from ..statuses import UNREAD
from ..tables import line, named, table
from .alike import Group, alike, code_words, runs

MOST_CELLS = 2_000
MOST_NAMES = 40  # of a group; beyond it, everybody has the same
MOST_PROBES = 6
LONG_CODE = 5  # lines of an answer that somebody worked on
LONG_TEXT = 12  # words of a free response that two do not write by chance
_MISSING = re.compile(r"\b(?:NameError|ImportError|ModuleNotFoundError)\b[^\n]*")
_ENDS = re.compile("did not end|ended the process|used all of the memory|stopped")
# Names that are clear by themselves; all of os that does more than join a path or count; modules
# whose names are words as well, where they are imported; the files of NumPy.
_PROBES = re.compile(
    r"\b(?:subprocess|socket(?:server)?|ctypes|settrace|setprofile|gc\.get_\w+|inspect|importlib"
    r"|runpy|urllib|ftplib|smtplib|pathlib|glob|shutil|tempfile|fileinput|linecache|FileIO"
    r"|multiprocessing|ProcessPoolExecutor|mmap|fcntl|sys\.modules|sys\._\w+|_getframe"
    r"|__(?:subclasses|builtins|globals|import|loader|spec)__"
    r"|os\.(?!(?:name|sep|linesep|cpu_count|urandom|path\.(?:join|basename|dirname|split\w*))\b)"
    r"(?:path\.)?\w+|from\s+os\s+import\s+\w+|import\s+os\s+as\s+\w+"
    r"|(?:from|import)\s+(?:asyncio|builtins|http|platform|posix|pwd|requests|resource|select"
    r"|signal|sqlite3|tarfile|zipfile)"
    r"|(?:np|numpy)\.(?:fromfile|genfromtxt|load|loadtxt|memmap|save|savetxt|savez\w*)|tofile"
    r"|globals|open)\b|/proc\b"
)
Cells = list[dict[str, str]]
#: What is looked for, in the order of the list.
KINDS = (
    "to decide",
    "another homework",
    "a name or an import is missing",
    "stopped or ran out of time",
    "passes the visible tests only",
    "tests were changed",
    "looks around",
    "code much alike",
    "free responses much alike",
)


@dataclass(frozen=True)
class Hint:
    """Something to look at: whose it is, one of `KINDS`, and what was seen."""

    student: str
    kind: str
    detail: str


def attention(
    master: Master,
    students: list[Student],
    rows: Mapping[str, Row],
    scores: Mapping[str, Score],
    submitted: Path | None,
    words: Words | None = None,
) -> list[Hint]:
    """Return what deserves a look, by kind, then in the order of the roster.

    Parameters
    ----------
    master : Master
    students : list of Student
    rows, scores : dict
        Of each student.
    submitted : Path or None
        Where the notebooks lie; without them only rows and scores are looked at.
    words : Words, optional
        Of the other homeworks, as `words_of` returns them.

    Returns
    -------
    list of Hint
    """
    names = {student["id"]: student["name"] for student in students}
    given = read_notebook(master.text.encode())[1]
    hints: list[Hint] = []
    code: dict[str, set[int]] = {}
    for student in names:
        row = rows[student]
        hints += [Hint(student, KINDS[0], note) for note in scores[student].notes]
        hints += _of_marks(master, row, scores[student])
        notebook = _read(submitted, student, master.name) if row.status not in UNREAD else None
        if notebook:
            metadata, cells = notebook
            own = _own_code(master, given, cells)
            code[student] = set().union(*(runs(code_words(source)) for source in own))
            looks_like = homework_of(metadata, cells, master.name, words or {})
            hints += _of_cells(master, row, looks_like, cells, own)
    known = [runs(code_words(cell["source"])) for cell in given]
    for group in alike(code, set().union(*known)):
        hints.append(Hint(group.students[0], KINDS[7], _with(group, names)))
    hints += _of_texts(master, names, rows)
    order = {student: place for place, student in enumerate(names)}
    return sorted(hints, key=lambda hint: (KINDS.index(hint.kind), order[hint.student]))


def attention_csv(students: list[Student], hints: Iterable[Hint]) -> str:
    """Return the list as a table."""
    names = {student["id"]: student["name"] for student in students}
    rows = [(h.student, names[h.student], h.kind, h.detail) for h in hints]
    return table([("student", "name", "what", "details"), *rows])


def _read(
    submitted: Path | None, student: str, name: str
) -> tuple[dict[str, object], Cells] | None:
    path = submitted / folder_of(student) / name / f"{name}.ipynb" if submitted else None
    if not path or not path.is_file():
        return None
    try:
        with open(path, "rb") as file:
            metadata, cells = read_notebook(file.read(Limits().notebook + 1))
    except Corrupt:
        return None
    return metadata, cells[:MOST_CELLS]


def _own_code(master: Master, given: Cells, cells: Cells) -> list[str]:
    """Return the code that was not handed out."""
    out = {"", *(answer.stub.strip() for answer in master.answers)}
    out |= {test.visible.strip() for test in master.tests}
    answers = {answer.id for answer in master.answers}
    out |= {cell["source"].strip() for cell in given if cell["grade_id"] not in answers}
    tests = {test.id for test in master.tests}
    return [
        cell["source"]
        for cell in cells
        if cell["kind"] == "code"
        and cell["grade_id"] not in tests
        and cell["source"].strip() not in out
    ]


def _of_marks(master: Master, row: Row, score: Score) -> list[Hint]:
    """Look at how the tests ended."""
    hints = []
    messages = [*(part.message for part in score.lines), *row.notes]
    seen = dict.fromkeys(found[0] for text in messages if (found := _MISSING.search(text)))
    # A missing name costs every test of an answer; who gets others right did the work.
    if seen and any(part.passed for part in score.lines):
        hints.append(Hint(row.student, KINDS[2], "; ".join(line(text) for text in [*seen][:3])))
    if row.restarts or row.status == "timeout":
        ends = [text for text in row.notes if _ENDS.search(text)]
        said = "; ".join(line(text) for text in ends[:3]) or row.status
        hints.append(Hint(row.student, KINDS[3], said))
    secret = {test.id for test in master.tests if test.hidden and test.visible.strip()}
    lines = [part for part in score.lines if part.id in secret]
    failed = [part.id for part in lines if part.hidden and not part.passed]
    if len(failed) > 1 and 2 * len(failed) > len(lines):
        hints.append(Hint(row.student, KINDS[4], ", ".join(failed)))
    return hints


def _of_cells(
    master: Master,
    row: Row,
    looks_like: str,
    cells: Cells,
    own: list[str],
) -> list[Hint]:
    """Look at the notebook itself."""
    hints = []
    if looks_like not in ("", master.name):
        return [Hint(row.student, KINDS[1], f"this looks like {line(looks_like)}")]
    if own:
        heads = {word for source in own for word in re.findall(r"\w+", source)}
        if not any(heads.issuperset(answer.names) for answer in master.answers):
            detail = "none of its functions is of this homework"
            hints.append(Hint(row.student, KINDS[1], detail))
    missing = any(_MISSING.search(text) for text in row.notes)
    long = sum(len(source.split("\n")) for source in own) >= LONG_CODE * len(master.answers)
    if missing and long and not any(result.passed for result in row.tests.values()):
        hints.append(Hint(row.student, KINDS[2], "no test passed, but the code is long"))
    shown = {test.id: test.visible.split() for test in master.tests}
    changed = [
        cell["grade_id"]
        for cell in cells
        if cell["grade_id"] in shown and cell["source"].split() != shown[cell["grade_id"]]
    ]
    if changed:
        hints.append(Hint(row.student, KINDS[5], f"{', '.join(changed[:5])} (they do not count)"))
    found = (_PROBES.findall(re.sub(r"#[^\n]*", "", source)) for source in own)
    if probes := sorted({named(" ".join(name.split()), 60) for names in found for name in names}):
        more = f" and {len(probes) - MOST_PROBES} more" if probes[MOST_PROBES:] else ""
        said = f"uses {', '.join(probes[:MOST_PROBES])}{more}"
        hints.append(Hint(row.student, KINDS[6], said))
    return hints


def _of_texts(master: Master, names: Mapping[str, str], rows: Mapping[str, Row]) -> list[Hint]:
    """Look at the free responses side by side."""
    hints = []
    for written in master.written:
        words = {id: rows[id].written[written.id].text.casefold().split() for id in names}
        texts = {id: own for id, own in words.items() if len(own) >= LONG_TEXT}
        for group in alike({id: runs(own, 3) for id, own in texts.items()}, fewest=8):
            detail = f"{written.id}, {_with(group, names)}"
            hints.append(Hint(group.students[0], KINDS[8], detail))
    return hints


def _with(group: Group, names: Mapping[str, str]) -> str:
    """Return with whom the first of a group shares how much."""
    others = group.students[1:]
    some = ", ".join(f"{names[other]} ({other})" for other in others[:MOST_NAMES])
    more = f" and {len(others) - MOST_NAMES} more" if others[MOST_NAMES:] else ""
    count = f"{len(group.students)} students, with " if others[1:] else ""
    least, most = f"{group.least:.0%}", f"{group.most:.0%}"
    return f"{count}{some}{more}: {most if least == most else f'{least} to {most}'}"
