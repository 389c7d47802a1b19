"""Runs the cells of a page and says what they show, in the words of a notebook.

The browser's Python imports this file; it needs the standard library alone.
"""

import ast
import base64
import builtins
import inspect
import io
import keyword
import linecache
import re
import sys
import time
import tokenize
import traceback
import types

PAUSE = 0.05  # seconds between two parts of what a running cell prints
ROOM = 1_000_000  # characters that one cell may print
PIECE = 1_000  # what an output takes of this room at least: they must not become too many
WIDTH = 79  # of what a value looks like, as in a notebook
NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*$")
OF_JUPYTER = re.compile(r"\s*(?:[\w, ]+=\s*)?([%!].*)|\s*([\w.]+\?+)\s*$")
METHODS = (
    ("_repr_html_", "text/html"),
    ("_repr_markdown_", "text/markdown"),
    ("_repr_svg_", "image/svg+xml"),
    ("_repr_png_", "image/png"),
    ("_repr_latex_", "text/latex"),
)
BRACKETS = {list: "[]", tuple: "()", set: "{}", frozenset: ("frozenset({", "})"), dict: "{}"}
ATOMS = (bool, int, float, complex, str, bytes, type(None))


class Kernel:
    r"""Namespaces by name, and how cells run in them.

    Parameters
    ----------
    show : callable
        Takes each output of a cell as soon as it is there: a dict as in a notebook file.

    Examples
    --------
    >>> shown = []
    >>> kernel = Kernel(show=shown.append)
    >>> kernel.run("print(6 * 7)")
    'ok'
    >>> shown
    [{'output_type': 'stream', 'name': 'stdout', 'text': '42\n'}]
    >>> kernel.run("6 * 7")
    'ok'
    >>> shown[-1]
    {'output_type': 'execute_result', 'data': {'text/plain': '42'}}
    """

    def __init__(self, show):
        self.show = show
        self.spaces = {}
        self.figures = {}
        self.count = 0
        self.streams = ()

    def space(self, name="", anew=False):
        """Return a namespace; the first time, or on demand, a new one."""
        return vars(self.module(name, anew))

    def module(self, name="", anew=False):
        """Return the module whose names a namespace holds; pickle looks for it."""
        if anew or name not in self.spaces:
            module = self.spaces[name] = types.ModuleType("__main__")
            names = {"__builtins__": builtins, "display": self.display, "input": no_input}
            vars(module).update(names)
        return self.spaces[name]

    def run(self, code, space="", anew=False, cell="", kept=False):
        """Run a cell; return "ok" or "error".

        Parameters
        ----------
        code : str
        space : str, default ""
            Name of the namespace.
        anew : bool, default False
            Whether the namespace starts empty.
        cell : str, default ""
            Id of the cell; figures that move are kept under it.
        kept : bool, default False
            Whether the page keeps the pictures and values that it has: then none is drawn, and
            each output says only that it is kept.
        """
        module = self.module(space, anew)
        names = vars(module)
        names.pop("__warningregistry__", None)  # a second run warns as the first did
        self.count += 1
        self.cell, self.shown, self.kept = cell, 0, kept
        self.room, self.left_out, self.last = ROOM, 0, None
        self.figures = {key: value for key, value in self.figures.items() if key[0] != cell}
        file = f"<cell {self.count}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        before = sys.stdout, sys.stderr, sys.modules["__main__"]
        self.streams = sys.stdout, sys.stderr = Stream("stdout", self), Stream("stderr", self)
        sys.modules["__main__"] = module
        try:
            self.let_pyplot_show(code)
            value = execute(code, names, file)
            if value is not None:
                names["_"] = value
                self.display(value, kind="execute_result")
            self.display_open_figures()
            status = "ok"
        except BaseException as error:
            self.flush()
            self.show(told(error, file))
            status = "error"
        finally:
            self.flush()
            sys.stdout, sys.stderr, sys.modules["__main__"] = before
        close_figures()
        if self.left_out:
            text = f"[{self.left_out:,} more characters or pictures are left out.]\n"
            self.show({"output_type": "stream", "name": "stderr", "text": text})
        return status

    def flush(self):
        """Send what has been printed so far."""
        for stream in self.streams:
            stream.flush()

    def fits(self, name, size):
        """Tell how much of an output has room; what has none is counted."""
        if name != self.last:
            self.room -= PIECE
        self.last = name
        part = max(0, min(size, self.room))
        self.room -= part
        self.left_out += size - part
        return part

    def print(self, name, text):
        """Show what a cell has printed, up to a bound: a page with too much of it stands still."""
        text = text[: self.fits(name, len(text))]
        if text:
            self.show({"output_type": "stream", "name": name, "text": text})

    def display(self, *values, kind="display_data"):
        """Show values as a notebook does."""
        for value in values:
            self.flush()
            data = {} if self.kept else bundle(value)
            self.flush()
            self.last = None
            if not self.fits("", 1):
                continue
            output = {"output_type": kind} | ({"kept": True} if self.kept else {"data": data})
            if self.cell and hasattr(type(value), "frame"):
                self.figures[self.cell, self.shown] = value
                output["moves"] = True
            self.shown += 1
            self.show(output)

    def let_pyplot_show(self, code):
        """Make ``plt.show()`` show figures where it is called."""
        if "pyplot" in code or "matplotlib.pyplot" in sys.modules:
            try:
                import matplotlib.pyplot as plt
            except ImportError:  # then the cell says so
                return
            plt.show = lambda *args, **kwargs: self.display_open_figures()

    def display_open_figures(self):
        """Show the figures that a reader's own Matplotlib code left open."""
        plt = sys.modules.get("matplotlib.pyplot")
        for number in plt.get_fignums() if plt else ():
            self.display(plt.figure(number))

    def frame(self, cell, number, places):
        """Return a picture of a figure that moves, with its sliders at any place.

        Parameters
        ----------
        cell : str
        number : int
            Which of the outputs of the cell it is, from 0.
        places : list of float
            Of each slider: between its first value, 0, and its last.
        """
        return self.figures[cell, number].frame(*places)

    def complete(self, code, position, space=""):
        """Return where the word begins that ends at a position, and how it may go on."""
        names = self.space(space)
        owner, dot, word = re.search(r"[\w.]*$", code[:position])[0].rpartition(".")
        if dot:
            found = look_up(owner, names)
            known = attributes(found[0]) if found else {}
        else:
            known = {**dict.fromkeys(keyword.kwlist, keyword), **vars(builtins), **names}
        options = [
            {"label": label, "type": kind_of(value)}
            for label, value in sorted(known.items(), key=lambda item: str(item[0]))
            if isinstance(label, str)
            and label.startswith(word)
            and (word.startswith("_") or not label.startswith("_"))
        ]
        return {"start": position - len(word), "options": options}

    def help(self, code, position, space=""):
        """Return the signature of the name at a position and the first paragraph about it."""
        left = re.search(r"[\w.]*$", code[:position])[0]
        right = re.match(r"\w*", code[position:])[0]
        name = left + right
        found = look_up(name, self.space(space))
        if found is None:
            return None
        value = found[0]
        if not is_made_of_code(value):
            return {"head": f"{name}: {name_of(value)}", "text": shortened(value)}
        try:
            head = name.rpartition(".")[2] + str(inspect.signature(value))
        except (TypeError, ValueError):
            head = f"{name}: {name_of(value)}"
        return {"head": head, "text": (inspect.getdoc(value) or "").split("\n\n")[0]}


