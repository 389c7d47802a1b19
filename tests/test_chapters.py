"""A chapter is inserted in one step, and everything that carries a number agrees.

The tests work on copies of the repository's files. The numbers here are not those of chapters.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import deeper
import nbformat
import pytest

from dlzero.exercises import known as exercises

ROOT = Path(__file__).resolve().parent.parent
if subprocess.run(["git", "ls-files", "_toc.yml"], cwd=ROOT, capture_output=True).stdout == b"":
    pytest.skip("an unpacked archive has no list of files", allow_module_level=True)
#: The name of chapter 2.
TWO = re.search(r"lessons/02_(\w+)", (ROOT / "_toc.yml").read_text("utf-8"))[1]
#: What was released keeps the numbers of its time.
HISTORY = "Chapter 5 has exercise 5.3, in `ch05_momentum` and hw05.\n"


@pytest.fixture(scope="module")
def tools():
    """The modules of the tool."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")
        import chapter_numbers
        import chapter_tree
        import chapters

        yield {"numbers": chapter_numbers, "tree": chapter_tree, "move": chapters}


def copied(tools, folder):
    """Copy what git keeps, or would keep, into a repository of its own."""
    for path in tools["tree"].files(ROOT):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def tree_of(tools, root):
    """Return the bytes of every file."""
    return {path: (root / path).read_bytes() for path in tools["tree"].files(root)}


@pytest.fixture(scope="module")
def inserted(tools, tmp_path_factory):
    """A copy with a new chapter 5, the names of the chapters before, and what is still to write."""
    root = copied(tools, tmp_path_factory.mktemp("inserted"))
    before = tools["tree"].chapters(root)
    (root / "CHANGELOG.md").write_text(HISTORY)
    tools["move"].insert(5, "invented", "An invented chapter", root)
    return root, before, tools["tree"].disagreements(root)


def test_everything_that_carries_a_number_agrees(tools):
    assert tools["tree"].disagreements(ROOT) == []


def test_only_tests_have_invented_chapters(tools):
    words = tools["numbers"].INVENTED.encode()
    found = [p for p in tools["tree"].files(ROOT) if words in (ROOT / p).read_bytes()]
    assert "tests/test_chapters.py" in found
    assert [p for p in found if not p.startswith("tests/")] == ["tools/chapter_numbers.py"]


def test_later_chapters_move_up(tools, inserted):
    root, before, _ = inserted
    assert tools["tree"].chapters(root) == [
        *before[:4],
        (5, "invented"),
        *((number + 1, name) for number, name in before[4:]),
    ]


def test_only_the_new_chapter_is_still_to_write(inserted):
    _, _, missing = inserted
    assert all("chapter 5" in sentence for sentence in missing), missing
    assert "chapter 5 has no exercise" in missing
    assert "book/index.md: the list has no chapter 5" in missing


