"""Fingerprints of tasks: equal while data and code that matter are equal, and only then.

They read code objects, for a function from a notebook has no file whose text could be compared,
and only its code says which helpers it calls. A mistake here would show an old result as a new one:
so whatever cannot be read is run again.
"""

import dis
import functools
import sys
import types
import uuid
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .extras import extra

PACKAGE = Path(__file__).parents[1]
CODE = ["code", "consts", "names", "varnames", "freevars", "cellvars", "flags", "exceptiontable"]
CODE += ["argcount", "posonlyargcount", "kwonlyargcount"]
WRAPPERS = types.MethodType, types.CellType, property, staticmethod, classmethod
WRAPPERS += functools.cached_property, functools._lru_cache_wrapper
WRAPPED = ["__func__", "__self__", "__wrapped__", "fget", "fset", "func", "py_func"]
WRAPPED += ["cell_contents"]


def fingerprint(*things: object) -> str:
    """Hash data and code, with all that the code names.

    A function of the reader counts with its code, its constants, its defaults, what it closes
    over, and the functions, classes, modules and values that it names. Comments do not count,
    nor does its docstring. An installed package counts by its version, and this package by the
    text of all its files. A path counts as it is written, and not what the file holds.

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
            name, named = thing.__name__, vars(thing).items()
            own = _is_own(name) and {k: v for k, v in named if not k.startswith("__")}
            return "module", name, own or _version(name)
        case type() if _is_own(thing.__module__):
            named = vars(thing).items()
            parts = {k: v for k, v in named if callable(v) or not k.startswith(("__", "_abc_"))}
            return "class", thing.__qualname__, type(thing), thing.__bases__, parts
        case types.MappingProxyType():
            return dict(thing)
        case set() | frozenset():
            return "set", sorted(map(_digest, thing))
    # What numba compiled has another number in each process.
    if isinstance(thing, WRAPPERS) or hasattr(thing, "py_func"):
        return type(thing).__name__, [getattr(thing, part, None) for part in WRAPPED]
    return thing


def _function(function: types.FunctionType) -> Any:
    """Return what a function does, and of one of the reader what it names as well."""
    names, code = function.__globals__, function.__code__
    loaded = [line.argval for line in dis.get_instructions(code)]
    if function.__doc__ in code.co_consts[:1] and function.__doc__ not in loaded:
        code = code.replace(co_consts=(None, *code.co_consts[1:]))
    module = names.get("__name__", "")
    made = code, function.__defaults__, function.__kwdefaults__, function.__closure__
    if not _is_own(module):
        return "function", module, _version(module), made, vars(function)
    codes = [*_codes(code)]
    used = {n: names[n] for code in codes for n in code.co_names if n in names}
    imported = [found for code in codes for found in _imported(code, names)]
    return "function", made, vars(function), used, imported


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
    found = sys.modules.get(module) or find_spec(top)
    if found is None:
        return False
    file = getattr(found, "__file__", None) or getattr(found, "origin", None)
    return not {"site-packages", "dist-packages"} & set(Path(file or "").parts)


def _version(module: str) -> str:
    return str(getattr(sys.modules.get(module.partition(".")[0]), "__version__", ""))
