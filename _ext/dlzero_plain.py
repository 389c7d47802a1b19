"""A notebook that reads well everywhere: the MyST of a lesson as plain Markdown, pictures as PNG.

JupyterLab, VS Code, Colab and GitHub know neither the boxes of a lesson nor its roles, and all but
the first show no SVG in HTML that they do not trust; JupyterLab prefers such HTML, emptied, to a
PNG beside it. So what a lesson stores as HTML stands here as a PNG or a Markdown table.

``dlzero_learner.py`` calls `notebook` with what only the built book knows: numbers and addresses.
"""

import base64
import html
import itertools
import json
import re
from xml.etree import ElementTree

import resvg_py
from sphinx.locale import get_translation

from dlzero.plots import parse
from dlzero.plots.svg import PAPER

_ = get_translation("dlzero")

START = re.compile(r"(`{3,}|:{3,})\{([\w:-]+)\} *(.*)")
OPTION = re.compile(r":([\w-]+):(?: +(.*))?")
ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")
NAMED = re.compile(r"(.*?)\s*<([^<>]+)>", re.DOTALL)
EQUATION = re.compile(r"^\$\$[ ]*\(([\w-]+)\)[ ]*$", re.MULTILINE)
DISPLAY = re.compile(r"\$\$.*?\$\$", re.DOTALL)
TARGET = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
SVG = re.compile(r"<svg\b[^>]*>.*?</svg>", re.DOTALL)
FRAME = re.compile(r"<div data-frame(?: hidden)?>(<svg\b.*?</svg>)</div>", re.DOTALL)
SLIDER = re.compile(r'<label>([^<]*) <input [^>]* value="(\d+)" [^>]*data-values="([^"]*)"')
CAPTION = re.compile(r"\bcaption ?= ?\(?\s*[rf]*[\"']")
NUMBERED = re.compile(r"\*\*([^*]+)\*\* ")
MARKS = re.compile(r"\$[^$]+\$|([\\*_`<\[|])")
DOTS = 1.5  # pixels of a PNG in one of the page: sharp enough, and small


