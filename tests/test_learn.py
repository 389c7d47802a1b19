"""The learner's folder: new editions arrive, and no change of a learner is ever lost."""

import json
import subprocess
import sys

import learn
import nbformat
import pytest


@pytest.fixture(autouse=True)
def own_signatures(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def course(tmp_path):
    """A function that makes an edition and renews the folder; both are here."""

    def renew(**chapters):
        edition, folder = tmp_path / "edition", tmp_path / "learn"
        for path in edition.rglob("*.ipynb"):
            path.unlink()
        for name, text in chapters.items():
            cell = nbformat.v4.new_markdown_cell(text, id="a")
            path = edition / "lessons" / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])), "utf-8")
        return learn.renew(edition, folder)

    renew.folder = tmp_path / "learn" / "lessons"
    return renew


def held(folder):
    """Return the text of each notebook in a folder."""
    return {
        path.stem: "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        for path in folder.glob("*.ipynb")
    }


def change(folder, name, text):
    path = folder / f"{name}.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    notebook["cells"][0]["source"] = text
    path.write_text(json.dumps(notebook), "utf-8")


def test_a_new_edition_takes_the_place_of_what_nobody_has_changed(course):
    assert course(one="first") == []
    assert course(one="second") == []
    assert held(course.folder) == {"one": "second"}
    before = (course.folder / "one.ipynb").read_bytes()
    assert course(one="second") == []
    assert (course.folder / "one.ipynb").read_bytes() == before


def test_a_change_stays_and_a_sentence_names_the_new_edition(course):
    course(one="first", two="first")
    change(course.folder, "one", "mine")
    assert course(one="first", two="first") == []
    assert held(course.folder) == {"one": "mine", "two": "first"}
    assert course(one="second", two="second") == [
        "lessons/one.ipynb keeps your changes; the new edition of it is lessons/one-2.ipynb."
    ]
    now = {"one": "mine", "one-2": "second", "two": "second"}
    assert held(course.folder) == now
    assert course(one="second", two="second") == []
    assert held(course.folder) == now


def test_each_changed_edition_stays(course):
    course(one="first")
    change(course.folder, "one", "mine")
    course(one="second")
    assert course(one="third") == []  # nobody has changed one-2
    assert held(course.folder) == {"one": "mine", "one-2": "third"}
    change(course.folder, "one-2", "mine too")
    assert "one-3" in course(one="fourth")[0]
    assert held(course.folder) == {"one": "mine", "one-2": "mine too", "one-3": "fourth"}


def test_what_was_deleted_begins_anew_but_a_second_copy_does_not(course):
    course(one="first")
    change(course.folder, "one", "mine")
    course(one="second")
    (course.folder / "one-2.ipynb").unlink()
    assert course(one="second") == []
    assert held(course.folder) == {"one": "mine"}
    assert "one-2" in course(one="third")[0]
    (course.folder / "one.ipynb").unlink()
    course(one="third")
    assert held(course.folder) == {"one": "third"}


def test_a_chapter_with_another_name_leaves_no_copy_behind_unless_it_was_changed(course):
    course(one="first", two="second")
    change(course.folder, "two", "mine")
    course(three="first")
    assert held(course.folder) == {"two": "mine", "three": "first"}
    course(two="second", three="first")
    assert held(course.folder) == {"two": "mine", "three": "first"}


def test_files_that_it_did_not_write_are_left_alone(course):
    course.folder.mkdir(parents=True)
    for name in ("one.ipynb", "notes.txt", "own.ipynb"):
        (course.folder / name).write_text("mine", "utf-8")
    assert "one-2" in course(one="first")[0]
    course(two="first")
    found = {path.name: path.read_bytes() for path in course.folder.iterdir()}
    assert {name for name, text in found.items() if text == b"mine"} == {
        "one.ipynb",
        "notes.txt",
        "own.ipynb",
    }


def test_a_lost_record_loses_nothing(course):
    course(one="first", two="first")
    change(course.folder, "one", "mine")
    (course.folder.parent / learn.RECORD).unlink()
    course(one="first", two="first")
    assert held(course.folder) == {"one": "mine", "one-2": "first", "two": "first"}


def test_an_interruption_leaves_whole_files(course, monkeypatch):
    course(one="first")
    monkeypatch.setattr(learn.os, "replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        course(one="second")
    monkeypatch.undo()
    assert held(course.folder) == {"one": "first"}
    course(one="second")
    assert held(course.folder) == {"one": "second"}


def test_jupyterlab_finds_nothing_to_note_and_trusts_the_notebook(course):
    course(one="first")
    path = course.folder / "one.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info.version.count(".") == 2
    assert learn.NotebookNotary().check_signature(notebook)


def test_the_language_is_what_the_kernel_says():
    code = "import json, ipykernel.ipkernel as i; print(json.dumps(i.IPythonKernel.language_info))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == learn.LANGUAGE
