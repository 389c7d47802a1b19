"""What a class may hand in: honest, broken and hostile copies of the demo homework.

Each function returns the bytes of a notebook, or None for nothing. ``world`` holds what an attack
looks for: ``secret`` (a file), ``folder`` (a folder to write into), ``port`` (a listening socket on
this machine), ``token`` (text that marks its processes). In an attack the first answer is right if
and only if the attack worked, so that the mark tells.

``outcomes.json`` holds the status and the points that each must get.
"""

import copy
import json
from pathlib import Path

MASTER = json.loads((Path(__file__).parent / "demo.ipynb").read_text(encoding="utf-8"))
RIGHT = {
    "q1": "def mean_square(x):\n    return float(np.mean(np.asarray(x, dtype=float) ** 2))",
    "q2": """lr = 0.1


def step(w, g):
    return w - lr * g


def steps(w, n):
    found = []
    for _ in range(n):
        w = step(w, 2 * w)
        found.append(w)
    return found""",
    "q3": "X, y = datasets.iris()\ncounts = tuple(int(n) for n in np.bincount(y))",
    "q4": "It stays in place, as the slope does not.",
}
STUBS = {
    "q1": "def mean_square(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()",
    "q2": """lr = 0.1  # do not change


def step(w, g):
    # YOUR CODE HERE
    raise NotImplementedError()


def steps(w, n):
    \"\"\"Minimise w**2 and return every w.\"\"\"
    # YOUR CODE HERE
    raise NotImplementedError()""",
    "q3": "# YOUR CODE HERE\nraise NotImplementedError()",
    "q4": "YOUR ANSWER HERE",
}
SUBMISSIONS = {}


def submission(function):
    """Put a function into the table."""
    SUBMISSIONS[function.__name__] = function
    return function


def student_copy():
    """Return the notebook as it is handed out."""
    notebook = copy.deepcopy(MASTER)
    for cell in notebook["cells"]:
        cell["source"] = STUBS.get(cell["id"], cell["source"])
        start = cell["source"].find("### BEGIN HIDDEN TESTS")
        if start >= 0:
            cell["source"] = cell["source"][:start].rstrip()
    return notebook


def answered(**answers):
    """Return the notebook with right answers, but for those that are given."""
    notebook = student_copy()
    for cell in notebook["cells"]:
        cell["source"] = {**RIGHT, **answers}.get(cell["id"], cell["source"])
    return notebook


def packed(notebook):
    """Return the bytes of a notebook."""
    return json.dumps(notebook, ensure_ascii=False).encode()


def code(source, **metadata):
    """Return a code cell of the student's own."""
    cell = {"cell_type": "code", "metadata": metadata, "source": source}
    return cell | {"execution_count": None, "outputs": []}


def attack(source):
    """Return a submission whose first answer is right only if ``attack()`` returns something."""
    lines = source.strip("\n")
    return packed(
        answered(
            q1=f"""
import os, sys, socket, subprocess, time
{lines}
try:
    worked = bool(attack())
except BaseException:
    worked = False


def mean_square(x):
    return float(np.mean(np.asarray(x, dtype=float) ** 2)) if worked else "stopped"
"""
        )
    )


# ---- honest -----------------------------------------------------------------------------------


@submission
def honest(world):
    return packed(answered())


@submission
def honest_partial(world):
    return packed(answered(q2=STUBS["q2"], q4=STUBS["q4"]))


@submission
def honest_wrong(world):
    return packed(answered(q2=RIGHT["q2"].replace("w - lr", "w + lr")))


@submission
def honest_changes_its_argument(world):
    source = "def mean_square(x):\n    x *= x if isinstance(x, np.ndarray) else 1\n"
    source += "    return float(np.mean(np.asarray(x) ** (2 if isinstance(x, list) else 1)))"
    return packed(answered(q1=source))


@submission
def honest_answer_in_a_second_cell(world):
    notebook = answered(q1="def mean_square(x):\n    return 0", q2=STUBS["q2"])
    for id, question in (("q1_test", "q1"), ("q2_test", "q2")):
        number = next(i for i, cell in enumerate(notebook["cells"]) if cell.get("id") == id)
        notebook["cells"].insert(number, code(RIGHT[question]))
    return packed(notebook)


@submission
def honest_plots_and_magics(world):
    extra = "%matplotlib inline\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n"
    extra += "ax.plot([1, 2]); plt.show(); display(fig)\n!pip list\n"
    return packed(answered(q1=extra + RIGHT["q1"]))


