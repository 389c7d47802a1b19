"""The notebook beside each page: the page leads to it, and both have the same numbers."""

import json
import os
import re

import pytest
import small
from bs4 import BeautifulSoup
from survey import FILES, PAGES, SITE

from dlzero import plots

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("travel_page")]

NOTEBOOKS = [
    page
    for page in PAGES
    if page.startswith(("lessons/", "book/"))
    and not page.startswith("book/homework/")  # the file to hand in is another
    and (small.ROOT / page.replace(".html", ".ipynb")).is_file()
]
LINE = '<svg role="img" aria-label="A line." viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


class Figure:
    def _repr_mimebundle_(self):
        return {"text/html": plots.render(LINE, "Mine.", name="mine"), "text/plain": "A line."}


def beside(page):
    path = SITE / "notebooks" / page.replace(".html", ".ipynb")
    return json.loads(path.read_text("utf-8"))["cells"]


def texts(cells):
    """Return what a reader of a notebook sees as text: cells, and captions in outputs."""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            yield "".join(cell["source"])
        for output in cell.get("outputs", []):
            yield "".join(output.get("data", {}).get("text/markdown", ""))


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_the_button_downloads_the_notebook_that_travels(page):
    soup = BeautifulSoup(FILES[page], "html.parser")
    (link,) = soup.select(".dropdown-download-buttons a[href$='.ipynb']")
    assert link["href"].endswith(f"notebooks/{page.replace('.html', '.ipynb')}")
    target = (SITE / page).parent / link["href"]
    assert json.loads(target.read_text("utf-8"))["cells"][0]["id"] == "install"
    assert "mybinder" not in FILES[page]  # without the address of a repository


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_numbers_are_those_of_the_page(page):
    soup = BeautifulSoup(FILES[page], "html.parser")
    text = "\n".join(texts(beside(page)))
    spans = soup.select("figcaption .caption-number, caption .caption-number")
    on_page = [span.text.strip() for span in spans]
    assert re.findall(r"^\*\*((?:Fig\.|Table) [\d.]+)\*\*", text, re.MULTILINE) == on_page
    formulas = [span.find(string=True).strip("()") for span in soup.select(".eqno")]
    assert re.findall(r"\\tag\{([\d.]+)\}", text) == formulas
    exercises = [
        re.match(r"Exercise [\d.]+", title.text.strip())[0]
        for title in soup.select(".exercise > .admonition-title")
    ]
    assert re.findall(r"^#### (Exercise [\d.]+)$", text, re.MULTILINE) == exercises


def test_links_lead_to_notebooks_beside():
    found = 0
    for page in NOTEBOOKS:
        folder = (SITE / "notebooks" / page).parent
        for text in texts(beside(page)):
            for target in re.findall(r"\]\(([^)#]+\.ipynb)[^)]*\)", text):
                found += 1
                assert (folder / target).is_file(), f"{page}: {target}"
    assert found > 20


def test_with_the_address_of_a_repository_pages_open_it(tmp_path, monkeypatch):
    monkeypatch.setenv("DLZERO_REPOSITORY", "https://github.com/a/b")
    monkeypatch.setenv("DLZERO_WEBSITE", "https://c.d/e")
    folder = tmp_path / "book"
    cells = ["# A page\n\nSee {numref}`mine` and {doc}`other`.", small.code("own()", Figure())]
    small.write(folder, cells, other="---\norphan: true\n---\n\n# Another page\n")
    with open(folder / "conf.py", "a", encoding="utf-8") as conf:
        conf.write('extensions += ["dlzero_learner"]\nhtml_title = "Small"\n')
        conf.write('html_theme_options = {"use_download_button": True}\n')
    built = small.build(folder)
    page = (built / "index.html").read_text("utf-8")
    assert "https://mybinder.org/v2/gh/a/b/notebooks?urlpath=lab/tree/index.ipynb" in page
    assert "https://colab.research.google.com/github/a/b/blob/notebooks/index.ipynb" in page
    assert "colab" not in (built / "other.html").read_text("utf-8")
    cells = json.loads((built / "notebooks" / "index.ipynb").read_text("utf-8"))["cells"]
    assert "git+https://github.com/a/b" in "".join(cells[1]["source"])
    text = "".join(cells[2]["source"])
    assert "See [Fig. 1](https://c.d/e/index.html#mine)" in text
    assert "[Another page](https://c.d/e/other.html)" in text
    assert sorted(os.listdir(built / "notebooks")) == [
        "index.ipynb",
        "requirements.txt",
        "runtime.txt",
    ]


def test_the_lab_has_the_same_notebooks_and_a_page_to_start_from(tmp_path):
    folder = tmp_path / "book"
    pages = ["lessons/01_perceptron", "lessons/deeper/01_perceptron"]
    contents = "\n".join(["# Book\n\n```{toctree}\n:numbered:", *pages, "```"])
    conf = 'extensions += ["dlzero_learner"]\nhtml_title = "Small"\nexclude_patterns = ["book"]\n'
    small.write(folder, [], conf)
    (folder / "index.ipynb").unlink()
    (folder / "index.md").write_text(contents)
    lesson = [
        "# First\n\n$$\nx\n$$ (one)\n\nSee {eq}`one` and {doc}`deeper/01_perceptron`.",
        small.code('plots.figure(ax, caption="Mine.", name="mine")', Figure()),
    ]
    for name, cells in (("01_perceptron", lesson), ("deeper/01_perceptron", ["# More"])):
        small.write(tmp_path / name, cells)
        target = folder / "lessons" / f"{name}.ipynb"
        target.parent.mkdir(exist_ok=True)
        (tmp_path / name / "index.ipynb").rename(target)
    handed_out = folder / "book" / "homework" / "public" / "homework"
    handed_out.mkdir(parents=True)
    (handed_out / "hw01.ipynb").write_text("{}")
    made, site = small.build(folder, "learner"), small.build(folder)
    ours, theirs = (
        json.loads((place / "lessons" / "01_perceptron.ipynb").read_text("utf-8"))["cells"]
        for place in (made, site / "notebooks")
    )
    assert ours == theirs[2:]  # without the cells that install
    assert "\\tag{1.1}" in "".join(ours[0]["source"])
    assert 'caption="Fig. 1.1 Mine."' in "".join(ours[1]["source"])
    (start,) = json.loads((made / "start.ipynb").read_text("utf-8"))["cells"]
    row = "| 1 | [First]({}.ipynb) | [More]({}.ipynb) |  |\n".format(*pages)
    assert row in start["source"]
    assert (made / "homework" / "hw01.ipynb").read_text() == "{}"
