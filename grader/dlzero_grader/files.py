"""Files of a class: written in one step, in folders whose names lead nowhere else."""

import contextlib
import fcntl
import os
import re
import tempfile
import urllib.parse
from collections.abc import Iterator
from pathlib import Path


def write(path: str | Path, text: str | bytes) -> None:
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


@contextlib.contextmanager
def alone(folder: str | Path) -> Iterator[None]:
    """Let one command at a time write in a folder, which is made; the others wait."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def folder_of(student: str) -> str:
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
