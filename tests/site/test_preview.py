"""What a link leads to is shown beside it, to the pointer and to the keyboard."""

import matplotlib.pyplot as plt
import pytest
import small
from survey import AXE, AXE_RUN, NARROW, STILL, TOO_WIDE, WIDE

from dlzero import plots

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("preview")]

TEXT = """# A page

See {eq}`twice`, {numref}`fig-line`, {term}`loss` and {doc}`other`. Far is {ref}`the dot <fig-far>`.

$$
y = 2 x
$$ (twice)
"""
OTHER = """---
orphan: true
---
# Another page

```{glossary}
loss
  How wrong a *guess* is.
```

```{figure} far.svg
:name: fig-far
:alt: A dot.

A dot far away.
```
"""
DOT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4" cx="5" cy="5"/></svg>'
)


def picture():
    _, ax = plt.subplots()
    ax.plot([0, 1], [0, 1])
    return plots.figure(ax, name="fig-line", caption="A line.", alt="A line.")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book") / "source"
    cells = [TEXT, small.code("draw()", picture())]
    small.write(folder, cells, 'extensions += ["dlzero_later"]\n', other=OTHER)
    (folder / "far.svg").write_text(DOT, "utf-8")
    return small.build(folder)


@pytest.fixture(scope="module")
def address(site, serve):
    return serve(site)


@pytest.fixture
def opened(new_window, address):
    """Return the function that opens the page in a window of its own."""

    def start(at=address, size=WIDE):
        page = new_window(viewport=size).new_page()
        page.goto(at + "index.html")
        page.evaluate("document.fonts.ready")
        return page

    return start


def shown(page, words):
    """Point at a link; return what is shown beside it."""
    page.locator("article a", has_text=words).first.hover()
    box = page.locator(".dz-preview")
    box.wait_for()
    return box


def test_the_pointer_shows_a_formula(opened):
    page = opened()
    box = shown(page, "(1)")
    assert box.locator("math").count() == 1
    assert box.locator("[id]").count() == 0
    link = page.locator("article a", has_text="(1)").first
    assert link.get_attribute("aria-describedby") == box.get_attribute("id")
    box.hover()  # it may be read, and copied from
    assert box.is_visible()
    page.locator("h1").hover()
    box.wait_for(state="detached")
    assert link.get_attribute("aria-describedby") is None


def test_a_figure_and_a_word_of_another_page_are_shown(opened):
    page = opened()
    box = shown(page, "Fig. 1")
    box.locator("svg[role=img]").wait_for()
    assert "A line." in box.inner_text()
    box = shown(page, "loss")
    assert box.inner_text() == "How wrong a guess is."
    box = shown(page, "the dot")
    assert "A dot far away." in box.inner_text()
    assert box.locator("img").evaluate("e => e.decode().then(() => e.naturalWidth > 0)")
    assert page.locator(".dz-preview").count() == 1


def test_the_keyboard_shows_it_and_escape_closes_it(opened):
    page = opened()
    page.locator("article a", has_text="loss").focus()
    box = page.locator(".dz-preview")
    box.wait_for()
    page.keyboard.press("Escape")
    assert box.count() == 0
    page.locator("article a", has_text="(1)").first.focus()
    box.wait_for()
    page.keyboard.press("Tab")
    box.locator("svg").wait_for()  # the one of the next link


def test_a_link_to_a_page_shows_nothing(opened):
    page = opened()
    page.clock.install()
    page.locator("article a", has_text="Another page").hover()
    page.clock.run_for(5000)
    assert page.locator(".dz-preview").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_room_on_a_phone_and_can_be_read(opened, scheme):
    page = opened(size=NARROW)
    page.evaluate("s => { document.documentElement.dataset.theme = s; }", scheme)
    page.add_style_tag(content=STILL)
    page.add_script_tag(path=AXE)
    shown(page, "Fig. 1").locator("svg[role=img]").wait_for()
    assert page.evaluate(TOO_WIDE) == []
    found = page.evaluate(AXE_RUN.replace("document", "'.dz-preview'"), [])
    assert [one for one in found if one["impact"] in ("serious", "critical")] == []


def test_in_a_file_only_the_page_itself_is_shown(opened, site):
    page = opened(f"{site.as_uri()}/")
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    assert shown(page, "(1)").locator("math").count() == 1
    page.locator("article a", has_text="loss").hover()
    page.locator(".dz-preview").wait_for(state="detached")
    page.evaluate("new Promise(done => setTimeout(done, 600))")
    assert page.locator(".dz-preview").count() == 0
    assert problems == []
