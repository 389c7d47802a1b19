"""Homework without the sandbox: masters, the pipe, files, reports, the learner's check."""

import csv
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from homework.make_demo import notebook
from homework.submissions import RIGHT, STUBS, SUBMISSIONS, answered, code, packed, student_copy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlzero.homework import allowed, check, learner
from dlzero.homework import master as masters
from dlzero.homework.build import leaks, secrets, visible_tests
from dlzero.homework.cli import main
from dlzero.homework.collect import collect
from dlzero.homework.files import folder_of, read_roster, write
from dlzero.homework.grader import heads_of, select_cells, select_written
from dlzero.homework.marks import guarded, read_marks, text_digest, write_manual
from dlzero.homework.notebook import Corrupt, clean, read_notebook
from dlzero.homework.report import write_report
from dlzero.homework.sandbox import Limits
from dlzero.homework.worker import NotPlain, decode, encode, without_magics

HERE = Path(__file__).parent / "homework"
DEMO = masters.load("demo", HERE)


def broken_master(change):
    """Return the text of the demo master after a change."""
    made = json.loads(DEMO.text)
    change(made, {cell["id"]: cell for cell in made["cells"]})
    return json.dumps(made)


# ---- the master --------------------------------------------------------------------------------


def test_the_demo_is_what_its_script_writes():
    assert json.loads(DEMO.text) == notebook()


def test_a_master_is_read():
    assert DEMO.points == 14
    assert [answer.names for answer in DEMO.answers] == [
        ("mean_square",),
        ("step", "steps"),
        ("counts",),
    ]
    assert [(test.id, test.question, test.points) for test in DEMO.tests] == [
        ("q1_test", "q1", 2),
        ("q1_test2", "q1", 1),
        ("q2_test", "q2", 2),
        ("q2_test2", "q2", 3),
        ("q3_test", "q3", 2),
    ]
    assert "hidden message" in DEMO.tests[0].source
    assert "HIDDEN" not in DEMO.tests[0].visible
    assert "hidden message" not in DEMO.tests[0].visible
    assert [(w.id, w.points) for w in DEMO.written] == [("q4", 4)]
    stubs = {answer.id: answer.stub for answer in DEMO.answers}
    handed_out = {cell["id"]: cell["source"] for cell in student_copy()["cells"]}
    assert stubs == {id: handed_out[id] for id in stubs}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda n, c: n["metadata"].clear(), "'dlzero' has no 'allow'"),
        (lambda n, c: c["q1"].update(source="def mean_square(x): ..."), "q1: expected ### BEGIN"),
        (lambda n, c: c["q1_test"]["metadata"]["nbgrader"].update(points=1.5), "points=1.5"),
        (lambda n, c: c["q1_test"]["metadata"]["nbgrader"].update(grade_id="q1"), "stands there"),
        (lambda n, c: c["q2_test"].update(source="assert other(1)"), "uses other, which nothing"),
        (lambda n, c: c["q2_test"].update(source="assert ("), "q2_test: "),
        (lambda n, c: c["q1_test"].update(source="### END HIDDEN TESTS\nassert 1"), "expected one"),
        (lambda n, c: c["q1"].update(execution_count=3), "has outputs"),
        (lambda n, c: n["cells"].remove(c["q3_test"]), "q3: no test follows"),
        (lambda n, c: n["metadata"]["dlzero"].update(assignment="hw9"), "assignment is 'hw9'"),
    ],
)
def test_a_master_that_breaks_a_rule_is_refused(change, complaint):
    with pytest.raises(ValueError, match="cannot be used") as error:
        masters.parse(broken_master(change), "demo")
    assert complaint in str(error.value)


def test_a_missing_master_says_which_there_are():
    with pytest.raises(FileNotFoundError, match=r"in this folder: demo\. .*--masters"):
        masters.load("hw99", HERE)


