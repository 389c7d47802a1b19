"""What the reader's browser keeps: the marks and words for quizzes, progress and the way back.

Here the page gets marks and words; ``keep.js``, ``quiz.js`` and ``progress.js`` in
``book/_static`` do the rest. So a page without script, and one on paper, is as it was.
"""

import html
import json
import re
import zlib

from dlzero_predict import button, words
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.locale import get_translation
from sphinx.transforms import SphinxTransform

_ = get_translation("dlzero")

VERDICT = re.compile(r"(Right|Wrong)\.")
#: What is counted for the reader, in this order, by its name in the store.
COUNTED = ("done", "right", "quiz", "predict", "edit")


class QuizQuestions(SphinxTransform):
    """Put each question of a quiz into one group with its options, and say which are right.

    A question is a paragraph that begins with its number in bold. Its options are the dropdowns
    behind it that begin with a verdict.
    """

    default_priority = 7  # before a page is in another language (20): the verdict is read

    def apply(self, **kwargs):
        """Do so for each question of the document."""
        template, taken = quiz_words(), set(self.document.ids)
        for question in list(self.document.findall(nodes.paragraph)):
            options = options_of(question)
            if not options:
                continue
            said = "\n".join([question.astext(), *[option[0].astext() for option in options]])
            name = f"quiz-{zlib.crc32(said.encode()):08x}"
            while name in taken:
                name += "-again"  # the same question twice on a page
            taken.add(name)
            group = nodes.container("", ids=[name], classes=["dz-quiz"])
            question.replace_self(group)
            for option in options:
                option.parent.remove(option)
                verdict = VERDICT.match(option[1].astext())[1].lower()
                option["container_classes"] = [*option["container_classes"], f"dz-{verdict}"]
            question["ids"].append(f"{name}-question")
            group += [question, *options, nodes.raw("", template, format="html")]
            template = ""  # a page needs it once


def options_of(question):
    """Return the dropdowns that answer a question; a paragraph that is none has none."""
    first = next((child for child in question if child.astext()), None)
    if not (isinstance(first, nodes.strong) and first.astext().isdigit()):
        return []
    siblings, options = question.parent.children, []
    for node in siblings[siblings.index(question) + 1 :]:
        if not (isinstance(node, nodes.container) and node.get("design_component") == "dropdown"):
            break
        if len(node) < 2 or not VERDICT.match(node[1].astext()):
            break
        options.append(node)
    return options


def quiz_words():
    """Return the HTML that the script puts behind the options and behind the last question."""
    said = {
        "first": _("Right at the first try."),
        "later": _("Right, but not at the first try."),
        "wrong": _("Not right yet: open another option."),
        "score": _("{0} of {1} right at the first try."),
    }
    marks = mark("right", _("Right")) + mark("wrong", _("Wrong"))
    return (
        f'<template id="dz-quiz-words" {data(said)}>{marks}'
        f'<p class="dz-row dz-score" hidden><span role="status"></span>'
        f"{button(_('Clear the quiz'), 'dz-clear')}</p></template>"
    )


def mark(kind, message):
    """Return a verdict in HTML: a sign for the eye, and a word."""
    sign = {"right": "✓", "wrong": "✗"}[kind]
    return (
        f'<span class="dz-mark dz-{kind}"><span aria-hidden="true">{sign}</span> '
        f"{words(message)}</span>"
    )


def data(messages):
    """Return messages as data attributes of HTML."""
    return " ".join(f'data-{name}="{words(message)}"' for name, message in messages.items())


def mark_lesson(app, doctree):
    """Note the exercises of a lesson, and let the reader say at its end that it is finished."""
    page = app.env.docname
    if page.split("/")[0] != "lessons":
        return
    exercises = [
        node
        for node in doctree.findall(nodes.Element)
        if "exercise" in node.get("classes", ()) and node.get("label")
    ]
    app.env.metadata[page]["dz-exercises"] = len(exercises)
    is_chapter = page.count("/") == 1
    text = _("I have finished this chapter") if is_chapter else _("I have finished this page")
    finish = f'<p class="dz-end" hidden>{button(text, "dz-finish")}</p>'
    place = next(doctree.findall(nodes.section), doctree)
    place += nodes.raw("", finish, format="html")


def add_words(app, pagename, templatename, context, doctree):
    """Give each page its name, and what the contents say of the progress of each lesson."""
    found = app.env.metadata.items()
    lessons = {page: known["dz-exercises"] for page, known in found if "dz-exercises" in known}
    said = {
        "done": _("finished"),
        "right": _("{0} of {1} exercises right"),
        "lessons": json.dumps(lessons, separators=(",", ":")),
    }
    context["metatags"] = context.get("metatags", "") + (
        f'\n<meta name="dlzero-page" content="{html.escape(pagename)}">'
        f'\n<template id="dz-progress" {data(said)}>{mark("right", _("Right"))}</template>'
    )


class Continue(Directive):
    """The link to the place where the reader stopped; without one there is nothing."""

    def run(self):
        """Return the link, which the script fills and shows."""
        link = '<a class="sd-btn sd-btn-outline-primary sd-text-wrap sd-d-block"></a>'
        said = data({"text": _("Continue: {0}")})
        text = f'<p class="dz-continue" {said} hidden>{link}</p>'
        return [nodes.raw("", text, format="html")]


class Kept(Directive):
    """The box with what the browser keeps, and the buttons that move and wipe it."""

    def run(self):
        """Return the box, which the script fills and shows."""
        labels = {
            "done": _("Chapters and pages finished:"),
            "right": _("Exercises right:"),
            "quiz": _("Quiz questions answered:"),
            "predict": _("Guesses:"),
            "edit": _("Cells changed:"),
        }
        said = {
            "nothing": _("There is nothing to save yet."),
            "saved": _("The file {0} is among your downloads."),
            "loaded": _("Read {0} entries of {1}."),
            "foreign": _("{0} is no file that Export has saved: choose dlzero-progress.json."),
            "version": _("{0} has format {1}, this page reads 1: use the site that saved it."),
            "wiped": _("Nothing is kept any more."),
        }
        counts = "".join(
            f'<li>{words(labels[kind])} <b data-kind="{kind}">0</b></li>' for kind in COUNTED
        )
        choose = f'<input type="file" accept=".json" aria-label="{words(_("Import"))}" hidden>'
        row = button(_("Export"), "dz-export") + button(_("Import"), "dz-import") + choose
        sure = (
            f'<div class="dz-sure" role="group" aria-labelledby="dz-sure" hidden>'
            f'<p id="dz-sure">{words(_("Wipe all of it? This cannot be undone."))}</p>'
            f'<p class="dz-row">{button(_("Yes, wipe it"), "dz-yes")}'
            f"{button(_('No, keep it'), 'dz-no')}</p></div>"
        )
        text = (
            f'<div class="dz-kept" {data(said)} hidden><ul>{counts}</ul>'
            f'<p class="dz-row">{row}{button(_("Wipe"), "dz-wipe")}</p>{sure}'
            f'<p class="dz-news" role="status"></p></div>'
        )
        return [nodes.raw("", text, format="html")]


def setup(app):
    app.add_transform(QuizQuestions)
    app.add_directive("continue", Continue)
    app.add_directive("kept", Kept)
    app.connect("doctree-read", mark_lesson)
    app.connect("html-page-context", add_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
