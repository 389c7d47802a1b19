"""How long a reader waits: for a first result, a first figure, a slider, the next cell, a page.

Run it when the site is built (``make book``), while nothing else runs on the machine::

    python benchmarks/site.py

The browser has the files in its cache, as after a first visit; each measurement opens its page
anew, so that Python starts anew. Waits are medians of five, from the press to the picture on the
screen. The script prints a table and writes site.txt. Beside it, Lighthouse looks at the welcome
page and at every chapter (lighthouse.py).
"""

import contextlib
import os
import platform
import re
import statistics
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

import browser as browsers  # noqa: E402
import lighthouse  # noqa: E402
import tasks  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

REPEATS = 5
PAGES_REPEATS = 25
PAGE = "lessons/03_gradient_descent.html"
#: Its first figure whose slider has numbers, so that Python can draw what is between them.
MOVES = "cell-03-049"
#: At most so many seconds; the last is a ratio.
LIMITS = {
    "first press to first printed result": 4,
    "first press to first figure": 7,
    "slider to its new figure": 0.3,
    "next cell, its own time included": 0.1,
    "page with Run buttons to page without": 1.05,
}
# From a press on Run to the frame after the result is drawn, in seconds.
PRESS = """name => new Promise(done => {
  const cell = document.getElementById(name), start = performance.now();
  document.addEventListener("dlzero:ran", ({detail}) => {
    if (detail.wanted) requestAnimationFrame(() => setTimeout(() =>
      done((performance.now() - start) / 1000)));
  });
  cell.querySelector(".dz-run").click();
})"""
SLIDE = """([name, place]) => new Promise(done => {
  const root = document.querySelector(`[id="${name}"] .dz-explorer`);
  const input = root.querySelector("input"), start = performance.now();
  const watch = new MutationObserver(() => {
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done((performance.now() - start) / 1000)));
  });
  watch.observe(root.querySelector(".dz-between"), {childList: true});
  input.dispatchEvent(new Event("pointerdown"));
  input.value = place;
  input.dispatchEvent(new Event("input"));
})"""
LOADED = "() => performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"


@contextlib.contextmanager
def opened(context, address):
    """Open a page for one measurement."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(f"({LOADED})() > 0")
    yield page
    page.close()


def first_with(page, what):
    """Return the id of the first cell that shows something of a kind."""
    chapter = page.locator("div.cell:has(.dz-run):not(.exercise *, .solution *)")
    return chapter.filter(has=page.locator(what)).first.get_attribute("id")


def waits(context, base):
    """Measure each wait once, of a reader who has just opened the page."""
    found = {}
    with opened(context, base + PAGE) as page:
        prints = first_with(page, ".cell_output pre")
        found["first press to first printed result"] = page.evaluate(PRESS, prints)
        page.evaluate(PRESS, prints)
        # Printing takes next to no time, so all of this wait counts.
        found["next cell, its own time included"] = page.evaluate(PRESS, prints)
    with opened(context, base + PAGE) as page:
        page.evaluate("localStorage.setItem('dlzero:choice:draw', 1)")  # else the stored one stays
        draws = first_with(page, ".cell_output svg")
        found["first press to first figure"] = page.evaluate(PRESS, draws)
        page.evaluate(PRESS, MOVES)
        page.wait_for_selector(f"#{MOVES} .dz-between", state="attached")
        page.evaluate("localStorage.removeItem('dlzero:choice:draw')")
        slides = [page.evaluate(SLIDE, [MOVES, place]) for place in ("0.25", "1.5", "2.75")]
        found["slider to its new figure"] = statistics.median(slides)
    return found


def load_seconds(context, address):
    """Return how long a page loads when nobody presses Run."""
    with opened(context, address) as page:
        return page.evaluate(LOADED)


def without_live(site, folder):
    """Copy a site so that its pages do not know of Python."""
    for path in site.rglob("*"):
        name = path.relative_to(site)
        if path.is_dir() or name.parts[0] == "live":
            continue
        to = folder / name
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".html":
            to.hardlink_to(path)
            continue
        text = path.read_text("utf-8")
        text = re.sub(r"<(script|link)[^>]*/live/live\.[^>]*>(</script>)?", "", text)
        to.write_text(re.sub(r'<template id="dz-live".*?</template>', "", text), "utf-8")
    return folder


def served(folder):
    """Serve a folder; return its address."""
    server = tasks.server_of(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/"


def main():
    """Measure, print and write the table."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=ROOT / "_build") as folder, sync_playwright() as play:
        base = served(tasks.SITE)
        plain = served(without_live(tasks.SITE, Path(folder) / "site"))
        context = play.chromium.launch_persistent_context(
            Path(folder) / "profile",
            executable_path=browsers.find(play),
            args=[*browsers.QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
        )
        context.set_default_timeout(120_000)
        waits(context, base)  # fills the cache
        load_seconds(context, plain + PAGE)
        runs = [waits(context, base) for _ in range(REPEATS)]
        ratios = [
            load_seconds(context, base + PAGE) / load_seconds(context, plain + PAGE)
            for _ in range(PAGES_REPEATS)
        ]
        version = context.browser.version if context.browser else "of an unknown version"
        context.close()
    found = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    found["page with Run buttons to page without"] = statistics.median(ratios)
    lines = [
        f"Chromium {version}, {platform.machine()}, {os.cpu_count()} processors, "
        f"load {load:.1f} at the start",
        f"{PAGE}, medians of {REPEATS}, the last of {PAGES_REPEATS}",
        "",
    ]
    for name, limit in LIMITS.items():
        unit = " s" if "to page" not in name else ""
        over = "" if found[name] <= limit else "  over its limit"
        lines.append(f"{name:38} {found[name]:5.2f}{unit}  (at most {limit}{unit}){over}")
    text = "\n".join(lines) + "\n"
    print(text, end="")
    Path(__file__).with_suffix(".txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
    lighthouse.main([])
