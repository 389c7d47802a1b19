"""Draw one small picture for each chapter, for the cards of the first page.

    python tools/make/chapter_pictures.py

Writes: book/_static/chapters/01_perceptron.svg book/_static/chapters/02_linear_unit.svg
Writes: book/_static/chapters/03_gradient_descent.svg book/_static/chapters/04_sgd.svg
Writes: book/_static/chapters/05_probabilities.svg book/_static/chapters/06_momentum.svg
Writes: book/_static/chapters/07_adaptive.svg book/_static/chapters/08_adam.svg
Writes: book/_static/chapters/09_network.svg book/_static/chapters/10_overfitting.svg
Writes: book/_static/chapters/11_practice.svg
Needs: matplotlib>=3.9
"""

import itertools
from pathlib import Path

import numpy as np
from logo import canvas, svg_file

from dlzero import (
    LinearUnit,
    Perceptron,
    adagrad,
    adam,
    datasets,
    gradient_descent,
    minimize,
    momentum,
    surfaces,
)
from dlzero.plots import COLORS

FOLDER = Path(__file__).resolve().parents[2] / "book" / "_static" / "chapters"
BLUE, BROWN, GREEN, PINK, GOLD = COLORS
LINE = {"linewidth": 3, "solid_capstyle": "round", "solid_joinstyle": "round", "linestyle": "-"}
DOT = {"marker": "o", "linestyle": ""}


def perceptron(ax):
    """Draw AND, and the line of a perceptron, moved halfway between the two answers."""
    X, y = datasets.logic("and")
    w = np.ravel(Perceptron().fit(X, y).coef_)
    middle = ((X @ w)[y == 1].min() + (X @ w)[y != 1].max()) / 2
    x = np.array([-1.0, 2.0])
    ax.plot(x, (middle - w[0] * x) / w[1], color=BROWN, **LINE)
    ax.plot(*X[y == 1].T, color=BLUE, markersize=13, **DOT)
    ax.plot(*X[y != 1].T, color=BLUE, markersize=13, markerfacecolor="none", **DOT)
    ax.set(xlim=(-1.1, 2.1), ylim=(-0.4, 1.4))


def linear_unit(ax):
    """Draw rows and the line through them."""
    x = np.array([1.0, 2, 3, 4, 5, 6, 7])
    y = np.array([1.2, 1.9, 3.4, 3.6, 5.4, 5.6, 7.1])
    unit = LinearUnit(lr=0.02, epochs=200).fit(x[:, None], y)
    ax.plot(x[[0, -1]], unit.predict(x[[0, -1], None]), color=BROWN, **LINE)
    ax.plot(x, y, color=BLUE, markersize=9, **DOT)
    ax.set(xlim=(-1, 9), ylim=(0, 8.4))


def descent(ax):
    """Draw the steps down a parabola."""
    x = np.linspace(-1.6, 1.6, 60)
    way = minimize(lambda w: w @ w, (-1.4,), gradient_descent, jac=lambda w: 2 * w, lr=0.2, steps=7)
    ax.plot(x, x**2, color=GREEN, **LINE)
    ax.plot(way.path[:, 0], way.path[:, 0] ** 2, color=BLUE, markersize=9, **DOT)
    ax.set(xlim=(-2.4, 2.4), ylim=(-0.35, 2.5))


def sgd(ax):
    """Draw a walk that sees a few rows at a time, and wanders."""
    rng = np.random.default_rng(3)
    noisy = minimize(
        lambda w: w @ w, (-1.7, 0.5), gradient_descent,
        jac=lambda w: 2 * w + 0.9 * rng.normal(size=2), lr=0.06, steps=40, gtol=0, ftol=0,
    )  # fmt: skip
    rings(ax, 1, (0.3, 0.8, 1.3, 1.85))
    ax.plot(*noisy.path.T, color=BLUE, **{**LINE, "linewidth": 2.2})


def probabilities(ax):
    """Draw the curve that turns a sum into a probability."""
    z = np.linspace(-6, 6, 80)
    ax.plot(z, 1 / (1 + np.exp(-z)), color=BROWN, **LINE)
    ax.plot([-5, -3.6, -2.4, 0.4], [0, 0, 0, 0], color=BLUE, markersize=9, **DOT)
    ax.plot([-0.6, 2, 3.4, 5], [1, 1, 1, 1], color=BLUE, markersize=9, **DOT)
    ax.set(xlim=(-7, 7), ylim=(-0.25, 1.25))


