"""The right file for each student, and nothing vanishes."""

import csv
import io
import json
import os
import re
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlzero_grader.cli import main
from dlzero_grader.collecting.arrivals import words_of
from dlzero_grader.collecting.collect import collect
from dlzero_grader.collecting.decide import HOMEWORK, WHICH, WHOSE
from dlzero_grader.collecting.history import History
from dlzero_grader.files import write
from dlzero_grader.sandbox.channel import Limits
from dlzero_grader.sheets import lines_of

MASTERS = Path(__file__).parents[1] / "masters"
WORDS = words_of(MASTERS)
STUDENTS = [
    {"id": "1001", "name": "Ada Lovelace", "email": "ada@x.org"},
    {"id": "1002", "name": "王小明", "email": ""},
    {"id": "1003", "name": "Núñez, José", "email": "jose.n@x.org"},
    {"id": "1", "name": "Bob", "email": "", "section": "Monday"},
]


def notebook(text="", homework="hw01", cells=(), **metadata):
    """Return the bytes of a notebook with a text in it."""
    if homework:
        metadata["dlzero"] = {"assignment": homework}
    cells = [{"cell_type": "markdown", "source": text, "metadata": {}}, *cells]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": cells}).encode()


@pytest.fixture
def room(tmp_path):
    """Return a class folder with some ways to use it."""
    return Room(tmp_path)


class Room:
    def __init__(self, folder):
        self.folder, self.downloads = folder, 0
        lines = [f'{s["id"]},"{s["name"]}",{s["email"]},{s.get("section", "")}' for s in STUDENTS]
        write(folder / "roster.csv", "id,name,email,section\n" + "\n".join(lines))

    def comes(self, *, students=STUDENTS, at=1_700_000_000, **files):
        """Collect a folder of files; a text becomes a notebook, `at` is the time of the files."""
        self.downloads += 1
        source = self.folder / f"download{self.downloads}"
        source.mkdir()
        for number, (path, data) in enumerate(files.items()):
            data = data if isinstance(data, bytes) else notebook(data)
            write(source / path, data)
            os.utime(source / path, (at + 10 * number,) * 2)
        self.source = source
        return self.again(students)

    def again(self, students=STUDENTS, source=None):
        return collect("hw01", source or self.source, students, self.folder, WORDS)

    def has(self, id="1001"):
        path = self.folder / "submitted" / id / "hw01" / "hw01.ipynb"
        return json.loads(path.read_bytes())["cells"][0]["source"] if path.exists() else None

    def received(self, id="1001"):
        return json.loads((self.folder / "submitted" / id / "hw01" / "received.json").read_text())

    def log(self, id="1001"):
        return [entry.what for entry in History(self.folder, "hw01").of(id)]

    def table(self):
        return [line for _, line in lines_of(self.folder / "decide" / "hw01.csv", ("file",))]

    def decide(self, **answers):
        """Fill in the table, by the name of the file."""
        rows = self.table()
        for row in rows:
            row["student"] = answers.get(row["file"], row["student"])
        with open(self.folder / "decide" / "hw01.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, rows[0].keys(), delimiter=";")  # as a spreadsheet may
            table.writeheader()
            table.writerows(rows)

    def run(self, *words):
        return main([words[0], "hw01", *words[1:], "--class", str(self.folder)])


def test_a_file_is_received(room):
    told = room.comes(**{"lovelaceada_LATE_1001_88_hw01.ipynb": "a", "1.ipynb": "b"})
    assert (sorted(told.new), told.replaced, told.open) == (["1", "1001"], {}, [])
    assert (room.has("1001"), room.has("1"), room.has("1002")) == ("a", "b", None)
    received = room.received()
    assert received.pop("collected").startswith("20")
    assert received == {
        "file": "lovelaceada_LATE_1001_88_hw01.ipynb",
        "digest": History(room.folder, "hw01").current("1001").digest,
        "submitted": None,
        "late": True,
    }
    assert room.received("1")["late"] is None
    kept = room.folder / "history" / "hw01" / "1001" / f"{received['digest'][:16]}.ipynb"
    assert kept.read_bytes() == notebook("a")


def test_the_time_is_that_of_the_platform(room):
    room.comes(**{"hw01_1001_attempt_2024-01-05-10-20-30_hw01.ipynb": "a"})
    assert room.received()["submitted"].startswith("2024-01-05T10:20:30")
    room.comes(
        **{
            "1003/hw01/hw01.ipynb": "b",
            "1003/hw01/timestamp.txt": b"2024-01-05 10:20:30.5 UTC\n",
        }
    )
    room.comes(
        **{
            "submission_7/hw01.ipynb": "c",
            "submission_metadata.yml": b"submission_7:\n  :submitters:\n  - :name: B\n"
            b"    :sid: '1'\n  :created_at: 2024-01-06 10:20:30 Z\n",
        }
    )
    assert room.received("1003")["submitted"] == "2024-01-05T10:20:30.500000+00:00"
    assert room.received("1")["submitted"] == "2024-01-06T10:20:30+00:00"


def test_a_time_that_cannot_be_read_is_named(room):
    told = room.comes(
        **{
            "1003/hw01/hw01.ipynb": "b",
            "1003/hw01/timestamp.txt": b"yesterday",
            "1001/hw01/hw01.ipynb": "a",
            "1001/hw01/timestamp.txt": b"2024-01-05 10:20:30 UTC",
        }
    )
    assert told.left == [("1003/hw01/timestamp.txt", "the time in it cannot be read")]
    assert room.received("1003")["submitted"] is None


def test_a_list_or_a_time_that_a_student_handed_in_counts_for_nothing(room):
    forged = b"hw01-1001:\n  :submitters:\n  - :name: B\n    :sid: '1'\n"
    room.comes(
        **{
            "hw01-1001/hw01.ipynb": "a",
            "hw01-1001/timestamp.txt": b"2020-01-05 10:20:30 UTC",
            "hw01-1/hw01.ipynb": "b",
            "hw01-1/submission_metadata.yml": forged,
        }
    )
    assert (room.has("1001"), room.has("1")) == ("a", "b")
    assert room.received("1001")["submitted"] is None


def test_an_export_of_gradescope_may_hold_one_submission(room):
    top = "assignment_5_export"
    listed = b"submission_7:\n  :submitters:\n  - :name: B\n    :sid: '1'\n"
    room.comes(**{f"{top}/submission_7/x.ipynb": "a", f"{top}/submission_metadata.yml": listed})
    assert room.has("1") == "a"


def test_a_newer_file_replaces_and_an_older_one_does_not(room):
    first = room.comes(**{"lovelaceada_1001_88_hw01.ipynb": "a"})
    source = room.source
    second = room.comes(at=1_600_000_000, **{"lovelaceada_1001_95_hw01-1.ipynb": "b"})
    assert (first.new, list(second.replaced), room.has()) == (["1001"], ["1001"], "b")
    third = room.again(source=source)
    assert (list(third.older), third.replaced, room.has()) == (["1001"], {}, "b")
    fourth = room.comes(**{"lovelaceada_1001_90_hw01.ipynb": "c"})
    assert (list(fourth.older), room.has()) == (["1001"], "b")
    assert room.log() == ["received", "replaced", "older, kept"]
    fifth = room.again(source=room.source)
    assert (list(fifth.older), room.log()) == (["1001"], ["received", "replaced", "older, kept"])
    assert len(list((room.folder / "history" / "hw01" / "1001").iterdir())) == 3


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "hw01_1001_attempt_2024-01-05-10-20-30_A.ipynb",
            "hw01_1001_attempt_2024-01-06-10-20-30_A.ipynb",
        ),
        ("lovelaceada_1001_88_hw01.ipynb", "lovelaceada_LATE_1001_89_hw01.ipynb"),
        ("1001_hw01.ipynb", "1001_hw01-1.ipynb"),
        (
            "1-2 - Ada Lovelace - Jan 5, 2024 1030 PM/hw01.ipynb",
            "1-2 - Ada Lovelace - Feb 5, 2024 1030 AM/hw01.ipynb",
        ),
    ],
)
def test_what_the_platform_says_is_newer_than_the_time_of_the_file(room, first, second):
    for one in ({first: "a", second: "b"}, {second: "b", first: "a"}):
        other = Room(room.folder / f"beside{len(list(room.folder.iterdir()))}")
        other.comes(**one)
        assert other.has() == "b"
    room.comes(**{second: "b"})
    told = room.comes(at=1_800_000_000, **{first: "a"})
    assert (list(told.older), room.has()) == (["1001"], "b")