# ---- the pipe ----------------------------------------------------------------------------------

ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(d) for d in ("f8", "f4", "i8", "u1", "?", ">i4")]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_values_cross_the_pipe_unchanged(value):
    back = decode(json.loads(json.dumps(encode(value))))
    assert repr(back) == repr(value)


@given(ARRAYS)
def test_arrays_cross_the_pipe_unchanged(value):
    back = decode(json.loads(json.dumps(encode(value))))
    assert back.dtype == value.dtype.newbyteorder("=")
    assert np.array_equal(back, value, equal_nan=value.dtype.kind == "f")
    back[...] = 0  # writable, and not the bytes of the original


def test_scalars_of_numpy_stay_what_they_are():
    assert type(decode(encode(np.float64(1.5)))) is np.float64
    assert type(decode(encode(np.int64(3)))) is np.int64


@pytest.mark.parametrize(
    "value",
    [
        print,
        iter(()),
        {1, 2},
        1j,
        2**63,
        {1: 2},
        np.array(["a"]),
        np.array([1j]),
        np.array([None]),
        object(),
        type("Mine", (), {})(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_values_do_not_cross(value):
    with pytest.raises(NotPlain):
        encode([value])


def test_a_value_within_itself_does_not_cross():
    value = []
    value.append(value)
    with pytest.raises(NotPlain, match="nested"):
        encode(value)


@pytest.mark.parametrize(
    "coded",
    [
        {"pickle": "gASV"},
        {"tuple": {"a": 1}},
        {"dict": [1]},
        {"tuple": [], "dict": {}},
        2**64,
        {"array": "AAAA", "dtype": "object", "shape": [1], "scalar": False},
        {"array": "AAAA", "dtype": "uint8", "shape": [4], "scalar": False},
        {"array": "AAAA", "dtype": "uint8", "shape": [-3], "scalar": False},
        {"array": "", "dtype": "uint8", "shape": [0, 10**12], "scalar": False},
        {"array": "????", "dtype": "uint8", "shape": [3], "scalar": False},
        {"array": "AAAA", "dtype": "uint8", "shape": [True, 3, "1"], "scalar": False},
    ],
    ids=str,
)
def test_what_encode_does_not_write_is_not_read(coded):
    with pytest.raises(ValueError, match=r"."):
        decode(coded)


def test_magics_become_pass():
    source = "%matplotlib inline\nif x:\n    !ls\n    y = 7 % 3  # why?\nnp.sum? \nnp.sum??"
    assert without_magics(source) == "pass\nif x:\n    pass\n    y = 7 % 3  # why?\npass\npass"


# ---- what is taken from a submission -----------------------------------------------------------


def chosen(notebook):
    cells = read_notebook(packed(notebook))[1]
    return select_cells(DEMO, cells)


def test_only_answers_are_taken():
    names, notes = chosen(answered())
    assert [name for name, _ in names] == ["q1", "q2", "q3"]
    assert notes == []


def test_what_was_not_answered_is_noted():
    assert chosen(student_copy()) == (
        [],
        ["q1: not answered", "q2: not answered", "q3: not answered"],
    )


def test_an_answer_in_a_test_cell_does_not_count():
    made = answered(q1="")
    for cell in made["cells"]:
        if cell["id"] == "q1_test":
            cell["source"] = "def mean_square(x):\n    return 12.5"
    assert [name for name, _ in chosen(made)[0]] == ["q2", "q3"]


def place(notebook, id):
    """Return the number of a cell."""
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == id)


def test_an_answer_below_an_emptied_cell_counts():
    made = answered(q1="def mean_square(x):\n    # YOUR CODE HERE\n    pass")
    made["cells"].append(code(RIGHT["q1"]))
    names, notes = chosen(made)
    assert names[-1] == ("q1", RIGHT["q1"])
    assert notes == ["q1: found by the names it defines"]


def test_what_a_student_saw_pass_counts():
    first, later = "def mean_square(x):\n    return 0", "def mean_square(x):\n    return 'play'"
    made = answered(q1=first)
    made["cells"].insert(place(made, "q1_test"), code(RIGHT["q1"]))
    made["cells"].append(code(later))
    assert ("q1", RIGHT["q1"]) in chosen(made)[0]
    assert later not in str(chosen(made)[0])


def test_an_answer_that_builds_on_the_one_above_has_it():
    made = answered()
    built = "mean_square = np.vectorize(mean_square)"
    made["cells"].insert(place(made, "q1_test"), code(built))
    assert [source for _, source in chosen(made)[0]][:2] == [RIGHT["q1"], built]


def test_an_answer_that_was_split_counts():
    upper, lower = RIGHT["q2"].split("def steps")
    made = answered(q2=upper)
    half = json.loads(json.dumps(made["cells"][place(made, "q2")]))
    made["cells"].insert(place(made, "q2") + 1, half | {"source": "def steps" + lower})
    sources = [source for _, source in chosen(made)[0]]
    assert sources[1:3] == [upper, "def steps" + lower]


def test_an_import_added_to_the_first_cell_counts():
    made = answered(q1="def mean_square(x):\n    return math.fsum(x)")
    setup = made["cells"][place(made, "setup")]
    setup["source"] += "\nimport math"
    assert chosen(made)[0][0] == ("cell 2", setup["source"])


def written(notebook):
    return select_written(DEMO, read_notebook(packed(notebook))[1])


def test_a_free_response_is_found():
    assert written(answered()) == ({"q4": RIGHT["q4"]}, [])
    assert written(student_copy()) == ({"q4": ""}, ["q4: not answered"])


def test_a_free_response_that_became_code_is_found():
    made = answered()
    made["cells"][place(made, "q4")]["cell_type"] = "code"
    assert written(made) == ({"q4": RIGHT["q4"]}, [])


@pytest.mark.parametrize("where", ["a new cell", "the question", "without its name"])
def test_a_free_response_in_another_cell_is_found(where):
    made = answered(q4=STUBS["q4"])
    cell = made["cells"][place(made, "q4")]
    if where == "without its name":
        cell["metadata"], cell["source"] = {}, RIGHT["q4"]
    elif where == "the question":
        made["cells"][0]["source"] += "\n\n" + RIGHT["q4"]
    else:
        made["cells"].append({"cell_type": "markdown", "metadata": {}, "source": RIGHT["q4"]})
    texts, notes = written(made)
    assert texts["q4"].endswith(RIGHT["q4"])
    assert notes == ["q4: taken from other cells"]


def test_the_setup_and_the_tests_of_a_submission_are_ignored():
    made = answered()
    for cell in made["cells"]:
        if cell["id"] == "setup" or "_test" in cell["id"]:
            cell["source"] = "poison = 1"
    assert "poison" not in str(chosen(made))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x):\n    y = 1\nasync def g(): pass\nclass H: pass", "f g H"),
        ("x = 1\na, b = 1, 2\n(c, d) = 3, 4\ne: int = 5\nf = g = 6", "x a b c d e f"),
        ("x == 1\ny += 1\nz[0] = 1\nf(a=1)\n# c = 1\nprint('d = 1')", ""),
        ("import numpy as np, math\nfrom a.b import (c, d as e)", "np math c e"),
        ("x" * 400 + " = 1", ""),
        ("def 平方(值): pass", "平方"),
    ],
)
def test_the_names_a_cell_defines(source, names):
    assert heads_of(source) == set(names.split())


