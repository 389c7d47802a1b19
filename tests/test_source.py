"""What a lesson shows is the code that runs."""

import ast
import functools
import inspect
import math
import re

import pytest

import dlzero
from dlzero import LinearUnit, Perceptron, show_source
from dlzero.source import Source, _without_docstrings


def a_function(x):
    """Say what it does."""

    # A comment stays.
    text = """A string
    that is no docstring."""
    return x, text


class AClass:
    """Say what it is."""

    size = 1

    def method(self):
        """Do it.

        In several lines.
        """
        return self.size

    async def later(self):
        """Do it later."""
        return self.size

    @property
    def only_said(self):
        """All there is."""


def no_docstring():
    ...
    return 1


def test_docstrings_are_cut_and_nothing_else():
    assert repr(show_source(a_function)) == (
        "def a_function(x):\n"
        "    # A comment stays.\n"
        '    text = """A string\n'
        '    that is no docstring."""\n'
        "    return x, text"
    )


def test_docstrings_of_methods_are_cut_too():
    assert repr(show_source(AClass)) == (
        "class AClass:\n"
        "    size = 1\n"
        "\n"
        "    def method(self):\n"
        "        return self.size\n"
        "\n"
        "    async def later(self):\n"
        "        return self.size\n"
        "\n"
        "    @property\n"
        "    def only_said(self):\n"
        '        """All there is."""'
    )


def test_a_body_without_docstring_stays():
    assert repr(show_source(no_docstring)) == "def no_docstring():\n    ...\n    return 1"


def test_a_method_is_moved_to_the_left():
    assert repr(show_source(Perceptron.activation)) == (
        "def activation(self, z: np.ndarray) -> np.ndarray:\n    return np.where(z > 0, 1.0, 0.0)"
    )


def test_a_property_shows_its_function():
    assert repr(show_source(Perceptron.n_updates_)).startswith(
        "@property\ndef n_updates_(self) -> int:"
    )


def test_several_objects_follow_each_other():
    both = repr(show_source(Perceptron.activation, LinearUnit.activation))
    first, second = (
        repr(show_source(Perceptron.activation)),
        "def activation(self, z: np.ndarray) -> np.ndarray:\n    return z",
    )
    assert both == f"{first}\n\n{second}"


def without_docstrings(text):
    """Return the tree of a text; a docstring that is all there is stays."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        is_definition = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if is_definition and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or node.body
    return ast.dump(tree)


PUBLIC = [getattr(dlzero, name) for name in dlzero.__all__]
SHOWN = [Source, *(thing for thing in PUBLIC if inspect.isclass(thing) or inspect.isroutine(thing))]


@pytest.mark.parametrize("thing", SHOWN, ids=lambda thing: thing.__name__)
def test_the_shown_code_is_the_code_that_runs(thing):
    shown = repr(show_source(thing))
    assert without_docstrings(shown) == without_docstrings(inspect.getsource(thing))
    bodies = [n.body for n in ast.walk(ast.parse(shown)) if getattr(n, "body", None)]
    for first, *more in (body for body in bodies if isinstance(body, list)):
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        assert not (more and is_text and isinstance(first.value.value, str))


def test_package_shows_long_classes_and_functions():
    assert {Perceptron, LinearUnit, show_source, dlzero.minimize, dlzero.train} <= set(SHOWN)
    assert max(len(repr(show_source(thing)).split("\n")) for thing in SHOWN) > 80


@pytest.mark.parametrize("thing", SHOWN, ids=lambda thing: thing.__name__)
def test_what_is_cut_leaves_no_gap(thing):
    lines = repr(show_source(thing)).split("\n")
    assert lines[0]
    assert lines[-1]
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if not line:
            assert before  # one empty line at a time
            assert not re.match(r"\s*(class|def) .*:$", before)
            assert after


def long_class(methods=30):
    """Return the text of a class of 100 lines and more, and what of it should show."""
    text = ['@decorate("once")', "class Long:", '    """Say much.', "", "    In parts.", '    """']
    bare = text[:2]
    attributes = ["    size: int = 1  # a comment stays", ""]
    text += ["", *attributes]
    bare += attributes
    for k in range(methods):
        head = ["    @property"] * (k % 3 == 0) + [f"    def part_{k}(", "        self,", "    ):"]
        body = [f"        return {k}"] if k % 2 else ["        # why", "", f"        return {k}"]
        words = ['        """Do it."""'] if k % 2 else ['        """Do it.', "", '        """', ""]
        text += head + words + body + [""]
        bare += head + body + [""]
    return "\n".join(text).rstrip(), "\n".join(bare).rstrip()


def test_a_long_class_keeps_its_lines_in_order():
    text, bare = long_class()
    assert bare.count("\n") > 100
    assert _without_docstrings(text) == bare
    assert without_docstrings(text) == without_docstrings(bare)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('def f():\n    """Doc."""\n\n\n    return 1', "def f():\n    return 1"),
        ('def f():\n\n    """Doc."""\n    return 1', "def f():\n    return 1"),
        ('def f():\n    # why\n    """Doc."""\n    return 1', "def f():\n    # why\n    return 1"),
        ('def f(): """Doc."""; return 1', 'def f(): """Doc."""; return 1'),
        ("def f():\n    'Doc.'\n    return 1", "def f():\n    return 1"),
        ('class A:\n    """D."""\n\n    x = """\n\n"""', 'class A:\n    x = """\n\n"""'),
    ],
)
def test_docstrings_in_unusual_places(text, shown):
    assert _without_docstrings(text) == shown


class Lazy:
    @functools.cached_property
    def value(self):
        """Compute it once."""
        return 1


def test_a_cached_property_shows_its_function():
    expected = "@functools.cached_property\ndef value(self):\n    return 1"
    assert repr(show_source(Lazy.__dict__["value"])) == expected


def test_a_notebook_gets_a_block_of_python():
    shown = show_source(LinearUnit.activation)
    assert shown._repr_markdown_() == f"```python\n{shown!r}\n```"


@pytest.mark.parametrize("thing", [5, math.sin, eval("lambda: 1"), Perceptron()])
def test_no_python_source_is_a_type_error(thing):
    with pytest.raises(TypeError, match="has no Python source; expected functions, methods"):
        show_source(thing)
