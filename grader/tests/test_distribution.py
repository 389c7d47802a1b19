"""Two distributions: the course holds nothing of the grader, which needs little of the course."""

import ast
import json
import re
import shutil
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from flit_core import buildapi
from modules import lint_imports
from published import published_leaks

import dlzero_grader
from dlzero_grader import master as masters
from dlzero_grader.authoring.leaks import regions
from dlzero_grader.master import BEGIN_SOLUTION, END_SOLUTION

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "grader" / "masters"
COURSE = [masters.load(path.stem, FOLDER) for path in sorted(FOLDER.glob("*.ipynb"))]
MODULES = sorted(Path(dlzero_grader.__file__).parent.rglob("*.py"))


def imported_by(source):
    """Return the dotted names that a module imports anywhere, also within functions."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def strangers(source):
    """Return the imports that a module of the grader may not have."""
    return [
        name
        for name in imported_by(source)
        if name.partition(".")[0] in ("dlzero", "nbgrader", "traitlets")
        and not f"{name}.".startswith("dlzero.homework.")
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_grader_needs_the_homework_of_the_course_and_nothing_else(path):
    assert strangers(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "import dlzero",
        "from dlzero import datasets",
        "def f():\n    import dlzero.chapters.ch01_perceptron",
        "from dlzero.homework_of_another import check",
        "from nbgrader.apps import NbGraderAPI",
    ],
)
def test_another_import_is_noticed(line):
    assert len(strangers(line)) == 1


@pytest.mark.needs("importlinter")
def test_a_module_imports_only_modules_below_it():
    result = lint_imports(ROOT / "grader")
    assert result.returncode == 0, result.stdout + result.stderr
    assert ", 0 broken" in result.stdout


@pytest.mark.needs("importlinter")
@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("master", "from .authoring.build import build", "dlzero_grader.authoring"),
        ("notebook", "from .row import Row", "dlzero_grader.row"),
        ("grading/bounds", "from .grade import grade", "dlzero_grader.grading.grade"),
        ("marking/stranger", "import numpy", "stranger"),
        ("stranger", "import numpy", "stranger"),
    ],
)
def test_an_import_from_above_is_noticed(tmp_path, module, line, complaint):
    shutil.copy(ROOT / "grader" / "pyproject.toml", tmp_path)
    shutil.copytree(Path(dlzero_grader.__file__).parent, tmp_path / "dlzero_grader")
    with (tmp_path / "dlzero_grader" / f"{module}.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{line}\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert complaint in result.stdout


def test_the_worker_needs_nothing_but_python_and_numpy():
    room = Path(dlzero_grader.__file__).parent / "sandbox"
    inside = "\n".join(
        (room / f"{n}.py").read_text("utf-8") for n in ("cells", "stand_ins", "worker")
    )
    tops = {name.partition(".")[0] for name in imported_by(inside)}
    assert tops - sys.stdlib_module_names == {"numpy"}


def test_one_file_of_pins_serves_both():
    """``requirements.txt`` is made of the extras of the course, so they name the grader's needs."""
    course = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    grader = tomllib.loads((ROOT / "grader" / "pyproject.toml").read_text("utf-8"))["project"]
    extras = grader["optional-dependencies"]
    needs = [*grader["dependencies"], *extras["cluster"], *extras["test"]]
    pinned = {need for lines in course["optional-dependencies"].values() for need in lines}
    assert {need for need in needs if not need.startswith("dlzero")} <= pinned


