"""What a lesson shows is the code that runs."""

import ast
import inspect
import math

import pytest

from dlzero import LinearUnit, Perceptron, show_source
from dlzero.source import Source


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


def test_docstring_true_shows_the_file_as_it_is():
    shown = repr(show_source(Perceptron, docstring=True))
    assert shown == inspect.getsource(Perceptron).rstrip()


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


@pytest.mark.parametrize("thing", [Perceptron, LinearUnit, show_source, Source])
def test_the_shown_code_is_the_code_that_runs(thing):
    def bare(text):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                node.body = node.body[1:]
        return ast.dump(tree)

    shown = repr(show_source(thing))
    assert bare(shown) == bare(inspect.getsource(thing))
    assert '"""' not in shown


def test_a_notebook_gets_a_block_of_python():
    shown = show_source(LinearUnit.activation)
    assert shown._repr_markdown_() == f"```python\n{shown!r}\n```"


@pytest.mark.parametrize("thing", [5, math.sin])
def test_no_python_source_is_a_type_error(thing):
    with pytest.raises(TypeError):
        show_source(thing)
