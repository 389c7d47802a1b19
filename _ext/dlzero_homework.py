"""The pages of the homework: where the answers in words go, and the file that is handed in.

tools/homework_pages.py makes the notebooks. Here the page gets marks and words; live/homework.js
puts what the reader has written into the file. Without script, the file is the empty notebook.
"""

import html
import json
import re
from pathlib import Path, PurePosixPath

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.locale import get_translation
from sphinx.transforms import SphinxTransform

_ = get_translation("dlzero")

BLANK = "YOUR ANSWER HERE"  # as the grader hands out an answer in words
SOURCES = ("download-notebook-button", "download-source-button")
MARKED = re.compile(r'<div (class="[^"]*\bdz-(test|given)\b)')


class HomeworkPages(SphinxTransform):
    """Mark the cells of a homework, and add the box with its file, above and below them."""

    default_priority = 7  # before the messages to translate are used (20)

    def apply(self, **kwargs):
        """Do so when the document is a homework."""
        page = self.env.docname
        if not is_homework(page):
            return
        cells = json.loads(Path(self.env.doc2path(page)).read_text(encoding="utf-8"))["cells"]
        for cell in self.document.findall(nodes.container):
            tags = cell.get("cell_metadata", {}).get("nbgrader", {})
            if cell.get("nb_element") == "cell_code" and tags.get("locked"):
                cell["classes"].append("dz-test" if tags.get("grade") else "dz-given")
        written = [
            cell["id"]
            for cell in cells
            if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("grade")
        ]
        blanks = [part for part in self.document.findall(nodes.paragraph) if part.astext() == BLANK]
        if len(written) != len(blanks):
            raise ExtensionError(
                f"{page} has {len(written)} answers in words, and {len(blanks)} paragraphs that "
                f"are {BLANK!r}. Leave an empty line above and below these words."
            )
        for id, blank in zip(written, blanks, strict=True):
            blank["classes"].append("dz-blank")
            blank["translatable"] = False
            field = nodes.raw("", field_of(id), format="html")
            blank.parent.insert(blank.parent.index(blank) + 1, field)
        top = next(self.document.findall(nodes.section))
        top.insert(1, nodes.raw("", box_of(page), format="html"))
        top += nodes.raw("", box_of(page), format="html")


def is_homework(page):
    """Tell whether a page is a homework: only notebooks lie in that folder."""
    return PurePosixPath(page).parent.name == "homework"


def field_of(id):
    """Return the HTML that an answer in words is written in; the script shows it."""
    return (
        f'<div class="dz-written" data-cell="{id}" hidden>'
        f'<textarea rows="8" aria-label="{words(_("Your answer in words"))}"></textarea></div>'
    )


def box_of(page):
    """Return the HTML of the box with the file; the script says the words for a page that runs."""
    name = PurePosixPath(page).name
    file = f"{'../' * page.count('/')}homework/{name}.ipynb"
    runs = (
        _("Write in the cells of this page and run them. What you write stays in your browser."),
        _("At the end, download the notebook: it holds what you wrote. Hand it in."),
    )
    plain = _("This is the notebook without answers. Write them in Jupyter, and hand it in.")
    download = str(_("Download {0}")).format(f"{name}.ipynb")
    return (
        f'<div class="dz-homework" data-holds="{words(_("Saved with {0} of {1} answers."))}" '
        f'data-failed="{words(_("The notebook could not be loaded. Try again."))}">'
        f'<p class="dz-runs" hidden>{" ".join(map(words, runs))}</p>'
        f'<p class="dz-plain">{words(plain)}</p>'
        f'<p><a class="dz-download" href="{file}" download="{name}.ipynb">'
        f"{words(download)}</a> "
        f'<span class="dz-said" role="status"></span></p></div>'
    )


def words(message):
    """Return a message in the language of the book, for HTML."""
    return html.escape(str(message))


def _finish(app, pagename, templatename, context, doctree):
    """Say which cells are locked, and take away the theme's button: its file has no answers."""
    if not is_homework(pagename):
        return
    context["body"] = MARKED.sub(r'<div data-locked="\2" \1', context.get("body", ""))
    for group in context.get("header_buttons", []):
        if group.get("label") == "download-buttons":
            group["buttons"] = [one for one in group["buttons"] if one["label"] not in SOURCES]


def setup(app):
    app.add_transform(HomeworkPages)
    app.connect("html-page-context", _finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
