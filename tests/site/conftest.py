"""The browser, the served site and the visits, shared by the tests of this folder.

Without Playwright this file can still be read, and the tests are skipped.
"""

import contextlib
import functools
import threading

import browser as browsers
import pytest
import survey
import tasks

SCREENSHOTS = survey.ROOT / "_build" / "screenshots"


@pytest.fixture(scope="session")
def serve():
    """Serve folders on this machine; return the address of each."""
    servers = []

    def start(folder):
        server = tasks.server_of(folder)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def new_context(browser, **settings):
    """Return a window of the browser, without cookies or storage of others."""
    context = browser.new_context(**{"viewport": survey.WIDE, "color_scheme": "light"} | settings)
    context.set_default_timeout(120_000)  # a busy machine is no failure
    return context


@pytest.fixture(scope="session")
def context():
    if not survey.AXE.exists():
        browsers.give_up(f"no {survey.AXE.relative_to(survey.ROOT)}: run make test")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = browsers.launch(playwright)
        if found is None:
            browsers.give_up(browsers.MISSING)
        yield new_context(found)
        found.close()


@pytest.fixture(scope="session")
def origin(serve):
    if not survey.PAGES:
        browsers.give_up(f"no site in {survey.SITE}: run make test")
    return serve(survey.SITE)


@pytest.fixture(scope="session")
def visited(context, origin):
    """Return the function that surveys a page, once."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return functools.cache(
        lambda address: survey.survey_page(context, origin, address, SCREENSHOTS)
    )


@pytest.fixture
def new_window(context):
    """Return the function that opens a window for one test; all pages of one share its clock."""
    with contextlib.ExitStack() as stack:

        def start(**settings):
            window = new_context(context.browser, **settings)
            stack.callback(window.close)
            return window

        yield start


@pytest.fixture
def own_context(new_window):
    return new_window()


@pytest.fixture
def opened(own_context, origin):
    """Return the function that opens a page for a test."""
    return lambda address: survey.open_page(own_context, origin, address)[0]
