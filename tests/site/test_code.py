"""Commands in the text break between their words, on a phone as well, and the page stays in it.

A small page is built with the theme and the style sheet of the book, and opened as a file.
"""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import browser as browsers
import pytest
from playwright.sync_api import sync_playwright

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("code")]

STYLE = Path(__file__).resolve().parents[2] / "book" / "_static" / "page.css"
CONF = """
extensions = ["myst_parser"]
html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_css_files = ["page.css"]
"""
LONG = "a_long_name_of_a_test_" * 9
COMMANDS = " ".join(f"`python -m dlzero homework grade hw0{n} --class class`," for n in range(9))
OPTIONS = " ".join(f"(`--unsafe-no-sandbox`), {'a' * n} `--again`, `--class`; " for n in range(9))
TEXT = f"""# A page

| what happens to the student who hands in | what to do then | and what else |
| --- | --- | --- |
| {COMMANDS} | {COMMANDS} {OPTIONS} | `moodle-worksheet.csv` |

{COMMANDS} {OPTIONS} `{LONG}`, a [`link-of-code`](https://example.org).
"""
#: Words that are in two lines, and signs that stand alone at the beginning of one.
BROKEN = """() => {
  const range = document.createRange();
  const box = (text, i) => {
    range.setStart(text, i);
    range.setEnd(text, i + 1);
    return range.getBoundingClientRect();
  };
  const found = [];
  for (const code of document.querySelectorAll(".bd-article code")) {
    for (const {firstChild: word} of code.querySelectorAll(".pre")) {
      const top = box(word, 0).top;
      if ([...word.data].some((_, i) => box(word, i).top - top > 4)) found.push(word.data);
    }
    const next = code.nextSibling;
    const end = [...code.getClientRects()].at(-1).bottom;
    if (next && /^[,;)]/.test(next.data) && box(next, 0).top > end)
      found.push(code.textContent + next.data[0]);
  }
  return found;
}"""


WIDTHS = (390, 700, 1280)


def look(page):
    """Return for each width what is broken, and how wide the page is."""
    with sync_playwright() as playwright:
        browser = browsers.launch(playwright)
        if browser is None:
            return None
        tab = browser.new_page()
        tab.goto(page.as_uri())
        found = {}
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            found[width] = (
                tab.evaluate(BROKEN),
                tab.evaluate("document.documentElement.scrollWidth"),
            )
        browser.close()
        return found


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    (source / "conf.py").write_text(CONF, "utf-8")
    (source / "index.md").write_text(TEXT, "utf-8")
    (source / "_static").mkdir()
    shutil.copy(STYLE, source / "_static")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(source), str(built)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # In a thread of its own, for the other tests of the site have a Playwright in this one.
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(look, built / "index.html").result()
    if found is None:
        browsers.give_up(browsers.MISSING)
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_a_word_of_a_command_stays_whole(seen, width):
    broken, wide = seen[width]
    assert set(broken) == {LONG}  # no line is long enough for it
    assert wide == width