class Stream(io.TextIOBase):
    """What a cell prints, in parts: a running cell is seen to print, and not for each letter."""

    encoding = "utf-8"

    def __init__(self, name, kernel):
        self.name, self.kernel = name, kernel
        self.parts, self.sent = [], time.monotonic()

    def writable(self):
        """Whether text may be written: always."""
        return True

    def write(self, text):
        """Take text; send it if the last part was sent long enough ago."""
        if not isinstance(text, str):
            raise TypeError(
                f"write() got {type(text).__name__}; expected text. "
                "Write str(value), or print the value."
            )
        for other in self.kernel.streams:
            if other is not self and other.parts:
                other.flush()
        self.parts.append(text)
        if time.monotonic() - self.sent > PAUSE:
            self.flush()
        return len(text)

    def flush(self):
        """Send what is there."""
        text, self.parts = "".join(self.parts), []
        self.sent = time.monotonic()
        if text:
            self.kernel.print(self.name, text)


def no_input(prompt=""):
    """Say that a page cannot ask, in place of Python's ``input``."""
    raise NotImplementedError(
        "input() waits for keys, and a cell of a page cannot. "
        'Write the value into the cell, for example name = "Ada".'
    )


def execute(code, names, file):
    """Run code; return the value of an expression at its end, unless a semicolon follows."""
    try:
        tree = ast.parse(code, file)
    except SyntaxError as error:
        lines = code.splitlines()
        line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
        if found := OF_JUPYTER.match(line):
            words = (
                f"{found[1] or found[2]} is a command of Jupyter, and this page runs Python "
                "alone. Leave the line out."
            )
            raise SyntaxError(words, (file, error.lineno, None, line)) from None
        raise
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not ends_quietly(code):
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, file, "exec", dont_inherit=True), names)
    return eval(compile(last, file, "eval", dont_inherit=True), names) if last else None


