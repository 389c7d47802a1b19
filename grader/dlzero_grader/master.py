"""A master: an nbgrader source notebook with solutions, tests and hidden tests."""

import ast
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .allowed import problems_of
from .notebook import BLANK, read_notebook

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")


@dataclass(frozen=True)
class Answer:
    """A cell that the student fills in."""

    id: str
    solution: str
    stub: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Test:
    """A cell of tests; `hidden` holds the numbers of its hidden lines, from 1.

    The points of a `bonus` come on top: they are no part of the maximum.
    """

    __test__ = False  # for pytest

    id: str
    question: str
    points: int
    source: str
    visible: str
    hidden: range
    names: tuple[str, ...]
    bonus: bool = False


@dataclass(frozen=True)
class Written:
    """A free response, text or code, marked by hand; `sample` is the master's own answer."""

    id: str
    points: int
    sample: str = field(repr=False)
    stub: str = BLANK
    bonus: bool = False


@dataclass(frozen=True)
class Master:
    """An assignment as the grader sees it."""

    name: str
    title: str
    allow: tuple[str, ...]
    setup: str
    answers: tuple[Answer, ...]
    tests: tuple[Test, ...]
    written: tuple[Written, ...]
    text: str = field(repr=False)

    @property
    def points(self) -> int:
        """Points for all tests and free responses that are no bonus."""
        tests = sum(test.points for test in self.tests if not test.bonus)
        return tests + sum(w.points for w in self.written if not w.bonus)

    @property
    def digest(self) -> str:
        """Fingerprint of the notebook."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load(name: str, folder: str | Path) -> Master:
    """Read the master ``folder/name.ipynb``.

    Parameters
    ----------
    name : str
        Name of the assignment, such as ``"hw03"``.
    folder : str or Path

    Returns
    -------
    Master

    Raises
    ------
    FileNotFoundError
        When there is no such master.
    ValueError
        When the master breaks a rule; the message has one line for each.
    """
    path = Path(folder) / f"{name}.ipynb"
    if not path.is_file():
        found = ", ".join(sorted(p.stem for p in Path(folder).glob("*.ipynb"))) or "none"
        raise FileNotFoundError(
            f"No master {path}. Masters in this folder: {found}. Say where yours are: --masters."
        )
    return parse(path.read_text(encoding="utf-8"), name)


def parse(text: str, name: str) -> Master:
    """Return the master of a notebook's text; raise ValueError where it breaks a rule."""
    problems = []
    metadata, _ = read_notebook(text.encode())
    course = metadata.get("dlzero", {})
    for key in ("assignment", "title", "allow"):
        if key not in course:
            problems.append(f"notebook metadata: 'dlzero' has no {key!r}")
    if course.get("assignment", name) != name:
        problems.append(f"notebook metadata: assignment is {course['assignment']!r}, file {name!r}")
    setup = ""
    answers: list[Answer] = []
    tests: list[Test] = []
    written: list[Written] = []
    seen: set[str] = set()
    for number, cell in enumerate(json.loads(text)["cells"], start=1):
        source = "".join(cell["source"])
        tags = cell["metadata"].get("nbgrader")
        if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"]):
            problems.append(f"cell {number}: has outputs; clear them")
        if tags is None:  # prose, or code that is the reader's own
            continue
        id = tags.get("grade_id", "")
        if not re.fullmatch(r"[A-Za-z][\w-]*", id) or id in seen:
            problems.append(f"cell {number}: grade_id {id!r} is no name, or stands there twice")
            continue
        seen.add(id)
        kind = (cell["cell_type"], bool(tags.get("grade")), bool(tags.get("solution")))
        try:
            if tags.get("task"):
                raise ValueError(
                    "a task may be answered in any cell, so nobody finds the answer. Make it a "
                    "manually graded answer: the same cell then asks and is written in"
                )
            if kind == ("code", False, False):
                setup += source + "\n"
            elif kind == ("code", False, True):
                answers.append(_answer(id, source))
            elif kind == ("code", True, False):
                tests.append(_test(id, source, tags.get("points"), answers))
            elif kind[1:] == (True, True):
                written.append(_written(id, source, tags.get("points"), kind[0] == "code"))
            elif kind[1]:
                raise ValueError(f"points for a {kind[0]} cell that students cannot write in")
            elif kind[2]:
                raise ValueError("an answer in text has no points; nobody would read it")
        except (SyntaxError, ValueError) as error:
            problems.append(f"{id}: {error}")
    if not tests and not problems:
        problems.append("there are no tests, and nothing but tests is graded without a hand")
    problems += problems_of(course.get("allow", ()))
    bonus = course.get("bonus", [])
    graded = {test.id for test in tests} | {w.id for w in written}
    if type(bonus) is not list or not graded.issuperset(map(str, bonus)):
        problems.append(
            f"notebook metadata: bonus is {bonus!r}; expected a list of {sorted(graded)}"
        )
    known = {name for answer in answers for name in answer.names}
    known |= set(defined(setup)) if not problems else set()
    whole = not problems  # else a test may be missing only because it could not be read
    for answer in answers:
        if whole and not any(test.question == answer.id for test in tests):
            problems.append(f"{answer.id}: no test follows this answer")
        if not answer.names:
            problems.append(f"{answer.id}: the answer defines no name")
        for kind in sorted(_classes(answer.solution)):
            if any(kind in _free(test.source) for test in tests):
                problems.append(
                    f"{answer.id}: the tests use the class {kind}; they can only call functions, "
                    "or look at plain values. Ask for a function"
                )
    for test in tests if not problems else ():
        missing = sorted(_free(test.source) - known)
        if missing:
            problems.append(f"{test.id}: uses {', '.join(missing)}, which nothing defines")
    if problems:
        raise ValueError(f"{name}.ipynb cannot be used:\n  " + "\n  ".join(problems))
    used = set().union(*(_free(test.source) for test in tests))
    answers = [replace(a, names=tuple(n for n in a.names if n in used) or a.names) for a in answers]
    tests = [
        replace(
            test,
            names=tuple(sorted(_free(test.source) & known - defined(setup))),
            bonus=test.id in bonus,
        )
        for test in tests
    ]
    written = [replace(part, bonus=part.id in bonus) for part in written]
    return Master(
        name=name,
        title=course["title"],
        allow=tuple(course["allow"]),
        setup=setup,
        answers=tuple(answers),
        tests=tuple(tests),
        written=tuple(written),
        text=text,
    )


