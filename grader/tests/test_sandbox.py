"""The grader and its sandbox: a class of honest, broken and hostile submissions."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox, play
from classroom.submissions import RIGHT, STUBS, SUBMISSIONS, answered, packed

from dlzero_grader import master as masters
from dlzero_grader.allowed import write_allowed
from dlzero_grader.files import write
from dlzero_grader.grading.grade import grade
from dlzero_grader.grading.grade_class import grade_class, read_rows
from dlzero_grader.grading.version import version_of
from dlzero_grader.row import Result
from dlzero_grader.sandbox import launch as sandbox
from dlzero_grader.sandbox.channel import Limits
from dlzero_grader.sandbox.launch import Workers

HERE = Path(__file__).parent / "classroom"
ROOT = Path(__file__).parents[2]
DEMO = masters.load("demo", HERE)
STORED = json.loads((HERE / "outcomes.json").read_text("utf-8"))

pytestmark = needs_sandbox


# ---- the whole table, in one class -------------------------------------------------------------


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    return play(tmp_path_factory.mktemp("class"))


@pytest.mark.parametrize("name", sorted(SUBMISSIONS))
def test_outcome(played, name):
    row = played.rows[name]
    points = [result.points for result in row.tests.values()]
    assert [row.status, points] == STORED[name], row


def test_every_submission_has_a_stored_outcome():
    assert sorted(SUBMISSIONS) == sorted(STORED)
    assert len(SUBMISSIONS) >= 150


def test_nothing_survives(played):
    assert played.alive == []


def test_nothing_outside_changes(played):
    assert played.changed == []


def test_nobody_was_called(played):
    assert played.calls == 0


def test_everyone_has_one_row(played):
    assert sorted(played.rows) == sorted(SUBMISSIONS)
    assert all(row.student == name for name, row in played.rows.items())


def test_rows_hold_no_secret_of_the_machine(played):
    text = json.dumps([row.to_json() for row in played.rows.values()])
    assert "the password" not in text
    assert played.token not in text


def test_a_row_is_the_same_without_the_others(played, tmp_path):
    alone = play(tmp_path, ["honest", "honest_wrong"])
    for name, row in alone.rows.items():
        assert replace(row, grader="") == replace(played.rows[name], grader="")  # other limits


ATTACKS = ("reads_files", "writes_files", "calls_the_network", "background_processes")


def test_the_attacks_work_where_there_is_no_sandbox(tmp_path):
    """The control: what the table says about the sandbox is not due to attacks that fail."""
    done = play(tmp_path, ATTACKS, unsafe=True)
    try:
        for name in ATTACKS[:3]:
            assert done.rows[name].tests["q1_test"].points == 2, name
        assert any(name.endswith(done.token) for name in done.changed)
        assert done.calls == 1
        assert done.alive
    finally:
        for place in ("/", "/usr", "/tmp", "/var/tmp", "/dev/shm"):
            with contextlib.suppress(OSError):
                os.unlink(Path(place, done.token))
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if done.token in path.read_text(errors="replace"):
                    os.kill(int(path.parent.name), signal.SIGKILL)


# ---- one submission ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return write_allowed(DEMO.allow, tmp_path_factory.mktemp("package"))


LIMITS = Limits(seconds=1.0, total=12.0)


def graded(package, limits=LIMITS, **answers):
    return grade(DEMO, packed(answered(**answers)), Workers(package, limits))


def test_messages_say_what_came(package):
    row = graded(package, q1="def mean_square(x):\n    return 5")
    result = row.tests["q1_test"]
    assert result.message == (
        "mean_square([3, 4]): expected 12.5, came 5. Squares first, then mean."
    )
    assert not result.hidden


def test_a_failure_in_the_hidden_part_is_marked(package):
    row = graded(package, q1="def mean_square(x):\n    return 12.5")
    message = "Expected 6 for 0 to 4. This is a hidden message."
    assert row.tests["q1_test"] == Result(points=0, of=2, message=message, hidden=True)
    source = "n = 0\ndef mean_square(x):\n    global n\n    n += 1\n"
    row = graded(package, q1=source + "    return 12.5 if n == 1 else 1 / 0")
    assert row.tests["q1_test"].hidden
    row = graded(package, q1=source + "    while n > 1: pass\n    return 12.5")
    assert row.tests["q1_test"].hidden


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def mean_square(x): return", "expected 12.5, came None"),
        ("def mean_square(x): return 1 / 0", "ZeroDivisionError: division by zero"),
        ("def mean_square(x): raise ValueError('a' * 9999)", "ValueError: aaa"),
        ("def mean_square(): return 1", "takes 0 positional arguments but 1 was given"),
        ("def mean_square(x): return print", "returned a function; expected"),
        ("def other(x): return 1", "mean_square is not defined"),
        ("def mean_square(x)", "mean_square is not defined: the cell q1 stopped with SyntaxError"),
        ("mean_square = 3", "'int' object is not callable"),
        ("mean_square = np", "mean_square holds a module; expected"),
        ("while 1: pass", "mean_square is not defined: the cell q1 did not end within 1 s"),
        ("import os; os._exit(0)", "mean_square is not defined: the cell q1 ended the process"),
        ("def mean_square(x): os._exit(1)\nimport os", "mean_square(...) ended the process"),
        ("def mean_square(x):\n    while 1: pass", "mean_square(...) did not end within 1 s"),
        ("def mean_square(x): return bytearray(10**12)", "used all of the memory"),
    ],
)
def test_messages_say_what_happened(package, source, message):
    row = graded(package, q1=source)
    assert message in row.tests["q1_test"].message, row
    assert row.tests["q3_test"].points == 2


def test_a_function_that_never_ends_is_not_called_for_ever(package):
    looping = "def step(w, g):\n    while 1: pass\ndef steps(w, n): return step(w, n)"
    # One call uses up all of the time, however fast or slow the machine is.
    row = graded(package, Limits(seconds=0.5, total=0.5), q2=looping)
    assert row.status == "timeout"
    assert row.tests["q3_test"].message == "no time was left for this test"


def test_a_test_that_does_not_end_is_ended(package):
    text = DEMO.text.replace("assert counts ==", "while counts == 5: pass\\nassert counts ==")
    slow = masters.parse(text, "demo")
    data = packed(answered(q3="counts = 5"))
    row = grade(slow, data, Workers(package, Limits(test=0.5)))
    assert row.tests["q3_test"].message == "the test did not end with these answers"
    assert row.tests["q2_test"].points == 2


def test_the_same_submission_gives_the_same_row(package):
    data = packed(answered(q2=STUBS["q2"]))
    assert grade(DEMO, data, Workers(package)) == grade(DEMO, data, Workers(package))


def test_the_version_changes_with_the_master_and_the_limits():
    other = masters.parse(DEMO.text.replace("12.5", "12.50"), "demo")
    versions = {version_of(DEMO, LIMITS), version_of(other, LIMITS), version_of(DEMO, Limits())}
    assert len(versions) == 3


# ---- the sandbox itself ------------------------------------------------------------------------


def seen_inside(package, source):
    """Return what the name ``seen`` holds after a cell ran in the sandbox."""
    with sandbox.start_worker(package, LIMITS) as worker:
        assert worker.ask(5, do="run", name="look", source=source) == {}
        return worker.ask(5, do="look", names=["seen"])["names"]["seen"]["value"]


def test_the_next_worker_starts_while_one_is_at_work_and_none_serves_twice(package):
    with Workers(package, LIMITS, ahead=True) as workers:
        used = []
        for _ in range(3):
            waiting = workers.next
            with workers.start() as worker:
                assert waiting is None or worker is waiting.channel
                used.append(worker.process.pid)
                worker.ask(5, do="run", name="one", source="mine = 1")
                assert workers.next is not None
                assert workers.next.channel.process.poll() is None
        assert len(set(used)) == 3
        last = workers.next.channel.process
    assert last.poll() is not None


def test_no_worker_starts_before_it_is_wanted_unless_told_so(package):
    workers = Workers(package, LIMITS)
    with workers.start():
        assert workers.next is None


def test_a_machine_that_has_no_room_for_the_next_worker_yet_still_grades(package, monkeypatch):
    with Workers(package, LIMITS, ahead=True) as workers:
        begin = workers._begin
        begins = iter([begin, refused, begin, refused])
        monkeypatch.setattr(workers, "_begin", lambda: next(begins)())
        for _ in range(2):
            with workers.start() as worker:
                assert worker.ask(5, do="run", name="one", source="x = 1") == {}


def refused():
    raise BlockingIOError(11, "Resource temporarily unavailable")


def test_the_sandbox_shows_python_and_numpy_and_no_more(package):
    seen = seen_inside(
        package, "import os\nseen = sorted(os.listdir('/site') + os.listdir('/home'))"
    )
    assert set(seen) - {"numpy.libs"} == {"dlzero", "numpy"}
    assert seen_inside(package, "import os\nseen = sorted(os.environ)") == [
        "HOME",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "PWD",
        "USER",
    ]


def test_the_sandbox_has_no_rights(package):
    source = """
