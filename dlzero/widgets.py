"""Figures that move: in a running notebook, and on a page without a kernel.

Needs Matplotlib; the view for a running kernel needs ipywidgets too:
``pip install "dlzero[widgets]"``.
"""

import functools
import html
import itertools
import json
import numbers
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from .checks import function
from .plots import check_name, check_words, render, style, svg_frames
from .plots.look import legible

try:
    import ipywidgets
except ImportError:
    ipywidgets = None


def _script(name):
    """Return a script of the package; its comments stay in the file."""
    lines = files("dlzero.plots").joinpath(name).read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("//"))


SCRIPT, STEPS = _script("explorer.js"), _script("steps.js")

# What decides how much room the ticks and labels of axes need.
LOOK = ("xlim", "ylim", "xscale", "yscale", "xlabel", "ylabel", "aspect")

BUTTON = (
    '<button type="button" aria-label="Play"><svg viewBox="0 0 16 16" width="16" height="16" '
    'fill="currentColor" aria-hidden="true"><path d="M4 2l10 6-10 6z"/>'
    '<path d="M3 2h4v12H3zM9 2h4v12H9z" style="display:none"/></svg></button>'
)
BACK, NEXT = (
    f'<button type="button" aria-label="{label}"><svg viewBox="0 0 16 16" width="16" height="16" '
    f'fill="currentColor" aria-hidden="true"><path d="{path}"/></svg></button>'
    for label, path in (("Back", "M12 2L2 8l10 6z"), ("Next", "M4 2l10 6-10 6z"))
)


