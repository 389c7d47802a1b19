"""Right answers, rewritten at random as students write them: other code, other cells, other text.

Hardly any rewrite makes an answer wrong. `Paper.passed` says what Jupyter would make of it, and
only what is right there has to be right in the grader.
"""

import ast
import functools
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from classroom.jupyter import as_python, in_jupyter

from dlzero_grader import master as masters

HERE = Path(__file__).resolve().parent
MASTERS = HERE.parents[1] / "masters"
NAMES = sorted(path.stem for path in MASTERS.glob("*.ipynb"))
LOADED = {name: masters.load(name, MASTERS) for name in NAMES}


MATH = (
    "import math",
    "import cmath, math",
    "from math import sqrt; import math",
    "try:\n    import math\nexcept ImportError:\n    pass",
)


@dataclass(eq=False)
class Cell:
    """One cell; `id` is its nbgrader name, `test` the test whose place it is."""

    source: str
    id: str = ""
    test: str = ""
    kind: str = "code"
    nameless: bool = False


class Paper:
    """A submission that is right.

    Parameters
    ----------
    name : str
        Of the homework.
    random : random.Random
    """

    def __init__(self, name, random):
        self.name, self.master, self.random = name, LOADED[name], random
        own = {
            a.id: a.solution.replace(masters.BEGIN_SOLUTION, "# mine") for a in self.master.answers
        }
        other = others(name)
        self.answers = []
        self.cells = []
        tests = {test.id: test for test in self.master.tests}
        for cell in json.loads(self.master.text)["cells"]:
            id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            source = "".join(cell["source"])
            made = Cell(source, id, kind=cell["cell_type"])
            if id in own:
                made.source = random.choice(
                    [own[id].replace(masters.END_SOLUTION, "# end"), other[id]]
                )
                self.answers.append(made)
            elif id in tests:
                made.source, made.test = tests[id].visible, id
            self.cells.append(made)
        self.stubs = {answer.id: answer.stub for answer in self.master.answers}
        self.used = {name for test in self.master.tests for name in test.names}
        self.numbers = iter(range(1000))
        self.helped = []  # answers that have a helper, so that the order of the cells matters
        for answer in self.answers:
            if "math." in answer.source:
                self.somewhere(answer, random.choice(MATH))

    def put(self, cell, source, below=False):
        """Put a new cell above another one, or below it."""
        self.cells.insert(self.cells.index(cell) + below, Cell(source))

    def last_test(self, answer):
        """Return the last cell that tests this answer."""
        ids = {test.id for test in self.master.tests if test.question == answer.id}
        return [cell for cell in self.cells if cell.test in ids][-1]

    def function(self, cell):
        """Return the name of a function of a cell that a test calls."""
        found = [n.name for n in tree_of(cell).body if isinstance(n, ast.FunctionDef)]
        found = [name for name in found if name in self.used]
        return self.random.choice(found) if found else ""

    def somewhere(self, cell, source):
        """Put code where a student may put it: above the answer, in its cell, or far above."""
        place = self.random.randrange(5)
        if place == 0:
            self.put(cell, source)
        elif place == 1:
            cell.source = f"{source}\n\n\n{cell.source}"
        elif place == 2:
            self.put(self.cells[2], source)
        elif place == 3:
            setup = next(cell for cell in self.cells if cell.id == "setup")
            setup.source = self.random.choice(
                [f"{source}\n{setup.source}", f"{setup.source}\n{source}"]
            )
        else:
            self.put(cell, f"# a cell of my own\n{source}\n\nready = True")

    def passed(self):
        """Return the tests that pass in Jupyter."""
        cells = [(cell.source, cell.test) for cell in self.cells if cell.kind == "code"]
        return in_jupyter(self.master, cells)

    def packed(self):
        """Return the bytes of the notebook."""
        cells = []
        for cell in self.cells:
            grade = bool(cell.test) or cell.kind == "markdown"
            tags = {"grade_id": cell.id, "grade": grade, "solution": not cell.test}
            made = {"cell_type": cell.kind, "source": cell.source}
            made["metadata"] = {"nbgrader": tags} if cell.id and not cell.nameless else {}
            if cell.kind == "code":
                made |= {"execution_count": None, "outputs": []}
            if self.random.random() < 0.5:
                made["source"] = re.findall(r"[^\n]*\n|[^\n]+", cell.source)
            cells.append(made)
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4}
        return json.dumps(notebook | {"nbformat_minor": 5}).encode()


def tree_of(cell):
    """Return the syntax tree of a cell."""
    return ast.parse(as_python(cell.source))