def test_every_module_of_the_copy_is_imported(inserted):
    root, *_ = inserted
    code = (
        "import importlib, pkgutil, sys, dlzero, dlzero.exercises as exercises\n"
        "for room in ('chapters', 'exercises'):\n"
        "    package = importlib.import_module(f'dlzero.{room}')\n"
        "    for module in pkgutil.iter_modules(package.__path__, f'dlzero.{room}.'):\n"
        "        importlib.import_module(module.name)\n"
        "sys.path.insert(0, 'tests')\n"
        "import test_exercises\n"
        "test_exercises.test_every_exercise_has_right_and_wrong_answers_here()\n"
        "print(dlzero.__file__, *exercises.known())"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    file, *known = done.stdout.split()
    assert Path(file).is_relative_to(root)
    pairs = [number.split(".") for number in exercises()]
    assert known == [f"{int(n) + (int(n) > 4)}.{m}" for n, m in pairs]


def test_only_numbers_of_chapters_change(tools, inserted):
    root, before, _ = inserted
    number, name = before[4]
    old = json.loads((ROOT / f"lessons/{number:02}_{name}.ipynb").read_text("utf-8"))
    new = json.loads((root / f"lessons/{number + 1:02}_{name}.ipynb").read_text("utf-8"))
    assert len(old["cells"]) == len(new["cells"])
    for one, other in zip(old["cells"], new["cells"], strict=True):
        if one["cell_type"] == "code" and "check(" not in "".join(one["source"]):
            assert (one["source"], one["outputs"]) == (other["source"], other["outputs"])
    assert (root / "CHANGELOG.md").read_text() == HISTORY


def test_old_addresses_lead_to_the_new_pages(tools, inserted):
    root, before, _ = inserted
    new = {f"{n:02}_{name}": f"{n + 1:02}_{name}" for n, name in before[4:]}
    older = {page: new.get(goal, goal) for page, goal in tools["tree"].moved(ROOT).items()}
    pages = {f"lessons/{page}": goal for page, goal in new.items()}
    deeper = [page for page in new if (ROOT / "lessons" / "deeper" / f"{page}.ipynb").exists()]
    pages |= {f"lessons/deeper/{page}": new[page] for page in deeper}
    assert tools["tree"].moved(root) == older | pages


def test_taking_back_gives_the_same_bytes(tools, tmp_path):
    root = copied(tools, tmp_path)
    before = tree_of(tools, root)
    last = len(tools["tree"].chapters(root))
    insert, remove = tools["move"].insert, tools["move"].remove
    insert(5, "invented", root=root)
    between = tree_of(tools, root)
    # Two before the last, and one in front: what was moved twice leads to its last place.
    insert(last + 1, "second_invention", root=root)
    insert(last + 2, "third", root=root)
    insert(1, "zeroth", root=root)
    names = [name for _, name in tools["tree"].chapters(root)]
    assert names[0] == "zeroth"
    assert names[-4:-1] == [names[-4], "second_invention", "third"]
    moved = tools["tree"].moved(root)
    number, name = last, names[-1]
    old = [f"lessons/{number + k:02}_{name}" for k in range(4)]
    assert [moved[page] for page in old] == [f"{number + 4:02}_{name}"] * 4
    assert (root / f"lessons/{moved[old[0]]}.ipynb").is_file()
    remove(1, root)
    remove(last + 2, root)
    remove(last + 1, root)
    assert tree_of(tools, root) == between
    remove(5, root)
    assert tree_of(tools, root) == before


def test_a_written_chapter_is_not_removed(tools, inserted):
    root, *_ = inserted
    with pytest.raises(ValueError, match="Chapter 4 is more than a skeleton"):
        tools["move"].remove(4, root)
    page = root / "book" / "families.md"
    text = page.read_text("utf-8")
    page.write_text(f"{text}\nSee chapter 5.\n", "utf-8")
    try:
        with pytest.raises(ValueError, match=r"5 is still named in\n  book/families.md: See"):
            tools["move"].remove(5, root)
    finally:
        page.write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("number", "name", "words"),
    [
        (0, "new", "between 1 and"),
        (99, "new", "between 1 and"),
        (5, "Two Words", "made of a-z and _"),
        (5, "perceptron", "already"),
    ],
)
def test_bad_insertions_are_refused(tools, inserted, number, name, words):
    root, *_ = inserted
    with pytest.raises(ValueError, match=words):
        tools["move"].insert(number, name, root=root)


def test_a_name_that_is_taken_stops_before_anything_is_written(tools, tmp_path):
    root = copied(tools, tmp_path)
    last = len(tools["tree"].chapters(root))
    (root / f"hw{last:02}.json").write_text("{}")
    (root / f"hw{last + 1:02}.json").write_text("{}")
    before = tree_of(tools, root)
    with pytest.raises(FileExistsError, match=f"hw{last + 1:02}.json"):
        tools["move"].insert(5, "invented", root=root)
    assert tree_of(tools, root) == before


