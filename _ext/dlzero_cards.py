"""The cards of the first page: the list of the chapters, each with its picture.

In the source it is a list with a link to each chapter, so that it can be read and translated.
"""

import re
from pathlib import Path, PurePosixPath

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform

PICTURES = "book/_static/chapters"
#: The description that the file itself has: on a card it says no more than the words beside it.
LABEL = re.compile(r'role="img" aria-label="[^"]*"')


class Cards(SphinxTransform):
    """Make a card of each entry of a list within the container ``dz-cards``."""

    default_priority = 30  # after a page is in another language (20)

    def apply(self, **kwargs):
        """Do so for each such list of the document."""
        for box in self.document.findall(nodes.container):
            if "dz-cards" in box["classes"]:
                for entries in list(box.findall(nodes.definition_list)):
                    entries.replace_self([self.card(entry) for entry in entries])

    def card(self, entry):
        """Return the card of an entry: a picture, a link, and what is said about the chapter."""
        link = next(entry.findall(pending_xref))
        path = Path(self.env.srcdir, PICTURES, PurePosixPath(link["reftarget"]).name + ".svg")
        self.env.note_dependency(str(path))
        drawn = path.read_text("utf-8").split("\n", 1)[1]
        picture = nodes.raw("", LABEL.sub('aria-hidden="true"', drawn), format="html")
        title = nodes.paragraph("", "", *entry[0].children, classes=["dz-card-title"])
        return nodes.container("", picture, title, *entry[1].children, classes=["dz-card"])


def setup(app):
    app.add_transform(Cards)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