class Explorer:
    r"""A figure with one or two sliders; the picture of each value is drawn beforehand.

    Parameters
    ----------
    draw : callable
        ``draw(ax, value)`` or ``draw(ax, value1, value2)`` draws one picture on `ax` and returns
        a sentence that says what it shows, for readers who cannot see it. The first picture is
        drawn at once; a mistake in a later one shows when the figure is displayed.
    alt : str
        What the whole figure shows.
    caption : str
        Plain text below the picture.
    notes : callable, optional
        For a figure to go through step by step, with one slider: ``notes(value)`` returns what
        happens in this step, as plain text of one or more lines. They stand below the picture,
        and buttons back and next take the place of play. Without script, and on paper, the page
        lists the notes of all steps.
    name : str, optional
        Anchor of the figure on the page: lower-case letters, digits and hyphens.
    width, height : float, default 4.8 and 3.6
        Size in inches. One inch is 96 CSS pixels on the page, and letters of a picture wider than
        5 inches are small on a phone.
    first : value or list of values, optional
        The value of each slider that is shown at first. Default is its first value.
    **sliders : iterable
        One or two sliders, each with at least two values: ``lr=[0.1, 0.2, 0.5]``.

    Raises
    ------
    TypeError
        If `draw` or `notes` is not a function or does not return text, if caption, alt or name is
        no text, or if a slider has no values to go through.
    ValueError
        If caption or alt is empty, if there are not one or two sliders of at least two values,
        if there are notes and two sliders, if `first` does not have one value of each slider, or
        if `draw` or `notes` returns an empty text.

    Examples
    --------
    >>> def draw(ax, lr):
    ...     ax.plot([0, 1], [0, lr])
    ...     return f"A line of slope {lr}."
    >>> Explorer(draw, alt="A line.", caption="The slope is lr.", lr=[0.1, 0.5])
    Explorer: A line.

    A perceptron that learns AND, row by row. Symbols and numbers need no translation:

    >>> import numpy as np
    >>> from dlzero import datasets
    >>> X, t = datasets.logic("and")
    >>> steps, w, b = [], np.zeros(2), 0.0
    >>> for row in range(4):
    ...     z = w @ X[row] + b
    ...     error = t[row] - (z > 0)
    ...     steps.append((w, b, z, error))
    ...     w, b = w + 0.1 * error * X[row], b + 0.1 * error
    >>> def draw(ax, row):
    ...     ax.plot(*X.T, "o")
    ...     ax.plot(*X[row], "s")
    ...     return f"The square is row {row}."
    >>> def notes(row):
    ...     w, b, z, error = steps[row]
    ...     move = 0.1 * error
    ...     return (
    ...         f"x = {X[row]}, t = {t[row]:.0f}\n"
    ...         f"z = w · x + b = {z:+.1f}, ŷ = {int(z > 0)}, t − ŷ = {error:+.0f}\n"
    ...         f"w ← {w} + 0.1 · ({error:+.0f}) · {X[row]} = {w + move * X[row]}\n"
    ...         f"b ← {b:+.1f} + 0.1 · ({error:+.0f}) = {b + move:+.1f}"
    ...     )
    >>> print(notes(1))
    x = [0. 0.], t = 0
    z = w · x + b = +0.1, ŷ = 1, t − ŷ = -1
    w ← [0.1 0.1] + 0.1 · (-1) · [0. 0.] = [0.1 0.1]
    b ← +0.1 + 0.1 · (-1) = +0.0
    >>> Explorer(draw, notes=notes, alt="Four points.", caption="One epoch.", row=range(4))
    Explorer: Four points.
    """

    def __init__(
        self,
        draw: Callable[..., str],
        *,
        alt: str,
        caption: str,
        notes: Callable[..., str] | None = None,
        name: str | None = None,
        width: float = 4.8,
        height: float = 3.6,
        first: Any = None,
        **sliders: Iterable[Any],
    ) -> None:
        function("draw", draw)
        function("notes", notes, optional=True)
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
        if notes is not None and len(lengths) != 1:
            raise ValueError(
                f"notes go with one slider, and there are {len(lengths)}: {list(self.sliders)}. "
                "Leave one out, or the notes."
            )
        self._places: dict[Any, Any] = {}  # where axes of a look stand
        self._begin = [0] * len(self.sliders) if first is None else self._found(first)
        # A mistake shows here and now; the other frames wait until somebody looks.
        self._first: Any = self._drawn(next(self._each()))
        self.notes: list[str] = []
        self._notes = notes
        if notes is not None:
            self.notes += [_text("notes", notes(*v), v).strip() for v in self._each()]

    def __repr__(self) -> str:
        return f"Explorer: {self.alt}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        live = self.widget()._repr_mimebundle_() if ipywidgets else {}
        return {**live, "text/html": self.page(), "text/plain": repr(self)}

    def page(self) -> str:
        """Return the HTML that moves without a kernel."""
        alt = html.escape(self.alt)
        sliders = [
            _slider(label, values, place)
            for (label, values), place in zip(self.sliders.items(), self._begin, strict=True)
        ]
        at = self._number(self._begin)
        if self.notes:
            parts, script = [BACK, *sliders, NEXT], STEPS
            text = f'<output aria-live="polite" style="{self._look()}"></output>{self._list()}'
        else:
            parts, script = [sliders[0], BUTTON, *sliders[1:]], SCRIPT
            text = f'<output aria-live="polite">{html.escape(self.texts[at])}</output>'
        frames = [
            f"<div data-frame{' hidden' if i != at else ''}>{svg}</div>"
            for i, svg in enumerate(self.svgs)
        ]
        controls = f'<div class="dz-controls" hidden>{"".join(parts)}</div>'
        body = (
            f'<div role="group" aria-label="{alt}">{self._shared()}{controls}{"".join(frames)}'
            f"{text}</div><script>{script}</script>"
        )
        return render(body, self.caption, "explorer", self.name)

    def widget(self) -> Any:
        """Return the ipywidgets view that moves in a running notebook."""
        sliders = [
            ipywidgets.SelectionSlider(
                description=label,
                options=[(_readable(value), i) for i, value in enumerate(values)],
                value=place,
            )
            for (label, values), place in zip(self.sliders.items(), self._begin, strict=True)
        ]
        first = sliders[0]
        if self.notes:
            move = ipywidgets.Button(icon="step-forward", tooltip="Next")
            move.on_click(
                lambda _: setattr(first, "index", min(first.index + 1, len(self.svgs) - 1))
            )
        else:
            move = ipywidgets.Play(value=first.index, max=len(first.options) - 1, interval=900)
            ipywidgets.link((move, "value"), (first, "index"))
        picture, text = ipywidgets.HTML(), ipywidgets.HTML()

        def show(change=None):
            at = self._number([slider.index for slider in sliders])
            picture.value, text.value = self.svgs[at], html.escape(self.texts[at])
            if self.notes:
                text.value = f'<div style="{self._look()}">{html.escape(self.notes[at])}</div>'

        for slider in sliders:
            slider.observe(show, "index")
        show()
        caption = ipywidgets.HTML(html.escape(self.caption))
        controls = ipywidgets.HBox([first, move])
        shared = ipywidgets.HTML(self._shared())
        return ipywidgets.VBox([shared, controls, *sliders[1:], picture, text, caption])

    def frame(self, *places: float) -> dict[str, Any]:
        """Draw the picture of any place of the sliders, also between two of their values.

        Parameters
        ----------
        *places : float
            For each slider 0 for its first value, 1 for its second, and 0.5 for halfway between
            them. Whole numbers stay whole, and what is no number has nothing between.

        Returns
        -------
        dict
            ``svg``, ``text`` and ``note`` of the picture, the ``values`` as they are read, and
            whether it is ``between`` the stored pictures.

        Raises
        ------
        TypeError
            If a place is no number.
        ValueError
            If there is not one place for each slider, or if one is not on its slider.

        Examples
        --------
        >>> def draw(ax, lr):
        ...     ax.plot([0, 1], [0, lr])
        ...     return f"A line of slope {lr}."
        >>> figure = Explorer(draw, alt="A line.", caption="Slopes.", lr=[0.1, 0.5])
        >>> figure.frame(0.25)["text"]
        'A line of slope 0.2.'
        """
        if len(places) != len(self.sliders):
            raise ValueError(
                f"frame got {len(places)} places; expected {len(self.sliders)}, "
                f"one for each slider: {', '.join(self.sliders)}."
            )
        pairs = list(zip(self.sliders.values(), places, strict=True))
        values = [_at(label, *pair) for label, pair in zip(self.sliders, pairs, strict=True)]
        fig, text = self._drawn(values)
        _lay_out([fig], self._places)
        readable = [_readable(value) for value in values]
        defs, (svg,) = svg_frames(
            [fig], [text], f"{self.name or self.caption + self.alt}{readable}"
        )
        return {
            "svg": svg.replace(">", f">{defs}", 1),
            "text": text,
            "note": _text("notes", self._notes(*values), values).strip() if self._notes else "",
            "values": readable,
            "between": any(
                value not in known for value, (known, _) in zip(values, pairs, strict=True)
            ),
        }

    def _found(self, first):
        """Return the place on each slider of the value that is shown first."""
        given = list(first) if isinstance(first, list | tuple) else [first]
        if len(given) != len(self.sliders) or any(
            value not in values for value, values in zip(given, self.sliders.values(), strict=False)
        ):
            raise ValueError(
                f"first is {first!r}; expected one value of each slider: "
                f"{', '.join(f'{label} {values}' for label, values in self.sliders.items())}."
            )
        return [
            values.index(value) for value, values in zip(given, self.sliders.values(), strict=True)
        ]

    def _number(self, places):
        """Return which frame the sliders show at their places."""
        number = 0
        for values, place in zip(self.sliders.values(), places, strict=True):
            number = number * len(values) + place
        return number

    def _each(self):
        return itertools.product(*self.sliders.values())

    def _drawn(self, values):
        """Return the figure of some values, and the sentence about it."""
        with style():
            fig = Figure(figsize=self.size, layout="none")
            text = _text("draw", self.draw(fig.add_subplot(), *values), values)
        legible(fig)
        return fig, text

    @functools.cached_property
    def _frames(self):
        """Return what the frames share, the frames and their sentences."""
        later = itertools.islice(self._each(), 1, None)
        figs, texts = zip(self._first, *map(self._drawn, later), strict=True)
        _lay_out(figs, self._places)
        defs, svgs = svg_frames(figs, texts, self.name or self.caption + self.alt)
        self._first = None
        return defs, svgs, list(texts)

    @property
    def defs(self) -> str:
        """What the frames share (str)."""
        return self._frames[0]

    @property
    def svgs(self) -> list[str]:
        """The frames (list of str)."""
        return self._frames[1]

    @property
    def texts(self) -> list[str]:
        """What each frame shows, for readers who cannot see it (list of str)."""
        return self._frames[2]

    def _list(self):
        """Return the notes of all steps, for paper and for a page without script."""
        [(label, values)], lines = self.sliders.items(), []
        for value, note in zip(values, self.notes, strict=True):
            step = f"{label} {_readable(value)}"
            lines.append(f"<dt>{html.escape(step)}</dt><dd>{html.escape(note)}</dd>")
        return f"<dl>{''.join(lines)}</dl>"

    def _look(self):
        """Return the style of a note: at least 5 inches wide, and as high as the longest note."""
        lines = max(note.count("\n") for note in self.notes) + 1
        width = max(5, self.size[0]) * 96
        return (
            f"display:block;max-width:{width:.0f}px;margin:auto;text-align:left;"
            f"white-space:pre-line;line-height:1.5;min-height:{1.5 * lines:g}em"
        )

    def _shared(self):
        hidden = 'width="0" height="0" style="position:absolute" aria-hidden="true"'
        return f"<svg {hidden}>{self.defs}</svg>"