def planted(path, old, new):
    def plant(root):
        text = (root / path).read_text("utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new), "utf-8")

    return plant


def renamed(old, new):
    return lambda root: (root / old).rename(root / new)


def redirected(old, new):
    def plant(root):
        text = (root / "_config.yml").read_text("utf-8")
        row = f"    redirects:\n      {old}: {new}.html\n"
        (root / "_config.yml").write_text(re.sub(r"    redirects:.*\n", row, text), "utf-8")

    return plant


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (renamed(f"lessons/02_{TWO}.ipynb", f"lessons/03_{TWO}.ipynb"), "is missing"),
        (
            renamed(f"tests/answers/ch02_{TWO}.py", f"tests/answers/ch09_{TWO}.py"),
            f"no chapter 09_{TWO}",
        ),
        (lambda root: next(root.rglob("right/hw02.py")).unlink(), "that of chapter 2 is missing"),
        (planted("_toc.yml", "homework/hw02", "homework/hw99"), "hwNN: no chapter has homework 99"),
        (
            planted("_toc.yml", "homework/hw02", "homework/hw03"),
            "hwNN: that of chapter 2 is missing",
        ),
        (planted("_toc.yml", f"02_{TWO}", f"02_{TWO}s"), f"no chapter 02_{TWO}"),
        (planted("_toc.yml", f"02_{TWO}\n      - file: lessons/03", f"02_{TWO}\n#"), "at place"),
        (planted("pyproject.toml", '"ch02_', '"ch09_'), "not in order"),
        (planted(f"lessons/02_{TWO}.ipynb", ":label: ex-2-1", ":label: ex-2-99"), "2.99"),
        (planted(f"lessons/02_{TWO}.ipynb", '"02-001"', '"03-001"'), "cell 03-001"),
        (planted(f"tests/answers/ch02_{TWO}.py", '("2.1",', '("3.1",'), "exercise 3.1"),
        (
            planted(f"dlzero/exercises/ch02_{TWO}.py", "def exercise_1(", "def exercise_99("),
            "exercise 2.99",
        ),
        (
            planted("README.md", "chapters 1 to", "chapters 1 and 88 to"),
            "chapter 88, which is none",
        ),
        (planted("book/how-to-use.md", 'check("1.1"', 'check("1.77"'), "an exercise that is none"),
        (planted("book/index.md", "\n2 {doc}", "\n {doc}"), "list has no chapter 2"),
        (planted("book/index.md", "\n2 {doc}`", "\n2 {doc}`No "), "is not the title of chapter 2"),
        (planted("book/errata.md", "## Chapter 2", "## Chapter II"), "no heading of chapter 2"),
        (redirected("lessons/02_a", "01_a"), "02_a leads to 01_a, which is no page"),
        (redirected(f"lessons/02_{TWO}", "03_a"), "is a page and cannot lead elsewhere"),
    ],
)
def test_a_disagreement_is_noticed(tools, tmp_path, plant, words):
    root = copied(tools, tmp_path)
    plant(root)
    assert any(words in sentence for sentence in tools["tree"].disagreements(root))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", "from .ch05_momentum import momentum", "from .ch06_momentum import momentum"),
        ("a.md", "tests/chapters/test_ch09_practice.py", "tests/chapters/test_ch10_practice.py"),
        ("a.md", "{doc}`../lessons/05_momentum`", "{doc}`../lessons/06_momentum`"),
        ("a.md", "{doc}`../lessons/deeper/05_momentum`", "{doc}`../lessons/deeper/06_momentum`"),
        ("a.html", '<a href="05_momentum.html#x">', '<a href="06_momentum.html#x">'),
        ("a.py", 'check("hw05"); hw05/hw05.ipynb', 'check("hw06"); hw06/hw06.ipynb'),
        ("a.md", "(ex-5-3)= {solution-start} sol-5-3", "(ex-6-3)= {solution-start} sol-6-3"),
        ("a.py", 'check("5.3", 0.5)', 'check("6.3", 0.5)'),
        ("a.json", '"check(\\"5.3\\", 0.5)"', '"check(\\"6.3\\", 0.5)"'),
        ("a.md", "  5.3  Right.\n  5.3  Not yet. 5.3", "  6.3  Right.\n  6.3  Not yet. 5.3"),
        (
            "a.md",
            "Exercise 5.3 and exercises 4.1 to 5.3.",
            "Exercise 6.3 and exercises 4.1 to 6.3.",
        ),
        ("a.md", "In chapter 5, 6 steps of 5.1", "In chapter 6, 6 steps of 5.1"),
        ("a.md", "chapters 3, 5, and 6 or 7", "chapters 3, 6, and 7 or 8"),
        ("a.py", "# as in chapter\n    # 5 it is", "# as in chapter\n    # 6 it is"),
        ("a.md", "# Homework 9. Last", "# Homework 10. Last"),
        ("a.md", "5 {doc}`M <../lessons/05_m>`", "6 {doc}`M <../lessons/06_m>`"),
        ("a.md", "| A | Chapter |\n| - | - |\n| 7 | 5 |", "| A | Chapter |\n| - | - |\n| 7 | 6 |"),
        ("tests/answers/ch05_a.py", '    ("5.3", 5.3),', '    ("6.3", 5.3),'),
        # Nothing of this is the number of a chapter.
        ("a.md", "| A | B |\n| - | - |\n| 7 | 5 |", None),
        ("a.py", '("5.3", 5.3), f(5), x05_y, 1e05_a, v5, "5.3"', None),
        ("a.md", "Python 5.3, ch. 5, section 5.3, 5 chapters, homework 99, hw99", None),
        ("a.py", "def exercise_5(answer): search5_b, 0.05_x", None),
    ],
)
def test_forms_of_a_number(tools, path, old, new):
    def number(n):
        return n + 1 if 5 <= n <= 9 else n

    assert tools["numbers"].renumbered(path, old, number) == (new or old)


