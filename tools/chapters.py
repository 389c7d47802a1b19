"""The chapters of the book, and everything that carries their numbers.

python tools/chapters.py list            the chapters, and where each one's number stands
python tools/chapters.py check           what does not agree, and what is missing
python tools/chapters.py insert N NAME   a new chapter N; the later ones move up
python tools/chapters.py remove N        takes such an insertion back

The order of the chapters is that of the lessons in ``_toc.yml``: the numbers that a reader sees
come from there too. ``insert`` renames files, changes every number that `chapter_numbers` finds,
leaves a skeleton of the new chapter, and says what its author still has to write. Old addresses
lead to the new pages: ``_config.yml`` keeps a table of them.
"""

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from chapter_numbers import Renumber, mentions_in_file, renumbered, renumbered_file, written
from chapter_tree import (
    CONFIG,
    CONTENTS,
    LAYER,
    LESSON,
    MOVED,
    PROJECT,
    ROOT,
    Chapter,
    chapters,
    disagreements,
    files,
    moved,
    numbers_in_path,
    pages_among,
    texts,
)


def insert(number: int, name: str, title: str | None = None, root: Path = ROOT) -> None:
    """Make a new chapter: the later ones move up by one, and it gets a skeleton."""
    known = chapters(root)
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name):
        raise ValueError(f"A name is made of a-z and _, such as 'gradient_descent'; got {name!r}.")
    if name in {chapter.name for chapter in known}:
        raise ValueError(f"There is a chapter {name!r} already. Choose another name.")
    if not 1 <= number <= len(known) + 1:
        raise ValueError(f"The new number lies between 1 and {len(known) + 1}; got {number}.")
    _move(root, lambda n: n + 1 if number <= n <= len(known) else n, remember=True)
    new = Chapter(number, name)
    for path, text in skeleton(new, title or name.replace("_", " ").capitalize()).items():
        _write(root / path, text)
    _list(root, new)


def remove(number: int, root: Path = ROOT) -> None:
    """Take an insertion back: the skeleton goes, and the later chapters move down by one.

    It is for a chapter that no reader has seen: its addresses are forgotten.
    """
    known = chapters(root)
    if not 1 <= number <= len(known):
        raise ValueError(f"The chapters are 1 to {len(known)}; got {number}.")
    old = known[number - 1]
    lesson = json.loads((root / f"lessons/{old.stem}.ipynb").read_text("utf-8"))
    title = "".join(lesson["cells"][0]["source"]).partition("\n")[0].removeprefix("# ")
    made, lines = skeleton(old, title), _lines(old)
    own = {path for path in files(root) if number in numbers_in_path(path)}
    written_on = [path for path in own | set(made) if _text(root / path) != made.get(path)]
    if written_on:
        raise ValueError(f"Chapter {number} is more than a skeleton: {', '.join(written_on)}.")
    named = [
        f"{path}: {mention.line[:80]}"
        for path, text in texts(root).items()
        for mention in mentions_in_file(path, text)
        if mention.number == number
        and path not in made
        and mention.line != lines.get(path, "").strip()
    ]
    if named:
        raise ValueError("\n  ".join([f"Chapter {number} is still named in", *named]))
    for path, line in lines.items():
        text = (root / path).read_text("utf-8")
        _write(root / path, text.replace(line, "", 1))
    for path in made:
        (root / path).unlink()
    _move(root, lambda n: n - 1 if number < n <= len(known) else n, remember=False)


def ranges_around(number: int, root: Path = ROOT) -> list[str]:
    """Return the lines that name chapters before and after a new one, such as "3 to 7"."""
    found = []
    for path, text in texts(root).items():
        numbers = defaultdict(list)
        for mention in mentions_in_file(path, text):
            if mention.form == "range":
                numbers[mention.line].append(mention.number)
        found += [
            f"{path}: {line[:100]}"
            for line, named in numbers.items()
            if min(named) < number <= max(named)
        ]
    return found


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _write(path: Path, text: str) -> None:
    """Write a text, the same bytes on every system; a file that stays the same is not touched."""
    if _text(path) != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _move(root: Path, number: Renumber, remember: bool) -> None:
    """Give every chapter its new number, in the names of files and in all texts."""
    table, old = moved(root), files(root)
    new = {path: renumbered(path, path, number) for path in old}
    if len(set(new.values())) < len(new):
        twice = [path for path, times in Counter(new.values()).items() if times > 1]
        raise FileExistsError(f"Another file is already called {', '.join(twice)}.")
    changed = {
        path: renumbered_file(path, text, number)
        for path, text in texts(root).items()
        if path != CONFIG
    }
    for path, text in changed.items():
        _write(root / path, text)
    # From the end that is free: homework 11 before homework 8 becomes the new 8.
    for path in sorted(old, reverse=any(path < new[path] for path in old)):
        (root / new[path]).parent.mkdir(parents=True, exist_ok=True)
        (root / path).rename(root / new[path])
    table = {source: renumbered("", page, number) for source, page in table.items()}
    if remember:
        table |= {page: Path(renumbered("", page, number)).name for page in pages_among(old)}
    live = set(pages_among(new.values()))
    rows = [f"      {page}: {table[page]}.html\n" for page in sorted(set(table) - live)]
    config = (root / CONFIG).read_text("utf-8")
    text = "".join(["    redirects:\n", *rows]) if rows else "    redirects: {}\n"
    _write(root / CONFIG, MOVED.sub(text, config))


