"""Files of a class: the roster, and writing in one step."""

import contextlib
import csv
import io
import os
import re
import tempfile
import urllib.parse
from pathlib import Path


def write(path, text):
    """Write a file in one step: whoever reads it sees the old text or the new one."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def folder_of(student):
    """Return the name of a student's folder; it cannot lead elsewhere.

    Examples
    --------
    >>> folder_of("王小明")
    '王小明'
    >>> folder_of("../x")
    '%2E%2E%2Fx'
    """
    name = urllib.parse.quote(student, safe=" @+,=")
    name = re.sub(r"(?:%[89A-F][0-9A-F])+", lambda m: urllib.parse.unquote(m[0]), name)
    return name.replace(".", "%2E") if name.startswith(".") else name


def read_table(path):
    """Return the lines of a CSV file, each as a dict, as a spreadsheet may have saved it.

    Parameters
    ----------
    path : str or Path
        With a heading; commas, semicolons or tabs between the columns.

    Returns
    -------
    list of dict

    Raises
    ------
    ValueError
        When the file is not in UTF-8.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(
            f"{path} is not in UTF-8. Open it in the spreadsheet and save it as 'CSV UTF-8'."
        ) from None
    between = max(",;\t", key=text.partition("\n")[0].count)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=between))


def read_roster(path):
    """Read the list of the class.

    Parameters
    ----------
    path : str or Path
        CSV with a heading. It needs a column ``id``; ``name`` and ``email`` help to match files.
        The gradebook that Canvas exports does as well.

    Returns
    -------
    list of dict
        One a student, in the order of the file, with the keys ``id``, ``name``, ``email`` and
        the columns of the file under ``columns``.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        For no students, for one that stands there twice, for a file without ids or not in UTF-8.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"No roster {path}. Make a CSV file with the columns id,name,email, one student a line."
        )
    students = {}
    for row in read_table(path):
        columns = {(key or "").strip(): (value or "") for key, value in row.items() if key}
        low = {key.lower(): value.strip() for key, value in columns.items()}
        name = low.get("name") or low.get("student") or ""
        if name.strip().lower() in ("points possible", "student, test"):  # of Canvas
            continue
        id = low.get("id") or low.get("sis user id") or ""
        email = low.get("email") or low.get("sis login id") or ""
        if not (id or name or email):  # an empty line, or one of Canvas about its columns
            continue
        if not id:
            raise ValueError(f"{path.name}: {dict(row)} has no id; expected a column named id.")
        if id in students:
            raise ValueError(f"{path.name}: the id {id!r} stands there twice. Keep one line.")
        students[id] = {"id": id, "name": name or id, "email": email, "columns": columns}
    if not students:
        raise ValueError(f"{path.name} names no student; expected one a line below id,name,email.")
    return list(students.values())
