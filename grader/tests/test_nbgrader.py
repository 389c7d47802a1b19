"""The masters with nbgrader as it is: the student's version, and the same marks as ours."""

import contextlib
import json
import logging
import os
import re
import sys
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox
from classroom.submissions import SUBMISSIONS, student_copy
from published import published_leaks

from dlzero_grader import master as masters
from dlzero_grader.authoring.build import build, student_version
from dlzero_grader.authoring.leaks import leaks
from dlzero_grader.authoring.student import stripped
from dlzero_grader.cli import main
from dlzero_grader.files import write
from dlzero_grader.grading.trusted import Grader

HERE = Path(__file__).parent / "classroom"
DEMO = masters.load("demo", HERE)
FOLDER = Path(__file__).parents[1] / "masters"
COURSE = [masters.load(path.stem, FOLDER) for path in sorted(FOLDER.glob("*.ipynb"))]
EXAMPLE = masters.load("own", FOLDER.parent / "example")
HONEST = (
    "honest",
    "honest_answer_in_a_second_cell",
    "honest_changes_its_argument",
    "honest_partial",
    "honest_with_own_helpers",
)


@pytest.fixture(scope="module")
def built():
    """What students get, by the name of the master."""
    return {master.name: student_version(master) for master in (DEMO, EXAMPLE, *COURSE)}


