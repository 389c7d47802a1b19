"""The rules of ``book_rules.py``, applied to every lesson, page and file of the repository."""

import functools
import subprocess
from pathlib import Path

import pytest
from book_rules import (
    LESSON_RULES,
    PROSE_RULES,
    Known,
    citation_keys,
    glossary_terms,
    read,
    strangers_in,
    uncited_in,
    undocumented,
)

from dlzero.exercises import known

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
PAGES = sorted((ROOT / "book").glob("*.md"))
HOMEWORK = sorted((ROOT / "grader" / "masters").glob("*.ipynb"))


@functools.cache
def known_here():
    """Return what the pages of this repository may refer to."""
    glossary = ROOT / "book" / "glossary.md"
    return Known(
        citation_keys((ROOT / "book" / "references.bib").read_text(encoding="utf-8")),
        frozenset(known()),
        glossary_terms(glossary.read_text(encoding="utf-8")) if glossary.exists() else frozenset(),
    )


def modules_here():
    """Return the source of each public module by its dotted name."""
    rooms = (".", "chapters", "running", "plots", "fast", "practice")
    files = [path for room in rooms for path in sorted((ROOT / "dlzero" / room).glob("[!_]*.py"))]
    files += [*sorted((ROOT / "dlzero").glob("*/__init__.py")), ROOT / "dlzero" / "__init__.py"]
    parts = {path: path.relative_to(ROOT).with_suffix("").parts for path in files}
    names = {path: ".".join(p for p in found if p != "__init__") for path, found in parts.items()}
    return {names[path]: path.read_text("utf-8") for path in files}


def files_here():
    """Return the files that git keeps, or would keep."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:  # an unpacked archive
        skip = {".venv", "_build", "_vendor", "__pycache__"}
        return [p for p in ROOT.rglob("*") if p.is_file() and not skip & set(p.parts)]
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


cached_read = functools.cache(read)


@pytest.mark.parametrize("rule", LESSON_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson(path, rule):
    assert rule(cached_read(path), known_here()) == []


@pytest.mark.parametrize("rule", PROSE_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", [*PAGES, *HOMEWORK], ids=lambda path: path.stem)
def test_page(path, rule):
    assert rule(cached_read(path), known_here()) == []


def test_lessons_are_numbered_like_their_exercises():
    for path in LESSONS:
        labels = [b.options.get("label", "") for b in cached_read(path).blocks]
        numbers = {label.split("-")[1] for label in labels if label.startswith("ex-")}
        assert numbers == {str(int(path.stem[:2]))}, path.name


def test_docstrings_cite_what_exists():
    citations = known_here().citations
    problems = {name: uncited_in(text, citations) for name, text in modules_here().items()}
    assert {name: found for name, found in problems.items() if found} == {}


def test_api_page_shows_every_public_name():
    pages = sorted((ROOT / "book").glob("api*.md"))
    assert undocumented(modules_here(), "\n".join(p.read_text("utf-8") for p in pages)) == []


def test_files_name_no_registry_and_no_machine():
    problems = {}
    for path in files_here():
        try:
            found = strangers_in(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        if found:
            problems[str(path.relative_to(ROOT))] = found
    assert problems == {}