def test_without_a_platform_the_time_of_the_file_counts(room):
    room.comes(at=1_700_000_000, **{"1001/hw01.ipynb": "a"})
    room.comes(at=1_700_009_000, **{"1001/hw01.ipynb": "b"})
    told = room.comes(at=1_700_005_000, **{"1001/hw01.ipynb": "c"})
    assert (list(told.older), room.has()) == (["1001"], "b")


def test_times_that_cannot_be_compared_are_a_question(room):
    room.comes(**{"1001/hw01.ipynb": "a"})
    told = room.comes(**{"1001/hw01.ipynb": "b"})  # of the same second
    assert [(q.file, q.candidates) for q in told.open] == [("1001/hw01.ipynb", ("1001",))]
    assert "which" in told.open[0].why
    assert room.has() == "a"
    room.decide(**{"1001/hw01.ipynb": "1001"})
    told = room.again()
    assert (list(told.replaced), told.open, room.has()) == (["1001"], [], "b")
    assert room.again().replaced == {}


def test_the_history_says_what_was_decided(room):
    room.comes(**{"1001/hw01.ipynb": "a", "1003_hw01.ipynb": "a"})
    room.comes(**{"1001/hw01.ipynb": "b", "1003_hw01-1.ipynb": "b"})
    room.decide(**{"1001/hw01.ipynb": "1001"})
    room.again()
    notes = {id: History(room.folder, "hw01").current(id).note for id in ("1001", "1003")}
    assert (room.has(), room.has("1003")) == ("b", "b")
    assert notes == {"1001": "as decided", "1003": ""}


