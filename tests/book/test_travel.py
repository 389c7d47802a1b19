"""The notebook that a reader takes along: what it holds, and that it runs.

tests/site/test_travel_page.py compares its numbers with those of the built pages.
"""

import ast
import base64
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

pytest.importorskip("resvg_py")
pytest.importorskip("sphinx")
import dlzero_learner as learner
import dlzero_plain as plain

from dlzero import plots
from dlzero.widgets import Explorer

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("lessons", "lessons/deeper", "book")
NOTEBOOKS = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
LEFT = re.compile(r"^(?:```|:::)\{|\{[\w:]+\}`|^:[a-z]+:|^\(\S+\)=|^\$\$ *\(\S+\)", re.MULTILINE)
NUMBER = re.compile(r"(?:Fig\.|Table) 9\.9 ?")


class Book:
    """Stands for the built book: it says which number or link was asked for."""

    def __init__(self):
        self.asked = []

    def figure(self, name):
        return "Fig. 9.9"

    def table(self, name):
        return "Table 9.9"

    def exercise(self, label):
        self.asked.append(label)
        return f"Exercise {label}"

    def equation(self, label):
        return f"9.{label}"

    def doc(self, target, title):
        return f"[{title or target}](there)"

    ref = numref = term = doc

    def cite(self, keys, kind):
        return f"({keys})"

    def sources(self):
        return ["A work."]


def stored(path):
    return json.loads(path.read_text("utf-8"))


def made_of(path):
    return plain.notebook(stored(path), Book(), [plain.markdown_cell("install", "Install it.")])


def prose(cells):
    """Return the text of a notebook without its blocks of code."""
    text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return re.sub(r"^```(?:\w+)?$.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def app_with(repository="", website=""):
    config = SimpleNamespace(
        dlzero_repository=repository, dlzero_website=website, html_title="The course"
    )
    return SimpleNamespace(
        config=config, builder=SimpleNamespace(get_target_uri=lambda page: f"{page}.html")
    )


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem + path.parent.name)
def both(request):
    return stored(request.param), made_of(request.param)


def test_it_is_a_notebook_of_bearable_size(both):
    nbformat.validate(both[1])
    assert (both[1]["nbformat"], both[1]["nbformat_minor"]) == (4, 5)
    assert len(json.dumps(both[1])) < 1_000_000


def test_nothing_of_the_book_is_left_in_its_text(both):
    text = prose(both[1]["cells"])
    assert LEFT.findall(text) == []
    assert text.count("<details>") == text.count("</details>")


def test_each_hint_option_and_exercise_is_there_once(both):
    text = prose(both[1]["cells"])
    labels = re.findall(r"\{exercise-start\}\n:label: (\S+)", text_of(both[0]))
    assert re.findall(r"^#### Exercise (\S+)", text, re.MULTILINE) == labels
    assert text.count("<summary>Solution<") == len(labels)
    options = text_of(both[0]).count("{dropdown}")
    asked = text_of(both[0]).count(":class: predict\n")
    assert text.count("<summary>The answer<") == asked
    assert text.count("<details>") == options + len(labels) + asked


