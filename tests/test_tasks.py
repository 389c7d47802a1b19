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
        tasks.logged(command, "fetch mathjax", "Try again.")
    assert "There seems to be no network" in sentence(stopped)
    assert sign in (tasks.ROOT / "logs" / "mathjax.log").read_text()


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


def test_offline_pack_holds_the_site_and_is_the_same_twice(tasks, monkeypatch):
    monkeypatch.setattr(tasks, "book", lambda: None)
    (tasks.SITE / "lessons").mkdir(parents=True)
    (tasks.SITE / "index.html").write_text("start")
    (tasks.SITE / "lessons" / "a.html").write_text("lesson")
    target = tasks.ROOT / "_build" / "dlzero-offline.zip"
    tasks.offline()
    first = target.read_bytes()
    tasks.offline()
    assert target.read_bytes() == first
    names = zipfile.ZipFile(target).namelist()
    assert names == ["dlzero/index.html", "dlzero/lessons/a.html"]


def test_lab_trusts_the_deeper_notebooks_too(tasks, monkeypatch):
    calls = []
    monkeypatch.setattr(tasks, "set_up", lambda: None)
    monkeypatch.setattr(tasks.subprocess, "call", lambda command, **_: calls.append(command) or 0)
    names = [f"lessons/{folder}a.ipynb" for folder in ("", "deeper/", ".ipynb_checkpoints/")]
    for name in names:
        (tasks.ROOT / name).parent.mkdir(exist_ok=True)
        (tasks.ROOT / name).touch()
    with pytest.raises(SystemExit):
        tasks.lab()
    trust, lab = calls
    assert trust[-3:] == ["trust", *(str(tasks.ROOT / name) for name in names[:2])]
    assert lab[-2:] == ["lab", str(tasks.ROOT / "lessons")]


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