@pytest.mark.parametrize("data", [b"", b"[]", b'{"nbformat": 4}', b"\xff", b'{"cells": 1}'])
def test_a_corrupt_file_is_named_so(data):
    with pytest.raises(Corrupt):
        read_notebook(data)


def test_text_is_cleaned():
    assert clean("a\ud800\x00\x1b[31mb\r\nc") == "a?��[31mb\nc"
    assert clean("abcdef", 3) == "abc ..."


# ---- the allowed part of dlzero ----------------------------------------------------------------


def run_with(package, source):
    code = f"import sys; sys.path.insert(0, {str(package.parent)!r})\n{source}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")


def test_the_sandbox_has_the_helpers_but_not_the_solutions(tmp_path):
    package = allowed.write_allowed(("datasets", "batches", "surfaces"), tmp_path)
    texts = {path.name: path.read_text("utf-8") for path in package.glob("*.py")}
    assert {"__init__.py", "datasets.py", "sgd.py", "surfaces.py"} <= set(texts)
    assert not {"gradient_descent.py", "perceptron.py"} & set(texts)
    assert "def batches(" in texts["sgd.py"]
    assert "def sgd(" not in texts["sgd.py"]
    assert "def train(" not in texts["sgd.py"]
    done = run_with(
        package,
        "import dlzero; from dlzero import datasets, surfaces, batches\n"
        "print(len(datasets.iris().y), callable(surfaces.rosenbrock), callable(batches))",
    )
    assert done.stdout == "150 True True\n", done.stderr
    for line in ("from dlzero import gradient_descent", "import dlzero.chapters.ch01_perceptron"):
        assert "Error" in run_with(package, line).stderr


