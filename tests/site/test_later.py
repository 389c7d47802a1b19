"""Figures and the colours of folded code come when a reader is near; copying takes code alone.

A small book is built with the theme, the extensions, the style sheet and the scripts of the course.
"""

import re

import matplotlib.pyplot as plt
import pytest
import small

from dlzero import plots
from dlzero.widgets import Explorer

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("later")]

FOLDED = 'for name in ["a", "b"]:\n    print(name)'
DOCTEST = "```python\n>>> for i in (1, 2):\n...     print(i)\n1\n2\n>>> \"x\"\n'x'\n```"


def line(ax, slope=1.0):
    ax.plot([0, 1], [0, slope])
    return f"A line of slope {slope}."


def picture(name):
    _, ax = plt.subplots()
    line(ax)
    return plots.figure(ax, name=name, caption="A line.", alt="A line.")


def moving():
    return Explorer(line, alt="A line.", caption="Slopes.", name="moving", slope=[0.5, 1.0, 2.0])


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("book") / "source"
    far = "Words. " * 9000
    cells = [
        "# A page\n\nWhat is near.",
        small.code("draw()", picture("near")),
        far,
        small.code("draw()", picture("far")),
        small.code("move()", moving()),
        small.code(FOLDED, "a\nb\n", tags=["hide-input"]),
        DOCTEST,
    ]
    small.write(folder, cells, 'extensions += ["dlzero_later", "dlzero_assets"]\n')
    return serve(small.build(folder))


@pytest.fixture
def opened(new_window, address):
    """Return the function that opens the page in a window of its own."""

    def start(**settings):
        page = new_window(**settings).new_page()
        page.goto(address + "index.html")
        return page

    return start


def drawn(page, name):
    """Return how many drawings of a figure are in the page."""
    return page.locator(f'#{name} svg[role="img"]').count()


def test_what_is_far_away_waits(opened):
    page = opened()
    page.wait_for_function("document.querySelector('#near svg[role=img]')")
    assert [drawn(page, name) for name in ("near", "far", "moving")] == [1, 0, 0]
    assert page.locator("#far dz-later").get_attribute("aria-label") == "A line."
    height = page.evaluate("document.documentElement.scrollHeight")
    page.locator("#far").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#far svg[role=img]')")
    page.wait_for_function("document.querySelector('#moving svg[role=img]')")
    assert drawn(page, "moving") == 1  # the other two wait for whoever moves it
    assert page.evaluate("document.documentElement.scrollHeight") == height


@pytest.mark.parametrize("how", ["pointer", "keyboard"])
def test_all_pictures_are_there_before_a_reader_moves_them(opened, how):
    page = opened()
    slider = page.locator("#moving input")
    slider.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#moving svg[role=img]')")
    slider.hover() if how == "pointer" else slider.focus()
    page.wait_for_function("document.querySelectorAll('#moving svg[role=img]').length === 3")
    slider.press("End")
    visible = page.locator("#moving [data-frame]:visible svg[role=img]")
    assert visible.evaluate_all("all => all.map(e => e.getAttribute('aria-label'))") == [
        "A line of slope 2.0."
    ]
    assert page.locator("#moving output").inner_text() == "A line of slope 2.0."


def test_a_printer_gets_all(opened):
    page = opened()
    page.emulate_media(media="print")
    page.wait_for_function("!document.querySelector('dz-later, dz-code')")
    assert [drawn(page, name) for name in ("near", "far", "moving")] == [1, 1, 3]


def test_without_scripts_figures_are_there(opened):
    page = opened(java_script_enabled=False)
    assert page.locator('#far svg[role="img"]').is_visible()
    assert page.locator('#moving svg[role="img"]:visible').count() == 1
    assert page.locator("details pre").text_content().strip() == FOLDED


def test_folded_code_gets_its_colours_when_it_opens(opened):
    page = opened()
    code = page.locator("details pre")
    assert code.text_content().strip() == FOLDED
    assert code.locator("span").count() == 0
    page.locator("details summary").press("Enter")
    page.wait_for_function("document.querySelector('details pre .k')")
    assert code.text_content().strip() == FOLDED


def test_code_is_copied_alone(opened):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("document.querySelector('details').open = true")
    copied = []
    for button in page.locator(".dz-copy").all():
        assert button.get_attribute("aria-label") == "Copy"
        button.press("Enter")
        page.wait_for_function("document.querySelector('.dz-copied')")
        assert button.get_attribute("aria-label") == "Copied"
        copied.append(page.evaluate("navigator.clipboard.readText()"))
        page.wait_for_function("!document.querySelector('.dz-copied')")
    assert copied == [
        "draw()",
        "draw()",
        "move()",
        FOLDED,
        'for i in (1, 2):\n    print(i)\n"x"',
    ]


def test_outputs_have_no_button(opened):
    page = opened()
    assert page.locator(".cell_output .dz-copy").count() == 0
    assert re.fullmatch("a\nb\n?", page.locator(".cell_output pre").text_content())