def test_a_notebook_of_another_format_is_refused(tools):
    with pytest.raises(ValueError, match="not in the format of nbformat"):
        tools["numbers"].renumbered_file("a.ipynb", '{"cells": [], "metadata": {}}', lambda n: n)


def test_list_shows_where_each_number_stands(tools, capsys):
    assert tools["move"].main(["list"]) == 0
    shown = capsys.readouterr().out
    for number, name in tools["tree"].chapters(ROOT):
        assert f"{number:2}  {name}: named" in shown
        assert f"lessons/{number:02}_{name}.ipynb" in shown


def test_ranges_around_a_new_chapter_are_shown(tools):
    around = tools["move"].ranges_around(5, ROOT)
    assert any(line.startswith("book/families.md: Every rule of chapters 3 to") for line in around)
    assert not any("chapters 1 and 2 " in line for line in around)


def goes_deeper(tools, root, number):
    """Give a chapter of a copy one exercise more, and a new deeper notebook that holds it."""
    stem = tools["tree"].chapters(root)[number - 1].stem
    code = root / f"dlzero/exercises/ch{stem}.py"
    new = 1 + max(int(n) for n in re.findall(r"def exercise_(\d+)\(", code.read_text("utf-8")))
    answers = root / f"tests/answers/ch{stem}.py"
    for path, text in (
        (code, f"\n\ndef exercise_{new}(answer):\n    pass\n"),
        (answers, f'\nRIGHT += [\n    ("{number}.{new}", 1),\n]\n'),
    ):
        path.write_text(path.read_text("utf-8") + text, "utf-8")
    lesson = (root / f"lessons/{stem}.ipynb").read_text("utf-8")
    first = 1 + max(int(n) for n in re.findall(rf":label: ex-{number}-(\d+)", lesson))
    cells = [deeper.text(f"# Deeper: more\n\nAfter {{doc}}`../{stem}`. No later chapter needs it.")]
    for n in range(first, new + 1):
        cells += deeper.exercise(f"{number}.{n}", 1)
    for count, cell in enumerate(cells):
        cell["id"] = f"{number:02}-d{count:02}"
    deeper.save(nbformat.v4.new_notebook(cells=cells), root / f"lessons/deeper/{stem}.ipynb")
    contents = (root / "_toc.yml").read_text("utf-8")
    line = f"      - file: lessons/{stem}\n"
    below = f"        sections:\n          - file: lessons/deeper/{stem}\n"
    contents = contents.replace(line + below, line).replace(line, line + below)
    (root / "_toc.yml").write_text(contents, "utf-8")
    return stem, new


