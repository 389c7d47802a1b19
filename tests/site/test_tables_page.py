"""Tables on a page, and the words on folded code, in a small book."""

import re

import pytest
import small
from bs4 import BeautifulSoup
from survey import NARROW, TOO_WIDE

from dlzero import plots

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("tables_page")]

RATES = plots.table(
    {"method": ["plain descent", "momentum"], "$\\eta$": [0.1, 1.8], "steps": [62, None]},
    caption="Two rates, $\\lambda = 4$ & <none>.",
    name="two-rates",
)
WIDE_ONE = plots.table(
    {f"a rather long head {k}": ["some words that take room", 123456] for k in range(9)},
    caption="A wide one.",
)
LINE = '<svg role="img" aria-label="A line." viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


class Figure:
    def __init__(self, name, caption):
        self.page = plots.render(LINE, caption, name=name)

    def _repr_mimebundle_(self):
        return {"text/html": self.page, "text/plain": "A line."}


OWN = small.code("own()", Figure("mine", "Mine."), tags=["hide-input"])
OWN.metadata["mystnb"] = {"code_prompt_show": "My words", "code_prompt_hide": "Gone"}
CELLS = [
    "# A page\n\nSee {numref}`two-rates` and {numref}`line`.",
    small.code("plots.table(rates)", RATES, tags=["hide-input"]),
    "Text.",
    small.code("plots.table(wide)", WIDE_ONE),
    "| a | b |\n| :-- | --: |\n| c | 1 |",
    small.code("draw()", Figure("line", "A line of $x$."), tags=["hide-input"]),
    "Text.",
    small.code("print(1)", "1\n", tags=["hide-input"]),
    small.code("def own(): ...", tags=["hide-input"]),
    "Text.",
    "Text.",
    OWN,
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book") / "source"
    small.write(folder, CELLS)
    return small.build(folder)


@pytest.fixture(scope="module")
def soup(built):
    return BeautifulSoup((built / "index.html").read_text("utf-8"), "html.parser")


@pytest.fixture
def page(own_context, built, serve):
    found = own_context.new_page()
    found.goto(serve(built) + "index.html")
    return found


def words(element):
    return " ".join(element.get_text().split())


def test_a_table_has_a_number_and_an_anchor(soup):
    table = soup.find(id="two-rates")
    assert table.name == "table"
    caption = words(table.caption).replace("#", "").strip()
    assert caption == "Table 1 Two rates, λ=4 & <none>."
    link = soup.find("a", href="#two-rates", class_="internal reference") or soup.select_one(
        'p a[href="#two-rates"]'
    )
    assert words(link) == "Table 1"
    assert soup.find("figure", class_="dz-table") is None


def test_heads_say_what_they_are_for(soup):
    for table in soup.select("table.table"):
        assert {head["scope"] for head in table.thead.find_all("th")} == {"col"}
    rows = soup.find(id="two-rates").tbody.find_all("tr")
    assert [[cell.name for cell in row.find_all(["th", "td"])] for row in rows] == [
        ["th", "td", "td"]
    ] * 2
    assert [row.th["scope"] for row in rows] == ["row", "row"]
    assert [words(cell) for cell in rows[1].find_all(["th", "td"])] == ["momentum", "1.8", ""]


def test_formulas_are_formulas(soup):
    table = soup.find(id="two-rates")
    assert [words(f) for f in table.select("math")] == ["λ=4", "η"]
    assert words(soup.find(id="line").select_one("math")) == "x"


def test_numbers_stand_to_the_right(soup):
    first, *_, last = (
        row.find_all(["th", "td"]) for row in soup.find(id="two-rates").find_all("tr")
    )
    for row in (first, last):
        sides = [next(c for c in cell["class"] if c.startswith("text-")) for cell in row]
        assert sides == ["text-left", "text-right", "text-right"]


def test_numbers_stand_to_the_right_in_the_browser(page):
    sides = (
        page.locator("#two-rates tr")
        .first.locator("th")
        .evaluate_all("heads => heads.map(head => getComputedStyle(head).textAlign)")
    )
    assert sides == ["left", "right", "right"]


def test_only_words_are_for_translation(tmp_path):
    small.write(tmp_path / "source", CELLS)
    text = (small.build(tmp_path / "source", "gettext") / "index.pot").read_text("utf-8")
    found = set(re.findall(r'^msgid "(.+)"$', text, re.M))
    assert {"method", "steps", "plain descent", "momentum", "A line of $x$."} <= found
    assert "Two rates, $\\\\lambda = 4$ & <none>." in found
    assert not {"0.1", "1.8", "62", "$\\\\eta$", "123456"} & found


def test_translated_words_keep_their_formulas(tmp_path):
    folder = tmp_path / "source"
    small.write(folder, CELLS)
    place = folder / "locale" / "de" / "LC_MESSAGES"
    place.mkdir(parents=True)
    pairs = {
        "method": "Verfahren",
        "momentum": "Schwung",
        "Two rates, $\\\\lambda = 4$ & <none>.": "Bei $\\\\lambda = 4$ zwei Raten.",
    }
    lines = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n']
    lines += [f'msgid "{one}"\nmsgstr "{two}"\n' for one, two in pairs.items()]
    (place / "index.po").write_text("\n".join(lines), "utf-8")
    folds = {"The code of this table": "Code der Tabelle", "Hide the code": "Code verbergen"}
    lines = lines[:1] + [f'msgid "{one}"\nmsgstr "{two}"\n' for one, two in folds.items()]
    (place / "dlzero.po").write_text("\n".join(lines), "utf-8")
    built = small.build(folder, language="de")
    soup = BeautifulSoup((built / "index.html").read_text("utf-8"), "html.parser")
    table = soup.find(id="two-rates")
    assert words(table.th) == "Verfahren"
    assert words(table.find_all("tr")[2].th) == "Schwung"
    assert "Bei λ=4 zwei Raten." in words(table.caption)
    assert words(table.caption.select_one("math")) == "λ=4"
    assert words(soup.select_one("details.hide .collapsed")) == "Code der Tabelle"


def test_a_wide_table_scrolls_in_its_box_and_the_keyboard_reaches_it(page):
    boxes = page.locator(".pst-scrollable-table-container")
    assert boxes.first.get_attribute("role") is None
    page.set_viewport_size(NARROW)
    assert page.evaluate(TOO_WIDE) == []
    wide = boxes.nth(1)
    page.wait_for_function("document.querySelectorAll('[role=region][tabindex=\"0\"]').length > 0")
    assert wide.get_attribute("aria-label") == "A wide one."
    wide.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelectorAll('[role=region]')[0].scrollLeft > 0")


def test_code_is_folded_under_words_of_its_own(soup):
    folds = [
        [words(fold.select_one(part)) for part in (".collapsed", ".expanded")]
        for fold in soup.select("details.hide")
    ]
    assert folds == [
        ["The code of this table", "Hide the code"],
        ["The code of this figure", "Hide the code"],
        ["Show code cell source", "Hide code cell source"],
        ["The code of the next figure", "Hide the code"],
        ["My words", "Gone"],
    ]