@submission
def honest_with_own_helpers(world):
    notebook = answered(q1="def mean_square(x):\n    return average(squared(x))")
    notebook["cells"].insert(2, code("def squared(x):\n    return np.asarray(x, float) ** 2"))
    notebook["cells"].insert(2, code("from math import fsum\nraise ValueError('not needed')"))
    helper = "unused = 1\ndef average(x):\n    return float(total(x)) / len(x)\ntotal = sum"
    notebook["cells"].insert(2, code(helper))
    return packed(notebook)


@submission
def honest_in_another_cell(world):
    notebook = student_copy()
    notebook["cells"] += [code(RIGHT[q]) for q in ("q1", "q2", "q3")]
    return packed(notebook)


@submission
def honest_chinese(world):
    source = "def 平方(值):\n    return np.asarray(值, float) ** 2\n\n\n"
    source += "def mean_square(x):\n    return float(平方(x).mean())"
    return packed(answered(q1=source, q4="步子太大，就越过了最低点。"))


def honest_table(place, table):
    """Put a submission into the table for each source: right answers, and the source in a place."""
    for name, source in table.items():

        def made(world, source=source):
            if place in RIGHT:
                return packed(answered(**{place: source}))
            notebook = answered(q1=FSUM if place in ("cell", "setup") else source + RIGHT["q1"])
            if place == "setup":
                notebook["cells"][1]["source"] = f"{source}\n{notebook['cells'][1]['source']}"
            elif place == "cell":
                notebook["cells"].insert(2, code(source))
            return packed(notebook)

        SUBMISSIONS[f"honest_{name}"] = made


FSUM = "def mean_square(x):\n    return fsum(n * n for n in x) / len(x)"
honest_table(
    "cell",
    {
        "chained_names": "total = fsum = sum",
        "conditional_function": "if True:\n    def fsum(x):\n        return sum(x)",
        "import_after_a_semicolon": "import math; from math import fsum",
        "import_in_try": "try:\n    from math import fsum\nexcept ImportError:\n    fsum = sum",
        "import_of_many_lines": "from math import (\n    fsum,\n    sqrt,\n)",
        "list_of_names": "[fsum, root] = sum, np.sqrt",
        "star_import": "from math import *",
    },
)
honest_table(
    "setup",
    {
        "check_in_the_first_cell": "from dlzero.homework import check\nfrom math import fsum",
        "colors_in_the_first_cell": "from matplotlib.colors import ListedColormap\n"
        "from math import fsum",
        "pandas_in_the_first_cell": "import numpy as np, pandas as pd\nfrom math import fsum",
        "star_in_the_first_cell": "from math import *",
    },
)
honest_table(
    "top",
    {
        "check_on_top": "from dlzero.homework import check\ncheck('demo')\n",
        "colors_on_top": "from matplotlib.colors import ListedColormap\nListedColormap(['r'])\n",
        "form_feed": "\f\n",
        "rc_params": "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = (8, 4)\n",
        "three_dimensions": "from mpl_toolkits.mplot3d import Axes3D\n",
        "tqdm": "from tqdm import tqdm\nassert [n for n in tqdm([1, 2])] == [1, 2]\n",
    },
)
STEPS = RIGHT["q2"].replace("return found", "return {}(found)")
honest_table(
    "q2",
    {
        "carriage_returns": RIGHT["q2"].replace("\n", "\r"),
        "deque": "from collections import deque\n" + STEPS.format("deque"),
        "memoryview": STEPS.format("np.array") + ".data",
        "user_list": STEPS.format("UserList").replace(
            "lr = 0.1", "from collections import UserList\nlr = 0.1"
        ),
    },
)


@submission
def honest_helper_redefined(world):
    notebook = answered(
        q1="def helper(x):\n    return np.asarray(x) ** 2\n\n\ndef mean_square(x):\n"
        "    return helper(x).mean()"
    )
    number = next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == "q3")
    notebook["cells"][number]["source"] += "\n\n\ndef helper():\n    return 0"
    return packed(notebook)


@submission
def honest_name_of_an_answer_reused(world):
    return packed(answered(q3=RIGHT["q3"] + "\nmean_square = step = 3"))


@submission
def honest_out_of_order(world):
    notebook = answered(q1="def mean_square(x):\n    return late(x) / len(x)")
    notebook["cells"].append(code("def late(x):\n    return sum(n * n for n in x)"))
    return packed(notebook)


# ---- broken -----------------------------------------------------------------------------------


@submission
def untouched(world):
    return packed(student_copy())


@submission
def missing(world):
    return None


