"""The rules of the API pages: all that is public is shown, and what is shown can be imported."""

import ast
import importlib
import pkgutil
import re
import symtable
import sys
from collections import Counter
from pathlib import Path

DIRECTIVE = re.compile(r"(?m)^\s*\.\. (currentmodule|auto\w+)::\s*([\w.]+)((?:\n[ \t]+:.*)*)")
MEMBERS = re.compile(r":members:[ \t]*(.*)")


def public_names(module):
    """Return what a module makes public: __all__, or else its own functions and classes."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and hasattr(value, "__qualname__")
        and value.__module__ == module.__name__
    ]


def printed_in(page):
    """Return each dotted path that an API page prints, those of ``:members:`` of a module too."""
    paths, current = [], ""
    for kind, name, options in DIRECTIVE.findall(page):
        if kind == "currentmodule":
            current = name
            continue
        paths.append(name if "." in name or kind == "automodule" else f"{current}.{name}")
        if kind == "automodule" and (members := MEMBERS.search(options)):
            module, missing = split(name)
            chosen = re.findall(r"\w+", members[1]) or ([] if missing else public_names(module))
            paths += [f"{name}.{member}" for member in chosen]
    return paths


def split(path):
    """Return the module of a dotted path, imported, and the names that follow it."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        try:
            return importlib.import_module(name), parts[end:]
        except ModuleNotFoundError as error:
            if not name.startswith(error.name):  # a package that the module itself needs
                raise
    raise LookupError(f"no module begins {path!r}")


def reached(path):
    """Return what a reader gets who imports the module of a path and writes the path."""
    split(path)
    top, *names = path.split(".")
    value = sys.modules[top]
    for name in names:
        value = getattr(value, name)
    return value


def unreachable(pages):
    """Return the paths that the API pages print and that lead nowhere."""
    problems = []
    for path in (path for page in pages for path in printed_in(page)):
        try:
            reached(path)
        except (AttributeError, LookupError) as error:
            problems.append(f"{path} cannot be imported: {error}")
    return problems


def doubled(pages):
    """Return the paths that the API pages print twice; a link could lead to either place."""
    found = Counter(path for page in pages for path in printed_in(page))
    return [f"{path} is printed {times} times" for path, times in found.items() if times > 1]


def private(pages):
    """Return the paths that the API pages print although their module keeps them to itself."""
    problems = []
    for path in (path for page in pages for path in printed_in(page)):
        module, names = split(path)
        if names and names[0] not in getattr(module, "__all__", names):
            problems.append(f"{path} is not in __all__ of its module")
        problems += [f"{path} is private" for name in names if name.startswith("_")]
    return problems


def undocumented(modules, pages):
    """Return the public names, as "module.name", that the API pages do not show.

    A name is shown where the same object is printed, by whatever path; a module where something
    of it is.

    Parameters
    ----------
    modules : iterable of module
        The modules, imported.
    pages : iterable of str
        Text of the pages.
    """
    shown, nothing = set(), object()
    for path in (path for page in pages for path in printed_in(page)):
        value, names = split(path)
        shown.add(id(value))
        for name in names:
            value = getattr(value, name, nothing)
            shown.add(id(value))
    return [
        f"{module.__name__}.{name}"
        for module in modules
        for name in public_names(module)
        if not hasattr(module, name) or id(getattr(module, name)) not in shown
    ]


def modules_of(package):
    """Return a package and all modules below it, imported, without its commands."""
    found = [package]
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not info.name.endswith(".__main__"):
            found.append(importlib.import_module(info.name))
    return found


def hidden_modules(package):
    """Return the modules below a package that another thing of the same name hides.

    The source is asked too: a module that is imported late takes its name back.
    """
    problems = []
    for module in modules_of(package)[1:]:
        parent, _, name = module.__name__.rpartition(".")
        if getattr(sys.modules[parent], name) is not module or name in _bound(sys.modules[parent]):
            problems.append(f"{module.__name__} is hidden by another thing of this name")
    return problems


def _bound(package):
    """Return the names that the source of a package binds, but for its own modules."""
    source = Path(package.__file__).read_text(encoding="utf-8")
    symbols = symtable.symtable(source, package.__file__, "exec").get_symbols()
    names = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module is None:
            names -= {alias.asname or alias.name for alias in node.names}
    return names
