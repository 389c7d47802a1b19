"""The store: no run is done twice, and none is lost."""

import os
import sqlite3

import pytest
from comparisons import bowl, changed, plain, stored

from dlzero.practice import Method, Store, compare, store, tasks

pytestmark = pytest.mark.needs("joblib", "threadpoolctl", "tqdm")


@pytest.fixture
def counted(monkeypatch):
    """The tasks that are really run, by method and rate."""
    done = []

    def run_one(task, original=tasks.run_one):
        done.append((task.method.name, task.lr))
        return original(task)

    monkeypatch.setattr(tasks, "run_one", run_one)
    return done


def test_nothing_is_run_twice(tmp_path, counted):
    arguments = {"seeds": 2, "jobs": 1, "progress": False, "store": tmp_path / "runs.sqlite"}
    first = compare(bowl(), ["sgd", "adam"], rates=[0.01, 0.1], **arguments)
    # sgd has 0.01 by default: the same task for two rows
    assert len(first) == 12
    assert len(counted) == 10
    counted.clear()
    second = compare(bowl(), ["sgd", "adam"], rates=[0.01, 0.1], **arguments)
    assert counted == []
    assert plain(second) == plain(first)
    assert [r["seconds"] for r in second] == [r["seconds"] for r in first]
    compare(bowl(), ["sgd", "adam"], rates=[0.1, 0.5], defaults=False, **arguments)
    assert counted == [("sgd", 0.5), ("adam", 0.5)] * 2


def test_changed_code_is_run_again(tmp_path, counted):
    def method(text):
        return Method("own", changed(text))

    rule = "def f(w, g, lr=0.1):\n    return (w - lr * g,)"
    arguments = {"rates": None, "seeds": 1, "jobs": 1, "progress": False}
    arguments["store"] = tmp_path / "runs.sqlite"
    (a,) = compare(bowl(), method(rule), **arguments)
    (b,) = compare(bowl(), method(rule.replace("lr * g", "lr * 2 * g")), **arguments)
    (c,) = compare(bowl(), method(rule + "  # a comment"), **arguments)
    compare(bowl(noise=0.1), method(rule), **arguments)
    compare(bowl(), method(rule), budget=301, **arguments)
    assert len(counted) == 4
    assert a["train"] != b["train"]
    assert a["train"] == c["train"]


def test_a_damaged_store_is_moved_aside_and_the_sweep_goes_on(tmp_path):
    path = tmp_path / "runs.sqlite"
    path.write_bytes(b"no database at all, but long enough to be read as one" * 100)
    with pytest.warns(UserWarning, match="is damaged .* was moved to .*runs.sqlite.damaged-"):
        results = compare(bowl(), "sgd", rates=None, jobs=1, budget=9, store=path, progress=False)
    assert results.complete
    (aside,) = tmp_path.glob("runs.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"no database")
    with Store(path) as store:
        assert store.file.execute("SELECT count(*) FROM runs").fetchone() == (5,)


def test_a_damaged_page_is_noticed(tmp_path):
    path = tmp_path / "runs.sqlite"
    with Store(path) as store:
        for k in range(300):
            store.put(str(k), {"curve": list(range(50))})
    data = bytearray(path.read_bytes())
    data[8192:12288] = os.urandom(4096)
    path.write_bytes(data)
    with pytest.warns(UserWarning, match="is damaged"), Store(path) as store:
        assert store.get(["1"]) == {}


def test_a_row_that_cannot_be_read_is_run_again(tmp_path, counted):
    path = tmp_path / "runs.sqlite"
    arguments = {"rates": None, "seeds": 2, "jobs": 1, "progress": False, "store": path}
    first = compare(bowl(), "sgd", **arguments)
    file = sqlite3.connect(path)
    file.execute("UPDATE runs SET outcome = '{\"status\": ' WHERE rowid = 1")
    file.commit()
    file.close()
    counted.clear()
    assert plain(compare(bowl(), "sgd", **arguments)) == plain(first)
    assert len(counted) == 1


def test_a_full_disk_is_an_error_that_says_what_to_do(tmp_path, monkeypatch, counted):
    path = tmp_path / "runs.sqlite"
    connected = store._connected

    def small(path):
        file = connected(path)
        file.execute("PRAGMA max_page_count=4")
        return file

    arguments = {"rates": "1e-3:1:9", "seeds": 5, "jobs": 1, "progress": False, "store": path}
    arguments["budget"] = 30
    monkeypatch.setattr(store, "_connected", small)
    with pytest.raises(OSError, match=r"disk is full.*Make room .* give the same call again"):
        compare(bowl(), "sgd", **arguments)
    monkeypatch.setattr(store, "_connected", connected)
    kept = stored(path)
    assert kept == len(counted) - 1 > 0
    counted.clear()
    results = compare(bowl(), "sgd", **arguments)
    assert results.complete
    assert len(counted) == len(results) - kept == 50 - kept


def test_store_that_cannot_be_made(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        compare(bowl(), "sgd", store=tmp_path / "nowhere" / "runs.sqlite")
    with pytest.raises(TypeError, match="store must be the path of a file, got 3"):
        compare(bowl(), "sgd", store=3)
    with pytest.raises(OSError, match=r"cannot be used .* store=None"):
        compare(bowl(), "sgd", store=tmp_path)
