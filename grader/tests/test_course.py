"""The homework of the course through the grader: marks, and known-wrong answers."""

import json
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox
from published import published_leaks
from work import lines_run

from dlzero.homework import check
from dlzero.homework.learner import VISIBLE
from dlzero_grader import master as masters
from dlzero_grader.authoring.build import check_marks, visible_tests
from dlzero_grader.authoring.leaks import leaks, regions
from dlzero_grader.grading.trusted import Grader

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "grader" / "masters"
COURSE = [masters.load(path.stem, FOLDER) for path in sorted(FOLDER.glob("*.ipynb"))]
each = pytest.mark.parametrize("master", COURSE, ids=lambda master: master.name)


def test_there_is_one_for_each_chapter():
    assert [master.name for master in COURSE] == [f"hw{n:02}" for n in range(1, 11)]
    for master in COURSE:
        assert 4 <= len(master.answers) + len(master.written) <= 6
        assert len(master.written) == 1


@each
def test_the_package_has_the_visible_tests(master):
    """Made by ``python -m dlzero homework build --visible dlzero/homework/visible``."""
    made = json.dumps(visible_tests(master), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    assert (VISIBLE / f"{master.name}.json").read_text("utf-8") == made
    assert leaks(master, made) == []


@needs_sandbox
@each
def test_the_master_gets_all_points_and_no_answer_gets_none(master):
    assert check_marks(master) == []


def answered(master, **answers):
    """Return the bytes of the master with other answers."""
    made = json.loads(master.text)
    for cell in made["cells"]:
        id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.get(id, cell["source"])
    return json.dumps(made).encode()


@needs_sandbox
@each
def test_known_wrong_answers_lose_their_tests_and_no_other(master):
    path = Path(__file__).parent / "classroom" / "variants" / f"{master.name}.json"
    variants = json.loads(path.read_text("utf-8"))
    assert set(variants) == {answer.id for answer in master.answers}
    with Grader(master) as grader:
        for question, wrong in variants.items():
            assert len(wrong) >= 3
            for variant in wrong:
                row = grader.grade(answered(master, **{question: variant["source"]}))
                failed = [id for id, result in row.tests.items() if not result.passed]
                assert failed == variant["fails"], (question, variant["why"])


@each
def test_the_learner_is_right_at_once(master, capsys):
    names = {"check": check}
    exec(master.setup, names)
    for answer in master.answers:
        exec(answer.solution, names)
    exec(f"check({master.name!r})", names)
    lines = capsys.readouterr().out.splitlines()
    # A tenth of a second on a slow machine; no test of a homework trains for long.
    assert 0 < lines_run(lambda: exec(f"check({master.name!r})", names)) < 100_000
    assert len(lines) == len(master.answers)
    assert all("Right, as far as" in line for line in lines), lines


def test_a_planted_passage_is_found():
    for master in COURSE:
        for region in regions(master)[0]:
            if len(region) < 100:
                continue
            quoted = json.dumps({"source": region.splitlines(keepends=True)}, indent=1)
            spans = "".join(f"<span>{word}</span> " for word in region.replace("<", "&lt;").split())
            for text in (region, quoted, spans):
                assert published_leaks(master, f"before {text} after"), region
