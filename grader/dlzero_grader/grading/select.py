"""What is taken from a submission: the cells to run, and the texts to read."""

import re
from dataclasses import dataclass
from typing import Any

from ..master import STUB, Master, Test
from ..notebook import BLANK, clean, read_notebook
from ..pictures import pictures_of, without_pictures

LONGEST_ANSWER = 20_000
MOST_PLACES = 5  # of one test
FEWEST_WORDS = 8  # of a test that is looked for within other cells


@dataclass(frozen=True)
class Step:
    """A cell of a submission in its turn, with the tests that are asked before and after it."""

    name: str
    source: str
    before: tuple[Test, ...] = ()
    after: tuple[Test, ...] = ()


def select_cells(
    master: Master, cells: list[dict[str, str]]
) -> tuple[list[tuple[str, str]], list[Step]]:
    """Return the cells of a submission that are run, in their order.

    Parameters
    ----------
    master : Master
    cells : list of dict
        As `read_notebook` returns them.

    Returns
    -------
    stubs : list of (str, str)
        Name and source of the answer cells that are as they were handed out. They run first:
        a stub may define more than the answer, and must not undo one that stands above it.
    steps : list of Step
        All other cells. A test has a place at each cell with its name or its visible text, and
        after each that holds its text among more, up to `MOST_PLACES`: students copy tests,
        write into them, and join them with the answer.
    """
    code = {i: cell for i, cell in enumerate(cells) if cell["kind"] == "code"}
    code = {i: cell for i, cell in code.items() if cell["source"].strip()}
    texts = {i: _words(cell["source"]) for i, cell in code.items()}
    places: dict[int, tuple[list[Test], list[Test]]] = {}
    for test in master.tests:
        text = _words(test.visible)
        long = text.count(" ") >= FEWEST_WORDS
        whole = [i for i in code if code[i]["grade_id"] == test.id or text == texts[i] != ""]
        parts = [i for i in code if long and text in texts[i] and i not in whole]
        for i in sorted(whole + parts)[:MOST_PLACES]:
            places.setdefault(i, ([], []))[i in parts].append(test)
    answers = {answer.id for answer in master.answers}
    copies = {_words(test.visible): test.id for test in master.tests}
    copies |= {test.id: test.id for test in master.tests}
    handed_out = [_bare(answer.stub) for answer in master.answers]
    stubs: list[tuple[str, str]] = []
    steps: list[Step] = []
    taken: set[str] = set()
    for i, cell in code.items():
        name = copies.get(cell["grade_id"], copies.get(texts[i], cell["grade_id"]))
        if name in taken or name not in {*answers, *copies.values()}:
            name = f"cell {i + 1}"
        taken.add(name)
        if i not in places and _bare(cell["source"]) in handed_out:
            stubs.append((name, cell["source"]))
        else:
            before, after = places.get(i, ((), ()))
            steps.append(Step(name, cell["source"], tuple(before), tuple(after)))
    return stubs, steps


def _words(source: str) -> str:
    """Return what no formatter changes of a cell: not its quotes, its parentheses, its f"..."."""
    return " ".join(word for word in re.findall(r"\w+", source) if word != "f")


def _bare(source: str) -> list[str]:
    """Return the lines of an answer without comments and without the line of the stub."""
    lines = (line.strip() for line in source.splitlines())
    return [line for line in lines if line and line[0] != "#" and line not in (STUB[1], "pass")]


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
    known |= {written.stub.strip() for written in master.written}
    own: dict[str, list[dict[str, Any]]] = {id: [] for id in (*sorted(wanted), "")}
    for cell in cells:
        id = cell["grade_id"] if cell["grade_id"] in wanted else ""
        # One key in Jupyter makes code of a text; it is an answer still.
        if (id or cell["kind"] in kinds) and cell["source"].strip() not in known:
            own[id].append(cell)
    return {id: (own[id], own[""]) for id in sorted(wanted)}