@submission
def empty_file(world):
    return b""


@submission
def empty_notebook(world):
    return b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@submission
def not_json(world):
    return b"%PDF-1.7 \xff\xfe\x00 not a notebook"


@submission
def cut_off(world):
    return packed(answered())[:1000]


@submission
def cells_of_the_wrong_kind(world):
    return b'{"cells": [1, {"cell_type": []}], "metadata": 3, "nbformat": 4}'


@submission
def sources_of_the_wrong_kind(world):
    notebook = answered()
    notebook["cells"][3]["source"] = {"a": 1}
    return packed(notebook)


@submission
def old_format(world):
    return b'{"worksheets": [], "metadata": {}, "nbformat": 3}'


@submission
def deep_json(world):
    return b"[" * 500_000


@submission
def deep_metadata(world):
    notebook = packed(answered(q1="def mean_square(x):\n    return 0"))
    return notebook.replace(
        b'"metadata": {}', b'"metadata": {"a": ' + b"[" * 900 + b"]" * 900 + b"}"
    )


@submission
def huge_json(world):
    notebook = answered()
    notebook["cells"].append(code("x = '" + "a" * (9 << 20) + "'"))
    return packed(notebook)


@submission
def many_cells(world):
    notebook = answered()
    notebook["cells"] += [code(f"mean_square = {n}; zz{n} = 1") for n in range(20_000)]
    return packed(notebook)


@submission
def long_lines(world):
    lines = "a" + " " * 1_000_000 + "b\nimport " + "," * 1_000_000
    return packed(answered(q1=f'text = """\n{lines}\n"""\n' + RIGHT["q1"]))


@submission
def chain_of_helpers(world):
    notebook = answered(q1=RIGHT["q1"] + "  # helper0")
    notebook["cells"] += [code(f"helper{n} = helper{n + 1}") for n in range(5_000)]
    return packed(notebook)


@submission
def strange_characters(world):
    notebook = answered(q1="x = '\x00'\n" + RIGHT["q1"])
    text = json.dumps(notebook).replace("It stays", "It \\ud800 stays <b>&amp;")
    return text.encode()


@submission
def foreign_kernel(world):
    cells = [code("mean_square <- function(x) mean(x^2)"), code("counts <- c(50, 50, 50)")]
    kernel = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
    return packed({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


@submission
def foreign_kernel_by_mistake(world):
    notebook = answered()
    notebook["metadata"]["kernelspec"] = {"name": "julia-1.10", "language": "julia"}
    return packed(notebook)


@submission
def syntax_error(world):
    return packed(answered(q1="def mean_square(x)\n    return 1"))


@submission
def parser_bomb(world):
    return packed(answered(q1="mean_square = " + "(" * 100_000 + "1"))


@submission
def parser_crash(world):
    return packed(answered(q1="mean_square = " + "-" * 1_000_000 + "1"))


@submission
def error_in_a_cell(world):
    return packed(answered(q2="1 / 0\n" + RIGHT["q2"]))


@submission
def deleted_answer(world):
    notebook = answered()
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "q2"]
    return packed(notebook)


@submission
def deleted_tests(world):
    notebook = answered()
    notebook["cells"] = [cell for cell in notebook["cells"] if "_test" not in cell["id"]]
    return packed(notebook)


@submission
def edited_tests(world):
    notebook = answered(q1="def mean_square(x):\n    return 0", q3="counts = ()")
    for cell in notebook["cells"]:
        if "_test" in cell["id"]:
            cell["source"] = "assert True"
            cell["metadata"]["nbgrader"]["points"] = 1000
    return packed(notebook)


@submission
def edited_setup(world):
    notebook = answered(q3="counts = 3")
    setup = "import numpy as np\nnp.isclose = np.allclose = lambda *a, **k: True\n"
    setup += "class datasets:\n    iris = None"
    notebook["cells"][1]["source"] = setup
    return packed(notebook)


@submission
def duplicated_cells(world):
    notebook = answered(q1="def mean_square(x):\n    return 0")
    second = copy.deepcopy(next(cell for cell in notebook["cells"] if cell["id"] == "q1"))
    second["source"] = RIGHT["q1"]
    stub = copy.deepcopy(second)
    stub["source"] = STUBS["q1"]
    notebook["cells"] += [second, stub]
    return packed(notebook)


@submission
def renamed_cells(world):
    notebook = answered()
    for number, cell in enumerate(notebook["cells"]):
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] = f"cell-{number}"
    return packed(notebook)


