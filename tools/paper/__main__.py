"""Make the book from the built site: python tools/paper pdf, or python tools/paper epub."""

import os
import sys

if not __package__:  # called by its folder
    tools = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[0:1] = [tools, os.path.join(os.path.dirname(tools), "tests")]

import time

import browser as browsers
from playwright.sync_api import sync_playwright

from paper import epub, pdf
from paper.cover import ROOT, cover
from paper.pages import contents, take

MISSING = (
    "The book is laid out by a browser, and there is none: install Chromium "
    "(Debian: apt install chromium; elsewhere: python -m playwright install chromium)."
)


def main():
    """Make the file that the command line names, and say where it is and how large."""
    make = {"pdf": pdf.make, "epub": epub.make}[sys.argv[1]]
    target, start = ROOT / "_build" / f"dlzero.{sys.argv[1]}", time.monotonic()
    with sync_playwright() as playwright:
        browser = browsers.launch(playwright)
        if browser is None:
            sys.exit(MISSING)
        pages = take(browser, ROOT / "_build" / "html", contents(ROOT / "_toc.yml"))
        make(browser, cover(), pages, target)
        browser.close()
    size, seconds = target.stat().st_size / 1e6, time.monotonic() - start
    print(f"The book in one file: {target.relative_to(ROOT)} ({size:.0f} MB, {seconds:.0f} s)")


if __name__ == "__main__":
    main()
