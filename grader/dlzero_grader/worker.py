"""The student's side of the pipe: it runs in the sandbox and knows no test.

One JSON object a line comes in, one goes out, and only plain values cross. It is started as
``python worker.py SETTINGS`` and has no package around it: the settings name the file
``dlzero/homework/plain.py``, which says what is plain.
"""

import importlib.util
import json
import os
import re
import sys
import types
from collections.abc import Callable
from typing import Any, BinaryIO

LONGEST_TEXT = 1000


class Nothing(types.ModuleType):
    """Stands for a library that draws: takes everything, does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> "Nothing":
        """Do nothing."""
        return self

    def __getitem__(self, key: Any) -> "Nothing":
        return self

    def __iter__(self) -> Any:  # fig, ax = plt.subplots()
        return iter((self, self))

    def __enter__(self) -> "Nothing":
        return self

    def __exit__(self, *error: object) -> None:
        return None


class Worker:
    """The student's names, and what may be asked of them."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names = vars(module)
        self.names["display"] = Nothing("display")
        for name in ("matplotlib", "matplotlib.pyplot", "IPython", "IPython.display"):
            sys.modules[name] = Nothing(name)

    def run(self, name: str, source: str) -> dict[str, Any]:
        """Run a cell; what it defined before an error stays, as in a notebook."""
        exec(compiled(source, f"<{name}>"), self.names)
        return {}

    def look(self, names: list[str]) -> dict[str, Any]:
        """Say for each name whether it is called, is a value, or may not cross."""
        found: dict[str, Any] = {}
        for name in names:
            if name not in self.names:
                continue
            value = self.names[name]
            if callable(value) and not isinstance(value, Nothing):
                found[name] = {"call": True}
                continue
            try:
                found[name] = {"value": self.plain.encode(value)}
            except self.plain.NotPlain as error:
                found[name] = {"strange": str(error)}
        return {"names": found}

    def call(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Call a function; tell as well which of its arguments it changed."""
        args = [self.plain.decode(value) for value in args]
        kwargs = {key: self.plain.decode(value) for key, value in kwargs.items()}
        before = [self.plain.encode(value) for value in args]
        try:
            answer = self.plain.encode(self.names[name](*args, **kwargs))
        except self.plain.NotPlain as error:
            return {"strange": str(error)}
        after = [self.plain.encode(value) for value in args]
        changed = [[i, b] for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        return {"value": answer, "changed": changed}


def compiled(source: str, place: str) -> types.CodeType:
    """Compile a cell, without what only a notebook understands."""
    try:
        try:
            return compile(source, place, "exec")
        except SyntaxError:
            return compile(without_magics(source), place, "exec")
    except (MemoryError, RecursionError):  # which of them depends on the version of Python
        raise SyntaxError("nested too deep") from None


def without_magics(source: str) -> str:
    """Replace lines that only a notebook understands, such as ``%matplotlib inline``."""
    lines = source.split("\n")
    for i, line in enumerate(lines):
        bare = line.lstrip()
        if bare.startswith(("%", "!", "?")) or re.fullmatch(r"[\w.*]+\?{1,2}\s*", bare):
            lines[i] = line[: len(line) - len(bare)] + "pass"
    return "\n".join(lines)


def text_of(error: BaseException) -> str:
    """Return the message of an error, which is the student's and may itself fail."""
    try:
        return str(error)[:LONGEST_TEXT]
    except BaseException:
        return "its message cannot be read"


def drop_rights(limits: dict[str, int]) -> None:
    """Set the limits of this process."""
    import resource

    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, value))


def load(path: str) -> Any:
    """Import one file, wherever it lies."""
    spec = importlib.util.spec_from_file_location("plain", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serve(plain: Any, pipe_in: BinaryIO, pipe_out: BinaryIO) -> None:
    """Answer requests until the pipe closes."""
    home, reserve = os.getpid(), bytearray(1 << 23)
    worker = Worker(plain)
    actions: dict[str, Callable[..., dict[str, Any]]]
    actions = {"run": worker.run, "look": worker.look, "call": worker.call}
    for line in pipe_in:
        request = json.loads(line)
        number, action = request.pop("number"), request.pop("do")
        try:
            reply = actions[action](**request)
        except BaseException as error:  # whatever a student's code may raise
            if type(error) is MemoryError:
                del reserve  # makes room for the reply, after which this process is ended
            reply = {"raised": type(error).__name__, "text": text_of(error)}
        if os.getpid() != home:  # a child that came back from fork()
            os._exit(0)
        pipe_out.write(json.dumps({"number": number, **reply}).encode() + b"\n")
        pipe_out.flush()


def main() -> None:
    """Take the pipe out of the way, then limits, then NumPy, then the student's code."""
    settings = json.loads(sys.argv[1])
    pipe_in, pipe_out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    sys.path[:0] = settings["path"]
    drop_rights(settings["limits"])
    user = json.loads(pipe_in.readline())["user"]
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    sys.argv[1:] = []
    plain = load(settings["plain"])
    import numpy  # noqa: F401

    os.dup2(nowhere, 2)  # until here, an error says why the sandbox does not start
    pipe_out.write(b'{"number": 0}\n')
    pipe_out.flush()
    serve(plain, pipe_in, pipe_out)


if __name__ == "__main__":
    main()
