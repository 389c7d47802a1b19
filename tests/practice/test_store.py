"""The store: no run is done twice, and none is lost."""

import json
import math
import multiprocessing
import os
import sqlite3

import pytest
from comparisons import bowl, changed, plain, stored

from dlzero.practice import FunctionProblem, Method, Store, compare, store, tasks

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
    path.write_bytes(b"SQLite format 3\0" + b"no database, but for its first letters" * 100)
    with pytest.warns(UserWarning, match="is damaged .* was moved to .*runs.sqlite.damaged-"):
        results = compare(bowl(), "sgd", rates=None, jobs=1, budget=9, store=path, progress=False)
    assert results.complete
    (aside,) = tmp_path.glob("runs.sqlite.damaged-*")
    assert b"no database" in aside.read_bytes()
    with Store(path) as store:
        assert store.file.execute("SELECT count(*) FROM outcomes").fetchone() == (5,)


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
    file.execute("UPDATE outcomes SET numbers = x'00' WHERE rowid = 1")
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
        file.execute("PRAGMA max_page_count=6")
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


def test_a_store_that_cannot_be_written_is_found_before_the_first_run(
    tmp_path, counted, monkeypatch
):
    path = tmp_path / "runs.sqlite"
    Store(path).__exit__()
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda p, **k: connect(f"file:{p}?mode=ro", uri=True, **k)
    )
    with pytest.raises(OSError, match=r"readonly .* Choose another file .* a copy"):
        compare(bowl(), "sgd", rates=None, jobs=1, progress=False, store=path)
    assert counted == []


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
def test_a_store_that_is_deleted_in_the_middle_is_told(tmp_path):
    path = tmp_path / "runs.sqlite"

    def fun(x):
        path.unlink(missing_ok=True)
        return x @ x

    own = FunctionProblem("own", fun, lambda x: 2 * x, (3.0, 3.0))
    results = compare(own, "sgd", rates=None, seeds=2, jobs=1, progress=False, store=path)
    assert len(results) == 2
    assert results.message == (
        f"The store {path} was moved or deleted meanwhile: new runs are not kept there."
    )
    again = compare(bowl(), "sgd", rates=None, seeds=2, jobs=1, progress=False, store=path)
    assert again.message == ""


@pytest.mark.parametrize("kind", ["text", "database"])
def test_a_file_of_the_reader_is_left_alone(kind, tmp_path):
    path = tmp_path / "mine"
    if kind == "text":
        path.write_text("lr,loss\n0.1,2.5\n")
    else:
        with sqlite3.connect(path) as file:
            file.execute("CREATE TABLE mine (a)")
        file.close()
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"is another .* Choose another name"):
        compare(bowl(), "sgd", jobs=1, progress=False, store=path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


OUTCOME = {
    "status": "ok",
    "reason": "",
    "train": 0.1 + 0.2,
    "validation": math.nan,
    "accuracy": math.inf,
    "seconds": 5e-324,
    "steps": list(range(0, 260, 10)),
    "curve": [1 / (k + 3) for k in range(26)],
}


def test_outcomes_come_back_to_the_last_bit_in_any_order_of_their_fields(tmp_path):
    kinds = {
        "a" * 32: OUTCOME,
        "b" * 32: dict(reversed(OUTCOME.items())),
        "no number": OUTCOME | {"status": "diverged", "reason": "é", "curve": [], "steps": []},
        "": {"train": 0.5},
    }
    with Store(tmp_path / "a") as store:
        for key, outcome in kinds.items():
            store.put(key, outcome)
    with Store(tmp_path / "a") as store:
        found = store.get([*kinds, "c" * 32])
    assert {k: json.dumps(v, sort_keys=True) for k, v in found.items()} == {
        k: json.dumps(v, sort_keys=True) for k, v in kinds.items()
    }


def test_a_store_is_small(tmp_path):
    with Store(tmp_path / "a") as store:
        for k in range(1000):
            store.put(
                f"{k:032x}", OUTCOME | {"train": k / 7, "curve": [k / (j + 3) for j in range(26)]}
            )
    assert (tmp_path / "a").stat().st_size < 1000 * 400


def test_a_store_of_the_first_version_is_read(tmp_path):
    path = tmp_path / "runs.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE runs (key TEXT PRIMARY KEY, outcome TEXT)")
        file.execute("INSERT INTO runs VALUES (?, ?)", ("a" * 32, json.dumps(OUTCOME)))
    file.close()
    with Store(path) as store:
        store.put("b" * 32, {"train": 0.5})
        found = store.get(["a" * 32, "b" * 32, "c" * 32])
    assert json.dumps(found["a" * 32]) == json.dumps(OUTCOME)
    assert found["b" * 32] == {"train": 0.5}
    assert len(found) == 2


