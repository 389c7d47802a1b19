"""The chapters as the repository holds them, and whether everything that is numbered agrees."""

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from chapter_numbers import INVENTED, LEFT_ALONE, mentions_in_file

ROOT = Path(__file__).resolve().parent.parent
CONTENTS, CONFIG, PROJECT = "_toc.yml", "_config.yml", "pyproject.toml"
LESSON = re.compile(r"^ *- file: lessons/(?P<number>\d\d)_(?P<name>[a-z_]+)$", re.MULTILINE)
#: A deeper notebook, in the lines that follow those of its chapter.
DEEPER = re.compile(
    r"^ *- file: lessons/(?P<chapter>\w+)\n *sections:\n *- file: lessons/deeper/(?P<stem>\w+)$",
    re.MULTILINE,
)
#: A chapter in the import contract, which begins with the last one.
LAYER = re.compile(r'^    "ch(?P<number>\d\d)_[a-z_]+",$', re.MULTILINE)
#: The table of old addresses in ``_config.yml``; an address is that of a page without ``.html``.
MOVED = re.compile(r"^    redirects:(?: \{\}|(?:\n      .+: .+\.html)+)\n", re.MULTILINE)


HOMEWORK = re.compile(r"(?<![A-Za-z0-9])hw(\d\d)(?!\d)")
EMPTY = '{"cells": [], "metadata": {}}'


class Chapter(NamedTuple):
    """A chapter: its number and its short name, as in the names of its files."""

    number: int
    name: str

    @property
    def stem(self) -> str:
        """Return what the name of the lesson's file is made of."""
        return f"{self.number:02}_{self.name}"


def chapters(root: Path = ROOT) -> list[Chapter]:
    """Return the chapters in their order."""
    text = (root / CONTENTS).read_text("utf-8")
    return [Chapter(int(m["number"]), m["name"]) for m in LESSON.finditer(text)]


