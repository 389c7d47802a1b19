"""Every stored file names the script that made it, and the script names the file."""

import ast
import gzip
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "tools" / "make").glob("*.py"))
STORED = sorted(
    path
    for pattern in (
        "tests/golden/*",
        "dlzero/practice/data/*",
        "book/_static/*.svg",
        "dlzero/data/*.csv",
        "dlzero/data/*.npz",
        "dlzero/data/LICENSE.*",
    )
    for path in ROOT.glob(pattern)
    if path.is_file()
)


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def said(script, word):
    """Return what the first lines of a script say after "Writes:" or "Needs:"."""
    docstring = ast.get_docstring(ast.parse(script.read_text("utf-8"))) or ""
    found = re.search(rf"(?m)^{word}: (.*(?:\n    .*)*)", docstring)
    return found[1].split() if found else []


def makers(path):
    return [script for script in SCRIPTS if name_of(path) in said(script, "Writes")]


def what_names_the_script(path):
    """Return the text in a stored file that says where it comes from, or the text beside it."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as file:
            command = re.match(r"# make (\w+)\n", file.readline())[1]
        tasks = (ROOT / "tools" / "tasks.py").read_text("utf-8")
        task = re.search(rf"(?s)\ndef {command}\(\):\n(.*?)\n\n\n", tasks)[1]
        return "/".join(re.findall(r'"([\w.]+)"', task))
    if path.parent.name == "data" and path.suffix != ".json":
        return (path.parent / "README.md").read_text("utf-8")
    if path.suffix == ".npz":
        return what_names_the_script(path.with_suffix(".json"))
    text = path.read_text("utf-8")
    return json.loads(text)["made_by"] if path.suffix == ".json" else text.split("\n", 1)[0]


def test_the_files_and_the_scripts_were_found():
    assert {"units.json", "sweep.csv.gz", "logo.svg", "iris.csv"} <= {p.name for p in STORED}
    assert {"units.py", "practice_table.py", "logo.py", "datasets.py"} <= {p.name for p in SCRIPTS}


@pytest.mark.parametrize("path", STORED, ids=name_of)
def test_a_stored_file_has_one_script_and_names_it(path):
    (script,) = makers(path)
    text = what_names_the_script(path)
    assert name_of(script) in text
    if path.parent.name == "data" and path.suffix not in (".gz", ".json"):
        assert path.name in text
    others = {name_of(other) for other in SCRIPTS} - {name_of(script)}
    if path.suffix in (".json", ".svg"):
        assert not [other for other in others if other in text]


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_a_script_says_what_it_writes_and_needs(script):
    written = said(script, "Writes")
    assert written
    assert said(script, "Needs")
    tree = ast.parse(script.read_text("utf-8"))
    code = ast.unparse(tree.body[1:])
    for name in written:
        assert (ROOT / name).is_file(), name
        stem = Path(name).name.partition(".")[0]
        assert re.search(rf"\b{stem}\b", code), name


def test_an_archive_and_its_words_have_the_same_script():
    for path in (ROOT / "tests" / "golden").glob("*.npz"):
        assert makers(path) == makers(path.with_suffix(".json"))


@pytest.mark.parametrize("path", sorted((ROOT / "tests/golden").glob("*.json")), ids=name_of)
def test_a_script_needs_the_versions_that_the_file_was_made_with(path):
    stored = json.loads(path.read_text("utf-8"))
    versions = stored.get("made_with") or stored["versions"]
    (script,) = makers(path)
    pins = {f"{name}=={version.partition('+')[0]}" for name, version in versions.items()}
    assert set(said(script, "Needs")) == pins


def test_golden_holds_numbers_only():
    kinds = {path.suffix for path in (ROOT / "tests" / "golden").iterdir() if path.is_file()}
    assert kinds == {".json", ".npz"}
