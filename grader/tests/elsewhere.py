"""Run the table of submissions as another user, or in namespaces where attacks may do harm."""

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = (
    "import runpy, sys; sys.path[:0] = {paths!r}; "
    "runpy.run_module({module!r}, alter_sys=True, run_name='__main__')"
)

needs_root = pytest.mark.skipif(
    os.getuid() != 0, reason="only root can become another user, and try what only root may do"
)


def ran(module, *arguments, prefix=()):
    """Run a module of the tests in another process; return what it printed."""
    paths = [ROOT, ROOT / "grader", ROOT / "grader" / "tests", *map(Path, sys.path)]
    script = SCRIPT.format(paths=list(dict.fromkeys(map(str, paths))), module=module)
    done = subprocess.run(
        [*prefix, sys.executable, "-P", "-c", script, *arguments],
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def marks(names, unsafe=False, prefix=()):
    """Grade the named submissions in another process; return their marks, and who is alive."""
    how = json.dumps({"names": list(names), "unsafe": unsafe})
    done = json.loads(ran("classroom.hostile_class", how, prefix=prefix))
    return done["marks"], done["alive"]


def own_namespaces():
    """Return the beginning of a command that keeps away from this machine what it does as root."""
    return [program("unshare"), "--mount", "--pid", "--fork", "--ipc", "--uts", "--mount-proc"]


@contextlib.contextmanager
def ordinary_user():
    """Return the beginning of a command that runs as a user who sees this Python all the same.

    Python may lie where only root can look, such as ``/root``. In a mount namespace of its own,
    empty folders take the place of the closed ones, and what is needed is shown in them.
    """
    needed = {sys.base_prefix, sys.prefix, str(ROOT), str(Path(np.__file__).parents[1])}
    needed |= {place for place in sys.path if os.path.isdir(place)}
    needed = {os.path.realpath(place) for place in needed}
    needed = {p for p in needed if not any(p != q and p.startswith(f"{q}/") for q in needed)}
    hidden = [shlex.quote(place) for place in sorted(needed) if closed_above(place)]
    closed = sorted({above for place in needed for above in closed_above(place)})
    with tempfile.TemporaryDirectory(dir="/tmp") as stash:
        os.chmod(stash, 0o755)
        lines = ["set -e", f"cd {stash}", "mount -t tmpfs -o mode=755 tmpfs .", f"cd {stash}"]
        for number, place in enumerate(hidden):
            lines += [f"mkdir {number}", f"mount --bind {place} {number}"]
        for folder in closed:
            if not any(folder.startswith(f"{other}/") for other in closed):
                lines.append(f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(folder)}")
        for number, place in enumerate(hidden):
            lines += [f"mkdir -p {place}", f"mount --bind {number} {place}"]
        number = 60_100 + os.getpid() % 1000  # shares its limits with no other run
        user = f"{program('setpriv')} --reuid {number} --regid {number} --clear-groups"
        lines += ["mkdir -m 1777 tmp", f"export TMPDIR={stash}/tmp HOME={stash}/tmp", "cd /"]
        lines.append(f'exec {user} "$@"')
        yield [program("unshare"), "--mount", "sh", "-c", "\n".join(lines), "sh"]


def closed_above(place):
    """Return the folders on the way to a place, and itself, that others may not enter."""
    way = (Path(place), *Path(place).parents)
    return [str(folder) for folder in way if folder.stat().st_mode & 0o005 != 0o005]


def program(name):
    """Return where a program of util-linux is; skip the test when there is none."""
    found = shutil.which(name)
    if not found:
        assert not os.environ.get("CI"), f"{name} is missing (apt install util-linux)"
        pytest.skip(f"needs {name} (apt install util-linux)")
    return found
