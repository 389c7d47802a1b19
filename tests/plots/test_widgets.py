"""Figures that move: the page without a kernel, and the view of a running notebook."""

import itertools
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import browser as browsers
import numpy as np
import pytest
from bs4 import BeautifulSoup
from flit_core import buildapi
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from playwright.sync_api import sync_playwright

from dlzero import Perceptron, datasets, plots, widgets
from dlzero.plots import svg_frames
from dlzero.widgets import Explorer

ROOT = Path(__file__).resolve().parents[2]
WIDGET = "application/vnd.jupyter.widget-view+json"
X, Y = datasets.logic("and")
UNIT = Perceptron(lr=0.1, epochs=10).fit(X, Y)


def draw_update(ax, update):
    plots.boundary_trace(UNIT, X, Y, update, ax)
    *w, b = UNIT.history_[update]
    return f"Update {update}: w = ({w[0]:.1f}, {w[1]:.1f}), b = {b:.1f}."


def draw_descent(ax, lr, kappa):
    plots.contours(lambda w: w[0] ** 2 + kappa * w[1] ** 2, (-4, 4), (-2, 2), ax)
    steps = [np.array([-3.0, 1.0])]
    for _ in range(20):
        steps.append(steps[-1] - lr * np.array([2, 2 * kappa]) * steps[-1])
    plots.path(steps, ax)
    return f"lr = {lr}, kappa = {kappa}: ends at ({steps[-1][0]:.3g}, {steps[-1][1]:.3g})."


def draw_slope(ax, slope):
    ax.plot([0, 1], [0, slope])
    ax.set_ylim(-1, 10)
    return f"The slope is {slope}."


def slope(name="slope", **changes):
    arguments = {"alt": "A line.", "caption": "The slope moves.", "slope": [1, 2, 3], **changes}
    return Explorer(draw_slope, name=name, **arguments)


def stepped(name="stepped", **changes):
    arguments = {"alt": "A line.", "caption": "Three steps.", "row": [1, 2, 3], **changes}
    arguments.setdefault("notes", lambda row: f"x = {row} < 9\nw ← {row - 1} + 1 = {row}")
    return Explorer(draw_slope, name=name, **arguments)


@pytest.fixture(scope="module")
def updates():
    return Explorer(
        draw_update,
        alt="The line of AND after each update.",
        caption="Ten updates & their lines.",
        name="and-updates",
        update=range(11),
    )


@pytest.fixture(scope="module")
def grid():
    return Explorer(
        draw_descent,
        alt="Steps in a ravine.",
        caption="Two sliders.",
        name="ravine",
        lr=[0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3],
        kappa=[1, 1.5, 2, 2.5, 3, 3.5, 4],
    )


def soup_of(explorer):
    return BeautifulSoup(explorer._repr_mimebundle_()["text/html"], "html.parser")


# ---- the page without a kernel -------------------------------------------------------------


def test_bundle_has_three_lives(updates):
    bundle = updates._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain", WIDGET}
    assert bundle["text/plain"] == repr(updates) == "Explorer: The line of AND after each update."


def test_without_ipywidgets_the_page_remains(updates, monkeypatch):
    monkeypatch.setattr(widgets, "ipywidgets", None)
    assert set(updates._repr_mimebundle_()) == {"text/html", "text/plain"}


def test_page_has_anchor_name_and_caption(updates):
    figure = soup_of(updates).contents[0]
    assert str(figure).startswith('<figure class="dz-explorer" id="and-updates"><div ')
    assert figure.div["role"] == "group"
    assert figure.div["aria-label"] == "The line of AND after each update."
    assert figure.find_all(recursive=False)[-1].name == "figcaption"
    assert figure.figcaption.text == "Ten updates & their lines."


def test_slider_is_labelled_and_says_its_value(updates):
    (slider,) = soup_of(updates).find_all("input")
    assert slider["type"] == "range"
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "10", "0")
    assert slider.parent.name == "label"
    assert slider.parent.text.strip() == "update"
    assert slider["aria-valuetext"] == "0"
    assert json.loads(slider["data-values"]) == [str(k) for k in range(11)]


def test_values_are_readable():
    values = [0.1 + 0.2, 1e-5, np.float64(1 / 3), np.int64(7), "fast"]

    def draw(ax, value):
        ax.plot([0, 1])
        return "A line."

    slider = soup_of(Explorer(draw, alt="a", caption="c", value=values)).input
    assert json.loads(slider["data-values"]) == ["0.3", "1e-05", "0.333333", "7", "fast"]


