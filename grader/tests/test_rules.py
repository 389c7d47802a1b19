"""The guide's rules for own masters: each is broken once, and `build` says what the guide says."""

import json
import re
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox

from dlzero_grader.authoring import battery
from dlzero_grader.authoring.build import build

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "book" / "instructor.md").read_text("utf-8")
SECTION = re.search(r"(?s)## Your own masters\n(.*?)\n## ", GUIDE)[1]
RULES = re.findall(r"(?m)^\| .* \| `([^|]*)` \|$", SECTION.replace("said by `build` |", ""))
EXAMPLE = json.loads((ROOT / "grader" / "example" / "own.ipynb").read_text("utf-8"))


def sources():
    return {cell["id"]: "".join(cell["source"]) for cell in EXAMPLE["cells"]}


def source(id, old, new):
    """Return the change that puts other lines into a cell."""

    def change(notebook, cells):
        before = "".join(cells[id]["source"])
        assert before.count(old) == 1
        cells[id]["source"] = before.replace(old, new)

    return change


def course(**tags):
    """Return the change of the notebook's own metadata; None takes a key away."""

    def change(notebook, cells):
        about = {**notebook["metadata"]["dlzero"], **tags}
        kept = {key: value for key, value in about.items() if value is not None}
        notebook["metadata"]["dlzero"] = kept

    return change


def nbgrader(id, **tags):
    return lambda notebook, cells: cells[id]["metadata"]["nbgrader"].update(tags)


def without(*ids):
    """Return the change that takes cells away."""

    def change(notebook, cells):
        notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in ids]

    return change


BEGIN = "### BEGIN HIDDEN TESTS"
CALL = "got = running_mean([2.0, 4.0, 9.0])"
SOLUTION = "return np.cumsum(x) / np.arange(1, len(x) + 1)"
IMPORTS = "import numpy as np\nfrom dlzero import datasets"
HELPER = {
    "cell_type": "code",
    "execution_count": None,
    "id": "helper",
    "metadata": {},
    "outputs": [],
    "source": "ONE = 1",
}
CLASS = "class running_mean:\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION\n"
NOTHING = "### BEGIN SOLUTION\n1 + 1\n### END SOLUTION"


def helped(notebook, cells):
    """Let an answer use a cell that students may delete."""
    notebook["cells"].insert(2, HELPER)
    source("q1", "(1, len(x) + 1)", "(ONE, len(x) + 1)")(notebook, cells)


def stopped_setup(source, allow=()):
    def change(notebook, cells):
        cells["setup"].update(source=source)
        course(allow=list(allow))(notebook, cells)

    return change


BROKEN = {
    "'dlzero' has no 'allow'": course(allow=None),
    "imports checks.py, which is not in 'allow'": course(allow=["datasets.py", "data/"]),
    "uses np, which nothing defines": without("setup"),
    "does not pass with the read-only cells and the answers alone": helped,
    "does not work in the sandbox": stopped_setup(IMPORTS),
    "has outputs; clear them": lambda notebook, cells: cells["q1"].update(execution_count=7),
    "is no name, or stands there twice": nbgrader("q2", grade_id="q1"),
    "expected ### BEGIN SOLUTION ... ### END SOLUTION": source("q1", "### END SOLUTION", "# done"),
    "the answer defines no name": lambda notebook, cells: cells["q2"].update(source=NOTHING),
    "no test follows this answer": without("q2_test"),
    "expected a whole number": nbgrader("q1_test", points=1.5),
    "expected one ### BEGIN HIDDEN TESTS": source("q1_test", BEGIN, "### HIDDEN TESTS"),
    "visible lines stand below the hidden ones": source(
        "q1_test", "END HIDDEN TESTS", "END HIDDEN TESTS\nassert running_mean([1])[0] == 1"
    ),
    "the tests use the class": lambda notebook, cells: cells["q1"].update(source=CLASS),
    "gives running_mean a value that is not plain": source(
        "q1_test", CALL, "got = running_mean(np.random.default_rng(1))"
    ),
    "running_mean returns a value that is not plain": source("q1", SOLUTION, "return object()"),
    "running_mean prints, which no test can see": source("q1", SOLUTION, "print(np.cumsum(x))"),
    "fails on the master's own solution": source("q1", SOLUTION, "return np.cumsum(x)"),
    "passes without an answer": lambda notebook, cells: cells["q1_test"].update(source="assert 1"),
    "passes when the answer": source(
        "q1_test",
        "for x, means in (([8.0, 0.0], [8, 4]), ([1.0, 3.0, 2.0, -6.0], [1, 2, 2, 0])):",
        "for x, means in [([8.0, 0.0], [8, 4])]:",
    ),
    "an answer in text has no points": nbgrader("q4", grade=False),
    "a task may be answered in any cell": nbgrader("q4", task=True, grade=False, solution=False),
    "there are no tests": without("q1", "q1_test", "q2", "q2_test", "q3", "q3_test"),
    "bonus is ['q9']": course(bonus=["q9"]),
    "a secret line would be handed out": source("text1", "Return the", f"{BEGIN}\nReturn the"),
}


