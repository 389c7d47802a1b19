"""What the repository holds, and the rules of its files as a whole."""

import ast
import re
import subprocess
from pathlib import Path

from .page import Known, Page, blocks_of, roles_of

ROOT = Path(__file__).resolve().parents[2]

#: Not in one piece, so that this file does not name them itself.
REGISTRIES = [
    name + ending
    for name, ending in (
        ("pypi", ".org"),
        ("pypi.python", ".org"),
        ("pythonhosted", ".org"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("yarnpkg", ".com"),
        ("anaconda", ".org"),
        ("proxy.golang", ".org"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w.~*/})-])/(?:root|work|home|tmp|Users)/|[A-Z]:\\Users\\")
PARENT_FOLDER = re.compile(r"\.\./shared\b")


def lessons_in(root=ROOT):
    """Return the notebooks of the chapters."""
    return sorted((root / "lessons").glob("*.ipynb"))


def deeper_in(root=ROOT):
    """Return the notebooks that go deeper, each named like its chapter."""
    return sorted((root / "lessons" / "deeper").glob("*.ipynb"))


def is_chapter(path):
    """Whether a path is that of a chapter."""
    return path.suffix == ".ipynb" and path.absolute().parent.name == "lessons"


def is_deeper(path):
    """Whether a path is that of a deeper notebook."""
    folders = path.absolute().parent.parts[-2:]
    return path.suffix == ".ipynb" and folders == ("lessons", "deeper")


def pages_in(root=ROOT):
    """Return what is no lesson and holds prose: the pages of the book and the homework."""
    return [
        *sorted((root / "book").glob("*.md")),
        *sorted((root / "book").glob("*.ipynb")),
        *sorted((root / "grader" / "masters").glob("*.ipynb")),
    ]


def files_in(root=ROOT):
    """Return the files that git keeps, or would keep."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:  # an unpacked archive
        skip = {".venv", "_build", "_vendor", "__pycache__"}
        return [p for p in root.rglob("*") if p.is_file() and not skip & set(p.parts)]
    return [root / name for name in done.stdout.split("\0") if name and (root / name).is_file()]


def known_in(root=ROOT):
    """Return what the pages of the repository may refer to."""
    from dlzero.exercises import known

    glossary = root / "book" / "glossary.md"
    return Known(
        citation_keys((root / "book" / "references.bib").read_text(encoding="utf-8")),
        frozenset(known()),
        glossary_terms(glossary.read_text(encoding="utf-8")) if glossary.exists() else frozenset(),
    )


def citation_keys(bibtex):
    """Return the keys of a BibTeX file."""
    return frozenset(re.findall(r"^@\w+\{\s*([^,\s]+)\s*,", bibtex, re.MULTILINE))


def glossary_terms(markdown):
    """Return the terms of a glossary page, in lower case."""
    terms = set()
    for block in blocks_of(markdown):
        if block.name == "glossary":
            lines = re.findall(r"^(?!:)\S.*$", block.body, re.MULTILINE)
            terms.update(line.partition(" : ")[0].strip().lower() for line in lines)
    return frozenset(terms)


def uncited_in(source, citations):
    """Return the keys below "References" in the docstrings that are not in `citations`."""
    problems = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            continue
        text = ast.get_docstring(node) or ""
        found = re.search(r"(?ms)^References\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", text)
        if found:
            name = getattr(node, "name", "the module")
            keys = re.findall(r"\b[a-z]+\d{4}[a-z]\w*\b", found[1])
            problems += [] if keys else [f"{name}: no key below References"]
            problems += [
                f"{name}: {key!r} is not in references.bib" for key in keys if key not in citations
            ]
    return problems


def strangers_in(text):
    """Return registry hosts and paths of one machine that a file names."""
    found = [host for host in REGISTRIES if host in text]
    found += [match[0] for match in MACHINE_PATH.finditer(text)]
    return found + [match[0] for match in PARENT_FOLDER.finditer(text)]


def equations_astray(texts):
    """An equation has a label of its own in the whole book, and each {eq} leads to one."""
    labels = [label for text in texts for label in re.findall(r"\$\$ *\(([\w-]+)\)", text)]
    named = {name for text in texts for name in re.findall(r"\{eq\}`([\w-]+)`", text)}
    twice = {label for label in labels if labels.count(label) > 1}
    return [f"two equations have the label {label!r}" for label in sorted(twice)] + [
        f"no equation has the label {name!r}" for name in sorted(named - set(labels))
    ]


def misnumbered(stem, page):
    """Exercises bear the number of their lesson."""
    labels = [block.options.get("label", "") for block in page.blocks]
    numbers = {label.split("-")[1] for label in labels if label.startswith("ex-")}
    expected = {str(int(found[0])) for found in re.finditer(r"^\d+", stem)}
    if numbers == expected:
        return []
    return [f"the labels of exercises have the numbers {sorted(numbers)}, not {sorted(expected)}"]


def without_its_chapter(stem, page):
    """A deeper notebook says on top which chapter it continues: a link, and that nothing needs it.

    "Nothing later needs it" may have other words; the word "later" is looked for.
    """
    start = [block for block in page.blocks if block.where == 0]
    links = [content for name, content, _ in roles_of(Page(start)) if name == "doc"]
    problems = []
    if not any(re.search(rf"(^|<)\.\./{re.escape(stem)}>?$", link) for link in links):
        problems.append(f"its first cell has no link {{doc}}`../{stem}`")
    if not any(re.search(r"\blater\b", block.text) for block in start):
        problems.append("its first cell does not say that nothing later needs it")
    return problems
