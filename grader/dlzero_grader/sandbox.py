"""The sandbox in which a student's code runs: bubblewrap, and what can be seen inside."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

import numpy as np

from dlzero.homework import plain

from .channel import Channel, Ended, Limits, TooSlow

WORKER = Path(__file__).with_name("worker.py")
PLAIN = Path(plain.__file__)
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
