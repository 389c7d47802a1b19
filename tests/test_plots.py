"""Pictures: what they show, that they read on light and dark, and what the page gets."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import assume, given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from dlzero import LinearUnit, Perceptron, datasets, plots

matplotlib.use("agg")
plt = plots.plt

ROOT = Path(__file__).resolve().parent.parent
AND = tuple(datasets.logic("and"))
SALARIES = tuple(datasets.salaries())

#: White; sphinx-book-theme dark, pydata theme dark, JupyterLab dark.
PAGES = ("#ffffff", "#121212", "#14181e", "#111111")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def unit():
    return Perceptron(lr=0.1, epochs=10).fit(*AND)


@pytest.fixture(scope="module")
def line():
    return LinearUnit(lr=0.01, epochs=10).fit(*SALARIES)


def page_of(ax, name="test", caption="A caption.", alt="What it shows."):
    html = plots.figure(ax, caption=caption, alt=alt, name=name)._repr_mimebundle_()["text/html"]
    return html, BeautifulSoup(html, "html.parser")


# ---- colours -------------------------------------------------------------------------------


def linear(color):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(color, other):
    """Contrast ratio of the Web Content Accessibility Guidelines 2."""
    low, high = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] for c in (color, other))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_formula_gives_known_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("color", plots.COLORS)
def test_colours_have_contrast_on_light_and_dark(color, page):
    assert contrast(color, page) >= 3


# Linear RGB as seen without red, green or blue cones: Machado, Oliveira and Fernandes (2009).
EYES = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def oklab(rgb):
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    mix = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.array(mix) @ np.cbrt(np.array(cones) @ rgb)


@pytest.mark.parametrize("eye", EYES)
def test_every_eye_tells_the_colours_apart(eye):
    seen = [oklab(np.clip(np.array(EYES[eye]) @ linear(c), 0, 1)) for c in plots.COLORS]
    distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(distances) > 0.1  # 0.02 is just noticeable


def test_each_colour_has_its_own_line_and_marker():
    assert 4 <= len(plots.COLORS) <= 6
    for part in ("color", "linestyle", "marker"):
        assert len({str(look[part]) for look in plots.SERIES}) == len(plots.COLORS)
    with plots.style():
        ax = plt.figure().add_subplot()
        lines = [ax.plot([0, 1])[0] for _ in plots.COLORS]
    assert [drawn.get_color() for drawn in lines] == list(plots.COLORS)
    assert len({drawn.get_linestyle() for drawn in lines}) >= 4


def test_style_leaves_other_settings_alone():
    before = dict(matplotlib.rcParams)
    with plots.style():
        matplotlib.rcParams["interactive"] = not before["interactive"]
    assert matplotlib.rcParams["interactive"] != before["interactive"]
    matplotlib.rcParams["interactive"] = before["interactive"]
    assert dict(matplotlib.rcParams) == before


def test_axes_side_by_side():
    assert len(plots.axes(8, 3, columns=2)) == 2
    assert plots.axes(4, 2).figure.get_size_inches().tolist() == [4, 2]


# ---- what the page gets --------------------------------------------------------------------


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


@pytest.mark.parametrize("empty", ["", "  ", None])
@pytest.mark.parametrize("part", ["caption", "alt"])
def test_figure_refuses_empty_words(part, empty):
    words = {"caption": "c", "alt": "a", part: empty}
    with pytest.raises(ValueError, match=f"{part} is .*Write one"):
        plots.figure(plots.axes(), **words)


@pytest.mark.parametrize("name", ["And", "a b", "1a", "", "a_b", 3])
def test_figure_refuses_what_is_no_anchor(name):
    with pytest.raises(ValueError, match="lower-case letters"):
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
    assert abs(float(plots._round(f"{number:f}")) - number) <= 0.00502


@pytest.mark.parametrize(
    ("text", "short"),
    [("54.125", "54.13"), ("54.124999", "54.13"), ("-0.001", "0"), ("3.10 7", "3.1 7")],
)
def test_rounding_does_not_flip_at_halves(text, short):
    assert plots._round(text) == short


# ---- the pictures --------------------------------------------------------------------------


def test_pictures_use_the_axes_they_get(unit, line):
    pictures = [
        lambda ax: plots.points(*AND, ax),
        lambda ax: plots.boundary(unit, ax),
        lambda ax: plots.boundary_trace(unit, *AND, 3, ax),
        lambda ax: plots.mistakes(unit, ax),
        lambda ax: plots.loss_curve(line, ax),
        lambda ax: plots.residuals(line, *SALARIES, ax),
        lambda ax: plots.residual_plot(line, *SALARIES, ax),
        lambda ax: plots.contours(lambda w: w @ w, (-1, 1), (-1, 1), ax),
        lambda ax: plots.path([[1, 1], [0, 0]], ax),
        lambda ax: plots.logo(ax),
    ]
    for picture in pictures:
        ax = plots.axes()
        assert picture(ax) is ax
        assert len(plt.get_fignums()) == 1
        assert ax.has_data()
        assert ax.get_title() == ""
        assert picture(None) is not ax
        plt.close("all")


def test_pictures_name_their_axes_unless_the_author_did():
    ax = plots.axes()
    ax.set_xlabel("mine")
    plots.points(*AND, ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mine", "$x_2$")


def test_pictures_leave_their_input_alone(unit, line):
    X, y = (array.copy() for array in AND)
    X.setflags(write=False)
    y.setflags(write=False)
    plots.boundary_trace(unit, X, y, 4)
    np.testing.assert_array_equal(X, AND[0])
    np.testing.assert_array_equal(y, AND[1])


def test_points_tells_classes_apart_by_shape_and_filling():
    first, second = plots.points(*AND).collections
    assert first.get_offsets().tolist() == [[1, 1]]
    assert len(second.get_offsets()) == 3
    assert len(first.get_paths()[0].vertices) != len(second.get_paths()[0].vertices)
    assert len(first.get_facecolor()) == 1
    assert len(second.get_facecolor()) == 0


@pytest.mark.parametrize("labels", [[0, 1, 1], [-1, 1, 1], ["a", "b", "b"], [False, True, True]])
def test_points_takes_any_two_labels(labels):
    filled, hollow = plots.points([[0, 0], [1, 1], [2, 2]], labels).collections
    assert (len(filled.get_offsets()), len(hollow.get_offsets())) == (2, 1)


def test_points_of_one_class_keep_its_look():
    (hollow,) = plots.points([[1, 2]], [0]).collections
    (filled,) = plots.points([[1, 2]], [1]).collections
    assert (len(hollow.get_facecolor()), len(filled.get_facecolor())) == (0, 1)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1, 2, 3]], [1], "X has 3 columns; this picture needs 2"),
        ([1, 2], [1, 0], "two dimensions"),
        ([[1, 2], [3, 4]], [1], "one label for each row"),
        ([[1, 2], [3, 4], [5, 6]], [0, 1, 2], r"3 labels: \[0, 1, 2\]"),
        ([[1, np.nan]], [1], "NaN"),
        ([], [], "at least one sample"),
    ],
)
def test_points_refuses(X, y, message):
    with pytest.raises(ValueError, match=message):
        plots.points(X, y)


def test_boundary_of_a_vertical_and_a_horizontal_line():
    vertical = plots.boundary(([2, 0], -1)).lines[0]
    horizontal = plots.boundary(([0, -4], -4)).lines[0]
    np.testing.assert_allclose(vertical.get_xydata(), [[0.5, -2], [0.5, 2]])
    np.testing.assert_allclose(horizontal.get_xydata(), [[-2, -1], [2, -1]])


@pytest.mark.parametrize("line", [([0, 0], 1), ([1, 1], 100)], ids=["w = 0", "far away"])
def test_boundary_without_a_line_to_see(line):
    ax = plots.boundary(line)
    assert not ax.lines
    assert not ax.texts


weights = st.floats(-5, 5).filter(lambda w: w == 0 or abs(w) > 1e-3)


@given(weights, weights, st.floats(-5, 5))
def test_boundary_is_where_the_unit_is_undecided(w1, w2, b):
    w = np.array([w1, w2])
    distance = abs(b) / np.hypot(w1, w2) if w.any() else np.inf
    assume(distance < 1.9)
    ax = Figure().add_subplot()
    ax.set(xlim=(-2, 2), ylim=(-2, 2))
    plots.boundary((w, b), ax)
    ends = ax.lines[0].get_xydata()
    np.testing.assert_allclose(ends @ w + b, 0, atol=1e-9)
    assert np.abs(ends).max() <= 2 + 1e-8
    np.testing.assert_allclose(np.abs(ends).max(axis=1), 2)  # from edge to edge
    assert ax.get_aspect() == 1
    if ax.texts:
        foot, tip = ax.texts[0].xyann, ax.texts[0].xy
        arrow = np.subtract(tip, foot)
        assert w @ arrow == pytest.approx(np.hypot(*w) * np.hypot(*arrow))
        assert w @ tip + b > 0
        assert ax.texts[1].get_text() == "$w$"


def test_boundary_without_arrow_keeps_the_aspect():
    ax = plots.boundary(([1, 1], 0), normal=False)
    assert not ax.texts
    assert ax.get_aspect() == "auto"


def test_boundary_goes_from_edge_to_edge_of_limits_that_stay():
    ax = plots.points(*AND)
    limits = ax.get_xlim(), ax.get_ylim()
    plots.boundary(([1, 2], -2), ax)
    ax.plot([0, 5], [0, 5])
    assert (ax.get_xlim(), ax.get_ylim()) == limits
    np.testing.assert_allclose(ax.lines[0].get_xdata(), limits[0])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Perceptron(), r"Perceptron has no coef_. Call fit\(X, y\)"),
        (([1, 2, 3], 0), "expected 2 finite weights"),
        (([1, np.inf], 0), "expected 2 finite weights"),
        (([1, 2], np.nan), "a finite b"),
        ("line", "str has no coef_"),
    ],
)
def test_boundary_refuses(model, message):
    with pytest.raises(ValueError, match=message):
        plots.boundary(model)


def pale(ax):
    return [drawn for drawn in ax.lines if drawn.get_alpha()]


def test_boundary_trace_shows_the_line_and_those_before(unit):
    n = len(unit.history_)
    for step in range(n):
        ax = plots.boundary_trace(unit, *AND, step)
        bold = [drawn for drawn in ax.lines if not drawn.get_alpha()]
        *w, b = unit.history_[step]
        assert len(pale(ax)) == max(0, step - 1)  # the start has no line
        assert len(bold) == (step > 0)
        for drawn in bold:
            np.testing.assert_allclose(drawn.get_xydata() @ w + b, 0, atol=1e-9)
        rings = ax.collections[-1].get_offsets()
        X, y = AND
        np.testing.assert_array_equal(rings, X[(X @ w + b > 0) != y])


def test_boundary_trace_does_not_jump(unit):
    frames = [plots.boundary_trace(unit, *AND, step) for step in range(11)]
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in frames}) == 1
    assert {ax.get_aspect() for ax in frames} == {1}


def test_boundary_trace_with_a_line_far_away_still_shows_the_points():
    class Far:
        history_ = np.array([[1.0, 1.0, -1e6]])

    ax = plots.boundary_trace(Far, *AND, 0)
    assert np.ptp(ax.get_xlim()) < 4


def test_boundary_trace_refuses(unit, line):
    for step in (11, -1, 2.5):
        with pytest.raises(ValueError, match=f"step is {step}; expected a whole number from 0"):
            plots.boundary_trace(unit, *AND, step)
    with pytest.raises(ValueError, match="Perceptron has no history_"):
        plots.boundary_trace(Perceptron(), *AND, 0)
    with pytest.raises(ValueError, match=r"has shape \(51, 2\)"):
        plots.boundary_trace(line, *AND, 0)
    with pytest.raises(ValueError, match="one label for each row"):
        plots.boundary_trace(unit, AND[0], [1, 0], 0)


def test_mistakes_shows_every_epoch(unit):
    ax = plots.mistakes(unit)
    assert [bar.get_height() for bar in ax.patches] == unit.errors_
    centres = [bar.get_x() + bar.get_width() / 2 for bar in ax.patches]
    np.testing.assert_allclose(centres, range(1, 11))
    assert ax.lines[0].get_xydata().tolist() == [[k, 0] for k in range(5, 11)]


def test_loss_curve_starts_at_epoch_one(line):
    (curve,) = plots.loss_curve(line).lines
    assert curve.get_xdata().tolist() == list(range(1, 11))
    assert curve.get_ydata().tolist() == line.loss_


def test_loss_curves_differ_in_more_than_colour(line):
    ax = plots.loss_curve({"a": line, "b": [3, 2, 1], "c": [1, 2]}, log=True)
    assert ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c"]
    looks = {(c.get_color(), c.get_linestyle(), c.get_marker()) for c in ax.lines}
    assert len({look[1] for look in looks}) == len({look[2] for look in looks}) == 3


def test_loss_curve_takes_more_curves_than_colours():
    assert len(plots.loss_curve({str(k): [k, 1] for k in range(7)}).lines) == 7


@pytest.mark.parametrize(
    ("losses", "log", "message"),
    [
        ([], False, "one number an epoch"),
        ([[1, 2]], False, r"shape \(1, 2\)"),
        ([1, 0], True, "the smallest is 0. Use log=False"),
        (LinearUnit(), False, "LinearUnit has no loss_"),
    ],
)
def test_loss_curve_refuses(losses, log, message):
    with pytest.raises(ValueError, match=message):
        plots.loss_curve(losses, log=log)


def test_residuals_go_from_the_line_to_the_data(line):
    X, y = SALARIES
    ax = plots.residuals(line, X, y)
    segments, data = ax.collections
    for (start, end), x, target in zip(segments.get_segments(), X, y, strict=True):
        np.testing.assert_allclose(start, [x[0], line.predict([x])[0]])
        np.testing.assert_allclose(end, [x[0], target])
    np.testing.assert_allclose(data.get_offsets(), np.column_stack([X, y]))
    fitted = ax.lines[0].get_xydata()
    np.testing.assert_allclose(fitted[:, 1], line.predict(fitted[:, :1]))
    assert (np.diff(fitted[:, 0]) > 0).all()


def test_residual_plot_shows_target_minus_prediction(line):
    X, y = SALARIES
    offsets = plots.residual_plot(line, X, y).collections[0].get_offsets()
    np.testing.assert_allclose(offsets[:, 0], line.predict(X))
    np.testing.assert_allclose(offsets[:, 1], y - line.predict(X))


def test_residual_plot_takes_many_features():
    X, y = np.eye(3), [1.0, 2.0, 4.0]
    offsets = plots.residual_plot(([1, 2, 3], 0.5), X, y).collections[0].get_offsets()
    np.testing.assert_allclose(offsets, [[1.5, -0.5], [2.5, -0.5], [3.5, 0.5]])


def test_residuals_refuses(line):
    with pytest.raises(ValueError, match="X has 2 columns; this picture needs 1"):
        plots.residuals(line, np.ones((3, 2)), [1, 2, 3])
    with pytest.raises(ValueError, match="LinearUnit has no coef_"):
        plots.residuals(LinearUnit(), *SALARIES)
    with pytest.raises(ValueError, match="expected 2 finite weights"):
        plots.residual_plot(line, np.ones((3, 2)), [1, 2, 3])


def bowl(w):
    return w[0] ** 2 + 4 * w[1] ** 2


def test_contours_are_level():
    ax = plots.contours(bowl, (-3, 3), (-2, 2), minimum=(0, 0), levels=[1.0, 4.0])
    *rings, mark = ax.lines
    for ring, level in zip(rings, (1, 4), strict=True):
        points = ring.get_xydata()
        np.testing.assert_allclose([bowl(w) for w in points], level, atol=0.02)
        np.testing.assert_allclose(np.abs(points).max(axis=0), [level**0.5, level**0.5 / 2], 1e-2)
    assert mark.get_xydata().tolist() == [[0, 0]]
    assert ax.get_aspect() == 1
    assert (ax.get_xlim(), ax.get_ylim()) == ((-3, 3), (-2, 2))


def test_contours_of_a_bowl_are_evenly_spaced():
    ax = plots.contours(bowl, (-3, 3), (-1.5, 1.5), minimum=(0, 0), levels=5)
    right = sorted(ring.get_xdata().max() for ring in ax.lines[:3])
    np.testing.assert_allclose(np.diff(right), right[0], rtol=0.02)


def test_contours_of_a_function_that_takes_one_point_only():
    X, y = SALARIES
    ax = plots.contours(
        lambda w: np.mean((X[:, 0] * w[0] + w[1] - y) ** 2), (0, 2e3), (-3e3, 3e3), aspect="auto"
    )
    assert len(ax.lines) >= 5
    assert ax.get_aspect() == "auto"


@pytest.mark.parametrize(
    ("fun", "xlim", "message"),
    [
        (bowl, (1, 1), r"xlim is \(1, 1\); expected \(low, high\)"),
        (bowl, (2, 1), "low < high"),
        (bowl, 3, "xlim is 3"),
        (lambda w: np.inf, (0, 1), "fun is not finite"),
    ],
)
def test_contours_refuses(fun, xlim, message):
    with pytest.raises(ValueError, match=message):
        plots.contours(fun, xlim, (0, 1))


def test_path_shows_every_step_and_marks_the_start():
    way, start = plots.path([[4, 2], [2, 1], [1, 0.5]], series=1).lines
    assert way.get_xydata().tolist() == [[4, 2], [2, 1], [1, 0.5]]
    assert start.get_xydata().tolist() == [[4, 2]]
    assert (way.get_color(), way.get_marker()) == (plots.COLORS[1], plots.MARKERS[1])


def test_path_refuses():
    for bad in ([1, 2], np.ones((2, 3)), np.ones((0, 2))):
        with pytest.raises(ValueError, match=r"expected \(n_steps \+ 1, 2\)"):
            plots.path(bad)


def test_logo_goes_down():
    way = plots.logo().lines[4].get_xydata()
    heights = [w1**2 / 2 + 2 * w2**2 for w1, w2 in way]
    assert (np.diff(heights) < 0).all()
    assert (np.diff(np.sign(way[:, 1])) != 0).all()  # each step to the other side


@pytest.mark.parametrize("name", ["logo.svg", "favicon.svg", "welcome.svg"])
def test_logo_files_are_what_the_tool_draws(name, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import draw_logo

    monkeypatch.setattr(draw_logo, "STATIC", tmp_path / "book" / "_static")
    (tmp_path / "book" / "_static").mkdir(parents=True)
    draw_logo.main()
    drawn = (tmp_path / "book" / "_static" / name).read_text(encoding="utf-8")
    assert drawn == (ROOT / "book" / "_static" / name).read_text(encoding="utf-8")
    # An image file knows nothing of the page's text colour.
    assert "stroke:currentColor" not in drawn