def test_a_run_that_failed_is_tried_again(tmp_path, counted):
    away = tmp_path / "away"
    away.touch()

    def rule(w, g, lr=0.1):
        if away.exists():
            raise OSError("the drive is away")
        return (w - lr * g,)

    arguments = {"rates": None, "seeds": 2, "budget": 5, "jobs": 1, "progress": False}
    arguments["store"] = tmp_path / "runs.sqlite"
    first = compare(bowl(), rule, **arguments)
    assert [r.status for r in first] == ["failed"] * 2
    assert first.complete
    assert first.message == "2 of 2 runs failed. The same call tries them again."
    assert stored(arguments["store"]) == 0
    away.unlink()
    second = compare(bowl(), rule, **arguments)
    assert [r.status for r in second] == ["ok"] * 2
    assert (second.message, len(counted), stored(arguments["store"])) == ("", 4, 2)


def test_a_failure_that_the_first_version_stored_is_tried_again(tmp_path, counted):
    arguments = {"rates": None, "seeds": 1, "jobs": 1, "progress": False}
    arguments["store"] = tmp_path / "runs.sqlite"
    compare(bowl(), "sgd", **arguments)
    with Store(arguments["store"]) as store:
        ((key,),) = store.file.execute("SELECT key FROM outcomes")
        store.put(key.hex(), OUTCOME | {"status": "failed"})
    (row,) = compare(bowl(), "sgd", **arguments)
    assert (row.status, len(counted)) == ("ok", 2)


def test_what_cannot_be_compared_is_run_each_time_and_not_stored(tmp_path, counted):
    text = "def f(w, g, lr=0.1):\n    return (w - eval('lr') * g,)"
    arguments = {"rates": None, "seeds": 1, "jobs": 1, "progress": False}
    arguments["store"] = tmp_path / "runs.sqlite"
    for _ in range(2):
        with pytest.warns(UserWarning, match="^method f cannot be compared"):
            results = compare(bowl(), ["sgd", changed(text)], **arguments)
        assert [r.status for r in results] == ["ok", "ok"]
    assert sorted(name for name, _ in counted) == ["f", "f", "sgd"]
    assert stored(arguments["store"]) == 1


def test_what_another_sweep_does_in_the_meantime_is_not_done_again(tmp_path, counted):
    arguments = {"rates": "1e-3:1:5", "seeds": 2, "defaults": False, "budget": 20}
    arguments |= {"jobs": 1, "progress": False}
    whole = compare(bowl(), "sgd", store=None, **arguments)
    counted.clear()
    path, inner = tmp_path / "runs.sqlite", []

    def rule(w, g, lr=0.1):
        if not inner:
            inner.append(1)  # The first step of the first run: another sweep does all of it.
            compare(bowl(), "sgd", store=path, **arguments)
        return (w - lr * g,)

    results = compare(bowl(), [rule, "sgd"], store=path, **arguments)
    assert plain(results.filter(method="sgd")) == plain(whole)
    assert sorted(name for name, _ in counted) == ["rule"] * 10 + ["sgd"] * 10


def test_what_another_sweep_has_begun_is_left_for_the_end(tmp_path, counted):
    arguments = {"rates": [0.1, 0.2, 0.3], "seeds": 1, "defaults": False, "budget": 20}
    arguments |= {"jobs": 1, "progress": False, "store": tmp_path / "runs.sqlite"}
    compare(bowl(), "sgd", **arguments)
    with Store(arguments["store"]) as store:
        keys = [key for (key,) in store.file.execute("SELECT key FROM outcomes ORDER BY rowid")]
        assert store.file.execute("SELECT count(*) FROM claims").fetchone() == (0,)
        store.file.execute("DELETE FROM outcomes")
        assert store.claim(keys[0].hex())
        assert not store.claim(keys[0].hex())
    counted.clear()
    # Who began it may be dead.
    assert compare(bowl(), "sgd", **arguments).complete
    assert [lr for _, lr in counted] == [0.2, 0.3, 0.1]


def open_often(folder, barrier, failed, k):
    for number in range(40):
        barrier.wait()
        try:
            with Store(f"{folder}/{number}") as store:
                store.put(f"{k}", {"train": 0.5})
        except OSError as error:
            failed.put(str(error))
    failed.put(None)


def test_processes_that_open_a_store_at_once_wait_for_each_other(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier, failed = context.Barrier(4), context.Queue()
    arguments = [(tmp_path, barrier, failed, k) for k in range(4)]
    openers = [context.Process(target=open_often, args=a) for a in arguments]
    for process in openers:
        process.start()
    said, ended = [], 0
    while ended < 4:
        found = failed.get(timeout=120)
        ended += found is None
        said += [found] if found else []
    for process in openers:
        process.join()
    assert said == []
    with Store(tmp_path / "7") as store:
        assert len(store.get("0123")) == 4


def test_a_lock_of_another_is_waited_for(tmp_path, monkeypatch):
    connect, calls = store._prepared, []

    def prepared(file, path):
        calls.append(1)
        if len(calls) < 3:
            raise sqlite3.OperationalError("database is locked")
        return connect(file, path)

    monkeypatch.setattr(store, "_prepared", prepared)
    with Store(tmp_path / "a"):
        assert len(calls) == 3
    monkeypatch.setattr(store, "PATIENCE", 0.1)
    monkeypatch.setattr(store, "_prepared", locked)
    with pytest.raises(OSError, match=r"database is locked.* Choose another file"):
        Store(tmp_path / "a")


def locked(file, path):
    raise sqlite3.OperationalError("database is locked")
