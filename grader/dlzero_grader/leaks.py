"""Find what only the instructor may see in a text that others will see."""

import functools
import html
import json
import re

from .master import BEGIN_HIDDEN, BEGIN_SOLUTION, END_SOLUTION, Master

SHORTEST_SECRET = 12  # shorter lines, such as "return w", say nothing
PASSAGE, SHORTEST_PASSAGE = 4, 46  # lines; letters and signs


def regions(master: Master) -> tuple[list[str], str]:
    """Return the texts that nobody but the instructor may see, and the text that all see."""
    hidden: list[str] = []
    shown: list[str] = []
    for answer in master.answers:
        parts = re.split(rf"(?m)^.*(?:{BEGIN_SOLUTION}|{END_SOLUTION}).*\n?", answer.solution)
        hidden += parts[1::2]
        shown += parts[::2]
    for test in master.tests:
        shown.append(test.visible)
        lines = test.source.split("\n")
        hidden.append("\n".join(lines[i - 1] for i in test.hidden[1:-1]))
    for cell in json.loads(master.text)["cells"]:
        tags = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "markdown" and tags.get("solution"):
            hidden.append("".join(cell["source"]))
        elif not tags.get("solution") and not tags.get("grade"):
            shown.append("".join(cell["source"]))
    return hidden, "\n".join(shown)


def secrets(master: Master) -> list[str]:
    """Return the single lines that may not stand in what is handed out."""
    hidden, shown = regions(master)
    lines = {line.strip() for text in hidden for line in text.split("\n")}
    return sorted(line for line in lines if len(line) >= SHORTEST_SECRET and line not in shown)


def leaks(master: Master, text: str) -> list[str]:
    """Return the secret lines of a master that stand in a text, however it is quoted.

    Parameters
    ----------
    master : Master
    text : str
        What is handed out: notebook, JSON, HTML or plain text.

    Returns
    -------
    list of str
    """
    forms = (text, html.unescape(text), text.replace('\\"', '"').replace("\\\\", "\\"))
    found = [line for line in secrets(master) if any(line in form for form in forms)]
    return found + [mark for mark in (BEGIN_HIDDEN, BEGIN_SOLUTION) if mark in text]


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
