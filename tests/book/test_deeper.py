"""A small deeper notebook is run, and held to the rules of deeper notebooks."""

import subprocess
import sys

import deeper
import nbformat
import pytest
from lint_lessons import (
    DEEPER_RULES,
    deeper_is_short_and_varied,
    deeper_template_is_complete,
    minutes_are_counted,
)
from lint_lessons.page import from_notebook
from lint_lessons.repository import ROOT, is_deeper, known_in, misnumbered, without_its_chapter

COMMAND = [sys.executable, str(ROOT / "tools" / "run_notebooks.py")]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The notebook with its outputs."""
    path = tmp_path_factory.mktemp("book") / "lessons" / "deeper" / f"{deeper.STEM}.ipynb"
    deeper.save(deeper.deeper_notebook(), path)
    done = subprocess.run([*COMMAND, str(path)], capture_output=True, text=True)
    assert done.stdout.startswith("written "), done.stderr
    return path


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("rule", DEEPER_RULES, ids=lambda rule: rule.__name__)
def test_rule_is_silent_on_a_good_notebook(notebook, rule):
    assert rule(from_notebook(notebook), known_in()) == []


def test_it_belongs_to_its_chapter(path, notebook):
    assert is_deeper(path)
    assert misnumbered(path.stem, from_notebook(notebook)) == []
    assert without_its_chapter(path.stem, from_notebook(notebook)) == []


def test_check_fails_where_the_minutes_are_stale(path, notebook):
    said = "Reading takes 5 minutes, the exercises take 15."
    assert said in notebook.cells[0].source
    same = subprocess.run([*COMMAND, "--check", str(path)], capture_output=True, text=True)
    assert (same.returncode, same.stdout.split()[0]) == (0, "same")
    notebook.cells[0].source = notebook.cells[0].source.replace(said, said.replace("5 m", "10 m"))
    stale = path.with_name("stale.ipynb")
    deeper.save(notebook, stale)
    before = stale.read_bytes()
    differs = subprocess.run([*COMMAND, "--check", str(stale)], capture_output=True, text=True)
    assert (differs.returncode, differs.stdout.split()[0]) == (1, "differs")
    assert stale.read_bytes() == before


def replaced(old, new):
    def change(notebook):
        found = [cell for cell in notebook.cells if old in cell.source]
        assert found
        for cell in found:
            cell.source = cell.source.replace(old, new)

    return change


PLANTED = [
    (deeper_template_is_complete, replaced("# Deeper: does", "# Does"), "title"),
    (deeper_template_is_complete, replaced("?", "."), "no question"),
    (deeper_template_is_complete, replaced(":class: predict", ":class: tip"), "'predict': 0"),
    (deeper_template_is_complete, replaced("## Sources", "## Books"), "'Sources'"),
    (deeper_template_is_complete, replaced("{cite:t}`rosen", "`rosen"), "cite 'Sources': 0"),
    (deeper_template_is_complete, replaced("## Exercises", "## Tasks"), "'Exercises'"),
    (deeper_is_short_and_varied, replaced("{exercise-start}", "{note}"), "exercises: 0, 2 at"),
    (deeper_is_short_and_varied, lambda nb: nb.cells[3].metadata.clear(), "% of code draws: 4"),
    (deeper_is_short_and_varied, replaced("If you", "so " * 7200 + "If you"), "words: 7"),
    (minutes_are_counted, replaced("Reading takes 5", "Reading takes 10"), "5 and 15 are counted"),
]


@pytest.mark.parametrize(("rule", "change", "report"), PLANTED)
def test_rule_finds_what_is_broken(notebook, rule, change, report):
    change(notebook)
    problems = rule(from_notebook(notebook), known_in())
    assert any(report in problem for problem in problems), problems