def test_every_public_name_can_be_allowed_alone(tmp_path):
    for name in allowed.public_names():
        if name in ("check", "show_source"):
            continue
        package = allowed.write_allowed((name,), tmp_path / name)
        for path in package.glob("*.py"):
            compile(path.read_text("utf-8"), path.name, "exec")
    done = run_with(tmp_path / "Optimizer" / "dlzero", "from dlzero import Optimizer; print('ok')")
    assert done.stdout == "ok\n", done.stderr


def test_an_unknown_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"dlzero has no nonsense"):
        allowed.write_allowed(("nonsense",), tmp_path)


# ---- leaks -------------------------------------------------------------------------------------


def test_a_planted_leak_is_found():
    student = json.dumps(student_copy(), ensure_ascii=False)
    assert leaks(DEMO, student) == []
    for secret in (
        "return float(np.mean(np.asarray(x, dtype=float) ** 2))",
        'assert np.isclose(mean_square(x), 6.0), "Expected 6 for 0 to 4. '
        'This is a hidden message."',
        "Because the slope belongs to the start of the step.",
    ):
        assert secret in secrets(DEMO)
        planted = student_copy()
        planted["cells"][2]["source"] += f"\n{secret}"
        assert leaks(DEMO, json.dumps(planted, ensure_ascii=False)) == [secret]
        import html

        assert leaks(DEMO, f"<pre>{html.escape(secret)}</pre>") == [secret]


def test_visible_tests_hold_no_secret():
    assert leaks(DEMO, json.dumps(visible_tests(DEMO))) == []


# ---- files -------------------------------------------------------------------------------------


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


def roster(tmp_path, text):
    write(tmp_path / "roster.csv", text)
    return tmp_path / "roster.csv"


def test_a_roster_is_read(tmp_path):
    path = roster(tmp_path, "﻿id,name,email\n7,王小明,w@x.org\n\n8,Ada,\n")
    students = read_roster(path)
    assert [(s["id"], s["name"], s["email"]) for s in students] == [
        ("7", "王小明", "w@x.org"),
        ("8", "Ada", ""),
    ]


def test_a_gradebook_of_canvas_is_a_roster(tmp_path):
    text = "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
    students = read_roster(roster(tmp_path, text + '"Lovelace, Ada",17,s1,ada@x.org,A\n'))
    assert [(s["id"], s["name"], s["email"]) for s in students] == [
        ("17", "Lovelace, Ada", "ada@x.org")
    ]


def test_a_roster_may_come_from_a_spreadsheet(tmp_path):
    path = roster(tmp_path, '﻿id;name;email\r\n07;"Müller, Ada";a@x.org\r\n')
    assert [(s["id"], s["name"]) for s in read_roster(path)] == [("07", "Müller, Ada")]
    path.write_bytes("id,name\n1,王小明\n".encode("gbk"))
    with pytest.raises(ValueError, match="save it as 'CSV UTF-8'"):
        read_roster(path)


