"""The live source of the package, for the lessons: text and code cannot differ."""

import ast
import inspect
import textwrap
from typing import Any


class Source:
    """Python source that a notebook shows with its colours."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self):
        return self.text

    def _repr_markdown_(self):
        return f"```python\n{self.text}\n```"


def show_source(*objects: Any, docstring: bool = False) -> Source:
    """Show the source of functions, methods or classes of the installed package.

    Parameters
    ----------
    *objects : function, method, property or class
    docstring : bool, default False
        Keep the docstrings.

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
    def activation(self, z):
        return z
    """
    shown = []
    for thing in objects:
        thing = getattr(thing, "fget", thing)  # a property shows its getter
        text = textwrap.dedent(inspect.getsource(thing)).rstrip()
        shown.append(text if docstring else _without_docstrings(text))
    return Source("\n\n".join(shown))


def _without_docstrings(text):
    """Cut every docstring, with the blank line after it, unless it is the whole body."""
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if ast.get_docstring(node) is None or len(node.body) == 1:
            continue
        start, end = node.body[0].lineno - 1, node.body[0].end_lineno
        if not lines[end].strip():
            end += 1
        # Cut lines become None, so that the numbers of the others stay valid.
        lines[start:end] = [None] * (end - start)
    return "\n".join(line for line in lines if line is not None)
