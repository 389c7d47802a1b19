"""What Lighthouse says of the site: welcome and every chapter, on its phone and on a desktop.

Run it when the site is built (``make book``), while nothing else runs on the machine::

    python benchmarks/lighthouse.py [PAGE ...]

Lighthouse simulates a slow phone on a slow network. The script prints a table and, for all pages,
writes lighthouse.txt. It fetches Lighthouse once, in the version of its lock file.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools")]

import tasks  # noqa: E402

LOCK = ROOT / "benchmarks" / "lighthouse"
WORK = tasks.VENDOR / "lighthouse"
#: The least score of each category, per form; a wait is at most so many seconds.
FORMS = {"mobile": [], "desktop": ["--preset=desktop"]}
LEAST = {"performance": {"mobile": 75, "desktop": 95}, "accessibility": 100, "seo": 100}
MOST_LCP = {"mobile": 2.5, "desktop": 2.5}
HEADS = ("performance", "accessibility", "best-practices", "seo")
COLUMNS = "page                             form     P   A   B   S   FCP   LCP  TBT   CLS   KiB req"


def fetch():
    """Install what the lock file names; return the command."""
    stamp, want = WORK / "stamp", (LOCK / "package-lock.json").read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != want:
        shutil.rmtree(WORK, ignore_errors=True)
        shutil.copytree(LOCK, WORK)
        npm = [*tasks.node_command("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        tasks.logged(npm, "fetch lighthouse", "Run the same command again.", cwd=WORK)
        stamp.write_text(want, encoding="utf-8")
    return [
        *tasks.node_command("node"),
        WORK / "node_modules" / "lighthouse" / "cli" / "index.js",
    ]


def chromium():
    """Return the path of a Chromium with windows, which Lighthouse starts without one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    return found or tasks.stop("Lighthouse needs Chromium (Debian: apt install chromium).")


def look(command, address, form):
    """Run Lighthouse on a page; return its report."""
    flags = "--headless=new --disable-gpu" + (" --no-sandbox" if os.geteuid() == 0 else "")
    options = ["--quiet", "--output=json", f"--chrome-flags={flags}", *FORMS[form]]
    env = {**os.environ, "CHROME_PATH": chromium()}
    command = [str(part) for part in (*command, address, *options)]
    return json.loads(subprocess.run(command, env=env, capture_output=True, check=True).stdout)


def row(page, form, report):
    """Return a line of the table, and what in it misses its mark."""
    scores = {name: round(100 * report["categories"][name]["score"]) for name in HEADS}
    value = {name: audit.get("numericValue") for name, audit in report["audits"].items()}
    fcp, lcp = (value[f"{name}-contentful-paint"] / 1000 for name in ("first", "largest"))
    requests = len(report["audits"]["network-requests"]["details"]["items"])
    line = f"{page:32} {form:7}" + "".join(f"{scores[name]:4}" for name in HEADS)
    line += f"{fcp:6.2f}{lcp:6.2f}{value['total-blocking-time']:5.0f}"
    line += f"{value['cumulative-layout-shift']:6.3f}{value['total-byte-weight'] / 1024:6.0f}"
    line += f"{requests:4}"
    missed = [
        name
        for name, least in LEAST.items()
        if scores[name] < (least[form] if isinstance(least, dict) else least)
    ]
    return line, missed + ["LCP"] * (lcp > MOST_LCP[form])


def main(pages):
    """Measure each page in both forms, print the table and write it."""
    command, load = fetch(), os.getloadavg()[0]
    chapters = sorted((tasks.SITE / "lessons").glob("[0-9]*.html"))
    all_pages = ["book/index.html"] + [
        f"lessons/{path.name}" for path in chapters if path.stat().st_size > 10_000
    ]
    server = tasks.server_of(tasks.SITE)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}/"
    lines = [COLUMNS]
    for page in pages or all_pages:
        for form in FORMS:
            report = look(command, base + page, form)
            line, missed = row(page, form, report)
            lines.append(line + (f"  misses: {', '.join(missed)}" if missed else ""))
            print(lines[-1], flush=True)
    head = f"Lighthouse {report['lighthouseVersion']}, {report['environment']['hostUserAgent']}"
    head += f"\n{platform.machine()}, {os.cpu_count()} processors, load {load:.1f} at the start\n\n"
    if not pages:
        text = head + "\n".join(lines) + "\n"
        Path(__file__).with_suffix(".txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
