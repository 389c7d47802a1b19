"""Submissions find their students."""

import os
import zipfile

import pytest

from dlzero_grader.channel import Limits
from dlzero_grader.cli import main
from dlzero_grader.collect import collect
from dlzero_grader.files import write

STUDENTS = [
    {"id": "1001", "name": "Ada Lovelace", "email": "ada@x.org", "columns": {}},
    {"id": "1002", "name": "王小明", "email": "", "columns": {}},
    {"id": "1003", "name": "Núñez, José", "email": "jose.n@x.org", "columns": {}},
    {"id": "100", "name": "Bob", "email": "", "columns": {}},
    {"id": "1005", "name": "Ana de la Cruz", "email": "", "columns": {}},
]


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("lovelaceada_1001_889_hw01.ipynb", "1001"),
        ("lovelaceada_LATE_55_889_hw01-2.ipynb", "1001"),
        ("Ada Lovelace_5512_assignsubmission_file_/hw01.ipynb", "1001"),
        ("submitted/1003/hw01/hw01.ipynb", "1003"),
        ("hw01-ada/hw01.ipynb", "1001"),
        ("王小明_77_assignsubmission_file/作业.ipynb", "1002"),
        ("josénúñez_5_hw01.ipynb", "1003"),
        ("JOSE.N@X.ORG/hw01.ipynb", "1003"),
        ("delacruzana_5_6_hw01.ipynb", "1005"),
        ("100/hw01.ipynb", "100"),
        ("hw01_1001.IPYNB", "1001"),
        ("hw01_1001.ipynb.txt", "1001"),
        ("1001/hw01.ipynb.json", "1001"),
        ("adam/hw01.ipynb", None),
        ("10011/hw01.ipynb", None),
        ("1001 and 1003/hw01.ipynb", None),
        ("hw01.ipynb", None),
    ],
)
def test_files_find_their_owner(tmp_path, path, owner):
    write(tmp_path / "in" / path, "{}")
    found, strangers, _ = collect("hw01", tmp_path / "in", STUDENTS, tmp_path / "out")
    assert found == ({owner: path} if owner else {})
    assert strangers == ([] if owner else [path])
    made = [p.relative_to(tmp_path / "out").as_posix() for p in tmp_path.glob("out/**/*.ipynb")]
    assert made == ([f"{owner}/hw01/hw01.ipynb"] if owner else [])


def test_a_hostile_zip_is_read_and_nothing_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("../../1001/hw01.ipynb", "first")
        pack.writestr("/etc/1001-2.ipynb", "absolute")
        pack.writestr("1003/hw01.ipynb", bytes(50_000_000))
        pack.writestr("__MACOSX/1002.ipynb", "junk")
        pack.writestr("1002/readme.txt", "not a notebook")
    found, _, notes = collect("hw01", tmp_path / "in.zip", STUDENTS, tmp_path / "out")
    assert sorted(found) == ["1001", "1003"]
    assert notes["1002"] == "no notebook, but 1002/readme.txt"
    sizes = {
        p.relative_to(tmp_path).as_posix(): p.stat().st_size for p in tmp_path.rglob("*.ipynb")
    }
    assert sizes == {
        "out/1001/hw01/hw01.ipynb": 8,
        "out/1003/hw01/hw01.ipynb": Limits().notebook + 1,
    }


def test_the_newest_attempt_counts_and_links_do_not(tmp_path):
    write(tmp_path / "in" / "1001_hw01.ipynb", "old")
    write(tmp_path / "in" / "1001_hw01-1.ipynb", "new")
    os.utime(tmp_path / "in" / "1001_hw01-1.ipynb", (1, 1))
    write(tmp_path / "elsewhere.ipynb", "private")
    (tmp_path / "in" / "1002.ipynb").symlink_to(tmp_path / "elsewhere.ipynb")
    found, _, notes = collect("hw01", tmp_path / "in", STUDENTS, tmp_path / "out")
    assert found == {"1001": "1001_hw01-1.ipynb"}
    assert notes == {"1001": "2 notebooks, taken 1001_hw01-1.ipynb"}
    assert (tmp_path / "out/1001/hw01/hw01.ipynb").read_text() == "new"


def test_of_several_notebooks_that_of_the_assignment_counts(tmp_path):
    for name, age in (("hw01/hw01", 9), ("hw01/scratch", 1), ("hw02/hw02", 0), ("hw02/play", 0)):
        write(tmp_path / "in" / "1001" / f"{name}.ipynb", name)
        os.utime(tmp_path / "in" / "1001" / f"{name}.ipynb", (100 - age, 100 - age))
    found, _, notes = collect("hw01", tmp_path / "in", STUDENTS, tmp_path / "out")
    assert found == {"1001": "1001/hw01/hw01.ipynb"}
    assert notes == {"1001": "4 notebooks, taken 1001/hw01/hw01.ipynb"}


def test_a_second_download_adds_to_the_first(tmp_path, roster, capsys):
    roster("id,name\n1,Ada\n2,Bob\n3,Cyd\n")
    write(tmp_path / "first" / "1.ipynb", "{}")
    write(tmp_path / "first" / "2.pdf", "")
    write(tmp_path / "late" / "2.ipynb", "{}")
    write(tmp_path / "late" / "9.ipynb", "{}")
    for source in ("first", "late"):
        assert main(["collect", "hw01", str(tmp_path / source), "--class", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 of 3 students have a submission.",
        "  Bob (2): missing, no notebook, but 2.pdf",
        "  Cyd (3): missing",
        "2 of 3 students have a submission. 1 of them came now.",
        "  Cyd (3): missing",
        "  belongs to nobody, or to more than one: 9.ipynb",
        "Put the id of a student into the name of such a file, and collect again.",
    ]


def test_a_source_that_is_nothing_is_refused(tmp_path):
    write(tmp_path / "a.rar", "x")
    with pytest.raises(ValueError, match="neither a folder nor a zip"):
        collect("hw01", tmp_path / "a.rar", STUDENTS, tmp_path / "out")
    with pytest.raises(FileNotFoundError, match="No folder or zip"):
        collect("hw01", tmp_path / "b", STUDENTS, tmp_path / "out")
