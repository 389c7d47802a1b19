"""Where a chapter's number stands: in the path of a file, in a text, in a notebook.

Every form in which the repository writes such a number is in `FORMS`. Whatever else looks like
one, such as a version, a rate or an output, is left alone.
"""

import functools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

#: A file with these words holds numbers of invented chapters, and is left alone.
INVENTED = "numbers here are not those of chapters"
#: History keeps the numbers of its time; data and the titles of other works are no text of ours.
LEFT_ALONE = re.compile(
    r"(^|/)(CHANGELOG\.md|requirements\.txt|package-lock\.json)$|\.(bib|csv|gz|lock|npz|png|svg)$"
)

GAP = r"(?:\s+(?:#\s+)?|\\n\s*)"
LIST = rf"(?:,{GAP}and|,|{GAP}and|{GAP}to|{GAP}or){GAP}"
#: Each form by its name. The group ``at`` holds the number, or the list of them.
FORMS = {
    "module": r"(?<![A-Za-z0-9])ch(?P<at>\d\d)(?=_(?P<name>[a-z][a-z_]*))",
    "page": r"(?<![A-Za-z0-9_.])(?P<at>\d\d)(?=_(?P<name>[a-z][a-z_]*)(?![A-Za-z0-9]))",
    "homework": r"(?<![A-Za-z0-9])hw(?P<at>\d\d)(?!\d)",
    "label": r"(?<![\w-])(?:ex|sol)-(?P<at>[1-9]\d?)(?=-\d+\b)",
    "check": r"\b(?:check|says)\((?:capsys, )?\\?[\"'](?P<at>[1-9]\d?)(?=\.\d+\\?[\"'])",
    "verdict": r"(?m)^[\s#>]*(?P<at>[1-9]\d?)(?=\.\d+  (?:Right\.|Not yet\.|No answer yet\.))",
    "exercise": rf"\b[Ee]xercise{GAP}(?P<at>[1-9]\d?)(?=\.\d)",
    "exercises": rf"\b[Ee]xercises{GAP}(?P<at>\d+\.\d+(?:{LIST}\d+\.\d+)*)",
    "prose": rf"\b(?:[Cc]hapter|[Ll]esson|[Hh]omework){GAP}(?P<at>[1-9]\d?)(?!\d|\.\d)",
    "range": rf"\b(?:[Cc]hapters|[Ll]essons|[Hh]omeworks){GAP}(?P<at>\d+(?:{LIST}\d+)*)(?!\d|\.\d)",
    "contents": r"(?m)^(?P<at>[1-9]\d?)(?= \{doc\}`[^`<]*<\.\./lessons/\d\d_)",
}
FORMS = {name: re.compile(form) for name, form in FORMS.items()}
#: A row of a table; whether its last column is that of the chapters, the head of the table says.
ROW = re.compile(r"(?m)^\|.*\|[ ]*(?P<at>[^|\n]*?)[ ]*\|$")
#: An answer in ``tests/answers``: a pair that begins with the number of the exercise.
ANSWER = re.compile(r"(?m)^\s+\(?\"(?P<at>[1-9]\d?)(?=\.\d+\",)")
#: These are written with two digits.
PADDED = {"module", "page", "homework", "cell"}
#: In these the number of an exercise follows.
OF_EXERCISES = {"label", "check", "verdict", "exercise", "exercises"}
NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")

Renumber = Callable[[int], int]


@dataclass(frozen=True)
class Mention:
    """One number of a chapter in a text: its form, its place, and what stands behind it."""

    form: str
    start: int
    end: int
    number: int
    exercise: int | None
    name: str | None
    line: str


