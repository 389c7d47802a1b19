"""Whose file is it? By the way each learning platform names files, and never by a guess."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlzero_grader.collecting.match import Matcher, name_forms
from dlzero_grader.collecting.senders import read_submitters

STUDENTS = [
    {"id": "1001", "name": "Ada Lovelace", "email": "ada@x.org"},
    {"id": "1002", "name": "王小明", "email": ""},
    {"id": "1003", "name": "Núñez, José", "email": "jose.n@x.org"},
    {"id": "100", "name": "Bob", "email": ""},
    {"id": "1005", "name": "Ana de la Cruz", "email": "ada-l@x.org"},
    {"id": "1", "name": "Li Wei", "email": ""},
    {"id": "1021", "name": "John Smith", "email": ""},
    {"id": "1022", "name": "John Smith", "email": ""},
    {"id": "007", "name": "Grace Hopper", "email": ""},
]


def owner_of(path, students=STUDENTS, known=None, listed=None, slugs=(), beside=()):
    matcher = Matcher(students, "hw01", known or {}, slugs)
    matcher.compare(other.split("/") for other in beside)
    return matcher.owner(matcher.sender(path.split("/"), listed or {}))


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        # Canvas
        ("lovelaceada_1001_889_hw01.ipynb", "1001"),
        ("lovelaceada_LATE_55_889_hw01-2.ipynb", "1001"),
        ("lovelaceada_55_1002_hw01.ipynb", "1001"),
        ("lovelaceada_1001_1002_hw01.ipynb", "1001"),
        ("lovelaceada_55_889_Bob.ipynb", "1001"),
        ("delacruzana_5_6_hw01.ipynb", "1005"),
        ("smithjohn_1021_1_hw01.ipynb", "1021"),
        ("smithjohn_1022_2_hw01.ipynb", "1022"),
        # Moodle
        ("Ada Lovelace_5512_assignsubmission_file_/hw01.ipynb", "1001"),
        ("Ada Lovelace_1002_assignsubmission_file/Bob.ipynb", "1001"),
        ("Ada_Lovelace_1002_assignsubmission_file_hw01.ipynb", "1001"),
        ("王小明_77_assignsubmission_file/作业.ipynb", "1002"),
        # Blackboard
        ("hw01_1001_attempt_2024-01-05-10-20-30_hw01.ipynb", "1001"),
        ("Homework_1_jose.n_attempt_2024-01-05-10-20-30_1002.ipynb", "1003"),
        # Brightspace
        ("127-1002 - Ada Lovelace - Jan 5, 2024 1030 AM/hw01.ipynb", "1001"),
        ("127-1002 - Ada Lovelace - Jan 5, 2024 1030 AM - Bob.ipynb", "1001"),
        # Google Classroom
        ("Ada Lovelace - Bob.ipynb", "1001"),
        # GitHub Classroom
        ("hw01-ada/hw01.ipynb", "1001"),
        ("hw01-ada-l/1001.ipynb", "1005"),
        ("hw01-1/hw01.ipynb", "1"),
        # nbgrader, and folders made by hand
        ("1003/hw01/hw01.ipynb", "1003"),
        ("100/hw01.ipynb", "100"),
        ("1/hw01.ipynb", "1"),
        ("1001/1002.ipynb", "1001"),
        ("John Smith 1022/hw01.ipynb", "1022"),
        ("JOSE.N@X.ORG/hw01.ipynb", "1003"),
        ("josénúñez_5_hw01.ipynb", "1003"),
        ("hw01_1001.IPYNB", "1001"),
        ("hw01_1001.ipynb.txt", "1001"),
        ("1001/hw01.ipynb.json", "1001"),
        ("1001_Bob_hw01.ipynb", "1001"),  # an id wins over a name
        ("jose.n@x.org Bob.ipynb", "1003"),  # and so does an email address
        ("Ada Lovelace hw01 final (1).ipynb", "1001"),
        ("1.ipynb", "1"),
    ],
)
def test_files_find_their_owner(path, owner):
    assert owner_of(path).student == owner


@pytest.mark.parametrize(
    ("path", "candidates"),
    [
        ("unknown_77_8000_hw01-1.ipynb", ()),
        ("nobody_77_8000_Bob.ipynb", ()),
        ("nobody_77_1001_1001.ipynb", ()),
        ("unknown_1001_8000_hw01.ipynb", ("1001",)),  # a number of Canvas, or an id?
        ("lovelaceada_1002_8000_hw01.ipynb", ("1002", "1001")),
        ("anon_aB3dE_77_1001.ipynb", ()),
        ("smithjohn_55_1021_hw01.ipynb", ("1021", "1022")),
        ("John Smith_1021_assignsubmission_file_/hw01.ipynb", ("1021", "1022")),
        ("John Smith_5_assignsubmission_file_/1022.ipynb", ("1021", "1022")),
        ("Participant 1001_1001_assignsubmission_file_/hw01.ipynb", ()),
        ("Ada King Lovelace_5_assignsubmission_file_/hw01.ipynb", ("1001",)),
        ("hw01_stranger_attempt_2024-01-05-10-20-30_1001.ipynb", ()),
        ("hw01-stranger/1001.ipynb", ()),
        ("hw01-stranger/smithjohn_1021_1_hw01.ipynb", ()),
        ("the-thing-mallory/1001.ipynb", ()),
        ("adam/hw01.ipynb", ()),
        ("10011/hw01.ipynb", ()),
        ("1001 and 1003/hw01.ipynb", ("1001", "1003")),
        ("hw01.ipynb", ()),
        ("hw01 (1).ipynb", ()),
        ("hw01-1.ipynb", ("1",)),
        ("Homework 1.ipynb", ("1",)),
        ("Bob Marley hw01.ipynb", ("100",)),
        ("Maria Ana de la Cruz.ipynb", ("1005",)),
        ("7/hw01.ipynb", ("007",)),
    ],
)
def test_what_is_not_certain_is_nobodys(path, candidates):
    owner = owner_of(path)
    assert (owner.student, owner.candidates) == ("", candidates)
    assert owner.why


def test_the_numbers_of_a_gradebook_of_canvas_are_the_students():
    book = [
        {"id": "17", "canvas": "17", "others": ["s1"], "name": "Lovelace, Ada", "email": "ada"},
        {"id": "18", "canvas": "18", "others": ["17000"], "name": "Smith, John", "email": "js"},
    ]
    assert owner_of("whatever_17_5_hw01.ipynb", book).student == "17"
    assert owner_of("lovelaceada_17000_18_hw01.ipynb", book).student == ""
    assert owner_of("smithjohn_19_18_hw01.ipynb", book).candidates == ("18",)
    assert owner_of("s1/hw01.ipynb", book).student == "17"
    assert owner_of("17000/hw01.ipynb", book).student == "18"


def test_numbers_of_canvas_that_are_no_ids_tell_no_twins_apart():
    path, beside = "smithjohn_1021_1_hw01.ipynb", ["lovelaceada_55_2_hw01.ipynb"]
    assert owner_of(path, beside=["bob_100_3_a.ipynb", "stranger_5_6_a.ipynb"]).student == "1021"
    assert owner_of(path, beside=beside).candidates == ("1021", "1022")


def test_the_longer_name_wins():
    names = ("Maria Lopez", "Ana Maria Lopez", "Ana")
    people = [{"id": f"id-{n}", "name": name} for n, name in enumerate(names)]
    people.append({"id": "old-id-1", "name": "Bob"})
    assert owner_of("Ana Maria Lopez hw01.ipynb", people).student == "id-1"
    assert owner_of("homework old-id-1.ipynb", people).student == "old-id-1"


def test_ids_without_names_match_the_numbers_of_canvas():
    assert owner_of("lovelaceada_17_5_hw01.ipynb", [{"id": "17", "name": "17"}]).student == "17"


def test_a_known_sender_stays():
    known = {"canvas 77": "1001", "moodle 5 john smith": "1022", "folder hw01-x": "1002"}
    assert owner_of("unknown_77_9_hw01.ipynb", known=known).student == "1001"
    assert owner_of("John Smith_5_assignsubmission_file_/a.ipynb", known=known).student == "1022"
    assert owner_of("Jo Smith_5_assignsubmission_file_/a.ipynb", known=known).student == ""
    assert owner_of("hw01-x/a.ipynb", known=known).student == "1002"


def test_a_clone_may_begin_with_another_word():
    assert owner_of("homework-one-ada-l/a.ipynb", slugs=["homework-one"]).student == "1005"
    assert owner_of("hw01-one-ada-l/a.ipynb", slugs=["hw01-one"]).student == "1005"


def test_the_list_of_gradescope_names_the_senders():
    listed = read_submitters(
        "submission_71:\n  :submitters:\n  - :name: Ada Lovelace\n    :sid: '1001'\n"
        "    :email: ada@x.org\n  :created_at: 2024-01-05 10:20:30.123456789 Z\n  :score: 1.0\n"
        "submission_72:\n  :submitters:\n  - :name: Bob\n    :sid: '100'\n"
        "  - :name: Ada Lovelace\n    :sid: '1001'\n"
        "submission_73:\n  :submitters:\n  - :name: John Smith\n    :sid: ''\n"
    )
    assert owner_of("submission_71/Bob.ipynb", listed=listed).student == "1001"
    assert owner_of("submission_72/a.ipynb", listed=listed).student == ""
    assert owner_of("submission_73/a.ipynb", listed=listed).candidates == ("1021", "1022")
    assert owner_of("submission_1001/a.ipynb").student == "1001"  # without the list: a folder
    assert listed["submission_71"].submitted.isoformat() == "2024-01-05T10:20:30.123456+00:00"


NAMES = st.one_of(
    st.lists(
        st.sampled_from(["Ada", "Ann", "Alee", "Anna", "Lee", "de", "la", "Cruz", "José", "Núñez"]),
        min_size=1,
        max_size=4,
    ).map(" ".join),
    st.sampled_from(["王小明", "王 小明", "李雷", "O'Brien, Pat", "Müller-Lüdenscheidt Éa", "Bob"]),
    st.sampled_from(["John Smith", "Smith, John", "Wei Li", "Li Wei"]),
)
NUMBERS = st.integers(1, 40).map(str) | st.integers(1000, 1020).map(str)
IDS = st.one_of(NUMBERS, NUMBERS.map("0{}".format), st.sampled_from(["ada", "ann-l", "s_1", "bob"]))
FORMS = st.sampled_from(["NFC", "NFD"])


@st.composite
def classes(draw):
    """Return a roster, and a file of each student by the naming of each platform."""
    ids = draw(st.lists(IDS, min_size=1, max_size=6, unique=True))
    students, sent = [], []
    for id in ids:
        name = unicodedata.normalize(draw(FORMS), draw(NAMES))
        email = draw(st.sampled_from(["", f"{id}@x.org", "ada@x.org", "bob@x.org"]))
        students.append({"id": id, "name": name, "email": email})
    canvas = draw(st.booleans())
    users = draw(st.lists(NUMBERS, min_size=len(ids), max_size=len(ids), unique=True))
    for student, user in zip(students, users, strict=True):
        if canvas:
            student |= {"id": user, "canvas": user, "others": [student["id"]]}
    if len({s["id"] for s in students}) < len(students):
        students = students[:1]
    for student, user in zip(students, users, strict=False):
        name, number = student["name"], draw(NUMBERS)
        written = unicodedata.normalize(draw(FORMS), name).replace(",", "")
        words = written.split()
        turned = words[draw(st.integers(0, len(words) - 1)) :]
        turned = [*turned, *words[: len(words) - len(turned)]]
        joined = "".join(c for c in "".join(turned).lower() if c.isalnum() or not c.isascii())
        others = [s["name"] for s in students] + [s["id"] for s in students] + ["hw01", "hw01-1"]
        own = draw(st.sampled_from(others)) + ".ipynb"
        login = student.get("others", [student["id"]])[0]
        late = draw(st.sampled_from(["", "_LATE"]))
        # Two of one name, and Canvas knows one of them by the id of the other: nobody can tell.
        twins = {s["id"] for s in students if name_forms(s) & name_forms(student)}
        user = "9999" if user in twins - {student["id"]} and not canvas else user
        for path in (
            f"{joined}{late}_{user}_{number}_{own}",
            f"{' '.join(turned)}_{number}_assignsubmission_file_/{own}",
            f"{' '.join(turned)}_{number}_assignsubmission_file_{own}",
            f"127-{number} - {' '.join(turned)} - Jan 5, 2024 1030 AM/{own}",
            f"{' '.join(turned)} - {own}",
            f"hw01_{login}_attempt_2024-01-05-10-20-30_{own}",
            f"hw01-{login}/{own}",
            f"{login}/hw01/{own}",
            f"{' '.join(turned)}/{own}",
        ):
            sent.append((student["id"], path))
    return students, sent


@given(classes())
@example(
    (
        [
            {"id": "1", "name": "Ann Alee"},
            {"id": "2", "name": "Anna Lee"},
        ],
        [("1", "annalee_5_6_hw01.ipynb"), ("2", "leeanna_1_2_hw01.ipynb")],
    )
)
def test_no_file_lands_with_another_student(case):
    students, sent = case
    beside = [path for _, path in sent]
    for student, path in sent:
        assert owner_of(path, students, beside=beside).student in ("", student), path


@given(classes())
def test_different_people_find_their_files(case):
    """So that the test above cannot pass by giving nothing to anybody."""
    students, sent = case
    if len(students) == 1:
        for student, path in sent:
            if path.startswith(f"{student}/") or "_file_" in path or " - " in path:
                assert owner_of(path, students).student == student, path
