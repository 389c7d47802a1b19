"""Draw the family tree of the optimizers for ``book/families.md``.

    python tools/make/families.py

Writes: book/_static/families.svg
Needs: matplotlib>=3.9
"""

from pathlib import Path

from logo import canvas, svg_file
from matplotlib.patches import Rectangle

from dlzero.plots.look import SIZE

STATIC = Path(__file__).resolve().parents[2] / "book" / "_static"
#: Where each method stands: left those with a velocity, right those with a rate for each
#: parameter, in the middle those with both.
PLACES = {
    "GD": (1.5, 0),
    "momentum": (1, 1),
    "SGD": (2, 1),
    "Nesterov": (0, 2),
    "AdaGrad": (2, 2),
    "Schedule-Free": (3, 1),
    "RMSProp": (2, 3),
    "AdaDelta": (3, 3),
    "Adam": (1.5, 4),
    "AdaMax": (3, 4),
    "AdaBelief": (0.5, 4),
    "Nadam": (0, 5),
    "AdamW": (1, 5),
    "AMSGrad": (2, 5),
    "RAdam": (3, 5),
    "Lion": (1, 6),
}
#: Parent and child. A child takes over its parent's idea and changes one thing.
LINES = [
    ("GD", "SGD"),
    ("GD", "momentum"),
    ("SGD", "Schedule-Free"),
    ("momentum", "Nesterov"),
    ("SGD", "AdaGrad"),
    ("AdaGrad", "RMSProp"),
    ("AdaGrad", "AdaDelta"),
    ("momentum", "Adam"),
    ("RMSProp", "Adam"),
    ("Adam", "AdaMax"),
    ("Adam", "AdaBelief"),
    ("Nesterov", "Nadam"),
    ("Adam", "Nadam"),
    ("Adam", "AMSGrad"),
    ("Adam", "AdamW"),
    ("Adam", "RAdam"),
    ("AdamW", "Lion"),
]
WIDTH, HEIGHT = 0.88, 0.52


def draw_tree():
    """Return the tree: boxes with names, arrows from parent to child."""
    ax = canvas(5, 5.8)
    ax.set(xlim=(-0.5, 3.5), ylim=(6.35, -0.35))
    ax.axis("off")
    for parent, child in LINES:
        (x0, y0), (x1, y1) = PLACES[parent], PLACES[child]
        side = (x1 > x0) - (x1 < x0) if y1 == y0 else 0
        start = (x0 + side * WIDTH / 2, y0 + (side == 0) * HEIGHT / 2)
        end = (x1 - side * WIDTH / 2, y1 - (side == 0) * HEIGHT / 2)
        arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 1}
        ax.annotate("", end, start, arrowprops=arrow)
    for name, (x, y) in PLACES.items():
        corner = (x - WIDTH / 2, y - HEIGHT / 2)
        look = {"facecolor": "none", "edgecolor": "black", "linewidth": 1.2}
        ax.add_patch(Rectangle(corner, WIDTH, HEIGHT, **look))
        lines = name.replace("-", "-\n")
        ax.text(x, y, lines, ha="center", va="center", fontsize=SIZE, color="black")
    return ax


def main():
    """Write the file."""
    path = STATIC / "families.svg"
    title = "The family tree of the optimizers"
    drawing = svg_file(draw_tree(), title, "tools/make/families.py")
    # The colour of the text is that of no page here: figures.css turns black into white on dark.
    path.write_text(drawing.replace("currentColor", "#000"), encoding="utf-8")
    print(f"written  {path.relative_to(STATIC.parent.parent)}")


if __name__ == "__main__":
    main()
