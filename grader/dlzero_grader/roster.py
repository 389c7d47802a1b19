"""The list of the class."""

from pathlib import Path
from typing import TypedDict

from .sheets import read_table


class Student(TypedDict, total=False):
    """A student of the roster; `columns` are those of its file.

    `others` are further ids, and `canvas` is the number by which Canvas knows the student.
    """

    id: str
    name: str
    email: str
    section: str
    canvas: str
    others: list[str]
    columns: dict[str, str]


def read_roster(path: str | Path) -> list[Student]:
    """Read the list of the class.

    Parameters
    ----------
    path : str or Path
        A table as `read_table` takes it. It needs a column ``id``; ``name`` and ``email`` help to
        match files, and ``section`` is kept. The gradebook that Canvas exports does as well.

    Returns
    -------
    list of Student
        One a student, in the order of the file, with the keys ``id``, ``name``, ``email``,
        ``section``, and the columns of the file under ``columns``. From a gradebook of Canvas also
        ``canvas`` and ``others``: its ID, which names the files, and the SIS User ID.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        For no students, for one that stands there twice, for an id with invisible signs, for a
        file without ids, and as `read_table`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"No roster {path}. Make a CSV file with the columns id,name,email, one student a line."
        )
    students: dict[str, Student] = {}
    heading, rows = read_table(path)
    for place, cells in rows:
        columns = {key: text for key, text in zip(heading, cells, strict=True) if key}
        low = {key.lower(): text for key, text in columns.items()}
        name = low.get("name") or low.get("student") or ""
        if name.lower() in ("points possible", "student, test"):  # of Canvas
            continue
        id = low.get("id") or low.get("sis user id") or ""
        email = low.get("email") or low.get("sis login id") or ""
        if not (id or name or email):  # an empty line, or one of Canvas about its columns
            continue
        if not id:
            raise ValueError(f"{place}: {columns} has no id; expected a column named id.")
        if not id.isprintable():
            raise ValueError(f"{path.name}: the id {id!r} holds a sign that nobody can see.")
        if id in students:
            raise ValueError(f"{path.name}: the id {id!r} stands there twice. Keep one line.")
        students[id] = {
            "id": id,
            "name": name or id,
            "email": email,
            "section": low.get("section", ""),
            "columns": columns,
        }
        if "student" in low and "sis login id" in low and low.get("id"):
            students[id]["canvas"] = id
            students[id]["others"] = [low["sis user id"]] if low.get("sis user id") else []
    if not students:
        raise ValueError(f"{path.name} names no student; expected one a line below id,name,email.")
    return list(students.values())