def test_of_the_same_notebook_twice_the_first_is_named(room):
    told = room.comes(**{"1001/a/hw01.ipynb": "a", "1001/b/hw01.ipynb": "a"})
    assert (told.open, room.log()) == ([], ["received"])
    assert told.notes["1001"] == ["2 notebooks, taken 1001/a/hw01.ipynb"]
    assert room.received()["file"] == "1001/a/hw01.ipynb"


def test_a_question_says_what_an_id_and_nobody_mean(room):
    room.comes(**{"1001/hw01.ipynb": "a"})
    told = room.comes(**{"1001/hw01.ipynb": "b"})
    assert "the id takes this one, nobody leaves what is there" in told.open[0].why
    room.decide(**{"1001/hw01.ipynb": "nobody"})
    told = room.again()
    assert (told.open, told.replaced, room.has()) == ([], {}, "a")
    third = Room(room.folder / "third")
    told = third.comes(
        **{"lovelaceada_1001_90_hw01-3.ipynb": "a", "lovelaceada_1001_95_hw01.ipynb": "b"}
    )
    assert all("the id beside the one to take, or nobody" in q.why for q in told.open)
    third.decide(**{told.open[0].file: "1001"})  # the other line stays empty
    assert (third.again().open, third.has()) == ([], "a")


def test_the_guide_explains_each_kind_of_question():
    guide = (MASTERS.parents[1] / "book" / "instructor.md").read_text("utf-8")
    assert re.findall(r"(?m)^\| `(\w+)`: ", guide) == [WHOSE, HOMEWORK, WHICH]


def test_counts_and_numbers_that_disagree_are_a_question(room):
    told = room.comes(
        **{"lovelaceada_1001_90_hw01-3.ipynb": "a", "lovelaceada_1001_95_hw01.ipynb": "b"}
    )
    assert (len(told.open), room.has()) == (2, None)


def test_what_is_to_be_decided_is_kept_already(room):
    room.comes(**{"1001/hw01.ipynb": "a"})
    room.comes(**{"1001/hw01.ipynb": "b"})
    room.comes(**{"1003/hw01.ipynb": notebook("c", "hw02")})
    assert (room.log(), room.log("1003")) == (["received", "to decide, kept"], ["to decide, kept"])
    assert room.run("restore", "1001", "2") == 0  # another way to decide
    told = room.again(source=room.folder / "download2")
    assert (room.has(), [question.candidates for question in told.open]) == ("b", [("1003",)])


def test_one_of_two_files_is_decided(room):
    source = {"1001/hw01_a.ipynb": "a", "1001/hw01_b.ipynb": "b", "1001/zz": b""}
    room.comes(**source)
    for name in ("hw01_a.ipynb", "hw01_b.ipynb"):
        os.utime(room.source / "1001" / name, (1_700_000_000,) * 2)
    told = room.again()
    assert (told.open, room.has()) == ([], "b")  # it was settled when they had other times
    other = Room(room.folder / "other")
    assert (len(other.again(source=room.source).open), other.has()) == (2, None)
    other.run("restore", "1001", "1")
    assert (other.again(source=room.source).open, other.has()) == ([], "a")
    other = Room(room.folder / "third")
    other.again(source=room.source)
    other.decide(**dict.fromkeys(list(source)[:2], "1001"))
    assert "nobody beside all but one" in other.again(source=room.source).notes["1001"][0]
    other.decide(**{"1001/hw01_b.ipynb": "nobody"})
    other.again(source=room.source)
    assert other.has() == "a"
    # A decision is about this file: a newer one counts again.
    other.comes(at=1_800_000_000, **{"1001/hw01_a.ipynb": "a", "1001/hw01_b.ipynb": "c"})
    assert other.has() == "c"


def test_an_old_copy_with_a_new_time_undoes_nothing(room):
    room.comes(at=1_700_000_000, **{"1001/hw01.ipynb": "a"})
    room.comes(at=1_700_009_000, **{"1001/hw01.ipynb": "b"})
    told = room.comes(at=1_700_019_000, **{"1001/hw01.ipynb": "a"})
    assert (room.has(), len(told.open)) == ("b", 1)
    room.decide(**{"1001/hw01.ipynb": "1001"})
    room.again()
    assert room.has() == "a"
    told = room.comes(at=1_700_009_000, **{"1001/hw01.ipynb": "b"})
    assert room.has() == "a"


def test_who_goes_back_to_the_first_answer_has_it(room):
    for number, text in enumerate("aba", start=90):
        room.comes(**{f"lovelaceada_1001_{number}_hw01.ipynb": text})
    assert (room.has(), room.log()) == ("a", ["received", "replaced", "replaced"])


