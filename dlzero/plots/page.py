"""A figure on the page: `figure` makes it of axes, `render` writes its HTML, `parse` reads it."""

import functools
import html
import re
from typing import Any, NamedTuple

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from .look import legible, trim
from .svg import svg_frames

_FIGURE = re.compile(
    r'<figure class="dz-(?P<kind>[a-z]+)"(?: id="(?P<name>[^"]*)")?>'
    r"(?P<body>.*)<figcaption>(?P<caption>[^<]*)</figcaption></figure>",
    re.DOTALL,
)


class Parts(NamedTuple):
    """What the HTML of a figure holds: its body, its caption as plain text, its kind and anchor."""

    body: str
    caption: str
    kind: str = "figure"
    name: str | None = None

    @property
    def alts(self) -> list[str]:
        """The text alternative of each drawing; "" where one is missing."""
        found = []
        for attributes in re.findall(r"<svg\b([^>]*)>", self.body):
            if 'aria-hidden="true"' not in attributes:
                label = re.search(r' aria-label="([^"]*)"', attributes)
                is_image = ' role="img"' in attributes
                found.append(html.unescape(label[1]).strip() if label and is_image else "")
        return found


def render(body: str, caption: str, kind: str = "figure", name: str | None = None) -> str:
    """Return the HTML of a figure.

    Parameters
    ----------
    body : str
        HTML of the picture.
    caption : str
        Plain text.
    kind : str, default "figure"
        The style sheet knows "figure" and "explorer".
    name : str, optional
        Anchor of the figure on the page.

    Examples
    --------
    >>> from dlzero import plots
    >>> plots.render("<svg></svg>", "x < 1")
    '<figure class="dz-figure"><svg></svg><figcaption>x &lt; 1</figcaption></figure>'
    """
    anchor = f' id="{name}"' if name else ""
    words = f"<figcaption>{html.escape(caption)}</figcaption>"
    return f'<figure class="dz-{kind}"{anchor}>{body}{words}</figure>'


def parse(page: str) -> Parts | None:
    """Read what `render` wrote; None for any other HTML.

    Parameters
    ----------
    page : str
        The HTML of one figure.

    Returns
    -------
    Parts or None
        With `body`, `caption`, `kind` and `name`: ``render(*parse(page)) == page``. Its `alts` are
        the text alternatives of the drawings.

    Examples
    --------
    >>> from dlzero import plots
    >>> page = plots.render('<svg role="img" aria-label="A line."></svg>', "x < 1", name="line")
    >>> parts = plots.parse(page)
    >>> parts.caption, parts.kind, parts.name, parts.alts
    ('x < 1', 'figure', 'line', ['A line.'])
    """
    found = _FIGURE.fullmatch(page.strip())
    if found is None:
        return None
    return Parts(found["body"], html.unescape(found["caption"]), found["kind"], found["name"])


class Figure:
    """A drawing with its caption and text alternative. Made by `figure`."""

    def __init__(self, fig: Any, caption: str, alt: str, name: str | None) -> None:
        self._fig, self.caption, self.alt, self.name = fig, caption, alt, name

    @functools.cached_property
    def svg(self) -> str:
        """The drawing (str), written when somebody looks at it first."""
        legible(self._fig)
        trim(self._fig)
        defs, (svg,) = svg_frames([self._fig], [self.alt], self.name or self.caption + self.alt)
        self._fig = None
        return svg.replace(">", f">{defs}", 1)

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        page = render(self.svg, self.caption, name=self.name)
        return {"text/html": page, "text/plain": repr(self)}


def figure(
    obj: Axes | NDArray[np.object_] | matplotlib.figure.Figure,
    *,
    caption: str,
    alt: str,
    name: str | None = None,
) -> Figure:
    """Turn axes into what the page shows: SVG, caption, text alternative.

    Parameters
    ----------
    obj : Axes, array of Axes, or matplotlib Figure
        The figure is closed, so that it appears once.
    caption : str
        Plain text below the picture.
    alt : str
        What a reader who does not see the picture must know.
    name : str, optional
        Anchor of the figure on the page: lower-case letters, digits and hyphens.

    Returns
    -------
    Figure
        Leave it as the last line of a cell.

    Raises
    ------
    TypeError
        If `obj` is neither axes nor figure, or if caption, alt or name is no text.
    ValueError
        If caption or alt is empty, or if the name is not a valid anchor.

    Examples
    --------
    >>> from dlzero import plots
    >>> ax = plots.mistakes([3, 2, 0])
    >>> plots.figure(ax, caption="Mistakes in each epoch.", alt="Bars fall to 0.")
    Figure: Bars fall to 0.
    """
    first = obj.flat[0] if isinstance(obj, np.ndarray) and obj.size else obj
    fig: Any = getattr(first, "figure", None)
    if not hasattr(fig, "savefig"):
        raise TypeError(f"obj is a {type(obj).__name__}; expected Matplotlib axes or a figure.")
    check_words(caption=caption, alt=alt)
    check_name(name)
    plt.close(fig)
    return Figure(fig, caption, alt, name)


def check_words(**words: str) -> None:
    """Refuse an empty caption or text alternative."""
    for name, text in words.items():
        problem = TypeError if not isinstance(text, str) else None if text.strip() else ValueError
        if problem:
            raise problem(
                f"{name} is {text!r}. Write one: the caption says what to look at, "
                "alt says what the picture shows to a reader who cannot see it."
            )


def check_name(name: str | None) -> None:
    """Refuse a name that cannot be an anchor."""
    if name is None:
        return
    is_text = isinstance(name, str)
    if not (is_text and re.fullmatch(r"[a-z][a-z0-9-]*", name)):
        raise (ValueError if is_text else TypeError)(
            f"name is {name!r}; expected lower-case letters, digits and hyphens, "
            "for example 'and-boundary'."
        )