def test_what_canvas_says_about_a_column_is_no_student(tmp_path):
    text = "Student,ID,SIS User ID,SIS Login ID,Section,HW (3)\n,,,,,Manual Posting\n"
    students = read_roster(roster(tmp_path, text + '"Lovelace, Ada",17,s1,ada@x.org,A,\n'))
    assert [s["id"] for s in students] == ["17"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,name\n", "names no student"),
        ("id,name\na,A\na,B\n", "'a' stands there twice"),
        ("name\nAda\n", "has no id"),
    ],
)
def test_a_roster_with_a_mistake_is_refused(tmp_path, text, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_roster(roster(tmp_path, text))


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
    limit = 1000
    found, _, notes = collect("hw01", tmp_path / "in.zip", STUDENTS, tmp_path / "out", limit)
    assert sorted(found) == ["1001", "1003"]
    assert notes["1002"] == "no notebook, but 1002/readme.txt"
    sizes = {
        p.relative_to(tmp_path).as_posix(): p.stat().st_size for p in tmp_path.rglob("*.ipynb")
    }
    assert sizes == {"out/1001/hw01/hw01.ipynb": 8, "out/1003/hw01/hw01.ipynb": limit + 1}


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


def test_a_second_download_adds_to_the_first(tmp_path, capsys):
    roster(tmp_path, "id,name\n1,Ada\n2,Bob\n3,Cyd\n")
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


# ---- marks and reports -------------------------------------------------------------------------


def row_of(student, points, status="graded", text="", message="expected <1>, came &2"):
    tests = {
        test.id: {
            "points": given,
            "of": test.points,
            "message": "" if given else message,
            "hidden": False,
        }
        for test, given in zip(DEMO.tests, points, strict=True)
    }
    written = {"q4": {"of": 4, "text": text}}
    row = {"student": student, "status": status, "tests": tests, "written": written}
    return row | {"notes": [], "restarts": 0}


@pytest.fixture
def graded(tmp_path):
    students = [
        {"id": "ada", "name": "Ada <b>", "email": "", "columns": {}},
        {"id": "=1+1", "name": "=cmd()", "email": "", "columns": {}},
        {"id": "王", "name": "王小明", "email": "", "columns": {}},
    ]
    rows = {
        "ada": row_of("ada", (2, 1, 2, 3, 2), text="Good <script>alert(1)</script>"),
        "=1+1": row_of("=1+1", (0, 1, 0, 0, 2), text="=HYPERLINK(1)"),
        "王": row_of("王", (0, 0, 0, 0, 0), "missing"),
    }
    return tmp_path, students, rows


def table(path):
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))


def test_marks_by_hand_are_read_back(graded):
    folder, students, rows = graded
    assert write_manual(folder, DEMO, students, rows) == (0, 2)
    text = (folder / "manual.csv").read_text("utf-8")
    fill = text.replace("ada,q4,4,,", "ada,q4,4,3.5,=well done")
    (folder / "manual.csv").write_text(fill, "utf-8")
    assert read_marks(folder / "manual.csv", DEMO, rows) == {("ada", "q4"): (3.5, "=well done")}
    assert write_manual(folder, DEMO, students, rows) == (1, 2)  # and the mark stays
    assert read_marks(folder / "manual.csv", DEMO, rows) == {("ada", "q4"): (3.5, "=well done")}
    changed = {**rows, "ada": row_of("ada", (2, 1, 2, 3, 2), text="another answer")}
    assert read_marks(folder / "manual.csv", DEMO, changed) == {}


def test_the_page_for_marking_holds_the_sample_answer(graded):
    folder, students, rows = graded
    write_manual(folder, DEMO, students, rows)
    assert DEMO.written[0].sample in (folder / "manual.html").read_text("utf-8")


