"""The look of every picture: colours that every eye tells apart, on light and dark."""

import itertools
import re

import matplotlib
import numpy as np
import pytest

from dlzero import plots
from dlzero.widgets import Explorer

plt = plots.plt

#: White; sphinx-book-theme dark, pydata theme dark, JupyterLab dark.
PAGES = ("#ffffff", "#121212", "#14181e", "#111111")


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


def letters(svg):
    """Return the sizes of all texts of a picture, in points."""
    return [100 * float(scale) for scale in re.findall(r" scale\(([\d.]+) -", svg)]


def height(svg):
    return float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[1]) / 72


@pytest.mark.parametrize(("width", "least"), [(5, 11.7), (2.5, 5.85), (8, 11.7)])
def test_letters_are_as_large_as_a_phone_needs(width, least):
    ax = plots.axes(width, 3)
    ax.plot([1, 2], label="a")
    ax.legend(fontsize=4)
    ax.figure.text(0.5, 0.5, "b", fontsize=30)
    found = letters(plots.figure(ax, caption="c", alt="a").svg)
    assert min(found) == pytest.approx(least)
    assert max(found) == pytest.approx(30)


def test_letters_of_figures_that_move_are_large_too():
    def draw(ax, k):
        ax.plot([0, k], label="a")
        ax.legend(fontsize=4)
        return f"A line to {k}."

    moving = Explorer(draw, alt="a", caption="c", width=5, k=[1, 2])
    assert min(letters(moving.page())) == pytest.approx(11.7)
    assert min(letters(moving.frame(0.5)["svg"])) == pytest.approx(11.7)


def test_axes_of_a_fixed_shape_leave_no_band():
    def flat(high):
        ax = plots.contours(lambda w: w @ w, (-4, 4), (-1, 1), plots.axes(5, high))
        return plots.figure(ax, caption="c", alt="a").svg

    assert height(flat(5)) == pytest.approx(height(flat(2)), abs=0.1)
    assert height(flat(5)) < 2
    full = plots.figure(plots.axes(5, 4), caption="c", alt="a")
    assert height(full.svg) == pytest.approx(4)


def test_a_layout_of_the_author_is_left_alone():
    fig = plt.figure(figsize=(5, 4))
    fig.add_axes((0.1, 0.1, 0.3, 0.2))
    assert height(plots.figure(fig, caption="c", alt="a").svg) == pytest.approx(4)


def test_numbers_below_contours_stand_apart():
    ax = plots.contours(lambda w: w @ w, (-11, 11), (-5, 5))
    assert len(ax.get_xticks()) <= 8  # two of them beyond the edges
