"""Every cell of every page, run in the browser by the page's own buttons, shows what is stored.

``make pages`` runs this: it takes minutes.
"""

import json
import re
from collections import Counter

import pytest
import survey

from dlzero import plots

pytestmark = [pytest.mark.site, pytest.mark.whole_book]

# The last chapters take longest: begun first, the two workers end at the same time.
NOTEBOOKS = sorted(
    (
        path
        for folder in ("lessons", "lessons/deeper", "book")
        for path in (survey.ROOT / folder).glob("*.ipynb")
    ),
    key=lambda path: (path.name, path.parent.name),
    reverse=True,
)
MASTERS = sorted((survey.ROOT / "grader" / "masters").glob("*.ipynb"))
LISTEN = """
  localStorage.setItem("dlzero:choice:draw", "1"); // no picture stays as it is
  window.ran = {};
  document.addEventListener("dlzero:ran", ({detail}) => {
    ran[detail.cell.id] = {status: detail.status, outputs: detail.outputs};
  });
"""
#: A cell is done when nothing runs any more.
IDLE = "() => !document.querySelector('.dz-stop')"
#: What a cell prints that no two runs share, and an address in the memory.
LEFT_OUT = {"nbval-ignore-output", "needs-processes"}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def stored(path):
    """Return the code cells of a notebook that can run in a browser, by the id on the page."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return {
        f"cell-{cell['id']}": cell
        for cell in cells
        if cell["cell_type"] == "code" and "needs-processes" not in tags_of(cell)
    }


def tags_of(cell):
    return set(cell["metadata"].get("tags", []))


def text(value):
    return value if isinstance(value, str) else "".join(value)


def shown(outputs):
    """Return what outputs show as texts, with what is printed in a row as one."""
    parts = []
    for output in outputs:
        if output["output_type"] == "stream":
            parts.append((output["name"], text(output["text"])))
        elif output["output_type"] == "error":
            parts.append(("error", output["ename"]))
        else:
            data = output["data"]
            kind = "text/html" if "text/html" in data else "text/plain"
            parts.append((kind, text(data[kind])))
    joined = []
    for kind, words in parts:
        if joined and joined[-1][0] == kind == "stdout":
            words = joined.pop()[1] + words
        joined.append((kind, words))
    return joined


def rough(words):
    """Leave out numbers, whose last digits differ where rounding grows."""
    return NUMBER.sub("0", words)


def read(words):
    """Return what a figure says and shows, without where its lines run."""
    parts = plots.parse(words)
    if parts is None or "<svg" not in words:
        return words
    sliders = re.findall(r'data-values="([^"]*)"', words)
    colours = Counter(re.findall(r"#[0-9a-f]{6}", words)).keys()
    return parts.alts, parts.caption, parts.name, sliders, sorted(colours)


def differences(cell, outputs):
    """Say how the outputs of a run differ from those that are stored."""
    tags = tags_of(cell)
    if tags & LEFT_OUT:
        return []
    want, got = shown(cell["outputs"]), shown(outputs)
    if [kind for kind, _ in want] != [kind for kind, _ in got]:
        return [f"{[kind for kind, _ in want]} is stored, came {got}"[:600]]
    found = []
    for (kind, one), (_, other) in zip(want, got, strict=True):
        if kind == "text/html":
            one, other = read(one), read(other)
        if "rounding-grows" in tags:
            one, other = rough(str(one)), rough(str(other))
        if one != other:
            found.append(f"{kind}: {first_difference(str(one), str(other))}")
    return found


def first_difference(one, other):
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    return f"stored …{one[max(0, at - 30) : at + 50]!r}, came …{other[max(0, at - 30) : at + 50]!r}"


def run_all(context, address, texts=None):
    """Press Run at each cell of a page, one after the other; return what the runs have shown."""
    page = context.new_page()
    page.set_default_timeout(600_000)
    page.add_init_script(LISTEN)
    for key, text in (texts or {}).items():
        page.add_init_script(f"localStorage.setItem({json.dumps(key)}, {json.dumps(text)});")
    page.goto(address)
    for name in page.locator("div.cell:has(.dz-run)").evaluate_all("all => all.map(e => e.id)"):
        page.locator(f"[id='{name}'] .dz-run").dispatch_event("click")
        page.wait_for_function(IDLE)
    return page, page.evaluate("ran")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_cell_shows_what_is_stored(own_context, origin, path):
    address = path.relative_to(survey.ROOT).with_suffix(".html").as_posix()
    _, ran = run_all(own_context, origin + address)
    cells = stored(path)
    assert sorted(ran) == sorted(cells)
    found = {
        name: wrong
        for name, cell in cells.items()
        if (wrong := differences(cell, ran[name]["outputs"]))
    }
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.stem)
def test_a_homework_that_is_done_on_its_page_is_right(own_context, origin, path):
    """Each cell of the master, typed into the page: all tests pass, and `check` says so."""
    master = json.loads(path.read_text("utf-8"))["cells"]
    place = f"dlzero:edit:book/homework/{path.stem}#"
    solved = {
        place + cell["id"]: text(cell["source"])
        for cell in master
        if cell["cell_type"] == "code" and "BEGIN SOLUTION" in text(cell["source"])
    }
    assert solved
    page, ran = run_all(own_context, f"{origin}book/homework/{path.stem}.html", solved)
    failed = {name: run for name, run in ran.items() if run["status"] != "ok"}
    assert not failed, json.dumps(failed, indent=1)[:2000]
    (said,) = [words for _, words in shown(ran[f"cell-{path.stem}-all"]["outputs"])]
    lines = [line for line in said.splitlines() if re.match(r"q\d", line)]
    assert lines
    assert [line for line in lines if "Right" not in line] == []
    with page.expect_download() as download:
        page.locator(".dz-download").first.dispatch_event("click")
    handed_in = json.loads(download.value.path().read_text("utf-8"))
    given = {cell["id"]: text(cell["source"]) for cell in handed_in["cells"]}
    assert {place + id: source for id, source in given.items() if place + id in solved} == solved