def test_the_same_file_again_changes_nothing(room):
    room.comes(**{"1001/hw01.ipynb": "a"})
    before = sorted(room.folder.glob("[hs]*/**/*"))
    times = [path.stat().st_mtime_ns for path in before]
    told = room.again()
    assert (told.again, told.new, told.replaced) == (["1001"], [], {})
    assert [path.stat().st_mtime_ns for path in before] == times
    assert sorted(room.folder.glob("[hs]*/**/*")) == before


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"{", b" " * (Limits().notebook + 5)],
    ids=["empty", "html", "cut off", "large"],
)
def test_a_broken_file_never_replaces_a_readable_one(room, data):
    room.comes(**{"lovelaceada_1001_88_hw01.ipynb": "a"})
    told = room.comes(**{"lovelaceada_1001_99_hw01.ipynb": data})
    assert (told.broken, list(told.unread), told.replaced) == ({}, ["1001"], {})
    assert room.has() == "a"
    assert list(room.again().unread) == ["1001"]  # it is the newest one still
    assert room.log() == ["received", "broken, kept"]
    told = room.comes(**{"lovelaceada_1001_80_hw01.ipynb": b"older"})
    assert (told.broken, told.unread, list(told.older)) == ({}, {}, ["1001"])
    room.comes(**{"lovelaceada_1001_95_hw01.ipynb": "b"})  # readable, and before the broken one
    assert room.has() == "b"


def test_of_two_files_that_come_together_the_readable_one_counts(room):
    told = room.comes(
        **{"lovelaceada_1001_88_hw01.ipynb": "a", "lovelaceada_1001_99_hw01.ipynb": b""}
    )
    assert (room.has(), told.new, told.open) == ("a", ["1001"], [])


def test_a_broken_file_of_the_same_time_is_not_called_older(room):
    room.comes(**{"1001/hw01.ipynb": "a"})
    told = room.comes(**{"1001/hw01.ipynb": b""})
    assert (told.older, list(told.unread), room.has()) == ({}, ["1001"], "a")
    assert room.log() == ["received", "broken, kept"]


def test_a_broken_file_alone_is_received_and_said(room):
    told = room.comes(**{"1001/hw01.ipynb": b""})
    assert (told.new, "empty" in told.broken["1001"]) == (["1001"], True)
    room.comes(at=1_600_000_000, **{"1001/hw01.ipynb": "a"})
    assert room.has() == "a"


BROKEN = "is no notebook that can be read: empty"


def test_whose_current_file_is_broken_is_named_each_time_and_nobody_else(room, capsys):
    def said(number):
        assert room.run("collect", str(room.folder / f"download{number}")) == 0
        return [line for line in capsys.readouterr().out.splitlines() if "BROKEN" in line]

    room.comes(students=[], **{"lovelaceada_1001_88_hw01.ipynb": b"", "bob_1_89_hw01.ipynb": b""})
    room.comes(students=[], **{"lovelaceada_1001_98_hw01-1.ipynb": "a"})
    room.comes(students=[], **{"bob_1_99_hw01-1.ipynb": b"{"})
    room.comes(students=[], **{"lovelaceada_1001_108_hw01-2.ipynb": b""})
    bob = f"  Bob (1): BROKEN: bob_1_89_hw01.ipynb {BROKEN}"
    assert said(1) == [
        f"  Ada Lovelace (1001): BROKEN: lovelaceada_1001_88_hw01.ipynb {BROKEN}",
        bob,
    ]
    assert said(2) == [bob]  # who is not in this download
    assert said(1) == [bob]
    (bob,) = said(3)
    assert "replaced: bob_1_99_hw01-1.ipynb" in bob
    assert bob.endswith("BROKEN: bob_1_99_hw01-1.ipynb is no notebook that can be read: not JSON")
    assert len(said(1)) == len(said(2)) == len(said(4)) == 1
    (room.folder / "submitted" / "1" / "hw01" / "hw01.ipynb").write_bytes(notebook("by hand"))
    assert said(1) == []
    (room.folder / "submitted" / "1" / "hw01" / "hw01.ipynb").write_bytes(b"")
    (bob,) = said(2)
    assert bob.startswith(
        f"  Bob (1): BROKEN: bob_1_89_hw01.ipynb {BROKEN}; the file was put there"
    )


def test_a_broken_file_that_was_replaced_is_asked_for_by_nobody(room):
    room.comes(**{"1001/hw01.ipynb": b""})
    room.comes(**{"1001/hw01.ipynb": "a"})  # at the same time: only the log tells the order
    for at in (1_700_000_000, 1_750_000_000):
        told = room.again(source=room.folder / "download1")
        assert (told.broken, told.unread, list(told.older)) == ({}, {}, ["1001"])
        room.comes(at=at + 50_000_000, **{"1001/hw01.ipynb": "b"})
    told = room.comes(at=1_900_000_000, **{"1001/hw01.ipynb": b"<"})
    assert (told.older, "ask for the file again" in told.unread["1001"]) == ({}, True)
    assert room.run("restore", "1001", "2") == 0  # with the broken one in sight
    told = room.again()
    assert (told.unread, "or was restored" in told.older["1001"]) == ({}, True)


def test_of_several_notebooks_that_of_the_homework_counts(room):
    told = room.comes(
        **{
            "1001/hw01.ipynb": "a",
            "1001/hw01_solution_of_friend.ipynb": "b",
            "1001/hw01-1.ipynb": "own count",
            "1001/hw02.ipynb": notebook("c", "hw02"),
            "1001/scratch.ipynb": notebook("d", None),
        }
    )
    assert room.has() == "a"
    assert told.notes["1001"] == ["5 notebooks, taken 1001/hw01.ipynb"]
    assert room.log().count("beside, kept") == 3  # all but that of another homework
    room.comes(at=1_800_000_000, **{"1001/hw01_final.ipynb": "e", "1001/hw012.ipynb": "f"})
    assert room.has() == "e"