def test_play_button_has_a_name(updates):
    (button,) = soup_of(updates).find_all("button")
    assert button["type"] == "button"
    assert button["aria-label"] == "Play"
    assert button.svg["aria-hidden"] == "true"


def test_each_frame_has_its_text_and_only_the_first_shows(updates):
    soup = soup_of(updates)
    frames = soup.select("[data-frame]")
    texts = [frame.svg["aria-label"] for frame in frames]
    assert len(frames) == len(set(texts)) == 11
    assert texts[4] == "Update 4: w = (0.1, 0.2), b = 0.0."
    assert all(frame.svg["role"] == "img" for frame in frames)
    assert [frame.has_attr("hidden") for frame in frames] == [False] + [True] * 10
    assert soup.output.text == texts[0]
    assert soup.output["aria-live"] == "polite"


def test_controls_wait_for_the_script(updates):
    assert soup_of(updates).select_one(".dz-controls").has_attr("hidden")


def test_two_sliders_make_a_grid(grid):
    soup = soup_of(grid)
    assert [label.text.strip() for label in soup.find_all("label")] == ["lr", "kappa"]
    texts = [frame.svg["aria-label"] for frame in soup.select("[data-frame]")]
    assert [text.partition(":")[0] for text in texts] == [
        f"lr = {lr}, kappa = {kappa}" for lr, kappa in itertools.product(*grid.sliders.values())
    ]


def test_words_are_escaped():
    def draw(ax, value):
        ax.plot([1, 2])
        return f'<b> & "{value}"'

    explorer = Explorer(
        draw, alt='a "b"', caption="x < y & z", **{'"<i>': ["'1'", '"2"<', "</script>"]}
    )
    soup = soup_of(explorer)
    assert soup.find_all(["b", "i"]) == []
    assert len(soup.find_all("script")) == 1
    assert soup.label.text.strip() == '"<i>'
    assert json.loads(soup.input["data-values"]) == ["'1'", '"2"<', "</script>"]
    assert soup.select("[data-frame] svg")[1]["aria-label"] == '<b> & ""2"<"'
    assert soup.figcaption.text == "x < y & z"
    assert soup.div["aria-label"] == 'a "b"'


def ids_and_uses(html):
    ids = re.findall(r'\bid="(z[^"]+)"', html)
    return ids, set(re.findall(r'(?:href="|url\()#([^")]+)', html))


def test_every_use_has_its_id_once(updates, grid):
    for explorer in (updates, grid):
        ids, uses = ids_and_uses(explorer.page())
        assert len(ids) == len(set(ids)) > 10
        assert uses <= set(ids)
    assert not set(ids_and_uses(updates.page())[0]) & set(ids_and_uses(grid.page())[0])


def expand(svg, defs):
    """Return a picture as nested tuples, with every shared piece where it is used."""
    pieces = {piece.get("id"): piece for piece in ElementTree.fromstring(defs)}

    def content(element):
        attributes = {key: value for key, value in element.attrib.items() if key != "id"}
        if element.tag == "use" and list(attributes) == ["href"]:
            return content(pieces[attributes["href"][1:]])
        for key, value in attributes.items():
            if found := re.fullmatch(r"(?:url\()?#([\w-]+)\)?", value):
                attributes[key] = content(pieces[found[1]])
        return element.tag, sorted(attributes.items()), [content(child) for child in element]

    return content(ElementTree.fromstring(svg))


def test_shared_pieces_change_no_picture(updates):
    for step in (0, 6, 10):
        alone = Figure(figsize=(4.8, 3.6), layout="none")
        with plots.style():
            text = draw_update(alone.add_subplot(), step)
        ConstrainedLayoutEngine().execute(alone)
        defs, (svg,) = plots.svg_frames([alone], [text], "alone")
        assert "<use" in updates.svgs[step]
        assert expand(updates.svgs[step], updates.defs) == expand(svg, defs)


def test_what_frames_share_is_written_once(updates):
    frame = max(updates.svgs, key=len)
    assert len(frame) < 2_000  # ticks, labels and points are shared, the lines are its own
    assert len(updates.defs) > len(frame)


def test_frames_are_light(updates, grid):
    assert len(updates.page()) < 150_000
    assert len(grid.page()) < 400_000


