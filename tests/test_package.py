"""The shape of the package: chapters in order, and a core that needs NumPy alone."""

import ast
import importlib
import json
import re
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from modules import PACKAGE, lint_imports, module_name, run

import dlzero

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MODULES = sorted(PACKAGE.rglob("*.py"))

#: Functions that import what a text names, and the name of what no text says.
IMPORTERS = {"import_module", "__import__"}
COMPUTED = "a computed name"

# The optional packages, and the only modules that may use them.
EXTRAS = {
    "__main__": {COMPUTED},  # its commands
    "exercises/__init__": {COMPUTED},  # the exercises of a chapter
    "fast/machine": {"llvmlite"},
    "practice/comparison": {"tqdm"},
    "practice/keys": {COMPUTED, "cloudpickle", "joblib"},
    "practice/picture": {"matplotlib"},
    "practice/tasks": {"distributed", "joblib", "threadpoolctl"},
    "chapters/ch01_perceptron": {"sklearn"},
    "plots/__init__": {"matplotlib", "contourpy"},
    "plots/descent": {"matplotlib", "contourpy"},
    "plots/look": {"matplotlib", "cycler"},
    "plots/page": {"matplotlib"},
    "plots/svg": {"matplotlib"},
    "plots/units": {"matplotlib"},
    "widgets": {"matplotlib", "ipywidgets"},
}


@pytest.fixture
def copied(tmp_path):
    """A copy of the package that a test may break."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(PACKAGE, tmp_path / "dlzero", ignore=shutil.ignore_patterns("data", "__py*"))
    return tmp_path


@pytest.mark.needs("importlinter")
def test_a_module_imports_only_earlier_chapters():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "6 kept, 0 broken" in result.stdout


@pytest.mark.needs("importlinter")
@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        (
            "chapters/ch01_perceptron",
            "from .ch02_linear_unit import LinearUnit",
            "ch02_linear_unit",
        ),
        ("chapters/ch01_perceptron", "from .. import plots", "dlzero.plots"),
        ("datasets", "from dlzero.chapters.ch01_perceptron import Perceptron", "ch01_perceptron"),
        (
            "chapters/ch04_sgd",
            "from .ch08_adam import adam",
            "ch04_sgd -> ",
        ),
        ("fast/machine", "from .threads import cut", "dlzero.fast.threads"),
        ("plots/page", "from .units import axes", "dlzero.plots.units"),
        ("plots/svg", "from .look import style", "dlzero.plots.look"),
        ("stranger", "import numpy", "stranger"),
        ("chapters/stranger", "import numpy", "stranger"),
        ("practice/tasks", "from .store import Store", "practice.tasks -> dlzero.practice.store"),
        ("practice/stranger", "import numpy", "stranger"),
        ("fast/stranger", "import numpy", "stranger"),
        ("plots/stranger", "import numpy", "stranger"),
        ("running/rule", "from .walk import Walk", "running.rule -> dlzero.running.walk"),
        ("running/stranger", "import numpy", "stranger"),
    ],
)
def test_a_later_chapter_is_noticed(copied, module, line, complaint):
    with (copied / "dlzero" / f"{module}.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{line}\n")
    result = lint_imports(copied)
    assert result.returncode == 1
    assert complaint in result.stdout


def test_importing_dlzero_loads_numpy_alone():
    code = """if True:
        import json, sys
        import numpy, numpy.random  # what they bring along is theirs
        sys.path.insert(0, sys.argv[1])
        before = set(sys.modules)
        import dlzero
        print(json.dumps(sorted(set(sys.modules) - before)))
    """
    # -I: neither the environment nor the present folder adds a package of its own.
    result = run(sys.executable, "-I", "-c", code, str(PACKAGE.parent))
    assert result.returncode == 0, result.stderr
    tops = {name.partition(".")[0] for name in json.loads(result.stdout)}
    assert "dlzero" in tops
    assert tops - sys.stdlib_module_names <= {"dlzero", "numpy"}


def imported_by(source):
    """Return the top-level packages that a module imports anywhere, also by their name as text."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in IMPORTERS:
                text = node.args[0]
                if isinstance(text, ast.JoinedStr):
                    text = text.values[0]
                names.add(text.value if isinstance(text, ast.Constant) else COMPUTED)
    return {name.partition(".")[0] for name in names if not name.startswith(".")}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_optional_packages_stay_in_their_module(path):
    allowed = {"numpy", "dlzero"} | EXTRAS.get(module_name(path), set())
    found = imported_by(path.read_text(encoding="utf-8")) - sys.stdlib_module_names
    assert found <= allowed


