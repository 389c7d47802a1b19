"""The student's side of the pipe: it runs in the sandbox and knows no test.

One JSON object a line comes in, one goes out, and only plain values cross. It is started as
``python worker.py SETTINGS`` and has no package around it: the settings name the file
``dlzero/homework/plain.py``, which says what is plain.
"""

import __future__

import ast
import builtins
import importlib.machinery
import importlib.util
import json
import linecache
import opcode
import os
import re
import sys
import types
from collections.abc import Callable
from typing import Any, BinaryIO

LONGEST_TEXT = 1000
MOST_MISSING = 20


#: What a star imports from a library that is not here: a name that is missing stops a cell.
STARRED = (
    "Audio FloatSlider HTML Image IntSlider Latex Markdown Math animation axhline axis axvline bar "
    "clear_output cm colorbar colors contour contourf figure fill_between gca gcf grid hist imshow "
    "interact interactive legend loglog pause plot rcParams savefig scatter semilogx semilogy show "
    "style subplot subplots suptitle text ticker tight_layout title tqdm track trange widgets "
    "xlabel xlim xscale xticks ylabel ylim yscale yticks"
)
#: Libraries that draw, show progress, or serve the notebook. None of them is in the sandbox.
STAND_INS = (
    "IPython PIL alive_progress altair bokeh celluloid colorama cycler dlzero.homework "
    "dlzero.plots dlzero.widgets fastprogress google graphviz halo holoviews hvplot ipykernel "
    "ipympl ipywidgets jupyter_black jupyterthemes lab_black matplotlib matplotlib_inline "
    "mpl_toolkits mplcursors nb_black notebook numba otter plotly plotnine prettytable progressbar "
    "pygal pylab rich seaborn tabulate termcolor tqdm vega watermark"
)


