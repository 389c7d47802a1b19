"""The search: an index of what stands under each heading, and in each term, figure and exercise.

It is read from the pages as a reader sees them, but for code, what code prints, and what a page
folds: a search must not tell the solution of an exercise. book/_static/search.js looks into it.
The index is a script, which a browser loads from a file as well, when a reader opens the search.
"""

import json
import re
import unicodedata
from pathlib import Path

from bs4 import BeautifulSoup
from sphinx.locale import get_translation

_ = get_translation("dlzero")

#: How much a hit counts on a page; the first that fits. Chapters come before the reference.
WEIGHTS = (
    ("lessons/deeper/", 0.8),
    ("lessons/", 1.2),
    ("book/glossary", 1.6),
    ("book/bibliography", 0.4),
    ("book/api", 0.3),
    ("book/homework/", 0.5),
    ("book/instructor", 0.4),
    ("book/errata", 0.5),
    ("book/families", 0.8),
    ("", 0.7),
)
#: What counts less than the text around it.
LESS = {"align-default": 0.8, "dz-table": 0.8, "attribute": 0.5, "method": 0.5, "property": 0.5}
CHAPTER = re.compile(r"(\d+)\. ")
SYNONYMS = Path("book", "synonyms.txt")
UNREAD_TAGS = {"style", "template", "button", "details", "output", "label", "dz-later", "dz-code"}
UNREAD = {
    "headerlink",
    "cell_input",
    "solution",
    "field-list",
    "toctree-wrapper",
    "dz-answer",
    "dz-controls",
    "dz-homework",
    "dz-end",
    "dz-kept",
    "dz-row",
    "dz-runs",
    "dz-plain",
    "dz-continue",
}
UNITS = {"exercise", "citation", "dz-table", "sig", "align-default"}
HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
BLOCKS = ["p", "li", "dt", "dd", "td", "th", "figcaption", "div"]
HEAVY = re.compile(r"<(noscript|script|pre|svg)\b.*?</\1>", re.S)
SURNAME = re.compile(r"(?<=[^\W\d_]{2})\. ")
HATS = {"ˆ": "\u0302", "^": "\u0302", "¯": "\u0304", "‾": "\u0304", "˜": "\u0303", "~": "\u0303"}
POWERS = dict(zip("0123456789T", "⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ", strict=True))


def text_of(element):
    """Return the words of an element in one line."""
    text = re.sub(r"\s+([.,;:?!)])", r"\1", " ".join(element.get_text().split()))
    return text.lstrip(": ").rstrip(" ·")


def classes(tag):
    """Return the classes of a tag."""
    return set(tag.get("class", ()))


def is_unread(tag):
    """Tell whether a part of a page is not looked into."""
    is_alone = tag.name == "math" and tag.get("display") == "block"
    return tag.name in UNREAD_TAGS or is_alone or bool(classes(tag) & UNREAD)


def is_unit(tag):
    """Tell whether a part of a page may be a hit of its own: it has a name and a place."""
    if not tag.get("id"):
        return False
    return tag.name in ("section", "figure") or is_entry(tag) or bool(classes(tag) & UNITS)


def is_entry(tag):
    """Tell whether a part of a page is a term or a name of the package; what it is follows."""
    return tag.name == "dt"


def formula(math):
    """Return the letters and signs of a formula in one line."""
    for part in math.find_all(["mfrac", "msup", "msubsup", "mover"]):
        children = part.find_all(True, recursive=False)
        if part.name == "mfrac":
            children[0].append("/")
        elif part.name == "mover":
            children[-1].string = HATS.get(children[-1].get_text(), "")
        elif (power := children[-1].get_text()) in POWERS:
            children[-1].string = POWERS[power]
        else:
            children[-1].string = f"^({power})" if len(power) > 1 else f"^{power}"
    return unicodedata.normalize("NFC", math.get_text().strip("\u2061 \n"))


def take_title(unit):
    """Take the name of a unit out of it, and return it; without a name it is no unit."""
    if "sig" in classes(unit):
        return unit["id"].removeprefix("dlzero.")
    if is_entry(unit):
        return text_of(unit)
    if "citation" in classes(unit):
        return SURNAME.split(text_of(unit.p), maxsplit=1)[0]
    if unit.name == "section":
        name = unit.find(HEADINGS, recursive=False)
    else:
        name = unit.find(class_="caption-number")
    return text_of(name.extract()) if name else ""


