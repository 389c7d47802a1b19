"""The sandbox in which a student's code runs: bubblewrap, limits and a filter."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from dlzero.homework import plain

from ..allowed import compile_all
from . import syscalls, view
from .channel import Channel, Ended, Limits
from .clock import TooSlow

WORKER = Path(__file__).with_name("worker.py")
PLAIN = Path(plain.__file__)
#: What the student's side is made of.
INSIDE = (WORKER, WORKER.with_name("cells.py"), WORKER.with_name("stand_ins.py"), PLAIN)
NO_SANDBOX = (
    "Homework runs in a sandbox, and bubblewrap is not here. Install it (Debian and Ubuntu: "
    "sudo apt install bubblewrap; Windows: inside WSL 2; macOS: in a Linux machine). "
    "With --unsafe-no-sandbox the students' code runs with your rights: it can read your files, "
    "masters and marks among them, change them, and use your network."
)


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

    Notes
    -----
    ``inside`` of the channel is the number of the sandbox's first process, as seen from outside;
    all others in it descend from that one, and end with it.
    """
    return Starting(package, limits, unsafe).ready()


class Starting:
    """A worker on its way, for which nobody waits yet. Parameters as for `start_worker`."""

    def __init__(self, package: Path, limits: Limits, unsafe: bool = False) -> None:
        settings: dict[str, Any] = {"limits": limits_of(limits), "path": ["/home", "/site"]}
        settings["plain"] = "/grader/plain.py"
        options: dict[str, Any] = {"stderr": subprocess.PIPE, "start_new_session": True}
        options["env"] = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
        user = None
        if unsafe:
            site = Path(np.__file__).parents[1]
            settings |= {"path": [str(package.parent), str(site)], "plain": str(PLAIN)}
            command = [sys.executable, "-I", "-S", str(WORKER), json.dumps(settings)]
            self.channel = Channel(command, limits.reply, **options)
        else:
            command = [interpreter(), "-I", "-S", "/grader/worker.py", json.dumps(settings)]
            self.channel = sandboxed(command, package, limits.reply, **options)
            if os.getuid() == 0:
                # A number of its own for each submission: so they share no limit and no key.
                user = 20_000 + self.channel.process.pid % 40_000
        with contextlib.suppress(Ended):  # `ready` says why
            self.channel.tell(user=user)

    def ready(self) -> Channel:
        """Wait until the worker has started, and return it."""
        channel = self.channel
        errors = channel.process.stderr
        assert errors is not None
        try:
            channel.read(time.monotonic() + 30)
        except (Ended, TooSlow):
            channel.process.kill()
            said = errors.read().decode(errors="replace").strip()
            self.close()
            raise RuntimeError(
                f"The sandbox did not start: {said or 'no word from it'}. In a container, it "
                "needs the right to make namespaces (Docker: --cap-add SYS_ADMIN --security-opt "
                "seccomp=unconfined --security-opt apparmor=unconfined)."
            ) from None
        except BaseException:
            self.close()
            raise
        errors.close()
        return channel

    def close(self) -> None:
        """End the worker."""
        self.channel.close()
        if self.channel.process.stderr is not None:
            self.channel.process.stderr.close()


class Workers:
    """Where the fresh workers of an assignment come from.

    Parameters
    ----------
    package : Path
        Folder of the part of ``dlzero`` that the assignment allows.
    limits : Limits, optional
    unsafe : bool, default False
        Run them as ordinary processes, with all of your rights.
    ahead : bool, default False
        While a worker is at work, start the next: it is there when it is wanted. No worker
        serves twice.
    """

    def __init__(
        self,
        package: Path,
        limits: Limits | None = None,
        unsafe: bool = False,
        ahead: bool = False,
    ) -> None:
        self.package, self.limits, self.unsafe = package, limits or Limits(), unsafe
        self.ahead = ahead
        self.next: Starting | None = None

    def start(self) -> Channel:
        """Return a worker that is ready, as `start_worker` does."""
        starting, self.next = self.next or self._begin(), None
        channel = starting.ready()
        if self.ahead:
            # A machine that refuses one more now is asked again when that one is wanted.
            with contextlib.suppress(OSError):
                self.next = self._begin()
        return channel

    def _begin(self) -> Starting:
        return Starting(self.package, self.limits, self.unsafe)

    def close(self) -> None:
        """End the worker that nobody wanted."""
        if self.next is not None:
            self.next.close()
            self.next = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def sandboxed(command: list[str], package: Path, reply: int, **options: Any) -> Channel:
    """Start a command in a sandbox, and take hold of the first process there."""
    outer = bubblewrap(package)
    info, tell = os.pipe()
    with open(info, "rb") as info_file:
        with open(tell, "wb"), tempfile.TemporaryFile() as rules:
            rules.write(syscalls.program())
            rules.seek(0)
            outer += ["--info-fd", str(tell), "--seccomp", str(rules.fileno()), "--"]
            files = (tell, rules.fileno())
            channel = Channel(outer + command, reply, pass_fds=files, **options)
        try:
            # At once: later the number of a process that ended may be that of another one.
            if (inside := first_process(info_file)) is not None:
                channel.hold(inside)
        except BaseException:
            channel.close()
            raise
    return channel


def first_process(info: BinaryIO) -> int | None:
    """Return the number that bubblewrap wrote when it started the sandbox; None when it could not.

    Nobody inside can write here: bubblewrap closes its end before it starts the worker.
    """
    found = re.search(rb'"child-pid": *(\d+)', info.read())
    return int(found[1]) if found else None


def interpreter() -> str:
    """Return the Python below the virtual environments."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def limits_of(limits: Limits) -> dict[str, int]:
    """Return the limits in the words of the resource module."""
    return {
        "AS": limits.memory,
        "NPROC": limits.processes,
        "CPU": int(limits.total) + 1,
        "FSIZE": limits.file,
        "NOFILE": 64,
        "CORE": 0,
        # A desktop may grant its user these two: to run before all others.
        "RTPRIO": 0,
        "NICE": 0,
    }


def compiled(folder: Path) -> Path:
    """Return the folder with the student's side and its compiled files; make it once in another."""
    target = folder / "grader"
    if not target.exists():
        target.mkdir()
        for file in INSIDE:
            shutil.copyfile(file, target / file.name)
        compile_all(target)
    return target


def bubblewrap(package: Path) -> list[str]:
    """Return the command that opens the sandbox: Python, NumPy and the allowed part of dlzero."""
    program = shutil.which("bwrap")
    if not program:
        raise RuntimeError(NO_SANDBOX)
    command = [program, "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    if os.getuid() == 0:
        # No user namespace: it would map one user only, and root could not become another.
        # That nobody inside makes one either is up to the filter of system calls.
        command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        command += ["--unshare-cgroup-try", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all", "--unshare-user", "--disable-userns"]
    command += ["--hostname", "sandbox"]
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        command += ["--setenv", name, "1"]
    command += ["--setenv", "LC_ALL", "C.UTF-8", "--setenv", "HOME", "/home"]
    command += ["--setenv", "USER", "student"]
    command += view.options(interpreter(), str(Path(np.__file__).parent))
    command += ["--ro-bind", str(package), "/site/dlzero"]
    command += ["--ro-bind", str(compiled(package.parent)), "/grader"]
    command += ["--dev", "/dev", "--remount-ro", "/dev"]
    command += ["--size", str(16 << 20), "--perms", "1777", "--tmpfs", "/home"]
    return [*command, "--chdir", "/home", "--remount-ro", "/"]
