"""The editor of a cell: typing, help by a Python that is played here, keyboard, looks.

A small book is built, and a worker of a few lines stands for Python.
"""

import shutil

import browser as browsers
import pytest
import small
from survey import AXE, AXE_RUN, NARROW, READY, STILL

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("editor")]

LIVE = small.ROOT / "_vendor" / "public" / "live"
CONF = """
extensions.append("dlzero_live")
html_extra_path = ["_vendor/public"]
exclude_patterns = ["_vendor"]
"""
PYTHON = """
const does = {
  run({code}, id) {
    const line = code.split("\\n").findIndex(text => text.includes("1 / 0")) + 1;
    const text = code.includes("print(1)") ? "1\\n" : "new\\n";
    const output = line
      ? {output_type: "error", ename: "E", evalue: "", traceback: ["planted"], line}
      : {output_type: "stream", name: "stdout", text};
    postMessage({type: "output", id, output});
    return line ? "error" : "ok";
  },
  complete({code, position}) {
    const [word] = [...code].slice(0, position).join("").match(/\\w*$/);
    const labels = ["linspace", "logspace", "print"].filter(label => label.startsWith(word));
    const options = labels.map(label => ({label, type: "function"}));
    return {start: position - word.length, options};
  },
  help({code, position}) {
    const letters = [...code];
    const name = letters.slice(0, position).join("").match(/\\w*$/)[0]
      + letters.slice(position).join("").match(/^\\w*/)[0];
    return name === "linspace" ? {head: "linspace(start, stop)", text: "Even numbers."} : null;
  },
};
onmessage = ({data}) => {
  if (data.type === "start") return postMessage({type: "ready"});
  postMessage({type: "begun", id: data.id});
  postMessage({type: "done", id: data.id, value: does[data.type](data, data.id)});
};
"""
# Keeps edits as the book does.
KEEP = """window.dlzeroKeep = {
  get: (kind, id) => localStorage.getItem(kind + id),
  set: (kind, id, value) => localStorage.setItem(kind + id, value),
  remove: (kind, id) => localStorage.removeItem(kind + id),
}"""
FIRST = "import numpy as np\n\n\ndef f(x):\n    return x**2  # and so on\n\n\nprint(1)"
CELLS = ["# A page", small.code(FIRST, "1\n"), small.code("print(1)", "1\n")]


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    for name in ("live.js", "editor.js"):
        if not (LIVE / name).exists():
            browsers.give_up(f"no {(LIVE / name).relative_to(small.ROOT)}: run make test")
    folder = tmp_path_factory.mktemp("book") / "source"
    small.write(folder, CELLS)
    with (folder / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(CONF)
    live = folder / "_vendor" / "public" / "live"
    live.mkdir(parents=True)
    for name in ("live.js", "editor.js"):
        shutil.copy(LIVE / name, live)
    shutil.copy(small.ROOT / "live" / "live.css", live)
    (live / "worker.js").write_text(PYTHON, "utf-8")
    (live / "manifest.json").write_text('{"files": {}}', "utf-8")
    return serve(small.build(folder))


@pytest.fixture
def opened(new_window, address):
    """Return the function that opens the page in a window of its own."""
    problems = []

    def start(**settings):
        page = new_window(**settings).new_page()
        page.problems = problems
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.add_init_script(KEEP)
        page.goto(f"{address}index.html")
        page.wait_for_function(READY, polling=100)
        page.add_style_tag(content=STILL)
        return page

    yield start
    assert problems == []


def cell(page, number=0):
    return page.locator("div.cell").nth(number)


def edit(page, code=None, number=0):
    """Open the editor of a cell, with other code in it if wanted; return where it is typed."""
    cell(page, number).get_by_role("button", name="Edit").click()
    place = cell(page, number).get_by_role("textbox")
    place.wait_for()
    if code is not None:
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")
        page.keyboard.insert_text(code)
    return place


def code(page, number=0):
    lines = cell(page, number).locator(".cm-line")
    return "\n".join(lines.evaluate_all("lines => lines.map(line => line.textContent)"))


def wait_for_names(page, **names):
    """Wait until just these names have these classes: CodeMirror reads code in slices of time."""
    page.wait_for_function(
        """names => Object.entries(names).every(([kind, wanted]) => {
          const found = [...document.querySelectorAll(`.cm-content .${kind}`)];
          return JSON.stringify(found.map(one => one.textContent)) === JSON.stringify(wanted);
        })""",
        arg=names,
    )


def run(page, number=0):
    """Run a cell by the keyboard, and wait until it has said how that went."""
    page.keyboard.press("Control+Enter")
    status = cell(page, number).locator('.dz-status:is([data-kind="ok"], [data-kind="error"])')
    status.wait_for()
    return status.inner_text()


def with_python(page):
    """Run the second cell, and with it the first, so that Python is there."""
    cell(page, 1).get_by_role("button", name="Run").click()
    cell(page, 1).locator('.dz-status[data-kind="ok"]').wait_for()


def labels(page):
    page.locator(".cm-tooltip-autocomplete li").first.wait_for()
    return page.locator(".cm-completionLabel").all_inner_texts()


def focused(page):
    return page.evaluate("document.activeElement.className")


def test_nothing_jumps(opened):
    page = opened()
    place = """element => {
      const range = document.createRange();
      range.selectNodeContents(element);
      const {x, y} = range.getBoundingClientRect();
      return {x, y};
    }"""
    comment = cell(page).locator(".c1")
    where, box = comment.evaluate(place), cell(page).bounding_box()
    look = "e => ['color', 'fontSize', 'fontFamily'].map(key => getComputedStyle(e)[key])"
    looks = comment.evaluate(look)
    edit(page)
    comment = cell(page).locator(".cm-content .c1")
    assert comment.evaluate(place) == pytest.approx(where, abs=1)
    assert cell(page).bounding_box() == pytest.approx(box, abs=1)
    assert comment.evaluate(look) == looks


def test_it_indents_closes_and_undoes(opened):
    page = opened()
    edit(page, "")
    page.keyboard.type("def f(x):\nreturn [x]\n")
    assert code(page) == "def f(x):\n    return [x]\n    "
    page.keyboard.press("Tab")
    assert code(page) == "def f(x):\n    return [x]\n        "
    page.keyboard.press("Shift+Tab")
    assert code(page) == "def f(x):\n    return [x]\n    "
    page.keyboard.type("1,")
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    assert code(page).endswith("\n    1,  2")
    for _ in range(20):
        page.keyboard.press("Control+Z")
    assert code(page) == FIRST


def test_keys_of_the_page_are_letters_here(opened):
    page = opened()
    edit(page, "")
    page.keyboard.type("6 / 2")
    assert code(page) == "6 / 2"


def test_names_that_python_brings_along_look_as_on_the_page(opened):
    page = opened()
    stored = cell(page).locator(".cell_input .nb").all_inner_texts()
    assert stored == ["print"]
    edit(page)
    wait_for_names(page, nb=stored)
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text("x.max = 'len'  # len\nlen(ValueError)")
    wait_for_names(page, nb=["len"], ne=["ValueError"])


def test_without_python_it_knows_words_of_the_language_and_of_the_cell(opened):
    page = opened()
    edit(page, "whimsical = 1\n")
    page.keyboard.type("whi")
    assert {"whimsical", "while"} <= set(labels(page))


def test_python_says_how_a_name_goes_on(opened):
    page = opened()
    with_python(page)
    edit(page, "'😀'\n")
    page.keyboard.type("np.lin")
    assert labels(page) == ["linspace"]
    assert page.get_by_role("listbox", name="How the name may go on").is_visible()
    page.keyboard.press("Tab")
    assert code(page) == "'😀'\nnp.linspace"


def test_enter_begins_a_line_unless_a_word_was_chosen(opened):
    page = opened()
    with_python(page)
    edit(page, "")
    page.keyboard.type("np.l")
    assert labels(page) == ["linspace", "logspace"]
    page.keyboard.press("Enter")
    assert code(page) == "np.l\n"
    page.keyboard.type("np.l")
    labels(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert code(page) == "np.l\nnp.logspace"


def test_tab_behind_a_name_completes_it(opened):
    page = opened()
    with_python(page)
    edit(page, "np.lo")
    page.keyboard.press("Tab")
    assert labels(page) == ["logspace"]
    page.keyboard.press("Tab")
    assert code(page) == "np.logspace"


@pytest.mark.parametrize("key", ["F1", "Control+I"])
def test_a_key_tells_about_a_name(opened, key):
    page = opened()
    with_python(page)
    edit(page, "x = np.linspace")
    page.keyboard.press(key)
    told = page.locator(".dz-help")
    told.wait_for()
    assert told.inner_text() == "linspace(start, stop)\nEven numbers."
    # A screen reader hears it.
    heard = page.locator(".cm-announced")
    assert heard.inner_text() == "linspace(start, stop). Even numbers."
    page.keyboard.press("Escape")
    assert told.count() == 0


def test_the_mouse_over_a_name_tells_about_it(opened):
    page = opened()
    with_python(page)
    edit(page, "linspace")
    page.mouse.move(0, 0)
    cell(page).locator(".cm-line").hover(position={"x": 40, "y": 8})
    page.locator(".dz-help").wait_for()
    assert "Even numbers." in page.locator(".dz-help").inner_text()


def test_a_bracket_shows_the_arguments_until_it_is_closed(opened):
    page = opened()
    with_python(page)
    edit(page, "linspace")
    page.keyboard.type("(")
    page.locator(".dz-help").wait_for()
    page.keyboard.type("0, 1")
    assert page.locator(".dz-help").count() == 1
    page.keyboard.type(")")
    assert page.locator(".dz-help").count() == 0
    assert code(page) == "linspace(0, 1)"


def test_tab_stays_and_escape_then_tab_leaves(opened):
    page = opened()
    place = edit(page, "")
    page.keyboard.press("Tab")
    assert "cm-content" in focused(page)
    page.keyboard.type("whi")
    labels(page)
    page.keyboard.press("Escape")  # shuts the list as well
    assert page.locator(".cm-tooltip-autocomplete").count() == 0
    page.keyboard.press("Tab")
    assert focused(page) == "dz-run"
    page.keyboard.press("Shift+Tab")
    assert "cm-content" in focused(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    assert not page.evaluate("document.activeElement.closest('.cell_input')")
    assert code(page) == "    whi"
    # Whoever comes back can indent again.
    place.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert "cm-content" in focused(page)


def test_a_reader_learns_how_to_leave(opened):
    page = opened()
    place = edit(page)
    assert cell(page).locator(".dz-status").inner_text() == "Escape, then Tab leaves the code."
    assert place.get_attribute("aria-label") == "The code of this cell"
    assert "Escape, then Tab leaves" in place.get_attribute("aria-description")


@pytest.mark.parametrize("keys", ["Control+Enter", "Shift+Enter", "Meta+Enter"])
def test_keys_run_what_was_typed(opened, keys):
    page = opened()
    edit(page, "print(2)")
    page.keyboard.press(keys)
    cell(page).locator('.dz-status[data-kind="ok"]').wait_for()
    assert cell(page).locator(".cell_output").inner_text().strip() == "new"
    assert code(page) == "print(2)"
    assert "cm-content" in focused(page)


def test_the_line_of_an_error_is_marked_until_the_code_changes(opened):
    page = opened()
    edit(page, "x = 1\n1 / 0")
    assert run(page).endswith("(Line 2)")
    marked = cell(page).locator(".dz-error-line")
    assert marked.all_inner_texts() == ["1 / 0"]
    page.keyboard.type("1")
    assert marked.count() == 0


def test_the_line_of_an_error_is_said_without_an_editor(opened):
    page = opened()
    edit(page, "x = 1\n1 / 0")
    page.reload()
    assert cell(page).locator(".cell_input pre").inner_text() == "x = 1\n1 / 0\n"
    cell(page).get_by_role("button", name="Run").focus()
    assert run(page).endswith("(Line 2)")
    assert page.locator(".cm-editor").count() == 0


def test_two_clicks_on_code_open_it_at_that_place(opened):
    page = opened()
    cell(page).locator(".c1").dblclick()
    cell(page).get_by_role("textbox").wait_for()
    page.keyboard.type("!")
    [line] = [line for line in code(page).split("\n") if "!" in line]
    assert line.index("!") > line.index("#")
    assert line.replace("!", "") == "    return x**2  # and so on"


def test_reset_brings_back_code_and_output(opened):
    page = opened()
    edit(page, "print(2)")
    run(page)
    cell(page).get_by_role("button", name="Reset").click()
    assert page.locator(".cm-editor").count() == 0
    assert cell(page).locator(".cell_input pre").inner_text().strip("\n") == FIRST
    assert cell(page).locator(".cell_output").inner_text().strip() == "1"
    assert page.evaluate("localStorage.length") == page.evaluate(
        "Object.keys(localStorage).filter(key => !key.startsWith('edit')).length"
    )
    edit(page)
    assert code(page) == FIRST


def test_an_editor_that_does_not_come_is_said(opened):
    page = opened()
    page.route("**/editor.js", lambda route: route.abort())
    cell(page).get_by_role("button", name="Edit").click()
    status = cell(page).locator('.dz-status[data-kind="error"]')
    status.wait_for()
    assert status.inner_text().startswith("The editor could not be loaded: ")
    assert cell(page).locator(".cell_input pre").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(opened, theme):
    page = opened()
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    page.evaluate(AXE.read_text("utf-8"))
    run_axe = AXE_RUN.replace("axe.run(document", "axe.run('.dz-editor, .dz-bar'")
    edit(page, f"{FIRST}\n@g\nclass A(B): x = not 'a' + f'{{1}}' + None\n1 / 0")
    run(page)
    assert cell(page).locator(".dz-error-line").count() == 1
    assert page.evaluate(run_axe, []) == []
    page.keyboard.press("Control+Home")
    page.keyboard.type("l")
    labels(page)
    page.keyboard.press("ArrowDown")
    assert page.evaluate(run_axe, []) == []
    page.keyboard.press("Escape")
    page.keyboard.insert_text("inspace ")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("F1")
    page.locator(".dz-help").wait_for()
    assert page.evaluate(run_axe, []) == []


def test_a_phone_has_room_for_it(opened):
    page = opened(viewport=NARROW, has_touch=True, is_mobile=True)
    with_python(page)
    place = edit(page, "x = 1  # " + "a long line " * 20 + "\nnp.")
    page.keyboard.type("l")
    labels(page)
    sizes = place.evaluate("e => [e.parentElement.scrollWidth, e.parentElement.clientWidth]")
    assert sizes[0] > sizes[1]
    box = page.locator(".cm-tooltip-autocomplete").bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= NARROW["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    # With smaller letters a phone would enlarge the page.
    assert place.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 16
