"""When something came, as other programs write it: read once, whatever the zone of the machine."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from dlzero_grader.collecting.collect import collect
from dlzero_grader.files import write
from dlzero_grader.marking.late import arrival_of, read_log
from dlzero_grader.times import read_time

ADA = "a" * 64
CAME = "2024-07-05T08:20:30+00:00"


@pytest.fixture(params=["America/Los_Angeles", "Asia/Kolkata"])
def elsewhere(request, monkeypatch):
    """Put the machine into another zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def iso(text):
    made = read_time(text)
    return made and made.astimezone(UTC).isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "2024-07-05 08:20:30.000000 UTC",
        "2024-07-05 08:20:30 GMT\n",
        "2024-07-05 08:20:30",  # of `nbgrader zip_collect`
        "\ufeff2024-07-05 08:20:30\r\n",
        "2024-07-05T08:20:30.000000000Z",
        "2024-07-05 10:20:30 +0200",
        "2024-07-05 05:20:30.0 -03",
        "2024-07-05 10:20:30 Europe/Berlin",
        "2024-07-05 01:20:30.000000 America/Los_Angeles",
        "2024-07-05 03:20:30 EST",
    ],
)
def test_collect_and_report_read_the_same_time_in_every_zone(tmp_path, elsewhere, text):
    assert iso(text) == CAME
    source = tmp_path / "course" / "submitted"
    write(source / "ada" / "demo" / "demo.ipynb", json.dumps({"cells": []}))
    write(source / "ada" / "demo" / "timestamp.txt", text)
    collect("demo", source, [{"id": "ada", "name": "Ada", "email": ""}], tmp_path / "class")
    ((_, collected),) = read_log(tmp_path / "class", "demo")["ada"]
    read = arrival_of(tmp_path / "course", "demo", "ada", ADA, {}).when
    assert collected == read == datetime.fromisoformat(CAME)
    note = tmp_path / "class" / "submitted" / "ada" / "demo" / "received.json"
    digest = json.loads(note.read_text())["digest"]
    assert arrival_of(tmp_path / "class", "demo", "ada", digest, {}).when == collected


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2024-07-05",
        "2024-13-05 08:20:30 UTC",
        "2024-07-05 08:20:30 PST",
        "2024-07-05 08:20:30 CET",  # in summer: of Algiers, and not of Berlin
        "2024-07-05 08:20:30 Europe",
        "2024-07-05 08:20:30 Europe/../../../etc/passwd",
        "2024-07-05 08:20:30 +99:99",
        "0001-01-01 00:00:00 +0500",
        "9999-12-31 23:59:59 UTC",
    ],
)
def test_a_time_that_is_not_clear_is_none(tmp_path, elsewhere, text):
    assert read_time(text) is None
    write(tmp_path / "submitted" / "ada" / "demo" / "timestamp.txt", text)
    assert arrival_of(tmp_path, "demo", "ada", ADA, {}).spoiled


@pytest.mark.parametrize(
    ("zone", "clear"),
    [("UTC", True), ("America/Sao_Paulo", True), ("Asia/Kolkata", False), ("Asia/Dubai", True)],
)
def test_what_nbgrader_writes_is_read_or_named(elsewhere, zone, clear):
    exchange = pytest.importorskip("nbgrader.exchange").Exchange()
    exchange.timezone = zone
    exchange.set_timestamp()
    made = read_time(exchange.timestamp)
    if clear:
        assert abs(made - datetime.now(UTC)) < timedelta(minutes=1)
    else:  # IST is also the time of Israel and of Ireland
        assert made is None
