"""The built site in a real browser: what a reader gets on every page.

The site is served on this machine. Each page is visited once (`survey.survey_page`) and each
checker then reads what was seen there.

    python tools/tasks.py test                  builds the site and runs this
    DLZERO_SITE=_build/html pytest -m site      looks at another build
"""

import io
import re

import browser as browsers
import pytest
from interaction import (
    play_problems,
    predict_problems,
    quiz_problems,
    search_problems,
    slider_problems,
    solution_problems,
    switch_problems,
)
from links import PAGE_LIMIT, file_problems, weight
from PIL import Image
from published import leaks_of_site, texts_of_site
from survey import CHECKERS, FACTS, FILES, LOADING, PAGES, ROOT, SITE, UNFOLD, open_page

from dlzero_grader import master as masters

pytestmark = pytest.mark.site

LESSON = "lessons/01_perceptron.html"
EXPLORERS = [page for page in PAGES if 'class="dz-explorer"' in FILES[page]]
PREDICT = [page for page in PAGES if 'class="dz-answer"' in FILES[page]]
LESSONS = [page for page in PAGES if page.startswith("lessons/")]
CHAPTERS = [page for page in LESSONS if not page.startswith("lessons/deeper/")]
ANSWERS = [page for page in PAGES if page in {*EXPLORERS, *PREDICT, *LESSONS}]
#: A visit of a page takes seconds. What comes after a chapter, and long pages of a kind of which
#: another is visited, are left to `make pages`.
LATER = (
    "lessons/deeper/",
    "book/homework/",
    "book/api-",
    "book/errata",
    "book/instructor",
    "book/matrices",
    "book/notation",
    "book/speed",
    "genindex",
)


def visits(pages):
    """Return pages as parameters of a test that opens them."""
    long = pytest.mark.whole_book
    return [pytest.param(p, marks=long) if p.startswith(LATER) else p for p in pages]


def test_no_homework_is_published():
    """Neither a page nor a file beside it holds a passage of a solution or of a hidden test."""
    folder = ROOT / "grader" / "masters"
    course = [masters.load(path.stem, folder) for path in sorted(folder.glob("*.ipynb"))]
    assert any("01_perceptron" in name for name, _ in texts_of_site(SITE))
    assert leaks_of_site(course, SITE) == []


def test_site_is_built():
    if not PAGES:
        browsers.give_up(f"no site in {SITE}: run make test")
    assert LESSON in PAGES
    assert EXPLORERS, "no page has a figure that moves"


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
@pytest.mark.parametrize("address", visits(PAGES))
def test_page(visited, address, checker):
    assert checker(visited(address)) == []


# The page for lost readers is sent for any address, so its own are those of a server.
@pytest.mark.parametrize("address", visits([page for page in PAGES if page != "404.html"]))
def test_page_opens_as_a_file(context, address):
    page, visit = open_page(context, SITE.as_uri() + "/", address)
    visit.facts = page.evaluate(FACTS)
    page.close()
    assert [problem for checker in LOADING for problem in checker(visit)] == []


@pytest.mark.parametrize("address", visits(ANSWERS))
def test_page_answers(opened, address):
    """Predict boxes, dropdowns, solutions and figures do what they say, with the keyboard."""
    page = opened(address)
    is_lesson = address in LESSONS
    problems = {"predict": predict_problems(page)}
    # A deeper notebook needs no quiz; its dropdowns open and close all the same.
    problems["quiz"] = quiz_problems(page, 2 if address in CHAPTERS else 0) if is_lesson else []
    problems["solutions"] = solution_problems(page) if is_lesson else []
    assert not is_lesson or page.locator("details.solution").count() > 0
    page.evaluate(UNFOLD, True)
    for index, root in enumerate(page.locator(".dz-explorer").all()):
        problems[f"slider {index}"] = slider_problems(page, root)
        problems[f"play {index}"] = play_problems(page, root)
    assert {where: found for where, found in problems.items() if found} == {}


def test_chapters_have_predict_boxes():
    assert [page for page in CHAPTERS if page not in PREDICT] == []


def test_search_finds_the_perceptron(opened):
    assert search_problems(opened("search.html"), "perceptron", "01_perceptron") == []


def test_a_place_in_a_long_page_is_there_at_once(opened):
    page = opened("book/glossary.html#term-momentum")
    place = page.locator("#term-momentum").bounding_box()
    assert 0 < place["y"] < 100
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_light_and_dark_can_be_switched(opened):
    assert switch_problems(opened(LESSON)) == []


@pytest.mark.parametrize("address", PAGES)
def test_page_is_light(address):
    assert weight(FILES[address]) < PAGE_LIMIT


@pytest.mark.parametrize("address", PAGES)
def test_page_asks_for_one_style_sheet_and_one_script(address):
    """What runs cells is a second script; nothing holds up the page."""
    head = FILES[address].partition("</head>")[0]
    styles = re.findall(r'<link rel="stylesheet"[^>]*href="([^"?]*)', FILES[address])
    assert [style.rpartition("/")[2] for style in styles] == ["site.css"]
    scripts = re.findall(r"<script ([^>]*\bsrc=[^>]*)>", FILES[address])
    assert all(re.search(r"\bdefer\b", script) for script in scripts), scripts
    names = [re.search(r'src="[^"?]*?([^"/?]*)[?"]', script)[1] for script in scripts]
    assert names in (["site.js"], ["site.js", "live.js"])
    assert "site.js" in head


def selectors(style):
    """Return the selectors of a style sheet, each list of them as one."""
    rules = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return {" ".join(found.split()) for found in re.findall(r"([^{}]+){[^{}]*}", rules)}


def test_the_two_files_hold_those_of_the_book():
    script = (SITE / "_static" / "site.js").read_text("utf-8")
    style = (SITE / "_static" / "site.css").read_text("utf-8")
    for path in (ROOT / "book" / "_static").glob("*.js"):
        assert path.read_text("utf-8").strip() in script, path.name
    for path in (ROOT / "book" / "_static").glob("*.css"):
        assert selectors(path.read_text("utf-8")) - selectors(style) == set(), path.name
    assert '[data-theme="dark"] .highlight .k' in style


@pytest.mark.parametrize("address", FILES)
def test_links_lead_somewhere(address):
    assert file_problems(SITE, address) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_tree_of_the_families_stands_out_from_the_page(opened, scheme):
    page = opened("book/families.html")
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
    shot = page.locator("img.dz-ink").screenshot()
    with Image.open(io.BytesIO(shot)) as image:
        shades = image.convert("L")
    paper = max(shades.getcolors())[1]
    dark, bright = shades.getextrema()
    assert bright - dark > 200
    assert paper == (bright if scheme == "light" else dark)
