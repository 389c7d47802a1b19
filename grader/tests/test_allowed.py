"""The part of dlzero that a homework allows: the listed files, and nothing else."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dlzero_grader import allowed
from dlzero_grader import master as masters

DEMO = masters.load("demo", Path(__file__).parent / "classroom")
LISTED = ("checks.py", "data/", "datasets.py", "surfaces.py")


def run_with(package, source):
    code = f"import sys; sys.path.insert(0, {str(package.parent)!r})\n{source}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")


def test_the_sandbox_has_the_helpers_but_not_the_solutions(tmp_path):
    package = allowed.write_allowed(LISTED, tmp_path)
    assert {path.name for path in package.glob("*.py")} == {
        "__init__.py",
        "checks.py",
        "datasets.py",
        "surfaces.py",
    }
    assert {path.name for path in package.iterdir() if path.is_dir()} == {
        "__pycache__",
        "data",
    }
    done = run_with(
        package,
        "import dlzero; from dlzero import datasets, surfaces\n"
        "print(len(datasets.iris().y), callable(surfaces.rosenbrock))",
    )
    assert done.stdout == "150 True\n", done.stderr
    for line in ("from dlzero import minimize", "import dlzero.chapters.ch01_perceptron"):
        assert "Error" in run_with(package, line).stderr
    assert "is not part of this homework" in run_with(package, "import dlzero; dlzero.adam").stderr


def test_the_sandbox_gets_what_the_master_allows(tmp_path):
    assert sorted(p.name for p in allowed.write_allowed(DEMO.allow, tmp_path).glob("*.py")) == [
        "__init__.py",
        "checks.py",
        "datasets.py",
    ]


def test_a_listed_file_is_copied_byte_for_byte(tmp_path):
    package = allowed.write_allowed(LISTED, tmp_path)
    copied = [
        path.relative_to(package) for path in package.rglob("*") if path.suffix in (".py", ".csv")
    ]
    assert Path("data/iris.csv") in copied
    for name in copied:
        if name != Path("__init__.py"):
            assert (package / name).read_bytes() == (allowed.PACKAGE / name).read_bytes()


@pytest.mark.parametrize(
    "name", ["nonsense.py", "datasets", "../pyproject.toml", "/etc/passwd", "", ".", "__init__.py"]
)
def test_an_unknown_name_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"dlzero has no file or folder .* such as 'datasets.py'"):
        allowed.write_allowed((name,), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of dlzero that a test may change."""
    copy = tmp_path / "course" / "dlzero"
    leave = shutil.ignore_patterns("__pycache__", "digits.npz", "docstrings.npz")
    shutil.copytree(allowed.PACKAGE, copy, ignore=leave)
    monkeypatch.setattr(allowed, "PACKAGE", copy)
    return copy


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("from .models import LinearRegression", "models.py"),
        ("from . import models", "models.py"),
        ("from dlzero.models import LinearRegression", "models.py"),
        ("import dlzero.models", "models.py"),
        ("def f():\n    from .practice.results import Results", "practice/results.py"),
        ("from .chapters import ch08_adam as hidden", "chapters/ch08_adam.py"),
        ("from . import adam", "__init__.py"),
        ("from dlzero import adam", "__init__.py"),
    ],
)
def test_a_file_that_imports_one_that_is_not_listed_is_refused(tmp_path, package, line, needed):
    with (package / "datasets.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{line}\n")
    complaint = f"datasets.py imports {needed}, which is not in 'allow'. Add it if students may"
    with pytest.raises(ValueError, match=complaint):
        allowed.write_allowed(DEMO.allow, tmp_path / "out")
    with pytest.raises(ValueError, match=complaint) as error:
        masters.parse(DEMO.text, "demo")
    assert "demo.ipynb cannot be used" in str(error.value)


def test_a_file_below_a_folder_imports_from_where_it_stands(tmp_path, package):
    (package / "chapters" / "one.py").write_text("from ..estimator import x\nfrom .two import y\n")
    (package / "chapters" / "two.py").write_text("import numpy\n")
    assert allowed.problems_of(["chapters/one.py", "chapters/two.py"]) == [
        "chapters/one.py imports estimator.py, which is not in 'allow'. "
        "Add it if students may have it."
    ]
    listed = ["chapters/one.py", "chapters/two.py", "estimator.py", "checks.py"]
    assert allowed.problems_of(listed) == []
    written = allowed.write_allowed(listed, tmp_path / "out")
    assert (written / "chapters" / "two.py").is_file()
