"""A homework is done on its page: what comes down is collected and graded to full marks.

A small book holds the page; what the reader edits is put where the page keeps it.
"""

import json
import re
import shutil

import homework_pages
import pytest
import small

from dlzero_grader import cli
from dlzero_grader import master as masters
from dlzero_grader.row import Row

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("homework_page")]

MASTERS = homework_pages.MASTERS
MASTER = masters.load("hw03", MASTERS)
PAGE = "book/homework/hw03"
#: What book/_static/keep.js gives to the page, and the start of the script.
KEEP = """
const at = (kind, id) => `dlzero:${kind}:PAGE${id}`;
window.dlzeroKeep = {
  page: "PAGE",
  get: (kind, id) => localStorage.getItem(at(kind, id)),
  set: (kind, id, value) => localStorage.setItem(at(kind, id), value),
  remove: (kind, id) => localStorage.removeItem(at(kind, id)),
};
""".replace("PAGE", PAGE)
START = "import { setUp } from '/homework.js'; setUp({ keep: dlzeroKeep }); window.isSetUp = true;"
WORDS = "Because $g$ is small.\n\n$& $1 $$ `code`, ü and 王."


@pytest.fixture(scope="module")
def made():
    return homework_pages.files_of()


@pytest.fixture(scope="module")
def built(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("homework") / "source"
    small.write(folder, ["# A book\n\n```{toctree}\n" + PAGE + "\n```"])
    with (folder / "conf.py").open("a") as conf:
        conf.write('html_extra_path = ["public"]\n')
    for path, source in (
        (f"{PAGE}.ipynb", "hw03.ipynb"),
        ("public/homework/hw03.ipynb", "public/homework/hw03.ipynb"),
    ):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(made[source], "utf-8")
    site = small.build(folder)
    shutil.copy(small.ROOT / "live" / "homework.js", site)
    return site


@pytest.fixture(scope="module")
def address(built, serve):
    return serve(built)


@pytest.fixture
def page(own_context, address):
    page = own_context.new_page()
    page.add_init_script(KEEP)
    start(page, f"{address}{PAGE}.html")
    return page


def start(page, address):
    page.goto(address)
    page.add_script_tag(type="module", content=START)
    page.wait_for_function("window.isSetUp")


def cells(text):
    """Return the cells of a notebook by their ids."""
    return {cell["id"]: cell for cell in json.loads(text)["cells"]}


def solutions():
    """Return the master's solutions by the ids of their cells."""
    found = {}
    for id, cell in cells(MASTER.text).items():
        tags = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and tags.get("solution"):
            found[id] = re.sub(r"\n *### (BEGIN|END) SOLUTION", "", "".join(cell["source"]))
    return found


def keep(page, id, text):
    page.evaluate("([id, text]) => dlzeroKeep.set('edit', id, text)", [f"#{id}", text])


def downloaded(page):
    with page.expect_download() as waiting:
        page.locator(".dz-download").first.click()
    assert waiting.value.suggested_filename == "hw03.ipynb"
    return waiting.value.path().read_text("utf-8")


def said(page):
    return page.locator(".dz-said").first.inner_text()


def test_without_answers_it_is_the_notebook_that_is_handed_out(page, made):
    assert downloaded(page) == made["public/homework/hw03.ipynb"]
    assert said(page) == "Saved with 0 of 6 answers."


def test_only_the_answers_change(page, made):
    given = cells(made["public/homework/hw03.ipynb"])
    keep(page, "hw03-q1", "def walk():\r\n    pass  # $& ü\n")
    keep(page, "hw03-q2", "  \n")  # deleted all: the cell stays as it was handed out
    for locked in ("hw03-q1-test", "hw03-setup", "hw03-text-1", "hw03-all"):
        keep(page, locked, "raise SystemExit")
    page.get_by_label("Your answer in words").fill(WORDS)
    came = cells(downloaded(page))
    assert said(page) == "Saved with 2 of 6 answers."
    assert came["hw03-q1"].pop("source") == ["def walk():\n", "    pass  # $& ü\n"]
    assert "".join(came["hw03-q6"].pop("source")) == WORDS
    del given["hw03-q1"]["source"], given["hw03-q6"]["source"]
    assert came == given
    assert list(came) == list(given)


def test_an_answer_in_words_is_kept(page, address):
    field = page.get_by_label("Your answer in words")
    assert not page.get_by_text("YOUR ANSWER HERE", exact=True).last.is_visible()
    field.fill(WORDS)
    start(page, f"{address}{PAGE}.html")
    assert field.input_value() == WORDS
    field.fill(" ")
    assert page.evaluate("dlzeroKeep.get('edit', '#hw03-q6')") is None
    start(page, f"{address}{PAGE}.html")
    assert field.input_value() == ""


def test_what_is_kept_elsewhere_comes_into_the_field(page):
    say = """value => document.dispatchEvent(new CustomEvent("dlzero:kept",
      { detail: { kind: "edit", id: "book/homework/hw03#hw03-q6", value } }))"""
    field = page.get_by_label("Your answer in words")
    for value, shown in (("imported", "imported"), (None, "")):
        page.evaluate(say, value)
        assert field.input_value() == shown


def test_a_file_that_does_not_come_is_said(page):
    page.route("**/homework/hw03.ipynb", lambda route: route.fulfill(status=404))
    page.locator(".dz-download").last.click()
    page.wait_for_function("document.querySelectorAll('.dz-said')[1].textContent")
    assert page.locator(".dz-said").last.inner_text().startswith("The notebook could not be loaded")


def test_cells_that_are_given_are_locked(page):
    locked = page.locator("div.cell").evaluate_all("all => all.map(e => e.dataset.locked ?? '')")
    assert locked.count("given") == 1
    assert locked.count("test") == len(MASTER.tests)
    assert locked.count("") == len(MASTER.answers) + 1  # and the one that checks all
    # The theme's own button would give a notebook without the answers.
    assert page.locator(".btn-download-source-button, .btn-download-notebook-button").count() == 0
    assert page.locator(".btn-download-pdf-button").count() == 1


@pytest.mark.parametrize("how", ["no script", "a file"])
def test_where_no_script_runs_the_box_is_a_link_to_the_notebook(new_window, built, address, how):
    page = new_window(java_script_enabled=how == "a file").new_page()
    page.add_init_script(KEEP)
    page.goto(f"{address if how == 'no script' else built.as_uri() + '/'}{PAGE}.html")
    if how == "a file":
        source = (small.ROOT / "live" / "homework.js").read_text("utf-8")
        page.add_script_tag(type="module", content=source + "\nsetUp({ keep: dlzeroKeep });")
    assert page.get_by_text("This is the notebook without answers.").first.is_visible()
    assert not page.get_by_text("Write in the cells of this page").first.is_visible()
    assert not page.locator("textarea").is_visible()
    link = page.get_by_role("link", name="Download hw03.ipynb").first
    assert link.get_attribute("href") == "../../homework/hw03.ipynb"
    assert link.get_attribute("download") == "hw03.ipynb"


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "one is wrong"])
def test_it_is_collected_and_graded(page, tmp_path, wrong):
    if not shutil.which("bwrap"):
        pytest.skip("needs bubblewrap (apt install bubblewrap)")
    for id, source in solutions().items():
        keep(page, id, source.replace("w - lr", "w + lr") if wrong and id == "hw03-q1" else source)
    page.get_by_label("Your answer in words").fill(WORDS)
    arrived = tmp_path / "arrived"
    arrived.mkdir()
    (arrived / "1001_hw03.ipynb").write_text(downloaded(page), "utf-8")
    assert said(page) == "Saved with 6 of 6 answers."
    (tmp_path / "roster.csv").write_text("id,name,email\n1001,Ada Lovelace,\n", "utf-8")
    where = ["--class", str(tmp_path), "--masters", str(MASTERS)]
    assert cli.main(["collect", "hw03", str(arrived), *where]) == 0
    assert cli.main(["grade", "hw03", *where]) == 0
    (path,) = (tmp_path / "rows").rglob("1001--*.json")
    row = Row.from_json(json.loads(path.read_text("utf-8")))
    assert row.notes == []
    passed = {id: result.passed for id, result in row.tests.items()}
    assert passed == {test.id: not (wrong and test.question == "q1") for test in MASTER.tests}
    (response,) = row.written.values()
    assert WORDS in response.text
