"""The rules of ``tools/lint_lessons``, applied to every lesson, page and file of the repository."""

import functools

import pytest
from lint_lessons import (
    CHAPTER_RULES,
    CUT_RULES,
    DEEPER_RULES,
    PROSE_RULES,
    TO_BE_CUT,
    api,
    rules_for,
)
from lint_lessons.page import read
from lint_lessons.repository import (
    ROOT,
    deeper_in,
    equations_astray,
    files_in,
    known_in,
    lessons_in,
    misnumbered,
    pages_in,
    strangers_in,
    uncited_in,
    without_its_chapter,
)

import dlzero

known = functools.cache(known_in)
API = [path.read_text("utf-8") for path in sorted((ROOT / "book").glob("api*.md"))]


cached_read = functools.cache(read)


RULED = [
    pytest.param(path, rule, id=f"{path.parent.name}-{path.stem}-{rule.__name__}")
    for path in [*lessons_in(), *deeper_in()]
    for rule in rules_for(path)
]


@pytest.mark.parametrize(("path", "rule"), RULED)
def test_lesson(path, rule):
    assert rule(cached_read(path), known()) == []


def test_a_chapter_that_keeps_all_rules_leaves_the_list():
    for stem in TO_BE_CUT:
        page = cached_read(ROOT / "lessons" / f"{stem}.ipynb")
        broken = [rule.__name__ for rule in CUT_RULES if rule(page, known())]
        assert broken, f"{stem} keeps all CUT_RULES: take it from TO_BE_CUT"


def test_every_lesson_is_held_to_all_rules_or_stands_on_the_list():
    stems = {path.stem for path in lessons_in()}
    assert stems >= set(TO_BE_CUT)
    cut = [path for path in lessons_in() if path.stem not in TO_BE_CUT]
    assert all({*CHAPTER_RULES, *CUT_RULES} <= set(rules_for(path)) for path in cut)
    assert all(set(DEEPER_RULES) <= set(rules_for(path)) for path in deeper_in())


@pytest.mark.parametrize("rule", PROSE_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", pages_in(), ids=lambda path: path.stem)
def test_page(path, rule):
    assert rule(cached_read(path), known()) == []


@pytest.mark.parametrize("path", [*lessons_in(), *deeper_in()], ids=lambda path: path.stem)
def test_lessons_are_numbered_like_their_exercises(path):
    assert misnumbered(path.stem, cached_read(path)) == []


def test_deeper_notebooks_say_which_chapter_they_continue():
    problems = {
        path.stem: without_its_chapter(path.stem, cached_read(path)) for path in deeper_in()
    }
    assert {stem: found for stem, found in problems.items() if found} == {}


def test_every_equation_has_a_label_of_its_own():
    paths = [*lessons_in(), *deeper_in(), *pages_in()]
    assert equations_astray([path.read_text("utf-8") for path in paths]) == []


def test_docstrings_cite_what_exists():
    sources = sorted((ROOT / "dlzero").rglob("*.py"))
    problems = {p.name: uncited_in(p.read_text("utf-8"), known().citations) for p in sources}
    assert {name: found for name, found in problems.items() if found} == {}


def test_api_page_shows_every_public_name():
    # What an exercise or a homework is checked by is no API.
    rest = ("dlzero.exercises.", "dlzero.homework.")
    modules = [m for m in api.modules_of(dlzero) if not m.__name__.startswith(rest)]
    assert api.undocumented(modules, API) == []


def test_every_path_of_the_api_pages_can_be_imported():
    assert api.unreachable(API) == []


def test_api_pages_show_nothing_private():
    assert api.private(API) == []


def test_api_pages_show_nothing_twice():
    assert api.doubled(API) == []


def test_nothing_hides_a_module_of_its_own_name():
    assert api.hidden_modules(dlzero) == []


def test_files_name_no_registry_and_no_machine():
    problems = {}
    for path in files_in():
        try:
            found = strangers_in(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        if found:
            problems[str(path.relative_to(ROOT))] = found
    assert problems == {}
