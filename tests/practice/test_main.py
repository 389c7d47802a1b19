"""The command line: ``python -m dlzero``."""

import importlib
import os
import re
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest

from dlzero.__main__ import COMMANDS, main
from dlzero.practice import PROBLEMS, Results, cli, comparison, tasks

pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm", "matplotlib")

ROOT = Path(__file__).resolve().parents[2]
INSTALL = "pip install -e . -e grader"
SMALL = ["compare", "--problem", "bowl,beale", "--methods", "sgd,adam", "--rates", "1e-3:1:4"]
SMALL += ["--seeds", "2", "--budget", "20", "--jobs", "1", "--quiet"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_table_csv_picture_and_store(tmp_path, capsys):
    assert main([*SMALL, "--csv", "runs.csv", "--picture", "rates.svg"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    for words in ("bowl: final train loss", "beale: final train loss", "best lr", "decades"):
        assert words in shown.out
    results = Results.from_csv("runs.csv")
    assert len(results) == 2 * 2 * 5 * 2
    assert "<svg" in (tmp_path / "rates.svg").read_text()
    assert (tmp_path / comparison.STORE).exists()
    best = results.filter(problem="bowl").best()[0]
    line = next(line for line in shown.out.splitlines() if line.startswith("  sgd"))
    assert f"{best['median']:.4g}" in line
    assert f"{best['default']:.4g}" in line


def test_no_store_keeps_nothing(tmp_path):
    assert main([*SMALL, "--no-store"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_rates_as_a_list_or_none(capsys):
    assert main([*SMALL, "--no-store", "--rates", "0.01,0.1", "--csv", "a.csv"]) == 0
    assert set(Results.from_csv("a.csv").filter(default=False).column("lr")) == {0.01, 0.1}
    assert main([*SMALL, "--no-store", "--rates", "none", "--csv", "a.csv"]) == 0
    assert all(Results.from_csv("a.csv").column("default"))


def test_names_and_rates_with_spaces_and_a_comma_at_the_end(capsys):
    listed = ["--problem", "bowl, beale", "--methods", " sgd ,adam, ", "--rates", "0.01, 0.1,"]
    assert main([*SMALL, "--no-store", *listed, "--csv", "a.csv"]) == 0
    results = Results.from_csv("a.csv")
    assert results.values("problem") == ["bowl", "beale"]
    assert results.values("method") == ["sgd", "adam"]
    assert set(results.filter(default=False).column("lr")) == {0.01, 0.1}
    assert main([*SMALL, "--no-store", "--rates", " none ", "--csv", "a.csv"]) == 0
    assert all(Results.from_csv("a.csv").column("default"))


def test_by_validation(capsys):
    own = ["--problem", "iris_logistic", "--no-store", "--by", "validation"]
    assert main([*SMALL, *own]) == 0
    assert "iris_logistic: final validation loss" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--problem", "banana"], "problem must be one of 'bowl', 'ravine', "),
        (["--methods", "adamm"], "rule must be one of 'gradient_descent', 'sgd', "),
        (["--rates", "1:0.1:3"], "is no range"),
        (["--rates", "a,b"], "--rates takes numbers, got 'a,b'"),
        (["--rates", ","], "--rates takes numbers"),
        (["--problem", " , "], "--problem is empty, got ' , '"),
        (["--methods", ""], "--methods is empty, got ''"),
        (["--store", ":memory:"], "is no file to SQLite"),
        (["--store", ""], "store must be the path of a file, got ''"),
        (["--csv", ""], "No such file"),
        (["--picture", ""], "No such file"),
        (["--seeds", "0"], "seeds must be at least 1, got 0"),
        (["--store", "nowhere/runs.sqlite"], "there is no folder 'nowhere'"),
        (["--csv", "nowhere/runs.csv"], "nowhere/runs.csv"),
        (["--picture", "rates.xyz"], "expected a name in .svg, .png or .pdf"),
        (["--address", "tcp://a:1"], "address='tcp://a:1' goes with backend='dask'"),
        (["--scheduler", "tcp://a:1"], "address='tcp://a:1' goes with backend='dask'"),
        (["--csv", "."], "Is a directory"),
        (["--picture", "folder.svg"], "Is a directory"),
        (["--store", "a.csv", "--csv", "./a.csv"], "must be different files"),
        (["--csv", "a.svg", "--picture", "a.svg"], "must be different files"),
    ],
)
def test_bad_input_is_one_line_without_traceback(change, words, capsys, monkeypatch):
    nothing = [] if "--store" in change else ["--no-store"]
    Path("folder.svg").mkdir()
    monkeypatch.setattr(tasks, "run_one", None)  # found before the first run
    assert main([*SMALL, *nothing, *change]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: ")
    assert words in shown
    assert shown.count("\n") == 1
    assert [path.name for path in Path.cwd().iterdir()] == ["folder.svg"]


def test_a_table_that_is_there_is_kept_until_the_new_one_is_whole(capsys):
    Path("runs.csv").write_text("old")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "compare", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            main([*SMALL, "--no-store", "--csv", "runs.csv"])
    assert Path("runs.csv").read_text() == "old"
    assert main([*SMALL, "--no-store", "--csv", "runs.csv"]) == 0
    assert len(Results.from_csv("runs.csv")) == 40


@pytest.mark.parametrize(
    ("option", "terminal", "shown"),
    [
        ([], False, False),
        ([], True, True),
        (["--progress"], False, True),
        (["--quiet"], True, False),
    ],
)
def test_progress_is_shown_at_a_terminal_or_when_asked_for(
    option, terminal, shown, capsys, monkeypatch
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    words = [word for word in SMALL if word != "--quiet"]
    assert main([*words, "--no-store", *option]) == 0
    assert ("runs, 0 failed" in capsys.readouterr().err) == shown


def test_missing_arguments_are_named(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["compare"])
    assert stopped.value.code == 2
    assert "--problem" in capsys.readouterr().err


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["compare", "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    for name in PROBLEMS:
        assert name in shown
    for words in ("examples:", "what the table says:", "Ctrl-C", "FunctionProblem"):
        assert words in shown


def test_the_examples_of_the_help_are_understood():
    text = cli.parser().format_help().replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if "python -m dlzero compare --p" in line]
    assert len(lines) == 4
    for words in lines:
        options = cli.parser().parse_args(words[4:])
        assert set(options.problem.split(",")) <= set(PROBLEMS)


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--help"], 0), (["banana"], 2)])
def test_commands_are_listed(arguments, code, capsys):
    assert main(arguments) == code
    shown = capsys.readouterr()
    listed = shown.out if code == 0 else shown.err
    assert all(f"python -m dlzero {name} --help" in listed for name in COMMANDS)
    assert ("no command 'banana'" in listed) == (code == 2)


def test_homework_goes_to_the_grader(monkeypatch):
    grader, given = types.ModuleType("dlzero_grader.cli"), []
    grader.main = lambda arguments: given.append(arguments) or 7
    monkeypatch.setitem(sys.modules, "dlzero_grader", types.ModuleType("dlzero_grader"))
    monkeypatch.setitem(sys.modules, "dlzero_grader.cli", grader)
    assert main(["homework", "build", "hw01"]) == 7
    assert given == [["build", "hw01"]]


def test_homework_without_the_grader_says_what_to_install(monkeypatch, capsys):
    for name in [name for name in sys.modules if name.partition(".")[0] == "dlzero_grader"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoGrader(), *sys.meta_path])
    assert main(["homework", "build", "hw01"]) == 2
    shown = capsys.readouterr()
    assert f"in a checkout of the course: {INSTALL}\n" in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)


@pytest.mark.parametrize("page", ["README.md", "grader/README.md", "book/instructor.md"])
def test_the_pages_say_the_same_of_how_to_install_the_grader(page):
    # From a checkout and in place: the masters are nowhere else.
    text = (ROOT / page).read_text("utf-8")
    assert INSTALL in text
    found = re.findall(r"^.*pip install.*\bgrader.*$", text, re.M)
    assert [line for line in found if INSTALL not in line and "grader[cluster]" not in line] == []


class NoGrader:
    """Finds no grader, even where one is installed."""

    def find_spec(self, name, path=None, target=None):
        if name == "dlzero_grader":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_a_package_that_the_grader_lacks_is_named(tmp_path, monkeypatch):
    (tmp_path / "dlzero_grader").mkdir()
    (tmp_path / "dlzero_grader" / "__init__.py").touch()
    (tmp_path / "dlzero_grader" / "cli.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "dlzero_grader"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        main(["homework"])
    sys.modules.pop("dlzero_grader", None)


def test_the_script_is_that_of_the_module():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    module, _, name = scripts["dlzero"].partition(":")
    assert getattr(importlib.import_module(module), name) is main


def test_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "dlzero", *SMALL, "--no-store"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "bowl: final train loss" in done.stdout
