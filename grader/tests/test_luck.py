"""A row is right or says that it is not: whatever the machine does meanwhile."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from classroom.hostile_class import needs_sandbox
from classroom.submissions import RIGHT, answered, code, packed

from dlzero_grader import master as masters
from dlzero_grader import statuses
from dlzero_grader.allowed import write_allowed
from dlzero_grader.files import write
from dlzero_grader.grading import bounds, grade_class, session, trusted
from dlzero_grader.grading.grade import grade, unread
from dlzero_grader.grading.trusted import Grader
from dlzero_grader.sandbox import machine
from dlzero_grader.sandbox.channel import Channel, Limits
from dlzero_grader.sandbox.clock import PATIENCE, Again, Clock, TooSlow, Turn
from dlzero_grader.sandbox.launch import Workers
from dlzero_grader.sandbox.machine import Reading

HERE = Path(__file__).parent / "classroom"
ROOT = Path(__file__).parents[2]
DEMO = masters.load("demo", HERE)
GUIDE = (ROOT / "book" / "instructor.md").read_text("utf-8")
FULL = 10  # points of all tests of the demo


def demo_with(old, new):
    """Return the demo homework with another line in a test."""
    assert old in DEMO.text
    return masters.parse(DEMO.text.replace(old, new), "demo")


def points(row):
    return sum(result.points for result in row.tests.values())


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return write_allowed(DEMO.allow, tmp_path_factory.mktemp("package"))


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Do not wait between two tries."""
    monkeypatch.setattr(trusted, "PAUSES", [pause / 100 for pause in trusted.PAUSES])


# What the clock counts, with readings that are given instead of taken.


class Machine:
    """A process on a machine whose readings a test decides."""

    def __init__(self, counts_waits=True):
        self.now, self.waits, self.ready, self.own = 100.0, {1: 0.0}, False, 0.0
        self.cpu = {1: (0.0, 0.0)}
        self.counts_waits = counts_waits

    def look(self, pid):
        return Reading(self.now, dict(self.cpu), dict(self.waits), self.ready, self.own)

    def passes(self, seconds, cpu=0.0, waits=(), own=0.0, ready=False):
        self.now += seconds
        self.cpu[1] = (self.cpu[1][0] + cpu, self.cpu[1][1])
        self.own += own
        self.ready = ready
        for thread, wait in dict(waits).items():
            self.waits[thread] = self.waits.get(thread, 0.0) + wait


@pytest.fixture(params=[True, False], ids=["counts waits", "does not count waits"])
def world(request, monkeypatch):
    """A machine whose time stands still but for `passes`, and the clock of a process on it."""
    made = Machine(request.param)
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    made.clock = Clock(1, made.look, made.counts_waits)
    made.clock.begin()
    return made


def test_to_compute_counts(world):
    world.passes(3, cpu=3, ready=True)
    assert world.clock.read() == pytest.approx(3)


def test_to_sleep_counts(world):
    world.passes(3)
    assert world.clock.read() == pytest.approx(3)


def test_to_wait_for_a_processor_does_not_count(world):
    world.passes(30, cpu=3, waits={1: 27}, ready=True)
    assert world.clock.read() == pytest.approx(3)


def test_to_wait_just_before_the_answer_does_not_count(world):
    world.passes(10, cpu=1, waits={1: 9})
    world.clock.end()
    assert world.clock.spent == pytest.approx(1)


def test_all_processes_count_together(world):
    world.passes(3, cpu=12, ready=True)
    assert world.clock.read() == pytest.approx(12)


def test_what_happens_between_two_answers_does_not_count(world):
    world.passes(1, cpu=1, ready=True)
    world.clock.end()
    world.passes(50)
    world.clock.begin()
    world.passes(1, cpu=1, ready=True)
    assert world.clock.read() == pytest.approx(2)


@pytest.mark.parametrize("waited_for", [True, False])
def test_a_child_that_ends_counts_once(world, waited_for):
    world.cpu[2] = (3.0, 0.0)
    world.passes(1.5, ready=True)
    world.clock.read()
    del world.cpu[2]  # after another 0.5 s, which count if its parent hears of them
    world.cpu[1] = (3.5, 3.5) if waited_for else (0.0, 0.0)
    world.passes(0.1, waits={1: 0.1}, ready=True)
    assert world.clock.read() == pytest.approx(3.5 if waited_for else 3)


