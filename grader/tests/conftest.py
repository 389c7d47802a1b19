"""Settings for every test of the grader; ``classroom`` holds what a class may hand in."""

import pytest
from hypothesis import settings

from dlzero_grader.files import write

collect_ignore = ["classroom"]

settings.register_profile("stable", deadline=None, derandomize=True, database=None)
settings.load_profile("stable")


@pytest.fixture
def roster(tmp_path):
    """Return the function that writes the roster of a class, and returns its path."""

    def written(text):
        write(tmp_path / "roster.csv", text)
        return tmp_path / "roster.csv"

    return written
