"""What the page gets: SVG that is light and takes the text's colour, with words beside it."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from hypothesis import given
from hypothesis import strategies as st

from dlzero import datasets, plots
from dlzero.plots.svg import PAPER, _round

plt = plots.plt

ROOT = Path(__file__).resolve().parents[2]
AND = tuple(datasets.logic("and"))


def page_of(ax, name="test", caption="A caption.", alt="What it shows."):
    html = plots.figure(ax, caption=caption, alt=alt, name=name)._repr_mimebundle_()["text/html"]
    return html, BeautifulSoup(html, "html.parser")


def test_figure_has_anchor_caption_and_text_alternative():
    html, soup = page_of(plots.points(*AND), "and-points", 'a <b> & "c"', 'd > "e" & <f>')
    figure = soup.contents[0]
    assert html.startswith('<figure class="dz-figure" id="and-points"><svg role="img" ')
    assert html.endswith("</figcaption></figure>")
    assert figure.svg["aria-label"] == 'd > "e" & <f>'
    assert figure.figcaption.text == 'a <b> & "c"'
    assert [child.name for child in figure.children] == ["svg", "figcaption"]


def test_figure_as_text_and_without_name():
    shown = plots.figure(plots.points(*AND), caption="c", alt="Four points.")
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == repr(shown) == "Figure: Four points."
    assert bundle["text/html"].startswith('<figure class="dz-figure"><svg')


def test_figure_appears_once():
    plots.figure(plots.points(*AND), caption="c", alt="a")
    assert plt.get_fignums() == []


def test_figure_takes_axes_array_or_figure():
    for obj in (plots.axes(), plots.axes().figure, plots.axes(columns=2)):
        assert plots.figure(obj, caption="c", alt="a").svg.startswith("<svg")


@pytest.mark.parametrize("empty", ["", "  ", None, 3])
@pytest.mark.parametrize("part", ["caption", "alt"])
def test_figure_refuses_empty_words(part, empty):
    words = {"caption": "c", "alt": "a", part: empty}
    kind = ValueError if isinstance(empty, str) else TypeError
    with pytest.raises(kind, match=f"{part} is .*Write one"):
        plots.figure(plots.axes(), **words)


@pytest.mark.parametrize("name", ["And", "a b", "1a", "", "a_b", 3])
def test_figure_refuses_what_is_no_anchor(name):
    with pytest.raises(
        ValueError if isinstance(name, str) else TypeError, match="lower-case letters"
    ):
        plots.figure(plots.axes(), caption="c", alt="a", name=name)


def test_figure_refuses_what_is_no_picture():
    with pytest.raises(TypeError, match="obj is a list; expected Matplotlib axes"):
        plots.figure([1, 2], caption="c", alt="a")


def crowded():
    """Return axes with all that Matplotlib likes to colour black or white."""
    ax = plots.axes()
    t = np.linspace(0, 7, 200)
    for k in range(5):
        ax.plot(t, np.sin(t + k), label=f"$k_{k}$")
    ax.scatter(t[:3], t[:3], color="black")
    ax.annotate("here", (1, 1), (2, 2), arrowprops={"arrowstyle": "->"})
    ax.set(xlabel="$t$", ylabel="y")
    ax.legend()
    return ax


def test_svg_takes_the_colour_of_the_text():
    html, soup = page_of(crowded())
    assert soup.svg["fill"] == "currentColor"
    assert "currentColor" in str(soup.svg.find_all("path"))
    assert not re.search(r"#000000|#ffffff|black|white", html)
    colors = set(re.findall(r"#[0-9a-f]{6}\b", html)) - {"#" + d["id"] for d in soup.select("[id]")}
    assert colors == set(plots.COLORS)


def test_white_is_the_colour_of_the_page():
    ax = plots.axes()
    ax.scatter([1], [1], color="white")
    svg = plots.figure(ax, caption="c", alt="a").svg
    assert f"fill:{PAPER}" in svg
    assert "#ffffff" not in svg


def test_svg_scales_and_has_nothing_in_it_that_reaches_the_page():
    html, soup = page_of(plots.axes(5, 3.2))
    assert soup.svg["viewbox"] == "0 0 360 230.4"
    assert soup.svg["style"] == "max-width:480px"
    assert not {"width", "height"} & set(soup.svg.attrs)
    assert not re.search(r"<style|<script|<!--|metadata|xlink|<text|font-family|https?:", html)


def test_line_plot_is_light():
    html, _ = page_of(crowded())
    assert len(html) < 30_000


def ids_and_uses(html):
    ids = re.findall(r'\bid="([^"]+)"', html.partition("<svg")[2])
    return ids, set(re.findall(r'(?:href="|url\()#([^")]+)', html))


def test_every_id_is_used_and_every_use_has_its_id():
    ids, uses = ids_and_uses(page_of(crowded())[0])
    assert len(ids) == len(set(ids)) > 10
    assert set(ids) == uses


def test_ids_of_two_figures_differ():
    first, second = (ids_and_uses(page_of(crowded(), name)[0])[0] for name in ("one", "two"))
    assert not set(first) & set(second)
    unnamed = [plots.figure(crowded(), caption=c, alt="a").svg for c in "cd"]
    first, second = (re.findall(r'\bid="([^"]+)"', svg) for svg in unnamed)
    assert not set(first) & set(second)


def test_svg_is_the_same_in_a_second_process():
    code = (
        "import matplotlib; matplotlib.use('agg')\n"
        "from dlzero import Perceptron, datasets, plots\n"
        "X, y = datasets.logic('and')\n"
        "ax = plots.boundary_trace(Perceptron().fit(X, y), X, y, 5)\n"
        "print(plots.figure(ax, caption='c', alt='a', name='n')._repr_mimebundle_()['text/html'])"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.startswith(b"<figure")


def test_short_svg_still_shows_the_data():
    """Each data point must lie within 0.01 point of where Matplotlib puts it."""
    x, y = np.arange(9), np.array([3, 1, 4, 1, 5, 9, 2, 6, 5.5])
    ax = plots.axes()
    drawn = ax.plot(x, y, color=plots.COLORS[3], marker="None")[0]
    _, soup = page_of(ax)
    (path,) = (p for p in soup.find_all("path") if plots.COLORS[3] in p.get("style", ""))
    got = np.array(re.findall(r"-?[\d.]+", path["d"]), dtype=float).reshape(-1, 2)
    expected = drawn.get_transform().transform(np.transpose([x, y])) * 72 / ax.figure.dpi
    expected[:, 1] = 72 * ax.figure.get_size_inches()[1] - expected[:, 1]
    np.testing.assert_allclose(got, expected, atol=0.0101)


@given(st.floats(-1e4, 1e4))
def test_rounding_moves_a_number_less_than_the_eye_sees(number):
    assert abs(float(_round(f"{number:f}")) - number) <= 0.00502


@pytest.mark.parametrize(
    ("text", "short"),
    [("54.125", "54.13"), ("54.124999", "54.13"), ("-0.001", "0"), ("3.10 7", "3.1 7")],
)
def test_rounding_does_not_flip_at_halves(text, short):
    assert _round(text) == short


bodies = st.sampled_from(['<svg role="img" aria-label="A."></svg>', "<div>\n<p>x</p></div>", ""])
names = st.none() | st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True)
kinds = st.sampled_from(["figure", "explorer"])


@given(bodies, st.text(st.characters(exclude_categories=("Cs",))), kinds, names)
def test_parse_reads_what_render_writes(body, caption, kind, name):
    page = plots.render(body, caption, kind, name)
    assert plots.parse(page) == (body, caption, kind, name)
    assert plots.render(*plots.parse(page)) == page
    assert plots.parse(f"\n{page}\n") == plots.parse(page)


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<p>text</p>",
        "<figure><svg></svg><figcaption>c</figcaption></figure>",
        '<figure class="dz-figure"><svg></svg></figure>',
        '<p></p><figure class="dz-figure"><svg></svg><figcaption>c</figcaption></figure>',
        '<figure class="dz-figure"><svg></svg><figcaption>a <b>c</b></figcaption></figure>',
    ],
)
def test_parse_reads_nothing_else(page):
    assert plots.parse(page) is None


def test_parts_tell_the_words_of_each_drawing():
    body = (
        '<svg aria-hidden="true"></svg>'
        '<svg role="img" aria-label=" a &lt; &quot;b&quot; "></svg>'
        '<svg role="img"></svg><svg aria-label="no role"></svg>'
    )
    assert plots.parse(plots.render(body, "c")).alts == ['a < "b"', "", ""]


STORED = [
    pytest.param(output["data"]["text/html"], id=f"{folder}-{path.stem}-{cell.id}")
    for folder in ("lessons", "lessons/deeper", "book")
    for path in sorted((ROOT / folder).glob("*.ipynb"))
    for cell in nbformat.read(path, as_version=4).cells
    for output in cell.get("outputs", ())
    if "<svg" in output.get("data", {}).get("text/html", "")
]


def test_lessons_have_figures_of_both_kinds():
    kinds = {plots.parse(page.values[0]).kind for page in STORED}
    assert kinds == {"figure", "explorer"}


@pytest.mark.parametrize("page", STORED)
def test_stored_figures_are_read_and_written_to_the_byte(page):
    parts = plots.parse(page)
    assert plots.render(*parts) == page
    assert parts.caption.strip()
    assert parts.alts
    assert all(parts.alts)


@pytest.mark.parametrize("page", STORED)
def test_stored_figures_can_be_read_on_a_phone(page):
    """A phone of 390 px draws a figure 342 px wide, unless it is narrower."""
    if not (drawings := re.findall(r'<svg role="img"[^>]* viewBox="0 0 ([\d.]+) ', page)):
        return  # a table
    width = float(drawings[0])
    pixel = min(342 / width, 96 / 72)
    sizes = [100 * float(scale) * pixel for scale in re.findall(r" scale\(([\d.]+) -", page)]
    assert min(sizes, default=11) >= 11


LINE_STYLES = re.compile(r"\b(solid|dashed|dotted|dash-dotted)\b", re.I)


@pytest.mark.parametrize("page", STORED)
def test_captions_stand_alone_and_leave_lines_to_legends(page):
    caption = plots.parse(page).caption
    assert not caption.startswith("The same")
    assert not LINE_STYLES.findall(caption)


def test_the_book_makes_a_figure_of_it_and_leaves_other_html_alone(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "_ext")
    import dlzero_book

    document = new_document("page", get_default_settings())
    page = plots.render("<svg></svg>", 'a < "b" & c', "explorer", "the-name")
    document += [nodes.raw("", html, format="html") for html in ("<p>x</p>", page)]
    dlzero_book.NumberedFigures(document).apply()
    other, figure = document.children
    body, caption = figure.children
    assert other.astext() == "<p>x</p>"
    assert isinstance(figure, nodes.figure)
    assert figure["names"] == ["the-name"]
    assert document.nameids == {"the-name": figure["ids"][0]}
    assert body.astext() == '<div class="dz-explorer"><svg></svg></div>'
    assert caption.astext() == caption.rawsource == 'a < "b" & c'
