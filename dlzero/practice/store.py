"""The store of finished runs: one SQLite file.

Why SQLite: it is one file, it comes with Python, and a run is written whole or not at all, even
if the process is killed in the middle. joblib.Memory would be a folder with a pickle for each
run: many small files, keyed by the source of one function and not of what that function calls.
"""

import json
import sqlite3
import time
import warnings
from pathlib import Path

_TABLE = "CREATE TABLE IF NOT EXISTS runs (key TEXT PRIMARY KEY, outcome TEXT NOT NULL)"


class Store:
    """Finished runs by key, on disk.

    Parameters
    ----------
    path : path-like or None
        The file. It is made if it is not there. None keeps nothing.

    Attributes
    ----------
    unsaved : dict
        Outcomes that could not be written, because the disk is full for example. Each `put` tries
        them again.

    Raises
    ------
    OSError
        If the folder does not exist or the file cannot be written.

    Warns
    -----
    UserWarning
        If the file is damaged: it is moved aside, and a new one is begun. And once if a run
        cannot be written.

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

    def __init__(self, path):
        self.path = None if path is None else Path(path)
        self.unsaved, self.warned, self.file = {}, False, None
        if self.path is None:
            return
        if not self.path.parent.is_dir():
            raise FileNotFoundError(
                f"store={str(path)!r}: there is no folder {str(self.path.parent)!r}. Make it first."
            )
        try:
            self.file = self._open()
        except sqlite3.OperationalError as error:
            raise OSError(
                f"the store {self.path} cannot be used ({error}). Choose another file with "
                "store=..., or store=None to keep nothing."
            ) from error
        except sqlite3.DatabaseError as error:
            aside = self._move_aside()
            warnings.warn(
                f"the store {self.path} is damaged ({error}). It was moved to {aside}, and a new "
                "one is begun: its runs are done again.",
                stacklevel=4,
            )
            self.file = self._open()

    def _open(self):
        file = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        try:
            # A killed process loses nothing so; only a power cut can take the last few runs.
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=NORMAL")
            file.execute(_TABLE)
            verdict = file.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            file.execute("SELECT key, outcome FROM runs LIMIT 1")
        except BaseException:
            file.close()
            raise
        return file

    def _move_aside(self):
        aside = self.path.with_name(f"{self.path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        while aside.exists():
            aside = aside.with_name(aside.name + "x")
        self.path.rename(aside)
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        return aside

    def get(self, keys):
        """Return the outcomes that are stored, by key. One that cannot be read is left out."""
        if self.file is None:
            return {}
        keys, found = set(keys), {}
        for key, text in self.file.execute("SELECT key, outcome FROM runs"):
            if key in keys:
                try:
                    found[key] = json.loads(text)
                except (TypeError, ValueError):
                    continue
        return found

    def put(self, key, outcome):
        """Store one outcome, and those that could not be stored before."""
        if self.file is None:
            return
        self.unsaved[key] = outcome
        try:
            for key, outcome in list(self.unsaved.items()):
                text = json.dumps(outcome)
                self.file.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", (key, text))
                del self.unsaved[key]
        except sqlite3.Error as error:
            if not self.warned:
                warnings.warn(
                    f"a run could not be stored in {self.path} ({error}). The sweep goes on, and "
                    "each later run tries again. Make room on the disk.",
                    stacklevel=3,
                )
            self.warned = True

    def close(self):
        """Close the file."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