def files(root: Path = ROOT) -> list[str]:
    """Return the paths of all files that git keeps, or would keep."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return sorted({name for name in done.stdout.split("\0") if name and (root / name).is_file()})


def texts(root: Path = ROOT) -> dict[str, str]:
    """Return every text in which the numbers of chapters count, by its path."""
    found = {}
    for path in files(root):
        data = b"" if LEFT_ALONE.search(path) else (root / path).read_bytes()
        if data and b"\0" not in data and INVENTED.encode() not in data:
            text = data.decode("utf-8").replace("\r\n", "\n")
            found[path] = MOVED.sub("", text) if path == CONFIG else text
    return found


def moved(root: Path = ROOT) -> dict[str, str]:
    """Return the table of moved pages: the old address, and the page that it leads to."""
    table = MOVED.search((root / CONFIG).read_text("utf-8"))
    if table is None:
        raise ValueError(f"{CONFIG} has no table 'redirects' under sphinx: config:")
    return dict(re.findall(r"^ {6}(.+): (.+)\.html$", table[0], re.MULTILINE))


def pages_among(paths: Iterable[str]) -> list[str]:
    """Return the addresses of the lessons among some files."""
    return [
        path.removesuffix(".ipynb")
        for path in paths
        if re.fullmatch(r"lessons/(?:deeper/)?\d\d_[a-z_]+\.ipynb", path)
    ]


def numbers_in_path(path: str) -> set[int]:
    """Return the numbers of chapters in the path of a file."""
    return {mention.number for mention in mentions_in_file("", path)}


def disagreements(root: Path = ROOT) -> list[str]:
    """Return one sentence for each thing that is missing, or that has another number."""
    known, paths, found = chapters(root), files(root), texts(root)
    return [
        *_wrong_order(root, known, paths),
        *_wrong_files(known, paths),
        *_wrong_deeper(root, known, paths),
        *_wrong_exercises(known, found),
        *_wrong_homework(known, paths, found),
        *_wrong_mentions(known, found),
        *_wrong_lists(known, found),
        *_wrong_redirects(root, paths),
    ]


def _wrong_order(root: Path, known: list[Chapter], paths: list[str]) -> Iterator[str]:
    for place, chapter in enumerate(known, start=1):
        if chapter.number != place:
            yield f"{CONTENTS}: lessons/{chapter.stem} stands at place {place}"
    names = [chapter.name for chapter in known]
    yield from (f"{CONTENTS}: two chapters are called {n}" for n in names if names.count(n) > 1)


def _wrong_files(known: list[Chapter], paths: list[str]) -> Iterator[str]:
    there = set(paths)
    folders = {str(parent) for path in paths for parent in Path(path).parents}
    for number, name in known:
        stem = f"{number:02}_{name}"
        room = f"dlzero/{name}" in folders
        needed = [
            f"lessons/{stem}.ipynb",
            f"dlzero/exercises/ch{stem}.py",
            f"tests/answers/ch{stem}.py",
            f"dlzero/{name}/__init__.py" if room else f"dlzero/chapters/ch{stem}.py",
            None if room else f"tests/chapters/test_ch{stem}.py",
        ]
        yield from (f"{path} is missing" for path in needed if path and path not in there)
        if room and f"tests/{name}" not in folders:
            yield f"tests/{name}/ is missing"
        if f"dlzero/chapters/{name}.py" in there:
            yield f"dlzero/chapters/{name}.py belongs into dlzero/chapters/ch{stem}.py"
    for path in paths:
        for mention in mentions_in_file("", path):
            if mention.name and (mention.number, mention.name) not in known:
                yield f"{path}: there is no chapter {mention.number:02}_{mention.name}"


def _exercises(chapter: Chapter, found: dict[str, str]) -> list[int]:
    code = found.get(f"dlzero/exercises/ch{chapter.stem}.py", "")
    return [int(n) for n in re.findall(r"^def exercise_(\d+)\(", code, re.MULTILINE)]


def _wrong_deeper(root: Path, known: list[Chapter], paths: list[str]) -> Iterator[str]:
    text = (root / CONTENTS).read_text("utf-8")
    listed = {m["stem"] for m in DEEPER.finditer(text) if m["stem"] == m["chapter"]}
    named = set(re.findall(r"file: lessons/deeper/(\w+)", text))
    there = {Path(path).stem for path in paths if re.fullmatch(r"lessons/deeper/\w+\.ipynb", path)}
    stems = {chapter.stem for chapter in known}
    for stem in sorted(there | named):
        if stem not in there:
            yield f"{CONTENTS}: lessons/deeper/{stem} is no file"
        elif stem not in stems:
            yield f"lessons/deeper/{stem}.ipynb: there is no chapter {stem}"
        elif stem not in listed:
            yield f"{CONTENTS}: lessons/deeper/{stem} is not the section of lessons/{stem}"


def _wrong_exercises(known: list[Chapter], found: dict[str, str]) -> Iterator[str]:
    for chapter in known:
        lesson, deeper = f"lessons/{chapter.stem}.ipynb", f"lessons/deeper/{chapter.stem}.ipynb"
        answers = f"tests/answers/ch{chapter.stem}.py"
        have = {(chapter.number, n) for n in _exercises(chapter, found)}
        if not have:
            yield f"chapter {chapter.number} has no exercise"
        first, later = (_named(path, "label", found) for path in (lesson, deeper))
        where = f"{lesson} and {deeper}" if deeper in found else lesson
        for path, labels in ((where, first | later), (answers, _named(answers, "check", found))):
            for number, n in sorted(labels ^ have):
                yield f"{path}: exercise {number}.{n} is there or in its checks, but not in both"
        numbers = sorted(n for number, n in first | later if number == chapter.number)
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"{where}: the exercises are {numbers}, but a page counts them from 1"
        if first and later and min(later) <= max(first):
            yield f"{deeper}: its exercises do not go on after those of {lesson}"
        for path in (lesson, deeper):
            for mention in mentions_in_file(path, found.get(path, EMPTY)):
                if mention.form == "cell" and mention.number != chapter.number:
                    yield f"{path}: the cell {mention.line} has another number"


def _named(path: str, form: str, found: dict[str, str]) -> set[tuple[int, int]]:
    """Return the exercises that a file names in this form, as chapter and number."""
    return {
        (mention.number, mention.exercise)
        for mention in mentions_in_file(path, found.get(path, EMPTY))
        if mention.form == form and mention.exercise
    }


def _wrong_homework(known: list[Chapter], paths: list[str], found: dict[str, str]) -> Iterator[str]:
    kinds = defaultdict(set)
    for path in paths:
        if HOMEWORK.fullmatch(Path(path).stem):
            kinds[HOMEWORK.sub("hwNN", path)].add(int(HOMEWORK.search(path)[1]))
    pages = [int(n) for n in re.findall(r"file: book/homework/hw(\d\d)$", found[CONTENTS], re.M)]
    kinds[f"{CONTENTS}: book/homework/hwNN"] = set(pages)
    if pages != sorted(pages):
        yield f"{CONTENTS}: the pages of the homework are not in order"
    needed = {n for n, name in known if f"dlzero/chapters/ch{n:02}_{name}.py" in paths}
    for kind, numbers in kinds.items():
        yield from (f"{kind}: that of chapter {n} is missing" for n in sorted(needed - numbers))
        yield from (f"{kind}: no chapter has homework {n}" for n in sorted(numbers - needed))
    for path in paths:
        if path.endswith(".ipynb") and HOMEWORK.search(path):
            own = {int(n) for n in HOMEWORK.findall(found[path])}
            if own != {int(n) for n in HOMEWORK.findall(path)}:
                yield f"{path}: the numbers in it are {sorted(own)}"
            title = json.loads(found[path])["metadata"]["dlzero"]["title"]
            if f"\n{min(own)} {{doc}}`{title} <" not in found["book/index.md"]:
                yield f"{path}: {title!r} is not the title of chapter {min(own)} in book/index.md"


def _wrong_mentions(known: list[Chapter], found: dict[str, str]) -> Iterator[str]:
    exercises = {(chapter.number, n) for chapter in known for n in _exercises(chapter, found)}
    for path, text in found.items():
        for mention in mentions_in_file(path, text):
            where = f"{path}: {mention.line[:80]!r}"
            if mention.form == "homework":  # tests name some that do not exist
                continue
            if mention.name and (mention.number, mention.name) not in known:
                yield f"{where} names {mention.number:02}_{mention.name}, which is no chapter"
            elif mention.number > len(known):
                yield f"{where} names chapter {mention.number}, which is none"
            elif mention.exercise and (mention.number, mention.exercise) not in exercises:
                yield f"{where} names an exercise that is none"


def _wrong_lists(known: list[Chapter], found: dict[str, str]) -> Iterator[str]:
    for number, _name in known:
        if f"{number} {{doc}}`" not in found["book/index.md"]:
            yield f"book/index.md: the list has no chapter {number}"
        if not re.search(rf"^## Chapter {number}$", found["book/errata.md"], re.M):
            yield f"book/errata.md: there is no heading of chapter {number}"
    layers = [int(n) for n in LAYER.findall(found[PROJECT])]
    if layers != sorted(layers, reverse=True):
        yield f"{PROJECT}: the layers of the chapters are not in order"


def _wrong_redirects(root: Path, paths: list[str]) -> Iterator[str]:
    live = set(pages_among(paths))
    for old, page in moved(root).items():
        if old in live:
            yield f"{CONFIG}: {old} is a page and cannot lead elsewhere"
        if f"{old.rpartition('/')[0]}/{page}" not in live:
            yield f"{CONFIG}: {old} leads to {page}, which is no page"
