"""The student's side: cells run as in a notebook, and libraries that draw do nothing."""

import pytest
from classroom.hostile_class import needs_sandbox
from test_sandbox import DEMO

from dlzero.homework.plain import decode, encode
from dlzero_grader.allowed import write_allowed
from dlzero_grader.sandbox import launch as sandbox
from dlzero_grader.sandbox.cells import replace_magic, without_cell_magic
from dlzero_grader.sandbox.channel import Limits

pytestmark = needs_sandbox


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return write_allowed(DEMO.allow, tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def shared(package):
    """A worker for cells that leave nothing that matters."""
    with sandbox.start_worker(package, Limits()) as worker:
        yield worker


@pytest.fixture
def fresh(package):
    with sandbox.start_worker(package, Limits()) as worker:
        yield worker


def run(worker, *cells):
    """Run cells one after the other and return the last reply."""
    for number, source in enumerate(cells):
        reply = worker.ask(30, do="run", name=f"cell {number}", source=source)
    return reply


def look(worker, name="seen"):
    return decode(worker.ask(30, do="look", names=[name])["names"][name]["value"])


# ---- as IPython does ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("seen = 1\n%matplotlib inline", 1),
        ("%matplotlib inline\nif True:\n    !pip list\n    seen = 7 % 3  # why?\nlen?", 1),
        (
            "seen = '''\n%matplotlib inline\n!ls\n'''\n%pip install nothing",
            "\n%matplotlib inline\n!ls\n",
        ),
        ("files = !ls\nmore = %timeit -o 1\nseen = 2", 2),
        ("%time seen = 3", 3),
        ("seen = %time 4", 4),
        ("!pip install a \\\n    b\nseen = 5", 5),
        ("pip install numpy\nseen = 6", 6),
        ("len?\nlen??\n?len\n%%pinfo\nseen = 7", 7),
        ("%%time\nseen = 8", 8),
        ("\n%%capture out\n%%time\nseen = 9\nout.show()", 9),
        ("seen = 0\nif 1:\n    %matplotlib inline\n    seen = 10", 10),
        ("    seen = 11\n    if seen:\n        seen += 0", 11),
        (">>> seen = 12\n>>> if seen:\n...     seen += 0", 12),
        (
            (
                "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n"
                "    return 13\nseen = await f()"
            ),
            13,
        ),
        (
            (
                "get_ipython().run_line_magic('matplotlib', 'inline')\ndisplay(1)\n"
                "help(len)\nseen = 14"
            ),
            14,
        ),
        (
            "def f():\n    return 15\nimport inspect\nseen = inspect.getsource(f)",
            "def f():\n    return 15\n",
        ),
        ("def f():\r    return 16\rseen = f()", 16),
        ("\x0cdef f():\r\n    return 17\r\n\x0c\r\nseen = f()", 17),
        ("seen = []\nfor _ in range(3):\n    seen.append(_)", [0, 1, 2]),
        ("seen = __name__", "__main__"),
        ("import sys\nseen = 18\nsys.exit()\nseen = 0", None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_cell_runs_as_in_a_notebook(shared, source, value):
    reply = run(shared, source)
    if value is None:
        assert reply["raised"] == "SystemExit"
        assert look(shared) == 18
    else:
        assert "raised" not in reply, reply
        assert look(shared) == value


@pytest.mark.parametrize("magic", ["html", "bash", "javascript", "nonsense"])
def test_a_cell_in_another_language_is_left_out(shared, magic):
    assert run(shared, "seen = 1", f"%%{magic}\nseen = 2\n<p>it's</p>") == run(shared, "")
    assert look(shared) == 1


def test_the_value_of_a_cell_is_kept(fresh):
    run(fresh, "2 + 3", "seen = _")
    assert look(fresh) == 5
    run(fresh, "_ = 7", "8", "seen = _")
    assert look(fresh) == 7


def test_a_future_holds_for_the_cells_below(fresh):
    run(fresh, "from __future__ import annotations", "def f(x: nowhere): pass\nseen = 1")
    assert look(fresh) == 1


def test_a_cell_that_cannot_be_read_does_nothing(shared):
    assert run(shared, "seen = 1", "seen = 2\ndef f(:\n    pass")["raised"] == "SyntaxError"
    assert look(shared) == 1


def test_what_stands_above_an_error_stays(shared):
    assert run(shared, "seen = 2\n1 / 0\nseen = 3")["raised"] == "ZeroDivisionError"
    assert look(shared) == 2


def test_a_line_that_is_no_magic_is_left_alone():
    lines = ["x = 7 % 3", "y != 2", "# 100%"]
    assert not any(replace_magic(lines, number) for number in range(5))
    assert without_cell_magic(lines) == lines


# ---- libraries that are not here ---------------------------------------------------------------


def test_a_missing_library_costs_only_what_needs_it(fresh):
    source = "import nowhere, math\nfrom nowhere import a, b\ntable = nowhere.Table(a)\n"
    reply = run(fresh, source + "table.show()\nseen = math.floor(1.5)")
    assert reply["missing"] == ["No module named 'nowhere'"] * 3
    assert look(fresh) == 1
    assert run(fresh, "nothing.at_all")["raised"] == "NameError"


def test_a_star_may_stand_for_any_name(fresh):
    run(fresh, "from nowhere import *\nx = anything()\nseen = 1")
    assert look(fresh) == 1
    assert run(fresh, "seen = 2\n1 / 0\nseen = 3")["raised"] == "ZeroDivisionError"


def test_a_student_may_ask_for_a_missing_library(shared):
    source = "try:\n    import nowhere\nexcept ImportError:\n    seen = 'without'"
    assert "missing" not in run(shared, source)
    assert look(shared) == "without"


@pytest.mark.parametrize(
    "lines",
    [
        (
            "import matplotlib.pyplot as plt\n"
            "plt.rcParams['figure.figsize'] = (8, 4)\nplt.figure().x = 3"
        ),
        "from matplotlib.colors import ListedColormap\nfrom matplotlib import cm, ticker",
        (
            "import matplotlib as mpl\nmpl.use('agg')\n"
            "assert mpl.pyplot.gca().title.get_text() is not None"
        ),
        "from mpl_toolkits.mplot3d import Axes3D\nimport seaborn as sns\nsns.set_theme()",
        "from matplotlib.pyplot import *\nplot([1]); title('x'); fig, axis = subplots()",
        (
            "n, bins, patches = plt.hist([1])\nline, = plt.plot([1])\n"
            "(a, b), c = plt.x()\n*a, b = plt.y()"
        ),
        (
            "fig, axes = plt.subplots(2, 3)\nassert axes.shape == (2, 3)\n"
            "axes[1, 2].plot()\nassert len(axes.flat) == 6"
        ),
        "fig, (a, b) = plt.subplots(1, 2, figsize=(8, 4))\na, b = plt.figure().subplots(2)",
        "fig, axes = plt.subplots(nrows=2, squeeze=False)\nassert axes.shape == (2, 1)",
        "for ax, k in zip(plt.subplots(3)[1], range(3)): seen = k\nassert seen == 2",
        "with plt.style.context('dark'), plt.ioff(): plt.show()",
        (
            "class Mine(ticker.Formatter):\n"
            "    def __init__(self): super().__init__(1)\nMine().anything()"
        ),
        "x = 2 * plt.gca() + 1 - np.ones(3) / plt.gcf()\nassert not plt.gca() > 1\nf'{x:.2f} {x}'",
        "colors = plt.cm.viridis(np.linspace(0, 1, 3))\nfor i in range(3): colors[i % len(colors)]",
        "while plt.fignum_exists(1): pass",
        "isinstance(fig, plt.Figure), int(plt.x), float(plt.x), -plt.x, abs(plt.x), round(plt.x)",
        (
            "import plotly.express as px, bokeh.plotting\n"
            "px.line(x=[1]).update_layout(title='x').show()"
        ),
        "import ipywidgets as widgets\nfrom ipywidgets import interact\n"
        "@interact(x=(0, 3))\ndef f(x=1): return x\nassert f(2) == 2",
        "@interact\ndef g(x=1): return x\nassert g(2) == 2",
        (
            "from IPython.display import Markdown, clear_output\n"
            "display(Markdown('x')); clear_output(wait=True)"
        ),
        "from IPython import get_ipython\nget_ipython().magic('x')",
        "from tqdm import tqdm, trange\nassert [x for x in tqdm([1, 2], desc='x')] == [1, 2]",
        (
            "bar = tqdm(range(3), total=3)\n"
            "for x in bar: bar.set_description(f'{x}'); bar.update(1)\nassert x == 2"
        ),
        "assert list(trange(1, 3)) == [1, 2] and len(tqdm([1, 2])) == 2\ntqdm.write('x')",
        "with tqdm(total=3) as bar: bar.update(1); bar.set_postfix(loss=1)",
        (
            "import tqdm.notebook\nassert list(tqdm.notebook.tqdm([1])) == [1]\n"
            "import tqdm as t\nassert list(t.tqdm([2])) == [2]"
        ),
        (
            "from tqdm.auto import tqdm\n"
            "from tqdm.notebook import trange, tqdm as bar\n"
            "assert list(bar('ab')) == ['a', 'b']"
        ),
        (
            "from rich.progress import track, Progress\n"
            "assert list(track(range(2), description='x')) == [0, 1]"
        ),
        "with Progress() as p:\n    for i in p.track(range(3)): pass\nassert i == 2",
        (
            "from alive_progress import alive_bar, alive_it\n"
            "with alive_bar(3) as bar: bar()\nassert list(alive_it([1])) == [1]"
        ),
        (
            "from numba import njit, prange\n@njit(cache=True)\n"
            "def f(n): return sum(i for i in prange(n))\nassert f(4) == 6"
        ),
        "from google.colab import drive, files\ndrive.mount('/content')\nimport google.colab",
        (
            "from dlzero.homework import check\ncheck('hw01')\n"
            "from dlzero import plots, widgets, homework"
        ),
        "import dlzero.plots as dp\ndp.figure()",
    ],
    ids=lambda lines: lines[:30],
)
def test_a_library_that_draws_does_nothing(shared, lines):
    run(
        shared,
        "import numpy as np\nimport matplotlib.pyplot as plt\nfrom ipywidgets import interact\n"
        "from tqdm import tqdm, trange\nfrom matplotlib import ticker\n"
        "from rich.progress import Progress",
    )
    reply = run(shared, lines)
    assert reply == run(shared, ""), reply


GUARDED = (
    "try:\n    import {0}\n    seen = 1\nexcept ImportError:\n    seen = 0",
    "try:\n    from {0} import x\n    seen = 1\nexcept (KeyError, ModuleNotFoundError): seen = 0",
    "def f():\n    try:\n        import {0} as y; return 1\n    except: return 0\nseen = f()",
    "from contextlib import *\nseen = 0\nwith suppress(Exception):\n    import {0}; seen = 1",
    "import importlib.util\nseen = int(importlib.util.find_spec('{0}') is not None)",
)


@pytest.mark.parametrize("library", ["google.colab", "numba"])
@pytest.mark.parametrize("source", GUARDED)
def test_a_notebook_learns_that_it_is_not_in_colab(fresh, library, source):
    reply = run(fresh, source.format(library))
    assert "raised" not in reply, reply
    assert look(fresh) == 0


@pytest.mark.parametrize(
    "lines",
    [
        "xs = np.linspace(*plt.xlim())",
        "plt.ylim(0, 1.1 * max(plt.ylim()))",
        "import copy\ncopy.copy(plt.get_cmap('x')).set_bad('w'); copy.deepcopy(plt.gca())",
        "import itertools\n"
        "c = next(itertools.cycle(plt.rcParams['axes.prop_cycle'].by_key()['color']))\n"
        "assert c.startswith('C')",
        "assert len([p.get_height() for p in plt.bar([1, 2], [3, 4])]) == 2",
        "assert [r for r, c in zip('abc', plt.cm.viridis(np.linspace(0, 1, 3)))] == list('abc')",
        "a, b, *c = plt.hist(np.ones(9))",
        "assert list(tqdm(iterable=range(2), desc='x')) == [0, 1]",
        "from numba import vectorize\n@vectorize(['f8(f8)'])\ndef f(x): return x > 0\n"
        "assert f(np.ones(3)).all()",
        "from numba import vectorize as v\n@v\ndef f(x): return x > 0\nassert f(np.ones(3)).all()",
        "from pylab import *\nassert where(ones(3) > 0)[0].sum() == 3 and max([1], key=abs) == 1",
        "%pylab inline\nassert norm(np.ones(4)) == 2",
        "import pylab as p\np.plot(p.linspace(0, 1, 3)); p.show()",
        "def trange(n): return n + 1\nfrom tqdm.auto import *\nassert trange(2) == 3",
        "def bar(n): return n + 1\nfrom IPython.display import *\nassert bar(2) == 3",
    ],
    ids=lambda lines: lines[:30],
)
def test_what_such_a_library_gives_can_be_used(fresh, lines):
    run(fresh, "import numpy as np\nimport matplotlib.pyplot as plt\nfrom tqdm import tqdm")
    assert run(fresh, lines) == {}, lines


@pytest.mark.parametrize(
    "line",
    [
        "value = max(iter(plt.gca()))",
        "c = next(colors)",
        "draw(1)",
        "with mp.Pool(2) as pool: pool.map(abs, [1])",
        "now = zoneinfo.ZoneInfo('Europe/Nowhere')",
    ],
)
def test_a_statement_that_fails_for_want_of_a_library_is_skipped(fresh, line):
    run(
        fresh,
        "import matplotlib.pyplot as plt, itertools, zoneinfo, multiprocessing as mp\n"
        "colors = itertools.cycle(plt.gca())\ndef draw(n): return next(iter(plt.gca()))",
    )
    reply = run(fresh, f"{line}\nseen = 1")
    assert "raised" not in reply
    assert len(reply["skipped"]) == 1
    assert look(fresh) == 1
    assert run(fresh, "seen = 2\n1 / 0\nseen = 3")["raised"] == "ZeroDivisionError"


# ---- files, loops, threads ---------------------------------------------------------------------

HELPER = "def f():\n    return 5\n"


@pytest.mark.parametrize(
    "cells",
    [
        ("%%writefile own.py\n" + HELPER, "from own import f"),
        (f"open('own.py', 'w').write({HELPER!r})\nimport own\nf = own.f",),
        ("%%writefile own.py\n" + HELPER, "%run own.py"),
        ("%%file 'own.py'\n" + HELPER, "%run -i own"),
        (
            "%%writefile own.py\ndef f():",
            "%%writefile -a own.py\n    return 5",
            "from own import f",
        ),
        (
            "%%writefile own.py\nf = 4",
            "import own",
            "%%writefile own.py\nf = 5",
            "import importlib\nimportlib.reload(own)\ndef f(): return own.f",
        ),
    ],
)
def test_a_notebook_may_write_a_module(fresh, cells):
    reply = run(fresh, *cells, "seen = f()")
    assert "raised" not in reply, reply
    assert look(fresh) == 5


def test_a_file_that_was_not_handed_in_is_not_run(fresh):
    assert "raised" not in run(fresh, "%run nowhere.py\nseen = 1")
    assert look(fresh) == 1


def test_a_task_goes_on_in_the_next_cell(fresh):
    first = "import asyncio\nasync def five():\n    await asyncio.sleep(0.01)\n    return 5\n"
    first += "task = asyncio.create_task(five())\nqueue = asyncio.Queue()\nawait queue.put(2)"
    reply = run(
        fresh, first, "seen = await task + await queue.get()", "seen += asyncio.run(five())"
    )
    assert "raised" not in reply, reply
    assert look(fresh) == 12


def test_a_pool_has_the_threads_that_there_may_be(fresh):
    source = "from concurrent.futures import ThreadPoolExecutor\nimport time\n"
    source += "def f(n):\n    time.sleep(0.01)\n    return n\n"
    source += "pools = [ThreadPoolExecutor(16), ThreadPoolExecutor()]\n"
    source += "seen = [sum(pool.map(f, range(20))) for pool in pools]"
    reply = run(fresh, source)
    assert "raised" not in reply, reply
    assert look(fresh) == [190, 190]


@pytest.mark.parametrize("name", ["pwd", "whos", "len ?", "print(len(In), len(Out))"])
def test_what_only_a_notebook_knows_stops_no_cell(fresh, name):
    assert "raised" not in run(fresh, f"{name}\nseen = 1")
    assert look(fresh) == 1


def test_there_is_a_user_and_room_for_a_file(fresh):
    source = "import getpass\ngetpass.getuser()\nimport numpy as np\n"
    source += "np.save('a.npy', np.ones(300_000))\nseen = np.load('a.npy').sum()"
    reply = run(fresh, source)
    assert "raised" not in reply, reply
    assert look(fresh) == 300_000


def test_what_comes_of_such_a_library_is_no_answer(shared):
    run(
        shared,
        "import matplotlib.pyplot as plt\nseen = plt.plot()\ndef f(): return [plt.plot()]\n"
        "def g(): return plt.plot()",
    )
    found = shared.ask(5, do="look", names=["seen", "f"])["names"]
    assert found["seen"] == {"strange": "something of a library that is not here"}
    assert found["f"] == {"call": True}
    assert "strange" in shared.ask(5, do="call", name="f", args=[], kwargs={})
    assert "strange" in shared.ask(5, do="call", name="g", args=[], kwargs={})


def test_what_a_homework_keeps_closed_stays_closed(shared):
    reply = run(shared, "import dlzero\ndlzero.minimize")
    assert "write it yourself" in reply["text"]
    reply = run(shared, "from dlzero import minimize")
    assert reply["missing"] == ["cannot import name 'minimize' from 'dlzero'"]


# ---- calls -------------------------------------------------------------------------------------


def call(worker, *args, **kwargs):
    coded = {key: encode(value) for key, value in kwargs.items()}
    return worker.ask(5, do="call", name="f", args=[encode(a) for a in args], kwargs=coded)


def test_changed_arguments_are_told_by_place_or_name(shared):
    run(shared, "def f(a, b, c=None, d=None):\n    b.append(1); c.add(2)\n    return a")
    assert call(shared, [0], [0], c={1}, d={3}) == {
        "value": [0],
        "changed": [[1, [0, 1]], ["c", {"set": [1, 2]}]],
    }


def test_an_iterator_as_an_argument_is_used_up_by_the_answer_alone(shared):
    run(shared, "def f(a):\n    return [next(a), next(a)]")
    assert call(shared, iter([1, 2, 3])) == {"value": [1, 2], "changed": []}


def test_what_cannot_cross_is_named(shared):
    run(shared, "class Foo: pass\ndef f(): return Foo()")
    assert call(shared) == {"strange": "an object of class Foo"}
