"""Settings for every test: Hypothesis gives the same examples on every machine and every run."""

import pytest
from hypothesis import settings

settings.register_profile("stable", deadline=None, derandomize=True, database=None)
settings.load_profile("stable")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for the groups
def pytest_collection_modifyitems(items):
    """Keep the tests of one page of the site in one process: they share one visit."""
    for item in items:
        address = getattr(item, "callspec", None) and item.callspec.params.get("address")
        if address:
            item.add_marker(pytest.mark.xdist_group(address))


def pytest_collection_finish(session):
    """Stop if the groups are lost: several processes would then write the same screenshots."""
    if session.config.getoption("loadgroup", False):
        for item in session.items:
            for mark in item.iter_markers("xdist_group"):
                if not item.nodeid.endswith(f"@{mark.args[0]}"):
                    raise RuntimeError(
                        f"pytest-xdist does not see the group of {item.nodeid}. "
                        "Install the pinned packages: pip install -r requirements.txt"
                    )
