"""The minutes of a chapter: one sentence, translated once, with the numbers of the count."""

import re

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms import SphinxTransform

_ = get_translation("dlzero")

#: As tools/run_notebooks.py writes it.
SENTENCE = re.compile(r"Reading takes (\d+) minutes, the exercises take (\d+)\.")


class Minutes(SphinxTransform):
    """Say the sentence in the language of the book.

    It is no text of its page: a translation there would be lost whenever a number changes.
    """

    default_priority = 5  # before the messages to translate are collected (10) and used (20)

    def apply(self, **kwargs):
        """Replace each of them in the document."""
        for paragraph in self.document.findall(nodes.paragraph):
            if found := SENTENCE.fullmatch(paragraph.astext()):
                words = str(_("Reading takes {0} minutes, the exercises take {1}."))
                paragraph.children = []
                paragraph += nodes.Text(words.format(*found.groups()))
                paragraph["translatable"] = False


def setup(app):
    app.add_transform(Minutes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
