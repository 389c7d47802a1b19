"""The book as EPUB 3: its pages as XHTML with formulas in MathML and figures in SVG."""

import html
import mimetypes
import re
import uuid
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from pygments.formatters import HtmlFormatter

STYLE = Path(__file__).with_name("epub.css").read_text("utf-8")
IMAGE = re.compile(r'(<img [^>]*?src=")(file:[^"]*)(")')
INSIDE = re.compile(r' href="#((.*?)--[^"]*)"')
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""


def make(browser, cover, pages, target):
    """Write the EPUB; the same pages and date give the same file."""
    images, files = {}, {}
    for page in pages:
        files[f"{stem(page)}.xhtml"] = frame(cover, page.title, body_of(page, images))
    files = {
        "cover.xhtml": frame(cover, cover.title, cover.page()),
        "contents.xhtml": frame(cover, "Contents", contents(pages)),
        **files,
        "style.css": STYLE + HtmlFormatter().get_style_defs(".highlight"),
        "cover.png": picture_of(browser, poster(cover)),
        **{name: path.read_bytes() for path, name in images.items()},
    }
    files["package.opf"] = package(cover, files)
    with zipfile.ZipFile(target, "w") as pack:
        # The first file says what this is, and is not compressed.
        write(pack, "mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        write(pack, "META-INF/container.xml", CONTAINER)
        for name, content in files.items():
            write(pack, f"book/{name}", content)


def write(pack, name, content, how=zipfile.ZIP_DEFLATED):
    """Add a file without the time of day."""
    pack.writestr(zipfile.ZipInfo(name), content, how)


def stem(page):
    """Return the name of a page's file."""
    return page.name.replace("/", "-")


def body_of(page, images):
    """Return a page with links to the other files; remember the images it shows."""

    def image(found):
        path = Path(url2pathname(unquote(urlsplit(html.unescape(found[2])).path)))
        name = images.setdefault(path, f"image-{len(images) + 1}{path.suffix}")
        return found[1] + name + found[3]

    def link(found):
        return f' href="{"" if found[2] == stem(page) else found[2] + ".xhtml"}#{found[1]}"'

    body = INSIDE.sub(link, IMAGE.sub(image, page.body))
    return f'<article id="{page.id}">{body}</article>'


def frame(cover, title, body):
    """Return a whole XHTML file."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="{cover.language}" xml:lang="{cover.language}"><head><meta charset="utf-8"/>'
        f'<title>{html.escape(title)}</title><link rel="stylesheet" href="style.css"/></head>'
        f"<body>{body}</body></html>\n"
    )


def contents(pages):
    """Return the contents: parts, their pages, and the titles of a chapter."""
    parts = {}
    for page in pages:
        parts.setdefault(page.part, []).append(entry(page))
    rows = [
        f"<li><span>{html.escape(part)}</span><ol>{''.join(entries)}</ol></li>"
        if part
        else "".join(entries)
        for part, entries in parts.items()
    ]
    return f'<nav epub:type="toc"><h1>Contents</h1><ol>{"".join(rows)}</ol></nav>'


def entry(page):
    """Return the line of a page, with those of its titles where it is a lesson."""
    name = f"{stem(page)}.xhtml"
    rows = [
        f'<li><a href="{name}#{html.escape(h.id)}">{html.escape(h.title)}</a></li>'
        for h in page.sections
    ]
    inner = f"<ol>{''.join(rows)}</ol>" if rows else ""
    return f'<li><a href="{name}">{html.escape(page.title)}</a>{inner}</li>'


def poster(cover):
    """Return the page that the picture of the cover is taken of."""
    return f"<style>{STYLE}body{{margin:0;padding:64px}}</style>{cover.page()}"


def picture_of(browser, text):
    """Return a PNG of a page."""
    page = browser.new_page(viewport={"width": 900, "height": 1350})
    page.set_content(text)
    made = page.screenshot()
    page.close()
    return made


def package(cover, files):
    """Return the list of files, their order, and what the book is called."""
    items, order = [], []
    for i, (name, content) in enumerate(files.items()):
        kind = "application/xhtml+xml" if name.endswith(".xhtml") else mimetypes.guess_type(name)[0]
        marks = {"contents.xhtml": ["nav"], "cover.png": ["cover-image"]}.get(name, [])
        if name.endswith(".xhtml"):
            marks += [
                mark for mark, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in content
            ]
            order.append(f'<itemref idref="i{i}"/>')
        properties = f' properties="{" ".join(marks)}"' if marks else ""
        items.append(f'<item id="i{i}" href="{name}" media-type="{kind}"{properties}/>')
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"dlzero {cover.version} {cover.language}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" '
        f'xml:lang="{cover.language}">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">urn:uuid:{name}</dc:identifier>'
        f"<dc:title>{html.escape(cover.title)}</dc:title>"
        f"<dc:creator>{html.escape(cover.author)}</dc:creator>"
        f"<dc:language>{cover.language}</dc:language><dc:date>{cover.date}</dc:date>"
        f"<dc:description>{html.escape(cover.subtitle)}</dc:description>"
        "<dc:rights>Text and figures: CC BY 4.0. Code: MIT.</dc:rights>"
        f'<meta property="dcterms:modified">{cover.date}T00:00:00Z</meta>'
        '<meta property="schema:accessMode">textual</meta>'
        '<meta property="schema:accessMode">visual</meta>'
        '<meta property="schema:accessModeSufficient">textual</meta>'
        '<meta property="schema:accessibilityFeature">alternativeText</meta>'
        '<meta property="schema:accessibilityFeature">MathML</meta>'
        '<meta property="schema:accessibilityFeature">tableOfContents</meta>'
        '<meta property="schema:accessibilityHazard">none</meta>'
        f"</metadata><manifest>{''.join(items)}</manifest>"
        f"<spine>{''.join(order)}</spine></package>\n"
    )