@functools.cache
def mentions(path: str, text: str) -> tuple[Mention, ...]:
    """Return the numbers of chapters in a plain text, from the first to the last."""
    found = [(form, match) for form, pattern in FORMS.items() for match in pattern.finditer(text)]
    if PurePosixPath(path).match("tests/answers/*.py"):
        found += [("check", match) for match in ANSWER.finditer(text)]
    if path.endswith((".md", ".ipynb")):
        found += [("table", match) for match in _cells_of_tables(text)]
    places = {}
    for form, match in found:
        for number in NUMBER.finditer(text, match.start("at")):
            if number.start() >= match.end("at"):
                break
            whole = number[0].partition(".")[0]
            end = number.start() + len(whole)
            follows = re.match(r"[.-](\d+)", text[end : end + 4]) if form in OF_EXERCISES else None
            first = text.rfind("\n", 0, end) + 1
            places[number.start()] = Mention(
                form,
                number.start(),
                end,
                int(whole),
                int(follows[1]) if follows else None,
                match.groupdict().get("name"),
                text[first:].partition("\n")[0].strip(),
            )
    return tuple(places[start] for start in sorted(places))


def _cells_of_tables(text: str) -> Iterator[re.Match]:
    """Yield the last cells of the tables whose last column is headed ``Chapter``."""
    end, ours = None, False
    for row in ROW.finditer(text):
        if end is None or row.start() != end + 1:
            ours = row["at"] == "Chapter"
        elif ours and row["at"].isdecimal():
            yield row
        end = row.end()


def renumbered(path: str, text: str, number: Renumber) -> str:
    """Return a plain text with the new numbers."""
    parts, end = [], 0
    for mention in mentions(path, text):
        new = str(number(mention.number))
        parts += [text[end : mention.start], new.zfill(2) if mention.form in PADDED else new]
        end = mention.end
    return "".join([*parts, text[end:]])


def renumbered_file(path: str, text: str, number: Renumber) -> str:
    """Return the text of a file with the new numbers; a notebook keeps its format."""
    if not path.endswith(".ipynb"):
        return renumbered(path, text, number)
    notebook = json.loads(text)
    if written(notebook) != text:
        raise ValueError(f"{path} is not in the format of nbformat; run tools/run_notebooks.py")
    for holder, key in _texts(notebook):
        lines = isinstance(holder[key], list)
        new = renumbered(path, "".join(holder[key]), number)
        holder[key] = new.splitlines(keepends=True) if lines else new
    lesson = _number_in_name(path)
    for cell in notebook["cells"]:
        if lesson and cell.get("id", "").startswith(f"{lesson:02}-"):
            cell["id"] = f"{number(lesson):02}{cell['id'][2:]}"
    return written(notebook)


def mentions_in_file(path: str, text: str) -> Iterator[Mention]:
    """Yield the numbers of chapters in a file; those of a notebook cell after cell."""
    if not path.endswith(".ipynb"):
        yield from mentions(path, text)
        return
    notebook = json.loads(text)
    for holder, key in _texts(notebook):
        yield from mentions(path, "".join(holder[key]))
    for cell in notebook["cells"]:
        if _number_in_name(path) and re.match(r"\d\d-", cell.get("id", "")):
            yield Mention("cell", 0, 2, int(cell["id"][:2]), None, None, cell["id"])


def written(notebook: dict) -> str:
    """Return the text of a notebook as nbformat writes it, in the order of its keys."""
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _number_in_name(path: str) -> int | None:
    """Return the number of the lesson that a notebook is, if it is one."""
    found = FORMS["page"].match(PurePosixPath(path).name)
    return int(found["at"]) if found else None


def _texts(notebook: dict) -> Iterator[tuple[dict, str]]:
    """Yield where the texts of a notebook stand: sources, outputs without drawings, metadata."""
    own = notebook["metadata"].get("dlzero", {})
    yield from ((own, key) for key, value in own.items() if isinstance(value, str))
    for cell in notebook["cells"]:
        yield cell, "source"
        if cell.get("id", "").startswith("hw"):
            yield cell, "id"
        for output in cell.get("outputs", []):
            if "text" in output:
                yield output, "text"
            for kind, data in output.get("data", {}).items():
                if kind.startswith("text/") and "<svg" not in "".join(data):
                    yield output["data"], kind
