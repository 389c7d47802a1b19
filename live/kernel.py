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
import rlcompleter
import sys
import time
import traceback

PAUSE = 0.05  # seconds between two parts of what a running cell prints
NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*$")
NOT_PYTHON = re.compile(r"^\s*([%!].*)", re.MULTILINE)


class Kernel:
    """Namespaces by name, and how cells run in them.

    Parameters
    ----------
    show : callable
        Takes each output of a cell as soon as it is there: a dict as in a notebook file.

    Examples
    --------
    >>> kernel = Kernel(show=print)
    >>> kernel.run("print(6 * 7)")
    {'output_type': 'stream', 'name': 'stdout', 'text': '42\\n'}
    'ok'
    >>> kernel.run("6 * 7")
    {'output_type': 'execute_result', 'data': {'text/plain': '42'}}
    'ok'
    """

    def __init__(self, show):
        self.show = show
        self.spaces = {}
        self.figures = {}
        self.count = 0

    def space(self, name="", anew=False):
        """Return a namespace; the first time, or on demand, a new one."""
        if anew or name not in self.spaces:
            self.spaces[name] = {"__name__": "__main__", "display": self.display}
            self.spaces[name]["__builtins__"] = builtins
        return self.spaces[name]

    def run(self, code, space="", anew=False, cell=""):
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
        """
        names = self.space(space, anew)
        self.count += 1
        self.cell, self.shown = cell, 0
        file = f"<cell {self.count}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        out, err = Stream("stdout", self.show), Stream("stderr", self.show)
        before = sys.stdout, sys.stderr, sys.displayhook
        self.streams = out, err
        sys.stdout, sys.stderr = out, err
        try:
            value = execute(code, names, file)
            if value is not None:
                names["_"] = value
                self.display(value, kind="execute_result")
            self.display_open_figures()
            return "ok"
        except BaseException as error:
            self.flush()
            self.show(told(error, file, code))
            close_figures()
            return "error"
        finally:
            self.flush()
            sys.stdout, sys.stderr, sys.displayhook = before

    def flush(self):
        """Send what has been printed so far."""
        for stream in self.streams:
            stream.flush()

    def display(self, *values, kind="display_data"):
        """Show values as a notebook does."""
        self.flush()
        for value in values:
            data = bundle(value)
            if hasattr(value, "frame") and "text/html" in data:
                self.figures[self.cell, self.shown] = value
            self.shown += 1
            self.show({"output_type": kind, "data": data})

    def display_open_figures(self):
        """Show the figures that a reader's own Matplotlib code left open."""
        plt = sys.modules.get("matplotlib.pyplot")
        for number in plt.get_fignums() if plt else ():
            self.display(plt.figure(number))
        close_figures()

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
        word = re.search(r"[\w.]*$", code[:position])[0]
        start = position - len(word.rpartition(".")[2])
        if "." in word and not NAME.match(word.rpartition(".")[0]):
            return {"start": start, "options": []}
        found = rlcompleter.Completer(names)
        matches = found.attr_matches(word) if "." in word else found.global_matches(word)
        options = []
        for match in sorted(set(matches)):
            label = match.rpartition(".")[2] if "." in word else match
            label = label.strip().removesuffix(":").rstrip("()")
            if label.startswith("__") and not word.rpartition(".")[2].startswith("__"):
                continue
            options.append({"label": label, "type": kind_of(label, match, names)})
        return {"start": start, "options": options}

    def help(self, code, position, space=""):
        """Return the signature of the name at a position and the first paragraph about it."""
        left = re.search(r"[\w.]*$", code[:position])[0]
        right = re.match(r"\w*", code[position:])[0]
        value = look_up(left + right, self.space(space))
        if value is None:
            return None
        value, name = value[0], left + right
        try:
            head = name.rpartition(".")[2] + str(inspect.signature(value))
        except (TypeError, ValueError):
            head = f"{name}: {type(value).__name__}"
        doc = inspect.getdoc(value) if callable(value) or inspect.ismodule(value) else None
        return {"head": head, "text": (doc or shortened(value)).split("\n\n")[0]}