def notebook(lesson, book, first):
    """Return a plain notebook of a lesson.

    Parameters
    ----------
    lesson : dict
        The notebook as it is stored.
    book : dlzero_learner.Book
        Numbers, titles and addresses.
    first : list of dict
        The cells that come first.

    Returns
    -------
    dict
    """
    cells, solution, asked = [*first], None, False
    for cell in lesson["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            outputs = [made for output in cell["outputs"] for made in plain_output(output, book)]
            if solution is None or "used-below" in cell["metadata"].get("tags", []):
                source = numbered(source, outputs)
                if asked and outputs:
                    # JupyterLab shows the first line of what it hides, so it needs one.
                    outputs = [said(_("First your guess. Then run the cell.")), *outputs]
                shown = {"source": source, "outputs": outputs}
                cells.append({**cell, **shown, "metadata": folded(cell, asked)})
            else:
                solution += [f"```python\n{source}\n```", *map(as_text, outputs)]
            continue
        parts = []
        if asked:  # the first paragraph behind a box explains what came out
            answer, _line, source = source.partition("\n\n")
            parts.append(details(_("The answer"), words(answer, book)))
        asked = "\n:class: predict\n" in source[source.rfind("```{") :]
        for kind, title, text in pieces(source):
            if kind == "solution-start":
                solution = []
            elif kind == "solution-end":
                parts.append(details(_("Solution"), "\n\n".join(filter(None, solution))))
                solution = None
            else:
                (parts if solution is None else solution).append(box(kind, title, text, book))
        if text := "\n\n".join(filter(None, parts)):
            cells.append({**cell, "source": text})
    if sources := book.sources():
        text = f"## {_('Works cited')}\n\n" + "\n".join(f"- {line}" for line in sources)
        cells.append(markdown_cell("sources", text))
    return {**lesson, "cells": [{**cell, "source": lines(cell["source"])} for cell in cells]}


def markdown_cell(name, text):
    """Return a cell of text."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def code_cell(name, text):
    """Return a cell of code that has not run."""
    cell = {**markdown_cell(name, text), "cell_type": "code"}
    return {**cell, "execution_count": None, "outputs": []}


def lines(source):
    """Return the text of a cell as a notebook stores it."""
    return "".join(source).splitlines(keepends=True)


def said(text):
    """Return an output that says a sentence."""
    return {"output_type": "display_data", "data": {"text/plain": str(text)}, "metadata": {}}


def numbered(source, outputs):
    """Return code with the number of its figure in the caption, which has it when it has run."""
    texts = ["".join(output.get("data", {}).get("text/markdown", "")) for output in outputs]
    number = next(filter(None, map(NUMBERED.match, texts)), None)
    return CAPTION.sub(lambda found: f"{found[0]}{number[1]} ", source, 1) if number else source


def folded(cell, asked):
    """Return the metadata of a code cell: what the site folds, JupyterLab and Colab fold too.

    What answers a box to predict, JupyterLab hides until its cell is run.
    """
    metadata = dict(cell["metadata"])
    if asked and cell["outputs"]:
        metadata |= {"collapsed": True, "jupyter": {"outputs_hidden": True}}
    if "hide-input" in metadata.get("tags", []):
        metadata["jupyter"] = {**metadata.get("jupyter", {}), "source_hidden": True}
        metadata["cellView"] = "form"
    return metadata


def pieces(source):
    """Split Markdown at its directives: yield kind, title (or label) and text of each.

    The text between them has the kind "".
    """
    text, rows = [], iter(source.split("\n"))
    for row in rows:
        if found := START.fullmatch(row):
            yield "", "", "\n".join(text).strip("\n")
            fence, kind, title = found.groups()
            text = list(itertools.takewhile(lambda row, end=fence: row.rstrip() != end, rows))
            options = {}
            while text and (option := OPTION.fullmatch(text[0])):
                options[option[1]] = option[2]
                text.pop(0)
            yield kind, title or options.get("label", ""), "\n".join(text).strip("\n")
            text = []
        elif row.startswith("```"):  # code: what stands in it is no markup
            text += [row, *itertools.takewhile(lambda row: row.rstrip() != "```", rows), "```"]
        else:
            text.append(row)
    yield "", "", "\n".join(text).strip("\n")


def box(kind, title, text, book):
    """Return a directive as plain Markdown."""
    if kind == "":
        return words(text, book)
    if kind == "admonition":
        return quote(words(title, book), whole(text, book))
    if kind == "dropdown":
        return details(words(title, book), whole(text, book))
    if kind == "exercise-start":
        return f"#### {book.exercise(title)}\n\n{whole(text, book)}".strip()
    if kind == "exercise-end":
        return ""
    raise ValueError(
        f"The box {{{kind}}} {title!r} is none that a plain notebook can show; expected an "
        "admonition, a dropdown, an exercise or a solution. Teach it to box in dlzero_plain.py."
    )


def whole(text, book):
    """Return Markdown that may hold directives as plain Markdown."""
    return "\n\n".join(filter(None, (box(*piece, book) for piece in pieces(text))))


def quote(title, text):
    """Return a box: a quotation with a title in bold."""
    # JupyterLab takes formulas out before it reads the marks of a quotation.
    text = DISPLAY.sub(lambda found: " ".join(found[0].split()), text)
    return "\n".join(f"> {row}".rstrip() for row in f"**{title}**\n\n{text}".split("\n"))


def details(title, text):
    """Return a fold. Around its text are empty lines, without which it would be no Markdown."""
    if "$" in title:
        # VS Code sets formulas only in Markdown, and on the line of a tag there is none.
        return f"<details><summary>\n\n{title}\n\n</summary>\n\n{text}\n\n</details>"
    return f"<details><summary>{inline(title)}</summary>\n\n{text}\n\n</details>"


def inline(text):
    """Return a line of Markdown as HTML."""
    text = html.escape(str(text), quote=False)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    text = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r'<a href="\2">\1</a>', text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", text)
    return re.sub(r"\*([^*]+)\*", r"<i>\1</i>", text)


def words(text, book):
    """Return text without roles, labels and targets."""
    done = []
    for part in re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL):
        if not part.startswith("```"):
            part = EQUATION.sub(lambda found: f"\\tag{{{book.equation(found[1])}}}\n$$", part)
            part = TARGET.sub("", part).replace("\n\\tag", " \\tag")
            part = ROLE.sub(lambda found: role(*found.groups(), book), part)
        done.append(part)
    return "".join(done)


def role(kind, text, book):
    """Return a role as plain Markdown."""
    named = NAMED.fullmatch(text)
    title, target = named.groups() if named else (None, text)
    if kind in ("doc", "ref", "numref", "term"):
        return getattr(book, kind)(target, title)
    if kind == "eq":
        return f"({book.equation(text)})"
    if kind in ("cite:p", "cite:t"):
        return book.cite(text, kind[-1])
    raise ValueError(
        f"The role {{{kind}}} of {text!r} is none that a plain notebook can show; expected doc, "
        "ref, numref, term, eq, cite:p or cite:t. Teach it to role in dlzero_plain.py."
    )


def plain_output(output, book):
    """Return what shows an output without HTML: itself, or a picture or table with its caption."""
    data = output.get("data", {})
    if "text/html" not in data:
        return [output]
    found, text = parse("".join(data["text/html"])), data.get("text/plain", "")
    if found is None:
        return [output]
    if found.kind == "table":
        shown = f"{caption(book.table(found.name), found)}\n\n{table(found.body)}"
        return [{**output, "data": {"text/markdown": shown, "text/plain": text}}]
    svg, more = picture(found)
    shown = caption(book.figure(found.name), found) + more
    image, width, height = png(svg)
    alt = html.unescape(re.search(r' aria-label="([^"]*)"', svg)[1])
    size = {"width": width, "height": height, "alt": alt}
    return [
        {
            "output_type": "display_data",
            "data": {"image/png": image, "text/plain": text},
            "metadata": {"image/png": size},
        },
        {**output, "data": {"text/markdown": shown, "text/plain": found.caption}},
    ]


def caption(number, found):
    """Return number and caption of a figure or a table."""
    return f"**{number}** {marked(found.caption)}"


def marked(text):
    """Return plain text with formulas as Markdown."""
    return MARKS.sub(lambda found: "\\" + found[1] if found[1] else found[0], text)


def table(body):
    """Return an HTML table as Markdown."""
    rows = [
        [marked("".join(cell.itertext())) or " " for cell in row]
        for row in ElementTree.fromstring(body).iter("tr")
    ]
    sides = [":--", *["--:"] * (len(rows[0]) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], sides, *rows[1:]])


def picture(found):
    """Return the SVG of a figure, and what to say of a figure that moves.

    Where no other frame is named to be shown first, that in the middle shows more: at the first a
    walk has not begun.
    """
    frames = FRAME.findall(found.body)
    if not frames:
        return SVG.search(found.body)[0], ""
    sliders, places = [], []
    for label, place, values in SLIDER.findall(found.body):
        sliders.append((label, json.loads(html.unescape(values))))
        places.append(int(place))
    if not any(places):
        places = [len(values) // 2 for _label, values in sliders]
    at = 0
    for place, (_label, values) in zip(places, sliders, strict=True):
        at = at * len(values) + place
    defs = re.search(r"<defs>.*?</defs>", found.body, re.DOTALL)[0]
    shown = ", ".join(
        f"{html.unescape(label)} = {values[place]}"
        for place, (label, values) in zip(places, sliders, strict=True)
    )
    more = str(_("Shown is {0}; run the cell to move it.")).format(marked(shown))
    return frames[at].replace(">", f">{defs}", 1), f" *{more}*"


def png(svg):
    """Return an SVG as PNG on white, in base64, with its width and height on the page."""
    box = re.search(r'viewBox="([^"]+)"', svg)[1].split()
    width, height = (round(float(side) * 96 / 72) for side in box[2:])
    svg = svg.replace("currentColor", "#000000").replace(PAPER, "#ffffff")
    svg = svg.replace(
        "<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" ', 1
    )
    image = resvg_py.svg_to_bytes(
        svg_string=svg, background="#ffffff", zoom=DOTS, skip_system_fonts=True
    )
    return base64.b64encode(bytes(image)).decode() + "\n", width, height


def as_text(output):
    """Return an output of a solution, which stands in a fold, as Markdown."""
    data = output.get("data", {})
    if "text/markdown" in data:
        return "".join(data["text/markdown"])
    return f"```text\n{''.join(output.get('text') or data['text/plain']).rstrip()}\n```"
