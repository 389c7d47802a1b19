"""What runs in the browser is what Pyodide released, and the site is whole without it."""

import hashlib
import io
import json
import runpy
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
NAMES = ("contourpy", "fonttools", "matplotlib", "numpy", "pytz")


def wheel(name):
    """A wheel of one module, as bytes: the same ones whenever it is asked for."""
    files = {
        f"{name}/__init__.py": f"name = {name!r}\n",
        f"{name}-1.0.dist-info/METADATA": "Name: x\nLicense-Expression: MIT\n\ntext",
        f"{name}-1.0.dist-info/RECORD": "",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        for path, text in files.items():
            # An entry made from a bare name carries the time of day.
            box.writestr(zipfile.ZipInfo(path), text)
    return out.getvalue()


@pytest.fixture
def tools(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    import wheels

    import live

    return types.SimpleNamespace(live=live, wheels=wheels)


@pytest.fixture
def lock():
    """A lock in Pyodide's form, of five packages."""
    needs = {"matplotlib": ["contourpy", "fonttools", "numpy", "pytz"], "contourpy": ["numpy"]}
    packages = {
        name: {
            "depends": needs.get(name, []),
            "file_name": f"{name}-1.0-py3-none-any.whl",
            "imports": [name],
            "name": name,
            "sha256": hashlib.sha256(wheel(name)).hexdigest(),
            "version": "1.0",
        }
        for name in NAMES
    }
    return {"info": {"python": "3.14.0"}, "packages": packages}


def true_source(file_name):
    return wheel(file_name.split("-")[0])


def no_source(file_name):
    raise OSError("no route\nto host")


def test_a_wheel_has_no_time_of_day(monkeypatch):
    first = wheel("numpy")
    monkeypatch.setattr(zipfile.time, "time", lambda: 2_000_000_000)
    assert wheel("numpy") == first


def test_only_what_the_pages_use_is_fetched(tools, lock):
    packages = tools.wheels.needed(lock)
    assert list(packages) == ["contourpy", "matplotlib", "numpy"]
    assert packages["matplotlib"]["depends"] == ["contourpy", "numpy"]
    assert "pytz" in lock["packages"]["matplotlib"]["depends"]


def test_the_second_source_is_asked_where_the_first_has_nothing(tools, lock, tmp_path):
    asked = []

    def first(file_name):
        asked.append(file_name)
        return no_source(file_name)

    packages = tools.wheels.needed(lock)
    tools.wheels.fetch(packages, tmp_path, [("first", first), ("second", true_source)])
    assert len(asked) == 1
    assert (tmp_path / "numpy-1.0-py3-none-any.whl").read_bytes() == wheel("numpy")
    tools.wheels.fetch(packages, tmp_path, [("nobody", no_source)])


def test_a_wheel_that_differs_from_the_lock_is_refused(tools, lock, tmp_path):
    def altered(file_name):
        return true_source(file_name) + (b"!" if file_name.startswith("numpy") else b"")

    packages = tools.wheels.needed(lock)
    with pytest.raises(tools.wheels.Unavailable) as refused:
        tools.wheels.fetch(packages, tmp_path, [("the release", altered)])
    text = str(refused.value)
    assert text.startswith(
        "numpy-1.0-py3-none-any.whl could not be fetched: that of the release has"
    )
    assert packages["numpy"]["sha256"][:12] in text
    assert "\n" not in text
    assert not list(tmp_path.glob("numpy*"))


def test_a_wheel_altered_on_disk_is_fetched_again(tools, lock, tmp_path):
    packages = tools.wheels.needed(lock)
    tools.wheels.fetch(packages, tmp_path, [("first", true_source)])
    path = tmp_path / "numpy-1.0-py3-none-any.whl"
    path.write_bytes(b"other")
    tools.wheels.fetch(packages, tmp_path, [("first", true_source)])
    assert path.read_bytes() == wheel("numpy")


def test_the_carrier_is_downloaded_by_its_hash_and_once(tools, monkeypatch, tmp_path):
    commands = []

    def run(command, **options):
        commands.append(command)
        with zipfile.ZipFile(tmp_path / "box" / "carrier.whl", "w") as box:
            box.writestr(tools.wheels.CARRIED + "numpy-1.0-py3-none-any.whl", wheel("numpy"))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(tools.wheels.subprocess, "run", run)
    read = tools.wheels.carried("python", tmp_path / "pins.txt", tmp_path / "box")
    assert read("numpy-1.0-py3-none-any.whl") == wheel("numpy")
    with pytest.raises(KeyError):
        read("contourpy-1.0-py3-none-any.whl")
    ((*_,),) = commands
    assert "--require-hashes" in commands[0]


def test_a_carrier_that_pip_cannot_give_is_named(tools, tmp_path):
    read = tools.wheels.carried(sys.executable, tmp_path / "missing.txt", tmp_path / "box")
    with pytest.raises(OSError, match="pip cannot download it"):
        read("numpy-1.0-py3-none-any.whl")


@pytest.fixture
def project(tools, lock, monkeypatch, tmp_path):
    """A small repository with its fetched front-end files; `commands` notes what was run."""
    core = tmp_path / "_vendor" / "site" / "node_modules" / "pyodide"
    core.mkdir(parents=True)
    for name in (*tools.live.CORE, tools.live.STDLIB):
        (core / name).write_text(name)
    (core / "package.json").write_text('{"version": "314.0.3"}')
    (core / "pyodide-lock.json").write_text(json.dumps(lock))
    crelt = {"version": "1.0.7", "license": "MIT"}
    pinned = json.dumps({"packages": {"node_modules/crelt": crelt}})
    (core.parent / ".package-lock.json").write_text(pinned)
    (core.parent / "crelt").mkdir()
    (core.parent / "crelt" / "LICENSE").write_text("Permission is granted")
    for folder in ("dlzero", "live", "tools/frontend"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "dlzero/__init__.py"):
        (tmp_path / name).write_text("first")
    for name in ("cells.js", "worker.js", "kernel.py"):
        (tmp_path / "live" / name).write_text(f"first {name}")
    for name in ("cut.py", "compile.mjs", "pyodide-wheels.txt"):
        (tmp_path / "tools" / "frontend" / name).write_text("first")
    commands = []

    def run(command, what, hint, **options):
        commands.append(what.split()[0])
        if what.startswith("pack"):
            (Path(command[-1]) / "dlzero-0.1.0-py3-none-any.whl").write_bytes(wheel("dlzero"))
        elif what.startswith("compile"):
            for job in json.loads(Path(command[-1]).read_text()):
                source = Path(job["from"])
                Path(job["to"]).write_bytes(source.read_bytes() + job["place"].encode())
        else:
            source = next(p for p in command if str(p).endswith("cells.js"))
            Path(command[-1].split("=")[1]).write_text(f"bundle of {source.read_text()}")

    def prepare():
        commands.clear()
        tools.live.prepare(tmp_path, tmp_path / "_vendor", "python", lambda: ["node"], run)
        return tmp_path / "_vendor" / "public" / "live"

    monkeypatch.setattr(tools.live, "released", lambda version: true_source)
    monkeypatch.setattr(tools.live, "carried", lambda *_: no_source)
    return types.SimpleNamespace(root=tmp_path, prepare=prepare, commands=commands)


def test_the_lock_has_our_wheel_and_the_true_hashes(project):
    site = project.prepare()
    packages = json.loads((site / "pyodide" / "pyodide-lock.json").read_text())["packages"]
    assert list(packages) == ["contourpy", "dlzero", "matplotlib", "numpy"]
    assert packages["dlzero"]["imports"] == ["dlzero"]
    assert packages["dlzero"]["depends"] == ["numpy"]
    assert packages["dlzero"]["version"] == "0.1.0"
    for package in packages.values():
        data = (site / "pyodide" / package["file_name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == package["sha256"]
        assert package["sha256"][:8] in package["file_name"]
        assert data.endswith(b"/lib/python3.14/site-packages/")
    assert (site / "pyodide/python_stdlib.zip").read_bytes().endswith(b"/lib/python314.zip/")


def test_the_manifest_has_the_true_sizes(project):
    site = project.prepare()
    manifest = json.loads((site / "manifest.json").read_text())
    sizes = {f"pyodide/{p.name}": p.stat().st_size for p in (site / "pyodide").iterdir()}
    assert manifest["files"] == sizes
    assert {"live.js", "worker.js", "kernel.py"} <= {p.name for p in site.iterdir()}
    assert (site / "live.js").read_text() == "bundle of first cells.js"


def test_the_licences_are_named(project):
    text = (project.prepare() / "LICENSES.txt").read_text()
    for line in ("Pyodide 314.0.3: MPL-2.0", "numpy 1.0: MIT", "crelt 1.0.7: MIT"):
        assert line in text
    assert "Permission is granted" in text


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        (None, []),
        ("live/cells.js", ["bundle"]),
        ("live/kernel.py", []),
        ("dlzero/__init__.py", ["pack"]),
        ("tools/frontend/cut.py", ["compile"]),
    ],
)
def test_only_what_changed_is_made_again(project, changed, again):
    site = project.prepare()
    assert project.commands == ["pack", "compile", "bundle"]
    before = json.loads((site / "manifest.json").read_text())["version"]
    if changed:
        (project.root / changed).write_text("second")
    project.prepare()
    assert project.commands == again
    after = json.loads((site / "manifest.json").read_text())["version"]
    # The same wheel comes out of the changed package here, and the same archives out of the recipe.
    assert (after != before) == (changed in ("live/cells.js", "live/kernel.py"))


def test_an_old_file_does_not_stay(project):
    site = project.prepare()
    (project.root / "live" / "kernel.py").unlink()
    project.prepare()
    assert not (site / "kernel.py").exists()


def test_without_wheels_nothing_is_published(project, tools, monkeypatch):
    site = project.prepare()
    next((project.root / "_vendor" / "live" / "wheels").glob("numpy*")).unlink()
    monkeypatch.setattr(tools.live, "released", lambda version: no_source)
    with pytest.raises(tools.live.Unavailable, match="no route to host"):
        project.prepare()
    assert not site.exists()
    assert project.commands == []


@pytest.fixture(scope="module")
def cut():
    return runpy.run_path(str(TOOLS / "frontend" / "cut.py"))["cut"]


def archive(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        for name, text in parts.items():
            box.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


PARTS = {
    "toy/__init__.py": "def place(): pass\n",
    "toy/tests/test_toy.py": "",
    "toy/toy.pyi": "",
    "toy/data.csv": "1,2",
    "toy-1.0.dist-info/RECORD": "old",
}


def test_a_cut_wheel_loads_without_its_source(cut, tmp_path, monkeypatch):
    data = cut(archive(**PARTS), "/lib/place/")
    assert data == cut(archive(**PARTS), "/lib/place/")
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        names = ["toy/__init__.pyc", "toy/data.csv", "toy-1.0.dist-info/RECORD"]
        assert box.namelist() == names
        record = box.read(names[-1]).decode().splitlines()
        box.extractall(tmp_path)
    assert [line.split(",")[0] for line in record] == names
    assert record[1].endswith(",3")
    monkeypatch.syspath_prepend(tmp_path)
    import toy

    assert toy.place.__code__.co_filename == "/lib/place/toy/__init__.py"
    del sys.modules["toy"]


def test_what_only_tests_import_is_empty(cut, tmp_path):
    data = cut(archive(**{"pyparsing/testing.py": "import unittest\n"}), "/lib/")
    zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path)
    names = runpy.run_path(str(tmp_path / "pyparsing" / "testing.pyc"))
    assert "pyparsing_test" in names
    assert "unittest" not in names


def test_matplotlib_does_not_list_the_properties_of_its_artists(cut, tmp_path):
    source = """
class Artist:
    def __init_subclass__(cls):
        cls._update_set_signature_and_docstring()
    def set(self): pass
def kwdoc(artist):
    ai = ArtistInspector(artist)
class Line(Artist): pass
"""
    data = cut(archive(**{"matplotlib/artist.py": source}), "/lib/")
    zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path)
    names = runpy.run_path(str(tmp_path / "matplotlib" / "artist.pyc"))
    assert names["Line"].set._autogenerated_signature
    assert names["kwdoc"](names["Line"]) == ""
    with pytest.raises(ValueError, match=r"artist\.py has 0 times .*; expected it once"):
        cut(archive(**{"matplotlib/artist.py": source.replace("cls._update", "cls.update")}), "/")


def test_the_package_keeps_its_sources_and_all_its_files(cut):
    with zipfile.ZipFile(io.BytesIO(cut(archive(**PARTS), "/lib/place/", True))) as box:
        names = box.namelist()
    assert set(PARTS) <= set(names)
    assert f"toy/__pycache__/__init__.{sys.implementation.cache_tag}.pyc" in names


def test_the_pins_have_hashes():
    pins = (TOOLS / "frontend" / "pyodide-wheels.txt").read_text().splitlines()
    (pin,) = [line for line in pins if not line.startswith("#")]
    assert "==" in pin
    assert "--hash=sha256:" in pin
