"""The glossary page: first letters, and the chapters that use each term."""

import posixpath
import re

import pytest
from bs4 import BeautifulSoup
from survey import FILES

pytestmark = pytest.mark.site

PAGE = "book/glossary.html"
CHAPTERS = [page for page in FILES if re.fullmatch(r"lessons/\d\d_\w+\.html", page)]


@pytest.fixture(scope="module")
def glossary():
    return BeautifulSoup(FILES[PAGE], "html.parser")


def test_each_letter_leads_to_its_first_term(glossary):
    names = [term.get_text().rstrip("#") for term in glossary.select("dl.glossary > dt")]
    links = glossary.select(".dz-letters a")
    assert [link.get_text() for link in links] == list(dict.fromkeys(n[0].upper() for n in names))
    for link in links:
        first = next(name for name in names if name[0].upper() == link.get_text())
        assert glossary.find(id=link["href"][1:]).get_text().rstrip("#") == first


def test_each_term_names_the_chapters_that_link_to_it(glossary):
    said = 0
    for term in glossary.select("dl.glossary > dt"):
        linked = [page for page in CHAPTERS if f'glossary.html#{term["id"]}"' in FILES[page]]
        text = term.find_next_sibling("dd").select(".dz-used a")
        named = [posixpath.normpath(f"book/{link['href']}") for link in text]
        numbers = [int(link.get_text()) for link in text]
        assert set(linked) <= set(named), term["id"]
        if term.find_next_sibling().name == "dd":
            assert linked == named, term["id"]
        assert numbers == sorted(numbers)
        said += bool(named)
    assert said > 100
