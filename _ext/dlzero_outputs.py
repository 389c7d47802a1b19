"""What the cells of a notebook show, as parts of the book: figures, tables, folded code."""

import html
import re
from xml.etree import ElementTree

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms import SphinxTransform

from dlzero.plots import parse

_ = get_translation("dlzero")

FORMULA = re.compile(r"\$(?!\s)([^$]+)(?<!\s)\$(?!\d)")
NUMBER = re.compile(r"[-+]?[\d.,]*(e[-+]?\d+)?%?|-?∞|[-✓✗]")
WORD = re.compile(r"[^\W\d_]{2,}")


class NumberedFigures(SphinxTransform):
    """Turn what ``dlzero.plots`` and ``dlzero.widgets`` show into figures and tables of the book.

    They get a number, can be the target of ``{numref}``, and their words can be translated.
    """

    default_priority = 5  # before the messages to translate are collected (10) and used (20)

    def apply(self, **kwargs):
        """Replace each of them in the document."""
        for raw in list(self.document.findall(nodes.raw)):
            found = parse(raw.astext()) if raw.get("format") == "html" else None
            if found is None:
                continue
            node = table(found) if found.kind == "table" else figure(found)
            for part in node.findall(nodes.Element):
                part.source, part.line = self.document["source"], raw.line or 1
            if found.name:
                node["names"].append(found.name)
                self.document.note_explicit_target(node)
            raw.parent.replace(raw, node)


def figure(found):
    """Return a figure: its body as it is, its caption as text of the book."""
    body = f'<div class="dz-{found.kind}">{found.body}</div>'
    for label, ours in (("Back", _("Back")), ("Next", _("Next"))):
        named = '<button type="button" aria-label="{}"'
        body = body.replace(named.format(label), named.format(html.escape(str(ours))))
    return nodes.figure("", nodes.raw("", body, format="html"), text(nodes.caption, found.caption))


def table(found):
    """Return a table: its caption and the words in it as text of the book."""
    rows = [
        ["".join(cell.itertext()) for cell in row]
        for row in ElementTree.fromstring(found.body).iter("tr")
    ]
    columns = list(zip(*rows, strict=True))
    sides = ["right" if all(map(NUMBER.fullmatch, column[1:])) else "left" for column in columns]
    made = []
    for row in rows:
        made.append(nodes.row())
        for cell, side in zip(row, sides, strict=True):
            made[-1] += nodes.entry("", text(nodes.paragraph, cell), classes=[f"text-{side}"])
    group = nodes.tgroup("", cols=len(columns))
    for width in range(len(columns)):
        group += nodes.colspec(colwidth=1)
        if width == 0:
            group[0]["stub"] = 1  # the first column names the rows
    group += [nodes.thead("", made[0]), nodes.tbody("", *made[1:])]
    return nodes.table("", text(nodes.title, found.caption), group, classes=["dz-table"])


def text(kind, words):
    """Return a text of the book: formulas between dollar signs, and numbers not to translate."""
    node, end = kind(words, ""), 0
    for formula in FORMULA.finditer(words):
        if formula.start() > end:
            node += nodes.Text(words[end : formula.start()])
        node += nodes.math(formula[0], formula[1])
        end = formula.end()
    if words[end:]:
        node += nodes.Text(words[end:])
    if not WORD.search(FORMULA.sub("", words)):
        node["translatable"] = False
    return node


class FoldedCode(SphinxTransform):
    """Say on the fold what the code behind it makes: a figure or a table.

    A folded cell that shows nothing prepares what the next cell shows.
    """

    default_priority = 6  # when figures and tables are known

    def apply(self, **kwargs):
        """Change the words on the fold, unless the cell brings its own."""
        for cell in self.document.findall(nodes.container):
            own = cell.get("cell_metadata", {}).get("mystnb", {})
            if cell.get("hide_mode") != "input" or "code_prompt_show" in own:
                continue
            words = {
                nodes.figure: _("The code of this figure"),
                nodes.table: _("The code of this table"),
            }
            shows = cell
            if not has_output(cell):
                words = {
                    nodes.figure: _("The code of the next figure"),
                    nodes.table: _("The code of the next table"),
                }
                after = cell.parent.children[cell.parent.index(cell) + 1 :]
                shows = next(filter(has_output, after), None)
            for kind, prompt in words.items():
                if shows is not None and next(shows.findall(kind), None):
                    cell["prompt_show"], cell["prompt_hide"] = str(prompt), str(_("Hide the code"))
                    break


def has_output(node):
    """Tell whether a node is a code cell that shows something."""
    parts = node.children if isinstance(node, nodes.container) else ()
    return any(
        isinstance(part, nodes.container) and part.get("nb_element") == "cell_code_output"
        for part in parts
    )
