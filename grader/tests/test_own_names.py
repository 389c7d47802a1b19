"""What a student names says nothing about whose a file is, when it came, or what else came."""

import io
import itertools
import json
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlzero_grader.cli import main
from dlzero_grader.collecting.collect import collect
from dlzero_grader.collecting.history import History, digest_of
from dlzero_grader.collecting.match import Matcher
from dlzero_grader.collecting.senders import read_submitters, sender_of
from dlzero_grader.files import alone, write
from dlzero_grader.logbook import COLUMNS, Entry, append, entries_of
from dlzero_grader.marking.late import read_extensions, read_log

PEOPLE = {"ada": "Ada Lovelace", "bob": "Bob Smith", "1003": "Cy Young"}
ROSTER = [{"id": id, "name": name, "email": f"{id}@x.org"} for id, name in PEOPLE.items()]
NUMBERED = [{"id": id, "name": id, "email": ""} for id in ("1001", "1002", "1003")]
BOOK = [
    {"id": f"100{n}", "canvas": f"100{n}", "others": [id], "name": name, "email": f"{id}@x.org"}
    for n, (id, name) in enumerate(PEOPLE.items(), start=1)
]
FORGED_TIME = "2001-01-01 10:20:30 UTC"
FORGED_LIST = "".join(
    f"submission_7{n}:\n  :submitters:\n  - :name: {name}\n    :sid: '{id}'\n"
    f"  :created_at: {FORGED_TIME}\n"
    for n, (id, name) in enumerate(PEOPLE.items(), start=1)
)


def notebook(text):
    cells = [{"cell_type": "markdown", "source": text, "metadata": {}}]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})


def packed(files):
    """Return a zip file with these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as pack:
        for path, data in files.items():
            pack.writestr(path, data)
    return made.getvalue()


def wrapped(platform, n, id, name):
    """Return what a platform writes before the student's own name, and whether it is a folder."""
    last_first = "".join(reversed(name.lower().split()))
    return {
        "canvas": (f"{last_first}_100{n}_900{n}_", False),
        "canvas late": (f"{last_first}_LATE_100{n}_900{n}_", False),
        "moodle": (f"{name}_5{n}_assignsubmission_file_/", True),
        "moodle flat": (f"{name}_5{n}_assignsubmission_file_", False),
        "blackboard": (f"hw01_{id}_attempt_2024-01-05-10-20-3{n}_", False),
        "brightspace": (f"12{n}-305 - {name} - Jan 5, 2024 103{n} AM/", True),
        "brightspace flat": (f"12{n}-305 - {name} - Jan 5, 2024 103{n} AM - ", False),
        "gradescope": (f"assignment_5_export/submission_7{n}/", True),
        "google": (f"{name} - ", False),
        "github": (f"hw01-{id}/", True),
        "nbgrader": (f"{id}/hw01/", True),
    }[platform]


PLATFORMS = (
    *("canvas", "canvas late", "moodle", "moodle flat", "blackboard", "brightspace"),
    *("brightspace flat", "gradescope", "google", "github", "nbgrader"),
)
# Pieces of what all platforms write, with the other students in them.
PARTS = [
    *("_attempt_2001-01-07-10-20-30_", "_attempt_", "hw01_bob_attempt_2001-01-07-10-20-30_"),
    *("_66_assignsubmission_file_", "Bob Smith_52_assignsubmission_file_", "_1002_9999_"),
    *("smithbob_1002_9999_", "_LATE_1003_9998_", "anon_x_5_", "bob", "1003", "1002", "Bob Smith"),
    *(" - ", "Bob Smith - ", "127-305 - Bob Smith - Jan 6, 2001 1030 AM - "),
    *("submission_72", "submission_73/", "hw01-bob/", "bob/hw01/", "/", "hw01", "-9", " (7)"),
    *("\n", "\r", "\t", "\x01", "\u2028", "\x9b2J", '"', ",", ";=1", " ", "x.zip/", "_", "x" * 300),
    "\n2030-01-01T00:00:00+00:00,bob,restored,x,0,2001-01-01T00:00:00+00:00,no,,,,\n",
]
PIECES = st.sampled_from(PARTS)
OWN = st.lists(PIECES, max_size=6).map("".join)


