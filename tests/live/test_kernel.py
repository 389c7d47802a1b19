"""What the cells of a page show: as in a notebook, whatever a reader writes."""

import sys
import warnings

import numpy as np
import pytest
from IPython.lib.pretty import pretty as of_a_notebook
from kernel import PIECE, ROOM, Kernel, pretty

from dlzero.widgets import Explorer


@pytest.fixture
def shown():
    return []


@pytest.fixture
def kernel(shown):
    return Kernel(shown.append)


def streams(shown):
    """Return what was printed, in order, by name; neighbours are put together as on the page."""
    merged = []
    for output in shown:
        if output["output_type"] != "stream":
            merged.append((output["output_type"], output.get("data", {}).get("text/plain")))
        elif merged and merged[-1][0] == output["name"]:
            merged[-1] = (output["name"], merged[-1][1] + output["text"])
        else:
            merged.append((output["name"], output["text"]))
    return merged


def error_of(kernel, shown, code, **settings):
    shown.clear()
    assert kernel.run(code, **settings) == "error"
    assert shown[-1]["output_type"] == "error"
    return shown[-1]


def result(kernel, shown, code):
    shown.clear()
    assert kernel.run(code) == "ok"
    return [value for kind, value in streams(shown) if kind == "execute_result"]


# What a cell shows


def test_what_is_printed_comes_in_order(kernel, shown):
    code = "\n".join(
        [
            "import sys",
            "print(1); print(2, end='')",
            "print('é ∇ 🙂', file=sys.stderr)",
            "print(3, flush=True)",
            "display('x')",
            "sys.stdout.writelines(['4', '5'])",
            "6",
        ]
    )
    assert kernel.run(code) == "ok"
    assert streams(shown) == [
        ("stdout", "1\n2"),
        ("stderr", "é ∇ 🙂\n"),
        ("stdout", "3\n"),
        ("display_data", "'x'"),
        ("stdout", "45"),
        ("execute_result", "6"),
    ]


def test_few_prints_come_as_one_part(kernel, shown, monkeypatch):
    monkeypatch.setattr("kernel.time.monotonic", lambda: 0)
    kernel.run("for i in range(100): print(i)")
    assert len(shown) == 1


def test_a_long_loop_is_seen_to_print(kernel, shown, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr("kernel.time.monotonic", lambda: next(clock))
    kernel.run("for i in range(5): print(i)")
    assert len(shown) >= 5


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("6 * 7", ["42"]),
        ("6 * 7;", []),
        ("6 * 7;  # quiet", []),
        ("6 * 7  # loud;", ["42"]),
        ("'a;'", ["'a;'"]),
        ("x = 1", []),
        ("None", []),
        ("1\n2", ["2"]),
        ("# nothing", []),
        ("", []),
        ("for i in range(3):\n    i", []),
        ("(\n  1\n)\n\n# end", ["1"]),
    ],
)
def test_the_last_expression_is_shown(kernel, shown, code, expected):
    assert result(kernel, shown, code) == expected


def test_underscore_is_the_last_result(kernel, shown):
    kernel.run("40 + 2")
    kernel.run("x = 3")
    kernel.run("None")
    assert result(kernel, shown, "_ + x") == ["45"]