def test_of_further_notebooks_twenty_are_kept(room):
    """A student may hand in a folder with everything in it."""
    files = {f"1001/a{number:02}.ipynb": f"{number}" for number in range(25)}
    told = room.comes(**files, **{"1001/hw01.ipynb": "own"})
    assert (room.has(), room.log()) == ("own", ["received"] + ["beside, kept"] * 20)
    assert told.notes["1001"] == ["26 notebooks, taken 1001/hw01.ipynb"]


def test_a_link_in_the_place_of_a_submission_is_not_called_broken(room):
    room.comes(**{"1001/hw01.ipynb": "a"})
    path = room.folder / "submitted" / "1001" / "hw01" / "hw01.ipynb"
    write(room.folder / "other.ipynb", b"no notebook")
    path.unlink()
    path.symlink_to(room.folder / "other.ipynb")
    told = room.again()
    assert told.broken == {}
    assert told.notes["1001"] == [
        "its file is a link, which nobody should follow; put the file itself there"
    ]


@pytest.mark.parametrize("came", [{"b": "old"}, {"b": b""}, {"b": "asked"}])
def test_what_is_not_taken_is_not_called_taken(room, capsys, came):
    """Of several notebooks the one that counts may be old, broken or a question."""
    room.comes(at=1_700_000_000, **{"1001/hw01.ipynb": "a", "1001/x.ipynb": "x"})
    data, at = came["b"], 1_600_000_000 if came["b"] == "old" else 1_700_000_000
    source = {"1001/hw01.ipynb": data, "1001/x.ipynb": b"" if data == b"" else "x"}
    told = room.comes(at=at, **source)
    assert (room.has(), told.replaced) == ("a", {})
    assert told.notes["1001"] == ["2 notebooks, none taken"]
    assert room.run("restore", "1001", "2") == 0
    capsys.readouterr()
    assert room.run("collect", str(room.folder / "download1")) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "(1001)" in line]
    assert line.endswith("or was restored; 2 notebooks, none taken")


def test_a_copy_of_the_browser_is_the_same_name(room):
    told = room.comes(**{"1001/hw01 (1).ipynb": "b", "1001/hw01_x.ipynb": "a"})
    assert (room.has(), told.open) == ("b", [])


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("1001/hw01.ipynb", notebook("a", "hw02")),
        ("1001_hw02.ipynb", notebook("a", None)),
        ("1001_hw012.ipynb", notebook("a", None)),
        (
            "1001/hw01.ipynb",
            notebook("a", None, [{"cell_type": "code", "source": "def least_squares(x, y):\n  0"}]),
        ),
    ],
    ids=["says so", "named so", "named hw012", "defines so"],
)
def test_another_homework_is_not_taken_silently(room, path, data):
    told = room.comes(**{path: data})
    assert (room.has(), len(told.open)) == (None, 1)
    assert re.search("this looks like hw0?[1-7]", told.open[0].why)
    assert told.open[0].candidates == ("1001",)
    room.decide(**{path: "1001"})
    room.again()
    assert room.has() == "a"


def test_each_master_looks_like_itself(room):
    for path in sorted(MASTERS.glob("*.ipynb")):
        text = json.loads(path.read_bytes())
        text["metadata"] = {}
        other = Room(room.folder / path.stem)
        told = other.comes(**{"1001/hw.ipynb": json.dumps(text).encode()})
        looks = [] if path.stem == "hw01" else [f"homework: this looks like {path.stem}"]
        assert [question.why for question in told.open] == looks
        for cell in text["cells"]:  # as Colab leaves it
            cell["metadata"] = {}
        told = other.comes(**{"1003/hw.ipynb": json.dumps(text).encode()})
        assert [question.why for question in told.open if "1003" in question.candidates] == looks


def test_a_decision_is_obeyed_and_stays(room):
    name = "nobodyknown_77_8000_hw01.ipynb"
    told = room.comes(**{name: "a", "stranger_78_8001_hw01.ipynb": "b"})
    assert (len(told.open), room.has()) == (2, None)
    assert [row["student"] for row in room.table()] == ["", ""]
    room.decide(**{name: "1001", "stranger_78_8001_hw01.ipynb": "Nobody"})
    told = room.again()
    assert (told.new, told.open, room.has()) == (["1001"], [], "a")
    # The next download: the same senders, other files.
    told = room.comes(
        **{"nobodyknown_77_8100_hw01-1.ipynb": "c", "stranger_78_8101_hw01-1.ipynb": "d"}
    )
    assert (list(told.replaced), told.open, room.has()) == (["1001"], [], "c")
    assert [row["student"] for row in room.table()] == ["1001", "nobody"]


def test_a_table_with_four_columns_is_enough(room):
    room.comes(**{"hw01.ipynb": "a"})
    write(room.folder / "decide" / "hw01.csv", "file,why,candidates,student\nhw01.ipynb,,,1001\n")
    assert (room.again().open, room.has()) == ([], "a")


