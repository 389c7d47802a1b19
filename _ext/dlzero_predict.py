"""The boxes "Predict": what answers them stays shut until the reader has answered.

Here the page gets marks and words; ``book/_static/predict.js`` shuts and opens. So a page without
script, and one on paper, is open.
"""

import html
import zlib

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms import SphinxTransform

_ = get_translation("dlzero")


class PredictBoxes(SphinxTransform):
    """Mark for each box what it shuts, and give it what the reader answers with.

    A box shuts what the cells directly behind it show, and the first paragraph after them.
    A bullet list in it holds the choices. Without one, the answer is any text.
    """

    default_priority = 7  # after the figures, and before a box is in another language (20)

    def apply(self, **kwargs):
        """Do so for each box of the document."""
        taken, template = set(self.document.ids), words_of()
        for box in list(self.document.findall(nodes.admonition)):
            parts = answer_of(box) if "predict" in box["classes"] else []
            if not parts:
                continue
            name = (box["ids"] or [f"predict-{zlib.crc32(box.astext().encode()):08x}"])[0]
            while name in taken and name not in box["ids"]:
                name += "-again"  # the same question twice on a page
            taken.add(name)
            for number, part in enumerate(parts, start=1):
                part["classes"].append("dz-shut")
                part["ids"].insert(0, f"{name}-{number}")
            if name not in box["ids"]:
                box["ids"].append(name)
            choices = [child for child in box if isinstance(child, nodes.bullet_list)]
            for choice in choices[:1]:
                choice["classes"].append("dz-choices")
            mark = f'{template}<div class="dz-answer" data-parts="{len(parts)}" hidden></div>'
            box += nodes.raw("", mark, format="html")
            template = ""  # a page needs it once


def answer_of(box):
    """Return the nodes that answer a box: outputs, and the paragraph that explains them."""
    siblings = box.parent.children
    outputs = []
    for node in siblings[siblings.index(box) + 1 :]:
        if isinstance(node, nodes.Invisible):
            continue
        if isinstance(node, nodes.container) and node.get("nb_element") == "cell_code":
            outputs += [part for part in node if part.get("nb_element") == "cell_code_output"]
        elif isinstance(node, nodes.paragraph) and outputs:
            return [*outputs, node]
        else:
            break
    return outputs


def words_of():
    """Return the HTML that the script puts into each box; with choices it leaves out the field."""
    guess, show = words(_("Your guess:")), button(_("Show me"), "dz-show")
    field = f'<label>{guess} <input type="text" required autocomplete="off"></label>'
    return (
        f'<template id="dz-words" data-label="{words(_("The answer"))}">'
        f'<form class="dz-row">{field}{button(_("Compare"), "dz-compare", "submit")}{show}</form>'
        f'<p class="dz-row"><span class="dz-guess">{guess} <b></b></span>'
        f"{button(_('Try again'), 'dz-again')}</p></template>"
    )


def words(message):
    """Return a message in the language of the book, for HTML."""
    return html.escape(str(message))


def button(message, kind, action="button"):
    """Return the HTML of a button."""
    return f'<button type="{action}" class="{kind}">{words(message)}</button>'
