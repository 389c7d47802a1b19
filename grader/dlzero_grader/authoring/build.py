"""Make the student's version of a master, and refuse to when something would leak or fail."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import master as masters
from ..allowed import write_allowed
from ..files import write
from ..grading.session import Session
from ..grading.trusted import Grader
from ..master import Master
from ..sandbox.clock import Again
from ..sandbox.launch import Workers
from .battery import crossing, unearned
from .leaks import leaks

HAS = "There are Python, NumPy and the files in 'allow', and no others"
COURSE_KEYS = ("assignment", "title")


def build(
    names: Sequence[str],
    folder: str | Path,
    release: str | Path,
    visible: str | Path | None = None,
    unsafe: bool = False,
) -> list[Master]:
    """Check masters and write what students get.

    Parameters
    ----------
    names : sequence of str
        Names of the assignments, such as ``["hw03"]``.
    folder : str or Path
        Where the masters lie.
    release : str or Path
        Gets ``hw03/hw03.ipynb`` and ``hw03/hw03.check.json``.
    visible : str or Path, optional
        Gets ``hw03.json``, the visible tests as the package carries them.
    unsafe : bool, default False
        Try the masters without a sandbox.

    Returns
    -------
    list of Master

    Raises
    ------
    FileNotFoundError
        When there is no such master.
    ValueError
        When a master breaks a rule, needs what the sandbox has not, or does not get full marks,
        when an unanswered one or an answer that knows nothing gets any, or when a solution or a
        hidden test would be handed out.
        Nothing is written then.
    """
    made = [masters.load(name, folder) for name in names]
    problems = {
        master.name: crossing(master)
        or check_setup(master, unsafe)
        or check_marks(master, unsafe)
        or unearned(master)
        for master in made
    }
    students = {master.name: student_version(master) for master in made}
    tests = {master.name: as_json(visible_tests(master)) for master in made}
    for master in made:
        for text in (students[master.name], tests[master.name]):
            problems[master.name] += [
                f"a secret line would be handed out: {line}" for line in leaks(master, text)
            ]
    lines = [f"  {name}.ipynb: {line}" for name, found in problems.items() for line in found]
    if lines:
        raise ValueError("Nothing is built:\n" + "\n".join(lines))
    for name in tests:
        write(Path(release) / name / f"{name}.ipynb", students[name])
        write(Path(release) / name / f"{name}.check.json", tests[name])
        if visible:
            write(Path(visible) / f"{name}.json", tests[name])
    return made


def as_json(made: object) -> str:
    """Return the text of a file that is handed out: the same input gives the same bytes."""
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def check_setup(master: Master, unsafe: bool = False) -> list[str]:
    """Return what stops in the sandbox of the cells that are run before the answers.

    Elsewhere they run with the whole of dlzero and all that is installed here.
    """
    with tempfile.TemporaryDirectory(prefix="dlzero-") as folder:
        workers = Workers(write_allowed(master.allow, folder), unsafe=unsafe)
        session = Session(master, workers)
        try:
            session.ensure()
        except Again as error:
            raise RuntimeError(f"The setup of {master.name} could not be tried: {error}") from None
        finally:
            session.close()
    imports = [f"an import failed: {text}. {HAS}" for text in session.missing]
    stopped = {**session.errors, **session.bad}.values()
    return [f"the setup does not work in the sandbox: {text}" for text in (*imports, *stopped)]


def check_marks(master: Master, unsafe: bool = False) -> list[str]:
    """Return what is wrong with the marks of the master itself and of an unanswered copy."""
    problems = []
    with Grader(master, unsafe=unsafe) as grader:
        own = grader.grade(master.text.encode())
        for id, result in own.tests.items():
            if not result.passed:
                problems.append(f"{id} fails on the master's own solution: {result.message}")
        problems += [f"{note}. {HAS}" for note in own.notes if note.startswith("an import failed")]
        notebook = json.loads(master.text)
        stubs = {answer.id: answer.stub for answer in master.answers}
        for cell in notebook["cells"]:
            id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            # The comment makes it another cell, so that it runs instead of being left out.
            cell["source"] = stubs[id] + "\n# handed in" if id in stubs else cell["source"]
        for id, result in grader.grade(json.dumps(notebook).encode()).tests.items():
            if result.passed:
                problems.append(f"{id} passes without an answer; let it call the function")
    return problems


def student_version(master: Master) -> str:
    """Return the notebook that students get, as nbgrader makes it, without outputs and notes."""
    notebook = json.loads(master.text)
    given = {answer.id: answer.stub for answer in master.answers}
    given |= {test.id: test.visible for test in master.tests}
    given |= {written.id: written.stub for written in master.written}
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("nbgrader", {})
        text = given.get(tags.get("grade_id"), "".join(cell["source"]))
        cell["source"] = text.splitlines(keepends=True)
        if any(tags.get(key) for key in ("solution", "grade", "locked")):
            cell["metadata"]["deletable"] = False
            if not tags.get("solution"):
                cell["metadata"]["editable"] = False
    return as_json(_stripped(notebook))


def _stripped(notebook: dict[str, Any]) -> dict[str, Any]:
    """Keep of the metadata only what a student's copy needs; no outputs, no notes."""
    course = notebook["metadata"].get("dlzero", {})
    notebook["metadata"] = {
        "dlzero": {key: course[key] for key in COURSE_KEYS if key in course},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    }
    for cell in notebook["cells"]:
        keys = ("nbgrader", "deletable", "editable")
        cell["metadata"] = {k: cell["metadata"][k] for k in keys if k in cell["metadata"]}
        for key in ("attachments", "outputs"):
            cell.pop(key, None)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def visible_tests(master: Master) -> dict[str, Any]:
    """Return what the learner's check needs: the visible part of each test cell."""
    questions = []
    for answer in master.answers:
        cells = [
            {"id": test.id, "source": test.visible}
            for test in master.tests
            if test.question == answer.id and test.visible
        ]
        questions.append({"id": answer.id, "tests": cells})
    return {"assignment": master.name, "title": master.title, "questions": questions}