import ctypes, os
seen = [os.getuid() not in (0,), os.getgroups() in ([], [os.getgid()], [65534])]
head = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)(*[7] * 6)
ctypes.CDLL(None).capget(head, data)
seen.append([data[i] for i in (0, 1, 3, 4)] == [0] * 4)  # effective and permitted
seen.append(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) == 1)  # no new privileges
"""
    assert seen_inside(package, source) == [True] * 4


def test_only_the_home_can_be_written(package):
    source = """
import os
seen = []
for folder, below, _ in os.walk("/"):
    if folder.count("/") > 2:
        below.clear()
    try:
        open(os.path.join(folder, "x"), "w").close()
        seen.append(folder)
    except OSError:
        pass
"""
    assert seen_inside(package, source) == ["/home"]


def test_other_packages_of_this_python_stay_out_of_view(package):
    source = """
import os, sys
seen = []
for folder in ("site-packages", "dist-packages"):
    for lib in ("lib", "lib64", "local/lib"):
        for version in (f"python{sys.version_info[0]}.{sys.version_info[1]}", "python3"):
            for prefix in (sys.base_prefix, "/usr"):
                place = os.path.join(prefix, lib, version, folder)
                seen += os.listdir(place) if os.path.isdir(place) else []
"""
    assert seen_inside(package, source) == []


def test_processes_and_memory_are_limited(package):
    source = """
