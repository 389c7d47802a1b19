"""Write ``outcomes.json`` anew: ``python outcomes.py``. Read every change before you keep it."""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from homework.hostile_class import play

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        rows = play(Path(folder)).rows
    lines = []
    for name, row in sorted(rows.items()):
        points = [test["points"] for test in row["tests"].values()]
        lines.append(f"{json.dumps(name)}: {json.dumps([row['status'], points])}")
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (Path(__file__).parent / "outcomes.json").write_text(text, encoding="utf-8")
