"""The modules of the package: where they lie, their names, and what they may import."""

import subprocess
import sys
from pathlib import Path

import dlzero

PACKAGE = Path(dlzero.__file__).parent


def module_name(path):
    """Return a module's path within the package, without its ending: "chapters/network"."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def run(*command, cwd=None):
    """Run a command; return what it said and how it ended."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8")


def lint_imports(folder):
    """Compare the imports of a package with the contracts in the folder that it lies in."""
    script = Path(sys.executable).with_name("lint-imports")
    return run(script, "--no-cache", "--no-logo", "--config", "pyproject.toml", cwd=folder)