class Nothing(types.ModuleType):
    """Stands for a library that draws, and for all that comes of it: takes all, does nothing."""

    __all__ = tuple(STARRED.split())
    __array_ufunc__ = None  # an array leaves the arithmetic to the methods below

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in LIKE_REAL:
            raise AttributeError(name)
        if self is NOTHING and name == "subplots":  # of a figure, which is there already
            return AXES
        return LIKE_REAL.get(name, self)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):  # as the import of a module does
            super().__setattr__(name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do nothing; as a decorator, leave the function as it is."""
        alone = len(args) == 1 and not kwargs
        return args[0] if alone and isinstance(args[0], types.FunctionType | type) else NOTHING

    def __iter__(self) -> Any:
        # As many as there are names on the left, as in ``n, bins, bars = plt.hist(x)``.
        frame = sys._getframe(1)
        code, at = frame.f_code.co_code, frame.f_lasti
        name, number = opcode.opname[code[at]], code[at + 1]
        if name == "UNPACK_EX":
            before = code[at - 1] if opcode.opname[code[at - 2]] == "EXTENDED_ARG" else 0
            number += before
        return iter([self] * number if name.startswith("UNPACK") else ())

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        return None

    def __delitem__(self, key: Any) -> None:
        return None

    def __contains__(self, key: Any) -> bool:
        return False

    def __len__(self) -> int:
        return 1  # i % len(colours) works

    def __bool__(self) -> bool:
        return False  # while plt.fignum_exists(1): ...

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __mro_entries__(self, bases: Any) -> tuple[type]:
        return (Blank,)

    def __instancecheck__(self, value: Any) -> bool:
        return False

    def __format__(self, form: str) -> str:
        return ""

    def __repr__(self) -> str:
        return "something of a library that is not here"

    def __float__(self) -> float:
        return 0.0

    def __index__(self) -> int:
        return 0

    def __lt__(self, other: Any) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__


def _same(self: Nothing, *others: Any) -> Nothing:
    return self


ONE_SIDED = "neg pos abs invert round"
TWO_SIDED = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"
for _name in f"{ONE_SIDED} {TWO_SIDED}".split():
    setattr(Nothing, f"__{_name}__", _same)
for _name in TWO_SIDED.split():
    setattr(Nothing, f"__r{_name}__", _same)


class Blank:
    """What a class has below it whose base is `Nothing`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return NOTHING


class Bars(Nothing):
    """Stands for ``tqdm`` and its like: what it is given can be gone through."""

    def __call__(self, items: Any = (), *args: Any, **kwargs: Any) -> Any:
        """Return the items, with the methods of a bar."""
        bar = Bar("bar")
        vars(bar)["items"] = items
        return bar


class Bar(Nothing):
    """A bar of progress."""

    def __iter__(self) -> Any:
        return iter(vars(self)["items"])

    def __len__(self) -> int:
        return len(vars(self)["items"])


class Axes(Nothing):
    """Stands for ``figure.subplots``: the axes come as the table that they are in matplotlib."""

    def __call__(self, rows: int = 1, columns: int = 1, *args: Any, **kwargs: Any) -> Any:
        """Return the axes."""
        import numpy as np

        axes = np.empty((kwargs.get("nrows", rows), kwargs.get("ncols", columns)), object)
        for place in np.ndindex(axes.shape):
            axes[place] = NOTHING
        if kwargs.get("squeeze", True):
            axes = axes.squeeze()
        return axes if axes.ndim else NOTHING


class Figure(Nothing):
    """Stands for ``plt.subplots``."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return a figure and its axes."""
        return NOTHING, AXES(*args, **kwargs)


NOTHING = Nothing("nothing")
BARS = Bars("bars")
AXES = Axes("axes")
#: What of these libraries has an effect on the rest.
LIKE_REAL: dict[str, Any] = {
    "__version__": "0",
    **dict.fromkeys(("tqdm", "tqdm_notebook", "track", "alive_it", "progress_bar"), BARS),
    "prange": range,
    "subplots": Figure("subplots"),
    "tenumerate": enumerate,
    "tmap": map,
    "trange": lambda *args, **kwargs: BARS(range(*args)),
    "tzip": zip,
}
#: What a notebook has beside the builtins of Python.
IN_A_NOTEBOOK: dict[str, Any] = {
    "__IPYTHON__": True,
    "display": NOTHING,
    "exit": sys.exit,
    "get_ipython": lambda: NOTHING,
    "help": NOTHING,
    "quit": sys.exit,
}


class StandIns:
    """Finds `Nothing` for these libraries and whatever is imported from them.

    It does not inherit from the classes of ``importlib.abc``, which take long to import.
    """

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """Say that it is here."""
        parts = name.split(".")
        if not {parts[0], ".".join(parts[:2])} & set(STAND_INS.split()):
            return None
        loader: Any = self
        return importlib.machinery.ModuleSpec(name, loader, is_package=True)

    def create_module(self, spec: Any) -> Any:
        """Return what stands for it."""
        return Nothing(spec.name)

    def exec_module(self, module: Any) -> None:
        """Leave it as it is."""


class Worker:
    """The student's names, and what may be asked of them."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names = vars(module)
        sys.meta_path.insert(0, StandIns())
        for name, value in IN_A_NOTEBOOK.items():
            setattr(builtins, name, value)
        self.notebook = Notebook(self.names)

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
            if callable(value) and not isinstance(value, Nothing):
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
        if isinstance(value, Nothing):
            raise self.plain.NotPlain(repr(value))
        return self.plain.encode(value)


class Notebook:
    """Runs cells in one namespace, as IPython does.

    Attributes
    ----------
    missing : list of str
        Imports that failed since this list was last emptied.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self.missing: list[str] = []
        self.gone: set[str] = set()  # names that failed imports should have given
        self.last: Any = None

    def run(self, source: str, place: str, defining: bool = False) -> None:
        """Run a cell, statement by statement; or only those statements that merely define."""
        lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        linecache.cache[place] = (len(source), None, [line + "\n" for line in lines], place)
        try:
            body = self._parse(lines, place)
        except (MemoryError, RecursionError):  # which of them depends on the version of Python
            raise SyntaxError("nested too deep") from None
        body = [node for node in body if defines(node)] if defining else body
        for number, node in enumerate(body, start=1):
            try:
                self._execute(node, place, show=number == len(body))
            except ImportError as error:
                if not isinstance(node, ast.Import | ast.ImportFrom):
                    raise
                self.missing.append(text_of(error).partition(" (")[0])  # no path
                self.gone |= {a.asname or a.name.partition(".")[0] for a in node.names}
            except NameError as error:
                if self.gone.isdisjoint((error.name, "*")):
                    raise
                stored = (part for part in ast.walk(node) if isinstance(part, ast.Name))
                self.gone |= {part.id for part in stored if isinstance(part.ctx, ast.Store)}

    def _parse(self, lines: list[str], place: str) -> list[ast.stmt]:
        lines = without_cell_magic(lines)
        bare = without_prompts(lines)
        while True:
            try:
                flags = self.flags | ast.PyCF_ONLY_AST
                tree = compile("\n".join(lines), place, "exec", flags, dont_inherit=True)
            except SyntaxError as error:
                if replace_magic(lines, error.lineno or 0):
                    continue
                if lines == bare:
                    raise
                lines = bare = without_prompts(lines)
            else:
                return [part for node in tree.body for part in single(node)]

    def _execute(self, node: ast.stmt, place: str, show: bool) -> None:
        shown = show and isinstance(node, ast.Expr)
        tree = ast.Expression(node.value) if shown else ast.Module([node], [])  # type: ignore
        code = compile(tree, place, "eval" if shown else "exec", self.flags, dont_inherit=True)
        self.flags |= code.co_flags & FUTURES
        value = eval(code, self.names)
        if code.co_flags & COROUTINE:
            import asyncio  # takes longer than most cells

            value = asyncio.run(value)
        if shown and value is not None and self.names.get("_", self.last) is self.last:
            self.names["_"] = self.last = value


COROUTINE = 0x80
FUTURES = 0
for _name in __future__.all_feature_names:
    FUTURES |= getattr(__future__, _name).compiler_flag
#: Magics for a cell that run it in the notebook's own names.
RUNNING = {"capture", "memit", "prun", "time"}
#: Commands that IPython takes without a percent sign.
BARE = (
    r"(?:cat|cd|conda|config|env|load_ext|ls|mamba|matplotlib|pip|reload_ext|time|timeit) +[\w./-]"
)


def single(node: ast.stmt) -> list[ast.stmt]:
    """Take an import of several names apart: one of them may fail."""
    if isinstance(node, ast.Import):
        return [ast.copy_location(ast.Import([part]), node) for part in node.names]
    if isinstance(node, ast.ImportFrom):
        parts = [ast.ImportFrom(node.module, [part], node.level) for part in node.names]
        return [ast.copy_location(part, node) for part in parts]
    return [node]


def defines(node: ast.stmt) -> bool:
    """Say whether a statement does no more than give names: to functions, imports and values."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return not any(isinstance(part, ast.Call | ast.Await) for part in ast.walk(node))
    functions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return isinstance(node, functions | ast.Import | ast.ImportFrom)


def without_cell_magic(lines: list[str]) -> list[str]:
    """Return what is to run of a cell that may have a magic for the whole of it."""
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    found = re.match(r"\s*%%(\w+)\s*(\w*)", lines[first])
    if not found:
        return lines
    if found[1] not in RUNNING:
        return []
    out = found[2] if found[1] == "capture" else ""
    rest = [f"{out} = get_ipython()" if out else "", *lines[first + 1 :]]
    return lines[:first] + without_cell_magic(rest)


def without_prompts(lines: list[str]) -> list[str]:
    """Return the lines without prompts, and without the indent of the first of them."""
    indent = next((re.match(r"\s*", line) for line in lines if line.strip()), None)
    lines = [line.removeprefix(indent[0]) for line in lines] if indent else lines
    return [re.sub(r"^(?:>>> ?|\.\.\. ?|In \[\d+\]: )", "", line) for line in lines]


def replace_magic(lines: list[str], number: int) -> bool:
    """Replace the line of this number if only a notebook understands it; say whether."""
    if not 0 < number <= len(lines):
        return False
    line = lines[number - 1]
    bare = line.strip()
    value = re.match(r"([^=]+=\s*)(%time\s+(?!-)|[%!])(.*)", bare)
    if found := re.match(r"%(?:memit|prun|time)\s+(?!-)(.+)", bare):
        new = found[1]
    elif bare.startswith(("%", "!", "?")) or re.fullmatch(r"\S+\?", bare) or re.match(BARE, bare):
        new = "pass"
    elif value:
        new = value[1] + (value[3] if value[2].startswith("%time") else "get_ipython()")
    else:
        return False
    lines[number - 1] = line[: len(line) - len(line.lstrip())] + new
    while line.endswith("\\") and number < len(lines):  # it goes on
        line = lines[number]
        lines[number] = ""
        number += 1
    return True


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
        if worker.notebook.missing:
            reply = {**reply, "missing": worker.notebook.missing[:MOST_MISSING]}
            worker.notebook.missing = []
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