def test_frames_with_equal_axes_stand_still(updates, grid):
    for explorer in (updates, grid):
        assert (
            len({re.search(r'viewBox="[^"]+" style="[^"]+"', svg)[0] for svg in explorer.svgs}) == 1
        )
    clips = re.findall(r"<clipPath.*?</clipPath>", updates.defs)
    assert len(clips) == 1


def test_frames_have_room_for_labels_of_any_width():
    """A frame whose labels are wider gets its own layout."""

    def draw(ax, top):
        ax.plot([0, top])
        return f"Up to {top}."

    explorer = Explorer(draw, alt="a", caption="c", top=[1, 12_345, 1])
    first, second, third = (expand(svg, explorer.defs) for svg in explorer.svgs)
    lefts = re.findall(r"translate\((-?[\d.]+) [\d.]+\) scale", str((first, second)))
    assert min(map(float, lefts)) >= 0
    assert first == third


def test_second_run_gives_the_same_bytes(updates):
    again = Explorer(
        draw_update,
        alt=updates.alt,
        caption=updates.caption,
        name=updates.name,
        update=range(11),
    )
    assert again.page() == updates.page()
    unnamed = [slope(name=None) for _ in range(2)]
    assert unnamed[0].page() == unnamed[1].page()


def test_frames_leave_no_figure_open():
    before = plots.plt.get_fignums()
    slope()
    assert plots.plt.get_fignums() == before


def test_page_asks_nobody_and_takes_the_text_colour(grid):
    html = grid.page()
    assert not re.search(r"https?:|src=|@import|fetch\(|import\(", html)
    assert not re.search(r"#000000|#ffffff", html)
    assert "currentColor" in html


def test_draw_sees_each_value_in_order():
    seen = []

    def draw(ax, a, b):
        seen.append((a, b))
        ax.plot([a, b])
        return "A line."

    moving = Explorer(draw, alt="a", caption="c", a=iter([1, 2]), b=np.array([3, 4]))
    assert seen == [(1, 3)]
    assert len(moving.svgs) == len(moving.texts) == 4
    assert seen == [(1, 3), (1, 4), (2, 3), (2, 4)]


@pytest.mark.parametrize("text", [None, "", "  ", 3])
def test_refuses_a_frame_without_text(text):
    with pytest.raises(
        ValueError if isinstance(text, str) else TypeError,
        match=r"draw returned .* for 0\.1; expected a sentence",
    ):
        Explorer(lambda ax, lr: text, alt="a", caption="c", lr=[0.1, 0.2])


@pytest.mark.parametrize(
    "sliders", [{}, {"a": [1]}, {"a": []}, {"a": [1, 2], "b": [1]}, {k: [1, 2] for k in "abc"}]
)
def test_refuses_sliders_that_cannot_move(sliders):
    with pytest.raises(ValueError, match="expected one or two sliders with at least two"):
        Explorer(draw_slope, alt="a", caption="c", **sliders)


def test_refuses_what_cannot_draw_and_what_has_no_values():
    with pytest.raises(TypeError, match="draw must be a function, got 3"):
        Explorer(3, alt="a", caption="c", lr=[0.1, 0.2])
    with pytest.raises(TypeError, match=r"the slider lr is 0\.1; expected its values"):
        Explorer(draw_slope, alt="a", caption="c", lr=0.1)


@pytest.mark.parametrize("first", [0.3, "fast", [0.1, 0.2], []])
def test_refuses_to_start_where_no_slider_is(first):
    with pytest.raises(ValueError, match=r"first is .*; expected one value of each slider: lr \[0"):
        Explorer(draw_slope, alt="a", caption="c", lr=[0.1, 0.2], first=first)


@pytest.mark.parametrize("part", ["alt", "caption"])
def test_refuses_empty_words(part):
    with pytest.raises(ValueError, match=f"{part} is ''. Write one"):
        slope(**{part: ""})


def test_refuses_a_name_that_is_no_anchor():
    with pytest.raises(ValueError, match="name is 'Two Words'; expected lower-case"):
        slope(name="Two Words")


# ---- notes: a figure to go through step by step -----------------------------------------------


