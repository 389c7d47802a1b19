"""Find what only the instructor may see in what the course publishes."""

import functools
import html
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from dlzero_grader.authoring.leaks import regions
from dlzero_grader.master import Master

PASSAGE, SHORTEST_PASSAGE = 4, 46  # lines; letters and signs
KINDS = (".html", ".ipynb", ".js", ".json", ".md", ".py", ".txt")


def published_leaks(master: Master, text: str) -> list[str]:
    """Return the passages of a master that stand in a text of the course.

    A lesson may hold the same single line as a solution. So this looks for passages of four
    lines (or a whole region that has fewer), with quotes, tags and spaces left out.

    Parameters
    ----------
    master : Master
    text : str
        A page of the site, a lesson, or a file of the package.

    Returns
    -------
    list of str
    """
    searched = _searched(text)
    return [shown for passage, shown in _passages(master) if passage in searched]


def leaks_of_site(course: Sequence[Master], site: Path) -> list[str]:
    """Return the passages of masters that stand anywhere in a site, each with its file."""
    return [
        f"{name}: {passage}"
        for name, text in texts_of_site(site)
        for master in course
        for passage in published_leaks(master, text)
    ]


def texts_of_site(site: Path) -> Iterator[tuple[str, str]]:
    """Yield the texts of a site by their names, and what lies in the packages of the course."""
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix in KINDS and not {"vendor", "pyodide"} & set(path.parts):
            yield name, path.read_text("utf-8")
        elif path.name.startswith("dlzero") and path.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(path) as pack:
                for part in pack.namelist():
                    if part.endswith(KINDS):
                        yield f"{name}/{part}", pack.read(part).decode("utf-8")


@functools.cache
def _passages(master: Master) -> list[tuple[str, str]]:
    """Return each passage that must not be published, squeezed and as it stands."""
    hidden, shown = regions(master)
    found, seen = [], _squeezed(shown)
    for region in hidden:
        lines = [line.strip() for line in region.split("\n") if line.strip()]
        for i in range(max(1, len(lines) - PASSAGE + 1)):
            passage = _squeezed("\n".join(lines[i : i + PASSAGE]))
            if len(passage) >= SHORTEST_PASSAGE and passage not in seen:
                found.append((passage, " / ".join(lines[i : i + PASSAGE])))
    return found


@functools.lru_cache(maxsize=1)
def _searched(text: str) -> str:
    without_tags = re.sub(r"<[a-zA-Z/!][^>]*>", "", text)
    return f"{_squeezed(text)} {_squeezed(without_tags)}"


def _squeezed(text: str) -> str:
    """Return the letters, digits and signs of a text, however it is marked up."""
    return re.sub(r"[^\w+\-*/=<>()\[\].]", "", html.unescape(text).replace("\\n", ""))
