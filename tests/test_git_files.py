"""How git keeps the files: the same bytes on every system, and notebooks that can be compared."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def kept():
    """How git stores each file, and its attributes: "lf", "crlf", "-text"."""
    command = ["git", "ls-files", "--eol"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("git is not here")
    if done.returncode:
        pytest.skip("no repository, an unpacked archive")
    lines = done.stdout.splitlines()
    rows = [re.match(r"i/(\S*)\s+w/\S*\s+attr/(.*?)\s*\t(.*)", line) for line in lines]
    return {row[3]: (row[1], row[2]) for row in rows}


def test_git_says_of_each_file_whether_it_is_text(kept):
    wrong = {
        name: how
        for name, how in kept.items()
        if (how[0] == "-text") != (how[1] == "-text") and not name.endswith(".csv")
    }
    assert wrong == {}


def test_text_is_kept_with_unix_line_ends(kept):
    text = {name: how for name, how in kept.items() if how[1] != "-text"}
    assert len(text) > 200
    assert {name for name, how in text.items() if how[0] not in ("lf", "none")} == set()
    assert {how[1] for how in text.values()} == {"text=auto eol=lf"}


def test_data_is_kept_as_it_is(kept):
    data = {name: how for name, how in kept.items() if name.endswith((".csv", ".npz", ".gz"))}
    assert len(data) > 5
    assert {how[1] for how in data.values()} == {"-text"}


def test_git_shows_notebooks_by_cells(kept):
    done = subprocess.run(
        ["git", "check-attr", "diff", "--", "lessons/08_adam.ipynb"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip().endswith("diff: jupyternotebook")