VALUES = [
    [1, 2],
    list(range(40)),
    tuple(range(40)),
    (1,),
    {"b": 1, "a": 2},
    {f"key {i}": list(range(i)) for i in range(30)},
    {"x" * 40: {"y" * 40: ["z" * 40, "z" * 40]}},
    ["a long sentence that is never broken into pieces " * 3] * 2,
    {3, 1, 2},
    {"b", "a"},
    set(),
    frozenset({2, 1}),
    [],
    {},
    (),
    [np.eye(2), np.eye(2)],
    {"weights": np.eye(2)},
    np.arange(3.0),
    int,
    Kernel,
    [int, Kernel],
    list(range(1200)),
    "text\nmore",
    None,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_look_as_in_a_notebook(value):
    assert pretty(value) == of_a_notebook(value)


def test_huge_values_cost_nothing(kernel, shown):
    [array] = result(kernel, shown, "import numpy as np\nnp.zeros(10_000_000)")
    assert array.startswith("array([0., 0., 0., ..., 0., 0., 0.]")
    assert len(result(kernel, shown, "list(range(1_000_000))")[0]) < 10_000


def test_a_value_is_shown_by_each_of_its_kinds(kernel, shown):
    code = """
class Rich:
    def __repr__(self): return "plain"
    def _repr_html_(self): return "<b>rich</b>"
    def _repr_png_(self): return b"png"
    def _repr_latex_(self): return None
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"application/json": {"no": "text"}}, {}
Rich()"""
    kernel.run(code)
    assert shown[-1]["data"] == {
        "text/html": "<b>rich</b>",
        "image/png": "cG5n",
        "text/plain": "plain",
    }
    assert result(kernel, shown, "Rich") == ["__main__.Rich"]


def test_print_has_a_bound(kernel, shown):
    kernel.run("for i in range(1_000_000): print(i)")
    out = streams(shown)
    assert len(out) == 2
    assert ROOM - PIECE <= len(out[0][1]) <= ROOM
    left_out = 6_888_890 - len(out[0][1])
    assert out[1] == ("stderr", f"[{left_out:,} more characters or pictures are left out.]\n")


def test_one_great_text_has_a_bound(kernel, shown):
    kernel.run("print('x' * 50_000_000)")
    assert sum(len(text) for _, text in streams(shown)) < 1.1 * ROOM


def test_parts_and_pictures_have_a_bound(kernel, shown):
    kernel.run("import sys\nfor i in range(5000): print(i); print(i, file=sys.stderr)")
    assert len(streams(shown)) < 1100
    shown.clear()
    kernel.run("for i in range(5000): display(i)")
    assert len(shown) < 1100
    assert "4,0" in shown[-1]["text"]
    shown.clear()
    kernel.run("print('again')")
    assert streams(shown) == [("stdout", "again\n")]


def test_what_is_no_text_is_refused(kernel, shown):
    error = error_of(kernel, shown, "import sys\nsys.stdout.write(5)")
    assert error["evalue"].startswith("write() got int; expected text.")
    assert error["line"] == 2


def test_warnings_come_with_their_line_each_time(kernel, shown):
    code = "import warnings\nx = 1\nwarnings.warn('too large')"
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        # That of Python; pytest puts its own in its place.
        warnings.showwarning = lambda *a: sys.stderr.write(warnings.formatwarning(*a[:4]))
        for _ in range(2):
            shown.clear()
            kernel.run(code)
            [(name, text)] = streams(shown)
            assert name == "stderr"
            assert ":3: UserWarning: too large\n  warnings.warn('too large')\n" in text


def test_a_logger_of_an_earlier_cell_still_writes(kernel, shown):
    code = "import logging, sys\nlog = logging.Logger('x')\n"
    kernel.run(code + "log.addHandler(logging.StreamHandler(sys.stderr))")
    kernel.run("log.warning('late')")
    assert streams(shown) == [("stderr", "late\n")]


def test_nothing_of_a_cell_stays_in_the_process(kernel):
    before = sys.stdout, sys.stderr, sys.modules["__main__"]
    kernel.run("import sys\nsys.stdout.close()")
    kernel.run("1 / 0")
    assert (sys.stdout, sys.stderr, sys.modules["__main__"]) == before


# Errors


def text_of(error):
    return "\n".join(error["traceback"])


def test_an_error_shows_the_lines_of_the_cell_alone(kernel, shown):
    error = error_of(kernel, shown, "x = 1\n\nx / 0")
    assert (error["ename"], error["evalue"], error["line"]) == (
        "ZeroDivisionError",
        "division by zero",
        3,
    )
    assert error["traceback"][:3] == [
        "Traceback (most recent call last):",
        "  In this cell, line 3, in <module>",
        "    x / 0",
    ]
    assert "kernel.py" not in text_of(error)


@pytest.mark.parametrize(
    ("code", "name", "line"),
    [
        ("x = 1\nif x\n    pass", "SyntaxError", 2),
        ("def f():\nreturn 1", "IndentationError", 2),
        ("x = 1\nreturn x", "SyntaxError", 2),
        ("print('a", "SyntaxError", 1),
    ],
)
def test_a_syntax_error_has_its_line(kernel, shown, code, name, line):
    error = error_of(kernel, shown, code)
    assert (error["ename"], error["line"]) == (name, line)
    assert f"  In this cell, line {line}" in error["traceback"][0]
    assert "kernel.py" not in text_of(error)


def test_code_with_a_null_character_is_an_error(kernel, shown):
    error = error_of(kernel, shown, "x = '\0'")
    assert error["ename"] == "SyntaxError"
    assert "kernel.py" not in text_of(error)


def test_an_error_in_a_function_of_an_earlier_cell(kernel, shown):
    kernel.run("def halve(x):\n    y = x\n    return y / 0")
    error = error_of(kernel, shown, "a = 1\nhalve(a)")
    assert error["line"] == 2
    assert "  In this cell, line 2, in <module>" in error["traceback"]
    assert "  In another cell, line 3, in halve" in error["traceback"]
    assert "    return y / 0" in error["traceback"]


def test_a_chain_of_errors_is_told_whole(kernel, shown):
    code = "try:\n    1 / 0\nexcept Exception as e:\n    raise ValueError('no') from e"
    error = error_of(kernel, shown, code)
    assert error["line"] == 4
    assert "direct cause" in text_of(error)
    assert "ZeroDivisionError: division by zero" in error["traceback"]
    assert "kernel.py" not in text_of(error)


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "SystemExit", "GeneratorExit"])
def test_no_exception_ends_the_kernel(kernel, shown, name):
    error = error_of(kernel, shown, f"print(1)\nraise {name}")
    assert (error["ename"], error["line"]) == (name, 2)
    assert result(kernel, shown, "1 + 1") == ["2"]


