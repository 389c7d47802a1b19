"""Make the student's version of a master, and refuse to when something would leak or fail."""

import contextlib
import functools
import html
import io
import json
import logging
import os
import re
import sys
import tempfile
from pathlib import Path

from . import master as masters
from .files import write
from .grader import Grader

SHORTEST_SECRET = 12  # shorter lines, such as "return w", say nothing
PASSAGE, SHORTEST_PASSAGE = 4, 46  # lines; letters and signs
COURSE_KEYS = ("assignment", "title")


def build(names, folder, release, visible=None, unsafe=False):
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
        When a master breaks a rule, does not get full marks, when an unanswered one gets any,
        or when a solution or a hidden test would be handed out. Nothing is written then.
    """
    made = [masters.load(name, folder) for name in names]
    problems = {master.name: check_marks(master, unsafe) for master in made}
    students = {} if any(problems.values()) else student_versions(made)
    tests = {master.name: _as_json(visible_tests(master)) for master in made}
    for master in made if students else ():
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


def _as_json(made):
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def check_marks(master, unsafe=False):
    """Return what is wrong with the marks of the master itself and of an unanswered copy."""
    problems = []
    with Grader(master, unsafe=unsafe) as grader:
        for id, test in grader.grade(master.text.encode())["tests"].items():
            if test["points"] != test["of"]:
                problems.append(f"{id} fails on the master's own solution: {test['message']}")
        notebook = json.loads(master.text)
        stubs = {answer.id: answer.stub for answer in master.answers}
        for cell in notebook["cells"]:
            id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            # The comment makes it another cell, so that it runs instead of being left out.
            cell["source"] = stubs[id] + "\n# handed in" if id in stubs else cell["source"]
        for id, test in grader.grade(json.dumps(notebook).encode())["tests"].items():
            if test["points"] or not test["message"]:
                problems.append(f"{id} passes without an answer; let it call the function")
    return problems


def student_versions(made):
    """Return by name the notebooks that nbgrader makes, without outputs and notes."""
    try:
        from nbgrader.apps import NbGraderAPI
        from traitlets.config import Config
    except ImportError:
        raise RuntimeError(
            "Building needs nbgrader, which is not here. Install it: pip install 'dlzero[homework]'"
        ) from None
    students = {}
    with tempfile.TemporaryDirectory(prefix="dlzero-") as folder, tools_on_path():
        config = Config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.course_id = "course"
        config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
        config.NbGrader.logfile = ""
        logging.getLogger("traitlets").setLevel(logging.ERROR)
        converter = NbGraderAPI(config=config)
        for master in made:
            place = Path(master.name) / f"{master.name}.ipynb"
            write(Path(folder) / "source" / place, master.text)
            with contextlib.redirect_stderr(io.StringIO()):
                done = converter.generate_assignment(master.name, create=True)
            if not done["success"]:
                raise ValueError(f"nbgrader could not convert {master.name}.ipynb:\n{done['log']}")
            text = (Path(folder) / "release" / place).read_text(encoding="utf-8")
            students[master.name] = _as_json(_stripped(json.loads(text)))
    return students


@contextlib.contextmanager
def tools_on_path():
    """Let nbgrader find alembic, which it starts by name."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _stripped(notebook):
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


def visible_tests(master):
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


def regions(master):
    """Return the texts that nobody but the instructor may see, and the text that all see."""
    hidden, shown = [], []
    for answer in master.answers:
        parts = re.split(
            rf"(?m)^.*(?:{masters.BEGIN_SOLUTION}|{masters.END_SOLUTION}).*\n?", answer.solution
        )
        hidden += parts[1::2]
        shown += parts[::2]
    for test in master.tests:
        shown.append(test.visible)
        lines = test.source.split("\n")
        hidden.append("\n".join(lines[i - 1] for i in test.hidden[1:-1]))
    for cell in json.loads(master.text)["cells"]:
        tags = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "markdown" and tags.get("solution"):
            hidden.append("".join(cell["source"]))
        elif not tags.get("solution") and not tags.get("grade"):
            shown.append("".join(cell["source"]))
    return hidden, "\n".join(shown)


def secrets(master):
    """Return the single lines that may not stand in what is handed out."""
    hidden, shown = regions(master)
    lines = {line.strip() for text in hidden for line in text.split("\n")}
    return sorted(line for line in lines if len(line) >= SHORTEST_SECRET and line not in shown)


def leaks(master, text):
    """Return the secret lines of a master that stand in a text, however it is quoted.

    Parameters
    ----------
    master : Master
    text : str
        What is handed out: notebook, JSON, HTML or plain text.

    Returns
    -------
    list of str
    """
    forms = (text, html.unescape(text), text.replace('\\"', '"').replace("\\\\", "\\"))
    found = [line for line in secrets(master) if any(line in form for form in forms)]
    return found + [mark for mark in (masters.BEGIN_HIDDEN, masters.BEGIN_SOLUTION) if mark in text]


def published_leaks(master, text):
    """Return the passages of a master that stand in a text of the course.

    A lesson may hold the same single line as a solution. So this looks for passages of four
    lines (or a whole region that has fewer), with quotes, tags and spaces left out.

    Parameters
    ----------
    master : Master
    text : str
        A page of the site, a lesson, or a file of the package.

    Returns
    -------
    list of str
    """
    searched = _searched(text)
    return [shown for passage, shown in _passages(master) if passage in searched]


@functools.cache
def _passages(master):
    """Return each passage that must not be published, squeezed and as it stands."""
    hidden, shown = regions(master)
    found, seen = [], _squeezed(shown)
    for region in hidden:
        lines = [line.strip() for line in region.split("\n") if line.strip()]
        for i in range(max(1, len(lines) - PASSAGE + 1)):
            passage = _squeezed("\n".join(lines[i : i + PASSAGE]))
            if len(passage) >= SHORTEST_PASSAGE and passage not in seen:
                found.append((passage, " / ".join(lines[i : i + PASSAGE])))
    return found


@functools.lru_cache(maxsize=1)
def _searched(text):
    without_tags = re.sub(r"<[a-zA-Z/!][^>]*>", "", text)
    return f"{_squeezed(text)} {_squeezed(without_tags)}"


def _squeezed(text):
    """Return the letters, digits and signs of a text, however it is marked up."""
    return re.sub(r"[^\w+\-*/=<>()\[\].]", "", html.unescape(text).replace("\\n", ""))