def test_extras_name_only_what_is_imported():
    found = {module_name(p): imported_by(p.read_text(encoding="utf-8")) for p in MODULES}
    assert {name: extras - found[name] for name, extras in EXTRAS.items()} == {
        name: set() for name in EXTRAS
    }


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("import joblib.parallel", "joblib"),
        ("def f():\n    from tqdm.auto import tqdm", "tqdm"),
        ('def f():\n    return import_module("distributed.client")', "distributed"),
        ('importlib.import_module("numba")', "numba"),
        ('__import__("numba.core")', "numba"),
        ("import_module(name)", COMPUTED),
        ('import_module(f"{name}.x")', COMPUTED),
    ],
)
def test_an_import_is_noticed(line, package):
    assert imported_by(line) == {package}


def test_a_module_of_the_same_package_is_no_import_of_another():
    assert imported_by('from . import a\nfrom ..b import c\nimport_module(".d", here)') == set()
    assert imported_by('import_module(f".{name}", here)') == set()


def test_every_module_is_looked_at():
    names = {module_name(path) for path in MODULES}
    rooms = {name.partition("/")[0] for name in names if "/" in name}
    assert {"chapters", "exercises", "fast", "homework", "plots", "practice", "running"} <= rooms
    imported = {"__init__", "__main__", "chapters/ch01_perceptron", "homework/learner"}
    assert imported <= names


def test_the_map_names_every_module_and_room():
    rows = re.findall(r"^\| (.*?) \|", (ROOT / "README.md").read_text("utf-8"), re.M)
    named = {Path(path).name for row in rows for path in re.findall("`(.+?)`", row)}
    here = {path.name for path in PACKAGE.iterdir() if path.name[0] not in "_."}
    assert {name for name in here - named if not name.endswith(".pyi")} == {"py.typed"}


def test_public_names():
    # ruff sorts constants to the front
    assert sorted(dlzero.__all__, key=lambda name: (not name.isupper(), name)) == dlzero.__all__
    for name in dlzero.__all__:
        assert hasattr(dlzero, name)
        assert getattr(dlzero, name).__doc__


def test_the_version_stands_in_one_place():
    assert "version" in PROJECT["dynamic"]
    assert "version" not in PROJECT


def test_the_citation_is_of_this_version():
    import yaml

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert str(citation["version"]) == dlzero.__version__


def test_the_changelog_ends_its_unreleased_part_at_this_version():
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert headings[:2] == ["Unreleased", dlzero.__version__]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that a user would install, as a zip file."""
    folder = tmp_path_factory.mktemp("wheel")
    code = "import sys; from flit_core.buildapi import build_wheel; build_wheel(sys.argv[1])"
    done = run(sys.executable, "-c", code, folder, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (path,) = folder.iterdir()
    with zipfile.ZipFile(path) as opened:
        yield opened


@pytest.mark.needs("flit_core")
def test_the_wheel_has_the_version(wheel):
    assert Path(wheel.filename).name.startswith(f"dlzero-{dlzero.__version__}-")


@pytest.mark.needs("flit_core")
def test_the_wheel_brings_its_types(wheel):
    here = {p.relative_to(PACKAGE.parent).as_posix() for p in PACKAGE.rglob("*.pyi")}
    assert len(here) >= 3
    assert {"dlzero/py.typed", *here} <= set(wheel.namelist())


@pytest.mark.needs("flit_core")
def test_the_wheel_brings_its_command(wheel):
    (points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert wheel.read(points).decode().split() == [
        "[console_scripts]",
        "dlzero=dlzero.__main__:main",
    ]


@pytest.mark.parametrize("target", PROJECT["scripts"].values())
def test_a_command_is_there(target):
    module, _, name = target.partition(":")
    assert callable(getattr(importlib.import_module(module), name))
