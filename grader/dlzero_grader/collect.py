"""Sort a folder or a zip file from a learning platform into one folder a student."""

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from .channel import Limits
from .files import folder_of, write
from .roster import Student

Read = Callable[[int], bytes]
# Some browsers put an ending of their own behind a download.
NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)


def collect(
    name: str,
    source: str | Path,
    students: list[Student],
    target: str | Path,
) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """Match the notebooks in a folder or zip file to the roster, and copy them.

    A file belongs to a student when a part of its path is the student's id, the email address
    or what stands before its @, or the name (``Ada Lovelace``, ``lovelaceada``). Canvas, Moodle,
    nbgrader and GitHub Classroom name their files so. Of several notebooks the one counts that
    is named as the assignment, of these the newest.

    Parameters
    ----------
    name : str
        Name of the assignment.
    source : str or Path
        Folder or zip file. Nothing in it is run or unpacked by its own names.
    students : list of Student
        As `read_roster` returns them.
    target : str or Path
        Gets ``<id>/<assignment>/<assignment>.ipynb``.

    Returns
    -------
    found : dict
        The path of the file for each student that has one.
    strangers : list of str
        Notebooks that belong to nobody, or to more than one student.
    notes : dict
        For a student with several notebooks, or with another file only: what came.

    Raises
    ------
    FileNotFoundError
        When the source does not exist.
    ValueError
        When it is neither a folder nor a zip file.
    """
    enough = Limits().notebook + 1  # one byte too many tells the grader that a file is too large
    came: dict[str, list[tuple[Any, Any, str, Read]]] = {}
    strangers: list[str] = []
    others: list[str] = []
    for path, when, read in _files(Path(source)):
        if not NOTEBOOK.search(path):
            others.append(path)
            continue
        owners = [student["id"] for student in students if _belongs(path, student)]
        if len(owners) == 1:
            came.setdefault(owners[0], []).append((_rank(path, name), when, path, read))
        else:
            strangers.append(path)
    found: dict[str, str] = {}
    notes: dict[str, str] = {}
    for student in students:
        theirs = (path for path in others if _belongs(path, student))
        if student["id"] not in came and (other := next(theirs, None)):
            notes[student["id"]] = f"no notebook, but {other}"
    for id, files in came.items():
        _, _, found[id], read = max(files, key=lambda file: file[:2])
        write(Path(target) / folder_of(id) / name / f"{name}.ipynb", read(enough))
        if len(files) > 1:
            notes[id] = f"{len(files)} notebooks, taken {found[id]}"
    return found, strangers, notes


def _files(source: Path) -> Iterator[tuple[str, Any, Read]]:
    """Yield path, time and a reader of each file; the order is that of the paths."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            inner = path.relative_to(source)
            if not any(part.startswith(".") for part in inner.parts) and path.is_file():
                inside = path.resolve().is_relative_to(source.resolve())
                if inside:  # a link to another place is not a submission
                    yield inner.as_posix(), path.stat().st_mtime, _file_reader(path)
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as pack:
            for entry in sorted(pack.infolist(), key=lambda e: e.filename):
                hidden = any(
                    part.startswith((".", "__MACOSX")) for part in entry.filename.split("/")
                )
                if not entry.is_dir() and not hidden:
                    yield entry.filename, entry.date_time, _zip_reader(source, entry)
    elif source.exists():
        raise ValueError(f"{source} is neither a folder nor a zip file; unpack it first.")
    else:
        raise FileNotFoundError(f"No folder or zip file {source}. Give the download of your class.")


def _file_reader(path: Path) -> Read:
    def read(size: int) -> bytes:
        with open(path, "rb") as file:
            return file.read(size)

    return read


def _zip_reader(source: Path, entry: zipfile.ZipInfo) -> Read:
    def read(size: int) -> bytes:
        try:
            with zipfile.ZipFile(source) as pack, pack.open(entry) as file:
                return file.read(size)
        except (RuntimeError, zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
            return b""  # encrypted or damaged: the grader will call it corrupt

    return read


def _plain(text: str) -> str:
    """Return text for comparing: small letters, no accents told apart by form, only words."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[^\w@.+]+", " ", text.replace("_", " ")).strip()


def _bare(path: str) -> PurePosixPath:
    """Return a path without the ending of the file."""
    bare = NOTEBOOK.sub("", path)
    return PurePosixPath(bare if bare != path else PurePosixPath(path).with_suffix(""))


def _belongs(path: str, student: Student) -> bool:
    parts = [_plain(part) for part in _bare(path).parts]
    words = {word for part in parts for word in part.split()} | set(parts)
    for key in ("id", "email"):
        value = _plain(student[key])
        if value and (value in words or f" {value} " in " ".join(["", *parts, ""])):
            return True
    login = _plain(student["email"].partition("@")[0])
    if login and login in words:
        return True
    name = _plain(student["name"].replace(",", " "))
    if not name or name == _plain(student["id"]):
        return False
    split = name.split()
    turned = " ".join(reversed(split))
    # The surname may be several words: "Ana de la Cruz" comes as delacruzana.
    joined = {"".join(split[i:] + split[:i]) for i in range(len(split))}
    if (joined | {turned.replace(" ", "")}) & words:
        return True
    return any(f" {form} " in f" {part} " for part in parts for form in (name, turned))


def _rank(path: str, name: str) -> tuple[int, ...]:
    """Return what makes one of several notebooks count.

    First the name of the assignment in the name of the file, then in the folders; last the number
    that Canvas puts behind a file handed in again, as in ``hw01-2.ipynb``.
    """
    bare, name = _bare(path), name.casefold()
    number = re.search(r"-(\d{1,3})$", bare.name)
    places = (bare.name.casefold(), str(bare).casefold())
    return (*(name in place for place in places), int(number[1]) if number else 0)