class Stream(io.TextIOBase):
    """What a cell prints, in parts: a running cell is seen to print, and not for each letter."""

    def __init__(self, name, show):
        self.name, self.show = name, show
        self.parts, self.sent = [], time.monotonic()

    def writable(self):
        """Whether text may be written: always."""
        return True

    def write(self, text):
        """Take text; send it if the last part was sent long enough ago."""
        if not isinstance(text, str):
            raise TypeError(f"write() takes text, not {type(text).__name__}.")
        self.parts.append(text)
        if time.monotonic() - self.sent > PAUSE:
            self.flush()
        return len(text)

    def flush(self):
        """Send what is there."""
        text, self.parts = "".join(self.parts), []
        self.sent = time.monotonic()
        if text:
            self.show({"output_type": "stream", "name": self.name, "text": text})


def execute(code, names, file):
    """Run code; return the value of an expression at its end, unless a semicolon follows."""
    if found := NOT_PYTHON.search(code):
        try:
            ast.parse(code)
        except SyntaxError:
            raise NotImplementedError(
                f"{found[1]} is a command of Jupyter, and this page runs Python alone. "
                "Leave the line out."
            ) from None
    tree = ast.parse(code, file)
    last = None
    quiet = code.rstrip().endswith(";")
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not quiet:
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, file, "exec", dont_inherit=True), names)
    return eval(compile(last, file, "eval", dont_inherit=True), names) if last else None


def bundle(value):
    """Return what a value looks like, by kind of content."""
    if type(value).__module__ == "matplotlib.figure":
        return {"image/png": picture(value), "text/plain": repr(value)}
    data = {}
    if hasattr(type(value), "_repr_mimebundle_"):
        data = value._repr_mimebundle_() or {}
        data = data[0] if isinstance(data, tuple) else data
    for method, kind in (
        ("_repr_html_", "text/html"),
        ("_repr_markdown_", "text/markdown"),
        ("_repr_svg_", "image/svg+xml"),
        ("_repr_latex_", "text/latex"),
    ):
        if kind not in data and hasattr(type(value), method):
            if (said := getattr(value, method)()) is not None:
                data = {**data, kind: said}
    return {**data, "text/plain": data.get("text/plain") or repr(value)}


def picture(figure):
    """Return a Matplotlib figure as PNG, in letters."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=144, bbox_inches="tight")
    return base64.b64encode(file.getvalue()).decode()


def close_figures():
    """Close what is open in pyplot, so that it appears once."""
    if plt := sys.modules.get("matplotlib.pyplot"):
        plt.close("all")


def told(error, file, code):
    """Return an error as an output: without the frames of this file, and with its line."""
    steps = error.__traceback__
    while steps and steps.tb_frame.f_code.co_filename != file:
        steps = steps.tb_next
    text = "".join(traceback.format_exception(type(error), error, steps))
    lines = [line for frame, line in traceback.walk_tb(steps) if frame.f_code.co_filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines = [error.lineno]
        text = "".join(traceback.format_exception_only(error))
    text = text.replace(f'File "{file}"', "In this cell")
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error),
        "traceback": text.rstrip("\n").split("\n"),
        "line": lines[-1] if lines else None,
    }


def look_up(dotted, names):
    """Return the value of a dotted name in a tuple, or None: nothing is called for it."""
    if not NAME.match(dotted):
        return None
    first, *rest = dotted.split(".")
    if first in names:
        value = names[first]
    elif hasattr(builtins, first):
        value = getattr(builtins, first)
    else:
        return None
    for part in rest:
        try:
            value = inspect.getattr_static(value, part) and getattr(value, part)
        except Exception:  # an attribute of a reader's class may fail in any way
            return None
    return (value,)


def kind_of(label, match, names):
    """Return what the editor draws beside a word."""
    if keyword.iskeyword(label):
        return "keyword"
    found = look_up(match.rstrip("( "), names)
    value = found[0] if found else None
    if inspect.ismodule(value):
        return "namespace"
    if inspect.isclass(value):
        return "class"
    return "function" if callable(value) else "variable"


def shortened(value, most=300):
    """Return how a value prints, cut."""
    try:
        text = repr(value)
    except Exception:  # a repr of a reader's class may fail in any way
        return type(value).__name__
    return text if len(text) <= most else text[:most] + " …"
