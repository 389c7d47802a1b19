"""Grade the whole table of submissions in one class, and watch the machine meanwhile."""

import contextlib
import ctypes
import hashlib
import json
import os
import platform
import secrets
import shutil
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import classroom.attacks  # noqa: F401 - they put themselves into the table
import pytest
from classroom.submissions import SUBMISSIONS

from dlzero_grader import master as masters
from dlzero_grader.allowed import write_allowed
from dlzero_grader.files import write
from dlzero_grader.grading.grade import grade
from dlzero_grader.grading.grade_class import grade_class, read_rows
from dlzero_grader.sandbox.channel import Limits
from dlzero_grader.sandbox.launch import Workers

HERE = Path(__file__).parent
# In CI a missing sandbox is a failure.
needs_sandbox = pytest.mark.skipif(
    not shutil.which("bwrap") and not os.environ.get("CI"),
    reason="needs bubblewrap (apt install bubblewrap)",
)


@dataclass
class Played:
    """What a round of grading left behind."""

    rows: dict
    changed: list
    alive: list
    calls: int
    token: str


def snapshot(folder):
    """Return the fingerprint of each file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def processes_with(*marks):
    """Return the commands of the processes whose command line holds one of the marks."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if any(mark in command for mark in marks):
            found.append(command.replace("\0", " "))
    return found


@contextlib.contextmanager
def world_of(folder):
    """Prepare what the attacks look for, and remove it again."""
    token = "dlzero" + secrets.token_hex(8)
    outside = folder / "outside"
    write(outside / "secret.txt", "the password")
    write(outside / "other" / "demo.ipynb", "{}")
    for path in (outside, outside / "other"):
        path.chmod(0o777)
    keep_a_key(token)
    os.environ["DLZERO_TEST_SECRET"] = token
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        server.setblocking(False)
        local.bind(f"\0{token}")
        local.listen()
        yield {
            "secret": str(outside / "secret.txt"),
            "folder": str(outside),
            "port": server.getsockname()[1],
            "token": token,
            "machine": os.uname().nodename,
            "server": server,
        }
    del os.environ["DLZERO_TEST_SECRET"]


def keep_a_key(name):
    """Put a key into the session of this process, as a log-in does."""
    libc = ctypes.CDLL(None)
    add_key, keyctl = (217, 219) if platform.machine() == "aarch64" else (248, 250)
    libc.syscall(keyctl, 1, None)  # a session of its own
    libc.syscall(add_key, b"user", name.encode(), b"the key", ctypes.c_size_t(7), ctypes.c_long(-3))


def grade_here(folder, names, limits, unsafe):
    """Grade the named submissions one after the other in this process; return their rows."""
    master = masters.load("demo", HERE)
    with world_of(folder) as world, tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        package = write_allowed(master.allow, place)
        with Workers(package, limits, unsafe, ahead=True) as workers:
            rows = {name: grade(master, SUBMISSIONS[name](world), workers) for name in names}
        return rows, processes_with(world["token"], str(limits.file))


def play(folder, names=None, unsafe=False):
    """Hand in the named submissions (all), grade them, and say what happened outside."""
    limits, class_folder, outside = few(), folder / "class", folder / "outside"
    with world_of(folder) as world:
        students = []
        for name in names or SUBMISSIONS:
            students.append({"id": name})
            data = SUBMISSIONS[name](world)
            if data is not None:
                write(class_folder / "submitted" / name / "demo" / "demo.ipynb", data)
        before = snapshot(outside) | snapshot(class_folder / "submitted")
        master = masters.load("demo", HERE)
        where = (class_folder / "submitted", class_folder / "rows")
        grade_class(master, students, *where, limits, jobs=2, unsafe=unsafe)
        alive = processes_with(world["token"], str(limits.file))
        calls = 0
        try:
            while True:
                world["server"].accept()[0].close()
                calls += 1
        except BlockingIOError:
            pass
    after = snapshot(outside) | snapshot(class_folder / "submitted")
    changed = sorted(name for name in before | after if before.get(name) != after.get(name))
    for place in ("/", "/usr", "/tmp", "/var/tmp", "/dev/shm"):
        changed += [place] if Path(place, world["token"]).exists() else []
    rows = read_rows(master, students, *where, limits)
    return Played(rows, changed, alive, calls, world["token"])


def few():
    """Return limits that no other process on this machine has in its command line."""
    number = (1 << 20) + secrets.randbelow(1 << 20)
    return Limits(seconds=2.0, total=24.0, memory=512 << 20, file=number)


if __name__ == "__main__":  # as another user, or in namespaces of its own
    how = json.loads(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        rows, alive = grade_here(Path(home), how["names"], few(), how["unsafe"])
    marks = {
        name: [row.status, [result.points for result in row.tests.values()]]
        for name, row in rows.items()
    }
    print(json.dumps({"marks": marks, "alive": alive}))
