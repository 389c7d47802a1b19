"""The part of ``dlzero`` that a homework allows: the files that its master lists."""

import ast
import py_compile
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlzero import homework

PACKAGE = Path(homework.__file__).parents[1]
CLOSED = """

def __getattr__(name):
    raise AttributeError(f"dlzero.{name} is not part of this homework: write it yourself.")
"""


def write_allowed(names: Iterable[str], folder: str | Path) -> Path:
    """Write a package ``dlzero`` that has these files only.

    Parameters
    ----------
    names : iterable of str
        Files and folders of the package ``dlzero``, such as ``"datasets.py"`` and ``"data/"``.
    folder : str or Path
        Where the folder ``dlzero`` is made.

    Returns
    -------
    Path
        The folder of the package.

    Raises
    ------
    ValueError
        For a name that ``dlzero`` does not have, and for a file that imports one not listed.
    """
    names = sorted(set(names))
    if problems := problems_of(names):
        raise ValueError("\n".join(problems))
    target = Path(folder) / "dlzero"
    target.mkdir(parents=True)
    modules = [
        path.stem for path in map(Path, names) if path.suffix == ".py" and not path.parts[1:]
    ]
    lines = [f"from . import {module}\n" for module in modules]
    (target / "__init__.py").write_text("".join(lines) + CLOSED, encoding="utf-8")
    for path in _listed(names):
        copy = target / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    compile_all(target)
    return target


def compile_all(folder: Path) -> None:
    """Compile the files of a folder that is shown in the sandbox, where no other is written."""
    for path in folder.rglob("*.py"):
        py_compile.compile(
            str(path), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)  # the sandbox has another user


def problems_of(names: Iterable[str]) -> list[str]:
    """Return what is wrong with a list of allowed files; empty when it can be used."""
    problems = []
    for name in names:
        path = PACKAGE / name
        inside = PACKAGE.resolve() in path.resolve().parents
        if not inside or not path.exists() or path == PACKAGE / "__init__.py":
            problems.append(
                f"dlzero has no file or folder {name!r} to allow. Name them from the folder of "
                "the package, such as 'datasets.py' and 'data/'."
            )
    if problems:
        return problems
    listed = set(_listed(names))
    for path in sorted(listed):
        if path.suffix == ".py":
            for needed in sorted(_imported_by(path) - listed):
                problems.append(
                    f"{path.relative_to(PACKAGE)} imports {needed.relative_to(PACKAGE)}, which "
                    "is not in 'allow'. Add it if students may have it."
                )
    return problems


def _listed(names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = PACKAGE / name
        below = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in below if file.is_file() and "__pycache__" not in file.parts)


def _imported_by(path: Path) -> set[Path]:
    """Return the files of dlzero that a file imports anywhere, also within functions."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            targets = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ["dlzero", *path.relative_to(PACKAGE).parent.parts]
            start = above[: len(above) - node.level + 1] if node.level else []
            start += node.module.split(".") if node.module else []
            targets = [[*start, alias.name] for alias in node.names]
        else:
            continue
        found.update(_file_of(parts[1:]) for parts in targets if parts[0] == "dlzero")
    return found


def _file_of(parts: list[str]) -> Path:
    """Return the file behind a dotted name: a module, or the module that has the name."""
    for end in range(len(parts), -1, -1):
        place = PACKAGE.joinpath(*parts[:end])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    raise AssertionError("dlzero has an __init__.py")
