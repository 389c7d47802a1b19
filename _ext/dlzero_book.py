"""What the book needs of Sphinx beyond its extensions."""

import re
from pathlib import Path

from dlzero_outputs import FoldedCode, NumberedFigures
from dlzero_predict import PredictBoxes

PLAIN_CODE = re.compile(r'<span(?: class="(?:[npwo]|nn)")?>([^<]*)</span>')
MARKER = re.compile(r'<span class="sd-summary-state-marker.*?</span>', re.S)
CODE = re.compile(r"<pre>.*?</pre>", re.S)
STRING = re.compile(r'(?:<span class="s[12ai]">[^<]*</span>){2,}')
FOLD = re.compile(r">([^<]+)</a><details( open=\"open\")?><summary>")
TABLE = re.compile(r'<table class="[^"]*dz-table.*?</table>', re.S)
CELL = re.compile(r"(<t[hd][^>]*>)<p>((?:(?!<p|</p>).)*)</p>\s*(?=</t[hd]>)", re.S)
SOLUTION = re.compile(
    r'<div class="solution dropdown admonition" id="([^"]*)">\s*'
    r'<p class="admonition-title">(.*?)</p>\s*'
    r'<section id="solution-content">(.*?)</section>\s*</div>',
    re.S,
)
TAG = re.compile(r"<[^>]*>")
ROLE = re.compile(r' role="(?:list|doc-biblioentry)"')
HEAD = re.compile(r'<th class="([^"]*)"')

NAME = r"[A-Z\u00c0-\u00dd][\w’'-]+"
#: Names, a year and a key, as a docstring has them: a terminal shows no citation.
CITED = re.compile(
    rf"{NAME}(?:(?:,\s+|\s+and\s+){NAME})*(?:\s+et\s+al\.)?(?:\s+\(\d{{4}}\),)?\s+"
    r"\(?``([a-z]+\d{4}[a-z]+)``\)?"
)


def _quiet_page(app, pagename, templatename, context, doctree):
    """Take away what the browser or a screen reader would complain about.

    Live cells are not used, and thebe's inline script comes twice and throws in the console.
    Roles are wrong on the bibliography: its entries are no items of a list, nor what they were.
    The head of a column or a row says which of the two it is.
    """
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "THEBE_JS_URL" not in (getattr(script, "attributes", {}).get("body") or "")
        and "sphinx-thebe" not in str(getattr(script, "filename", script))
    ]
    # Names and signs have the colour of plain code: half of a page is spans around them.
    context["body"] = CODE.sub(lambda code: PLAIN_CODE.sub(r"\1", code[0]), context.get("body", ""))
    # The style sheet draws the arrow of a box that opens.
    context["body"] = MARKER.sub("", context["body"])
    context["body"] = SOLUTION.sub(_fold, context["body"])
    # All parts of a string have one colour.
    context["body"] = STRING.sub(_one_span, context["body"])
    context["body"] = HEAD.sub(_scope, context["body"])
    # A cell of numbers or a few words is no paragraph.
    context["body"] = TABLE.sub(lambda table: CELL.sub(r"\1\2", table[0]), context["body"])
    if "citation-list" in context["body"]:
        context["body"] = ROLE.sub("", context["body"])


def _name_folds(app, pagename, templatename, context, doctree):
    """Name the buttons that fold a chapter in the sidebar: they are nothing but an arrow."""
    tree = context.get("generate_toctree_html")
    if tree:
        context["generate_toctree_html"] = lambda *args, **options: FOLD.sub(
            r'>\1</a><details\2><summary aria-label="\1">', str(tree(*args, **options))
        )


def _one_span(found):
    return f'<span class="s2">{re.sub("<[^>]*>", "", found[0])}</span>'


def _fold(found):
    """Return a solution as a box like those of the hints: all of its head opens it."""
    place, title, body = found.groups()
    return (
        f'<details class="solution sd-sphinx-override sd-dropdown sd-card sd-mb-3" id="{place}">'
        '<summary class="sd-summary-title sd-card-header">'
        f'<span class="sd-summary-text">{" ".join(TAG.sub("", title).split())}</span></summary>'
        f'<div class="sd-summary-content sd-card-body docutils">{body}</div></details>'
    )


def _scope(found):
    return f'{found[0]} scope="{"col" if "head" in found[1].split() else "row"}"'


def _cite_sources(app, what, name, obj, options, lines):
    """Turn the keys of the bibliography into citations, in the text and among the references."""
    lines[:] = CITED.sub(r":cite:t:`\1`", "\n".join(lines)).split("\n")
    if "References" not in lines:
        return
    start = lines.index("References") + 2
    for i in range(start, len(lines)):
        if not re.fullmatch(r"[a-z]+\d{4}[a-z]+(, [a-z]+\d{4}[a-z]+)*", lines[i].strip()):
            break
        lines[i] = ", ".join(f":cite:t:`{key}`" for key in lines[i].strip().split(", "))


def _own_words(app, env, docnames):
    """Use the translations of the words in this folder's code: locale/zh_CN/LC_MESSAGES/dlzero.po.

    Sphinx has made the binary file of it by now. dlzero.pot beside this file lists the words.
    """
    for folder in app.config.locale_dirs:
        app.add_message_catalog("dlzero", Path(app.srcdir, folder))


def setup(app):
    app.setup_extension("dlzero_homework")
    app.add_transform(NumberedFigures)
    app.add_transform(FoldedCode)
    app.add_transform(PredictBoxes)
    app.connect("env-before-read-docs", _own_words)
    app.connect("html-page-context", _quiet_page, priority=900)
    app.connect("html-page-context", _name_folds, priority=900)
    app.connect("autodoc-process-docstring", _cite_sources, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
