"""Fingerprints of tasks: equal while data and code that matter are equal, and only then."""

import functools
import hashlib
import pickle
import sys
import sysconfig
import types
from pathlib import PurePath

import numpy as np

_FOREIGN = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))


def fingerprint(*things):
    """Hash data and code, with all that the code calls.

    A function counts with its byte code, its constants, its defaults, what it closes over, and
    the functions, classes and values that it names. Comments and docstrings do not count. What
    lies in Python's library or in an installed package counts by its name alone.

    Parameters
    ----------
    *things : object
        Numbers, texts, arrays, functions, classes, objects, and containers of them.

    Returns
    -------
    str
        32 hexadecimal digits.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x
    >>> def twice(x):
    ...     "Another name, and a docstring."
    ...     return 2 * x
    >>> def triple(x):
    ...     return 3 * x
    >>> fingerprint(double) == fingerprint(twice)
    True
    >>> fingerprint(double) == fingerprint(triple)
    False
    """
    walk = _Walk()
    for thing in things:
        walk.add(thing)
    return walk.sha.hexdigest()[:32]


class _Walk:
    """One way through everything that can be reached from the things."""

    def __init__(self):
        self.sha = hashlib.sha256()
        self.seen = {}

    def write(self, *words):
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            self.sha.update(b"%d:" % len(data) + data)

    def add(self, thing):
        if thing is None or isinstance(thing, bool | int | float | complex | str | bytes):
            self.write(type(thing).__name__, repr(thing))
            return
        if id(thing) in self.seen:
            self.write("again", self.seen[id(thing)][0])
            return
        # The thing is kept too, for another could get its id.
        self.seen[id(thing)] = len(self.seen), thing
        if isinstance(thing, np.ndarray | np.generic):
            self.write("array", thing.dtype.str, np.shape(thing))
            self.add_array(np.ascontiguousarray(thing))
        elif isinstance(thing, tuple | list):
            self.write(type(thing).__name__, len(thing))
            for part in thing:
                self.add(part)
        elif isinstance(thing, dict):
            self.write("dict", len(thing))
            for pair in thing.items():
                self.add(pair)
        elif isinstance(thing, set | frozenset):
            self.write("set", *sorted(map(repr, thing)))
        elif isinstance(thing, types.FunctionType):
            self.add_function(thing)
        elif isinstance(thing, types.MethodType):
            self.add((thing.__func__, thing.__self__))
        elif isinstance(thing, functools.partial):
            self.add(("partial", thing.func, thing.args, thing.keywords))
        elif isinstance(thing, staticmethod | classmethod | functools._lru_cache_wrapper):
            self.add(thing.__wrapped__)
        elif isinstance(thing, property):
            self.add((thing.fget, thing.fset))
        elif isinstance(thing, type):
            self.add_class(thing)
        elif isinstance(thing, types.ModuleType):
            self.write("module", thing.__name__)
        elif isinstance(thing, PurePath):  # a copy of the project elsewhere is the same project
            self.write("path", thing.name)
        else:
            self.add_object(thing)

    def add_array(self, array):
        if array.dtype.hasobject:
            self.add(array.tolist())
        else:
            self.sha.update(array.tobytes())

    def add_function(self, function):
        if _is_foreign(function):
            self.write("function", function.__module__, function.__qualname__)
            return
        self.write("function")
        self.add((function.__defaults__, function.__kwdefaults__))
        for cell in function.__closure__ or ():
            try:
                self.add(cell.cell_contents)
            except ValueError:  # not filled yet
                self.write("empty")
        self.add_code(function.__code__, function.__globals__, function.__doc__)

    def add_code(self, code, names, doc=None):
        self.write("code", code.co_code, code.co_names, code.co_varnames, code.co_freevars)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                first = constant.co_consts[:1]
                self.add_code(constant, names, first[0] if first else None)
            elif constant is not None and (doc is None or constant != doc):
                self.add(constant)
        for name in code.co_names:
            value = names.get(name)
            if isinstance(value, types.ModuleType) and not _is_foreign(value):
                for inner in code.co_names:
                    if inner in vars(value):
                        self.add((inner, vars(value)[inner]))
            elif value is not None:
                self.add((name, value))

    def add_class(self, kind):
        self.write("class", kind.__module__, kind.__qualname__)
        if _is_foreign(kind):
            return
        self.add(kind.__bases__)
        for name, value in sorted(vars(kind).items()):
            if not (name.startswith("__") and not callable(value)):
                self.add((name, value))

    def add_object(self, thing):
        if isinstance(thing, types.BuiltinFunctionType | np.ufunc):
            self.write("builtin", getattr(thing, "__module__", ""), thing.__name__)
            return
        self.add(type(thing))
        if isinstance(thing, np.random.Generator):
            self.add(thing.bit_generator.state)
        elif hasattr(thing, "__dict__") and not _is_foreign(type(thing)):
            self.add(vars(thing))
        else:
            try:
                self.write(pickle.dumps(thing))
            except Exception:  # what cannot be pickled counts by its type
                self.write("opaque")


def _is_foreign(thing):
    """Tell whether a thing comes from Python's library or an installed package."""
    module = thing if isinstance(thing, types.ModuleType) else sys.modules.get(thing.__module__)
    if module is None or module.__name__.partition(".")[0] in ("dlzero", "__main__"):
        return False
    file = getattr(module, "__file__", None)
    return file is None or file.startswith(_FOREIGN)
