"""The glossary page: a line of first letters, and the chapters that use each term."""

import html
import re

from sphinx.addnodes import pending_xref
from sphinx.locale import get_translation

_ = get_translation("dlzero")

PAGE = "book/glossary"
CHAPTER = re.compile(r"lessons/0*(\d+)_\w+")
LIST = '<dl class="simple glossary">'
ENTRY = re.compile(r'((?:<dt id="[^"]*">.*?</dt>\s*)+<dd>.*?)(?=</dd>)', re.S)
PLACE = re.compile(r'<dt id="([^"]*)">')
FIRST = re.compile(r'<dt id="([^"]*)">(?:<[^>]*>)*(.)')


def chapters_by_term(env):
    """Return the chapters whose text links to a term, by the place of the term."""
    terms, found = env.get_domain("std")._terms, {}
    chapters = filter(CHAPTER.fullmatch, env.found_docs)
    for chapter in sorted(chapters, key=lambda name: int(CHAPTER.fullmatch(name)[1])):
        for link in env.get_doctree(chapter).findall(pending_xref):
            name = link["reftarget"].lower()
            if link["reftype"] == "term" and name in terms:
                found.setdefault(terms[name][1], {})[chapter] = None
    return found


def _glossary(app, pagename, templatename, context, doctree):
    if pagename != PAGE:
        return
    used = chapters_by_term(app.env)

    def with_chapters(entry):
        chapters = {c: None for place in PLACE.findall(entry[0]) for c in used.get(place, ())}
        if not chapters:
            return entry[0]
        links = ", ".join(
            f'<a href="{app.builder.get_relative_uri(PAGE, chapter)}"'
            f' title="{html.escape(app.env.titles[chapter].astext())}">'
            f"{CHAPTER.fullmatch(chapter)[1]}</a>"
            for chapter in chapters
        )
        return f'{entry[0]}<p class="dz-used">{str(_("Chapters: {0}")).format(links)}</p>'

    letters = {}
    for place, letter in FIRST.findall(context["body"]):
        letters.setdefault(letter.upper(), place)
    bar = " ".join(f'<a href="#{place}">{letter}</a>' for letter, place in letters.items())
    bar = f'<nav class="dz-letters" aria-label="{_("First letters")}">{bar}</nav>'
    body = ENTRY.sub(with_chapters, context["body"])
    context["body"] = body.replace(LIST, bar + LIST, 1)


def setup(app):
    app.connect("html-page-context", _glossary)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
