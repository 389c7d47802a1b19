"""Make the student's version of a master, and refuse to when something would leak or fail."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

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
from .student import as_json, student_version, visible_tests

HAS = "There are Python, NumPy and the files in 'allow', and no others"


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
