"""What needs an optional package that is not installed is skipped, and says which.

``make test`` calls with ``--all-extras``: there a missing package is an error.
"""

import pytest


def pytest_addoption(parser):
    """Add the option that allows no package to be missing."""
    parser.addoption(
        "--all-extras", action="store_true", help="a missing optional package is an error"
    )


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Turn the failed import of another project's package into a skip."""
    report = yield
    error = report.call.excinfo and report.call.excinfo.value
    while error and not isinstance(error, ModuleNotFoundError):
        error = error.__cause__
    if error and not collector.config.option.all_extras:
        name = error.name.partition(".")[0]
        if name != "dlzero":
            report.outcome = "skipped"
            report.longrepr = (str(collector.path), 0, f"Skipped: needs {name}")
    return report