@st.composite
def downloads(draw):
    """Return a platform, a roster, who hands in the odd files, and the files of everybody."""
    platform = draw(st.sampled_from(PLATFORMS))
    by_name = platform.startswith(("moodle", "brightspace", "google"))
    roster = draw(st.sampled_from([ROSTER, BOOK] if by_name else [ROSTER, BOOK, NUMBERED]))
    odd = draw(st.sampled_from(["ada", "bob", "mallory"]))
    odd = "ada" if platform == "nbgrader" else odd
    files = {}
    for n, (id, name) in enumerate({**PEOPLE, "mallory": "Mal Lory"}.items(), start=1):
        number = f"100{n}"
        login = number if roster is NUMBERED else id
        owner = id if roster is ROSTER else number
        front, folder = wrapped(platform, n, login, name)
        if id == odd:
            mine = draw(st.lists(OWN, min_size=1, max_size=4))
            inner = {f"{own or 'x'}.ipynb": notebook(f"{id} {k}") for k, own in enumerate(mine)}
            if draw(st.booleans()):
                place = draw(st.sampled_from(["", "hw01/", "submission_72/", "ada/hw01/"]))
                inner[f"{place}timestamp.txt"] = FORGED_TIME
                inner[f"{place}submission_metadata.yml"] = FORGED_LIST
            if draw(st.booleans()):
                inner = {f"{draw(OWN).replace('/', '_')}.zip": packed(inner)}
            for own, data in inner.items():
                own = own.lstrip("/") if folder else own.replace("/", "_")
                files[front + own] = (owner, data)
        elif id != "mallory" and (draw(st.booleans()) or (platform == "google" and id == "1003")):
            files[f"{front}hw01.ipynb"] = (owner, notebook(id))
        if platform == "nbgrader" and id != "mallory":
            files[f"{front}timestamp.txt"] = (owner, f"2024-01-05 10:20:3{n} UTC")
    if platform == "gradescope":
        listed = FORGED_LIST.replace("2001-01-01", "2024-01-05")
        files["assignment_5_export/submission_metadata.yml"] = ("", listed)
    return platform, roster, files


def texts_of(data):
    """Return the text of each notebook in a file, which may be a zip file."""
    if isinstance(data, bytes):
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            return [text for one in pack.infolist() for text in texts_of(pack.read(one).decode())]
    return [data] if data.startswith("{") else []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_two_parts_of_other_names_give_a_file_to_nobody_else(platform):
    """Every pair of them, by the name alone."""
    by_name = platform.startswith(("moodle", "brightspace", "google"))
    for roster in [ROSTER, BOOK] if by_name else [ROSTER, BOOK, NUMBERED]:
        logins = [student["id"] for student in (NUMBERED if roster is NUMBERED else ROSTER)]
        people = list(zip([*logins, "mallory"], [*PEOPLE.values(), "Mal Lory"], strict=True))
        fronts = [wrapped(platform, n, *one) for n, one in enumerate(people, start=1)]
        fronts = [(front.removeprefix("assignment_5_export/"), folder) for front, folder in fronts]
        listed = read_submitters(FORGED_LIST.replace("2001", "2024"))
        matcher = Matcher(roster, "hw01", {})
        matcher.compare(f"{front}hw01.ipynb".split("/") for front, _ in fronts)
        for first, second in itertools.product(PARTS, PARTS):
            for n in (0, 3):
                (front, folder), own = fronts[n], f"{first}{second}.ipynb"
                path = front + (own.lstrip("/") if folder else own.replace("/", "_"))
                sender = matcher.sender(path.split("/"), listed)
                right = roster[0]["id"] if n == 0 else ""
                assert matcher.owner(sender).student in ("", right), path
                assert not sender.submitted or sender.submitted.year == 2024, path