def test_marks_by_hand_may_come_from_a_spreadsheet(graded):
    folder, students, rows = graded
    write_manual(folder, DEMO, students, rows)
    text = (folder / "manual.csv").read_text("utf-8").replace("ada,q4,4,,", "ada,q4,4,3.5,ok")
    (folder / "manual.csv").write_text(text.replace(",", ";").replace("3.5", "3,5"), "utf-8")
    assert read_marks(folder / "manual.csv", DEMO, rows) == {("ada", "q4"): (3.5, "ok")}


def test_a_spreadsheet_takes_no_fingerprint_for_a_number():
    assert all(text_digest(str(n))[0].isalpha() for n in range(100))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("ada,q4,4,,", "7,q4,4,1,", "line 2: points for 'q4' of '7'; there is no such answer"),
        (",answer", "", "line 2: no answer; expected student, question, of, points, comment"),
        ("ada,q4,4,,,", "ada,q4,4,3,,\nada,q4,4,,,", "line 2: points, but nothing in the column"),
    ],
)
def test_marks_by_hand_are_not_lost_in_silence(graded, old, new, complaint):
    folder, students, rows = graded
    write_manual(folder, DEMO, students, rows)
    text = (folder / "manual.csv").read_text("utf-8").replace(old, new)
    (folder / "manual.csv").write_text(text, "utf-8")
    for again in (write_manual, write_report):
        with pytest.raises(ValueError, match=complaint):
            again(folder, DEMO, students, rows)
    assert (folder / "manual.csv").read_text("utf-8") == text


def test_marks_by_hand_wait_for_the_grader(graded):
    folder, students, rows = graded
    write_manual(folder, DEMO, students, rows)
    before = (folder / "manual.csv").read_text("utf-8")
    with pytest.raises(ValueError, match=r"1 student\(s\) not graded yet: ada\. Run grade"):
        write_manual(folder, DEMO, students, {**rows, "ada": None})
    assert (folder / "manual.csv").read_text("utf-8") == before


@pytest.mark.parametrize("points", ["5", "-1", "good", "nan"])
def test_impossible_marks_are_refused(graded, points):
    folder, students, rows = graded
    write_manual(folder, DEMO, students, rows)
    text = (folder / "manual.csv").read_text("utf-8")
    (folder / "manual.csv").write_text(text.replace("ada,q4,4,,", f"ada,q4,4,{points},"), "utf-8")
    with pytest.raises(ValueError, match="expected a number from 0 to 4"):
        read_marks(folder / "manual.csv", DEMO, rows)


def test_a_report_is_complete(graded):
    folder, students, rows = graded
    write_manual(folder, DEMO, students, rows)
    text = (folder / "manual.csv").read_text("utf-8")
    (folder / "manual.csv").write_text(text.replace("ada,q4,4,,", "ada,q4,4,3,"), "utf-8")
    assert write_report(folder, DEMO, students, rows) == {"graded": 2, "missing": 1}
    marks = table(folder / "marks.csv")
    assert marks[0][:6] == ["student", "name", "status", "total", "of", "to mark"]
    assert [row[:6] for row in marks[1:]] == [
        ["ada", "Ada <b>", "graded", "13", "14", "0"],
        ["'=1+1", "'=cmd()", "graded", "3", "14", "1"],
        ["王", "王小明", "missing", "0", "14", "0"],
    ]
    canvas = table(folder / "canvas.csv")
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", DEMO.title]
    assert [row[-1] for row in canvas[1:]] == ["14", "13", "3", ""]
    results = json.loads((folder / "gradescope" / "ada" / "results.json").read_text("utf-8"))
    assert sum(test["score"] for test in results["tests"]) == 13
    assert sum(test["max_score"] for test in results["tests"]) == 14
    page = (folder / "class.html").read_text("utf-8")
    assert "3 students, 2 submissions" in page
    assert "1 free response(s)" in page
    assert 'aria-label="submissions that failed for each test: q1_test: 1, ' in page


