"""The cells of a notebook, run as IPython runs them."""

import __future__

import ast
import linecache
import re
from typing import Any

LONGEST_TEXT = 1000


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
