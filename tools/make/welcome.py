"""Draw the picture of the welcome page: three methods walk down a ravine, step by step.

    python tools/make/welcome.py

Writes: book/_static/welcome.svg
Needs: numpy>=2.0

It moves once, for five seconds, and stands still where the reader wants less motion.
"""

from pathlib import Path

import numpy as np

from dlzero import adam, gradient_descent, minimize, momentum, surfaces
from dlzero.plots import COLORS

TARGET = Path(__file__).resolve().parents[2] / "book" / "_static" / "welcome.svg"
WIDTH, HEIGHT, SCALE = 720, 270, 66
CENTRE = np.array([360, 135])
CONDITION, START, STEPS, SECONDS = 9.0, (-4.5, 1.15), 26, 5
#: Name, rule and rates, colour, and where the name stands.
WALKS = (
    ("GD", gradient_descent, {"lr": 0.2}, COLORS[1], (84, 234)),
    ("momentum", momentum, {"lr": 0.05, "mu": 0.8}, COLORS[3], (190, 212)),
    ("Adam", adam, {"lr": 0.55}, COLORS[0], (120, 82)),
)
MOTION = """
@media (prefers-reduced-motion: no-preference) {{
  polyline {{ stroke-dasharray: 1 }}
  polyline, circle {{ animation-duration: {0}s; animation-timing-function: ease-out }}
{1}}}
"""


def ways():
    """Return the points of each walk on the page, as `minimize` of the package finds them."""
    ravine = surfaces.ravine(CONDITION)
    for _name, rule, rates, _color, _place in WALKS:
        found = minimize(ravine, START, rule, steps=STEPS, gtol=0, ftol=0, **rates)
        yield CENTRE + SCALE * found.path * (1, -1)


def frames(way, kind, index):
    """Return the rules that move one walk: every step takes the same time."""
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    line, dot = [], []
    for step, share in enumerate(length / length[-1]):
        time = f"{100 * step / (len(way) - 1):.4g}%"
        x, y = way[step] - way[-1]
        line.append(f"{time}{{stroke-dashoffset:{1 - share:.4g}}}")
        dot.append(f"{time}{{transform:translate({x:.4g}px,{y:.4g}px)}}")
    return (
        f"  @keyframes line{index} {{{''.join(line)}}}\n"
        f"  @keyframes dot{index} {{{''.join(dot)}}}\n"
        f"  .{kind} polyline {{ animation-name: line{index} }}\n"
        f"  .{kind} circle {{ animation-name: dot{index} }}\n"
    )


def drawing():
    """Return the text of the file."""
    rings = "".join(
        f'<ellipse cx="{CENTRE[0]}" cy="{CENTRE[1]}" rx="{SCALE * ring:.4g}" '
        f'ry="{SCALE * ring / np.sqrt(CONDITION):.4g}"/>'
        for ring in np.geomspace(0.5, 5.3, 8)
    )
    motion, walks = [], []
    for index, ((name, _rule, _rates, color, place), way) in enumerate(
        zip(WALKS, ways(), strict=True)
    ):
        motion.append(frames(way, f"w{index}", index))
        points = " ".join(f"{x:.5g},{y:.5g}" for x, y in way)
        x, y = way[-1]
        walks.append(
            f'<g class="w{index}" stroke="{color}" fill="{color}">'
            f'<polyline points="{points}" pathLength="1" fill="none"/>'
            f'<circle cx="{x:.5g}" cy="{y:.5g}" r="7"/>'
            f'<text x="{place[0]}" y="{place[1]}" stroke="none">{name}</text></g>'
        )
    return (
        "<!-- made by tools/make/welcome.py -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {HEIGHT}">\n'
        f"<style>{MOTION.format(SECONDS, ''.join(motion))}</style>\n"
        f'<g fill="none" stroke="{COLORS[2]}" stroke-width="1.5" opacity="0.7">{rings}</g>\n'
        '<g stroke-width="4" stroke-linejoin="round" stroke-linecap="round" font-size="26" '
        f'font-family="system-ui, sans-serif">{"".join(walks)}</g>\n'
        "</svg>\n"
    )


def main():
    """Write the file."""
    TARGET.write_text(drawing(), encoding="utf-8")
    print(f"written  {TARGET.relative_to(TARGET.parents[2])}")


if __name__ == "__main__":
    main()
