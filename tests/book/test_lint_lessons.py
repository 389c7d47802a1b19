"""The command ``python tools/lint_lessons``.

The lesson is invented: the numbers here are not those of chapters.
"""

import subprocess
import sys

import pytest
from lint_lessons.__main__ import main
from lint_lessons.repository import ROOT, lessons_in, pages_in


@pytest.fixture
def page(tmp_path):
    """A page without a fault."""
    path = tmp_path / "page.md"
    path.write_text("# A page\n\nThe rate is a number.\n", encoding="utf-8")
    return path


def run(*arguments, cwd=ROOT, options=()):
    command = [sys.executable, *options, str(ROOT / "tools" / "lint_lessons"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8")


def test_a_clean_page_is_silent(page, capsys):
    assert main([str(page)]) == 0
    assert capsys.readouterr().out == ""


def test_a_fault_is_named_with_its_file_and_rule(page, monkeypatch):
    page.write_text("# A page\n\nIt is obviously a number.\n", encoding="utf-8")
    done = run(page.name, cwd=page.parent)
    assert done.returncode == 1
    assert done.stdout == (
        "page.md: phrases_are_plain: cell 0: 'obviously' in 'It is obviously a number.'. "
        "No hype, and nothing that makes a reader feel slow.\n"
    )
    assert done.stderr == ""


def test_a_lesson_is_held_to_the_rules_of_lessons(tmp_path, capsys):
    lesson = tmp_path / "lessons" / "01_short.ipynb"
    lesson.parent.mkdir()
    lesson.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    assert main([str(lesson)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any("01_short.ipynb: template_is_complete: heading" in line for line in lines)
    assert any("01_short.ipynb: misnumbered: the labels" in line for line in lines)


@pytest.mark.parametrize("name", ["lessons/99_nothing.ipynb", "dlzero", "Makefile"])
def test_an_unknown_file_is_one_clear_line(name):
    done = run(name)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"lint_lessons: {name} is no notebook and no page that exists\n"


def test_without_a_name_it_looks_at_all_lessons_and_pages(monkeypatch):
    command = sys.modules["lint_lessons.__main__"]
    seen = []
    monkeypatch.setattr(command, "problems_of", lambda path, known: seen.append(path) or [])
    assert main([]) == 0
    assert seen == [*lessons_in(), *pages_in()]
    names = [path.relative_to(ROOT).as_posix() for path in seen]
    assert {"lessons/01_perceptron.ipynb", "book/errata.md", "grader/masters/hw01.ipynb"} <= set(
        names
    )


def test_a_python_without_the_packages_is_one_clear_line():
    done = run(options=["-I", "-S"])
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "lint_lessons: No module named 'nbformat'. "
        "Call it with .venv/bin/python, which make book sets up.\n"
    )
