"""The command ``python tools/lint_lessons``.

The lesson is invented: the numbers here are not those of chapters.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from lint_lessons import CHAPTER_RULES, CUT_RULES, DEEPER_RULES, PROSE_RULES, rules_for
from lint_lessons.__main__ import main
from lint_lessons.repository import ROOT, deeper_in, lessons_in, pages_in


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


def test_each_kind_of_file_has_its_rules(tmp_path, monkeypatch):
    monkeypatch.setattr("lint_lessons.TO_BE_CUT", ("98_long",))
    chapter, still_long = (ROOT / "lessons" / f"{stem}.ipynb" for stem in ("99_new", "98_long"))
    deeper = ROOT / "lessons" / "deeper" / "98_long.ipynb"
    assert rules_for(chapter) == [*CHAPTER_RULES, *CUT_RULES]
    assert rules_for(still_long) == CHAPTER_RULES
    assert rules_for(still_long, cut=True) == [*CHAPTER_RULES, *CUT_RULES]
    assert rules_for(deeper) == DEEPER_RULES
    assert rules_for(ROOT / "book" / "speed.ipynb") == PROSE_RULES
    assert rules_for(ROOT / "book" / "glossary.md") == PROSE_RULES
    monkeypatch.chdir(ROOT / "lessons" / "deeper")  # a path may be a short one
    assert rules_for(Path("../x.ipynb").resolve()) == rules_for(chapter)
    monkeypatch.chdir(ROOT / "lessons")
    assert rules_for(Path("99_new.ipynb")) == rules_for(chapter)


def test_a_chapter_that_is_still_long_can_be_held_to_all_rules(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("lint_lessons.TO_BE_CUT", ("98_long",))
    path = tmp_path / "lessons" / "98_long.ipynb"
    path.parent.mkdir()
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    names = {rule.__name__ for rule in CUT_RULES}

    def found(*options):
        main([str(path), *options])
        return {line.split(": ")[1] for line in capsys.readouterr().out.splitlines()}

    assert not found() & names
    assert found("--cut") & names


def test_the_measures_are_a_table_with_marks(tmp_path, capsys):
    lesson = tmp_path / "lessons" / "01_short.ipynb"
    deeper = tmp_path / "lessons" / "deeper" / "01_short.ipynb"
    deeper.parent.mkdir(parents=True)
    for path in (lesson, deeper):
        path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    assert main(["--measures", str(lesson), str(deeper)]) == 0
    *heads, first, second = capsys.readouterr().out.splitlines()
    assert {"reading", "sentence", "spread", "exercises"} <= set(" ".join(heads).split())
    for line, name in ((first, lesson.name), (second, "deeper/01_short.ipynb")):
        shown = line.split()
        assert shown[0].endswith(name)
        # Nothing is too long; exercises, sentences, their spread and joints are missing.
        assert shown[1:] == ["0", "0", "0", "0!", "0!", "0!", "0!", "0", "0", "0", "0"]


@pytest.mark.parametrize("name", ["lessons/99_nothing.ipynb", "dlzero", "Makefile"])
def test_an_unknown_file_is_one_clear_line(name):
    done = run(name)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"lint_lessons: {name} is no notebook and no page that exists\n"


def test_without_a_name_it_looks_at_all_lessons_and_pages(monkeypatch):
    command = sys.modules["lint_lessons.__main__"]
    seen = []
    monkeypatch.setattr(command, "problems_of", lambda path, *_: seen.append(path) or [])
    assert main([]) == 0
    assert seen == [*lessons_in(), *deeper_in(), *pages_in()]
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
