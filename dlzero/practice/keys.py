"""Fingerprints of tasks: equal while data and code that matter are equal, and only then.

joblib hashes data, and cloudpickle says what a function is made of: that is all it would send to
another computer for the same result. Here stands only what both would take by its name alone, and
what differs between two processes. A mistake here would show an old result as a new one: so
whatever cannot be read is run again.
"""

import builtins
import copyreg
import dis
import functools
import hashlib
import importlib
import io
import pickle
import pkgutil
import runpy
import sys
import types
import uuid
import warnings
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

import numpy as np

from .extras import extra

PACKAGE = Path(__file__).parents[1]
#: What a fingerprint begins with that is never given again.
ONCE = "once-"
# Through these a function reaches what its code does not name.
IMPORTERS = {"importlib": importlib, "pkgutil": pkgutil, "runpy": runpy}
BLIND: list[Any] = [builtins.eval, builtins.exec, builtins.globals, builtins.__import__]
BLIND += [*IMPORTERS.values(), importlib.import_module, pkgutil.resolve_name]
BLIND += [runpy.run_module, runpy.run_path, sys.modules]


def fingerprint(*things: object, what: str = "") -> str:
    """Hash data and code, with all that the code names.

    A function of the reader counts with its code, its defaults, what it closes over, and the
    functions, classes, modules and values that it names, also within other functions. Comments
    do not count, nor where it stands. An installed package counts by its version, and this
    package by its version and the text of all its files. A path counts as it is written, and not
    what the file holds.

    Parameters
    ----------
    *things : object
        Numbers, texts, arrays, functions, classes, objects, and containers of them.
    what : str, optional
        What a warning calls them.

    Returns
    -------
    str
        32 hexadecimal digits. Or, after the warning, ``once-`` and what is never returned again.

    Raises
    ------
    ImportError
        If joblib or cloudpickle is not there.

    Warns
    -----
    UserWarning
        If a thing cannot be compared with one of another process: an open file, a function that
        runs a text (``eval``) or imports by name, what is compiled from unknown code. No old
        result is taken for it.

    Examples
    --------
    >>> def make(k):
    ...     return lambda x: k * x
    >>> fingerprint(make(2)) == fingerprint(make(2))
    True
    >>> fingerprint(make(2)) == fingerprint(make(3))
    False
    """
    try:
        return _digest((package(), sys.version_info[:2], things))
    except ImportError:
        raise
    except Exception as error:
        what = what or f"{things!r:.80}"
        reason = str(error.args[0] if error.args else error) or type(error).__name__
        warnings.warn(
            f"{what} cannot be compared with what was run before ({reason:.200}). It is run again "
            "each time.",
            stacklevel=2,
        )
        return ONCE + uuid.uuid4().hex[len(ONCE) :]


@functools.cache
def package() -> str:
    """Return the version of this package and a hash of all its files, wherever they lie."""
    hashed = hashlib.md5(usedforsecurity=False)
    for file in sorted(PACKAGE.rglob("*.py")):
        text = file.read_bytes()
        hashed.update(f"{file.relative_to(PACKAGE).as_posix()} {len(text)} ".encode() + text)
    return f"{sys.modules[PACKAGE.name].__version__} {hashed.hexdigest()}"


def _digest(thing: object) -> str:
    return _hasher()().hash(thing)