@settings(max_examples=100)
@given(downloads())
def test_no_name_of_a_student_gives_a_file_to_another_or_a_time(case):
    platform, roster, files = case
    owners = {
        digest_of(text.encode()): owner for owner, data in files.values() for text in texts_of(data)
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "d.zip", packed({path: data for path, (_, data) in files.items()}))
        for _ in range(2):  # what was known the first time must not mislead the second
            collect("hw01", folder / "d.zip", roster, folder)
        log = folder / "history" / "hw01" / "log.csv"
        entries = entries_of(log)
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        assert len(lines) == len(entries) + bool(lines)
        for entry in entries:
            assert owners[entry.digest] == entry.student, (platform, entry)
            assert "2001" not in entry.submitted
            assert bool(entry.submitted) <= platform.startswith(
                ("blackboard", "brightspace", "gradescope", "nbgrader")
            )
        for path in folder.glob("submitted/*/hw01/hw01.ipynb"):
            assert owners[digest_of(path.read_bytes())] == path.parts[-3]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_honest_names_find_their_owner(platform, tmp_path):
    """So that the test above cannot pass by giving nothing to anybody."""
    files = {}
    for n, (id, name) in enumerate(PEOPLE.items(), start=1):
        front, _ = wrapped(platform, n, id, name)
        files[f"{front}hw01.ipynb"] = notebook(id)
        if platform == "nbgrader":
            files[f"{front}timestamp.txt"] = f"2024-01-05 10:20:3{n} UTC"
    if platform == "gradescope":
        files["assignment_5_export/submission_metadata.yml"] = FORGED_LIST
    write(tmp_path / "d.zip", packed(files))
    assert sorted(collect("hw01", tmp_path / "d.zip", ROSTER, tmp_path).new) == sorted(PEOPLE)
    said = [entry.submitted for entry in History(tmp_path, "hw01").entries]
    times = platform.startswith(("blackboard", "brightspace", "gradescope", "nbgrader"))
    assert all(bool(text) == times for text in said)


def collected(folder, files, roster=ROSTER):
    write(folder / "d.zip", packed(files))
    return collect("hw01", folder / "d.zip", roster, folder)


def test_a_time_in_another_language_is_not_looked_for_further_on():
    path = "127-305 - Ada Lovelace - 5 janv. - x - Jan 6, 2001 1030 AM - hw01.ipynb"
    sender = sender_of([path], ["hw01"])
    assert (sender.name, sender.submitted) == ("Ada Lovelace", None)


def test_a_title_is_no_name_where_all_files_have_it(tmp_path):
    names = [f"Homework 1 - A_{id}_attempt_2024-01-05-10-20-30_hw01.ipynb" for id in ("ada", "bob")]
    assert collected(tmp_path, {name: notebook(name) for name in names}).new == ["ada", "bob"]
    other = {"Mal Lory - 1003.ipynb": notebook("m"), "Ada Lovelace - hw01.ipynb": notebook("a")}
    assert "1003" not in collected(tmp_path, other).new


def test_the_number_of_moodle_is_known_with_the_name_only(tmp_path):
    first = {"Rob Smith_66_assignsubmission_file_/hw01.ipynb": notebook("b")}
    assert len(collected(tmp_path, first).open) == 1
    table = tmp_path / "decide" / "hw01.csv"
    write(table, table.read_text("utf-8").replace(",,moodle", ",bob,moodle"))
    assert collected(tmp_path, first).new == ["bob"]
    for name, owner in (("Rob Smith", "bob"), ("Eve Smith", "")):
        files = {f"{name}_66_assignsubmission_file_/hw01.ipynb": notebook(name)}
        told = collected(tmp_path, files)
        assert [question.candidates for question in told.open][-1:] == [(owner,) if owner else ()]


