"""What needs a missing package is skipped, and only that; ``--all-extras`` forgives nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = {
    "test_at_the_top.py": "import nobody_has_this.core\ndef test(): ...",
    "test_wrapped.py": (
        "try:\n    import nobody_has_this\n"
        "except ImportError as error:\n    raise ImportError('install it') from error"
    ),
    "test_inside.py": (
        "import pytest\n"
        "def test_import():\n    import nobody_has_this\n"
        "@pytest.mark.needs('sys', 'nobody_has_this')\ndef test_mark(): assert False\n"
        "@pytest.mark.needs('sys')\ndef test_there(): ...\n"
    ),
    "examples.py": '"""Two.\n\n>>> import nobody_has_this\n>>> nobody_has_this.x\n3\n"""',
    "pictures/conftest.py": "import nobody_has_this",
    "pictures/test_one.py": "def test(): assert False",
    # These are wrong, whatever is installed.
    "test_wrong.py": (
        "def test_false(): assert False\n"
        "def test_no_such_module():\n    import dlzero.nothing\n"
        "def test_other():\n    raise ImportError('x')\n"
        "def test_while_handling():\n"
        "    try:\n        import nobody_has_this\n"
        "    except ImportError:\n        assert False\n"
    ),
    "wrong_examples.py": '"""One.\n\n>>> 1\n2\n"""',
}


@pytest.fixture
def run(tmp_path):
    """Return the function that runs the small tests with an option and returns what it says."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = needs\n")
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")

    def verdict(*options):
        command = [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=no", "--doctest-modules"]
        command += ["-p", "no:cacheprovider", "-p", "no:nbval", "-p", "no:xdist", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout

    return verdict


def test_a_missing_package_is_a_skip_and_an_error_is_none(run):
    said = run()
    # Each module of tests is imported twice: for its tests and for its examples.
    assert "5 failed, 1 passed, 8 skipped" in said
    assert "needs nobody_has_this" in said
    for wrong in ("false", "no_such_module", "other", "while_handling"):
        assert f"FAILED test_wrong.py::test_{wrong}" in said
    assert "FAILED wrong_examples.py::wrong_examples" in said


def test_with_all_extras_a_missing_package_is_an_error(run):
    said = run("--all-extras", "--continue-on-collection-errors")
    assert "8 failed, 1 passed, 5 errors" in said
    assert "needs nobody_has_this" not in said