def _lines(chapter: Chapter) -> dict[str, str]:
    """Return the lines that list a chapter: in the book's contents, and in the import contract."""
    return {
        CONTENTS: f"      - file: lessons/{chapter.stem}\n",
        PROJECT: f'    "ch{chapter.stem}",\n',
    }


def _list(root: Path, chapter: Chapter) -> None:
    """Put a chapter into both lists; the import contract begins with the last one."""
    for path, line in _lines(chapter).items():
        text = (root / path).read_text("utf-8")
        others = list((LESSON if path == CONTENTS else LAYER).finditer(text))
        sign = 1 if path == CONTENTS else -1
        below = [m for m in others if sign * (int(m["number"]) - chapter.number) > 0]
        # Behind the last one, and the deeper notebook below it.
        end = re.compile(r"(?:\n {7,}.*)*\n").match(text, others[-1].end()).end()
        at = below[0].start() if below else end
        _write(root / path, text[:at] + line + text[at:])


def skeleton(chapter: Chapter, title: str) -> dict[str, str]:
    """Return the files of a chapter of which nothing is written yet, by their paths."""
    number, stem = chapter.number, chapter.stem
    lesson = {
        "cells": [
            {
                "cell_type": "markdown",
                "id": f"{number:02}-001",
                "metadata": {},
                "source": [f"# {title}"],
            }
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return {
        f"lessons/{stem}.ipynb": written(lesson),
        f"dlzero/chapters/ch{stem}.py": f'"""Chapter {number}: {title}."""\n',
        f"dlzero/exercises/ch{stem}.py": f'"""The exercises of chapter {number}, {title}."""\n',
        f"tests/chapters/test_ch{stem}.py": f'"""Chapter {number}: {title}."""\n',
        f"tests/answers/ch{stem}.py": (
            f'"""Right and wrong answers to the exercises of chapter {number}."""\n\n'
            "RIGHT = []\n\nWRONG = []\n"
        ),
    }


def overview(root: Path = ROOT) -> str:
    """Return the chapters, the files that carry each one's number, and how often texts name it."""
    carry, named = defaultdict(list), defaultdict(Counter)
    for path in files(root):
        for number in numbers_in_path(path):
            carry[number].append(path)
    for path, text in texts(root).items():
        for mention in mentions_in_file(path, text):
            named[mention.number][path] += 1
    lines = []
    for number, name in chapters(root):
        lines.append(f"{number:2}  {name}: named {named[number].total()} times")
        lines += [f"      {path}" for path in carry[number]]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="show the chapters and the files that carry their numbers")
    commands.add_parser("check", help="show what does not agree")
    new = commands.add_parser("insert", help="make a new chapter; the later ones move up")
    new.add_argument("number", type=int)
    new.add_argument("name", help="as in the names of its files, such as gradient_descent")
    new.add_argument("--title", help="the heading of the lesson")
    old = commands.add_parser("remove", help="take such an insertion back")
    old.add_argument("number", type=int)
    options = parser.parse_args(arguments)
    if options.command == "list":
        print(overview())
        return 0
    try:
        if options.command == "insert":
            insert(options.number, options.name, options.title)
            print("Do these still say what they said?")
            print("\n".join(f"  {line}" for line in ranges_around(options.number)))
            print("Still to write:")
        elif options.command == "remove":
            remove(options.number)
    except (ValueError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 2
    problems = disagreements()
    print("\n".join(problems or ["Everything that carries the number of a chapter agrees."]))
    return int(bool(problems) and options.command == "check")


if __name__ == "__main__":
    sys.exit(main())