def test_children_that_nobody_waits_for_count_one_after_the_other(world):
    for child in (2, 3, 4):
        world.cpu = {1: (0.0, 0.0), child: (3.0, 0.0)}
        world.passes(1.5, ready=True)
        world.clock.read()
    assert world.clock.spent == pytest.approx(9)


def test_a_process_that_a_reading_misses_does_not_count_twice(world):
    world.cpu[2] = (3.0, 0.0)
    world.passes(1.5, ready=True)
    world.clock.read()
    del world.cpu[2]
    world.passes(0.1, waits={1: 0.1}, ready=True)
    world.clock.read()
    world.cpu[2] = (3.1, 0.0)
    world.passes(0.1, ready=True)
    assert world.clock.read() == pytest.approx(3.1)


def test_the_wait_of_whom_it_waits_for_does_not_count():
    """A thread that computes for another one waits; so does the one that listens."""
    world = Machine()
    clock = Clock(1, world.look, True)
    clock.asked = world.now
    world.passes(10, cpu=1, waits={1: 0, 7: 6}, own=3)
    assert clock.read() == pytest.approx(1)


def test_the_same_work_is_in_time_on_a_busy_machine_too(world):
    turn = Turn(world.clock, 1.0)
    for _ in range(9):  # 0.1 s of work each time, on a machine shared by ten
        world.passes(1, cpu=0.1, waits={1: 0.9}, ready=True)
        assert turn() > 0
    turn.end()


def test_too_much_work_is_too_late_on_any_machine(world):
    turn = Turn(world.clock, 1.0)
    world.passes(1.1, cpu=1.1, ready=True)
    with pytest.raises(TooSlow):
        turn()


def test_a_machine_that_stood_still_costs_nothing(world):
    turn = Turn(world.clock, 1.0)
    world.passes(turn())
    world.passes(15)
    assert turn() > 0
    turn.end()


def test_to_sleep_for_too_long_is_too_late(world):
    turn = Turn(world.clock, 1.0)

    def sleep():
        while world.now < 105:
            world.passes(turn())

    with pytest.raises(TooSlow):
        sleep()
    assert world.now == pytest.approx(101, abs=0.02)


def test_too_much_work_in_many_processes_is_found_at_the_end(world):
    turn = Turn(world.clock, 1.0)
    world.passes(0.9, cpu=1.8, ready=True)
    with pytest.raises(TooSlow):
        turn.end()


def test_a_machine_that_gives_no_processor_is_no_mark(world):
    turn = Turn(world.clock, 1.0)
    for _ in range(PATIENCE):
        world.passes(1, cpu=0.01, waits={1: 0.99}, ready=True)
        assert turn() > 0
    world.passes(1, cpu=0.01, waits={1: 0.99}, ready=True)
    with pytest.raises(Again, match="the machine was still busy"):
        turn()


# What the kernel says.


def work(seconds):
    return f"import time\nt = time.process_time\nwhile t() < {seconds}: pass\n"


