"""Grade the whole table of submissions in one class, and watch the machine meanwhile."""

import hashlib
import os
import secrets
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from classroom.submissions import SUBMISSIONS

from dlzero_grader import master as masters
from dlzero_grader.channel import Limits
from dlzero_grader.files import write
from dlzero_grader.grade_class import grade_class, read_rows

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


def play(folder, names=None, unsafe=False):
    """Hand in the named submissions (all), grade them, and say what happened outside."""
    token = "dlzero" + secrets.token_hex(8)
    # No other process on this machine has this number in its command line.
    limit = (1 << 20) + secrets.randbelow(1 << 20)
    limits = Limits(seconds=2.0, total=24.0, memory=512 << 20, file=limit)
    outside, class_folder = folder / "outside", folder / "class"
    write(outside / "secret.txt", "the password")
    write(outside / "other" / "demo.ipynb", "{}")
    for path in (outside, outside / "other"):
        path.chmod(0o777)
    os.environ["DLZERO_TEST_SECRET"] = token
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        world = {
            "secret": str(outside / "secret.txt"),
            "folder": str(outside),
            "port": server.getsockname()[1],
            "token": token,
        }
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
        calls = 0
        try:
            while True:
                server.accept()[0].close()
                calls += 1
        except BlockingIOError:
            pass
    del os.environ["DLZERO_TEST_SECRET"]
    after = snapshot(outside) | snapshot(class_folder / "submitted")
    changed = sorted(name for name in before | after if before.get(name) != after.get(name))
    for place in ("/", "/usr", "/tmp", "/var/tmp", "/dev/shm"):
        changed += [place] if Path(place, token).exists() else []
    deadline = time.monotonic() + 5  # the kernel takes a moment to end a sandbox
    while (alive := processes_with(token, str(limit))) and time.monotonic() < deadline:
        time.sleep(0.05)
    rows = read_rows(master, students, *where, limits)
    return Played(rows, changed, alive, calls, token)
