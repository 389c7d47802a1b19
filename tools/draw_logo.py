"""Draw the logo, the favicon and the welcome picture with the package's own gradient descent.

python tools/draw_logo.py
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dlzero import plots

STATIC = Path(__file__).resolve().parent.parent / "book" / "_static"
TITLE = "Deep learning from zero"


def canvas(width, height):
    """Return axes that fill a figure of this size in inches."""
    return Figure(figsize=(width, height), layout="none").add_axes((0, 0, 1, 1))


def draw_logo():
    """Return the logo: four contour lines and the way down."""
    return plots.logo(canvas(3.8, 2))


def draw_welcome():
    """Return the picture of the welcome page: the same ravine, seen from further away."""
    ax = plots.logo(canvas(7.2, 1.8), rings=np.geomspace(0.6, 9, 9), linewidth=5)
    ax.set(xlim=(-5.2, 5.2), ylim=(-1.3, 1.7))
    return ax


def draw_favicon():
    """Return the favicon: the way alone, in few thick steps, still clear at 16 pixels."""
    ax = plots.logo(canvas(2, 2), rings=(), steps=3, linewidth=16)
    ax.set(xlim=(-0.7, 3.4), ylim=(-1.8, 2.3))
    return ax


def svg_file(ax, title=TITLE):
    """Return the text of an SVG file that stands alone."""
    defs, (svg,) = plots.svg_frames([ax.figure], [title], "logo")
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return svg.replace(">", f">{defs}", 1) + "\n"


def main():
    """Write the three files."""
    pictures = {"logo": draw_logo, "favicon": draw_favicon, "welcome": draw_welcome}
    for name, draw in pictures.items():
        path = STATIC / f"{name}.svg"
        path.write_text(svg_file(draw()), encoding="utf-8")
        print(f"written  {path.relative_to(STATIC.parent.parent)}")


if __name__ == "__main__":
    main()