def text_of(notebook):
    cells = (cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    return "\n".join("".join(cell["source"]) for cell in cells)


def test_running_all_of_it_solves_no_exercise(both):
    """What the reader should find stands in folds, but for what the chapter goes on with."""
    inside, shown, folded = False, [], []
    for cell in both[0]["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            used = "used-below" in cell["metadata"].get("tags", [])
            (folded if inside and not used else shown).append(source)
        elif marks := re.findall(r"\{solution-(start|end)\}", source):
            inside = marks[-1] == "start"
    code = ["".join(c["source"]) for c in both[1]["cells"] if c["cell_type"] == "code"]
    assert [NUMBER.sub("", source) for source in code] == shown
    text = text_of(both[1])
    assert [source for source in folded if f"```python\n{source}\n```" not in text] == []


def test_what_has_run_has_its_number_too(both):
    """The caption of a figure in a kernel is that of the code."""
    for cell in both[1]["cells"]:
        shown = [json.dumps(output.get("data", {})) for output in cell.get("outputs", [])]
        if found := NUMBER.search("".join(shown)):
            assert found[0].strip() in "".join(cell["source"])
            ast.parse("".join(cell["source"]))


def test_jupyterlab_hides_what_answers_a_box(both):
    cells, asked, hidden = both[0]["cells"], False, []
    for cell in cells:
        if cell["cell_type"] == "markdown":
            asked = ":class: predict\n" in "".join(cell["source"])[-600:]
        elif asked and cell["outputs"]:
            hidden.append(cell["id"])
    made = [c for c in both[1]["cells"] if c["metadata"].get("jupyter", {}).get("outputs_hidden")]
    assert [cell["id"] for cell in made] == hidden
    for cell in made:
        assert cell["outputs"][0]["data"]["text/plain"] == "First your guess. Then run the cell."


def test_the_colour_of_the_page_is_white_in_a_png():
    def drawn(fill):
        path = f'<path d="M0 0H90V60H0z" style="fill:{fill}"/>'
        return plain.png(f'<svg viewBox="0 0 90 60" fill="currentColor">{path}</svg>')

    assert drawn(plain.PAPER) == drawn("#ffffff") != drawn("currentColor")


def test_no_output_needs_html_and_each_picture_is_a_png(both):
    pictures = 0
    for cell in both[1]["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            assert "text/html" not in data
            assert "<svg" not in json.dumps(data)
            if "image/png" in data:
                pictures += 1
                size = output["metadata"]["image/png"]
                image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
                assert image.size == pytest.approx(
                    [plain.DOTS * size["width"], plain.DOTS * size["height"]], abs=1
                )
                assert len(image.convert("RGB").getcolors(1 << 24)) > 5
                assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
                assert size["alt"].strip()
    outputs = [o for c in both[0]["cells"] for o in c.get("outputs", [])]
    pages = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    assert pictures == sum("<svg" in page for page in pages)


@pytest.mark.parametrize(("first", "shown"), [(None, 3), (2, 2), (4, 4)])
def test_a_figure_that_moves_shows_where_it_begins_or_else_its_middle(first, shown):
    def draw(ax, k):
        ax.plot([0, k])
        return f"Line {k}."

    moving = Explorer(draw, alt="A line.", caption="Lines.", k=[1, 2, 3, 4], first=first)
    svg, more = plain.picture(plots.parse(moving.page()))
    assert f'aria-label="Line {shown}."' in svg
    assert f"k = {shown};" in more


def test_it_runs_and_prints_what_is_stored(tmp_path):
    path = ROOT / "book" / "matrices.ipynb"
    first = learner.first_cells(app_with(), "book/matrices", stored(path))
    made = plain.notebook(stored(path), Book(), first)
    notebook = nbformat.reads(json.dumps(made), as_version=4)
    before = [printed(cell) for cell in notebook.cells]
    NotebookClient(notebook, resources={"metadata": {"path": tmp_path}}).execute()
    assert [printed(cell) for cell in notebook.cells] == before
    assert any(before)


def printed(cell):
    outputs = cell.get("outputs", [])
    return "".join(o["text"] for o in outputs if o["output_type"] == "stream")


def test_the_first_cells_install_from_an_address():
    lesson = {"cells": [plain.code_cell("a", "from dlzero.fast import Optimizer")]}
    app = app_with("https://github.com/a/b", "https://c.d/")
    text, code = learner.first_cells(app, "lessons/x", lesson)
    assert "[The course](https://c.d/lessons/x.html)" in text["source"]
    assert '%pip install -q "dlzero[fast,widgets] @ git+https://github.com/a/b"' in code["source"]


def test_without_an_address_they_say_what_to_type():
    lesson = {"cells": []}
    text, code = learner.first_cells(app_with(), "lessons/x", lesson)
    assert '`python -m pip install ".[widgets]"`' in text["source"]
    assert "raise ImportError" in code["source"]
    ast.parse(code["source"])


def test_the_parts_to_install_are_parts_of_the_package():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for part in {*learner.PARTS.values(), "widgets"}:
        assert re.search(rf"^{part} = \[", text, re.MULTILINE)


def test_buttons_open_the_branch_of_the_notebooks():
    group = learner.launch_buttons("https://github.com/a/b", "lessons/x")
    assert [button["url"] for button in group["buttons"]] == [
        "https://mybinder.org/v2/gh/a/b/notebooks?urlpath=lab/tree/lessons/x.ipynb",
        "https://colab.research.google.com/github/a/b/blob/notebooks/lessons/x.ipynb",
    ]
    workflow = (ROOT / ".github" / "workflows" / "publish.yml").read_text("utf-8")
    assert f"git init --quiet --initial-branch {learner.NOTEBOOKS}" in workflow
    assert "DLZERO_REPOSITORY:" in workflow


@pytest.mark.parametrize("address", ["https://github.com/a/b.git", "https://github.com/a/b/"])
def test_an_address_may_end_as_git_writes_it(address):
    config = SimpleNamespace(dlzero_repository=address, dlzero_website="https://c.d")
    learner.addresses(None, config)
    assert config.dlzero_repository == "https://github.com/a/b"
    assert config.dlzero_website == "https://c.d/"


def test_an_address_that_nobody_can_open_is_refused():
    config = SimpleNamespace(dlzero_repository="git@github.com:a/b", dlzero_website="")
    with pytest.raises(learner.ConfigError, match="expected an address that Binder and Colab"):
        learner.addresses(None, config)


def test_boxes_and_folds():
    source = """Before {term}`words <word>` and {eq}`one`.

```{admonition} Where $a$ is
:class: tip

A {doc}`page`.

$$
a &= b \\\\
c &= d
$$ (one)
```

```{dropdown} With *one* `x < y`
Its {cite:p}`key`.
```

```{dropdown} With $x$
Text.
```

```python
"{term}`stays`"
```"""
    assert plain.whole(source, Book()).split("\n") == [
        "Before [words](there) and (9.one).",
        "",
        "> **Where $a$ is**",
        ">",
        "> A [page](there).",
        ">",
        "> $$ a &= b \\\\ c &= d \\tag{9.one} $$",
        "",
        "<details><summary>With <i>one</i> <code>x &lt; y</code></summary>",
        "",
        "Its (key).",
        "",
        "</details>",
        "",
        "<details><summary>",
        "",
        "With $x$",
        "",
        "</summary>",
        "",
        "Text.",
        "",
        "</details>",
        "",
        "```python",
        '"{term}`stays`"',
        "```",
    ]


@pytest.mark.parametrize("source", ["```{tabs} A\n```", "See {kbd}`Tab`."])
def test_what_it_does_not_know_is_named(source):
    with pytest.raises(ValueError, match="is none that a plain notebook can show; expected"):
        plain.whole(source, Book())
