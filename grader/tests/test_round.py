"""The round of the guide for instructors, played with its own commands on a class of 30."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox, processes_with
from classroom.make_class import CHANGED, CLASS, make_class

from dlzero_grader import master as masters
from dlzero_grader.authoring.leaks import leaks
from dlzero_grader.roster import read_roster
from dlzero_grader.sandbox.channel import Limits

ROOT = Path(__file__).parents[2]
MASTERS = ROOT / "grader" / "masters"
GUIDE = (ROOT / "book" / "instructor.md").read_text("utf-8")
COMMANDS = re.findall(r"^python -m dlzero homework (.+)$", GUIDE, re.MULTILINE)
PRINTED = re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL)
PATH = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
QUICK = ("--seconds", "2")  # the loops of the hostile ones, in a test


def started(folder, command, *more):
    """Start a command of the guide in a folder."""
    words = [word for word in command.split() if word not in ("--class", "class")]
    masters_here = ("--masters", str(MASTERS))
    return subprocess.Popen(
        [sys.executable, "-m", "dlzero", "homework", *words, *masters_here, *more],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": PATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def said(folder, command, *more):
    """Run a command of the guide and return what it prints."""
    run = started(folder, command, *more)
    out, err = run.communicate()
    assert run.returncode == 0, err
    return out


def rows_in(folder):
    return {
        path.name: (path.stat().st_mtime_ns, path.read_text("utf-8"))
        for path in (folder / "rows" / "hw01").glob("*--*.json")
    }


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The round up to the report; `grade` is killed in the middle."""
    folder = tmp_path_factory.mktemp("class")
    make_class("hw01", folder)
    _, collect, grade, manual, report = COMMANDS
    done = {"folder": folder, "collect": said(folder, collect)}
    with started(folder, grade, *QUICK) as run:
        deadline = time.monotonic() + 120
        while len(rows_in(folder)) < 8 and time.monotonic() < deadline:
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
    done["first"] = rows_in(folder)
    done["again"] = said(folder, grade, *QUICK)
    done["rows"] = rows_in(folder)
    done["third"] = said(folder, grade, *QUICK)
    done["manual"] = said(folder, manual)
    sheet = folder / "report" / "hw01" / "manual.csv"
    filled = re.sub(r"(?m)^(1001,q6,3),,,", r"\1,2.5,good,", sheet.read_text("utf-8"))
    sheet.write_text(filled, "utf-8")
    done["report"] = said(folder, report)
    done["later"] = said(folder, collect.replace("submissions", "later"))
    done["once more"] = said(folder, collect)
    return done


pytestmark = needs_sandbox


def test_the_guide_names_the_commands():
    assert [command.split()[0] for command in COMMANDS] == [
        "build",
        "collect",
        "grade",
        "manual",
        "report",
    ]


def test_the_guide_prints_what_the_round_printed(played):
    _, collected, later, statuses = PRINTED
    assert played["collect"] == collected
    assert played["later"] == later
    assert played["report"].startswith(statuses)


def test_an_older_download_changes_nothing(played):
    _, _, later, _ = PRINTED
    assert "0 came new, 0 replaced" in played["once more"]
    assert "José Núñez (1003): older, not taken" in played["once more"]
    given = re.findall(r"to decide: (\S+):", later)
    table = (played["folder"] / "decide" / "hw01.csv").read_text("utf-8-sig")
    assert [line.split(",")[0] for line in table.splitlines()[1:]] == given


def test_the_history_has_what_came(played):
    listed = said(played["folder"], "history hw01 --student 1003")
    assert "received: núñezjosé_1003_8003_hw01.ipynb" in listed
    said(played["folder"], "restore hw01 1003 1")
    assert "\n* 1 " in said(played["folder"], "history hw01 --student 1003")


def test_the_guide_shows_a_roster_that_is_read(tmp_path):
    (tmp_path / "roster.csv").write_text(PRINTED[0], "utf-8")
    shown = [(s["id"], s["name"], s["email"]) for s in read_roster(tmp_path / "roster.csv")]
    assert shown == [("1001", "Ada Lovelace", "ada@example.org"), ("1002", "王小明", "")]


def test_the_guide_names_the_limits():
    limits = Limits()
    said = f"may take {limits.seconds:g} seconds, and a submission {limits.total:g}."
    assert said in GUIDE
    assert f"more than {limits.notebook >> 20} MB" in GUIDE


def test_the_guide_counts_the_class():
    kinds = Counter("Mallory" in person for _, person, _, _ in CLASS)
    honest = sum(kind == "right" or kind.startswith(("wrong", "half")) for _, _, kind, _ in CLASS)
    broken = kinds[False] - honest
    assert f"It has {honest} honest submissions, {broken} broken or missing" in GUIDE
    assert f"ones and {kinds[True]} hostile ones" in GUIDE


def test_what_was_done_before_the_kill_stays(played):
    first, rows = played["first"], played["rows"]
    assert 8 <= len(first) < len(CLASS)
    assert {name: rows[name] for name in first} == first
    assert f"{len(CLASS) - len(first)} of {len(CLASS)} rows written now" in played["again"]
    assert f"0 of {len(CLASS)} rows written now" in played["third"]
    assert played["report"].startswith(played["third"].partition("\n")[2])  # the statuses


def test_everyone_has_one_row_with_a_status(played):
    rows = [json.loads(text) for _, text in played["rows"].values()]
    found = {row["student"]: row["status"] for row in rows}
    assert len(rows) == len(CLASS)
    assert found == {id: status for id, _, _, status in CLASS}


def test_a_mark_by_hand_counts(played):
    marks = (played["folder"] / "report" / "hw01" / "marks.csv").read_text("utf-8-sig")
    total = {line.split(",")[0]: line.split(",")[3] for line in marks.splitlines()}
    assert (total["1001"], total["1002"]) == ("19.5", "17")
    assert {total[id] for id in ("1017", "1018", "1019")} == {"17"}  # of the table in the guide


def test_a_changed_notebook_loses_no_answer(played):
    sheet = (played["folder"] / "report" / "hw01" / "manual.csv").read_text("utf-8-sig")
    asked = {line.split(",")[0] for line in sheet.splitlines()}
    changed = [id for id, _, kind, _ in CLASS if kind in CHANGED]
    assert len(changed) == 3  # of the sentence in the guide
    assert asked.issuperset(changed)


def test_feedback_shows_no_secret(played):
    master = masters.load("hw01", MASTERS)
    for path in (played["folder"] / "report").rglob("*"):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as pack:
                texts = [pack.read(name).decode() for name in pack.namelist()]
        elif path.is_file() and path.name != "manual.html":
            texts = [path.read_text("utf-8")]
        else:
            continue
        for text in texts:
            assert leaks(master, text) == [], path


def test_no_process_is_left(played):
    deadline = time.monotonic() + 10
    mark = str(played["folder"])
    while (alive := processes_with(mark, "time.sleep(1000)")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive == []
