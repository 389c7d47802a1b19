"""What needs an optional package that is not installed is skipped, and says which.

A missing import is seen where it happens. A test that meets it indirectly, through a command or
a message, names its packages: ``@pytest.mark.needs("joblib")``. ``make test`` calls with
``--all-extras``: there a missing package is an error.
"""

import doctest
import importlib.util

import pytest


def pytest_addoption(parser):
    """Add the option that allows no package to be missing."""
    parser.addoption(
        "--all-extras", action="store_true", help="a missing optional package is an error"
    )


def pytest_configure(config):
    """Let packages be missing, unless the option says that none may."""
    if not config.option.all_extras:
        # As a plugin: pytest asks this file about a folder only after it has read the folder.
        config.pluginmanager.register(SkipsWhereAPackageIsMissing())


class SkipsWhereAPackageIsMissing:
    """A plugin of pytest."""

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        """Skip a module, or a folder, that cannot be imported."""
        report = yield
        if name := missing(report.call.excinfo and report.call.excinfo.value):
            report.outcome = "skipped"
            report.longrepr = (str(collector.path), 0, f"Skipped: needs {name}")
        return report

    def pytest_runtest_setup(self, item):
        """Skip a test that names a package which is not there."""
        for mark in item.iter_markers("needs"):
            for name in mark.args:
                if importlib.util.find_spec(name) is None:
                    pytest.skip(f"needs {name}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        """Skip a test, or the examples of a docstring, where an import fails."""
        try:
            return (yield)
        except Exception as error:
            if name := missing(error):
                pytest.skip(f"needs {name}")
            raise


def missing(error):
    """Return the package of somebody else whose absence caused an error, if any."""
    for failure in getattr(error, "failures", []):  # of the examples of one docstring
        if name := missing(failure):
            return name
    if isinstance(error, doctest.UnexpectedException):
        error = error.exc_info[1]
    while error and not isinstance(error, ModuleNotFoundError):
        error = error.__cause__
    name = error.name.partition(".")[0] if error else "dlzero"
    return None if name == "dlzero" else name