def test_a_question_about_another_download_stays_open(room):
    room.comes(**{"hw01.ipynb": "a"})
    told = room.comes(**{"1001.ipynb": "b"})
    assert [question.file for question in told.open] == ["hw01.ipynb"]
    room.comes(**{"hw01.ipynb": "c"})  # the same name, and another file
    first, second = room.table()
    assert first["digest"] != second["digest"]
    text = (room.folder / "decide" / "hw01.csv").read_text("utf-8-sig")
    write(
        room.folder / "decide" / "hw01.csv",
        text.replace(f",,{second['digest']}", f"1003,,{second['digest']}"),
    )
    told = room.again()
    assert (room.has("1003"), [row["student"] for row in room.table()]) == ("c", ["", "1003"])
    told = room.again(source=room.folder / "download1")
    assert (room.has("1003"), len(told.open)) == ("c", 1)


def test_a_question_that_has_an_answer_by_itself_is_gone(room):
    room.comes(**{"grace/hw01.ipynb": "a"})
    told = room.again([*STUDENTS, {"id": "grace", "name": "Grace", "email": ""}])
    assert (told.new, told.open, room.table()) == (["grace"], [], [])


@pytest.mark.parametrize(
    ("answer", "message"), [("1OO1", "'1OO1' is not on the roster"), ("01001", "has '1001'")]
)
def test_a_decision_for_nobody_is_refused(room, answer, message):
    room.comes(**{"hw01.ipynb": "a"})
    room.decide(**{"hw01.ipynb": answer})
    with pytest.raises(ValueError, match=message):
        room.again()


def test_two_senders_of_one_name_are_a_question(room):
    """One of them may be a student who is not on the roster."""
    told = room.comes(
        **{"lovelaceada_71_5_hw01.ipynb": "a", "lovelaceada_72_6_hw01.ipynb": "b", "1.ipynb": "c"}
    )
    assert (len(told.open), room.has()) == (2, None)
    told = Room(room.folder / "other")
    told.comes(**{"lovelaceada_71_5_hw01.ipynb": "a"})
    late = told.comes(**{"lovelaceada_72_6_hw01.ipynb": "b"})
    assert (len(late.open), told.has()) == (1, "a")


@pytest.mark.parametrize(
    ("top", "ids"),
    [
        ("all/submissions", ["1001"]),
        ("hw01-submissions", ["1001", "1003"]),
        ("download1", ["1001"]),  # as the download itself
        ("Spring/class", ["1001", "1003", "x"]),
        ("any.zip", ["1001", "1003", "x"]),
    ],
)
def test_folders_in_front_are_passed_by(room, top, ids):
    told = room.comes(**{f"{top}/hw01-{id}/hw01.ipynb": "a" for id in ids})
    assert [id for id in ids if room.has(id)] == [id for id in ids if id != "x"]
    why = "nobody on the roster; taken for the folder around the download"
    assert told.left == ([(top, why)] if "x" in ids else [])  # it may be that of a stranger


STRANGERS = {
    "alone": {"zoe/hw01.ipynb": "a"},
    "three names": {f"zoe/{name}.ipynb": name for name in ("a", "b", "1001")},
    "three folders": {f"zoe/{name}/hw01.ipynb": name for name in ("a", "b", "1001")},
    "as nbgrader has it": {f"zoe/hw01/{name}.ipynb": name for name in ("a", "b", "1001")},
    "below a usual folder": {f"submitted/zoe/{name}.ipynb": name for name in ("a", "b", "1001")},
    "a clone": {f"hw01-zoe/{name}.ipynb": name for name in ("hw01", "1001", "1003")},
    "more beside it": {"zoe/hw01.ipynb": "a", "zoe/a.pdf": b"a", "zoe/b/c.pdf": b"b"},
    "no notebook": {"zoe/hw01.pdf": b"a", "zoe/timestamp.txt": b"b"},
    "a time alone": {"zoe/hw01/timestamp.txt": b"a"},
    "two": {"zoe/1001.ipynb": "a", "max/1003.ipynb": "b"},
    "two of three names": {f"{who}/{n}.ipynb": who + n for who in ("zoe", "max") for n in "a1b"},
    "two below a folder": {"some/zoe/a.pdf": b"a", "some/max/a.pdf": b"b"},
    "beside a student": {"1003/hw01.ipynb": "own", "zoe/1001.ipynb": "a", "zoe/a.pdf": b"b"},
    "beside one below a folder": {"some/1003/hw01.ipynb": "own", "some/zoe/hw01.pdf": b"a"},
    "a zip file": {"zoe.zip": {f"{name}.ipynb": name for name in ("a", "b", "1001")}},
    "a zip file in one": {"zoe.zip": {"hw01.ipynb": "a", "1001.zip": {"hw01.ipynb": "b"}}},
    "nothing but a zip file in one": {"zoe.zip": {"1001.zip": {"hw01.ipynb": "b"}}},
    "an empty zip file": {"zoe.zip": {}},
}


def zipped(data):
    if not isinstance(data, dict):
        return data if isinstance(data, bytes) else notebook(data)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as pack:
        for path, inner in data.items():
            pack.writestr(path, zipped(inner))
    return made.getvalue()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("case", STRANGERS)
