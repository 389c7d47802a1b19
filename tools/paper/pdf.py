"""The book as PDF: with page numbers, contents, an outline, tags and links that work."""

import html
from io import BytesIO
from itertools import groupby
from pathlib import Path

import pikepdf

STYLE = Path(__file__).with_name("paper.css").read_text("utf-8")
LONGEST = 1_800_000  # milliseconds, on a machine that does much else


def make(browser, cover, pages, target):
    """Write the PDF.

    A browser does not know the numbers of pages while it writes the contents. So it makes the PDF
    twice: the first says where each title stands.
    """
    file = target.with_suffix(".html")
    file.write_text(document(cover, pages, {}), "utf-8")
    with pikepdf.open(BytesIO(printed(browser, file, tagged=False))) as draft:
        numbers = numbers_of(draft)
    file.write_text(document(cover, pages, numbers), "utf-8")
    with pikepdf.open(BytesIO(printed(browser, file, tagged=True))) as made:
        with made.open_outline() as outline:
            outline.root.extend(items(pages, numbers))
        made.docinfo["/Title"], made.docinfo["/Author"] = cover.title, cover.author
        # Less than half as large as a browser writes it.
        made.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)
    file.unlink()


def printed(browser, file, tagged):
    """Return the PDF of a file that a browser can show."""
    page = browser.new_page(color_scheme="light")
    page.set_default_timeout(LONGEST)
    page.on("crash", lambda page: page.close())  # else it would be waited for without end
    page.goto(file.resolve().as_uri(), wait_until="load")
    made = page.pdf(prefer_css_page_size=True, print_background=True, tagged=tagged)
    page.close()
    return made


def numbers_of(made):
    """Return the number of the page for each target of a link."""
    places = {page.objgen: number for number, page in enumerate(made.pages, start=1)}
    return {name[1:]: places[target[0].objgen] for name, target in made.Root.Dests.items()}


def items(pages, numbers):
    """Return the outline: the parts, their pages, and the titles of a chapter."""

    def item(title, name, below=()):
        made = pikepdf.OutlineItem(title, numbers[name] - 1)
        made.children.extend(below)
        made.is_closed = True
        return made

    def of_page(page):
        below = [item(heading.title, heading.id) for heading in page.sections]
        return item(page.title, page.id, below)

    for part, members in groupby(pages, lambda page: page.part):
        members = list(members)
        entries = map(of_page, members)
        yield from [item(part, members[0].id, entries)] if part else entries


def document(cover, pages, numbers):
    """Return the whole book as one document."""
    styles = "".join(f'<link rel="stylesheet" href="{name}"/>' for name in pages[0].styles)
    bodies = "".join(
        f'<article class="bd-article" id="{page.id}">{page.body}</article>' for page in pages
    )
    return (
        f'<!DOCTYPE html><html lang="{cover.language}" data-theme="light"><head>'
        f'<meta charset="utf-8"/><title>{html.escape(cover.title)}</title>'
        f"{styles}<style>{STYLE}</style></head>"
        f'<body>{cover.page()}<nav class="dz-contents"><h1>Contents</h1>'
        f"{contents(pages, numbers)}</nav>"
        f'<div class="bd-main"><div class="bd-content"><div class="bd-article-container">{bodies}'
        "</div></div></div></body></html>"
    )


def contents(pages, numbers):
    """Return the contents: parts, pages, and the titles of a chapter."""

    def line(level, title, name):
        return (
            f'<p class="dz-level-{level}"><a href="#{html.escape(name)}">'
            f"<span>{html.escape(title)}</span><b>{numbers.get(name, 0)}</b></a></p>"
        )

    made = []
    for part, members in groupby(pages, lambda page: page.part):
        made.append(f'<p class="dz-part">{html.escape(part)}</p>' if part else "")
        for page in members:
            made.append(line(1, page.title, page.id))
            made += [line(2, heading.title, heading.id) for heading in page.sections]
    return "".join(made)
