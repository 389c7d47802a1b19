"""The learner's side: the visible tests of a homework, at once, in the notebook itself."""

import ast
import functools
import json
import sys
import traceback
import types
from pathlib import Path
from typing import Any

VISIBLE = Path(__file__).with_name("visible")
LONGEST_MESSAGE = 600


def check(homework: str, question: str | None = None) -> None:
    """Run the visible tests of a homework on what your notebook has defined.

    It says for each question whether its tests pass, and for each that does not, what was
    expected and what came. The grader has further tests, so that a mark may differ.

    Parameters
    ----------
    homework : str
        Name of the homework, such as ``"hw03"``.
    question : str, optional
        Name of one question, such as ``"q2"``; all of them by default.

    Raises
    ------
    ValueError
        For a homework or a question that does not exist.

    Notes
    -----
    The tests lie in ``hw03.check.json`` beside the notebook, or else in the package.
    """
    tests = read_tests(homework)
    questions = tests["questions"]
    if question is not None:
        questions = [q for q in questions if q["id"] == question]
        if not questions:
            known = ", ".join(q["id"] for q in tests["questions"])
            raise ValueError(f"{homework} has no question {question!r}; it has {known}.")
    names = sys._getframe(1).f_globals
    for q in questions:
        print("\n".join(report(q, names)))


def read_tests(homework: str) -> dict[str, Any]:
    """Return the visible tests of a homework."""
    homework = str(homework)
    for path in (Path(f"{homework}.check.json"), VISIBLE / f"{homework}.json"):
        if Path(homework).name == homework and path.is_file():
            tests: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return tests
    known = ", ".join(sorted(path.stem for path in VISIBLE.glob("*.json")))
    raise ValueError(f"No homework {homework!r} here; the package has {known or 'none'}.")


def report(question: dict[str, Any], names: dict[str, Any]) -> list[str]:
    """Return the lines that say how a question stands."""
    results: list[str | None] = []
    for cell in question["tests"]:
        results += run_cell(cell["source"], names)
    wrong = list(dict.fromkeys(message for message in results if message))
    right = results.count(None)
    id = question["id"]
    if any(message is NOT_YET for message in results):
        return [f"{id}  No answer yet."]
    if not wrong:
        seen = f"these {right} tests see" if right > 1 else "this test sees"
        return [f"{id}  Right, as far as {seen}."]
    lines = ["    " + message.replace("\n", "\n    ") for message in wrong]
    return [f"{id}  Not yet: {right} of {len(results)} tests pass.", *lines]


NOT_YET = "not answered"


def run_cell(source: str, names: dict[str, Any]) -> list[str | None]:
    """Run a test cell statement by statement; return for each assert None or what is wrong."""
    theirs = names
    changed: set[str] = set()
    names = {name: _watched(value, theirs, changed) for name, value in theirs.items()}
    results: list[str | None] = []
    failed = False
    for statement in ast.parse(source).body:
        parts = list(ast.walk(statement))
        is_test = any(isinstance(part, ast.Assert) for part in parts)
        asked = {part.id for part in parts if isinstance(part, ast.Name)}
        failed &= not any(isinstance(theirs.get(id), types.FunctionType) for id in asked)
        try:
            exec(compile(ast.Module([statement], []), "<test>", "exec"), names)
        except NotImplementedError:
            return [NOT_YET]
        except AssertionError as error:
            results.append(str(error)[:LONGEST_MESSAGE] or f"Expected {ast.unparse(statement)}")
            failed = True
            continue
        except Exception as error:  # an answer may fail in any way
            # What was said of an answer, such as its shape, is why more cannot be done with it.
            said = "" if failed else _stopped(error, theirs)[:LONGEST_MESSAGE]
            results.append(said)
            if not is_test:
                break
            continue
        if is_test:
            results.append(None)
    copies = "changes what it is given, which further tests may see. Let it work on a copy."
    return [*results, *(f"{name} {copies}" for name in sorted(changed))]


def _watched(value: Any, theirs: dict[str, Any], changed: set[str]) -> Any:
    """Return a function of the notebook so that it tells when it changes its arguments."""
    if not isinstance(value, types.FunctionType) or value.__globals__ is not theirs:
        return value

    @functools.wraps(value)
    def call(*args: Any, **kwargs: Any) -> Any:
        before = _plain(args, kwargs)
        answer = value(*args, **kwargs)
        if before is not None and _plain(args, kwargs) != before:
            changed.add(value.__name__)
        return answer

    return call


def _plain(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what the grader would send of arguments; None for what it sends to nobody."""
    from .plain import NotPlain, encode

    if any(hasattr(type(value), "__next__") for value in (*args, *kwargs.values())):
        return None  # a look at it would use it up
    try:
        return encode((args, kwargs))
    except NotPlain:
        return None


def _stopped(error: Exception, theirs: dict[str, Any]) -> str:
    """Say what stopped a test, and the place if that is in the code of the notebook."""
    frames = traceback.walk_tb(error.__traceback__)
    places = [(f.f_code.co_name, line) for f, line in frames if f.f_globals is theirs]
    if isinstance(error, NameError) and not places:
        return f"{error}. Run the cell that defines it, and the first cell."
    text = f"It stopped with {type(error).__name__}: {error}"
    if places:
        return f"{text}. Look at {places[-1][0]}, in line {places[-1][1]} of its cell."
    return f"{text}. Does your function return something?" if "NoneType" in text else text
