"""What would leak is found, however it is quoted."""

import html
import json
from pathlib import Path

from classroom.submissions import student_copy

from dlzero_grader import master as masters
from dlzero_grader.build import visible_tests
from dlzero_grader.leaks import leaks, secrets

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
