"""What is taken from a submission."""

import json
from pathlib import Path

import pytest
from classroom.submissions import RIGHT, STUBS, answered, code, packed, student_copy

from dlzero_grader import master as masters
from dlzero_grader.notebook import Corrupt, clean, read_notebook
from dlzero_grader.select import heads_of, select_cells, select_written

HERE = Path(__file__).parent / "classroom"
DEMO = masters.load("demo", HERE)


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
