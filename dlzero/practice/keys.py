"""Fingerprints of tasks: equal while data and code that matter are equal, and only then."""

import dis
import functools
import sys
import types
import uuid
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import Any

from .extras import extra

PACKAGE = Path(__file__).parents[1]
CODE = ["code", "consts", "names", "varnames", "freevars", "cellvars", "flags", "exceptiontable"]
CODE += ["argcount", "posonlyargcount", "kwonlyargcount"]


def fingerprint(*things: object) -> str:
    """Hash data and code, with all that the code names.

    A function of the reader counts with its code, its constants, its defaults, what it closes
    over, and the functions, classes, modules and values that it names. Comments do not count.
    An installed package counts by its version, and this package by the text of all its files.

    Parameters
    ----------
    *things : object
        Numbers, texts, arrays, functions, classes, objects, and containers of them.

    Returns
    -------
    str
        32 hexadecimal digits.

    Warns
    -----
    UserWarning
        If a thing cannot be compared with one of another process, such as an open file. Its
        fingerprint is a new one each time, so that no old result is taken for it.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x
    >>> def twice(x):
    ...     return 2 * x  # another name, and a comment
    >>> def triple(x):
    ...     return 3 * x
    >>> fingerprint(double) == fingerprint(twice)
    True
    >>> fingerprint(double) == fingerprint(triple)
    False
    """
    try:
        return _digest((_package(), sys.version_info[:2], things))
    except ImportError:
        raise
    except Exception as error:
        what = f"{things!r:.80} cannot be compared with what was run before"
        warnings.warn(f"{what} ({error}). It is run again each time.", stacklevel=2)
        return uuid.uuid4().hex


@functools.cache
def _package() -> str:
    """Hash the text of this package, wherever it lies."""
    files = sorted(PACKAGE.rglob("*.py"))
    return _digest([(file.relative_to(PACKAGE).as_posix(), file.read_bytes()) for file in files])


def _digest(thing: object) -> str:
    return _hasher()().hash(thing)


@functools.cache
def _hasher() -> type:
    """Make the class when it is needed first, for joblib may not be there."""
    with extra("sweep"):
        from joblib.hashing import NumpyHasher

    class Hasher(NumpyHasher):
        """joblib knows data; of code it would take the name alone."""

        def __init__(self) -> None:
            super().__init__()
            self.seen: dict[int, tuple[int, object]] = {}

        def save(self, thing: Any) -> None:
            if id(thing) in self.seen:
                thing = "again", self.seen[id(thing)][0]
            elif isinstance(thing, types.FunctionType | types.ModuleType | type):
                # The thing is kept too, for another could get its id.
                self.seen[id(thing)] = len(self.seen), thing
            super().save(_described(thing))

    return Hasher


def _described(thing: Any) -> Any:
    """Return what a piece of code is made of; leave data as it is."""
    match thing:
        case types.FunctionType():
            return _function(thing)
        case types.CodeType():
            return "code", [getattr(thing, f"co_{part}") for part in CODE]
        case types.ModuleType():
            name = thing.__name__
            named = {k: v for k, v in vars(thing).items() if not k.startswith("__")}
            return "module", name, named if _is_own(name) else _version(name)
        case type() if _is_own(thing.__module__):
            parts = {
                name: part
                for name, part in vars(thing).items()
                if not isinstance(part, types.GetSetDescriptorType | types.MemberDescriptorType)
                and (callable(part) or not name.startswith(("__", "_abc_")))
            }
            return "class", thing.__qualname__, type(thing), thing.__bases__, parts
        case types.MethodType():
            return "method", thing.__func__, thing.__self__
        case property():
            return "property", thing.fget, thing.fset
        case functools.cached_property():
            return "property", thing.func
        case staticmethod() | classmethod() | functools._lru_cache_wrapper():
            return type(thing).__name__, thing.__wrapped__
        case types.CellType():
            try:
                return "cell", thing.cell_contents
            except ValueError:  # not filled yet
                return "empty"
        case types.MappingProxyType():
            return dict(thing)
        case set() | frozenset():
            return "set", sorted(map(_digest, thing))
    # What numba compiled has another number in each process.
    return ("compiled", thing.py_func) if hasattr(thing, "py_func") else thing


def _function(function: types.FunctionType) -> Any:
    """Return what a function does; of an installed one its name, or what was put into it."""
    names, code = function.__globals__, function.__code__
    module = names.get("__name__", "")
    made = code, function.__defaults__, function.__kwdefaults__, function.__closure__
    if _is_own(module):
        codes = [*_codes(code)]
        used = {n: names[n] for code in codes for n in code.co_names if n in names}
        imported = [found for code in codes for found in _imported(code, names)]
        return "function", made, vars(function), used, imported
    try:
        public = attrgetter(function.__qualname__)(sys.modules[module]) is function
    except (AttributeError, KeyError):
        public = False
    what = function.__qualname__ if public else (made, vars(function))
    return "function", module, _version(module), what


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object and those of the functions within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _imported(code: types.CodeType, names: dict[str, Any]) -> Iterator[types.ModuleType]:
    """Yield the reader's modules that a function imports when it is called."""
    lines = [line for line in dis.get_instructions(code) if line.opname != "EXTENDED_ARG"]
    for level, wanted, line in zip(lines, lines[1:], lines[2:], strict=False):
        if line.opname == "IMPORT_NAME" and (level.argval or _is_own(line.argval)):
            yield __import__(line.argval, names, None, wanted.argval, level.argval)


def _is_own(module: str) -> bool:
    """Tell whether a module is the reader's: neither Python's nor installed nor of this package."""
    top = module.partition(".")[0]
    if top == "__main__":
        return True
    if top == "dlzero" or top in sys.stdlib_module_names:
        return False
    if module in sys.modules:
        file = getattr(sys.modules[module], "__file__", None)
    elif spec := find_spec(top):
        file = spec.origin
    else:
        return False
    return not {"site-packages", "dist-packages"} & set(Path(file or "").parts)


def _version(module: str) -> str:
    return str(getattr(sys.modules.get(module.partition(".")[0]), "__version__", ""))
