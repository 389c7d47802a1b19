"""The live source of the package, for the lessons: text and code cannot differ."""

import ast
import functools
import inspect
import textwrap


class Source:
    """Python source that a notebook shows with its colours."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def show_source(*objects: object) -> Source:
    """Show the source of functions, methods or classes of the installed package.

    Parameters
    ----------
    *objects : function, method, property or class

    Returns
    -------
    Source
        Markdown in a notebook, plain text elsewhere.

    Raises
    ------
    TypeError
        For an object that has no Python source, such as a number or a function written in C.

    Examples
    --------
    >>> from dlzero import LinearUnit, show_source
    >>> show_source(LinearUnit.activation)
    def activation(self, z: np.ndarray) -> np.ndarray:
        return z
    """
    return Source("\n\n".join(_without_docstrings(_source_of(thing)) for thing in objects))


def _source_of(thing):
    """Return the source as it stands in the file, moved to the left."""
    if isinstance(thing, property):
        thing = thing.fget
    elif isinstance(thing, functools.cached_property):
        thing = thing.func
    try:
        return textwrap.dedent(inspect.getsource(thing)).rstrip()
    except (TypeError, OSError):
        raise TypeError(
            f"{thing!r} has no Python source; expected functions, methods, properties or classes."
        ) from None


def _without_docstrings(text):
    """Cut every docstring, with the blank lines around it, unless it is the whole body."""
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if ast.get_docstring(node) is None or len(node.body) == 1:
            continue
        start, end = node.body[0].lineno - 1, node.body[0].end_lineno
        if end == node.body[1].lineno:
            continue  # the code goes on in the same line
        while lines[start - 1] == "":
            start -= 1
        while lines[end] == "":
            end += 1
        # Cut lines become None, so that the numbers of the others stay valid.
        lines[start:end] = [None] * (end - start)
    return "\n".join(line for line in lines if line is not None)