@pytest.mark.parametrize("own", ["hw01_bob_attempt_2099-01-07-10-20-30_hw01", "x - Bob Smith - b"])
def test_an_earlier_name_does_not_help_a_later_one(tmp_path, own):
    front = "Ada Lovelace_55_assignsubmission_file_"
    collected(tmp_path, {"Bob Smith_66_assignsubmission_file_hw01.ipynb": notebook("bob")})
    forged = {f"{front}Bob Smith_66_assignsubmission_file_{own}.ipynb": notebook("ada")}
    assert collected(tmp_path, forged).new == ["ada"]
    assert [entry.what for entry in History(tmp_path, "hw01").of("bob")] == ["received"]


def test_a_folder_of_a_submission_is_never_passed_by(tmp_path):
    top = "assignment_5_export"
    listed = "submission_71:\n  :submitters:\n  - :name: A\n    :sid: ada\n"
    files = {f"{top}/submission_71/submission_7{n}/hw01.ipynb": notebook(str(n)) for n in (2, 3, 4)}
    files[f"{top}/submission_71/submission_metadata.yml"] = FORGED_LIST
    files[f"{top}/submission_metadata.yml"] = listed
    told = collected(tmp_path, files)
    assert {question.candidates for question in told.open} == {("ada",)}
    assert not (tmp_path / "submitted").exists()


def test_times_of_nbgrader_stand_where_all_is_of_nbgrader(tmp_path):
    at = "2024-01-05 10:20:30 UTC"
    files = {"ada/hw01/hw01.ipynb": notebook("a"), "ada/hw01/timestamp.txt": at}
    for other, believed in (("bob/hw01/data/x.csv", True), ("bob/hw01.ipynb", False)):
        folder = tmp_path / other.replace("/", "_")
        collected(folder, {**files, other: notebook("b")})
        assert bool(History(folder, "hw01").current("ada").submitted) == believed
    everybody = {path.replace("ada", id): data for id in PEOPLE for path, data in files.items()}
    for name, odd in (  # a name is no id, and a zip file may be that of a student
        ("name", {path.replace("ada", "Ada Lovelace"): data for path, data in files.items()}),
        ("zip", {"x.zip": packed(everybody)}),
    ):
        folder = tmp_path / name
        collected(folder, odd)
        assert not any(entry.submitted for entry in History(folder, "hw01").entries)


RECORD = "2030-01-01T00:00:00+00:00,bob,restored,x.ipynb,ff,2031-01-01T00:00:00+00:00,no,,,,"


