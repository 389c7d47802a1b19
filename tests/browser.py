"""The browser of the tests, and its clock; run as a script it says when there is none."""

import os
import shutil
from pathlib import Path

import pytest

#: The first has no windows to draw, and needs about half the processor time of Chromium.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
NAMES += ("google-chrome-stable",)
MISSING = (
    "Site tests were skipped: no browser; install Chromium "
    "(Debian: apt install chromium; elsewhere: python -m playwright install chromium)."
)
#: Without these the browser itself asks other hosts.
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def is_required():
    """Whether a missing browser is a failure: on a continuous integration server."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def give_up(reason):
    """Fail on a continuous integration server, skip elsewhere."""
    (pytest.fail if is_required() else pytest.skip)(reason)


def find(playwright):
    """Return the path of the system's browser, else of Playwright's own, else None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def launch(playwright):
    """Start the browser without a window; return None if there is none."""
    path = find(playwright)
    if path is None:
        return None
    as_root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=QUIET + as_root)


def stop_the_clock(page):
    """From now on time passes only where a test says so, on all pages of the page's context."""
    page.clock.install(time=0)
    page.clock.pause_at(3_600_000)  # not yet over on the slowest machine


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if find(playwright) is None:
            print(MISSING)
