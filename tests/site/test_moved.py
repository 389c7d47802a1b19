"""The old address of a lesson leads to the new page, and to the same place in it.

A small site is built with the extension and the template of the book, and opened as files. Its
table holds what tools/chapters.py writes after two insertions.
The site is invented: the numbers here are not those of chapters.
"""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import browser as browsers
import pytest
from playwright.sync_api import sync_playwright

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("moved")]

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "book/_templates/moved.html"
CONF = """
extensions = ["sphinx_reredirects"]
redirect_html_template_file = "moved.html"
redirects = {
    "lessons/05_old": "07_old.html",
    "lessons/06_old": "07_old.html",
    "lessons/deeper/05_old": "07_old.html",
}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    source = tmp_path_factory.mktemp("source")
    (source / "conf.py").write_text(CONF, "utf-8")
    shutil.copy(ROOT / TEMPLATE, source)
    (source / "index.rst").write_text("Site\n====\n\n.. toctree::\n   :glob:\n\n   lessons/**\n")
    for folder in ("lessons", "lessons/deeper"):
        (source / folder).mkdir(exist_ok=True)
        page = f"{folder}\n{'=' * len(folder)}\n\n.. _ex-7-3:\n\nExercise\n--------\n"
        (source / folder / "07_old.rst").write_text(page.replace("_ex", f"_{folder[7:]}ex"))
        (source / folder / "05_new.rst").write_text("New\n===\n")
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(source), str(built)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return built


PAGES = ("lessons/05_old", "lessons/06_old", "lessons/deeper/05_old")
#: What stands behind an old address, and behind the one where a reader arrives.
ENDS = {
    "": "",
    "#take-away": "#take-away",
    "#ex-N-3": "#ex-7-3",
    "#sol-N-12": "#sol-7-12",
    "#ex-1-3": "#ex-1-3",
}


def visit_all(site):
    """Return where a reader arrives from each old address, and from one without script."""
    with sync_playwright() as playwright:
        browser = browsers.launch(playwright)
        if browser is None:
            return None
        found = {}
        with_script = [(page, end, True) for page in PAGES for end in ENDS]
        for page, end, script in [*with_script, (PAGES[0], "", False)]:
            context = browser.new_context(java_script_enabled=script)
            tab = context.new_page()
            tab.goto((site / f"{page}.html").as_uri() + end.replace("N", page[-5]))
            tab.wait_for_url("**/07_old.html*")
            found[page, end, script] = tab.url.removeprefix(site.as_uri() + "/")
            context.close()
        browser.close()
        return found


@pytest.fixture(scope="module")
def arrivals(site):
    # In a thread of its own, for the other tests of the site have a Playwright in this one.
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(visit_all, site).result()
    if found is None:
        (pytest.fail if browsers.is_required() else pytest.skip)(browsers.MISSING)
    return found


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("end", ENDS)
def test_old_address(arrivals, page, end):
    goal = page.rpartition("/")[0] + "/07_old.html"
    assert arrivals[page, end, True] == goal + ENDS[end]


def test_without_script(arrivals):
    assert arrivals[PAGES[0], "", False] == "lessons/07_old.html"


def test_the_book_uses_the_template():
    config = (ROOT / "_config.yml").read_text("utf-8")
    assert "    - sphinx_reredirects\n" in config
    assert f"    redirect_html_template_file: {TEMPLATE}\n" in config
    # The tests of the site know such a page by these words.
    assert 'http-equiv="Refresh"' in (ROOT / TEMPLATE).read_text("utf-8")
