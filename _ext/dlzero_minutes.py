"""The minutes of a chapter: one sentence, translated once, with the numbers of the count."""

import json
import re
from pathlib import Path

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
                paragraph.children = []
                paragraph += nodes.Text(sentence(*found.groups()))
                paragraph["translatable"] = False


def sentence(reading, exercises):
    """Return the sentence in the language of the book."""
    words = str(_("Reading takes {0} minutes, the exercises take {1}."))
    return words.format(reading, exercises)


def minutes_of(name, rawtext, text, lineno, inliner, options=None, content=None):
    """The role that says the sentence of a lesson on another page: {minutes}`01_perceptron`."""
    env = inliner.document.settings.env
    lesson = Path(env.srcdir, "lessons", f"{text}.ipynb")
    env.note_dependency(str(lesson))
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    found = SENTENCE.search("".join(line for cell in cells for line in cell["source"]))
    return [nodes.Text(sentence(*found.groups()))], []


def setup(app):
    app.add_transform(Minutes)
    app.add_role("minutes", minutes_of)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
