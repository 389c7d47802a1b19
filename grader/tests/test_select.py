"""What is taken from a submission."""

import ast
import json
from pathlib import Path

import pytest
from classroom.submissions import RIGHT, STUBS, answered, packed, student_copy

from dlzero_grader import master as masters
from dlzero_grader.grading.select import MOST_PLACES, select_cells, select_written
from dlzero_grader.notebook import Corrupt, clean, read_notebook

HERE = Path(__file__).parent / "classroom"
DEMO = masters.load("demo", HERE)


def selected(notebook):
    """Return the names of the stubs, and each other cell with the tests that have a place there."""
    stubs, steps = select_cells(DEMO, read_notebook(packed(notebook))[1])
    names = [name for name, _ in stubs]
    return names, [
        (step.name, " ".join(test.id for test in step.before + step.after)) for step in steps
    ]


def place(notebook, id):
    """Return the number of a cell."""
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == id)


AS_HANDED_OUT = [
    ("cell 2", ""),
    ("q1", ""),
    ("q1_test", "q1_test"),
    ("q1_test2", "q1_test2"),
    ("q2", ""),
    ("q2_test", "q2_test"),
    ("q2_test2", "q2_test2"),
    ("q3", ""),
    ("q3_test", "q3_test"),
]


def test_all_cells_run_in_their_order_and_each_test_has_its_place():
    assert selected(answered()) == ([], AS_HANDED_OUT)


def test_what_was_not_answered_runs_first():
    rest = [step for step in AS_HANDED_OUT if step[0] not in ("q1", "q2", "q3")]
    assert selected(student_copy()) == (["q1", "q2", "q3"], rest)


def test_a_stub_is_known_by_its_lines():
    made = answered(q1="def mean_square(x):\r\n  # I gave up\r\n  raise NotImplementedError()\r\n")
    assert selected(made)[0] == ["q1"]


def test_without_names_a_test_is_found_by_its_text():
    made = answered()
    for cell in made["cells"]:
        cell["metadata"] = {}
        if "_test" in cell["id"]:  # as a formatter would
            cell["source"] = ast.unparse(ast.parse(cell["source"])).replace("\n", "\r\n")
    tests = [test for _, test in selected(made)[1] if test]
    assert tests == [test.id for test in DEMO.tests]


def test_a_test_has_a_place_wherever_it_was_copied():
    made = answered()
    copy = json.loads(json.dumps(made["cells"][place(made, "q1_test")]))
    made["cells"].append(copy)
    assert selected(made)[1][-1] == ("cell 16", "q1_test")
    made["cells"] += [copy] * 10
    assert sum(tests == "q1_test" for _, tests in selected(made)[1]) == MOST_PLACES


def test_a_test_within_another_cell_is_asked_after_it():
    made = answered()
    test = made["cells"].pop(place(made, "q1_test"))
    cell = made["cells"][place(made, "q1")]
    cell["source"] += "\n\n" + test["source"]
    step = next(s for s in select_cells(DEMO, read_notebook(packed(made))[1])[1] if s.name == "q1")
    assert [step.before, [test.id for test in step.after]] == [(), ["q1_test"]]


def test_cells_with_the_same_name_are_told_apart():
    made = answered()
    made["cells"].append(made["cells"][place(made, "q1")])
    names = [name for name, _ in selected(made)[1]]
    assert len(names) == len(set(names))


def test_cells_of_text_and_empty_ones_are_left_out():
    made = answered(q1="\n \n")
    made["cells"].append({"cell_type": "raw", "metadata": {}, "source": "1 / 0"})
    assert selected(made)[1] == [step for step in AS_HANDED_OUT if step[0] != "q1"]


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


@pytest.mark.parametrize("data", [b"", b"[]", b'{"nbformat": 4}', b"\xff", b'{"cells": 1}'])
def test_a_corrupt_file_is_named_so(data):
    with pytest.raises(Corrupt):
        read_notebook(data)


def test_text_is_cleaned():
    assert clean("a\ud800\x00\x1b[31mb\r\nc") == "a?��[31mb\nc"
    assert clean("abcdef", 3) == "abc ..."


@pytest.mark.parametrize("sign", "\x7f\x85\x9b\u061c\u200e\u200f\u202a\u202e\u2066\u2069")
def test_text_that_is_shown_steers_no_terminal_and_turns_no_line(sign):
    assert clean(f"a{sign}b") == "a�b"


def test_code_reaches_python_as_it_was_written():
    source = "\x0cdef f():\r    return '\x1b\u202e\u200f'"
    cells = read_notebook(packed(answered(q1=source)))[1]
    assert cells[3]["source"] == source
    unreadable = read_notebook(json.dumps(answered(q1="'\0\ud800'")).encode())[1]
    assert unreadable[3]["source"] == "'�?'"


@pytest.mark.parametrize(
    ("data", "said"), [(b"", "empty"), (b" \r\n", "empty"), (b"{", "not JSON"), (b"\0", "not JSON")]
)
def test_an_empty_file_is_called_empty(data, said):
    with pytest.raises(Corrupt, match=f"^{said}$"):
        read_notebook(data)
