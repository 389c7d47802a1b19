"""Draw the logo and the pictures like it: gradient descent winds down a ravine.

    python tools/make/logo.py

Writes: book/_static/logo.svg book/_static/favicon.svg book/_static/social.svg
Needs: matplotlib>=3.9
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dlzero.plots import COLORS, svg_frames

STATIC = Path(__file__).resolve().parents[2] / "book" / "_static"
TITLE = "Deep learning from zero"


def canvas(width, height):
    """Return axes that fill a figure of this size in inches."""
    return Figure(figsize=(width, height), layout="none").add_axes((0, 0, 1, 1))


def descent(ax, *, rings, steps=7, linewidth=4.0):
    """Draw the contour lines and the way down on (w1**2 + 4 w2**2) / 2.

    At lr = 0.43, close to the limit 2/4, each step jumps to the other side. A ring is half the
    width of a contour line.
    """
    w = np.array([2.95, 1.45])
    way = [w]
    for _ in range(steps):
        w = w - 0.43 * np.array([1, 4]) * w
        way.append(w)
    angle = np.linspace(0, 2 * np.pi, 121)
    for ring in rings:
        line = ring * np.array([np.cos(angle), np.sin(angle) / 2])
        ax.plot(*line, color=COLORS[2], linestyle="-", linewidth=0.5 * linewidth)
    look = {"color": COLORS[0], "linestyle": "-", "solid_capstyle": "round"}
    ax.plot(*np.transpose(way), **look, linewidth=linewidth)
    ax.plot(*way[0], color=COLORS[0], marker="o", markersize=2 * linewidth)
    ax.plot(0, 0, color=COLORS[4], marker="o", markersize=2.6 * linewidth)
    ax.set_axis_off()
    return ax


def draw_logo():
    """Return the logo: four contour lines and the way down."""
    ax = descent(canvas(3.8, 2), rings=(0.7, 1.65, 2.6, 3.5))
    ax.set(xlim=(-3.7, 3.7), ylim=(-1.95, 1.95), aspect="equal")
    return ax


def draw_social():
    """Return the picture that goes with a link to the book: the ravine under its title."""
    ax = descent(canvas(12, 6.3), rings=np.geomspace(0.5, 3.6, 7), linewidth=8)
    ax.set(xlim=(-4.2, 4.2), ylim=(-1.95, 2.46), aspect="equal")
    ax.text(0.5, 0.92, TITLE, transform=ax.transAxes, ha="center", va="center", fontsize=52)
    return ax


def draw_favicon():
    """Return the favicon: the way alone, in few thick steps, still clear at 16 pixels."""
    ax = descent(canvas(2, 2), rings=(), steps=3, linewidth=16)
    ax.set(xlim=(-0.7, 3.4), ylim=(-1.8, 2.3), aspect="equal")
    return ax


def svg_file(ax, title=TITLE, script="tools/make/logo.py"):
    """Return the text of an SVG file that stands alone and says what made it."""
    defs, (svg,) = svg_frames([ax.figure], [title], "logo")
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"<!-- made by {script} -->\n" + svg.replace(">", f">{defs}", 1) + "\n"


def main():
    """Write the files."""
    pictures = {
        "logo": draw_logo,
        "favicon": draw_favicon,
        "social": draw_social,
    }
    for name, draw in pictures.items():
        path = STATIC / f"{name}.svg"
        path.write_text(svg_file(draw()), encoding="utf-8")
        print(f"written  {path.relative_to(STATIC.parent.parent)}")


if __name__ == "__main__":
    main()
