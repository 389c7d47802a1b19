"""A figure fills the window, by a click, a touch or a key; one that moves keeps its height.

A small book is built with the theme, the extensions, the style sheet and the scripts of the course.
"""

import pytest
import small
from survey import AXE, AXE_RUN, NARROW, WIDE

from dlzero import plots
from dlzero.widgets import Explorer

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("figures_page")]

OPEN = "document.querySelector('dialog.dz-large')?.open ?? false"


def line(ax, slope=1.0, many=1):
    ax.plot([0, 1], [0, slope])
    return f"A line of slope {slope}." + " And so on, and so on." * many


def note(many):
    return f"Step {many}." + " And so on, and so on." * many


def picture(name):
    ax = plots.axes()
    line(ax)
    return plots.figure(ax, name=name, caption=f"Caption of {name}.", alt="A line.")


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("book") / "source"
    look = {"alt": "A line.", "caption": "Slopes.", "name": "moving"}
    moving = Explorer(line, **look, slope=[0.5, 1.0, 2.0], many=[0, 1, 9])
    look = {"alt": "A line.", "caption": "Steps.", "name": "stepped", "notes": note}
    stepped = Explorer(lambda ax, many: line(ax, 1.0, many), **look, many=[0, 1, 9])
    cells = [
        "# A page",
        small.code("draw()", picture("one")),
        "Words. " * 3000,
        small.code("draw()", picture("two")),
        small.code("move()", moving),
        small.code("step()", stepped),
    ]
    small.write(folder, cells, 'extensions += ["dlzero_later", "dlzero_assets"]\n')
    return serve(small.build(folder))


@pytest.fixture
def opened(new_window, address):
    """Return the function that opens the page in a window of its own."""

    def start(**settings):
        page = new_window(**settings).new_page()
        page.goto(address + "index.html")
        page.wait_for_function("document.querySelector('#one svg[role]')")
        return page

    return start


def size(page):
    """Return the width and height of the picture that is enlarged."""
    box = page.locator(".dz-room svg").bounding_box()
    return box["width"], box["height"]


def has_focus(page, selector):
    return page.locator(selector).evaluate("e => e === document.activeElement")


def test_a_click_on_the_picture_enlarges_it(opened):
    page = opened()
    page.locator("#one svg").click()
    assert page.evaluate(OPEN)
    assert page.get_by_role("dialog", name="Caption of one.").is_visible()
    width, height = size(page)
    assert width > 1.5 * page.locator("#one svg").bounding_box()["width"]
    assert width < WIDE["width"]
    assert height < WIDE["height"]
    assert page.locator(".dz-room svg").get_attribute("aria-label") == "A line."
    assert "#" not in page.locator(".dz-large p").inner_text()
    page.locator(".dz-close").click()
    assert not page.evaluate(OPEN)
    assert has_focus(page, "#one .dz-enlarge")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_enlarges_zooms_and_returns(opened, key):
    page = opened()
    button = page.get_by_role("button", name="Enlarge the figure")
    assert button.count() == 2  # a figure that moves keeps its controls
    button.last.focus()
    button.last.press(key)
    assert page.get_by_role("dialog", name="Caption of two.").is_visible()
    width, _ = size(page)
    page.get_by_role("button", name="Twice as large", pressed=False).press(key)
    assert size(page)[0] == pytest.approx(2 * width, abs=1)
    page.locator(".dz-room").press("ArrowRight")
    page.wait_for_function("document.querySelector('.dz-room').scrollLeft > 0")
    page.keyboard.press("Escape")
    assert not page.evaluate(OPEN)
    assert has_focus(page, "#two .dz-enlarge")
    button.first.press(key)
    assert page.get_by_role("button", name="Twice as large", pressed=False).is_visible()
    page.get_by_role("button", name="Close").press(key)
    assert has_focus(page, "#one .dz-enlarge")


def test_a_touch_enlarges_and_one_beside_the_picture_closes(opened):
    page = opened(viewport=NARROW, has_touch=True, is_mobile=True)
    page.locator("#one svg").tap()
    width, height = size(page)
    assert NARROW["width"] - 20 < width <= NARROW["width"]
    page.locator(".dz-room svg").tap()
    assert size(page) == pytest.approx((2 * width, 2 * height), abs=1)
    page.locator(".dz-room svg").tap()
    assert size(page) == pytest.approx((width, height))
    page.locator(".dz-room").tap(position={"x": 20, "y": 20})
    assert not page.evaluate(OPEN)


def test_the_drawing_stands_once_on_the_page(opened):
    page = opened()
    page.locator("#one svg").click()
    ids = "[...document.querySelectorAll('[id]')].map(e => e.id)"
    names = page.evaluate(ids)
    assert len(names) == len(set(names))
    page.keyboard.press("Escape")
    page.locator(".dz-large").wait_for(state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_is_accessible_in_light_and_dark(opened, scheme):
    page = opened(color_scheme=scheme)
    page.locator("#one svg").click()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(AXE_RUN, [])
    assert [one for one in found if one["impact"] in ("serious", "critical")] == []
    paper, ink = page.locator(".dz-large").evaluate(
        "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
    )
    shade = {
        name: sum(map(int, colour[4:-1].split(",")))
        for name, colour in (("paper", paper), ("ink", ink))
    }
    assert (shade["paper"] > shade["ink"]) == (scheme == "light")


def test_a_figure_that_a_cell_brings_can_be_enlarged(opened):
    page = opened()
    page.evaluate(
        "document.querySelector('#two').after(document.querySelector('#one').cloneNode(true));"
        "document.querySelectorAll('.dz-figure').forEach((figure, i) => i === 2"
        " && figure.querySelector('.dz-enlarge').remove())"
    )
    page.wait_for_function("document.querySelectorAll('.dz-figure .dz-enlarge').length === 3")
    page.locator(".dz-enlarge").last.press("Enter")
    assert page.evaluate(OPEN)


def test_a_printer_sees_no_button(opened):
    page = opened()
    page.emulate_media(media="print")
    assert page.locator(".dz-enlarge:visible").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["moving", "stepped"])
def test_a_figure_that_moves_keeps_its_height(opened, name, width):
    page = opened(viewport={"width": width, "height": 844})
    figure = page.locator(f"#{name}")
    figure.locator("input").first.focus()
    page.wait_for_function(f"document.querySelector('#{name} output').style.minHeight.match('px')")
    slider, heights = figure.locator("input").last, set()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        slider.press(key)
        heights.add(figure.evaluate("e => e.offsetHeight"))
    assert figure.locator("output").inner_text().endswith("so on.")
    assert len(heights) == 1


def test_on_a_phone_play_stands_beside_its_slider(opened):
    page = opened(viewport=NARROW)
    boxes = [
        page.locator(f"#moving {part}").nth(at).bounding_box()
        for part, at in (("input", 0), ("button", 0), ("input", 1))
    ]
    first, play, second = boxes
    middle = first["y"] + first["height"] / 2
    assert play["y"] < middle < play["y"] + play["height"]
    assert first["x"] + first["width"] < play["x"]
    assert second["y"] > play["y"]
    assert min(first["width"], second["width"]) > 120
