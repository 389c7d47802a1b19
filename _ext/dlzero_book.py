"""What the book needs of Sphinx beyond its extensions."""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform

from dlzero.plots import parse

PLAIN_CODE = re.compile(r'<span class="[npw]">([^<]*)</span>')


class NumberedFigures(SphinxTransform):
    """Turn the figures of ``dlzero.plots`` and ``dlzero.widgets`` into figures of the book.

    They get a number, can be the target of ``{numref}``, and their captions can be translated.
    """

    default_priority = 5  # before the messages to translate are collected (10) and used (20)

    def apply(self, **kwargs):
        """Replace each of them in the document."""
        for raw in list(self.document.findall(nodes.raw)):
            found = parse(raw.astext()) if raw.get("format") == "html" else None
            if found:
                raw.parent.replace(raw, self.figure(found, raw))

    def figure(self, found, raw):
        """Build the figure: its body as it is, its caption as text of the book."""
        source, line = self.document["source"], raw.line or 1
        caption = nodes.caption(found.caption, "", nodes.Text(found.caption))
        inner = nodes.raw("", f'<div class="dz-{found.kind}">{found.body}</div>', format="html")
        figure = nodes.figure("", inner, caption)
        for node in (figure, inner, caption):
            node.source, node.line = source, line
        if found.name:
            figure["names"].append(found.name)
            self.document.note_explicit_target(figure)
        return figure


def _quiet_page(app, pagename, templatename, context, doctree):
    """Take away what the browser or a screen reader would complain about.

    Live cells are not used, and thebe's inline script comes twice and throws in the console.
    A list role is wrong on the bibliography: its entries are not list items.
    """
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "THEBE_JS_URL" not in (getattr(script, "attributes", {}).get("body") or "")
        and "sphinx-thebe" not in str(getattr(script, "filename", script))
    ]
    # Names and punctuation have the colour of plain code: a third of a page is spans around them.
    context["body"] = PLAIN_CODE.sub(r"\1", context.get("body", ""))
    if "citation-list" in context.get("body", ""):
        context["body"] = context["body"].replace(' role="list"', "")


def _cite_sources(app, what, name, obj, options, lines):
    """Turn the bibliography keys of a docstring's References section into citations."""
    if "References" not in lines:
        return
    start = lines.index("References") + 2
    for i in range(start, len(lines)):
        if not re.fullmatch(r"[a-z]+\d{4}[a-z]+(, [a-z]+\d{4}[a-z]+)*", lines[i].strip()):
            break
        lines[i] = ", ".join(f":cite:t:`{key}`" for key in lines[i].strip().split(", "))


def setup(app):
    app.add_transform(NumberedFigures)
    app.connect("html-page-context", _quiet_page, priority=900)
    app.connect("autodoc-process-docstring", _cite_sources, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
