"""The files of a class: folders, roster."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlzero_grader.files import folder_of
from dlzero_grader.roster import read_roster


@given(st.text(min_size=1))
def test_a_folder_name_leads_nowhere_else(student):
    student = student.encode("utf-8", "replace").decode()
    name = folder_of(student)
    assert "/" not in name
    assert "\0" not in name
    assert not name.startswith(".")


def test_different_students_have_different_folders():
    ids = ["ada", "Ada", "a/b", "a%2Fb", "王小明", "..", ".", "a b"]
    assert len({folder_of(id) for id in ids}) == len(ids)


def test_a_roster_is_read(roster):
    path = roster("﻿id,name,email\n7,王小明,w@x.org\n\n8,Ada,\n")
    students = read_roster(path)
    assert [(s["id"], s["name"], s["email"]) for s in students] == [
        ("7", "王小明", "w@x.org"),
        ("8", "Ada", ""),
    ]


def test_a_gradebook_of_canvas_is_a_roster(roster):
    text = "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
    students = read_roster(roster(text + '"Lovelace, Ada",17,s1,ada@x.org,A\n'))
    assert [(s["id"], s["name"], s["email"]) for s in students] == [
        ("17", "Lovelace, Ada", "ada@x.org")
    ]


def test_a_roster_may_have_sections(roster):
    students = read_roster(roster("id,name,Section\n1,Ada,Monday\n2,Bob,\n"))
    assert [student["section"] for student in students] == ["Monday", ""]


def test_both_ids_of_a_gradebook_are_ids(roster):
    text = "Student,ID,SIS User ID,SIS Login ID,Section\n"
    (ada,) = read_roster(roster(text + '"Lovelace, Ada",17,s1,ada@x.org,Monday\n'))
    assert (ada["canvas"], ada["others"], ada["section"]) == ("17", ["s1"], "Monday")
    (ada,) = read_roster(roster("id,name,email\n17,Ada,\n"))
    assert "canvas" not in ada  # it may be another number


def test_a_roster_may_come_from_a_spreadsheet(roster):
    path = roster('﻿id;name;email\r\n07;"Müller, Ada";a@x.org\r\n')
    assert [(s["id"], s["name"]) for s in read_roster(path)] == [("07", "Müller, Ada")]
    path.write_bytes("id,name\n1,王小明\n".encode("gbk"))
    with pytest.raises(ValueError, match="save it as 'CSV UTF-8'"):
        read_roster(path)


def test_what_canvas_says_about_a_column_is_no_student(roster):
    text = "Student,ID,SIS User ID,SIS Login ID,Section,HW (3)\n,,,,,Manual Posting\n"
    students = read_roster(roster(text + '"Lovelace, Ada",17,s1,ada@x.org,A,\n'))
    assert [s["id"] for s in students] == ["17"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,name\n", "names no student"),
        ("id,name\na,A\na,B\n", "'a' stands there twice"),
        ("name\nAda\n", "has no id"),
        ("id,name\na\u202eb,A\n", "that nobody can see"),
    ],
)
def test_a_roster_with_a_mistake_is_refused(roster, text, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_roster(roster(text))
