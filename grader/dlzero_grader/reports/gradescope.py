"""Gradescope: an archive that grades one submission in its container, and the result it reads.

``python -m dlzero_grader.reports.gradescope FOLDER`` is what ``run_autograder`` calls, with
the folder that Gradescope names ``/autograder``.
"""

import json
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .. import master as masters
from ..allowed import PACKAGE
from ..collecting.arrivals import Words, look
from ..files import write
from ..grading.grade import unread
from ..grading.trusted import Grader
from ..marking.score import Score, score_of
from ..master import Master
from ..row import Row
from ..sandbox.channel import Limits
from ..statuses import said
from ..tables import visible
from .feedback import notes_for, shown, zipped

#: What dlzero and the grader need, as in their ``pyproject.toml``.
NEEDS = ("numpy>=1.26", "jinja2>=3.1", "latex2mathml>=3.78")
SETUP = f"""\
#!/usr/bin/env bash
# Gradescope runs this once, as root, while it builds the image.
set -eu
here="${{AUTOGRADER:-/autograder}}"
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y bubblewrap
# The package needs Python 3.11; Ubuntu 22.04 has it beside its own 3.10.
if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python=python3
    apt-get install -y python3-venv
else
    python=python3.11
    apt-get install -y python3.11 python3.11-venv
fi
"$python" -m venv "$here/venv"
"$here/venv/bin/python" -m pip install {" ".join(map(shlex.quote, NEEDS))}
# The hidden tests are for root alone.
chmod 600 "$here"/source/*.ipynb
"""
RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission.
set -eu
here="${AUTOGRADER:-/autograder}"
export PYTHONPATH="$here/source" PYTHONDONTWRITEBYTECODE=1
exec "${AUTOGRADER_PYTHON:-$here/venv/bin/python}" -m dlzero_grader.reports.gradescope "$here"
"""


def archive(
    master: Master,
    limits: Limits | None = None,
    unsafe: bool = False,
    words: Words | None = None,
) -> bytes:
    """Return the zip file to upload as the autograder of an assignment.

    Parameters
    ----------
    master : Master
    limits : Limits, optional
    unsafe : bool, default False
        Run the code in the container itself, without a sandbox.
    words : Words, optional
        Of the other homeworks, to tell a student that the notebook is one of them.

    Returns
    -------
    bytes
        The same master and the same code give the same bytes.
    """
    settings = {
        "name": master.name,
        "limits": vars(limits or Limits()),
        "unsafe": unsafe,
        "words": {name: sorted(own) for name, own in (words or {}).items()},
    }
    files: dict[str, str | bytes] = {
        "setup.sh": SETUP,
        "run_autograder": RUN,
        "homework.json": json.dumps(settings, indent=1) + "\n",
        f"{master.name}.ipynb": master.text,
    }
    for package in (PACKAGE, Path(__file__).parents[1]):
        for path in package.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                files[f"{package.name}/{path.relative_to(package).as_posix()}"] = path.read_bytes()
    return zipped(files, executable=("setup.sh", "run_autograder"))


def results(master: Master, row: Row, score: Score, first: Iterable[str] = ()) -> dict[str, Any]:
    """Return what Gradescope reads as ``results.json``; its output begins with the lines `first`.

    A free response has no points of its own here, so that it does not show as 0; it is marked in
    Gradescope, by a question with a rubric.
    """
    tests: list[dict[str, Any]] = []
    for line in score.lines:
        test: dict[str, Any] = {
            "name": line.id,
            "name_format": "text",
            "output": visible(shown(line)),
            "output_format": "text",
            "visibility": "visible",
        }
        if not line.written:
            test["score"], test["max_score"] = line.points, line.of
            test["status"] = "passed" if line.passed else "failed"
        tests.append(test)
    output = [*first, said(row.status), *notes_for(master, row)]
    return {
        "score": sum(line.points or 0 for line in score.lines if not line.written),
        "output": visible("\n".join(output)),
        "output_format": "text",
        "visibility": "visible",
        "tests": tests,
    }


def chosen(submission: Path, name: str) -> list[Path]:
    """Return the notebooks that came; first the one that counts, which is named as the homework."""
    found = sorted(
        path
        for path in submission.rglob("*.ipynb")
        if path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(submission).parts)
    )
    own = name.casefold()
    return sorted(
        found,
        key=lambda path: (path.stem.casefold() != own, own not in path.stem.casefold()),
    )


def run(folder: Path) -> None:
    """Grade the submission in a folder that is laid out as Gradescope's ``/autograder``.

    Raises
    ------
    RuntimeError
        When the grader itself fails, as when no sandbox can be made. Nothing is written then:
        Gradescope shows that the autograder failed, and no points.
    """
    settings = json.loads((folder / "source" / "homework.json").read_text("utf-8"))
    master = masters.load(settings["name"], folder / "source")
    limits = Limits(**settings["limits"])
    submission, first = folder / "submission", []
    came = chosen(submission, master.name)
    if not came:
        row = unread(master, "missing")
    else:
        with open(came[0], "rb") as file:
            data = file.read(limits.notebook + 1)
        if came[1:]:
            path = came[0].relative_to(submission)
            first.append(f"{len(came)} notebooks came; this one was graded: {path}")
        words = {name: frozenset(own) for name, own in settings["words"].items()}
        homework = look(data, master.name, words)[1]
        if homework not in ("", master.name):
            first.append(f"This looks like {homework}, but {master.name} is asked for.")
        with Grader(master, limits, settings["unsafe"]) as grader:
            row = grader.grade(data)
    if row.status == "error":
        raise RuntimeError("; ".join(row.notes) or said(row.status))
    made = results(master, row, score_of(master, row, {}), first)
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    write(folder / "results" / "results.json", text)


if __name__ == "__main__":
    try:
        run(Path(sys.argv[1]))
    except RuntimeError as problem:  # the instructor reads it in Gradescope
        sys.exit(f"Not graded. {problem}")