def ends_quietly(code):
    """Tell whether a semicolon ends the code; comments may follow it."""
    passed = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return [token.string for token in tokens if token.type not in passed][-1] == ";"


def bundle(value):
    """Return what a value looks like, by kind of content."""
    if type(value).__module__ == "matplotlib.figure":
        close_figures(value)
        return {"image/png": picture(value), "text/plain": repr(value)}
    data = {}
    if isinstance(value, type):  # its methods are for what is made of it
        return {"text/plain": pretty(value)}
    if hasattr(type(value), "_repr_mimebundle_"):
        data = value._repr_mimebundle_() or {}
        data = data[0] if isinstance(data, tuple) else data
    for method, kind in METHODS:
        if kind not in data and hasattr(type(value), method):
            data = {**data, kind: getattr(value, method)()}
    for kind, content in data.items():
        if isinstance(content, bytes):
            data[kind] = base64.b64encode(content).decode()
    data = {kind: content for kind, content in data.items() if isinstance(content, str)}
    return {**data, "text/plain": data.get("text/plain") or pretty(value)}


def pretty(value, indent=0, column=0):
    """Return how a value prints that begins in a column, in lines as a notebook has them."""
    kind = type(value)
    if kind is type:
        return value.__qualname__ if value.__module__ == "builtins" else repr(value)[8:-2]
    if kind is types.FunctionType:
        return f"<function {value.__module__}.{value.__qualname__}{inspect.signature(value)}>"
    if kind not in BRACKETS or not value:
        return repr(value).replace("\n", "\n" + " " * indent)
    start, end = BRACKETS[kind]
    indent, column = indent + len(start), column + len(start)
    items = value
    if kind in (set, frozenset):
        try:
            items = sorted(value)
        except TypeError:  # not all can be compared
            items = value
    parts = []
    for item in items:
        if len(parts) == 1000:
            parts.append("...")
            break
        if kind is dict:
            key = f"{pretty(item)}: "
            parts.append(key + pretty(value[item], indent, indent + len(key)))
        else:
            parts.append(pretty(item, indent, indent))
    if kind is tuple and len(value) == 1:
        end = ",)"
    line = start + ", ".join(parts) + end
    if "\n" not in line and len(line) + column - len(start) <= WIDTH:
        return line
    return start + (",\n" + " " * indent).join(parts) + end


