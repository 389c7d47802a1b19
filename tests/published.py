"""Find what only the instructor may see in what the course publishes."""

import functools
import html
import re

from dlzero_grader.authoring.leaks import regions
from dlzero_grader.master import Master

PASSAGE, SHORTEST_PASSAGE = 4, 46  # lines; letters and signs


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
