"""Look at lessons and pages: python tools/lint_lessons [file ...]; without a file, at all."""

import os
import sys

if not __package__:  # called by its folder, where `numbers` is not that of Python
    tools = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[0:1] = [tools, os.path.dirname(tools)]

import argparse
from pathlib import Path

try:
    from lint_lessons import LESSON_RULES, PROSE_RULES
    from lint_lessons.page import read
    from lint_lessons.repository import ROOT, known_in, lessons_in, misnumbered, pages_in
except ModuleNotFoundError as error:
    sys.exit(f"lint_lessons: {error}. Call it with .venv/bin/python, which make book sets up.")


def problems_of(path, known):
    """Yield "file: rule: problem" for each fault of a lesson, or of a page."""
    page = read(path)
    is_lesson = path.suffix == ".ipynb" and path.parent.name == "lessons"
    found = [(rule, rule(page, known)) for rule in (LESSON_RULES if is_lesson else PROSE_RULES)]
    if is_lesson:
        found.append((misnumbered, misnumbered(path.stem, page)))
    for rule, problems in found:
        wanted = rule.__doc__.partition("\n")[0]
        yield from (f"{shown(path)}: {rule.__name__}: {found}. {wanted}" for found in problems)


def shown(path):
    """Return a path as one would type it here."""
    path = path.resolve()
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def main(arguments=None):
    """Print each problem in a line of its own; return 1 if there is one."""
    parser = argparse.ArgumentParser(prog="lint_lessons", description=__doc__)
    parser.add_argument("file", nargs="*", type=Path, help="a lesson (.ipynb) or a page (.md)")
    files = parser.parse_args(arguments).file or [*lessons_in(), *pages_in()]
    for path in files:
        if path.suffix not in (".ipynb", ".md") or not path.is_file():
            parser.exit(2, f"lint_lessons: {path} is no notebook and no page that exists\n")
    known = known_in(ROOT)
    problems = [problem for path in files for problem in problems_of(path, known)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
