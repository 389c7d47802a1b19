"""Look at lessons and pages: python tools/lint_lessons [file ...]; without a file, at all.

``--measures`` prints how long the lessons are and how they read, with a mark at each number that
is out of its limits. ``--cut`` holds the chapters of TO_BE_CUT to the rules of those that are cut.
"""

import os
import sys

if not __package__:  # called by its folder, where `numbers` is not that of Python
    tools = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[0:1] = [tools, os.path.dirname(tools)]

import argparse
from pathlib import Path

try:
    from lint_lessons import rules_for
    from lint_lessons.measures import CHAPTER, DEEPER, table
    from lint_lessons.page import read
    from lint_lessons.reading import measure
    from lint_lessons.repository import (
        ROOT,
        deeper_in,
        is_chapter,
        is_deeper,
        known_in,
        lessons_in,
        misnumbered,
        pages_in,
        without_its_chapter,
    )
except ModuleNotFoundError as error:
    sys.exit(f"lint_lessons: {error}. Call it with .venv/bin/python, which make book sets up.")


def problems_of(path, known, cut=None):
    """Yield "file: rule: problem" for each fault of a lesson, or of a page."""
    page = read(path)
    found = [(rule, rule(page, known)) for rule in rules_for(path, cut)]
    if is_chapter(path) or is_deeper(path):
        found.append((misnumbered, misnumbered(path.stem, page)))
    if is_deeper(path):
        found.append((without_its_chapter, without_its_chapter(path.stem, page)))
    for rule, problems in found:
        wanted = rule.__doc__.partition("\n")[0]
        yield from (f"{shown(path)}: {rule.__name__}: {found}. {wanted}" for found in problems)


def shown(path):
    """Return a path as one would type it here."""
    path = path.resolve()
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def main(arguments=None):
    """Print each problem in a line of its own; return 1 if there is one."""
    about = __doc__.partition("\n")[0]
    parser = argparse.ArgumentParser(prog="lint_lessons", description=about)
    parser.add_argument("file", nargs="*", type=Path, help="a lesson (.ipynb) or a page (.md)")
    parser.add_argument("--measures", action="store_true", help="print how long lessons are")
    parser.add_argument(
        "--cut",
        action="store_const",
        const=True,
        help="hold chapters that are still to be cut to the rules of the others too",
    )
    options = parser.parse_args(arguments)
    lessons = [*lessons_in(), *deeper_in()]
    files = options.file or (lessons if options.measures else [*lessons, *pages_in()])
    for path in files:
        if path.suffix not in (".ipynb", ".md") or not path.is_file():
            parser.exit(2, f"lint_lessons: {path} is no notebook and no page that exists\n")
    if options.measures:
        readings = [measure(read(path)) for path in files]
        limits = [DEEPER if is_deeper(path) else CHAPTER for path in files]
        print("\n".join(table([str(shown(path)) for path in files], readings, limits)))
        return 0
    known = known_in(ROOT)
    problems = [found for path in files for found in problems_of(path, known, options.cut)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