def test_the_kernel_counts_the_ended_children_too():
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {work(0.4)!r}])\n"
    with subprocess.Popen(
        [sys.executable, "-c", child + "print(flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.read(1)
        assert machine.reading(process.pid).cpu[process.pid][1] >= 0.3
        process.communicate(b"\n")


def test_a_family_is_the_same_with_both_ways_to_find_it(monkeypatch):
    child = "import subprocess\np = subprocess.Popen(['cat'])\nprint(p.pid, flush=True)\np.wait()"
    with subprocess.Popen(
        [sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        expected = [process.pid, int(process.stdout.readline())]
        found = []
        for known in {machine.KNOWS_CHILDREN, False}:
            monkeypatch.setattr(machine, "KNOWS_CHILDREN", known)
            found.append(machine.family(process.pid))
        assert found == [expected] * len(found)
        process.communicate()


def test_a_thread_that_computes_is_ready(monkeypatch):
    monkeypatch.setattr(machine, "COUNTS_WAITS", False)
    assert machine.reading(os.getpid()).ready  # this one does


@pytest.mark.parametrize(
    ("rule", "table", "short"),
    [
        ("0", {"MemTotal": 4096, "SwapTotal": 0}, False),
        ("0", {"MemTotal": 512, "SwapTotal": 256}, True),
        ("1", {"MemTotal": 512, "SwapTotal": 0}, False),
        ("2", {"MemTotal": 4096, "CommitLimit": 3000, "Committed_AS": 2500}, True),
        ("2", {"MemTotal": 4096, "CommitLimit": 3000, "Committed_AS": 1000}, False),
    ],
)
def test_when_the_machine_itself_refuses_memory(monkeypatch, rule, table, short):
    lines = "".join(f"{name}:  {number << 10} kB\n" for name, number in table.items())
    files = {"/proc/meminfo": lines.encode(), "/proc/sys/vm/overcommit_memory": rule.encode()}
    monkeypatch.setattr(machine, "text_of", lambda path: files[path])
    assert machine.short_of_memory(1 << 30) is short


# A submission and its limits.


@contextlib.contextmanager
def busy_processor(programs):
    """Let this process and its children share one processor with programs that never wait."""
    before = os.sched_getaffinity(0)
    hogs = []
    try:
        os.sched_setaffinity(0, {min(before)})
        # Some kernels share a processor between sessions, and not between processes.
        hog = {"args": [sys.executable, "-c", "while 1: pass"], "start_new_session": True}
        hogs = [subprocess.Popen(**hog) for _ in range(programs)]
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
        os.sched_setaffinity(0, before)


@needs_sandbox
@pytest.mark.skipif(not machine.COUNTS_WAITS, reason="this kernel does not count waiting")
def test_a_slow_submission_gets_the_same_row_on_a_busy_machine(package, monkeypatch):
    """It computes 0.3 s a call, and the limit is 1 s. By the clock it takes 2 s."""
    slow = "import time\ndef mean_square(x):\n    end = time.process_time() + 0.3\n"
    slow += "    while time.process_time() < end: pass\n    return float(np.mean(np.square(x)))"
    data = packed(answered(q1=slow))
    limits = Limits(seconds=1.0, total=10.0)
    alone = grade(DEMO, data, Workers(package, limits))
    ask, longest = Channel.ask, [0.0]

    def timed(*args, **request):
        start = time.monotonic()
        answer = ask(*args, **request)
        longest.append(time.monotonic() - start)
        return answer

    monkeypatch.setattr(Channel, "ask", timed)
    with busy_processor(6):
        assert grade(DEMO, data, Workers(package, limits)) == alone
    assert max(longest) > limits.seconds
    assert points(alone) == FULL


@needs_sandbox
def test_many_slow_calls_in_one_test(package):
    """Each call has its own limit; a test has none on how long it waits for answers."""
    calls = "came = [mean_square([3.0, 4.0]) for _ in range(6)][0]"
    master = demo_with("came = mean_square([3.0, 4.0])", calls)
    source = "import time\ndef mean_square(x):\n    time.sleep(0.3)\n"
    data = packed(answered(q1=source + "    return float(np.mean(np.square(x)))"))
    row = grade(master, data, Workers(package, Limits(seconds=0.8, total=10.0, test=0.5)))
    assert points(row) == FULL


@needs_sandbox
def test_sleeping_counts(package):
    source = "import time\ndef mean_square(x):\n    time.sleep(60)"
    row = grade(DEMO, packed(answered(q1=source)), Workers(package, Limits(seconds=0.3)))
    assert row.tests["q1_test"].message == "mean_square(...) did not end within 0.3 s"


@needs_sandbox
def test_all_processes_of_a_submission_count(package):
    """Five processes compute 0.4 s each, and the sixth, which answers, waits for them."""
    source = "import os, time\ndef mean_square(x):\n    for _ in range(5):\n"
    source += "        if os.fork() == 0:\n            end = time.process_time() + 0.4\n"
    source += "            while time.process_time() < end: pass\n            os._exit(0)\n"
    source += "    while True:\n        try:\n            os.wait()\n        except OSError:\n"
    source += "            return 12.5"
    row = grade(DEMO, packed(answered(q1=source)), Workers(package, Limits(seconds=1.5)))
    assert row.tests["q1_test"].message == "mean_square(...) did not end within 1.5 s"


@needs_sandbox
@pytest.mark.parametrize(
    ("answer", "use"),
    [
        # A column of the student against a row of the test, 4 GB.
        ("np.ones(400_000)", "np.reshape(came, (-1, 1)) == np.arange(10_000.0)"),
        ("'x' * 8_000_000", "[mean_square([3.0, 4.0]) for _ in range(1000)]"),
    ],
)
def test_a_test_that_needs_too_much_memory_is_a_mark(package, answer, use):
    master = demo_with("assert came == 12.5", f"big = {use}\\nassert came == 12.5")
    data = packed(answered(q1=f"def mean_square(x):\n    return {answer}"))
    row = grade(master, data, Workers(package))
    assert row.status in ("graded", "graded with restarts")
    said = "the test needed too much memory with these answers"
    assert row.tests["q1_test"].message == said
    assert row.tests["q3_test"].points == 2


# What the machine ends is done again.


def kill(pid):
    """End a process; tell whether it was still there. One that ends takes others with it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def killed_once(monkeypatch, victim):
    """Kill the first process that `victim` finds below this one; return the list of the killed."""
    killed = []

    def watch():
        while not killed and not stop.wait(0.01):
            for pid in machine.family(os.getpid()):
                if victim(pid) and kill(pid):
                    killed.append(pid)
                    break

    stop = threading.Event()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return killed


def named_asleep(pid):
    return machine.text_of(f"/proc/{pid}/comm") == b"asleep\n"


# The name of a process can be seen from outside the sandbox.
ASLEEP = "import ctypes, time\nctypes.CDLL(None).prctl(15, b'asleep')\ntime.sleep(2)\n"


@needs_sandbox
def test_a_sandbox_that_is_killed_from_outside_is_no_mark(monkeypatch):
    killed = killed_once(monkeypatch, named_asleep)
    with Grader(DEMO) as grader:
        row = grader.grade(packed(answered(q1=ASLEEP + RIGHT["q1"])))
    assert len(killed) == 1
    assert [row.status, points(row), row.restarts] == ["graded", FULL, 0]


@needs_sandbox
def test_a_submission_whose_points_depend_on_luck_and_that_kills_itself_gets_the_fewest(
    monkeypatch,
):
    rows = []
    for count in (2, 0, 1):
        row = unread(DEMO, "graded with restarts")
        for result in list(row.tests.values())[:count]:
            result.points = result.of
        rows.append({"row": row.to_json(), "killed": True})
    replies = iter(rows)
    monkeypatch.setattr(Grader, "_reply", lambda self, request: next(replies))
    with Grader(DEMO) as grader:
        row = grader.grade(packed(answered()))
    assert [row.status, points(row), row.notes] == ["graded with restarts", 0, [trusted.KILLED]]


@needs_sandbox
def test_the_text_of_a_submission_that_kills_itself_may_differ_each_time():
    source = "import os\ndef mean_square(x):\n    raise ValueError(os.urandom(8).hex())"
    made = answered(q1=source)
    made["cells"].append(code("import os\nos.kill(os.getpid(), 9)"))
    with Grader(DEMO) as grader:
        row = grader.grade(packed(made))
    assert row.status == "graded with restarts"
    assert points(row) == FULL - DEMO.tests[0].points - DEMO.tests[1].points
    assert trusted.KILLED not in row.notes


@needs_sandbox
def test_a_process_that_always_ends_is_not_started_for_ever(package):
    made = answered()
    made["cells"][1:1] = [code("import os\nos._exit(0)")] * 60
    row = grade(DEMO, packed(made), Workers(package))
    assert [row.status, row.restarts] == ["graded with restarts", session.MOST_RESTARTS]
    assert row.tests["q1_test"].message == "did not run: the process ended too often"


@needs_sandbox
def test_a_submission_that_kills_itself_each_time_is_a_mark():
    source = "import os\ndef mean_square(x):\n    os.kill(os.getpid(), 9)"
    with Grader(DEMO) as grader:
        row = grader.grade(packed(answered(q1=source)))
    assert row.status == "graded with restarts"
    assert row.tests["q1_test"].message == "mean_square(...) ended the process"


@needs_sandbox
def test_a_kernel_that_ends_processes_for_memory_is_no_mark(package, monkeypatch):
    counts = iter([4, 5])
    monkeypatch.setattr(machine, "killed_for_memory", lambda: next(counts))
    request = {"data": trusted.base64.b64encode(packed(answered())).decode()}
    reply = trusted.reply_to(request, DEMO, Workers(package))
    assert reply == {"again": "this machine ran out of memory"}


@needs_sandbox
def test_memory_that_the_machine_refused_is_no_mark(package, monkeypatch):
    monkeypatch.setattr(session, "short_of_memory", lambda size: True)
    source = "def mean_square(x): return bytearray(10**12)"
    request = {"data": trusted.base64.b64encode(packed(answered(q1=source))).decode()}
    reply = trusted.reply_to(request, DEMO, Workers(package))
    assert reply["again"] == "this machine has less memory than one submission may use"


@needs_sandbox
def test_a_sandbox_that_is_killed_before_it_is_wanted_is_no_mark():
    with Grader(DEMO) as grader:
        for _ in range(2):
            row = grader.grade(packed(answered()))
            assert (row.status, points(row)) == ("graded", FULL)
            assert grader.channel is not None
            waiting = machine.family(grader.channel.process.pid)[1:]
            assert [pid for pid in waiting if kill(pid)]


@needs_sandbox
def test_a_trusted_process_that_is_killed_loses_nothing(tmp_path):
    students = [{"id": f"s{n}", "name": f"S {n}"} for n in range(6)]
    for n, student in enumerate(students):
        data = packed(answered(q1=RIGHT["q1"] + f"  # {n}"))
        write(tmp_path / "submitted" / student["id"] / "demo" / "demo.ipynb", data)
    killed = []

    def kill_all(done, wanted):
        if done in (1, 3):
            for pid in machine.family(os.getpid())[1:]:
                name = b"dlzero_grader.grading.trusted"
                if name in machine.text_of(f"/proc/{pid}/cmdline") and kill(pid):
                    killed.append(pid)

    where = (tmp_path / "submitted", tmp_path / "rows")
    grade_class.grade_class(DEMO, students, *where, jobs=2, progress=kill_all)
    assert killed
    rows = grade_class.read_rows(DEMO, students, *where)
    assert [(row.status, points(row)) for row in rows.values()] == [("graded", FULL)] * 6


ENDS = demo_with("came = step(1.0, 2.0)", "came = 0.8; import os; os.kill(os.getpid(), 9)")


@needs_sandbox
def test_a_trusted_process_that_always_ends_is_an_error_and_no_mark():
    with Grader(ENDS) as grader:
        row = grader.grade(packed(answered(q4="My words.")))
    assert row.status == "error"
    assert row.notes == ["could not be graded: the process with the tests: the process ended"]
    assert row.written["q4"].text == "My words."


def fake_bubblewrap(folder, monkeypatch, fails):
    """Put a bwrap into the path that fails at the given starts (1, 2, ...)."""
    count, real = folder / "count", sandbox_program()
    program = folder / "bwrap"
    program.write_text(
        f"#!/bin/sh\necho x >> {count}\ncase $(wc -l < {count}) in {'|'.join(map(str, fails))})\n"
        f'  echo "bwrap: Cannot allocate memory" >&2; exit 1;; esac\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def sandbox_program():
    return trusted.shutil.which("bwrap")


@needs_sandbox
@pytest.mark.parametrize(("fails", "status"), [([2, 3], "graded"), ([2, 3, 4], "error")])
def test_a_sandbox_that_could_not_start_for_a_while(tmp_path, monkeypatch, fails, status):
    fake_bubblewrap(tmp_path, monkeypatch, fails)
    with Grader(DEMO) as grader:
        assert grader.grade(packed(answered())).status == "graded"
        row = grader.grade(packed(answered()))
        assert row.status == status
        if status == "error":
            assert "could not be graded: The sandbox did not start: bwrap" in row.notes[0]
        assert points(grader.grade(packed(answered()))) == FULL


@needs_sandbox
def test_a_sandbox_that_never_starts_is_said_once(tmp_path, monkeypatch):
    fake_bubblewrap(tmp_path, monkeypatch, ["*"])
    with (
        Grader(DEMO) as grader,
        pytest.raises(RuntimeError, match="did not start: bwrap: Cannot allocate memory"),
    ):
        grader.grade(packed(answered()))


# The guide.


def test_the_guide_says_what_counts():
    assert f"{Limits().test:g} seconds of computing and {bounds.MEMORY >> 20} MB" in GUIDE
    assert f"up to {len(trusted.PAUSES)} times with new processes" in GUIDE


def test_the_guide_has_every_status():
    for status in statuses.WORDS:
        assert f"\n| `{status}` | " in GUIDE


# The class folder, and the commands.


def class_folder(folder, **answers):
    """Write a class of three: right answers, these answers, and nothing."""
    write(folder / "roster.csv", "id,name\nada,Ada\nbob,Bob B.\ncarl,Carl\n")
    place = folder / "submitted"
    write(place / "ada" / "demo" / "demo.ipynb", packed(answered()))
    write(place / "bob" / "demo" / "demo.ipynb", packed(answered(**answers)))


def command(folder, *arguments, text=DEMO.text, **options):
    write(folder / "masters" / "demo.ipynb", text)
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "dlzero", "homework", *arguments, "--masters", "masters"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def said(folder, *arguments, **options):
    (folder / "tmp").mkdir(exist_ok=True)
    run = command(folder, *arguments, **options)
    out, err = run.communicate()
    return run.returncode, out, err


def rows_in(folder):
    rows = [json.loads(path.read_text()) for path in (folder / "rows" / "demo").glob("*--*.json")]
    return {row["student"]: row for row in rows}


@needs_sandbox
def test_what_could_not_be_graded_is_named_and_tried_again(tmp_path):
    # The test ends its own process for one answer, as long as a file is there.
    trouble = tmp_path / "trouble"
    trouble.touch()
    line = f"import os; came == 1.8 and os.path.exists('{trouble}') and os.kill(os.getpid(), 9)"
    text = DEMO.text.replace("came = step(1.0, 2.0)", f"came = step(1.0, 2.0)\\n{line}")
    class_folder(tmp_path, q2="lr = 0.1\ndef step(w, g): return 1.8\nsteps = step")
    code, out, err = said(tmp_path, "grade", "demo", text=text)
    assert code == 1
    assert "    1 error\n    1 graded\n    1 missing\n" in out
    assert "1 could not be graded, which is no mark:\n  Bob B. (bob): could not be" in err
    assert "Give the same command again" in err
    for name in ("manual", "report"):
        code, out, err = said(tmp_path, name, "demo", text=text)
        assert code == 0
        assert "  Bob B. (bob): could not be graded: the process with the tests" in err
    assert rows_in(tmp_path)["bob"]["written"]["q4"]["text"] == answered_q4()
    trouble.unlink()
    code, out, err = said(tmp_path, "grade", "demo", text=text)
    assert code == 0
    assert out.startswith("1 of 3 rows written now")
    assert rows_in(tmp_path)["bob"]["status"] == "graded"
    assert "could not be graded" not in said(tmp_path, "report", "demo", text=text)[2]


def answered_q4():
    return next(cell["source"] for cell in answered()["cells"] if cell.get("id") == "q4")


@needs_sandbox
def test_one_student_is_graded_and_graded_again(tmp_path):
    class_folder(tmp_path, q2="")
    code, out, err = said(tmp_path, "grade", "demo", "--student", "bob")
    assert (code, out.partition(",")[0]) == (0, "1 of 3 rows written now")
    assert "    1 graded\n    2 not graded yet\n" in out
    code, out, err = said(tmp_path, "grade", "demo", "--student", "bob")
    assert out.startswith("0 of 3 rows written now")
    for number in (1, 2):
        (row,) = (tmp_path / "rows" / "demo").glob("bob--*.json")
        before = row.read_text()
        code, out, err = said(
            tmp_path, "grade", "demo", "--student", "bob", "--student", "ada", "--again"
        )
        assert out.startswith("2 of 3 rows written now")
        old = tmp_path / "rows" / "demo" / "old" / f"{row.stem}--{number}.json"
        assert old.read_text() == before
    code, out, err = said(tmp_path, "grade", "demo", "--student", "Bob B.")
    assert code == 1
    assert "--student Bob B.: nobody on the roster has this id" in err


SLEEPS = "import ctypes, time\nctypes.CDLL(None).prctl(15, b'asleep')\ntime.sleep(1000)\n"


@needs_sandbox
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_everything_ends_with_the_command_and_nothing_is_lost(tmp_path, number, request):
    # A shell gives its background commands a SIGINT that is ignored, and so to all below them.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    class_folder(tmp_path, q1=SLEEPS)
    (tmp_path / "tmp").mkdir()
    run = command(tmp_path, "grade", "demo", "--jobs", "2", "--seconds", "500", "--total", "1000")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        family = machine.family(run.pid)
        if len(rows_in(tmp_path)) == 2 and any(map(named_asleep, family)):
            break
        time.sleep(0.02)
    run.send_signal(number)
    try:
        run.communicate(timeout=30)
    finally:
        run.kill()
    assert run.returncode in (-signal.SIGKILL, -signal.SIGTERM, 130)
    while alive := [pid for pid in family if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.02)
    assert {id: row["status"] for id, row in rows_in(tmp_path).items()} == {
        "ada": "graded",
        "carl": "missing",
    }
    while left := os.listdir(tmp_path / "tmp"):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


WRITES_ON = """
import sys, threading
from pathlib import Path
from dlzero_grader.grading.trusted import _end_with_the_grader

threading.Thread(target=_end_with_the_grader, args=(0, sys.argv[1]), daemon=True).start()
for number in range(10**9):
    Path(sys.argv[1], str(number)).mkdir(parents=True, exist_ok=True)
    if number == 100:
        print("writes", flush=True)
"""


def test_a_folder_goes_though_another_thread_writes_to_it_to_the_end(tmp_path):
    folder = tmp_path / "folder"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    path = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", WRITES_ON, str(folder)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, **pipes) as run:
        try:
            assert run.stdout.readline() == b"writes\n"
            run.stdin.close()
            run.wait(60)
        finally:
            run.kill()
    assert os.listdir(tmp_path) == []


@needs_sandbox
def test_a_full_disk_loses_nothing_and_says_what_to_do(tmp_path, monkeypatch):
    class_folder(tmp_path)
    students = [{"id": id, "name": id} for id in ("ada", "bob", "carl")]
    where = (tmp_path / "submitted", tmp_path / "rows")
    replace, calls = os.replace, []

    def full(old, new):
        calls.append(new)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(old, new)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match=r"could not be written: .*No space left.*Make room"):
        grade_class.grade_class(DEMO, students, *where, jobs=1)
    assert len(list(where[1].iterdir())) == 1  # no half file either
    assert grade_class.grade_class(DEMO, students, *where, jobs=1) == 2
    assert all(grade_class.read_rows(DEMO, students, *where).values())


def test_a_row_that_was_cut_off_is_graded_again(tmp_path):
    for text in ("", "{", "[]", '{"status": "graded"}', '{"tests": 3}'):
        write(tmp_path / "row.json", text)
        assert grade_class.stored(tmp_path / "row.json") is None


ECHO = """
import sys, time
for line in sys.stdin:
    time.sleep(0.2)
    print(line, end="", flush=True)
"""


def test_a_channel_has_the_clock_of_its_process():
    with Channel([sys.executable, "-c", ECHO], 1 << 10) as made:
        made.ask(5)
        assert 0.1 < made.spent < 5
        with pytest.raises(TooSlow):
            made.ask(0.1)
