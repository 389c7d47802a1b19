"""A printed page: light, open and whole, with the solutions at its end."""

import io
import unicodedata

import pytest
import small
import survey
from pypdf import PdfReader

from dlzero.widgets import Explorer

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("print")]

#: As wide as the text on A4 between margins of 20 mm, in CSS pixels.
PAPER = 640
WIDER = """width => [...document.querySelectorAll(".bd-article *:not(svg *)")]
    .filter(part => part.getBoundingClientRect().right > width + 1)
    .map(part => part.outerHTML.slice(0, 80))"""


def line(ax, value):
    ax.plot([0, 1], [0, value])
    return f"A line of slope {value}."


def moving(name, **sliders):
    return Explorer(line, alt="A line.", caption="Slopes.", name=name, **sliders)


EXERCISE = "```{{exercise}}\n:label: ex-{0}\nThe question of {0}.\n```"
SOLUTION = "```{{solution}} ex-{0}\n:label: sol-{0}\n:class: dropdown\nThe answer of {0}.\n```"
DROPDOWN = "```{{dropdown}} {}\n{}\n```"
LONG = f"long = '{'x' * 200}'  # the end of the line"
ROW = "| {} |\n".format(" | ".join(f"`a_long_name_of_column_{i}`" for i in range(7)))
CELLS = [
    "# A page\n\nWords before all.",
    DROPDOWN.format("Deeper: why", "The proof of it."),
    small.code(LONG),
    f"| {'a | ' * 7}\n| {'-- | ' * 7}\n{ROW}",
    small.code("rate()", moving("rate", lr=[0.5, 1.0, 2.0])),
    small.code("grow()", moving("grow", step=[1.0, 10.0, 100.0])),
    small.code("fold = 'the folded code'", "what it shows\n", tags=["hide-input"]),
    "```{admonition} Predict\n:class: predict\nHow many?\n\n- the first choice\n- two\n```",
    small.code("print(62)", "62\n"),
    "Sixty-two, it says.",
    "## Exercises\n\nNow you.",
    EXERCISE.format("one"),
    DROPDOWN.format("Hint", "Try the smallest."),
    SOLUTION.format("one"),
    EXERCISE.format("two"),
    SOLUTION.format("two"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("book") / "source"
    small.write(folder, CELLS, 'extensions += ["dlzero_later", "dlzero_paper"]\n')
    return serve(small.build(folder))


@pytest.fixture
def opened(new_window, address):
    """Return a page in a window of its own, which is dark."""
    page = new_window(color_scheme="dark", viewport={"width": PAPER, "height": 1000}).new_page()
    page.goto(address + "index.html")
    return page


def printed(page):
    """Return the words on paper, without line ends."""
    pages = PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
    words = " ".join(" ".join(page.extract_text() for page in pages).split())
    return unicodedata.normalize("NFKC", words)  # two letters as one sign


def on_paper(page):
    """Have the page laid out for paper."""
    page.emulate_media(media="print")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")


def test_all_that_opens_is_on_paper(opened):
    words = printed(opened)
    for said in (
        "The proof of it.",
        "Try the smallest.",
        "Sixty-two, it says.",
        "the first choice",
    ):
        assert said in words
    for said in ("The answer of one.", "The answer of two.", "what it shows"):
        assert said in words
    for button in ("Show me", "Your guess", "Copy", "Click to", "the folded code"):
        assert button not in words


def test_the_end_of_a_long_line_is_on_paper(opened):
    assert "the end of the line" in printed(opened)


def test_nothing_is_wider_than_the_paper(opened):
    on_paper(opened)
    assert opened.evaluate(WIDER, PAPER) == []


@pytest.mark.whole_book
def test_no_page_of_the_book_is_wider_than_the_paper(context, origin):
    page = context.new_page()
    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print")
    wider = {}
    for address in survey.PAGES:
        page.goto(origin + address)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        wider[address] = page.evaluate(WIDER, PAPER)
    page.close()
    assert {address: parts for address, parts in wider.items() if parts} == {}


def test_solutions_come_behind_the_last_exercise(opened):
    on_paper(opened)
    words = opened.locator(".bd-article").inner_text()
    parts = ["The question of one.", "The question of two.", "Solutions"]
    parts += ["The answer of one.", "The answer of two."]
    assert sorted(parts, key=words.index) == parts


def test_a_figure_shows_a_place_that_tells_something(opened):
    words = printed(opened)
    assert "lr 1 A line of slope 1.0." in words
    assert "step 100 A line of slope 100.0." in words


def test_a_figure_that_was_moved_stays_there(opened):
    slider = opened.locator("#rate input")
    slider.scroll_into_view_if_needed()
    slider.press("End")
    assert "A line of slope 2.0." in printed(opened)
    assert slider.input_value() == "2"


def test_paper_is_light_and_has_the_title_of_the_page(opened):
    assert opened.evaluate("document.documentElement.dataset.theme") == "dark"
    on_paper(opened)
    colours = opened.evaluate(
        """() => [...document.querySelectorAll(".bd-article :is(p, pre, pre span)")]
            .flatMap(part => getComputedStyle(part).color.match(/\\d+/g).slice(0, 3).map(Number))"""
    )
    assert max(colours) < 190
    assert opened.locator("h1:visible").count() == 1


def test_afterwards_the_page_is_as_it_was(opened):
    state = """() => [document.documentElement.dataset.theme,
        document.querySelectorAll("details[open]").length,
        document.querySelectorAll(".dz-solutions .solution").length,
        [...document.querySelectorAll(".dz-explorer input")].map(slider => slider.value),
        document.querySelector(".bd-article").textContent.replace(/\\s+/g, " ")
            .indexOf("The answer of one") <
        document.querySelector(".bd-article").textContent.indexOf("The question of two")]"""
    before = opened.evaluate(state)
    assert before == ["dark", 0, 0, ["0", "0"], True]
    printed(opened)
    assert opened.evaluate(state) == before
