"""What is taken from a submission: the cells to run, and the texts to read."""

import builtins
import re
from typing import Any

from . import master as masters
from .master import STUB, Master
from .notebook import BLANK, clean, read_notebook
from .pictures import pictures_of, without_pictures

LONGEST_ANSWER = 20_000
LONGEST_HEAD = 300


def select_cells(
    master: Master, cells: list[dict[str, str]]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Choose the cells of a submission that are run.

    Parameters
    ----------
    master : Master
    cells : list of dict
        As `read_notebook` returns them.

    Returns
    -------
    chosen : list of (str, str)
        Name and source of each cell to run, in the order of the notebook.
    notes : list of str
        What the instructor should know: cells found by their names, missing ones, doubles.
    """
    own = {test.id for test in master.tests}
    shown = {test.visible.strip() for test in master.tests} - {""}
    code = {
        i: cell
        for i, cell in enumerate(cells)
        if cell["kind"] == "code"
        and cell["grade_id"] not in own
        and cell["source"].strip() not in shown
    }
    heads = {i: heads_of(cell["source"]) for i, cell in code.items()}
    stubs = {"", *(answer.stub.strip() for answer in master.answers)}
    changed = [i for i, cell in code.items() if cell["source"].strip() not in stubs]
    taken: dict[int, str] = {}
    notes: list[str] = []
    for answer in master.answers:
        by_id = [i for i in changed if code[i]["grade_id"] == answer.id]
        named = [i for i in changed if heads[i].issuperset(answer.names) and i not in by_id]
        written = [i for i in by_id if _bare(code[i]["source"]) != _bare(answer.stub)]
        # What stands between the answer and its test is what the student saw pass.
        end = _first(cells, {test.id for test in master.tests if test.question == answer.id})
        below = [i for i in named if by_id and by_id[-1] < i < end and not code[i]["grade_id"]]
        found = written + below or named or by_id
        if not found:
            there = any(cell["grade_id"] == answer.id for cell in code.values())
            notes.append(f"{answer.id}: " + ("not answered" if there else "no cell found"))
            continue
        if found[-1] not in by_id:
            notes.append(f"{answer.id}: found by the names it defines")
        elif len(by_id) > 1:
            notes.append(f"{answer.id}: {len(by_id)} cells have this name; the last one counts")
        if found[-1] in below:  # it may build on what stands above it
            taken.update((i, f"cell {i + 1}") for i in found[:-1])
        taken[found[-1]] = answer.id
    # Another cell of the student counts when an answer needs a name from it: a helper, an import
    # added to the first cell, the upper half of an answer that was split in two.
    homes: dict[str, list[int]] = {}
    for i in changed:
        for name in heads[i]:
            homes.setdefault(name, []).append(i)
    seen = masters.defined(master.setup) | set(dir(builtins))
    seen = seen.union(*(heads[i] for i in taken))
    todo = list(taken)
    while todo:
        new = words_of(code[todo.pop()]["source"]) - seen
        seen |= new
        for i in {i for name in new for i in homes.get(name, ()) if i not in taken}:
            taken[i] = f"cell {i + 1}"
            todo.append(i)
    return [(taken[i], code[i]["source"]) for i in sorted(taken)], notes


def _bare(source: str) -> list[str]:
    """Return the lines of an answer without comments and without the line of the stub."""
    lines = (line.strip() for line in source.split("\n"))
    return [line for line in lines if line and line[0] != "#" and line not in (STUB[1], "pass")]


def _first(cells: list[dict[str, str]], wanted: set[str]) -> int:
    """Return the number of the first cell whose grade_id is wanted, or that of the end."""
    return next((i for i, cell in enumerate(cells) if cell["grade_id"] in wanted), len(cells))


def select_written(master: Master, cells: list[dict[str, Any]]) -> tuple[dict[str, str], list[str]]:
    """Choose the texts that answer the free responses.

    Parameters
    ----------
    master : Master
    cells : list of dict
        As `read_notebook` returns them.

    Returns
    -------
    texts : dict
        For each free response its text, empty when there is none.
    notes : list of str
        What the instructor should know.
    """
    texts: dict[str, str] = {}
    notes: list[str] = []
    for id, (own, others) in _written_cells(master, cells).items():
        # It may stand in a new cell, in the one that asks, or in one that lost its name.
        found = (without_pictures(cell["source"]) for cell in own or others)
        texts[id] = clean("\n\n".join(found), LONGEST_ANSWER)
        if not own:
            notes.append(f"{id}: " + ("taken from other cells" if others else "not answered"))
    return texts, notes


def select_pictures(
    master: Master, cells: list[dict[str, Any]]
) -> tuple[dict[str, list[str]], list[str]]:
    """Choose the pictures that belong to the texts of `select_written`.

    Parameters
    ----------
    master : Master
    cells : list of dict
        As `read_notebook` returns them.

    Returns
    -------
    pictures : dict
        For each free response its pictures, as data URIs.
    notes : list of str
        What the instructor should know.
    """
    found = {
        id: pictures_of(own or others)
        for id, (own, others) in _written_cells(master, cells).items()
    }
    notes = [f"{id}: {note}" for id, (_, note) in found.items() if note]
    return {id: pictures for id, (pictures, _) in found.items()}, notes


def _written_cells(
    master: Master, cells: list[dict[str, Any]]
) -> dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Return for each free response the cells with its name, and those that have none."""
    kinds = ("markdown", "raw")
    wanted = {written.id for written in master.written}
    given = read_notebook(master.text.encode())[1]
    known = {"", BLANK, *(c["source"].strip() for c in given if c["grade_id"] not in wanted)}
    own: dict[str, list[dict[str, Any]]] = {id: [] for id in (*sorted(wanted), "")}
    for cell in cells:
        id = cell["grade_id"] if cell["grade_id"] in wanted else ""
        # One key in Jupyter makes code of a text; it is an answer still.
        if (id or cell["kind"] in kinds) and cell["source"].strip() not in known:
            own[id].append(cell)
    return {id: (own[id], own[""]) for id in sorted(wanted)}


# Looking at a stranger's code with `ast` can end this process, and some patterns never end.
# So this looks at the beginnings of lines only.


def heads_of(source: str) -> set[str]:
    """Return the names that a cell seems to give to the notebook."""
    names: set[str] = set()
    for line in source.split("\n"):
        line = line[:LONGEST_HEAD]
        left, equals, right = line.partition("=")
        if found := re.match(r"(?:async +def|def|class) +(\w+)", line):
            names.add(found[1])
        elif found := re.match(r"(?:from +[\w.]+ +)?import +(.+)", line):
            for part in found[1].split(","):
                words = re.findall(r"\w+", part)
                names.update(words[-1:] if " as " in part else words[:1])
        elif equals and right[:1] != "=" and re.match(r"[\w(]", line):
            left = left.partition(":")[0]
            if re.fullmatch(r"[\w, ()]+", left) and left.count("(") == left.count(")"):
                names.update(re.findall(r"\w+", left))
    return names


def words_of(source: str) -> set[str]:
    """Return all words of a cell that could be names."""
    return set(re.findall(r"[^\W\d]\w*", source))