def test_pages_run_no_script(graded):
    folder, students, rows = graded
    rows["ada"]["tests"]["q1_test"].update(points=0, message="<img src=x onerror=alert(1)>")
    write_manual(folder, DEMO, students, rows)
    write_report(folder, DEMO, students, rows)
    for path in folder.rglob("*.html"):
        text = path.read_text("utf-8")
        assert "<script" not in text
        assert "<img" not in text
        assert "default-src 'none'" in text


def test_feedback_hides_hidden_tests(graded):
    folder, students, rows = graded
    secret = "Expected 6 for 0 to 4. This is a hidden message."
    for hidden in (True, False):
        rows["ada"]["tests"]["q1_test"].update(points=0, message=secret, hidden=hidden)
        write_report(folder, DEMO, students, rows)
        for path in ("feedback/ada.html", "gradescope/ada/results.json"):
            assert (secret in (folder / path).read_text("utf-8")) is not hidden


def test_feedback_says_how_a_free_response_stands(graded):
    folder, students, rows = graded
    write_report(folder, DEMO, students, rows)
    for student, words in (("ada", "still to be marked by hand"), ("王", "not answered")):
        for path in (f"feedback/{student}.html", f"gradescope/{student}/results.json"):
            assert words in (folder / path).read_text("utf-8")


def test_a_report_waits_for_the_last_row(graded):
    folder, students, rows = graded
    with pytest.raises(ValueError, match=r"1 student\(s\) not graded yet: ada\. Run grade"):
        write_report(folder, DEMO, students, {**rows, "ada": None})


def test_spreadsheets_see_no_formula():
    assert [guarded(t) for t in ("=1", "+1", "-1", "@a", "a", "")] == [
        "'=1",
        "'+1",
        "'-1",
        "'@a",
        "a",
        "",
    ]


def test_limits_are_positive():
    with pytest.raises(ValueError, match="seconds=0; expected a positive number"):
        Limits(seconds=0)


