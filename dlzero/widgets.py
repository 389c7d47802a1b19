"""Figures that move: in a running notebook, and on a page without a kernel.

Needs Matplotlib; the view for a running kernel needs ipywidgets too:
``pip install "dlzero[widgets]"``.
"""

import html
import itertools
import json
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from .checks import function
from .plots import check_name, check_words, render, style, svg_frames

try:
    import ipywidgets
except ImportError:
    ipywidgets = None

# The comments of the file stay in the file.
_LINES = files("dlzero.plots").joinpath("explorer.js").read_text("utf-8").splitlines()
SCRIPT = "\n".join(line for line in _LINES if not line.lstrip().startswith("//"))

# What decides how much room the ticks and labels of axes need.
LOOK = ("xlim", "ylim", "xscale", "yscale", "xlabel", "ylabel", "aspect")

BUTTON = (
    '<button type="button" aria-label="Play"><svg viewBox="0 0 16 16" width="16" height="16" '
    'fill="currentColor" aria-hidden="true"><path d="M4 2l10 6-10 6z"/>'
    '<path d="M3 2h4v12H3zM9 2h4v12H9z" style="display:none"/></svg></button>'
)


class Explorer:
    """A figure with one or two sliders; the picture of each value is drawn beforehand.

    Parameters
    ----------
    draw : callable
        ``draw(ax, value)`` or ``draw(ax, value1, value2)`` draws one picture on `ax` and returns
        a sentence that says what it shows, for readers who cannot see it.
    alt : str
        What the whole figure shows.
    caption : str
        Plain text below the picture.
    name : str, optional
        Anchor of the figure on the page: lower-case letters, digits and hyphens.
    width, height : float, default 4.8 and 3.6
        Size in inches. One inch is 96 CSS pixels on the page.
    **sliders : iterable
        One or two sliders, each with at least two values: ``lr=[0.1, 0.2, 0.5]``.

    Raises
    ------
    TypeError
        If `draw` is not a function or does not return text, if caption, alt or name is no text,
        or if a slider has no values to go through.
    ValueError
        If caption or alt is empty, if there are not one or two sliders of at least two values,
        or if `draw` returns no sentence.

    Examples
    --------
    >>> def draw(ax, lr):
    ...     ax.plot([0, 1], [0, lr])
    ...     return f"A line of slope {lr}."
    >>> Explorer(draw, alt="A line.", caption="The slope is lr.", lr=[0.1, 0.5])
    Explorer: A line.
    """

    def __init__(
        self,
        draw: Callable[..., str],
        *,
        alt: str,
        caption: str,
        name: str | None = None,
        width: float = 4.8,
        height: float = 3.6,
        **sliders: Iterable[Any],
    ) -> None:
        function("draw", draw)
        check_words(alt=alt, caption=caption)
        check_name(name)
        self.draw, self.alt, self.caption, self.name = draw, alt, caption, name
        self.size = width, height
        self.sliders = {label: _values(label, values) for label, values in sliders.items()}
        lengths = [len(values) for values in self.sliders.values()]
        if len(lengths) not in (1, 2) or min(lengths) < 2:
            raise ValueError(
                f"sliders have {lengths} values; expected one or two sliders with at least two "
                "values each, for example Explorer(..., lr=[0.1, 0.2, 0.5])."
            )
        self.texts, self.defs, self.svgs = self._frames()

    def __repr__(self) -> str:
        return f"Explorer: {self.alt}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        live = self.widget()._repr_mimebundle_() if ipywidgets else {}
        return {**live, "text/html": self.page(), "text/plain": repr(self)}

    def page(self) -> str:
        """Return the HTML that moves without a kernel."""
        alt, text = html.escape(self.alt), html.escape(self.texts[0])
        sliders = [_slider(label, values) for label, values in self.sliders.items()]
        sliders.insert(1, BUTTON)
        frames = [
            f"<div data-frame{' hidden' if i else ''}>{svg}</div>"
            for i, svg in enumerate(self.svgs)
        ]
        controls = f'<div class="dz-controls" hidden>{"".join(sliders)}</div>'
        body = (
            f'<div role="group" aria-label="{alt}">{self._shared()}{controls}{"".join(frames)}'
            f'<output aria-live="polite">{text}</output></div><script>{SCRIPT}</script>'
        )
        return render(body, self.caption, "explorer", self.name)

    def widget(self) -> Any:
        """Return the ipywidgets view that moves in a running notebook."""
        sliders = [
            ipywidgets.SelectionSlider(
                description=label, options=[(_readable(value), i) for i, value in enumerate(values)]
            )
            for label, values in self.sliders.items()
        ]
        first = sliders[0]
        play = ipywidgets.Play(max=len(first.options) - 1, interval=900)
        ipywidgets.link((play, "value"), (first, "index"))
        picture, text = ipywidgets.HTML(), ipywidgets.HTML()

        def show(change=None):
            at = 0
            for slider in sliders:
                at = at * len(slider.options) + slider.index
            picture.value, text.value = self.svgs[at], html.escape(self.texts[at])

        for slider in sliders:
            slider.observe(show, "index")
        show()
        caption = ipywidgets.HTML(html.escape(self.caption))
        controls = ipywidgets.HBox([first, play])
        shared = ipywidgets.HTML(self._shared())
        return ipywidgets.VBox([shared, controls, *sliders[1:], picture, text, caption])

    def _frames(self):
        figs, texts = [], []
        with style():
            for values in itertools.product(*self.sliders.values()):
                fig = Figure(figsize=self.size, layout="none")
                text = self.draw(fig.add_subplot(), *values)
                if not isinstance(text, str) or not text.strip():
                    given = ", ".join(map(_readable, values))
                    raise (ValueError if isinstance(text, str) else TypeError)(
                        f"draw returned {text!r} for {given}; expected a sentence that says what "
                        "the picture shows, for readers who cannot see it."
                    )
                figs.append(fig)
                texts.append(text)
        _lay_out(figs)
        return texts, *svg_frames(figs, texts, self.name or self.caption + self.alt)

    def _shared(self):
        hidden = 'width="0" height="0" style="position:absolute" aria-hidden="true"'
        return f"<svg {hidden}>{self.defs}</svg>"


def _lay_out(figs):
    """Find the room that ticks and labels need, once for all frames with equal axes."""
    places = {}
    for fig in figs:
        look = tuple(getattr(ax, f"get_{part}")() for ax in fig.axes for part in LOOK)
        if look not in places:
            ConstrainedLayoutEngine().execute(fig)
            places[look] = [ax.get_position(original=True) for ax in fig.axes]
        for ax, place in zip(fig.axes, places[look], strict=True):
            ax.set_position(place)


def _values(label, values):
    try:
        return list(values)
    except TypeError:
        raise TypeError(
            f"the slider {label} is {values!r}; expected its values, "
            f"for example {label}=[0.1, 0.2, 0.5]."
        ) from None


def _slider(label, values):
    readable = [_readable(value) for value in values]
    label, value = html.escape(label), html.escape(readable[0])
    choices = html.escape(json.dumps(readable, ensure_ascii=False))
    return (
        f'<label>{label} <input type="range" min="0" max="{len(values) - 1}" value="0" '
        f'autocomplete="off" aria-valuetext="{value}" data-values="{choices}"></label>'
        f'<span aria-hidden="true">{value}</span>'
    )


def _readable(value):
    return value if isinstance(value, str) else f"{value:.6g}"