def _lay_out(figs, places):
    """Find the room that ticks and labels need, once for all frames with equal axes."""
    for fig in figs:
        look = tuple(getattr(ax, f"get_{part}")() for ax in fig.axes for part in LOOK)
        if look not in places:
            ConstrainedLayoutEngine().execute(fig)
            places[look] = [ax.get_position(original=True) for ax in fig.axes]
        for ax, place in zip(fig.axes, places[look], strict=True):
            ax.set_position(place)


def _text(name, text, values):
    """Return what `draw` or `notes` said, or say what came instead."""
    if isinstance(text, str) and text.strip():
        return text
    given = ", ".join(map(_readable, values))
    expected = {
        "draw": "a sentence that says what the picture shows, for readers who cannot see it",
        "notes": "a text that says what happens in this step",
    }
    raise (ValueError if isinstance(text, str) else TypeError)(
        f"{name} returned {text!r} for {given}; expected {expected[name]}."
    )


def _values(label, values):
    try:
        return list(values)
    except TypeError:
        raise TypeError(
            f"the slider {label} is {values!r}; expected its values, "
            f"for example {label}=[0.1, 0.2, 0.5]."
        ) from None


def _at(label, values, place):
    """Return the value at a place of a slider, where numbers have others between them."""
    if isinstance(place, bool) or not isinstance(place, numbers.Real):
        kind = TypeError
    else:
        kind = None if 0 <= place <= len(values) - 1 else ValueError
    if kind:
        raise kind(
            f"the place of {label} is {place!r}; expected a number from 0 (its first value) "
            f"to {len(values) - 1} (its last)."
        )
    before = int(place)
    here = values[before]
    if place == before:
        return here
    after = values[before + 1]
    pair = (here, after)
    if not all(isinstance(v, numbers.Real) and not isinstance(v, bool) for v in pair):
        return here
    share = place - before
    value = here + share * (after - here)
    return round(value) if all(isinstance(v, numbers.Integral) for v in pair) else float(value)


def _slider(label, values, place):
    readable = [_readable(value) for value in values]
    label, value = html.escape(label), html.escape(readable[place])
    choices = html.escape(json.dumps(readable, ensure_ascii=False))
    return (
        f'<label>{label} <input type="range" min="0" max="{len(values) - 1}" value="{place}" '
        f'autocomplete="off" aria-valuetext="{value}" data-values="{choices}"></label>'
        f'<span aria-hidden="true">{value}</span>'
    )


def _readable(value):
    return value if isinstance(value, str) else f"{value:.6g}"