# ---- the learner's check -----------------------------------------------------------------------


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A folder with the visible tests beside the notebook."""
    write(tmp_path / "demo.check.json", json.dumps(visible_tests(DEMO)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def in_notebook(source, call="check('demo')"):
    names = {"check": check, "np": np}
    exec(source, names)
    exec(call, names)


RIGHT_CODE = "\n".join(cell["source"] for cell in answered()["cells"] if cell["id"] in ("q1", "q2"))


def test_the_learner_is_told_what_is_right(lesson, capsys):
    in_notebook(RIGHT_CODE + "\ncounts = (50, 50, 50)")
    assert capsys.readouterr().out.splitlines() == [
        "q1  Right, as far as these 2 tests see.",
        "q2  Right, as far as these 2 tests see.",
        "q3  Right, as far as this test sees.",
    ]


def test_the_learner_is_told_what_came(lesson, capsys):
    in_notebook("def mean_square(x):\n    return 5", "check('demo', 'q1')")
    out = capsys.readouterr().out
    assert "q1  Not yet: 1 of 2 tests pass." in out
    assert "expected 12.5, came 5. Squares first" in out


def test_the_learner_is_told_what_is_missing(lesson, capsys):
    in_notebook(student_copy()["cells"][3]["source"])
    out = capsys.readouterr().out
    assert "q1  No answer yet." in out
    assert "name 'counts' is not defined. Run the cell" in out


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "def mean_square(x):\n    y = x\n    return z",
            "name 'z' is not defined. Look at mean_sq",
        ),
        (
            "def mean_square(x):\n    return 1 / 0",
            "division by zero. Look at mean_square, in line 2",
        ),
        (
            "def mean_square(x):\n    f = lambda: {}[0]\n    f()",
            "Look at <lambda>, in line 2 of its",
        ),
    ],
)
def test_the_learner_is_told_where_it_stopped(lesson, capsys, source, said):
    in_notebook(source, "check('demo', 'q1')")
    assert said in capsys.readouterr().out


def test_the_learner_is_told_of_a_changed_argument(lesson, capsys):
    test = {"id": "t", "source": "assert double(np.array([1.0]))[0] == 2, 'no'\nassert 1"}
    write(lesson / "hwx.check.json", json.dumps({"questions": [{"id": "q1", "tests": [test]}]}))
    in_notebook("def double(x):\n    return x * 2", "check('hwx')")
    in_notebook("def double(x):\n    x *= 2\n    return x", "check('hwx')")
    assert capsys.readouterr().out.splitlines() == [
        "q1  Right, as far as these 2 tests see.",
        "q1  Not yet: 2 of 3 tests pass.",
        "    double changes what it is given, which further tests may see. Let it work on a copy.",
    ]


@pytest.mark.parametrize(
    "test",
    [
        "assert apply(double, 2) == 4",
        "assert apply(lambda x: x + 1, 2) == 3",
        "assert apply(sum, iter([1, 2])) == 3",
        "assert apply(double, float('nan')) != 0",
    ],
)
def test_the_learner_is_told_of_no_change_where_there_is_none(lesson, capsys, test):
    test = {"id": "t", "source": test}
    write(lesson / "hwx.check.json", json.dumps({"questions": [{"id": "q1", "tests": [test]}]}))
    source = "def double(x):\n    return x * 2\ndef apply(f, x):\n    return f(x)"
    in_notebook(source, "check('hwx')")
    assert capsys.readouterr().out == "q1  Right, as far as this test sees.\n"


def test_the_learner_is_reminded_of_return(lesson, capsys, monkeypatch):
    test = {"id": "t", "source": "assert len(f()) == 2, 'two'\nassert f() == 1, 'one\\ntwo'"}
    write(lesson / "hwx.check.json", json.dumps({"questions": [{"id": "q1", "tests": [test]}]}))
    in_notebook("def f(): pass", "check('hwx')")
    assert capsys.readouterr().out.splitlines() == [
        "q1  Not yet: 0 of 2 tests pass.",
        "    It stopped with TypeError: object of type 'NoneType' has no len(). "
        "Does your function return something?",
        "    one",
        "    two",
    ]


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ("check('hw99')", "No homework 'hw99' here"),
        ("check(1)", "No homework '1' here"),
        ("check('../demo')", r"No homework '\.\./demo' here"),
        ("check('demo', 'q9')", "no question 'q9'; it has q1, q2, q3"),
    ],
)
def test_an_unknown_homework_is_refused(lesson, call, complaint):
    with pytest.raises(ValueError, match=complaint):
        in_notebook("", call)


def test_the_check_leaves_the_notebook_as_it_was(lesson, capsys):
    names = {"check": check, "np": np, "came": "mine"}
    exec(RIGHT_CODE, names)
    before = dict(names)
    exec("check('demo')", names)
    assert {k: v for k, v in names.items() if k != "__builtins__"} == {
        k: v for k, v in before.items() if k != "__builtins__"
    }


def test_the_check_is_instant(lesson, capsys):
    names = {"check": check, "np": np}
    exec(RIGHT_CODE + "\ncounts = ()", names)
    times = []
    for _ in range(3):
        start = time.process_time()
        exec("check('demo')", names)
        times.append(time.process_time() - start)
    assert min(times) < 0.1


def test_the_check_needs_numpy_alone():
    code = "import sys, dlzero; before = {*sys.modules, *sys.stdlib_module_names}\n"
    code += "from dlzero.homework import check; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "['dlzero.homework', 'dlzero.homework.learner']\n", done.stderr


def test_every_submission_has_a_stored_outcome():
    stored = json.loads((HERE / "outcomes.json").read_text("utf-8"))
    assert sorted(SUBMISSIONS) == sorted(stored)
    assert len(SUBMISSIONS) >= 25
    assert learner.VISIBLE.name == "visible"
