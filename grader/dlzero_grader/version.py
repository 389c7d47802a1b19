"""What a mark depends on besides the submission, as one fingerprint.

It covers the master, the limits, the files of ``dlzero`` that lie in the sandbox, as they were
written there, and every Python file of the grader. The templates of the pages are left out on
purpose: they say how a mark looks, not what it is. Python and NumPy are not in it either.
"""

import hashlib
import tempfile
from pathlib import Path

from dlzero.homework import plain

from .allowed import write_allowed
from .channel import Limits
from .master import Master

CODE = Path(__file__).parent


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
    for folder in (package, CODE):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (folder == package or path.suffix == ".py"):
                _add(sums, path.relative_to(folder).as_posix(), path)
    _add(sums, "plain.py", Path(plain.__file__))
    return sums.hexdigest()


def _add(sums: "hashlib._Hash", name: str, path: Path) -> None:
    # The length keeps the end of one file from passing for the beginning of the next.
    data = path.read_bytes()
    sums.update(f"\0{name}\0{len(data)}\0".encode() + data)
