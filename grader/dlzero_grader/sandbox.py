"""A process in a bubblewrap sandbox, and a line of JSON each way with it."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from dlzero.homework import plain

WORKER = Path(__file__).with_name("worker.py")
PLAIN = Path(plain.__file__)
NO_SANDBOX = (
    "Homework runs in a sandbox, and bubblewrap is not here. Install it (Debian and Ubuntu: "
    "sudo apt install bubblewrap; Windows: inside WSL 2; macOS: in a Linux machine). "
    "With --unsafe-no-sandbox the students' code runs with your rights: it can read your files, "
    "masters and marks among them, change them, and use your network."
)


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Attributes
    ----------
    seconds : float, default 5.0
        For one cell, and for one call of a function. In seconds of the clock.
    total : float, default 60.0
        For the whole submission. In seconds of the clock.
    memory : int, default 1 GiB
        Address space of one process, in bytes.
    processes : int, default 8
        Processes and threads at a time.
    file : int, default 1 MiB
        Largest file that can be written, in bytes.
    reply : int, default 8 MiB
        Longest answer of a function, in bytes of JSON.
    notebook : int, default 8 MiB
        Largest submission, in bytes.

    Raises
    ------
    ValueError
        For a limit that is not positive.
    """

    seconds: float = 5.0
    total: float = 60.0
    memory: int = 1 << 30
    processes: int = 8
    file: int = 1 << 20
    reply: int = 8 << 20
    notebook: int = 8 << 20

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"{name}={value!r}; expected a positive number.")


class Ended(Exception):
    """The process is gone, or no longer keeps to the rules of the pipe."""


class TooSlow(Exception):
    """The answer did not come in time."""