def built(folder, target):
    """Return the texts in the wheel and in the source archive of the distribution in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        wheel, sdist = buildapi.build_wheel(str(target)), buildapi.build_sdist(str(target))
    texts = {}
    with zipfile.ZipFile(target / wheel) as pack:
        texts |= {f"wheel:{name}": pack.read(name) for name in pack.namelist()}
    with tarfile.open(target / sdist) as pack:
        for entry in pack.getmembers():
            if entry.isfile():
                name = entry.name.partition("/")[2]
                texts[f"sdist:{name}"] = pack.extractfile(entry).read()
    return {name: data.decode("utf-8", "replace") for name, data in texts.items()}


def given_away(texts):
    """Return the files that hold the grader, a master, a solution or a hidden test."""
    return sorted(
        name
        for name, text in texts.items()
        if "dlzero_grader" in name
        or name.endswith(".ipynb")
        or any(published_leaks(master, text) for master in COURSE)
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return built(ROOT, tmp_path_factory.mktemp("course"))


def test_the_course_holds_no_grader_no_solution_and_no_hidden_test(course):
    assert "wheel:dlzero/homework/visible/hw01.json" in course
    assert "sdist:dlzero/homework/plain.py" in course
    assert given_away(course) == []


def test_the_course_holds_the_rules_of_the_book(course):
    """The guide names the only solution that stands in the package, and where."""
    found = {
        (master.name, answer.id, name.removeprefix("wheel:"))
        for master in COURSE
        for answer in master.answers
        for name, text in course.items()
        if name.startswith("wheel:")
        and squeezed(answer.solution.partition(BEGIN_SOLUTION)[2].partition(END_SOLUTION)[0])
        in squeezed(text)
    }
    (only,) = found
    assert only == ("hw07", "q1", "dlzero/chapters/ch07_adaptive.py")
    guide = (ROOT / "book" / "instructor.md").read_text("utf-8")
    assert f"AdaGrad in `{only[2]}` is the answer to question 1 of homework 7" in guide
    assert "m = beta1 * m + (1 - beta1) * g" in course["wheel:dlzero/chapters/ch08_adam.py"]
    (hw08,) = [master for master in COURSE if master.name == "hw08"]
    assert "m = beta1 * m + (1 - beta1) * g" in hw08.answers[1].solution
    assert "delta = (delta @ W.T) * slopes[k" in course["wheel:dlzero/chapters/ch09_network.py"]
    assert "np.logaddexp(0, z) - t * z" in course["wheel:dlzero/chapters/ch05_probabilities.py"]


def squeezed(text):
    """Return a text without spaces, marks of comments and ends of lines."""
    return re.sub(r"[\s#]", "", text)


def test_the_archive_holds_no_test_that_cannot_run_from_it(course):
    # Tests need the whole repository: lessons, pages, tools, and for the site the grader.
    folders = {name.split("/")[0] for name in course if name.startswith("sdist:") and "/" in name}
    assert folders == {"sdist:dlzero"}


def test_what_is_planted_in_the_course_is_found(tmp_path):
    copy = tmp_path / "course"
    shutil.copytree(ROOT / "dlzero", copy / "dlzero", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, copy)
    region = max(regions(COURSE[2])[0], key=len)
    (copy / "dlzero" / "homework" / "visible" / "hw03.txt").write_text(region, "utf-8")
    (copy / "dlzero" / "source.py").write_text(f'"""{region}"""\n', "utf-8")
    (copy / "dlzero" / "data" / "answers.json").write_text(json.dumps([region]), "utf-8")
    shutil.copy(FOLDER / "hw01.ipynb", copy / "dlzero" / "homework")
    shutil.copy(MODULES[0], copy / "dlzero" / "dlzero_grader.py")
    planted = (
        "data/answers.json",
        "dlzero_grader.py",
        "homework/hw01.ipynb",
        "homework/visible/hw03.txt",
        "source.py",
    )
    assert given_away(built(copy, tmp_path)) == [
        f"{kind}:dlzero/{name}" for kind in ("sdist", "wheel") for name in planted
    ]


def test_the_grader_brings_its_pages_along(tmp_path):
    grader = built(ROOT / "grader", tmp_path)
    assert "wheel:dlzero_grader/templates/feedback.html" in grader
    assert "wheel:dlzero_grader/sandbox/worker.py" in grader
    name = f"wheel:dlzero_grader-{dlzero_grader.__version__}.dist-info/METADATA"
    assert "Requires-Dist: jinja2" in grader[name]


def test_the_lessons_hold_no_master():
    for path in (ROOT / "lessons").rglob("*.ipynb"):
        for master in COURSE:
            assert published_leaks(master, path.read_text("utf-8")) == [], path.name