@pytest.mark.parametrize("code", ["def f(): f()", "def f(): g()\ndef g(): f()"])
def test_endless_recursion_is_told_in_few_lines(kernel, shown, code):
    kernel.run(code)
    error = error_of(kernel, shown, "f()")
    assert (error["ename"], error["line"]) == ("RecursionError", 1)
    assert len(error["traceback"]) <= 101


def test_an_exception_that_cannot_be_written(kernel, shown):
    code = "class Bad(Exception):\n    def __str__(self): return 1 / 0\nraise Bad"
    error = error_of(kernel, shown, code)
    assert (error["ename"], error["line"]) == ("Bad", 3)
    assert "exception str() failed" in text_of(error)


def test_an_exception_with_much_to_say_has_a_bound(kernel, shown):
    error = error_of(kernel, shown, "raise ValueError('x' * 10_000_000)")
    assert len(text_of(error)) + len(error["evalue"]) < 50_000


def test_a_repr_that_fails_is_an_error_of_the_cell(kernel, shown):
    kernel.run("class Bad:\n    def __repr__(self):\n        return 1 / 0")
    error = error_of(kernel, shown, "print('first')\nBad()")
    assert error["ename"] == "ZeroDivisionError"
    assert "  In another cell, line 3, in __repr__" in error["traceback"]
    assert "kernel.py" not in text_of(error)
    assert streams(shown)[0] == ("stdout", "first\n")


@pytest.mark.parametrize(
    ("code", "what", "line"),
    [
        ("%matplotlib inline", "%matplotlib inline", 1),
        ("x = 1\n%time x", "%time x", 2),
        ("%%time\nx = 1", "%%time", 1),
        ("!pip install numpy", "!pip install numpy", 1),
        ("files = !ls", "!ls", 1),
        ("x = 1\nx.real?", "x.real?", 2),
    ],
)
def test_a_command_of_jupyter_is_named(kernel, shown, code, what, line):
    error = error_of(kernel, shown, code)
    assert error["evalue"].startswith(f"{what} is a command of Jupyter")
    assert error["line"] == line


