"""From Matplotlib to SVG: light, the same on every machine, in the colour of the text around it."""

import functools
import hashlib
import html
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

#: White is the colour of the page behind the picture: of the site, of JupyterLab, of any other.
PAPER = "var(--pst-color-background,var(--jp-layout-color0,#fff))"


def svg_frames(figs: Iterable[Figure], alts: Sequence[str], name: str) -> tuple[str, list[str]]:
    """Return one SVG for each Matplotlib figure, and the definitions they share.

    What several frames have in common (ticks, labels, data that stay) is written once.

    Parameters
    ----------
    figs : iterable of matplotlib Figure
    alts : sequence of str
    name : str
        Two drawings on a page need different names: their ids start with a hash of it.

    Returns
    -------
    defs : str
        A ``<defs>`` element that must be on the page too.
    svgs : list of str
    """
    library = _Library(name)
    trees = [_read_svg(fig, library) for fig in figs]
    if len(trees) > 1:
        _share(trees, library)
    svgs = []
    for tree, alt in zip(trees, alts, strict=True):
        pixels = float(tree.get("viewBox").split()[2]) * 96 / 72
        svgs.append(
            f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="{tree.get("viewBox")}" '
            f'style="max-width:{pixels:.0f}px" fill="currentColor" stroke-linejoin="round">'
            f"{_xml(*tree)}</svg>"
        )
    return library.defs(), svgs


class _Library:
    """Pieces of SVG that are written once, by content: equal pieces get the same id."""

    def __init__(self, name):
        self.prefix = "z" + hashlib.sha256(name.encode()).hexdigest()[:6]
        self.ids = {}

    def add(self, content):
        return self.ids.setdefault(content, f"{self.prefix}-{len(self.ids)}")

    def defs(self):
        pieces = [
            re.sub(r"^<(\w+)", rf'<\1 id="{key}"', content) for content, key in self.ids.items()
        ]
        return f"<defs>{''.join(pieces)}</defs>"


def _read_svg(fig, library):
    """Return the SVG of a figure as a tidy tree; what it defines goes to the library."""
    for legend in [*fig.legends, *(ax.get_legend() for ax in fig.axes)]:
        if legend:
            legend.set_frame_on(False)  # its white would shine on a dark page
    file = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "dlzero"}):
        fig.savefig(file, format="svg", transparent=True)
    root = ElementTree.fromstring(file.getvalue())
    for element in root.iter():
        element.tag = _local(element.tag)
        element.text = element.tail = None
        attributes = {_local(key): value for key, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update({key: _shorten(key, attributes) for key in attributes})
    ids = {}
    for defs in root.iter("defs"):
        for piece in defs:
            if (old := piece.attrib.pop("id", None)) is not None:
                ids[old] = library.add(_xml(piece))
    _tidy(root, ids)
    return root


def _local(name):
    """Return a tag or attribute name without its XML namespace."""
    return name.rpartition("}")[2]


def _shorten(key, attributes):
    """Return an attribute in fewer characters: the eye cannot see 0.01 of a point."""
    value = attributes[key]
    if key == "d":
        is_glyph = attributes.get("transform", "").startswith("scale")
        value = _round(" ".join(value.split()), 0 if is_glyph else 2)
        return re.sub(r" ?([A-Za-z]) ?", r"\1", value).replace(" -", "-")
    if key in ("x", "y", "width", "height"):
        return _round(value)
    if key == "transform":
        return re.sub(r"translate\(.*?\)", lambda match: _round(match[0]), value)
    if key == "style":
        value = value.replace(": ", ":").replace("; ", ";")
        return value.replace("#000000", "currentColor").replace("#ffffff", PAPER)
    return value


@functools.lru_cache(maxsize=4096)  # frames have most of their lines and letters in common
def _round(text, digits=2):
    def short(match):
        number = float(match[0])
        # The nudge: exact halves round the same on every machine. + 0.0: no minus before zero.
        number = round(number + 1e-5, digits) + 0.0
        return f"{number:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{number:.0f}"

    return re.sub(r"-?\d+\.\d+|-?\d+", short, text)


def _tidy(parent, ids):
    """Drop what cannot be seen and groups that group nothing; point to the library."""
    for element in list(parent):
        _tidy(element, ids)
        place = list(parent).index(element)
        element.attrib.pop("id", None)
        for key, value in element.attrib.items():
            if key == "href":
                element.set(key, "#" + ids[value[1:]])
            elif "url(#" in value:
                element.set(key, re.sub(r"#([^)]+)", lambda old: "#" + ids[old[1]], value))
        if element.tag in ("metadata", "defs") or element.get("style") == "fill:none":
            parent.remove(element)
        elif element.tag == "g" and not element.attrib and len(element) < 2:
            parent[place : place + 1] = list(element)


def _share(trees, library):
    """Move each piece that occurs more than once to the library."""
    written = {element: _xml(element) for tree in trees for element in tree.iter()}
    count = Counter(written.values())

    def visit(parent):
        for place, element in enumerate(parent):
            content = written[element]
            if count[content] > 1 and len(content) > 60:
                parent[place] = ElementTree.Element("use", href="#" + library.add(content))
            else:
                visit(element)

    for tree in trees:
        visit(tree)


def _xml(*elements):
    """Write elements that have no text, which is all that a picture needs."""
    return "".join(
        f"<{element.tag}{attributes}>{_xml(*element)}</{element.tag}>"
        if len(element)
        else f"<{element.tag}{attributes}/>"
        for element in elements
        for attributes in ["".join(f' {key}="{_quoted(value)}"' for key, value in element.items())]
    )


def _quoted(value):
    return (
        value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )
