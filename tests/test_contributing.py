"""What a contributor meets: workflows, hooks and forms are valid, and what they call is there."""

import configparser
import functools
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
SCHEMAS = {
    "github-workflows": WORKFLOWS,
    "github-issue-forms": FORMS,
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "dependabot": [GITHUB / "dependabot.yml"],
    "citation-file-format": [ROOT / "CITATION.cff"],
}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]


def loaded(path):
    return yaml.safe_load(path.read_text("utf-8"))


def named(path):
    return path.relative_to(ROOT).as_posix()


def steps_of(path):
    return [step for job in loaded(path)["jobs"].values() for step in job.get("steps", [])]


@functools.cache
def known_commands():
    """The tasks that both the Makefile and tools/tasks.py know."""
    line = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    done = subprocess.run(
        [sys.executable, "tools/tasks.py", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    tasks = set(re.findall(r"^python tools/tasks.py (\w+)", done.stdout, re.M))
    assert set(line[1].split()) == tasks
    return tasks


def unknown_in(command):
    """Return what a line of shell calls that is not in this repository."""
    words = shlex.split(command, comments=True)
    match words:
        case ["make" | "bash", *rest] if words[0] == "bash" or not rest[0].startswith("-"):
            task = rest[-1] if words[0] == "make" or len(rest) > 1 else "test"
            files = [] if words[0] == "make" else rest[:1]
        case ["python" | "python3", "tools/tasks.py", task]:
            files = []
        case ["python" | "python3", "-m", "pytest", *rest]:
            task, files = None, [word for word in rest if not word.startswith("-")]
        case ["python" | "python3", "-m", *_]:
            return []
        case ["python" | "python3", *rest]:
            task, files = None, rest[:1]
        case ["cp" | "gh" | "git" | "sudo", *_]:
            return []
        case _:
            return [command]
    missing = [file for file in files if not (ROOT / file).exists()]
    return missing + ([task] if task and task not in known_commands() else [])


def test_the_files_were_found():
    assert [path.stem for path in WORKFLOWS] == [
        "coverage",
        "honest",
        "links",
        "mutants",
        "publish",
        "test",
    ]
    assert [path.stem for path in FORMS] == ["bug", "erratum", "idea"]


@pytest.mark.needs("check_jsonschema")
@pytest.mark.parametrize(("schema", "paths"), SCHEMAS.items(), ids=SCHEMAS)
def test_files_have_the_form_that_their_reader_wants(schema, paths):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_a_workflow_calls_what_is_here(path):
    lines = [line for step in steps_of(path) for line in step.get("run", "").splitlines()]
    assert [unknown for line in lines for unknown in unknown_in(line)] == []


@pytest.mark.parametrize("line", ["make tset", "bash .ci/run tset", "bash .ci/runs", "cowsay hi"])
def test_an_unknown_command_is_noticed(line):
    assert unknown_in(line)


@pytest.mark.parametrize(
    "line", ["python tools/tasks.py tset", "python -m pytest tests/x", "python tools/x.py"]
)
def test_an_unknown_file_or_task_of_python_is_noticed(line):
    assert unknown_in(line)


def test_actions_are_pinned_to_one_commit_each():
    pins = {}
    for path in WORKFLOWS:
        for line in re.findall(r"uses: (.*)", path.read_text("utf-8")):
            if line.startswith("./"):
                assert (ROOT / line).is_file()
                continue
            found = re.fullmatch(r"([\w-]+/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line)
            assert found, f"{path.name}: {line}"
            pins.setdefault(found[1], set()).add(found[2])
    assert len(pins) >= 5
    assert {action: commits for action, commits in pins.items() if len(commits) > 1} == {}


def test_workflows_may_only_read():
    # A job that needs more says so itself, as the one that publishes.
    for path in WORKFLOWS:
        assert loaded(path)["permissions"] == {"contents": "read"}, path.name


def test_the_core_runs_on_three_systems():
    matrix = loaded(GITHUB / "workflows" / "test.yml")["jobs"]["core"]["strategy"]["matrix"]
    assert [name.partition("-")[0] for name in matrix["system"]] == ["ubuntu", "macos", "windows"]


def test_hooks_are_local_and_call_what_is_here():
    config = loaded(ROOT / ".pre-commit-config.yaml")
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert [hook["id"] for hook in hooks] == ["lint", "format", "types", "lessons"]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert [unknown for hook in hooks for unknown in unknown_in(hook["entry"])] == []


def test_hooks_see_lessons_and_pages():
    (hook,) = (
        hook
        for hook in loaded(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
        if hook["id"] == "lessons"
    )
    pages = [*(ROOT / "lessons").glob("*.ipynb"), *(ROOT / "book").glob("*.md")]
    for path in [*pages, ROOT / "lessons" / "deeper" / "01_perceptron.ipynb"]:
        assert re.search(hook["files"], named(path))


def test_the_container_is_set_up_by_what_is_here():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert unknown_in(container["postCreateCommand"]) == []


def test_dependabot_looks_where_packages_are_named():
    ways = loaded(GITHUB / "dependabot.yml")["updates"]
    found = {way["package-ecosystem"]: ROOT / way["directory"].strip("/") for way in ways}
    assert (found["pip"] / "requirements.txt").is_file()
    assert (found["npm"] / "package-lock.json").is_file()
    assert (found["github-actions"] / ".github" / "workflows").is_dir()
    # What it leaves alone is what pyproject.toml holds back, and says why.
    pip = next(way for way in ways if way["package-ecosystem"] == "pip")
    lines = [line for part in EXTRAS.values() for line in part if "<" in line or "==" in line]
    held = {re.match(r"[\w-]+", line)[0] for line in lines}
    assert {entry["dependency-name"] for entry in pip["ignore"]} == held - {"flit_core"}


def test_an_editor_gets_the_settings_of_the_formatter():
    text = (ROOT / ".editorconfig").read_text("utf-8")
    first, _, rest = text.partition("\n")
    assert first == "root = true"
    editor = configparser.ConfigParser()
    editor.read_string(rest)
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]
    assert editor["*"].getint("max_line_length") == ruff["line-length"]


PAGES = ["SECURITY.md", "CONTRIBUTING.md", ".github/PULL_REQUEST_TEMPLATE.md"]


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_are_here(page):
    text = (ROOT / page).read_text("utf-8")
    paths = set(re.findall(r"`([\w./-]+/[\w.-]+|[A-Z]\w+\.(?:md|cff))`", text))
    paths = {path for path in paths - {".venv/bin"} if "NN" not in path}
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def test_the_kit_of_a_contributor_is_named():
    names = {re.match(r"[\w-]+", line)[0] for line in EXTRAS["dev"]}
    assert {"nbdime", "pre-commit"} <= names