def _answer(id: str, source: str) -> Answer:
    if source.count(BEGIN_SOLUTION) != source.count(END_SOLUTION) or BEGIN_SOLUTION not in source:
        raise ValueError(f"expected {BEGIN_SOLUTION} ... {END_SOLUTION} around the solution")
    return Answer(id, source, without_solution(source), tuple(sorted(defined(source))))


def _test(id: str, source: str, points: object, answers: list[Answer]) -> Test:
    if not answers:
        raise ValueError("a test before the first answer")
    lines = source.split("\n")
    marks = [i for i, line in enumerate(lines, start=1) if "HIDDEN TESTS" in line]
    hidden = range(0)
    if marks:
        if [lines[i - 1].rstrip() for i in marks] != [BEGIN_HIDDEN, END_HIDDEN]:
            raise ValueError(
                f"expected one {BEGIN_HIDDEN} and one {END_HIDDEN} after it, not indented"
            )
        hidden = range(marks[0], marks[1] + 1)
        # What is visible there could show the student what the hidden lines have made.
        if any(line.strip() and line.strip()[0] != "#" for line in lines[marks[1] :]):
            raise ValueError("visible lines stand below the hidden ones; put the hidden ones last")
    shown = "\n".join(line for i, line in enumerate(lines, start=1) if i not in hidden).rstrip()
    ast.parse(shown)
    ast.parse(source)
    return Test(id, answers[-1].id, _points(points), source, shown, hidden, ())


def _written(id: str, source: str, points: object, code: bool) -> Written:
    worth = _points(points)
    if not worth:
        what = "code that is marked by hand" if code else "an answer in text"
        raise ValueError(f"{what} has no points; nobody would read it")
    return Written(id, worth, source, without_solution(source, STUB if code else (BLANK,)))


def _points(points: object) -> int:
    if not isinstance(points, int | float) or points < 0 or points != int(points):
        raise ValueError(f"points={points!r}; expected a whole number, so double all points")
    return int(points)


def without_solution(source: str, stub: Sequence[str] = STUB) -> str:
    """Return an answer as nbgrader hands it out."""
    if BEGIN_SOLUTION not in source:
        return "\n".join(stub)
    lines: list[str] = []
    inside, indent = False, ""
    for line in source.split("\n"):
        if BEGIN_SOLUTION in line:
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + part for part in stub]
        elif END_SOLUTION in line:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def defined(source: str) -> set[str]:
    """Return the names that a cell gives to the notebook, at its top level."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        else:
            names |= {
                part.id
                for part in ast.walk(node)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
    return names


def _classes(source: str) -> set[str]:
    """Return the classes that a cell defines at its top level."""
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}


def _free(source: str) -> set[str]:
    """Return the names that a cell takes from the cells before it."""
    import builtins
    import symtable

    table = symtable.symtable(source, "<test>", "exec")
    used: set[str] = set()
    todo = [table]
    while todo:
        part = todo.pop()
        todo += part.get_children()
        used |= {s.get_name() for s in part.get_symbols() if s.is_global() and s.is_referenced()}
    own = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    used |= {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    return used - own - set(dir(builtins))
