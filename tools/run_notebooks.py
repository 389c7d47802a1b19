"""Run notebooks and store their outputs, byte for byte the same from one run to the next.

python tools/run_notebooks.py [--check] [notebook ...]

Without names, all notebooks of lessons/, lessons/deeper/ and book/ are run. The minutes in the box
on top of a lesson are counted and written as well. ``--check`` writes nothing and fails when an
output or the minutes differ. Cells with the tag nbval-ignore-output print times: they are run, and
keep the output that is stored; clear it in the notebook to have a new one.
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat
from lint_lessons.reading import write_minutes
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("lessons", "lessons/deeper", "book")
WIDGET = "application/vnd.jupyter.widget-view+json"


def run(path):
    """Return the text of the notebook with fresh outputs."""
    notebook = nbformat.read(path, as_version=4)
    stored = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if "nbval-ignore-output" in cell.metadata.get("tags", []):
                stored[cell.id] = cell.outputs
            cell.outputs, cell.execution_count = [], None
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            # A widget's id is random, and without a kernel it has nothing to show.
            output.get("data", {}).pop(WIDGET, None)
        if stored.get(cell.id):
            cell.outputs = stored[cell.id]
    write_minutes(notebook)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.writes(notebook) + "\n"


def name_of(path):
    """Return the folder and the name: a deeper notebook is named like its chapter."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def write(path, text):
    """Replace the file in one step, so that an interruption loses nothing."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def main():
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    options = parser.parse_args()
    differ = 0
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
    for path in options.notebooks or found:
        text = run(path)
        if text == path.read_text(encoding="utf-8"):
            print(f"same     {name_of(path)}")
            continue
        differ += 1
        print(f"{'differs' if options.check else 'written'}  {name_of(path)}")
        if not options.check:
            write(path, text)
    return differ if options.check else 0


if __name__ == "__main__":
    # One thread: the order of a sum, and so its last digit, must not depend on the machine.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