@submission
def swapped_names(world):
    notebook = answered()
    for cell in notebook["cells"]:
        names = {"q1": "q2", "q2": "q1"}
        if cell["id"] in names:
            cell["metadata"]["nbgrader"]["grade_id"] = names[cell["id"]]
    return packed(notebook)


@submission
def stripped_metadata(world):
    notebook = answered()
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    notebook["metadata"] = {"colab": {"provenance": []}}
    return packed(notebook)


@submission
def returns_a_generator(world):
    return packed(answered(q1="def mean_square(x):\n    yield 12.5"))


@submission
def returns_nothing(world):
    return packed(answered(q1="def mean_square(x):\n    print(12.5)", q3="counts = None"))


@submission
def endless_recursion(world):
    return packed(answered(q1="def mean_square(x):\n    return mean_square(x)"))


# ---- hostile ----------------------------------------------------------------------------------


@submission
def loop_in_a_cell(world):
    return packed(answered(q1=RIGHT["q1"] + "\nwhile True:\n    pass"))


@submission
def loop_in_a_function(world):
    return packed(answered(q1="def mean_square(x):\n    while True:\n        pass"))


@submission
def loop_that_catches_all(world):
    return packed(
        answered(
            q1="""
import signal
for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


def mean_square(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
"""
        )
    )


@submission
def loop_in_c(world):
    return packed(answered(q1="def mean_square(x):\n    return sum(iter(int, 1))"))


@submission
def loop_in_a_thread(world):
    source = "import threading\ndef spin():\n    while True: pass\n"
    source += "for _ in range(3): threading.Thread(target=spin).start()\n"
    return packed(answered(q1=source + "def mean_square(x):\n    spin()"))


@submission
def sleeper(world):
    return packed(answered(q3="import time\ntime.sleep(1000)"))


@submission
def exits_politely(world):
    return packed(answered(q1="import sys\n" + RIGHT["q1"] + "\nsys.exit(0)"))


@submission
def exits_at_once(world):
    return packed(answered(q1=RIGHT["q1"] + "\nimport os\nos._exit(0)"))


@submission
def exits_in_a_function(world):
    return packed(answered(q1="import os\ndef mean_square(x):\n    os._exit(0)"))


@submission
def crashes(world):
    return packed(answered(q1="import ctypes\ndef mean_square(x):\n    ctypes.string_at(0)"))


@submission
def kills_all(world):
    source = "import os, signal\ndef mean_square(x):\n    for number in (-1, 1, os.getpid()):\n"
    source += "        try:\n            os.kill(number, signal.SIGKILL)\n"
    return packed(answered(q1=source + "        except OSError:\n            pass"))


@submission
def memory_bomb(world):
    source = "keep = []\ndef mean_square(x):\n    while True:\n"
    return packed(answered(q1=source + "        keep.append(bytearray(10_000_000))"))


@submission
def output_flood(world):
    flood = "import os, sys\nfor _ in range(200):\n    print('x' * 100_000)\n"
    flood += "    sys.stderr.write('y' * 100_000)\nos.write(1, b'z' * 1_000_000)\n"
    return packed(answered(q1=flood + RIGHT["q1"]))


@submission
def answer_flood(world):
    return packed(answered(q1="def mean_square(x):\n    return np.zeros(3_000_000)"))


@submission
def fork_bomb(world):
    source = "import os\ndef mean_square(x):\n    while True:\n        try:\n"
    source += "            os.fork()\n        except OSError:\n            pass"
    return packed(answered(q1=source))


@submission
def forked_answers(world):
    return packed(answered(q1="import os\nos.fork()\n" + RIGHT["q1"]))


@submission
def background_processes(world):
    return attack(
        f"""
def attack():
    sleep = "import time; time.sleep(1000)  # {world["token"]}"
    for _ in range(2):
        subprocess.Popen([sys.executable, "-S", "-c", sleep])
    heard, said = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(said, b".")
            time.sleep(1000)
        os._exit(0)
    os.read(heard, 1)  # it has left by now
    return False
"""
    )


@submission
def reads_files(world):
    places = [world["secret"], "/etc/passwd", "/etc/hostname", "/proc/1/environ"]
    return attack(
        f"""
def attack():
    for place in {places!r}:
        try:
            return os.listdir(place) if os.path.isdir(place) else open(place).read()
        except OSError:
            pass
    return False
"""
    )


@submission
def reads_the_course(world):
    return attack(
        """
def attack():
    import dlzero
    names = [m for m in sys.modules if m.startswith(("dlzero.homework", "dlzero_grader"))]
    return names or hasattr(dlzero, "minimize") or __import__("dlzero.chapters")
"""
    )


