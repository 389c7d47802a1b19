"""Make the small master that the grader's tests use, and the visible tests that a learner gets.

    python tools/make/homework_demo.py

Writes: grader/tests/classroom/demo.ipynb tests/homework/demo.check.json
Needs: dlzero-grader
"""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "grader" / "tests" / "classroom" / "demo.ipynb"
#: Files of dlzero; the data sets look at what they are given with checks.py.
ALLOWED = ["checks.py", "data/", "datasets.py"]
VISIBLE = ROOT / "tests" / "homework" / "demo.check.json"


def cell(kind, source, id, points=None, **tags):
    """Return a notebook cell with nbgrader's metadata."""
    found = {"cell_type": kind, "id": id, "metadata": {}, "source": source.strip("\n")}
    if kind == "code":
        found |= {"execution_count": None, "outputs": []}
    if tags:
        flags = {"grade": False, "solution": False, "locked": False, "task": False} | tags
        flags |= {"grade_id": id, "schema_version": 3}
        if points is not None:
            flags["points"] = points
        found["metadata"]["nbgrader"] = dict(sorted(flags.items()))
    return found


def answer(id, source):
    return cell("code", source, id, solution=True)


def tests(id, source, points):
    return cell("code", source, id, points, grade=True, locked=True)


CELLS = [
    cell("markdown", "# A small homework", "title"),
    cell("code", "import numpy as np\n\nfrom dlzero import datasets", "setup", locked=True),
    cell("markdown", "## Question 1\n\nThe mean of the squares of the numbers in `x`.", "text1"),
    answer(
        "q1",
        """
def mean_square(x):
    ### BEGIN SOLUTION
    return float(np.mean(np.asarray(x, dtype=float) ** 2))
    ### END SOLUTION
""",
    ),
    tests(
        "q1_test",
        """
came = mean_square([3.0, 4.0])
assert came == 12.5, f"mean_square([3, 4]): expected 12.5, came {came}. Squares first, then mean."
### BEGIN HIDDEN TESTS
x = np.arange(5.0)
assert np.isclose(mean_square(x), 6.0), "Expected 6 for 0 to 4. This is a hidden message."
### END HIDDEN TESTS
""",
        2,
    ),
    tests(
        "q1_test2",
        """
x = np.array([1.0, 2.0])
mean_square(x)
assert x.tolist() == [1.0, 2.0], f"The function changed its argument: [1, 2] became {x.tolist()}."
""",
        1,
    ),
    cell("markdown", "## Question 2\n\nOne step of gradient descent, and a list of them.", "text2"),
    answer(
        "q2",
        """
lr = 0.1  # do not change


def step(w, g):
    ### BEGIN SOLUTION
    return w - lr * g
    ### END SOLUTION


def steps(w, n):
    \"\"\"Minimise w**2 and return every w.\"\"\"
    ### BEGIN SOLUTION
    found = []
    for _ in range(n):
        w = step(w, 2 * w)
        found.append(w)
    return found
    ### END SOLUTION
""",
    ),
    tests(
        "q2_test",
        """
came = step(1.0, 2.0)
assert abs(came - 0.8) < 1e-12, f"step(1, 2): expected 0.8, came {came}. Look at the sign."
""",
        2,
    ),
    tests(
        "q2_test2",
        """
came = steps(1.0, 2)
assert np.allclose(came, [0.8, 0.64]), f"steps(1, 2): expected [0.8, 0.64], came {came}."
### BEGIN HIDDEN TESTS
assert len(steps(1.0, 7)) == 7
### END HIDDEN TESTS
""",
        3,
    ),
    cell("markdown", "## Question 3\n\nHow many flowers of each kind has Iris?", "text3"),
    answer(
        "q3",
        """
### BEGIN SOLUTION
X, y = datasets.iris()
counts = tuple(int(n) for n in np.bincount(y))
### END SOLUTION
""",
    ),
    tests(
        "q3_test",
        """
assert counts == (50, 50, 50), f"counts: expected three times 50, came {counts}."
""",
        2,
    ),
    cell("markdown", "## Question 4\n\nWhy does a large step overshoot?", "text4"),
    cell(
        "markdown",
        "Because the slope belongs to the start of the step.",
        "q4",
        4,
        grade=True,
        solution=True,
    ),
]


def notebook():
    """Return the demo master."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    course = {"assignment": "demo", "title": "A small homework", "allow": ALLOWED}
    metadata = {"dlzero": course, "kernelspec": kernel}
    return {"cells": CELLS, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


if __name__ == "__main__":
    from dlzero_grader import master
    from dlzero_grader.authoring import build

    text = json.dumps(notebook(), indent=1, ensure_ascii=False) + "\n"
    TARGET.write_text(text, encoding="utf-8")
    visible = build.visible_tests(master.parse(text, "demo"))
    VISIBLE.write_text(build.as_json(visible), encoding="utf-8")