def test_notes_stand_in_a_list_with_the_values_of_the_slider():
    soup = soup_of(stepped())
    assert [line.text for line in soup.find_all("dt")] == ["row 1", "row 2", "row 3"]
    notes = [line.text for line in soup.find_all("dd")]
    assert notes == [f"x = {k} < 9\nw ← {k - 1} + 1 = {k}" for k in (1, 2, 3)]
    assert not soup.dl.has_attr("hidden")  # the script hides it
    assert (soup.output["aria-live"], soup.output.text) == ("polite", "")


def test_notes_leave_the_pictures_their_sentences():
    labels = [svg["aria-label"] for svg in soup_of(stepped()).select("[data-frame] svg")]
    assert labels == [f"The slope is {k}." for k in (1, 2, 3)]


def test_buttons_of_steps_have_names():
    buttons = soup_of(stepped()).find_all("button")
    assert [button["aria-label"] for button in buttons] == ["Back", "Next"]
    assert all(button["type"] == "button" for button in buttons)
    order = [tag.name for tag in soup_of(stepped()).select_one(".dz-controls")(["button", "input"])]
    assert order == ["button", "input", "button"]


def test_room_for_the_longest_note():
    notes = {1: "one", 2: "one\ntwo\nthree\n", 3: "one"}
    style = soup_of(stepped(notes=notes.get, width=6)).output["style"]
    assert "min-height:4.5em" in style
    assert "max-width:576px" in style


def test_a_figure_without_notes_has_the_script_that_plays(updates):
    assert updates.notes == []
    assert "setInterval" in updates.page()
    assert "setInterval" not in stepped().page()


@pytest.mark.parametrize("note", [None, "", " \n", 3])
def test_refuses_a_step_without_note(note):
    with pytest.raises(
        ValueError if isinstance(note, str) else TypeError,
        match=r"notes returned .* for 1; expected a text that says what happens",
    ):
        stepped(notes=lambda row: note)


def test_refuses_notes_that_are_no_function_and_two_sliders():
    with pytest.raises(TypeError, match="notes must be a function, got"):
        stepped(notes=["one", "two", "three"])
    with pytest.raises(
        ValueError, match=r"notes go with one slider, and there are 2: \['row', 'b'"
    ):
        stepped(b=[1, 2])


# ---- the script that moves it ----------------------------------------------------------------

SCRIPT, STEPS = (
    Path(widgets.__file__).parent / "plots" / name for name in ("explorer.js", "steps.js")
)
PAGE_SCRIPTS = sorted((ROOT / "book" / "_static").glob("*.js"))


@pytest.mark.parametrize(("path", "make"), [(SCRIPT, slope), (STEPS, stepped)])
def test_page_holds_the_script_without_its_comments(path, make):
    script = soup_of(make()).script.text
    code = [line for line in path.read_text("utf-8").splitlines() if "//" not in line]
    assert script == "\n".join(code)
    assert (script[:9], script[-5:]) == ("(() => {\n", "})();")
    assert script.count("\n") > 20


@pytest.mark.parametrize("path", [SCRIPT, STEPS])
def test_comments_of_the_script_stand_on_lines_of_their_own(path):
    for line in path.read_text("utf-8").splitlines():
        assert "//" not in line.lstrip()[2:], line
        assert "/*" not in line, line


