"""How long a reader waits: for the first result, the first figure, a slider, the next cell.

Run it after ``make pages``, whose site it opens, while nothing else runs on the machine::

    .venv/bin/python benchmarks/site.py

Each figure is the median of five. The browser has the files in its cache, as after a first visit,
and each measurement opens the page anew. The script prints a table and writes it beside itself,
into site.txt. Limits are those that the course has set itself.
"""

import os
import platform
import re
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "site"), str(ROOT / "tools")]
REPEATS = 5
#: A page whose first cell prints, and one whose first figure moves.
PRINTS, MOVES = "book/matrices.html", "lessons/03_gradient_descent.html"
RAN = """() => new Promise(done => document.addEventListener("dlzero:ran", ({detail}) => {
  if (detail.wanted) done(performance.now());
}))"""
SHOWN = """name => new Promise(done => {
  const cell = document.getElementById(name), start = performance.now();
  document.addEventListener("dlzero:ran", ({detail}) => {
    if (detail.cell === cell) requestAnimationFrame(() => done((performance.now() - start) / 1000));
  });
  cell.querySelector(".dz-run").click();
})"""
SLIDE = """() => new Promise(done => {
  const root = document.querySelector(".dz-explorer"), input = root.querySelector("input");
  const out = root.querySelector(".dz-between"), start = performance.now();
  new MutationObserver((_, self) => {
    self.disconnect();
    requestAnimationFrame(() => done((performance.now() - start) / 1000));
  }).observe(out, {childList: true});
  input.dispatchEvent(new Event("pointerdown"));
  input.value = PLACE;
  input.dispatchEvent(new Event("input"));
})"""
LOAD = "() => performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"


def names_of(page):
    return page.locator("div.cell:has(.dz-run)").evaluate_all("all => all.map(e => e.id)")


def first_cell_with(page, what):
    """Return the id of the first cell that shows something of a kind."""
    found = page.locator(f"div.cell:has(.dz-run):has({what})").first
    return found.get_attribute("id")


def measure(context, base):
    """Return the seconds of each kind of wait, once."""
    seconds = {}
    page = context.new_page()
    page.goto(base + PRINTS)
    name = first_cell_with(page, ".cell_output pre")
    seconds["first press to first printed result"] = page.evaluate(SHOWN, name)
    page.close()

    page = context.new_page()
    page.goto(base + MOVES)
    name = first_cell_with(page, ".dz-explorer")
    seconds["first press to first figure"] = page.evaluate(SHOWN, name)
    page.wait_for_selector(".dz-between", state="attached")
    slides = [page.evaluate(SLIDE.replace("PLACE", place)) for place in ("0.3", "1.7", "2.4")]
    seconds["slider to its new picture"] = statistics.median(slides)
    later = names_of(page)
    later = later[later.index(name) + 1]
    page.evaluate(SHOWN, later)
    wait, own = page.evaluate(SHOWN, later), own_seconds(page, later)
    seconds["next cell, beyond its own time"] = max(0.0, wait - own)
    page.close()
    return seconds


def own_seconds(page, name):
    """Return what the page says of the last run of a cell."""
    said = page.locator(f"[id='{name}'] .dz-status").inner_text()
    return float(re.search(r"[\d.]+", said)[0])


def loads(context, base):
    """Return the seconds that a page needs, without a press on Run."""
    page = context.new_page()
    page.goto(base + MOVES)
    page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd")
    seconds = page.evaluate(LOAD)
    page.close()
    return seconds


def without_live(site, folder):
    """Copy a site so that its pages do not know of Python."""
    for path in site.rglob("*"):
        to = folder / path.relative_to(site)
        if "live" in path.relative_to(site).parts:
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".html":
            text = path.read_text("utf-8")
            text = re.sub(r"<(script|link)[^>]*/live/live\.[^>]*>(</script>)?", "", text)
            to.write_text(re.sub(r'<template id="dz-live".*?</template>', "", text), "utf-8")
        elif path.is_file():
            to.hardlink_to(path)
    return folder


LIMITS = {
    "first press to first printed result": 4,
    "first press to first figure": 7,
    "slider to its new picture": 0.3,
    "next cell, beyond its own time": 0.1,
    "time of a page, with Python to without": 1.05,
}


def main():
    import browser as browsers
    import survey
    import tasks
    from playwright.sync_api import sync_playwright

    tasks_serve = served(tasks)
    with tempfile.TemporaryDirectory(dir=ROOT / "_build") as folder, sync_playwright() as play:
        plain = without_live(survey.SITE, Path(folder) / "site")
        base, other = tasks_serve(survey.SITE), tasks_serve(plain)
        context = play.chromium.launch_persistent_context(
            Path(folder) / "profile",
            executable_path=browsers.find(play),
            args=[*browsers.QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
            headless=True,
        )
        context.set_default_timeout(120_000)
        measure(context, base)  # fills the cache
        runs = [measure(context, base) for _ in range(REPEATS)]
        ratios = [loads(context, base) / loads(context, other) for _ in range(REPEATS * 2)]
        version = context.browser.version if context.browser else ""
        context.close()
    found = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    found["time of a page, with Python to without"] = statistics.median(ratios)
    lines = [f"{platform.machine()}, {os.cpu_count()} cores, Chromium {version}".strip(), ""]
    for name, limit in LIMITS.items():
        unit = "" if "to without" in name else " s"
        mark = "" if found[name] <= limit else "  over its limit"
        lines.append(f"{name:40} {found[name]:6.2f}{unit:2} of at most {limit}{unit}{mark}")
    text = "\n".join(lines) + "\n"
    print(text)
    Path(__file__).with_suffix(".txt").write_text(text, "utf-8")


def served(tasks):
    """Return the function that serves a folder on this machine, as `make serve` does."""
    import functools
    import http.server
    import threading

    def serve(folder):
        handler = functools.partial(tasks.Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/"

    return serve


if __name__ == "__main__":
    main()
