"""What a page says of itself, to search engines and at its foot."""

import re
from xml.etree import ElementTree

import pytest
import small
from bs4 import BeautifulSoup
from survey import FILES, PAGES, SITE

from dlzero import __version__

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("head")]

CONF = """
extensions += ["dlzero_head", "notfound.extension"]
project, html_title, author, copyright = "Small", "Small", "Ann", "2026"
html_theme_options = {"footer_content_items": ["from.html"]}
dlzero_day = "2026-02-28"
"""
LONG = "A sentence of so many words that another of its kind has no room beside it in a description"
FIRST = "# A page\n\nIt says one thing.\n\n```{toctree}\nother\n```"
OTHER = f"""# Another page

Short one. {LONG}. It goes on and on, and says so much that it has to be left out.

## A part

With $x^2$ in it.
"""
HIDDEN = ("404.html", "genindex.html", "py-modindex.html", "search.html")


def built(folder, conf="", other=OTHER):
    static = f"html_static_path.append({str(small.ROOT / 'book' / '_static')!r})\n"
    small.write(folder, [], CONF + static + conf, index=FIRST, other=other)
    (folder / "index.ipynb").unlink()
    return small.build(folder)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return built(tmp_path_factory.mktemp("plain") / "book")


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    conf = 'dlzero_website, dlzero_repository = "https://c.d/e", "https://github.com/a/b.git"\n'
    return built(tmp_path_factory.mktemp("known") / "book", conf)


def soup(folder, page):
    return BeautifulSoup((folder / page).read_text("utf-8"), "html.parser")


def meta(page, name):
    found = page.find_all("meta", attrs={"name": name}) + page.find_all("meta", property=name)
    assert len(found) <= 1
    return found[0]["content"] if found else None


def test_a_description_has_whole_sentences(plain):
    assert meta(soup(plain, "index.html"), "description") == "It says one thing."
    assert meta(soup(plain, "other.html"), "description") == f"Short one. {LONG}."


def test_a_short_sentence_is_followed_by_part_of_the_next(tmp_path):
    longer = OTHER.replace(f"{LONG}.", f"{LONG}, {LONG}.")
    text = meta(soup(built(tmp_path / "book", other=longer), "other.html"), "description")
    assert text.startswith(f"Short one. {LONG}, A sentence")
    assert text.endswith("…")
    assert 120 < len(text) <= 160


def test_a_page_knows_its_address(known):
    page = soup(known, "other.html")
    assert [one["href"] for one in page.select("link[rel=canonical]")] == [
        "https://c.d/e/other.html"
    ]
    assert meta(page, "og:url") == "https://c.d/e/other.html"
    assert meta(page, "og:title") == "Another page"
    assert meta(page, "og:image") == "https://c.d/e/_static/social.png"
    wide = (known / "_static" / "social.png").read_bytes()[16:20]  # as a PNG says it
    assert int.from_bytes(wide, "big") == 1200
    assert soup(known, "search.html").select("link[rel=canonical]") == []


def test_without_an_address_nothing_claims_one(plain):
    page = soup(plain, "other.html")
    assert page.select("link[rel=canonical]") == []
    assert meta(page, "og:url") is meta(page, "og:image") is None
    assert not (plain / "sitemap.xml").exists()


def test_the_map_has_all_pages(known):
    places = ElementTree.parse(known / "sitemap.xml").iter(
        "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
    )
    assert [one.text for one in places] == ["https://c.d/e/index.html", "https://c.d/e/other.html"]
    assert "Sitemap: https://c.d/e/sitemap.xml" in (known / "robots.txt").read_text("utf-8")


@pytest.mark.parametrize(("which", "start"), [("plain", "/"), ("known", "/e/")])
def test_a_page_that_is_missed_stands_anywhere(which, start, request):
    page = soup(request.getfixturevalue(which), "404.html")
    assert page.h1.get_text() == "Page not found"
    addresses = [e.get("href") or e.get("src") for e in page.select("[href], [src]")]
    own = [one for one in addresses if not one.startswith(("#", "http", "data:"))]
    assert len(own) > 5
    assert [one for one in own if not one.startswith(start)] == []
    assert page.select_one(f'article a[href="{start}index.html"]').get_text() == "Small"


def test_the_foot_says_where_a_page_is_from(plain, known):
    foot = soup(plain, "other.html").select_one(".dz-from")
    words = " ".join(foot.get_text().split())
    assert words.startswith("© 2026 Ann. Text and figures: CC BY 4.0. Code: MIT.")
    assert f"Version {__version__}, 2026-02-28" in words
    assert foot.select("a")[-1]["href"].endswith("how-to-use.html#when-something-does-not-work")
    foot = soup(known, "other.html").select_one(".dz-from")
    *_, repository, report = (link["href"] for link in foot.select("a"))
    assert repository == "https://github.com/a/b"
    assert report.startswith("https://github.com/a/b/issues/new?title=other%3A+&body=")
    assert f"{__version__}%2C+2026-02-28" in report


def test_each_page_of_the_book_says_it_once():
    names, said = set(), {}
    for page in PAGES:
        seen = soup(SITE, page)
        assert meta(seen, "viewport"), page
        assert len(seen.find_all("title")) == 1, page
        title = seen.title.get_text()
        assert title not in names, page
        assert title.count("Deep learning from zero") == 1, page
        names.add(title)
        if page in HIDDEN:
            assert meta(seen, "robots") == "noindex", page
        else:
            said.setdefault(meta(seen, "description"), []).append(page)
            assert seen.select_one(".dz-from a[href*='#when-something']"), page
    assert {text: pages for text, pages in said.items() if len(pages) > 1 or len(text) < 50} == {}


def test_the_address_of_the_folder_leads_to_the_first_page():
    first = soup(SITE, "index.html")
    assert first.title.get_text() == "Deep learning from zero"
    assert first.select_one("meta[http-equiv=Refresh]")["content"] == "0; url=book/index.html"
    assert (SITE / first.select_one("link[rel=icon]")["href"]).is_file()


def test_no_key_of_the_bibliography_is_left_in_a_page():
    assert [p for p in PAGES if re.search(r">[a-z]+(18|19|20)\d\d[a-z]{3,}<", FILES[p])] == []
    assert "Kingma and Ba" in FILES["book/api-optimizers.html"]
