"""The tool that changes the code: what it tries, and what it says of it."""

import subprocess
import sys
import types
from pathlib import Path

import mutants
import pytest

#: What a process of its own runs: changes that are given, in a repository of two files.
TOY = """
import sys
from pathlib import Path
sys.path.insert(0, {tools!r})
import mutants

CHANGES = {{"return 2 * x": "return 3 * x", "return x + 0": "return x - 0", "n -= 1": "n += 1"}}

def places(source):
    return [(before, 0, 1) for before in CHANGES]

def change(source, before, number, line):
    after = CHANGES[before]
    line = next(n for n, text in enumerate(source.splitlines(), 1) if before in text)
    statement = mutants.statement_at(source, line)
    return mutants.Mutant(line, before, after, statement, source.replace(before, after))

mutants.ROOT = Path.cwd()
mutants.RESULTS = Path.cwd() / "results"
mutants.EQUAL = Path.cwd() / "equal.toml"
mutants.TESTS = {{"toy.py": ["test_toy.py"]}}
mutants.LEAST_SECONDS, mutants.LOADED = 2, []
mutants.places_of, mutants.mutant_at = places, change
sys.modules["cosmic_ray"] = sys.modules["cosmic_ray.mutating"] = mutants
sys.argv[1:] = {arguments!r}
mutants.main()
"""
CODE = """
def double(x):
    return 2 * x

def same(x):
    return x + 0

def count(n):
    while n > 0:
        n -= 1
    return n
"""
CHECK = """
from toy import count, double

def test_double():
    assert double(3) == 6

def test_count():
    assert count(2) == 0
"""
EQUAL = '[[equal]]\nmodule = "toy.py"\nbefore = "return x + 0"\nafter = "return x - 0"\nwhy = "0"\n'


@pytest.fixture
def toy(tmp_path):
    """Return the function that tries the changes in the toy."""
    (tmp_path / "toy.py").write_text(CODE)
    (tmp_path / "test_toy.py").write_text(CHECK)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest]\n")

    def tried(*arguments):
        code = TOY.format(tools=str(Path(mutants.__file__).parent), arguments=[*arguments])
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert (tmp_path / "toy.py").read_text() == CODE
        return done

    return tried


def test_survivors_are_told_and_tried_again(toy, tmp_path):
    done = toy()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "return x + 0\n    return x - 0" in done.stdout
    report = (tmp_path / "results" / "report.md").read_text()
    assert "| toy.py | 3 | 2 | 0 | 1 | 66.7 % |" in report
    assert report.count("    - ") == 1
    assert "    - return x + 0\n    + return x - 0" in report
    (tmp_path / "equal.toml").write_text(EQUAL)
    done = toy("--survivors")
    assert done.returncode == 0, done.stdout + done.stderr
    report = (tmp_path / "results" / "report.md").read_text()
    assert "| toy.py | 3 | 2 | 1 | 0 | 100.0 % |" in report


def test_tests_that_fail_notice_nothing(toy, tmp_path):
    (tmp_path / "test_toy.py").write_text(CHECK.replace("== 6", "== 7"))
    assert "must pass before anything is changed" in toy().stderr


def test_unknown_modules_are_named(toy):
    done = toy("dlzero/toys")
    assert done.returncode == 2
    assert "dlzero/toys is not in the table" in done.stderr


@pytest.mark.parametrize("folder", ["dlzero/chapters", "dlzero/running"])
def test_every_module_of_the_course_is_tried(folder):
    here = {
        path.relative_to(mutants.ROOT).as_posix() for path in mutants.ROOT.glob(f"{folder}/*.py")
    }
    without = {f"{folder}/__init__.py", "dlzero/running/protocols.py"}
    assert here - without <= mutants.TESTS.keys()


def test_what_the_tables_name_is_there():
    for module, tests in mutants.TESTS.items():
        assert [name for name in (module, *tests) if not (mutants.ROOT / name).is_file()] == []


def test_an_equal_program_has_its_line_and_a_reason():
    seen = set()
    for one in mutants.equal_ones():
        lines = (mutants.ROOT / one["module"]).read_text(encoding="utf-8").splitlines()
        assert one["before"] in map(str.strip, lines), one
        assert one["before"] != one["after"]
        assert one["module"] in mutants.TESTS
        assert one["why"]
        seen.add((one["module"], one["before"], one["after"]))
    assert len(seen) == len(mutants.equal_ones())


def test_the_statement_of_a_line():
    source = """
def f(
    x=1,
):
    if (
        x > 2
    ):
        return g(
            x
        )
    return 3
"""
    spans = {line: [*mutants.statement_at(source, line)] for line in (3, 6, 9, 11)}
    assert spans == {3: [2, 3, 4], 6: [5, 6, 7], 9: [8, 9, 10], 11: [11]}


def test_a_changed_type_is_no_change():
    source = "def f(x: int | None = 1) -> int | str:\n    y: int | None = x | 2\n    return y\n"
    assert sorted(mutants.annotations_of(source)) == [
        ((1, 9), (1, 19)),
        ((1, 28), (1, 37)),
        ((2, 7), (2, 17)),
    ]


def test_a_change_that_cannot_be_made_is_left_alone(monkeypatch):
    # cosmic-ray fails so on exceptions that are named with a dot.
    def mutate_code(source, operator, number):
        raise AttributeError("'PythonNode' object has no attribute 'value'")

    made = types.SimpleNamespace(mutate_code=mutate_code)
    monkeypatch.setitem(sys.modules, "cosmic_ray", types.SimpleNamespace(mutating=made))
    monkeypatch.setitem(sys.modules, "cosmic_ray.mutating", made)
    assert mutants.mutant_at("try:\n    f()\nexcept (OSError, a.B):\n    g()\n", None, 1, 3) is None
