"""Whatever passes cell by cell in Jupyter passes in the grader.

Right answers are rewritten at random, see `classroom.rewrites`. The environment variable
``DLZERO_HONEST`` says how many papers are made, 50 by default.
"""

import functools
import os

import pytest
from classroom.hostile_class import needs_sandbox
from classroom.rewrites import LOADED, paper

from dlzero_grader.allowed import write_allowed
from dlzero_grader.grading.grade import grade
from dlzero_grader.sandbox.channel import Limits
from dlzero_grader.sandbox.launch import Workers

NUMBER = int(os.environ.get("DLZERO_HONEST", "50"))
pytestmark = needs_sandbox


@functools.cache
def right_in_jupyter(seed):
    """Return whether a paper passes all of its tests in Jupyter."""
    made = paper(seed)
    return len(made.passed()) == len(made.master.tests)


def test_the_rewrites_are_harmless():
    wrong = [seed for seed in range(NUMBER) if not right_in_jupyter(seed)]
    assert len(wrong) <= 0.05 * NUMBER, wrong


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    return {
        name: write_allowed(master.allow, tmp_path_factory.mktemp(name))
        for name, master in LOADED.items()
    }


@pytest.mark.parametrize("seed", range(NUMBER))
def test_what_passes_in_jupyter_passes_in_the_grader(packages, seed):
    if not right_in_jupyter(seed):
        pytest.skip("not right in Jupyter")
    made = paper(seed)
    workers = Workers(packages[made.name], Limits(seconds=30, total=300))
    row = grade(made.master, made.packed(), workers)
    lost = {id: result for id, result in row.tests.items() if not result.passed}
    cells = "\n# -----\n".join(cell.source for cell in made.cells if cell.kind == "code")
    assert not lost, f"{row}\n{cells}"
    assert row.status == "graded"