def test_a_new_line_in_a_name_begins_no_line_of_the_log(tmp_path, capsys):
    write(tmp_path / "roster.csv", "id,name,email\nada,Ada Lovelace,\nbob,Bob Smith,\n")
    name = f"x\n{RECORD}\n  Bob Smith (bob): replaced: old\n0 to decide.\n/hw01.ipynb"
    for id, text in (("lovelaceada_1_1", "a"), ("stranger_3_3", "c")):
        files = {f"{id}_a.zip": packed({name: notebook(text), "y/hw01.ipynb": notebook(text * 2)})}
        files["stray\n  Bob Smith (bob): replaced"] = "x"
        write(tmp_path / f"{id}.zip", packed(files))
        assert main(["collect", "hw01", str(tmp_path / f"{id}.zip"), "--class", str(tmp_path)]) == 0
    assert main(["history", "hw01", "--class", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert not any(line.startswith(("  Bob Smith (bob): rep", "0 to")) for line in said.split("\n"))
    past = History(tmp_path, "hw01")
    assert {entry.student for entry in past.entries} == {"ada"}
    assert "bob" not in read_log(tmp_path, "hw01")
    table = (tmp_path / "decide" / "hw01.csv").read_text("utf-8-sig")
    assert len(table.splitlines()) == 5


def test_what_an_older_log_holds_forges_nothing(tmp_path):
    """It kept new lines within quotes, and a line may be torn before them or after."""
    log = tmp_path / "history" / "hw01" / "log.csv"
    old = f'T,ada,received,"a, ""b""\n{RECORD}\n\x01/y.ipynb",aa,,,,,,\n'
    last = 'T,1003,"older, kept","c, d",cc,2024-01-05T10:20:30+00:00,,,,,\n'
    for torn in ("", 'T,ada,received,"tor\n', "T,ada,rec\n", "\n", 'T,ada,"broken, ke\n'):
        write(log, ",".join(COLUMNS) + "\n" + torn + old + torn + last)
        assert [(entry.student, entry.digest) for entry in entries_of(log)] == [
            ("ada", "aa"),
            ("1003", "cc"),
        ]
        assert list(read_log(tmp_path, "hw01")) == ["1003"]
    assert "\n" not in entries_of(log)[0].file


@given(st.lists(st.lists(st.text() | OWN, min_size=11, max_size=11), min_size=1, max_size=4))
def test_what_is_written_is_read_and_each_entry_is_one_line(lines):
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log.csv"
        written = [append(log, Entry(*cells)) for cells in lines]
        assert entries_of(log) == written
        assert len(log.read_text("utf-8").splitlines()) == len(lines) + 1


@pytest.mark.parametrize("inner", ["x.txt", "hw01.ipynb"])
def test_a_long_name_stops_no_command(tmp_path, inner):
    write(tmp_path / "roster.csv", "id,name,email\nada,Ada Lovelace,\nbob,Bob Smith,\n")
    files = {
        f"{front}.zip": packed({"\x01" * 40_000 + f"/{k}/{inner}": notebook(k) for k in "ab"})
        for front in ("lovelaceada_1_1_a", "stranger_3_3_a")
    }
    write(tmp_path / "d.zip", packed({**files, "smithbob_2_2_hw01.ipynb": notebook("bob")}))
    for command in (["collect", str(tmp_path / "d.zip")], ["collect", str(tmp_path / "d.zip")]):
        assert main([command[0], "hw01", *command[1:], "--class", str(tmp_path)]) == 0
    assert main(["history", "hw01", "--class", str(tmp_path)]) == 0
    for path in tmp_path.glob("*/hw01*/log.csv"):
        assert max(map(len, path.read_text().splitlines())) < 2000


def test_a_log_with_such_a_name_is_read(tmp_path):
    log = tmp_path / "history" / "hw01" / "log.csv"
    write(log, ",".join(COLUMNS) + f"\nT,ada,received,{'x' * 200_000}/y.ipynb,aa,,,,,,\n")
    assert [entry.digest for entry in entries_of(log)] == ["aa"]
    assert read_log(tmp_path, "hw01") == {}


@pytest.mark.parametrize("file", ["decide/hw01.csv", "roster.csv", "extensions.csv"])
def test_a_table_that_cannot_be_read_is_named(tmp_path, file, capsys):
    write(tmp_path / "roster.csv", "id,name,email\nada,Ada Lovelace,\n")
    write(tmp_path / "d.zip", packed({"lovelaceada_1_1_hw01.ipynb": notebook("a")}))
    write(tmp_path / file, "id,file,student,homework,until,reason\n" + "x" * 200_000 + ",ada\n")
    if file == "extensions.csv":
        with pytest.raises(ValueError, match=r"extensions\.csv, line 2: field larger"):
            read_extensions(tmp_path, "hw01", PEOPLE, None)
        return
    assert main(["collect", "hw01", str(tmp_path / "d.zip"), "--class", str(tmp_path)]) == 1
    assert f"{Path(file).name}, line 2: field larger" in capsys.readouterr().err


def test_two_collect_at_once_are_one_after_the_other(tmp_path):
    place = tmp_path / "history" / "hw01"
    write(tmp_path / "d.zip", packed({"lovelaceada_1_1_hw01.ipynb": notebook("a")}))
    done = []

    def work():
        done.append(collect("hw01", tmp_path / "d.zip", ROSTER, tmp_path))

    with alone(place):
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        assert not done
        assert not (place / "log.csv").exists()
    for thread in threads:
        thread.join()
    assert sorted(told.new for told in done) == [[], ["ada"]]
    assert len(entries_of(place / "log.csv")) == 1
