"""What the files of the site say without a browser: their links and their weight."""

import functools
import re
from collections import Counter
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from bs4 import BeautifulSoup

DRAWN = re.compile(r"(?s)<svg\b.*?</svg>")
#: A page without its figures: the bytes of its HTML, not compressed, after cutting every figure
#: and every drawing. Style sheets, scripts and fonts are shared by all pages and not counted.
PAGE_LIMIT = 300_000
LINKS = {"a": "href", "link": "href", "script": "src", "img": "src", "iframe": "src"}


def weight(html):
    """Return the bytes of a page without its figures."""
    return len(DRAWN.sub("", re.sub(r"(?s)<figure\b.*?</figure>", "", html)).encode())


@functools.cache
def anchors(path):
    """Return how often each anchor occurs in a page."""
    html = path.read_text(encoding="utf-8")
    return Counter(re.findall(r'<[^>]*?\sid="([^"]+)"', html))


def file_problems(site, address):
    """Return the links of a page that lead nowhere or to two places, and its foreign files."""
    html = (site / address).read_text(encoding="utf-8")
    problems = []
    for reference in set(re.findall(r'<use [^>]*href="#([^"]+)"', html)):
        if reference not in anchors(site / address):
            problems.append(f"drawing uses {reference!r}, which is not on the page")
    soup = BeautifulSoup(DRAWN.sub("", html), "html.parser")
    links = [(tag.name, tag.get(LINKS[tag.name])) for tag in soup.find_all(list(LINKS))]
    for tag in soup.find_all("meta", attrs={"http-equiv": "Refresh"}):
        links.append(("a", tag["content"].partition("url=")[2]))
    for kind, link in links:
        if not link or link.startswith(("mailto:", "data:", "javascript:")):
            continue
        if re.match(r"(?:https?:)?//", link):
            if kind != "a":
                problems.append(f"<{kind}> names another host: {link}")
            continue
        url, anchor = urldefrag(urljoin("http://site/" + address, link))
        target = site / unquote(urlsplit(url).path).lstrip("/")
        if not target.is_file():
            problems.append(f"{link} leads nowhere")
        elif anchor and target.suffix == ".html" and anchors(target)[unquote(anchor)] != 1:
            problems.append(f"{link}: {anchors(target)[unquote(anchor)]} such anchors")
    return problems
