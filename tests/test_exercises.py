"""The instant answers: right answers pass, wrong ones get a message that helps."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from dlzero import check
from dlzero.exercises import known

CHECKS = known()
FILES = sorted((Path(__file__).parent / "answers").glob("ch*.py"))
ANSWERS = [importlib.import_module(f"answers.{file.stem}") for file in FILES]
RIGHT = [answer for chapter in ANSWERS for answer in chapter.RIGHT]
WRONG = [answer for chapter in ANSWERS for answer in chapter.WRONG]


def says(capsys, number, answer):
    check(number, answer)
    out = capsys.readouterr().out
    assert out.startswith(number)
    return out


@pytest.mark.parametrize("number", CHECKS)
@pytest.mark.parametrize("nothing", [..., None])
def test_no_answer_yet(capsys, number, nothing):
    assert "No answer yet" in says(capsys, number, nothing)


@pytest.mark.parametrize("number", CHECKS)
@pytest.mark.parametrize("answer", [0, "text", [], object(), lambda: 1, {}, np.array([np.nan])])
def test_nonsense_is_never_right_and_never_raises(capsys, number, answer):
    assert "Not yet." in says(capsys, number, answer)


def test_unknown_number_names_the_known_ones():
    with pytest.raises(ValueError, match=r"No exercise '0.9'; the known ones are 1.1, 1.2"):
        check("0.9", 1)


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right(capsys, number, answer):
    assert says(capsys, number, answer) == f"{number}  Right.\n"


@pytest.mark.parametrize(("number", "answer", "words"), WRONG)
def test_wrong_says_what_to_look_at(capsys, number, answer, words):
    out = says(capsys, number, answer)
    assert out.startswith(f"{number}  Not yet.")
    assert words in out


def test_every_exercise_has_right_and_wrong_answers_here():
    assert {number for number, _ in RIGHT} == set(CHECKS)
    assert {number for number, *_ in WRONG} == set(CHECKS)


def test_a_function_that_fails_is_named(capsys):
    out = says(capsys, "1.4", lambda X, y, w, b: 1 / 0)
    assert "ZeroDivisionError" in out