@functools.cache
def _hasher() -> type:
    """Make the class when it is needed first, for joblib may not be there."""
    with extra("sweep"):
        import cloudpickle
        from joblib.hashing import NumpyHasher

    class Hasher(NumpyHasher):
        """joblib knows data; of code it would take the name alone."""

        def __init__(self) -> None:
            super().__init__()
            self.code = cloudpickle.Pickler(io.BytesIO())
            self.seen: dict[int, tuple[int, object]] = {}

        def save(self, thing: Any) -> None:
            if id(thing) in self.seen:
                thing = "again", self.seen[id(thing)][0]
            elif (parts := self.parts(thing)) is not None:
                # The thing is kept too, for another could get its id.
                self.seen[id(thing)] = len(self.seen), thing
                thing = parts
            super().save(thing)

        def memoize(self, thing: Any) -> None:
            # A list twice is the same as two equal lists.
            if not isinstance(thing, tuple | list | dict):
                super().memoize(thing)

        def _batch_setitems(self, items: Any, *more: Any) -> None:
            # joblib's takes an error within a value for keys without order, and tries again.
            named = [(k if isinstance(k, str) else _digest(k), v) for k, v in items]
            self.save(sorted(named, key=lambda pair: pair[0]))

        def save_global(self, thing: Any, name: str = "", **more: Any) -> None:
            """Take by its name what an installed package has, and nothing of the reader's."""
            wrapped = getattr(thing, "__wrapped__", None)
            if wrapped is not None:
                self.save((type(thing).__name__, wrapped))
                return
            module = pickle.whichmodule(thing, name)  # type: ignore[attr-defined]
            if _is_own(module):
                raise pickle.PicklingError(f"of {name} only the name can be read")
            self.save(_named(module, name))

        def parts(self, thing: Any) -> Any:
            """Return what a piece of code is made of, and None for data."""
            if any(thing is blind for blind in BLIND):
                name = getattr(thing, "__name__", "sys.modules")
                raise pickle.PicklingError(f"what is reached by {name} cannot be read")
            match thing:
                case types.FunctionType():
                    return self.function(thing)
                case types.ModuleType():
                    return _module(thing)
                case type():
                    return self.class_(thing)
                case types.BuiltinFunctionType() if isinstance(thing.__self__, types.ModuleType):
                    return "builtin", thing.__name__, _module(thing.__self__)
                case types.CodeType():
                    # Neither the file nor the lines.
                    thing = thing.replace(co_filename="", co_firstlineno=1, co_linetable=b"")
                case set() | frozenset():
                    return "set", sorted(map(_digest, thing))
                case np.vectorize():
                    # It keeps what it compiled when it is called.
                    return "vectorize", {k: v for k, v in vars(thing).items() if k != "_ufunc"}
                case functools.cached_property():
                    return "cached_property", thing.func
            if hasattr(thing, "py_func"):
                # What numba compiled has another number in each process.
                return type(thing).__name__, thing.py_func, getattr(thing, "targetoptions", None)
            if type(thing) in copyreg.dispatch_table:
                return None
            reduce = self.code.dispatch_table.get(type(thing))
            return reduce and (type(thing).__name__, *reduce(thing)[1:])

        def function(self, function: types.FunctionType) -> Any:
            module = function.__module__ or ""
            reduced = self.code.reducer_override(function)
            if reduced is NotImplemented and _is_own(module):
                cloudpickle.register_pickle_by_value(sys.modules[module])
                try:
                    reduced = self.code.reducer_override(function)
                finally:
                    cloudpickle.unregister_pickle_by_value(sys.modules[module])
            if reduced is NotImplemented:
                return _named(module, function.__qualname__)
            (code, *_), (own, state), *_ = reduced[1:]
            home = function.__globals__.get("__name__", "")
            if not _is_own(home):
                # What an installed package made of a function, as a wrapper of it.
                state = {k: v for k, v in state.items() if k not in UNSEEN}
                return "made", code, own, state, _version(home)
            return "function", code, own, state, [*_imported(code, function.__globals__)]

        def class_(self, kind: type) -> Any:
            named = self.code.reducer_override(kind) is NotImplemented
            if named and not _is_own(kind.__module__):
                return _named(kind.__module__, kind.__qualname__)
            members = vars(kind).items()
            parts = {k: v for k, v in members if callable(v) or not k.startswith(("__", "_abc_"))}
            return "class", kind.__qualname__, type(kind), kind.__bases__, parts

    return Hasher


UNSEEN = "__globals__", "_cloudpickle_submodules"


def _named(module: str, name: str) -> Any:
    return "name", module, name, _version(module)


def _module(module: types.ModuleType) -> Any:
    """Return what a module is: one of the reader counts with all it holds."""
    name, file = module.__name__, getattr(module, "__file__", None)
    if not _is_own(name):
        return _named(name, "")
    held = {k: v for k, v in vars(module).items() if not k.startswith("__")}
    compiled = None if file is None or file.endswith(".py") else Path(file).read_bytes()
    return "module", name, held, compiled


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object and those of the functions within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _imported(code: types.CodeType, names: dict[str, Any]) -> Iterator[Any]:
    """Yield the reader's modules that a function imports when it is called, and its built-ins.

    cloudpickle does not look for them; through some of the latter more is reached.
    """
    for inner in _codes(code):
        for line in dis.get_instructions(inner):
            if line.opname == "LOAD_GLOBAL" and line.argval not in names:
                yield getattr(builtins, line.argval, None)
        has_sys = "sys" in inner.co_names or any(names.get(n) is sys for n in inner.co_names)
        if has_sys and "modules" in inner.co_names:
            yield sys.modules
        for kind, what in ModuleFinder().scan_opcodes(inner):
            if kind == "absolute_import" and _is_own(what[1]):
                yield __import__(what[1], names, None, what[0] or ("",))
            elif kind == "absolute_import" and what[1].partition(".")[0] in IMPORTERS:
                yield IMPORTERS[what[1].partition(".")[0]]
            elif kind == "relative_import":
                level, wanted, name = what
                yield __import__(name, names, None, wanted, level)


def _is_own(module: str) -> bool:
    """Tell whether a module is the reader's: neither Python's nor installed nor of this package.

    One that cannot be found is the reader's: a text that was run may give itself any name.
    """
    top = module.partition(".")[0]
    if top in ("", "__main__"):
        return True
    if top == PACKAGE.name or top in sys.stdlib_module_names:
        return False
    found = sys.modules.get(module) or find_spec(top)
    file = getattr(found, "__file__", None) or getattr(found, "origin", None)
    return not {"site-packages", "dist-packages"} & set(Path(file or "").parts)


@functools.cache
def _version(module: str) -> str:
    """Return the version of an installed package, or a hash of its file if it does not say."""
    top = module.partition(".")[0]
    if top == PACKAGE.name or top in sys.stdlib_module_names:
        return ""
    found: Any = sys.modules[top]
    version = getattr(found, "__version__", None)
    if isinstance(version, str):
        return version
    try:
        return metadata.version(top)
    except metadata.PackageNotFoundError:
        text = Path(found.__file__).read_bytes()
        return hashlib.md5(text, usedforsecurity=False).hexdigest()
