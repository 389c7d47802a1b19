"""A small book with a deeper notebook: its numbers, its place, and its minutes in Chinese.

The book is invented: the numbers here are not those of chapters.
"""

import re
import shutil
import subprocess
import sys

import deeper
import pytest
from bs4 import BeautifulSoup
from lint_lessons.reading import SENTENCE
from lint_lessons.repository import ROOT
from nbformat.v4 import new_notebook, new_output

from dlzero import plots

pytestmark = pytest.mark.needs("jupyter_book", "sphinx_exercise", "sphinx_reredirects")

CONTENTS = """
format: jb-book
root: book/index
parts:
  - caption: Lessons
    numbered: 1
    chapters:
      - file: lessons/01_perceptron
        sections:
          - file: lessons/deeper/01_perceptron
      - file: lessons/02_other
"""
#: The extension of the book does this as well; here the language comes with the test.
WORDS = """
from pathlib import Path


def read(app, env, docnames):
    app.add_message_catalog("dlzero", Path(app.srcdir, "locale"))


def setup(app):
    app.connect("env-before-read-docs", read)
"""
TRANSLATED = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Reading takes {0} minutes, the exercises take {1}."
msgstr "练习需要 {1} 分钟，阅读需要 {0} 分钟。"
"""


SVG = '<svg role="img" aria-label="A line." viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def lesson(number, more=""):
    """Return a chapter with two formulas, a figure and two exercises; another label each."""
    figure = plots.render(SVG, "A line.", name=f"fig-{number}")
    picture = deeper.code("f()", tags=["hide-input"])
    picture.outputs = [new_output("display_data", data={"text/html": figure})]
    page = (
        f"# Chapter\n\n## A part\n\n$$\na\n$$ (eq-{number})\n\n$$\nb\n$$ (eq-{number}-b)\n\n{more}"
    )
    refers = f"See {{eq}}`eq-{number}-b` and {{numref}}`fig-{number}`.\n\n## Exercises"
    exercises = [cell for n in (1, 2) for cell in deeper.exercise(f"{number}.{n}", 1)]
    cells = [deeper.text(page), picture, deeper.text(refers), *exercises]
    return new_notebook(cells=cells, metadata=deeper.METADATA)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The book, built with the course's own settings, in Chinese."""
    root = tmp_path_factory.mktemp("small")
    for name in ("_ext", "book/_static", "book/_templates"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "book" / "references.bib", root / "book")
    for folder in ("_vendor", "book/homework"):  # what the site gets besides its pages
        (root / folder / "public").mkdir(parents=True)
    for name in ("_vendor/public/vendor", "_vendor/site"):  # what writes formulas and style sheets
        (root / name).symlink_to(ROOT / name)
    (root / "_ext" / "words_of_the_test.py").write_text(WORDS, "utf-8")
    config = (ROOT / "_config.yml").read_text("utf-8")
    config = re.sub(r"    redirects:\n(      .*\n)+", "    redirects: {}\n", config)
    config = config.replace("  config:\n", "  config:\n    language: zh_CN\n")
    config = config.replace(
        "local_extensions:\n", "local_extensions:\n    words_of_the_test: _ext\n"
    )
    (root / "_config.yml").write_text(f"{config}    locale_dirs: [locale]\n", "utf-8")
    (root / "_toc.yml").write_text(CONTENTS, "utf-8")
    (root / "book" / "index.md").write_text("# Book\n\n```{bibliography}\n```\n", "utf-8")
    catalogue = root / "locale" / "zh_CN" / "LC_MESSAGES" / "dlzero.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(TRANSLATED, "utf-8")
    box = "```{admonition} Box\nReading takes 65 minutes, the exercises take 40.\n```"
    deeper.save(lesson(1, box), root / "lessons" / "01_perceptron.ipynb")
    notebook = deeper.deeper_notebook()
    own = [number.replace(".", "-") for number, _ in deeper.literal_answers()]
    for cell in notebook.cells:  # its exercises are the third and the fourth
        for label, new in zip(own, ("1-3", "1-4"), strict=False):
            cell.source = re.sub(rf"(ex|sol)-{label}\b(?!!)", rf"\1-{new}!", cell.source)
        cell.source = cell.source.replace("!", "")
    notebook.cells[3].outputs = [
        new_output(
            "display_data",
            data={"text/html": plots.render(SVG, "A margin.", name="fig-small")},
        )
    ]
    deeper.save(notebook, root / "lessons" / "deeper" / "01_perceptron.ipynb")
    deeper.save(lesson(2), root / "lessons" / "02_other.ipynb")
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build"]
    options = [str(root), "-W", "--keep-going", "-q"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "_build" / "html"


def soup(site, address):
    return BeautifulSoup((site / address).read_text("utf-8"), "html.parser")


def numbers(page, selector):
    return [re.search(r"\d+\.\d+", found.get_text())[0] for found in page.select(selector)]


def test_figures_formulas_and_exercises_go_on_counting(site):
    first, further, second = (
        soup(site, f"lessons/{name}.html")
        for name in ("01_perceptron", "deeper/01_perceptron", "02_other")
    )
    for page, figures, formulas, exercises in (
        (first, ["1.1"], ["1.1", "1.2"], ["1.1", "1.2"]),
        (further, ["1.2"], ["1.3"], ["1.3", "1.4"]),
        (second, ["2.1"], ["2.1", "2.2"], ["2.1", "2.2"]),
    ):
        assert numbers(page, "figcaption .caption-number") == figures
        assert numbers(page, ".math .eqno") == formulas
        assert numbers(page, ".exercise > .admonition-title") == exercises
    text = further.select_one("article").get_text()
    assert "(1.3)" in text
    assert "1.2" in text


def test_it_stands_below_its_chapter_without_a_number(site):
    address = {
        "lessons/01_perceptron.html": "deeper/01_perceptron.html",
        "lessons/02_other.html": "deeper/01_perceptron.html",
        "lessons/deeper/01_perceptron.html": "#",
    }
    for page, link in address.items():
        (entry,) = soup(site, page).select(f'.bd-sidebar-primary li li > a[href="{link}"]')
        assert entry.get_text().strip() == "Deeper: does the order of the rows matter?"
        above = entry.find_parent("ul").find_parent("li").a
        assert above.get_text().strip() == "1. Chapter"


def test_a_page_two_folders_deep_finds_its_scripts(site):
    page = soup(site, "lessons/deeper/01_perceptron.html")
    sources = [script["src"].partition("?")[0] for script in page.select("script[src]")]
    assert "../../_static/site.js" in sources
    for source in sources:
        path = (site / "lessons" / "deeper" / source).resolve()
        assert path.is_file(), source
        assert path.is_relative_to(site)


@pytest.mark.parametrize(
    ("page", "minutes"), [("01_perceptron", (65, 40)), ("deeper/01_perceptron", (99, 99))]
)
def test_the_minutes_are_in_the_language_of_the_book(site, page, minutes):
    reading, exercises = minutes
    text = soup(site, f"lessons/{page}.html").get_text()
    assert f"练习需要 {exercises} 分钟，阅读需要 {reading} 分钟。" in text
    assert "Reading takes" not in text


def test_the_book_looks_for_the_sentence_that_is_counted(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "_ext")
    import dlzero_minutes

    assert dlzero_minutes.SENTENCE.pattern == SENTENCE.pattern
    assert "    dlzero_minutes: _ext\n" in (ROOT / "_config.yml").read_text("utf-8")