import os
started = 0
for _ in range(60):
    try:
        if os.fork() == 0:
            import time
            time.sleep(60)
            os._exit(0)
        started += 1
    except OSError:
        break
try:
    bytearray(LIMIT)
    seen = [started, "got it"]
except MemoryError:
    seen = [started, "no memory"]
""".replace("LIMIT", str(LIMITS.memory))
    started, memory = seen_inside(package, source)
    assert 0 < started < LIMITS.processes
    assert memory == "no memory"


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
def test_root_is_left_behind(package):
    assert seen_inside(package, "import os\nseen = os.getuid()") >= 20_000


def test_without_bubblewrap_nothing_runs(package, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match=r"bubblewrap is not here.*--unsafe-no-sandbox.*masters"):
        graded(package)


def test_a_sandbox_that_does_not_start_says_why(package, tmp_path, monkeypatch):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: no namespaces here' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(RuntimeError, match="did not start: bwrap: no namespaces here"):
        graded(package)


# ---- a class -----------------------------------------------------------------------------------


def class_of(folder, size):
    """Write a class whose submissions differ, and return its students."""
    students = [{"id": f"s{n:03}", "name": f"S {n}", "email": ""} for n in range(size)]
    lines = ["id,name"]
    for n, student in enumerate(students):
        lines.append(f"{student['id']},{student['name']}")
        if n % 10 == 9:
            continue  # hands in nothing
        source = RIGHT["q1"] if n % 3 else STUBS["q1"]
        data = packed(answered(q1=f"{source}\n# {n}"))
        write(folder / "submitted" / student["id"] / "demo" / "demo.ipynb", data)
    write(folder / "roster.csv", "\n".join(lines) + "\n")
    return students


def command(*arguments):
    return [sys.executable, "-m", "dlzero", "homework", *arguments, "--masters", str(HERE)]


def in_class(folder, *arguments):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


def test_a_new_file_is_graded_and_the_old_row_stays(tmp_path):
    students = class_of(tmp_path, 2)
    where = (tmp_path / "submitted", tmp_path / "rows")
    assert grade_class(DEMO, students, *where, jobs=1) == 2
    write(where[0] / "s000" / "demo" / "demo.ipynb", packed(answered()))
    assert grade_class(DEMO, students, *where, jobs=1) == 1
    assert len(list(where[1].iterdir())) == 3
    row = read_rows(DEMO, students, *where)["s000"]
    assert sum(result.points for result in row.tests.values()) == 10


def test_no_half_row_is_ever_seen(tmp_path, monkeypatch):
    write(tmp_path / "row.json", "old")
    monkeypatch.setattr(os, "replace", lambda *names: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(tmp_path / "row.json", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["row.json"]
    assert (tmp_path / "row.json").read_text() == "old"


def test_jobs_must_be_positive(tmp_path):
    with pytest.raises(ValueError, match="jobs=0; expected at least 1"):
        grade_class(DEMO, class_of(tmp_path, 1), tmp_path, tmp_path, jobs=0)


def test_the_command_line_teaches_and_refuses(tmp_path):
    shown = in_class(tmp_path, "grade", "--help").stdout
    assert "YOUR rights" in shown
    assert "--scheduler" in shown
    failed = in_class(tmp_path, "grade", "demo")
    assert failed.returncode == 1
    assert failed.stderr.startswith("grade: No roster")
    class_of(tmp_path, 1)
    failed = in_class(tmp_path, "report", "demo")
    assert "Run grade first" in failed.stderr
    graded = in_class(tmp_path, "grade", "demo", "--unsafe-no-sandbox")
    assert graded.stderr.startswith("No sandbox: this code runs with your rights.")
    assert graded.stdout.startswith("1 of 1 rows written now")
    assert graded.stdout.endswith("    1 graded\n")


# ---- many machines -----------------------------------------------------------------------------


def test_a_killed_dask_worker_loses_no_row(tmp_path):
    import distributed

    students = class_of(tmp_path, 16)
    where = (tmp_path / "submitted", tmp_path / "rows")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    )
    with cluster:
        victims = [worker.pid for worker in cluster.workers.values()]

        def kill_one(done, wanted):
            if done == 5:
                os.kill(victims[0], signal.SIGKILL)

        address = cluster.scheduler_address
        assert grade_class(DEMO, students, *where, scheduler=address, progress=kill_one) == 16
        with pytest.raises(ProcessLookupError):
            os.kill(victims[0], 0)
    on_dask = read_rows(DEMO, students, *where)
    assert all(on_dask.values())
    other = (tmp_path / "submitted", tmp_path / "rows2")
    grade_class(DEMO, students, *other)
    assert read_rows(DEMO, students, *other) == on_dask