@contextlib.contextmanager
def nbgrader_in(folder):
    """Give nbgrader, with a course in this folder."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.course_id = "course"
    config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
    config.NbGrader.logfile = ""
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        # It starts alembic by name.
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield NbGraderAPI(config=config)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """What nbgrader hands out, by the name of the master, without what only it can use."""
    folder, made = tmp_path_factory.mktemp("nbgrader"), {}
    with nbgrader_in(folder) as nbgrader:
        for master in (DEMO, EXAMPLE, *COURSE):
            place = Path(master.name) / f"{master.name}.ipynb"
            write(folder / "source" / place, master.text)
            done = nbgrader.generate_assignment(master.name, create=True)
            assert done["success"], done["log"]
            notebook = stripped(json.loads((folder / "release" / place).read_text("utf-8")))
            for cell in notebook["cells"]:
                for key in ("checksum", "cell_type"):
                    cell["metadata"].get("nbgrader", {}).pop(key, None)
            made[master.name] = notebook
    return made


@pytest.mark.parametrize("master", [DEMO, EXAMPLE, *COURSE], ids=lambda master: master.name)
def test_the_students_version_is_what_nbgrader_makes(built, theirs, master):
    assert json.loads(built[master.name]) == theirs[master.name]


def test_the_students_version_of_the_demo(built):
    made = json.loads(built["demo"])
    assert leaks(DEMO, built["demo"]) == []
    expected = {cell["id"]: cell["source"] for cell in student_copy()["cells"]}
    assert {cell["id"]: "".join(cell["source"]) for cell in made["cells"]} == expected
    assert made["metadata"]["dlzero"] == {"assignment": "demo", "title": "A small homework"}


def test_outputs_and_notes_do_not_leak():
    noted = student_copy()
    secret = "the answer is np.mean(np.asarray(x) ** 2)"
    noted["metadata"]["notes"] = secret
    for cell in noted["cells"]:
        cell["metadata"]["notes"] = secret
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": secret}]
        cell["attachments"] = {"a.png": {"image/png": secret}}
    assert secret not in json.dumps(stripped(noted))


@pytest.mark.parametrize("master", COURSE, ids=lambda master: master.name)
def test_the_students_version_of_the_course_leaks_nothing(built, master):
    text = built[master.name]
    assert leaks(master, text) == []
    assert published_leaks(master, text) == []
    cells = {cell["id"]: "".join(cell["source"]) for cell in json.loads(text)["cells"]}
    tagged = {
        cell["metadata"]["nbgrader"]["grade_id"]: cells[cell["id"]]
        for cell in json.loads(text)["cells"]
        if "nbgrader" in cell["metadata"]
    }
    assert {a.id: tagged[a.id] for a in master.answers} == {a.id: a.stub for a in master.answers}
    assert {t.id: tagged[t.id].rstrip() for t in master.tests} == {
        t.id: t.visible for t in master.tests
    }


@needs_sandbox
def test_a_second_build_is_the_same_byte_for_byte(built, tmp_path):
    build(["own"], FOLDER.parent / "example", tmp_path, tmp_path / "visible")
    assert (tmp_path / "own" / "own.ipynb").read_text("utf-8") == built["own"]
    shown = (tmp_path / "own" / "own.check.json").read_text("utf-8")
    assert (tmp_path / "visible" / "own.json").read_text("utf-8") == shown


@needs_sandbox
@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("** 2))", "** 3))", "q1_test fails on the master's own solution: mean_square([3, 4])"),
        ("assert counts == (50, 50, 50)", "assert True", "q3_test passes without an answer"),
        ("assert counts", "assert counts", "q2_test passes when the answer remembers the visible"),
    ],
)
def test_a_master_that_does_not_work_is_not_built(
    tmp_path, capsys, monkeypatch, old, new, complaint
):
    monkeypatch.setattr("dlzero_grader.authoring.build.student_version", lambda made: "")
    write(tmp_path / "masters" / "demo.ipynb", DEMO.text.replace(old, new))
    folders = ["--masters", str(tmp_path / "masters"), "--class", str(tmp_path)]
    assert main(["build", "demo", *folders]) == 1
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "release").exists()


@needs_sandbox
def test_a_student_version_that_leaks_is_not_built(tmp_path, monkeypatch):
    secret = "return w - lr * g"
    monkeypatch.setattr("dlzero_grader.authoring.build.student_version", lambda made: secret)
    with pytest.raises(ValueError, match=f"a secret line would be handed out: {re.escape(secret)}"):
        build(["demo"], HERE, tmp_path)
    assert not list(tmp_path.iterdir())


# What nbgrader does with its own database is not ours to mend.
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@needs_sandbox
def test_honest_work_gets_the_same_marks_from_nbgrader(built, tmp_path):
    from nbgrader.api import Gradebook

    cases = {("demo", name): as_handed_in(SUBMISSIONS[name]({}), built["demo"]) for name in HONEST}
    for master in (COURSE[0], COURSE[4]):
        cases[master.name, "half"] = half_right(master, built[master.name])
    ours, theirs = {}, {}
    for master in (DEMO, COURSE[0], COURSE[4]):
        write(tmp_path / "source" / master.name / f"{master.name}.ipynb", master.text)
        with Grader(master) as grader:
            for (name, student), text in cases.items():
                if name == master.name:
                    write(tmp_path / "submitted" / student / name / f"{name}.ipynb", text)
                    tests = grader.grade(text.encode()).tests
                    ours[name, student] = {id: float(t.points) for id, t in tests.items()}
    with nbgrader_in(tmp_path) as api:
        for name in sorted({name for name, _ in cases}):
            assert api.generate_assignment(name, create=True)["success"]
        for name, student in cases:
            done = api.autograde(name, student, create=True)
            assert done["success"], done["log"]
        with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as book:
            for name, student in cases:
                grades = book.find_submission_notebook(name, name, student).grades
                marks = {g.name: g.auto_score for g in grades if g.cell_type == "code"}
                theirs[name, student] = marks
    assert ours == theirs
    totals = sorted(sum(points.values()) for points in theirs.values())
    assert totals[0] < totals[-1]


def half_right(master, built):
    """Return a course homework with a wrong answer to each second question, as handed in."""
    path = HERE / "variants" / f"{master.name}.json"
    wrong = json.loads(path.read_text("utf-8"))
    made = json.loads(built)
    for number, answer in enumerate(master.answers):
        (cell,) = [
            cell
            for cell in made["cells"]
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == answer.id
        ]
        cell["source"] = wrong[answer.id][0]["source"] if number % 2 else answer.solution
    return json.dumps(made)


def as_handed_in(data, built):
    """Return a submission with the checksums of the notebook that was handed out."""
    handed_in, handed_out = json.loads(data), json.loads(built)
    tags = {cell["id"]: cell["metadata"] for cell in handed_out["cells"]}
    for number, cell in enumerate(handed_in["cells"]):
        cell.setdefault("id", f"own-{number}")
        cell["metadata"] = tags.get(cell["id"], cell["metadata"])
    return json.dumps(handed_in)
