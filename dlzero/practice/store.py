"""The store of finished runs: one SQLite file.

Why SQLite: it is one file, it comes with Python, and a run is written whole or not at all, even
if the process is killed in the middle.
"""

import contextlib
import json
import sqlite3
import time
import warnings
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, Self

from ..checks import path_like


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
    OSError
        If the folder does not exist or the file cannot be written.

    Warns
    -----
    UserWarning
        If the file is damaged: it is moved aside, and a new one is begun.

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
        self.path = None if path is None else path_like("store", path)
        self.file = None if self.path is None else _opened(self.path)

    def get(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the outcomes that are stored, by key. One that cannot be read is left out."""
        keys, found = set(keys), {}
        for key, text in self.file.execute("SELECT key, outcome FROM runs") if self.file else ():
            if key in keys:
                with contextlib.suppress(TypeError, ValueError):
                    found[key] = json.loads(text)
        return found

    def put(self, key: str, outcome: dict[str, Any]) -> None:
        """Store one outcome. An OSError says what to do if there is no room for it."""
        if self.file is None:
            return
        try:
            row = key, json.dumps(outcome)
            self.file.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", row)
        except sqlite3.Error as error:
            raise OSError(
                f"a run could not be stored in {self.path} ({error}). Make room on the disk and "
                "give the same call again: it goes on from the runs that are stored."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.file is not None:
            self.file.close()


def _opened(path: Path) -> sqlite3.Connection:
    """Open the file, or a new one if it is damaged."""
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"store={str(path)!r}: there is no folder {str(path.parent)!r}. Make it first."
        )
    try:
        return _connected(path)
    except sqlite3.OperationalError as error:
        raise OSError(
            f"the store {path} cannot be used ({error}). Choose another file with store=..., or "
            "store=None to keep nothing."
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


def _connected(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=60, isolation_level=None)
    try:
        # A killed process loses nothing so; only a power cut can take the last few runs.
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA synchronous=NORMAL")
        file.execute("CREATE TABLE IF NOT EXISTS runs (key TEXT PRIMARY KEY, outcome TEXT)")
        verdict = file.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        file.execute("SELECT key, outcome FROM runs LIMIT 1")
    except BaseException:
        file.close()
        raise
    return file