class Channel:
    """A process that answers one line of JSON with one line of JSON.

    Parameters
    ----------
    command : list of str
    reply : int
        Longest line that is read, in bytes.
    **options
        For `subprocess.Popen`.
    """

    def __init__(self, command: list[str], reply: int, **options: Any) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, **options
        )
        self.reply, self.number = reply, 0
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.out, self.into = self.stdin.fileno(), self.stdout.fileno()
        os.set_blocking(self.out, False)
        os.set_blocking(self.into, False)

    def ask(self, seconds: float, **request: Any) -> dict[str, Any]:
        """Send a request, return its answer; raise Ended or TooSlow, and then it is closed."""
        self.number += 1
        line = json.dumps({"number": self.number, **request}).encode() + b"\n"
        deadline = time.monotonic() + seconds
        try:
            self._write(line, deadline)
            return self.read(deadline)
        except BaseException:
            self.close()
            raise

    def read(self, deadline: float) -> dict[str, Any]:
        """Return the one answer that is due."""
        line = bytearray()
        while not line.endswith(b"\n"):
            self._wait(self.into, select.POLLIN, deadline)
            chunk = os.read(self.into, 1 << 16)
            if not chunk:
                raise Ended("the process ended")
            line += chunk
            if len(line) > self.reply:
                raise Ended("the answer was too long")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            raise Ended("the answer could not be read") from None
        if type(answer) is not dict or answer.pop("number", None) != self.number:
            raise Ended("the answer could not be read")
        return answer

    def _write(self, line: bytes, deadline: float) -> None:
        rest = memoryview(line)
        while rest:
            self._wait(self.out, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self.out, rest[: 1 << 16]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise Ended("the process ended") from None

    def _wait(self, number: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(number, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TooSlow

    def close(self, patience: float = 0) -> None:
        """Close the pipe; after `patience` seconds, end the process and all that it started."""
        if self.stdin.closed:
            return
        self.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if patience:
                self.process.wait(patience)
        # Its group: without a sandbox, that is all there is to hold on to.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def start_worker(package: Path, limits: Limits, unsafe: bool = False) -> Channel:
    """Start the student's side.

    Parameters
    ----------
    package : Path
        Folder of the part of ``dlzero`` that the assignment allows.
    limits : Limits
    unsafe : bool, default False
        Run it as an ordinary process, with all of your rights.

    Returns
    -------
    Channel
        Ready: NumPy is loaded.

    Raises
    ------
    RuntimeError
        When there is no bubblewrap, or it cannot make a sandbox on this machine.
    """
    settings: dict[str, Any] = {"path": ["/site"], "plain": "/grader/plain.py", "uid": None}
    settings["limits"] = limits_of(limits)
    if unsafe:
        site = Path(np.__file__).parents[1]
        settings |= {"path": [str(package.parent), str(site)], "plain": str(PLAIN)}
        command = [sys.executable, "-I", "-S", str(WORKER), json.dumps(settings)]
    else:
        if os.getuid() == 0:
            # A number of its own for each grader, so that they do not share the process limit.
            settings["uid"] = 20_000 + os.getpid() % 40_000
        python = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
        command = [*bubblewrap(package), python, "-I", "-S", "/grader/worker.py"]
        command.append(json.dumps(settings))
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
    channel = Channel(
        command, limits.reply, stderr=subprocess.PIPE, start_new_session=True, env=environment
    )
    errors = channel.process.stderr
    assert errors is not None
    try:
        channel.read(time.monotonic() + 30)
    except (Ended, TooSlow):
        channel.process.kill()
        said = errors.read().decode(errors="replace").strip()
        channel.close()
        raise RuntimeError(
            f"The sandbox did not start: {said or 'no word from it'}. In a container, it needs "
            "the right to make namespaces (Docker: --cap-add SYS_ADMIN --security-opt "
            "seccomp=unconfined --security-opt apparmor=unconfined)."
        ) from None
    finally:
        errors.close()
    return channel


def limits_of(limits: Limits) -> dict[str, int]:
    """Return the limits in the words of the resource module."""
    return {
        "AS": limits.memory,
        "NPROC": limits.processes,
        "CPU": int(limits.total) + 1,
        "FSIZE": limits.file,
        "NOFILE": 64,
        "CORE": 0,
    }


def bubblewrap(package: Path) -> list[str]:
    """Return the command that opens the sandbox: Python, NumPy and the allowed part of dlzero."""
    program = shutil.which("bwrap")
    if not program:
        raise RuntimeError(NO_SANDBOX)
    command = [program, "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    if os.getuid() == 0:
        # No user namespace: it would map one user only, and root could not become another.
        command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        command += ["--unshare-cgroup-try", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all", "--unshare-user", "--disable-userns"]
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        command += ["--setenv", name, "1"]
    command += ["--setenv", "LC_ALL", "C.UTF-8", "--setenv", "HOME", "/home"]
    base = str(Path(sys.base_prefix).resolve())
    # bubblewrap makes missing folders for its own user only.
    for folder in ("/site", "/grader", "/usr", "/etc", *map(str, reversed(Path(base).parents))):
        command += ["--perms", "0755", "--dir", folder]
    for folder in dict.fromkeys(["/usr/lib", "/usr/lib64", "/etc/alternatives", base]):
        command += ["--ro-bind-try", folder, folder]
    for link in ("/lib", "/lib64"):
        if os.path.islink(link):
            command += ["--symlink", os.readlink(link), link]
        else:
            command += ["--ro-bind-try", link, link]
    # Other packages of this Python stay out of view, the full dlzero among them.
    for folder in other_packages(base):
        command += ["--tmpfs", folder, "--remount-ro", folder]
    home = Path(np.__file__).parent
    for part in (home, home.with_name("numpy.libs")):
        command += ["--ro-bind-try", str(part), f"/site/{part.name}"]
    command += ["--ro-bind", str(package), "/site/dlzero"]
    for file in (WORKER, PLAIN):
        command += ["--ro-bind", str(file), f"/grader/{file.name}"]
    command += ["--dev", "/dev", "--remount-ro", "/dev"]
    command += ["--size", str(16 << 20), "--perms", "1777", "--tmpfs", "/home"]
    return [*command, "--chdir", "/home", "--remount-ro", "/", "--"]


def other_packages(base: str) -> list[str]:
    """Return the folders below the mounted ones where packages are installed."""
    version = f"python{sysconfig.get_python_version()}"
    found = [f"{base}/lib/{version}/site-packages", f"{base}/lib64/{version}/site-packages"]
    found += ["/usr/lib/python3/dist-packages", f"/usr/lib/{version}/site-packages"]
    found += [f"/usr/local/lib/{version}/dist-packages"] if base == "/usr" else []
    return [folder for folder in dict.fromkeys(found) if os.path.isdir(folder)]
