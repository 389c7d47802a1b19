"""A stored mark counts as long as nothing has changed that it depends on."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox
from classroom.submissions import answered, packed

from dlzero_grader import allowed
from dlzero_grader import master as masters
from dlzero_grader.files import write
from dlzero_grader.grading import version
from dlzero_grader.grading.grade_class import grade_class, read_rows
from dlzero_grader.grading.trusted import Grader
from dlzero_grader.grading.version import version_of
from dlzero_grader.sandbox.channel import Limits

DEMO = masters.load("demo", Path(__file__).parent / "classroom")
CODE = version.CODE
LIMITS = Limits()
ORIGINAL = version_of(DEMO, LIMITS)


def change(path, old, new):
    """Change a text, and make sure that it was there."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of dlzero that a test may change."""
    copy = tmp_path / "course" / "dlzero"
    shutil.copytree(allowed.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(allowed, "PACKAGE", copy)
    return copy


@pytest.fixture
def grader(tmp_path, monkeypatch):
    """A copy of the grader's files that a test may change."""
    copy = tmp_path / "dlzero_grader"
    shutil.copytree(CODE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(version, "CODE", copy)
    return copy


def flip_xor(course):
    change(course / "datasets.py", '"xor": [0, 0, 1, 1]', '"xor": [1, 1, 0, 0]')


def test_a_copy_has_the_same_version(course, grader):
    assert version_of(DEMO, LIMITS) == ORIGINAL


def test_flipped_labels_of_xor_are_another_version(course):
    before = version_of(DEMO, LIMITS)
    flip_xor(course)
    assert version_of(DEMO, LIMITS) != before


def test_changed_data_is_another_version(course):
    before = version_of(DEMO, LIMITS)
    change(course / "data" / "iris.csv", "5.1,", "5.2,")
    assert version_of(DEMO, LIMITS) != before


def test_what_the_master_does_not_allow_does_not_matter(course):
    before = version_of(DEMO, LIMITS)
    (course / "surfaces.py").write_text("another = 1\n", "utf-8")
    assert version_of(DEMO, LIMITS) == before


@pytest.mark.parametrize("path", version.code(), ids=lambda path: path.stem)
def test_every_file_that_grades_counts(grader, path):
    before = version_of(DEMO, LIMITS)
    with (grader / path.relative_to(CODE)).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert version_of(DEMO, LIMITS) != before


def test_all_that_the_trusted_process_imports_counts():
    look = "import sys, dlzero_grader.grading.trusted as t\nfor m in list(sys.modules.values()):\n"
    look += " f = getattr(m, '__file__', None)\n if f: print(f)"
    path = os.pathsep.join([str(allowed.PACKAGE.parent), str(CODE.parent)])
    run = subprocess.run(
        [sys.executable, "-c", look],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    loaded = {Path(line) for line in run.stdout.splitlines() if CODE in Path(line).parents}
    assert len(loaded) > 10
    assert loaded - set(version.code()) == {CODE / "__init__.py"}


def test_a_new_file_that_grades_counts(grader):
    before = version_of(DEMO, LIMITS)
    (grader / "grading" / "new.py").touch()
    assert version_of(DEMO, LIMITS) != before


def test_what_only_reports_does_not_count(grader):
    before = version_of(DEMO, LIMITS)
    for room in ("collecting", "marking", "reports", "authoring"):
        (grader / room / "new.py").touch()
    assert version_of(DEMO, LIMITS) == before


def test_the_look_of_a_page_does_not_count(grader):
    before = version_of(DEMO, LIMITS)
    for path in (grader / "templates").iterdir():
        path.write_text("another look", "utf-8")
    assert version_of(DEMO, LIMITS) == before


def test_the_form_of_plain_values_counts(tmp_path, monkeypatch):
    before = version_of(DEMO, LIMITS)
    other = tmp_path / "plain.py"
    other.write_text(Path(version.plain.__file__).read_text("utf-8") + "# changed\n", "utf-8")
    monkeypatch.setattr(version.plain, "__file__", str(other))
    assert version_of(DEMO, LIMITS) != before


def test_the_end_of_a_file_is_not_the_beginning_of_the_next(course):
    neighbours = replace(DEMO, allow=("checks.py", "datasets.py"))
    (course / "checks.py").write_text("one\ntwo\n", "utf-8")
    (course / "datasets.py").write_text("three\n", "utf-8")
    before = version_of(neighbours, LIMITS)
    (course / "checks.py").write_text("one\n", "utf-8")
    (course / "datasets.py").write_text("two\nthree\n", "utf-8")
    assert version_of(neighbours, LIMITS) != before


def test_a_grader_of_another_version_grades_nothing():
    with (
        Grader(DEMO, version="another") as grader,
        pytest.raises(RuntimeError, match="is not the one that this run began with"),
    ):
        grader.grade(packed(answered()))


@needs_sandbox
def test_stored_marks_end_with_the_files_they_depend_on(tmp_path, course):
    students = [{"id": "ada"}]
    write(tmp_path / "submitted" / "ada" / "demo" / "demo.ipynb", packed(answered()))
    where = (tmp_path / "submitted", tmp_path / "rows")
    assert grade_class(DEMO, students, *where, jobs=1) == 1
    assert read_rows(DEMO, students, *where)["ada"].grader == version_of(DEMO, LIMITS)
    flip_xor(course)
    assert read_rows(DEMO, students, *where) == {"ada": None}
    # The process that grades has the files as they are installed, and says so.
    with pytest.raises(RuntimeError, match="is not the one that this run began with"):
        grade_class(DEMO, students, *where, jobs=1)
    assert len(list(where[1].iterdir())) == 1