def test_text_with_percent_is_no_command(kernel, shown):
    error = error_of(kernel, shown, "x = '''\n%d\n'''\nx = = 2")
    assert "Jupyter" not in error["evalue"]
    assert result(kernel, shown, "y = 7\n(y\n% 4)") == ["3"]


def test_input_says_what_to_do(kernel, shown):
    error = error_of(kernel, shown, "name = input('Your name?')")
    assert "Write the value into the cell" in error["evalue"]


# Names


def test_names_stay_and_spaces_are_apart(kernel, shown):
    kernel.run("x = 1")
    kernel.run("x = 5; y = 2", space="exercise")
    assert result(kernel, shown, "x") == ["1"]
    assert error_of(kernel, shown, "y")["ename"] == "NameError"
    kernel.run("x = x + 1", space="exercise")
    assert kernel.space("exercise")["x"] == 6
    assert error_of(kernel, shown, "x", space="exercise", anew=True)["ename"] == "NameError"
    assert result(kernel, shown, "__name__") == ["'__main__'"]


def test_what_a_cell_defines_can_be_looked_up(kernel, shown):
    kernel.run("def f(x):\n    # why\n    return x\n\nclass A:\n    def m(self):\n        return 2")
    assert result(kernel, shown, "import inspect\ninspect.getsource(f)") == [
        repr("def f(x):\n    # why\n    return x\n")
    ]
    assert "return 2" in result(kernel, shown, "inspect.getsource(A.m)")[0]
    kernel.run("def f(x):\n    return 3")
    assert "return 3" in result(kernel, shown, "inspect.getsource(f)")[0]
    code = "from dlzero import show_source\nshow_source(f)"
    kernel.run(code)
    assert shown[-1]["output_type"] != "error"


def test_pickle_dataclasses_and_types_find_the_names(kernel, shown):
    code = """
from __future__ import annotations
import dataclasses, pickle, typing
@dataclasses.dataclass
class Point:
    x: int
    total: typing.ClassVar[int] = 0
pickle.loads(pickle.dumps(Point(3))), typing.get_type_hints(Point)["x"]"""
    assert result(kernel, shown, code) == ["(Point(x=3), int)"]


# Figures


