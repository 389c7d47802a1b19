"""What a mark depends on besides the submission, as one fingerprint.

It covers the master, the limits, the files of ``dlzero`` that lie in the sandbox, as they were
written there, and every file of the grader that has a part in grading. The rooms that collect,
mark and report are left out on purpose: they say whose a mark is, or how it looks. Python and
NumPy are not in it either.
"""

import hashlib
import tempfile
from pathlib import Path

from dlzero.homework import plain

from ..allowed import write_allowed
from ..master import Master
from ..sandbox.channel import Limits

CODE = Path(__file__).parents[1]
#: What has a part in grading, from there.
COUNTS = ("allowed.py", "grading", "master.py", "notebook.py", "pictures.py", "row.py", "sandbox")


def version_of(master: Master, limits: Limits) -> str:
    """Return the version that a row has when it is graded now.

    Raises
    ------
    ValueError
        For a master that allows what does not exist.
    """
    with tempfile.TemporaryDirectory(prefix="dlzero-") as folder:
        return version_of_folder(master, limits, write_allowed(master.allow, folder))


def version_of_folder(master: Master, limits: Limits, package: Path) -> str:
    """Return the version of the rows that are graded with this folder in the sandbox."""
    sums = hashlib.sha256(master.digest.encode() + repr(limits).encode())
    files = (path for path in package.rglob("*") if path.is_file())
    for path in sorted(path for path in files if "__pycache__" not in path.parts):
        _add(sums, path.relative_to(package).as_posix(), path)
    for path in code():
        _add(sums, path.relative_to(CODE).as_posix(), path)
    _add(sums, "plain.py", Path(plain.__file__))
    return sums.hexdigest()


def code() -> list[Path]:
    """Return the files of the grader that have a part in grading."""
    places = [CODE / name for name in COUNTS]
    files = [
        file for place in places for file in (place.rglob("*.py") if place.is_dir() else [place])
    ]
    return sorted(files)


def _add(sums: "hashlib._Hash", name: str, path: Path) -> None:
    # The length keeps the end of one file from passing for the beginning of the next.
    data = path.read_bytes()
    sums.update(f"\0{name}\0{len(data)}\0".encode() + data)