def test_no_file_of_a_stranger_is_passed_by_in_silence(room, case, packed):
    files = {path: zipped(data) for path, data in STRANGERS[case].items()}
    told = room.comes(**files)
    if packed:
        room = Room(room.folder / "packed")
        write(room.folder / "all.zip", zipped(files))
        told = room.again(source=room.folder / "all.zip")
    assert (room.has("1001"), room.has("1")) == (None, None)
    assert room.has("1003") in (None, "own")
    shown = [question.file for question in told.open] + [path for path, _ in told.left]
    more = sum(int(n) for _, why in told.left for n in re.findall(r"and (\d+) more", why))
    strange = [path for path in files if "1003/hw01.ipynb" not in path]
    if case.startswith(("a zip", "a clone")):  # what is in it is one question
        assert any("zoe" in path for path in shown)
    else:
        assert len(shown) + more >= len(strange)


def test_what_lies_beside_the_notebook_of_a_student_goes_with_it(room):
    told = room.comes(
        **{
            "submission_7/hw01.ipynb": "a",
            "submission_7/data.csv": b"1",
            "submission_metadata.yml": b"submission_7:\n  :submitters:\n  - :sid: '1'\n",
            "1003/hw01.ipynb": "b",
            "1003/plot.png": b"",
        }
    )
    assert (sorted(told.new), told.left) == (["1", "1003"], [])
    room.comes(**{"zoe/hw01.ipynb": "c", "zoe/data.csv": b"1"})
    room.decide(**{"zoe/hw01.ipynb": "nobody"})
    assert room.again().left == []


def test_a_section_is_passed_by_and_no_other_folder(room):
    room.comes(**{"Monday/1/hw01.ipynb": "c", "other/1003/hw01.ipynb": "d"})
    assert (room.has("1"), room.has("1003")) == ("c", None)


def test_one_clone_alone_is_that_of_its_account(room):
    forged = "the-thing-mallory/lovelaceada_1001_99_hw01.ipynb"
    told = room.comes(**{forged: "a", "the-thing-mallory/hw01_1003.ipynb": "b"})
    assert (room.has("1001"), room.has("1003"), len(told.open)) == (None, None, 2)


def test_who_takes_the_name_of_another_is_a_question(room):
    told = room.comes(**{"bob_1001_88_hw01.ipynb": "forged", "núñezjosé_1003_89_hw01.ipynb": "own"})
    assert (room.has("1"), room.has("1003"), len(told.open)) == (None, "own", 1)


def test_a_whole_clone_is_one_question(room):
    files = {f"hw01-x/{name}.ipynb": name for name in ("hw01", "hw02", "notes")}
    assert [question.file for question in room.comes(**files).open] == ["hw01-x/hw01.ipynb"]
    room.decide(**{"hw01-x/hw01.ipynb": "1001"})
    room.again()
    assert room.has() == "hw01"


def test_a_stranger_cannot_name_a_file_as_that_of_another(room):
    told = room.comes(
        **{
            "the-thing-mallory/lovelaceada_1001_99_hw01.ipynb": "forged",
            "hw01-mallory/1001/hw01/hw01.ipynb": "forged",
            "hw01-max/Ada Lovelace_5_assignsubmission_file_/hw01.ipynb": "forged",
            "1003/1001.ipynb": "own",
        }
    )
    assert (room.has("1001"), room.has("1003"), len(told.open)) == (None, "own", 3)


def test_clones_may_have_a_name_of_their_own(room):
    names = [f"homework-one-{account}" for account in ("1001", "jose.n", "1", "x")]
    told = room.comes(**{f"{name}/hw01.ipynb": name for name in names})
    assert [room.has(id) for id in ("1001", "1003", "1")] == names[:3]
    assert [question.file for question in told.open] == ["homework-one-x/hw01.ipynb"]


def test_a_zip_file_of_a_student_is_opened(room):
    inner = room.folder / "work.zip"
    with zipfile.ZipFile(inner, "w") as pack:
        pack.writestr("Bob/hw01.ipynb", notebook("a"))
    room.comes(**{"lovelaceada_1001_88_work.zip": inner.read_bytes(), "1.ipynb": "b"})
    assert room.has() == "a"
    assert room.received()["file"] == "lovelaceada_1001_88_work.zip/Bob/hw01.ipynb"


def test_links_give_nobody_the_work_of_another(room):
    room.comes(**{"hw01-1001/hw01.ipynb": "a"})
    (room.source / "hw01-1003").mkdir()
    (room.source / "hw01-1003" / "hw01.ipynb").symlink_to("../hw01-1001/hw01.ipynb")
    (room.source / "hw01-1").symlink_to("hw01-1001")
    told = room.again()
    assert (room.has("1003"), room.has("1")) == (None, None)
    assert [path for path, _ in told.left] == ["hw01-1", "hw01-1003/hw01.ipynb"]


def test_ids_that_differ_in_zeros_are_named(room):
    students = [{"id": id, "name": f"N{id}", "email": ""} for id in ("07", "7", "70", "seven")]
    told = room.comes(students=students, **{"07/hw01.ipynb": "a", "007/hw01.ipynb": "b"})
    assert set(told.notes) == {"07", "7"}
    assert (room.has("07"), room.has("7")) == ("a", None)
    assert [(q.file, set(q.candidates)) for q in told.open] == [("007/hw01.ipynb", {"07", "7"})]