def others(name):
    """Return the other right answers to a homework, those of its file in ``right``."""
    source = (HERE / "right" / f"{name}.py").read_text("utf-8")
    found = {}
    functions = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = ast.get_source_segment(source, node)
    for answer in LOADED[name].answers:
        found[answer.id] = "\n\n\n".join(functions[name] for name in answer.names)
    return found


def paper(seed):
    """Return the paper of this number, always the same."""
    chance = random.Random(seed)
    made = Paper(NAMES[seed % len(NAMES)], chance)
    for rewrites, most in ((CODE, 4), (CELLS, 3), (TEXT, 3)):
        for rewrite in chance.sample(rewrites, chance.randint(1, most)):
            rewrite(made, chance.choice(made.answers))
    return made


# ---- code --------------------------------------------------------------------------------------

IMPORTS = (
    "import numpy as {0}",
    "import numpy\n{0} = numpy",
    "import math; import numpy as {0}",
    "import os, numpy as {0}, sys",
    "from math import *\nimport numpy as {0}",
    "try:\n    import numpy as {0}\nexcept ImportError:\n    {0} = None",
    "try:\n    import cupy as {0}\nexcept ImportError:\n    import numpy as {0}",
    "if True:\n    import numpy as {0}",
    "import importlib\n{0} = importlib.import_module('numpy')",
    "def load():\n    global {0}\n    import numpy as {0}\n\n\nload()",
    "import numpy.linalg\n{0} = __import__('numpy')",
    "for {0} in [__import__('numpy')]:\n    pass",
    "class Tools:\n    import numpy as library\n\n\n{0} = Tools.library",
)


def other_import(paper, cell):
    """Import NumPy under another name, somewhere."""
    name = f"xp{next(paper.numbers)}"
    cell.source = re.sub(r"\bnp\.", f"{name}.", cell.source)
    paper.somewhere(cell, paper.random.choice(IMPORTS).format(name))


def import_in_the_function(paper, cell):
    """Import inside the function."""
    tree = tree_of(cell)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.body[:0] = ast.parse("import numpy as np\nfrom math import floor, pi as PI").body
    cell.source = ast.unparse(tree)


def names_alone(paper, cell):
    """Import the names instead of the module."""
    names = sorted(set(re.findall(r"\bnp\.(\w+)\b(?!\.)", cell.source)))
    words = {"all", "any", "abs", "max", "min", "round", "sum", "pow"}
    lines = ",\n    ".join(names)
    forms = [f"from numpy import (\n    {lines},\n)"] if names else []
    forms += [f"import os; from numpy import {', '.join(names)}"] if names else []
    text = "\n".join(answer.source for answer in paper.answers)
    if not words & set(re.findall(r"\w+", text)):
        forms.append("from numpy import *")
    if words & set(names) or not forms:
        return other_import(paper, cell)
    cell.source = re.sub(r"\bnp\.(\w+)\b(?!\.)", r"\1", cell.source)
    return paper.somewhere(cell, paper.random.choice(forms))


BINDINGS = (
    "{0} = {1}",
    "other = {0} = {1}",
    "[{0}, other] = {1}, 1",
    "({0}, *other) = ({1}, 1, 2)",
    "({0} := {1})",
    "for {0} in [{1}]:\n    pass",
    "globals()['{0}'] = {1}",
    "{0} = lambda *args, **kwargs: {1}(*args, **kwargs)",
    "from functools import partial\n{0} = partial({1})",
    "class Call:\n    def __call__(self, *args, **kwargs):\n        return {1}(*args, **kwargs)\n\n"
    "{0} = Call()",
    "class Tools:\n    pass\n\n\nTools.{0} = staticmethod({1})\n{0} = Tools.{0}",
    "table = dict()\ntable['{0}'] = {1}\n{0} = table['{0}']",
    "import contextlib\nwith contextlib.nullcontext({1}) as {0}:\n    pass",
    "import sys\nsetattr(sys.modules[__name__], '{0}', {1})",
    "exec('{0} = {1}')",
    "match {1}:\n    case {0}:\n        pass",
    "def make():\n    global {0}\n    {0} = {1}\n\n\nmake()",
    "if callable({1}):\n    def {0}(*args, **kwargs):\n        return {1}(*args, **kwargs)",
    "{0}: object = {1}",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    {0} = {1}",
)


def rename(cell, name, new):
    """Give a function of a cell another name."""
    cell.source = re.sub(rf"(?m)^def {name}\b", f"def {new}", cell.source)