def picture(figure):
    """Return a Matplotlib figure as PNG, in letters."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=144, bbox_inches="tight")
    return base64.b64encode(file.getvalue()).decode()


def close_figures(which="all"):
    """Close what is open in pyplot, so that it appears once."""
    if plt := sys.modules.get("matplotlib.pyplot"):
        plt.close(which)


def told(error, file):
    """Return an error as an output: without the frames of this file, and with its line."""
    steps = error.__traceback__
    while steps and not steps.tb_frame.f_code.co_filename.startswith("<cell "):
        steps = steps.tb_next
    lines = [line for frame, line in traceback.walk_tb(steps) if frame.f_code.co_filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines, steps = [error.lineno], None
    text = "".join(traceback.format_exception(type(error), error, steps))
    text = text.replace(f'File "{file}"', "In this cell")
    text = re.sub(r'File "<cell \d+>"', "In another cell", text).rstrip("\n").split("\n")
    if len(text) > 100:
        text = [*text[:50], "…", *text[-50:]]
    try:
        words = str(error)
    except Exception:  # of a reader's class it may fail in any way
        words = ""
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": words[: WIDTH * 100],
        "traceback": [line[: WIDTH * 100] for line in text],
        "line": lines[-1] if lines else None,
    }


# What an editor asks must call nothing of the reader's, and cost nothing: no property is read, no
# repr made of what may be large.
def look_up(dotted, names):
    """Return the value of a dotted name in a tuple, or None."""
    if not NAME.match(dotted):
        return None
    first, *rest = dotted.split(".")
    known = names if first in names else vars(builtins)
    if first not in known:
        return None
    value = known[first]
    for part in rest:
        known = attributes(value)
        if part not in known:
            return None
        value = known[part]
    return (value,)


def attributes(value):
    """Return what can follow a dot, without asking the value."""
    kind = type(value)
    found = {}
    for part in reversed(type.mro(value) if issubclass(kind, type) else type.mro(kind)):
        found.update(type.__dict__["__dict__"].__get__(part))
    if issubclass(kind, type):
        return {
            name: getattr(one, "__func__", one) if type(one) in (staticmethod, classmethod) else one
            for name, one in found.items()
        }
    for name, one in found.items():
        if type(one) in (staticmethod, classmethod):
            found[name] = one.__func__
        elif type(one) is types.FunctionType:
            found[name] = types.MethodType(one, value)
    try:
        return {**found, **object.__getattribute__(value, "__dict__")}
    except AttributeError:  # it has slots, or is made in C
        return found


def home(kind):
    """Return the module of a type; a reader's type of types could answer for it."""
    return type.__getattribute__(kind, "__module__")


def name_of(value):
    """Return the name of the type of a value."""
    return type.__getattribute__(type(value), "__name__")


def is_made_of_code(value):
    """Tell whether a value is a function, a class or a module, and not a thing of the reader."""
    return home(type(value)) != "__main__" and (
        isinstance(value, (type, types.ModuleType)) or callable(value)
    )


def kind_of(value):
    """Return what the editor draws beside a word."""
    if value is keyword:
        return "keyword"
    if issubclass(type(value), types.ModuleType):
        return "namespace"
    if issubclass(type(value), type):
        return "class"
    return "function" if is_made_of_code(value) else "variable"


def shortened(value, most=300):
    """Return how a small value prints, and of others how large they are."""
    kind = home(type(value)), name_of(value)
    if kind == ("numpy", "ndarray"):
        return f"shape = {value.shape}, dtype = {value.dtype}"
    if kind[0] != "builtins":
        return ""
    if isinstance(value, tuple(BRACKETS)):
        return f"len = {len(value)}"
    if not isinstance(value, ATOMS):
        return ""
    try:
        text = repr(value[:most] if isinstance(value, (str, bytes)) else value)
    except ValueError:  # a number with more digits than Python writes
        return ""
    return text if len(text) <= most else text[:most] + " …"
