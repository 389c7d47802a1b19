"""The cells of a notebook, run as IPython runs them."""

import __future__

import ast
import linecache
import re
import types
from typing import Any

LONGEST_TEXT = 1000


class Notebook:
    """Runs cells in one namespace, as IPython does.

    Attributes
    ----------
    missing : list of str
        Imports that failed since this list was last emptied.
    skipped : list of str
        Errors of statements that failed since then for want of what the sandbox does not have.
    """

    def __init__(self, names: dict[str, Any], nothing: type) -> None:
        self.names, self.nothing = names, nothing
        self.flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self.missing: list[str] = []
        self.skipped: list[str] = []
        self.gone: set[str] = set()  # names that failed imports should have given
        self.touched: set[str] = set()  # names for which a stand-in was used
        self.ran: list[ast.stmt] = []  # since `touched` was last brought up to date
        self.last: Any = None
        self.loop: Any = None
        self.inputs, self.outputs = [""], dict[int, Any]()

    def run(self, source: str, place: str, defining: bool = False) -> None:
        """Run a cell, statement by statement; or only those statements that merely define."""
        self.inputs.append(source)
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
                alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Name)
                if alone and error.name in ALONE:
                    continue
                if self.gone.isdisjoint((error.name, "*")):
                    raise
                self.gone |= given_by(node)
            except Exception as error:
                # What comes of a stand-in is not always what the rest can use.
                if not self._uses_stand_in(node):
                    raise
                self.skipped.append(f"{type(error).__name__}: {text_of(error)}")
                self.gone |= given_by(node)
            self.ran.append(node)

    def _uses_stand_in(self, node: ast.stmt) -> bool:
        """Say whether a statement uses a stand-in, or what was made with one."""

        def touches(part: ast.stmt) -> bool:
            used = {p.id for p in ast.walk(part) if isinstance(p, ast.Name)}
            return not used.isdisjoint(self.touched) or any(
                name in self.names and self._is_stand_in(self.names[name]) for name in used
            )

        for part in self.ran:
            if touches(part):
                self.touched |= given_by(part)
        self.ran.clear()
        return touches(node)

    def _is_stand_in(self, value: Any) -> bool:
        if isinstance(value, self.nothing):
            return True
        home = getattr(value, "__module__", None) or getattr(value, "__name__", "")
        return isinstance(home, str) and home.partition(".")[0] in CRIPPLED

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
                if any(name in part for part in lines for name in GUARDED):
                    tree = Guards().visit(tree)
                return [part for node in tree.body for part in single(node)]

    def _execute(self, node: ast.stmt, place: str, show: bool) -> None:
        shown = show and isinstance(node, ast.Expr)
        tree = ast.Expression(node.value) if shown else ast.Module([node], [])  # type: ignore
        code = compile(tree, place, "eval" if shown else "exec", self.flags, dont_inherit=True)
        self.flags |= code.co_flags & FUTURES
        before = dict(self.names) if is_star(node) else {}
        value = self._evaluate(code)
        for name, old in before.items():  # a stand-in does not know what the library has
            if isinstance(self.names.get(name), self.nothing):
                self.names[name] = old
        if not shown or value is None:
            return
        self.outputs[len(self.inputs) - 1] = value
        if self.names.get("_", self.last) is self.last:
            self.names["_"] = self.last = value

    def _evaluate(self, code: types.CodeType) -> Any:
        try:
            value = eval(code, self.names)
        except RuntimeError as error:
            if text_of(error) != "no running event loop":
                raise
            return self._wait_for(self._later(code))
        return self._wait_for(value) if code.co_flags & COROUTINE else value

    async def _later(self, code: types.CodeType) -> Any:
        return eval(code, self.names)

    def _wait_for(self, task: Any) -> Any:
        """Wait in the one loop that all cells have: a task may be of another cell."""
        import asyncio  # takes longer than most cells

        if self.loop is None:
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        return self.loop.run_until_complete(task)


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

#: And those that are a name of Python to the parser.
ALONE = {"conda", "env", "hist", "history", "ls", "lsmagic", "magic", "pwd", "who", "whos"}
#: Libraries that a notebook asks for to find out where it runs, or how fast it can be.
GUARDED = ("google", "numba")
#: Parts of the standard library that need what the sandbox does not have.
CRIPPLED = ("multiprocessing", "zoneinfo")
CATCHING = {"BaseException", "Exception", "ImportError", "ModuleNotFoundError"}


class Guards(ast.NodeTransformer):
    """Lets imports fail for which the notebook says what to do then."""

    def visit_Try(self, node: ast.Try) -> ast.Try:
        """Look at one ``try``."""
        self.generic_visit(node)
        for handler in node.handlers:
            if handler.type is None or catches(handler.type):
                for part in node.body:
                    refuse(part)
        return node

    def visit_With(self, node: ast.With) -> ast.With:
        """Look at one ``with suppress(...)``."""
        self.generic_visit(node)
        if any(catches(item.context_expr) for item in node.items):
            for part in node.body:
                refuse(part)
        return node


def catches(kinds: ast.expr) -> bool:
    """Say whether the error of an import is among these."""
    return any(isinstance(part, ast.Name) and part.id in CATCHING for part in ast.walk(kinds))


def refuse(node: ast.stmt) -> None:
    """Give the guarded imports of a statement names that nothing has."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            for alias in part.names:
                if alias.name.partition(".")[0] in GUARDED:
                    alias.name += " "
        elif isinstance(part, ast.ImportFrom) and part.module:
            part.module += " " * (part.module.partition(".")[0] in GUARDED)


def given_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement gives."""
    names = {getattr(node, "name", "")} - {""}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
    return names


def is_star(node: ast.stmt) -> bool:
    """Say whether it is ``from ... import *``."""
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


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
    file = re.fullmatch(r"\s*%%(?:writefile|file)\s+(-a\s+)?(.*\S)\s*", lines[first])
    if file:
        text = "\n".join([*lines[first + 1 :], ""])
        kind, name = "a" if file[1] else "w", file[2].strip("'\"")
        return [f"__import__('io').open({name!r}, {kind!r}).write({text!r}) and None"]
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
    elif bare.startswith("%pylab"):
        new = "from pylab import *"
    elif found := re.match(r"%run\s+(?:-\w+\s+)*['\"]?([\w./-]+?)(?:\.py)?['\"]?(?:\s|$)", bare):
        new = "(lambda file: exec(file.read_text(), globals()) if file.is_file() else None)("
        new += f"__import__('pathlib').Path({found[1] + '.py'!r}))"
    elif (
        bare.startswith(("%", "!", "?"))
        or re.fullmatch(r"[^\s?]+\s*\?+", bare)
        or re.match(BARE, bare)
    ):
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