def other_binding(paper, cell):
    """Bind the name of the answer in another way, in the cell or in one of its own."""
    name = paper.function(cell)
    if not name:
        return
    inner = f"{name}_{next(paper.numbers)}"
    rename(cell, name, inner)
    line = paper.random.choice(BINDINGS).format(name, inner)
    if paper.random.random() < 0.5:
        cell.source += f"\n\n\n{line}"
    else:
        paper.put(cell, line, below=True)


def helper(paper, cell):
    """Use a helper whose name other answers use for another one."""
    if cell in paper.helped:
        return
    number = paper.answers.index(cell)
    more = [f"unused{i}" for i in range(number)]
    text = "\n".join(part.source for part in paper.cells if part is not cell)
    used = any(
        re.search(rf"\b{node.name}\(", text) for node in tree_of(cell).body if hasattr(node, "name")
    )
    name = f"helper{number}" if used else "helper"
    paper.helped.append(cell)
    tree = tree_of(cell)
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            given = [ast.Constant(None)] * number
            node.value = ast.Call(ast.Name(name, ast.Load()), [node.value, *given], [])
    cell.source = ast.unparse(ast.fix_missing_locations(tree))
    made = f"def {name}({', '.join(['value', *more])}):\n    return value"
    place = paper.random.randrange(3)
    if place == 0:
        paper.put(cell, made)
    elif place == 1:
        paper.put(cell, made, below=True)
    else:
        cell.source += f"\n\n\n{made}"


def all_with_helpers(paper, cell):
    """Let all answers have a helper of the same name."""
    for answer in paper.answers:
        helper(paper, answer)


BARS = (
    "from tqdm import tqdm",
    "from tqdm.auto import tqdm, trange",
    "from tqdm.notebook import tqdm as tqdm",
    "import tqdm.notebook\ntqdm = tqdm.notebook.tqdm",
    "import tqdm as bars\ntqdm = bars.tqdm",
    "from rich.progress import track as tqdm",
    "try:\n    from tqdm import tqdm\nexcept ImportError:\n    tqdm = iter",
)


def progress(paper, cell):
    """Show the progress of each loop."""
    tree = tree_of(cell)
    for node in ast.walk(tree):
        if isinstance(node, ast.For):
            node.iter = ast.Call(ast.Name("tqdm", ast.Load()), [node.iter], [])
    cell.source = ast.unparse(ast.fix_missing_locations(tree))
    paper.somewhere(cell, paper.random.choice(BARS))


PLOTS = (
    "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = (8, 4)",
    "from matplotlib.colors import ListedColormap\ncolors = ListedColormap(['r', 'b'])",
    "from mpl_toolkits.mplot3d import Axes3D",
    "import seaborn as sns\nsns.set_theme(style='dark')",
    "import matplotlib.pyplot as plt\nfig, axes = plt.subplots(2, 2)\naxes[0, 1].plot([1, 2])",
    "import matplotlib as mpl, matplotlib.pyplot as plt\nn, bins, bars = plt.hist([1, 2])",
    "from IPython.display import display, Markdown\ndisplay(Markdown('*here*'))",
    "import plotly.express as px\npx.line(x=[1], y=[2]).show()",
    "from ipywidgets import interact\n\n\n@interact(lr=(0, 1))\ndef draw(lr=0.1):\n    return lr",
    "from dlzero.homework import check\ncheck('hw01')",
    "from dlzero import plots",
    "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
    "!pip install -q tqdm",
    "import matplotlib.pyplot as plt\nplt.ylim(0, 1.1 * max(plt.ylim()))",
    "import matplotlib.pyplot as plt, copy\ncmap = copy.copy(plt.get_cmap('viridis'))",
    "import matplotlib.pyplot as plt\nheights = [p.get_height() for p in plt.bar([1], [3])]",
    "try:\n    import google.colab\n    here = True\nexcept ImportError:\n    here = False\n"
    "if here:\n    import os\n    os.chdir('/content/drive')",
    "try:\n    from numba import njit\nexcept ImportError:\n    njit = None\nassert njit is None",
    "display(np.arange(3))\nget_ipython()",
)


def plots(paper, cell):
    """Draw in the cell of the answer, above it."""
    cell.source = f"{paper.random.choice(PLOTS)}\n\n\n{cell.source}"


