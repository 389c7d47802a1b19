"""The student's side of the pipe: it runs in the sandbox and knows no test.

One JSON object a line comes in, one goes out, and only plain values cross. It is started as
``python worker.py SETTINGS`` and has no package around it, so it loads the files that it needs:
``cells.py`` and ``stand_ins.py`` from beside it, and ``plain.py``, which says what is plain, from
where the settings say.
"""

import builtins
import importlib.util
import json
import os
import sys
import types
from collections.abc import Callable
from typing import Any, BinaryIO

HERE = os.path.dirname(os.path.abspath(__file__))
MOST_MISSING = 20


class Worker:
    """The student's names, and what may be asked of them."""

    def __init__(self, plain: Any, cells: Any, stand_ins: Any) -> None:
        self.plain, self.nothing = plain, stand_ins.Nothing
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names = vars(module)
        sys.meta_path.insert(0, stand_ins.StandIns())
        self.notebook = cells.Notebook(self.names, stand_ins.Nothing)
        more = {"In": self.notebook.inputs, "Out": self.notebook.outputs}
        for name, value in {**stand_ins.IN_A_NOTEBOOK, **more}.items():
            setattr(builtins, name, value)

    def run(self, name: str, source: str, defining: bool = False) -> dict[str, Any]:
        """Run a cell; what it defined before an error stays, as in a notebook."""
        self.notebook.run(source, f"<{name}>", defining)
        return {}

    def look(self, names: list[str]) -> dict[str, Any]:
        """Say for each name whether it is called, is a value, or may not cross."""
        found: dict[str, Any] = {}
        for name in names:
            if name not in self.names:
                continue
            value = self.names[name]
            if callable(value) and not isinstance(value, self.nothing):
                found[name] = {"call": True}
                continue
            try:
                found[name] = {"value": self.encode(value)}
            except self.plain.NotPlain as error:
                found[name] = {"strange": str(error)}
        return {"names": found}

    def call(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Call a function; tell as well which of its arguments it changed."""
        coded: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
        given = {key: self.plain.decode(value) for key, value in coded.items()}
        named = {key: value for key, value in given.items() if key in kwargs}
        try:
            answer = self.encode(self.names[name](*[given[i] for i in range(len(args))], **named))
        except self.plain.NotPlain as error:
            return {"strange": str(error)}
        changed = []
        for key, before in coded.items():
            if hasattr(type(given[key]), "__next__"):  # used up, as it should be
                continue
            after = self.plain.encode(given[key])
            if after != before:
                changed.append([key, after])
        return {"value": answer, "changed": changed}

    def encode(self, value: Any) -> Any:
        """Return a value as it crosses."""
        if isinstance(value, self.nothing):
            raise self.plain.NotPlain(repr(value))
        return self.plain.encode(value)


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
    name = os.path.basename(path).removesuffix(".py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serve(plain: Any, pipe_in: BinaryIO, pipe_out: BinaryIO) -> None:
    """Answer requests until the pipe closes."""
    home, reserve = os.getpid(), bytearray(1 << 23)
    cells, stand_ins = (load(os.path.join(HERE, name)) for name in ("cells.py", "stand_ins.py"))
    worker = Worker(plain, cells, stand_ins)
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
            reply = {"raised": type(error).__name__, "text": cells.text_of(error)}
        for name in ("missing", "skipped"):
            if found := getattr(worker.notebook, name):
                reply = {**reply, name: found[:MOST_MISSING]}
                found.clear()
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
    sys.dont_write_bytecode = True  # a file of the student may change within a second
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