def worth_of(unit):
    """Return how much a unit counts beside others of its page."""
    kinds = classes(unit) | (classes(unit.parent) if is_entry(unit) else set())
    return min((LESS[kind] for kind in kinds & LESS.keys()), default=1)


def units_of(body):
    """Return the anchor, the title, the text and the worth of each unit of a page."""
    page = BeautifulSoup(HEAVY.sub("", body), "html.parser")
    for element in page.find_all(is_unread):
        element.extract()
    # Of a table of numbers its caption and its heads say what it is.
    for cell in page.select("table.dz-table td"):
        cell.extract()
    for math in page.find_all("math"):
        math.string = formula(math)
    for block in page.find_all(BLOCKS):
        is_title = "admonition-title" in classes(block)
        block.append(" · " if block.name in ("td", "th") else ": " if is_title else " ")
    made = []
    # From the end, so that what stands within another is taken out of it first.
    for unit in reversed(page.find_all(is_unit)):
        anchor, title = unit["id"], take_title(unit)
        if not title:
            continue
        what = unit.find_next_sibling("dd") if is_entry(unit) else unit
        made.append([anchor, title, text_of(what), worth_of(unit)])
        before = unit.find_previous_sibling()
        unit.extract()
        # Two names may share what they are.
        if not (is_entry(unit) and before and is_entry(before)):
            what.extract()
    return made[::-1]


def synonyms_of(text):
    """Return what is typed and what is said for it, of each line."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    sides = [[re.split(r"\s*,\s*", side.strip()) for side in line.split(">")] for line in lines]
    return [[typed, said[0] if said else typed] for typed, *said in sides]


def index_of(pages, address):
    """Return the index: pages with address and title, and units with the number of their page."""
    index = {"pages": [], "units": []}
    for name, units in pages.items():
        if not units:
            continue
        weight = next(weight for start, weight in WEIGHTS if name.startswith(start))
        for anchor, title, text, worth in units:
            # The first is the page itself.
            first = anchor == units[0][0]
            number = CHAPTER.match(title) if first and name.startswith("lessons/") else None
            also = str(_("Chapter {0}")).format(number[1]) if number else ""
            place = "" if first else anchor
            unit = [len(index["pages"]), place, title, text, round(weight * worth, 2)]
            index["units"].append(unit + [also] * bool(also))
        index["pages"].append([address(name), units[0][1]])
    return index


def words():
    """Return the words of the search."""
    return {
        "count": _("Results: {0}"),
        "none": _("Nothing was found for “{0}”. Try another word, or look here:"),
        "failed": _("The search could not be loaded. Try again, or look here:"),
        "loading": _("Loading the search"),
        "more": _("All results"),
        "without": _("The search needs JavaScript. Without it, look here:"),
    }


def _begin(app):
    if app.builder.format != "html":
        return
    # Ours takes the place of the builder's own.
    app.builder.search = False
    kept = Path(app.doctreedir, "search.json")
    app.dlzero_units = json.loads(kept.read_text("utf-8")) if kept.exists() else {}


def _page(app):
    return [("search", {}, "search.html")] if app.builder.format == "html" else []


def _collect(app, pagename, templatename, context, doctree):
    context["dlzero_search"] = words()
    # Where else a reader may look.
    context["dlzero_pages"] = {
        "book/glossary": _("Glossary"),
        app.config.root_doc: _("Contents"),
        "genindex": _("Index"),
    }
    if doctree is not None:
        app.dlzero_units[pagename] = units_of(context["body"])


def _make(app, error):
    """Write the index. Pages that were not written anew are as they were."""
    if error or app.builder.format != "html":
        return
    pages = {name: app.dlzero_units.get(name, []) for name in sorted(app.env.found_docs)}
    Path(app.doctreedir, "search.json").write_text(json.dumps(pages), "utf-8")
    index = index_of(pages, app.builder.get_target_uri)
    listed = Path(app.confdir, SYNONYMS)
    index["synonyms"] = synonyms_of(listed.read_text("utf-8")) if listed.exists() else []
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    Path(app.outdir, "searchindex.js").write_text(f"dlzeroIndex={text}\n", "utf-8")
    for name in ("searchtools.js", "language_data.js"):
        Path(app.outdir, "_static", name).unlink(missing_ok=True)


def setup(app):
    app.connect("builder-inited", _begin)
    app.connect("html-collect-pages", _page)
    app.connect("html-page-context", _collect, priority=945)  # figures are not yet hidden
    app.connect("build-finished", _make)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