def test_the_guide_has_all_rules_that_are_tested():
    assert list(BROKEN) == RULES


@needs_sandbox
@pytest.mark.parametrize("said", RULES)
def test_a_master_that_breaks_a_rule_is_told_so(tmp_path, said):
    notebook = json.loads(json.dumps(EXAMPLE))
    BROKEN[said](notebook, {cell["id"]: cell for cell in notebook["cells"]})
    (tmp_path / "own.ipynb").write_text(json.dumps(notebook), "utf-8")
    with pytest.raises(ValueError, match=re.escape(said)):
        build(["own"], tmp_path, tmp_path / "release")
    assert not (tmp_path / "release").exists()


def built(tmp_path, change):
    notebook = json.loads(json.dumps(EXAMPLE))
    change(notebook, {cell["id"]: cell for cell in notebook["cells"]})
    (tmp_path / "own.ipynb").write_text(json.dumps(notebook), "utf-8")
    return build(["own"], tmp_path, tmp_path / "release")


@needs_sandbox
@pytest.mark.parametrize(
    ("source", "said"),
    [
        (IMPORTS, "cannot import name 'datasets' from 'dlzero'"),
        ("import numpy as np\nimport pytest", "No module named 'pytest'. There are Python, NumPy"),
        ("import numpy as np\nwith open('/etc/passwd') as file:\n    pass", "FileNotFoundError"),
    ],
)
def test_a_setup_that_works_here_only_is_told_so(tmp_path, source, said):
    with pytest.raises(ValueError, match="the setup does not work in the sandbox") as error:
        built(tmp_path, stopped_setup(source))
    assert said in str(error.value)


@needs_sandbox
def test_an_import_that_fails_in_another_cell_is_told_so(tmp_path):
    helper = {**HELPER, "source": "import pytest"}
    with pytest.raises(ValueError, match="an import failed: No module named 'pytest'"):
        built(tmp_path, lambda notebook, cells: notebook["cells"].insert(2, helper))


@needs_sandbox
def test_the_files_that_the_guide_allows_build(tmp_path):
    shown = re.search(r'`("allow": \[.*?\])`', SECTION)[1]
    (made,) = built(tmp_path, stopped_setup(IMPORTS, json.loads("{" + shown + "}")["allow"]))
    assert "datasets.py" in made.allow


@needs_sandbox
def test_a_copy_of_the_example_wants_its_own_name_only(tmp_path):
    assert "Change `assignment`" in SECTION
    notebook = json.loads(json.dumps(EXAMPLE))
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps(notebook), "utf-8")
    with pytest.raises(ValueError, match="assignment is 'own', file 'mine'"):
        build(["mine"], tmp_path, tmp_path / "release")
    notebook["metadata"]["dlzero"]["assignment"] = "mine"
    path.write_text(json.dumps(notebook), "utf-8")
    assert build(["mine"], tmp_path, tmp_path / "release")


def test_the_guide_shows_cells_of_the_example():
    shown = re.findall(r"(?s)```python\n(.*?)\n```", SECTION)
    assert shown == [sources()["q1"], sources()["q1_test"]]


def test_the_guide_names_what_build_tries_and_how_long():
    assert f"stops after {battery.SECONDS:g} seconds" in GUIDE
    assert "Create Assignment" in SECTION
    assert EXAMPLE["metadata"]["dlzero"]["bonus"] == ["q3_test"]
    assert '`"bonus": ["q3_test"]`' in SECTION