def test_a_deeper_notebook_moves_with_its_chapter(tools, tmp_path):
    root = copied(tools, tmp_path)
    stem, new = goes_deeper(tools, root, 6)
    assert tools["tree"].disagreements(root) == tools["tree"].disagreements(ROOT)
    before = tree_of(tools, root)
    tools["move"].insert(5, "invented", root=root)
    after = stem.replace("06_", "07_")
    assert not (root / f"lessons/deeper/{stem}.ipynb").exists()
    text = (root / f"lessons/deeper/{after}.ipynb").read_text("utf-8")
    for there in (f"ex-7-{new}", f"sol-7-{new}", f'check(\\"7.{new}\\"', f"../{after}", '"07-d00"'):
        assert there in text
    assert "06-" not in text
    assert tools["tree"].moved(root)[f"lessons/deeper/{stem}"] == after
    below = f"lessons/{after}\n        sections:\n          - file: lessons/deeper/{after}\n"
    assert below in (root / "_toc.yml").read_text("utf-8")
    assert not [line for line in tools["tree"].disagreements(root) if f"deeper/{after}" in line]
    with pytest.raises(ValueError, match=rf"more than a skeleton: .*lessons/deeper/{after}"):
        tools["move"].remove(7, root)
    tools["move"].remove(5, root)
    assert tree_of(tools, root) == before


def test_a_chapter_behind_a_deeper_notebook(tools, tmp_path):
    root = copied(tools, tmp_path)
    last = len(tools["tree"].chapters(root))
    stem, _ = goes_deeper(tools, root, last)
    before = tree_of(tools, root)
    tools["move"].insert(last + 1, "invented", root=root)
    lines = (root / "_toc.yml").read_text("utf-8").split("\n")
    at = lines.index(f"      - file: lessons/{stem}")
    assert lines[at + 1 : at + 4] == [
        "        sections:",
        f"          - file: lessons/deeper/{stem}",
        f"      - file: lessons/{last + 1:02}_invented",
    ]
    assert tools["tree"].chapters(root)[-1] == (last + 1, "invented")
    tools["move"].remove(last + 1, root)
    assert tree_of(tools, root) == before


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        ("_toc.yml", "deeper/02_", "deeper/03_", "lessons/deeper/03_"),
        ("_toc.yml", "          - file: lessons/deeper/{stem}\n", "", "is not the section of"),
        ("_toc.yml", "        sections:\n", "", "is not the section of"),
        ("_toc.yml", "deeper/{stem}", "deeper/{stem}s", "lessons/deeper/{stem}s is no file"),
        ("lessons/deeper/{stem}.ipynb", ":label: ex-2-", ":label: ex-2-9", "in its checks, but"),
        ("lessons/deeper/{stem}.ipynb", "ex-2-{new}", "ex-2-1", "do not go on after"),
        ("lessons/deeper/{stem}.ipynb", "ex-2-", "ex-3-", "exercise 3."),
        ("lessons/deeper/{stem}.ipynb", '"02-d01"', '"03-d01"', "cell 03-d01"),
        ("lessons/{stem}.ipynb", ":label: ex-2-1", ":label: ex-2-99", "counts them from 1"),
    ],
)
def test_a_deeper_notebook_that_disagrees_is_noticed(tools, tmp_path, path, old, new, words):
    root = copied(tools, tmp_path)
    stem, number = goes_deeper(tools, root, 2)
    path, old, new, words = (
        text.replace("{stem}", stem).replace("{new}", str(number))
        for text in (path, old, new, words)
    )
    assert not any(words in sentence for sentence in tools["tree"].disagreements(root))
    planted(path, old, new)(root)
    assert any(words in sentence for sentence in tools["tree"].disagreements(root))


def test_a_deeper_notebook_of_no_chapter_is_noticed(tools, tmp_path):
    root = copied(tools, tmp_path)
    stem, _ = goes_deeper(tools, root, 2)
    renamed(f"lessons/deeper/{stem}.ipynb", "lessons/deeper/02_else.ipynb")(root)
    found = tools["tree"].disagreements(root)
    assert "lessons/deeper/02_else.ipynb: there is no chapter 02_else" in found
    assert f"_toc.yml: lessons/deeper/{stem} is no file" in found