def test_figures_left_open_are_shown_once(kernel, shown, monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", plt.show)
    kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert [set(output["data"]) for output in shown] == [{"image/png", "text/plain"}]
    assert shown[0]["data"]["text/plain"] == "<Figure size 640x480 with 1 Axes>"
    shown.clear()
    kernel.run("x = 1")
    kernel.run("fig, ax = plt.subplots()\nfig")
    assert [output["output_type"] for output in shown] == ["execute_result"]
    shown.clear()
    kernel.run("for i in range(2):\n    plt.plot([i])\n    plt.show()\n    print(i)")
    kinds = [output["output_type"] for output in shown]
    assert kinds == ["display_data", "stream", "display_data", "stream"]
    shown.clear()
    error_of(kernel, shown, "plt.plot([1])\n1 / 0")
    kernel.run("y = 1")
    assert len(shown) == 1


MOVES = """
from dlzero.widgets import Explorer
def draw(ax, lr):
    ax.plot([0, lr])
    return f"The slope is {lr:g}."
print("first")
display("a text")
Explorer(draw, alt="A line.", caption="It moves.", lr=[1.0, 2.0])"""


def test_a_figure_that_moves_is_kept(kernel, shown):
    assert kernel.run(MOVES, cell="one") == "ok"
    assert isinstance(kernel.figures["one", 1], Explorer)
    frame = kernel.frame("one", 1, [0.5])
    assert (frame["text"], frame["values"], frame["between"]) == (
        "The slope is 1.5.",
        ["1.5"],
        True,
    )
    assert shown[-1]["data"]["text/html"].startswith("<figure")
    kernel.run("1", cell="two")
    assert list(kernel.figures) == [("one", 1)]
    kernel.run("1", cell="one")
    assert kernel.figures == {}


def test_a_picture_that_the_page_keeps_is_not_drawn(kernel, shown, monkeypatch):
    monkeypatch.setattr(Explorer, "_repr_mimebundle_", None)  # whoever draws it fails
    assert kernel.run(MOVES, cell="one", kept=True) == "ok"
    assert shown == [
        {"output_type": "stream", "name": "stdout", "text": "first\n"},
        {"output_type": "display_data", "kept": True},
        {"output_type": "execute_result", "kept": True, "moves": True},
    ]
    assert kernel.frame("one", 1, [0.5])["text"] == "The slope is 1.5."
    assert kernel.run("1 / 0", cell="two", kept=True) == "error"
    assert shown[-1]["ename"] == "ZeroDivisionError"


# What the editor asks

TRAPS = """
calls = []
class Meta(type):
    def __getattribute__(cls, name):
        calls.append(name)
        return super().__getattribute__(name)
class Trap(metaclass=Meta):
    def __init__(self): self.__dict__["inside"] = 1
    @property
    def dear(self): calls.append("dear")
    def method(self, x, y=2):
        "Does it."
        calls.append("method")
    def __getattr__(self, name): calls.append(name)
    def __getattribute__(self, name):
        calls.append(name)
        return object.__getattribute__(self, name)
    def __dir__(self): calls.append("dir"); return []
    def __repr__(self): calls.append("repr"); return ""
    def __call__(self, z): calls.append("call")
    def __eq__(self, other): calls.append("eq"); return True
    __hash__ = None
trap = Trap()
many = [trap] * 3
calls.clear()
"""


def labels(found):
    return [option["label"] for option in found["options"]]


def ask(kernel, code):
    return labels(kernel.complete(code, len(code))), kernel.help(code, len(code))


def test_the_editor_calls_nothing_of_the_reader(kernel):
    kernel.run(TRAPS)
    names = kernel.space()
    assert "trap" in ask(kernel, "tra")[0]
    assert {"inside", "dear", "method"} <= set(ask(kernel, "trap.")[0])
    assert ask(kernel, "trap.d")[0] == ["dear"]
    assert "method" in ask(kernel, "Trap.")[0]
    assert ask(kernel, "trap.method")[1] == {"head": "method(x, y=2)", "text": "Does it."}
    assert ask(kernel, "trap")[1] == {"head": "trap: Trap", "text": ""}
    assert ask(kernel, "many")[1] == {"head": "many: list", "text": "len = 3"}
    for code in ("trap.dear", "trap.dear.", "trap.inside", "trap.lost", "Trap", "trap.__class__"):
        ask(kernel, code)
    assert names["calls"] == []


def test_completion_and_help(kernel):
    kernel.run("import numpy as np\nweights = np.zeros((300, 4))\nn = 10 ** 5000\ns = 'a' * 10**7")
    assert kernel.complete("x = wei", 7) == {
        "start": 4,
        "options": [{"label": "weights", "type": "variable"}],
    }
    assert {"label": "while", "type": "keyword"} in kernel.complete("wh", 2)["options"]
    assert {"label": "linspace", "type": "function"} in kernel.complete("np.lin", 6)["options"]
    assert {"label": "linalg", "type": "namespace"} in kernel.complete("np.lin", 6)["options"]
    assert "mean" in ask(kernel, "weights.me")[0]
    assert "upper" in ask(kernel, "s.up")[0]
    assert ask(kernel, "f(3).re")[0] == []
    assert ask(kernel, "'x'.up")[0] == []
    assert ask(kernel, "")[1] is None
    assert ask(kernel, "weights")[1] == {
        "head": "weights: ndarray",
        "text": "shape = (300, 4), dtype = float64",
    }
    assert ask(kernel, "np.linspace")[1]["head"].startswith("linspace(start, stop, num=50")
    assert ask(kernel, "np.exp")[1]["text"] != ""
    assert "weights" not in ask(kernel, "_")[0]
    for name in ("n", "s", "len", "print", "np", "int"):
        assert len(ask(kernel, name)[1]["text"]) < 400
    inside = kernel.help("np.linspace(0, 1)", 5)
    assert inside["head"].startswith("linspace(")
