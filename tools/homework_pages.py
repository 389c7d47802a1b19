"""The homework as pages of the book, without a solution and without a hidden test.

python tools/homework_pages.py          writes them; tasks.py does so before it builds the site

A page is the student's version of a master, as the grader hands it out, with a cell below it that
checks all answers. The site also gets the student's version as a file: what a reader has written
on the page goes into it, and `collect` and `grade` take it.
"""

import json
import sys
from pathlib import Path

from dlzero_grader import master as masters
from dlzero_grader.authoring.leaks import leaks
from dlzero_grader.authoring.student import as_json, student_version

ROOT = Path(__file__).resolve().parent.parent
MASTERS = ROOT / "grader" / "masters"
PAGES = ROOT / "book" / "homework"
#: What lies below this folder is copied to the root of the site.
PUBLIC = Path("public")
ALL = (
    "## Check all answers\n\n"
    "This runs the tests of all questions, as far as you can see them. "
    "More tests run when the homework is marked."
)


def page_of(student: str) -> str:
    """Return the page of a student's notebook."""
    notebook = json.loads(student)
    name = notebook["metadata"]["dlzero"]["assignment"]
    notebook["metadata"]["language_info"] = {"name": "python"}
    for kind, id, source in (
        ("markdown", f"{name}-all-text", ALL),
        ("code", f"{name}-all", f'from dlzero.homework import check\n\ncheck("{name}")'),
    ):
        cell = {"cell_type": kind, "id": id, "metadata": {}, "source": source.splitlines(True)}
        notebook["cells"].append(cell)
        if kind == "code":
            cell |= {"outputs": [], "execution_count": None}
    return as_json(notebook)


def files_of(folder: Path = MASTERS) -> dict[str, str]:
    """Return the texts of all pages and student's notebooks, by their paths below `PAGES`.

    Raises
    ------
    ValueError
        When a master breaks a rule, or a secret line would be published.
    """
    made, problems = {}, []
    for path in sorted(folder.glob("*.ipynb")):
        master = masters.load(path.stem, folder)
        student = student_version(master)
        page = page_of(student)
        problems += [
            f"  {path.name}: a secret line would be published: {line}"
            for line in leaks(master, page)
        ]
        made[path.name] = page
        made[f"{PUBLIC}/homework/{path.name}"] = student
    if problems:
        raise ValueError("No homework page is made:\n" + "\n".join(problems))
    return made


def make(folder: Path = MASTERS, pages: Path = PAGES) -> None:
    """Write the pages; a file that stays the same is not touched, so that Sphinx skips it."""
    (pages / PUBLIC).mkdir(parents=True, exist_ok=True)  # Sphinx copies it, also when it is empty
    made = {pages / path: text for path, text in files_of(folder).items()}
    for path in set(pages.rglob("*.ipynb")) - set(made):
        path.unlink()  # of a homework that has another number now
    for path, text in made.items():
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    try:
        make()
    except ValueError as error:
        sys.exit(str(error))
