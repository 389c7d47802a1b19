"""All that came is kept, whatever happens in between."""

import json

import pytest

from dlzero_grader.cli import main
from dlzero_grader.collecting.history import History, digest_of, order
from dlzero_grader.files import write
from dlzero_grader.logbook import COLUMNS, Entry


def came(past, data, what="received", **more):
    past.add(Entry(student="ada", what=what, file="a.ipynb", digest=digest_of(data), **more), data)


def current(folder):
    return (folder / "submitted" / "ada" / "hw01" / "hw01.ipynb").read_bytes()


def received(folder):
    return json.loads((folder / "submitted" / "ada" / "hw01" / "received.json").read_bytes())


@pytest.fixture
def two(tmp_path):
    """A class folder in which a second file has replaced the first."""
    past = History(tmp_path, "hw01")
    came(past, b"first", late="yes")
    came(past, b"second", "replaced")
    return tmp_path


def test_a_torn_line_loses_no_other(two):
    log = two / "history" / "hw01" / "log.csv"
    whole = log.read_bytes()
    for end in range(whole.index(b"\n") + 1, len(whole)):
        log.write_bytes(whole[:end])
        past = History(two, "hw01")
        kept = [entry.digest for entry in past.entries]
        past.add(Entry(student="ada", what="older, kept", digest="x", note='"torn'))
        again = [entry.digest for entry in History(two, "hw01").entries]
        assert again == [*kept, "x"]
    assert log.read_text().startswith(",".join(COLUMNS) + "\n")


def test_a_stop_between_the_log_and_the_file_is_mended(two):
    path = two / "submitted" / "ada" / "hw01" / "hw01.ipynb"
    for state in (b"first", None):
        past = History(two, "hw01")
        if state is None:
            path.unlink()
        else:  # as it was before the second came
            write(path, state)
            (path.parent / "received.json").write_text(json.dumps({"digest": digest_of(state)}))
        past.mend("ada")
        assert (current(two), received(two)["digest"]) == (b"second", digest_of(b"second"))
        assert len(past.entries) == 2
    (path.parent / "received.json").write_text("{")
    past.mend("ada")
    assert received(two)["file"] == "a.ipynb"


def test_a_link_in_its_place_is_not_read(two):
    path = two / "submitted" / "ada" / "hw01" / "hw01.ipynb"
    write(two / "other.ipynb", "of another")
    path.unlink()
    path.symlink_to(two / "other.ipynb")
    past = History(two, "hw01")
    assert "is a link" in past.mend("ada")
    assert len(past.entries) == 2


FIRST = digest_of(b"first")


@pytest.mark.parametrize("which", ["1", FIRST[:8], f"sha256:{FIRST[:16]}"])
def test_an_earlier_file_is_restored(two, which, capsys):
    assert main(["restore", "hw01", "ada", which, "--class", str(two)]) == 0
    assert FIRST[:16] in capsys.readouterr().out
    assert (current(two), received(two)["late"]) == (b"first", True)
    assert [entry.what for entry in History(two, "hw01").entries][-1] == "restored"
    History(two, "hw01").restore("ada", which)
    assert len(History(two, "hw01").entries) == 3


def test_a_collect_does_not_undo_a_restore(tmp_path, capsys):
    write(tmp_path / "roster.csv", "id,name\nada,Ada\n")
    text = '{"nbformat": 4, "metadata": {}, "cells": [], "x": %d}'
    for number in (1, 2, 3):
        name = f"ada_5_{number}_hw01.ipynb"
        write(tmp_path / f"d{number}" / name, text % number)

    def collect(number):
        assert (
            main(["collect", "hw01", str(tmp_path / f"d{number}"), "--class", str(tmp_path)]) == 0
        )
        return json.loads(current(tmp_path))["x"]

    assert [collect(1), collect(2)] == [1, 2]
    main(["restore", "hw01", "ada", "1", "--class", str(tmp_path)])
    assert [collect(2), collect(1), collect(2), collect(3)] == [1, 1, 1, 3]
    assert "to decide" not in capsys.readouterr().out


@pytest.mark.parametrize("which", ["3", "0", "ffff", "a", ""])
def test_what_is_not_there_cannot_be_restored(two, which, capsys):
    assert main(["restore", "hw01", "ada", which, "--class", str(two)]) == 1
    assert "There are: 1 (" in capsys.readouterr().err
    assert main(["restore", "hw01", "eve", "1", "--class", str(two)]) == 1
    assert current(two) == b"second"


def test_the_history_is_listed(two, capsys):
    write(two / "roster.csv", "id,name\nada,Ada\neve,Eve\n")
    assert main(["history", "hw01", "--class", str(two)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Ada (ada)"
    assert lines[1].startswith("  1  20")
    assert "received: a.ipynb" in lines[1]
    assert lines[2].startswith("* 2  20")
    assert digest_of(b"second")[:16] in lines[2]
    main(["history", "hw01", "--student", "eve", "--class", str(two)])
    assert capsys.readouterr().out.splitlines()[0] == "Eve (eve)"


def test_the_platform_is_believed_before_the_time_of_a_file():
    early, late = "2024-01-05T10:00:00+00:00", "2024-01-05T11:00:00+00:00"
    cases = [
        (Entry(number="8", saved=early), Entry(number="7", saved=late), (1, True)),
        (Entry(submitted=late, saved=early), Entry(submitted=early, saved=late), (1, True)),
        (Entry(file="a", submitted=late, saved=early), Entry(file="b", saved=late), (-1, False)),
        (Entry(file="a", saved=late), Entry(file="b", saved=early), (1, False)),
        (Entry(file="hw01 (2).ipynb"), Entry(file="hw01 (1).ipynb"), (1, False)),
        (Entry(file="x/hw01-2.ipynb"), Entry(file="x/hw01.ipynb"), (0, False)),
        (Entry(file="hw01-2.ipynb"), Entry(file="hw02-1.ipynb"), (0, False)),
        (Entry(file="a", saved=early), Entry(saved=late), (0, False)),  # of the first version
        (Entry(file="a", saved=late), Entry(saved=early), (1, False)),
        (Entry(file="a"), Entry(file="b"), (0, False)),
    ]
    for one, other, said in cases:
        assert order(one, other) == said
        assert order(other, one) == (-said[0], said[1])
