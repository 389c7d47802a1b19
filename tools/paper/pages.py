"""Take the pages of a built site, in the order of its contents, as they stand on paper."""

import html
import os
import re
from pathlib import Path
from typing import NamedTuple

import yaml

TAKE = Path(__file__).with_name("take.js").read_text("utf-8")
SCREEN = {"width": 800, "height": 1000}
LINK = re.compile(r' href="#([^"]*)"')
ID = re.compile(r' id="([^"]*)"')


class Heading(NamedTuple):
    """A title within a page."""

    id: str
    title: str


class Page(NamedTuple):
    """A page as XHTML without its frame; ids and links have the name of their page before them."""

    name: str
    part: str
    title: str
    body: str
    sections: list[Heading]  # of a lesson; other pages have none in the contents
    styles: list[str]

    @property
    def id(self):
        """Return the anchor of the whole page."""
        return f"{self.name.replace('/', '-')}--top"


def contents(toc):
    """Return (part, page) for each page of _toc.yml, in its order."""
    tree = yaml.safe_load(Path(toc).read_text("utf-8"))
    found = [("", tree["root"])]

    def walk(part, entries):
        for entry in entries:
            found.append((part, entry["file"]))
            walk(part, entry.get("sections", []))

    for part in tree["parts"]:
        walk(part["caption"], part["chapters"])
    return found


def take(browser, site, named):
    """Return the pages of a site, given as (part, page)."""
    page, names = browser.new_page(viewport=SCREEN), [name for _, name in named]
    page.emulate_media(media="print", color_scheme="light")
    website = os.environ.get("DLZERO_WEBSITE", "")
    pages = []
    for part, name in named:
        page.goto((Path(site) / f"{name}.html").resolve().as_uri(), wait_until="load")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        got = page.evaluate(TAKE, {"name": name, "names": names, "website": website})
        sections = [Heading(**one) for one in got["sections"] if name.startswith("lessons/")]
        pages.append(Page(name, part, got["title"], got["body"], sections, got["styles"]))
    page.close()
    return whole(pages)


def whole(pages):
    """Return the pages without links to what is not on paper: their words stay."""
    known = {page.id for page in pages} | {i for page in pages for i in ID.findall(page.body)}

    def kept(found):
        return found[0] if html.unescape(found[1]) in known else ""

    known = {html.unescape(name) for name in known}
    return [page._replace(body=LINK.sub(kept, page.body)) for page in pages]
