"""Find what only the instructor may see in a text that others will see."""

import html
import json
import re

from ..master import BEGIN_HIDDEN, BEGIN_SOLUTION, END_SOLUTION, Master

SHORTEST_SECRET = 12  # shorter lines, such as "return w", say nothing


def regions(master: Master) -> tuple[list[str], str]:
    """Return the texts that nobody but the instructor may see, and the text that all see."""
    hidden: list[str] = []
    shown: list[str] = []
    solutions = [answer.solution for answer in master.answers]
    for source in (*solutions, *(written.sample for written in master.written)):
        parts = re.split(rf"(?m)^.*(?:{BEGIN_SOLUTION}|{END_SOLUTION}).*\n?", source)
        if len(parts) == 1:  # nothing of it is handed out
            parts = ["", source]
        hidden += parts[1::2]
        shown += parts[::2]
    for test in master.tests:
        shown.append(test.visible)
        lines = test.source.split("\n")
        hidden.append("\n".join(lines[i - 1] for i in test.hidden[1:-1]))
    for cell in json.loads(master.text)["cells"]:
        tags = cell["metadata"].get("nbgrader", {})
        if not tags.get("solution") and not tags.get("grade"):
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