#: What a function may return instead, when its tests allow it: each a body of such a function.
KINDS = (
    "return list({1}(*args, **kwargs))",
    "return tuple({1}(*args, **kwargs))",
    "return deque({1}(*args, **kwargs))",
    "return iter({1}(*args, **kwargs))",
    "return map(lambda value: value, {1}(*args, **kwargs))",
    "yield from {1}(*args, **kwargs)",
    "return (value for value in {1}(*args, **kwargs))",
    "return dict(enumerate({1}(*args, **kwargs))).values()",
    "return UserList({1}(*args, **kwargs))",
    "return Pair(*{1}(*args, **kwargs))",
    "return np.asarray({1}(*args, **kwargs))",
    "return np.asarray({1}(*args, **kwargs)).data",
    "return np.asarray({1}(*args, **kwargs)).flat",
    "return np.asarray({1}(*args, **kwargs)).astype(object)",
    "return np.ma.masked_invalid(np.asarray({1}(*args, **kwargs)))",
    "return np.asmatrix({1}(*args, **kwargs))",
    "return np.asarray({1}(*args, **kwargs)) + 0j",
    "return arrays.array('d', {1}(*args, **kwargs))",
    "return Vector({1}(*args, **kwargs))",
    "return Items({1}(*args, **kwargs))",
    "return Fraction(float({1}(*args, **kwargs)))",
    "return complex({1}(*args, **kwargs))",
    "return np.longdouble({1}(*args, **kwargs))",
    "return Decimal(float({1}(*args, **kwargs)))",
    "return Number({1}(*args, **kwargs))",
)
NEEDED = """
import array as arrays
from collections import UserList, deque, namedtuple
from decimal import Decimal
from fractions import Fraction

Pair = namedtuple("Pair", "weights bias")


class Number(float):
    pass


class Vector:
    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)


class Items:
    def __init__(self, values):
        self.values = list(values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, number):
        return self.values[number]
"""


def of_kind(cell, name, body, number):
    """Let a function return its answer as another kind of value."""
    inner = f"{name}_{number}"
    rename(cell, name, inner)
    cell.source += f"\n\n\ndef {name}(*args, **kwargs):\n    {body.format(name, inner)}"


@functools.cache
def kinds_of(name, question, function):
    """Return the kinds of values that a function may return in Jupyter."""
    found = []
    for body in KINDS:
        one = Paper(name, random.Random(0))
        cell = next(part for part in one.answers if part.id == question)
        of_kind(cell, function, body, "inner")
        tests = {test.id for test in one.master.tests if test.question == question}
        asked = [part for part in one.cells if part.test in tests]
        one.cells = [part for part in one.cells if part.id == "setup"] + [
            Cell(NEEDED),
            cell,
            *asked,
        ]
        if tests <= one.passed():
            found.append(body)
    return found


def other_kind(paper, cell):
    """Return another kind of value, one that the tests allow."""
    name = paper.function(cell)
    if name and (kinds := kinds_of(paper.name, cell.id, name)):
        of_kind(cell, name, paper.random.choice(kinds), next(paper.numbers))
        paper.put(cell, NEEDED)


def all_of_other_kinds(paper, cell):
    """Return other kinds of values everywhere."""
    for answer in paper.answers:
        other_kind(paper, answer)


CODE = (
    all_of_other_kinds,
    all_with_helpers,
    helper,
    import_in_the_function,
    names_alone,
    other_binding,
    other_import,
    other_kind,
    plots,
    progress,
)


# ---- cells -------------------------------------------------------------------------------------


def new_cell(paper, cell):
    """Leave the cell for the answer as it is, and answer in a new one below it."""
    new = Cell(cell.source, test="")
    paper.cells.insert(paper.cells.index(cell) + 1, new)
    cell.source = paper.stubs[cell.id]


def deleted_cell(paper, cell):
    """Answer in a cell without a name."""
    cell.nameless = True


def split_cell(paper, cell):
    """Split the cell of the answer in two."""
    nodes = tree_of(cell).body
    if len(nodes) > 1:
        node = paper.random.choice(nodes[1:])
        decorators = getattr(node, "decorator_list", [])
        at = min([node.lineno, *(part.lineno for part in decorators)]) - 1
        lines = cell.source.split("\n")
        cell.source = "\n".join(lines[:at])
        paper.put(cell, "\n".join(lines[at:]), below=True)


def joined_cells(paper, cell):
    """Write the next answer into the cell of this one."""
    number = paper.answers.index(cell)
    if paper.helped:
        return
    for other in paper.answers[number + 1 : number + 2]:
        if "from __future__" not in other.source:
            cell.source += f"\n\n\n{other.source}"
            other.source = "# see above"


def copied_cell(paper, cell):
    """Have the answer twice."""
    paper.cells.insert(paper.cells.index(cell) + 1, Cell(cell.source, cell.id))


