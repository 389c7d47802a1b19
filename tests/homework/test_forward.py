"""The command ``python -m dlzero homework`` belongs to another distribution."""

import sys
import types

import pytest

from dlzero import __main__ as command


def test_without_the_grader_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "dlzero_grader", None)
    assert command.main(["homework", "grade", "hw01"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "homework needs dlzero-grader, which is not here" in err
    assert "pip install -e grader" in err


def test_with_the_grader_the_command_is_handed_on(monkeypatch):
    asked = []
    package, cli = types.ModuleType("dlzero_grader"), types.ModuleType("dlzero_grader.cli")
    package.__path__ = []
    package.__spec__ = types.SimpleNamespace(name="dlzero_grader")
    cli.main = lambda arguments: asked.append(arguments) or 0
    monkeypatch.setitem(sys.modules, "dlzero_grader", package)
    monkeypatch.setitem(sys.modules, "dlzero_grader.cli", cli)
    assert command.main(["homework", "grade", "hw01", "--jobs", "2"]) == 0
    assert asked == [["grade", "hw01", "--jobs", "2"]]


@pytest.mark.parametrize("arguments", [["--help"], []])
def test_the_command_is_named(arguments, capsys):
    assert command.main(arguments) == 0
    assert "python -m dlzero homework --help" in capsys.readouterr().out