def rings(ax, condition, sizes=(0.6, 1.5, 2.5, 3.6)):
    """Draw the contour lines of a ravine around zero."""
    angle = np.linspace(0, 2 * np.pi, 61)
    for ring in sizes:
        ax.plot(
            ring * np.cos(angle), ring * np.sin(angle) / np.sqrt(condition),
            color=GREEN, linewidth=1.3, linestyle="-",
        )  # fmt: skip
    ax.set(xlim=(-3.9, 3.9), ylim=(-2.19, 2.19))


def walk(rule, color, **rates):
    """Return the function that draws the walk of a rule down a ravine."""

    def draw(ax):
        rings(ax, 4)
        found = minimize(surfaces.ravine(8), (-3.3, 1.2), rule, steps=25, gtol=0, ftol=0, **rates)
        ax.plot(*found.path.T, color=color, **LINE)
        ax.plot(*found.path[0], color=color, markersize=8, **DOT)

    return draw


def network(ax):
    """Draw three layers of units and their weights."""
    layers = [
        (0, np.array([-1.0, 0, 1])),
        (2, np.array([-1.5, -0.5, 0.5, 1.5])),
        (4, np.array([0.0])),
    ]
    for (x0, left), (x1, right) in itertools.pairwise(layers):
        for a in left:
            for b in right:
                ax.plot([x0, x1], [a, b], color=GREEN, linewidth=1.3, linestyle="-")
    for (x, units), color in zip(layers, (BLUE, BROWN, PINK), strict=True):
        ax.plot(np.full(len(units), x), units, color=color, markersize=12, **DOT)
    ax.set(xlim=(-1.4, 5.4), ylim=(-1.95, 1.95))


def overfitting(ax):
    """Draw a curve through every row, and one that is straight."""
    rng = np.random.default_rng(1)
    x = np.linspace(0, 1, 8)
    y = 2 * x + 0.35 * rng.normal(size=8)
    fine = np.linspace(0, 1, 120)
    ax.plot(fine, np.polyval(np.polyfit(x, y, 7), fine), color=PINK, **LINE)
    ax.plot(fine, np.polyval(np.polyfit(x, y, 1), fine), color=BROWN, **LINE)
    ax.plot(x, y, color=BLUE, markersize=9, **DOT)
    ax.set(xlim=(-0.25, 1.25), ylim=(-0.8, 2.8))


def practice(ax):
    """Draw a ranking, each method with its range."""
    for row, (middle, half, color) in enumerate(
        [(0.3, 0.1, BLUE), (0.42, 0.16, BROWN), (0.48, 0.1, GREEN), (0.72, 0.2, PINK)]
    ):
        ax.plot([middle - half, middle + half], [-row, -row], color=color, **LINE)
        ax.plot(middle, -row, color=color, markersize=11, **DOT)
    ax.set(xlim=(-0.1, 1.2), ylim=(-3.6, 0.6))


PICTURES = {
    "01_perceptron": perceptron,
    "02_linear_unit": linear_unit,
    "03_gradient_descent": descent,
    "04_sgd": sgd,
    "05_probabilities": probabilities,
    "06_momentum": walk(momentum, PINK, lr=0.05, mu=0.8),
    "07_adaptive": walk(adagrad, GOLD, lr=0.9),
    "08_adam": walk(adam, BLUE, lr=0.4),
    "09_network": network,
    "10_overfitting": overfitting,
    "11_practice": practice,
}


def drawing(name):
    """Return the text of one file."""
    ax = canvas(3.2, 1.8)
    PICTURES[name](ax)
    ax.set_axis_off()
    return svg_file(ax, name, "tools/make/chapter_pictures.py")


def main():
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        path = FOLDER / f"{name}.svg"
        path.write_text(drawing(name), encoding="utf-8")
        print(f"written  {path.relative_to(FOLDER.parents[2])}")


if __name__ == "__main__":
    main()