@pytest.mark.parametrize("path", [SCRIPT, STEPS, *PAGE_SCRIPTS], ids=lambda path: path.name)
def test_scripts_can_be_parsed(path, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node")
    assert subprocess.run([node, "--check", path], capture_output=True).returncode == 0
    broken = tmp_path / "broken.js"
    broken.write_text(path.read_text("utf-8").replace("});", "});)", 1), encoding="utf-8")
    assert subprocess.run([node, "--check", broken], capture_output=True).returncode != 0


def test_script_travels_in_the_wheel(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / buildapi.build_wheel(str(tmp_path))) as wheel:
        for path in (SCRIPT, STEPS):
            assert wheel.read(f"dlzero/plots/{path.name}") == path.read_bytes()


# ---- the view of a running notebook --------------------------------------------------------


def parts(explorer):
    """Return the sliders, the play button, and the picture and text of the view."""
    found = [explorer.widget()]
    for widget in found:
        found += getattr(widget, "children", ())

    def of(kind):
        return [widget for widget in found if type(widget).__name__ == kind]

    _, picture, text, caption = of("HTML")
    return of("SelectionSlider"), (of("Play") or of("Button"))[0], picture, text, caption


def test_view_moves_the_same_pictures(updates):
    (slider,), _, picture, text, caption = parts(updates)
    assert slider.description == "update"
    assert caption.value == "Ten updates &amp; their lines."
    for k in (7, 10, 0):
        slider.index = k
        assert picture.value == updates.svgs[k]
        assert text.value == updates.texts[k]


def test_view_of_two_sliders(grid):
    sliders, _, picture, _, _ = parts(grid)
    kappa, lr = sorted(sliders, key=lambda slider: slider.description)
    lr.index, kappa.index = 2, 5
    assert 'aria-label="lr = 0.1, kappa = 3.5:' in picture.value
    assert [label for label, _ in lr.options][:3] == ["0.02", "0.05", "0.1"]


def test_page_and_view_start_where_told():
    figure = slope(first=2.0, slope=[0.5, 1.0, 2.0, 3.0])
    soup = soup_of(figure)
    hidden = [frame.has_attr("hidden") for frame in soup.select("[data-frame]")]
    assert hidden == [True, True, False, True]
    assert (soup.input["value"], soup.input["aria-valuetext"]) == ("2", "2")
    assert soup.output.text == figure.texts[2]
    (slider,), play, picture, text, _ = parts(figure)
    assert (slider.index, play.value) == (2, 2)
    assert picture.value == figure.svgs[2]
    assert text.value == figure.texts[2]


def test_view_plays_to_the_end(updates):
    (slider,), play, picture, _, _ = parts(updates)
    assert (play.min, play.max) == (0, 10)
    play.value = 3
    assert slider.index == 3
    assert picture.value == updates.svgs[3]
    slider.index = 9
    assert play.value == 9


def test_view_of_steps_goes_on_by_a_button():
    explorer = stepped()
    (slider,), button, picture, text, _ = parts(explorer)
    assert button.tooltip == "Next"
    for at in (1, 2, 2):
        button.click()
        assert slider.index == at
        assert picture.value == explorer.svgs[at]
    assert BeautifulSoup(text.value, "html.parser").text == "x = 3 < 9\nw ← 2 + 1 = 3"


# ---- the style sheet -----------------------------------------------------------------------

CSS = (ROOT / "book" / "_static" / "figures.css").read_text(encoding="utf-8")


def rule(selector):
    """Return what the style sheet says of a selector, as a dict."""
    body = re.search(rf"(?:^|\n){re.escape(selector)} {{(.*?)}}", CSS, re.DOTALL)[1]
    return dict(re.findall(r"([\w-]+): ([^;]+);", body))


def test_targets_are_large_enough_to_touch():
    assert float(rule(".dz-controls input")["height"].removesuffix("rem")) * 16 >= 24
    for side in ("width", "height"):
        assert float(rule(".dz-controls button")[side].removesuffix("rem")) * 16 >= 24


def test_paper_has_no_controls():
    """The numbers stay: they say which of the pictures is printed."""
    printed = CSS.partition("@media print")[2]
    assert re.match(r" {\s*\.dz-controls :is\(input, button\) {\s*display: none;", printed)


# ---- in a browser --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        found = browsers.launch(playwright)
        if found is None:
            (pytest.fail if browsers.is_required() else pytest.skip)(browsers.MISSING)
        yield found
        found.close()


@pytest.fixture(scope="module")
def explorers():
    def draw(ax, a, b):
        ax.plot([a, b])
        return f"a = {a}, b = {b}"

    ends = {"alt": "A line.", "caption": "Both ends.", "a": [1, 2], "b": [3, 4, 5]}
    grid = Explorer(draw, name="third", **ends)
    notes = {1: "x = 1 < 9\nw ← 0 + 1 = 1", 2: "x = 2 < 9\nw ← 1 + 1 = 2", 3: "x = 3"}
    steps = stepped(notes=notes.get)
    late = Explorer(draw, name="late", first=[2, 4], **ends)
    return slope("first"), slope("second", slope=[1, 2, 3, 4, 5, 6]), grid, steps, late


@pytest.fixture
def opened(chromium, tmp_path, explorers):
    """Return the function that opens a file with five explorers; fail on errors and requests."""
    contexts, problems = [], []

    def start(head="", **settings):
        context = chromium.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on(
            "request",
            lambda request: request.url.startswith("file:") or problems.append(request.url),
        )
        path = tmp_path / "page.html"
        body = "".join(explorer.page() for explorer in explorers)
        path.write_text(f"<!doctype html>{head}<style>{CSS}</style>{body}", encoding="utf-8")
        page.goto(path.as_uri())
        return page

    yield start
    for context in contexts:
        context.close()
    assert problems == []


def shown(page, name):
    frames = page.locator(f"#{name} [data-frame]").all()
    return [i for i, frame in enumerate(frames) if frame.is_visible()]


def test_arrow_keys_move_one_figure_only(opened):
    page = opened()
    slider = page.locator("#second input")
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    assert (shown(page, "first"), shown(page, "second")) == ([0], [2])
    assert page.locator("#second output").inner_text() == "The slope is 3."
    assert page.locator("#first output").inner_text() == "The slope is 1."
    assert slider.get_attribute("aria-valuetext") == "3"
    assert page.locator("#second .dz-controls span").inner_text() == "3"


def test_two_sliders_reach_every_frame(opened):
    page = opened()
    a, b = page.locator("#third input").all()
    texts = []
    for key_a, key_b in itertools.product(["Home", "End"], ["Home", "ArrowRight", "End"]):
        a.press(key_a)
        b.press("Home")
        b.press(key_b)
        texts.append(page.locator("#third output").inner_text())
        assert len(shown(page, "third")) == 1
    assert texts == [f"a = {a}, b = {b}" for a in (1, 2) for b in (3, 4, 5)]


def test_a_figure_starts_where_it_shows_something(opened):
    page = opened()
    assert shown(page, "late") == [4]
    assert page.locator("#late output").inner_text() == "a = 2, b = 4"
    assert page.locator("#late .dz-controls > span").all_inner_texts() == ["2", "4"]
    page.locator("#late input").last.press("ArrowRight")
    assert shown(page, "late") == [5]
    page.locator("#late input").first.press("ArrowLeft")
    assert shown(page, "late") == [2]


def test_buttons_speak_the_language_of_the_site(opened):
    words = "data-play='播放' data-pause='暂停' data-next='下一步' data-back='上一步'"
    page = opened(head=f"<script {words}></script>")
    browsers.stop_the_clock(page)
    button = page.locator("#first button")
    assert button.get_attribute("aria-label") == "播放"
    button.press("Space")
    assert button.get_attribute("aria-label") == "暂停"
    steps = page.locator("#stepped button")
    named = steps.evaluate_all("buttons => buttons.map(b => b.getAttribute('aria-label'))")
    assert named == ["上一步", "下一步"]


def test_page_has_no_globals(opened):
    page = opened()
    names = "['root', 'all', 'inputs', 'icons', 'first', 'button', 'out', 'show', 'play', 'step']"
    anchors = "document.querySelectorAll('[id]')"  # browsers make these globals themselves
    assert page.evaluate(f"{anchors}.forEach(e => e.removeAttribute('id'))") is None
    assert page.evaluate(f"{names}.filter(name => name in window)") == []


def test_play_steps_stops_at_the_end_and_starts_again(opened):
    page = opened()
    browsers.stop_the_clock(page)
    button = page.locator("#first button")
    button.press("Space")
    assert button.get_attribute("aria-label") == "Pause"
    assert page.locator("#first output").get_attribute("aria-live") == "off"
    assert shown(page, "first") == [1]
    page.clock.run_for(1000)
    assert shown(page, "first") == [2]
    assert button.get_attribute("aria-label") == "Play"
    assert page.locator("#first output").get_attribute("aria-live") == "polite"
    page.clock.run_for(3000)
    assert shown(page, "first") == [2]
    button.press("Enter")
    assert shown(page, "first") == [0]
    page.clock.run_for(1000)
    assert shown(page, "first") == [1]


def test_pause_and_slider_stop_the_play(opened):
    page = opened()
    browsers.stop_the_clock(page)
    button, slider = page.locator("#second button"), page.locator("#second input")
    for stop in (button.click, lambda: slider.press("ArrowLeft")):
        slider.press("Home")
        button.click()
        page.clock.run_for(1000)
        assert shown(page, "second") == [2]
        stop()
        at = shown(page, "second")
        page.clock.run_for(3000)
        assert shown(page, "second") == at
        assert button.get_attribute("aria-label") == "Play"


def test_less_motion_means_one_step_a_press(opened):
    page = opened(reduced_motion="reduce")
    browsers.stop_the_clock(page)
    button = page.locator("#second button")
    assert button.get_attribute("aria-label") == "Next"
    button.click()
    page.clock.run_for(5000)
    assert shown(page, "second") == [1]
    assert button.get_attribute("aria-label") == "Next"


def test_without_script_the_first_frame_shows(opened):
    page = opened(java_script_enabled=False)
    assert shown(page, "second") == [0]
    assert not page.locator("#second input").is_visible()
    assert not page.locator("#second button").is_visible()
    assert page.locator("#second output").inner_text() == "The slope is 1."


def test_paper_shows_one_frame(opened):
    page = opened()
    page.locator("#second input").press("End")
    page.emulate_media(media="print")
    assert shown(page, "second") == [5]
    assert not page.locator("#second input").is_visible()


def test_sliders_are_large_enough_and_fit_a_phone(opened):
    page = opened(viewport={"width": 320, "height": 600})
    for target in page.locator("input, button").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_buttons_go_through_the_steps_and_keep_the_focus(opened):
    page = opened()
    back, step = page.locator("#stepped button").all()
    slider, note = page.locator("#stepped input"), page.locator("#stepped output")
    assert note.inner_text() == "x = 1 < 9\nw ← 0 + 1 = 1"
    assert [b.get_attribute("aria-disabled") for b in (back, step)] == ["true", "false"]
    back.press("Enter")  # nowhere to go
    assert shown(page, "stepped") == [0]
    step.focus()
    for at in (1, 2, 2):
        page.keyboard.press("Space")
        assert shown(page, "stepped") == [at]
        assert note.inner_text() == ("x = 2 < 9\nw ← 1 + 1 = 2", "x = 3")[at - 1]
    assert step.get_attribute("aria-disabled") == "true"
    assert step.evaluate("e => e === document.activeElement")
    back.press("Enter")
    assert slider.input_value() == "1"
    assert slider.get_attribute("aria-valuetext") == "2"
    slider.press("ArrowLeft")
    assert shown(page, "stepped") == [0]
    assert shown(page, "first") == [0]


def test_the_caption_stays_where_it_is_from_step_to_step(opened):
    page = opened()
    caption = page.locator("#stepped figcaption")
    before = caption.evaluate("e => e.offsetTop")
    page.locator("#stepped input").press("End")
    assert caption.evaluate("e => e.offsetTop") == before


def test_notes_are_a_list_on_paper_and_without_script(opened):
    page = opened()
    notes = page.locator("#stepped dl")
    assert not notes.is_visible()
    page.emulate_media(media="print")
    assert notes.is_visible()
    assert not page.locator("#stepped output").is_visible()
    page = opened(java_script_enabled=False)
    assert page.locator("#stepped dl").is_visible()
    assert not page.locator("#stepped output").is_visible()
    assert shown(page, "stepped") == [0]


# ---- a picture between the stored ones ------------------------------------------------------


def test_a_frame_goes_between_numbers():
    frame = slope(slope=[1.0, 2.0, 4.0]).frame(1.25)
    assert frame["text"] == "The slope is 2.5."
    assert frame["values"] == ["2.5"]
    assert frame["between"] is True
    assert frame["note"] == ""
    picture = ElementTree.fromstring(frame["svg"])
    assert picture.get("aria-label") == "The slope is 2.5."


@pytest.mark.parametrize(
    ("values", "place", "expected"),
    [
        ([1, 2, 6], 1.3, "3"),  # whole numbers stay whole
        ([1, 2, 6], 0.2, "1"),
        (range(3), 1.5, "2"),
        (np.array([1, 5]), 0.5, "3"),
        (np.array([1.0, 2.0]), 0.5, "1.5"),
        ([1, 2.0], 0.5, "1.5"),
        ([3.0, 1.0], 0.5, "2"),
        (["sgd", "adam"], 0.9, "sgd"),  # nothing lies between two texts
        ([False, True], 0.9, "0"),
        ([0.1, 0.2], 1, "0.2"),
        ([0.1, 0.2], 1.0, "0.2"),
    ],
)
def test_what_lies_between_two_values(values, place, expected):
    def draw(ax, value):
        return f"{value}."

    frame = Explorer(draw, alt="A.", caption="C.", value=values).frame(place)
    assert frame["values"] == [expected]


def test_a_whole_number_is_one_for_draw():
    kinds = []

    def draw(ax, value):
        kinds.append(type(value))
        return "It."

    Explorer(draw, alt="A.", caption="C.", value=range(0, 10, 5)).frame(0.5)
    assert set(kinds) == {int}


def test_a_frame_tells_whether_it_lies_between():
    assert not slope().frame(1)["between"]
    assert not slope().frame(0.2)["between"]  # 1.2 is 1 as a whole number
    assert slope(slope=[1, 9]).frame(0.5)["between"]


def test_a_frame_of_two_sliders(grid):
    frame = grid.frame(0.5, 6)
    assert frame["values"] == ["0.035", "4"]
    assert frame["text"].startswith("lr = 0.035, kappa = 4:")
    assert frame["between"] is True


def test_a_frame_has_its_note():
    figure = stepped(row=[1, 2, 9])
    assert figure.frame(1.6)["note"] == "x = 6 < 9\nw ← 5 + 1 = 6"
    assert figure.frame(1)["note"] == figure.notes[1]


def flattened(svg, defs="<defs/>"):
    """Return the shapes of a drawing in their order, with what they refer to in place of ids."""
    root = ElementTree.fromstring(svg)
    pieces = [piece for box in [ElementTree.fromstring(defs), *root.iter("defs")] for piece in box]
    known = {piece.get("id"): piece for piece in pieces}

    def shapes_of(element, around):
        given = {k: v for k, v in element.attrib.items() if k not in ("id", "href")}
        for key, value in given.items():
            if name := re.search(r"url\(#(.+?)\)", value):
                given[key] = value.replace(name[0], str(shapes_of(known[name[1]], ())))
        around = (*around, tuple(sorted(given.items()))) if given else around
        inside = [known[element.get("href")[1:]]] if element.tag == "use" else list(element)
        if element.tag == "defs":
            return []
        if not inside:
            return [(element.tag, around)]
        return [shape for child in inside for shape in shapes_of(child, around)]

    return [shape for child in root for shape in shapes_of(child, ())]


@pytest.mark.parametrize("at", [0, 1, 10])
def test_a_frame_at_a_whole_place_is_the_stored_picture(updates, at):
    frame = updates.frame(at)
    assert frame["text"] == updates.texts[at]
    assert not frame["between"]
    drawn = BeautifulSoup(frame["svg"], "html.parser").svg
    stored = BeautifulSoup(updates.svgs[at], "html.parser").svg
    assert drawn["viewbox"] == stored["viewbox"]
    flat = [flattened(frame["svg"]), flattened(updates.svgs[at], updates.defs)]
    assert flat[0] == flat[1] != []


def test_two_frames_have_no_ids_in_common():
    figure = slope(slope=[1.0, 2.0])
    ids = [set(re.findall(r' id="([^"]+)"', figure.frame(place)["svg"])) for place in (0.3, 0.6)]
    ids.append(set(re.findall(r' id="([^"]+)"', figure.defs)))
    assert all(ids)
    assert not any(a & b for a, b in itertools.combinations(ids, 2))


def test_frames_are_written_when_somebody_looks(monkeypatch):
    written = []

    def record(figs, *names):
        written.append(len(figs))
        return svg_frames(figs, *names)

    monkeypatch.setattr(widgets, "svg_frames", record)
    figure = slope()
    assert written == []
    page = figure.page()
    assert written == [3]
    assert figure.page() == page
    assert written == [3]
    with pytest.raises(ZeroDivisionError):  # a mistake shows at once
        Explorer(lambda ax, lr: 1 / 0, alt="A line.", caption="Slopes.", lr=[1.0, 2.0])


def test_a_frame_is_laid_out_like_the_stored_ones(monkeypatch):
    figure = slope(slope=[1.0, 2.0])
    figure.page()
    monkeypatch.setattr(widgets, "ConstrainedLayoutEngine", None)
    assert figure.frame(0.0)["svg"]


@pytest.mark.parametrize("places", [(), (0, 1)])
def test_a_frame_needs_a_place_of_each_slider(places):
    with pytest.raises(ValueError, match=rf"{len(places)} places.*expected 1.*slope"):
        slope().frame(*places)


@pytest.mark.parametrize("place", [-0.5, -1, 2.1, 3, float("nan"), float("inf"), "1", None])
def test_a_place_off_the_slider_is_refused(place):
    kind = TypeError if isinstance(place, str | None) else ValueError
    with pytest.raises(kind, match=r"slope.*expected.*0 .*2"):
        slope().frame(place)
