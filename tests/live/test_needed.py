"""Which cells an exercise needs: by names. What they print then, test_whole_book.py sees."""

from pathlib import Path

import nbformat
import pytest
from needed import _names_of, needed

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "lessons").rglob("*.ipynb"))


@pytest.mark.parametrize(
    ("cells", "target", "expected"),
    [
        (["a = 1", "b = 2"], "print(b)", [1]),
        (["a = 1", "a = 2", "a = 3"], "print(a)", [2]),
        (["a = 1", "b = a", "c = 0"], "b", [0, 1]),
        (["a = 1"], "a = 2\nprint(a)", []),
        (["a = 1"], "print(a)\na = 2", [0]),
        (["a = 1", "if b:\n    a = 2"], "a", [0, 1]),
        (["a = 1", "for a in range(3):\n    pass"], "a", [1]),
        (["import numpy as np", "from math import pi as p"], "np.sin(p)", [0, 1]),
        (["import os.path"], "os.getcwd()", [0]),
        (["with open('f') as f:\n    pass"], "f", [0]),
        (["print(n := 3)", "def f():\n    return n"], "f()", [0, 1]),
        (["match 1:\n    case x:\n        pass"], "x", [0]),
        (["try:\n    1\nexcept E as e:\n    k = e", "E = 1"], "k", [0]),
        (["class A:\n    pass"], "class B(A):\n    pass", [0]),
        (["d = 1", "e = 2"], "@d\ndef f(x=e):\n    pass", [0, 1]),
        (["a = 1"], "f'{a:{b}}'", [0]),
        (["a = [1]"], "[x for x in a]", [0]),
        (["x = 1"], "[x for x in (1, 2)]", []),
        (["x = 1"], "def f(x):\n    return x", []),
        (["x = 1"], "lambda: x", [0]),
        (["n = 0", "def f():\n    global n\n    n += 1", "f()"], "n", [0, 1, 2]),
        (["a = 1", "del a", "a = 3"], "a", [2]),
    ],
)
def test_a_name_is_found_where_it_was_bound_last(cells, target, expected):
    assert needed(cells, [target]) == expected


@pytest.mark.parametrize(
    ("cells", "target", "expected"),
    [
        (["a = []", "a.append(1)", "print(a)"], "a", [0, 1]),
        (["a = [0]", "a[0] = 1", "b = a.copy()"], "a", [0, 1]),
        (["a = A()", "a.b.c = 1"], "a", [0, 1]),
        (["a = 1", "a += 1"], "a", [0, 1]),
        (["a = [0]", "fill(a)", "b = len(a)"], "a", [0, 1]),
        (["m = Network(3)", "history = train(m, 5)"], "m", [0, 1]),
        (["rng = default_rng(0)", "x = rng.normal()", "y = rng.normal()"], "y", [0, 1, 2]),
        (["rng = np.random.default_rng(0)", "x = draw(rng)"], "rng", [0, 1]),
        (["rng = default_rng(0)", "m = Net(rng)", "m.fit()"], "rng", [0, 1, 2]),
        (["units = [A()]", "for unit in units:\n    unit.fit()"], "units", [0, 1]),
        (["a = [0]", "b = a", "b[0] = 2"], "a", [0, 1, 2]),
        (["a = [0]", "np.add(a, 1, out=a)"], "a", [0, 1]),
        (["a = []", "def push(x):\n    a.append(x)", "z = push(1)"], "a", [0, 1, 2]),
        (["import numpy as np", "np.mean([1])"], "np", [0]),
    ],
)
def test_what_may_have_changed_a_thing_counts(cells, target, expected):
    assert needed(cells, [target]) == expected


def test_a_function_reads_its_names_when_it_is_called():
    cells = ["lr = 1", "def step():\n    return lr", "lr = 2", "other = 3"]
    assert needed(cells, ["step()"]) == [0, 1, 2]


def test_the_cells_of_a_target_follow_each_other():
    assert needed(["a = 1", "b = 2"], ["a = 3", "print(a, b)"]) == [1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["a = 1", "from math import *"], [0, 1]),
        (["a = 1", "exec('b = 2')"], [0, 1]),
        (["a = 1", "%matplotlib inline"], [0, 1]),
        (["a = 1", "a = ", "b = 1"], [1]),
        (["import numpy as np", "np.set_printoptions(precision=3)", "b = 1"], [0, 1]),
        (["import numpy as np", "np.random.seed(0)", "b = 1"], [0, 1]),
    ],
)
def test_in_doubt_a_cell_is_needed(cells, expected):
    assert needed(cells, ["1 + 1"]) == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_what_a_chapter_takes_from_an_exercise_is_tagged(page):
    """The chapter runs without its exercises, but for the cells with the tag used-below."""
    inside, bound, chapter_binds, untagged = False, {}, set(), []
    for cell in nbformat.read(page, as_version=4).cells:
        if cell.cell_type == "code":
            tagged = "used-below" in cell.metadata.get("tags", [])
            if inside and not tagged:
                names = {name: cell.id for name in outer(cell.source)[1]}
                bound |= names
            else:
                reads, binds = outer(cell.source)
                untagged += [(bound[n], n) for n in reads if n in bound and n not in chapter_binds]
                chapter_binds |= binds
            continue
        for line in cell.source.splitlines():
            if line.startswith(("```{exercise-start}", "```{solution-start}")):
                inside = True
            elif line.startswith(("```{exercise-end}", "```{solution-end}")):
                inside = False
    assert untagged == []


def outer(source):
    """Return the names that a cell takes from outside, and those that it binds."""
    names = _names_of(source)
    return names.reads, names.binds | names.maybe
