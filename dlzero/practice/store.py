"""The store of finished runs: one SQLite file.

Why SQLite: it is one file, it comes with Python, and a run is written whole or not at all, even
if the process is killed in the middle. Several sweeps may use it at once.
"""

import contextlib
import json
import sqlite3
import struct
import threading
import time
import warnings
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, Self

from ..checks import path_like

#: How long to wait for others that write, in seconds.
PATIENCE = 60
# Numbers as they are in memory, and the words that go with them: most runs have the same.
TABLES = """
CREATE TABLE IF NOT EXISTS outcomes (key BLOB PRIMARY KEY, words INTEGER, numbers BLOB);
CREATE TABLE IF NOT EXISTS words (number INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE IF NOT EXISTS claims (key BLOB PRIMARY KEY);
"""


class Store:
    """Finished runs by key, on disk.

    Parameters
    ----------
    path : path-like or None
        The file. It is made if it is not there. None keeps nothing.

    Raises
    ------
    TypeError
        If that is no path.
    ValueError
        If the file is something else than a store, or the path is no file to SQLite, such as
        ``":memory:"``.
    OSError
        If the folder does not exist or the file cannot be written.

    Warns
    -----
    UserWarning
        If the file is damaged: it is moved aside, and a new one is begun.

    Notes
    -----
    A run takes some 350 bytes. The files of dlzero 0.1.0, with more than twice as much, are read
    as well.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Store(Path(folder) / "runs.sqlite") as store:
    ...         store.put("a", {"train": 0.5})
    ...     with Store(Path(folder) / "runs.sqlite") as store:
    ...         print(store.get(["a", "b"]))
    {'a': {'train': 0.5}}
    """

    def __init__(self, path: str | PathLike[str] | None) -> None:
        self.path = None if path is None else _file(path_like("store", path))
        self.file = None if self.path is None else _opened(self.path)
        self.lock = threading.Lock()  # joblib asks from threads of its own
        self.words: dict[str, int] = {}
        known = "SELECT name FROM sqlite_master WHERE name = 'runs'"
        self.old = self.file is not None and self.file.execute(known).fetchone() is not None

    def get(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the outcomes that are stored, by key. One that cannot be read is left out."""
        if self.file is None:
            return {}
        found = {}
        for key in keys:
            with self.lock:
                rows = self._rows(self.file, key)
            with contextlib.suppress(IndexError, TypeError, ValueError, struct.error):
                found[key] = _unpacked(*rows[0])
        return found

    def _rows(self, file: sqlite3.Connection, key: str) -> list[tuple[str, bytes | None]]:
        ask = "SELECT text, numbers FROM outcomes JOIN words ON words = number WHERE key = ?"
        rows = file.execute(ask, (_short(key),)).fetchall()
        if not rows and self.old:
            rows = file.execute("SELECT outcome, NULL FROM runs WHERE key = ?", (key,)).fetchall()
        return rows

    def claim(self, key: str) -> bool:
        """Say that a run is about to begin; False if somebody has said so, who may be dead."""
        with contextlib.suppress(sqlite3.Error), self.lock:  # no room: put will tell
            if self.file is not None:
                new = self.file.execute("INSERT OR IGNORE INTO claims VALUES (?)", (_short(key),))
                return new.rowcount == 1
        return True

    def put(self, key: str, outcome: dict[str, Any]) -> None:
        """Store one outcome. An OSError says what to do if there is no room for it."""
        if self.file is None:
            return
        words, numbers = _packed(outcome)
        try:
            with self.lock:
                if words not in self.words:
                    new = self.file.execute("INSERT INTO words (text) VALUES (?)", (words,))
                    self.words[words] = new.lastrowid or 0
                row = _short(key), self.words[words], numbers
                self.file.execute("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?)", row)
                self.file.execute("DELETE FROM claims WHERE key = ?", row[:1])
        except sqlite3.Error as error:
            raise OSError(
                f"a run could not be stored in {self.path} ({error}). Make room on the disk and "
                "give the same call again: it goes on from the runs that are stored."
            ) from error

    def is_lost(self) -> bool:
        """Tell whether the file was moved or deleted while it was open."""
        return self.path is not None and not self.path.exists()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.file is not None:
            self.file.close()


def _short(key: str) -> bytes | str:
    """Return a fingerprint in half as many bytes."""
    try:
        return bytes.fromhex(key)
    except ValueError:
        return key


def _packed(outcome: dict[str, Any]) -> tuple[str, bytes]:
    """Split an outcome into words, as JSON, and numbers, eight bytes each."""
    alone = [name for name, value in outcome.items() if isinstance(value, float)]
    numbers, rest = [outcome[name] for name in alone], {**outcome}
    for name, value in outcome.items():
        if name in alone:
            del rest[name]
        elif isinstance(value, list) and all(isinstance(number, float) for number in value):
            rest[name] = {"numbers": len(value)}
            numbers += value
    words = json.dumps([alone, rest], separators=(",", ":"))
    return words, struct.pack(f"<{len(numbers)}d", *numbers)


def _unpacked(words: str, packed: bytes | None) -> dict[str, Any]:
    if packed is None:
        return json.loads(words)
    (alone, rest), numbers = json.loads(words), iter(struct.iter_unpack("<d", packed))
    outcome = {name: next(numbers)[0] for name in alone}
    for name, value in rest.items():
        if isinstance(value, dict):
            value = [next(numbers)[0] for _ in range(value["numbers"])]
        outcome[name] = value
    return outcome


def _file(path: Path) -> Path:
    """Return the path of a file: SQLite has names of its own for what is none."""
    if str(path) == ":memory:" or str(path).startswith("file:"):
        raise ValueError(
            f"store={str(path)!r} is no file to SQLite. Give the path of a file, or None to keep "
            "nothing."
        )
    return path


def _opened(path: Path) -> sqlite3.Connection:
    """Open the file, or a new one if it is damaged."""
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"store={str(path)!r}: there is no folder {str(path.parent)!r}. Make it first."
        )
    try:
        _check_kind(path)
        return _connected(path)
    except (sqlite3.OperationalError, OSError) as error:
        raise OSError(
            f"the store {path} cannot be used ({error}). Choose another file with store=..., such "
            "as a copy of one that may only be read, or store=None to keep nothing."
        ) from error
    except sqlite3.DatabaseError as error:
        aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
        path.rename(aside)
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        warnings.warn(
            f"the store {path} is damaged ({error}). It was moved to {aside}, and a new one is "
            "begun: its runs are done again.",
            stacklevel=4,
        )
        return _connected(path)


def _check_kind(path: Path) -> None:
    """Leave alone what is not a database, however its name came here."""
    if path.exists():
        with path.open("rb") as file:
            first = file.read(16)
        if first not in (b"", b"SQLite format 3\0"):
            raise ValueError(f"store={str(path)!r} is another kind of file. Choose another name.")


def _connected(path: Path) -> sqlite3.Connection:
    """Open the file; wait while others do the same, for SQLite itself does not always."""
    end = time.monotonic() + PATIENCE
    while True:
        file = sqlite3.connect(
            path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            return _prepared(file, path)
        except BaseException as error:
            file.close()
            busy = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            if not busy or time.monotonic() > end:
                raise
        time.sleep(0.05)


def _prepared(file: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
    if tables and not tables & {"runs", "outcomes", "words"}:
        raise ValueError(f"store={str(path)!r} is another database. Choose another name.")
    # A killed process loses nothing so; only a power cut can take the last few runs.
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("PRAGMA synchronous=NORMAL")
    for table in TABLES.split(";"):
        file.execute(table)
    # A file that cannot be written is noticed now, and not after the first run.
    file.execute("PRAGMA user_version=1")
    verdict = file.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
    file.execute("SELECT key, words, numbers FROM outcomes LIMIT 1")
    return file
