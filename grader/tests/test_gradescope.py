"""An archive grades a submission in a folder that is laid out as in Gradescope's container."""

import io
import json
import os
import re
import shlex
import stat
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox
from classroom.submissions import RIGHT, answered, packed

from dlzero_grader import master as masters
from dlzero_grader.cli import main
from dlzero_grader.files import write
from dlzero_grader.marking.score import score_of
from dlzero_grader.reports import gradescope
from dlzero_grader.reports.gradescope import archive, chosen, results
from dlzero_grader.row import Response, Result, Row

HERE = Path(__file__).parent / "classroom"
DEMO = masters.load("demo", HERE)
#: What the specification of Gradescope lets stand in a result, and in a test of it.
RESULT = {"score", "execution_time", "output", "output_format", "visibility", "tests"}
TEST = {"score", "max_score", "status", "name", "name_format", "output", "output_format"}
TEST |= {"number", "tags", "visibility", "extra_data"}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBLE = {"hidden", "after_due_date", "after_published", "visible"}


def fits(made):
    """Assert that a result is as the specification says."""
    assert set(made) <= RESULT
    assert isinstance(made["score"], int | float)
    for part in (made, *made["tests"]):
        assert part["output_format"] in FORMATS
        assert part["visibility"] in VISIBLE
        assert isinstance(part["output"], str)
    for test in made["tests"]:
        assert set(test) <= TEST
        assert ("score" in test) == ("max_score" in test) == ("status" in test)
        if "score" in test:
            assert 0 <= test["score"] <= test["max_score"]
            assert test["status"] in ("passed", "failed")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder of Gradescope, after the archive was unpacked and set up."""
    return unpack(tmp_path_factory.mktemp("autograder"))


def unpack(folder, *options):
    """Write an archive, and lay it out as Gradescope does."""
    zipped = folder.with_suffix(".zip")
    made = ["gradescope", "demo", "--masters", str(HERE), "--out", str(zipped), *options]
    assert main(made) == 0
    with zipfile.ZipFile(zipped) as pack:
        for entry in pack.infolist():
            path = Path(pack.extract(entry, folder / "source"))
            path.chmod(entry.external_attr >> 16)
    (folder / "source" / "demo.ipynb").chmod(0o600)
    (folder / "results").mkdir(parents=True)
    write(folder / "run_autograder", (folder / "source" / "run_autograder").read_bytes())
    (folder / "run_autograder").chmod(0o755)
    return folder


def graded(folder, name, data, **environment):
    """Hand in, run what Gradescope runs, and return the process and the result."""
    for path in (folder / "submission").glob("*"):
        path.unlink()
    result = folder / "results" / "results.json"
    result.unlink(missing_ok=True)
    write(folder / "submission" / name, data)
    # Nothing of this repository but what the archive holds.
    given = {"PATH": os.environ["PATH"], "AUTOGRADER": str(folder)}
    given |= {"AUTOGRADER_PYTHON": sys.executable, **environment}
    command = [str(folder / "run_autograder")]
    done = subprocess.run(command, env=given, capture_output=True, text=True, cwd=folder)
    return done, json.loads(result.read_text("utf-8")) if result.exists() else None


@needs_sandbox
def test_a_submission_is_graded_as_gradescope_does_it(unpacked):
    done, made = graded(unpacked, "demo.ipynb", packed(answered()))
    assert done.returncode == 0, done.stderr
    fits(made)
    assert made["score"] == 10
    assert [test["name"] for test in made["tests"]][-1] == "q4"
    assert made["tests"][-1] == {
        "name": "q4",
        "name_format": "text",
        "output": "still to be marked by hand",
        "output_format": "text",
        "visibility": "visible",
    }


@needs_sandbox
def test_a_wrong_answer_and_a_broken_file(unpacked):
    wrong = {**RIGHT, "q1": "def mean_square(x):\n    return 12.5"}
    done, made = graded(unpacked, "My homework.ipynb", packed(answered(**wrong)))
    assert done.returncode == 0, done.stderr
    fits(made)
    assert made["score"] == 8
    assert made["tests"][0]["status"] == "failed"
    assert "hidden message" not in json.dumps(made)
    _, made = graded(unpacked, "demo.ipynb", b"{")
    fits(made)
    assert made["score"] == 0
    assert "not a notebook" in made["output"]
    _, made = graded(unpacked, "demo.py", b"1")
    fits(made)
    assert "nothing was handed in" in made["output"]


def test_a_sandbox_may_be_done_without(tmp_path):
    for name in ("bash", "env"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    folder = unpack(tmp_path / "autograder", "--unsafe-no-sandbox")
    done, made = graded(folder, "demo.ipynb", packed(answered()), PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert made["score"] == 10


def test_without_a_sandbox_there_is_no_result(unpacked, tmp_path):
    for name in ("bash", "env"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done, made = graded(unpacked, "demo.ipynb", packed(answered()), PATH=str(tmp_path))
    assert done.returncode == 1
    assert made is None
    assert "Not graded." in done.stderr
    assert "bubblewrap" in done.stderr


def test_a_grader_that_fails_gives_no_result(tmp_path, monkeypatch):
    def broken(self, data):
        return Row("error", {}, {}, ["killed"])

    write(tmp_path / "source" / "demo.ipynb", DEMO.text)
    settings = {"name": "demo", "limits": {}, "unsafe": False, "words": {}}
    write(tmp_path / "source" / "homework.json", json.dumps(settings))
    write(tmp_path / "submission" / "demo.ipynb", packed(answered()))
    monkeypatch.setattr(gradescope.Grader, "grade", broken)
    with pytest.raises(RuntimeError, match="killed"):
        gradescope.run(tmp_path)
    assert not (tmp_path / "results").exists()


def test_an_archive_holds_what_gradescope_asks_for():
    made = archive(DEMO)
    assert made == archive(DEMO)
    assert made != archive(DEMO, unsafe=True)
    with zipfile.ZipFile(io.BytesIO(made)) as pack:
        modes = {entry.filename: entry.external_attr >> 16 for entry in pack.infolist()}
        setup = pack.read("setup.sh").decode()
    for name in ("setup.sh", "run_autograder"):
        assert modes.pop(name) & stat.S_IXUSR
    assert {"demo.ipynb", "homework.json", "dlzero/homework/plain.py"} <= set(modes)
    assert "dlzero_grader/templates/page.html" in modes
    assert not any("__pycache__" in name for name in modes)
    assert "bubblewrap" in setup
    assert "http" not in setup


def test_an_archive_installs_what_is_needed():
    root = Path(__file__).parents[2]
    needs = []
    for path in (root / "pyproject.toml", root / "grader" / "pyproject.toml"):
        needs += tomllib.loads(path.read_text("utf-8"))["project"]["dependencies"]
    assert set(gradescope.NEEDS) == set(needs) - {"dlzero"}
    assert f"pip install {shlex.join(gradescope.NEEDS)}\n" in gradescope.SETUP


@pytest.mark.parametrize("script", [gradescope.SETUP, gradescope.RUN])
def test_a_script_is_one_of_bash(script):
    assert script.startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_points_that_were_changed_are_shown():
    row = Row("graded", {t.id: Result(0, t.points) for t in DEMO.tests}, {"q4": Response(4, "")})
    score = score_of(DEMO, row, {})
    part = replace(score.lines[0], points=1.5, reason="nearly")
    made = results(DEMO, row, replace(score, lines=(part, *score.lines[1:])))
    fits(made)
    assert made["score"] == 1.5


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["notes.ipynb", "hw01.ipynb"], "hw01.ipynb"),
        (["a.ipynb", "my HW01 (1).ipynb"], "my HW01 (1).ipynb"),
        (["a.ipynb"], "a.ipynb"),
        ([".ipynb_checkpoints/hw01-checkpoint.ipynb", "deep/b.ipynb"], "deep/b.ipynb"),
        (["a.py"], None),
    ],
)
def test_the_notebook_that_counts(tmp_path, names, taken):
    for name in names:
        write(tmp_path / name, "")
    assert chosen(tmp_path, "hw01")[:1] == ([tmp_path / taken] if taken else [])


@pytest.fixture
def handed_in(tmp_path, monkeypatch):
    """Return the function that hands in some files and returns the output of the autograder."""
    graded = Row("graded", {t.id: Result(0, t.points) for t in DEMO.tests}, {"q4": Response(4, "")})
    monkeypatch.setattr(gradescope.Grader, "grade", lambda self, data: graded)
    words = {"demo": frozenset(["q1", "mean_square"]), "hw02": frozenset(["q8", "step"])}
    with zipfile.ZipFile(io.BytesIO(archive(DEMO, words=words))) as pack:
        pack.extractall(tmp_path / "source")

    def hand_in(**files):
        for name, data in files.items():
            write(tmp_path / "submission" / f"{name}.ipynb", data)
        gradescope.run(tmp_path)
        made = json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))
        fits(made)
        return made["output"].split("\n")[:-1]

    return hand_in


@needs_sandbox
def test_the_guide_says_how_to_try_it(tmp_path):
    guide = (HERE.parents[2] / "book" / "instructor.md").read_text("utf-8")
    [command] = re.findall(r"^AUTOGRADER=.*$", guide, re.MULTILINE)
    with zipfile.ZipFile(io.BytesIO(archive(DEMO))) as pack:
        pack.extractall(tmp_path / "source")
    write(tmp_path / "submission" / "demo.ipynb", packed(answered()))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command], env={"PATH": path}, cwd=tmp_path, text=True, stderr=subprocess.PIPE
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))["score"] == 10


def test_which_of_several_notebooks_was_graded_is_said(handed_in):
    right = packed(answered())
    assert handed_in(demo=right) == []
    assert handed_in(other=right) == ["2 notebooks came; this one was graded: demo.ipynb"]


def test_another_homework_is_said(handed_in):
    cells = [{"cell_type": "code", "metadata": {}, "source": "def step(x):\n    return x"}]
    other = {"nbformat": 4, "metadata": {}, "cells": cells}
    said = ["This looks like hw02, but demo is asked for."]
    assert handed_in(demo=json.dumps(other)) == said
    other["metadata"]["dlzero"] = {"assignment": "hw02"}
    assert handed_in(demo=json.dumps({**other, "cells": []})) == said


def test_the_archive_knows_the_other_homeworks(tmp_path):
    for name in ("demo", "next"):
        write(tmp_path / f"{name}.ipynb", DEMO.text.replace('"demo"', f'"{name}"'))
    out = tmp_path / "made.zip"
    assert main(["gradescope", "demo", "--masters", str(tmp_path), "--out", str(out)]) == 0
    with zipfile.ZipFile(out) as pack:
        words = json.loads(pack.read("homework.json"))["words"]
    assert set(words) == {"demo", "next"}
    assert "mean_square" in words["demo"]


def test_a_link_is_no_submission(tmp_path):
    write(tmp_path / "source" / "demo.ipynb", "")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "demo.ipynb").symlink_to(tmp_path / "source" / "demo.ipynb")
    (tmp_path / "in" / "all").symlink_to(tmp_path / "source")
    assert chosen(tmp_path / "in", "demo") == []
