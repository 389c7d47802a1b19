"""Texts of strangers with their formulas as MathML, which every browser shows without a script."""

import re
import unicodedata
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

LONGEST = 1000
DEEPEST = 60
FORMULA = re.compile(
    rf"""
    (?<!\\)\$\$(?P<block>.{{1,{LONGEST}}}?)(?<!\\)\$\$
    | (?<![\\$])\$(?![\s$])(?P<inline>[^$\n]{{1,{LONGEST}}}?)(?<![\s\\])\$(?![\d$])
    | \\\[(?P<square>.{{1,{LONGEST}}}?)\\\]
    | \\\((?P<round>.{{1,{LONGEST}}}?)\\\)
    | (?P<open>\\begin\{{(?:align|equation|gather)\*?\}}.{{1,{LONGEST}}}?
        \\end\{{(?:align|equation|gather)\*?\}})
    """,
    re.VERBOSE | re.DOTALL,
)
# With these a short formula can grow without end.
MACROS = re.compile(r"\\(?:(?:re|provide)?newcommand|newenvironment|[gex]?def|let|Declare)")
UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
CODE = re.compile(r"&#x([0-9A-F]{5});")  # how the library writes its symbols

ROWS = {"mrow", "mstyle", "mpadded", "mphantom", "menclose", "merror"}
TEXTS = {"mi", "mn", "mo", "mtext"}
COUNTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2}
COUNTS |= {"msubsup": 3, "munderover": 3}
OTHERS = {"math", "mspace", "msqrt", "mtable", "mtr", "mtd"}
ATTRIBUTES = {
    "accent",
    "columnalign",
    "display",
    "displaystyle",
    "fence",
    "form",
    "linethickness",
    "mathvariant",
    "stretchy",
    "width",
}


def readable(text: str) -> Markup:
    """Return a text with its formulas as MathML, safe to stand in a page.

    Formulas are what stands between dollar signs, as in Jupyter, and its other forms. What
    cannot be shown as one stays as it was written. Everything else is escaped.

    Parameters
    ----------
    text : str

    Returns
    -------
    Markup

    Examples
    --------
    >>> print(readable("<b> $x$, 3$ or 4$"))  # doctest: +ELLIPSIS
    &lt;b&gt; <span title="$x$"><math display="inline">...<mi>x</mi>...</span>, 3$ or 4$
    """
    parts: list[Markup] = []
    end = 0
    for match in FORMULA.finditer(text):
        parts += escape(text[end : match.start()]), formula(match)
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def formula(match: re.Match[str]) -> Markup:
    """Return one formula, or its source where it cannot be shown."""
    kind, source = match.lastgroup or "", match[match.lastgroup or 0]
    display = "inline" if kind in ("inline", "round") else "block"
    try:
        if MACROS.search(source):
            raise ValueError("a macro")
        shown = Markup("").join(_safe(convert_to_element(source, display=display)))
    except (Exception, RecursionError):  # whatever a library makes of what a stranger writes
        return escape(match[0])
    return Markup('<span title="{}">{}</span>').format(match[0], shown)


def _sign(match: re.Match[str]) -> str:
    """Return the sign of a code, unless it steers what is around it instead of being seen."""
    sign = chr(int(match[1], 16))
    return "" if unicodedata.category(sign) in UNSEEN else sign


def _safe(element: Element, depth: int = 0) -> Iterator[Markup]:
    """Yield the parts of a formula; raise ValueError for what does not belong into one."""
    tag = element.tag.rpartition("}")[2]
    known = tag in ROWS | TEXTS | OTHERS | COUNTS.keys()
    if not known or len(element) != COUNTS.get(tag, len(element)) or depth > DEEPEST:
        raise ValueError(tag)
    tag = "mrow" if tag in ROWS else tag  # colours, sizes and invisible parts are not for here
    names = sorted(name for name in element.attrib if name in ATTRIBUTES)
    values = [(name, element.attrib[name]) for name in names]
    yield Markup("<") + tag
    for name, value in values:
        if re.fullmatch(r"\d(?:\.\d+)?em" if name == "width" else r"[a-z0-9. -]{1,20}", value):
            yield Markup(' {}="{}"').format(name, value)
    yield Markup(">")
    if tag in TEXTS:
        yield escape(CODE.sub(_sign, element.text or ""))
    for child in element:
        yield from _safe(child, depth + 1)
    yield Markup("</") + tag + Markup(">")
