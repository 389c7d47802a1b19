"""What a student's code can see: Python, its standard library, NumPy, and what these need."""

import functools
import json
import os
import subprocess
from pathlib import Path

PROBE = Path(__file__).with_name("probe.py")
#: Parts of the standard library that would only be more to look at.
UNNEEDED = {"test", "idlelib", "ensurepip", "tkinter", "turtledemo", "lib2to3"}
#: Stand beside the modules, but are not in Python's own list of them.
BESIDE = {"lib-dynload", "__pycache__", "LICENSE", "__hello__", "__phello__"}


@functools.cache
def options(python: str, numpy: str) -> tuple[str, ...]:
    """Return the options of bubblewrap that show a Python and NumPy, and no other file.

    Found out once in a process, in about 0.1 s.

    Parameters
    ----------
    python : str
        The interpreter itself, not a link to it and not that of a virtual environment.
    numpy : str
        Folder of the package NumPy; inside it is ``/site/numpy``.

    Returns
    -------
    tuple of str

    Raises
    ------
    RuntimeError
        When this Python does not start, or has no ctypes.
    """
    asked = subprocess.run(
        [python, "-I", "-S", str(PROBE), numpy], capture_output=True, text=True, env={}
    )
    if asked.returncode:
        raise RuntimeError(f"{python} does not start by itself: {asked.stderr.strip()[-300:]}")
    needs = json.loads(asked.stdout)
    folders = [os.path.realpath(place) for place in needs["path"]]
    folders = [place for place in folders if not within(place, set(folders) - {place})]
    own = {place: place for place in (os.path.realpath(python), *folders)}
    site = {f"/site/{place.name}": str(place) for place in parts_of_numpy(numpy)}
    links: dict[str, str] = {}
    libraries: dict[str, str] = {}
    for library in needs["libraries"]:
        real = os.path.realpath(library)
        if not within(real, {*folders, *site.values()}):
            folder, name = os.path.split(library)
            libraries[os.path.join(resolved(folder, links), name)] = real
    for place in needs["path"]:
        resolved(place, links)
    shown = own | site | libraries
    made = dict.fromkeys(above for name in (*links, *shown) for above in parents(name))
    command: list[str] = []
    for folder in sorted(made):
        # Without a number bubblewrap makes folders that only its own user can enter.
        command += ["--perms", "0755", "--dir", folder]
    for name, target in links.items():
        command += ["--symlink", target, name]
    for name, source in shown.items():
        command += ["--ro-bind", source, name]
    for folder in folders:
        command += hidden(folder, set(needs["modules"]))
    # Some machines find a library by a list of theirs that is not shown.
    searched = dict.fromkeys(os.path.dirname(name) for name in libraries)
    return (*command, "--setenv", "LD_LIBRARY_PATH", ":".join(searched))


def parts_of_numpy(numpy: str) -> list[Path]:
    """Return the folders of NumPy; wheels bring their libraries in a second one."""
    home = Path(numpy).resolve()
    return [place for place in (home, home.with_name("numpy.libs")) if place.is_dir()]


def hidden(folder: str, modules: set[str]) -> list[str]:
    """Return the options that hide what is no part of the standard library.

    Packages are installed below it, and an instructor may keep anything there.
    """
    command: list[str] = []
    if not os.path.isdir(folder):
        return command  # the standard library in one zip file
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        stem = entry.name.partition(".")[0]
        known = stem in modules - UNNEEDED or stem in BESIDE
        if known or stem.startswith("_sysconfigdata") or entry.is_symlink():
            continue
        if entry.is_dir():
            command += ["--tmpfs", entry.path, "--remount-ro", entry.path]
        else:
            command += ["--ro-bind", os.devnull, entry.path]
    return command


def resolved(path: str, links: dict[str, str]) -> str:
    """Return the real place of a folder, and add the links on the way, relative ones."""
    place = "/"
    for part in Path(path).parts[1:]:
        step = os.path.normpath(os.path.join(place, part))
        if os.path.islink(step):
            links[step] = os.path.relpath(os.path.realpath(step), place)
        place = os.path.realpath(step)
    return place


def parents(name: str) -> list[str]:
    """Return the folders above a place, without the root."""
    return [str(above) for above in Path(name).parents if str(above) != "/"]


def within(name: str, folders: set[str]) -> bool:
    """Tell whether a file lies below one of the folders."""
    return any(name.startswith(f"{folder}/") for folder in folders)
