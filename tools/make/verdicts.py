"""The verdicts on eight claims, as the deeper notebook of chapter 11 computes them.

    python tools/make/verdicts.py

Writes: dlzero/practice/data/verdicts.json
Needs: dlzero[sweep]

The cells of the notebook are run up to the one that reads the file.
"""

import json
from pathlib import Path

import matplotlib
import nbformat

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "lessons" / "deeper" / "11_practice.ipynb"
TARGET = ROOT / "dlzero" / "practice" / "data" / "verdicts.json"


def verdicts():
    """Return the rows of the table: part, claim, yes, tie, no, word."""
    names = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if TARGET.name in cell.source and cell.cell_type == "code":
            break
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), names)
    return [[part, *row] for part, row in names["verdicts"].items()]


def main():
    """Write the table."""
    matplotlib.use("Agg")
    rows = verdicts()
    made = {"made_by": "tools/make/verdicts.py", "verdicts": rows}
    TARGET.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"{len(rows)} verdicts are in {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