def changed_later(paper, cell):
    """Use the name of the answer for something else, further below."""
    found = sorted(paper.used & set(re.findall(r"\w+", cell.source)))
    if not found:  # another rewrite moved the answer into a cell of its own
        return
    name = paper.random.choice(found)
    later = [f"{name} = None", f"def {name}():\n    return 'something else'", f"del {name}"]
    paper.put(paper.last_test(cell), paper.random.choice(later), below=True)


TRIED = (
    "1 / 0",
    "print(undefined)",
    "got = X = y = w = b = x = 5",
    "import pandas as pd\ntable = pd.DataFrame({'a': [1]})\ntable.head()",
    "%%html\n<p>it's a page</p>",
    "%%bash\nls -l | wc",
    "%%time\ntotal = sum(range(1000))",
    "for value in range(3):\n    print(value)",
    "# only a comment",
    "_ = 3",
    "np.random.seed(0)\nnp.random.normal(size=3)",
    "assert False, 'I do not know'",
    "def main():\n    return 1\n\n\nif __name__ == '__main__':\n    main()",
    "import warnings\nwarnings.filterwarnings('ignore')",
    "from __future__ import annotations\n\n\ndef typed(a: nowhere):\n    return a",
)


def tried_out(paper, cell):
    """Have cells for trying out, everywhere."""
    for source in paper.random.sample(TRIED, 4):
        paper.put(paper.random.choice(paper.cells[2:]), source)


def metadata_lost(paper, cell):
    """Lose all metadata, as in Colab."""
    for part in paper.cells:
        part.nameless = True


def tests_at_the_end(paper, cell):
    """Move the tests to the end."""
    if paper.helped:
        return
    paper.cells.sort(key=lambda part: bool(part.test))


def answers_on_top(paper, cell):
    """Move the answers up, below the first cell of code."""
    if paper.helped:
        return
    top = next(i for i, part in enumerate(paper.cells) if part.id == "setup")
    first = paper.cells[: top + 1]
    paper.cells = first + sorted(paper.cells[top + 1 :], key=lambda part: part not in paper.answers)


def deleted_tests(paper, cell):
    """Delete the tests of an answer."""
    ids = {test.id for test in paper.master.tests if test.question == cell.id}
    for part in paper.cells:
        if part.test in ids:
            part.source, part.test, part.nameless = "", "", True


def copied_tests(paper, cell):
    """Have each test twice."""
    for part in [part for part in paper.cells if part.test]:
        paper.cells.insert(paper.cells.index(part) + 1, Cell(part.source, part.id))


def tests_copied_up(paper, cell):
    """Have each test once more, far above."""
    for part in [part for part in paper.cells if part.test]:
        paper.cells.insert(2, Cell(part.source, part.id, part.test))


def edited_tests(paper, cell):
    """Write something into the cell of a test."""
    part = paper.last_test(cell)
    part.source = paper.random.choice(
        ["print(1)\n{}", "{}\nprint('right!')", "assert True"]
    ).format(part.source)


CELLS = (
    answers_on_top,
    changed_later,
    copied_cell,
    copied_tests,
    deleted_cell,
    deleted_tests,
    edited_tests,
    joined_cells,
    metadata_lost,
    new_cell,
    split_cell,
    tests_at_the_end,
    tests_copied_up,
    tried_out,
)


# ---- text --------------------------------------------------------------------------------------


def each_code(change):
    """Return the rewrite that changes the text of each cell of code, but for the tests."""

    def rewrite(paper, cell):
        for part in paper.cells:
            if part.kind == "code" and part.source and part.source not in paper.stubs.values():
                part.source = change(part.source)

    return rewrite


def _plain_style(source):
    if "%" in source or "!" in source:
        return source
    return ast.unparse(ast.parse(source))


def _comments(source):
    return re.sub(r"(?m)^(def|for|if|import|from) ", r"# a comment: it's %here!\n\1 ", source)


TEXT = (
    each_code(_plain_style),
    each_code(_comments),
    each_code(lambda source: source.replace("\n", "\r\n")),
    each_code(lambda source: source.replace("\r\n", "\n").replace("\n", "\r")),
    each_code(lambda source: re.sub(r"(?m)^(def|class) ", "\f\n\\1 ", source)),
    each_code(lambda source: source.replace("    ", "\t")),
    each_code(lambda source: source.replace("    ", " ")),
    each_code(lambda source: re.sub(r"(?m)$", "  ", source) if '"""' not in source else source),
    each_code(lambda source: f"\n\n{source}\n\n"),
    each_code(lambda source: f"{source};" if source[-1:] in ")1" else source),
)