@submission
def writes_files(world):
    places = [world["folder"], "/", "/usr", "/tmp", "/var/tmp", "/dev/shm", "/site", "/grader"]
    return attack(
        f"""
def attack():
    done = []
    for place in {places}:
        try:
            open(place + "/{world["token"]}", "w").write("was here")
            done.append(place)
        except OSError:
            pass
    return done
"""
    )


@submission
def changes_other_submissions(world):
    return attack(
        f"""
def attack():
    import shutil
    for name, _, files in list(os.walk({world["folder"]!r})):
        for file in files:
            os.chmod(os.path.join(name, file), 0o666)
            open(os.path.join(name, file), "w").write("{{}}")
            return True
    shutil.rmtree({world["folder"]!r})
    return True
"""
    )


@submission
def fills_the_disk(world):
    return packed(
        answered(
            q1="""
for n in range(10_000):
    try:
        open(str(n), "wb").write(bytes(1_000_000))
    except OSError:
        break
"""
            + RIGHT["q1"]
        )
    )


@submission
def calls_the_network(world):
    return attack(
        f"""
def attack():
    for address in (("127.0.0.1", {world["port"]}), ("1.1.1.1", 53)):
        try:
            return socket.create_connection(address, 0.2)
        except OSError:
            pass
    return False
"""
    )


@submission
def reads_the_environment(world):
    return attack(
        f"""
def attack():
    return any("{world["token"]}" in value for value in os.environ.values())
"""
    )


@submission
def becomes_root(world):
    return attack(
        """
def attack():
    os.setuid(0)
    return True
"""
    )


@submission
def patches_the_judge(world):
    return packed(
        answered(
            q1="""
import builtins, sys
np.isclose = np.allclose = lambda *a, **k: True
builtins.abs = lambda x: 0
builtins.len = lambda x: 7
builtins.AssertionError = ZeroDivisionError


class Equal(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0


def mean_square(x):
    return Equal(3)
""",
            q2="def step(w, g):\n    return Equal(3)\ndef steps(w, n):\n    return [Equal(1)] * n",
            q3="class All(tuple):\n    def __eq__(self, x):\n        return True\ncounts = All()",
        )
    )


@submission
def looks_for_the_tests(world):
    return attack(
        """
def attack():
    import gc
    frame, found = sys._getframe(), []
    while frame:
        found += [str(value)[:10_000] for value in frame.f_locals.values()]
        frame = frame.f_back
    for part in gc.get_objects():
        if type(part) in (list, tuple):
            found += [value for value in part if type(value) is str]
        elif type(part) is dict:
            found += [value for value in part.values() if type(value) is str]
    word = " ".join(["hidden", "message"])
    return any(word in text for text in found)
"""
    )


@submission
def writes_into_the_pipe(world):
    return packed(
        answered(
            q1="""
import json, os
def mean_square(x):
    for number in range(200):
        line = json.dumps({"number": number, "value": 12.5, "names": {"mean_square": {"value": 1}}})
        for handle in range(3, 10):
            try:
                os.write(handle, line.encode() + b"\\n")
            except OSError:
                pass
"""
        )
    )


@submission
def breaks_the_pipe(world):
    return packed(
        answered(
            q1="""
import os
def mean_square(x):
    for handle in range(3, 10):
        try:
            os.write(handle, b"[" * 100_000 + b"\\n")
        except OSError:
            pass
"""
        )
    )


@submission
def sends_code(world):
    return packed(
        answered(
            q1=f"""
import os


class Pickled:
    def __reduce__(self):
        return os.system, ("touch {world["folder"]}/{world["token"]}",)


def mean_square(x):
    return Pickled()
""",
            q3="counts = lambda: (50, 50, 50)",
        )
    )


@submission
def strange_errors(world):
    return packed(
        answered(
            q1="""
class Strange(BaseException):
    def __str__(self):
        while True:
            raise Strange


def mean_square(x):
    raise Strange
""",
            q2="def step(w, g):\n    raise AssertionError\n"
            "def steps(w, n):\n    raise StopIteration('</pre><script>alert(1)</script>')",
        )
    )


@submission
def strange_numbers(world):
    return packed(
        answered(
            q1="def mean_square(x):\n    return float('nan')",
            q2="def step(w, g):\n    return 10**5000\ndef steps(w, n):\n    return [np.inf] * n",
            q3="counts = []\ncounts.append(counts)",
        )
    )