def test_who_left_the_class_is_not_lost(room):
    room.comes(**{"1001/hw01.ipynb": "a"})
    told = room.comes(students=STUDENTS[1:], at=1_800_000_000, **{"1001/hw01.ipynb": "c"})
    assert (told.former, told.open, room.has()) == ({"1001": "1001/hw01.ipynb"}, [], "a")


def test_a_class_folder_of_the_first_version_works(room):
    for id, text in (("1001", "a"), ("1003", "b"), ("1", "c")):
        path = room.folder / "submitted" / id / "hw01" / "hw01.ipynb"
        write(path, notebook(text))
        os.utime(path, (1_700_000_000,) * 2)
    told = room.comes(
        at=1_700_009_000, **{"1001/hw01.ipynb": "new", "1003/hw01.ipynb": "b", "1002.ipynb": "d"}
    )
    assert (told.new, list(told.replaced), told.again) == (["1002"], ["1001"], ["1003"])
    assert (room.log(), room.log("1003")) == (["received", "replaced"], ["received", "again"])
    assert room.received("1003")["file"] == "1003/hw01.ipynb"
    # The file of the first version came at its time or before: an older one may be newer.
    told = room.comes(at=1_600_000_000, **{"1/hw01.ipynb": "e"})
    assert (len(told.open), room.has("1")) == (1, "c")


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
@settings(max_examples=30)
def test_in_any_order_the_newest_that_can_be_read_is_current(order, broken):
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder))
        for seen, number in enumerate(order, start=1):
            data = f"broken {number}".encode() if number in broken else str(number)
            room.comes(
                at=1_700_000_000 + seen, **{f"lovelaceada_1001_{number + 5}_hw01.ipynb": data}
            )
            came = set(order[:seen]) - broken
            path = Path(folder, "submitted", "1001", "hw01", "hw01.ipynb")
            if came:
                assert room.has() == str(max(came))
            else:
                assert path.read_text() == f"broken {max(order[:seen])}"
            assert len(list(Path(folder, "history", "hw01", "1001").iterdir())) == seen


def test_what_was_put_there_by_hand_is_kept(room):
    room.comes(**{"1001/hw01.ipynb": "a"})
    write(room.folder / "submitted" / "1001" / "hw01" / "hw01.ipynb", notebook("mine"))
    told = room.again()
    assert (room.has(), room.log()) == ("mine", ["received", "replaced"])
    assert told.notes["1001"] == ["the file was put there by hand, and stays"]


HOSTILE = "x\x1b[2J\u202e;=cmd|' /C calc'!A0,+1\t@x.py"


def test_names_are_shown_and_stored_without_harm(room, capsys):
    hostile = HOSTILE.replace("/", "_").replace(".py", ".ipynb")
    room.comes(**{hostile: "a", f"1001_{hostile}": "a", "=1+1;-2.ipynb": "b"})
    room.run("collect", str(room.source))
    room.run("history")
    said = capsys.readouterr().out
    paths = room.folder / "decide" / "hw01.csv", room.folder / "history" / "hw01" / "log.csv"
    texts = [path.read_text("utf-8-sig") for path in paths]
    for text in [said, *texts]:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    for text in texts:
        for separator in ",;\t":
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
                assert not any(re.match(r"\s*[=+\-@]", piece) for piece in row), row
    room.decide(**{row["file"]: "1003" for row in room.table() if "1+1" in row["file"]})
    room.again()
    assert room.has("1003") == "b"


def test_the_command_says_who(room, capsys):
    room.comes(
        **{
            "lovelaceada_1001_88_hw01.ipynb": "a",
            "bob_1_89_hw01.pdf": b"%PDF",
            "núñezjosé_1003_91_hw01.ipynb": "b",
        }
    )
    room.comes(
        **{
            "lovelaceada_1001_98_hw01-1.ipynb": "c",
            "bob_1_99_hw01.ipynb": b"",
            "núñezjosé_1003_90_hw01.ipynb": "d",
            "x_5_6_hw01.ipynb": "e",
            "notes.html": b"",
        }
    )
    capsys.readouterr()
    other = Room(room.folder / "again")
    for source in ("download1", "download2"):
        assert other.run("collect", str(room.folder / source)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 of 4 students have a submission; 2 came new, 0 replaced an older one.",
        "  王小明 (1002): missing",
        "  Bob (1): missing; no notebook, but bob_1_89_hw01.pdf",
        "3 of 4 students have a submission; 1 came new, 1 replaced an older one.",
        "  Ada Lovelace (1001): replaced: lovelaceada_1001_98_hw01-1.ipynb; "
        "the one before is kept in the history",
        "  王小明 (1002): missing",
        "  Núñez, José (1003): older, not taken: núñezjosé_1003_90_hw01.ipynb is older than what "
        "is there",
        "  Bob (1): new; BROKEN: bob_1_99_hw01.ipynb is no notebook that can be read: empty",
        "  notes.html: not a notebook",
        "  to decide: x_5_6_hw01.ipynb: whose: nobody on the roster",
        "1 to decide: write an id, or nobody, into the column student of "
        f"{other.folder}/decide/hw01.csv, and collect again.",
    ]
