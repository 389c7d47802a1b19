"""What would leak is found, however it is quoted."""

import copy
import html
import json
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox
from classroom.submissions import MASTER, answered, packed, student_copy

from dlzero_grader import master as masters
from dlzero_grader.authoring.build import visible_tests
from dlzero_grader.authoring.leaks import leaks, secrets
from dlzero_grader.grading.trusted import Grader

HERE = Path(__file__).parent / "classroom"
DEMO = masters.load("demo", HERE)


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
        assert leaks(DEMO, f"<pre>{html.escape(secret)}</pre>") == [secret]


def test_visible_tests_hold_no_secret():
    assert leaks(DEMO, json.dumps(visible_tests(DEMO))) == []


HELPER = """def near(came, wanted):
    assert abs(came - wanted) < 1e-9, f"expected {wanted}, came {came}"


near(mean_square([3.0, 4.0]), 12.5)
### BEGIN HIDDEN TESTS
near(mean_square([7.0, 1.0]), 25.0)
### END HIDDEN TESTS"""


@needs_sandbox
@pytest.mark.parametrize(
    ("answer", "message", "hidden"),
    [
        ("return 12.5", "expected 25.0, came 12.5", True),
        ("return 12.5 if x[0] == 3 else None", "TypeError", True),
        ("return 3", "expected 12.5, came 3", False),
        ("return None", "TypeError", False),
        ("raise ValueError(x[0])", "ValueError: 3", False),
        ("return 12.5 if x[0] == 3 else 1 / 0", "ZeroDivisionError", True),
    ],
)
def test_a_visible_function_tells_nothing_of_the_hidden_lines_that_call_it(answer, message, hidden):
    made = copy.deepcopy(MASTER)
    next(cell for cell in made["cells"] if cell["id"] == "q1_test")["source"] = HELPER
    master = masters.parse(json.dumps(made), "demo")
    with Grader(master) as grader:
        row = grader.grade(packed(answered(q1=f"def mean_square(x):\n    {answer}")))
    result = row.tests["q1_test"]
    assert not result.passed
    assert message in result.message
    assert result.hidden is hidden


def test_the_code_of_a_free_response_is_a_secret():
    example = masters.load("own", HERE.parents[1] / "example")
    assert "plt.plot(running_mean(throws))" in secrets(example)
    assert "import matplotlib.pyplot as plt" not in secrets(example)
